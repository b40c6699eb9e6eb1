"""The cells of the planet: which land, whose, how many people, how far from town.

A row is (cell, country): a cell on a border has a row for each country, because licences are national. The
table is built by tools/build_cells.py and ships packed; the recipe and its quality:
docs/explanation/cells.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.hexagons import RESOLUTION, area_of_cells_km2, centres_of_cells, grandchild_of_cell
from ecumene.earth.packed_cells import packed_cells
from ecumene.earth.settlement import SETTLEMENTS
from ecumene.errors import RangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RESOLUTIONS", "SETTLEMENTS", "Rows", "countries_near", "country_of_point", "load_rows"]

RESOLUTIONS = (5, 4, 3)
"""H3 resolutions the rows can be had in: about 253, 1,770 and 12,390 km2."""


@dataclass(frozen=True)
class Rows:
    """Land by cell and country, sorted by cell, then country.

    Attributes
    ----------
    cell : (row,)
        H3 numbers.
    country : (row,)
        Index into `countries()`.
    share : (row,)
        Part of the cell that is this country's land, 0 to 1.
    people : (row,)
        Inhabitants; a model, so not whole numbers.
    settlement : (row,)
        Index into `SETTLEMENTS`.
    area_km2 : (row,)
        Land of this country in the cell. [km2]
    lat_deg, lon_deg : (row,)
        Centre of the cell, geodetic. [deg]
    """

    cell: NDArray[np.uint64]
    country: NDArray[np.int16]
    share: NDArray[np.float32]
    people: NDArray[np.float64]
    settlement: NDArray[np.int8]
    area_km2: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.cell)


def load_rows(resolution: int = RESOLUTION, inhabited_only: bool = True) -> Rows:
    """Return the rows of land of the whole planet.

    Parameters
    ----------
    resolution
        H3 resolution: 5, or 4 or 3 aggregated from it.
    inhabited_only
        Leave out rows without people (Antarctica, ice caps, empty deserts and islets).

    Returns
    -------
    rows : Rows
        Some 528,000 inhabited of 607,000 rows at resolution 5.

    Raises
    ------
    RangeError
        For another resolution.
    RunError
        Where the bundled table is missing or damaged.

    Notes
    -----
    Aggregated rows sum people and area; the share is the summed area over the coarse cell's own, at most 1
    (H3's children stick out of their parents by a few percent, so a share may be off by that); the settlement
    class is the one most of the row's people live in, of its land where nobody does.
    """
    if resolution not in RESOLUTIONS:
        raise RangeError(f"resolution {resolution}: rows exist at resolutions 5, 4 and 3; choose one of them")
    rows = _fine_rows(inhabited_only=inhabited_only and resolution == RESOLUTION)
    if resolution == RESOLUTION:
        return rows
    coarse = _aggregate(rows, resolution)
    return _choose(coarse, coarse.people > 0.0) if inhabited_only else coarse


def _fine_rows(*, inhabited_only: bool) -> Rows:
    """Return the rows of the packed table with the centres and areas of their cells."""
    table = packed_cells()
    keep = table.people > 0.0 if inhabited_only else np.ones(len(table.cell), dtype=np.bool_)
    cell, share = table.cell[keep], table.share[keep]
    lat_deg, lon_deg = _centres(cell)
    return Rows(
        cell=cell,
        country=table.country[keep],
        share=share,
        people=table.people[keep],
        settlement=table.settlement[keep],
        area_km2=share * area_of_cells_km2(lat_deg, lon_deg),
        lat_deg=lat_deg,
        lon_deg=lon_deg,
    )


def _choose(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    """Return some of the rows."""
    return Rows(**{field.name: getattr(rows, field.name)[keep] for field in fields(Rows)})


def country_of_point(lat_deg: float, lon_deg: float) -> int:
    """Return the country a point lies in.

    Parameters
    ----------
    lat_deg, lon_deg
        The point; longitudes beyond 180 deg are taken round the Earth. [deg]

    Returns
    -------
    country
        Index into `countries()`; -1 where the point's cell has no land.

    Raises
    ------
    RangeError
        For a latitude beyond a pole or a number that is none.

    Notes
    -----
    In cells of several countries exact to H3 resolution 7 (5 km2, 1.4 km from centre to corner). Water inside
    a cell that has land belongs to the nearest of that cell's countries: harbours and coastal waters count as
    land.
    """
    from h3.api import basic_int

    if not (-90.0 <= lat_deg <= 90.0) or not np.isfinite(lon_deg):
        raise RangeError(
            f"point {lat_deg:g}, {lon_deg:g}: latitude must be between -90 and 90, longitude a number"
        )
    fine = basic_int.latlng_to_cell(lat_deg, lon_deg, RESOLUTION + 2)
    cell = np.uint64(basic_int.cell_to_parent(fine, RESOLUTION))
    table = packed_cells()
    row = int(np.searchsorted(table.cell, cell))
    if row == len(table.cell) or table.cell[row] != cell:
        return -1
    straddling = int(np.searchsorted(table.straddling, cell))
    if straddling < len(table.straddling) and table.straddling[straddling] == cell:
        slot = int(grandchild_of_cell(np.array([fine], dtype=np.uint64))[0])
        return int(table.owner[straddling, slot])
    return int(table.country[row])


def countries_near(lat_deg: float, lon_deg: float, rings: int = 1) -> tuple[int, ...]:
    """Return the countries with land in a point's cell or in the cells around it.

    Parameters
    ----------
    lat_deg, lon_deg
        The point; longitudes beyond 180 deg are taken round the Earth. [deg]
    rings
        Rings of cells around its own; each is 14 to 19 km wide.

    Returns
    -------
    countries
        Indices into `countries()`, ascending; none out at sea. With one ring, land nearer than about 14 km is
        found, and none further than about 30 km.

    Raises
    ------
    RangeError
        For a latitude beyond a pole or a number that is none.
    """
    from h3.api import basic_int

    if not (-90.0 <= lat_deg <= 90.0) or not np.isfinite(lon_deg):
        raise RangeError(
            f"point {lat_deg:g}, {lon_deg:g}: latitude must be between -90 and 90, longitude a number"
        )
    disk = np.array(
        basic_int.grid_disk(basic_int.latlng_to_cell(lat_deg, lon_deg, RESOLUTION), rings), np.uint64
    )
    table = packed_cells()
    first = np.searchsorted(table.cell, disk, side="left")
    end = np.searchsorted(table.cell, disk, side="right")
    return tuple(sorted({int(k) for a, b in zip(first, end, strict=True) for k in table.country[a:b]}))


def _centres(cell: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centres of cells in ascending order, working out repeated ones once."""
    numbers, row = np.unique(cell, return_inverse=True)
    lat_deg, lon_deg = centres_of_cells(numbers)
    return lat_deg[row], lon_deg[row]


def _aggregate(rows: Rows, resolution: int) -> Rows:
    """Return rows summed up to a coarser resolution."""
    parent = parents(rows.cell, resolution)
    n_countries = len(countries())
    numbers, of_row = np.unique(parent, return_inverse=True)
    key, group = np.unique(of_row * n_countries + rows.country, return_inverse=True)
    at, country = np.divmod(key, n_countries)
    lat_deg, lon_deg = (x[at] for x in centres_of_cells(numbers))
    area_km2 = _sums(group, rows.area_km2, len(key))
    share = np.minimum(area_km2 / area_of_cells_km2(lat_deg, lon_deg, resolution), 1.0)
    return Rows(
        cell=numbers[at],
        country=country.astype(np.int16),
        share=share.astype(np.float32),
        people=_sums(group, rows.people, len(key)),
        settlement=_leading_class(rows, group, len(key)),
        area_km2=area_km2,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
    )


def _leading_class(rows: Rows, group: NDArray[np.intp], n_groups: int) -> NDArray[np.int8]:
    """Return the class in which most people of each group live; of its land where nobody does."""
    n = len(SETTLEMENTS)
    # The area only breaks ties, above all that of nobody with nobody.
    weight = rows.people + 1e-9 * rows.area_km2
    of_class = _sums(group * n + rows.settlement, weight, n_groups * n)
    leading: NDArray[np.int8] = np.argmax(of_class.reshape(n_groups, n), axis=1).astype(np.int8)
    return leading


def _sums(group: NDArray[np.intp], values: NDArray[np.float64], n_groups: int) -> NDArray[np.float64]:
    """Return the sum of the values in each group."""
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64)


def parents(cell: NDArray[np.uint64], resolution: int) -> NDArray[np.uint64]:
    """Return the parent of each cell at a coarser resolution.

    Parameters
    ----------
    cell : (n,)
        H3 cells of resolution 5 or coarser.
    resolution
        Of the parents, at most that of the cells.

    Notes
    -----
    Finer digits become 7, and the field of the resolution changes.
    """
    parent = cell & ~np.uint64(0xF << 52) | np.uint64(resolution << 52)
    for level in range(resolution + 1, RESOLUTION + 1):
        parent |= np.uint64(7 << 3 * (15 - level))
    return parent
