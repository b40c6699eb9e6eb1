"""Comparisons: nothing against itself, the opposite the other way round, and the runs' own totals."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ecumene import load, simulate
from ecumene.errors import InputError
from ecumene.results.difference import (
    countries_csv,
    difference,
    read_side,
    rows_csv,
    side_of_results,
    value_text,
)
from ecumene.results.schema import CAUSES
from ecumene.results.store import write_results

if TYPE_CHECKING:
    from pathlib import Path

    from ecumene.results.difference import Side

RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "lasers": ("starlink-gen1", {"slots": 2, "resolution": 3}),
    "bent pipe": ("starlink-gen1", {"slots": 2, "resolution": 3, "isl.topology": "none"}),
    "law": (
        "starlink-gen1",
        {"slots": 2, "resolution": 3, "licences.grant": ["CN"], "licences.revoke": ["BR"]},
    ),
    "toy": ("toy", {}),
    "toy, high mask": ("toy", {"terminal.min_elevation_deg": 50.0}),
}


@cache
def side(name: str) -> Side:
    scenario, overrides = RUNS[name]
    return side_of_results(simulate(load(scenario, overrides=overrides)), name)


PAIRS = [("lasers", "bent pipe"), ("lasers", "law"), ("bent pipe", "law"), ("toy", "toy, high mask")]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_against_itself_is_nothing(name: str) -> None:
    found = difference(side(name), side(name))
    assert found.keys == []
    for entry in (found.totals, *found.countries, *found.classes):
        for measure in ("available", "served"):
            assert entry[f"{measure}_gained"] == entry[f"{measure}_lost"] == 0.0
            assert entry[f"{measure}_a"] == entry[f"{measure}_b"]
    assert found.losers == found.gainers == []
    assert all(flow["from"] == flow["to"] for flow in found.flows)
    assert len(rows_csv(found).splitlines()) == 1


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_the_other_way_round_is_the_opposite(a: str, b: str) -> None:
    there, back = difference(side(a), side(b)), difference(side(b), side(a))
    forth = {entry["country"]: entry for entry in there.countries}
    pairs = [(there.totals, back.totals), *((forth[e["country"]], e) for e in back.countries)]
    for one, other in pairs:
        for measure in ("available", "served"):
            assert one[f"{measure}_gained"] == other[f"{measure}_lost"]
            assert one[f"{measure}_a"] == other[f"{measure}_b"]
        assert one["rtt_ms_p50_a"] == other["rtt_ms_p50_b"]
    moved = {(flow["from"], flow["to"]): flow["people"] for flow in there.flows}
    assert moved == {(flow["to"], flow["from"]): flow["people"] for flow in back.flows}
    assert there.losers == [swapped(row) for row in back.gainers]
    assert [(k["key"], k["a"], k["b"]) for k in there.keys] == [(k["key"], k["b"], k["a"]) for k in back.keys]


def swapped(row: dict[str, Any]) -> dict[str, Any]:
    return row | {f"{n}_{s}": row[f"{n}_{o}"] for n in ("served", "cause") for s, o in ("ab", "ba")}


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_sums_are_the_runs_own_totals(a: str, b: str) -> None:
    found = difference(side(a), side(b))
    totals = found.totals
    for which, name in (("a", a), ("b", b)):
        summary = side(name).summary
        for measure in ("available", "served"):
            own = summary["people_share"][measure] * summary["people"]
            assert totals[f"{measure}_{which}"] == pytest.approx(own, rel=1e-9)
            parts = sum(entry[f"{measure}_{which}"] for entry in found.countries)
            assert parts == pytest.approx(own, rel=1e-9)
        assert totals[f"carried_gbps_{which}"] == summary["traffic_gbps"]["carried"]
    for entry in (totals, *found.countries, *found.classes):
        for measure in ("available", "served"):
            more = entry[f"{measure}_gained"] - entry[f"{measure}_lost"]
            assert more == pytest.approx(entry[f"{measure}_b"] - entry[f"{measure}_a"], abs=1e-3, rel=1e-9)
    for part in (found.flows, found.countries, found.classes):
        assert sum(entry["people"] for entry in part) == pytest.approx(totals["people"])
    assert totals["people"] == pytest.approx(side(a).summary["people"])


def test_why_is_told() -> None:
    found = difference(side("lasers"), side("law"))
    assert [key["key"] for key in found.keys] == ["licences.grant", "licences.revoke"]
    of = {entry["country"]: entry for entry in found.countries}
    assert of["BR"]["served_b"] == of["CN"]["served_a"] == 0.0
    assert of["BR"]["main_flow"]["to"] == of["CN"]["main_flow"]["from"] == "no_licence"
    assert {row["country"] for row in found.losers} >= {"BR"}
    only = difference(side("lasers"), side("law"), country="BR")
    assert only.totals["served_lost"] == of["BR"]["served_lost"] > 0.0
    assert [entry["country"] for entry in only.countries] == ["BR"]


def test_a_cut_of_the_lasers_takes_no_availability_to_anybody() -> None:
    found = difference(side("lasers"), side("bent pipe"))
    assert found.totals["available_gained"] == 0.0 < found.totals["available_lost"]
    assert ("served", "no_gateway_path") in {(flow["from"], flow["to"]) for flow in found.flows}
    assert found.places[0]["served_b"] < found.places[0]["served_a"]


def test_csv_has_every_country_and_the_rows_that_differ() -> None:
    found = difference(side("lasers"), side("bent pipe"))
    lines = list(csv.DictReader(countries_csv(found).splitlines()))
    assert len(lines) == len(found.countries)
    assert sum(float(line["served_lost"]) for line in lines) == pytest.approx(found.totals["served_lost"])
    rows = list(csv.DictReader(rows_csv(found).splitlines()))
    assert 0 < len(rows) < len(found.rows["cell"])
    gained = sum(float(r["people"]) * max(float(r["served_b"]) - float(r["served_a"]), 0.0) for r in rows)
    assert gained == pytest.approx(found.totals["served_gained"])
    assert {row["main_cause_b"] for row in rows} <= set(CAUSES)


def test_a_folder_says_what_its_run_said(tmp_path: Path) -> None:
    results = simulate(load("toy"))
    write_results(results, tmp_path / "toy")
    read, held = read_side(tmp_path / "toy"), side_of_results(results, "toy")
    for name, column in held.rows.items():
        kept = read.rows[name]
        if column.dtype.kind == "f":
            assert np.array_equal(kept, column.astype(kept.dtype), equal_nan=True), name
        else:
            assert kept.astype(str).tolist() == column.astype(str).tolist(), name
    assert difference(read, held).keys == []
    assert difference(read, side("toy, high mask")).totals == difference(held, side("toy, high mask")).totals


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(
        InputError, match="resolution 3, toy of 5: run both with the same --resolution, such as 3"
    ):
        difference(side("lasers"), side("toy"))
    few = side_of_results(
        simulate(load("starlink-gen1", overrides={"slots": 1, "resolution": 3, "countries": ["PL"]})), "few"
    )
    with pytest.raises(InputError, match=r"different rows .*few .* in 1 countries.*the same countries"):
        difference(side("lasers"), few)
    with pytest.raises(InputError, match="--country QQ: no row of this country"):
        difference(side("lasers"), side("law"), country="QQ")


def test_long_values_are_told_short() -> None:
    assert len(value_text("x" * 200)) == 60
