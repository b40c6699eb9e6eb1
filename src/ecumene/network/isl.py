"""Inter-satellite links: which filed satellites are linked, how long links are, which of them stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import WGS84_A_M, WGS84_F
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRAZING_ALTITUDE_M = 80_000.0
"""Lowest altitude a laser passes at by default. Source: Bhattacherjee and Singla, CoNEXT 2019."""

ACQUISITION_S = 12.0
"""From coming within reach to carrying traffic. Source: the fastest acquisition Starlink's operator reports; the
usual one may take longer, so this is soft. [s]"""

NO_LINKS = np.empty((0, 2), np.int32)
"""The links of a bent pipe."""


@dataclass(frozen=True)
class IslState:
    """The links of one slot.

    Attributes
    ----------
    length_m : (link,)
        Straight-line distance; NaN where an end has no position. [m]
    grazing_m : (link,)
        Lowest geodetic height of the link above WGS84; NaN where an end has no position. [m]
    is_up : (link,)
        The link can carry traffic.
    stood_s : (link,)
        How long its ends have been within reach at the start of the slot; inf for links that were from the
        first slot on, -1 where they are not. [s]
    """

    length_m: NDArray[np.float64]
    grazing_m: NDArray[np.float64]
    is_up: NDArray[np.bool_]
    stood_s: NDArray[np.float64]


def grid_links(
    planes_of_shell: NDArray[np.int32],
    sats_per_plane_of_shell: NDArray[np.int32],
    phasing_of_shell: NDArray[np.int32],
    is_closed_of_shell: NDArray[np.bool_],
    first_sat_of_shell: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the +Grid: every satellite linked to two in its plane and one in each plane beside it.

    Parameters
    ----------
    planes_of_shell, sats_per_plane_of_shell : (shell,)
        Planes P and satellites a plane S.
    phasing_of_shell : (shell,)
        Walker phasing F; taken modulo the planes, as in `ecumene.orbits.shells`.
    is_closed_of_shell : (shell,)
        The nodes go all the way round (Walker delta). Where they do not (Walker star, a node step of
        its own), the last plane and the first move against each other and are not linked: the seam.
    first_sat_of_shell : (shell,)
        Index of plane 0, slot 0; plane p, slot s is that plus p S + s.

    Returns
    -------
    links : (link, 2)
        Pairs of satellites, the lower index first, sorted, none twice, none to itself.

    Raises
    ------
    RangeError
        A shell without planes or without satellites.

    Notes
    -----
    Slot s of plane p is linked to slot s of plane p + 1. From plane to plane the phase grows by
    360 F / (P S), so that after P planes it has grown by F slots: slot s of the last plane meets slot
    s + F (modulo S) of the first, and that link is like all others. Where the phase step comes near a
    whole slot the same slot is not the nearest of the next plane; it is linked nevertheless.
    """
    shells = zip(
        np.asarray(planes_of_shell).tolist(),
        np.asarray(sats_per_plane_of_shell).tolist(),
        np.asarray(phasing_of_shell).tolist(),
        np.asarray(is_closed_of_shell).tolist(),
        np.asarray(first_sat_of_shell).tolist(),
        strict=True,
    )
    links = [_links_of_shell(*shell) for shell in shells]
    if not links:
        return NO_LINKS
    pairs: NDArray[np.int32] = np.unique(np.concatenate(links), axis=0).astype(np.int32)
    return pairs


def _links_of_shell(
    n_planes: int, sats_per_plane: int, phasing: int, is_closed: bool, first_sat: int
) -> NDArray[np.int64]:
    if n_planes < 1 or sats_per_plane < 1:
        raise RangeError(f"a shell needs a plane and a satellite, got {n_planes} planes x {sats_per_plane}")
    sat = np.arange(n_planes * sats_per_plane).reshape(n_planes, sats_per_plane) + first_sat
    pairs = [(sat, np.roll(sat, -1, axis=1)), (sat[:-1], sat[1:])]
    if is_closed:
        pairs.append((sat[-1], np.roll(sat[0], -(phasing % n_planes))))
    links = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in pairs])
    links.sort(axis=1)
    proper: NDArray[np.int64] = links[links[:, 0] != links[:, 1]]
    return proper


