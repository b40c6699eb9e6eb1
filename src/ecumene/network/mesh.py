"""A mesh of links, and the shortest distances over it from many ends at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError
from ecumene.kernels import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_ENDS = 112
"""Ends swept at once. Chosen by trying (`bench/routing.py`): wider blocks leave the processor's cache, narrower
ones spend their time on bookkeeping; a multiple of eight fills its vectors."""


@dataclass(frozen=True)
class Mesh:
    """Which node is linked to which, and how far it is: every link stands in both directions.

    Attributes
    ----------
    first : (node + 1,)
        The links of node v stand from first[v] to first[v + 1].
    neighbour : (step,)
        Node at the other end.
    length_m : (step,)
        Length, more than 0. [m]
    orders : (order, node)
        Orders in which nodes are swept; any will do, good ones are quick (`sweep_orders`).
    """

    first: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    length_m: NDArray[np.float64]
    orders: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.first) - 1


@dataclass(frozen=True)
class Access:
    """How ends on the ground reach the mesh.

    Attributes
    ----------
    first : (end + 1,)
        What end e reaches stands from first[e] to first[e + 1].
    node : (access,)
        A node it reaches; rising, and none twice at one end.
    length_m : (access,)
        How far it is, 0 or more. [m]
    """

    first: NDArray[np.int64]
    node: NDArray[np.int32]
    length_m: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of ends."""
        return len(self.first) - 1


def mesh_of_links(
    n_nodes: int,
    links: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_up: NDArray[np.bool_],
    orders: NDArray[np.int32] | None = None,
) -> Mesh:
    """Return the mesh of the links that are up.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    links : (link, 2)
        Nodes at the two ends.
    length_m : (link,)
        Length; read only where the link is up. [m]
    is_up : (link,)
        The link stands.
    orders : (order, node)
        Orders to sweep in; up and down where not given.

    Returns
    -------
    mesh
        Neighbours of every node, in the order of the links.

    Raises
    ------
    RangeError
        A link names a node that is not there, or is up without a length above 0.
    """
    if len(links) and not 0 <= int(links.min()) <= int(links.max()) < n_nodes:
        raise RangeError(f"a link names node {links.max()}: must be from 0 to {n_nodes - 1}")
    if not (length_m[is_up] > 0.0).all() or not np.isfinite(length_m[is_up]).all():
        raise RangeError("a link that is up must have a finite length above 0")
    if orders is None:
        up = np.arange(n_nodes, dtype=np.int32)
        orders = np.stack([up, up[::-1]])
    first, neighbour, length_m = _steps(n_nodes, links, length_m, is_up)
    return Mesh(first, neighbour, length_m, np.ascontiguousarray(orders, np.int32))


