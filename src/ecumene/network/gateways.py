"""Feeder links: which gateway antenna follows which satellite.

The plan of one slot leaves as few worthwhile satellites as possible without a gateway. It is found by
augmenting paths, not by weighing traffic: it does not ask how much a satellite's feeder will have to carry,
and it does not yet decide the antennas together with the beams, which would gain where antennas are scarce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Feeders:
    """The feeder links of one slot, sorted by satellite, then gateway.

    Attributes
    ----------
    gateway_of_feed, sat_of_feed : (feed,)
        Ends of the link. A gateway occurs at most as often as it has antennas.
    slant_m : (feed,)
        Distance from gateway to satellite. [m]
    n_kept
        How many of them stood in the slot before.
    """

    gateway_of_feed: NDArray[np.int32]
    sat_of_feed: NDArray[np.int32]
    slant_m: NDArray[np.float64]
    n_kept: int = 0


NO_FEEDERS = Feeders(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
"""What stood before the first slot."""


@dataclass(frozen=True)
class InView:
    """The satellites each gateway may work with in one slot.

    Attributes
    ----------
    first_of_gateway : (gateway + 1,)
        The pairs of gateway g lie from first_of_gateway[g] to first_of_gateway[g + 1].
    sat : (pair,)
        Satellites, ascending for each gateway.
    slant_m : (pair,)
        Distance from gateway to satellite. [m]
    """

    first_of_gateway: NDArray[np.int64]
    sat: NDArray[np.int32]
    slant_m: NDArray[np.float64]


def clear_only(
    first_of_gateway: NDArray[np.int64],
    sat: NDArray[np.int32],
    is_clear: NDArray[np.bool_],
    slant_m: NDArray[np.float64],
) -> InView:
    """Return the pairs a gateway may work with, of those it sees.

    Parameters
    ----------
    first_of_gateway : (gateway + 1,)
        Where the pairs of each gateway lie.
    sat, is_clear, slant_m : (pair,)
        Satellites above the mask, ascending for each gateway; whether outside the GSO exclusion; distance. [m]
    """
    n_before = np.concatenate([[0], np.cumsum(is_clear)])
    return InView(n_before[first_of_gateway], sat[is_clear], slant_m[is_clear])


def demand_around(
    cell_bps: NDArray[np.float64],
    first_cell_of_bin: NDArray[np.int64],
    candidates_of_bin: NDArray[np.int32],
    n_candidates_of_bin: NDArray[np.int32],
    n_sats: int,
) -> NDArray[np.float64]:
    """Return the demand around each satellite: every bin's, spread evenly over its candidates.

    Parameters
    ----------
    cell_bps : (cell,)
        Demand. [bit/s]
    first_cell_of_bin : (bin + 1,)
        Bin b holds the cells first_cell_of_bin[b] to first_cell_of_bin[b + 1] - 1.
    candidates_of_bin : (bin, width)
        Satellites some cell of the bin may see.
    n_candidates_of_bin : (bin,)
        How many there are.
    n_sats
        Number of satellites.

    Returns
    -------
    around_bps : (sat,)
        Demand. [bit/s]
    """
    around_bps = np.zeros(n_sats)
    _spread_over_candidates(cell_bps, first_cell_of_bin, candidates_of_bin, n_candidates_of_bin, around_bps)
    return around_bps


def followed_only(in_view: InView, feeders: Feeders) -> InView:
    """Return the pairs a gateway may work with when each antenna keeps to the satellite it follows.

    Parameters
    ----------
    in_view
        All pairs.
    feeders
        Who follows whom.

    Returns
    -------
    in_view
        Those of the feeders that are still in view.
    """
    n_gateways = len(in_view.first_of_gateway) - 1
    gateway = np.repeat(np.arange(n_gateways), np.diff(in_view.first_of_gateway))
    n_sats = 1 + max(in_view.sat.max(initial=0), feeders.sat_of_feed.max(initial=0))
    is_followed = np.isin(
        gateway * n_sats + in_view.sat,
        feeders.gateway_of_feed.astype(np.int64) * n_sats + feeders.sat_of_feed,
    )
    return clear_only(in_view.first_of_gateway, in_view.sat, is_followed, in_view.slant_m)


def assign_antennas(
    in_view: InView,
    antennas_of_gateway: NDArray[np.int32],
    worth_of_sat: NDArray[np.float64],
    *,
    feeders_per_satellite: int = 1,
    last: Feeders | None = None,
    next_in_view: InView | None = None,
) -> Feeders:
    """Return which gateway antenna follows which satellite.

    Parameters
    ----------
    in_view
        Pairs above the gateway's mask and outside its GSO exclusion (`ecumene.sky.observer`); none where
        either is out of order.
    antennas_of_gateway : (gateway,)
        Antennas that work.
    worth_of_sat : (sat,)
        What a feeder to the satellite is worth, for example the demand it can see. A satellite worth
        nothing gets none; with ISLs, give relays over empty sea a little, so that they serve as exits.
    feeders_per_satellite
        Gateways one satellite uses at once.
    last
        Assignment of the slot before.
    next_in_view
        The same in the next slot; pairs that persist are preferred where given.

    Returns
    -------
    feeders
        The links of this slot.

    Raises
    ------
    RangeError
        Shapes that do not belong together, a negative count or worth.

    Notes
    -----
    First, every satellite keeps one gateway of the last slot that is still clear. Then satellites without
    one are taken in order of worth (among equals fewest gateways first, then index) and get an antenna,
    if need be by moving others to another of their gateways (augmenting paths): first over pairs that
    persist, then over all. No set of antennas could give more satellites a first feeder [Berge 1957];
    with neither `last` nor `next_in_view` the total worth is the largest possible as well, since the sets of
    satellites that can be matched are a matroid [Edmonds and Fulkerson 1965]. Second and further feeders
    take what is left: the last ones where still clear, then the nearest gateway, in order of worth.

    References
    ----------
    Berge, PNAS 43 (1957) 842; Edmonds and Fulkerson, J. Res. NBS 69B (1965) 147.
    """
    _check(in_view, antennas_of_gateway, worth_of_sat, feeders_per_satellite, next_in_view)
    later = in_view if next_in_view is None else next_in_view
    last = NO_FEEDERS if last is None else last
    first, gateway, slant_m, lasts, was = _options(
        in_view.first_of_gateway, in_view.sat, in_view.slant_m, later.first_of_gateway, later.sat,
        worth_of_sat, last.gateway_of_feed, last.sat_of_feed,
    )  # fmt: skip
    n_options = np.diff(first)
    has_option = np.flatnonzero(n_options)
    turn = has_option[np.lexsort((n_options[has_option], -worth_of_sat[has_option]))]
    antennas = np.asarray(antennas_of_gateway, np.int64)
    is_used = _assign(first, gateway, lasts, was, turn, antennas, feeders_per_satellite)
    sat = np.repeat(np.arange(len(n_options)), n_options)[is_used]
    gateway, slant_m, n_kept = gateway[is_used], slant_m[is_used], int((was & is_used).sum())
    by_sat = np.lexsort((gateway, sat))
    return Feeders(gateway[by_sat], sat[by_sat].astype(np.int32), slant_m[by_sat], n_kept)


def _check(
    in_view: InView,
    antennas_of_gateway: NDArray[np.int32],
    worth_of_sat: NDArray[np.float64],
    feeders_per_satellite: int,
    next_in_view: InView | None,
) -> None:
    n_gateways, n_sats = len(antennas_of_gateway), len(worth_of_sat)
    for view in (in_view, next_in_view or in_view):
        if len(view.first_of_gateway) != n_gateways + 1:
            raise RangeError(f"{n_gateways} gateways, but pairs of {len(view.first_of_gateway) - 1}")
        if not view.first_of_gateway[-1] == len(view.sat) == len(view.slant_m):
            raise RangeError(f"{view.first_of_gateway[-1]} pairs, but {len(view.sat)} satellites")
        if len(view.sat) and not 0 <= view.sat.min() <= view.sat.max() < n_sats:
            raise RangeError(f"a pair names satellite {view.sat.max()} of {n_sats}")
    if (np.asarray(antennas_of_gateway) < 0).any():
        raise RangeError(f"antennas of a gateway must be 0 or more, got {min(antennas_of_gateway)}")
    if feeders_per_satellite < 0:
        raise RangeError(f"feeders_per_satellite must be 0 or more, got {feeders_per_satellite}")
    if not (worth_of_sat >= 0.0).all():
        raise RangeError("worth_of_sat must be 0 or more for every satellite, and not NaN")
    if not np.isfinite(in_view.slant_m).all():
        raise RangeError("slant_m must be finite for every pair")


@njit(cache=True, nogil=True)
def _spread_over_candidates(cell_bps, first_cell_of_bin, candidates_of_bin, n_candidates_of_bin, around_bps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for b in range(len(n_candidates_of_bin)):
        in_bin_bps = 0.0
        for c in range(first_cell_of_bin[b], first_cell_of_bin[b + 1]):
            in_bin_bps += cell_bps[c]
        n_candidates = n_candidates_of_bin[b]
        for j in range(n_candidates):
            around_bps[candidates_of_bin[b, j]] += in_bin_bps / n_candidates


@njit(cache=True, nogil=True)
def _options(first_of_gateway, sat, slant_m, next_first, next_sat, worth_of_sat, last_gateway, last_sat):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return every satellite's gateways, best first: those that persist, then the nearest.

    With the place of each satellite's options (sat + 1), and for each option its gateway, its distance,
    whether it persists and whether it stood in the last slot.
    """
    first = np.zeros(len(worth_of_sat) + 1, np.int64)
    for s in sat:
        first[s + 1] += worth_of_sat[s] > 0.0
    for s in range(len(worth_of_sat)):
        first[s + 1] += first[s]
    end = first[:-1].copy()
    gateway, reach_m = np.empty(first[-1], np.int32), np.empty(first[-1], np.float64)
    lasts, was = np.zeros(first[-1], np.bool_), np.zeros(first[-1], np.bool_)
    for g in range(len(first_of_gateway) - 1):
        j = next_first[g]
        for i in range(first_of_gateway[g], first_of_gateway[g + 1]):
            s = sat[i]
            while j < next_first[g + 1] and next_sat[j] < s:
                j += 1
            it_lasts = j < next_first[g + 1] and next_sat[j] == s
            if worth_of_sat[s] <= 0.0:
                continue
            at = end[s]
            end[s] += 1
            while at > first[s] and (
                it_lasts > lasts[at - 1] or (it_lasts == lasts[at - 1] and slant_m[i] < reach_m[at - 1])
            ):
                gateway[at], reach_m[at], lasts[at] = gateway[at - 1], reach_m[at - 1], lasts[at - 1]
                at -= 1
            gateway[at], reach_m[at], lasts[at] = g, slant_m[i], it_lasts
    for f in range(len(last_sat)):
        for at in range(first[last_sat[f]], first[last_sat[f] + 1]):
            was[at] |= gateway[at] == last_gateway[f]
    return first, gateway, reach_m, lasts, was


