"""What a sample of cells would ask of satellites at many prices: all that prices do not change is computed once.

An offer is a satellite to the cells of one bin, up to sixteen side by side: rates, and what is paid whatever flows.
`scan` asks the same of all cells, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecumene.kernels import in_pieces, inner_njit, njit
from ecumene.scheduling.gain import (
    BEST,
    DEMAND,
    N_LANE_ROWS,
    N_OFFER_ROWS,
    SHUT,
    STANDS_FOR,
    WISHED,
    add_shares,
    weigh,
)
from ecumene.scheduling.market import LANES, fixed_price, lasts, lowest_bit, opens, rate_at, sine_of
from ecumene.scheduling.sample import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.market import Goal, Prices, Terms
    from ecumene.scheduling.sample import Sample


class Offers(NamedTuple):
    """Satellites offered to the cells of a sample."""

    first: np.ndarray
    """(bin + 1,) Offers to bin b are first[b] to first[b + 1] - 1."""
    sat: np.ndarray
    """(offer,)"""
    rate: np.ndarray
    """(offer, lane), flat. Of a unit, in units of the best; 1 where the cell may not use the satellite."""
    fixed: np.ndarray
    """(offer, lane), flat. Price of a handover less the joy of elevation; 1e30 where it may not."""
    demand: np.ndarray
    """(bin, lane), flat. 0 in lanes without a cell. [unit]"""
    stands_for: np.ndarray
    """(bin, lane), flat. How many cells each lane stands for."""


def offers_of(sample: Sample, goal: Goal) -> Offers:
    """Return the offers to the cells of a sample.

    Parameters
    ----------
    sample
        At most 16 cells of every bin.
    goal
        Prices of handovers.
    """
    task = sample.task
    cells, sight, n_bins = task.cells, task.sight, len(task.cells.middle_m)
    count = np.zeros(n_bins + 1, np.int64)
    in_pieces(_count_offers, n_bins, cells, sight, task.demand, count)
    first = np.cumsum(count)
    offers = Offers(
        first=first,
        sat=np.empty(first[-1], np.int32),
        rate=np.ones(SIDE * first[-1], np.float32),
        fixed=np.full(SIDE * first[-1], SHUT),
        demand=np.zeros(SIDE * n_bins, np.float32),
        stands_for=np.zeros(SIDE * n_bins, np.float32),
    )
    in_pieces(
        _fill_offers, n_bins, cells, sight, goal, task.terms, task.demand, task.before, sample.stands_for, offers
    )  # fmt: skip
    return offers


def loads_of_offers(
    offers: Offers, goal: Goal, terms: Terms, prices: Prices, warmth: float
) -> NDArray[np.float64]:
    """Return units and bits that a sample asks of each satellite: as `ecumene.scheduling.scan.soft_loads` of all cells.

    Parameters
    ----------
    offers, goal, terms
        From `offers_of`; what is wanted, and the most units of a cell.
    prices
        Of every satellite.
    warmth
        How much worse than the best a satellite may be. [unit]

    Returns
    -------
    loads : (2, sat)
        [unit]
    """
    parts = in_pieces(
        _loads, len(offers.first) - 1, SIDE, int(np.diff(offers.first).max(initial=0)), offers, goal,
        terms.units_of_cell, prices, warmth,
    )  # fmt: skip
    loads: NDArray[np.float64] = np.sum(parts, axis=0)
    return loads


@inner_njit(cache=True, nogil=True)
def _mark_open(b, cells, sight, demand, is_open):
    """Mark the candidates of a bin that some cell may use."""
    for j in range(len(is_open)):
        is_open[j] = False
    for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
        for w in range(sight.clear.shape[1] if demand[c] > 0.0 else 0):
            word = opens(c, b, w, cells, sight)
            while word != np.uint64(0):
                is_open[64 * w + lowest_bit(word)] = True
                word &= word - np.uint64(1)


@njit(cache=True, nogil=True)
def _count_offers(begin, end, cells, sight, demand, count):
    """Fill in how many satellites are offered to each bin, from place 1 on."""
    is_open = np.empty(64 * sight.clear.shape[1], np.bool_)
    for b in range(begin, end):
        _mark_open(b, cells, sight, demand, is_open)
        n = 0
        for j in range(len(is_open)):
            n += is_open[j]
        count[b + 1] = n


@njit(cache=True, nogil=True)
def _fill_offers(begin, end, cells, sight, goal, terms, demand, before, stands_for, offers):
    """Fill in the offers to some bins."""
    is_open, place = (
        np.empty(64 * sight.clear.shape[1], np.bool_),
        np.empty(64 * sight.clear.shape[1], np.int64),
    )
    for b in range(begin, end):
        _mark_open(b, cells, sight, demand, is_open)
        o = offers.first[b]
        for j in range(len(is_open)):
            if is_open[j]:
                offers.sat[o], place[j] = sight.candidates[b, j], o
                o += 1
        for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
            lane = c - cells.first_of_bin[b]
            offers.demand[SIDE * b + lane], offers.stands_for[SIDE * b + lane] = demand[c], stands_for[c]
            for w in range(sight.clear.shape[1] if demand[c] > 0.0 else 0):
                word = opens(c, b, w, cells, sight)
                while word != np.uint64(0):
                    j = 64 * w + lowest_bit(word)
                    word &= word - np.uint64(1)
                    s, i = sight.candidates[b, j], SIDE * place[j] + lane
                    sine = sine_of(c, s, cells, sight.r_sat_m)
                    rate = rate_at(c, sine, cells, terms)
                    if rate > 0.0:
                        offers.rate[i] = rate
                        offers.fixed[i] = fixed_price(
                            before[c] >= 0 and before[c] != s, lasts(c, b, j, sight), sine, float(demand[c]),
                            terms.mean_demand, goal.change, goal.breaking, goal.joy,
                        )  # fmt: skip


@njit(cache=True, nogil=True)
def _loads(begin, end, side, most, offers, goal, units_of_cell, prices, warmth):
    """Return units and bits that the cells of bins from begin up to end, of `most` offers at most, ask of satellites.

    side is 16, but not for the compiler: loops of a length it knows it takes apart, and makes no vectors of them.
    """
    unit_load, bit_load = np.zeros(len(prices.unit)), np.zeros(len(prices.unit))
    lane, rows = np.zeros(N_LANE_ROWS * LANES, np.float32), np.zeros(N_OFFER_ROWS * LANES * most, np.float32)
    rate, fixed, sats, slopes, edges = offers.rate, offers.fixed, offers.sat, goal.slope, goal.edge
    limit = np.float32(units_of_cell)
    for b in range(begin, end):
        first, last = offers.first[b], offers.first[b + 1]
        if first == last:
            continue
        for v in range(side):
            lane[DEMAND * LANES + v] = offers.demand[side * b + v]
            lane[STANDS_FOR * LANES + v] = offers.stands_for[side * b + v]
            lane[BEST * LANES + v] = lane[WISHED * LANES + v] = np.float32(0.0)
        for o in range(first, last):
            price, toll = np.float32(prices.unit[sats[o]]), np.float32(prices.bit[sats[o]])
            at, to = np.uint64(side * o), np.uint64(N_OFFER_ROWS * LANES * (o - first))
            weigh(side, at, to, rate, fixed, slopes, edges, price, toll, limit, lane, rows)
        add_shares(side, sats, first, last, warmth, lane, rows, unit_load, bit_load)
    return unit_load, bit_load
