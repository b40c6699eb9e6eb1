"""Running statistics against the slow obvious version: keep every slot, then compute."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ecumene.results.schema import CAUSES
from ecumene.results.statistics import (
    RTT_BINS,
    RTT_FLOOR_S,
    RTT_RATIO,
    RowStatistics,
    count_slot,
    open_statistics,
    rate_share_percentile,
    rate_share_percentiles_of_groups,
    rtt_percentile_s,
    settle,
)

SERVED, PARTLY, NO_BEAM = CAUSES.index("served"), CAUSES.index("partly"), CAUSES.index("no_beam")
two_percent_steps = 0.011
one_percent = 0.0105


def nearest_rank(values: np.ndarray, percent: float) -> float:
    ordered = np.sort(values)
    return float(ordered[max(1, int(np.ceil(percent / 100 * len(ordered) - 1e-9))) - 1])


def bins_of(rtt_s: np.ndarray) -> np.ndarray:
    """Return the bins of round trips, by the logarithm."""
    place = np.floor(np.log(rtt_s.astype(np.float64) / RTT_FLOOR_S) / np.log(RTT_RATIO))
    return np.clip(place, 0, RTT_BINS - 1).astype(np.int64)


def test_round_trips_find_their_bins_without_a_logarithm() -> None:
    edges_s = RTT_FLOOR_S * RTT_RATIO ** np.arange(RTT_BINS + 3)
    rtt_s = np.concatenate([[1e-9, 1.9e-3, 9.0, 1e9], edges_s * 1.000001, edges_s * 0.999999])
    rtt_s = np.append(rtt_s, 10.0 ** np.random.default_rng(1).uniform(-3, 0.5, 20_000)).astype(np.float32)
    n_rows = len(rtt_s)
    statistics = open_statistics(n_rows, n_rows, 1, 1, 1)
    one = np.ones(n_rows)
    count(statistics, cause=np.full(n_rows, SERVED, np.int8), rate_bps=one, demand_bps=one, rtt_s=rtt_s)
    settle(statistics)
    assert np.array_equal(statistics.rtts.argmax(axis=1), bins_of(rtt_s))
    assert (statistics.rtts.sum(axis=1) == 1).all()


def count(statistics: RowStatistics, **slot: np.ndarray) -> None:
    """Count a slot in which all rows are of one country and a cell each, unless the test says otherwise."""
    n_rows = len(slot["cause"])
    usual = {
        "country_of_row": np.zeros(n_rows, np.int16),
        "is_available": slot["cause"] >= PARTLY,
        "is_reachable": slot["cause"] >= PARTLY,
        "sat_of_cell": np.zeros(n_rows, np.int32),
        "units_of_cell": np.ones(n_rows, np.int16),
    }
    count_slot(statistics, **(usual | slot))


@pytest.mark.parametrize("n_slots", [1, 7, 32, 33, 300])
def test_running_statistics_equal_those_of_all_slots_kept(n_slots: int) -> None:
    rng = np.random.default_rng(n_slots)
    n_rows = 40
    statistics = open_statistics(n_rows, n_rows, n_slots, 3, 4)
    demand, country = rng.uniform(1e6, 9e6, n_rows), rng.integers(0, 4, n_rows).astype(np.int16)
    history = []
    for _ in range(n_slots):
        share = rng.choice([0.0, 0.31, 0.77, 1.0], n_rows)
        cause = np.where(share == 0, NO_BEAM, np.where(share == 1, SERVED, PARTLY)).astype(np.int8)
        rtt = np.where(share > 0, rng.uniform(0.02, 0.4, n_rows), np.nan).astype(np.float32)
        available, reachable = rng.random(n_rows) < 0.7, rng.random(n_rows) < 0.8
        sat, units = rng.integers(-1, 3, n_rows).astype(np.int32), rng.integers(1, 9, n_rows).astype(np.int16)
        history.append((share, cause, rtt, available, reachable, sat, units))
        count(
            statistics, cause=cause, rate_bps=share * demand, demand_bps=demand, rtt_s=rtt, country_of_row=country,
            is_available=available, is_reachable=reachable, sat_of_cell=sat, units_of_cell=units,
        )  # fmt: skip
    settle(statistics)
    shares, causes, rtts, availables, reachables, sats, units = (
        np.array(column) for column in zip(*history, strict=True)
    )
    assert np.array_equal(statistics.n_available, availables.sum(axis=0))
    assert np.array_equal(statistics.n_served, (shares > 0).sum(axis=0))
    assert np.array_equal(statistics.n_reachable, reachables.sum(axis=0))
    for k in range(4):
        of_country = country == k
        assert statistics.demand_bps[k] == pytest.approx(n_slots * demand[of_country].sum())
        assert statistics.carried_bps[k] == pytest.approx((shares * demand)[:, of_country].sum())
    for s in range(3):
        assert statistics.n_cells[s] == (sats == s).sum()
        assert statistics.n_units[s] == units[sats == s].sum()
    for r in range(n_rows):
        assert statistics.causes[r].sum() == n_slots
        assert statistics.causes[r, PARTLY] == (causes[:, r] == PARTLY).sum()
        known_s = rtts[~np.isnan(rtts[:, r]), r]
        assert statistics.rtts[r].tolist() == np.bincount(bins_of(known_s), minlength=RTT_BINS).tolist()
        text = "".join("." if ok else "x" for ok in availables[:, r])
        assert statistics.longest_gap[r] == max(len(gap) for gap in text.split("."))
        served_by = [s for s in sats[:, r] if s >= 0]
        assert statistics.n_handovers[r] == sum(a != b for a, b in pairwise(served_by))
    for q in (5.0, 50.0, 95.0):
        found, rtt = rate_share_percentile(statistics, q), rtt_percentile_s(statistics, q)
        for r in range(n_rows):
            assert found[r] == pytest.approx(nearest_rank(shares[:, r], q), abs=two_percent_steps)
            known = rtts[~np.isnan(rtts[:, r]), r]
            if len(known):
                assert rtt[r] == pytest.approx(nearest_rank(known, q), rel=one_percent)
            else:
                assert np.isnan(rtt[r])


def test_people_who_are_served_get_a_rate_by_group() -> None:
    rng = np.random.default_rng(3)
    n_rows, n_slots = 30, 9
    statistics = open_statistics(n_rows, n_rows, n_slots, 1, 1)
    people, group = rng.uniform(1, 90, n_rows), rng.integers(0, 2, n_rows).astype(np.int8)
    shares = rng.choice([0.0, 0.2, 0.5, 0.9], (n_slots, n_rows))
    for share in shares:
        cause = np.where(share > 0, PARTLY, NO_BEAM).astype(np.int8)
        rtt_s = np.full(n_rows, np.nan, np.float32)
        count(statistics, cause=cause, rate_bps=share * 1e6, demand_bps=np.full(n_rows, 1e6), rtt_s=rtt_s)
    settle(statistics)
    found = rate_share_percentiles_of_groups(statistics, people, group, 3, (5.0, 50.0, 95.0))
    for g in range(2):
        of_group = np.flatnonzero(group == g)
        pairs = sorted(
            (shares[k, r], people[r]) for k in range(n_slots) for r in of_group if shares[k, r] > 0
        )
        values, weights = np.array(pairs).T
        for column, q in enumerate((0.05, 0.5, 0.95)):
            expected = values[np.searchsorted(np.cumsum(weights), q * weights.sum())]
            assert found[g, column] == pytest.approx(expected, abs=two_percent_steps)
    assert np.isnan(found[2]).all()


def test_counters_do_not_overflow() -> None:
    statistics = open_statistics(1, 1, 256, 1, 1)
    one, rtt_s = np.ones(1), np.array([0.03], np.float32)
    for _ in range(256):
        count(statistics, cause=np.array([SERVED], np.int8), rate_bps=one, demand_bps=one, rtt_s=rtt_s)
    settle(statistics)
    assert statistics.causes[0, SERVED] == 256
    assert statistics.rates[0, -1] == 256
