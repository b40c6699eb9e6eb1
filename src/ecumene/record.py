"""Recording: statistics on the fly while slots pass, tables and summary at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene import __version__
from ecumene.carriage import Carriage, open_carriage, riskiest_gateways
from ecumene.earth.cells import SETTLEMENTS
from ecumene.earth.ellipsoid import geodetic_of_ecef, great_circle_m
from ecumene.keyframes import key_columns, landings_of_rows, serving_satellites
from ecumene.network.latency import rtt_geometry_s, rtt_s
from ecumene.network.service import (
    FAULT,
    JAMMED,
    NO_BEAM,
    NO_FEEDER_CAPACITY,
    NO_GATEWAY_PATH,
    NO_LICENCE,
    PARTLY,
    ZONE,
)
from ecumene.network.sharing import GATEWAY, RESOURCE_KINDS, kind_and_index, load_of_kind
from ecumene.orbits.elements import STATUSES
from ecumene.orbits.propagation import propagate
from ecumene.pairs import pair_columns, pairs_in_short
from ecumene.radio.contours import CONTOUR_DB
from ecumene.results.arrays import SlotArrays, open_arrays
from ecumene.results.dwells import Dwells, count_dwells, dwell_slots, open_dwells
from ecumene.results.events import FOLLOWED, Event, fault_table, people_of_slot
from ecumene.results.frames import Frames, key_slots, step_times_s
from ecumene.results.outcome import Results
from ecumene.results.schema import CAUSES, PAIRS, PLACES, SLOTS, Table
from ecumene.results.statistics import (
    RowStatistics,
    count_slot,
    open_statistics,
    rate_share_percentile,
    rate_share_percentiles_of_groups,
    rtt_percentile_s,
    settle,
)
from ecumene.results.summary import (
    Remedies,
    busiest_gateways,
    causes,
    country_table,
    faults_in_short,
    places_in_short,
    promise,
    spill_in_short,
    weighted_percentile,
    worst_countries,
    worst_isolated,
)
from ecumene.world.land import rulings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from ecumene.slot import Slot
    from ecumene.world import World

LOAD_STEPS = 1_000
"""Gateway loads are counted in steps of 0.1 % of the ceiling."""

SAT_LOAD_STEPS = 50
"""Those of satellites, of which there are many, in steps of 2 %."""


@dataclass
class Ledger:
    """What has been counted so far; the only thing of a run that is written to.

    It keeps no state elsewhere: a run goes on from a ledger and its last slot (`ecumene.course`), with the seconds that
    every slot took.
    """

    world: World
    rows: RowStatistics
    dwells: Dwells
    carried_of_sat: NDArray[np.float64]
    carried_of_sat_max: NDArray[np.float64]
    loads_of_sat: NDArray[np.uint32]
    fed_of_sat: NDArray[np.float64]
    antennas_used: NDArray[np.float64]
    carried_of_gateway: NDArray[np.float64]
    carried_of_gateway_max: NDArray[np.float64]
    loads_of_gateway: NDArray[np.int64]
    first_r_sat_m: NDArray[np.float64]
    spilled_of_row: NDArray[np.int64]
    carriage: Carriage
    keeps_arrays: bool = False
    places: list[dict[str, list[Any]]] = field(default_factory=list)
    pairs: list[Table] = field(default_factory=list)
    slots: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    there: list[dict[int, dict[str, Any]]] = field(default_factory=list)
    totals: list[tuple[float, ...]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def record(self, slot: Slot) -> None:
        """Count one slot."""
        count_slot(
            self.rows,
            country_of_row=self.world.land.rows.country,
            cause=slot.service.cause,
            rate_bps=slot.service.rate_bps,
            demand_bps=slot.asked.row_bps,
            rtt_s=slot.service.rtt_s,
            is_available=slot.service.is_available,
            is_reachable=slot.service.is_reachable,
            sat_of_cell=slot.plan.sat_of_cell,
            units_of_cell=slot.plan.units_of_cell,
        )
        self._record_satellites(slot)
        self._record_gateways(slot)
        self.carriage.record(slot)
        self.places.append(place_columns(slot.world, slot))
        if len(self.world.pairs):
            self.pairs.append(pair_columns(slot.world, slot, _utc(self.world, slot)))
        plan = slot.plan
        n_asking = max(1, int(np.count_nonzero(slot.asked.cell_bps > 0.0)))
        self.totals.append(
            (
                float(slot.asked.cell_bps.sum()),
                plan.served_bps,
                float(slot.service.rate_bps.sum()),
                plan.served_bound_bps,
                plan.objective_bps,
                plan.objective_bound_bps,
                plan.n_handovers / n_asking,
                plan.n_forced / n_asking,
            )
        )
        self.slots.append(slot_columns(slot))
        named = {k: fault.row for k, fault in enumerate(self.world.faults) if fault.row is not None}
        self.there.append({k: fared(slot, row) for k, row in named.items()})
        here = slot.world
        if slot.sky.slot in key_slots(here.scenario.slots):
            self.keys.append({"slot": np.int64(slot.sky.slot), **key_columns(slot)})
        lit = here.spill.lit_rows(here.grid, here.land, slot.sky.r_sat_m, plan.sat_of_cell)
        self.spilled_of_row[lit] += 1
        count_dwells(self.dwells, plan.sat_of_cell)
        if slot.sky.slot == 0:
            self.first_r_sat_m = slot.sky.r_sat_m

    def _record_satellites(self, slot: Slot) -> None:
        carried = np.bincount(slot.flow_sat, slot.shares.carried_bps, len(self.carried_of_sat))
        self.carried_of_sat += carried
        np.maximum(self.carried_of_sat_max, carried, out=self.carried_of_sat_max)
        load = carried / self.world.beams.capacity_bps
        step = np.minimum((load * SAT_LOAD_STEPS + 0.5).astype(np.int64), SAT_LOAD_STEPS)
        self.loads_of_sat[np.arange(len(step)), step] += 1
        self.fed_of_sat[slot.links.feeders.sat_of_feed] += 1.0

    def _record_gateways(self, slot: Slot) -> None:
        carried = load_of_kind(slot.paths, slot.shares.load_bps, GATEWAY)
        self.antennas_used += np.bincount(slot.links.feeders.gateway_of_feed, minlength=len(carried))
        self.carried_of_gateway += carried
        np.maximum(self.carried_of_gateway_max, carried, out=self.carried_of_gateway_max)
        step = np.minimum(
            (carried / self.world.ground.gateway_bps * LOAD_STEPS + 0.5).astype(np.int64), LOAD_STEPS
        )
        self.loads_of_gateway[np.arange(len(step)), step] += 1

    def close(self) -> Results:
        """Return the results of everything counted."""
        n_slots = len(self.totals)
        settle(self.rows)
        rows = _row_table(self.world, self.rows, n_slots)
        cause_share = self.rows.causes / n_slots
        land = self.world.land
        tables = {
            "rows": rows,
            "countries": country_table(
                country_of_row=land.rows.country.astype(np.int32),
                codes=land.codes,
                names=land.names,
                statuses=land.law.status,
                rows=rows,
                cause_share=cause_share,
                subscribers=land.subscribers,
                demand_bps=self.rows.demand_bps / n_slots,
                carried_bps=self.rows.carried_bps / n_slots,
                spilled_people=land.rows.people * self.spilled_of_row / n_slots,
            ),
            "satellites": self._satellite_table(n_slots),
            "gateways": self._gateway_table(n_slots),
            "places": _place_table(self.places),
            "pairs": _pair_table(self.pairs),
            "isls": self.carriage.isl_table(n_slots),
            "landings": self.carriage.landing_table(n_slots),
            "cuts": self.carriage.cut_table(),
        }
        tables |= _event_tables(self.world, self.slots, self.there)
        summary = _summary(self.world, self, tables, cause_share)
        if self.world.scenario.output.arrays and not self.keeps_arrays:
            summary["notes"].append(
                "Per-slot arrays were asked for and not kept: no folder was named for them."
            )
        summary["pairs"] = pairs_in_short(tables["pairs"])
        summary["faults"] = faults_in_short(tables["faults"])
        summary["places"] = places_in_short(tables["places"], self.world.scenario.slot_s)
        summary["seconds"] = {
            "slots": round(sum(self.seconds), 3),
            "per_slot_median": round(float(np.median(self.seconds)), 4),
        }
        return Results(self.world.scenario, tables, summary, _frames(self.world, self.keys, self.rows.causes))

    def _satellite_table(self, n_slots: int) -> Table:
        elements, world = self.world.fleet.elements, self.world
        load_max = self.carried_of_sat_max / world.beams.capacity_bps
        seen = np.cumsum(self.loads_of_sat, axis=1)
        p50, p95 = ((seen < q * n_slots).sum(axis=1) / SAT_LOAD_STEPS for q in (0.5, 0.95))
        is_known = np.isfinite(self.first_r_sat_m[:, 0])
        lat_deg, lon_deg, height_m = (np.full(len(elements), np.nan) for _ in range(3))
        lat_deg[is_known], lon_deg[is_known], height_m[is_known] = geodetic_of_ecef(
            self.first_r_sat_m[is_known]
        )
        return {
            "satellite": np.array(elements.name, dtype=object),
            "norad_id": elements.norad_id,
            "status": np.array([STATUSES[k] for k in world.status], dtype=object),
            "shell": elements.shell,
            "plane": elements.plane,
            "slot": elements.slot,
            "lat_deg": lat_deg,
            "lon_deg": lon_deg,
            "altitude_km": height_m / 1e3,
            "x_km": self.first_r_sat_m[:, 0] / 1e3,
            "y_km": self.first_r_sat_m[:, 1] / 1e3,
            "z_km": self.first_r_sat_m[:, 2] / 1e3,
            "cells_mean": self.rows.n_cells / n_slots,
            "units_share": self.rows.n_units / n_slots / world.beams.units_per_satellite,
            "carried_gbps_mean": self.carried_of_sat / n_slots / 1e9,
            "carried_gbps_max": self.carried_of_sat_max / 1e9,
            "load_p50": np.minimum(p50, load_max),
            "load_p95": np.minimum(p95, load_max),
            "load_max": load_max,
            "feeder_share": np.minimum(self.fed_of_sat / n_slots, 1.0),
        }

    def _gateway_table(self, n_slots: int) -> Table:
        gateways, ceiling_bps = self.world.ground.gateways, self.world.ground.gateway_bps
        seen = np.cumsum(self.loads_of_gateway, axis=1)
        p50, p95 = ((seen < q * n_slots).sum(axis=1) / LOAD_STEPS for q in (0.5, 0.95))
        return {
            "gateway": np.array(gateways.name, dtype=object),
            "country": np.array(gateways.country, dtype=object),
            "lat_deg": gateways.lat_deg,
            "lon_deg": gateways.lon_deg,
            "antennas": gateways.antennas.astype(np.int64),
            "antennas_used": self.antennas_used / n_slots,
            "capacity_gbps": ceiling_bps / 1e9,
            "carried_gbps_mean": self.carried_of_gateway / n_slots / 1e9,
            "carried_gbps_max": self.carried_of_gateway_max / 1e9,
            "load_p50": p50,
            "load_p95": p95,
            "load_max": self.carried_of_gateway_max / ceiling_bps,
            **self.carriage.failure_columns(),
        }


def open_ledger(world: World, *, keeps_arrays: bool = False) -> Ledger:
    """Return a ledger with nothing counted.

    Parameters
    ----------
    world
        What stays the same.
    keeps_arrays
        The per-slot arrays that the scenario may ask for are written as well.
    """
    n_sats, n_gateways = len(world.fleet.elements), len(world.ground.gateways)
    return Ledger(
        world=world,
        keeps_arrays=keeps_arrays,
        dwells=open_dwells(len(world.grid.cell), world.scenario.slots),
        rows=open_statistics(
            len(world.land.rows.cell),
            len(world.grid.cell),
            world.scenario.slots,
            n_sats,
            len(world.land.codes),
        ),
        carried_of_sat=np.zeros(n_sats),
        carried_of_sat_max=np.zeros(n_sats),
        loads_of_sat=np.zeros((n_sats, SAT_LOAD_STEPS + 1), np.uint32),
        fed_of_sat=np.zeros(n_sats),
        antennas_used=np.zeros(n_gateways),
        carried_of_gateway=np.zeros(n_gateways),
        carried_of_gateway_max=np.zeros(n_gateways),
        loads_of_gateway=np.zeros((n_gateways, LOAD_STEPS + 1), np.int64),
        first_r_sat_m=np.full((n_sats, 3), np.nan),
        spilled_of_row=np.zeros(len(world.land.rows.cell), np.int64),
        carriage=open_carriage(world),
    )


def utc_text(at: datetime) -> str:
    """Return an instant as people and programs read it: 2026-03-24T12:00:12Z, with a fraction if it has one."""
    text = at.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text}Z"


def _utc(world: World, slot: Slot) -> str:
    return utc_text(world.start + timedelta(seconds=slot.sky.t_s))


def slot_columns(slot: Slot) -> dict[str, Any]:
    """Return the line of the table of slots."""
    world, plan = slot.world, slot.plan
    return {
        "slot": slot.sky.slot,
        "utc": _utc(world, slot),
        "faults": "; ".join(world.faults[k].name for k in world.standing),
        "demand_gbps": float(slot.asked.cell_bps.sum()) / 1e9,
        "planned_gbps": plan.served_bps / 1e9,
        **fared(slot, None),
        "handovers": plan.n_handovers,
        "plan_gap": 1.0 - plan.objective_bps / plan.objective_bound_bps
        if plan.objective_bound_bps > 0.0
        else 0.0,
    }


def arrays_of_run(world: World, folder: Path | None) -> SlotArrays | None:
    """Return a new store for the per-slot arrays of a run; None where none is asked for, or there is no folder."""
    names = world.scenario.output.arrays
    if not names or folder is None:
        return None
    rows, land = world.land.rows, world.land
    return open_arrays(
        folder,
        names,
        {
            "cell": rows.cell,
            "country": np.array(land.codes, dtype=object)[rows.country],
            "lat_deg": rows.lat_deg,
            "lon_deg": rows.lon_deg,
        },
        start_utc=utc_text(world.start),
        slot_s=world.scenario.slot_s,
        n_slots=world.scenario.slots,
    )


def array_columns(slot: Slot, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return what is kept of a slot for every row, as `ecumene.results.schema.ARRAYS` says it."""
    service, asked_bps = slot.service, slot.asked.row_bps
    is_served = service.cause >= PARTLY
    share = np.divide(service.rate_bps, asked_bps, out=np.zeros_like(asked_bps), where=asked_bps > 0.0)
    made: dict[str, Callable[[], NDArray[Any]]] = {
        "mbps": lambda: slot.world.scenario.demand.mbps_per_subscriber * share,
        "carried_mbps": lambda: service.rate_bps / 1e6,
        "demand_mbps": lambda: asked_bps / 1e6,
        "rtt_ms": lambda: np.where(is_served, service.rtt_s, np.nan) * 1e3,
        "cause": lambda: service.cause,
        "is_available": lambda: service.is_available,
        "sat": lambda: serving_satellites(slot),
        "gateway": lambda: landings_of_rows(slot)[0],
    }
    return {name: made[name]() for name in names}


