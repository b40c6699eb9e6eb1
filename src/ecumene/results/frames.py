"""What a moving picture of a run is made of: where satellites fly, and how rows fare in a few slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_S = 150.0
"""Between positions of a satellite. Four neighbouring ones give every instant between to 0.2 km (cubic, circular orbits
above 300 km), to 0.4 km as the page rounds them. [s]"""

MOST_STEPS = 96
"""Longer runs show their first four hours."""

N_KEYS = 5
"""Slots of which every row's cause and satellite are kept."""


@dataclass(frozen=True)
class Frames:
    """Satellites in time, rows in a few slots.

    Attributes
    ----------
    t_s : (step,)
        Seconds after the run's start, in equal steps, one before it and two after what is shown. [s]
    shown_s
        What is shown, from the start. [s]
    r_sat_m : (step, sat, 3)
        Positions, ECEF; NaN where there is none. [m]
    links : (link, 2)
        Inter-satellite links.
    slot : (key,)
        Slots of which rows are kept.
    cause : (key, row)
        Codes of the causes.
    sat : (key, row)
        Serving satellite, -1 for none.
    """

    t_s: NDArray[np.float64]
    shown_s: float
    r_sat_m: NDArray[np.float32]
    links: NDArray[np.int32]
    slot: NDArray[np.int64]
    cause: NDArray[np.int8]
    sat: NDArray[np.int32]


def key_slots(n_slots: int) -> NDArray[np.int64]:
    """Return the slots of which every row is kept: the first, the last, and some between.

    Examples
    --------
    >>> key_slots(240).tolist()
    [0, 60, 120, 179, 239]
    """
    return np.unique(np.linspace(0, n_slots - 1, min(n_slots, N_KEYS)).round().astype(np.int64))


def step_times_s(length_s: float) -> tuple[NDArray[np.float64], float]:
    """Return when positions of satellites are kept, and how much of a run they show.

    Parameters
    ----------
    length_s
        Of the run. [s]

    Returns
    -------
    t_s : (step,)
        In equal steps, one before the start and two after what is shown. [s]
    shown_s
        [s]
    """
    shown_s = min(length_s, MOST_STEPS * STEP_S)
    n = int(np.ceil(shown_s / STEP_S))
    return np.arange(-1.0, n + 2.0) * STEP_S, shown_s
