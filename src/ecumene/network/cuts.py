"""Cuts: what could leave a set of satellites at most, and the full resources that stand in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.kernels import njit
from ecumene.network.detours import share_over_detours
from ecumene.network.sharing import FEED, GATEWAY, ISL, SATELLITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.gateways import Feeders
    from ecumene.network.routes import Routes


@dataclass(frozen=True)
class Cut:
    """The narrowest place between satellites and the internet.

    Attributes
    ----------
    most_bps
        Traffic that could get home at most, with nobody else in the network. [bit/s]
    cut_bps : (4,)
        Capacity of the satellites, ISLs, feeders and gateways in the cut; adds up to `most_bps`. [bit/s]
    n_cut : (4,)
        How many of each.
    """

    most_bps: float
    cut_bps: NDArray[np.float64]
    n_cut: NDArray[np.int64]


def smallest_cut(
    sats: NDArray[np.int32],
    landing_class: int,
    *,
    satellite_bps: float,
    routes: Routes,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    feeders: Feeders,
    fibre_s: NDArray[np.float64],
    is_gateway_permitted: NDArray[np.bool_],
    is_pop_permitted: NDArray[np.bool_],
    isl_bps: NDArray[np.float64] | float,
    feed_bps: NDArray[np.float64] | float,
    gateway_bps: NDArray[np.float64],
) -> Cut:
    """Return the maximum flow from satellites home, and a minimum cut.

    Parameters
    ----------
    sats : (n,)
        Satellites that bring as much as they can, for example all that a country's cells see.
    landing_class
        Under whose landing rules.
    satellite_bps
        What one satellite takes from its users. [bit/s]
    routes, links, length_m, is_up, feeders, fibre_s, is_gateway_permitted, is_pop_permitted
        As in `ecumene.network.detours.share_over_detours`.
    isl_bps, feed_bps, gateway_bps
        Capacities. [bit/s]

    Returns
    -------
    cut
        The cut nearest to the satellites, where several are equally small.

    References
    ----------
    Ford and Fulkerson, Canad. J. Math. 8 (1956) 399.
    """
    sats = np.asarray(sats, np.int32)
    sats = sats[routes.has_path[landing_class, sats]]
    streams = share_over_detours(
        np.full(len(sats), np.floor(satellite_bps)), np.full(len(sats), landing_class, np.int32), sats, routes=routes,
        links=links, length_m=length_m, is_up=is_up, feeders=feeders, fibre_s=fibre_s,
        is_gateway_permitted=is_gateway_permitted, is_pop_permitted=is_pop_permitted, satellite_bps=np.inf,
        isl_bps=isl_bps, feed_bps=feed_bps, gateway_bps=gateway_bps, steps=1,
    )  # fmt: skip
    start, capacity_bps = streams.paths.start_of_kind, np.floor(streams.paths.capacity_bps)
    carried_bps, load_bps = streams.shares.carried_bps, streams.shares.load_bps
    reaches_pop = np.array([
        is_gateway_permitted[landing_class, g]
        and bool(np.isfinite(fibre_s[g, is_pop_permitted[landing_class]]).any())
        for g in range(len(gateway_bps))
    ], np.bool_)  # fmt: skip
    is_reached = _reached(
        sats[carried_bps < np.floor(satellite_bps)], routes.feed.shape[1], np.asarray(links, np.int32).reshape(-1, 2),
        is_up, feeders.sat_of_feed, feeders.gateway_of_feed, reaches_pop, capacity_bps, load_bps, start,
    )  # fmt: skip
    n_sats = routes.feed.shape[1]
    here, gateway = is_reached[:n_sats], is_reached[n_sats:]
    two_ways = np.repeat(np.asarray(links, np.int64).reshape(-1, 2), 2, axis=0)
    two_ways[1::2] = two_ways[1::2, ::-1]
    is_cut = (
        np.repeat(is_up, 2) & here[two_ways[:, 0]] & ~here[two_ways[:, 1]],
        here[feeders.sat_of_feed] & ~gateway[feeders.gateway_of_feed] & reaches_pop[feeders.gateway_of_feed],
        gateway & reaches_pop,
    )
    cut_bps = [float((~here[sats]).sum()) * np.floor(satellite_bps)]
    n_cut = [int((~here[sats]).sum())]
    for kind, mask in zip((ISL, FEED, GATEWAY), is_cut, strict=True):
        cut_bps.append(float(capacity_bps[start[kind] : start[kind + 1]][mask].sum()))
        n_cut.append(int(mask.sum()))
    assert SATELLITE == 0  # noqa: S101 - the order of cut_bps
    return Cut(float(carried_bps.sum()), np.array(cut_bps), np.array(n_cut))


@njit(cache=True, nogil=True)
def _reached(sources, n_sats, links, is_up, sat_of_feed, gateway_of_feed, reaches_pop, capacity, load, start):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return satellites, then gateways, to which more could still flow; sweeps until nothing changes."""
    is_reached = np.zeros(n_sats + len(reaches_pop), np.bool_)
    is_reached[sources] = True
    has_changed = True
    while has_changed:
        has_changed = False
        for i in range(len(links)):
            if not is_up[i]:
                continue
            a, b = links[i, 0], links[i, 1]
            there, back = start[ISL] + 2 * i, start[ISL] + 2 * i + 1
            if is_reached[a] and not is_reached[b] and (load[there] < capacity[there] or load[back] > 0):
                is_reached[b] = has_changed = True
            if is_reached[b] and not is_reached[a] and (load[back] < capacity[back] or load[there] > 0):
                is_reached[a] = has_changed = True
        for f in range(len(sat_of_feed)):
            s, g, r = sat_of_feed[f], n_sats + gateway_of_feed[f], start[FEED] + f
            if not reaches_pop[gateway_of_feed[f]]:
                continue
            if is_reached[s] and not is_reached[g] and load[r] < capacity[r]:
                is_reached[g] = has_changed = True
            if is_reached[g] and not is_reached[s] and load[r] > 0:
                is_reached[s] = has_changed = True
    return is_reached
