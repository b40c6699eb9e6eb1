"""Routes: from every satellite to the PoP that its traffic reaches first, by landing class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.errors import RangeError
from ecumene.kernels import inner_njit, njit
from ecumene.network.mesh import _sweep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.gateways import Feeders

_ENDLESS = np.iinfo(np.int16).max

SWEPT_CLASSES = 3
"""From so many landing classes on, all are swept together (`bench/routes.py`); fewer go one by one, by Dijkstra."""

SWEPT_LENGTH_M = 1.0
"""Shorter links might vanish in the sum of a path, and then nothing would tell which end came first."""


@dataclass(frozen=True)
class Routes:
    """The lowest-latency path of every satellite, one for each landing class.

    Attributes
    ----------
    delay_s : (class, sat)
        One way from the satellite to the PoP: light over ISLs and feeder, and fibre; inf without path. [s]
    space_m : (class, sat)
        Length of ISLs and feeder together; inf without path. [m]
    gateway, pop, feed : (class, sat)
        Where the path comes down, where it meets the internet, over which feeder link; -1 without path.
    hops : (class, sat)
        ISLs on the path; 0 where the satellite has its own feeder; -1 without path.
    next_sat, next_link : (class, sat)
        First step of the path; -1 where it comes down here, or without path.
    """

    delay_s: NDArray[np.float64]
    space_m: NDArray[np.float64]
    gateway: NDArray[np.int32]
    pop: NDArray[np.int32]
    feed: NDArray[np.int32]
    hops: NDArray[np.int16]
    next_sat: NDArray[np.int32]
    next_link: NDArray[np.int32]

    @property
    def has_path(self) -> NDArray[np.bool_]:
        """Where a permitted PoP can be reached, (class, sat)."""
        return self.feed >= 0


def find_routes(
    n_sats: int,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    feeders: Feeders,
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
    max_hops: int | None = None,
) -> Routes:
    """Return the lowest-latency path from every satellite to a PoP its landing class permits.

    Parameters
    ----------
    n_sats
        Number of satellites.
    links, length_m, is_up : (link, 2), (link,), (link,)
        Inter-satellite links (`ecumene.network.isl`); without links, the system is a bent pipe.
    feeders
        Feeder links (`ecumene.network.gateways`).
    fibre_s : (gateway, pop)
        One-way time from gateway to PoP; inf where they are not connected. [s]
    is_gateway_permitted : (class, gateway)
        Gateways at which the class's traffic may land.
    is_pop_permitted : (class, pop)
        PoPs at which it may meet the internet.
    max_hops
        Time to live: traffic whose lowest-latency path has more ISLs is dropped, even where a slower path
        with fewer ISLs exists, because satellites forward by destination alone. No limit where not given.

    Returns
    -------
    routes
        Delay, path and end points by class and satellite.

    Raises
    ------
    RangeError
        Shapes that do not belong together, or a link that is up without a length.

    Notes
    -----
    delay = (sum of ISLs + feeder) / c + fibre, the smallest there is: Dijkstra with all permitted feeders
    as sources, or, for many classes, sweeps that relax every satellite for all of them at once
    (`ecumene.network.mesh`), with the same sums and so the same bits. All next steps of a class form a forest
    that leads to the feeders. Between equal delays the nearer, then the lower satellite comes first, and the
    lower feeder and PoP win, so the answer is always the same.
    Capacity and load play no part here; `ecumene.network.sharing` decides what the path can carry.
    Switching time on board is not counted.

    References
    ----------
    Dijkstra, Numerische Mathematik 1 (1959) 269; Bellman, Quart. Appl. Math. 16 (1958) 87.
    """
    if max_hops is not None and max_hops < 0:
        raise RangeError(f"max_hops must be 0 or more, got {max_hops}")
    _check(n_sats, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted)
    first, neighbour, link = _neighbours(n_sats, links, is_up)
    pop_of_gateway, fibre_of_gateway_s = _nearest_pops(fibre_s, is_gateway_permitted, is_pop_permitted)
    shape = (len(is_gateway_permitted), n_sats)
    routes = Routes(
        delay_s=np.full(shape, np.inf),
        space_m=np.full(shape, np.inf),
        gateway=np.full(shape, -1, np.int32),
        pop=np.full(shape, -1, np.int32),
        feed=np.full(shape, -1, np.int32),
        hops=np.full(shape, -1, np.int16),
        next_sat=np.full(shape, -1, np.int32),
        next_link=np.full(shape, -1, np.int32),
    )
    delay_of_step_s, delay_of_feed_s = (
        length_m[link] / SPEED_OF_LIGHT_M_S,
        feeders.slant_m / SPEED_OF_LIGHT_M_S,
    )
    most_hops = _ENDLESS if max_hops is None else max_hops
    shortest_m = float(length_m[is_up].min(initial=np.inf))
    if len(is_gateway_permitted) >= SWEPT_CLASSES and shortest_m >= SWEPT_LENGTH_M:
        up = np.arange(n_sats, dtype=np.int32)
        _routes_of_classes(
            np.stack([up, up[::-1]]), first, neighbour, link, delay_of_step_s, length_m, feeders.gateway_of_feed,
            feeders.sat_of_feed, feeders.slant_m, delay_of_feed_s, pop_of_gateway, fibre_of_gateway_s, most_hops,
            routes.delay_s, routes.space_m, routes.gateway, routes.pop, routes.feed, routes.hops,
            routes.next_sat, routes.next_link,
        )  # fmt: skip
        return routes
    heap, key_s, place = np.empty(n_sats, np.int32), np.empty(n_sats), np.empty(n_sats, np.int32)
    for k in range(len(is_gateway_permitted)):
        place[:] = -1
        _routes_of_class(
            first, neighbour, link, delay_of_step_s, length_m, feeders.gateway_of_feed, feeders.sat_of_feed,
            feeders.slant_m, delay_of_feed_s, pop_of_gateway[k], fibre_of_gateway_s[k],
            most_hops, heap, key_s, place, np.full(n_sats, np.inf),
            routes.delay_s[k], routes.space_m[k], routes.gateway[k], routes.pop[k], routes.feed[k],
            routes.hops[k], routes.next_sat[k], routes.next_link[k],
        )  # fmt: skip
    return routes


def path_of(routes: Routes, landing_class: int, sat: int) -> list[int]:
    """Return the satellites on a path, from the one asked for to the one with the feeder.

    Parameters
    ----------
    routes
        What `find_routes` gave.
    landing_class, sat
        Whose path.

    Returns
    -------
    sats
        One more than the path has ISLs; empty without path.
    """
    if not routes.has_path[landing_class, sat]:
        return []
    sats = [sat]
    while (step := int(routes.next_sat[landing_class, sats[-1]])) >= 0:
        sats.append(step)
    return sats


def _check(
    n_sats: int,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    feeders: Feeders,
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
) -> None:
    n_classes, n_gateways = is_gateway_permitted.shape
    if is_pop_permitted.shape[0] != n_classes:
        raise RangeError(f"{n_classes} classes for gateways but {is_pop_permitted.shape[0]} for PoPs")
    if fibre_s.shape != (n_gateways, is_pop_permitted.shape[1]):
        raise RangeError(f"fibre_s must be (gateway, pop), got {fibre_s.shape} for {n_gateways} gateways")
    if not len(links) == len(length_m) == len(is_up):
        raise RangeError(f"{len(links)} links, {len(length_m)} lengths and {len(is_up)} states")
    if len(feeders.gateway_of_feed) and int(feeders.gateway_of_feed.max()) >= n_gateways:
        raise RangeError(f"a feeder names gateway {feeders.gateway_of_feed.max()} of {n_gateways}")
    if len(feeders.sat_of_feed) and int(feeders.sat_of_feed.max()) >= n_sats:
        raise RangeError(f"a feeder names satellite {feeders.sat_of_feed.max()} of {n_sats}")
    if len(links) and int(links.max()) >= n_sats:
        raise RangeError(f"a link names satellite {links.max()} of {n_sats}")
    if not np.isfinite(length_m[is_up]).all():
        raise RangeError("a link that is up must have a finite length")
    if (fibre_s < 0.0).any() or np.isnan(fibre_s).any():
        raise RangeError("fibre_s must be 0 or more; write inf where gateway and PoP are not connected")


def _nearest_pops(
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return PoP and fibre time of each gateway by class, (class, gateway); -1 and inf where there is none."""
    pops, times_s = (
        np.full(is_gateway_permitted.shape, -1, np.int32),
        np.full(is_gateway_permitted.shape, np.inf),
    )
    for k in range(len(is_gateway_permitted)) if fibre_s.size else ():
        permitted_s = np.where(is_gateway_permitted[k][:, None] & is_pop_permitted[k], fibre_s, np.inf)
        times_s[k] = permitted_s.min(axis=1)
        pops[k] = np.where(np.isfinite(times_s[k]), permitted_s.argmin(axis=1), -1)
    return pops, times_s


