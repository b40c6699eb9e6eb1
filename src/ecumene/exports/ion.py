"""The network over time as a contact plan of ION, JPL's implementation of delay-tolerant networking."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecumene.slot import Slot
    from ecumene.world import World


@dataclass(frozen=True)
class Contact:
    """A stretch of slots in which two nodes are joined at one rate, both ways.

    Attributes
    ----------
    kind
        isl, feeder or fibre.
    a, b
        Nodes, the smaller number first.
    start_s, stop_s
        Since the first slot. [s]
    rate_bps
        In each direction. [bit/s]
    least_s, most_s
        One-way light time over the stretch. [s]
    """

    kind: str
    a: int
    b: int
    start_s: float
    stop_s: float
    rate_bps: float
    least_s: float
    most_s: float


def contact_plan_files(world: World, slots: Iterable[Slot]) -> Iterator[tuple[str, str]]:
    """Return the contact plan for `ionadmin`, its nodes, and the same contacts with all digits.

    Parameters
    ----------
    world
        What stays the same.
    slots
        Slots in order, from the first.

    Yields
    ------
    name, text
        `contacts.ionrc`, `nodes.csv`, `contacts.json`.

    Raises
    ------
    InputError
        Slots or start are no whole seconds, which is all ION's times can say.

    Notes
    -----
    Nodes are numbered from 1: satellites in the order of the table of satellites, then gateways, then PoPs. Every
    contact stands in both directions, in bytes a second. ION's ranges are whole light seconds "constant to within one
    light second"; here all are shorter than half of one, so 0 is written, and the exact times are in `contacts.json`.

    References
    ----------
    NASA JPL, ION 4.1.4, manual page ionrc(5): commands `@`, `a contact`, `a range`.
    """
    if world.scenario.slot_s % 1.0 or world.start.microsecond:
        raise InputError(
            f"{world.scenario.name}: start and slot_s must be whole seconds: ION's times have no fraction"
        )
    contacts = joined(contacts_of_slot(world, slot) for slot in slots)
    yield "contacts.ionrc", _commands(world, contacts)
    yield "nodes.csv", _nodes(world)
    yield "contacts.json", json.dumps([_record(c) for c in contacts], indent=0) + "\n"


def contacts_of_slot(world: World, slot: Slot) -> Iterator[Contact]:
    """Return the contacts of one slot.

    Parameters
    ----------
    world, slot
        What stays the same, and the slot.
    """
    n_sats, n_gateways = len(world.fleet.elements), len(world.ground.gateways)
    start_s, stop_s = slot.sky.t_s, slot.sky.t_s + world.scenario.slot_s

    def contact(kind: str, a: int, b: int, rate_bps: float, light_s: float) -> Contact:
        return Contact(kind, min(a, b) + 1, max(a, b) + 1, start_s, stop_s, rate_bps, light_s, light_s)

    isls = slot.links.isls
    for k in np.flatnonzero(isls.is_up).tolist():
        a, b = slot.links.pairs[k].tolist()
        light_s = float(isls.length_m[k]) / SPEED_OF_LIGHT_M_S
        yield contact("isl", a, b, world.scenario.isl.capacity_gbps * 1e9, light_s)
    feeders = slot.links.feeders
    for g, s, slant_m, bps in zip(
        *(column.tolist() for column in (feeders.gateway_of_feed, feeders.sat_of_feed, feeders.slant_m)),
        slot.links.feed_bps.tolist(),
        strict=True,
    ):
        yield contact("feeder", s, n_sats + g, bps, slant_m / SPEED_OF_LIGHT_M_S)
    fibre_s = slot.world.ground.fibre_s
    for g, p in np.argwhere(np.isfinite(fibre_s)).tolist():
        rate_bps = float(slot.world.ground.gateway_bps[g])
        yield contact("fibre", n_sats + g, n_sats + n_gateways + p, rate_bps, float(fibre_s[g, p]))


def joined(slots: Iterable[Iterable[Contact]]) -> list[Contact]:
    """Return contacts with stretches that follow on each other at one rate made one.

    Parameters
    ----------
    slots
        Contacts slot by slot. Two between the same nodes in one slot (two antennas on one satellite) add up.

    Returns
    -------
    contacts
        In order of their beginning; those of two nodes never overlap.
    """
    done: list[Contact] = []
    standing: dict[tuple[int, int], Contact] = {}
    for contacts in slots:
        now: dict[tuple[int, int], Contact] = {}
        for c in contacts:
            known = now.get((c.a, c.b))
            now[c.a, c.b] = c if known is None else replace(known, rate_bps=known.rate_bps + c.rate_bps)
        for nodes, c in now.items():
            before = standing.get(nodes)
            if before is not None and before.stop_s == c.start_s and before.rate_bps == c.rate_bps:
                now[nodes] = replace(
                    c,
                    start_s=before.start_s,
                    least_s=min(before.least_s, c.least_s),
                    most_s=max(before.most_s, c.most_s),
                )
            elif before is not None:
                done.append(before)
        done += [c for nodes, c in standing.items() if nodes not in now]
        standing = now
    return sorted([*done, *standing.values()], key=lambda c: (c.start_s, c.a, c.b))


def _commands(world: World, contacts: list[Contact]) -> str:
    lines = [
        f"# {world.scenario.name}: contact plan for ionadmin; node numbers: nodes.csv",
        f"@ {world.start:%Y/%m/%d-%H:%M:%S}",
    ]
    for c in contacts:
        span = f"+{c.start_s:.0f} +{c.stop_s:.0f}"
        rate = int(c.rate_bps / 8.0)
        if rate < 1:
            continue  # ION refuses a scheduled contact without a rate; contacts.json keeps it
        lines += [
            f"a contact {span} {c.a} {c.b} {rate}",
            f"a contact {span} {c.b} {c.a} {rate}",
            f"a range {span} {c.a} {c.b} {round(c.most_s)}",
        ]
    return "\n".join(lines) + "\n"


def _nodes(world: World) -> str:
    import csv
    import io

    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(("node", "kind", "name"))
    names = (
        ("satellite", world.fleet.elements.name),
        ("gateway", world.ground.gateways.name),
        ("pop", world.ground.pops.name),
    )
    write.writerows(
        (k, kind, name) for k, (kind, name) in enumerate(((kind, n) for kind, ns in names for n in ns), 1)
    )
    return out.getvalue()


def _record(c: Contact) -> dict[str, Any]:
    return {
        "kind": c.kind,
        "nodes": [c.a, c.b],
        "start_s": c.start_s,
        "stop_s": c.stop_s,
        "rate_bps": c.rate_bps,
        "light_s": [c.least_s, c.most_s],
    }
