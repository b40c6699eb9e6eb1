"""What every cell thinks of every satellite it may use, at given prices.

All cells of a bin that ask for something are looked at side by side in 32 bits, one candidate satellite
after the other, so that the compiler makes vectors of them; 10 million pairs take some hundredths of a
second. The same loop serves two ends: the bound of a plan (`bound_terms`), and the pairs that are good enough to plan
on (`good_pairs`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecumene.kernels import inner_njit, njit
from ecumene.scheduling.gain import (
    BEST,
    DEMAND,
    N_LANE_ROWS,
    N_OFFER_ROWS,
    SHUT,
    WISHED,
    weigh,
)
from ecumene.scheduling.market import LANES, SCALE_PER_M, clear_places, mark_places

VECTOR = 16
"""Lanes are computed in multiples of this."""

SINE_LIFT = 4e-6
"""Sines are rounded up by more than 32 bits round them, so that no rate is taken below the exact one."""

ROUNDING = 1e-5
"""Rounding of a cell's best profit in 32 bits, as a share of what its demand is worth, ten times over."""

NEVER = np.int32(-1)
GONE = np.int32(1 << 20)
"""Place of the last slot's satellite: there was none; it is no candidate any more."""

N_ROWS = 13
_X, _Y, _Z, _UX, _UY, _UZ, _DEMAND, _FEE, _BEST, _PLAIN, _SINE, _RATE, _WISH = (
    np.uint64(LANES * k) for k in range(N_ROWS)
)
"""Rows of the lanes of `scan_plain`."""

_CLOSED = np.float32(-1e30)


class Bin(NamedTuple):
    """The cells of one bin side by side: room to work in, made once by `new_bin`, filled anew for every bin."""

    cell: np.ndarray
    place: np.ndarray
    demand: np.ndarray
    table: np.ndarray
    open: np.ndarray
    stays: np.ndarray
    any_open: np.ndarray
    last: np.ndarray
    fee: np.ndarray
    at: np.ndarray
    rate: np.ndarray
    fixed: np.ndarray
    met: np.ndarray
    lane: np.ndarray
    rows: np.ndarray
    best: np.ndarray
    plain: np.ndarray
    best_units: np.ndarray


@inner_njit(cache=True, nogil=True)
def new_bin(sight):
    """Return room for one bin."""
    rows, next_rows = 2 * sight.clear.shape[1], 2 * sight.next_clear.shape[1]
    width = sight.candidates.shape[1]
    f, i, u = np.float32, np.int32, np.uint32
    return Bin(
        np.zeros(LANES, i), np.zeros((6, LANES), f), np.zeros(LANES, f), np.zeros(LANES, i),
        np.zeros((rows, LANES), u), np.zeros((next_rows, LANES), u), np.zeros(rows, u),
        np.zeros(LANES, i), np.zeros(LANES, f), np.zeros(LANES, i), np.zeros(LANES, f), np.zeros(LANES, f),
        np.zeros(width, i),
        np.zeros(N_LANE_ROWS * LANES, f), np.zeros(N_OFFER_ROWS * LANES * width, f),
        np.zeros(LANES, f), np.zeros(LANES, f), np.zeros(LANES, f),
    )  # fmt: skip


