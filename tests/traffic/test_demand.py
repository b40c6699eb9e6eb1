"""Subscribers and the daily curve."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecumene.errors import InputError, RangeError
from ecumene.traffic.demand import (
    ANNOUNCED,
    HOURLY,
    announced_subscribers,
    busy_hour_factor,
    daily_curve,
    demand_of_rows,
    fill_to_cap,
    solar_step,
    sparse_weight,
    subscribers_of_row,
)


@pytest.mark.parametrize(
    ("at", "subscribers"),
    [
        (date(2022, 5, 1), 400_000),
        (date(2022, 10, 10), 700_000),
        (date(2022, 11, 30), 700_000),
        (date(2022, 12, 1), 1_000_000),
        (date(2026, 3, 24), 10_000_000),
        (date(2030, 1, 1), 10_000_000),
    ],
)
def test_the_figure_announced_last_holds(at, subscribers):
    assert announced_subscribers(at) == subscribers


def test_before_the_first_figure_nothing_is_invented():
    with pytest.raises(RangeError, match="known from 2022-05-01 on, got 2021-01-01; give the number"):
        announced_subscribers(date(2021, 1, 1))


def test_announcements_are_those_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "demand.md").read_text(encoding="utf-8")
    told = re.findall(r"([\d.]+) M \((\d{4})-(\d\d)\)", page)
    assert [(date(int(y), int(m), 1), round(float(n) * 1e6)) for n, y, m in told] == list(ANNOUNCED)


def test_announcements_are_in_order():
    assert list(ANNOUNCED) == sorted(ANNOUNCED)


def test_a_person_in_a_dense_place_counts_less():
    weight = sparse_weight(np.array([100.0, 100.0, 0.0]), np.array([1000.0, 1.0, 0.0]), 100.0)
    np.testing.assert_allclose(weight, [100.0 / 1.001, 50.0, 0.0])


def test_no_preference_spreads_by_people():
    spread = subscribers_of_row([300.0, 100.0], [1.0, 50.0], [True, True], 40, sparse_density_per_km2=np.inf)
    np.testing.assert_allclose(spread.subscribers_of_row, [30.0, 10.0])


def test_a_worked_spread_with_a_full_row():
    # Weights 100, 100, 0; caps 25, 250, 0 (not sold there): 25 fills the first, the second gets the rest.
    spread = subscribers_of_row(
        [100.0, 1000.0, 500.0], [1e9, 1.0, 1.0], [True, True, False], 100, sparse_density_per_km2=1000.0 / 9.0
    )
    np.testing.assert_allclose(spread.subscribers_of_row, [25.0, 75.0, 0.0], rtol=1e-6)
    assert spread.left_over == 0.0


def test_what_finds_no_room_is_handed_back():
    spread = subscribers_of_row([100.0, 100.0], [1.0, 1.0], [True, False], 60, sparse_density_per_km2=30.0)
    assert spread.subscribers_of_row.tolist() == [25.0, 0.0]
    assert spread.left_over == 35.0


def test_nobody_offered_nobody_subscribed():
    spread = subscribers_of_row([100.0], [1.0], [False], 5, sparse_density_per_km2=30.0)
    assert spread.subscribers_of_row.tolist() == [0.0]
    assert spread.left_over == 5.0
    assert subscribers_of_row([], [], [], 5, sparse_density_per_km2=30.0).left_over == 5.0


def test_national_totals_come_first_and_the_rest_goes_to_the_others():
    spread = subscribers_of_row(
        [1000.0, 1000.0, 1000.0],
        [10.0, 10.0, 10.0],
        [True, True, True],
        100,
        sparse_density_per_km2=30.0,
        country=[0, 0, 1],
        codes=("US", "NG"),
        subscribers_by_country={"US": 80},
    )
    np.testing.assert_allclose(spread.subscribers_of_row, [40.0, 40.0, 20.0])


def test_a_national_total_without_an_offer_is_handed_back_by_name():
    spread = subscribers_of_row(
        [1000.0, 1000.0],
        [10.0, 10.0],
        [True, False],
        100,
        sparse_density_per_km2=30.0,
        country=[0, 1],
        codes=("US", "IR"),
        subscribers_by_country={"IR": 30},
    )
    assert spread.subscribers_of_row.tolist() == [70.0, 0.0]
    assert spread.left_over_by_country == {"IR": 30.0}
    assert spread.left_over == 30.0


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"total": -1}, RangeError, "the total must be a number of subscribers, 0 or more, got -1"),
        ({"total": float("nan")}, RangeError, "got nan"),
        ({"sparse_density_per_km2": 0.0}, RangeError, "sparse density must be above 0"),
        (
            {"households_share": 0.0},
            RangeError,
            "subscribers per person must be above 0 and at most 1, got 0",
        ),
        ({"subscribers_by_country": {"US": 11}}, RangeError, "add up to 11, more than the total of 10"),
        ({"subscribers_by_country": {"US": -2}}, RangeError, "subscribers of US must be"),
        ({"subscribers_by_country": {"USA": 1}}, InputError, "unknown country 'USA'; did you mean 'US'?"),
    ],
)
def test_impossible_demands_are_refused(change, error, words):
    plain = {"total": 10, "sparse_density_per_km2": 30.0, "country": [0], "codes": ("US",)}
    with pytest.raises(error, match=words.replace("?", r"\?")):
        subscribers_of_row([1000.0], [10.0], [True], **{**plain, **change})


n = 12
weights = arrays(np.float64, n, elements=st.one_of(st.just(0.0), st.floats(1e-3, 1e6)))


@given(weights, weights, st.floats(0.0, 1.2))
def test_filling_is_exact_fair_and_within_caps(weight, cap, fullness):
    total = fullness * cap[weight > 0].sum()
    share, left_over = fill_to_cap(weight, cap, total)
    assert share.sum() + left_over == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert (share <= cap).all()
    assert (share[weight == 0.0] == 0.0).all()
    is_free = (share < cap * (1 - 1e-9)) & (weight > 0.0)
    if is_free.any():  # everybody below the cap stands at one level, and nobody full stands above it
        level = share[is_free] / weight[is_free]
        assert level == pytest.approx(level[0], rel=1e-6)
        is_full = ~is_free & (weight > 0.0)
        assert (cap[is_full] <= level[0] * weight[is_full] * (1 + 1e-6)).all()
        assert left_over == 0.0


def test_filling_to_the_last_subscriber():
    cap = np.array([0.1, 0.2, 0.3])
    share, left_over = fill_to_cap(np.ones(3), cap, np.nextafter(cap.sum(), 0.0))
    np.testing.assert_allclose(share, cap)
    assert left_over == 0.0


def test_the_busy_hour_is_where_it_is_evening():
    assert max(HOURLY) == HOURLY[20] == 1.0
    assert busy_hour_factor(0.0, 20 * 3600.0) == 1.0
    assert busy_hour_factor(-75.0, 1 * 3600.0) == 1.0
    assert busy_hour_factor(120.0, 12 * 3600.0) == 1.0
    assert busy_hour_factor(0.0, 4 * 3600.0) == min(HOURLY)


def test_the_busy_hour_is_1_5_to_2_times_the_daily_mean():
    factor = busy_hour_factor(np.linspace(0.0, 360.0, 10_000, endpoint=False), 0.0)
    assert 1.5 <= 1.0 / factor.mean() <= 2.0
    assert 1.0 / factor.mean() == pytest.approx(1.78, abs=0.005)  # as the page says
    assert min(HOURLY) == 0.20


@given(st.floats(-180.0, 360.0), st.floats(0.0, 86_400.0))
def test_the_daily_curve_is_smooth_periodic_and_bounded(lon_deg, utc_s):
    here = busy_hour_factor(lon_deg, utc_s)
    assert min(HOURLY) <= here <= 1.0
    assert busy_hour_factor(lon_deg + 360.0, utc_s) == pytest.approx(here, abs=1e-9)
    assert busy_hour_factor(lon_deg, utc_s + 86_400.0) == pytest.approx(here, abs=1e-9)
    assert abs(busy_hour_factor(lon_deg, utc_s + 1.0) - here) < 1e-4


@given(st.floats(-180.0, 360.0), st.floats(0.0, 86_400.0))
def test_the_curve_is_looked_up_to_12_seconds_of_solar_time(lon_deg, utc_s):
    found = daily_curve(utc_s)[solar_step(lon_deg)]
    assert found == pytest.approx(float(busy_hour_factor(lon_deg, utc_s)), abs=12 * 1e-4)


def test_rows_and_cells_ask_for_what_a_plain_sum_says():
    rng = np.random.default_rng(3)
    n_rows, n_cells = 500, 90
    busy_bps, step, curve = rng.uniform(0, 9e6, n_rows), rng.integers(0, 3_600, n_rows), rng.random(3_600)
    is_counted, cell = rng.random(n_rows) < 0.7, np.sort(rng.integers(0, n_cells, n_rows)).astype(np.int32)
    row_bps, cell_bps = demand_of_rows(busy_bps, step.astype(np.uint16), curve, is_counted, cell, n_cells)
    assert row_bps == pytest.approx(busy_bps * curve[step])
    assert cell_bps == pytest.approx(np.bincount(cell, row_bps * is_counted, n_cells))
