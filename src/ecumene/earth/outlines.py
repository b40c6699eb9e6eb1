"""Coasts and borders to draw: Natural Earth 1:10m, simplified to 0.05 deg.

Good for a world map of some 2,000 pixels; not for deciding where a point lies (see `cells.country_of_point`).
Natural Earth is in the public domain; built by tools/build_cells.py.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecumene.earth.packing import read_packed, write_packed

PATH = Path(__file__).parent / "data" / "outlines.bin"
NAME = "outlines"

STEPS_PER_DEG = 100
"""Coordinates are kept to 0.01 deg."""

Lines = list[NDArray[np.float64]]


def load_outlines(kind: Literal["all", "coast", "border"] = "all") -> Lines:
    """Return coasts and borders as lines.

    Parameters
    ----------
    kind
        'coast', 'border' (between countries of the table of cells), or 'all'.

    Returns
    -------
    lines
        (n, 2) arrays of longitude and latitude; no line crosses 180 deg. [deg]

    Raises
    ------
    RunError
        Where the bundled table is missing or damaged.
    """
    coast, border = _outlines()
    return {"all": [*coast, *border], "coast": list(coast), "border": list(border)}[kind]


@functools.cache
def _outlines() -> tuple[tuple[NDArray[np.float64], ...], tuple[NDArray[np.float64], ...]]:
    """Return coasts and borders, read once."""
    table = read_packed(PATH, NAME)
    columns = table.columns
    xy = np.stack([columns["lon"], columns["lat"]], axis=-1) / STEPS_PER_DEG
    xy.setflags(write=False)
    lines = np.split(xy, np.cumsum(columns["length"].astype(np.int64))[:-1])
    n_coast = table.facts["n_coast"]
    return tuple(lines[:n_coast]), tuple(lines[n_coast:])


def encode(path: Path, coast: Lines, border: Lines, facts: dict[str, Any]) -> None:
    """Write the outlines; called by tools/build_cells.py."""
    lines = [*coast, *border]
    steps = np.round(np.concatenate(lines) * STEPS_PER_DEG).astype(np.int16)
    columns = {
        "length": np.array([len(line) for line in lines], dtype=np.uint16),
        "lon": steps[:, 0].copy(),
        "lat": steps[:, 1].copy(),
    }
    write_packed(path, NAME, columns, {"lon", "lat"}, {**facts, "n_coast": len(coast)})
