"""A slot made up, on which every kernel of this room that a run needs is called: to have them compiled ahead."""

from __future__ import annotations

import numpy as np

from ecumene.constants import WGS84_A_M
from ecumene.scheduling.beams import Beams, assign_beams, make_task, terms_of
from ecumene.scheduling.market import build_goal, market_cells

N_BINS, CELLS_OF_BIN, N_SATS = 2, 20, 12
"""Enough that units are scarce, and cells of several units make way for others."""


def rehearse_beams() -> None:
    """Plan two slots over made-up cells: once with rates that grow with the elevation, once with rates all alike."""
    n_cells = N_BINS * CELLS_OF_BIN
    rng = np.random.default_rng(1)
    up = _towards(rng.uniform(-0.03, 0.03, (n_cells, 2)))
    cells = market_cells(
        np.arange(N_BINS + 1) * CELLS_OF_BIN,
        up * WGS84_A_M,
        up,
        np.zeros(n_cells, np.int32),
        np.zeros(n_cells, np.int32),
    )
    r_sat_m = _towards(rng.uniform(-0.06, 0.06, (N_SATS, 2))) * (WGS84_A_M + 550e3)
    candidates = np.tile(np.append(np.arange(N_SATS), -1).astype(np.int32), (N_BINS, 1))
    next_candidates = candidates.copy()
    next_candidates[:, N_SATS - 3 :] = -1
    seen = np.full((n_cells, 1), (1 << N_SATS) - 1, np.uint64)
    next_seen = rng.integers(0, 1 << (N_SATS - 3), (n_cells, 1), np.uint64)
    for rates_bps in (np.linspace(0.5e6, 1e6, 16)[None, :], np.full((1, 16), 1e6)):
        terms, unit_bps = terms_of(Beams(8, 4, 1, 6e6), rates_bps)
        before = None
        for _ in range(2):
            task = make_task(
                cells=cells,
                goal=build_goal(0.0, change=0.05, breaking=0.2, joy=0.1),
                terms=terms,
                unit_bps=unit_bps,
                candidates_of_bin=candidates,
                clear_of_cell=seen,
                next_candidates_of_bin=next_candidates,
                next_clear_of_cell=next_seen,
                usable_of_bin=np.full((N_BINS, 1, 1), (1 << N_SATS) - 1, np.uint64),
                wanted_bps=1e6 * rng.integers(0, 5, n_cells).astype(np.float64),
                r_sat_m=r_sat_m,
                next_r_sat_m=r_sat_m,
                before=before,
            )
            before = assign_beams(task)


def _towards(offset: np.ndarray) -> np.ndarray:
    """Return unit vectors, a little off the first axis."""
    vectors = np.column_stack([np.ones(len(offset)), offset])
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]
