"""The chain of reasons for one place in one slot: law, sky, link, beams, path, what bound it, what would change it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.alternatives import Alternative, Scene, alternatives_of, next_change
from ecumene.constants import BOLTZMANN_J_K, SPEED_OF_LIGHT_M_S
from ecumene.earth.cells import SETTLEMENTS
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.earth.towns import nearest_town
from ecumene.licences.ruling import Ruling, ruling
from ecumene.network.latency import rtt_s
from ecumene.network.routes import path_of
from ecumene.network.sharing import FEED, GATEWAY, ISL, POP, RESOURCE_KINDS, kind_and_index
from ecumene.radio.envelope import MODES
from ecumene.record import limit_of_place, resource_name
from ecumene.results.schema import CAUSE_WORDS, CAUSES
from ecumene.scenario import Scenario, load
from ecumene.scenario.schema import PairsKeys, PlaceKeys, PlacesKeys
from ecumene.simulation import one_slot
from ecumene.sky.observer import gso_angle_rad
from ecumene.slot import survey
from ecumene.units import to_db
from ecumene.whereabouts import Spot, find_spot
from ecumene.world import build
from ecumene.world.land import without_record
from ecumene.world.moment import loss_of_jammers_db

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecumene.slot import Slot
    from ecumene.world import World

SETTLING_SLOTS = 12
"""Slots computed before the one asked for, where the run has so many: plan and antennas remember the last slot."""


@dataclass(frozen=True)
class Moment:
    """Which slot of which run.

    Attributes
    ----------
    scenario
        Name.
    start_utc, asked_utc, utc
        First slot of the run, the time asked for, and the beginning of the slot that holds it.
    slot
        Counted from 0.
    slot_s
        Its length. [s]
    slots_before
        Slots computed before it.
    is_the_runs_own
        Computed from the first slot on: the numbers are those of `ecumene run`.
    note
        Where the time asked for lies outside the scenario's run: what was done.
    """

    scenario: str
    start_utc: str
    asked_utc: str
    utc: str
    slot: int
    slot_s: float
    slots_before: int
    is_the_runs_own: bool
    note: str


@dataclass(frozen=True)
class Where:
    """The place.

    Attributes
    ----------
    name, lat_deg, lon_deg, source, namesakes
        As in `ecumene.whereabouts.Spot`. [deg]
    cell
        H3 index in hexadecimal, at the scenario's resolution.
    resolution
        Of the cell.
    country, country_name
        Of record; empty at sea.
    law_of
        Whose law holds: differs on disputed land from the point of view of control.
    disputed, point_of_view
        Overlay the place lies in, and whose view the scenario takes: "record" or "control"; empty elsewhere.
    is_inhabited
        The cell has a row of this country.
    people
        In the row.
    settlement
        Class of the row; empty without one.
    near, near_km
        Nearest town of the gazetteer; empty on a made-up planet. [km]
    """

    name: str
    lat_deg: float
    lon_deg: float
    source: str
    namesakes: tuple[str, ...]
    cell: str
    resolution: int
    country: str
    country_name: str
    law_of: str
    disputed: str
    point_of_view: str
    is_inhabited: bool
    people: float
    settlement: str
    near: str
    near_km: float


@dataclass(frozen=True)
class Licence(Ruling):
    """The law at the place on the day; what `Ruling` says, and two terms.

    Attributes
    ----------
    gso_exclusion_deg
        Smallest angle to the geostationary arc. [deg]
    gso_source, pfd_source
        Whether the record or the scenario says so.
    pfd_dbw_m2_mhz
        Power flux density on the ground. [dBW/m2/MHz]
    """

    gso_exclusion_deg: float
    gso_source: str
    pfd_dbw_m2_mhz: float
    pfd_source: str


@dataclass(frozen=True)
class Seen:
    """One satellite in view.

    Attributes
    ----------
    satellite
        Name.
    elevation_deg, azimuth_deg, slant_km
        Where it stands; azimuth from north over east. [deg], [km]
    gso_angle_deg
        Angle to the nearest visible point of the geostationary arc; NaN where the arc is not above the horizon. [deg]
    verdict
        "serves", "usable", or why not: "broken", "gso_arc", "jammed", "link does not close", "no path home",
        "no licence".
    units_used, units
        Channel-shares in use on it, and in all.
    gateway
        Where its quickest permitted path comes down; empty without one.
    """

    satellite: str
    elevation_deg: float
    azimuth_deg: float
    slant_km: float
    gso_angle_deg: float
    verdict: str
    units_used: int
    units: int
    gateway: str


@dataclass(frozen=True)
class Sky:
    """What the place sees.

    Attributes
    ----------
    min_elevation_deg, gso_exclusion_deg
        Rules. [deg]
    n_visible, n_clear, n_usable
        Above the mask; of these clear of the arc; of these usable.
    satellites
        The highest first.
    """

    min_elevation_deg: float
    gso_exclusion_deg: float
    n_visible: int
    n_clear: int
    n_usable: int
    satellites: tuple[Seen, ...]


@dataclass(frozen=True)
class Budget:
    """The user downlink from one satellite, line by line: C/N is the sum of the dB lines.

    Attributes
    ----------
    satellite, elevation_deg
        Whose. [deg]
    pfd_dbw_m2_mhz
        Power flux density on the ground. [dBW/m2/MHz]
    frequency_ghz, wavelength_m
        Carrier. [GHz], [m]
    gain_dbi, aperture_dbm2
        Peak gain, and the area it makes: 10 log10(G lambda^2 / 4 pi). [dBi], [dB m2]
    scan_loss_db
        Of a level dish that looks so far off its zenith. [dB]
    temperature_k, noise_dbw_mhz
        System noise, and 10 log10(k T) in 1 MHz. [K], [dBW/MHz]
    margin_db, jammer_loss_db
        Taken off. [dB]
    cn_db
        Carrier over noise at this elevation. [dB]
    table_elevation_deg
        Lower edge of the rate table's step, which the run reads. [deg]
    mode, efficiency
        Fastest mode that closes there, and its bits a second and hertz.
    channel_mhz, channel_mbps
        Bandwidth and rate of one channel. [MHz], [Mbit/s]
    unit_mbps
        Rate of one time share of a channel. [Mbit/s]
    """

    satellite: str
    elevation_deg: float
    pfd_dbw_m2_mhz: float
    frequency_ghz: float
    wavelength_m: float
    gain_dbi: float
    aperture_dbm2: float
    scan_loss_db: float
    temperature_k: float
    noise_dbw_mhz: float
    margin_db: float
    jammer_loss_db: float
    cn_db: float
    table_elevation_deg: float
    mode: str
    efficiency: float
    channel_mhz: float
    channel_mbps: float
    unit_mbps: float


@dataclass(frozen=True)
class Lighting:
    """Beams and demand of the cell and around it.

    Attributes
    ----------
    subscribers, row_demand_mbps
        Of the row. [Mbit/s]
    cell_demand_mbps, planned_mbps
        Of the cell's permitted rows, and what its beams carry of it. [Mbit/s]
    satellite
        That lights the cell; empty for none.
    units, units_most
        Channel-shares the cell gets, and can get at most.
    satellite_units_used, satellite_units, satellite_cells
        Of the lighting satellite.
    satellite_planned_gbps, satellite_gbps
        What it carries for all its cells, and its ceiling. [Gbit/s]
    unit_price
        What a channel-share of it costs in the plan, in shares of the best channel-share.
    n_around, n_around_lit
        Inhabited cells that touch this one, and those of them that are lit.
    around_demand_mbps
        Their demand. [Mbit/s]
    full
        Usable satellites without a unit left.
    row_cause
        Cause of the row, as `ecumene run` counts it; empty without a row.
    row_rtt_ms
        Round trip of the row: from the cell's centre, mean over all paths; NaN where not served. [ms]
    is_spilled_on
        The row may not be served, and lies under a beam lit for its neighbours.
    """

    subscribers: float
    row_demand_mbps: float
    cell_demand_mbps: float
    planned_mbps: float
    satellite: str
    units: int
    units_most: int
    satellite_units_used: int
    satellite_units: int
    satellite_cells: int
    satellite_planned_gbps: float
    satellite_gbps: float
    unit_price: float
    n_around: int
    n_around_lit: int
    around_demand_mbps: float
    full: tuple[str, ...]
    row_cause: str
    row_rtt_ms: float
    is_spilled_on: bool


@dataclass(frozen=True)
class Hop:
    """One leg of the path.

    Attributes
    ----------
    kind
        "radio", "isl", "feeder" or "fibre".
    start, end
        Names at the ends.
    length_km, delay_ms
        Length, and one way in it. [km], [ms]
    load
        Traffic over capacity, of the fibre that of the gateway's whole site; NaN where nothing limits it.
    """

    kind: str
    start: str
    end: str
    length_km: float
    delay_ms: float
    load: float


@dataclass(frozen=True)
class Way:
    """The path to the internet and what the round trip is made of.

    Attributes
    ----------
    satellite, gateway, gateway_country, pop
        Its ends.
    hops
        Legs in order.
    n_paths, main_share
        Paths over which the satellite's traffic goes, and the part of it on this one; 1 and 1 where it has none.
    legs_ms
        Twice the legs. [ms]
    queueing_ms
        Waiting on this path. [ms]
    processing_ms
        Framing, scheduling and processing, there and back. [ms]
    rtt_ms
        The sum of these three: round trip terminal - PoP - terminal. [ms]
    """

    satellite: str
    gateway: str
    gateway_country: str
    pop: str
    hops: tuple[Hop, ...]
    n_paths: int
    main_share: float
    legs_ms: float
    queueing_ms: float
    processing_ms: float
    rtt_ms: float


@dataclass(frozen=True)
class Limit:
    """What bound the place.

    Attributes
    ----------
    name
        As in the column `limit` of `places`; empty where nothing did.
    kind
        "satellite", "isl", "feeder", "gateway", "pop", "beams", "law", "fault", "sky" or "nothing".
    load_gbps, capacity_gbps
        Traffic over it and what it carries at most; NaN where that is no question. [Gbit/s]
    """

    name: str
    kind: str
    load_gbps: float
    capacity_gbps: float


@dataclass(frozen=True)
class Rung:
    """One cause in the order of precedence.

    Attributes
    ----------
    cause
        Name.
    holds
        It is the first that holds; those behind it are not asked.
    why
        What was found.
    """

    cause: str
    holds: bool
    why: str


@dataclass(frozen=True)
class Chain:
    """All there is to say about one place in one slot.

    Attributes
    ----------
    cause, cause_words
        Why the place is (not) served, as in the table `places`.
    mbps
        Busy-hour rate of a subscriber; 0 where not served. [Mbit/s]
    moment, where, licence, sky, lighting, limit, ladder
        The steps.
    budget
        Of the serving satellite, or the best in view; None where none is.
    way
        None where there is no permitted path from the serving, or the best usable, satellite.
    change_utc, change
        When the sky alone changes the lot, and how; empty where that was not found.
    alternatives
        What would change it.
    notes
        What the world has to say.
    """

    cause: str
    cause_words: str
    mbps: float
    moment: Moment
    where: Where
    licence: Licence
    sky: Sky
    budget: Budget | None
    lighting: Lighting
    way: Way | None
    limit: Limit
    ladder: tuple[Rung, ...]
    change_utc: str
    change: str
    alternatives: tuple[Alternative, ...]
    notes: tuple[str, ...]

    def as_tree(self) -> dict[str, Any]:
        """Return the chain as JSON holds it: units at the end of each key, None where there is no number."""
        tree: dict[str, Any] = _tree(self)
        return tree


def why(
    scenario: Scenario | str | Path,
    place: str,
    *,
    at: datetime | None = None,
    from_the_start: bool = False,
    on_slot: Callable[[int, int], None] | None = None,
) -> Chain:
    """Return the chain of reasons for one place in one slot.

    Parameters
    ----------
    scenario
        From `ecumene.load`, or what `load` takes.
    place
        A name or LAT,LON (`ecumene.whereabouts.find_spot`).
    at
        When, UTC; the first slot by default. A time outside the scenario's run begins a run of its own.
    from_the_start
        Compute all slots of the run before this one, however many; otherwise `SETTLING_SLOTS` at most.
    on_slot
        Called with slots done and slots in all.

    Returns
    -------
    chain
        Frozen; `as_tree` gives it for JSON.

    Raises
    ------
    InputError
        No such place, or the scenario has mistakes.
    """
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    spot = find_spot(place, scenario)
    own = PlaceKeys(name=spot.name, lat_deg=spot.lat_deg, lon_deg=spot.lon_deg)
    alone = scenario.model_copy(update={"places": PlacesKeys(place=(own,)), "pairs": PairsKeys()})
    world, k, note = _world_at(alone, at)
    first = 0 if from_the_start else max(0, k - SETTLING_SLOTS)
    before, slot = _slots(world, first, k, on_slot or (lambda _done, _total: None))
    asked = world.start + timedelta(seconds=k * scenario.slot_s) if at is None else in_utc(at)
    moment = Moment(
        scenario=scenario.name,
        start_utc=_utc(world.start),
        asked_utc=_utc(asked),
        utc=_utc(world.start + timedelta(seconds=k * scenario.slot_s)),
        slot=k,
        slot_s=scenario.slot_s,
        slots_before=k - first,
        is_the_runs_own=first == 0,
        note=note,
    )
    return chain_of(world, slot, before, spot, moment)


def in_utc(at: datetime) -> datetime:
    """Return an instant in UTC, which a time without a zone is taken for."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _world_at(scenario: Scenario, at: datetime | None) -> tuple[World, int, str]:
    """Return the world, the slot, and what was done where the time lies outside the run."""
    world = build(scenario)
    if at is None:
        return world, 0, ""
    at = in_utc(at)
    k = math.floor(round((at - world.start).total_seconds() / scenario.slot_s, 9))
    if 0 <= k < scenario.slots:
        return world, k, ""
    end = world.start + timedelta(seconds=scenario.slots * scenario.slot_s)
    note = (
        f"the run of the scenario goes from {_utc(world.start)} to {_utc(end)}; this is the first slot of one that "
        "begins at the time asked for (--start)"
    )
    return build(scenario.model_copy(update={"start": at})), 0, note


