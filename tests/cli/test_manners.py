"""What holds for every command: quick help, results on stdout, words the shell completes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import ecumene
from ecumene.cli import app
from ecumene.cli.base import ORDER, POLICY_NAMES, country_completion, policy_completion
from ecumene.views.progress import show_progress

COMMANDS = typer.main.get_command(app).commands

NO_JSON = {
    "init": "writes a file",
    "schema": "prints JSON anyway",
    "export": "writes files",
    "plot": "writes a picture",
}
"""Commands that print no result, each with what they do instead."""

SHORT = {"list", "check", "doctor", "licences", "report", "query", *NO_JSON}
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
    [("ecumene site --country KE", "KE"), ("ecumene sweep toy --policy ran", "random")],
)
def test_a_shell_is_told(words, expected):
    asked = {
        "_ECUMENE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "PYTHONPATH": str(Path(ecumene.__file__).parent.parent),
    }
    done = subprocess.run(
        [sys.executable, "-m", "ecumene"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **asked},
    )
    assert done.stdout.split() == [expected], done.stderr


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
