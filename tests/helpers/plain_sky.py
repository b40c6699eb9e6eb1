"""Elevation and distance in plain numpy: what the kernels of the sky are held against."""

from __future__ import annotations

import numpy as np


def elevation_and_slant(r_point_m, up, r_sat_m):
    """Return geodetic elevation [rad] and distance [m] of every satellite from every point, (point, sat)."""
    d_m = r_sat_m[None, :, :] - r_point_m[:, None, :]
    slant_m = np.linalg.norm(d_m, axis=2)
    sine = np.einsum("psk,pk->ps", d_m, up) / slant_m
    return np.arcsin(np.clip(sine, -1.0, 1.0)), slant_m
