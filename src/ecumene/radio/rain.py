"""Rain on a slanted path: the attenuation exceeded for a share of an average year.

ITU-R P.618-14 (slant path) with P.838-3 (a kilometre of rain), all on arrays. What the recommendations read off
maps is an argument here: the rain rate exceeded in 0.01 % of the year (P.837-7) and the rain height (P.839-4).
Clouds, gas and scintillation are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_PERCENT, MAX_PERCENT = 0.001, 5.0
"""Shares of the year P.618-14 holds for. [%]"""

MAX_RAIN_GHZ = 55.0
"""Highest frequency P.618-14 is stated for. [GHz]"""

EFFECTIVE_RADIUS_KM = 8_500.0
"""Effective radius of the Earth, below 5 deg of elevation. Source: P.618-14, section 2.2.1.1, equation (2)."""

# P.838-3, tables 1 to 4: a, b, c of each term, then m and c of the line.
_K_H = (((-5.33980, -0.10008, 1.13098), (-0.35351, 1.26970, 0.45400), (-0.23789, 0.86036, 0.15354),
         (-0.94158, 0.64552, 0.16817)), -0.18961, 0.71147)  # fmt: skip
_K_V = (((-3.80595, 0.56934, 0.81061), (-3.44965, -0.22911, 0.51059), (-0.39902, 0.73042, 0.11899),
         (0.50167, 1.07319, 0.27195)), -0.16398, 0.63297)  # fmt: skip
_ALPHA_H = (((-0.14318, 1.82442, -0.55187), (0.29591, 0.77564, 0.19822), (0.32177, 0.63773, 0.13164),
             (-5.37610, -0.96230, 1.47828), (16.1721, -3.29980, 3.43990)), 0.67849, -1.95537)  # fmt: skip
_ALPHA_V = (((-0.07771, 2.33840, -0.76284), (0.56727, 0.95545, 0.54039), (-0.20238, 1.14520, 0.26809),
             (-48.2991, 0.791669, 0.116226), (48.5833, 0.791459, 0.116479)), -0.053739, 0.83433)  # fmt: skip


def rain_per_km_db(
    rain_mm_h: ArrayLike, frequency_hz: ArrayLike, elevation_rad: ArrayLike, tilt_rad: ArrayLike = np.pi / 4.0
) -> NDArray[np.float64]:
    """Return the attenuation of a kilometre of rain.

    Parameters
    ----------
    rain_mm_h : any shape
        Rain rate. [mm/h]
    frequency_hz : same shape, or one
        Frequency, 1 to 1,000 GHz. [Hz]
    elevation_rad : same shape, or one
        Elevation of the path. [rad]
    tilt_rad
        Tilt of the polarisation against the horizontal; 45 deg for circular. [rad]

    Returns
    -------
    loss_db : same shape
        Specific attenuation. [dB/km]

    Raises
    ------
    RangeError
        A frequency outside 1 to 1,000 GHz, or a negative rain rate.

    References
    ----------
    ITU-R P.838-3, equations (1) to (5).

    Examples
    --------
    >>> round(float(rain_per_km_db(26.48052, 14.25e9, np.radians(31.07699124), 0.0)), 6)
    1.581308
    """
    R, f_ghz, theta, tau = np.broadcast_arrays(
        *(
            np.asarray(x, np.float64)
            for x in (rain_mm_h, np.asarray(frequency_hz) / 1e9, elevation_rad, tilt_rad)
        )
    )
    if not ((f_ghz >= 1.0) & (f_ghz <= 1_000.0)).all():
        raise RangeError(f"P.838-3 holds from 1 to 1,000 GHz, got {f_ghz.min():g} to {f_ghz.max():g} GHz")
    if not (R >= 0.0).all():
        raise RangeError("rain_mm_h must be 0 or more everywhere, and not NaN")
    x = np.log10(f_ghz)
    k_H, k_V = 10.0 ** _sum(x, _K_H), 10.0 ** _sum(x, _K_V)
    alpha_H, alpha_V = _sum(x, _ALPHA_H), _sum(x, _ALPHA_V)
    turn = np.cos(theta) ** 2 * np.cos(2.0 * tau)
    k = (k_H + k_V + (k_H - k_V) * turn) / 2.0
    alpha = (k_H * alpha_H + k_V * alpha_V + (k_H * alpha_H - k_V * alpha_V) * turn) / (2.0 * k)
    return np.asarray(k * R**alpha)


def _sum(
    x: NDArray[np.float64], table: tuple[tuple[tuple[float, float, float], ...], float, float]
) -> NDArray[np.float64]:
    terms, m, c = table
    return np.asarray(sum(a * np.exp(-(((x - b) / w) ** 2)) for a, b, w in terms) + m * x + c)


def rain_height_km(lat_deg: ArrayLike) -> NDArray[np.float64]:
    """Return the mean height of the rain by latitude alone, where the map of P.839-4 is not at hand.

    Parameters
    ----------
    lat_deg : any shape
        Latitude, north positive. [deg]

    Returns
    -------
    height_km : same shape
        Mean height of the 0 deg isotherm above the sea. [km]

    Notes
    -----
    Soft: the closed form earlier editions had. Against eight places of the ITU's examples for P.839-4 it is off
    by 0.6 km on the mean and 1.6 km at most (`tests/reference/test_rain.py`).

    References
    ----------
    ITU-R P.618-5, section 2.2.1.1, step 1 (1997; superseded by the maps of P.839-2 and later).
    """
    lat = np.asarray(lat_deg, np.float64)
    north = np.where(lat > 23.0, 5.0 - 0.075 * (lat - 23.0), 5.0)
    south = np.where(lat < -21.0, 5.0 + 0.1 * (lat + 21.0), 5.0)
    return np.maximum(np.where(lat >= 0.0, north, south), 0.0)


def rain_loss_db(
    elevation_rad: ArrayLike,
    frequency_hz: ArrayLike,
    percent: float,
    *,
    rain_mm_h: ArrayLike,
    height_km: ArrayLike,
    lat_deg: ArrayLike,
    altitude_km: ArrayLike = 0.0,
    tilt_rad: ArrayLike = np.pi / 4.0,
    extrapolate: bool = False,
) -> NDArray[np.float64]:
    """Return the rain attenuation that is exceeded for a share of an average year.

    Parameters
    ----------
    elevation_rad : (link,)
        Elevation of the path. [rad]
    frequency_hz : (link,) or one
        Carrier. [Hz]
    percent
        Share of the year, 0.001 to 5. [%]
    rain_mm_h, height_km, lat_deg, altitude_km : (link,) or one
        At the station: rain rate exceeded in 0.01 % of the year [mm/h], rain height above the sea [km], latitude
        [deg], height above the sea [km].
    tilt_rad
        Tilt of the polarisation; 45 deg for circular. [rad]
    extrapolate
        Allow frequencies above 55 GHz, for which the recommendation gives no word.

    Returns
    -------
    loss_db : (link,)
        Attenuation; 0 without rain, above the rain, and for elevations of 0 and less, where no link is. [dB]

    Raises
    ------
    RangeError
        A share of the year or a frequency outside the model.

    Notes
    -----
    The letters and steps of section 2.2.1.1. The loss of one site; two sites at once need P.618-14 section 2.2.4.

    References
    ----------
    ITU-R P.618-14, section 2.2.1.1.

    Examples
    --------
    The ITU's first example: Rome at 14.25 GHz, exceeded in 1 % of the year.

    >>> place = {"rain_mm_h": 33.936232, "height_km": 3.047493, "lat_deg": 41.9, "altitude_km": 0.046123}
    >>> round(float(rain_loss_db(np.radians(40.232036), 14.25e9, 1.0, tilt_rad=0.0, **place)), 3)
    0.623
    """
    if not MIN_PERCENT <= percent <= MAX_PERCENT:
        raise RangeError(f"P.618-14 holds from 0.001 to 5 % of the year, got {percent:g} %")
    theta, f_ghz, R, h_R, lat, h_s, tau = np.broadcast_arrays(
        *(
            np.asarray(x, np.float64)
            for x in (
                *(
                    elevation_rad,
                    np.asarray(frequency_hz) / 1e9,
                    rain_mm_h,
                    height_km,
                    lat_deg,
                    altitude_km,
                    tilt_rad,
                ),
            )
        )
    )
    if f_ghz.max(initial=0.0) > MAX_RAIN_GHZ and not extrapolate:
        raise RangeError(f"P.618-14 holds up to {MAX_RAIN_GHZ:g} GHz, got {f_ghz.max():g} GHz")
    is_wet = (theta > 0.0) & (h_R > h_s) & (R > 0.0)
    theta = np.where(is_wet, theta, np.pi / 4.0)
    rise_km = np.where(is_wet, h_R - h_s, 1.0)
    R = np.where(is_wet, R, 1.0)
    sin, cos = np.sin(theta), np.cos(theta)
    L_S = np.where(
        theta >= np.radians(5.0),
        rise_km / sin,
        2.0 * rise_km / (np.sqrt(sin**2 + 2.0 * rise_km / EFFECTIVE_RADIUS_KM) + sin),
    )
    L_G = L_S * cos
    gamma = rain_per_km_db(R, f_ghz * 1e9, theta, tau)
    r_001 = 1.0 / (1.0 + 0.78 * np.sqrt(L_G * gamma / f_ghz) - 0.38 * (1.0 - np.exp(-2.0 * L_G)))
    zeta = np.arctan2(rise_km, L_G * r_001)
    L_R = np.where(zeta > theta, L_G * r_001 / np.maximum(cos, 1e-12), rise_km / sin)
    chi = np.maximum(36.0 - np.abs(lat), 0.0)
    bend = 31.0 * (1.0 - np.exp(-np.degrees(theta) / (1.0 + chi))) * np.sqrt(L_R * gamma) / f_ghz**2 - 0.45
    A_001 = gamma * L_R / (1.0 + np.sqrt(sin) * bend)
    p, away = percent, np.abs(lat) - 36.0
    beta = np.where(
        (p >= 1.0) | (away >= 0.0),
        0.0,
        np.where(theta >= np.radians(25.0), -0.005 * away, -0.005 * away + 1.8 - 4.25 * sin),
    )
    power = 0.655 + 0.033 * np.log(p) - 0.045 * np.log(A_001) - beta * (1.0 - p) * sin
    return np.where(is_wet, A_001 * (p / 0.01) ** -power, 0.0)
