"""SQL over a result: answers, mistakes that teach, and nothing but reading."""

from __future__ import annotations

import pytest

import ecumene
from ecumene.errors import InputError, NoResultError
from ecumene.results.query import aligned_text, columns_of_tables, query
from ecumene.results.schema import TABLES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked") / "to'y"
    ecumene.simulate(ecumene.load("toy")).write(folder)
    return folder


def test_answers_are_those_of_the_tables(folder):
    rows = ecumene.open(folder).rows()
    columns, lines = query(folder, "select country, sum(people) as n from rows group by 1 order by 2 desc")
    assert columns == ["country", "n"]
    expected = {code: rows["people"][rows["country"] == code].sum() for code in ("XA", "XB")}
    assert lines == sorted(expected.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_asked(folder, table):
    columns, lines = query(folder, f"select * from {table}")
    assert columns == [v.name for v in TABLES[table]]
    assert len(lines) == len(ecumene.open(folder).tables[table][columns[0]])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from rowz", "there is no table rowz; did you mean 'rows'?"),
        ("select poeple from rows", "there is no column poeple; did you mean 'people'?"),
        ("select r.mbp_p50 from rows r", "there is no column mbp_p50; did you mean 'mbps_p50'?"),
        ("select hops from countries", "there is no column hops; it is a column of places, pairs"),
        ("selec 1", "syntax error"),
        ("select 1; select 2", "write one statement, got 2"),
        ("", "write one statement, got 0"),
        ("drop view rows", "drop: tables of a result are only read"),
        ("create table x as select 1", "create: tables of a result are only read"),
        ("set threads = 1", "set: tables of a result are only read"),
        ("attach 'other.db'", "attach: tables of a result are only read"),
        ("install spatial", "tables of a result are only read"),
        ("select * from read_csv('/etc/passwd')", "only the tables of the result are read"),
        ("select * from read_text('/etc/hostname')", "only the tables of the result are read"),
        ("select * from 'https://example.com/x.parquet'", "only the tables of the result are read"),
        ("select 1 / 'x'", "Conversion Error"),
    ],
)
def test_mistakes_teach_and_nothing_else_is_reached(folder, sql, message):
    with pytest.raises(InputError) as caught:
        query(folder, sql)
    assert message in str(caught.value)


def test_nothing_is_written(folder, tmp_path):
    before = sorted(path.name for path in folder.iterdir())
    target = tmp_path / "x.csv"
    for sql in (f"copy (select 1) to '{target}'", f"export database '{tmp_path / 'db'}'"):
        with pytest.raises(InputError, match="only read"):
            query(folder, sql)
    assert not list(tmp_path.iterdir())
    assert sorted(path.name for path in folder.iterdir()) == before


def test_what_is_no_result_is_not_asked(tmp_path):
    with pytest.raises(NoResultError, match=r"no manifest\.json"):
        query(tmp_path, "select 1")


def test_every_column_is_listed_with_its_meaning():
    listed = list(columns_of_tables())
    assert len(listed) == sum(len(variables) for variables in TABLES.values())
    assert all(meaning for *_, meaning in listed)


def test_the_table_for_the_terminal_keeps_its_columns():
    lines = [("Å", 1234.5678, True), ("longer", float("nan"), False), (None, 2**60, None)]
    assert aligned_text(["name", "n", "far"], lines).splitlines() == [
        "name                      n  far",
        "Å                  1,234.57  true",
        "longer                       false",
        "        1152921504606846976",
    ]
