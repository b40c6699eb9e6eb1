"""What is kept of every row in a few slots: whom it sees, who serves it, and where its traffic comes down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.sky.sight import look

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.slot import Slot


def key_columns(slot: Slot) -> dict[str, NDArray[Any]]:
    """Return what is kept of every row in a slot, by the name it has in `ecumene.results.frames.Frames`."""
    gateway, pop = landings_of_rows(slot)
    n_visible, n_clear, n_usable = satellites_in_view(slot)
    return {
        "cause": slot.service.cause,
        "sat": serving_satellites(slot),
        "gateway": gateway.astype(np.int16),
        "pop": pop.astype(np.int16),
        "n_visible": n_visible,
        "n_clear": n_clear,
        "n_usable": n_usable,
    }


def serving_satellites(slot: Slot) -> NDArray[np.int32]:
    """Return the satellite that serves each row, -1 where none does, (row,)."""
    sat = slot.plan.sat_of_cell[slot.world.land.cell_of_row]
    return np.where(slot.service.rate_bps > 0.0, sat, -1).astype(np.int32)


def landings_of_rows(slot: Slot) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the gateway and the PoP over which most of each row's traffic goes, -1 where it has none, (row,)."""
    sat = serving_satellites(slot)
    path = np.maximum(slot.world.land.class_of_row, 0), np.maximum(sat, 0)
    is_served = sat >= 0
    return np.where(is_served, slot.taken.gateway[path], -1), np.where(is_served, slot.taken.pop[path], -1)


def satellites_in_view(slot: Slot) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """Return how many satellites each row sees from its cell's centre.

    Parameters
    ----------
    slot
        The finished slot.

    Returns
    -------
    n_visible, n_clear, n_usable : (row,)
        As in the table of places: above the elevation mask; of these outside the exclusion angle to the geostationary
        arc; of these with a permitted path home and not jammed. What is broken is not counted.
    """
    world, sky = slot.world, slot.sky
    cell, landing_class = world.land.cell_of_row, world.land.class_of_row
    sight, clear_of_cell = sky.sight, sky.unjammed_of_cell
    if world.unbroken is not None:  # the slot's own sight holds broken satellites too, which none can use
        sight = look(world.grid, sky.r_sat_m, world.can_serve & sky.is_valid)
        clear_of_cell = sight.clear_of_cell
    usable = slot.links.usable_of_bin[world.grid.bin_of_cell[cell], np.maximum(landing_class, 0)]
    usable &= sky.sight.clear_of_cell[cell]
    n_usable = np.where(landing_class >= 0, _count(usable), 0)
    counts = sight.n_visible_of_cell[cell], _count(clear_of_cell)[cell], n_usable
    n_visible, n_clear, n_usable = (count.astype(np.uint16) for count in counts)
    return n_visible, n_clear, n_usable


def _count(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how many bits are set in each line of words."""
    return np.asarray(np.bitwise_count(bits).sum(axis=1, dtype=np.int64))
