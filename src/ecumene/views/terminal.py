"""The planet in the terminal: the promise first, then who is left out and why."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from ecumene.results.schema import CAUSE_WORDS, PAIR_CAUSE_WORDS
from ecumene.views.wording import (
    duration_text,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
    utc_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIN_WIDTH = 60
N_GATEWAYS = 5
N_COUNTRIES = 6

N_PLACES = 12
"""A longer list of places stands in the report alone."""

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|km|deg|[MG]bit/s|million|billion|[NSEW])\b|%)")
_LABEL = 26
"""Width of the column that says what a line is about."""


def summary_text(
    summary: Mapping[str, Any], width: int = 100, *, heading: Callable[[str], str] = lambda text: text
) -> str:
    """Return a run's summary as plain text.

    Parameters
    ----------
    summary
        What ``summary.json`` holds.
    width
        Columns of the terminal; lines are folded at it, 60 at least.
    heading
        What to do to headings, for example print them bold; by default nothing.

    Returns
    -------
    text
        Lines without a newline at the end.
    """
    width = max(width, MIN_WIDTH)
    blocks = [
        _title(summary, width, heading),
        _promise(summary, heading),
        _planet(summary, width),
        _places(summary, width, heading),
        _pairs(summary, width, heading),
        _faults(summary, width, heading),
        _isolated(summary, width, heading),
        _notes(summary, width, heading),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _title(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    satellites = summary["satellites"]
    facts = [
        f"{summary['slots']:,} x {number_text(summary['slot_s'])} s from {utc_text(summary['start_utc'])}",
        f"{satellites['scheduled']:,} of {satellites['listed']:,} satellites",
        f"{summary['gateways']:,} {'gateway' if summary['gateways'] == 1 else 'gateways'}",
        f"{summary['cells']:,} cells",
        f"{people_text(summary['people'])} people",
        f"seed {summary['seed']}",
    ]
    title = _wrap(summary["title"] or summary["scenario"], width)
    return [*map(heading, title), *_wrap("; ".join(facts), width)]


def _promise(summary: Mapping[str, Any], heading: Callable[[str], str]) -> list[str]:
    """Return the headline: for each class how many could be served, are served, and how fast."""
    lines = [
        heading(f"{'The promise':<12}{'people':>12}{'could be served':>25}{'are served':>25}{'Mbit/s':>9}")
    ]
    for entry in summary["promise"]:
        people = entry["people"]
        lines.append(
            f"  {entry['settlement']:<10}{people_text(people):>12}"
            f"{_of(entry['could_be_served'], people):>25}{_of(entry['served'], people):>25}"
            f"{number_text(entry['mbps_p50']):>9}"
        )
    return lines


def _of(part: float, whole: float) -> str:
    """Return people and their share of a whole."""
    if whole <= 0.0:
        return people_text(part)
    return f"{people_text(part)} ({share_text(part / whole)})"


def _planet(summary: Mapping[str, Any], width: int) -> list[str]:
    people, cells = summary["people_share"], summary["cells_share"]
    mbps, rtt, traffic = summary["mbps"], summary["rtt_ms"], summary["traffic_gbps"]
    told = {name: share_text(people[name]) for name in ("licensed", "available", "served")}
    lines = [
        ("People", "licensed {licensed}, could be served {available}, served {served}".format_map(told)),
        ("Cells", f"could be served {share_text(cells['available'])}, served {share_text(cells['served'])}"),
        ("Not served (people)", causes_text(summary["causes"])),
        ("Mbit/s a subscriber", _spread(mbps, "Mbit/s")),
        ("Round trip to the PoP", _spread(rtt, "ms")),
        ("Traffic", _traffic(traffic)),
        ("Busiest gateways", _gateways(summary["gateways_busiest"])),
        *_risk(summary),
        *_spill(summary),
        ("Worst large countries", _countries(summary["countries_worst"])),
    ]
    return [line for label, text in lines for line in _folded(label, text, width)]


def causes_text(causes: list[dict[str, Any]]) -> str:
    """Return the shares of people not served, or not in full, by cause."""
    told = ", ".join(
        f"{c['words']} {share_text(c['people_share'])}"
        for c in causes
        if c["cause"] not in {"partly", "served"}
    )
    partly = "".join(
        f"; {c['words']} {share_text(c['people_share'])}" for c in causes if c["cause"] == "partly"
    )
    return (told or "nobody") + partly


def _spread(percentiles: Mapping[str, float | None], unit: str) -> str:
    if percentiles["p50"] is None:
        return "nobody is served"
    return (
        f"median {quantity_text(percentiles['p50'], unit)}, 90 % of people served between "
        f"{number_text(percentiles['p5'])} and {quantity_text(percentiles['p95'], unit)}"
    )


def _traffic(traffic: Mapping[str, float]) -> str:
    text = (
        f"{quantity_text(traffic['carried'], 'Gbit/s')} carried of {number_text(traffic['demand'])} asked for"
    )
    bound = traffic.get("upper_bound")
    if bound is not None and bound < 0.999 * traffic["demand"]:
        text += f"; no plan of beams could bring more than {number_text(bound)}"
    network = network_text(traffic)
    return f"{text}. {network}" if network else text


def network_text(traffic: Mapping[str, float]) -> str:
    """Return how much of what the beams bring gets home, beside what could, and beside one path; empty if unknown."""
    planned, possible, one_path = (traffic.get(name) for name in ("planned", "possible", "one_path"))
    if not planned or possible is None or one_path is None:
        return ""
    carried = traffic["carried"]
    told = (
        f"Of {number_text(planned)} that the beams bring, {share_text(min(carried / planned, 1.0))} get home"
    )
    if possible < 0.999 * planned:  # else the share reads as all of it, or nearly
        told += f" (no routing could bring more than {share_text(possible / planned)})"
    return f"{told}; over quickest paths alone {share_text(min(one_path / planned, 1.0))}"


def _risk(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the gateways whose failure costs most people their service, as a line, where there are any."""
    gateways = summary.get("gateways_riskiest", [])[:N_GATEWAYS]
    told = ", ".join(
        f"{g['gateway']} {g['country']} {people_text(g['people_lost'])} people" for g in gateways
    )
    if told:
        return [("If a gateway fails", f"{told} lose service")]
    n_tried = summary.get("gateways_tried", 0)
    told = f"nobody loses service, whichever of the {n_tried} that bring most people home it is"
    return [("If a gateway fails", told)] if n_tried else []


