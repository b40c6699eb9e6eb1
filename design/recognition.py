"""Which gaps tell shells and planes of a real fleet apart, and do its neighbours last?

Run from the repository root with one or more catalogues:

    python design/recognition.py FILE ... [--draw FIGURE.png]

Prints the shells found, how wide planes are and how far apart, the counts as shipped and with each gap
halved and doubled, which share of the links is the same a day later, and how often links come within reach.
`--draw` shows planes and links of two shells of the first catalogue over node and argument of latitude;
docs/explanation/network.md shows the one of Starlink's catalogue of 2026-03-24.

Why single gaps and no clustering by density? Because the planes leave nothing to decide: in that catalogue
they are 0.0 to 1.2 degrees wide, in steps of less than 0.5 (of less than 0.25, all but 42 satellites), and
from plane to plane there are 0.8 degrees and more. Where planes lie close (97.6 degrees, pairs 1.1 degrees
apart) they are narrow (0.15). Stragglers stand alone in between. Why a cut by mean motion? Because 35 of 94
nodes of the shell at 485 km / 43 degrees have a second set of satellites 2.5 km higher, which drifts by
3 degrees a day against the first: neighbours 7 degrees apart would pass each other twice a week.
"""  # noqa: D400 - a question

from __future__ import annotations

import sys
from datetime import timedelta
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from ecumene.network.isl import link_state
from ecumene.network.neighbours import nearest_links
from ecumene.orbits import recognition
from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.frames import earth_orientation
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.recognition import MeanOrbits, Recognition, mean_orbits, recognise
from ecumene.orbits.status import statuses

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements

GAPS = ("INCLINATION_GAP_DEG", "RADIUS_GAP", "NODE_GAP_DEG", "MOTION_GAP_DEG_DAY")


def linked(orbits: MeanOrbits, found: Recognition) -> NDArray[np.int32]:
    """Return the links of a fleet."""
    return nearest_links(shell=found.shell, column=found.column, plane=found.plane, **vars(orbits)).links


