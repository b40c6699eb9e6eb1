"""What a sample of cells would ask of satellites at many prices: all that prices do not change is computed once.

An offer is a satellite to the cells of one group of bins, up to sixteen side by side: rates, and what is paid
whatever flows.
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
    """(group + 1,) Offers to group g are first[g] to first[g + 1] - 1."""
    sat: np.ndarray
    """(offer,)"""
    rate: np.ndarray
    """(offer, lane), flat. Of a unit, in units of the best; 1 where the cell may not use the satellite."""
    fixed: np.ndarray
    """(offer, lane), flat. Price of a handover less the joy of elevation; 1e30 where it may not."""
    demand: np.ndarray
    """(group, lane), flat. 0 in lanes without a cell. [unit]"""
    stands_for: np.ndarray
    """(group, lane), flat. How many cells each lane stands for."""


def offers_of(sample: Sample, goal: Goal) -> Offers:
    """Return the offers to the cells of a sample.

    Parameters
    ----------
    sample
        At most 16 cells of every group of bins.
    goal
        Prices of handovers.
    """
    task, first_of_group = sample.task, sample.first_of_group
    cells, sight, n_groups = task.cells, task.sight, len(first_of_group) - 1
    count = np.zeros(n_groups + 1, np.int64)
    in_pieces(_count_offers, n_groups, first_of_group, cells, sight, task.demand, count)
    first = np.cumsum(count)
    offers = Offers(
        first=first,
        sat=np.empty(first[-1], np.int32),
        rate=np.ones(SIDE * first[-1], np.float32),
        fixed=np.full(SIDE * first[-1], SHUT),
        demand=np.zeros(SIDE * n_groups, np.float32),
        stands_for=np.zeros(SIDE * n_groups, np.float32),
    )
    in_pieces(
        _fill_offers, n_groups, first_of_group, cells, sight, goal, task.terms,
        task.demand, task.before, sample.stands_for, offers,
    )  # fmt: skip
    return offers


def loads_of_offers(
    offers: Offers, goal: Goal, terms: Terms, prices: Prices, warmth: float
) -> NDArray[np.float64]:
    """Return units and bits that a sample asks of each satellite.

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
def _list_open(begin, end, cells, sight, demand, place_of_sat, sats):
    """Fill in the satellites that some cell from begin up to end may use, and their places; return how many."""
    n = 0
    for c in range(begin, end):
        b = cells.bin[c]
        for w in range(sight.clear.shape[1] if demand[c] > 0.0 else 0):
            word = opens(c, b, w, cells, sight)
            while word != np.uint64(0):
                s = sight.candidates[b, 64 * w + lowest_bit(word)]
                word &= word - np.uint64(1)
                if place_of_sat[s] < 0:
                    place_of_sat[s], sats[n] = n, s
                    n += 1
    return n


@njit(cache=True, nogil=True)
def _count_offers(begin, end, first_of_group, cells, sight, demand, count):
    """Fill in how many satellites are offered to each group, from place 1 on."""
    n_sats = len(sight.r_sat_m)
    place_of_sat, sats = np.full(n_sats, -1, np.int32), np.empty(n_sats, np.int32)
    for g in range(begin, end):
        n = _list_open(first_of_group[g], first_of_group[g + 1], cells, sight, demand, place_of_sat, sats)
        count[g + 1] = n
        place_of_sat[sats[:n]] = -1


@njit(cache=True, nogil=True)
def _fill_offers(begin, end, first_of_group, cells, sight, goal, terms, demand, before, stands_for, offers):
    """Fill in the offers to some groups."""
    n_sats = len(sight.r_sat_m)
    place_of_sat, sats = np.full(n_sats, -1, np.int32), np.empty(n_sats, np.int32)
    for g in range(begin, end):
        n = _list_open(first_of_group[g], first_of_group[g + 1], cells, sight, demand, place_of_sat, sats)
        offers.sat[offers.first[g] : offers.first[g + 1]] = sats[:n]
        for c in range(first_of_group[g], first_of_group[g + 1]):
            b, lane = cells.bin[c], c - first_of_group[g]
            offers.demand[SIDE * g + lane], offers.stands_for[SIDE * g + lane] = demand[c], stands_for[c]
            for w in range(sight.clear.shape[1] if demand[c] > 0.0 else 0):
                word = opens(c, b, w, cells, sight)
                while word != np.uint64(0):
                    j = 64 * w + lowest_bit(word)
                    word &= word - np.uint64(1)
                    s = sight.candidates[b, j]
                    i = SIDE * (offers.first[g] + place_of_sat[s]) + lane
                    sine = sine_of(c, s, cells, sight.r_sat_m)
                    rate = rate_at(c, sine, cells, terms)
                    if rate > 0.0:
                        offers.rate[i] = rate
                        offers.fixed[i] = fixed_price(
                            before[c] >= 0 and before[c] != s, lasts(c, b, j, sight), sine, float(demand[c]),
                            terms.mean_demand, goal.change, goal.breaking, goal.joy,
                        )  # fmt: skip
        place_of_sat[sats[:n]] = -1


@njit(cache=True, nogil=True)
def _loads(begin, end, side, most, offers, goal, units_of_cell, prices, warmth):
    """Return units and bits that the cells of groups from begin up to end, of `most` offers at most, ask of satellites.

    side is 16, but not for the compiler: loops of a length it knows it takes apart, and makes no vectors of them.
    """
    unit_load, bit_load = np.zeros(len(prices.unit)), np.zeros(len(prices.unit))
    lane, rows = np.zeros(N_LANE_ROWS * LANES, np.float32), np.zeros(N_OFFER_ROWS * LANES * most, np.float32)
    rate, fixed, sats, slopes, edges = offers.rate, offers.fixed, offers.sat, goal.slope, goal.edge
    limit = np.float32(units_of_cell)
    for g in range(begin, end):
        first, last = offers.first[g], offers.first[g + 1]
        if first == last:
            continue
        for v in range(side):
            lane[DEMAND * LANES + v] = offers.demand[side * g + v]
            lane[STANDS_FOR * LANES + v] = offers.stands_for[side * g + v]
            lane[BEST * LANES + v] = lane[WISHED * LANES + v] = np.float32(0.0)
        for o in range(first, last):
            price, toll = np.float32(prices.unit[sats[o]]), np.float32(prices.bit[sats[o]])
            at, to = np.uint64(side * o), np.uint64(N_OFFER_ROWS * LANES * (o - first))
            weigh(side, at, to, rate, fixed, slopes, edges, price, toll, limit, lane, rows)
        add_shares(side, sats, first, last, warmth, lane, rows, unit_load, bit_load)
    return unit_load, bit_load
