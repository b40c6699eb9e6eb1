"""What a plan of beams is made from, as kernels read it, and what it is after.

Money is counted in units: what one time share of a channel carries at the best elevation. A cell that gets
it has gained 1. A satellite asks a price for each of its units, and one for each bit where its ceiling in
bit/s binds; a cell's profit on a satellite is the worth of what it gets there, less the price, less the
price of a handover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.radio.downlink import bin_of_sine

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 8
"""Pieces of a utility: eighths of a cell's demand."""

MAX_FAIRNESS = 4.0
"""Above it, 32 bits cannot tell the last eighth from nothing: (15)^-4 is 2e-5."""

LANES = 64
"""Most cells of a bin: they are looked at side by side. H3 parents two levels up have 49."""

SCALE_PER_M = 1e-6
"""Positions from the middle of a bin are counted in 1,000 km, which 32 bits resolve to 0.1 m."""


class Cells(NamedTuple):
    """Cells of a world: what does not change in a run. Build it with `market_cells`."""

    first_of_bin: np.ndarray
    """(bin + 1,) The cells of bin b are first_of_bin[b] to first_of_bin[b + 1] - 1."""
    bin: np.ndarray
    """(cell,)"""
    middle_m: np.ndarray
    """(bin, 3) Mean position of the bin's cells, ECEF. [m]"""
    place: np.ndarray
    """(cell, 6), float32: position from the middle [1,000 km], and normal."""
    r_m: np.ndarray
    """(cell, 3) Position, ECEF. [m]"""
    up: np.ndarray
    """(cell, 3) Ellipsoid normal."""
    landing: np.ndarray
    """(cell,) Landing class the cell is planned for, -1 where it may not be served."""
    rate_class: np.ndarray
    """(cell,) Climate and licence class."""


class Sight(NamedTuple):
    """Who sees whom, in this slot and the next."""

    candidates: np.ndarray
    """(bin, width) Satellites of the bin's list, -1 at the end."""
    clear: np.ndarray
    """(cell, word) Bit j of word w: candidate 64 w + j is seen clear of the arc."""
    usable: np.ndarray
    """(bin, landing class, word) Candidates with a permitted path home."""
    next_place: np.ndarray
    """(bin, width) Where the candidate stands in the next slot's list, -1 where it does not."""
    next_clear: np.ndarray
    """(cell, word) As `clear`, in the next slot and by its lists."""
    r_sat_m: np.ndarray
    """(sat, 3) Positions, ECEF. [m]"""


class Goal(NamedTuple):
    """What a plan is after."""

    slope: np.ndarray
    """(step,), float32: worth of a bit in each piece of the demand, not rising."""
    edge: np.ndarray
    """(step,), float32: where the piece ends, as a share of the demand."""
    change: np.float32
    """Price of a handover, as a share of the mean demand of a cell, or of its own where that is less."""
    breaking: np.float32
    """Price of a pair that will not stand in the next slot, likewise."""
    joy: np.float32
    """What the sine of the elevation is worth, as a share of the cell's demand."""


class Terms(NamedTuple):
    """Budgets and rates."""

    rate: np.ndarray
    """(rate class, bin of sine), float32: of a unit, in units of the best; not falling with the sine."""
    units_of_sat: int
    """Units of one satellite."""
    bits_of_sat: float
    """Ceiling of one satellite. [unit]"""
    units_of_cell: int
    """Most units one cell takes from one satellite."""
    mean_demand: float
    """Of the cells that ask for something in the slot. [unit]"""


class Prices(NamedTuple):
    """What satellites ask."""

    unit: np.ndarray
    """(sat,) For each unit."""
    bit: np.ndarray
    """(sat,) For each bit."""


