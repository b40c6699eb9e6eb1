"""Several runs beside each other: what is compared, what each licence brings, and how it is written."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecumene import __version__
from ecumene.errors import InputError, OutputError, RunError, did_you_mean
from ecumene.results.files import put_file
from ecumene.results.schema import Variable
from ecumene.results.store import check_place, fingerprint, json_text, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecumene.results.outcome import Results
    from ecumene.results.schema import Table
    from ecumene.scenario import Scenario

SWEEP_JSON, SWEEP_CSV = "sweep.json", "sweep.csv"

PLAN_KEYS = {
    "policy": "policy",
    "plan_served_gbps": "served_gbps",
    "plan_served_bound_gbps": "served_bound_gbps",
    "plan_served_gap": "served_gap",
    "plan_objective_gbps": "objective_gbps",
    "plan_objective_bound_gbps": "objective_bound_gbps",
    "plan_gap": "gap",
    "handovers_per_cell_hour": "handovers_per_cell_hour",
    "forced_share": "forced_share",
    "dwell_s_mean": "dwell_s_mean",
}
"""Measures of the plan, and what ``summary["plan"]`` calls them."""

MEASURES = tuple(
    Variable(*row)
    for row in (
        ("people_available", "float64", "", "people that could be served, times the share of slots"),
        ("share_available", "float64", "1", "the same over all people"),
        (
            "people_served",
            "float64",
            "",
            "people that are served, in full or in part, times the share of slots",
        ),
        ("share_served", "float64", "1", "the same over all people"),
        ("demand_gbps", "float64", "Gbit/s", "demand, mean over slots"),
        ("planned_gbps", "float64", "Gbit/s", "what the beams can give of it, mean over slots"),
        ("carried_gbps", "float64", "Gbit/s", "what reaches a PoP, mean over slots"),
        ("mbps_p50", "float64", "Mbit/s", "busy-hour rate of a subscriber, median over people served"),
        ("rtt_ms_p50", "float64", "ms", "round trip terminal-PoP-terminal, median over people served"),
        ("worst_cause", "str", "", "why most of those without service have none"),
        ("worst_cause_share", "float64", "1", "share of all people that this cause holds for"),
        ("policy", "str", "", "by which policy the beams were planned"),
        ("plan_served_gbps", "float64", "Gbit/s", "traffic the plan serves, mean over slots"),
        ("plan_served_bound_gbps", "float64", "Gbit/s", "no plan serves more (proven)"),
        ("plan_served_gap", "float64", "1", "how far below that bound it is, as a share of the bound"),
        ("plan_objective_gbps", "float64", "Gbit/s", "what the plan maximises, mean over slots"),
        ("plan_objective_bound_gbps", "float64", "Gbit/s", "no plan reaches more of it (proven)"),
        ("plan_gap", "float64", "1", "how far below that bound it is, as a share of the bound"),
        ("handovers_per_cell_hour", "float64", "1/h", "changes of the serving satellite, a cell and hour"),
        (
            "forced_share",
            "float64",
            "1",
            "cells, of those that ask, whose satellite went out of reach, a slot",
        ),
        ("dwell_s_mean", "float64", "s", "how long a satellite serves a cell, mean"),
        ("seconds", "float64", "s", "what the slots took to compute"),
    )
)
"""What is compared: the columns of `sweep.csv` after the swept keys."""

GAINS = ("people_available", "people_served", "carried_gbps", "carried_gbps_there")
"""What a new licence brings, in the order it is ranked by: on the whole planet, and in the country itself."""


@dataclass(frozen=True)
class Run:
    """One finished run of a sweep.

    Attributes
    ----------
    number
        Counted from 1, in the order of computing.
    varied
        Swept keys with their values in this run.
    measures
        By name, as in `MEASURES`; None where there is none.
    countries
        Facts of single countries by code: those whose licences are swept.
    folder
        Its results inside the sweep's folder; empty where they were not kept.
    """

    number: int
    varied: dict[str, Any]
    measures: dict[str, Any]
    countries: dict[str, dict[str, Any]]
    folder: str = ""


@dataclass(frozen=True)
class Comparison:
    """A sweep as far as it has come.

    Attributes
    ----------
    scenario, title
        What was varied.
    swept
        Keys and their values in order.
    identity
        Of all its runs together (`identity_of`).
    n_wanted
        Runs in all.
    runs
        Those that are finished.
    granted_key
        The swept key where new licences are swept, and each run grants some; else empty.
    """

    scenario: str
    title: str
    swept: dict[str, list[Any]]
    identity: str
    n_wanted: int
    runs: tuple[Run, ...] = ()
    granted_key: str = ""

    def with_run(
        self, results: Results, varied: Mapping[str, Any], *, folder: str = "", codes: Sequence[str] = ()
    ) -> Comparison:
        """Return the comparison with one more run.

        Parameters
        ----------
        results
            Of the run; only its measures are kept.
        varied
            Swept keys with their values in it.
        folder
            Where its results were kept, if they were.
        codes
            Countries whose facts are kept.
        """
        run = Run(
            number=len(self.runs) + 1,
            varied=dict(varied),
            measures=measures_of(results.summary),
            countries=country_facts(results.tables["countries"], codes),
            folder=folder,
        )
        return replace(self, runs=(*self.runs, run))

    def is_complete(self) -> bool:
        """Return whether every run is finished."""
        return len(self.runs) == self.n_wanted

    def in_order(self) -> list[Run]:
        """Return the runs as they are told: licences with the largest gain first, others as computed."""
        base = self.base()
        if base is None:
            return list(self.runs)
        others = [run for run in self.runs if run is not base]
        largest = max((len(run.varied[self.granted_key]) for run in others), default=1)
        together = [run for run in others if len(run.varied[self.granted_key]) == largest > 1]
        alone = [run for run in others if run not in together]
        return [base, *sorted(alone, key=lambda run: [-gain for gain in self.gains(run).values()]), *together]

    def base(self) -> Run | None:
        """Return the run without any new licence; None where licences are not swept or it has not been run."""
        if not self.granted_key:
            return None
        return next((run for run in self.runs if not run.varied[self.granted_key]), None)

    def gains(self, run: Run) -> dict[str, float]:
        """Return what a run has more than the one without a new licence; nothing where that has not been run."""
        base = self.base()
        if base is None:
            return {}
        more = {name: run.measures[name] - base.measures[name] for name in GAINS[:-1]}
        codes = [code for code in run.varied[self.granted_key] if code in run.countries]
        there = sum(run.countries[c]["carried_gbps"] - base.countries[c]["carried_gbps"] for c in codes)
        return {**more, GAINS[-1]: float(there)}


def measures_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is compared of one run, from its summary."""
    people, share, traffic = summary["people"], summary["people_share"], summary["traffic_gbps"]
    worst: Mapping[str, Any] = next(
        (c for c in summary["causes"] if c["cause"] not in {"served", "partly"}), {}
    )
    return {
        "people_available": share["available"] * people,
        "share_available": share["available"],
        "people_served": share["served"] * people,
        "share_served": share["served"],
        **{f"{name}_gbps": traffic[name] for name in ("demand", "planned", "carried")},
        "mbps_p50": summary["mbps"]["p50"],
        "rtt_ms_p50": summary["rtt_ms"]["p50"],
        "worst_cause": worst.get("cause"),
        "worst_cause_share": worst.get("people_share"),
        **{name: summary.get("plan", {}).get(key) for name, key in PLAN_KEYS.items()},
        "seconds": summary.get("seconds", {}).get("slots"),
    }


