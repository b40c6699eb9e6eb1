"""The packed tables that ship with the program: integer columns, compressed, with a digest.

A packed file is one line of JSON (what it is, which columns, the SHA-256 of it all), then the columns one
after another, each turned into bytes plane by plane and compressed with LZMA. Smooth columns are stored as
differences.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecumene.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "ecumene packed table"
VERSION = 1

Column = NDArray[Any]


@dataclass(frozen=True)
class PackedTable:
    """What a packed file holds.

    Attributes
    ----------
    columns
        Integer arrays by name; they may differ in length.
    facts
        Scalars and texts that belong to the table: steps of quantisation, sources, date of the build.
    """

    columns: dict[str, Column]
    facts: dict[str, Any]


def write_packed(
    path: Path, name: str, columns: dict[str, Column], differences: set[str], facts: dict[str, Any]
) -> None:
    """Write integer columns as a packed table.

    Parameters
    ----------
    path
        File to write.
    name
        What the table is called; checked on reading.
    columns
        Integer arrays by name.
    differences
        Columns to store as differences of neighbours (modulo the type's range), which suits smooth ones.
    facts
        JSON values kept in the header.
    """
    blobs = {key: _squeeze(column, is_difference=key in differences) for key, column in columns.items()}
    payload = b"".join(blobs.values())
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "columns": [
            {
                "name": key,
                "dtype": column.dtype.newbyteorder("<").str,
                "count": len(column),
                "bytes": len(blobs[key]),
                "differences": key in differences,
            }
            for key, column in columns.items()
        ],
        "facts": facts,
    }
    header["sha256"] = _digest(header, payload)
    path.write_bytes(json.dumps(header).encode() + b"\n" + payload)


def read_packed(path: Path, name: str) -> PackedTable:
    """Read a packed table, or say what is wrong with the file.

    Parameters
    ----------
    path
        File to read.
    name
        Which table it must be.

    Returns
    -------
    table
        Columns and facts.

    Raises
    ------
    RunError
        Where the file is missing, cut short, altered, of another kind or of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror}); install ecumene again") from error
    header, payload = _split(path, data)
    _check(path, name, header, payload)
    columns: dict[str, Column] = {}
    start = 0
    for column in header["columns"]:
        columns[column["name"]] = _swell(payload[start : start + column["bytes"]], column)
        start += column["bytes"]
    return PackedTable(columns, header["facts"])


def _split(path: Path, data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header and the compressed columns of a packed file."""
    line, _, payload = data.partition(b"\n")
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise RunError(
            f"{path}: is no packed table of ecumene, its first line is not the header; install ecumene again"
        )
    return header, payload


def _check(path: Path, name: str, header: dict[str, Any], payload: bytes) -> None:
    """Refuse another version, an altered or cut file, and another table."""
    version, digest, expected = header.get("version"), _digest(header, payload), header.get("sha256", "none")
    if version != VERSION:
        raise RunError(
            f"{path}: packed table version {version}, this program reads version {VERSION}; "
            "install program and data from the same release"
        )
    if digest != expected:
        raise RunError(
            f"{path}: damaged or cut short ({len(payload)} bytes of columns), SHA-256 {digest[:12]}..., "
            f"expected {expected[:12]}...; install ecumene again"
        )
    if header["name"] != name:
        raise RunError(
            f"{path}: holds the table '{header['name']}', expected '{name}'; install ecumene again"
        )


def _digest(header: dict[str, Any], payload: bytes) -> str:
    """Return the SHA-256 of the header, without the digest itself, and the columns."""
    rest = {key: value for key, value in header.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode() + payload).hexdigest()


def _squeeze(column: Column, *, is_difference: bool) -> bytes:
    """Return a column as compressed byte planes."""
    values = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<"))
    if is_difference:
        values = np.diff(values, prepend=values.dtype.type(0))
    planes = values.view(np.uint8).reshape(len(values), values.dtype.itemsize).T
    return lzma.compress(planes.tobytes(), preset=9 | lzma.PRESET_EXTREME)


def _swell(blob: bytes, column: dict[str, Any]) -> Column:
    """Return the column that `_squeeze` made these bytes of."""
    dtype = np.dtype(column["dtype"])
    planes = np.frombuffer(lzma.decompress(blob), dtype=np.uint8).reshape(dtype.itemsize, column["count"])
    values = np.ascontiguousarray(planes.T).view(dtype).reshape(column["count"])
    return np.cumsum(values, dtype=dtype) if column["differences"] else values
