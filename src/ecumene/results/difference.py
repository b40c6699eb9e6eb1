"""Two results beside each other: who gained, who lost, where, and why.

Gained and lost are people times the share of slots: what a row has more of counts as gained, what it has less of as
lost, so that gained less lost is the difference of the two runs' own totals.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import InputError
from ecumene.results.keys import changed_keys
from ecumene.results.schema import CAUSES
from ecumene.results.store import MANIFEST, SUMMARY, check_intact, read_json, read_table
from ecumene.results.summary import weighted_percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecumene.results.outcome import Results
    from ecumene.results.schema import Table

MEASURES = ("available", "served")
"""What is gained and lost: people who could be served, and who are."""

MOST_ROWS, MOST_FLOWS = 12, 12
"""Rows and flows of causes that are told; the CSV has all."""

LEFT_OUT = ("name", "title")
"""Keys of a scenario in which two runs may differ without differing."""


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    Attributes
    ----------
    label
        What it is called: the folder or scenario as typed.
    keys
        The resolved scenario as JSON holds it.
    summary
        As `summary.json`.
    rows, places
        Result tables.
    """

    label: str
    keys: Mapping[str, Any]
    summary: Mapping[str, Any]
    rows: Table
    places: Table


@dataclass(frozen=True)
class Difference:
    """What a second run has more and less than a first.

    Attributes
    ----------
    a, b
        Labels.
    keys
        Keys of the scenario that differ, with both values.
    country
        Code of the only country that is compared; empty for all.
    totals
        By measure: people before, after, gained, lost; and Mbit/s, round trip (medians over people served, and the
        median change of those served in both), traffic.
    countries, classes
        One entry a country, or settlement class: the same, and its largest change of cause.
    flows
        People by main cause before and after, the largest first; those that stay are in it.
    losers, gainers
        Rows with most people lost and gained.
    places
        Named places both runs followed.
    rows
        Columns of every row, before and after.
    """

    a: str
    b: str
    keys: list[dict[str, Any]]
    country: str
    totals: dict[str, Any]
    countries: list[dict[str, Any]]
    classes: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    losers: list[dict[str, Any]]
    gainers: list[dict[str, Any]]
    places: list[dict[str, Any]]
    rows: Table

    def as_tree(self) -> dict[str, Any]:
        """Return all of it but the rows, as JSON holds it."""
        return {name: value for name, value in vars(self).items() if name != "rows"}


def side_of_results(results: Results, label: str) -> Side:
    """Return a finished run as one side of a comparison."""
    keys = results.scenario.model_dump(mode="json")
    return Side(label, keys, results.summary, results.tables["rows"], results.tables["places"])


def read_side(folder: Path) -> Side:
    """Return a result folder as one side of a comparison.

    Raises
    ------
    DamagedResultError
        It does not match its manifest, or another version wrote other columns.
    """
    check_intact(folder)
    manifest = read_json(folder / MANIFEST)
    rows, places = (read_table(folder, name) for name in ("rows", "places"))
    return Side(str(folder), manifest["scenario"], read_json(folder / SUMMARY), rows, places)


def difference(a: Side, b: Side, *, country: str = "") -> Difference:
    """Return who gained and who lost from one run to another.

    Parameters
    ----------
    a, b
        Before and after.
    country
        Compare this country alone.

    Returns
    -------
    difference
        Of A with itself nothing; of B with A the opposite.

    Raises
    ------
    InputError
        The runs have different cells, or none in the country.
    """
    before, after = _alike(a, b)
    if country:
        is_own = before["country"].astype(str) == country
        if not is_own.any():
            known = sorted(set(before["country"].astype(str)))
            raise InputError(
                f"--country {country}: no row of this country; there are {', '.join(known[:12])}, ..."
            )
        before, after = ({name: column[is_own] for name, column in t.items()} for t in (before, after))
    rows = _joined(before, after)
    every = np.ones(len(rows["cell"]), np.bool_)
    traffic = {} if country else _traffic(a.summary, b.summary)
    return Difference(
        a=a.label,
        b=b.label,
        keys=changed_keys(a.keys, b.keys, left_out=LEFT_OUT),
        country=country,
        totals={**_group(rows, every), **traffic},
        countries=sorted(_groups(rows, "country"), key=_by_people),
        classes=_groups(rows, "settlement"),
        flows=_flows(rows, every),
        losers=_rows_with_most(rows, "lost"),
        gainers=_rows_with_most(rows, "gained"),
        places=_places(a.places, b.places) if not country else [],
        rows=rows,
    )


