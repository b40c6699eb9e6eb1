"""Measure routing between all pairs of 100 cities, side by side with scipy.

    python bench/routing.py [--repeats 15]

Two figures, each against a competent script from numpy and scipy, alternating in one process, medians of CPU
time, one thread; equal results are checked first.

- Routing alone: from 100 cities to all 10,008 satellites of `mix` (bench/sight.py), links and ranges given, against
  scipy's Dijkstra from 100 sources over the same graph (building either graph is not counted).
- A whole slot of one Starlink shell (72 x 22): propagation, ranges, ISLs, and the RTT of all 4,950 pairs, against
  `all_pairs_by_scipy`: SatrecArray, numpy, scipy's Dijkstra from the cities.
"""

from __future__ import annotations

import argparse
import statistics
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from sgp4.api import SatrecArray
from sight import SHELLS, positions_m, seen_and_slant

from ecumene import load
from ecumene.network.isl import grid_links, link_state
from ecumene.network.mesh import access_of_table, distances_m, mesh_of_links, sweep_orders
from ecumene.network.paths import all_pairs_length_m
from ecumene.orbits.frames import gmst82_rad
from ecumene.orbits.propagation import propagate
from ecumene.traffic.places import read_places
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecumene.world import World

C_M_S = 299_792_458.0


def compare(what: str, ours: Callable[[], Any], baseline: Callable[[], Any], repeats: int) -> None:
    """Print the medians of two tasks, run in turn, and their ratio."""
    times: dict[str, list[float]] = {"ours": [], "scipy": []}
    for _ in range(repeats):
        for name, task in (("ours", ours), ("scipy", baseline)):
            begun = process_time()
            task()
            times[name].append(1e3 * (process_time() - begun))
    median = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{what}")
    for name, taken in times.items():
        print(f"  {name:<6} median {median[name]:8.2f} ms   best {min(taken):8.2f} ms")
    print(f"  ratio {median['scipy'] / median['ours']:.1f}")


def route_mix(repeats: int) -> None:
    """Measure routing alone, 100 cities on 10,008 satellites."""
    _, _, planes, per_plane, phasing = (np.array(column) for column in zip(*SHELLS["mix"], strict=True))
    sizes = planes * per_plane
    first_sat = np.cumsum(sizes) - sizes
    is_closed = np.array([inclination < 90.0 for _, inclination, *_ in SHELLS["mix"]])
    links = grid_links(planes, per_plane, phasing, is_closed, first_sat)
    r_sat_m = positions_m(SHELLS["mix"], 0.0)
    isls = link_state(r_sat_m, links)
    shell = np.repeat(np.arange(len(sizes)), sizes)
    plane = np.concatenate([np.repeat(np.arange(p), s) for p, s in zip(planes, per_plane, strict=True)])
    slot = np.concatenate([np.tile(np.arange(s), p) for p, s in zip(planes, per_plane, strict=True)])
    places = world_of_shell().places
    is_seen, slant_m = seen_and_slant(places.r_m, places.up, r_sat_m)

    mesh = mesh_of_links(len(r_sat_m), links, isls.length_m, isls.is_up, sweep_orders(shell, plane, slot))
    access = access_of_table(is_seen, slant_m)
    n, city, sat = len(r_sat_m), *np.nonzero(is_seen)
    up = links[isls.is_up]
    start, stop = np.concatenate([up[:, 0], up[:, 1], n + city]), np.concatenate([up[:, 1], up[:, 0], sat])
    metres = np.concatenate([np.tile(isls.length_m[isls.is_up], 2), slant_m[is_seen]])
    graph = csr_matrix((metres, (start, stop)), shape=(n + len(places.name),) * 2)
    sources = n + np.arange(len(places.name))

    same = dijkstra(graph, indices=sources)[:, :n] == distances_m(mesh, access).T
    print(
        f"{n:,} satellites, {len(up):,} links, {len(sources)} cities; distances equal to the last bit: {same.all()}"
    )
    compare("routing", lambda: distances_m(mesh, access), lambda: dijkstra(graph, indices=sources), repeats)


def world_of_shell() -> World:
    """Return one Starlink shell and 100 cities, with the true horizon."""
    return build(load("hypatia-starlink-550", overrides={"pairs.range_rule": "elevation"}))


