"""How many subscribers a row has, and how busy they are at a time of day.

Nobody outside the operator knows where the subscribers live. The spread here is a stated assumption: in
proportion to people times a preference for sparse places, where other networks are poor. Every report names
it, and national totals can be given where they are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import InputError, RangeError, did_you_mean
from ecumene.kernels import njit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

ANNOUNCED = (
    (date(2022, 5, 1), 400_000),
    (date(2022, 9, 1), 700_000),
    (date(2022, 12, 1), 1_000_000),
    (date(2023, 9, 1), 2_000_000),
    (date(2024, 5, 1), 3_000_000),
    (date(2024, 9, 1), 4_000_000),
    (date(2025, 6, 1), 6_000_000),
    (date(2025, 11, 1), 8_000_000),
    (date(2026, 2, 1), 10_000_000),
)
"""Starlink subscribers worldwide by month of announcement. Soft: recalled."""

HOURLY = (
    0.55, 0.40, 0.29, 0.23, 0.20, 0.21, 0.27, 0.36, 0.43, 0.47, 0.50, 0.52,
    0.55, 0.56, 0.58, 0.61, 0.66, 0.73, 0.82, 0.92, 1.00, 0.99, 0.90, 0.73,
)  # fmt: skip
"""Household traffic at each full hour of local solar time, busy hour = 1.