def _frames(world: World, keys: list[dict[str, Any]], slots_of_cause: NDArray[Any]) -> Frames:
    t_s, shown_s = step_times_s(world.scenario.slots * world.scenario.slot_s)
    said, ruling_of_row = rulings(world.scenario, world.land)
    return Frames(
        t_s=t_s,
        shown_s=shown_s,
        r_sat_m=np.stack([propagate(world.fleet, float(t)).r_ecef_m for t in t_s]).astype(np.float32),
        links=world.links,
        **{name: np.stack([columns[name] for columns in keys]) for name in keys[0]},
        slots_of_cause=slots_of_cause,
        ruling_of_row=ruling_of_row,
        rulings=said,
        pops=tuple(world.ground.pops.name),
    )


def fared(slot: Slot, row: NDArray[np.int64] | None) -> dict[str, Any]:
    """Return traffic and people of some rows in a slot; of all where none are given."""
    service, of = slot.service, slice(None) if row is None else row
    people = slot.world.land.rows.people[of]
    return {
        "carried_gbps": float(service.rate_bps[of].sum()) / 1e9,
        **people_of_slot(
            people, service.cause[of], service.is_available[of], service.is_reachable[of], service.rtt_s[of]
        ),
    }


def _event_tables(
    world: World, lines: list[dict[str, Any]], there: list[dict[int, dict[str, Any]]]
) -> dict[str, Table]:
    """Return the tables of slots and of faults."""
    kinds = {"str": object, "int64": np.int64, "float64": np.float64}
    slots = {v.name: np.array([line[v.name] for line in lines], kinds[v.dtype]) for v in SLOTS}
    events = [Event(f.name, f.kind, f.where, f.start_s, f.end_s) for f in world.faults]
    followed: list[Table | None] = [
        {name: np.array([line[k][name] for line in there]) for name in FOLLOWED}
        if fault.row is not None
        else None
        for k, fault in enumerate(world.faults)
    ]
    utc = [
        utc_text(world.start + timedelta(seconds=t_s)) if abs(t_s) < 1e9 else ""
        for event in events
        for t_s in (event.start_s, event.end_s)
    ]
    return {"slots": slots, "faults": fault_table(events, slots, followed, utc, world.scenario.slot_s)}


