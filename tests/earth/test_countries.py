"""The table of countries and its errors."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.earth import countries as module
from ecumene.earth.countries import countries
from ecumene.errors import RunError, TableError


def test_every_iso_code_and_kosovo():
    table = countries()
    assert len(table) == 250
    assert list(table.code) == sorted(set(table.code))
    assert all(len(code) == 2 for code in table.code)
    assert all(len(iso3) == 3 for iso3 in table.iso3)
    assert all(table.name)
    assert all(table.source)
    assert {"XK", "TW", "EH", "HK", "MO", "GF", "SJ", "TK"} <= set(table.code)


def test_index_of_finds_every_code():
    table = countries()
    assert [table.index_of(code) for code in table.code] == list(range(250))


def test_people_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        countries().people[0] = 1


def test_world_total():
    assert countries().people.sum() == pytest.approx(8.142e9, rel=1e-3)
    assert np.all(countries().people >= 0)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("UK", "'GB' (United Kingdom)"),
        ("ua", "'UA' (Ukraine)"),
        ("UKR", "'UA' (Ukraine)"),
        ("Kenya", "'KE' (Kenya)"),
        ("germny", "'germany'"),
        ("USA", "'US' (United States)"),
    ],
)
def test_a_wrong_code_gets_a_proposal(wrong, hint):
    with pytest.raises(TableError) as caught:
        countries().index_of(wrong)
    assert f"country '{wrong}': no such code" in str(caught.value)
    assert hint in str(caught.value)


def test_a_missing_table_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATH", tmp_path / "countries.csv")
    with pytest.raises(RunError, match=r"countries\.csv: cannot be read .*; install ecumene again"):
        countries.__wrapped__()
