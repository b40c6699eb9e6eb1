"""From a scenario to the arrays that stay the same during a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.cells import SETTLEMENTS, Rows, country_of_point, load_rows
from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import RangeError, ScenarioError, did_you_mean
from ecumene.licences.law import ANYWHERE, Law, landing_mask, next_change, resolve
from ecumene.licences.register import read_register
from ecumene.network.isl import grid_links
from ecumene.network.latency import fibre_s
from ecumene.network.service import NO_LICENCE
from ecumene.network.sites import Sites, read_sites
from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.elements import STATUSES, Elements
from ecumene.orbits.frames import earth_orientation
from ecumene.orbits.propagation import Fleet, build_fleet
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.status import statuses
from ecumene.radio.downlink import build_rate_table
from ecumene.scheduling.beams import Beams
from ecumene.sky.grid import Grid, build_grid
from ecumene.traffic.demand import announced_subscribers, subscribers_of_row
from ecumene.traffic.places import read_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import PlaceKeys, SiteKeys

OPERATIONAL = STATUSES.index("operational")

BASE_BYTES, ROW_BYTES, ROW_COUNTS, CELL_BYTES_PER_SAT = 380e6, 300, 383, 0.02
SECONDS_PER_ROW, SECONDS_PER_PAIR = 1.5e-7, 1.0e-10
"""For `describe`: fitted to the peak memory and slot times of Gen1 at resolutions 3, 4 and 5 (bench/run.py)."""


@dataclass(frozen=True)
class Land:
    """Who lives where, and under which law.

    Attributes
    ----------
    rows
        Cells, countries, people.
    codes, names
        Country codes and names; row countries and law are indexed by them.
    cell_of_row : (row,)
        Index into the grid's cells.
    law, law_source
        The law of the start, and what it was read from.
    class_of_row : (row,)
        Landing class, -1 where the row may not be served.
    refusal_of_row : (row,)
        Cause that stands against the row by law, -1 where none.
    class_of_cell : (cell,)
        Landing class of the permitted row with most demand, -1 where no row is permitted.
    subscribers, busy_bps : (row,)
        Subscribers, and their demand in the busy hour. [bit/s]
    n_subscribers, n_unplaced
        Asked for, and of these without room.
    """

    rows: Rows
    codes: tuple[str, ...]
    names: tuple[str, ...]
    cell_of_row: NDArray[np.int32]
    law: Law
    class_of_row: NDArray[np.int32]
    refusal_of_row: NDArray[np.int8]
    class_of_cell: NDArray[np.int32]
    subscribers: NDArray[np.float64]
    busy_bps: NDArray[np.float64]
    n_subscribers: float
    n_unplaced: float


@dataclass(frozen=True)
class Ground:
    """Gateways and PoPs.

    Attributes
    ----------
    gateways, pops
        Sites.
    r_gateway_m, up_of_gateway : (gateway, 3)
        Position [m] and ellipsoid normal, ECEF.
    gateway_bps : (gateway,)
        Ceiling of each site. [bit/s]
    fibre_s : (gateway, pop)
        One-way time in fibre. [s]
    is_gateway_permitted, is_pop_permitted : (class, site)
        Where each landing class may come down and meet the internet.
    """

    gateways: Sites
    pops: Sites
    r_gateway_m: NDArray[np.float64]
    up_of_gateway: NDArray[np.float64]
    gateway_bps: NDArray[np.float64]
    fibre_s: NDArray[np.float64]
    is_gateway_permitted: NDArray[np.bool_]
    is_pop_permitted: NDArray[np.bool_]


@dataclass(frozen=True)
class NamedPlaces:
    """Places that are followed slot by slot.

    Attributes
    ----------
    name
        Names.
    lat_deg, lon_deg : (place,)
        Position. [deg]
    r_m, up : (place, 3)
        Position [m] and ellipsoid normal, ECEF.
    country : (place,)
        Index into the land's codes, -1 at sea.
    row, cell : (place,)
        The row and cell the place belongs to, -1 where nobody lives.
    landing_class : (place,)
        -1 where the place may not be served.
    limit
        The licence record that stands against it, empty where none does.
    gso_exclusion_deg : (place,)
        Exclusion angle. [deg]
    rate_class : (place,)
        Climate and licence class.
    """

    name: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    r_m: NDArray[np.float64]
    up: NDArray[np.float64]
    country: NDArray[np.int32]
    row: NDArray[np.int32]
    cell: NDArray[np.int32]
    landing_class: NDArray[np.int32]
    limit: tuple[str, ...]
    gso_exclusion_deg: NDArray[np.float64]
    rate_class: NDArray[np.int32]


@dataclass(frozen=True)
class World:
    """Everything that does not change in a run.

    Attributes
    ----------
    scenario
        With its start filled in.
    start
        The first slot, UTC.
    fleet
        Satellites, ready to be propagated.
    status : (sat,)
        Index into `ecumene.orbits.elements.STATUSES`.
    can_serve : (sat,)
        Operational: only these are scheduled.
    links : (link, 2)
        Inter-satellite links; empty for a bent pipe.
    land, ground, places
        Who lives where under which law; gateways and PoPs; named places.
    grid
        Cells in bins, for the sight.
    beams
        Budgets of the plan.
    channel_rate_bps : (rate class, bin of sin elevation)
        Rate of a channel. [bit/s]
    rate_class_of_cell : (cell,)
        Climate and licence class.
    notes
        What the user should know about this run.
    """

    scenario: Scenario
    start: datetime
    fleet: Fleet
    status: NDArray[np.int8]
    can_serve: NDArray[np.bool_]
    links: NDArray[np.int32]
    land: Land
    ground: Ground
    places: NamedPlaces
    grid: Grid
    beams: Beams
    channel_rate_bps: NDArray[np.float64]
    rate_class_of_cell: NDArray[np.int32]
    notes: tuple[str, ...]


def build(scenario: Scenario) -> World:
    """Return the world of a scenario.

    Parameters
    ----------
    scenario
        From `ecumene.load`.

    Returns
    -------
    world
        Arrays and what the user should know.

    Raises
    ------
    InputError
        A file the scenario names has mistakes, or two of its parts contradict each other.
    """
    notes: list[str] = []
    scenario, elements = _constellation(scenario, notes)
    start = scenario.start
    assert start is not None  # noqa: S101 - filled in above
    status = _statuses(scenario, elements, start, notes)
    land, grid, rate_class_of_cell, pfds_db = _land(scenario, start, notes)
    ground = _ground(scenario, land, start, notes)
    orientation = earth_orientation(start, **scenario.earth.model_dump())
    notes += orientation.notes
    return World(
        scenario=scenario,
        start=start,
        fleet=build_fleet(elements, start, orientation),
        status=status,
        can_serve=status == OPERATIONAL,
        links=_links(scenario, notes),
        land=land,
        ground=ground,
        places=_places(scenario, land, grid, pfds_db, notes),
        grid=grid,
        beams=_beams(scenario),
        channel_rate_bps=_rates(scenario, pfds_db),
        rate_class_of_cell=rate_class_of_cell,
        notes=tuple(notes),
    )


def _constellation(scenario: Scenario, notes: list[str]) -> tuple[Scenario, Elements]:
    """Return the scenario with its start filled in, and the elements."""
    keys = scenario.constellation
    if keys.file is None:
        assert scenario.start is not None  # noqa: S101 - the schema demands it of shells
        shells = [Shell(**shell.model_dump()) for shell in keys.shells]
        return scenario, elements_of_shells(shells, scenario.start)
    elements = read_catalogue(keys.file)
    notes += elements.notes
    if scenario.start is None:
        scenario = scenario.model_copy(update={"start": median_epoch(elements)})
    return scenario, elements


def _statuses(scenario: Scenario, elements: Elements, start: datetime, notes: list[str]) -> NDArray[np.int8]:
    if scenario.constellation.file is None:
        return np.full(len(elements), OPERATIONAL, np.int8)
    status = np.asarray(statuses(elements, start, scenario.constellation.max_element_age_days), np.int8)
    idle = [
        f"{(status == k).sum():,} {STATUSES[k]}"
        for k in range(len(STATUSES))
        if k != OPERATIONAL and (status == k).any()
    ]
    if idle:
        notes.append(
            f"{(status != OPERATIONAL).sum():,} of {len(status):,} satellites are listed but not scheduled: {', '.join(idle)}."
        )
    if not (status == OPERATIONAL).any():
        notes.append("No satellite of the catalogue can be scheduled at this date: nobody is served.")
    return status


def _links(scenario: Scenario, notes: list[str]) -> NDArray[np.int32]:
    none = np.zeros((0, 2), np.int32)
    if scenario.constellation.file is not None:
        if scenario.isl.topology != "none":
            notes.append(
                "Bent pipe: a catalogue does not say which satellite is linked to which, so this run has no ISLs; "
                "a cell is served only through a gateway its satellite sees itself."
            )
        return none
    if scenario.isl.topology == "none":
        return none
    shells = scenario.constellation.shells
    sizes = np.array([shell.planes * shell.sats_per_plane for shell in shells])
    return grid_links(
        np.array([shell.planes for shell in shells], np.int32),
        np.array([shell.sats_per_plane for shell in shells], np.int32),
        np.array([shell.phasing for shell in shells], np.int32),
        np.array([shell.node_spread_deg == 360 and shell.node_step_deg is None for shell in shells]),
        (np.cumsum(sizes) - sizes).astype(np.int32),
    )


def _beams(scenario: Scenario) -> Beams:
    satellite, downlink = scenario.satellite, scenario.downlink
    return Beams(
        units_per_satellite=satellite.user_beams * satellite.time_shares,
        units_per_cell=downlink.channels * satellite.time_shares,
        shares_per_channel=satellite.time_shares,
        capacity_bps=satellite.capacity_gbps * 1e9,
    )


def _rates(scenario: Scenario, pfds_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one rate table for each power flux density in use."""
    terminal, downlink = scenario.terminal, scenario.downlink
    return np.stack(
        [
            build_rate_table(
                pfd_dbw_m2_mhz=float(pfd_db),
                frequency_hz=downlink.frequency_ghz * 1e9,
                gain_dbi=terminal.gain_dbi,
                temperature_k=terminal.temperature_k,
                scan_exponent=terminal.scan_exponent,
                bandwidth_hz=downlink.channel_mhz * 1e6,
                margin_db=downlink.margin_db,
            ).rate_of_bin_bps
            for pfd_db in pfds_db
        ]
    )


