"""Positions against independent programs.

- python-sgp4 (B. Rhodes; Vallado's C++), called satellite by satellite: a millimetre, for rounding.
- Astropy's TEME -> ITRS with the IERS A table of astropy-iers-data (erfa gmst82, pom00): a centimetre for low
  satellites where UT1 and the pole are from the table; our own chain has the same terms.
- Skyfield's EarthSatellite with its built-in tables, without polar motion: 60 metres, up to 2026-03. Later
  its built-in prediction of UT1 runs away from the IERS's (92 m in November 2026), not ours to follow.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sgp4.api import Satrec

from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.frames import earth_orientation, teme_to_ecef
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.times import julian_date

ONE_MILLIMETRE = 1e-3
ONE_CENTIMETRE = 1e-2
ONE_METRE = 1.0
SIXTY_METRES = 60.0
DATA = Path(__file__).parents[2].parent / "shared" / "data"
DATES = [
    datetime(2019, 7, 3, 4, 5, 6, tzinfo=UTC),
    datetime(2020, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
    datetime(2022, 10, 15, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC),
    datetime(2027, 9, 1, 18, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def astropy_ecef():
    """Return a function like teme_to_ecef, by Astropy."""
    coordinates = pytest.importorskip("astropy.coordinates")
    from astropy import units
    from astropy.time import Time
    from astropy.utils import iers

    def convert(r_teme_m, at):
        when = Time(at.replace(tzinfo=None), scale="utc")
        xyz = coordinates.CartesianRepresentation(r_teme_m.T * units.m)
        itrs = coordinates.TEME(xyz, obstime=when).transform_to(coordinates.ITRS(obstime=when))
        return itrs.cartesian.xyz.to_value(units.m).T

    with (
        iers.conf.set_temp("auto_download", False),
        iers.earth_orientation_table.set(iers.IERS_A.open(iers.IERS_A_FILE)),
    ):
        yield convert


def by_hand(satrecs, at):
    jd, fraction = julian_date(at)
    return np.array([satrec.sgp4(jd, fraction)[1] for satrec in satrecs]) * 1e3


@pytest.fixture(scope="module")
def fleet_of_all_kinds():
    shells = [Shell("", 550, 53, 6, 10, 1), Shell("", 1_200, 87.9, 6, 5), Shell("", 340, 97.6, 3, 5)]
    return elements_of_shells(shells, datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("at", DATES, ids=str)
def test_filed_shells_agree_with_astropy_at_every_date(at, fleet_of_all_kinds, astropy_ecef):
    fleet = build_fleet(fleet_of_all_kinds, at, earth_orientation(at))
    expected = astropy_ecef(by_hand(fleet_of_all_kinds.satrecs, at), at)
    assert np.abs(propagate(fleet, 0.0).r_ecef_m - expected).max() < ONE_CENTIMETRE


def test_an_hour_into_a_run_astropy_still_agrees(fleet_of_all_kinds, astropy_ecef):
    start = DATES[4]
    later = start + timedelta(hours=1)
    found = propagate(build_fleet(fleet_of_all_kinds, start, earth_orientation(start)), 3_600.0).r_ecef_m
    assert (
        np.abs(found - astropy_ecef(by_hand(fleet_of_all_kinds.satrecs, later), later)).max()
        < 5 * ONE_CENTIMETRE
    )


def test_given_ut1_and_pole_agree_with_astropys_own(fleet_of_all_kinds, astropy_ecef):
    from astropy.time import Time
    from astropy.utils import iers

    at = DATES[3]
    table = iers.IERS_A.open(iers.IERS_A_FILE)
    when = Time(at.replace(tzinfo=None), scale="utc")
    x, y = table.pm_xy(when)
    given = earth_orientation(
        at,
        ut1_minus_utc_s=float(table.ut1_utc(when).to_value("s")),
        polar_x_arcsec=float(x.to_value("arcsec")),
        polar_y_arcsec=float(y.to_value("arcsec")),
    )
    r_teme_m = by_hand(fleet_of_all_kinds.satrecs, at)
    assert np.abs(teme_to_ecef(r_teme_m, at, given) - astropy_ecef(r_teme_m, at)).max() < ONE_MILLIMETRE


@pytest.mark.parametrize("file", ["starlink_omm_20260324.json.gz", "oneweb_20260101.tle.gz"])
def test_every_real_satellite_agrees_with_astropy_and_sgp4(file, astropy_ecef):
    if not (DATA / file).exists():
        pytest.skip(f"real catalogues lie in ../shared/data, which is absent: {file}")
    elements = read_catalogue(DATA / file)
    start = median_epoch(elements)
    at = start + timedelta(seconds=900)
    found = propagate(build_fleet(elements, start, earth_orientation(start)), 900.0)
    codes = [satrec.sgp4(*julian_date(at))[0] for satrec in elements.satrecs]
    assert found.error.tolist() == codes
    expected = astropy_ecef(by_hand(elements.satrecs, at), at)
    assert found.is_valid.all()
    assert np.linalg.norm(found.r_ecef_m - expected, axis=1).max() < ONE_METRE


def test_skyfields_own_satellites_stand_within_sixty_metres():
    api = pytest.importorskip("skyfield.api")
    from skyfield.framelib import itrs

    lines = (
        "1 44057U 19010A   26001.21185455 -.00000040  00000+0 -13739-3 0  9992",
        "2 44057  87.9034 262.0364 0001973  76.5081 283.6270 13.16593207329596",
    )
    from ecumene.orbits.elements import Elements, epochs_s

    satrecs = (Satrec.twoline2rv(*lines),)
    unknown = np.array([-1], dtype=np.int32)
    elements = Elements(
        ("ONEWEB-0012",), np.array([44057]), satrecs, epochs_s(satrecs), unknown, unknown, unknown
    )
    timescale = api.load.timescale(builtin=True)
    theirs = api.EarthSatellite(*lines, ts=timescale)
    for hours in (-24.0, 0.0, 7.5, 48.0):
        at = datetime(2026, 1, 1, 5, tzinfo=UTC) + timedelta(hours=hours)
        found = propagate(build_fleet(elements, at, earth_orientation(at)), 0.0).r_ecef_m[0]
        expected = theirs.at(timescale.from_datetime(at)).frame_xyz(itrs).m
        assert np.linalg.norm(found - expected) < SIXTY_METRES