def link_state(
    r_ecef_m: NDArray[np.float64],
    links: NDArray[np.int32],
    *,
    grazing_altitude_m: float = GRAZING_ALTITUDE_M,
    max_range_m: float = np.inf,
    is_healthy: NDArray[np.bool_] | None = None,
    plane_of_sat: NDArray[np.int32] | None = None,
    polar_cutoff_deg: float | None = None,
) -> IslState:
    """Return length and state of every link.

    Parameters
    ----------
    r_ecef_m : (sat, 3)
        Positions; NaN where there is none. [m]
    links : (link, 2)
        Satellites at the two ends.
    grazing_altitude_m
        A link that passes lower than this above WGS84 is down. [m]
    max_range_m
        A longer link is down. [m]
    is_healthy : (sat,)
        Satellites whose lasers work; all where not given.
    plane_of_sat : (sat,)
        Plane; needed for the polar cut-off alone. Where links leave their shell, planes must not be
        numbered anew in every shell.
    polar_cutoff_deg
        A link between two planes is down while an end is above this geocentric latitude, north or
        south; no cut-off where not given. [deg]

    Returns
    -------
    state
        Length, lowest height and whether the link is up.

    Raises
    ------
    RangeError
        A cut-off without the planes.

    Notes
    -----
    The lowest point of the straight line is found with z stretched by a / b, which makes the ellipsoid a
    sphere, moved by one Newton step to where the geodetic height is least, and that height is computed by
    Bowring's formula: within 1 mm of the true minimum for links that clear the ground, up to 2,000 km.
    The ray is straight; refraction above 80 km is left out. A link is up from the first slot in which it
    can stand: for the time it takes to find each other see :func:`acquired`.

    References
    ----------
    Bowring, Survey Review 23 (181), 1976, for the geodetic latitude of a point.
    """
    is_healthy = np.ones(len(r_ecef_m), np.bool_) if is_healthy is None else is_healthy
    length_m, grazing_m = _measure(np.ascontiguousarray(r_ecef_m), links)
    is_up = (
        (grazing_m >= grazing_altitude_m)
        & (length_m <= max_range_m)
        & is_healthy[links[:, 0]]
        & is_healthy[links[:, 1]]
    )
    if polar_cutoff_deg is not None:
        if plane_of_sat is None:
            raise RangeError("polar_cutoff_deg needs plane_of_sat: only links between planes are cut off")
        is_across = plane_of_sat[links[:, 0]] != plane_of_sat[links[:, 1]]
        sin_latitude = np.abs(r_ecef_m[:, 2]) / np.linalg.norm(r_ecef_m, axis=1)
        is_polar = sin_latitude > np.sin(np.radians(polar_cutoff_deg))
        is_up &= ~(is_across & is_polar[links].any(axis=1))
    return IslState(length_m, grazing_m, is_up, np.where(is_up, np.inf, -1.0))


def acquired(
    state: IslState, before: IslState | None, *, slot_s: float, acquisition_s: float = ACQUISITION_S
) -> IslState:
    """Return the links of a slot without those whose ends still look for each other.

    Parameters
    ----------
    state
        The links that can stand, from :func:`link_state`.
    before
        The slot before; none before the first, in which all links that can stand have been found.
    slot_s
        Length of a slot. [s]
    acquisition_s
        Time from coming within reach to carrying traffic. [s]

    Returns
    -------
    state
        The same links; `is_up` only where they have stood long enough, `stood_s` carried on.

    Raises
    ------
    RangeError
        Another number of links before, or a time that is negative.

    Notes
    -----
    The time counts from the start of the slot in which both ends are first within reach. A link is up in a
    slot if it is found before the middle of it: with 12 s and slots of 15 s a new link misses one slot, with
    slots of 60 s none.
    """
    if not acquisition_s >= 0.0:
        raise RangeError(f"acquisition_s = {acquisition_s:g}: must be 0 or more")
    if before is None:
        return state
    if len(before.stood_s) != len(state.is_up):
        raise RangeError(f"{len(state.is_up)} links, but {len(before.stood_s)} in the slot before")
    stood_s = np.where(before.stood_s >= 0.0, before.stood_s + slot_s, 0.0)
    is_up = state.is_up & (stood_s + 0.5 * slot_s >= acquisition_s)
    return IslState(state.length_m, state.grazing_m, is_up, np.where(state.is_up, stood_s, -1.0))