def _land(
    scenario: Scenario, start: datetime, notes: list[str]
) -> tuple[Land, Grid, NDArray[np.int32], NDArray[np.float64]]:
    """Return rows under their law and demand, their grid, and the power flux density class of each cell."""
    codes, names, rows = _rows(scenario)
    law = _law(scenario, start, codes, notes)
    cell, first, cell_of_row = np.unique(rows.cell, return_index=True, return_inverse=True)
    cell_of_row = cell_of_row.astype(np.int32)
    grid = build_grid(
        cell,
        rows.lat_deg[first],
        rows.lon_deg[first],
        scenario.resolution,
        scenario.terminal.min_elevation_deg,
        _strictest(
            np.maximum,
            cell_of_row,
            len(cell),
            _or(law.gso_exclusion_deg, scenario.terminal.gso_exclusion_deg)[rows.country],
        ),
    )
    pfd_db = _or(law.pfd_dbw_m2_mhz, scenario.downlink.pfd_dbw_m2_mhz)[rows.country]
    pfds_db, rate_class_of_cell = np.unique(
        _strictest(np.minimum, cell_of_row, len(cell), pfd_db), return_inverse=True
    )
    is_permitted = law.is_permitted[rows.country]
    class_of_row = np.where(is_permitted, law.landing_class[rows.country], -1).astype(np.int32)
    total, spread = _subscribers(scenario, start, rows, law, codes, notes)
    busy_bps = spread * scenario.demand.mbps_per_subscriber * 1e6
    land = Land(
        rows=rows,
        codes=codes,
        names=names,
        cell_of_row=cell_of_row,
        law=law,
        class_of_row=class_of_row,
        refusal_of_row=np.where(is_permitted, -1, NO_LICENCE).astype(np.int8),
        class_of_cell=_class_of_cell(cell_of_row, len(cell), class_of_row, busy_bps),
        subscribers=spread,
        busy_bps=busy_bps,
        n_subscribers=total,
        n_unplaced=max(0.0, total - float(spread.sum())),
    )
    return land, grid, rate_class_of_cell.astype(np.int32), pfds_db


