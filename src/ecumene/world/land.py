"""Who lives where, under which law, and what they ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ecumene.earth.cells import SETTLEMENTS, Rows, load_rows
from ecumene.earth.countries import countries
from ecumene.errors import RangeError, ScenarioError
from ecumene.licences.law import ANYWHERE, Law, next_change, resolve
from ecumene.licences.register import Register, read_register
from ecumene.licences.ruling import Ruling, refusal_text, ruling
from ecumene.licences.verdict import Points, Verdict, judge
from ecumene.network.service import NO_LICENCE, ZONE
from ecumene.traffic.demand import announced_subscribers, solar_step, subscribers_of_row
from ecumene.world.faults import fault_keys, times_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecumene.licences.law import LandingClass
    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import FaultKeys

_Columns = TypeVar("_Columns", Rows, Verdict)


@dataclass(frozen=True)
class Era:
    """The law from one slot on.

    Attributes
    ----------
    first_slot, at
        The slot, and when it begins.
    law, verdict
        By country and by row.
    """

    first_slot: int
    at: datetime
    law: Law
    verdict: Verdict


@dataclass(frozen=True)
class Land:
    """Who lives where, and under which law.

    Attributes
    ----------
    rows
        Cells, countries, people.
    codes, names
        Country codes and names; row countries and law are indexed by them.
    cell, lat_of_cell_deg, lon_of_cell_deg : (cell,)
        H3 ids, ascending, each once, and where they lie. [deg]
    cell_of_row : (row,)
        Index into these.
    whole
        All inhabited land, what `countries` leaves out as well: distances to borders are measured to it.
    register, eras
        What the law was read from, and the law from each slot on in which it changes.
    law, verdict
        The law that holds, by country and by row.
    class_of_row : (row,)
        Landing class, -1 where the row may not be served.
    refusal_of_row : (row,)
        Cause that stands against the row by law, -1 where none.
    is_permitted_in_row : (row,)
        The row may be served.
    is_sold_in_row : (row,)
        The operator sells there; subscribers live nowhere else.
    class_of_cell : (cell,)
        Landing class of the permitted row with most demand, -1 where no row is permitted.
    subscribers, busy_bps : (row,)
        Subscribers, and their demand in the busy hour. [bit/s]
    solar_step_of_row : (row,)
        Place in the daily curve (`ecumene.traffic.demand.daily_curve`).
    n_subscribers, n_unplaced
        Asked for, and of these without room.
    """

    rows: Rows
    codes: tuple[str, ...]
    names: tuple[str, ...]
    cell: NDArray[np.uint64]
    lat_of_cell_deg: NDArray[np.float64]
    lon_of_cell_deg: NDArray[np.float64]
    cell_of_row: NDArray[np.int32]
    whole: Points
    register: Register
    eras: tuple[Era, ...]
    law: Law
    verdict: Verdict
    class_of_row: NDArray[np.int32]
    refusal_of_row: NDArray[np.int8]
    is_permitted_in_row: NDArray[np.bool_]
    is_sold_in_row: NDArray[np.bool_]
    class_of_cell: NDArray[np.int32]
    subscribers: NDArray[np.float64]
    busy_bps: NDArray[np.float64]
    solar_step_of_row: NDArray[np.uint16]
    n_subscribers: float
    n_unplaced: float


def build_land(scenario: Scenario, start: datetime, notes: list[str]) -> Land:
    """Return rows under their law, with their demand.

    Parameters
    ----------
    scenario, start
        The scenario and its first slot.
    notes
        What the user should know is appended here.

    Raises
    ------
    InputError
        The register, or a country code of the scenario, has mistakes.
    """
    codes, names, rows = _rows(scenario)
    _check_codes(scenario, codes)
    if scenario.countries:
        _check_cut(scenario, rows, codes)
    whole = points_of_rows(rows)
    register, eras = _eras(scenario, start, codes, rows)
    is_sold = np.logical_or.reduce(
        [e.verdict.is_permitted & e.law.is_offered[e.verdict.country] for e in eras]
    )
    total, spread = _subscribers(scenario, start, rows, is_sold, codes, notes)
    if scenario.countries:
        keep = _is_kept(scenario, rows, codes, notes)
        rows, spread = _kept(rows, keep), spread[keep]
        eras = tuple(replace(era, verdict=_kept(era.verdict, keep)) for era in eras)
        total = float(spread.sum())
    notes += _law_notes(scenario, register, eras, rows)
    cell, first, inverse = np.unique(rows.cell, return_index=True, return_inverse=True)
    law = eras[0].law
    unsold = law.is_permitted & ~law.is_offered & (np.bincount(rows.country, minlength=len(codes)) > 0)
    if unsold.any():
        notes.append(
            f"Licensed but not sold, hence without subscribers: {', '.join(np.array(codes)[unsold])}."
        )
    cell_of_row = inverse.astype(np.int32)
    return Land(
        rows=rows,
        codes=codes,
        names=names,
        cell=cell,
        lat_of_cell_deg=rows.lat_deg[first],
        lon_of_cell_deg=rows.lon_deg[first],
        cell_of_row=cell_of_row,
        whole=whole,
        register=register,
        eras=eras,
        subscribers=spread,
        solar_step_of_row=solar_step(rows.lon_deg),
        n_subscribers=total,
        n_unplaced=max(0.0, total - float(spread.sum())),
        **_under(scenario, eras[0], spread, cell_of_row, len(cell)),
    )


def land_in_era(scenario: Scenario, land: Land, era: Era) -> Land:
    """Return the same land under the law of an era.

    Parameters
    ----------
    scenario, land, era
        The scenario, its land under whatever law, and one of the land's eras.
    """
    return replace(land, **_under(scenario, era, land.subscribers, land.cell_of_row, len(land.cell)))


def _under(
    scenario: Scenario,
    era: Era,
    subscribers: NDArray[np.float64],
    cell_of_row: NDArray[np.int32],
    n_cells: int,
) -> dict[str, Any]:
    """Return what of a land follows from the law."""
    law, verdict = era.law, era.verdict
    class_of_row = np.where(verdict.is_permitted, law.landing_class[verdict.country], -1).astype(np.int32)
    refusal = np.where(verdict.is_permitted, -1, np.where(verdict.is_denied, ZONE, NO_LICENCE))
    busy_bps = subscribers * verdict.listed_share * scenario.demand.mbps_per_subscriber * 1e6
    return {
        "law": law,
        "verdict": verdict,
        "class_of_row": class_of_row,
        "refusal_of_row": refusal.astype(np.int8),
        "is_permitted_in_row": verdict.is_permitted,
        "is_sold_in_row": law.is_offered[verdict.country],
        "class_of_cell": _class_of_cell(cell_of_row, n_cells, class_of_row, busy_bps),
        "busy_bps": busy_bps,
    }


def rulings(scenario: Scenario, land: Land) -> tuple[tuple[Ruling, ...], NDArray[np.int32]]:
    """Return what the law says to the rows in words, each once.

    Parameters
    ----------
    scenario, land
        The scenario, and its land under the law asked for.

    Returns
    -------
    rulings
        In no order that matters.
    ruling_of_row : (row,)
        Index into these.
    """
    verdict, n_zones = land.verdict, len(land.register.zones) + 1
    kind = (verdict.country.astype(np.int64) * n_zones + verdict.zone) * n_zones + verdict.monitor
    kind = 4 * kind + 2 * verdict.is_denied + verdict.is_margin
    _, first, ruling_of_row = np.unique(kind, return_index=True, return_inverse=True)
    said = [_ruling_of_row(scenario, land, r) for r in first.tolist()]
    return tuple(said), ruling_of_row.astype(np.int32)


def _ruling_of_row(scenario: Scenario, land: Land, row: int) -> Ruling:
    law, verdict, country = land.law, land.verdict, int(land.verdict.country[row])
    is_permitted = bool(verdict.is_permitted[row])
    return ruling(
        law,
        land.register,
        country=country,
        zone=int(verdict.zone[row]),
        monitor=int(verdict.monitor[row]),
        is_permitted=is_permitted,
        refusal="" if is_permitted else refusal_text(law, land.register, verdict, row),
        landing_class=int(law.landing_class[country]) if country >= 0 else ANYWHERE,
        without_record=without_record(scenario, land, country),
    )


def without_record(scenario: Scenario, land: Land, country: int) -> str:
    """Return what holds where the register says nothing.

    Parameters
    ----------
    scenario, land
        The scenario and its land.
    country
        Index into the land's codes, -1 at sea.
    """
    keys = scenario.licences
    if country < 0:
        return f"licences.at_sea = {str(keys.at_sea).lower()}: the flag of a ship is not asked"
    code = land.codes[country]
    if code in {*keys.grant, *keys.revoke}:
        return f"licences.{'grant' if code in keys.grant else 'revoke'} of the scenario"
    return f'no record at the date; licences.default = "{keys.default}"'


def or_default(values: NDArray[np.float64], default: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return terms of the law, the scenario's where a record (NaN) says nothing."""
    return np.where(np.isnan(values), default, values)


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


