"""Statistics of every row, kept on the fly: memory for a few slots and small histograms, never for a run.

Counting a slot into the histograms of half a million rows touches several hundred megabytes, and waits for
memory all the time. So the newest slots are kept as one short code a row, and each slot brings one stripe of
the rows up to date, with all its codes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.kernels import njit
from ecumene.results.schema import CAUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE_STEPS = 50
"""The share of demand served is counted in steps of 2 %."""

RTT_FLOOR_S = 0.002
RTT_RATIO = 1.02
RTT_BINS = 320
"""Round trips are counted in bins 2 % wide from 2 ms to 1.1 s; percentiles are good to 1 %."""

KEPT_SLOTS = 32
"""Slots kept as codes; also the number of stripes the rows are cut into, one brought up to date a slot."""

_SERVED_FROM = CAUSES.index("partly")

# A code, from its lowest bit: cause (4), available (1), reachable (1), step of the share (6), round trip (9).
_AVAILABLE, _REACHABLE, _STEP, _RTT = 4, 5, 6, 12
_NO_RTT = 511


@dataclass(frozen=True)
class RowStatistics:
    """Running counts of every row.

    The arrays are filled in place by `count_slot`: the one thing of a run that grows with nothing. Those of
    rows lag behind by up to `KEPT_SLOTS` slots until `settle` brings them up to date.

    Attributes
    ----------
    n_available, n_reachable : (row,)
        Slots in which one terminal could be served; in which it could if no law stood against it.
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
    n_cells, n_units : (sat,)
        Cells served and channel-shares spent, summed over slots.
    demand_bps, carried_bps : (country,)
        Sums over rows and slots. [bit/s]
    codes : (kept slot, row)
        The newest slots, slot k at k modulo `KEPT_SLOTS`.
    n_counted, n_settled : (1,), (stripe,)
        Slots counted, and of these how many each stripe of the rows has in its histograms.
    """

    n_available: NDArray[np.int32]
    n_reachable: NDArray[np.int32]
    causes: NDArray[np.unsignedinteger]
    rates: NDArray[np.unsignedinteger]
    rtts: NDArray[np.unsignedinteger]
    gap: NDArray[np.int32]
    longest_gap: NDArray[np.int32]
    last_sat: NDArray[np.int32]
    n_handovers: NDArray[np.int32]
    n_cells: NDArray[np.int64]
    n_units: NDArray[np.int64]
    demand_bps: NDArray[np.float64]
    carried_bps: NDArray[np.float64]
    codes: NDArray[np.uint32]
    n_counted: NDArray[np.int64]
    n_settled: NDArray[np.int64]

    @property
    def n_served(self) -> NDArray[np.int64]:
        """Slots in which demand was served in full or part, (row,)."""
        return np.asarray(self.causes[:, _SERVED_FROM:].sum(axis=1, dtype=np.int64))


def open_statistics(n_rows: int, n_cells: int, n_slots: int, n_sats: int, n_countries: int) -> RowStatistics:
    """Return statistics with nothing counted, in the narrowest type that can hold the slots.

    Parameters
    ----------
    n_rows, n_cells, n_slots, n_sats, n_countries
        Size of the planet, of the run and of the constellation.
    """
    count = np.uint8 if n_slots < 2**8 else np.uint16 if n_slots < 2**16 else np.uint32

    # full(0), not zeros: the system hands the memory out now, and not piecemeal during the first slots.
    return RowStatistics(
        n_available=np.zeros(n_rows, np.int32),
        n_reachable=np.zeros(n_rows, np.int32),
        causes=np.full((n_rows, len(CAUSES)), 0, count),
        rates=np.full((n_rows, RATE_STEPS + 1), 0, count),
        rtts=np.full((n_rows, RTT_BINS), 0, count),
        gap=np.zeros(n_rows, np.int32),
        longest_gap=np.zeros(n_rows, np.int32),
        last_sat=np.full(n_cells, -1, np.int32),
        n_handovers=np.zeros(n_cells, np.int32),
        n_cells=np.zeros(n_sats, np.int64),
        n_units=np.zeros(n_sats, np.int64),
        demand_bps=np.zeros(n_countries),
        carried_bps=np.zeros(n_countries),
        codes=np.full((KEPT_SLOTS, n_rows), 0, np.uint32),
        n_counted=np.zeros(1, np.int64),
        n_settled=np.zeros(KEPT_SLOTS, np.int64),
    )


def count_slot(
    statistics: RowStatistics,
    *,
    country_of_row: NDArray[np.int16],
    cause: NDArray[np.int8],
    rate_bps: NDArray[np.float64],
    demand_bps: NDArray[np.float64],
    rtt_s: NDArray[np.float32],
    is_available: NDArray[np.bool_],
    is_reachable: NDArray[np.bool_],
    sat_of_cell: NDArray[np.int32],
    units_of_cell: NDArray[np.int16],
) -> None:
    """Count one slot.

    Parameters
    ----------
    statistics
        What is counted into.
    country_of_row : (row,)
        Country each row belongs to.
    cause, rate_bps, demand_bps, rtt_s, is_available, is_reachable : (row,)
        The slot's service and demand.
    sat_of_cell, units_of_cell : (cell,)
        The slot's plan, -1 where none, and the channel-shares spent.
    """
    now = int(statistics.n_counted[0])
    _encode(
        cause, rate_bps, demand_bps, rtt_s.view(np.uint32), is_available, is_reachable, _FIRST_BIN, _EDGE_BITS,
        statistics.codes[now % KEPT_SLOTS],
    )  # fmt: skip
    _add_by_country(country_of_row, rate_bps, demand_bps, statistics.demand_bps, statistics.carried_bps)
    _count_cells(
        sat_of_cell, units_of_cell, statistics.last_sat, statistics.n_handovers, statistics.n_cells,
        statistics.n_units,
    )  # fmt: skip
    statistics.n_counted[0] = now + 1
    _settle(statistics, now % KEPT_SLOTS)


def settle(statistics: RowStatistics) -> None:
    """Bring all rows up to date: before anybody reads the statistics."""
    for stripe in range(KEPT_SLOTS):
        _settle(statistics, stripe)


def _settle(statistics: RowStatistics, stripe: int) -> None:
    """Count the slots that a stripe of the rows still lacks."""
    first, last = (len(statistics.gap) * k // KEPT_SLOTS for k in (stripe, stripe + 1))
    since, until = int(statistics.n_settled[stripe]), int(statistics.n_counted[0])
    _count(
        first, last, since, until, statistics.codes, statistics.n_available, statistics.n_reachable,
        statistics.causes, statistics.rates, statistics.rtts, statistics.gap, statistics.longest_gap,
    )  # fmt: skip
    statistics.n_settled[stripe] = until


def _rtt_table() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return what finds the bin of a round trip from the bits of a 32-bit float, without a logarithm.

    The upper 15 bits say a number to 1.6 %, which is less than a bin is wide: all numbers that share them lie
    in the bin of the least of them, or the next. So: that bin by the 15 bits, and the bits of every bin's upper
    edge (positive numbers are in order as their bits are). NaN finds `_NO_RTT`.
    """
    least_s = (np.arange(2**15, dtype=np.uint32) << np.uint32(17)).view(np.float32)
    edge_s = (RTT_FLOOR_S * RTT_RATIO ** np.arange(1, RTT_BINS)).astype(np.float32)
    first_bin = np.where(np.isnan(least_s), _NO_RTT, np.searchsorted(edge_s, least_s, side="right"))
    edge_bits = np.full(_NO_RTT + 1, np.iinfo(np.uint32).max, np.uint32)
    edge_bits[: len(edge_s)] = edge_s.view(np.uint32)
    return first_bin.astype(np.uint32), edge_bits


