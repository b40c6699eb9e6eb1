"""How long is the round trip Paris - Luanda over Starlink's first shell?

    python design/paris_luanda.py

By Hypatia's rules (preset hypatia-starlink-550: 1,584 satellites, +Grid, 200 s in steps of 1 s), light alone.
Published: between 85 and 117 ms (Hypatia's project page). Then with a true mask of 25 deg in place of the flat
Earth's range.
"""  # noqa: D400 - a question

from __future__ import annotations

import numpy as np

import ecumene

PAIR = [{"from": "Paris", "to": "Luanda"}]
PUBLISHED_MS = (85.0, 117.0)


def rtt_ms(**rules: object) -> np.ndarray:
    """Return the round trip of every second; NaN where there is no path."""
    scenario = ecumene.load("hypatia-starlink-550", overrides={"pairs.pair": PAIR, **rules})
    return ecumene.simulate(scenario).pairs()["rtt_ms"]


def main() -> None:
    """Print both rules, the comparable one last."""
    horizon_ms = rtt_ms(**{"pairs.range_rule": "elevation"})
    known_ms = horizon_ms[np.isfinite(horizon_ms)]
    print(
        f"with a mask of 25 deg: {known_ms.min():.1f} to {known_ms.max():.1f} ms, joined in "
        f"{np.isfinite(horizon_ms).mean():.0%} of the seconds"
    )
    theirs_ms = rtt_ms()
    print(
        f"Paris - Luanda by Hypatia's rules: {theirs_ms.min():.1f} to {theirs_ms.max():.1f} ms "
        f"(published {PUBLISHED_MS[0]:.0f} to {PUBLISHED_MS[1]:.0f})"
    )


if __name__ == "__main__":
    main()
