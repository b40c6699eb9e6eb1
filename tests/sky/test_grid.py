import h3
import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.sky.grid import build_grid, footprint, parent_of

CELL = np.array(
    sorted(h3.str_to_int(c) for c in h3.grid_disk(h3.latlng_to_cell(10.0, 20.0, 4), 9)), np.uint64
)
AT = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in CELL])


def build(cell=CELL, lat=AT[:, 0], lon=AT[:, 1], resolution=4, mask=25.0, exclusion=None):
    return build_grid(
        cell, lat, lon, resolution, mask, np.full(len(cell), 18.0) if exclusion is None else exclusion
    )


@pytest.mark.parametrize("resolution", [0, 1, 3, 4])
def test_parents_are_those_of_h3(resolution):
    pentagon = np.array([h3.str_to_int(c) for c in h3.get_pentagons(4)], dtype=np.uint64)
    for cell in (CELL, np.sort(pentagon)):
        theirs = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(int(c)), resolution)) for c in cell]
        assert parent_of(cell, resolution).tolist() == theirs


def test_bins_partition_the_cells_and_regions_the_bins():
    grid = build()
    assert grid.n_bins == np.unique(parent_of(CELL, 2)).size
    assert (np.diff(grid.bin_of_cell) >= 0).all()
    assert (np.bincount(grid.bin_of_cell) == np.diff(grid.first_cell_of_bin)).all()
    assert grid.first_bin_of_region[-1] == grid.n_bins


def test_every_cell_lies_in_the_cap_of_its_bin():
    grid = build()
    unit = grid.r_ecef_m / np.linalg.norm(grid.r_ecef_m, axis=1, keepdims=True)
    cosine = (unit * grid.bins.axis[grid.bin_of_cell]).sum(1)
    assert (np.arccos(np.minimum(cosine, 1.0)) <= grid.bins.radius_rad[grid.bin_of_cell]).all()


@pytest.mark.parametrize("mask_deg", [0.0, 5.0, 25.0, 60.0])
def test_footprint_is_wider_than_any_true_one(mask_deg):
    grid = build()
    rng = np.random.default_rng(1)
    r = rng.normal(size=(20_000, 3)) * 0.2 + grid.up[0]
    height_m = rng.choice([300e3, 2000e3, 36_000e3], 20_000)
    r *= (6_378e3 + height_m)[:, None] / np.linalg.norm(r, axis=1, keepdims=True)
    d = r - grid.r_ecef_m[0]
    sees = d @ grid.up[0] >= np.sin(np.radians(mask_deg)) * np.linalg.norm(d, axis=1)
    norm = np.linalg.norm(r, axis=1)
    angle = np.arccos(np.minimum(r @ grid.r_ecef_m[0] / norm / np.linalg.norm(grid.r_ecef_m[0]), 1.0))
    assert sees.any()
    sin_psi, cos_psi = footprint(norm[sees], mask_deg)
    assert (angle[sees] <= np.arctan2(sin_psi, cos_psi)).all()


def test_exclusion_is_off_where_no_arc_is_visible():
    cell = np.array(
        [h3.str_to_int(h3.latlng_to_cell(lat, 0.0, 4)) for lat in (-89.0, 82.0, 80.0)], dtype=np.uint64
    )
    order = np.argsort(cell)
    at = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell[order]])
    grid = build(cell[order], at[:, 0], at[:, 1])
    assert (grid.exclusion_rad > 0.0).tolist() == (np.abs(at[:, 0]) < 81.3).tolist()
    assert (grid.gso_exclusion_deg == 18.0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resolution": 5}, "an H3 id of resolution 4, the grid is of resolution 5"),
        ({"resolution": 16}, "H3 resolutions are 0 to 15"),
        ({"cell": CELL[::-1]}, "ids must ascend"),
        ({"mask": 90.0}, "min_elevation_deg = 90: must be at least 0 and below 90"),
        ({"mask": float("nan")}, "min_elevation_deg = nan"),
        ({"exclusion": np.full(CELL.size, 46.0)}, "gso_exclusion_deg[0] = 46: must be between 0 and 45"),
        ({"exclusion": np.zeros(3)}, "gso_exclusion_deg has shape (3,)"),
        ({"lat": np.full(CELL.size, 91.0)}, "lat_deg[0] = 91: must be between -90 and 90"),
    ],
)
def test_what_is_refused(change, words):
    with pytest.raises(RangeError) as refused:
        build(**change)
    assert words in str(refused.value)
