"""The hexagons of H3: their numbers, centres, areas and grandchildren.

An H3 number holds the resolution, one of 122 base cells and one octal digit (0 to 6) per resolution. Within
one resolution only base cell and digits differ, so a cell is known by its *ordinal*: the digits read in base
7. Ordinals of neighbours in the hierarchy are consecutive, which is what makes the packed table small.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.constants import WGS84_A_M, WGS84_F

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESOLUTION = 5
"""Resolution of the packed table: 2,016,842 cells of 253 km2 in the mean."""

N_GRANDCHILDREN = 49
"""Cells of resolution 7 (5.2 km2) under one of resolution 5; a pentagon has only 41, with gaps."""

_CELL_MODE = 1 << 59
_MAX_RESOLUTION = 15

# Distance of neighbouring res-0 centres on the tangent plane of a face of the unit sphere; at resolution r it
# is smaller by sqrt(7)^r, and a hexagon has (sqrt 3 / 2) times its square. Source: H3 4.1, constants.h.
_RES0_U_GNOMONIC = 0.38196601125010500003


def cell_of_ordinal(ordinal: NDArray[Any], resolution: int = RESOLUTION) -> NDArray[np.uint64]:
    """Return the H3 number of each ordinal.

    Parameters
    ----------
    ordinal : (cell,)
        Base cell and digits read in base 7.
    resolution
        H3 resolution the ordinals belong to.

    Returns
    -------
    cell : (cell,)
        H3 numbers, in the order given.
    """
    rest = np.asarray(ordinal, dtype=np.uint64)
    cell = np.full(rest.shape, _CELL_MODE | (resolution << 52), dtype=np.uint64)
    for level in range(_MAX_RESOLUTION, resolution, -1):
        cell |= np.uint64(7 << _shift(level))
    for level in range(resolution, 0, -1):
        rest, digit = np.divmod(rest, np.uint64(7))
        cell |= digit << np.uint64(_shift(level))
    return cell | (rest << np.uint64(45))


def ordinal_of_cell(cell: NDArray[Any], resolution: int = RESOLUTION) -> NDArray[np.uint32]:
    """Return the ordinal of each H3 number of one resolution (the inverse of `cell_of_ordinal`)."""
    number = np.asarray(cell, dtype=np.uint64)
    ordinal = (number >> np.uint64(45)) & np.uint64(127)
    for level in range(1, resolution + 1):
        ordinal = ordinal * np.uint64(7) + ((number >> np.uint64(_shift(level))) & np.uint64(7))
    return ordinal.astype(np.uint32)


def grandchild_of_cell(cell: NDArray[Any], resolution: int = RESOLUTION) -> NDArray[np.uint8]:
    """Return which of its grandparent's 49 grandchildren each H3 cell of resolution + 2 is."""
    number = np.asarray(cell, dtype=np.uint64)
    upper = (number >> np.uint64(_shift(resolution + 1))) & np.uint64(7)
    lower = (number >> np.uint64(_shift(resolution + 2))) & np.uint64(7)
    return (upper * np.uint64(7) + lower).astype(np.uint8)


def centres_of_cells(cell: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centres of H3 cells.

    Parameters
    ----------
    cell : (cell,)
        H3 numbers.

    Returns
    -------
    lat_deg, lon_deg : (cell,)
        Centres, as geodetic latitude and longitude. [deg]
    """
    from itertools import chain

    from h3.api import basic_int

    pairs = chain.from_iterable(map(basic_int.cell_to_latlng, cell.tolist()))
    centres = np.fromiter(pairs, np.float64, 2 * len(cell)).reshape(-1, 2)
    return centres[:, 0].copy(), centres[:, 1].copy()


def area_of_cells_km2(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], resolution: int = RESOLUTION
) -> NDArray[np.float64]:
    """Return the area of hexagons on the WGS84 ellipsoid, from their centres.

    H3 draws equal hexagons on the tangent planes of an icosahedron's 20 faces and projects them to the sphere
    from its centre; a small patch at the angle theta from the middle of its face shrinks by cos^3 theta. The
    sphere's latitudes are read as geodetic ones, which scales the area by M N / R^2 (radii of curvature).

    Parameters
    ----------
    lat_deg, lon_deg : (cell,)
        Centres of the cells. [deg]
    resolution
        H3 resolution.

    Returns
    -------
    area_km2 : (cell,)
        Area of each cell. [km2]

    Notes
    -----
    At resolution 5 within 0.1 % of the area of H3's own polygons scaled the same way
    (tests/oracles/test_cells.py); hexagons across an edge of two faces are the worst. The 12 pentagons are
    5/6 of a hexagon and all lie at sea.

    References
    ----------
    H3 4.1 documentation, "Overview of the H3 geospatial indexing system".
    Snyder, "Map projections: a working manual", USGS PP 1395 (1987), gnomonic projection, eq. 4-18 and 4-19
    for M, N.
    """
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    x, y, z = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    cos_theta = np.full(lat.shape, -1.0)
    for i, j, k in _face_centres().tolist():  # face by face: all at once would need 20 numbers a cell
        np.maximum(cos_theta, i * x + j * y + k * z, out=cos_theta)
    plane = np.sqrt(3.0) / 2.0 * _RES0_U_GNOMONIC**2 / 7.0**resolution
    e2 = WGS84_F * (2.0 - WGS84_F)
    m_times_n = WGS84_A_M**2 * (1.0 - e2) / (1.0 - e2 * z**2) ** 2
    area_m2: NDArray[np.float64] = plane * cos_theta**3 * m_times_n
    return area_m2 / 1e6


@functools.cache
def _face_centres() -> NDArray[np.float64]:
    """Return unit vectors to the middles of the icosahedron's 20 faces.

    A face is where three mutually neighbouring pentagons meet.
    """
    from itertools import combinations

    import h3

    lat, lon = np.radians([h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)]).T
    corner = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    is_near = corner @ corner.T > 0.4  # neighbours stand 63.4 deg apart, cos = 0.447; the next ones 116.6 deg
    faces = [
        c
        for c in combinations(range(12), 3)
        if is_near[c[0], c[1]] and is_near[c[1], c[2]] and is_near[c[0], c[2]]
    ]
    middle = corner[np.array(faces)].sum(axis=1)
    centres: NDArray[np.float64] = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    return centres


def _shift(level: int) -> int:
    """Return the position of a resolution's digit in an H3 number."""
    return 3 * (_MAX_RESOLUTION - level)
