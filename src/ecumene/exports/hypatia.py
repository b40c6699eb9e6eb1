"""The network as the files of Hypatia: satgenpy's state, which its analysis and its ns-3 module read.

One folder of text: `ground_stations.txt`, `tles.txt`, `isls.txt`, `gsl_interfaces_info.txt`, `description.txt`, and
in `dynamic_state/` for every slot the changes of the forwarding state (`fstate_<ns>.txt`) and of the bandwidth of
ground links (`gsl_if_bandwidth_<ns>.txt`). Nodes are numbered satellites first, then ground stations: the named
places, in their order.

Formats: satgenpy of Hypatia (snkas/hypatia, 0ac531c), its readers `read_tles`, `read_isls`,
`read_ground_stations_extended`, `read_gsl_interfaces_info`, and `generate_dynamic_state`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import InputError
from ecumene.network.mesh import access_of_table, distances_m, mesh_of_links
from ecumene.network.paths import next_steps
from ecumene.orbits.times import unix_seconds
from ecumene.pairs import reach_of_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from ecumene.slot import Slot
    from ecumene.world import World

LAST_TLE_NUMBER = 99_999
"""A TLE has five digits for the number of a satellite."""

YEARS = (2000, 2056)
"""Hypatia reads the two digits of a TLE's year as 20yy, PyEphem those from 57 on as 19yy."""

NONE = (-1, -1, -1)
"""No next hop: the packet is dropped."""


@dataclass(frozen=True)
class Forwarding:
    """The forwarding state of one slot.

    Attributes
    ----------
    next_hop : (node, station, 3)
        For every node and every ground station as destination: next node, own interface, the next one's; -1
        without path, and for a station to itself.
    """

    next_hop: NDArray[np.int32]


def check_exportable(world: World) -> None:
    """Refuse a world that Hypatia's files cannot hold.

    Raises
    ------
    InputError
        Satellites of a catalogue (each has its own epoch, Hypatia wants one), a start that is not the epoch
        of the elements, a year a TLE cannot tell, more satellites than it has numbers, or no place.
    """
    name, n_sats = world.scenario.name, len(world.fleet.elements)
    if world.scenario.constellation.file is not None:
        raise InputError(
            f"{name}: satellites of a catalogue have an epoch each, Hypatia wants one; use filed shells"
        )
    epoch_s, start_s = float(world.fleet.elements.epoch_s[0]), unix_seconds(world.start)
    if abs(epoch_s - start_s) > 1e-3:
        epoch = datetime.fromtimestamp(epoch_s, UTC).isoformat().replace("+00:00", "Z")
        raise InputError(
            f"{name}: start and epoch of the shells differ, Hypatia's time begins at the epoch; give --start {epoch}"
        )
    low, high = YEARS
    if not low <= world.start.year <= high:
        raise InputError(
            f"{name}: start in {world.start.year}: must be between {low} and {high} for TLEs of Hypatia"
        )
    if n_sats > LAST_TLE_NUMBER:
        raise InputError(
            f"{name}: {n_sats:,} satellites: must be at most {LAST_TLE_NUMBER:,}, a TLE has five digits"
        )
    if not world.places.name:
        raise InputError(f"{name}: there is no place, and so no ground station; name some with --places")


