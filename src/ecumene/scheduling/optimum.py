"""The solver: a plan near the best there is, from prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecumene.kernels import in_pieces
from ecumene.scheduling.exchange import Exchange
from ecumene.scheduling.fill import drop_losses, fill, light_all, no_lights
from ecumene.scheduling.flow import listings_of, main_satellite
from ecumene.scheduling.prices import asks_whole_units, find_cuts, find_prices, prices_of_cut, usual_rate
from ecumene.scheduling.scan import good_pairs
from ecumene.scheduling.wishes import share_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.fill import Lights
    from ecumene.scheduling.flow import Listings
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
    cells, sight, terms, demand = task.cells, task.sight, task.terms, task.demand
    lights = no_lights(len(demand), len(sight.r_sat_m), terms.units_of_sat, terms.bits_of_sat)
    tells_apart = _tells_apart(task)
    if tells_apart:
        prices, asked = find_prices(task, task.goal, steps=effort.steps, reach=effort.reach)
        sat, units, hope = _serve(task, prices, _room(task, asked), effort)
    else:
        cut = find_cuts(task, task.goal, reach=effort.reach, is_final=True)
        sat, units, prices, hope = cut.sat, cut.units, prices_of_cut(task, cut), np.full_like(demand, np.inf)
    if tells_apart or not asks_whole_units(task, usual_rate(task)):
        order, first = cells_of_sats(sat, len(lights.room))
        share_out(order, first, prices, task.before, cells, sight, task.goal, terms, demand, lights)
    else:
        light_all(np.flatnonzero(sat >= 0), sat, units, cells, sight, terms, demand, lights)
    finish(task, prices, hope, lights, listings_of(sight.candidates, len(lights.room)))
    return lights, prices


def _tells_apart(task: Task) -> bool:
    """Return whether satellites differ for a cell: where all rates are alike, the cuts say it all."""
    rate = task.terms.rate[task.terms.rate > 0.0]
    return len(rate) > 0 and float(rate.max() - rate.min()) > 1e-3 * float(rate.max())


def _room(task: Task, asked: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the units that each satellite can give, filled as those that were asked of it, (sat,)."""
    terms = task.terms
    mean_filling = np.divide(asked[1], asked[0], out=np.zeros(asked.shape[1]), where=asked[0] > 0.0)
    units = terms.bits_of_sat / np.maximum(mean_filling, terms.bits_of_sat / terms.units_of_sat)
    room: NDArray[np.int32] = np.maximum(np.rint(units), 1).astype(np.int32)
    return room


def _serve(
    task: Task, prices: Prices, room: NDArray[np.int32], effort: Effort
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return satellite and units of every cell, over pairs good enough at these prices, and what each gains at most.

    -1 where there is none.
    """
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
    exchange = Exchange.open(task, int(room.max(initial=1)))
    np.minimum(room, exchange.flow.room, out=exchange.flow.room)
    exchange.keep(keeps, want)
    waiting = exchange.waiting(want, margin)
    exchange.spread(waiting, want, good)
    exchange.push(waiting, want, good, effort.reach // 3, is_widest=False)
    exchange.push(waiting, want, wide, effort.reach, is_widest=True)
    sat, units = np.empty(n_cells, np.int32), np.empty(n_cells, np.int32)
    main_satellite(exchange.flow, sat, units)
    return sat, units, margin * want


def cells_of_sats(sat: NDArray[np.int32], n_sats: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cells that have a satellite, those of a satellite together, and where each one's begin, (sat + 1,)."""
    cells = np.flatnonzero(sat >= 0)
    order = cells[np.argsort(sat[cells], kind="stable")]
    return order, np.searchsorted(sat[order], np.arange(n_sats + 1))


def finish(task: Task, prices: Prices, hope: NDArray[np.float32], lights: Lights, listings: Listings) -> None:
    """Darken what is lit at a loss, and give what is left: first where it pays, then to anybody, dark cells last.

    Cells that change satellites make room, so dark ones are asked once more.

    Parameters
    ----------
    task, prices
        The slot, and what satellites ask.
    hope : (cell,)
        What each cell gains at most at these prices; infinite where that is not known. [unit]
    lights
        The plan so far; changed.
    listings
        In which bins' lists each satellite stands.
    """
    cells, sight, terms, demand = task.cells, task.sight, task.terms, task.demand
    drop_losses(task.before, cells, sight, task.goal, terms, demand, lights)
    for pays, enough in ((True, 1.0 - 1e-6), (False, 1.0 - 1e-6), (False, 0.0)):
        short = np.flatnonzero(
            (demand > 0.0) & (lights.bits <= demand * enough) & ((hope > 0.0) | (not pays))
        )
        order = short[np.argsort(lights.bits[short] - demand[short], kind="stable")]
        fill(order, pays, hope, prices, task.before, cells, sight, task.goal, terms, demand, lights, listings)
