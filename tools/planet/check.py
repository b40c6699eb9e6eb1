"""What the finished tables are worth, printed at the end of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from planet.land import NOBODY, Atlas
from planet.places import distance_km, unit_vectors
from scipy.spatial import cKDTree

from ecumene.earth.cells import SETTLEMENTS, country_of_point, load_rows
from ecumene.earth.countries import countries
from ecumene.earth.hexagons import RESOLUTION
from ecumene.earth.packed_cells import packed_cells
from ecumene.earth.towns import load_towns

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from planet.borders import Pieces
    from planet.places import Places

N_POINTS = 400_000
N_NEAR = 40_000
SEED = 20260324


def print_checks(pieces: Pieces, places: Places) -> None:
    """Print counts, points against the polygons, settlement classes, and how near the gazetteer is."""
    rows = load_rows(inhabited_only=False)
    inhabited = load_rows()
    land_km2 = rows.area_km2[rows.country != countries().index_of("AQ")].sum()
    print(f"  {len(rows):,} rows, {len(np.unique(rows.cell)):,} cells, {len(inhabited):,} inhabited rows")
    print(
        f"  {len(packed_cells().straddling):,} cells of several countries, "
        f"{land_km2 / 1e6:.2f} Mkm2 without Antarctica"
    )
    print(f"  people {rows.people.sum():,.0f}")
    for k, name in enumerate(SETTLEMENTS):
        is_class = inhabited.settlement == k
        people = inhabited.people[is_class].sum() / inhabited.people.sum()
        print(f"  {name}: {people:.1%} of people, {is_class.mean():.1%} of inhabited rows")
    _check_points(pieces)
    _check_places(places)
    _check_gazetteer(inhabited.lat_deg, inhabited.lon_deg)


def _check_points(pieces: Pieces) -> None:
    """Compare country_of_point with the polygons at random points of the sphere, and near borders."""
    rng = np.random.default_rng(SEED)
    lat = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, N_POINTS)))
    lon = rng.uniform(-180.0, 180.0, N_POINTS)
    atlas = Atlas(pieces)
    _print_agreement("random points", atlas, lat, lon)
    import h3.api.basic_int as h3_int

    cells = rng.choice(packed_cells().straddling, N_NEAR)
    fine = [rng.choice(h3_int.cell_to_children(int(c), RESOLUTION + 4)) for c in cells]
    near = np.array([h3_int.cell_to_latlng(int(c)) for c in fine])
    _print_agreement("points in cells of several countries", atlas, near[:, 0], near[:, 1])


def _print_agreement(what: str, atlas: Atlas, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> None:
    """Print how often the table and the polygons agree, and how far the wrong ones lie from their country."""
    true = atlas.country_of(lat, lon)
    found = np.array([country_of_point(y, x) for y, x in zip(lat.tolist(), lon.tolist(), strict=True)])
    land = true != NOBODY
    wrong = np.flatnonzero(land & (found != true))
    missed = int((land & (found == NOBODY)).sum())
    wet = int((~land & (found != NOBODY)).sum())
    print(
        f"  {what}: {land.sum():,} on land, {len(wrong)} not in their country ({missed} of them not on land)"
    )
    print(f"    {(~land).sum():,} at sea, {wet:,} of them in a cell with land")
    far = 0.0
    tree = shapely.STRtree(atlas.pieces.polygon)
    for i in wrong:
        if found[i] != NOBODY:
            point = shapely.Point(lon[i], lat[i])
            near = tree.query(point.buffer(1.0))
            own = [atlas.pieces.polygon[k] for k in near if atlas.pieces.country[k] == found[i]]
            gap_deg = min((p.distance(point) for p in own), default=np.inf)
            far = max(far, gap_deg * 111.2)
    print(f"    the farthest of these lies at most {far:.1f} km from the country it is given to")


def _check_places(places: Places) -> None:
    """Compare country_of_point with the country GeoNames gives its places."""
    found = np.array(
        [
            country_of_point(y, x)
            for y, x in zip(places.lat_deg.tolist(), places.lon_deg.tolist(), strict=True)
        ]
    )
    for least in (0, 15_000):
        big = places.people >= least
        agree = (found == places.country)[big].mean()
        print(
            f"  GeoNames places of {least:,} people and more: {agree:.3%} of {big.sum():,} "
            "in the country GeoNames says"
        )


def _check_gazetteer(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> None:
    """Print how far inhabited cells lie from a named place."""
    towns = load_towns()
    tree = cKDTree(unit_vectors(towns.lat_deg, towns.lon_deg))
    km = distance_km(tree.query(unit_vectors(lat_deg, lon_deg))[0])
    median, p95 = np.quantile(km, [0.5, 0.95])
    print(f"  inhabited cells to a named place: median {median:.0f}, p95 {p95:.0f}, max {km.max():.0f} km")
