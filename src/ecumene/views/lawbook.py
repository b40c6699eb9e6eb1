"""The law of a day as text and as a map."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ecumene.views.palette import STATUS_COLOURS
from ecumene.views.wording import people_text
from ecumene.views.worldmap import build_canvas, kinds_map_png

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecumene.results.schema import Table

_WORDS = {"deny": "denied by a zone or margin", "allow_list": "licensed, listed terminals alone"}


def law_text(
    facts: Mapping[str, Any],
    width: int = 100,
    *,
    only: tuple[str, ...] = (),
    heading: Callable[[str], str] = lambda text: text,
) -> str:
    """Return the law of a day as plain text.

    Parameters
    ----------
    facts
        From `ecumene.world.lawbook.law_of_day`.
    width
        Columns of the terminal.
    only
        Codes of the countries to tell of; all where empty.
    heading
        What to do to headings.
    """
    return "\n".join(_lines(facts, max(width, 60), only, heading))


def _lines(
    facts: Mapping[str, Any], width: int, only: tuple[str, ...], heading: Callable[[str], str]
) -> Iterator[str]:
    view = "country of record" if facts["point_of_view"] == "record" else "country in control"
    yield heading(f"Law on {facts['on']}, register {facts['register']}; disputed land: {view}")
    if not only:
        for entry in facts["by_status"]:
            n, people = entry["countries"], people_text(entry["people"])
            word = "country" if n == 1 else "countries"
            yield f"  {status_word(entry['status']):<34}{n:>4} {word:<10}{people:>14} people"
        yield f"  (no record: {facts['default'].replace('_', ' ')})"
    listed = [c for c in facts["countries"] if not only or c["country"] in only]
    for status in dict.fromkeys(
        c["status"] for c in sorted(listed, key=lambda c: list(STATUS_COLOURS).index(c["status"]))
    ):
        yield ""
        yield heading(status_word(status).capitalize())
        for country in listed:
            if country["status"] == status:
                yield from _wrapped(_country(country), width)
    for kind, title in (("zones", "Zones"), ("overlays", "Disputed land")):
        entries = [e for e in facts[kind] if not only or e["country"] in only]
        if entries:
            yield ""
            yield heading(title)
        for entry in entries:
            told = (
                entry["rule"].replace("_", " ")
                if kind == "zones"
                else f"controlled by {entry['controlled_by']}"
            )
            text = f"{entry['country']}  {entry['name']}: {told}, {people_text(entry['people'])} people"
            yield from _wrapped(f"{text} ({entry['confidence']}: {entry['source']})", width)


def status_word(status: str) -> str:
    """Return a status in plain words."""
    return _WORDS.get(status, status.replace("_", " "))


def _country(country: Mapping[str, Any]) -> str:
    since = f" since {country['from']}" if country["from"] else ""
    until = f" until {country['to']}" if country["to"] else ""
    landing = {"any": "", "in_country": "; traffic lands at home alone"}.get(
        str(country["landing"]), f"; traffic lands in {', '.join(country['landing'])}"
    )
    sold = "; not sold" if country["status"] == "licensed" and not country["sold"] else ""
    terms = "".join(f"; {name} {value}" for name, value in country["terms"].items())
    note = f". {country['note'].capitalize()}" if country["note"] else ""
    evidence = f" ({country['confidence']}: {country['source'] or 'no source'}{note})"
    return f"{country['country']}  {country['name']}{since}{until}{sold}{landing}{terms}{evidence}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)


def law_map_png(facts: Mapping[str, Any], rows: Table, gateways: Table) -> bytes:
    """Return the map of law as a PNG.

    Parameters
    ----------
    facts, rows
        From `ecumene.world.lawbook.law_of_day`.
    gateways
        Table with lat_deg and lon_deg; may be empty.
    """
    present = {entry["status"] for entry in facts["by_status"]}
    kinds = {kind: (colour, status_word(kind)) for kind, colour in STATUS_COLOURS.items() if kind in present}
    return kinds_map_png(build_canvas(rows, gateways), rows["status"], kinds)
