"""What the globe of a run is made of: where satellites fly, and how rows fare in a few slots and why."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import DamagedResultError
from ecumene.licences.ruling import Ruling

if TYPE_CHECKING:
    from pathlib import Path

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
    sat, gateway, pop : (key, row)
        Serving satellite, and the gateway and PoP over which most of its traffic goes; -1 for none.
    n_visible, n_clear, n_usable : (key, row)
        Satellites above the mask at the cell's centre; of these clear of the geostationary arc; of these usable.
    slots_of_cause : (row, cause)
        In how many slots of the run each cause held.
    ruling_of_row : (row,)
        What the law says at the start: index into `rulings`.
    rulings
        The law in words, each once.
    pops
        Names of the PoPs.
    """

    t_s: NDArray[np.float64]
    shown_s: float
    r_sat_m: NDArray[np.float32]
    links: NDArray[np.int32]
    slot: NDArray[np.int64]
    cause: NDArray[np.int8]
    sat: NDArray[np.int32]
    gateway: NDArray[np.int16]
    pop: NDArray[np.int16]
    n_visible: NDArray[np.uint16]
    n_clear: NDArray[np.uint16]
    n_usable: NDArray[np.uint16]
    slots_of_cause: NDArray[np.unsignedinteger]
    ruling_of_row: NDArray[np.int32]
    rulings: tuple[Ruling, ...]
    pops: tuple[str, ...]


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


SHAPES: dict[str, tuple[str | int, ...]] = {
    "t_s": ("step",),
    "r_sat_m": ("step", "satellite", 3),
    "links": ("link", 2),
    "slot": ("key",),
    **dict.fromkeys(("cause", "sat", "gateway", "pop", "n_visible", "n_clear", "n_usable"), ("key", "row")),
    "slots_of_cause": ("row", "cause"),
    "ruling_of_row": ("row",),
}
"""Arrays in the file, with what their axes count."""


def frames_bytes(frames: Frames) -> bytes:
    """Return frames as a file of numpy (npz): arrays, and the rest as JSON in "words". Equal frames, equal bytes."""
    words = {
        "shown_s": frames.shown_s,
        "rulings": [asdict(said) for said in frames.rulings],
        "pops": frames.pops,
    }
    file = io.BytesIO()
    arrays = {name: getattr(frames, name) for name in SHAPES}
    np.savez_compressed(file, words=np.frombuffer(json.dumps(words).encode(), np.uint8), **arrays)
    return file.getvalue()


def read_frames(path: Path, *, n_rows: int, n_satellites: int) -> Frames:
    """Return the frames in a file.

    Parameters
    ----------
    path
        Written by `frames_bytes`.
    n_rows, n_satellites
        Of the tables they belong to.

    Raises
    ------
    DamagedResultError
        It cannot be read, or holds something else.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        words = json.loads(found.pop("words").tobytes())
        said = tuple(Ruling(**entry) for entry in words["rulings"])
        _check_shapes(found, {"row": n_rows, "satellite": n_satellites})
        return Frames(shown_s=words["shown_s"], rulings=said, pops=tuple(words["pops"]), **found)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DamagedResultError(f"{path}: cannot be read: {error}; run the scenario again") from None


def _check_shapes(found: dict[str, NDArray[Any]], sizes: dict[str, int]) -> None:
    """Compare axes that count the same.

    Raises
    ------
    ValueError
        An array is missing or one too many, or two disagree.
    """
    if set(found) != set(SHAPES):
        raise ValueError(f"holds {', '.join(sorted(found))} where {', '.join(sorted(SHAPES))} are wanted")
    for name, axes in SHAPES.items():
        shape = found[name].shape
        wanted = [
            axis if isinstance(axis, int) else sizes.setdefault(axis, size)
            for axis, size in zip(axes, shape, strict=True)
        ]
        if list(shape) != wanted:
            raise ValueError(f"{name} has the shape {shape}, wanted is {tuple(wanted)}")
