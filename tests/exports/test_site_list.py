"""Lists of sites go out and come back the same."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecumene.errors import InputError
from ecumene.exports.site_list import write_sites
from ecumene.network.sites import Site, read_sites, records_of_sites, sites_of_records

CODES = ("DE", "FJ")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(
    lambda text: not text.startswith("#")
)
NUMBER_OR_NONE = st.one_of(st.just(math.nan), st.integers(0, 45).map(float), st.just(12.25))
SITES = st.lists(
    st.builds(
        Site,
        name=WORDS,
        country=st.sampled_from(CODES),
        lat_deg=st.integers(-900, 900).map(lambda x: x / 10.0),
        lon_deg=st.integers(-1799, 1800).map(lambda x: x / 10.0),
        antennas=st.integers(1, 200),
        live_by=st.sampled_from(["", "2023-10", "2023-10-10"]),
        bands=st.sampled_from(["", "ka", "ka e"]),
        gso_exclusion_deg=NUMBER_OR_NONE,
        rain_mm_h=NUMBER_OR_NONE,
        confidence=st.sampled_from(["", "low"]),
        source=st.sampled_from(["", 'a list, "the" list']),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda site: site.name,
)


def plain(site):
    return replace(site, **{k: -1.0 for k, v in vars(site).items() if isinstance(v, float) and math.isnan(v)})


@pytest.mark.parametrize("name", ["sites.csv", "sites.geojson"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(sites=SITES)
def test_there_and_back(tmp_path, name, sites):
    pop = replace(sites[0], kind="pop", antennas=0)
    path = tmp_path / name
    write_sites(path, [sites_of_records(sites), sites_of_records([pop])], ("made up", "for a test"))
    back = records_of_sites(read_sites(path, CODES))
    assert [plain(site) for site in back] == [plain(site) for site in (*sites, pop)]


def test_a_map_can_read_the_geojson(tmp_path):
    path = tmp_path / "a.geojson"
    write_sites(path, [sites_of_records([Site("A", "DE", 50.0, 7.0, antennas=4)])], ("made up",))
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert tree["type"] == "FeatureCollection"
    assert tree["features"][0]["geometry"] == {"type": "Point", "coordinates": [7.0, 50.0]}
    assert tree["features"][0]["properties"] == {
        "name": "A",
        "country": "DE",
        "kind": "gateway",
        "antennas": 4,
    }


def test_names_that_say_nothing(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.csv or \.geojson or \.json"):
        write_sites(tmp_path / "sites.txt", [])
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_sites(tmp_path / "a.csv", [])
