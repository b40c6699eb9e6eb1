"""Filed Walker shells as mean elements for SGP4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.constants import WGS84_A_M
from ecumene.errors import RangeError
from ecumene.orbits.elements import Elements, epochs_s
from ecumene.orbits.times import SGP4_EPOCH_JD, julian_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

WGS72_MU_KM3_S2 = 398_600.8
"""Gravitational parameter SGP4 computes with. Source: Vallado et al., AIAA 2006-6753. [km3/s2]"""

WGS72_RADIUS_KM = 6_378.135
"""Earth radius SGP4 computes with. Source: as above. [km]"""

WGS72_J2 = 0.001082616
"""Second zonal harmonic SGP4 computes with. Source: as above."""

ECCENTRICITY = 1e-7
"""Mean eccentricity of a filed circular orbit. In SGP4's theory a mean eccentricity of zero is the frozen
orbit: the real one keeps about 0.001 sin(i) with perigee in the north, which is what operators fly."""

ALTITUDE_KM = (160.0, 45_000.0)
"""Below, no satellite stays; above, the Moon rules. Outside somebody meant another unit. [km]"""

MEAN_MOTION_REV_DAY = (0.5, 17.0)
"""The same limits as revolutions a day. [rev/day]"""

PLACEMENTS = ("walker", "half_step")
"""How planes are shifted against each other: evenly growing (Walker), or every odd one by half a slot."""

TLE_DIGITS = 4
"""Decimals of an angle in a TLE. [deg]"""

MINUTES_PER_DAY = 1_440.0
"""Minutes in 86,400 s. [min]"""

MAX_SATELLITES = 1_000_000
"""More than anyone has filed for (ITU: 337,320 for one system); more is a typing mistake."""


@dataclass(frozen=True)
class Shell:
    """One filed shell: equal circular orbits in evenly turned planes.

    Attributes
    ----------
    name
        For people; it starts the satellites' names. Empty: altitude and inclination, "550 km/53.0".
    altitude_km
        Time-mean distance from the Earth's centre less the equatorial radius 6,378.137 km, of plane 0; None
        where the mean motion is given instead. [km]
    inclination_deg
        0 to 180; above 90 the satellites go west. [deg]
    planes, sats_per_plane
        Numbers P and S.
    phasing
        Walker's F, taken modulo the planes: from one plane to the next satellites lead by 360 F / (P S) deg.
    node_spread_deg
        Over which the nodes are spread: 360 (Walker delta), 180 (Walker star). [deg]
    raan_deg
        Right ascension of the ascending node of plane 0 at the epoch, in TEME. [deg]
    node_step_deg
        Step of the node from plane to plane, instead of spread / planes. The seam is what remains:
        OneWeb flies 12 planes 15.225 deg apart and a seam of 180 - 11 x 15.225 = 12.525 deg. [deg]
    altitude_step_km
        Added per plane: OneWeb's planes fly 4 km apart, 1,175 to 1,219 km. [km]
    mean_motion_rev_day
        Kozai's mean motion, as in a TLE, instead of the altitude. [rev/day]
    placement
        "walker": plane p leads by 360 F p / (P S) deg. "half_step": odd planes lead by 180 / S deg and F is 0,
        as Hypatia places its satellites; with an odd number of planes the last and the first lie level.
    """

    name: str
    altitude_km: float | None
    inclination_deg: float
    planes: int
    sats_per_plane: int
    phasing: int = 0
    node_spread_deg: float = 360.0
    raan_deg: float = 0.0
    node_step_deg: float | None = None
    altitude_step_km: float = 0.0
    mean_motion_rev_day: float | None = None
    placement: str = "walker"

    @property
    def total(self) -> int:
        """Number of satellites."""
        return self.planes * self.sats_per_plane

    @property
    def step_deg(self) -> float:
        """Step of the node from plane to plane [deg]."""
        return self.node_spread_deg / self.planes if self.node_step_deg is None else self.node_step_deg

    @property
    def label(self) -> str:
        """The name, or altitude and inclination where none was given."""
        return self.name or f"{self.flies_at}/{self.inclination_deg:.1f}"

    @property
    def flies_at(self) -> str:
        """Altitude or mean motion in words, whichever was given."""
        return (
            f"{self.altitude_km:g} km"
            if self.altitude_km is not None
            else f"{self.mean_motion_rev_day:g} rev/day"
        )


def elements_of_shells(shells: Sequence[Shell], epoch: datetime) -> Elements:
    """Return the mean elements of filed shells.

    Parameters
    ----------
    shells
        One or more.
    epoch
        The instant the elements hold for, with time zone; RAAN is referred to TEME at this instant.

    Returns
    -------
    elements
        Shell by shell, plane by plane, slot by slot; `shell`, `plane` and `slot` count from 0, and so do
        the names: "550 km/53.0 p03 s17". Shells of one name are told apart as "name #2". Catalogue numbers
        are -1.

    Raises
    ------
    RangeError
        A number of a shell is outside what can be flown.

    Notes
    -----
    Plane p: RAAN = raan + p step. Satellite s: mean anomaly 360 s / S + 360 F p / (P S), argument of
    perigee 0; with the placement "half_step" 360 s / S, and 180 / S more where p is odd, and both angles to
    the four decimals of a TLE, through which Hypatia's satellites go (6 m at most).
    No drag (bstar 0), so shells neither decay nor drift apart by it; nodes regress as J2 makes them, and
    planes of different altitude or inclination drift apart as they would without station keeping.
    Shells on deep-space orbits (period 225 min and more, above about 5,900 km) are moved by Sun and Moon
    in SGP4's theory; their mean altitude is kept to a few kilometres.

    References
    ----------
    Walker, "Satellite constellations", J. Brit. Interplanet. Soc. 37, 559 (1984).
    """
    for number, shell in enumerate(shells):
        _check(shell, f"shells[{number}]")
    if not shells:
        raise RangeError("shells is empty: must be at least 1 shell")
    total = sum(shell.total for shell in shells)
    if total > MAX_SATELLITES:
        raise RangeError(f"the shells have {total:,} satellites: must be at most {MAX_SATELLITES:,}")
    parts = [_positions(shell) for shell in shells]
    sizes = [shell.total for shell in shells]
    plane = np.concatenate([part[0] for part in parts])
    slot = np.concatenate([part[1] for part in parts])
    satrecs = tuple(
        satrec
        for shell, (planes, _, anomaly_deg) in zip(shells, parts, strict=True)
        for satrec in _satrecs(shell, planes, anomaly_deg, epoch)
    )
    return Elements(
        name=tuple(
            f"{label} p{p:02d} s{s:02d}"
            for label, (planes, slots, _) in zip(unique_labels(shells), parts, strict=True)
            for p, s in zip(planes.tolist(), slots.tolist(), strict=True)
        ),
        norad_id=np.full(total, -1, dtype=np.int64),
        satrecs=satrecs,
        epoch_s=epochs_s(satrecs),
        shell=np.repeat(np.arange(len(shells), dtype=np.int32), sizes),
        plane=plane,
        slot=slot,
    )


def unique_labels(shells: Sequence[Shell]) -> tuple[str, ...]:
    """Return one label per shell, the second of a kind marked "#2".

    Parameters
    ----------
    shells
        One or more.

    Returns
    -------
    labels : (shell,)
        Unique.
    """
    labels: list[str] = []
    for shell in shells:
        label, number = shell.label, 1
        while label in labels:
            number += 1
            label = f"{shell.label} #{number}"
        labels.append(label)
    return tuple(labels)


def mean_motion_rad_min(altitude_km: float, inclination_deg: float) -> float:
    """Return the mean motion that gives a circular orbit its altitude under SGP4.

    Parameters
    ----------
    altitude_km
        Time-mean distance from the Earth's centre less the equatorial radius 6,378.137 km. [km]
    inclination_deg
        Inclination. [deg]

    Returns
    -------
    mean_motion_rad_min
        Kozai's mean motion, as in a TLE or OMM. [rad/min]

    Notes
    -----
    SGP4 takes Kozai's mean motion n, finds Brouwer's n0 = n / (1 + d), and lets the distance oscillate about
    a (1 - 3/2 k2 (3 cos^2 i - 1) / p^2), p = a = (mu / n0^2)^(1/3) in Earth radii, k2 = J2 / 2.
    The second is solved for a, the first for n; d = 3/2 k2 (3 cos^2 i - 1) / a^2 in SGP4's own series.
    Without that the orbit lies up to 9 km beside the filing, with the sign depending on the inclination.
    Around the mean the distance swings by 7.5 km sin i once and by 1.6 km sin^2 i twice an orbit.

    References
    ----------
    Hoots and Roehrich, Spacetrack Report #3 (1980), section 6.

    Examples
    --------
    >>> round(mean_motion_rad_min(550.0, 53.0) * 1440 / math.tau, 4)  # revolutions a day
    15.0545
    """
    wanted = (altitude_km + WGS84_A_M / 1e3) / WGS72_RADIUS_KM
    k = 0.75 * WGS72_J2 * (3.0 * math.cos(math.radians(inclination_deg)) ** 2 - 1.0)
    a = wanted
    for _ in range(20):  # the correction is 0.1 %, so each round gains three digits
        a = wanted / (1.0 - k / (a * a))
    xke_min = 60.0 * math.sqrt(WGS72_MU_KM3_S2 / WGS72_RADIUS_KM**3)
    n0 = xke_min / math.pow(a, 1.5)
    n = n0
    for _ in range(20):
        n *= n0 / _brouwer(n, k, xke_min)
    return n


def _brouwer(n: float, k: float, xke_min: float) -> float:
    """Un-Kozai a mean motion as SGP4's initl does, e = 0."""
    a1 = math.pow(xke_min / n, 2.0 / 3.0)
    d1 = k / a1**2
    a2 = a1 * (1.0 - d1 * d1 - d1 * (1.0 / 3.0 + 134.0 * d1 * d1 / 81.0))
    return n / (1.0 + k / a2**2)


