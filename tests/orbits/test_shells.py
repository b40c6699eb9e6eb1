from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.orbits.frames import EarthOrientation
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells

AT = datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)


def mean_altitude_km(shell: Shell) -> np.ndarray:
    """Time mean of |r| less the equatorial radius, by brute force over fifteen orbits."""
    elements = elements_of_shells([shell], AT)
    fleet = build_fleet(elements, AT, EarthOrientation(0.0, 0.0, 0.0))
    period_s = 2.0 * math.pi / elements.satrecs[0].no_kozai * 60.0
    times = np.linspace(0.0, 15.0 * period_s, 360, endpoint=False)
    distance_m = [np.linalg.norm(propagate(fleet, t).r_ecef_m, axis=1) for t in times]
    return np.mean(distance_m, axis=0) / 1e3 - 6_378.137


@pytest.mark.parametrize("inclination_deg", [30.0, 53.0, 90.0])
def test_the_distance_swings_as_the_page_says(inclination_deg):
    """7.5 km x sin i once an orbit (J3: e = J3 R sin i / (2 J2 a)), 1.6 km x sin^2 i twice (J2 R^2 sin^2 i / (4 a))."""
    elements = elements_of_shells([Shell("", 550.0, inclination_deg, 1, 1)], AT)
    fleet = build_fleet(elements, AT, EarthOrientation(0.0, 0.0, 0.0))
    times = np.arange(360) / 360.0 * 2.0 * math.pi / elements.satrecs[0].no_kozai * 60.0
    distance_km = [np.linalg.norm(propagate(fleet, t).r_ecef_m) / 1e3 for t in times]
    once, twice = 2.0 * np.abs(np.fft.rfft(distance_km))[1:3] / len(times)
    sine, a_km = math.sin(math.radians(inclination_deg)), 6_928.137
    assert once == pytest.approx(2.53881e-6 / (2.0 * 1.082616e-3) * 6_378.135 * sine, abs=0.03)
    assert twice == pytest.approx(1.082616e-3 * 6_378.135**2 / (4.0 * a_km) * sine**2, abs=0.03)
    assert (once / sine, twice / sine**2) == (pytest.approx(7.5, abs=0.05), pytest.approx(1.6, abs=0.05))


@pytest.mark.parametrize("inclination_deg", [0.0, 28.5, 53.0, 63.4, 87.9, 97.6, 148.0, 180.0])
@pytest.mark.parametrize("altitude_km", [340.0, 550.0, 1_200.0, 5_800.0])
def test_the_orbit_has_the_filed_altitude_to_twenty_metres(altitude_km, inclination_deg):
    twenty_metres_km = 0.02
    found = mean_altitude_km(Shell("", altitude_km, inclination_deg, 1, 4))
    assert np.abs(found - altitude_km).max() < twenty_metres_km


@pytest.mark.parametrize("inclination_deg", [0.0, 53.0, 97.6])
@pytest.mark.parametrize("altitude_km", [8_000.0, 20_180.0, 35_786.0])
def test_sun_and_moon_move_deep_space_orbits_by_less_than_two_kilometres(altitude_km, inclination_deg):
    two_kilometres = 2.0
    found = mean_altitude_km(Shell("", altitude_km, inclination_deg, 1, 4))
    assert np.abs(found - altitude_km).max() < two_kilometres


def test_nodes_and_anomalies_follow_walkers_pattern():
    e = elements_of_shells([Shell("", 550, 53.0, planes=4, sats_per_plane=3, phasing=2, raan_deg=10)], AT)
    assert e.plane.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert e.slot.tolist() == [0, 1, 2] * 4
    raan = np.degrees([s.nodeo for s in e.satrecs])
    anomaly = np.degrees([s.mo for s in e.satrecs])
    np.testing.assert_allclose(raan, 10 + 90 * e.plane, atol=1e-9)
    np.testing.assert_allclose(anomaly, (120 * e.slot + 60 * e.plane) % 360, atol=1e-9)


def test_phasing_counts_modulo_the_planes():
    first = elements_of_shells([Shell("", 560, 97.6, 4, 43, phasing=17)], AT)
    second = elements_of_shells([Shell("", 560, 97.6, 4, 43, phasing=1)], AT)
    assert [s.mo for s in first.satrecs] == [s.mo for s in second.satrecs]


def test_a_walker_star_spreads_its_nodes_over_half_a_turn():
    e = elements_of_shells([Shell("", 780, 86.4, 6, 11, node_spread_deg=180)], AT)
    np.testing.assert_allclose(np.degrees([e.satrecs[11 * p].nodeo for p in range(6)]), 30.0 * np.arange(6))


def test_oneweb_as_flown_has_its_seam_and_its_altitude_steps():
    shell = Shell("OneWeb", 1_175, 87.9, 12, 49, node_step_deg=15.225, altitude_step_km=4)
    e = elements_of_shells([shell], AT)
    nodes = np.degrees([e.satrecs[49 * p].nodeo for p in range(12)])
    assert np.diff(nodes) == pytest.approx(15.225)
    assert 180 - (nodes[-1] - nodes[0]) == pytest.approx(12.525)
    altitude = mean_altitude_km(Shell("", 1_175, 87.9, 12, 1, node_step_deg=15.225, altitude_step_km=4))
    # The mean is taken over whole orbits of plane 0, hence a little more room for the others.
    np.testing.assert_allclose(altitude, 1_175 + 4 * np.arange(12), atol=0.1)