_FIRST_BIN, _EDGE_BITS = _rtt_table()


@njit(cache=True, nogil=True, error_model="numpy")
def _encode(  # type: ignore[no-untyped-def]  # noqa: ANN202
    cause, rate_bps, demand_bps, rtt_bits, is_available, is_reachable, first_bin, edge_bits, code  # noqa: ANN001
):  # fmt: skip
    """Write the slot's codes; without branches, since causes come in no order."""
    for r in range(len(cause)):
        share = rate_bps[r] / demand_bps[r] if demand_bps[r] > 0.0 else 1.0
        step = min(max(RATE_STEPS * share + 0.5, 1.0), RATE_STEPS + 0.0)
        code[r] = np.uint32(step if cause[r] >= _SERVED_FROM else 0.0) << np.uint32(_STEP)
    for r in range(len(cause)):
        place = first_bin[rtt_bits[r] >> np.uint32(17)]
        place += np.uint32(rtt_bits[r] >= edge_bits[place])
        code[r] |= (
            np.uint32(cause[r])
            | np.uint32(is_available[r]) << np.uint32(_AVAILABLE)
            | np.uint32(is_reachable[r]) << np.uint32(_REACHABLE)
            | place << np.uint32(_RTT)
        )


def are_codes(codes: NDArray[np.uint32]) -> bool:
    """Return whether all are codes that `count_slot` may have written: the histograms are indexed by them."""
    place = codes >> _RTT
    is_code = (codes & 15 < len(CAUSES)) & (codes >> _STEP & 63 <= RATE_STEPS)
    return bool((is_code & ((place < RTT_BINS) | (place == _NO_RTT))).all())


