"""The order in which a satellite asks its gateways, against a sort of all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.network.gateways import _options


@pytest.mark.parametrize("seed", range(20))
def test_options_are_those_of_a_sort(seed):
    rng = np.random.default_rng(seed)
    n_gateways, n_sats = int(rng.integers(1, 9)), int(rng.integers(1, 30))
    is_clear, persists = rng.random((2, n_gateways, n_sats)) < 0.4
    reach_m = rng.choice([6e5, 7e5, 8e5], (n_gateways, n_sats))  # ties
    worth = rng.integers(0, 3, n_sats).astype(float)
    was = rng.random((n_gateways, n_sats)) < 0.2
    g, s = np.nonzero(is_clear)
    later_g, later_s = np.nonzero(persists)
    last_s, last_g = np.nonzero(was.T)
    every = np.arange(n_gateways + 1)
    found = _options(
        np.searchsorted(g, every), s.astype(np.int32), reach_m[g, s],
        np.searchsorted(later_g, every), later_s.astype(np.int32),
        worth, last_g.astype(np.int32), last_s.astype(np.int32),
    )  # fmt: skip
    s, g = np.nonzero((is_clear & (worth > 0.0)).T)
    order = np.lexsort((g, reach_m[g, s], ~persists[g, s], s))
    s, g = s[order], g[order]
    expected = (np.searchsorted(s, np.arange(n_sats + 1)), g, reach_m[g, s], persists[g, s], was[g, s])
    for one, other in zip(found, expected, strict=True):
        assert one.tolist() == other.tolist()
