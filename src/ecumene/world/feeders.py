"""Feeder links of a run: bands of gateways and satellites, rain at the gateways, and what a link carries."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.ellipsoid import great_circle_m
from ecumene.radio.feeder import BANDS, Band, feeder_rate_bps
from ecumene.radio.rain import MAX_RAIN_GHZ, rain_height_km, rain_loss_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.sites import Sites
    from ecumene.scenario import Scenario

CLIMATE = "rain_climate.csv"
NEAR_KM = 50.0
"""A place within this distance lends its rain climate to a site that has none (soft)."""


@dataclass(frozen=True)
class FeederTerms:
    """What decides what a feeder link carries.

    Attributes
    ----------
    bands
        Bands that some gateway shares with the satellites.
    has_band : (band, gateway)
        Gateway and satellites both have it.
    percent
        Share of the year the weather is exceeded in; 0 for a clear sky. [%]
    rain_mm_h, rain_height_km, lat_deg : (gateway,)
        Rain rate exceeded in 0.01 % of the year [mm/h], rain height [km], latitude [deg].
    margin_db
        Taken off every link. [dB]
    ceiling_bps
        An antenna carries no more. [bit/s]
    """

    bands: tuple[Band, ...]
    has_band: NDArray[np.bool_]
    percent: float
    rain_mm_h: NDArray[np.float64]
    rain_height_km: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    margin_db: float
    ceiling_bps: float

    def rate_bps(
        self,
        gateway: NDArray[np.intp] | NDArray[np.int32],
        sine: NDArray[np.float64],
        slant_m: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what feeder links carry.

        Parameters
        ----------
        gateway : (link,)
            Whose antennas.
        sine, slant_m : (link,)
            Sine of the elevation, and distance. [m]

        Returns
        -------
        rate_bps : (link,)
            0 where no band closes. [bit/s]
        """
        elevation_rad = np.arcsin(np.clip(sine, -1.0, 1.0))
        loss_db = np.zeros((len(self.bands), len(gateway)))
        for k, band in enumerate(self.bands if self.percent > 0.0 else ()):
            loss_db[k] = rain_loss_db(
                elevation_rad,
                band.frequency_hz,
                self.percent,
                rain_mm_h=self.rain_mm_h[gateway],
                height_km=self.rain_height_km[gateway],
                lat_deg=self.lat_deg[gateway],
                extrapolate=True,  # E-band; said in the notes
            )
        rate_bps = feeder_rate_bps(self.bands, self.has_band[:, gateway], slant_m, loss_db, self.margin_db)
        return np.minimum(rate_bps, self.ceiling_bps)


def build_feeders(scenario: Scenario, gateways: Sites, notes: list[str]) -> FeederTerms | None:
    """Return the terms of the feeder links; None where each antenna has a fixed capacity.

    Parameters
    ----------
    scenario, gateways
        The scenario and its gateways.
    notes
        What the user should know is appended here.
    """
    keys = scenario.gateways
    if keys.link == "fixed":
        return None
    of_sats = [name for name in BANDS if name in scenario.satellite.feeder_bands]
    of_gateway = [set(text.split()) or set(keys.bands) for text in gateways.bands]
    has_band = np.array([[name in own for own in of_gateway] for name in of_sats], np.bool_)
    has_band = has_band.reshape(len(of_sats), len(gateways))
    mute = ~has_band.any(axis=0)
    if mute.any():
        notes.append(
            f"{mute.sum()} gateways share no band with the satellites ({', '.join(of_sats)}) and stay idle, such as "
            f"{gateways.name[int(np.flatnonzero(mute)[0])]}."
        )
    percent = 0.0 if keys.weather == "clear" else float(keys.weather)
    rain_mm_h, height_km, n_guessed = rain_climate(gateways, keys.rain_mm_h)
    if percent:
        notes.append(
            f"Rain that is exceeded in {percent:g} % of the year stands over every gateway at once: the worst of "
            "weathers, for no two storms are everywhere."
        )
        if n_guessed:
            notes.append(
                f"The rain rate of {n_guessed} gateways is not known; {keys.rain_mm_h:g} mm/h (gateways.rain_mm_h) "
                "and a rain height by latitude are assumed there."
            )
        if any(BANDS[name].frequency_hz > MAX_RAIN_GHZ * 1e9 for name in of_sats):
            notes.append(
                f"Rain at E-band is extrapolated: ITU-R P.618-14 is stated up to {MAX_RAIN_GHZ:g} GHz."
            )
    return FeederTerms(
        bands=tuple(BANDS[name] for name in of_sats),
        has_band=has_band,
        percent=percent,
        rain_mm_h=rain_mm_h,
        rain_height_km=height_km,
        lat_deg=gateways.lat_deg,
        margin_db=keys.link_margin_db,
        ceiling_bps=keys.antenna_gbps * 1e9,
    )


def rain_climate(sites: Sites, default_mm_h: float) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return rain rate and rain height of sites: their own, a listed place's near by, or the default.

    Parameters
    ----------
    sites
        Ground sites.
    default_mm_h
        Rain rate where neither is known. [mm/h]

    Returns
    -------
    rain_mm_h, rain_height_km : (site,)
        Rate exceeded in 0.01 % of the year [mm/h]; height above the sea [km].
    n_guessed
        Sites that took the default rate.
    """
    lat, lon, rain, height = _listed_climate()
    n = len(sites)
    if not n:
        return np.zeros(0), np.zeros(0), 0
    away_m = great_circle_m(sites.lat_deg[:, None], sites.lon_deg[:, None], lat[None], lon[None])
    nearest = np.argmin(away_m, axis=1)
    is_near = away_m[np.arange(n), nearest] <= NEAR_KM * 1e3
    is_guessed = np.isnan(sites.rain_mm_h) & ~is_near
    near_mm_h = np.where(is_near, rain[nearest], default_mm_h)
    near_km = np.where(is_near, height[nearest], rain_height_km(sites.lat_deg))
    return (
        np.where(np.isnan(sites.rain_mm_h), near_mm_h, sites.rain_mm_h),
        np.where(np.isnan(sites.rain_height_km), near_km, sites.rain_height_km),
        int(is_guessed.sum()),
    )


@functools.cache
def _listed_climate() -> tuple[NDArray[np.float64], ...]:
    """Return latitude, longitude, rain rate and rain height of the listed places."""
    text = resources.files("ecumene.network").joinpath(f"data/{CLIMATE}").read_text(encoding="utf-8")
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
    table = np.array(rows[1:], np.float64).T
    table.setflags(write=False)
    return tuple(table)
