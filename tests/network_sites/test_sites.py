"""Reading ground sites, bundled and the user's, good and broken."""

import json
from datetime import date

import numpy as np
import pytest

from ecumene.earth.countries import countries
from ecumene.errors import InputError, RangeError, TableError
from ecumene.network.sites import BUNDLED, read_sites, records_of_sites, sites_of_records

CODES = ("DE", "FJ", "GB", "PL", "US")
HEADER = "name,country,lat_deg,lon_deg,kind,antennas,live_by\n"


def written(tmp_path, content):
    path = tmp_path / "mine.csv"
    path.write_bytes(content.encode())
    return path


def problems(tmp_path, content):
    with pytest.raises(TableError) as error:
        read_sites(written(tmp_path, content), CODES)
    return str(error.value).replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("name", "n_gateways", "n_pops"),
    [("starlink", 209, 62), ("starlink-2022", 144, 16), ("oneweb", 42, 24), ("kuiper", 38, 34)],
)
def test_bundled_lists_have_the_stated_numbers(name, n_gateways, n_pops):
    sites = read_sites(name, countries().code)
    assert (len(sites.of_kind("gateway")), len(sites.of_kind("pop"))) == (n_gateways, n_pops)
    assert len(sites) == n_gateways + n_pops
    assert all(sites.source)
    assert set(sites.confidence) <= {"high", "medium", "low"}
    assert set(sites.antennas[np.array(sites.kind) == "gateway"]) == {8}
    assert not sites.notes


def test_every_bundled_list_is_tested():
    assert set(BUNDLED) == {"starlink", "starlink-2022", "oneweb", "kuiper"}


def test_october_2022_has_the_sites_that_served_ukraine_and_tonga():
    sites = read_sites("starlink-2022", countries().code, known_by=date(2022, 10, 10))
    assert {"Wola Krobowska", "Kaunas", "Muallim", "Suva"} <= set(sites.of_kind("gateway").name)
    assert {"Frankfurt", "Auckland"} <= set(sites.of_kind("pop").name)
    assert not {"NG", "ID", "PH"} & set(sites.country)
    everything = read_sites("starlink", countries().code)
    assert set(sites.name) <= set(everything.name)


def test_sites_not_known_by_the_day_are_handed_back_by_name():
    sites = read_sites("starlink", countries().code, known_by=date(2023, 10, 10))
    assert (len(sites.of_kind("gateway")), len(sites.of_kind("pop")), len(sites.later)) == (151, 22, 98)
    assert "Nairobi" in sites.later


def test_a_users_file(tmp_path):
    content = (
        "\ufeffkind,name,country,lat_deg,lon_deg,antennas,owner\r\n"
        'gateway,"Suva, east",FJ,-18.1,178.5,12,x\r\n\r\npop,Suva,FJ,-18,181,,y\r\n'
        "gateway,Bonn,DE,50,7,,z\r\n"
    )
    sites = read_sites(written(tmp_path, content), CODES, default_antennas=4)
    assert sites.name == ("Suva, east", "Suva", "Bonn")
    assert sites.antennas.tolist() == [12, 0, 4]
    assert sites.lon_deg.tolist() == [178.5, -179.0, 7.0]
    assert sites.notes == ("column 'owner' is not used",)
    assert sites.of_kind("pop").country == ("FJ",)


def test_a_month_counts_from_its_first_day(tmp_path):
    path = written(
        tmp_path, HEADER + "A,DE,50,7,gateway,,2023-10\nB,DE,50,7,gateway,,2023-10-02\nC,DE,5,7,pop,,\n"
    )
    assert read_sites(path, CODES, known_by=date(2023, 10, 1)).name == ("A", "C")
    assert read_sites(path, CODES, known_by=date(2023, 9, 30)).later == ("A", "B")
    assert len(read_sites(path, CODES)) == 3


