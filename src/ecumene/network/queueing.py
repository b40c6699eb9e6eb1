"""Queueing: how long packets wait in front of links that are nearly full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.network.sharing import Paths

PACKET_BITS = 12_000.0
"""A packet of 1,500 bytes. Source: the usual MTU of Ethernet (IEEE 802.3), which fills most of a download. [bit]"""

QUEUE_CAP_S = 5e-3
"""Standing queue of a path with a full link. Source: the target of CoDel, RFC 8289 (2018); that satellites and
gateways manage their queues so is an assumption (soft). [s]"""


def waiting_s(
    load_bps: NDArray[np.float64],
    capacity_bps: NDArray[np.float64],
    cap_s: float = QUEUE_CAP_S,
    packet_bits: float = PACKET_BITS,
) -> NDArray[np.float64]:
    """Return the mean time a packet waits in front of each resource.

    Parameters
    ----------
    load_bps, capacity_bps : (resource,)
        Traffic, and what each carries at most; inf for no limit. [bit/s]
    cap_s
        Longest wait: what a full resource's queue is held at. [s]
    packet_bits
        Length of a packet. [bit]

    Returns
    -------
    wait_s : (resource,)
        0 where nothing limits the resource. [s]

    Raises
    ------
    RangeError
        A cap below 0, or a packet of no length.

    Notes
    -----
    M/D/1: W = rho / (2 (1 - rho)) L / C, with rho = load / C, and no more than the cap. At 20 Gbit/s that is 0.3
    microseconds at rho = 0.5 and 30 at 0.99: in effect a queue is felt where a link is full, and there the cap is felt.
    Real traffic comes in bursts and waits longer below saturation than Poisson arrivals do.

    References
    ----------
    Kleinrock, Queueing Systems 1 (1975), section 5.6 (Pollaczek and Khinchin); RFC 8289.

    Examples
    --------
    Half full at 1 Mbit/s: half a packet's time.

    >>> float(waiting_s(np.array([5e5]), np.array([1e6]), cap_s=1.0)[0])
    0.006
    """
    if cap_s < 0.0 or packet_bits <= 0.0:
        raise RangeError(
            f"cap_s must be 0 or more and packet_bits above 0, got {cap_s:g} and {packet_bits:g}"
        )
    capacity_bps = np.asarray(capacity_bps, np.float64)
    wait_s = np.zeros(len(capacity_bps))
    is_used = np.isfinite(capacity_bps) & (load_bps > 0.0)
    C, load = capacity_bps[is_used], np.asarray(load_bps, np.float64)[is_used]
    rest = np.maximum(C - load, 0.0)
    wait = np.full(len(C), np.inf)
    np.divide(load * packet_bits, 2.0 * rest * C, out=wait, where=rest > 0.0)
    wait_s[is_used] = np.minimum(wait, cap_s)
    return wait_s


def waiting_of_paths_s(
    paths: Paths, wait_s: NDArray[np.float64], cap_s: float = QUEUE_CAP_S
) -> NDArray[np.float64]:
    """Return the time a packet waits along every path.

    Parameters
    ----------
    paths
        What every path runs through (`ecumene.network.sharing`).
    wait_s : (resource,)
        From `waiting_s`. [s]
    cap_s
        Longest wait on a whole path: what leaves a full link is no faster than the next, so a standing queue forms in
        front of one link only. [s]

    Returns
    -------
    wait_s : (path,)
        One way: traffic runs from the PoP to the user, and only that way is loaded. [s]
    """
    if len(paths.first) < 2:
        return np.zeros(0)
    return np.asarray(
        np.minimum(np.add.reduceat(wait_s[paths.resource], paths.first[:-1]), cap_s), np.float64
    )
