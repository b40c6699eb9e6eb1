"""Earth against figures from elsewhere.

- National totals: World Bank, SP.POP.TOTL, 2024, CC BY 4.0. Within half a percent, the promise of the table;
France,
  Finland and Australia together with the territories that the World Bank counts with them.
- Positions on the ellipsoid: Astropy's EarthLocation (ERFA's gd2gc and gc2gd), within a micrometre.
- Great circles: Karney's geodesic between two cities as published by GeographicLib's GeodSolve example
  (JFK 40.6 N 73.8 W to LHR 51.6 N 0.5 W: 5,551.76 km), within 0.56 %, the most a sphere can differ.
"""

from __future__ import annotations

import csv
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import EarthLocation

from ecumene.earth.cells import load_rows
from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import (
    east_of_geodetic,
    ecef_of_geodetic,
    geodetic_of_ecef,
    great_circle_m,
    north_of_geodetic,
    up_of_geodetic,
)

WORLD_BANK = Path(__file__).parents[2].parent / "shared" / "facts" / "national_population_2024.csv"
COUNTED_WITH = {"FR": ("GF", "GP", "MQ", "RE", "YT"), "FI": ("AX",), "AU": ("CC", "CX", "NF")}

half_a_percent = 5e-3
one_micrometre = 1e-6
a_sphere_for_an_ellipsoid = 5.6e-3

# Some World Bank figures of 2024, for where the whole table is not at hand.
SOME_TOTALS = {
    "AR": 45_696_159, "AF": 42_647_492, "AO": 37_885_849, "CN": 1_408_975_000, "GB": 69_226_000, "MA":
    38_081_173, "NL": 17_993_485, "NO": 5_572_279, "NZ": 5_287_500, "SD": 50_448_963, "SS": 11_943_408, "UA":
    37_860_221, "XK": 1_594_353, "YE": 40_583_164, "ZA": 64_007_187, "FR": 68_551_653, "FI": 5_619_911, "AU":
    27_196_812,
}  # fmt: skip


@pytest.fixture(scope="module")
def people_of_code():
    rows = load_rows()
    people = np.bincount(rows.country, weights=rows.people, minlength=len(countries()))
    found = dict(zip(countries().code, people.tolist(), strict=True))
    for code, parts in COUNTED_WITH.items():
        found[code] += sum(found[part] for part in parts)
    return found


@pytest.mark.parametrize(("code", "people"), SOME_TOTALS.items())
def test_national_totals(people_of_code, code, people):
    assert people_of_code[code] == pytest.approx(people, rel=half_a_percent)


def test_all_national_totals(people_of_code):
    if not WORLD_BANK.exists():
        pytest.skip("the World Bank's table of all countries lies in ../shared, absent here")
    code_of = dict(zip(countries().iso3, countries().code, strict=True))
    with WORLD_BANK.open(encoding="utf-8", newline="") as file:
        totals = {code_of[row["iso3"]]: float(row["population_2024"]) for row in csv.DictReader(file)}
    assert len(totals) > 210
    wrong = {
        c: (n, people_of_code[c])
        for c, n in totals.items()
        if abs(people_of_code[c] / n - 1) > half_a_percent
    }
    assert wrong == {}


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(1)
    lat = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, 500))), [90, -90, 0, 0, 89.999999, 45]])
    lon = np.concatenate([rng.uniform(-180, 180, 500), [0, 10, 180, -90, 33, -179.999999]])
    height = np.concatenate([rng.uniform(-500, 36e6, 500), [0, 0, 0, 550e3, 550e3, 8000]])
    return lat, lon, height


def test_positions_agree_with_astropy(points):
    lat, lon, height = points
    place = EarthLocation.from_geodetic(lon * u.deg, lat * u.deg, height * u.m, ellipsoid="WGS84")
    expected = np.stack([place.x.to_value(u.m), place.y.to_value(u.m), place.z.to_value(u.m)], axis=-1)
    np.testing.assert_allclose(ecef_of_geodetic(lat, lon, height), expected, rtol=0, atol=one_micrometre)


def test_latitudes_agree_with_astropy(points):
    lat, lon, height = points
    r = ecef_of_geodetic(lat, lon, height)
    place = EarthLocation.from_geocentric(*(r.T * u.m))
    found_lat, found_lon, found_height = geodetic_of_ecef(r)
    micrometre_deg = 1e-11
    erfa_at_36000_km_deg = 2e-9  # ERFA's own rounding at the greatest height, 0.2 mm on the ground
    np.testing.assert_allclose(
        found_lat, place.geodetic.lat.to_value(u.deg), rtol=0, atol=erfa_at_36000_km_deg
    )
    np.testing.assert_allclose(found_height, place.geodetic.height.to_value(u.m), rtol=0, atol=one_micrometre)
    np.testing.assert_allclose(found_lat, lat, rtol=0, atol=micrometre_deg)
    np.testing.assert_allclose(found_height, height, rtol=0, atol=one_micrometre)
    not_polar = np.abs(lat) < 90
    turn = (found_lon - lon + 180) % 360 - 180
    np.testing.assert_allclose(turn[not_polar], 0, atol=micrometre_deg)


def test_local_axes_are_a_right_handed_frame(points):
    lat, lon, _ = points
    up, east, north = (f(lat, lon) for f in (up_of_geodetic, east_of_geodetic, north_of_geodetic))
    np.testing.assert_allclose(np.cross(east, north), up, atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(up, axis=1), 1, atol=1e-15)


def test_up_is_where_height_grows(points):
    lat, lon, height = points
    step = ecef_of_geodetic(lat, lon, height + 1000) - ecef_of_geodetic(lat, lon, height)
    np.testing.assert_allclose(step, 1000 * up_of_geodetic(lat, lon), atol=1e-5)


def test_nan_stays_nan():
    assert np.isnan(geodetic_of_ecef([np.nan, np.nan, np.nan])[0])


def test_great_circles():
    assert float(great_circle_m(40.6, -73.8, 51.6, -0.5)) == pytest.approx(
        5_551.76e3, rel=a_sphere_for_an_ellipsoid
    )
    assert float(great_circle_m(0, 0, 0, 180)) == pytest.approx(np.pi * 6_371_008.8)
    assert float(great_circle_m(10, 20, 10, 20)) == 0
    assert great_circle_m(np.zeros((3, 1)), 0.0, np.arange(4.0), 0.0).shape == (3, 4)
