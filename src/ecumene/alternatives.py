"""What would change a place's lot in one slot: each alternative is computed, not guessed.

Two ways. *One terminal*: the place alone is served anew on what the plan of the slot leaves, with another rule or with
the network found again; this is the question of availability. *Whole slot*: everything is planned again, where it is
capacity that is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.network.latency import rtt_s
from ecumene.network.service import (
    FAULT,
    GSO_ARC,
    JAMMED,
    NO_BEAM,
    NO_FEEDER_CAPACITY,
    NO_GATEWAY_PATH,
    NO_LICENCE,
    NO_SATELLITE,
    PARTLY,
    SERVED,
    ZONE,
)
from ecumene.network.sharing import RESOURCE_KINDS, kind_and_index
from ecumene.network.sites import read_sites
from ecumene.orbits.propagation import propagate
from ecumene.radio.feeder import BANDS
from ecumene.results.schema import CAUSES
from ecumene.scenario.schema import SiteKeys
from ecumene.simulation import one_slot
from ecumene.sky.observer import visible_pairs
from ecumene.slot import close_links, survey, terminals_of_places, view_of_places
from ecumene.world import build
from ecumene.world.ground import build_ground
from ecumene.world.moment import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecumene.network.terminals import TerminalService, View
    from ecumene.scenario import Scenario
    from ecumene.slot import Links, Sky, Slot
    from ecumene.world import World

    Change = Callable[[World], World]

HELPS, TAKES = "would help", "would take it away"

SKY_SLOTS, PATH_SLOTS = 480, 20
"""How far ahead is looked for a satellite (2 h of 15 s), and for one with a path home, which takes far longer."""

LOWEST_MASK_DEG = 1.0
"""Lower masks are not tried: nothing is seen along the ground."""


@dataclass(frozen=True)
class Alternative:
    """One thing changed, and what came of it for the place in the same slot.

    Attributes
    ----------
    change
        In words.
    effect
        "would help" or "would take it away": which of the two was asked.
    computed
        "one terminal" or "whole slot".
    cause
        The place's cause then.
    is_served
        It is served then, in full or in part.
    n_usable
        Usable satellites then.
    satellite
        Serving satellite then; empty for none.
    elevation_deg, mbps, rtt_ms
        Of the service then; NaN where there is none. [deg], [Mbit/s], [ms]
    """

    change: str
    effect: str
    computed: str
    cause: str
    is_served: bool
    n_usable: int
    satellite: str
    elevation_deg: float
    mbps: float
    rtt_ms: float


@dataclass(frozen=True)
class Scene:
    """A finished slot of a world whose only place is the one that is asked about.

    Attributes
    ----------
    base
        The world under the law of the slot, no fault applied.
    slot, before
        The slot, and the one before it where there is one.
    """

    base: World
    slot: Slot
    before: Slot | None

    @property
    def cause(self) -> int:
        """The place's cause."""
        return int(self.slot.terminals.cause[0])

    def world(self, change: Change) -> World:
        """Return the world of the slot with something changed."""
        return moment(change(self.base), self.slot.sky.t_s)


def alternatives_of(scene: Scene) -> list[Alternative]:
    """Return what would help the place, or, where it is served, what would take that away."""
    if scene.cause == SERVED:
        return _losses(scene)
    if scene.cause in {NO_LICENCE, ZONE}:
        allowed = _lone(scene, _permit, "with a licence here")
        if allowed.is_served:
            return [allowed]
        cause = CAUSES.index(allowed.cause)
        return [allowed, *_helps(scene, cause, _permit, "with a licence, and ")]
    found = _helps(scene, scene.cause, _same, "")
    return [*found, *(_losses(scene) if scene.cause == PARTLY else [])]


def _helps(scene: Scene, cause: int, first: Change, prefix: str) -> list[Alternative]:
    """Return what is tried against a cause, on top of a first change."""

    def then(change: Change) -> Change:
        return lambda world: change(first(world))

    found = []
    if cause in {FAULT, JAMMED}:
        for k in scene.slot.world.standing:
            name = scene.base.faults[k].name
            found.append(_rerouted(scene, then(_without_fault(k)), f"{prefix}without the fault '{name}'"))
    if cause in {NO_SATELLITE, GSO_ARC, NO_GATEWAY_PATH, NO_BEAM, JAMMED}:
        found += _rules(scene, then, prefix)
    if cause == NO_GATEWAY_PATH:
        found += _ways_home(scene, then, prefix)
    if cause in {NO_BEAM, NO_FEEDER_CAPACITY, PARTLY}:
        found += _capacities(scene, then, prefix)
    return found