@inner_njit(cache=True, nogil=True)
def load_bin(b, cells, sight, terms, demand, before, place_of_sat, box):
    """Fill in the asking cells of bin b; return how many."""
    n_words, n_next = sight.clear.shape[1], sight.next_clear.shape[1]
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for w in range(len(box.any_open)):
        box.any_open[w] = 0
    n = 0
    for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
        k = cells.landing[c]
        if k < 0 or not demand[c] > 0.0:
            continue
        box.cell[n] = c
        box.demand[n] = demand[c]
        box.fee[n] = min(demand[c], np.float32(terms.mean_demand))
        box.table[n] = cells.rate_class[c] * terms.rate.shape[1]
        for d in range(6):
            box.place[d, n] = cells.place[c, d]
        for w in range(n_words):
            word = sight.clear[c, w] & sight.usable[b, k, w]
            box.open[2 * w, n] = np.uint32(word & low)
            box.open[2 * w + 1, n] = np.uint32(word >> half)
            box.any_open[2 * w] |= np.uint32(word & low)
            box.any_open[2 * w + 1] |= np.uint32(word >> half)
        for w in range(n_next):
            word = sight.next_clear[c, w]
            box.stays[2 * w, n] = np.uint32(word & low)
            box.stays[2 * w + 1, n] = np.uint32(word >> half)
        box.last[n] = NEVER
        if before[c] >= 0:
            box.last[n] = place_of_sat[before[c]] if place_of_sat[before[c]] >= 0 else GONE
        n += 1
    for i in range(n, (n + VECTOR - 1) // VECTOR * VECTOR):
        box.demand[i] = 0.0
        box.fee[i] = 0.0
        for w in range(len(box.any_open)):
            box.open[w, i] = 0
    return n


@inner_njit(cache=True, nogil=True, error_model="numpy")
def scan_bin(b, n, cells, sight, goal, terms, prices, box):
    """Fill in what the first n cells of the loaded bin think of its candidates at these prices; return of how many.

    Those that nobody sees are left out: the k-th is candidate met[k], its profits stand in row 3 k.
    """
    lanes, n_met = (n + VECTOR - 1) // VECTOR * VECTOR, 0
    zero, one, limit = np.float32(0.0), np.float32(1.0), np.float32(terms.units_of_cell)
    x, y, z = box.place[0, :lanes], box.place[1, :lanes], box.place[2, :lanes]
    ux, uy, uz = box.place[3, :lanes], box.place[4, :lanes], box.place[5, :lanes]
    demand, table, last, at = box.demand[:lanes], box.table[:lanes], box.last[:lanes], box.at[:lanes]
    rate, fixed, plain, fee = box.rate[:lanes], box.fixed[:lanes], box.plain[:lanes], box.fee[:lanes]
    for i in range(lanes):
        box.lane[DEMAND * LANES + i] = demand[i]
        box.lane[BEST * LANES + i] = box.lane[WISHED * LANES + i] = plain[i] = zero
    handover, joy, n_sines = goal.change, goal.joy, np.float32(terms.rate.shape[1])
    top, lift = n_sines - one, np.float32(SINE_LIFT * terms.rate.shape[1])
    flat = terms.rate.reshape(terms.rate.size)
    for j in range(sight.candidates.shape[1]):
        s = sight.candidates[b, j]
        if s < 0:
            break
        bit = np.uint32(1) << np.uint32(j & 31)
        if box.any_open[j >> 5] & bit == 0:
            continue
        sx = np.float32((sight.r_sat_m[s, 0] - cells.middle_m[b, 0]) * SCALE_PER_M)
        sy = np.float32((sight.r_sat_m[s, 1] - cells.middle_m[b, 1]) * SCALE_PER_M)
        sz = np.float32((sight.r_sat_m[s, 2] - cells.middle_m[b, 2]) * SCALE_PER_M)
        price, toll, jj, next_j = (
            np.float32(prices.unit[s]),
            np.float32(prices.bit[s]),
            np.int32(j),
            sight.next_place[b, j],
        )
        word, stays = box.open[j >> 5, :lanes], box.stays[max(next_j, 0) >> 5, :lanes]
        next_bit = np.uint32(1) << np.uint32(max(next_j, 0) & 31)
        sure, may = (goal.breaking, zero) if next_j < 0 else (zero, goal.breaking)
        for i in range(lanes):
            dx, dy, dz = sx - x[i], sy - y[i], sz - z[i]
            sine = (dx * ux[i] + dy * uy[i] + dz * uz[i]) / np.sqrt(dx * dx + dy * dy + dz * dz)
            at[i] = np.int32(min(max(sine * n_sines + lift, zero), top)) + table[i]
            breaking = zero if (stays[i] & next_bit) != np.uint32(0) else may
            change = zero if (last[i] == jj) | (last[i] == NEVER) else handover
            price_of_pair = fee[i] * (sure + breaking + change) - demand[i] * (joy * sine)
            fixed[i] = price_of_pair if (word[i] & bit) != np.uint32(0) else SHUT
        for i in range(lanes):  # a loop of its own: look-ups do not become vectors
            rate[i] = flat[np.uint32(at[i])]
        for i in range(lanes):
            fixed[i] = fixed[i] if rate[i] > zero else SHUT
            rate[i] = rate[i] if rate[i] > zero else one
        to = np.uint64(N_OFFER_ROWS * LANES * n_met)
        weigh(
            lanes, np.uint64(0), to, box.rate, box.fixed, goal.slope, goal.edge, price, toll, limit, box.lane,
            box.rows,
        )  # fmt: skip
        for i in range(lanes):
            gain = box.rows[to + np.uint64(i)] + fixed[i]
            plain[i] = max(plain[i], gain if fixed[i] < SHUT else zero)
        box.met[n_met] = j
        n_met += 1
    for i in range(lanes):
        box.best[i], box.best_units[i] = box.lane[BEST * LANES + i], box.lane[WISHED * LANES + i]
    return n_met


@njit(cache=True, nogil=True, error_model="numpy")
def scan_plain(b, n, is_flat, cells, sight, goal, terms, unit_price, box, lane):
    """Fill in the best profits of the first n cells of the loaded bin: `scan_bin` for one piece and no tolls.

    All numbers of a lane lie in one array, row by row, so that the compiler sees that they do not overlap, and
    indices have no sign, so that none is looked at from the end (with a sign: three times slower);
    lanes are left out sixteen at a time where nobody sees the candidate. Where rates are flat, alike at all
    elevations, they are looked up, and divided by, once.
    """
    lanes = (n + VECTOR - 1) // VECTOR * VECTOR
    for v in range(lanes):
        i = np.uint64(v)
        for d in range(6):
            lane[LANES * d + v] = box.place[d, v]
        lane[_DEMAND + i], lane[_FEE + i] = box.demand[v], box.fee[v]
        lane[_BEST + i] = lane[_PLAIN + i] = np.float32(0.0)
        lane[_RATE + i] = terms.rate.reshape(terms.rate.size)[np.uint32(box.table[v])]
        lane[_WISH + i] = lane[_DEMAND + i] / max(lane[_RATE + i], np.float32(1e-9))
    zero, one, limit = np.float32(0.0), np.float32(1.0), np.float32(terms.units_of_cell)
    tiny, slope = np.float32(1e-9), goal.slope[0]
    handover, joy, n_sines = goal.change, goal.joy, np.float32(terms.rate.shape[1])
    top, lift = n_sines - one, np.float32(SINE_LIFT * terms.rate.shape[1])
    flat, table, last, at = terms.rate.reshape(terms.rate.size), box.table, box.last, box.at
    for j in range(sight.candidates.shape[1]):
        s = sight.candidates[b, j]
        if s < 0:
            break
        bit = np.uint32(1) << np.uint32(j & 31)
        if box.any_open[j >> 5] & bit == 0:
            continue
        sx = np.float32((sight.r_sat_m[s, 0] - cells.middle_m[b, 0]) * SCALE_PER_M)
        sy = np.float32((sight.r_sat_m[s, 1] - cells.middle_m[b, 1]) * SCALE_PER_M)
        sz = np.float32((sight.r_sat_m[s, 2] - cells.middle_m[b, 2]) * SCALE_PER_M)
        price, jj, next_j = np.float32(unit_price[s]), np.int32(j), sight.next_place[b, j]
        word, stays = box.open[j >> 5], box.stays[max(next_j, 0) >> 5]
        next_bit = np.uint32(1) << np.uint32(max(next_j, 0) & 31)
        sure, may = (goal.breaking, zero) if next_j < 0 else (zero, goal.breaking)
        for start in range(0, lanes, VECTOR):
            seen = np.uint32(0)
            for v in range(VECTOR):
                i = np.uint64(start) + np.uint64(v)
                seen |= word[i]
            if seen & bit == 0:
                continue
            for v in range(VECTOR):
                i = np.uint64(start) + np.uint64(v)
                dx, dy, dz = sx - lane[_X + i], sy - lane[_Y + i], sz - lane[_Z + i]
                height = dx * lane[_UX + i] + dy * lane[_UY + i] + dz * lane[_UZ + i]
                lane[_SINE + i] = height / np.sqrt(dx * dx + dy * dy + dz * dz)
            if not is_flat:
                for v in range(VECTOR):
                    i = np.uint64(start) + np.uint64(v)
                    at[i] = np.int32(min(max(lane[_SINE + i] * n_sines + lift, zero), top)) + table[i]
                for v in range(VECTOR):
                    i = np.uint64(start) + np.uint64(v)
                    lane[_RATE + i] = flat[np.uint32(at[i])]
                for v in range(VECTOR):
                    i = np.uint64(start) + np.uint64(v)
                    lane[_WISH + i] = lane[_DEMAND + i] / max(lane[_RATE + i], tiny)
            for v in range(VECTOR):
                i = np.uint64(start) + np.uint64(v)
                demand, rate = lane[_DEMAND + i], lane[_RATE + i]
                breaking = zero if (stays[i] & next_bit) != np.uint32(0) else may
                change = zero if (last[i] == jj) | (last[i] == NEVER) else handover
                fixed = lane[_FEE + i] * (sure + breaking + change) - demand * (joy * lane[_SINE + i])
                few = np.floor(min(lane[_WISH + i] * np.float32(1.0 - 1e-6), limit))
                more = min(few + one, limit)
                few_gain = slope * min(few * rate, demand) - price * few
                more_gain = slope * min(more * rate, demand) - price * more
                # A pair has at least one unit: whoever takes none has no joy of the elevation either.
                one_gain = slope * min(rate, demand) - price
                gain = max(one_gain, more_gain, few_gain if few >= one else one_gain)
                gain = gain if ((word[i] & bit) != np.uint32(0)) & (rate > zero) else _CLOSED
                lane[_BEST + i] = max(lane[_BEST + i], gain - fixed)
                lane[_PLAIN + i] = max(lane[_PLAIN + i], gain)
    for v in range(lanes):
        box.best[v], box.plain[v] = lane[_BEST + np.uint64(v)], lane[_PLAIN + np.uint64(v)]


@njit(cache=True, nogil=True)
def bound_terms(begin, end, cells, sight, goal, terms, prices, demand, before):
    """Return the sums over cells of the best profit at these prices, with and without the prices of handovers.

    Only bins from begin up to end. Both are rounded up.
    """
    box = new_bin(sight)
    place_of_sat = np.full(len(sight.r_sat_m), -1, np.int32)
    total, plain, lane = 0.0, 0.0, np.zeros(N_ROWS * LANES, np.float32)
    is_plain, is_flat = len(goal.slope) == 1, len(terms.rate) > 0
    for s in range(len(prices.bit)):
        is_plain &= prices.bit[s] == 0.0
    for k in range(len(terms.rate)):  # rates do not fall with the sine
        is_flat &= terms.rate[k, 0] == terms.rate[k, -1]
    for b in range(begin, end):
        mark_places(sight.candidates[b], place_of_sat)
        n = load_bin(b, cells, sight, terms, demand, before, place_of_sat, box)
        clear_places(sight.candidates[b], place_of_sat)
        if n == 0:
            continue
        if is_plain:
            scan_plain(b, n, is_flat, cells, sight, goal, terms, prices.unit, box, lane)
        else:
            scan_bin(b, n, cells, sight, goal, terms, prices, box)
        for i in range(n):
            slack = ROUNDING * goal.slope[0] * box.demand[i]
            total += box.best[i] + slack
            plain += box.plain[i] + slack
    return total, plain


@njit(cache=True, nogil=True)
def good_pairs(
    begin, end, cells, sight, goal, terms, prices, demand, before, slack, wide_slack, good, wide, want, margin,
    keeps,
):  # fmt: skip
    """Fill in the pairs that gain a cell nearly as much as its best, units wanted, profit a unit, who may stay.

    Only bins from begin up to end. Pairs that will not stand in the next slot are never good. good: within slack a
    unit of the best; wide: within wide_slack. keeps: the last satellite is good.
    """
    box = new_bin(sight)
    place_of_sat = np.full(len(sight.r_sat_m), -1, np.int32)
    for b in range(begin, end):
        for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
            good[c] = 0
            wide[c] = 0
            want[c], margin[c], keeps[c] = 0, 0.0, False
        mark_places(sight.candidates[b], place_of_sat)
        n = load_bin(b, cells, sight, terms, demand, before, place_of_sat, box)
        clear_places(sight.candidates[b], place_of_sat)
        if n == 0:
            continue
        n_met = scan_bin(b, n, cells, sight, goal, terms, prices, box)
        for i in range(n):
            if box.best[i] > 0.0:
                units = max(box.best_units[i], np.float32(1.0))
                want[box.cell[i]] = np.int32(units)
                margin[box.cell[i]] = box.best[i] / units
        for k in range(n_met):
            j = box.met[k]
            next_j = sight.next_place[b, j]
            if next_j < 0:
                continue
            next_bit, one = np.uint32(1) << np.uint32(next_j & 31), np.uint64(1) << np.uint64(j & 63)
            for i in range(n):
                profit = box.rows[N_OFFER_ROWS * LANES * k + i]
                loss, units = box.best[i] - profit, max(box.best_units[i], np.float32(1.0))
                if profit <= 0.0 or loss > wide_slack * units or not box.stays[next_j >> 5, i] & next_bit:
                    continue
                c = box.cell[i]
                wide[c, j >> 6] |= one
                if loss <= slack * units:
                    good[c, j >> 6] |= one
                    if box.last[i] == j:
                        keeps[c] = True
