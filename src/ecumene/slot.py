"""The steps of one slot: each takes the world and the steps before it, and returns a frozen result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.faults.jamming import clear_of_noise, uplink_closes
from ecumene.network.crossings import carried_on, crossing_links
from ecumene.network.detours import most_that_can_arrive_bps, share_over_detours
from ecumene.network.gateways import (
    NO_FEEDERS,
    Feeders,
    InView,
    assign_antennas,
    clear_only,
    demand_around,
    followed_only,
)
from ecumene.network.isl import NO_LINKS, IslState, acquired, link_state
from ecumene.network.queueing import waiting_of_paths_s, waiting_s
from ecumene.network.routes import Routes, find_routes
from ecumene.network.service import Service, offered_traffic, serve_rows
from ecumene.network.sharing import (
    FAIRNESS,
    Paths,
    Shares,
    Streams,
    resources_of_routes,
    routes_taken,
    streams_of_routes,
)
from ecumene.network.terminals import TerminalService, View, serve_terminals
from ecumene.orbits.propagation import propagate
from ecumene.scheduling.beams import Plan, assign_beams, make_task, usable_of_bins
from ecumene.sky.observer import visible_pairs
from ecumene.sky.sight import Sight, look
from ecumene.traffic.demand import SOLAR_STEPS, daily_curve, demand_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.faults.jamming import Noise
    from ecumene.scheduling.market import Task
    from ecumene.world import World

IDLE_WORTH_BPS = 1.0
"""What an antenna on a satellite that nobody needs is worth: little, but it is an exit for ships and relays."""


@dataclass(frozen=True)
class Sky:
    """Where the satellites are in one slot, and who sees whom.

    Attributes
    ----------
    slot, t_s
        Slot, and seconds since the start. [s]
    r_sat_m : (sat, 3)
        Positions, ECEF; NaN where SGP4 gives none. [m]
    is_valid : (sat,)
        There is a position.
    sight
        Cells.
    unjammed_of_cell : (cell, word)
        What cells would see clear without jammers; the sight's own where there are none.
    in_view
        What gateways may work with.
    unbroken_in_view
        The same but for what is broken; None where nothing is.
    """

    slot: int
    t_s: float
    r_sat_m: NDArray[np.float64]
    is_valid: NDArray[np.bool_]
    sight: Sight
    unjammed_of_cell: NDArray[np.uint64]
    in_view: InView
    unbroken_in_view: InView | None


@dataclass(frozen=True)
class Asked:
    """Demand of one slot.

    Attributes
    ----------
    row_bps : (row,)
        Demand of every row, permitted or not. [bit/s]
    cell_bps : (cell,)
        Demand of its permitted rows. [bit/s]
    """

    row_bps: NDArray[np.float64]
    cell_bps: NDArray[np.float64]


@dataclass(frozen=True)
class Links:
    """Feeders, lasers and the ways home they make.

    Attributes
    ----------
    feeders, isls, routes
        Antennas on satellites; lengths of lasers; paths by landing class.
    pairs : (link, 2)
        Satellites at the ends of the lasers: the world's links, then those between shells.
    usable_of_bin : (bin, class, word)
        Candidates with a permitted path, as bit masks.
    has_unbroken_path : (class, sat)
        Satellites that have a way home, or would have one but for what is broken.
    unbroken_usable_of_bin : (bin, class, word)
        Candidates among these.
    feed_bps : (feed,)
        What every feeder link carries at most. [bit/s]
    """

    feeders: Feeders
    isls: IslState
    pairs: NDArray[np.int32]
    routes: Routes
    usable_of_bin: NDArray[np.uint64]
    has_unbroken_path: NDArray[np.bool_]
    unbroken_usable_of_bin: NDArray[np.uint64]
    feed_bps: NDArray[np.float64]


@dataclass(frozen=True)
class Slot:
    """One finished slot.

    Attributes
    ----------
    world
        As it is in this slot.
    sky, asked, links, plan
        The steps.
    flow_class, flow_sat : (flow,)
        Landing class and satellite of each stream of traffic.
    offered_bps : (flow,)
        What it brings. [bit/s]
    streams
        The ways they take, what goes over each, and what of them is carried.
    possible_bps, one_path_bps
        Upper bound of what any routing could carry (exact where all landing classes permit the same), and what the
        quickest paths alone would carry. [bit/s]
    taken
        The path that carries most of each satellite's traffic, as routes; the quickest where it has no traffic.
    delay_s : (class, sat)
        One way from the satellite to the PoP, with half of the queueing (which is met one way), mean over its traffic;
        of the quickest path where it has none. [s]
    carried_share : (class, sat)
        Share of the offered traffic that is carried; 1 where none is offered.
    service
        What every row gets.
    view, terminals
        What the named places see and get.
    """

    world: World
    sky: Sky
    asked: Asked
    links: Links
    plan: Plan
    flow_class: NDArray[np.int32]
    flow_sat: NDArray[np.int32]
    offered_bps: NDArray[np.float64]
    streams: Streams
    possible_bps: float
    one_path_bps: float
    taken: Routes
    delay_s: NDArray[np.float64]
    carried_share: NDArray[np.float64]
    service: Service
    view: View
    terminals: TerminalService

    @property
    def paths(self) -> Paths:
        """What every path runs through."""
        return self.streams.paths

    @property
    def shares(self) -> Shares:
        """What is carried of each stream of traffic, and the loads."""
        return self.streams.shares


def survey(world: World, slot: int) -> Sky:
    """Return where the satellites are in a slot, and who sees whom.

    Satellites that are broken stay in the sight of cells, where none can use them: so it is known what the fault costs.
    """
    t_s = slot * world.scenario.slot_s
    ephemeris = propagate(world.fleet, t_s)
    unbroken, r_sat_m = world.unbroken or world, ephemeris.r_ecef_m
    sight = look(world.grid, r_sat_m, unbroken.can_serve & ephemeris.is_valid)
    unjammed = sight.clear_of_cell
    if world.noise is not None:
        sight = replace(sight, clear_of_cell=_without_noise(world, world.noise, sight, r_sat_m))
    in_view = _in_view(world, r_sat_m, ephemeris.is_valid)
    unbroken_in_view = _in_view(unbroken, r_sat_m, ephemeris.is_valid) if world.unbroken else None
    return Sky(slot, t_s, r_sat_m, ephemeris.is_valid, sight, unjammed, in_view, unbroken_in_view)


def _without_noise(
    world: World, noise: Noise, sight: Sight, r_sat_m: NDArray[np.float64]
) -> NDArray[np.uint64]:
    grid = world.grid
    return clear_of_noise(
        noise,
        sight.clear_of_cell,
        bin_of_cell=grid.bin_of_cell,
        candidates_of_bin=sight.candidates_of_bin,
        r_cell_m=grid.r_ecef_m,
        up=grid.up,
        r_sat_m=r_sat_m,
        channel_rate_bps=world.radio.channel_rate_bps,
        rate_class_of_cell=world.radio.rate_class_of_cell,
    )


def _in_view(world: World, r_sat_m: NDArray[np.float64], is_valid: NDArray[np.bool_]) -> InView:
    """Return what gateways may work with."""
    ground, keys = world.ground, world.scenario.gateways
    first, sat, is_clear, sine, slant_m = visible_pairs(
        ground.r_gateway_m,
        ground.up_of_gateway,
        r_sat_m,
        world.can_serve & is_valid,
        keys.min_elevation_deg,
        ground.gso_exclusion_deg,
    )
    if ground.feeders is not None:  # a link that does not close is no link
        gateway = np.repeat(np.arange(len(first) - 1), np.diff(first))
        is_clear = is_clear & (ground.feeders.rate_bps(gateway, sine, slant_m) > 0.0)
    return clear_only(first, sat, is_clear, slant_m)


def _feeder_bps(world: World, sky: Sky, feeders: Feeders) -> NDArray[np.float64]:
    """Return the bit/s of feeder links: the same for all, or by band, distance and weather."""
    ground, gateway = world.ground, feeders.gateway_of_feed
    if ground.feeders is None:
        return np.full(len(gateway), world.scenario.gateways.antenna_gbps * 1e9)
    line_m = sky.r_sat_m[feeders.sat_of_feed] - ground.r_gateway_m[gateway]
    rise_m = np.einsum("ij,ij->i", line_m, ground.up_of_gateway[gateway])
    return ground.feeders.rate_bps(gateway, rise_m / feeders.slant_m, feeders.slant_m)


def demand(world: World, sky: Sky) -> Asked:
    """Return what every row and cell asks for."""
    land, start = world.land, world.start
    factor_of_step = np.ones(SOLAR_STEPS)
    if world.scenario.demand.diurnal:
        utc_s = start.hour * 3600.0 + start.minute * 60.0 + start.second + start.microsecond * 1e-6 + sky.t_s
        factor_of_step = daily_curve(utc_s % 86_400.0)
    return Asked(
        *demand_of_rows(
            land.busy_bps,
            land.solar_step_of_row,
            factor_of_step,
            land.is_permitted_in_row,
            land.cell_of_row,
            len(land.cell),
        )
    )


def close_links(world: World, sky: Sky, next_sky: Sky, asked: Asked, before: Slot | None) -> Links:
    """Return which antenna follows which satellite, which lasers stand, and every satellite's way home."""
    feeders = _antennas(world, sky.in_view, next_sky.in_view, _worth(world, sky, asked), before)
    pairs, isls = _lasers(world, sky, next_sky, before)
    routes = _routes(world, sky, pairs, isls, feeders)
    usable = partial(usable_of_bins, sky.sight.candidates_of_bin, n_words=sky.sight.clear_of_cell.shape[1])
    usable_of_bin = usable(routes.has_path)
    has_path, unbroken_of_bin = routes.has_path, usable_of_bin
    if world.unbroken is not None:
        has_path = has_path | _has_unbroken_path(world.unbroken, sky, next_sky, asked)
        unbroken_of_bin = usable(has_path)
    feed_bps = _feeder_bps(world, sky, feeders)
    return Links(feeders, isls, pairs, routes, usable_of_bin, has_path, unbroken_of_bin, feed_bps)


