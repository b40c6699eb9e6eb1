"""Outlines of H3 cells as polygons for maps: cut at the date line, closed over the poles, anticlockwise."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Ring = list[tuple[float, float]]
"""Longitude and latitude of corners in degrees, the first again at the end."""

DIGITS = 6
"""Decimals of a degree: 0.1 m."""


def outlines_of_cells(cells: Iterable[int]) -> list[list[Ring]]:
    """Return the outline of each cell.

    Parameters
    ----------
    cells
        H3 numbers.

    Returns
    -------
    outlines
        One ring a cell; two where the date line cuts it. Anticlockwise, longitudes from -180 to 180 (RFC 7946,
        sections 3.1.6 and 3.1.9).
    """
    from h3.api import basic_int

    return [_parts(basic_int.cell_to_boundary(cell)) for cell in cells]


def _parts(boundary: Sequence[tuple[float, float]]) -> list[Ring]:
    west, east = min(lon for _, lon in boundary), max(lon for _, lon in boundary)
    if east - west < 180.0:  # nearly all: H3 gives them anticlockwise, and whole
        ring = [(round(lon, DIGITS), round(lat, DIGITS)) for lat, lon in boundary]
        return [[*ring, ring[0]]]
    lat_deg, lon_deg = np.array(boundary).T
    steps = (np.diff(lon_deg, append=lon_deg[:1]) + 180.0) % 360.0 - 180.0
    turn_deg = float(steps.sum())
    if abs(turn_deg) > 180.0:
        return [_round_pole(lat_deg, lon_deg)]
    unwrapped = lon_deg[0] + np.concatenate([[0.0], np.cumsum(steps[:-1])])
    points = np.stack([unwrapped, lat_deg], axis=-1)
    parts = []
    for shift in (-360.0, 0.0, 360.0):
        moved = points + np.array([shift, 0.0])
        if moved[:, 0].max() <= -180.0 or moved[:, 0].min() >= 180.0:
            continue
        cut = _clipped(_clipped(moved, -180.0, 1.0), 180.0, -1.0)
        if len(cut) >= 3:
            parts.append(_closed(cut))
    return parts


def _round_pole(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Ring:
    """Return the cell that holds a pole: its edge from -180 to 180 deg, then over the pole."""
    order = np.argsort(lon_deg)
    lon, lat = lon_deg[order], lat_deg[order]
    span = lon[0] + 360.0 - lon[-1]
    at_seam = lat[-1] + (lat[0] - lat[-1]) * (180.0 - lon[-1]) / span
    pole = float(np.copysign(90.0, lat[0]))
    corners = [
        (-180.0, at_seam),
        *zip(lon, lat, strict=True),
        (180.0, at_seam),
        (180.0, pole),
        (-180.0, pole),
    ]
    return _closed(np.array(corners))


def _clipped(points: NDArray[np.float64], edge_deg: float, side: float) -> NDArray[np.float64]:
    """Return the part of a convex outline on one side of a meridian (Sutherland and Hodgman, CACM 17, 1974)."""
    kept: list[NDArray[np.float64]] = []
    for here, there in zip(points, np.roll(points, -1, axis=0), strict=True):
        is_in, goes_in = (side * (p[0] - edge_deg) >= 0.0 for p in (here, there))
        if is_in:
            kept.append(here)
        if is_in != goes_in:
            at = (edge_deg - here[0]) / (there[0] - here[0])
            kept.append(np.array([edge_deg, here[1] + at * (there[1] - here[1])]))
    return np.array(kept).reshape(-1, 2)


def _closed(points: NDArray[np.float64]) -> Ring:
    """Return an anticlockwise ring of rounded corners."""
    x, y = points.T
    area = float(x @ np.roll(y, -1) - np.roll(x, -1) @ y)
    ring = [(float(a), float(b)) for a, b in np.round(points if area > 0.0 else points[::-1], DIGITS)]
    return [*ring, ring[0]]


def geometry(rings: Sequence[Ring]) -> dict[str, object]:
    """Return an outline as a GeoJSON geometry (RFC 7946)."""
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": [rings[0]]}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def well_known_binary(rings: Sequence[Ring]) -> bytes:
    """Return an outline as WKB, little-endian (OGC 06-103r4, section 8)."""
    polygons = [
        struct.pack("<BIII", 1, 3, 1, len(ring)) + np.array(ring, dtype="<f8").tobytes() for ring in rings
    ]
    if len(polygons) == 1:
        return polygons[0]
    return struct.pack("<BII", 1, 6, len(polygons)) + b"".join(polygons)
