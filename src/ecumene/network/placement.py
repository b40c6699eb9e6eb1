"""Where gateways would help most: sites chosen one after the other, each time the one that adds most.

Two measures of a set of gateways over several slots, both monotone and submodular (a site adds no more to a
larger set), so that the greedy choice is worth at least 1 - 1/e of the best possible one:

* `LandedTraffic`: the traffic of the satellites that get an antenna, antennas being given so that it is
  largest (a matching of satellites and antennas).
* `SeenPeople`: the people who see a satellite that a gateway sees as well, as if antennas sufficed.
"""

from __future__ import annotations

import heapq
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ecumene.errors import RangeError
from ecumene.kernels import njit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GREEDY_SHARE = 1.0 - 1.0 / np.e
"""What the greedy choice is worth at least, as a share of the best: 0.632 [Nemhauser et al. 1978]."""


@dataclass(frozen=True)
class Sightings:
    """Which satellites each site may work with, in each sampled slot.

    Attributes
    ----------
    n_sites, n_sats
        Sites, existing ones and candidates, and satellites.
    first : (slots x sites + 1,)
        Site g of slot t sees sat[first[t n_sites + g]:first[t n_sites + g + 1]].
    sat : (sighting,)
        Satellites, ascending within a site.
    """

    n_sites: int
    n_sats: int
    first: NDArray[np.int64]
    sat: NDArray[np.int32]

    @property
    def n_slots(self) -> int:
        """Number of sampled slots."""
        return (len(self.first) - 1) // self.n_sites if self.n_sites else 0


def sightings(is_clear_of_slot: Sequence[NDArray[np.bool_]]) -> Sightings:
    """Return who sees whom as lists.

    Parameters
    ----------
    is_clear_of_slot
        One (site, sat) table a slot: above the mask and outside the exclusion (`ecumene.sky.observer`).

    Raises
    ------
    RangeError
        There is no slot, or the tables differ in shape.
    """
    if not is_clear_of_slot:
        raise RangeError("sightings need at least 1 slot, got none")
    shape = is_clear_of_slot[0].shape
    if any(is_clear.shape != shape for is_clear in is_clear_of_slot):
        raise RangeError(f"every slot must have the shape (site, sat) = {shape}")
    counts = np.concatenate([is_clear.sum(axis=1) for is_clear in is_clear_of_slot])
    sat = np.concatenate([np.nonzero(is_clear)[1] for is_clear in is_clear_of_slot])
    return Sightings(
        shape[0], shape[1], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), sat.astype(np.int32)
    )


def spread_over_clear(
    candidates_of_bin: NDArray[np.int32],
    clear_of_cell: NDArray[np.uint64],
    bin_of_cell: NDArray[np.int32],
    cell_bps: NDArray[np.float64],
    n_sats: int,
) -> NDArray[np.float64]:
    """Return the demand around each satellite: every cell's, spread evenly over the satellites clear to it.

    Parameters
    ----------
    candidates_of_bin, clear_of_cell : (bin, width), (cell, word)
        As in `ecumene.sky.sight.Sight`.
    bin_of_cell, cell_bps : (cell,)
        Bin and demand of each cell. [bit/s]
    n_sats
        Number of satellites.

    Returns
    -------
    worth_bps : (sat,)
        Demand; that of cells without a clear satellite is in none of them. [bit/s]
    """
    return np.asarray(_spread(candidates_of_bin, clear_of_cell, bin_of_cell, cell_bps, n_sats))


class Measure(Protocol):
    """What a set of sites is worth; grows as sites are taken."""

    value: float

    def gain(self, site: int, antennas: int) -> float:
        """Return what taking the site would add."""

    def take(self, site: int, antennas: int) -> float:
        """Take the site and return what it added."""

    def copy(self) -> Measure:
        """Return a measure of the same sites that goes its own way from here."""


