"""How many people live in each row: towns where they stand, the rest of a nation around them.

1. Every place of GeoNames goes to its (cell, country) row; where its country has none in that cell, to the
   nearest row of its country within 30 km, else to the row of whoever's land it stands on. Places above
   375,000 people are spread over a disc of 2,500 people per km2.
2. A country's places are scaled so that at least 40 % of the nation remains for the countryside: GeoNames
counts 1.2 to
   1.3 times the nation in some countries (districts beside their city), 0.2 to 0.4 in others.
3. What remains goes to the rows by land area times a Gaussian (60 km) over the square roots of the places;
0.5 % of that
   weight is spread 500 km wide.
4. Every country adds up to its national total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import h3.api.basic_int as h3_int
import numpy as np
from planet.land import LEFT_OUT
from planet.places import Places, chord, distance_km, unit_vectors
from scipy.ndimage import gaussian_filter1d, map_coordinates
from scipy.spatial import cKDTree

from ecumene.earth.hexagons import RESOLUTION, centres_of_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISC_FROM_PEOPLE = 375_000
DISC_PER_KM2 = 2_500.0
NEAREST_ROW_KM = 30.0
COUNTRYSIDE_LEAST = 0.4
GAUSSIAN_KM = 60.0
# Herders, mines, stations and hamlets below GeoNames' 500 people live beyond the reach of any listed place:
# 0.5 % of the weight is spread as wide as 500 km. It puts a few people each into some 17,000 cells; without
# it they would be empty.
WIDE_GAUSSIAN_KM = 500.0
WIDE_PART = 0.005
PIXEL_DEG = 0.1
KM_PER_DEG = 111.195
FINE_CELL_KM = 2.2  # spacing of the res-7 cells a disc is sampled with


def people_of_rows(
    cell: NDArray[np.uint64],
    country: NDArray[np.int16],
    land_km2: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    places: Places,
    national: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the inhabitants of each row."""
    in_towns = _people_in_towns(cell, country, land_km2, lat_deg, lon_deg, places)
    of_country = np.bincount(country, weights=in_towns, minlength=len(national))
    scale = np.divide(
        (1.0 - COUNTRYSIDE_LEAST) * national, of_country, out=np.ones_like(national), where=of_country > 0
    )
    in_towns *= np.minimum(scale, 1.0)[country]
    rest = national - np.bincount(country, weights=in_towns, minlength=len(national))
    weight = land_km2 * _countryside(lat_deg, lon_deg, places)
    weight_of_country = np.bincount(country, weights=weight, minlength=len(national))
    is_flat = weight_of_country[country] <= 0.0  # no place anywhere near: by area alone
    weight = np.where(is_flat, land_km2, weight)
    weight_of_country = np.bincount(country, weights=weight, minlength=len(national))
    has_rows = np.bincount(country, minlength=len(national)) > 0
    assert has_rows[national > 0].all(), "a nation without land"
    people: NDArray[np.float64] = in_towns + rest[country] * weight / weight_of_country[country]
    return people


def _people_in_towns(
    cell: NDArray[np.uint64],
    country: NDArray[np.int16],
    land_km2: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    places: Places,
) -> NDArray[np.float64]:
    """Return the inhabitants of places by row."""
    row_of = {key: i for i, key in enumerate(zip(cell.tolist(), country.tolist(), strict=True))}
    people = np.zeros(len(cell))
    homeless: list[int] = []
    for i, (lat, lon, code, n) in enumerate(
        zip(
            places.lat_deg.tolist(),
            places.lon_deg.tolist(),
            places.country.tolist(),
            places.people.tolist(),
            strict=True,
        )
    ):
        rows, part = _rows_of_place(lat, lon, code, n, row_of, land_km2)
        if rows:
            np.add.at(people, rows, n * part)
        elif n > 0:
            homeless.append(i)
    _house(homeless, people, country, lat_deg, lon_deg, places)
    return people


