"""Measure the plan of beams of a few countries beside HiGHS solving the same slot.

    python bench/beams.py [--countries NG BR ...] [--resolution 4] [--slots 3] [--seconds 120]

The scenario is starlink-gen1 with those countries alone. HiGHS (scipy.optimize.milp, one thread) gets the exact
mixed-integer programme: one satellite a cell, whole units, ceilings, prices of handovers and of breaking pairs, exact
rates; it stops after --seconds and then says between which values the optimum lies. Both see the same last plan:
ours. Prints the objective of our plan, the best of HiGHS, its bound and our bound, and the CPU time of each.
"""

from __future__ import annotations

import argparse
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_matrix

from ecumene import load
from ecumene import slot as steps
from ecumene.scheduling.beams import assign_beams
from ecumene.world import build

if TYPE_CHECKING:
    from ecumene.scheduling.market import Task


def pairs_of(task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cells, satellites, and whether the pair stands in the next slot, from the masks in plain numpy."""
    sight, cells = task.sight, task.cells
    landing = np.maximum(cells.landing, 0)
    words = sight.clear & sight.usable[cells.bin, landing]
    words[task.demand <= 0.0] = 0
    cell, place = np.nonzero(_bits(words))
    later = sight.next_place[cells.bin[cell], place]
    stands = (later >= 0) & _bits(sight.next_clear)[cell, np.maximum(later, 0)]
    return cell, sight.candidates[cells.bin[cell], place], stands


def _bits(words: np.ndarray) -> np.ndarray:
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little").astype(
        np.bool_
    )


def exact(task: Task, seconds: float) -> tuple[float, float]:
    """Return the best objective HiGHS finds, and its bound. [unit]."""
    cell, sat, stands = pairs_of(task)
    cells, terms, goal = task.cells, task.terms, task.goal
    line_m = task.sight.r_sat_m[sat] - cells.r_m[cell]
    sine = (line_m * cells.up[cell]).sum(axis=1) / np.linalg.norm(line_m, axis=1)
    n_sines = terms.rate.shape[1]
    rate = terms.rate[cells.rate_class[cell], np.minimum((sine * n_sines).astype(int), n_sines - 1)].astype(
        float
    )
    want = task.demand[cell].astype(float)
    changes = (task.before[cell] >= 0) & (task.before[cell] != sat)
    fixed = np.minimum(want, terms.mean_demand) * (goal.change * changes + goal.breaking * ~stands)
    fixed -= want * goal.joy * sine
    n, at = len(cell), np.arange(len(cell))
    cost = np.r_[fixed, np.zeros(n), -np.ones(n)]  # is served, units, bits
    n_cells, n_sats = len(task.demand), len(task.sight.r_sat_m)
    ones = np.ones(n)
    blocks = (
        (np.r_[at, at], np.r_[at + n, at + 2 * n], np.r_[-rate, ones], np.zeros(n)),  # bits <= units x rate
        (
            np.r_[at, at],
            np.r_[at, at + 2 * n],
            np.r_[-want, ones],
            np.zeros(n),
        ),  # bits <= demand where served
        (np.r_[at, at], np.r_[at, at + n], np.r_[-terms.units_of_cell * ones, ones], np.zeros(n)),
        (cell, at, ones, np.ones(n_cells)),
        (sat, at + n, ones, np.full(n_sats, float(terms.units_of_sat))),
        (sat, at + 2 * n, ones, np.full(n_sats, terms.bits_of_sat)),
    )
    constraints = [
        LinearConstraint(csr_matrix((data, (row, column)), (len(most), 3 * n)), -np.inf, most)
        for row, column, data, most in blocks
    ]
    integrality = np.r_[np.ones(2 * n), np.zeros(n)]
    found = milp(cost, constraints=constraints, integrality=integrality, options={"time_limit": seconds})
    return -float(found.fun) if found.x is not None else float("nan"), -float(found.mip_dual_bound)


def main() -> None:
    """Print both, slot by slot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--countries", nargs="+", default=["NG"])
    parser.add_argument("--resolution", type=int, default=4)
    parser.add_argument("--slots", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    overrides: dict[str, Any] = {
        "resolution": given.resolution, "slots": given.slots, "countries": given.countries, "satellite.user_beams": 2,
    }  # fmt: skip
    world = build(load("starlink-gen1", overrides=overrides))
    before = None
    sky, coming = steps.survey(world, 0), steps.survey(world, 1)
    for k in range(given.slots):
        asked = steps.demand(world, sky)
        links = steps.close_links(world, sky, coming, asked, before)
        task = steps.task_of(world, sky, coming, asked, links, before)
        begun = process_time()
        plan = assign_beams(task)
        ours_s, begun = process_time() - begun, process_time()
        best, bound = exact(task, given.seconds)
        highs_s, gbps = process_time() - begun, task.unit_bps / 1e9
        print(
            f"slot {k}: {np.count_nonzero(task.demand)} cells, {len(pairs_of(task)[0]):,} pairs. Ours "
            f"{plan.objective_bps / 1e9:.3f} Gbit/s in {1e3 * ours_s:.1f} ms; HiGHS {best * gbps:.3f} in "
            f"{highs_s:.1f} s; HiGHS bound {bound * gbps:.3f}; our bound {plan.objective_bound_bps / 1e9:.3f}"
        )
        before = steps.carry(world, sky, asked, links, plan, before)
        sky, coming = coming, steps.survey(world, k + 2)


if __name__ == "__main__":
    main()
