"""Jamming: what noise a jammer adds, and which links it closes.

Downlink jammers stand on the ground near terminals and come in through the dish's side lobes; uplink jammers look up
at the satellite and come in through the beam they stand in, as terminals do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import BOLTZMANN_J_K, SPEED_OF_LIGHT_M_S
from ecumene.kernels import njit
from ecumene.radio.downlink import bin_of_sine
from ecumene.radio.envelope import MODES
from ecumene.units import from_db, to_db

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LOWEST_CN_DB = MODES[0][0]
"""Below this no mode of the envelope closes. [dB]"""


@dataclass(frozen=True)
class Noise:
    """What jams some cells, or some places, in a slot.

    Attributes
    ----------
    index : (hit,)
        Cells or places concerned, ascending.
    is_attached : (hit,)
        Terminals there find a satellite.
    uplink_j_over_n : (hit,)
        Noise at the satellite over its own, linear.
    uplink_jammer_w : (hit,)
        EIRP of jammers in one channel. [W]
    uplink_terminal_w
        EIRP of a terminal in one channel. [W]
    uplink_gain : float
        Carrier over noise that one watt of EIRP makes from one metre, linear. [m2/W]
    """

    index: NDArray[np.int64]
    is_attached: NDArray[np.bool_]
    uplink_j_over_n: NDArray[np.float64]
    uplink_jammer_w: NDArray[np.float64]
    uplink_terminal_w: float
    uplink_gain: float


def jammer_over_noise_db(
    jammer_dbw: float,
    distance_m: ArrayLike,
    *,
    frequency_hz: float,
    gain_over_temperature_db_k: float,
    bandwidth_hz: float,
) -> NDArray[np.float64]:
    """Return the power of a jammer over the noise of the receiver.

    Parameters
    ----------
    jammer_dbw
        EIRP in the receiver's channel. [dBW]
    distance_m : any shape
        From jammer to receiver, above 0. [m]
    frequency_hz
        Carrier frequency. [Hz]
    gain_over_temperature_db_k
        G/T of the receiver in the jammer's direction. [dB/K]
    bandwidth_hz
        Bandwidth of the channel. [Hz]

    Returns
    -------
    j_over_n_db : same shape
        [dB]

    Notes
    -----
    J/N = EIRP - FSPL + G/T - 10 log10(k B), FSPL = 20 log10(4 pi d f / c): free space (ITU-R P.525-4, eq. 3),
    without terrain, which only weakens a jammer.
    """
    loss_db = 2.0 * to_db(4.0 * np.pi * np.asarray(distance_m) * frequency_hz / SPEED_OF_LIGHT_M_S)
    fixed_db = jammer_dbw + gain_over_temperature_db_k - float(to_db(BOLTZMANN_J_K * bandwidth_hz))
    return fixed_db - loss_db


def loss_of_noise_db(j_over_n_db: ArrayLike) -> NDArray[np.float64]:
    """Return by how much C/(N + J) lies below C/N.

    Parameters
    ----------
    j_over_n_db : any shape
        Jammer over noise; -inf without a jammer. [dB]

    Returns
    -------
    loss_db : same shape
        10 log10(1 + J/N). [dB]

    Examples
    --------
    >>> [round(float(x), 2) for x in loss_of_noise_db([-np.inf, 0.0, 20.0])]
    [0.0, 3.01, 20.04]
    """
    return to_db(1.0 + from_db(j_over_n_db))


def uplink_gain(frequency_hz: float, gain_over_temperature_db_k: float, bandwidth_hz: float) -> float:
    """Return the carrier over noise that one watt of EIRP makes at a satellite one metre away.

    Parameters
    ----------
    frequency_hz, gain_over_temperature_db_k, bandwidth_hz
        As in `jammer_over_noise_db`.

    Returns
    -------
    gain
        Linear. [m2/W]
    """
    return float(
        from_db(
            jammer_over_noise_db(
                0.0,
                1.0,
                frequency_hz=frequency_hz,
                gain_over_temperature_db_k=gain_over_temperature_db_k,
                bandwidth_hz=bandwidth_hz,
            )
        )
    )


def uplink_closes(noise: Noise, hit: NDArray[np.int64], slant_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return over which distances the uplink closes against the jammers.

    Parameters
    ----------
    noise
        The jammers.
    hit : (pair,)
        Index into `noise.index`.
    slant_m : (pair,)
        From terminal, and jammer beside it, to the satellite. [m]

    Returns
    -------
    closes : (pair,)
        C / (N + J) reaches the lowest mode.
    """
    per_watt = noise.uplink_gain / slant_m**2
    interference = 1.0 + noise.uplink_j_over_n[hit] + noise.uplink_jammer_w[hit] * per_watt
    return noise.uplink_terminal_w * per_watt >= float(from_db(LOWEST_CN_DB)) * interference