def check_resolutions(labels: Sequence[str], resolutions: Sequence[int]) -> None:
    """Refuse two sides whose cells have different H3 resolutions.

    Raises
    ------
    InputError
        With what to run instead.
    """
    if resolutions[0] != resolutions[1]:
        raise InputError(
            f"{labels[0]} has cells of H3 resolution {resolutions[0]}, {labels[1]} of {resolutions[1]}: run both with "
            f"the same --resolution, such as {min(resolutions)}"
        )


def _alike(a: Side, b: Side) -> tuple[Table, Table]:
    """Return both tables of rows, or say why they cannot be compared."""
    check_resolutions([side.label for side in (a, b)], [side.summary["resolution"] for side in (a, b)])
    sides = [side.rows for side in (a, b)]
    if len(sides[0]["cell"]) == len(sides[1]["cell"]) and all(
        np.array_equal(sides[0][name].astype(str), sides[1][name].astype(str)) for name in ("cell", "country")
    ):
        if not np.allclose(sides[0]["people"], sides[1]["people"], rtol=1e-9):
            raise InputError(
                f"{a.label} and {b.label} have the same cells with other people; run both with one version"
            )
        return sides[0], sides[1]
    counts = [
        f"{side.label} {len(side.rows['cell']):,} rows in {len(set(side.rows['country'])):,} countries"
        for side in (a, b)
    ]
    raise InputError(
        f"the runs have different rows ({'; '.join(counts)}): who gained is a question for the same land; give both "
        "the same countries, or the same [[cell]]s"
    )


def _joined(before: Table, after: Table) -> Table:
    """Return rows with columns of both sides."""
    same = ("cell", "country", "share", "people", "settlement", "lat_deg", "lon_deg")
    both = ("availability", "served", "main_cause", "mbps_p50", "rtt_ms_p50")
    return {
        **{name: before[name] for name in same},
        **{f"{name}_a": before[name] for name in both},
        **{f"{name}_b": after[name] for name in both},
    }


def _group(rows: Table, which: NDArray[np.bool_]) -> dict[str, Any]:
    """Return what some rows gained and lost together."""
    people = rows["people"][which].astype(np.float64)
    facts: dict[str, Any] = {"people": float(people.sum()), "rows": int(which.sum())}
    for name, column in zip(MEASURES, ("availability", "served"), strict=True):
        was, now = (rows[f"{column}_{side}"][which].astype(np.float64) for side in "ab")
        facts |= {
            f"{name}_a": float((people * was).sum()),
            f"{name}_b": float((people * now).sum()),
            f"{name}_gained": float((people * np.maximum(now - was, 0.0)).sum()),
            f"{name}_lost": float((people * np.maximum(was - now, 0.0)).sum()),
        }
    is_in_both = (rows["served_a"][which] > 0) & (rows["served_b"][which] > 0)
    for name in ("rtt_ms_p50", "mbps_p50"):
        was, now = (rows[f"{name}_{side}"][which].astype(np.float64) for side in "ab")
        facts[f"{name}_change"] = weighted_percentile((now - was)[is_in_both], people[is_in_both], 50)
        for side in "ab":
            is_served = rows[f"served_{side}"][which] > 0
            values = rows[f"{name}_{side}"][which].astype(np.float64)[is_served]
            facts[f"{name}_{side}"] = weighted_percentile(values, people[is_served], 50)
    return facts


def _groups(rows: Table, column: str) -> list[dict[str, Any]]:
    """Return the same for every country or class that has rows."""
    values = rows[column].astype(str)
    found = []
    for value in dict.fromkeys(values.tolist()):
        which = values == value
        flows = [flow for flow in _flows(rows, which) if flow["from"] != flow["to"]]
        found.append({column: value, **_group(rows, which), "main_flow": flows[0] if flows else None})
    return found


def _by_people(entry: Mapping[str, Any]) -> tuple[float, float, str]:
    moved = max(
        entry["served_gained"] + entry["served_lost"], entry["available_gained"] + entry["available_lost"]
    )
    return -moved, -entry["people"], entry["country"]


