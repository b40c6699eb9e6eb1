"""Traffic that goes round, against linear programmes and a slow maximum flow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import maximum_flow
from small_networks import SmallNetwork, small_network

from ecumene.network.detours import most_that_can_arrive_bps


def maximum_by_scipy(net: SmallNetwork) -> int:
    """Return the maximum flow where every class may use every gateway, in whole bit/s."""
    n, g = net.n_sats, len(net.gateway_bps)
    source, sink = n + g, n + g + 1
    up = net.links[net.is_up]
    isl = net.isl_bps[net.is_up]
    arcs = [(source, s, b) for s, b in zip(net.sat_of_flow, net.offered_bps, strict=True)]
    arcs += [(a, b, c) for (a, b), c in zip(up, isl, strict=True)]
    arcs += [(b, a, c) for (a, b), c in zip(up, isl, strict=True)]
    feeds = zip(net.feeders.sat_of_feed, net.feeders.gateway_of_feed, net.feed_bps, strict=True)
    arcs += [(s, n + t, c) for s, t, c in feeds]
    arcs += [(n + t, sink, c) for t, c in enumerate(net.gateway_bps)]
    tail, head, room = np.array(arcs, float).T
    graph = csr_matrix(
        coo_matrix((room.astype(np.int32), (tail.astype(int), head.astype(int))), shape=(sink + 1,) * 2)
    )
    return int(maximum_flow(graph, source, sink).flow_value)


def programme(net: SmallNetwork) -> tuple:
    """Return the linear programme of all routings: variables (class, arc), equalities, capacities, shares of flows.

    Arcs are links both ways, then feeds (which end in the internet); then one variable a flow: its carried traffic.
    """
    up = net.links[net.is_up]
    n_links, n_feeds, n_flows = len(up), len(net.feeders.sat_of_feed), len(net.sat_of_flow)
    n_classes, n = len(net.is_gateway_permitted), net.n_sats
    arcs = [(a, b) for a, b in up] + [(b, a) for a, b in up] + [(s, -1) for s in net.feeders.sat_of_feed]
    width = len(arcs)
    n_variables = n_classes * width + n_flows
    balance = np.zeros((n_classes * n, n_variables))
    for k in range(n_classes):
        for i, (a, b) in enumerate(arcs):
            balance[k * n + a, k * width + i] += 1.0
            if b >= 0:
                balance[k * n + b, k * width + i] -= 1.0
    for f, (k, s) in enumerate(zip(net.class_of_flow, net.sat_of_flow, strict=True)):
        balance[k * n + s, n_classes * width + f] -= 1.0
    room = np.concatenate([net.isl_bps[net.is_up], net.isl_bps[net.is_up], net.feed_bps, net.gateway_bps])
    loads = np.zeros((len(room), n_variables))
    for k in range(n_classes):
        loads[:width, k * width : (k + 1) * width] = np.eye(width)
        for i, t in enumerate(net.feeders.gateway_of_feed):
            loads[width + t, k * width + 2 * n_links + i] = 1.0
    upper = np.full(n_variables, np.inf)
    reaches = np.stack([np.isfinite(net.fibre_s[:, pops]).any(axis=1) for pops in net.is_pop_permitted])
    for k in range(n_classes):
        for i, t in enumerate(net.feeders.gateway_of_feed):
            if not (net.is_gateway_permitted[k, t] and reaches[k, t]):
                upper[k * width + 2 * n_links + i] = 0.0
    upper[n_classes * width :] = net.offered_bps
    assert n_feeds == len(net.feed_bps)
    return balance, loads, room, upper, n_classes * width


def best_by_lp(net: SmallNetwork) -> float:
    """Return the most any routing carries under the landing rules."""
    balance, loads, room, upper, begin = programme(net)
    worth = np.zeros(balance.shape[1])
    worth[begin:] = -1.0
    bounds = np.column_stack([np.zeros(len(upper)), upper])
    best = linprog(worth, A_ub=loads, b_ub=room, A_eq=balance, b_eq=np.zeros(len(balance)), bounds=bounds)
    assert best.status == 0
    return -best.fun


def fair_by_lp(net: SmallNetwork) -> np.ndarray:
    """Return the max-min fair share of demand of every flow over all routings: levels raised one after the other."""
    balance, loads, room, upper, begin = programme(net)
    n_flows = len(net.sat_of_flow)
    A_eq = np.column_stack([balance, np.zeros(len(balance))])
    A_room = np.column_stack([loads, np.zeros(len(loads))])
    fixed = np.full(n_flows, np.nan)
    while np.isnan(fixed).any():
        rises = np.zeros((n_flows, A_eq.shape[1]))
        rises[np.arange(n_flows), begin + np.arange(n_flows)] = -1.0
        rises[:, -1] = np.where(np.isnan(fixed), net.offered_bps, 0.0)
        least = np.where(np.isnan(fixed), 0.0, -fixed * net.offered_bps + 1e-6)
        A, b = np.vstack([A_room, rises]), np.concatenate([room, least])
        bounds = np.column_stack([np.zeros(len(upper) + 1), np.append(upper, 1.0)])
        top = linprog(
            -np.eye(A.shape[1])[-1], A_ub=A, b_ub=b, A_eq=A_eq, b_eq=np.zeros(len(A_eq)), bounds=bounds
        )
        assert top.status == 0
        level = top.x[-1]
        bounds[-1] = level - 1e-9, level
        for f in np.flatnonzero(np.isnan(fixed)):
            cost = -np.eye(A.shape[1])[begin + f]
            most = linprog(cost, A_ub=A, b_ub=b, A_eq=A_eq, b_eq=np.zeros(len(A_eq)), bounds=bounds)
            assert most.status == 0
            if -most.fun <= level * net.offered_bps[f] + 1e-3:
                fixed[f] = level
    return fixed


@pytest.mark.parametrize("seed", range(60))
def test_one_commodity_is_the_maximum_flow(seed):
    net = small_network(seed, n_classes=1)
    carried = net.carry().shares.carried_bps.sum()
    assert carried == maximum_by_scipy(net)
    assert carried == net.carry(steps=1).shares.carried_bps.sum()


@pytest.mark.parametrize("seed", range(60))
def test_several_classes_come_near_the_optimum(seed):
    net = small_network(1_000 + seed, n_classes=4)
    best = best_by_lp(net)
    carried = net.carry().shares.carried_bps.sum()
    assert carried <= best * (1 + 1e-9)
    assert carried >= 0.95 * best
    bound = most_that_can_arrive_bps(net.offered_bps, net.sat_of_flow, **net.rules(), **net.capacities())
    assert bound >= best * (1 - 1e-9) - 1.0


def test_several_classes_on_average():
    ratios = []
    for seed in range(60):
        net = small_network(1_000 + seed, n_classes=4)
        ratios.append(net.carry().shares.carried_bps.sum() / best_by_lp(net))
    assert np.mean(ratios) >= 0.997


@pytest.mark.parametrize("seed", range(12))
def test_fair_to_within_a_step(seed):
    net = small_network(2_000 + seed, n_classes=1, n_sats=14)
    steps = 50
    share = net.carry(steps=steps).shares.carried_bps / net.offered_bps
    np.testing.assert_allclose(np.sort(share), np.sort(fair_by_lp(net)), atol=1.0 / steps + 1e-3)
    np.testing.assert_allclose(share, fair_by_lp(net), atol=1.0 / steps + 1e-3)
