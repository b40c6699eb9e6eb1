"""Numbers read as they should, at the edges too."""

from __future__ import annotations

import doctest

import pytest

from ecumene.views import progress, wording
from ecumene.views.wording import (
    duration_text,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
)


@pytest.mark.parametrize("module", [wording, progress])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (999_499.0, "999,499"),
        (999_700.0, "1.0 million"),
        (9.96e6, "10 million"),
        (999_700_000.0, "1.0 billion"),
        (8_119_000_000.0, "8.1 billion"),
        (None, "-"),
        (float("nan"), "-"),
    ],
)
def test_people(people, text):
    assert people_text(people) == text


def test_a_share_never_rounds_to_nothing_or_to_all():
    assert share_text(1e-9) == "under 0.1 %"
    assert share_text(1 - 1e-6) == "over 99.9 %"
    assert share_text(0.997) == "99.7 %"
    assert share_text(0.0995) == "10 %"
    assert share_text(1.0) == "100 %"
    assert share_text(0.0) == "0 %"
    assert share_text(None) == "-"


def test_load_above_one_is_told_as_it_is():
    assert share_text(1.25) == "125 %"


def test_small_numbers_keep_two_digits():
    assert [number_text(v) for v in (0.0996, 0.999, 9.949, 9.96, -3.04)] == [
        "0.10",
        "1.0",
        "9.9",
        "10",
        "-3.0",
    ]


def test_missing_quantity_has_no_unit():
    assert quantity_text(None, "ms") == "-"


def test_longitudes_beyond_180_come_home():
    assert point_text(10.0, 190.0) == "10.0 N 170.0 W"


def test_durations():
    assert [duration_text(v) for v in (0.4, 59.7, 3_661.0, None)] == ["0.4 s", "1 min", "1 h 1 min", "-"]
