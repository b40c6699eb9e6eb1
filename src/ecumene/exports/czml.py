"""Satellites and gateways in motion as CZML, for CesiumJS."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.orbits.propagation import propagate
from ecumene.record import utc_text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ecumene.world import World

MOST_SATELLITES = 500
"""Satellites drawn where the user names no other number."""

STEP_S = 60.0
"""Between two positions. With polynomials of degree 5 the error at 550 km stays below a metre (tests/exports)."""

WIDE_STEP_S, WIDE_FROM = 300.0, 500
"""The same for more satellites than so many, whose file would be too large for a browser: the error at 550 km stays
below 1 km. [s]"""

DEGREE = 5


def czml_text(world: World, n_slots: int, *, most: int = MOST_SATELLITES) -> str:
    """Return the satellites over a span of slots, the gateways, and a clock.

    Parameters
    ----------
    world
        Satellites, gateways and start.
    n_slots
        Slots, from the first.
    most
        Satellites at most: every second, third, ... of those scheduled where there are more. Of more than `WIDE_FROM`
        positions are `WIDE_STEP_S` apart. The document's name says both.

    Returns
    -------
    text
        A JSON list of packets. Positions are in the Earth-fixed frame, metres.

    References
    ----------
    AnalyticalGraphicsInc, czml-writer: "CZML Structure" and "CZML Content", version 1.0.
    """
    end_s = n_slots * world.scenario.slot_s
    n_sats = int(np.count_nonzero(world.can_serve))
    every = max(1, math.ceil(n_sats / most))
    step_s = STEP_S if n_sats / every <= WIDE_FROM else WIDE_STEP_S
    n_samples = max(math.ceil(end_s / step_s) + 1, DEGREE + 1 if step_s > STEP_S else 2)
    t_s: NDArray[np.float64] = np.arange(n_samples, dtype=np.float64) * step_s
    r_m = np.stack([propagate(world.fleet, float(t)).r_ecef_m for t in t_s])
    scheduled = np.flatnonzero(world.can_serve & np.isfinite(r_m).all(axis=(0, 2)))
    drawn = scheduled[::every]
    begin, end = (utc_text(world.start + timedelta(seconds=t)) for t in (0.0, end_s))
    told = f"{len(drawn):,} of {len(scheduled):,} satellites" + (f": one in {every}" if every > 1 else "")
    told += f", every {step_s:g} s" if step_s > STEP_S else ""
    packets: list[dict[str, Any]] = [
        {
            "id": "document",
            "name": f"{world.scenario.title or world.scenario.name} ({told})",
            "version": "1.0",
            "clock": {
                "interval": f"{begin}/{end}",
                "currentTime": begin,
                "multiplier": 10,
                "range": "LOOP_STOP",
                "step": "SYSTEM_CLOCK_MULTIPLIER",
            },
        }
    ]
    packets += [_satellite(world, s, f"{begin}/{end}", begin, t_s, r_m[:, s]) for s in drawn.tolist()]
    for k, name in enumerate(world.ground.gateways.name):
        r = [round(v, 1) for v in world.ground.r_gateway_m[k].tolist()]
        packets.append(
            {
                "id": f"gateway-{k}",
                "name": name,
                "position": {"cartesian": r},
                "point": {"pixelSize": 6, "color": {"rgba": [213, 94, 0, 255]}},
            }
        )
    return "[\n" + ",\n".join(json.dumps(packet, ensure_ascii=False) for packet in packets) + "\n]\n"


def document_name(path: Path) -> str:
    """Return what a file of `czml_text` says it shows: which scenario, and how many of its satellites."""
    with path.open(encoding="utf-8") as file:
        next(file)
        return str(json.loads(next(file).rstrip(",\n"))["name"])


def _satellite(
    world: World, s: int, interval: str, epoch: str, t_s: NDArray[np.float64], r_m: NDArray[np.float64]
) -> dict[str, Any]:
    samples = np.column_stack([t_s, np.round(r_m, 1)]).ravel().tolist()
    return {
        "id": f"satellite-{s}",
        "name": world.fleet.elements.name[s],
        "availability": interval,
        "position": {
            "epoch": epoch,
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LAGRANGE",
            "interpolationDegree": min(DEGREE, len(t_s) - 1),
            "cartesian": samples,
        },
        "point": {"pixelSize": 4, "color": {"rgba": [0, 114, 178, 255]}},
    }
