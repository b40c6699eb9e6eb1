"""`-` in place of a scenario's file: it comes on standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecumene.scenario import preset_text

SMALL = 'name = "piped"\ntitle = "t"\nextends = "toy"\nslots = 2\n'


@pytest.mark.usefixtures("fake_run")
def test_run_reads_the_scenario_once_and_names_its_folder_after_it(invoke):
    result = invoke("run", "-", stdin=SMALL)
    assert result.exit_code == 0, result.stderr
    scenario = json.loads(Path("out/piped/manifest.json").read_text())["scenario"]
    assert (scenario["name"], scenario["slots"]) == ("piped", 2)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "-", "--json"),
        ("why", "23.5,19.2", "--scenario", "-", "--json", "-q"),
        ("sweep", "-", "--set", "seed=1,2", "--json", "-q"),
        ("compare", "-", "--set-b", "isl.topology=none", "--json", "-q"),
        ("export", "graphml", "-"),
    ],
)
def test_every_command_about_a_scenario_takes_it(invoke, words):
    result = invoke(*words, stdin=preset_text("toy"))
    assert result.exit_code == 0, result.stderr
    if "--json" in words:
        json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            SMALL + "slots_s = 3\n",
            "<stdin>: 1 problem\n  line 5: slots_s: unknown key; did you mean 'slot_s'?",
        ),
        (SMALL.replace("2", "0"), "line 4: slots = 0: must be at least 1"),
        ("name =\n", "<stdin>: 1 problem\n  not valid TOML: Invalid value (at line 1, column 7)"),
        (
            "",
            "<stdin>: 1 problem\n  is empty; send a TOML scenario there, such as: cat my.toml | ecumene run -",
        ),
        (b"\xff", "<stdin>: 1 problem\n  is not UTF-8 text (byte 0)"),
        (
            SMALL + '[[fault]]\nkind = "isls"\nlinks = [["no", "one"]]\n',
            "<stdin>: 2 problems\n  line 7: fault[0].links",
        ),
    ],
)
def test_mistakes_are_told_with_their_lines(invoke, text, told):
    """The last one is found when the world is built, and the text is asked for again."""
    result = invoke("check", "-", stdin=text)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_what_it_extends_and_names_is_sought_where_you_stand(invoke):
    Path("base.toml").write_text(preset_text("toy").replace("slots = 4", "slots = 3"))
    Path("p.csv").write_text("name,lat,lon\nHere,23.5,19.2\n")
    text = 'extends = "base.toml"\nname = "piped"\ntitle = "t"\nplaces = { file = "p.csv" }\n'
    result = invoke("check", "-", "--json", stdin=text)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["slots"] == 3
