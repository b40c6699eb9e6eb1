"""Measure how much traffic gets home, side by side with OR-tools' maximum flow.

    python bench/sharing.py [--repeats 15] [--classes 40]

The workload: 10,008 satellites (`mix`, bench/sight.py), +Grid, 200 gateways with 8
antennas in the largest towns 450 km apart and more, 2 gateways a satellite, feeder 20 Gbit/s, gateway 160, laser 100;
5,318 satellites bring 14.0 Tbit/s (drawn: a lognormal share of the towns they see). Medians of CPU time of one thread,
alternating in one process. First every gateway is permitted to everybody, where the maximum flow is the optimum; then
the traffic belongs to so many landing classes, half of which may land in a few gateways only. There the bound
is the maximum flow as if every class might use every gateway, which no routing can exceed.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from sight import SHELLS, positions_m, satellites_in_view, seen_and_slant

from ecumene.earth.ellipsoid import ecef_of_geodetic, great_circle_m, up_of_geodetic
from ecumene.earth.towns import load_towns
from ecumene.network.detours import share_over_detours
from ecumene.network.gateways import Feeders, assign_antennas
from ecumene.network.isl import grid_links, link_state
from ecumene.network.latency import fibre_s
from ecumene.network.routes import find_routes
from ecumene.network.sharing import resources_of_routes, share_max_min

if TYPE_CHECKING:
    from collections.abc import Callable

GBPS = 1e9
N_BUSY, OFFERED_BPS = 5_318, 14.0e12


@dataclass(frozen=True)
class Case:
    """One slot's network and traffic."""

    n_sats: int
    links: Any
    length_m: Any
    is_up: Any
    feeders: Feeders
    fibre_s: Any
    is_gateway_permitted: Any
    is_pop_permitted: Any
    class_of_flow: Any
    sat_of_flow: Any
    offered_bps: Any

    def capacities(self) -> dict[str, Any]:
        """Return what each resource carries."""
        return {
            "satellite_bps": np.inf, "isl_bps": 100 * GBPS, "feed_bps": 20 * GBPS,
            "gateway_bps": np.full(len(self.fibre_s), 160 * GBPS),
        }  # fmt: skip

    def routes(self) -> Any:
        """Return the quickest paths."""
        return find_routes(
            self.n_sats, self.links, self.length_m, self.is_up, self.feeders, self.fibre_s,
            self.is_gateway_permitted, self.is_pop_permitted,
        )  # fmt: skip


def spread_towns(apart_km: float, n: int) -> Any:
    """Return the largest towns so far apart."""
    towns, chosen = load_towns(), []
    for i in np.flatnonzero(np.abs(towns.lat_deg) <= 62.0):
        lat, lon = towns.lat_deg[chosen], towns.lon_deg[chosen]
        if not chosen or great_circle_m(towns.lat_deg[i], towns.lon_deg[i], lat, lon).min() >= apart_km * 1e3:
            chosen.append(i)
        if len(chosen) == n:
            break
    return np.array(chosen)


