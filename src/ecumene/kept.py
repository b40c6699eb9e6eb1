"""Whether what a checkpoint holds fits the world it is read for: types, shapes, and indices that point at something.

A checkpoint may come from somebody else, or from a broken disk. Kernels index without looking, so what is read is
looked at here, once, before the first slot; a count that is wrong but possible nobody can tell from a right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.carriage import slots_tried
from ecumene.keyframes import key_columns
from ecumene.pairs import pair_columns
from ecumene.record import Ledger, fared, open_ledger, place_columns, slot_columns
from ecumene.results.arrays import BLOCK_SLOTS
from ecumene.results.frames import key_slots
from ecumene.results.schema import ARRAYS, CAUSES
from ecumene.results.statistics import are_codes
from ecumene.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from ecumene.world import World

_ROUTES = {
    "delay_s": "f8 class sat",
    "space_m": "f8 class sat",
    "gateway": "i4 class sat ?gateway",
    "pop": "i4 class sat ?pop",
    "feed": "i4 class sat ?feed",
    "hops": "i2 class sat",
    "next_sat": "i4 class sat ?sat",
    "next_link": "i4 class sat ?link",
}

OF_SLOT = {
    "asked": {"row_bps": "f8 row", "cell_bps": "f8 cell"},
    "links": {
        "feeders": {
            "gateway_of_feed": "i4 feed !gateway",
            "sat_of_feed": "i4 feed !sat",
            "slant_m": "f8 feed",
            "n_kept": "int",
        },
        "isls": {
            "length_m": "f8 link",
            "grazing_m": "f8 link",
            "is_up": "b1 link",
            "stood_s": "f8 link",
        },
        "pairs": "i4 link 2 !sat",
        "routes": _ROUTES,
        "usable_of_bin": "u8 bin class word",
        "has_unbroken_path": "b1 class sat",
        "unbroken_usable_of_bin": "u8 bin class word",
        "feed_bps": "f8 feed",
    },
    "plan": {
        "sat_of_cell": "i4 cell ?sat",
        "units_of_cell": "i2 cell",
        "planned_bps": "f8 cell",
        "is_full": "b1 sat",
        **dict.fromkeys(("n_kept", "n_handovers", "n_forced"), "int"),
        **dict.fromkeys(("objective_bps", "objective_bound_bps", "served_bps", "served_bound_bps"), "float"),
        "prices": {"unit": "f8 sat", "bit": "f8 sat"},
    },
    "flow_class": "i4 flow !class",
    "flow_sat": "i4 flow !sat",
    "offered_bps": "f8 flow",
    "streams": {
        "paths": {
            "first": "i8 path+1 >step",
            "resource": "i4 step !resource",
            "capacity_bps": "f8 resource",
            "start_of_kind": "i8 kind+1 >resource",
        },
        "flow_of_path": "i4 path !flow",
        "path_bps": "f8 path",
        "delay_s": "f8 path",
        "space_m": "f8 path",
        "shares": {"carried_bps": "f8 flow", "bottleneck": "i4 flow ?resource", "load_bps": "f8 resource"},
    },
    "possible_bps": "float",
    "one_path_bps": "float",
    "taken": _ROUTES,
    "delay_s": "f8 class sat",
    "carried_share": "f8 class sat",
    "service": {
        "cause": "i1 row !cause",
        "rate_bps": "f8 row",
        "rtt_s": "f4 row",
        "is_available": "b1 row",
        "is_reachable": "b1 row",
    },
    "view": {
        "first_of_place": "i8 place+1 >view",
        "sat": "i4 view !sat",
        "is_clear": "b1 view",
        "sine": "f8 view",
        "slant_m": "f8 view",
        "is_alive": "b1 view",
        "is_quiet": "b1 view",
    },
    "terminals": {
        "cause": "i1 place !cause",
        **dict.fromkeys(("n_visible", "n_clear", "n_usable"), "i8 place"),
        "sat": "i4 place ?sat",
        "pair": "i8 place ?view",
        "share": "f8 place",
    },
}
"""What the last slot holds beside world and sky: type, axes, and for indices what they point at ("!", or "?" where -1
is none); ">" stands before the axis that an array of offsets cuts up."""

_GROWING = {
    *(f"ledger.{name}" for name in ("places", "pairs", "slots", "keys", "there", "totals", "seconds")),
    *(f"ledger.carriage.{name}" for name in ("totals", "failures", "last")),
}
"""What of a ledger grows with the slots, and is looked at by itself."""

_N_KINDS = 5
"""Kinds of resources on a path (`ecumene.network.sharing`)."""


def check_kept(ledger: Any, last: Any, world: World, n_done: int) -> None:
    """Refuse a ledger and a last slot that are not of this world after so many slots.

    Parameters
    ----------
    ledger, last
        As a checkpoint gave them; the slot with its world and sky in place.
    world
        Of the run.
    n_done
        Slots done, at least one.

    Raises
    ------
    ValueError
        Something is of another type or shape, or points at nothing; with its name.
    """
    _check_slot(last, world)
    _check_ledger(ledger, last, world, n_done)


def check_waiting(state: Any, world: World, n_done: int) -> None:
    """Refuse a state of per-slot arrays that is not of this world after so many slots.

    Parameters
    ----------
    state
        As `ecumene.results.arrays.SlotArrays.state` gave it; None where none are kept.
    world
        Of the run.
    n_done
        Slots done.

    Raises
    ------
    ValueError
        Something is of another type or shape; with its name.
    """
    names = world.scenario.output.arrays
    if state is None and not names:
        return
    is_state = isinstance(state, dict) and set(state) == {"waiting", "n_written", "digests"}
    _demand(is_state and tuple(state["waiting"]) == tuple(names), "arrays", "those of the scenario")
    n_rows, n_written = len(world.land.rows.cell), n_done - n_done % BLOCK_SLOTS
    _demand(_is_int(state["n_written"]) and state["n_written"] == n_written, "arrays.n_written", n_written)
    for name, slots in state["waiting"].items():
        _check_length(slots, n_done - n_written, f"arrays.{name}")
        for values in slots:
            _check_array(values, np.dtype(ARRAYS[name].dtype), (n_rows,), f"arrays.{name}")
    digests = state["digests"]
    is_plain = isinstance(digests, dict) and all(isinstance(w, str) for pair in digests.items() for w in pair)
    is_whole = is_plain and "zarr.json" in digests and not any(".." in name.split("/") for name in digests)
    _demand(is_whole, "arrays.digests", "those of the files of the store")


def _check_slot(last: Any, world: World) -> None:
    _demand(type(last) is Slot, "last", "a slot")
    sizes = {
        "row": len(world.land.rows.cell),
        "cell": len(world.grid.cell),
        "sat": len(world.fleet.elements),
        "gateway": len(world.ground.gateways),
        "pop": len(world.ground.pops),
        "class": len(last.world.ground.is_gateway_permitted),
        "place": len(world.places.name),
        "bin": len(last.sky.sight.candidates_of_bin),
        "word": last.sky.sight.clear_of_cell.shape[1],
        "kind": _N_KINDS,
        "cause": len(CAUSES),
    }
    indices: list[tuple[str, NDArray[Any], str]] = []
    _check_fields(last, OF_SLOT, "last", sizes, indices)
    for name, values, mark in indices:
        _check_indices(values, mark, sizes[mark[1:]], name)
    n_links = len(world.links)
    is_grown = sizes["link"] >= n_links and np.array_equal(last.links.pairs[:n_links], world.links)
    _demand(is_grown, "last.links.pairs", "to begin with the links of the world")


def _check_fields(
    value: Any, wanted: Mapping[str, Any], name: str, sizes: dict[str, int], indices: list[Any]
) -> None:
    for key, what in wanted.items():
        inner, here = getattr(value, key, None), f"{name}.{key}"
        if isinstance(what, dict):
            _demand(is_dataclass(inner) or isinstance(inner, tuple), here, "an object")
            _check_fields(inner, what, here, sizes, indices)
        elif what == "int":
            _demand(_is_int(inner), here, "a whole number")
        elif what == "float":
            _demand(_is_number(inner), here, "a number")
        else:
            kind, *axes = what.split()
            mark = axes.pop() if axes[-1][0] in "!?>" else ""
            lengths = inner.shape if isinstance(inner, np.ndarray) else ()
            _demand(len(lengths) == len(axes), here, f"an array ({', '.join(axes)})")
            shape = tuple(_size(axis, n, sizes) for axis, n in zip(axes, lengths, strict=True))
            _check_array(inner, np.dtype(kind), shape, here)
            if mark:
                indices.append((here, inner, mark))


def _size(axis: str, n: int, sizes: dict[str, int]) -> int:
    """Return how long an axis must be; the first array with an axis that no world knows says how long that is."""
    if axis.isdigit():
        return int(axis)
    name, more = axis.removesuffix("+1"), int(axis.endswith("+1"))
    return sizes.setdefault(name, n - more) + more


def _check_indices(values: NDArray[Any], mark: str, n: int, name: str) -> None:
    if mark[0] == ">":
        is_cut = values[0] == 0 and values[-1] == n and bool((np.diff(values) >= 0).all())
        _demand(is_cut, name, f"offsets from 0 to {n}")
        return
    least = -1 if mark[0] == "?" else 0
    _demand(
        not values.size or (values.min() >= least and values.max() < n), name, f"between {least} and {n - 1}"
    )


def _check_ledger(ledger: Any, last: Slot, world: World, n_done: int) -> None:
    _demand(type(ledger) is Ledger, "ledger", "a ledger")
    n_slots = world.scenario.slots
    _check_alike(ledger, open_ledger(world, keeps_arrays=True), "ledger", but=_GROWING)
    _check_counts(ledger, n_done)
    slot = {k: fault.row for k, fault in enumerate(world.faults) if fault.row is not None}
    n_keys = int(np.count_nonzero(key_slots(n_slots) < n_done))
    for name, n, wanted in (
        ("places", n_done, place_columns(last.world, last)),
        (
            "pairs",
            n_done if len(world.pairs) else 0,
            pair_columns(last.world, last, "") if len(world.pairs) else {},
        ),
        ("slots", n_done, slot_columns(last)),
        ("keys", n_keys, {"slot": np.int64(0), **key_columns(last)}),
        ("there", n_done, {k: fared(last, row) for k, row in slot.items()}),
        ("totals", n_done, (0.0,) * 8),
        ("seconds", n_done, 0.0),
    ):
        entries = getattr(ledger, name)
        _check_length(entries, n, f"ledger.{name}")
        for entry in entries:
            _check_alike(entry, wanted, f"ledger.{name}")
    _check_length(ledger.carriage.totals, n_done, "ledger.carriage.totals")
    for entry in ledger.carriage.totals:
        _check_alike(entry, (0.0, 0.0), "ledger.carriage.totals")
    _check_failures(ledger.carriage.failures, world, n_done)


def _check_counts(ledger: Ledger, n_done: int) -> None:
    """Look at the numbers by which others are counted."""
    rows, n_sats = ledger.rows, len(ledger.carried_of_sat)
    for name, values in (("rows", rows.last_sat), ("dwells", ledger.dwells.last_sat)):
        _check_indices(values, "?", n_sats, f"ledger.{name}.last_sat")
    _check_indices(ledger.dwells.slots, "!", n_done + 1, "ledger.dwells.slots")
    _demand(rows.n_counted[0] == n_done, "ledger.rows.n_counted", n_done)
    oldest = max(0, n_done - len(rows.codes))
    is_settled = bool(((rows.n_settled >= oldest) & (rows.n_settled <= n_done)).all())
    _demand(is_settled, "ledger.rows.n_settled", f"between {oldest} and {n_done}")
    _demand(are_codes(rows.codes), "ledger.rows.codes", "codes of causes, shares and round trips")


def _check_failures(failures: Any, world: World, n_done: int) -> None:
    name, n_gateways = "ledger.carriage.failures", len(world.ground.gateways)
    _check_alike(
        failures, open_ledger(world).carriage.failures, name, but={f"{name}.n_slots", f"{name}.tried"}
    )
    n_tried = sum(slot < n_done for slot in slots_tried(world.scenario.slots))
    _demand(_is_int(failures.n_slots) and failures.n_slots == n_tried, f"{name}.n_slots", n_tried)
    tried = failures.tried
    is_known = isinstance(tried, tuple) and all(_is_int(g) and 0 <= g < n_gateways for g in tried)
    _demand(tried is None or is_known, f"{name}.tried", "gateways")


def _check_alike(found: Any, wanted: Any, name: str, *, but: Collection[str] = ()) -> None:
    """Compare types and shapes of arrays, objects, tables, lists, and single values."""
    if isinstance(wanted, np.ndarray):
        _check_array(found, wanted.dtype, wanted.shape, name)
    elif is_dataclass(wanted):
        _demand(type(found) is type(wanted), name, f"a {type(wanted).__name__}")
        for entry in fields(wanted):
            here = f"{name}.{entry.name}"
            if entry.name != "world" and here not in but:
                _check_alike(getattr(found, entry.name), getattr(wanted, entry.name), here, but=but)
    elif isinstance(wanted, Mapping):
        _demand(isinstance(found, dict) and list(found) == list(wanted), name, ", ".join(map(str, wanted)))
        for key, inner in wanted.items():
            _check_alike(found[key], inner, f"{name}.{key}")
    elif isinstance(wanted, list | tuple):
        _demand(type(found) is type(wanted) and len(found) == len(wanted), name, f"{len(wanted)} entries")
        for one, other in zip(found, wanted, strict=True):
            _check_alike(one, other, name)
    else:
        _check_value(found, wanted, name)


def _check_value(found: Any, wanted: Any, name: str) -> None:
    """Compare types of single values; any number stands for any other."""
    if isinstance(wanted, str | bool):
        _demand(type(found) is type(wanted), name, "text" if isinstance(wanted, str) else "true or false")
    elif wanted is not None:
        _demand(_is_number(found) or found is None, name, "a number")


def _check_array(found: Any, dtype: np.dtype[Any], shape: tuple[int, ...], name: str) -> None:
    told = f"{dtype} of shape {shape}"
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{name} is {type(found).__name__}, not {told}")  # noqa: TRY004 - one kind for all
    if found.dtype != dtype or found.shape != shape:
        raise ValueError(f"{name} is {found.dtype} of shape {found.shape}, not {told}")


def _check_length(found: Any, n: int, name: str) -> None:
    _demand(isinstance(found, list) and len(found) == n, name, f"{n} entries")


def _is_int(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _demand(is_so: bool | np.bool_, name: str, wanted: Any) -> None:
    if not is_so:
        raise ValueError(f"{name} must be {wanted}")
