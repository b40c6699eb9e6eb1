"""What the law of a day says at points: country of record and of control, zones, and the margin along borders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.regions import is_inside, is_near, region_km2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecumene.licences.law import Law
    from ecumene.licences.register import Overlay, Register, Zone

NONE = -1


@dataclass(frozen=True)
class Points:
    """Points with their country of record.

    Attributes
    ----------
    country : (point,)
        Index into the law's codes, -1 at sea.
    lat_deg, lon_deg : (point,)
        Position. [deg]
    """

    country: NDArray[np.int32]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What the law says at points.

    Attributes
    ----------
    country : (point,)
        Whose law holds: the country of record, or by an overlay that of control; -1 at sea.
    is_permitted : (point,)
        Service is allowed; False at sea, which no country's law decides.
    zone : (point,)
        Index of the zone that denies service or keeps a list, -1 where none.
    is_denied : (point,)
        Its country has a licence, and the zone denies it here, or the border margin does.
    is_margin : (point,)
        Too near to land without permission.
    listed_share : (point,)
        Share of subscribers whose terminals may work.
    monitor : (point,)
        Index of the zone in which service is watched, -1 where none.
    overlay : (point,)
        Index of the overlay the point lies in, whichever point of view holds, -1 where none.
    """

    country: NDArray[np.int32]
    is_permitted: NDArray[np.bool_]
    zone: NDArray[np.int32]
    is_denied: NDArray[np.bool_]
    is_margin: NDArray[np.bool_]
    listed_share: NDArray[np.float64]
    monitor: NDArray[np.int32]
    overlay: NDArray[np.int32]


def judge(law: Law, register: Register, points: Points, land: Points, *, by_control: bool) -> Verdict:
    """Return what the law says at points.

    Parameters
    ----------
    law
        Of the day, per country.
    register
        Zones and overlays; those that do not hold on the law's day are passed over.
    points
        Where the question is asked.
    land
        All inhabited land, to measure distances to borders with.
    by_control
        Overlays decide whose law holds, instead of the country of record.

    Returns
    -------
    verdict
        One entry a point.

    Notes
    -----
    Of several zones that keep a list or deny, the smallest decides, of equals the later: a denied town inside a
    country with a list stays denied. A zone that monitors lifts nothing.
    """
    index_of = {code: k for k, code in enumerate(law.codes)}
    overlay = _overlay_of(register.overlays, law, index_of, points)
    country, of_land = points.country, land.country
    if by_control:
        country = _controlled(register.overlays, index_of, country, overlay)
        of_land = _controlled(
            register.overlays, index_of, of_land, _overlay_of(register.overlays, law, index_of, land)
        )
    under = Points(country, points.lat_deg, points.lon_deg)
    elsewhere = Points(of_land, land.lat_deg, land.lon_deg)
    is_permitted = np.where(country >= 0, law.is_permitted[country], False).astype(np.bool_)
    zone, monitor = (np.full(len(country), NONE, np.int32) for _ in range(2))
    for k in _in_order(register.zones, law):
        inside = _in_zone(register.zones[k], index_of, under, elsewhere)
        (monitor if register.zones[k].rule == "monitor" else zone)[inside] = k
    rules = np.array([entry.rule for entry in register.zones] + [""])
    shares = np.array([entry.listed_share for entry in register.zones] + [1.0])
    is_margin = is_permitted & _in_margin(law, under, elsewhere)
    is_denied = is_permitted & ((rules[zone] == "deny") | is_margin)
    return Verdict(
        country=country,
        is_permitted=is_permitted & ~is_denied,
        zone=zone,
        is_denied=is_denied,
        is_margin=is_margin,
        listed_share=np.where(rules[zone] == "allow_list", shares[zone], 1.0),
        monitor=monitor,
        overlay=overlay,
    )


def _overlay_of(
    overlays: Sequence[Overlay], law: Law, index_of: dict[str, int], points: Points
) -> NDArray[np.int32]:
    found = np.full(len(points.country), NONE, np.int32)
    for k, overlay in enumerate(overlays):
        if overlay.holds(law.at) and overlay.country in index_of:
            own = np.flatnonzero(points.country == index_of[overlay.country])
            inside = is_inside(overlay.region, points.lat_deg[own], points.lon_deg[own])
            found[own[inside]] = k
    return found


def _controlled(
    overlays: Sequence[Overlay],
    index_of: dict[str, int],
    country: NDArray[np.int32],
    overlay: NDArray[np.int32],
) -> NDArray[np.int32]:
    by = np.array([index_of.get(entry.controlled_by, NONE) for entry in overlays] + [NONE], np.int32)
    return np.where(overlay >= 0, by[overlay], country).astype(np.int32)


def _in_order(zones: Sequence[Zone], law: Law) -> list[int]:
    """Return the zones in force, the one that decides last."""

    def rank(k: int) -> tuple[float, bool, int]:
        zone = zones[k]
        area_km2 = (
            np.inf if zone.region is None else round(region_km2(zone.region), 3)
        )  # equal but for rounding
        return -area_km2, zone.border_km is not None, zone.valid_from.toordinal() if zone.valid_from else 0

    return sorted((k for k, zone in enumerate(zones) if zone.holds(law.at)), key=rank)


def _in_zone(zone: Zone, index_of: dict[str, int], points: Points, land: Points) -> NDArray[np.intp]:
    """Return the points of a zone's country that lie in it."""
    code = index_of.get(zone.country, len(index_of))
    own = np.flatnonzero(points.country == code)
    lat_deg, lon_deg = points.lat_deg[own], points.lon_deg[own]
    if zone.region is not None:
        return own[is_inside(zone.region, lat_deg, lon_deg)]
    if zone.border_km is not None:
        foreign = land.country != code
        return own[
            is_near(lat_deg, lon_deg, land.lat_deg[foreign], land.lon_deg[foreign], zone.border_km * 1e3)
        ]
    return own


def _in_margin(law: Law, points: Points, land: Points) -> NDArray[np.bool_]:
    """Return which points lie so near to land without permission that no beam may be lit for them."""
    in_margin = np.zeros(len(points.country), np.bool_)
    is_closed = ~law.is_permitted[land.country]
    for k in np.flatnonzero(law.border_margin_km > 0.0):
        own = np.flatnonzero(points.country == k)
        in_margin[own] = is_near(
            points.lat_deg[own], points.lon_deg[own], land.lat_deg[is_closed], land.lon_deg[is_closed],
            float(law.border_margin_km[k]) * 1e3,
        )  # fmt: skip
    return in_margin
