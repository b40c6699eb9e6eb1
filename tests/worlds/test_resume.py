"""An interrupted run goes on, and gives to the last bit what it would have given uninterrupted."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from interruptions import broken_off_at

import ecumene
from ecumene import course
from ecumene.errors import DamagedResultError, OutputError
from ecumene.results import arrays, store
from ecumene.results.checkpoint import CHECKPOINT, read_head
from ecumene.results.schema import ARRAYS
from ecumene.simulation import run
from ecumene.world import build

SOURCE = Path(ecumene.__file__).parents[1]

SLOTS = {"slots": 6}


def toy(**keys):
    return ecumene.load("toy", overrides={**SLOTS, **{k.replace("__", "."): v for k, v in keys.items()}})


def stopping_at(k):
    """Return what interrupts a run when k slots are done."""

    def on_slot(done, _total):
        if done == k:
            raise KeyboardInterrupt

    return on_slot


def interrupted(scenario, folder, at):
    with pytest.raises(KeyboardInterrupt):
        ecumene.simulate(scenario, on_slot=stopping_at(at), folder=folder)
    assert read_head(folder / CHECKPOINT).n_done == at


def assert_same(results, expected):
    """All tables and the summary, types and bits; only the clock may differ."""
    for name, table in expected.tables.items():
        for column, values in table.items():
            found = results.tables[name][column]
            assert found.dtype == values.dtype, (name, column)
            np.testing.assert_array_equal(found, values, err_msg=f"{name}.{column}")
    told = [{k: v for k, v in r.summary.items() if k != "seconds"} for r in (results, expected)]
    assert store.json_text(told[0]) == store.json_text(told[1])
    for name, values in vars(expected.frames).items():
        np.testing.assert_array_equal(getattr(results.frames, name), values, err_msg=name)


FAULTS = (
    {"kind": "blackout", "countries": ["XA"], "after_s": 30, "lasts_s": 30},
    {"kind": "isls", "after_s": 15, "lasts_s": 15},
    {"kind": "satellites", "share": 0.3, "after_s": 45},
    {"kind": "controller", "after_s": 60, "lasts_s": 15},
    {"kind": "jamming", "attach_share": 0.5, "region": {"lat_deg": 23.5, "lon_deg": 19.2, "radius_km": 900}},
    {"kind": "licence", "status": "granted", "countries": ["XB"], "after_s": 45},
)

SEVERAL = {
    "as it is": ({}, ()),
    "faults": ({}, FAULTS),
    "pairs, one path": ({"pairs.all": True, "network.paths": "one", "isl.cross_shell": True}, ()),
    "random": ({"scheduling.policy": "random", "latency.queueing": True}, ()),
}


@pytest.mark.parametrize("which", SEVERAL)
def test_a_toy_interrupted_after_every_slot(tmp_path, which):
    keys, faults = SEVERAL[which]
    scenario = ecumene.load("toy", overrides={**SLOTS, **keys}, faults=faults)
    for k in range(1, 7):
        interrupted(scenario, tmp_path, k)
    results = ecumene.simulate(scenario, folder=tmp_path)
    assert_same(results, ecumene.simulate(scenario))
    results.write(tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_the_planet_with_faults_and_pairs(tmp_path):
    faults = [
        {"kind": "blackout", "countries": ["UA"], "after_s": 15, "lasts_s": 30},
        {"kind": "satellites", "share": 0.1, "after_s": 30},
    ]
    keys = {"resolution": 3, "slots": 4, "pairs.pair": [{"from": "London", "to": "New York"}]}
    world = build(ecumene.load("starlink-gen1", overrides=keys, faults=faults))
    with pytest.raises(KeyboardInterrupt):
        run(world, on_slot=stopping_at(2), folder=tmp_path)
    assert_same(run(world, folder=tmp_path), run(world))


def with_arrays(slots=20):
    return toy(slots=slots, output__arrays=list(ARRAYS))


def store_of(folder):
    """Return the files of the store of per-slot arrays, by path and content."""
    root = folder / arrays.STORE
    return {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_per_slot_arrays_go_on_where_they_stood(tmp_path):
    """Before the first block of 16 slots is written, and after it."""
    scenario = with_arrays()
    for at in (5, 18):
        interrupted(scenario, tmp_path / "a", at)
    for name in "ab":
        ecumene.simulate(scenario, folder=tmp_path / name).write(tmp_path / name)
    assert store_of(tmp_path / "a") == store_of(tmp_path / "b") != {}


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_arrays_that_were_touched_are_refused(tmp_path, change):
    interrupted(with_arrays(), tmp_path, 18)
    change(next((tmp_path / arrays.PARTIAL / "cause" / "c").rglob("0/0")))
    with pytest.raises(DamagedResultError, match=r"cause/c/0/0: is gone, or not as .* left it; add --force"):
        ecumene.simulate(with_arrays(), folder=tmp_path)
    told = []
    ecumene.simulate(
        with_arrays(), folder=tmp_path, force=True, on_slot=lambda done, _total: told.append(done)
    )
    assert told[0] == 0


KILLED = """
import os, signal, sys
import ecumene
from ecumene import course
from ecumene.results.schema import ARRAYS
from ecumene.simulation import run
from ecumene.world import build
course.EVERY_S, course.MOST_SHARE = 0.0, float("inf")
def kill(done, total):
    if done == 19:
        course.EVERY_S = 1e9
    if done == 22:
        os.kill(os.getpid(), signal.SIGKILL)
