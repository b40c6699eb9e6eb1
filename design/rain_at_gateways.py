"""What does rain at the gateways cost the whole network?

Run from the repository root (a minute):

    python design/rain_at_gateways.py

Three slots of starlink-gen1 at resolution 4, busy hour everywhere; rain stands over every gateway at once. Prints the
table of docs/explanation/ground.md.
"""  # noqa: D400 - a question

from __future__ import annotations

from typing import Any

import numpy as np

from ecumene import load
from ecumene.network.sharing import FEED
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

BUDGET = {"gateways.link": "budget"}
CASES: dict[str, dict[str, Any]] = {
    "fixed": {},
    "budget, clear": BUDGET,
    **{f"budget, {p:g} %": {**BUDGET, "gateways.weather": p} for p in (1.0, 0.1, 0.01)},
    "budget, clear, Ka and E": {
        **BUDGET,
        "gateways.bands": ["ka", "e"],
        "satellite.feeder_bands": ["ka", "e"],
        "gateways.antenna_gbps": 100.0,
    },
}


def main() -> None:
    """Print feeder links, their rates and the traffic carried in the last slot."""
    for name, keys in CASES.items():
        world = build(load("starlink-gen1", overrides={"resolution": 4, "demand.diurnal": False, **keys}))
        slot = None
        for k in range(3):
            slot = one_slot(world, survey(world, k), survey(world, k + 1), slot)
        assert slot is not None  # noqa: S101 - three slots were computed
        start = slot.paths.start_of_kind
        rate_gbps = slot.paths.capacity_bps[start[FEED] : start[FEED + 1]] / 1e9
        print(
            f"{name:24} {len(rate_gbps):4} links of {np.median(rate_gbps):.1f} (least {rate_gbps.min():.1f}) Gbit/s, "
            f"{slot.service.rate_bps.sum() / 1e9:,.0f} Gbit/s carried"
        )


if __name__ == "__main__":
    main()
