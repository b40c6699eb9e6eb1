"""Shares on networks small enough to work out on paper, and the resources of a route."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.gateways import Feeders
from ecumene.network.routes import find_routes
from ecumene.network.sharing import (
    FEED,
    GATEWAY,
    ISL,
    POP,
    RESOURCE_KINDS,
    SATELLITE,
    kind_and_index,
    load_of_kind,
    resources_of_routes,
    share_max_min,
)

GBPS = 1e9


def share(offered, paths, capacity, weight=None):
    first = np.cumsum([0, *(len(path) for path in paths)])
    resource = np.array([r for path in paths for r in path], np.int32)
    weight = None if weight is None else np.array(weight, float)
    return share_max_min(np.array(offered, float), first, resource, np.array(capacity, float), weight)


def test_the_textbook_line():
    # As in Bertsekas and Gallager: a long flow over both links, two on the first alone, one on the second.
    got = share([9, 9, 9, 9], [[0, 1], [0], [0], [1]], [1.0, 1.0])
    assert got.carried_bps == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2 / 3])
    assert got.bottleneck.tolist() == [0, 0, 0, 1]
    assert got.load_bps == pytest.approx([1.0, 1.0])


def test_who_asks_for_little_gets_it():
    got = share([1, 10, 10], [[0], [0], [0]], [11.0])
    assert got.carried_bps.tolist() == [1.0, 5.0, 5.0]
    assert got.bottleneck.tolist() == [-1, 0, 0]


def test_weights():
    got = share([100, 100], [[0], [0]], [12.0], [1, 3])
    assert got.carried_bps.tolist() == [3.0, 9.0]


def test_enough_for_all_is_not_a_bottleneck():
    got = share([3, 4], [[0], [0]], [7.0])
    assert got.carried_bps.tolist() == [3.0, 4.0]
    assert got.bottleneck.tolist() == [-1, -1]


def test_edges():
    assert share([5.0], [[0]], [0.0]).carried_bps.tolist() == [0.0]
    assert share([5.0], [[0]], [0.0]).bottleneck.tolist() == [0]
    assert share([0.0], [[0]], [0.0]).bottleneck.tolist() == [-1]
    assert share([5.0], [[]], []).carried_bps.tolist() == [5.0]
    assert share([5.0, 6.0], [[0], [0]], [np.inf]).carried_bps.tolist() == [5.0, 6.0]
    assert share([], [], [1.0]).carried_bps.tolist() == []


@pytest.mark.parametrize(
    ("offered", "paths", "capacity", "weight", "words"),
    [
        ([-1.0], [[0]], [1.0], None, "offered_bps"),
        ([np.nan], [[0]], [1.0], None, "offered_bps"),
        ([1.0], [[0]], [np.nan], None, "capacity_bps"),
        ([1.0], [[0]], [1.0], [0.0], "weight"),
        ([1.0], [[3]], [1.0], None, "resource 3 of 1"),
        ([1.0, 2.0], [[0]], [1.0], None, "2 flows do not fit 1 paths"),
    ],
)
def test_bad_input(offered, paths, capacity, weight, words):
    with pytest.raises(RangeError, match=words):
        share(offered, paths, capacity, weight)


def world():
    """Three satellites in a row; gateway 0 under satellite 0 (feed 0), gateway 1 under satellite 2 (feed 1).

    Class 0 lands anywhere, class 1 at gateway 1 alone. Fibre costs nothing, so class 0 goes down nearest by.
    """
    links = np.array([[0, 1], [1, 2]], np.int32)
    feeders = Feeders(np.array([0, 1], np.int32), np.array([0, 2], np.int32), np.array([6e5, 7e5]))
    routes = find_routes(
        3, links, np.array([1e6, 2e6]), np.ones(2, bool), feeders, np.zeros((2, 1)),
        np.array([[1, 1], [0, 1]], bool), np.ones((2, 1), bool),
    )  # fmt: skip
    return links, feeders, routes


def paths_of(class_of_flow, sat_of_flow, **change):
    links, feeders, routes = world()
    capacity = {
        "satellite_bps": 20 * GBPS, "isl_bps": 100 * GBPS, "feed_bps": np.array([20 * GBPS, 10 * GBPS]),
        "gateway_bps": np.array([160 * GBPS, 12 * GBPS]), "pop_bps": np.array([np.inf]),
    }  # fmt: skip
    return resources_of_routes(
        routes, links, feeders, np.array(class_of_flow), np.array(sat_of_flow), **(capacity | change)
    )


def test_resources_by_hand():
    paths = paths_of([0, 0, 1], [1, 2, 0])
    # Satellites 0-2, ISL 0 there and back 3-4, ISL 1 there and back 5-6, feeds 7-8, gateways 9-10, PoP 11.
    steps = [paths.resource[paths.first[f] : paths.first[f + 1]].tolist() for f in range(3)]
    assert steps == [[1, 4, 7, 9, 11], [2, 8, 10, 11], [0, 3, 5, 8, 10, 11]]
    assert (paths.capacity_bps[[2, 3, 6, 7, 8, 9, 10]] / GBPS).tolist() == [20, 100, 100, 20, 10, 160, 12]
    kind, index = kind_and_index(paths, np.array([-1, 2, 3, 4, 6, 8, 10, 11]))
    assert kind.tolist() == [-1, SATELLITE, ISL, ISL, ISL, FEED, GATEWAY, POP]
    assert index.tolist() == [-1, 2, 0, 0, 1, 1, 1, 0]
    assert [RESOURCE_KINDS[k] for k in kind[1:3]] == ["satellite", "isl"]


def test_traffic_by_hand():
    # Flow 2 brings class 1 home over satellite 2, where flow 1 lands too: they share the 10 Gbit/s of feed 1.
    paths = paths_of([0, 0, 1], [1, 2, 0])
    shares = share_max_min(np.array([30.0, 4.0, 9.0]) * GBPS, paths.first, paths.resource, paths.capacity_bps)
    assert (shares.carried_bps / GBPS).tolist() == [20.0, 4.0, 6.0]
    kind, index = kind_and_index(paths, shares.bottleneck)
    assert kind.tolist() == [SATELLITE, -1, FEED]
    assert index.tolist() == [1, -1, 1]
    assert (load_of_kind(paths, shares.load_bps, ISL) / GBPS).tolist() == [6.0, 20.0, 6.0, 0.0]
    assert (load_of_kind(paths, shares.load_bps, GATEWAY) / GBPS).tolist() == [20.0, 10.0]


def test_a_satellite_ceiling_counts_its_own_users_only():
    paths = paths_of([1, 1], [0, 1], satellite_bps=3 * GBPS)
    shares = share_max_min(np.array([3.0, 3.0]) * GBPS, paths.first, paths.resource, paths.capacity_bps)
    assert (shares.carried_bps / GBPS).tolist() == [3.0, 3.0]


def test_a_flow_without_path_is_refused():
    links, feeders, routes = world()
    lost = find_routes(
        3, links, np.array([1e6, 2e6]), np.array([True, False]), feeders, np.zeros((2, 1)),
        np.array([[1, 1], [0, 1]], bool), np.ones((2, 1), bool),
    )  # fmt: skip
    assert routes.has_path.all()
    with pytest.raises(RangeError, match=r"flow 1 \(class 1, satellite 0\) has no path"):
        resources_of_routes(
            lost, links, feeders, np.array([0, 1]), np.array([0, 0]), satellite_bps=1.0, isl_bps=1.0,
            feed_bps=1.0, gateway_bps=np.ones(2), pop_bps=np.ones(1),
        )  # fmt: skip
