"""Shortest paths between many ends against two slow twins: Dijkstra with a heap in plain Python, and scipy's."""

from __future__ import annotations

import heapq
import re
from itertools import pairwise

import numpy as np
import pytest
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from ecumene.network import mesh as mesh_module
from ecumene.network.isl import grid_links
from ecumene.network.mesh import Access, access_of_table, distances_m, mesh_of_links, sweep_orders
from ecumene.network.paths import all_pairs_length_m, shortest_paths


def slow_distances_m(n_nodes, links, length_m, is_up, reach):
    """Dijkstra from one end: {node: metres of access} to metres for every node, inf where there is no path."""
    beside = [[] for _ in range(n_nodes)]
    for (a, b), length, up in zip(links.tolist(), length_m.tolist(), is_up.tolist(), strict=True):
        if up:
            beside[a].append((b, length))
            beside[b].append((a, length))
    found = [float("inf")] * n_nodes
    heap = [(metres, node) for node, metres in reach.items()]
    heapq.heapify(heap)
    while heap:
        here, node = heapq.heappop(heap)
        if here >= found[node]:
            continue
        found[node] = here
        for other, length in beside[node]:
            if here + length < found[other]:
                heapq.heappush(heap, (here + length, other))
    return found


def random_net(seed, n_nodes=70, n_ends=9):
    """Return a mesh with holes: some links down, some ends that reach nothing, several islands."""
    rng = np.random.default_rng(seed)
    ends = np.unique(np.sort(rng.integers(0, n_nodes, (int(1.6 * n_nodes), 2)), axis=1), axis=0)
    links = ends[ends[:, 0] != ends[:, 1]].astype(np.int32)
    is_up = rng.random(len(links)) < 0.8
    length_m = np.where(is_up, rng.uniform(3e5, 5e6, len(links)), np.nan)
    is_reached = rng.random((n_ends, n_nodes)) < 0.06
    is_reached[n_ends - 1] = False
    slant_m = np.where(is_reached, rng.uniform(5e5, 2e6, is_reached.shape), np.nan)
    return n_nodes, links, length_m, is_up, is_reached, slant_m


@pytest.mark.parametrize("seed", range(12))
def test_distances_and_paths(seed):
    n_nodes, links, length_m, is_up, is_reached, slant_m = random_net(seed)
    mesh = mesh_of_links(n_nodes, links, length_m, is_up)
    access = access_of_table(is_reached, slant_m)
    found_m = distances_m(mesh, access)
    slow_m = [
        slow_distances_m(
            n_nodes,
            links,
            length_m,
            is_up,
            {int(v): float(slant_m[e, v]) for v in np.flatnonzero(is_reached[e])},
        )
        for e in range(len(is_reached))
    ]
    assert (np.array(slow_m) == found_m.T).all()  # to the last bit

    first, second = (index.ravel() for index in np.indices((len(is_reached),) * 2))
    paths = shortest_paths(mesh, access, first, second)
    length_of = {
        tuple(sorted(ends)): m for ends, m in zip(links[is_up].tolist(), length_m[is_up], strict=True)
    }
    for p, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        reached = np.flatnonzero(is_reached[b])
        best = min((slow_m[a][v] + slant_m[b, v] for v in reached.tolist()), default=np.inf)
        nodes = paths.nodes(p).tolist()
        assert paths.length_m[p] == best
        assert bool(nodes) == paths.has_path[p] == np.isfinite(best)
        if nodes:
            assert is_reached[a, nodes[0]]
            assert is_reached[b, nodes[-1]]
            steps = sum(length_of[tuple(sorted(step))] for step in pairwise(nodes))
            assert slant_m[a, nodes[0]] + steps + slant_m[b, nodes[-1]] == pytest.approx(best, rel=1e-14)
    assert (all_pairs_length_m(mesh, access).T.ravel() == paths.length_m).all()


def test_a_grid_against_scipy(monkeypatch):
    """A shell of 24 x 16 with ragged lengths, swept in the grid's orders, in one block and in many."""
    rng = np.random.default_rng(5)
    planes, per_plane, n_ends = 24, 16, 40
    n = planes * per_plane
    links = grid_links(*(np.array([k]) for k in (planes, per_plane, 7, True, 0)))
    length_m = rng.uniform(2e5, 3e6, len(links))
    is_up = rng.random(len(links)) < 0.95
    plane, slot = (index.ravel().astype(np.int32) for index in np.indices((planes, per_plane)))
    mesh = mesh_of_links(n, links, length_m, is_up, sweep_orders(np.zeros(n, np.int32), plane, slot))
    is_reached = rng.random((n_ends, n)) < 0.02
    slant_m = rng.uniform(5e5, 2e6, is_reached.shape)
    access = access_of_table(is_reached, slant_m)
    end, node = np.nonzero(is_reached)
    start = np.concatenate([links[is_up].T.ravel(), n + end])
    stop = np.concatenate([links[is_up][:, ::-1].T.ravel(), node])
    metres = np.concatenate([np.tile(length_m[is_up], 2), slant_m[is_reached]])
    graph = coo_matrix((metres, (start, stop)), shape=(n + n_ends, n + n_ends)).tocsr()
    expected_m = dijkstra(graph, indices=n + np.arange(n_ends))[:, :n]
    assert (expected_m == distances_m(mesh, access).T).all()
    monkeypatch.setattr(mesh_module, "BLOCK_ENDS", 7)
    assert (expected_m == distances_m(mesh, access).T).all()
    chosen = np.array([3, 31, 3])
    assert (expected_m[chosen] == distances_m(mesh, access, chosen).T).all()


def test_the_kernel_is_vectors():
    """The innermost loop runs over ends in vectors: one by one it would be several times slower."""
    kernel = njit(error_model="numpy")(
        mesh_module._sweep.py_func
    )  # compiled anew: a cached one shows nothing
    access = Access(np.array([0, 1]), np.zeros(1, np.int32), np.ones(1))
    mesh = mesh_of_links(3, np.array([[0, 1], [1, 2]], np.int32), np.ones(2), np.ones(2, bool))
    rows_m = np.full((3, 1), np.inf)
    kernel(
        mesh.orders, mesh.first, mesh.neighbour, mesh.length_m,
        access.first, access.node, access.length_m, np.array([0]), rows_m,
    )  # fmt: skip
    assert rows_m.T.tolist() == [[1.0, 2.0, 3.0]]
    assembly = "".join(kernel.inspect_asm().values())
    if "xmm" not in assembly:
        pytest.skip("knows the vectors of x86 alone")
    assert re.search(r"v?addpd\s.*[xyz]mm", assembly)  # packed, not addsd
