"""Links from a file: every way to write a satellite, and every mistake with its line."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError, TableError
from ecumene.network.link_list import read_pairs

NAMES = ("STARLINK-1007", "STARLINK-1008", "TWIN", "TWIN", "ring p00 s02")
FLEET = {
    "name": NAMES,
    "norad_id": np.array([44713, 44714, 44715, 44716, -1]),
    "shell": np.array([0, 0, 0, 1, -1]),
    "plane": np.array([0, 0, 1, 0, -1]),
    "slot": np.array([0, 1, 0, 0, -1]),
}


@pytest.fixture
def read(tmp_path):
    def call(text, **changes):
        path = tmp_path / "links.csv"
        path.write_text(text, encoding="utf-8")
        return read_pairs(path, **(FLEET | changes))

    return call


def test_names_numbers_and_places(read):
    pairs = read(
        "satellite_a,satellite_b\nSTARLINK-1008,44713\n0/1/0,ring p00 s02\n\n# comment\n1/0/0, 44715\n"
    )
    assert pairs.links.tolist() == [[0, 1], [2, 4], [2, 3]]
    assert pairs.links.dtype == np.int32
    assert pairs.notes == ()


def test_columns_nobody_reads_are_named(read):
    assert read("satellite_a,why,satellite_b\n44713,x,44714\n").notes == ("column 'why' is not used",)


def test_all_mistakes_at_once(read):
    with pytest.raises(TableError) as caught:
        read(
            "satellite_a,satellite_b\n"
            "STARLINK-1009,44714\n"
            "starlink-1007,TWIN\n"
            "44713,0/0/0\n"
            "44713,44714\n"
            "44714,STARLINK-1007\n"
            "44719,2/0/0\n"
            "0/7/0,0/1/3\n"
            ",44713\n"
        )
    assert str(caught.value).splitlines() == [
        "links.csv: 10 problems",
        "  line 2: satellite_a = STARLINK-1009: no satellite of this name; did you mean 'STARLINK-1008'?",
        "  line 3: satellite_a = starlink-1007: no satellite of this name; did you mean 'STARLINK-1007'?",
        "  line 3: satellite_b = TWIN: several satellites have this name; write the catalogue number",
        "  line 4: 44713 is linked with itself",
        "  line 6: 44714 - STARLINK-1007 stands already in line 5",
        "  line 7: satellite_a = 44719: no satellite of this catalogue number; did you mean '44716'?",
        "  line 7: satellite_b = 2/0/0: no shell 2; there are 0 to 1",
        "  line 8: satellite_a = 0/7/0: no plane 7 of 0; there are 0 to 1",
        "  line 8: satellite_b = 0/1/3: no slot 3 of 0/1; there are 0 to 0",
        "  line 9: satellite_a is missing: write a name, a catalogue number or shell/plane/slot",
    ]


def test_filed_satellites_have_no_numbers(read):
    with pytest.raises(
        TableError, match="line 2: satellite_a = 7: filed satellites have no catalogue number"
    ):
        read("satellite_a,satellite_b\n7,0/0/0\n", norad_id=np.full(5, -1))


def test_missing_files_and_columns(read, tmp_path):
    with pytest.raises(TableError, match=r"nowhere\.csv: no such list of links"):
        read_pairs(tmp_path / "nowhere.csv", **FLEET)
    with pytest.raises(TableError, match="column 'satellite_b' is missing; did you mean 'satelite_b'"):
        read("satellite_a,satelite_b\n1,2\n")


def test_columns_of_the_fleet_must_agree(read):
    with pytest.raises(RangeError, match="must be as many"):
        read("satellite_a,satellite_b\n44713,44714\n", slot=np.zeros(3))
