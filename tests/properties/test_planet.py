"""What must hold for a whole planet, whatever the scenario: on Gen1 at H3 resolution 3, three slots."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ecumene import load, simulate
from ecumene.errors import ScenarioError
from ecumene.results.schema import CAUSES, TABLES

if TYPE_CHECKING:
    from ecumene.results.outcome import Results


@cache
def planet(**overrides: Any) -> Results:
    changes = {key.replace("__", "."): value for key, value in overrides.items()}
    return simulate(load("starlink-gen1", overrides={"slots": 3, "resolution": 3, **changes}))


def same(a: Results, b: Results) -> None:
    for name, table in a.tables.items():
        for column, values in table.items():
            other = b.tables[name][column]
            assert values.dtype == other.dtype
            is_equal = values == other
            if values.dtype.kind == "f":
                is_equal |= np.isnan(values) & np.isnan(other)
            assert is_equal.all(), f"{name}.{column}"


def test_the_same_scenario_gives_the_same_bits() -> None:
    again = simulate(load("starlink-gen1", overrides={"slots": 3, "resolution": 3}))
    same(planet(), again)
    times = "seconds"
    assert {k: v for k, v in planet().summary.items() if k != times} == {
        k: v for k, v in again.summary.items() if k != times
    }


def test_every_table_has_the_columns_it_declares() -> None:
    for name, variables in TABLES.items():
        table = planet().tables[name]
        assert list(table) == [v.name for v in variables]
        assert len({len(column) for column in table.values()}) == 1


def test_everybody_is_counted_once() -> None:
    summary, rows = planet().summary, planet().rows()
    assert summary["people"] == pytest.approx(rows["people"].sum())
    assert sum(c["people"] for c in summary["promise"]) == pytest.approx(summary["people"])
    assert sum(c["people"] for c in summary["causes"]) == pytest.approx(summary["people"])
    assert sum(c["rows_share"] for c in summary["causes"]) == pytest.approx(1.0)
    countries = planet().countries()
    assert countries["people"].sum() == pytest.approx(summary["people"])
    shares = sum(countries[f"share_{cause}"] for cause in CAUSES)
    assert shares == pytest.approx(np.ones(len(shares)), abs=1e-6)


def test_nobody_without_permission_is_served() -> None:
    countries, rows = planet().countries(), planet().rows()
    refused = set(countries["country"][~np.isin(countries["status"], ["licensed", "granted"])])
    assert {"CN", "RU", "IR", "KP"} <= refused
    of_refused = np.isin(rows["country"], sorted(refused))
    assert (rows["served"][of_refused] == 0).all()
    assert (rows["availability"][of_refused] == 0).all()
    assert set(rows["main_cause"][of_refused]) == {"no_licence"}


def test_served_never_exceeds_what_could_be_served_nor_carried_what_was_asked() -> None:
    rows, countries, traffic = planet().rows(), planet().countries(), planet().summary["traffic_gbps"]
    assert (rows["served"] <= rows["availability"]).all()
    assert (countries["carried_gbps"] <= countries["demand_gbps"] * (1 + 1e-9)).all()
    assert traffic["carried"] <= traffic["planned"] * (1 + 1e-9)
    assert traffic["planned"] <= traffic["upper_bound"] * (1 + 1e-9)


def test_no_satellite_or_gateway_is_overloaded() -> None:
    satellites, gateways = planet().satellites(), planet().gateways()
    assert (satellites["units_share"] <= 1).all()
    assert (satellites["carried_gbps_max"] <= 20.0 * (1 + 1e-9)).all()
    assert (gateways["carried_gbps_max"] <= gateways["capacity_gbps"] * (1 + 1e-9)).all()
    assert (gateways["antennas_used"] <= gateways["antennas"]).all()


def test_availability_does_not_depend_on_demand() -> None:
    crowded = planet(demand__subscribers=40_000_000)
    assert np.array_equal(planet().rows()["availability"], crowded.rows()["availability"])
    assert crowded.summary["traffic_gbps"]["demand"] > 2 * planet().summary["traffic_gbps"]["demand"]


def test_revoking_a_licence_darkens_that_country_alone() -> None:
    revoked = planet(licences__revoke=("BR",))
    before, after = planet().rows(), revoked.rows()
    of_brazil = before["country"] == "BR"
    assert before["availability"][of_brazil].max() == 1.0
    assert after["availability"][of_brazil].max() == 0.0
    assert np.array_equal(before["availability"][~of_brazil], after["availability"][~of_brazil])


def test_a_smaller_exclusion_angle_never_hides_a_satellite() -> None:
    wide, narrow = planet().places(), planet(terminal__gso_exclusion_deg=3.0).places()
    assert np.array_equal(wide["n_visible"], narrow["n_visible"])
    assert (narrow["n_clear"] >= wide["n_clear"]).all()
    assert narrow["n_clear"].sum() > 1.15 * wide["n_clear"].sum()


def test_round_trips_never_beat_light() -> None:
    places = planet().places()
    served = ~np.isnan(places["rtt_ms"])
    assert served.any()
    assert (places["rtt_geometry_ms"][served] >= 2 * places["slant_km"][served] / 299.792458).all()
    assert (places["rtt_ms"][served] >= places["rtt_geometry_ms"][served] + 28.0 - 1e-9).all()
    assert (places["elevation_deg"][served] >= 25.0).all()
    assert (places["n_usable"] <= places["n_clear"]).all()
    assert (places["n_clear"] <= places["n_visible"]).all()


def test_a_place_at_sea_is_permitted_unless_the_scenario_says_otherwise() -> None:
    at_sea = planet().places()["place"] == "Mid-Atlantic (at sea)"
    assert at_sea.any()
    assert set(planet().places()["cause"][at_sea]) == {"served"}
    closed = planet(licences__at_sea=False).places()
    assert set(closed["cause"][at_sea]) == {"no_licence"}
    assert set(closed["limit"][at_sea]) == {"licence: at sea not permitted"}


def test_bent_pipe_needs_a_gateway_in_sight_of_the_satellite() -> None:
    bent = planet(isl__topology="none")
    assert set(bent.places()["hops"][bent.places()["satellite"] != ""]) == {0.0}
    assert (bent.rows()["availability"] <= planet().rows()["availability"]).all()
    assert bent.summary["people_share"]["available"] < planet().summary["people_share"]["available"]


def test_licensed_is_not_sold() -> None:
    """India is licensed, lands only at home, and nothing is sold there: a gateway of its own makes it available."""
    india = planet().countries()["country"] == "IN"
    assert planet().countries()["status"][india] == "licensed"
    assert any("Licensed but not sold" in note and "IN" in note for note in planet().summary["notes"])
    assert planet().countries()["main_cause"][india] == "no_gateway_path"
    gate = {"name": "Gate", "country": "IN", "lat_deg": 21.0, "lon_deg": 79.0}
    helped = simulate(load("starlink-gen1", overrides={"slots": 2, "resolution": 3, "gateways.site": [gate]}))
    rows = helped.rows()
    of_india = rows["country"] == "IN"
    assert rows["availability"][of_india].mean() > 0.9
    assert (rows["served"][of_india] == 0).all()
    keys = {"slots": 2, "resolution": 3, "gateways.site": [gate], "licences.grant": ["IN"]}
    granted = simulate(load("starlink-gen1", overrides=keys)).rows()
    assert granted["served"][granted["country"] == "IN"].mean() > 0.1


def test_a_planet_that_asks_for_nothing_is_available_and_carries_nothing() -> None:
    idle = planet(demand__subscribers=0)
    assert np.array_equal(idle.rows()["availability"], planet().rows()["availability"])
    assert set(idle.summary["traffic_gbps"].values()) == {0.0}
    assert (idle.places()["mbps"][idle.places()["satellite"] != ""] > 0).all()


def test_a_few_countries_are_cut_out_of_the_planet() -> None:
    """The rows are the planet's own, with the same people and subscribers; what is not computed asks for nothing."""
    whole, few = planet().rows(), planet(countries=("PL", "UA")).rows()
    kept = np.isin(whole["country"].astype(str), ["PL", "UA"])
    for column in ("cell", "country", "share", "people", "availability"):
        assert np.array_equal(few[column], whole[column][kept]), column
    before, after = planet().countries(), planet(countries=("PL", "UA")).countries()
    assert set(after["country"]) == {"PL", "UA"}
    for code in ("PL", "UA"):
        a, b = (float(t["subscribers"][t["country"] == code][0]) for t in (before, after))
        assert a == pytest.approx(b)
    assert any("PL, UA" in note for note in planet(countries=("PL", "UA")).summary["notes"])


def test_an_unknown_country_is_told() -> None:
    with pytest.raises(ScenarioError, match=r"countries: unknown country code 'UK'"):
        planet(countries=("UK",))
