"""Policies: rules by which satellites are given to cells. One table, to which a researcher adds a line.

A policy is a function of a task that returns lights and prices. The simplest are made from a score of pairs:

    def low_satellites(pairs, task):
        return -pairs.sine

    POLICIES["lowest"] = by_score(low_satellites)

Then `scheduling.policy = "lowest"` plans by it, and the bound says how far from the best plan that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecumene.kernels import njit
from ecumene.scheduling.fill import light, no_lights
from ecumene.scheduling.market import lasts, lowest_bit, most_units, opens, rate_at, sine_of
from ecumene.scheduling.optimum import optimise
from ecumene.scheduling.prices import find_prices
from ecumene.scheduling.wishes import TINY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ecumene.scheduling.fill import Lights
    from ecumene.scheduling.market import Prices, Task
    from ecumene.scheduling.optimum import Effort

    Policy = Callable[[Task, Effort], tuple[Lights, Prices]]
    Score = Callable[["Pairs", Task], NDArray[np.floating]]

PAIRS_AT_ONCE = 2_000_000
"""Scores are computed in blocks, so that memory does not grow with the planet."""


class Pairs(NamedTuple):
    """Cells and satellites that may serve them."""

    cell: NDArray[np.int32]
    """(pair,)"""
    sat: NDArray[np.int32]
    """(pair,)"""
    sine: NDArray[np.float32]
    """(pair,) Of the elevation."""
    lasts: NDArray[np.bool_]
    """(pair,) The pair will stand in the next slot."""


def by_score(score: Score) -> Policy:
    """Return the policy by which each cell takes the satellite of the highest score that has room.

    Parameters
    ----------
    score
        Gives each of some pairs a number, from the pairs and the task; -inf forbids a pair.

    Returns
    -------
    policy
        Cells are served in order of demand, largest first; what a cell wants of its satellite it gets, as far
        as that has room.
    """

    def plan(task: Task, effort: Effort) -> tuple[Lights, Prices]:
        first = _first_pairs(task.cells, task.sight, task.demand)
        scores = np.empty(first[-1], np.float32)
        for start, pairs in _blocks(task, first):
            scores[start : start + len(pairs.cell)] = score(pairs, task)
        order = np.argsort(-task.demand, kind="stable")
        order = order[task.demand[order] > 0.0]
        terms = task.terms
        lights = no_lights(len(task.demand), len(task.sight.r_sat_m), terms.units_of_sat, terms.bits_of_sat)
        _take_best(order, first, scores, task.cells, task.sight, terms, task.demand, lights)
        prices, _ = find_prices(task, task.goal, steps=effort.steps, reach=effort.reach)
        return lights, prices

    return plan


def highest_elevation(pairs: Pairs, task: Task) -> NDArray[np.floating]:
    """Score the elevation."""
    del task
    return pairs.sine


def drawn(pairs: Pairs, task: Task) -> NDArray[np.floating]:
    """Score by lot, from the seed of the scenario and the slot."""
    return task.rng.random(len(pairs.cell), np.float32)


def visible_s(pairs: Pairs, task: Task) -> NDArray[np.floating]:
    """Score the time for which the satellite will stay above the lowest elevation, in seconds.

    On a sphere, along the satellite's present great circle over the turning Earth. The exclusion of the
    geostationary arc is foreseen for the next slot alone.
    """
    here, coming = task.sight.r_sat_m, task.next_r_sat_m
    axis = np.cross(here, coming)
    axis /= np.linalg.norm(axis, axis=1)[:, None]
    norms_m = np.linalg.norm(here, axis=1)
    turn_rad = np.arccos(
        np.clip((here * coming).sum(axis=1) / norms_m / np.linalg.norm(coming, axis=1), -1, 1)
    )
    site_m = np.linalg.norm(task.cells.r_m[pairs.cell], axis=1)
    site = task.cells.r_m[pairs.cell] / site_m[:, None]
    radius_m = norms_m[pairs.sat]
    mask_rad = task.min_elevation_rad
    reach_rad = np.arccos(np.clip(site_m * np.cos(mask_rad) / radius_m, -1, 1)) - mask_rad
    across = np.clip((site * axis[pairs.sat]).sum(axis=1), -1, 1)
    ahead = (site * np.cross(axis[pairs.sat], here[pairs.sat] / radius_m[:, None])).sum(axis=1)
    under = (site * here[pairs.sat]).sum(axis=1) / radius_m
    half_rad = np.arccos(np.clip(np.cos(reach_rad) / np.sqrt(np.maximum(1 - across**2, 1e-12)), -1, 1))
    left_rad = np.arctan2(ahead, under) + half_rad
    remaining: NDArray[np.floating] = left_rad / np.maximum(turn_rad[pairs.sat], 1e-12) * task.slot_s
    return np.where(pairs.lasts, remaining, 0.0)


def held(pairs: Pairs, task: Task) -> NDArray[np.floating]:
    """Score the satellite a cell has had, and forbid all others: what is left when no plan is made."""
    return np.where(pairs.sat == task.before[pairs.cell], 1.0, -np.inf)


POLICIES: dict[str, Policy] = {
    "optimum": optimise,
    "highest-elevation": by_score(highest_elevation),
    "longest-visible": by_score(visible_s),
    "random": by_score(drawn),
    "held": by_score(held),
}
"""By name, as in the scenario."""


@njit(cache=True, nogil=True)
def _first_pairs(cells, sight, demand):
    """Return where each cell's pairs begin."""
    first = np.zeros(len(demand) + 1, np.int64)
    for c in range(len(demand)):
        n = 0
        if demand[c] > 0.0:
            for w in range(sight.clear.shape[1]):
                word = opens(c, cells.bin[c], w, cells, sight)
                while word != np.uint64(0):
                    word &= word - np.uint64(1)
                    n += 1
        first[c + 1] = first[c] + n
    return first


