"""Names of places: the nearest town of a point, and the places of a name.

The gazetteer holds every place of GeoNames with 15,000 people and more, and where those are rare the largest
place within 25 km. Source: GeoNames, CC BY 4.0; built by tools/build_cells.py.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import great_circle_m, up_of_geodetic
from ecumene.earth.packing import Column, read_packed, write_packed
from ecumene.errors import RangeError, RunError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PATH = Path(__file__).parent / "data" / "towns.bin"
NAME = "towns"

STEPS_PER_DEG = 100
"""Coordinates are kept to 0.01 deg, 1.1 km."""

_POINTS_AT_ONCE = 512  # 512 points x 53,000 towns are 220 MB of distances


@dataclass(frozen=True)
class Towns:
    """The gazetteer, the most populous first.

    Attributes
    ----------
    name : (town,)
        Names as GeoNames writes them.
    country : (town,)
        Index into `countries()`.
    lat_deg, lon_deg : (town,)
        Position, to 0.01 deg. [deg]
    people : (town,)
        Inhabitants as GeoNames gives them, within 5 %; 0 where it does not know.
    """

    name: tuple[str, ...]
    country: NDArray[np.int16]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    people: NDArray[np.float64]


@functools.cache
def load_towns() -> Towns:
    """Return the gazetteer, read once.

    Raises
    ------
    RunError
        Where the bundled table is missing or damaged.
    """
    table = read_packed(PATH, NAME)
    columns = table.columns
    code = columns["people"].astype(np.float64)
    people = np.where(code > 0, np.exp((code - 1.0) * table.facts["people_step"]), 0.0)
    order = np.argsort(-people, kind="stable")
    names = columns["name"].tobytes().decode("utf-8").split("\n")
    return Towns(
        name=tuple(names[i] for i in order),
        country=columns["country"].astype(np.int16)[order],
        lat_deg=columns["lat"][order] / STEPS_PER_DEG,
        lon_deg=columns["lon"][order] / STEPS_PER_DEG,
        people=people[order],
    )


def nearest_town(lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[list[str], NDArray[np.float64]]:
    """Return the nearest named place of each point.

    Parameters
    ----------
    lat_deg, lon_deg : (point,)
        Points; meant for some hundreds, since each is compared with every town. [deg]

    Returns
    -------
    name : (point,)
        Names as GeoNames writes them.
    distance_km : (point,)
        Great-circle distance. [km]

    Raises
    ------
    RangeError
        Where a coordinate is no number.
    """
    lat, lon = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (lat_deg, lon_deg))
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise RangeError("nearest_town: every latitude and longitude must be a number, some are not")
    town = nearest_town_index(lat, lon)
    towns = load_towns()
    distance_km = great_circle_m(lat, lon, towns.lat_deg[town], towns.lon_deg[town]) / 1e3
    return [towns.name[i] for i in town.tolist()], distance_km


def nearest_town_index(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the index in `load_towns()` of the nearest place of each point; see `nearest_town`."""
    towns = load_towns()
    town = up_of_geodetic(
        towns.lat_deg, towns.lon_deg
    )  # on the sphere of great circles these are the places themselves
    point = up_of_geodetic(lat_deg, lon_deg)
    blocks = [
        np.argmax(point[i : i + _POINTS_AT_ONCE] @ town.T, axis=1)
        for i in range(0, len(point), _POINTS_AT_ONCE)
    ]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.intp)


def find_town(name: str) -> list[tuple[str, str, float, float]]:
    """Return the places of a name, the most populous first.

    Parameters
    ----------
    name
        A name, whole; case, accents and spaces around do not matter. 'Name, CC' keeps one country.

    Returns
    -------
    candidates
        (name, country code, latitude, longitude) of each; empty where the gazetteer has none. [deg]
    """
    wanted, comma, code = (part.strip() for part in name.rpartition(",")) if "," in name else (name, "", "")
    towns = load_towns()
    found = _index_of_names().get(plain_name(wanted), ())
    codes = countries().code
    return [
        (towns.name[i], codes[towns.country[i]], float(towns.lat_deg[i]), float(towns.lon_deg[i]))
        for i in found
        if not comma or codes[towns.country[i]] == code.upper()
    ]


@functools.cache
def _index_of_names() -> dict[str, list[int]]:
    """Return the towns of each plain name."""
    index: dict[str, list[int]] = {}
    for i, name in enumerate(load_towns().name):
        index.setdefault(plain_name(name), []).append(i)
    return index


def plain_name(name: str) -> str:
    """Return a name without case, accents, and outer spaces."""
    decomposed = unicodedata.normalize("NFKD", name.strip())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def encode(
    path: Path,
    name: tuple[str, ...],
    country: NDArray[np.int16],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    people: NDArray[np.float64],
    facts: dict[str, Any],
) -> None:
    """Write the gazetteer, sorted to pack well; called by tools/build_cells.py."""
    lat = np.round(lat_deg * STEPS_PER_DEG).astype(np.int16)
    lon = np.round(lon_deg * STEPS_PER_DEG).astype(np.int16)
    order = np.lexsort((lon, lat, country))
    step = float(np.log(people.max()) / 253.0)
    code = np.where(people >= 1.0, np.round(np.log(np.maximum(people, 1.0)) / step) + 1.0, 0.0).astype(
        np.uint8
    )
    if any("\n" in n for n in name):
        raise RunError("packing towns: a name holds a line break; names are separated by them")
    columns: dict[str, Column] = {
        "name": np.frombuffer("\n".join(name[i] for i in order).encode("utf-8"), dtype=np.uint8),
        "country": country[order].astype(np.uint8),
        "lat": lat[order],
        "lon": lon[order],
        "people": code[order],
    }
    write_packed(path, NAME, columns, {"lat"}, {**facts, "people_step": step})
