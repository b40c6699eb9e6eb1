"""Who sees whom in one slot: a short list of candidate satellites per bin, and one bit mask per cell.

How it works. Cells lie in bins and bins in regions (`grid`). A circle on the globe around each region,
then around each bin, widened by each satellite's own footprint, leaves a short list of candidates. Every
cell then tests every candidate of its bin in 32-bit arithmetic, 16 candidates at once, and their states are
packed to bits; pairs closer to a threshold than 32 bits can tell are tested again in 64 bits.
`docs/explanation/sight.md` derives each step.

The inner loops run over a fixed number of candidates, so that the compiler makes vectors of them, and their
indices are unsigned: a signed one might be negative and count from the end, and asking that took as long as
the tests.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import WGS84_A_M
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.sky.grid import CELLS_OF_BIN, footprint
from ecumene.sky.gso import FOOT_EXCESS_RAD, is_excluded
from ecumene.sky.horizons import ABOVE_ENDS, NEAR_TIE, NOTHING_EXCLUDED, R_GSO

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecumene.sky.grid import Grid

    _Direction = tuple[np.float32, np.float32, np.float32]

ROW = 16
"""Candidates tested at once: one AVX-512 or two AVX2 registers of float32."""

WORD = 64
"""Candidates per mask word."""

_NEAR = np.float32(NEAR_TIE)
# The state of a pair is the sum of one of the first and one of the second.
_BELOW, _VISIBLE_OR_NOT, _VISIBLE = np.uint8(0), np.uint8(1), np.uint8(2)
_CLEAR, _EXCLUDED_OR_NOT, _EXCLUDED = np.uint8(0), np.uint8(4), np.uint8(8)
_OF_VISIBLE, _OF_CLEAR, _OF_UNDECIDED = 0, 1, 2
# The lowest bit of each of eight bytes, and the factor that moves these bits side by side into the highest byte.
_LOWEST, _TO_HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)
_UROW, _U2, _U3 = np.uint64(ROW), np.uint64(2), np.uint64(3)
_EXACT = {"contract", "nsz", "arcp"}


@dataclass(frozen=True)
class Sight:
    """Who sees whom in one slot.

    Attributes
    ----------
    candidates_of_bin : (bin, width)
        Satellites that some cell of the bin may see, ascending; -1 beyond n_candidates_of_bin.
    n_candidates_of_bin : (bin,)
        How many there are.
    clear_of_cell : (cell, words)
        Bit j of word w: candidate 64 w + j of the cell's bin is above the mask and outside the GSO exclusion.
    n_visible_of_cell : (cell,)
        Satellites above the mask, whatever the GSO exclusion says.
    """

    candidates_of_bin: NDArray[np.int32]
    n_candidates_of_bin: NDArray[np.int32]
    clear_of_cell: NDArray[np.uint64]
    n_visible_of_cell: NDArray[np.uint16]


def look(
    grid: Grid, r_ecef_m: NDArray[np.float64], can_serve: NDArray[np.bool_], *, threads: int = 1
) -> Sight:
    """Return who sees whom.

    Parameters
    ----------
    grid
        Cells in bins.
    r_ecef_m : (sat, 3)
        Positions, ECEF; nan where unknown. [m]
    can_serve : (sat,)
        Satellites to consider. Others, and those without a position, are never candidates.
    threads
        How many threads share the regions. The result does not depend on it.

    Returns
    -------
    sight
        New arrays; nothing is shared with earlier slots.

    Raises
    ------
    RangeError
        Where shapes disagree, threads is not positive, or more than 65,535 satellites are candidates of
        one bin.

    Notes
    -----
    Visible: geodetic elevation >= mask. Clear: visible, and alpha >= exclusion angle (`gso`). Terminals
    stand on the ellipsoid; there are no mountains, no refraction. Every bit equals that of 64-bit arithmetic.
    """
    _check(r_ecef_m, can_serve, threads)
    x, y, z = np.isfinite(r_ecef_m).T
    sat = np.flatnonzero(can_serve & x & y & z).astype(np.int32)
    r_sat_m = np.ascontiguousarray(r_ecef_m.take(sat, axis=0), dtype=np.float64)
    footprints = _footprints(r_sat_m, grid.min_elevation_deg)
    n_regions = grid.first_bin_of_region.size - 1
    list_of_region = np.empty((n_regions, sat.size), dtype=np.uint32)
    n_of_region = np.zeros(n_regions, dtype=np.int64)
    n_candidates = np.zeros(grid.n_bins, dtype=np.int32)

    def survey(first: int, last: int) -> None:
        _survey(
            first, last, grid.first_bin_of_region, grid.regions.terms, grid.bins.terms, footprints,
            list_of_region, n_of_region, n_candidates,
        )  # fmt: skip

    parts = _parts(grid, threads)
    _share(survey, parts)
    width = max(int(n_candidates.max(initial=0)), 1)
    if width > np.iinfo(np.uint16).max:
        raise RangeError(f"one bin has {width} candidate satellites: at most 65535 can be counted; use fewer")
    candidates = np.empty((grid.n_bins, width), dtype=np.int32)
    clear = np.empty((grid.cell.size, -(-width // WORD)), dtype=np.uint64)
    n_visible = np.empty(grid.cell.size, dtype=np.uint16)

    def mark(first: int, last: int) -> None:
        _mark(
            first, last, grid.first_bin_of_region, grid.first_cell_of_bin, grid.bins.terms, footprints,
            list_of_region, n_of_region,
            grid.horizons.cells, grid.horizons.middle, grid.horizons.need,
            grid.r_ecef_m, grid.up, grid.exclusion_rad, math.sin(math.radians(grid.min_elevation_deg)),
            sat, r_sat_m, candidates, n_candidates, clear, n_visible,
        )  # fmt: skip

    _share(mark, parts)
    return Sight(candidates, n_candidates, clear, n_visible)


def _check(r_ecef_m: NDArray[np.float64], can_serve: NDArray[np.bool_], threads: int) -> None:
    """Refuse arrays that do not belong together."""
    if r_ecef_m.ndim != 2 or r_ecef_m.shape[1] != 3:
        raise RangeError(f"r_ecef_m has shape {r_ecef_m.shape}: must be (sat, 3)")
    if can_serve.shape != r_ecef_m.shape[:1]:
        raise RangeError(
            f"can_serve has shape {can_serve.shape}: must be {r_ecef_m.shape[:1]}, one a satellite"
        )
    if threads < 1:
        raise RangeError(f"threads = {threads}: must be at least 1")


def _footprints(r_sat_m: NDArray[np.float64], min_elevation_deg: float) -> NDArray[np.float32]:
    """Return (5, sat): the unit vector to each satellite, and sine and cosine of its footprint's angle."""
    x, y, z = r_sat_m.T
    # A position at the Earth's centre has no direction; it is below every horizon, whatever direction we
    # give it.
    norm_m = np.maximum(np.sqrt(x * x + y * y + z * z), 1.0)
    return np.array(
        [x / norm_m, y / norm_m, z / norm_m, *footprint(norm_m, min_elevation_deg)], dtype=np.float32
    )


