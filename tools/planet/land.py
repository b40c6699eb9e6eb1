"""Rows of land: every H3 cell with every country that has land in it, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import h3.api.basic_int as h3_int
import h3.api.numpy_int as h3_np
import numpy as np
import shapely
from planet.borders import Pieces, area_km2

from ecumene.earth.hexagons import (
    N_GRANDCHILDREN,
    RESOLUTION,
    area_of_cells_km2,
    centres_of_cells,
    grandchild_of_cell,
    ordinal_of_cell,
)
from ecumene.earth.packed_cells import SHARE_STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from planet.places import Places

BOUNDARY_STEP_DEG = 0.03  # 3.3 km, a third of a cell's edge: no cell a boundary runs through is missed
NOBODY = -1
# Sansha and Hoang Sa are one place on Woody Island in the Paracels, claimed by three; like the Spratly
# Islands it has no country of record here.
# La Aguada is a village of Venezuela that GeoNames puts into the open sea.
LEFT_OUT = ("Sansha", "Hoàng Sa", "La Aguada")
MOST_ADDED_STEPS = 10  # two grandchildren: land that met none of 49 centres cannot be much more


@dataclass(frozen=True)
class Land:
    """Rows sorted by (cell, country), and whose each grandchild of a straddling cell is.

    Attributes
    ----------
    cell, country, share : (row,)
        H3 number, index of the country, share in units of 1/245 of the cell.
    straddling : (straddling,)
        Cells with two and more countries.
    owner : (straddling, 49)
        Country of each grandchild; -1 where H3 has none (pentagons).
    """

    cell: NDArray[np.uint64]
    country: NDArray[np.int16]
    share: NDArray[np.uint8]
    straddling: NDArray[np.uint64]
    owner: NDArray[np.int16]


class Atlas:
    """Answers which country points lie in."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        shapely.prepare(pieces.polygon)

    def country_of(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.int16]:
        """Return the country of each point, -1 at sea; the first polygon wins where two overlap.

        The tree holds the points, not the polygons: a query prepares what it is asked with, and only that
        makes a polygon of 30,000 corners quick.
        """
        country = np.full(len(lat_deg), NOBODY, dtype=np.int16)
        points = shapely.STRtree(shapely.points(lon_deg, lat_deg))
        piece, point = points.query(self.pieces.polygon, predicate="intersects")
        country[point[::-1]] = self.pieces.country[piece[::-1]]
        return country


def all_cells() -> NDArray[np.uint64]:
    """Return every H3 cell of the table's resolution, sorted."""
    roots = h3_np.get_res0_cells()
    return np.sort(np.concatenate([h3_np.cell_to_children(root, RESOLUTION) for root in roots]))


def border_cells(pieces: Pieces) -> NDArray[np.uint64]:
    """Return every cell a boundary runs through, or through one of whose grandchildren it runs, sorted."""
    rings = shapely.boundary(pieces.polygon)
    points = shapely.get_coordinates(shapely.segmentize(rings, BOUNDARY_STEP_DEG))
    points = np.unique(np.round(points, 4), axis=0)
    cells: set[int] = set()
    for lon, lat in points.tolist():
        cells.add(h3_int.latlng_to_cell(lat, lon, RESOLUTION))
        cells.add(h3_int.cell_to_parent(h3_int.latlng_to_cell(lat, lon, RESOLUTION + 2), RESOLUTION))
    print(f"  {len(points):,} boundary points, {len(cells):,} border cells")
    return np.array(sorted(cells), dtype=np.uint64)


def build_land(pieces: Pieces, places: Places) -> Land:
    """Return the rows of all land."""
    atlas = Atlas(pieces)
    border = border_cells(pieces)
    inner = np.setdiff1d(all_cells(), border, assume_unique=True)
    inner_country = atlas.country_of(*centres_of_cells(inner))
    is_land = inner_country != NOBODY
    owner = _owners_of_grandchildren(border, atlas)
    units = _units_of(border, owner)
    _add_missing_pieces(units, owner, border, pieces)
    _add_places_at_sea(units, inner[is_land], places)
    keys = sorted(units)
    cell = np.concatenate([inner[is_land], np.array([k[0] for k in keys], dtype=np.uint64)])
    country = np.concatenate([inner_country[is_land], np.array([k[1] for k in keys], dtype=np.int16)])
    share = np.concatenate(
        [
            np.full(int(is_land.sum()), SHARE_STEPS, dtype=np.uint8),
            np.array([units[k] for k in keys], dtype=np.uint8),
        ]
    )
    order = np.lexsort((country, cell))
    cell, country, share = cell[order], country[order], share[order]
    numbers, counts = np.unique(cell, return_counts=True)
    straddling = numbers[counts > 1]
    rows_of = np.searchsorted(border, straddling)
    return Land(cell, country, share, straddling, _fill_water(straddling, owner[rows_of]))