def _rules(scene: Scene, then: Callable[[Change], Change], prefix: str) -> list[Alternative]:
    """Return what other rules for the terminal would bring: no arc to avoid, a lower mask, both."""
    found = []
    has_arc = bool((~scene.slot.view.is_clear).any()) and scene.base.places.gso_exclusion_deg[0] > 0.0
    if has_arc:
        found.append(_lone(scene, then(_without_arc), f"{prefix}without the rule on the geostationary arc"))
    for change, words in ((_same, ""), *(((_without_arc, " and without that rule"),) if has_arc else ())):
        mask_deg = _mask_that_helps(scene, then(change))
        if mask_deg is None or mask_deg >= scene.base.scenario.terminal.min_elevation_deg:
            continue

        def lowered(world: World, change: Change = change, mask_deg: float = mask_deg) -> World:
            return _with_mask(change(world), mask_deg)

        told = f"{prefix}with a mask of {mask_deg:.1f} deg instead of "
        told += f"{scene.base.scenario.terminal.min_elevation_deg:g}{words}"
        found.append(_lone(scene, then(lowered), told))
        break
    return found


def _ways_home(scene: Scene, then: Callable[[Change], Change], prefix: str) -> list[Alternative]:
    """Return what lasers, another landing rule, and more gateways would bring."""
    found, base = [], scene.base
    if base.places.landing_class[0] > 0:
        found.append(_lone(scene, then(_land_anywhere), f"{prefix}if its traffic might land anywhere"))
    if not len(base.links):
        grid = base.scenario.isl.model_copy(update={"topology": "grid", "file": None})
        lasers = build(base.scenario.model_copy(update={"isl": grid})).under_law(scene.slot.sky.slot)
        fields = ("fleet", "links", "plane_of_sat", "has_spare_laser", "is_link_up", "faults", "scenario")

        def with_lasers(world: World) -> World:
            return replace(world, **{name: getattr(lasers, name) for name in fields})

        found.append(_rerouted(scene, then(with_lasers), f"{prefix}with lasers between satellites (+Grid)"))
    for words, site in _new_sites(scene):
        found.append(_rerouted(scene, then(_with_site(site)), f"{prefix}{words}"))
    return found


def _capacities(scene: Scene, then: Callable[[Change], Change], prefix: str) -> list[Alternative]:
    """Return what twice of the thing that binds would bring, the whole slot planned again."""
    kind = _binding_kind(scene)
    if kind == "beams" and _has_all_channels(scene):
        return [_whole(scene, then(_more_channels), f"{prefix}with twice the channels on every cell")]
    if kind == "beams":
        return [_whole(scene, then(_more_beams), f"{prefix}with twice the beams on every satellite")]
    words = {
        "satellite": "with twice the capacity of every satellite",
        "isl": "with lasers of twice the capacity",
        "feeder": "with gateway antennas and sites of twice the capacity",
        "gateway": "with gateway antennas and sites of twice the capacity",
    }[kind]
    return [_whole(scene, then(lambda world: _more_capacity(world, kind)), prefix + words)]


def _losses(scene: Scene) -> list[Alternative]:
    """Return what would be left without the satellite, the gateway, the lasers that serve the place now.

    Everything is planned again: others would not keep what they have, either.
    """
    slot, base = scene.slot, scene.base
    s = int(slot.terminals.sat[0])
    gateway = int(slot.taken.gateway[base.places.landing_class[0], s])
    names, gateways = base.fleet.elements.name, base.ground.gateways.name
    found = [
        _whole(scene, lambda world: _without_satellite(world, s), f"without satellite {names[s]}", TAKES),
        _whole(
            scene,
            lambda world: _without_gateway(world, gateway),
            f"without gateway {gateways[gateway]}",
            TAKES,
        ),
    ]
    if len(base.links):
        afresh = replace(scene, before=None)  # the last slot's lasers are of another list
        found.append(_whole(afresh, _without_lasers, "without any laser", TAKES))
    return found


# How an alternative is computed


def _lone(scene: Scene, change: Change, words: str) -> Alternative:
    """Serve one terminal anew under another rule; plan and network stay."""
    world, slot = scene.world(change), scene.slot
    return _of_terminal(scene, world, slot.sky, slot.links, words)