def _spill(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how many people without permission live under beams lit for others, as a line, where there are any."""
    spill = summary.get("spill", {"people": 0.0})
    if spill["people"] < 1.0:
        return []
    told = ", ".join(f"{c['name']} {people_text(c['people'])}" for c in spill["countries"][:N_COUNTRIES])
    low, high = spill["pfd_dbw_m2_mhz"]
    people = people_text(spill["people"])
    strength = f"-3 dB contour, {low:g} to {high:g} dBW/m2/MHz"
    text = f"{people} people without permission under beams lit for others ({strength}): {told}"
    return [("Beams across borders", text)]


def _gateways(gateways: list[dict[str, Any]]) -> str:
    told = (
        f"{g['gateway']} {g['country']} {quantity_text(g['carried_gbps_mean'], 'Gbit/s')}"
        f" (load {share_text(g['load_p50'])})"
        for g in gateways[:N_GATEWAYS]
        if g["carried_gbps_mean"]
    )
    return ", ".join(told) or "no gateway carries anything"


def _countries(countries: list[dict[str, Any]]) -> str:
    told = (
        f"{c['name']} {share_text(c['served'])} ({CAUSE_WORDS.get(c['main_cause'], c['main_cause'])})"
        for c in countries[:N_COUNTRIES]
    )
    return ", ".join(told) or "no country has inhabited cells"


def _folded(label: str, text: str, width: int) -> list[str]:
    return _wrap(text, width, f"{label:<{_LABEL - 2}}  ", " " * _LABEL)


def _wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Fold a text at blanks, but never between a number and its unit."""
    held = _BEFORE_UNIT.sub("\u00a0", text)
    lines = textwrap.wrap(held, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def _places(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    """Return the named places where they are few: how often a satellite is usable, how many, what gaps there are."""
    places = summary.get("places", [])
    if not 0 < len(places) <= N_PLACES:
        return []
    lines = [
        heading("Places (usable: clear of the geostationary arc, and with a path home; all in places.csv)")
    ]
    for place in places:
        rtt = (
            ""
            if place["rtt_ms_p50"] is None
            else f", round trip to the PoP {quantity_text(place['rtt_ms_p50'], 'ms')}"
        )
        gap = f", longest gap {duration_text(place['longest_gap_s'])}" if place["longest_gap_s"] else ""
        cause = "" if place["availability"] > 0.0 else f": {CAUSE_WORDS[place['cause']]}"
        counts = (
            f"; satellites in view {number_text(place['n_visible_mean'])}, clear {number_text(place['n_clear_mean'])}, "
            f"usable {number_text(place['n_usable_mean'])} (means)"
        )
        text = f"{place['place']}: could be served {share_text(place['availability'])} of the time"
        lines += _wrap(f"{text}{gap}{cause}{rtt}{counts}", width, "  ", "      ")
    return lines


def _pairs(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    """Return the first pairs of places: median round trip, beside fibre and light, or why there is none."""
    pairs = summary.get("pairs", [])
    lines = [heading("Round trips over the satellites (median; all in pairs.csv)")] if pairs else []
    for pair in pairs:
        ends = f"{pair['from']} - {pair['to']}: "
        if pair["rtt_ms_p50"] is None:
            lines += _wrap(f"{ends}not joined: {PAIR_CAUSE_WORDS[pair['cause']]}", width, "  ", "      ")
            continue
        part = "" if pair["joined"] == 1.0 else f"; joined in {share_text(pair['joined'])} of the slots"
        times = f"{number_text(pair['rtt_ms_p50'])} ms; fibre {number_text(pair['fibre_rtt_ms'])} ms"
        lines += _wrap(
            f"{ends}{times}, light {number_text(pair['light_rtt_ms'])} ms{part}", width, "  ", "      "
        )
    return lines


def _faults(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    """Return what each fault did: before, during, after."""
    faults = summary.get("faults", [])
    lines = [heading("Faults (before: the last 10 min; all in faults.csv)")] if faults else []
    for fault in faults:
        lines += _wrap(fault_text(fault), width, "  ", "      ")
    return lines


def fault_text(fault: Mapping[str, Any]) -> str:
    """Return one fault as a sentence: when, whom it cost service, and when that was over."""
    times = f"from {utc_text(fault['from_utc'])}" + (
        f" to {utc_text(fault['to_utc'])}" if fault["to_utc"] else " on"
    )
    told = []
    for name, words in (
        ("people_served", "people served"),
        ("people_available", "could be served"),
        ("people_reachable", "could be served if every law allowed it"),
    ):
        numbers = [fault[f"{name}_{when}"] for when in ("before", "during", "worst", "after")]
        lawful = [fault[f"people_available_{when}"] for when in ("before", "during", "worst", "after")]
        if any(numbers) and (name != "people_reachable" or numbers != lawful):
            before, during, worst, after = ("-" if n is None else people_text(n) for n in numbers)
            told.append(f"{words} {before} before, {during} during (worst slot {worst}), {after} after")
    rtt_ms = [fault[f"rtt_ms_mean_{when}"] for when in ("before", "during", "after")]
    if any(rtt_ms):
        told.append(f"round trip to the PoP {' / '.join(number_text(ms) for ms in rtt_ms)} ms")
    if fault["to_utc"] and fault["people_served_before"]:
        back_s = fault["recovery_s"]
        told.append("not recovered in this run" if back_s is None else f"recovered {_after(back_s)}")
    if not told:
        told.append("nobody could be served, before or during")
    where = f" (people of {fault['where']})" if fault["where"] else ""
    return f"{fault['fault']}, {times}{where}: {'; '.join(told)}"


def _after(seconds: float) -> str:
    return f"{duration_text(seconds)} after its end" if seconds else "at its end"


def _isolated(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    """Return the worst isolated inhabited places: where, who, why, and what would help."""
    places = summary["isolated_worst"]
    if not places:
        return []
    lines = [heading("Worst isolated inhabited places, with the cheapest remedy")]
    for number, place in enumerate(places, start=1):
        lines += _wrap(f"{number:>2}. {isolated_text(place)}", width, "  ", "      ")
    return lines


def isolated_text(place: Mapping[str, Any]) -> str:
    """Return one isolated place as a sentence: where, who, cause, remedy."""
    near = f"{place['near']}, " if place["near"] else ""
    return (
        f"{near}{place['country_name']} ({point_text(place['lat_deg'], place['lon_deg'])}), "
        f"{people_text(place['people'])} people, served {share_text(place['served'])}"
        f"{_alike(place)}: "
        f"{CAUSE_WORDS.get(place['cause'], place['cause'])}. Remedy: {place['remedy']}."
    )


def _alike(place: Mapping[str, Any]) -> str:
    """Return how many isolated people of the country share the lot of a place."""
    alike = place.get("people_alike", 0.0)
    return f" ({people_text(alike)} isolated people there alike)" if alike > place["people"] else ""


def _notes(summary: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    notes = [line for note in summary["notes"] for line in _wrap(note, width, "  ", "  ")]
    seconds = summary.get("seconds", {})
    took = f"Computed in {duration_text(seconds['slots'])}" if seconds else ""
    if took and seconds.get("per_slot_median"):
        took += f", {number_text(seconds['per_slot_median'])} s a slot"
    return [*([heading("Notes")] if notes else []), *notes, *([took + "."] if took else [])]