def _check_cut(scenario: Scenario, rows: Rows, codes: tuple[str, ...]) -> None:
    unknown = [
        f"countries: unknown country code '{code}'{countries().hint(code)}"
        for code in scenario.countries
        if code not in codes
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)
    if not np.isin(rows.country, [codes.index(code) for code in scenario.countries]).any():
        raise ScenarioError(scenario.name, [f"countries: nobody lives in {', '.join(scenario.countries)}"])


def _is_kept(scenario: Scenario, rows: Rows, codes: tuple[str, ...], notes: list[str]) -> NDArray[np.bool_]:
    """Return the rows of the scenario's countries; the whole planet has left them their subscribers."""
    notes.append(
        f"Only the land of {', '.join(sorted(set(scenario.countries)))} is computed: every share is of its people, and "
        "nobody else asks satellites or gateways for anything."
    )
    return np.isin(rows.country, [codes.index(code) for code in scenario.countries])


def _kept(table: _Columns, keep: NDArray[np.bool_]) -> _Columns:
    """Return some of the entries of a table of columns."""
    return replace(table, **{name: column[keep] for name, column in vars(table).items()})


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


def _eras(
    scenario: Scenario, start: datetime, codes: tuple[str, ...], rows: Rows
) -> tuple[Register, tuple[Era, ...]]:
    """Return the register, and the law of the run from each slot on in which it changes."""
    register = _register(scenario, codes)
    end = start + timedelta(seconds=scenario.slots * scenario.slot_s)
    moments, day = {start}, next_change(register, start.date())
    while day is not None and (midnight := datetime(day.year, day.month, day.day, tzinfo=UTC)) < end:
        moments.add(midnight)
        day = next_change(register, day)
    changes = [(*times_s(key, start), key) for key in fault_keys(scenario) if key.kind == "licence"]
    for start_s, end_s, _ in changes:
        moments |= {start + timedelta(seconds=t_s) for t_s in (start_s, end_s) if 0.0 < t_s < 1e9}
    slot_s, classes, points = scenario.slot_s, list[Any](), points_of_rows(rows)
    eras: list[Era] = []
    for k in sorted({math.ceil(round((at - start).total_seconds() / slot_s, 9)) for at in moments}):
        if k >= max(scenario.slots + 1, 1):
            continue
        at = start + timedelta(seconds=k * slot_s)
        law = _law_at(
            scenario, register, at, codes, classes, [c for c in changes if c[0] <= k * slot_s < c[1]]
        )
        verdict = judge(law, register, points, points, by_control=scenario.licences.disputed == "control")
        eras.append(Era(k, at, law, verdict))
    return register, tuple(replace(era, law=replace(era.law, landing_classes=tuple(classes))) for era in eras)