@njit(cache=True, nogil=True)
def _assign(first, gateway, lasts, was, turn, antennas, feeders_per_satellite):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901
    """Choose among the options (a satellite's lie from first[s] to first[s + 1], best first)."""
    n_sats = len(first) - 1
    is_used = np.zeros(len(gateway), np.bool_)
    if feeders_per_satellite < 1:
        return is_used
    free = antennas.copy()
    option_of_sat = np.full(n_sats, -1, np.int64)
    for s in turn:
        for i in range(first[s], first[s + 1]):
            if was[i] and free[gateway[i]] > 0:
                option_of_sat[s] = i
                free[gateway[i]] -= 1
                break
    is_allowed = lasts.copy()
    _augment(first, gateway, is_allowed, turn, free, option_of_sat)
    is_allowed[:] = True
    _augment(first, gateway, is_allowed, turn, free, option_of_sat)
    n_feeders = np.zeros(n_sats, np.int64)
    for s in range(n_sats):
        if option_of_sat[s] >= 0:
            is_used[option_of_sat[s]] = True
            n_feeders[s] = 1
    for only_last in (True, False):
        for rank in range(2, feeders_per_satellite + 1):
            for s in turn:
                if n_feeders[s] >= rank:
                    continue
                for i in range(first[s], first[s + 1]):
                    if not is_used[i] and free[gateway[i]] > 0 and (was[i] or not only_last):
                        is_used[i] = True
                        free[gateway[i]] -= 1
                        n_feeders[s] += 1
                        break
    return is_used


