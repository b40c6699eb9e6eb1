"""Shells, planes and slots of real satellites, read off their elements.

A catalogue says where satellites are, not what they belong to. Real fleets say it themselves: the satellites
of a plane share their node to a few tenths of a degree (Starlink's planes are up to 1.2 degrees wide, because
operators turn the node a little from satellite to satellite), planes lie 0.8 degrees apart at the least, and
what is held at one height is held to a few hundred metres. So simple gaps do: in inclination and height
between shells, in node between planes. Real planes are uneven, partly filled, doubled at a second height
2.5 km above, and there are stragglers between them; all this is in the catalogues the rule was made on
(`design/recognition.py` prints and draws them, and shows what other gaps would give).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import RangeError
from ecumene.orbits.shells import WGS72_MU_KM3_S2, WGS72_RADIUS_KM
from ecumene.orbits.times import julian_date

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements

INCLINATION_GAP_DEG = 0.3
"""Shells differ by more than this in inclination, or in height; one fleet's scatter by 0.17. [deg]"""

RADIUS_GAP = 7e-4
"""... or by more than this part of the radius in height: 4.8 km at 480 km, 5.3 km at 1,200 km. OneWeb's planes
fly 4 km apart and are one shell; Starlink holds shells 7.5 km apart (540 and 547.5 km)."""

NODE_GAP_DEG = 0.5
"""Planes differ by more than this in node. [deg]"""

MOTION_GAP_DEG_DAY = 1.0
"""Satellites of one node belong to different planes where they drift apart faster than this: 0.8 km of height
at 480 km. A spare plane 2.5 km above its plane drifts by 3 degrees a day. [deg/day]"""

MIN_PLANE = 3
"""Fewer satellites are stragglers, not a plane, unless no plane of the shell has as many."""

FLAT_DEG = 2.0
"""Below this inclination the node says nothing; such a shell is one plane. [deg]"""

UNPLACED = ("not asked", "no orbit", "alone at its height and inclination", "alone in its plane")
"""Why a satellite has no place; `Recognition.reason` is an index into this, -1 where it has one."""

NOT_ASKED, NO_ORBIT, ALONE_IN_SHELL, ALONE_IN_PLANE = range(len(UNPLACED))


@dataclass(frozen=True)
class MeanOrbits:
    """Mean orbits of all satellites at one instant; nan where SGP4 gives none.

    Attributes
    ----------
    radius_m : (sat,)
        Brouwer mean semi-major axis of the elements. [m]
    inclination_rad : (sat,)
        Mean inclination. [rad]
    node_rad : (sat,)
        Mean right ascension of the ascending node, TEME, at the instant; 0 below `FLAT_DEG`. [rad]
    latitude_argument_rad : (sat,)
        Mean argument of latitude (perigee and mean anomaly) at the instant; counted from the x axis of TEME
        below `FLAT_DEG`. [rad]
    motion_rad_s : (sat,)
        Mean motion of the elements. [rad/s]
    """

    radius_m: NDArray[np.float64]
    inclination_rad: NDArray[np.float64]
    node_rad: NDArray[np.float64]
    latitude_argument_rad: NDArray[np.float64]
    motion_rad_s: NDArray[np.float64]


@dataclass(frozen=True)
class Recognition:
    """What belongs to what.

    Attributes
    ----------
    shell : (sat,)
        Shell, by inclination, then height, from 0; -1 without a place.
    plane : (sat,)
        Plane in its shell, eastwards from the one with the lowest catalogue number; -1 without a place.
    slot : (sat,)
        Place in its plane, forwards from the satellite with the lowest catalogue number; -1 without a place.
        It counts satellites, not positions: a gap has no number.
    column : (sat,)
        Planes that share a node have the same column, counted eastwards in each shell from 0; -1 without.
    reason : (sat,)
        Index into `UNPLACED`; -1 with a place.
    altitude_km, inclination_deg : (shell,)
        Median mean height above 6,378.135 km and inclination. [km, deg]
    n_planes, n_sats : (shell,)
        Planes, satellites.
    """

    shell: NDArray[np.int32]
    plane: NDArray[np.int32]
    slot: NDArray[np.int32]
    column: NDArray[np.int32]
    reason: NDArray[np.int8]
    altitude_km: NDArray[np.float64]
    inclination_deg: NDArray[np.float64]
    n_planes: NDArray[np.int32]
    n_sats: NDArray[np.int32]


