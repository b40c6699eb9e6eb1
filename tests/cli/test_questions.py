"""`ecumene why` and `ecumene compare`: what they print, write and refuse."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ecumene.results.schema import CAUSES

PAGES = Path(__file__).resolve().parents[2] / "docs" / "howto"


def commands_of(page: str) -> list[list[str]]:
    found = re.findall(r"^    ecumene (.*)$", (PAGES / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(command) for command in found]


@pytest.mark.parametrize("page", ["why.md", "compare.md"])
def test_the_commands_of_the_page_run(invoke, page):
    """On a coarse grid, which is all that is changed; they run in order, as a reader types them."""
    commands = commands_of(page)
    assert len(commands) >= 3
    for words in commands:
        quick = ["--slots", "1", "-q"] if "toy" in words else ["--resolution", "3", "--slots", "1", "-q"]
        if "--at" in words:
            quick[quick.index("--slots") + 1] = "41"
        result = invoke(*words, *quick, *(["--force"] if words[0] == "compare" else []))
        assert result.exit_code == 0, (words, result.stderr)


def test_why_in_text_fits_80_columns(invoke):
    result = invoke("why", "23.5,19.2", "--scenario", "toy", "--at", "2026-03-24T12:00:30Z")
    assert result.exit_code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "slot 1: 15 s from 2026-03-24 12:00:27 UTC; 1 slot c" in result.stdout.replace("\n", " ")
    for heading in ("Where", "Law", "Satellites in view", "Link budget", "Beams", "Path", "Causes"):
        assert f"\n{heading}" in result.stdout
    assert "nan" not in result.stdout.lower().replace("canan", "")
    assert "\x1b" not in result.stdout


def test_why_as_json_is_json_alone(invoke):
    result = invoke("why", "23.5", "19.2", "--scenario", "toy", "--json", "--quiet")
    tree = json.loads(result.stdout)
    assert result.stderr == ""
    assert tree["cause"] in CAUSES
    assert list(tree)[:3] == ["cause", "cause_words", "mbps"]
    assert {"moment", "where", "licence", "sky", "budget", "lighting", "way", "limit", "ladder"} <= set(tree)


def test_why_of_a_result_is_why_of_its_scenario(invoke):
    assert invoke("run", "toy", "--set", "terminal.min_elevation_deg=40", "--out", "o", "-q").exit_code == 0
    words = ("why", "23.5,19.2", "--at", "2026-03-24T12:00:27Z", "-q", "--json")
    of_result = invoke(*words, "--scenario", "o")
    of_scenario = invoke(*words, "--scenario", "toy", "--set", "terminal.min_elevation_deg=40")
    assert of_result.exit_code == 0, of_result.stderr
    assert of_result.stdout == of_scenario.stdout
    refused = invoke("why", "23.5,19.2", "--scenario", "o", "--slots", "3")
    assert refused.exit_code == 2
    assert "o: a result has its settings" in refused.stderr


def test_a_southern_place_is_no_option(invoke):
    result = invoke("why", "-37.07,-12.31", "--scenario", "toy", "--json", "-q")
    assert (result.exit_code, json.loads(result.stdout)["where"]["lat_deg"]) == (0, -37.07)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scenaro", "toy", "0,0"), "--scenaro: no such option; did you mean '--scenario'?"),
        (("Kyjv", "--scenario", "toy"), "did you mean 'Kyiv'?"),
        (("0,0", "--at", "noon"), "--at 'noon': write UTC as"),
        (("0,0", "--scenario", "toi"), "did you mean 'toy'?"),
        (("95,0", "--scenario", "toy"), "must be between -90 and 90"),
    ],
)
def test_why_tells_what_is_wrong(invoke, words, told):
    result = invoke("why", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_compare_a_scenario_with_itself_changed(invoke):
    result = invoke(
        "compare", "toy", "--set-b", "terminal.min_elevation_deg=50", "--slots", "2", "--plot", "m.png"
    )
    assert result.exit_code == 0, result.stderr
    assert "terminal.min_elevation_deg: 25.0 -> 50" in result.stdout
    assert "Rows that lost most" in result.stdout
    folder = next(Path("out").iterdir())
    written = {path.name for path in folder.iterdir()}
    assert written == {"comparison.html", "comparison.json", "countries.csv", "rows.csv", "map.png"}
    assert Path("m.png").read_bytes() == (folder / "map.png").read_bytes()
    page = (folder / "comparison.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert "toy with terminal.min_elevation_deg=50" in page
    again = invoke("compare", "toy", "--set-b", "terminal.min_elevation_deg=50", "--slots", "2", "-q")
    assert again.exit_code == 2
    assert "--force to overwrite it" in again.stderr


def test_compare_folders(invoke):
    for name, mask in (("a", 25), ("b", 50)):
        done = invoke(
            "run", "toy", "--slots", "2", "--out", name, "-q", "--set", f"terminal.min_elevation_deg={mask}"
        )
        assert done.exit_code == 0, done.stderr
    same = invoke("compare", "a", "a", "--json", "-q", "--out", "same")
    tree = json.loads(same.stdout)
    assert (tree["keys"], tree["totals"]["served_lost"], tree["losers"]) == ([], 0.0, [])
    told = invoke("compare", "a", "a", "--out", "same2")
    assert "Nobody gained or lost." in told.stdout
    other = json.loads(invoke("compare", "a", "b", "--json", "-q", "--out", "other").stdout)
    assert other["totals"]["served_lost"] > 0.0
    mixed = invoke("compare", "a", "toy", "--json", "-q", "--out", "mixed")
    assert [key["key"] for key in json.loads(mixed.stdout)["keys"]] == ["slots"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("toy",), "name a second result or scenario"),
        (("toy", "toi"), "did you mean 'toy'?"),
        (("toy", "empty"), "no manifest.json: not a result folder"),
        (("toy", "toy", "--plot", "m.svg"), "must end in .png"),
        (("toy", "toy", "--country", "QQ", "--slots", "1"), "--country QQ: no row of this country"),
        (
            ("toy", "starlink-gen1", "--slots", "1", "--resolution", "3", "--set-b", 'countries=["PL"]'),
            "different rows",
        ),
        (("toy", "toy", "--out", "full"), "holds other files than a comparison"),
    ],
)
def test_compare_tells_what_is_wrong(invoke, words, told):
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full/mine.txt").write_text("x")
    result = invoke("compare", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_other_cells_are_refused_before_anything_is_computed(invoke, monkeypatch):
    import ecumene.simulation

    assert invoke("run", "toy", "--slots", "1", "--out", "a", "-q").exit_code == 0

    def never(*_words, **_options):
        raise AssertionError("computed")

    monkeypatch.setattr(ecumene.simulation, "run", never)
    result = invoke("compare", "a", "starlink-gen1", "--resolution", "3")
    assert result.exit_code == 2
    assert (
        "a has cells of H3 resolution 5, starlink-gen1 of 3: run both with the same --resolution"
        in result.stderr
    )


def test_a_result_takes_no_settings(invoke):
    invoke("run", "toy", "--slots", "1", "--out", "a", "-q")
    mixed = invoke("compare", "a", "toy", "--slots", "1", "--out", "c", "--json", "-q")
    assert json.loads(mixed.stdout)["keys"] == []
    for words in (("a", "a", "--slots", "1"), ("toy", "a", "--set-b", "slots=1")):
        refused = invoke("compare", *words, "--out", "d")
        assert refused.exit_code == 2
        assert "settings" in refused.stderr


def test_a_key_that_came_later_is_no_difference_at_its_default(invoke):
    """The folder of a version that knew neither output nor isl.cross_shell."""
    invoke("run", "toy", "--slots", "1", "--out", "a", "-q")
    path = Path("a/manifest.json")
    manifest = json.loads(path.read_text())
    del manifest["scenario"]["output"], manifest["scenario"]["isl"]["cross_shell"]
    path.write_text(json.dumps(manifest))

    def keys(*words):
        done = invoke("compare", "a", "toy", "--slots", "1", *words, "--json", "-q")
        return json.loads(done.stdout)["keys"]

    assert keys("--out", "b") == []
    changed = keys("--set-b", "isl.cross_shell=true", "--out", "c")
    assert changed == [{"key": "isl.cross_shell", "a": False, "b": True}]
    manifest["scenario"]["resolution"] = 11
    path.write_text(json.dumps(manifest))
    assert "resolution" in [key["key"] for key in keys("--out", "d")]
