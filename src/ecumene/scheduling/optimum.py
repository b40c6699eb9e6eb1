"""The solver: a plan near the best there is, from prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecumene.kernels import in_pieces
from ecumene.scheduling.exchange import Exchange
from ecumene.scheduling.fill import drop_losses, fill, light_all, no_lights
from ecumene.scheduling.prices import find_cuts, find_prices, prices_of_cut, units_to_plan
from ecumene.scheduling.scan import good_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.fill import Lights
    from ecumene.scheduling.market import Prices, Task

SLACK, WIDE_SLACK = 0.01, 0.03
"""A pair is good if a unit on it gains within this of the best, and tolerable within that (design/prices.py)."""


class Effort(NamedTuple):
    """How hard to look."""

    steps: int
    """Smooth steps of the prices."""
    reach: int
    """Moves at most from a cell to room."""


EFFORTS = {"fast": Effort(8, 8), "certified": Effort(24, 12), "thorough": Effort(60, 24)}
"""By name, as in the scenario."""


def optimise(task: Task, effort: Effort) -> tuple[Lights, Prices]:
    """Return a plan, and the prices that say how good it can be at most.

    Parameters
    ----------
    task
        The slot.
    effort
        From `EFFORTS`.

    Returns
    -------
    lights, prices
        The plan, and prices for `ecumene.scheduling.prices.bounds`.
    """
    if not _tells_apart(task):
        cut = find_cuts(task, task.goal, reach=effort.reach, is_final=True)
        prices = prices_of_cut(task, cut)
        return finish(task, cut.sat, cut.units, prices), prices
    prices = find_prices(task, task.goal, steps=effort.steps, reach=effort.reach)
    sat, units = _serve(task, prices, effort)
    return finish(task, sat, units, prices), prices


def _tells_apart(task: Task) -> bool:
    """Return whether satellites differ for a cell: where all rates are alike, the cuts say it all."""
    rate = task.terms.rate[task.terms.rate > 0.0]
    return len(rate) > 0 and float(rate.max() - rate.min()) > 1e-3 * float(rate.max())


def _serve(task: Task, prices: Prices, effort: Effort) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return satellite and units of every cell, over pairs good enough at these prices."""
    cells, sight, demand = task.cells, task.sight, task.demand
    n_cells = len(demand)
    good, wide = np.empty(sight.clear.shape, np.uint64), np.empty(sight.clear.shape, np.uint64)
    want, margin, keeps = (
        np.empty(n_cells, np.int32),
        np.empty(n_cells, np.float32),
        np.empty(n_cells, np.bool_),
    )
    in_pieces(
        good_pairs, len(cells.middle_m), cells, sight, task.goal, task.terms, prices, demand, task.before,
        np.float32(SLACK), np.float32(WIDE_SLACK), good, wide, want, margin, keeps,
    )  # fmt: skip
    exchange = Exchange.open(task, units_to_plan(task))
    exchange.keep(keeps, want)
    waiting = exchange.waiting(want, margin)
    exchange.spread(waiting, want, good)
    exchange.push(waiting, want, good, effort.reach // 3, is_widest=False)
    exchange.push(waiting, want, wide, effort.reach, is_widest=True)
    return exchange.single(want, wide, margin)


def finish(task: Task, sat: NDArray[np.int32], units: NDArray[np.int32], prices: Prices) -> Lights:
    """Return the plan that lights cells by the satellites chosen, and gives what is left to others.

    Parameters
    ----------
    task
        The slot.
    sat, units : (cell,)
        Chosen satellite, -1 where none, and units; as far as room and ceilings go.
    prices
        Rank what is left.
    """
    cells, sight, terms, demand = task.cells, task.sight, task.terms, task.demand
    lights = no_lights(len(demand), len(sight.r_sat_m), terms.units_of_sat, terms.bits_of_sat)
    light_all(np.flatnonzero(sat >= 0), sat, units, cells, sight, terms, demand, lights)
    drop_losses(task.before, cells, sight, task.goal, terms, demand, lights)
    short = np.flatnonzero((demand > 0.0) & (lights.bits < demand * (1.0 - 1e-6)))
    order = short[np.argsort(-demand[short], kind="stable")]
    fill(order, prices.unit, task.before, cells, sight, task.goal, terms, demand, lights)
    return lights
