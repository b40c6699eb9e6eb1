"""Positions kept in steps give every instant between, and rows are kept in the slots said."""

from dataclasses import replace

import h3.api.basic_int as h3
import numpy as np
import pytest

import ecumene
from ecumene.errors import DamagedResultError
from ecumene.network.service import PARTLY, SERVED
from ecumene.orbits.propagation import propagate
from ecumene.results.frames import (
    MOST_STEPS,
    SHAPES,
    STEP_S,
    frames_bytes,
    key_slots,
    read_frames,
    step_times_s,
)
from ecumene.world import build


@pytest.fixture(scope="module")
def run():
    scenario = ecumene.load("toy", overrides={"slots": 40})
    return build(scenario), ecumene.simulate(scenario)


def cubic(frames, t_s):
    """Return positions at an instant: Lagrange through four steps, as web/src/sky.js does."""
    k = int(np.clip(np.floor((t_s - frames.t_s[0]) / STEP_S), 1, len(frames.t_s) - 3))
    near = range(k - 1, k + 3)
    total = 0.0
    for i in near:
        weight = np.prod([(t_s - frames.t_s[j]) / (frames.t_s[i] - frames.t_s[j]) for j in near if j != i])
        total = total + weight * frames.r_sat_m[i].astype(np.float64)
    return total


def test_every_instant_is_within_200_m(run):
    world, results = run
    for t_s in np.linspace(0.0, results.frames.shown_s, 23):
        wanted = propagate(world.fleet, float(t_s)).r_ecef_m
        assert np.linalg.norm(cubic(results.frames, t_s) - wanted, axis=1).max() < 200.0


def test_as_the_page_rounds_positions_it_is_400_m(run):
    world, results = run
    frames = results.frames
    step_m = np.abs(frames.r_sat_m).max() / 32_000.0  # views/globe.py
    rounded = replace(frames, r_sat_m=np.round(frames.r_sat_m / step_m) * step_m)
    for t_s in np.linspace(0.0, frames.shown_s, 23):
        wanted = propagate(world.fleet, float(t_s)).r_ecef_m
        assert np.linalg.norm(cubic(rounded, t_s) - wanted, axis=1).max() < 400.0


def test_steps_cover_what_is_shown():
    for length_s in (15.0, 150.0, 151.0, 3_600.0, 1e6):
        t_s, shown_s = step_times_s(length_s)
        assert shown_s == min(length_s, MOST_STEPS * STEP_S)
        assert t_s[0] == -STEP_S
        assert shown_s + STEP_S <= t_s[-1] < shown_s + 2.0 * STEP_S + 1e-9


def test_rows_are_kept_in_first_last_and_some_between(run):
    _, results = run
    frames = results.frames
    assert frames.slot.tolist() == key_slots(40).tolist() == [0, 10, 20, 29, 39]
    assert frames.cause.shape == frames.sat.shape == (5, len(results.rows()["cell"]))
    is_served = (frames.cause == SERVED) | (frames.cause == PARTLY)
    assert (frames.sat[~is_served] == -1).all()
    assert (frames.sat[is_served] >= 0).any()
    people = results.rows()["people"]
    for k, slot in enumerate(frames.slot):
        told = results.slots()["people_served"][slot]
        assert people[is_served[k]].sum() == pytest.approx(told)
    assert key_slots(1).tolist() == [0]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Return a run in Ukraine with places in cells' centres, while satellites break and a jammer works."""
    cells = [
        h3.latlng_to_cell(lat, lon, 4) for lat, lon in ((49, 31), (50.4, 30.5), (48.0, 37.8), (46.5, 30.7))
    ]
    file = tmp_path_factory.mktemp("frames") / "places.csv"
    lines = [f"{cell},{lat!r},{lon!r}" for cell in cells for lat, lon in [h3.cell_to_latlng(cell)]]
    file.write_text("\n".join(["name,lat,lon", *lines]))
    faults = [
        {"kind": "satellites", "share": 0.3, "after_s": 0.0},
        {
            "kind": "jamming",
            "region": {"lat_deg": 50.4, "lon_deg": 30.5, "radius_km": 100.0},
            "j_over_n_db": 40.0,
            "after_s": 15.0,
        },
    ]
    overrides = {"slots": 3, "resolution": 4, "places.file": str(file)}
    return ecumene.simulate(ecumene.load("ukraine-2022", overrides=overrides, faults=faults))


