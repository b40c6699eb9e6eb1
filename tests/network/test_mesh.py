"""A mesh and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.network.mesh import access_of_table, distances_m, mesh_of_links, sweep_orders
from ecumene.network.paths import shortest_paths

LINKS = np.array([[0, 1], [1, 2], [0, 3]], np.int32)
LENGTH_M = np.array([1.0, 2.0, np.nan])
UP = np.array([True, True, False])


def test_links_stand_in_both_directions():
    mesh = mesh_of_links(4, LINKS, LENGTH_M, UP)
    assert len(mesh) == 4
    assert mesh.first.tolist() == [0, 1, 3, 4, 4]
    assert mesh.neighbour.tolist() == [1, 0, 2, 1]
    assert mesh.length_m.tolist() == [1.0, 1.0, 2.0, 2.0]


def test_a_line_by_hand():
    mesh = mesh_of_links(4, LINKS, LENGTH_M, UP)
    access = access_of_table(
        np.array([[True, False, False, False], [False, True, True, False]]), np.full((2, 4), 5.0)
    )
    assert distances_m(mesh, access).T.tolist() == [[5.0, 6.0, 8.0, np.inf], [6.0, 5.0, 5.0, np.inf]]
    paths = shortest_paths(mesh, access, np.array([0, 1]), np.array([1, 0]))
    assert paths.length_m.tolist() == [11.0, 11.0]
    assert [paths.nodes(p).tolist() for p in range(2)] == [[0, 1], [1, 0]]


def test_no_pairs_and_no_ends():
    mesh = mesh_of_links(4, LINKS, LENGTH_M, UP)
    access = access_of_table(np.zeros((0, 4), bool), np.zeros((0, 4)))
    paths = shortest_paths(mesh, access, np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert len(paths.length_m) == len(paths.node) == 0
    assert distances_m(mesh, access).shape == (4, 0)


@pytest.mark.parametrize(
    ("links", "length_m", "message"),
    [
        (np.array([[0, 4]], np.int32), np.ones(1), "a link names node 4: must be from 0 to 3"),
        (np.array([[0, 1]], np.int32), np.array([np.nan]), "finite length above 0"),
        (np.array([[0, 1]], np.int32), np.zeros(1), "finite length above 0"),
    ],
)
def test_bad_links_are_refused(links, length_m, message):
    with pytest.raises(RangeError, match=message):
        mesh_of_links(4, links, length_m, np.ones(1, bool))


def test_an_end_that_is_not_there_is_refused():
    access = access_of_table(np.ones((1, 4), bool), np.ones((1, 4)))
    with pytest.raises(RangeError, match="must be from 0 to 0"):
        shortest_paths(mesh_of_links(4, LINKS, LENGTH_M, UP), access, np.array([0]), np.array([1]))


def test_orders_are_permutations():
    plane, slot = (index.ravel() for index in np.indices((3, 4)))
    orders = sweep_orders(np.zeros(12, int), plane, slot)
    assert (np.sort(orders, axis=1) == np.arange(12)).all()
    assert orders[0].tolist() == list(range(12))
    assert orders[1][:5].tolist() == [3, 2, 1, 0, 7]