@inner_njit(cache=True, nogil=True)
def _augment(first, gateway, is_allowed, turn, free, option_of_sat):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give each satellite in turn an antenna where an augmenting path exists; changes the last two."""
    n_gateways = len(free)
    # Satellites on a gateway as linked lists.
    head = np.full(n_gateways, -1, np.int64)
    after = np.full(len(option_of_sat), -1, np.int64)
    for s in range(len(option_of_sat) - 1, -1, -1):
        if option_of_sat[s] >= 0:
            g = gateway[option_of_sat[s]]
            after[s] = head[g]
            head[g] = s
    is_barred = np.zeros(n_gateways, np.bool_)
    reached_by = np.full(n_gateways, -1, np.int64)  # option through which the search came
    owner = np.full(n_gateways, -1, np.int64)  # satellite of that option
    queue = np.empty(n_gateways, np.int64)
    for start in turn:
        if option_of_sat[start] >= 0:
            continue
        goal, n_queue = _search(
            start, first, gateway, is_allowed, free, head, after, is_barred, reached_by, owner, queue
        )
        if goal >= 0:
            free[goal] -= 1
            _shift(goal, gateway, option_of_sat, head, after, reached_by, owner)
        for j in range(n_queue):
            reached_by[queue[j]] = -1
            # A gateway from which no free antenna was found will never lead to one later.
            is_barred[queue[j]] = goal < 0


@inner_njit(cache=True, nogil=True)
def _search(start, first, gateway, is_allowed, free, head, after, is_barred, reached_by, owner, queue):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the first gateway with a free antenna, breadth first, or -1; and how many were reached."""
    n_queue, done = 0, 0
    s = start
    while s >= 0:
        for i in range(first[s], first[s + 1]):
            g = gateway[i]
            if is_allowed[i] and not is_barred[g] and reached_by[g] < 0:
                reached_by[g], owner[g] = i, s
                queue[n_queue] = g
                n_queue += 1
                if free[g] > 0:
                    return g, n_queue
        s = after[s]  # -1 behind the start, which hangs on no gateway
        while s < 0 and done < n_queue:
            s = head[queue[done]]
            done += 1
    return -1, n_queue


@njit(cache=True, nogil=True)
def _shift(goal, gateway, option_of_sat, head, after, reached_by, owner):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Move every satellite on the path found to its next gateway, from the free antenna back to the start."""
    g = goal
    while g >= 0:
        s = owner[g]
        old = gateway[option_of_sat[s]] if option_of_sat[s] >= 0 else -1
        if old >= 0:
            if head[old] == s:
                head[old] = after[s]
            else:
                q = head[old]
                while after[q] != s:
                    q = after[q]
                after[q] = after[s]
        option_of_sat[s] = reached_by[g]
        after[s] = head[g]
        head[g] = s
        g = old
