"""Neighbours: the +Grid of a fleet whose planes are uneven, partly filled and have drifted.

A filing says which slot is linked to which (`ecumene.network.isl.grid_links`). A real fleet is linked by
nearness: to the next and the last satellite of its plane, and to one satellite in the plane ahead (east) and
one in the plane behind. Who is near is not asked of one instant but of the whole orbit: two satellites of
equal height keep their geometry from one orbit to the next, so neighbours stay neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import WGS84_A_M, WGS84_F
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.network.isl import GRAZING_ALTITUDE_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEAM_RAD = np.radians(150.0)
"""Planes whose nodes are further apart move against each other over most of the orbit: the seam. A star
leaves a gap of 180 degrees and more, a Walker delta of three planes 120. [rad]"""

PLANES_AHEAD = 3
"""A satellite that finds no partner in the plane ahead looks in so many."""

SAME_MOTION_RAD_S = np.radians(1.0) / 86_400.0
"""Partners that drift apart faster than this, a degree a day, come second. [rad/s]"""

HALF_SPACING = 0.55
"""A partner stands no further before or behind than this part of the shell's spacing: half, and a little for
satellites off their place."""

TIE = 0.02
"""Where the two nearest stand equally far before and behind, to this part of the spacing, the one behind is
taken everywhere, so that noise does not tear the pattern."""

HEIGHT_SWING_M = 20_000.0
"""Distance from the Earth's centre may exceed its mean by so much during an orbit (J2, J3). [m]"""


@dataclass(frozen=True)
class NearestLinks:
    """The +Grid of a fleet by nearness.

    Attributes
    ----------
    links : (link, 2)
        Pairs of satellites, the lower index first, sorted, none twice.
    n_in_plane, n_across
        Links inside planes, and between them.
    n_gaps
        Neighbours in a plane too far apart for a laser at any time.
    """

    links: NDArray[np.int32]
    n_in_plane: int
    n_across: int
    n_gaps: int


