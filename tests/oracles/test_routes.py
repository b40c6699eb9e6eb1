"""Routes against scipy's Dijkstra on random networks: same delays, and every path adds up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from ecumene.network.gateways import Feeders
from ecumene.network.isl import grid_links
from ecumene.network.routes import find_routes, path_of

C = 299_792_458.0


def network(seed, n_sats=60, n_links=110, n_gateways=7, n_pops=4, n_classes=5):
    rng = np.random.default_rng(seed)
    ends = np.unique(np.sort(rng.integers(0, n_sats, (n_links, 2)), axis=1), axis=0)
    links = ends[ends[:, 0] != ends[:, 1]].astype(np.int32)
    is_up = rng.random(len(links)) < 0.8
    length_m = np.where(is_up | (rng.random(len(links)) < 0.5), rng.uniform(3e5, 5e6, len(links)), np.nan)
    n_feeds = 12
    pairs = np.unique(
        np.stack([rng.integers(0, n_sats, n_feeds), rng.integers(0, n_gateways, n_feeds)], 1), axis=0
    )
    feeders = Feeders(
        pairs[:, 1].astype(np.int32), pairs[:, 0].astype(np.int32), rng.uniform(5e5, 2e6, len(pairs))
    )
    fibre_s = rng.uniform(0.0, 0.05, (n_gateways, n_pops))
    fibre_s[rng.random(fibre_s.shape) < 0.2] = np.inf
    is_gateway_permitted = rng.random((n_classes, n_gateways)) < 0.6
    is_pop_permitted = rng.random((n_classes, n_pops)) < 0.6
    is_gateway_permitted[0] = is_pop_permitted[0] = True
    return n_sats, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted


def slow_delay_s(k, n_sats, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted):
    """Return all delays: satellites, gateways and PoPs are nodes, a sink lies behind the PoPs."""
    n_gateways, n_pops = fibre_s.shape
    gateway, pop, sink = n_sats, n_sats + n_gateways, n_sats + n_gateways + n_pops
    edges = []  # from, to, seconds; directed, since traffic does not pass through a gateway or PoP
    for (a, b), length, up in zip(links, length_m, is_up, strict=True):
        if up:
            edges += [(a, b, length / C), (b, a, length / C)]
    for g, s, slant in zip(feeders.gateway_of_feed, feeders.sat_of_feed, feeders.slant_m, strict=True):
        if is_gateway_permitted[k, g]:
            edges.append((s, gateway + g, slant / C))
    for g, p in np.argwhere(np.isfinite(fibre_s)):
        edges.append((gateway + g, pop + p, fibre_s[g, p]))
    edges += [(pop + p, sink, 1e-12) for p in np.flatnonzero(is_pop_permitted[k])]
    start, end, seconds = map(np.array, zip(*edges, strict=True))
    graph = coo_matrix((seconds, (end, start)), shape=(sink + 1, sink + 1)).tocsr()  # against the traffic
    return dijkstra(graph, indices=sink)[:n_sats] - 1e-12


@pytest.mark.parametrize("seed", range(10))
def test_delays_and_paths(seed):
    inputs = network(seed)
    n_sats, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted = inputs
    routes = find_routes(*inputs)
    for k in range(len(is_gateway_permitted)):
        expected_s = slow_delay_s(k, *inputs)
        np.testing.assert_allclose(routes.delay_s[k], expected_s, atol=1e-14)
        for s in range(n_sats):
            path = path_of(routes, k, s)
            assert bool(path) == np.isfinite(expected_s[s]) == bool(routes.has_path[k, s])
            if not path:
                continue
            feed, gateway, pop = routes.feed[k, s], routes.gateway[k, s], routes.pop[k, s]
            assert is_gateway_permitted[k, gateway]
            assert is_pop_permitted[k, pop]
            assert (path[-1], gateway) == (feeders.sat_of_feed[feed], feeders.gateway_of_feed[feed])
            assert len(path) == routes.hops[k, s] + 1
            space_m = feeders.slant_m[feed]
            for a, b in pairwise(path):
                link = routes.next_link[k, a]
                assert is_up[link]
                assert sorted(links[link].tolist()) == sorted([a, b])
                space_m += length_m[link]
            assert routes.space_m[k, s] == pytest.approx(space_m)
            assert routes.delay_s[k, s] == pytest.approx(space_m / C + fibre_s[gateway, pop], abs=1e-14)


@pytest.mark.parametrize("max_hops", [0, 1, 3])
def test_time_to_live_drops_what_is_longer(max_hops):
    inputs = network(77)
    free, limited = find_routes(*inputs), find_routes(*inputs, max_hops)
    keeps = (free.hops >= 0) & (free.hops <= max_hops)
    assert (limited.has_path == keeps).all()
    for name in ("delay_s", "space_m", "gateway", "pop", "feed", "hops", "next_sat", "next_link"):
        assert (getattr(limited, name)[keeps] == getattr(free, name)[keeps]).all()
    assert (limited.feed[~keeps] == -1).all()


def _grid(seed, n_classes):
    """Return a small +Grid whose links often have the same length, so that many ways are equally quick."""
    rng = np.random.default_rng(seed)
    links = grid_links(
        *(np.array([n], np.int32) for n in (9, 11, 2)), np.array([True]), np.array([0], np.int32)
    )
    length_m = rng.choice([1e6, 2e6, 3e6], len(links))
    pairs = np.unique(np.stack([rng.integers(0, 99, 12), rng.integers(0, 6, 12)], 1), axis=0).astype(np.int32)
    feeders = Feeders(pairs[:, 1], pairs[:, 0], rng.choice([6e5, 9e5], len(pairs)))
    fibre_s = rng.choice([0.0, 0.005, 0.01, np.inf], (6, 3))
    permits = rng.random((n_classes, 6)) < 0.7, rng.random((n_classes, 3)) < 0.7
    return 99, links, length_m, rng.random(len(links)) < 0.9, feeders, fibre_s, *permits


@pytest.mark.parametrize("max_hops", [None, 0, 3])
@pytest.mark.parametrize("make", [network, _grid])
@pytest.mark.parametrize("seed", range(8))
def test_sweeping_all_classes_is_dijkstra_to_the_bit(monkeypatch, seed, make, max_hops):
    inputs = make(seed, n_classes=9)
    swept = find_routes(*inputs, max_hops)
    monkeypatch.setattr("ecumene.network.routes.SWEPT_CLASSES", 10**6)
    one_by_one = find_routes(*inputs, max_hops)
    for name, values in vars(one_by_one).items():
        np.testing.assert_array_equal(values, getattr(swept, name), err_msg=name)


def test_links_too_short_to_count_are_left_to_dijkstra():
    """A link of a micrometre vanishes beside a thousand kilometres: sums would not say who came first."""
    n_sats, links, _, is_up, feeders, fibre_s, *permits = _grid(3, 5)
    inputs = n_sats, links, np.full(len(links), 1e-6), is_up, feeders, fibre_s, *permits
    routes = find_routes(*inputs)
    for k in range(5):
        np.testing.assert_allclose(routes.delay_s[k], slow_delay_s(k, *inputs), atol=1e-14)
        assert all(path_of(routes, k, s)[0] == s for s in np.flatnonzero(routes.has_path[k]))
