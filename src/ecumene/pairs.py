"""The pairs of one slot: who is joined over the satellites, how, and why not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.network.mesh import Access, access_of_table, mesh_of_links
from ecumene.network.paths import shortest_paths
from ecumene.results.schema import PAIR_CAUSES
from ecumene.world.pairs import ANY_POP, NO_POP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.mesh import Mesh
    from ecumene.network.paths import Paths
    from ecumene.results.schema import Table
    from ecumene.slot import Slot
    from ecumene.world import World

NO_LICENCE, NO_SATELLITE, GSO_ARC, JAMMED, NO_GATEWAY, NO_PATH, JOINED = range(len(PAIR_CAUSES))

LIGHT_FACTOR = 1e3 * 2.0 / SPEED_OF_LIGHT_M_S
"""Milliseconds there and back for a metre of light. [ms/m]"""


@dataclass(frozen=True)
class Reach:
    """What the places of the pairs may use in one slot.

    Attributes
    ----------
    can_use : (place, sat)
        By the range rule of the scenario, permitted by law and not jammed.
    is_clear : (place, sat)
        The same, law and jammers ignored.
    is_seen : (place, sat)
        In range, the exclusion angle ignored as well.
    slant_m : (place, sat)
        Distance. [m]
    """

    can_use: NDArray[np.bool_]
    is_clear: NDArray[np.bool_]
    is_seen: NDArray[np.bool_]
    slant_m: NDArray[np.float64]


@dataclass(frozen=True)
class Landings:
    """Where the traffic of one landing class comes down to a PoP, best way first for every satellite.

    Attributes
    ----------
    sat : (landing,)
        Satellites with a permitted feeder, rising.
    feed, pop : (landing,)
        Feeder link and PoP of least delay.
    length_m, fibre_s : (landing,)
        Feeder and fibre together as metres of light [m], and the time in the fibre, one way [s].
    """

    sat: NDArray[np.int32]
    feed: NDArray[np.int32]
    pop: NDArray[np.int32]
    length_m: NDArray[np.float64]
    fibre_s: NDArray[np.float64]


@dataclass(frozen=True)
class Joined:
    """The pairs of one slot.

    Attributes
    ----------
    cause : (pair,)
        Index into `ecumene.results.schema.PAIR_CAUSES`.
    paths
        Length (fibre counted as metres of light) and nodes: satellites, then gateways.
    feed, pop : (pair,)
        Last feeder link and PoP; -1 at places, and without path.
    fibre_s : (pair,)
        One-way time in the fibre behind it, 0 at places. [s]
    reach
        What the places see.
    """

    cause: NDArray[np.int8]
    paths: Paths
    feed: NDArray[np.int32]
    pop: NDArray[np.int32]
    fibre_s: NDArray[np.float64]
    reach: Reach


def reach_of_places(world: World, slot: Slot) -> Reach:
    """Return which satellites each place may use, by the range rule of the scenario."""
    keys, view, pairs = world.scenario.pairs, slot.view, world.pairs
    is_permitted = world.places.landing_class[:, None] >= 0
    if keys.range_rule == "elevation":
        shape = (len(is_permitted), len(slot.sky.r_sat_m))
        is_seen, is_clear, is_quiet = np.zeros((3, *shape), np.bool_)
        slant_m = np.full(shape, np.inf)
        at = view.place_of_pair, view.sat
        is_seen[at], slant_m[at] = view.is_alive, view.slant_m
        is_clear[at], is_quiet[at] = view.is_clear & view.is_alive, view.is_quiet
        return Reach(is_clear & is_quiet & is_permitted, is_clear, is_seen, slant_m)
    assert keys.max_slant_km is not None  # noqa: S101 - the schema demands it
    r_sat_m = slot.sky.r_sat_m * pairs.length_scale
    slant_m = np.stack([np.linalg.norm(r_sat_m - place_m, axis=1) for place_m in pairs.r_place_m])
    is_near = (slant_m <= keys.max_slant_km * 1e3) & (world.can_serve & slot.sky.is_valid)
    return Reach(is_near & is_permitted, is_near, is_near, slant_m)


def mesh_of_slot(world: World, slot: Slot) -> Mesh:
    """Return satellites and gateways as one mesh: the lasers that stand, and feeders at gateways that relay."""
    isls, feeders, pairs = slot.links.isls, slot.links.feeders, world.pairs
    n_sats = len(slot.sky.r_sat_m)
    relays = pairs.can_relay[feeders.gateway_of_feed]
    links = np.concatenate(
        [slot.links.pairs, np.stack([feeders.sat_of_feed, n_sats + feeders.gateway_of_feed], 1)]
    )
    return mesh_of_links(
        n_sats + len(pairs.can_relay),
        links.astype(np.int32),
        np.concatenate([isls.length_m * pairs.length_scale, feeders.slant_m]),
        np.concatenate([isls.is_up, relays]),
        pairs.orders,
    )


def landings(world: World, slot: Slot, landing_class: int, pop: int) -> Landings:
    """Return where traffic of a landing class comes down to a PoP, or to any (`ANY_POP`).

    Parameters
    ----------
    world, slot
        What stays the same, and the slot.
    landing_class
        Whose traffic.
    pop
        Index of a PoP, or `ANY_POP`.
    """
    ground, feeders = world.ground, slot.links.feeders
    is_pop = ground.is_pop_permitted[landing_class].copy()
    if pop != ANY_POP:
        is_pop &= np.arange(len(is_pop)) == pop
    fibre_s = np.where(
        ground.is_gateway_permitted[landing_class][:, None] & is_pop[None, :], ground.fibre_s, np.inf
    )
    nearest = fibre_s.argmin(axis=1) if fibre_s.shape[1] else np.zeros(len(fibre_s), np.int64)
    least_s = fibre_s.min(axis=1, initial=np.inf)
    length_m = feeders.slant_m + least_s[feeders.gateway_of_feed] * SPEED_OF_LIGHT_M_S
    feed = np.flatnonzero(np.isfinite(length_m))
    feed = feed[np.lexsort((length_m[feed], feeders.sat_of_feed[feed]))]
    sat, first = np.unique(feeders.sat_of_feed[feed], return_index=True)
    feed = feed[first]
    gateway = feeders.gateway_of_feed[feed]
    return Landings(
        sat.astype(np.int32),
        feed.astype(np.int32),
        nearest[gateway].astype(np.int32),
        length_m[feed],
        least_s[gateway],
    )


def join(world: World, slot: Slot) -> Joined:
    """Return the path of every pair in one slot, or the cause why there is none."""
    pairs, places = world.pairs, world.places
    reach = reach_of_places(world, slot)
    class_of_pair = np.maximum(places.landing_class[pairs.from_place], 0)
    kinds, kind_of_pair = np.unique(np.stack([class_of_pair, pairs.to_pop], 1), axis=0, return_inverse=True)
    found = {k: landings(world, slot, c, pop) for k, (c, pop) in enumerate(kinds.tolist()) if pop != NO_POP}
    end_of_kind = {k: len(places.name) + n for n, k in enumerate(found)}
    access = _with_landings(access_of_table(reach.can_use, reach.slant_m), list(found.values()))
    kind = kind_of_pair.reshape(-1).tolist()
    to_end = [b if b >= 0 else end_of_kind[k] for b, k in zip(pairs.to_place.tolist(), kind, strict=True)]
    paths = shortest_paths(mesh_of_slot(world, slot), access, pairs.from_place, np.array(to_end, np.int64))
    feed, pop = np.full((2, len(pairs)), -1, np.int32)
    fibre_s = np.zeros(len(pairs))
    for p in np.flatnonzero((pairs.to_pop != NO_POP) & paths.has_path).tolist():
        landing = found[kind[p]]
        at = int(np.searchsorted(landing.sat, paths.nodes(p)[-1]))
        feed[p], pop[p], fibre_s[p] = landing.feed[at], landing.pop[at], landing.fibre_s[at]
    has_landing = np.array([k not in found or len(found[k].sat) > 0 for k in kind], np.bool_)
    return Joined(_causes(world, reach, paths, has_landing), paths, feed, pop, fibre_s, reach)


def _with_landings(access: Access, found: list[Landings]) -> Access:
    """Return the access of places, and behind them of PoPs."""
    sizes = [len(landing.sat) for landing in found]
    return Access(
        np.concatenate([access.first, access.first[-1] + np.cumsum(sizes, dtype=np.int64)]),
        np.concatenate([access.node, *(landing.sat for landing in found)]),
        np.concatenate([access.length_m, *(landing.length_m for landing in found)]),
    )


def _causes(world: World, reach: Reach, paths: Paths, has_landing: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the first cause that holds for every pair, looked at from both ends."""
    pairs = world.pairs
    is_placed = pairs.to_place >= 0

    def at_either_end(of_place: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return of_place[pairs.from_place] | (of_place[np.where(is_placed, pairs.to_place, 0)] & is_placed)

    cause = np.where(paths.has_path, JOINED, NO_PATH).astype(np.int8)
    cause[~has_landing] = NO_GATEWAY
    cause[at_either_end(np.asarray(~reach.can_use.any(axis=1)))] = JAMMED
    cause[at_either_end(np.asarray(~reach.is_clear.any(axis=1)))] = GSO_ARC
    cause[at_either_end(np.asarray(~reach.is_seen.any(axis=1)))] = NO_SATELLITE
    cause[at_either_end(world.places.landing_class < 0)] = NO_LICENCE
    return cause


def _elevations_deg(
    world: World, slot: Slot, place: NDArray[np.integer], sat: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the elevations of satellites at places, one each; below 0 too, for the range rule allows that."""
    line_m = slot.sky.r_sat_m[sat] - world.places.r_m[place]
    sine = (line_m * world.places.up[place]).sum(axis=1) / np.linalg.norm(line_m, axis=1)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def pair_columns(world: World, slot: Slot, utc: str) -> Table:
    """Return the lines of the pairs for one slot, by column.

    Parameters
    ----------
    world, slot
        What stays the same, and the slot.
    utc
        When the slot begins, as text.
    """
    pairs, places, latency, joined = world.pairs, world.places, world.scenario.latency, join(world, slot)
    n, has_path, paths = len(pairs), joined.paths.has_path, joined.paths
    nothing = np.full(n, np.nan)
    rtt_ms = np.where(has_path, paths.length_m * LIGHT_FACTOR, nothing)
    is_placed = pairs.to_place >= 0
    n_terminals = 1.0 + is_placed
    circle_m = _great_circles_m(world, joined)
    from_deg, to_deg = nothing.copy(), nothing.copy()
    at_place = has_path & is_placed
    from_deg[has_path] = _elevations_deg(
        world, slot, pairs.from_place[has_path], paths.node[paths.first[:-1][has_path]]
    )
    to_deg[at_place] = _elevations_deg(
        world, slot, pairs.to_place[at_place], paths.node[paths.first[1:][at_place] - 1]
    )
    fibre_m = joined.fibre_s * SPEED_OF_LIGHT_M_S
    gateways, pops, feeders = world.ground.gateways.name, world.ground.pops.name, slot.links.feeders
    return {
        "slot": np.full(n, slot.sky.slot, np.int64),
        "utc": np.full(n, utc, object),
        "from_place": np.array(places.name, object)[pairs.from_place],
        "to_place": np.array(pairs.to_name, object),
        "cause": np.array(PAIR_CAUSES, object)[joined.cause],
        "limit": np.array([_limit(world, joined, p) for p in range(n)], object),
        "rtt_ms": rtt_ms,
        "rtt_processing_ms": rtt_ms + latency.processing_ms * n_terminals,
        "hops": _hops(world, paths),
        "path": _path_names(world, paths),
        "gateway": np.array(
            [gateways[feeders.gateway_of_feed[f]] if f >= 0 else "" for f in joined.feed], object
        ),
        "pop": np.array([pops[k] if k >= 0 else "" for k in joined.pop], object),
        "length_km": np.where(has_path, paths.length_m - fibre_m, nothing) / 1e3,
        "fibre_km": np.where(has_path, fibre_m, nothing) / latency.fibre_index / 1e3,
        "from_elevation_deg": from_deg,
        "to_elevation_deg": to_deg,
        "great_circle_km": circle_m / 1e3,
        "fibre_rtt_ms": circle_m * (LIGHT_FACTOR * latency.fibre_factor * latency.fibre_index),
        "light_rtt_ms": circle_m * LIGHT_FACTOR,
    }


def pairs_in_short(table: Table, n_most: int = 10) -> list[dict[str, Any]]:
    """Return the first pairs of a run over all its slots, for the summary.

    Parameters
    ----------
    table
        All slots, as `pair_columns` gives them one by one.
    n_most
        How many pairs at most.

    Returns
    -------
    pairs
        Ends, share of slots joined, medians of RTT over these slots, and what fibre and light would take;
        numbers that are none are None. The cause is that of the most slots.
    """
    n_pairs = int((table["slot"] == table["slot"][0]).sum()) if len(table["slot"]) else 0
    found = []
    for p in range(min(n_pairs, n_most)):
        rtt_ms = table["rtt_ms"][p::n_pairs]
        names, counts = np.unique(table["cause"][p::n_pairs].astype(str), return_counts=True)
        found.append(
            {
                "from": table["from_place"][p],
                "to": table["to_place"][p],
                "joined": float(np.isfinite(rtt_ms).mean()),
                "cause": str(names[counts.argmax()]),
                "rtt_ms_p50": _median(rtt_ms),
                "fibre_rtt_ms": _median(table["fibre_rtt_ms"][p::n_pairs]),
                "light_rtt_ms": _median(table["light_rtt_ms"][p::n_pairs]),
            }
        )
    return found


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _great_circles_m(world: World, joined: Joined) -> NDArray[np.float64]:
    """Return the great circle between the ends; where any PoP will do, to the one that was used."""
    places, pops, pairs = world.places, world.ground.pops, world.pairs
    circle_m = pairs.great_circle_m.copy()
    p = np.flatnonzero((pairs.to_pop == ANY_POP) & (joined.pop >= 0))
    a, k = pairs.from_place[p], joined.pop[p]
    circle_m[p] = great_circle_m(places.lat_deg[a], places.lon_deg[a], pops.lat_deg[k], pops.lon_deg[k])
    return circle_m


def _hops(world: World, paths: Paths) -> NDArray[np.float64]:
    """Return the lasers on each path: steps from satellite to satellite."""
    is_sat = paths.node < len(world.fleet.elements)
    is_laser = np.zeros(len(paths.node) + 1)  # the step to a node from the one before
    is_laser[1:-1] = (is_sat[1:] & is_sat[:-1])[: len(is_laser) - 2]
    is_laser[paths.first] = 0.0  # no step leads from one path into the next
    before = np.concatenate([[0.0], np.cumsum(is_laser)])
    return np.where(paths.has_path, np.diff(before[paths.first]), np.nan)


def _path_names(world: World, paths: Paths) -> NDArray[np.object_]:
    """Return the nodes of each path as text, one copy where slots share it; empty without path."""
    names = [*world.fleet.elements.name, *(f"gateway {name}" for name in world.ground.gateways.name)]
    texts = [sys.intern(" > ".join([names[v] for v in paths.nodes(p)])) for p in range(len(paths.length_m))]
    return np.array(texts, object)


def _limit(world: World, joined: Joined, pair: int) -> str:
    """Return what stands between the two ends, in words; empty where nothing does."""
    cause, places, pairs, keys = joined.cause[pair], world.places, world.pairs, world.scenario.pairs
    if cause == JOINED:
        return ""
    ends = [k for k in (pairs.from_place[pair], pairs.to_place[pair]) if k >= 0]
    if cause == NO_LICENCE:
        return next(f"{places.name[k]}: {places.limit[k]}" for k in ends if places.landing_class[k] < 0)
    if cause == NO_SATELLITE:
        where = next(places.name[k] for k in ends if not joined.reach.is_seen[k].any())
        if keys.range_rule == "slant":
            return f"{where}: no satellite within {keys.max_slant_km:g} km"
        return f"{where}: no satellite above {world.lowest_elevation_deg:g} deg"
    if cause == GSO_ARC:
        where = next(places.name[k] for k in ends if not joined.reach.is_clear[k].any())
        return f"{where}: every satellite in view too near the geostationary arc"
    if cause == JAMMED:
        where = next(places.name[k] for k in ends if not joined.reach.can_use[k].any())
        named = "; ".join(world.faults[k].name for k in world.standing if world.faults[k].jam is not None)
        return f"{where}: {named}"
    if cause == NO_GATEWAY:
        return f"no gateway that {pairs.to_name[pair]} and the licence permit follows a satellite"
    if not (len(world.links) or world.scenario.isl.cross_shell):
        return "there are no ISLs, and no gateway passes on between the satellites at both ends"
    return "no chain of ISLs joins the satellites at both ends"
