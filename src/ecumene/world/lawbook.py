"""The map of law on a day: what every country says, and whom its zones and borders touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.cells import load_rows
from ecumene.earth.countries import countries
from ecumene.licences.law import resolve
from ecumene.licences.register import Register, read_register
from ecumene.licences.verdict import judge
from ecumene.world.land import points_of_rows

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from ecumene.licences.law import Law
    from ecumene.licences.verdict import Verdict
    from ecumene.results.schema import Table


def law_of_day(
    name_or_path: str | Path,
    at: date,
    *,
    overrides: str | Path | None = None,
    default_status: str = "not_sought",
    by_control: bool = False,
    resolution: int = 4,
) -> tuple[dict[str, Any], Table]:
    """Return the law of a day: in words and numbers, and row by row.

    Parameters
    ----------
    name_or_path, overrides
        A register, and a file laid over it.
    at
        The day.
    default_status
        Status of countries without a record.
    by_control
        Overlays decide whose law holds on disputed land, instead of the country of record.
    resolution
        Of the cells that are counted and drawn.

    Returns
    -------
    facts
        Day, register, countries (one entry for each that has a record), how many there are by status with their
        people, zones and overlays.
    rows
        cell, lat_deg, lon_deg, share, people, country, status ("deny", "allow_list" in such zones).

    Raises
    ------
    TableError
        A register has mistakes.
    """
    table, rows = countries(), load_rows(resolution)
    register = read_register(name_or_path, table.code, hint_of_code=table.hint)
    if overrides is not None:
        register = read_register(overrides, table.code, hint_of_code=table.hint).laid_over(register)
    law = resolve(register.records, at, table.code, default_status=default_status)
    points = points_of_rows(rows)
    verdict = judge(law, register, points, points, by_control=by_control)
    kind_of_country = np.array(
        [
            f"{s}, not sold" if s == "licensed" and not ok else s
            for s, ok in zip(law.status, law.is_offered, strict=True)
        ]
    )
    kind = kind_of_country[verdict.country].astype(object)
    rules = np.array([zone.rule for zone in register.zones] + [""])
    kind = np.where(verdict.is_denied, "deny", kind)
    kind = np.where(verdict.is_permitted & (rules[verdict.zone] == "allow_list"), "allow_list", kind)
    people = np.bincount(rows.country, rows.people, len(table.code))
    facts = {
        "on": at.isoformat(),
        "register": str(name_or_path),
        "point_of_view": "control" if by_control else "record",
        "default": default_status,
        "by_status": _by_status(kind.astype(str), rows.people, rows.country),
        "countries": [
            _country(law, register, k, float(people[k])) for k in range(len(table.code)) if law.record[k] >= 0
        ],
        "zones": _zones(register, law, verdict, rows.people),
        "overlays": _overlays(register, verdict, rows.people),
    }
    drawn: Table = {
        "cell": rows.cell,
        "lat_deg": rows.lat_deg,
        "lon_deg": rows.lon_deg,
        "share": rows.share,
        "people": rows.people,
        "country": np.array(table.code, object)[rows.country],
        "status": kind.astype(str),
    }
    return facts, drawn


def _by_status(kind: Any, people: Any, country: Any) -> list[dict[str, Any]]:
    found = [
        {
            "status": str(name),
            "countries": len(np.unique(country[kind == name])),
            "people": float(people[kind == name].sum()),
        }
        for name in np.unique(kind)
    ]
    return sorted(found, key=lambda entry: -entry["people"])


def _country(law: Law, register: Register, k: int, people: float) -> dict[str, Any]:
    record = register.records[law.record[k]]
    terms = {
        name: value
        for name in ("gso_exclusion_deg", "nco", "pfd_dbw_m2_mhz", "border_margin_km", "regime")
        if (value := getattr(record, name))
    }
    if record.bands_ghz:
        terms["bands_ghz"] = [list(band) for band in record.bands_ghz]
    return {
        "country": record.country,
        "name": countries().name[k],
        "people": people,
        "status": record.status,
        "from": record.valid_from.isoformat() if record.valid_from else None,
        "to": record.valid_to.isoformat() if record.valid_to else None,
        "sold": bool(law.is_offered[k]),
        "landing": record.landing if isinstance(record.landing, str) else list(record.landing),
        "terms": terms,
        "source": record.source,
        "confidence": record.confidence,
        "note": record.note,
    }


def _zones(register: Register, law: Law, verdict: Verdict, people: Any) -> list[dict[str, Any]]:
    found = []
    for k, zone in enumerate(register.zones):
        if zone.holds(law.at):
            of_zone = (verdict.monitor if zone.rule == "monitor" else verdict.zone) == k
            found.append(
                {
                    "country": zone.country,
                    "name": zone.name,
                    "rule": zone.rule,
                    "from": zone.valid_from.isoformat() if zone.valid_from else None,
                    "to": zone.valid_to.isoformat() if zone.valid_to else None,
                    "people": float(people[of_zone].sum()),
                    "source": zone.source,
                    "confidence": zone.confidence,
                }
            )
    return found


def _overlays(register: Register, verdict: Verdict, people: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": overlay.name,
            "country": overlay.country,
            "controlled_by": overlay.controlled_by,
            "people": float(people[verdict.overlay == k].sum()),
            "source": overlay.source,
            "confidence": overlay.confidence,
        }
        for k, overlay in enumerate(register.overlays)
        if (verdict.overlay == k).any()
    ]
