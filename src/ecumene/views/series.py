"""A place slot by slot, as a strip small enough for a page: usable satellites, gaps, round trip."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from ecumene.views.wording import people_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.results.schema import Table

WIDTH, HEIGHT, MARGIN, MOST_COLUMNS = 960, 88, 44, 480
TOP, FOOT = 8, 14
BLUE, GAP, LINE, INK = "#9ecae1", "#d55e00", "#1b2329", "#5a666e"
SHADE, SERVED = "#f6d9c4", "#00588a"


def strip_svg(n_usable: NDArray[np.int64], rtt_ms: NDArray[np.float64], slot_s: float) -> str:
    """Return the strip of one place as SVG.

    Parameters
    ----------
    n_usable : (slot,)
        Satellites the place could be served by.
    rtt_ms : (slot,)
        Round trip; NaN where the place is not served. [ms]
    slot_s
        Length of a slot. [s]

    Returns
    -------
    svg
        Bars: usable satellites, scale on the left. Line: round trip, scale on the right. Bands over the whole height:
        no usable satellite. In long runs several slots share a column: the fewest satellites, the median round trip;
        so no gap is lost.
    """
    columns = np.array_split(np.arange(len(n_usable)), min(len(n_usable), MOST_COLUMNS))
    fewest = np.array([n_usable[k].min() for k in columns])
    middle_ms = np.array([_median(rtt_ms[k]) for k in columns])
    most = max(int(fewest.max()), 1)
    wide, high = (WIDTH - 2 * MARGIN) / len(columns), HEIGHT - TOP - FOOT
    parts = []
    for k, n in enumerate(fewest.tolist()):
        x, share = MARGIN + k * wide, n / most if n else 1.0
        colour = BLUE if n else GAP
        parts.append(
            f'<rect x="{x:.1f}" y="{TOP + high * (1 - share):.1f}" width="{wide + 0.1:.1f}" '
            f'height="{high * share:.1f}" fill="{colour}"/>'
        )
    known = middle_ms[np.isfinite(middle_ms)]
    low, top = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    scale = high / (top - low) if top > low else 0.0
    for run in _runs(np.isfinite(middle_ms)):
        points = " ".join(
            f"{MARGIN + (k + 0.5) * wide:.1f},{TOP + high - (middle_ms[k] - low) * scale:.1f}" for k in run
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1"/>')
    end = f"{len(n_usable) * slot_s / 60.0:,.0f} min"
    texts = [
        (MARGIN - 5, TOP + 9, "end", str(most)),
        (MARGIN - 5, TOP + high, "end", "0"),
        (MARGIN, HEIGHT - 2, "start", "0 min"),
        (WIDTH - MARGIN, HEIGHT - 2, "end", end),
    ]
    if len(known):
        texts += [
            (WIDTH - MARGIN + 5, TOP + 9, "start", f"{top:.0f} ms"),
            (WIDTH - MARGIN + 5, TOP + high, "start", f"{low:.0f} ms"),
        ]
    parts += [
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="11" fill="{INK}">{text}</text>'
        for x, y, anchor, text in texts
    ]
    gaps = int((n_usable == 0).sum())
    words = (
        f"Usable satellites from {int(n_usable.min())} to {int(n_usable.max())}; none in {gaps} of "
        f"{len(n_usable)} slots"
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{words}" '
        f'style="width:100%;height:auto;display:block">{"".join(parts)}</svg>'
    )


def people_svg(slots: Table, slot_s: float) -> str:
    """Return people served and people who could be served over the slots, with the faults shaded, as SVG.

    Where the law stands against some, a dotted line says who could be served without it.

    Parameters
    ----------
    slots
        The table of slots.
    slot_s
        Length of a slot. [s]
    """
    served, available, reachable = (slots[f"people_{what}"] for what in ("served", "available", "reachable"))
    lines = [(available, INK, ' stroke-dasharray="4 3"'), (served, SERVED, "")]
    if 0.0 < float(available.max()) < float(reachable.max()) or not available.any():
        lines.insert(0, (reachable, INK, ' stroke-dasharray="1 3"'))
    n, most = len(served), max(1.0, *(float(values.max()) for values, _, _ in lines))
    wide, high = (WIDTH - 2 * MARGIN) / n, HEIGHT - TOP - FOOT
    stands = np.array([bool(names) for names in slots["faults"]], np.bool_)
    parts = [
        f'<rect x="{MARGIN + run[0] * wide:.1f}" y="{TOP}" width="{len(run) * wide:.1f}" height="{high}" '
        f'fill="{SHADE}">'
        f"<title>{html.escape('; '.join(sorted(set(slots['faults'][run]))))}</title></rect>"
        for run in _runs(stands)
    ]
    for values, colour, dash in lines:
        points = " ".join(
            f"{MARGIN + (k + 0.5) * wide:.1f},{TOP + high * (1.0 - v / most):.1f}"
            for k, v in enumerate(values)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>')
    texts = [
        (MARGIN - 5, TOP + 9, "end", people_text(most).replace("million", "M").replace("billion", "G")),
        (MARGIN - 5, TOP + high, "end", "0"),
        (MARGIN, HEIGHT - 2, "start", "0 min"),
        (WIDTH - MARGIN, HEIGHT - 2, "end", f"{n * slot_s / 60.0:,.0f} min"),
    ]
    parts += [
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="11" fill="{INK}">{text}</text>'
        for x, y, anchor, text in texts
    ]
    words = "People served (line) and people who could be served (dashes) slot by slot; faults shaded"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{words}" '
        f'style="width:100%;height:auto;display:block">{"".join(parts)}</svg>'
    )


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _runs(is_true: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the stretches of true values, as indices."""
    index = np.flatnonzero(is_true)
    return [run for run in np.split(index, np.flatnonzero(np.diff(index) > 1) + 1) if len(run)]