def _rerouted(scene: Scene, change: Change, words: str) -> Alternative:
    """Find antennas, lasers and paths again, and serve one terminal over them."""
    world, k = scene.world(change), scene.slot.sky.slot
    sky, next_sky = survey(world, k), survey(world, k + 1)
    links = close_links(world, sky, next_sky, scene.slot.asked, None)
    return _of_terminal(scene, world, sky, links, words)


def _whole(scene: Scene, change: Change, words: str, effect: str = HELPS) -> Alternative:
    """Plan the whole slot again."""
    world, k = scene.world(change), scene.slot.sky.slot
    slot = one_slot(world, survey(world, k), survey(world, k + 1), scene.before)
    return _outcome(world, slot.terminals, slot.view, slot.taken.delay_s, (words, effect, "whole slot"))


def _of_terminal(scene: Scene, world: World, sky: Sky, links: Links, words: str) -> Alternative:
    alone = replace(world, places=replace(world.places, row=np.array([-1]), cell=np.array([-1])))
    slot, is_same = scene.slot, links is scene.slot.links
    view = view_of_places(alone, sky)
    share = slot.carried_share if is_same else np.ones(links.routes.has_path.shape)
    terminals = terminals_of_places(alone, slot.asked, links, slot.plan, slot.service, share, view, None)
    delay_s = slot.taken.delay_s if is_same else links.routes.delay_s
    return _outcome(alone, terminals, view, delay_s, (words, HELPS, "one terminal"))


def _outcome(
    world: World, terminals: TerminalService, view: View, delay_s: Any, told: tuple[str, str, str]
) -> Alternative:
    s, pair, k = int(terminals.sat[0]), int(terminals.pair[0]), int(world.places.landing_class[0])
    keys, is_served = world.scenario, s >= 0
    nan = float("nan")
    processing_s = keys.latency.processing_ms * 1e-3
    return Alternative(
        *told,
        cause=CAUSES[terminals.cause[0]],
        is_served=is_served,
        n_usable=int(terminals.n_usable[0]),
        satellite=world.fleet.elements.name[s] if is_served else "",
        elevation_deg=float(np.degrees(np.arcsin(view.sine[pair]))) if is_served else nan,
        mbps=float(terminals.share[0]) * keys.demand.mbps_per_subscriber if is_served else nan,
        rtt_ms=float(rtt_s(view.slant_m[pair], delay_s[k, s], processing_s)) * 1e3 if is_served else nan,
    )


# What is changed


def _same(world: World) -> World:
    return world


def _places(world: World, **values: Any) -> World:
    arrays = {name: np.full_like(getattr(world.places, name), value) for name, value in values.items()}
    return replace(world, places=replace(world.places, **arrays))


def _permit(world: World) -> World:
    """Permit the place, with the landing rule of its country's record."""
    k = int(world.land.verdict.country[world.places.row[0]]) if world.places.row[0] >= 0 else -1
    k = int(world.places.country[0]) if k < 0 else k
    landing = int(world.land.law.landing_class[k]) if k >= 0 else 0
    return _places(world, landing_class=landing, refusal=-1)


def _land_anywhere(world: World) -> World:
    return _places(world, landing_class=0)


def _without_arc(world: World) -> World:
    return _places(world, gso_exclusion_deg=0.0)


def _keys(world: World, section: str, **values: Any) -> Scenario:
    keys = getattr(world.scenario, section).model_copy(update=values)
    return world.scenario.model_copy(update={section: keys})


def _with_mask(world: World, mask_deg: float) -> World:
    return replace(world, scenario=_keys(world, "terminal", min_elevation_deg=mask_deg))


def _mask_that_helps(scene: Scene, change: Change) -> float | None:
    """Return the elevation of the highest satellite one terminal could use, rounded down; None where there is none."""
    world, slot = scene.world(lambda base: _with_mask(change(base), LOWEST_MASK_DEG)), scene.slot
    alone = replace(world, places=replace(world.places, row=np.array([-1]), cell=np.array([-1])))
    view = view_of_places(alone, slot.sky)
    terminals = terminals_of_places(
        alone, slot.asked, slot.links, slot.plan, slot.service, slot.carried_share, view, None
    )
    pair = int(terminals.pair[0])
    if pair < 0:
        return None
    return float(np.floor(10.0 * np.degrees(np.arcsin(view.sine[pair]))) / 10.0)