def place_columns(world: World, slot: Slot) -> dict[str, list[Any]]:
    """Return the lines of the named places for one slot, by column."""
    terminals, routes, places = slot.terminals, slot.taken, world.places
    p = np.arange(len(places.name))
    s, k = np.maximum(terminals.sat, 0), np.maximum(places.landing_class, 0)
    is_served = terminals.sat >= 0
    sine, slant_m = np.full((2, len(p)), np.nan)
    pair = terminals.pair[is_served]
    sine[is_served], slant_m[is_served] = slot.view.sine[pair], slot.view.slant_m[pair]
    processing_s = world.scenario.latency.processing_ms * 1e-3
    busy_mbps = world.scenario.demand.mbps_per_subscriber
    gateways, pops, names = world.ground.gateways.name, world.ground.pops.name, world.fleet.elements.name

    def where(values: NDArray[Any]) -> list[float]:
        return [float(v) for v in np.where(is_served, values, np.nan)]

    utc = _utc(world, slot)
    return {
        "slot": [slot.sky.slot] * len(p),
        "utc": [utc] * len(p),
        "place": list(places.name),
        "cause": [CAUSES[c] for c in terminals.cause],
        "limit": [limit_of_place(world, slot, int(i)) for i in p],
        "n_visible": [int(n) for n in terminals.n_visible],
        "n_clear": [int(n) for n in terminals.n_clear],
        "n_usable": [int(n) for n in terminals.n_usable],
        "satellite": [names[i] if ok else "" for i, ok in zip(s, is_served, strict=True)],
        "elevation_deg": where(np.degrees(np.arcsin(sine))),
        "slant_km": where(slant_m / 1e3),
        "gateway": [
            gateways[routes.gateway[c, i]] if ok else "" for c, i, ok in zip(k, s, is_served, strict=True)
        ],
        "pop": [pops[routes.pop[c, i]] if ok else "" for c, i, ok in zip(k, s, is_served, strict=True)],
        "hops": where(routes.hops[k, s]),
        "mbps": where(busy_mbps * terminals.share),
        "rtt_ms": where(rtt_s(slant_m, routes.delay_s[k, s], processing_s) * 1e3),
        "rtt_geometry_ms": where(rtt_geometry_s(slant_m, routes.space_m[k, s]) * 1e3),
    }


