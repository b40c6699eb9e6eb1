"""Jamming and what is broken in a slot, against plain loops in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ecumene import load
from ecumene.earth.regions import circle_region, is_within, polygon_region
from ecumene.faults.jamming import LOWEST_CN_DB, Noise, clear_of_noise, uplink_closes
from ecumene.world import build

R_KM = 6_371.0088


def some_noise(seed):
    """Return jammed cells under satellites, and who sees whom: two words of bits a cell."""
    rng = np.random.default_rng(seed)
    n_cells, n_bins, n_sats, n_rates = 40, 4, 90, 32
    r_cell_m = np.c_[np.full(n_cells, 6.371e6), rng.uniform(-2e5, 2e5, (n_cells, 2))]
    index = np.flatnonzero(rng.random(n_cells) < 0.6)
    rates = np.sort(rng.uniform(0.0, 9e8, (3, n_rates)), axis=1) * (
        np.arange(n_rates) > rng.integers(8, 28, (3, 1))
    )
    noise = Noise(
        index=index,
        is_attached=rng.random(len(index)) < 0.8,
        uplink_j_over_n=rng.choice([0.0, 0.5, 3.0, 40.0], len(index)),
        uplink_jammer_w=rng.choice([0.0, 300.0, 3_000.0], len(index)),
        uplink_terminal_w=2_000.0,
        uplink_gain=2e9 * 10 ** rng.uniform(-1.0, 1.0),
    )
    return noise, rng.integers(0, 2**63, (n_cells, 2)).astype(np.uint64), {
        "bin_of_cell": np.sort(rng.integers(0, n_bins, n_cells)).astype(np.int32),
        "candidates_of_bin": rng.integers(0, n_sats, (n_bins, 128)).astype(np.int32),
        "r_cell_m": r_cell_m,
        "up": np.tile([1.0, 0.0, 0.0], (n_cells, 1)),
        "r_sat_m": np.c_[np.full(n_sats, 6.921e6), rng.uniform(-9e5, 9e5, (n_sats, 2))],
        "channel_rate_bps": rates,
        "rate_class_of_cell": rng.integers(0, 3, n_cells).astype(np.int32),
    }  # fmt: skip


def slow_is_left(noise, sky, cell, sat):
    """Say whether one pair is left, with every power in watts over the satellite's noise."""
    (hit,) = np.flatnonzero(noise.index == cell)
    if not noise.is_attached[hit]:
        return False
    line_m = sky["r_sat_m"][sat] - sky["r_cell_m"][cell]
    slant_m = math.dist(sky["r_sat_m"][sat], sky["r_cell_m"][cell])
    carrier = noise.uplink_terminal_w * noise.uplink_gain / slant_m**2
    jammers = noise.uplink_j_over_n[hit] + noise.uplink_jammer_w[hit] * noise.uplink_gain / slant_m**2
    if 10.0 * math.log10(carrier / (1.0 + jammers)) < LOWEST_CN_DB:
        return False
    sine = float(line_m @ sky["up"][cell]) / slant_m
    table = sky["channel_rate_bps"][sky["rate_class_of_cell"][cell]]
    return table[min(max(int(sine * len(table)), 0), len(table) - 1)] > 0.0