def test_a_cell_sees_what_a_place_in_its_centre_sees(broken):
    places, frames = broken.places(), broken.frames
    row_of = {int(cell): r for r, cell in enumerate(broken.rows()["cell"])}
    names, gateways = broken.satellites()["satellite"], broken.gateways()["gateway"]
    n_same = 0
    for line in range(len(places["slot"])):
        key, row = int(places["slot"][line]), row_of[int(places["place"][line])]
        for name in ("n_visible", "n_clear", "n_usable"):
            assert getattr(frames, name)[key, row] == places[name][line], (name, key, row)
        sat = frames.sat[key, row]
        if sat >= 0 and names[sat] == places["satellite"][line]:
            n_same += 1
            assert gateways[frames.gateway[key, row]] == places["gateway"][line]
            assert frames.pops[frames.pop[key, row]] == places["pop"][line]
    assert n_same >= 3
    assert (frames.n_visible > frames.n_clear).any()
    assert (frames.n_clear > frames.n_usable).any()


def test_a_row_without_a_satellite_has_no_way_home(broken):
    frames = broken.frames
    np.testing.assert_array_equal(frames.sat >= 0, frames.gateway >= 0)
    np.testing.assert_array_equal(frames.sat >= 0, frames.pop >= 0)


def test_causes_of_all_slots_are_those_of_the_countries(broken):
    share = broken.frames.slots_of_cause / broken.summary["slots"]
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    people = broken.rows()["people"]
    for k, cause in enumerate(ecumene.results.schema.CAUSES):
        told = broken.countries()[f"share_{cause}"][0]
        assert (people * share[:, k]).sum() / people.sum() == pytest.approx(told, abs=1e-9), cause


def test_the_law_of_a_row_is_what_why_says_there(broken):
    rows, frames = broken.rows(), broken.frames
    for lat, lon in ((49.0, 31.0), (48.0, 38.5)):  # under licence, and in a denied zone
        said = ecumene.why(broken.scenario, f"{lat},{lon}").licence
        row = rows["cell"].tolist().index(h3.latlng_to_cell(lat, lon, 4))
        ruling = frames.rulings[frames.ruling_of_row[row]]
        assert vars(ruling).items() <= vars(said).items()
        assert ruling.source
    assert len(frames.rulings) == len(set(frames.rulings)) == 3


def test_frames_are_read_as_they_were_written(broken, tmp_path):
    frames, path = broken.frames, tmp_path / "frames.npz"
    path.write_bytes(frames_bytes(frames))
    sizes = {"n_rows": frames.cause.shape[1], "n_satellites": frames.r_sat_m.shape[1]}
    read = read_frames(path, **sizes)
    for name in SHAPES:
        assert getattr(read, name).dtype == getattr(frames, name).dtype, name
        np.testing.assert_array_equal(getattr(read, name), getattr(frames, name))
    assert (read.rulings, read.pops, read.shown_s) == (frames.rulings, frames.pops, frames.shown_s)
    assert frames_bytes(read) == path.read_bytes()


@pytest.mark.parametrize("n_left", [0, 9, -40])
def test_a_spoilt_file_is_refused(broken, tmp_path, n_left):
    frames, path = broken.frames, tmp_path / "frames.npz"
    path.write_bytes(frames_bytes(frames)[:n_left])
    with pytest.raises(DamagedResultError, match=r"frames\.npz: cannot be read"):
        read_frames(path, n_rows=frames.cause.shape[1], n_satellites=frames.r_sat_m.shape[1])


def test_frames_of_another_run_are_refused(broken, tmp_path):
    frames, path = broken.frames, tmp_path / "frames.npz"
    sizes = {"n_rows": frames.cause.shape[1], "n_satellites": frames.r_sat_m.shape[1]}
    path.write_bytes(frames_bytes(frames))
    with pytest.raises(DamagedResultError, match="cause has the shape"):
        read_frames(path, n_rows=sizes["n_rows"] + 1, n_satellites=sizes["n_satellites"])
    path.write_bytes(frames_bytes(replace(frames, sat=frames.sat[:, :-1])))
    with pytest.raises(DamagedResultError, match="sat has the shape"):
        read_frames(path, **sizes)
