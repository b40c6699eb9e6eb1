"""Positions kept in steps give every instant between, and rows are kept in the slots said."""

from dataclasses import replace

import numpy as np
import pytest

import ecumene
from ecumene.network.service import PARTLY, SERVED
from ecumene.orbits.propagation import propagate
from ecumene.results.frames import MOST_STEPS, STEP_S, key_slots, step_times_s
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