def _slots(world: World, first: int, k: int, tell: Callable[[int, int], None]) -> tuple[Slot | None, Slot]:
    """Return the slot before k, where there is one, and slot k, computed from a first slot on."""
    before: Slot | None = None
    last: Slot | None = None
    sky, next_sky = survey(world.at(first), first), survey(world.at(first + 1), first + 1)
    tell(0, k - first + 1)
    for j in range(first, k + 1):
        before, last = last, one_slot(world.at(j), sky, next_sky, last)
        if j < k:
            sky, next_sky = next_sky, survey(world.at(j + 2), j + 2)
        tell(j - first + 1, k - first + 1)
    assert last is not None  # noqa: S101 - k >= first
    return before, last


def chain_of(world: World, slot: Slot, before: Slot | None, spot: Spot, moment: Moment) -> Chain:
    """Return the chain for the only place of a world.

    Parameters
    ----------
    world
        With one place, no fault applied.
    slot, before
        The finished slot, and the one before it where there is one.
    spot, moment
        What was asked for.
    """
    scene = Scene(world.under_law(slot.sky.slot), slot, before)
    sky = _sky(slot)
    licence, lighting, limit = _licence(slot), _lighting(slot, sky), _limit(slot)
    change_utc, change = next_change(scene)
    cause = CAUSES[scene.cause]
    chain = {
        "moment": moment,
        "where": _where(slot, spot),
        "licence": licence,
        "sky": sky,
        "budget": _budget(slot),
        "lighting": lighting,
        "way": _way(slot),
        "limit": limit,
    }
    return Chain(
        cause=cause,
        cause_words=CAUSE_WORDS[cause],
        mbps=float(slot.terminals.share[0]) * world.scenario.demand.mbps_per_subscriber,
        ladder=_ladder(slot, licence, sky, limit),
        change_utc=change_utc,
        change=change,
        alternatives=tuple(alternatives_of(scene)),
        notes=world.notes,
        **chain,  # type: ignore[arg-type]
    )


