"""Reading ground sites, bundled and the user's, good and broken."""

from datetime import date

import numpy as np
import pytest

from ecumene.earth.countries import countries
from ecumene.errors import InputError, RangeError, TableError
from ecumene.network.sites import BUNDLED, read_sites

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
