"""Slow, obvious twins: one satellite at a time, one pair at a time, one day at a time."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecumene.orbits.frames import earth_orientation, gmst82_rad, teme_to_ecef_matrix
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells, mean_motion_rad_min
from ecumene.orbits.status import (
    BAND_CONTRAST,
    BAND_HALF_WIDTH_KM,
    BAND_MIN_COUNT,
    BAND_MIN_SHARE,
    BAND_SIGMAS,
    _bands,
)
from ecumene.orbits.times import julian_date_after

AT = datetime(2025, 6, 1, 23, 59, tzinfo=UTC)
tenth_of_a_millimetre = 1e-4


def test_propagation_one_satellite_at_a_time():
    elements = elements_of_shells([Shell("", 550, 53, 5, 7, 3), Shell("", 20_000, 55, 2, 3)], AT)
    orientation = earth_orientation(AT)
    found = propagate(build_fleet(elements, AT, orientation), 4_321.0)
    jd, fraction = julian_date_after(AT, 4_321.0)
    matrix = teme_to_ecef_matrix(jd, fraction, orientation, t_s=4_321.0)
    for i, satrec in enumerate(elements.satrecs):
        code, r_km, _ = satrec.sgp4(jd, fraction)
        assert code == found.error[i] == 0
        assert np.abs(matrix @ (np.array(r_km) * 1e3) - found.r_ecef_m[i]).max() < tenth_of_a_millimetre


def test_sidereal_time_as_the_almanac_wrote_it():
    # Seconds of sidereal time at 0h UT1, then 1.0027379 revolutions a day: the two-step form of 1982.
    for jd in (2_451_544.5, 2_461_123.5, 2_445_000.5):
        T = (jd - 2_451_545.0) / 36_525.0
        at_midnight_s = 24_110.54841 + 8_640_184.812866 * T + 0.093104 * T**2 - 6.2e-6 * T**3
        for fraction in (0.0, 0.25, 0.999):
            ratio = 1.002737909350795 + 5.9006e-11 * T - 5.9e-15 * T**2
            expected = math.tau * (((at_midnight_s + ratio * fraction * 86_400.0) / 86_400.0) % 1.0)
            difference = (gmst82_rad(jd, fraction) - expected + math.pi) % math.tau - math.pi
            assert abs(difference) < 1e-9


def test_mean_motion_by_bisection_on_sgp4s_own_semi_major_axis():
    from sgp4.api import WGS72, Satrec

    for altitude_km, inclination_deg in ((340.0, 53.0), (550.0, 97.6), (1_200.0, 0.0)):
        k = 0.75 * 0.001082616 * (3 * math.cos(math.radians(inclination_deg)) ** 2 - 1)
        low, high = 0.04, 0.08
        for _ in range(60):
            n = 0.5 * (low + high)
            satrec = Satrec()
            satrec.sgp4init(WGS72, "i", 0, 27_000.0, 0, 0, 0, 1e-7, 0, math.radians(inclination_deg), 0, n, 0)
            radius_km = satrec.a * (1 - k / satrec.a**2) * 6_378.135
            low, high = (n, high) if radius_km > altitude_km + 6_378.137 else (low, n)
        assert abs(mean_motion_rad_min(altitude_km, inclination_deg) / n - 1) < 1e-9


def slow_bands(altitude_km):
    """Return whether each is in a band, by looking at every pair."""
    count = len(altitude_km)

    def window(centre):
        return sum(centre - BAND_HALF_WIDTH_KM <= h <= centre + BAND_HALF_WIDTH_KM for h in altitude_km)

    cores = []
    for h in altitude_km:
        offsets = [sign * step * BAND_HALF_WIDTH_KM for step in (3, 5, 7, 9, 11) for sign in (-1, 1)]
        around = float(np.quantile([window(h + offset) for offset in offsets], 0.25))
        inside = window(h)
        if (
            inside >= max(BAND_MIN_COUNT, BAND_MIN_SHARE * count)
            and inside > around + BAND_SIGMAS * math.sqrt(around)
            and inside > BAND_CONTRAST * around
        ):
            cores.append(h)
    return [any(abs(h - core) <= BAND_HALF_WIDTH_KM for core in cores) for h in altitude_km]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(3_000, 4_000).map(lambda h: h / 8.0), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(3_000, 4_000), st.integers(1, 12)), max_size=4),
)
def test_bands_by_looking_at_every_pair(scattered, piles):
    altitude_km = np.array(scattered + [h / 8.0 for h, count in piles for _ in range(count)])
    band = _bands(altitude_km)
    assert (band >= 0).tolist() == slow_bands(altitude_km.tolist())
    for number in range(band.max() + 1):
        assert (band == number).any()