# The steps


def _where(slot: Slot, spot: Spot) -> Where:
    import h3

    world, places = slot.world, slot.world.places
    land, row = world.land, int(places.row[0])
    resolution = world.scenario.resolution
    country = int(places.country[0])
    overlay = int(land.verdict.overlay[row]) if row >= 0 else -1
    near, near_km = "", float("nan")
    if not world.scenario.cell:
        names, distances_km = nearest_town([spot.lat_deg], [spot.lon_deg])
        near, near_km = str(names[0]), float(distances_km[0])
    law_of = int(land.verdict.country[row]) if row >= 0 else country
    return Where(
        name=spot.name,
        lat_deg=spot.lat_deg,
        lon_deg=spot.lon_deg,
        source=spot.source,
        namesakes=spot.namesakes,
        cell=h3.latlng_to_cell(spot.lat_deg, spot.lon_deg, resolution),
        resolution=resolution,
        country=land.codes[country] if country >= 0 else "",
        country_name=land.names[country] if country >= 0 else "",
        law_of=land.codes[law_of] if law_of >= 0 else "",
        disputed=land.register.overlays[overlay].name if overlay >= 0 else "",
        point_of_view=world.scenario.licences.disputed if overlay >= 0 else "",
        is_inhabited=row >= 0,
        people=float(land.rows.people[row]) if row >= 0 else 0.0,
        settlement=SETTLEMENTS[land.rows.settlement[row]] if row >= 0 else "",
        near=near,
        near_km=near_km,
    )


