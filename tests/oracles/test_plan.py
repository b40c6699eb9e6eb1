"""The plan and its bounds against the exact optimum of small worlds, and the bound recomputed from prices alone.

The oracle is HiGHS (scipy.optimize.milp) on the plain mixed-integer programme: one satellite a cell, whole
units, ceilings in units and bit/s, the utility in its linear pieces, prices of handovers. It shares no code
with the solver.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import coo_matrix
from small_worlds import SmallWorld, small_world

from ecumene.scheduling.market import build_goal
from ecumene.scheduling.policies import POLICIES
from ecumene.scheduling.prices import bounds

if TYPE_CHECKING:
    from ecumene.scheduling.beams import Plan

SINGLE = 1e-5
"""Demand and rates are held in 32 bits."""

CHANGE, BREAKING, JOY = 0.02, 0.3, 0.01


def demand(world: SmallWorld) -> np.ndarray:
    return np.where(world.class_of_cell >= 0, world.wanted_bps, 0.0)


def pieces(fairness: float) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and widths of the utility, by its definition: ((2k + 1) / 16)^-alpha over its mean."""
    n = 8 if fairness > 0 else 1
    slope = (np.arange(n) * 2.0 + 1.0) ** -fairness
    return slope / slope.mean(), np.full(n, 1.0 / n)


def fixed_bps(world: SmallWorld, last: np.ndarray, c: int, s: int) -> float:
    """What the pair costs whatever flows."""
    want = demand(world)
    fee = min(want[c], want[want > 0].mean())
    price = CHANGE * (last[c] >= 0 and last[c] != s) + BREAKING * (not world.next_pairs[c, s])
    return float(fee * price - want[c] * JOY * world.sine(c, s))


def exact_optimum(world: SmallWorld, fairness: float, last: np.ndarray, *, free: bool = False) -> float:
    """Solve the mixed-integer programme; free: without prices of handovers and joy of elevation."""
    slope, width = pieces(fairness)
    want, k = demand(world), len(slope)
    pairs = [(c, s) for c, s in zip(*np.nonzero(world.pairs), strict=True) if want[c] > 0]
    if not pairs:
        return 0.0
    n = len(pairs)  # columns: is served (n), units (n), bits of each piece (n k)
    cost = np.zeros(2 * n + n * k)
    rows, cols, data, low, high = [], [], [], [], []

    def add(entries: dict[int, float], upper: float) -> None:
        for column, value in entries.items():
            rows.append(len(high))
            cols.append(column)
            data.append(value)
        low.append(-np.inf)
        high.append(upper)

    for p, (c, s) in enumerate(pairs):
        rate = world.unit_rate_bps(c, s) / 1e6
        cost[p] = 0.0 if free else fixed_bps(world, last, c, s) / 1e6
        cost[2 * n + p * k : 2 * n + (p + 1) * k] = -slope
        bits = {2 * n + p * k + i: 1.0 for i in range(k)}
        add({**bits, n + p: -rate}, 0.0)  # bits <= units x rate
        add({n + p: 1.0, p: -float(world.beams.units_per_cell)}, 0.0)  # units only where served
        for i in range(k):
            add({2 * n + p * k + i: 1.0, p: -want[c] / 1e6 * width[i]}, 0.0)  # each piece of the demand
    for c in range(len(want)):
        of_cell = {p: 1.0 for p, pair in enumerate(pairs) if pair[0] == c}
        if of_cell:
            add(of_cell, 1.0)
    for s in range(len(world.r_sat_m)):
        of_sat = [p for p, pair in enumerate(pairs) if pair[1] == s]
        if of_sat:
            add({n + p: 1.0 for p in of_sat}, float(world.beams.units_per_satellite))
            add({2 * n + p * k + i: 1.0 for p in of_sat for i in range(k)}, world.beams.capacity_bps / 1e6)
    matrix = coo_matrix((data, (rows, cols)), shape=(len(high), len(cost)))
    found = milp(
        cost,
        constraints=LinearConstraint(matrix.tocsr(), low, high),
        integrality=np.r_[np.ones(2 * n), np.zeros(n * k)],
        bounds=(0, np.inf),
        options={"mip_rel_gap": 1e-7},
    )
    assert found.status == 0, found.message
    return -float(found.fun) * 1e6


