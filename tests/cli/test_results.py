"""`ecumene query` and `ecumene plot`; `run --arrays`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import ecumene

ASKED = "select country, sum(people) as people from rows group by 1 order by 1"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "toy"
    ecumene.simulate(ecumene.load("toy")).write(folder)
    return folder


def test_answers_in_three_forms(invoke, result):
    table = invoke("query", str(result), ASKED)
    assert table.exit_code == 0, table.stderr
    assert table.stdout.splitlines() == ["country  people", "XA        8,220", "XB        1,000"]
    assert table.stderr == ""
    assert json.loads(invoke("query", str(result), ASKED, "--json").stdout) == [
        {"country": "XA", "people": 8220.0},
        {"country": "XB", "people": 1000.0},
    ]
    lines = list(csv.reader(invoke("query", str(result), ASKED, "--csv").stdout.splitlines()))
    assert lines == [["country", "people"], ["XA", "8220.0"], ["XB", "1000.0"]]


def test_json_has_no_nan(invoke, result):
    shown = invoke("query", str(result), "select 'nan'::double as x, cell from rows limit 1", "--json")
    assert json.loads(shown.stdout)[0]["x"] is None


def test_tables_are_listed_with_units_and_meanings(invoke, result):
    shown = invoke("query", str(result), "--tables")
    line = next(line for line in shown.stdout.splitlines() if "mbps_p50" in line)
    assert "Mbit/s" in line
    assert "median" in line


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((ASKED, "--json", "--csv"), 2, "--json and --csv: both are given"),
        ((), 2, "write one select in quotes, or --tables"),
        (("select * from rowz",), 2, "did you mean 'rows'?"),
    ],
)
def test_what_is_wrong_is_said(invoke, result, words, code, message):
    shown = invoke("query", str(result), *words)
    assert shown.exit_code == code
    assert message in shown.stderr
    assert shown.stdout == ""


def test_no_result_is_said(invoke):
    shown = invoke("query", "nowhere", "select 1")
    assert shown.exit_code == 2
    assert "nowhere: there is no such folder" in shown.stderr


def test_pictures(invoke, result):
    shown = invoke("plot", str(result), "mbps_p50", "--out", "speed.svg")
    assert shown.exit_code == 0, shown.stderr
    assert "speed.svg written" in shown.stderr
    assert "<svg" in Path("speed.svg").read_text(encoding="utf-8")
    assert invoke("plot", str(result), "load").exit_code == 0
    assert Path("toy-load.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_does_not_exist_is_said(invoke, result):
    shown = invoke("plot", str(result), "laod")
    assert shown.exit_code == 2
    assert "did you mean 'load'?" in shown.stderr
    assert not list(Path().iterdir())


def test_arrays_are_kept_when_asked_for(invoke):
    assert invoke("run", "toy", "--arrays", "--quiet").exit_code == 0
    assert ecumene.open("out/toy").arrays == Path("out/toy/slots.zarr")
    chosen = invoke("run", "toy", "--set", 'output.arrays=["cause"]', "--quiet", "--out", "one")
    assert chosen.exit_code == 0, chosen.stderr
    assert {path.name for path in Path("one/slots.zarr").iterdir()} >= {"cause", "time"}
    assert not Path("one/slots.zarr/mbps").exists()


def test_an_array_that_does_not_exist_is_said(invoke):
    shown = invoke("run", "toy", "--set", 'output.arrays=["cuase"]')
    assert shown.exit_code == 2
    assert "output.arrays" in shown.stderr
    assert "'cause'" in shown.stderr
