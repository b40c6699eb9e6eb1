"""Links between shells: against a slow twin, and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.crossings import carried_on, crossing_links, has_spare_laser
from ecumene.network.isl import NO_LINKS, IslState, link_state

R_M = 6_378_137.0 + 550e3


def sky(rng, n=300):
    """Satellites of three shells anywhere, moving 100 km a slot in any direction; some are lost."""
    way = rng.normal(size=(n, 3))
    r = R_M * way / np.linalg.norm(way, axis=1)[:, None]
    following = r + rng.normal(size=(n, 3)) * 60e3
    r[::50] = np.nan
    return r, following, rng.integers(-1, 3, n).astype(np.int32), rng.random(n) < 0.7


def slow(r, following, shell, is_spare, slot_s, furthest_m):
    cands = []
    for a, b in itertools.combinations(np.flatnonzero(is_spare & np.isfinite(r).all(axis=1)).tolist(), 2):
        d = r[b] - r[a]
        length_m = np.linalg.norm(d)
        if length_m > furthest_m or (shell[a] == shell[b] and shell[a] >= 0):
            continue
        pair = np.array([[a, b]])
        if all(link_state(at, pair, max_range_m=furthest_m).is_up[0] for at in (r, following)):
            v = (following[b] - following[a] - d) / slot_s
            cands.append((np.hypot(length_m, 300.0 * np.linalg.norm(v)), a, b))
    taken, links = set(), []
    for _, a, b in sorted(cands):
        if not {a, b} & taken:
            taken |= {a, b}
            links.append([a, b])
    return links


@pytest.mark.parametrize("seed", range(4))
def test_as_the_slow_twin(seed):
    r, following, shell, is_spare = sky(np.random.default_rng(seed))
    found = crossing_links(r, following, 15.0, shell, is_spare)
    found_short = crossing_links(r, following, 15.0, shell, is_spare, max_range_m=2_400e3)
    assert found_short.tolist() == slow(r, following, shell, is_spare, 15.0, 2_400e3)
    assert len(found) > 50
    short = crossing_links(r, following, 15.0, shell, is_spare, max_range_m=1_000e3)
    assert short.tolist() == slow(r, following, shell, is_spare, 15.0, 1_000e3)


def test_links_are_kept_while_they_stand():
    r, following, shell, is_spare = sky(np.random.default_rng(9))
    first = crossing_links(r, following, 15.0, shell, is_spare)
    after = following + (following - np.nan_to_num(r))
    after[0] = np.nan
    then = crossing_links(following, after, 15.0, shell, is_spare, first)
    stands = link_state(following, first).is_up
    assert then[: stands.sum()].tolist() == first[stands].tolist()
    assert np.bincount(then.ravel()).max() == 1
    lost = is_spare & (np.arange(len(is_spare)) != first[0, 0])
    assert first[0].tolist() not in crossing_links(following, after, 15.0, shell, lost, first).tolist()


def test_spare_lasers():
    links = np.array([[0, 1], [0, 2], [0, 3], [0, 4]])
    assert has_spare_laser(links, np.array([True, True, False, True, True, True])).tolist() == [
        False, True, False, True, True, True,
    ]  # fmt: skip
    assert has_spare_laser(NO_LINKS, np.ones(2, np.bool_)).all()


def test_a_link_keeps_its_age_wherever_it_stands_in_the_list():
    before = IslState(
        np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([True, False]), np.array([30.0, 0.0])
    )
    now = carried_on(np.array([[5, 6], [2, 3], [0, 1]]), np.array([[0, 1], [2, 3]]), before)
    assert now.stood_s.tolist() == [-1.0, 0.0, 30.0]
    assert now.is_up.tolist() == [False, False, True]
    assert now.length_m[1:].tolist() == [2.0, 1.0]
    none = IslState(np.zeros(0), np.zeros(0), np.zeros(0, np.bool_), np.zeros(0))
    assert carried_on(np.array([[5, 6]]), NO_LINKS, none).stood_s.tolist() == [-1.0]


def test_what_does_not_belong_together_is_refused():
    r, following, shell, is_spare = sky(np.random.default_rng(9))
    with pytest.raises(RangeError, match="300 positions, 299 shells"):
        crossing_links(r, following, 15.0, shell[1:], is_spare)
    with pytest.raises(RangeError, match="slot_s = 0: must be above 0"):
        crossing_links(r, following, 0.0, shell, is_spare)
