"""Coasts and borders to draw."""

from __future__ import annotations

import numpy as np

from ecumene.earth.outlines import load_outlines


def test_lines_are_drawable():
    for line in load_outlines():
        assert line.ndim == 2
        assert line.shape[1] == 2
        assert len(line) >= 2
        assert (np.abs(line[:, 0]) <= 180).all()
        assert (np.abs(line[:, 1]) <= 90).all()


def test_no_line_crosses_the_map():
    """A jump of more than 30 deg would be a seam at 180 deg drawn as a bar."""
    assert max(np.abs(np.diff(line[:, 0])).max() for line in load_outlines()) < 30


def test_all_is_coast_and_border():
    assert len(load_outlines()) == len(load_outlines("coast")) + len(load_outlines("border"))


def near(lines, lat_deg, lon_deg):
    points = np.concatenate(lines)
    return np.hypot(points[:, 0] - lon_deg, points[:, 1] - lat_deg).min()


def test_known_lines():
    coast, border = load_outlines("coast"), load_outlines("border")
    assert near(coast, 50.07, -5.71) < 0.1  # Land's End
    assert near(coast, -34.36, 18.47) < 0.1  # Cape of Good Hope
    assert near(border, 49.0, -123.0) < 0.5  # 49th parallel
    assert near(border, 46.1, 33.6) > 0.5  # no border between Crimea and the mainland
    assert near(border, 36.6, 37.0) < 0.3  # Türkiye and Syria