def _or(values: NDArray[np.float64], default: float) -> NDArray[np.float64]:
    return np.where(np.isnan(values), default, values)


def _strictest(
    strict: np.ufunc, cell_of_row: NDArray[np.int32], n_cells: int, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the strictest value among the rows of each cell: sight belongs to the cell, law to the row."""
    out = np.full(n_cells, -np.inf if strict is np.maximum else np.inf)
    strict.at(out, cell_of_row, values)
    return out


def _class_of_cell(
    cell_of_row: NDArray[np.int32],
    n_cells: int,
    class_of_row: NDArray[np.int32],
    busy_bps: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Return the landing class of each cell's permitted row with most demand."""
    order = np.lexsort((busy_bps, class_of_row >= 0))
    out = np.full(n_cells, -1, np.int32)
    out[cell_of_row[order]] = class_of_row[
        order
    ]  # the last one written is the permitted one with most demand
    return out


def _rows(scenario: Scenario) -> tuple[tuple[str, ...], tuple[str, ...], Rows]:
    table = countries()
    if not scenario.cell:
        return table.code, table.name, load_rows(scenario.resolution)
    return _made_up_rows(scenario)


def _made_up_rows(scenario: Scenario) -> tuple[tuple[str, ...], tuple[str, ...], Rows]:
    """Return the cells written into the scenario; each stands at the point given, not at its H3 centre."""
    import h3

    codes = tuple(sorted({c.country for c in scenario.cell} | {s.country for s in scenario.gateways.site}))
    cells = [h3.latlng_to_cell(c.lat_deg, c.lon_deg, scenario.resolution) for c in scenario.cell]
    if len(set(cells)) < len(cells):
        second = next(k for k, cell in enumerate(cells) if cell in cells[:k])
        problem = f"cell[{second}]: lies in the same H3 cell as cell[{cells.index(cells[second])}]; move it"
        raise ScenarioError(scenario.name, [problem])
    order = np.argsort(np.array([h3.str_to_int(cell) for cell in cells], np.uint64))
    keys = [scenario.cell[k] for k in order]
    rows = Rows(
        cell=np.array([h3.str_to_int(cells[k]) for k in order], np.uint64),
        country=np.array([codes.index(k.country) for k in keys], np.int16),
        share=np.ones(len(keys), np.float32),
        people=np.array([k.people for k in keys], np.float64),
        settlement=np.array([SETTLEMENTS.index(k.settlement) for k in keys], np.int8),
        area_km2=np.array([h3.cell_area(cells[k], unit="km^2") for k in order], np.float64),
        lat_deg=np.array([k.lat_deg for k in keys], np.float64),
        lon_deg=np.array([(k.lon_deg + 180.0) % 360.0 - 180.0 for k in keys], np.float64),
    )
    return codes, codes, rows


def _law(scenario: Scenario, start: datetime, codes: tuple[str, ...], notes: list[str]) -> Law:
    keys = scenario.licences
    unknown = [
        f"licences.{key}: unknown country code '{code}'{did_you_mean(code, codes)}"
        for key in ("grant", "revoke")
        for code in getattr(keys, key)
        if code not in codes
    ]
    unknown += [
        f"demand.by_country: unknown country code '{c}'" for c in scenario.demand.by_country if c not in codes
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)
    records = read_register(keys.records, codes) if keys.records else ()
    law = resolve(
        records, start.date(), codes, default_status=keys.default, grant=keys.grant, revoke=keys.revoke
    )
    end = start + timedelta(seconds=scenario.slots * scenario.slot_s)
    change = next_change(records, start.date())
    if change is not None and datetime(change.year, change.month, change.day, tzinfo=UTC) < end:
        notes.append(
            f"The law changes on {change}, inside this run; the law of {start.date()} was used throughout."
        )
    return law


def _subscribers(
    scenario: Scenario, start: datetime, rows: Rows, law: Law, codes: tuple[str, ...], notes: list[str]
) -> tuple[float, NDArray[np.float64]]:
    keys = scenario.demand
    total = announced_subscribers(start.date()) if keys.subscribers == "announced" else keys.subscribers
    try:
        spread = subscribers_of_row(
            rows.people,
            rows.area_km2,
            law.is_offered[rows.country],
            float(total),
            sparse_density_per_km2=keys.sparse_density_per_km2,
            households_share=keys.max_subscribers_per_person,
            country=rows.country,
            codes=codes,
            subscribers_by_country=dict(keys.by_country),
        )
    except RangeError as error:
        raise ScenarioError(scenario.name, [f"demand: {error}"]) from None
    notes += [
        f"{left:,.0f} of the subscribers given for {code} found no row: its rows are full, or the service is not sold there."
        for code, left in spread.left_over_by_country.items()
    ]
    if spread.left_over >= 1.0:
        notes.append(
            f"{spread.left_over:,.0f} of {total:,.0f} subscribers found no row with room and are left out."
        )
    return float(total), spread.subscribers_of_row


def _ground(scenario: Scenario, land: Land, start: datetime, notes: list[str]) -> Ground:
    keys = scenario.gateways
    sites = [_sites_of_keys(keys.site, land.codes, keys.antennas, scenario.name)] if keys.site else []
    if keys.sites:
        known = countries().code
        listed = read_sites(
            keys.sites, known, known_by=keys.known_by or start.date(), default_antennas=keys.antennas
        )
        notes += listed.notes
        if listed.later:
            notes.append(
                f"{len(listed.later)} ground sites of the list are not known to be live by the date and are left out."
            )
        sites.append(listed)
    gateways = _joined([s.of_kind("gateway") for s in sites])
    pops = _joined([s.of_kind("pop") for s in sites])
    if not len(gateways) or not len(pops):
        notes.append("There is no gateway or no PoP: nobody has a path home.")
    position = (gateways.lat_deg, gateways.lon_deg)
    ceiling_bps = gateways.antennas * keys.antenna_gbps * 1e9
    if keys.site_gbps is not None:
        ceiling_bps = np.minimum(ceiling_bps, keys.site_gbps * 1e9)
    latency = scenario.latency
    return Ground(
        gateways=gateways,
        pops=pops,
        r_gateway_m=ecef_of_geodetic(*position),
        up_of_gateway=up_of_geodetic(*position),
        gateway_bps=ceiling_bps.astype(np.float64),
        fibre_s=fibre_s(*position, pops.lat_deg, pops.lon_deg, latency.fibre_factor, latency.fibre_index),
        is_gateway_permitted=landing_mask(land.law.landing_classes, gateways.country),
        is_pop_permitted=landing_mask(land.law.landing_classes, pops.country),
    )


def _sites_of_keys(keys: tuple[SiteKeys, ...], codes: tuple[str, ...], antennas: int, source: str) -> Sites:
    known = set(codes) | set(countries().code)
    problems = [
        f'gateways.site[{k}].country = "{site.country}": unknown country code{did_you_mean(site.country, known)}'
        for k, site in enumerate(keys)
        if site.country not in known
    ]
    seen: set[tuple[str, str]] = set()
    for k, site in enumerate(keys):
        if (site.kind, site.name) in seen:
            problems.append(f'gateways.site[{k}].name = "{site.name}": a second {site.kind} of this name')
        seen.add((site.kind, site.name))
    if problems:
        raise ScenarioError(source, problems)
    return Sites(
        name=tuple(site.name for site in keys),
        country=tuple(site.country for site in keys),
        lat_deg=np.array([site.lat_deg for site in keys]),
        lon_deg=np.array([site.lon_deg for site in keys]),
        kind=tuple(site.kind for site in keys),
        antennas=np.array(
            [(site.antennas or antennas) if site.kind == "gateway" else 0 for site in keys], np.int32
        ),
        confidence=("scenario",) * len(keys),
        source=("scenario",) * len(keys),
    )


def _joined(parts: list[Sites]) -> Sites:
    """Return several lists of sites as one."""
    return Sites(
        name=tuple(name for p in parts for name in p.name),
        country=tuple(code for p in parts for code in p.country),
        lat_deg=np.concatenate([np.zeros(0), *(p.lat_deg for p in parts)]),
        lon_deg=np.concatenate([np.zeros(0), *(p.lon_deg for p in parts)]),
        kind=tuple(kind for p in parts for kind in p.kind),
        antennas=np.concatenate([np.zeros(0, np.int32), *(p.antennas for p in parts)]),
        confidence=tuple(c for p in parts for c in p.confidence),
        source=tuple(s for p in parts for s in p.source),
    )


def _places(
    scenario: Scenario, land: Land, grid: Grid, pfds_db: NDArray[np.float64], notes: list[str]
) -> NamedPlaces:
    name, lat_deg, lon_deg = _named_points(scenario, notes)
    cell = _cell_at(grid, lat_deg, lon_deg, scenario.resolution)
    country = np.array(
        [
            _country_at(scenario, land, grid, lat, lon, c)
            for lat, lon, c in zip(lat_deg, lon_deg, cell, strict=True)
        ],
        np.int32,
    )
    law, is_land = land.law, country >= 0
    is_permitted = np.where(
        is_land, law.is_permitted[country] if len(law.codes) else False, scenario.licences.at_sea
    )
    landing = np.where(is_land, law.landing_class[country], ANYWHERE)
    exclusion = np.where(is_land, law.gso_exclusion_deg[country], np.nan)
    pfd_db = np.where(is_land, law.pfd_dbw_m2_mhz[country], np.nan)
    row = np.array([_row_at(land, c, k) for c, k in zip(cell, country, strict=True)], np.int32)
    return NamedPlaces(
        name=name,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        r_m=ecef_of_geodetic(lat_deg, lon_deg),
        up=up_of_geodetic(lat_deg, lon_deg),
        country=country,
        row=row,
        cell=np.where(row >= 0, cell, -1).astype(np.int32),
        landing_class=np.where(is_permitted, landing, -1).astype(np.int32),
        limit=tuple("" if ok else _refusal(law, k) for ok, k in zip(is_permitted, country, strict=True)),
        gso_exclusion_deg=_or(exclusion, scenario.terminal.gso_exclusion_deg),
        rate_class=np.array(
            [int(np.abs(pfds_db - p).argmin()) for p in _or(pfd_db, scenario.downlink.pfd_dbw_m2_mhz)],
            np.int32,
        ),
    )


def _refusal(law: Law, country: int) -> str:
    return (
        f"licence {law.codes[country]}: {law.status[country]}"
        if country >= 0
        else "licence: at sea not permitted"
    )


def _named_points(
    scenario: Scenario, notes: list[str]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    keys: tuple[PlaceKeys, ...] = scenario.places.place
    if scenario.places.file is None and keys:
        names = [place.name for place in keys]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ScenarioError(
                scenario.name, [f"places.place: '{name}' stands there twice" for name in twice]
            )
        return tuple(names), np.array([p.lat_deg for p in keys]), np.array([p.lon_deg for p in keys])
    places = read_places(scenario.places.file)
    notes += places.notes
    return places.name, places.lat_deg, places.lon_deg


def _cell_at(
    grid: Grid, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], resolution: int
) -> NDArray[np.int32]:
    """Return the cell of the grid each point lies in, -1 where nobody lives."""
    import h3

    ids = np.array(
        [
            h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution))
            for lat, lon in zip(lat_deg, lon_deg, strict=True)
        ],
        np.uint64,
    )
    index = np.minimum(np.searchsorted(grid.cell, ids), len(grid.cell) - 1)
    return np.where(grid.cell[index] == ids, index, -1).astype(np.int32)


