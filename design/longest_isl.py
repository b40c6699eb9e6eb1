"""How long may a laser be before it dips below 80 km?

    python design/longest_isl.py

Between two satellites at one altitude, by our own test of links (`ecumene.network.isl.link_state`: the straight line
stays 80 km above the WGS84 ellipsoid), by bisection over the angle between them: over the poles, where the Earth is
lowest, and along the equator. Published: 5,014 km at 550 km and 5,440 km at 630 km (Bhattacherjee and Singla, "Network
topology design at 27,000 km/hour", CoNEXT 2019), for a sphere, whose radius they do not give; with 6,371 km the formula
2 sqrt((R + h)^2 - (R + 80 km)^2) gives their numbers.
"""  # noqa: D400 - a question

from __future__ import annotations

import math

import numpy as np

from ecumene.constants import WGS84_A_M
from ecumene.network.isl import GRAZING_ALTITUDE_M, link_state

PUBLISHED_KM = {550.0: 5_014.0, 630.0: 5_440.0}
SPHERE_KM = 6_371.0


def longest_km(altitude_km: float, *, over_the_pole: bool) -> float:
    """Return the longest link that stands, its middle at the pole or on the equator."""
    radius_m = WGS84_A_M + altitude_km * 1e3
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        half = (low + high) / 2
        along = np.array([-half, half]) + (math.pi / 2 if over_the_pole else 0.0)
        a, b = radius_m * np.cos(along), radius_m * np.sin(along)
        r_m = np.stack([a, 0 * a, b] if over_the_pole else [a, b, 0 * a], axis=1)
        state = link_state(
            r_m,
            np.array([[0, 1]], np.int32),
            grazing_altitude_m=GRAZING_ALTITUDE_M,
            max_range_m=np.inf,
            is_healthy=np.ones(2, np.bool_),
        )
        low, high = (half, high) if state.is_up[0] else (low, half)
    return 2 * radius_m * math.sin(low) / 1e3


def main() -> None:
    """Print one line an altitude, the answer last."""
    answers = []
    for altitude_km, published_km in PUBLISHED_KM.items():
        sphere_km = 2 * math.sqrt((SPHERE_KM + altitude_km) ** 2 - (SPHERE_KM + 80.0) ** 2)
        equator_km = longest_km(altitude_km, over_the_pole=False)
        pole_km = longest_km(altitude_km, over_the_pole=True)
        print(
            f"{altitude_km:.0f} km above {WGS84_A_M / 1e3:.3f} km: {equator_km:,.0f} km along the equator, "
            f"{pole_km:,.0f} km over a pole"
        )
        answers.append(f"{sphere_km:,.0f} km at {altitude_km:.0f} km (published {published_km:,.0f})")
    print(f"On a sphere of {SPHERE_KM:,.0f} km: {', '.join(answers)}")


if __name__ == "__main__":
    main()
