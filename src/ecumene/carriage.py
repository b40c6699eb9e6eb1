"""What the network carried: loads of lasers, where countries' traffic lands, what a gateway is worth, narrowest cuts.

Loads and landings are counted in every slot; gateways are taken away in some, spread over the run; cuts are sought in
the last slot alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.kernels import njit
from ecumene.network.cuts import smallest_cut
from ecumene.network.detours import share_over_detours
from ecumene.network.gateways import Feeders
from ecumene.network.routes import find_routes
from ecumene.network.service import PARTLY
from ecumene.network.sharing import FAIRNESS, GATEWAY, ISL, load_of_kind, resources_of_routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.results.schema import Table
    from ecumene.slot import Slot
    from ecumene.world import World

LOAD_STEPS = 50
"""Loads of lasers are counted in steps of 2 % of their capacity."""

N_GATEWAYS_TRIED = 30
"""So many gateways, those that bring most people home, are taken away one by one."""

N_SLOTS_TRIED = 6
"""In so many slots, spread evenly over the run: the sky over one gateway changes from slot to slot."""

LITTLE = 1e-6
"""A smaller share of service lost, or 1 bit/s, is none: traffic over many paths is counted in whole bit/s."""

N_WORST = 10

_CUT_KINDS = ("satellites", "isls", "antennas", "gateways")


@dataclass
class Failures:
    """What would be lost without each gateway, summed over the slots in which that was tried.

    Attributes
    ----------
    people_lost, lost_bps, people_through : (gateway,)
        Sums over the slots; only those tried have losses.
    n_slots
        Slots tried so far.
    tried
        The gateways taken away: those that bring most people home in the first of these slots.

    Notes
    -----
    People lost are people times the share of their service that ends: of a satellite's traffic that falls from
    all to half, half of the people. The failed gateway's antennas are gone, the others stay where they are: it
    is the first moment after the failure. Beams stay with their satellites.
    """

    people_lost: NDArray[np.float64]
    lost_bps: NDArray[np.float64]
    people_through: NDArray[np.float64]
    n_slots: int = 0
    tried: tuple[int, ...] | None = None

    @property
    def n_gateways(self) -> int:
        """How many there are."""
        return len(self.people_lost)

    def record(self, world: World, slot: Slot) -> None:
        """Take gateways away, one by one, in one slot."""
        self.n_slots += 1
        if not len(slot.flow_sat):
            return
        people = people_of_flows(world, slot)
        streams, carried_bps = slot.streams, slot.shares.carried_bps
        share = streams.path_bps / np.maximum(carried_bps[streams.flow_of_path], 1e-300)
        through = np.bincount(
            streams.end_of_paths(GATEWAY), people[streams.flow_of_path] * share, self.n_gateways
        )
        self.people_through += through
        if self.tried is None:
            most = np.argsort(-through, kind="stable")[:N_GATEWAYS_TRIED]
            few = self.n_gateways <= N_GATEWAYS_TRIED
            self.tried = tuple(int(g) for g in most if few or through[g] > 0.0)
        for g in self.tried:
            if not (slot.links.feeders.gateway_of_feed == g).any():
                continue
            after_bps = carried_without(world, slot, g)
            left = np.ones(len(carried_bps))
            np.divide(after_bps, carried_bps, out=left, where=carried_bps > 0.0)
            left[carried_bps - after_bps <= np.maximum(1.0, LITTLE * carried_bps)] = 1.0
            self.people_lost[g] += float((people * (1.0 - left))[carried_bps > 0.0].sum())
            self.lost_bps[g] += max(0.0, float(carried_bps.sum() - after_bps.sum()))

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """Return means over the slots tried, and NaN for gateways that were not tried."""
        n, tried = max(1, self.n_slots), list(self.tried or ())
        lost, lost_bps = np.full(self.n_gateways, np.nan), np.full(self.n_gateways, np.nan)
        lost[tried], lost_bps[tried] = self.people_lost[tried] / n, self.lost_bps[tried] / n
        return {"people_lost": lost, "lost_gbps": lost_bps / 1e9, "people_through": self.people_through / n}


def slots_tried(n_slots: int) -> frozenset[int]:
    """Return the slots in which gateways are taken away.

    Examples
    --------
    >>> sorted(slots_tried(240))
    [0, 48, 96, 143, 191, 239]
    """
    return frozenset(np.linspace(0, n_slots - 1, min(n_slots, N_SLOTS_TRIED)).round().astype(int).tolist())


@dataclass
class Carriage:
    """What has been counted so far: written to by `record`, as `ecumene.record.Ledger` is.

    Attributes
    ----------
    load_counts : (link, step)
        Slots by load of the fuller direction.
    carried_of_link_bps : (link,)
        Sum over slots, both directions together. [bit/s]
    load_max_share : (link,)
        Largest load of either direction.
    up_of_link : (link,)
        Slots in which the link stood.
    landed_bps : (country, gateway country)
        Sum over slots of the traffic carried. [bit/s]
    totals
        Possible, and carried over one path, slot by slot. [bit/s]
    failures
        What would be lost without each gateway, from the slots in which that was tried.
    """

    world: World
    gateway_country: tuple[str, ...]
    country_of_gateway: NDArray[np.int64]
    load_counts: NDArray[np.uint32]
    carried_of_link_bps: NDArray[np.float64]
    load_max_share: NDArray[np.float64]
    up_of_link: NDArray[np.int64]
    landed_bps: NDArray[np.float64]
    totals: list[tuple[float, float]]
    failures: Failures
    last: Slot | None = None

    def record(self, slot: Slot) -> None:
        """Count one slot."""
        self.totals.append((slot.possible_bps, slot.one_path_bps))
        self.last = slot
        self._record_links(slot)
        self._record_landings(slot)
        if slot.sky.slot in slots_tried(self.world.scenario.slots):
            self.failures.record(slot.world, slot)

    def _record_links(self, slot: Slot) -> None:
        n = len(self.world.links)
        if not n:
            return
        both_bps = load_of_kind(slot.paths, slot.shares.load_bps, ISL)[: 2 * n].reshape(n, 2)
        capacity_bps = self.world.scenario.isl.capacity_gbps * 1e9
        load = both_bps.max(axis=1) / capacity_bps
        step = np.minimum((load * LOAD_STEPS + 0.5).astype(np.int64), LOAD_STEPS)
        self.load_counts[np.arange(n), step] += 1
        self.carried_of_link_bps += both_bps.sum(axis=1)
        np.maximum(self.load_max_share, load, out=self.load_max_share)
        self.up_of_link += slot.links.isls.is_up[:n]

    def _record_landings(self, slot: Slot) -> None:
        if not len(self.gateway_country) or not len(slot.flow_sat):
            return
        land = slot.world.land
        streams, carried_bps = slot.streams, slot.shares.carried_bps
        share = streams.path_bps / np.maximum(carried_bps[streams.flow_of_path], 1e-300)
        order = np.argsort(streams.flow_of_path, kind="stable")
        first = np.searchsorted(streams.flow_of_path[order], np.arange(len(carried_bps) + 1))
        _add_landings(
            self.landed_bps, land.rows.country.astype(np.int64), land.cell_of_row, land.class_of_row,
            slot.service.rate_bps, slot.plan.sat_of_cell, _flow_of(slot), first,
            self.country_of_gateway[streams.end_of_paths(GATEWAY)[order]], share[order],
        )  # fmt: skip

    def isl_table(self, n_slots: int) -> Table:
        """Return one line for every laser link of the run."""
        world, links = self.world, self.world.links
        names = np.array(world.fleet.elements.name, dtype=object)
        seen = np.cumsum(self.load_counts, axis=1)
        p50, p95 = ((seen < q * n_slots).sum(axis=1) / LOAD_STEPS for q in (0.5, 0.95))
        return {
            "satellite_a": names[links[:, 0]],
            "satellite_b": names[links[:, 1]],
            "up_share": self.up_of_link / n_slots,
            "capacity_gbps": np.full(len(links), world.scenario.isl.capacity_gbps),
            "carried_gbps_mean": self.carried_of_link_bps / n_slots / 1e9,
            "load_p50": np.minimum(p50, self.load_max_share),
            "load_p95": np.minimum(p95, self.load_max_share),
            "load_max": self.load_max_share,
        }

    def notes(self) -> list[str]:
        """Return what to know about a mesh that falls apart."""
        n_links, n_stood = len(self.up_of_link), int(np.count_nonzero(self.up_of_link))
        if n_stood == n_links:
            return []
        keys = self.world.scenario.isl
        whys = [f"their line would come below {keys.grazing_altitude_km:g} km"]
        if keys.max_range_km is not None:
            whys.append(f"be longer than {keys.max_range_km:g} km")
        if keys.polar_cutoff_deg is not None:
            whys.append(f"have an end beyond {keys.polar_cutoff_deg:g} degrees of latitude")
        why = " or ".join(whys)
        if n_stood:
            return [f"{n_links - n_stood:,} of {n_links:,} lasers never stood: {why}."]
        return [
            f"None of {n_links:,} lasers ever stood: {why}. Satellites reach the gateways they see alone."
        ]

    def landing_table(self, n_slots: int) -> Table:
        """Return which countries' gateways carry each country's traffic, most first within a country."""
        land = self.world.land
        total_bps = self.landed_bps.sum(axis=1)
        c, g = np.nonzero(self.landed_bps > 0.0)
        order = np.lexsort((-self.landed_bps[c, g], -total_bps[c]))
        c, g = c[order], g[order]
        return {
            "country": np.array(land.codes, dtype=object)[c],
            "gateway_country": np.array(self.gateway_country, dtype=object)[g],
            "carried_gbps": self.landed_bps[c, g] / n_slots / 1e9,
            "share": self.landed_bps[c, g] / total_bps[c],
        }

    def failure_columns(self) -> dict[str, NDArray[np.float64]]:
        """Return what fails with each gateway: people, and traffic; means over the slots tried."""
        return self.failures.columns()

    def cut_table(self) -> Table:
        """Return what could leave each country's cells at most in the last slot, and where it would be held up."""
        columns: dict[str, list[Any]] = {
            name: [] for name in ("country", "name", "most_gbps", "satellites_seen")
        }
        columns |= {f"{kind}_{what}": [] for kind in _CUT_KINDS for what in ("gbps", "cut")}
        if self.last is not None:
            sees, landing_class = satellites_of_countries(self.last.world, self.last)
            land = self.world.land
            for c in np.flatnonzero(sees.any(axis=1)).tolist():
                cut = smallest_cut(
                    np.flatnonzero(sees[c]).astype(np.int32), int(landing_class[c]), routes=self.last.links.routes,
                    satellite_bps=self.world.beams.capacity_bps,
                    **_network(self.last.world, self.last.links.feeders, self.last),
                    **_capacities(self.world, self.last.links.feed_bps),
                )  # fmt: skip
                columns["country"].append(land.codes[c])
                columns["name"].append(land.names[c])
                columns["most_gbps"].append(cut.most_bps / 1e9)
                columns["satellites_seen"].append(int(sees[c].sum()))
                for k, kind in enumerate(_CUT_KINDS):
                    columns[f"{kind}_gbps"].append(float(cut.cut_bps[k] / 1e9))
                    columns[f"{kind}_cut"].append(int(cut.n_cut[k]))
        return {
            name: np.array(
                values,
                dtype=object if name in {"country", "name"} else np.int64 if _is_count(name) else float,
            )
            for name, values in columns.items()
        }

    def traffic_gbps(self) -> dict[str, float]:
        """Return what could be carried, and what one path would carry; means over the slots."""
        possible_bps, one_path_bps = np.array(self.totals).reshape(-1, 2).mean(axis=0)
        return {"possible": float(possible_bps) / 1e9, "one_path": float(one_path_bps) / 1e9}


