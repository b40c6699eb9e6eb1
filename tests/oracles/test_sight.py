"""Fast sight against the slow, obvious version: every pair in 64 bits, the arc as points every 0.01 degrees.

The slow version works with azimuth and elevation of satellite and arc, shares no code with the fast one,
and has no bins. A pair may differ only if it lies within 1e-4 degrees of a threshold, or, for the arc, within
what sampling it every 0.01 degrees leaves open.
"""

import h3
import numpy as np
import pytest

from ecumene.sky.grid import build_grid
from ecumene.sky.gso import FOOT_EXCESS_RAD
from ecumene.sky.observer import clear_view, gso_angle_rad
from ecumene.sky.sight import Sight, look

A_M, F = 6_378_137.0, 1.0 / 298.257223563
SAMPLE_DEG = 0.01
one_ten_thousandth_degree = 1e-4
arc_sampling_deg = 0.006


def site(lat_deg: float, lon_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Return position and the rows east, north, up."""
    f, g = np.radians(lat_deg), np.radians(lon_deg)
    e2 = F * (2 - F)
    n = A_M / np.sqrt(1 - e2 * np.sin(f) ** 2)
    p = np.array([n * np.cos(f) * np.cos(g), n * np.cos(f) * np.sin(g), n * (1 - e2) * np.sin(f)])
    east = [-np.sin(g), np.cos(g), 0.0]
    north = [-np.sin(f) * np.cos(g), -np.sin(f) * np.sin(g), np.cos(f)]
    up = [np.cos(f) * np.cos(g), np.cos(f) * np.sin(g), np.sin(f)]
    return p, np.array([east, north, up])


def horizontal_deg(p: np.ndarray, axes: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    e, n, u = axes @ (r - p).T
    return np.degrees(np.arctan2(e, n)), np.degrees(np.arctan2(u, np.hypot(e, n)))


def separation_deg(az1: np.ndarray, el1: np.ndarray, az2: np.ndarray, el2: np.ndarray) -> np.ndarray:
    """Haversine between directions in the horizontal system."""
    a1, h1, a2, h2 = (np.radians(x) for x in (az1, el1, az2, el2))
    half = np.sin((h1 - h2) / 2) ** 2 + np.cos(h1) * np.cos(h2) * np.sin((a1 - a2) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def slow(lat_deg: float, lon_deg: float, r: np.ndarray, above_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Return elevation of all satellites, and of those above a limit the angle to the visible arc."""
    p, axes = site(lat_deg, lon_deg)
    g = np.radians(np.arange(-180.0, 180.0, SAMPLE_DEG))
    arc = 42_164e3 * np.column_stack([np.cos(g), np.sin(g), np.zeros_like(g)])
    az_arc, el_arc = horizontal_deg(p, axes, arc)
    az_arc, el_arc = az_arc[el_arc >= 0], el_arc[el_arc >= 0]
    az, el = horizontal_deg(p, axes, r)
    alpha = np.full(len(r), np.inf)
    for s in np.flatnonzero(el > above_deg):
        if az_arc.size:
            alpha[s] = separation_deg(az[s], el[s], az_arc, el_arc).min()
    return el, alpha


def table(sight: Sight, bin_of_cell: np.ndarray, n_sats: int) -> np.ndarray:
    """Unpack the masks into (cell, sat)."""
    found = np.zeros((bin_of_cell.size, n_sats), dtype=bool)
    for c, b in enumerate(bin_of_cell):
        for j in range(sight.n_candidates_of_bin[b]):
            if int(sight.clear_of_cell[c, j // 64]) >> (j % 64) & 1:
                found[c, sight.candidates_of_bin[b, j]] = True
    return found


def some_cells(rng: np.random.Generator, resolution: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)
    lat[:4] = [89.9, -81.25, 81.3, 0.01]
    lat_lon = zip(lat.tolist(), lon.tolist(), strict=True)
    cells = {
        h3.str_to_int(c) for a, b in lat_lon for c in h3.grid_disk(h3.latlng_to_cell(a, b, resolution), 1)
    }
    cell = np.array(sorted(cells), dtype=np.uint64)
    return cell, np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])


def some_satellites(rng: np.random.Generator, n: int, heights_km: list[float]) -> np.ndarray:
    r = rng.normal(size=(n, 3))
    return r / np.linalg.norm(r, axis=1, keepdims=True) * (6371e3 + 1e3 * rng.choice(heights_km, n))[:, None]


CASES = [
    (5, 25.0, [18.0], [550.0]),
    (5, 5.0, [18.0, 0.0], [300.0, 550.0]),
    (4, 25.0, [0.0, 2.0, 3.0, 18.0, 22.0], [300.0, 1200.0, 36_000.0]),
    (4, 0.0, [30.0, 0.01, 45.0], [550.0, 8000.0, 20_000.0]),
    (3, 10.0, [10.0], [340.0, 36_000.0]),
    (2, 55.0, [18.0], [1200.0]),
    (0, 40.0, [12.0], [550.0, 36_000.0]),
]


@pytest.mark.parametrize(("resolution", "mask_deg", "exclusions_deg", "heights_km"), CASES)
def test_every_bit_is_that_of_the_slow_version(resolution, mask_deg, exclusions_deg, heights_km):
    rng = np.random.default_rng(resolution + int(mask_deg))
    cell, at = some_cells(rng, resolution, 5)
    exclusion_deg = rng.choice(exclusions_deg, cell.size)
    grid = build_grid(cell, at[:, 0], at[:, 1], resolution, mask_deg, exclusion_deg)
    r = some_satellites(rng, 400, heights_km)
    sight = look(grid, r, np.ones(400, dtype=bool))
    found = table(sight, grid.bin_of_cell, 400)
    for c in range(cell.size):
        el, alpha = slow(at[c, 0], at[c, 1], r, mask_deg - 0.01)
        assert (
            abs(int(sight.n_visible_of_cell[c]) - (el >= mask_deg).sum())
            <= (np.abs(el - mask_deg) < one_ten_thousandth_degree).sum()
        )
        differs = found[c] != ((el >= mask_deg) & ((alpha >= exclusion_deg[c]) | (exclusion_deg[c] == 0.0)))
        is_tie = (np.abs(el - mask_deg) < one_ten_thousandth_degree) | (
            np.abs(alpha - exclusion_deg[c]) < arc_sampling_deg
        )
        assert not (differs & ~is_tie).any()


@pytest.mark.parametrize(("resolution", "mask_deg", "exclusions_deg", "heights_km"), CASES)
def test_every_bit_is_that_of_the_exact_view(resolution, mask_deg, exclusions_deg, heights_km):
    """Bins, 32-bit tests and verdicts on whole bins lose and add nothing, to the last pair."""
    rng = np.random.default_rng(100 + resolution + int(mask_deg))
    cell, at = some_cells(rng, resolution, 60)
    exclusion_deg = rng.choice(exclusions_deg, cell.size)
    grid = build_grid(cell, at[:, 0], at[:, 1], resolution, mask_deg, exclusion_deg)
    r = some_satellites(rng, 6000, heights_km)
    serve = rng.random(6000) < 0.9
    r[rng.integers(0, 6000, 30)] = np.nan
    sight = look(grid, r, serve)
    visible, clear = clear_view(grid.r_ecef_m, grid.up, r, serve, mask_deg, exclusion_deg)
    assert (sight.n_visible_of_cell == visible.sum(1)).all()
    assert (table(sight, grid.bin_of_cell, 6000) == clear).all()


def test_exact_angle_is_that_of_the_sampled_arc():
    rng = np.random.default_rng(5)
    for lat_deg in (0.0, 20.0, -45.0, 63.0, 75.0, 80.9, 81.25):
        p, axes = site(lat_deg, 30.0)
        r = p + (axes.T @ (rng.normal(size=(3, 60)) * 1e6)).T
        _, alpha = slow(lat_deg, 30.0, r, -91.0)
        exact = np.degrees(gso_angle_rad(np.array([lat_deg]), np.array([30.0]), (r - p)[None])[0])
        # Samples lie on the arc, so none is nearer than its nearest; its ends may lie 0.01 degrees on.
        assert (exact <= alpha + 1e-7).all()
        assert (alpha - exact < 1.01 * SAMPLE_DEG).all()
        inside = (alpha > 1.0) & (alpha - exact < 1e-6)
        assert inside.sum() > 0 or lat_deg > 60.0


def test_the_foot_point_is_almost_the_nearest():
    """What FOOT_EXCESS_RAD rests on: directions from the arc up to 45 degrees away from it."""
    rng = np.random.default_rng(6)
    worst_rad = 0.0
    for lat_deg in [*np.arange(0.0, 81.0, 5.0), 81.2]:
        p, axes = site(lat_deg, 0.0)
        lon = np.radians(rng.uniform(-81.0, 81.0, 20_000))
        arc = 42_164e3 * np.column_stack([np.cos(lon), np.sin(lon), 0.0 * lon]) - p
        aside = np.cross(arc, rng.normal(size=arc.shape))
        arc, aside = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (arc, aside))
        d = arc + np.tan(np.radians(rng.uniform(0.3, 46.0, 20_000)))[:, None] * aside
        alpha = gso_angle_rad(np.array([lat_deg]), np.array([0.0]), d[None])[0]
        a, b = (d[:, :2] ** 2).sum(1), d[:, :2] @ p[:2]
        t = (np.sqrt(b * b + a * (42_164e3**2 - p[:2] @ p[:2])) - b) / a
        g = np.column_stack([t * d[:, 0], t * d[:, 1], np.full(len(d), -p[2])])
        foot = np.arctan2(np.linalg.norm(np.cross(d, g), axis=1), (d * g).sum(1))
        counts = (alpha < np.radians(45.0)) & (alpha > np.radians(0.2)) & (g @ axes[2] >= 0.0)
        worst_rad = max(worst_rad, ((foot - alpha) / np.tan(alpha))[counts].max(initial=0.0))
    assert 0.0042 < np.degrees(worst_rad) < 0.0043
    assert 1.3 * worst_rad < FOOT_EXCESS_RAD
