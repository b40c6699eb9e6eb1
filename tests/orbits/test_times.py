from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ecumene.errors import RangeError
from ecumene.orbits.times import julian_date, julian_date_after, unix_seconds


def test_j2000_noon_is_julian_date_2451545():
    assert julian_date(datetime(2000, 1, 1, 12, tzinfo=UTC)) == (2451544.5, 0.5)


def test_another_time_zone_names_the_same_instant():
    kyiv = timezone(timedelta(hours=2))
    assert julian_date(datetime(2026, 1, 1, 2, tzinfo=kyiv)) == julian_date(datetime(2026, 1, 1, tzinfo=UTC))


def test_dates_before_1970_keep_a_positive_fraction():
    assert julian_date(datetime(1969, 12, 31, 18, tzinfo=UTC)) == (2440586.5, 0.75)
    assert unix_seconds(datetime(1969, 12, 31, 18, tzinfo=UTC)) == -21_600.0


@pytest.mark.parametrize("t_s", [-86_400.0 * 3 - 1.5, -1.0, 0.0, 15.0, 86_400.0, 1e8])
def test_seconds_after_a_start_are_the_datetime_after_it(t_s):
    start = datetime(2026, 3, 24, 23, 59, 57, tzinfo=UTC)
    jd, fraction = julian_date_after(start, t_s)
    expected = julian_date(start + timedelta(seconds=t_s))
    assert jd == expected[0]
    assert abs(fraction - expected[1]) * 86_400 < 1e-5


def test_naive_datetimes_and_nan_are_refused():
    with pytest.raises(RangeError, match="has no time zone: must be an aware datetime; add tzinfo=UTC"):
        julian_date(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(RangeError, match="t_s = nan: must be a finite number"):
        julian_date_after(datetime(2026, 1, 1, tzinfo=UTC), float("nan"))
