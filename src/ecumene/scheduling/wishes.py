"""What cells wish of satellites at their prices, and what each gets of the one chosen for it.

A satellite that is wished for beyond its units or its ceiling gives up what is worth least there: last units that are
hardly filled, last bits of demands that are nearly met. So it loses a little of many cells, not all of one.
"""

from __future__ import annotations

import numpy as np

from ecumene.kernels import njit
from ecumene.scheduling.market import fixed_price, lasts, rate_at, sine_of, worth

TINY = 1e-9
"""Bits that count as none. [unit]"""


@njit(cache=True, nogil=True, inline="always")
def wish_of(demand, rate, price, toll, goal, terms):
    """Return the units, one at least, and bits that gain a cell most on a satellite of these prices."""
    steps, ceiling, done = 0.0, 0.0, 0.0
    for k in range(len(goal.slope)):
        edge = float(goal.edge[k])
        if (goal.slope[k] - toll) * rate > price:
            steps += edge - done
        if goal.slope[k] > toll:
            ceiling = edge
        done = edge
    few = min(int(np.floor(steps * demand / rate * (1.0 - 1e-6))), terms.units_of_cell)
    more = min(few + 1, terms.units_of_cell)
    few_bits, more_bits = min(few * rate, ceiling * demand), min(more * rate, ceiling * demand)
    is_more = few < 1
    if not is_more:
        gain = worth(more_bits, demand, goal) - worth(few_bits, demand, goal)
        is_more = gain > price * (more - few) + toll * (more_bits - few_bits)
    return (more, more_bits) if is_more else (few, few_bits)


@njit(cache=True, nogil=True, inline="always")
def put(c, s, units, bits, lights):
    """Light cell c by so many units and bits of satellite s, which has them."""
    lights.sat[c], lights.units[c], lights.bits[c] = s, units, bits
    lights.room[s] -= units
    lights.left[s] -= bits


@njit(cache=True, nogil=True)
def share_out(order, first, prices, before, cells, sight, goal, terms, demand, lights):
    """Light cells by the satellites chosen for them: each by what it wishes, as far as there is enough for all.

    order, first: the cells of satellite s are order[first[s]] to order[first[s + 1] - 1].
    """
    most = np.diff(first).max()
    rate, fixed, wants = np.empty(most), np.empty(most), np.empty(most)
    units, bits = np.empty(most, np.int64), np.empty(most)
    for s in range(len(lights.room)):
        n, over, over_bits = first[s + 1] - first[s], -lights.room[s], -lights.left[s]
        for i in range(n):
            c = order[first[s] + i]
            b, j = cells.bin[c], 0
            while sight.candidates[b, j] != s:
                j += 1
            sine, wants[i] = sine_of(c, s, cells, sight.r_sat_m), float(demand[c])
            rate[i] = rate_at(c, sine, cells, terms)
            fixed[i] = fixed_price(
                before[c] >= 0 and before[c] != s, lasts(c, b, j, sight), sine, wants[i], terms.mean_demand,
                goal.change, goal.breaking, goal.joy,
            )  # fmt: skip
            units[i], bits[i] = wish_of(wants[i], rate[i], prices.unit[s], prices.bit[s], goal, terms)
            over += units[i]
            over_bits += bits[i]
        while over > 0:
            over_bits -= _cut_unit(n, prices.bit[s], goal, wants, rate, fixed, units, bits)
            over -= 1
        while over_bits > TINY:
            over_bits -= _cut_bits(n, over_bits, prices.unit[s], goal, wants, rate, fixed, units, bits)
        for i in range(n):
            if units[i] > 0 and bits[i] > TINY:
                put(order[first[s] + i], s, units[i], bits[i], lights)


@njit(cache=True, nogil=True, inline="always")
def _cut_unit(n, toll, goal, wants, rate, fixed, units, bits):
    """Take one unit from the cell that loses least by it; return the bits that went with it."""
    least, at = np.inf, 0
    for i in range(n):
        if units[i] > 0:
            kept = min(bits[i], (units[i] - 1) * rate[i])
            loss = worth(bits[i], wants[i], goal) - worth(kept, wants[i], goal) - toll * (bits[i] - kept)
            loss -= fixed[i] if units[i] == 1 else 0.0
            if loss < least:
                least, at = loss, i
    kept = min(bits[at], (units[at] - 1) * rate[at])
    gone = bits[at] - kept
    units[at] -= 1
    bits[at] = kept
    return gone


@njit(cache=True, nogil=True, inline="always")
def _cut_bits(n, over, price, goal, wants, rate, fixed, units, bits):
    """Take bits, so many at most, from the end of the demand that loses least a bit; return how many went."""
    least, at, gone = np.inf, -1, 0.0
    for i in range(n):
        if bits[i] <= 0.0:
            continue
        k = 0
        while k + 1 < len(goal.slope) and goal.edge[k] * wants[i] < bits[i] - TINY:
            k += 1
        before_unit = (units[i] - 1) * rate[i]
        low = max(before_unit, goal.edge[k - 1] * wants[i] if k > 0 else 0.0)
        step = min(bits[i] - low, over)
        loss = goal.slope[k] * step
        if bits[i] - step <= before_unit + TINY:
            loss -= price + (fixed[i] if units[i] == 1 else 0.0)
        if loss < least * step or at < 0:
            least, at, gone = loss / max(step, TINY), i, step
    if at < 0:
        return over
    bits[at] -= gone
    if bits[at] <= (units[at] - 1) * rate[at] + TINY:
        units[at] -= 1
    return max(gone, TINY)
