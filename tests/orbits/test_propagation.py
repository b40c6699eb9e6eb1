from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sgp4.api import WGS72, Satrec

from ecumene.errors import RangeError
from ecumene.orbits.elements import Elements, epochs_s
from ecumene.orbits.frames import earth_orientation
from ecumene.orbits.propagation import build_fleet, error_text, propagate
from ecumene.orbits.shells import Shell, elements_of_shells

AT = datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)


def with_satrec(elements: Elements, satrec: Satrec) -> Elements:
    satrecs = (*elements.satrecs, satrec)
    unknown = np.full(len(satrecs), -1, dtype=np.int32)
    return Elements(
        (*elements.name, "doomed"), np.full(len(satrecs), -1, dtype=np.int64), satrecs, epochs_s(satrecs),
        unknown, unknown, unknown,
    )  # fmt: skip


def decaying() -> Satrec:
    satrec = Satrec()
    satrec.sgp4init(WGS72, "i", 5, 27_842.5, 0.02, 0.0, 0.0, 1e-4, 0.0, 0.9, 0.0, 16.45 * np.pi / 720, 0.0)
    return satrec


def test_a_decayed_satellite_is_nan_and_says_why_and_the_others_fly_on():
    elements = with_satrec(elements_of_shells([Shell("", 550, 53, 2, 3)], AT), decaying())
    late = propagate(build_fleet(elements, AT, earth_orientation(AT)), 60 * 86_400.0)
    assert late.is_valid.tolist() == [True] * 6 + [False]
    assert np.isnan(late.r_ecef_m[6]).all()
    assert np.isfinite(late.r_ecef_m[:6]).all()
    assert late.error[:6].tolist() == [0] * 6
    assert late.error[6] in range(1, 7)
    assert error_text(int(late.error[6]))
    assert error_text(6) == "decayed: below the Earth's surface"
    assert error_text(7) == "position is no number or no orbit"


def test_time_may_be_negative_and_meets_a_later_start():
    elements = elements_of_shells([Shell("", 550, 53, 3, 4, 1)], AT)
    orientation = earth_orientation(AT, ut1_minus_utc_s=0.05, polar_x_arcsec=0.1, polar_y_arcsec=0.4)
    early = AT - timedelta(hours=5)
    first = propagate(build_fleet(elements, AT, orientation), -18_000.0)
    second = propagate(build_fleet(elements, early, orientation), 0.0)
    assert first.t_s == -18_000.0
    one_millimetre = 1e-3
    assert np.abs(first.r_ecef_m - second.r_ecef_m).max() < one_millimetre


def test_the_same_question_gets_the_same_bits():
    fleet = build_fleet(elements_of_shells([Shell("", 20_000, 55, 3, 4)], AT), AT, earth_orientation(AT))
    first = propagate(fleet, 40_000.0).r_ecef_m
    for t_s in (-90_000.0, 1e6, 0.0):
        propagate(fleet, t_s)
    assert (propagate(fleet, 40_000.0).r_ecef_m == first).all()


def test_doors_are_watched():
    elements = elements_of_shells([Shell("", 550, 53, 1, 1)], AT)
    with pytest.raises(RangeError, match="has no time zone"):
        build_fleet(elements, datetime(2026, 1, 1), earth_orientation(AT))  # noqa: DTZ001
    with pytest.raises(RangeError, match="a fleet of 0 satellites: must be at least 1"):
        build_fleet(elements.take([]), AT, earth_orientation(AT))
    with pytest.raises(RangeError, match="satellite 7: must be between 0 and 0 in this fleet"):
        elements.take([7])
    with pytest.raises(RangeError, match="t_s = inf"):
        propagate(build_fleet(elements, AT, earth_orientation(AT)), float("inf"))


def test_a_position_beyond_any_orbit_is_none():
    """Strong drag carried back for years makes SGP4 put a satellite light years away without a word."""
    satrec = Satrec()
    satrec.sgp4init(WGS72, "i", 5, 27_842.5, 0.09, 0.0, 0.0, 2e-4, 0.0, 0.9, 0.0, 15.6 * np.pi / 720, 0.0)
    years_before = AT - timedelta(days=1_260)
    code, r_km, _ = satrec.sgp4(2_459_862.5, 0.0)
    assert code == 0
    assert max(abs(x) for x in r_km) > 1e7
    elements = with_satrec(elements_of_shells([Shell("", 550, 53, 1, 2)], years_before), satrec)
    found = propagate(build_fleet(elements, years_before, earth_orientation(years_before)), 0.0)
    assert found.is_valid.tolist() == [True, True, False]
    assert np.isnan(found.r_ecef_m[2]).all()
    assert found.error[2] == 7