Soft: a recalled shape (evening peak, low before dawn) whose busy hour is 1.78 times the daily mean; fixed
households are recalled to lie between 1.5 and 2.
"""

SOLAR_STEPS = 3_600
"""The daily curve is looked up by longitude in steps of 0.1 deg: 24 s of solar time."""


def announced_subscribers(at: date) -> int:
    """Return the operator's latest announced worldwide total.

    Parameters
    ----------
    at
        The day asked about.

    Returns
    -------
    subscribers
        The figure announced last before or in the month of that day; no interpolation between figures, and
        no growth after the last of them (2026-02).

    Raises
    ------
    RangeError
        Before the first known figure (2022-05).

    Examples
    --------
    >>> announced_subscribers(date(2026, 3, 24))
    10000000
    """
    known = [subscribers for since, subscribers in ANNOUNCED if since <= at]
    if not known:
        raise RangeError(
            f"announced subscribers are known from {ANNOUNCED[0][0]} on, got {at};"
            " give the number of subscribers"
        )
    return known[-1]


@dataclass(frozen=True)
class Subscribers:
    """Where the subscribers live.

    Attributes
    ----------
    subscribers_of_row : (row,)
        Subscribers, fractions allowed; 0 where the service is not offered.
    left_over
        Subscribers no row had room for: what was asked for is this plus the sum of the rows.
    left_over_by_country
        That part of it which was given for a country by name: the country's rows are full or not offered.
    """

    subscribers_of_row: NDArray[np.float64]
    left_over: float
    left_over_by_country: Mapping[str, float]


def sparse_weight(
    people: NDArray[np.float64], area_km2: NDArray[np.float64], sparse_density_per_km2: float
) -> NDArray[np.float64]:
    """Return people weighted by how sparsely they live.

    Parameters
    ----------
    people : (row,)
        People.
    area_km2 : (row,)
        Land area of the row, positive where people live. [km2]
    sparse_density_per_km2
        Density at which a person counts half; infinite for no preference. [1/km2]

    Returns
    -------
    weight : (row,)
        people / (1 + density / sparse density). In dense places this tends to sparse density x area: the
        subscribers a km2 can attract are bounded, as the capacity over a km2 is.
    """
    if not sparse_density_per_km2 > 0.0:
        raise RangeError(f"the sparse density must be above 0 per km2, got {sparse_density_per_km2:g}")
    density = np.divide(people, area_km2, out=np.zeros_like(people), where=people > 0.0)
    return people / (1.0 + density / sparse_density_per_km2)


def fill_to_cap(
    weight: NDArray[np.float64], cap: NDArray[np.float64], total: float
) -> tuple[NDArray[np.float64], float]:
    """Return a total shared by weight where no share exceeds its cap, and what found no room.

    Parameters
    ----------
    weight, cap : (row,)
        Weight of a row and the most it may get; not negative.
    total
        What is shared.

    Returns
    -------
    share : (row,)
        min(level x weight, cap) with one level for all.
    left_over
        total less the sum of the shares; above 0 only where every row with a weight is at its cap.

    Notes
    -----
    Water filling, exact: rows sorted by cap / weight fill one after the other, so the level is found in one
    pass of cumulative sums.
    """
    has_weight = weight > 0.0
    share = np.zeros_like(weight)
    w, c = weight[has_weight], cap[has_weight]
    if total >= c.sum():
        share[has_weight] = c
        return share, float(total - c.sum())
    order = np.argsort(c / w, kind="stable")
    full_before = np.concatenate([[0.0], np.cumsum(c[order])[:-1]])
    weight_from = np.cumsum(w[order][::-1])[::-1]
    level_if = (total - full_before) / weight_from
    fits = level_if * w[order] <= c[order]
    k = int(np.argmax(fits)) if fits.any() else len(w) - 1  # rounding, when total is the caps' sum
    share[has_weight] = np.minimum(level_if[k] * w, c)
    return share, 0.0


def subscribers_of_row(
    people: ArrayLike,
    area_km2: ArrayLike,
    is_offered: ArrayLike,
    total: float,
    *,
    sparse_density_per_km2: float,
    households_share: float = 0.25,
    country: ArrayLike | None = None,
    codes: Sequence[str] = (),
    subscribers_by_country: Mapping[str, float] | None = None,
) -> Subscribers:
    """Return a worldwide total spread over the rows where the service is offered.

    Parameters
    ----------
    people : (row,)
        People.
    area_km2 : (row,)
        Land area. [km2]
    is_offered : (row,)
        Whether the service is sold there.
    total
        Subscribers in all, those given by country included.
    sparse_density_per_km2
        Density at which a person counts half, see `sparse_weight`. [1/km2]
    households_share
        Most subscribers per person in a row; 0.25 is one subscription per household of four.
    country : (row,)
        Index of the row's country in `codes`; needed where subscribers are given by country.
    codes
        Country codes.
    subscribers_by_country
        Known national totals; the rest of the total goes to the other countries.

    Returns
    -------
    spread
        Subscribers of each row and what found no room: their sum is `total` to rounding.

    Raises
    ------
    RangeError
        Where a number is negative or not finite, or the national totals exceed `total`.
    InputError
        Where a country code is unknown.
    """
    people = np.asarray(people, dtype=np.float64)
    weight = sparse_weight(people, np.asarray(area_km2, dtype=np.float64), sparse_density_per_km2)
    given = dict(subscribers_by_country or {})
    _check_numbers(total, given, households_share)
    cap = np.where(np.asarray(is_offered, dtype=np.bool_), households_share * people, 0.0)
    weight = np.where(cap > 0.0, weight, 0.0)
    row_country = np.full(len(people), -1) if country is None else np.asarray(country)

    subscribers = np.zeros(len(people))
    left_over_by_country: dict[str, float] = {}
    is_general = np.ones(len(people), dtype=np.bool_)
    for code, number in given.items():
        is_home = row_country == _index_of(code, codes)
        share, left = fill_to_cap(np.where(is_home, weight, 0.0), cap, number)
        subscribers += share
        is_general &= ~is_home
        if left > 0.0:
            left_over_by_country[code] = left
    share, left = fill_to_cap(np.where(is_general, weight, 0.0), cap, total - sum(given.values()))
    return Subscribers(
        subscribers_of_row=subscribers + share,
        left_over=left + sum(left_over_by_country.values()),
        left_over_by_country=left_over_by_country,
    )


def _check_numbers(total: float, given: Mapping[str, float], households_share: float) -> None:
    for what, number in (("the total", total), *((f"subscribers of {code}", n) for code, n in given.items())):
        if not 0.0 <= number < np.inf:
            raise RangeError(f"{what} must be a number of subscribers, 0 or more, got {number:g}")
    if not 0.0 < households_share <= 1.0:
        raise RangeError(f"subscribers per person must be above 0 and at most 1, got {households_share:g}")
    if sum(given.values()) > total:
        raise RangeError(
            f"subscribers given by country add up to {sum(given.values()):,.0f}, more than the total of"
            f" {total:,.0f}; raise the total or lower the countries"
        )


def _index_of(code: str, codes: Sequence[str]) -> int:
    if code not in codes:
        raise InputError(f"subscribers are given for unknown country {code!r}{did_you_mean(code, codes)}")
    return list(codes).index(code)


def busy_hour_factor(lon_deg: ArrayLike, utc_s_of_day: float) -> NDArray[np.float64]:
    """Return traffic as a share of the busy hour's, by local mean solar time.

    Parameters
    ----------
    lon_deg : any shape
        Longitude, east positive, any branch. [deg]
    utc_s_of_day
        Seconds since midnight UTC; other days wrap. [s]

    Returns
    -------
    factor : same shape
        Between 0.20 (before dawn) and 1 (20 h).

    Notes
    -----
    Between full hours the curve follows half a cosine, so it is smooth and never leaves the range of its two
    neighbours. Solar time, not civil time (up to about two hours apart); weekends and seasons are left out.

    Examples
    --------
    At 18:00 UTC the busy hour stands over 30 deg east:

    >>> float(busy_hour_factor(30.0, 18 * 3600.0))
    1.0
    """
    hour = (utc_s_of_day / 3600.0 + np.asarray(lon_deg, dtype=np.float64) / 15.0) % 24.0
    curve = np.array(HOURLY)
    k = np.floor(hour).astype(np.int64) % 24
    blend = (1.0 - np.cos(np.pi * (hour - np.floor(hour)))) / 2.0
    before, after = curve[k], curve[(k + 1) % 24]
    return np.asarray(before + (after - before) * blend)


def solar_step(lon_deg: ArrayLike) -> NDArray[np.uint16]:
    """Return where longitudes, any branch, stand in `daily_curve`."""
    step = np.rint((np.asarray(lon_deg, dtype=np.float64) % 360.0) * (SOLAR_STEPS / 360.0))
    return (step.astype(np.int64) % SOLAR_STEPS).astype(np.uint16)


def daily_curve(utc_s_of_day: float) -> NDArray[np.float64]:
    """Return traffic as a share of the busy hour's, by `solar_step`, at seconds since midnight UTC."""
    return busy_hour_factor(np.arange(SOLAR_STEPS) * (360.0 / SOLAR_STEPS), utc_s_of_day)


