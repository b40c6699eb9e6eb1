"""Which satellites are linked by laser in a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecumene.network.crossings import has_spare_laser
from ecumene.network.isl import NO_LINKS, grid_links, surviving_links
from ecumene.network.link_list import read_pairs
from ecumene.network.neighbours import nearest_links
from ecumene.orbits.recognition import ALONE_IN_PLANE, ALONE_IN_SHELL, NO_ORBIT, mean_orbits, recognise

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements
    from ecumene.orbits.recognition import MeanOrbits, Recognition
    from ecumene.scenario import Scenario


@dataclass(frozen=True)
class Lasers:
    """The links of a run.

    Attributes
    ----------
    links : (link, 2)
        Pairs of satellites that serve and have lasers.
    plane_of_sat : (sat,)
        Plane, numbered through all shells; -1 for satellites without a place.
    has_spare : (sat,)
        Satellites with a laser that no link uses.
    """

    links: NDArray[np.int32]
    plane_of_sat: NDArray[np.int32]
    has_spare: NDArray[np.bool_]


def build_lasers(
    scenario: Scenario, elements: Elements, can_serve: NDArray[np.bool_], start: datetime, notes: list[str]
) -> tuple[Elements, Lasers]:
    """Return the elements with shell, plane and slot of every satellite that has a place, and the links.

    Parameters
    ----------
    scenario, elements
        The scenario and its satellites; those of a catalogue have no places yet.
    can_serve : (sat,)
        Satellites in service: only these get places and links.
    start
        The instant at which neighbours are chosen, for the whole run.
    notes
        What the user should know is appended here.

    Raises
    ------
    TableError
        The list of links has mistakes.
    """
    keys = scenario.isl
    has_laser = can_serve & _has_laser(elements, keys.lasers_since_launch)
    if scenario.constellation.file is None:
        links = _filed_grid(scenario) if keys.topology == "grid" else NO_LINKS
    else:
        orbits = mean_orbits(elements, start)
        found = recognise(orbits, can_serve, elements.norad_id)
        elements = replace(elements, shell=found.shell, plane=found.plane, slot=found.slot)
        notes.append(_places_note(found, can_serve))
        links = _nearest(scenario, orbits, found, has_laser, notes) if keys.topology == "grid" else NO_LINKS
        if keys.topology == "none":
            notes.append("Bent pipe: a cell is served only through a gateway its satellite sees itself.")
        elif not has_laser[can_serve].all():
            notes.append(
                f"{(can_serve & ~has_laser).sum():,} satellites were launched before {keys.lasers_since_launch} "
                "and have no lasers."
            )
    if keys.topology == "list":
        assert keys.file is not None  # noqa: S101 - the schema demands it
        links = _listed(keys.file, elements, notes)
    left = surviving_links(links, is_sat_lost=~has_laser)
    if len(left) < len(links):
        notes.append(
            f"{len(links) - len(left):,} links are left out: an end is not in service or has no lasers."
        )
    has_spare = has_spare_laser(left, has_laser)
    if keys.cross_shell:
        notes.append(f"{has_spare.sum():,} satellites have a laser left over for a link to another shell.")
    return elements, Lasers(left, _planes(elements), has_spare)


def _has_laser(elements: Elements, since_launch: str | None) -> NDArray[np.bool_]:
    """Return who was launched with lasers; satellites without designator (filed ones) were."""
    if since_launch is None:
        return np.ones(len(elements), np.bool_)
    launches = [record.intldesg[:5] for record in elements.satrecs]
    return np.array([not launch.strip() or _year_first(launch) >= since_launch for launch in launches])


def _year_first(launch: str) -> str:
    """Return 2021-082 for 21082; two digits count as TLE does, 57 to 99 are of the last century."""
    return f"{'19' if launch[:2] >= '57' else '20'}{launch[:2]}-{launch[2:5]}"


def _filed_grid(scenario: Scenario) -> NDArray[np.int32]:
    shells = scenario.constellation.shells
    sizes = np.array([shell.planes * shell.sats_per_plane for shell in shells])
    return grid_links(
        np.array([shell.planes for shell in shells], np.int32),
        np.array([shell.sats_per_plane for shell in shells], np.int32),
        np.array([shell.phasing for shell in shells], np.int32),
        np.array([shell.node_spread_deg == 360 and shell.node_step_deg is None for shell in shells]),
        (np.cumsum(sizes) - sizes).astype(np.int32),
    )


def _nearest(
    scenario: Scenario,
    orbits: MeanOrbits,
    found: Recognition,
    has_laser: NDArray[np.bool_],
    notes: list[str],
) -> NDArray[np.int32]:
    keys = scenario.isl
    nearest = nearest_links(
        shell=found.shell,
        column=found.column,
        plane=found.plane,
        node_rad=orbits.node_rad,
        latitude_argument_rad=orbits.latitude_argument_rad,
        inclination_rad=orbits.inclination_rad,
        radius_m=orbits.radius_m,
        motion_rad_s=orbits.motion_rad_s,
        has_laser=has_laser,
        grazing_altitude_m=keys.grazing_altitude_km * 1e3,
        max_range_m=np.inf if keys.max_range_km is None else keys.max_range_km * 1e3,
    )
    notes.append(
        f"Lasers go to the nearest neighbours, as nobody publishes who is linked to whom: {nearest.n_in_plane:,} links "
        f"inside planes, {nearest.n_across:,} between planes; {nearest.n_gaps:,} gaps in planes are too wide for one."
    )
    days = scenario.slots * scenario.slot_s / 86_400.0
    if days > 1.0:
        notes.append(
            f"Neighbours are those of the first slot; in a run of {days:.1f} days some drift out of reach."
        )
    return nearest.links


def _places_note(found: Recognition, can_serve: NDArray[np.bool_]) -> str:
    n_placed = int(found.n_sats.sum())
    reasons = ((ALONE_IN_PLANE, "alone in their plane"), (ALONE_IN_SHELL, "alone at their height and inclination"),
               (NO_ORBIT, "without an orbit at the start"))  # fmt: skip
    left = [f"{(found.reason == k).sum():,} {words}" for k, words in reasons if (found.reason == k).any()]
    return (
        f"{n_placed:,} of {can_serve.sum():,} satellites in service were given a place by their orbits, in "
        f"{len(found.n_sats)} shells and {found.n_planes.sum():,} planes"
        + (f"; without a place: {', '.join(left)}." if left else ".")
    )


def _listed(path: str, elements: Elements, notes: list[str]) -> NDArray[np.int32]:
    pairs = read_pairs(
        path,
        name=elements.name,
        norad_id=elements.norad_id,
        shell=elements.shell,
        plane=elements.plane,
        slot=elements.slot,
    )
    notes += [f"isl.file: {note}." for note in pairs.notes]
    return pairs.links


def _planes(elements: Elements) -> NDArray[np.int32]:
    """Return planes numbered through all shells."""
    shell, plane = elements.shell.astype(np.int64), elements.plane.astype(np.int64)
    key = np.where(shell >= 0, shell * (plane.max(initial=0) + 1) + plane, -1)
    known, number = np.unique(key, return_inverse=True)
    return (number - (len(known) > 0 and known[0] < 0)).astype(np.int32)
