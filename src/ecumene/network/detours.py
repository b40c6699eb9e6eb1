"""Detours: where the quickest way home is full, traffic goes round, and moves others aside if need be.

All landing classes share the capacities. Where every class may use every gateway this is one commodity, and what is
carried is the exact maximum flow; where classes differ it is close to it (`tests/oracles/test_detours.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.network.routes import _nearest_pops, _neighbours, find_routes
from ecumene.network.sharing import FEED, GATEWAY, ISL, POP, SATELLITE, Paths, Shares, Streams, capacities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.gateways import Feeders
    from ecumene.network.routes import Routes

FAIR_STEPS = 8
"""Shares are raised in so many steps from nothing to what is asked for. Chosen by trying (`bench/sharing.py`)."""

TICK_S = 1e-3
"""Ways round are sought by their delay in whole milliseconds. [s]"""

SLACK_TICKS = 2
"""A way this much slower than the quickest left is taken in the same round: fewer rounds. Chosen by trying."""

TOO_LITTLE = 1e-4
"""With several landing classes no more rounds are made once one brings less than this part of the traffic."""

_ENDLESS = 2**60
"""Capacity where there is no limit. [bit/s]"""

_SHARED = SATELLITE, ISL, FEED, GATEWAY
_FAR = np.iinfo(np.int32).max

_ALONG, _BACK, _DOWN, _INSTEAD, _HOME, _MAKE_WAY = range(6)
"""Moves: over a link, back over a link, down a feeder, in the place of another class on a feeder, over the gateway
into the internet, and at a full gateway: in the place of traffic that came over another feeder."""


def share_over_detours(
    offered_bps: NDArray[np.float64],
    class_of_flow: NDArray[np.int32],
    sat_of_flow: NDArray[np.int32],
    *,
    routes: Routes,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    feeders: Feeders,
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
    satellite_bps: NDArray[np.float64] | float,
    isl_bps: NDArray[np.float64] | float,
    feed_bps: NDArray[np.float64] | float,
    gateway_bps: NDArray[np.float64],
    steps: int = FAIR_STEPS,
) -> Streams:
    """Return how traffic is carried when it may go any permitted way.

    Parameters
    ----------
    offered_bps : (flow,)
        What each flow asks for; fractions of a bit/s are left out. [bit/s]
    class_of_flow, sat_of_flow : (flow,)
        Landing class and satellite of the flow; each pair once, each with a path.
    routes, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted
        As in `ecumene.network.routes.find_routes`, and what it gave.
    satellite_bps, isl_bps, feed_bps, gateway_bps
        As in `ecumene.network.sharing.resources_of_routes`; fractions of a bit/s are left out. [bit/s]
    steps
        Steps in which shares are raised; one for the maximum alone, without regard to fairness.

    Returns
    -------
    streams
        Paths, what goes over each, and what holds each flow back. A flow's quickest path stands first.

    Raises
    ------
    RangeError
        A flow without a path, two flows of one class and satellite, no steps, bad traffic.

    Notes
    -----
    In step i of n every flow is raised to i / n of what it asks for: first over its lowest-latency path as far
    as there is room, then over the quickest ways left, where traffic that is already on its way may be moved to
    another path (but never lost) if that lets more through: Dinic's algorithm, with labels that count delay
    instead of hops, on a graph of (class, node). A class takes only gateways from which it reaches a permitted
    PoP; at a full antenna or gateway it may take the place of another class, which then goes elsewhere (on
    lasers it may move its own class only). Flows that no way is left for are done: in a network of one commodity
    they stay so, hence what is carried is a maximum flow and, but for the width of a step, max-min fair per unit
    of demand over all possible routings: with one commodity fairness costs nothing [Megiddo 1974]. With several
    classes both hold nearly. All amounts are whole bit/s, so conservation and capacity hold exactly.

    References
    ----------
    Dinic, Soviet Math. Dokl. 11 (1970) 1277; Dial, CACM 12 (1969) 632; Megiddo, Math. Programming 7 (1974) 97.
    """
    class_of_flow, sat_of_flow = np.asarray(class_of_flow, np.int32), np.asarray(sat_of_flow, np.int32)
    offered_bps = np.asarray(offered_bps, np.float64)
    _check(offered_bps, class_of_flow, sat_of_flow, routes, steps)
    n_sats = routes.feed.shape[1]
    capacity_bps, start_of_kind = capacities(
        n_sats, len(links), len(feeders.sat_of_feed), satellite_bps, isl_bps, feed_bps, gateway_bps,
        np.full(is_pop_permitted.shape[1], np.inf),
    )  # fmt: skip
    met, commodity_of_flow = np.unique(
        class_of_flow, return_inverse=True
    )  # classes without traffic cost nothing
    first, neighbour, link = _neighbours(n_sats, links, is_up)
    delay_of_link_s = length_m / SPEED_OF_LIGHT_M_S
    offered = np.floor(offered_bps).astype(np.int64)
    whole_bps = np.minimum(np.floor(capacity_bps), _ENDLESS).astype(np.int64)
    links = np.asarray(links, np.int32).reshape(-1, 2)
    flows = commodity_of_flow.astype(np.int32), class_of_flow, sat_of_flow
    tree = routes.next_sat, routes.next_link, routes.feed
    pops = _nearest_pops(fibre_s, is_gateway_permitted[met], is_pop_permitted[met])
    net = _net_of((first, neighbour, link), links, delay_of_link_s, feeders, pops, routes)
    room = [whole_bps[start_of_kind[kind] : start_of_kind[kind + 1]].copy() for kind in _SHARED]
    carried, isl_flow, feed_flow = _carry(offered, flows, routes, net, room, steps)
    path_first, resource, flow_of_path, path_bps, delay_s, space_m = _paths_of_flow(
        carried, *flows, *tree, first, neighbour, link, links, net.arcs[2], delay_of_link_s, length_m,
        *net.feeds_of_sat, feeders.gateway_of_feed, feeders.slant_m, *pops, isl_flow, feed_flow, start_of_kind,
        SPEED_OF_LIGHT_M_S,
    )  # fmt: skip
    blocked = _held_back(
        offered, carried, class_of_flow, sat_of_flow, routes.next_sat, net.step_of_sat, routes.feed,
        feeders.gateway_of_feed, path_first, resource, path_bps, whole_bps, start_of_kind,
    )  # fmt: skip
    paths = Paths(path_first, resource, capacity_bps, start_of_kind)
    load_bps = np.bincount(
        resource, np.repeat(path_bps.astype(np.float64), np.diff(path_first)), len(capacity_bps)
    ).astype(np.float64)
    return Streams(
        paths=paths,
        flow_of_path=flow_of_path,
        path_bps=path_bps.astype(np.float64),
        delay_s=delay_s,
        space_m=space_m,
        shares=Shares(carried.astype(np.float64), blocked, load_bps),
    )


def most_that_can_arrive_bps(
    offered_bps: NDArray[np.float64],
    sat_of_flow: NDArray[np.int32],
    *,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    feeders: Feeders,
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
    satellite_bps: NDArray[np.float64] | float,
    isl_bps: NDArray[np.float64] | float,
    feed_bps: NDArray[np.float64] | float,
    gateway_bps: NDArray[np.float64],
) -> float:
    """Return the maximum flow home: no routing and no sharing could carry more.

    Parameters
    ----------
    offered_bps, sat_of_flow, links, length_m, is_up, feeders, fibre_s
        As in `share_over_detours`; several flows of one satellite are added up. [bit/s]
    is_gateway_permitted, is_pop_permitted : (class, gateway), (class, pop)
        What the classes that have traffic permit. All traffic is let go wherever one of them may go, so this is exact
        where they permit the same, and a bound from above where they differ.
    satellite_bps, isl_bps, feed_bps, gateway_bps
        Capacities. [bit/s]

    Returns
    -------
    most_bps
        Whole bit/s. [bit/s]
    """
    n_sats = (
        max(
            int(links.max(initial=-1)),
            int(feeders.sat_of_feed.max(initial=-1)),
            int(sat_of_flow.max(initial=-1)),
        )
        + 1
    )
    together_bps = np.bincount(sat_of_flow, np.floor(offered_bps), n_sats).astype(np.float64)
    anywhere = tuple(np.any(mask, axis=0, keepdims=True) for mask in (is_gateway_permitted, is_pop_permitted))
    routes = find_routes(n_sats, links, length_m, is_up, feeders, fibre_s, *anywhere)
    sat = np.flatnonzero((together_bps > 0.0) & routes.has_path[0]).astype(np.int32)
    streams = share_over_detours(
        together_bps[sat], np.zeros(len(sat), np.int32), sat, routes=routes, links=links, length_m=length_m,
        is_up=is_up, feeders=feeders, fibre_s=fibre_s, is_gateway_permitted=anywhere[0], is_pop_permitted=anywhere[1],
        satellite_bps=satellite_bps if np.ndim(satellite_bps) == 0 else np.asarray(satellite_bps)[:n_sats],
        isl_bps=isl_bps, feed_bps=feed_bps, gateway_bps=gateway_bps, steps=1,
    )  # fmt: skip
    return float(streams.shares.carried_bps.sum())


def _check(
    offered_bps: NDArray[np.float64],
    class_of_flow: NDArray[np.int32],
    sat_of_flow: NDArray[np.int32],
    routes: Routes,
    steps: int,
) -> None:
    if not len(offered_bps) == len(class_of_flow) == len(sat_of_flow):
        raise RangeError(
            f"{len(offered_bps)} flows, {len(class_of_flow)} classes, {len(sat_of_flow)} satellites"
        )
    if not (np.isfinite(offered_bps).all() and (offered_bps >= 0.0).all()):
        raise RangeError("offered_bps must be finite and 0 or more for every flow")
    if steps < 1:
        raise RangeError(f"steps must be 1 or more, got {steps}")
    is_lost = ~routes.has_path[class_of_flow, sat_of_flow]
    if is_lost.any():
        f = int(np.flatnonzero(is_lost)[0])
        raise RangeError(
            f"flow {f} (class {class_of_flow[f]}, satellite {sat_of_flow[f]}) has no path; "
            "give only flows where routes.has_path"
        )
    is_met = np.zeros(routes.feed.shape, np.bool_)
    is_met[class_of_flow, sat_of_flow] = True
    if np.count_nonzero(is_met) < len(offered_bps):
        raise RangeError("two flows are of one class and satellite; give their sum as one")


@dataclass(frozen=True)
class _Net:
    """What stays the same while traffic is shared.

    Attributes
    ----------
    arcs
        Neighbours as lists: first (sat + 1,), and for each the satellite and the arc, which is a link in its
        direction: 2 link, plus 1 from its second end.
    feeds_of_sat, feeds_of_gateway
        Feeders as lists: first, and feeder.
    sat_of_feed, gateway_of_feed : (feed,)
        Ends of the feeders.
    pop, home_s : (class, gateway)
        The nearest permitted PoP, -1 for none, and the fibre there. [s]
    isl_ticks, feed_ticks, home_ticks
        Delays in ticks, at least one on links and feeders, so that every move along a chain leads nearer.
    n_buckets
        A power of two above the longest of them.
    step_of_sat : (class, sat)
        The arc of the quickest path, -1 for none.
    """

    arcs: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
    feeds_of_sat: tuple[NDArray[np.int32], NDArray[np.int32]]
    feeds_of_gateway: tuple[NDArray[np.int32], NDArray[np.int32]]
    sat_of_feed: NDArray[np.int32]
    gateway_of_feed: NDArray[np.int32]
    pop: NDArray[np.int32]
    home_s: NDArray[np.float64]
    isl_ticks: NDArray[np.int32]
    feed_ticks: NDArray[np.int32]
    home_ticks: NDArray[np.int32]
    n_buckets: int
    step_of_sat: NDArray[np.int32]


def _net_of(
    neighbours: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    links: NDArray[np.int32],
    delay_of_link_s: NDArray[np.float64],
    feeders: Feeders,
    nearest_pops: tuple[NDArray[np.int32], NDArray[np.float64]],
    routes: Routes,
) -> _Net:
    first, neighbour, link = neighbours
    n_sats = len(first) - 1
    next_sat, next_link = routes.next_sat, routes.next_link
    pop, home_s = nearest_pops
    feed_s = feeders.slant_m / SPEED_OF_LIGHT_M_S
    has_delay, has_pop = delay_of_link_s < np.inf, pop >= 0
    timed = delay_of_link_s[has_delay], feed_s, home_s[has_pop]
    longest_s = max(1e-3, *(float(delay_s.max(initial=0.0)) for delay_s in timed))
    tick_s = max(TICK_S, longest_s / 2_000.0)
    isl_ticks, home_ticks = np.ones(len(links), np.int32), np.full(pop.shape, -1, np.int32)
    isl_ticks[has_delay] = np.maximum(1, (timed[0] / tick_s + 0.5).astype(np.int32))
    home_ticks[has_pop] = (timed[2] / tick_s + 0.5).astype(np.int32)
    step_of_sat = 2 * next_link + (links[next_link, 0] != np.arange(n_sats)) if len(links) else next_link
    owner = np.repeat(np.arange(n_sats), np.diff(first))
    return _Net(
        arcs=(first, neighbour, (2 * link + (links[link, 0] != owner)).astype(np.int32)),
        feeds_of_sat=_lists(feeders.sat_of_feed, n_sats),
        feeds_of_gateway=_lists(feeders.gateway_of_feed, pop.shape[1]),
        sat_of_feed=feeders.sat_of_feed,
        gateway_of_feed=feeders.gateway_of_feed,
        pop=pop,
        home_s=home_s,
        isl_ticks=isl_ticks,
        feed_ticks=np.maximum(1, (feed_s / tick_s + 0.5).astype(np.int32)),
        home_ticks=home_ticks,
        n_buckets=1 << int(np.ceil(longest_s / tick_s + 3) - 1).bit_length(),
        step_of_sat=np.where(next_sat >= 0, step_of_sat, -1).astype(np.int32),
    )


def _lists(owner: NDArray[np.int32], n_owners: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the items of every owner as lists: first (owner + 1,) and items."""
    first = np.zeros(n_owners + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=n_owners), out=first[1:])
    return first, np.argsort(owner, kind="stable").astype(np.int32)


