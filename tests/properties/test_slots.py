"""Conservation and capacity, slot by slot, on a planet with several landing rules: path by path, not from tables."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene import load
from ecumene.network.sharing import FEED, GATEWAY, ISL
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

N_SLOTS = 3


def slots(**overrides):
    keys = {key.replace("__", "."): value for key, value in overrides.items()}
    world = build(load("starlink-gen1", overrides={"resolution": 3, "slots": N_SLOTS, **keys}))
    sky, next_sky, slot = survey(world, 0), survey(world, 1), None
    for k in range(N_SLOTS):
        slot = one_slot(world, sky, next_sky, slot)
        yield world, slot
        sky, next_sky = next_sky, survey(world, k + 2)


NETWORKS = {
    "many paths": {},
    "one path": {"network__paths": "one"},
    "proportional": {"network__paths": "one", "network__fairness": "proportional"},
    "rain": {"gateways__link": "budget", "gateways__weather": 0.1},
    "bent pipe": {"isl__topology": "none"},
    "no one far north": {"isl__polar_cutoff_deg": 50.0, "isl__capacity_gbps": 10.0},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_in_goes_out_and_nothing_is_overfull(name):
    for world, slot in slots(**NETWORKS[name]):
        streams, paths, shares = slot.streams, slot.paths, slot.shares
        n_flows = len(slot.flow_sat)
        of_flow_bps = np.bincount(streams.flow_of_path, streams.path_bps, n_flows)
        np.testing.assert_allclose(of_flow_bps, shares.carried_bps, rtol=1e-9, atol=1.0)
        assert (shares.carried_bps <= slot.offered_bps * (1.0 + 1e-9) + 1.0).all()
        path = np.repeat(np.arange(len(paths.first) - 1), np.diff(paths.first))
        load_bps = np.bincount(paths.resource, streams.path_bps[path], len(paths.capacity_bps))
        np.testing.assert_allclose(load_bps, shares.load_bps, rtol=1e-9, atol=1.0)
        assert (load_bps <= paths.capacity_bps * (1.0 + 1e-9) + 1.0).all()
        assert shares.carried_bps.sum() == pytest.approx(slot.service.rate_bps.sum(), rel=1e-6)
        start = paths.start_of_kind
        is_up = np.repeat(slot.links.isls.is_up, 2)
        assert not load_bps[start[ISL] : start[ISL + 1]][~is_up].any()
        landed_bps = np.bincount(
            slot.links.feeders.gateway_of_feed,
            load_bps[start[FEED] : start[FEED + 1]],
            len(world.ground.gateways),
        )
        np.testing.assert_allclose(
            landed_bps, load_bps[start[GATEWAY] : start[GATEWAY + 1]], rtol=1e-9, atol=1.0
        )
        landing_class = slot.flow_class[streams.flow_of_path]
        assert world.ground.is_gateway_permitted[landing_class, streams.end_of_paths(GATEWAY)].all()
