"""SGP4 for near-Earth orbits that are nearly circular, eight satellites at a time.

The theory and constants of python-sgp4, written so that the compiler makes vectors of it: the coefficients of
128 satellites lie side by side, and no step depends on a comparison. What would need one (deep space, eccentric
orbits, satellites on their way down, mistaken elements) is declined and left to the library by
`ecumene.orbits.propagation`. Agreement is tested in tests/oracles/test_near_earth.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.kernels import inner_njit, njit
from ecumene.orbits.shells import WGS72_J2, WGS72_MU_KM3_S2, WGS72_RADIUS_KM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WGS72_J3, WGS72_J4 = -0.00000253881, -0.00000165597
"""Further zonal harmonics SGP4 computes with. Source: Vallado et al., AIAA 2006-6753, `getgravconst`."""

MAX_ECCENTRICITY = 0.02
"""Up to here two steps of Newton's method solve Kepler's equation to 1e-12 rad; the rest is declined."""

MAX_SHRINKAGE = 0.1
"""Drag that has changed the root of the semi-major axis by more is extrapolated past all sense; declined."""

MAX_ANGLE_RAD = 1e5
"""Some 3 years from the epoch rounding begins to take the millimetres; declined. [rad]"""

W = 128
"""Satellites a block."""

(
    JD, JD_FRACTION, MO, MDOT, ARGPO, ARGPDOT, NODEO, NODEDOT, NODECF, CC1, BSTAR_CC4, BSTAR_CC5, T2COF, T3COF,
    T4COF, T5COF, D2, D3, D4, OMGCOF, ETA, XMCOF, DELMO, SINMAO, AO, ECCO, NO, AYCOF, XLCOF, CON41, X1MTH2, X7THM1,
    SINIO, COSIO, N_COEFFICIENTS,
) = range(35)  # fmt: skip
"""Coefficients of a satellite, by the names of the published code; their rows in a block."""


def near_earth_blocks(satrecs: Sequence[Any]) -> NDArray[np.float64]:
    """Return the coefficients of satellites for `near_earth_positions`.

    Parameters
    ----------
    satrecs : (sat,)
        python-sgp4 records with the constants WGS72, improved mode.

    Returns
    -------
    blocks : (block, coefficient * lane)
        Lane i of block b is satellite b W + i; NaN behind the last, and where a satellite is declined.
    """
    names = ("jdsatepoch", "jdsatepochF", "no_kozai", "ecco", "inclo", "nodeo", "argpo", "mo", "bstar")
    jd, jd_fraction, no_kozai, e, i, nodeo, argpo, mo, bstar = (
        np.array([getattr(record, name) for record in satrecs], np.float64) for name in names
    )
    is_taken = np.array([record.method == "n" for record in satrecs], np.bool_)
    is_taken &= (e > 0.0) & (e < MAX_ECCENTRICITY) & (no_kozai > 0.0)
    lanes = np.full((N_COEFFICIENTS, -(-len(satrecs) // W) * W), np.nan)
    rows = {JD: jd, JD_FRACTION: jd_fraction, MO: mo, ARGPO: argpo, NODEO: nodeo, ECCO: e}
    with np.errstate(all="ignore"):  # what is declined may be anything
        rows |= _coefficients(no_kozai, e, i, argpo, mo, bstar)
    for row, values in rows.items():
        lanes[row, : len(satrecs)] = np.where(is_taken, values, np.nan)
    return lanes.reshape(N_COEFFICIENTS, -1, W).swapaxes(0, 1).reshape(-1, N_COEFFICIENTS * W)


def near_earth_positions(
    blocks: NDArray[np.float64], n_sats: int, jd: float, fraction: float, matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where satellites are; NaN where one is declined.

    Parameters
    ----------
    blocks : (block, coefficient * lane)
        From `near_earth_blocks`.
    n_sats
        How many satellites they hold.
    jd, fraction
        The instant as a Julian date in two parts, UTC. [day]
    matrix : (3, 3)
        Rotation from TEME into the frame wanted.

    Returns
    -------
    r_m : (sat, 3)
        Positions. [m]

    References
    ----------
    Vallado, Crawford, Hujsak, Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753, code `sgp4`.
    """
    r_m = np.empty((len(blocks) * W, 3))
    _positions(blocks, jd, fraction, np.ascontiguousarray(matrix), np.empty(3 * W), r_m)
    return r_m[:n_sats]


