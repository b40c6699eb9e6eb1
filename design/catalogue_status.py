"""Which satellites of a catalogue are in service, and how much does the answer lean on the thresholds?

Run from the repository root with one or more catalogues:

    python design/catalogue_status.py FILE ...

Prints, per inclination, the bands found (altitude, satellites, sectors of node filled, median trend,
verdict), then the counts as shipped and with each threshold halved and doubled. With the operator's
catalogue of 2026-03-24 (9,906 objects; others report about 10,020 "active" in that month, those on the way
up and down included) the count in service moves by less than 3 % whichever threshold is changed.

Why not the trend alone? Because 333 satellites held at 358 km / 43 deg show -1.2 km a day, nearly all of
them, while those being lowered from 559 to 484 km show -0.05 to -0.6: no threshold on the trend separates
them. Their altitudes do: nearly all in service stand within 2.5 km of one of ten heights.
"""  # noqa: D400 - a question

from __future__ import annotations

import sys

import numpy as np

from ecumene.orbits import status
from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.elements import STATUSES, Elements

MAX_AGE_DAYS = 7.0
THRESHOLDS = (
    "BAND_HALF_WIDTH_KM",
    "BAND_MIN_SHARE",
    "BAND_SIGMAS",
    "BAND_CONTRAST",
    "QUIET_KM_DAY",
    "LEAVING_KM_DAY",
    "WIDE_NODES",
    "SPARE_KM",
    "SPARE_KM_DAY",
    "YOUNG_DAYS",
)


def counts(elements: Elements) -> list[int]:
    """Return how many satellites have each status at the median epoch."""
    found = status.statuses(elements, median_epoch(elements), MAX_AGE_DAYS)
    return np.bincount(found, minlength=len(STATUSES)).tolist()


def print_bands(elements: Elements) -> None:
    """Print every band of every inclination."""
    orbits = status.orbits_of(elements)
    for group in status._groups(orbits, np.arange(len(elements))):  # noqa: SLF001 - the trial looks inside
        altitude, trend = orbits.altitude_km[group], orbits.trend_km_day[group]
        band = status._bands(altitude)  # noqa: SLF001
        is_station = status._stations(band, trend, orbits.node_deg[group])  # noqa: SLF001
        inclination = np.median(orbits.inclination_deg[group])
        print(f"  {inclination:.1f} deg: {group.size} satellites, {np.count_nonzero(band < 0)} in no band")
        for number in range(int(band.max()) + 1):
            members = band == number
            sectors = np.unique(orbits.node_deg[group][members] // status.NODE_SECTOR_DEG).size
            print(
                f"    {np.median(altitude[members]):7.1f} km  {np.count_nonzero(members):5d} satellites  "
                f"{sectors:2d} of 72 sectors  median trend {np.median(trend[members]):+.3f} km/day  "
                f"{'station' if is_station[number] else 'parking'}"
            )


def worst_change(elements: Elements) -> tuple[str, float]:
    """Print the counts with every threshold halved and doubled; return the worst change in service."""
    shipped = counts(elements)
    print("  as shipped              ", dict(zip(STATUSES, shipped, strict=True)))
    worst = ("none", 0.0)
    for name in THRESHOLDS:
        value = getattr(status, name)
        for factor in (0.5, 2.0):
            setattr(status, name, value * factor)
            changed = counts(elements)
            setattr(status, name, value)
            print(f"  {name:18} x {factor:3g} ", dict(zip(STATUSES, changed, strict=True)))
            change = 100.0 * (changed[0] - shipped[0]) / max(shipped[0], 1)
            if abs(change) > abs(worst[1]):
                worst = (f"{name} x {factor:g}", change)
    return worst


def main() -> None:
    """Answer for every file named."""
    answers = []
    for path in sys.argv[1:]:
        elements = read_catalogue(path)
        print(f"{path}: {len(elements)} satellites, {median_epoch(elements):%Y-%m-%d %H:%M} UTC")
        print_bands(elements)
        threshold, change = worst_change(elements)
        answers.append(
            f"{counts(elements)[0]} of {len(elements)} in service ({change:+.1f} % with {threshold})"
        )
    print("; ".join(answers) or "name a catalogue")


if __name__ == "__main__":
    main()
