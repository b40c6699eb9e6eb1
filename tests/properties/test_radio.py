"""What must always hold of the downlink."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecumene.radio.downlink import build_rate_table, cn_db, rate_bps
from ecumene.radio.envelope import efficiency_of_cn

elevations = st.floats(0.01, np.pi / 2)
links = st.fixed_dictionaries(
    {
        "pfd_dbw_m2_mhz": st.floats(-140.0, -105.0),
        "frequency_hz": st.floats(1e9, 60e9),
        "gain_dbi": st.floats(0.0, 60.0),
        "temperature_k": st.floats(20.0, 2000.0),
        "scan_exponent": st.floats(0.0, 3.0),
        "margin_db": st.floats(0.0, 10.0),
    }
)


@given(st.floats(-300.0, 300.0))
def test_no_mode_beats_shannon(ratio_db):
    assert efficiency_of_cn(ratio_db) <= np.log2(1.0 + 10.0 ** (ratio_db / 10.0))


@given(st.floats(-50.0, 50.0), st.floats(0.0, 50.0))
def test_a_better_carrier_never_carries_less(ratio_db, more_db):
    assert efficiency_of_cn(ratio_db + more_db) >= efficiency_of_cn(ratio_db)


@given(elevations, elevations, links)
def test_a_higher_satellite_is_never_worse(one, other, link):
    low, high = sorted([one, other])
    assert cn_db(low, **link) <= cn_db(high, **link) + 1e-9


@given(elevations, links)
def test_twice_the_frequency_costs_six_decibels(elevation_rad, link):
    twice = cn_db(elevation_rad, **{**link, "frequency_hz": 2 * link["frequency_hz"]})
    assert abs(cn_db(elevation_rad, **link) - twice - 20 * np.log10(2)) < 1e-9


@given(elevations, links, st.integers(1, 3000))
def test_the_table_never_promises_more_than_the_link(elevation_rad, link, n_bins):
    table = build_rate_table(**link, bandwidth_hz=240e6, n_bins=n_bins)
    exact = 240e6 * efficiency_of_cn(cn_db(elevation_rad, **link) + 1e-9)
    assert rate_bps(table, elevation_rad) <= exact
