"""What a sample asks of satellites, against plain Python, and whom it stands for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import SmallWorld, small_world

from ecumene.kernels import in_pieces, njit
from ecumene.scheduling.market import Goal, Prices, Task, build_goal
from ecumene.scheduling.offers import loads_of_offers, offers_of
from ecumene.scheduling.sample import NEAR_M, SIDE, Sample, take_sample


def gain(bits: float, demand: float, goal: Goal) -> float:
    edges = np.concatenate([[0.0], goal.edge * demand])
    return sum(
        slope * max(min(bits, high) - low, 0.0)
        for slope, low, high in zip(goal.slope, edges[:-1], edges[1:], strict=True)
    )


def best_units(rate: float, demand: float, price: float, toll: float, task: Task) -> tuple[float, int, float]:
    """The most a cell gains on one satellite, by how many units and bits: all numbers of units are tried."""
    found = []
    for units in range(1, task.terms.units_of_cell + 1):
        bits = min(units * rate, max([0.0, *(task.goal.edge * demand)[task.goal.slope > toll]]))
        found.append((gain(bits, demand, task.goal) - price * units - toll * bits, -units, bits))
    profit, units, bits = max(found)
    return profit, -units, bits


def loads_by_hand(world: SmallWorld, sample: Sample, prices: Prices, warmth: float) -> np.ndarray:
    """Every cell shares its wish among satellites by (1 + (profit - best) / (8 warmth units))^8."""
    task, goal, best_bps = sample.task, sample.task.goal, world.channel_rate_bps.max()
    loads = np.zeros((2, len(prices.unit)))
    for c in np.flatnonzero(task.demand > 0):
        where = int(np.flatnonzero((world.r_cell_m == task.cells.r_m[c]).all(axis=1))[0])
        wishes = []
        for s in np.flatnonzero(world.pairs[where]):
            rate = world.unit_rate_bps(where, s) * world.beams.shares_per_channel / best_bps
            profit, units, bits = best_units(rate, task.demand[c], prices.unit[s], prices.bit[s], task)
            fee = 0.0 if world.next_pairs[where, s] else float(goal.breaking)
            fixed = fee * min(task.demand[c], task.terms.mean_demand)
            fixed -= task.demand[c] * goal.joy * world.sine(where, s)
            wishes.append((profit - fixed, units, bits, s))
        best = max([(0.0, 0), *((profit, units) for profit, units, _, _ in wishes)])
        scale = 8.0 * warmth * max(best[1], 1)
        weights = [max(1.0 + (profit - best[0]) / scale, 0.0) ** 8 for profit, *_ in wishes]
        total = sum(weights) + max(1.0 - best[0] / scale, 0.0) ** 8
        for weight, (_, units, bits, s) in zip(weights, wishes, strict=True):
            loads[:, s] += sample.stands_for[c] * weight / total * np.array([units, bits])
    return loads


def random_prices(rng: np.random.Generator, n: int) -> Prices:
    return Prices(rng.uniform(0.0, 0.8, n), rng.choice([0.0, 0.3], n))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0]), st.sampled_from([0.01, 0.1]))
def test_loads_are_those_of_plain_python(seed: int, fairness: float, warmth: float) -> None:
    world = small_world(seed, load=2.0)
    goal = build_goal(fairness, change=0.01, breaking=0.3, joy=0.001)
    sample = take_sample(replace(world.task(), goal=goal), np.ceil(world.task().demand))
    prices = random_prices(np.random.default_rng(seed), len(world.r_sat_m))
    loads = loads_of_offers(offers_of(sample, goal), goal, sample.task.terms, prices, warmth)
    np.testing.assert_allclose(loads, loads_by_hand(world, sample, prices, warmth), rtol=2e-3, atol=2e-3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(10, 60))
def test_a_sample_stands_for_all(seed: int, n_cells: int) -> None:
    """What a bin asks for is what its sample stands for; the largest cells are in it."""
    world = small_world(seed, n_cells=n_cells, n_bins=1, load=3.0)
    task = world.task()
    size = np.minimum(np.ceil(task.demand), task.terms.units_of_cell)
    sample = take_sample(task, size)
    chosen = np.array(
        [int(np.flatnonzero((world.r_cell_m == r).all(axis=1))[0]) for r in sample.task.cells.r_m], int
    )
    assert len(chosen) <= SIDE
    assert (np.diff(chosen) > 0).all()
    assert (size[chosen] > 0).all()
    assert set(np.flatnonzero(size >= max(size.sum() / SIDE, 1e-9))) <= set(chosen)
    step = size.sum() / SIDE if np.count_nonzero(size) > SIDE else 0.0
    np.testing.assert_allclose(sample.stands_for, np.maximum(step / size[chosen], 1.0), rtol=1e-5)
    small, n_large = size < step, int((size >= step).sum())
    assert abs(float(small[chosen].sum()) * step - size[small].sum()) <= step * (1 + n_large)


def groups_by_hand(middle_m: np.ndarray, count: np.ndarray) -> list[int]:
    """The first bin of each group, bins without cells left out."""
    first = [b for b in range(len(count)) if count[b]][:1]
    for b in range(len(count)):
        if count[b] and np.linalg.norm(middle_m[b] - middle_m[first[-1]]) > NEAR_M:
            first.append(b)
    return first


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0.0, 4e5))
def test_groups_are_bins_near_each_other(seed: int, n_bins: int, apart_m: float) -> None:
    world = small_world(seed, n_cells=60, n_bins=n_bins, load=3.0)
    task, shift = world.task(), np.array([0.0, 0.0, apart_m])
    cells = task.cells
    cells = cells._replace(middle_m=cells.middle_m + np.arange(n_bins)[:, None] * shift)
    size = np.minimum(np.ceil(task.demand), task.terms.units_of_cell)
    sample = take_sample(replace(task, cells=cells), size)
    first = groups_by_hand(cells.middle_m, np.diff(cells.first_of_bin))
    of_group = np.diff(sample.first_of_group)
    assert len(of_group) == len(first)
    assert sample.first_of_group[-1] == len(sample.stands_for)
    assert (of_group <= SIDE).all()
    group = np.searchsorted(first, sample.task.cells.bin, side="right") - 1
    np.testing.assert_array_equal(group, np.repeat(np.arange(len(first)), of_group))
    asking = np.add.reduceat(size > 0.0, cells.first_of_bin[first])
    assert ((of_group > 0) == (asking > 0)).all()
    few = asking <= SIDE
    np.testing.assert_array_equal(of_group[few], asking[few])
    np.testing.assert_array_equal(
        np.diff(sample.task.cells.first_of_bin), np.bincount(sample.task.cells.bin, minlength=n_bins)
    )


def test_nobody_is_no_sample() -> None:
    """Where nobody asks for anything there are no offers, and nothing is asked of satellites."""
    world = small_world(0, n_cells=30, n_bins=6)
    task = replace(world.task(), demand=np.zeros(30, np.float32))
    sample = take_sample(task, task.demand)
    prices = random_prices(np.random.default_rng(0), len(world.r_sat_m))
    loads = loads_of_offers(offers_of(sample, task.goal), task.goal, task.terms, prices, 0.05)
    assert len(sample.stands_for) == 0
    assert not loads.any()


@njit(nogil=True)
def _sum(begin, end, values):
    return values[begin:end].sum()


@pytest.mark.parametrize("n", [0, 1, 5, 8, 1_000])
def test_pieces_cover_a_range_once(n: int) -> None:
    assert sum(in_pieces(_sum, n, np.arange(n, dtype=float))) == n * (n - 1) / 2