def _has_unbroken_path(unbroken: World, sky: Sky, next_sky: Sky, asked: Asked) -> NDArray[np.bool_]:
    """Return which satellites would have a way home if nothing were broken, (class, sat)."""
    in_view = sky.unbroken_in_view or sky.in_view
    feeders = _antennas(unbroken, in_view, in_view, _worth(unbroken, sky, asked), None)
    pairs, isls = _lasers(unbroken, sky, next_sky, None)
    return _routes(unbroken, sky, pairs, isls, feeders).has_path


def _antennas(
    world: World, in_view: InView, next_in_view: InView, worth: NDArray[np.float64], before: Slot | None
) -> Feeders:
    """Return which antenna follows which satellite; without a controller none takes up another."""
    last = before.links.feeders if before else None
    if world.is_frozen:
        in_view = followed_only(in_view, NO_FEEDERS if last is None else last)
    return assign_antennas(
        in_view,
        world.ground.gateways.antennas,
        worth,
        feeders_per_satellite=world.scenario.satellite.feeders,
        last=last,
        next_in_view=next_in_view,
    )


def _routes(world: World, sky: Sky, pairs: NDArray[np.int32], isls: IslState, feeders: Feeders) -> Routes:
    ground = world.ground
    return find_routes(
        len(sky.r_sat_m),
        pairs,
        isls.length_m,
        isls.is_up,
        feeders,
        ground.fibre_s,
        ground.is_gateway_permitted,
        ground.is_pop_permitted,
    )


