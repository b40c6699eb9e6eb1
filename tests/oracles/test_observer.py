"""The exact view of a few points against the slow obvious way: every pair by itself, without shortcuts."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.sky.gso import arc_angle_rad
from ecumene.sky.observer import clear_view, visible_pairs


@pytest.mark.parametrize("height_m", [550e3, 1_200e3, 20_000e3, 36_500e3])
@pytest.mark.parametrize("mask_deg", [0.0, 25.0])
def test_every_pair_is_that_of_the_slow_version(height_m, mask_deg):
    rng = np.random.default_rng(int(height_m + mask_deg))
    n_points, n_sats = 60, 501
    lat_deg = np.append(rng.uniform(-90.0, 90.0, n_points - 3), [90.0, -90.0, 0.0])
    lon_deg = rng.uniform(-180.0, 180.0, n_points)
    p, u = ecef_of_geodetic(lat_deg, lon_deg), up_of_geodetic(lat_deg, lon_deg)
    r = rng.normal(size=(n_sats, 3))
    r *= (6.4e6 + height_m * rng.uniform(0.9, 1.1, (n_sats, 1))) / np.linalg.norm(r, axis=1)[:, None]
    r[::50] = np.nan
    serve = rng.random(n_sats) < 0.9
    exclusion_deg = rng.choice([0.0, 2.0, 18.0, 45.0], n_points)
    first, sat, is_clear, sine, slant_m = visible_pairs(p, u, r, serve, mask_deg, exclusion_deg)
    for k in range(n_points):
        d = r - p[k]
        distance = np.linalg.norm(d, axis=1)
        expected = np.flatnonzero((d @ u[k] / distance >= np.sin(np.radians(mask_deg))) & serve)
        own = slice(first[k], first[k + 1])
        assert sat[own].tolist() == expected.tolist()
        assert sine[own] == pytest.approx((d @ u[k] / distance)[expected], abs=1e-12)
        assert slant_m[own] == pytest.approx(distance[expected])
        alpha_rad = np.array([arc_angle_rad(p[k], u[k], *d[s]) for s in expected])
        is_off = exclusion_deg[k] == 0.0
        assert is_clear[own].tolist() == [is_off or a >= np.radians(exclusion_deg[k]) for a in alpha_rad]
    visible, clear = clear_view(p, u, r, serve, mask_deg, exclusion_deg)
    assert visible.sum() == len(sat)
    assert clear.sum() == is_clear.sum()


def test_the_lists_grow_with_what_is_seen():
    """A point under a swarm sees far more satellites than room was made for."""
    lat_deg, lon_deg = np.zeros(3), np.array([0.0, 90.0, 180.0])
    p, u = ecef_of_geodetic(lat_deg, lon_deg), up_of_geodetic(lat_deg, lon_deg)
    rng = np.random.default_rng(2)
    r = np.concatenate([p[k] + 550e3 * u[k] + rng.normal(0.0, 1e4, (400, 3)) for k in range(3)])
    first, sat, *_ = visible_pairs(p, u, r, np.ones(1_200, dtype=bool), 25.0, 0.0)
    assert first.tolist() == [0, 400, 800, 1_200]
    assert sat.tolist() == list(range(1_200))