@njit(cache=True, nogil=True)
def _add_by_country(country_of_row, rate_bps, demand_bps, demand_sum_bps, carried_sum_bps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add the slot's demand and traffic to their country's; neighbours are mostly compatriots."""
    r = 0
    while r < len(country_of_row):
        country, wanted_bps, carried_bps = country_of_row[r], 0.0, 0.0
        while r < len(country_of_row) and country_of_row[r] == country:
            wanted_bps += demand_bps[r]
            carried_bps += rate_bps[r]
            r += 1
        demand_sum_bps[country] += wanted_bps
        carried_sum_bps[country] += carried_bps


@njit(cache=True, nogil=True)
def _count(  # type: ignore[no-untyped-def]  # noqa: ANN202
    first, last, since, until, codes, n_available, n_reachable, causes, rates, rtts, gap, longest_gap,  # noqa: ANN001
):  # fmt: skip
    """Count the slots since..until of the rows first..last."""
    for r in range(first, last):
        available = reachable = np.int64(0)
        open_gap, longest = np.int64(gap[r]), np.int64(longest_gap[r])
        for k in range(since, until):
            code = np.int64(codes[k % KEPT_SLOTS, r])
            causes[r, code & 15] += 1
            rates[r, code >> _STEP & 63] += 1
            place = code >> _RTT
            if place != _NO_RTT:
                rtts[r, place] += 1
            is_available = code >> _AVAILABLE & 1
            available += is_available
            reachable += code >> _REACHABLE & 1
            open_gap = (open_gap + 1) * (1 - is_available)
            longest = max(longest, open_gap)
        n_available[r] += available
        n_reachable[r] += reachable
        gap[r], longest_gap[r] = open_gap, longest


@njit(cache=True, nogil=True)
def _count_cells(sat_of_cell, units_of_cell, last_sat, n_handovers, n_cells, n_units):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for c in range(len(sat_of_cell)):
        s = sat_of_cell[c]
        if s < 0:
            continue
        if last_sat[c] != s:
            n_handovers[c] += last_sat[c] >= 0
            last_sat[c] = s
        n_cells[s] += 1
        n_units[s] += units_of_cell[c]


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