def country_facts(countries: Table, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return name, people, licence and main cause of countries; those without rows are left out."""
    names = ("name", "people", "status", "main_cause", "demand_gbps", "carried_gbps")
    places = {str(code): k for k, code in enumerate(countries["country"])}
    return {
        code: {name: _plain(countries[name][places[code]]) for name in names}
        for code in codes
        if code in places
    }


def identity_of(scenarios: Iterable[Scenario]) -> str:
    """Return the identity of a sweep: that of its runs, in order."""
    return hashlib.sha256("".join(map(fingerprint, scenarios)).encode()).hexdigest()


def drawn_measures() -> list[str]:
    """Return the measures that can be drawn: those that are numbers."""
    return [variable.name for variable in MEASURES if variable.dtype != "str"]


def curve_key(swept: Mapping[str, Sequence[Any]], measure: str) -> str:
    """Return the swept key a measure is drawn over.

    Raises
    ------
    InputError
        The measure does not exist, or is text; or not exactly one swept key has numbers.
    """
    known = drawn_measures()
    if measure not in known:
        hint = did_you_mean(measure, known) or f"; draw one of {', '.join(known)}"
        raise InputError(f"--plot {measure}: no measure of this name{hint}")
    numeric = [key for key, values in swept.items() if all(is_number(value) for value in values)]
    if len(numeric) != 1:
        found = f"{len(numeric)} of them ({', '.join(numeric)})" if numeric else "none"
        raise InputError(
            f"--plot {measure}: a curve needs one swept key with numbers, and there is {found}; leave out --plot"
        )
    return numeric[0]


def is_number(value: Any) -> bool:
    """Return whether a swept value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_sweep_folder(folder: Path, identity: str, *, force: bool) -> None:
    """Refuse a folder that cannot take a sweep, before anything is computed.

    Parameters
    ----------
    folder
        Where the sweep is to go; it may exist or not.
    identity
        Of the sweep (`identity_of`).
    force
        Overwrite another sweep.

    Raises
    ------
    OutputError
        It is a file, or holds other things than a sweep, or another sweep, or cannot be written to.
    """
    check_place(folder)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / SWEEP_JSON).is_file():
        raise OutputError(f"--out {folder}: holds other files and no sweep; name an empty or a new folder")
    known = read_json(folder / SWEEP_JSON)
    if not known.get("runs") and {entry.name for entry in folder.iterdir()} <= {SWEEP_CSV, SWEEP_JSON}:
        return  # nothing came of it
    if not force and known.get("identity") != identity:
        swept = ", ".join(known.get("swept", {})) or "another key"
        raise OutputError(
            f"--out {folder}: holds another sweep of '{known.get('scenario')}' (over {swept}); give another --out, "
            "or --force to overwrite it"
        )


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `sweep.json` and `sweep.csv`, each by a temporary name first.

    Raises
    ------
    RunError
        Writing failed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put_file(folder / SWEEP_CSV, csv_text(comparison).encode())
        put_file(folder / SWEEP_JSON, json_text(as_tree(comparison)).encode())
    except OSError as error:
        raise RunError(f"{folder}: writing the sweep failed: {error.strerror or error}") from None


