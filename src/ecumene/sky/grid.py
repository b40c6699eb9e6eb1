"""The cells of a run, gathered in H3 bins, with everything about them that no satellite changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import GSO_RADIUS_M, WGS84_A_M, WGS84_F
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import RangeError
from ecumene.sky.gso import MAX_EXCLUSION_DEG
from ecumene.sky.horizons import Horizons, build_horizons

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS_TO_BIN = 2
"""A bin is an H3 parent two levels up: 49 cells."""

CELLS_OF_BIN = 7**LEVELS_TO_BIN
"""A bin has at most so many cells."""

LEVELS_TO_REGION = 4
"""A region is an H3 parent four levels up: 49 bins."""

CAP_SLACK = 1e-6
"""32-bit rounding of the cap test, ten times over."""

CAP_MARGIN_RAD = 2e-6
"""Added to every cap so that 32-bit rounding can lose no candidate; 13 m on the ground."""


@dataclass(frozen=True)
class Caps:
    """Circles on the unit sphere, each around all cells of one bin or region.

    Attributes
    ----------
    axis : (cap, 3)
        Unit vectors from the Earth's centre, ECEF.
    radius_rad : (cap,)
        Geocentric angle from the axis to the furthest cell, with margin. [rad]
    terms : (cap, 6)
        What the cap test of `sight` needs: axis, sine and cosine of the radius, and slack, without limit for
        wide caps.
    """

    axis: NDArray[np.float64]
    radius_rad: NDArray[np.float64]
    terms: NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """Cells in bins in regions.

    Attributes
    ----------
    cell : (cell,)
        H3 ids, ascending.
    r_ecef_m, up : (cell, 3)
        Cell centre on the ellipsoid [m] and the unit normal there, ECEF.
    min_elevation_deg
        Elevation mask of the terminals. [deg]
    gso_exclusion_deg : (cell,)
        Exclusion angle at the terminal, 0 = off. [deg]
    exclusion_rad : (cell,)
        The same, 0 also where no point of the arc is above the horizon. [rad]
    bin_of_cell : (cell,)
        Index of the bin.
    n_bins
        How many bins there are.
    first_cell_of_bin : (bin + 1,)
        Bin b holds the cells first_cell_of_bin[b] to first_cell_of_bin[b + 1] - 1.
    first_bin_of_region : (region + 1,)
        Likewise for the bins of a region.
    bins, regions
        Their caps.
    horizons
        The cells in 32 bits, for the fast tests.
    """

    cell: NDArray[np.uint64]
    r_ecef_m: NDArray[np.float64]
    up: NDArray[np.float64]
    min_elevation_deg: float
    gso_exclusion_deg: NDArray[np.float64]
    exclusion_rad: NDArray[np.float64]
    bin_of_cell: NDArray[np.int32]
    n_bins: int
    first_cell_of_bin: NDArray[np.int64]
    first_bin_of_region: NDArray[np.int64]
    bins: Caps
    regions: Caps
    horizons: Horizons


def build_grid(
    cell: NDArray[np.uint64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    resolution: int,
    min_elevation_deg: float,
    gso_exclusion_deg: NDArray[np.float64],
) -> Grid:
    """Return the cells gathered in bins.

    Parameters
    ----------
    cell : (cell,)
        H3 ids of one resolution, ascending, each once. They need not be neighbours.
    lat_deg, lon_deg : (cell,)
        Geodetic centres. [deg]
    resolution
        H3 resolution of the cells, 0 to 15.
    min_elevation_deg
        Smallest geodetic elevation a terminal uses, 0 to below 90. [deg]
    gso_exclusion_deg : (cell,)
        GSO-arc exclusion angle, 0 (off) to 45. [deg]

    Returns
    -------
    grid
        Cells, bins, regions and their caps.

    Raises
    ------
    RangeError
        Where an argument is outside what is said above.
    """
    cell = np.ascontiguousarray(cell, dtype=np.uint64)
    exclusion_deg = np.ascontiguousarray(gso_exclusion_deg, dtype=np.float64)
    _check_cells(cell, resolution)
    _check_angles(cell.size, lat_deg, lon_deg, min_elevation_deg, exclusion_deg)
    r_ecef_m = np.ascontiguousarray(ecef_of_geodetic(lat_deg, lon_deg), dtype=np.float64).reshape(-1, 3)
    up = np.ascontiguousarray(up_of_geodetic(lat_deg, lon_deg), dtype=np.float64).reshape(-1, 3)
    first_cell_of_bin = _starts(parent_of(cell, max(resolution - LEVELS_TO_BIN, 0)))
    region_of_bin = parent_of(cell[first_cell_of_bin[:-1]], max(resolution - LEVELS_TO_REGION, 0))
    first_bin_of_region = _starts(region_of_bin)
    n_bins = first_cell_of_bin.size - 1
    exclusion_rad = np.where(_sees_arc(r_ecef_m, up), np.radians(exclusion_deg), 0.0)
    return Grid(
        cell=cell,
        r_ecef_m=r_ecef_m,
        up=up,
        min_elevation_deg=float(min_elevation_deg),
        gso_exclusion_deg=exclusion_deg,
        exclusion_rad=exclusion_rad,
        bin_of_cell=np.repeat(np.arange(n_bins, dtype=np.int32), np.diff(first_cell_of_bin)),
        n_bins=n_bins,
        first_cell_of_bin=first_cell_of_bin,
        first_bin_of_region=first_bin_of_region,
        bins=_caps(r_ecef_m, first_cell_of_bin),
        regions=_caps(r_ecef_m, first_cell_of_bin[first_bin_of_region]),
        horizons=build_horizons(r_ecef_m, up, exclusion_rad, first_cell_of_bin, min_elevation_deg),
    )


def parent_of(cell: NDArray[np.uint64], resolution: int) -> NDArray[np.uint64]:
    """Return the H3 parents of cells, by the bits of the id alone.

    Parameters
    ----------
    cell : (cell,)
        H3 ids of one resolution.
    resolution
        Resolution of the parent, not finer than that of the cells.

    Returns
    -------
    parent : (cell,)
        H3 ids.

    References
    ----------
    H3 documentation, "H3 cell indexing": bits 52 to 55 hold the resolution, then 15 digits of 3 bits;
    unused ones are 7.
    """
    unused = np.uint64((1 << (3 * (15 - resolution))) - 1)
    kept = cell & ~np.uint64(0xF << 52)
    return np.asarray(kept | np.uint64(resolution << 52) | unused, dtype=np.uint64)


def latitude_deg_of(up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the geodetic latitude [deg] of unit normals (n, 3)."""
    return np.asarray(np.degrees(np.arctan2(up[:, 2], np.hypot(up[:, 0], up[:, 1]))))


