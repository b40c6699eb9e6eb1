"""A slot made up, on which the kernels of this room that a run needs are called: to have them compiled ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import WGS84_A_M
from ecumene.scheduling.beams import Beams, assign_beams, make_task, terms_of
from ecumene.scheduling.fill import light_all, no_lights, objective_of
from ecumene.scheduling.flow import Listings
from ecumene.scheduling.market import Prices, build_goal, market_cells
from ecumene.scheduling.optimum import finish

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.beams import Plan
    from ecumene.scheduling.market import Task

N_BINS, CELLS_OF_BIN, N_SATS = 2, 20, 12
"""Enough that units are scarce, and cells of several units make way for others."""

RISING, FLAT = np.linspace(0.5e6, 1e6, 16)[None, :], np.full((1, 16), 1e6)
"""Rates by the sine of the elevation. [bit/s]"""


def rehearse_beams() -> None:
    """Plan two slots, once with rates that grow with the elevation, once with rates all alike."""
    for rates_bps in (RISING, FLAT):
        before = assign_beams(_task(rates_bps, None))
        assign_beams(_task(rates_bps, before))


def rehearse_lights() -> None:
    """Light cells by a plan that another has made: what `rehearse_beams` comes to last."""
    task = _task(RISING, None)
    n_cells, nothing = len(task.demand), np.zeros(N_SATS)
    lights = no_lights(n_cells, N_SATS, task.terms.units_of_sat, task.terms.bits_of_sat)
    sat, units = np.zeros(n_cells, np.int32), np.ones(n_cells, np.int32)
    light_all(np.arange(n_cells), sat, units, task.cells, task.sight, task.terms, task.demand, lights)
    listings = Listings(
        first=np.arange(N_SATS + 1) * N_BINS,
        bin=np.tile(np.arange(N_BINS, dtype=np.int32), N_SATS),
        place=np.repeat(np.arange(N_SATS, dtype=np.int16), N_BINS),
    )
    finish(task, Prices(nothing, nothing), np.zeros(n_cells, np.float32), lights, listings)
    objective_of(task.before, task.cells, task.sight, task.goal, task.terms, task.demand, lights)


def _task(rates_bps: NDArray[np.float64], before: Plan | None) -> Task:
    """Return a slot of cells round one point and satellites above them, three of which will be gone in the next."""
    n_cells, n_staying, rng = N_BINS * CELLS_OF_BIN, N_SATS - 3, np.random.default_rng(1)
    up = _towards(rng.uniform(-0.03, 0.03, (n_cells, 2)))
    r_sat_m = _towards(rng.uniform(-0.06, 0.06, (N_SATS, 2))) * (WGS84_A_M + 550e3)
    alike = np.zeros(n_cells, np.int32)
    terms, unit_bps = terms_of(Beams(8, 4, 1, 6e6), rates_bps)
    candidates = np.tile(np.append(np.arange(N_SATS), -1).astype(np.int32), (N_BINS, 1))
    next_candidates = candidates.copy()
    next_candidates[:, n_staying:] = -1
    return make_task(
        cells=market_cells(np.arange(N_BINS + 1) * CELLS_OF_BIN, up * WGS84_A_M, up, alike, alike),
        goal=build_goal(0.0, change=0.05, breaking=0.2, joy=0.1),
        terms=terms,
        unit_bps=unit_bps,
        candidates_of_bin=candidates,
        clear_of_cell=np.full((n_cells, 1), (1 << N_SATS) - 1, np.uint64),
        next_candidates_of_bin=next_candidates,
        next_clear_of_cell=rng.integers(0, 1 << n_staying, (n_cells, 1), np.uint64),
        usable_of_bin=np.full((N_BINS, 1, 1), (1 << N_SATS) - 1, np.uint64),
        wanted_bps=1e6 * rng.integers(0, 5, n_cells).astype(np.float64),
        r_sat_m=r_sat_m,
        next_r_sat_m=r_sat_m,
        before=before,
    )


def _towards(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors, a little off the first axis."""
    vectors = np.column_stack([np.ones(len(offset)), offset])
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    return unit
