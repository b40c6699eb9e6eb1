"""`ecumene sweep`: which runs it makes, what goes where, and how it ends."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from interruptions import broken_off_at

import ecumene
from ecumene.errors import RunError

MASKS = "terminal.min_elevation_deg=20,50"


@pytest.fixture
def policies_are_taken(monkeypatch):
    """Let the schema take any scheduling.policy; return those that reached it, in order."""
    import ecumene.scenario
    from ecumene.scenario.loading import load

    seen = []

    def load_without(name, *, start=None, overrides=None, faults=()):
        rest = dict(overrides or {})
        seen.append(rest.pop("scheduling.policy", None))
        return load(name, start=start, overrides=rest)

    monkeypatch.setattr(ecumene.scenario, "load", load_without)
    return seen


def lines_of(path="out/toy-sweep/sweep.csv"):
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def test_a_line_a_run_in_table_csv_and_json(invoke):
    result = invoke("sweep", "toy", "--set", MASKS, "--set", "isl.topology=grid,none", "--slots", "2")
    assert result.exit_code == 0, result.stderr
    lines = lines_of()
    assert [(line["terminal.min_elevation_deg"], line["isl.topology"]) for line in lines] == [
        ("20", "grid"),
        ("20", "none"),
        ("50", "grid"),
        ("50", "none"),
    ]
    tree = json.loads(Path("out/toy-sweep/sweep.json").read_text())
    assert tree["is_complete"] is True
    assert [run["measures"]["share_served"] for run in tree["runs"]] == [
        float(line["share_served"]) for line in lines
    ]
    assert float(lines[0]["share_served"]) > float(lines[1]["share_served"]) > 0.0
    assert "min_elevation_deg  topology" in result.stdout
    assert "Comparison  out/toy-sweep/sweep.csv" in result.stdout
    assert "run 1 of 4: min_elevation_deg=20, topology=grid\n" in result.stderr
    assert "run 4 of 4: min_elevation_deg=50, topology=none" in result.stderr
    assert "run 1" not in result.stdout
    assert {path.name for path in Path("out/toy-sweep").iterdir()} == {"sweep.csv", "sweep.json"}


def test_a_run_of_a_sweep_gives_what_run_gives(invoke, summary_of):
    """No state is left from one run to the next."""
    assert (
        invoke("sweep", "toy", "--set", "isl.topology=none,grid", "--set", "seed=5", "--keep").exit_code == 0
    )
    alone = summary_of(invoke("run", "toy", "--set", "isl.topology=grid", "--seed", "5", "--json"))
    kept = json.loads(Path("out/toy-sweep/02_topology=grid/summary.json").read_text())
    del alone["seconds"], kept["seconds"]
    assert kept == alone
    assert {run["folder"] for run in json.loads(Path("out/toy-sweep/sweep.json").read_text())["runs"]} == {
        "01_topology=none",
        "02_topology=grid",
    }
    assert Path("out/toy-sweep/02_topology=grid/manifest.json").exists()


def counting(monkeypatch):
    """Return the scenarios whose slots are computed, as they come."""
    import ecumene.simulation

    computed, run = [], ecumene.simulation.run

    def counted(world, **options):
        computed.append(world.scenario.seed)
        return run(world, **options)

    monkeypatch.setattr(ecumene.simulation, "run", counted)
    return computed


SEEDS = ("sweep", "toy", "--set", "seed=1,2", "--set", "slots=2", "--keep", "--out", "o")


@pytest.fixture
def no_report(monkeypatch):
    """Draw none: it takes longer than the run."""
    import ecumene.views.report

    monkeypatch.setattr(ecumene.views.report, "report_html", lambda _results, **_options: "<!DOCTYPE html>")


@pytest.mark.usefixtures("no_report")
def test_finished_runs_that_were_kept_are_taken_as_they_are(invoke, monkeypatch):
    computed = counting(monkeypatch)
    first = invoke(*SEEDS, "--json")
    before = {path: path.read_bytes() for path in Path("o").rglob("*") if path.is_file()}
    again = invoke(*SEEDS, "--json")
    assert (first.exit_code, again.exit_code, computed) == (0, 0, [1, 2])
    assert "finished before, and taken as it is: o/01_seed=1 (--force computes it again)" in again.stderr
    assert again.stderr.count("taken as it is") == 2
    trees = [json.loads(ended.stdout) for ended in (first, again)]
    assert trees[0]["runs"] == trees[1]["runs"]
    now = {path: path.read_bytes() for path in Path("o").rglob("*") if path.is_file()}
    changed = {path.as_posix() for path in before if before[path] != now[path]}
    assert changed <= {"o/sweep.json"}  # which says when it was written
    assert set(before) == set(now)
    assert invoke(*SEEDS, "--force", "--quiet").stderr == ""
    assert computed == [1, 2, 1, 2]


@pytest.mark.usefixtures("no_report")
def test_a_kept_run_that_is_damaged_or_of_another_program_is_computed_again(invoke, monkeypatch):
    from ecumene.results import store

    computed = counting(monkeypatch)
    assert invoke(*SEEDS).exit_code == 0
    table = Path("o/02_seed=2/rows.parquet")
    whole = table.read_bytes()
    table.write_bytes(whole[:-1])
    again = invoke(*SEEDS)
    assert (again.exit_code, computed) == (0, [1, 2, 2])
    assert (
        "02_seed=2/rows.parquet: has changed since it was written; run the scenario again: it is"
        in again.stderr
    )
    assert table.read_bytes() == whole
    monkeypatch.setattr(store, "code_digest", lambda: "another")
    assert invoke(*SEEDS).exit_code == 0
    assert computed == [1, 2, 2, 1, 2]


@pytest.mark.usefixtures("no_report")
def test_a_kept_sweep_broken_off_in_its_first_run_goes_on(invoke, monkeypatch):
    with broken_off_at(1, monkeypatch):
        assert invoke(*SEEDS).exit_code == 130
    went_on = invoke(*SEEDS)
    assert went_on.exit_code == 0, went_on.stderr
    assert len(lines_of("o/sweep.csv")) == 2


def test_a_finished_run_of_a_catalogue_is_known_without_its_start(tmp_path):
    from ecumene.results.store import is_finished

    elements = tmp_path / "sky.tle"
    elements.write_text(
        "1 25544U 98067A   26083.50000000  .00010000  00000-0  18000-3 0  9997\n"
        "2 25544  51.6400 100.0000 0005000  90.0000 270.0000 15.50000000    14\n"
    )
    keys = {"slots": 1, "constellation.file": str(elements), "constellation.shells": []}
    scenario = ecumene.load("toy", overrides=keys).model_copy(update={"start": None})
    ecumene.simulate(scenario).write(tmp_path / "o")
    assert is_finished(tmp_path / "o", scenario)
    assert not is_finished(tmp_path / "o", scenario.model_copy(update={"seed": 9}))
    elements.write_text(elements.read_text() + "\n")
    assert not is_finished(tmp_path / "o", scenario)


def test_a_new_licence_is_ranked(invoke):
    result = invoke("sweep", "toy", "--grant", "XB", "--out", "o")
    assert result.exit_code == 0, result.stderr
    lines = lines_of("o/sweep.csv")
    assert [line["granted"] for line in lines] == ["", "XB"]
    assert float(lines[1]["gain_people_available"]) == pytest.approx(1_000.0)
    assert float(lines[1]["gain_carried_gbps_there"]) > 0.0
    assert "As it is: could be served 4,630 people" in result.stdout
    assert "not_sought   1,000    +1,000      +1,000" in result.stdout
    assert "all together" not in result.stdout


def test_an_unknown_country_shows_before_anything_is_computed(invoke):
    result = invoke("sweep", "toy", "--grant", "XB,QQ")
    assert result.exit_code == 2
    assert "unknown country" in result.stderr
    assert "'QQ'" in result.stderr
    assert not Path("out").exists()


@pytest.mark.usefixtures("fake_run")
def test_json_alone_on_stdout(invoke, summary_of):
    result = invoke("sweep", "toy", "--set", MASKS, "--json")
    printed, written = summary_of(result), json.loads(Path("out/toy-sweep/sweep.json").read_text())
    assert {**printed, "written_utc": ""} == {**written, "written_utc": ""}


@pytest.mark.usefixtures("fake_run")
def test_quiet_says_nothing(invoke):
    result = invoke("sweep", "toy", "--set", MASKS, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert len(lines_of()) == 2


def test_policies_are_only_passed_on(invoke, fake_run, policies_are_taken):
    fake_run.summary["plan"] = {"policy": "x", "served_gbps": 7_777.0, "gap": None}
    result = invoke("sweep", "toy", "--policy", "flow, highest-elevation", "--seed", "3")
    assert result.exit_code == 0, result.stderr
    assert policies_are_taken == ["flow", "highest-elevation"]
    assert [line["scheduling.policy"] for line in lines_of()] == ["flow", "highest-elevation"]
    assert "plan Gbit/s: 7,777" in result.stdout
    assert "run 2 of 2: policy=highest-elevation" in result.stderr


def test_the_scenario_refuses_wrong_policies(invoke, fake_run):
    result = invoke("sweep", "toy", "--policy", "flow,at-a-whim")
    assert result.exit_code == 2
    assert "toy: 1 problem" in result.stderr
    assert fake_run.n_runs == 0


def test_the_same_seed_for_every_run(invoke, fake_run, monkeypatch):
    import ecumene.simulation

    seeds, run = [], ecumene.simulation.run

    def noting(world, *, on_slot=None, **_more):
        seeds.append(world.scenario.seed)
        return run(world, on_slot=on_slot)

    monkeypatch.setattr(ecumene.simulation, "run", noting)
    assert invoke("sweep", "toy", "--set", MASKS, "--seed", "9").exit_code == 0
    assert seeds == [9, 9]
    assert fake_run.n_runs == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing is swept; give a key several values"),
        (("--set", "slots=1,2", "--max-runs", "1"), "2 runs (2), and the limit is 1; sweep fewer values"),
        (("--set", "slots=1,2", "--slots", "4"), "--slots and --set slots: both are given; keep one"),
        (("--set", "slots=1,2", "--set", "slots=3"), "--set slots: is given twice; keep one"),
        (("--set", "slots=1,"), "--set slots: value 2 of 2 is empty"),
        (
            ("--policy", "a,b", "--set", "scheduling.policy=c"),
            "--policy and --set scheduling.policy: both are given",
        ),
        (("--policy", "a,a"), "--policy: the value a stands twice; keep one"),
        (("--grant", "in"), "--grant 'in': write two-letter country codes in capitals"),
        (("--grant", "XB", "--set", "slots=1,2"), "--grant and several values of slots: sweep one at a time"),
        (
            ("--set", MASKS, "--plot", "mbps_p5"),
            "--plot mbps_p5: no measure of this name; did you mean 'mbps_p50'?",
        ),
        (
            ("--set", "isl.topology=grid,none", "--plot", "mbps_p50"),
            "one swept key with numbers, and there is none",
        ),
        (("--set", MASKS, "--out", "file"), "--out file: is a file"),
    ],
)
def test_mistakes_are_told_before_anything_is_computed(invoke, fake_run, words, message):
    Path("file").write_text("")
    result = invoke("sweep", "toy", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert fake_run.n_runs == 0
    assert not Path("out").exists()


def test_mistakes_of_all_runs_at_once_and_each_once(invoke, fake_run):
    words = (
        "--set",
        "terminal.min_elevation_deg=20,95",
        "--set",
        "isl.topology=grid,gird",
        "--set",
        "demnd=1",
    )
    result = invoke("sweep", "toy", *words)
    assert result.exit_code == 2
    assert "toy: 3 problems" in result.stderr
    for problem in (
        "--set terminal.min_elevation_deg = 95: must be less than 90",
        "--set isl.topology = \"gird\": must be 'grid', 'none' or 'list'; did you mean 'grid'?",
        "--set demnd: unknown key; did you mean 'demand'?",
    ):
        assert result.stderr.count(problem) == 1
    assert fake_run.n_runs == 0


def test_without_a_name_the_presets_are_listed(invoke):
    result = invoke("sweep")
    assert result.exit_code == 2
    assert "Usage: ecumene sweep NAME|FILE" in result.stderr


@pytest.mark.usefixtures("fake_run")
def test_another_sweep_in_the_folder_is_refused(invoke):
    assert invoke("sweep", "toy", "--set", MASKS).exit_code == 0
    assert invoke("sweep", "toy", "--set", MASKS).exit_code == 0
    refused = invoke("sweep", "toy", "--set", "slots=2,3")
    assert refused.exit_code == 2
    assert "holds another sweep of 'toy' (over terminal.min_elevation_deg)" in refused.stderr
    assert invoke("sweep", "toy", "--set", "slots=2,3", "--force").exit_code == 0


@pytest.mark.usefixtures("fake_run")
def test_a_curve_is_drawn(invoke):
    result = invoke("sweep", "toy", "--set", MASKS, "--plot", "carried_gbps")
    assert result.exit_code == 0, result.stderr
    assert "Open  out/toy-sweep/sweep.svg" in result.stdout
    assert Path("out/toy-sweep/sweep.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (RunError("the sky fell"), 1, "Error: the sky fell"),
        (KeyboardInterrupt(), 130, "interrupted: 1 of 2 runs are finished and kept in out/toy-sweep/"),
    ],
)
def test_what_is_finished_is_kept_and_told(invoke, fake_run, monkeypatch, failure, code, message):
    import ecumene.simulation

    run = ecumene.simulation.run

    def second_fails(world, *, on_slot=None, **_more):
        fake_run.fail_with = failure if fake_run.n_runs else None
        return run(world, on_slot=on_slot)

    monkeypatch.setattr(ecumene.simulation, "run", second_fails)
    result = invoke("sweep", "toy", "--set", MASKS)
    assert result.exit_code == code
    assert message in result.stderr
    assert "1 of 2 runs" in result.stdout
    assert json.loads(Path("out/toy-sweep/sweep.json").read_text())["is_complete"] is False
    assert len(lines_of()) == 1


def test_the_first_run_failing_leaves_nothing(invoke, fake_run):
    fake_run.fail_with = KeyboardInterrupt()
    result = invoke("sweep", "toy", "--set", MASKS)
    assert result.exit_code == 130
    assert "interrupted: no new result was written" in result.stderr
    assert not Path("out").exists()


def test_ctrl_c_stops_between_slots_and_keeps_finished_runs(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ecumene", "sweep", "toy", "--set", "slots=4,1000000", "--out", "o"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("run 2 of 2"):
            break
    process.stderr.readline()  # a line of the log: slots are being computed
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping after this slot; finished runs are kept (Ctrl-C again to stop at once)" in errors
    assert "interrupted: 1 of 2 runs are finished and kept in o/" in errors
    assert "Traceback" not in errors
    assert "1 of 2 runs, slots = 4, 1000000" in out
    assert len(lines_of(tmp_path / "o" / "sweep.csv")) == 1


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from ecumene.cli import main\n"
        "sys.argv = ['ecumene', 'sweep', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'numba', 'matplotlib', 'duckdb', 'rich', 'h3', 'sgp4'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    for option in ("--set", "--policy", "--grant", "--max-runs", "--keep", "--plot", "--json", "--quiet"):
        assert option in done.stdout