class LandedTraffic:
    """Traffic of the satellites that are followed by an antenna, mean over the slots.

    Parameters
    ----------
    seen
        Who sees whom.
    worth_bps : (slot, sat)
        Traffic an antenna on the satellite brings down. [bit/s]

    Notes
    -----
    The value is that of the best matching of antennas with satellites. As a function of the set of antennas it
    is an assignment valuation, hence submodular, and an antenna more never drops a satellite: it adds the one
    of most worth that an alternating path leads to. So each step is exact, without solving anew.

    References
    ----------
    Edmonds and Fulkerson, J. Res. NBS 69B (1965) 147; Shapley, Naval Res. Logist. Q. 9 (1962) 45
    (assignments are substitutes).
    """

    def __init__(self, seen: Sightings, worth_bps: NDArray[np.float64]) -> None:
        if worth_bps.shape != (seen.n_slots, seen.n_sats):
            raise RangeError(
                f"worth_bps must be (slot, sat) = {(seen.n_slots, seen.n_sats)}, got {worth_bps.shape}"
            )
        if not (np.isfinite(worth_bps).all() and (worth_bps >= 0.0).all()):
            raise RangeError("worth_bps must be finite and 0 or more for every slot and satellite")
        self._seen = seen
        self._worth = np.ascontiguousarray(worth_bps, np.float64)
        self._gateway_of_sat = np.full(worth_bps.shape, -1, np.int32)
        self.value = 0.0

    def gain(self, site: int, antennas: int) -> float:
        """Return the bit/s that antennas at a site would add."""
        return self._add(self._gateway_of_sat.copy(), site, antennas)

    def take(self, site: int, antennas: int) -> float:
        """Put antennas at a site and return the bit/s they added."""
        added_bps = self._add(self._gateway_of_sat, site, antennas)
        self.value += added_bps
        return added_bps

    def copy(self) -> LandedTraffic:
        """Return a measure with the same antennas that goes its own way from here."""
        twin = copy(self)
        twin._gateway_of_sat = self._gateway_of_sat.copy()  # noqa: SLF001 - one of our own kind
        return twin

    def _add(self, gateway_of_sat: NDArray[np.int32], site: int, antennas: int) -> float:
        seen = self._seen
        total_bps = _add_antennas(
            seen.n_sites, seen.first, seen.sat, self._worth, gateway_of_sat, site, antennas
        )
        return float(total_bps) / seen.n_slots


@dataclass(frozen=True)
class CellsInSlot:
    """The cells asked about, in one slot.

    Attributes
    ----------
    candidates_of_bin, clear_of_cell : (bin, width), (cell, word)
        As in `ecumene.sky.sight.Sight`, for these cells.
    """

    candidates_of_bin: NDArray[np.int32]
    clear_of_cell: NDArray[np.uint64]


class SeenPeople:
    """People who see a satellite that some site sees in the same slot, mean over the slots.

    Parameters
    ----------
    seen
        Who sees whom.
    slots
        What the cells see, slot by slot.
    bin_of_cell, people_of_cell : (cell,)
        Bin of each cell, ascending, and its people.

    Notes
    -----
    A weighted coverage, hence submodular. The number of antennas plays no part.
    """

    def __init__(
        self,
        seen: Sightings,
        slots: Sequence[CellsInSlot],
        bin_of_cell: NDArray[np.int32],
        people_of_cell: NDArray[np.float64],
    ) -> None:
        if len(slots) != seen.n_slots:
            raise RangeError(f"{len(slots)} slots of cells but {seen.n_slots} of sites")
        if (np.diff(bin_of_cell) < 0).any():
            raise RangeError("bin_of_cell must ascend")
        self._seen, self._slots, self._people = seen, slots, np.ascontiguousarray(people_of_cell, np.float64)
        self._bins, first = np.unique(bin_of_cell, return_index=True)
        self._first_cell = np.append(first, len(bin_of_cell)).astype(np.int64)
        self._is_covered = np.zeros((len(slots), len(bin_of_cell)), np.bool_)
        self.value = 0.0

    def gain(self, site: int, antennas: int) -> float:  # noqa: ARG002 - the interface of a measure
        """Return the people a site would add."""
        return self._cover(site, take=False)

    def take(self, site: int, antennas: int) -> float:  # noqa: ARG002
        """Take a site and return the people it added."""
        added = self._cover(site, take=True)
        self.value += added
        return added

    def copy(self) -> SeenPeople:
        """Return a measure with the same sites that goes its own way from here."""
        twin = copy(self)
        twin._is_covered = self._is_covered.copy()  # noqa: SLF001 - one of our own kind
        return twin

    def _cover(self, site: int, *, take: bool) -> float:
        seen, people = self._seen, 0.0
        for t, slot in enumerate(self._slots):
            at = t * seen.n_sites + site
            is_seen = np.zeros(seen.n_sats, np.bool_)
            is_seen[seen.sat[seen.first[at] : seen.first[at + 1]]] = True
            people += _cover(
                slot.candidates_of_bin, slot.clear_of_cell, self._bins, self._first_cell, self._people, is_seen,
                self._is_covered[t], take,
            )  # fmt: skip
        return people / seen.n_slots


@dataclass(frozen=True)
class Placement:
    """Sites in the order in which they were chosen.

    Attributes
    ----------
    site : (chosen,)
        Index among the candidates given.
    antennas : (chosen,)
        Antennas there.
    gain : (chosen,)
        What each added when it was taken, in the unit of the measure; never rises.
    bound
        No choice of as many sites can add more than this in all.
    n_looked
        How often a site's gain was worked out; fewer than candidates x sites, since gains only fall.
    """

    site: NDArray[np.int32]
    antennas: NDArray[np.int32]
    gain: NDArray[np.float64]
    bound: float
    n_looked: int

    @property
    def proven_share(self) -> float:
        """Share of the best possible gain this placement has at least; 1 where nothing can be gained."""
        return float(min(1.0, self.gain.sum() / self.bound)) if self.bound > 0.0 else 1.0


