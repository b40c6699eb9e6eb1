"""Neighbours against a slow twin that measures distances along the orbits and pairs in a plain loop."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ecumene.network.neighbours import nearest_links
from ecumene.orbits.recognition import MeanOrbits, recognise

RADIUS_M = 6_378_137.0 + 550e3
TURN = 2.0 * np.pi


def fleet(rng):
    """A shell with uneven planes: nodes and places scattered, some of them over another height."""
    n_planes = int(rng.integers(3, 9))
    node = np.sort(rng.choice(np.arange(0.0, 360.0, 2.0), n_planes, replace=False))
    sizes = rng.integers(3, 15, n_planes)
    plane = np.repeat(np.arange(n_planes), sizes)
    n = plane.size
    height_m = np.where(rng.random(n_planes) < 0.2, 2_500.0, 0.0)[plane]
    return MeanOrbits(
        radius_m=RADIUS_M + height_m,
        inclination_rad=np.full(n, np.radians(rng.uniform(20.0, 100.0))),
        node_rad=np.radians(node[plane]),
        latitude_argument_rad=rng.uniform(0.0, TURN, n),
        motion_rad_s=np.sqrt(3.986e14 / (RADIUS_M + height_m) ** 3),
    )


def distances_m(orbits, a, b, n_steps=360):
    """Root mean square, longest and shortest distance of two satellites over a turn, on one sphere."""
    ways = []
    for s in (a, b):
        u = orbits.latitude_argument_rad[s] + np.linspace(0.0, TURN, n_steps, endpoint=False)
        tilt, node = orbits.inclination_rad[s], orbits.node_rad[s]
        x, y, z = np.cos(u), np.sin(u) * np.cos(tilt), np.sin(u) * np.sin(tilt)
        ways.append(np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z]))
    length_m = RADIUS_M * np.sqrt(((ways[0] - ways[1]) ** 2).sum(axis=0))
    return np.sqrt((length_m**2).mean()), length_m.max(), length_m.min()


def slow_across(orbits, found):  # noqa: C901 - the obvious loops
    """Pair columns hop by hop: a round that goes by spacing, then one by what a laser can hold."""
    sats = np.arange(len(found.shell))
    n_columns = int(found.column.max()) + 1
    gaps = []
    for p in range(int(found.plane.max()) + 1):
        u = np.sort(orbits.latitude_argument_rad[found.plane == p])
        gaps += ((np.roll(u, -1) - u) % TURN).tolist()
    spacing = np.median(gaps)
    free_ahead, free_behind, pairs = set(sats.tolist()), set(sats.tolist()), set()
    radius_m = np.median(orbits.radius_m)
    best = 2 * np.arccos((6_356_752.3 + 80e3) / (radius_m + 20e3))
    always = 2 * np.arccos((6_378_137.0 + 80e3) / radius_m)
    for is_loose, is_same, hop in itertools.product((False, True), (True, False), (1, 2, 3)):
        for c in range(n_columns):
            if hop >= n_columns:
                continue
            q = (c + hop) % n_columns
            cands = []
            for s, t in itertools.product(
                np.flatnonzero(found.column == c), np.flatnonzero(found.column == q)
            ):
                a, b = int(s), int(t)
                D = (orbits.node_rad[b] - orbits.node_rad[a]) % TURN
                drift = abs(orbits.motion_rad_s[a] - orbits.motion_rad_s[b])
                if a not in free_ahead or b not in free_behind or np.degrees(D) >= 150.0:
                    continue
                if is_same and drift > np.radians(1.0) / 86_400.0:
                    continue
                # Where along its orbit would b be nearest? Slide it and take the smallest mean distance.
                phi = _behind(orbits, a, b)
                _, longest_m, shortest_m = distances_m(orbits, a, b)
                span = 2.0 * np.arcsin(
                    np.minimum((longest_m if is_loose else shortest_m) / 2.0 / RADIUS_M, 1.0)
                )
                if span > (always if is_loose else best) or (not is_loose and abs(phi) > 0.55 * spacing):
                    continue
                cands.append((abs(phi + 0.01 * spacing), a, b))
            for _, a, b in sorted(cands):
                if a in free_ahead and b in free_behind:
                    free_ahead.remove(a)
                    free_behind.remove(b)
                    pairs.add((min(a, b), max(a, b)))
    return pairs


def _behind(orbits, a, b):
    """How far b stands from its nearest place beside a, found by a fit of the mean square distance."""
    slide = np.linspace(0.0, TURN, 5, endpoint=False)
    square = []
    for shift in slide:
        u = orbits.latitude_argument_rad.copy()
        u[b] += shift
        moved = MeanOrbits(**{**vars(orbits), "latitude_argument_rad": u})
        square.append(distances_m(moved, a, b, 8)[0] ** 2)
    # The mean square is a constant less a cosine of the shift.
    first = (np.array(square) * np.exp(1j * slide)).sum()
    nearest = (np.angle(-first)) % TURN
    return (-nearest + np.pi) % TURN - np.pi


@pytest.mark.parametrize("seed", range(8))
def test_across_as_the_slow_twin(seed):
    orbits = fleet(np.random.default_rng(seed))
    found = recognise(orbits, np.ones(len(orbits.node_rad), np.bool_))
    nearest = nearest_links(shell=found.shell, column=found.column, plane=found.plane, **vars(orbits))
    is_across = found.plane[nearest.links[:, 0]] != found.plane[nearest.links[:, 1]]
    fast = set(map(tuple, nearest.links[is_across].tolist()))
    placed = found.shell >= 0
    assert placed.all()
    assert fast == slow_across(orbits, found)
