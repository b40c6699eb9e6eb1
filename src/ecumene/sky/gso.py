"""The geostationary arc as a terminal sees it, and the angle between it and a satellite.

The angle alpha is the smallest one, at the terminal, between the satellite and any point of the arc above the
terminal's horizon (geodetic elevation >= 0). A pair is excluded when alpha < the exclusion angle; a
satellite at exactly the exclusion angle may be used. Beyond 81.3 degrees of latitude no point of the arc
is above the horizon: alpha is infinite and nothing is excluded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ecumene.constants import GSO_RADIUS_M
from ecumene.kernels import inner_njit, njit

if TYPE_CHECKING:
    import numpy as np

MAX_EXCLUSION_DEG = 45.0
"""Largest exclusion angle the fast test is proven for; filings use 2 to 22 degrees."""

FOOT_EXCESS_RAD = math.radians(0.006)
"""The angle to the foot point exceeds alpha by less than this times tan(alpha), for alpha up to
MAX_EXCLUSION_DEG, where the tangent is 1.

The foot point is where the half-plane through the terminal, the satellite and the direction of the Earth's
axis cuts the arc. The arc runs almost at constant declination as the terminal sees it, so the foot is
almost the nearest point. The largest excess over all latitudes and directions is 0.0043 degrees times the
tangent, at 45 degrees of latitude (tests/oracles/test_sight.py measures it).
"""

SCAN_POINTS = 17
"""Points of the visible arc tried before Newton's method; the cosine has at most two maxima on it."""


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def half_arc_rad(p: np.ndarray, u: np.ndarray) -> float:
    """Return how far east and west of the terminal the visible arc reaches, or -1 where none is visible.

    Parameters
    ----------
    p : (3,)
        Terminal, ECEF. [m]
    u : (3,)
        Its ellipsoid normal, ECEF, unit.

    Returns
    -------
    half_arc_rad
        Longitude difference to the point of the arc at elevation 0. [rad]

    Notes
    -----
    (G - p).u = 0 with G = R (cos lon, sin lon, 0) relative to the terminal's meridian.
    """
    cos_lat = math.hypot(u[0], u[1])
    rise = p[0] * u[0] + p[1] * u[1] + p[2] * u[2]
    if rise >= GSO_RADIUS_M * cos_lat:
        return -1.0
    return math.acos(max(rise / (GSO_RADIUS_M * cos_lat), -1.0))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _slope(lon: float, d: tuple[float, float, float], rho: float, z: float) -> tuple[float, float]:
    """Return a positive multiple of d(cos alpha)/dlon at longitude lon, and its own derivative."""
    R = GSO_RADIUS_M
    c, s = math.cos(lon), math.sin(lon)
    b = 2.0 * R * rho
    Q = R * R + rho * rho + z * z - b * c
    N = d[0] * (R * c - rho) + d[1] * R * s - d[2] * z
    N1 = R * (d[1] * c - d[0] * s)
    N2 = -R * (d[0] * c + d[1] * s)
    return 2.0 * Q * N1 - N * b * s, 2.0 * Q * N2 + b * s * N1 - N * b * c


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cosine(lon: float, d: tuple[float, float, float], rho: float, z: float) -> float:
    """Return cos of the angle between direction d and the point of the arc at longitude lon."""
    R = GSO_RADIUS_M
    x, y = R * math.cos(lon) - rho, R * math.sin(lon)
    return (d[0] * x + d[1] * y - d[2] * z) / math.sqrt(x * x + y * y + z * z)


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _nearest_longitude(d: tuple[float, float, float], rho: float, z: float, half: float) -> float:
    """Return the longitude in [-half, half] of the arc point nearest to direction d."""
    step = 2.0 * half / (SCAN_POINTS - 1)
    best, best_cos = -half, -2.0
    for k in range(SCAN_POINTS):
        here = _cosine(-half + k * step, d, rho, z)
        if here > best_cos:
            best, best_cos = -half + k * step, here
    lo, hi = max(best - step, -half), min(best + step, half)
    if _slope(lo, d, rho, z)[0] <= 0.0:
        return lo
    if _slope(hi, d, rho, z)[0] >= 0.0:
        return hi
    x = best
    for _ in range(60):
        f, f1 = _slope(x, d, rho, z)
        if f > 0.0:
            lo = x
        else:
            hi = x
        nxt = x - f / f1 if f1 < 0.0 else lo
        if not lo < nxt < hi:
            nxt = 0.5 * (lo + hi)
        if abs(nxt - x) < 1e-13:
            return nxt
        x = nxt
    return x


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def arc_angle_rad(p: np.ndarray, u: np.ndarray, dx: float, dy: float, dz: float) -> float:
    """Return the exact angle between a direction and the nearest visible point of the geostationary arc.

    Parameters
    ----------
    p : (3,)
        Terminal, ECEF. [m]
    u : (3,)
        Its ellipsoid normal, ECEF, unit.
    dx, dy, dz
        Direction, ECEF, any length but zero.

    Returns
    -------
    alpha_rad
        Angle, inf where no point of the arc is above the horizon. Exact to 1e-8 rad. [rad]
    """
    half = half_arc_rad(p, u)
    if half < 0.0:
        return math.inf
    rho, z = math.hypot(p[0], p[1]), p[2]
    ex, ey = p[0] / rho, p[1] / rho
    size = math.sqrt(dx * dx + dy * dy + dz * dz)
    d = ((dx * ex + dy * ey) / size, (dy * ex - dx * ey) / size, dz / size)
    lon = _nearest_longitude(d, rho, z, half)
    gx, gy, gz = GSO_RADIUS_M * math.cos(lon) - rho, GSO_RADIUS_M * math.sin(lon), -z
    cx, cy, cz = d[1] * gz - d[2] * gy, d[2] * gx - d[0] * gz, d[0] * gy - d[1] * gx
    return math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), d[0] * gx + d[1] * gy + d[2] * gz)


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def is_far_from_arc(p: np.ndarray, dx: float, dy: float, dz: float, cos_far: float) -> bool:
    """Return whether the foot point on the whole arc, horizon or not, is further away than acos(cos_far).

    A cheap sufficient test: with cos_far = cos(exclusion + FOOT_EXCESS_RAD), true means not excluded.
    """
    a = dx * dx + dy * dy
    b = p[0] * dx + p[1] * dy
    c = GSO_RADIUS_M * GSO_RADIUS_M - p[0] * p[0] - p[1] * p[1]
    w = math.sqrt(b * b + a * c) - b
    num = w - dz * p[2]
    return bool(a * num * abs(num) < cos_far * cos_far * (a + dz * dz) * (w * w + a * p[2] * p[2]))


@inner_njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def is_excluded(
    p: np.ndarray, u: np.ndarray, dx: float, dy: float, dz: float, exclusion_rad: float, cos_far: float
) -> bool:
    """Return whether a direction lies within the exclusion angle of the visible arc (alpha < exclusion).

    Parameters
    ----------
    p, u : (3,)
        Terminal and its ellipsoid normal, ECEF. [m], unit
    dx, dy, dz
        Direction, ECEF, any length but zero.
    exclusion_rad
        Exclusion angle, 0 = off. [rad]
    cos_far
        cos(exclusion_rad + FOOT_EXCESS_RAD), so that it need not be computed for every pair.
    """
    if exclusion_rad <= 0.0 or is_far_from_arc(p, dx, dy, dz, cos_far):
        return False
    return bool(arc_angle_rad(p, u, dx, dy, dz) < exclusion_rad)