def hypatia_files(world: World, slots: Iterable[Slot]) -> Iterator[tuple[str, str]]:
    """Return the files, by name in the folder and as text, in the order they become known.

    Parameters
    ----------
    world
        What stays the same.
    slots
        Slots in order, from the first.

    Yields
    ------
    name, text
        Relative path and content. The description comes last: its longest links are those of the slots.

    Notes
    -----
    Routes are Hypatia's "free one only over ISLs": shortest by length, no ground relays, whatever the path rule
    of the scenario; who sees whom follows the range rule of `[pairs]`. All links of the constellation stand in
    `isls.txt`, those that are down in a slot carry no route in it. Each node has one ground interface of
    bandwidth 1, as in Hypatia's paper: the data rate is set in ns-3.
    """
    check_exportable(world)
    yield "tles.txt", tles_text(world)
    yield "ground_stations.txt", ground_stations_text(world)
    yield "isls.txt", "".join(f"{a} {b}\n" for a, b in world.links.tolist())
    n_sats, n_stations = len(world.fleet.elements), len(world.places.name)
    yield "gsl_interfaces_info.txt", "".join(f"{node},1,{1.0:f}\n" for node in range(n_sats + n_stations))
    interfaces = _interfaces(world.links, n_sats)
    before: Forwarding | None = None
    max_slant_m = max_link_m = 0.0
    for slot in slots:
        ns = round(slot.sky.t_s * 1e9)
        state, longest_m = _forwarding(world, slot, interfaces)
        max_slant_m = max(max_slant_m, longest_m)
        isls, n = slot.links.isls, len(world.links)
        max_link_m = max(max_link_m, float(isls.length_m[:n][isls.is_up[:n]].max(initial=0.0)))
        yield f"dynamic_state/fstate_{ns}.txt", _changes_text(state, before, n_sats)
        bandwidth = _bandwidth_text(interfaces, n_sats, n_stations) if before is None else ""
        yield f"dynamic_state/gsl_if_bandwidth_{ns}.txt", bandwidth
        before = state
    yield "description.txt", _description(world, max_slant_m, max_link_m)


def tles_text(world: World) -> str:
    """Return `tles.txt`: planes and satellites a plane, then a name, a number from 0 and two lines for each.

    Several shells, which Hypatia does not know, count as one plane.
    """
    shells, elements = world.scenario.constellation.shells, world.fleet.elements
    shape = (shells[0].planes, shells[0].sats_per_plane) if len(shells) == 1 else (1, len(elements))
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in world.scenario.name)
    lines = [f"{shape[0]} {shape[1]}"]
    for number, satrec in enumerate(elements.satrecs):
        lines += [f"{name} {number}", *_tle(satrec, number + 1, world.start)]
    return "\n".join(lines) + "\n"


def _tle(satrec: Any, number: int, epoch: datetime) -> tuple[str, str]:
    """Return the two lines of a satellite without drag; angles to 0.0001 deg, the epoch to a millisecond."""
    day = (epoch - datetime(epoch.year, 1, 1, tzinfo=UTC)) / timedelta(days=1) + 1.0
    # A made-up international designator: launch 0, piece ABC.
    first = f"1 {number:05d}U 00000ABC {epoch:%y}{day:012.8f}  .00000000  00000-0  00000+0 0    0"
    degrees = [
        f"{math.degrees(a) % 360.0:8.4f}" for a in (satrec.inclo, satrec.nodeo, satrec.argpo, satrec.mo)
    ]
    inclination, node, perigee, anomaly = ("  0.0000" if text == "360.0000" else text for text in degrees)
    rev_day = satrec.no_kozai * 1_440.0 / math.tau
    angles = f"{inclination} {node} {round(satrec.ecco * 1e7):07d} {perigee} {anomaly}"
    second = f"2 {number:05d} {angles} {rev_day:11.8f}    0"
    return first + _checksum(first), second + _checksum(second)


def _checksum(line: str) -> str:
    return str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


def ground_stations_text(world: World) -> str:
    """Return `ground_stations.txt`: number, name, latitude, longitude, height, and the place in ECEF [m]."""
    places = world.places
    return "".join(
        f"{k},{name.replace(',', ' ')},{lat:.6f},{lon:.6f},{0.0:f},{r[0]:f},{r[1]:f},{r[2]:f}\n"
        for k, (name, lat, lon, r) in enumerate(
            zip(
                places.name,
                places.lat_deg.tolist(),
                places.lon_deg.tolist(),
                places.r_m.tolist(),
                strict=True,
            )
        )
    )


@dataclass(frozen=True)
class _Interfaces:
    """Numbers of interfaces: a satellite's ISLs count up in the order of the links, its ground link comes last."""

    of_link: NDArray[np.int32]  # (link, 2), at either end
    n_isls: NDArray[np.int32]  # (sat,)


def _interfaces(links: NDArray[np.int32], n_sats: int) -> _Interfaces:
    flat = links.ravel()
    order = np.argsort(flat, kind="stable")
    first = np.searchsorted(flat[order], np.arange(n_sats))
    number = np.empty(len(flat), np.int32)
    number[order] = np.arange(len(flat)) - first[flat[order]]
    return _Interfaces(number.reshape(-1, 2), np.bincount(flat, minlength=n_sats).astype(np.int32))


