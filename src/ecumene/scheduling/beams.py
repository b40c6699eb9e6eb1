"""Which satellite serves which cell with how many channel-shares, for one slot, and how good that is at most.

The unit of a plan is one time share of one channel. A satellite has ``user_beams x time_shares`` units and
a ceiling in bit/s; a cell is served by one satellite at a time with at most ``channels x time_shares`` units.
Policies (`policies`) choose; what they are after is `Goal`; how far from the best plan they can be at most is
proved from prices (`prices`). `docs/explanation/scheduling.md` tells the whole story.

Left out: frequency colouring between neighbouring cells, and the interference of beams on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.kernels import njit
from ecumene.scheduling.fill import objective_of
from ecumene.scheduling.market import Prices, Sight, Task, Terms, clear_places, mark_places
from ecumene.scheduling.optimum import EFFORTS
from ecumene.scheduling.policies import POLICIES
from ecumene.scheduling.prices import bits_bound, bounds
from ecumene.scheduling.wishes import TINY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.market import Cells, Goal


@dataclass(frozen=True)
class Beams:
    """What a satellite may spend and a cell may take.

    Attributes
    ----------
    units_per_satellite
        Channel-shares of one satellite in a slot.
    units_per_cell
        Most channel-shares one cell can be lit with.
    shares_per_channel
        Time shares a channel is cut into.
    capacity_bps
        Ceiling of one satellite. [bit/s]
    """

    units_per_satellite: int
    units_per_cell: int
    shares_per_channel: int
    capacity_bps: float


@dataclass(frozen=True)
class Plan:
    """The beams of one slot.

    Attributes
    ----------
    sat_of_cell : (cell,)
        Serving satellite, -1 where none.
    units_of_cell : (cell,)
        Channel-shares the cell is lit with.
    planned_bps : (cell,)
        Traffic the beams can carry for the cell, at most its demand. [bit/s]
    is_full : (sat,)
        No unit left, or no bit.
    n_kept, n_handovers, n_forced
        Cells that kept their satellite; that changed it; that had to (their pair no longer stood).
    objective_bps, objective_bound_bps
        What the plan is worth by its own goal, and what no plan of this slot can exceed. [bit/s]
    served_bps, served_bound_bps
        Sum of planned_bps, and what no plan of this slot can exceed. [bit/s]
    prices
        What proves the bounds, and where the next slot begins.
    """

    sat_of_cell: NDArray[np.int32]
    units_of_cell: NDArray[np.int16]
    planned_bps: NDArray[np.float64]
    is_full: NDArray[np.bool_]
    n_kept: int
    n_handovers: int
    n_forced: int
    objective_bps: float
    objective_bound_bps: float
    served_bps: float
    served_bound_bps: float
    prices: Prices


def usable_of_bins(
    candidates_of_bin: NDArray[np.int32], is_usable: NDArray[np.bool_], n_words: int
) -> NDArray[np.uint64]:
    """Return for every bin and landing class the candidates with a permitted path home, as bit masks.

    Parameters
    ----------
    candidates_of_bin : (bin, width)
        Satellites of each bin's candidate list, -1 at the end.
    is_usable : (class, sat)
        The satellite has a path to a PoP permitted to the class.
    n_words
        Words of a mask.

    Returns
    -------
    usable_of_bin : (bin, class, word)
        Bit j of word w stands for candidate 64 w + j.
    """
    words: NDArray[np.uint64] = _usable_of_bins(candidates_of_bin, is_usable, n_words)
    return words


def terms_of(beams: Beams, channel_rate_bps: NDArray[np.float64]) -> tuple[Terms, float]:
    """Return budgets and rates in units of the best, and what that unit carries.

    Parameters
    ----------
    beams
        Budgets of satellites and cells.
    channel_rate_bps : (rate class, bin of sin elevation)
        Rate of a whole channel, equal bins of the sine from 0 to 1 (`ecumene.radio.downlink.RateTable`), not
        falling with it. [bit/s]

    Returns
    -------
    terms, unit_bps
        For `make_task`.
    """
    unit_rate_bps = np.maximum.accumulate(np.atleast_2d(channel_rate_bps), axis=1) / beams.shares_per_channel
    best_bps = float(unit_rate_bps.max(initial=0.0)) or 1.0
    terms = Terms(
        rate=np.ascontiguousarray(unit_rate_bps / best_bps, np.float32),
        units_of_sat=int(beams.units_per_satellite),
        bits_of_sat=float(beams.capacity_bps / best_bps),
        units_of_cell=int(beams.units_per_cell),
        mean_demand=0.0,
    )
    return terms, best_bps


def make_task(
    *,
    cells: Cells,
    goal: Goal,
    terms: Terms,
    unit_bps: float,
    candidates_of_bin: NDArray[np.int32],
    clear_of_cell: NDArray[np.uint64],
    next_candidates_of_bin: NDArray[np.int32],
    next_clear_of_cell: NDArray[np.uint64],
    usable_of_bin: NDArray[np.uint64],
    wanted_bps: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    next_r_sat_m: NDArray[np.float64],
    slot_s: float = 15.0,
    min_elevation_deg: float = 25.0,
    seed: tuple[int, ...] = (0,),
    before: Plan | None = None,
) -> Task:
    """Return one slot to be planned.

    Parameters
    ----------
    cells, goal, terms, unit_bps
        From `ecumene.scheduling.market` and `terms_of`.
    candidates_of_bin, next_candidates_of_bin : (bin, width)
        Candidate satellites of each bin in this slot and the next; -1 at the end.
    clear_of_cell, next_clear_of_cell : (cell, word)
        Which candidates the cell sees clear of the geostationary arc, in this slot and the next.
    usable_of_bin : (bin, class, word)
        Candidates with a permitted path home (`usable_of_bins`).
    wanted_bps : (cell,)
        Demand of the cell's permitted rows. [bit/s]
    r_sat_m, next_r_sat_m : (sat, 3)
        Positions in this slot and the next, ECEF. [m]
    slot_s
        Length of a slot. [s]
    min_elevation_deg
        Lowest elevation of a usable satellite. [deg]
    seed
        Seed and slot, for policies that draw.
    before
        The last plan.
    """
    n_cells, n_sats = len(cells.bin), len(r_sat_m)
    wanted_bps = np.where(cells.landing >= 0, wanted_bps, 0.0)
    demand = (wanted_bps / unit_bps).astype(np.float32)
    return Task(
        cells=cells,
        sight=Sight(
            candidates=candidates_of_bin,
            clear=clear_of_cell,
            usable=usable_of_bin,
            next_place=_next_places(candidates_of_bin, next_candidates_of_bin, n_sats),
            next_clear=next_clear_of_cell,
            r_sat_m=np.ascontiguousarray(r_sat_m, np.float64),
        ),
        goal=goal,
        terms=terms._replace(mean_demand=float(demand.sum(dtype=np.float64) / max((demand > 0.0).sum(), 1))),
        wanted_bps=wanted_bps,
        demand=demand,
        before=np.full(n_cells, -1, np.int32) if before is None else before.sat_of_cell,
        memory=None if before is None else before.prices,
        next_r_sat_m=next_r_sat_m,
        slot_s=slot_s,
        min_elevation_rad=float(np.radians(min_elevation_deg)),
        rng=np.random.default_rng(seed),
        unit_bps=unit_bps,
    )


def assign_beams(task: Task, *, policy: str = "optimum", effort: str = "certified") -> Plan:
    """Plan the beams of one slot.

    Parameters
    ----------
    task
        From `make_task`.
    policy
        A name in `ecumene.scheduling.policies.POLICIES`.
    effort
        A name in `ecumene.scheduling.optimum.EFFORTS`.

    Returns
    -------
    plan
        With its own upper bounds.

    Notes
    -----
    With a fairness above 0, the bound of the bits served comes from prices of its own, found for bits alone.
    """
    how = EFFORTS[effort]
    lights, prices = POLICIES[policy](task, how)
    cells, sight, goal, demand, unit_bps = task.cells, task.sight, task.goal, task.demand, task.unit_bps
    objective, n_kept, n_handovers, n_forced = objective_of(
        task.before, cells, sight, goal, task.terms, demand, lights
    )
    objective_bound, plain_bound = bounds(task, goal, prices)
    planned_bps = np.minimum(lights.bits * unit_bps, task.wanted_bps)  # demand was rounded to 32 bits
    if len(goal.slope) > 1:
        plain_bound = bits_bound(task, how.steps, how.reach)
    return Plan(
        sat_of_cell=lights.sat,
        units_of_cell=lights.units.astype(np.int16),
        planned_bps=planned_bps,
        is_full=(lights.room <= 0) | (lights.left <= TINY),
        n_kept=int(n_kept),
        n_handovers=int(n_handovers),
        n_forced=int(n_forced),
        objective_bps=float(objective) * unit_bps,
        objective_bound_bps=objective_bound * unit_bps,
        served_bps=float(planned_bps.sum()),
        served_bound_bps=min(plain_bound * unit_bps, float(task.wanted_bps.sum())),
        prices=prices,
    )


@njit(cache=True, nogil=True)
def _usable_of_bins(candidates_of_bin, is_usable, n_words):
    n_bins, width = candidates_of_bin.shape
    n_classes = is_usable.shape[0]
    usable = np.zeros((n_bins, n_classes, n_words), np.uint64)
    for b in range(n_bins):
        for j in range(width):
            s = candidates_of_bin[b, j]
            if s < 0:
                break
            bit = np.uint64(1) << np.uint64(j & 63)
            for k in range(n_classes):
                if is_usable[k, s]:
                    usable[b, k, j >> 6] |= bit
    return usable


@njit(cache=True, nogil=True)
def _next_places(candidates_of_bin, next_candidates_of_bin, n_sats):
    """Return where each candidate stands in the next slot's list of the same bin, -1 where it does not."""
    place_of_sat = np.full(n_sats, -1, np.int32)
    places = np.full(candidates_of_bin.shape, -1, np.int32)
    for b in range(candidates_of_bin.shape[0]):
        mark_places(next_candidates_of_bin[b], place_of_sat)
        for j in range(candidates_of_bin.shape[1]):
            s = candidates_of_bin[b, j]
            if s < 0:
                break
            places[b, j] = place_of_sat[s]
        clear_places(next_candidates_of_bin[b], place_of_sat)
    return places
