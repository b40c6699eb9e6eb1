"""Land without permission that beams lit for its neighbours may touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.regions import is_near, near_pairs
from ecumene.radio.contours import reach_m, under_beams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements
    from ecumene.scenario import Scenario
    from ecumene.sky.grid import Grid
    from ecumene.world.land import Land

EARTH_RADIUS_KM = 6378.137


@dataclass(frozen=True)
class Spill:
    """Rows without permission near cells that may be lit.

    Attributes
    ----------
    row : (point,)
        Rows in question.
    first : (point + 1,)
        The cells near point p are cell[first[p]] to cell[first[p + 1] - 1]; its own cell is among them where another
        row of it may be served.
    cell : (pair,)
        Cells with a permitted row.
    beam_deg
        Width of a beam between its -3 dB points, seen from the satellite. [deg]
    """

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    cell: NDArray[np.int32]
    beam_deg: float

    def lit_rows(
        self, grid: Grid, land: Land, r_sat_m: NDArray[np.float64], sat_of_cell: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """Return the rows without permission that lie under a beam lit for others.

        Parameters
        ----------
        grid, land
            Cells and rows.
        r_sat_m : (sat, 3)
            Positions, ECEF. [m]
        sat_of_cell : (cell,)
            Whose beam each cell has, -1 for none.
        """
        r_point_m = grid.r_ecef_m[land.cell_of_row[self.row]]
        is_lit = under_beams(
            self.first, self.cell, r_point_m, grid.r_ecef_m, r_sat_m, sat_of_cell, self.beam_deg
        )
        return self.row[is_lit]


def build_spill(scenario: Scenario, land: Land, grid: Grid, elements: Elements) -> Spill:
    """Return the rows without permission that beams of neighbours may touch.

    Parameters
    ----------
    scenario, land, grid, elements
        The scenario, its land under its law, its cells and its satellites.

    Notes
    -----
    Land is looked for as far as a beam reaches from the highest satellite, or from 2,000 km where that flies higher:
    then what its slanting beams touch further off is not counted.
    """
    beam_deg = scenario.downlink.beam_deg
    altitudes_m = [satrec.a * satrec.radiusearthkm - EARTH_RADIUS_KM for satrec in elements.satrecs]
    altitude_m = 1e3 * float(np.clip(np.max(altitudes_m, initial=0.0), 200.0, 2_000.0))
    far_m = reach_m(altitude_m, grid.min_elevation_deg, beam_deg)
    lit = np.flatnonzero(land.class_of_cell >= 0)
    is_closed = ~land.is_permitted_in_row & ~land.verdict.is_margin  # a margin is there to be spilled into
    closed = np.flatnonzero(is_closed & (land.rows.people > 0.0))
    lat_deg, lon_deg = land.lat_of_cell_deg, land.lon_of_cell_deg
    here = land.cell_of_row[closed]
    is_border = is_near(lat_deg[here], lon_deg[here], lat_deg[lit], lon_deg[lit], far_m)
    row = closed[is_border]
    here = land.cell_of_row[row]
    first, near = near_pairs(lat_deg[here], lon_deg[here], lat_deg[lit], lon_deg[lit], far_m)
    return Spill(row, first, lit[near].astype(np.int32), beam_deg)
