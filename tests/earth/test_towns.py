"""The gazetteer."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.earth.cells import load_rows
from ecumene.earth.towns import find_town, load_towns, nearest_town
from ecumene.errors import RangeError


def test_what_it_holds():
    towns = load_towns()
    assert len(towns.name) == len(towns.lat_deg) == len(towns.people) > 50_000
    assert (np.diff(towns.people) <= 0).all()
    assert (np.abs(towns.lat_deg) <= 90).all()
    assert (np.abs(towns.lon_deg) <= 180).all()
    assert len(set(towns.country.tolist())) > 235


def test_nearest_town_of_towns():
    names, distance_km = nearest_town([12.1131, 78.22, -37.07], [15.0492, 15.64, -12.31])
    assert names == ["N'Djamena", "Longyearbyen", "Edinburgh of the Seven Seas"]
    assert (distance_km < 5).all()


def test_nearest_town_is_the_nearest():
    rng = np.random.default_rng(7)
    lat, lon = rng.uniform(-60, 75, 40), rng.uniform(-180, 180, 40)
    _, found_km = nearest_town(lat, lon)
    towns = load_towns()
    for y, x, km in zip(np.radians(lat), np.radians(lon), found_km, strict=True):
        b, dl = np.radians(towns.lat_deg), np.radians(towns.lon_deg) - x
        a = np.sin((b - y) / 2) ** 2 + np.cos(y) * np.cos(b) * np.sin(dl / 2) ** 2
        assert km == pytest.approx(2 * 6371.0088 * np.arcsin(np.sqrt(a)).min(), abs=1e-3)


def test_over_the_antimeridian():
    names, distance_km = nearest_town(-16.7, -179.99)
    assert len(names) == 1
    assert distance_km[0] < 100


def test_no_points():
    names, distance_km = nearest_town([], [])
    assert names == []
    assert len(distance_km) == 0


def test_nan_is_refused():
    with pytest.raises(RangeError, match="must be a number"):
        nearest_town([np.nan], [0.0])


def test_people_have_a_named_place_near():
    """Nine in ten people live within 30 km of a name, by 600 rows drawn by their people."""
    rows = load_rows()
    rng = np.random.default_rng(11)
    pick = rng.choice(len(rows), 600, p=rows.people / rows.people.sum())
    _, distance_km = nearest_town(rows.lat_deg[pick], rows.lon_deg[pick])
    assert np.quantile(distance_km, 0.9) < 30


def test_find_town():
    assert find_town("Nairobi")[0][:2] == ("Nairobi", "KE")
    name, code, lat, lon = find_town("  são PAULO ")[0]
    assert (name, code) == ("São Paulo", "BR")
    assert (lat, lon) == pytest.approx((-23.55, -46.64), abs=0.02)
    assert find_town("sao paulo")[0] == find_town("São Paulo")[0]
    assert [code for _, code, _, _ in find_town("London")][:2] == ["GB", "CA"]
    assert [code for _, code, _, _ in find_town("London, ca")] == ["CA"]
    assert find_town("Nowhere on Earth") == []
