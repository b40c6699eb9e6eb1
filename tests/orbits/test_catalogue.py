"""The same satellites in every dress, and files that cannot be."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime

import pytest
from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_tle

from ecumene.errors import CatalogueError
from ecumene.orbits.catalogue import median_epoch, read_catalogue

HEAD = {"CCSDS_OMM_VERS": "3.0", "CREATION_DATE": "2026-03-24T00:00:00", "ORIGINATOR": "us"}
META = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}
MEAN = (
    "EPOCH",
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
)


def satellite(**change: object) -> dict[str, object]:
    """Return one well-behaved satellite in OMM keywords."""
    return {
        "OBJECT_NAME": "TEST-1", "OBJECT_ID": "2019-074B", "EPOCH": "2026-03-24T10:54:16.260768",
        "MEAN_MOTION": 15.32195495, "ECCENTRICITY": 0.0002198, "INCLINATION": 53.1563,
        "RA_OF_ASC_NODE": 110.0257, "ARG_OF_PERICENTER": 64.4869, "MEAN_ANOMALY": 295.636,
        "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U", "NORAD_CAT_ID": 44714, "ELEMENT_SET_NO": 999,
        "REV_AT_EPOCH": 35113, "BSTAR": 0.00052851, "MEAN_MOTION_DOT": 0.00016326, "MEAN_MOTION_DDOT": 0,
    } | change  # fmt: skip


def fleet() -> list[dict[str, object]]:
    """Return three satellites: an old number, one beyond TLE's five digits, and a deep-space one."""
    return [
        satellite(),
        satellite(OBJECT_NAME="TEST-2", NORAD_CAT_ID=100437, MEAN_ANOMALY=12.5, BSTAR=-0.00012),
        satellite(
            OBJECT_NAME="MOLNIYA", NORAD_CAT_ID=9, MEAN_MOTION=2.00563, ECCENTRICITY=0.74, INCLINATION=63.4
        ),
    ]


def as_json(rows):
    return json.dumps(rows)


def as_text_json(rows):
    return json.dumps([{key.lower(): str(value) for key, value in row.items()} for row in rows], indent=1)


