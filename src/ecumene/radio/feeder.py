"""The feeder link: what one gateway antenna and one satellite can pass to each other, band by band.

What limits it is the way up, from gateway to satellite, for that is the way the users' downloads take. It is a
link budget: power, distance, rain, noise, and what other carriers and the other polarisation disturb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import BOLTZMANN_J_K, SPEED_OF_LIGHT_M_S
from ecumene.errors import RangeError
from ecumene.radio.envelope import efficiency_of_cn
from ecumene.units import from_db, to_db

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

POLARISATIONS = 2
"""Both circular polarisations carry traffic. Source: SatMagazine 2021-11 and the Gen1 filings; see `docs`."""

INTERFERENCE_DB = 16.3
"""Carrier over interference (other polarisation, other antennas of the site, intermodulation), of every band. [dB]

The one calibrated number: with it 2.1 GHz of Ka-band on two polarisations carry 19.9 Gbit/s under a clear sky,
against 20.2 Gbit/s published for a V1 satellite (SatMagazine 2021-11); without it the envelope would be full.
"""


@dataclass(frozen=True)
class Band:
    """A feeder band.

    Attributes
    ----------
    name
        Short name.
    up_ghz, down_ghz
        Its parts, from and to. [GHz]
    eirp_dbw
        Power of one carrier towards the satellite, antenna gain included. [dBW]
    carrier_hz
        Width of that carrier. [Hz]
    g_over_t_db
        Figure of merit of the satellite's receiver. [dB/K]
    """

    name: str
    up_ghz: tuple[tuple[float, float], ...]
    down_ghz: tuple[tuple[float, float], ...]
    eirp_dbw: float
    carrier_hz: float
    g_over_t_db: float

    @property
    def bandwidth_hz(self) -> float:
        """Width of the way up on one polarisation, in Hz."""
        return round(sum(high - low for low, high in self.up_ghz) * 1e3) * 1e6

    @property
    def frequency_hz(self) -> float:
        """Middle of the way up, its parts weighted by their width, in Hz."""
        return sum(0.5 * (high + low) * (high - low) for low, high in self.up_ghz) * 1e18 / self.bandwidth_hz


BANDS = {
    # Frequencies, 480 MHz carriers and 60.5 dBW each: filing SES-AMD-20210409-00640 (Kalama, WA). The satellite's
    # 8 dB/K is recalled (8 to 13) and soft; the interference, not the noise, limits the link under a clear sky.
    "ka": Band("ka", ((27.5, 29.1), (29.5, 30.0)), ((17.8, 18.6), (18.8, 19.3)), 60.5, 480e6, 8.0),
    # Frequencies as licensed for Gen2. Power and figure of merit are assumed (soft): 1.8 m and some 10 W a carrier
    # of 1.25 GHz, and the satellite as at Ka-band.
    "e": Band("e", ((81.0, 86.0),), ((71.0, 76.0),), 68.0, 1_250e6, 8.0),
}
"""Feeder bands by name."""


def feeder_cn_db(
    band: Band, slant_m: ArrayLike, loss_db: ArrayLike = 0.0, margin_db: float = 0.0
) -> NDArray[np.float64]:
    """Return the carrier over noise and interference of a feeder's way up.

    Parameters
    ----------
    band
        The band.
    slant_m : (link,)
        Distance. [m]
    loss_db : (link,) or one
        What the weather takes. [dB]
    margin_db
        Taken off at the end. [dB]

    Returns
    -------
    cn_db : (link,)
        C/(N+I) in the carrier's width. [dB]

    Raises
    ------
    RangeError
        A distance that is not positive.

    Notes
    -----
    C/N = EIRP - 20 log10(4 pi d / lambda) - L + G/T - 10 log10(k B); 1/(C/(N+I)) = 1/(C/N) + 1/(C/I). Rain on the
    ground does not warm the satellite's receiver, which looks at the warm Earth anyway. The antenna points exactly;
    the satellite's gain is the same in all directions. Gas and clouds are not in it.

    References
    ----------
    ITU-R P.525-4 (free space); ITU-R S.1432 for the sum of noise and interference.

    Examples
    --------
    >>> [round(float(x), 1) for x in feeder_cn_db(BANDS["ka"], np.array([550e3, 1_123e3]), [0.0, 20.0])]
    [16.2, 7.1]
    """
    slant_m = np.asarray(slant_m, np.float64)
    if not (slant_m > 0.0).all():
        raise RangeError("slant_m must be above 0 m for every feeder link, and not NaN")
    spread_db = 2.0 * to_db(4.0 * np.pi * slant_m * band.frequency_hz / SPEED_OF_LIGHT_M_S)
    noise_dbw = to_db(BOLTZMANN_J_K * band.carrier_hz)
    over_noise_db = band.eirp_dbw - spread_db - np.asarray(loss_db, np.float64) + band.g_over_t_db - noise_dbw
    return -to_db(from_db(-over_noise_db) + from_db(-INTERFERENCE_DB)) - margin_db


def feeder_rate_bps(
    bands: Sequence[Band],
    has_band: NDArray[np.bool_],
    slant_m: NDArray[np.float64],
    loss_db: NDArray[np.float64],
    margin_db: float = 0.0,
) -> NDArray[np.float64]:
    """Return what feeder links can carry.

    Parameters
    ----------
    bands
        The bands asked about.
    has_band : (band, link)
        Gateway and satellite both have it.
    slant_m : (link,)
        Distance. [m]
    loss_db : (band, link)
        What the weather takes in each band. [dB]
    margin_db
        Taken off every band. [dB]

    Returns
    -------
    rate_bps : (link,)
        Sum over the bands of width x polarisations x efficiency; 0 where no band closes. [bit/s]

    Examples
    --------
    >>> rate = feeder_rate_bps([BANDS["ka"]], np.array([[True]]), np.array([1_123e3]), np.zeros((1, 1)))
    >>> round(float(rate[0]) / 1e9, 1)
    19.9
    """
    rate_bps = np.zeros(np.shape(slant_m))
    for band, is_there, this_loss_db in zip(bands, has_band, loss_db, strict=True):
        efficiency = efficiency_of_cn(feeder_cn_db(band, slant_m, this_loss_db, margin_db))
        rate_bps += np.where(is_there, POLARISATIONS * band.bandwidth_hz * efficiency, 0.0)
    return rate_bps
