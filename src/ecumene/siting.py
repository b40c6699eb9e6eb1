"""Automatic siting: which new gateways in a country would help most, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecumene.constants import MEAN_EARTH_RADIUS_M
from ecumene.earth.cells import countries_near, country_of_point, load_rows
from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.earth.towns import load_towns, nearest_town
from ecumene.errors import InputError
from ecumene.licences.law import ANYWHERE, landing_mask
from ecumene.network.placement import (
    CellsInSlot,
    LandedTraffic,
    Measure,
    Placement,
    SeenPeople,
    Sightings,
    place,
    sightings,
    spread_over_clear,
    thin_out,
    values_without,
)
from ecumene.network.sites import Site, Sites, sites_of_records
from ecumene.scenario.schema import SiteKeys
from ecumene.simulation import one_slot
from ecumene.sky.observer import clear_view
from ecumene.slot import survey
from ecumene.world.ground import build_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecumene.network.gateways import InView
    from ecumene.scenario import Scenario
    from ecumene.slot import Slot
    from ecumene.world import World

Goal = Literal["traffic", "people"]
GOALS: tuple[Goal, ...] = ("traffic", "people")

SAMPLES = 24
"""Slots sampled over the run where not said otherwise."""

CHECKED = 6
"""Of these, slots that the whole model computes with and without the new sites."""

SPACING_KM = 50.0
"""Least distance between sites where not said otherwise: soft, rain cells are some 10 to 20 km wide."""

PROPOSED = "proposed by ecumene site"
"""What a proposed site names as its source."""


@dataclass(frozen=True)
class Candidates:
    """Where a gateway could stand.

    Attributes
    ----------
    name
        Town, or the town near by and the position.
    lat_deg, lon_deg : (candidate,)
        Position. [deg]
    n_found
        How many there were before the spacing was applied.
    """

    name: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    n_found: int


@dataclass(frozen=True)
class Outcome:
    """What the served countries get in the checked slots, by the whole model.

    Attributes
    ----------
    carried_bps
        Traffic carried for them, mean. [bit/s]
    people
        People who could be served, mean; in a country without licence, if it had one.
    rtt_s
        Round trip of the median person served; NaN where nobody is. [s]
    world_carried_bps
        Traffic carried on the whole planet, mean. [bit/s]
    """

    carried_bps: float
    people: float
    rtt_s: float
    world_carried_bps: float


@dataclass(frozen=True)
class Proposal:
    """New gateways for a country, and what they are worth.

    Attributes
    ----------
    country, served
        Where the sites are, and whose people count: country codes.
    goal
        "traffic" or "people".
    slots : (sample,)
        Slots sampled.
    n_candidates, n_found
        Candidates, and how many there were before the spacing was applied.
    sites
        The new gateways, in the order in which they were chosen.
    placement
        Gains by the goal, and the bound.
    traffic_gain_bps, people_gain : (site,)
        What each adds to those before it, by either measure. [bit/s], people
    traffic_loss_bps, people_loss : (site,)
        What would be lost without it, all others standing. [bit/s], people
    traffic_before_bps, people_before
        What the existing gateways reach without lasers. [bit/s], people
    demand_bps, people
        All there is to be reached. [bit/s], people
    distance_km : (site,)
        To the nearest existing gateway; inf where there is none. [km]
    checked_slots, before, after
        The whole model with and without the new sites; None where it was not asked.
    notes
        What the user should know.
    """

    country: str
    served: tuple[str, ...]
    goal: Goal
    slots: NDArray[np.int64]
    n_candidates: int
    n_found: int
    sites: Sites
    placement: Placement
    traffic_gain_bps: NDArray[np.float64]
    people_gain: NDArray[np.float64]
    traffic_loss_bps: NDArray[np.float64]
    people_loss: NDArray[np.float64]
    traffic_before_bps: float
    people_before: float
    demand_bps: float
    people: float
    distance_km: NDArray[np.float64]
    checked_slots: NDArray[np.int64]
    before: Outcome | None
    after: Outcome | None
    notes: tuple[str, ...]


def sampled_slots(n_slots: int, n_samples: int) -> NDArray[np.int64]:
    """Return the middle slots of equal parts of a run; all of them where there are no more than asked for."""
    n = min(n_samples, n_slots)
    return np.floor((np.arange(n) + 0.5) * n_slots / n).astype(np.int64)


def propose(
    world: World,
    country: str,
    antennas: int,
    *,
    antennas_per_site: int,
    goal: Goal = "traffic",
    served: Sequence[str] = (),
    samples: int = SAMPLES,
    checked: int = CHECKED,
    spacing_km: float = SPACING_KM,
    among: Literal["towns", "cells"] = "towns",
    on_slot: Callable[[int, int], None] | None = None,
) -> Proposal:
    """Return new gateways for a country: greedy, on top of the gateways of the scenario.

    Parameters
    ----------
    world
        From `ecumene.world.build`; its demand is taken at the busy hour everywhere.
    country
        Where the sites shall be: ISO 3166-1 alpha-2 code.
    antennas, antennas_per_site
        Antennas in all and of each new site; the last site gets what is left.
    goal
        Most traffic down, or most people in reach; without lasers (`ecumene.network.placement`).
    served
        Countries whose people and traffic count; the country itself where empty.
    samples, checked
        Slots sampled, spread evenly over the run; and slots of these computed by the whole model with and
        without the new sites.
    spacing_km
        Least distance of a new site from any other. [km]
    among
        Candidates: towns of the gazetteer, the most populous first, or the country's land, cell by cell.
    on_slot
        Called with slots done and slots in all.

    Returns
    -------
    proposal
        Sites with gains, the bound on any other choice, and what the whole model makes of them.

    Raises
    ------
    InputError
        Unknown countries, no candidate left, or nobody to serve.
    """
    notes: list[str] = []
    k_country = _country_index(world, country)
    is_row = _served_rows(world, country, tuple(served) or (country,), notes)
    land = world.land
    cell_of_row = land.cell_of_row[is_row]
    cell_bps = np.bincount(cell_of_row, land.busy_bps[is_row], len(land.cell)).astype(np.float64)
    cell_people = np.bincount(cell_of_row, land.rows.people[is_row], len(land.cell)).astype(np.float64)
    if goal == "traffic" and not cell_bps.any():
        raise InputError(
            f"{', '.join(served or (country,))}: no demand there (not licensed or not sold at the date); "
            f'use --for people, or --set licences.grant=["{(served or (country,))[0]}"]'
        )
    candidates = _candidates(world, k_country, country, spacing_km, among, notes)
    slots = sampled_slots(world.scenario.slots, samples)
    checked_slots = slots[sampled_slots(len(slots), checked)] if checked else slots[:0]
    total = len(slots) + 2 * len(checked_slots)
    tell = on_slot or (lambda _done, _total: None)
    tell(0, total)
    seen, worth_bps, cells = _look(
        world, country, candidates, slots, cell_bps, cell_people, lambda done: tell(done, total)
    )
    may_land = _may_land(world, is_row)
    standing = [(int(g), int(world.ground.gateways.antennas[g])) for g in np.flatnonzero(may_land)]
    bin_of_cell = world.grid.bin_of_cell[cell_people > 0.0]

    def fresh(which: Goal) -> Measure:
        if which == "traffic":
            return LandedTraffic(seen, worth_bps)
        return SeenPeople(seen, cells, bin_of_cell, cell_people[cell_people > 0.0])

    n_old = len(world.ground.gateways)
    measure = _standing(fresh(goal), standing)
    placement = place(measure, np.arange(n_old, seen.n_sites, dtype=np.int32), antennas, antennas_per_site)
    new = [(n_old + int(k), int(n)) for k, n in zip(placement.site, placement.antennas, strict=True)]
    traffic = _gains(fresh, "traffic", standing, new)
    people = _gains(fresh, "people", standing, new)
    sites = _sites(candidates, placement, country, world.ground.gateways)
    if not len(sites):
        notes.append("No candidate adds anything to what the existing gateways reach.")
    elif len(sites) < -(-antennas // antennas_per_site):
        notes.append(f"{len(sites)} sites only: no further candidate adds anything, or none is left.")
    outcomes = _check(world, sites, checked_slots, is_row, lambda done: tell(len(slots) + done, total))
    return Proposal(
        country=country,
        served=tuple(served) or (country,),
        goal=goal,
        slots=slots,
        n_candidates=len(candidates.name),
        n_found=candidates.n_found,
        sites=sites,
        placement=placement,
        traffic_gain_bps=traffic.gains,
        people_gain=people.gains,
        traffic_loss_bps=traffic.losses,
        people_loss=people.losses,
        traffic_before_bps=traffic.before,
        people_before=people.before,
        demand_bps=float(cell_bps.sum()),
        people=float(cell_people.sum()),
        distance_km=_distance_km(sites, world.ground.gateways),
        checked_slots=checked_slots,
        before=outcomes[0],
        after=outcomes[1],
        notes=(*notes, *_notes_on_paths(world, is_row)),
    )


# Where, and for whom


def _country_index(world: World, code: str) -> int:
    if code not in world.land.codes:
        raise InputError(f"country '{code}': no such code{countries().hint(code)}")
    return world.land.codes.index(code)


def _served_rows(world: World, country: str, served: tuple[str, ...], notes: list[str]) -> NDArray[np.bool_]:
    """Return the rows of the served countries whose traffic may land in the country."""
    land = world.land
    index = [_country_index(world, code) for code in served]
    is_here = np.isin(land.rows.country, index)
    if not is_here.any():
        raise InputError(f"{', '.join(served)}: nobody lives there; name with --serve whose people count")
    may_land = landing_mask(land.law.landing_classes, [country])[:, 0]
    landing = np.where(land.law.is_permitted, land.law.landing_class, ANYWHERE)
    barred = [code for code, k in zip(served, index, strict=True) if not may_land[landing[k]]]
    if len(barred) == len(served):
        raise InputError(
            f"{', '.join(barred)}: by its landing rule its traffic may not come down in {country}; "
            "a gateway there serves none of it"
        )
    if barred:
        notes.append(
            f"Left out: by their landing rule the traffic of {', '.join(barred)} may not land in {country}."
        )
    idle = [code for code, k in zip(served, index, strict=True) if not land.law.is_permitted[k]]
    if idle:
        notes.append(
            f"Not licensed at the date, hence without traffic: {', '.join(idle)}; its people are counted."
        )
    return is_here & may_land[landing[land.rows.country]]


def _may_land(world: World, is_row: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which existing gateways may take some of the served traffic."""
    law = world.land.law
    index = np.unique(world.land.rows.country[is_row])
    landing = np.unique(np.where(law.is_permitted[index], law.landing_class[index], ANYWHERE))
    may_land: NDArray[np.bool_] = world.ground.is_gateway_permitted[landing].any(axis=0)
    return may_land


