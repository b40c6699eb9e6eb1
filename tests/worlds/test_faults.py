"""Faults on the toy planet: what they take, what they leave, and what is said of those that change nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from slot_runs import slots_of_run

from ecumene import load
from ecumene.errors import ScenarioError
from ecumene.radio.contours import reach_m
from ecumene.results.schema import CAUSES
from ecumene.scenario import Scenario
from ecumene.simulation import simulate
from ecumene.world import build

MARKET, NEIGHBOUR, TOWN, EQUATOR, FAR_POST = (
    (23.5, 19.2),
    (23.5, 22.0),
    (-23.5, -19.2),
    (0.0, 0.0),
    (43.8, 46.2),
)
ALL_OF_AFRICA = {"lat_deg": 0.0, "lon_deg": 10.0, "radius_km": 8_000.0}


def built(*faults, name="toy", **keys):
    return build(load(name, overrides={key.replace("__", "."): v for key, v in keys.items()}, faults=faults))


def fates(slot):
    land = slot.world.land
    return {
        (round(float(lat), 1), round(float(lon), 1)): CAUSES[cause]
        for lat, lon, cause in zip(land.rows.lat_deg, land.rows.lon_deg, slot.service.cause, strict=True)
    }


def fates_under(fault, **keys):
    """What befalls each cell in the first slot, with the fault from its beginning."""
    _, slots = slots_of_run("toy", (fault,), slots=1, **keys)
    return fates(slots[0])


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "blackout", "countries": ["XA"]},
        {"kind": "gateways", "sites": ["Gate"]},
        {"kind": "pops", "countries": ["XA"]},
        {"kind": "satellites", "share": 1.0},
    ],
)
def test_without_sites_or_satellites_everybody_is_under_a_fault_but_for_law_and_sky(fault):
    found = fates_under(fault)
    assert found[MARKET] == found[TOWN] == found[FAR_POST] == "fault"
    assert found[NEIGHBOUR] == "no_licence"
    assert found[EQUATOR] == "gso_arc"
    assert found[60.0, -90.0] == "no_satellite"


def test_without_lasers_only_who_sees_the_gateway_through_a_satellite_is_left():
    found = fates_under({"kind": "isls"})
    assert (found[MARKET], found[TOWN], found[FAR_POST]) == ("served", "fault", "fault")


def test_one_laser_off_cuts_its_chain_alone():
    """The far post hangs on the third satellite and its laser to the second; the town on the twelfth."""
    found = fates_under({"kind": "isls", "links": [["ring p00 s01", "ring p00 s02"]]})
    assert (found[MARKET], found[TOWN]) == ("served", "partly")
    assert found[FAR_POST] == "served"  # the ring is closed: the long way round stands
    both = [["ring p00 s02", "ring p00 s01"], ["ring p00 s02", "ring p00 s03"]]
    found = fates_under({"kind": "isls", "links": both})
    assert (found[MARKET], found[TOWN], found[FAR_POST]) == ("served", "partly", "fault")


@pytest.mark.parametrize("direction", ["uplink", "downlink"])
def test_noise_enough_jams_and_little_does_not(direction):
    fault = {"kind": "jamming", "region": ALL_OF_AFRICA, "direction": direction}
    found = fates_under({**fault, "j_over_n_db": 60.0})
    assert found[MARKET] == found[TOWN] == found[FAR_POST] == "jammed"
    assert found[EQUATOR] == "gso_arc"
    assert fates_under({**fault, "j_over_n_db": -20.0})[MARKET] == "served"


def test_a_pair_with_a_jammed_end_says_so():
    """Nobody at Far post finds a satellite; at Equator the arc stands before the jammer."""
    region = {"lat_deg": 43.8, "lon_deg": 46.2, "radius_km": 50.0}
    deaf = {"kind": "jamming", "name": "deaf", "attach_share": 0.0, "region": region}
    results = simulate(load("toy", overrides={"slots": 1, "pairs": "all"}, faults=(deaf,)))
    pairs = results.pairs()
    found = {(a, b): (cause, limit) for a, b, cause, limit in zip(
        pairs["from_place"], pairs["to_place"], pairs["cause"], pairs["limit"], strict=True
    )}  # fmt: skip
    assert found["Market", "Far post"] == ("jammed", "Far post: deaf")
    assert found["Far post", "Equator"][0] == found["Market", "Equator"][0] == "gso_arc"
    assert found["Far post", "Equator"][1].startswith("Equator: every satellite in view too near")


def test_places_share_the_lot_of_their_cells_and_the_limit_names_the_fault():
    fault = {"kind": "jamming", "name": "noise", "region": ALL_OF_AFRICA, "j_over_n_db": 60.0}
    places = simulate(load("toy", overrides={"slots": 1}, faults=[fault])).tables["places"]
    fate = dict(zip(places["place"], zip(places["cause"], places["limit"], strict=True), strict=True))
    assert fate["Market"] == ("jammed", "noise")
    assert fate["Equator"] == ("gso_arc", "")


def test_a_controller_outage_keeps_the_plan_and_one_from_the_start_has_none_to_keep():
    _, slots = slots_of_run("toy", ({"kind": "controller", "after_s": 15.0},), slots=4)
    for slot in slots[1:]:
        lit = slot.plan.sat_of_cell >= 0
        assert (slot.plan.sat_of_cell[lit] == slots[0].plan.sat_of_cell[lit]).all()
    assert fates(slots[1])[MARKET] == "served"
    found = fates_under({"kind": "controller"})
    assert found[MARKET] == "fault"
    assert found[NEIGHBOUR] == "no_licence"


def test_the_report_of_a_fault_follows_people():
    fault = {"kind": "blackout", "countries": ["XA"], "after_s": 15.0, "lasts_s": 15.0}
    table = simulate(load("toy", overrides={"slots": 3}, faults=[fault])).tables["faults"]
    assert table["people_served_during"].tolist() == [0.0]
    assert table["people_served_before"][0] > 8_000.0
    assert np.isnan(table["recovery_s"]).all()  # in the third slot the satellites have moved on, fault or not


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "controller", "after_s": 16.0, "lasts_s": 10.0}, "lasts 10 s and falls between two slots"),
        ({"kind": "controller", "to": datetime(2026, 3, 1, tzinfo=UTC)}, "lies wholly outside this run"),
        ({"kind": "controller", "after_s": 46.0}, "lies wholly outside this run"),
        (
            {"kind": "blackout", "countries": ["XB"]},
            "changes nothing in XB: this run has no gateway and no PoP",
        ),
        ({"kind": "pops", "countries": ["KE", "XA"]}, "changes nothing in KE: this run has no PoP there"),
        ({"kind": "satellites", "share": 0.01}, "takes 1.0% of 12 satellites, which rounds to none"),
        (
            {
                "kind": "jamming",
                "j_over_n_db": 9.0,
                "region": {"polygon": [[100.0, 50.0], [101.0, 50.0], [100.0, 51.0]]},
            },
            "no middle of an inhabited cell and no named place in its region",
        ),
    ],
)
def test_who_changes_nothing_is_noted(fault, words):
    (note,) = [note for note in built(fault).notes if note.startswith("Fault")]
    assert words in note


def test_a_run_without_lasers_has_none_to_lose():
    (note,) = [n for n in built({"kind": "isls"}, isl__topology="none").notes if n.startswith("Fault")]
    assert "this run has no lasers" in note


def test_faults_that_change_something_are_not_noted():
    faults = [
        {"kind": "controller", "after_s": 14.0, "lasts_s": 2.0},
        {"kind": "blackout", "countries": ["XA"]},
    ]
    assert not [note for note in built(*faults).notes if note.startswith("Fault")]


def test_what_does_not_hold_together_is_told_at_once():
    faults = [
        {"kind": "isls", "links": [["ring p00 s00", "ring p00 s05"], ["ring p00 s00", "ring p00 s00"]]},
        {"kind": "isls", "name": "twin"},
        {"kind": "controller", "name": "twin"},
        {"kind": "controller", "after_s": 30.0, "to": datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)},
    ]
    with pytest.raises(ScenarioError) as caught:
        built(*faults)
    for words in (
        "4 problems",
        'fault[0].links: no laser joins "ring p00 s00" and "ring p00 s05"',
        'fault[0].links: "ring p00 s00" and "ring p00 s00" are one satellite: a laser has two ends',
        "fault[2].name: 'twin' is the name of fault[1] already",
        "fault[3].to: the fault ends 30 s before it begins",
    ):
        assert words in str(caught.value)


def down(world, k=0):
    return np.flatnonzero(world.faults[k].down_until_s > -np.inf)


def test_the_same_seed_draws_the_same_storm_wherever_it_stands_in_the_list():
    storm, other = {"kind": "storm", "share": 0.4}, {"kind": "satellites", "share": 0.5}
    alone, second = built(storm), built(other, storm)
    np.testing.assert_array_equal(alone.faults[0].down_until_s, second.faults[1].down_until_s)
    later = built({**storm, "after_s": 30.0})
    np.testing.assert_array_equal(alone.faults[0].down_until_s + 30.0, later.faults[0].down_until_s)


def test_another_seed_or_name_draws_others():
    storm = {"kind": "storm", "share": 0.5}
    drawn = [tuple(down(built(storm, seed=seed))) for seed in range(1, 9)]
    drawn += [tuple(down(built({**storm, "name": name}))) for name in "abcdefgh"]
    assert len(set(drawn)) > 8
    assert {len(which) for which in drawn} == {6}


def test_a_larger_share_loses_all_that_a_smaller_one_does():
    sets = [set(down(built({"kind": "satellites", "share": share}))) for share in (0.2, 0.5, 0.8, 1.0)]
    assert all(a < b for a, b in pairwise(sets))


def test_a_larger_attach_share_attaches_more_in_the_same_cells():
    fault = {"kind": "jamming", "region": ALL_OF_AFRICA}
    few, many = (built({**fault, "attach_share": s}).faults[0].jam.cells.is_attached for s in (0.3, 0.7))
    assert (many | ~few).all()
    assert few.sum() < many.sum()


def test_jammers_are_computed_once_for_every_set_that_stands_together():
    faults = [
        {"kind": "jamming", "region": ALL_OF_AFRICA, "j_over_n_db": 3.0, "after_s": 15.0, "lasts_s": 30.0},
        {"kind": "jamming", "region": ALL_OF_AFRICA, "j_over_n_db": 6.0, "after_s": 30.0},
    ]
    world = built(*faults, slots=5)
    assert [parts.which for parts in world.jammed] == [(0,), (0, 1), (1,)]
    assert world.at(0) is world
    assert world.at(3).market is world.at(4).market is world.jammed[2].market
    assert world.at(2).market is world.jammed[1].market
    assert world.at(1).market is not world.market


def test_an_uplink_jammer_reaches_cells_whose_beams_hold_it_and_a_downlink_jammer_does_not():
    beam_km = reach_m(550e3, 90.0, 2.5) / 1e3
    assert beam_km == pytest.approx(12.0, abs=0.1)
    for beyond_km, is_hit in ((beam_km - 1.0, True), (beam_km + 1.0, False)):
        circle = {
            "lat_deg": MARKET[0] + np.degrees((30.0 + beyond_km) / 6_371.0),
            "lon_deg": MARKET[1],
            "radius_km": 30.0,
        }
        for direction in ("uplink", "downlink"):
            fault = {"kind": "jamming", "region": circle, "direction": direction, "j_over_n_db": 60.0}
            assert fates_under(fault)[MARKET] == ("jammed" if is_hit and direction == "uplink" else "served")


def test_a_stored_scenario_with_faults_is_the_same_when_read_again():
    faults = [
        {"kind": "isls", "links": [["ring p00 s00", "ring p00 s01"]]},
        {"kind": "storm", "share": 1.0},
        {
            "kind": "jamming",
            "region": ALL_OF_AFRICA,
            "jammer_dbw": 10.0,
            "from": datetime(2026, 3, 24, 12, tzinfo=UTC),
        },
    ]
    scenario = load("toy", faults=faults)
    stored = json.dumps(scenario.model_dump(mode="json"))
    assert Scenario.model_validate_json(stored) == scenario


def test_a_region_file_lies_beside_the_scenario(tmp_path):
    area = {"type": "Polygon", "coordinates": [[[15, 20], [25, 20], [25, 27], [15, 27], [15, 20]]]}
    (tmp_path / "area.geojson").write_text(json.dumps(area))
    text = """extends = "toy"
name = "jammed"
slots = 1
[[fault]]
kind = "jamming"
j_over_n_db = 60.0
region = { file = "area.geojson" }
"""
    (tmp_path / "jammed.toml").write_text(text)
    jam = build(load(tmp_path / "jammed.toml")).faults[0].jam
    assert jam.cells.is_inside.sum() == 2  # market and neighbour


def test_who_relays_for_pairs_follows_a_licence_granted_inside_the_run(tmp_path):
    """Neighbour's traffic may land at home alone: once it is licensed, Gate in XA may pass nothing on for it."""
    register = tmp_path / "law.toml"
    register.write_text(
        '[[record]]\ncountries = ["XB"]\nstatus = "pending"\nlanding = "in_country"\nsource = "made up"\n'
    )
    places = [
        {"name": n, "lat_deg": 23.5, "lon_deg": lon} for n, lon in (("Market", 19.2), ("Neighbour", 22.0))
    ]
    keys = {"pairs": "all", "places__place": places, "licences__records": str(register)}
    world = built({"kind": "licence", "status": "granted", "countries": ["XB"], "after_s": 15.0}, **keys)
    assert world.at(0).pairs.can_relay.tolist() == [True]
    assert world.at(1).pairs.can_relay.tolist() == [False]