def _licence(slot: Slot) -> Licence:
    world, places = slot.world, slot.world.places
    land, law = world.land, world.land.law
    row, country = int(places.row[0]), int(places.country[0])
    k = int(land.verdict.country[row]) if row >= 0 else country
    landing_class = int(places.landing_class[0])
    if landing_class < 0:
        landing_class = int(law.landing_class[k]) if k >= 0 else 0
    said = ruling(
        law,
        land.register,
        country=k,
        zone=int(land.verdict.zone[row]) if row >= 0 else -1,
        monitor=int(land.verdict.monitor[row]) if row >= 0 else -1,
        is_permitted=bool(places.landing_class[0] >= 0),
        refusal=places.limit[0],
        landing_class=landing_class,
        without_record=without_record(world.scenario, land, k),
    )
    has_own_angle = k >= 0 and np.isfinite(law.gso_exclusion_deg[k])
    has_own_pfd = k >= 0 and np.isfinite(law.pfd_dbw_m2_mhz[k])
    return Licence(
        **vars(said),
        gso_exclusion_deg=float(places.gso_exclusion_deg[0]),
        gso_source="licence record" if has_own_angle else "scenario",
        pfd_dbw_m2_mhz=float(law.pfd_dbw_m2_mhz[k])
        if has_own_pfd
        else world.scenario.downlink.pfd_dbw_m2_mhz,
        pfd_source="licence record" if has_own_pfd else "scenario",
    )


