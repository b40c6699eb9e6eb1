"""Measure how long sight takes, and how much faster it is than a tree of positions.

    python bench/sight.py [--resolution 4 5] [--constellation gen1 mix] [--repeats 9]

Shells and cells as in the performance notes: gen1 (4,408 satellites) and mix (10,008), circular orbits;
cells are the inhabited ones of the packed table where it exists, else every third H3 base cell. Prints the
median over the repeats of the process's CPU time on one thread: elevation only, with 18 degrees of GSO
exclusion, and scipy's cKDTree lists of the same cells (elevation only, sphere), alternating in one process.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import h3
import numpy as np
from scipy.spatial import cKDTree

from ecumene.network.gateways import InView, clear_only
from ecumene.sky.grid import Grid, build_grid
from ecumene.sky.observer import visible_pairs
from ecumene.sky.sight import Sight, look

if TYPE_CHECKING:
    from collections.abc import Callable

GEN1 = (
    (540, 53.2, 72, 22, 17),
    (550, 53.0, 72, 22, 17),
    (560, 97.6, 6, 58, 0),
    (560, 97.6, 4, 43, 0),
    (570, 70.0, 36, 20, 11),
)
SHELLS = {"gen1": GEN1, "mix": (*GEN1, (530, 43.0, 28, 100, 13), (525, 53.0, 28, 100, 13))}


def positions_m(shells: tuple[tuple[float, float, int, int, int], ...], t_s: float) -> np.ndarray:
    """Return circular Walker positions (sat, 3), Earth-fixed at t = 0, in metres."""
    found = []
    for altitude_km, inclination_deg, planes, per_plane, phasing in shells:
        p, s = np.divmod(np.arange(planes * per_plane), per_plane)
        radius_m = 6_378_137.0 + altitude_km * 1e3
        rate = np.sqrt(3.986004418e14 / radius_m**3)
        u = 2 * np.pi * (s / per_plane + phasing * p / (planes * per_plane)) + rate * t_s
        node = 2 * np.pi * p / planes - 7.292115e-5 * t_s
        i = np.radians(inclination_deg)
        x, y = np.cos(u), np.sin(u) * np.cos(i)
        found.append(
            radius_m
            * np.stack(
                [
                    x * np.cos(node) - y * np.sin(node),
                    x * np.sin(node) + y * np.cos(node),
                    np.sin(u) * np.sin(i),
                ],
                1,
            )
        )
    return np.vstack(found)


def seen_and_slant(
    r_point_m: np.ndarray, up: np.ndarray, r_sat_m: np.ndarray, min_elevation_deg: float = 25.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return which satellites each point sees, and how far they are in metres (inf where unseen), (point, sat)."""
    can_serve = np.ones(len(r_sat_m), dtype=bool)
    first, sat, _, _, slant_m = visible_pairs(r_point_m, up, r_sat_m, can_serve, min_elevation_deg, 0.0)
    point = np.repeat(np.arange(len(r_point_m)), np.diff(first))
    away_m = np.full((len(r_point_m), len(r_sat_m)), np.inf)
    away_m[point, sat] = slant_m
    return np.isfinite(away_m), away_m


def satellites_in_view(r_point_m: np.ndarray, up: np.ndarray, r_sat_m: np.ndarray) -> InView:
    """Return the satellites that gateways see at 25 degrees and more."""
    can_serve = np.ones(len(r_sat_m), dtype=bool)
    first, sat, is_clear, _, slant_m = visible_pairs(r_point_m, up, r_sat_m, can_serve, 25.0, 0.0)
    return clear_only(first, sat, is_clear, slant_m)


