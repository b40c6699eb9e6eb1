"""Capacity sharing: how much of what the satellites bring arrives, max-min fair on the chosen paths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.gateways import Feeders
    from ecumene.network.routes import Routes

SATELLITE, ISL, FEED, GATEWAY, POP = range(5)
"""Kinds of a resource. An ISL is two resources, one a direction: 2 x link, and one more against its order."""

RESOURCE_KINDS = ("satellite", "isl", "feeder", "gateway", "pop")
"""Names of the kinds, by number."""


@dataclass(frozen=True)
class Paths:
    """What every flow runs through, and how much each of these can carry.

    Attributes
    ----------
    first : (flow + 1,)
        The resources of flow f are resource[first[f]:first[f + 1]].
    resource : (step,)
        Resources, from the satellite to the PoP.
    capacity_bps : (resource,)
        What each can carry; inf where nothing limits it. [bit/s]
    start_of_kind : (kind + 1,)
        Resources of kind k are start_of_kind[k] to start_of_kind[k + 1].
    """

    first: NDArray[np.int64]
    resource: NDArray[np.int32]
    capacity_bps: NDArray[np.float64]
    start_of_kind: NDArray[np.int64]


@dataclass(frozen=True)
class Shares:
    """What is carried.

    Attributes
    ----------
    carried_bps : (flow,)
        Traffic that arrives. [bit/s]
    bottleneck : (flow,)
        The full resource that held the flow back, -1 where it got all it asked for.
    load_bps : (resource,)
        Traffic through each resource. [bit/s]
    """

    carried_bps: NDArray[np.float64]
    bottleneck: NDArray[np.int32]
    load_bps: NDArray[np.float64]


@dataclass(frozen=True)
class Streams:
    """The traffic of one slot on its ways: each flow over one path or several.

    Attributes
    ----------
    paths
        What every path runs through: `Paths` with a line a path, not a flow.
    flow_of_path : (path,)
        Whose path it is.
    path_bps : (path,)
        Traffic on it. [bit/s]
    delay_s, space_m : (path,)
        As in `ecumene.network.routes.Routes`. [s], [m]
    shares
        What is carried of each flow.
    """

    paths: Paths
    flow_of_path: NDArray[np.int32]
    path_bps: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    space_m: NDArray[np.float64]
    shares: Shares

    def carried_share(self, offered_bps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each flow that is carried; 1 where all but a fraction of a bit/s is.

        Parameters
        ----------
        offered_bps : (flow,)
            What was asked for, above 0. [bit/s]
        """
        carried_bps = self.shares.carried_bps
        return np.where(carried_bps >= np.floor(offered_bps), 1.0, carried_bps / offered_bps)

    def mean_of_flows(self, of_path: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a quantity of paths as the mean of each flow, weighted by traffic; NaN where nothing is carried.

        Parameters
        ----------
        of_path : (path,)
            For example `delay_s`.
        """
        n_flows = len(self.shares.carried_bps)
        total = np.bincount(self.flow_of_path, self.path_bps, n_flows)
        mean = np.full(n_flows, np.nan)
        np.divide(
            np.bincount(self.flow_of_path, self.path_bps * of_path, n_flows),
            total,
            out=mean,
            where=total > 0.0,
        )
        return mean

    def main_path_of_flows(self) -> NDArray[np.int64]:
        """Return the path that carries most of each flow, of equal ones the first; -1 where nothing is carried."""
        order = np.lexsort((-np.arange(len(self.path_bps)), self.path_bps, self.flow_of_path))
        main = np.full(len(self.shares.carried_bps), -1, np.int64)
        main[self.flow_of_path[order]] = order
        return main

    def end_of_paths(self, kind: int) -> NDArray[np.int32]:
        """Return where every path comes down: its feed, gateway or PoP.

        Parameters
        ----------
        kind
            FEED, GATEWAY or POP.
        """
        last = self.paths.first[1:] - 1 - (POP - kind)
        return np.asarray(self.paths.resource[last] - self.paths.start_of_kind[kind], np.int32)


def capacities(
    n_sats: int,
    n_links: int,
    n_feeds: int,
    satellite_bps: NDArray[np.float64] | float,
    isl_bps: NDArray[np.float64] | float,
    feed_bps: NDArray[np.float64] | float,
    gateway_bps: NDArray[np.float64],
    pop_bps: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the capacity of every resource, and where each kind begins.

    Parameters
    ----------
    n_sats, n_links, n_feeds
        How many there are.
    satellite_bps, isl_bps, feed_bps, gateway_bps, pop_bps
        As in `resources_of_routes`. [bit/s]
    """
    of_kind = (
        _spread(satellite_bps, n_sats),
        np.repeat(_spread(isl_bps, n_links), 2),
        _spread(feed_bps, n_feeds),
        np.asarray(gateway_bps, np.float64),
        np.asarray(pop_bps, np.float64),
    )
    return np.concatenate(of_kind), np.cumsum([0, *(len(capacity) for capacity in of_kind)])


def resources_of_routes(
    routes: Routes,
    links: NDArray[np.int32],
    feeders: Feeders,
    class_of_flow: NDArray[np.int32],
    sat_of_flow: NDArray[np.int32],
    *,
    satellite_bps: NDArray[np.float64] | float,
    isl_bps: NDArray[np.float64] | float,
    feed_bps: NDArray[np.float64] | float,
    gateway_bps: NDArray[np.float64],
    pop_bps: NDArray[np.float64],
) -> Paths:
    """Return what the traffic of every (class, satellite) runs through.

    Parameters
    ----------
    routes, links, feeders
        The slot's routes and what they were found from.
    class_of_flow, sat_of_flow : (flow,)
        Landing class and satellite whose users' traffic the flow is; each must have a path.
    satellite_bps : (sat,) or one for all
        Ceiling of a satellite for the traffic of its own users. What it passes on for others loads its
        ISLs and its feeder, not this. [bit/s]
    isl_bps : (link,) or one for all
        Capacity of a link in each direction. [bit/s]
    feed_bps : (feed,) or one for all
        Capacity of one antenna's feeder link. [bit/s]
    gateway_bps, pop_bps : (gateway,), (pop,)
        Ceilings of whole sites; inf for none. [bit/s]

    Returns
    -------
    paths
        Resources of every flow.

    Raises
    ------
    RangeError
        A flow without a path; give only flows where `routes.has_path`.
    """
    is_lost = ~routes.has_path[class_of_flow, sat_of_flow]
    if is_lost.any():
        f = int(np.flatnonzero(is_lost)[0])
        raise RangeError(
            f"flow {f} (class {class_of_flow[f]}, satellite {sat_of_flow[f]}) has no path; "
            "give only flows where routes.has_path"
        )
    capacity_bps, start_of_kind = capacities(
        routes.feed.shape[1], len(links), len(feeders.sat_of_feed),
        satellite_bps, isl_bps, feed_bps, gateway_bps, pop_bps,
    )  # fmt: skip
    first = np.zeros(len(sat_of_flow) + 1, np.int64)
    np.cumsum(routes.hops[class_of_flow, sat_of_flow].astype(np.int64) + 4, out=first[1:])
    resource = _walk(
        first,
        start_of_kind,
        class_of_flow,
        sat_of_flow,
        links,
        routes.next_sat,
        routes.next_link,
        routes.feed,
        routes.gateway,
        routes.pop,
    )
    return Paths(first, resource, capacity_bps, start_of_kind)


def kind_and_index(paths: Paths, resource: NDArray[np.int32]) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return what a resource is: its kind, and its index among its kind.

    Parameters
    ----------
    paths
        What `resources_of_routes` gave.
    resource : (n,)
        Resources, for example `Shares.bottleneck`; -1 for none.

    Returns
    -------
    kind : (n,)
        Index into RESOURCE_KINDS; -1 for none.
    index : (n,)
        Satellite, link (whichever direction), feed, gateway or PoP; -1 for none.
    """
    resource = np.asarray(resource)
    kind = np.searchsorted(paths.start_of_kind, resource, side="right") - 1
    index = resource - paths.start_of_kind[kind]
    index = np.where(kind == ISL, index // 2, index)
    is_none = resource < 0
    return np.where(is_none, -1, kind).astype(np.int8), np.where(is_none, -1, index).astype(np.int32)


def load_of_kind(paths: Paths, load_bps: NDArray[np.float64], kind: int) -> NDArray[np.float64]:
    """Return the load of all resources of one kind.

    Parameters
    ----------
    paths
        What `resources_of_routes` gave.
    load_bps : (resource,)
        `Shares.load_bps`. [bit/s]
    kind
        SATELLITE, ISL, FEED, GATEWAY or POP.

    Returns
    -------
    load_bps : (sat,), (2 link,), (feed,), (gateway,) or (pop,)
        Load; of an ISL each direction by itself, in turn. [bit/s]
    """
    return load_bps[paths.start_of_kind[kind] : paths.start_of_kind[kind + 1]]


def streams_of_routes(
    paths: Paths,
    shares: Shares,
    routes: Routes,
    class_of_flow: NDArray[np.int32],
    sat_of_flow: NDArray[np.int32],
) -> Streams:
    """Return flows that go over one path each as streams.

    Parameters
    ----------
    paths, shares
        From `resources_of_routes` and `share_max_min`.
    routes, class_of_flow, sat_of_flow
        What the paths were made of.
    """
    return Streams(
        paths=paths,
        flow_of_path=np.arange(len(sat_of_flow), dtype=np.int32),
        path_bps=shares.carried_bps,
        delay_s=routes.delay_s[class_of_flow, sat_of_flow],
        space_m=routes.space_m[class_of_flow, sat_of_flow],
        shares=shares,
    )


def routes_taken(
    streams: Streams, routes: Routes, class_of_flow: NDArray[np.int32], sat_of_flow: NDArray[np.int32]
) -> Routes:
    """Return the routes with the path that carries most of a satellite's traffic, where it has traffic.

    Parameters
    ----------
    streams
        How the traffic goes.
    routes, class_of_flow, sat_of_flow
        The quickest paths, and whose traffic the flows are.

    Returns
    -------
    taken
        Delay, length, ends and hops of these paths; the steps on the way (`next_sat`, `next_link`) stay those of the
        quickest.
    """
    main = streams.main_path_of_flows()
    has_traffic = main >= 0
    k, s, path = class_of_flow[has_traffic], sat_of_flow[has_traffic], main[has_traffic]
    of_path: dict[str, NDArray[Any]] = {
        "delay_s": streams.delay_s,
        "space_m": streams.space_m,
        "gateway": streams.end_of_paths(GATEWAY),
        "pop": streams.end_of_paths(POP),
        "feed": streams.end_of_paths(FEED),
        "hops": (np.diff(streams.paths.first) - 4).astype(np.int16),
    }
    taken: dict[str, NDArray[Any]] = {name: getattr(routes, name).copy() for name in of_path}
    for name, values in of_path.items():
        taken[name][k, s] = values[path]
    return replace(routes, **taken)


def share_max_min(
    offered_bps: NDArray[np.float64],
    first: NDArray[np.int64],
    resource: NDArray[np.int32],
    capacity_bps: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> Shares:
    """Return the max-min fair shares of flows on fixed paths.

    Parameters
    ----------
    offered_bps : (flow,)
        What each flow asks for. [bit/s]
    first, resource : (flow + 1,), (step,)
        Resources of every flow (`Paths`). A flow that runs through nothing gets all it asks for.
    capacity_bps : (resource,)
        What each resource carries at most; inf allowed. [bit/s]
    weight : (flow,)
        Shares grow in proportion to it, for example the subscribers behind the flow; 1 where not given.

    Returns
    -------
    shares
        Traffic carried, what held it back, and the loads.

    Raises
    ------
    RangeError
        Lengths that do not belong together, negative or NaN traffic or capacity, a weight of 0 or less.

    Notes
    -----
    Progressive filling: all shares grow together, x = weight times level; a flow stops when it has what
    it asked for or a resource on its path is full. The result is the only one in which no flow can get
    more without taking from one that has, per weight, no more. Exact but for rounding: a load exceeds its
    capacity by no more than some 1e-12 of it. Work in proportion to (path steps) x log(resources): the
    levels at which resources fill never fall, so a heap of levels is brought up to date only at its top.

    References
    ----------
    Bertsekas and Gallager, Data Networks, 2nd edition (1992), section 6.5.2.
    """
    offered_bps = np.asarray(offered_bps, np.float64)
    capacity_bps = np.asarray(capacity_bps, np.float64)
    weight = np.ones(len(offered_bps)) if weight is None else np.asarray(weight, np.float64)
    _check(offered_bps, first, resource, capacity_bps, weight)
    by_demand = np.argsort(offered_bps / weight, kind="stable")
    carried_bps, bottleneck, load_bps = _fill(offered_bps, first, resource, capacity_bps, weight, by_demand)
    return Shares(carried_bps, bottleneck, load_bps)


def share_proportional(
    offered_bps: NDArray[np.float64],
    first: NDArray[np.int64],
    resource: NDArray[np.int32],
    capacity_bps: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> Shares:
    """Return the proportionally fair shares of flows on fixed paths.

    Parameters
    ----------
    offered_bps, first, resource, capacity_bps, weight
        As in `share_max_min`.

    Returns
    -------
    shares
        Traffic carried, what held it back (the dearest full resource on the path), and the loads.

    Raises
    ------
    RangeError
        As in `share_max_min`.

    Notes
    -----
    Maximises sum(weight log x) under the capacities: whoever crosses many full resources gets less than with max-min,
    and more arrives in all. Every full resource has a price p, and x = min(offered, weight / sum of p on the path).
    Prices are set one after the other so that the resource is just full, round by round, until no share changes by
    more than 1e-9 of itself (2,000 rounds at most); then shares are cut by what is missing, so that capacity holds
    but for rounding.

    References
    ----------
    Kelly, Maulloo and Tan, J. Oper. Res. Soc. 49 (1998) 237.
    """
    offered_bps = np.asarray(offered_bps, np.float64)
    capacity_bps = np.asarray(capacity_bps, np.float64)
    weight = np.ones(len(offered_bps)) if weight is None else np.asarray(weight, np.float64)
    _check(offered_bps, first, resource, capacity_bps, weight)
    carried_bps, bottleneck, load_bps = _price(offered_bps, first, resource, capacity_bps, weight)
    return Shares(carried_bps, bottleneck, load_bps)


FAIRNESS = {"max-min": share_max_min, "proportional": share_proportional}
"""Ways to share fixed paths, by name."""


def _spread(capacity_bps: NDArray[np.float64] | float, count: int) -> NDArray[np.float64]:
    return np.array(np.broadcast_to(np.asarray(capacity_bps, np.float64), (count,)))


def _check(
    offered_bps: NDArray[np.float64],
    first: NDArray[np.int64],
    resource: NDArray[np.int32],
    capacity_bps: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> None:
    if len(first) != len(offered_bps) + 1 or len(weight) != len(offered_bps) or first[-1] != len(resource):
        raise RangeError(f"{len(offered_bps)} flows do not fit {len(first) - 1} paths, {len(weight)} weights")
    if len(resource) and not 0 <= resource.min() <= resource.max() < len(capacity_bps):
        raise RangeError(f"a path names resource {resource.max()} of {len(capacity_bps)}")
    if not (np.isfinite(offered_bps).all() and (offered_bps >= 0.0).all()):
        raise RangeError("offered_bps must be finite and 0 or more for every flow")
    if not (capacity_bps >= 0.0).all():
        raise RangeError("capacity_bps must be 0 or more (inf for no limit) for every resource")
    if not (np.isfinite(weight).all() and (weight > 0.0).all()):
        raise RangeError("weight must be finite and above 0 for every flow")


@njit(cache=True, nogil=True)
def _walk(  # type: ignore[no-untyped-def]  # noqa: ANN202
    first, start_of_kind, class_of_flow, sat_of_flow, links, next_sat, next_link, feed, gateway, pop  # noqa: ANN001
):  # fmt: skip
    resource = np.empty(first[-1], np.int32)
    for f in range(len(sat_of_flow)):
        k, s, at = class_of_flow[f], sat_of_flow[f], first[f]
        resource[at] = start_of_kind[SATELLITE] + s
        while next_sat[k, s] >= 0:
            at += 1
            i = next_link[k, s]
            resource[at] = start_of_kind[ISL] + 2 * i + (0 if links[i, 0] == s else 1)
            s = next_sat[k, s]
        resource[at + 1] = start_of_kind[FEED] + feed[k, s]
        resource[at + 2] = start_of_kind[GATEWAY] + gateway[k, s]
        resource[at + 3] = start_of_kind[POP] + pop[k, s]
    return resource


@inner_njit(cache=True, nogil=True)
def _flows_of_resources(first, resource, n_resources):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the flows through every resource, as lists."""
    start = np.zeros(n_resources + 1, np.int64)
    for r in resource:
        start[r + 1] += 1
    for r in range(n_resources):
        start[r + 1] += start[r]
    place = start[:-1].copy()
    flow = np.empty(len(resource), np.int32)
    for f in range(len(first) - 1):
        for i in range(first[f], first[f + 1]):
            flow[place[resource[i]]] = f
            place[resource[i]] += 1
    return start, flow


@inner_njit(cache=True, nogil=True)
def _sink(heap, level, n_heap, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Move the resource at a place of the heap down to where it belongs."""
    r = heap[at]
    while True:
        below = 2 * at + 1
        if below >= n_heap:
            break
        q = heap[below]
        if below + 1 < n_heap:
            p = heap[below + 1]
            if level[p] < level[q] or (level[p] == level[q] and p < q):
                below += 1
                q = p
        if level[r] < level[q] or (level[r] == level[q] and r < q):
            break
        heap[at] = q
        at = below
    heap[at] = r


@njit(cache=True, nogil=True)
def _fill(offered_bps, first, resource, capacity_bps, weight, by_demand):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0915
    n_flows, n_resources = len(offered_bps), len(capacity_bps)
    start, flow = _flows_of_resources(first, resource, n_resources)
    carried_bps = np.zeros(n_flows)
    bottleneck = np.full(n_flows, -1, np.int32)
    load_bps = np.zeros(n_resources)
    is_frozen = np.zeros(n_flows, np.bool_)
    n_growing = np.zeros(n_resources, np.int64)  # flows through each resource that still grow
    level = np.empty(n_resources)
    heap = np.empty(n_resources, np.int32)
    n_heap, top = np.int64(0), np.int64(0)  # of one type everywhere, or numba compiles a _sink for each
    for r in range(n_resources):
        n_growing[r] = start[r + 1] - start[r]
        if n_growing[r] > 0 and capacity_bps[r] < np.inf:
            weights = 0.0
            for i in range(start[r], start[r + 1]):
                weights += weight[flow[i]]
            level[r] = capacity_bps[r] / weights
            heap[n_heap] = r
            n_heap += 1
    for at in range(n_heap // 2 - 1, -1, -1):
        _sink(heap, level, n_heap, at)
    now, n_done = 0.0, 0
    while n_done < n_flows:
        f = by_demand[n_done]
        if is_frozen[f]:
            n_done += 1
            continue
        wish = offered_bps[f] / weight[f]
        if n_heap == 0 or wish <= level[heap[0]]:
            now = max(now, wish)
            n_done += 1
            _freeze(f, offered_bps[f], first, resource, carried_bps, is_frozen, load_bps, n_growing)
            continue
        r = heap[0]
        if n_growing[r] > 0:
            # Levels only rise, so only the top of the heap is brought up to date; anew, since sums drift.
            rest, weights = capacity_bps[r], 0.0
            for i in range(start[r], start[r + 1]):
                if is_frozen[flow[i]]:
                    rest -= carried_bps[flow[i]]
                else:
                    weights += weight[flow[i]]
            fresh = max(rest / weights, now)
            if fresh > level[r]:
                level[r] = fresh
                _sink(heap, level, n_heap, top)
                continue
            now = fresh
            for i in range(start[r], start[r + 1]):
                q = np.int64(flow[i])
                if not is_frozen[q]:
                    bottleneck[q] = r
                    share_bps = min(weight[q] * now, offered_bps[q])
                    _freeze(q, share_bps, first, resource, carried_bps, is_frozen, load_bps, n_growing)
        n_heap -= 1
        heap[0] = heap[n_heap]
        if n_heap > 0:
            _sink(heap, level, n_heap, top)
    return carried_bps, bottleneck, load_bps


@inner_njit(cache=True, nogil=True)
def _freeze(f, share_bps, first, resource, carried_bps, is_frozen, load_bps, n_growing):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    carried_bps[f] = share_bps
    is_frozen[f] = True
    for i in range(first[f], first[f + 1]):
        r = resource[i]
        load_bps[r] += share_bps
        n_growing[r] -= 1


@njit(cache=True, nogil=True)
def _price(offered_bps, first, resource, capacity_bps, weight):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0915
    n_flows, n_resources = len(offered_bps), len(capacity_bps)
    start, flow = _flows_of_resources(first, resource, n_resources)
    carried_bps = offered_bps.copy()
    price, cost = np.zeros(n_resources), np.zeros(n_flows)
    asked_bps = np.zeros(n_resources)
    for f in range(n_flows):
        for i in range(first[f], first[f + 1]):
            asked_bps[resource[i]] += offered_bps[f]
            if capacity_bps[resource[i]] == 0.0:
                carried_bps[f] = 0.0
    scarce = np.flatnonzero((asked_bps > capacity_bps) & (capacity_bps > 0.0))
    for _ in range(2_000):
        most = 0.0
        for r in scarce:
            # The sum of shares falls in the price, and at sum(weight) / capacity it fits: halve the interval.
            old, weights = price[r], 0.0
            for i in range(start[r], start[r + 1]):
                weights += weight[flow[i]]
            low, high = 0.0, weights / capacity_bps[r]
            p = low
            for _ in range(200):
                total = 0.0
                for i in range(start[r], start[r + 1]):
                    f = flow[i]
                    q = cost[f] - old + p
                    if carried_bps[f] > 0.0:
                        total += weight[f] / q if q * offered_bps[f] > weight[f] else offered_bps[f]
                if total > capacity_bps[r]:
                    low = p
                else:
                    high = p
                if high <= 0.0 or high - low <= 1e-14 * high:
                    break
                p = 0.5 * (low + high)
            p = high
            price[r] = p
            for i in range(start[r], start[r + 1]):
                f = flow[i]
                if carried_bps[f] == 0.0:
                    continue
                cost[f] = max(cost[f] + p - old, 0.0)
                share_bps = offered_bps[f]
                if cost[f] * offered_bps[f] > weight[f]:
                    share_bps = weight[f] / cost[f]
                most = max(most, abs(share_bps - carried_bps[f]) / carried_bps[f])
                carried_bps[f] = share_bps
        if most < 1e-9:
            break
    load_bps = np.zeros(n_resources)
    for f in range(n_flows):
        for i in range(first[f], first[f + 1]):
            load_bps[resource[i]] += carried_bps[f]
    bottleneck = np.full(n_flows, -1, np.int32)
    for f in range(n_flows):
        cut, dearest = 1.0, 0.0
        for i in range(first[f], first[f + 1]):
            r = resource[i]
            if load_bps[r] > capacity_bps[r]:
                cut = min(cut, capacity_bps[r] / load_bps[r])
            if capacity_bps[r] == 0.0 and offered_bps[f] > 0.0:
                bottleneck[f], dearest = r, np.inf
            if price[r] > dearest:
                bottleneck[f], dearest = r, price[r]
        carried_bps[f] *= cut
        if carried_bps[f] >= offered_bps[f] * (1.0 - 1e-9):
            bottleneck[f] = -1
    load_bps[:] = 0.0
    for f in range(n_flows):
        for i in range(first[f], first[f + 1]):
            load_bps[resource[i]] += carried_bps[f]
    return carried_bps, bottleneck, load_bps
