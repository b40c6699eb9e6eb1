"""Some cells of every place that stand for all of them: prices are found among them, and proved among all.

A satellite meets some hundreds of cells. What they ask of it together is told well enough by sixteen of every bin, or
of every few small bins side by side, taken in proportion to what they ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecumene.kernels import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.market import Task


SIDE = 16
"""Cells of a sample in a group of bins, which are looked at side by side."""

NEAR_M = 150e3
"""Bins that follow each other, with their middles as near as this to the first one's, are a group. [m]"""


@dataclass(frozen=True)
class Sample:
    """Cells that stand for others.

    Attributes
    ----------
    task
        The slot with these cells alone.
    stands_for : (cell,)
        How many cells like it each of them stands for, itself included.
    first_of_group : (group + 1,)
        The cells of group g are first_of_group[g] to first_of_group[g + 1] - 1, at most 16.
    """

    task: Task
    stands_for: NDArray[np.float32]
    first_of_group: NDArray[np.int64]


def take_sample(task: Task, size: NDArray[np.float32]) -> Sample:
    """Return up to 16 cells of every group of bins.

    Parameters
    ----------
    task
        The slot.
    size : (cell,)
        What each cell asks for, in whole units. Large cells are taken for certain, others with a chance in
        proportion to it; those of size 0 never.

    Notes
    -----
    Systematic sampling with probability proportional to size [Madow 1949]: equal steps along the running sum of the
    sizes, from half a step on, so that nothing is left to chance.

    References
    ----------
    Madow, Annals of Mathematical Statistics 20 (1949) 333.
    """
    cells, sight = task.cells, task.sight
    first_bin = _group(cells.middle_m, cells.first_of_bin, NEAR_M)
    chosen, stands_for, first_of_group = _choose(cells.first_of_bin[first_bin], size)
    some = replace(
        task,
        cells=cells._replace(
            first_of_bin=np.searchsorted(chosen, cells.first_of_bin),
            bin=cells.bin[chosen],
            place=cells.place[chosen],
            r_m=cells.r_m[chosen],
            up=cells.up[chosen],
            landing=cells.landing[chosen],
            rate_class=cells.rate_class[chosen],
        ),
        sight=sight._replace(clear=sight.clear[chosen], next_clear=sight.next_clear[chosen]),
        wanted_bps=task.wanted_bps[chosen],
        demand=task.demand[chosen],
        before=task.before[chosen],
    )
    return Sample(some, stands_for, first_of_group)


@njit(cache=True, nogil=True)
def _group(middle_m, first_of_bin, near_m):
    """Return the first bin of each group, and the end; bins without cells have no middle and are of any group."""
    first_bin, n = np.zeros(len(middle_m) + 1, np.int64), 0
    for b in range(len(middle_m)):
        if first_of_bin[b] == first_of_bin[b + 1]:
            continue
        away = middle_m[b] - middle_m[first_bin[n - 1]]
        if n == 0 or (away * away).sum() > near_m**2:
            first_bin[n] = b
            n += 1
    first_bin[n] = len(middle_m)
    return first_bin[: n + 1].copy()


@njit(cache=True, nogil=True)
def _choose(first_of_group, size):
    """Return the cells chosen, how many each stands for, and the first of each group."""
    n_groups, n = len(first_of_group) - 1, 0
    chosen, stands_for = np.empty(len(size), np.int64), np.empty(len(size), np.float32)
    first = np.zeros(n_groups + 1, np.int64)
    for g in range(n_groups):
        total, n_asking = 0.0, 0
        for c in range(first_of_group[g], first_of_group[g + 1]):
            total += size[c]
            n_asking += size[c] > 0.0
        step = total / SIDE if n_asking > SIDE else 0.0
        mark, done = 0.5 * step, 0.0
        for c in range(first_of_group[g], first_of_group[g + 1]):
            done += size[c]
            if size[c] > 0.0 and done > mark:
                chosen[n], stands_for[n] = c, max(1.0, step / size[c])
                n += 1
                while step > 0.0 and mark < done:
                    mark += step
        first[g + 1] = n
    return chosen[:n].copy(), stands_for[:n].copy(), first
