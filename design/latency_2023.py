"""How much do framing, scheduling and processing add to the light? One constant, fitted to one month.

    python design/latency_2023.py [--resolution 5] [--slots 240] [--countries]

The operator published medians of latency by country for 2023-09. Our round trip terminal - PoP - terminal without
any processing, on the gateways and PoPs known by 2023-10 and under the law of 2023-10-10, is light over radio legs,
lasers and fibre alone. What is missing to the operator's figure is taken for one constant, the same everywhere: the
one that makes the median error over the countries smallest. Nothing else is fitted. Then: in which order do the
countries come (Spearman), and how far off is the median country?

End points differ. Ours: the dish, and the PoP where its traffic meets the internet with least delay. Theirs: a test
in the user's equipment against a server the operator does not name, at or behind the PoP it assigns; queueing
included, all hours. Hence the constant holds framing, scheduling, switching, the usual queue, and the way behind the
PoP. Ways round full links, and the queue of a full one, are in our round trip as the load of the slot makes them.

A country's median is over subscribers and slots: rows weighted by the subscribers our demand puts there, in every
slot in which they are served. A country the operator measured counts as licensed. The fleet is Gen1 as filed; the
fleet of 2023-09 was another (the polar shells in part, and some 1,600 satellites at 530 km / 43 deg besides). It
partly had lasers: those of 2021-09 and later, which is every shell but the one at 550 km. That is the case the
constant is taken from; bent pipe and lasers everywhere are printed beside it. `--slots` are 15 s each, from
2023-10-10T12:00:12Z.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

import ecumene
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.world import World

MEDIAN_MS = {
    "AT": 45.4,
    "BB": 67.9,
    "BE": 38.9,
    "BG": 60.6,
    "BL": 64.4,
    "CH": 45.2,
    "CL": 36.1,
    "CO": 34.0,
    "CZ": 43.3,
    "DE": 40.2,
    "DK": 44.1,
    "DO": 59.0,
    "EC": 87.0,
    "EE": 49.2,
    "ES": 34.5,
    "FI": 64.4,
    "FR": 46.5,
    "GB": 37.2,
    "GF": 90.3,
    "GG": 40.6,
    "GP": 65.7,
    "GR": 60.8,
    "GT": 52.3,
    "HR": 52.2,
    "HT": 55.8,
    "HU": 50.7,
    "IE": 40.0,
    "IM": 37.2,
    "IS": 76.0,
    "IT": 53.7,
    "JM": 45.5,
    "JP": 40.4,
    "KE": 129.1,
    "LT": 47.7,
    "LU": 40.3,
    "LV": 46.2,
    "MD": 53.8,
    "MK": 61.7,
    "MQ": 69.4,
    "MT": 61.9,
    "MW": 118.2,
    "MY": 153.8,
    "MZ": 139.4,
    "NF": 58.0,
    "NG": 39.3,
    "NL": 39.6,
    "NO": 47.8,
    "NZ": 33.2,
    "PA": 39.6,
    "PE": 37.1,
    "PH": 41.0,
    "PL": 45.9,
    "PR": 64.0,
    "PT": 34.3,
    "RE": 176.2,
    "RO": 56.1,
    "RW": 104.5,
    "SE": 47.0,
    "SI": 49.6,
    "SK": 48.9,
    "SV": 53.8,
    "TK": 93.1,
    "TT": 69.2,
    "UA": 58.0,
    "VI": 63.1,
    "YT": 160.3,
}
"""Median latency of a country. Source: the operator's public metrics of residential service, 2023-09 (66 countries;
those it publishes by state, the US among them, are not here). [ms]"""

STEP_MS, N_STEPS = 0.05, 20_000
FLEETS = ("bent pipe", "lasers from 2021-09 on", "lasers everywhere")
CHOSEN = FLEETS[1]


def scenario_2023(resolution: int, slots: int) -> ecumene.Scenario:
    """Return Gen1 with the sites and the law of 2023-10, without processing."""
    return ecumene.load(
        "starlink-gen1",
        overrides={
            "start": datetime(2023, 10, 10, 12, 0, 12, tzinfo=UTC),
            "gateways.known_by": date(2023, 10, 31),
            "resolution": resolution,
            "slots": slots,
            "latency.processing_ms": 0.0,
            "licences.grant": sorted(MEDIAN_MS),
        },
    )


def with_lasers(world: World, fleet: str) -> World:
    """Return the world with the links of one of the `FLEETS`."""
    if fleet == "lasers everywhere":
        return world
    shell = world.fleet.elements.shell[world.links]
    is_kept = (shell > 0).all(axis=1) & (fleet != "bent pipe")
    return replace(world, links=world.links[is_kept], is_link_up=world.is_link_up[is_kept])


def light_ms(world: World) -> NDArray[np.float64]:
    """Return each country's median round trip over subscribers and slots; NaN where nobody is served."""
    land, n_countries = world.land, len(world.land.codes)
    counts = np.zeros((n_countries, N_STEPS))
    sky, next_sky, before = survey(world, 0), survey(world, 1), None
    for k in range(world.scenario.slots):
        before = one_slot(world, sky, next_sky, before)
        sky, next_sky = next_sky, survey(world, k + 2)
        rtt_ms = before.service.rtt_s.astype(np.float64) * 1e3
        row = np.flatnonzero(np.isfinite(rtt_ms) & (land.subscribers > 0.0))
        step = np.minimum((rtt_ms[row] / STEP_MS).astype(np.int64), N_STEPS - 1)
        np.add.at(counts, (land.rows.country[row], step), land.subscribers[row])
    seen = counts.cumsum(axis=1)
    middle = (seen < 0.5 * seen[:, -1:]).sum(axis=1)
    return np.where(seen[:, -1] > 0.0, (middle + 0.5) * STEP_MS, np.nan)


