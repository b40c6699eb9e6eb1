"""The report: one HTML file that opens from a USB stick and asks nothing of a network."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import platform
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.results.schema import CAUSE_WORDS, TABLES, Table
from ecumene.results.summary import longest_run
from ecumene.views.globe import CELLS, globe_base64, globe_parts
from ecumene.views.palette import CAUSE_COLOURS
from ecumene.views.series import people_svg, strip_svg
from ecumene.views.terminal import N_PLACES, fault_text
from ecumene.views.wording import (
    duration_text,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
    utc_text,
)
from ecumene.views.worldmap import (
    CAUSE_TITLE,
    FEW_ROWS,
    ISL_CAPTION,
    ISL_TITLE,
    QUANTITIES,
    build_canvas,
    cause_map_png,
    isl_map_png,
    map_alt_text,
    quantity_map_png,
    window_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from ecumene.results.outcome import Results
    from ecumene.views.worldmap import Canvas

MAP_WIDTH_PX = 2000
"""Pixels across the main map: about a pixel for each cell at resolution 5."""
SMALL_MAP_WIDTH_PX = 1400

N_LANDINGS = 3
"""Countries named at whose gateways another's traffic lands; all stand in landings.csv."""

PLACE_DIGITS = 7
"""Of numbers in the page's CSV of places: metres and millionths. All seventeen stand in places.csv beside the page."""

MOST_PLACE_LINES = 20_000
"""A longer table of places stands in places.csv alone."""

LIBRARIES = ("numpy", "numba", "sgp4", "h3", "duckdb", "matplotlib")

DATA_CREDITS = (
    "Coasts, borders, cells and countries are made with Natural Earth (public domain).",
    "Towns: GeoNames, CC BY 4.0 (creativecommons.org/licenses/by/4.0), changed: joined to cells.",
    "National population: World Bank, CC BY 4.0, changed: shared over cells.",
)
"""Whose data the run stands on; the licences ask for these lines."""

LIMITS = (
    "Could be served and served are two questions: one terminal alone, and everyone's demand.",
    "The plan stands still for a slot; geometry is taken at its beginning.",
    "Round trips end at the PoP. What comes after it, and a user's own Wi-Fi, is not in them.",
    "Where people live inside a country is estimated from towns and land; single cells can be far off.",
)
"""What holds for every run, whatever its scenario."""


def report_html(results: Results, *, globe_resolution: int = CELLS) -> str:
    """Return the report of a run as one HTML page.

    Parameters
    ----------
    results
        The finished run.
    globe_resolution
        H3 resolution of the globe's cells; that of the run where it is coarser.

    Returns
    -------
    page
        A whole document with its pictures, styles and script inside. It names no other file and no host.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(
        people=people_text,
        share=share_text,
        number=number_text,
        duration=duration_text,
        utc=utc_text,
        count=lambda n: f"{n:,}",
    )
    template = resources.files("ecumene.views") / "templates" / "report.html.j2"
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        s=results.summary,
        title=results.summary["title"] or results.summary["scenario"],
        facts=list(_facts(results.summary)),
        maps=_maps(results),
        countries=_lines(results.countries()),
        countries_csv=_base64(_csv("countries", results.countries())),
        places_csv=_base64(gzip.compress(_csv("places", results.places(), n_digits=PLACE_DIGITS), mtime=0))
        if len(results.places()["slot"]) <= MOST_PLACE_LINES
        else "",
        gateways=_lines(_busiest_first(results.gateways())),
        landing_of=landings_in_short(results.landings()),
        cut_of=cuts_in_short(results.cuts()),
        places=place_lines(results.places()),
        strips=_strips(results),
        faults=[fault_text(fault) for fault in results.summary["faults"]],
        people_chart=people_svg(results.slots(), results.summary["slot_s"])
        if results.summary["faults"]
        else "",
        limits=LIMITS,
        data_credits=DATA_CREDITS,
        globe=globe_parts(globe_base64(results, resolution=globe_resolution)),
        globe_resolution=min(globe_resolution, results.scenario.resolution),
        words=CAUSE_WORDS,
        colours=CAUSE_COLOURS,
        point=point_text,
        **_origin(results),
    )


def _facts(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the planet in a dozen numbers, each with what it is."""
    people, cells = summary["people_share"], summary["cells_share"]
    mbps, rtt, traffic = summary["mbps"], summary["rtt_ms"], summary["traffic_gbps"]
    subscribers = summary["subscribers"]
    yield "People under a licence", share_text(people["licensed"])
    yield "People who could be served", share_text(people["available"])
    yield "People served", share_text(people["served"])
    yield (
        "Cells that could be served, are served",
        f"{share_text(cells['available'])}, {share_text(cells['served'])}",
    )
    yield "Mbit/s of a subscriber in the busy hour (p5, median, p95)", _percentiles(mbps)
    yield "Round trip to the PoP in ms (p5, median, p95)", _percentiles(rtt)
    yield (
        "Traffic asked for, planned",
        f"{number_text(traffic['demand'])}, {quantity_text(traffic['planned'], 'Gbit/s')}",
    )
    yield "Traffic carried", quantity_text(traffic["carried"], "Gbit/s")
    if "possible" in traffic:
        yield (
            "Most that could get home, over quickest paths alone",
            f"{number_text(traffic['possible'])}, {quantity_text(traffic['one_path'], 'Gbit/s')}",
        )
    if traffic["upper_bound"] < 0.999 * traffic["demand"]:
        yield "No plan of beams could bring more than", quantity_text(traffic["upper_bound"], "Gbit/s")
    yield "Subscribers assumed", f"{people_text(subscribers['total'])} ({subscribers['source']})"
    if subscribers["unplaced"] >= 1.0:
        yield "Subscribers without room", people_text(subscribers["unplaced"])
    yield from _plan(summary["plan"])
    status = (f"{count:,} {name}" for name, count in summary["satellites"]["by_status"].items() if count)
    yield "Satellites by status", ", ".join(status) or "none"


