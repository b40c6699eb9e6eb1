"""From what a person types to a point on the Earth: coordinates, a followed place, or a town."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecumene.earth.countries import countries
from ecumene.earth.towns import find_town, load_towns, plain_name
from ecumene.errors import InputError, did_you_mean
from ecumene.traffic.places import BUNDLED, read_places

if TYPE_CHECKING:
    from ecumene.scenario import Scenario

_NUMBER = r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*(?:°|deg)?\s*"
_POINT = re.compile(rf"\s*{_NUMBER}([NS]?)\s*[,;\s]\s*{_NUMBER}([EW]?)\s*", re.IGNORECASE)

MOST_NAMESAKES = 4
"""Other towns of a name that are told; there are more than thirty San Antonios."""


@dataclass(frozen=True)
class Spot:
    """A point that was asked for.

    Attributes
    ----------
    name
        Of the place, or the coordinates as typed.
    lat_deg, lon_deg
        Where; longitude in [-180, 180]. [deg]
    source
        Where the coordinates are from.
    namesakes
        Other places of this name, as they can be typed.
    """

    name: str
    lat_deg: float
    lon_deg: float
    source: str
    namesakes: tuple[str, ...] = ()


def find_spot(text: str, scenario: Scenario) -> Spot:
    """Return the point that a text means.

    Parameters
    ----------
    text
        LAT,LON (also with blanks, or with N, S, E, W behind the numbers), or a name: of a place of the scenario, of a
        bundled list of places, or of a town ('Springfield, US' keeps one country).
    scenario
        Whose places come first.

    Returns
    -------
    spot
        Of several towns the most populous, with its namesakes.

    Raises
    ------
    InputError
        No such place, or coordinates out of range; with what can be typed instead.

    Examples
    --------
    >>> from ecumene.scenario import load
    >>> spot = find_spot("37.1 S, 12.3 W", load("toy"))
    >>> spot.lat_deg, spot.lon_deg
    (-37.1, -12.3)
    """
    if not text.strip():
        raise InputError("name a place, or give LAT,LON such as 48.5,37.9")
    if (found := _POINT.fullmatch(text)) is not None:
        return _point(text.strip(), *found.groups())
    followed = _followed(scenario)
    for name, lat_deg, lon_deg, source in followed:
        if plain_name(name) == plain_name(text):
            return Spot(name, lat_deg, lon_deg, source)
    towns = find_town(text)
    if not towns:
        raise InputError(f"{text!r}: no place of this name{_hint(text, [name for name, *_ in followed])}")
    name, code, lat_deg, lon_deg = towns[0]
    others = tuple(f"{lat:g},{lon:g} ({name}, {cc})" for name, cc, lat, lon in towns[1 : MOST_NAMESAKES + 1])
    return Spot(f"{name}, {code}", lat_deg, lon_deg, "GeoNames (to 0.01 deg)", others)


def _point(text: str, lat: str, south: str, lon: str, west: str) -> Spot:
    lat_deg, lon_deg = float(lat), float(lon)
    problems = []
    if (south and lat[0] in "+-") or (west and lon[0] in "+-"):
        problems.append("give a sign or a letter, not both")
    lat_deg = -lat_deg if south.upper() == "S" else lat_deg
    lon_deg = -lon_deg if west.upper() == "W" else lon_deg
    if not -90.0 <= lat_deg <= 90.0:
        swapped = "; latitude comes first" if abs(lon_deg) <= 90.0 else ""
        problems.append(f"latitude {lat_deg:g}: must be between -90 and 90{swapped}")
    if not -180.0 <= lon_deg <= 360.0:
        problems.append(f"longitude {lon_deg:g}: must be between -180 and 360")
    if problems:
        raise InputError(f"{text}: {'; '.join(problems)}")
    return Spot(text, lat_deg, lon_deg - 360.0 if lon_deg > 180.0 else lon_deg, "as given")


def _followed(scenario: Scenario) -> list[tuple[str, float, float, str]]:
    """Return the places of the scenario, then those that ship."""
    keys = scenario.places
    found = [(place.name, place.lat_deg, place.lon_deg, "the scenario's places") for place in keys.place]
    lists = [(keys.file, keys.list)] if keys.file else []
    for path, bundled in [*lists, *((None, name) for name in BUNDLED)]:
        places = read_places(path, bundled=bundled)
        source = path or f"bundled list '{bundled}'"
        rows = zip(places.name, places.lat_deg.tolist(), places.lon_deg.tolist(), strict=True)
        found += [(name, lat_deg, lon_deg, source) for name, lat_deg, lon_deg in rows]
    return found


def _hint(text: str, followed: list[str]) -> str:
    """Return what can be typed instead of a name that is unknown."""
    wanted, comma, code = text.rpartition(",")
    if comma and (towns := find_town(wanted)):
        known = ", ".join(dict.fromkeys(cc for _, cc, *_ in towns[:8]))
        proposal = countries().hint(code.strip()) if code.strip().upper() not in countries().code else ""
        return f"; there is {towns[0][0]} in {known}{proposal}"
    names = {plain_name(name): name for name in [*reversed(load_towns().name), *followed]}
    near = did_you_mean(plain_name(text), names)
    for plain, name in names.items():
        if near.endswith(f"'{plain}'?"):
            near = f"; did you mean '{name}'?"
            break
    return near or "; give the nearest town, or LAT,LON such as 48.5,37.9"
