"""What must hold for every mesh, every set of gateways, every load."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecumene.network.gateways import InView, assign_antennas
from ecumene.network.isl import grid_links, link_state
from ecumene.network.routes import find_routes
from ecumene.network.sharing import resources_of_routes, share_max_min

C = 299_792_458.0
seeds = st.integers(0, 2**32 - 1)
slow_enough = settings(deadline=None, max_examples=60)


@slow_enough
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(-3, 20), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_every_grid_is_simple_and_four_times_linked_at_most(shells):
    planes, sats_per_plane, phasing, is_closed = (np.array(column) for column in zip(*shells, strict=True))
    sizes = planes * sats_per_plane
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    links = grid_links(planes, sats_per_plane, phasing, is_closed, first)
    assert (links[:, 0] < links[:, 1]).all()
    assert len(np.unique(links, axis=0)) == len(links)
    shell = np.repeat(np.arange(len(sizes)), sizes)
    assert (shell[links[:, 0]] == shell[links[:, 1]]).all()
    degree = np.bincount(links.ravel(), minlength=sizes.sum())
    assert degree.max(initial=0) <= 4
    is_whole = (planes > 2) & (sats_per_plane > 2) & is_closed
    assert (degree[is_whole[shell]] == 4).all()


def small_world(seed):
    """Return random satellites with links, gateways on the ground, PoPs beside them, all in metres."""
    rng = np.random.default_rng(seed)
    n_sats, n_gateways, n_pops, n_classes = 40, 6, 3, 3
    r_sat = rng.normal(size=(n_sats, 3))
    r_sat *= rng.uniform(6.7e6, 7.6e6, (n_sats, 1)) / np.linalg.norm(r_sat, axis=1)[:, None]
    ground = rng.normal(size=(n_gateways + n_pops, 3))
    ground *= 6_371e3 / np.linalg.norm(ground, axis=1)[:, None]
    r_gateway, r_pop = ground[:n_gateways], ground[n_gateways:]
    links = np.array([(a, b) for a in range(n_sats) for b in range(a + 1, n_sats)], np.int32)
    links = links[rng.random(len(links)) < 0.15]
    state = link_state(r_sat, links)
    slant_m = np.linalg.norm(r_gateway[:, None] - r_sat[None], axis=2)
    g, s = np.nonzero(slant_m < 4e6)
    in_view = InView(np.searchsorted(g, np.arange(n_gateways + 1)), s.astype(np.int32), slant_m[g, s])
    feeders = assign_antennas(in_view, rng.integers(0, 4, n_gateways), rng.random(n_sats))
    angle = np.arccos(np.clip(r_gateway @ r_pop.T / 6_371e3**2, -1.0, 1.0))
    fibre_s = 6_371e3 * angle * 1.4 * 1.47 / C
    permits = rng.random((n_classes, n_gateways)) < 0.7, rng.random((n_classes, n_pops)) < 0.7
    routes = find_routes(n_sats, links, state.length_m, state.is_up, feeders, fibre_s, *permits)
    return rng, r_sat, r_gateway, r_pop, links, state, feeders, fibre_s, permits, routes


@slow_enough
@given(seeds)
def test_latency_never_beats_light(seed):
    _, r_sat, r_gateway, r_pop, *_, routes = small_world(seed)
    for k, s in np.argwhere(routes.has_path):
        to_pop_m = np.linalg.norm(r_sat[s] - r_pop[routes.pop[k, s]])
        to_gateway_m = np.linalg.norm(r_sat[s] - r_gateway[routes.gateway[k, s]])
        assert routes.delay_s[k, s] >= to_pop_m / C * (1.0 - 1e-12)
        assert routes.space_m[k, s] >= to_gateway_m * (1.0 - 1e-12)
        assert routes.delay_s[k, s] >= routes.space_m[k, s] / C * (1.0 - 1e-12)


@slow_enough
@given(seeds)
def test_law_and_cut_links_are_respected_and_more_freedom_never_delays(seed):
    _, r_sat, *_, links, state, feeders, fibre_s, permits, routes = small_world(seed)
    k, s = np.nonzero(routes.has_path)
    assert permits[0][k, routes.gateway[k, s]].all()
    assert permits[1][k, routes.pop[k, s]].all()
    used = routes.next_link[routes.next_link >= 0]
    assert state.is_up[used].all()
    free = find_routes(
        len(r_sat), links, state.length_m, state.is_up, feeders, fibre_s, np.ones_like(permits[0]),
        np.ones_like(permits[1]),
    )  # fmt: skip
    assert (free.delay_s <= routes.delay_s).all()
    pipe = find_routes(
        len(r_sat), links, state.length_m, np.zeros(len(links), bool), feeders, fibre_s, *permits
    )
    assert (routes.delay_s <= pipe.delay_s).all()
    assert not pipe.hops.max(initial=0)


@slow_enough
@given(seeds)
def test_the_order_of_satellites_does_not_matter(seed):
    rng, r_sat, *_, links, state, feeders, fibre_s, permits, routes = small_world(seed)
    new_of_old = rng.permutation(len(r_sat)).astype(np.int32)
    feeders = type(feeders)(feeders.gateway_of_feed, new_of_old[feeders.sat_of_feed], feeders.slant_m)
    again = find_routes(
        len(r_sat), new_of_old[links], state.length_m, state.is_up, feeders, fibre_s, *permits
    )
    np.testing.assert_allclose(again.delay_s[:, new_of_old], routes.delay_s, rtol=1e-12)


@slow_enough
@given(seeds)
def test_shares_conserve_traffic_and_are_max_min_fair(seed):
    rng, r_sat, r_gateway, r_pop, links, _, feeders, *_, routes = small_world(seed)
    k, s = np.nonzero(routes.has_path)
    capacity = {
        "satellite_bps": rng.uniform(0, 20e9, len(r_sat)), "isl_bps": 10e9,
        "feed_bps": rng.uniform(0, 20e9, len(feeders.sat_of_feed)),
        "gateway_bps": rng.uniform(0, 60e9, len(r_gateway)), "pop_bps": np.full(len(r_pop), np.inf),
    }  # fmt: skip
    paths = resources_of_routes(routes, links, feeders, k, s, **capacity)
    offered = rng.exponential(5e9, len(s))
    weight = rng.uniform(0.5, 2.0, len(s))
    shares = share_max_min(offered, paths.first, paths.resource, paths.capacity_bps, weight)
    assert (shares.carried_bps <= offered).all()
    assert (shares.carried_bps >= 0.0).all()
    assert (shares.load_bps <= paths.capacity_bps * (1.0 + 1e-9)).all()
    load = np.zeros(len(paths.capacity_bps))
    np.add.at(load, paths.resource, np.repeat(shares.carried_bps, np.diff(paths.first)))
    np.testing.assert_allclose(shares.load_bps, load, rtol=1e-9, atol=1e-3)
    # Whoever got less than he asked for has a full resource on his path where nobody, per weight, has more.
    level = shares.carried_bps / weight
    for f in range(len(s)):
        on_path = paths.resource[paths.first[f] : paths.first[f + 1]]
        r = shares.bottleneck[f]
        if r < 0:
            assert shares.carried_bps[f] == offered[f]
            continue
        assert r in on_path
        assert load[r] >= paths.capacity_bps[r] * (1.0 - 1e-9)
        users = np.repeat(np.arange(len(s)), np.diff(paths.first))[paths.resource == r]
        assert level[users].max() <= level[f] * (1.0 + 1e-9)
