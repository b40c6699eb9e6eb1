"""What each satellite of a catalogue is up to: in service, on its way, down, or unknown.

A catalogue does not say. It is read off the elements of one day, from three facts about fleets:

1. *Satellites in service share their altitude.* They are held at one height to a few hundred metres, so the
   heights of one inclination pile up in narrow **bands**; those on the way up or down are spread over tens of
   kilometres. A single satellite's trend tells less: in a band at 356 km the fitted drag says -1.2 km a day
   for all of them, because thrust is not in the model, and a satellite being lowered by 0.2 km a day looks
   like one held at 480 km.
2. *Launches wait low, in one or few planes.* A band that occupies few planes and sinks is a parking orbit;
   one that occupies many planes, or does not sink, is a station.
3. *Where no band can be seen* (few satellites, each at its own height) the trend is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.orbits.elements import STATUSES
from ecumene.orbits.shells import WGS72_RADIUS_KM
from ecumene.orbits.times import SECONDS_PER_DAY, julian_date, unix_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements

OPERATIONAL, RAISING, LOWERING, DECAYED, STALE, REFUSED = range(len(STATUSES))

DECAYED_PERIGEE_KM = 150.0
"""Below this a satellite has hours left. The lowest listed as flying on 2026-03-24 stands at 176 km. [km]"""

GROUP_GAP_DEG = 0.3
"""Inclinations closer than this belong to one group; real ones scatter by 0.1 deg. [deg]"""

BAND_HALF_WIDTH_KM = 1.25
"""Satellites in service stay this close to their band's centre. [km]"""

BAND_MIN_COUNT = 5
BAND_MIN_SHARE = 0.01
"""Fewer satellites, or a smaller share of those of one inclination, at one height may be chance."""

BAND_SIGMAS = 5.0
BAND_CONTRAST = 4.0
"""A band stands out of its surroundings by this many Poisson standard deviations, and by this factor."""

QUIET_KM_DAY = 0.25
"""A trend as drag alone gives at 480 km at solar maximum (95 % of 2,600 real satellites there). [km/day]"""

LEAVING_KM_DAY = 2.5
"""With this trend a satellite leaves a band of 2.5 km within a day: it only passes through. [km/day]"""

WIDE_NODES = 12
"""A band with satellites in this many of 72 sectors of node is no parking orbit (those seen have 3 to 8)."""

NODE_SECTOR_DEG = 5.0
"""Width of a sector of ascending nodes. [deg]"""

BANDS_RULE_COUNT = 50
BANDS_RULE_SHARE = 0.5
"""Where at least this many and this share of a catalogue are at stations, who is far from them is moving."""

SPARE_KM = 10.0
"""Quiet satellites this close to a station of their inclination are in service: spares, phasing. [km]"""

SPARE_KM_DAY = 0.05
"""What quiet means for them, and for the young outside every band. [km/day]"""

YOUNG_DAYS = 120.0
"""Younger satellites that are not in service yet are being raised, whatever today's trend. [day]"""


@dataclass(frozen=True)
class Orbits:
    """What the rule looks at.

    Attributes
    ----------
    altitude_km : (sat,)
        Brouwer mean semi-major axis less the Earth's equatorial radius. [km]
    perigee_km : (sat,)
        Mean height of perigee. [km]
    inclination_deg, node_deg : (sat,)
        Mean inclination and right ascension of the ascending node. [deg]
    trend_km_day : (sat,)
        Change of the altitude that the mean motion's fitted first derivative means. [km/day]
    age_days : (sat,)
        Days since launch by the revolution number; inf where that is 0 or missing. [day]
    launch_year : (sat,)
        By the international designator; nan where there is none.
    """

    altitude_km: NDArray[np.float64]
    perigee_km: NDArray[np.float64]
    inclination_deg: NDArray[np.float64]
    node_deg: NDArray[np.float64]
    trend_km_day: NDArray[np.float64]
    age_days: NDArray[np.float64]
    launch_year: NDArray[np.float64]