def _lasers(world: World, sky: Sky, next_sky: Sky, before: Slot | None) -> tuple[NDArray[np.int32], IslState]:
    """Return the lasers of a slot and which of them carry traffic."""
    keys, slot_s = world.scenario.isl, world.scenario.slot_s
    max_range_m = np.inf if keys.max_range_km is None else keys.max_range_km * 1e3
    pairs = world.links
    if keys.cross_shell:
        crossing = crossing_links(
            sky.r_sat_m,
            next_sky.r_sat_m,
            slot_s,
            world.fleet.elements.shell,
            world.has_spare_laser,
            before.links.pairs[len(world.links) :] if before else NO_LINKS,
            grazing_altitude_m=keys.grazing_altitude_km * 1e3,
            max_range_m=max_range_m,
        )
        pairs = np.concatenate([pairs, crossing])
    isls = link_state(
        sky.r_sat_m,
        pairs,
        grazing_altitude_m=keys.grazing_altitude_km * 1e3,
        max_range_m=max_range_m,
        is_healthy=sky.is_valid,
        plane_of_sat=world.plane_of_sat,
        polar_cutoff_deg=keys.polar_cutoff_deg,
    )
    isls.is_up[: len(world.links)] &= world.is_link_up
    was = carried_on(pairs, before.links.pairs, before.links.isls) if before else None
    return pairs, acquired(isls, was, slot_s=slot_s, acquisition_s=keys.acquisition_s)