@dataclass(frozen=True)
class Task:
    """One slot to be planned.

    Attributes
    ----------
    cells, sight, goal, terms
        What there is to plan, and what for.
    wanted_bps, demand : (cell,)
        What each cell asks for; 0 where it asks for nothing or may not be served. [bit/s], [unit]
    before : (cell,)
        Satellite of the last plan, -1 where none.
    memory
        Prices of the last plan, None in the first slot.
    next_r_sat_m : (sat, 3)
        Positions in the next slot, ECEF. [m]
    slot_s
        Length of a slot. [s]
    min_elevation_rad
        Lowest elevation of a usable satellite. [rad]
    rng
        For policies that draw.
    unit_bps
        What one unit of the best rate carries. [bit/s]
    """

    cells: Cells
    sight: Sight
    goal: Goal
    terms: Terms
    wanted_bps: NDArray[np.float64]
    demand: NDArray[np.float32]
    before: NDArray[np.int32]
    memory: Prices | None
    next_r_sat_m: NDArray[np.float64]
    slot_s: float
    min_elevation_rad: float
    rng: np.random.Generator
    unit_bps: float


def market_cells(
    first_of_bin: NDArray[np.int64],
    r_cell_m: NDArray[np.float64],
    up_of_cell: NDArray[np.float64],
    landing: NDArray[np.int32],
    rate_class: NDArray[np.int32],
) -> Cells:
    """Return the cells of a world as kernels read them.

    Parameters
    ----------
    first_of_bin : (bin + 1,)
        Cells of each bin, as in `ecumene.sky.grid.Grid`.
    r_cell_m, up_of_cell : (cell, 3)
        Position and ellipsoid normal, ECEF. [m], unit
    landing : (cell,)
        Landing class the cell is planned for, -1 where it may not be served at all.
    rate_class : (cell,)
        Row of the rate table.

    Raises
    ------
    RangeError
        A bin of more than 64 cells: kernels look at no more side by side.
    """
    count = np.diff(first_of_bin)
    if count.max(initial=0) > LANES:
        raise RangeError(f"a bin has {count.max()} cells: must be at most {LANES}; use smaller bins")
    middle_m = np.zeros((len(count), 3))
    np.add.at(middle_m, np.repeat(np.arange(len(count)), count), r_cell_m)
    middle_m /= np.maximum(count, 1)[:, None]
    offset = (r_cell_m - np.repeat(middle_m, count, axis=0)) * SCALE_PER_M
    return Cells(
        first_of_bin=np.asarray(first_of_bin, np.int64),
        bin=np.repeat(np.arange(len(count), dtype=np.int32), count),
        middle_m=middle_m,
        place=np.hstack([offset, up_of_cell]).astype(np.float32),
        r_m=np.ascontiguousarray(r_cell_m, np.float64),
        up=np.ascontiguousarray(up_of_cell, np.float64),
        landing=np.asarray(landing, np.int32),
        rate_class=np.asarray(rate_class, np.int32),
    )


def build_goal(fairness: float, *, change: float, breaking: float, joy: float) -> Goal:
    """Return what a plan is after.

    Parameters
    ----------
    fairness
        0 counts bits, whoever gets them; 1 is proportional fairness; the larger, the more the first eighths
        of a cell's demand outweigh the last ones. 0 to 4.
    change, breaking
        Prices of a handover and of a pair that will not stand in the next slot, as shares of the mean demand
        of a cell, or of the cell's own where that is less.
    joy
        What the sine of the elevation is worth, as a share of the cell's demand.

    Returns
    -------
    goal
        Utility in pieces.

    Raises
    ------
    RangeError
        A fairness out of range, or a price below 0.

    Notes
    -----
    The utility of a cell with demand D that gets y is D phi(y / D), with phi(0) = 0, phi(1) = 1, concave and
    linear in each eighth; its slope there is that of the alpha-fair utility in the eighth's middle,
    ((2k + 1) / 16)^-alpha, k = 0 to 7, divided by the mean slope. With alpha = 0 it is y itself.

    References
    ----------
    Mo and Walrand, IEEE/ACM Trans. Networking 8 (2000) 556, definition of (p, alpha) fairness.
    """
    if not 0.0 <= fairness <= MAX_FAIRNESS:
        raise RangeError(f"fairness = {fairness:g}: must be between 0 and {MAX_FAIRNESS:g}")
    if min(change, breaking, joy) < 0.0:
        raise RangeError(f"prices {change:g}, {breaking:g}, {joy:g}: must be 0 or more")
    n = STEPS if fairness > 0.0 else 1
    slope = (2.0 * np.arange(n) + 1.0) ** -fairness
    return Goal(
        slope=(slope / slope.mean()).astype(np.float32),
        edge=((np.arange(n) + 1.0) / n).astype(np.float32),
        change=np.float32(change),
        breaking=np.float32(breaking),
        joy=np.float32(joy),
    )


