"""UTC instants as the two-part Julian dates that SGP4 works in."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from ecumene.errors import RangeError

SECONDS_PER_DAY = 86_400.0
"""Length of a UTC day without leap second. [s]"""

UNIX_EPOCH_JD = 2_440_587.5
"""Julian date of 1970-01-01T00:00:00 UTC. [day]"""

MJD_ZERO_JD = 2_400_000.5
"""Julian date at which the modified Julian date is zero. [day]"""

SGP4_EPOCH_JD = 2_433_281.5
"""Julian date of 1949-12-31T00:00:00, from which sgp4init counts days. [day]"""


def unix_seconds(at: datetime) -> float:
    """Return seconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.

    Parameters
    ----------
    at
        An instant with a time zone.

    Returns
    -------
    unix_s
        Every day has 86,400 of them. [s]

    Raises
    ------
    RangeError
        The datetime has no time zone, so it names no instant.
    """
    _require_zone(at)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)


def julian_date(at: datetime) -> tuple[float, float]:
    """Return the UTC Julian date as a whole part ending in .5 and a fraction.

    Leap seconds are not counted, as in SGP4: the fraction is that of an 86,400 s day.

    Parameters
    ----------
    at
        An instant with a time zone.

    Returns
    -------
    jd : float
        Julian date of the preceding midnight. [day]
    fraction : float
        Part of the day since then, 0 to 1. [day]

    Raises
    ------
    RangeError
        The datetime has no time zone, so it names no instant.

    Examples
    --------
    >>> julian_date(datetime(2026, 3, 24, 12, tzinfo=UTC))
    (2461123.5, 0.5)
    """
    _require_zone(at)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return UNIX_EPOCH_JD + since.days, (since.seconds + since.microseconds * 1e-6) / SECONDS_PER_DAY


def julian_date_after(at: datetime, t_s: float) -> tuple[float, float]:
    """Return the two-part UTC Julian date of an instant some seconds after another.

    Parameters
    ----------
    at
        An instant with a time zone.
    t_s
        Seconds after it, also negative or fractional. [s]

    Returns
    -------
    jd, fraction : float
        As in :func:`julian_date`; good to 0.01 ms within centuries. [day]

    Raises
    ------
    RangeError
        The datetime has no time zone, or the seconds are not a number.
    """
    if not math.isfinite(t_s):
        raise RangeError(f"t_s = {t_s}: must be a finite number of seconds since the start")
    jd, fraction = julian_date(at)
    total = fraction + t_s / SECONDS_PER_DAY
    days = math.floor(total)
    return jd + days, total - days


def _require_zone(at: datetime) -> None:
    if at.tzinfo is None or at.utcoffset() is None:
        raise RangeError(f"{at.isoformat()} has no time zone: must be an aware datetime; add tzinfo=UTC")
