"""Every slot of a run, kept: what tables only sum up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecumene import load
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

if TYPE_CHECKING:
    from ecumene.slot import Slot
    from ecumene.world import World


def slots_of_run(name: str, faults: tuple[dict[str, Any], ...] = (), **keys: Any) -> tuple[World, list[Slot]]:
    """Return the world and all slots of a preset; keys have "__" for a dot."""
    overrides = {key.replace("__", "."): value for key, value in keys.items()}
    world = build(load(name, overrides=overrides, faults=faults))
    slots: list[Slot] = []
    for k in range(world.scenario.slots):
        sky, next_sky = survey(world.at(k), k), survey(world.at(k + 1), k + 1)
        slots.append(one_slot(world.at(k), sky, next_sky, slots[-1] if slots else None))
    return world, slots
