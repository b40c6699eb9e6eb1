"""What the 32-bit tests of `sight` need to know of cells and bins, prepared once per run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import GSO_RADIUS_M, WGS84_A_M
from ecumene.sky.gso import FOOT_EXCESS_RAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANES = 32
"""Cells tested at once: four AVX2 or two AVX-512 registers of float32. A bin has at most 49 cells."""

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
class Tiles:
    """Cells side by side in 32 bits, and limits per bin.

    Attributes
    ----------
    lanes : (8 or 14, cell + LANES)
        Rows: 0-2 position from the bin's middle [Earth radii], 3-5 normal, 6 and 7 squared cosines surely
        and possibly inside the exclusion (9: off), and where ends matter 8-10 and 11-13 directions of the
        east and west end of the visible arc (straight down where there is none).
    middle_m : (bin, 3)
        Mean position of the bin's cells, ECEF. [m]
    limits : (bin, 12)
        Mean position [Earth radii] and mean normal; distance to the furthest cell [Earth radii]; sine of the
        elevation at which a point of the arc is above every cell's horizon; cosine and sine of the largest
        and of the smallest exclusion angle (9 and 0 where that is off).
    need : (bin,)
        NOTHING_EXCLUDED, ABOVE_ENDS or WITH_ENDS.
    """

    lanes: NDArray[np.float32]
    middle_m: NDArray[np.float64]
    limits: NDArray[np.float32]
    need: NDArray[np.uint8]


def build_tiles(
    r_ecef_m: NDArray[np.float64],
    up: NDArray[np.float64],
    exclusion_rad: NDArray[np.float64],
    first_cell_of_bin: NDArray[np.int64],
    min_elevation_deg: float,
) -> Tiles:
    """Return the cells and bins prepared.

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
        none = np.zeros((0, 12), dtype=np.float32)
        return Tiles(np.zeros((8, LANES), np.float32), np.zeros((0, 3)), none, np.zeros(0, np.uint8))
    middle_m = np.add.reduceat(r_ecef_m, first, axis=0) / n_of_bin[:, None]
    normal = np.add.reduceat(up, first, axis=0) / n_of_bin[:, None]
    offset = (r_ecef_m - np.repeat(middle_m, n_of_bin, axis=0)) / WGS84_A_M
    lean = up - np.repeat(normal, n_of_bin, axis=0)
    reach = np.maximum.reduceat(np.linalg.norm(offset, axis=1), first) + 1e-7
    tilt = np.maximum.reduceat(np.linalg.norm(lean, axis=1), first)
    largest = np.maximum.reduceat(exclusion_rad, first)
    smallest = np.minimum.reduceat(exclusion_rad, first)
    has_ends = largest + 3.0 * FOOT_EXCESS_RAD > np.radians(min_elevation_deg)
    need = np.where(largest == 0.0, NOTHING_EXCLUDED, np.where(has_ends, WITH_ENDS, ABOVE_ENDS))
    rise = tilt + reach / (R_GSO - 1.0) + 1e-4
    limits = [middle_m / WGS84_A_M, normal, reach, rise, np.cos(largest), np.sin(largest)]
    limits += [np.where(smallest > 0.0, np.cos(smallest), 9.0), np.sin(smallest)]
    is_on = exclusion_rad > 0.0
    sure = np.where(is_on, np.cos(exclusion_rad) ** 2 * (1.0 + NEAR_TIE), 9.0)
    maybe = np.where(is_on, np.cos(exclusion_rad + FOOT_EXCESS_RAD) ** 2 * (1.0 - NEAR_TIE), 9.0)
    rows = [*offset.T, *up.T, sure, maybe]
    if (need == WITH_ENDS).any():
        rows += _ends(r_ecef_m, up)
    lanes = np.zeros((len(rows), exclusion_rad.size + LANES), dtype=np.float32)
    for lane, row in zip(lanes, rows, strict=True):
        lane[: row.size] = row
    return Tiles(lanes, middle_m, np.column_stack(limits).astype(np.float32), need.astype(np.uint8))


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