def place(
    measure: Measure,
    candidates: NDArray[np.int32],
    antennas: int,
    antennas_per_site: int,
) -> Placement:
    """Return the sites that add most, chosen one after the other.

    Parameters
    ----------
    measure
        What a set of sites is worth, with the existing ones taken; the chosen ones are taken in it.
    candidates : (candidate,)
        Sites of the measure to choose from, each at most once; among equals the first wins.
    antennas
        Antennas in all.
    antennas_per_site
        Antennas of each new site; the last one gets what is left.

    Returns
    -------
    placement
        Fewer sites than asked for where further ones add nothing or candidates run out.

    Raises
    ------
    RangeError
        A count below 1.

    Notes
    -----
    Lazy greedy [Minoux 1978]: a gain worked out earlier is an upper bound, so only the few sites that could
    still lead are looked at again. For whole sites the gain is at least 1 - 1/e of the best [Nemhauser, Wolsey
    and Fisher 1978]. `bound` is sharper, and of this very world: the gains of all candidates on top of the
    chosen ones, the largest k of them added to what was gained; likewise before the first.

    References
    ----------
    Nemhauser, Wolsey, Fisher, Math. Programming 14 (1978) 265; Minoux, LNCIS 7 (1978) 234.
    """
    if antennas < 1 or antennas_per_site < 1:
        raise RangeError(f"antennas must be 1 or more, got {antennas} in all, {antennas_per_site} a site")
    sizes = [antennas_per_site] * (antennas // antennas_per_site)
    sizes += [antennas % antennas_per_site] * (antennas % antennas_per_site > 0)
    # Entries: minus an upper bound of the gain, the candidate, the step the bound was worked out at.
    heap = [(-measure.gain(int(site), sizes[0]), k, 0) for k, site in enumerate(candidates)]
    first_gains = np.sort([-entry[0] for entry in heap])[::-1]
    heapq.heapify(heap)
    chosen: list[int] = []
    gains: list[float] = []
    n_looked = len(heap)
    for step, size in enumerate(sizes):
        while heap and heap[0][2] != step:
            k = heap[0][1]
            heapq.heapreplace(heap, (-measure.gain(int(candidates[k]), size), k, step))
            n_looked += 1
        if not heap or -heap[0][0] <= 0.0:
            break
        k = heapq.heappop(heap)[1]
        gains.append(measure.take(int(candidates[k]), size))
        chosen.append(k)
    left = np.sort([measure.gain(int(candidates[k]), sizes[0]) for _, k, _ in heap])[::-1]
    bound = min(float(first_gains[: len(sizes)].sum()), float(np.sum(gains) + left[: len(sizes)].sum()))
    return Placement(
        site=np.array(chosen, np.int32),
        antennas=np.array(sizes[: len(chosen)], np.int32),
        gain=np.array(gains, np.float64),
        bound=bound,
        n_looked=n_looked + len(left),
    )


def values_without(measure: Measure, sites: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Return what a set of sites is worth when each of them in turn is left out.

    Parameters
    ----------
    measure
        With all other sites taken; not changed.
    sites
        (site, antennas) of each.

    Returns
    -------
    value : (site,)
        Value of the measure with all of them but this one.

    Notes
    -----
    By halves: the second half is taken before the first is looked at, and the other way round. So k sites cost
    k log k takes, where leaving each out afresh costs k squared.
    """
    if not sites:
        return np.zeros(0)
    if len(sites) == 1:
        return np.array([measure.value])
    middle = len(sites) // 2
    halves = []
    for this, other in ((sites[:middle], sites[middle:]), (sites[middle:], sites[:middle])):
        twin = measure.copy()
        for site, antennas in other:
            twin.take(site, antennas)
        halves.append(values_without(twin, this))
    return np.concatenate(halves)


def thin_out(
    up: NDArray[np.float64], up_of_fixed: NDArray[np.float64], spacing_m: float, radius_m: float
) -> NDArray[np.int32]:
    """Return which points to keep so that all stand at least a spacing apart; earlier ones come first.

    Parameters
    ----------
    up, up_of_fixed : (point, 3), (fixed, 3)
        Unit vectors to the points in question, best first, and to points that stand already.
    spacing_m
        Smallest great-circle distance between any two kept, and to the fixed ones. [m]
    radius_m
        Radius of the sphere. [m]

    Returns
    -------
    kept : (kept,)
        Indices, ascending.

    Raises
    ------
    RangeError
        A spacing below 0.
    """
    if not spacing_m >= 0.0:
        raise RangeError(f"spacing must be 0 km or more, got {spacing_m / 1e3:g} km")
    nearest = 2.0 * np.sin(min(0.5 * spacing_m / radius_m, 0.5 * np.pi))  # chord
    every = np.concatenate([up_of_fixed, up]).astype(np.float64)
    return np.asarray(_thin_out(every, len(up_of_fixed), nearest * nearest))


@njit(cache=True, nogil=True)
def _thin_out(up, n_fixed, least):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the kept points beyond the fixed ones; least is the square of the shortest chord allowed."""
    stands = np.empty(len(up), np.int32)
    for k in range(n_fixed):
        stands[k] = k
    n = n_fixed
    for p in range(n_fixed, len(up)):
        is_near = False
        for k in range(n):
            q = stands[k]
            d = (up[p, 0] - up[q, 0]) ** 2 + (up[p, 1] - up[q, 1]) ** 2 + (up[p, 2] - up[q, 2]) ** 2
            if d < least:
                is_near = True
                break
        if not is_near:
            stands[n] = p
            n += 1
    return stands[n_fixed:n] - n_fixed


@njit(cache=True, nogil=True)
def _spread(candidates_of_bin, clear_of_cell, bin_of_cell, cell_bps, n_sats):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    worth_bps = np.zeros(n_sats)
    one = np.uint64(1)
    for c in range(len(cell_bps)):
        if cell_bps[c] <= 0.0:
            continue
        n_clear = 0
        for w in range(clear_of_cell.shape[1]):
            word = clear_of_cell[c, w]
            while word:
                word &= word - one
                n_clear += 1
        if n_clear == 0:
            continue
        each_bps = cell_bps[c] / n_clear
        for w in range(clear_of_cell.shape[1]):
            word = clear_of_cell[c, w]
            if word:
                for j in range(64):
                    if word >> np.uint64(j) & one:
                        worth_bps[candidates_of_bin[bin_of_cell[c], 64 * w + j]] += each_bps
    return worth_bps


@njit(cache=True, nogil=True)
def _add_antennas(n_sites, first, sat, worth, gateway_of_sat, site, antennas):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901
    """Give a site antennas in every slot, changing gateway_of_sat (slot, sat); return the worth added."""
    n_slots = len(worth)
    total = 0.0
    reached_from = np.full(n_sites, -1, np.int32)  # site from which the search came; the start from itself
    moved = np.empty(
        n_sites, np.int32
    )  # satellite that would move from a site to the one it was reached from
    queue = np.empty(n_sites, np.int32)
    for t in range(n_slots):
        base = t * n_sites
        for _ in range(antennas):
            queue[0], reached_from[site] = site, site
            n_queue, done, best, at = 1, 0, -1, -1
            while done < n_queue:
                g = queue[done]
                done += 1
                for i in range(first[base + g], first[base + g + 1]):
                    s = sat[i]
                    holder = gateway_of_sat[t, s]
                    if holder < 0:
                        if worth[t, s] > 0.0 and (best < 0 or worth[t, s] > worth[t, best]):
                            best, at = s, g
                    elif reached_from[holder] < 0:
                        reached_from[holder], moved[holder] = g, s
                        queue[n_queue] = holder
                        n_queue += 1
            if best >= 0:
                total += worth[t, best]
                gateway_of_sat[t, best] = at
                while at != site:
                    s = moved[at]
                    at = reached_from[at]
                    gateway_of_sat[t, s] = at
            for j in range(n_queue):
                reached_from[queue[j]] = -1
            if best < 0:
                break
    return total


@njit(cache=True, nogil=True)
def _cover(candidates_of_bin, clear_of_cell, bins, first_cell, people_of_cell, is_seen, is_covered, take):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901
    """Return the people in cells not covered yet that see a seen satellite; mark these cells if asked to."""
    people = 0.0
    n_words = clear_of_cell.shape[1]
    mask = np.zeros(n_words, np.uint64)
    for j in range(len(bins)):
        any_seen = False
        mask[:] = 0
        for k in range(candidates_of_bin.shape[1]):
            s = candidates_of_bin[bins[j], k]
            if s < 0:
                break
            if is_seen[s]:
                mask[k // 64] |= np.uint64(1) << np.uint64(k % 64)
                any_seen = True
        if not any_seen:
            continue
        for c in range(first_cell[j], first_cell[j + 1]):
            if is_covered[c]:
                continue
            for w in range(n_words):
                if clear_of_cell[c, w] & mask[w]:
                    people += people_of_cell[c]
                    if take:
                        is_covered[c] = True
                    break
    return people
