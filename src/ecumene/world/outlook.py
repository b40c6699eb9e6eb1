"""What a run amounts to before it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ecumene.scenario.schema import ShellKeys
    from ecumene.world.planet import World

BASE_BYTES, ROW_BYTES, ROW_COUNTS, CELL_BYTES_PER_SAT = 380e6, 400, 383, 0.02
SECONDS_PER_ROW, SECONDS_PER_SAT, SECONDS_PER_PAIR = 2e-7, 2e-5, 8e-11
"""Fitted to the peak memory of Gen1 at resolutions 3, 4 and 5, and its slot times at 4 and 5, on two shared cores."""


def describe(world: World) -> dict[str, object]:
    """Return what a run of the world amounts to, without running it: for `ecumene check`.

    Parameters
    ----------
    world
        From `build`.

    Returns
    -------
    derived
        Satellites, periods, rows, people, licences, sites, memory and time, as plain values by name.
        Memory and time are estimates from runs on two cores of 2024, kernels compiled.
    """
    n_sats, n_rows, n_cells = len(world.status), len(world.land.rows.cell), len(world.grid.cell)
    n_slots, n_serving = world.scenario.slots, int(world.can_serve.sum())
    count_bytes = 1 if n_slots < 2**8 else 2 if n_slots < 2**16 else 4
    memory_bytes = (
        BASE_BYTES
        + n_rows * (ROW_BYTES + ROW_COUNTS * count_bytes)
        + n_cells * n_serving * CELL_BYTES_PER_SAT
    )
    slot_s = n_rows * SECONDS_PER_ROW + n_serving * SECONDS_PER_SAT + n_cells * n_serving * SECONDS_PER_PAIR
    return {
        "scenario": world.scenario.name,
        "start_utc": world.start.isoformat().replace("+00:00", "Z"),
        "slots": n_slots,
        "slot_s": world.scenario.slot_s,
        "seed": world.scenario.seed,
        "satellites": n_sats,
        "satellites_scheduled": n_serving,
        "periods": _periods(world),
        "isls": len(world.links),
        "cells": n_cells,
        "rows": n_rows,
        "people": float(world.land.rows.people.sum()),
        "countries_licensed": int(world.land.law.is_permitted.sum()),
        "subscribers": float(world.land.subscribers.sum()),
        "busy_hour_demand_gbps": float(world.land.busy_bps.sum() / 1e9),
        "gateways": len(world.ground.gateways),
        "antennas": int(world.ground.gateways.antennas.sum()),
        "pops": len(world.ground.pops),
        "places": len(world.places.name),
        "pairs": len(world.pairs),
        "beams_per_satellite": world.scenario.satellite.user_beams,
        "satellite_gbps_at_zenith": world.beams.units_per_satellite / world.beams.shares_per_channel
        * float(world.radio.channel_rate_bps[:, -1].max()) / 1e9,
        "memory_gb_estimated": round(memory_bytes / 1e9, 1),
        "time_s_estimated": round(n_slots * slot_s + 5.0),
        "notes": list(world.notes),
    }  # fmt: skip


def _flies_at(shell: ShellKeys) -> str:
    """Return the altitude of a shell, or its mean motion where that was given."""
    return (
        f"{shell.altitude_km:g} km"
        if shell.altitude_km is not None
        else f"{shell.mean_motion_rev_day:g} rev/day"
    )


def _periods(world: World) -> list[str]:
    """Return the orbital periods: of each filed shell, or the span of a catalogue."""
    minutes = np.array([2.0 * np.pi / record.no_kozai for record in world.fleet.elements.satrecs])
    if world.scenario.constellation.file is not None:
        return [f"{minutes.min():.2f} to {minutes.max():.2f} min"]
    shell_of_sat = world.fleet.elements.shell
    return [
        f"{_flies_at(shell)}, {shell.inclination_deg:g} deg: "
        f"{shell.planes} x {shell.sats_per_plane} satellites, {minutes[shell_of_sat == k][0]:.2f} min"
        for k, shell in enumerate(world.scenario.constellation.shells)
    ]
