"""What cells gain from an offer, and how they share their demand among offers: side by side, in 32 bits.

Numbers lie in flat arrays, row by row, 64 apart, and indices have no sign, so that the compiler makes vectors
of the loops: with a sign it would have to see whether each counts from the end.
"""

from __future__ import annotations

import numpy as np

from ecumene.kernels import inner_njit
from ecumene.scheduling.market import LANES

N_LANE_ROWS = 13
"""Rows of a bin: demand, how many cells a lane stands for, best profit, units at it; others are room to work in."""
DEMAND, STANDS_FOR, BEST, WISHED = range(4)
N_OFFER_ROWS = 3
"""Rows of an offer: profit, units, bits."""

SHUT = np.float32(1e30)
"""Fixed price of an offer to a lane that may not take it."""

(
    _STANDS_FOR,
    _BEST,
    _WISHED,
    _SCALE,
    _TOTAL,
    _STEPS,
    _FEW,
    _FEW_BITS,
    _FEW_GAIN,
    _MORE,
    _MORE_BITS,
    _MORE_GAIN,
) = (np.uint64(LANES * k) for k in range(1, N_LANE_ROWS))
_UNITS, _BITS, _OFFER = (np.uint64(LANES * k) for k in range(1, N_OFFER_ROWS + 1))

_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


@inner_njit(cache=True, nogil=True, error_model="numpy")
def weigh(n, at, to, rate, fixed, slopes, edges, price, toll, limit, lane, row):
    """Fill in profit, units and bits of n lanes at one offer, and who finds it the best so far.

    A cell takes the units u that gain it most: with q the price of a bit (price of the unit / rate + price of
    the bit), it wants the pieces of its demand whose bits are worth more than q, and that many units rounded
    down or up, whichever gains more; the gain is concave in u, so no other number is better. A pair has at least one
    unit: whoever takes none has no joy of the elevation either.
    """
    ceiling, n_steps = _ZERO, len(slopes)
    for k in range(n_steps):
        if slopes[k] > toll:
            ceiling = edges[k]
    for v in range(n):
        lane[_STEPS + np.uint64(v)] = _ZERO
    for k in range(n_steps):
        slope, width = slopes[k] - toll, edges[k] - (edges[k - 1] if k > 0 else _ZERO)
        for v in range(n):
            i = np.uint64(v)
            lane[_STEPS + i] += width if slope * rate[at + i] > price else _ZERO
    for v in range(n):
        i = np.uint64(v)
        demand, speed = lane[i], rate[at + i]
        # Demand that is a whole number of units must not become one more by rounding.
        whole = np.floor(min(lane[_STEPS + i] * demand / speed * np.float32(1.0 - 1e-6), limit))
        above = min(whole + _ONE, limit)
        bits, bits_above = min(whole * speed, ceiling * demand), min(above * speed, ceiling * demand)
        lane[_FEW + i], lane[_FEW_BITS + i], lane[_FEW_GAIN + i] = whole, bits, -price * whole - toll * bits
        lane[_MORE + i], lane[_MORE_BITS + i] = above, bits_above
        lane[_MORE_GAIN + i] = -price * above - toll * bits_above
    for k in range(n_steps):
        drop, edge = slopes[k] - (slopes[k + 1] if k + 1 < n_steps else _ZERO), edges[k]
        for v in range(n):
            i = np.uint64(v)
            lane[_FEW_GAIN + i] += drop * min(lane[_FEW_BITS + i], edge * lane[i])
            lane[_MORE_GAIN + i] += drop * min(lane[_MORE_BITS + i], edge * lane[i])
    for v in range(n):
        i = np.uint64(v)
        is_more = (lane[_MORE_GAIN + i] > lane[_FEW_GAIN + i]) | (lane[_FEW + i] < _ONE)
        row[to + i] = (lane[_MORE_GAIN + i] if is_more else lane[_FEW_GAIN + i]) - fixed[at + i]
        row[to + _UNITS + i] = lane[_MORE + i] if is_more else lane[_FEW + i]
        row[to + _BITS + i] = lane[_MORE_BITS + i] if is_more else lane[_FEW_BITS + i]
    for v in range(n):
        i = np.uint64(v)
        is_best = row[to + i] > lane[_BEST + i]
        lane[_WISHED + i] = row[to + _UNITS + i] if is_best else lane[_WISHED + i]
        lane[_BEST + i] = row[to + i] if is_best else lane[_BEST + i]


@inner_njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def add_shares(n, sats, first, last, warmth, lane, rows, unit_load, bit_load):
    """Add what n lanes ask of the satellites of offers first to last - 1, shared among those nearly as good as best.

    Weights are (1 + x / 8)^8, with x the profit short of the best in warmths: much like exp(x), but it ends. To ask
    for nothing is an offer too.
    """
    warm = np.float32(8.0 * warmth)
    for v in range(n):
        i = np.uint64(v)
        lane[_SCALE + i] = _ONE / (warm * max(lane[_WISHED + i], _ONE))
        nothing = max(_ONE - lane[_BEST + i] * lane[_SCALE + i], _ZERO)
        nothing *= nothing
        nothing *= nothing
        lane[_TOTAL + i] = nothing * nothing
    for o in range(first, last):
        to = _OFFER * np.uint64(o - first)
        for v in range(n):
            i = np.uint64(v)
            weight = max(_ONE + (rows[to + i] - lane[_BEST + i]) * lane[_SCALE + i], _ZERO)
            weight *= weight
            weight *= weight
            rows[to + i] = weight * weight
        for v in range(n):
            i = np.uint64(v)
            lane[_TOTAL + i] += rows[to + i]
    for v in range(n):
        i = np.uint64(v)
        lane[_TOTAL + i] = lane[_STANDS_FOR + i] / lane[_TOTAL + i]
    for o in range(first, last):
        to, of_units, of_bits = _OFFER * np.uint64(o - first), _ZERO, _ZERO
        for v in range(n):
            i = np.uint64(v)
            share = rows[to + i] * lane[_TOTAL + i]
            of_units += share * rows[to + _UNITS + i]
            of_bits += share * rows[to + _BITS + i]
        unit_load[sats[o]] += of_units
        bit_load[sats[o]] += of_bits
