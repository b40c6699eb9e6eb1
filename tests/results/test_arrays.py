"""Per-slot arrays: what a run keeps, read by xarray; runs that die, disks that fill, files that change."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import xarray

import ecumene
from ecumene.errors import DamagedResultError, InputError, NoResultError, OutputError, RangeError, RunError
from ecumene.results import arrays, store
from ecumene.results.schema import ARRAYS, CAUSES
from ecumene.scenario.schema import OutputKeys

SOURCE = Path(__file__).resolve().parents[2] / "src"


def toy(**settings):
    return ecumene.load("toy", overrides={"output.arrays": list(ARRAYS), **settings})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a run of the toy planet with all arrays, over more than one block."""
    folder = tmp_path_factory.mktemp("kept") / "toy"
    results = ecumene.simulate(toy(slots=arrays.BLOCK_SLOTS + 3), folder=folder)
    results.write(folder)
    return folder


@pytest.fixture(scope="module")
def opened(folder):
    return xarray.open_zarr(folder / arrays.STORE, consolidated=False)


def test_the_key_names_what_there_is():
    kind = get_args(OutputKeys.model_fields["arrays"].annotation)[0]
    assert set(get_args(kind)) == set(ARRAYS)


def test_arrays_say_what_the_tables_say(folder, opened):
    """Every mean, median and share of the tables follows from the arrays."""
    results = ecumene.open(folder)
    rows, slots, n = results.rows(), results.slots(), len(opened.time)
    assert n == len(slots["slot"]) == arrays.BLOCK_SLOTS + 3
    np.testing.assert_allclose(opened.is_available.mean("time"), rows["availability"], atol=1e-6)
    is_served = opened.cause.values >= CAUSES.index("partly")
    np.testing.assert_allclose(is_served.mean(axis=0), rows["served"], atol=1e-6)
    for cause in CAUSES:
        people = (opened.cause.values == CAUSES.index(cause)) @ rows["people"]
        np.testing.assert_allclose(people, slots[f"cause_{cause}"], rtol=1e-9)
    half_step_gbps = 0.5e-6 * len(rows["cell"])
    np.testing.assert_allclose(
        opened.carried_mbps.sum("row") / 1e3, slots["carried_gbps"], atol=half_step_gbps
    )
    assert np.array_equal(np.isfinite(opened.rtt_ms.values), is_served)
    assert np.array_equal(opened.sat.values >= 0, is_served)
    assert np.array_equal(opened.gateway.values >= 0, is_served)
    median_ms = np.median(opened.rtt_ms.values[:, rows["served"] == 1.0], axis=0)
    np.testing.assert_allclose(median_ms, rows["rtt_ms_p50"][rows["served"] == 1.0], rtol=0.02)


def test_coordinates_and_attributes(folder, opened):
    rows = ecumene.open(folder).rows()
    assert np.array_equal(opened.cell.values, rows["cell"])
    assert np.array_equal(opened.lat.values, rows["lat_deg"])
    codes = opened.country.attrs["flag_meanings"].split()
    assert [codes[k] for k in opened.country.values] == rows["country"].tolist()
    assert str(opened.time.values[1]) == "2026-03-24T12:00:27.000000000"
    assert opened.cause.attrs["flag_meanings"].split() == list(CAUSES)
    assert opened.cause.attrs["flag_values"] == list(range(len(CAUSES)))
    for name, variable in ARRAYS.items():
        assert opened[name].attrs["long_name"] == variable.meaning
        assert opened[name].attrs.get("units", "") == variable.unit
        assert opened[name].dims == ("time", "row")


def test_a_changed_or_missing_block_is_refused(tmp_path):
    ecumene.simulate(toy(), folder=tmp_path).write(tmp_path)
    block = next(path for path in (tmp_path / arrays.STORE / "cause" / "c").rglob("*") if path.is_file())
    whole = block.read_bytes()
    block.write_bytes(whole[:-1])
    with pytest.raises(DamagedResultError, match="cause/c/0/0: has changed"):
        ecumene.open(tmp_path)
    block.unlink()
    with pytest.raises(DamagedResultError, match="cause/c/0/0: is missing"):
        ecumene.open(tmp_path)
    block.write_bytes(whole)
    assert ecumene.open(tmp_path).arrays == tmp_path / arrays.STORE


