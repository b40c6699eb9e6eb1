"""A result as one exposition in Prometheus' text format 0.0.4: the run, its last slot, countries and gateways."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ecumene.results.schema import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecumene.results.outcome import Results
    from ecumene.results.schema import Table

Sample = tuple[dict[str, str], float]

COUNTRY_GAUGES = (
    ("country_people", "people", 1.0, "People in the computed rows of the country."),
    (
        "country_available_ratio",
        "availability",
        1.0,
        "Share of slots one terminal could be served, by people.",
    ),
    ("country_served_ratio", "served", 1.0, "Share of slots served in full or in part, by people."),
    ("country_demand_bps", "demand_gbps", 1e9, "Mean demand over the slots, bit/s."),
    ("country_carried_bps", "carried_gbps", 1e9, "Mean traffic carried over the slots, bit/s."),
    ("country_rtt_seconds", "rtt_ms_p50", 1e-3, "Median round trip terminal-PoP-terminal where served."),
)
GATEWAY_GAUGES = (
    ("gateway_capacity_bps", "capacity_gbps", 1e9, "Ceiling of the gateway, bit/s."),
    ("gateway_carried_bps", "carried_gbps_mean", 1e9, "Traffic, mean over slots, bit/s."),
    ("gateway_antennas", "antennas", 1.0, "Antennas."),
    ("gateway_antennas_used", "antennas_used", 1.0, "Antennas with a satellite, mean over slots."),
)
SLOT_GAUGES = (
    ("slot_number", "slot", 1.0, "Last slot, counted from 0."),
    ("slot_demand_bps", "demand_gbps", 1e9, "Traffic asked for in the last slot where permitted, bit/s."),
    ("slot_planned_bps", "planned_gbps", 1e9, "What the beams can give of it, bit/s."),
    ("slot_carried_bps", "carried_gbps", 1e9, "What reaches a PoP, bit/s."),
    ("slot_people_available", "people_available", 1.0, "People of whom one terminal could be served."),
    ("slot_people_served", "people_served", 1.0, "People served, in full or in part."),
    ("slot_rtt_seconds", "rtt_ms_mean", 1e-3, "Round trip, mean over people served."),
    ("slot_handovers", "handovers", 1.0, "Cells whose serving satellite changed."),
)
"""Metric, column, factor to the unit in its name, meaning."""


def prometheus_text(results: Results) -> str:
    """Return a result as metrics, all gauges, named `ecumene_..._UNIT`.

    Parameters
    ----------
    results
        A run.

    Returns
    -------
    text
        Ends in a new line. A number that is not known is left out.

    References
    ----------
    Prometheus documentation, "Exposition formats" (text format 0.0.4) and "Metric and label naming".
    """
    summary, slots = results.summary, results.slots()
    lines = [
        *_metric(
            "info",
            "The run these numbers come from.",
            [
                (
                    {key: str(summary[key]) for key in ("scenario", "version", "start_utc", "seed", "slots")},
                    1.0,
                )
            ],
        ),
        *_metric("satellites", "Satellites that are scheduled.", [({}, summary["satellites"]["scheduled"])]),
        *_metric("people", "People in all computed rows.", [({}, summary["people"])]),
    ]
    last = {name: column[-1:] for name, column in slots.items()}
    for name, column, factor, meaning in SLOT_GAUGES:
        lines += _metric(name, meaning, _samples(last, column, factor, ()))
    causes = [({"cause": cause}, float(last[f"cause_{cause}"][0])) for cause in CAUSES if len(last["slot"])]
    lines += _metric("slot_people_by_cause", "People by why they are (not) served, last slot.", causes)
    for name, column, factor, meaning in COUNTRY_GAUGES:
        lines += _metric(name, meaning, _samples(results.countries(), column, factor, ("country",)))
    for name, column, factor, meaning in GATEWAY_GAUGES:
        lines += _metric(name, meaning, _samples(results.gateways(), column, factor, ("gateway", "country")))
    gateways = results.gateways()
    loads = [
        ({**labels, "quantile": q}, value)
        for q, column in (("0.5", "load_p50"), ("0.95", "load_p95"), ("1", "load_max"))
        for labels, value in _samples(gateways, column, 1.0, ("gateway", "country"))
    ]
    lines += _metric("gateway_load_ratio", "Traffic over ceiling, quantile over slots.", loads)
    return "\n".join(lines) + "\n"


def _samples(table: Table, column: str, factor: float, labels: Sequence[str]) -> Iterator[Sample]:
    for k, value in enumerate(table[column].tolist()):
        yield {label: str(table[label][k]) for label in labels}, float(value) * factor


def _metric(name: str, meaning: str, samples: Iterable[Sample]) -> list[str]:
    """Return the lines of one gauge; lines with the same labels would be refused: of these the first stands."""
    known: dict[str, float] = {}
    for labels, value in samples:
        if math.isfinite(value):
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            known.setdefault(f"{{{inside}}}" if inside else "", value)
    if not known:
        return []
    head = [f"# HELP ecumene_{name} {meaning}", f"# TYPE ecumene_{name} gauge"]
    return [*head, *(f"ecumene_{name}{labels} {_number(value)}" for labels, value in known.items())]


def _number(value: Any) -> str:
    return repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
