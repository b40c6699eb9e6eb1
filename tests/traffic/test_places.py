"""Reading lists of places, good and broken."""

import numpy as np
import pytest

from ecumene.errors import TableError
from ecumene.traffic.places import read_places


def written(tmp_path, content):
    path = tmp_path / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems(tmp_path, content):
    with pytest.raises(TableError) as error:
        read_places(written(tmp_path, content))
    return str(error.value).replace(str(tmp_path), "")


def test_the_bundled_list_is_about_thirty_with_remote_ones():
    places = read_places()
    assert 28 <= len(places) <= 35
    assert {"Tristan da Cunha", "McMurdo Station", "Kyiv", "Tehran", "Nuku'alofa"} <= set(places.name)
    assert not places.notes
    assert places.lat_deg.shape == places.lon_deg.shape == (len(places),)


def test_columns_in_any_order_and_case_with_byte_order_mark_and_crlf(tmp_path):
    content = '\ufeffLongitude, LAT ,Name,people\r\n190.5,-10,"Here, there",5\r\n\r\n-180,90.0,Pole,1\r\n'
    places = read_places(written(tmp_path, content))
    assert places.name == ("Here, there", "Pole")
    np.testing.assert_allclose(places.lon_deg, [-169.5, -180.0])
    np.testing.assert_allclose(places.lat_deg, [-10.0, 90.0])
    assert places.notes == ("column 'people' is not used",)


def test_comments_and_old_mac_line_ends(tmp_path):
    content = '# "note, with a quote\r# more\rname,lat,lon\rA,1,2\r# gone,1,2\rB,3,4\r'
    assert read_places(written(tmp_path, content)).name == ("A", "B")


def test_of_very_many_mistakes_the_first_are_told_and_the_others_counted(tmp_path):
    lines = problems(tmp_path, "name,lat,lon\n" + "A,95,10\nB,1\n" * 20).splitlines()
    assert lines[0] == "/mine.csv: 59 problems"  # the same name 19 times over
    assert lines[1].startswith("  line 2: lat = 95")
    assert lines[2].startswith("  line 3: 2 values")
    assert (len(lines), lines[-1]) == (22, "  and 39 more")


def test_every_mistake_at_once_with_its_line(tmp_path):
    content = 'name,lat,lon\nA,95,10\nB,x,10\nA,1,2\n,1,2\nC,1\nD,"48,5",10\nE,,1\nF,nan,400\nG,139.7,35.7\n'
    assert problems(tmp_path, content).splitlines() == [
        "/mine.csv: 10 problems",
        "  line 2: lat = 95: must be between -90 and 90; are lat and lon swapped?",
        "  line 3: lat = x: not a number",
        "  line 4: name = 'A' stands already in line 2",
        "  line 5: name is missing",
        "  line 6: 2 values under 3 columns; quote a text that holds a comma",
        "  line 7: lat = 48,5: not a number; write 48.5 with a point",
        "  line 8: lat = : missing; must be a number",
        "  line 9: lat = nan: not a number",
        "  line 9: lon = 400: must be between -180 and 360",
        "  line 10: lat = 139.7: must be between -90 and 90; are lat and lon swapped?",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty; its first line must be name,lat,lon"),
        ("\n\n# nothing\n", "the file is empty"),
        ("name,lat,lon\n", "there is a header but no row below it"),
        ("name,lat\nA,1\n", "line 1: column 'lon' is missing"),
        ("name,lat,lo\nA,1,2\n", "line 1: column 'lon' is missing; did you mean 'lo'?"),
        ("name,lat,lon,latitude\nA,1,2,3\n", "line 1: column 'lat' stands twice"),
        ("name;lat;lon\nA;1;2\n", "line 1: columns must be separated by commas, got 'name;lat;lon'"),
        ("A,1,2\n", "line 1: column 'name' is missing"),
        (b"name,lat,lon\nK\xf8benhavn,55,12\n", "line 2: not UTF-8 text; save the file as UTF-8"),
        (b"name,lat,lon\nA\0,55,12\n", "line 2: not a text file"),
        ('name,lat,lon\n"A,1,2\n', "check the quotes"),
        ("name,lat,lon\nA,1_0,2\n", "line 2: lat = 1_0: not a number"),
        ("name,lat,lon\nA,1e999,2\n", "line 2: lat = 1e999: must be between -90 and 90"),
    ],
)
def test_broken_files_say_what_to_do(tmp_path, content, words):
    assert words in problems(tmp_path, content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match=r"nowhere.csv: cannot be read: No such file"):
        read_places(tmp_path / "nowhere.csv")
    with pytest.raises(TableError, match="cannot be read"):
        read_places(tmp_path)
