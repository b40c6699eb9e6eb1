"""Who sees whom in one slot: a short list of candidate satellites per bin, and one bit mask per cell.

How it works. Cells lie in bins and bins in regions (`grid`). A circle on the globe around each region,
then around each bin, widened by each satellite's own footprint, leaves a short list of candidates. Every
cell then tests every candidate of its bin in 32-bit arithmetic, 16 cells at once; pairs closer to a
threshold than 32 bits can tell are tested again in 64 bits. The GSO test runs only where the bin as a
whole is neither surely clear nor surely excluded. `docs/explanation/sight.md` derives each step.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecumene.constants import WGS84_A_M
from ecumene.errors import RangeError
from ecumene.sky.grid import footprint_rad
from ecumene.sky.gso import FOOT_EXCESS_RAD, is_excluded
from ecumene.sky.tiles import ABOVE_ENDS, LANES, NEAR_TIE, NOTHING_EXCLUDED, R_GSO, WITH_ENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecumene.sky.grid import Caps, Grid

ROWS = 18
"""Numbers kept per lane of a tile; see _fill_tile."""

WORD = 64
"""Candidates per mask word."""

CAP_SLACK = np.float32(1e-6)
"""32-bit rounding of the cap test, ten times over."""

REACH_LIMIT = np.float32(0.5)
"""Bins that look larger than this from the satellite (radius / distance) are always tested cell by cell."""

_NEAR = np.float32(NEAR_TIE)
_FURTHEST_GSO = np.float32(R_GSO + 1.0)
_NEAREST_GSO = np.float32(R_GSO - 1.0)
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
        Where shapes disagree, threads is not positive, or more than 65,535 satellites are candidates of
        one bin.

    Notes
    -----
    Visible: geodetic elevation >= mask. Clear: visible, and alpha >= exclusion angle (`gso`). Terminals
    stand on the ellipsoid; there are no mountains, no refraction. Every bit equals that of 64-bit arithmetic.
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
            list_of_region, n_of_region,
            grid.tiles.lanes, grid.tiles.middle_m, grid.tiles.limits, grid.tiles.need,
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
    norm_m = np.linalg.norm(r_sat_m, axis=1)
    # A position at the Earth's centre has no direction; it is below every horizon, whatever direction we
    # give it.
    psi = footprint_rad(np.maximum(norm_m, 1.0), min_elevation_deg)
    unit = r_sat_m / np.maximum(norm_m, 1.0)[:, None]
    return np.ascontiguousarray(np.vstack([unit.T, np.sin(psi), np.cos(psi)]), dtype=np.float32)


def _packed(caps: Caps) -> NDArray[np.float32]:
    """Return (cap, 6): axis, sine and cosine of the radius, and slack, without limit for wide caps."""
    slack = np.where(caps.radius_rad > math.radians(80.0), 10.0, CAP_SLACK)
    return np.column_stack([caps.axis, np.sin(caps.radius_rad), np.cos(caps.radius_rad), slack]).astype(
        np.float32
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


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
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
    lanes: np.ndarray,
    middle_m: np.ndarray,
    limits: np.ndarray,
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
    n_sats, width = satellites.shape[1], candidates.shape[1]
    inside = np.empty(n_sats, dtype=np.uint8)
    found = np.empty(n_sats + 1, dtype=np.int32)
    near = np.empty((5, n_sats), dtype=np.float32)
    seen = np.empty((3, width), dtype=np.float32)
    verdict = np.empty(width, dtype=np.uint8)
    own = np.empty(width, dtype=np.int32)
    tile = np.empty(ROWS * LANES, dtype=np.float32)
    bits = np.empty((4, 2 * clear.shape[1] * LANES), dtype=np.uint32)
    for region in range(first, last):
        n_near = n_of_region[region]
        listed = list_of_region[region]
        _gather(satellites, listed, n_near, near)
        for b in range(first_bin_of_region[region], first_bin_of_region[region + 1]):
            n = n_candidates[b]
            if n == 0:
                continue
            _measure(bins[b], near, n_near, inside)
            _compress(inside, n_near, found)
            _list(listed, found, n, sat, r_sat_m, middle_m[b], own, candidates[b], seen)
            if need[b] != NOTHING_EXCLUDED:
                _judge(seen[0, :n], seen[1, :n], seen[2, :n], limits[b], verdict)
            lo, hi = first_cell_of_bin[b], first_cell_of_bin[b + 1]
            for start in range(lo, hi, LANES):
                stop = min(start + LANES, hi)
                _fill_tile(lanes, start, limits[b], need[b], tile)
                bits[:, : ((n + 31) >> 5) * LANES] = 0
                _test_elevation(tile, seen, n, np.float32(sin_mask * sin_mask), bits[0], bits[1])
                if need[b] != NOTHING_EXCLUDED:
                    _exclude_judged(n, verdict, bits[2], bits[3])
                if need[b] == ABOVE_ENDS:
                    _test_arc(tile, seen, n, verdict, bits[2], bits[3])
                elif need[b] == WITH_ENDS:
                    _test_arc_with_ends(tile, seen, n, verdict, bits[2], bits[3])
                _settle(start, stop, n, bits, r_cell_m, up, exclusion_rad, sin_mask, r_sat_m, own)
                _write(start, stop, n, bits, clear, n_visible)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _list(
    listed: np.ndarray,
    found: np.ndarray,
    n: int,
    sat: np.ndarray,
    r_sat_m: np.ndarray,
    middle_m: np.ndarray,
    own: np.ndarray,
    candidates: np.ndarray,
    seen: np.ndarray,
) -> None:
    """Write a bin's candidates, and their positions from its middle in Earth radii."""
    scale = 1.0 / WGS84_A_M
    for j in range(n):
        own[j] = listed[found[j]]
        candidates[j] = sat[own[j]]
        seen[0, j] = (r_sat_m[own[j], 0] - middle_m[0]) * scale
        seen[1, j] = (r_sat_m[own[j], 1] - middle_m[1]) * scale
        seen[2, j] = (r_sat_m[own[j], 2] - middle_m[2]) * scale


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _judge(x: np.ndarray, y: np.ndarray, z: np.ndarray, limits: np.ndarray, verdict: np.ndarray) -> None:
    """Say of each candidate whether it is clear of the arc, or excluded, for every cell of the bin.

    Compares the angle to the foot point, seen from the bin's middle, with limits wide enough for every
    cell: between the middle and a cell the direction of the satellite turns by at most asin(reach /
    distance), which is below 1.05 times the ratio where that is below 1/2, and the direction of a point of
    the arc by reach / 5.6.
    """
    px, py, pz, ux, uy, uz = limits[0], limits[1], limits[2], limits[3], limits[4], limits[5]
    reach, rise, cos_largest, sin_largest = limits[6], limits[7], limits[8], limits[9]
    cos_smallest, sin_smallest = limits[10], limits[11]
    one, half, tiny = np.float32(1.0), np.float32(0.5), np.float32(1e-12)
    c = np.float32(R_GSO * R_GSO) - px * px - py * py
    turn_of_arc = np.float32(1.05) * reach / _NEAREST_GSO + np.float32(FOOT_EXCESS_RAD + 1e-5)
    for i in range(x.size):
        a = max(x[i] * x[i] + y[i] * y[i], tiny)
        b = px * x[i] + py * y[i]
        w = np.sqrt(b * b + a * c) - b
        dd = a + z[i] * z[i]
        cos_foot = (w - z[i] * pz) / np.sqrt(dd * (w * w / a + pz * pz))
        ratio = reach / np.sqrt(dd)
        turn = np.float32(1.05) * ratio + turn_of_arc
        is_clear = cos_foot < cos_largest * (one - half * turn * turn) - sin_largest * turn
        is_out = cos_foot > cos_smallest + sin_smallest * turn
        is_up = w * (x[i] * ux + y[i] * uy) - a * pz * uz > a * rise * _FURTHEST_GSO
        said = np.uint8(_CLEAR) if is_clear else (np.uint8(_EXCLUDED) if is_out & is_up else np.uint8(_TEST))
        verdict[i] = said if ratio < REACH_LIMIT else np.uint8(_TEST)


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill_tile(lanes: np.ndarray, start: int, limits: np.ndarray, need: int, tile: np.ndarray) -> None:
    """Copy 16 cells side by side; those beyond the bin's last are computed along and never read.

    Rows 0-7 as in `tiles.Tiles`, 8-10 position from the Earth's centre, 11 distance from there to the arc,
    in the plane of the equator, squared (R^2 - rho^2), 12-17 ends of the arc.
    """
    for k in range(8):
        lane = lanes[k, start : start + LANES]
        for i in range(LANES):
            tile[i + LANES * k] = lane[i]
    if need == NOTHING_EXCLUDED:
        return
    for i in range(LANES):
        px, py = tile[i] + limits[0], tile[i + LANES] + limits[1]
        tile[i + LANES * 8] = px
        tile[i + LANES * 9] = py
        tile[i + LANES * 10] = tile[i + LANES * 2] + limits[2]
        tile[i + LANES * 11] = np.float32(R_GSO * R_GSO) - (px * px + py * py)
    if need == WITH_ENDS:
        for k in range(6):
            lane = lanes[8 + k, start : start + LANES]
            for i in range(LANES):
                tile[i + LANES * (12 + k)] = lane[i]


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_elevation(
    tile: np.ndarray, seen: np.ndarray, n: int, sin2: np.float32, sure: np.ndarray, maybe: np.ndarray
) -> None:
    """Set bits where h |h| >= sin^2(mask) d^2, surely and possibly, h being the height over the horizon."""
    high, low = sin2 + _NEAR, sin2 - _NEAR
    for row in range((n + 31) >> 5):
        sur, may = sure[row * LANES : (row + 1) * LANES], maybe[row * LANES : (row + 1) * LANES]
        for j in range(32 * row, min(32 * row + 32, n)):
            x, y, z = seen[0, j], seen[1, j], seen[2, j]
            bit = np.uint32(1) << np.uint32(j & 31)
            for i in range(LANES):
                dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
                h = dx * tile[i + LANES * 3] + dy * tile[i + LANES * 4] + dz * tile[i + LANES * 5]
                dd = dx * dx + dy * dy + dz * dz
                hh = h * abs(h)
                sur[i] |= bit if hh >= high * dd else np.uint32(0)
                may[i] |= bit if hh >= low * dd else np.uint32(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _exclude_judged(n: int, verdict: np.ndarray, sure: np.ndarray, maybe: np.ndarray) -> None:
    """Set the bits of candidates that are excluded for the whole bin."""
    for row in range((n + 31) >> 5):
        bits = np.uint32(0)
        for j in range(32 * row, min(32 * row + 32, n)):
            if verdict[j] == _EXCLUDED:
                bits |= np.uint32(1) << np.uint32(j & 31)
        for i in range(row * LANES, (row + 1) * LANES):
            sure[i] = bits
            maybe[i] = bits


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_arc(
    tile: np.ndarray, seen: np.ndarray, n: int, verdict: np.ndarray, sure: np.ndarray, maybe: np.ndarray
) -> None:
    """Set bits where a candidate is surely and possibly excluded, for exclusion angles below the mask.

    Compares the angle to the foot point. A foot below the horizon is then further away than the mask, so
    it excludes nothing and need not be told apart. cos = (w - z pz) / sqrt(d^2 (w^2/a + pz^2)), squared
    and multiplied by a.
    """
    for row in range((n + 31) >> 5):
        sur, may = sure[row * LANES : (row + 1) * LANES], maybe[row * LANES : (row + 1) * LANES]
        for j in range(32 * row, min(32 * row + 32, n)):
            if verdict[j] != _TEST:
                continue
            x, y, z = seen[0, j], seen[1, j], seen[2, j]
            bit = np.uint32(1) << np.uint32(j & 31)
            for i in range(LANES):
                dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
                px, py, pz = tile[i + LANES * 8], tile[i + LANES * 9], tile[i + LANES * 10]
                a = dx * dx + dy * dy
                b = px * dx + py * dy
                w = np.sqrt(b * b + a * tile[i + LANES * 11]) - b
                num = w - dz * pz
                near = a * num * abs(num)
                full = (a + dz * dz) * (w * w + a * pz * pz)
                sur[i] |= bit if near > tile[i + LANES * 6] * full else np.uint32(0)
                may[i] |= bit if near > tile[i + LANES * 7] * full else np.uint32(0)


@njit(cache=True, nogil=True, fastmath=_EXACT, error_model="numpy")  # type: ignore[untyped-decorator]
def _test_arc_with_ends(
    tile: np.ndarray, seen: np.ndarray, n: int, verdict: np.ndarray, sure: np.ndarray, maybe: np.ndarray
) -> None:
    """Set bits where a candidate is surely and possibly excluded, for any exclusion angle.

    Compares the angles to the foot point, if that is above the horizon, and to both ends of the visible arc.
    """
    for row in range((n + 31) >> 5):
        sur, may = sure[row * LANES : (row + 1) * LANES], maybe[row * LANES : (row + 1) * LANES]
        for j in range(32 * row, min(32 * row + 32, n)):
            if verdict[j] != _TEST:
                continue
            x, y, z = seen[0, j], seen[1, j], seen[2, j]
            bit = np.uint32(1) << np.uint32(j & 31)
            for i in range(LANES):
                dx, dy, dz = x - tile[i], y - tile[i + LANES], z - tile[i + LANES * 2]
                px, py, pz = tile[i + LANES * 8], tile[i + LANES * 9], tile[i + LANES * 10]
                a = dx * dx + dy * dy
                dd = a + dz * dz
                b = px * dx + py * dy
                w = np.sqrt(b * b + a * tile[i + LANES * 11]) - b
                num = w - dz * pz
                near = a * num * abs(num)
                full = dd * (w * w + a * pz * pz)
                ux, uy, uz = tile[i + LANES * 3], tile[i + LANES * 4], tile[i + LANES * 5]
                is_up = w * (dx * ux + dy * uy) >= a * pz * uz
                east = dx * tile[i + LANES * 12] + dy * tile[i + LANES * 13] + dz * tile[i + LANES * 14]
                west = dx * tile[i + LANES * 15] + dy * tile[i + LANES * 16] + dz * tile[i + LANES * 17]
                end = max(east, west)
                end *= abs(end)
                is_in = ((near > tile[i + LANES * 6] * full) & is_up) | (end > tile[i + LANES * 6] * dd)
                is_close = ((near > tile[i + LANES * 7] * full) & is_up) | (end > tile[i + LANES * 7] * dd)
                sur[i] |= bit if is_in else np.uint32(0)
                may[i] |= bit if is_close else np.uint32(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _settle(
    start: int,
    stop: int,
    n: int,
    bits: np.ndarray,
    r_cell_m: np.ndarray,
    up: np.ndarray,
    exclusion_rad: np.ndarray,
    sin_mask: float,
    r_sat_m: np.ndarray,
    own: np.ndarray,
) -> None:
    """Decide the near-ties in 64 bits; leave visible in bits[0] and excluded in bits[2]."""
    for row in range((n + 31) >> 5):
        visible, maybe = bits[0, row * LANES : (row + 1) * LANES], bits[1, row * LANES : (row + 1) * LANES]
        excluded, close = bits[2, row * LANES : (row + 1) * LANES], bits[3, row * LANES : (row + 1) * LANES]
        total = np.uint32(0)
        for i in range(LANES):
            total |= (maybe[i] ^ visible[i]) | ((close[i] ^ excluded[i]) & maybe[i])
        if total == 0:
            continue
        for i in range(stop - start):
            unsure = (maybe[i] ^ visible[i]) | ((close[i] ^ excluded[i]) & maybe[i])
            c = start + i
            for j in range(32 * row, min(32 * row + 32, n)):
                bit = np.uint32(1) << np.uint32(j & 31)
                if unsure & bit:
                    is_visible, is_clear = decide(
                        r_cell_m[c], up[c], r_sat_m[own[j]], sin_mask, exclusion_rad[c]
                    )
                    visible[i] = (visible[i] | bit) if is_visible else (visible[i] & ~bit)
                    excluded[i] = (excluded[i] & ~bit) if is_clear else (excluded[i] | bit)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _write(start: int, stop: int, n: int, bits: np.ndarray, clear: np.ndarray, n_visible: np.ndarray) -> None:
    """Join the halves of a tile's words and count."""
    n_rows = (n + 31) >> 5
    for i in range(stop - start):
        total = np.uint32(0)
        for row in range(n_rows):
            visible = bits[0, row * LANES + i]
            total += _ones(visible)
            good = np.uint64(visible & ~bits[2, row * LANES + i])
            clear[start + i, row >> 1] |= good << np.uint64(32 * (row & 1))
        n_visible[start + i] = total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ones(word: np.uint32) -> np.uint32:
    """Return the number of set bits (Warren, Hacker's Delight, 2nd edition, figure 5-2)."""
    word = np.uint32(word - ((word >> np.uint32(1)) & np.uint32(0x55555555)))
    word = np.uint32((word & np.uint32(0x33333333)) + ((word >> np.uint32(2)) & np.uint32(0x33333333)))
    word = np.uint32((word + (word >> np.uint32(4))) & np.uint32(0x0F0F0F0F))
    return np.uint32(np.uint32(word * np.uint32(0x01010101)) >> np.uint32(24))


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