def _without_fault(k: int) -> Change:
    return lambda world: replace(world, faults=(*world.faults[:k], *world.faults[k + 1 :]))


def _without_satellite(world: World, s: int) -> World:
    can_serve, is_link_up = world.can_serve.copy(), world.is_link_up & ~(world.links == s).any(axis=1)
    can_serve[s] = False
    return replace(world, can_serve=can_serve, is_link_up=is_link_up)


def _without_gateway(world: World, gateway: int) -> World:
    gateways = world.ground.gateways
    antennas = gateways.antennas.copy()
    antennas[gateway] = 0
    return replace(world, ground=replace(world.ground, gateways=replace(gateways, antennas=antennas)))


def _without_lasers(world: World) -> World:
    return replace(
        world,
        links=world.links[:0],
        is_link_up=world.is_link_up[:0],
        has_spare_laser=np.zeros_like(world.has_spare_laser),
        faults=tuple(replace(fault, is_link_down=fault.is_link_down[:0]) for fault in world.faults),
    )


def _with_site(site: SiteKeys) -> Change:
    """Return a change that adds a gateway after those written into the scenario."""

    def change(world: World) -> World:
        keys = world.scenario.gateways
        scenario = _keys(world, "gateways", site=(*keys.site, site), at_sea=True)
        place = sum(own.kind == "gateway" for own in keys.site)
        faults = tuple(
            replace(fault, is_gateway_down=np.insert(fault.is_gateway_down, place, False))
            for fault in world.faults
        )
        ground = build_ground(scenario, world.land, world.start, [])
        return replace(world, scenario=scenario, ground=ground, faults=faults)

    return change


def _new_sites(scene: Scene) -> list[tuple[str, SiteKeys]]:
    """Return a gateway at the place itself, and the nearest site of the list that is not in use."""
    base, places = scene.base, scene.base.places
    lat_deg, lon_deg, country = float(places.lat_deg[0]), float(places.lon_deg[0]), int(places.country[0])
    found = []
    if country >= 0:
        code = base.land.codes[country]
        here = SiteKeys(name=f"Gateway at {places.name[0]}", country=code, lat_deg=lat_deg, lon_deg=lon_deg)
        found.append((f"with a gateway here (in {code})", here))
    keys = base.scenario.gateways
    if not keys.sites:
        return found
    listed = read_sites(
        keys.sites,
        countries().code,
        known_by=date.max,
        default_antennas=keys.antennas,
        with_planned=True,
        bands=tuple(BANDS),
    ).of_kind("gateway")
    unused = np.array([name not in set(base.ground.gateways.name) for name in listed.name])
    if not unused.any():
        return found
    away_m = np.where(unused, great_circle_m(lat_deg, lon_deg, listed.lat_deg, listed.lon_deg), np.inf)
    k = int(np.argmin(away_m))
    site = SiteKeys(
        name=listed.name[k],
        country=listed.country[k],
        lat_deg=float(listed.lat_deg[k]),
        lon_deg=float(listed.lon_deg[k]),
        antennas=int(listed.antennas[k]),
    )
    words = (
        f"with the nearest listed gateway not in use, {site.name} {site.country} ({away_m[k] / 1e3:,.0f} km)"
    )
    return [*found, (words, site)]


def _binding_kind(scene: Scene) -> str:
    """Return what binds the place: beams, or a kind of `ecumene.network.sharing.RESOURCE_KINDS`."""
    slot, places = scene.slot, scene.base.places
    s, cell = int(slot.terminals.sat[0]), int(places.cell[0])
    s = int(slot.plan.sat_of_cell[cell]) if s < 0 and cell >= 0 else s
    flow = np.flatnonzero((slot.flow_sat == s) & (slot.flow_class == places.landing_class[0]))
    if not len(flow) or slot.shares.bottleneck[flow[0]] < 0:
        return "beams"
    kind, _ = kind_and_index(slot.paths, slot.shares.bottleneck[flow])
    return RESOURCE_KINDS[int(kind[0])]


def _has_all_channels(scene: Scene) -> bool:
    """Return whether the place's cell is lit with as many channel-shares as a cell may be."""
    cell, plan = int(scene.base.places.cell[0]), scene.slot.plan
    return cell >= 0 and int(plan.units_of_cell[cell]) >= scene.base.beams.units_per_cell


