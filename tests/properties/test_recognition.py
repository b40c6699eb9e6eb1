"""Recognition and neighbours on random Walker shells with noise and missing satellites."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecumene.network.isl import grid_links
from ecumene.network.neighbours import nearest_links
from ecumene.orbits.recognition import MeanOrbits, recognise

TURN = 2.0 * np.pi


@st.composite
def fleets(draw):
    """One or two Walker shells of one inclination, as mean orbits; filed plane and slot; who is missing."""
    inclination_deg = draw(st.floats(20.0, 100.0))
    height_km = draw(st.floats(350.0, 1_500.0))
    parts, filed = [], []
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    for number in range(draw(st.integers(1, 2))):
        planes, slots = draw(st.integers(3, 60)), draw(st.integers(8, 40))
        phasing = draw(st.integers(0, planes - 1))
        plane, slot = np.divmod(np.arange(planes * slots), slots)
        raan = draw(st.floats(0.0, TURN))
        radius_m = 6_378_135.0 + 1e3 * (height_km + 15.0 * number)
        parts.append(
            MeanOrbits(
                radius_m=radius_m + rng.uniform(-100.0, 100.0, plane.size),
                inclination_rad=np.radians(inclination_deg + rng.uniform(-0.02, 0.02, plane.size)),
                node_rad=(raan + TURN * plane / planes + np.radians(rng.uniform(-0.05, 0.05, plane.size)))
                % TURN,
                latitude_argument_rad=TURN * (slot / slots + phasing * plane / (planes * slots)),
                motion_rad_s=np.sqrt(3.986008e14 / (radius_m + rng.uniform(-100.0, 100.0, plane.size)) ** 3),
            )
        )
        filed.append((planes, slots, phasing, plane, slot))
    orbits = MeanOrbits(**{k: np.concatenate([getattr(part, k) for part in parts]) for k in vars(parts[0])})
    step = np.repeat([TURN / f[1] for f in filed], [f[3].size for f in filed])
    u = (orbits.latitude_argument_rad + step * rng.uniform(-0.05, 0.05, step.size)) % TURN
    orbits = MeanOrbits(**{**vars(orbits), "latitude_argument_rad": u})
    is_there = rng.random(u.size) >= draw(st.sampled_from([0.0, 0.05, 0.2]))
    return orbits, filed, is_there, inclination_deg


def keys_of(filed):
    shell = np.repeat(np.arange(len(filed)), [f[3].size for f in filed])
    return shell, shell * 1_000 + np.concatenate([f[3] for f in filed]), np.concatenate([f[4] for f in filed])


def place(found):
    return np.where(found.shell < 0, -1, found.shell * 1_000 + found.plane)


def links_of(orbits, found, **options):
    return nearest_links(shell=found.shell, column=found.column, plane=found.plane, **vars(orbits), **options)


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_shells_planes_and_slots_come_back(fleet):
    orbits, filed, is_there, _ = fleet
    shell, plane, slot = keys_of(filed)
    sizes = np.bincount(plane[is_there], minlength=plane.max() + 1)
    assume((sizes[np.unique(plane)] >= 3).all())
    found = recognise(orbits, is_there)
    assert ((found.reason == -1) == is_there).all()
    for mine, theirs in ((found.shell, shell), (place(found), plane)):
        pairs = set(zip(mine[is_there].tolist(), theirs[is_there].tolist(), strict=True))
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    for p in np.unique(plane):
        members = np.flatnonzero(is_there & (plane == p))
        order = slot[members[np.argsort(found.slot[members])]]
        assert (np.roll(order, -int(order.argmin())) == np.sort(order)).all()  # the same round


@settings(max_examples=40, deadline=None)
@given(fleets(), st.randoms(use_true_random=False))
def test_the_order_of_satellites_does_not_matter(fleet, random):
    orbits, _, is_there, _ = fleet
    order = np.array(random.sample(range(is_there.size), is_there.size))
    number = np.arange(is_there.size)
    one = recognise(orbits, is_there, number)
    mixed_orbits = MeanOrbits(**{k: v[order] for k, v in vars(orbits).items()})
    other = recognise(mixed_orbits, is_there[order], number[order])
    for name in ("shell", "plane", "slot", "column", "reason"):
        assert (getattr(one, name)[order] == getattr(other, name)).all(), name
    links = np.sort(order[links_of(mixed_orbits, other).links], axis=1)
    assert set(map(tuple, links.tolist())) == set(map(tuple, links_of(orbits, one).links.tolist()))


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_filed_neighbours_that_are_nearest_stay_linked(fleet):
    orbits, filed, is_there, inclination_deg = fleet
    found = recognise(orbits, is_there)
    links = links_of(orbits, found).links
    assert np.bincount(links.ravel(), minlength=4).max() <= 4
    assert (found.shell[links] >= 0).all()
    assert (found.shell[links[:, 0]] == found.shell[links[:, 1]]).all()
    have = set(map(tuple, links.tolist()))
    first = 0
    for planes, slots, phasing, plane, slot in filed:
        D, c = TURN / planes, np.cos(np.radians(inclination_deg))
        delta = np.arctan2(2 * c * np.sin(D), (1 + c * c) * np.cos(D) + 1 - c * c)
        phi = (TURN * phasing / (planes * slots) + delta + np.pi) % TURN - np.pi
        if abs(phi) <= min(0.3 * TURN / slots, np.radians(20.0)) and planes > 3:  # 20: within a laser's reach
            pairs = grid_links(*(np.array([x]) for x in (planes, slots, phasing, True, first)))
            pairs = pairs[is_there[pairs].all(axis=1) & (found.shell[pairs] >= 0).all(axis=1)]
            is_across = plane[pairs[:, 0] - first] != plane[pairs[:, 1] - first]
            assert set(map(tuple, pairs[is_across].tolist())) <= have
        first += slot.size


@settings(max_examples=40, deadline=None)
@given(fleets(), st.floats(200e3, 6_000e3), st.floats(0.0, 300e3))
def test_no_link_is_longer_than_allowed_all_the_way(fleet, max_range_m, grazing_altitude_m):
    orbits, _, is_there, _ = fleet
    found = recognise(orbits, is_there)
    links = links_of(orbits, found, max_range_m=max_range_m, grazing_altitude_m=grazing_altitude_m).links
    if len(links) == 0:
        return
    shortest_m = np.full(len(links), np.inf)
    for turned in np.linspace(0.0, np.pi, 90):  # half a turn: the pattern repeats
        r_m = []
        for end in (0, 1):
            s = links[:, end]
            u, node = orbits.latitude_argument_rad[s] + turned, orbits.node_rad[s]
            tilt = orbits.inclination_rad[s]
            x, y, z = np.cos(u), np.sin(u) * np.cos(tilt), np.sin(u) * np.sin(tilt)
            r_m.append(
                orbits.radius_m[s]
                * np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z])
            )
        shortest_m = np.minimum(shortest_m, np.sqrt(((r_m[0] - r_m[1]) ** 2).sum(axis=0)))
    assert (shortest_m <= max_range_m + 150e3).all()  # to the swing in height and the steps of this test
