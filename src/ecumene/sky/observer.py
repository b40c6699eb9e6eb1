"""Exact sight of a few points (places, gateways) on all satellites.

The same 64-bit decision as `sight.decide`, without bins: a place named by the user and a cell at the same
coordinates see the same satellites.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import GSO_RADIUS_M
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.sky.gso import FOOT_EXCESS_RAD, MAX_EXCLUSION_DEG, arc_angle_rad, is_excluded

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PAIRS_A_POINT = 64
"""Room made for the satellites a point sees on average; where it does not do, the pairs are listed again."""

HORIZON_SLACK_M = 1.0
"""A quick test errs by less: 64-bit rounding of metres in the millions is 1e-8 m. [m]"""

NEAR_SLACK = 1e-9
"""A quick test for directions within the exclusion angle leaves this share of it to the exact one."""


def gso_angle_rad(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the angle between directions and the nearest visible point of the geostationary arc.

    Parameters
    ----------
    lat_deg, lon_deg : (point,)
        Geodetic position of the points, on the ellipsoid. [deg]
    direction : (point, direction, 3) or (point, 3)
        Directions, ECEF, of any length but zero; nan gives nan.

    Returns
    -------
    alpha_rad : (point, direction) or (point,)
        Angle, inf where no point of the arc is above the horizon (beyond 81.3 degrees of latitude). [rad]

    References
    ----------
    ITU-R S.1503-3, part D, alpha angle.
    """
    lat_deg, lon_deg = np.atleast_1d(lat_deg), np.atleast_1d(lon_deg)
    r_point_m = np.ascontiguousarray(ecef_of_geodetic(lat_deg, lon_deg), dtype=np.float64).reshape(-1, 3)
    up = np.ascontiguousarray(up_of_geodetic(lat_deg, lon_deg), dtype=np.float64).reshape(-1, 3)
    direction = np.ascontiguousarray(direction, dtype=np.float64)
    if direction.shape[:1] != lat_deg.shape or direction.shape[-1] != 3 or direction.ndim not in {2, 3}:
        raise RangeError(
            f"direction has shape {direction.shape}: must be ({lat_deg.size}, n, 3) or "
            f"({lat_deg.size}, 3), as lat_deg"
        )
    pairs = direction.reshape(lat_deg.size, -1, 3)
    return np.asarray(_arc_angles(r_point_m, up, pairs)).reshape(direction.shape[:-1])