@njit(cache=True, nogil=True)
def _neighbours(n_sats, links, is_up):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the links that are up as lists per satellite: first (sat + 1,), neighbour and link."""
    first = np.zeros(n_sats + 1, np.int32)
    for i in range(len(links)):
        if is_up[i]:
            first[links[i, 0] + 1] += 1
            first[links[i, 1] + 1] += 1
    for s in range(n_sats):
        first[s + 1] += first[s]
    place = first.copy()
    neighbour, link = np.empty(first[n_sats], np.int32), np.empty(first[n_sats], np.int32)
    for i in range(len(links)):
        if is_up[i]:
            for end in range(2):
                here = links[i, end]
                neighbour[place[here]], link[place[here]] = links[i, 1 - end], i
                place[here] += 1
    return first, neighbour, link


@inner_njit(cache=True, nogil=True)
def _rise(heap, key_s, place, s, delay_s, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put a satellite into the heap, from a place upwards (four below each; the keys stand beside it)."""
    while at > 0:
        above = (at - 1) >> 2
        if key_s[above] < delay_s or (key_s[above] == delay_s and heap[above] < s):
            break
        heap[at], key_s[at] = heap[above], key_s[above]
        place[heap[at]] = at
        at = above
    heap[at], key_s[at] = s, delay_s
    place[s] = at


