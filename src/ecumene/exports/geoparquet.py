"""Rows as GeoParquet 1.1: cells as polygons with their numbers, for GeoPandas, QGIS, DuckDB and others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from ecumene.exports.outlines import outlines_of_cells, well_known_binary
from ecumene.results.schema import ROWS
from ecumene.results.store import put_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from ecumene.results.schema import Table

VERSION = "1.1.0"


def write_geoparquet(rows: Table, path: Path) -> Path:
    """Write the rows with the outline of each cell as WKB in the column `geometry`.

    Parameters
    ----------
    rows
        The table of rows, or a part of it.
    path
        The file.

    Returns
    -------
    path
        The same.

    References
    ----------
    GeoParquet specification 1.1.0 (OGC): file metadata "geo". Without "crs" coordinates are OGC:CRS84, longitude first.
    """
    outlines = outlines_of_cells(rows["cell"].tolist())
    binary = np.empty(len(outlines), dtype=object)
    binary[:] = [well_known_binary(rings) for rings in outlines]
    corners = np.array([corner for rings in outlines for ring in rings for corner in ring]).reshape(-1, 2)
    kinds = sorted({"Polygon" if len(rings) == 1 else "MultiPolygon" for rings in outlines})
    column = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "orientation": "counterclockwise",
        "edges": "planar",
    }
    if len(corners):
        column["bbox"] = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
    meta = {"version": VERSION, "primary_column": "geometry", "columns": {"geometry": column}}
    return put_parquet(path, rows, ROWS, {"geometry": binary}, {"geo": json.dumps(meta)})
