"""Ground hops of Hypatia's paths: how many are below the horizon, and what changes where the horizon counts.

    python design/hypatia_horizon.py [--slots 20]

All 4,950 pairs of the 100 cities over the three shells of Hypatia's paper, every 10 s from 2000-01-01. First by its
rules (a ground link may be as long as a fixed length, taken from a flat Earth), then with the mask that length stands
for (30, 25, 10 deg) above the true horizon of WGS84, all else equal. A ground hop is the first or the last of a path.
"""

from __future__ import annotations

import argparse

import numpy as np

import ecumene

MASK_DEG = {"kuiper-630": 30.0, "starlink-550": 25.0, "telesat-1015": 10.0}
"""What the lengths stand for. Source: Kassing et al., IMC 2020, table 1 (recalled); 630 km / sin 30 deg and
1,015 km / sin 10 deg are Hypatia's lengths, Starlink's comes from a footprint of 940.7 km."""


def pairs_of(name: str, slots: int, **rules: object) -> dict[str, np.ndarray]:
    """Return the table of all pairs."""
    overrides = {"pairs.all": True, "pairs.pair": [], "slots": slots, "slot_s": 10.0, **rules}
    return ecumene.simulate(ecumene.load(f"hypatia-{name}", overrides=overrides)).pairs()


def main() -> None:
    """Print one line a shell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slots", type=int, default=20)
    slots = parser.parse_args().slots
    for name, mask_deg in MASK_DEG.items():
        theirs = pairs_of(name, slots)
        ours = pairs_of(
            name, slots, **{"pairs.range_rule": "elevation", "terminal.min_elevation_deg": mask_deg}
        )
        hop_deg = np.concatenate([theirs["from_elevation_deg"], theirs["to_elevation_deg"]])
        hop_deg = hop_deg[np.isfinite(hop_deg)]
        joined = {who: np.isfinite(table["rtt_ms"]) for who, table in (("theirs", theirs), ("ours", ours))}
        both = joined["theirs"] & joined["ours"]
        more_ms = (ours["rtt_ms"] - theirs["rtt_ms"])[both]
        print(f"{name}: {len(hop_deg):,} ground hops, lowest {hop_deg.min():.1f} deg")
        print(
            f"  below the horizon {(hop_deg < 0).mean():.1%}, below {mask_deg:g} deg {(hop_deg < mask_deg).mean():.1%}"
        )
        print(
            f"  joined by their rules {joined['theirs'].mean():.1%}, with the horizon {joined['ours'].mean():.1%}"
        )
        before_ms, after_ms = np.median(theirs["rtt_ms"][both]), np.median(ours["rtt_ms"][both])
        print(f"  median RTT where both are joined {before_ms:.1f} -> {after_ms:.1f} ms")
        print(f"  longer by {np.percentile(more_ms, 95):.1f} ms (95 %), {more_ms.max():.1f} ms (most)")


if __name__ == "__main__":
    main()