def _coefficients(
    no_kozai: NDArray[np.float64],
    e: NDArray[np.float64],
    i: NDArray[np.float64],
    argpo: NDArray[np.float64],
    mo: NDArray[np.float64],
    bstar: NDArray[np.float64],
) -> dict[int, NDArray[np.float64]]:
    """Return what `initl` and `sgp4init` of the published code compute, in its letters."""
    j2, j4, j3oj2, radius_km = WGS72_J2, WGS72_J4, WGS72_J3 / WGS72_J2, WGS72_RADIUS_KM
    xke = 60.0 / np.sqrt(radius_km**3 / WGS72_MU_KM3_S2)
    cosio, sinio = np.cos(i), np.sin(i)
    cosio2 = cosio * cosio
    omeosq = 1.0 - e * e
    rteosq = np.sqrt(omeosq)

    # initl: Kozai's mean motion to Brouwer's.
    ak = (xke / no_kozai) ** (2.0 / 3.0)
    d1 = 0.75 * j2 * (3.0 * cosio2 - 1.0) / (rteosq * omeosq)
    del_ = d1 / (ak * ak)
    adel = ak * (1.0 - del_ * del_ - del_ * (1.0 / 3.0 + 134.0 * del_ * del_ / 81.0))
    no = no_kozai / (1.0 + d1 / (adel * adel))
    ao = (xke / no) ** (2.0 / 3.0)
    con42 = 1.0 - 5.0 * cosio2
    con41 = -con42 - cosio2 - cosio2
    pinvsq = 1.0 / (ao * omeosq) ** 2

    # sgp4init: drag.
    perige_km = (ao * (1.0 - e) - 1.0) * radius_km
    s_km = np.where(perige_km < 98.0, 20.0, np.where(perige_km < 156.0, perige_km - 78.0, 78.0))
    qzms24 = ((120.0 - s_km) / radius_km) ** 4
    sfour = s_km / radius_km + 1.0
    tsi = 1.0 / (ao - sfour)
    eta = ao * e * tsi
    etasq, eeta = eta * eta, e * eta
    psisq = np.abs(1.0 - etasq)
    coef = qzms24 * tsi**4
    coef1 = coef / psisq**3.5
    cc2 = coef1 * no * (
        ao * (1.0 + 1.5 * etasq + eeta * (4.0 + etasq))
        + 0.375 * j2 * tsi / psisq * con41 * (8.0 + 3.0 * etasq * (8.0 + etasq))
    )  # fmt: skip
    cc1 = bstar * cc2
    has_e = e > 1.0e-4
    cc3 = np.where(has_e, -2.0 * coef * tsi * j3oj2 * no * sinio / e, 0.0)
    x1mth2 = 1.0 - cosio2
    cc4 = 2.0 * no * coef1 * ao * omeosq * (
        eta * (2.0 + 0.5 * etasq) + e * (0.5 + 2.0 * etasq)
        - j2 * tsi / (ao * psisq) * (
            -3.0 * con41 * (1.0 - 2.0 * eeta + etasq * (1.5 - 0.5 * eeta))
            + 0.75 * x1mth2 * (2.0 * etasq - eeta * (1.0 + etasq)) * np.cos(2.0 * argpo)
        )
    )  # fmt: skip
    cc5 = 2.0 * coef1 * ao * omeosq * (1.0 + 2.75 * (etasq + eeta) + eeta * etasq)

    # sgp4init: what the flattening does to the angles.
    cosio4 = cosio2 * cosio2
    temp1 = 1.5 * j2 * pinvsq * no
    temp2 = 0.5 * temp1 * j2 * pinvsq
    temp3 = -0.46875 * j4 * pinvsq * pinvsq * no
    xhdot1 = -temp1 * cosio
    is_retrograde = np.abs(cosio + 1.0) <= 1.5e-12

    # Below 220 km of perigee the theory drops the terms of higher order in the drag.
    higher = np.where(perige_km >= 220.0, 1.0, 0.0)
    d2 = 4.0 * ao * tsi * cc1 * cc1
    temp = d2 * tsi * cc1 / 3.0
    d3 = (17.0 * ao + sfour) * temp
    d4 = 0.5 * temp * ao * tsi * (221.0 * ao + 31.0 * sfour) * cc1
    t4cof = 0.25 * (3.0 * d3 + cc1 * (12.0 * d2 + 10.0 * cc1 * cc1))
    t5cof = 0.2 * (3.0 * d4 + 12.0 * cc1 * d3 + 6.0 * d2 * d2 + 15.0 * cc1 * cc1 * (2.0 * d2 + cc1 * cc1))
    return {
        MDOT: no
        + 0.5 * temp1 * rteosq * con41
        + 0.0625 * temp2 * rteosq * (13.0 - 78.0 * cosio2 + 137.0 * cosio4),
        ARGPDOT: -0.5 * temp1 * con42
        + 0.0625 * temp2 * (7.0 - 114.0 * cosio2 + 395.0 * cosio4)
        + temp3 * (3.0 - 36.0 * cosio2 + 49.0 * cosio4),
        NODEDOT: xhdot1 + (0.5 * temp2 * (4.0 - 19.0 * cosio2) + 2.0 * temp3 * (3.0 - 7.0 * cosio2)) * cosio,
        NODECF: 3.5 * omeosq * xhdot1 * cc1,
        CC1: cc1,
        BSTAR_CC4: bstar * cc4,
        BSTAR_CC5: higher * bstar * cc5,
        T2COF: 1.5 * cc1,
        T3COF: higher * (d2 + 2.0 * cc1 * cc1),
        T4COF: higher * t4cof,
        T5COF: higher * t5cof,
        D2: higher * d2,
        D3: higher * d3,
        D4: higher * d4,
        OMGCOF: higher * bstar * cc3 * np.cos(argpo),
        ETA: eta,
        XMCOF: higher * np.where(has_e, -2.0 / 3.0 * coef * bstar / eeta, 0.0),
        DELMO: (1.0 + eta * np.cos(mo)) ** 3,
        SINMAO: np.sin(mo),
        AO: ao,
        NO: no,
        AYCOF: -0.5 * j3oj2 * sinio,
        XLCOF: -0.25 * j3oj2 * sinio * (3.0 + 5.0 * cosio) / np.where(is_retrograde, 1.5e-12, 1.0 + cosio),
        CON41: con41,
        X1MTH2: x1mth2,
        X7THM1: 7.0 * cosio2 - 1.0,
        SINIO: sinio,
        COSIO: cosio,
    }


