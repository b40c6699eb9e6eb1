"""Measure automatic siting in large countries: CPU seconds, memory, and what the bound proves.

    python bench/siting.py [--countries BR US RU IN CN AU]

starlink-gen1 with all its cells (resolution 5), 24 slots sampled, 40 antennas in sites of eight, no run of the whole
model. Every country counts as licensed. Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import argparse
import resource
from time import process_time

from ecumene import load
from ecumene.siting import propose
from ecumene.world import build


def main() -> None:
    """Print a line for each country."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", nargs="+", default=["BR", "US", "RU", "IN", "CN", "AU"])
    codes = parser.parse_args().countries
    world = build(load("starlink-gen1", overrides={"demand.diurnal": False, "licences.grant": codes}))
    propose(world, codes[0], 8, antennas_per_site=8, samples=1, checked=0)
    for code in codes:
        begun = process_time()
        found = propose(world, code, 40, antennas_per_site=8, checked=0)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        print(
            f"{code}: {process_time() - begun:5.1f} CPU-s, {found.n_candidates:,} candidates, "
            f"{found.placement.n_looked:,} gains worked out, "
            f"at least {found.placement.proven_share:.1%} of the best; peak so far {peak_mb:,.0f} MB"
        )


if __name__ == "__main__":
    main()