def _worth(world: World, sky: Sky, asked: Asked) -> NDArray[np.float64]:
    """Return what an antenna on each satellite is worth: the demand around it."""
    around_bps = demand_around(
        asked.cell_bps,
        world.grid.first_cell_of_bin,
        sky.sight.candidates_of_bin,
        sky.sight.n_candidates_of_bin,
        len(sky.r_sat_m),
    )
    return around_bps + IDLE_WORTH_BPS


def task_of(world: World, sky: Sky, next_sky: Sky, asked: Asked, links: Links, before: Slot | None) -> Task:
    """Return what there is to be planned in a slot."""
    market = world.market
    return make_task(
        cells=market.cells,
        goal=market.goal,
        terms=market.terms,
        unit_bps=market.unit_bps,
        candidates_of_bin=sky.sight.candidates_of_bin,
        clear_of_cell=sky.sight.clear_of_cell,
        next_candidates_of_bin=next_sky.sight.candidates_of_bin,
        next_clear_of_cell=next_sky.sight.clear_of_cell,
        usable_of_bin=links.usable_of_bin,
        wanted_bps=asked.cell_bps,
        r_sat_m=sky.r_sat_m,
        next_r_sat_m=next_sky.r_sat_m,
        slot_s=world.scenario.slot_s,
        min_elevation_deg=world.scenario.terminal.min_elevation_deg,
        seed=(world.scenario.seed, sky.slot),
        before=before.plan if before else None,
    )


def assign(world: World, sky: Sky, next_sky: Sky, asked: Asked, links: Links, before: Slot | None) -> Plan:
    """Return which satellite lights which cell."""
    keys = world.scenario.scheduling
    task = task_of(world, sky, next_sky, asked, links, before)
    return assign_beams(task, policy="held" if world.is_frozen else keys.policy, effort=keys.effort)