def statuses(elements: Elements, at: datetime, max_age_days: float) -> NDArray[np.int8]:
    """Return what every satellite is up to at a date, from the catalogue alone.

    Parameters
    ----------
    elements
        One catalogue, best of one operator: others' satellites at the same height and inclination count as
        company.
    at
        The date asked about, with time zone.
    max_age_days
        Elements older (or later) than this many days from the date are stale. [day]

    Returns
    -------
    status : (sat,)
        Index into `STATUSES`.

    Raises
    ------
    RangeError
        The date has no time zone, or the age is not positive.

    Notes
    -----
    The first that holds:

    - *refused*: SGP4 cannot initialise the elements, or the orbit cuts through the Earth (perigee below
      ground, mean altitude not: no satellite decays that way, so the elements are wrong);
    - *decayed*: perigee below 150 km at epoch;
    - *stale*: the epoch is more than `max_age_days` from the date;
    - *decayed*: by the date SGP4's drag has brought it down;
    - *refused*: SGP4 gives no position at the date for another reason;
    - *operational*: held at a station (see the module's text and constants), or quiet where no band is;
    - *raising*: climbing, or not yet in service and launched less than 120 days ago;
    - *lowering*: the rest.

    Known to be wrong for: a dead satellite drifting within its band (operational); a launch that reached its
    station with few others and still waits to be put into service (operational); a satellite making its orbit
    round again after a pause in service (raising or lowering for some days). Counts for real catalogues and
    how they change with the thresholds: `design/catalogue_status.py`.
    """
    if not (np.isfinite(max_age_days) and max_age_days > 0.0):
        raise RangeError(f"max_age_days = {max_age_days:g}: must be above 0")
    if len(elements) == 0:
        return np.zeros(0, dtype=np.int8)
    refused, underground, fallen, lost = _sgp4_verdicts(elements, at)
    orbits = orbits_of(elements)
    refused |= (orbits.perigee_km < 0.0) & (orbits.altitude_km > DECAYED_PERIGEE_KM)
    is_stale = np.abs(unix_seconds(at) - elements.epoch_s) > max_age_days * SECONDS_PER_DAY
    is_down = underground | (orbits.perigee_km < DECAYED_PERIGEE_KM)
    status = _movement(orbits, ~(refused | is_down), at.year + at.timetuple().tm_yday / 366.0)
    status[lost] = REFUSED
    status[fallen] = DECAYED
    status[is_stale] = STALE
    status[is_down] = DECAYED
    status[refused] = REFUSED
    return status