def limit_of_place(world: World, slot: Slot, place: int) -> str:
    """Return what bound a place in a slot; empty where nothing did.

    Parameters
    ----------
    world, slot
        The world as it is in the slot, and the finished slot.
    place
        Index of the place.
    """
    cause, places = slot.terminals.cause[place], world.places
    if cause in {NO_LICENCE, ZONE}:
        return places.limit[place]
    if cause == NO_GATEWAY_PATH:
        return _missing_path(world, slot, place)
    if cause in {FAULT, JAMMED}:
        faults = [world.faults[k] for k in world.standing]
        return "; ".join(fault.name for fault in faults if (fault.jam is not None) == (cause == JAMMED))
    if cause == NO_BEAM:
        return "every usable satellite is full"
    if cause not in {NO_FEEDER_CAPACITY, PARTLY}:
        return ""
    s, k = slot.terminals.sat[place], places.landing_class[place]
    if s < 0 and places.cell[place] >= 0:
        s = slot.plan.sat_of_cell[places.cell[place]]
    if s < 0:
        return "no capacity left on the way home"
    flow = np.flatnonzero((slot.flow_sat == s) & (slot.flow_class == k))
    if len(flow) and slot.shares.bottleneck[flow[0]] >= 0:
        return resource_name(world, slot, slot.shares.bottleneck[flow])
    return f"satellite {world.fleet.elements.name[s]}: beams"


