"""Named places that are followed slot by slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.cells import country_of_point
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import ScenarioError
from ecumene.licences.law import ANYWHERE
from ecumene.licences.ruling import refusal_text
from ecumene.licences.verdict import Points, judge
from ecumene.network.service import NO_LICENCE, ZONE
from ecumene.traffic.places import read_places
from ecumene.world.land import Land, or_default

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import PlaceKeys
    from ecumene.sky.grid import Grid
    from ecumene.world.cells import Radio


@dataclass(frozen=True)
class NamedPlaces:
    """Places that are followed slot by slot.

    Attributes
    ----------
    name
        Names.
    lat_deg, lon_deg : (place,)
        Position. [deg]
    r_m, up : (place, 3)
        Position [m] and ellipsoid normal, ECEF.
    country : (place,)
        Index into the land's codes, -1 at sea.
    row, cell : (place,)
        The row and cell the place belongs to, -1 where nobody lives.
    landing_class : (place,)
        -1 where the place may not be served.
    refusal : (place,)
        Cause that stands against it by law, -1 where none does.
    limit
        The licence record, zone or margin that stands against it, empty where none does.
    gso_exclusion_deg : (place,)
        Exclusion angle. [deg]
    rate_class : (place,)
        Climate and licence class.
    """

    name: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    r_m: NDArray[np.float64]
    up: NDArray[np.float64]
    country: NDArray[np.int32]
    row: NDArray[np.int32]
    cell: NDArray[np.int32]
    landing_class: NDArray[np.int32]
    refusal: NDArray[np.int8]
    limit: tuple[str, ...]
    gso_exclusion_deg: NDArray[np.float64]
    rate_class: NDArray[np.int32]


def build_places(scenario: Scenario, land: Land, grid: Grid, radio: Radio, notes: list[str]) -> NamedPlaces:
    """Return the places of a scenario with their country and law.

    Parameters
    ----------
    scenario, land, grid, radio
        The scenario, its land, its cells and its rates.
    notes
        What the user should know is appended here.

    Raises
    ------
    InputError
        The list of places has mistakes.
    """
    name, lat_deg, lon_deg = _named_points(scenario, notes)
    cell = _cell_at(grid, lat_deg, lon_deg, scenario.resolution)
    country = np.array(
        [
            _country_at(scenario, land, lat, lon, c)
            for lat, lon, c in zip(lat_deg, lon_deg, cell, strict=True)
        ],
        np.int32,
    )
    row = np.array([_row_at(land, c, k) for c, k in zip(cell, country, strict=True)], np.int32)
    return NamedPlaces(
        name=name,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        r_m=ecef_of_geodetic(lat_deg, lon_deg),
        up=up_of_geodetic(lat_deg, lon_deg),
        country=country,
        row=row,
        cell=np.where(row >= 0, cell, -1).astype(np.int32),
        **_law_of(scenario, Points(country, lat_deg, lon_deg), land, radio),
    )


def places_under(scenario: Scenario, places: NamedPlaces, land: Land, radio: Radio) -> NamedPlaces:
    """Return the same places under the law of a land.

    Parameters
    ----------
    scenario, places, land, radio
        The scenario, its places under whatever law, its land under the law wanted, and the rates of that law.
    """
    points = Points(places.country, places.lat_deg, places.lon_deg)
    return replace(places, **_law_of(scenario, points, land, radio))


def _law_of(scenario: Scenario, points: Points, land: Land, radio: Radio) -> dict[str, Any]:
    """Return what of the places follows from the law."""
    law, register = land.law, land.register
    by_control = scenario.licences.disputed == "control"
    verdict = judge(law, register, points, land.whole, by_control=by_control)
    country, is_land = verdict.country, verdict.country >= 0
    is_permitted = np.where(is_land, verdict.is_permitted, scenario.licences.at_sea)
    exclusion = np.where(is_land, law.gso_exclusion_deg[country], np.nan)
    pfd_db = np.where(is_land, law.pfd_dbw_m2_mhz[country], np.nan)
    landing = np.where(is_land, law.landing_class[country], ANYWHERE)
    return {
        "landing_class": np.where(is_permitted, landing, -1).astype(np.int32),
        "refusal": np.where(is_permitted, -1, np.where(verdict.is_denied, ZONE, NO_LICENCE)).astype(np.int8),
        "limit": tuple(
            "" if ok else refusal_text(law, register, verdict, p) for p, ok in enumerate(is_permitted)
        ),
        "gso_exclusion_deg": or_default(exclusion, scenario.terminal.gso_exclusion_deg),
        "rate_class": np.searchsorted(
            radio.pfd_of_class_dbw_m2_mhz, or_default(pfd_db, scenario.downlink.pfd_dbw_m2_mhz)
        ).astype(np.int32),
    }


def _named_points(
    scenario: Scenario, notes: list[str]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    keys: tuple[PlaceKeys, ...] = scenario.places.place
    if scenario.places.file is None and keys:
        names = [place.name for place in keys]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ScenarioError(
                scenario.name, [f"places.place: '{name}' stands there twice" for name in twice]
            )
        return tuple(names), np.array([p.lat_deg for p in keys]), np.array([p.lon_deg for p in keys])
    places = read_places(scenario.places.file, bundled=scenario.places.list)
    notes += places.notes
    return places.name, places.lat_deg, places.lon_deg


def _cell_at(
    grid: Grid, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], resolution: int
) -> NDArray[np.int32]:
    """Return the cell of the grid each point lies in, -1 where nobody lives."""
    import h3

    ids = np.array(
        [
            h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution))
            for lat, lon in zip(lat_deg, lon_deg, strict=True)
        ],
        np.uint64,
    )
    index = np.minimum(np.searchsorted(grid.cell, ids), len(grid.cell) - 1)
    return np.where(grid.cell[index] == ids, index, -1).astype(np.int32)


def _country_at(scenario: Scenario, land: Land, lat_deg: float, lon_deg: float, cell: int) -> int:
    """Return the country of a point; on a made-up planet that of the cell it lies in, elsewhere sea."""
    if not scenario.cell:
        return country_of_point(float(lat_deg), float(lon_deg))
    return int(land.rows.country[np.flatnonzero(land.cell_of_row == cell)[0]]) if cell >= 0 else -1


def _row_at(land: Land, cell: int, country: int) -> int:
    if cell < 0 or country < 0:
        return -1
    first, end = np.searchsorted(land.cell_of_row, [cell, cell + 1])  # rows are sorted by cell
    found = np.flatnonzero(land.rows.country[first:end] == country)
    return int(first + found[0]) if len(found) else -1