def _parts(grid: Grid, threads: int) -> list[tuple[int, int]]:
    """Return ranges of regions with about equally many cells."""
    cells = grid.first_cell_of_bin[grid.first_bin_of_region]
    cuts = np.searchsorted(cells, np.linspace(0, grid.cell.size, threads + 1)[1:-1])
    edges = [0, *cuts.tolist(), cells.size - 1]
    return [(first, last) for first, last in pairwise(edges) if last > first]


def _share(task: Callable[[int, int], None], parts: list[tuple[int, int]]) -> None:
    """Run a task on every range; ranges write to different rows, so their order does not matter."""
    if len(parts) <= 1:
        for first, last in parts:
            task(first, last)
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(task, first, last) for first, last in parts]:
            done.result()


@inner_njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _measure(caps: np.ndarray, cap: int, satellites: np.ndarray, n: int, inside: np.ndarray) -> None:
    """Mark which of the first n satellites reach into a cap.

    cos(angle to the axis) >= cos(radius + footprint), by the addition theorem.
    """
    ax, ay, az = caps[cap, 0], caps[cap, 1], caps[cap, 2]
    sin_r, cos_r, slack = caps[cap, 3], caps[cap, 4], caps[cap, 5]
    for i in range(np.uint64(n)):
        x, y, z = satellites[0, i], satellites[1, i], satellites[2, i]
        sin_f, cos_f = satellites[3, i], satellites[4, i]
        over = x * ax + y * ay + z * az + sin_f * sin_r - cos_f * cos_r + slack
        inside[i] = over >= np.float32(0.0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sum(inside: np.ndarray, n: int) -> int:
    """Return how many of the first n are marked."""
    count = 0
    for i in range(np.uint64(n)):
        count += inside[i]
    return count


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _compress(inside: np.ndarray, inside8: np.ndarray, n: int, found: np.ndarray) -> int:
    """Write the indices of the marked ones; found must have room for one more than there are."""
    count = 0
    for e in range(np.uint64(n // 8)):
        # Most satellites are far away.
        if inside8[e] == 0:
            continue
        for i in range(np.uint64(8) * e, np.uint64(8) * e + np.uint64(8)):
            found[np.uint64(count)] = i
            count += inside[i]
    for i in range(np.uint64(n // 8 * 8), np.uint64(n)):
        found[np.uint64(count)] = i
        count += inside[i]
    return count


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gather(satellites: np.ndarray, listed: np.ndarray, region: int, n: int, near: np.ndarray) -> None:
    """Copy the rows of the satellites listed for a region side by side."""
    for k in range(5):
        for i in range(n):
            near[k, i] = satellites[k, listed[region, i]]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _survey(
    first: int,
    last: int,
    first_bin_of_region: np.ndarray,
    regions: np.ndarray,
    bins: np.ndarray,
    satellites: np.ndarray,
    list_of_region: np.ndarray,
    n_of_region: np.ndarray,
    n_candidates: np.ndarray,
) -> None:
    """List the satellites of each region and count those of each of its bins."""
    n_sats = satellites.shape[1]
    inside = np.empty(-(-n_sats // 8) * 8, dtype=np.uint8)
    inside8 = inside.view(np.uint64)
    found = np.empty(n_sats + 1, dtype=np.uint32)
    near = np.empty((5, n_sats), dtype=np.float32)
    for region in range(first, last):
        _measure(regions, region, satellites, n_sats, inside)
        n = _compress(inside, inside8, n_sats, found)
        for i in range(n):
            list_of_region[region, i] = found[i]
        n_of_region[region] = n
        _gather(satellites, list_of_region, region, n, near)
        for b in range(first_bin_of_region[region], first_bin_of_region[region + 1]):
            _measure(bins, b, near, n, inside)
            n_candidates[b] = _sum(inside, n)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(
    first: int,
    last: int,
    first_bin_of_region: np.ndarray,
    first_cell_of_bin: np.ndarray,
    bins: np.ndarray,
    satellites: np.ndarray,
    list_of_region: np.ndarray,
    n_of_region: np.ndarray,
    horizons: np.ndarray,
    middle: np.ndarray,
    need: np.ndarray,
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    sin_mask: float,
    sat: np.ndarray,
    r_sat_m: np.ndarray,
    candidates: np.ndarray,
    n_candidates: np.ndarray,
    clear: np.ndarray,
    n_visible: np.ndarray,
) -> None:
    """Fill in the candidates of each bin and the masks of its cells."""
    n_sats, width = satellites.shape[1], WORD * clear.shape[1]
    inside = np.empty(-(-n_sats // 8) * 8, dtype=np.uint8)
    found = np.empty(max(n_sats + 1, width), dtype=np.uint32)
    near = np.empty((5, n_sats), dtype=np.float32)
    place = np.empty((3, n_sats + 1), dtype=np.float64)
    seen = np.empty(3 * width, dtype=np.float32)
    state = np.empty(CELLS_OF_BIN * width, dtype=np.uint8)
    masks = np.empty((3, CELLS_OF_BIN * clear.shape[1]), dtype=np.uint64)
    # The same memory in bytes or by eights. Numba counts who holds a view, in memory that threads share: made
    # anew for every bin, views took a tenth of the time.
    inside8, state8, bytes_of_masks = inside.view(np.uint64), state.view(np.uint64), masks.view(np.uint8)
    sin2 = np.float32(sin_mask * sin_mask)
    for region in range(first, last):
        n_near = n_of_region[region]
        _gather(satellites, list_of_region, region, n_near, near)
        _gather_places(r_sat_m, list_of_region, region, n_near, place)
        for b in range(first_bin_of_region[region], first_bin_of_region[region + 1]):
            n = n_candidates[b]
            n_rows, n_words = (n + ROW - 1) // ROW, (n + WORD - 1) // WORD
            start, n_cells = first_cell_of_bin[b], first_cell_of_bin[b + 1] - first_cell_of_bin[b]
            _measure(bins, b, near, n_near, inside)
            _compress(inside, inside8, n_near, found)
            _list(found, n, list_of_region, region, n_near, sat, candidates, b)
            _see(place, found, n_rows, middle[b, 0], middle[b, 1], middle[b, 2], seen)
            _blank(state8, n_cells * n_words * 8)
            if need[b] == NOTHING_EXCLUDED:
                _test_elevation(horizons, start, n_cells, seen, n_rows, n_words, sin2, state)
            elif need[b] == ABOVE_ENDS:
                _test_arc(horizons, middle, b, start, n_cells, seen, n_rows, n_words, sin2, state)
            else:
                _test_arc_with_ends(horizons, middle, b, start, n_cells, seen, n_rows, n_words, sin2, state)
            if _pack(state8, n_cells * n_words * 8, bytes_of_masks):
                _settle(
                    masks, start, n_cells, n_words, r_cell_m, up, exclusion_rad, sin_mask,
                    r_sat_m, list_of_region, region, found,
                )  # fmt: skip
            _write(masks, start, n_cells, n_words, clear, n_visible)


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gather_places(r_sat_m: np.ndarray, listed: np.ndarray, region: int, n: int, place: np.ndarray) -> None:
    """Copy the listed satellites' positions side by side [Earth radii]; nan stands behind the last."""
    for k in range(3):
        for i in range(n):
            place[k, i] = r_sat_m[listed[region, i], k] / WGS84_A_M
        place[k, n] = np.nan


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _list(
    found: np.ndarray,
    n: int,
    listed: np.ndarray,
    region: int,
    n_near: int,
    sat: np.ndarray,
    candidates: np.ndarray,
    b: int,
) -> None:
    """Name a bin's candidates; their last row is filled up with what stands behind the region's last one."""
    for j in range(n):
        candidates[b, j] = sat[listed[region, found[j]]]
    for j in range(n, candidates.shape[1]):
        candidates[b, j] = -1
    for j in range(n, (n + ROW - 1) // ROW * ROW):
        found[j] = n_near


@inner_njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _see(
    place: np.ndarray, found: np.ndarray, n_rows: int, x: float, y: float, z: float, seen: np.ndarray
) -> None:
    """Write the candidates' positions from the bin's middle, in rows of 16 x, 16 y, 16 z [Earth radii].

    The difference is taken in 64 bits: in 32 a satellite would be off by half a metre.
    """
    for row in range(np.uint64(n_rows)):
        s = _U3 * _UROW * row
        for i in range(_UROW):
            j = found[_UROW * row + i]
            seen[s + i] = place[0, j] - x
            seen[s + _UROW + i] = place[1, j] - y
            seen[s + _U2 * _UROW + i] = place[2, j] - z


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _blank(state8: np.ndarray, n: int) -> None:
    """Forget the states of the last bin."""
    for k in range(np.uint64(n)):
        state8[k] = 0


@inner_njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _elevation_state(d: _Direction, u: _Direction, sin2: np.float32) -> np.uint8:
    """Return whether h |h| >= sin^2(mask) d^2, h being the height over the horizon."""
    h = d[0] * u[0] + d[1] * u[1] + d[2] * u[2]
    dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    hh = h * abs(h)
    if hh >= (sin2 + _NEAR) * dd:
        return _VISIBLE
    return _VISIBLE_OR_NOT if hh >= (sin2 - _NEAR) * dd else _BELOW


@inner_njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _foot(d: _Direction, p: _Direction, depth: np.float32) -> tuple[np.float32, ...]:
    """Return a and w of the foot point, and numerator and denominator of its squared cosine with its sign.

    cos = (w - dz pz) / sqrt(d^2 (w^2/a + pz^2)), squared and multiplied by a; depth is R^2 - px^2 - py^2.
    """
    a = d[0] * d[0] + d[1] * d[1]
    b = p[0] * d[0] + p[1] * d[1]
    w = np.sqrt(b * b + a * depth) - b
    num = w - d[2] * p[2]
    return a, w, a * num * abs(num), (a + d[2] * d[2]) * (w * w + a * (p[2] * p[2]))


@inner_njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_elevation(
    cells: np.ndarray,
    start: int,
    n_cells: int,
    seen: np.ndarray,
    n_rows: int,
    n_words: int,
    sin2: np.float32,
    state: np.ndarray,
) -> None:
    """Test which candidates are above the mask."""
    for k in range(n_cells):
        c = np.uint64(start + k)
        x, y, z, u = cells[c, 0], cells[c, 1], cells[c, 2], (cells[c, 3], cells[c, 4], cells[c, 5])
        for row in range(np.uint64(n_rows)):
            s, o = _U3 * _UROW * row, np.uint64(k * n_words * WORD) + _UROW * row
            for i in range(_UROW):
                d = (seen[s + i] - x, seen[s + _UROW + i] - y, seen[s + _U2 * _UROW + i] - z)
                state[o + i] = _elevation_state(d, u, sin2)


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_arc(
    cells: np.ndarray,
    middle: np.ndarray,
    at: int,
    start: int,
    n_cells: int,
    seen: np.ndarray,
    n_rows: int,
    n_words: int,
    sin2: np.float32,
    state: np.ndarray,
) -> None:
    """Test which candidates are above the mask, and which are excluded, for exclusion angles below the mask.

    Compares the angle to the foot point. A foot below the horizon is then further away than the mask, so
    it excludes nothing and need not be told apart.
    """
    mx, my, mz = np.float32(middle[at, 0]), np.float32(middle[at, 1]), np.float32(middle[at, 2])
    for k in range(n_cells):
        c = np.uint64(start + k)
        x, y, z, u = cells[c, 0], cells[c, 1], cells[c, 2], (cells[c, 3], cells[c, 4], cells[c, 5])
        sure, maybe = cells[c, 6], cells[c, 7]
        p = (x + mx, y + my, z + mz)
        depth = np.float32(R_GSO * R_GSO) - (p[0] * p[0] + p[1] * p[1])
        for row in range(np.uint64(n_rows)):
            s, o = _U3 * _UROW * row, np.uint64(k * n_words * WORD) + _UROW * row
            for i in range(_UROW):
                d = (seen[s + i] - x, seen[s + _UROW + i] - y, seen[s + _U2 * _UROW + i] - z)
                _, _, near, full = _foot(d, p, depth)
                arc = (
                    _EXCLUDED if near > sure * full else (_EXCLUDED_OR_NOT if near > maybe * full else _CLEAR)
                )
                state[o + i] = _elevation_state(d, u, sin2) + arc


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_arc_with_ends(
    cells: np.ndarray,
    middle: np.ndarray,
    at: int,
    start: int,
    n_cells: int,
    seen: np.ndarray,
    n_rows: int,
    n_words: int,
    sin2: np.float32,
    state: np.ndarray,
) -> None:
    """Test which candidates are above the mask, and which are excluded, for any exclusion angle.

    Compares the angles to the foot point, if that is above the horizon, and to both ends of the visible arc.
    """
    mx, my, mz = np.float32(middle[at, 0]), np.float32(middle[at, 1]), np.float32(middle[at, 2])
    for k in range(n_cells):
        c = np.uint64(start + k)
        x, y, z, u = cells[c, 0], cells[c, 1], cells[c, 2], (cells[c, 3], cells[c, 4], cells[c, 5])
        sure, maybe = cells[c, 6], cells[c, 7]
        east, west = (cells[c, 8], cells[c, 9], cells[c, 10]), (cells[c, 11], cells[c, 12], cells[c, 13])
        p = (x + mx, y + my, z + mz)
        depth = np.float32(R_GSO * R_GSO) - (p[0] * p[0] + p[1] * p[1])
        for row in range(np.uint64(n_rows)):
            s, o = _U3 * _UROW * row, np.uint64(k * n_words * WORD) + _UROW * row
            for i in range(_UROW):
                d = (seen[s + i] - x, seen[s + _UROW + i] - y, seen[s + _U2 * _UROW + i] - z)
                a, w, near, full = _foot(d, p, depth)
                is_up = w * (d[0] * u[0] + d[1] * u[1]) >= a * (p[2] * u[2])
                end = max(
                    d[0] * east[0] + d[1] * east[1] + d[2] * east[2],
                    d[0] * west[0] + d[1] * west[1] + d[2] * west[2],
                )
                end *= abs(end)
                dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
                is_in = ((near > sure * full) & is_up) | (end > sure * dd)
                is_close = ((near > maybe * full) & is_up) | (end > maybe * dd)
                arc = _EXCLUDED if is_in else (_EXCLUDED_OR_NOT if is_close else _CLEAR)
                state[o + i] = _elevation_state(d, u, sin2) + arc


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pack(state8: np.ndarray, n: int, bytes_of_masks: np.ndarray) -> bool:
    """Pack states to bits, eight at a time, and return whether any pair is undecided.

    Undecided is whether it is visible, or if it surely is, whether it is excluded. Bytes are in little-endian
    order, as on every machine that Numba compiles for.
    """
    any_undecided = np.uint64(0)
    for k in range(np.uint64(n)):
        is_visible = (state8[k] >> np.uint64(1)) & _LOWEST
        is_close, is_out = state8[k] >> np.uint64(2), state8[k] >> np.uint64(3)
        is_undecided = (state8[k] & _LOWEST) | (is_visible & is_close)
        any_undecided |= is_undecided
        bytes_of_masks[_OF_VISIBLE, k] = (is_visible * _TO_HIGHEST) >> np.uint64(56)
        bytes_of_masks[_OF_CLEAR, k] = ((is_visible & ~is_out) * _TO_HIGHEST) >> np.uint64(56)
        bytes_of_masks[_OF_UNDECIDED, k] = (is_undecided * _TO_HIGHEST) >> np.uint64(56)
    return bool(any_undecided)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _settle(
    masks: np.ndarray,
    start: int,
    n_cells: int,
    n_words: int,
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    sin_mask: float,
    r_sat_m: np.ndarray,
    listed: np.ndarray,
    region: int,
    found: np.ndarray,
) -> None:
    """Decide in 64 bits what 32 could not."""
    for at in range(n_cells * n_words):
        if masks[_OF_UNDECIDED, at] == 0:
            continue
        c, first = start + at // n_words, at % n_words * WORD
        for j in range(WORD):
            bit = np.uint64(1) << np.uint64(j)
            if masks[_OF_UNDECIDED, at] & bit:
                s = listed[region, found[first + j]]
                is_visible, is_clear = decide(r_cell_m[c], up[c], r_sat_m[s], sin_mask, exclusion_rad[c])
                masks[_OF_VISIBLE, at] = masks[_OF_VISIBLE, at] & ~bit | (bit if is_visible else np.uint64(0))
                masks[_OF_CLEAR, at] = masks[_OF_CLEAR, at] & ~bit | (bit if is_clear else np.uint64(0))


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _write(
    masks: np.ndarray, start: int, n_cells: int, n_words: int, clear: np.ndarray, n_visible: np.ndarray
) -> None:
    """Copy the masks of a bin's cells, which have as many words as the bin needs, and count."""
    for k in range(n_cells):
        c = np.uint64(start + k)
        total = np.uint64(0)
        for w in range(np.uint64(n_words)):
            at = np.uint64(k * n_words) + w
            clear[c, w] = masks[_OF_CLEAR, at]
            total += _ones(masks[_OF_VISIBLE, at])
        for w in range(np.uint64(n_words), np.uint64(clear.shape[1])):
            clear[c, w] = 0
        n_visible[c] = total


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ones(word: np.uint64) -> np.uint64:
    """Return the number of set bits (Warren, Hacker's Delight, 2nd edition, figure 5-2)."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * _LOWEST) >> np.uint64(56)


@inner_njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def decide(
    p: np.ndarray, u: np.ndarray, s: np.ndarray, sin_mask: float, exclusion_rad: float
) -> tuple[bool, bool]:
    """Return exactly whether a satellite is above the mask, and whether it is clear of the arc as well.

    Parameters
    ----------
    p, u : (3,)
        Terminal and its ellipsoid normal, ECEF. [m], unit
    s : (3,)
        Satellite, ECEF. [m]
    sin_mask
        Sine of the minimum elevation.
    exclusion_rad
        Exclusion angle, 0 = off. [rad]

    Returns
    -------
    is_visible, is_clear
        In 64-bit arithmetic.
    """
    dx, dy, dz = s[0] - p[0], s[1] - p[1], s[2] - p[2]
    h = dx * u[0] + dy * u[1] + dz * u[2]
    if h * abs(h) < sin_mask * sin_mask * (dx * dx + dy * dy + dz * dz):
        return False, False
    cos_far = math.cos(exclusion_rad + FOOT_EXCESS_RAD)
    return True, not is_excluded(p, u, dx, dy, dz, exclusion_rad, cos_far)