def _positions(shell: Shell) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return plane, slot and mean anomaly [deg] of every satellite."""
    P, S = shell.planes, shell.sats_per_plane
    plane = np.repeat(np.arange(P, dtype=np.int32), S)
    slot = np.tile(np.arange(S, dtype=np.int32), P)
    if shell.placement == "half_step":
        half_slots = (2 * slot.astype(np.int64) + plane % 2) % (2 * S)
        return plane, slot, np.round(360.0 * half_slots / (2 * S), TLE_DIGITS)
    F = shell.phasing % P
    # Whole numbers up to the last division: slot and phase come out the same on every machine.
    anomaly_deg = 360.0 * ((slot.astype(np.int64) * P + F * plane.astype(np.int64)) % (P * S)) / (P * S)
    return plane, slot, anomaly_deg


def _satrecs(
    shell: Shell, plane: NDArray[np.int32], anomaly_deg: NDArray[np.float64], epoch: datetime
) -> list[Any]:
    from sgp4.api import WGS72, Satrec

    jd, fraction = julian_date(epoch)
    days = (jd - SGP4_EPOCH_JD) + fraction
    inclination_rad = math.radians(shell.inclination_deg)
    motions = [_motion_rad_min(shell, p) for p in range(shell.planes)]
    satrecs = []
    for p, M in zip(plane.tolist(), anomaly_deg.tolist(), strict=True):
        raan_deg = (shell.raan_deg + p * shell.step_deg) % 360.0
        raan_rad = math.radians(raan_deg if shell.placement == "walker" else round(raan_deg, TLE_DIGITS))
        satrec = Satrec()
        satrec.sgp4init(
            WGS72, "i", 0, days, 0.0, 0.0, 0.0, ECCENTRICITY,
            0.0, inclination_rad, math.radians(M), motions[p], raan_rad,
        )  # fmt: skip
        satrecs.append(satrec)
    return satrecs


def _motion_rad_min(shell: Shell, plane: int) -> float:
    """Return the mean motion of a plane: as given, or from its altitude."""
    if shell.mean_motion_rev_day is not None:
        return shell.mean_motion_rev_day * math.tau / MINUTES_PER_DAY
    assert shell.altitude_km is not None  # noqa: S101 - _check demands one of the two
    return mean_motion_rad_min(shell.altitude_km + plane * shell.altitude_step_km, shell.inclination_deg)


def _check_height(shell: Shell, where: str) -> None:
    if (shell.altitude_km is None) == (shell.mean_motion_rev_day is None):
        raise RangeError(f"{where}: give altitude_km or mean_motion_rev_day, one of the two")
    if shell.mean_motion_rev_day is not None:
        _between(f"{where}.mean_motion_rev_day", shell.mean_motion_rev_day, *MEAN_MOTION_REV_DAY, "rev/day")
        if shell.altitude_step_km != 0.0:
            raise RangeError(f"{where}.altitude_step_km = {shell.altitude_step_km:g}: needs altitude_km")
        return
    assert shell.altitude_km is not None  # noqa: S101 - see above
    low, high = ALTITUDE_KM
    last = shell.altitude_km + (shell.planes - 1) * shell.altitude_step_km
    _between(f"{where}.altitude_km", shell.altitude_km, low, high, "km")
    _between(f"altitude of the last plane of {where} (altitude_step_km)", last, low, high, "km")


def _check(shell: Shell, where: str) -> None:
    _check_height(shell, where)
    _between(f"{where}.inclination_deg", shell.inclination_deg, 0.0, 180.0, "deg")
    _whole(f"{where}.planes", shell.planes)
    _whole(f"{where}.sats_per_plane", shell.sats_per_plane)
    _between(f"{where}.node_spread_deg", shell.node_spread_deg, 1e-3, 360.0, "deg")
    _between(f"{where}.raan_deg", shell.raan_deg, -360.0, 360.0, "deg")
    if shell.node_step_deg is not None:
        _between(f"{where}.node_step_deg", shell.node_step_deg, -360.0, 360.0, "deg")
    if isinstance(shell.phasing, bool) or shell.phasing != int(shell.phasing):
        raise RangeError(f"{where}.phasing = {shell.phasing}: must be a whole number")
    if shell.placement not in PLACEMENTS:
        raise RangeError(f"{where}.placement = {shell.placement!r}: must be one of {', '.join(PLACEMENTS)}")
    if shell.placement == "half_step" and shell.phasing != 0:
        raise RangeError(f'{where}.phasing = {shell.phasing}: must be 0 with placement = "half_step"')


def _between(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise RangeError(f"{name} = {value:g}: must be between {low:g} and {high:g} {unit}")


def _whole(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SATELLITES:
        raise RangeError(f"{name} = {value}: must be a whole number from 1 to {MAX_SATELLITES:,}")