def _missing_path(world: World, slot: Slot, place: int) -> str:
    """Return why no satellite in view has a path home."""
    if not (len(world.links) or world.scenario.isl.cross_shell):
        return "no satellite in view sees a permitted gateway"
    view = slot.view
    pairs = slice(view.first_of_place[place], view.first_of_place[place + 1])
    in_view = view.sat[pairs][view.is_clear[pairs]]
    if slot.links.routes.has_path[:, in_view].any():
        return "no path to a gateway and PoP where its traffic may land"
    return "no chain of links leads from the satellites in view to a gateway"


def resource_name(world: World, slot: Slot, resource: NDArray[np.int32]) -> str:
    """Return the name of a full satellite, laser, antenna or site.

    Parameters
    ----------
    world, slot
        The world as it is in the slot, and the finished slot.
    resource : (1,)
        Resource of the slot's paths (`ecumene.network.sharing`).
    """
    kind, index = (int(found[0]) for found in kind_and_index(slot.paths, resource))
    names, gateways = world.fleet.elements.name, world.ground.gateways.name
    if RESOURCE_KINDS[kind] == "satellite":
        return f"satellite {names[index]}: capacity"
    if RESOURCE_KINDS[kind] == "isl":
        a, b = slot.links.pairs[index]
        return f"ISL {names[a]} - {names[b]}"
    if RESOURCE_KINDS[kind] == "feeder":
        feeders = slot.links.feeders
        return f"gateway {gateways[feeders.gateway_of_feed[index]]}: antenna on {names[feeders.sat_of_feed[index]]}"
    if RESOURCE_KINDS[kind] == "gateway":
        return f"gateway {gateways[index]}"
    return f"PoP {world.ground.pops.name[index]}"


