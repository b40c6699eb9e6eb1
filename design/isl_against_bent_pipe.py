"""How much more can a constellation carry between cities with lasers than without?

    python design/isl_against_bent_pipe.py [--cities 1000] [--pairs 5000] [--slots 3]

Starlink's first shell (550 km, 53 deg, 72 x 22, Walker F = 17, mask 25 deg). Traffic between random pairs of the most
populous towns of our gazetteer, 2,000 km apart and more, all wanting as much as they can get. Every town is also a
relay on the ground that passes traffic on between all satellites it sees. A link between ground and satellite carries
20 Gbit/s each way, a laser 100 Gbit/s. Every pair takes its shortest path and all share max-min fairly
(`ecumene.network.sharing`). With lasers, paths may use both them and the relays; without, relays alone.

Published: more than three times the throughput (Hauri, Bhattacherjee, Grossmann, Singla, "Internet from space without
inter-satellite links?", HotNets 2020). What differs there: relays on a grid of half a degree near cities and aircraft
over the sea besides (so its bent pipe crosses oceans, which ours mostly cannot: pairs that are not joined carry
nothing here), several disjoint paths a pair, and another draw of cities.
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from ecumene.earth.ellipsoid import ecef_of_geodetic, great_circle_m, up_of_geodetic
from ecumene.earth.towns import load_towns
from ecumene.network.isl import grid_links, link_state
from ecumene.network.mesh import access_of_table, mesh_of_links
from ecumene.network.paths import shortest_paths
from ecumene.network.sharing import share_max_min
from ecumene.orbits.frames import earth_orientation
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.sky.observer import clear_view

GROUND_BPS, LASER_BPS = 20e9, 100e9
PUBLISHED = 3.0
START = datetime(2020, 11, 4, tzinfo=UTC)
SHELL = Shell(
    name="starlink-550", altitude_km=550.0, inclination_deg=53.0, planes=72, sats_per_plane=22, phasing=17
)


def carried_bps(
    r_sat_m: np.ndarray, towns: tuple[np.ndarray, np.ndarray], pairs: np.ndarray, *, has_lasers: bool
) -> tuple[float, np.ndarray]:
    """Return what all pairs carry together [bit/s], and which of them are joined."""
    n_sats, n_towns = len(r_sat_m), len(towns[0])
    r_town_m = ecef_of_geodetic(*towns)
    sees, _ = clear_view(r_town_m, up_of_geodetic(*towns), r_sat_m, np.ones(n_sats, np.bool_), 25.0, 0.0)
    slant_m = np.linalg.norm(r_sat_m[None] - r_town_m[:, None], axis=2)
    town, sat = np.nonzero(sees)
    links, length_m = np.stack([sat, n_sats + town], axis=1), slant_m[town, sat]
    capacity_bps = np.full(len(links), GROUND_BPS)
    if has_lasers:
        n = [np.array([k], np.int32) for k in (SHELL.planes, SHELL.sats_per_plane, SHELL.phasing, 0)]
        lasers = grid_links(n[0], n[1], n[2], np.ones(1, np.bool_), n[3])
        links = np.concatenate([links, lasers])
        length_m = np.concatenate([length_m, link_state(r_sat_m, lasers).length_m])
        capacity_bps = np.concatenate([capacity_bps, np.full(len(lasers), LASER_BPS)])
    mesh = mesh_of_links(n_sats + n_towns, links.astype(np.int32), length_m, np.ones(len(links), np.bool_))
    paths = shortest_paths(mesh, access_of_table(sees, slant_m), pairs[:, 0], pairs[:, 1])
    number = {(a, b): k for k, (a, b) in enumerate(links.tolist())}
    steps = []
    for p in np.flatnonzero(paths.has_path):
        nodes = [n_sats + pairs[p, 0], *paths.nodes(p), n_sats + pairs[p, 1]]
        steps.append(
            [2 * number[a, b] if (a, b) in number else 2 * number[b, a] + 1 for a, b in pairwise(nodes)]
        )
    first = np.cumsum([0, *(len(path) for path in steps)])
    resource = np.array([k for path in steps for k in path], np.int32)
    shares = share_max_min(np.full(len(steps), 1e15), first, resource, np.repeat(capacity_bps, 2))
    return float(shares.carried_bps.sum()), paths.has_path


def main() -> None:
    """Print one line a slot, the answer last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cities", type=int, default=1_000)
    parser.add_argument("--pairs", type=int, default=5_000)
    parser.add_argument("--slots", type=int, default=3)
    options = parser.parse_args()
    all_towns = load_towns()
    towns = all_towns.lat_deg[: options.cities], all_towns.lon_deg[: options.cities]
    rng = np.random.default_rng(1)
    draw = rng.integers(0, options.cities, (20 * options.pairs, 2))
    apart_m = great_circle_m(*(towns[axis][draw[:, end]] for end in (0, 1) for axis in (0, 1)))
    pairs = draw[apart_m >= 2e6][: options.pairs]
    fleet = build_fleet(elements_of_shells([SHELL], START), START, earth_orientation(START))
    ratios = []
    for k in range(options.slots):
        t_s = 600.0 * k
        r_sat_m = propagate(fleet, t_s).r_ecef_m
        bent, joined = carried_bps(r_sat_m, towns, pairs, has_lasers=False)
        lasers, _ = carried_bps(r_sat_m, towns, pairs, has_lasers=True)
        same, _ = carried_bps(r_sat_m, towns, pairs[joined], has_lasers=True)
        ratios.append((lasers / bent, same / bent))
        print(
            f"{START + timedelta(seconds=t_s):%H:%M}: lasers {lasers / 1e12:.2f} Tbit/s, bent pipe "
            f"{bent / 1e12:.2f} Tbit/s with {joined.mean():.0%} of the pairs joined, lasers for these alone "
            f"{same / 1e12:.2f} Tbit/s"
        )
    of_all, of_same = np.mean(ratios, axis=0)
    print(
        f"Lasers carry {of_all:.1f} times as much, {of_same:.1f} times between pairs that a bent pipe joins as well "
        f"(published: more than {PUBLISHED:.0f} times)"
    )


if __name__ == "__main__":
    main()
