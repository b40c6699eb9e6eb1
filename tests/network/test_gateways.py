"""Antennas: small cases by hand, and the count against scipy's matching."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from ecumene.errors import RangeError
from ecumene.network.gateways import Feeders, InView, assign_antennas, clear_only, demand_around


def pairs(feeders):
    return list(zip(feeders.gateway_of_feed.tolist(), feeders.sat_of_feed.tolist(), strict=True))


def listed(is_clear, slant_m):
    """Return tables (gateway, sat) as a list of pairs."""
    gateway, sat = np.nonzero(is_clear)
    first = np.searchsorted(gateway, np.arange(len(is_clear) + 1))
    return InView(first, sat.astype(np.int32), slant_m[gateway, sat])


def assign(is_clear, antennas, worth=None, slant_m=None, persists=None, **options):
    is_clear = np.array(is_clear, bool)
    worth = np.ones(is_clear.shape[1]) if worth is None else np.array(worth, float)
    slant_m = np.full(is_clear.shape, 1e6) if slant_m is None else np.array(slant_m, float)
    later = None if persists is None else listed(persists, np.ones(is_clear.shape))
    return assign_antennas(
        listed(is_clear, slant_m), np.array(antennas), worth, next_in_view=later, **options
    )


def test_one_antenna_takes_the_more_valuable_satellite():
    assert pairs(assign([[1, 1]], [1], [1.0, 2.0])) == [(0, 1)]


def test_the_nearer_gateway_is_taken():
    feeders = assign([[1], [1]], [1, 1], slant_m=[[9e5], [8e5]])
    assert pairs(feeders) == [(1, 0)]
    assert feeders.slant_m.tolist() == [8e5]


def test_a_satellite_moves_so_that_both_are_followed():
    # Satellite 0 (worth more) is nearest to gateway 0, the only one that satellite 1 sees.
    assert pairs(assign([[1, 1], [1, 0]], [1, 1], [2.0, 1.0], [[7e5, 7e5], [9e5, 9e5]])) == [(1, 0), (0, 1)]


def test_worthless_and_unseen_satellites_get_none():
    assert pairs(assign([[1, 1, 0]], [8], [0.0, 1.0, 5.0])) == [(0, 1)]


def test_the_last_assignment_is_kept():
    last = Feeders(np.array([1], np.int32), np.array([0], np.int32), np.array([9e5]))
    feeders = assign([[1], [1]], [1, 1], slant_m=[[7e5], [9e5]], last=last)
    assert pairs(feeders) == [(1, 0)]
    assert feeders.n_kept == 1
    gone = assign([[1], [0]], [1, 1], last=last)
    assert pairs(gone) == [(0, 0)]
    assert gone.n_kept == 0


def test_a_kept_satellite_is_not_dropped_for_a_more_valuable_one():
    last = Feeders(np.array([0], np.int32), np.array([0], np.int32), np.array([9e5]))
    assert pairs(assign([[1, 1]], [1], [1.0, 9.0], last=last)) == [(0, 0)]


def test_pairs_that_persist_come_first():
    persists = np.array([[False], [True]])
    assert pairs(assign([[1], [1]], [1, 1], slant_m=[[7e5], [9e5]], persists=persists)) == [(1, 0)]
    # But a satellite whose pairs all end is still followed.
    assert pairs(assign([[1], [0]], [1, 1], persists=np.zeros((2, 1), bool))) == [(0, 0)]


def test_second_feeders_never_cost_a_first_one():
    feeders = assign([[1, 1], [1, 0]], [1, 1], [9.0, 1.0], feeders_per_satellite=2)
    assert pairs(feeders) == [(1, 0), (0, 1)]
    both = assign([[1, 1], [1, 0]], [2, 1], [9.0, 1.0], feeders_per_satellite=2)
    assert pairs(both) == [(0, 0), (1, 0), (0, 1)]


def test_an_antenna_less_gateway_follows_nothing():
    assert pairs(assign([[1, 1]], [0])) == []
    assert pairs(assign(np.zeros((0, 3)), np.zeros(0, int))) == []


@pytest.mark.parametrize("seed", range(12))
def test_most_satellites_and_most_worth(seed):
    rng = np.random.default_rng(seed)
    n_gateways, n_sats = rng.integers(1, 9), rng.integers(1, 40)
    is_clear = rng.random((n_gateways, n_sats)) < rng.uniform(0.05, 0.5)
    antennas = rng.integers(0, 5, n_gateways)
    worth = rng.integers(0, 4, n_sats).astype(float)
    slant_m = rng.uniform(6e5, 1.2e6, is_clear.shape)
    feeders = assign(is_clear, antennas, worth, slant_m)
    check(feeders, is_clear, antennas, 1)
    useful = is_clear & (worth > 0)
    assert len(feeders.sat_of_feed) == most(useful, antennas)
    # The sets that can be matched are a matroid: the best worth is found by trying them one by one.
    chosen = np.zeros(n_sats, bool)
    for s in np.argsort(-worth, kind="stable"):
        chosen[s] = True
        if most(useful & chosen, antennas) < chosen.sum():
            chosen[s] = False
    assert worth[feeders.sat_of_feed].sum() == worth[chosen].sum()
    # A later slot with another sky: as many as ever, nothing that could stay is lost.
    later = is_clear & (rng.random(is_clear.shape) < 0.7)
    persists = rng.random(later.shape) < 0.5
    again = assign(later, antennas, worth, slant_m, persists, last=feeders, feeders_per_satellite=2)
    check(again, later, antennas, 2)
    assert len(set(again.sat_of_feed.tolist())) == most(later & (worth > 0), antennas)
    stays = later[feeders.gateway_of_feed, feeders.sat_of_feed]
    assert set(feeders.sat_of_feed[stays].tolist()) <= set(again.sat_of_feed.tolist())


def most(is_clear, antennas):
    """Return how many satellites can get an antenna (scipy, one row an antenna)."""
    rows = np.repeat(is_clear, antennas, axis=0)
    if not rows.size:
        return 0
    return int((maximum_bipartite_matching(csr_matrix(rows), perm_type="column") >= 0).sum())


def check(feeders, is_clear, antennas, feeders_per_satellite):
    assert is_clear[feeders.gateway_of_feed, feeders.sat_of_feed].all()
    assert (np.bincount(feeders.gateway_of_feed, minlength=len(antennas)) <= antennas).all()
    assert len(set(pairs(feeders))) == len(pairs(feeders))
    if len(feeders.sat_of_feed):
        assert np.bincount(feeders.sat_of_feed).max() <= feeders_per_satellite


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"antennas": [-1]}, "0 or more, got -1"),
        ({"worth": [np.nan, 1.0]}, "not NaN"),
        ({"slant_m": [[np.nan, 1.0]]}, "finite for every pair"),
        ({"feeders_per_satellite": -1}, "feeders_per_satellite must be 0 or more"),
        ({"worth": [1.0]}, "satellite 1 of 1"),
        ({"antennas": [1, 1]}, "2 gateways, but pairs of 1"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(RangeError, match=words):
        assign(**({"is_clear": [[1, 1]], "antennas": [1]} | change))


def test_only_clear_pairs_are_worked_with():
    first, sat = np.array([0, 2, 2, 3]), np.array([4, 7, 4], np.int32)
    in_view = clear_only(first, sat, np.array([False, True, True]), np.array([1.0, 2.0, 3.0]))
    assert in_view.first_of_gateway.tolist() == [0, 1, 1, 2]
    assert in_view.sat.tolist() == [7, 4]
    assert in_view.slant_m.tolist() == [2.0, 3.0]


def test_the_demand_of_a_bin_is_spread_over_its_candidates():
    candidates = np.array([[0, 2, -1], [2, -1, -1], [-1, -1, -1]], np.int32)
    around_bps = demand_around(
        np.array([3.0, 5.0, 7.0, 9.0]), np.array([0, 2, 3, 4]), candidates, np.array([2, 1, 0], np.int32), 4
    )
    assert around_bps.tolist() == [4.0, 0.0, 11.0, 0.0]