def mean_orbits(elements: Elements, at: datetime) -> MeanOrbits:
    """Return the mean orbits of all satellites, brought to one instant.

    Parameters
    ----------
    elements
        One or more satellites, each with an epoch of its own.
    at
        The instant, with time zone.

    Returns
    -------
    orbits
        One line a satellite.

    Raises
    ------
    RangeError
        The instant has no time zone.

    Notes
    -----
    SGP4's own secular theory: node, perigee and anomaly move as J2, J4, Moon, Sun and fitted drag make them,
    without the short periods. The height is the epoch's: a catalogue's drag is that of a satellite without
    thrust, and would pull apart satellites that are held at one height. Nearly circular orbits only: the
    argument of latitude is a mean one.

    References
    ----------
    Hoots and Roehrich, Spacetrack Report #3 (1980), section 6.
    """
    jd, fraction = julian_date(at)
    columns = []
    for satrec in elements.satrecs:  # once a run, 2 us each; SGP4 leaves its mean elements in the record
        error = satrec.sgp4(jd, fraction)[0]
        u = satrec.om + satrec.mm
        columns.append((error, satrec.a, satrec.inclo, satrec.Om, u))
    error, a, inclination, node, u = np.array(columns, dtype=np.float64).reshape(-1, 5).T
    motion_rad_s = np.sqrt(WGS72_MU_KM3_S2 / (a * WGS72_RADIUS_KM) ** 3)
    is_flat = np.abs(np.sin(inclination)) < np.sin(np.radians(FLAT_DEG))
    u = u + np.where(is_flat, np.sign(np.cos(inclination)) * node, 0.0)
    node = np.where(is_flat, 0.0, node)
    none = np.where(error == 0, 0.0 * (a + inclination + node + u), np.nan)
    return MeanOrbits(
        radius_m=a * WGS72_RADIUS_KM * 1e3 + none,
        inclination_rad=inclination + none,
        node_rad=node % (2.0 * np.pi) + none,
        latitude_argument_rad=u % (2.0 * np.pi) + none,
        motion_rad_s=motion_rad_s + none,
    )


def recognise(
    orbits: MeanOrbits, is_asked: NDArray[np.bool_], number: NDArray[np.int64] | None = None
) -> Recognition:
    """Return which shell, plane and slot each satellite belongs to.

    Parameters
    ----------
    orbits
        From :func:`mean_orbits`.
    is_asked : (sat,)
        Satellites to be placed: those in service. Others would be stragglers everywhere.
    number : (sat,)
        Catalogue numbers. Planes and slots are counted from the satellite with the lowest one, so that their
        numbers do not depend on the instant; by place in the list where not given.

    Returns
    -------
    recognition
        Places, and why a satellite has none.

    Raises
    ------
    RangeError
        Arrays of different lengths.

    Notes
    -----
    1. Sorted by inclination and cut at gaps of more than 0.3 deg; each part sorted by radius and cut at gaps
       of more than 0.07 %: *shells* (at least 3 satellites).
    2. Each shell sorted by node and cut at gaps of more than 0.5 deg, going round: *columns*.
    3. Each column sorted by mean motion and cut where satellites drift apart by more than 1 deg a day:
       *planes* (at least 3 satellites, or as many as the shell's largest).
    4. Each plane sorted by argument of latitude: *slots*.

    The same elements an instant later give the same planes, since a common drift moves no gap. Two filed
    shells of one height and inclination (Starlink's polar ones) are one shell here; planes less than half a
    degree apart are one plane. Planes whose nodes scatter by degrees (navigation satellites) fall apart.

    Cost: some sorts; 10 ms for 10,000 satellites.
    """
    n = len(is_asked)
    number = np.arange(n) if number is None else np.where(number >= 0, number, np.arange(n))
    if len(orbits.node_rad) != n or len(number) != n:
        raise RangeError(f"{len(orbits.node_rad)} orbits, {n} satellites and {len(number)} numbers")
    reason = np.full(n, NOT_ASKED, np.int8)
    reason[is_asked & ~np.isfinite(orbits.node_rad)] = NO_ORBIT
    sat = np.flatnonzero(is_asked & np.isfinite(orbits.node_rad))
    part = _cut(np.zeros(sat.size, np.int64), np.degrees(orbits.inclination_rad[sat]), INCLINATION_GAP_DEG)
    shell = _cut(part, np.log(orbits.radius_m[sat]), RADIUS_GAP)
    is_company = _sizes(shell) >= MIN_PLANE
    reason[sat[~is_company]] = ALONE_IN_SHELL
    sat, shell = sat[is_company], _renumbered(shell[is_company])
    column = _cut(shell, np.degrees(orbits.node_rad[sat]), NODE_GAP_DEG, turn=360.0)
    motion_deg_day = np.degrees(orbits.motion_rad_s[sat]) * 86_400.0
    plane = _cut(column, motion_deg_day, MOTION_GAP_DEG_DAY)
    largest = np.zeros(shell.max(initial=-1) + 1, np.int64)
    np.maximum.at(largest, shell, _sizes(plane))
    is_company = _sizes(plane) >= np.minimum(largest[shell], MIN_PLANE)
    reason[sat[~is_company]] = ALONE_IN_PLANE
    sat, shell, column, plane = (x[is_company] for x in (sat, shell, column, plane))
    reason[sat] = -1
    return _numbered(orbits, number, reason, sat, shell, column, plane)