@inner_njit(cache=True, nogil=True)
def _nearer(x, new, label, head, after, before, mask):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give a node a smaller label and move it to the bucket of that label."""
    if label[x] != _FAR:
        a, b = after[x], before[x]
        if a >= 0:
            before[a] = b
        if b >= 0:
            after[b] = a
        else:
            head[label[x] & mask] = a
    label[x] = new
    top = head[new & mask]
    after[x], before[x] = top, -1
    if top >= 0:
        before[top] = x
    head[new & mask] = x


@njit(cache=True, nogil=True)
def _set_labels(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912, PLR0915
    n_sats, first, neighbour, arc, isl_room, isl_flow, isl_ticks,  # noqa: ANN001
    first_feed, feed_at, gateway_of_feed, sat_of_feed, feed_room, feed_flow, feed_ticks,  # noqa: ANN001
    first_of_gateway, feed_of_gateway, gateway_room, home_ticks,  # noqa: ANN001
    label, head, after, before, is_wanted, n_wanted,  # noqa: ANN001
):  # fmt: skip
    """Set label[x], the ticks from (commodity, node) x into the internet, until those of all wanted are known."""
    n_commodities, n_gateways = home_ticks.shape
    width = n_sats + n_gateways
    mask = len(head) - 1
    label[:] = _FAR
    head[:] = -1
    n_waiting = 0
    for g in range(n_gateways):
        if gateway_room[g] > 0:
            for c in range(n_commodities):
                if home_ticks[c, g] >= 0:
                    _nearer(
                        c * width + n_sats + g, np.int64(home_ticks[c, g]), label, head, after, before, mask
                    )
                    n_waiting += 1
    now = 0
    while n_waiting > 0:
        while head[now & mask] < 0:
            now += 1
        x = head[now & mask]
        head[now & mask] = after[x]
        if after[x] >= 0:
            before[after[x]] = -1
        n_waiting -= 1
        if is_wanted[x]:
            n_wanted -= 1
            if n_wanted == 0:
                return
        c, v = x // width, x % width
        base = c * width
        if v >= n_sats:
            g = v - n_sats
            for i in range(first_of_gateway[g], first_of_gateway[g + 1]):
                f = feed_of_gateway[i]
                if feed_room[f] > 0:
                    y, new = base + sat_of_feed[f], now + feed_ticks[f]
                    if new < label[y]:
                        n_waiting += label[y] == _FAR
                        _nearer(y, new, label, head, after, before, mask)
            continue
        for j in range(first[v], first[v + 1]):
            y, out = base + neighbour[j], arc[j]
            new = label[y]
            if isl_room[out ^ 1] > 0:
                new = now + isl_ticks[out >> 1]
            if isl_flow[c, out] > 0:
                new = now + 1
            if new < label[y]:
                n_waiting += label[y] == _FAR
                _nearer(y, new, label, head, after, before, mask)
        for i in range(first_feed[v], first_feed[v + 1]):
            f = feed_at[i]
            if feed_flow[c, f] == 0:
                continue
            g, new = gateway_of_feed[f], now + 1
            for q in range(n_commodities):
                if home_ticks[q, g] < 0:
                    continue
                y = q * width + n_sats + g
                if new < label[y]:
                    n_waiting += label[y] == _FAR
                    _nearer(y, new, label, head, after, before, mask)
                y = q * width + v
                if q != c and new < label[y]:
                    n_waiting += label[y] == _FAR
                    _nearer(y, new, label, head, after, before, mask)


@njit(cache=True, nogil=True)
def _fill_quickest(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912, PLR0915
    target, sent, is_done, order, first_of_order, commodity_of_flow, class_of_flow, sat_of_flow,  # noqa: ANN001
    next_sat, step_of_sat, feed_of_route, gateway_of_feed,  # noqa: ANN001
    sat_room, isl_room, isl_flow, feed_room, feed_flow, gateway_room, through, is_tight, at_feed, at_gateway,  # noqa: ANN001
):  # fmt: skip
    """Raise flows over their quickest paths, all at once where all fit, one by one where they do not.

    `order` holds the satellites of one class after the other, those nearest their feeder first: the tree of paths.
    """
    for c in range(len(first_of_order) - 1):
        begin, end = first_of_order[c], first_of_order[c + 1]
        through[:] = 0
        k = -1
        for f in range(len(sent)):
            if commodity_of_flow[f] == c:
                k = class_of_flow[f]
                if not is_done[f]:
                    through[sat_of_flow[f]] = max(0, min(target[f] - sent[f], sat_room[sat_of_flow[f]]))
        at_feed[:] = 0
        at_gateway[:] = 0
        for i in range(end - 1, begin - 1, -1):
            v = order[i]
            if next_sat[k, v] >= 0:
                through[next_sat[k, v]] += through[v]
            elif through[v] > 0:
                at_feed[feed_of_route[k, v]] += through[v]
                at_gateway[gateway_of_feed[feed_of_route[k, v]]] += through[v]
        for i in range(begin, end):
            v = order[i]
            if next_sat[k, v] >= 0:
                is_tight[v] = is_tight[next_sat[k, v]] or isl_room[step_of_sat[k, v]] < through[v]
            else:
                d = feed_of_route[k, v]
                is_tight[v] = (
                    feed_room[d] < at_feed[d]
                    or gateway_room[gateway_of_feed[d]] < at_gateway[gateway_of_feed[d]]
                )
        through[:] = 0
        for f in range(len(sent)):
            s = sat_of_flow[f]
            if commodity_of_flow[f] == c and not is_done[f] and not is_tight[s]:
                want = max(0, min(target[f] - sent[f], sat_room[s]))
                through[s] = want
                sent[f] += want
                sat_room[s] -= want
        for i in range(end - 1, begin - 1, -1):
            v = order[i]
            if through[v] == 0:
                continue
            if next_sat[k, v] >= 0:
                through[next_sat[k, v]] += through[v]
                isl_room[step_of_sat[k, v]] -= through[v]
                isl_flow[c, step_of_sat[k, v]] += through[v]
            else:
                d = feed_of_route[k, v]
                feed_room[d] -= through[v]
                feed_flow[c, d] += through[v]
                gateway_room[gateway_of_feed[d]] -= through[v]
        for f in range(len(sent)):
            v = sat_of_flow[f]
            if commodity_of_flow[f] != c or is_done[f] or not is_tight[v]:
                continue
            amount = min(target[f] - sent[f], sat_room[v])
            while next_sat[k, v] >= 0 and amount > 0:
                amount = min(amount, isl_room[step_of_sat[k, v]])
                v = next_sat[k, v]
            d = feed_of_route[k, v]
            amount = min(amount, feed_room[d], gateway_room[gateway_of_feed[d]])
            if amount <= 0:
                continue
            v = sat_of_flow[f]
            sent[f] += amount
            sat_room[v] -= amount
            while next_sat[k, v] >= 0:
                isl_room[step_of_sat[k, v]] -= amount
                isl_flow[c, step_of_sat[k, v]] += amount
                v = next_sat[k, v]
            feed_room[d] -= amount
            feed_flow[c, d] += amount
            gateway_room[gateway_of_feed[d]] -= amount


@inner_njit(cache=True, nogil=True)
def _push(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912
    want, kind, over, before, after, n_moves, isl_room, isl_flow, feed_room, feed_flow, gateway_room  # noqa: ANN001
):  # fmt: skip
    """Send as much as fits along a chain of moves; return it."""
    amount = want
    for i in range(n_moves):
        r = over[i]
        if kind[i] == _ALONG:
            amount = min(amount, isl_room[r])
        elif kind[i] == _BACK:
            amount = min(amount, isl_flow[before[i], r])
        elif kind[i] == _DOWN:
            amount = min(amount, feed_room[r])
        elif kind[i] == _HOME:
            amount = min(amount, gateway_room[r])
        else:
            amount = min(amount, feed_flow[after[i], r])
    while amount > 0:
        # Two moves of one chain may run over the same link in two commodities: then their sum must fit.
        is_too_much = False
        for sign in (1, -1):
            if sign < 0 and not is_too_much:
                break
            for i in range(n_moves):
                r, c, q, a = over[i], before[i], after[i], sign * amount
                if kind[i] == _ALONG:
                    isl_room[r] -= a
                    isl_flow[c, r] += a
                    is_too_much |= isl_room[r] < 0
                elif kind[i] == _BACK:
                    isl_room[r] += a
                    isl_flow[c, r] -= a
                    is_too_much |= isl_flow[c, r] < 0
                elif kind[i] == _DOWN:
                    feed_room[r] -= a
                    feed_flow[c, r] += a
                    is_too_much |= feed_room[r] < 0
                elif kind[i] == _HOME:
                    gateway_room[r] -= a
                    is_too_much |= gateway_room[r] < 0
                else:
                    if kind[i] == _INSTEAD:
                        feed_flow[c, r] += a
                    else:
                        feed_room[r] += a
                    feed_flow[q, r] -= a
                    is_too_much |= feed_flow[q, r] < 0
        if not is_too_much:
            return amount
        amount //= 2
    return 0


@njit(cache=True, nogil=True)
def _go_round(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912, PLR0915
    target, sent, commodity_of_flow, sat_of_flow, is_wanted, pointer, label,  # noqa: ANN001
    n_sats, first, neighbour, arc, isl_room, isl_flow, isl_ticks,  # noqa: ANN001
    first_feed, feed_at, gateway_of_feed, sat_of_feed, feed_room, feed_flow, feed_ticks,  # noqa: ANN001
    first_of_gateway, feed_of_gateway, gateway_room, home_ticks, sat_room,  # noqa: ANN001
    move_kind, move_over, move_from, move_to, at,  # noqa: ANN001
):  # fmt: skip
    """Raise the flows that are wanted over chains of moves along which the label falls; return how many still want."""
    n_commodities, n_gateways = home_ticks.shape
    width = n_sats + n_gateways
    n_wanted = 0
    for f in range(len(sent)):
        c0, s = commodity_of_flow[f], sat_of_flow[f]
        x0 = c0 * width + s
        if not is_wanted[x0]:
            continue
        want = min(target[f] - sent[f], sat_room[s])
        n_moves, c, v, x = 0, c0, s, x0
        while want > 0:
            here = label[x]
            kind, over, q, w = -1, -1, c, -1
            p = pointer[x]
            if here == _FAR:
                pass
            elif v >= n_sats:
                g = v - n_sats
                if p == 0 and gateway_room[g] > 0:
                    kind, over = _HOME, g
                else:
                    if p == 0:
                        p = 1
                    i, q = first_of_gateway[g], p - 1
                    while q >= n_commodities:
                        q -= n_commodities
                        i += 1
                    while i < first_of_gateway[g + 1]:
                        d = feed_of_gateway[i]
                        if feed_flow[q, d] > 0 and label[q * width + sat_of_feed[d]] < here:
                            kind, over, w = _MAKE_WAY, d, sat_of_feed[d]
                            break
                        p += 1
                        q += 1
                        if q == n_commodities:
                            q = 0
                            i += 1
            else:
                n_down = (first_feed[v + 1] - first_feed[v]) * n_commodities
                if p < n_down:
                    i, q = first_feed[v], p
                    while q >= n_commodities:
                        q -= n_commodities
                        i += 1
                    while p < n_down:
                        d = feed_at[i]
                        g = gateway_of_feed[d]
                        if home_ticks[c, g] >= 0:
                            if q == c:
                                y = label[c * width + n_sats + g]
                                if feed_room[d] > 0 and y < here and y + feed_ticks[d] <= here + SLACK_TICKS:
                                    kind, over, w = _DOWN, d, n_sats + g
                                    break
                            elif feed_flow[q, d] > 0 and label[q * width + v] < here:
                                kind, over, w = _INSTEAD, d, v
                                break
                        p += 1
                        q += 1
                        if q == n_commodities:
                            q = 0
                            i += 1
                if kind < 0:
                    q = c
                    end = n_down + 2 * (first[v + 1] - first[v])
                    while p < end:
                        j = first[v] + ((p - n_down) >> 1)
                        y = label[c * width + neighbour[j]]
                        if y < here:
                            a = arc[j]
                            if (p - n_down) & 1 == 0:
                                if isl_room[a] > 0 and y + isl_ticks[a >> 1] <= here + SLACK_TICKS:
                                    kind, over, w = _ALONG, a, neighbour[j]
                                    break
                            elif isl_flow[c, a ^ 1] > 0:
                                kind, over, w = _BACK, a ^ 1, neighbour[j]
                                break
                        p += 1
            pointer[x] = p
            if kind < 0:
                label[x] = _FAR  # a dead end for the rest of this round
                if n_moves == 0:
                    break
                n_moves -= 1
                x = at[n_moves]
                c = move_from[n_moves]
                v = x - c * width
                pointer[x] += 1
                continue
            at[n_moves], move_kind[n_moves], move_over[n_moves] = x, kind, over
            move_from[n_moves], move_to[n_moves] = c, q
            n_moves += 1
            if kind != _HOME:
                c, v = q, w
                x = c * width + v
                continue
            got = _push(
                want, move_kind, move_over, move_from, move_to, n_moves,
                isl_room, isl_flow, feed_room, feed_flow, gateway_room,
            )  # fmt: skip
            sent[f] += got
            sat_room[s] -= got
            want -= got
            if got == 0:
                break
            n_moves, c, v, x = 0, c0, s, x0
        if sent[f] >= target[f]:
            is_wanted[x0] = False
        elif sat_room[s] > 0:
            n_wanted += 1
    return n_wanted


def _carry(
    offered: NDArray[np.int64],
    flows: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    routes: Routes,
    net: _Net,
    room: list[NDArray[np.int64]],
    steps: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what is sent of every flow, and the flow on links and feeders: (flow,), (class, arc), (class, feeder).

    The loop over the steps stays in Python: its kernels take milliseconds, and inside one more kernel they would be
    compiled again.
    """
    commodity_of_flow, class_of_flow, sat_of_flow = flows
    sat_room, isl_room, feed_room, gateway_room = room
    n_commodities, n_gateways = net.home_ticks.shape
    n_flows, n_sats, n_feeds = len(offered), len(sat_room), len(feed_room)
    isl_flow = np.zeros((n_commodities, len(isl_room)), np.int64)
    feed_flow = np.zeros((n_commodities, n_feeds), np.int64)
    order, first_of_order = _nearest_first(commodity_of_flow, class_of_flow, routes.hops)
    n_nodes = n_commodities * (n_sats + n_gateways)
    node = commodity_of_flow.astype(np.int64) * (n_sats + n_gateways) + sat_of_flow
    head, after, before = (np.empty(n, np.int32) for n in (net.n_buckets, n_nodes, n_nodes))
    label, pointer = np.full(n_nodes, _FAR, np.int32), np.zeros(n_nodes, np.int32)
    is_wanted, is_done = np.zeros(n_nodes, np.bool_), np.zeros(n_flows, np.bool_)
    moves = tuple(np.empty(n_nodes + 1, kind) for kind in (np.int8, np.int32, np.int32, np.int32, np.int64))
    through, is_tight = np.zeros(n_sats, np.int64), np.zeros(n_sats, np.bool_)
    at_feed, at_gateway = np.zeros(n_feeds, np.int64), np.zeros(n_gateways, np.int64)
    links = n_sats, *net.arcs, isl_room, isl_flow, net.isl_ticks
    feeds = *net.feeds_of_sat, net.gateway_of_feed, net.sat_of_feed, feed_room, feed_flow, net.feed_ticks
    gateways = *net.feeds_of_gateway, gateway_room, net.home_ticks
    sent = np.zeros(n_flows, np.int64)
    for step in range(1, steps + 1):
        target = offered if step == steps else offered // steps * step
        _fill_quickest(
            target, sent, is_done, order, first_of_order, commodity_of_flow, class_of_flow, sat_of_flow,
            routes.next_sat, net.step_of_sat, routes.feed, net.gateway_of_feed,
            sat_room, isl_room, isl_flow, feed_room, feed_flow, gateway_room, through, is_tight, at_feed, at_gateway,
        )  # fmt: skip
        is_wanted[node] = ~is_done & (sent < target) & (sat_room[sat_of_flow] > 0)
        n_wanted = np.count_nonzero(is_wanted[node])
        turn = 0  # labels of the step before are still good for most
        while n_wanted > 0 and (turn < 2 or step == steps):  # what is left waits for the next step
            if turn > 0:
                _set_labels(*links, *feeds, *gateways, label, head, after, before, is_wanted, n_wanted)
                pointer[:] = 0
                is_lost = is_wanted[node] & (label[node] == _FAR)
                is_done |= is_lost
                is_wanted[node[is_lost]] = False
            turn += 1
            total = sent.sum()
            n_wanted = _go_round(
                target, sent, commodity_of_flow, sat_of_flow, is_wanted, pointer, label,
                *links, *feeds, *gateways, sat_room, *moves,
            )  # fmt: skip
            if turn > 1 and n_commodities > 1 and sent.sum() - total < TOO_LITTLE * total:
                break
    return sent, isl_flow, feed_flow


