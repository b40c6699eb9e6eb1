"""Neighbours by nearness: against the filed +Grid where filed neighbours are nearest, and by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.isl import grid_links, link_state
from ecumene.network.neighbours import nearest_links
from ecumene.orbits.recognition import MeanOrbits, mean_orbits, recognise
from ecumene.orbits.shells import Shell, elements_of_shells

AT = datetime(2026, 3, 24, 12, tzinfo=UTC)
A_M = 6_378_137.0


def linked(orbits, is_asked=None, **options):
    is_asked = np.ones(len(orbits.node_rad), np.bool_) if is_asked is None else is_asked
    found = recognise(orbits, is_asked)
    return nearest_links(shell=found.shell, column=found.column, plane=found.plane, **vars(orbits), **options)


def filed_links(shells):
    sizes = np.array([shell.total for shell in shells])
    return grid_links(
        np.array([shell.planes for shell in shells]),
        np.array([shell.sats_per_plane for shell in shells]),
        np.array([shell.phasing for shell in shells]),
        np.array([shell.node_spread_deg == 360.0 and shell.node_step_deg is None for shell in shells]),
        np.cumsum(sizes) - sizes,
    )


def pairs(links):
    return set(map(tuple, links.tolist()))


NEAREST = {
    "starlink 550": Shell("", 550, 53.0, 72, 22, 17),
    "starlink 540": Shell("", 540, 53.2, 72, 22, 17),
    "telesat polar": Shell("", 1_015, 98.98, 6, 13, 0, 180),
    "telesat inclined": Shell("", 1_325, 50.88, 20, 11, 0),
    "iridium": Shell("", 780, 86.4, 6, 11, 2, node_step_deg=31.6),
    "oneweb": Shell("", 1_175, 87.9, 12, 49, 3, 180, node_step_deg=15.225, altitude_step_km=4),
}
"""Shells whose phasing makes the same slot of the next plane the nearest."""

OTHERS = {
    "starlink 570": Shell("", 570, 70.0, 36, 20, 17),
    "starlink polar 6": Shell("", 560, 97.6, 6, 58, 17),
    "starlink polar 4": Shell("", 560, 97.6, 4, 43, 17),
    "kuiper 630": Shell("", 630, 51.9, 34, 34, 1),
    "kuiper 610": Shell("", 610, 42.0, 36, 36, 1),
    "kuiper 590": Shell("", 590, 33.0, 28, 28, 1),
    "retrograde": Shell("", 604, 148.0, 12, 12, 1),
}
"""Shells where another slot of the next plane is nearer."""


@pytest.mark.parametrize("name", NEAREST)
def test_filed_neighbours_that_are_nearest_are_found(name):
    """All of them, and nothing else."""
    elements = elements_of_shells([NEAREST[name]], AT)
    assert pairs(linked(mean_orbits(elements, AT)).links) == pairs(filed_links([NEAREST[name]]))


def test_shells_do_not_disturb_each_other():
    shells = [NEAREST["starlink 550"], NEAREST["starlink 540"], NEAREST["telesat polar"], NEAREST["iridium"]]
    elements = elements_of_shells(shells, AT)
    found = linked(mean_orbits(elements, AT + timedelta(days=3)))
    assert pairs(found.links) == pairs(filed_links(shells))
    assert found.n_in_plane + found.n_across == len(found.links)
    assert found.n_gaps == 0


def circles_m(orbits, sats, n_steps=48):
    """Positions (step, sat, 3) all round, by turning circles; nothing of the code under test."""
    u = orbits.latitude_argument_rad[sats] + np.linspace(0.0, 2.0 * np.pi, n_steps, endpoint=False)[:, None]
    tilt, node = orbits.inclination_rad[sats], orbits.node_rad[sats]
    x, y, z = np.cos(u), np.sin(u) * np.cos(tilt), np.sin(u) * np.sin(tilt)
    along = np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z], axis=2)
    return orbits.radius_m[sats][:, None] * along


@pytest.mark.parametrize("name", NEAREST | OTHERS)
def test_across_goes_to_the_nearest_all_the_way_round(name):
    shell = (NEAREST | OTHERS)[name]
    elements = elements_of_shells([shell], AT)
    orbits = mean_orbits(elements, AT)
    partners = pairs(linked(orbits).links)
    for plane in range(shell.planes - 1):
        here = np.flatnonzero(elements.plane == plane)
        there = np.flatnonzero(elements.plane == plane + 1)
        r_here_m, r_there_m = circles_m(orbits, here), circles_m(orbits, there)
        square = ((r_here_m[:, :, None] - r_there_m[:, None]) ** 2).sum(axis=3).mean(axis=0)
        for k, s in enumerate(here.tolist()):
            assert (s, int(there[square[k].argmin()])) in partners


@pytest.mark.parametrize("name", NEAREST | OTHERS)
def test_four_lasers_each(name):
    shell = (NEAREST | OTHERS)[name]
    links = linked(mean_orbits(elements_of_shells([shell], AT), AT)).links
    assert np.bincount(links.ravel()).max() == 4
    assert (links[:, 0] < links[:, 1]).all()
    assert len(pairs(links)) == len(links)


def test_a_star_has_a_seam():
    shell = NEAREST["oneweb"]
    elements = elements_of_shells([shell], AT)
    planes = elements.plane[linked(mean_orbits(elements, AT)).links]
    assert np.abs(np.diff(planes, axis=1)).max() == 1


def test_a_gap_wider_than_a_laser_reaches_stays_open():
    """Of 22 satellites a plane the first eight of plane 0 are gone: 147 degrees, where a laser spans 44."""
    elements = elements_of_shells([NEAREST["starlink 550"]], AT)
    is_asked = np.arange(len(elements)) >= 8
    found = linked(mean_orbits(elements, AT), is_asked)
    assert (8, 21) not in pairs(found.links)
    assert found.n_gaps == 1


def test_a_gap_a_laser_spans_is_closed_and_a_missing_partner_is_replaced():
    elements = elements_of_shells([NEAREST["starlink 550"]], AT)
    is_asked = np.arange(len(elements)) != 22 + 5
    found = pairs(linked(mean_orbits(elements, AT), is_asked).links)
    filed = pairs(filed_links([NEAREST["starlink 550"]]))
    left = {pair for pair in filed if 27 not in pair}
    assert left <= found
    assert found - left == {(26, 28), (5, 49)}  # over the gap in its plane; from plane 0 to plane 2


def test_satellites_without_lasers_are_passed_over():
    elements = elements_of_shells([NEAREST["starlink 550"]], AT)
    has_laser = np.arange(len(elements)) != 27
    orbits = mean_orbits(elements, AT)
    assert pairs(linked(orbits, has_laser=has_laser).links) == pairs(linked(orbits, has_laser).links)


def test_range_and_height_leave_out_what_never_stands():
    elements = elements_of_shells([Shell("", 550, 53.0, 72, 22, 17), Shell("", 550, 70.0, 8, 6)], AT)
    orbits = mean_orbits(elements, AT)
    far = linked(orbits)  # 60 degrees apart in plane: below the horizon
    assert far.n_gaps == 48
    shortest_m = linked(orbits, max_range_m=1_000e3)
    assert shortest_m.n_in_plane == 0
    assert shortest_m.n_across > 0
    low = linked(orbits, grazing_altitude_m=530e3)
    assert low.n_gaps == 48 + 72 * 22


def test_links_left_out_never_stand_and_others_do():
    """Along a whole orbit by SGP4, at a range that few links keep to."""
    from ecumene.orbits.frames import earth_orientation
    from ecumene.orbits.propagation import build_fleet, propagate

    elements = elements_of_shells([Shell("", 550, 53.0, 24, 22, 5)], AT)
    fleet = build_fleet(elements, AT, earth_orientation(AT))
    orbits = mean_orbits(elements, AT)
    every, kept = linked(orbits).links, pairs(linked(orbits, max_range_m=1_200e3).links)
    is_up = np.zeros(len(every), np.bool_)
    for t_s in np.arange(0.0, 5_800.0, 60.0):
        is_up |= link_state(propagate(fleet, t_s).r_ecef_m, every, max_range_m=1_200e3).is_up
    stands = {tuple(pair) for pair in every[is_up].tolist()}
    assert stands <= kept
    assert len(kept) < len(every)


def test_nobody_placed_no_links():
    orbits = mean_orbits(elements_of_shells([Shell("", 550, 53, 2, 3)], AT), AT)
    found = linked(orbits, np.zeros(6, np.bool_))
    assert found.links.shape == (0, 2)
    assert found.n_gaps == 0


def test_lengths_must_agree():
    none = np.zeros(3)
    orbits = MeanOrbits(none, none, none, none, none)
    with pytest.raises(RangeError, match="shell has 2 satellites"):
        nearest_links(shell=np.zeros(2), column=none, plane=none, **vars(orbits))
