"""Routes on networks small enough to work out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.gateways import Feeders
from ecumene.network.isl import NO_LINKS
from ecumene.network.routes import find_routes, path_of

C = 299_792_458.0
MS_M = C / 1e3  # how far light flies in a millisecond


def feed(*rows):
    gateway, sat, slant = zip(*rows, strict=True)
    return Feeders(np.array(gateway, np.int32), np.array(sat, np.int32), np.array(slant, float))


def line():
    """Four satellites in a row, 3 ms apart; gateway 0 under satellite 0, gateway 1 under satellite 3.

    Fibre: gateway 0 to PoPs 0 and 1 takes 1 and 30 ms, gateway 1 to PoPs 0 and 1 takes 20 and 2 ms.
    """
    links = np.array([[0, 1], [1, 2], [2, 3]], np.int32)
    feeders = feed((0, 0, 2 * MS_M), (1, 3, 4 * MS_M))
    return links, np.full(3, 3 * MS_M), feeders, np.array([[1e-3, 30e-3], [20e-3, 2e-3]])


def test_by_hand():
    links, length_m, feeders, fibre_s = line()
    is_gateway_permitted = np.array([[1, 1], [0, 1], [1, 1], [0, 0]], bool)
    is_pop_permitted = np.array([[1, 1], [1, 1], [0, 1], [1, 1]], bool)
    routes = find_routes(
        4, links, length_m, np.ones(3, bool), feeders, fibre_s, is_gateway_permitted, is_pop_permitted
    )
    # Class 0 lands anywhere: satellite 0 has 2 + 1 ms, satellite 3 has 4 + 2 ms, the others the quicker.
    assert routes.delay_s[0] == pytest.approx([3e-3, 6e-3, 9e-3, 6e-3], abs=1e-15)
    assert routes.hops[0, [0, 1, 3]].tolist() == [0, 1, 0]  # satellite 2 is as quick either way
    assert routes.pop[0, [0, 1, 3]].tolist() == [0, 0, 1]
    # Class 1 may land at gateway 1 alone.
    assert routes.delay_s[1] == pytest.approx([15e-3, 12e-3, 9e-3, 6e-3], abs=1e-15)
    assert routes.hops[1].tolist() == [3, 2, 1, 0]
    assert routes.gateway[1].tolist() == [1] * 4
    assert routes.feed[1].tolist() == [1] * 4
    assert routes.next_sat[1].tolist() == [1, 2, 3, -1]
    assert routes.next_link[1].tolist() == [0, 1, 2, -1]
    assert routes.space_m[1] == pytest.approx(np.array([13, 10, 7, 4]) * MS_M)
    assert path_of(routes, 1, 0) == [0, 1, 2, 3]
    # Class 2 must reach PoP 1: satellite 0 sends its traffic through all the others, 15 ms, not 2 + 30.
    assert routes.pop[2].tolist() == [1] * 4
    assert routes.delay_s[2, 0] == pytest.approx(15e-3)
    # Class 3 may land nowhere.
    assert not routes.has_path[3].any()
    assert np.isinf(routes.delay_s[3]).all()
    assert np.isinf(routes.space_m[3]).all()
    assert (routes.hops[3] == -1).all()
    assert path_of(routes, 3, 0) == []


def one_class(n_sats, links, length_m, is_up, feeders, fibre_s, max_hops=None):
    gateways, pops = fibre_s.shape
    return find_routes(
        n_sats, links, length_m, is_up, feeders, fibre_s, np.ones((1, gateways), bool),
        np.ones((1, pops), bool), max_hops,
    )  # fmt: skip


def test_bent_pipe():
    _, _, feeders, fibre_s = line()
    routes = one_class(4, NO_LINKS, np.empty(0), np.empty(0, bool), feeders, fibre_s)
    assert routes.has_path[0].tolist() == [True, False, False, True]
    assert routes.hops[0].tolist() == [0, -1, -1, 0]
    assert routes.delay_s[0, [0, 3]] == pytest.approx([3e-3, 6e-3])


def test_no_feeders_no_paths():
    links, length_m, _, fibre_s = line()
    none = Feeders(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    assert not one_class(4, links, length_m, np.ones(3, bool), none, fibre_s).has_path.any()


def test_a_torn_mesh_strands_its_part():
    links, length_m, _, fibre_s = line()
    length_m[1] = np.nan
    routes = one_class(4, links, length_m, np.array([True, False, True]), feed((0, 0, 2 * MS_M)), fibre_s)
    assert routes.has_path[0].tolist() == [True, True, False, False]


def test_a_cut_fibre_is_no_exit():
    links, length_m, feeders, fibre_s = line()
    fibre_s[0] = np.inf
    routes = one_class(4, links, length_m, np.ones(3, bool), feeders, fibre_s)
    assert routes.gateway[0].tolist() == [1] * 4


def test_a_neighbours_exit_may_beat_the_own():
    # Satellite 0 has a feeder, but 50 ms of fibre behind it; its neighbour's exit is 3 + 2 + 1 ms away.
    links = np.array([[0, 1]], np.int32)
    feeders = feed((0, 0, 2 * MS_M), (1, 1, 2 * MS_M))
    routes = one_class(2, links, np.array([3 * MS_M]), np.ones(1, bool), feeders, np.array([[50e-3], [1e-3]]))
    assert routes.delay_s[0] == pytest.approx([6e-3, 3e-3])
    assert routes.hops[0].tolist() == [1, 0]
    assert routes.feed[0].tolist() == [1, 1]


def test_of_two_feeders_the_quicker_counts():
    feeders = feed((0, 0, 5 * MS_M), (1, 0, 2 * MS_M))
    routes = one_class(1, NO_LINKS, np.empty(0), np.empty(0, bool), feeders, np.array([[1e-3], [1e-3]]))
    assert routes.feed[0, 0] == 1
    assert routes.delay_s[0, 0] == pytest.approx(3e-3)


def test_time_to_live():
    links, length_m, _, fibre_s = line()
    feeders = feed((1, 3, 4 * MS_M))
    for max_hops in range(5):
        routes = one_class(4, links, length_m, np.ones(3, bool), feeders, fibre_s, max_hops)
        hops = np.array([3, 2, 1, 0])
        assert (routes.has_path[0] == (hops <= max_hops)).all()
        assert (routes.hops[0] == np.where(hops <= max_hops, hops, -1)).all()
        assert (np.isinf(routes.delay_s[0]) == (hops > max_hops)).all()


def test_bad_input():
    links, length_m, feeders, fibre_s = line()
    up = np.ones(3, bool)
    permitted = np.ones((1, 2), bool)
    with pytest.raises(RangeError, match="fibre_s must be"):
        find_routes(4, links, length_m, up, feeders, fibre_s[:1], permitted, permitted)
    with pytest.raises(RangeError, match="1 classes for gateways but 2"):
        find_routes(4, links, length_m, up, feeders, fibre_s, permitted, np.ones((2, 2), bool))
    with pytest.raises(RangeError, match="3 links, 2 lengths"):
        find_routes(4, links, length_m[:2], up, feeders, fibre_s, permitted, permitted)
    with pytest.raises(RangeError, match="finite length"):
        find_routes(4, links, np.full(3, np.nan), up, feeders, fibre_s, permitted, permitted)
    with pytest.raises(RangeError, match="names gateway 7 of 2"):
        find_routes(4, links, length_m, up, feed((7, 0, 1.0)), fibre_s, permitted, permitted)
    with pytest.raises(RangeError, match="not connected"):
        find_routes(4, links, length_m, up, feeders, -fibre_s, permitted, permitted)
    with pytest.raises(RangeError, match="satellite 9 of 4"):
        find_routes(4, links, length_m, up, feed((0, 9, 1.0)), fibre_s, permitted, permitted)
    with pytest.raises(RangeError, match="max_hops must be 0 or more"):
        find_routes(4, links, length_m, up, feeders, fibre_s, permitted, permitted, -1)
