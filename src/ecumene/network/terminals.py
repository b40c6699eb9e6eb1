"""One terminal at a named place: what it sees, what of it is usable, and what it gets.

Places are observers: they take no beam away from anybody. A place in an inhabited row shares that row's
plan; a place where nobody lives (a ship, a desert station) takes the best usable satellite that has a beam
left. Everything is computed at the place itself, not at its cell's centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.network.service import (
    FAULT,
    FULL_SHARE,
    GSO_ARC,
    JAMMED,
    NO_BEAM,
    NO_FEEDER_CAPACITY,
    NO_GATEWAY_PATH,
    NO_SATELLITE,
    PARTLY,
    SERVED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class View:
    """What every place sees in one slot: pairs (place, satellite) above the mask.

    Attributes
    ----------
    first_of_place : (place + 1,)
        The pairs of place p lie from first_of_place[p] to first_of_place[p + 1].
    sat : (pair,)
        Satellites, ascending for each place.
    is_clear : (pair,)
        Outside the exclusion angle.
    sine : (pair,)
        Sine of the geodetic elevation.
    slant_m : (pair,)
        Distance. [m]
    is_alive : (pair,)
        The satellite is in order; broken ones stay in view, so that it is known what they cost.
    is_quiet : (pair,)
        No jammer closes the link.
    """

    first_of_place: NDArray[np.int64]
    sat: NDArray[np.int32]
    is_clear: NDArray[np.bool_]
    sine: NDArray[np.float64]
    slant_m: NDArray[np.float64]
    is_alive: NDArray[np.bool_]
    is_quiet: NDArray[np.bool_]

    @property
    def place_of_pair(self) -> NDArray[np.int64]:
        """The place of every pair, (pair,)."""
        return np.repeat(np.arange(len(self.first_of_place) - 1), np.diff(self.first_of_place))


@dataclass(frozen=True)
class TerminalService:
    """What one terminal at each place gets in one slot.

    Attributes
    ----------
    cause : (place,)
        Code of the first cause that holds.
    n_visible, n_clear, n_usable : (place,)
        Satellites above the mask; of these clear of the arc; of these with a permitted path home.
    sat, pair : (place,)
        Serving satellite, and its pair in the view; -1 where none.
    share : (place,)
        Share of its busy-hour demand a subscriber gets, 0 where not served.
    """

    cause: NDArray[np.int8]
    n_visible: NDArray[np.int64]
    n_clear: NDArray[np.int64]
    n_usable: NDArray[np.int64]
    sat: NDArray[np.int32]
    pair: NDArray[np.int64]
    share: NDArray[np.float64]


def serve_terminals(
    *,
    view: View,
    has_unbroken_path: NDArray[np.bool_],
    is_frozen: bool,
    landing_class: NDArray[np.int32],
    refusal: NDArray[np.int8],
    is_usable: NDArray[np.bool_],
    sat_of_row: NDArray[np.int32],
    share_of_row: NDArray[np.float64],
    cause_of_row: NDArray[np.int8],
    has_row: NDArray[np.bool_],
    is_full: NDArray[np.bool_],
    carried_share: NDArray[np.float64],
    terminal_share_of_pair: NDArray[np.float64],
    before: NDArray[np.int32],
) -> TerminalService:
    """Return what one terminal at each place gets.

    Parameters
    ----------
    view
        What the places see.
    has_unbroken_path : (class, sat)
        The satellite would have a permitted path if nothing were broken.
    is_frozen
        No plan was made in this slot.
    landing_class : (place,)
        -1 where the place may not be served.
    refusal : (place,)
        Cause that stands against the place by law, -1 where none does.
    is_usable, carried_share : (class, sat)
        The satellite has a permitted path; share of its traffic that is carried.
    sat_of_row, share_of_row, cause_of_row, has_row : (place,)
        For places in an inhabited row with demand: the plan's satellite (-1 none), the share of demand
        carried, and the row's cause.
    is_full : (sat,)
        No beam left.
    terminal_share_of_pair : (pair,)
        Share of one subscriber's demand that one channel-share brings at this elevation, at most 1.
    before : (place,)
        Satellite of the last slot, -1 for none: kept by places without a row while it is usable.

    Returns
    -------
    service
        One entry a place.
    """
    n, place = len(landing_class), view.place_of_pair
    is_permitted = landing_class >= 0
    closes = view.is_quiet & (terminal_share_of_pair > 0.0)  # below some elevation the link does not close
    has_path = is_usable[landing_class[place], view.sat] & is_permitted[place]
    has_way = has_unbroken_path[landing_class[place], view.sat] & is_permitted[place]
    usable = view.is_clear & has_path & closes
    n_visible, n_clear, n_usable, n_sound, n_quiet = (
        np.bincount(place[which], minlength=n)
        for which in (
            view.is_alive,
            view.is_alive & view.is_clear,
            usable,
            view.is_clear & has_way & closes,
            view.is_clear & has_way,
        )
    )
    cause = np.full(n, SERVED, np.int8)
    pair = np.full(n, -1, np.int64)
    share = np.zeros(n)
    alone = terminal_share_of_pair * carried_share[landing_class[place], view.sat]
    can_take = usable & ~is_full[view.sat]
    for p in np.flatnonzero(n_usable).tolist():
        own = slice(view.first_of_place[p], view.first_of_place[p + 1])
        if has_row[p] and cause_of_row[p] in {FAULT, NO_BEAM, NO_FEEDER_CAPACITY}:
            cause[p] = cause_of_row[p]  # the place shares its row's lot
            continue
        of_row = np.flatnonzero(usable[own] & (view.sat[own] == sat_of_row[p]))
        if has_row[p] and share_of_row[p] > 0.0 and len(of_row):
            pair[p], share[p] = own.start + of_row[0], share_of_row[p]
            continue
        best = _best(can_take[own], view.sine[own], view.sat[own] == before[p])
        share[p] = alone[own.start + best] if best >= 0 else 0.0
        none = FAULT if is_frozen and has_row[p] else NO_BEAM
        cause[p] = none if best < 0 else NO_FEEDER_CAPACITY if share[p] <= 0.0 else SERVED
        pair[p] = own.start + best if share[p] > 0.0 else -1
    cause[(pair >= 0) & (share < FULL_SHARE)] = PARTLY
    cause[n_usable == 0] = NO_GATEWAY_PATH
    cause[(n_usable == 0) & ((n_quiet > 0) | ~_any(place, view.is_clear & closes, n))] = JAMMED
    cause[~_any(place, view.is_clear, n)] = GSO_ARC
    cause[np.diff(view.first_of_place) == 0] = NO_SATELLITE
    cause[(n_usable == 0) & (n_sound > 0)] = FAULT
    cause[~is_permitted] = refusal[~is_permitted]
    sat = np.full(n, -1, np.int32)
    sat[pair >= 0] = view.sat[pair[pair >= 0]]
    return TerminalService(cause, n_visible, n_clear, n_usable, sat, pair, share)


def _any(place: NDArray[np.int64], which: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """Return for which places some pair is so."""
    return np.bincount(place[which], minlength=n) > 0


def _best(can_take: NDArray[np.bool_], sine: NDArray[np.float64], was: NDArray[np.bool_]) -> int:
    """Return the pair of the last slot while it lasts, else the highest satellite's; -1 where there is none."""
    if (can_take & was).any():
        return int((can_take & was).argmax())
    return int(np.where(can_take, sine, -np.inf).argmax()) if can_take.any() else -1
