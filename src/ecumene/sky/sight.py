"""Who sees whom in one slot: a short list of candidate satellites per bin, and one bit mask per cell.

How it works. Cells lie in bins and bins in regions (`grid`). A circle on the globe around each region, then around each
bin, widened by each satellite's own footprint, leaves a short list of candidates. Every cell then tests every candidate
of its bin in 32-bit arithmetic, 16 cells at once; pairs closer to a threshold than 32 bits can tell are tested again in
64 bits. The GSO test runs only where the bin as a whole is neither surely clear nor surely excluded.
`docs/explanation/sight.md` derives each step.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecumene.constants import GSO_RADIUS_M, WGS84_A_M
from ecumene.errors import RangeError
from ecumene.sky.grid import footprint_rad
from ecumene.sky.gso import FOOT_EXCESS_RAD, half_arc_rad, is_excluded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecumene.sky.grid import Caps, Grid

LANES = 16
"""Cells tested at once: one AVX-512 register of float32. A bin has at most 49 cells, so four tiles."""

ROWS = 18
"""Numbers kept per lane; see _fill_tile."""

WORD = 64
"""Candidates per mask word."""

CAP_SLACK = np.float32(1e-6)
"""32-bit rounding of the cap test, ten times over."""

NEAR_TIE = np.float32(4e-6)
"""Relative distance from a threshold, of squared cosines and sines, below which 64 bits decide. Rounding is 1e-6."""

REACH_LIMIT = np.float32(0.5)
"""Bins that look larger than this from the satellite (radius / distance) are always tested cell by cell."""

_R_GSO = GSO_RADIUS_M / WGS84_A_M
_FURTHEST_GSO = np.float32(_R_GSO + 1.0)
_NEAREST_GSO = np.float32(_R_GSO - 1.0)
_TEST, _CLEAR, _EXCLUDED = 0, 1, 2
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
        Where shapes disagree, threads is not positive, or more than 65,535 satellites are candidates of one bin.

    Notes
    -----
    Visible: geodetic elevation >= mask. Clear: visible, and alpha >= exclusion angle (`gso`). Terminals stand on the
    ellipsoid; there are no mountains, no refraction. Every bit equals that of 64-bit arithmetic.
    """
    _check(r_ecef_m, can_serve, threads)
    sat = np.flatnonzero(can_serve & np.isfinite(r_ecef_m).all(axis=1)).astype(np.int32)
    r_sat_m = np.ascontiguousarray(r_ecef_m[sat], dtype=np.float64)
    footprints = _footprints(r_sat_m, grid.min_elevation_deg)
    regions, bins = _packed(grid.regions), _packed(grid.bins)
    n_regions = grid.first_bin_of_region.size - 1
    list_of_region = np.empty((n_regions, sat.size), dtype=np.int32)
    n_of_region = np.zeros(n_regions, dtype=np.int64)
    n_candidates = np.zeros(grid.n_bins, dtype=np.int32)

    def survey(first: int, last: int) -> None:
        _survey(
            first, last, grid.first_bin_of_region, regions, bins, footprints,
            list_of_region, n_of_region, n_candidates,
        )  # fmt: skip

    parts = _parts(grid, threads)
    _share(survey, parts)
    width = max(int(n_candidates.max(initial=0)), 1)
    if width > np.iinfo(np.uint16).max:
        raise RangeError(f"one bin has {width} candidate satellites: at most 65535 can be counted; use fewer")
    candidates = np.full((grid.n_bins, width), -1, dtype=np.int32)
    clear = np.zeros((grid.cell.size, -(-width // WORD)), dtype=np.uint64)
    n_visible = np.zeros(grid.cell.size, dtype=np.uint16)

    def mark(first: int, last: int) -> None:
        _mark(
            first, last, grid.first_bin_of_region, grid.first_cell_of_bin, bins, footprints,
            list_of_region, n_of_region, grid.r_ecef_m, grid.up, grid.exclusion_rad,
            math.sin(math.radians(grid.min_elevation_deg)), math.radians(grid.min_elevation_deg),
            sat, r_sat_m, candidates, n_candidates, clear, n_visible,
        )  # fmt: skip

    _share(mark, parts)
    return Sight(candidates, n_candidates, clear, n_visible)


def _check(r_ecef_m: NDArray[np.float64], can_serve: NDArray[np.bool_], threads: int) -> None:
    """Refuse arrays that do not belong together."""
    if r_ecef_m.ndim != 2 or r_ecef_m.shape[1] != 3:
        raise RangeError(f"r_ecef_m has shape {r_ecef_m.shape}: must be (sat, 3)")
    if can_serve.shape != r_ecef_m.shape[:1]:
        raise RangeError(f"can_serve has shape {can_serve.shape}: must be {r_ecef_m.shape[:1]}, one a satellite")
    if threads < 1:
        raise RangeError(f"threads = {threads}: must be at least 1")


def _footprints(r_sat_m: NDArray[np.float64], min_elevation_deg: float) -> NDArray[np.float32]:
    """Return (5, sat): the unit vector to each satellite, and sine and cosine of its footprint's angle."""
    norm_m = np.linalg.norm(r_sat_m, axis=1)
    # A position at the Earth's centre has no direction; it is below every horizon, whatever direction we give it.
    psi = footprint_rad(np.maximum(norm_m, 1.0), min_elevation_deg)
    unit = r_sat_m / np.maximum(norm_m, 1.0)[:, None]
    return np.ascontiguousarray(np.vstack([unit.T, np.sin(psi), np.cos(psi)]), dtype=np.float32)


def _packed(caps: Caps) -> NDArray[np.float32]:
    """Return (cap, 6): axis, sine and cosine of the radius, and slack; wide caps have slack for the whole sky."""
    slack = np.where(caps.radius_rad > math.radians(80.0), 10.0, CAP_SLACK)
    return np.column_stack([caps.axis, np.sin(caps.radius_rad), np.cos(caps.radius_rad), slack]).astype(np.float32)


def _parts(grid: Grid, threads: int) -> list[tuple[int, int]]:
    """Return ranges of regions with about equally many cells."""
    cells = grid.first_cell_of_bin[grid.first_bin_of_region]
    cuts = np.searchsorted(cells, np.linspace(0, grid.cell.size, threads + 1)[1:-1])
    edges = [0, *cuts.tolist(), cells.size - 1]
    return [(first, last) for first, last in zip(edges[:-1], edges[1:], strict=True) if last > first]


def _share(task: Callable[[int, int], None], parts: list[tuple[int, int]]) -> None:
    """Run a task on every range; ranges write to different rows, so their order does not matter."""
    if len(parts) <= 1:
        for first, last in parts:
            task(first, last)
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(task, first, last) for first, last in parts]:
            done.result()


@njit(cache=True, nogil=True, fastmath=_EXACT)  # type: ignore[untyped-decorator]
def _measure(cap: np.ndarray, satellites: np.ndarray, n: int, inside: np.ndarray) -> int:
    """Mark which of the first n satellites reach into a cap, and return how many.

    cos(angle to the axis) >= cos(radius + footprint), by the addition theorem.
    """
    ax, ay, az, sin_r, cos_r, slack = cap[0], cap[1], cap[2], cap[3], cap[4], cap[5]
    x, y, z = satellites[0, :n], satellites[1, :n], satellites[2, :n]
    sin_f, cos_f = satellites[3, :n], satellites[4, :n]
    count = 0
    for i in range(n):
        over = x[i] * ax + y[i] * ay + z[i] * az + sin_f[i] * sin_r - cos_f[i] * cos_r + slack
        inside[i] = over >= np.float32(0.0)
        count += inside[i]
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _compress(inside: np.ndarray, n: int, found: np.ndarray) -> int:
    """Write the indices of the marked ones; found must have room for one more than there are."""
    count = 0
    for i in range(n):
        found[count] = i
        count += inside[i]
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gather(satellites: np.ndarray, listed: np.ndarray, n: int, near: np.ndarray) -> None:
    """Copy the listed satellites' rows side by side."""
    for k in range(5):
        for i in range(n):
            near[k, i] = satellites[k, listed[i]]


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
    inside = np.empty(n_sats, dtype=np.uint8)
    found = np.empty(n_sats + 1, dtype=np.int32)
    near = np.empty((5, n_sats), dtype=np.float32)
    for region in range(first, last):
        _measure(regions[region], satellites, n_sats, inside)
        n = _compress(inside, n_sats, found)
        list_of_region[region, :n] = found[:n]
        n_of_region[region] = n
        _gather(satellites, found, n, near)
        for b in range(first_bin_of_region[region], first_bin_of_region[region + 1]):
            n_candidates[b] = _measure(bins[b], near, n, inside)


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
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    sin_mask: float,
    mask_rad: float,
    sat: np.ndarray,
    r_sat_m: np.ndarray,
    candidates: np.ndarray,
    n_candidates: np.ndarray,
    clear: np.ndarray,
    n_visible: np.ndarray,
) -> None:
    """Fill in the candidates of each bin and the masks of its cells."""
    n_sats = satellites.shape[1]
    inside = np.empty(n_sats, dtype=np.uint8)
    found = np.empty(n_sats + 1, dtype=np.int32)
    near = np.empty((5, n_sats), dtype=np.float32)
    seen = np.empty((3, candidates.shape[1]), dtype=np.float32)
    verdict = np.empty(candidates.shape[1], dtype=np.uint8)
    own = np.empty(candidates.shape[1], dtype=np.int32)
    half_words = 2 * clear.shape[1]
    tile = np.empty(ROWS * LANES, dtype=np.float32)
    bits = np.empty((4, half_words * LANES), dtype=np.uint32)
    for region in range(first, last):
        n_near = n_of_region[region]
        _gather(satellites, list_of_region[region], n_near, near)
        for b in range(first_bin_of_region[region], first_bin_of_region[region + 1]):
            n = n_candidates[b]
            if n == 0:
                continue
            _measure(bins[b], near, n_near, inside)
            _compress(inside, n_near, found)
            lo, hi = first_cell_of_bin[b], first_cell_of_bin[b + 1]
            origin, normal = r_cell_m[lo : lo + 1].copy()[0], up[lo : lo + 1].copy()[0]
            _middle(r_cell_m, up, lo, hi, origin, normal)
            for j in range(n):
                own[j] = list_of_region[region, found[j]]
                candidates[b, j] = sat[own[j]]
                for k in range(3):
                    seen[k, j] = (r_sat_m[own[j], k] - origin[k]) / WGS84_A_M
            _judge(r_cell_m, up, exclusion_rad, lo, hi, origin, normal, seen, n, verdict)
            for start in range(lo, hi, LANES):
                stop = min(start + LANES, hi)
                with_ends = _fill_tile(r_cell_m, up, exclusion_rad, start, stop, origin, mask_rad, tile)
                bits[:] = 0
                _test_elevation(tile, seen, n, np.float32(sin_mask * sin_mask), bits[0], bits[1])
                _test_gso(tile, seen, n, verdict, with_ends, bits[2], bits[3])
                _write(
                    start, stop, n, bits, verdict, r_cell_m, up, exclusion_rad, sin_mask, r_sat_m, own, clear, n_visible
                )


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _middle(
    r_cell_m: np.ndarray, up: np.ndarray, lo: int, hi: int, origin: np.ndarray, normal: np.ndarray
) -> None:
    """Write the mean of the cells' positions and normals."""
    for k in range(3):
        origin[k] = 0.0
        normal[k] = 0.0
        for c in range(lo, hi):
            origin[k] += r_cell_m[c, k]
            normal[k] += up[c, k]
        origin[k] /= hi - lo
        normal[k] /= hi - lo


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _judge(
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    lo: int,
    hi: int,
    origin: np.ndarray,
    normal: np.ndarray,
    seen: np.ndarray,
    n: int,
    verdict: np.ndarray,
) -> None:
    """Say of each candidate whether it is clear of the arc, or excluded, for every cell of the bin."""
    smallest, largest, reach, tilt = math.inf, 0.0, 0.0, 0.0
    for c in range(lo, hi):
        smallest = min(smallest, exclusion_rad[c])
        largest = max(largest, exclusion_rad[c])
        far, lean = 0.0, 0.0
        for k in range(3):
            far += (r_cell_m[c, k] - origin[k]) ** 2
            lean += (up[c, k] - normal[k]) ** 2
        reach, tilt = max(reach, far), max(tilt, lean)
    if largest == 0.0:
        verdict[:n] = _CLEAR
        return
    reach = math.sqrt(reach) / WGS84_A_M + 1e-7
    _judge_each(
        seen[0, :n],
        seen[1, :n],
        seen[2, :n],
        np.float32(origin[0] / WGS84_A_M),
        np.float32(origin[1] / WGS84_A_M),
        np.float32(origin[2] / WGS84_A_M),
        np.float32(normal[0]),
        np.float32(normal[1]),
        np.float32(normal[2]),
        np.float32(reach),
        np.float32(math.sqrt(tilt) + reach / _NEAREST_GSO + 1e-4),
        np.float32(math.cos(largest)),
        np.float32(math.sin(largest)),
        np.float32(math.cos(smallest) if smallest > 0.0 else 9.0),
        np.float32(math.sin(smallest)),
        verdict,
    )


@njit(cache=True, nogil=True, fastmath=_EXACT)  # type: ignore[untyped-decorator]
def _judge_each(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    px: np.float32,
    py: np.float32,
    pz: np.float32,
    ux: np.float32,
    uy: np.float32,
    uz: np.float32,
    reach: np.float32,
    rise: np.float32,
    cos_largest: np.float32,
    sin_largest: np.float32,
    cos_smallest: np.float32,
    sin_smallest: np.float32,
    verdict: np.ndarray,
) -> None:
    """Compare the angle to the foot point, seen from the bin's middle, with limits wide enough for every cell.

    Between the middle and a cell the direction of the satellite turns by at most asin(reach / distance) <= 1.05 times
    the ratio where that is below 1/2, and the direction of a point of the arc by reach / 5.6.
    """
    one, half, tiny = np.float32(1.0), np.float32(0.5), np.float32(1e-12)
    c = np.float32(_R_GSO * _R_GSO) - px * px - py * py
    arc_turn = np.float32(1.05) * reach / _NEAREST_GSO + np.float32(FOOT_EXCESS_RAD + 1e-5)
    for i in range(x.size):
        a = max(x[i] * x[i] + y[i] * y[i], tiny)
        b = px * x[i] + py * y[i]
        w = np.sqrt(b * b + a * c) - b
        dd = a + z[i] * z[i]
        cos_foot = (w - z[i] * pz) / np.sqrt(dd * (w * w / a + pz * pz))
        ratio = reach / np.sqrt(dd)
        turn = np.float32(1.05) * ratio + arc_turn
        is_clear = cos_foot < cos_largest * (one - half * turn * turn) - sin_largest * turn
        is_out = cos_foot > cos_smallest + sin_smallest * turn
        is_up = w * (x[i] * ux + y[i] * uy) - a * pz * uz > a * rise * _FURTHEST_GSO
        is_near = ratio > REACH_LIMIT
        said = np.uint8(_CLEAR) if is_clear else (np.uint8(_EXCLUDED) if is_out & is_up else np.uint8(_TEST))
        verdict[i] = np.uint8(_TEST) if is_near else said


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_tile(
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    start: int,
    stop: int,
    origin: np.ndarray,
    mask_rad: float,
    tile: np.ndarray,
) -> bool:
    """Lay up to 16 cells side by side in 32 bits; return whether the ends of the visible arc can matter.

    Rows: 0-2 position from the bin's middle, 3-5 normal, 6-8 position from the Earth's centre, 9 distance from the axis
    to the arc squared, 10 and 11 squared cosines surely inside and possibly inside the exclusion, 12-14 and 15-17
    directions of the east and west end of the visible arc. Lengths in Earth radii. Unused lanes repeat the last cell.
    """
    with_ends = False
    for i in range(LANES):
        c = min(start + i, stop - 1)
        for k in range(3):
            tile[i + LANES * k] = (r_cell_m[c, k] - origin[k]) / WGS84_A_M
            tile[i + LANES * (3 + k)] = up[c, k]
            tile[i + LANES * (6 + k)] = r_cell_m[c, k] / WGS84_A_M
        rho_2 = (r_cell_m[c, 0] ** 2 + r_cell_m[c, 1] ** 2) / WGS84_A_M**2
        tile[i + LANES * 9] = _R_GSO * _R_GSO - rho_2
        angle = exclusion_rad[c]
        tile[i + LANES * 10] = math.cos(angle) ** 2 * (1.0 + NEAR_TIE) if angle > 0.0 else 9.0
        tile[i + LANES * 11] = math.cos(angle + FOOT_EXCESS_RAD) ** 2 * (1.0 - NEAR_TIE) if angle > 0.0 else 9.0
        if angle + 3.0 * FOOT_EXCESS_RAD > mask_rad and angle > 0.0:
            with_ends = True
    if with_ends:
        for i in range(LANES):
            _fill_ends(r_cell_m[min(start + i, stop - 1)], up[min(start + i, stop - 1)], i, tile)
    return with_ends


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_ends(p: np.ndarray, u: np.ndarray, i: int, tile: np.ndarray) -> None:
    """Write the directions of both ends of the visible arc; straight down where there is none."""
    half = half_arc_rad(p, u)
    rho = math.hypot(p[0], p[1])
    for side in range(2):
        gx, gy, gz = -u[0], -u[1], -u[2]
        if half >= 0.0:
            along, across = GSO_RADIUS_M * math.cos(half), GSO_RADIUS_M * math.sin(half) * (1.0 - 2.0 * side)
            gx = (along * p[0] - across * p[1]) / rho - p[0]
            gy = (along * p[1] + across * p[0]) / rho - p[1]
            gz = -p[2]
        size = math.sqrt(gx * gx + gy * gy + gz * gz)
        tile[i + LANES * (12 + 3 * side)] = gx / size
        tile[i + LANES * (13 + 3 * side)] = gy / size
        tile[i + LANES * (14 + 3 * side)] = gz / size


@njit(cache=True, nogil=True, fastmath=_EXACT)  # type: ignore[untyped-decorator]
def _test_elevation(
    tile: np.ndarray, seen: np.ndarray, n: int, sin2: np.float32, visible: np.ndarray, unsure: np.ndarray
) -> None:
    """Set bits where h |h| >= sin^2(mask) d^2, h being the height of the satellite over the horizontal plane."""
    for j in range(n):
        x, y, z = seen[0, j], seen[1, j], seen[2, j]
        bit = np.uint32(1) << np.uint32(j & 31)
        row = (j >> 5) * LANES
        vis, uns = visible[row : row + LANES], unsure[row : row + LANES]
        for i in range(LANES):
            dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
            h = dx * tile[i + LANES * 3] + dy * tile[i + LANES * 4] + dz * tile[i + LANES * 5]
            dd = dx * dx + dy * dy + dz * dz
            over = h * abs(h) - sin2 * dd
            vis[i] |= bit if over >= np.float32(0.0) else np.uint32(0)
            uns[i] |= bit if abs(over) <= NEAR_TIE * dd else np.uint32(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _test_gso(
    tile: np.ndarray,
    seen: np.ndarray,
    n: int,
    verdict: np.ndarray,
    with_ends: bool,
    excluded: np.ndarray,
    unsure: np.ndarray,
) -> None:
    """Set bits where a candidate without a verdict for the whole bin lies inside the exclusion."""
    for j in range(n):
        bit = np.uint32(1) << np.uint32(j & 31)
        row = (j >> 5) * LANES
        exc, uns = excluded[row : row + LANES], unsure[row : row + LANES]
        if verdict[j] == _EXCLUDED:
            for i in range(LANES):
                exc[i] |= bit
        elif verdict[j] == _TEST:
            if with_ends:
                _test_arc_with_ends(tile, seen[0, j], seen[1, j], seen[2, j], bit, exc, uns)
            else:
                _test_arc(tile, seen[0, j], seen[1, j], seen[2, j], bit, exc, uns)


@njit(cache=True, nogil=True, fastmath=_EXACT)  # type: ignore[untyped-decorator]
def _test_arc(
    tile: np.ndarray, x: np.float32, y: np.float32, z: np.float32, bit: np.uint32, exc: np.ndarray, uns: np.ndarray
) -> None:
    """Compare with the angle to the foot point, where exclusion angles are below the mask.

    A foot below the horizon is then further away than the mask, so it excludes nothing and need not be told apart.
    cos = (w - z pz) / sqrt(d^2 (w^2/a + pz^2)), squared and multiplied by a.
    """
    for i in range(LANES):
        dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
        px, py, pz = tile[i + LANES * 6], tile[i + LANES * 7], tile[i + LANES * 8]
        a = dx * dx + dy * dy
        b = px * dx + py * dy
        w = np.sqrt(b * b + a * tile[i + LANES * 9]) - b
        num = w - dz * pz
        near = a * num * abs(num)
        full = (a + dz * dz) * (w * w + a * pz * pz)
        is_in = near > tile[i + LANES * 10] * full
        is_close = near > tile[i + LANES * 11] * full
        exc[i] |= bit if is_in else np.uint32(0)
        uns[i] |= bit if is_close & (not is_in) else np.uint32(0)


@njit(cache=True, nogil=True, fastmath=_EXACT)  # type: ignore[untyped-decorator]
def _test_arc_with_ends(
    tile: np.ndarray, x: np.float32, y: np.float32, z: np.float32, bit: np.uint32, exc: np.ndarray, uns: np.ndarray
) -> None:
    """Compare with the angles to the foot point, if above the horizon, and to both ends of the visible arc."""
    for i in range(LANES):
        dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
        px, py, pz = tile[i + LANES * 6], tile[i + LANES * 7], tile[i + LANES * 8]
        a = dx * dx + dy * dy
        dd = a + dz * dz
        b = px * dx + py * dy
        w = np.sqrt(b * b + a * tile[i + LANES * 9]) - b
        num = w - dz * pz
        near = a * num * abs(num)
        full = dd * (w * w + a * pz * pz)
        rise = w * (dx * tile[i + LANES * 3] + dy * tile[i + LANES * 4]) - a * pz * tile[i + LANES * 5]
        is_up = rise >= np.float32(0.0)
        e = dx * tile[i + LANES * 12] + dy * tile[i + LANES * 13] + dz * tile[i + LANES * 14]
        v = dx * tile[i + LANES * 15] + dy * tile[i + LANES * 16] + dz * tile[i + LANES * 17]
        end = max(e, v)
        end = end * abs(end)
        sure, maybe = tile[i + LANES * 10], tile[i + LANES * 11]
        is_in = ((near > sure * full) & is_up) | (end > sure * dd)
        is_close = ((near > maybe * full) & is_up) | (end > maybe * dd)
        exc[i] |= bit if is_in else np.uint32(0)
        uns[i] |= bit if is_close & (not is_in) else np.uint32(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ones(word: np.uint32) -> int:
    """Return the number of set bits (Warren, Hacker's Delight, 2nd edition, figure 5-2)."""
    word = word - ((word >> np.uint32(1)) & np.uint32(0x55555555))
    word = (word & np.uint32(0x33333333)) + ((word >> np.uint32(2)) & np.uint32(0x33333333))
    word = (word + (word >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    return int((np.uint32(word * np.uint32(0x01010101)) >> np.uint32(24)) & np.uint32(0xFF))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _write(
    start: int,
    stop: int,
    n: int,
    bits: np.ndarray,
    verdict: np.ndarray,
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    sin_mask: float,
    r_sat_m: np.ndarray,
    own: np.ndarray,
    clear: np.ndarray,
    n_visible: np.ndarray,
) -> None:
    """Join the tests of one tile into masks and counts, deciding the near-ties in 64 bits."""
    for row in range((n + 31) >> 5):
        for c in range(start, stop):
            at = row * LANES + c - start
            seen, unsure = bits[0, at], bits[1, at]
            good = seen & ~bits[2, at]
            unsure |= bits[3, at] & seen
            if unsure:
                for j in range(32 * row, min(32 * row + 32, n)):
                    bit = np.uint32(1) << np.uint32(j & 31)
                    if unsure & bit:
                        is_visible, is_clear = decide(r_cell_m[c], up[c], r_sat_m[own[j]], sin_mask, exclusion_rad[c])
                        seen = (seen | bit) if is_visible else (seen & ~bit)
                        good = (good | bit) if is_clear else (good & ~bit)
            n_visible[c] += _ones(seen)
            clear[c, row >> 1] |= np.uint64(good) << np.uint64(32 * (row & 1))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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
