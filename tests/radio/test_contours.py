"""Who stands under a beam lit for somebody else."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecumene.radio.contours import reach_m, under_beams

R = 6_371_008.8


def test_the_filed_cell_is_a_beam_straight_below():
    """A hexagon in a circle of 24.13 km is the -3 dB contour of 2.5 deg from 550 km: radius 12.0 km."""
    assert reach_m(550e3, 90.0, 2.5) == pytest.approx(550e3 * math.tan(math.radians(1.25)), rel=2e-3)
    assert reach_m(550e3, 90.0, 2.5) == pytest.approx(12.0e3, abs=50.0)


@pytest.mark.parametrize(
    ("elevation_deg", "beam_deg", "km"),
    [(90.0, 1.5, 7.2), (40.0, 1.5, 16.8), (25.0, 1.5, 36.0), (40.0, 2.5, 28.4), (25.0, 2.5, 61.5)],
)
def test_reaches_from_550_km(elevation_deg, beam_deg, km):
    """By hand for 2.5 deg at 25 deg: nadir 56.541, centre 8.459; rays at 57.791 meet 23.197 deg, centre 9.012 deg."""
    assert reach_m(550e3, elevation_deg, beam_deg) / 1e3 == pytest.approx(km, abs=0.06)


@given(st.floats(300e3, 1_300e3), st.floats(20.0, 90.0), st.floats(0.5, 4.0))
def test_no_point_of_the_contour_lies_further(altitude_m, elevation_deg, beam_deg):
    """The contour drawn point by point: rays half a beam off the axis, cut with the sphere."""
    size = R / (R + altitude_m)
    nadir = math.asin(size * math.cos(math.radians(elevation_deg)))
    middle = math.pi / 2.0 - math.radians(elevation_deg) - nadir
    satellite = np.array([0.0, 0.0, R + altitude_m])
    axis = np.array([math.sin(nadir), 0.0, -math.cos(nadir)])
    side, half = np.array([0.0, 1.0, 0.0]), math.radians(beam_deg / 2.0)
    top = np.cross(axis, side)
    far_m = 0.0
    for turn in np.linspace(0.0, 2.0 * math.pi, 73):
        ray = math.cos(half) * axis + math.sin(half) * (math.cos(turn) * side + math.sin(turn) * top)
        b = satellite @ ray
        root = b * b - (satellite @ satellite - R * R)
        if root < 0.0:
            return  # the contour passes over the horizon
        point = satellite + (-b - math.sqrt(root)) * ray
        centre = R * np.array([math.sin(middle), 0.0, math.cos(middle)])
        far_m = max(far_m, R * math.acos(min(1.0, point @ centre / R**2)))
    assert far_m == pytest.approx(reach_m(altitude_m, elevation_deg, beam_deg), rel=1e-3)


def test_the_kernel_is_the_angle_at_the_satellite():
    rng = np.random.default_rng(3)

    def on_ground(n):
        r = rng.normal(size=(n, 3)) * [1.0, 0.02, 0.02] + [5.0, 0.0, 0.0]
        return R * r / np.linalg.norm(r, axis=1)[:, None]

    points, cells, sats = on_ground(40), on_ground(30), on_ground(6) * 1.09
    sat_of_cell = rng.integers(-1, 6, 30).astype(np.int32)
    first = np.concatenate([[0], np.cumsum(rng.integers(0, 9, 40))])
    cell = rng.integers(0, 30, first[-1]).astype(np.int32)
    found = under_beams(first, cell, points, cells, sats, sat_of_cell, 2.5)
    wanted = []
    for p in range(40):
        angles = [
            math.degrees(
                math.acos(
                    (points[p] - sats[s])
                    @ (cells[c] - sats[s])
                    / np.linalg.norm(points[p] - sats[s])
                    / np.linalg.norm(cells[c] - sats[s])
                )
            )
            for c in cell[first[p] : first[p + 1]]
            if (s := sat_of_cell[c]) >= 0
        ]
        wanted.append(any(angle <= 1.25 for angle in angles))
    assert found.tolist() == wanted
    assert 0 < found.sum() < 40