def open_carriage(world: World) -> Carriage:
    """Return a carriage with nothing counted."""
    n_links = len(world.links)
    codes = sorted(set(world.ground.gateways.country))
    return Carriage(
        world=world,
        gateway_country=tuple(codes),
        country_of_gateway=np.array([codes.index(code) for code in world.ground.gateways.country], np.int64),
        load_counts=np.zeros((n_links, LOAD_STEPS + 1), np.uint32),
        carried_of_link_bps=np.zeros(n_links),
        load_max_share=np.zeros(n_links),
        up_of_link=np.zeros(n_links, np.int64),
        landed_bps=np.zeros((len(world.land.codes), len(codes))),
        totals=[],
        failures=Failures(*np.zeros((3, len(world.ground.gateways)))),
    )


def riskiest_gateways(gateways: Table) -> list[dict[str, Any]]:
    """Return the gateways whose loss would cost most people their service."""
    people = np.nan_to_num(gateways["people_lost"])
    order = [int(g) for g in np.argsort(-people, kind="stable")[:N_WORST] if people[g] > 0.0]
    return [
        {
            "gateway": str(gateways["gateway"][g]),
            "country": str(gateways["country"][g]),
            "people_lost": float(people[g]),
            "lost_gbps": float(gateways["lost_gbps"][g]),
        }
        for g in order
    ]


