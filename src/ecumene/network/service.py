"""What reaches each row: bit/s, round-trip time, and the one cause why not.

The plan says which satellite lights a cell; the routes say how that satellite reaches a permitted PoP; the
sharing says how much of its traffic arrives. Here the three meet the law, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.kernels import inner_njit, njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAULT, NO_LICENCE, ZONE, NO_SATELLITE, GSO_ARC, JAMMED, WEATHER = range(7)
NO_GATEWAY_PATH, NO_BEAM, NO_FEEDER_CAPACITY, PARTLY, SERVED = range(7, 12)
"""Codes of the causes, in the order of precedence; names stand in ecumene.results.schema.CAUSES."""

FULL_SHARE = 0.999
"""A row that gets this share of its demand counts as served, not partly: rounding is no shortage."""


@dataclass(frozen=True)
class Service:
    """What every row gets in one slot.

    Attributes
    ----------
    cause : (row,)
        Code of the first cause that holds.
    rate_bps : (row,)
        Traffic carried for the row. [bit/s]
    rtt_s : (row,)
        Round trip terminal-PoP-terminal over the serving satellite; NaN where not served. [s]
    is_available : (row,)
        One terminal here could be served now, whatever the demand.
    is_reachable : (row,)
        The same if no law stood against it.
    """

    cause: NDArray[np.int8]
    rate_bps: NDArray[np.float64]
    rtt_s: NDArray[np.float32]
    is_available: NDArray[np.bool_]
    is_reachable: NDArray[np.bool_]


def offered_traffic(
    *,
    cell_of_row: NDArray[np.int32],
    class_of_row: NDArray[np.int32],
    demand_bps: NDArray[np.float64],
    wanted_bps: NDArray[np.float64],
    sat_of_cell: NDArray[np.int32],
    planned_bps: NDArray[np.float64],
    is_usable: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the traffic each satellite brings, by landing class and by row.

    Parameters
    ----------
    cell_of_row, class_of_row : (row,)
        Cell and landing class; class -1 where the row may not be served.
    demand_bps : (row,)
        Demand. [bit/s]
    wanted_bps, sat_of_cell, planned_bps : (cell,)
        Demand of the permitted rows, serving satellite (-1 none), traffic its beams carry. [bit/s]
    is_usable : (class, sat)
        The satellite has a path to a PoP permitted to the class.

    Returns
    -------
    offered_bps : (class, sat)
        Sum over rows. [bit/s]
    brought_bps : (row,)
        Traffic the row's satellite brings of it; rows of a cell share its beams in proportion to their demand.
        [bit/s]
    """
    offered_bps, brought_bps = np.zeros(is_usable.shape), np.zeros(len(cell_of_row))
    _offered(
        cell_of_row, class_of_row, demand_bps, wanted_bps, sat_of_cell, planned_bps, is_usable, offered_bps,
        brought_bps,
    )  # fmt: skip
    return offered_bps, brought_bps


def serve_rows(
    *,
    cell_of_row: NDArray[np.int32],
    class_of_row: NDArray[np.int32],
    refusal_of_row: NDArray[np.int8],
    is_sold_in_row: NDArray[np.bool_],
    demand_bps: NDArray[np.float64],
    brought_bps: NDArray[np.float64],
    n_visible_of_cell: NDArray[np.uint16],
    unjammed_of_cell: NDArray[np.uint64],
    clear_of_cell: NDArray[np.uint64],
    bin_of_cell: NDArray[np.int32],
    usable_of_bin: NDArray[np.uint64],
    unbroken_usable_of_bin: NDArray[np.uint64],
    is_frozen: bool,
    sat_of_cell: NDArray[np.int32],
    carried_share: NDArray[np.float64],
    delay_s: NDArray[np.float64],
    r_cell_m: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    processing_s: float,
) -> Service:
    """Return what every row gets, and why.

    Parameters
    ----------
    cell_of_row, class_of_row : (row,)
        Cell and landing class; class -1 where the row may not be served. Class 0 lands anywhere.
    refusal_of_row : (row,)
        Cause that stands against the row by law (no_licence, zone), -1 where none.
    is_sold_in_row : (row,)
        The operator sells there; a licence alone does not make it so.
    demand_bps, brought_bps : (row,)
        Demand, and what the row's satellite brings of it (`offered_traffic`). [bit/s]
    sat_of_cell : (cell,)
        Serving satellite, -1 where none.
    n_visible_of_cell, clear_of_cell, bin_of_cell, usable_of_bin
        Sight of the slot, and candidates with a permitted path (`ecumene.scheduling.beams`).
    unjammed_of_cell, unbroken_usable_of_bin
        What would be clear without jammers, and have a path if nothing were broken.
    is_frozen
        No plan was made in this slot: a cell without a satellite has lost it to that.
    carried_share, delay_s : (class, sat)
        Share of the offered traffic that is carried; one-way time satellite to PoP. [s]
    r_cell_m : (cell, 3)
        Position, ECEF. [m]
    r_sat_m : (sat, 3)
        Position, ECEF. [m]
    processing_s
        Framing, scheduling and processing there and back. [s]

    Returns
    -------
    service
        One entry a row.

    Notes
    -----
    RTT = 2 (d / c + delay) + processing, with d the slant range from the cell's centre. A permitted
    row that asks for nothing is served where it is available, for nobody there is refused anything; but where
    the service is licensed and not sold the cause is no_licence, and availability still says what could be.
    The cause is fault where a row is not available and would be if nothing were broken, jammed where it would be
    without jammers.
    """
    cause, rate_bps, rtt_s, is_available, is_reachable = _serve(
        cell_of_row, class_of_row, refusal_of_row, is_sold_in_row, demand_bps, brought_bps, n_visible_of_cell,
        unjammed_of_cell, clear_of_cell, bin_of_cell, usable_of_bin, unbroken_usable_of_bin, is_frozen, sat_of_cell,
        carried_share, delay_s, r_cell_m, r_sat_m, processing_s,
    )  # fmt: skip
    return Service(cause, rate_bps, rtt_s, is_available, is_reachable)


