"""Orbital elements of many satellites, whatever they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import RangeError
from ecumene.orbits.times import SECONDS_PER_DAY, UNIX_EPOCH_JD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STATUSES = ("operational", "raising", "lowering", "decayed", "stale", "refused")
"""What a satellite is up to at a date; only the first is scheduled. See :mod:`ecumene.orbits.status`."""

SGP4_ERRORS = (
    "no error",
    "mean eccentricity outside 0 to 1",
    "mean motion not positive",
    "perturbed eccentricity outside 0 to 1",
    "semi-latus rectum negative",
    "orbit below the ground at its epoch",
    "decayed: below the Earth's surface",
)
"""What SGP4's error codes 0 to 6 mean. Source: Vallado et al., AIAA 2006-6753, appendix."""


@dataclass(frozen=True)
class Elements:
    """Mean elements of a fleet, ready for SGP4.

    Attributes
    ----------
    name : (sat,)
        As filed or catalogued; unique for filed shells, not always in catalogues.
    norad_id : (sat,)
        Catalogue number, six digits allowed; -1 for filed satellites, which have none.
    satrecs : (sat,)
        python-sgp4 records, constants WGS72, improved mode.
    epoch_s : (sat,)
        Epoch of the elements, UTC seconds since 1970 without leap seconds. [s]
    shell, plane, slot : (sat,)
        Position in a filed constellation, from 0; -1 where unknown, as in catalogues.
    notes
        What the reader had to decide, for example superseded element sets; one sentence each.
    """

    name: tuple[str, ...]
    norad_id: NDArray[np.int64]
    satrecs: tuple[Any, ...]
    epoch_s: NDArray[np.float64]
    shell: NDArray[np.int32]
    plane: NDArray[np.int32]
    slot: NDArray[np.int32]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.satrecs)

    def take(self, index: Sequence[int] | NDArray[np.int64]) -> Elements:
        """Return the elements of some of the satellites, in the order asked for.

        Parameters
        ----------
        index : (chosen,)
            Satellite numbers, each from 0 to len - 1.

        Returns
        -------
        chosen
            The same records, not copies.

        Raises
        ------
        RangeError
            A number is outside the fleet.
        """
        chosen = np.asarray(index, dtype=np.int64).reshape(-1)
        outside = (chosen < 0) | (chosen >= len(self))
        if outside.any():
            raise RangeError(
                f"satellite {int(chosen[outside][0])}: must be between 0 and {len(self) - 1} in this fleet"
            )
        return Elements(
            name=tuple(self.name[i] for i in chosen),
            norad_id=self.norad_id[chosen],
            satrecs=tuple(self.satrecs[i] for i in chosen),
            epoch_s=self.epoch_s[chosen],
            shell=self.shell[chosen],
            plane=self.plane[chosen],
            slot=self.slot[chosen],
            notes=self.notes,
        )


def epochs_s(satrecs: Sequence[Any]) -> NDArray[np.float64]:
    """Return the epochs of SGP4 records.

    Parameters
    ----------
    satrecs : (sat,)
        python-sgp4 records.

    Returns
    -------
    epoch_s : (sat,)
        UTC seconds since 1970 without leap seconds. [s]
    """
    whole = np.array([s.jdsatepoch for s in satrecs], dtype=np.float64)
    fraction = np.array([s.jdsatepochF for s in satrecs], dtype=np.float64)
    return ((whole - UNIX_EPOCH_JD) + fraction) * SECONDS_PER_DAY
