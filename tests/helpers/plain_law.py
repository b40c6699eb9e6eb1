"""The law at points, one point at a time: what `ecumene.licences.verdict.judge` must agree with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ecumene.earth.regions import Region
    from ecumene.licences.register import Overlay, Register, Zone

RADIUS_KM = 6371.0088

Place = tuple[str | None, float, float]
"""Country code (None at sea), latitude, longitude. [deg]"""


@dataclass(frozen=True)
class PlainVerdict:
    """What the law says at one point; fields as in `Verdict`."""

    country: str | None
    is_permitted: bool
    zone: int
    is_denied: bool
    is_margin: bool
    listed_share: float
    monitor: int
    overlay: int


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the distance along the mean sphere, by the chord between two points of it."""
    a, b = (
        (math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p))
        for p, q in ((math.radians(lat_a), math.radians(lon_a)), (math.radians(lat_b), math.radians(lon_b)))
    )
    return 2.0 * RADIUS_KM * math.asin(min(1.0, math.dist(a, b) / 2.0))


def is_in(region: Region, lat_deg: float, lon_deg: float) -> bool:
    """Return whether a point lies in a region of one rectangle or one circle."""
    if region.circles:
        lat, lon, radius_m = region.circles[0]
        return distance_km(lat, lon, lat_deg, lon_deg) <= radius_m / 1e3
    west, south, east, north = bounds(region)
    return west < lon_deg < east and south < lat_deg < north


def bounds(region: Region) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a rectangle."""
    (ring,) = region.rings
    lon, lat = ring[:, 0], ring[:, 1]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def km2(region: Region) -> float:
    """Return the area of a rectangle or circle on the sphere, to a square metre or so."""
    if region.circles:
        return round(
            2.0 * math.pi * RADIUS_KM**2 * (1.0 - math.cos(region.circles[0][2] / 1e3 / RADIUS_KM)), 3
        )
    west, south, east, north = bounds(region)
    height = math.sin(math.radians(north)) - math.sin(math.radians(south))
    return round(RADIUS_KM**2 * math.radians(east - west) * height, 3)


def controlled(overlays: Sequence[Overlay], on: date, place: Place) -> tuple[int, str | None]:
    """Return the overlay a point lies in (-1 for none) and whose law holds there from the point of view of control."""
    found, holder = -1, place[0]
    for k, overlay in enumerate(overlays):
        if overlay.holds(on) and overlay.country == place[0] and is_in(overlay.region, *place[1:]):
            found, holder = k, overlay.controlled_by
    return found, holder


def plain_verdict(
    register: Register,
    on: date,
    is_permitted: Mapping[str, bool],
    margin_km: Mapping[str, float],
    place: Place,
    land: Sequence[Place],
    *,
    by_control: bool,
) -> PlainVerdict:
    """Return what the law says at one point, by the rules of docs/explanation/licences.md read one after the other."""
    overlay, holder = controlled(register.overlays, on, place)
    own = holder if by_control else place[0]
    others = [(controlled(register.overlays, on, p)[1] if by_control else p[0], p[1], p[2]) for p in land]

    def is_near(other_km: float, *, closed_only: bool) -> bool:
        return any(
            distance_km(place[1], place[2], lat, lon) <= other_km
            for code, lat, lon in others
            if (not is_permitted[code] if closed_only else code != own)
        )

    def covers(zone: Zone) -> bool:
        if not zone.holds(on) or zone.country != own:
            return False
        if zone.region is not None:
            return is_in(zone.region, *place[1:])
        return zone.border_km is None or is_near(zone.border_km, closed_only=False)

    def rank(k: int) -> tuple[float, int, int, int]:
        zone = register.zones[k]
        shape = math.inf if zone.region is None else km2(zone.region)
        since = zone.valid_from.toordinal() if zone.valid_from else 0
        return shape, zone.border_km is None, -since, -k

    over = [k for k, zone in enumerate(register.zones) if covers(zone)]
    watched = [k for k in over if register.zones[k].rule == "monitor"]
    deciding = sorted((k for k in over if register.zones[k].rule != "monitor"), key=rank)
    zone = deciding[0] if deciding else -1
    rule = register.zones[zone].rule if deciding else ""
    may = own is not None and is_permitted[own]
    is_margin = may and margin_km[own] > 0.0 and is_near(margin_km[own], closed_only=True)
    is_denied = may and (rule == "deny" or is_margin)
    return PlainVerdict(
        country=own,
        is_permitted=may and not is_denied,
        zone=zone,
        is_denied=is_denied,
        is_margin=is_margin,
        listed_share=register.zones[zone].listed_share if rule == "allow_list" else 1.0,
        monitor=min(watched, key=rank, default=-1),
        overlay=overlay,
    )