@njit(cache=True, nogil=True)
def _offered(  # type: ignore[no-untyped-def]  # noqa: ANN202
    cell_of_row, class_of_row, demand_bps, wanted_bps, sat_of_cell, planned_bps, is_usable, offered_bps,  # noqa: ANN001
    brought_bps,  # noqa: ANN001
):  # fmt: skip
    for r in range(len(cell_of_row)):
        c, k = cell_of_row[r], class_of_row[r]
        if k < 0 or demand_bps[r] <= 0.0:
            continue
        s = sat_of_cell[c]
        if s >= 0 and is_usable[k, s]:
            brought_bps[r] = planned_bps[c] * demand_bps[r] / wanted_bps[c]
            offered_bps[k, s] += brought_bps[r]


@inner_njit(cache=True, nogil=True)
def _any_usable(clear_of_cell, usable_of_bin, c, b, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for w in range(clear_of_cell.shape[1]):
        if clear_of_cell[c, w] & usable_of_bin[b, k, w]:
            return True
    return False


@inner_njit(cache=True, nogil=True)
def _any_clear(clear_of_cell, c):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for w in range(clear_of_cell.shape[1]):
        if clear_of_cell[c, w]:
            return True
    return False


@inner_njit(cache=True, nogil=True)
def _why_not(n_visible_of_cell, unjammed_of_cell, clear_of_cell, unbroken_usable_of_bin, c, b, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the first cause that holds where no satellite in view can be used."""
    if _any_usable(clear_of_cell, unbroken_usable_of_bin, c, b, k):
        return FAULT
    if n_visible_of_cell[c] == 0:
        return NO_SATELLITE
    if not _any_clear(unjammed_of_cell, c):
        return GSO_ARC
    if _any_usable(unjammed_of_cell, unbroken_usable_of_bin, c, b, k) or not _any_clear(clear_of_cell, c):
        return JAMMED
    return NO_GATEWAY_PATH


@njit(cache=True, nogil=True)
def _serve(  # type: ignore[no-untyped-def]  # noqa: ANN202
    cell_of_row, class_of_row, refusal_of_row, is_sold_in_row, demand_bps, brought_bps,  # noqa: ANN001
    n_visible_of_cell, unjammed_of_cell, clear_of_cell, bin_of_cell, usable_of_bin,  # noqa: ANN001
    unbroken_usable_of_bin, is_frozen, sat_of_cell, carried_share, delay_s,  # noqa: ANN001
    r_cell_m, r_sat_m, processing_s,  # noqa: ANN001
):  # fmt: skip
    n_rows = len(cell_of_row)
    cause = np.empty(n_rows, np.int8)
    rate_bps = np.zeros(n_rows, np.float64)
    rtt_s = np.full(n_rows, np.nan, np.float32)
    is_available = np.zeros(n_rows, np.bool_)
    is_reachable = np.zeros(n_rows, np.bool_)
    for r in range(n_rows):
        c, k = cell_of_row[r], class_of_row[r]
        b, s = bin_of_cell[c], sat_of_cell[c]
        is_reachable[r] = _any_usable(clear_of_cell, usable_of_bin, c, b, np.int32(0))
        if k < 0:
            cause[r] = refusal_of_row[r]
            continue
        is_available[r] = is_reachable[r] if k == 0 else _any_usable(clear_of_cell, usable_of_bin, c, b, k)
        if not is_available[r]:
            cause[r] = _why_not(
                n_visible_of_cell, unjammed_of_cell, clear_of_cell, unbroken_usable_of_bin, c, b, k
            )
            continue
        if demand_bps[r] <= 0.0:
            cause[r] = SERVED if is_sold_in_row[r] else NO_LICENCE
            continue
        if brought_bps[r] <= 0.0:
            cause[r] = FAULT if is_frozen and s < 0 else NO_BEAM
            continue
        rate_bps[r] = brought_bps[r] * carried_share[k, s]
        if rate_bps[r] <= 0.0:
            cause[r] = NO_FEEDER_CAPACITY
            continue
        cause[r] = SERVED if rate_bps[r] >= FULL_SHARE * demand_bps[r] else PARTLY
        slant_m = np.sqrt(
            (r_sat_m[s, 0] - r_cell_m[c, 0]) ** 2
            + (r_sat_m[s, 1] - r_cell_m[c, 1]) ** 2
            + (r_sat_m[s, 2] - r_cell_m[c, 2]) ** 2
        )
        rtt_s[r] = 2.0 * (slant_m / SPEED_OF_LIGHT_M_S + delay_s[k, s]) + processing_s
    return cause, rate_bps, rtt_s, is_available, is_reachable