def points_of_rows(rows: Rows) -> Points:
    """Return where rows lie, with their country of record."""
    return Points(rows.country.astype(np.int32), rows.lat_deg, rows.lon_deg)


def _register(scenario: Scenario, codes: tuple[str, ...]) -> Register:
    keys, hint = scenario.licences, countries().hint
    register = read_register(keys.records, codes, hint_of_code=hint) if keys.records else Register()
    if keys.overrides is None:
        return register
    return read_register(keys.overrides, codes, hint_of_code=hint).laid_over(register)


def _law_at(
    scenario: Scenario,
    register: Register,
    at: datetime,
    codes: tuple[str, ...],
    classes: list[LandingClass],
    changes: Sequence[tuple[float, float, FaultKeys]],
) -> Law:
    """Return the law of an instant: the register's, the scenario's grants, and the licence faults that stand."""
    keys = scenario.licences
    by_fault = {
        status: {
            code for *_, key in changes if key.status == status for code in key.countries if code in codes
        }
        for status in ("granted", "revoked")
    }
    law = resolve(
        register.records,
        at.date(),
        codes,
        default_status=keys.default,
        grant=({*keys.grant} | by_fault["granted"]) - by_fault["revoked"],
        revoke=({*keys.revoke} - by_fault["granted"]) | by_fault["revoked"],
        frequency_ghz=scenario.downlink.frequency_ghz,
        classes=classes,
    )
    # A ceiling above what the satellites lay down changes nothing: they do not grow brighter by it.
    binds = law.pfd_dbw_m2_mhz < scenario.downlink.pfd_dbw_m2_mhz
    return replace(law, pfd_dbw_m2_mhz=np.where(binds, law.pfd_dbw_m2_mhz, np.nan))


