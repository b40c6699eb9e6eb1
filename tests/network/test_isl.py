"""The +Grid against geometry worked out here, and the height of a link against a fine search along it."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.isl import NO_LINKS, IslState, acquired, grid_links, link_state, surviving_links

A_M, F = 6_378_137.0, 1.0 / 298.257223563


def walker_m(altitude_km, inclination_deg, planes, sats_per_plane, phasing, node_spread_deg=360.0):
    """Return circular positions of a Walker shell, plane by plane."""
    plane, slot = np.divmod(np.arange(planes * sats_per_plane), sats_per_plane)
    node = np.radians(node_spread_deg) * plane / planes
    u = 2.0 * np.pi * (slot / sats_per_plane + (phasing % planes) * plane / (planes * sats_per_plane))
    tilt = np.radians(inclination_deg)
    x, y, z = np.cos(u), np.sin(u) * np.cos(tilt), np.sin(u) * np.sin(tilt)
    r = np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z], axis=1)
    return (A_M + 1e3 * altitude_km) * r


def links_of(planes, sats_per_plane, phasing, is_closed=True, first=0):
    shell = (planes, sats_per_plane, phasing, is_closed, first)
    return grid_links(*(np.array([value]) for value in shell))


def test_a_shell_worked_by_hand():
    # 3 planes x 4 slots, F = 1: plane 0 is 0..3, plane 1 is 4..7, plane 2 is 8..11.
    links = {tuple(pair) for pair in links_of(3, 4, 1).tolist()}
    in_plane = {
        (0, 1),
        (1, 2),
        (2, 3),
        (0, 3),
        (4, 5),
        (5, 6),
        (6, 7),
        (4, 7),
        (8, 9),
        (9, 10),
        (10, 11),
        (8, 11),
    }
    across = {(0, 4), (1, 5), (2, 6), (3, 7), (4, 8), (5, 9), (6, 10), (7, 11)}
    wrap = {(1, 8), (2, 9), (3, 10), (0, 11)}  # slot s of plane 2 meets slot s + 1 of plane 0
    assert links == in_plane | across | wrap


@pytest.mark.parametrize(
    ("shell", "n_links"),
    [
        ((72, 22, 17), 2 * 72 * 22),
        ((36, 20, 17), 2 * 36 * 20),
        ((1, 5, 0), 5),  # a ring
        ((1, 2, 0), 1),  # two satellites, one link
        ((1, 1, 0), 0),
        ((2, 1, 1), 1),
        ((2, 4, 0), 12),  # both ways round meet the same satellite: four links across, not eight
        ((2, 4, 1), 16),
        ((3, 1, 0), 3),
    ],
)
def test_counts(shell, n_links):
    assert len(links_of(*shell)) == n_links


def test_a_star_has_a_seam():
    closed, star = links_of(6, 8, 2), links_of(6, 8, 2, is_closed=False)
    assert len(closed) - len(star) == 8
    assert np.abs(np.diff(star // 8, axis=1)).max() == 1


@pytest.mark.parametrize(
    "shell", [(550.0, 53.0, 72, 22, 17), (570.0, 70.0, 36, 20, 11), (630.0, 51.9, 34, 34, 50)]
)
def test_the_wrap_is_as_short_as_any_other_link_across(shell):
    planes, sats_per_plane, phasing = shell[2:]
    links = links_of(planes, sats_per_plane, phasing)
    length_m = link_state(walker_m(*shell), links).length_m
    step = np.diff(links // sats_per_plane, axis=1)[:, 0]
    across, wrap = length_m[step == 1], length_m[step == planes - 1]
    assert len(wrap) == sats_per_plane
    assert wrap.max() <= across.max() * 1.001
    assert wrap.min() >= across.min() * 0.999


def test_shells_are_numbered_on_and_not_linked_to_each_other():
    links = grid_links(
        np.array([3, 4]), np.array([5, 6]), np.array([1, 0]), np.array([True, False]), np.array([0, 15])
    )
    assert ((links < 15).sum(axis=1) != 1).all()
    assert set(links.ravel().tolist()) == set(range(39))
    assert (np.sort(links, axis=1) == links).all()


def test_no_shell_no_links():
    none = np.array([], np.int32)
    assert grid_links(none, none, none, none.astype(bool), none).shape == NO_LINKS.shape == (0, 2)


def test_an_empty_shell_is_refused():
    with pytest.raises(RangeError, match="got 0 planes x 5"):
        links_of(0, 5, 0)


def height_m(r):
    """Return the geodetic height, by iteration to the end (Hofmann-Wellenhof)."""
    e2 = F * (2.0 - F)
    p, z = np.hypot(r[:, 0], r[:, 1]), r[:, 2]
    phi = np.arctan2(z, p * (1.0 - e2))
    for _ in range(30):
        N = A_M / np.sqrt(1.0 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * N * np.sin(phi), p)
    N = A_M / np.sqrt(1.0 - e2 * np.sin(phi) ** 2)
    return p * np.cos(phi) + (z + e2 * N * np.sin(phi)) * np.sin(phi) - N


@pytest.mark.parametrize("altitude_m", [340e3, 550e3, 1_200e3, 2_000e3])
def test_the_lowest_height_against_a_fine_search(altitude_m):
    one_millimetre = 1e-3
    rng = np.random.default_rng(3)
    direction = rng.normal(size=(60, 3))
    r = (A_M + altitude_m) * direction / np.linalg.norm(direction, axis=1)[:, None]
    links = np.array([(a, b) for a in range(60) for b in range(a) if r[a] @ r[b] > 0.0])
    heights_m = link_state(r, links).grazing_m
    assert (heights_m > 0.0).sum() > 30
    assert (heights_m < 0.0).sum() > 30
    for (a, b), height in zip(links[:300], heights_m, strict=False):
        lo, hi = 0.0, 1.0
        for _ in range(4):  # the height along a line has one minimum
            t = np.linspace(lo, hi, 201)
            heights = height_m(r[a] + t[:, None] * (r[b] - r[a]))
            best = int(heights.argmin())
            lo, hi = t[max(best - 1, 0)], t[min(best + 1, 200)]
        assert height == pytest.approx(heights.min(), abs=one_millimetre if height > 0.0 else 10.0)


def test_a_link_over_the_equator_by_pythagoras():
    # Two satellites 40 deg apart at 550 km: the chord passes at r cos 20 deg from the centre.
    r_m = A_M + 550e3
    angle = np.radians([0.0, 40.0])
    r = r_m * np.stack([np.cos(angle), np.sin(angle), [0.0, 0.0]], axis=1)
    link = np.array([[0, 1]])
    state = link_state(r, link)
    assert state.length_m[0] == pytest.approx(2.0 * r_m * np.sin(np.radians(20.0)), abs=1e-6)
    assert state.grazing_m[0] == pytest.approx(r_m * np.cos(np.radians(20.0)) - A_M, abs=1e-6)
    assert state.is_up[0] == (state.grazing_m[0] >= 80e3)
    assert link_state(r, link, grazing_altitude_m=state.grazing_m[0] - 1.0).is_up[0]
    assert not link_state(r, link, grazing_altitude_m=state.grazing_m[0] + 1.0).is_up[0]


def test_longest_link_at_550_km():
    # CoNEXT 2019: 5,014 km at 550 km and 5,440 km at 630 km over a sphere of 6,371 km, grazing at 80 km.
    # On the ellipsoid, at the equator, the radius is 7 km larger and the link 9 km longer or less.
    for altitude_m, length_m in ((550e3, 5_014e3), (630e3, 5_440e3)):
        longest_m = 2.0 * np.sqrt((A_M + altitude_m) ** 2 - (A_M + 80e3) ** 2)
        assert longest_m == pytest.approx(length_m, abs=10e3)
        half = np.arcsin(longest_m / 2.0 / (A_M + altitude_m)) + np.array([-1e-6, 1e-6])
        r = np.concatenate([[[np.cos(h), np.sin(h), 0.0], [np.cos(h), -np.sin(h), 0.0]] for h in half])
        state = link_state((A_M + altitude_m) * r, np.array([[0, 1], [2, 3]]))
        assert state.is_up.tolist() == [True, False]


def test_limits_and_health():
    r = walker_m(550.0, 53.0, 72, 22, 17)
    links = links_of(72, 22, 17)
    assert link_state(r, links).is_up.all()
    state = link_state(r, links, max_range_m=1_500e3)
    assert (state.is_up == (state.length_m <= 1_500e3)).all()
    is_healthy = np.arange(len(r)) != 7
    assert (link_state(r, links, is_healthy=is_healthy).is_up == (links != 7).all(axis=1)).all()


def test_a_satellite_without_position_has_no_links():
    r = walker_m(550.0, 53.0, 4, 20, 0)
    r[5] = np.nan
    links = links_of(4, 20, 0)
    state = link_state(r, links)
    touches = (links == 5).any(axis=1)
    assert not state.is_up[touches].any()
    assert np.isnan(state.length_m[touches]).all()
    assert np.isnan(state.grazing_m[touches]).all()
    assert np.isfinite(state.length_m[~touches]).all()


def test_degenerate_links_are_no_trouble():
    r = np.array([[4e6, 4e6, 4e6], [4e6, 4e6, 4e6], [-4e6, -4e6, -4e6], [0.0, 0.0, 7e6], [0.0, 0.0, -7e6]])
    state = link_state(r, np.array([[0, 1], [0, 2], [3, 4]]))  # in one place; twice through the centre
    assert state.length_m[0] == 0.0
    assert state.is_up.tolist() == [True, False, False]


def test_polar_cutoff_spares_links_in_the_plane():
    r = walker_m(1_200.0, 87.9, 12, 49, 0, node_spread_deg=180.0)
    links = links_of(12, 49, 0, is_closed=False)
    plane = np.arange(12 * 49) // 49
    free = link_state(r, links)
    cut = link_state(r, links, plane_of_sat=plane, polar_cutoff_deg=70.0)
    is_across = plane[links[:, 0]] != plane[links[:, 1]]
    latitude = np.degrees(np.arcsin(r[:, 2] / np.linalg.norm(r, axis=1)))
    is_polar = (np.abs(latitude) > 70.0)[links].any(axis=1)
    assert (cut.is_up == (free.is_up & ~(is_across & is_polar))).all()
    assert 0 < cut.is_up.sum() < free.is_up.sum()
    with pytest.raises(RangeError, match="plane_of_sat"):
        link_state(r, links, polar_cutoff_deg=70.0)


def seen(is_up):
    """A state in which links stand or do not, and nothing else is known."""
    is_up = np.array(is_up)
    none = np.zeros(len(is_up))
    return IslState(none, none, is_up, np.where(is_up, np.inf, -1.0))


def test_a_new_link_carries_nothing_until_it_has_stood():
    slots = [[True, False], [True, True], [True, True], [False, True], [True, False], [True, True]]
    up, before = [], None
    for is_up in slots:
        before = acquired(seen(is_up), before, slot_s=15.0, acquisition_s=12.0)
        up.append(before.is_up.tolist())
    assert up == [[True, False], [True, False], [True, True], [False, True], [False, False], [True, False]]
    assert before.stood_s.tolist() == [15.0, 0.0]


@pytest.mark.parametrize(
    ("acquisition_s", "slot_s", "n_missed"),
    [(0.0, 15.0, 0), (7.5, 15.0, 0), (12.0, 15.0, 1), (12.0, 60.0, 0), (12.0, 1.0, 12), (60.0, 15.0, 4)],
)
def test_slots_missed(acquisition_s, slot_s, n_missed):
    state = acquired(seen([False]), None, slot_s=slot_s, acquisition_s=acquisition_s)
    missed = 0
    while True:
        state = acquired(seen([True]), state, slot_s=slot_s, acquisition_s=acquisition_s)
        if state.is_up[0]:
            break
        missed += 1
    assert missed == n_missed


def test_the_first_slot_finds_all_links_up():
    assert acquired(seen([True, False]), None, slot_s=15.0, acquisition_s=600.0).is_up.tolist() == [
        True,
        False,
    ]


def test_acquisition_refuses_what_cannot_be():
    with pytest.raises(RangeError, match="acquisition_s = -1: must be 0 or more"):
        acquired(seen([True]), None, slot_s=15.0, acquisition_s=-1.0)
    with pytest.raises(RangeError, match="1 links, but 2 in the slot before"):
        acquired(seen([True]), seen([True, True]), slot_s=15.0)


def test_links_of_lost_satellites_and_lost_links_are_gone():
    links = np.array([[0, 1], [1, 2], [2, 3], [0, 3]], np.int32)
    assert surviving_links(links).tolist() == links.tolist()
    is_lost = np.array([False, True, False, False])
    assert surviving_links(links, is_sat_lost=is_lost).tolist() == [[2, 3], [0, 3]]
    assert surviving_links(links, is_sat_lost=is_lost, is_link_lost=is_lost[::-1]).tolist() == [[0, 3]]
    assert surviving_links(NO_LINKS, is_sat_lost=is_lost).shape == (0, 2)
    with pytest.raises(RangeError, match="names satellite 3 of 2"):
        surviving_links(links, is_sat_lost=is_lost[:2])
    with pytest.raises(RangeError, match="4 links, but is_link_lost has 3"):
        surviving_links(links, is_link_lost=is_lost[:3])
