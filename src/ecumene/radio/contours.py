"""Who stands under a beam that was lit for somebody else: the -3 dB contour on the ground.

A beam of fixed width seen from the satellite: 2.5 deg between its -3 dB points, which from 550 km is a circle of 12 km
straight below and a longer ellipse towards the horizon. That a steered array widens its beam is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import MEAN_EARTH_RADIUS_M
from ecumene.kernels import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTOUR_DB = 3.0
"""The contour lies this far below the middle of the beam. [dB]"""


def reach_m(altitude_m: float, min_elevation_deg: float, beam_deg: float) -> float:
    """Return how far from its middle a beam's contour reaches along the ground at most.

    Parameters
    ----------
    altitude_m
        Of the satellite, above a sphere. [m]
    min_elevation_deg
        Lowest elevation at the middle of the beam. [deg]
    beam_deg
        Width between the -3 dB points, seen from the satellite. [deg]

    Returns
    -------
    distance_m
        Towards the far side, along the sphere; to the horizon where the contour does not meet the ground. [m]

    Notes
    -----
    Plane triangle of Earth's centre, satellite and point: sin(nadir angle) = R cos(elevation) / (R + h), and the angle
    at the centre is 90 deg - elevation - nadir angle.

    Examples
    --------
    >>> round(reach_m(550e3, 90.0, 2.5) / 1e3, 1)
    12.0
    >>> round(reach_m(550e3, 25.0, 2.5) / 1e3, 1)
    61.5
    """
    size = MEAN_EARTH_RADIUS_M / (MEAN_EARTH_RADIUS_M + altitude_m)
    elevation = np.radians(min_elevation_deg)
    nadir = np.arcsin(size * np.cos(elevation))
    middle = np.pi / 2.0 - elevation - nadir
    far_sine = np.sin(nadir + np.radians(beam_deg / 2.0)) / size
    far_elevation = np.arccos(min(far_sine, 1.0))
    far = np.pi / 2.0 - far_elevation - np.arcsin(size * min(far_sine, 1.0))
    return float((far - middle) * MEAN_EARTH_RADIUS_M)


def under_beams(
    first: NDArray[np.int64],
    cell: NDArray[np.int32],
    r_point_m: NDArray[np.float64],
    r_cell_m: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    sat_of_cell: NDArray[np.int32],
    beam_deg: float,
) -> NDArray[np.bool_]:
    """Return which points lie in the contour of a beam lit for one of the cells near them.

    Parameters
    ----------
    first : (point + 1,)
        The cells near point p are cell[first[p]] to cell[first[p + 1] - 1].
    cell : (pair,)
        Cells near each point.
    r_point_m, r_cell_m, r_sat_m : (point, 3), (cell, 3), (sat, 3)
        Positions, ECEF. [m]
    sat_of_cell : (cell,)
        Satellite whose beam the cell has, -1 for none.
    beam_deg
        Width between the -3 dB points, seen from the satellite. [deg]

    Returns
    -------
    is_lit : (point,)
        The angle at the satellite between cell and point is half the beam's width at most.
    """
    lit: NDArray[np.bool_] = _lit(
        first, cell, r_point_m, r_cell_m, r_sat_m, sat_of_cell, float(np.cos(np.radians(beam_deg / 2.0)))
    )
    return lit


@njit(cache=True, nogil=True)
def _lit(first, cell, r_point_m, r_cell_m, r_sat_m, sat_of_cell, least_cosine):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    lit = np.zeros(len(r_point_m), np.bool_)
    for p in range(len(r_point_m)):
        for k in range(first[p], first[p + 1]):
            s = sat_of_cell[cell[k]]
            if s < 0:
                continue
            dot, to_cell2, to_point2 = 0.0, 0.0, 0.0
            for x in range(3):
                a = r_cell_m[cell[k], x] - r_sat_m[s, x]
                b = r_point_m[p, x] - r_sat_m[s, x]
                dot += a * b
                to_cell2 += a * a
                to_point2 += b * b
            if dot >= least_cosine * np.sqrt(to_cell2 * to_point2):
                lit[p] = True
                break
    return lit