def orbits_of(elements: Elements) -> Orbits:
    """Return the quantities the rule looks at.

    Parameters
    ----------
    elements
        One or more satellites.

    Returns
    -------
    orbits
        nan where SGP4 could not initialise.
    """
    columns = [(s.a, s.altp, s.inclo, s.nodeo, s.ndot, s.no_kozai, float(s.revnum)) for s in elements.satrecs]
    a, perigee, inclination, node, half_ndot, n, revolutions = np.array(columns, dtype=np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        # a ~ n^(-2/3). Catalogues carry ndot / 2 [rad/min2].
        trend = -(2.0 / 3.0) * a * WGS72_RADIUS_KM * (2.0 * half_ndot / n) * 1_440.0
        age = np.where(revolutions > 0.0, revolutions * 2.0 * np.pi / n / 1_440.0, np.inf)
    return Orbits(
        altitude_km=(a - 1.0) * WGS72_RADIUS_KM,
        perigee_km=perigee * WGS72_RADIUS_KM,
        inclination_deg=np.degrees(inclination),
        node_deg=np.degrees(node) % 360.0,
        trend_km_day=trend,
        age_days=age,
        launch_year=np.array([_launch_year(s.intldesg) for s in elements.satrecs]),
    )


def _launch_year(designator: str) -> float:
    """Count two digits as TLE does: 57 to 99 are of the last century."""
    if not designator[:2].isdigit():
        return float("nan")
    year = int(designator[:2])
    return float(year + (1900 if year >= 57 else 2000))


def _sgp4_verdicts(
    elements: Elements, at: datetime
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who is refused or underground at the epoch, and who has fallen or is lost at the date."""
    from sgp4.api import SatrecArray

    jd, fraction = julian_date(at)
    at_epoch = np.array([s.sgp4_tsince(0.0)[0] for s in elements.satrecs])
    code, r_km, _ = SatrecArray(elements.satrecs).sgp4(np.array([jd]), np.array([fraction]))
    now = code[:, 0]
    is_lost = (now != 0) | ~np.isfinite(r_km[:, 0, :]).all(axis=1)
    # Strong drag ends in "mean eccentricity" (1) as often as in "decayed" (6).
    has_drag = np.array([s.bstar for s in elements.satrecs]) > 0.0
    is_fallen = is_lost & ((now == 6) | (has_drag & (elements.epoch_s < unix_seconds(at))))
    below = (5, 6)
    is_underground = np.isin(at_epoch, below)
    return (at_epoch != 0) & ~is_underground, is_underground, is_fallen, is_lost


def _movement(orbits: Orbits, is_flying: NDArray[np.bool_], at_year: float) -> NDArray[np.int8]:
    """Return operational, raising or lowering for every flying satellite; the others are left operational."""
    in_band = np.zeros(is_flying.size, dtype=np.bool_)
    at_station = np.zeros(is_flying.size, dtype=np.bool_)
    for group in _groups(orbits, np.flatnonzero(is_flying)):
        band = _bands(orbits.altitude_km[group])
        is_station = _stations(band, orbits.trend_km_day[group], orbits.node_deg[group])
        in_band[group] = band >= 0
        at_station[group] = np.where(band >= 0, is_station[band], False)
    trend = orbits.trend_km_day
    is_young = _is_young(orbits, at_year)
    held_alone = np.abs(trend) <= _quiet_limit(orbits, is_flying, at_station, is_young)
    is_held = np.where(in_band, at_station & (np.abs(trend) <= LEAVING_KM_DAY), held_alone)
    is_rising = (trend > 0.0) | is_young
    moving = np.where(is_rising, RAISING, LOWERING)
    return np.where(is_held | ~is_flying, OPERATIONAL, moving).astype(np.int8)


def _groups(orbits: Orbits, flying: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return satellites of one inclination, group by group."""
    order = flying[np.argsort(orbits.inclination_deg[flying], kind="stable")]
    cuts = np.flatnonzero(np.diff(orbits.inclination_deg[order]) > GROUP_GAP_DEG) + 1
    return [group for group in np.split(order, cuts) if group.size]


def _quiet_limit(
    orbits: Orbits, is_flying: NDArray[np.bool_], at_station: NDArray[np.bool_], is_young: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how quiet a satellite outside every band must be to count as in service, in km/day."""
    held = np.count_nonzero(at_station)
    if held < max(BANDS_RULE_COUNT, BANDS_RULE_SHARE * np.count_nonzero(is_flying)):
        return np.where(is_young, SPARE_KM_DAY, QUIET_KM_DAY)
    limit = np.full(is_flying.size, -1.0)
    for group in _groups(orbits, np.flatnonzero(is_flying)):
        stations = np.sort(orbits.altitude_km[group[at_station[group]]])
        is_near = _distance_to(stations, orbits.altitude_km[group]) <= SPARE_KM
        limit[group[is_near]] = SPARE_KM_DAY
    return limit


def _is_young(orbits: Orbits, at_year: float) -> NDArray[np.bool_]:
    """Both must agree: revolution numbers are started afresh at times (seen: 2023 launches with 40 days)."""
    earliest_year = np.floor(at_year - YOUNG_DAYS / 365.25)
    is_of_earlier_year = orbits.launch_year < earliest_year
    return np.asarray((orbits.age_days < YOUNG_DAYS) & ~is_of_earlier_year)


def _bands(altitude_km: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of the band each satellite of a group is in, -1 outside."""
    order = np.argsort(altitude_km, kind="stable")
    h = altitude_km[order]

    def count(offset_km: float) -> NDArray[np.int64]:
        low, high = h + offset_km - BAND_HALF_WIDTH_KM, h + offset_km + BAND_HALF_WIDTH_KM
        return np.searchsorted(h, high, "right") - np.searchsorted(h, low, "left")

    inside = count(0.0)
    # The lower quartile of ten neighbouring windows: other bands near by do not hide one.
    steps = BAND_HALF_WIDTH_KM * np.array([-11, -9, -7, -5, -3, 3, 5, 7, 9, 11])
    around = np.quantile([count(float(step)) for step in steps], 0.25, axis=0)
    least = max(BAND_MIN_COUNT, BAND_MIN_SHARE * h.size)
    stands_out = (inside > around + BAND_SIGMAS * np.sqrt(around)) & (inside > BAND_CONTRAST * around)
    is_core = (inside >= least) & stands_out
    core = h[is_core]
    if core.size == 0:
        return np.full(h.size, -1, dtype=np.int64)
    core_band = np.concatenate([[0], np.cumsum(np.diff(core) > 2.0 * BAND_HALF_WIDTH_KM)])
    after = np.clip(np.searchsorted(core, h), 0, core.size - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(core[after] - h) <= np.abs(h - core[before]), after, before)
    band = np.empty(h.size, dtype=np.int64)
    band[order] = np.where(np.abs(core[nearest] - h) <= BAND_HALF_WIDTH_KM, core_band[nearest], -1)
    return band


def _stations(
    band: NDArray[np.int64], trend_km_day: NDArray[np.float64], node_deg: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which bands are stations, not parking orbits; one False where there is no band."""
    count = max(int(band.max()) + 1, 1)
    is_station = np.zeros(count, dtype=np.bool_)
    for number in range(count):
        members = band == number
        if not members.any():
            continue
        sectors = np.unique((node_deg[members] // NODE_SECTOR_DEG).astype(np.int64)).size
        is_quiet = bool(np.median(np.abs(trend_km_day[members])) <= QUIET_KM_DAY)
        is_station[number] = is_quiet or sectors >= WIDE_NODES
    return is_station


def _distance_to(sorted_km: NDArray[np.float64], h_km: NDArray[np.float64]) -> NDArray[np.float64]:
    if sorted_km.size == 0:
        return np.full(h_km.size, np.inf)
    after = np.clip(np.searchsorted(sorted_km, h_km), 0, sorted_km.size - 1)
    before = np.maximum(after - 1, 0)
    return np.minimum(np.abs(sorted_km[after] - h_km), np.abs(h_km - sorted_km[before]))
