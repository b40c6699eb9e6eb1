"""Reading licence registers, good and broken."""

from datetime import date

import pytest

from ecumene.earth.countries import countries
from ecumene.errors import TableError
from ecumene.licences.law import resolve
from ecumene.licences.register import BUNDLED, STATUSES, Record, read_register

CODES = ("DE", "IN", "PL", "RU", "US")


def written(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems(tmp_path, content):
    with pytest.raises(TableError) as error:
        read_register(written(tmp_path, content), CODES)
    return str(error.value).replace(str(tmp_path), "")


def record_of_germany(until, **evidence):
    return Record(
        country="DE",
        status="licensed",
        valid_from=date(2021, 3, 1),
        valid_to=until,
        landing="any",
        is_offered=True,
        gso_exclusion_deg=None,
        nco=None,
        pfd_dbw_m2_mhz=None,
        note="",
        **evidence,
    )


def test_one_table_gives_a_record_per_country(tmp_path):
    content = """
[[record]]
countries = ["DE", "PL"]
status = "licensed"
from = 2021-03-01
source = "somewhere"
confidence = "high"

[[record]]
countries = ["IN"]
status = "pending"
to = "2025-06-06"
landing = ["IN", "DE"]
gso_exclusion_deg = 18
nco = 2
pfd_dbw_m2_mhz = -124.5
"""
    germany, poland, india = read_register(written(tmp_path, content.replace("\n", "\r\n")), CODES).records
    assert germany == record_of_germany(None, source="somewhere", confidence="high", line=2)
    assert poland.country == "PL"
    assert (india.valid_from, india.valid_to, india.landing) == (None, date(2025, 6, 6), ("IN", "DE"))
    assert (india.gso_exclusion_deg, india.nco, india.pfd_dbw_m2_mhz) == (18.0, 2, -124.5)
    assert (india.is_offered, india.confidence, india.line) == (False, "low", 9)


def test_a_record_holds_from_its_first_day_until_the_day_before_its_end():
    record = record_of_germany(date(2022, 1, 1), source="", confidence="low", line=1)
    days = [date(2021, 2, 28), date(2021, 3, 1), date(2021, 12, 31), date(2022, 1, 1)]
    assert [record.holds(day) for day in days] == [False, True, True, False]


def test_every_mistake_at_once_with_its_line(tmp_path):
    content = """[[record]]
countries = ["DEU", "US"]
status = "licenced"
from = 2023-01-01
to = 2022-01-01
form = 2022-01-01

[[record]]
countries = []
status = "licensed"
from = "2023-02-30"
landing = "abroad"
nco = 1.5
gso_exclusion_deg = 90
offered = "yes"

[[record]]
countries = ["RU", "RU"]
landing = ["XX"]
confidence = "sure"
source = 5
pfd_dbw_m2_mhz = true
"""
    assert problems(tmp_path, content).splitlines() == [
        "/mine.toml: 16 problems",
        "  line 6: form = 2022-01-01: unknown key; did you mean 'from'?",
        (
            "  line 3: status = 'licenced': must be one of licensed, pending, not_sought, refused, prohibited"
            ", unlicensed; did you mean 'licensed'?"
        ),
        (
            "  line 5: to = 2022-01-01: must be after from = 2023-01-01; it is the first day the record no"
            " longer holds"
        ),
        "  line 2: countries = ['DEU', 'US']: 'DEU' is no ISO 3166-1 alpha-2 code; did you mean 'DE'?",
        "  line 11: from = '2023-02-30': must be a day that exists, such as 2022-10-01",
        "  line 14: gso_exclusion_deg = 90: must be a number between 0 and 45",
        "  line 13: nco = 1.5: must be a whole number between 1 and 16",
        '  line 12: landing = \'abroad\': must be "any", "in_country" or a list of country codes',
        "  line 15: offered = 'yes': must be true or false",
        '  line 9: countries = []: must be a list of country codes, such as ["DE", "PL"]',
        (
            "  line 17: status: missing; must be one of licensed, pending, not_sought, refused, prohibited"
            ", unlicensed"
        ),
        "  line 22: pfd_dbw_m2_mhz = true: must be a number between -160 and -90",
        "  line 19: landing = ['XX']: 'XX' is no ISO 3166-1 alpha-2 code",
        "  line 20: confidence = 'sure': must be one of high, medium, low",
        "  line 21: source = 5: must be text",
        "  line 18: countries = ['RU', 'RU']: RU stands twice",
    ]


def test_overlapping_intervals_of_a_country_are_named(tmp_path):
    content = """[[record]]
countries = ["DE", "PL"]
status = "licensed"
from = 2021-01-01

[[record]]
countries = ["PL"]
status = "refused"
from = 2023-01-01
"""
    assert problems(tmp_path, content) == (
        "/mine.toml: 1 problem\n  line 6: PL: from 2023-01-01 overlaps the record in line 1 (to open);"
        " end one before the other begins"
    )


def test_intervals_that_touch_do_not_overlap(tmp_path):
    content = """
[[record]]
countries = ["PL"]
status = "pending"
to = 2021-01-01
[[record]]
countries = ["PL"]
status = "licensed"
from = 2021-01-01
"""
    assert len(read_register(written(tmp_path, content), CODES).records) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[[record]]\ncountries = [", "not valid TOML"),
        ("[record]\nstatus = 'x'\n", "record: must be a list of tables; write [[record]] with two brackets"),
        (
            "[[records]]\nstatus = 'x'\n",
            "records: unknown key; a register holds only [[record]], [[zone]], [[overlay]] tables; did you mean 'rec",
        ),
        (b"# caf\xe9\n", "line 1: not UTF-8 text"),
        (
            "[[record]]\ncountries = 'DE'\nstatus = 'licensed'\n",
            "countries = 'DE': must be a list of country codes",
        ),
        (
            "[[record]]\ncountries = ['DE']\nstatus = 'licensed'\nfrom = 2022-01-01T00:00:00Z\n",
            "must be a day that exists",
        ),
    ],
)
def test_broken_files_say_what_to_do(tmp_path, content, words):
    assert words in problems(tmp_path, content)


