"""Ground sites as a file that `gateways.sites` reads back: CSV, or GeoJSON for a map."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from ecumene.network.sites import GEOJSON, records_of_sites
from ecumene.results.files import check_new_file, put_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecumene.network.sites import Sites

COLUMNS = (
    *("name", "country", "lat_deg", "lon_deg", "kind", "antennas", "live_by"),
    *("bands", "gso_exclusion_deg", "rain_mm_h", "rain_height_km", "confidence", "source"),
)


def write_sites(path: Path, parts: Sequence[Sites], comment: Sequence[str] = ()) -> None:
    """Write ground sites, whole or not at all.

    Parameters
    ----------
    path
        Where to; .csv, or .geojson (also .json).
    parts
        Sites, one list after the other.
    comment
        Lines that say where the sites are from: a heading in CSV, a member "comment" in GeoJSON.

    Raises
    ------
    OutputError
        The name ends in something else, or the folder does not exist.
    """
    check_name(path)
    records = [record for part in parts for record in _records(part)]
    text = _csv(records, comment) if path.suffix.lower() == ".csv" else _geojson(records, comment)
    put_file(path, text.encode())


def check_name(path: Path) -> None:
    """Refuse a name that says no format, or whose folder does not exist, before anything is computed.

    Raises
    ------
    OutputError
        As `write_sites`.
    """
    check_new_file(path, endings=(".csv", *GEOJSON))


def _records(sites: Sites) -> list[dict[str, Any]]:
    """Return one mapping a site, by `COLUMNS`; empty text where nothing is known."""
    records = []
    for site in records_of_sites(sites):
        record: dict[str, Any] = {name: getattr(site, name) for name in COLUMNS}
        record["antennas"] = site.antennas if site.kind == "gateway" else ""
        for name, value in record.items():
            if isinstance(value, float):
                record[name] = "" if math.isnan(value) else round(value, 4)
        records.append(record)
    return records


def _csv(records: Sequence[dict[str, Any]], comment: Sequence[str]) -> str:
    out = io.StringIO()
    out.writelines(f"# {line}\n" for line in comment)
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def _geojson(records: Sequence[dict[str, Any]], comment: Sequence[str]) -> str:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [record["lon_deg"], record["lat_deg"]]},
            "properties": {
                key: value
                for key, value in record.items()
                if key not in {"lat_deg", "lon_deg"} and value != ""
            },
        }
        for record in records
    ]
    tree = {"type": "FeatureCollection", "comment": list(comment), "features": features}
    return json.dumps(tree, ensure_ascii=False, indent=1) + "\n"