def people_of_flows(world: World, slot: Slot) -> NDArray[np.float64]:
    """Return how many people each stream of traffic serves: those of the rows that are served."""
    land = world.land
    is_served = (slot.service.cause >= PARTLY) & (slot.service.rate_bps > 0.0)
    cell, k = land.cell_of_row[is_served], land.class_of_row[is_served]
    flow = _flow_of(slot)[k, slot.plan.sat_of_cell[cell]]
    return np.bincount(flow, land.rows.people[is_served], len(slot.flow_sat)).astype(np.float64)


def carried_without(world: World, slot: Slot, gateway: int) -> NDArray[np.float64]:
    """Return what is carried of each stream when a gateway fails and all other antennas stay where they are.

    Parameters
    ----------
    world, slot
        The run, and a finished slot.
    gateway
        The one that fails.
    """
    feeders = slot.links.feeders
    stays = feeders.gateway_of_feed != gateway
    left = Feeders(feeders.gateway_of_feed[stays], feeders.sat_of_feed[stays], feeders.slant_m[stays])
    net = _network(world, left, slot)
    routes = find_routes(
        len(slot.sky.r_sat_m), net["links"], net["length_m"], net["is_up"], left, net["fibre_s"],
        net["is_gateway_permitted"], net["is_pop_permitted"],
    )  # fmt: skip
    carried_bps = np.zeros(len(slot.flow_sat))
    has_path = routes.has_path[slot.flow_class, slot.flow_sat]
    flows = slot.flow_class[has_path], slot.flow_sat[has_path]
    offered_bps = slot.offered_bps[has_path]
    capacity = {"satellite_bps": world.beams.capacity_bps, **_capacities(world, slot.links.feed_bps[stays])}
    if world.scenario.network.paths == "many":
        shares = share_over_detours(offered_bps, flows[0], flows[1], routes=routes, **net, **capacity).shares
    else:
        paths = resources_of_routes(
            routes,
            net["links"],
            left,
            flows[0],
            flows[1],
            **capacity,
            pop_bps=np.full(len(world.ground.pops), np.inf),
        )
        share = FAIRNESS[world.scenario.network.fairness]
        shares = share(offered_bps, paths.first, paths.resource, paths.capacity_bps, offered_bps)
    carried_bps[has_path] = shares.carried_bps
    return carried_bps


