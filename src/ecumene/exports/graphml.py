"""The network of one slot as GraphML: satellites, gateways and PoPs, and what joins them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.earth.ellipsoid import geodetic_of_ecef
from ecumene.orbits.elements import STATUSES
from ecumene.record import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecumene.slot import Slot
    from ecumene.world import World

KEYS = (
    ("graph", "scenario", "string"),
    ("graph", "slot", "int"),
    ("graph", "utc", "string"),
    ("node", "kind", "string"),
    ("node", "name", "string"),
    ("node", "country", "string"),
    ("node", "status", "string"),
    ("node", "shell", "int"),
    ("node", "plane", "int"),
    ("node", "place_in_plane", "int"),
    ("node", "lat_deg", "double"),
    ("node", "lon_deg", "double"),
    ("node", "altitude_km", "double"),
    ("node", "x_km", "double"),
    ("node", "y_km", "double"),
    ("node", "z_km", "double"),
    ("edge", "kind", "string"),
    ("edge", "length_km", "double"),
    ("edge", "delay_ms", "double"),
    ("edge", "capacity_gbps", "double"),
)
"""What is known of graph, nodes and edges: whose, name with its unit, type. Delays are one way."""

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_BAD = {code: "?" for code in range(32) if code not in {9, 10, 13}}  # what XML 1.0 cannot hold


def graphml_text(world: World, slot: Slot) -> str:
    """Return the network of one slot.

    Parameters
    ----------
    world, slot
        What stays the same, and the slot.

    Returns
    -------
    text
        One undirected graph. Nodes: `s0`, `s1`, ... in the order of the table of satellites (those without a
        position have no coordinates and no edge), `g0`, ... gateways, `p0`, ... PoPs. Edges, `kind`: `isl`
        (those that are up), `feeder` (antenna on satellite), `fibre` (gateway to PoP).

    References
    ----------
    Brandes, Eiglsperger, Herman, Himsolt, Marshall, GraphML Progress Report, Graph Drawing 2001 (LNCS 2265).
    """
    lines = ["<?xml version='1.0' encoding='utf-8'?>", f'<graphml xmlns="{_NAMESPACE}">']
    ids = {}
    for number, (domain, name, kind) in enumerate(KEYS):
        ids[domain, name] = f"k{number}"
        lines.append(f'  <key id="k{number}" for="{domain}" attr.name="{name}" attr.type="{kind}"/>')
    utc = utc_text(world.start + timedelta(seconds=slot.sky.t_s))
    lines.append('  <graph edgedefault="undirected">')
    lines += _data(ids, "graph", {"scenario": world.scenario.name, "slot": slot.sky.slot, "utc": utc}, 4)
    for node, values in _nodes(world, slot):
        lines += [f"    <node id={quoteattr(node)}>", *_data(ids, "node", values, 6), "    </node>"]
    for a, b, values in _edges(world, slot):
        lines += [f'    <edge source="{a}" target="{b}">', *_data(ids, "edge", values, 6), "    </edge>"]
    return "\n".join([*lines, "  </graph>", "</graphml>", ""])


def _data(
    ids: Mapping[tuple[str, str], str], domain: str, values: Mapping[str, Any], indent: int
) -> list[str]:
    """Return the lines of what is known; numbers that are none are left out."""
    return [
        f'{" " * indent}<data key="{ids[domain, name]}">{escape(str(value).translate(_BAD))}</data>'
        for name, value in values.items()
        if not (isinstance(value, float) and not np.isfinite(value))
    ]


def _nodes(world: World, slot: Slot) -> Iterator[tuple[str, dict[str, Any]]]:
    elements, r_m = world.fleet.elements, slot.sky.r_sat_m
    is_known = slot.sky.is_valid
    at = np.full((3, len(elements)), np.nan)
    at[:, is_known] = geodetic_of_ecef(r_m[is_known])
    for k, name in enumerate(elements.name):
        yield (
            f"s{k}",
            {
                "kind": "satellite",
                "name": name,
                "status": STATUSES[world.status[k]],
                "shell": int(elements.shell[k]),
                "plane": int(elements.plane[k]),
                "place_in_plane": int(elements.slot[k]),
                "lat_deg": float(at[0, k]),
                "lon_deg": float(at[1, k]),
                "altitude_km": float(at[2, k]) / 1e3,
                "x_km": float(r_m[k, 0]) / 1e3,
                "y_km": float(r_m[k, 1]) / 1e3,
                "z_km": float(r_m[k, 2]) / 1e3,
            },
        )
    for letter, kind, sites in (("g", "gateway", world.ground.gateways), ("p", "pop", world.ground.pops)):
        for k, name in enumerate(sites.name):
            place = {"lat_deg": float(sites.lat_deg[k]), "lon_deg": float(sites.lon_deg[k])}
            yield f"{letter}{k}", {"kind": kind, "name": name, "country": sites.country[k], **place}


def _edges(world: World, slot: Slot) -> Iterator[tuple[str, str, dict[str, Any]]]:
    links, scenario, ground = slot.links, world.scenario, world.ground
    for k in np.flatnonzero(links.isls.is_up).tolist():
        a, b = links.pairs[k].tolist()
        yield f"s{a}", f"s{b}", _leg("isl", float(links.isls.length_m[k]), scenario.isl.capacity_gbps)
    feeders = links.feeders
    for g, s, slant_m, bps in zip(
        *(column.tolist() for column in (feeders.gateway_of_feed, feeders.sat_of_feed, feeders.slant_m)),
        links.feed_bps.tolist(),
        strict=True,
    ):
        yield f"g{g}", f"s{s}", _leg("feeder", slant_m, bps / 1e9)
    for g, p in np.argwhere(np.isfinite(ground.fibre_s)).tolist():
        delay_s = float(ground.fibre_s[g, p])
        length_km = delay_s * SPEED_OF_LIGHT_M_S / scenario.latency.fibre_index / 1e3
        yield f"g{g}", f"p{p}", {"kind": "fibre", "length_km": length_km, "delay_ms": delay_s * 1e3}


def _leg(kind: str, length_m: float, capacity_gbps: float) -> dict[str, Any]:
    delay_ms = length_m / SPEED_OF_LIGHT_M_S * 1e3
    return {"kind": kind, "length_km": length_m / 1e3, "delay_ms": delay_ms, "capacity_gbps": capacity_gbps}