@pytest.mark.parametrize("seed", range(8))
def test_pairs_that_jammers_close_are_those_of_the_slow_version(seed):
    noise, clear, sky = some_noise(seed)
    given = clear.copy()
    found = clear_of_noise(noise, clear, **sky)
    assert (clear == given).all()  # nothing is written into what was given
    n_closed = 0
    for cell in range(len(clear)):
        for place in range(128):
            bit = np.uint64(1) << np.uint64(place % 64)
            was, left = bool(clear[cell, place // 64] & bit), bool(found[cell, place // 64] & bit)
            is_left = was
            if was and cell in noise.index:
                sat = sky["candidates_of_bin"][sky["bin_of_cell"][cell], place]
                is_left = slow_is_left(noise, sky, cell, sat)
            assert left == is_left
            n_closed += was and not left
    assert n_closed > 100


@pytest.mark.parametrize("seed", range(3))
def test_uplinks_of_places_close_as_those_of_cells_do(seed):
    noise, _, sky = some_noise(seed)
    sky["channel_rate_bps"] = np.ones_like(sky["channel_rate_bps"])
    for hit, cell in enumerate(noise.index):
        slant_m = np.linalg.norm(sky["r_sat_m"] - sky["r_cell_m"][cell], axis=1)
        closes = uplink_closes(noise, np.full(len(slant_m), hit), slant_m)
        expected = [
            slow_is_left(noise, sky, cell, sat) or not noise.is_attached[hit] for sat in range(len(slant_m))
        ]
        if noise.is_attached[hit]:
            assert closes.tolist() == expected


def slow_distance_km(lat, lon, corners, steps=4_000):
    """Return how far a point lies from a ring: from many points of each edge, the nearest."""
    nearest = math.inf
    for (lon_0, lat_0), (lon_1, lat_1) in zip(corners, corners[1:] + corners[:1], strict=True):
        share = np.linspace(0.0, 1.0, steps)
        y, x = np.radians(lat_0 + share * (lat_1 - lat_0)), np.radians(lon_0 + share * (lon_1 - lon_0))
        p, q = math.radians(lat), math.radians(lon)
        half = np.sin((y - p) / 2) ** 2 + np.cos(y) * math.cos(p) * np.sin((x - q) / 2) ** 2
        nearest = min(nearest, float((2 * R_KM * np.arcsin(np.sqrt(half))).min()))
    return nearest


@pytest.mark.parametrize(
    "corners",
    [
        [[40.0, 10.0], [40.4, 10.1], [40.2, 10.5]],
        [[179.9, -17.0], [180.3, -17.1], [180.1, -16.6]],  # across the date line
        [[20.0, 69.6], [21.0, 69.5], [20.6, 70.0], [20.4, 69.8]],
    ],
)
def test_near_a_polygon_is_within_a_distance_of_its_edges(corners):
    margin_km = 12.0
    region, problems = polygon_region(corners)
    assert not problems
    rng = np.random.default_rng(7)
    west, south = np.min(corners, axis=0) - 0.8
    east, north = np.max(corners, axis=0) + 0.8
    lat, lon = rng.uniform(south, north, 400), rng.uniform(west, east, 400)
    inside = is_within(region, lat, lon, 0.0)
    found = is_within(region, lat, lon % 360.0, margin_km * 1e3)
    assert inside.any()
    assert (found & ~inside).any()
    for p in range(len(lat)):
        distance_km = 0.0 if inside[p] else slow_distance_km(lat[p], lon[p], corners)
        if abs(distance_km - margin_km) > 0.015 * margin_km:  # the accuracy the function states
            assert found[p] == (distance_km < margin_km)


def test_near_a_circle_is_in_a_wider_one():
    lat = np.array([10.0, 10.0 + math.degrees(41.0 / R_KM), 10.0 + math.degrees(43.0 / R_KM)])
    lon = np.full(3, 20.0)
    assert is_within(circle_region(10.0, 20.0, 30.0), lat, lon, 12e3).tolist() == [True, True, False]


FAULTS = (
    {"kind": "satellites", "share": 0.3, "after_s": 15.0, "lasts_s": 45.0},
    {"kind": "storm", "share": 0.5, "recovery_s": 60.0},
    {"kind": "isls", "share": 0.2, "after_s": 30.0},
    {"kind": "isls", "links": [["ring p00 s05", "ring p00 s04"]], "after_s": 15.0, "lasts_s": 15.0},
    {"kind": "gateways", "sites": ["Gate"], "after_s": 45.0, "lasts_s": 15.0},
    {"kind": "pops", "sites": ["Pop"], "after_s": 60.0, "lasts_s": 15.0},
    {"kind": "controller", "after_s": 75.0},
)


def test_what_is_out_of_order_in_every_slot_is_what_the_faults_say():
    world = build(load("toy", overrides={"slots": 7}, faults=FAULTS))
    met = set()
    for k in range(8):
        t_s, here = 15.0 * k, world.at(k)
        standing = [f for f in world.faults if f.start_s <= t_s < f.end_s]
        assert [world.faults[i] for i in here.standing] == standing
        down = {s for f in standing for s in range(12) if t_s < f.down_until_s[s]}
        dark = down | {s for f in standing for s in range(12) if f.is_dark[s]}
        off = {(4, 5)} if k == 1 else set()
        assert np.flatnonzero(~here.can_serve).tolist() == sorted(down)
        for link, (a, b) in enumerate(world.links.tolist()):
            assert here.is_link_up[link] == (a not in dark and b not in dark and (a, b) not in off)
        assert here.ground.gateways.antennas.tolist() == [0 if k == 3 else 1]
        assert here.ground.is_pop_permitted.all() == (k != 4)
        assert here.is_frozen == (k >= 5)
        if here.unbroken is not None:
            assert here.unbroken.can_serve.all()
            assert here.unbroken.is_link_up.all()
        met |= {len(down) > 0, len(dark) > len(down)}
    assert met == {True, False}