def surviving_links(
    links: NDArray[np.int32],
    *,
    is_sat_lost: NDArray[np.bool_] | None = None,
    is_link_lost: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Return the links that are left when satellites and links fail.

    Parameters
    ----------
    links : (link, 2)
        Satellites at the two ends.
    is_sat_lost : (sat,)
        Satellites that are gone or whose lasers are; none where not given.
    is_link_lost : (link,)
        Links that are gone; none where not given.

    Returns
    -------
    links : (link left, 2)
        In the same order. Nothing is linked anew: that takes a new plan of the operator's.

    Raises
    ------
    RangeError
        A mask of another length, or a link with an end outside the fleet.
    """
    is_left = np.ones(len(links), np.bool_)
    if is_sat_lost is not None:
        if len(links) and not 0 <= links.min() <= links.max() < len(is_sat_lost):
            raise RangeError(f"a link names satellite {links.max()} of {len(is_sat_lost)}")
        is_left &= ~is_sat_lost[links].any(axis=1)
    if is_link_lost is not None:
        if len(is_link_lost) != len(links):
            raise RangeError(f"{len(links)} links, but is_link_lost has {len(is_link_lost)}")
        is_left &= ~is_link_lost
    return links[is_left]


@njit(cache=True, nogil=True)
def _measure(r_ecef_m, links):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return length and lowest height of every link."""
    start_m, step_m = np.empty((3, len(links))), np.empty((3, len(links)))
    for i in range(len(links)):
        a, b = links[i, 0], links[i, 1]
        for k in range(3):
            start_m[k, i] = r_ecef_m[a, k]
            step_m[k, i] = r_ecef_m[b, k] - r_ecef_m[a, k]
    length_m, grazing_m = np.empty(len(links)), np.empty(len(links))
    _follow(start_m[0], start_m[1], start_m[2], step_m[0], step_m[1], step_m[2], length_m, grazing_m)
    return length_m, grazing_m


@inner_njit(cache=True, nogil=True, error_model="numpy")
def _follow(x_m, y_m, z_m, dx_m, dy_m, dz_m, length_m, grazing_m):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill in lengths and lowest heights; coordinates apart and no branch, so that the loop becomes vectors."""
    stretch = 1.0 / (1.0 - WGS84_F) ** 2
    for i in range(len(x_m)):
        x, y, z, dx, dy, dz = x_m[i], y_m[i], z_m[i], dx_m[i], dy_m[i], dz_m[i]
        square = dx * dx + dy * dy + dz * dz
        length_m[i] = np.sqrt(square)
        # Where the line comes nearest to the centre of the stretched space, then a Newton step: along
        # the line h' = n . d and h'' is nearly d^2 / (a + h).
        along = x * dx + y * dy + z * dz * stretch
        t = -along / (dx * dx + dy * dy + dz * dz * stretch)
        n_p, n_z, height_m = _up_and_height(x + t * dx, y + t * dy, z + t * dz)
        p = max(np.sqrt((x + t * dx) ** 2 + (y + t * dy) ** 2), 1e-9)
        slope = n_p * ((x + t * dx) * dx + (y + t * dy) * dy) / p + n_z * dz
        t = min(max(t - slope * (WGS84_A_M + height_m) / square, 0.0), 1.0)
        t = t if square > 0.0 else 0.0 * square  # a link of no length; NaN stays NaN
        grazing_m[i] = _up_and_height(x + t * dx, y + t * dy, z + t * dz)[2]


@inner_njit(cache=True, nogil=True, error_model="numpy")
def _up_and_height(x, y, z):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return cosine and sine of the geodetic latitude, and the height (Bowring 1976)."""
    b = WGS84_A_M * (1.0 - WGS84_F)
    e2 = WGS84_F * (2.0 - WGS84_F)
    p = np.sqrt(x * x + y * y)
    # Parametric latitude theta of the point, then the geodetic phi, both as cosine and sine.
    h = max(np.sqrt((p * b) ** 2 + (z * WGS84_A_M) ** 2), 1e-9)
    cos_t, sin_t = p * b / h, z * WGS84_A_M / h
    run, rise = p - e2 * WGS84_A_M * cos_t**3, z + e2 / (1.0 - e2) * b * sin_t**3
    h = max(np.sqrt(run * run + rise * rise), 1e-9)
    cos_p, sin_p = run / h, rise / h
    return cos_p, sin_p, p * cos_p + z * sin_p - WGS84_A_M * np.sqrt(1.0 - e2 * sin_p * sin_p)
