"""What the records say on one day, as arrays per country."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from ecumene.licences.register import Landing, Overlay, Record, Register, Zone

ANYWHERE = 0
"""Index of the landing class ("any",), which every law has: places at sea use it."""

LandingClass = tuple[str, ...] | tuple[str, str] | tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Law:
    """The law of one day.

    Attributes
    ----------
    at
        The day.
    codes
        Country codes; the order of every array below.
    is_permitted : (country,)
        Service is allowed.
    is_offered : (country,)
        Service is allowed and sold: where subscribers are.
    status : (country,)
        Why: a status of the register, "granted" or "revoked" by the scenario, "other band" where the licence is for
        other frequencies.
    record : (country,)
        Index of the record in force, -1 where there is none and the default holds.
    landing_class : (country,)
        Index into `landing_classes`; of countries without permission too.
    landing_classes
        ("any",), ("in_country", code) or ("list", codes); the first is always ("any",).
    gso_exclusion_deg : (country,)
        Smallest angle to the geostationary arc; nan where the scenario's holds. [deg]
    nco : (country,)
        Satellites allowed on one frequency in one cell; -1 where the scenario's holds.
    pfd_dbw_m2_mhz : (country,)
        Ceiling of the power flux density; nan where the scenario's holds. [dBW/m2/MHz]
    border_margin_km : (country,)
        No beam is lit nearer than that to land without permission. [km]
    unplaced
        Codes with a record in force that `codes` does not have.
    """

    at: date
    codes: tuple[str, ...]
    is_permitted: NDArray[np.bool_]
    is_offered: NDArray[np.bool_]
    status: tuple[str, ...]
    record: NDArray[np.int32]
    landing_class: NDArray[np.int16]
    landing_classes: tuple[LandingClass, ...]
    gso_exclusion_deg: NDArray[np.float64]
    nco: NDArray[np.int16]
    pfd_dbw_m2_mhz: NDArray[np.float64]
    border_margin_km: NDArray[np.float64]
    unplaced: tuple[str, ...]


def resolve(
    records: Sequence[Record],
    at: date,
    codes: Sequence[str],
    *,
    default_status: str,
    grant: Collection[str] = (),
    revoke: Collection[str] = (),
    frequency_ghz: float | None = None,
    classes: list[LandingClass] | None = None,
) -> Law:
    """Return the law of one day.

    Parameters
    ----------
    records
        From `read_register`; intervals of a country do not overlap.
    at
        The day, UTC.
    codes
        Country codes in the order of the arrays wanted.
    default_status
        Status of a country without a record that day; "licensed" permits and offers.
    grant, revoke
        Countries the scenario permits (and offers) or forbids whatever the records say. A granted country
        keeps the other terms of its record: where traffic lands, angle, Nco, density.
    frequency_ghz
        Of the user downlink: a licence for other bands does not permit it. [GHz]
    classes
        Landing classes of the laws of other days; new ones are appended, so that one list can serve them all.

    Returns
    -------
    law
        The law.

    Raises
    ------
    InputError
        Where grant or revoke name an unknown country, or the same one.
    """
    _check_overrides(codes, grant, revoke)
    in_force = {record.country: k for k, record in enumerate(records) if record.holds(at)}
    record = np.array([in_force.get(code, -1) for code in codes], dtype=np.int32)
    found = [records[k] if k >= 0 else None for k in record]
    status = [default_status if r is None else r.status for r in found]
    is_offered = np.array(
        [s == "licensed" if r is None else r.is_offered for r, s in zip(found, status, strict=True)]
    )
    is_granted = np.array([code in grant for code in codes], dtype=np.bool_)
    is_revoked = np.array([code in revoke for code in codes], dtype=np.bool_)
    status = [
        "other band" if s == "licensed" and not _is_in_band(r, frequency_ghz) else s
        for r, s in zip(found, status, strict=True)
    ]
    is_licensed = np.array([s == "licensed" for s in status], dtype=np.bool_)
    is_permitted = (is_licensed | is_granted) & ~is_revoked
    classes = [] if classes is None else classes
    if not classes:
        classes.append(("any",))
    landing_class = [
        _class_of(r.landing if r else "any", code, classes) for r, code in zip(found, codes, strict=True)
    ]
    return Law(
        at=at,
        codes=tuple(codes),
        is_permitted=is_permitted,
        is_offered=is_permitted & (is_offered.astype(np.bool_) | is_granted),
        status=tuple(
            "revoked" if code in revoke else "granted" if code in grant and s != "licensed" else s
            for code, s in zip(codes, status, strict=True)
        ),
        record=record,
        landing_class=np.array(landing_class, dtype=np.int16),
        landing_classes=tuple(classes),
        gso_exclusion_deg=_term(found, "gso_exclusion_deg"),
        nco=np.array([-1 if r is None or r.nco is None else r.nco for r in found], dtype=np.int16),
        pfd_dbw_m2_mhz=_term(found, "pfd_dbw_m2_mhz"),
        border_margin_km=np.array([0.0 if r is None else r.border_margin_km for r in found]),
        unplaced=tuple(sorted(set(in_force) - set(codes))),
    )


def _check_overrides(codes: Sequence[str], grant: Collection[str], revoke: Collection[str]) -> None:
    for what, named in (("grant", grant), ("revoke", revoke)):
        for code in named:
            if code not in codes:
                raise InputError(f"{what}: unknown country {code!r}{did_you_mean(code, codes)}")
    if both := sorted(set(grant) & set(revoke)):
        raise InputError(f"{', '.join(both)} stand in both grant and revoke; keep one")


def _class_of(landing: Landing, code: str, classes: list[LandingClass]) -> int:
    """Return the index of a landing rule, appending it where it is new."""
    if landing == "any":
        return ANYWHERE
    wanted: LandingClass = (
        ("in_country", code) if landing == "in_country" else ("list", tuple(sorted(landing)))
    )
    if wanted not in classes:
        classes.append(wanted)
    return classes.index(wanted)


def _is_in_band(record: Record | None, frequency_ghz: float | None) -> bool:
    if record is None or frequency_ghz is None or not record.bands_ghz:
        return True
    return any(low <= frequency_ghz <= high for low, high in record.bands_ghz)


def _term(found: Sequence[Record | None], name: str) -> NDArray[np.float64]:
    values = [None if record is None else getattr(record, name) for record in found]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def landing_mask(classes: Sequence[LandingClass], site_country: Sequence[str]) -> NDArray[np.bool_]:
    """Return at which sites the traffic of a landing class may come down.

    Parameters
    ----------
    classes
        Landing classes of a `Law`.
    site_country : (site,)
        Country code of each gateway or PoP.

    Returns
    -------
    may_land : (class, site)
        Both the gateway and the PoP of a path must be allowed.
    """
    may_land = np.zeros((len(classes), len(site_country)), dtype=np.bool_)
    for k, landing in enumerate(classes):
        if landing[0] == "any":
            may_land[k] = True
        else:
            allowed = {landing[1]} if landing[0] == "in_country" else set(landing[1])
            may_land[k] = [country in allowed for country in site_country]
    return may_land


def next_change(register: Register, after: date) -> date | None:
    """Return the first day later than a given one on which any record, zone or overlay begins or ends.

    Parameters
    ----------
    register
        From `read_register`.
    after
        A day.

    Returns
    -------
    day
        None where the law never changes again.
    """
    dated: tuple[Record | Zone | Overlay, ...] = (*register.records, *register.zones, *register.overlays)
    days = {day for entry in dated for day in (entry.valid_from, entry.valid_to) if day is not None}
    return min((day for day in days if day > after), default=None)
