"""The feeder link budget."""

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.radio.feeder import BANDS, feeder_cn_db, feeder_rate_bps

KA, E = BANDS["ka"], BANDS["e"]


def test_bands_have_their_widths():
    assert (KA.bandwidth_hz, E.bandwidth_hz) == (2.1e9, 5.0e9)
    assert KA.frequency_hz == pytest.approx(28.645e9, rel=1e-4)
    assert E.frequency_hz == 83.5e9


def test_the_budget_by_hand():
    """550 km at 28.645 GHz: 60.5 - 176.4 + 8 + 228.6 - 86.8 = 33.9 dB over noise; interference of 16.3 dB rules."""
    spread_db = 20.0 * np.log10(4.0 * np.pi * 550e3 * KA.frequency_hz / 299_792_458.0)
    noise_dbw = 10.0 * np.log10(1.380649e-23 * 480e6)
    over_noise = 10.0 ** (0.1 * (60.5 - spread_db + 8.0 - noise_dbw))
    expected = -10.0 * np.log10(1.0 / over_noise + 10.0 ** (-0.1 * 16.3))
    assert float(feeder_cn_db(KA, 550e3)) == pytest.approx(expected, abs=1e-9)


def test_the_budget_of_e_band_by_hand():
    """1,123 km at 83.5 GHz: 68 - 191.9 + 8 + 228.6 - 91.0 = 21.7 dB over noise, 15.2 dB with the interference."""
    assert float(feeder_cn_db(E, 1_123e3)) == pytest.approx(15.20, abs=0.02)
    over_noise_db = 68.0 - (32.4478 + 20.0 * np.log10(83_500.0 * 1_123.0)) + 8.0 + 228.5992 - 90.9691
    expected = -10.0 * np.log10(10.0 ** (-0.1 * over_noise_db) + 10.0 ** (-0.1 * 16.3))
    assert float(feeder_cn_db(E, 1_123e3)) == pytest.approx(expected, abs=1e-3)


def test_frequencies_are_those_of_the_page():
    assert KA.up_ghz == ((27.5, 29.1), (29.5, 30.0))
    assert KA.down_ghz == ((17.8, 18.6), (18.8, 19.3))
    assert (E.up_ghz, E.down_ghz) == (((81.0, 86.0),), ((71.0, 76.0),))


def test_far_links_lose_6_db_over_noise_when_twice_as_far():
    near, far = feeder_cn_db(KA, np.array([1e6, 2e6]), 60.0)  # so deep in rain that noise rules
    assert near - far == pytest.approx(6.02, abs=0.01)


def test_a_v1_satellite_gets_what_was_published():
    """20.2 Gbit/s published for V1 (the calibration), from the zenith to 25 degrees."""
    rate_bps = feeder_rate_bps([KA], np.ones((1, 2), bool), np.array([550e3, 1_123e3]), np.zeros((1, 2)))
    assert rate_bps / 1e9 == pytest.approx([20.2, 20.2], rel=0.03)
    assert rate_bps / 1e9 == pytest.approx(
        [19.9, 19.9], abs=0.05
    )  # 15 dB and more: 16 of 46 modes are left above


def test_e_band_carries_what_the_page_says():
    rate_bps = feeder_rate_bps([E], np.ones((1, 2), bool), np.array([550e3, 1_123e3]), np.zeros((1, 2)))
    assert rate_bps / 1e9 == pytest.approx([47.4, 43.4], abs=0.7)


def test_bands_add_up_and_missing_ones_do_not():
    slant_m, clear = np.array([800e3]), np.zeros((2, 1))
    both, ka, e, none = (
        float(feeder_rate_bps([KA, E], np.array([[a], [b]]), slant_m, clear)[0])
        for a, b in ((True, True), (True, False), (False, True), (False, False))
    )
    assert both == ka + e
    assert none == 0.0
    assert ka < e


def test_rain_takes_the_link():
    loss_db = np.array([[0.0, 10.0, 20.0, 60.0]])
    rate_bps = feeder_rate_bps([KA], np.ones((1, 4), bool), np.full(4, 800e3), loss_db)
    assert (np.diff(rate_bps) < 0.0).all()
    assert rate_bps[-1] == 0.0
    margin = feeder_rate_bps([KA], np.ones((1, 4), bool), np.full(4, 800e3), loss_db, 3.0)
    assert (margin[:-1] < rate_bps[:-1]).all()


def test_a_distance_must_be_one():
    with pytest.raises(RangeError, match="slant_m must be above 0 m"):
        feeder_cn_db(KA, np.array([np.nan]))
