"""Rain: shapes, limits, and what must hold whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecumene.errors import RangeError
from ecumene.radio.rain import rain_height_km, rain_loss_db, rain_per_km_db

PLACE = {"rain_mm_h": 50.0, "height_km": 4.0, "lat_deg": 20.0}


def test_no_rain_and_no_path_is_no_loss():
    elevation_rad = np.radians([40.0, 0.0, -5.0])
    assert rain_loss_db(elevation_rad, 28e9, 0.1, **PLACE)[1:].tolist() == [0.0, 0.0]
    assert rain_loss_db(0.7, 28e9, 0.1, **{**PLACE, "rain_mm_h": 0.0}) == 0.0
    assert rain_loss_db(0.7, 28e9, 0.1, **PLACE, altitude_km=4.5) == 0.0


def test_a_low_path_is_continuous():
    """The formula changes at 5 degrees; the loss must not jump by more than the curve of the Earth, some 2 %."""
    low, high = rain_loss_db(np.radians([4.999, 5.001]), 28e9, 0.1, **PLACE)
    assert low == pytest.approx(high, rel=0.02)


@given(
    percent=st.floats(0.001, 0.5),
    elevation_deg=st.floats(25.0, 90.0),
    rain=st.floats(5.0, 120.0),
    lat=st.floats(-65.0, 65.0),
    f_ghz=st.floats(10.0, 50.0),
)
def test_rarer_is_worse(percent, elevation_deg, rain, lat, f_ghz):
    """More of the year never means more loss, within 2 %: deep fades flatten, and at low elevations it jumps at 1 %."""
    place = {"rain_mm_h": rain, "height_km": 4.0, "lat_deg": lat}
    often, seldom = (
        float(rain_loss_db(np.radians(elevation_deg), f_ghz * 1e9, p, **place))
        for p in (2.0 * percent, percent)
    )
    assert 0.0 <= often <= seldom * 1.02


def test_arrays_are_taken_whole():
    elevation_rad = np.radians(np.linspace(20.0, 90.0, 7))
    together = rain_loss_db(elevation_rad, 28e9, 0.1, **PLACE)
    single = [float(rain_loss_db(el, 28e9, 0.1, **PLACE)) for el in elevation_rad]
    np.testing.assert_allclose(together, single, rtol=1e-14)
    assert rain_per_km_db(np.full((2, 3), 20.0), 28e9, 0.5).shape == (2, 3)


def test_outside_the_model():
    with pytest.raises(RangeError, match=r"P.618-14 holds from 0.001 to 5 % of the year, got 6 %"):
        rain_loss_db(0.7, 28e9, 6.0, **PLACE)
    with pytest.raises(RangeError, match=r"P.618-14 holds up to 55 GHz, got 83.5 GHz"):
        rain_loss_db(0.7, 83.5e9, 0.1, **PLACE)
    assert rain_loss_db(0.7, 83.5e9, 0.1, **PLACE, extrapolate=True) > rain_loss_db(0.7, 28e9, 0.1, **PLACE)
    with pytest.raises(RangeError, match=r"P.838-3 holds from 1 to 1,000 GHz"):
        rain_per_km_db(10.0, 0.5e9, 0.7)
    with pytest.raises(RangeError, match="rain_mm_h must be 0 or more"):
        rain_per_km_db(-1.0, 5e9, 0.7)


def test_rain_height_falls_towards_the_poles():
    assert rain_height_km([0.0, 23.0, 53.0, -71.0, 90.0, -90.0]).tolist() == pytest.approx(
        [5, 5, 2.75, 0, 0, 0]
    )