def build(n_classes: int) -> Case:
    """Return the workload."""
    rng = np.random.default_rng(42)
    shells = SHELLS["mix"]
    r_m = positions_m(shells, 0.0)
    planes, per_plane, phasing = (np.array([s[i] for s in shells], np.int32) for i in (2, 3, 4))
    sizes = planes * per_plane
    inclination = np.array([s[1] for s in shells])
    links = grid_links(
        planes, per_plane, phasing, inclination < 90.0, (np.cumsum(sizes) - sizes).astype(np.int32)
    )
    state = link_state(r_m, links)
    towns = load_towns()
    gate, pop = spread_towns(450.0, 200), spread_towns(1_500.0, 40)
    lat, lon = towns.lat_deg[gate], towns.lon_deg[gate]
    in_view = satellites_in_view(ecef_of_geodetic(lat, lon), up_of_geodetic(lat, lon), r_m)
    people = np.zeros(len(r_m))
    for i in range(0, 16_000, 2_000):
        part = slice(i, i + 2_000)
        place = towns.lat_deg[part], towns.lon_deg[part]
        people_see, _ = seen_and_slant(ecef_of_geodetic(*place), up_of_geodetic(*place), r_m)
        people += people_see.T @ towns.people[part]
    worth = people + 1.0
    feeders = assign_antennas(in_view, np.full(200, 8, np.int32), worth, feeders_per_satellite=2)
    fibre = fibre_s(lat, lon, towns.lat_deg[pop], towns.lon_deg[pop])
    everywhere = np.ones((1, 200), bool), np.ones((1, 40), bool)
    has_path = find_routes(
        len(r_m), links, state.length_m, state.is_up, feeders, fibre, *everywhere
    ).has_path[0]
    busy = np.sort(np.argsort(-people * has_path, kind="stable")[:N_BUSY])
    if not has_path[busy].all():
        raise SystemExit("fewer satellites with traffic and a path than the workload asks for")
    offered = np.sqrt(people[busy]) * rng.lognormal(0.0, 1.0, N_BUSY)
    for _ in range(20):
        offered = np.minimum(offered * (OFFERED_BPS / offered.sum()), 20 * GBPS)
    permits = np.ones((n_classes, 200), bool)
    for k in range((n_classes + 1) // 2, n_classes):  # the latter half may land near one gateway only
        near = rng.integers(200)
        permits[k] = great_circle_m(lat, lon, lat[near], lon[near]) < 1_500e3
    pops, class_of_flow = np.ones((n_classes, 40), bool), rng.integers(0, n_classes, N_BUSY).astype(np.int32)
    reach = find_routes(len(r_m), links, state.length_m, state.is_up, feeders, fibre, permits, pops).has_path
    class_of_flow[~reach[class_of_flow, busy]] = 0
    return Case(
        len(r_m), links, state.length_m, state.is_up, feeders, fibre, permits, pops, class_of_flow,
        busy.astype(np.int32), offered,
    )  # fmt: skip


def maximum_by_ortools(case: Case) -> float:
    """Return the maximum flow in bit/s, where every class may use every gateway."""
    from ortools.graph.python import max_flow

    n, g = case.n_sats, len(case.fibre_s)
    source, sink = n + g, n + g + 1
    up = case.links[case.is_up]
    tail = np.concatenate(
        [
            np.full(len(case.sat_of_flow), source),
            up[:, 0],
            up[:, 1],
            case.feeders.sat_of_feed,
            n + np.arange(g),
        ]
    )
    head = np.concatenate(
        [case.sat_of_flow, up[:, 1], up[:, 0], n + case.feeders.gateway_of_feed, np.full(g, sink)]
    )
    room = np.concatenate([
        np.floor(case.offered_bps), np.full(2 * len(up), 100 * GBPS), np.full(len(case.feeders.sat_of_feed), 20 * GBPS),
        np.full(g, 160 * GBPS),
    ]).astype(np.int64)  # fmt: skip
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(tail, head, room)
    if solver.solve(source, sink) != solver.OPTIMAL:
        raise SystemExit("OR-tools found no maximum flow")
    return float(solver.optimal_flow())


def over_one_path(case: Case, routes: Any) -> Any:
    """Share max-min over the quickest path alone."""
    paths = resources_of_routes(
        routes, case.links, case.feeders, case.class_of_flow, case.sat_of_flow, **case.capacities(),
        pop_bps=np.full(case.fibre_s.shape[1], np.inf),
    )  # fmt: skip
    return share_max_min(case.offered_bps, paths.first, paths.resource, paths.capacity_bps, case.offered_bps)


def over_detours(case: Case, routes: Any, **change: Any) -> Any:
    """Share over every way there is."""
    return share_over_detours(
        case.offered_bps, case.class_of_flow, case.sat_of_flow, routes=routes, links=case.links,
        length_m=case.length_m, is_up=case.is_up, feeders=case.feeders, fibre_s=case.fibre_s,
        is_gateway_permitted=case.is_gateway_permitted, is_pop_permitted=case.is_pop_permitted,
        **case.capacities(), **change,
    )  # fmt: skip


def compare(case: Case, repeats: int) -> None:
    """Print the medians and what is carried."""
    routes = case.routes()
    tasks: dict[str, Callable[[], Any]] = {
        "quickest paths (routes)": case.routes,
        "one path, max-min": lambda: over_one_path(case, routes),
        "many paths, 8 steps": lambda: over_detours(case, routes),
        "many paths, 1 step": lambda: over_detours(case, routes, steps=1),
        "OR-tools maximum flow": lambda: maximum_by_ortools(case),
    }
    got = {name: task() for name, task in tasks.items()}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            begun = process_time()
            task()
            times[name].append(1e3 * (process_time() - begun))
    bound = got["OR-tools maximum flow"]
    print(
        f"landing classes: {len(case.is_gateway_permitted)}; offered {case.offered_bps.sum() / GBPS:,.0f} Gbit/s "
        f"by {len(case.sat_of_flow):,} satellites"
    )
    for name, taken in times.items():
        carried, delay = "", ""
        if name == "one path, max-min":
            bps = got[name].carried_bps
            carried = f"carried {100 * bps.sum() / bound:6.2f} % of the bound"
            mean = (bps * routes.delay_s[case.class_of_flow, case.sat_of_flow]).sum() / bps.sum()
            delay = f", mean delay {1e3 * mean:.2f} ms"
        elif name.startswith("many"):
            streams = got[name]
            carried = f"carried {100 * streams.shares.carried_bps.sum() / bound:6.2f} % of the bound"
            mean = np.average(streams.delay_s, weights=streams.path_bps)
            delay = f", mean delay {1e3 * mean:.2f} ms, {len(streams.path_bps):,} paths"
        elif name.startswith("OR"):
            carried = f"bound {bound / GBPS:,.0f} Gbit/s"
        print(
            f"  {name:<24} median {statistics.median(taken):7.2f} ms   best {min(taken):7.2f} ms   {carried}{delay}"
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--classes", type=int, default=40)
    given = parser.parse_args()
    compare(build(1), given.repeats)
    compare(build(given.classes), max(3, given.repeats // 3))


if __name__ == "__main__":
    main()
