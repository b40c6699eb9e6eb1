"""The user downlink: worked values, the look-up table, refused inputs."""

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.radio.downlink import bin_of_sine, build_rate_table, cn_db, rate_bps
from ecumene.radio.envelope import efficiency_of_cn

GEN1 = {
    "pfd_dbw_m2_mhz": -122.0,
    "frequency_hz": 11.7e9,
    "gain_dbi": 33.2,
    "temperature_k": 250.0,
    "scan_exponent": 1.2,
}


def test_below_the_horizon_there_is_no_carrier():
    assert (cn_db([-0.3, -1e-9, 0.0], **GEN1) == -np.inf).all()
    assert np.isnan(cn_db(np.nan, **GEN1))
    assert (cn_db([-0.1, 0.0], **{**GEN1, "scan_exponent": 0.0}) == -np.inf).all()


def test_a_dish_that_turns_does_not_care_for_elevation():
    ratio_db = cn_db(np.radians([10.0, 40.0, 90.0]), **{**GEN1, "scan_exponent": 0.0})
    np.testing.assert_allclose(ratio_db, ratio_db[0], atol=1e-12)


def test_margin_and_flux_density_count_decibel_for_decibel():
    elevation_rad = np.radians(40.0)
    plain = cn_db(elevation_rad, **GEN1)
    assert cn_db(elevation_rad, **GEN1, margin_db=1.0) == pytest.approx(plain - 1.0, abs=1e-12)
    assert cn_db(elevation_rad, **{**GEN1, "pfd_dbw_m2_mhz": -119.0}) == pytest.approx(plain + 3.0, abs=1e-12)


def test_looked_up_rates_are_the_exact_ones_or_one_step_below():
    table = build_rate_table(**GEN1, bandwidth_hz=240e6)
    elevation_rad = np.radians(np.linspace(25.0, 90.0, 200_001))
    exact = 240e6 * efficiency_of_cn(cn_db(elevation_rad, **GEN1))
    looked_up = rate_bps(table, elevation_rad)
    is_low = looked_up < exact
    assert not (looked_up > exact).any()
    assert is_low.mean() < 0.002
    assert (1.0 - looked_up / exact).max() < 0.061


def test_the_bin_inside_a_kernel_is_the_bin_of_the_table():
    table = build_rate_table(**GEN1, bandwidth_hz=240e6, n_bins=512)
    elevation_rad = np.radians([-5.0, 0.0, 0.01, 25.0, 40.0, 89.999, 90.0])
    bins = [bin_of_sine(float(sine), 512) for sine in np.sin(elevation_rad)]
    assert table.rate_of_bin_bps[bins].tolist() == rate_bps(table, elevation_rad).tolist()
    assert bin_of_sine(float("nan"), 512) == 0
    assert table.rate_of_bin_bps[0] == 0.0


def test_no_satellite_no_rate():
    assert rate_bps(build_rate_table(**GEN1, bandwidth_hz=240e6), [np.nan, -1.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frequency_hz": 0.0}, "frequency above 0 Hz, got 0 Hz"),
        ({"temperature_k": -1.0}, "temperature above 0 K, got -1 K"),
        ({"scan_exponent": -0.5}, "scan exponent must be 0"),
        ({"temperature_k": float("nan")}, "got nan K"),
    ],
)
def test_impossible_links_are_refused(change, words):
    with pytest.raises(RangeError, match=words):
        cn_db(1.0, **{**GEN1, **change})
    with pytest.raises(RangeError, match=words):
        build_rate_table(**{**GEN1, **change}, bandwidth_hz=240e6)


def test_a_table_needs_bandwidth_and_bins():
    with pytest.raises(RangeError, match="bandwidth above 0 Hz"):
        build_rate_table(**GEN1, bandwidth_hz=0.0)
    with pytest.raises(RangeError, match="at least 1 bin, got 0"):
        build_rate_table(**GEN1, bandwidth_hz=240e6, n_bins=0)
