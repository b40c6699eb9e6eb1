"""The plan keeps every budget, keeps satellites, looks ahead, and never beats its own bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from small_worlds import SmallWorld, small_world

SEEDS = st.integers(0, 10_000)


def asking(world: SmallWorld) -> np.ndarray:
    return (world.class_of_cell >= 0) & (world.wanted_bps > 0)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([0.1, 1.0, 5.0]))
def test_a_plan_keeps_every_budget(seed: int, load: float) -> None:
    world = small_world(seed, load=load)
    plan = world.plan()
    for c, s in enumerate(plan.sat_of_cell):
        if s < 0:
            assert plan.planned_bps[c] == plan.units_of_cell[c] == 0
            continue
        assert asking(world)[c]
        assert world.pairs[c, s]
        assert 1 <= plan.units_of_cell[c] <= world.beams.units_per_cell
        lit_bps = plan.units_of_cell[c] * world.unit_rate_bps(c, s)
        assert plan.planned_bps[c] <= min(lit_bps, world.wanted_bps[c]) * (1 + 1e-12)
    for s in range(len(world.r_sat_m)):
        of_sat = plan.sat_of_cell == s
        assert plan.units_of_cell[of_sat].sum() <= world.beams.units_per_satellite
        assert plan.planned_bps[of_sat].sum() <= world.beams.capacity_bps * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_no_cell_is_dark_beside_a_satellite_with_room(seed: int) -> None:
    world = small_world(seed)
    plan = world.plan()
    dark = asking(world) & (plan.sat_of_cell < 0)
    assert not (world.pairs[dark] & ~plan.is_full[None, :]).any()


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([0.3, 2.0]))
def test_plan_below_linear_optimum_below_bound(seed: int, load: float) -> None:
    """The LP may split cells over satellites and shares into fractions, so it bounds every plan from above."""
    world = small_world(seed, n_cells=14, n_sats=9, n_bins=2, load=load)
    plan = world.plan()
    cell, sat = np.nonzero(world.pairs & asking(world)[:, None])
    if len(cell) == 0:
        assert plan.served_bps == 0
        return
    rate = np.array([world.unit_rate_bps(c, s) for c, s in zip(cell, sat, strict=True)])
    rows, limits = [], []
    for s in range(9):
        rows += [np.where(sat == s, 1 / rate, 0), np.where(sat == s, 1.0, 0)]
        limits += [world.beams.units_per_satellite, world.beams.capacity_bps]
    for c in range(14):
        rows += [np.where(cell == c, 1 / rate, 0), np.where(cell == c, 1.0, 0)]
        limits += [world.beams.units_per_cell, world.wanted_bps[c]]
    best = linprog(-np.ones(len(cell)), A_ub=np.array(rows), b_ub=np.array(limits), method="highs")
    assert plan.served_bps <= -best.fun * (1 + 1e-9)
    assert -best.fun <= plan.upper_bound_bps * (1 + 1e-9)


def test_a_cell_keeps_its_satellite_while_it_can() -> None:
    world = small_world(7, load=0.05)
    first = world.plan()
    again = world.plan(before=first.sat_of_cell)
    assert np.array_equal(first.sat_of_cell, again.sat_of_cell)
    assert again.n_handovers == again.n_forced == 0
    assert again.n_kept == (first.sat_of_cell >= 0).sum()


def test_a_pair_that_falls_apart_is_a_forced_handover() -> None:
    world = small_world(7, load=0.05)
    first = world.plan()
    c = int(np.flatnonzero((first.sat_of_cell >= 0) & (world.pairs.sum(axis=1) > 1))[0])
    lost = first.sat_of_cell.copy()
    lost[c] = int(np.flatnonzero(~world.pairs[c])[0])
    plan = world.plan(before=lost)
    assert plan.n_forced == plan.n_handovers == 1
    assert plan.sat_of_cell[c] != lost[c]


@pytest.mark.parametrize("seed", range(5))
def test_pairs_that_last_come_first(seed: int) -> None:
    world = small_world(seed, n_cells=200, load=0.01)
    world = replace(
        world, beams=replace(world.beams, units_per_satellite=500)
    )  # room, so nothing else decides
    plan = world.plan()
    lasts = world.pairs & world.next_pairs
    choice = (plan.sat_of_cell >= 0) & lasts.any(axis=1)
    assert choice.sum() > 3
    assert lasts[choice, plan.sat_of_cell[choice]].all()


def test_the_order_of_satellites_in_a_mask_of_two_words_is_read_right() -> None:
    world = small_world(3, n_cells=60, n_sats=130, load=0.01)
    plan = world.plan()
    served = plan.sat_of_cell >= 0
    assert np.array_equal(served, asking(world) & world.pairs.any(axis=1))
    assert plan.served_bps == pytest.approx(world.wanted_bps[served].sum())


def test_nobody_to_serve_is_no_error() -> None:
    world = small_world(1)
    nobody = replace(world, class_of_cell=np.full(30, -1, np.int32))
    plan = nobody.plan()
    assert (plan.sat_of_cell == -1).all()
    assert plan.upper_bound_bps == 0
