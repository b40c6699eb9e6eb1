from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.orbits.frames import (
    ARCSEC_RAD,
    EarthOrientation,
    earth_orientation,
    orientation_table,
    rotate,
    teme_to_ecef,
    teme_to_ecef_matrix,
)
from ecumene.orbits.times import julian_date


def test_the_table_is_small_daily_and_says_where_it_is_from():
    table = orientation_table()
    assert (np.diff(table.mjd) == 1).all()
    assert table.mjd[0] == 41_684
    assert table.mjd[-1] > 61_700
    assert table.mjd[0] < table.first_predicted_mjd < table.mjd[-1]
    assert "finals2000A" in table.source


def test_the_page_names_the_days_of_the_table():
    first, last = (
        datetime(1858, 11, 17, tzinfo=UTC) + timedelta(float(day)) for day in orientation_table().mjd[[0, -1]]
    )
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "orbits.md").read_text(encoding="utf-8")
    assert f"{first:%Y-%m-%d} to {last:%Y-%m-%d}" in page


def test_ut1_minus_utc_jumps_at_a_leap_second_and_nowhere_else():
    leap = datetime(2017, 1, 1, tzinfo=UTC)
    before = earth_orientation(leap - timedelta(seconds=1)).ut1_minus_utc_s
    after = earth_orientation(leap).ut1_minus_utc_s
    assert after - before == pytest.approx(1.0, abs=1e-4)
    noon = earth_orientation(datetime(2016, 12, 31, 12, tzinfo=UTC)).ut1_minus_utc_s
    assert noon == pytest.approx(before, abs=1e-3)


def test_outside_the_table_the_last_value_is_held_and_said():
    late = earth_orientation(datetime(2060, 1, 1, tzinfo=UTC))
    last_day = datetime(1858, 11, 17, tzinfo=UTC) + timedelta(days=float(orientation_table().mjd[-1]))
    last = earth_orientation(last_day)
    assert late.ut1_minus_utc_s == pytest.approx(last.ut1_minus_utc_s)
    assert (late.ut1_rate, late.polar_x_rate_rad_s, late.polar_y_rate_rad_s) == (0.0, 0.0, 0.0)
    assert last.notes == ()
    assert len(late.notes) == 1
    assert "2060-01-01 lies outside the Earth orientation table (1973-01-02 to" in late.notes[0]
    assert "its last UT1 - UTC and polar motion are held" in late.notes[0]
    assert "its first" in earth_orientation(datetime(1970, 6, 1, tzinfo=UTC)).notes[0]


def test_given_values_replace_the_table_and_are_held():
    at = datetime(2060, 1, 1, tzinfo=UTC)
    given = earth_orientation(at, ut1_minus_utc_s=-0.2, polar_x_arcsec=0.1, polar_y_arcsec=-0.3)
    assert given == EarthOrientation(-0.2, 0.1 * ARCSEC_RAD, -0.3 * ARCSEC_RAD)
    part = earth_orientation(datetime(2026, 1, 1, tzinfo=UTC), polar_x_arcsec=0.0)
    assert part.polar_x_rad == 0.0
    assert part.ut1_rate != 0.0


def test_values_the_earth_never_had_are_refused():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(RangeError, match=r"ut1_minus_utc_s = 37: must be between -0\.9 and 0\.9 s"):
        earth_orientation(at, ut1_minus_utc_s=37.0)
    with pytest.raises(RangeError, match="polar_y_arcsec = 200: must be between -1 and 1 arcsec"):
        earth_orientation(at, polar_y_arcsec=200.0)
    with pytest.raises(RangeError, match="polar_x_arcsec = nan"):
        earth_orientation(at, polar_x_arcsec=math.nan)


def test_the_matrix_is_a_rotation_eastward_with_the_earth():
    jd, fraction = julian_date(datetime(2026, 3, 24, 12, tzinfo=UTC))
    orientation = EarthOrientation(0.05, 1e-6, 2e-6)
    matrix = teme_to_ecef_matrix(jd, fraction, orientation)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-15)
    later = teme_to_ecef_matrix(jd, fraction + 60.0 / 86_400.0, orientation)
    turned = math.degrees(math.acos((np.trace(matrix @ later.T) - 1.0) / 2.0))
    assert turned == pytest.approx(360.98565 / 1_440.0, rel=1e-5)


def test_slopes_carry_the_orientation_on_for_a_day_within_half_a_metre():
    start = datetime(2024, 5, 3, tzinfo=UTC)
    jd, fraction = julian_date(start + timedelta(days=1))
    r_m = np.array([[6_928e3, 0.0, 0.0], [0.0, 0.0, 6_928e3]])
    carried = rotate(teme_to_ecef_matrix(jd, fraction, earth_orientation(start), t_s=86_400.0), r_m)
    fresh = teme_to_ecef(r_m, start + timedelta(days=1), earth_orientation(start + timedelta(days=1)))
    assert np.abs(carried - fresh).max() < 0.5