def _numbered(
    orbits: MeanOrbits,
    number: NDArray[np.int64],
    reason: NDArray[np.int8],
    sat: NDArray[np.int64],
    shell: NDArray[np.int64],
    column: NDArray[np.int64],
    plane: NDArray[np.int64],
) -> Recognition:
    """Count columns, planes and slots from the satellite with the lowest number."""
    column, plane = _renumbered(column), _renumbered(plane)
    lowest = _least(plane, number[sat])
    # Columns eastwards: `_cut` numbers them by node inside each shell; the one with the lowest number is 0.
    n_columns = _count(shell, column)
    anchor = _at_least(shell, number[sat], column)
    east = (column - anchor[shell]) % n_columns[shell]
    # Planes by column, those of one column by lowest number.
    order = np.lexsort((lowest[plane], east, shell))
    plane = _dense(order, plane)
    plane -= _least(shell, plane)[shell]
    key = shell * (plane.max(initial=0) + 1) + plane
    _, key = np.unique(key, return_inverse=True)
    u = orbits.latitude_argument_rad[sat]
    start = _at_least(key, number[sat], u)
    order = np.lexsort((number[sat], (u - start[key]) % (2.0 * np.pi), key))
    rank = np.empty(sat.size, np.int64)
    rank[order] = np.arange(sat.size)
    n_shells = int(shell.max(initial=-1)) + 1
    radius_km = orbits.radius_m[sat] / 1e3

    def spread(values: NDArray[np.int64]) -> NDArray[np.int32]:
        of_sat = np.full(number.size, -1, np.int32)
        of_sat[sat] = values
        return of_sat

    return Recognition(
        shell=spread(shell),
        plane=spread(plane),
        slot=spread(rank - _least(key, rank)[key]),
        column=spread(east),
        reason=reason,
        altitude_km=np.array([np.median(radius_km[shell == k]) - WGS72_RADIUS_KM for k in range(n_shells)]),
        inclination_deg=np.array(
            [np.degrees(np.median(orbits.inclination_rad[sat][shell == k])) for k in range(n_shells)]
        ),
        n_planes=_count(shell, key).astype(np.int32),
        n_sats=np.bincount(shell, minlength=n_shells).astype(np.int32),
    )


def _cut(
    group: NDArray[np.int64], value: NDArray[np.float64], gap: float, turn: float | None = None
) -> NDArray[np.int64]:
    """Return finer groups: each cut where its sorted values leave a gap; ascending by group, then value.

    With a turn, values are angles and the last part of a group goes on in the first where there is no gap.
    """
    if group.size == 0:
        return group
    order = np.lexsort((value, group))
    v, g = value[order], group[order]
    starts = np.append(True, (np.diff(g) != 0) | (np.diff(v) > gap))
    part = np.cumsum(starts) - 1
    if turn is not None:
        first = np.flatnonzero(np.append(True, np.diff(g) != 0))
        last = np.append(first[1:], g.size) - 1
        joins = (v[first] + turn - v[last] <= gap) & (part[first] != part[last])
        for head, tail in zip(part[first[joins]].tolist(), part[last[joins]].tolist(), strict=True):
            part[part == tail] = head
    finer = np.empty_like(part)
    finer[order] = part
    return _renumbered(finer)


def _renumbered(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups numbered anew without gaps, in the same order."""
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _dense(order: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups numbered by when they first come in an order in which each is in one piece."""
    numbered = np.empty_like(group)
    g = group[order]
    numbered[order] = np.cumsum(np.append(False, np.diff(g) != 0)) if g.size else g
    return numbered


def _sizes(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every member how large its group is."""
    return np.bincount(group)[group] if group.size else group


def _least(group: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the least value of each group, all of which have members."""
    least = np.full(group.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, group, value)
    return least


def _at_least(group: NDArray[np.int64], number: NDArray[np.int64], value: NDArray[Any]) -> NDArray[Any]:
    """Return for each group the value of the member with the least number."""
    order = np.lexsort((number, group))
    first = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))[: group.size]
    return value[order[first]]


def _count(group: NDArray[np.int64], part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many parts each group has; parts are numbered without gaps, group by group."""
    n_groups = group.max(initial=-1) + 1
    _, first = np.unique(part, return_index=True)
    return np.bincount(group[first], minlength=n_groups).astype(np.int64)