def widths_deg(orbits: MeanOrbits, found: Recognition) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how wide each column is in node, and how far it is to the next of its shell."""
    widths, steps = [], []
    for shell in range(len(found.n_sats)):
        middles = []
        for column in range(int(found.column[found.shell == shell].max()) + 1):
            node = np.unwrap(np.sort(orbits.node_rad[(found.shell == shell) & (found.column == column)]))
            node = np.degrees(node)
            gap = np.diff(np.append(node, node[0] + 360.0))
            widths.append(360.0 - gap.max() if node.size > 1 else 0.0)
            middles.append(node[0])
        middle = np.sort(np.array(middles) % 360.0)
        steps += np.diff(np.append(middle, middle[0] + 360.0)).tolist()
    return np.array(widths), np.array(steps)


def summary(orbits: MeanOrbits, is_asked: NDArray[np.bool_], number: NDArray[np.int64]) -> str:
    """Return counts in a line."""
    found = recognise(orbits, is_asked, number)
    return (
        f"{(found.shell >= 0).sum():6,} placed, {len(found.n_sats):3} shells, {found.n_planes.sum():4} planes, "
        f"{len(linked(orbits, found)):6,} links"
    )


def study(elements: Elements, path: str) -> str:
    """Print what is found in one catalogue; return the answer."""
    at = median_epoch(elements)
    is_asked, number = statuses(elements, at, 14.0) == 0, elements.norad_id
    linked(mean_orbits(elements, at), recognise(mean_orbits(elements, at), is_asked, number))  # compile
    begun = process_time()
    orbits = mean_orbits(elements, at)
    found = recognise(orbits, is_asked, number)
    links = linked(orbits, found)
    cost_s = process_time() - begun
    print(
        f"{path}: {len(elements):,} satellites, {is_asked.sum():,} in service, {cost_s * 1e3:.0f} ms in all"
    )
    for shell in range(len(found.n_sats)):
        sizes = np.bincount(found.plane[found.shell == shell])
        print(
            f"  shell {shell}: {found.altitude_km[shell]:7.1f} km {found.inclination_deg[shell]:6.2f} deg, "
            f"{found.n_sats[shell]:5} satellites in {found.n_planes[shell]:3} planes of {sizes.min()} to {sizes.max()}"
        )
    widths, steps = widths_deg(orbits, found)
    print(
        f"  nodes are {widths.min():.2f} to {widths.max():.2f} deg wide, {steps.min():.2f} deg apart and more"
    )
    print(
        "  without:", {words: int((found.reason == k).sum()) for k, words in enumerate(recognition.UNPLACED)}
    )
    print("  as shipped              ", summary(orbits, is_asked, number))
    for name in GAPS:
        value = getattr(recognition, name)
        for factor in (0.5, 2.0):
            setattr(recognition, name, value * factor)
            print(f"  {name:19} x {factor:3g} ", summary(orbits, is_asked, number))
        setattr(recognition, name, value)
    later = mean_orbits(elements, at + timedelta(days=1))
    again = recognise(later, is_asked, number)
    tomorrow = set(map(tuple, linked(later, again).tolist()))
    is_inside = found.plane[links[:, 0]] == found.plane[links[:, 1]]
    drift = np.abs(np.diff(orbits.motion_rad_s[links], axis=1))[:, 0] * 86_400.0
    kept = np.array([tuple(pair) in tomorrow for pair in links.tolist()])
    keeps_step = ~is_inside & (drift < np.radians(0.25))
    parts = {
        "in plane": is_inside,
        "across, in step": keeps_step,
        "across, drifting": ~is_inside & ~keeps_step,
    }
    shares = {
        name: f"{kept[part].mean():.1%} of {part.sum():,}" for name, part in parts.items() if part.any()
    }
    print("  the same a day later:", shares, f"planes {(found.plane == again.plane).mean():.2%}")
    rate = acquisitions_a_day(elements, links, at)
    print(f"  links that come within reach: {rate:.2f} a link and day")
    return f"{(found.shell >= 0).sum():,} of {is_asked.sum():,} placed, {kept.mean():.1%} of links the same a day later"


def acquisitions_a_day(elements: Elements, links: NDArray[np.int32], at: datetime) -> float:
    """Return how often a link that was out of reach comes back, in a day, from an orbit in slots of 15 s."""
    fleet = build_fleet(elements, at, earth_orientation(at))
    comes, was_up = 0, None
    n_slots = 380
    for slot in range(n_slots):
        is_up = link_state(propagate(fleet, 15.0 * slot).r_ecef_m, links).is_up
        comes += 0 if was_up is None else int((is_up & ~was_up).sum())
        was_up = is_up
    return comes / len(links) * 5_760.0 / (n_slots - 1)


def draw(elements: Elements, target: str) -> None:
    """Draw planes and links of two shells over node and argument of latitude."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    at = median_epoch(elements)
    orbits = mean_orbits(elements, at)
    found = recognise(orbits, statuses(elements, at, 14.0) == 0, elements.norad_id)
    links = linked(orbits, found)
    node, u = np.degrees(orbits.node_rad), np.degrees(orbits.latitude_argument_rad)
    shown = np.argsort(found.n_sats)[::-1][:3:2]  # the largest and, for contrast, the third
    figure, axes = plt.subplots(len(shown), 1, figsize=(8, 6), layout="constrained", squeeze=False)
    for axis, shell in zip(axes[:, 0], shown, strict=True):
        pairs = links[found.shell[links[:, 0]] == shell]
        pairs = pairs[(np.abs(np.diff(node[pairs])) < 40.0)[:, 0] & (np.abs(np.diff(u[pairs])) < 60.0)[:, 0]]
        axis.plot(node[pairs].T, u[pairs].T, color="#9aa9b3", linewidth=0.8, zorder=1)
        members = found.shell == shell
        colours = np.array(["#0b6e99", "#c8553d"])[found.plane[members] % 2]
        axis.scatter(node[members], u[members], s=5, c=colours, linewidths=0, zorder=2)
        axis.set(xlim=(0, 60), ylim=(0, 360), ylabel="argument of latitude [deg]")
        axis.set_title(
            f"{found.altitude_km[shell]:.0f} km, {found.inclination_deg[shell]:.1f} deg: {found.n_sats[shell]:,} "
            f"satellites in {found.n_planes[shell]} planes (colour changes from plane to plane)",
            fontsize=9,
        )
    axes[-1, 0].set_xlabel(f"right ascension of the node on {at:%Y-%m-%d}, a sixth of all [deg]")
    figure.savefig(target, dpi=90)
    plt.close(figure)
    from PIL import Image

    Image.open(target).convert("P", palette=Image.Palette.ADAPTIVE, colors=48).save(target, optimize=True)


def main() -> None:
    """Answer for every file named."""
    words = sys.argv[1:]
    target = words[words.index("--draw") + 1] if "--draw" in words else None
    paths = [word for word in words if word not in {"--draw", target}]
    print("; ".join(study(read_catalogue(path), path) for path in paths) or "name a catalogue")
    if target is not None:
        draw(read_catalogue(paths[0]), target)


if __name__ == "__main__":
    main()
