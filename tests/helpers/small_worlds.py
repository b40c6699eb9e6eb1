"""Small random worlds for the scheduler: cells on a grid, satellites anywhere above, random masks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ecumene.scheduling.beams import Beams, Plan, assign_beams, make_task, terms_of, usable_of_bins
from ecumene.scheduling.market import Goal, Task, build_goal, market_cells

N_RATES = 64


@dataclass(frozen=True)
class SmallWorld:
    beams: Beams
    candidates: np.ndarray
    clear: np.ndarray
    next_candidates: np.ndarray
    next_clear: np.ndarray
    bin_of_cell: np.ndarray
    is_usable: np.ndarray
    class_of_cell: np.ndarray
    wanted_bps: np.ndarray
    r_cell_m: np.ndarray
    up: np.ndarray
    r_sat_m: np.ndarray
    channel_rate_bps: np.ndarray
    rate_class: np.ndarray
    pairs: np.ndarray = field(repr=False)  # (cell, sat) the cell sees the satellite and may use it
    next_pairs: np.ndarray = field(repr=False)
    goal: Goal = field(default_factory=lambda: build_goal(0.0, change=0.01, breaking=0.3, joy=0.001))

    @property
    def n_bins(self) -> int:
        return len(self.candidates)

    def task(self, before: Plan | None = None, seed: int = 0) -> Task:
        first = np.searchsorted(self.bin_of_cell, np.arange(self.n_bins + 1))
        terms, unit_bps = terms_of(self.beams, self.channel_rate_bps)
        return make_task(
            cells=market_cells(first, self.r_cell_m, self.up, self.class_of_cell, self.rate_class),
            goal=self.goal,
            terms=terms,
            unit_bps=unit_bps,
            candidates_of_bin=self.candidates,
            clear_of_cell=self.clear,
            next_candidates_of_bin=self.next_candidates,
            next_clear_of_cell=self.next_clear,
            usable_of_bin=usable_of_bins(self.candidates, self.is_usable, self.clear.shape[1]),
            wanted_bps=self.wanted_bps,
            r_sat_m=self.r_sat_m,
            next_r_sat_m=self.r_sat_m + np.array([0.0, 1e5, 0.0]),
            seed=(seed,),
            before=before,
        )

    def plan(self, before: Plan | None = None, *, policy: str = "optimum", effort: str = "certified") -> Plan:
        return assign_beams(self.task(before), policy=policy, effort=effort)

    def sine(self, cell: int, sat: int) -> float:
        line = self.r_sat_m[sat] - self.r_cell_m[cell]
        return float(line @ self.up[cell] / np.sqrt(line @ line))

    def unit_rate_bps(self, cell: int, sat: int) -> float:
        """The slow obvious way: elevation from the dot product, rate from the table."""
        sine = self.sine(cell, sat)
        table = self.channel_rate_bps[self.rate_class[cell]]
        place = min(int(sine * N_RATES), N_RATES - 1) if sine > 0 else 0
        return float(table[place]) / self.beams.shares_per_channel


def small_world(
    seed: int, n_cells: int = 30, n_sats: int = 70, n_bins: int = 4, load: float = 1.0, sees: float = 0.15
) -> SmallWorld:
    """Return a world; more than 64 satellites make masks of two words."""
    rng = np.random.default_rng(seed)
    bin_of_cell = np.sort(rng.integers(0, n_bins, n_cells)).astype(np.int32)
    r_cell_m = np.c_[np.full(n_cells, 6.378e6), rng.uniform(-2e5, 2e5, (n_cells, 2))]
    r_sat_m = np.c_[np.full(n_sats, 6.928e6), rng.uniform(-6e5, 6e5, (n_sats, 2))]
    up = np.tile([1.0, 0.0, 0.0], (n_cells, 1))
    is_usable = rng.random((2, n_sats)) < 0.8
    class_of_cell = rng.integers(-1, 2, n_cells).astype(np.int32)
    beams = Beams(units_per_satellite=6, units_per_cell=8, shares_per_channel=4, capacity_bps=5.0e8)
    wanted_bps = rng.exponential(2e8 * load, n_cells) * (rng.random(n_cells) < 0.9)

    def sight() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        candidates = np.full((n_bins, n_sats), -1, np.int32)
        clear = np.zeros((n_cells, (n_sats + 63) // 64), np.uint64)
        seen = np.zeros((n_cells, n_sats), bool)
        for b in range(n_bins):
            listed = np.sort(rng.permutation(n_sats)[: rng.integers(1, n_sats + 1)])
            candidates[b, : len(listed)] = listed
            for c in np.flatnonzero(bin_of_cell == b):
                for j, s in enumerate(listed):
                    if rng.random() < sees:
                        clear[c, j // 64] |= np.uint64(1) << np.uint64(j % 64)
                        seen[c, s] = True
        return candidates, clear, seen

    candidates, clear, seen = sight()
    next_candidates, next_clear, next_seen = sight()
    usable = seen & np.where(class_of_cell[:, None] >= 0, is_usable[class_of_cell], False)
    return SmallWorld(
        beams, candidates, clear, next_candidates, next_clear, bin_of_cell, is_usable, class_of_cell, wanted_bps,
        r_cell_m, up, r_sat_m, np.sort(rng.uniform(2e8, 9e8, (2, N_RATES)), axis=1),
        rng.integers(0, 2, n_cells).astype(np.int32), usable, next_seen,
    )  # fmt: skip
