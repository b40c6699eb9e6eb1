"""`ecumene export`: formats, sources, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

import ecumene


@pytest.fixture
def result(tmp_path):
    """Return the folder of a small run that names a file of places and a pair."""
    (tmp_path / "p.csv").write_text("name,lat,lon\nMarket,23.5,19.2\nFar,43.8,46.2\n")
    overrides = {"places.file": str(tmp_path / "p.csv"), "pairs.pair": [{"from": "Market", "to": "Far"}]}
    ecumene.simulate(ecumene.load("toy", overrides=overrides)).write(tmp_path / "result")
    return tmp_path / "result"


def test_graphml_of_a_preset(invoke):
    shown = invoke("export", "graphml", "toy", "--slots", "2")
    assert shown.exit_code == 0, shown.stderr
    assert "2 files in out/toy-graphml/" in shown.stderr
    assert shown.stdout == ""
    names = sorted(path.name for path in Path("out/toy-graphml").iterdir())
    assert names == ["slot_000000.graphml", "slot_000001.graphml"]


def test_quiet_says_nothing(invoke):
    shown = invoke("export", "czml", "toy", "--quiet")
    assert (shown.exit_code, shown.output) == (0, "")
    assert Path("out/toy-czml/satellites.czml").is_file()


def test_hypatia_of_a_result(invoke, result):
    shown = invoke("export", "hypatia", str(result), "--out", "h")
    assert shown.exit_code == 0, shown.stderr
    assert Path("h/ground_stations.txt").read_text().splitlines()[1].startswith("1,Far,43.800000,46.200000,")
    assert Path("h/dynamic_state/fstate_0.txt").is_file()


def test_a_result_whose_input_has_changed_is_refused(invoke, result):
    (result.parent / "p.csv").write_text("name,lat,lon\nMarket,23.5,19.3\nFar,43.8,46.2\n")
    shown = invoke("export", "graphml", str(result), "--out", "h")
    assert shown.exit_code == 1
    assert "p.csv: has changed since" in shown.stderr


def test_a_damaged_result_is_refused(invoke, result):
    (result / "pairs.csv").write_text("slot\n")
    shown = invoke("export", "graphml", str(result))
    assert shown.exit_code == 1
    assert "has changed since it was written" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("gexf", "toy"),
            "'gexf': no such format; write geojson or geoparquet or netcdf or kml or prometheus or",
        ),
        (("geojsn", "toy"), "did you mean 'geojson'?"),
        (
            ("geojson", "toy"),
            "geojson is written of a result folder; run the scenario first (ecumene run toy)",
        ),
        (("graphml", "toy", "--country", "XA"), "--country: is for geojson"),
        (("kml", "toy", "--slots", "2"), "--slots: kml holds the whole run"),
        (("graphml", "toyy"), "did you mean 'toy'"),
        (("graphml", "toy", "--slots", "5"), "--slots 5: toy has 4; for more of a scenario: --set slots=5"),
    ],
)
def test_what_is_wrong_is_said(invoke, arguments, message):
    shown = invoke("export", *arguments)
    assert shown.exit_code == 2
    assert message in shown.stderr


def test_settings_are_for_scenarios(invoke, result):
    shown = invoke("export", "graphml", str(result), "--set", "slots=2")
    assert shown.exit_code == 2
    assert "a result has its settings" in shown.stderr


def test_a_folder_with_files_is_kept(invoke):
    Path("h").mkdir()
    Path("h/mine.txt").write_text("mine")
    shown = invoke("export", "graphml", "toy", "--out", "h")
    assert shown.exit_code == 2
    assert "--out h: holds files" in shown.stderr
    assert invoke("export", "graphml", "toy", "--out", "h", "--force").exit_code == 0
    assert Path("h/mine.txt").read_text() == "mine"


def test_numbers_of_a_result(invoke, result):
    shown = invoke("export", "geojson", str(result), "--country", "XB", "--out", "g")
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout == ""
    assert "2 files in g/" in shown.stderr
    assert Path("g/rows.geojson").read_text().count('"country":"XB"') == 1


def test_ion_takes_all_slots(invoke):
    shown = invoke("export", "ion", "toy")
    assert shown.exit_code == 0, shown.stderr
    assert "+60 " in Path("out/toy-ion/contacts.ionrc").read_text()


def test_every_format_is_in_the_help():
    from ecumene.cli.exports import KINDS
    from ecumene.exports.folder import FORMATS, OF_RESULTS

    assert set(KINDS.split("|")) == {*FORMATS, *OF_RESULTS}


def test_czml_says_which_satellites_are_in_it(invoke):
    shown = invoke("export", "czml", "toy", "--most", "5")
    assert shown.exit_code == 0, shown.stderr
    assert "(4 of 12 satellites: one in 3)\n1 file in out/toy-czml/" in shown.stderr
    assert shown.stdout == ""
    assert invoke("export", "graphml", "toy", "--most", "5").exit_code == 2
