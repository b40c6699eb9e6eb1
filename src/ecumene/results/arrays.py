"""Per-slot arrays: `slots.zarr`, written block by block while the slots pass.

The store is built under another name and takes its own when the run is written (`ecumene.results.store`), so that
a run that dies leaves the arrays of an earlier one untouched, and a half-written store is never taken for a result. A
run that goes on from a checkpoint takes it up again where every file is still as it was then.
"""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import DamagedResultError, RangeError, RunError
from ecumene.results.files import sha256_of
from ecumene.results.schema import ARRAYS, ArrayVariable, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

STORE = "slots.zarr"
PARTIAL = ".slots.zarr.partial"
"""Name of the store while it grows."""

BLOCK_SLOTS, BLOCK_ROWS = 16, 65_536
"""Slots and rows of one file of the store; the slots of one block wait in memory."""


@dataclass
class SlotArrays:
    """A store of per-slot arrays that is being written.

    Attributes
    ----------
    path
        Folder of the growing store.
    waiting
        Slots of the block that is not yet written, by array.
    n_written
        Slots in the store.
    digests
        SHA-256 of its files, by their path in it.
    """

    path: Path
    group: Any = field(repr=False)
    waiting: dict[str, list[NDArray[Any]]]
    n_written: int = 0
    digests: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays that are kept."""
        return tuple(self.waiting)

    def record(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Keep one slot.

        Parameters
        ----------
        columns
            Every array of the store by name, (row,): quantities in their unit, NaN for none; flags and indices as
            whole numbers.

        Raises
        ------
        RangeError
            A quantity does not fit the numbers it is stored as.
        RunError
            Writing failed: disk full, folder taken away.
        """
        for name, slots in self.waiting.items():
            slots.append(packed(ARRAYS[name], columns[name]))
        if len(next(iter(self.waiting.values()))) == BLOCK_SLOTS:
            self._flush()

    def close(self) -> Path:
        """Write what waits, and return the folder of the finished store."""
        self._flush()
        return self.path

    def state(self) -> dict[str, Any]:
        """Return what `taken_up` needs to go on: what waits, how much is written, and what the store's files hold."""
        return {"waiting": self.waiting, "n_written": self.n_written, "digests": self.digests}

    def discard(self) -> None:
        """Remove the store."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _flush(self) -> None:
        n = len(next(iter(self.waiting.values())))
        if not n:
            return
        block = str(self.n_written // BLOCK_SLOTS)
        try:
            for name, slots in self.waiting.items():
                self.group[name][self.n_written : self.n_written + n] = np.stack(slots)
                slots.clear()
                self.digests |= _digests(self.path, (self.path / name / "c" / block).rglob("*"))
        except OSError as error:
            raise _failure(self.path, error) from None
        self.n_written += n


def _digests(store: Path, files: Iterable[Path]) -> dict[str, str]:
    return {path.relative_to(store).as_posix(): sha256_of(path) for path in files if path.is_file()}


def taken_up(folder: Path, state: Mapping[str, Any]) -> SlotArrays:
    """Return the store that an unfinished run left in a folder, to go on with it.

    Parameters
    ----------
    folder
        The result folder.
    state
        What `SlotArrays.state` said; blocks that were written after that are written again.

    Raises
    ------
    DamagedResultError
        A file of the store is gone, or not as it was.
    """
    import zarr

    path = folder / PARTIAL
    for name, digest in state["digests"].items():
        if not (path / name).is_file() or sha256_of(path / name) != digest:
            raise DamagedResultError(
                f"{path / name}: is gone, or not as the unfinished run left it; add --force to begin with the first "
                "slot"
            )
    return SlotArrays(path, zarr.open_group(store=str(path), mode="r+", zarr_format=3), **state)


def open_arrays(
    folder: Path, names: Sequence[str], rows: Table, *, start_utc: str, slot_s: float, n_slots: int
) -> SlotArrays:
    """Begin a store in a result folder.

    Parameters
    ----------
    folder
        The result folder; made where it does not exist. A store that a run left unfinished there is removed.
    names
        Keys of `ARRAYS`; at least one.
    rows
        cell, country, lat_deg, lon_deg of every row.
    start_utc
        First slot, as ISO 8601.
    slot_s
        Length of a slot. [s]
    n_slots
        Slots of the run.

    Returns
    -------
    arrays
        The open store.

    Raises
    ------
    RunError
        It cannot be written.
    """
    import zarr

    path = folder / PARTIAL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        group = zarr.create_group(store=str(path), zarr_format=3)
        group.attrs.update({"Conventions": "CF-1.11", "start_utc": start_utc, "slot_s": slot_s})
        _write_coordinates(group, rows, start_utc, slot_s, n_slots)
        for name in names:
            _make_array(group, ARRAYS[name], n_slots, len(rows["cell"]))
    except OSError as error:
        raise _failure(path, error) from None
    return SlotArrays(path, group, {name: [] for name in names}, 0, _digests(path, path.rglob("*")))


def packed(variable: ArrayVariable, values: NDArray[Any]) -> NDArray[Any]:
    """Return a quantity as the whole numbers it is stored as.

    Parameters
    ----------
    variable
        One of `ARRAYS`.
    values : (row,)
        In the variable's unit.

    Returns
    -------
    numbers : (row,)
        Rounded to the nearest; the fill value for NaN.

    Raises
    ------
    RangeError
        A value does not fit.
    """
    if variable.scale == 1.0:
        return values.astype(variable.dtype)
    steps = np.rint(values / variable.scale)
    is_none = np.isnan(steps)
    most = np.iinfo(variable.dtype).max - (variable.fill is not None)
    wrong = (steps > most) | (steps < 0.0) | (is_none & (variable.fill is None))
    if np.any(wrong):
        worst = float(np.asarray(values)[wrong][0])
        raise RangeError(
            f"array {variable.name}: holds 0 to {most * variable.scale:,.0f} {variable.unit}, got {worst:,.6g}; "
            "leave it out of output.arrays"
        )
    steps[is_none] = variable.fill or 0
    return steps.astype(variable.dtype)


def _make_array(group: Any, variable: ArrayVariable, n_slots: int, n_rows: int) -> None:
    attributes: dict[str, Any] = {"long_name": variable.meaning, "coordinates": "cell country lat lon"}
    if variable.unit:
        attributes["units"] = variable.unit
    if variable.scale != 1.0:
        attributes |= {"scale_factor": variable.scale, "add_offset": 0.0}
    if variable.fill is not None:
        attributes["_FillValue"] = variable.fill
    if variable.flags:
        attributes |= _flags(variable.flags)
    group.create_array(
        variable.name,
        shape=(n_slots, n_rows),
        chunks=(min(BLOCK_SLOTS, n_slots), max(1, min(BLOCK_ROWS, n_rows))),
        dtype=variable.dtype,
        fill_value=variable.fill or 0,
        compressors=_compressor(),
        dimension_names=("time", "row"),
        attributes=attributes,
        config={"write_empty_chunks": True},
    )


def _write_coordinates(group: Any, rows: Table, start_utc: str, slot_s: float, n_slots: int) -> None:
    codes, country = np.unique(rows["country"].astype(str), return_inverse=True)
    since = start_utc.replace("T", " ").removesuffix("Z")
    for name, dimension, values, attributes in (
        (
            "time",
            "time",
            np.arange(n_slots) * slot_s,
            {
                "standard_name": "time",
                "long_name": "beginning of the slot",
                "units": f"seconds since {since}",
                "calendar": "standard",
            },
        ),
        ("cell", "row", rows["cell"].astype(np.uint64), {"long_name": "H3 index of the cell"}),
        (
            "country",
            "row",
            country.astype(np.int16),
            {"long_name": "country of the row", **_flags(codes.tolist())},
        ),
        ("lat", "row", rows["lat_deg"], {"standard_name": "latitude", "units": "degrees_north"}),
        ("lon", "row", rows["lon_deg"], {"standard_name": "longitude", "units": "degrees_east"}),
    ):
        group.create_array(
            name,
            data=np.ascontiguousarray(values),
            chunks=(max(1, len(values)),),
            compressors=_compressor(),
            dimension_names=(dimension,),
            attributes=attributes,
        )


def _flags(meanings: Sequence[str]) -> dict[str, Any]:
    """Return the attributes that say what numbers mean (CF conventions 1.11, section 3.5)."""
    return {"flag_values": list(range(len(meanings))), "flag_meanings": " ".join(str(m) for m in meanings)}


def _compressor() -> Any:
    """Return Zstandard over bytes sorted by place: the upper bytes of small numbers are all alike."""
    from zarr.codecs import BloscCodec

    return BloscCodec(cname="zstd", clevel=3, shuffle="shuffle")


def _failure(path: Path, error: OSError) -> RunError:
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return RunError(f"{path}: writing the arrays failed: {reason}; free the folder and run again")
