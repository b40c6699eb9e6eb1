import h3
import numba
import numpy as np
import pytest
from llvmlite import binding

from ecumene.errors import RangeError
from ecumene.sky import sight as kernels
from ecumene.sky.grid import build_grid
from ecumene.sky.sight import look


def grid_at(lat_deg, lon_deg, resolution=5, rings=0, mask_deg=25.0, exclusion_deg=18.0):
    middle = h3.latlng_to_cell(lat_deg, lon_deg, resolution)
    cell = np.array(sorted(h3.str_to_int(c) for c in h3.grid_disk(middle, rings)), dtype=np.uint64)
    at = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])
    return build_grid(cell, at[:, 0], at[:, 1], resolution, mask_deg, np.full(cell.size, exclusion_deg))


def overhead(grid, n, height_m=550e3):
    """Satellites from the zenith of cell 0 towards north, a kilometre apart."""
    step = np.cross(np.cross(grid.up[0], [0.0, 0.0, 1.0]), grid.up[0])
    return grid.r_ecef_m[0] + height_m * grid.up[0] + 1e3 * np.arange(n)[:, None] * step


def yes(n):
    return np.ones(n, dtype=bool)


def test_one_cell_one_satellite_at_the_zenith():
    grid = grid_at(52.0, 13.0)
    sight = look(grid, overhead(grid, 1), yes(1))
    assert sight.candidates_of_bin.tolist() == [[0]]
    assert sight.clear_of_cell.tolist() == [[1]]
    assert sight.n_visible_of_cell.tolist() == [1]


def test_a_satellite_at_the_zenith_of_the_equator_is_visible_but_excluded():
    grid = grid_at(0.0, 13.0)
    sight = look(grid, overhead(grid, 1), yes(1))
    assert sight.clear_of_cell.tolist() == [[0]]
    assert sight.n_visible_of_cell.tolist() == [1]


def test_masks_grow_to_as_many_words_as_there_are_candidates():
    grid = grid_at(52.0, 13.0, rings=3)
    sight = look(grid, overhead(grid, 300), yes(300))
    assert sight.candidates_of_bin.shape[1] == 300
    assert sight.clear_of_cell.shape[1] == 5
    assert (sight.n_visible_of_cell == 300).all()
    assert (np.bitwise_count(sight.clear_of_cell).sum(1) == 300).all()


def test_satellites_that_cannot_serve_or_have_no_position_are_never_candidates():
    grid = grid_at(52.0, 13.0)
    r, serve = overhead(grid, 6), yes(6)
    r[1], r[2, 2], serve[4] = np.nan, np.inf, False
    sight = look(grid, r, serve)
    assert sight.candidates_of_bin.tolist() == [[0, 3, 5]]
    assert sight.n_visible_of_cell.tolist() == [3]


def test_satellites_inside_the_earth_are_below_every_horizon():
    grid = grid_at(52.0, 13.0, mask_deg=0.0)
    sight = look(grid, np.array([[0.0, 0.0, 0.0], [1e3, 0.0, 0.0], *(0.5 * grid.r_ecef_m)]), yes(3))
    assert sight.n_visible_of_cell.tolist() == [0]


def test_no_satellites_and_no_cells():
    grid = grid_at(52.0, 13.0)
    sight = look(grid, np.zeros((0, 3)), yes(0))
    assert sight.candidates_of_bin.tolist() == [[-1]]
    assert sight.n_candidates_of_bin.tolist() == [0]
    assert sight.clear_of_cell.tolist() == [[0]]
    none = build_grid(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0), 5, 25.0, np.zeros(0))
    assert look(none, overhead(grid, 2), yes(2)).clear_of_cell.shape == (0, 1)


def test_threads_do_not_change_the_answer():
    rng = np.random.default_rng(2)
    cell = np.array(
        sorted(h3.str_to_int(c) for c in h3.uncompact_cells(h3.get_res0_cells(), 2)), dtype=np.uint64
    )
    at = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])
    grid = build_grid(cell, at[:, 0], at[:, 1], 2, 25.0, np.full(cell.size, 18.0))
    r = rng.normal(size=(500, 3))
    r *= 6.921e6 / np.linalg.norm(r, axis=1, keepdims=True)
    one = look(grid, r, yes(500))
    for threads in (2, 7, 500):
        other = look(grid, r, yes(500), threads=threads)
        assert all(
            np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
        )


@pytest.mark.skipif(not binding.get_host_cpu_features().get("avx2"), reason="reads the assembly of AVX2")
@pytest.mark.parametrize("test", [kernels._test_arc, kernels._test_arc_with_ends])
def test_the_compiler_makes_vectors_of_the_inner_loop(test):
    """Without them sight is slow, and no other test would show it. vsqrtps takes the roots of a vector."""
    f4, f8, i8 = numba.float32, numba.float64, numba.int64
    types = numba.void(f4[:, ::1], f8[:, ::1], i8, i8, i8, f4[::1], i8, i8, f4, numba.uint8[::1])
    compiled = numba.njit(types, fastmath=kernels._EXACT, error_model="numpy")(test.py_func)
    assert "vsqrtps" in next(iter(compiled.inspect_asm().values()))


def test_slots_share_no_memory():
    grid = grid_at(52.0, 13.0, rings=2)
    first = look(grid, overhead(grid, 5), yes(5))
    before = first.clear_of_cell.copy()
    second = look(grid, overhead(grid, 3), yes(3))
    assert (first.clear_of_cell == before).all()
    assert not np.shares_memory(first.clear_of_cell, second.clear_of_cell)


@pytest.mark.parametrize(
    ("r", "serve", "threads", "words"),
    [
        (np.zeros(3), yes(1), 1, "r_ecef_m has shape (3,): must be (sat, 3)"),
        (np.zeros((2, 3)), yes(3), 1, "can_serve has shape (3,): must be (2,)"),
        (np.zeros((2, 3)), yes(2), 0, "threads = 0: must be at least 1"),
    ],
)
def test_what_is_refused(r, serve, threads, words):
    with pytest.raises(RangeError) as refused:
        look(grid_at(52.0, 13.0), r, serve, threads=threads)
    assert words in str(refused.value)