def _notes_on_paths(world: World, is_row: NDArray[np.bool_]) -> list[str]:
    law = world.land.law
    index = np.unique(world.land.rows.country[is_row])
    lost = [
        world.land.codes[k]
        for k in index
        if law.is_permitted[k] and not world.ground.is_pop_permitted[law.landing_class[k]].any()
    ]
    if not lost:
        return []
    return [
        f"No PoP of the scenario may take the traffic of {', '.join(lost)}: gateways alone give it no path home."
    ]


def _candidates(
    world: World,
    k_country: int,
    country: str,
    spacing_km: float,
    among: Literal["towns", "cells"],
    notes: list[str],
) -> Candidates:
    """Return the candidates that keep their distance from existing gateways and one another."""
    name, lat_deg, lon_deg = (
        _towns(country, notes) if among == "towns" and not world.scenario.cell else ((), None, None)
    )
    if lat_deg is None or lon_deg is None or not len(lat_deg):
        lat_deg, lon_deg = _land_points(world, k_country)
    n_found = len(lat_deg)
    old = world.ground.gateways
    kept = thin_out(
        up_of_geodetic(lat_deg, lon_deg),
        up_of_geodetic(old.lat_deg, old.lon_deg),
        spacing_km * 1e3,
        MEAN_EARTH_RADIUS_M,
    )
    if not len(kept):
        where = (
            f"{n_found} places in {country}, all" if n_found else f"no land of {country} is known, so none"
        )
        raise InputError(
            f"no candidate site: {where} within {spacing_km:g} km of an existing gateway; lower --spacing-km"
        )
    lat_deg, lon_deg = lat_deg[kept], lon_deg[kept]
    if name:
        name = tuple(name[k] for k in kept)
    else:
        towns, away_km = nearest_town(lat_deg, lon_deg)
        name = tuple(
            town if km < 5.0 else f"{km:.0f} km from {town}" for town, km in zip(towns, away_km, strict=True)
        )
    return Candidates(name, lat_deg, lon_deg, n_found)


