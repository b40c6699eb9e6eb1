"""Do ukraine-2022 and tonga-2022 come out the same when somebody else computes them?

    python design/stories_by_hand.py [--slots 240] [--phasings 0,1,5,11,17,29,39,53,65]

Written a second time with numpy and python-sgp4 alone; nothing of ours is used but what the scenario file says
and, to compare with, the table of places. A satellite is usable from a place where it
stands above the mask and outside the exclusion angle there, and above the mask and outside the exclusion angle at one
of the gateways. Antennas are not counted here: a gateway follows whatever it may. Ours is run twice, with antennas for
every satellite (then each slot of each place must agree) and as it ships (fewer usable, hardly ever none).

Walker: plane p of P at node 360 p / P, its satellite s of S at mean anomaly 360 s / S + 360 F p / (P S). The mean
motion is the one that makes the mean distance over an orbit, as SGP4 flies it, the equatorial radius and the altitude.
Earth turns by GMST 1982 of UTC: without UT1 - UTC and polar motion positions lie some tens of metres beside ours. Slots
in which a satellite stands within 0.01 deg of a threshold are not compared one by one.
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sgp4.api import WGS72, Satrec, SatrecArray, jday

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scenario import Scenario

A_KM, E2 = 6378.137, 0.00669437999014132
GEOSTATIONARY_KM = 42_164.17
NEAR_DEG = 0.01
PHASINGS = (0, 1, 5, 11, 17, 29, 39, 53, 65)


@dataclass(frozen=True)
class Seen:
    """What one place sees, slot by slot.

    Attributes
    ----------
    n_visible, n_clear, n_usable : (slot,)
        Satellites above the mask; of these outside the exclusion angle; of these with a gateway.
    is_near : (slot,)
        A satellite is too near a threshold to say.
    """

    n_visible: NDArray[np.int64]
    n_clear: NDArray[np.int64]
    n_usable: NDArray[np.int64]
    is_near: NDArray[np.bool_]


def mean_distance_km(motion_rad_min: float, inclination_deg: float) -> float:
    """Return the mean distance from the Earth's centre over one orbit."""
    satellite = circular(motion_rad_min, inclination_deg, 0.0, 0.0, 25_000.0)
    minutes = np.arange(2_000) / 2_000 * math.tau / motion_rad_min
    _, r_km, _ = satellite.sgp4_array(np.full(2_000, 2_433_281.5 + 25_000.0), minutes / 1_440.0)
    return float(np.linalg.norm(r_km, axis=1).mean())


def circular(
    motion: float, inclination_deg: float, node_deg: float, anomaly_deg: float, day: float
) -> Satrec:
    """Return a satellite on a circular orbit, without drag; the day counts from 1949-12-31."""
    satellite = Satrec()
    angles = (math.radians(inclination_deg), math.radians(anomaly_deg % 360.0))
    satellite.sgp4init(
        WGS72, "i", 1, day, 0.0, 0.0, 0.0, 1e-7, 0.0, *angles, motion, math.radians(node_deg % 360.0)
    )
    return satellite


def constellation_km(scenario: Scenario) -> NDArray[np.float64]:
    """Return every satellite's position in every slot, Earth-fixed: (slot, sat, 3)."""
    start = scenario.start
    whole, part = jday(*start.timetuple()[:6])
    satellites = []
    for shell in scenario.constellation.shells:
        wanted_km = A_KM + shell.altitude_km
        motion = 60.0 * math.sqrt(398_600.8 / wanted_km**3)
        for _ in range(8):
            motion *= (mean_distance_km(motion, shell.inclination_deg) / wanted_km) ** 1.5
        P, S = shell.planes, shell.sats_per_plane
        satellites += [
            circular(
                motion,
                shell.inclination_deg,
                shell.raan_deg + 360.0 * p / P,
                360.0 * s / S + 360.0 * shell.phasing * p / (P * S),
                whole + part - 2_433_281.5,
            )
            for p in range(P)
            for s in range(S)
        ]
    days = part + np.arange(scenario.slots) * scenario.slot_s / 86_400.0
    error, r_km, _ = SatrecArray(satellites).sgp4(np.full(len(days), whole), days)
    assert not error.any()  # noqa: S101 - a script
    t = (whole - 2_451_545.0 + days) / 36_525.0
    sidereal_s = 67_310.54841 + (876_600 * 3_600 + 8_640_184.812866) * t + 0.093104 * t**2 - 6.2e-6 * t**3
    turn = np.radians(sidereal_s / 240.0 % 360.0)
    c, s = np.cos(turn), np.sin(turn)
    x, y, z = np.moveaxis(r_km, 2, 0)
    return np.stack([c * x + s * y, c * y - s * x, z], axis=-1).swapaxes(0, 1)


