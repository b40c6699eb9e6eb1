"""What the law says in one place in words, and on whose word: for those who ask why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from ecumene.licences.law import LandingClass, Law
    from ecumene.licences.register import Register
    from ecumene.licences.verdict import Verdict


@dataclass(frozen=True)
class Ruling:
    """The law in one place on a day.

    Attributes
    ----------
    is_permitted, is_sold
        Service is allowed; and the operator sells it.
    status
        Of the register, or granted or revoked by the scenario; "at sea" there.
    refusal
        Record, zone or margin that stands against it; empty where none does.
    valid_from, valid_to
        Dates of the record in force; empty where open or where there is none.
    landing
        Where traffic may come down: "any", or country codes.
    zone, zone_rule, monitored_by
        Zone that denies or keeps a list, its rule, and the zone that watches; empty where none.
    source, confidence, note
        Of the record in force; of the zone where one denies.
    """

    is_permitted: bool
    is_sold: bool
    status: str
    refusal: str
    valid_from: str
    valid_to: str
    landing: str
    zone: str
    zone_rule: str
    monitored_by: str
    source: str
    confidence: str
    note: str


def ruling(
    law: Law,
    register: Register,
    *,
    country: int,
    zone: int,
    monitor: int,
    is_permitted: bool,
    refusal: str,
    landing_class: int,
    without_record: str,
) -> Ruling:
    """Return the law in one place in words.

    Parameters
    ----------
    law, register
        Of the day, and what it was read from.
    country, zone, monitor
        Indices of the country whose law holds and of its zones, as in `Verdict`; -1 at sea, or where there is none.
    is_permitted, refusal
        Whether service is allowed, and what stands against it (`refusal_text`).
    landing_class
        Where traffic may come down: index into the law's landing classes.
    without_record
        What holds where the register says nothing.
    """
    record = register.records[law.record[country]] if country >= 0 and law.record[country] >= 0 else None
    is_by_zone = zone >= 0 and refusal == register.zones[zone].name
    entry = register.zones[zone] if is_by_zone else record
    rule = law.landing_classes[landing_class]
    return Ruling(
        is_permitted=is_permitted,
        is_sold=bool(law.is_offered[country]) if country >= 0 else is_permitted,
        status=law.status[country] if country >= 0 else "at sea",
        refusal=refusal,
        valid_from=_day(entry.valid_from if entry else None),
        valid_to=_day(entry.valid_to if entry else None),
        landing="any" if rule[0] == "any" else _codes(rule),
        zone=register.zones[zone].name if zone >= 0 else "",
        zone_rule=register.zones[zone].rule if zone >= 0 else "",
        monitored_by=register.zones[monitor].name if monitor >= 0 else "",
        source=entry.source if entry else without_record,
        confidence=entry.confidence if entry else "",
        note=entry.note if entry else "",
    )


def refusal_text(law: Law, register: Register, verdict: Verdict, point: int) -> str:
    """Name the record, zone or margin that stands against a point without permission.

    Parameters
    ----------
    law, register
        Of the day, and what it was read from.
    verdict, point
        What the law says at points, and which of them is meant.
    """
    country = verdict.country[point]
    if country < 0:
        return "licence: at sea not permitted"
    if not verdict.is_denied[point]:
        return f"licence {law.codes[country]}: {law.status[country]}"
    if verdict.is_margin[point]:
        return f"border margin of {law.border_margin_km[country]:g} km ({law.codes[country]})"
    return str(register.zones[verdict.zone[point]].name)


def _codes(rule: LandingClass) -> str:
    return rule[1] if isinstance(rule[1], str) else " ".join(rule[1])


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