def demand_of_rows(
    busy_bps: NDArray[np.float64],
    step_of_row: NDArray[np.uint16],
    factor_of_step: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
    cell_of_row: NDArray[np.int32],
    n_cells: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what rows and cells ask for at a time of day.

    Parameters
    ----------
    busy_bps, step_of_row : (row,)
        Demand in the busy hour [bit/s], and `solar_step`.
    factor_of_step : (step,)
        Traffic as a share of the busy hour's (`daily_curve`).
    is_counted, cell_of_row : (row,)
        Whether the row counts for its cell, and which one that is.
    n_cells
        Number of cells.

    Returns
    -------
    row_bps : (row,)
        Demand of every row, counted or not. [bit/s]
    cell_bps : (cell,)
        Sum over the counted ones. [bit/s]
    """
    row_bps, cell_bps = np.empty(len(busy_bps)), np.zeros(n_cells)
    _demand(busy_bps, step_of_row, factor_of_step, is_counted, cell_of_row, row_bps, cell_bps)
    return row_bps, cell_bps


@njit(cache=True, nogil=True)
def _demand(busy_bps, step_of_row, factor_of_step, is_counted, cell_of_row, row_bps, cell_bps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for r in range(len(busy_bps)):
        row_bps[r] = busy_bps[r] * factor_of_step[step_of_row[r]]
        if is_counted[r]:
            cell_bps[cell_of_row[r]] += row_bps[r]
