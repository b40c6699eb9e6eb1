"""Which satellite serves which cell with how many channel-shares, for one slot.

The unit of a plan is one time share of one channel. A satellite has ``user_beams x time_shares`` units and
a ceiling in bit/s; a cell is served by one satellite at a time (so Nco = 1 holds by construction) with at
most ``channels x time_shares`` units.

The plan is built greedily: cells are settled largest demand first, and among equals fewest satellites first.
A cell keeps its satellite while the pair will stand in the next slot too and there is room; otherwise it gets
the satellite with the least demand still pressing on it per unit left ("dynamic pressure"), of those whose
pair will still stand in the next slot first (look-ahead), which avoids most forced handovers.

The plan states an upper bound from a cut, so that its distance from the best possible plan is known; the
bound takes every satellite at its best rate and pools the units of the full ones, and is therefore loose.

Left out here: frequency colouring between neighbouring cells, the interference of beams on each other, more
than one satellite a cell (a key ``nco`` above 1 changes nothing yet), and exact optimisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecumene.radio.downlink import bin_of_sine

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Beams:
    """What a satellite may spend and a cell may take.

    Attributes
    ----------
    units_per_satellite
        Channel-shares of one satellite in a slot.
    units_per_cell
        Most channel-shares one cell can be lit with.
    shares_per_channel
        Time shares a channel is cut into.
    capacity_bps
        Ceiling of one satellite. [bit/s]
    """

    units_per_satellite: int
    units_per_cell: int
    shares_per_channel: int
    capacity_bps: float


@dataclass(frozen=True)
class Plan:
    """The beams of one slot.

    Attributes
    ----------
    sat_of_cell : (cell,)
        Serving satellite, -1 where none.
    units_of_cell : (cell,)
        Channel-shares the cell is lit with.
    planned_bps : (cell,)
        Traffic the beams can carry for the cell, at most its demand. [bit/s]
    is_full : (sat,)
        No unit left.
    n_kept, n_handovers, n_forced
        Cells that kept their satellite; that changed it; that had to (their pair no longer stood).
    served_bps, upper_bound_bps
        Sum of planned_bps, and what no plan of this slot can exceed. [bit/s]
    """

    sat_of_cell: NDArray[np.int32]
    units_of_cell: NDArray[np.int16]
    planned_bps: NDArray[np.float64]
    is_full: NDArray[np.bool_]
    n_kept: int
    n_handovers: int
    n_forced: int
    served_bps: float
    upper_bound_bps: float


def usable_of_bins(
    candidates_of_bin: NDArray[np.int32], is_usable: NDArray[np.bool_], n_words: int
) -> NDArray[np.uint64]:
    """Return for every bin and landing class the candidates with a permitted path home, as bit masks.

    Parameters
    ----------
    candidates_of_bin : (bin, width)
        Satellites of each bin's candidate list, -1 at the end.
    is_usable : (class, sat)
        The satellite has a path to a PoP permitted to the class.
    n_words
        Words of a mask.

    Returns
    -------
    usable_of_bin : (bin, class, word)
        Bit j of word w stands for candidate 64 w + j.
    """
    words: NDArray[np.uint64] = _usable_of_bins(candidates_of_bin, is_usable, n_words)
    return words


def assign_beams(
    *,
    beams: Beams,
    candidates_of_bin: NDArray[np.int32],
    clear_of_cell: NDArray[np.uint64],
    next_candidates_of_bin: NDArray[np.int32],
    next_clear_of_cell: NDArray[np.uint64],
    bin_of_cell: NDArray[np.int32],
    usable_of_bin: NDArray[np.uint64],
    class_of_cell: NDArray[np.int32],
    wanted_bps: NDArray[np.float64],
    r_cell_m: NDArray[np.float64],
    up_of_cell: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    channel_rate_bps: NDArray[np.float64],
    rate_class_of_cell: NDArray[np.int32],
    before: NDArray[np.int32] | None = None,
) -> Plan:
    """Plan the beams of one slot.

    Parameters
    ----------
    beams
        Budgets of satellites and cells.
    candidates_of_bin, next_candidates_of_bin : (bin, width)
        Candidate satellites of each bin in this slot and the next; -1 at the end.
    clear_of_cell, next_clear_of_cell : (cell, word)
        Which candidates the cell sees clear of the geostationary arc, in this slot and the next.
    bin_of_cell : (cell,)
        Bin of each cell.
    usable_of_bin : (bin, class, word)
        Candidates with a permitted path home (`usable_of_bins`).
    class_of_cell : (cell,)
        Landing class the cell is planned for, -1 where it may not be served at all.
    wanted_bps : (cell,)
        Demand of the cell's permitted rows. [bit/s]
    r_cell_m, up_of_cell : (cell, 3)
        Position and ellipsoid normal, ECEF. [m], unit
    r_sat_m : (sat, 3)
        Positions, ECEF. [m]
    channel_rate_bps : (rate class, bin of sin elevation)
        Rate of a whole channel by climate and licence class and the sine of the elevation, equal bins from
        0 to 1 (`ecumene.radio.downlink.RateTable`). [bit/s]
    rate_class_of_cell : (cell,)
        Climate and licence class of each cell.
    before : (cell,), optional
        Satellites of the last plan.

    Returns
    -------
    plan
        With its own upper bound.
    """
    n_cells, n_sats = len(bin_of_cell), len(r_sat_m)
    last = np.full(n_cells, -1, np.int32) if before is None else before
    next_index = _next_index(candidates_of_bin, next_candidates_of_bin, n_sats)
    unit_rate_bps = channel_rate_bps / beams.shares_per_channel
    sat_of_cell, units_of_cell, planned_bps, room, counts = _plan(
        candidates_of_bin, clear_of_cell, next_index, next_clear_of_cell, bin_of_cell, usable_of_bin,
        class_of_cell, wanted_bps, r_cell_m, up_of_cell, r_sat_m, unit_rate_bps,
        rate_class_of_cell, last,
        beams.units_per_satellite, beams.units_per_cell, beams.capacity_bps,
    )  # fmt: skip
    is_full = room <= 0
    is_open, is_able = _sees_room(
        candidates_of_bin, clear_of_cell, bin_of_cell, usable_of_bin, class_of_cell, is_full
    )
    bound_bps = _cut_bound(
        wanted_bps, is_open, is_able & ~is_open, int(is_full.sum()), float(unit_rate_bps.max()), beams
    )
    return Plan(
        sat_of_cell=sat_of_cell,
        units_of_cell=units_of_cell,
        planned_bps=planned_bps,
        is_full=is_full,
        n_kept=int(counts[0]),
        n_handovers=int(counts[1]),
        n_forced=int(counts[2]),
        served_bps=float(planned_bps.sum()),
        upper_bound_bps=bound_bps,
    )


@njit(cache=True, nogil=True)
def _usable_of_bins(candidates_of_bin, is_usable, n_words):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n_bins, width = candidates_of_bin.shape
    n_classes = is_usable.shape[0]
    usable = np.zeros((n_bins, n_classes, n_words), np.uint64)
    for b in range(n_bins):
        for j in range(width):
            s = candidates_of_bin[b, j]
            if s < 0:
                break
            bit = np.uint64(1) << np.uint64(j & 63)
            for k in range(n_classes):
                if is_usable[k, s]:
                    usable[b, k, j >> 6] |= bit
    return usable


@njit(cache=True, nogil=True)
def _next_index(candidates_of_bin, next_candidates_of_bin, n_sats):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return where each candidate stands in the next slot's list of the same bin, -1 where it does not."""
    n_bins, width = candidates_of_bin.shape
    next_width = next_candidates_of_bin.shape[1]
    place_of_sat = np.full(n_sats, -1, np.int32)
    index = np.full((n_bins, width), -1, np.int32)
    for b in range(n_bins):
        for j in range(next_width):
            s = next_candidates_of_bin[b, j]
            if s < 0:
                break
            place_of_sat[s] = j
        for j in range(width):
            s = candidates_of_bin[b, j]
            if s < 0:
                break
            index[b, j] = place_of_sat[s]
        for j in range(next_width):
            s = next_candidates_of_bin[b, j]
            if s < 0:
                break
            place_of_sat[s] = -1
    return index


