"""A run that is not finished, in one file: `checkpoint.npz`.

The file is a zip of three members: `head.json` says whose run it is and how far it came, `tree.json` is its state, and
`arrays.npy` holds the bytes of all arrays of that state, one behind the other. Nothing in it is ever executed, and only
classes the reader names are built from it: a folder may come from somebody else. The head holds the digest of the other
two, so parts of different files are not taken for one; whether the state fits a run is for the reader to see.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import DamagedResultError
from ecumene.results.files import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

CHECKPOINT = "checkpoint.npz"

CURE = "delete it, or add --force, to begin with the first slot"

HEAD, TREE, ARRAYS = "head.json", "tree.json", "arrays.npy"

_LEVEL = 1
"""Of zlib's nine: the counts of a run are mostly zeros, which the first packs to a fifteenth already."""

_ALIGNED = 64
"""Arrays begin at multiples of so many bytes."""

_PLAIN = {type(None), bool, int, float, str}
"""Types that JSON gives back as they were; also NaN and infinities, which Python writes and reads."""


@dataclass(frozen=True)
class Head:
    """Whose run a checkpoint is of, and how far it came.

    Attributes
    ----------
    identity
        What must be the same for the run to go on (`ecumene.results.store.identity`).
    scenario
        As resolved, to show what differs.
    n_done, n_slots
        Slots done, and of how many.
    """

    identity: dict[str, str]
    scenario: dict[str, Any]
    n_done: int
    n_slots: int


