"""What a notebook shows of a result: a small table and a map."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from ecumene.views.wording import people_text, quantity_text, share_text, utc_text
from ecumene.views.worldmap import build_canvas, cause_map_png, map_alt_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecumene.results.outcome import Results

MAP_PX = 1000
"""Width of the map, in pixels."""


def card_html(results: Results) -> str:
    """Return a result as a piece of HTML that needs nothing from outside.

    Parameters
    ----------
    results
        A run.
    """
    summary = results.summary
    canvas = build_canvas(results.rows(), results.gateways(), width_px=MAP_PX, may_zoom=True)
    shares = {cause["cause"]: cause["people_share"] for cause in summary["causes"]}
    image = base64.b64encode(cause_map_png(canvas, shares)).decode("ascii")
    alt = escape(map_alt_text("main_cause", summary["causes"]), quote=True)
    lines = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in _facts(results)
    )
    title = escape(results.scenario.title or results.scenario.name)
    return (
        f"<div><strong>{title}</strong><table>{lines}</table>"
        f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{image}"></div>'
    )


def _facts(results: Results) -> Iterator[tuple[str, str]]:
    summary = results.summary
    people, share = summary["people"], summary["people_share"]
    yield "from", f"{utc_text(summary['start_utc'])}, {summary['slots']:,} slots of {summary['slot_s']:g} s"
    yield "satellites", f"{summary['satellites']['scheduled']:,}, gateways {summary['gateways']:,}"
    yield "people", f"{people_text(people)} in {summary['rows']:,} rows (cell, country)"
    for name, key in (("could be served", "available"), ("served", "served")):
        yield name, f"{share_text(share[key])} of people, mean over slots"
    yield "Mbit/s a subscriber", f"median {quantity_text(summary['mbps']['p50'], 'Mbit/s')}, busy hour"
    yield "round trip", f"median {quantity_text(summary['rtt_ms']['p50'], 'ms')} terminal-PoP-terminal"
    yield "traffic", f"{quantity_text(summary['traffic_gbps']['carried'], 'Gbit/s')} carried"
