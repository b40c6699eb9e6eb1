"""From SGP4's frame (TEME) to the Earth: sidereal time, UT1 and polar motion.

The chain is the one Astropy uses from TEME to ITRS: Greenwich mean sidereal time of 1982 at UT1, then
polar motion; the two agree to a few centimetres. UT1 and polar motion come from a packed table in `data/`
beside this file, built by `tools/build_earth_orientation.py` from the IERS series in the package
`astropy-iers-data`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.orbits.times import MJD_ZERO_JD, SECONDS_PER_DAY, julian_date

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARCSEC_RAD = math.pi / 648_000.0
"""One second of arc. [rad]"""

J2000_JD = 2_451_545.0
"""Julian date of the epoch J2000. [day]"""

TABLE_FILE = "earth_orientation.npz"
"""Name of the packed IERS table in `data/`."""

UT1_UTC_LIMIT_S = 0.9
"""UTC has been kept this close to UT1 by leap seconds. Source: ITU-R TF.460-6. [s]"""

POLAR_LIMIT_ARCSEC = 1.0
"""The pole has stayed within 0.7 arcsec since 1962 (IERS EOP 20 C04); more is a unit mistake. [arcsec]"""


@dataclass(frozen=True)
class EarthOrientation:
    """How the Earth stands at an instant, and how fast that changes.

    Attributes
    ----------
    ut1_minus_utc_s
        UT1 - UTC at the instant. [s]
    polar_x_rad, polar_y_rad
        Coordinates of the pole in the ITRF. [rad]
    ut1_rate
        Change of UT1 - UTC per second of time, 0 where the value was given.
    polar_x_rate_rad_s, polar_y_rate_rad_s
        Change of the pole's coordinates, 0 where they were given. [rad/s]
    notes
        What a reader of results must know, for example that the date lies outside the table.
    """

    ut1_minus_utc_s: float
    polar_x_rad: float
    polar_y_rad: float
    ut1_rate: float = 0.0
    polar_x_rate_rad_s: float = 0.0
    polar_y_rate_rad_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrientationTable:
    """The IERS series, one value a day at 0 h UTC.

    Attributes
    ----------
    mjd : (day,)
        Modified Julian date, UTC. [day]
    ut1_minus_tai_s : (day,)
        Smooth across leap seconds, so that it can be interpolated. [s]
    polar_x_rad, polar_y_rad : (day,)
        Coordinates of the pole. [rad]
    leap_mjd, leap_tai_minus_utc_s : (leap,)
        From which day on TAI - UTC has which value. [day], [s]
    first_predicted_mjd
        From this day on the values are predictions. [day]
    source
        Which file and edition the values are from.
    """

    mjd: NDArray[np.float64]
    ut1_minus_tai_s: NDArray[np.float64]
    polar_x_rad: NDArray[np.float64]
    polar_y_rad: NDArray[np.float64]
    leap_mjd: NDArray[np.float64]
    leap_tai_minus_utc_s: NDArray[np.float64]
    first_predicted_mjd: float
    source: str


@cache
def orientation_table() -> OrientationTable:
    """Return the packed IERS table, read once.

    Returns
    -------
    table
        Daily values from 1973 as far as predictions reach.

    Notes
    -----
    Steps of 10 us of UT1 (5 mm at the equator) and 0.1 mas of the pole (3 mm), stored as second
    differences, which compress to about two bytes a day.
    """
    with (files("ecumene.orbits") / "data" / TABLE_FILE).open("rb") as file, np.load(file) as packed:
        days = packed["ut1_minus_tai"].size
        return OrientationTable(
            mjd=float(packed["first_mjd"]) + np.arange(days, dtype=np.float64),
            ut1_minus_tai_s=_unpack(packed["ut1_minus_tai"]) * 1e-5,
            polar_x_rad=_unpack(packed["polar_x"]) * 1e-4 * ARCSEC_RAD,
            polar_y_rad=_unpack(packed["polar_y"]) * 1e-4 * ARCSEC_RAD,
            leap_mjd=packed["leap_mjd"].astype(np.float64),
            leap_tai_minus_utc_s=packed["leap_tai_minus_utc"].astype(np.float64),
            first_predicted_mjd=float(packed["first_predicted_mjd"]),
            source=str(packed["source"]),
        )


def earth_orientation(
    at: datetime,
    *,
    ut1_minus_utc_s: float | None = None,
    polar_x_arcsec: float | None = None,
    polar_y_arcsec: float | None = None,
) -> EarthOrientation:
    """Return how the Earth stands at an instant: given, or from the IERS table.

    Parameters
    ----------
    at
        An instant with a time zone.
    ut1_minus_utc_s
        UT1 - UTC to use instead of the table's; held for the whole run. [s]
    polar_x_arcsec, polar_y_arcsec
        Coordinates of the pole to use instead of the table's; held for the whole run. [arcsec]

    Returns
    -------
    orientation
        Values at the instant with their daily slope. Outside the table the nearest value is held and
        `notes` says so.

    Raises
    ------
    RangeError
        No time zone, or a given value beyond what the Earth has ever done.

    Notes
    -----
    Within the table, positions of low satellites agree with Astropy to a centimetre at the instant;
    carried on with the slope they are 0.3 m off after a day and 2.5 m after a week. Outside it UT1 may drift
    by 0.3 s a year (150 m on the ground), and every leap second not in the table adds 1 s (470 m).

    References
    ----------
    IERS Rapid Service/Prediction Center, finals2000A (Bulletins A and B).
    """
    table = orientation_table()
    jd, fraction = julian_date(at)
    mjd = (jd - MJD_ZERO_JD) + fraction
    found = _at(table, mjd)
    changes: dict[str, float] = {}
    if ut1_minus_utc_s is not None:
        _check("ut1_minus_utc_s", ut1_minus_utc_s, UT1_UTC_LIMIT_S, "s")
        changes |= {"ut1_minus_utc_s": ut1_minus_utc_s, "ut1_rate": 0.0}
    for axis, value in (("x", polar_x_arcsec), ("y", polar_y_arcsec)):
        if value is not None:
            _check(f"polar_{axis}_arcsec", value, POLAR_LIMIT_ARCSEC, "arcsec")
            changes |= {f"polar_{axis}_rad": value * ARCSEC_RAD, f"polar_{axis}_rate_rad_s": 0.0}
    orientation = replace(found, **changes)  # type: ignore[arg-type]
    all_given = None not in (ut1_minus_utc_s, polar_x_arcsec, polar_y_arcsec)
    return replace(orientation, notes=() if all_given else _notes(table, mjd))


def gmst82_rad(jd_ut1: float, fraction: float) -> float:
    """Return Greenwich mean sidereal time of the 1982 model.

    Parameters
    ----------
    jd_ut1, fraction
        Two-part Julian date, UT1, the first part a midnight (ending in .5). [day]

    Returns
    -------
    gmst_rad
        Between 0 and 2 pi. [rad]

    References
    ----------
    Aoki et al., Astron. Astrophys. 105, 359 (1982); IAU SOFA `gmst82`.
    """
    T = ((jd_ut1 - J2000_JD) + fraction) / 36_525.0
    polynomial_s = 24_110.54841 + (8_640_184.812866 + (0.093104 - 6.2e-6 * T) * T) * T
    # The fraction of the day is added as an angle of its own, which keeps microseconds.
    day_fraction = math.fmod(jd_ut1 - 0.5, 1.0) + fraction
    return math.tau * ((polynomial_s / SECONDS_PER_DAY + day_fraction) % 1.0)


def teme_to_ecef_matrix(
    jd: float, fraction: float, orientation: EarthOrientation, *, t_s: float = 0.0
) -> NDArray[np.float64]:
    """Return the rotation from TEME to the Earth-fixed frame (ITRF).

    Parameters
    ----------
    jd, fraction
        Two-part Julian date of the instant, UTC, the first part a midnight. [day]
    orientation
        How the Earth stands.
    t_s
        Seconds from the instant of `orientation` to this one. [s]

    Returns
    -------
    matrix : (3, 3)
        r_ecef = matrix @ r_teme.

    Notes
    -----
    W R3(GMST82(UT1)), W = R1(-yp) R2(-xp). The equation of the equinoxes does not enter: TEME counts from
    the mean equinox along the true equator. The locator s' (0.1 mm) is left out, as in Astropy.

    References
    ----------
    Vallado et al., AIAA 2006-6753, appendix C; IERS Conventions (2010), 5.4.1.
    """
    ut1_minus_utc_s = orientation.ut1_minus_utc_s + orientation.ut1_rate * t_s
    x = orientation.polar_x_rad + orientation.polar_x_rate_rad_s * t_s
    y = orientation.polar_y_rad + orientation.polar_y_rate_rad_s * t_s
    theta = gmst82_rad(jd, fraction + ut1_minus_utc_s / SECONDS_PER_DAY)
    c, s = math.cos(theta), math.sin(theta)
    R3 = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    cx, sx, cy, sy = math.cos(x), math.sin(x), math.cos(y), math.sin(y)
    R2 = np.array([[cx, 0.0, sx], [0.0, 1.0, 0.0], [-sx, 0.0, cx]])
    R1 = np.array([[1.0, 0.0, 0.0], [0.0, cy, -sy], [0.0, sy, cy]])
    return np.asarray(R1 @ R2 @ R3)


def rotate(matrix: NDArray[np.float64], r_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions turned into another frame.

    Parameters
    ----------
    matrix : (3, 3)
        Rotation.
    r_m : (sat, 3)
        Positions in the old frame. [m]

    Returns
    -------
    r_m : (sat, 3)
        Positions in the new frame. [m]

    Notes
    -----
    Written out instead of `@`: a matrix library may add up in another order with another number of threads,
    and the same run must give the same bits.
    """
    x, y, z = r_m[:, 0], r_m[:, 1], r_m[:, 2]
    turned = np.empty_like(r_m)
    for row in range(3):
        turned[:, row] = matrix[row, 0] * x + matrix[row, 1] * y + matrix[row, 2] * z
    return turned