def satellites_of_countries(world: World, slot: Slot) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which satellites a country's permitted rows may use, (country, sat), and the country's landing class."""
    land = world.land
    n_countries, n_sats = len(land.codes), len(slot.sky.r_sat_m)
    country = land.rows.country.astype(np.int64)
    sees = np.zeros((n_countries, n_sats), np.bool_)
    _see(
        sees, country, land.cell_of_row, land.class_of_row, world.grid.bin_of_cell,
        slot.sky.sight.clear_of_cell, slot.sky.sight.candidates_of_bin,
    )  # fmt: skip
    landing_class = np.full(n_countries, -1, np.int64)
    is_permitted = land.class_of_row >= 0
    landing_class[country[is_permitted]] = land.class_of_row[is_permitted]
    return sees, landing_class


def _is_count(name: str) -> bool:
    return name.endswith("_cut") or name == "satellites_seen"


def _flow_of(slot: Slot) -> NDArray[np.int64]:
    """Return the stream of each (class, satellite), -1 for none."""
    flow = np.full(slot.carried_share.shape, -1, np.int64)
    flow[slot.flow_class, slot.flow_sat] = np.arange(len(slot.flow_sat))
    return flow


def _network(world: World, feeders: Feeders, slot: Slot) -> dict[str, Any]:
    ground = world.ground
    return {
        "links": slot.links.pairs,
        "length_m": slot.links.isls.length_m,
        "is_up": slot.links.isls.is_up,
        "feeders": feeders,
        "fibre_s": ground.fibre_s,
        "is_gateway_permitted": ground.is_gateway_permitted,
        "is_pop_permitted": ground.is_pop_permitted,
    }


def _capacities(world: World, feed_bps: NDArray[np.float64]) -> dict[str, Any]:
    scenario = world.scenario
    return {
        "isl_bps": scenario.isl.capacity_gbps * 1e9,
        "feed_bps": feed_bps,
        "gateway_bps": world.ground.gateway_bps,
    }


@njit(cache=True, nogil=True)
def _add_landings(  # type: ignore[no-untyped-def]  # noqa: ANN202
    landed, country, cell_of_row, class_of_row, rate_bps, sat_of_cell, flow_of, first, gateway_country, share  # noqa: ANN001
):  # fmt: skip
    """Add the traffic of every row to (its country, the gateways' countries)."""
    for r in range(len(country)):
        if rate_bps[r] > 0.0:
            f = flow_of[class_of_row[r], sat_of_cell[cell_of_row[r]]]
            for i in range(first[f], first[f + 1]):
                landed[country[r], gateway_country[i]] += rate_bps[r] * share[i]


@njit(cache=True, nogil=True)
def _see(sees, country, cell_of_row, class_of_row, bin_of_cell, clear_of_cell, candidates_of_bin):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Mark the satellites that the permitted rows of every country may use."""
    for r in range(len(country)):
        if class_of_row[r] < 0:
            continue
        c = cell_of_row[r]
        for w in range(clear_of_cell.shape[1]):
            bits, at = clear_of_cell[c, w], 64 * w
            while bits:
                if bits & np.uint64(1):
                    sees[country[r], candidates_of_bin[bin_of_cell[c], at]] = True
                bits >>= np.uint64(1)
                at += 1
