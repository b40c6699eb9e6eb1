"""Any two causes can be told apart, also by colour-blind eyes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ecumene.results.schema import CAUSES
from ecumene.views.palette import CAUSE_COLOURS, LAND

# What red-, green- and blue-blind eyes see, in linear sRGB: Machado, Oliveira, Fernandes, IEEE Trans. Vis.
# Comput. Graph. 15 (2009) 1291, severity 1.0.
EYES = {
    "normal": np.eye(3),
    "red-blind": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green-blind": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "blue-blind": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TOLD_APART = 15.0  # CIELAB distance (1976); 2.3 is just noticeable side by side


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0.0, 1.0) / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    return np.array([116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])])


def test_every_cause_has_a_colour():
    assert set(CAUSE_COLOURS) == set(CAUSES)


@pytest.mark.parametrize("eye", EYES)
def test_any_two_are_told_apart(eye):
    seen = {name: lab(np.array(EYES[eye]) @ linear(c)) for name, c in {**CAUSE_COLOURS, "land": LAND}.items()}
    distance = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)}
    nearest = min(distance, key=distance.get)
    assert distance[nearest] > TOLD_APART, (nearest, distance[nearest])
