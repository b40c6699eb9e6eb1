"""The named places whose every slot is written down."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import TableError
from ecumene.traffic.table import parse_csv, read_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALIAS = {
    "place": "name",
    "lat_deg": "lat",
    "latitude": "lat",
    "lon_deg": "lon",
    "lng": "lon",
    "long": "lon",
    "longitude": "lon",
}


@dataclass(frozen=True)
class Places:
    """Named points on the ground or at sea.

    Attributes
    ----------
    name
        Unique names.
    lat_deg, lon_deg : (place,)
        Geodetic latitude; longitude in (-180, 180]. [deg]
    notes
        What was left out of the file: columns nobody reads.
    """

    name: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.name)


BUNDLED = {"remote": "places.csv", "cities-100": "cities-100.csv"}
"""Lists that ship, by name. The cities are the 100 most populous as estimated for 2025, in the order, with the
names and at the coordinates of Hypatia's ground stations (its README names no source for them)."""


def read_places(path: str | Path | None = None, *, bundled: str = "remote") -> Places:
    """Return the places of a CSV file, or the bundled list.

    Parameters
    ----------
    path
        A CSV file with the columns name, lat, lon (also lat_deg or latitude, lon_deg, lng, long or longitude;
        any case, any order); a bundled list where None.
    bundled
        Which one, a name of `BUNDLED`.

    Returns
    -------
    places
        In the order of the file. A longitude from 180 to 360 deg is the same meridian written another way and
        comes out below 180.

    Raises
    ------
    TableError
        With every mistake of the file and its line.
    """
    if path is None:
        name = BUNDLED[bundled]
        raw = resources.files("ecumene.traffic").joinpath(f"data/{name}").read_bytes()
        return _parse_places(raw, f"{name} (bundled)")
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _parse_places(raw, str(path))


def _parse_places(raw: bytes, source: str) -> Places:
    table = parse_csv(raw, source, required=("name", "lat", "lon"), alias=_ALIAS)
    bad = table.problems
    line_of_name: dict[str, int] = {}
    lat_deg, lon_deg = [], []
    for line, row in zip(table.line_of_row, table.rows, strict=True):
        name = row["name"]
        if not name:
            bad.add(line, "name is missing")
        elif name in line_of_name:
            bad.add(line, f"name = {name!r} stands already in line {line_of_name[name]}")
        line_of_name.setdefault(name, line)
        lat = read_number(row["lat"], -90.0, 90.0)
        lon = read_number(row["lon"], -180.0, 360.0)
        if isinstance(lat, str):
            swapped = isinstance(lon, float) and abs(lon) <= 90.0 and "between" in lat
            bad.add(line, f"lat = {row['lat']}: {lat}" + ("; are lat and lon swapped?" if swapped else ""))
        if isinstance(lon, str):
            bad.add(line, f"lon = {row['lon']}: {lon}")
        if isinstance(lat, float) and isinstance(lon, float):
            lat_deg.append(lat)
            lon_deg.append(lon - 360.0 if lon > 180.0 else lon)
    bad.raise_if_any()
    return Places(tuple(row["name"] for row in table.rows), np.array(lat_deg), np.array(lon_deg), table.notes)
