"""`ecumene run`: what goes where, and how it ends."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ecumene
from ecumene.errors import RunError


def test_writes_a_folder_and_tells_the_planet(invoke, fake_run):
    result = invoke("run", "toy")
    assert result.exit_code == 0
    assert {p.name for p in Path("out/toy").iterdir()} >= {
        "report.html",
        "summary.json",
        "manifest.json",
        "rows.parquet",
    }
    assert "The promise" in result.stdout
    assert "out/toy/report.html" in result.stdout
    assert "toy: 12 satellites, 7 cells, 1 gateway, 4 slots of 15 s; seed 1" in result.stderr
    assert "The promise" not in result.stderr
    assert fake_run.n_runs == 1


def test_json_alone_on_stdout(invoke, fake_run, summary_of):
    result = invoke("run", "toy", "--json")
    assert result.exit_code == 0
    assert summary_of(result) == json.loads(Path("out/toy/summary.json").read_text()) == fake_run.summary


@pytest.mark.usefixtures("fake_run")
def test_quiet_says_nothing(invoke):
    result = invoke("run", "toy", "--quiet")
    assert result.exit_code == 0
    assert result.output == ""
    assert Path("out/toy/manifest.json").exists()


@pytest.mark.usefixtures("fake_run")
def test_quiet_still_says_what_is_wrong(invoke):
    result = invoke("run", "toyy", "--quiet")
    assert result.exit_code == 2
    assert "did you mean 'toy'?" in result.stderr


def test_without_a_name_the_presets_are_listed(invoke):
    result = invoke("run")
    assert result.exit_code == 2
    for name in ("kuiper", "oneweb", "starlink-2022", "starlink-gen1", "toy"):
        assert f"  {name}\n" in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("fake_run")
def test_options_reach_the_scenario(invoke):
    Path("p.csv").write_text("name,lat,lon\nHere,1,2\n")
    words = [
        "--start",
        "2026-04-01",
        "--slots",
        "7",
        "--seed",
        "5",
        "--places",
        "p.csv",
        "--set",
        "isl.topology=none",
    ]
    assert invoke("run", "toy", *words, "--out", "elsewhere").exit_code == 0
    scenario = json.loads(Path("elsewhere/manifest.json").read_text())["scenario"]
    assert scenario["start"] == "2026-04-01T00:00:00Z"
    assert (scenario["slots"], scenario["seed"]) == (7, 5)
    assert scenario["isl"]["topology"] == "none"
    assert scenario["places"]["file"] == "p.csv"


@pytest.mark.parametrize("start", ["2026-03-24T12:00:12Z", "2026-03-24T12:00:12"])
@pytest.mark.usefixtures("fake_run")
def test_start_is_utc_with_or_without_z(invoke, start):
    assert invoke("run", "toy", "--start", start).exit_code == 0
    assert (
        json.loads(Path("out/toy/manifest.json").read_text())["scenario"]["start"] == "2026-03-24T12:00:12Z"
    )


@pytest.mark.parametrize(
    "start",
    ["yesterday", "24.3.2026", "2026-03-24 12:00", "2026-W13", "2026-02-30", "2026-03-24T12:00:12+01:00", ""],
)
def test_any_other_start_is_refused(invoke, fake_run, start):
    result = invoke("run", "toy", "--start", start)
    assert result.exit_code == 2
    assert f"--start {start!r}: " in result.stderr
    assert "write UTC as 2026-03-24T12:00:12Z" in result.stderr
    assert fake_run.n_runs == 0


@pytest.mark.usefixtures("fake_run")
def test_all_mistakes_of_the_command_line_at_once(invoke):
    words = ("--start", "x", "--set", "nokey", "--set", "slots=3", "--slots", "4", "--places", "no.csv")
    result = invoke("run", "toy", *words, "--constellation", ".")
    assert result.exit_code == 2
    for piece in (
        "the command line: 5 problems",
        "--set 'nokey': write key=value",
        "--slots and --set slots: both are given; keep one",
        "--places no.csv: there is no such file",
        "--constellation .: is a folder; name a file",
        "--start 'x': ",
    ):
        assert piece in result.stderr, piece


@pytest.mark.usefixtures("fake_run")
def test_a_setting_given_twice(invoke):
    result = invoke("run", "toy", "--set", "slots=3", "--set", "slots=4")
    assert result.exit_code == 2
    assert "--set slots: is given twice; keep one" in result.stderr


@pytest.mark.usefixtures("fake_run")
def test_mistakes_are_named_as_they_were_typed(invoke):
    result = invoke("run", "toy", "--slots", "0", "--resolution", "6", "--set", "isl.topolgy=none")
    assert result.exit_code == 2
    assert "--slots 0: must be at least 1" in result.stderr
    assert "--resolution 6: must be 3, 4 or 5" in result.stderr
    assert "isl.topolgy: unknown key; did you mean 'topology'?" in result.stderr


def test_an_unreadable_number_is_wrong_input(invoke):
    assert invoke("run", "toy", "--slots", "many").exit_code == 2
    assert invoke("run", "toy", "--slot", "3").exit_code == 2
    assert invoke("rnu").exit_code == 2


def test_another_scenario_in_the_folder_is_refused_before_computing(invoke, fake_run):
    assert invoke("run", "toy", "--out", "o").exit_code == 0
    refused = invoke("run", "toy", "--out", "o", "--slots", "9")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert fake_run.n_runs == 1
    assert invoke("run", "toy", "--out", "o").exit_code == 0
    assert invoke("run", "toy", "--out", "o", "--slots", "9", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted: no new result was written"),
        (RunError("the sky fell"), 1, "Error: the sky fell"),
        (MemoryError(), 1, "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), 1, "No space left on device (x)"),
        (
            ZeroDivisionError("division by zero"),
            1,
            "ZeroDivisionError: division by zero; run again with --debug",
        ),
        (ValueError(), 1, "ValueError: no message; run again with --debug"),
    ],
)
def test_how_it_ends_when_something_goes_wrong(invoke, fake_run, failure, code, message):
    fake_run.fail_with = failure
    result = invoke("run", "toy")
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not Path("out/toy").exists()


def test_debug_shows_where(invoke, fake_run, monkeypatch):
    fake_run.fail_with = ZeroDivisionError("division by zero")
    assert "Traceback" in invoke("run", "toy", "--debug").stderr
    monkeypatch.setenv("ECUMENE_DEBUG", "1")
    assert "Traceback" in invoke("run", "toy").stderr


@pytest.mark.usefixtures("fake_run")
def test_no_report_loses_no_run(invoke, monkeypatch):
    import ecumene.views.report

    def broken(_results, **_options):
        raise RuntimeError("no ink")

    monkeypatch.setattr(ecumene.views.report, "report_html", broken)
    result = invoke("run", "toy")
    assert result.exit_code == 1
    assert (
        "the tables are in out/toy, but the report could not be drawn: RuntimeError: no ink" in result.stderr
    )
    assert Path("out/toy/manifest.json").exists()
    assert "report.html" not in result.stdout


def test_a_catalogue_is_named_in_the_title(invoke, fake_run):
    Path("sky.tle").write_text(
        "1 25544U 98067A   26083.50000000  .00010000  00000-0  18000-3 0  9997\n"
        "2 25544  51.6400 100.0000 0005000  90.0000 270.0000 15.50000000    14\n"
    )
    result = invoke("run", "toy", "--constellation", "sky.tle")
    assert result.exit_code == 0, result.stderr
    scenario = json.loads(Path("out/toy/manifest.json").read_text())["scenario"]
    assert scenario["title"] == "toy with the satellites of sky.tle"
    assert scenario["start"] == "2026-03-24T12:00:00Z"
    assert fake_run.n_runs == 1


@pytest.mark.usefixtures("fake_run")
def test_pairs_reach_the_scenario(invoke):
    words = ["--pairs", "Market,Far post", "--pairs", "Equator, pop:any", "--pairs", "all"]
    result = invoke("run", "toy", *words, "--out", "elsewhere")
    assert result.exit_code == 0, result.stderr
    pairs = json.loads(Path("elsewhere/manifest.json").read_text())["scenario"]["pairs"]
    assert pairs["pair"] == [{"from": "Market", "to": "Far post"}, {"from": "Equator", "to": "pop:any"}]
    assert pairs["all"] is True


@pytest.mark.parametrize("text", ["Market", "a,b,c", ",Market", ""])
def test_what_is_no_pair_is_refused(invoke, fake_run, text):
    result = invoke("run", "toy", "--pairs", text)
    assert result.exit_code == 2
    assert f'--pairs {text!r}: write FROM,TO, such as "London,New York", or all' in result.stderr
    assert fake_run.n_runs == 0


def stopped_after(monkeypatch, k, *, signals=(signal.SIGINT,)):
    """Let Ctrl-C come while slot k is computed, or other signals."""
    import ecumene.simulation as spine

    one_slot = spine.one_slot

    def with_signal(world, sky, *more):
        if sky.slot == k - 1:
            for number in signals:
                os.kill(os.getpid(), number)
        return one_slot(world, sky, *more)

    monkeypatch.setattr(spine, "one_slot", with_signal)
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/ecumene", "run", "toy", "--set", "isl.topology = none"])


@pytest.fixture
def no_report(monkeypatch):
    """Draw none: it takes longer than the run."""
    import ecumene.views.report

    monkeypatch.setattr(ecumene.views.report, "report_html", lambda _results, **_options: "<!DOCTYPE html>")


@pytest.mark.usefixtures("no_report")
def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(invoke, monkeypatch, summary_of):
    words = ("run", "toy", "--set", "isl.topology = none")
    whole = summary_of(invoke(*words, "--json", "--out", "whole"))
    with monkeypatch.context() as patch:
        stopped_after(patch, 3)
        stopped = invoke(*words, "--json")
    assert stopped.exit_code == 130
    assert stopped.stdout == ""
    assert "stopping after this slot (Ctrl-C again to stop at once)" in stopped.stderr
    assert (
        "interrupted after slot 3 of 4; to go on: ecumene run toy --set 'isl.topology = none'"
        in stopped.stderr
    )
    assert [path.name for path in Path("out/toy").iterdir()] == ["checkpoint.npz"]
    went_on = invoke(*words, "--json")
    assert went_on.exit_code == 0
    assert "going on after slot 3 of 4" in went_on.stderr
    summary = summary_of(went_on)
    del whole["seconds"], summary["seconds"]
    assert summary == whole
    tables = {p.name: p.read_bytes() for p in Path("whole").glob("*.parquet")}
    assert {p.name: p.read_bytes() for p in Path("out/toy").glob("*.parquet")} == tables
    assert not Path("out/toy/checkpoint.npz").exists()


@pytest.mark.usefixtures("no_report")
def test_sigterm_is_heeded_like_ctrl_c_also_when_it_comes_twice(invoke, monkeypatch):
    """`timeout` sends it to the process, and to the group of the process."""
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        stopped_after(patch, 3, signals=(signal.SIGTERM, signal.SIGTERM))
        stopped = invoke("run", "toy")
    assert stopped.exit_code == 143
    assert stopped.stderr.count("stopping after this slot (SIGTERM came; Ctrl-C to stop at once)") == 1
    assert "interrupted after slot 3 of 4; to go on: ecumene run toy" in stopped.stderr
    assert signal.getsignal(signal.SIGTERM) == before
    went_on = invoke("run", "toy")
    assert went_on.exit_code == 0
    assert "going on after slot 3 of 4" in went_on.stderr


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_at_once_where_the_run_is_stopping_already(invoke, monkeypatch, first):
    stopped_after(monkeypatch, 3, signals=(first, signal.SIGINT))
    stopped = invoke("run", "toy")
    assert stopped.exit_code == (130 if first == signal.SIGINT else 143)
    assert "interrupted after slot 2 of 4" in stopped.stderr


TERMINATED = """
import os, signal, sys
import ecumene.world
from ecumene.cli import main
def build(*_given):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        print("tidied up", file=sys.stderr)
ecumene.world.build = build
sys.argv = ["ecumene", "run", "toy"]
main()
"""


def test_sigterm_outside_slots_ends_in_order(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", TERMINATED],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 143
    assert done.stderr.endswith("tidied up\ninterrupted: no new result was written\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_report")
def test_ctrl_c_in_the_last_slot_keeps_all_of_it(invoke, monkeypatch):
    with monkeypatch.context() as patch:
        stopped_after(patch, 4)
        assert "interrupted after slot 4 of 4" in invoke("run", "toy").stderr
    went_on = invoke("run", "toy", "--quiet")
    assert (went_on.exit_code, went_on.output) == (0, "")
    assert Path("out/toy/manifest.json").exists()


@pytest.mark.usefixtures("no_report")
def test_an_unfinished_run_of_another_scenario_is_refused_unless_forced(invoke, monkeypatch):
    with monkeypatch.context() as patch:
        stopped_after(patch, 2)
        assert invoke("run", "toy", "--out", "o").exit_code == 130
    refused = invoke("run", "toy", "--out", "o", "--seed", "5")
    assert refused.exit_code == 2
    assert (
        "--out o: holds an unfinished run (2 of 4 slots) of 'toy' with other settings (seed)"
        in refused.stderr
    )
    assert invoke("run", "toy", "--out", "o", "--seed", "5", "--force").exit_code == 0


@pytest.mark.usefixtures("no_report")
def test_a_damaged_checkpoint_is_told_with_its_cure(invoke, monkeypatch):
    with monkeypatch.context() as patch:
        stopped_after(patch, 2)
        invoke("run", "toy")
    path = Path("out/toy/checkpoint.npz")
    path.write_bytes(path.read_bytes()[:-9])
    damaged = invoke("run", "toy")
    assert damaged.exit_code == 1
    assert "checkpoint.npz: is damaged" in damaged.stderr
    assert "delete it, or add --force, to begin with the first slot" in damaged.stderr
    assert invoke("run", "toy", "--force").exit_code == 0


@pytest.mark.usefixtures("fake_run")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_while_the_report_is_drawn_loses_the_report_alone(invoke, monkeypatch, number, code):
    import ecumene.views.report

    def interrupted(_results, **_options):
        os.kill(os.getpid(), number)

    monkeypatch.setattr(ecumene.views.report, "report_html", interrupted)
    result = invoke("run", "toy")
    assert result.exit_code == code
    assert "the tables are in out/toy, but the report could not be drawn: interrupted" in result.stderr
    assert Path("out/toy/manifest.json").exists()
