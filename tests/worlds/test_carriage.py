"""What the network carried, on the toy planet and on small made-up runs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from ecumene import load
from ecumene.carriage import carried_without, people_of_flows, slots_tried
from ecumene.simulation import one_slot, simulate
from ecumene.slot import survey
from ecumene.world import build


@pytest.fixture(scope="module")
def toy():
    return simulate(load("toy"))


@pytest.fixture(scope="module")
def toy_slot():
    world = build(load("toy"))
    return world, one_slot(world, survey(world, 0), survey(world, 1), None)


def test_all_traffic_lands_at_the_one_gateway(toy):
    landings, countries = toy.landings(), toy.countries()
    assert landings["gateway_country"].tolist() == ["XA"]
    assert landings["country"].tolist() == ["XA"]
    assert landings["share"].tolist() == [1.0]
    carried = dict(zip(countries["country"], countries["carried_gbps"], strict=True))
    assert landings["carried_gbps"][0] == pytest.approx(carried["XA"], rel=1e-6)


def test_gateway_loads_are_what_landed(toy):
    assert toy.gateways()["carried_gbps_mean"][0] == pytest.approx(
        toy.landings()["carried_gbps"].sum(), rel=1e-6
    )


def test_without_the_one_gateway_nothing_gets_home(toy, toy_slot):
    world, slot = toy_slot
    assert carried_without(world, slot, 0).tolist() == [0.0] * len(slot.flow_sat)
    gateways = toy.gateways()
    assert gateways["people_lost"][0] == pytest.approx(gateways["people_through"][0])
    assert gateways["lost_gbps"][0] > 0.0
    assert toy.summary["gateways_riskiest"][0]["gateway"] == "Gate"


def test_people_of_streams_are_the_people_served(toy_slot):
    world, slot = toy_slot
    is_served = slot.service.rate_bps > 0.0
    assert people_of_flows(world, slot).sum() == world.land.rows.people[is_served].sum()


def test_the_cut_of_the_toy_planet_is_its_one_antenna(toy):
    cuts = toy.cuts()
    assert cuts["country"].tolist() == ["XA"]
    assert cuts["most_gbps"].tolist() == [20.0]
    assert cuts["antennas_cut"].tolist() == [1]
    assert cuts["antennas_gbps"].tolist() == [20.0]


def test_lasers_have_loads_and_a_bent_pipe_has_no_lasers(toy):
    isls = toy.isls()
    assert len(isls["load_max"]) == 12
    assert isls["load_max"].max() > 0.0
    assert (isls["load_p50"] <= isls["load_p95"]).all()
    assert (isls["load_p95"] <= isls["load_max"]).all()
    bent = simulate(load("toy", overrides={"isl.topology": "none", "slots": 1}))
    assert len(bent.isls()["load_max"]) == 0


@pytest.mark.parametrize("paths", ["one", "many"])
def test_a_scarce_antenna_carries_what_it_can(paths):
    results = simulate(
        load("toy", overrides={"gateways.antenna_gbps": 0.5, "network.paths": paths, "slots": 2})
    )
    traffic = results.summary["traffic_gbps"]
    assert traffic["carried"] == pytest.approx(0.5, abs=1e-6)
    assert traffic["possible"] == pytest.approx(0.5, abs=1e-6)
    assert traffic["one_path"] == pytest.approx(0.5, abs=1e-6)
    assert results.gateways()["load_max"][0] == pytest.approx(1.0)
    rows = results.rows()
    served = rows["served"] > 0
    assert np.isfinite(rows["rtt_ms_p50"][served]).all()


def test_a_disconnected_mesh_is_a_clear_cause():
    """Without lasers in reach the far post has satellites, but no way home."""
    results = simulate(load("toy", overrides={"isl.max_range_km": 100.0, "slots": 1}))
    causes = dict(zip(results.places()["place"], results.places()["cause"], strict=True))
    limits = dict(zip(results.places()["place"], results.places()["limit"], strict=True))
    assert causes["Far post"] == "no_gateway_path"
    assert limits["Far post"] == "no chain of links leads from the satellites in view to a gateway"
    assert results.summary["notes"][-1] == (
        "None of 12 lasers ever stood: their line would come below 80 km or be longer than 100 km. "
        "Satellites reach the gateways they see alone."
    )


def test_gateways_are_taken_away_in_slots_all_over_the_run():
    assert sorted(slots_tried(240)) == [0, 48, 96, 143, 191, 239]
    assert sorted(slots_tried(3)) == [0, 1, 2]


def test_a_lone_gateway_is_worth_what_it_brings_home_on_the_mean_not_in_one_slot(toy):
    """A slot in which nobody happens to be served would say that the only gateway matters to nobody."""
    tonga = simulate(load("tonga-2022", overrides={"slots": 12}))
    gateways, rows = tonga.gateways(), tonga.rows()
    served = float((rows["people"] * rows["served"]).sum())
    assert gateways["people_lost"][0] == pytest.approx(gateways["people_through"][0])
    assert gateways["people_lost"][0] == pytest.approx(served, rel=0.25)
    assert toy.summary["gateways_tried"] == 1


def test_failures_and_cuts_know_what_rain_leaves_of_a_feeder_link(toy_slot):
    wet_world = build(load("toy", overrides={"gateways.link": "budget", "gateways.weather": 0.1}))
    wet = one_slot(wet_world, survey(wet_world, 0), survey(wet_world, 1), None)
    assert 0.0 < wet.links.feed_bps.max() < toy_slot[1].links.feed_bps.min() == 20e9
    results = simulate(wet_world.scenario)
    assert results.cuts()["most_gbps"][0] <= wet.links.feed_bps.max() / 1e9 * 1.05


def test_the_weather_and_the_paths_are_among_the_assumptions(toy):
    assert any(line.startswith("Clear sky. Beams") for line in toy.summary["assumptions"])
    assert any(line.startswith("Traffic goes round") for line in toy.summary["assumptions"])
    assert "All satellites are alike: 2 beams of 240 MHz, 20 Gbit/s." in toy.summary["assumptions"]
    assert any(
        "-122 dBW/m2/MHz on the ground and level dishes" in line for line in toy.summary["assumptions"]
    )
    assert not any(line.startswith(("Feeder links", "Jammers")) for line in toy.summary["assumptions"])
    wet = {"gateways.link": "budget", "gateways.weather": 0.1, "network.paths": "one", "slots": 1}
    told = simulate(load("toy", overrides=wet)).summary["assumptions"]
    assert any("over all gateways at once the rain exceeded in 0.1 % of the year" in line for line in told)
    assert any(line.startswith("Traffic keeps to its quickest path") for line in told)
    assert any(line.startswith("Feeder links: the satellites' figure of merit") for line in told)
    circle = {"lat_deg": 0.0, "lon_deg": 0.0, "radius_km": 900.0}
    jammed = load(
        "toy", overrides={"slots": 1}, faults=({"kind": "jamming", "region": circle, "j_over_n_db": 9.0},)
    )
    assert any("hear them 20 dB below their peak" in line for line in simulate(jammed).summary["assumptions"])


def test_loads_of_satellites_by_hand():
    """The town asks for 2.55 Gbit/s of satellite 12, which may carry 1: full in two slots, then in front of the arc."""
    sats = simulate(load("toy", overrides={"satellite.capacity_gbps": 1.0})).satellites()
    of = {
        name: dict(zip(sats, line, strict=True))
        for name, *line in zip(sats["satellite"], *sats.values(), strict=True)
    }
    town, idle = of["ring p00 s11"], of["ring p00 s05"]
    assert town["load_p50"] == 0.0
    assert town["load_p95"] == pytest.approx(1.0, abs=1e-6)
    assert town["load_max"] == pytest.approx(1.0, abs=1e-6)
    assert (idle["load_p50"], idle["load_p95"], idle["load_max"]) == (0.0, 0.0, 0.0)
    market = of["ring p00 s01"]  # 0.365 Gbit/s in every slot, and a little for the edge: 37 % rounds to 38
    assert market["load_p50"] == pytest.approx(0.37, abs=0.011)
    assert (sats["load_p95"] <= sats["load_max"]).all()


def test_a_fraction_of_a_bit_is_nobody_s_service():
    """Where others have room nobody is lost, not a millionth of a person for every gateway that fails."""
    keys = {"countries": ["KE"], "resolution": 4, "slots": 1, "start": datetime(2023, 10, 10, tzinfo=UTC)}
    kenya = simulate(load("starlink-gen1", overrides=keys))
    lost = kenya.gateways()["people_lost"]
    assert not (lost[np.isfinite(lost)] > 0.0).any()
    assert kenya.summary["gateways_riskiest"] == []