def nearest_links(
    *,
    shell: NDArray[np.int32],
    column: NDArray[np.int32],
    plane: NDArray[np.int32],
    node_rad: NDArray[np.float64],
    latitude_argument_rad: NDArray[np.float64],
    inclination_rad: NDArray[np.float64],
    radius_m: NDArray[np.float64],
    motion_rad_s: NDArray[np.float64],
    has_laser: NDArray[np.bool_] | None = None,
    grazing_altitude_m: float = GRAZING_ALTITUDE_M,
    max_range_m: float = np.inf,
) -> NearestLinks:
    """Return the +Grid by nearness: at most two links in plane and two across for every satellite.

    Parameters
    ----------
    shell, column, plane : (sat,)
        From `ecumene.orbits.recognition`; -1 for satellites without a place, which get no links.
    node_rad, latitude_argument_rad, inclination_rad, radius_m, motion_rad_s : (sat,)
        Mean orbits at one instant. [rad, rad, rad, m, rad/s]
    has_laser : (sat,)
        Satellites with lasers; all where not given. Others are passed over: their neighbours meet.
    grazing_altitude_m, max_range_m
        Links that pass lower or are longer all the time are left out. [m]

    Returns
    -------
    nearest
        Links and counts.

    Raises
    ------
    RangeError
        Arrays of different lengths.

    Notes
    -----
    Two satellites on circular orbits of radius r and inclination i, with nodes D apart and arguments of
    latitude d apart, see each other under the angle

        cos gamma = M cos(d + delta) +- sin^2 i sin^2(D / 2) cos(2 u + d),

        M = sqrt(X^2 + Y^2) / 2,  tan delta = Y / X,
        X = (1 + cos^2 i) cos D + sin^2 i,  Y = 2 cos i sin D,

    as they go round (u). So the mean of the squared distance is 2 r^2 (1 - M cos(d + delta)): nearest all the
    way round is who has the smallest phi = |d + delta|, and the link is shortest and longest at
    cos gamma = M cos phi +- sin^2 i sin^2(D / 2).

    In plane, neighbours by argument of latitude are linked unless the gap is too wide. Across, pairs are
    chosen in rounds, in each the pair with the smallest phi first, every satellite at most once eastwards
    and once westwards: with the plane ahead, then the second, then the third; in each of them first those
    that keep step, then those at another height; with phi no more than about half the shell's spacing (the
    median distance in plane). Then lasers left over take, in the same order, the nearest partner they can
    hold all the way round. Planes that share a node are not linked with each other.

    Neighbours are chosen once and kept: satellites at different heights drift out of reach, after days.
    """
    arrays = (column, plane, node_rad, latitude_argument_rad, inclination_rad, radius_m, motion_rad_s)
    if any(len(array) != len(shell) for array in arrays):
        raise RangeError(f"shell has {len(shell)} satellites, others {[len(array) for array in arrays]}")
    is_in = shell >= 0 if has_laser is None else (shell >= 0) & has_laser
    sat = np.flatnonzero(is_in)
    if sat.size == 0:
        return NearestLinks(np.empty((0, 2), np.int32), 0, 0, 0)
    u = latitude_argument_rad[sat]
    order = np.lexsort((sat, u, plane[sat], shell[sat]))
    in_plane, gap_rad, is_reached = _in_plane(
        sat[order], shell[sat][order], plane[sat][order], u[order], radius_m[sat][order],
        grazing_altitude_m, max_range_m,
    )  # fmt: skip
    order = np.lexsort((sat, u, column[sat], shell[sat]))
    members = sat[order]
    is_first = np.append(True, (np.diff(shell[members]) != 0) | (np.diff(column[members]) != 0))
    first = np.append(np.flatnonzero(is_first), members.size)
    shell_of_column = shell[members[first[:-1]]]
    n_shells = int(shell_of_column.max()) + 1
    of_shell = np.searchsorted(shell_of_column, np.arange(n_shells + 1))
    shell_radius_m = np.full(n_shells, WGS84_A_M)
    for k in np.unique(shell_of_column).tolist():
        shell_radius_m[k] = np.median(radius_m[members][shell[members] == k])
    best_rad = _reach_rad(shell_radius_m + HEIGHT_SWING_M, True, grazing_altitude_m, max_range_m)
    always_rad = _reach_rad(shell_radius_m, False, grazing_altitude_m, max_range_m)
    ahead = _across(
        node_rad[members], latitude_argument_rad[members], inclination_rad[members], motion_rad_s[members],
        first, shell_of_column, of_shell, _spacing_rad(n_shells, shell[in_plane[:, 0]], gap_rad),
        np.cos(best_rad), np.cos(always_rad),
    )  # fmt: skip
    has_partner = ahead >= 0
    across = np.stack([members[has_partner], members[ahead[has_partner]]], axis=1)
    links = np.concatenate([in_plane[is_reached], across])
    links.sort(axis=1)
    _, chosen = np.unique(links, axis=0, return_index=True)
    n_in_plane = int((chosen < is_reached.sum()).sum())
    return NearestLinks(
        links=links[chosen].astype(np.int32),
        n_in_plane=n_in_plane,
        n_across=len(chosen) - n_in_plane,
        n_gaps=int((~is_reached).sum()),
    )


