"""How much do SpaceX's 4,425, OneWeb's 720 and Telesat's 117 satellites carry, and with how many ground stations?

    python design/del_portillo_2019.py [--resolution 3] [--slots 4]

The comparison of del Portillo, Cameron and Crawley (Acta Astronautica 159, 2019), as far as our model can express it.
Theirs: filings of 2016 to 2018; a budget of every link through a statistical atmosphere; a demand of 10 % of people at
300 kbit/s; ground stations whose places a genetic search picks; lasers for SpaceX and Telesat. Published: total
throughput, mean Gbit/s a satellite, stations needed for all of it, total with 50 stations.

What we take from them: shells, minimum elevation, lasers or none, the demand, and the most one satellite can carry
(21.36, 9.97, 38.68 Gbit/s; recalled), because our radio is another (downlink limited by power flux density, clear sky):
beams and channels are made so many that this ceiling binds and not they. What we do instead: stations at towns, each
next one as far as can be from those before (no search), 30 antennas of 40 Gbit/s each; traffic on shortest paths alone,
max-min fair, lasers of 20 Gbit/s; a cell is served by one satellite at a time, which at resolution 3 is coarse. Shells
are recalled from the filings. So the order of the systems and how the total grows with stations can be compared; the
totals themselves only within tens of per cent.
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse

import numpy as np

import ecumene
from ecumene.earth.cells import load_rows
from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.earth.towns import load_towns

SHELLS = {
    "SpaceX 4,425": (
        (1150.0, 53.0, 32, 50),
        (1110.0, 53.8, 32, 50),
        (1130.0, 74.0, 8, 50),
        (1275.0, 81.0, 5, 75),
        (1325.0, 70.0, 6, 75),
    ),
    "OneWeb 720": ((1200.0, 87.9, 18, 40),),
    "Telesat 117": ((1000.0, 99.5, 6, 12), (1248.0, 37.4, 5, 9)),
}
"""Altitude [km], inclination [deg], planes, satellites a plane. Source: filings of 2016 to 2018 as the paper lists
them (recalled; the numbers of satellites agree)."""

SYSTEMS = {
    # mask, most Gbit/s a satellite, lasers, stations for all, Tbit/s, Tbit/s with 50 stations, mean Gbit/s
    "SpaceX 4,425": (40.0, 21.36, "grid", 123, 23.70, 16.80, 5.36),
    "OneWeb 720": (55.0, 9.97, "none", 71, 1.56, 1.47, 2.17),
    "Telesat 117": (20.0, 38.68, "grid", 42, 2.66, 2.66, 22.74),
}
"""Source: del Portillo et al. 2019, tables of results (the most Gbit/s a satellite recalled)."""

FEW = 50
SUBSCRIBERS_PER_PERSON, MBPS = 0.1, 0.3


def stations(n: int) -> list[dict[str, object]]:
    """Return n gateways at towns of 100,000 and more, each as far as can be from those before."""
    towns, code = load_towns(), countries().code
    big = np.flatnonzero(towns.people >= 100_000.0)
    lat_deg, lon_deg = towns.lat_deg[big], towns.lon_deg[big]
    away_m, chosen = np.full(len(big), np.inf), [0]
    for _ in range(n - 1):
        k = chosen[-1]
        away_m = np.minimum(away_m, great_circle_m(lat_deg, lon_deg, lat_deg[k], lon_deg[k]))
        chosen.append(int(np.argmax(away_m)))
    return [
        {
            "name": f"{kind} {k}",
            "kind": kind,
            "country": code[towns.country[big[k]]],
            "lat_deg": float(lat_deg[k]),
            "lon_deg": float(lon_deg[k]),
        }
        for k in chosen
        for kind in ("gateway", "pop")
    ]


def carried_tbps(name: str, n_stations: int, resolution: int, slots: int) -> tuple[float, int]:
    """Return what a system carries [Tbit/s], and how many satellites it has."""
    mask_deg, most_gbps, topology, *_ = SYSTEMS[name]
    people = float(load_rows(resolution).people.sum())
    overrides = {
        "name": "del-portillo",
        "constellation.shells": [
            {"altitude_km": h, "inclination_deg": i, "planes": p, "sats_per_plane": s, "phasing": 1}
            | ({"node_spread_deg": 180} if 80.0 < i < 100.0 else {})
            for h, i, p, s in SHELLS[name]
        ],
        "satellite.user_beams": 64,
        "satellite.capacity_gbps": most_gbps,
        "terminal.min_elevation_deg": mask_deg,
        "terminal.gso_exclusion_deg": 0.0,
        "downlink.channels": 64,
        "gateways.sites": "",
        "gateways.site": stations(n_stations),
        "gateways.antennas": 30,
        "gateways.antenna_gbps": 40.0,
        "gateways.min_elevation_deg": 10.0,
        "gateways.gso_exclusion_deg": 0.0,
        "isl.topology": topology,
        "isl.capacity_gbps": 20.0,
        "licences.records": "",
        "licences.default": "licensed",
        "demand.subscribers": int(SUBSCRIBERS_PER_PERSON * people),
        "demand.mbps_per_subscriber": MBPS,
        "demand.diurnal": False,
        "demand.sparse_density_per_km2": 100_000.0,
        "resolution": resolution,
        "slots": slots,
        "slot_s": 300.0,
    }
    results = ecumene.simulate(ecumene.load("starlink-gen1", overrides=overrides))
    return results.summary["traffic_gbps"]["carried"] / 1e3, results.summary["satellites"]["scheduled"]


def main() -> None:
    """Print one line a system, the answer last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=3)
    parser.add_argument("--slots", type=int, default=4)
    options = parser.parse_args()
    answers = []
    for name, (_, _, _, n_full, full, few, mean) in SYSTEMS.items():
        ours = {n: carried_tbps(name, n, options.resolution, options.slots) for n in (FEW, n_full)}
        (with_few, _), (with_all, n_sats) = ours[FEW], ours[n_full]
        print(
            f"{name}: {with_all:.2f} Tbit/s with {n_full} stations (published {full:.2f}), {with_few:.2f} with {FEW} "
            f"({few:.2f})"
        )
        answers.append(f"{name} {1e3 * with_all / n_sats:.1f} ({mean:.1f})")
    print(f"Mean Gbit/s a satellite, in brackets as published: {', '.join(answers)}")


if __name__ == "__main__":
    main()
