"""`why`: the chain for one place says what the run says, its sums add up, and its alternatives are what runs give."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import ecumene
from ecumene import load, simulate
from ecumene.exports.folder import slots_of
from ecumene.reasons import SETTLING_SLOTS
from ecumene.results.schema import CAUSES
from ecumene.scenario.schema import PlaceKeys, PlacesKeys
from ecumene.world import build

if TYPE_CHECKING:
    from ecumene.reasons import Chain
    from ecumene.scenario import Scenario
    from ecumene.slot import Slot

JAM = {
    "kind": "jamming",
    "name": "noise",
    "region": {"lat_deg": 48.5, "lon_deg": 37.9, "radius_km": 400.0},
    "direction": "uplink",
    "j_over_n_db": 30.0,
}
LOST = {"kind": "satellites", "name": "storm", "share": 0.7, "after_s": 15.0}
DARK = {"kind": "blackout", "name": "cable", "countries": ["NZ", "AU", "FJ"]}

SETTINGS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "bent pipe": {"isl.topology": "none"},
    "scarce": {"satellite.user_beams": 2, "satellite.capacity_gbps": 1.0, "gateways.antenna_gbps": 2.0},
    "high mask": {"terminal.min_elevation_deg": 50.0, "constellation.shells.0.planes": 20},
    "broken": {"fault": [JAM, LOST, DARK], "isl.topology": "none"},
    "one path": {"network.paths": "one", "latency.queueing": False, "downlink.margin_db": 3.0},
}


def planet(settings: str, slots: int = 3) -> Scenario:
    return load("starlink-gen1", overrides={"resolution": 3, "slots": slots, **SETTINGS[settings]})


@cache
def points() -> tuple[tuple[float, float], ...]:
    """Inhabited rows, some of each cause, and anywhere on the globe, sea and poles included."""
    rng = np.random.default_rng(5)
    rows = build(planet("as it is")).land.rows
    some = rng.choice(len(rows.cell), 6, replace=False)
    inhabited = [(float(rows.lat_deg[r]), float(rows.lon_deg[r])) for r in some]
    anywhere = [
        (round(float(lat), 3), round(float(lon), 3))
        for lat, lon in zip(
            np.degrees(np.arcsin(rng.uniform(-1, 1, 2))), rng.uniform(-180, 180, 2), strict=True
        )
    ]
    return (
        *inhabited,
        *anywhere,
        (48.5, 37.9),
        (-37.07, -12.31),
        (-21.14, -175.2),
        (20.0, 78.0),
        (89.9, 0.0),
    )


def followed(scenario: Scenario) -> tuple[list[str], Scenario]:
    names = [f"{lat},{lon}" for lat, lon in points()]
    places = tuple(
        PlaceKeys(name=name, lat_deg=lat, lon_deg=lon)
        for name, (lat, lon) in zip(names, points(), strict=True)
    )
    return names, scenario.model_copy(update={"places": PlacesKeys(place=places)})


def same(found: float | str | None, told: float | str) -> bool:
    is_nothing = isinstance(told, float) and np.isnan(told)
    return found is None or found in {0.0, ""} if is_nothing else found == told


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_chain_says_what_the_run_says(settings: str) -> None:
    """Cause, limit, counts, satellite, gateway, PoP, rate and round trip: the same bits, for places anywhere."""
    names, scenario = followed(planet(settings))
    table = simulate(scenario).places()
    met = set()
    for k, name in enumerate(names):
        slot = k % 3
        at = build_start(scenario, slot)
        chain = ecumene.why(scenario, name, at=at)
        line = int(np.flatnonzero((table["place"] == name) & (table["slot"] == slot))[0])
        row = {column: values[line] for column, values in table.items()}
        assert chain.moment.is_the_runs_own
        assert chain.moment.slot == slot
        assert chain.cause == row["cause"], name
        assert chain.sky.n_visible == row["n_visible"]
        assert (chain.sky.n_clear, chain.sky.n_usable) == (row["n_clear"], row["n_usable"])
        assert same(chain.mbps, float(row["mbps"]))
        assert chain.limit.name == row["limit"]
        if row["satellite"]:
            assert chain.way is not None
            assert chain.way.satellite == row["satellite"]
            assert (chain.way.gateway, chain.way.pop) == (row["gateway"], row["pop"])
            assert chain.way.rtt_ms == pytest.approx(row["rtt_ms"], abs=1e-9)
            assert sum(hop.kind == "isl" for hop in chain.way.hops) == row["hops"]
        met.add(chain.cause)
        adds_up(chain)
    assert len(met) >= 2, met


def build_start(scenario: Scenario, slot: int) -> Any:
    from datetime import timedelta

    assert scenario.start is not None
    return scenario.start + timedelta(seconds=slot * scenario.slot_s + 7.0)


def adds_up(chain: Chain) -> None:
    """Sums of the JSON: round trip, link budget; the ladder is the order of precedence down to the cause."""
    tree = json.loads(json.dumps(chain.as_tree(), allow_nan=False))
    names = [rung["cause"] for rung in tree["ladder"]]
    assert names == list(CAUSES[: CAUSES.index(tree["cause"]) + 1])
    assert [rung["holds"] for rung in tree["ladder"]] == [False] * (len(names) - 1) + [True]
    if (way := tree["way"]) is not None:
        parts = [way[part] for part in ("legs_ms", "queueing_ms", "processing_ms")]
        assert sum(parts) == pytest.approx(way["rtt_ms"], abs=1e-9)
        assert 2.0 * sum(hop["delay_ms"] for hop in way["hops"]) == pytest.approx(way["legs_ms"], abs=1e-9)
        assert -1e-9 <= way["queueing_ms"] <= 5.0 + 1e-9
        assert [a["end"] for a in way["hops"][:-1]] == [b["start"] for b in way["hops"][1:]]
        assert (way["n_paths"] == 1) == (way["main_share"] == 1.0)
    if (link := tree["budget"]) is not None:
        cn_db = link["pfd_dbw_m2_mhz"] + link["aperture_dbm2"] - link["scan_loss_db"] - link["noise_dbw_mhz"]
        assert cn_db - link["margin_db"] - link["jammer_loss_db"] == pytest.approx(link["cn_db"], abs=1e-9)
        assert link["efficiency"] * link["channel_mhz"] == pytest.approx(link["channel_mbps"])
        assert link["table_elevation_deg"] <= link["elevation_deg"] + 1e-9
    verdicts = [seen["verdict"] for seen in tree["sky"]["satellites"]]
    assert sum(v in {"usable", "serves"} for v in verdicts) == tree["sky"]["n_usable"]
    assert len(verdicts) - verdicts.count("broken") == tree["sky"]["n_visible"]
    assert verdicts.count("serves") == (tree["mbps"] > 0)


@cache
def run_slots(settings: str) -> list[Slot]:
    return list(slots_of(build(planet(settings)), 3))


@pytest.mark.parametrize("settings", ["as it is", "scarce", "broken"])
def test_the_row_has_the_cause_that_the_run_counts(settings: str) -> None:
    slot = run_slots(settings)[2]
    rows = slot.world.land.rows
    rng = np.random.default_rng(11)
    n_met = 0
    for r in rng.choice(len(rows.cell), 12, replace=False):
        place = f"{rows.lat_deg[r]},{rows.lon_deg[r]}"
        chain = ecumene.why(planet(settings), place, at=build_start(planet(settings), 2))
        if chain.where.country != slot.world.land.codes[rows.country[r]]:
            continue  # the cell's centre lies in its other country
        n_met += 1
        assert chain.lighting.row_cause == CAUSES[slot.service.cause[r]]
        assert chain.lighting.row_rtt_ms == pytest.approx(float(slot.service.rtt_s[r]) * 1e3, nan_ok=True)
        assert chain.lighting.row_demand_mbps * 1e6 == pytest.approx(float(slot.asked.row_bps[r]))
        cell = int(slot.world.land.cell_of_row[r])
        assert chain.lighting.units == max(int(slot.plan.units_of_cell[cell]), 0)
    assert n_met >= 6


def test_on_the_toy_planet_every_place_and_slot() -> None:
    scenario = load("toy")
    table = simulate(scenario).places()
    for place, slot, cause, limit in zip(
        table["place"], table["slot"], table["cause"], table["limit"], strict=True
    ):
        chain = ecumene.why(scenario, place, at=build_start(scenario, int(slot)))
        assert (chain.cause, chain.limit.name) == (cause, limit), place
        adds_up(chain)


def test_a_late_slot_is_settled_over_a_few_slots_and_says_so() -> None:
    scenario = planet("as it is", slots=40)
    late = ecumene.why(scenario, "Nairobi", at=build_start(scenario, 30))
    assert (late.moment.slot, late.moment.slots_before) == (30, SETTLING_SLOTS)
    assert not late.moment.is_the_runs_own
    whole = ecumene.why(scenario, "Nairobi", at=build_start(scenario, 30), from_the_start=True)
    assert whole.moment.is_the_runs_own
    assert (late.sky.n_visible, late.sky.n_clear) == (whole.sky.n_visible, whole.sky.n_clear)


def test_a_time_outside_the_run_begins_a_run_of_its_own() -> None:
    chain = ecumene.why(planet("as it is"), "Kyiv", at=build_start(planet("as it is"), 5_000))
    assert chain.moment.slot == 0
    assert chain.moment.utc == chain.moment.asked_utc
    assert "goes from 2026-03-24T12:00:12Z" in chain.moment.note


def alternative(chain: Chain, words: str) -> Any:
    return next(a for a in chain.alternatives if words in a.change)


def at_place(overrides: dict[str, Any], lat: float, lon: float) -> dict[str, Any]:
    """Return the place's line in the first slot of a run."""
    scenario = load("starlink-gen1", overrides={"resolution": 3, "slots": 1, **overrides})
    places = PlacesKeys(place=(PlaceKeys(name="here", lat_deg=lat, lon_deg=lon),))
    table = simulate(scenario.model_copy(update={"places": places})).places()
    return {column: values[0] for column, values in table.items()}