def to_nearest_pop_km(world: World) -> NDArray[np.float64]:
    """Return each country's mean distance from its subscribers to the nearest PoP: the simplest rival."""
    land, pops = world.land, world.ground.pops
    nearest_km = np.full(len(land.rows.cell), np.inf)
    for lat_deg, lon_deg in zip(pops.lat_deg, pops.lon_deg, strict=True):
        away_km = great_circle_m(land.rows.lat_deg, land.rows.lon_deg, lat_deg, lon_deg) / 1e3
        nearest_km = np.minimum(nearest_km, away_km)
    weight = np.bincount(land.rows.country, land.subscribers, len(land.codes))
    total_km = np.bincount(land.rows.country, land.subscribers * nearest_km, len(land.codes))
    return total_km / np.where(weight > 0.0, weight, np.nan)


def main() -> None:
    """Print one line a fleet, and the constant last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=5)
    parser.add_argument("--slots", type=int, default=240)
    parser.add_argument("--countries", action="store_true", help="print every country as well")
    options = parser.parse_args()
    world = build(scenario_2023(options.resolution, options.slots))
    codes = sorted(MEDIAN_MS)
    index = [world.land.codes.index(code) for code in codes]
    theirs_ms = np.array([MEDIAN_MS[code] for code in codes])
    print(f"{len(world.ground.gateways)} gateways, {len(world.ground.pops)} PoPs, {len(codes)} countries")
    far_km = to_nearest_pop_km(world)[index]
    print(f"  distance to the nearest PoP alone: rank correlation {spearmanr(far_km, theirs_ms)[0]:.2f}")
    answer = ""
    ours_ms = {fleet: light_ms(with_lasers(world, fleet))[index] for fleet in FLEETS}
    for fleet, light in ours_ms.items():
        is_served = np.isfinite(light)
        constant_ms = float(np.median((theirs_ms - light)[is_served]))
        error_ms = (light + constant_ms - theirs_ms)[is_served]
        rank = spearmanr(light[is_served], theirs_ms[is_served])[0]
        none = " ".join(code for code, ok in zip(codes, is_served, strict=True) if not ok)
        text = (
            f"{fleet}: {is_served.sum()} countries served, processing {constant_ms:.1f} ms, rank correlation "
            f"{rank:.2f}, median error {np.median(np.abs(error_ms)):.1f} ms, nine in ten within "
            f"{np.percentile(np.abs(error_ms), 90):.0f} ms"
        )
        print(f"  {text}{f'; not served: {none}' if none else ''}")
        answer = text if fleet == CHOSEN else answer
    if options.countries:
        print("  country, theirs, light of " + ", of ".join(FLEETS) + " [ms]")
        for k, code in enumerate(codes):
            print(f"  {code} {theirs_ms[k]:6.1f}  " + " ".join(f"{ours_ms[f][k]:6.1f}" for f in FLEETS))
    print(answer)


if __name__ == "__main__":
    main()
