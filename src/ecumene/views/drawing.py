"""A figure that a notebook shows by itself, and how figures become files."""

from __future__ import annotations

import io

import matplotlib as mpl
from matplotlib.figure import Figure


class Drawing(Figure):
    """A matplotlib figure without pyplot: a notebook shows it, `savefig` writes it as .png or .svg."""

    def _repr_png_(self) -> bytes:
        return drawing_bytes(self, ".png")


def drawing_bytes(figure: Figure, suffix: str) -> bytes:
    """Return a figure as a file's content: the same figure gives the same bytes.

    Parameters
    ----------
    figure
        What to write.
    suffix
        .png or .svg.
    """
    kind = suffix.lower().lstrip(".")
    drawn = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ecumene"}):
        figure.savefig(
            drawn, format=kind, dpi=100, metadata={"Date": None} if kind == "svg" else {"Software": None}
        )
    return drawn.getvalue()
