"""Links between shells: lasers the +Grid leaves over, pointed at a satellite of another shell for a while.

Shells move against each other, so these links do not last: minutes between shells of unlike inclination, an
hour or more where the planes happen to run side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.kernels import njit
from ecumene.network.isl import GRAZING_ALTITUDE_M, NO_LINKS, IslState, link_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

LASERS = 4
"""Lasers of a satellite: two in plane, two across. Source: Telesat's filing; Starlink's V1.5 has 3 or 4 (soft)."""

LOOK_AHEAD_S = 300.0
"""A partner is the better the nearer it is now and the less it moves away in this time. [s]"""

FURTHEST_M = 2_500e3
"""New links between shells are no longer than this: half of what a laser spans at 550 km (soft). [m]"""


def has_spare_laser(links: NDArray[np.int32], has_laser: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which satellites have a laser left over.

    Parameters
    ----------
    links : (link, 2)
        Links that stand for the whole run.
    has_laser : (sat,)
        Satellites with lasers.

    Returns
    -------
    is_spare : (sat,)
        Fewer than four links, and lasers.
    """
    return has_laser & (np.bincount(np.ravel(links), minlength=len(has_laser)) < LASERS)


def crossing_links(
    r_ecef_m: NDArray[np.float64],
    next_r_ecef_m: NDArray[np.float64],
    slot_s: float,
    shell: NDArray[np.int32],
    is_spare: NDArray[np.bool_],
    last: NDArray[np.int32] = NO_LINKS,
    *,
    grazing_altitude_m: float = GRAZING_ALTITUDE_M,
    max_range_m: float = np.inf,
) -> NDArray[np.int32]:
    """Return links between satellites of different shells, at most one for each satellite.

    Parameters
    ----------
    r_ecef_m, next_r_ecef_m : (sat, 3)
        Positions in this slot and the next; NaN where there is none. [m]
    slot_s
        Time between them. [s]
    shell : (sat,)
        Shell; satellites without a place (-1) may be linked with any.
    is_spare : (sat,)
        Satellites with a laser left over.
    last : (link, 2)
        Links between shells of the slot before.
    grazing_altitude_m, max_range_m
        What a laser can do. [m]

    Returns
    -------
    links : (link, 2)
        The last ones that still stand, in their order, then new ones, steadiest first; lower index first.

    Raises
    ------
    RangeError
        Arrays of different lengths, or a slot of no length.

    Notes
    -----
    A pair costs sqrt(d^2 + (T v)^2): its distance d, and how far it would part in T = 300 s at the relative
    speed v of this slot, seen from the turning Earth. The cheapest pair is linked first, as long as both
    still have a laser and the link stands in this slot and the next. Links are kept while they stand: a
    better partner does not break one.
    """
    if not len(r_ecef_m) == len(next_r_ecef_m) == len(shell) == len(is_spare):
        raise RangeError(f"{len(r_ecef_m)} positions, {len(shell)} shells, {len(is_spare)} spare lasers")
    if not slot_s > 0.0:
        raise RangeError(f"slot_s = {slot_s:g}: must be above 0")

    def stands(r_m: NDArray[np.float64], pairs: NDArray[np.int32]) -> NDArray[np.bool_]:
        return link_state(r_m, pairs, grazing_altitude_m=grazing_altitude_m, max_range_m=max_range_m).is_up

    is_free = is_spare & np.isfinite(r_ecef_m).all(axis=1) & np.isfinite(next_r_ecef_m).all(axis=1)
    kept = last[stands(r_ecef_m, last) & is_spare[last].all(axis=1)]
    is_free[kept] = False
    sat = np.flatnonzero(is_free)
    sat = sat[np.argsort(r_ecef_m[sat, 0], kind="stable")]
    pairs, cost = _candidates(
        r_ecef_m[sat], next_r_ecef_m[sat], shell[sat], min(FURTHEST_M, max_range_m), LOOK_AHEAD_S / slot_s
    )
    pairs = sat[pairs]
    pairs.sort(axis=1)
    is_steady = stands(r_ecef_m, pairs) & stands(next_r_ecef_m, pairs)
    pairs, cost = pairs[is_steady], cost[is_steady]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0], cost))]
    chosen = pairs[_first_come(pairs, len(shell))]
    return np.concatenate([kept, chosen]).astype(np.int32)


@njit(cache=True, nogil=True)
def _candidates(r, next_r, shell, furthest_m, slots_ahead):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return pairs near enough, and what they cost; satellites come sorted by x."""
    pairs = np.empty((1_024, 2), np.int64)
    cost = np.empty(1_024)
    n = 0
    for i in range(len(r)):
        for j in range(i + 1, len(r)):
            if r[j, 0] - r[i, 0] > furthest_m:
                break
            if shell[i] == shell[j] and shell[i] >= 0:
                continue
            square, parting = 0.0, 0.0
            for k in range(3):
                d = r[j, k] - r[i, k]
                square += d * d
                parting += (next_r[j, k] - next_r[i, k] - d) ** 2
            if square > furthest_m * furthest_m:
                continue
            if n == len(cost):
                cost = np.append(cost, np.empty(n))
                pairs = np.append(pairs, np.empty((n, 2), np.int64), axis=0)
            pairs[n, 0], pairs[n, 1] = i, j
            cost[n] = np.sqrt(square + slots_ahead * slots_ahead * parting)
            n += 1
    return pairs[:n], cost[:n]


@njit(cache=True, nogil=True)
def _first_come(pairs, n_sats):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return which pairs are chosen when each satellite is served once, in order."""
    is_free = np.ones(n_sats, np.bool_)
    is_chosen = np.zeros(len(pairs), np.bool_)
    for i in range(len(pairs)):
        a, b = pairs[i, 0], pairs[i, 1]
        if is_free[a] and is_free[b]:
            is_free[a] = is_free[b] = False
            is_chosen[i] = True
    return is_chosen


def carried_on(links: NDArray[np.int32], before_links: NDArray[np.int32], before: IslState) -> IslState:
    """Return the state before of links of now, whichever place they had then.

    Parameters
    ----------
    links : (link, 2)
        Links of this slot.
    before_links, before
        Links and states of the slot before.

    Returns
    -------
    state
        One line a link of now: as before where it was one, else not within reach.
    """
    if len(before_links) == 0:
        nothing = np.full(len(links), np.nan)
        return IslState(nothing, nothing, np.zeros(len(links), np.bool_), np.full(len(links), -1.0))
    key, before_key = (pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1] for pairs in (links, before_links))
    order = np.argsort(before_key, kind="stable")
    at = order[np.minimum(np.searchsorted(before_key, key, sorter=order), len(order) - 1)]
    was = before_key[at] == key
    return IslState(
        length_m=np.where(was, before.length_m[at], np.nan),
        grazing_m=np.where(was, before.grazing_m[at], np.nan),
        is_up=was & before.is_up[at],
        stood_s=np.where(was, before.stood_s[at], -1.0),
    )
