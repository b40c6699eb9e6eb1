"""Which points lie in a polygon, a circle, a file."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecumene.earth.ellipsoid import great_circle_m
from ecumene.earth.regions import (
    Region,
    circle_region,
    geojson_region,
    is_inside,
    is_near,
    near_pairs,
    polygon_region,
    region_km2,
)
from ecumene.errors import TableError

SQUARE = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]


def inside(region: Region, lat: float, lon: float) -> bool:
    return bool(is_inside(region, np.array([lat]), np.array([lon]))[0])


def region_of(corners) -> Region:
    region, problems = polygon_region(corners)
    assert problems == []
    return region


def test_a_square():
    region = region_of(SQUARE)
    assert inside(region, 5.0, 5.0)
    assert inside(region, 5.0, 365.0)
    assert not inside(region, 5.0, -5.0)
    assert not inside(region, 11.0, 5.0)


def test_a_polygon_across_180_deg():
    region = region_of([[170.0, -10.0], [-170.0, -10.0], [-170.0, 10.0], [170.0, 10.0]])
    assert inside(region, 0.0, 180.0)
    assert inside(region, 0.0, -175.0)
    assert inside(region, 0.0, 185.0)
    assert not inside(region, 0.0, 0.0)
    assert not inside(region, 0.0, 160.0)


def test_a_circle_across_180_deg_and_over_the_pole():
    assert inside(circle_region(0.0, 179.9, 100.0), 0.0, -179.9)
    assert inside(circle_region(89.0, 0.0, 300.0), 89.0, 180.0)
    assert not inside(circle_region(0.0, 0.0, 100.0), 1.0, 0.0)  # 111 km


@given(
    st.lists(
        st.tuples(st.floats(-179.0, 179.0), st.floats(-89.0, 89.0)), min_size=3, max_size=9, unique=True
    ),
    st.lists(st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0)), min_size=1, max_size=20),
)
def test_agrees_with_shapely_where_a_ring_is_simple(corners, points):
    shapely = pytest.importorskip("shapely")
    region, problems = polygon_region(corners)
    ring = np.array(corners)
    wraps = (np.abs(np.diff(np.concatenate([ring, ring[:1]])[:, 0])) >= 180.0).any()
    if wraps:
        return
    polygon = shapely.Polygon(corners)
    assert problems or polygon.is_valid
    if problems:
        return
    for lon, lat in points:
        if polygon.exterior.distance(shapely.Point(lon, lat)) > 1e-6:
            assert inside(region, lat, lon) == polygon.contains(shapely.Point(lon, lat))


@pytest.mark.parametrize(
    ("corners", "what"),
    [
        ([[0, 0], [1, 1]], "three corners or more, this one has 2"),
        ([[0, 0], [10, 10], [10, 0], [0, 10]], "crosses itself: the edge from corner 1"),
        ([[0, 0], [10, 0], [5, 0], [5, 10]], "crosses itself"),
        ([[0, 0], [0, 0], [5, 0], [5, 10]], "corner 1 stands twice"),
        ([[48.0, 135.0], [49.0, 135.0], [49.0, 136.0]], "are latitude and longitude swapped?"),
        ([[0, 0], [500, 0], [0, 10]], "corner 2 = [500, 0]"),
        ([[0, 0], [float("nan"), 0], [0, 10]], "corner 2: must be finite"),
        ([[0, 80], [90, 80], [180, 80], [270, 80]], "goes around a pole"),
        ([[0, 0], "x", [1, 1]], "two numbers"),
        (7, "two numbers"),
    ],
)
def test_says_what_is_wrong_with_a_ring(corners, what):
    region, problems = polygon_region(corners)
    assert region.rings == ()
    assert what in "; ".join(problems)


def test_reads_geojson_with_a_hole(tmp_path):
    hole = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]], hole]}},
            {
                "type": "Feature",
                "geometry": {"type": "MultiPolygon", "coordinates": [[[[20, 0], [30, 0], [30, 10]]]]},
            },
        ],
    }
    path = tmp_path / "zone.geojson"
    path.write_text(json.dumps(document))
    region = geojson_region(path)
    assert inside(region, 1.0, 1.0)
    assert not inside(region, 5.0, 5.0)
    assert inside(region, 1.0, 28.0)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not valid GeoJSON"),
        ('{"type": "Point", "coordinates": [0, 0]}', "feature 0: must be a Polygon or MultiPolygon"),
        ('{"type": "FeatureCollection", "features": []}', "holds no Polygon"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10]]]}', "crosses itself"),
        ("[1]", "must be a Polygon"),
    ],
)
def test_refuses_bad_geojson(tmp_path, text, what):
    path = tmp_path / "zone.geojson"
    path.write_text(text)
    with pytest.raises(TableError, match="(?s)" + what):
        geojson_region(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match="No such file"):
        geojson_region(tmp_path / "none.geojson")


@settings(deadline=None)  # the first one compiles
@given(st.integers(0, 2**31), st.floats(1e3, 500e3))
def test_near_points_are_those_of_the_haversine(seed, distance_m):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform([-3, 177], [3, 183], (30, 2)), rng.uniform([-3, 177], [3, 183], (40, 2))
    b[:, 1] = (b[:, 1] + 180.0) % 360.0 - 180.0
    apart_m = great_circle_m(a[:, :1], a[:, 1:], b[None, :, 0], b[None, :, 1])
    near = apart_m <= distance_m
    if (np.abs(apart_m - distance_m) < 1e-3).any():
        return
    assert is_near(*a.T, *b.T, distance_m).tolist() == near.any(axis=1).tolist()
    first, other = near_pairs(*a.T, *b.T, distance_m)
    for p in range(30):
        assert sorted(other[first[p] : first[p + 1]].tolist()) == np.flatnonzero(near[p]).tolist()


def test_near_a_pole_longitudes_do_not_count():
    lat, lon = np.array([89.9, -89.95]), np.array([10.0, 0.0])
    other_lat, other_lon = np.array([89.9, 80.0, -89.9]), np.array([-170.0, 10.0, 180.0])
    assert is_near(lat, lon, other_lat, other_lon, 30e3).tolist() == [True, True]
    first, other = near_pairs(lat, lon, other_lat, other_lon, 30e3)
    assert (first.tolist(), other.tolist()) == ([0, 1, 2], [0, 2])


def test_areas():
    octant, problems = polygon_region([[0.0, 0.0], [90.0, 0.0], [90.0, 89.999], [0.0, 89.999]])
    assert problems == []
    assert region_km2(octant) == pytest.approx(510.1e6 / 8, rel=2e-3)
    hole = [[4, 4], [6, 4], [6, 6], [4, 6]]
    whole, ring = region_of(SQUARE), region_of(hole)
    with_hole = Region(rings=(*whole.rings, *ring.rings))
    assert region_km2(with_hole) == pytest.approx(region_km2(whole) - region_km2(ring))
    assert region_km2(circle_region(10.0, 10.0, 100.0)) == pytest.approx(np.pi * 100.0**2, rel=1e-3)