def _country_at(scenario: Scenario, land: Land, grid: Grid, lat_deg: float, lon_deg: float, cell: int) -> int:
    """Return the country of a point; on a made-up planet that of the cell it lies in, elsewhere sea."""
    if not scenario.cell:
        return country_of_point(float(lat_deg), float(lon_deg))
    return int(land.rows.country[np.flatnonzero(land.cell_of_row == cell)[0]]) if cell >= 0 else -1


def _row_at(land: Land, cell: int, country: int) -> int:
    if cell < 0 or country < 0:
        return -1
    found = np.flatnonzero((land.cell_of_row == cell) & (land.rows.country == country))
    return int(found[0]) if len(found) else -1


def describe(world: World) -> dict[str, object]:
    """Return what a run of the world amounts to, without running it: for `ecumene check`.

    Parameters
    ----------
    world
        From `build`.

    Returns
    -------
    derived
        Satellites, periods, rows, people, licences, sites, memory and time, as plain values by name.
        Memory and time are estimates from runs on two cores of 2024, kernels compiled.
    """
    n_sats, n_rows, n_cells = len(world.status), len(world.land.rows.cell), len(world.grid.cell)
    n_slots, n_serving = world.scenario.slots, int(world.can_serve.sum())
    count_bytes = 1 if n_slots < 2**8 else 2 if n_slots < 2**16 else 4
    memory_bytes = (
        BASE_BYTES
        + n_rows * (ROW_BYTES + ROW_COUNTS * count_bytes)
        + n_cells * n_serving * CELL_BYTES_PER_SAT
    )
    return {
        "scenario": world.scenario.name,
        "start_utc": world.start.isoformat().replace("+00:00", "Z"),
        "slots": n_slots,
        "slot_s": world.scenario.slot_s,
        "seed": world.scenario.seed,
        "satellites": n_sats,
        "satellites_scheduled": n_serving,
        "periods": _periods(world),
        "isls": len(world.links),
        "cells": n_cells,
        "rows": n_rows,
        "people": float(world.land.rows.people.sum()),
        "countries_licensed": int(world.land.law.is_permitted.sum()),
        "subscribers": float(world.land.subscribers.sum()),
        "busy_hour_demand_gbps": float(world.land.busy_bps.sum() / 1e9),
        "gateways": len(world.ground.gateways),
        "antennas": int(world.ground.gateways.antennas.sum()),
        "pops": len(world.ground.pops),
        "places": len(world.places.name),
        "beams_per_satellite": world.scenario.satellite.user_beams,
        "satellite_gbps_at_zenith": world.beams.units_per_satellite / world.beams.shares_per_channel
        * float(world.channel_rate_bps[:, -1].max()) / 1e9,
        "memory_gb_estimated": round(memory_bytes / 1e9, 1),
        "time_s_estimated": round(n_slots * (n_rows * SECONDS_PER_ROW + n_cells * n_serving * SECONDS_PER_PAIR) + 5.0),
        "notes": list(world.notes),
    }  # fmt: skip


def _periods(world: World) -> list[str]:
    """Return the orbital periods: of each filed shell, or the span of a catalogue."""
    minutes = np.array([2.0 * np.pi / record.no_kozai for record in world.fleet.elements.satrecs])
    if world.scenario.constellation.file is not None:
        return [f"{minutes.min():.2f} to {minutes.max():.2f} min"]
    shell_of_sat = world.fleet.elements.shell
    return [
        f"{shell.altitude_km:g} km, {shell.inclination_deg:g} deg: {shell.planes} x {shell.sats_per_plane} satellites, "
        f"{minutes[shell_of_sat == k][0]:.2f} min"
        for k, shell in enumerate(world.scenario.constellation.shells)
    ]