def clear_view(
    r_point_m: NDArray[np.float64],
    up: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    can_serve: NDArray[np.bool_],
    min_elevation_deg: ArrayLike,
    gso_exclusion_deg: ArrayLike,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which satellites are above the mask of each point, and which are clear of the arc as well.

    Parameters
    ----------
    r_point_m, up : (point, 3)
        Points [m] and the ellipsoid normals there, ECEF.
    r_sat_m : (sat, 3)
        Satellites, ECEF; nan where unknown. [m]
    can_serve : (sat,)
        Satellites to consider; the others are never visible.
    min_elevation_deg
        Smallest geodetic elevation, one or one a point, 0 to below 90. [deg]
    gso_exclusion_deg
        Exclusion angle, one or one a point, 0 (off) to 45. [deg]

    Returns
    -------
    is_visible : (point, sat)
        Elevation >= mask.
    is_clear : (point, sat)
        Visible, and alpha >= exclusion angle.
    """
    first, sat, is_clear_pair, _, _ = visible_pairs(
        r_point_m, up, r_sat_m, can_serve, min_elevation_deg, gso_exclusion_deg
    )
    point = np.repeat(np.arange(len(r_point_m)), np.diff(first))
    is_visible = np.zeros((len(r_point_m), len(r_sat_m)), dtype=np.bool_)
    is_clear = np.zeros(is_visible.shape, dtype=np.bool_)
    is_visible[point, sat] = True
    is_clear[point, sat] = is_clear_pair
    return is_visible, is_clear


def visible_pairs(
    r_point_m: NDArray[np.float64],
    up: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    can_serve: NDArray[np.bool_],
    min_elevation_deg: ArrayLike,
    gso_exclusion_deg: ArrayLike,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Return what `clear_view` says as a list of the visible pairs, with where the satellite stands.

    Parameters
    ----------
    r_point_m, up, r_sat_m, can_serve, min_elevation_deg, gso_exclusion_deg
        As in `clear_view`.

    Returns
    -------
    first_of_point : (point + 1,)
        The pairs of point p lie from first_of_point[p] to first_of_point[p + 1].
    sat : (pair,)
        Satellites, ascending for each point.
    is_clear : (pair,)
        alpha >= exclusion angle.
    sine : (pair,)
        Sine of the geodetic elevation.
    slant_m : (pair,)
        Straight-line distance. [m]
    """
    n_points = len(r_point_m)
    mask_deg = _one_each(min_elevation_deg, n_points, "min_elevation_deg", 0.0, math.nextafter(90.0, 0.0))
    exclusion_deg = _one_each(gso_exclusion_deg, n_points, "gso_exclusion_deg", 0.0, MAX_EXCLUSION_DEG)
    first, room = np.zeros(n_points + 1, np.int64), PAIRS_A_POINT * n_points
    while True:
        sat, is_clear = np.empty(room, np.int32), np.empty(room, np.bool_)
        sine, slant_m = np.empty(room), np.empty(room)
        _list_pairs(
            np.ascontiguousarray(r_point_m, dtype=np.float64),
            np.ascontiguousarray(up, dtype=np.float64),
            np.ascontiguousarray(np.asarray(r_sat_m, dtype=np.float64).T),
            np.ascontiguousarray(can_serve, dtype=np.bool_),
            np.sin(np.radians(mask_deg)),
            np.radians(exclusion_deg),
            np.zeros(-(-len(r_sat_m) // 8), np.uint64),
            first,
            sat,
            is_clear,
            sine,
            slant_m,
        )
        n_pairs = int(first[-1])
        if n_pairs <= room:
            return first, sat[:n_pairs], is_clear[:n_pairs], sine[:n_pairs], slant_m[:n_pairs]
        room = n_pairs


def _one_each(values: ArrayLike, n_points: int, name: str, low: float, high: float) -> NDArray[np.float64]:
    """Return one value a point, refusing those out of range."""
    each = np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (n_points,)))
    is_bad = ~((each >= low) & (each <= high))
    if is_bad.any():
        bad = int(np.flatnonzero(is_bad)[0])
        raise RangeError(f"{name}[{bad}] = {each[bad]:g}: must be between {low:g} and {high:g}")
    return each


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _arc_angles(r_point_m: np.ndarray, up: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return the angle to the arc of every direction of every point."""
    alpha_rad = np.empty(direction.shape[:2], dtype=np.float64)
    for p in range(direction.shape[0]):
        for k in range(direction.shape[1]):
            d = direction[p, k]
            alpha_rad[p, k] = arc_angle_rad(r_point_m[p], up[p], d[0], d[1], d[2])
            if math.isnan(d[0] + d[1] + d[2]):
                alpha_rad[p, k] = math.nan
    return alpha_rad


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _list_pairs(
    r_point_m: np.ndarray,
    up: np.ndarray,
    sat_m: np.ndarray,
    can_serve: np.ndarray,
    sin_mask: np.ndarray,
    exclusion_rad: np.ndarray,
    words: np.ndarray,
    first: np.ndarray,
    sat: np.ndarray,
    is_clear: np.ndarray,
    sine: np.ndarray,
    slant_m: np.ndarray,
) -> None:
    """Fill in the pairs, as many as there is room for, and their number; sat_m is (3, sat).

    A position that is nan passes no comparison. `words` holds eight satellites each, so that eight are passed
    over at once: most are below the horizon.
    """
    n_sats, n_pairs = sat_m.shape[1], 0
    x, y, z = sat_m[0], sat_m[1], sat_m[2]
    may_rise = words.view(np.bool_)
    for p in range(r_point_m.shape[0]):
        px, py, pz = r_point_m[p, 0], r_point_m[p, 1], r_point_m[p, 2]
        ux, uy, uz = up[p, 0], up[p, 1], up[p, 2]
        k, angle = sin_mask[p], exclusion_rad[p]
        cos_far, cos_near = math.cos(angle + FOOT_EXCESS_RAD), math.cos(angle * (1.0 - NEAR_SLACK))
        horizon_m = px * ux + py * uy + pz * uz - HORIZON_SLACK_M
        for s in range(n_sats):
            may_rise[s] = x[s] * ux + y[s] * uy + z[s] * uz > horizon_m
        for word in range(words.size):
            if words[word] == 0:
                continue
            for s in range(8 * word, min(8 * word + 8, n_sats)):
                dx, dy, dz = x[s] - px, y[s] - py, z[s] - pz
                h, square = dx * ux + dy * uy + dz * uz, dx * dx + dy * dy + dz * dz
                if not (h * abs(h) >= k * k * square and can_serve[s]):
                    continue
                if n_pairs < sat.size:
                    sat[n_pairs], slant_m[n_pairs] = s, math.sqrt(square)
                    sine[n_pairs] = min(h / slant_m[n_pairs], 1.0)
                    is_clear[n_pairs] = not (
                        (angle > 0.0 and _is_surely_excluded(r_point_m[p], up[p], dx, dy, dz, cos_near))
                        or is_excluded(r_point_m[p], up[p], dx, dy, dz, angle, cos_far)
                    )
                n_pairs += 1
        first[p + 1] = n_pairs


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _is_surely_excluded(
    p: np.ndarray, u: np.ndarray, dx: float, dy: float, dz: float, cos_near: float
) -> bool:
    """Return whether the foot point (`gso.is_far_from_arc`) is visible and within acos(cos_near).

    The foot lies on the arc, so the nearest visible point of the arc is nearer still: no search is needed.
    """
    a = dx * dx + dy * dy
    b = p[0] * dx + p[1] * dy
    c = GSO_RADIUS_M * GSO_RADIUS_M - p[0] * p[0] - p[1] * p[1]
    w = math.sqrt(b * b + a * c) - b
    num = w - dz * p[2]
    is_up = w * (dx * u[0] + dy * u[1]) > a * (p[2] * u[2] + HORIZON_SLACK_M)
    return bool(
        is_up
        and num > 0.0
        and a * num * num > cos_near * cos_near * (a + dz * dz) * (w * w + a * p[2] * p[2])
    )