def test_names_are_readable_and_unique_even_for_two_shells_of_one_kind():
    shells = [Shell("", 550, 53.0, 4, 18), Shell("", 560, 97.6, 6, 58), Shell("", 560, 97.6, 4, 43)]
    e = elements_of_shells(shells, AT)
    assert e.name[3 * 18 + 17] == "550 km/53.0 p03 s17"
    assert e.name[-1] == "560 km/97.6 #2 p03 s42"
    assert len(set(e.name)) == len(e) == 4 * 18 + 6 * 58 + 4 * 43
    assert np.bincount(e.shell).tolist() == [72, 348, 172]
    assert (e.norad_id == -1).all()


def test_the_epoch_is_the_one_asked_for():
    e = elements_of_shells([Shell("", 550, 53, 2, 2)], AT)
    assert np.abs(e.epoch_s - AT.timestamp()).max() < 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"altitude_km": 550_000.0}, r"shells\[0\].altitude_km = 550000: must be between 160 and 45000 km"),
        ({"altitude_km": float("nan")}, r"shells\[0\].altitude_km = nan: must be between"),
        ({"inclination_deg": 181.0}, r"inclination_deg = 181: must be between 0 and 180 deg"),
        ({"planes": 0}, r"shells\[0\].planes = 0: must be a whole number from 1"),
        ({"sats_per_plane": -3}, r"sats_per_plane = -3: must be a whole number from 1"),
        ({"planes": 2.5}, r"planes = 2.5: must be a whole number"),
        ({"phasing": 0.5}, r"phasing = 0.5: must be a whole number"),
        ({"node_spread_deg": 400.0}, r"node_spread_deg = 400: must be between"),
        ({"raan_deg": 500.0}, r"raan_deg = 500: must be between -360 and 360 deg"),
        ({"node_step_deg": 500.0}, r"node_step_deg = 500: must be between -360 and 360 deg"),
        (
            {"altitude_step_km": -400.0},
            r"altitude of the last plane of shells\[0\] .* = -250: must be between",
        ),
        ({"planes": 2_000, "sats_per_plane": 2_000}, "4,000,000 satellites: must be at most 1,000,000"),
    ],
)
def test_shells_that_cannot_be_flown_are_refused(change, message):
    good = {"name": "", "altitude_km": 550.0, "inclination_deg": 53.0, "planes": 3, "sats_per_plane": 2}
    with pytest.raises(RangeError, match=message):
        elements_of_shells([Shell(**(good | change))], AT)


def test_no_shell_at_all_is_refused():
    with pytest.raises(RangeError, match="shells is empty: must be at least 1 shell"):
        elements_of_shells([], AT)


def test_half_step_shifts_odd_planes_by_half_a_slot():
    """As Hypatia places its satellites, angles to the four decimals of a TLE; an odd number of planes too."""
    shell = Shell(
        "", None, 98.98, planes=27, sats_per_plane=13, mean_motion_rev_day=13.66, placement="half_step"
    )
    e = elements_of_shells([shell], AT)
    raan, anomaly = (np.degrees([getattr(s, name) for s in e.satrecs]) for name in ("nodeo", "mo"))
    np.testing.assert_allclose(raan, np.round(360 / 27 * e.plane, 4), atol=1e-9)
    np.testing.assert_allclose(anomaly, np.round(360 / 13 * e.slot + 180 / 13 * (e.plane % 2), 4), atol=1e-9)
    np.testing.assert_allclose([s.no_kozai * 1440 / math.tau for s in e.satrecs], 13.66, rtol=1e-14)


def test_a_mean_motion_stands_for_the_altitude_it_gives():
    from ecumene.orbits.shells import mean_motion_rad_min

    rev_day = mean_motion_rad_min(550.0, 53.0) * 1440 / math.tau
    by_altitude = elements_of_shells([Shell("a", 550.0, 53.0, 2, 2)], AT)
    by_motion = elements_of_shells([Shell("a", None, 53.0, 2, 2, mean_motion_rev_day=rev_day)], AT)
    np.testing.assert_allclose(
        [s.no_kozai for s in by_motion.satrecs], [s.no_kozai for s in by_altitude.satrecs], rtol=1e-14
    )
    assert Shell("", None, 53.0, 2, 2, mean_motion_rev_day=15.19).label == "15.19 rev/day/53.0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"altitude_km": 550.0}, "give altitude_km or mean_motion_rev_day, one of the two"),
        ({"mean_motion_rev_day": None}, "give altitude_km or mean_motion_rev_day, one of the two"),
        ({"mean_motion_rev_day": 20.0}, "mean_motion_rev_day = 20: must be between 0.5 and 17 rev/day"),
        ({"altitude_step_km": 4.0}, "altitude_step_km = 4: needs altitude_km"),
        ({"placement": "random"}, "placement = 'random': must be one of walker, half_step"),
        ({"placement": "half_step", "phasing": 3}, 'phasing = 3: must be 0 with placement = "half_step"'),
    ],
)
def test_contradictions_of_a_shell_are_refused(changes, message):
    keys = {"altitude_km": None, "mean_motion_rev_day": 15.0, **changes}
    with pytest.raises(RangeError, match=message):
        elements_of_shells([Shell(name="", inclination_deg=53.0, planes=4, sats_per_plane=3, **keys)], AT)
