"""The bundled Starlink register against lists of where the service was sold, country by country.

The lists lie in the reference material beside the checkout: read off the operator's map for 2023-10-10 and 2024-02-05,
recalled for 2022-10, and in 2026-09 the countries for which it published figures.
"""

from __future__ import annotations

import json
import math
from datetime import date
from itertools import pairwise

import pytest

from ecumene.earth.countries import countries
from ecumene.licences.law import resolve
from ecumene.licences.register import read_register

LISTS = {
    date(2022, 10, 10): "2022-10",
    date(2023, 10, 10): "2023-10-10",
    date(2024, 2, 5): "2024-02-05",
    date(2026, 9, 15): "2026-09",
}
LISTED_WITHOUT_LICENCE = {"IR": "prohibited", "TO": "pending"}
"""On the maps of 2023-10-10 and 2024-02-05: Iran never licensed it, Tonga did in 2024-08."""
WITHOUT_FIGURES = {"CY", "ES", "GE", "PT"}
"""Sold there before 2026-09 and missing from the list of figures: once sold stays sold."""


@pytest.fixture(scope="module")
def listed(shared):
    """Return the codes on the list of each day."""
    text = (shared / "facts" / "markets_by_date.json").read_text(encoding="utf-8")
    return {day: set(json.loads(text)["offered"][name]) for day, name in LISTS.items()}


@pytest.fixture(scope="module")
def law_of():
    """Return the register's law of each day."""
    codes = countries().code
    records = read_register("starlink", codes).records
    return {day: resolve(records, day, codes, default_status="not_sought") for day in LISTS}


def codes_where(law, mask):
    return {code for code, is_so in zip(law.codes, mask, strict=True) if is_so}


@pytest.mark.parametrize("day", LISTS, ids=str)
def test_the_register_sells_where_the_list_says_but_for_the_exceptions_named(day, listed, law_of):
    law = law_of[day]
    sold = codes_where(law, law.is_offered)
    on_maps = day in {date(2023, 10, 10), date(2024, 2, 5)}
    assert listed[day] - sold == (set(LISTED_WITHOUT_LICENCE) if on_maps else set())
    assert sold - listed[day] == (WITHOUT_FIGURES if day.year == 2026 else set())


@pytest.mark.parametrize("day", [date(2023, 10, 10), date(2024, 2, 5)], ids=str)
def test_the_exceptions_of_the_maps_have_a_record_that_says_why(day, listed, law_of):
    law = law_of[day]
    for code, status in LISTED_WITHOUT_LICENCE.items():
        k = law.codes.index(code)
        assert code in listed[day]
        assert law.record[k] >= 0
        assert (law.status[k], bool(law.is_permitted[k])) == (status, False)


def test_those_without_figures_were_on_a_list_before(listed):
    earlier = set().union(*(listed[day] for day in LISTS if day.year < 2026))
    assert earlier - listed[date(2026, 9, 15)] == WITHOUT_FIGURES | {"IR"}


def test_licensed_and_not_sold_is_india_alone(law_of):
    unsold = [codes_where(law, law.is_permitted & ~law.is_offered) for law in law_of.values()]
    assert unsold == [set(), set(), set(), {"IN"}]


def test_no_country_of_a_list_ever_loses_its_licence(law_of):
    for before, after in pairwise(law_of.values()):
        assert codes_where(before, before.is_permitted) <= codes_where(after, after.is_permitted)


def test_the_angle_of_the_united_states_changes_on_the_day():
    """FCC 26-26: 3 deg from 2026-07-13 on, in the United States alone; before that the scenario's angle holds."""
    codes = countries().code
    records = read_register("starlink", codes).records
    laws = [
        resolve(records, day, codes, default_status="not_sought")
        for day in (date(2026, 7, 12), date(2026, 7, 13))
    ]
    angles = [dict(zip(codes, law.gso_exclusion_deg, strict=True)) for law in laws]
    assert [{code for code, deg in of_day.items() if not math.isnan(deg)} for of_day in angles] == [
        set(),
        {"US"},
    ]
    assert angles[1]["US"] == 3.0
    assert all(law.is_permitted[codes.index("US")] for law in laws)
