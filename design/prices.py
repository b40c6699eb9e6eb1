"""How many smooth steps do prices need, how much of the last slot's prices helps, and how near to best is good?

    python design/prices.py [--resolution 4] [--slots 4] [--draw FIGURE.png]

Runs starlink-gen1 with other settings of the solver and prints, for the last slot, the gap of the objective to its
own bound, the served traffic, handovers, and the CPU time of the plan. `--draw` shows the price of a unit on every
satellite of one slot instead. The last line names the settings in use.
"""  # noqa: D400 - a question

from __future__ import annotations

import argparse
from io import BytesIO
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from ecumene import load
from ecumene import slot as steps
from ecumene.scheduling import optimum, prices
from ecumene.world import World, build

if TYPE_CHECKING:
    from ecumene.scheduling.beams import Plan

TRIALS = (
    ("as shipped", {}),
    ("2 smooth steps", {"steps": 2}),
    ("4 smooth steps", {"steps": 4}),
    ("16 smooth steps", {"steps": 16}),
    ("60 smooth steps", {"steps": 60}),
    ("no memory", {"memory": 0.0}),
    ("all memory", {"memory": 1.0}),
    ("no lenience", {"lenience": 0.0}),
    ("lenience 0.06", {"lenience": 0.06}),
    ("good within 0.005, tolerable 0.015", {"slack": (0.005, 0.015)}),
    ("good within 0.02, tolerable 0.05", {"slack": (0.02, 0.05)}),
    ("good within 0.05, tolerable 0.1", {"slack": (0.05, 0.1)}),
    ("warmth 0.1 to 0.02", {"warmth": (0.1, 0.02)}),
    ("warmth 0.02 to 0.005", {"warmth": (0.02, 0.005)}),
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
    kept = optimum.EFFORTS["certified"], prices.MEMORY, prices.WARMTH, optimum.SLACK, optimum.WIDE_SLACK
    lenience = optimum.LENIENCE
    optimum.LENIENCE = settings.get("lenience", lenience)
    optimum.EFFORTS["certified"] = kept[0]._replace(steps=settings.get("steps", kept[0].steps))
    prices.MEMORY, prices.WARMTH = settings.get("memory", kept[1]), settings.get("warmth", kept[2])
    optimum.SLACK, optimum.WIDE_SLACK = settings.get("slack", kept[3:])
    try:
        return run(world, slots)
    finally:
        optimum.EFFORTS["certified"], prices.MEMORY, prices.WARMTH, optimum.SLACK, optimum.WIDE_SLACK = kept
        optimum.LENIENCE = lenience


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
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--draw", metavar="FIGURE.png")
    given = parser.parse_args()
    world = build(load("starlink-gen1", overrides={"resolution": given.resolution, "slots": given.slots + 1}))
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
    shipped = optimum.EFFORTS["certified"].steps
    print(f"{shipped} smooth steps, warmth {prices.WARMTH}, memory {prices.MEMORY}, slack {optimum.SLACK}")


if __name__ == "__main__":
    main()
