"""Coasts and borders as simplified lines, for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.ops import linemerge

from ecumene.earth import outlines

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from planet.borders import Pieces

TOLERANCE_DEG = 0.05  # a quarter of a pixel where the world is 2,000 pixels wide
SHORTEST_DEG = 0.12  # rings with a smaller circumference are no pixel


def write_outlines(pieces: Pieces, facts: dict[str, object]) -> None:
    """Write coasts and borders between different countries, each stretch once."""
    ends, country = _segments(pieces)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    segment, row, counts = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    lowest = np.full(len(segment), 1000)
    highest = np.full(len(segment), -1)
    np.minimum.at(lowest, row.ravel(), country)
    np.maximum.at(highest, row.ravel(), country)
    is_seam = (np.abs(segment[:, [0, 2]]) > 179.9999).all(axis=1) | (segment[:, [1, 3]] < -89.9).any(axis=1)
    is_coast = (counts == 1) & ~is_seam
    is_border = (counts > 1) & (lowest != highest) & ~is_seam
    lines = [_lines(segment[mask]) for mask in (is_coast, is_border)]
    outlines.encode(outlines.PATH, lines[0], lines[1], facts)
    size = outlines.PATH.stat().st_size
    n = [sum(len(line) for line in kind) for kind in lines]
    print(f"  {outlines.PATH.name}: {size:,} bytes, {n[0]:,} points of coast, {n[1]:,} of borders")


def _segments(pieces: Pieces) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return every side of every ring as (x0, y0, x1, y1), with its country."""
    sides, owners = [], []
    for polygon, code in zip(pieces.polygon, pieces.country.tolist(), strict=True):
        for ring in (polygon.exterior, *polygon.interiors):
            xy = np.round(shapely.get_coordinates(ring), 6)
            sides.append(np.hstack([xy[:-1], xy[1:]]))
            owners.append(np.full(len(xy) - 1, code))
    return np.concatenate(sides), np.concatenate(owners)


def _lines(segment: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return segments joined to long lines, simplified; too small rings are left out."""
    merged = linemerge(shapely.multilinestrings([shapely.linestrings(segment.reshape(-1, 2, 2))])[0])
    kept = [line for line in shapely.get_parts(merged) if not (line.is_ring and line.length < SHORTEST_DEG)]
    simple = shapely.simplify(np.array(kept, dtype=object), TOLERANCE_DEG)
    return [shapely.get_coordinates(line) for line in simple]
