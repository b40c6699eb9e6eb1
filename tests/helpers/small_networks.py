"""Small random networks on which traffic must go round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.network.detours import share_over_detours
from ecumene.network.gateways import Feeders
from ecumene.network.routes import Routes, find_routes

if TYPE_CHECKING:
    from ecumene.network.sharing import Streams


@dataclass(frozen=True)
class SmallNetwork:
    """One slot's network and traffic; a bit a second is a large amount here."""

    n_sats: int
    links: np.ndarray
    length_m: np.ndarray
    is_up: np.ndarray
    feeders: Feeders
    fibre_s: np.ndarray
    is_gateway_permitted: np.ndarray
    is_pop_permitted: np.ndarray
    class_of_flow: np.ndarray
    sat_of_flow: np.ndarray
    offered_bps: np.ndarray
    satellite_bps: float
    isl_bps: np.ndarray
    feed_bps: np.ndarray
    gateway_bps: np.ndarray
    routes: Routes

    def rules(self) -> dict:
        """Return what may go where."""
        return {
            "links": self.links, "length_m": self.length_m, "is_up": self.is_up, "feeders": self.feeders,
            "fibre_s": self.fibre_s, "is_gateway_permitted": self.is_gateway_permitted,
            "is_pop_permitted": self.is_pop_permitted,
        }  # fmt: skip

    def capacities(self) -> dict:
        """Return what each resource carries."""
        return {
            "satellite_bps": self.satellite_bps, "isl_bps": self.isl_bps, "feed_bps": self.feed_bps,
            "gateway_bps": self.gateway_bps,
        }  # fmt: skip

    def carry(self, **change: int) -> Streams:
        """Share over every way there is."""
        return share_over_detours(
            self.offered_bps, self.class_of_flow, self.sat_of_flow, routes=self.routes, **self.rules(),
            **self.capacities(), **change,
        )  # fmt: skip


def small_network(
    seed: int, *, n_classes: int, n_sats: int = 24, density: float = 0.12, satellite_bps: float = np.inf
) -> SmallNetwork:
    """Return a random network; capacities are small whole numbers of kbit/s, so ties and full links abound."""
    rng = np.random.default_rng(seed)
    n_gateways, n_pops = 5, 3
    links = np.array([(a, b) for a in range(n_sats) for b in range(a + 1, n_sats)], np.int32)
    links = links[rng.random(len(links)) < density]
    length_m, is_up = rng.uniform(5e5, 5e6, len(links)), rng.random(len(links)) < 0.9
    pairs = np.argwhere(rng.random((n_sats, n_gateways)) < 0.1)
    if len(pairs) == 0:
        pairs = np.array([[0, 0]])
    feeders = Feeders(
        pairs[:, 1].astype(np.int32), pairs[:, 0].astype(np.int32), rng.uniform(5e5, 2e6, len(pairs))
    )
    fibre_s = rng.uniform(0.0, 0.06, (n_gateways, n_pops))
    fibre_s[rng.random(fibre_s.shape) < 0.2] = np.inf
    fibre_s[:, 0] = np.minimum(fibre_s[:, 0], 0.1)
    permits = np.ones((n_classes, n_gateways), bool), np.ones((n_classes, n_pops), bool)
    if n_classes > 1:
        permits = rng.random((n_classes, n_gateways)) < 0.6, rng.random((n_classes, n_pops)) < 0.8
        permits[0][0], permits[1][0] = True, True
    routes = find_routes(n_sats, links, length_m, is_up, feeders, fibre_s, *permits)
    k, s = np.nonzero(routes.has_path & (rng.random((n_classes, n_sats)) < 0.6))
    return SmallNetwork(
        n_sats, links, length_m, is_up, feeders, fibre_s, *permits, k.astype(np.int32), s.astype(np.int32),
        1e3 * rng.integers(1, 12, len(k)).astype(float), satellite_bps,
        1e3 * rng.integers(0, 16, len(links)).astype(float), 1e3 * rng.integers(1, 24, len(pairs)).astype(float),
        1e3 * rng.integers(4, 40, n_gateways).astype(float), routes,
    )  # fmt: skip
