"""Where PyEphem puts an observer."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.earth.ellipsoid import ecef_of_geodetic, pyephem_site_m


def test_on_the_equator_and_at_the_poles_the_latitude_is_not_turned():
    here = pyephem_site_m(np.array([0.0, 90.0, -90.0]), np.array([90.0, 0.0, 0.0]))
    b_m = 6_378_160.0 * (1.0 - 1.0 / 298.25)
    np.testing.assert_allclose(here, [[0, 6_378_160.0, 0], [0, 0, b_m], [0, 0, -b_m]], atol=1e-8)


def test_between_it_is_tens_of_metres_from_wgs84():
    lat_deg = np.linspace(-89.0, 89.0, 179)
    apart_m = np.linalg.norm(
        pyephem_site_m(lat_deg, 10.0 + 0 * lat_deg) - ecef_of_geodetic(lat_deg, 10.0), axis=1
    )
    assert apart_m.max() < 44.0
    assert apart_m.min() > 15.0


def test_it_is_where_pyephem_measures_from():
    """A satellite's ranges from places on one meridian, against PyEphem: to what its 32-bit ranges leave."""
    ephem = pytest.importorskip("ephem", reason="needs PyEphem (in the extra [test])")
    from sgp4.api import WGS72, Satrec

    from ecumene.earth.ellipsoid import PYEPHEM_SCALE
    from ecumene.orbits.frames import gmst82_rad

    lines = (
        "1 00001U 00000ABC 00001.00000000  .00000000  00000-0  00000+0 0    04",
        "2 00001  51.9000   0.0000 0010000   0.0000  45.0000 14.80000000    01",
    )
    theirs, ours = ephem.readtle("x", *lines), Satrec.twoline2rv(*lines, WGS72)
    _, r_km, _ = ours.sgp4(2_451_544.5, 0.0)
    theta = gmst82_rad(2_451_544.5, -0.07613 / 86_400.0)
    turn = np.array([[np.cos(theta), np.sin(theta), 0], [-np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    sat_m = turn @ np.array(r_km) * 1e3 * PYEPHEM_SCALE
    for lat_deg in range(-80, 90, 20):
        observer = ephem.Observer()
        observer.date, observer.lat, observer.lon, observer.elevation = "2000/1/1", str(lat_deg), "-100", 0
        theirs.compute(observer)
        a_metre_m = 1.0
        assert np.linalg.norm(sat_m - pyephem_site_m(lat_deg, -100.0)) == pytest.approx(
            theirs.range, abs=a_metre_m
        )