def _more_channels(world: World) -> World:
    beams = replace(world.beams, units_per_cell=2 * world.beams.units_per_cell)
    terms = world.market.terms._replace(units_of_cell=2 * world.market.terms.units_of_cell)
    return replace(world, beams=beams, market=replace(world.market, terms=terms))


def _more_beams(world: World) -> World:
    beams = replace(world.beams, units_per_satellite=2 * world.beams.units_per_satellite)
    terms = world.market.terms._replace(units_of_sat=2 * world.market.terms.units_of_sat)
    return replace(world, beams=beams, market=replace(world.market, terms=terms))


def _more_capacity(world: World, kind: str) -> World:
    if kind == "satellite":
        beams = replace(world.beams, capacity_bps=2.0 * world.beams.capacity_bps)
        terms = world.market.terms._replace(bits_of_sat=2.0 * world.market.terms.bits_of_sat)
        return replace(world, beams=beams, market=replace(world.market, terms=terms))
    if kind == "isl":
        more = 2.0 * world.scenario.isl.capacity_gbps
        return replace(world, scenario=_keys(world, "isl", capacity_gbps=more))
    keys = world.scenario.gateways
    site_gbps = None if keys.site_gbps is None else 2.0 * keys.site_gbps
    scenario = _keys(world, "gateways", antenna_gbps=2.0 * keys.antenna_gbps, site_gbps=site_gbps)
    return replace(world, scenario=scenario, ground=build_ground(scenario, world.land, world.start, []))


# When it changes by itself


def next_change(scene: Scene) -> tuple[str, str]:
    """Return when the sky alone changes the place's lot, UTC, and what happens then; empty where nothing does soon.

    A place that is served keeps its satellite until that sets or nears the geostationary arc; one that sees no
    satellite clear of the arc waits for the next; one without a path home waits for the next satellite that has one.
    """
    slot, cause = scene.slot, scene.cause
    if cause in {SERVED, PARTLY}:
        s = int(slot.terminals.sat[0])
        found = _when(scene, SKY_SLOTS, lambda sats: s not in sats)
        name = scene.base.fleet.elements.name[s]
        return (
            found,
            f"{name} is no longer in view and clear; another satellite takes over, or none" if found else "",
        )
    if cause in {NO_SATELLITE, GSO_ARC}:
        found = _when(scene, SKY_SLOTS, lambda sats: len(sats) > 0)
        hours = SKY_SLOTS * scene.base.scenario.slot_s / 3_600.0
        return (
            found,
            "the next satellite is in view and clear" if found else f"no satellite within {hours:g} h",
        )
    if cause == NO_GATEWAY_PATH:
        return _when_home(scene)
    return "", ""


def _when(scene: Scene, n_slots: int, holds: Callable[[set[int]], bool]) -> str:
    """Return the first later slot in which something holds of the satellites in view and clear."""
    base, k = scene.base, scene.slot.sky.slot
    places, slot_s = base.places, base.scenario.slot_s
    for later in range(k + 1, k + 1 + n_slots):
        ephemeris = propagate(base.fleet, later * slot_s)
        _, sat, is_clear, _, _ = visible_pairs(
            places.r_m,
            places.up,
            ephemeris.r_ecef_m,
            base.can_serve & ephemeris.is_valid,
            base.lowest_elevation_deg,
            places.gso_exclusion_deg,
        )
        if holds({int(s) for s in sat[is_clear]}):
            return f"{base.start + timedelta(seconds=later * slot_s):%Y-%m-%dT%H:%M:%SZ}"
    return ""


def _when_home(scene: Scene) -> tuple[str, str]:
    """Return the first later slot in which one terminal here has a path home."""
    base, k = scene.base, scene.slot.sky.slot
    for later in range(k + 1, k + 1 + PATH_SLOTS):
        world = moment(base, later * base.scenario.slot_s)
        sky, next_sky = survey(world, later), survey(world, later + 1)
        links = close_links(world, sky, next_sky, scene.slot.asked, None)
        if _of_terminal(scene, world, sky, links, "").n_usable:
            at = base.start + timedelta(seconds=later * base.scenario.slot_s)
            return f"{at:%Y-%m-%dT%H:%M:%SZ}", "a satellite in view has a path home"
    minutes = PATH_SLOTS * base.scenario.slot_s / 60.0
    return "", f"no path home within {minutes:g} min"