def clear_of_noise(
    noise: Noise,
    clear_of_cell: NDArray[np.uint64],
    *,
    bin_of_cell: NDArray[np.int32],
    candidates_of_bin: NDArray[np.int32],
    r_cell_m: NDArray[np.float64],
    up: NDArray[np.float64],
    r_sat_m: NDArray[np.float64],
    channel_rate_bps: NDArray[np.float64],
    rate_class_of_cell: NDArray[np.int32],
) -> NDArray[np.uint64]:
    """Return who sees whom once the links that jammers close are gone.

    Parameters
    ----------
    noise
        The jammers of cells.
    clear_of_cell : (cell, word)
        Candidates above the mask and clear of the arc, as bits.
    bin_of_cell, candidates_of_bin, r_cell_m, up, r_sat_m
        As in `ecumene.sky.sight`.
    channel_rate_bps : (rate class, bin of sin elevation)
        Rates with the noise of downlink jammers in them. [bit/s]
    rate_class_of_cell : (cell,)
        Rate class.

    Returns
    -------
    clear_of_cell : (cell, word)
        A copy; only the cells of `noise` differ.
    """
    left: NDArray[np.uint64] = clear_of_cell.copy()
    _remove(
        left, noise.index, noise.is_attached, noise.uplink_j_over_n, noise.uplink_jammer_w, noise.uplink_terminal_w,
        noise.uplink_gain, float(from_db(LOWEST_CN_DB)), bin_of_cell, candidates_of_bin, r_cell_m, up, r_sat_m,
        channel_rate_bps, rate_class_of_cell,
    )  # fmt: skip
    return left


@njit(cache=True, nogil=True)
def _remove(  # type: ignore[no-untyped-def]  # noqa: ANN202
    clear_of_cell, index, is_attached, j_over_n, jammer_w, terminal_w, gain, lowest, bin_of_cell,  # noqa: ANN001
    candidates_of_bin, r_cell_m, up, r_sat_m, channel_rate_bps, rate_class_of_cell,  # noqa: ANN001
):  # fmt: skip
    for h in range(len(index)):
        c = index[h]
        rates = channel_rate_bps[rate_class_of_cell[c]]
        for w in range(clear_of_cell.shape[1]):
            if not is_attached[h]:
                clear_of_cell[c, w] = np.uint64(0)
                continue
            for j in range(64):
                bit = np.uint64(1) << np.uint64(j)
                if not clear_of_cell[c, w] & bit:
                    continue
                s = candidates_of_bin[bin_of_cell[c], 64 * w + j]
                slant2, rise = 0.0, 0.0
                for x in range(3):
                    d = r_sat_m[s, x] - r_cell_m[c, x]
                    slant2 += d * d
                    rise += d * up[c, x]
                per_watt = gain / slant2
                closes = terminal_w * per_watt >= lowest * (1.0 + j_over_n[h] + jammer_w[h] * per_watt)
                if not closes or rates[bin_of_sine(rise / np.sqrt(slant2), len(rates))] <= 0.0:
                    clear_of_cell[c, w] ^= bit