def above(lat_deg: float, lon_deg: float, r_km: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return elevation [deg] and direction of points seen from the ground."""
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    n = A_KM / math.sqrt(1 - E2 * math.sin(phi) ** 2)
    up = np.array([math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)])
    line = r_km - n * up * np.array([1.0, 1.0, 1.0 - E2])
    line /= np.linalg.norm(line, axis=-1, keepdims=True)
    return np.degrees(np.arcsin(line @ up)), line


def arc(lat_deg: float, lon_deg: float) -> NDArray[np.float64]:
    """Return directions to the geostationary arc above the horizon, every 0.02 deg of longitude."""
    lam = np.radians(lon_deg + np.arange(-90.0, 90.0, 0.02))
    points = GEOSTATIONARY_KM * np.stack([np.cos(lam), np.sin(lam), 0 * lam], axis=-1)
    elevation_deg, line = above(lat_deg, lon_deg, points)
    return line[elevation_deg >= 0.0]


def clear(
    lat_deg: float, lon_deg: float, r_km: NDArray[np.float64], mask_deg: float, exclusion_deg: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for (slot, sat): above the mask; also outside the exclusion angle; too near either to say."""
    elevation_deg, line = above(lat_deg, lon_deg, r_km)
    is_visible, angle_deg = elevation_deg > mask_deg, np.full(elevation_deg.shape, 180.0)
    belt = arc(lat_deg, lon_deg)
    slot, sat = np.nonzero(elevation_deg > mask_deg - NEAR_DEG)
    for first in range(0, len(slot), 500):
        k = slice(first, first + 500)
        angle_deg[slot[k], sat[k]] = np.degrees(np.arccos((line[slot[k], sat[k]] @ belt.T).max(axis=1)))
    is_near = (np.abs(elevation_deg - mask_deg) < NEAR_DEG) | (
        np.abs(angle_deg - exclusion_deg) < NEAR_DEG
    ) & (elevation_deg > mask_deg - NEAR_DEG)
    return is_visible, is_visible & (angle_deg >= exclusion_deg), is_near


def by_hand(scenario: Scenario) -> dict[str, Seen]:
    """Return what each place of a scenario sees, by its name."""
    r_km, keys = constellation_km(scenario), scenario.gateways
    has_gateway, near_gateway = (np.zeros(r_km.shape[:2], bool) for _ in range(2))
    for site in keys.site:
        if site.kind == "gateway":
            _, is_clear, is_near = clear(
                site.lat_deg, site.lon_deg, r_km, keys.min_elevation_deg, keys.gso_exclusion_deg
            )
            has_gateway |= is_clear
            near_gateway |= is_near
    found = {}
    for place in scenario.places.place:
        terminal = scenario.terminal
        is_visible, is_clear, is_near = clear(
            place.lat_deg, place.lon_deg, r_km, terminal.min_elevation_deg, terminal.gso_exclusion_deg
        )
        doubt = is_near | (near_gateway & is_visible)
        counts = [np.asarray(x.sum(axis=1)) for x in (is_visible, is_clear, is_clear & has_gateway)]
        found[place.name] = Seen(*counts, doubt.any(axis=1))
    return found


def longest_gap(n_usable: NDArray[np.int64]) -> int:
    """Return the longest stretch of slots without a usable satellite."""
    longest = current = 0
    for n in n_usable:
        current = current + 1 if n == 0 else 0
        longest = max(longest, current)
    return longest


def ours(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return the columns of each place as `ecumene` computes them."""
    import ecumene

    table = ecumene.simulate(scenario).places()
    return {
        place.name: {name: column[table["place"] == place.name] for name, column in table.items()}
        for place in scenario.places.place
    }


def main() -> None:
    """Print one line a place, then one a phasing, and what differs at last."""
    import ecumene

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slots", type=int, default=240)
    parser.add_argument("--phasings", default=",".join(str(f) for f in PHASINGS))
    options = parser.parse_args()
    n_compared = n_same = 0
    cases = [("ukraine-2022", {})]
    cases += [("tonga-2022", {"constellation.shells.0.phasing": int(f)}) for f in options.phasings.split(",")]
    print("by hand | antennas for all | as it ships: availability, mean usable satellites, longest gap in s")
    for name, phasing in cases:
        change = {"slots": options.slots, **phasing}
        shipped = ecumene.load(name, overrides=change)
        hand, as_shipped = by_hand(shipped), ours(shipped)
        unlimited = ours(ecumene.load(name, overrides={**change, "gateways.antennas": 200}))
        told_phasing = f" F = {shipped.constellation.shells[0].phasing}" if name == "tonga-2022" else ""
        print(f"{name}{told_phasing}")
        for place, seen in hand.items():
            usable = (seen.n_usable, unlimited[place]["n_usable"], as_shipped[place]["n_usable"])
            told = [
                f"{(n > 0).mean():6.1%} {n.mean():6.2f} {longest_gap(n) * shipped.slot_s:4.0f}"
                for n in usable
            ]
            print(f"  {place:<20} {' | '.join(told)}")
            sure = ~seen.is_near
            n_compared += int(sure.sum())
            n_same += sum(
                seen.n_visible[k] == unlimited[place]["n_visible"][k]
                and seen.n_clear[k] == unlimited[place]["n_clear"][k]
                and seen.n_usable[k] == unlimited[place]["n_usable"][k]
                for k in np.flatnonzero(sure)
            )
    print(f"{n_same:,} of {n_compared:,} slots of places agree in all three counts (visible, clear, usable)")


if __name__ == "__main__":
    main()
