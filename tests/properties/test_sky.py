"""What must hold of sight for any sky."""

import h3
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecumene.sky.grid import build_grid
from ecumene.sky.observer import gso_angle_rad
from ecumene.sky.sight import look

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)
seeds = st.integers(0, 2**31)


def cells(lat_deg, lon_deg, resolution):
    middle = h3.latlng_to_cell(lat_deg, lon_deg, resolution)
    cell = np.array(sorted(h3.str_to_int(c) for c in h3.grid_disk(middle, 2)), dtype=np.uint64)
    return cell, np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])


def sky_over(lat_deg, lon_deg, seed):
    rng = np.random.default_rng(seed)
    a, b = np.radians(lat_deg), np.radians(lon_deg)
    up = np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])
    r = rng.normal(size=(200, 3)) * 0.15 + up
    return r / np.linalg.norm(r, axis=1, keepdims=True) * rng.uniform(6.7e6, 8e6, (200, 1))


def names(grid, sight, c):
    b = grid.bin_of_cell[c]
    bits = np.unpackbits(sight.clear_of_cell[c].view(np.uint8), bitorder="little")[
        : sight.n_candidates_of_bin[b]
    ]
    return set(sight.candidates_of_bin[b, : bits.size][bits.astype(bool)].tolist())


@settings(max_examples=25, deadline=None)
@given(latitudes, longitudes, st.integers(0, 5), seeds)
def test_the_order_of_satellites_does_not_matter(lat_deg, lon_deg, resolution, seed):
    cell, at = cells(lat_deg, lon_deg, resolution)
    grid = build_grid(cell, at[:, 0], at[:, 1], resolution, 25.0, np.full(cell.size, 18.0))
    r, serve = sky_over(lat_deg, lon_deg, seed), np.ones(200, dtype=bool)
    order = np.random.default_rng(seed).permutation(200)
    one, other = look(grid, r, serve), look(grid, r[order], serve)
    assert (one.n_visible_of_cell == other.n_visible_of_cell).all()
    for c in range(cell.size):
        assert names(grid, one, c) == {int(order[s]) for s in names(grid, other, c)}


@settings(max_examples=25, deadline=None)
@given(latitudes, longitudes, seeds, st.floats(0.0, 45.0), st.floats(0.0, 45.0), st.floats(0.0, 80.0))
def test_a_larger_exclusion_never_clears_a_satellite(lat_deg, lon_deg, seed, one_deg, other_deg, mask_deg):
    cell, at = cells(lat_deg, lon_deg, 4)
    r, serve = sky_over(lat_deg, lon_deg, seed), np.ones(200, dtype=bool)
    small, large = (
        build_grid(cell, at[:, 0], at[:, 1], 4, mask_deg, np.full(cell.size, e))
        for e in sorted((one_deg, other_deg))
    )
    wide, narrow = look(small, r, serve), look(large, r, serve)
    assert (wide.n_visible_of_cell == narrow.n_visible_of_cell).all()
    assert not (narrow.clear_of_cell & ~wide.clear_of_cell).any()


@settings(max_examples=25, deadline=None)
@given(latitudes, longitudes, seeds)
def test_leaving_cells_out_changes_nothing_for_the_others(lat_deg, lon_deg, seed):
    cell, at = cells(lat_deg, lon_deg, 5)
    rng = np.random.default_rng(seed)
    exclusion_deg = rng.choice([0.0, 3.0, 18.0], cell.size)
    r, serve = sky_over(lat_deg, lon_deg, seed), np.ones(200, dtype=bool)
    full = build_grid(cell, at[:, 0], at[:, 1], 5, 25.0, exclusion_deg)
    kept = np.flatnonzero(rng.random(cell.size) < 0.3)
    part = build_grid(cell[kept], at[kept, 0], at[kept, 1], 5, 25.0, exclusion_deg[kept])
    one, other = look(full, r, serve), look(part, r, serve)
    assert (one.n_visible_of_cell[kept] == other.n_visible_of_cell).all()
    for k, c in enumerate(kept):
        assert names(full, one, c) == names(part, other, k)


@settings(max_examples=50, deadline=None)
@given(st.floats(-80.0, 80.0), longitudes, seeds)
def test_the_angle_mirrors_between_east_and_west_and_between_the_hemispheres(lat_deg, lon_deg, seed):
    d = np.random.default_rng(seed).normal(size=(20, 3))
    along = np.array([np.cos(np.radians(lon_deg)), np.sin(np.radians(lon_deg)), 0.0])
    across = np.array([-along[1], along[0], 0.0])
    here = gso_angle_rad(np.array([lat_deg]), np.array([lon_deg]), d[None])
    swapped = d - 2.0 * np.outer(d @ across, across)
    assert np.allclose(
        gso_angle_rad(np.array([lat_deg]), np.array([lon_deg]), swapped[None]), here, atol=1e-9
    )
    south = d * [1.0, 1.0, -1.0]
    assert np.allclose(gso_angle_rad(np.array([-lat_deg]), np.array([lon_deg]), south[None]), here, atol=1e-9)
