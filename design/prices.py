"""How many smooth steps do prices need, how long are they, is a sample of cells enough, and how near to best is good?

    python design/prices.py [--resolution 4] [--slots 6] [--fairness 0] [--capacity-gbps 20] [--draw FIGURE.png]

Runs starlink-gen1 with other settings of the solver and prints, for the last slot, the gap of the objective to its
own bound, the served traffic, handovers, and the CPU time of the plan. `--draw` shows the price of a unit on every
satellite of one slot instead.
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse
from io import BytesIO
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from ecumene import load
from ecumene import slot as steps
from ecumene.scheduling import optimum, prices, sample
from ecumene.world import World, build

if TYPE_CHECKING:
    from ecumene.scheduling.beams import Plan

TRIALS = (
    ("as shipped", {}),
    ("8 smooth steps", {"steps": 8}),
    ("16 smooth steps", {"steps": 16}),
    ("60 smooth steps", {"steps": 60}),
    ("a sample of every bin", {"NEAR_M": 0.0}),
    ("200 smooth steps, a sample of every bin", {"steps": 200, "NEAR_M": 0.0}),
    ("first slot as any other", {"FIRST_STEPS": 1}),
    ("stride 1.25, swing 0.3", {"STRIDE": 1.25, "SWING": 0.3}),
    ("stride 1.6, no swing", {"SWING": 0.0}),
    ("stride 2", {"STRIDE": 2.0}),
    ("swing 0.6", {"SWING": 0.6}),
    ("units beside bits as alone", {"STRIDE_BESIDE_BITS": 1.6}),
    ("stride of bits 1.6", {"BIT_STRIDE": 1.6}),
    ("bits at one pace", {"FASTER": 1.0, "SLOWER": 1.0}),
    ("pace of bits up to 8", {"PACES": (0.25, 8.0)}),
    ("steps three times as long at most", {"LARGEST_STEP": 3.0}),
    ("warmth 0.05 to 0.01", {"WARMTH": (0.05, 0.01)}),
    ("warmth 0.03 to 0.01", {"WARMTH": (0.03, 0.01)}),
    ("good within 0.002, tolerable 0.006", {"SLACK": 0.002, "WIDE_SLACK": 0.006}),
    ("good within 0.005, tolerable 0.015", {"SLACK": 0.005, "WIDE_SLACK": 0.015}),
    ("good within 0.005, tolerable 0.03", {"SLACK": 0.005, "WIDE_SLACK": 0.03}),
    ("good within 0.02, tolerable 0.05", {"SLACK": 0.02, "WIDE_SLACK": 0.05}),
)


def run(world: World, slots: int) -> tuple[Plan, float]:
    """Return the last of some plans, and the CPU time of planning it."""
    before, spent = None, 0.0
    sky, coming = steps.survey(world, 0), steps.survey(world, 1)
    for k in range(slots):
        asked = steps.demand(world, sky)
        links = steps.close_links(world, sky, coming, asked, before)
        begun = process_time()
        plan = steps.assign(world, sky, coming, asked, links, before)
        spent = process_time() - begun
        before = steps.carry(world, sky, asked, links, plan, before)
        sky, coming = coming, steps.survey(world, k + 2)
    return plan, spent


def trial(world: World, slots: int, settings: dict) -> tuple[Plan, float]:
    """Run with other settings, and put them back."""
    shipped = optimum.EFFORTS["certified"]
    rooms = (prices, optimum, sample)
    homes = {name: next(room for room in rooms if hasattr(room, name)) for name in settings if name.isupper()}
    kept = {name: getattr(home, name) for name, home in homes.items()}
    optimum.EFFORTS["certified"] = shipped._replace(steps=settings.get("steps", shipped.steps))
    for name, home in homes.items():
        setattr(home, name, settings[name])
    try:
        return run(world, slots)
    finally:
        optimum.EFFORTS["certified"] = shipped
        for name, home in homes.items():
            setattr(home, name, kept[name])


def draw(world: World, file: str) -> None:
    """Draw the price of a unit on every satellite of the second slot."""
    import matplotlib.pyplot as plt
    from PIL import Image

    from ecumene.earth.ellipsoid import geodetic_of_ecef
    from ecumene.earth.outlines import load_outlines

    plan, _ = run(world, 2)
    lat_deg, lon_deg, _ = geodetic_of_ecef(steps.survey(world, 1).r_sat_m)
    figure, axes = plt.subplots(figsize=(10, 5), dpi=90, layout="constrained")
    for line in load_outlines("coast"):
        axes.plot(line[:, 0], line[:, 1], color="0.7", linewidth=0.4)
    price = plan.prices.unit
    is_free = price < 0.01
    axes.plot(lon_deg[is_free], lat_deg[is_free], ".", color="0.8", markersize=2)
    dots = axes.scatter(
        lon_deg[~is_free], lat_deg[~is_free], c=price[~is_free], s=12, cmap="viridis_r", vmin=0.0, vmax=1.0
    )
    figure.colorbar(dots, label="price of a unit, as a share of what the best unit carries", shrink=0.8)
    axes.set(xlim=(-180, 180), ylim=(-60, 75), xlabel="longitude [deg]", ylabel="latitude [deg]")
    picture = BytesIO()
    figure.savefig(picture)
    Image.open(picture).convert("RGB").quantize(48).save(file, optimize=True)  # a fifth of the size


def main() -> None:
    """Print the trials."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=4)
    parser.add_argument("--slots", type=int, default=6)
    parser.add_argument("--fairness", type=float, default=0.0)
    parser.add_argument("--capacity-gbps", type=float, default=20.0)
    parser.add_argument("--draw", metavar="FIGURE.png")
    given = parser.parse_args()
    keys = {
        "resolution": given.resolution,
        "slots": given.slots + 1,
        "scheduling.fairness": given.fairness,
        "satellite.capacity_gbps": given.capacity_gbps,
    }
    world = build(load("starlink-gen1", overrides=keys))
    if given.draw:
        draw(world, given.draw)
        return
    run(world, 1)  # compiles
    asking = np.count_nonzero(steps.demand(world, steps.survey(world, 0)).cell_bps)
    for name, settings in TRIALS:
        plan, spent = trial(world, given.slots, settings)
        gap = 1.0 - plan.objective_bps / plan.objective_bound_bps
        print(
            f"{name:<36} gap {100 * gap:5.2f} %  bound {plan.objective_bound_bps / 1e9:8,.0f}  served "
            f"{plan.served_bps / 1e9:8,.0f} Gbit/s  handovers {100 * plan.n_handovers / asking:4.1f} %  "
            f"{1e3 * spent:6.0f} ms"
        )


if __name__ == "__main__":
    main()
