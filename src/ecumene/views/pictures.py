"""Pictures of a result: a world map of any variable of the rows, and curves. PNG or SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import InputError, did_you_mean
from ecumene.results.files import check_new_file
from ecumene.results.schema import ROWS, Table, Variable
from ecumene.views.drawing import Drawing
from ecumene.views.palette import CAUSE_COLOURS
from ecumene.views.wording import people_text, utc_text
from ecumene.views.worldmap import QUANTITIES, Quantity, build_canvas, cause_map, quantity_map

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ecumene.results.outcome import Results

SETTLEMENT_STYLES = {
    "urban": ("#0072b2", "-"),
    "rural": ("#e69f00", "--"),
    "isolated": ("#d55e00", "-."),
}
"""Colour and line of each settlement class: Okabe and Ito (2008), and a print in grey is read as well."""

BAND_DEG = 2.0
"""Width of the bands of latitude over which coverage is averaged. [deg]"""

MOST_BOXES = 400
"""Up to this many slots each has its own step in the curve of load; above, the mean of as many neighbours as needed."""


def picture(results: Results, what: str) -> Figure:
    """Return a picture by its name.

    Parameters
    ----------
    results
        A finished run.
    what
        A variable of the table of rows for its map, or a key of `CURVES`.

    Raises
    ------
    InputError
        There is no such picture, or nothing to draw in it.
    """
    _check_name(what)
    if what in CURVES:
        figure = Drawing(figsize=(8.0, 4.6), layout="constrained", facecolor="white")
        CURVES[what](results, figure.add_subplot())
        return figure
    canvas = build_canvas(results.rows(), results.gateways(), may_zoom=True)
    if what == "main_cause":
        shares = {c["cause"]: c["people_share"] for c in results.summary["causes"]}
        return cause_map(canvas, shares, _title(results))
    return quantity_map(canvas, what, quantity_of(what), _title(results))


def check_picture(what: str, path: Path) -> None:
    """Refuse a picture that does not exist, or a file it cannot be written to, before anything is read.

    Raises
    ------
    InputError
        With what there is.
    """
    _check_name(what)
    check_new_file(path, endings=(".png", ".svg"))


def _check_name(what: str) -> None:
    known = [*CURVES, *_numbers(), "main_cause"]
    if what not in known:
        raise InputError(
            f"{what!r}: no such picture{did_you_mean(what, known)}\n  curves: {', '.join(CURVES)}\n"
            f"  maps: {', '.join(known[len(CURVES) :])}"
        )


def _numbers() -> dict[str, Variable]:
    return {v.name: v for v in ROWS if v.dtype.startswith("float")}


def quantity_of(name: str) -> Quantity:
    """Return how a variable of the rows is drawn on a map; shares from 0 to 1, people and rates by powers of ten."""
    if name in QUANTITIES:
        return QUANTITIES[name]
    variable = _numbers()[name]
    unit = f" [{variable.unit}]" if variable.unit not in {"", "1"} else ""
    is_rate = name.startswith(("mbps", "rtt"))
    return Quantity(
        name,
        _whole_meaning(name) + unit,
        is_log=name == "people" or name.startswith("mbps"),
        bounds=(0.0, 1.0) if variable.unit == "1" else None,
        none_label="none" if name == "people" else "never served" if name == "served" else "not served",
        is_none_at_zero=name in {"people", "served"} or is_rate,
        is_none_where_unserved=name == "handovers_per_h",
    )


def _whole_meaning(name: str) -> str:
    """Return what a variable means; "the same, ..." is written out."""
    before = ""
    for variable in ROWS:
        if not variable.meaning.startswith("the same"):
            before = variable.meaning.split(",")[0]
        if variable.name == name:
            return variable.meaning.replace("the same", before)
    raise KeyError(name)


def _latency_cdf(results: Results, axes: Axes) -> None:
    """Draw the share of served people with at most this round trip, by settlement class."""
    rows = results.rows()
    rtt_ms, people = rows["rtt_ms_p50"].astype(np.float64), rows["people"].astype(np.float64)
    is_served = np.isfinite(rtt_ms) & (people > 0.0)
    if not is_served.any():
        raise InputError(f"latency-cdf: nobody is served in {results.scenario.name}; there is no round trip")
    for name, (colour, line) in SETTLEMENT_STYLES.items():
        chosen = is_served & (rows["settlement"].astype(str) == name)
        if chosen.any():
            x, share = distribution(rtt_ms[chosen], people[chosen])
            axes.step(x, share, where="post", color=colour, linestyle=line, label=name)
    x, share = distribution(rtt_ms[is_served], people[is_served])
    axes.step(x, share, where="post", color="black", linewidth=1.8, label="all")
    axes.set(
        xlabel="round trip terminal-PoP-terminal, median over served slots [ms]",
        ylabel="share of people served",
        ylim=(0.0, 1.0),
    )
    axes.set_xlim(*np.percentile(rtt_ms[is_served], [0.0, 99.5]) + np.array([-1.0, 1.0]))
    _finish(axes, results, "How late?")


def distribution(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a weighted cumulative distribution.

    Parameters
    ----------
    values : (n,)
        In any order.
    weights : (n,)
        At least one above zero.

    Returns
    -------
    x, share : (m,)
        Different values in order, and the share of the weight at or below each.

    Examples
    --------
    >>> distribution(np.array([40.0, 30.0, 40.0]), np.array([1.0, 2.0, 1.0]))
    (array([30., 40.]), array([0.5, 1. ]))
    """
    x, place = np.unique(values, return_inverse=True)
    share = np.cumsum(np.bincount(place, weights))
    return x, share / share[-1]