@intrinsic
def lowest_bit(typing_context, word):
    """Return the place of the lowest set bit of a word that is not 0: one instruction."""
    del typing_context, word

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def n_bits(typing_context, word):
    """Return how many bits of a word are set."""
    del typing_context, word

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@njit(cache=True, nogil=True, inline="always")
def worth(bits, demand, goal):
    """Return what bits are worth to a cell."""
    value, done = 0.0, 0.0
    for k in range(len(goal.slope)):
        limit = goal.edge[k] * demand
        value += goal.slope[k] * max(min(bits, limit) - done, 0.0)
        done = limit
    return value


@njit(cache=True, nogil=True, inline="always")
def most_units(demand, rate, terms):
    """Return the units a cell takes at most."""
    if rate <= 0.0:
        return 0
    return min(int(np.ceil(demand / rate - 1e-6)), terms.units_of_cell)


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def sine_of(c, s, cells, r_sat_m):
    """Return the sine of the elevation of satellite s at cell c."""
    dx = r_sat_m[s, 0] - cells.r_m[c, 0]
    dy = r_sat_m[s, 1] - cells.r_m[c, 1]
    dz = r_sat_m[s, 2] - cells.r_m[c, 2]
    height = dx * cells.up[c, 0] + dy * cells.up[c, 1] + dz * cells.up[c, 2]
    return height / np.sqrt(dx * dx + dy * dy + dz * dz)


@njit(cache=True, nogil=True, inline="always")
def rate_at(c, sine, cells, terms):
    """Return the rate of a unit at cell c, in units of the best."""
    return float(terms.rate[cells.rate_class[c], bin_of_sine(sine, terms.rate.shape[1])])


@njit(cache=True, nogil=True, inline="always")
def opens(c, b, w, cells, sight):
    """Return word w of the candidates cell c of bin b may use."""
    k = cells.landing[c]
    return sight.clear[c, w] & sight.usable[b, k, w] if k >= 0 else np.uint64(0)


@njit(cache=True, nogil=True, inline="always")
def fixed_price(is_change, stands, sine, demand, mean_demand, change, breaking, joy):
    """Return what is taken off the worth of a pair whatever flows: handovers, less the joy of elevation.

    Plain numbers, not tuples: numba counts references at every call that is given a tuple of arrays.
    """
    price = (change if is_change else 0.0) + (0.0 if stands else breaking)
    return min(demand, mean_demand) * price - demand * joy * sine


@njit(cache=True, nogil=True, inline="always")
def lasts(c, b, j, sight):
    """Return whether cell c still sees candidate j of its bin b in the next slot."""
    i = sight.next_place[b, j]
    if i < 0:
        return False
    return (sight.next_clear[c, i >> 6] >> np.uint64(i & 63)) & np.uint64(1) == np.uint64(1)


@inner_njit(cache=True, nogil=True)
def mark_places(candidates, place_of_sat):
    """Note where each satellite stands in a bin's list; `clear_places` forgets it."""
    for j in range(len(candidates)):
        if candidates[j] < 0:
            break
        place_of_sat[candidates[j]] = j


@inner_njit(cache=True, nogil=True)
def clear_places(candidates, place_of_sat):
    """Forget what `mark_places` noted."""
    for j in range(len(candidates)):
        if candidates[j] < 0:
            break
        place_of_sat[candidates[j]] = -1
