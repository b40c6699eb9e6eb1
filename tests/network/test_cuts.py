"""The cut of satellites: by hand, and as large as the flow in every small network."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import small_network

from ecumene.network.cuts import smallest_cut
from ecumene.network.gateways import Feeders
from ecumene.network.routes import find_routes


@pytest.mark.parametrize("seed", range(60))
def test_the_cut_is_as_large_as_the_flow(seed):
    net = small_network(seed, n_classes=2)
    sats = np.unique(net.sat_of_flow)
    capacity = net.capacities() | {"satellite_bps": 8_000.0}
    for k in range(2):
        cut = smallest_cut(sats, k, routes=net.routes, **net.rules(), **capacity)
        assert cut.cut_bps.sum() == cut.most_bps


def test_by_hand():
    """Two satellites of 20, the second without a feeder, behind a laser of 5; the first has a feeder of 12."""
    links = np.array([[0, 1]], np.int32)
    rules = {
        "links": links, "length_m": np.array([1e6]), "is_up": np.ones(1, bool),
        "feeders": Feeders(np.array([0], np.int32), np.array([0], np.int32), np.array([6e5])),
        "fibre_s": np.zeros((1, 1)), "is_gateway_permitted": np.ones((1, 1), bool),
        "is_pop_permitted": np.ones((1, 1), bool),
    }  # fmt: skip
    routes = find_routes(2, *rules.values())
    capacity = {"satellite_bps": 20.0, "isl_bps": 5.0, "gateway_bps": np.array([100.0])}
    cut = smallest_cut(np.array([0, 1]), 0, routes=routes, **rules, **capacity, feed_bps=12.0)
    assert cut.most_bps == 12.0
    assert cut.n_cut.tolist() == [0, 0, 1, 0]
    cut = smallest_cut(np.array([1]), 0, routes=routes, **rules, **capacity, feed_bps=12.0)
    assert cut.most_bps == 5.0
    assert cut.cut_bps.tolist() == [0.0, 5.0, 0.0, 0.0]
