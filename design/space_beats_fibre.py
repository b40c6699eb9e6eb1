"""From which distance on is space quicker than any fibre?

    python design/space_beats_fibre.py [--slots 20]

All 4,950 pairs of the 100 most populous cities over Starlink's first shell (550 km, 53 deg, 72 x 22, Walker F = 17,
+Grid, mask 25 deg, no exclusion angle), a slot a minute, light alone on both sides. "Any fibre" is fibre that follows
the great circle without a detour, light at c / 1.47 in it. Beside it fibre as it is laid, 1.4 times as long. Printed by
bins of distance: the median over pairs and slots of space over fibre, and how many pairs are quicker in space. The
answer is the distance from which on the median pair is quicker in every bin. Published: beyond about 3,000 km
(Bhattacherjee et al., "Gearing up for the 21st century space race", HotNets 2018).
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse

import numpy as np

import ecumene

BIN_KM = 500.0
PUBLISHED_KM = 3_000.0
EARTH_KM = 6_371.0
SHELL = {
    "name": "starlink-550",
    "altitude_km": 550.0,
    "inclination_deg": 53.0,
    "planes": 72,
    "sats_per_plane": 22,
    "phasing": 17,
}


def pairs(slots: int) -> dict[str, np.ndarray]:
    """Return the table of all pairs."""
    overrides = {
        "constellation.shells": [SHELL],
        "pairs.all": True,
        "pairs.pair": [],
        "pairs.range_rule": "elevation",
        "pairs.figure": "wgs84",
        "isl.max_range_km": 6_000.0,
        "isl.grazing_altitude_km": 80.0,
        "slots": slots,
        "slot_s": 60.0,
        "latency.fibre_factor": 1.0,
    }
    return ecumene.simulate(ecumene.load("hypatia-starlink-550", overrides=overrides)).pairs()


def quicker_from_km(distance_km: np.ndarray, ratio: np.ndarray, *, told: bool) -> float:
    """Return from where on the median ratio is below 1 in every bin, to the crossing inside the bin before."""
    bins = (distance_km // BIN_KM).astype(int)
    medians = np.array([np.median(ratio[bins == k]) if (bins == k).any() else np.nan for k in range(40)])
    if told:
        for k in np.flatnonzero(np.isfinite(medians)):
            here = ratio[bins == k]
            print(f"  {k * BIN_KM:6,.0f} km: space / fibre {medians[k]:.2f}, quicker {(here < 1).mean():.0%}")
    slower = np.flatnonzero(medians >= 1.0)
    if len(slower) == 0:
        return 0.0
    k = int(slower[-1])
    part = (medians[k] - 1.0) / (medians[k] - medians[k + 1])
    return (k + 0.5 + part) * BIN_KM


def main() -> None:
    """Print the bins, the answer last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slots", type=int, default=20)
    table = pairs(parser.parse_args().slots)
    is_joined = np.isfinite(table["rtt_ms"])
    ratio = (table["rtt_ms"] / table["fibre_rtt_ms"])[is_joined]
    distance_km = table["great_circle_km"][is_joined]
    print(f"{is_joined.mean():.0%} of {len(is_joined):,} pairs and slots joined")
    straight_km = quicker_from_km(distance_km, ratio, told=True)
    laid_km = quicker_from_km(distance_km, ratio / 1.4, told=False)
    up_along_down_km = 2 * 550.0 / (1.47 - (EARTH_KM + 550.0) / EARTH_KM)
    print(
        f"The median pair is quicker in space than in straight fibre from {straight_km:,.0f} km on, than in fibre 1.4 "
        f"times as long from {laid_km:,.0f} km"
    )
    print(
        f"Straight up, along and down beats straight fibre beyond {up_along_down_km:,.0f} km "
        f"(published: about {PUBLISHED_KM:,.0f})"
    )


if __name__ == "__main__":
    main()