def _in_plane(
    sat: NDArray[np.int64],
    shell: NDArray[np.int32],
    plane: NDArray[np.int32],
    u: NDArray[np.float64],
    radius_m: NDArray[np.float64],
    grazing_altitude_m: float,
    max_range_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return every satellite with the next in its plane, the angle between them, and whether it is in reach."""
    is_first = np.append(True, (np.diff(shell) != 0) | (np.diff(plane) != 0))
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], sat.size) - 1
    after = np.arange(1, sat.size + 1)
    after[last] = first
    gap_rad = (u[after] - u) % (2.0 * np.pi)
    is_pair = after != np.arange(sat.size)
    reach_rad = _reach_rad(radius_m + HEIGHT_SWING_M, True, grazing_altitude_m, max_range_m)
    is_reached = np.minimum(gap_rad, 2.0 * np.pi - gap_rad) <= reach_rad
    pairs = np.stack([sat, sat[after]], axis=1)
    return pairs[is_pair], gap_rad[is_pair], is_reached[is_pair]


def _spacing_rad(
    n_shells: int, shell: NDArray[np.int32], gap_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the median distance between neighbours in a plane, by shell; a full turn where there are none."""
    spacing_rad = np.full(n_shells, 2.0 * np.pi)
    for k in np.unique(shell).tolist():
        spacing_rad[k] = np.median(gap_rad[shell == k])
    return spacing_rad


def _reach_rad(
    radius_m: NDArray[np.float64] | float, is_best: bool, grazing_altitude_m: float, max_range_m: float
) -> NDArray[np.float64]:
    """Return the largest angle at the Earth's centre a laser spans; at best the Earth is the polar radius."""
    earth_m = WGS84_A_M * (1.0 - WGS84_F) if is_best else WGS84_A_M
    half_by_range = np.arcsin(np.minimum(max_range_m / (2.0 * np.asarray(radius_m)), 1.0))
    half_by_height = np.arccos(np.minimum((earth_m + grazing_altitude_m) / np.asarray(radius_m), 1.0))
    return 2.0 * np.minimum(half_by_range, half_by_height)


@njit(cache=True, nogil=True)
def _across(  # type: ignore[no-untyped-def]  # noqa: ANN202
    node, u, inclination, motion, first, shell_of_column, of_shell, spacing, cos_best, cos_always,  # noqa: ANN001
):  # fmt: skip
    """Return each satellite's partner in a plane ahead, -1 without; satellites lie column by column, by u."""
    n = len(u)
    ahead = np.full(n, -1, np.int64)
    is_taken = np.zeros(n, np.bool_)
    for is_loose in (False, True):
        for is_same in (True, False):
            for hop in range(1, PLANES_AHEAD + 1):
                for c in range(len(shell_of_column)):
                    k = shell_of_column[c]
                    n_columns = of_shell[k + 1] - of_shell[k]
                    if hop >= n_columns:
                        continue
                    q = of_shell[k] + (c - of_shell[k] + hop) % n_columns
                    cos_least = cos_always[k] if is_loose else cos_best[k]
                    _pair(
                        node, u, inclination, motion, first[c], first[c + 1], first[q], first[q + 1],
                        spacing[k], cos_least, is_loose, is_same, ahead, is_taken,
                    )  # fmt: skip
    return ahead


@inner_njit(cache=True, nogil=True)
def _pair(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901
    node, u, inclination, motion, a0, a1, b0, b1, spacing, cos_least, is_loose, is_same, ahead, is_taken,  # noqa: ANN001
):  # fmt: skip
    """Pair two columns, nearest first; changes the last two arguments."""
    turn = 2.0 * np.pi
    D = (node[b0] - node[a0]) % turn
    i = 0.5 * (inclination[a0] + inclination[b0])
    # The pattern of one pair of nodes, and how it changes with D inside columns of some width.
    cos_i, sin2_i = np.cos(i), np.sin(i) ** 2
    X, Y = (1.0 + cos_i**2) * np.cos(D) + sin2_i, 2.0 * cos_i * np.sin(D)
    square = X * X + Y * Y
    M, delta = 0.5 * np.sqrt(square), np.arctan2(Y, X)
    slope = (2.0 * X * cos_i * np.cos(D) + Y * (1.0 + cos_i**2) * np.sin(D)) / max(square, 1e-9)
    swing = sin2_i * np.sin(0.5 * D) ** 2
    if D >= SEAM_RAD or M < 1e-9:
        return
    cos_phi = (cos_least + (swing if is_loose else -swing)) / M
    if cos_phi > 1.0:
        return
    limit = np.arccos(max(cos_phi, -1.0))
    if not is_loose:
        limit = min(limit, HALF_SPACING * spacing)
    margin = limit + abs(slope) * 0.05  # columns are 0.03 rad wide
    cost = np.empty((a1 - a0) * 4)
    one, other = np.empty(len(cost), np.int64), np.empty(len(cost), np.int64)
    n = 0
    size = b1 - b0
    for s in range(a0, a1):
        if ahead[s] >= 0:
            continue
        start = (u[s] - delta - margin) % turn
        at = np.searchsorted(u[b0:b1], start)
        for step in range(size):
            q = b0 + (at + step) % size
            if (u[q] - start) % turn > 2.0 * margin and step > 0:
                break
            if is_taken[q] or (is_same and abs(motion[q] - motion[s]) > SAME_MOTION_RAD_S):
                continue
            turned = (node[q] - node[s] - D + np.pi) % turn - np.pi
            phi = (u[q] - u[s] + delta + slope * turned + np.pi) % turn - np.pi
            if abs(phi) > limit:
                continue
            if n == len(cost):
                cost = np.append(cost, np.empty(n))
                one, other = np.append(one, np.empty(n, np.int64)), np.append(other, np.empty(n, np.int64))
            cost[n], one[n], other[n] = abs(phi + 0.5 * TIE * min(spacing, turn)), s, q
            n += 1
    for j in np.argsort(cost[:n], kind="mergesort"):
        if ahead[one[j]] < 0 and not is_taken[other[j]]:
            ahead[one[j]] = other[j]
            is_taken[other[j]] = True
