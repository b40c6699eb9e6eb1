"""What must hold whatever breaks: rows of a toy planet slot by slot under random faults, and small exact networks."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from slot_runs import slots_of_run
from small_networks import small_network

from ecumene.network.detours import most_that_can_arrive_bps
from ecumene.network.gateways import Feeders
from ecumene.results.schema import CAUSES

seeds = st.integers(0, 2**32 - 1)
slow_enough = settings(deadline=None, max_examples=30)
N_SLOTS = 6
ENOUGH = {"gateways__antennas": 12, "isl__acquisition_s": 0.0}
"""An antenna for every satellite: where they are scarce, a lost satellite sets one free for another."""


def times():
    after_s = st.sampled_from([0.0, 15.0, 20.0, 30.0])
    return st.tuples(after_s, st.sampled_from([5.0, 15.0, 30.0]))


AREA = {"lat_deg": 10.0, "lon_deg": 10.0, "radius_km": 6_000.0}
KINDS = st.sampled_from(
    [
        {"kind": "satellites", "share": 0.4},
        {"kind": "satellites", "plane": 0, "shell": 0, "share": 0.7},
        {"kind": "isls"},
        {"kind": "isls", "links": (("ring p00 s01", "ring p00 s02"),)},
        {"kind": "gateways", "sites": ("Gate",)},
        {"kind": "blackout", "countries": ("XA",)},
        {"kind": "pops", "sites": ("Pop",)},
        {"kind": "jamming", "region": AREA, "j_over_n_db": 12.0},
        {"kind": "jamming", "region": AREA, "direction": "uplink", "jammer_dbw": 40.0},
        {"kind": "jamming", "region": AREA, "attach_share": 0.5},
        {"kind": "controller"},
    ]
)
FAULTS = st.lists(st.tuples(KINDS, times()), min_size=1, max_size=3).map(
    lambda drawn: tuple(fault | {"after_s": after, "lasts_s": lasts} for fault, (after, lasts) in drawn)
)


@cache
def sound():
    return slots_of_run("toy", slots=N_SLOTS, **ENOUGH)[1]


@slow_enough
@given(FAULTS)
def test_a_fault_never_makes_anybody_available_and_leaves_no_trace_when_it_is_over(faults):
    _, slots = slots_of_run("toy", faults, slots=N_SLOTS, **ENOUGH)
    for slot, without in zip(slots, sound(), strict=True):
        service = slot.service
        assert (service.is_available <= without.service.is_available).all()
        assert (service.is_reachable <= without.service.is_reachable).all()
        if not slot.world.standing:
            np.testing.assert_array_equal(service.is_available, without.service.is_available)
    for slot in slots[4:]:  # the last fault ends with the fourth slot at the latest
        assert not slot.world.standing


@slow_enough
@given(FAULTS)
def test_every_row_has_one_cause_and_only_those_who_have_a_way_are_served(faults):
    _, slots = slots_of_run("toy", faults, slots=N_SLOTS)
    names = np.array(CAUSES)
    for slot in slots:
        service, land = slot.service, slot.world.land
        assert ((service.cause >= 0) & (service.cause < len(CAUSES))).all()
        cause = names[service.cause]
        gets = np.isin(cause, ["served", "partly"])
        assert (gets <= service.is_available).all()
        assert (service.rate_bps[~gets] == 0.0).all()
        assert (np.isin(cause, ["no_licence", "zone"]) == ~land.is_permitted_in_row).all()
        is_without_way = np.isin(cause, ["no_satellite", "gso_arc", "jammed", "no_gateway_path"])
        assert (is_without_way <= ~service.is_available).all()
        if not slot.world.standing:
            assert not np.isin(cause, ["fault", "jammed"]).any()


@slow_enough
@given(FAULTS, st.sampled_from([1, 100, 2_000]))
def test_availability_does_not_depend_on_demand(faults, subscribers):
    keys = {"slots": N_SLOTS, **ENOUGH}
    _, few = slots_of_run("toy", faults, **keys)
    _, many = slots_of_run("toy", faults, demand__subscribers=subscribers, **keys)
    for a, b in zip(few, many, strict=True):
        np.testing.assert_array_equal(a.service.is_available, b.service.is_available)


def test_causes_of_a_slot_add_up_to_everybody():
    from ecumene import load, simulate

    faults = [
        {"kind": "blackout", "countries": ["XA"], "after_s": 15.0, "lasts_s": 15.0},
        {"kind": "jamming", "region": AREA, "j_over_n_db": 40.0, "after_s": 30.0},
    ]
    results = simulate(load("toy", faults=faults))
    slots = results.tables["slots"]
    total = sum(slots[f"cause_{name}"] for name in CAUSES)
    np.testing.assert_allclose(total, results.summary["people"])
    np.testing.assert_allclose(slots["people_served"], slots["cause_served"] + slots["cause_partly"])
    assert slots["cause_fault"][1] > 0.0
    assert slots["cause_jammed"][2] > 0.0


def with_more(net, rng, what):
    """Return the network with one satellite, laser, antenna or gateway in addition."""
    n = net.n_sats
    a, b = rng.choice(n, 2, replace=False)
    links, feeders = net.links, net.feeders
    if what == "satellite":  # with lasers to two others and an antenna of its own
        fresh, n = np.array([[a, n], [b, n]], np.int32), n + 1
    else:
        fresh = np.array([[min(a, b), max(a, b)]], np.int32)
    if what in {"satellite", "laser"}:
        net = dataclasses.replace(
            net,
            n_sats=n,
            links=np.concatenate([links, fresh]),
            length_m=np.r_[net.length_m, np.full(len(fresh), 1e6)],
            is_up=np.r_[net.is_up, np.ones(len(fresh), bool)],
            isl_bps=np.r_[net.isl_bps, np.full(len(fresh), 5e3)],
        )
    if what in {"satellite", "antenna", "gateway"}:
        n_gateways = len(net.gateway_bps)
        gateway, sat = int(rng.integers(n_gateways)), n - 1 if what == "satellite" else int(a)
        if what == "gateway":
            gateway = n_gateways
            net = dataclasses.replace(
                net,
                fibre_s=np.r_[net.fibre_s, np.full((1, net.fibre_s.shape[1]), 0.01)],
                gateway_bps=np.r_[net.gateway_bps, 2e4],
                is_gateway_permitted=np.c_[net.is_gateway_permitted, [True]],
            )
        net = dataclasses.replace(
            net,
            feeders=Feeders(
                np.r_[feeders.gateway_of_feed, gateway].astype(np.int32),
                np.r_[feeders.sat_of_feed, sat].astype(np.int32),
                np.r_[feeders.slant_m, 1e6],
            ),
            feed_bps=np.r_[net.feed_bps, 7e3],
        )
    return net


def most_by_lp(net):
    """Return the most that any routing over permitted ways carries home: a linear programme over arcs.

    Arcs: lasers both ways, feeder links, sites to where the internet is. Every satellite's traffic is a variable.
    """
    n, g = net.n_sats, len(net.gateway_bps)
    reaches = np.isfinite(net.fibre_s[:, net.is_pop_permitted[0]]).any(axis=1) & net.is_gateway_permitted[0]
    arcs = [
        (x, y, bps)
        for (a, b), bps in zip(net.links[net.is_up], net.isl_bps[net.is_up], strict=True)
        for x, y in ((a, b), (b, a))
    ]
    feeds = zip(net.feeders.sat_of_feed, net.feeders.gateway_of_feed, net.feed_bps, strict=True)
    arcs += [(s, n + t, bps) for s, t, bps in feeds]
    arcs += [(n + t, -1, net.gateway_bps[t] * reaches[t]) for t in range(g)]
    balance = np.zeros((n + g, len(arcs) + len(net.sat_of_flow)))
    for i, (tail, head, _) in enumerate(arcs):
        balance[tail, i] += 1.0
        if head >= 0:
            balance[head, i] -= 1.0
    balance[net.sat_of_flow, len(arcs) + np.arange(len(net.sat_of_flow))] = -1.0
    upper = np.r_[[bps for *_, bps in arcs], net.offered_bps]
    worth = np.r_[np.zeros(len(arcs)), -np.ones(len(net.sat_of_flow))]
    best = linprog(worth, A_eq=balance, b_eq=np.zeros(n + g), bounds=np.c_[np.zeros(len(upper)), upper])
    assert best.status == 0
    return -best.fun


@pytest.mark.parametrize("what", ["satellite", "laser", "antenna", "gateway"])
@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_more_of_anything_never_lessens_what_arrives_and_the_program_finds_the_exact_optimum(what, seed):
    net = small_network(seed, n_classes=1)
    more = with_more(net, np.random.default_rng(seed), what)
    before, after = (
        most_that_can_arrive_bps(x.offered_bps, x.sat_of_flow, **x.rules(), **x.capacities())
        for x in (net, more)
    )
    assert after >= before
    assert [before, after] == pytest.approx([most_by_lp(net), most_by_lp(more)], abs=1.0)
