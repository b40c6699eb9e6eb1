"""Paths between pairs of ends on the ground, over a mesh: the shortest there is, and the nodes on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError, RunError
from ecumene.kernels import njit
from ecumene.network.mesh import distances_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.mesh import Access, Mesh


@dataclass(frozen=True)
class Paths:
    """The shortest path of every pair.

    Attributes
    ----------
    length_m : (pair,)
        Both accesses and all links between; inf where there is no path. [m]
    first : (pair + 1,)
        The nodes of pair p stand from first[p] to first[p + 1]; none where there is no path.
    node : (step,)
        Nodes in order, from the pair's first end to its second.
    """

    length_m: NDArray[np.float64]
    first: NDArray[np.int64]
    node: NDArray[np.int32]

    @property
    def has_path(self) -> NDArray[np.bool_]:
        """Where the ends are joined, (pair,)."""
        return np.isfinite(self.length_m)

    def nodes(self, pair: int) -> NDArray[np.int32]:
        """Return the nodes of one pair in order."""
        return self.node[self.first[pair] : self.first[pair + 1]]


def shortest_paths(
    mesh: Mesh, access: Access, from_end: NDArray[np.int64], to_end: NDArray[np.int64]
) -> Paths:
    """Return the shortest path of every pair of ends.

    Parameters
    ----------
    mesh, access
        Nodes and links, and how the ends reach them.
    from_end, to_end : (pair,)
        The two ends of each pair.

    Returns
    -------
    paths
        Length and nodes.

    Raises
    ------
    RangeError
        A pair names an end that is not there.

    Notes
    -----
    One field of distances from every different first end (`ecumene.network.mesh.distances_m`), read off at the
    second ends, and walked back along steps that add up exactly. Of equally short paths the one with the lower
    node wins, looked at from the second end, and coming down early before going on.
    """
    from_end, to_end = np.asarray(from_end, np.int64), np.asarray(to_end, np.int64)
    if len(from_end) and not 0 <= min(from_end.min(), to_end.min()) <= max(
        from_end.max(), to_end.max()
    ) < len(access):
        raise RangeError(f"a pair names an end that is not there: must be from 0 to {len(access) - 1}")
    sources, column = np.unique(from_end, return_inverse=True)
    distance_m = distances_m(mesh, access, sources)
    length_m, last = _arrivals(access.first, access.node, access.length_m, distance_m, column, to_end)
    first, node, is_whole = _walk_back(
        mesh.first, mesh.neighbour, mesh.length_m,
        access.first, access.node, access.length_m, distance_m, sources, column, last,
    )  # fmt: skip
    if not is_whole:
        raise RunError("a shortest path does not add up to its length: a link has no length above 0")
    return Paths(length_m, first, node)


def all_pairs_length_m(mesh: Mesh, access: Access) -> NDArray[np.float64]:
    """Return the shortest length between any two ends.

    Parameters
    ----------
    mesh, access
        Nodes and links, and how the ends reach them.

    Returns
    -------
    length_m : (end, end)
        inf where there is no path. Between an end and itself: up to the nearest node and back. [m]
    """
    return np.asarray(_lengths(access.first, access.node, access.length_m, distances_m(mesh, access)))


def next_steps(mesh: Mesh, access: Access, distance_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return where every node sends what is meant for each end.

    Parameters
    ----------
    mesh, access
        Nodes and links, and how the ends reach them.
    distance_m : (node, end)
        From `ecumene.network.mesh.distances_m`, for all ends. [m]

    Returns
    -------
    step : (node, end)
        The neighbour on the shortest path; -2 where it comes down to the end here, -1 without path. Between
        equal ways: coming down, then the lower neighbour.
    """
    return np.asarray(
        _next_steps(
            mesh.first, mesh.neighbour, mesh.length_m, access.first, access.node, access.length_m, distance_m
        )
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _next_steps(first, neighbour, length_m, first_access, node, reach_m, distance_m):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n_nodes, n_ends = distance_m.shape
    step = np.full((n_nodes, n_ends), -1, np.int32)
    for e in range(n_ends):
        for a in range(first_access[e], first_access[e + 1]):
            if reach_m[a] == distance_m[node[a], e]:
                step[node[a], e] = -2
    for v in range(n_nodes):
        for j in range(first[v], first[v + 1]):
            u, length = neighbour[j], length_m[j]
            for e in range(n_ends):
                is_on_path = distance_m[v, e] < np.inf and distance_m[u, e] + length == distance_m[v, e]
                if is_on_path and step[v, e] != -2 and (step[v, e] == -1 or u < step[v, e]):
                    step[v, e] = u
    return step


@njit(cache=True, nogil=True, error_model="numpy")
def _lengths(first_access, node, reach_m, distance_m):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n_ends = distance_m.shape[1]
    length_m = np.full((n_ends, n_ends), np.inf)
    for e in range(n_ends):
        best_m = length_m[e]
        for a in range(first_access[e], first_access[e + 1]):
            there_m, last_m = distance_m[node[a]], reach_m[a]
            for k in range(n_ends):
                best_m[k] = min(there_m[k] + last_m, best_m[k])
    return length_m


@njit(cache=True, nogil=True, error_model="numpy")
def _arrivals(first_access, node, reach_m, distance_m, column, to_end):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the length of every pair and the node it comes down from, -1 where none."""
    n_pairs = len(column)
    length_m, last = np.full(n_pairs, np.inf), np.full(n_pairs, -1, np.int32)
    for p in range(n_pairs):
        for a in range(first_access[to_end[p]], first_access[to_end[p] + 1]):
            whole_m = distance_m[node[a], column[p]] + reach_m[a]
            if whole_m < length_m[p]:
                length_m[p], last[p] = whole_m, node[a]
    return length_m, last


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_back(  # type: ignore[no-untyped-def]  # noqa: ANN202
    first, neighbour, length_m, first_access, node, reach_m, distance_m, sources, column, last,  # noqa: ANN001
):  # fmt: skip
    """Return first (pair + 1,) and nodes of all paths from the first end to the second; whether all add up."""
    n_pairs, n_nodes = len(last), len(first) - 1
    begin = np.zeros(n_pairs + 1, np.int64)
    nodes = np.empty(max(16 * n_pairs, n_nodes), np.int32)
    is_whole = True
    for p in range(n_pairs):
        n, v, k = begin[p], last[p], column[p]
        while v >= 0:
            if n == len(nodes):
                nodes = np.concatenate((nodes, np.empty_like(nodes)))
            if n - begin[p] >= n_nodes:
                is_whole = False
                break
            nodes[n] = v
            n += 1
            here_m, before = distance_m[v, k], -2
            for a in range(first_access[sources[k]], first_access[sources[k] + 1]):
                if node[a] == v and reach_m[a] == here_m:
                    before = -1
            if before == -2:
                for j in range(first[v], first[v + 1]):
                    u = neighbour[j]
                    if distance_m[u, k] + length_m[j] == here_m and (before < 0 or u < before):
                        before = u
            is_whole &= before != -2
            v = before
        begin[p + 1] = n
        nodes[begin[p] : n] = nodes[begin[p] : n][::-1].copy()
    return begin, nodes[: begin[-1]].copy(), is_whole
