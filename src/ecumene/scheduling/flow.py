"""Units flowing from cells to satellites over pairs given as bit masks: as many as can be, by augmenting paths.

The state is a list of (cell, units) for each satellite. Satellites with room are at level 0; a full satellite
of which some cell could move to a satellite of level k is at level k + 1. A unit that cannot find room pushes
others along falling levels. Phases repeat until nothing moves (Dinic's blocking flows); each finds levels anew.
Because a cell's mask and the mask of a level meet in a few words, no list of pairs is ever made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecumene.kernels import inner_njit, njit
from ecumene.scheduling.market import lowest_bit, n_bits, opens

FAR = np.int16(32_000)
"""Level of a satellite from which no room can be reached."""

MAX_LEVELS = 24
"""Longer chains of moves are not looked for. Masks have a row for each level, 0 to this, and one of them all."""

ANY_SIZE = 1 << 30
"""Cells with any number of units may be moved, a unit at a time; with 1 instead, no move splits a cell."""


class Flow(NamedTuple):
    """Who holds how many units of which satellite."""

    cell: np.ndarray
    """(sat, entry) A cell may have two entries."""
    units: np.ndarray
    """(sat, entry)"""
    n: np.ndarray
    """(sat,) Entries."""
    room: np.ndarray
    """(sat,) Units left."""
    got: np.ndarray
    """(cell,) Units in all."""
    is_lost: np.ndarray
    """(sat,) Room is out of reach from here, for good, over the widest pairs in use."""
    is_hopeless: np.ndarray
    """(cell,) All its satellites are lost."""


class Listings(NamedTuple):
    """In which bins' lists a satellite stands."""

    first: np.ndarray
    bin: np.ndarray
    place: np.ndarray


def new_flow(n_cells: int, n_sats: int, units: int) -> Flow:
    """Return a flow of nothing through satellites of so many units."""
    return Flow(
        cell=np.zeros((n_sats, units), np.int32),
        units=np.zeros((n_sats, units), np.int32),
        n=np.zeros(n_sats, np.int32),
        room=np.full(n_sats, units, np.int32),
        got=np.zeros(n_cells, np.int32),
        is_lost=np.zeros(n_sats, np.bool_),
        is_hopeless=np.zeros(n_cells, np.bool_),
    )


@njit(cache=True, nogil=True)
def listings_of(candidates, n_sats):
    """Return in which bins' lists each satellite stands."""
    first = np.zeros(n_sats + 1, np.int64)
    for b in range(candidates.shape[0]):
        for j in range(candidates.shape[1]):
            if candidates[b, j] < 0:
                break
            first[candidates[b, j] + 1] += 1
    for s in range(n_sats):
        first[s + 1] += first[s]
    end, bins, places = first[:-1].copy(), np.empty(first[-1], np.int32), np.empty(first[-1], np.int16)
    for b in range(candidates.shape[0]):
        for j in range(candidates.shape[1]):
            s = candidates[b, j]
            if s < 0:
                break
            bins[end[s]], places[end[s]] = b, j
            end[s] += 1
    return Listings(first, bins, places)


# The small steps take plain arrays, not the tuples: numba counts references at every call that is given a tuple.


@njit(cache=True, nogil=True, inline="always")
def _add(s, c, count, cell, units, n, room):
    i = n[s]
    cell[s, i] = c
    units[s, i] = count
    n[s] = i + 1
    room[s] -= count


@njit(cache=True, nogil=True, inline="always")
def _take(s, i, count, cell, units, n, room):
    units[s, i] -= count
    room[s] += count
    if units[s, i] == 0:
        end = n[s] - 1
        cell[s, i] = cell[s, end]
        units[s, i] = units[s, end]
        n[s] = end


@njit(cache=True, nogil=True)
def keep(cells, sat_of_cell, want, flow):
    """Let cells hold what they want of a satellite, as far as it has room."""
    cell, units, n, room, got = flow.cell, flow.units, flow.n, flow.room, flow.got
    for c in cells:
        s = sat_of_cell[c]
        count = min(want[c] - got[c], room[s])
        if count > 0:
            _add(s, c, count, cell, units, n, room)
            got[c] += count


@njit(cache=True, nogil=True, inline="always")
def show(s, k, first, bins, places, masks):
    """Set the bit of satellite s in the masks of level k."""
    for i in range(first[s], first[s + 1]):
        j = places[i]
        masks[bins[i], k, j >> 6] |= np.uint64(1) << np.uint64(j & 63)


