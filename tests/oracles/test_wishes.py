"""What cells wish at given prices and what each gets of a satellite: against trying all there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import SmallWorld, small_world

from ecumene.scheduling.fill import Lights, fill, no_lights
from ecumene.scheduling.flow import listings_of
from ecumene.scheduling.market import Prices, Task, build_goal
from ecumene.scheduling.optimum import cells_of_sats
from ecumene.scheduling.wishes import share_out, wish_of

SEEDS = st.integers(0, 10_000)


def worth_by_hand(bits: float, demand: float, fairness: float) -> float:
    n = 8 if fairness > 0 else 1
    slope = (2.0 * np.arange(n) + 1.0) ** -fairness
    low = np.arange(n) / n * demand
    return float((slope / slope.mean() * np.clip(bits - low, 0.0, demand / n)).sum())


def one_satellite(seed: int, fairness: float, units: int, capacity_bps: float, load: float) -> SmallWorld:
    """Eight cells that all see one satellite; nothing costs or pleases but bits."""
    world = small_world(seed, n_cells=8, n_sats=1, n_bins=1, sees=1.0)
    return replace(
        world,
        beams=replace(world.beams, units_per_satellite=units, units_per_cell=4, capacity_bps=capacity_bps),
        wanted_bps=np.random.default_rng(seed).exponential(load, 8) + 1e6,
        class_of_cell=np.zeros(8, np.int32),
        is_usable=np.ones((2, 1), np.bool_),
        goal=build_goal(fairness, change=0.0, breaking=0.0, joy=0.0),
    )


def shared(task: Task, price: float, toll: float) -> Lights:
    """Let the satellite share out what it has among all cells."""
    n_cells = len(task.demand)
    lights = no_lights(n_cells, 1, task.terms.units_of_sat, task.terms.bits_of_sat)
    order, first = cells_of_sats(np.zeros(n_cells, np.int32), 1)
    prices = Prices(np.array([price]), np.array([toll]))
    share_out(
        order, first, prices, task.before, task.cells, task.sight, task.goal, task.terms, task.demand, lights
    )
    return lights


def rates(world: SmallWorld, task: Task) -> np.ndarray:
    return np.array([world.unit_rate_bps(c, 0) for c in range(len(task.demand))]) / task.unit_bps


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0.01, 6.0),
    st.floats(0.05, 1.0),
    st.floats(0.0, 1.5),
    st.floats(0.0, 1.5),
    st.sampled_from([0.0, 1.0, 4.0]),
)
def test_a_wish_gains_most(demand: float, rate: float, price: float, toll: float, fairness: float) -> None:
    """All numbers of units from one, and all ends of pieces, are tried."""
    goal, terms = build_goal(fairness, change=0.0, breaking=0.0, joy=0.0), small_world(0).task().terms
    units, bits = wish_of(demand, rate, price, toll, goal, terms)
    assert 1 <= units <= terms.units_of_cell
    assert bits <= min(units * rate, demand) * (1 + 1e-6)

    def gain(u: int, y: float) -> float:
        return worth_by_hand(y, demand, fairness) - price * u - toll * y

    ends = np.arange(9) / 8 * demand
    best = max(
        gain(u, min(u * rate, end)) for u in range(1, terms.units_of_cell + 1) for end in [*ends, u * rate]
        if min(u * rate, end) <= demand
    )  # fmt: skip
    assert gain(units, bits) == pytest.approx(best, abs=2e-5 * max(1.0, demand))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 20), st.sampled_from([0.0, 1.0]))
def test_units_are_cut_where_they_are_worth_least(seed: int, units: int, fairness: float) -> None:
    """What cells have is worth as much as the best of all ways to share the units, found one cell after the other."""
    world = one_satellite(seed, fairness, units, 1e12, 3e8)
    task = world.task()
    rate, demand = rates(world, task), task.demand.astype(float)
    best = np.zeros(units + 1)  # by units spent
    for c in range(8):
        value = [worth_by_hand(min(u * rate[c], demand[c]), demand[c], fairness) for u in range(5)]
        best = np.array([max(best[k - u] + value[u] for u in range(min(k, 4) + 1)) for k in range(units + 1)])
    lights = shared(task, 0.0, 0.0)
    assert lights.units.sum() <= units
    assert lights.room[0] == units - lights.units.sum()
    total = sum(worth_by_hand(lights.bits[c], demand[c], fairness) for c in range(8))
    assert total == pytest.approx(best[-1], rel=1e-4)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(1e6, 4e9), st.sampled_from([0.0, 1.0, 4.0]))
def test_bits_are_cut_where_they_are_worth_least(seed: int, capacity_bps: float, fairness: float) -> None:
    """With units for all, the most valuable pieces of all demands are met first, as far as the ceiling goes."""
    world = one_satellite(seed, fairness, 100, capacity_bps, 2e8)
    task = world.task()
    demand, n = task.demand.astype(float), 8 if fairness > 0 else 1
    reach = np.minimum(4 * rates(world, task), demand)
    slope = (2.0 * np.arange(n) + 1.0) ** -fairness
    left, best = capacity_bps / task.unit_bps, 0.0
    for k in range(n):  # slopes fall, so the first pieces of all cells come first
        piece = np.clip(reach - k / n * demand, 0.0, demand / n).sum()
        best += slope[k] / slope.mean() * min(left, piece)
        left -= min(left, piece)
    lights = shared(task, 0.0, 0.0)
    assert lights.left[0] >= -1e-9
    assert lights.left[0] == pytest.approx(task.terms.bits_of_sat - lights.bits.sum())
    assert (lights.bits <= lights.units * rates(world, task) * (1 + 1e-5)).all()
    total = sum(worth_by_hand(lights.bits[c], demand[c], fairness) for c in range(8))
    assert total == pytest.approx(best, rel=1e-4)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.2), st.floats(0.0, 1.2))
def test_who_pays_gains_by_it(seed: int, fairness: float, price: float, toll: float) -> None:
    """What is left goes to nobody at a loss; without prices, to anybody until nothing is left or wanted."""
    world = one_satellite(seed, fairness, 8, 4e8, 2e8)
    task = world.task()
    demand, prices = task.demand.astype(float), Prices(np.array([price]), np.array([toll]))
    lights = no_lights(8, 1, task.terms.units_of_sat, task.terms.bits_of_sat)

    def ask(*, pays: bool) -> None:
        fill(
            np.arange(8), pays, np.full(8, np.inf, np.float32), prices, task.before, task.cells, task.sight,
            task.goal, task.terms, task.demand, lights, listings_of(task.sight.candidates, 1),
        )  # fmt: skip

    ask(pays=True)
    for c in np.flatnonzero(lights.sat >= 0):
        cost = price * lights.units[c] + toll * lights.bits[c]
        assert worth_by_hand(lights.bits[c], demand[c], fairness) >= cost - 1e-5
    ask(pays=False)
    is_empty = lights.room[0] == 0 or lights.left[0] <= 1e-9
    assert is_empty or (lights.sat >= 0).all()
    assert lights.units.sum() <= 8
    assert lights.bits.sum() <= task.terms.bits_of_sat * (1 + 1e-9)