@inner_njit(cache=True, nogil=True)
def _pop_least(heap, key_s, place, n_heap):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take the satellite with the least delay off a heap of n_heap."""
    least = heap[0]
    n_heap -= 1
    s, delay_s = heap[n_heap], key_s[n_heap]
    at = 0
    while True:
        below = 4 * at + 1
        if below >= n_heap:
            break
        best = below
        for other in range(below + 1, min(below + 4, n_heap)):
            if key_s[other] < key_s[best] or (key_s[other] == key_s[best] and heap[other] < heap[best]):
                best = other
        if delay_s < key_s[best] or (delay_s == key_s[best] and s < heap[best]):
            break
        heap[at], key_s[at] = heap[best], key_s[best]
        place[heap[at]] = at
        at = best
    heap[at], key_s[at] = s, delay_s
    place[s] = at
    place[least] = -2
    return least


@njit(cache=True, nogil=True)
def _routes_of_class(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901
    first, neighbour, link, delay_of_step_s, length_m, gateway_of_feed, sat_of_feed, slant_m, delay_of_feed_s,  # noqa: ANN001
    pop_of_gateway, fibre_of_gateway_s, max_hops, heap, key_s, place, best_s,  # noqa: ANN001
    delay_s, space_m, gateway, pop, feed, hop, next_sat, next_link,  # noqa: ANN001
):  # fmt: skip
    """Fill in the routes of one class; place comes as -1 (not yet reached), later -2 settled, else in the heap."""
    n_heap = np.int64(0)
    for i in range(len(sat_of_feed)):
        s, g = sat_of_feed[i], gateway_of_feed[i]
        candidate_s = delay_of_feed_s[i] + fibre_of_gateway_s[g]
        if candidate_s < best_s[s]:
            best_s[s] = candidate_s
            feed[s], hop[s], space_m[s] = i, 0, slant_m[i]
            if place[s] < 0:
                place[s] = n_heap
                n_heap += 1
            _rise(heap, key_s, place, s, candidate_s, place[s])
    while n_heap > 0:
        s = _pop_least(heap, key_s, place, n_heap)
        n_heap -= 1
        delay_s[s] = best_s[s]
        if next_sat[s] >= 0:
            u = next_sat[s]
            feed[s], hop[s] = feed[u], hop[u] + 1
            space_m[s] = space_m[u] + length_m[next_link[s]]
        gateway[s] = gateway_of_feed[feed[s]]
        pop[s] = pop_of_gateway[gateway[s]]
        for j in range(first[s], first[s + 1]):
            q = neighbour[j]
            candidate_s = best_s[s] + delay_of_step_s[j]
            if candidate_s < best_s[q]:
                best_s[q] = candidate_s
                next_sat[q], next_link[q] = s, link[j]
                if place[q] < 0:
                    place[q] = n_heap
                    n_heap += 1
                _rise(heap, key_s, place, q, candidate_s, place[q])
    for s in range(len(hop)):
        if hop[s] > max_hops:
            delay_s[s], space_m[s] = np.inf, np.inf
            gateway[s], pop[s], feed[s], hop[s] = -1, -1, -1, -1
            next_sat[s], next_link[s] = -1, -1


@njit(cache=True, nogil=True)
def _routes_of_classes(  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912
    orders, first, neighbour, link, delay_of_step_s, length_m, gateway_of_feed, sat_of_feed, slant_m,  # noqa: ANN001
    delay_of_feed_s, pop_of_gateway, fibre_of_gateway_s, max_hops,  # noqa: ANN001
    delay_s, space_m, gateway, pop, feed, hop, next_sat, next_link,  # noqa: ANN001
):  # fmt: skip
    """Fill in the routes of all classes (class, sat): delays by sweeps, then the steps that add up to them."""
    n_classes, n_sats = delay_s.shape
    n_feeds = len(sat_of_feed)
    first_access = np.zeros(n_classes + 1, np.int64)
    node, reach_s = np.empty(n_classes * n_feeds, np.int32), np.empty(n_classes * n_feeds)
    at = 0
    for k in range(n_classes):
        for i in range(n_feeds):
            down_s = delay_of_feed_s[i] + fibre_of_gateway_s[k, gateway_of_feed[i]]
            if down_s < np.inf:
                node[at], reach_s[at] = sat_of_feed[i], down_s
                at += 1
        first_access[k + 1] = at
    best_s = np.full((n_sats, n_classes), np.inf)
    _sweep(
        orders, first, neighbour, delay_of_step_s, first_access, node, reach_s, np.arange(n_classes), best_s
    )
    for k in range(n_classes):
        for i in range(n_feeds):
            s, down_s = sat_of_feed[i], delay_of_feed_s[i] + fibre_of_gateway_s[k, gateway_of_feed[i]]
            if down_s < np.inf and feed[k, s] < 0 and down_s == best_s[s, k]:
                feed[k, s], hop[k, s], space_m[k, s] = i, 0, slant_m[i]
    _first_steps(first, neighbour, link, delay_of_step_s, best_s, feed, next_sat, next_link)
    chain = np.empty(n_sats, np.int32)
    for k in range(n_classes):
        for s in range(n_sats):
            if best_s[s, k] == np.inf:
                continue
            n_chain, u = 0, s
            while feed[k, u] < 0:
                chain[n_chain] = u
                n_chain += 1
                u = next_sat[k, u]
            for i in range(n_chain - 1, -1, -1):
                here = chain[i]
                feed[k, here], hop[k, here] = feed[k, u], hop[k, u] + 1
                space_m[k, here] = space_m[k, u] + length_m[next_link[k, here]]
                u = here
        for s in range(n_sats):
            if best_s[s, k] == np.inf:
                continue
            if hop[k, s] > max_hops:
                space_m[k, s] = np.inf
                feed[k, s], hop[k, s], next_sat[k, s], next_link[k, s] = -1, -1, -1, -1
            else:
                delay_s[k, s] = best_s[s, k]
                gateway[k, s] = gateway_of_feed[feed[k, s]]
                pop[k, s] = pop_of_gateway[k, gateway[k, s]]


@njit(cache=True, nogil=True)
def _first_steps(first, neighbour, link, delay_of_step_s, best_s, feed, next_sat, next_link):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Find the first step of every way that begins with a laser: who settles first of those that add up to it."""
    n_sats, n_classes = best_s.shape
    via_s, step, via = np.empty(n_classes), np.empty(n_classes, np.int32), np.empty(n_classes, np.int32)
    for s in range(n_sats):
        via_s[:], step[:], via[:] = np.inf, -1, n_sats
        for j in range(first[s], first[s + 1]):
            q, step_s = neighbour[j], delay_of_step_s[j]
            for k in range(n_classes):
                there_s = best_s[q, k]
                adds_up = (there_s + step_s == best_s[s, k]) & (there_s < np.inf)
                is_taken = adds_up & ((there_s < via_s[k]) | ((there_s == via_s[k]) & (q < via[k])))
                via_s[k] = there_s if is_taken else via_s[k]
                step[k], via[k] = (j if is_taken else step[k]), (q if is_taken else via[k])
        for k in range(n_classes):
            if step[k] >= 0 and feed[k, s] < 0:
                next_sat[k, s], next_link[k, s] = neighbour[step[k]], link[step[k]]
