"""The file of an unfinished run: gives back what was put in, or says that it is damaged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from ecumene.errors import DamagedResultError
from ecumene.results.checkpoint import CHECKPOINT, Head, put_checkpoint, read_checkpoint, read_head


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Frozen:
    values: np.ndarray
    inner: Any = None


class Place:
    """Stands for what is not written."""


HEAD = Head({"fingerprint": "f"}, {"name": "toy"}, 2, 6)
HERE = Place()
PARTS: dict[str, Any] = {"classes": (Pair, Frozen), "standing": {"here": HERE}}


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def forge(path, tree):
    """Put another tree into a checkpoint, with the digest that belongs to it."""
    members = members_of(path)
    text = json.dumps(tree).encode()
    data = np.lib.format.read_array(io.BytesIO(members["arrays.npy"]))
    digest = hashlib.sha256(text + data.tobytes()).hexdigest()
    head = {**json.loads(members["head.json"]), "digest": digest}
    write_members(path, {**members, "head.json": json.dumps(head).encode(), "tree.json": text})


def back(tmp_path, state):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, state, **PARTS)
    assert [p.name for p in tmp_path.iterdir()] == [CHECKPOINT]
    assert read_head(path) == HEAD
    return read_checkpoint(path, **PARTS)


def same(found, given):
    """Return whether two states are of the same types and the same bits."""
    if isinstance(given, np.ndarray) and given.dtype == object:
        return found.dtype == object and same(found.tolist(), given.tolist())
    if isinstance(given, np.ndarray):
        layouts = [(a.dtype, a.shape, a.flags.c_contiguous, a.tobytes()) for a in (found, given)]
        return layouts[0] == layouts[1] and found.flags.writeable
    if type(found) is not type(given):
        return False
    if isinstance(given, dict):
        return list(found) == list(given) and all(same(found[k], given[k]) for k in given)
    if isinstance(given, (list, tuple)):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, Frozen):
        return same(vars(found), vars(given))
    return repr(found) == repr(given)


@pytest.mark.parametrize(
    "state",
    [
        [None, True, 2, 0.1, "ü\n", float("nan"), float("-inf"), 2**70, -0.0, 5e-324],
        [(1, [2.0, (3,)]), {}, {4: {"a": [None]}, "b": ()}, []],
        [np.float64(0.1), np.int16(-3), np.bool_(True), np.str_("x"), np.float32("nan")],
        np.array([1.5, np.nan, -0.0]),
        [np.zeros((0, 3), np.uint8), np.array(7, np.int64), np.array([True, False]), np.array(["ab", "c"])],
        np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
        np.array(["a", "", None, 2.5], dtype=object),
        Frozen(np.arange(3), Pair(np.ones(2), "right")),
    ],
)
def test_what_is_put_in_comes_back(tmp_path, state):
    assert same(back(tmp_path, state), state)


def test_an_array_that_stands_twice_is_one_and_what_stands_by_is_there(tmp_path):
    shared = np.arange(5)
    found = back(tmp_path, [shared, Frozen(shared, HERE)])
    assert found[0] is found[1].values
    assert found[1].inner is HERE


def test_a_strided_array_comes_back_with_its_values(tmp_path):
    assert back(tmp_path, np.arange(10)[::3]).tolist() == [0, 3, 6, 9]


def test_what_it_cannot_hold_is_said_and_the_old_one_stays(tmp_path):
    assert back(tmp_path, 1) == 1
    for state in (object(), {1, 2}, np.array([[None]], dtype=object), np.array([object()], dtype=object)):
        with pytest.raises(TypeError, match="a checkpoint cannot hold a"):
            put_checkpoint(tmp_path / CHECKPOINT, HEAD, state, **PARTS)
    assert read_checkpoint(tmp_path / CHECKPOINT, **PARTS) == 1


def test_every_flipped_bit_is_noticed_or_does_no_harm(tmp_path):
    state = [np.arange(40, dtype=np.int16), Frozen(np.linspace(0, 1, 5), "text"), 3]
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, state, **PARTS)
    whole, n_noticed = path.read_bytes(), 0
    for k in range(len(whole)):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ (1 << k % 8)]) + whole[k + 1 :])
        try:
            assert (read_head(path), same(read_checkpoint(path, **PARTS), state)) == (HEAD, True)
        except DamagedResultError:
            n_noticed += 1
    assert n_noticed > len(whole) / 2  # the rest are dates and attributes that nobody reads


def test_a_truncated_file_is_noticed(tmp_path):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, [np.arange(9)], **PARTS)
    whole = path.read_bytes()
    for k in range(len(whole)):
        path.write_bytes(whole[:k])
        told = r"checkpoint\.npz: is damaged \(.*\); delete it, or add --force, to begin with the first slot"
        with pytest.raises(DamagedResultError, match=told):
            read_head(path)


@pytest.mark.parametrize(
    "tree",
    [
        {"class": "Popen", "parts": [["true"]]},
        {"class": "Frozen", "parts": []},
        {"array": 5},
        {"number": 1},
        {"standing": "there"},
        {"eval": "1"},
        {},
    ],
)
def test_nothing_but_the_named_classes_is_made(tmp_path, tree):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, 1, **PARTS)
    forge(path, {"state": tree, "arrays": []})
    with pytest.raises(DamagedResultError) as caught:
        read_checkpoint(path, **PARTS)
    assert "its parts are of different files" not in str(caught.value)


@pytest.mark.parametrize("shape", [[9], [1, 5], [-1], [2**40, 2**40], "x", [1.5]])
def test_arrays_that_are_not_in_the_file_are_refused(tmp_path, shape):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, [np.arange(4, dtype=np.uint8)], **PARTS)
    forge(path, {"state": {"array": 0}, "arrays": [["<i8" if shape == [9] else "|O", shape, False]]})
    with pytest.raises(DamagedResultError):
        read_checkpoint(path, **PARTS)


def test_parts_of_two_files_are_not_taken_for_one(tmp_path):
    """The same tree and sizes, other numbers: no length tells them apart."""
    a, b = tmp_path / "a", tmp_path / "b"
    put_checkpoint(a, HEAD, [np.arange(4)], **PARTS)
    put_checkpoint(b, HEAD, [np.arange(4) + 1], **PARTS)
    members = members_of(a)
    write_members(a, {**members, "arrays.npy": members_of(b)["arrays.npy"]})
    with pytest.raises(DamagedResultError, match="its parts are of different files"):
        read_checkpoint(a, **PARTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_done": 0},
        {"n_done": 7},
        {"n_done": "2"},
        {"n_slots": None},
        {"identity": []},
        {"scenario": "x"},
        {"x": 1},
    ],
)
def test_a_head_that_holds_something_else_is_refused(tmp_path, wrong):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, 1, **PARTS)
    members = members_of(path)
    write_members(
        path, {**members, "head.json": json.dumps({**json.loads(members["head.json"]), **wrong}).encode()}
    )
    with pytest.raises(DamagedResultError):
        read_head(path)


def test_arrays_are_never_unpickled(tmp_path):
    path = tmp_path / CHECKPOINT
    put_checkpoint(path, HEAD, 1, **PARTS)
    head = members_of(path)["head.json"]
    np.savez(path, arrays=np.array([print], dtype=object))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("head.json", head)
        archive.writestr("tree.json", json.dumps({"state": {"array": 0}, "arrays": [["|u1", [1], False]]}))
    with pytest.raises(DamagedResultError, match="allow_pickle"):
        read_checkpoint(path, **PARTS)