def _towns(
    country: str, notes: list[str]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Return the towns of a country that stand on land of the table of cells, the most populous first."""
    towns, code = load_towns(), countries().index_of(country)
    here = np.flatnonzero(towns.country == code)
    is_on_land = np.array(
        [code in countries_near(towns.lat_deg[k], towns.lon_deg[k]) for k in here.tolist()], np.bool_
    )
    if not is_on_land.all():
        notes.append(
            f"{(~is_on_land).sum()} towns are left out: on islets too small for the table of cells, or across a border."
        )
    here = here[is_on_land]
    return tuple(towns.name[k] for k in here), towns.lat_deg[here], towns.lon_deg[here]


def _land_points(world: World, k_country: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points on the land of a country, the most populous cells first; at resolution 4, or 5 where tiny."""
    if world.scenario.cell:
        rows = world.land.rows
        here = np.flatnonzero(rows.country == k_country)
        here = here[np.argsort(-rows.people[here], kind="stable")]
        return rows.lat_deg[here], rows.lon_deg[here]
    for resolution in (4, 5):
        rows = load_rows(resolution, inhabited_only=False)
        here = np.flatnonzero(rows.country == k_country)
        here = here[np.argsort(-rows.people[here], kind="stable")]
        on_land = [country_of_point(rows.lat_deg[k], rows.lon_deg[k]) == k_country for k in here]
        here = here[np.array(on_land, np.bool_)]
        if len(here):
            break
    return rows.lat_deg[here], rows.lon_deg[here]


# What is seen


def _look(
    world: World,
    country: str,
    candidates: Candidates,
    slots: NDArray[np.int64],
    cell_bps: NDArray[np.float64],
    cell_people: NDArray[np.float64],
    tell: Callable[[int], None],
) -> tuple[Sightings, NDArray[np.float64], list[CellsInSlot]]:
    """Return what sites and cells see in every sampled slot, and what each satellite is worth."""
    scenario = world.scenario
    r_m = ecef_of_geodetic(candidates.lat_deg, candidates.lon_deg)
    up = up_of_geodetic(candidates.lat_deg, candidates.lon_deg)
    most_bps = min(scenario.satellite.capacity_gbps, scenario.gateways.antenna_gbps) * 1e9
    is_asked = cell_people > 0.0
    tables, worths, cells = [], [], []
    for done, slot in enumerate(slots):
        sky = survey(world, int(slot))
        _, is_clear = clear_view(
            r_m,
            up,
            sky.r_sat_m,
            world.can_serve & sky.is_valid,
            scenario.gateways.min_elevation_deg,
            scenario.gateways.gso_exclusion_by_country.get(country, scenario.gateways.gso_exclusion_deg),
        )
        sight = sky.sight
        worth_bps = spread_over_clear(
            sight.candidates_of_bin, sight.clear_of_cell, world.grid.bin_of_cell, cell_bps, len(sky.r_sat_m)
        )
        tables.append(np.concatenate([_table(sky.in_view, len(sky.r_sat_m)), is_clear]))
        worths.append(np.minimum(worth_bps, most_bps))
        cells.append(CellsInSlot(sight.candidates_of_bin, sight.clear_of_cell[is_asked]))
        tell(done + 1)
    return sightings(tables), np.stack(worths), cells


def _table(in_view: InView, n_sats: int) -> NDArray[np.bool_]:
    """Return the pairs of gateways and satellites as a table (gateway, sat)."""
    n_gateways = len(in_view.first_of_gateway) - 1
    is_clear = np.zeros((n_gateways, n_sats), np.bool_)
    is_clear[np.repeat(np.arange(n_gateways), np.diff(in_view.first_of_gateway)), in_view.sat] = True
    return is_clear


# What it is worth


@dataclass(frozen=True)
class _Gains:
    """Gains one on top of another, losses one by one, and what there was before; in the measure's unit."""

    gains: NDArray[np.float64]
    losses: NDArray[np.float64]
    before: float


def _standing(measure: Measure, sites: Sequence[tuple[int, int]]) -> Measure:
    """Return the measure with sites taken."""
    for site, antennas in sites:
        measure.take(site, antennas)
    return measure


def _gains(
    fresh: Callable[[Goal], Measure],
    which: Goal,
    standing: Sequence[tuple[int, int]],
    new: Sequence[tuple[int, int]],
) -> _Gains:
    measure = _standing(fresh(which), standing)
    before, without = measure.value, values_without(measure, new)
    gains = np.array([measure.take(*site) for site in new], np.float64)
    return _Gains(gains, np.maximum(measure.value - without, 0.0), before)


def _sites(candidates: Candidates, placement: Placement, country: str, old: Sites) -> Sites:
    """Return the chosen candidates as sites with names of their own."""
    taken, names = set(old.name), []
    for k in placement.site:
        name, n = candidates.name[k], 2
        while name in taken:
            name, n = f"{candidates.name[k]} {n}", n + 1
        taken.add(name)
        names.append(name)
    return sites_of_records(
        [
            Site(
                name=name,
                country=country,
                lat_deg=float(candidates.lat_deg[k]),
                lon_deg=float(candidates.lon_deg[k]),
                antennas=int(antennas),
                source=PROPOSED,
            )
            for name, k, antennas in zip(names, placement.site, placement.antennas, strict=True)
        ]
    )


def _distance_km(sites: Sites, old: Sites) -> NDArray[np.float64]:
    """Return the great-circle distance of each site to the nearest old one."""
    if not len(old):
        return np.full(len(sites), np.inf)
    cosine = up_of_geodetic(sites.lat_deg, sites.lon_deg) @ up_of_geodetic(old.lat_deg, old.lon_deg).T
    angle_rad: NDArray[np.float64] = np.arccos(np.clip(cosine.max(axis=1), -1.0, 1.0))
    return angle_rad * MEAN_EARTH_RADIUS_M / 1e3


# The whole model with and without


def _check(
    world: World,
    sites: Sites,
    slots: NDArray[np.int64],
    is_row: NDArray[np.bool_],
    tell: Callable[[int], None],
) -> tuple[Outcome | None, Outcome | None]:
    if not len(slots) or not len(sites):
        return None, None
    scenario = _with_sites(world, sites)
    extended = replace(world, scenario=scenario, ground=build_ground(scenario, world.land, world.start, []))
    outcomes = []
    for turn, this in enumerate((world, extended)):
        found = []
        for done, slot in enumerate(slots):
            sky, next_sky = survey(this, int(slot)), survey(this, int(slot) + 1)
            found.append(_outcome(this, one_slot(this, sky, next_sky, None), is_row))
            tell(turn * len(slots) + done + 1)
        outcomes.append(Outcome(*(_mean([getattr(o, f.name) for o in found]) for f in fields(Outcome))))
    return outcomes[0], outcomes[1]


def _with_sites(world: World, sites: Sites) -> Scenario:
    """Return the scenario with the new sites written into it."""
    new = tuple(
        SiteKeys(name=name, country=country, lat_deg=float(lat), lon_deg=float(lon), antennas=int(antennas))
        for name, country, lat, lon, antennas in zip(
            sites.name, sites.country, sites.lat_deg, sites.lon_deg, sites.antennas, strict=True
        )
    )
    keys = world.scenario.gateways
    return world.scenario.model_copy(
        update={"gateways": keys.model_copy(update={"site": (*keys.site, *new)})}
    )


def _outcome(world: World, slot: Slot, is_row: NDArray[np.bool_]) -> Outcome:
    service, people = slot.service, world.land.rows.people
    is_served = is_row & np.isfinite(service.rtt_s)
    could_be = np.where(world.land.class_of_row >= 0, service.is_available, service.is_reachable)
    return Outcome(
        carried_bps=float(service.rate_bps[is_row].sum()),
        people=float(people[is_row & could_be].sum()),
        rtt_s=_weighted_median(service.rtt_s[is_served].astype(np.float64), people[is_served]),
        world_carried_bps=float(service.rate_bps.sum()),
    )


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    if not len(values):
        return float("nan")
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])


def _mean(values: list[float]) -> float:
    """Return the mean of the numbers among the values; NaN where there is none."""
    known = [value for value in values if np.isfinite(value)]
    return sum(known) / len(known) if known else float("nan")