def as_tree(comparison: Comparison) -> dict[str, Any]:
    """Return a sweep as `sweep.json` holds it."""
    return {
        "program": "ecumene",
        "version": __version__,
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "identity": comparison.identity,
        "scenario": comparison.scenario,
        "title": comparison.title,
        "swept": {key: [_json_value(value) for value in values] for key, values in comparison.swept.items()},
        "runs_wanted": comparison.n_wanted,
        "is_complete": comparison.is_complete(),
        "runs": [
            {
                "run": run.number,
                "varied": {key: _json_value(value) for key, value in run.varied.items()},
                "measures": run.measures,
                **({"countries": run.countries} if comparison.granted_key else {}),
                **({"gains": comparison.gains(run)} if comparison.granted_key else {}),
                "folder": run.folder or None,
            }
            for run in comparison.in_order()
        ],
    }


def csv_text(comparison: Comparison) -> str:
    """Return a sweep as `sweep.csv` holds it: one line a run, empty where there is no number."""
    text = io.StringIO()
    gain_names = [f"gain_{name}" for name in GAINS] if comparison.granted_key else []
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["run", *comparison.swept, *(v.name for v in MEASURES), *gain_names, "folder"])
    for run in comparison.in_order():
        gained = comparison.gains(run)
        lines.writerow(
            [
                run.number,
                *(value_text(run.varied[key]) for key in comparison.swept),
                *(run.measures[v.name] for v in MEASURES),
                *(gained.get(name) for name in GAINS if gain_names),
                run.folder,
            ]
        )
    return text.getvalue()


def value_text(value: Any) -> str:
    """Return a swept value as text; the entries of a list with blanks between them.

    Examples
    --------
    >>> [value_text(v) for v in (25.0, 4, True, "grid", ["IN", "ZA"])]
    ['25', '4', 'true', 'grid', 'IN ZA']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list | tuple):
        return " ".join(value_text(entry) for entry in value)
    return str(_json_value(value))


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _plain(value: Any) -> Any:
    """Return a cell of a table as JSON holds it."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain  # noqa: PLR0124 - NaN
