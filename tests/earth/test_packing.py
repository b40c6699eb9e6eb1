"""Packed tables: there and back, intact, and what a damaged one says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ecumene.earth import outlines, packed_cells, towns
from ecumene.earth.packing import read_packed, write_packed
from ecumene.errors import RunError

SHIPPED = ((packed_cells.PATH, "cells"), (towns.PATH, "towns"), (outlines.PATH, "outlines"))


@pytest.fixture
def packed(tmp_path):
    path = tmp_path / "table.bin"
    columns = {
        "smooth": np.array([5, 6, 6, 7, 1000, 0], dtype=np.uint32),
        "signed": np.array([-300, 0, 300], dtype=np.int16),
        "small": np.array([1, 2, 255], dtype=np.uint8),
    }
    write_packed(path, "trial", columns, {"smooth", "signed"}, {"source": "nowhere"})
    return path, columns


def test_there_and_back(packed):
    path, columns = packed
    table = read_packed(path, "trial")
    assert table.facts == {"source": "nowhere"}
    for name, column in columns.items():
        assert table.columns[name].dtype == column.dtype
        np.testing.assert_array_equal(table.columns[name], column)


@pytest.mark.parametrize(("path", "name"), SHIPPED)
def test_shipped_tables_are_intact(path, name):
    """Reading checks the SHA-256 of header and columns."""
    table = read_packed(path, name)
    assert any("CC BY 4.0" in source or "public domain" in source for source in table.facts["sources"])


def test_shipped_tables_are_small():
    assert packed_cells.PATH.stat().st_size < 1_500_000
    assert towns.PATH.stat().st_size < 500_000
    assert outlines.PATH.stat().st_size < 250_000


def test_missing(tmp_path):
    with pytest.raises(RunError, match=r"none\.bin: cannot be read .*; install ecumene again"):
        read_packed(tmp_path / "none.bin", "trial")


@pytest.mark.parametrize("keep", [-1, -60])
def test_cut_short(packed, keep):
    path, _ = packed
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunError, match="damaged or cut short"):
        read_packed(path, "trial")


@pytest.mark.parametrize(
    "content", [b"", b"not a table", b"[1]\n", b'{"format": "else"}\nxx', b"\xff\xfe\n\x00"]
)
def test_another_kind_of_file(packed, content):
    path, _ = packed
    path.write_bytes(content)
    with pytest.raises(RunError, match="is no packed table of ecumene"):
        read_packed(path, "trial")


def test_one_changed_byte(packed):
    path, _ = packed
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(RunError, match="damaged or cut short"):
        read_packed(path, "trial")


def test_changed_header(packed):
    path, _ = packed
    path.write_bytes(path.read_bytes().replace(b"nowhere", b"dreamed"))
    with pytest.raises(RunError, match="damaged or cut short"):
        read_packed(path, "trial")


def test_another_version(packed):
    path, _ = packed
    line, _, payload = path.read_bytes().partition(b"\n")
    header = json.loads(line) | {"version": 99}
    path.write_bytes(json.dumps(header).encode() + b"\n" + payload)
    with pytest.raises(RunError, match="version 99, this program reads version 1"):
        read_packed(path, "trial")


def test_another_table(packed):
    path, _ = packed
    with pytest.raises(RunError, match="holds the table 'trial', expected 'cells'"):
        read_packed(path, "cells")
