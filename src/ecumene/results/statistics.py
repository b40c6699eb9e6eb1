"""Statistics of every row, kept on the fly: memory for one slot and small histograms, never for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ecumene.results.schema import CAUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE_STEPS = 50
"""The share of demand served is counted in steps of 2 %."""

RTT_FLOOR_S = 0.002
RTT_RATIO = 1.02
RTT_BINS = 320
"""Round trips are counted in bins 2 % wide from 2 ms to 1.1 s; percentiles are good to 1 %."""

_SERVED_FROM = CAUSES.index("partly")


@dataclass(frozen=True)
class RowStatistics:
    """Running counts of every row.

    The arrays are filled in place by `count_slot`: the one thing of a run that grows with nothing.

    Attributes
    ----------
    n_available, n_served, n_reachable : (row,)
        Slots in which one terminal could be served; in which demand was served in full or part; in which one
        terminal could be served if no law stood against it.
    causes : (row, cause)
        Slots by cause.
    rates : (row, step)
        Slots by share of demand served; step 0 is nothing, step 1 anything up to 3 %.
    rtts : (row, bin)
        Served slots by round trip.
    gap, longest_gap : (row,)
        Slots without availability: the stretch still open, and the longest.
    last_sat, n_handovers : (cell,)
        Satellite that served last, and how often it changed.
    demand_bps, carried_bps : (row,)
        Sums over slots. [bit/s]
    """

    n_available: NDArray[np.int32]
    n_served: NDArray[np.int32]
    n_reachable: NDArray[np.int32]
    causes: NDArray[np.unsignedinteger]
    rates: NDArray[np.unsignedinteger]
    rtts: NDArray[np.unsignedinteger]
    gap: NDArray[np.int32]
    longest_gap: NDArray[np.int32]
    last_sat: NDArray[np.int32]
    n_handovers: NDArray[np.int32]
    demand_bps: NDArray[np.float64]
    carried_bps: NDArray[np.float64]


def open_statistics(n_rows: int, n_cells: int, n_slots: int) -> RowStatistics:
    """Return statistics with nothing counted, in the narrowest type that can hold the slots.

    Parameters
    ----------
    n_rows, n_cells, n_slots
        Size of the planet and of the run.
    """
    count = np.uint8 if n_slots < 2**8 else np.uint16 if n_slots < 2**16 else np.uint32
    return RowStatistics(
        n_available=np.zeros(n_rows, np.int32),
        n_served=np.zeros(n_rows, np.int32),
        n_reachable=np.zeros(n_rows, np.int32),
        causes=np.zeros((n_rows, len(CAUSES)), count),
        rates=np.zeros((n_rows, RATE_STEPS + 1), count),
        rtts=np.zeros((n_rows, RTT_BINS), count),
        gap=np.zeros(n_rows, np.int32),
        longest_gap=np.zeros(n_rows, np.int32),
        last_sat=np.full(n_cells, -1, np.int32),
        n_handovers=np.zeros(n_cells, np.int32),
        demand_bps=np.zeros(n_rows),
        carried_bps=np.zeros(n_rows),
    )


def count_slot(
    statistics: RowStatistics,
    *,
    cause: NDArray[np.int8],
    rate_bps: NDArray[np.float64],
    demand_bps: NDArray[np.float64],
    rtt_s: NDArray[np.float32],
    is_available: NDArray[np.bool_],
    is_reachable: NDArray[np.bool_],
    sat_of_cell: NDArray[np.int32],
) -> None:
    """Count one slot.

    Parameters
    ----------
    statistics
        What is counted into.
    cause, rate_bps, demand_bps, rtt_s, is_available, is_reachable : (row,)
        The slot's service and demand.
    sat_of_cell : (cell,)
        The slot's plan, -1 where none.
    """
    _count(
        statistics.n_available, statistics.n_served, statistics.n_reachable, statistics.causes,
        statistics.rates, statistics.rtts, statistics.gap, statistics.longest_gap, statistics.demand_bps,
        statistics.carried_bps, cause, rate_bps, demand_bps, rtt_s, is_available, is_reachable,
    )  # fmt: skip
    changed = (statistics.last_sat >= 0) & (sat_of_cell >= 0) & (statistics.last_sat != sat_of_cell)
    statistics.n_handovers[changed] += 1
    np.copyto(statistics.last_sat, sat_of_cell, where=sat_of_cell >= 0)


@njit(cache=True, nogil=True)
def _count(  # type: ignore[no-untyped-def]  # noqa: ANN202
    n_available, n_served, n_reachable, causes, rates, rtts, gap, longest_gap, demand_sum_bps,  # noqa: ANN001
    carried_sum_bps, cause, rate_bps, demand_bps, rtt_s, is_available, is_reachable,  # noqa: ANN001
):  # fmt: skip
    per_log = 1.0 / np.log(RTT_RATIO)
    for r in range(len(cause)):
        causes[r, cause[r]] += 1
        is_served = cause[r] >= _SERVED_FROM
        n_served[r] += is_served
        n_reachable[r] += is_reachable[r]
        if is_available[r]:
            n_available[r] += 1
            gap[r] = 0
        else:
            gap[r] += 1
            longest_gap[r] = max(longest_gap[r], gap[r])
        demand_sum_bps[r] += demand_bps[r]
        carried_sum_bps[r] += rate_bps[r]
        step = 0
        if is_served:
            step = RATE_STEPS
            if demand_bps[r] > 0.0:
                step = max(1, min(RATE_STEPS, int(RATE_STEPS * rate_bps[r] / demand_bps[r] + 0.5)))
        rates[r, step] += 1
        if not np.isnan(rtt_s[r]):
            place = int(np.log(rtt_s[r] / RTT_FLOOR_S) * per_log)
            rtts[r, min(max(place, 0), RTT_BINS - 1)] += 1


def rate_share_percentile(statistics: RowStatistics, percent: float) -> NDArray[np.float64]:
    """Return the share of demand served at a percentile over slots, nearest rank, to 2 %.

    Parameters
    ----------
    percent
        0 to 100.

    Returns
    -------
    share : (row,)
        0 where the row was not served in that slot.
    """
    ranks: NDArray[np.int64] = _rank(statistics.rates, percent / 100.0)
    return ranks / RATE_STEPS


def rate_share_percentiles_of_groups(
    statistics: RowStatistics,
    people: NDArray[np.float64],
    group: NDArray[np.int8],
    n_groups: int,
    percents: tuple[float, ...],
) -> NDArray[np.float64]:
    """Return what share of their demand served people get, at percentiles over people and served slots.

    Parameters
    ----------
    statistics
        Everything counted.
    people, group : (row,)
        People, and the group each row belongs to.
    n_groups
        Number of groups.
    percents
        0 to 100 each.

    Returns
    -------
    share : (group, percent)
        To 2 %; NaN where nobody of the group is ever served.
    """
    weight = _people_by_rate(statistics.rates, people, group, n_groups)
    weight[:, 0] = 0.0  # slots in which a row got nothing
    seen = np.cumsum(weight, axis=1)
    total = seen[:, -1:]
    ranks = [(seen < q / 100.0 * total).sum(axis=1) for q in percents]
    return np.where(total > 0.0, np.stack(ranks, axis=1) / RATE_STEPS, np.nan)


@njit(cache=True, nogil=True)
def _people_by_rate(rates, people, group, n_groups):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    weight = np.zeros((n_groups, rates.shape[1]))
    for r in range(len(rates)):
        for b in range(rates.shape[1]):
            weight[group[r], b] += people[r] * rates[r, b]
    return weight


def rtt_percentile_s(statistics: RowStatistics, percent: float) -> NDArray[np.float64]:
    """Return the round trip at a percentile over served slots, nearest rank, to 1 %.

    Parameters
    ----------
    percent
        0 to 100.

    Returns
    -------
    rtt_s : (row,)
        NaN where the row was never served. [s]
    """
    ranks = _rank(statistics.rtts, percent / 100.0)
    return np.where(ranks >= 0, RTT_FLOOR_S * RTT_RATIO ** (ranks + 0.5), np.nan)


@njit(cache=True, nogil=True)
def _rank(histogram, q):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the first bin at which q of the counts is reached; -1 where nothing was counted."""
    out = np.full(len(histogram), -1, np.int64)
    for r in range(len(histogram)):
        total = 0
        for b in range(histogram.shape[1]):
            total += histogram[r, b]
        if total == 0:
            continue
        need, seen = max(1, int(np.ceil(q * total - 1e-9))), 0
        for b in range(histogram.shape[1]):
            seen += histogram[r, b]
            if seen >= need:
                out[r] = b
                break
    return out
