"""Places by name and by coordinates, as people type them."""

from __future__ import annotations

import re

import pytest

from ecumene.errors import InputError
from ecumene.scenario import load
from ecumene.whereabouts import find_spot

GEN1 = load("starlink-gen1")


@pytest.mark.parametrize(
    ("text", "lat_deg", "lon_deg"),
    [
        ("48.5,37.9", 48.5, 37.9),
        (" -37.07, -12.31 ", -37.07, -12.31),
        ("-37.07 -12.31", -37.07, -12.31),
        ("37.1S 12.3W", -37.1, -12.3),
        ("37.1 S, 12.3 W", -37.1, -12.3),
        ("0;190", 0.0, -170.0),
        ("+5,-.5", 5.0, -0.5),
    ],
)
def test_coordinates(text: str, lat_deg: float, lon_deg: float) -> None:
    spot = find_spot(text, GEN1)
    assert (spot.lat_deg, spot.lon_deg) == (lat_deg, lon_deg)


def test_names_ignore_case_and_accents_and_the_scenario_comes_first() -> None:
    assert find_spot("nuku'alofa", GEN1).source == "bundled list 'remote'"
    assert find_spot("SÃO PAULO", GEN1).name == "Sao Paulo"
    mine = load(
        "starlink-gen1", overrides={"places.place": [{"name": "Kyiv", "lat_deg": 1.0, "lon_deg": 2.0}]}
    )
    assert find_spot("kyiv", mine).lat_deg == 1.0


def test_a_town_of_many_is_the_largest_and_the_others_are_told() -> None:
    spot = find_spot("Springfield, US", GEN1)
    assert spot.name == "Springfield, US"
    assert len(spot.namesakes) == 4
    again = find_spot(spot.namesakes[0].split(" (")[0], GEN1)
    assert again.lat_deg != spot.lat_deg


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Kyjv", "did you mean 'Kyiv'?"),
        ("London, UK", "there is London in GB, CA, US; did you mean 'GB'"),
        ("95,10", "latitude 95: must be between -90 and 90; latitude comes first"),
        ("10,500", "longitude 500: must be between -180 and 360"),
        ("-10S,5", "a sign or a letter"),
        ("", "name a place"),
        ("qqqqxxxx", "give the nearest town, or LAT,LON"),
    ],
)
def test_what_cannot_be_found_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        find_spot(text, GEN1)