def _sky(slot: Slot) -> Sky:
    world, view, places = slot.world, slot.view, slot.world.places
    order = np.argsort(-view.sine, kind="stable")
    r_m, up = places.r_m[0], places.up[0]
    east = np.array(
        [-math.sin(math.radians(places.lon_deg[0])), math.cos(math.radians(places.lon_deg[0])), 0.0]
    )
    north = np.cross(up, east)
    line_m = slot.sky.r_sat_m[view.sat] - r_m
    azimuth_deg = np.degrees(np.arctan2(line_m @ east, line_m @ north)) % 360.0
    arc_deg = np.full(len(view.sat), np.nan)
    if len(view.sat):
        arc_deg = np.degrees(gso_angle_rad(places.lat_deg, places.lon_deg, line_m[None]))[0]
    used = _units_used(slot)
    routes, k = slot.links.routes, int(places.landing_class[0])
    gateways = world.ground.gateways.name
    seen = [
        Seen(
            satellite=world.fleet.elements.name[s],
            elevation_deg=float(np.degrees(np.arcsin(view.sine[i]))),
            azimuth_deg=float(azimuth_deg[i]),
            slant_km=float(view.slant_m[i]) / 1e3,
            gso_angle_deg=float(arc_deg[i]) if np.isfinite(arc_deg[i]) else float("nan"),
            verdict=_verdict(slot, int(i)),
            units_used=int(used[s]),
            units=world.beams.units_per_satellite,
            gateway=gateways[routes.gateway[max(k, 0), s]] if routes.has_path[max(k, 0), s] else "",
        )
        for i in order
        for s in [int(view.sat[i])]
    ]
    terminals = slot.terminals
    return Sky(
        min_elevation_deg=world.lowest_elevation_deg,
        gso_exclusion_deg=float(places.gso_exclusion_deg[0]),
        n_visible=int(terminals.n_visible[0]),
        n_clear=int(terminals.n_clear[0]),
        n_usable=int(terminals.n_usable[0]),
        satellites=tuple(seen),
    )


def _units_used(slot: Slot) -> Any:
    """Return the channel-shares in use on every satellite."""
    plan = slot.plan
    is_lit = plan.sat_of_cell >= 0
    return np.bincount(plan.sat_of_cell[is_lit], plan.units_of_cell[is_lit], len(plan.is_full)).astype(
        np.int64
    )


def _verdict(slot: Slot, pair: int) -> str:
    """Return what a satellite in view is to the place: serves, usable, or the first thing against it."""
    view, k = slot.view, int(slot.world.places.landing_class[0])
    s = int(view.sat[pair])
    if slot.terminals.pair[0] == pair:
        return "serves"
    against = (
        (not view.is_alive[pair], "broken"),
        (not view.is_clear[pair], "gso_arc"),
        (not view.is_quiet[pair], "jammed"),
        (_channel_bps(slot, pair) <= 0.0, "link does not close"),
        (k < 0, "no licence"),
        (not slot.links.routes.has_path[max(k, 0), s], "no path home"),
    )
    return next((words for holds, words in against if holds), "usable")


def _sine_bin(slot: Slot, pair: int) -> int:
    n_bins: int = slot.world.radio.channel_rate_bps.shape[1]
    return min(int(slot.view.sine[pair] * n_bins), n_bins - 1)


def _channel_bps(slot: Slot, pair: int) -> float:
    """Return the rate of a channel from the table the run reads."""
    rate_class = int(slot.world.places.rate_class[0])
    return float(slot.world.radio.channel_rate_bps[rate_class, _sine_bin(slot, pair)])


