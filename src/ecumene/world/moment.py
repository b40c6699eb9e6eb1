"""The world as it is in one slot: what breaks in it is taken away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.faults.jamming import Noise, loss_of_noise_db, uplink_gain
from ecumene.units import from_db, to_db
from ecumene.world.cells import Radio, noisy_rates_bps
from ecumene.world.market import build_market

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecumene.scenario import Scenario
    from ecumene.world.faults import Fault, Hit, Jam
    from ecumene.world.market import Market
    from ecumene.world.places import NamedPlaces
    from ecumene.world.planet import World

LOSS_STEP_DB = 0.5
"""Losses to a downlink jammer are rounded up to such steps: every step is a rate class of its own. [dB]"""


@dataclass(frozen=True)
class Jammed:
    """What jammers that stand together change.

    Attributes
    ----------
    which
        Indices of their faults.
    radio, market, places, noise, noise_of_places
        These parts of a world with them in it.
    """

    which: tuple[int, ...]
    radio: Radio
    market: Market
    places: NamedPlaces
    noise: Noise
    noise_of_places: Noise


def jammed_parts(world: World) -> tuple[Jammed, ...]:
    """Return what every set of jammers that stand together in a slot of the run changes.

    Parameters
    ----------
    world
        With its faults; those of one law where it changes.
    """
    times_s = (slot * world.scenario.slot_s for slot in range(world.scenario.slots + 1))
    sets = {_jammers(world, t_s) for t_s in times_s} - {()}
    return tuple(_jammed(world, which) for which in sorted(sets))


def _jammers(world: World, t_s: float) -> tuple[int, ...]:
    return tuple(k for k, fault in enumerate(world.faults) if fault.jam is not None and fault.stands(t_s))


def moment(world: World, t_s: float) -> World:
    """Return the world at a time: the very same one where no fault stands.

    Parameters
    ----------
    world
        With all its faults, none of them applied, and what its jammers change (`jammed_parts`).
    t_s
        Beginning of a slot of the run, seconds after its start. [s]

    Returns
    -------
    world
        What is lost is gone from it: satellites do not serve, lasers are down, gateways have no antenna, no landing
        class may use a PoP that is out of order. `unbroken` is the same world with all of that, and the noise of
        jammers in both.
    """
    standing = tuple(k for k, fault in enumerate(world.faults) if fault.stands(t_s))
    if not standing:
        return world
    faults = [world.faults[k] for k in standing]
    noisy = next((parts for parts in world.jammed if parts.which == _jammers(world, t_s)), None)
    world = replace(world, standing=standing)
    if noisy is not None:
        world = replace(
            world,
            radio=noisy.radio,
            market=noisy.market,
            places=noisy.places,
            noise=noisy.noise,
            noise_of_places=noisy.noise_of_places,
        )
    changes = _losses(world, faults, t_s)
    return replace(world, **changes, unbroken=world) if changes else world


def _losses(world: World, faults: Sequence[Fault], t_s: float) -> dict[str, Any]:
    """Return what differs in a world with these faults; nothing where they break nothing."""
    is_down = np.logical_or.reduce([fault.down_until_s > t_s for fault in faults])
    is_dark = is_down | np.logical_or.reduce([fault.is_dark for fault in faults])
    is_gateway_down = np.logical_or.reduce([fault.is_gateway_down for fault in faults])
    is_pop_down = np.logical_or.reduce([fault.is_pop_down for fault in faults])
    is_link_down = np.logical_or.reduce([fault.is_link_down for fault in faults])
    changes: dict[str, Any] = {}
    if is_dark.any() or is_link_down.any():
        is_link_up = ~(is_dark[world.links].any(axis=1) | is_link_down)
        changes |= {"is_link_up": is_link_up, "has_spare_laser": world.has_spare_laser & ~is_dark}
        changes["can_serve"] = world.can_serve & ~is_down
    if is_gateway_down.any() or is_pop_down.any():
        ground = world.ground
        antennas = np.where(is_gateway_down, 0, ground.gateways.antennas).astype(np.int32)
        changes["ground"] = replace(
            ground,
            gateways=replace(ground.gateways, antennas=antennas),
            is_pop_permitted=ground.is_pop_permitted & ~is_pop_down,
        )
    if any(fault.is_frozen for fault in faults):
        changes["is_frozen"] = True
    return changes


def _jammed(world: World, which: tuple[int, ...]) -> Jammed:
    """Return the parts of a world with the noise of these jammers in its rates."""
    jams = [jam for k in which if (jam := world.faults[k].jam) is not None]
    scenario, radio, places = world.scenario, world.radio, world.places
    cell_loss_db = loss_of_jammers_db([jam.cells for jam in jams])
    place_loss_db = loss_of_jammers_db([jam.places for jam in jams])
    losses_db = np.unique(np.concatenate([cell_loss_db, place_loss_db, [0.0]]))
    noisy = Radio(
        pfd_of_class_dbw_m2_mhz=np.tile(radio.pfd_of_class_dbw_m2_mhz, len(losses_db)),
        channel_rate_bps=np.concatenate([noisy_rates_bps(scenario, radio, loss_db) for loss_db in losses_db]),
        rate_class_of_cell=_class_with_loss(radio, radio.rate_class_of_cell, losses_db, cell_loss_db),
        closes_from_deg=radio.closes_from_deg,
    )
    return Jammed(
        which=which,
        radio=noisy,
        market=build_market(scenario, world.land, world.grid, noisy, world.beams),
        places=replace(
            places, rate_class=_class_with_loss(radio, places.rate_class, losses_db, place_loss_db)
        ),
        noise=_noise(scenario, [(jam, jam.cells) for jam in jams]),
        noise_of_places=_noise(scenario, [(jam, jam.places) for jam in jams]),
    )


def loss_of_jammers_db(hits: Sequence[Hit]) -> NDArray[np.float64]:
    """Return what downlink jammers take off C/N at every point, their powers added up [dB]."""
    total_db = to_db(np.maximum(sum(from_db(hit.j_over_n_db) for hit in hits), 1e-30))
    return np.ceil(np.round(loss_of_noise_db(total_db) / LOSS_STEP_DB, 6)) * LOSS_STEP_DB


def _class_with_loss(
    radio: Radio, rate_class: NDArray[np.int32], losses_db: NDArray[np.float64], loss_db: NDArray[np.float64]
) -> NDArray[np.int32]:
    n_classes = len(radio.pfd_of_class_dbw_m2_mhz)
    return (np.searchsorted(losses_db, loss_db) * n_classes + rate_class).astype(np.int32)


def _noise(scenario: Scenario, hits: Sequence[tuple[Jam, Hit]]) -> Noise:
    """Return what several jammers do to the same points."""
    keys = scenario.uplink
    index = np.flatnonzero(np.logical_or.reduce([hit.is_inside for _, hit in hits]))
    attached = np.logical_and.reduce([hit.is_attached for _, hit in hits])
    j_over_n, jammer_w = np.zeros((2, len(index)))
    for jam, hit in hits:
        is_inside = hit.is_inside[index]
        j_over_n += np.where(is_inside, from_db(jam.uplink_j_over_n_db), 0.0)
        jammer_w += np.where(is_inside, from_db(jam.uplink_jammer_dbw), 0.0)
    return Noise(
        index=index,
        is_attached=attached[index],
        uplink_j_over_n=j_over_n,
        uplink_jammer_w=jammer_w,
        uplink_terminal_w=float(from_db(keys.eirp_dbw)),
        uplink_gain=uplink_gain(keys.frequency_ghz * 1e9, keys.satellite_gt_db_k, keys.channel_mhz * 1e6),
    )
