"""Measure one slot of a scenario, stage by stage, and against a tree search of pairs alone.

    python bench/slot.py [NAME] [--resolution 5] [--slots 12]

CPU time of this process, medians over slots after the first (which compiles), one thread. The named baseline
is SciPy's `cKDTree.query_ball_point` finding the (cell, satellite) pairs of one slot by chord length: no
licence, no exclusion angle, no plan, no path. The last line gives the ratio.
"""

from __future__ import annotations

import argparse
import resource
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from ecumene import load
from ecumene import slot as steps
from ecumene.record import open_ledger
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Print the stages and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="starlink-gen1")
    parser.add_argument("--resolution", type=int, default=5)
    parser.add_argument("--slots", type=int, default=12)
    given = parser.parse_args()
    world = build(load(given.name, overrides={"resolution": given.resolution, "slots": given.slots}))
    times: dict[str, list[float]] = {}

    def timed(stage: str, step: Callable[..., Any], *arguments: Any) -> Any:
        begun = process_time()
        result = step(*arguments)
        times.setdefault(stage, []).append(process_time() - begun)
        return result

    ledger, before = open_ledger(world), None
    sky = timed("survey", steps.survey, world, 0)
    next_sky = timed("survey", steps.survey, world, 1)
    for k in range(given.slots):
        asked = timed("demand", steps.demand, world, sky)
        links = timed("links", steps.close_links, world, sky, next_sky, asked, before)
        plan = timed("assign", steps.assign, world, sky, next_sky, asked, links, before)
        before = timed("carry", steps.carry, world, sky, asked, links, plan, before)
        timed("record", ledger.record, before)
        timed("baseline", tree_pairs, world, sky)
        sky, next_sky = next_sky, timed("survey", steps.survey, world, k + 2)
    medians = {stage: 1e3 * float(np.median(seconds[1:])) for stage, seconds in times.items()}
    baseline = medians.pop("baseline")
    print(f"{world.scenario.name}: {len(world.status):,} satellites, {len(world.grid.cell):,} cells")
    for stage, median in medians.items():
        print(f"{stage:<10}{median:8.1f} ms")
    slot = sum(medians.values())
    print(
        f"{'slot':<10}{slot:8.1f} ms; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )
    print(
        f"{'tree':<10}{baseline:8.1f} ms; a whole slot takes {slot / baseline:.2f} of the tree search alone"
    )


def tree_pairs(world: Any, sky: Any) -> int:
    """Return the pairs nearer than the longest slant at the mask, found by SciPy's tree."""
    tree = cKDTree(world.grid.r_ecef_m)
    sats = sky.r_sat_m[world.can_serve & sky.is_valid]
    radius = np.linalg.norm(sats, axis=1)
    sine = np.sin(np.radians(world.scenario.terminal.min_elevation_deg))
    reach = np.sqrt(radius**2 - 6.371e6**2 * (1 - sine**2)) - 6.371e6 * sine
    return sum(len(found) for found in tree.query_ball_point(sats, reach))


if __name__ == "__main__":
    main()
