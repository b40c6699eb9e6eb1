"""Ground sites of real scenarios: in the sea, under another flag, planned, doubled."""

from __future__ import annotations

import pytest

from ecumene import load
from ecumene.earth.cells import countries_near
from ecumene.earth.countries import countries
from ecumene.errors import InputError
from ecumene.network.sites import BUNDLED, read_sites
from ecumene.world import build
from ecumene.world.ground import misplaced

SMALL = {"resolution": 3, "slots": 1}


def site(**keys):
    return {"name": "X", "country": "FJ", "lat_deg": -18.1, "lon_deg": 178.4, **keys}


def built(*sites, **keys):
    gateways = {f"gateways.{key}": value for key, value in keys.items()}
    return build(load("starlink-2022", overrides={**SMALL, "gateways.site": list(sites), **gateways}))


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_bundled_sites_stand_on_land(name):
    """Longyearbyen is listed under NO, which the licence is Norway's; by ISO 3166-1 it lies in SJ."""
    sites = read_sites(name, countries().code)
    found = {
        site: misplaced(country, lat, lon)
        for site, country, lat, lon in zip(
            sites.name, sites.country, sites.lat_deg, sites.lon_deg, strict=True
        )
    }
    assert not [site for site, (wrong, _) in found.items() if wrong]
    assert {site for site, (_, odd) in found.items() if odd} <= {"Longyearbyen"}


@pytest.mark.parametrize(
    ("country", "lat_deg", "lon_deg", "wrong", "odd"),
    [
        ("FJ", -18.1, 178.4, "", ""),
        ("FJ", 18.1, 178.4, "the sign of the latitude seems wrong", ""),
        ("KE", 36.8, -1.3, "latitude and longitude seem to be swapped", ""),
        ("BR", -38.5, -3.7, "latitude and longitude seem to be swapped", ""),
        ("US", 40.0, 140.5, "", "stands in JP, not in US; landing rules follow the list"),
        ("GB", 50.0, -30.0, "lies in the sea; move it to land, or set gateways.at_sea = true", ""),
    ],
)
def test_what_is_wrong_with_a_position(country, lat_deg, lon_deg, wrong, odd):
    found = misplaced(country, lat_deg, lon_deg)
    assert wrong in found[0]
    assert odd in found[1]
    assert bool(found[0]) == bool(wrong)
    assert bool(found[1]) == bool(odd)


def test_land_is_found_at_14_km_and_not_at_30():
    """Lowestoft, the easternmost town of England, and points due east of it."""
    gb = countries().index_of("GB")
    km_per_deg = 111.32 * 0.61
    for km, is_near in ((2.0, True), (10.0, True), (45.0, False)):
        assert (gb in countries_near(52.48, 1.763 + km / km_per_deg)) == is_near, km


def test_a_site_at_sea_is_a_mistake_unless_allowed():
    with pytest.raises(
        InputError, match=r"gateways.site\[0\]: gateway 'X' at -30, 178.4 lies in the sea; move it"
    ):
        built(site(lat_deg=-30.0))
    assert "X" in built(site(lat_deg=-30.0), at_sea=True).ground.gateways.name


def test_a_site_under_another_flag_is_noted():
    world = built(site(country="NZ"))
    assert any("'X' at -18.1, 178.4 stands in FJ, not in NZ" in note for note in world.notes)


def test_a_list_of_ones_own(tmp_path):
    path = tmp_path / "mine.csv"
    head = "name,country,lat_deg,lon_deg,kind,status\n"
    path.write_text(head + "A,PL,51.9,20.9,gateway,\nP,PL,52.2,21.0,pop,\nB,PL,53,20,gateway,planned\n")
    world = built(sites=str(path))
    assert world.ground.gateways.name == ("A",)
    assert (
        "1 ground sites of the list are left out: planned (gateways.planned = true takes them)."
        in world.notes
    )
    assert built(sites=str(path), planned=True).ground.gateways.name == ("A", "B")
    path.write_text(head + "A,PL,56.5,18.9,gateway,\n")
    with pytest.raises(InputError, match=r"line 2: gateway 'A' at 56.5, 18.9 lies in the sea"):
        built(sites=str(path))


def test_a_landing_rule_for_an_unknown_country(tmp_path):
    register = tmp_path / "law.toml"
    register.write_text(
        '[[record]]\ncountries = ["UA"]\nstatus = "licensed"\nfrom = 2020-01-01\nlanding = ["PL", "DEU"]\n'
        'source = "made up"\nconfidence = "low"\n'
    )
    with pytest.raises(InputError, match=r"landing.*DEU.*did you mean 'DE'"):
        build(load("starlink-2022", overrides={**SMALL, "licences.records": str(register)}))