def _forwarding(world: World, slot: Slot, interfaces: _Interfaces) -> tuple[Forwarding, float]:
    """Return the forwarding state, and the longest ground link there is, in metres."""
    n_sats, n_stations = len(world.fleet.elements), len(world.places.name)
    isls, reach = slot.links.isls, reach_of_places(world, slot)
    orders = world.pairs.orders[:, world.pairs.orders[0] < n_sats]
    n = len(world.links)  # behind them links between shells, which come and go: `isls.txt` cannot hold them
    length_m = isls.length_m[:n] * world.pairs.length_scale
    mesh = mesh_of_links(n_sats, world.links, length_m, isls.is_up[:n], orders)
    access = access_of_table(reach.can_use, reach.slant_m)
    distance_m = distances_m(mesh, access)
    step = next_steps(mesh, access, distance_m)
    next_hop = np.full((n_sats + n_stations, n_stations, 3), -1, np.int32)
    sat, station = np.nonzero(step >= 0)
    neighbour = step[sat, station]
    next_hop[sat, station, 0] = neighbour
    next_hop[sat, station, 1:] = _interface_table(world.links, interfaces, sat, neighbour)
    sat, station = np.nonzero(step == -2)  # comes down here
    next_hop[sat, station] = np.stack([n_sats + station, interfaces.n_isls[sat], 0 * sat], axis=1)
    for source in range(n_stations):
        sats = access.node[access.first[source] : access.first[source + 1]]
        if not len(sats):
            continue
        whole_m = access.length_m[access.first[source] : access.first[source + 1], None] + distance_m[sats]
        up = sats[whole_m.argmin(axis=0)]
        found = np.isfinite(whole_m.min(axis=0))
        found[source] = False
        next_hop[n_sats + source, found] = np.stack([up, 0 * up, interfaces.n_isls[up]], axis=1)[found]
    return Forwarding(next_hop), float(access.length_m.max(initial=0.0))


def _interface_table(
    links: NDArray[np.int32], interfaces: _Interfaces, here: NDArray[np.int64], there: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the interfaces at both ends of steps from satellite to satellite, (step, 2)."""
    size = len(interfaces.n_isls)
    code = links[:, 0].astype(np.int64) * size + links[:, 1]
    order = np.argsort(code)
    is_up = here < there
    wanted = np.where(is_up, here * size + there, there * np.int64(size) + here)
    both = interfaces.of_link[order[np.searchsorted(code, wanted, sorter=order)]]
    turned: NDArray[np.int32] = np.where(is_up[:, None], both, both[:, ::-1])
    return turned


def _changes_text(state: Forwarding, before: Forwarding | None, n_sats: int) -> str:
    """Return the lines that differ from the slot before; all in the first."""
    differs = np.ones(state.next_hop.shape[:2], np.bool_)
    if before is not None:
        differs = (state.next_hop != before.next_hop).any(axis=2)
    n_stations = state.next_hop.shape[1]
    differs[n_sats + np.arange(n_stations), np.arange(n_stations)] = (
        False  # a station does not send to itself
    )
    node, station = np.nonzero(differs)
    table = np.column_stack([node, n_sats + station, state.next_hop[node, station]])
    return "".join(f"{a},{b},{c},{d},{e}\n" for a, b, c, d, e in table.tolist())


def _bandwidth_text(interfaces: _Interfaces, n_sats: int, n_stations: int) -> str:
    sats = (f"{sat},{n},{1.0:f}\n" for sat, n in enumerate(interfaces.n_isls.tolist()))
    return "".join([*sats, *(f"{n_sats + k},0,{1.0:f}\n" for k in range(n_stations))])


def _description(world: World, max_slant_m: float, max_link_m: float) -> str:
    """Return the longest links: as the scenario sets them, or else the longest of the slots, rounded up."""
    keys, link_km = world.scenario.pairs, world.scenario.isl.max_range_km
    slant_km = keys.max_slant_km if keys.range_rule == "slant" else None
    slant_m = slant_km * 1e3 if slant_km is not None else math.ceil(max_slant_m)
    link_m = link_km * 1e3 if link_km is not None else math.ceil(max_link_m)
    return f"max_gsl_length_m={slant_m:.10f}\nmax_isl_length_m={link_m:.10f}\n"
