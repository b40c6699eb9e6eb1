"""Cells the slow and obvious way: H3's own functions, one cell at a time."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pytest

from ecumene.constants import WGS84_A_M, WGS84_F
from ecumene.earth.cells import country_of_point, load_rows
from ecumene.earth.hexagons import (
    area_of_cells_km2,
    cell_of_ordinal,
    centres_of_cells,
    grandchild_of_cell,
    ordinal_of_cell,
)
from ecumene.earth.packed_cells import packed_cells


@pytest.fixture(scope="module")
def some_cells():
    """Return one res-5 cell at 4,000 random points of the sphere."""
    rng = np.random.default_rng(5)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, 4_000)))
    lon = rng.uniform(-180, 180, 4_000)
    cells = {h3.latlng_to_cell(y, x, 5) for y, x in zip(lat.tolist(), lon.tolist(), strict=True)}
    return np.array(sorted(cells), dtype=np.uint64)


def test_every_number_is_a_cell_of_h3():
    cells = np.unique(packed_cells().cell)
    assert all(map(h3.is_valid_cell, cells[::50].tolist()))
    assert {h3.get_resolution(c) for c in cells[::50].tolist()} == {5}


def test_ordinals_and_back(some_cells):
    np.testing.assert_array_equal(cell_of_ordinal(ordinal_of_cell(some_cells)), some_cells)
    assert (np.diff(ordinal_of_cell(some_cells).astype(np.int64)) > 0).all()


def test_grandchildren(some_cells):
    for cell in some_cells[::200].tolist():
        children = h3.cell_to_children(cell, 7)
        slots = grandchild_of_cell(np.array(children, dtype=np.uint64)).tolist()
        assert slots == [7 * i + j for i in range(7) for j in range(7)]


def test_centres(some_cells):
    lat, lon = centres_of_cells(some_cells)
    for cell, y, x in zip(some_cells[::100].tolist(), lat[::100], lon[::100], strict=True):
        assert h3.cell_to_latlng(cell) == (y, x)


def test_areas(some_cells):
    """H3's polygons, scaled to the ellipsoid; the formula is worst in cells across a face's edge."""
    lat, lon = centres_of_cells(some_cells)
    e2 = WGS84_F * (2 - WGS84_F)
    radii = WGS84_A_M**2 * (1 - e2) / (1 - e2 * np.sin(np.radians(lat)) ** 2) ** 2
    h3_sphere_m = 6_371_007.180918475
    expected = np.array([h3.cell_area(c, unit="km^2") for c in some_cells.tolist()]) * radii / h3_sphere_m**2
    one_part_in_a_thousand = 1e-3
    np.testing.assert_allclose(area_of_cells_km2(lat, lon), expected, rtol=one_part_in_a_thousand)


def test_all_cells_cover_the_ellipsoid():
    """All 41,162 cells of resolution 3 add up to the ellipsoid's 510.066 million km2."""
    cells = np.array(
        [c for root in h3.get_res0_cells() for c in h3.cell_to_children(root, 3)], dtype=np.uint64
    )
    area = area_of_cells_km2(*centres_of_cells(cells), resolution=3)
    area[[h3.is_pentagon(c) for c in cells.tolist()]] *= 5 / 6
    assert area.sum() == pytest.approx(510.0656e6, rel=2e-3)


def test_aggregation_cell_by_cell():
    fine = load_rows(inhabited_only=False)
    coarse = load_rows(4, inhabited_only=False)
    row_of = {key: i for i, key in enumerate(zip(coarse.cell.tolist(), coarse.country.tolist(), strict=True))}
    rng = np.random.default_rng(3)
    for i in rng.choice(len(coarse), 60, replace=False):
        cell, country = int(coarse.cell[i]), int(coarse.country[i])
        children = np.array(h3.cell_to_children(cell, 5), dtype=np.uint64)
        below = np.isin(fine.cell, children) & (fine.country == country)
        assert row_of[cell, country] == i
        assert coarse.people[i] == pytest.approx(fine.people[below].sum())
        assert coarse.area_km2[i] == pytest.approx(fine.area_km2[below].sum())
        of_class = [fine.people[below & (fine.settlement == k)].sum() for k in range(3)]
        if max(of_class) > 0:
            assert coarse.settlement[i] == int(np.argmax(of_class))
        assert (coarse.lat_deg[i], coarse.lon_deg[i]) == h3.cell_to_latlng(cell)


def test_shares_of_straddling_cells_agree_with_their_maps():
    """Where all of a cell is land, the map of grandchildren holds what the shares say."""
    table = packed_cells()
    rows = {}
    for cell, country, share in zip(
        table.cell.tolist(), table.country.tolist(), table.share.tolist(), strict=True
    ):
        rows.setdefault(cell, {})[country] = share
    n_full = 0
    for cell, owner in zip(table.straddling.tolist(), table.owner, strict=True):
        shares = rows[cell]
        assert len(shares) > 1
        assert set(owner[owner >= 0].tolist()) <= set(shares)
        if sum(shares.values()) > 0.999 and min(shares.values()) > 0.02:
            n_full += 1
            for country, share in shares.items():
                assert abs((owner == country).mean() - share) < 0.03
    assert n_full > 10_000


def test_country_of_point_is_the_grandchilds():
    table = packed_cells()
    for i in range(0, len(table.straddling), 500):
        for child in h3.cell_to_children(int(table.straddling[i]), 7):
            slot = int(grandchild_of_cell(np.array([child], dtype=np.uint64))[0])
            assert country_of_point(*h3.cell_to_latlng(child)) == table.owner[i, slot]
