"""What always holds, whatever the constellation."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecumene.orbits.catalogue import statuses
from ecumene.orbits.frames import (
    EarthOrientation,
    earth_orientation,
    orientation_table,
    rotate,
    teme_to_ecef_matrix,
)
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.times import julian_date

AT = datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
STILL = EarthOrientation(0.0, 0.0, 0.0)
SHELLS = st.builds(
    Shell,
    name=st.just(""),
    altitude_km=st.floats(300.0, 1_400.0),
    inclination_deg=st.floats(0.0, 180.0),
    planes=st.integers(1, 7),
    sats_per_plane=st.integers(1, 9),
    phasing=st.integers(-20, 20),
    node_spread_deg=st.sampled_from([180.0, 360.0]),
    raan_deg=st.floats(-360.0, 360.0),
)
TIMES = st.floats(-1e6, 1e6)


@settings(max_examples=25, deadline=None)
@given(SHELLS, TIMES, st.randoms(use_true_random=False))
def test_the_order_of_satellites_does_not_matter(shell, t_s, random):
    elements = elements_of_shells([shell], AT)
    order = list(range(len(elements)))
    random.shuffle(order)
    straight = propagate(build_fleet(elements, AT, STILL), t_s).r_ecef_m
    shuffled = propagate(build_fleet(elements.take(order), AT, STILL), t_s).r_ecef_m
    assert (straight[order] == shuffled).all()
    assert (statuses(elements, AT, 7)[order] == statuses(elements.take(order), AT, 7)).all()


@settings(max_examples=25, deadline=None)
@given(SHELLS, TIMES)
def test_every_satellite_stays_within_ten_kilometres_of_its_altitude(shell, t_s):
    ten_kilometres_m = 10e3
    distance_m = np.linalg.norm(
        propagate(build_fleet(elements_of_shells([shell], AT), AT, STILL), t_s).r_ecef_m, axis=1
    )
    assert np.abs(distance_m - 6_378_137.0 - shell.altitude_km * 1e3).max() < ten_kilometres_m


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 8), st.integers(2, 8), st.integers(0, 7), st.floats(0.0, 180.0))
def test_a_walker_delta_pattern_turned_by_one_plane_is_itself(planes, sats, phasing, inclination_deg):
    """Each plane is the one before, turned by 360 / P and with satellites F / (P S) of a turn ahead."""
    satrecs = elements_of_shells([Shell("", 550, inclination_deg, planes, sats, phasing)], AT).satrecs
    node = np.rint(np.array([s.nodeo for s in satrecs]) / (math.tau / planes)).astype(int) % planes
    total = planes * sats
    anomaly = np.rint(np.array([s.mo for s in satrecs]) / (math.tau / total)).astype(int) % total
    assert np.abs(np.array([s.mo for s in satrecs]) * total / math.tau - anomaly).max() < 1e-9
    # Around all planes the lead adds up to F of a slot step P: whole slots, so the pattern closes.
    turned = {((n + 1) % planes, (m + phasing % planes) % total) for n, m in zip(node, anomaly, strict=True)}
    assert turned == set(zip(node.tolist(), anomaly.tolist(), strict=True))


@settings(max_examples=25, deadline=None)
@given(SHELLS)
def test_satellites_of_a_plane_are_evenly_spaced(shell):
    e = elements_of_shells([shell], AT)
    r_m = propagate(build_fleet(e, AT, STILL), 0.0).r_ecef_m[: shell.sats_per_plane]
    unit = r_m / np.linalg.norm(r_m, axis=1)[:, None]
    angle = np.degrees(np.arccos(np.clip((unit * np.roll(unit, 1, axis=0)).sum(axis=1), -1, 1)))
    expected = 360.0 / shell.sats_per_plane if shell.sats_per_plane > 1 else 0.0
    a_frozen_orbits_swing_deg = 0.4
    assert np.abs(angle - min(expected, 360.0 - expected)).max() < a_frozen_orbits_swing_deg


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1960, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_turning_to_the_earth_keeps_lengths_and_notes_dates_outside(at):
    orientation = earth_orientation(at)
    r_m = np.array([[7e6, -1e6, 3e6], [0.0, 0.0, 6.6e6]])
    turned = rotate(teme_to_ecef_matrix(*julian_date(at), orientation), r_m)
    assert np.abs(np.linalg.norm(turned, axis=1) - np.linalg.norm(r_m, axis=1)).max() < 1e-6
    table = orientation_table()
    mjd = (at - datetime(1858, 11, 17, tzinfo=UTC)) / timedelta(days=1)
    assert bool(orientation.notes) == (not table.mjd[0] <= mjd <= table.mjd[-1])
