"""What the 32-bit tests of `sight` need to know of cells and their horizons, prepared once per run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import GSO_RADIUS_M, WGS84_A_M
from ecumene.sky.gso import FOOT_EXCESS_RAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_TIE = 4e-6
"""Relative distance from a threshold, of squared cosines and sines, below which 64 bits decide. Rounding
is 1e-6."""

NOTHING_EXCLUDED, ABOVE_ENDS, WITH_ENDS = 0, 1, 2
"""Whether a bin needs no GSO test, only the foot point's, or the ends of the visible arc as well.

The ends lie on the horizon. Where the mask is higher than the exclusion angle, no satellite in use comes
near them.
"""

R_GSO = GSO_RADIUS_M / WGS84_A_M


@dataclass(frozen=True)
class Horizons:
    """Cells in 32 bits, and what kind of GSO test each bin needs.

    Attributes
    ----------
    cells : (cell, 8 or 14)
        Columns: 0-2 position from the bin's middle [Earth radii], 3-5 normal, 6 and 7 squared cosines surely
        and possibly inside the exclusion (9: off), and where ends matter 8-10 and 11-13 directions of the
        east and west end of the visible arc (straight down where there is none).
    middle : (bin, 3)
        Mean position of the bin's cells, ECEF. [Earth radii]
    need : (bin,)
        NOTHING_EXCLUDED, ABOVE_ENDS or WITH_ENDS.
    """

    cells: NDArray[np.float32]
    middle: NDArray[np.float64]
    need: NDArray[np.uint8]


def build_horizons(
    r_ecef_m: NDArray[np.float64],
    up: NDArray[np.float64],
    exclusion_rad: NDArray[np.float64],
    first_cell_of_bin: NDArray[np.int64],
    min_elevation_deg: float,
) -> Horizons:
    """Return the cells in 32 bits.

    Parameters
    ----------
    r_ecef_m, up : (cell, 3)
        Cell centres [m] and normals, ECEF.
    exclusion_rad : (cell,)
        Exclusion angle, 0 = off. [rad]
    first_cell_of_bin : (bin + 1,)
        Cells of each bin.
    min_elevation_deg
        Elevation mask. [deg]
    """
    first, n_of_bin = first_cell_of_bin[:-1], np.diff(first_cell_of_bin)
    if first.size == 0:
        return Horizons(np.zeros((0, 8), np.float32), np.zeros((0, 3)), np.zeros(0, np.uint8))
    middle = np.add.reduceat(r_ecef_m, first, axis=0) / n_of_bin[:, None] / WGS84_A_M
    offset = r_ecef_m / WGS84_A_M - np.repeat(middle, n_of_bin, axis=0)
    largest = np.maximum.reduceat(exclusion_rad, first)
    has_ends = largest + 3.0 * FOOT_EXCESS_RAD > np.radians(min_elevation_deg)
    need = np.where(largest == 0.0, NOTHING_EXCLUDED, np.where(has_ends, WITH_ENDS, ABOVE_ENDS))
    is_on = exclusion_rad > 0.0
    sure = np.where(is_on, np.cos(exclusion_rad) ** 2 * (1.0 + NEAR_TIE), 9.0)
    furthest_foot_rad = exclusion_rad + FOOT_EXCESS_RAD * np.tan(exclusion_rad)
    maybe = np.where(is_on, np.cos(furthest_foot_rad) ** 2 * (1.0 - NEAR_TIE), 9.0)
    columns = [offset, up, sure, maybe]
    if (need == WITH_ENDS).any():
        columns += _ends(r_ecef_m, up)
    cells = np.column_stack(columns).astype(np.float32)
    return Horizons(cells, middle, need.astype(np.uint8))


def _ends(r_ecef_m: NDArray[np.float64], up: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the six components of the directions to the east and west end of the visible arc."""
    rho_m, cos_lat = np.hypot(r_ecef_m[:, 0], r_ecef_m[:, 1]), np.hypot(up[:, 0], up[:, 1])
    rise_m = (r_ecef_m * up).sum(axis=1)
    has_arc = rise_m < GSO_RADIUS_M * cos_lat
    along = GSO_RADIUS_M * np.where(has_arc, rise_m / np.where(has_arc, GSO_RADIUS_M * cos_lat, 1.0), 0.0)
    meridian = r_ecef_m[:, :2] / np.where(rho_m > 0.0, rho_m, 1.0)[:, None]
    components = []
    for side in (1.0, -1.0):
        across = side * np.sqrt(GSO_RADIUS_M**2 - along**2)
        x = along * meridian[:, 0] - across * meridian[:, 1]
        y = along * meridian[:, 1] + across * meridian[:, 0]
        toward = np.column_stack([x, y, np.zeros_like(x)]) - r_ecef_m
        toward = np.where(has_arc[:, None], toward / np.linalg.norm(toward, axis=1, keepdims=True), -up)
        components += list(toward.T)
    return components
