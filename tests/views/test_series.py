"""Strips of a place: gaps are never lost, and nothing but numbers stands in them."""

from __future__ import annotations

import re

import numpy as np

from ecumene.views.series import GAP, MOST_COLUMNS, strip_svg


def test_a_gap_of_one_slot_is_seen_in_a_long_run() -> None:
    n_usable, rtt_ms = np.full(10_000, 3), np.full(10_000, 60.0)
    n_usable[4_321], rtt_ms[4_321] = 0, np.nan
    svg = strip_svg(n_usable, rtt_ms, 15.0)
    assert svg.count(GAP) == 1
    assert svg.count("<rect") == MOST_COLUMNS
    assert "none in 1 of 10000 slots" in svg
    assert "nan" not in svg


def test_the_line_breaks_where_there_is_no_service() -> None:
    svg = strip_svg(np.array([2, 1, 0, 0, 1, 2]), np.array([50.0, 60.0, np.nan, np.nan, 70.0, 55.0]), 15.0)
    assert svg.count("<polyline") == 2
    assert svg.count(GAP) == 2
    assert re.findall(r">([\d.]+ ms)<", svg) == ["70 ms", "50 ms"]


def test_nothing_served_at_all() -> None:
    svg = strip_svg(np.zeros(4, np.int64), np.full(4, np.nan), 15.0)
    assert "<polyline" not in svg
    assert svg.count(GAP) == 4