@njit(cache=True, nogil=True)
def _list_pairs(start, stop, cells, sight, demand, cell, sat, sine, stands):
    n = 0
    for c in range(start, stop):
        if not demand[c] > 0.0:
            continue
        b = cells.bin[c]
        for w in range(sight.clear.shape[1]):
            word = opens(c, b, w, cells, sight)
            while word != np.uint64(0):
                j = 64 * w + lowest_bit(word)
                word &= word - np.uint64(1)
                cell[n], sat[n] = c, sight.candidates[b, j]
                sine[n] = sine_of(c, sat[n], cells, sight.r_sat_m)
                stands[n] = lasts(c, b, j, sight)
                n += 1


def _blocks(task: Task, first: NDArray[np.int64]) -> Iterator[tuple[int, Pairs]]:
    """Yield the pairs of some cells at a time, and where they begin."""
    start, n_cells = 0, len(task.demand)
    while start < n_cells:
        stop = max(int(np.searchsorted(first, first[start] + PAIRS_AT_ONCE, side="right")) - 1, start + 1)
        n = int(first[stop] - first[start])
        pairs = Pairs(
            np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n, np.bool_)
        )
        _list_pairs(start, stop, task.cells, task.sight, task.demand, *pairs)
        if n:
            yield int(first[start]), pairs
        start = stop


@njit(cache=True, nogil=True)
def _take_best(order, first, scores, cells, sight, terms, demand, lights):
    """Let each cell, in this order, take the satellite of the highest score that has room."""
    for c in order:
        b, i, best, best_s = cells.bin[c], first[c], -np.inf, -1
        for w in range(sight.clear.shape[1]):
            word = opens(c, b, w, cells, sight)
            while word != np.uint64(0):
                s = sight.candidates[b, 64 * w + lowest_bit(word)]
                word &= word - np.uint64(1)
                if lights.room[s] > 0 and lights.left[s] > TINY and scores[i] > best:
                    best, best_s = scores[i], s
                i += 1
        if best_s >= 0:
            rate = rate_at(c, sine_of(c, best_s, cells, sight.r_sat_m), cells, terms)
            light(c, best_s, most_units(demand[c], rate, terms), cells, sight, terms, demand, lights)