def _place_table(slots: list[dict[str, list[Any]]]) -> Table:
    dtype = {"str": object, "int64": np.int64, "float64": np.float64}
    table = {}
    for variable in PLACES:
        values = [value for columns in slots for value in columns[variable.name]]
        kind = np.float64 if variable.name == "hops" else dtype[variable.dtype]  # hops: NaN where not served
        table[variable.name] = np.array(values, dtype=kind)
    return table


def _pair_table(slots: list[Table]) -> Table:
    none = {"str": np.zeros(0, object), "int64": np.zeros(0, np.int64), "float64": np.zeros(0)}
    return {
        variable.name: np.concatenate([columns[variable.name] for columns in slots])
        if slots
        else none[variable.dtype]
        for variable in PAIRS
    }


def _row_table(world: World, statistics: RowStatistics, n_slots: int) -> Table:
    rows, land = world.land.rows, world.land
    hours = n_slots * world.scenario.slot_s / 3_600.0
    busy_mbps = world.scenario.demand.mbps_per_subscriber
    served = statistics.n_served / n_slots
    mbps = {
        q: (busy_mbps * rate_share_percentile(statistics, q)).astype(np.float32) for q in (5.0, 50.0, 95.0)
    }
    rtt_ms = {q: (rtt_percentile_s(statistics, q) * 1e3).astype(np.float32) for q in (50.0, 95.0)}
    codes, settlements, cause_names = (
        np.array(names, dtype=object) for names in (land.codes, SETTLEMENTS, CAUSES)
    )
    return {
        "cell": rows.cell,
        "country": codes[rows.country],
        "share": rows.share,
        "people": rows.people,
        "settlement": settlements[rows.settlement],
        "lat_deg": rows.lat_deg,
        "lon_deg": rows.lon_deg,
        "availability": (statistics.n_available / n_slots).astype(np.float32),
        "served": served.astype(np.float32),
        "mbps_p5": mbps[5.0],
        "mbps_p50": mbps[50.0],
        "mbps_p95": mbps[95.0],
        "rtt_ms_p50": rtt_ms[50.0],
        "rtt_ms_p95": rtt_ms[95.0],
        "longest_gap_s": (statistics.longest_gap * world.scenario.slot_s).astype(np.float32),
        "handovers_per_h": (statistics.n_handovers[land.cell_of_row] / hours * (served > 0)).astype(
            np.float32
        ),
        "main_cause": cause_names[statistics.causes.argmax(axis=1)],
    }


def _in_seconds(slots: float | None, slot_s: float) -> float | None:
    return None if slots is None else slots * slot_s


