"""Measure the ways home of every satellite under forty landing rules, side by side with scipy.

    python bench/routes.py [--repeats 15] [--classes 40]

10,008 satellites (`mix`, bench/sight.py) on a +Grid, 200 gateways of 8 antennas and 40 PoPs in the largest towns 450
and 1,500 km apart, two gateways a satellite: the ground of bench/planet.py and bench/sharing.py. Landing classes:
everywhere; then in turn PoPs of one region alone, gateways and PoPs of one region, all gateways but a region's.
Ours is `find_routes` as a slot calls it, everything in it counted: neighbour lists, the nearest permitted PoP of every
gateway, delays, lengths, hops, gateways, PoPs and next steps. scipy's is a Dijkstra a class from a super-source behind
the permitted feeder links, over a matrix of the links that is built once and not counted; its distances alone, and with
the predecessors that a path needs. Equal delays are checked first. One thread, alternating in one process, medians of
CPU time.
"""

from __future__ import annotations

import argparse
import statistics
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from sharing import spread_towns
from sight import SHELLS, positions_m, satellites_in_view

from ecumene.earth.ellipsoid import ecef_of_geodetic, great_circle_m, up_of_geodetic
from ecumene.earth.towns import load_towns
from ecumene.network.gateways import assign_antennas
from ecumene.network.isl import grid_links, link_state
from ecumene.network.latency import fibre_s
from ecumene.network.routes import find_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

C_M_S = 299_792_458.0
N_GATEWAYS, N_POPS, ANTENNAS = 200, 40, 8


def network(n_classes: int) -> tuple[Any, ...]:
    """Return what `find_routes` asks for."""
    shells = SHELLS["mix"]
    r_m = positions_m(shells, 0.0)
    planes, per_plane, phasing = (np.array([s[i] for s in shells], np.int32) for i in (2, 3, 4))
    sizes = planes * per_plane
    is_closed = np.array([s[1] for s in shells]) < 90.0
    links = grid_links(planes, per_plane, phasing, is_closed, (np.cumsum(sizes) - sizes).astype(np.int32))
    isls = link_state(r_m, links)
    towns = load_towns()
    gate, pop = spread_towns(450.0, N_GATEWAYS), spread_towns(1_500.0, N_POPS)
    lat, lon = towns.lat_deg[gate], towns.lon_deg[gate]
    in_view = satellites_in_view(ecef_of_geodetic(lat, lon), up_of_geodetic(lat, lon), r_m)
    feeders = assign_antennas(
        in_view, np.full(N_GATEWAYS, ANTENNAS, np.int32), np.ones(len(r_m)), feeders_per_satellite=2
    )
    fibre = fibre_s(lat, lon, towns.lat_deg[pop], towns.lon_deg[pop])
    permits = landing_classes(
        n_classes, (lat, lon), (towns.lat_deg[pop], towns.lon_deg[pop]), np.random.default_rng(42)
    )
    return len(r_m), links, isls.length_m, isls.is_up, feeders, fibre, *permits


def landing_classes(
    n: int, gateway_deg: Any, pop_deg: Any, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the gateways and PoPs each class permits."""
    gateways, pops = np.ones((n, N_GATEWAYS), bool), np.ones((n, N_POPS), bool)
    for k in range(1, n):
        at = rng.integers(N_GATEWAYS)
        here = gateway_deg[0][at], gateway_deg[1][at]
        near_gateways = great_circle_m(*gateway_deg, *here) < 1_500e3
        to_pop_m = great_circle_m(*pop_deg, *here)
        near_pops = to_pop_m <= max(3_000e3, to_pop_m.min())
        if k % 3 == 0:
            gateways[k] = ~near_gateways
        else:
            pops[k] = near_pops
            gateways[k] = near_gateways if k % 3 == 2 else True
    return gateways, pops


class Scipy:
    """The same delays from scipy."""

    def __init__(
        self, n: int, links: Any, length_m: Any, is_up: Any, feeders: Any, fibre: Any, *permits: Any
    ) -> None:
        a, b = links[is_up].T
        seconds = np.tile(length_m[is_up] / C_M_S, 2)
        self.n, self.permits = n, permits
        self.links = csr_matrix((seconds, (np.r_[a, b], np.r_[b, a])), shape=(n, n))
        order = np.argsort(feeders.sat_of_feed, kind="stable")
        self.sat, self.first = np.unique(feeders.sat_of_feed[order], return_index=True)
        self.gateway, self.feed_s = feeders.gateway_of_feed[order], feeders.slant_m[order] / C_M_S
        self.fibre_s = fibre

    def delays_s(self, *, predecessors: bool) -> NDArray[np.float64]:
        """Return (class, sat)."""
        found = np.empty((len(self.permits[0]), self.n))
        grid, n = self.links, self.n
        for k, (gateways, pops) in enumerate(zip(*self.permits, strict=True)):
            exit_s = np.where(gateways, np.where(pops, self.fibre_s, np.inf).min(axis=1), np.inf)
            down_s = np.minimum.reduceat(self.feed_s + exit_s[self.gateway], self.first)
            can = np.isfinite(down_s)
            graph = csr_matrix(
                (
                    np.r_[grid.data, down_s[can]],
                    np.r_[grid.indices, self.sat[can].astype(np.int32)],
                    np.r_[grid.indptr, grid.nnz + can.sum()].astype(np.int32),
                ),
                shape=(n + 1, n + 1),
            )
            answer = dijkstra(graph, indices=n, return_predecessors=predecessors)
            found[k] = (answer[0] if predecessors else answer)[:n]
        return found


def main() -> None:
    """Check that delays are equal, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--classes", type=int, default=40)
    options = parser.parse_args()
    inputs = network(options.classes)
    scipy = Scipy(*inputs)
    ours, theirs = find_routes(*inputs), scipy.delays_s(predecessors=True)
    if not np.allclose(ours.delay_s, theirs, rtol=0.0, atol=1e-12):
        raise SystemExit("delays differ")
    print(
        f"{inputs[0]:,} satellites, {int(inputs[3].sum()):,} links, {len(inputs[4].sat_of_feed):,} feeder links; "
        f"{options.classes} landing classes; {100 * ours.has_path.mean():.1f} % have a path; delays equal to 1e-12 s"
    )
    tasks: dict[str, Callable[[], Any]] = {
        "ours": lambda: find_routes(*inputs),
        "scipy, paths too": lambda: scipy.delays_s(predecessors=True),
        "scipy, delays alone": lambda: scipy.delays_s(predecessors=False),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(options.repeats):
        for name, task in tasks.items():
            begun = process_time()
            task()
            times[name].append(1e3 * (process_time() - begun))
    median = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        print(f"  {name:<20} median {median[name]:8.2f} ms   best {min(taken):8.2f} ms   "
              f"{median[name] / median['ours']:5.1f} times ours")  # fmt: skip


if __name__ == "__main__":
    main()
