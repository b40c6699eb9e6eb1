"""GraphML read by networkx, which is not ours: nodes, edges and numbers are those of the slot."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import numpy as np
import pytest

import ecumene
from ecumene.exports.folder import slots_of
from ecumene.exports.graphml import KEYS, graphml_text
from ecumene.world import build

C_KM_S = 299_792.458


@pytest.fixture(scope="module")
def world():
    return build(ecumene.load("toy", overrides={"gateways.site.0.name": "Gäte & <Co>\x07"}))


@pytest.fixture(scope="module")
def slots(world):
    return list(slots_of(world, 2))


@pytest.fixture(scope="module")
def graphs(world, slots):
    return [nx.parse_graphml(graphml_text(world, slot)) for slot in slots]


def test_nodes(world, graphs):
    graph = graphs[0]
    assert Counter(kind for _, kind in graph.nodes(data="kind")) == {"satellite": 12, "gateway": 1, "pop": 1}
    assert graph.graph["scenario"] == "toy"
    assert (graph.graph["slot"], graph.graph["utc"]) == (0, "2026-03-24T12:00:12Z")
    assert graphs[1].graph["utc"] == "2026-03-24T12:00:27Z"
    first = graph.nodes["s0"]
    assert (first["name"], first["shell"], first["plane"], first["place_in_plane"]) == (
        "ring p00 s00",
        0,
        0,
        0,
    )
    assert first["lat_deg"] == pytest.approx(0.0, abs=0.5)
    assert first["altitude_km"] == pytest.approx(550.0, abs=10.0)
    assert graph.nodes["g0"]["name"] == "Gäte & <Co>?"
    assert graph.nodes["p0"]["name"] == "Pop"
    assert graph.nodes["g0"]["country"] == "XA"
    assert {name for _, values in graph.nodes(data=True) for name in values} == {
        n for d, n, _ in KEYS if d == "node"
    }


def test_edges_are_those_of_the_slot(world, slots, graphs):
    for slot, graph in zip(slots, graphs, strict=True):
        kinds = Counter(kind for *_, kind in graph.edges(data="kind"))
        feeders = slot.links.feeders
        assert kinds["isl"] == slot.links.isls.is_up.sum()
        assert kinds["feeder"] == len(feeders.sat_of_feed)
        assert kinds["fibre"] == 1
        for (a, b), up, length_m in zip(
            world.links.tolist(), slot.links.isls.is_up, slot.links.isls.length_m, strict=True
        ):
            assert graph.has_edge(f"s{a}", f"s{b}") == up
            if up:
                assert graph.edges[f"s{a}", f"s{b}"]["length_km"] * 1e3 == length_m
        sat = feeders.sat_of_feed[0]
        assert graph.edges["g0", f"s{sat}"]["length_km"] == pytest.approx(feeders.slant_m[0] / 1e3)
        fibre = graph.edges["g0", "p0"]
        assert fibre["delay_ms"] == pytest.approx(1e3 * world.ground.fibre_s[0, 0])
        assert fibre["length_km"] == pytest.approx(fibre["delay_ms"] / 1e3 * C_KM_S / 1.47)


def test_the_shortest_way_is_the_route(slots, graphs):
    """Networkx finds, from every satellite to the PoP, the delay that routing found."""
    for slot, graph in zip(slots, graphs, strict=True):
        found_ms = nx.single_source_dijkstra_path_length(graph, "p0", weight="delay_ms")
        expected_ms = 1e3 * slot.links.routes.delay_s[0]
        for sat, delay_ms in enumerate(expected_ms):
            assert found_ms.get(f"s{sat}", np.inf) == pytest.approx(delay_ms, abs=1e-9)


def test_a_satellite_without_position_has_no_coordinates(world, slots):
    import dataclasses

    sky = slots[0].sky
    r_sat_m, is_valid = sky.r_sat_m.copy(), sky.is_valid.copy()
    r_sat_m[3], is_valid[3] = np.nan, False
    lost = dataclasses.replace(slots[0], sky=dataclasses.replace(sky, r_sat_m=r_sat_m, is_valid=is_valid))
    node = nx.parse_graphml(graphml_text(world, lost)).nodes["s3"]
    assert node["name"] == "ring p00 s03"
    assert "lat_deg" not in node
    assert "x_km" not in node


def test_capacity_of_a_feeder_link_is_that_of_its_weather():
    wet = build(ecumene.load("toy", overrides={"gateways.link": "budget", "gateways.weather": 0.1}))
    (slot,) = slots_of(wet, 1)
    graph = nx.parse_graphml(graphml_text(wet, slot))
    told = [leg["capacity_gbps"] for *_, leg in graph.edges(data=True) if leg["kind"] == "feeder"]
    assert told == pytest.approx((slot.links.feed_bps / 1e9).tolist())
    assert max(told) < 20.0


def test_links_between_shells_are_written_too(tmp_path):
    """They stand beside the links of the world, and may be more than these."""
    links = tmp_path / "links.csv"
    links.write_text("satellite_a,satellite_b\n0/0/0,0/0/1\n", encoding="utf-8")
    keys = {"isl.topology": "list", "isl.file": str(links), "isl.cross_shell": True}
    crossing = build(ecumene.load("starlink-gen1", overrides={"resolution": 3, **keys}))
    (slot,) = slots_of(crossing, 1)
    kinds = Counter(kind for *_, kind in nx.parse_graphml(graphml_text(crossing, slot)).edges(data="kind"))
    assert kinds["isl"] == slot.links.isls.is_up.sum() > 1 == len(crossing.links)