def carry(world: World, sky: Sky, asked: Asked, links: Links, plan: Plan, before: Slot | None) -> Slot:
    """Return what arrives: shares of all capacities, and what every row and place gets of them."""
    land, grid, routes = world.land, world.grid, links.routes
    offered_bps, brought_bps = offered_traffic(
        cell_of_row=land.cell_of_row,
        class_of_row=land.class_of_row,
        demand_bps=asked.row_bps,
        wanted_bps=asked.cell_bps,
        sat_of_cell=plan.sat_of_cell,
        planned_bps=plan.planned_bps,
        is_usable=routes.has_path,
    )
    flow_class, flow_sat = (index.astype(np.int32) for index in np.nonzero(offered_bps))
    flow_bps = offered_bps[flow_class, flow_sat]
    streams, possible_bps, one_path_bps = _streams(world, links, flow_bps, flow_class, flow_sat)
    carried_share = np.ones(offered_bps.shape)
    carried_share[flow_class, flow_sat] = streams.carried_share(flow_bps)
    felt = _with_queues(world, streams)
    taken = routes_taken(felt, routes, flow_class, flow_sat)
    delay_s = routes.delay_s.copy()
    goes = streams.shares.carried_bps > 0.0
    delay_s[flow_class[goes], flow_sat[goes]] = felt.mean_of_flows(felt.delay_s)[goes]
    service = serve_rows(
        cell_of_row=land.cell_of_row,
        class_of_row=land.class_of_row,
        refusal_of_row=land.refusal_of_row,
        is_sold_in_row=land.is_sold_in_row,
        demand_bps=asked.row_bps,
        brought_bps=brought_bps,
        n_visible_of_cell=sky.sight.n_visible_of_cell,
        unjammed_of_cell=sky.unjammed_of_cell,
        clear_of_cell=sky.sight.clear_of_cell,
        bin_of_cell=grid.bin_of_cell,
        usable_of_bin=links.usable_of_bin,
        unbroken_usable_of_bin=links.unbroken_usable_of_bin,
        is_frozen=world.is_frozen,
        sat_of_cell=plan.sat_of_cell,
        carried_share=carried_share,
        delay_s=delay_s,
        r_cell_m=grid.r_ecef_m,
        r_sat_m=sky.r_sat_m,
        processing_s=world.scenario.latency.processing_ms * 1e-3,
    )
    view = view_of_places(world, sky)
    terminals = terminals_of_places(world, asked, links, plan, service, carried_share, view, before)
    return Slot(
        world, sky, asked, links, plan, flow_class, flow_sat, flow_bps, streams, possible_bps, one_path_bps, taken,
        delay_s, carried_share, service, view, terminals,
    )  # fmt: skip


def _streams(
    world: World,
    links: Links,
    offered_bps: NDArray[np.float64],
    flow_class: NDArray[np.int32],
    flow_sat: NDArray[np.int32],
) -> tuple[Streams, float, float]:
    """Share satellites, lasers, antennas and sites among the streams of traffic.

    Returns the streams, the most that any routing could carry, and what the quickest paths alone carry.
    """
    scenario, ground, routes = world.scenario, world.ground, links.routes
    capacity: dict[str, Any] = {
        "satellite_bps": world.beams.capacity_bps,
        "isl_bps": scenario.isl.capacity_gbps * 1e9,
        "feed_bps": links.feed_bps,
        "gateway_bps": ground.gateway_bps,
    }
    paths = resources_of_routes(
        routes, links.pairs, links.feeders, flow_class, flow_sat, **capacity,
        pop_bps=np.full(len(ground.pops), np.inf),
    )  # fmt: skip
    share = FAIRNESS[scenario.network.fairness]
    shares = share(offered_bps, paths.first, paths.resource, paths.capacity_bps, offered_bps)
    one_path_bps, wanted_bps = float(shares.carried_bps.sum()), float(offered_bps.sum())
    if one_path_bps >= wanted_bps * (1.0 - 1e-9):
        return streams_of_routes(paths, shares, routes, flow_class, flow_sat), wanted_bps, one_path_bps
    net: dict[str, Any] = {
        "links": links.pairs,
        "length_m": links.isls.length_m,
        "is_up": links.isls.is_up,
        "feeders": links.feeders,
        "fibre_s": ground.fibre_s,
        **capacity,
    }
    met = np.unique(flow_class)
    if scenario.network.paths == "many":
        streams = share_over_detours(
            offered_bps, flow_class, flow_sat, routes=routes, is_gateway_permitted=ground.is_gateway_permitted,
            is_pop_permitted=ground.is_pop_permitted, **net,
        )  # fmt: skip
        if len(met) == 1:
            return (
                streams,
                float(streams.shares.carried_bps.sum()),
                one_path_bps,
            )  # one commodity: the maximum
    else:
        streams = streams_of_routes(paths, shares, routes, flow_class, flow_sat)
    possible_bps = most_that_can_arrive_bps(
        offered_bps, flow_sat, is_gateway_permitted=ground.is_gateway_permitted[met],
        is_pop_permitted=ground.is_pop_permitted[met], **net,
    )  # fmt: skip
    return streams, max(possible_bps, one_path_bps), one_path_bps