def cells_of(resolution: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Return H3 ids, latitudes, longitudes, and where they come from."""
    try:
        from ecumene.earth.cells import load_rows

        rows = load_rows(resolution)
        cell, at = np.unique(rows.cell, return_index=True)
        return cell, rows.lat_deg[at], rows.lon_deg[at], "inhabited cells"
    except ImportError:
        base = sorted(h3.get_res0_cells())[::3]
        cell = np.array(
            sorted(h3.str_to_int(c) for b in base for c in h3.cell_to_children(b, resolution)), np.uint64
        )
        at = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])
        return cell, at[:, 0], at[:, 1], "every third base cell"


def tree_lists(tree: cKDTree, r_sat_m: np.ndarray) -> object:
    """Return the lists of cells within 25 degrees of elevation on a sphere, one per satellite."""
    radius_m = np.linalg.norm(r_sat_m, axis=1)
    e = np.radians(25.0)
    psi = np.arccos(6_371e3 * np.cos(e) / radius_m) - e
    return tree.query_ball_point(r_sat_m / radius_m[:, None], 2 * np.sin(psi / 2))


def once_ms(task: Callable[[], object]) -> float:
    """Return the CPU time of one call in milliseconds."""
    start = time.process_time()
    task()
    return 1e3 * (time.process_time() - start)


def count(sight: Sight) -> str:
    """Return how many pairs there are, in words."""
    clear = int(np.bitwise_count(sight.clear_of_cell).sum())
    visible = int(sight.n_visible_of_cell.sum(dtype=np.int64))
    size_mb = sum(a.nbytes for a in vars(sight).values()) / 1e6
    return (
        f"{visible / 1e6:.2f} M visible, {clear / 1e6:.2f} M clear, "
        f"width {sight.candidates_of_bin.shape[1]}, {size_mb:.1f} MB"
    )


def compare(name: str, resolution: int, repeats: int, *, tree_too: bool) -> None:
    """Measure one constellation on one grid and print the medians."""
    cell, lat_deg, lon_deg, origin = cells_of(resolution)
    start = time.perf_counter()
    plain: Grid = build_grid(cell, lat_deg, lon_deg, resolution, 25.0, np.zeros(cell.size))
    build_ms = 1e3 * (time.perf_counter() - start)
    gso = build_grid(cell, lat_deg, lon_deg, resolution, 25.0, np.full(cell.size, 18.0))
    slots = [positions_m(SHELLS[name], 15.0 * k) for k in range(repeats)]
    can_serve = np.ones(len(slots[0]), dtype=bool)
    unit = gso.r_ecef_m / np.linalg.norm(gso.r_ecef_m, axis=1, keepdims=True)
    tree = cKDTree(unit)
    sight = look(gso, slots[0], can_serve)
    look(plain, slots[0], can_serve)
    times: dict[str, list[float]] = {
        "elevation": [],
        "elevation + GSO": [],
        "wall, 2 threads": [],
        "cKDTree lists": [],
    }
    for r_sat_m in slots:
        times["elevation"].append(once_ms(lambda r=r_sat_m: look(plain, r, can_serve)))
        times["elevation + GSO"].append(once_ms(lambda r=r_sat_m: look(gso, r, can_serve)))
        begun = time.perf_counter()
        look(gso, r_sat_m, can_serve, threads=2)
        times["wall, 2 threads"].append(1e3 * (time.perf_counter() - begun))
        if tree_too:
            times["cKDTree lists"].append(once_ms(lambda r=r_sat_m: tree_lists(tree, r)))
    print(
        f"{name}, resolution {resolution}: {cell.size:,} cells ({origin}), {len(slots[0]):,} satellites; "
        f"{count(sight)}"
    )
    print(f"  build_grid {build_ms:.0f} ms")
    for what, taken in times.items():
        if taken:
            print(f"  {what:18s} median {statistics.median(taken):8.1f} ms   best {min(taken):8.1f} ms")
    slower = statistics.median(times["elevation + GSO"]) / statistics.median(times["elevation"])
    print(f"  elevation + GSO / elevation: {slower:.2f}")
    if tree_too:
        base = statistics.median(times["cKDTree lists"])
        for what in ("elevation", "elevation + GSO"):
            print(f"  cKDTree / {what}: {base / statistics.median(times[what]):.0f}")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--resolution", type=int, nargs="+", default=[4, 5])
    parser.add_argument("--constellation", nargs="+", choices=sorted(SHELLS), default=["gen1", "mix"])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-tree", action="store_true", help="leave the slow baseline out")
    options = parser.parse_args()
    for name in options.constellation:
        for resolution in options.resolution:
            compare(name, resolution, options.repeats, tree_too=not options.no_tree)


if __name__ == "__main__":
    main()
