"""Where the network touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.errors import ScenarioError
from ecumene.licences.law import landing_mask
from ecumene.network.latency import fibre_s
from ecumene.network.sites import Sites, read_sites

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import SiteKeys
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
    sites = [_sites_of_keys(keys.site, land.codes, keys.antennas, scenario.name)] if keys.site else []
    if keys.sites:
        known = countries().code
        listed = read_sites(
            keys.sites,
            known,
            hint_of_code=countries().hint,
            known_by=keys.known_by or start.date(),
            default_antennas=keys.antennas,
        )
        notes += listed.notes
        if listed.later:
            notes.append(
                f"{len(listed.later)} ground sites of the list are left out: not known to be live by then."
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
        f'gateways.site[{k}].country = "{site.country}": unknown country code{countries().hint(site.country)}'
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