def _best_pair(slot: Slot) -> int:
    """Return the pair of the serving satellite, else of the best there is: usable, clear, in view; -1 for none."""
    if slot.terminals.pair[0] >= 0:
        return int(slot.terminals.pair[0])
    view = slot.view
    if not len(view.sat):
        return -1
    rank = {
        "usable": 3,
        "no path home": 2,
        "no licence": 2,
        "link does not close": 2,
        "jammed": 1,
        "gso_arc": 1,
    }
    ranks = [rank.get(_verdict(slot, i), 0) for i in range(len(view.sat))]
    return max(range(len(ranks)), key=lambda i: (ranks[i], float(view.sine[i])))


def _budget(slot: Slot) -> Budget | None:
    pair = _best_pair(slot)
    if pair < 0:
        return None
    world, keys, downlink = slot.world, slot.world.scenario.terminal, slot.world.scenario.downlink
    sine = float(slot.view.sine[pair])
    rate_class = int(world.places.rate_class[0])
    pfd_db = float(world.radio.pfd_of_class_dbw_m2_mhz[rate_class])
    wavelength_m = SPEED_OF_LIGHT_M_S / (downlink.frequency_ghz * 1e9)
    aperture_db = keys.gain_dbi + float(to_db(wavelength_m**2 / (4.0 * np.pi)))
    noise_db = float(to_db(BOLTZMANN_J_K * keys.temperature_k)) + 60.0
    scan_db = -keys.scan_exponent * float(to_db(max(sine, 1e-12)))
    jams = [world.faults[k].jam for k in world.standing]
    hits = [jam.places for jam in jams if jam is not None]
    jam_db = float(loss_of_jammers_db(hits)[0]) if hits else 0.0
    channel_bps = _channel_bps(slot, pair)
    efficiency = channel_bps / (downlink.channel_mhz * 1e6)
    modes = [name for _, bits, name in MODES if math.isclose(bits, efficiency, rel_tol=1e-9)]
    n_bins = world.radio.channel_rate_bps.shape[1]
    return Budget(
        satellite=world.fleet.elements.name[slot.view.sat[pair]],
        elevation_deg=math.degrees(math.asin(sine)),
        pfd_dbw_m2_mhz=pfd_db,
        frequency_ghz=downlink.frequency_ghz,
        wavelength_m=wavelength_m,
        gain_dbi=keys.gain_dbi,
        aperture_dbm2=aperture_db,
        scan_loss_db=scan_db,
        temperature_k=keys.temperature_k,
        noise_dbw_mhz=noise_db,
        margin_db=downlink.margin_db,
        jammer_loss_db=jam_db,
        cn_db=pfd_db - scan_db + aperture_db - noise_db - downlink.margin_db - jam_db,
        table_elevation_deg=math.degrees(math.asin(_sine_bin(slot, pair) / n_bins)),
        mode=modes[0] if modes else "none closes",
        efficiency=efficiency,
        channel_mhz=downlink.channel_mhz,
        channel_mbps=channel_bps / 1e6,
        unit_mbps=channel_bps / 1e6 / world.beams.shares_per_channel,
    )


def _lighting(slot: Slot, sky: Sky) -> Lighting:
    import h3

    world, plan, places = slot.world, slot.plan, slot.world.places
    row, cell = int(places.row[0]), int(places.cell[0])
    used = _units_used(slot)
    s = int(plan.sat_of_cell[cell]) if cell >= 0 else -1
    around = np.zeros(0, np.int64)
    if not world.scenario.cell:
        here = h3.latlng_to_cell(places.lat_deg[0], places.lon_deg[0], world.scenario.resolution)
        ids = np.array([h3.str_to_int(c) for c in h3.grid_ring(here, 1)], np.uint64)
        around = np.flatnonzero(np.isin(world.grid.cell, ids))
    nan = float("nan")
    return Lighting(
        subscribers=float(world.land.subscribers[row]) if row >= 0 else 0.0,
        row_demand_mbps=float(slot.asked.row_bps[row]) / 1e6 if row >= 0 else 0.0,
        cell_demand_mbps=float(slot.asked.cell_bps[cell]) / 1e6 if cell >= 0 else 0.0,
        planned_mbps=float(plan.planned_bps[cell]) / 1e6 if cell >= 0 else 0.0,
        satellite=world.fleet.elements.name[s] if s >= 0 else "",
        units=int(plan.units_of_cell[cell]) if s >= 0 else 0,
        units_most=world.beams.units_per_cell,
        satellite_units_used=int(used[s]) if s >= 0 else 0,
        satellite_units=world.beams.units_per_satellite,
        satellite_cells=int((plan.sat_of_cell == s).sum()) if s >= 0 else 0,
        satellite_planned_gbps=float(plan.planned_bps[plan.sat_of_cell == s].sum()) / 1e9 if s >= 0 else 0.0,
        satellite_gbps=world.beams.capacity_bps / 1e9,
        unit_price=float(plan.prices.unit[s]) if s >= 0 else nan,
        n_around=len(around),
        n_around_lit=int((plan.sat_of_cell[around] >= 0).sum()),
        around_demand_mbps=float(slot.asked.cell_bps[around].sum()) / 1e6,
        full=tuple(
            seen.satellite
            for seen in sky.satellites
            if seen.verdict == "usable" and seen.units_used >= seen.units
        ),
        row_cause=CAUSES[slot.service.cause[row]] if row >= 0 else "",
        row_rtt_ms=float(slot.service.rtt_s[row]) * 1e3 if row >= 0 else nan,
        is_spilled_on=row in world.spill.lit_rows(world.grid, world.land, slot.sky.r_sat_m, plan.sat_of_cell),
    )