def _rows_of_place(
    lat: float,
    lon: float,
    code: int,
    n: float,
    row_of: dict[tuple[int, int], int],
    land_km2: NDArray[np.float64],
) -> tuple[list[int], NDArray[np.float64]]:
    """Return the rows a place lies in and the part of its people in each."""
    own = row_of.get((h3_int.latlng_to_cell(lat, lon, RESOLUTION), code))
    if n <= DISC_FROM_PEOPLE:
        return ([] if own is None else [own]), np.ones(1)
    radius_km = np.sqrt(n / DISC_PER_KM2 / np.pi)
    centre = h3_int.latlng_to_cell(lat, lon, RESOLUTION + 2)
    counts: dict[int, int] = {}
    for fine in h3_int.grid_disk(centre, int(radius_km / FINE_CELL_KM) + 1):
        y, x = h3_int.cell_to_latlng(fine)
        if h3_int.great_circle_distance((lat, lon), (y, x)) <= radius_km:
            row = row_of.get((h3_int.cell_to_parent(fine, RESOLUTION), code))
            if row is not None:
                counts[row] = counts.get(row, 0) + 1
    rows = list(counts)
    weight = np.array([min(counts[row] * 5.16, land_km2[row]) for row in rows])
    return rows, weight / weight.sum() if rows else weight


def _house(
    homeless: list[int],
    people: NDArray[np.float64],
    country: NDArray[np.int16],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    places: Places,
) -> None:
    """Give places outside their country's rows to its nearest row, or to the land they stand on."""
    at = unit_vectors(lat_deg, lon_deg)
    everywhere = cKDTree(at)
    n_moved, abroad = 0, []
    for code in np.unique(places.country[homeless]):
        rows = np.flatnonzero(country == code)
        mine = [i for i in homeless if places.country[i] == code]
        place = unit_vectors(places.lat_deg[mine], places.lon_deg[mine])
        for i, (d, k), (d_any, k_any) in zip(
            mine,
            zip(*cKDTree(at[rows]).query(place), strict=True),
            zip(*everywhere.query(place), strict=True),
            strict=True,
        ):
            if d <= chord(NEAREST_ROW_KM):
                people[rows[k]] += places.people[i]
                n_moved += 1
            elif d_any <= chord(NEAREST_ROW_KM):
                people[k_any] += places.people[i]
                abroad.append(places.name[i])
            else:
                assert places.name[i] in LEFT_OUT, f"{places.name[i]}: no land within {NEAREST_ROW_KM} km"
    print(f"  {n_moved} places went to their country's nearest row")
    print(f"  on another country's land by our borders: {', '.join(abroad)}")


def _countryside(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], places: Places
) -> NDArray[np.float64]:
    """Return the Gaussian over the square roots of the places, and a thin wide one, at each row's centre."""
    n_lat, n_lon = round(180 / PIXEL_DEG), round(360 / PIXEL_DEG)
    y = np.clip(((places.lat_deg + 90.0) / PIXEL_DEG).astype(int), 0, n_lat - 1)
    x = ((places.lon_deg + 180.0) / PIXEL_DEG).astype(int) % n_lon
    raster = np.zeros((n_lat, n_lon))
    np.add.at(raster, (y, x), np.sqrt(places.people))
    smooth = (1.0 - WIDE_PART) * _smooth(raster, GAUSSIAN_KM) + WIDE_PART * _smooth(raster, WIDE_GAUSSIAN_KM)
    at = [(lat_deg + 90.0) / PIXEL_DEG - 0.5, (lon_deg + 180.0) / PIXEL_DEG - 0.5]
    density: NDArray[np.float64] = map_coordinates(smooth, at, order=1, mode="grid-wrap")
    return density


def _smooth(raster: NDArray[np.float64], width_km: float) -> NDArray[np.float64]:
    """Return a raster of the sphere smoothed along its parallels, then along its meridians."""
    n_lat, n_lon = raster.shape
    width_px = width_km / KM_PER_DEG / PIXEL_DEG
    parallel = np.radians((np.arange(n_lat) + 0.5) * PIXEL_DEG - 90.0)
    wave = 2.0 * np.pi * np.fft.rfftfreq(n_lon)
    damping = np.exp(-0.5 * (width_px / np.cos(parallel)[:, None] * wave) ** 2) / np.cos(parallel)[:, None]
    smooth = np.fft.irfft(np.fft.rfft(raster, axis=1) * damping, n_lon, axis=1)
    smooth[smooth < raster.max() * 1e-12] = 0.0  # below the rounding of the transform
    filtered: NDArray[np.float64] = gaussian_filter1d(smooth, width_px, axis=0, truncate=6.0, mode="constant")
    return filtered


def distance_to_towns_km(
    cell: NDArray[np.uint64], places: Places, least_people: float
) -> NDArray[np.float64]:
    """Return the distance from each cell's centre to the nearest place of so many people."""
    is_town = places.people >= least_people
    tree = cKDTree(unit_vectors(places.lat_deg[is_town], places.lon_deg[is_town]))
    return distance_km(tree.query(unit_vectors(*centres_of_cells(cell)))[0])
