"""What belongs to a cell whatever rows it has: which directions it may look in, and what a link brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import ScenarioError
from ecumene.radio.downlink import build_rate_table
from ecumene.sky.grid import Grid, build_grid
from ecumene.world.land import or_default

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.world.land import Land


@dataclass(frozen=True)
class Radio:
    """Rates of the user downlink.

    Attributes
    ----------
    pfd_of_class_dbw_m2_mhz : (rate class,)
        Power flux densities in use: the scenario's, and those of licence records. [dBW/m2/MHz]
    channel_rate_bps : (rate class, bin of sin elevation)
        Rate of a channel. [bit/s]
    rate_class_of_cell : (cell,)
        Climate and licence class; the strictest of the cell's permitted rows.
    closes_from_deg
        Elevation from which the link closes in every class. [deg]
    """

    pfd_of_class_dbw_m2_mhz: NDArray[np.float64]
    channel_rate_bps: NDArray[np.float64]
    rate_class_of_cell: NDArray[np.int32]
    closes_from_deg: float


def build_radio(scenario: Scenario, land: Land) -> Radio:
    """Return the rates of the user downlink.

    Parameters
    ----------
    scenario, land
        The scenario and its land with its law.

    Raises
    ------
    ScenarioError
        The link closes at no elevation.
    """
    default_db = scenario.downlink.pfd_dbw_m2_mhz
    of_country_db = or_default(land.law.pfd_dbw_m2_mhz, default_db)
    pfds_db = np.unique(np.append(of_country_db, default_db))
    rate_class_of_cell = np.searchsorted(pfds_db, -_strictest(land, -of_country_db, -default_db))
    rates_bps = np.stack([_rates_bps(scenario, float(pfd_db)) for pfd_db in pfds_db])
    closes = np.flatnonzero((rates_bps > 0.0).all(axis=0))
    if len(closes) == 0:
        raise ScenarioError(
            scenario.name,
            [
                "downlink: the link closes at no elevation; raise pfd_dbw_m2_mhz or terminal.gain_dbi, lower margin_db"
            ],
        )
    closes_from_deg = float(np.degrees(np.arcsin(closes[0] / rates_bps.shape[1])))
    return Radio(pfds_db, rates_bps, rate_class_of_cell.astype(np.int32), closes_from_deg)


def build_cells(scenario: Scenario, land: Land, radio: Radio, notes: list[str]) -> Grid:
    """Return the cells in bins, each with the directions it may look in.

    Parameters
    ----------
    scenario, land, radio
        The scenario, its land with its law, and its rates.
    notes
        What the user should know is appended here.
    """
    keys = scenario.terminal
    if radio.closes_from_deg > keys.min_elevation_deg:
        notes.append(
            f"The downlink closes from {radio.closes_from_deg:.1f} deg on: nobody uses a satellite below, although the "
            f"mask is {keys.min_elevation_deg:g} deg."
        )
    exclusion_deg = or_default(land.law.gso_exclusion_deg, keys.gso_exclusion_deg)
    return build_grid(
        land.cell,
        land.lat_of_cell_deg,
        land.lon_of_cell_deg,
        scenario.resolution,
        max(keys.min_elevation_deg, radio.closes_from_deg),
        _strictest(land, exclusion_deg, keys.gso_exclusion_deg),
    )


def noisy_rates_bps(scenario: Scenario, radio: Radio, loss_db: float) -> NDArray[np.float64]:
    """Return the rates of every rate class with so much more noise.

    Parameters
    ----------
    scenario, radio
        The scenario and its rates without.
    loss_db
        What is taken off C/N. [dB]

    Returns
    -------
    channel_rate_bps : (rate class, bin of sin elevation)
        [bit/s]
    """
    return np.stack(
        [_rates_bps(scenario, float(pfd_db), loss_db) for pfd_db in radio.pfd_of_class_dbw_m2_mhz]
    )


def _rates_bps(scenario: Scenario, pfd_dbw_m2_mhz: float, loss_db: float = 0.0) -> NDArray[np.float64]:
    terminal, downlink = scenario.terminal, scenario.downlink
    return build_rate_table(
        pfd_dbw_m2_mhz=pfd_dbw_m2_mhz,
        frequency_hz=downlink.frequency_ghz * 1e9,
        gain_dbi=terminal.gain_dbi,
        temperature_k=terminal.temperature_k,
        scan_exponent=terminal.scan_exponent,
        bandwidth_hz=downlink.channel_mhz * 1e6,
        margin_db=downlink.margin_db + loss_db,
    ).rate_of_bin_bps


def _strictest(land: Land, of_country: NDArray[np.float64], default: float) -> NDArray[np.float64]:
    """Return the largest value among the permitted rows of each cell, the default where none is permitted.

    Sight and radio belong to the cell, law to the row: where two countries share a cell the stricter one holds.
    """
    is_permitted = land.class_of_row >= 0
    strictest = np.full(len(land.cell), -np.inf)
    np.maximum.at(strictest, land.cell_of_row[is_permitted], of_country[land.verdict.country[is_permitted]])
    return np.where(np.isneginf(strictest), default, strictest)