def put_checkpoint(
    path: Path, head: Head, state: Any, *, classes: Iterable[type], standing: Mapping[str, Any]
) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path
        The file; the checkpoint that stands there stays until the new one is on the disk.
    head
        Whose it is.
    state
        Lists, tuples, dicts, arrays, numbers, text, and dataclasses and named tuples of all of these.
    classes
        Those dataclasses and named tuples.
    standing
        Objects by name that are not written, since whoever reads has them: of anything of their type a mark is left.

    Raises
    ------
    OSError
        It cannot be written.
    TypeError
        The state holds something else.
    """
    packing = _Packing({kind: kind.__name__ for kind in classes}, {type(v): k for k, v in standing.items()})
    tree = packing.tree(state)
    with (
        whole(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
    ):
        text = json.dumps({"state": tree, "arrays": packing.specs()})
        digest = hashlib.sha256(text.encode())
        archive.writestr(TREE, text)
        with archive.open(ARRAYS, "w", force_zip64=True) as file:
            shape = (packing.n_bytes,)
            np.lib.format.write_array_header_1_0(
                file, {"descr": "|u1", "fortran_order": False, "shape": shape}
            )
            for array in packing.arrays:
                for part in (_bytes_of(array), bytes(-array.nbytes % _ALIGNED)):
                    file.write(part)
                    digest.update(part)
        archive.writestr(HEAD, json.dumps({**vars(head), "digest": digest.hexdigest()}))


def read_head(path: Path) -> Head:
    """Return whose run a checkpoint is of, and how far it came.

    Raises
    ------
    DamagedResultError
        It cannot be read.
    """
    with _telling_damage(path), zipfile.ZipFile(path) as archive:
        return _head_in(archive)[0]


def read_checkpoint(path: Path, *, classes: Iterable[type], standing: Mapping[str, Any]) -> Any:
    """Return the state in a checkpoint.

    Parameters
    ----------
    path
        The file.
    classes, standing
        As they were written with (`put_checkpoint`).

    Raises
    ------
    DamagedResultError
        It is damaged.
    """
    with _telling_damage(path):
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise ValueError(f"{damaged} does not match its checksum")
            text, digest = archive.read(TREE), _head_in(archive)[1]
        read = json.loads(text)
        with np.load(path, allow_pickle=False) as members:
            data = members[ARRAYS.removesuffix(".npy")]
        found = hashlib.sha256(text)
        found.update(data.data)
        if found.hexdigest() != digest:
            raise ValueError("its parts are of different files")
        arrays = list(_arrays_in(data, read["arrays"]))
        return _Unpacking({kind.__name__: kind for kind in classes}, standing, arrays).value(read["state"])


def _head_in(archive: zipfile.ZipFile) -> tuple[Head, str]:
    """Return the head, and the digest of the rest."""
    told = json.loads(archive.read(HEAD))
    digest = told.pop("digest")
    head = Head(**told)
    counts = (head.n_done, head.n_slots)
    if (
        not isinstance(head.identity, dict)
        or not isinstance(head.scenario, dict)
        or {*map(type, counts)} != {int}
    ):
        raise ValueError(f"{HEAD} holds something else")
    if not 0 < head.n_done <= head.n_slots:
        raise ValueError(f"{head.n_done} of {head.n_slots} slots")
    return head, digest


@contextmanager
def _telling_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a broken file brings about
        raise DamagedResultError(f"{path}: is damaged ({type(error).__name__}: {error}); {CURE}") from None


def _is_turned(array: NDArray[Any]) -> bool:
    """Return whether an array lies in memory column by column: sums run over it in that order."""
    return array.flags.f_contiguous and not array.flags.c_contiguous


def _bytes_of(array: NDArray[Any]) -> memoryview:
    flat = np.ascontiguousarray(array.T if _is_turned(array) else array).reshape(-1)
    return flat.view(np.uint8).data


def _arrays_in(data: NDArray[np.uint8], specs: list[tuple[str, list[int], bool]]) -> Iterator[NDArray[Any]]:
    at = 0
    for text, shape, is_turned in specs:
        dtype = np.dtype(text)
        n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if len(data) < at + n_bytes or n_bytes < 0:
            raise ValueError(f"an array {text} of shape {shape} is cut off")
        array = data[at : at + n_bytes].view(dtype).reshape(shape[::-1] if is_turned else shape)
        yield array.T if is_turned else array
        at += n_bytes + -n_bytes % _ALIGNED


@dataclass
class _Packing:
    """Turns a state into what JSON can say, and arrays, each of them once however often it stands there."""

    names: dict[type, str]
    marks: dict[type, str]
    arrays: list[NDArray[Any]] = field(default_factory=list)
    place_of: dict[int, int] = field(default_factory=dict)

    @property
    def n_bytes(self) -> int:
        return sum(array.nbytes + -array.nbytes % _ALIGNED for array in self.arrays)

    def specs(self) -> list[tuple[str, tuple[int, ...], bool]]:
        return [(array.dtype.str, array.shape, _is_turned(array)) for array in self.arrays]

    def tree(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is list:
            return value if _PLAIN.issuperset(map(type, value)) else [self.tree(v) for v in value]
        if kind is tuple:
            return {"tuple": [self.tree(v) for v in value]}
        if kind is dict:
            return {"dict": [[self.tree(k), self.tree(v)] for k, v in value.items()]}
        if kind in self.marks:
            return {"standing": self.marks[kind]}
        if kind in self.names:
            parts = [getattr(value, f.name) for f in fields(value)] if is_dataclass(value) else value
            return {"class": self.names[kind], "parts": [self.tree(v) for v in parts]}
        if kind is np.ndarray and value.dtype != object:
            return {"array": self._place(value)}
        if kind is np.ndarray and value.ndim == 1:
            return {"objects": self.tree(value.tolist())}
        if isinstance(value, np.generic):
            return {"number": [value.dtype.str, value.item()]}
        raise TypeError(f"a checkpoint cannot hold a {kind.__name__}")

    def _place(self, array: NDArray[Any]) -> int:
        if id(array) not in self.place_of:
            self.place_of[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return self.place_of[id(array)]


@dataclass
class _Unpacking:
    """Turns it back."""

    classes: dict[str, type]
    standing: Mapping[str, Any]
    arrays: list[NDArray[Any]]

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self.value(v) for v in tree]
        if not isinstance(tree, dict):
            return tree
        (what, inner), *rest = tree.items()
        if what == "tuple":
            return tuple(self.value(v) for v in inner)
        if what == "dict":
            return {self.value(k): self.value(v) for k, v in inner}
        if what == "standing":
            return self.standing[inner]
        if what == "class":
            return self.classes[inner](*(self.value(v) for v in rest[0][1]))
        if what == "array":
            return self.arrays[inner]
        if what == "objects":
            return self._objects(inner)
        if what == "number":
            return np.dtype(inner[0]).type(inner[1])
        raise ValueError(f"{what}: unknown")

    def _objects(self, inner: list[Any]) -> NDArray[np.object_]:
        array = np.empty(len(inner), object)
        array[:] = [sys.intern(v) if type(v) is str else self.value(v) for v in inner]
        return array