def all_pairs_by_ecumene(world: World, t_s: float) -> np.ndarray:
    """Return the RTT of all pairs of cities as the program computes it, in milliseconds."""
    places, keys = world.places, world.scenario
    ephemeris = propagate(world.fleet, t_s)
    isls = link_state(
        ephemeris.r_ecef_m, world.links, grazing_altitude_m=80e3, max_range_m=5_016_591.2331,
        is_healthy=ephemeris.is_valid,
    )  # fmt: skip
    min_deg = keys.terminal.min_elevation_deg
    is_seen, slant_m = seen_and_slant(places.r_m, places.up, ephemeris.r_ecef_m, min_deg)
    orders = world.pairs.orders
    mesh = mesh_of_links(len(ephemeris.r_ecef_m), world.links, isls.length_m, isls.is_up, orders)
    access = access_of_table(is_seen, slant_m)
    return all_pairs_length_m(mesh, access) * (2e3 / C_M_S)


def all_pairs_by_scipy(world: World, satrecs: SatrecArray, t_s: float) -> np.ndarray:
    """Return the same by python-sgp4, numpy and scipy: 30 lines, in milliseconds."""
    jd, fraction = 2_451_544.5, t_s / 86_400.0
    _, r_km, _ = satrecs.sgp4(np.array([jd]), np.array([fraction]))
    theta = gmst82_rad(jd, fraction + world.fleet.orientation.ut1_minus_utc_s / 86_400.0)
    c, s = np.cos(theta), np.sin(theta)
    x, y, z = r_km[:, 0, :].T * 1e3
    sat_m = np.stack([c * x + s * y, c * y - s * x, z], axis=1)
    a, b = world.links[:, 0], world.links[:, 1]
    step = sat_m[b] - sat_m[a]
    length_m = np.linalg.norm(step, axis=1)
    along = np.clip(-(sat_m[a] * step).sum(axis=1) / length_m**2, 0.0, 1.0)
    lowest_m = np.linalg.norm(sat_m[a] + along[:, None] * step, axis=1)
    is_up = (length_m <= 5_016_591.2331) & (lowest_m >= 6_378_137.0 + 80e3 - 22e3)
    city_m, up = world.places.r_m, world.places.up
    slant = sat_m[None, :, :] - city_m[:, None, :]
    slant_m = np.sqrt((slant**2).sum(axis=2))
    height_m = (slant * up[:, None, :]).sum(axis=2)
    is_seen = height_m >= np.sin(np.radians(world.scenario.terminal.min_elevation_deg)) * slant_m
    city, sat = np.nonzero(is_seen)
    n, n_cities = len(sat_m), len(city_m)
    start = np.concatenate([a[is_up], b[is_up], n + city])
    stop = np.concatenate([b[is_up], a[is_up], sat])
    metres = np.concatenate([length_m[is_up], length_m[is_up], slant_m[is_seen]])
    graph = csr_matrix((metres, (start, stop)), shape=(n + n_cities, n + n_cities))
    from_city_m = dijkstra(graph, indices=n + np.arange(n_cities))[:, :n]
    best_m = np.full((n_cities, n_cities), np.inf)
    for k in range(n_cities):
        best_m[k] = (from_city_m[:, is_seen[k]] + slant_m[k, is_seen[k]]).min(axis=1, initial=np.inf)
    return best_m * (2e3 / C_M_S)


def route_shell(repeats: int) -> None:
    """Measure a whole slot of all pairs over one shell."""
    world = world_of_shell()
    satrecs = SatrecArray(list(world.fleet.elements.satrecs))
    ours, theirs = all_pairs_by_ecumene(world, 0.0), all_pairs_by_scipy(world, satrecs, 0.0)
    both = np.isfinite(ours) & np.isfinite(theirs)
    same = (np.isfinite(ours) == np.isfinite(theirs)).all()
    print(f"{len(world.status):,} satellites; RTTs differ by at most {np.abs(ours - theirs)[both].max():.1e} ms, "
          f"the same pairs are joined: {same}")  # fmt: skip
    compare(
        "a slot of all pairs: propagation, ranges, links, RTTs",
        lambda: all_pairs_by_ecumene(world, 0.0),
        lambda: all_pairs_by_scipy(world, satrecs, 0.0),
        repeats,
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    assert len(read_places(bundled="cities-100")) == 100  # noqa: S101 - the workload that is claimed
    route_mix(options.repeats)
    route_shell(options.repeats)


if __name__ == "__main__":
    main()