def test_a_missing_register_proposes_a_bundled_one():
    with pytest.raises(
        TableError,
        match=r"starlnk: no such register: No such file or directory; bundled are starlink"
        r", oneweb, kuiper; did you mean 'starlink'\?",
    ):
        read_register("starlnk", CODES)


def test_hints_may_come_from_outside(tmp_path):
    with pytest.raises(TableError, match="'UK' is no ISO 3166-1 alpha-2 code; say GB"):
        read_register(
            written(tmp_path, "[[record]]\ncountries = ['UK']\nstatus = 'licensed'\n"),
            CODES,
            hint_of_code=lambda _: "; say GB",
        )


def test_an_empty_register_has_no_records(tmp_path):
    assert read_register(written(tmp_path, "# nothing yet\n"), CODES).records == ()


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_registers_read_and_name_their_sources(name):
    records = read_register(name, countries().code).records
    assert records
    assert all(record.source and record.status in STATUSES for record in records)


@pytest.mark.parametrize(
    ("at", "low", "high"),
    [
        (date(2022, 5, 31), 30, 34),  # "over 30", 32 published for 2022-05
        (date(2022, 10, 10), 40, 42),  # "around 40 countries"
        (date(2023, 10, 10), 65, 75),
        (date(2024, 4, 15), 72, 85),  # 72 countries published for 2024-04, territories apart
        (date(2026, 3, 24), 150, 165),
    ],
)
def test_starlink_counts_agree_with_what_was_published(at, low, high):
    codes = countries().code
    law = resolve(read_register("starlink", codes).records, at, codes, default_status="not_sought")
    assert low <= law.is_permitted.sum() <= high


def test_known_cases_of_the_starlink_register():
    codes = countries().code
    records = read_register("starlink", codes).records

    def status(code, year, month=1, day=1):
        law = resolve(records, date(year, month, day), codes, default_status="not_sought")
        k = codes.index(code)
        return law.status[k], bool(law.is_permitted[k]), bool(law.is_offered[k])

    assert status("IR", 2023, 10, 10) == ("prohibited", False, False)  # on the map, not licensed
    assert status("RU", 2026) == ("prohibited", False, False)
    assert status("CN", 2026) == ("not_sought", False, False)
    assert status("UA", 2022, 2, 25) == ("not_sought", False, False)
    assert status("UA", 2022, 2, 26) == ("licensed", True, True)
    assert status("TO", 2022, 3) == ("pending", False, False)
    assert status("TO", 2024, 8) == ("licensed", True, True)
    assert status("IN", 2025, 6, 5) == ("pending", False, False)
    assert status("IN", 2025, 6, 6) == ("licensed", True, False)
    assert status("ZA", 2026) == ("pending", False, False)
    assert status("ZW", 2024, 5)[0] == status("SD", 2024, 5)[0] == "unlicensed"
    assert status("KE", 2023, 7)[1]
    assert status("NG", 2023, 1)[1]
    assert status("ES", 2026, 10)[1]  # once offered stays offered