def _with_queues(world: World, streams: Streams) -> Streams:
    """Return streams with the waiting in their delays: half of it, for a round trip meets the queue one way only."""
    keys = world.scenario.latency
    if not keys.queueing:
        return streams
    cap_s = keys.queue_cap_ms * 1e-3
    wait_s = waiting_s(streams.shares.load_bps, streams.paths.capacity_bps, cap_s)
    return replace(streams, delay_s=streams.delay_s + 0.5 * waiting_of_paths_s(streams.paths, wait_s, cap_s))


def view_of_places(world: World, sky: Sky) -> View:
    """Return what the places see; broken satellites too, which give nothing."""
    places, can_serve = world.places, (world.unbroken or world).can_serve
    first, sat, is_clear, sine, slant_m = visible_pairs(
        places.r_m,
        places.up,
        sky.r_sat_m,
        can_serve & sky.is_valid,
        world.lowest_elevation_deg,
        places.gso_exclusion_deg,
    )
    is_quiet, noise = np.ones(len(sat), np.bool_), world.noise_of_places
    if noise is not None:
        hit_of_place = np.full(len(places.name), -1)
        hit_of_place[noise.index] = np.arange(len(noise.index))
        hit = np.repeat(hit_of_place, np.diff(first))
        jammed = np.flatnonzero(hit >= 0)
        is_quiet[jammed] = noise.is_attached[hit[jammed]] & uplink_closes(noise, hit[jammed], slant_m[jammed])
    return View(first, sat, is_clear, sine, slant_m, world.can_serve[sat], is_quiet)


def terminals_of_places(
    world: World,
    asked: Asked,
    links: Links,
    plan: Plan,
    service: Service,
    carried_share: NDArray[np.float64],
    view: View,
    before: Slot | None,
) -> TerminalService:
    """Return what one terminal at each place gets."""
    places = world.places
    row_bps = asked.row_bps[places.row]
    has_row = (places.row >= 0) & (row_bps > 0.0)
    n_bins = world.radio.channel_rate_bps.shape[1]
    sine_bin = np.minimum((view.sine * n_bins).astype(np.int64), n_bins - 1)
    rate_class = places.rate_class[view.place_of_pair]
    unit_bps = world.radio.channel_rate_bps[rate_class, sine_bin] / world.beams.shares_per_channel
    return serve_terminals(
        view=view,
        has_unbroken_path=links.has_unbroken_path,
        is_frozen=world.is_frozen,
        landing_class=places.landing_class,
        refusal=places.refusal,
        is_usable=links.routes.has_path,
        sat_of_row=np.where(has_row, plan.sat_of_cell[places.cell], -1).astype(np.int32),
        share_of_row=np.where(has_row, service.rate_bps[places.row] / np.where(has_row, row_bps, 1.0), 0.0),
        cause_of_row=np.where(has_row, service.cause[places.row], -1).astype(np.int8),
        has_row=has_row,
        is_full=plan.is_full,
        carried_share=carried_share,
        terminal_share_of_pair=np.minimum(1.0, unit_bps / (world.scenario.demand.mbps_per_subscriber * 1e6)),
        before=before.terminals.sat if before else np.full(len(places.name), -1, np.int32),
    )
