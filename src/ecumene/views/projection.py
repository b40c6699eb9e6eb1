"""The Equal Earth projection: a world map on which equal areas are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_A = (1.340264, -0.081106, 0.000893, 0.003796)
_M = np.sqrt(3.0) / 2.0
_STEPS = 8
"""Newton steps back from y; six suffice for double precision everywhere on the map."""


def equal_earth(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the place of points on the map.

    Parameters
    ----------
    lat_deg, lon_deg : (n,)
        Geodetic latitude, taken as authalic; longitude. [deg]

    Returns
    -------
    x, y : (n,)
        In Earth radii, x within +-2.7066 and y within +-1.3173.

    Notes
    -----
    Geodetic latitude stands for the authalic one: up to 0.13 deg, less than a pixel of the world map.

    References
    ----------
    Savric, Patterson, Jenny, "The Equal Earth map projection", Int. J. Geogr. Inf. Sci. 33 (2019), eq. 1-5.
    """
    lon_deg = np.where(np.abs(lon_deg) > 180.0, (lon_deg + 180.0) % 360.0 - 180.0, lon_deg)
    theta = np.arcsin(_M * np.sin(np.radians(lat_deg)))
    x = np.radians(lon_deg) * np.cos(theta) / (_M * _slope(theta))
    return x, _height(theta)


def geodetic_of_equal_earth(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the point of the Earth at a place on the map; NaN off the map.

    Parameters
    ----------
    x, y : (n,)
        In Earth radii, as `equal_earth` gives them.

    Returns
    -------
    lat_deg, lon_deg : (n,)
        Latitude and longitude. [deg]
    """
    theta = np.asarray(y, dtype=np.float64).copy()
    for _ in range(_STEPS):
        theta -= (_height(theta) - y) / _slope(theta)
    sine = np.sin(theta) / _M
    lon_deg = np.degrees(_M * x * _slope(theta) / np.cos(theta))
    is_off = (np.abs(sine) > 1.0) | (np.abs(lon_deg) > 180.0)
    lat_deg = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    return np.where(is_off, np.nan, lat_deg), np.where(is_off, np.nan, lon_deg)


def _height(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return y of the parametric latitude."""
    square = theta * theta
    sixth = square**3
    return np.asarray(theta * (_A[0] + _A[1] * square + sixth * (_A[2] + _A[3] * square)))


def _slope(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return dy/d(theta)."""
    square = theta * theta
    sixth = square**3
    return np.asarray(_A[0] + 3.0 * _A[1] * square + sixth * (7.0 * _A[2] + 9.0 * _A[3] * square))