def _plan(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how good the plan of beams is at least, and how restless."""
    if plan["gap"] is not None:
        proof = "" if plan["is_certified"] else "; as max-min fairness, not certified"
        yield (
            f"Plan of beams ({plan['policy']}): below the best there could be by at most",
            f"{share_text(plan['gap'])} by its own goal, {share_text(plan['served_gap'])} in bit/s{proof}",
        )
    yield "Handovers of a cell in an hour", number_text(plan["handovers_per_cell_hour"])
    if plan["dwell_s_mean"] is not None:
        yield (
            "Stay with a satellite in s (mean, median)",
            f"{plan['dwell_s_mean']:.0f}, {plan['dwell_s_median']:.0f}",
        )


def _percentiles(values: Mapping[str, float | None]) -> str:
    return " / ".join(number_text(values[p]) for p in ("p5", "p50", "p95"))


def _maps(results: Results) -> list[dict[str, Any]]:
    """Return the pictures with title, caption and alternative text; the causes first."""
    rows, gateways = results.rows(), results.gateways()
    shares = {c["cause"]: c["people_share"] for c in results.summary["causes"]}
    may_zoom = bool(results.scenario.countries)
    large = build_canvas(rows, gateways, width_px=MAP_WIDTH_PX, may_zoom=may_zoom)
    small = build_canvas(rows, gateways, width_px=SMALL_MAP_WIDTH_PX, may_zoom=may_zoom)
    seen = _seen(large)
    causes = results.summary["causes"]
    maps = [
        _map(
            cause_map_png(large, shares),
            CAUSE_TITLE,
            f"Each cell has the colour of the cause that held in most slots. {seen}",
            map_alt_text("main_cause", causes),
        )
    ]
    for name, quantity in QUANTITIES.items():
        caption = f"{quantity.label[0].upper()}{quantity.label[1:]}. {seen}"
        maps.append(_map(quantity_map_png(small, name), quantity.title, caption, map_alt_text(name)))
    if len(results.isls()["load_p95"]):
        maps.append(
            _map(
                isl_map_png(small, results.isls(), results.satellites()), ISL_TITLE, ISL_CAPTION, ISL_CAPTION
            )
        )
    return maps


def _seen(canvas: Canvas) -> str:
    if window_of(canvas) is not None:
        return "A close-up: all computed cells lie in it. Gateways further off are not shown. Equal Earth projection."
    if len(canvas.rows["cell"]) <= FEW_ROWS:
        return "The few cells of this planet are drawn as dots, larger than they are. Equal Earth projection."
    return "Equal Earth projection: equal areas are equal. In a border cell the larger country is shown."


def _map(png: bytes, title: str, caption: str, alt: str) -> dict[str, Any]:
    width, height = (int.from_bytes(png[k : k + 4], "big") for k in (16, 20))  # IHDR
    return {
        "base64": _base64(png),
        "title": title,
        "caption": caption,
        "alt": alt,
        "width": width,
        "height": height,
    }


def landings_in_short(landings: Table) -> dict[str, str]:
    """Return in words, by country, whose gateways carry its traffic.

    Parameters
    ----------
    landings
        The table of landings, a country's largest first.
    """
    told: dict[str, list[str]] = {}
    for country, gateway, share in zip(
        landings["country"], landings["gateway_country"], landings["share"], strict=True
    ):
        ways = told.setdefault(str(country), [])
        if len(ways) < N_LANDINGS:
            ways.append(f"{gateway} {share_text(float(share))}")
    return {country: ", ".join(ways) for country, ways in told.items()}


def cuts_in_short(cuts: Table) -> dict[str, str]:
    """Return in words, by country, what could leave it at most and what its narrowest place is made of.

    Parameters
    ----------
    cuts
        The table of cuts.
    """
    words = {"satellites": "satellites", "isls": "lasers", "antennas": "antennas", "gateways": "gateways"}
    return {
        str(country): f"{number_text(float(cuts['most_gbps'][k]))} ("
        + (
            ", ".join(
                f"{cuts[f'{kind}_cut'][k]} {word}" for kind, word in words.items() if cuts[f"{kind}_cut"][k]
            )
            or "-"
        )
        + ")"
        for k, country in enumerate(cuts["country"])
    }


def _busiest_first(gateways: Table) -> Table:
    order = np.argsort(-gateways["carried_gbps_mean"], kind="stable")
    return {name: column[order] for name, column in gateways.items()}


def place_lines(places: Table) -> list[dict[str, Any]]:
    """Return one line for each named place, over all slots, in the order of the table.

    Parameters
    ----------
    places
        The table of places: one line a place and slot.
    """
    names = places["place"].astype(str)
    first = np.unique(names, return_index=True)[1]
    return [
        _place_line(str(names[k]), {c: v[names == names[k]] for c, v in places.items()})
        for k in np.sort(first)
    ]


def _strips(results: Results) -> list[dict[str, str]]:
    """Return the time series of the places, where they are few."""
    table, slot_s = results.places(), results.summary["slot_s"]
    names = table["place"].astype(str)
    order = names[np.sort(np.unique(names, return_index=True)[1])]
    if len(order) > N_PLACES or len(names) <= len(order):
        return []
    return [
        {
            "place": str(name),
            "svg": strip_svg(table["n_usable"][names == name], table["rtt_ms"][names == name], slot_s),
        }
        for name in order
    ]


def _place_line(name: str, slots: Table) -> dict[str, Any]:
    causes = slots["cause"].astype(str)
    is_served = np.isin(causes, ("served", "partly"))
    is_available = slots["n_usable"] > 0
    numbers = ("n_visible", "n_clear", "n_usable")
    medians = {c: _median(slots[c].astype(np.float64)) for c in numbers}
    on_path = {c: _median(slots[c].astype(np.float64)[is_served]) for c in ("mbps", "rtt_ms", "hops")}
    rtt_ms = slots["rtt_ms"].astype(np.float64)[is_served]
    return {
        "place": name,
        "served": float(is_served.mean()),
        "availability": float(is_available.mean()),
        "longest_gap": longest_run(~is_available),
        "cause": _commonest(causes),
        "gateway": _commonest(slots["gateway"].astype(str)[is_served]),
        "pop": _commonest(slots["pop"].astype(str)[is_served]),
        "rtt_ms_max": float(np.nanmax(rtt_ms)) if np.isfinite(rtt_ms).any() else np.nan,
        **medians,
        **on_path,
    }


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _commonest(words: NDArray[Any]) -> str:
    if len(words) == 0:
        return ""
    values, counts = np.unique(words, return_counts=True)
    return str(values[np.argmax(counts)])


def _lines(table: Table) -> list[dict[str, Any]]:
    """Return a table line by line, in plain Python values."""
    columns = {name: column.tolist() for name, column in table.items()}
    return [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


def _csv(name: str, table: Table, *, n_digits: int = 17) -> bytes:
    """Return a table as the CSV file beside the report has it, to so many digits.

    Whole numbers stand where they are declared, "" for NaN.
    """
    whole = {variable.name for variable in TABLES[name] if variable.dtype == "int64"}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    for line in _lines(table):
        writer.writerow(
            _csv_value(value, is_whole=column in whole, n_digits=n_digits) for column, value in line.items()
        )
    return text.getvalue().encode()


def _csv_value(value: Any, *, is_whole: bool, n_digits: int) -> Any:
    if not isinstance(value, float):
        return int(value) if is_whole else value
    if np.isnan(value):
        return ""
    return int(value) if is_whole else float(f"{value:.{n_digits}g}")


def _origin(results: Results) -> dict[str, Any]:
    """Return what is needed to get the same numbers again."""
    from ecumene.results.store import bundled_digests, fingerprint, input_digests

    return {
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "fingerprint": fingerprint(results.scenario),
        "digests": {**input_digests(results.scenario), **bundled_digests()},
        "scenario_json": json.dumps(results.scenario.model_dump(mode="json"), indent=1, ensure_ascii=False),
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
