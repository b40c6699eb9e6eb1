"""Where every satellite is, in the frame that turns with the Earth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.orbits.elements import SGP4_ERRORS
from ecumene.orbits.frames import rotate, teme_to_ecef_matrix
from ecumene.orbits.near_earth import near_earth_blocks, near_earth_positions
from ecumene.orbits.times import julian_date, julian_date_after

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements
    from ecumene.orbits.frames import EarthOrientation

BAD_NUMBER = 7
"""Our own code, after SGP4's 1 to 6: no error was reported, yet the position is no number or no orbit."""

FURTHEST_M = 1e9
"""Nothing orbits the Earth further out; SGP4 can say so for elements years too old. Hill sphere: 1.5e9 m."""


@dataclass(frozen=True)
class Fleet:
    """Satellites made ready to be propagated from a start.

    Attributes
    ----------
    elements
        Mean elements of every satellite.
    start
        The instant t_s = 0, with time zone.
    orientation
        How the Earth stands at the start and how fast that changes.
    blocks : (block, coefficient * lane)
        The elements as the near-Earth kernel takes them, same order.
    """

    elements: Elements
    start: datetime
    orientation: EarthOrientation
    blocks: NDArray[np.float64]


@dataclass(frozen=True)
class Ephemeris:
    """Where the satellites are at one instant.

    Attributes
    ----------
    t_s
        Seconds since the start of the fleet, UTC. [s]
    r_ecef_m : (sat, 3)
        Position, Earth-centred and Earth-fixed (ITRF); nan where SGP4 gives none. [m]
    is_valid : (sat,)
        Whether SGP4 gives a position.
    error : (sat,)
        SGP4's code, 0 where valid; words in :data:`ecumene.orbits.elements.SGP4_ERRORS`.
    """

    t_s: float
    r_ecef_m: NDArray[np.float64]
    is_valid: NDArray[np.bool_]
    error: NDArray[np.uint8]


def build_fleet(elements: Elements, start: datetime, orientation: EarthOrientation) -> Fleet:
    """Return a fleet that can be propagated from a start.

    Parameters
    ----------
    elements
        Mean elements, one or more satellites.
    start
        The instant t_s = 0, with time zone.
    orientation
        From :func:`ecumene.orbits.frames.earth_orientation` at the start.

    Returns
    -------
    fleet
        Everything :func:`propagate` needs.

    Raises
    ------
    RangeError
        The start has no time zone, or there is no satellite.
    """
    julian_date(start)
    if len(elements) == 0:
        raise RangeError("a fleet of 0 satellites: must be at least 1")
    return Fleet(elements, start, orientation, near_earth_blocks(elements.satrecs))


def propagate(fleet: Fleet, t_s: float) -> Ephemeris:
    """Return where every satellite is, by SGP4.

    Parameters
    ----------
    fleet
        From :func:`build_fleet`.
    t_s
        Seconds since the start; may be negative. [s]

    Returns
    -------
    ephemeris
        Satellites SGP4 gives no position for are nan, not valid, and carry its error code.

    Raises
    ------
    RangeError
        The time is not a finite number.

    Notes
    -----
    SGP4 (improved mode, WGS72): `near_earth` where it takes the satellite, which agrees with the library to
    well below a millimetre; the library's C++ code for all others, deep space and every error included. SGP4
    itself errs by kilometres a day; the rotation to the Earth adds less than 2.5 m in a run of a week
    (frames.py). Each slot is computed from the elements, so no error builds up from slot to slot.

    References
    ----------
    Vallado, Crawford, Hujsak, Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753.
    """
    jd, fraction = julian_date_after(fleet.start, t_s)
    matrix = teme_to_ecef_matrix(jd, fraction, fleet.orientation, t_s=t_s)
    r_ecef_m = near_earth_positions(fleet.blocks, len(fleet.elements), jd, fraction, matrix)
    error = np.zeros(len(r_ecef_m), np.uint8)
    declined = np.flatnonzero(np.isnan(r_ecef_m[:, 0]))
    if len(declined):
        r_teme_m, error[declined] = _by_the_library(fleet, declined, jd, fraction)
        r_ecef_m[declined] = rotate(matrix, r_teme_m)
    is_valid = error == 0
    r_ecef_m[~is_valid] = np.nan
    return Ephemeris(t_s=float(t_s), r_ecef_m=r_ecef_m, is_valid=is_valid, error=error)


def _by_the_library(
    fleet: Fleet, sat: NDArray[np.int64], jd: float, fraction: float
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return positions of some satellites in TEME [m], and error codes."""
    from sgp4.api import SatrecArray

    satrecs = SatrecArray([fleet.elements.satrecs[s] for s in sat])
    code, r_teme_km, _ = satrecs.sgp4(np.array([jd]), np.array([fraction]))
    r_teme_m = np.multiply(r_teme_km[:, 0, :], 1_000.0)
    error = code[:, 0].astype(np.uint8)
    is_orbit = np.isfinite(r_teme_m).all(axis=1) & (np.abs(r_teme_m).max(axis=1) < FURTHEST_M)
    error[(error == 0) & ~is_orbit] = BAD_NUMBER
    return r_teme_m, error


def error_text(code: int) -> str:
    """Return what an error code of an ephemeris means.

    Parameters
    ----------
    code
        One of `Ephemeris.error`.

    Returns
    -------
    text
        A few words, without full stop.
    """
    return SGP4_ERRORS[code] if code < len(SGP4_ERRORS) else "position is no number or no orbit"