def _way(slot: Slot) -> Way | None:
    """Return the path of the serving satellite, or of the best usable one."""
    pair = _best_pair(slot)
    k = int(slot.world.places.landing_class[0])
    if pair < 0 or k < 0 or not slot.links.routes.has_path[k, int(slot.view.sat[pair])]:
        return None
    s, world = int(slot.view.sat[pair]), slot.world
    slant_m = float(slot.view.slant_m[pair])
    sats, links, feed, gateway, pop, n_paths, main_share = _main_path(slot, k, s)
    names = world.fleet.elements.name
    ground, isls, feeders = world.ground, slot.links.isls, slot.links.feeders
    radio_s = slant_m / SPEED_OF_LIGHT_M_S
    hops = [Hop("radio", world.places.name[0], names[s], slant_m / 1e3, radio_s * 1e3, float("nan"))]
    for a, b, link in zip(sats[:-1], sats[1:], links, strict=True):
        metres = float(isls.length_m[link])
        way = 0 if slot.links.pairs[link, 0] == a else 1
        load = _load(slot, ISL, 2 * link + way)
        hops.append(Hop("isl", names[a], names[b], metres / 1e3, metres / SPEED_OF_LIGHT_M_S * 1e3, load))
    metres = float(feeders.slant_m[feed])
    site, pop_name = ground.gateways.name[gateway], ground.pops.name[pop]
    down_ms = metres / SPEED_OF_LIGHT_M_S * 1e3
    hops.append(Hop("feeder", names[sats[-1]], site, metres / 1e3, down_ms, _load(slot, FEED, feed)))
    straight_m = float(
        great_circle_m(
            ground.gateways.lat_deg[gateway],
            ground.gateways.lon_deg[gateway],
            ground.pops.lat_deg[pop],
            ground.pops.lon_deg[pop],
        )
    )
    fibre_km = straight_m * world.scenario.latency.fibre_factor / 1e3
    fibre_ms = float(ground.fibre_s[gateway, pop]) * 1e3
    hops.append(Hop("fibre", site, pop_name, fibre_km, fibre_ms, _load(slot, GATEWAY, gateway)))
    legs_ms = 2.0 * sum(hop.delay_ms for hop in hops)
    processing_ms = world.scenario.latency.processing_ms
    total_ms = float(rtt_s(np.asarray(slant_m), slot.taken.delay_s[k, s], processing_ms * 1e-3)) * 1e3
    return Way(
        satellite=names[s],
        gateway=site,
        gateway_country=ground.gateways.country[gateway],
        pop=pop_name,
        hops=tuple(hops),
        n_paths=n_paths,
        main_share=main_share,
        legs_ms=legs_ms,
        queueing_ms=total_ms - processing_ms - legs_ms,
        processing_ms=processing_ms,
        rtt_ms=total_ms,
    )


def _main_path(slot: Slot, k: int, s: int) -> tuple[list[int], list[int], int, int, int, int, float]:
    """Return satellites, lasers, feed, gateway and PoP of the path with most traffic, how many there are, its share.

    Of a satellite without traffic it is the quickest path.
    """
    routes, streams = slot.links.routes, slot.streams
    flow = np.flatnonzero((slot.flow_sat == s) & (slot.flow_class == k))
    path = int(streams.main_path_of_flows()[flow[0]]) if len(flow) else -1
    if path < 0 or streams.shares.carried_bps[flow[0]] <= 0.0:
        sats = path_of(routes, k, s)
        links = [int(routes.next_link[k, sat]) for sat in sats[:-1]]
        ends = int(routes.feed[k, s]), int(routes.gateway[k, s]), int(routes.pop[k, s])
        return sats, links, *ends, 1, 1.0
    steps = streams.paths.resource[streams.paths.first[path] : streams.paths.first[path + 1]]
    kinds, index = kind_and_index(streams.paths, steps)
    links = [int(i) for i in index[kinds == ISL]]
    sats = [s]
    for link in links:
        a, b = (int(end) for end in slot.links.pairs[link])
        sats.append(b if sats[-1] == a else a)
    feed, gateway, pop = (int(index[kinds == kind][0]) for kind in (FEED, GATEWAY, POP))
    own = streams.flow_of_path == flow[0]
    n_paths = int((own & (streams.path_bps > 0.0)).sum())
    share = float(streams.path_bps[path] / streams.path_bps[own].sum())
    return sats, links, feed, gateway, pop, n_paths, share