@njit(cache=True, nogil=True)
def _lowest_bit(word):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the place of the lowest set bit of a word that is not 0."""
    place = 0
    if word & np.uint64(0xFFFFFFFF) == np.uint64(0):
        place += 32
        word >>= np.uint64(32)
    if word & np.uint64(0xFFFF) == np.uint64(0):
        place += 16
        word >>= np.uint64(16)
    if word & np.uint64(0xFF) == np.uint64(0):
        place += 8
        word >>= np.uint64(8)
    if word & np.uint64(0xF) == np.uint64(0):
        place += 4
        word >>= np.uint64(4)
    if word & np.uint64(0x3) == np.uint64(0):
        place += 2
        word >>= np.uint64(2)
    if word & np.uint64(0x1) == np.uint64(0):
        place += 1
    return place


@njit(cache=True, nogil=True)
def _unit_rate(c, s, r_cell_m, up_of_cell, r_sat_m, unit_rate_bps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the rate of one channel-share from satellite s to cell c."""
    dx = r_sat_m[s, 0] - r_cell_m[c, 0]
    dy = r_sat_m[s, 1] - r_cell_m[c, 1]
    dz = r_sat_m[s, 2] - r_cell_m[c, 2]
    height = dx * up_of_cell[c, 0] + dy * up_of_cell[c, 1] + dz * up_of_cell[c, 2]
    sine = height / np.sqrt(dx * dx + dy * dy + dz * dz)
    return unit_rate_bps[bin_of_sine(sine, len(unit_rate_bps))]


