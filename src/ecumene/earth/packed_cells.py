"""How the table of cells is packed: which columns, which steps, and back again."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.hexagons import N_GRANDCHILDREN, cell_of_ordinal
from ecumene.earth.packing import Column, PackedTable, read_packed, write_packed
from ecumene.errors import RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATH = Path(__file__).parent / "data" / "cells.bin"
NAME = "cells"

SHARE_STEPS = 245
"""Steps of a row's share: 49 grandchildren x 5, so that an atoll of 1 km2 still has a share of its own."""

N_PEOPLE_CODES = 254
"""Logarithmic steps for people, beside 0 for nobody: each step is some 6 %, so a row is within about 3 %.

Fine enough, since 28 % of people stand in the wrong cell anyway (docs/explanation/cells.md); the rows of a
country are scaled after decoding so that its total is exact.
"""

LEAST_PEOPLE = 0.5
"""Rows with fewer people than this count as uninhabited."""


@dataclass(frozen=True)
class PackedCells:
    """Every row of land, decoded.

    Attributes
    ----------
    cell : (row,)
        H3 numbers of resolution 5, ascending; a cell with several countries has several rows.
    country : (row,)
        Index into `countries()`.
    share : (row,)
        Part of the cell that is this country's land, 0 to 1.
    people : (row,)
        Inhabitants.
    settlement : (row,)
        Index into `SETTLEMENTS`.
    straddling : (straddling,)
        H3 numbers of the cells with several rows, ascending.
    owner : (straddling, 49)
        Country of each grandchild of these cells; the water between goes to the nearest land.
    """

    cell: NDArray[np.uint64]
    country: NDArray[np.int16]
    share: NDArray[np.float32]
    people: NDArray[np.float64]
    settlement: NDArray[np.int8]
    straddling: NDArray[np.uint64]
    owner: NDArray[np.int16]


@functools.cache
def packed_cells() -> PackedCells:
    """Return the shipped table, decoded once (some 25 MB stay in memory)."""
    return decode(read_packed(PATH, NAME))


def encode(
    path: Path,
    ordinal: NDArray[np.uint32],
    country: NDArray[np.int16],
    share_steps: NDArray[np.uint8],
    people: NDArray[np.float64],
    settlement: NDArray[np.int8],
    owner: NDArray[np.int16],
    facts: dict[str, Any],
) -> None:
    """Write the table of cells; called by tools/build_cells.py.

    Parameters
    ----------
    path
        File to write.
    ordinal, country, share_steps, people, settlement : (row,)
        Columns, sorted by ordinal, then country.
    owner : (straddling, 49)
        Country of each grandchild of the cells that stand in several rows; -1 where H3 has none.
    facts
        Sources and dates for the header.
    """
    step = float(np.log(people.max() / LEAST_PEOPLE) / (N_PEOPLE_CODES - 1))
    code = np.where(
        people > LEAST_PEOPLE, np.round(np.log(np.maximum(people, LEAST_PEOPLE) / LEAST_PEOPLE) / step) + 1, 0
    )
    columns: dict[str, Column] = {
        "ordinal": ordinal,
        "country": country.astype(np.uint8),
        "share": share_steps,
        "people": code.astype(np.uint8),
        "settlement": settlement.astype(np.uint8),
        "owner": _local_owner(ordinal, country, owner).reshape(-1),
    }
    write_packed(path, NAME, columns, {"ordinal"}, {**facts, "people_step": step})


def decode(table: PackedTable) -> PackedCells:
    """Return the columns of a packed table of cells in their natural units."""
    columns = table.columns
    ordinal = columns["ordinal"]
    cell = cell_of_ordinal(ordinal)
    country = columns["country"].astype(np.int16)
    is_first = np.diff(ordinal, prepend=ordinal.dtype.type(0)) != 0
    is_first[0] = True
    first = np.flatnonzero(is_first)
    first = first[np.diff(first, append=len(ordinal)) > 1]
    local = columns["owner"].reshape(-1, N_GRANDCHILDREN)
    owner = country[np.minimum(first[:, None] + local, len(country) - 1)]
    return PackedCells(
        cell=cell,
        country=country,
        share=columns["share"].astype(np.float32) / np.float32(SHARE_STEPS),
        people=_people(columns["people"], country, table.facts["people_step"]),
        settlement=columns["settlement"].astype(np.int8),
        straddling=cell[first],
        owner=np.where(local == _NO_GRANDCHILD, np.int16(-1), owner),
    )


_NO_GRANDCHILD = 255


def _people(code: NDArray[np.uint8], country: NDArray[np.int16], step: float) -> NDArray[np.float64]:
    """Return inhabitants from their codes, each country scaled to its total."""
    of_code = np.concatenate([[0.0], LEAST_PEOPLE * np.exp(step * np.arange(255))])
    people = of_code[code]
    total = countries().people
    found = np.bincount(country, weights=people, minlength=len(total))
    factor = np.divide(total, found, out=np.zeros_like(found), where=found > 0)
    scaled: NDArray[np.float64] = people * factor[country]
    return scaled


def _local_owner(
    ordinal: NDArray[np.uint32], country: NDArray[np.int16], owner: NDArray[np.int16]
) -> NDArray[np.uint8]:
    """Return for each grandchild which of its cell's rows owns it: small numbers compress well."""
    _, first, counts = np.unique(ordinal, return_index=True, return_counts=True)
    first, counts = first[counts > 1], counts[counts > 1]
    if len(first) != len(owner):
        raise RunError(f"packing cells: {len(owner)} maps for {len(first)} straddling cells; they must match")
    local = np.full(owner.shape, _NO_GRANDCHILD, dtype=np.uint8)
    for k in range(int(counts.max())):
        has_row = k < counts
        row = np.where(has_row, first + k, 0)
        local[has_row[:, None] & (owner == country[row][:, None])] = k
    if (local[owner >= 0] == _NO_GRANDCHILD).any():
        raise RunError("packing cells: a grandchild belongs to a country without a row; add the row")
    return local
