"""Rows and gateways as KML 2.2, for Google Earth and other globes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ecumene.exports.geojson import records_of
from ecumene.exports.outlines import Ring, outlines_of_cells
from ecumene.results.schema import CAUSE_WORDS, GATEWAYS, ROWS
from ecumene.views.palette import CAUSE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecumene.results.schema import Table

OPACITY = 0xB0
_BAD = {code: "?" for code in range(32) if code not in {9, 10, 13}}  # what XML 1.0 cannot hold


def kml_lines(title: str, rows: Table, gateways: Table, names: Mapping[str, str]) -> Iterator[str]:
    """Return a result as KML: a folder a country, cells coloured by their main cause, numbers on a click.

    Parameters
    ----------
    title
        Name of the document.
    rows, gateways
        Result tables, or parts of them.
    names
        Names of countries by code.

    Yields
    ------
    line
        Lines with their ends.

    References
    ----------
    OGC 07-147r2, KML 2.2.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
    yield f"<name>{_text(title)}</name>\n"
    for cause, colour in CAUSE_COLOURS.items():
        red, green, blue = colour[1:3], colour[3:5], colour[5:7]
        yield (
            f'<Style id="{cause}"><LineStyle><width>0.5</width></LineStyle>'
            f"<PolyStyle><color>{OPACITY:02x}{blue}{green}{red}</color></PolyStyle></Style>\n"
        )
    outlines = outlines_of_cells(rows["cell"].tolist())
    by_country: dict[str, list[str]] = {}
    for record, rings in zip(records_of(rows, ROWS), outlines, strict=True):
        by_country.setdefault(record["country"], []).append(_cell(record, rings))
    for country, marks in sorted(by_country.items()):
        yield f"<Folder><name>{_text(names.get(country, country))}</name>\n"
        yield from marks
        yield "</Folder>\n"
    yield "<Folder><name>Gateways</name>\n"
    for record in records_of(gateways, GATEWAYS):
        point = f"<Point><coordinates>{record['lon_deg']},{record['lat_deg']}</coordinates></Point>"
        yield f"<Placemark><name>{_text(record['gateway'])}</name>{_data(record)}{point}</Placemark>\n"
    yield "</Folder>\n</Document>\n</kml>\n"


def _cell(record: Mapping[str, Any], rings: Sequence[Ring]) -> str:
    polygons = "".join(
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        + " ".join(f"{lon},{lat}" for lon, lat in ring)
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        for ring in rings
    )
    shape = polygons if len(rings) == 1 else f"<MultiGeometry>{polygons}</MultiGeometry>"
    cause = record["main_cause"]
    return (
        f"<Placemark><name>{record['cell']}</name><description>{_text(CAUSE_WORDS.get(cause, cause))}</description>"
        f"<styleUrl>#{cause}</styleUrl>{_data(record)}{shape}</Placemark>\n"
    )


def _data(record: Mapping[str, Any]) -> str:
    lines = "".join(
        f'<Data name="{key}"><value>{_text(str(value))}</value></Data>'
        for key, value in record.items()
        if value is not None
    )
    return f"<ExtendedData>{lines}</ExtendedData>"


def _text(text: str) -> str:
    return escape(text.translate(_BAD))
