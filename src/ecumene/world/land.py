"""Who lives where, under which law, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.cells import SETTLEMENTS, Rows, load_rows
from ecumene.earth.countries import countries
from ecumene.errors import RangeError, ScenarioError
from ecumene.licences.law import Law, next_change, resolve
from ecumene.licences.register import read_register
from ecumene.network.service import NO_LICENCE
from ecumene.traffic.demand import announced_subscribers, solar_step, subscribers_of_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scenario import Scenario


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
    law
        The law of the start.
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
    law: Law
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
    law = _law(scenario, start, codes, notes)
    total, spread = _subscribers(scenario, start, rows, law, codes, notes)
    if scenario.countries:
        rows, spread = _cut_out(scenario, rows, spread, codes, notes)
        total = float(spread.sum())
    cell, first, inverse = np.unique(rows.cell, return_index=True, return_inverse=True)
    cell_of_row = inverse.astype(np.int32)
    is_permitted = law.is_permitted[rows.country]
    class_of_row = np.where(is_permitted, law.landing_class[rows.country], -1).astype(np.int32)
    unsold = law.is_permitted & ~law.is_offered & (np.bincount(rows.country, minlength=len(codes)) > 0)
    if unsold.any():
        notes.append(
            f"Licensed but not sold, hence without subscribers: {', '.join(np.array(codes)[unsold])}."
        )
    busy_bps = spread * scenario.demand.mbps_per_subscriber * 1e6
    return Land(
        rows=rows,
        codes=codes,
        names=names,
        cell=cell,
        lat_of_cell_deg=rows.lat_deg[first],
        lon_of_cell_deg=rows.lon_deg[first],
        cell_of_row=cell_of_row,
        law=law,
        class_of_row=class_of_row,
        refusal_of_row=np.where(is_permitted, -1, NO_LICENCE).astype(np.int8),
        is_permitted_in_row=is_permitted,
        is_sold_in_row=law.is_offered[rows.country],
        class_of_cell=_class_of_cell(cell_of_row, len(cell), class_of_row, busy_bps),
        subscribers=spread,
        busy_bps=busy_bps,
        solar_step_of_row=solar_step(rows.lon_deg),
        n_subscribers=total,
        n_unplaced=max(0.0, total - float(spread.sum())),
    )


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


def _cut_out(
    scenario: Scenario,
    rows: Rows,
    subscribers: NDArray[np.float64],
    codes: tuple[str, ...],
    notes: list[str],
) -> tuple[Rows, NDArray[np.float64]]:
    """Return the rows of the scenario's countries, with the subscribers the whole planet left them."""
    unknown = [
        f"countries: unknown country code '{code}'{countries().hint(code)}"
        for code in scenario.countries
        if code not in codes
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)
    keep = np.isin(rows.country, [codes.index(code) for code in scenario.countries])
    if not keep.any():
        raise ScenarioError(scenario.name, [f"countries: nobody lives in {', '.join(scenario.countries)}"])
    notes.append(
        f"Only the land of {', '.join(sorted(set(scenario.countries)))} is computed: every share is of its people, and "
        "nobody else asks satellites or gateways for anything."
    )
    return Rows(**{name: column[keep] for name, column in vars(rows).items()}), subscribers[keep]


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
        f"licences.{key}: unknown country code '{code}'{countries().hint(code)}"
        for key in ("grant", "revoke")
        for code in getattr(keys, key)
        if code not in codes
    ]
    unknown += [
        f"demand.by_country: unknown country code '{code}'{countries().hint(code)}"
        for code in scenario.demand.by_country
        if code not in codes
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)
    records = read_register(keys.records, codes, hint_of_code=countries().hint) if keys.records else ()
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
        f"{left:,.0f} of the subscribers given for {code} found no row: its rows are full, or nothing is sold there."
        for code, left in spread.left_over_by_country.items()
    ]
    if spread.left_over >= 1.0:
        notes.append(
            f"{spread.left_over:,.0f} of {total:,.0f} subscribers found no row with room and are left out."
        )
    return float(total), spread.subscribers_of_row
