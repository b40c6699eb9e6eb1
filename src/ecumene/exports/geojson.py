"""Rows and gateways as GeoJSON (RFC 7946), for QGIS, Leaflet, kepler.gl and others."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from ecumene.exports.outlines import geometry, outlines_of_cells
from ecumene.results.schema import GATEWAYS, ROWS, Table, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIGITS = 6
"""Digits of a number that has a fraction."""


def row_lines(rows: Table) -> Iterator[str]:
    """Return the rows as a collection of polygons, one feature a line.

    Parameters
    ----------
    rows
        The table of rows, or a part of it.

    Yields
    ------
    line
        A feature is one row: its cell's outline, and its columns as properties; `cell` as H3's hexadecimal text.
        A cell of two countries comes twice.
    """
    records = records_of(rows, ROWS)
    outlines = outlines_of_cells(rows["cell"].tolist())
    features = (
        {
            "type": "Feature",
            "id": f"{record['cell']}-{record['country']}",
            "geometry": geometry(rings),
            "properties": record,
        }
        for record, rings in zip(records, outlines, strict=True)
    )
    return _collection(features)


def gateway_lines(gateways: Table) -> Iterator[str]:
    """Return the gateways as a collection of points (`row_lines`)."""
    return _collection(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [record["lon_deg"], record["lat_deg"]]},
            "properties": record,
        }
        for record in records_of(gateways, GATEWAYS)
    )


def records_of(table: Table, variables: Sequence[Variable]) -> Iterator[dict[str, Any]]:
    """Return a table line by line; None where there is no value, cells as hexadecimal text.

    Parameters
    ----------
    table
        Columns by name.
    variables
        Those wanted, in order.
    """
    columns = [[_value(value, v) for value in table[v.name].tolist()] for v in variables]
    names = [v.name for v in variables]
    for line in zip(*columns, strict=True):
        yield dict(zip(names, line, strict=True))


def _value(value: Any, variable: Variable) -> Any:
    if variable.name == "cell":
        return f"{int(value):x}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return float(f"{value:.{DIGITS}g}") if variable.dtype == "float32" else value
    return value


def _collection(features: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield '{"type": "FeatureCollection", "features": [\n'
    between = ""
    for feature in features:
        yield between + json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        between = ",\n"
    yield "\n]}\n"
