"""How long cells stay with a satellite: counted as slots pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.kernels import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Dwells:
    """Stays of cells with satellites; what is written to while slots pass.

    Attributes
    ----------
    last_sat, slots : (cell,)
        Satellite of the last slot, -1 where none, and for how many slots it has served.
    n_ended : (slot + 1,)
        Stays that ended, by their length in slots.
    """

    last_sat: NDArray[np.int32]
    slots: NDArray[np.int32]
    n_ended: NDArray[np.int64]


def open_dwells(n_cells: int, n_slots: int) -> Dwells:
    """Return no stays yet."""
    return Dwells(
        np.full(n_cells, -1, np.int32), np.zeros(n_cells, np.int32), np.zeros(n_slots + 1, np.int64)
    )


def count_dwells(dwells: Dwells, sat_of_cell: NDArray[np.int32]) -> None:
    """Count one slot.

    Parameters
    ----------
    dwells
        What is counted into.
    sat_of_cell : (cell,)
        Serving satellite, -1 where none.
    """
    _count(sat_of_cell, dwells.last_sat, dwells.slots, dwells.n_ended)


def dwell_slots(dwells: Dwells) -> tuple[float | None, float | None]:
    """Return mean and median length of all stays in slots, None where nobody was served.

    Parameters
    ----------
    dwells
        From `open_dwells`, counted into.

    Notes
    -----
    Stays cut short by the end of the run count with what was seen of them, so both are a little short.
    """
    running = np.bincount(dwells.slots[dwells.last_sat >= 0], minlength=len(dwells.n_ended))
    n_of_length = dwells.n_ended + running
    total = int(n_of_length.sum())
    if total == 0:
        return None, None
    mean = float((n_of_length * np.arange(len(n_of_length))).sum() / total)
    return mean, float(np.searchsorted(np.cumsum(n_of_length), 0.5 * total))


@njit(cache=True, nogil=True)
def _count(sat_of_cell, last_sat, slots, n_ended):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for c in range(len(sat_of_cell)):
        if sat_of_cell[c] == last_sat[c]:
            slots[c] += 1
            continue
        if last_sat[c] >= 0:
            n_ended[slots[c]] += 1
        last_sat[c] = sat_of_cell[c]
        slots[c] = 1
