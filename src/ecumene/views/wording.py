"""Numbers as a reader takes them in at once: 8.1 billion people, 53 %, 43 ms."""

from __future__ import annotations

import math
from datetime import datetime

UNKNOWN = "-"
"""Stands where there is no number."""

_SCALES = ((1e9, "billion"), (1e6, "million"))


def people_text(people: float | None) -> str:
    """Return a number of people in words.

    Examples
    --------
    >>> people_text(8.119e9), people_text(43_210_000.0), people_text(12_345.0), people_text(0.3)
    ('8.1 billion', '43 million', '12,345', 'under 1')
    """
    if people is None or math.isnan(people):
        return UNKNOWN
    for scale, word in _SCALES:
        if people >= 0.9995 * scale:
            return f"{_two_digits(people / scale)} {word}"
    if 0.0 < people < 1.0:
        return "under 1"
    return f"{people:,.0f}"


def share_text(share: float | None) -> str:
    """Return a share as a percentage that never rounds something to nothing, nor nearly all to all.

    Examples
    --------
    >>> [share_text(s) for s in (0.534, 0.0534, 0.0004, 0.0, 0.9996, 1.0)]
    ['53 %', '5.3 %', 'under 0.1 %', '0 %', 'over 99.9 %', '100 %']
    """
    if share is None or math.isnan(share):
        return UNKNOWN
    percent = 100.0 * share
    if 0.0 < percent < 0.1:
        return "under 0.1 %"
    if 99.9 < percent < 100.0 - 1e-9:
        return "over 99.9 %"
    is_fine = 0.1 <= percent < 9.95 or 99.5 <= percent <= 99.9
    return f"{percent:.1f} %" if is_fine else f"{percent:.0f} %"


def quantity_text(value: float | None, unit: str) -> str:
    """Return a measured number with two to three digits and its unit.

    Examples
    --------
    >>> quantity_text(42.7, "ms"), quantity_text(3.04, "Mbit/s"), quantity_text(41234.5, "Gbit/s")
    ('43 ms', '3.0 Mbit/s', '41,234 Gbit/s')
    """
    number = number_text(value)
    return number if number == UNKNOWN else f"{number} {unit}"


def number_text(value: float | None) -> str:
    """Return a measured number with two to three digits.

    Examples
    --------
    >>> number_text(1234.5), number_text(9.97), number_text(0.0421), number_text(0.0), number_text(None)
    ('1,234', '10', '0.042', '0', '-')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if value == 0.0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 9.95 else _two_digits(value)


def point_text(lat_deg: float, lon_deg: float) -> str:
    """Return a position as latitude and longitude with their hemispheres.

    Examples
    --------
    >>> point_text(-37.07, -12.31)
    '37.1 S 12.3 W'
    """
    lon_deg = (lon_deg + 180.0) % 360.0 - 180.0
    return (
        f"{abs(lat_deg):.1f} {'S' if lat_deg < 0 else 'N'} {abs(lon_deg):.1f} {'W' if lon_deg < 0 else 'E'}"
    )


def duration_text(seconds: float | None) -> str:
    """Return a duration in the two units that matter.

    Examples
    --------
    >>> duration_text(9.0), duration_text(95.0), duration_text(3_600.0), duration_text(90_000.0)
    ('9 s', '1 min 35 s', '1 h', '25 h')
    """
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    if seconds < 59.5:
        return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.2g} s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"
    hours, rest_min = divmod(minutes, 60)
    return f"{hours} h {rest_min} min" if rest_min else f"{hours} h"


def utc_text(stamp: str) -> str:
    """Return an ISO time stamp as a reader writes it.

    Examples
    --------
    >>> utc_text("2026-03-24T12:00:12Z")
    '2026-03-24 12:00:12 UTC'
    """
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M:%S UTC")


def _two_digits(value: float) -> str:
    if abs(value) >= 9.95:
        return f"{value:,.0f}"
    digits = 1 - math.floor(math.log10(abs(float(f"{value:.1e}"))))  # of the rounded value: 0.0996 is 0.10
    return f"{value:.{digits}f}"
