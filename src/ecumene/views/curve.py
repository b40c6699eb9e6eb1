"""A measure over a swept number, as a picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ecumene.results.comparison import MEASURES, curve_key, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecumene.results.comparison import Comparison, Run

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito, "Color Universal Design" (2008): eyes with any colour vision tell them apart."""
_MARKS = "osD^vPX"
"""Beside the colours, so that a print in grey is read as well."""


def curve_svg(comparison: Comparison, measure: str) -> bytes:
    """Return a measure over the one swept key with numbers: one curve for each value of the other keys.

    Parameters
    ----------
    comparison
        A sweep.
    measure
        Name from `ecumene.results.comparison.MEASURES`.

    Raises
    ------
    InputError
        There is no such measure, or not exactly one swept key has numbers.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    key = curve_key(comparison.swept, measure)
    variable = next(v for v in MEASURES if v.name == measure)
    unit = {"": "", "1": " (share)"}.get(variable.unit, f" ({variable.unit})")
    figure = Figure(figsize=(7.2, 4.2), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    curves = _curves(comparison.runs, key, measure)
    for k, (name, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        axes.plot(x, y, label=name, color=_COLOURS[k % len(_COLOURS)], marker=_MARKS[k % len(_MARKS)])
    axes.set_xlabel(key)
    axes.set_ylabel(f"{measure}{unit}")
    axes.set_title(comparison.title or comparison.scenario, loc="left", fontsize=10)
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if len(curves) > 1:
        axes.legend(frameon=False)
    drawn = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ecumene"}):  # the same sweep gives the same bytes
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def _curves(runs: Iterable[Run], key: str, measure: str) -> dict[str, list[tuple[Any, Any]]]:
    """Return the points of each curve in the order of the key, without those that have no number."""
    curves: dict[str, list[tuple[Any, Any]]] = {}
    for run in runs:
        name = ", ".join(value_text(value) for other, value in run.varied.items() if other != key)
        if run.measures[measure] is not None:
            curves.setdefault(name, []).append((run.varied[key], run.measures[measure]))
    return {name: sorted(points) for name, points in curves.items()}
