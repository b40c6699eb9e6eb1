"""Two runs beside each other for eyes: text, and one HTML page with a map."""

from __future__ import annotations

import base64
import textwrap
from importlib import resources
from typing import TYPE_CHECKING, Any

from ecumene import __version__
from ecumene.results.difference import MOST_FLOWS, value_text
from ecumene.results.schema import CAUSE_WORDS
from ecumene.views.globe import CELLS, comparison_base64, globe_parts
from ecumene.views.wording import (
    UNKNOWN,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecumene.results.difference import Difference

MOST_COUNTRIES, MOST_LOSERS, MOST_PLACES = 15, 8, 8
"""Lines in the terminal; page and CSV have all countries."""


def difference_text(
    found: Difference, width: int = 100, *, heading: Callable[[str], str] = lambda text: text
) -> str:
    """Return a comparison as plain text.

    Parameters
    ----------
    found
        From `ecumene.results.difference.difference`.
    width
        Columns; sentences are folded at it.
    heading
        What to do to headings, for example print them bold; by default nothing.
    """
    title = heading(f"A  {found.a}\nB  {found.b}" + (f"\nin {found.country} alone" if found.country else ""))
    blocks = [title.splitlines(), _keys(found, width, heading), _totals(found, heading)]
    if not _moved(found):
        blocks.append(["Nobody gained or lost."])
    blocks += [
        _countries(found, heading),
        _classes(found, heading),
        _flows(found, heading),
        _rows(found.losers, "Rows that lost most", width, heading),
        _rows(found.gainers, "Rows that gained most", width, heading),
        _places(found, heading),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _moved(found: Difference) -> bool:
    names = [f"{name}_{what}" for name in ("available", "served") for what in ("gained", "lost")]
    return any(found.totals[name] > 0.0 for name in names)


def _keys(found: Difference, width: int, heading: Callable[[str], str]) -> list[str]:
    if not found.keys:
        return ["The scenarios are the same."]
    lines = [heading("What differs (A -> B)")]
    for key in found.keys:
        text = f"{key['key']}: {value_text(key['a'])} -> {value_text(key['b'])}"
        lines += textwrap.wrap(
            text, width, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
        )
    return lines


def _totals(found: Difference, heading: Callable[[str], str]) -> list[str]:
    totals = found.totals
    lines = [heading(f"{'People':<20}{'A':>14}{'B':>14}{'gained':>14}{'lost':>14}")]
    for name, words in (("available", "could be served"), ("served", "are served")):
        numbers = "".join(
            f"{people_text(totals[f'{name}_{what}']):>14}" for what in ("a", "b", "gained", "lost")
        )
        lines.append(f"  {words:<18}{numbers}")
    measures = [("round trip p50", "rtt_ms_p50", "ms"), ("a subscriber p50", "mbps_p50", "Mbit/s")]
    if "carried_gbps_a" in totals:
        measures.append(("carried", "carried_gbps", "Gbit/s"))
    for words, name, unit in measures:
        was, now = totals[f"{name}_a"], totals[f"{name}_b"]
        both = totals.get(f"{name}_change")
        told = "" if both is None else f"; of those served in both {signed_text(0.0, both)}"
        lines.append(
            f"  {words:<18}{number_text(was):>14}{number_text(now):>14}{signed_text(was, now):>14} {unit}{told}"
        )
    return lines


def signed_text(was: float | None, now: float | None) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> signed_text(40.0, 55.5), signed_text(3.0, 3.0), signed_text(None, 3.0)
    ('+16', '0', '-')
    """
    if was is None or now is None:
        return UNKNOWN
    change = now - was
    return "0" if change == 0.0 else f"{'+' if change > 0 else '-'}{number_text(abs(change))}"


def _change_text(entry: Mapping[str, Any], measure: str) -> str:
    gained, lost = entry[f"{measure}_gained"], entry[f"{measure}_lost"]
    told = [f"+{people_text(gained)}" if gained else "", f"-{people_text(lost)}" if lost else ""]
    return " ".join(part for part in told if part) or "0"


def flow_text(flow: Mapping[str, Any] | None) -> str:
    """Return a change of cause in words; empty for none."""
    return f"{CAUSE_WORDS[flow['from']]} -> {CAUSE_WORDS[flow['to']]}" if flow else ""


def _table(head: str, entries: list[dict[str, Any]], key: str, heading: Callable[[str], str]) -> list[str]:
    lines = [heading(f"{head:<10}{'people':>13}{'could be served':>28}{'are served':>28}  round trip, ms")]
    for entry in entries:
        rtt = f"{number_text(entry['rtt_ms_p50_a'])} -> {number_text(entry['rtt_ms_p50_b'])}"
        lines.append(
            f"  {entry[key]:<8}{people_text(entry['people']):>13}{_change_text(entry, 'available'):>28}"
            f"{_change_text(entry, 'served'):>28}  {rtt}"
        )
        if entry["main_flow"]:
            lines.append(
                f"{'':<12}{people_text(entry['main_flow']['people'])}: {flow_text(entry['main_flow'])}"
            )
    return lines


def _countries(found: Difference, heading: Callable[[str], str]) -> list[str]:
    moved = [
        e for e in found.countries if _change_text(e, "available") != "0" or _change_text(e, "served") != "0"
    ]
    if not moved or found.country:
        return []
    lines = _table("Country", moved[:MOST_COUNTRIES], "country", heading)
    rest = len(moved) - MOST_COUNTRIES
    return [*lines, f"  and {rest} more countries (countries.csv)"] if rest > 0 else lines


def _classes(found: Difference, heading: Callable[[str], str]) -> list[str]:
    return _table("Settlement", found.classes, "settlement", heading) if _moved(found) else []


def _flows(found: Difference, heading: Callable[[str], str]) -> list[str]:
    moved = [flow for flow in found.flows if flow["from"] != flow["to"]]
    if not moved:
        return []
    stay = sum(flow["people"] for flow in found.flows if flow["from"] == flow["to"])
    lines = [heading("Main cause of a row (A -> B)")]
    lines += [f"  {people_text(flow['people']):>13}  {flow_text(flow)}" for flow in moved[:MOST_FLOWS]]
    return [*lines, f"  {people_text(stay):>13}  as before"]


def _rows(rows: list[dict[str, Any]], title: str, width: int, heading: Callable[[str], str]) -> list[str]:
    lines = [heading(title)] if rows else []
    for row in rows[:MOST_LOSERS]:
        lines += textwrap.wrap(row_text(row), width, initial_indent="  ", subsequent_indent="      ")
    return lines


def row_text(row: Mapping[str, Any]) -> str:
    """Return one row that gained or lost as a sentence."""
    near = f"{row['near']}, " if row.get("near") else ""
    what = "" if row["measure"] == "served" else " that could be served"
    return (
        f"{near}{row['country']} ({point_text(row['lat_deg'], row['lon_deg'])}), {row['settlement']}: "
        f"{people_text(row['people_moved'])} of {people_text(row['people'])} people{what}; served "
        f"{share_text(row['served_a'])} -> {share_text(row['served_b'])}; "
        f"{CAUSE_WORDS[row['cause_a']]} -> {CAUSE_WORDS[row['cause_b']]}"
    )


def _places(found: Difference, heading: Callable[[str], str]) -> list[str]:
    changed = [
        p for p in found.places if p["served_a"] != p["served_b"] or p["rtt_ms_p50_a"] != p["rtt_ms_p50_b"]
    ]
    lines = [heading("Places, those that lost most first")] if changed else []
    for place in changed[:MOST_PLACES]:
        rtt = f"{number_text(place['rtt_ms_p50_a'])} -> {quantity_text(place['rtt_ms_p50_b'], 'ms')}"
        lines.append(
            f"  {place['place']}: served {share_text(place['served_a'])} -> {share_text(place['served_b'])}, "
            f"round trip {rtt}"
        )
    rest = len(changed) - MOST_PLACES
    return [*lines, f"  and {rest} more places (--json)"] if rest > 0 else lines


def with_towns(found: Difference) -> None:
    """Name the nearest town of the rows that gained or lost most."""
    from ecumene.earth.towns import nearest_town

    rows = [*found.losers, *found.gainers]
    if rows:
        names, _ = nearest_town([row["lat_deg"] for row in rows], [row["lon_deg"] for row in rows])
        for row, name in zip(rows, names, strict=True):
            row["near"] = name


def difference_html(
    found: Difference, map_png: bytes, sides_png: tuple[bytes, ...], csvs: Mapping[str, str]
) -> str:
    """Return a comparison as one HTML page, with a globe, that asks nobody for anything.

    Parameters
    ----------
    found, map_png, sides_png
        The comparison, the map of who gained and lost, and the maps of causes of A and B, of one size.
    csvs
        Files to be downloaded from the page, by name.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(people=people_text, share=share_text, number=number_text, value=value_text)
    template = resources.files("ecumene.views") / "templates" / "comparison.html.j2"
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        d=found,
        version=__version__,
        change=_change_text,
        flow=flow_text,
        row=row_text,
        signed=signed_text,
        map=base64.b64encode(map_png).decode(),
        sides=[base64.b64encode(png).decode() for png in sides_png],
        globe=globe_parts(comparison_base64(found.rows, (found.a, found.b))),
        globe_resolution=CELLS,
        csvs={name: base64.b64encode(text.encode()).decode() for name, text in csvs.items()},
    )
