"""Latency: fibre between gateway and PoP, and the round trip a user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.errors import RangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIBRE_FACTOR = 1.4
"""Fibre length over great-circle distance. Source: the model's own choice; soft (cables: 1.2 to 2)."""

FIBRE_INDEX = 1.47
"""Group index of silica fibre at 1,550 nm. Source: Corning SMF-28 Ultra data sheet (1.4682), rounded."""


def fibre_s(
    gateway_lat_deg: NDArray[np.float64],
    gateway_lon_deg: NDArray[np.float64],
    pop_lat_deg: NDArray[np.float64],
    pop_lon_deg: NDArray[np.float64],
    factor: float = FIBRE_FACTOR,
    index: float = FIBRE_INDEX,
) -> NDArray[np.float64]:
    """Return the one-way time in fibre from every gateway to every PoP.

    Parameters
    ----------
    gateway_lat_deg, gateway_lon_deg : (gateway,)
        Gateways. [deg]
    pop_lat_deg, pop_lon_deg : (pop,)
        PoPs. [deg]
    factor
        Length of the fibre over the great-circle distance.
    index
        Refractive index of the fibre.

    Returns
    -------
    fibre_s : (gateway, pop)
        One-way time. Switching on the way is not in it. [s]

    Raises
    ------
    RangeError
        A factor or index below 1: fibre is not shorter than the great circle, nor faster than light.

    Notes
    -----
    t = factor d n / c, with d the great-circle distance. No map of cables stands behind this: islands
    without a cable look connected. Set an entry to inf where there is no fibre.
    """
    if factor < 1.0 or index < 1.0:
        raise RangeError(f"fibre factor and index must be 1 or more, got {factor:g} and {index:g}")
    distance_m = great_circle_m(
        np.asarray(gateway_lat_deg, np.float64)[:, None],
        np.asarray(gateway_lon_deg, np.float64)[:, None],
        np.asarray(pop_lat_deg, np.float64)[None, :],
        np.asarray(pop_lon_deg, np.float64)[None, :],
    )
    return np.asarray(distance_m * (factor * index / SPEED_OF_LIGHT_M_S), np.float64)


def rtt_s(
    slant_m: NDArray[np.float64], delay_s: NDArray[np.float64], processing_s: float
) -> NDArray[np.float64]:
    """Return the round trip terminal - PoP - terminal.

    Parameters
    ----------
    slant_m : any shape
        Terminal to satellite. [m]
    delay_s : same shape
        Satellite to PoP, one way (`Routes.delay_s`). [s]
    processing_s
        Framing, scheduling and processing, there and back. [s]

    Returns
    -------
    rtt_s : same shape
        Round-trip time without queueing; inf without path. [s]

    Notes
    -----
    RTT = 2 (d / c + delay) + processing. The satellite stands still meanwhile: it moves some 300 m in
    40 ms, 1 microsecond of light.
    """
    return np.asarray(2.0 * (slant_m / SPEED_OF_LIGHT_M_S + delay_s) + processing_s, np.float64)


def rtt_geometry_s(slant_m: NDArray[np.float64], space_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of the round trip that is light over radio and laser legs.

    Parameters
    ----------
    slant_m : any shape
        Terminal to satellite. [m]
    space_m : same shape
        ISLs and feeder link (`Routes.space_m`). [m]

    Returns
    -------
    rtt_s : same shape
        2 (d + space) / c; inf without path. [s]
    """
    return np.asarray(2.0 * (slant_m + space_m) / SPEED_OF_LIGHT_M_S, np.float64)
