"""One country in a finished run, as text and as a page of its own."""

from __future__ import annotations

import base64
import textwrap
from importlib import resources
from typing import TYPE_CHECKING, Any

from ecumene.results.schema import CAUSE_WORDS
from ecumene.views.palette import CAUSE_COLOURS
from ecumene.views.terminal import MIN_WIDTH
from ecumene.views.wording import (
    UNKNOWN,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
    utc_text,
)
from ecumene.views.worldmap import (
    CAUSE_TITLE,
    QUANTITIES,
    build_canvas,
    cause_map_png,
    map_alt_text,
    quantity_map_png,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecumene.results.schema import Table

MAPPED = ("availability", "mbps_p50", "rtt_ms_p50")
"""Quantities drawn beside the causes."""


def national_text(
    facts: Mapping[str, Any], width: int = 100, *, heading: Callable[[str], str] = lambda text: text
) -> str:
    """Return a country's facts as plain text.

    Parameters
    ----------
    facts
        From `ecumene.results.national.country_facts`.
    width
        Columns of the terminal, 60 at least.
    heading
        What to do to headings.
    """
    width = max(width, MIN_WIDTH)
    blocks = [
        [heading(_title(facts)), *_wrapped(_setting(facts), width)],
        [
            heading(f"{'':<46}{'people':>12}{'area':>12}"),
            *(f"{label:<46}{people:>12}{area:>12}" for label, people, area in share_lines(facts)),
        ],
        [line for label, text in told(facts) for line in _wrapped(text, width, f"{label:<26}")],
        _worst(facts, width, heading),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _title(facts: Mapping[str, Any]) -> str:
    return f"{facts['name']} ({facts['country']}): {facts['status'].replace('_', ' ')}"


def _setting(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['title'] or facts['scenario']}; {facts['slots']:,} x {number_text(facts['slot_s'])} s from "
        f"{utc_text(facts['start_utc'])}; seed {facts['seed']}; ecumene {facts['version']}; "
        f"{people_text(facts['people'])} people, {facts['area_km2']:,.0f} km2 in {facts['rows']:,} rows of "
        f"resolution {facts['resolution']}"
    )


def share_lines(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return label, share of people and share of area, line by line."""
    quality = facts["quality"]
    lines = [
        ("Could be served (one terminal, mean of slots)", facts["could_be_served"]),
        ("Are served (everyone's demand, mean of slots)", facts["are_served"]),
    ]
    for name, label in (
        ("asked", f"All {number_text(quality['asked']['mbps'])} Mbit/s asked for"),
        ("rtt", f"Served within {number_text(quality['rtt']['ms'])} ms"),
        ("down", f"{number_text(quality['down']['mbps'])} Mbit/s down"),
        (
            "down_and_rtt",
            f"{number_text(quality['down']['mbps'])} Mbit/s down within {number_text(quality['rtt']['ms'])} ms",
        ),
        ("up", f"{number_text(quality['up']['mbps'])} Mbit/s up"),
    ):
        for when, words in (("typical", "median slot"), ("reliable", "95 % of slots")):
            if quality[name][when] is not None:
                lines.append((f"{label}, {words}", quality[name][when]))
            elif when == "typical":
                lines.append((f"{label}", {}))
    return [
        (label, share_text(shares.get("people_share")), share_text(shares.get("area_share")))
        for label, shares in lines
    ]


def told(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what else is told of a country: label and sentence."""
    quality = facts["quality"]
    unknown = [
        (f"{number_text(quality[name]['mbps'])} Mbit/s {name}", quality[name]["note"])
        for name in ("down", "up")
        if quality[name]["note"]
    ]
    typical = (
        f"{quantity_text(facts['mbps_p50'], 'Mbit/s')} in the busy hour, "
        f"{quantity_text(facts['rtt_ms_p50'], 'ms')} to the PoP (medians over people)"
    )
    return [
        *unknown,
        ("A subscriber gets", UNKNOWN if facts["mbps_p50"] is None else typical),
        ("Settlements", _settlements(facts)),
        ("Traffic", _traffic(facts)),
        ("Comes down in", landings_text(facts["landings"])),
        ("Most that could leave", quantity_text(facts["most_gbps"], "Gbit/s")),
        ("People and slots by cause", _causes(facts["causes"])),
        *(
            [("Beams of neighbours", f"{people_text(facts['people_spilled'])} people without permission")]
            if facts["people_spilled"] >= 1.0
            else []
        ),
    ]


def _settlements(facts: Mapping[str, Any]) -> str:
    lived_in = [entry for entry in facts["settlements"] if entry["people"] > 0.0]
    return "; ".join(
        f"{entry['settlement']} {people_text(entry['people'])}: could be served "
        f"{share_text(entry['could_be_served'] / entry['people'])}, are {share_text(entry['served'] / entry['people'])}"
        for entry in lived_in
    )


def _traffic(facts: Mapping[str, Any]) -> str:
    return (
        f"{people_text(facts['subscribers'])} subscribers assumed; {quantity_text(facts['carried_gbps'], 'Gbit/s')} "
        f"carried of {number_text(facts['demand_gbps'])} asked for"
    )


def landings_text(landings: list[dict[str, Any]]) -> str:
    """Return over whose gateways traffic comes down, most first."""
    return (
        ", ".join(f"{way['name']} {share_text(way['share'])}" for way in landings) or "no traffic is carried"
    )


def _causes(causes: list[dict[str, Any]]) -> str:
    return ", ".join(f"{cause['words']} {share_text(cause['people_share'])}" for cause in causes)


def worst_text(place: Mapping[str, Any]) -> str:
    """Return one of the cells that leave most people without service as a sentence."""
    near = f"{place['near']}, " if place["near"] else ""
    return (
        f"{near}{point_text(place['lat_deg'], place['lon_deg'])}, {place['settlement']}: "
        f"{people_text(place['people_unserved'])} of {people_text(place['people'])} people, could be served "
        f"{share_text(place['availability'])} of the time; most often: {CAUSE_WORDS[place['cause']]}"
    )


def _worst(facts: Mapping[str, Any], width: int, heading: Callable[[str], str]) -> list[str]:
    if not facts["worst"]:
        return []
    lines = [heading("Cells that leave most people without service")]
    for number, place in enumerate(facts["worst"], start=1):
        lines += textwrap.wrap(
            f"{number:>2}. {worst_text(place)}", width, initial_indent="  ", subsequent_indent="      "
        )
    return lines


def _wrapped(text: str, width: int, label: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False
    )


def national_html(facts: Mapping[str, Any], rows: Table, gateways: Table) -> str:
    """Return a country's facts as one page with its maps inside, which names no other file and no host.

    Parameters
    ----------
    facts
        From `ecumene.results.national.country_facts`.
    rows, gateways
        Tables of the result; rows of other countries are left out.
    """
    from jinja2 import Environment, StrictUndefined

    is_here = rows["country"].astype(str) == facts["country"]
    own = {name: column[is_here] for name, column in rows.items()}
    canvas = build_canvas(own, gateways, width_px=1_600, may_zoom=True)
    causes = facts["causes"]
    pictures = [
        (
            CAUSE_TITLE,
            cause_map_png(canvas, {c["cause"]: c["people_share"] for c in causes}),
            map_alt_text("main_cause", causes),
        ),
        *(
            (QUANTITIES[name].title, quantity_map_png(canvas, name), map_alt_text(name))
            for name in MAPPED
            if facts["are_served"]["people_share"] or name == "availability"
        ),
    ]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = resources.files("ecumene.views") / "templates" / "national.html.j2"
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        title=_title(facts),
        setting=_setting(facts),
        version=facts["version"],
        shares=share_lines(facts),
        told=told(facts),
        causes=[(CAUSE_COLOURS[c["cause"]], c["words"], share_text(c["people_share"])) for c in causes],
        worst=[worst_text(place) for place in facts["worst"]],
        pictures=[(title, base64.b64encode(png).decode("ascii"), alt) for title, png, alt in pictures],
    )
