"""Rain: examples, a plain version, shapes, limits, and what must hold whatever the numbers.

The examples are eight of the ITU's for P.618-14 (all 42: `tests/reference/test_rain.py`); tolerance a ten-millionth
of a decibel.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecumene.errors import RangeError
from ecumene.radio.rain import rain_height_km, rain_loss_db, rain_per_km_db

PLACE = {"rain_mm_h": 50.0, "height_km": 4.0, "lat_deg": 20.0}


@pytest.mark.parametrize(
    ("lat", "hs", "f_ghz", "el", "tau", "p", "rain", "slant_km", "loss_db"),
    [
        (41.9, 0.046122988, 14.25, 40.232036, 0, 1.0, 33.936232, 4.646913874, 0.623263001),
        (33.94, 0.0, 14.25, 46.35969261, 0, 0.01, 27.13586832, 3.542006965, 5.941806096),
        (41.9, 0.046122988, 29.0, 40.232036, 0, 0.001, 33.936232, 4.646913874, 54.25561152),
        (22.9, 0.0, 14.25, 22.27833468, 0, 0.1, 50.639304, 10.96995451, 8.271647438),
        (22.9, 0.0, 29.0, 22.27833468, 0, 0.001, 50.639304, 10.96995451, 83.5996391),
        (25.78, 0.00861728, 29.0, 52.67898486, 0, 0.1, 78.2994993, 5.735098894, 25.56295492),
        (28.717, 0.209383699, 14.25, 48.24117054, 90, 0.1, 63.61888808, 6.768266217, 5.486346969),
        (3.133, 0.051251456, 29.0, 85.80459566, 90, 0.1, 99.15117186, 4.91990658, 48.81996807),
    ],
)
def test_examples_of_the_itu(lat, hs, f_ghz, el, tau, p, rain, slant_km, loss_db):
    found = rain_loss_db(
        math.radians(el), f_ghz * 1e9, p, rain_mm_h=rain, height_km=slant_km * math.sin(math.radians(el)) + hs,
        lat_deg=lat, altitude_km=hs, tilt_rad=math.radians(tau),
    )  # fmt: skip
    assert float(found) == pytest.approx(loss_db, abs=1e-7)


def plain_loss_db(el_deg, f_ghz, p, rain, height_km, lat, altitude_km):
    """P.618-14, section 2.2.1.1, step by step for one link, circular polarisation."""
    el, rise = math.radians(el_deg), height_km - altitude_km
    if el_deg >= 5.0:
        slant = rise / math.sin(el)  # (1)
    else:
        slant = 2.0 * rise / (math.sqrt(math.sin(el) ** 2 + 2.0 * rise / 8_500.0) + math.sin(el))  # (2)
    level = slant * math.cos(el)  # (3)
    gamma = float(rain_per_km_db(rain, f_ghz * 1e9, el))
    reduced = level / (1.0 + 0.78 * math.sqrt(level * gamma / f_ghz) - 0.38 * (1.0 - math.exp(-2.0 * level)))
    path = reduced / math.cos(el) if math.atan(rise / reduced) > el else rise / math.sin(el)
    chi = 36.0 - abs(lat) if abs(lat) < 36.0 else 0.0
    bend = 31.0 * (1.0 - math.exp(-el_deg / (1.0 + chi))) * math.sqrt(path * gamma) / f_ghz**2 - 0.45
    a_001 = gamma * path / (1.0 + math.sqrt(math.sin(el)) * bend)
    if p >= 1.0 or abs(lat) >= 36.0:
        beta = 0.0
    elif el_deg >= 25.0:
        beta = -0.005 * (abs(lat) - 36.0)
    else:
        beta = -0.005 * (abs(lat) - 36.0) + 1.8 - 4.25 * math.sin(el)
    power = 0.655 + 0.033 * math.log(p) - 0.045 * math.log(a_001) - beta * (1.0 - p) * math.sin(el)
    return a_001 * (p / 0.01) ** -power


@given(
    el_deg=st.floats(1.0, 89.0),
    f_ghz=st.floats(10.0, 55.0),
    p=st.floats(0.001, 5.0),
    rain=st.floats(1.0, 150.0),
    height_km=st.floats(2.0, 5.5),
    lat=st.floats(-70.0, 70.0),
    altitude_km=st.floats(0.0, 1.5),
)
def test_steps_one_by_one(el_deg, f_ghz, p, rain, height_km, lat, altitude_km):
    found = rain_loss_db(
        math.radians(el_deg),
        f_ghz * 1e9,
        p,
        rain_mm_h=rain,
        height_km=height_km,
        lat_deg=lat,
        altitude_km=altitude_km,
    )
    assert float(found) == pytest.approx(
        plain_loss_db(el_deg, f_ghz, p, rain, height_km, lat, altitude_km), rel=1e-9
    )


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