def test_every_mistake_at_once_with_its_line(tmp_path):
    content = HEADER + (
        "A,DEU,50,7,gateway,8,\n"
        "B,DE,95,7,gateway,0,\n"
        "B,DE,50,east,gatway,2.5,2023-13\n"
        "B,DE,50,7,gateway,,\n"
        "C,PL,50,7,pop,3,\n"
        ",PL,50,7,pop,,\n"
        "D,PL,50,7,gateway,201,\n"
    )
    assert problems(tmp_path, content).splitlines() == [
        "/mine.csv: 11 problems",
        "  line 2: country = 'DEU': no ISO 3166-1 alpha-2 code; did you mean 'DE'?",
        "  line 3: lat_deg = 95: must be between -90 and 90",
        "  line 3: antennas = 0: must be a whole number from 1 to 200",
        "  line 4: kind = 'gatway': must be one of gateway, pop; did you mean 'gateway'?",
        "  line 4: lon_deg = east: not a number",
        "  line 4: antennas = 2.5: must be a whole number from 1 to 200",
        "  line 4: live_by = 2023-13: must be a month or a day that exists, such as 2023-10",
        "  line 5: gateway 'B' stands already in line 3",
        "  line 6: antennas = 3: a PoP has none; leave it empty or make this a gateway",
        "  line 7: name is missing",
        "  line 8: antennas = 201: must be a whole number from 1 to 200",
    ]


def test_missing_columns_and_files(tmp_path):
    assert "line 1: column 'lat_deg' is missing; did you mean 'lat'?" in problems(
        tmp_path, "name,country,lat,lon_deg,kind\nA,DE,1,2,pop\n"
    )
    with pytest.raises(TableError, match=r"starlnik: no such list of sites: .*; did you mean 'starlink'\?"):
        read_sites("starlnik", CODES)


def test_impossible_options_are_refused():
    with pytest.raises(RangeError, match="default antennas must be between 1 and 200, got 0"):
        read_sites("starlink", countries().code, default_antennas=0)
    with pytest.raises(InputError, match=r"kind = 'pops': must be one of gateway, pop; did you mean 'pop'\?"):
        read_sites("starlink", countries().code).of_kind("pops")


FULL = "name,country,lat_deg,lon_deg,kind,antennas,status,live_by,bands,gso_exclusion_deg,rain_mm_h\n"


def test_status_decides_before_the_date(tmp_path):
    """Planned sites are out unless asked for, then whatever their date; closed ones are always out."""
    path = written(
        tmp_path,
        FULL + "A,DE,50,7,gateway,,live,2023-10,,,\nB,DE,51,7,gateway,,planned,2030-01,,,\n"
        "C,DE,52,7,gateway,,closed,2020-01,,,\nD,DE,53,7,gateway,,,2029-12-31,,,\n",
    )
    day = date(2024, 1, 1)
    sites = read_sites(path, CODES, known_by=day)
    assert (sites.name, sites.planned, sites.closed, sites.later) == (("A",), ("B",), ("C",), ("D",))
    assert read_sites(path, CODES, known_by=day, with_planned=True).name == ("A", "B")
    assert sites.of_kind("gateway").planned == ("B",)


def test_bands_exclusion_and_rain(tmp_path):
    path = written(tmp_path, FULL + "A,DE,50,7,gateway,,,,Ka+E,10.5,35\nB,DE,51,7,gateway,,,,,,\n")
    sites = read_sites(path, CODES, bands=("ka", "e"))
    assert sites.bands == ("ka e", "")
    np.testing.assert_array_equal(sites.gso_exclusion_deg, [10.5, np.nan])
    np.testing.assert_array_equal(sites.rain_mm_h, [35.0, np.nan])


def test_mistakes_in_the_further_columns(tmp_path):
    content = FULL + "A,DE,50,7,gateway,,plannd,,Ka;Q,46,-1\n"
    with pytest.raises(TableError) as error:
        read_sites(written(tmp_path, content), CODES, bands=("ka", "e"))
    assert str(error.value).splitlines()[1:] == [
        "  line 2: status = 'plannd': must be one of live, planned, closed; did you mean 'planned'?",
        "  line 2: bands = Ka;Q: unknown band 'q'; known are ka, e",
        "  line 2: gso_exclusion_deg = 46: must be between 0 and 45",
        "  line 2: rain_mm_h = -1: must be between 0 and 200",
    ]


def feature(lon, lat, **properties):
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"country": "DE", **properties},
    }