def _nearest_first(
    commodity_of_flow: NDArray[np.int32], class_of_flow: NDArray[np.int32], hops: NDArray[np.int16]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the satellites with a path by commodity, those nearest their feeder first, and where each list begins."""
    _, flow = np.unique(commodity_of_flow, return_index=True)
    lists = []
    for k in class_of_flow[flow]:
        sat = np.flatnonzero(hops[k] >= 0).astype(np.int32)
        lists.append(sat[np.argsort(hops[k, sat], kind="stable")])
    first = np.cumsum([0, *(len(sat) for sat in lists)], dtype=np.int64)
    return np.concatenate([np.zeros(0, np.int32), *lists]), first


@njit(cache=True, nogil=True)
def _held_back(  # type: ignore[no-untyped-def]  # noqa: ANN202
    offered, sent, class_of_flow, sat_of_flow, next_sat, step_of_sat, feed_of_route, gateway_of_feed,  # noqa: ANN001
    path_first, resource, path_bps, capacity, start_of_kind,  # noqa: ANN001
):  # fmt: skip
    """Return the first full resource on the quickest path of every flow that wants more, -1 for the others."""
    # What is full is counted on the paths: flow in circles, which fills links and carries nothing, is gone now.
    load = np.zeros(len(capacity), np.int64)
    for p in range(len(path_bps)):
        for i in range(path_first[p], path_first[p + 1]):
            load[resource[i]] += path_bps[p]
    n_flows = len(offered)
    bottleneck = np.full(n_flows, -1, np.int32)
    for f in range(n_flows):
        if sent[f] >= offered[f]:
            continue
        k, v = class_of_flow[f], sat_of_flow[f]
        r = start_of_kind[SATELLITE] + v
        while load[r] < capacity[r] and next_sat[k, v] >= 0:
            r = start_of_kind[ISL] + step_of_sat[k, v]
            v = next_sat[k, v]
        if load[r] < capacity[r]:
            r = start_of_kind[FEED] + feed_of_route[k, v]
            if load[r] < capacity[r]:
                r = start_of_kind[GATEWAY] + gateway_of_feed[feed_of_route[k, v]]
        bottleneck[f] = r
    return bottleneck


@inner_njit(cache=True, nogil=True)
def _moved(values, longer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the longer array, which begins with the values."""
    for i in range(len(values)):
        longer[i] = values[i]
    return longer


@njit(cache=True, nogil=True)
def _paths_of_flow(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912, PLR0915
    sent, commodity_of_flow, class_of_flow, sat_of_flow, next_sat, next_link, feed_of_route,  # noqa: ANN001
    first, neighbour, link, links, arc, delay_of_link_s, length_m, first_feed, feed_at, gateway_of_feed,  # noqa: ANN001
    slant_m, pop, home_s, isl_flow, feed_flow, start_of_kind, light_m_s,  # noqa: ANN001
):  # fmt: skip
    """Take the flow on links and feeders apart into paths, the quickest path of every flow first."""
    n_flows, n_sats = len(sent), len(first) - 1
    rest = sent.copy()
    n_paths, n_steps = 0, 0
    path_first = np.zeros(2 * n_flows + 16, np.int64)
    flow_of_path = np.empty(2 * n_flows + 16, np.int32)
    path_bps = np.empty(2 * n_flows + 16, np.int64)
    delay_s, space_m = np.empty(2 * n_flows + 16), np.empty(2 * n_flows + 16)
    resource = np.empty(16 * n_flows + 4 * n_sats + 64, np.int32)
    met_at = np.full(n_sats, -1, np.int64)
    walk_sat, walk_step = np.empty(n_sats + 1, np.int32), np.empty(n_sats + 1, np.int32)
    for turn in range(2):
        for f in range(n_flows):
            c, k, s = commodity_of_flow[f], class_of_flow[f], sat_of_flow[f]
            while rest[f] > 0:
                # The satellites of a path and the links (in their direction) between them; then its feeder.
                n, v, feed = 0, s, -1
                amount = rest[f]
                if turn == 0:
                    while next_sat[k, v] >= 0:
                        i = next_link[k, v]
                        walk_step[n] = 2 * i + (0 if links[i, 0] == v else 1)
                        amount = min(amount, isl_flow[c, walk_step[n]])
                        n += 1
                        v = next_sat[k, v]
                    feed = feed_of_route[k, v]
                    amount = min(amount, feed_flow[c, feed])
                    if amount == 0:
                        break
                else:
                    while feed < 0:
                        if met_at[v] >= 0:
                            # Round in a circle: such flow carries nothing anywhere and is dropped.
                            begin = met_at[v]
                            useless = isl_flow[c, walk_step[begin]]
                            for i in range(begin, n):
                                useless = min(useless, isl_flow[c, walk_step[i]])
                            for i in range(begin, n):
                                isl_flow[c, walk_step[i]] -= useless
                                met_at[walk_sat[i]] = -1
                            n = begin
                        met_at[v], walk_sat[n] = n, v
                        quickest = np.inf
                        for i in range(first_feed[v], first_feed[v + 1]):
                            d = feed_at[i]
                            if feed_flow[c, d] > 0:
                                down_s = slant_m[d] / light_m_s + home_s[c, gateway_of_feed[d]]
                                if down_s < quickest or feed < 0:
                                    quickest, feed = down_s, d
                        if feed >= 0:
                            break
                        step, there = -1, -1
                        for j in range(first[v], first[v + 1]):
                            if isl_flow[c, arc[j]] > 0 and (step < 0 or link[j] == next_link[k, v]):
                                step, there = arc[j], neighbour[j]
                        walk_step[n] = step
                        n += 1
                        v = there
                    for i in range(n + 1):
                        met_at[walk_sat[i]] = -1
                    for i in range(n):
                        amount = min(amount, isl_flow[c, walk_step[i]])
                    amount = min(amount, feed_flow[c, feed])
                if n_paths + 1 >= len(path_bps):
                    room = 2 * len(path_bps)
                    path_first = _moved(path_first, np.empty(room, np.int64))
                    flow_of_path = _moved(flow_of_path, np.empty(room, np.int32))
                    path_bps = _moved(path_bps, np.empty(room, np.int64))
                    delay_s, space_m = _moved(delay_s, np.empty(room)), _moved(space_m, np.empty(room))
                if n_steps + n + 4 > len(resource):
                    resource = _moved(resource, np.empty(2 * len(resource) + n + 4, np.int32))
                g = gateway_of_feed[feed]
                path_delay_s, path_m = 0.0, 0.0
                resource[n_steps] = start_of_kind[SATELLITE] + s
                for i in range(n):
                    isl_flow[c, walk_step[i]] -= amount
                    resource[n_steps + 1 + i] = start_of_kind[ISL] + walk_step[i]
                    path_delay_s += delay_of_link_s[walk_step[i] >> 1]
                    path_m += length_m[walk_step[i] >> 1]
                feed_flow[c, feed] -= amount
                resource[n_steps + n + 1] = start_of_kind[FEED] + feed
                resource[n_steps + n + 2] = start_of_kind[GATEWAY] + g
                resource[n_steps + n + 3] = start_of_kind[POP] + pop[c, g]
                n_steps += n + 4
                rest[f] -= amount
                flow_of_path[n_paths], path_bps[n_paths] = f, amount
                delay_s[n_paths] = path_delay_s + slant_m[feed] / light_m_s + home_s[c, g]
                space_m[n_paths] = path_m + slant_m[feed]
                n_paths += 1
                path_first[n_paths] = n_steps
                if turn == 0:
                    break
    return (
        path_first[: n_paths + 1], resource[:n_steps], flow_of_path[:n_paths], path_bps[:n_paths],
        delay_s[:n_paths], space_m[:n_paths],
    )  # fmt: skip
