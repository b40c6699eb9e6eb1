"""What holds for every command: quick help, results on stdout, words the shell completes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import ecumene
from ecumene.cli import app
from ecumene.cli.base import ORDER, POLICY_NAMES, country_completion, policy_completion
from ecumene.errors import InputError, RunError
from ecumene.views.progress import show_progress

COMMANDS = typer.main.get_command(app).commands

NO_JSON = {
    "init": "writes a file",
    "schema": "prints JSON anyway",
    "export": "writes files",
    "plot": "writes a picture",
}
"""Commands that print no result, each with what they do instead."""

SHORT = {"list", "check", "doctor", "licences", "report", "query", "init", "schema", "plot"}
"""Commands without progress, so that there is nothing to silence."""


def options(name):
    return {word for option in COMMANDS[name].params for word in option.opts}


def test_no_help_loads_anything_heavy():
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from ecumene.cli import app\n"
        f"for name in {sorted(COMMANDS)!r}:\n"
        "    done = CliRunner().invoke(app, [name, '--help'])\n"
        "    assert done.exit_code == 0 and '--debug' in done.stdout, name\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'numba', 'matplotlib', 'duckdb', 'rich', 'h3', 'sgp4'}\n"
        "heavy |= {'xarray', 'pandas', 'zarr', 'jinja2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_results_can_be_had_as_json_and_progress_silenced(name):
    assert ("--json" in options(name)) == (name not in NO_JSON)
    assert ("--quiet" in options(name)) == (name not in SHORT)
    assert "--debug" in options(name)


DOING = {
    "run": ("toy", "ecumene.world.build"),
    "check": ("toy", "ecumene.world.build"),
    "compare": ("toy oneweb", "ecumene.world.build"),
    "sweep": ("toy --set seed=1,2", "ecumene.world.build"),
    "site": ("--country XA --antennas 2 --scenario toy", "ecumene.world.build"),
    "why": ("Market --scenario toy", "ecumene.reasons.why"),
    "export": ("graphml toy", "ecumene.exports.folder.build"),
    "licences": ("", "ecumene.world.lawbook.law_of_day"),
    "report": ("out/toy", "ecumene.results.store.read_summary"),
    "query": ("out/toy select", "ecumene.results.query.query"),
    "plot": ("out/toy mbps_p50", "ecumene.archive.open_results"),
    "list": ("", "ecumene.scenario.load"),
    "init": ("my.toml", "ecumene.scenario.load"),
    "schema": ("", "ecumene.scenario.Scenario.model_json_schema"),
    "doctor": ("", "ecumene.views.checkup.checkup"),
}
"""Words after every command, and where it then does its work."""


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("no such thing"), 2, "Error: no such thing\n"),
        (RunError("the sky fell"), 1, "Error: the sky fell\n"),
        (KeyboardInterrupt(), 130, "interrupted: no new result was written\n"),
    ],
)
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_how_every_command_ends(invoke, monkeypatch, name, error, code, told):
    import ecumene.reasons
    import ecumene.siting
    import ecumene.views.report  # noqa: F401 - all that is imported late, for it would keep what is put in below

    words, place = DOING[name]

    def fails(*_words, **_options):
        raise error

    monkeypatch.setattr(place, fails)
    ended = invoke(name, *words.split())
    assert ended.exit_code == code
    assert ended.stderr.endswith(told)
    assert ended.stdout == ""


READING = {
    "run": ("{}", "toy --places {}", "toy --constellation {}", "toy --set gateways.sites={}"),
    "check": ("{}", "toy --set licences.records={}", "toy --set isl.topology=list --set isl.file={}"),
    "compare": ("{} toy", "toy {}"),
    "sweep": ("{} --set seed=1,2", "toy --set seed=1,2 --places {}"),
    "site": ("--country XA --antennas 2 --scenario {}",),
    "why": ("Market --scenario {}",),
    "export": ("graphml {}", "geojson {}"),
    "licences": ("--register {}", "--overrides {}"),
    "report": ("{}", "{} --country XA"),
    "query": ("{} select",),
    "plot": ("{} mbps_p50",),
    "init": ("my.toml --from {}",),
}
"""Words after every command that reads what a user names."""

WRITING = {
    "report": "toy --html {}.html",
    "licences": "--plot {}.png",
    "schema": "--out {}.json",
    "init": "{}.toml",
    "compare": "toy toy --set-b seed=2 --plot {}.png",
    "plot": "toy mbps_p50 --out {}.png",
    "site": "--country XA --antennas 2 --scenario toy --out {}.csv",
}
"""Words after every command that writes a file of any name; a folder of that name stands there."""

FILLING = {
    "run": "toy --out {}",
    "sweep": "toy --set seed=1,2 --out {}",
    "compare": "toy --set-b seed=2 --out {}",
    "export": "graphml toy --out {}",
}
"""Words after every command that fills a folder."""


def cases(words_of):
    return [(name, words) for name, several in words_of.items() for words in several]


def refused(ended, named):
    assert (ended.exit_code, ended.stdout) == (2, ""), ended.stderr
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "run again with --debug" not in ended.stderr


@pytest.mark.parametrize("named", ["nowhere", "a_folder", "a_file", "a_file/within"])
@pytest.mark.parametrize(("name", "words"), cases(READING))
def test_what_is_named_and_not_there_or_something_else_is_wrong_input(invoke, name, words, named):
    Path("a_folder").mkdir()
    Path("a_file").write_text("neither a result nor a scenario\n")
    refused(invoke(name, *words.format(named).split()), named)


@pytest.mark.parametrize("named", ["nowhere/x", "a_folder", "a_file/x"])
@pytest.mark.parametrize("name", sorted(WRITING))
def test_a_file_that_cannot_be_written_is_wrong_input_before_anything_is_read(invoke, name, named):
    Path("a_file").touch()
    for ending in ("html", "png", "json", "toml", "csv"):
        Path(f"a_folder.{ending}").mkdir()
    refused(invoke(name, *WRITING[name].format(named).split()), named)


@pytest.mark.parametrize("named", ["a_file", "a_file/within", "others"])
@pytest.mark.parametrize("name", sorted(FILLING))
def test_a_folder_that_cannot_be_used_is_wrong_input_before_anything_is_computed(invoke, name, named):
    Path("a_file").touch()
    Path("others").mkdir()
    Path("others/letter.txt").touch()
    refused(invoke(name, *FILLING[name].format(named).split()), f"--out {named}")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_an_option_that_does_not_exist_is_wrong_input(invoke, name):
    ended = invoke(name, *DOING[name][0].split(), "--nonsense")
    assert (ended.exit_code, ended.stdout) == (2, "")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_shows_an_example(name):
    assert name in {"list", "check"} or f"Example: ecumene {name}" in COMMANDS[name].help


def test_every_command_has_its_place_in_the_help():
    assert set(COMMANDS) <= set(ORDER)


@pytest.mark.parametrize(
    ("incomplete", "first"),
    [("K", ("KE", "Kenya")), ("ke", ("KE", "Kenya")), ("UA,I", ("UA,ID", "Indonesia"))],
)
def test_countries_complete_with_their_names(incomplete, first):
    found = country_completion(incomplete)
    assert first in found
    assert all(word.startswith(incomplete.upper()) for word, _ in found)


def test_policies_complete_and_are_those_of_the_plan():
    from ecumene.scheduling.policies import POLICIES

    assert policy_completion("optimum,hi") == ["optimum,highest-elevation"]
    assert policy_completion("x") == []
    assert set(POLICY_NAMES) == set(POLICIES) - {"held"}  # which only a fault may set


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ecumene comp", "compare"),
        ("ecumene run starlink-g", "starlink-gen1"),
        ("ecumene compare toy one", "oneweb"),
        ("ecumene why Kyiv --scenario uk", "ukraine-2022"),
        ("ecumene init my.toml --from ton", "tonga-2022"),
        ("ecumene export geoj", "geojson"),
        ("ecumene export czml kui", "kuiper"),
        ("ecumene export kml out/a --country KE", "KE"),
        ("ecumene report out/a --country UA", "UA"),
        ("ecumene compare toy oneweb --country UA", "UA"),
        ("ecumene site --country KE", "KE"),
        ("ecumene site --country KE --serve KE,UG", "KE,UG"),
        ("ecumene site --country KE --for peo", "people"),
        ("ecumene site --country KE --among c", "cells"),
        ("ecumene sweep toy --policy ran", "random"),
        ("ecumene sweep toy --grant IN,ZA", "IN,ZA"),
        ("ecumene sweep toy --plot share_s", "share_served"),
        ("ecumene licences --register one", "oneweb"),
        ("ecumene licences --disputed con", "control"),
        ("ecumene plot out/a mbps_p50", "mbps_p50"),
        ("ecumene plot out/a latency", "latency-cdf"),
        ("ecumene query out/a --tab", "--tables"),
    ],
)
def test_a_shell_is_told(words, expected):
    """As the scripts of `--install-completion` ask, in this process: a new one for each takes a second."""
    shown = CliRunner().invoke(
        app,
        [],
        prog_name="ecumene",
        env={
            "_ECUMENE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
    )
    assert shown.stdout.split() == [expected], shown.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown_for_a_shell_and_works_in_a_process_of_its_own(shell):
    asked = {"PYTHONPATH": str(Path(ecumene.__file__).parent.parent), "_ECUMENE_COMPLETE": f"source_{shell}"}
    script = subprocess.run(
        [sys.executable, "-m", "ecumene"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **asked},
    ).stdout
    assert f"_ECUMENE_COMPLETE=complete_{shell}" in script
    line = {"COMP_WORDS": "ecumene run starlink-g", "COMP_CWORD": "2"}
    line |= {"_TYPER_COMPLETE_ARGS": "ecumene run starlink-g", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-m", "ecumene"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **asked, "_ECUMENE_COMPLETE": f"complete_{shell}", **line},
    )
    assert "starlink-gen1" in done.stdout, done.stderr


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("is_plain", [False, True])
def test_no_color_takes_the_colours_from_the_bar(monkeypatch, is_plain):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if is_plain:
        monkeypatch.setenv("NO_COLOR", "1")
    screen = _Terminal()
    with show_progress(screen) as on_slot:
        on_slot(0, 2)
        on_slot(1, 2)
    shown = screen.getvalue()
    assert "1/2 slots" in shown
    assert ("\x1b[38;5" in shown or "\x1b[3" in shown) != is_plain
