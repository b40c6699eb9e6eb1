"""Urban, rural, isolated: how a cell is classed by density and by distance to a town.

The classes follow the Degree of Urbanisation (DEGURBA), endorsed by the UN Statistical Commission in 2020,
and the OECD's notion of remoteness, carried over from its 1 km2 grid to cells of 253 km2. What the thresholds
do to people and cells: design/settlement.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SETTLEMENTS = ("urban", "rural", "isolated")
"""Classes of settlement; the column `settlement` is an index into this."""

URBAN_LEAST_PER_KM2 = 300.0
"""People per km2 of land from which a cell is urban. Source: DEGURBA, urban cluster: at least 300."""

URBAN_LEAST_PEOPLE = 5_000.0
"""People a cell needs besides to be urban. Source: DEGURBA, urban cluster: at least 5,000 inhabitants.

Only matters where land is scarce: a village on an atoll is dense but no town.
"""

ISOLATED_MOST_PER_KM2 = 50.0
"""People per km2 of the whole cell, sea included, below which a cell can be isolated.

Source: DEGURBA level 2, very dispersed rural area: under 50 inhabitants per km2.
"""

ISOLATED_LEAST_KM = 50.0
"""Distance to the next town beyond which a sparse cell is isolated. [km]

Source: the OECD calls a region remote where half its people need more than an hour by road to a city of
50,000. An hour at 60 km/h with the usual detour of 1.2 to 1.3 is 50 km in a straight line.
"""

TOWN_LEAST_PEOPLE = 50_000
"""Inhabitants from which a place is a town that ends isolation. Source: DEGURBA, urban centre: 50,000."""


def settlement_of_cells(
    people: NDArray[np.float64],
    land_km2: NDArray[np.float64],
    cell_km2: NDArray[np.float64],
    distance_km: NDArray[np.float64],
) -> NDArray[np.int8]:
    """Return the settlement class of cells.

    Parameters
    ----------
    people : (cell,)
        Inhabitants of the cell, all countries together.
    land_km2, cell_km2 : (cell,)
        Land area and whole area of the cell. [km2]
    distance_km : (cell,)
        Great circle from the cell's centre to the nearest place of `TOWN_LEAST_PEOPLE`. [km]

    Returns
    -------
    settlement : (cell,)
        Index into `SETTLEMENTS`.
    """
    is_urban = (people >= URBAN_LEAST_PER_KM2 * land_km2) & (people >= URBAN_LEAST_PEOPLE)
    is_isolated = (people < ISOLATED_MOST_PER_KM2 * cell_km2) & (distance_km > ISOLATED_LEAST_KM)
    return np.where(is_urban, 0, np.where(is_isolated, 2, 1)).astype(np.int8)