@njit(cache=True, nogil=True, inline="always")
def hide(s, k, first, bins, places, masks):
    """Clear the bit of satellite s in the masks of level k, and in the last: that of all levels, or the only one."""
    for i in range(first[s], first[s + 1]):
        j = places[i]
        bits = ~(np.uint64(1) << np.uint64(j & 63))
        masks[bins[i], k, j >> 6] &= bits
        masks[bins[i], masks.shape[1] - 1, j >> 6] &= bits


@njit(cache=True, nogil=True)
def spread(cells, want, good, candidates, bin_of_cell, flow, listings):
    """Put cells, in this order, whole on the good satellite with most room for those that press on it.

    Pressure on a satellite is what waiting cells would ask of it, shared among the satellites with room. Cells
    that do not fit are left.
    """
    cell, units, n, room, got = flow.cell, flow.units, flow.n, flow.room, flow.got
    first, bins, places = listings.first, listings.bin, listings.place
    masks = np.zeros((candidates.shape[0], 2, good.shape[1]), np.uint64)
    pressure, share = np.zeros(len(room), np.float32), np.zeros(len(cells), np.float32)
    for s in range(len(room)):
        if room[s] > 0:
            show(s, 0, first, bins, places, masks)
    for i in range(len(cells)):
        c, n_ways = cells[i], 0
        b = bin_of_cell[c]
        for w in range(good.shape[1]):
            n_ways += n_bits(good[c, w] & masks[b, 0, w])
        if n_ways == 0:
            continue
        share[i] = np.float32(want[c] - got[c]) / np.float32(n_ways)
        for w in range(good.shape[1]):
            word = good[c, w] & masks[b, 0, w]
            while word != np.uint64(0):
                pressure[candidates[b, 64 * w + lowest_bit(word)]] += share[i]
                word &= word - np.uint64(1)
    for i in range(len(cells)):
        if share[i] == 0.0:
            continue
        c, best, least = cells[i], -1, np.float32(np.inf)
        b, count = bin_of_cell[c], want[c] - got[c]
        for w in range(good.shape[1]):
            word = good[c, w] & masks[b, 0, w]
            while word != np.uint64(0):
                s = candidates[b, 64 * w + lowest_bit(word)]
                word &= word - np.uint64(1)
                pressure[s] -= share[i]
                if room[s] >= count and pressure[s] < least * np.float32(room[s]):
                    least, best = pressure[s] / np.float32(room[s]), s
        if best >= 0:
            _add(best, c, count, cell, units, n, room)
            got[c] += count
            if room[best] == 0:
                hide(best, 0, first, bins, places, masks)


@njit(cache=True, nogil=True, inline="always")
def _can_reach(c, b, k, good, masks):
    for w in range(masks.shape[2]):
        if good[c, w] & masks[b, k, w]:
            return True
    return False