def test_arrays_go_with_the_result_and_leave_with_it(tmp_path, folder):
    ecumene.open(folder).write(tmp_path / "copy")
    copied, first = ecumene.open(tmp_path / "copy"), ecumene.open(folder)
    assert copied.arrays is not None
    copied.write(tmp_path / "copy")
    assert ecumene.open(tmp_path / "copy").arrays == copied.arrays
    assert xarray.open_zarr(copied.arrays, consolidated=False).equals(
        xarray.open_zarr(first.arrays, consolidated=False)
    )
    ecumene.simulate(ecumene.load("toy")).write(tmp_path / "copy", force=True)
    assert ecumene.open(tmp_path / "copy").arrays is None
    assert not (tmp_path / "copy" / arrays.STORE).exists()


def test_arrays_that_were_moved_away_are_said(tmp_path):
    results = ecumene.simulate(toy(), folder=tmp_path / "a")
    assert "cause" in results.to_xarray()
    results.write(tmp_path / "a")
    assert results.arrays == tmp_path / "a" / arrays.STORE
    assert "cause" in results.to_xarray()
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(InputError, match="the per-slot arrays are gone"):
        results.to_xarray()


def test_a_folder_with_other_things_is_refused_before_anything_is_computed(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    done = []
    with pytest.raises(OutputError, match="holds other files and no result"):
        ecumene.simulate(toy(), folder=tmp_path, on_slot=lambda k, _total: done.append(k))
    assert done == []
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_later_run_without_arrays_clears_what_a_killed_one_left(tmp_path):
    (tmp_path / arrays.PARTIAL).mkdir()
    ecumene.simulate(ecumene.load("toy")).write(tmp_path)
    assert not (tmp_path / arrays.PARTIAL).exists()


def test_without_a_folder_nothing_is_kept_and_the_summary_says_so():
    results = ecumene.simulate(toy())
    assert results.arrays is None
    assert any("Per-slot arrays were asked for and not kept" in note for note in results.summary["notes"])


def test_a_killed_run_leaves_no_result_and_no_obstacle(tmp_path):
    """SIGKILL in the middle of the slots: the half-written store is no result, and the next run clears it."""
    script = f"""
import os, signal, ecumene
from ecumene.results.schema import ARRAYS
scenario = ecumene.load("toy", overrides={{"slots": 40, "output.arrays": list(ARRAYS)}})
def kill(done, total):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)
ecumene.simulate(scenario, on_slot=kill, folder={str(tmp_path)!r})
"""
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [tmp_path / arrays.PARTIAL]
    with pytest.raises(NoResultError, match="a run that never finished"):
        ecumene.open(tmp_path)
    store.check_folder(tmp_path, toy(), force=False)
    ecumene.simulate(toy(), folder=tmp_path).write(tmp_path)
    assert ecumene.open(tmp_path).arrays is not None
    assert not (tmp_path / arrays.PARTIAL).exists()


def test_a_run_that_fails_leaves_the_result_before_it_whole(tmp_path):
    ecumene.simulate(toy(), folder=tmp_path).write(tmp_path)

    def stop(done, total):
        if done == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ecumene.simulate(toy(), on_slot=stop, folder=tmp_path)
    assert ecumene.open(tmp_path).arrays is not None
    assert not (tmp_path / arrays.PARTIAL).exists()


def test_a_full_disk_is_said(tmp_path):
    class Full:
        def __setitem__(self, place, values):
            raise OSError(errno.ENOSPC, "No space left on device")

    table = {
        "cell": np.array([1], np.uint64),
        "country": np.array(["XA"], dtype=object),
        "lat_deg": np.zeros(1),
        "lon_deg": np.zeros(1),
    }
    open_store = arrays.open_arrays(
        tmp_path, ["cause"], table, start_utc="2026-03-24T12:00:12Z", slot_s=15.0, n_slots=2
    )
    open_store.group = {"cause": Full()}
    open_store.record({"cause": np.array([1])})
    with pytest.raises(RunError, match="the disk is full; free the folder"):
        open_store.close()
    open_store.discard()
    assert not (tmp_path / arrays.PARTIAL).exists()


def test_numbers_that_do_not_fit_are_refused_not_cut():
    rtt = ARRAYS["rtt_ms"]
    stored = arrays.packed(rtt, np.array([53.61, np.nan, 0.0]))
    assert stored.tolist() == [1072, 65535, 0]
    with pytest.raises(RangeError, match="array rtt_ms: holds 0 to 3,277 ms, got 3,400"):
        arrays.packed(rtt, np.array([3_400.0]))
    with pytest.raises(RangeError, match="array mbps"):
        arrays.packed(ARRAYS["mbps"], np.array([np.nan]))
