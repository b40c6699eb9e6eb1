"""A measure over a swept number as a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from ecumene.errors import InputError
from ecumene.results.comparison import Comparison, Run, measures_of
from ecumene.views.curve import curve_svg


@pytest.fixture
def comparison(unchanged_results):
    measures = measures_of(unchanged_results.summary)
    runs = tuple(
        Run(1, {"slots": slots, "isl.topology": topology}, {**measures, "carried_gbps": carried}, {})
        for slots, topology, carried in (
            (8, "grid", 2.0),
            (4, "grid", 1.0),
            (8, "none", None),
            (4, "none", 0.5),
        )
    )
    swept = {"slots": [8, 4], "isl.topology": ["grid", "none"]}
    return Comparison("toy", "A toy & its planet", swept, "id", 4, runs)


def test_it_is_svg_with_a_curve_a_combination_and_always_the_same(comparison):
    drawn = curve_svg(comparison, "carried_gbps")
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - drawn a line above
    for words in (b"carried_gbps (Gbit/s)", b"<!-- slots -->", b"<!-- grid -->", b"<!-- none -->", b"A toy"):
        assert words in drawn
    assert drawn == curve_svg(comparison, "carried_gbps")


def test_one_finished_run_is_a_dot(comparison):
    assert curve_svg(replace(comparison, runs=comparison.runs[:1]), "share_served").startswith(b"<?xml")


def test_no_number_to_sweep_over_is_refused(comparison):
    with pytest.raises(InputError, match="one swept key with numbers"):
        curve_svg(replace(comparison, swept={"isl.topology": ["grid", "none"]}), "carried_gbps")
