import numpy as np
import pytest
from plain_sky import elevation_and_slant

from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import RangeError
from ecumene.sky.observer import clear_view, gso_angle_rad, visible_pairs

LAT, LON = np.array([0.0, 50.0, -85.0]), np.array([0.0, 10.0, 20.0])
P, U = ecef_of_geodetic(LAT, LON), up_of_geodetic(LAT, LON)
ZENITH = P + 550e3 * U


def test_zenith_is_at_90_degrees_and_nan_stays_nan():
    elevation_rad, slant_m = elevation_and_slant(P, U, np.vstack([ZENITH, [[np.nan] * 3]]))
    assert np.degrees(np.diag(elevation_rad)) == pytest.approx([90.0] * 3, abs=1e-5)
    assert np.diag(slant_m) == pytest.approx([550e3] * 3, abs=1e-6)
    assert np.isnan(elevation_rad[:, 3]).all()
    assert np.isnan(slant_m[:, 3]).all()


def test_each_point_has_its_own_mask_and_exclusion():
    r = np.vstack([ZENITH, [[np.nan] * 3]])
    visible, clear = clear_view(P, U, r, np.ones(4, dtype=bool), [25.0, 25.0, 0.0], [18.0, 45.0, 45.0])
    assert visible.tolist() == np.eye(3, 4, dtype=bool).tolist()
    assert np.diag(clear).tolist() == [False, True, True]
    _, off = clear_view(P, U, r, np.ones(4, dtype=bool), 25.0, 0.0)
    assert np.diag(off).all()
    nobody, _ = clear_view(P, U, r, np.zeros(4, dtype=bool), 25.0, 0.0)
    assert not nobody.any()


def test_pairs_say_where_the_satellite_stands():
    r = np.vstack([ZENITH, [[np.nan] * 3]])
    first, sat, is_clear, sine, slant_m = visible_pairs(P, U, r, np.ones(4, dtype=bool), 25.0, 18.0)
    assert first.tolist() == [0, 1, 2, 3]
    assert sat.tolist() == [0, 1, 2]
    assert is_clear.tolist() == [False, True, True]
    assert sine == pytest.approx([1.0] * 3)
    assert slant_m == pytest.approx([550e3] * 3, abs=1e-6)
    nobody = visible_pairs(P[:0], U[:0], r, np.ones(4, dtype=bool), 25.0, 18.0)
    assert [part.tolist() for part in nobody] == [[0], [], [], [], []]
    assert visible_pairs(P, U, r[:0], np.ones(0, dtype=bool), 25.0, 18.0)[0].tolist() == [0, 0, 0, 0]


def test_a_satellite_at_exactly_the_exclusion_angle_is_clear():
    alpha_rad = gso_angle_rad(LAT[1:2], LON[1:2], U[1:2])[0]
    r, serve = ZENITH[1:2], np.ones(1, dtype=bool)
    for exclusion_deg, is_clear in ((np.degrees(alpha_rad), True), (np.degrees(alpha_rad) + 1e-6, False)):
        if exclusion_deg <= 45.0:
            assert clear_view(P[1:2], U[1:2], r, serve, 25.0, exclusion_deg)[1][0, 0] == is_clear


def test_angle_takes_one_or_many_directions_a_point():
    one = gso_angle_rad(LAT, LON, U)
    many = gso_angle_rad(LAT, LON, np.stack([U, 5.0 * U, np.full((3, 3), np.nan)], axis=1))
    assert one.shape == (3,)
    assert many.shape == (3, 3)
    assert many[:2, 0] == pytest.approx(one[:2], abs=1e-12)
    assert many[:2, 1] == pytest.approx(one[:2], abs=1e-12)
    assert np.isnan(many[:, 2]).all()
    assert np.isinf(one[2])


def test_what_is_refused():
    serve = np.ones(3, dtype=bool)
    with pytest.raises(RangeError, match=r"min_elevation_deg\[0\] = 90: must be between 0 and 90"):
        clear_view(P, U, ZENITH, serve, 90.0, 18.0)
    with pytest.raises(RangeError, match=r"gso_exclusion_deg\[1\] = 50: must be between 0 and 45"):
        clear_view(P, U, ZENITH, serve, 25.0, [18.0, 50.0, 0.0])
    with pytest.raises(RangeError, match=r"direction has shape \(2, 3\)"):
        gso_angle_rad(LAT, LON, U[:2])