scenario = ecumene.load("toy", overrides={"slots": 40, "output.arrays": list(ARRAYS)})
ecumene.simulate(scenario, on_slot=kill, folder=sys.argv[1])
"""


def test_a_killed_run_loses_what_came_after_its_last_checkpoint_alone(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, env=environment)
    assert killed.returncode == -signal.SIGKILL
    told = []
    results = ecumene.simulate(
        with_arrays(40), folder=tmp_path, on_slot=lambda done, _total: told.append(done)
    )
    assert told == list(range(20, 41))
    results.write(tmp_path)
    whole = ecumene.simulate(with_arrays(40), folder=tmp_path / "b")
    whole.write(tmp_path / "b")
    assert_same(results, whole)
    assert store_of(tmp_path) == store_of(tmp_path / "b")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_interruption_inside_a_slot_keeps_those_before_it(tmp_path, monkeypatch):
    """A second Ctrl-C: what is done stays, what was half counted is computed again."""
    with broken_off_at(4, monkeypatch), pytest.raises(KeyboardInterrupt):
        ecumene.simulate(toy(), folder=tmp_path)
    assert read_head(tmp_path / CHECKPOINT).n_done == 4

    def half_counted(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(course.Ledger, "_record_gateways", half_counted)
        with pytest.raises(KeyboardInterrupt):
            ecumene.simulate(toy(), folder=tmp_path)
    assert read_head(tmp_path / CHECKPOINT).n_done == 4
    assert_same(ecumene.simulate(toy(), folder=tmp_path), ecumene.simulate(toy()))


def test_another_scenario_is_refused_with_what_differs(tmp_path):
    interrupted(toy(), tmp_path, 2)
    other = toy(slots=9, terminal__min_elevation_deg=30)
    told = (
        r"holds an unfinished run \(2 of 6 slots\) of 'toy' with other settings "
        r"\(slots, terminal.min_elevation_deg\); give another --out, or --force"
    )
    with pytest.raises(OutputError, match=told):
        ecumene.simulate(other, folder=tmp_path)
    with pytest.raises(OutputError, match=told):
        store.check_folder(tmp_path, other, force=False)
    with pytest.raises(OutputError, match=told):
        ecumene.simulate(other).write(tmp_path)
    assert read_head(tmp_path / CHECKPOINT).n_done == 2
    assert_same(ecumene.simulate(other, folder=tmp_path, force=True), ecumene.simulate(other))
    assert not (tmp_path / CHECKPOINT).exists()


def test_force_goes_on_with_the_same_scenario(tmp_path):
    interrupted(toy(), tmp_path, 4)
    told = []
    ecumene.simulate(toy(), folder=tmp_path, force=True, on_slot=lambda done, _total: told.append(done))
    assert told == [4, 5, 6]


def test_another_program_is_refused(tmp_path, monkeypatch):
    interrupted(toy(), tmp_path, 2)
    now = store.identity(toy())
    monkeypatch.setattr(store, "identity", lambda _scenario: {**now, "numpy": "0.9"})
    with pytest.raises(OutputError, match=r"what computes it has changed: numpy .*, now 0\.9; give another"):
        ecumene.simulate(toy(), folder=tmp_path)


def test_a_changed_input_file_is_refused(tmp_path):
    places = tmp_path / "places.csv"
    places.write_text("name,lat,lon\nHere,1,2\n")
    scenario = toy(places__file=str(places))
    interrupted(scenario, tmp_path / "o", 2)
    places.write_text("name,lat,lon\nHere,1,3\n")
    with pytest.raises(OutputError, match="of 'toy' with other files"):
        ecumene.simulate(scenario, folder=tmp_path / "o")


def test_a_full_disk_costs_a_checkpoint_and_not_the_run(tmp_path, monkeypatch, caplog):
    """The disk is full while the arrays are being written into the zip: half of the new checkpoint is there."""
    interrupted(toy(), tmp_path, 2)
    before = (tmp_path / CHECKPOINT).read_bytes()
    open_member = zipfile.ZipFile.open

    def full(archive, name, mode="r", *more, **options):
        if mode == "w" and name == "arrays.npy":
            raise OSError(errno.ENOSPC, "No space left on device")
        return open_member(archive, name, mode, *more, **options)

    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    monkeypatch.setattr(course, "EVERY_S", 0.0)
    monkeypatch.setattr(course, "MOST_SHARE", float("inf"))
    results = ecumene.simulate(toy(), folder=tmp_path)
    assert (
        caplog.text.count("checkpoint.npz: cannot be written: No space left on device; the run goes on") == 1
    )
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
    assert_same(results, ecumene.simulate(toy()))


def test_a_result_stays_whole_while_another_run_is_unfinished(tmp_path):
    ecumene.simulate(toy(slots=3)).write(tmp_path)
    interrupted(toy(slots=3), tmp_path, 2)
    assert ecumene.open(tmp_path).summary["slots"] == 3


def test_nothing_done_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        ecumene.simulate(with_arrays(), on_slot=stopping_at(0), folder=tmp_path / "o")
    assert list((tmp_path / "o").iterdir()) == []