def _owners_of_grandchildren(border: NDArray[np.uint64], atlas: Atlas) -> NDArray[np.int16]:
    """Return the country of each border cell's 49 grandchildren, -1 at sea, -2 where H3 has no such cell."""
    owner = np.full((len(border), N_GRANDCHILDREN), NOBODY - 1, dtype=np.int16)
    children = np.concatenate([h3_np.cell_to_children(int(c), RESOLUTION + 2) for c in border])
    row = np.searchsorted(border, _grandparent(children))
    owner[row, grandchild_of_cell(children)] = atlas.country_of(*centres_of_cells(children))
    return owner


def _units_of(border: NDArray[np.uint64], owner: NDArray[np.int16]) -> dict[tuple[int, int], int]:
    """Return the share of each (cell, country) in units, from the grandchildren."""
    n_children = (owner != NOBODY - 1).sum(axis=1)
    row, slot = np.nonzero(owner >= 0)
    pair, counts = np.unique(row * 1000 + owner[row, slot], return_counts=True)
    rows, countries = np.divmod(pair, 1000)
    units = np.round(counts / n_children[rows] * SHARE_STEPS).astype(int)
    return {(int(border[r]), int(c)): int(u) for r, c, u in zip(rows, countries, units, strict=True)}


def _add_missing_pieces(
    units: dict[tuple[int, int], int], owner: NDArray[np.int16], border: NDArray[np.uint64], pieces: Pieces
) -> None:
    """Add rows, with their true share, for land that falls between the grandchildren's centres."""
    added: dict[tuple[int, int], float] = {}
    for polygon, code in zip(pieces.polygon, pieces.country.tolist(), strict=True):
        point = polygon.representative_point()
        child = h3_int.latlng_to_cell(point.y, point.x, RESOLUTION + 2)
        cell = h3_int.cell_to_parent(child, RESOLUTION)
        at = np.searchsorted(border, cell)
        if (
            (cell, code) in units or at == len(border) or border[at] != cell
        ):  # the last: an inner cell has its row
            continue
        added[cell, code] = added.get((cell, code), 0.0) + area_km2(polygon)
        slot = int(grandchild_of_cell(np.array([child], dtype=np.uint64))[0])
        owner[at, slot] = code
    for (cell, code), area in added.items():
        lat, lon = centres_of_cells(np.array([cell], dtype=np.uint64))
        part = area / float(
            area_of_cells_km2(lat, lon)[0]
        )  # islands that reach into the next cell are counted there too
        units[cell, code] = int(np.clip(round(part * SHARE_STEPS), 1, MOST_ADDED_STEPS))
    print(f"  {len(added)} rows added for islands and states smaller than a grandchild")


def _add_places_at_sea(units: dict[tuple[int, int], int], inner: NDArray[np.uint64], places: Places) -> None:
    """Add a row of 1 km2 for each inhabited place in a cell without land.

    Islands that Natural Earth does not draw, and towns on coasts that it draws a little too far inland.
    """
    known = set(inner.tolist()) | {cell for cell, _ in units}
    added = {}
    for i in np.flatnonzero(places.people > 0).tolist():
        cell = h3_int.latlng_to_cell(places.lat_deg[i], places.lon_deg[i], RESOLUTION)
        if cell not in known and places.name[i] not in LEFT_OUT:
            added.setdefault((cell, int(places.country[i])), places.name[i])
    units.update(dict.fromkeys(added, 1))
    print(f"  {len(added)} cells without land added for places, from {next(iter(added.values()))} down")


def _fill_water(cells: NDArray[np.uint64], owner: NDArray[np.int16]) -> NDArray[np.int16]:
    """Give each grandchild at sea to the country of the nearest grandchild on land of the same cell."""
    filled = owner.copy()
    for i, cell in enumerate(cells.tolist()):
        if (owner[i] != NOBODY).all():
            continue
        children = h3_np.cell_to_children(cell, RESOLUTION + 2)
        slots = grandchild_of_cell(children)
        lat, lon = np.radians(centres_of_cells(children))
        place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
        is_land = owner[i, slots] >= 0
        nearest = np.argmax(place @ place[is_land].T, axis=1)
        filled[i, slots] = owner[i, slots[is_land]][nearest]
    return np.maximum(filled, NOBODY)


def _grandparent(children: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the cell of the table's resolution above each cell two resolutions finer."""
    parents = map(h3_int.cell_to_parent, children.tolist(), [RESOLUTION] * len(children))
    return np.fromiter(chain(parents), np.uint64, len(children))


def check_ordinals(cell: NDArray[np.uint64]) -> None:
    """Stop where the packed order would not be the order of H3 numbers."""
    assert (np.diff(ordinal_of_cell(cell).astype(np.int64)) >= 0).all()