@njit(cache=True, nogil=True)
def find_levels(waiting, largest, top, good, cells, flow, listings, level, masks, near):
    """Bring levels, up to the top, and their masks up to date; return the highest level.

    A cell is asked until a level is found that it could go to: then what it holds is of the next level. Only bins
    where somebody is asked have masks of levels above 0.

    near: filled in for cells that wait or hold something of a full satellite: the lowest level they could go to.
    """
    cell, n, room, got, is_lost = flow.cell, flow.n, flow.room, flow.got, flow.is_lost
    first, bins, places, size = listings.first, listings.bin, listings.place, flow.cell.shape[1]
    is_asked = np.zeros(len(near), np.bool_)
    is_asked[waiting] = True
    entry, after = (
        np.full(len(near), -1, np.int32),
        np.empty(flow.cell.size, np.int32),
    )  # those of a cell, chained
    for s in range(len(level)):
        old, new = level[s], 0 if room[s] > 0 else FAR
        if old == 0 and new != 0:
            hide(s, 0, first, bins, places, masks)
        if new == 0 and old != 0:
            show(s, 0, first, bins, places, masks)
        level[s] = new
        for i in range(n[s] if new == FAR and not is_lost[s] else 0):
            c = cell[s, i]
            if got[c] <= largest:
                after[s * size + i] = entry[c]
                entry[c] = s * size + i
    asked, end = np.empty(len(near), np.int32), np.zeros(masks.shape[0], np.int64)
    for b in range(len(end)):
        end[b] = cells.first_of_bin[b]
        for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
            if entry[c] >= 0 or is_asked[c]:
                near[c] = FAR
                asked[end[b]] = c
                end[b] += 1
    found = np.empty(len(level), np.int64)
    masks[:, 1 : top + 1] = 0
    masks[:, -1] = 0
    for k in range(top + 1):
        n_found = 0
        for b in range(len(end)):
            start, is_met = cells.first_of_bin[b], False
            for w in range(masks.shape[2]):
                is_met |= masks[b, k, w] != np.uint64(0)
            if not is_met or end[b] == start:
                continue
            n_left = start
            for i in range(start, end[b]):
                c = asked[i]
                if not _can_reach(c, b, k, good, masks):
                    asked[n_left] = c
                    n_left += 1
                    continue
                near[c] = k
                e = np.int64(entry[c])
                while e >= 0:
                    if level[e // size] == FAR:
                        level[e // size] = k + 1
                        found[n_found] = e // size
                        n_found += 1
                    e = np.int64(after[e])
            end[b] = n_left
        if k == top:
            level[found[:n_found]] = FAR
            break
        for f in range(n_found):
            show(found[f], k + 1, first, bins, places, masks)
        if n_found == 0:
            top = k
            break
    for b in range(len(end)):
        for k in range(top + 1):
            for w in range(masks.shape[2]):
                masks[b, masks.shape[1] - 1, w] |= masks[b, k, w]
    return top


@njit(cache=True, nogil=True, inline="always")
def _step_down(s, largest, good, candidates, bin_of_cell, cell, n, got, level, masks, turn):
    """Return a satellite one level below s that one of its cells could move to, or -1; turn[s] is the entry."""
    k, found = level[s] - 1, -1
    while found < 0 and turn[s] < n[s]:
        c = cell[s, turn[s]]
        b = bin_of_cell[c]
        for w in range(masks.shape[2] if got[c] <= largest else 0):
            word = good[c, w] & masks[b, k, w]
            if found < 0 and word != np.uint64(0):  # the masks show no satellite that is cut off
                found = candidates[b, 64 * w + lowest_bit(word)]
        if found < 0:
            turn[s] += 1
    return found


@inner_njit(cache=True, nogil=True)
def _push(
    c,
    count,
    s,
    largest,
    good,
    candidates,
    bin_of_cell,
    cell,
    units,
    n,
    room,
    got,
    first,
    bins,
    places,
    level,
    masks,
    turn,
    path,
):
    """Put up to so many units of cell c on satellite s, moving others on; return how many went."""
    depth = 0
    path[0] = s
    while level[path[depth]] != 0 or room[path[depth]] <= 0:
        s = path[depth]
        t = -1
        if level[s] != 0:
            t = _step_down(s, largest, good, candidates, bin_of_cell, cell, n, got, level, masks, turn)
        if t >= 0:
            depth += 1
            path[depth] = t
            continue
        hide(s, level[s], first, bins, places, masks)  # for the rest of this phase; find_levels looks again
        level[s] = FAR
        if depth == 0:
            return 0
        depth -= 1
    moved = min(count, room[path[depth]])
    for d in range(depth):
        moved = min(moved, units[path[d], turn[path[d]]])
    for d in range(depth - 1, -1, -1):
        i = turn[path[d]]
        h = cell[path[d], i]
        _take(path[d], i, moved, cell, units, n, room)
        _add(path[d + 1], h, moved, cell, units, n, room)
    _add(path[0], c, moved, cell, units, n, room)
    return moved


@njit(cache=True, nogil=True)
def augment(who, want, reach, most, is_widest, largest, good, sight, cells, flow, listings, level, masks):
    """Serve waiting cells, in this order, until nothing moves; return the phases.

    Room further than `reach` moves away is not looked for. At most `most` units are served. Only cells with at
    most `largest` units are moved on.

    level and masks carry over between calls with one flow, and begin as FAR and 0. Over the widest pairs in use,
    a satellite that cannot reach room never will: room only shrinks, and nothing can be pushed to it.
    """
    cell, units, n, room, got = flow.cell, flow.units, flow.n, flow.room, flow.got
    is_hopeless, candidates, bin_of_cell = flow.is_hopeless, sight.candidates, cells.bin
    first, bins, places = listings.first, listings.bin, listings.place
    turn = np.zeros(len(level), np.int64)
    path, every = np.zeros(masks.shape[1] + 1, np.int64), masks.shape[1] - 1
    waiting, near = np.empty(len(who), np.int64), np.empty(len(want), np.int16)
    n_waiting, phase = 0, 0
    for c in who:
        if not is_hopeless[c]:
            waiting[n_waiting] = c
            n_waiting += 1
    while n_waiting > 0 and most > 0:
        phase += 1
        top = find_levels(
            waiting[:n_waiting], largest, reach, good, cells, flow, listings, level, masks, near
        )
        if is_widest:
            _mark_lost(level, flow.is_lost)
        turn[:] = 0
        n_left = 0
        for i in range(n_waiting):
            c = waiting[i]
            if near[c] != FAR:
                waiting[n_left] = c
                n_left += 1
            else:  # every way it has is cut off, and stays so over these pairs
                is_hopeless[c] |= is_widest
        n_waiting, n_pushed, n_left = n_left, 0, 0
        for i in range(n_waiting):
            c = waiting[i]
            b = bin_of_cell[c]
            if not _can_reach(c, b, every, good, masks):
                waiting[n_left] = c
                n_left += 1
                continue
            for k in range(near[c], top + 1):  # over the lowest level there is
                for w in range(masks.shape[2]):
                    word = good[c, w] & masks[b, k, w]
                    while word != np.uint64(0) and got[c] < want[c] and most > 0:
                        s = candidates[b, 64 * w + lowest_bit(word)]
                        moved = 0
                        if level[s] == k:
                            moved = _push(
                                c, min(want[c] - got[c], most), s, largest, good, candidates, bin_of_cell,
                                cell, units, n, room, got, first, bins, places, level, masks, turn, path,
                            )  # fmt: skip
                            got[c] += moved
                            n_pushed += moved
                            most -= moved
                        if moved == 0:
                            word &= word - np.uint64(1)
                if got[c] >= want[c]:
                    break
            if got[c] < want[c]:
                waiting[n_left] = c
                n_left += 1
        n_waiting = n_left
        if n_pushed == 0:
            break
    return phase


@njit(cache=True, nogil=True, inline="always")
def _mark_lost(level, is_lost):
    for s in range(len(level)):
        is_lost[s] = level[s] == FAR


@njit(cache=True, nogil=True)
def find_cut(waiting, want, good, cells, flow, listings, level, masks):
    """Mark as lost what is too far from room: from the level on where fewest units wait or could move nearer.

    Were satellites beyond a level to ask a price, that many units would pay less than they should: those that
    could move to a nearer satellite, and those that wait for one.
    """
    n_levels, near = masks.shape[1], np.empty(len(want), np.int16)
    flow.is_lost[:] = False
    find_levels(waiting, np.int64(ANY_SIZE), n_levels - 2, good, cells, flow, listings, level, masks, near)
    loss = np.zeros(n_levels, np.int64)
    for c in waiting:
        for level_lost in range(near[c], n_levels):  # nowhere where it is FAR
            loss[level_lost] += want[c] - flow.got[c]
    for s in range(len(level)):
        for i in range(flow.n[s] if level[s] > 0 else 0):
            k = near[flow.cell[s, i]]
            for level_lost in range(k, min(np.int64(level[s]), n_levels)):
                loss[level_lost] += flow.units[s, i]
    best = n_levels - 1
    for k in range(n_levels - 2, -1, -1):
        if loss[k] < loss[best]:
            best = k
    for s in range(len(level)):
        flow.is_lost[s] = level[s] > best


@njit(cache=True, nogil=True)
def mark_scarce(cells, value, want, good, candidates, bin_of_cell, flow, listings, price):
    """Give a price to the lost satellites that unserved cells press on, directly or by pushing others: the cut.

    What has a price keeps it.
    """
    cell, is_lost = flow.cell, flow.is_lost
    first, bins, places = listings.first, listings.bin, listings.place
    masks = np.zeros((candidates.shape[0], 2, good.shape[1]), np.uint64)  # lost satellites without a price
    queue = np.empty(len(price), np.int64)
    n, done = 0, 0
    for s in range(len(price)):
        if is_lost[s] and price[s] == 0.0:
            show(s, 0, first, bins, places, masks)
    for c in cells:
        if flow.got[c] < want[c]:
            n = _press(c, value, good, candidates, bin_of_cell, first, bins, places, masks, price, queue, n)
    while done < n:
        s = queue[done]
        done += 1
        for i in range(flow.n[s]):
            n = _press(
                cell[s, i], value, good, candidates, bin_of_cell, first, bins, places, masks, price, queue, n
            )


@njit(cache=True, nogil=True, inline="always")
def _press(c, value, good, candidates, bin_of_cell, first, bins, places, masks, price, queue, n):
    b = bin_of_cell[c]
    for w in range(good.shape[1]):
        word = good[c, w] & masks[b, 0, w]
        while word != np.uint64(0):
            s = candidates[b, 64 * w + lowest_bit(word)]
            word &= word - np.uint64(1)
            price[s] = value
            hide(s, 0, first, bins, places, masks)
            queue[n] = s
            n += 1
    return n


@njit(cache=True, nogil=True)
def main_satellite(flow, sat, units):
    """Fill in the satellite of which each cell holds most units, and how many; the lower one of equals."""
    sat[:] = -1
    units[:] = 0
    for s in range(len(flow.n)):
        for i in range(flow.n[s]):
            c, held = flow.cell[s, i], flow.units[s, i]
            if held == flow.got[c]:
                sat[c], units[c] = s, held
                continue
            for j in range(i):
                if flow.cell[s, j] == c:
                    held += flow.units[s, j]
            if held > units[c]:
                sat[c], units[c] = s, held


@njit(cache=True, nogil=True)
def unsplit(sat, flow):
    """Take back what cells hold elsewhere than on their main satellite."""
    cell, units, n, room, got = flow.cell, flow.units, flow.n, flow.room, flow.got
    for s in range(len(n)):
        for i in range(n[s] - 1, -1, -1):  # the last entry takes the place of the one that goes
            c, count = cell[s, i], units[s, i]
            if sat[c] != s:
                _take(s, i, count, cell, units, n, room)
                got[c] -= count


@njit(cache=True, nogil=True)
def stay_with(which, sat, candidates, bin_of_cell, good):
    """Leave some cells no pair but that with their main satellite."""
    for c in which:
        b = bin_of_cell[c]
        good[c] = 0
        for j in range(candidates.shape[1]):
            if candidates[b, j] == sat[c]:
                good[c, j >> 6] = np.uint64(1) << np.uint64(j & 63)
                break


@njit(cache=True, nogil=True)
def open_exits(fewest, most, cells, sight, flow, listings, good):
    """Let cells of so many units leave lost satellites for others by pairs that will not stand; return them."""
    n_found, found, exits = 0, np.empty(len(flow.got), np.int64), _exits(sight, flow, listings)
    for s in range(len(flow.n)):
        if not flow.is_lost[s]:
            continue
        for i in range(flow.n[s]):
            c = flow.cell[s, i]
            if fewest <= flow.got[c] <= most and _open_ways(c, cells, sight, exits, good):
                found[n_found] = c
                n_found += 1
    return found[:n_found]


@inner_njit(cache=True, nogil=True)
def _exits(sight, flow, listings):
    """Return the masks of satellites that are not lost, (bin, 2, word)."""
    masks = np.zeros((sight.candidates.shape[0], 2, sight.clear.shape[1]), np.uint64)
    for s in range(len(flow.n)):
        if not flow.is_lost[s]:
            show(s, 0, listings.first, listings.bin, listings.place, masks)
    return masks


@njit(cache=True, nogil=True, inline="always")
def _open_ways(c, cells, sight, exits, good):
    """Open to cell c the pairs with satellites that are not lost; return whether there are more than before."""
    b, is_new = cells.bin[c], False
    for w in range(good.shape[1]):
        word = opens(c, b, w, cells, sight) & exits[b, 0, w] & ~good[c, w]
        good[c, w] |= word
        is_new |= word != np.uint64(0)
    return is_new


@njit(cache=True, nogil=True)
def open_dark(which, cells, sight, flow, listings, good):
    """Let cells without a unit take pairs that will not stand, with satellites that are not lost."""
    exits = _exits(sight, flow, listings)
    for c in which:
        if flow.got[c] == 0:
            _open_ways(c, cells, sight, exits, good)