def _check_codes(scenario: Scenario, codes: tuple[str, ...]) -> None:
    given = {f"licences.{key}": getattr(scenario.licences, key) for key in ("grant", "revoke")}
    given["demand.by_country"] = tuple(scenario.demand.by_country)
    unknown = [
        f"{where}: unknown country code '{code}'{countries().hint(code)}"
        for where, listed in given.items()
        for code in listed
        if code not in codes
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)


def _law_notes(scenario: Scenario, register: Register, eras: Sequence[Era], rows: Rows) -> list[str]:
    """Say where the law changes inside the run, and what zones and overlays do."""
    notes = []
    for before, after in pairwise(eras):
        statuses = zip(after.law.codes, before.law.status, after.law.status, strict=True)
        changed = [f"{code} {was} -> {now}" for code, was, now in statuses if was != now]
        sold = np.flatnonzero(before.law.is_offered != after.law.is_offered)
        changed += [
            f"{after.law.codes[k]} {'now' if after.law.is_offered[k] else 'no longer'} sold"
            for k in sold
            if before.law.status[k] == after.law.status[k]
        ]
        what = ", ".join(changed) or "zones or terms"
        notes.append(f"The law changes at {after.at:%Y-%m-%d %H:%M:%S} UTC, slot {after.first_slot}: {what}.")
    verdict = eras[0].verdict
    for k, zone in enumerate(register.zones):
        people = float(rows.people[verdict.zone == k].sum())
        if people > 0.0:
            does = "denies service to" if zone.rule == "deny" else "keeps a list of terminals for"
            notes.append(
                f"{zone.name} {does} {people:,.0f} people ({zone.source}; confidence {zone.confidence})."
            )
    law = eras[0].law
    for k in np.flatnonzero(law.border_margin_km > 0.0).tolist():
        people = float(rows.people[verdict.is_margin & (verdict.country == k)].sum())
        if people > 0.0:
            notes.append(f"The border margin of {law.codes[k]} leaves {people:,.0f} people without a beam.")
    for k, overlay in enumerate(register.overlays):
        people = float(rows.people[verdict.overlay == k].sum())
        if people > 0.0:
            holds = overlay.controlled_by if scenario.licences.disputed == "control" else overlay.country
            notes.append(
                f"Disputed: {people:,.0f} people live on {overlay.name}; here the law of {holds} holds "
                f'(licences.disputed = "{scenario.licences.disputed}").'
            )
    return notes


def _subscribers(
    scenario: Scenario,
    start: datetime,
    rows: Rows,
    is_sold: NDArray[np.bool_],
    codes: tuple[str, ...],
    notes: list[str],
) -> tuple[float, NDArray[np.float64]]:
    keys = scenario.demand
    total = announced_subscribers(start.date()) if keys.subscribers == "announced" else keys.subscribers
    try:
        spread = subscribers_of_row(
            rows.people,
            rows.area_km2,
            is_sold,
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
        f"{left:,.0f} of the subscribers given for {code} found no row: its rows are full, or nothing is sold there."
        for code, left in spread.left_over_by_country.items()
    ]
    if spread.left_over >= 1.0:
        notes.append(
            f"{spread.left_over:,.0f} of {total:,.0f} subscribers found no row with room and are left out."
        )
    return float(total), spread.subscribers_of_row
