"""Where antennas are scarce, does a fault make anybody available, and does it leave a trace?

Run from the repository root:

    python design/scarce_antennas.py

30 % of the satellites are lost in slots 4 to 7 of 16, at resolution 3. Without lasers (starlink-2022) both: a lost
satellite sets an antenna free, so in a slot of the fault up to 22 of 14,917 rows are available that were not without
it, and antennas stand otherwise for two slots after it (15, then 3 rows differ). With lasers (starlink-gen1) no row
gains, and none differs afterwards.
"""  # noqa: D400 - a question

from __future__ import annotations

from typing import TYPE_CHECKING

from ecumene import load
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_SLOTS = 16
LOST = {"kind": "satellites", "share": 0.3, "after_s": 60.0, "lasts_s": 60.0}


def available(name: str, faults: list[dict[str, object]]) -> list[NDArray[np.bool_]]:
    """Return which rows are available, slot by slot."""
    world = build(load(name, overrides={"slots": N_SLOTS, "resolution": 3}, faults=faults))
    found, before = [], None
    for k in range(N_SLOTS):
        sky, next_sky = survey(world.at(k), k), survey(world.at(k + 1), k + 1)
        before = one_slot(world.at(k), sky, next_sky, before)
        found.append(before.service.is_available)
    return found


def main() -> None:
    """Print rows that gain and lose by the fault, slot by slot."""
    for name in ("starlink-gen1", "starlink-2022"):
        pairs = list(zip(available(name, [LOST]), available(name, []), strict=True))
        print(f"{name}: {len(pairs[0][0]):,} rows")
        print(f"  gain {[int((broken & ~sound).sum()) for broken, sound in pairs]}")
        print(f"  lose {[int((sound & ~broken).sum()) for broken, sound in pairs]}")


if __name__ == "__main__":
    main()
