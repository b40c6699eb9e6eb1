"""Feeder links: which gateway antenna follows which satellite.

The plan of one slot leaves as few worthwhile satellites as possible without a gateway. It is found by
augmenting paths, not by weighing traffic: it does not ask how much a satellite's feeder will have to carry,
and it does not yet decide the antennas together with the beams, which would gain where antennas are scarce.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecumene.errors import RangeError

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


def assign_antennas(
    is_clear: NDArray[np.bool_],
    slant_m: NDArray[np.float64],
    antennas_of_gateway: NDArray[np.int32],
    worth_of_sat: NDArray[np.float64],
    *,
    feeders_per_satellite: int = 1,
    last: Feeders | None = None,
    persists: NDArray[np.bool_] | None = None,
) -> Feeders:
    """Return which gateway antenna follows which satellite.

    Parameters
    ----------
    is_clear : (gateway, sat)
        The gateway sees the satellite above its mask and outside its GSO exclusion (`ecumene.sky.observer`);
        False where either is out of order.
    slant_m : (gateway, sat)
        Distance; read only where `is_clear`. [m]
    antennas_of_gateway : (gateway,)
        Antennas that work.
    worth_of_sat : (sat,)
        What a feeder to the satellite is worth, for example the demand it can see. A satellite worth
        nothing gets none; with ISLs, give relays over empty sea a little, so that they serve as exits.
    feeders_per_satellite
        Gateways one satellite uses at once.
    last
        Assignment of the slot before.
    persists : (gateway, sat)
        Pairs that are still clear in the next slot; preferred where given.

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
    with neither `last` nor `persists` the total worth is the largest possible as well, since the sets of
    satellites that can be matched are a matroid [Edmonds and Fulkerson 1965]. Second and further feeders
    take what is left: the last ones where still clear, then the nearest gateway, in order of worth.

    References
    ----------
    Berge, PNAS 43 (1957) 842; Edmonds and Fulkerson, J. Res. NBS 69B (1965) 147.
    """
    _check(is_clear, slant_m, antennas_of_gateway, worth_of_sat, feeders_per_satellite, persists)
    is_option = is_clear & (worth_of_sat > 0.0)[None, :]
    sat, gateway = np.nonzero(is_option.T)
    reach_m = slant_m[gateway, sat]
    lasts = np.ones(len(sat), np.bool_) if persists is None else persists[gateway, sat]
    was_up = np.zeros(is_clear.shape, np.bool_)
    if last is not None:
        was_up[last.gateway_of_feed, last.sat_of_feed] = True
    was = was_up[gateway, sat]
    order = np.lexsort((gateway, reach_m, ~lasts, sat))
    sat, gateway, lasts, was = sat[order], gateway[order], lasts[order], was[order]
    first = np.searchsorted(sat, np.arange(len(worth_of_sat) + 1))
    turn = np.lexsort((np.diff(first), -worth_of_sat))
    is_used = _assign(
        first, gateway, lasts, was, turn, np.asarray(antennas_of_gateway, np.int64), feeders_per_satellite
    )
    sat, gateway, n_kept = sat[is_used], gateway[is_used], int((was & is_used).sum())
    by_sat = np.lexsort((gateway, sat))
    sat, gateway = sat[by_sat].astype(np.int32), gateway[by_sat].astype(np.int32)
    return Feeders(gateway, sat, slant_m[gateway, sat].astype(np.float64), n_kept)


def _check(
    is_clear: NDArray[np.bool_],
    slant_m: NDArray[np.float64],
    antennas_of_gateway: NDArray[np.int32],
    worth_of_sat: NDArray[np.float64],
    feeders_per_satellite: int,
    persists: NDArray[np.bool_] | None,
) -> None:
    shape = (len(antennas_of_gateway), len(worth_of_sat))
    if (
        is_clear.shape != shape
        or slant_m.shape != shape
        or (persists is not None and persists.shape != shape)
    ):
        raise RangeError(f"pairs must have the shape (gateway, sat) = {shape}, got {is_clear.shape}")
    if (np.asarray(antennas_of_gateway) < 0).any():
        raise RangeError(f"antennas of a gateway must be 0 or more, got {min(antennas_of_gateway)}")
    if feeders_per_satellite < 0:
        raise RangeError(f"feeders_per_satellite must be 0 or more, got {feeders_per_satellite}")
    if not (worth_of_sat >= 0.0).all():
        raise RangeError("worth_of_sat must be 0 or more for every satellite, and not NaN")
    if not np.isfinite(slant_m[is_clear]).all():
        raise RangeError("slant_m must be finite wherever is_clear holds")


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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