def test_with_a_licence_is_what_a_run_with_it_gives() -> None:
    chain = ecumene.why(planet("as it is"), "39.9,116.4")
    assert chain.cause == "no_licence"
    run = at_place({"licences.grant": ["CN"]}, 39.9, 116.4)
    assert alternative(chain, "with a licence").n_usable == run["n_usable"] > 0


def test_without_the_arc_is_what_a_run_without_it_gives() -> None:
    keys = {
        "terminal.min_elevation_deg": 60.0,
        "gateways.min_elevation_deg": 25.0,
        "terminal.gso_exclusion_deg": 40.0,
    }
    scenario = load("starlink-gen1", overrides={"resolution": 3, "slots": 1, **keys})
    chain = ecumene.why(scenario, "0.5,-30.5")
    assert chain.cause == "gso_arc"
    run = at_place({**keys, "terminal.gso_exclusion_deg": 0.0}, 0.5, -30.5)
    found = alternative(chain, "without the rule on the geostationary arc")
    assert found.n_usable == run["n_usable"] > 0


def test_a_lower_mask_is_the_highest_that_helps() -> None:
    keys = {"terminal.min_elevation_deg": 85.0}
    scenario = load("starlink-gen1", overrides={"resolution": 3, "slots": 1, **keys})
    chain = ecumene.why(scenario, "0.5,-30.5")
    assert chain.cause in {"no_satellite", "gso_arc"}
    found = alternative(chain, "with a mask of")
    mask_deg = float(found.change.split("mask of ")[1].split(" deg")[0])
    assert found.is_served
    assert mask_deg <= found.elevation_deg < mask_deg + 0.1
    run = at_place({"terminal.min_elevation_deg": mask_deg + 0.1}, 0.5, -30.5)
    assert run["n_clear"] == 0


