"""The raster against the slow, obvious way: every pixel asks every cell."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pytest

from ecumene.views.projection import geodetic_of_equal_earth
from ecumene.views.raster import X_MAX, rasterise, reach_of_cells, unit_vectors


def cells_near(lat, lon, resolution, rings):
    cells = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), rings)), dtype=np.uint64)
    points = np.array([h3.cell_to_latlng(int(cell)) for cell in cells])
    return cells, points[:, 0], points[:, 1]


def slow_raster(cell, lat, lon, width, height, y_max):
    size = 2.0 * X_MAX / width
    line, column = np.divmod(np.arange(width * height), width)
    x, y = (column + 0.5) * size - X_MAX, y_max - (line + 0.5) * size
    toward = unit_vectors(*geodetic_of_equal_earth(x, y))
    distance = np.linalg.norm(toward[:, None, :] - unit_vectors(lat, lon)[None], axis=2)
    distance = np.where(distance <= reach_of_cells(cell), distance, np.inf)
    nearest = distance.argmin(axis=1)
    return np.where(np.isfinite(distance[np.arange(len(nearest)), nearest]), nearest, -1).reshape(
        height, width
    )


@pytest.mark.parametrize(("lat", "lon", "resolution"), [(10.0, 20.0, 2), (-50.0, -70.0, 2), (72.0, 100.0, 2)])
def test_as_the_slow_way(lat, lon, resolution):
    cell, lats, lons = cells_near(lat, lon, resolution, 3)
    fast = rasterise(cell, lats, lons, np.ones(len(cell), np.float32), width=400)
    slow = slow_raster(cell, lats, lons, 400, fast.row_of_pixel.shape[0], fast.y_max)
    assert (slow >= 0).sum() > 20
    assert np.array_equal(fast.row_of_pixel, slow)


def test_pixels_show_the_cell_h3_names():
    cell, lats, lons = cells_near(30.0, 60.0, 3, 8)
    raster = rasterise(cell, lats, lons, np.ones(len(cell), np.float32), width=2000)
    line, column = np.nonzero(raster.row_of_pixel >= 0)
    size = 2.0 * X_MAX / 2000
    lat, lon = geodetic_of_equal_earth((column + 0.5) * size - X_MAX, raster.y_max - (line + 0.5) * size)
    told = cell[raster.row_of_pixel[line, column]]
    named = np.array([h3.latlng_to_cell(a, b, 3) for a, b in zip(lat, lon, strict=True)], dtype=np.uint64)
    is_inside = np.isin(named, cell)
    assert (told == named)[is_inside].mean() > 0.97  # Voronoi cells are nearly hexagons, not quite
    assert is_inside.mean() > 0.9  # the rest lies on the rim: the reach is that of the largest cells


@pytest.mark.parametrize(("lat", "lon"), [(63.0, 100.0), (47.0, 128.0), (40.0, 80.0)])
def test_cells_as_large_as_pixels_leave_no_holes(lat, lon):
    """Where two centres fall on one pixel, both cells are shown, and no pixel between cells stays empty."""
    cell, lats, lons = cells_near(lat, lon, 5, 20)
    raster = rasterise(cell, lats, lons, np.ones(len(cell), np.float32), width=2000)
    size = 2.0 * X_MAX / 2000
    line, column = np.divmod(np.arange(raster.row_of_pixel.size), 2000)
    y = raster.y_max - (line + 0.5) * size
    at = geodetic_of_equal_earth((column + 0.5) * size - X_MAX, y)
    middle = unit_vectors(*(np.array([v]) for v in (lat, lon)))[0]
    near = np.flatnonzero(unit_vectors(*at) @ middle > np.cos(0.035))  # 220 km; the disk reaches 340 km
    assert len(near) > 300
    shown = raster.row_of_pixel.ravel()[near]
    assert (shown >= 0).all()
    named = [h3.latlng_to_cell(at[0][k], at[1][k], 5) for k in near]
    assert (cell[shown] == named).mean() > 0.97


def test_a_lone_cell_smaller_than_a_pixel_is_seen():
    cell, lats, lons = cells_near(-37.1, -12.3, 5, 0)
    raster = rasterise(cell, lats, lons, np.ones(1, np.float32), width=500)
    assert (raster.row_of_pixel == 0).sum() == 1


def test_of_rows_in_one_cell_the_largest_is_seen():
    cell, lats, lons = (np.repeat(column, 3) for column in cells_near(0.0, 0.0, 2, 0))
    raster = rasterise(cell, lats, lons, np.array([0.2, 0.5, 0.3], np.float32), width=400)
    assert set(np.unique(raster.row_of_pixel)) == {-1, 1}


def test_no_rows():
    none = np.zeros(0)
    raster = rasterise(none.astype(np.uint64), none, none, none.astype(np.float32), width=100)
    assert (raster.row_of_pixel == -1).all()