def _starts(key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where each run of equal keys begins, and the total length at the end."""
    if key.size == 0:
        return np.zeros(1, dtype=np.int64)
    inner = np.flatnonzero(key[1:] != key[:-1]) + 1
    return np.concatenate([[0], inner, [key.size]]).astype(np.int64)


def _caps(r_ecef_m: NDArray[np.float64], first: NDArray[np.int64]) -> Caps:
    """Return the cap around each group of cells."""
    n_caps = first.size - 1
    if n_caps == 0:
        return Caps(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 6), dtype=np.float32))
    unit = r_ecef_m / np.linalg.norm(r_ecef_m, axis=1, keepdims=True)
    axis = np.add.reduceat(unit, first[:-1], axis=0)
    length = np.linalg.norm(axis, axis=1)
    # Cells spread evenly over the whole planet have no middle: any axis will do, the radius is then near
    # 180 degrees.
    is_lost = length < 1e-6
    axis[is_lost] = unit[first[:-1]][is_lost]
    axis /= np.where(is_lost, 1.0, length)[:, None]
    chord = np.linalg.norm(unit - np.repeat(axis, np.diff(first), axis=0), axis=1)
    radius = 2.0 * np.arcsin(np.minimum(np.maximum.reduceat(chord, first[:-1]) / 2.0, 1.0))
    radius_rad = radius + CAP_MARGIN_RAD
    slack = np.where(radius_rad > np.radians(80.0), 10.0, CAP_SLACK)
    terms = np.column_stack([axis, np.sin(radius_rad), np.cos(radius_rad), slack])
    return Caps(axis, radius_rad, terms.astype(np.float32))


def _sees_arc(r_ecef_m: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether any point of the geostationary arc is above the horizon."""
    rise_m = np.einsum("ij,ij->i", r_ecef_m, up)
    return np.asarray(rise_m < GSO_RADIUS_M * np.hypot(up[:, 0], up[:, 1]))


def footprint(
    r_norm_m: NDArray[np.float64], min_elevation_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a safe upper limit of the geocentric angle between a satellite and any terminal that sees it.

    Parameters
    ----------
    r_norm_m : (sat,)
        Distance of the satellite from the Earth's centre. [m]
    min_elevation_deg
        Smallest geodetic elevation. [deg]

    Returns
    -------
    sin_psi, cos_psi : (sat,)
        Of the geocentric angle.

    Notes
    -----
    psi = acos(R cos e / r) - e falls with R and e. R is taken as the polar radius, and e as the geodetic
    elevation less the largest angle between the ellipsoid's normal and the radius, atan(f (1 - f/2) / (1 -
    f)) = 0.1924 degrees.
    """
    b_m = WGS84_A_M * (1.0 - WGS84_F)
    tilt_rad = np.arctan(WGS84_F * (1.0 - WGS84_F / 2.0) / (1.0 - WGS84_F))
    e = np.radians(min_elevation_deg) - tilt_rad
    cos_sum = np.minimum(b_m * np.cos(e) / r_norm_m, 1.0)
    sin_sum = np.sqrt(1.0 - cos_sum * cos_sum)
    return sin_sum * np.cos(e) - cos_sum * np.sin(e), cos_sum * np.cos(e) + sin_sum * np.sin(e)


def _check_cells(cell: NDArray[np.uint64], resolution: int) -> None:
    """Refuse ids of another resolution, or out of order."""
    if not 0 <= resolution <= 15:
        raise RangeError(f"resolution = {resolution}: H3 resolutions are 0 to 15")
    own = (cell >> np.uint64(52)) & np.uint64(0xF)
    if (own != resolution).any():
        bad = int(np.flatnonzero(own != resolution)[0])
        raise RangeError(
            f"cell[{bad}] = {int(cell[bad]):#x}: an H3 id of resolution {int(own[bad])}, the grid is "
            f"of resolution {resolution}; give cells of one resolution"
        )
    if (cell[1:] <= cell[:-1]).any():
        bad = int(np.flatnonzero(cell[1:] <= cell[:-1])[0]) + 1
        raise RangeError(f"cell[{bad}] = {int(cell[bad]):#x}: ids must ascend, each once; use numpy.unique")


def _check_angles(
    n_cells: int,
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    min_elevation_deg: float,
    exclusion_deg: NDArray[np.float64],
) -> None:
    """Refuse arrays of other lengths and angles out of range."""
    if not 0.0 <= min_elevation_deg < 90.0:
        raise RangeError(f"min_elevation_deg = {min_elevation_deg:g}: must be at least 0 and below 90")
    limits = (
        ("lat_deg", lat_deg, -90.0, 90.0),
        ("lon_deg", lon_deg, -360.0, 360.0),
        ("gso_exclusion_deg", exclusion_deg, 0.0, MAX_EXCLUSION_DEG),
    )
    for name, values, low, high in limits:
        if np.shape(values) != (n_cells,):
            raise RangeError(f"{name} has shape {np.shape(values)}: must be ({n_cells},), one value a cell")
        is_bad = ~((np.asarray(values) >= low) & (np.asarray(values) <= high))
        if is_bad.any():
            bad = int(np.flatnonzero(is_bad)[0])
            raise RangeError(f"{name}[{bad}] = {values[bad]:g}: must be between {low:g} and {high:g}")