def test_without_a_fault_is_a_run_without_it() -> None:
    scenario = load("starlink-gen1", overrides={"resolution": 3, "slots": 1, "fault": [JAM]})
    chain = ecumene.why(scenario, "48.5,37.9")
    assert (chain.cause, chain.limit.name) == ("jammed", "noise")
    run = at_place({}, 48.5, 37.9)
    found = alternative(chain, "without the fault 'noise'")
    assert (found.n_usable, found.is_served) == (run["n_usable"], True)


def test_a_gateway_lasers_and_landing_help_who_has_no_path() -> None:
    bent = ecumene.why(planet("bent pipe"), "-37.07,-12.31")
    assert bent.cause == "no_gateway_path"
    assert alternative(bent, "lasers").is_served
    assert alternative(bent, "gateway here").is_served
    india = ecumene.why(planet("as it is"), "20,78")
    assert alternative(india, "land anywhere").is_served
    assert alternative(india, "gateway here (in IN)").is_served
    assert india.licence.landing == "IN"


def test_a_gateway_can_be_tried_while_others_are_broken() -> None:
    scenario = load(
        "starlink-gen1", overrides={"resolution": 3, "slots": 1, "isl.topology": "none", "fault": [DARK]}
    )
    chain = ecumene.why(scenario, "-41.3,174.8")
    assert (chain.cause, chain.limit.name) == ("fault", "cable")
    assert alternative(chain, "without the fault 'cable'").is_served


def test_lasers_can_be_taken_away_while_something_is_broken() -> None:
    scenario = load("starlink-gen1", overrides={"resolution": 3, "slots": 1, "fault": [DARK]})
    chain = ecumene.why(scenario, "-5.5,-20.5")
    assert chain.cause == "served"
    assert not alternative(chain, "without any laser").is_served


def test_what_is_served_says_what_would_take_it_away() -> None:
    chain = ecumene.why(planet("as it is"), "-5.5,-20.5")
    assert chain.cause == "served"
    assert chain.where.country == ""
    assert {a.effect for a in chain.alternatives} == {"would take it away"}
    without = alternative(chain, f"without satellite {chain.way.satellite}")
    assert without.n_usable == chain.sky.n_usable - 1
    assert not alternative(chain, "without any laser").is_served


def test_the_next_satellite_comes_when_the_run_sees_it() -> None:
    scenario = load("toy", overrides={"slots": 120})
    table = simulate(scenario).places()
    n_met = 0
    for name in dict.fromkeys(table["place"]):
        own = table["place"] == name
        clear = np.flatnonzero(table["n_clear"][own] > 0)
        chain = ecumene.why(scenario, name)
        if chain.cause in {"no_satellite", "gso_arc"} and len(clear):
            n_met += 1
            assert chain.change_utc == table["utc"][own][clear[0]]
    assert n_met >= 1


def test_disputed_land_names_its_point_of_view() -> None:
    record = ecumene.why(planet("as it is"), "44.95,34.10")
    control = ecumene.why(
        load("starlink-gen1", overrides={"resolution": 3, "slots": 1, "licences.disputed": "control"}),
        "44.95,34.10",
    )
    assert (record.where.point_of_view, control.where.point_of_view) == ("record", "control")
    assert (record.where.law_of, control.where.law_of) == ("UA", "RU")
