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
    FULL_SHARE,
    GSO_ARC,
    NO_BEAM,
    NO_FEEDER_CAPACITY,
    NO_GATEWAY_PATH,
    NO_LICENCE,
    NO_SATELLITE,
    PARTLY,
    SERVED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class View:
    """What every place sees in one slot.

    Attributes
    ----------
    is_visible, is_clear : (place, sat)
        Above the mask; of these outside the exclusion angle.
    elevation_rad, slant_m : (place, sat)
        Geodetic elevation and distance. [rad], [m]
    """

    is_visible: NDArray[np.bool_]
    is_clear: NDArray[np.bool_]
    elevation_rad: NDArray[np.float64]
    slant_m: NDArray[np.float64]


@dataclass(frozen=True)
class TerminalService:
    """What one terminal at each place gets in one slot.

    Attributes
    ----------
    cause : (place,)
        Code of the first cause that holds.
    n_visible, n_clear, n_usable : (place,)
        Satellites above the mask; of these clear of the arc; of these with a permitted path home.
    sat : (place,)
        Serving satellite, -1 where none.
    share : (place,)
        Share of its busy-hour demand a subscriber gets, 0 where not served.
    """

    cause: NDArray[np.int8]
    n_visible: NDArray[np.int64]
    n_clear: NDArray[np.int64]
    n_usable: NDArray[np.int64]
    sat: NDArray[np.int32]
    share: NDArray[np.float64]


def serve_terminals(
    *,
    view: View,
    landing_class: NDArray[np.int32],
    is_usable: NDArray[np.bool_],
    sat_of_row: NDArray[np.int32],
    share_of_row: NDArray[np.float64],
    cause_of_row: NDArray[np.int8],
    has_row: NDArray[np.bool_],
    is_full: NDArray[np.bool_],
    carried_share: NDArray[np.float64],
    terminal_share_of_sat: NDArray[np.float64],
    before: NDArray[np.int32],
) -> TerminalService:
    """Return what one terminal at each place gets.

    Parameters
    ----------
    view
        What the places see.
    landing_class : (place,)
        -1 where the place may not be served.
    is_usable, carried_share : (class, sat)
        The satellite has a permitted path; share of its traffic that is carried.
    sat_of_row, share_of_row, cause_of_row, has_row : (place,)
        For places in an inhabited row with demand: the plan's satellite (-1 none), the share of demand
        carried, and the row's cause.
    is_full : (sat,)
        No beam left.
    terminal_share_of_sat : (place, sat)
        Share of one subscriber's demand that one channel-share brings at this elevation, at most 1.
    before : (place,)
        Satellite of the last slot, -1 for none: kept by places without a row while it is usable.

    Returns
    -------
    service
        One entry a place.
    """
    n = len(landing_class)
    is_permitted = landing_class >= 0
    usable = view.is_clear & is_usable[np.maximum(landing_class, 0)] & is_permitted[:, None]
    usable &= terminal_share_of_sat > 0.0  # below some elevation the link does not close
    cause = np.full(n, SERVED, np.int8)
    sat = np.full(n, -1, np.int32)
    share = np.zeros(n)
    for p in np.flatnonzero(usable.any(axis=1)).tolist():
        if has_row[p] and cause_of_row[p] in {NO_BEAM, NO_FEEDER_CAPACITY}:
            cause[p] = cause_of_row[p]  # the place shares its row's lot
        elif has_row[p] and share_of_row[p] > 0.0 and usable[p, sat_of_row[p]]:
            sat[p], share[p] = sat_of_row[p], share_of_row[p]
        else:
            sat[p] = _best(usable[p] & ~is_full, view.elevation_rad[p], before[p])
            share[p] = (
                0.0
                if sat[p] < 0
                else _alone(p, int(sat[p]), landing_class, carried_share, terminal_share_of_sat)
            )
            cause[p] = NO_BEAM if sat[p] < 0 else NO_FEEDER_CAPACITY if share[p] <= 0.0 else SERVED
            sat[p] = sat[p] if share[p] > 0.0 else -1
    n_visible, n_clear, n_usable = (table.sum(axis=1) for table in (view.is_visible, view.is_clear, usable))
    cause[(sat >= 0) & (share < FULL_SHARE)] = PARTLY
    cause[n_usable == 0] = NO_GATEWAY_PATH
    cause[n_clear == 0] = GSO_ARC
    cause[n_visible == 0] = NO_SATELLITE
    cause[~is_permitted] = NO_LICENCE
    return TerminalService(cause, n_visible, n_clear, n_usable, sat, share)


def _best(can_take: NDArray[np.bool_], elevation_rad: NDArray[np.float64], before: int) -> int:
    """Return the satellite of the last slot while it lasts, else the highest; -1 where there is none."""
    if before >= 0 and can_take[before]:
        return int(before)
    return int(np.where(can_take, elevation_rad, -np.inf).argmax()) if can_take.any() else -1


def _alone(
    p: int,
    sat: int,
    landing_class: NDArray[np.int32],
    carried_share: NDArray[np.float64],
    terminal_share_of_sat: NDArray[np.float64],
) -> float:
    """Return the share of its demand a lone terminal gets over a satellite."""
    return float(terminal_share_of_sat[p, sat] * carried_share[landing_class[p], sat])