def sweep_orders(
    shell: NDArray[np.int32], plane: NDArray[np.int32], slot: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the orders in which a +Grid is swept: over planes and slots, up and down each.

    Parameters
    ----------
    shell, plane, slot : (sat,)
        Places in filed constellations; equal numbers are swept by index.

    Returns
    -------
    orders : (4, sat)
        A path that goes one way over the planes and one way along them is found in a single sweep of one of
        the four, however long it is.

    References
    ----------
    Zhao, Math. Comp. 74 (2005) 603, for sweeping in alternating orders.
    """
    there = np.lexsort((slot, plane, shell))
    across = np.lexsort((-slot, plane, shell))
    return np.stack([there, across, across[::-1], there[::-1]]).astype(np.int32)


def access_of_table(is_reached: NDArray[np.bool_], length_m: NDArray[np.float64]) -> Access:
    """Return the access of ends that have a table of nodes.

    Parameters
    ----------
    is_reached : (end, node)
        The end may use the node.
    length_m : (end, node)
        How far it is; read only where reached. [m]
    """
    end, node = np.nonzero(is_reached)
    first = np.searchsorted(end, np.arange(len(is_reached) + 1))
    return Access(first.astype(np.int64), node.astype(np.int32), length_m[end, node])


def distances_m(mesh: Mesh, access: Access, ends: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Return the shortest distance from ends to every node.

    Parameters
    ----------
    mesh
        Nodes and links.
    access
        How the ends reach the mesh.
    ends : (chosen,)
        Ends to compute; all where not given. Memory is 8 bytes for each of them and each node.

    Returns
    -------
    distance_m : (node, chosen)
        Access and links together; inf where there is no path. [m]

    Notes
    -----
    Exact in 64 bits: the sums along the shortest path, from the end outwards. Nodes are visited in alternating
    orders and relaxed for all ends at once, which fills the processor's vectors; a node is left alone while
    none of its neighbours has changed. It ends when a sweep changes nothing, that is at Bellman's equations,
    which have one solution where all lengths are above 0. Sweeps needed: about ten on a +Grid of 1,584 to
    10,000 satellites; n in the worst case of n nodes.

    References
    ----------
    Bellman, Quart. Appl. Math. 16 (1958) 87.
    """
    chosen = np.arange(len(access)) if ends is None else np.asarray(ends, np.int64)
    distance_m = np.full((len(mesh), len(chosen)), np.inf)
    for begin in range(0, len(chosen), BLOCK_ENDS):
        block = chosen[begin : begin + BLOCK_ENDS]
        whole = len(block) == len(chosen)
        rows_m = distance_m if whole else np.full((len(mesh), len(block)), np.inf)
        _sweep(
            mesh.orders, mesh.first, mesh.neighbour, mesh.length_m,
            access.first, access.node, access.length_m, block, rows_m,
        )  # fmt: skip
        if not whole:
            distance_m[:, begin : begin + BLOCK_ENDS] = rows_m
    return distance_m


@njit(cache=True, nogil=True)
def _steps(n_nodes, links, length_m, is_up):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the links that are up as lists per node."""
    first = np.zeros(n_nodes + 1, np.int32)
    for i in range(len(links)):
        if is_up[i]:
            first[links[i, 0] + 1] += 1
            first[links[i, 1] + 1] += 1
    for v in range(n_nodes):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    neighbour = np.empty(first[-1], np.int32)
    length_of_step_m = np.empty(first[-1], np.float64)
    for i in range(len(links)):
        if is_up[i]:
            for here, there in ((links[i, 0], links[i, 1]), (links[i, 1], links[i, 0])):
                neighbour[place[here]] = there
                length_of_step_m[place[here]] = length_m[i]
                place[here] += 1
    return first, neighbour, length_of_step_m


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(orders, first, neighbour, length_m, first_access, node, reach_m, ends, distance_m):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill in the distances (node, end), all inf before."""
    n_nodes, n_ends = distance_m.shape
    # Rows by their offset, unsigned: slices of rows would be counted in and out at every step, and an index
    # that might be negative would keep the compiler from vectors.
    flat_m, width = distance_m.reshape(-1), np.uint64(n_ends)
    # Readings of one clock that ticks with every visit: when a node last changed, when it last looked around.
    changed_at = np.zeros(n_nodes, np.int64)
    looked_at = np.zeros(n_nodes, np.int64)
    for k in range(n_ends):
        for a in range(first_access[ends[k]], first_access[ends[k] + 1]):
            distance_m[node[a], k] = min(distance_m[node[a], k], reach_m[a])
            changed_at[node[a]] = 1
    now, turn, has_changed = 1, 0, True
    while has_changed:
        has_changed = False
        order = orders[turn % len(orders)]
        turn += 1
        for i in range(n_nodes):
            v = order[i]
            here, seen, is_nearer = np.uint64(v) * width, looked_at[v], 0
            now += 1
            looked_at[v] = now
            for j in range(first[v], first[v + 1]):
                u = neighbour[j]
                if changed_at[u] <= seen:
                    continue
                there, step_m = np.uint64(u) * width, length_m[j]
                for k in range(width):
                    over_m, old_m = flat_m[there + k] + step_m, flat_m[here + k]
                    is_nearer |= over_m < old_m
                    flat_m[here + k] = min(over_m, old_m)
            if is_nearer:
                changed_at[v] = now
                has_changed = True