@njit(cache=True, nogil=True)
def _lasts(next_clear_of_cell, next_index, c, b, j):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return whether cell c still sees candidate j of its bin in the next slot."""
    i = next_index[b, j]
    if i < 0:
        return False
    return (next_clear_of_cell[c, i >> 6] >> np.uint64(i & 63)) & np.uint64(1) == np.uint64(1)


@njit(cache=True, nogil=True)
def _claim(c, s, wanted, rate, room, left_bps, max_units, units_of_cell, planned_bps, sat_of_cell):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give cell c what it wants of satellite s, as far as it goes."""
    units = min(int(np.ceil(wanted / rate)), max_units, room[s])
    granted = min(wanted, units * rate, left_bps[s])
    units_of_cell[c] = units
    planned_bps[c] = granted
    sat_of_cell[c] = s
    room[s] -= units
    left_bps[s] -= granted
    if left_bps[s] <= 0.0:
        room[s] = 0


@njit(cache=True, nogil=True)
def _order(wanted_bps, most_bps, degree, is_waiting):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return waiting cells, largest demand first, then fewest satellites; a counting sort, stable.

    Demand is compared in steps of a quarter octave, 16 octaves down from the most a cell can be lit with.
    """
    n_levels, n_degrees = 64, 128
    key = np.zeros(len(wanted_bps), np.int64)
    count = np.zeros(n_levels * n_degrees + 1, np.int64)
    for c in range(len(wanted_bps)):
        if is_waiting[c]:
            level = min(max(int(4.0 * np.log2(most_bps / wanted_bps[c])), 0), n_levels - 1)
            key[c] = level * n_degrees + min(degree[c], n_degrees - 1)
            count[key[c] + 1] += 1
    for k in range(1, len(count)):
        count[k] += count[k - 1]
    order = np.empty(count[-1], np.int64)
    for c in range(len(wanted_bps)):
        if is_waiting[c]:
            order[count[key[c]]] = c
            count[key[c]] += 1
    return order


@njit(cache=True, nogil=True)
def _plan(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912, PLR0915
    candidates_of_bin, clear_of_cell, next_index, next_clear_of_cell, bin_of_cell, usable_of_bin,  # noqa: ANN001
    class_of_cell, wanted_bps, r_cell_m, up_of_cell, r_sat_m, unit_rate_bps,  # noqa: ANN001
    rate_class_of_cell, before,  # noqa: ANN001
    units_per_satellite, units_per_cell, capacity_bps,  # noqa: ANN001
):  # fmt: skip
    n_cells, n_sats, n_words = len(bin_of_cell), len(r_sat_m), clear_of_cell.shape[1]
    best_rate = unit_rate_bps.max()
    sat_of_cell = np.full(n_cells, -1, np.int32)
    units_of_cell = np.zeros(n_cells, np.int16)
    planned_bps = np.zeros(n_cells, np.float64)
    units_wanted = np.zeros(n_cells, np.int32)
    degree = np.zeros(n_cells, np.int32)
    is_waiting = np.zeros(n_cells, np.bool_)
    can_keep = np.zeros(n_cells, np.bool_)
    room = np.full(n_sats, units_per_satellite, np.int64)
    left_bps = np.full(n_sats, capacity_bps, np.float64)
    place_of_sat = np.full(n_sats, -1, np.int32)
    n_forced = 0

    # Which cells ask, how many satellites each could use, and whether its last one is among them.
    last_bin = -1
    for c in range(n_cells):
        b, k = bin_of_cell[c], class_of_cell[c]
        if k < 0 or wanted_bps[c] <= 0.0:
            continue
        if b != last_bin:
            if last_bin >= 0:
                for j in range(candidates_of_bin.shape[1]):
                    s = candidates_of_bin[last_bin, j]
                    if s < 0:
                        break
                    place_of_sat[s] = -1
            for j in range(candidates_of_bin.shape[1]):
                s = candidates_of_bin[b, j]
                if s < 0:
                    break
                place_of_sat[s] = j
            last_bin = b
        n = 0
        for w in range(n_words):
            word = clear_of_cell[c, w] & usable_of_bin[b, k, w]
            while word != np.uint64(0):
                word &= word - np.uint64(1)
                n += 1
        degree[c] = n
        is_waiting[c] = n > 0
        units_wanted[c] = max(1, min(units_per_cell, int(np.ceil(wanted_bps[c] / best_rate))))
        if before[c] >= 0:
            j = place_of_sat[before[c]]
            if j >= 0:
                word = clear_of_cell[c, j >> 6] & usable_of_bin[b, k, j >> 6]
                can_keep[c] = (word >> np.uint64(j & 63)) & np.uint64(1) == np.uint64(1)
            if not can_keep[c]:
                n_forced += 1
            elif not _lasts(next_clear_of_cell, next_index, c, b, j):
                can_keep[c] = False  # it breaks in the next slot: look for one that lasts while there is time

    # Demand still to be settled presses on the satellites that could take it: that of a cell which can keep its
    # satellite on this one alone, that of any other cell evenly on all it sees.
    order = _order(wanted_bps, best_rate * units_per_cell, degree, is_waiting)
    pressure = np.zeros(n_sats, np.float64)
    for c in order:
        if can_keep[c]:
            pressure[before[c]] += units_wanted[c]
            continue
        b, k, push = bin_of_cell[c], class_of_cell[c], units_wanted[c] / degree[c]
        for w in range(n_words):
            word = clear_of_cell[c, w] & usable_of_bin[b, k, w]
            while word != np.uint64(0):
                pressure[candidates_of_bin[b, 64 * w + _lowest_bit(word)]] += push
                word &= word - np.uint64(1)

    # Settle, largest demand first.
    n_kept, n_handovers = 0, 0
    for c in order:
        b, k, best = bin_of_cell[c], class_of_cell[c], -1
        push = 0.0 if can_keep[c] else units_wanted[c] / degree[c]
        if can_keep[c]:
            pressure[before[c]] -= units_wanted[c]
            if room[before[c]] > 0:
                best = before[c]
        if best < 0:
            best_rank, best_load = -1, np.inf
            for w in range(n_words):
                word = clear_of_cell[c, w] & usable_of_bin[b, k, w]
                while word != np.uint64(0):
                    j = 64 * w + _lowest_bit(word)
                    word &= word - np.uint64(1)
                    s = candidates_of_bin[b, j]
                    pressure[s] -= push
                    if room[s] <= 0:
                        continue
                    rank = (
                        2 if _lasts(next_clear_of_cell, next_index, c, b, j) else 1 if s == before[c] else 0
                    )
                    load = pressure[s] / room[s]
                    if rank > best_rank or (rank == best_rank and load < best_load):
                        best, best_rank, best_load = s, rank, load
        if best < 0:
            continue
        rate = _unit_rate(c, best, r_cell_m, up_of_cell, r_sat_m, unit_rate_bps[rate_class_of_cell[c]])
        if rate > 0.0:
            _claim(
                c,
                best,
                wanted_bps[c],
                rate,
                room,
                left_bps,
                units_per_cell,
                units_of_cell,
                planned_bps,
                sat_of_cell,
            )
            n_kept += before[c] == best
            n_handovers += before[c] >= 0 and before[c] != best
    return sat_of_cell, units_of_cell, planned_bps, room, (n_kept, n_handovers, n_forced)


def _cut_bound(
    wanted_bps: NDArray[np.float64],
    is_open: NDArray[np.bool_],
    is_closed: NDArray[np.bool_],
    n_full: int,
    best_rate_bps: float,
    beams: Beams,
) -> float:
    """Return a bound from the cut {full satellites} | {cells that see another one}.

    Whatever the plan, a cell outside the cut takes at most its demand, and all other cells together take at
    most the units of the full satellites. A cell's units bring the best rate each, but its last one only
    what is left of its demand; the bound takes the most valuable units there are. It holds for any set of
    satellites, hence also for this one.
    """
    most_bps = np.minimum(wanted_bps, beams.units_per_cell * best_rate_bps)
    open_bps = float(most_bps[is_open].sum())
    whole, rest_bps = np.divmod(most_bps[is_closed], best_rate_bps)
    n_units, n_whole = n_full * beams.units_per_satellite, int(whole.sum())
    n_rests = min(max(n_units - n_whole, 0), len(rest_bps))
    rests_bps = (
        np.partition(rest_bps, len(rest_bps) - n_rests)[len(rest_bps) - n_rests :] if n_rests else np.zeros(1)
    )
    closed_bps = min(n_whole, n_units) * best_rate_bps + float(rests_bps.sum())
    return open_bps + min(closed_bps, n_full * beams.capacity_bps)


@njit(cache=True, nogil=True)
def _sees_room(candidates_of_bin, clear_of_cell, bin_of_cell, usable_of_bin, class_of_cell, is_full):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return which cells could use a satellite with room, and which could use one at all."""
    n_cells = len(bin_of_cell)
    is_open, is_able = np.zeros(n_cells, np.bool_), np.zeros(n_cells, np.bool_)
    for c in range(n_cells):
        b, k = bin_of_cell[c], class_of_cell[c]
        if k < 0:
            continue
        for w in range(clear_of_cell.shape[1]):
            word = clear_of_cell[c, w] & usable_of_bin[b, k, w]
            while word != np.uint64(0) and not is_open[c]:
                is_able[c] = True
                is_open[c] = not is_full[candidates_of_bin[b, 64 * w + _lowest_bit(word)]]
                word &= word - np.uint64(1)
    return is_open, is_able