def _summary(
    world: World, ledger: Ledger, tables: dict[str, Table], cause_share: NDArray[np.float64]
) -> dict[str, Any]:
    scenario, land, rows = world.scenario, world.land, tables["rows"]
    n_slots = len(ledger.totals)
    wanted, planned, carried, bound, objective, objective_bound, handovers, forced = np.array(
        ledger.totals
    ).mean(axis=0)
    dwell_mean, dwell_median = dwell_slots(ledger.dwells)
    people = rows["people"]
    total_people = max(float(people.sum()), 1e-300)
    is_served = rows["served"] > 0
    is_permitted = land.class_of_row >= 0
    mbps_of_class = _served_mbps(ledger, land.rows.settlement, len(SETTLEMENTS))
    mbps_of_all = _served_mbps(ledger, np.zeros(len(people), np.int8), 1)[0]
    status = np.bincount(world.status, minlength=len(STATUSES))
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "start_utc": utc_text(world.start),
        "end_utc": utc_text(world.start + timedelta(seconds=n_slots * scenario.slot_s)),
        "slots": n_slots,
        "slot_s": scenario.slot_s,
        "resolution": scenario.resolution,
        "seed": scenario.seed,
        "version": __version__,
        "satellites": {
            "listed": len(world.status),
            "scheduled": int(world.can_serve.sum()),
            "by_status": {STATUSES[k]: int(n) for k, n in enumerate(status) if n},
        },
        "cells": len(world.grid.cell),
        "rows": len(people),
        "people": float(people.sum()),
        "gateways": len(world.ground.gateways),
        "pops": len(world.ground.pops),
        "isls": len(world.links),
        "promise": promise(rows, mbps_of_class[:, 1]),
        "people_share": {
            "licensed": float(people[is_permitted].sum() / total_people),
            "available": float((people * rows["availability"]).sum() / total_people),
            "served": float((people * rows["served"]).sum() / total_people),
        },
        "cells_share": {
            "available": float(rows["availability"].mean()),
            "served": float(rows["served"].mean()),
        },
        "causes": causes(people, cause_share),
        "mbps": {
            f"p{q}": None if np.isnan(x) else float(x) for q, x in zip((5, 50, 95), mbps_of_all, strict=True)
        },
        "rtt_ms": {
            f"p{q}": weighted_percentile(rows["rtt_ms_p50"][is_served], people[is_served], q)
            for q in (5, 50, 95)
        },
        "traffic_gbps": {
            "demand": wanted / 1e9,
            "planned": planned / 1e9,
            "carried": carried / 1e9,
            "upper_bound": bound / 1e9,
            **ledger.carriage.traffic_gbps(),
        },
        "subscribers": {
            "total": land.n_subscribers,
            "unplaced": land.n_unplaced,
            "source": "announced by the operator"
            if scenario.demand.subscribers == "announced"
            else "scenario",
        },
        "plan": {
            "policy": scenario.scheduling.policy,
            "effort": scenario.scheduling.effort,
            "objective_gbps": objective / 1e9,
            "objective_bound_gbps": objective_bound / 1e9,
            "gap": 1.0 - objective / objective_bound if objective_bound > 0.0 else None,
            "is_certified": scenario.scheduling.fairness != "max-min",
            "served_gbps": planned / 1e9,
            "served_bound_gbps": bound / 1e9,
            "served_gap": 1.0 - planned / bound if bound > 0.0 else None,
            "handovers_per_cell_hour": handovers * 3_600.0 / scenario.slot_s,
            "forced_share": forced,
            "dwell_s_mean": _in_seconds(dwell_mean, scenario.slot_s),
            "dwell_s_median": _in_seconds(dwell_median, scenario.slot_s),
        },
        "spill": spill_in_short(
            tables["countries"],
            scenario.downlink.pfd_dbw_m2_mhz - CONTOUR_DB,
            scenario.downlink.pfd_dbw_m2_mhz,
        ),
        "gateways_busiest": busiest_gateways(tables["gateways"]),
        "gateways_riskiest": riskiest_gateways(tables["gateways"]),
        "gateways_tried": int((tables["gateways"]["people_lost"] >= 0.0).sum()),
        "countries_worst": worst_countries(tables["countries"]),
        "isolated_worst": worst_isolated(
            rows, _remedies(world, ledger, n_slots), dict(zip(land.codes, land.names, strict=True))
        ),
        "assumptions": _assumptions(world),
        "notes": [*world.notes, *ledger.carriage.notes()],
        "source": {
            "constellation": scenario.constellation.file or "filed shells of the scenario",
            "boundaries": "Natural Earth (German point of view: close to the United Nations')"
            if not scenario.cell
            else "scenario",
            "licences": scenario.licences.records or "scenario",
            "disputed": scenario.licences.disputed,
            "gateways": scenario.gateways.sites or "scenario",
        },
    }


def _served_mbps(ledger: Ledger, group: NDArray[np.int8], n_groups: int) -> NDArray[np.float64]:
    """Return the rate of a subscriber at p5, p50 and p95 over people and served slots, by group."""
    world = ledger.world
    share = rate_share_percentiles_of_groups(
        ledger.rows, world.land.rows.people, group, n_groups, (5.0, 50.0, 95.0)
    )
    return world.scenario.demand.mbps_per_subscriber * share