def bound_by_hand(world: SmallWorld, fairness: float, last: np.ndarray, plan: Plan) -> tuple[float, float]:
    """The bounds from the plan's prices, cell by cell, satellite by satellite, number of units by number."""
    slope, width = pieces(fairness)
    want, unit_bps = demand(world), world.task().unit_bps
    total = world.beams.units_per_satellite * plan.prices.unit.sum() * unit_bps
    total += world.beams.capacity_bps * plan.prices.bit.sum()
    objective = plain = total
    for c in np.flatnonzero(want > 0):
        best = best_plain = 0.0
        for s in np.flatnonzero(world.pairs[c]):
            for units in range(world.beams.units_per_cell + 1):
                cap = min(units * world.unit_rate_bps(c, s), want[c])
                gain, begun = -plan.prices.unit[s] * units * unit_bps, 0.0
                for part_slope, part in zip(slope, width * want[c], strict=True):
                    bits = min(max(cap - begun, 0.0), part)
                    gain += max(part_slope - plan.prices.bit[s], 0.0) * bits
                    begun += part
                best_plain = max(best_plain, gain)
                best = max(best, gain - (fixed_bps(world, last, c, s) if units else 0.0))
        objective, plain = objective + best, plain + best_plain
    return objective, plain


def worlds(seed: int, load: float, fairness: float, capacity_bps: float) -> tuple[SmallWorld, Plan]:
    world = small_world(seed, n_cells=14, n_sats=9, n_bins=2, load=load, sees=0.4)
    world = replace(
        world,
        beams=replace(world.beams, capacity_bps=capacity_bps),
        goal=build_goal(fairness, change=CHANGE, breaking=BREAKING, joy=JOY),
    )
    return world, replace(
        world.plan(), sat_of_cell=np.random.default_rng(seed).integers(-1, 9, 14).astype(np.int32)
    )


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.3, 2.0]),
    st.sampled_from([0.0, 1.0, 4.0]),
    st.sampled_from([5e8, 1e10]),
    st.sampled_from(["fast", "certified"]),
    st.sampled_from(sorted(POLICIES)),
)
def test_plan_below_optimum_below_bound(
    seed: int, load: float, fairness: float, capacity_bps: float, effort: str, policy: str
) -> None:
    world, before = worlds(seed, load, fairness, capacity_bps)
    plan = world.plan(before, policy=policy, effort=effort)
    best = exact_optimum(world, fairness, before.sat_of_cell)
    most = exact_optimum(world, 0.0, before.sat_of_cell, free=True)
    slack = SINGLE * (1.0 + demand(world).sum())
    assert plan.objective_bps <= best + slack
    assert best <= plan.objective_bound_bps + slack
    assert plan.served_bps <= most + slack
    assert most <= plan.served_bound_bps + slack


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.3, 2.0]),
    st.sampled_from([0.0, 2.0]),
    st.sampled_from([5e8, 1e10]),
)
def test_the_bound_follows_from_the_prices_alone(
    seed: int, load: float, fairness: float, capacity_bps: float
) -> None:
    world, before = worlds(seed, load, fairness, capacity_bps)
    plan = world.plan(before)
    by_hand, plain_by_hand = bound_by_hand(world, fairness, before.sat_of_cell, plan)
    most = float(world.goal.slope[0]) * demand(world).sum()  # 0 by hand where nobody sees a satellite
    rounding = (1.0 + SINGLE) * SINGLE * most
    assert plan.objective_bound_bps == pytest.approx(by_hand, rel=1e-3, abs=rounding)
    assert plan.objective_bound_bps >= by_hand * (1 - 1e-9)  # rounded up, never down
    if fairness == 0.0:
        assert plan.served_bound_bps >= min(plain_by_hand, demand(world).sum()) * (1 - 1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
def test_any_prices_prove_a_bound(seed: int, scale: float) -> None:
    world, before = worlds(seed, 1.0, 0.0, 5e8)
    task = world.task(before)
    rng = np.random.default_rng(seed)
    prices = before.prices._replace(unit=scale * rng.random(9), bit=rng.random(9))
    best = exact_optimum(world, 0.0, before.sat_of_cell)
    assert best <= bounds(task, task.goal, prices)[0] * task.unit_bps * (1 + SINGLE) + 1.0


def test_the_objective_is_what_it_says() -> None:
    world, before = worlds(3, 1.0, 2.0, 1e10)
    plan = world.plan(before)
    slope, width = pieces(2.0)
    total = 0.0
    for c in np.flatnonzero(plan.sat_of_cell >= 0):
        edges = np.r_[0.0, np.cumsum(width)] * world.wanted_bps[c]
        total += (np.diff(np.minimum(plan.planned_bps[c], edges)) * slope).sum()
        total -= fixed_bps(world, before.sat_of_cell, c, plan.sat_of_cell[c])
    assert plan.objective_bps == pytest.approx(total, rel=1e-5)


def test_the_plain_bound_is_the_general_one() -> None:
    """With one piece of utility and no tolls a shorter kernel computes the bound; a toll of nothing avoids it."""
    for seed in range(20):
        world, before = worlds(seed, 1.0, 0.0, 1e12)
        task = world.task(before)
        prices = before.prices._replace(unit=np.random.default_rng(seed).random(9), bit=np.zeros(9))
        general = bounds(task, task.goal, prices._replace(bit=np.full(9, 1e-30)))
        assert bounds(task, task.goal, prices) == pytest.approx(general, rel=1e-6)
