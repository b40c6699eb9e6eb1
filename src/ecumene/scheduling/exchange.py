"""Where units change hands: the flow of one slot with what it carries from one push to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.scheduling.flow import (
    ANY_SIZE,
    FAR,
    MAX_LEVELS,
    Flow,
    Listings,
    augment,
    find_cut,
    keep,
    listings_of,
    main_satellite,
    new_flow,
    spread,
    stay_with,
    unsplit,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.market import Task

MOST_UNITS = 4_096
"""Of one satellite that change hands here, for every unit takes memory; what is left of larger ones is given later."""

REPAIR_REACH = 4
"""Moves at most to room, for cells that lost units because they may have one satellite only."""


@dataclass(frozen=True)
class Exchange:
    """A flow, and what `augment` keeps between calls."""

    task: Task
    flow: Flow
    listings: Listings
    level: NDArray[np.int16]
    masks: NDArray[np.uint64]

    @classmethod
    def open(cls, task: Task, units: int) -> Exchange:
        """Return an exchange of satellites of so many units where nobody holds anything."""
        sight, n_sats = task.sight, len(task.sight.r_sat_m)
        return cls(
            task=task,
            flow=new_flow(len(task.demand), n_sats, min(units, MOST_UNITS)),
            listings=listings_of(sight.candidates, n_sats),
            level=np.full(n_sats, FAR, np.int16),
            masks=np.zeros((len(sight.candidates), MAX_LEVELS + 2, sight.clear.shape[1]), np.uint64),
        )

    def waiting(
        self, want: NDArray[np.int32], rank: NDArray[np.int32] | NDArray[np.float32]
    ) -> NDArray[np.int64]:
        """Return the cells that lack something, the largest rank first."""
        cells = np.flatnonzero(want > self.flow.got)
        return cells[np.argsort(-rank[cells], kind="stable")]

    def keep(self, may_keep: NDArray[np.bool_], want: NDArray[np.int32]) -> None:
        """Let cells that hold nothing yet stay with their last satellite."""
        cells = np.flatnonzero((want > 0) & (self.flow.got == 0) & may_keep)
        keep(cells, self.task.before, want, self.flow)

    def spread(self, cells: NDArray[np.int64], want: NDArray[np.int32], good: NDArray[np.uint64]) -> None:
        """Put cells whole on satellites with room.

        Parameters
        ----------
        cells, want
            Who, in this order, and the units that every cell should hold.
        good
            Pairs.
        """
        spread(cells, want, good, self.task.sight.candidates, self.task.cells.bin, self.flow, self.listings)

    def push(
        self,
        cells: NDArray[np.int64],
        want: NDArray[np.int32],
        good: NDArray[np.uint64],
        reach: int,
        *,
        is_widest: bool,
        most: int = ANY_SIZE,
        largest: int = ANY_SIZE,
    ) -> None:
        """Serve cells by pushing others on.

        Parameters
        ----------
        cells, want
            Who, in this order, and the units that every cell should hold.
        good
            Pairs.
        reach
            Moves at most from a cell to room.
        is_widest
            No more pairs will come before `forget_lost`.
        most
            Units to be served.
        largest
            Units of the largest cells that are pushed on.
        """
        cells = cells[want[cells] > self.flow.got[cells]]
        if len(cells):
            augment(
                cells, want, reach, most, is_widest, largest, good, self.task.sight, self.task.cells, self.flow,
                self.listings, self.level, self.masks,
            )  # fmt: skip

    def forget_lost(self) -> None:
        """Begin to look everywhere again: there are more pairs than before."""
        self.flow.is_lost[:] = False
        self.flow.is_hopeless[:] = False

    def cut(self, want: NDArray[np.int32], good: NDArray[np.uint64]) -> None:
        """Count as lost what reaches no room over these pairs, or hardly any."""
        waiting = np.flatnonzero(want > self.flow.got)
        find_cut(waiting, want, good, self.task.cells, self.flow, self.listings, self.level, self.masks)

    def single(
        self, want: NDArray[np.int32], good: NDArray[np.uint64], rank: NDArray[np.int32] | NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return one satellite a cell, and its units.

        Parameters
        ----------
        want, rank
            Units that every cell should hold, and who comes first.
        good
            Pairs; spoilt.

        Returns
        -------
        sat, units
            -1 and 0 where none.

        Notes
        -----
        Cells keep their main satellite and take back what others can leave them there; then cells that want one
        unit take what is left. Only cells of one unit are moved on, so that none is split again.
        """
        n_cells = len(want)
        sat, units = np.empty(n_cells, np.int32), np.empty(n_cells, np.int32)
        main_satellite(self.flow, sat, units)
        unsplit(sat, self.flow)
        self.forget_lost()
        waiting = self.waiting(want, rank)
        part = waiting[sat[waiting] >= 0]
        stay_with(part, sat, self.task.sight.candidates, self.task.cells.bin, good)
        for cells in (part, waiting[(sat[waiting] < 0) & (want[waiting] == 1)]):
            self.push(cells, want, good, REPAIR_REACH, is_widest=True, largest=1)
        main_satellite(self.flow, sat, units)
        return sat, units