def _coverage_latitude(results: Results, axes: Axes) -> None:
    """Draw availability and service over latitude, weighted by people."""
    rows = results.rows()
    people = rows["people"].astype(np.float64)
    n = int(180.0 / BAND_DEG)
    band = ((rows["lat_deg"].astype(np.float64) + 90.0) / BAND_DEG).astype(np.int64).clip(0, n - 1)
    weight = np.bincount(band, people, n)
    middle_deg = (np.arange(n) + 0.5) * BAND_DEG - 90.0
    has_people = weight > 0.0
    for name, colour, line, label in (
        ("availability", CAUSE_COLOURS["served"], "-", "one terminal could be served"),
        ("served", "#d55e00", "--", "demand is served, in full or in part"),
    ):
        share = np.full(n, np.nan)
        total = np.bincount(band, people * rows[name], n)
        share[has_people] = total[has_people] / weight[has_people]
        axes.plot(middle_deg, share, color=colour, linestyle=line, marker=".", label=label)
    axes.set(
        xlabel=f"latitude, bands of {BAND_DEG:g} deg [deg]",
        ylabel="share of slots, weighted by people",
        ylim=(-0.02, 1.02),
        xlim=(max(-90.0, middle_deg[has_people].min() - 4.0), min(90.0, middle_deg[has_people].max() + 4.0)),
    )
    _finish(axes, results, "Where?")


def _settlement(results: Results, axes: Axes) -> None:
    """Draw the promise as bars: of each settlement class, who could be served and who is, as shares of its people."""
    classes = [entry for entry in results.summary["promise"] if entry["people"] > 0.0]
    if not classes:
        raise InputError(f"settlement: nobody lives in {results.scenario.name}; there is no class to draw")
    place = -np.arange(len(classes), dtype=np.float64)  # the first on top
    for key, offset, colour, label in (
        ("could_be_served", 0.2, "#9ecae1", "one terminal could be served"),
        ("served", -0.2, CAUSE_COLOURS["served"], "are served, with everyone's demand"),
    ):
        share = [entry[key] / entry["people"] for entry in classes]
        bars = axes.barh(place + offset, share, height=0.36, color=colour, label=label)
        axes.bar_label(
            bars, [f"{s:.1%}  {people_text(e[key])}" for s, e in zip(share, classes, strict=True)], padding=4
        )
    axes.set_yticks(place, [f"{e['settlement']}\n{people_text(e['people'])}" for e in classes])
    axes.set(xlabel="share of the people of each class, mean over slots", xlim=(0.0, 1.3))
    axes.set_xticks(np.linspace(0.0, 1.0, 6))
    axes.set_ylim(float(place[-1]) - 0.9, 0.6)  # room for the legend
    _finish(axes, results, "Town or country?")


def _load(results: Results, axes: Axes) -> None:
    """Draw demand, plan and traffic carried over the slots."""
    slots: Table = results.slots()
    n = len(slots["slot"])
    width = -(-n // MOST_BOXES)
    edges = np.arange(0, n, width)
    minutes = edges * results.scenario.slot_s / 60.0
    for name, colour, line, pen, label in (
        ("demand_gbps", "#555555", ":", 1.5, "asked for, where permitted"),
        ("planned_gbps", "#e69f00", "-", 5.0, "what the beams can give"),  # wide: the next often lies on it
        ("carried_gbps", CAUSE_COLOURS["served"], "-", 1.5, "what reaches a PoP"),
    ):
        mean = np.add.reduceat(slots[name].astype(np.float64), edges) / np.diff([*edges, n])
        end = n * results.scenario.slot_s / 60.0
        values = [*mean, mean[-1]]
        axes.step(
            [*minutes, end], values, where="post", color=colour, linestyle=line, linewidth=pen, label=label
        )
    per_step = f", mean of {width} slots a step" if width > 1 else ""
    axes.set(
        xlabel=f"minutes after {utc_text(results.summary['start_utc'])}{per_step}",
        ylabel="traffic [Gbit/s]",
        ylim=(0.0, 1.25 * max(axes.get_ylim()[1], 1e-9)),  # room for the legend
    )
    axes.yaxis.set_major_formatter("{x:,.6g}")
    _finish(axes, results, "How much?")


def _finish(axes: Axes, results: Results, title: str) -> None:
    axes.set_title(f"{title}  {_title(results)}", loc="left", fontsize=9, wrap=True)
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _title(results: Results) -> str:
    """Return what a picture is of, for whoever meets it alone."""
    summary, scenario = results.summary, results.scenario
    span = f"{summary['slots']:,} x {summary['slot_s']:g} s from {utc_text(summary['start_utc'])}"
    return f"{scenario.title or scenario.name}; {span}"


CURVES = {
    "latency-cdf": _latency_cdf,
    "coverage-latitude": _coverage_latitude,
    "settlement": _settlement,
    "load": _load,
}
"""Pictures that are no maps, by name."""