def geojson(tmp_path, *features):
    path = tmp_path / "mine.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def test_geojson_reads_as_csv_does(tmp_path):
    path = geojson(
        tmp_path,
        feature(181.0, 50.5, name="A", antennas=12, live_by="2023-10", bands=["ka", "e"], owner="x"),
        feature(7, 51, name="B", kind="pop", gso_exclusion_deg=None),
    )
    sites = read_sites(path, CODES, bands=("ka", "e"))
    assert (sites.name, sites.kind, sites.bands) == (("A", "B"), ("gateway", "pop"), ("ka e", ""))
    assert sites.antennas.tolist() == [12, 0]
    assert (sites.lat_deg.tolist(), sites.lon_deg.tolist()) == ([50.5, 51.0], [-179.0, 7.0])
    assert sites.notes == ("property 'owner' is not used",)


def test_every_mistake_of_geojson_with_its_feature(tmp_path):
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": []}, "properties": {}}
    path = geojson(
        tmp_path,
        feature(7, 95, name="A"),
        feature(7, 50, name="A", antennas=0),
        line,
        feature(7, 50, nam="C"),
        feature("east", 50, name="D", country="DEU"),
    )
    with pytest.raises(TableError) as error:
        read_sites(path, CODES)
    assert sorted(str(error.value).splitlines()[1:]) == [
        "  feature 1: lat_deg = 95: must be between -90 and 90",
        "  feature 2: antennas = 0: must be a whole number from 1 to 200",
        "  feature 2: gateway 'A' stands already in feature 1",
        '  feature 3: geometry is LineString: must be a "Point" with coordinates [longitude, latitude]',
        "  feature 4: property 'name' is missing; did you mean 'nam'?",
        "  feature 5: country = 'DEU': no ISO 3166-1 alpha-2 code; did you mean 'DE'?",
        "  feature 5: lon_deg = east: not a number",
    ]


@pytest.mark.parametrize("broken", [7, None, {"geometry": "x"}, {"geometry": None, "properties": []}])
def test_features_of_any_shape_get_a_message(tmp_path, broken):
    with pytest.raises(TableError, match='feature 1: geometry is nothing: must be a "Point"'):
        read_sites(geojson(tmp_path, broken), CODES)


def test_numbers_json_should_not_hold(tmp_path):
    path = geojson(tmp_path, feature(float("inf"), float("nan"), name="A"))
    with pytest.raises(
        TableError, match=r"(?s)feature 1: lat_deg = nan: not a number.*lon_deg = inf: not a number"
    ):
        read_sites(path, CODES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1: not valid JSON"),
        ("[]", 'must be a GeoJSON "FeatureCollection"'),
        ('{"type": "FeatureCollection", "features": []}', "with at least one feature"),
    ],
)
def test_files_that_are_no_geojson(tmp_path, text, message):
    path = tmp_path / "mine.geojson"
    path.write_text(text)
    with pytest.raises(TableError, match=message):
        read_sites(path, CODES)


def test_a_misplaced_site_is_told_with_its_line(tmp_path):
    def misplaced(country, lat, lon):
        return ("lies in the sea", "") if lat < 0 else ("", "stands in PL") if lon > 10 else ("", "")

    path = written(tmp_path, HEADER + "A,DE,50,7,gateway,,\nB,DE,50,17,gateway,,\n")
    sites = read_sites(path, CODES, misplaced=misplaced)
    assert [note.replace(str(tmp_path), "") for note in sites.notes] == [
        "/mine.csv: line 3: gateway 'B' stands in PL"
    ]
    path = written(tmp_path, HEADER + "A,DE,-50,7,gateway,,\n")
    with pytest.raises(TableError, match="line 2: gateway 'A' lies in the sea"):
        read_sites(path, CODES, misplaced=misplaced)
    assert len(read_sites("starlink", countries().code, misplaced=misplaced)) == 271  # bundled: tested once


def test_records_and_columns_are_the_same():
    sites = read_sites("starlink", countries().code)
    again = sites_of_records(records_of_sites(sites))
    assert again.name == sites.name
    np.testing.assert_array_equal(again.lat_deg, sites.lat_deg)
    np.testing.assert_array_equal(again.rain_mm_h, sites.rain_mm_h)
