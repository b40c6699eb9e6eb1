"""What must hold for every path traffic takes, whatever the network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import small_network

from ecumene.network.detours import most_that_can_arrive_bps
from ecumene.network.sharing import FEED, GATEWAY, ISL, POP, SATELLITE, kind_and_index

C_M_S = 299_792_458.0
seeds = st.integers(0, 2**32 - 1)
slow_enough = settings(deadline=None, max_examples=80)


@slow_enough
@given(seeds, st.integers(1, 5), st.integers(1, 9), st.booleans())
def test_conservation_and_capacity_hold_to_the_bit(seed, n_classes, steps, has_ceiling):
    net = small_network(seed, n_classes=n_classes, satellite_bps=9_000.0 if has_ceiling else np.inf)
    streams = net.carry(steps=steps)
    shares, paths = streams.shares, streams.paths
    on_paths = np.bincount(streams.flow_of_path, streams.path_bps, len(net.offered_bps))
    assert (on_paths == shares.carried_bps).all()
    assert (shares.carried_bps <= net.offered_bps).all()
    load = np.zeros(len(paths.capacity_bps))
    for p, bps in enumerate(streams.path_bps):
        np.add.at(load, paths.resource[paths.first[p] : paths.first[p + 1]], bps)
    assert (load == shares.load_bps).all()
    assert (load <= paths.capacity_bps).all()
    assert (streams.path_bps > 0).all()


@slow_enough
@given(seeds, st.integers(1, 5))
def test_every_path_is_whole_permitted_and_as_long_as_it_says(seed, n_classes):
    net = small_network(seed, n_classes=n_classes)
    streams = net.carry()
    paths = streams.paths
    for p, f in enumerate(streams.flow_of_path):
        k, s = net.class_of_flow[f], net.sat_of_flow[f]
        resource = paths.resource[paths.first[p] : paths.first[p + 1]]
        kind, index = kind_and_index(paths, resource)
        assert kind[0] == SATELLITE
        assert index[0] == s
        assert kind[-3:].tolist() == [FEED, GATEWAY, POP]
        assert (kind[1:-3] == ISL).all()
        delay_s, space_m, met = 0.0, 0.0, {s}
        for r, i in zip(resource[1:-3] - paths.start_of_kind[ISL], index[1:-3], strict=True):
            assert net.is_up[i]
            here, there = net.links[i] if r % 2 == 0 else net.links[i][::-1]
            assert here == s
            s = there
            assert s not in met
            met.add(s)
            space_m += net.length_m[i]
        feed, gateway, pop = index[-3:]
        assert net.feeders.sat_of_feed[feed] == s
        assert net.feeders.gateway_of_feed[feed] == gateway
        assert net.is_gateway_permitted[k, gateway]
        assert net.is_pop_permitted[k, pop]
        space_m += net.feeders.slant_m[feed]
        delay_s = space_m / C_M_S + net.fibre_s[gateway, pop]
        assert streams.delay_s[p] == pytest.approx(delay_s, rel=1e-12)
        assert streams.space_m[p] == pytest.approx(space_m, rel=1e-12)
        assert delay_s >= net.routes.delay_s[k, net.sat_of_flow[f]] * (1 - 1e-12)


@slow_enough
@given(seeds, st.integers(1, 4))
def test_what_holds_a_flow_back_is_full_and_on_its_quickest_path(seed, n_classes):
    net = small_network(seed, n_classes=n_classes)
    streams = net.carry()
    shares, paths = streams.shares, streams.paths
    short = shares.carried_bps < net.offered_bps
    assert (shares.bottleneck[~short] == -1).all()
    held = shares.bottleneck[short]
    assert (held >= 0).all()
    if n_classes == 1:
        assert (shares.load_bps[held] == paths.capacity_bps[held]).all()


@slow_enough
@given(seeds)
def test_where_all_fits_everybody_takes_the_quickest_path(seed):
    net = small_network(seed, n_classes=3)
    net.offered_bps[:] = 1.0
    net.isl_bps[:] = 1e6
    streams = net.carry()
    assert (streams.shares.carried_bps == 1.0).all()
    assert (np.sort(streams.flow_of_path) == np.arange(len(net.offered_bps))).all()
    np.testing.assert_allclose(
        streams.mean_of_flows(streams.delay_s),
        net.routes.delay_s[net.class_of_flow, net.sat_of_flow],
        rtol=1e-12,
    )


@slow_enough
@given(seeds)
def test_more_permission_never_carries_less_than_the_bound_allows(seed):
    net = small_network(seed, n_classes=3)
    carried = net.carry().shares.carried_bps.sum()
    most = most_that_can_arrive_bps(net.offered_bps, net.sat_of_flow, **net.rules(), **net.capacities())
    assert carried <= most


@slow_enough
@given(seeds)
def test_the_same_network_gives_the_same_bits(seed):
    net = small_network(seed, n_classes=3)
    one, two = net.carry(), net.carry()
    assert (one.path_bps == two.path_bps).all()
    assert (one.paths.resource == two.paths.resource).all()