def _assumptions(world: World) -> list[str]:
    """Return the soft parts of the model in plain words, for the report."""
    scenario = world.scenario
    return [
        (
            f"{world.land.n_subscribers:,.0f} subscribers, spread over licensed places where the service is sold, by "
            f"people and with a preference for sparse ones; {scenario.demand.mbps_per_subscriber:g} Mbit/s each in "
            "the busy hour."
        ),
        "Mbit/s is the share of that busy-hour demand a subscriber gets, not the peak of a speed test.",
        (
            f"RTT is terminal - PoP - terminal with {scenario.latency.processing_ms:g} ms for framing and processing; "
            "the road from the PoP into the internet is not in it; "
            + (
                f"a full antenna, site or laser adds {scenario.latency.queue_cap_ms:g} ms of queue."
                if scenario.latency.queueing
                else "nor is queueing."
            )
        ),
        (f"{_sky(world)} Beams do not disturb each other. A cell is served by one satellite at a time."),
        *_radio(world),
        (
            "Traffic goes round what is full, as if every satellite knew the load of the whole network."
            if scenario.network.paths == "many"
            else "Traffic keeps to its quickest path, full or not."
        ),
        (
            f"Ground sites to 0.1 deg, {scenario.gateways.antennas} antennas each where a list says no more; the date "
            "a site went live is an upper bound."
        ),
    ]


def _radio(world: World) -> list[str]:
    """Return what is assumed of satellites, dishes, feeder links and jammers."""
    scenario = world.scenario
    satellite, terminal, downlink = scenario.satellite, scenario.terminal, scenario.downlink
    told = [
        (
            f"All satellites are alike: {satellite.user_beams} beams of {downlink.channel_mhz:g} MHz, "
            f"{satellite.capacity_gbps:g} Gbit/s."
        ),
        (
            f"Downlink: {downlink.pfd_dbw_m2_mhz:g} dBW/m2/MHz on the ground and level dishes of "
            f"{terminal.gain_dbi:g} dBi and {terminal.temperature_k:g} K are recalled or assumed, not read in a "
            "document; the modes of DVB-S2X stand in for the operator's own."
        ),
    ]
    if scenario.gateways.link == "budget":
        told.append(
            "Feeder links: the satellites' figure of merit and all of E-band are assumed, the interference is fitted "
            "to one published rate; the way up alone is computed."
        )
    if any(fault.jam is not None for fault in world.faults):
        told.append(
            f"Jammers: free space without hills or houses; dishes hear them {terminal.sidelobe_db:g} dB below their "
            "peak."
        )
    return told


def _sky(world: World) -> str:
    """Return what weather is assumed."""
    gateways = world.scenario.gateways
    if gateways.link == "budget" and gateways.weather != "clear":
        return (
            f"Clear sky over terminals; over all gateways at once the rain exceeded in {gateways.weather:g} % of the "
            "year."
        )
    return "Clear sky."


def _remedies(world: World, ledger: Ledger, n_slots: int) -> Remedies:
    gateways = world.ground.gateways

    def gateway_near(lat_deg: float, lon_deg: float) -> tuple[str, float] | None:
        if not len(gateways):
            return None
        distance_m = great_circle_m(lat_deg, lon_deg, gateways.lat_deg, gateways.lon_deg)
        k = int(np.argmin(distance_m))
        return gateways.name[k], float(distance_m[k]) / 1e3

    def town_near(lat_deg: float, lon_deg: float) -> tuple[str, float]:
        if world.scenario.cell:
            return "", 0.0
        from ecumene.earth.towns import nearest_town

        names, distance_km = nearest_town(np.array([lat_deg]), np.array([lon_deg]))
        return str(names[0]), float(distance_km[0])

    without_service = ledger.rows.causes.copy()
    without_service[:, [CAUSES.index("partly"), CAUSES.index("served")]] = 0
    return Remedies(
        cause_of_gap=np.array(CAUSES, dtype=object)[without_service.argmax(axis=1)],
        reachable=ledger.rows.n_reachable / n_slots,
        has_isls=len(world.links) > 0 or world.scenario.isl.cross_shell,
        is_unsold=world.land.is_permitted_in_row & ~world.land.is_sold_in_row,
        nearest_gateway=gateway_near,
        nearest_town=town_near,
    )
