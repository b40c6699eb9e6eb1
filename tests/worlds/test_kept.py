"""A forged checkpoint is refused, whatever of it has another type or shape or points at nothing."""

from __future__ import annotations

import copy
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecumene
from ecumene import course
from ecumene.errors import DamagedResultError
from ecumene.results.checkpoint import CHECKPOINT, put_checkpoint, read_checkpoint, read_head
from ecumene.results.schema import ARRAYS
from ecumene.simulation import run
from ecumene.world import build

KEYS = {"slots": 6, "pairs.all": True, "output.arrays": list(ARRAYS)}
FAULTS = (
    {"kind": "blackout", "countries": ["XA"], "after_s": 15, "lasts_s": 15},
    {"kind": "isls", "after_s": 15, "lasts_s": 15},
)


def stop(done, _total):
    if done == 4:
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory):
    """Return a world, the folder of its run after four slots of six, the head and the state in it."""
    folder = tmp_path_factory.mktemp("broken-off")
    world = build(ecumene.load("toy", overrides=KEYS, faults=FAULTS))
    with pytest.raises(KeyboardInterrupt):
        run(world, on_slot=stop, folder=folder)
    path = folder / CHECKPOINT
    parts = {"classes": course._PARTS, "standing": {"world": world}}
    return world, folder, read_head(path), read_checkpoint(path, **parts)


def places(value, path=()):
    """Return the path to every array and single value in a state."""
    if is_dataclass(value) and not isinstance(value, ecumene.world.World):
        inner = [((f.name,), getattr(value, f.name)) for f in fields(value)]
    elif hasattr(value, "_fields"):
        inner = [((name,), getattr(value, name)) for name in value._fields]
    elif isinstance(value, dict):
        inner = [((key,), value[key]) for key in value]
    elif isinstance(value, list | tuple):
        inner = [((k,), value[k]) for k in sorted({0, len(value) - 1} & set(range(len(value))))]
    else:
        return [path]
    below = [place for step, part in inner for place in places(part, (*path, *step))]
    return [path, *below] if isinstance(value, list | dict) else below


def at(value, path):
    for step in path:
        value = (
            value[step] if isinstance(value, list | dict) or isinstance(step, int) else getattr(value, step)
        )
    return value


def changed(value, path, part):
    """Return a state with another part at a path."""
    if not path:
        return part
    step, *rest = path
    inner = changed(at(value, (step,)), rest, part)
    if isinstance(value, list):
        return [inner if k == step else v for k, v in enumerate(value)]
    if isinstance(value, dict):
        return {**value, step: inner}
    if hasattr(value, "_fields"):
        return value._replace(**{step: inner})
    if isinstance(value, tuple):
        return tuple(inner if k == step else v for k, v in enumerate(value))
    other = copy.copy(value)
    object.__setattr__(other, step, inner)
    return other


def forgeries(part):
    """Return what is no longer the same type or shape."""
    if isinstance(part, np.ndarray):
        if part.dtype == object:
            return [part[:-1], part.tolist(), np.zeros(part.shape)]
        wider = np.zeros((*part.shape, 2), part.dtype)
        return [
            part[..., :-1] if part.ndim and part.shape[-1] else wider,
            np.concatenate([part, part, part[:1] if len(part) else wider.ravel()])
            if part.ndim == 1
            else part.ravel(),
            wider,
            np.zeros(part.shape, np.float16),
            part.tolist(),
            None,
        ]
    if isinstance(part, bool):
        return ["no"]
    if isinstance(part, int | float | np.number):
        return ["1", [1], np.zeros(3)]
    if isinstance(part, str):
        return [7]
    if isinstance(part, list):
        return [part[:-1] if part else [1], [*part, part[0] if part else 1], {"a": 1}, np.zeros(3)]
    if isinstance(part, dict):
        return [{}, [1]] if part else [{"a": 1}]
    return [3.5]


UNREAD = {
    ("ledger", "carriage", "last"),
    ("last", "sky"),
    ("ledger", "world"),
    ("last", "world"),
    ("ledger", "carriage", "world"),
}
"""Replaced by what the world gives."""


def refuses(broken_off, state):
    world, folder, head, _ = broken_off
    whole = (folder / CHECKPOINT).read_bytes()
    try:
        put_checkpoint(folder / CHECKPOINT, head, state, classes=course._PARTS, standing={"world": world})
        with course.begin(world, folder, force=False):
            return ""
    except DamagedResultError as error:
        return str(error)
    finally:
        (folder / CHECKPOINT).write_bytes(whole)


def test_the_state_itself_is_taken(broken_off):
    assert refuses(broken_off, broken_off[3]) == ""


def test_every_part_of_another_type_or_shape_is_refused(broken_off):
    state = broken_off[3]
    checked, taken = 0, []
    for path in places(state):
        part = at(state, path)
        if path in UNREAD or part is None:
            continue
        for forged in forgeries(part):
            told = refuses(broken_off, changed(state, path, forged))
            if "checkpoint.npz: is" not in told:
                taken.append((path, part, forged))
            checked += 1
    assert taken == []
    assert checked > 700


POINTING = (
    ("last", "plan", "sat_of_cell"),
    ("last", "links", "feeders", "gateway_of_feed"),
    ("last", "links", "feeders", "sat_of_feed"),
    ("last", "links", "routes", "feed"),
    ("last", "taken", "next_link"),
    ("last", "streams", "paths", "first"),
    ("last", "streams", "paths", "resource"),
    ("last", "streams", "flow_of_path"),
    ("last", "view", "first_of_place"),
    ("last", "terminals", "sat"),
    ("last", "service", "cause"),
    ("ledger", "rows", "last_sat"),
    ("ledger", "rows", "codes"),
    ("ledger", "rows", "n_counted"),
    ("ledger", "rows", "n_settled"),
    ("ledger", "dwells", "slots"),
)


@pytest.mark.parametrize("path", POINTING, ids=".".join)
def test_what_points_at_nothing_is_refused(broken_off, path):
    values = at(broken_off[3], path)
    for wrong in (np.iinfo(values.dtype).max, max(np.iinfo(values.dtype).min, -2)):
        if values.dtype.kind == "u" and wrong == 0:
            continue
        forged = values.copy()
        forged.flat[-1] = wrong
        assert path[-1] in refuses(broken_off, changed(broken_off[3], path, forged))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_two_parts_that_change_places_are_refused_unless_they_are_alike(broken_off, data):
    state = broken_off[3]
    arrays = [p for p in places(state) if isinstance(at(state, p), np.ndarray)]
    one, other = (data.draw(st.sampled_from(arrays)) for _ in range(2))
    a, b = at(state, one), at(state, other)
    told = refuses(broken_off, changed(changed(state, one, b), other, a))
    assert told or (a.dtype == b.dtype and a.shape == b.shape)


def test_a_slot_or_a_ledger_that_is_something_else_is_refused(broken_off):
    state = broken_off[3]
    for forged in (
        {},
        [],
        {**state, "last": None},
        {**state, "last": state["ledger"]},
        {**state, "ledger": state["last"]},
        {**state, "ledger": [1]},
        {**state, "arrays": None},
        {**state, "last": replace(state["last"], plan=state["last"].asked)},
    ):
        assert "checkpoint.npz: is" in refuses(broken_off, forged)
