"""Waiting times, by hand and against a queue that is played through packet by packet."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene import load, simulate
from ecumene.errors import RangeError
from ecumene.network.queueing import waiting_of_paths_s, waiting_s
from ecumene.network.sharing import Paths


def test_by_hand():
    wait = waiting_s(np.array([0.0, 5e9, 10e9, 9.9e9, 3e9]), np.array([10e9, 10e9, 10e9, 10e9, np.inf]), 5e-3)
    assert wait.tolist() == pytest.approx([0.0, 0.6e-6, 5e-3, 0.99 / 0.02 * 1.2e-6, 0.0])


def test_against_a_queue_played_through():
    rng = np.random.default_rng(1)
    rate_bps, packet_bits, rho, n = 1e6, 12_000.0, 0.7, 400_000
    service_s = packet_bits / rate_bps
    arrival_s = np.cumsum(rng.exponential(service_s / rho, n))
    free_s = waited_s = 0.0
    for at_s in arrival_s:
        begin_s = max(at_s, free_s)
        waited_s += begin_s - at_s
        free_s = begin_s + service_s
    model = waiting_s(np.array([rho * rate_bps]), np.array([rate_bps]), cap_s=10.0)[0]
    assert waited_s / n == pytest.approx(model, rel=0.03)


def test_waiting_never_falls_with_load_and_never_exceeds_the_cap():
    load_bps = np.linspace(0.0, 1.2e7, 2_000)
    wait = waiting_s(load_bps, np.full(2_000, 1e7), 4e-3)
    assert (np.diff(wait) >= 0.0).all()
    assert wait.max() == 4e-3


def test_paths_add_up():
    paths = Paths(np.array([0, 2, 5]), np.array([0, 1, 1, 2, 0], np.int32), np.ones(3), np.zeros(6, np.int64))
    assert waiting_of_paths_s(paths, np.array([1.0, 2.0, 4.0]), 10.0).tolist() == [3.0, 7.0]
    assert waiting_of_paths_s(paths, np.array([1.0, 2.0, 4.0]), 5.0).tolist() == [3.0, 5.0]
    nothing = Paths(np.zeros(1, np.int64), np.zeros(0, np.int32), np.ones(3), np.zeros(6, np.int64))
    assert waiting_of_paths_s(nothing, np.ones(3)).tolist() == []


def test_bad_input():
    with pytest.raises(RangeError, match="cap_s must be 0 or more"):
        waiting_s(np.zeros(1), np.ones(1), -1.0)


def test_a_full_antenna_is_felt_once():
    def rtt_ms(**change):
        scarce = {"gateways.antenna_gbps": 0.5, "slots": 1}
        results = simulate(
            load("toy", overrides=scarce | {k.replace("__", "."): v for k, v in change.items()})
        )
        table = results.places()
        return dict(zip(table["place"], table["rtt_ms"], strict=True))["Market"], results.rows()["rtt_ms_p50"]

    still, _ = rtt_ms(latency__queueing=False)
    full, rows = rtt_ms()
    short, _ = rtt_ms(latency__queue_cap_ms=1.0)
    # The antenna and the site, which has one antenna, are both full; the queue stands in front of one of them.
    assert full - still == pytest.approx(5.0, abs=1e-3)
    assert short - still == pytest.approx(1.0, abs=1e-3)
    assert np.nanmax(rows) > still