def teme_to_ecef(
    r_teme_m: NDArray[np.float64], at: datetime, orientation: EarthOrientation
) -> NDArray[np.float64]:
    """Return Earth-fixed positions from SGP4's.

    Parameters
    ----------
    r_teme_m : (sat, 3)
        Positions in TEME. [m]
    at
        The instant, with time zone.
    orientation
        How the Earth stands at this instant.

    Returns
    -------
    r_ecef_m : (sat, 3)
        Positions in the ITRF. [m]

    Raises
    ------
    RangeError
        The datetime has no time zone.
    """
    jd, fraction = julian_date(at)
    return rotate(teme_to_ecef_matrix(jd, fraction, orientation), np.asarray(r_teme_m, dtype=np.float64))


def _unpack(second_differences: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.cumsum(np.cumsum(second_differences.astype(np.int64))).astype(np.float64)


def _at(table: OrientationTable, mjd: float) -> EarthOrientation:
    """Interpolate between two days, or hold the first or last."""
    held = min(max(mjd, float(table.mjd[0])), float(table.mjd[-1]))
    leap = int(np.searchsorted(table.leap_mjd, mjd, side="right")) - 1
    tai_minus_utc_s = float(table.leap_tai_minus_utc_s[max(leap, 0)])
    day = min(int(held - table.mjd[0]), table.mjd.size - 2)
    part = held - float(table.mjd[day])
    is_inside = held == mjd

    def value_and_rate(series: NDArray[np.float64]) -> tuple[float, float]:
        low, high = float(series[day]), float(series[day + 1])
        return low + part * (high - low), (high - low) / SECONDS_PER_DAY if is_inside else 0.0

    ut1_minus_tai_s, ut1_rate = value_and_rate(table.ut1_minus_tai_s)
    x_rad, x_rate = value_and_rate(table.polar_x_rad)
    y_rad, y_rate = value_and_rate(table.polar_y_rad)
    return EarthOrientation(ut1_minus_tai_s + tai_minus_utc_s, x_rad, y_rad, ut1_rate, x_rate, y_rate)


def _notes(table: OrientationTable, mjd: float) -> tuple[str, ...]:
    first, last = float(table.mjd[0]), float(table.mjd[-1])
    if first <= mjd <= last:
        return ()
    which = "first" if mjd < first else "last"
    note = (
        f"{_date(mjd)} lies outside the Earth orientation table ({_date(first)} to {_date(last)}): "
        f"its {which} UT1 - UTC and polar motion are held, and positions may be off by 150 m for each year "
        "outside; give ut1_minus_utc_s, polar_x_arcsec and polar_y_arcsec to avoid that"
    )
    return (note,)


def _date(mjd: float) -> str:
    return f"{datetime(1858, 11, 17, tzinfo=UTC) + timedelta(days=math.floor(mjd)):%Y-%m-%d}"


def _check(name: str, value: float, limit: float, unit: str) -> None:
    if not (math.isfinite(value) and abs(value) <= limit):
        raise RangeError(f"{name} = {value:g}: must be between -{limit:g} and {limit:g} {unit}")