def as_csv(rows, delimiter=","):
    file = io.StringIO()
    writer = csv.DictWriter(file, [*rows[0], "EXTRA"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(row | {"EXTRA": "x, y"} for row in rows)
    return "# from somewhere\n" + file.getvalue()


def as_kvn(rows):
    blocks = []
    for row in rows:
        told = HEAD | {"COMMENT": "free text"} | META | row
        lines = [
            f"{key:20} = {value}{' [deg]' if key == 'INCLINATION' else ''}" for key, value in told.items()
        ]
        blocks.append("\r\n".join(line.replace("COMMENT              = ", "COMMENT ") for line in lines))
    return "\r\n\r\n".join(blocks)


def as_xml(rows, root="ndm"):
    def tags(fields):
        return "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())

    messages = "".join(
        "<omm id='CCSDS_OMM_VERS' version='3.0'><header/><body><segment><metadata>"
        + tags({key: row[key] for key in ("OBJECT_NAME", "OBJECT_ID")} | META)
        + "</metadata><data><meanElements>"
        + tags({key: row[key] for key in MEAN})
        + "</meanElements><tleParameters>"
        + tags({key: row[key] for key in row if key not in (*MEAN, "OBJECT_NAME", "OBJECT_ID")})
        + "</tleParameters></data></segment></body></omm>"
        for row in rows
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + (f"<{root}>{messages}</{root}>" if root else messages)


def tle_lines(row):
    satrec = Satrec()
    from sgp4 import omm

    omm.initialize(satrec, {key: str(value) for key, value in row.items()})
    return export_tle(satrec)


def as_tle(rows, *, named=True, mark="", blanks="   ", end="\r\n"):
    lines = []
    for row in rows:
        lines += [mark + str(row["OBJECT_NAME"])] if named else []
        lines += tle_lines(row)
    return end.join(line + blanks for line in lines) + end


OMM_WRITERS = {
    "json": as_json,
    "space-track json": as_text_json,
    "csv": as_csv,
    "semicolons": lambda rows: as_csv(rows, ";"),
    "kvn": as_kvn,
    "xml ndm": as_xml,
}


@pytest.fixture
def read(tmp_path):
    def read_text(content):
        file = tmp_path / "elements.dat"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_catalogue(file)

    return read_text


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("writer", OMM_WRITERS)
def test_every_dress_of_omm_gives_the_same_elements(read, writer, zipped):
    content = OMM_WRITERS[writer](fleet()).encode()
    found = read(gzip.compress(content) if zipped else content)
    expected = read(as_json(fleet()))
    assert found.name == ("TEST-1", "TEST-2", "MOLNIYA")
    assert found.norad_id.tolist() == [44714, 100437, 9]
    assert (found.epoch_s == expected.epoch_s).all()
    for ours, theirs in zip(found.satrecs, expected.satrecs, strict=True):
        assert ours.sgp4(2_461_124.5, 0.25) == theirs.sgp4(2_461_124.5, 0.25)
    assert found.notes == ()
    assert set(found.shell) | set(found.plane) | set(found.slot) == {-1}


@pytest.mark.parametrize("writer", [as_json, as_text_json])
def test_a_single_json_object_and_a_single_xml_message_are_catalogues_too(read, writer):
    assert read(writer(fleet()[:1])[1:-1]).norad_id.tolist() == [44714]
    assert read(as_xml(fleet()[:1], root="")).norad_id.tolist() == [44714]


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("mark", ["", "0 "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tle_is_read_as_python_sgp4_reads_it(read, named, mark, end):
    found = read(as_tle(fleet(), named=named, mark=mark, end=end))
    assert found.norad_id.tolist() == [44714, 100437, 9]
    assert found.name == (
        ("TEST-1", "TEST-2", "MOLNIYA") if named else ("NORAD 44714", "NORAD 100437", "NORAD 9")
    )
    for row, ours in zip(fleet(), found.satrecs, strict=True):
        theirs = Satrec.twoline2rv(*tle_lines(row), WGS72)
        assert ours.sgp4(2_461_124.5, 0.25) == theirs.sgp4(2_461_124.5, 0.25)


@pytest.mark.parametrize(
    "epoch",
    ["2026-03-24T10:54:16", "2026-03-24T10:54:16Z", "2026-03-24 10:54:16.000", "2026-083T10:54:16.0",
     "2026-03-24T10:54:16.000000000+00:00", " 2026-03-24t10:54:16z "],
)  # fmt: skip
def test_epochs_come_in_many_spellings(read, epoch):
    expected = datetime(2026, 3, 24, 10, 54, 16, tzinfo=UTC)
    assert median_epoch(read(as_json([satellite(EPOCH=epoch)]))) == expected


def test_a_byte_order_mark_and_utf16_are_read(read):
    assert len(read(b"\xef\xbb\xbf" + as_csv(fleet()).encode())) == 3
    assert len(read(as_json(fleet()).encode("utf-16"))) == 3
    assert read("NUSAT-1 (ÑUSAT)".encode("latin-1") + b"\n" + as_tle(fleet(), named=False).encode()).name[
        0
    ] == ("NUSAT-1 (ÑUSAT)")


def test_the_newest_of_two_sets_of_one_satellite_is_kept_and_said(read):
    rows = [satellite(EPOCH="2026-03-23T00:00:00", OBJECT_NAME="OLD"), *fleet()[1:], satellite(), satellite()]
    found = read(as_json(rows))
    assert found.norad_id.tolist() == [100437, 9, 44714]
    assert found.name[-1] == "TEST-1"
    assert found.notes == (
        "2 element sets were superseded by one as new or newer of the same catalogue number",
    )


def test_number_zero_means_unnumbered(read):
    rows = [satellite(NORAD_CAT_ID=0, OBJECT_NAME=name) for name in ("A", "B")]
    assert read(as_json(rows)).name == ("A", "B")


def test_what_sgp4_does_not_need_may_be_missing_and_is_said(read):
    row = satellite()
    del row["MEAN_MOTION_DOT"], row["OBJECT_NAME"]
    found = read(as_json([row]))
    assert found.name == ("2019-074B",)
    assert found.notes == ("MEAN_MOTION_DOT is missing in 1 records and taken as 0",)


def test_numbers_beyond_the_librarys_range_are_kept(read):
    assert read(as_json([satellite(NORAD_CAT_ID=799_500_123)])).norad_id.tolist() == [799_500_123]


def test_the_median_epoch_is_a_whole_second(read):
    rows = [satellite(NORAD_CAT_ID=i, EPOCH=f"2026-03-24T00:00:{10 * i:02d}.7") for i in (1, 2, 3)]
    assert median_epoch(read(as_json(rows))) == datetime(2026, 3, 24, 0, 0, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MEAN_MOTION": 25}, "MEAN_MOTION = 25: must be between 0.01 and 18 rev/day"),
        ({"MEAN_MOTION": -1}, "MEAN_MOTION = -1: must be between"),
        ({"MEAN_MOTION": "fast"}, "MEAN_MOTION = 'fast': must be a number"),
        ({"MEAN_MOTION": "1_5"}, "MEAN_MOTION = '1_5': must be a number"),
        ({"MEAN_MOTION": "nan"}, "MEAN_MOTION = 'nan': must be a number"),
        ({"MEAN_MOTION": None}, "MEAN_MOTION is missing: must be a number"),
        ({"BSTAR": ""}, "BSTAR is missing: must be a number"),
        ({"ECCENTRICITY": 1.0}, "ECCENTRICITY = 1.0: must be at least 0 and below 1"),
        ({"ECCENTRICITY": -0.1}, "ECCENTRICITY = -0.1: must be at least 0 and below 1"),
        ({"INCLINATION": 200}, "INCLINATION = 200: must be between 0 and 180 deg"),
        ({"INCLINATION": True}, "INCLINATION = True: must be a number"),
        ({"RA_OF_ASC_NODE": 1e9}, r"RA_OF_ASC_NODE = 1000000000.0: must be between -360 and 360 deg"),
        ({"EPOCH": "yesterday"}, "EPOCH = 'yesterday': must be UTC between 1957 and 2100, as in 2026-03-24T"),
        ({"EPOCH": "2026-02-30T00:00:00"}, "EPOCH = '2026-02-30T00:00:00': must be UTC"),
        ({"EPOCH": "2026-366T00:00:00"}, "day 366 is not in 2026"),
        ({"EPOCH": "2026-01-01T00:00:00+02:00"}, "must be UTC"),
        ({"EPOCH": None}, "EPOCH is missing: must be UTC"),
        ({"NORAD_CAT_ID": "A0437"}, "NORAD_CAT_ID = 'A0437': must be a whole number of up to 9 digits"),
        ({"NORAD_CAT_ID": None}, "NORAD_CAT_ID is missing"),
        ({"REF_FRAME": "ITRF"}, "REF_FRAME = 'ITRF': must be TEME, the frame of SGP4"),
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM = 'TAI': must be UTC"),
        ({"MEAN_ELEMENT_THEORY": "DSST"}, "MEAN_ELEMENT_THEORY = 'DSST': must be SGP4"),
        ({"EPHEMERIS_TYPE": "4"}, r"EPHEMERIS_TYPE = 4 \(SGP4-XP\): must be 0"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_file_record_field_and_remedy(read, change, message):
    rows = fleet()
    rows[1] |= change
    with pytest.raises(CatalogueError, match=rf"elements.dat: record 2 \(TEST-2\): .*{message}"):
        read(as_json(rows))


def test_a_csv_mistake_names_the_line(read):
    rows = fleet()
    rows[1]["INCLINATION"] = "53,1"
    with pytest.raises(
        CatalogueError, match=r"elements.dat: line 4 \(TEST-2\): INCLINATION = '53,1': must be a number"
    ):
        read(as_csv(rows))
    with pytest.raises(CatalogueError, match="line 3: 2 values: must be 18, as many as the heading names"):
        read("\n".join([*as_csv(fleet()).splitlines()[:2], "TEST,1"]))


def test_every_mistake_of_a_record_is_told(read):
    rows = fleet()
    rows[1] |= {"INCLINATION": "53,1", "EPOCH": "soon", "NORAD_CAT_ID": "", "ECCENTRICITY": 1.5, "BSTAR": 1e9}
    rows[1] |= {"REF_FRAME": "GCRF", "TIME_SYSTEM": "TAI", "EPHEMERIS_TYPE": 4}
    with pytest.raises(CatalogueError) as caught:
        read(as_json(rows))
    first, *lines = str(caught.value).splitlines()
    assert first.endswith("elements.dat: 1 of 3 records has problems")
    assert [line.removeprefix("  record 2 (TEST-2): ").split(" ")[0] for line in lines] == [
        *("REF_FRAME", "TIME_SYSTEM", "NORAD_CAT_ID", "EPOCH"),
        *("INCLINATION", "BSTAR", "ECCENTRICITY", "EPHEMERIS_TYPE"),
    ]


def test_a_line_of_another_length_hides_no_other_mistake(read):
    rows = fleet()
    rows[2]["INCLINATION"] = "steep"
    lines = as_csv(rows).splitlines()
    with pytest.raises(CatalogueError) as caught:
        read("\n".join([*lines[:2], "TEST,1", *lines[2:]]))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "  line 3",
        "  line 6 (MOLNIYA)",
    ]


def test_many_mistakes_are_told_at_once_the_first_ten_in_full(read):
    rows = [satellite(NORAD_CAT_ID=i, ECCENTRICITY=2) for i in range(1, 31)] + fleet()
    with pytest.raises(CatalogueError) as caught:
        read(as_json(rows))
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("elements.dat: 30 of 33 records have problems")
    assert lines[1] == "  record 1 (TEST-1): ECCENTRICITY = 2: must be at least 0 and below 1"
    assert len(lines) == 12
    assert lines[-1] == "  and 20 more"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty: must hold at least one satellite"),
        (" \r\n\n", "the file is empty"),
        ("[]", "holds no satellite: must hold at least one"),
        (as_csv(fleet()).splitlines()[1], "holds no satellite"),
        (
            b"\x00\x01\x02\x03",
            "byte 1 is 0x00, so it is no text: must be OMM as JSON, CSV, XML or KVN, or TLE",
        ),
        (bytes(range(256)) * 4, "so it is no text"),
        (b"\x1f\x8b", "the gzip data break off after 2 bytes"),
        (gzip.compress(as_json(fleet()).encode())[:-40], "the gzip data break off after"),
        (gzip.compress(b"\x00\x01"), "so it is no text"),
        (as_json(fleet())[:700], "line 1 column .*: the JSON breaks off .*: must end with ']'"),
        ('[{"A": 1,}]', "not JSON"),
        ("[1]", "record 1: is int: must be an object of OMM keywords"),
        (as_xml(fleet())[:700], "not XML, or it breaks off"),
        (
            "<html><body>403 Forbidden</body></html>",
            "<html> holds no <segment>: must be a CCSDS <omm> or <ndm>",
        ),
        ("No GP data found", "starts with 'No GP data found', which is no format of orbital elements"),
        ("EPOCH = 2026-01-01T00:00:00\nnonsense", "line 2: 'nonsense': must be KEYWORD = value"),
    ],
)
def test_files_that_are_no_catalogue_say_what_is_wrong(read, content, message):
    with pytest.raises(CatalogueError, match=f"elements.dat: .*{message}"):
        read(content)


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(CatalogueError, match=r"nothing\.csv: no such file: must be OMM"):
        read_catalogue(tmp_path / "nothing.csv")
    with pytest.raises(CatalogueError, match="is a folder: must be a file"):
        read_catalogue(str(tmp_path))


def broken_tle(line, start, text):
    lines = as_tle(fleet(), blanks="", end="\n").splitlines()
    lines[line] = lines[line][:start] + text + lines[line][start + len(text) :]
    return lines


def resummed(lines, line):
    digits = sum(int(c) if c.isdigit() else c == "-" for c in lines[line][:68]) % 10
    lines[line] = lines[line][:68] + str(digits)
    return lines


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (broken_tle(4, 68, "x"), "line 5: checksum 'x': must be '[0-9]' for this line"),
        (broken_tle(5, 9, "9"), "line 6: checksum '[0-9]': must be"),
        (
            resummed(broken_tle(5, 2, "44715"), 5),
            "line 6: catalogue number '44715': must be 'A0437', as in line 5",
        ),
        (
            resummed(broken_tle(5, 8, "299.0000"), 5),
            r"line 5 \(TEST-2\): INCLINATION = '299.0000' in line 2: must be",
        ),
        (
            resummed(broken_tle(5, 52, "99.0000"), 5),
            "MEAN_MOTION = '99.0000[0-9]*' in line 2: must be between",
        ),
        (resummed(broken_tle(4, 20, "400.000"), 4), "epoch day of the year = '400.000[0-9]*' in line 1"),
        (resummed(broken_tle(4, 53, " 1x345-3"), 4), "BSTAR = ' 1x345-3' in line 1: must be like ' 12345-3'"),
        (
            resummed(broken_tle(5, 26, "00x2198"), 5),
            "ECCENTRICITY = '00x2198' in line 2: must be seven digits",
        ),
        (as_tle(fleet(), blanks="").splitlines()[:-1], "line 9: missing, the file ends: must be TLE line 2"),
        ([*as_tle(fleet(), blanks="").splitlines(), "LONELY"], "the file ends after the name 'LONELY'"),
        (
            ["A", "B", *as_tle(fleet()).splitlines()],
            "line 2: 'B': must be TLE line 1 of 'A', starting with '1 '",
        ),
        (as_tle(fleet(), named=False).splitlines()[1:], "line 1: a TLE line 2 without a line 1 before it"),
        ([*tle_lines(fleet()[0])[:1], tle_lines(fleet()[0])[1][:-5]], "line 2: 64 characters: must be 69"),
    ],
)
def test_a_broken_tle_names_the_line(read, lines, message):
    with pytest.raises(CatalogueError, match=f"elements.dat: .*{message}"):
        read("\n".join(lines))
