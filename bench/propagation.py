"""Measure the propagation of a fleet for one instant against python-sgp4's own array form.

    python bench/propagation.py [NAME]

CPU time of this process, medians, alternating, one thread. The named baseline is `SatrecArray.sgp4` with one
instant a call, without the rotation to the Earth, which ours includes.
"""

from __future__ import annotations

import argparse
from time import process_time

import numpy as np
from sgp4.api import SatrecArray

from ecumene import load
from ecumene.orbits.propagation import propagate
from ecumene.orbits.times import julian_date_after
from ecumene.world import build

ROUNDS = 200


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="starlink-gen1")
    fleet = build(load(parser.parse_args().name, overrides={"resolution": 3})).fleet
    library, ours_s, library_s = SatrecArray(fleet.elements.satrecs), [], []
    for k in range(ROUNDS):
        begun = process_time()
        propagate(fleet, 15.0 * k)
        between = process_time()
        jd, fraction = julian_date_after(fleet.start, 15.0 * k)
        library.sgp4(np.array([jd]), np.array([fraction]))
        ours_s.append(between - begun)
        library_s.append(process_time() - between)
    ours, theirs = (1e3 * float(np.median(seconds[1:])) for seconds in (ours_s, library_s))
    print(
        f"{len(fleet.elements):,} satellites: {ours:.3f} ms, python-sgp4 {theirs:.3f} ms, ratio {theirs / ours:.1f}"
    )


if __name__ == "__main__":
    main()
