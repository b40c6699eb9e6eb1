"""The Equal Earth projection: its published size, its inverse, and that equal areas are equal."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecumene.views.projection import equal_earth, geodetic_of_equal_earth


def at(lat_deg, lon_deg):
    x, y = equal_earth(np.array([lat_deg]), np.array([lon_deg]))
    return float(x[0]), float(y[0])


def test_published_size():
    # The map is 2.05458 times as wide as high, and the pole line 0.59247 of the equator (Savric et al. 2019).
    width, height = at(0.0, 180.0)[0], at(90.0, 0.0)[1]
    assert abs(width / height - 2.05458) < 1e-5
    assert abs(at(90.0, 180.0)[0] / width - 0.59247) < 1e-5


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_there_and_back(lat_deg, lon_deg):
    lat, lon = geodetic_of_equal_earth(*equal_earth(np.array([lat_deg]), np.array([lon_deg])))
    assert abs(lat[0] - lat_deg) < 1e-6
    assert abs(lon[0] - lon_deg) < 1e-6


@given(st.floats(-80.0, 80.0), st.floats(-170.0, 170.0))
def test_equal_areas_are_equal(lat_deg, lon_deg):
    step = 0.01
    (x0, y0), (x1, y1), (x2, y2) = (
        at(lat_deg, lon_deg),
        at(lat_deg + step, lon_deg),
        at(lat_deg, lon_deg + step),
    )
    on_map = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))
    on_earth = np.radians(step) ** 2 * np.cos(np.radians(lat_deg + 0.5 * step))
    assert abs(on_map / on_earth - 1.0) < 2e-3


def test_off_the_map_is_nan():
    lat, lon = geodetic_of_equal_earth(np.array([2.7, 0.0]), np.array([1.2, 1.4]))
    assert np.isnan(lat).all()
    assert np.isnan(lon).all()
