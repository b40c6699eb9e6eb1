"""The planet in a few numbers, on a planet of six rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecumene.results.schema import CAUSES, Table
from ecumene.results.summary import (
    Remedies,
    causes,
    country_table,
    places_in_short,
    promise,
    weighted_percentile,
    worst_countries,
    worst_isolated,
)


@pytest.fixture
def rows() -> Table:
    def words(*values: str) -> np.ndarray:
        return np.array(values, dtype=object)

    return {
        "cell": np.arange(6, dtype=np.uint64),
        "country": words("AA", "AA", "AA", "BB", "BB", "CC"),
        "people": np.array([1000.0, 50.0, 60.0, 500.0, 40.0, 30.0]),
        "settlement": words("urban", "isolated", "isolated", "rural", "isolated", "isolated"),
        "lat_deg": np.array([0.0, 1.0, 2.0, 3.0, 70.0, 5.0]),
        "lon_deg": np.zeros(6),
        "availability": np.array([1.0, 1.0, 0.5, 0.0, 0.0, 1.0]),
        "served": np.array([0.5, 0.0, 0.0, 0.0, 0.0, 1.0]),
        "mbps_p50": np.array([2.0, 0.0, 0.0, 0.0, 0.0, 3.0]),
        "rtt_ms_p50": np.array([30.0, np.nan, np.nan, np.nan, np.nan, 40.0]),
        "main_cause": words("partly", "no_beam", "no_beam", "no_licence", "no_satellite", "served"),
    }


def remedies(*, has_isls: bool = True) -> Remedies:
    reachable = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    return Remedies(reachable, has_isls, lambda *_: ("Gate", 812.0), lambda *_: ("Town", 7.0))


def test_the_promise_counts_people_by_class(rows: Table) -> None:
    urban, rural, isolated = promise(rows, np.array([2.0, np.nan, 3.0]))
    assert (urban["people"], urban["could_be_served"], urban["served"], urban["mbps_p50"]) == (
        1000,
        1000,
        500,
        2.0,
    )
    assert (rural["people"], rural["could_be_served"], rural["served"], rural["mbps_p50"]) == (
        500,
        0,
        0,
        None,
    )
    assert (isolated["people"], isolated["could_be_served"], isolated["served"]) == (180, 110, 30)


def test_causes_weigh_people_and_add_up(rows: Table) -> None:
    share = np.zeros((6, len(CAUSES)))
    share[np.arange(6), [CAUSES.index(c) for c in rows["main_cause"]]] = 1.0
    found = causes(rows["people"], share)
    assert [entry["cause"] for entry in found] == [
        "partly",
        "no_licence",
        "no_beam",
        "no_satellite",
        "served",
    ]
    assert sum(entry["people"] for entry in found) == pytest.approx(1680)
    assert sum(entry["rows_share"] for entry in found) == pytest.approx(1)


def test_countries_are_weighted_by_people(rows: Table) -> None:
    share = np.zeros((6, len(CAUSES)))
    share[np.arange(6), [CAUSES.index(c) for c in rows["main_cause"]]] = 1.0
    table = country_table(
        country_of_row=np.array([0, 0, 0, 1, 1, 3], np.int32), codes=("AA", "BB", "DD", "CC"),
        names=("Aland", "Bland", "Dland", "Cland"), statuses=("licensed", "refused", "licensed", "licensed"),
        rows=rows, cause_share=share, subscribers=np.ones(6), demand_bps=np.array([3e9, 2e9, 0.0, 1e9]),
        carried_bps=np.array([15e8, 1e9, 0.0, 5e8]),
        spilled_people=np.array([0.0, 5.0, 7.0, 0.0, 0.0, 0.0]),
    )  # fmt: skip
    assert list(table["country"]) == ["AA", "BB", "CC"]  # Dland has no row
    assert table["served"] == pytest.approx([500 / 1110, 0.0, 1.0])
    assert table["demand_gbps"] == pytest.approx([3, 2, 1])
    assert list(table["main_cause"]) == ["partly", "no_licence", "served"]
    assert table["people_spilled"].tolist() == [12.0, 0.0, 0.0]
    assert table["rtt_ms_p50"][[0, 2]] == pytest.approx([30, 40])
    assert np.isnan(table["rtt_ms_p50"][1])
    assert [entry["country"] for entry in worst_countries(table)] == ["BB", "AA", "CC"]  # none is large: all


def test_the_worst_isolated_places_name_each_lot_once(rows: Table) -> None:
    found = worst_isolated(rows, remedies(), {"AA": "Aland", "BB": "Bland"})
    assert [(e["country"], e["cause"], e["people_alike"]) for e in found] == [
        ("AA", "no_beam", 110.0),
        ("BB", "no_satellite", 40.0),
    ]
    assert found[0]["people"] == 60.0  # the less available of the two
    assert found[0]["near"] == "7 km from Town"
    assert found[1]["remedy"] == "more satellites that reach latitude 70 deg"


@pytest.mark.parametrize(
    ("cause", "has_isls", "reachable", "said"),
    [
        ("no_licence", True, 1.0, "a licence in Aland"),
        (
            "no_licence",
            False,
            0.0,
            "a licence in Aland, and a gateway nearby (the nearest, Gate, is 812 km away), or ISLs",
        ),
        (
            "no_gateway_path",
            True,
            0.0,
            "a gateway nearby (the nearest, Gate, is 812 km away) permitted to carry its traffic",
        ),
        ("no_gateway_path", False, 0.0, "a gateway nearby (the nearest, Gate, is 812 km away), or ISLs"),
        ("gso_arc", True, 1.0, "a smaller exclusion angle to the geostationary arc, or more satellites"),
        ("no_feeder_capacity", True, 1.0, "more gateway antennas"),
    ],
)
def test_remedies_follow_the_cause(
    rows: Table, cause: str, has_isls: bool, reachable: float, said: str
) -> None:
    rows["main_cause"][1] = cause
    rows["main_cause"][2] = "served"
    rows["served"][2] = 1.0
    advice = remedies(has_isls=has_isls)
    advice.reachable[1] = reachable
    assert worst_isolated(rows, advice, {"AA": "Aland"})[0]["remedy"] == said


def test_weighted_percentile_is_nearest_rank() -> None:
    values, weights = np.array([3.0, 1.0, np.nan, 2.0]), np.array([1.0, 1.0, 9.0, 2.0])
    assert weighted_percentile(values, weights, 0) == 1.0
    assert weighted_percentile(values, weights, 50) == 2.0
    assert weighted_percentile(values, weights, 95) == 3.0
    assert weighted_percentile(values, np.zeros(4), 50) is None


def test_a_row_served_at_times_is_told_by_the_cause_of_its_gaps(rows: Table) -> None:
    rows["served"][2] = 0.6
    rows["main_cause"][2] = "served"
    gaps = np.array(["partly", "no_beam", "gso_arc", "no_licence", "no_satellite", "no_beam"], dtype=object)
    known = Remedies(np.ones(6), True, lambda *_: ("Gate", 812.0), lambda *_: ("Town", 7.0), gaps)
    found = {entry["lat_deg"]: entry for entry in worst_isolated(rows, known, {})}
    assert found[2.0]["cause"] == "gso_arc"
    assert "exclusion angle" in found[2.0]["remedy"]


def test_places_over_all_slots() -> None:
    table = {
        "place": np.array(["B", "A"] * 4, dtype=object),
        "cause": np.array(["served", "gso_arc"] * 3 + ["no_beam", "served"], dtype=object),
        "n_visible": np.array([4, 2] * 4),
        "n_clear": np.array([3, 0, 3, 0, 3, 0, 3, 1]),
        "n_usable": np.array([2, 0, 2, 0, 2, 0, 1, 1]),
        "rtt_ms": np.array([40.0, np.nan, 42.0, np.nan, 44.0, np.nan, np.nan, 70.0]),
    }
    b, a = places_in_short(table, 15.0)
    assert (b["place"], b["availability"], b["longest_gap_s"], b["rtt_ms_p50"]) == ("B", 1.0, 0.0, 42.0)
    assert (a["place"], a["availability"], a["longest_gap_s"], a["cause"]) == ("A", 0.25, 45.0, "gso_arc")
    assert (b["n_visible_mean"], b["n_clear_mean"], b["n_usable_mean"]) == (4.0, 3.0, 1.75)


def test_where_it_is_licensed_and_not_sold_a_licence_is_no_remedy(rows: Table) -> None:
    changed = {**rows, "main_cause": np.full(6, "no_licence", object)}
    advice = remedies()
    unsold = replace(advice, is_unsold=np.ones(6, np.bool_))
    assert worst_isolated(changed, advice, {"AA": "Aland"})[0]["remedy"] == "a licence in Aland"
    assert worst_isolated(changed, unsold, {"AA": "Aland"})[0]["remedy"] == "the service sold in Aland"
