"""Where the network touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.cells import countries_near
from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import ScenarioError
from ecumene.licences.law import landing_mask
from ecumene.network.latency import fibre_s
from ecumene.network.sites import Site, Sites, read_sites, records_of_sites, sites_of_records
from ecumene.radio.feeder import BANDS
from ecumene.world.feeders import FeederTerms, build_feeders
from ecumene.world.land import or_default

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import GatewayKeys, SiteKeys
    from ecumene.world.land import Land


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
    gso_exclusion_deg : (gateway,)
        Smallest allowed angle to the geostationary arc. [deg]
    feeders
        What decides what a feeder link carries; None where each antenna has a fixed capacity.
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
    gso_exclusion_deg: NDArray[np.float64]
    feeders: FeederTerms | None
    fibre_s: NDArray[np.float64]
    is_gateway_permitted: NDArray[np.bool_]
    is_pop_permitted: NDArray[np.bool_]


def build_ground(scenario: Scenario, land: Land, start: datetime, notes: list[str]) -> Ground:
    """Return the gateways and PoPs of a scenario.

    Parameters
    ----------
    scenario, land, start
        The scenario, its land with its law, and the first slot.
    notes
        What the user should know is appended here.

    Raises
    ------
    InputError
        The list of sites, or the sites of the scenario, have mistakes.
    """
    keys = scenario.gateways
    unknown = [
        f"gateways.gso_exclusion_by_country: unknown country code '{code}'{countries().hint(code)}"
        for code in keys.gso_exclusion_by_country
        if code not in {*land.codes, *countries().code}
    ]
    if unknown:
        raise ScenarioError(scenario.name, unknown)
    is_real = not scenario.cell
    sites = [_sites_of_keys(keys, land.codes, scenario.name, notes, is_real=is_real)] if keys.site else []
    if keys.sites:
        known = countries().code
        listed = read_sites(
            keys.sites,
            known,
            hint_of_code=countries().hint,
            known_by=keys.known_by or start.date(),
            default_antennas=keys.antennas,
            with_planned=keys.planned,
            bands=tuple(BANDS),
            misplaced=misplaced if is_real and not keys.at_sea else None,
        )
        notes += [*listed.notes, *_left_out_notes(listed)]
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
        gso_exclusion_deg=gateway_exclusion_deg(keys, gateways),
        feeders=build_feeders(scenario, gateways, notes),
        fibre_s=fibre_s(*position, pops.lat_deg, pops.lon_deg, latency.fibre_factor, latency.fibre_index),
        is_gateway_permitted=landing_mask(land.law.landing_classes, gateways.country),
        is_pop_permitted=landing_mask(land.law.landing_classes, pops.country),
    )


def gateway_exclusion_deg(keys: GatewayKeys, sites: Sites) -> NDArray[np.float64]:
    """Return the exclusion angle of each gateway: its own, its country's, or the scenario's."""
    by_country = [keys.gso_exclusion_by_country.get(code, keys.gso_exclusion_deg) for code in sites.country]
    return or_default(sites.gso_exclusion_deg, np.array(by_country, np.float64))


def _left_out_notes(listed: Sites) -> list[str]:
    reasons = {
        "later": "not known to be live by then",
        "planned": "planned (gateways.planned = true takes them)",
        "closed": "closed",
    }
    return [
        f"{len(names)} ground sites of the list are left out: {why}."
        for key, why in reasons.items()
        if (names := getattr(listed, key))
    ]


def misplaced(country: str, lat_deg: float, lon_deg: float) -> tuple[str, str]:
    """Return what is wrong with a site's position, and what is odd about it; empty where nothing is.

    Parameters
    ----------
    country
        Country code the site is listed under.
    lat_deg, lon_deg
        Where it is said to stand. [deg]

    Returns
    -------
    wrong, odd
        In the sea, further than a cell or two (14 to 30 km) from any land; on the land of others alone.
    """
    code, here = countries().code, countries_near(lat_deg, lon_deg)
    own = countries().index_of(country)
    if own in here:
        return "", ""
    where = f"at {lat_deg:g}, {lon_deg:g}"
    if here:
        names = " and ".join(code[k] for k in here)
        return "", f"{where} stands in {names}, not in {country}; landing rules follow the list"
    for lat, lon, what in (
        (lon_deg, lat_deg, "latitude and longitude seem to be swapped"),
        (-lat_deg, lon_deg, "the sign of the latitude seems wrong"),
        (lat_deg, -lon_deg, "the sign of the longitude seems wrong"),
    ):
        if abs(lat) <= 90.0 and own in countries_near(lat, lon):
            return f"{where} lies in the sea; {what}", ""
    return f"{where} lies in the sea; move it to land, or set gateways.at_sea = true", ""


def _sites_of_keys(
    keys: GatewayKeys, codes: tuple[str, ...], source: str, notes: list[str], *, is_real: bool
) -> Sites:
    """Return the sites written into the scenario; on a made-up planet land is nowhere in particular."""
    known = set(codes) | set(countries().code)
    problems = [
        f'gateways.site[{k}].country = "{site.country}": unknown country code{countries().hint(site.country)}'
        for k, site in enumerate(keys.site)
        if site.country not in known
    ]
    seen: set[tuple[str, str]] = set()
    for k, site in enumerate(keys.site):
        if (site.kind, site.name) in seen:
            problems.append(f'gateways.site[{k}].name = "{site.name}": a second {site.kind} of this name')
        seen.add((site.kind, site.name))
        if is_real and site.country in countries().code:
            wrong, odd = misplaced(site.country, site.lat_deg, site.lon_deg)
            if wrong and not keys.at_sea:
                problems.append(f"gateways.site[{k}]: {site.kind} {site.name!r} {wrong}")
            if odd:
                notes.append(f"gateways.site[{k}]: {site.kind} {site.name!r} {odd}.")
    if problems:
        raise ScenarioError(source, problems)
    return sites_of_records([_site_of_keys(site, keys.antennas) for site in keys.site])


def _site_of_keys(site: SiteKeys, antennas: int) -> Site:
    return Site(
        name=site.name,
        country=site.country,
        lat_deg=site.lat_deg,
        lon_deg=site.lon_deg,
        kind=site.kind,
        antennas=(site.antennas or antennas) if site.kind == "gateway" else 0,
        bands=" ".join(site.bands),
        gso_exclusion_deg=_or_nan(site.gso_exclusion_deg),
        rain_mm_h=_or_nan(site.rain_mm_h),
        rain_height_km=_or_nan(site.rain_height_km),
        confidence="scenario",
        source="scenario",
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _joined(parts: list[Sites]) -> Sites:
    """Return several lists of sites as one."""
    return sites_of_records([site for part in parts for site in records_of_sites(part)])