@inner_njit(cache=True, nogil=True, error_model="numpy")
def _sin_cos(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return sine and cosine, to 1e-16 for |x| below a million, without a branch.

    Quarter turns are taken off in two parts, then the polynomials of fdlibm (Sun Microsystems, 1993).
    """
    quarter = np.floor(x * 0.6366197723675814 + 0.5)
    r = x - quarter * 1.57079632673412561417 - quarter * 6.07710050650619224932e-11
    z = r * r
    s = 2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    s = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * s)
    s = r + r * z * (-1.66666666666666324348e-01 + z * s)
    c = -2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    c = -1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 + z * c)
    c = 1.0 - 0.5 * z + z * z * (4.16666666666666019037e-02 + z * c)
    turn = quarter - 4.0 * np.floor(0.25 * quarter)
    is_odd = (turn == 1.0) | (turn == 3.0)
    sine, cosine = (c if is_odd else s), (s if is_odd else c)
    return (-sine if turn >= 2.0 else sine), (-cosine if (turn == 1.0) | (turn == 2.0) else cosine)


@inner_njit(cache=True, nogil=True, error_model="numpy")
def _turned(s, c, d):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return sine and cosine of an angle after a turn by d, at most 0.03 rad, to 1e-16."""
    z = d * d
    sin_d = d * (1.0 - z / 6.0 * (1.0 - z / 20.0 * (1.0 - z / 42.0)))
    cos_d = 1.0 - z / 2.0 * (1.0 - z / 12.0 * (1.0 - z / 30.0 * (1.0 - z / 56.0)))
    return s * cos_d + c * sin_d, c * cos_d - s * sin_d


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _block(c, jd, fraction, r):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill in x, y, z [Earth radii, TEME] of a block; NaN where the theory has to be asked with care.

    `c` and `r` are flat and their places are constants plus i, or the compiler gives up: it cannot tell that
    34 separate arrays do not overlap, nor that an index is not negative.
    """
    for i in range(W):
        t = (jd - c[JD * W + i]) * 1440.0 + (fraction - c[JD_FRACTION * W + i]) * 1440.0

        # Drag and the flattening, secular.
        xmdf = c[MO * W + i] + c[MDOT * W + i] * t
        argpdf = c[ARGPO * W + i] + c[ARGPDOT * W + i] * t
        nodem = c[NODEO * W + i] + t * (c[NODEDOT * W + i] + t * c[NODECF * W + i])
        _, cos_xmdf = _sin_cos(xmdf)
        delmtemp = 1.0 + c[ETA * W + i] * cos_xmdf
        shift = c[OMGCOF * W + i] * t + c[XMCOF * W + i] * (delmtemp * delmtemp * delmtemp - c[DELMO * W + i])
        mm, argpm = xmdf + shift, argpdf - shift
        sin_mm, _ = _sin_cos(mm)
        tempa = 1.0 - t * (c[CC1 * W + i] + t * (c[D2 * W + i] + t * (c[D3 * W + i] + t * c[D4 * W + i])))
        em = c[ECCO * W + i] - c[BSTAR_CC4 * W + i] * t - c[BSTAR_CC5 * W + i] * (sin_mm - c[SINMAO * W + i])
        is_odd = em < -0.001
        em = max(em, 1.0e-6)
        templ = t * t * (
            c[T2COF * W + i] + t * (c[T3COF * W + i] + t * (c[T4COF * W + i] + t * c[T5COF * W + i]))
        )  # fmt: skip
        mm += c[NO * W + i] * templ
        am = c[AO * W + i] * tempa * tempa

        # Long-period terms, then Kepler's equation for u = E + argument of perigee.
        sin_argp, cos_argp = _sin_cos(argpm)
        temp = 1.0 / (am * (1.0 - em * em))
        axnl = em * cos_argp
        aynl = em * sin_argp + temp * c[AYCOF * W + i]
        u = mm + argpm + temp * c[XLCOF * W + i] * axnl
        el2 = axnl * axnl + aynl * aynl
        sin_e, cos_e = _sin_cos(u)
        first = (axnl * sin_e - aynl * cos_e) / (1.0 - cos_e * axnl - sin_e * aynl)
        sin_e, cos_e = _turned(sin_e, cos_e, first)
        second = axnl * sin_e - aynl * cos_e - first
        second /= 1.0 - cos_e * axnl - sin_e * aynl
        sin_e, cos_e = _turned(sin_e, cos_e, second)

        # Short-period terms, applied as small turns.
        ecose, esine = axnl * cos_e + aynl * sin_e, axnl * sin_e - aynl * cos_e
        pl = am * (1.0 - el2)
        rl = am * (1.0 - ecose)
        betal = np.sqrt(1.0 - el2)
        temp = esine / (1.0 + betal)
        sin_u = am / rl * (sin_e - aynl - axnl * temp)
        cos_u = am / rl * (cos_e - axnl + aynl * temp)
        sin_2u, cos_2u = 2.0 * cos_u * sin_u, 1.0 - 2.0 * sin_u * sin_u
        temp1 = 0.5 * WGS72_J2 / pl
        temp2 = temp1 / pl
        sin_i, cos_i = c[SINIO * W + i], c[COSIO * W + i]
        mrt = rl * (1.0 - 1.5 * temp2 * betal * c[CON41 * W + i]) + 0.5 * temp1 * c[X1MTH2 * W + i] * cos_2u
        sin_u, cos_u = _turned(sin_u, cos_u, -0.25 * temp2 * c[X7THM1 * W + i] * sin_2u)
        sin_node, cos_node = _sin_cos(nodem + 1.5 * temp2 * cos_i * sin_2u)
        sin_i, cos_i = _turned(sin_i, cos_i, 1.5 * temp2 * cos_i * sin_i * cos_2u)

        is_odd |= (el2 > MAX_ECCENTRICITY * MAX_ECCENTRICITY) | (abs(u) > MAX_ANGLE_RAD)
        is_odd |= (abs(tempa - 1.0) > MAX_SHRINKAGE) | (mrt < 1.0)
        mrt = np.nan if is_odd else mrt
        r[i] = mrt * (cos_node * cos_u - sin_node * cos_i * sin_u)
        r[W + i] = mrt * (sin_node * cos_u + cos_node * cos_i * sin_u)
        r[2 * W + i] = mrt * sin_i * sin_u


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _positions(blocks, jd, fraction, matrix, r, r_m):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill in positions block by block, turned and in metres; r is room for one block."""
    scale = 1_000.0 * WGS72_RADIUS_KM
    for b in range(len(blocks)):
        _block(blocks[b], jd, fraction, r)
        for i in range(W):
            x, y, z = r[i], r[W + i], r[2 * W + i]
            for k in range(3):
                r_m[b * W + i, k] = scale * (matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z)