def _load(slot: Slot, kind: int, index: int) -> float:
    """Return the load of a resource over what it carries at most; NaN where nothing limits it."""
    at = int(slot.paths.start_of_kind[kind]) + index
    capacity_bps = float(slot.paths.capacity_bps[at])
    return float(slot.shares.load_bps[at]) / capacity_bps if 0.0 < capacity_bps < np.inf else float("nan")


def _limit(slot: Slot) -> Limit:
    name, nan = limit_of_place(slot.world, slot, 0), float("nan")
    cause = CAUSES[slot.terminals.cause[0]]
    kinds = {
        "fault": "fault", "jammed": "fault", "no_licence": "law", "zone": "law", "no_satellite": "sky",
        "gso_arc": "sky", "no_gateway_path": "gateway", "no_beam": "beams", "served": "nothing",
    }  # fmt: skip
    if cause in kinds:
        return Limit(name, kinds[cause], nan, nan)
    places, plan = slot.world.places, slot.plan
    s, cell = int(slot.terminals.sat[0]), int(places.cell[0])
    s = int(plan.sat_of_cell[cell]) if s < 0 and cell >= 0 else s
    flow = np.flatnonzero((slot.flow_sat == s) & (slot.flow_class == places.landing_class[0]))
    at = int(slot.shares.bottleneck[flow[0]]) if len(flow) else -1
    if at < 0:
        return Limit(name, "beams", nan, nan)
    resource = np.array([at], np.int32)
    kind, _ = kind_and_index(slot.paths, resource)
    load_gbps, capacity_gbps = (float(x[at]) / 1e9 for x in (slot.shares.load_bps, slot.paths.capacity_bps))
    return Limit(
        resource_name(slot.world, slot, resource), RESOURCE_KINDS[int(kind[0])], load_gbps, capacity_gbps
    )


def _ladder(slot: Slot, licence: Licence, sky: Sky, limit: Limit) -> tuple[Rung, ...]:
    """Return the causes in their order down to the first that holds, each with what was found."""
    cause = CAUSES[slot.terminals.cause[0]]
    standing = "; ".join(slot.world.faults[k].name for k in slot.world.standing)
    n_excluded = sky.n_visible - sky.n_clear
    found = {
        "fault": f"stands: {standing}; takes nothing from this place" if standing else "none stands",
        "no_licence": f"status: {licence.status}",
        "zone": f"{licence.zone} ({licence.zone_rule})" if licence.zone else "the place lies in none",
        "no_satellite": f"{sky.n_visible} above {sky.min_elevation_deg:g} deg",
        "gso_arc": f"{n_excluded} of {sky.n_visible} nearer than {sky.gso_exclusion_deg:g} deg to the arc",
        "jammed": "no jammer here",
        "weather": "clear sky over terminals: the model has no weather there",
        "no_gateway_path": f"{sky.n_usable} of {sky.n_clear} have a permitted path home",
        "no_beam": "a beam lights the place",
        "no_feeder_capacity": "traffic gets home",
        "partly": "it gets all it asks for",
        "served": "nothing stands against it",
    }
    if any(seen.verdict == "jammed" for seen in sky.satellites):
        found["jammed"] = "some satellites are lost to it, not all"
    rungs = []
    for name in CAUSES:
        if name == cause:
            rungs.append(Rung(name, holds=True, why=limit.name or _first_words(name, found, sky)))
            break
        rungs.append(Rung(name, holds=False, why=found[name]))
    return tuple(rungs)


def _first_words(cause: str, found: dict[str, str], sky: Sky) -> str:
    if cause == "gso_arc":
        return f"all {sky.n_visible} in view are nearer than {sky.gso_exclusion_deg:g} deg to the arc"
    return found[cause]


def _tree(value: Any) -> Any:
    """Return frozen dataclasses as plain values; NaN becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _tree(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_tree(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
