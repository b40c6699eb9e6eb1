"""Placing gateways: the measures, the greedy choice, its guarantee and its bound."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from ecumene.errors import RangeError
from ecumene.network.placement import (
    GREEDY_SHARE,
    CellsInSlot,
    LandedTraffic,
    SeenPeople,
    place,
    sightings,
    spread_over_clear,
    thin_out,
    values_without,
)

SEEDS = range(25)


def random_traffic(seed, n_sites=7, n_sats=12, n_slots=3, density=0.35):
    """Return who sees whom and worths; among them equal worths and satellites worth nothing."""
    rng = np.random.default_rng(seed)
    clear = rng.random((n_slots, n_sites, n_sats)) < density
    worth = rng.integers(0, 6, (n_slots, n_sats)) * rng.choice([1.0, 0.5], (n_slots, n_sats))
    return clear, worth


def slow_traffic(clear, worth, antennas_of_site):
    """The obvious way: an assignment problem a slot, solved by scipy."""
    total = 0.0
    for seen, value in zip(clear, worth, strict=True):
        antennas = np.repeat(np.arange(len(seen)), antennas_of_site)
        table = seen[antennas] * value
        rows, columns = linear_sum_assignment(table, maximize=True)
        total += table[rows, columns].sum()
    return total / len(clear)


def random_people(seed, n_sites=7, n_sats=70, n_cells=40, n_bins=4, n_slots=2):
    """Return a world of masks of two words, and the obvious (slot, cell, sat) table."""
    rng = np.random.default_rng(seed)
    bins = np.sort(rng.integers(0, n_bins, n_cells)).astype(np.int32)
    clear = rng.random((n_slots, n_sites, n_sats)) < 0.03
    slots, sees = [], np.zeros((n_slots, n_cells, n_sats), bool)
    for t in range(n_slots):
        candidates = np.full((n_bins, n_sats), -1, np.int32)
        mask = np.zeros((n_cells, 2), np.uint64)
        for b in range(n_bins):
            listed = np.sort(rng.permutation(n_sats)[: rng.integers(1, n_sats + 1)])
            candidates[b, : len(listed)] = listed
            for c in np.flatnonzero(bins == b):
                for j, s in enumerate(listed):
                    if rng.random() < 0.1:
                        mask[c, j // 64] |= np.uint64(1) << np.uint64(j % 64)
                        sees[t, c, s] = True
        slots.append(CellsInSlot(candidates, mask))
    return clear, slots, bins, rng.exponential(100.0, n_cells), sees


def slow_people(clear, sees, people, sites):
    seen_by_sites = clear[:, sites].any(axis=1)
    return (sees & seen_by_sites[:, None, :]).any(axis=2).mean(axis=0) @ people


@pytest.mark.parametrize("seed", SEEDS)
def test_traffic_is_the_best_matching(seed):
    """Antenna by antenna, in any order, the value is that of the assignment problem solved anew."""
    clear, worth = random_traffic(seed)
    rng = np.random.default_rng(1000 + seed)
    measure = LandedTraffic(sightings(list(clear)), worth)
    antennas = np.zeros(clear.shape[1], int)
    for site in rng.integers(0, clear.shape[1], 8):
        n = int(rng.integers(1, 3))
        promised = measure.gain(int(site), n)
        assert measure.take(int(site), n) == pytest.approx(promised)
        antennas[site] += n
        assert measure.value == pytest.approx(slow_traffic(clear, worth, antennas))


@pytest.mark.parametrize("seed", SEEDS)
def test_people_are_the_union(seed):
    clear, slots, bins, people, sees = random_people(seed)
    measure = SeenPeople(sightings(list(clear)), slots, bins, people)
    for k in range(1, 5):
        promised = measure.gain(k - 1, 1)
        assert measure.take(k - 1, 1) == pytest.approx(promised)
        assert measure.value == pytest.approx(slow_people(clear, sees, people, list(range(k))))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_adds_no_more_to_a_larger_set(seed):
    """Submodular: what the guarantee rests on."""
    clear, worth = random_traffic(seed)
    seen = sightings(list(clear))
    small, large = LandedTraffic(seen, worth), LandedTraffic(seen, worth)
    for site in (0, 1):
        small.take(site, 2)
    for site in (0, 1, 2, 3):
        large.take(site, 2)
    for site in (4, 5, 6):
        assert large.gain(site, 2) <= small.gain(site, 2) + 1e-12


@pytest.mark.parametrize("goal", ["traffic", "people"])
@pytest.mark.parametrize("seed", SEEDS)
def test_greedy_keeps_its_guarantee_against_brute_force(seed, goal):
    n_wanted, existing = 3, 0
    if goal == "traffic":
        clear, worth = random_traffic(seed)
        measure = LandedTraffic(sightings(list(clear)), worth)

        def value(sites):
            antennas = np.zeros(clear.shape[1], int)
            antennas[list(sites)] = 2
            return slow_traffic(clear, worth, antennas)

    else:
        clear, slots, bins, people, sees = random_people(seed)
        measure = SeenPeople(sightings(list(clear)), slots, bins, people)

        def value(sites):
            return slow_people(clear, sees, people, list(sites))

    measure.take(existing, 2)
    base = value([existing])
    candidates = np.arange(1, clear.shape[1], dtype=np.int32)
    placed = place(measure, candidates, 2 * n_wanted, 2)
    best = max(value([existing, *chosen]) - base for chosen in combinations(candidates, n_wanted))
    got = value([existing, *candidates[placed.site]]) - base
    assert got == pytest.approx(placed.gain.sum())
    assert got >= GREEDY_SHARE * best - 1e-9
    assert best <= placed.bound + 1e-9
    assert placed.proven_share <= 1.0
    assert (np.diff(placed.gain) <= 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_lazy_is_plain_greedy(seed):
    """Same sites as looking at every candidate each time; the first wins among equals."""
    clear, worth = random_traffic(seed)
    seen = sightings(list(clear))
    candidates = np.arange(clear.shape[1], dtype=np.int32)
    placed = place(LandedTraffic(seen, worth), candidates, 9, 2)
    plain, left, chosen = LandedTraffic(seen, worth), list(candidates), []
    for size in (2, 2, 2, 2, 1):
        gains = [plain.gain(int(c), size) for c in left]
        if not left or max(gains) <= 0.0:
            break
        site = left.pop(int(np.argmax(np.array(gains) > max(gains) - 1e-12)))
        plain.take(int(site), size)
        chosen.append(int(site))
    assert placed.gain.sum() == pytest.approx(plain.value)
    assert placed.antennas.tolist() == [2, 2, 2, 2, 1][: len(chosen)]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_lost_without_each(seed):
    """The same as leaving each out afresh, and the measure asked is left as it was."""
    clear, worth = random_traffic(seed)
    seen = sightings(list(clear))
    measure = LandedTraffic(seen, worth)
    measure.take(0, 1)
    before = measure.value
    sites = [(k, 1 + k % 2) for k in range(1, 6)]
    found = values_without(measure, sites)
    assert measure.value == before
    for k, value in enumerate(found):
        antennas = np.zeros(clear.shape[1], int)
        antennas[0] = 1
        for site, n in [*sites[:k], *sites[k + 1 :]]:
            antennas[site] = n
        assert value == pytest.approx(slow_traffic(clear, worth, antennas))
    assert len(values_without(measure, [])) == 0


def test_people_lost_without_each():
    clear, slots, bins, people, sees = random_people(3)
    measure = SeenPeople(sightings(list(clear)), slots, bins, people)
    found = values_without(measure, [(k, 1) for k in range(5)])
    expected = [slow_people(clear, sees, people, [j for j in range(5) if j != k]) for k in range(5)]
    np.testing.assert_allclose(found, expected)


def test_a_useless_site_is_not_built():
    clear = np.zeros((1, 3, 2), bool)
    clear[0, 1, 0] = True
    placed = place(LandedTraffic(sightings(list(clear)), np.ones((1, 2))), np.arange(3, dtype=np.int32), 3, 1)
    assert (placed.site.tolist(), placed.gain.tolist(), placed.bound) == ([1], [1.0], 1.0)
    assert placed.proven_share == 1.0


def test_demand_is_spread_over_clear_satellites():
    """Cell 0 sees satellites 5 and 7, cell 1 none, cell 2 (of another bin) satellite 3 beyond the first word."""
    candidates = np.full((2, 70), -1, np.int32)
    candidates[0, :2] = 5, 7
    candidates[1, :70] = np.arange(70)
    clear = np.zeros((3, 2), np.uint64)
    clear[0, 0] = 0b11
    clear[2, 1] = 1 << 3  # place 67
    worth = spread_over_clear(candidates, clear, np.array([0, 0, 1], np.int32), np.array([4.0, 8.0, 1.0]), 80)
    assert worth[[5, 7, 67]].tolist() == [2.0, 2.0, 1.0]
    assert worth.sum() == 5.0


def test_sites_keep_their_distance():
    angle = np.radians([0.0, 1.0, 2.5, 2.9, 10.0])
    up = np.c_[np.cos(angle), np.sin(angle), np.zeros(5)]
    fixed = np.array([[np.cos(np.radians(10.5)), np.sin(np.radians(10.5)), 0.0]])
    assert thin_out(up, fixed, np.radians(1.0) * 100.0, 100.0 * (1 + 1e-9)).tolist() == [0, 1, 2]
    assert thin_out(up, fixed, 0.0, 100.0).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(RangeError, match="spacing must be 0 km or more"):
        thin_out(up, fixed, -1.0, 100.0)


def test_impossible_input_is_refused():
    seen = sightings([np.ones((2, 3), bool)])
    with pytest.raises(RangeError, match="need at least 1 slot"):
        sightings([])
    with pytest.raises(RangeError, match=r"every slot must have the shape"):
        sightings([np.ones((2, 3), bool), np.ones((2, 4), bool)])
    with pytest.raises(RangeError, match=r"worth_bps must be \(slot, sat\) = \(1, 3\)"):
        LandedTraffic(seen, np.ones((2, 3)))
    with pytest.raises(RangeError, match="finite and 0 or more"):
        LandedTraffic(seen, np.full((1, 3), np.nan))
    with pytest.raises(RangeError, match="antennas must be 1 or more, got 0 in all"):
        place(LandedTraffic(seen, np.ones((1, 3))), np.arange(2, dtype=np.int32), 0, 1)
    with pytest.raises(RangeError, match="bin_of_cell must ascend"):
        SeenPeople(seen, [CellsInSlot(np.zeros((2, 1), np.int32), np.zeros((2, 1), np.uint64))], np.array([1, 0]),
                   np.ones(2))  # fmt: skip
    with pytest.raises(RangeError, match="0 slots of cells but 1 of sites"):
        SeenPeople(seen, [], np.zeros(0, np.int32), np.zeros(0))
