"""Which row a pixel of the world map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import MEAN_EARTH_RADIUS_M
from ecumene.views.projection import equal_earth, geodetic_of_equal_earth

if TYPE_CHECKING:
    from numpy.typing import NDArray

X_MAX = float(equal_earth(np.zeros(1), np.array([180.0]))[0][0])
"""Half the width of the world map. [Earth radii]"""
Y_MAX = float(equal_earth(np.array([90.0]), np.zeros(1))[1][0])
"""Half its height."""

_MEAN_HEXAGON_KM2 = 4_357_449.416
"""Mean area of an H3 cell at resolution 0; about a seventh at each finer one (H3's table of cell areas)."""
_LARGEST = 1.25
"""The largest cells reach this much further than a mean hexagon does (1.5 times its area)."""
_NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


@dataclass(frozen=True)
class Raster:
    """The world map in pixels.

    Attributes
    ----------
    row_of_pixel : (height, width)
        Row whose cell covers the middle of the pixel, -1 for none; line 0 is the northernmost.
    y_min, y_max
        Lower and upper edge of the map. [Earth radii]
    """

    row_of_pixel: NDArray[np.int32]
    y_min: float
    y_max: float


def rasterise(
    cell: NDArray[np.uint64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    share: NDArray[np.float32],
    *,
    width: int,
    south_deg: float = -90.0,
    north_deg: float = 90.0,
) -> Raster:
    """Return which row each pixel of an Equal Earth map shows.

    Parameters
    ----------
    cell : (row,)
        H3 index.
    lat_deg, lon_deg : (row,)
        Centre of the cell. [deg]
    share : (row,)
        Share of the cell that is the row's; where several rows share a cell the largest is shown.
    width
        Pixels across the whole world.
    south_deg, north_deg
        Lower and upper edge of the map. [deg]

    Returns
    -------
    raster
        Each pixel shows the row with the nearest cell centre, no farther than the cell reaches. A cell
        smaller than a pixel shows where its centre lies, unless a nearer neighbour takes the pixel.

    Notes
    -----
    H3 cells are nearly the Voronoi cells of their centres, so the nearest centre stands for "inside". Each
    row starts on the pixel under its centre; a row that finds a nearer one there starts on the pixels around
    it, or land would have holes where two centres fall on one pixel. Then pixels ask their neighbours for a
    nearer row until nothing changes, which also follows the stretch of the map near the poles. At the date
    line a cell shows on the side of its centre.
    """
    edges = equal_earth(np.array([south_deg, north_deg]), np.zeros(2))[1]
    y_min, y_max = float(edges[0]), float(edges[1])
    size = 2.0 * X_MAX / width
    height = max(1, round((y_max - y_min) / size))
    by_share = np.argsort(-share, kind="stable")
    chosen = by_share[np.unique(cell[by_share], return_index=True)[1]]
    lat_deg, lon_deg = lat_deg[chosen], lon_deg[chosen]
    x, y = equal_earth(lat_deg, lon_deg)
    column = np.clip(((x + X_MAX) / size).astype(np.int64), 0, width - 1)
    line = np.clip(((y_max - y) / size).astype(np.int64), 0, height - 1)
    toward = _directions(width, height, y_max)
    toward_cell = unit_vectors(lat_deg, lon_deg).astype(np.float32)
    pixel_of_cell = line * width + column
    cell_of_pixel = _seed(toward, pixel_of_cell, toward_cell)
    _grow(
        cell_of_pixel,
        pixel_of_cell,
        width,
        toward,
        toward_cell,
        reach_of_cells(cell[chosen]).astype(np.float32),
    )
    row_of_pixel = np.append(chosen, -1).astype(np.int32)[cell_of_pixel]
    return Raster(row_of_pixel.reshape(height, width), y_min, y_max)


def unit_vectors(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return directions from the middle of a round Earth, (n, 3)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def reach_of_cells(cell: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return how far from its centre a cell reaches at most, as a chord in Earth radii, (n,)."""
    resolution = (cell >> np.uint64(52)).astype(np.int64) & 15
    area_km2 = _MEAN_HEXAGON_KM2 / 7.0**resolution
    corner_km = np.sqrt(2.0 * area_km2 / (3.0 * np.sqrt(3.0)))
    return np.asarray(_LARGEST * corner_km * 1e3 / MEAN_EARTH_RADIUS_M)


def _directions(width: int, height: int, y_max: float) -> NDArray[np.float32]:
    """Return the direction of the middle of every pixel, (pixel, 3), from the upper left; NaN off the map."""
    size = 2.0 * X_MAX / width
    x = (np.arange(width) + 0.5) * size - X_MAX
    y = (y_max - (np.arange(height) + 0.5) * size).astype(np.float64)
    # Latitude and the length of a degree depend on the line alone: one point a line gives both.
    lat_deg, lon_at_one_deg = geodetic_of_equal_earth(np.full(height, 1.0), y)
    lon_deg = lon_at_one_deg[:, None] * x
    lon_deg[np.abs(lon_deg) > 180.0] = np.nan
    return (
        unit_vectors(np.broadcast_to(lat_deg[:, None], lon_deg.shape), lon_deg)
        .reshape(-1, 3)
        .astype(np.float32)
    )


def _seed(
    toward: NDArray[np.float32],
    pixel_of_cell: NDArray[np.int64],
    toward_cell: NDArray[np.float32],
) -> NDArray[np.int32]:
    """Return for each pixel the cell whose centre lies on it, the nearest to its middle; -1 for none."""
    distance = _chords(toward[pixel_of_cell], toward_cell)
    order = np.argsort(-np.minimum(distance, 4.0), kind="stable")
    cell_of_pixel = np.full(len(toward), -1, dtype=np.int32)
    cell_of_pixel[pixel_of_cell[order]] = order  # the last one written stays
    return cell_of_pixel


def _grow(
    cell_of_pixel: NDArray[np.int32],
    pixel_of_cell: NDArray[np.int64],
    width: int,
    toward: NDArray[np.float32],
    toward_cell: NDArray[np.float32],
    reach: NDArray[np.float32],
) -> None:
    """Let pixels take over nearer cells from their neighbours, in place, until nothing changes."""
    changed = np.flatnonzero(cell_of_pixel >= 0)
    distance = np.full(len(cell_of_pixel), np.inf, dtype=np.float32)
    distance[changed] = _chords(toward[changed], toward_cell[cell_of_pixel[changed]])
    seated = cell_of_pixel[pixel_of_cell]
    unseated = np.flatnonzero(seated != np.arange(len(seated)))
    givers, offers = np.append(changed, pixel_of_cell[unseated]), np.append(cell_of_pixel[changed], unseated)
    while len(givers):
        moved = []
        for step in _NEIGHBOURS:
            taker, giver = _neighbours(givers, width, len(cell_of_pixel), step)
            cell = offers[giver]
            offered = _chords(toward[taker], toward_cell[cell])
            nearer = np.flatnonzero((offered < distance[taker]) & (offered <= reach[cell]))
            nearer = nearer[np.argsort(-offered[nearer], kind="stable")]  # the nearest written last stays
            taker = taker[nearer]
            cell_of_pixel[taker] = cell[nearer]
            distance[taker] = offered[nearer]
            moved.append(taker)
        givers = np.unique(np.concatenate(moved))
        offers = cell_of_pixel[givers]


def _neighbours(
    pixel: NDArray[np.int64], width: int, n_pixels: int, step: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the neighbours of pixels in one direction, on the image, and which of the pixels they belong to."""
    column = pixel % width + step[1]
    neighbour = pixel + step[0] * width + step[1]
    is_inside = (column >= 0) & (column < width) & (neighbour >= 0) & (neighbour < n_pixels)
    return neighbour[is_inside], np.flatnonzero(is_inside)


def _chords(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance between pairs of directions; infinite off the map."""
    difference = a - b
    chord = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return np.asarray(np.nan_to_num(chord, nan=np.inf), dtype=np.float32)
