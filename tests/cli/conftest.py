"""The command line in this process, with the computing replaced by a made-up run of no slots."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from ecumene import cli


def _views_conftest():
    spec = importlib.util.spec_from_file_location(
        "made_up_run", Path(__file__).parent.parent / "views" / "conftest.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Return a function that runs the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECUMENE_DEBUG", raising=False)
    runner = CliRunner()

    def call(*words: str, stdin: str | bytes | None = None):
        return runner.invoke(cli.app, list(words), input=stdin)

    return call


@pytest.fixture
def fake_run(monkeypatch):
    """Replace computing and drawing; what `run` does before and after stays real."""
    import ecumene.simulation
    import ecumene.views.report
    import ecumene.world

    made_up = _views_conftest().synthetic_results()
    calls = SimpleNamespace(n_runs=0, fail_with=None, summary=made_up.summary)

    def run(world, *, on_slot=None, folder=None, force=False):
        calls.n_runs += 1
        if calls.fail_with is not None:
            raise calls.fail_with
        if on_slot is not None:
            on_slot(0, 1)
            on_slot(1, 1)
        return type(made_up)(world.scenario, made_up.tables, made_up.summary)

    monkeypatch.setattr(ecumene.simulation, "run", run)
    monkeypatch.setattr(ecumene.views.report, "report_html", lambda _results, **_options: "<!DOCTYPE html>")
    monkeypatch.setattr(cli.runs, "compile_ahead", lambda **_options: None)
    return calls


@pytest.fixture
def summary_of():
    """Return a function that reads the JSON a command printed."""
    return lambda result: json.loads(result.stdout)
