"""Latency: one number by hand for each formula."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.latency import fibre_s, rtt_geometry_s, rtt_s

C = 299_792_458.0


def test_a_quarter_of_the_equator():
    # A quarter of a great circle is 10,008 km (mean radius 6,371.0 km): 1.4 x 1.47 / c = 68.7 ms.
    got = fibre_s(np.array([0.0, 0.0]), np.array([0.0, 90.0]), np.array([0.0]), np.array([90.0]))
    assert got.shape == (2, 1)
    assert got[0, 0] == pytest.approx(10_007_543 * 1.4 * 1.47 / C, rel=2e-3)
    assert got[1, 0] == pytest.approx(0.0, abs=1e-9)


def test_factor_and_index():
    sites = (np.array([50.0]), np.array([8.0]), np.array([52.0]), np.array([21.0]))
    assert fibre_s(*sites, factor=2.0, index=1.5)[0, 0] == pytest.approx(
        fibre_s(*sites)[0, 0] * 2.0 * 1.5 / (1.4 * 1.47)
    )
    with pytest.raises(RangeError, match=r"1 or more, got 0\.9 and 1\.47"):
        fibre_s(*sites, factor=0.9)


def test_round_trips():
    # Straight up and down at 550 km: 2 x 1,100 km of light, 7.34 ms.
    slant_m, delay_s = np.array([550e3, 550e3]), np.array([550e3 / C, np.inf])
    assert rtt_s(slant_m, delay_s, 0.014) == pytest.approx([2.2e6 / C + 0.014, np.inf])
    assert rtt_geometry_s(slant_m, np.array([550e3, np.inf])) == pytest.approx([2.2e6 / C, np.inf])
    assert 1e3 * rtt_geometry_s(slant_m, np.array([550e3, 1e6]))[0] == pytest.approx(7.34, abs=0.01)
