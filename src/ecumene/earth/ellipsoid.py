"""Places on the WGS84 ellipsoid: latitude, longitude and height, and the same point from the Earth's centre.

Latitudes are geodetic. ECEF is the frame fixed to the Earth: x to 0 N 0 E, z to the North Pole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecumene.constants import MEAN_EARTH_RADIUS_M, WGS84_A_M, WGS84_F

Array = NDArray[np.float64]

_E2 = WGS84_F * (2.0 - WGS84_F)  # first eccentricity squared


def ecef_of_geodetic(lat_deg: ArrayLike, lon_deg: ArrayLike, height_m: ArrayLike = 0.0) -> Array:
    """Return the position of points given by latitude, longitude and height.

    Parameters
    ----------
    lat_deg, lon_deg : (n,)
        Geodetic latitude and longitude. [deg]
    height_m : (n,), optional
        Height above the ellipsoid. [m]

    Returns
    -------
    r_ecef_m : (n, 3)
        Positions; (3,) for scalars. [m]

    References
    ----------
    NGA.STND.0036 1.0.0 (2014), equations 4-14 and 4-15.

    Examples
    --------
    >>> ecef_of_geodetic(0.0, 0.0).round(1).tolist()
    [6378137.0, 0.0, 0.0]
    """
    lat, lon, h = np.broadcast_arrays(
        np.radians(lat_deg), np.radians(lon_deg), np.asarray(height_m, dtype=np.float64)
    )
    N = WGS84_A_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
    rho = (N + h) * np.cos(lat)
    return np.stack([rho * np.cos(lon), rho * np.sin(lon), (N * (1.0 - _E2) + h) * np.sin(lat)], axis=-1)


PYEPHEM_A_M, PYEPHEM_F = 6_378_160.0, 1.0 / 298.25
"""Figure of the Earth under an observer in PyEphem. Source: libastro (XEphem), earthsat.c. [m]"""

PYEPHEM_SCALE = 6_378_160.0 / 6_378_135.0
"""PyEphem turns the Earth radii of SGP4 (WGS72: 6,378.135 km) into metres with its own radius. Source: as above."""


def pyephem_site_m(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
    """Return where PyEphem puts an observer at height zero: to compare with programs built on it.

    Parameters
    ----------
    lat_deg, lon_deg : (n,)
        Geodetic latitude and longitude. [deg]

    Returns
    -------
    r_ecef_m : (n, 3)
        Positions; up to 44 m from those of `ecef_of_geodetic`. [m]

    Notes
    -----
    The ellipsoid is of 1967, and the latitude is turned by tan(phi') = tan(phi) / (1 - f^2) first: the
    relation of geocentric latitude with f^2 in the place of e^2, 36 m at 45 deg. Not a model of the Earth
    to compute with.

    References
    ----------
    libastro (XEphem), earthsat.c, `GetSitPosition`, as shipped in PyEphem 4.
    """
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    f = PYEPHEM_F
    lat = np.arctan2(np.sin(lat), np.cos(lat) * (1.0 - f * f))
    N = PYEPHEM_A_M / np.sqrt(1.0 - f * (2.0 - f) * np.sin(lat) ** 2)
    rho = N * np.cos(lat)
    return np.stack([rho * np.cos(lon), rho * np.sin(lon), N * (1.0 - f) ** 2 * np.sin(lat)], axis=-1)


def up_of_geodetic(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
    """Return unit vectors along the ellipsoid's normal, outward.

    Parameters
    ----------
    lat_deg, lon_deg : (n,)
        Geodetic latitude and longitude. [deg]

    Returns
    -------
    up : (n, 3)
        Unit vectors in ECEF.
    """
    lat, lon = np.broadcast_arrays(np.radians(lat_deg), np.radians(lon_deg))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def east_of_geodetic(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
    """Return unit vectors to the local east, in ECEF; at a pole, that of the given meridian."""
    _, lon = np.broadcast_arrays(np.radians(lat_deg), np.radians(lon_deg))
    return np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], axis=-1)


def north_of_geodetic(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
    """Return unit vectors to the local north, in ECEF; at a pole, along the given meridian."""
    lat, lon = np.broadcast_arrays(np.radians(lat_deg), np.radians(lon_deg))
    return np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)


def geodetic_of_ecef(r_ecef_m: ArrayLike) -> tuple[Array, Array, Array]:
    """Return latitude, longitude and height of positions.

    Parameters
    ----------
    r_ecef_m : (n, 3)
        Positions, not nearer to the Earth's centre than 43 km (inside the evolute the nearest point is not
        unique). [m]

    Returns
    -------
    lat_deg, lon_deg : (n,)
        Geodetic latitude and longitude, longitude between -180 and 180. [deg]
    height_m : (n,)
        Height above the ellipsoid. [m]

    Notes
    -----
    Bowring's formula for the reduced latitude, applied three times: within 20 nanometres of the exact answer
    from the ground to geostationary height. nan in, nan out.

    References
    ----------
    B. R. Bowring, "Transformation from spatial to geographical coordinates", Survey Review 23 (1976),
    323-327.
    """
    r = np.asarray(r_ecef_m, dtype=np.float64)
    x, y, z = r[..., 0], r[..., 1], r[..., 2]
    rho = np.hypot(x, y)
    b = WGS84_A_M * (1.0 - WGS84_F)
    beta = np.arctan2(z, rho * (1.0 - WGS84_F))
    lat = beta
    for _ in range(3):
        numerator = z + _E2 / (1.0 - _E2) * b * np.sin(beta) ** 3
        lat = np.arctan2(numerator, rho - _E2 * WGS84_A_M * np.cos(beta) ** 3)
        beta = np.arctan2((1.0 - WGS84_F) * np.sin(lat), np.cos(lat))
    # Along the normal; well behaved at the poles and at the equator alike.
    height_m = (rho - WGS84_A_M * np.cos(beta)) * np.cos(lat) + (z - b * np.sin(beta)) * np.sin(lat)
    return np.degrees(lat), np.degrees(np.arctan2(y, x)), height_m


def great_circle_m(
    lat1_deg: ArrayLike, lon1_deg: ArrayLike, lat2_deg: ArrayLike, lon2_deg: ArrayLike
) -> Array:
    """Return the great-circle distance between points on the mean sphere.

    Parameters
    ----------
    lat1_deg, lon1_deg, lat2_deg, lon2_deg
        Latitudes and longitudes; shapes are broadcast. [deg]

    Returns
    -------
    distance_m
        Distance along a sphere of the mean radius; within 0.56 % of the geodesic. [m]

    Notes
    -----
    Vincenty's form of the spherical distance, exact for near and antipodal points alike.
    """
    lat1, lon1, lat2, lon2 = (np.radians(x) for x in (lat1_deg, lon1_deg, lat2_deg, lon2_deg))
    dlon = lon2 - lon1
    across = np.hypot(
        np.cos(lat2) * np.sin(dlon), np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(dlon)
    )
    along = np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(dlon)
    distance: Array = MEAN_EARTH_RADIUS_M * np.arctan2(across, along)
    return distance
