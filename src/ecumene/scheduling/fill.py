"""Turning a choice of satellites into beams: exact rates, ceilings, and what is left to whom it brings most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecumene.kernels import njit
from ecumene.scheduling.flow import hide, show
from ecumene.scheduling.market import (
    clear_places,
    fixed_price,
    lasts,
    lowest_bit,
    mark_places,
    most_units,
    opens,
    rate_at,
    sine_of,
    worth,
)
from ecumene.scheduling.wishes import TINY, put, wish_of

LITTLE = 1e-4
"""Profit not worth looking for, as a share of what a cell asks for."""


class Lights(NamedTuple):
    """Which satellite lights which cell, and what is left of the satellites."""

    sat: np.ndarray
    """(cell,) -1 where none."""
    units: np.ndarray
    """(cell,)"""
    bits: np.ndarray
    """(cell,) What the cell gets. [unit]"""
    room: np.ndarray
    """(sat,) Units left."""
    left: np.ndarray
    """(sat,) Bits left. [unit]"""


def no_lights(n_cells: int, n_sats: int, units_of_sat: int, bits_of_sat: float) -> Lights:
    """Return a dark planet."""
    return Lights(
        sat=np.full(n_cells, -1, np.int32),
        units=np.zeros(n_cells, np.int32),
        bits=np.zeros(n_cells, np.float64),
        room=np.full(n_sats, units_of_sat, np.int32),
        left=np.full(n_sats, bits_of_sat, np.float64),
    )


@njit(cache=True, nogil=True, inline="always")
def light(c, s, units, cells, sight, terms, demand, lights):
    """Light cell c by so many units of satellite s, as far as room and ceiling go; return the bits."""
    rate = rate_at(c, sine_of(c, s, cells, sight.r_sat_m), cells, terms)
    units = min(units, lights.room[s], most_units(demand[c], rate, terms))
    bits = min(units * rate, demand[c], lights.left[s])
    if units < 1 or bits <= TINY:
        return 0.0
    put(c, s, units, bits, lights)
    return bits


@njit(cache=True, nogil=True)
def light_all(order, sat, units, cells, sight, terms, demand, lights):
    """Light cells, in this order, by the satellites chosen for them."""
    for c in order:
        light(c, sat[c], units[c], cells, sight, terms, demand, lights)


@njit(cache=True, nogil=True, inline="always")
def darken(c, lights):
    """Take the light of cell c away."""
    s = lights.sat[c]
    lights.room[s] += lights.units[c]
    lights.left[s] += lights.bits[c]
    lights.sat[c], lights.units[c], lights.bits[c] = -1, 0, 0.0


@njit(cache=True, nogil=True, inline="always")
def price_of_pair(c, s, before, cells, sight, goal, terms, demand):
    """Return what is taken off the worth of what satellite s brings cell c."""
    b, j = cells.bin[c], 0
    while sight.candidates[b, j] != s:
        j += 1
    return fixed_price(
        before[c] >= 0 and before[c] != s, lasts(c, b, j, sight), sine_of(c, s, cells, sight.r_sat_m),
        float(demand[c]), terms.mean_demand, goal.change, goal.breaking, goal.joy,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def drop_losses(before, cells, sight, goal, terms, demand, lights):
    """Darken cells that get less than what their handover costs: a ceiling may have left them a trifle."""
    for c in range(len(demand)):
        if lights.sat[c] < 0:
            continue
        gain = worth(lights.bits[c], demand[c], goal)
        if gain >= min(demand[c], terms.mean_demand) * (goal.change + goal.breaking):
            continue
        if gain < price_of_pair(c, lights.sat[c], before, cells, sight, goal, terms, demand):
            darken(c, lights)


@njit(cache=True, nogil=True, inline="always")
def _has_some(s, lights):
    return lights.room[s] > 0 and lights.left[s] > TINY


@njit(cache=True, nogil=True)
def fill(order, pays, hope, prices, before, cells, sight, goal, terms, demand, lights, listings):
    """Give what is left to cells, in this order: to each what gains it most, prices of units and bits taken off.

    A cell that holds something may change for something better. Where cells pay, they take what they wish at these
    prices, and only if it pays more than what they have; hope is what each can gain so at most, and those that have it
    need not look. Otherwise prices only rank: as much as can be had is taken, for what is left is lost otherwise.
    """
    first, bins, places = listings.first, listings.bin, listings.place
    masks = np.zeros((sight.candidates.shape[0], 1, sight.clear.shape[1]), np.uint64)
    for s in range(len(lights.room)):
        if _has_some(s, lights):
            show(s, 0, first, bins, places, masks)
    for c in order:
        b, held, want = cells.bin[c], lights.sat[c], float(demand[c])
        ways = lights.left[held] > TINY if held >= 0 else False
        for w in range(sight.clear.shape[1]):
            ways |= opens(c, b, w, cells, sight) & masks[b, 0, w] != np.uint64(0)
        if not ways:
            continue
        old_gain, old_profit, old_units, old_bits = 0.0, 0.0, 0, 0.0
        if held >= 0:
            if lights.bits[c] >= want * (1.0 - 1e-6) or lights.units[c] >= terms.units_of_cell:
                continue
            old_units, old_bits = lights.units[c], lights.bits[c]
            old_gain = worth(old_bits, want, goal) - price_of_pair(
                c, held, before, cells, sight, goal, terms, demand
            )
            old_profit = old_gain - prices.unit[held] * old_units - prices.bit[held] * old_bits
            if pays and old_profit >= hope[c] - LITTLE * want:
                continue
            if not _has_some(held, lights):
                show(held, 0, first, bins, places, masks)
            darken(c, lights)
        best, best_s, best_units, best_bits = old_profit if pays else -np.inf, held, old_units, old_bits
        for w in range(sight.clear.shape[1]):
            word = opens(c, b, w, cells, sight) & masks[b, 0, w]
            while word != np.uint64(0):
                j = 64 * w + lowest_bit(word)
                word &= word - np.uint64(1)
                s = sight.candidates[b, j]
                sine = sine_of(c, s, cells, sight.r_sat_m)
                rate = rate_at(c, sine, cells, terms)
                units = min(lights.room[s], most_units(demand[c], rate, terms))
                if units < 1:
                    continue
                bits = min(want, lights.left[s])
                if pays:
                    wish, wish_bits = wish_of(want, rate, prices.unit[s], prices.bit[s], goal, terms)
                    units, bits = min(units, wish), min(wish_bits, bits)
                bits = min(bits, units * rate)
                gain = worth(bits, want, goal) - fixed_price(
                    before[c] >= 0 and before[c] != s, lasts(c, b, j, sight), sine, want, terms.mean_demand,
                    goal.change, goal.breaking, goal.joy,
                )  # fmt: skip
                profit = gain - prices.unit[s] * units - prices.bit[s] * bits
                if bits > TINY and gain > old_gain + TINY and profit > best:
                    best, best_s, best_units, best_bits = profit, s, units, bits
        if best_s >= 0:
            put(c, best_s, best_units, best_bits, lights)
            if not _has_some(best_s, lights):
                hide(best_s, 0, first, bins, places, masks)


@njit(cache=True, nogil=True)
def objective_of(before, cells, sight, goal, terms, demand, lights):
    """Return the worth of a plan less the prices of its handovers, kept cells, handovers, forced ones."""
    total, n_kept, n_handovers, n_forced = 0.0, 0, 0, 0
    place_of_sat = np.full(len(lights.room), -1, np.int32)
    for b in range(len(cells.first_of_bin) - 1):
        mark_places(sight.candidates[b], place_of_sat)
        for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
            if not demand[c] > 0.0:
                continue
            s, last = lights.sat[c], before[c]
            if last >= 0:
                j = place_of_sat[last]
                is_open = (
                    j >= 0 and (opens(c, b, j >> 6, cells, sight) >> np.uint64(j & 63)) & np.uint64(1) != 0
                )
                n_forced += not is_open
                n_kept += s == last
                n_handovers += s >= 0 and s != last
            if s < 0:
                continue
            sine = sine_of(c, s, cells, sight.r_sat_m)
            total += worth(lights.bits[c], demand[c], goal)
            total -= fixed_price(
                last >= 0 and last != s, lasts(c, b, place_of_sat[s], sight), sine, float(demand[c]),
                terms.mean_demand, goal.change, goal.breaking, goal.joy,
            )  # fmt: skip
        clear_places(sight.candidates[b], place_of_sat)
    return total, n_kept, n_handovers, n_forced