def _flows(rows: Table, which: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return people by main cause before and after, those who moved first, then the largest."""
    index = {cause: k for k, cause in enumerate(CAUSES)}
    was, now = (
        np.array([index[cause] for cause in rows[f"main_cause_{side}"][which].tolist()], np.int64)
        for side in "ab"
    )
    n = len(CAUSES)
    people = np.bincount(was * n + now, rows["people"][which].astype(np.float64), n * n)
    count = np.bincount(was * n + now, minlength=n * n)
    flows = [
        {"from": CAUSES[k // n], "to": CAUSES[k % n], "people": float(people[k]), "rows": int(count[k])}
        for k in np.flatnonzero(count).tolist()
    ]
    return sorted(
        flows, key=lambda flow: (flow["from"] == flow["to"], -flow["people"], flow["from"], flow["to"])
    )


def _rows_with_most(rows: Table, what: str) -> list[dict[str, Any]]:
    """Return the rows with most people served gained or lost; where none moved, could be served."""
    found: list[dict[str, Any]] = []
    for name, column in (("served", "served"), ("available", "availability")):
        change = rows[f"{column}_b"].astype(np.float64) - rows[f"{column}_a"].astype(np.float64)
        moved = rows["people"] * np.maximum(-change if what == "lost" else change, 0.0)
        order = np.lexsort((np.arange(len(moved)), -moved))[:MOST_ROWS]
        found = [_row(rows, int(r), name, float(moved[r])) for r in order if moved[r] > 0.0]
        if found:
            break
    return found


def _row(rows: Table, r: int, measure: str, people: float) -> dict[str, Any]:
    return {
        "cell": f"{int(rows['cell'][r]):x}",
        "country": str(rows["country"][r]),
        "settlement": str(rows["settlement"][r]),
        "lat_deg": float(rows["lat_deg"][r]),
        "lon_deg": float(rows["lon_deg"][r]),
        "people": float(rows["people"][r]),
        "measure": measure,
        "people_moved": people,
        "served_a": float(rows["served_a"][r]),
        "served_b": float(rows["served_b"][r]),
        "cause_a": str(rows["main_cause_a"][r]),
        "cause_b": str(rows["main_cause_b"][r]),
    }


def _places(a: Table, b: Table) -> list[dict[str, Any]]:
    """Return the places both runs followed: share of slots served, and median round trip."""
    found = []
    names = dict.fromkeys(str(name) for name in a["place"])
    known = {str(name) for name in b["place"]}
    for name in names:
        if name not in known:
            continue
        facts: dict[str, Any] = {"place": name}
        for side, table in (("a", a), ("b", b)):
            own = table["place"].astype(str) == name
            is_served = np.isfinite(table["rtt_ms"][own].astype(np.float64))
            rtt_ms = table["rtt_ms"][own].astype(np.float64)[is_served]
            words, counts = np.unique(table["cause"][own].astype(str), return_counts=True)
            facts |= {
                f"served_{side}": float(is_served.mean()),
                f"rtt_ms_p50_{side}": float(np.median(rtt_ms)) if len(rtt_ms) else None,
                f"cause_{side}": str(words[counts.argmax()]),
            }
        found.append(facts)
    return sorted(found, key=lambda place: place["served_b"] - place["served_a"])


def _traffic(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"carried_gbps_{side}": summary["traffic_gbps"]["carried"] for side, summary in (("a", a), ("b", b))
    }


COUNTRY_COLUMNS = (
    *("country", "people", "rows"),
    *(f"{name}_{what}" for name in MEASURES for what in ("a", "b", "gained", "lost")),
    *("rtt_ms_p50_a", "rtt_ms_p50_b", "rtt_ms_p50_change", "mbps_p50_a", "mbps_p50_b", "mbps_p50_change"),
)


def countries_csv(found: Difference) -> str:
    """Return the table of countries as CSV, with the largest change of cause."""
    lines: list[Sequence[Any]] = [[*COUNTRY_COLUMNS, "main_change", "main_change_people"]]
    for entry in found.countries:
        flow = entry["main_flow"]
        told = [f"{flow['from']} -> {flow['to']}", flow["people"]] if flow else ["", ""]
        lines.append([*(entry[name] for name in COUNTRY_COLUMNS), *told])
    return _csv(lines)


def rows_csv(found: Difference) -> str:
    """Return every row that differs in any column as CSV."""
    rows = found.rows
    names = [name.removesuffix("_a") for name in rows if name.endswith("_a")]
    differs = np.zeros(len(rows["cell"]), np.bool_)
    for name in names:
        was, now = rows[f"{name}_a"], rows[f"{name}_b"]
        other = was != now
        if was.dtype.kind == "f":
            other &= ~(np.isnan(was) & np.isnan(now))
        differs |= other.astype(np.bool_)
    columns = [column[differs].tolist() for column in rows.values()]
    cells = [f"{cell:x}" for cell in columns[0]]
    body = zip(cells, *columns[1:], strict=True)
    return _csv([list(rows), *([_blank(value) for value in line] for line in body)])


def _blank(value: Any) -> Any:
    return "" if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN


def _csv(lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def value_text(value: Any) -> str:
    """Return a value of a scenario in one short line.

    Examples
    --------
    >>> value_text(None), value_text("grid"), value_text(["IN", "ZA"])
    ('not given', 'grid', '["IN", "ZA"]')
    """
    if value is None:
        return "not given"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
