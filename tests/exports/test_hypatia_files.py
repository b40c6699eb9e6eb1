"""Hypatia's files read by its own rules, written down again here (satgenpy's readers, its get_path, its checks).

Formats from snkas/hypatia, 0ac531c. What the state says is followed hop by hop and compared with the table of
pairs; satellites are propagated from the TLEs with python-sgp4.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sgp4.api import WGS72, Satrec, SatrecArray

import ecumene
from ecumene.errors import InputError
from ecumene.exports.folder import slots_of, write_export
from ecumene.exports.hypatia import check_exportable
from ecumene.world import build

SMALL = {
    "constellation.shells.0.planes": 10,
    "constellation.shells.0.sats_per_plane": 12,
    "isl.max_range_km": 6_000.0,
    "pairs.max_slant_km": 2_200.0,
    "slots": 12,
    "slot_s": 15.0,
    "pairs.all": True,
    "pairs.pair": [],
    "places.list": "remote",
}


# --- Hypatia's reading rules -------------------------------------------------------------------------------


def read_tles(path):
    lines = path.read_text().splitlines()
    n_orbits, n_sats_per_orbit = (int(n) for n in lines[0].split())
    sats, epochs = [], set()
    for number, (name, first, second) in enumerate(zip(*(iter(lines[1:]),) * 3, strict=True)):
        assert int(name.split()[1]) == number
        for line in (first, second):
            assert len(line) == 69
            assert int(line[68]) == sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10
        epochs.add((first[18:20], float(first[20:32])))
        sats.append(Satrec.twoline2rv(first, second, WGS72))
    assert len(epochs) == 1, "the epoch of all TLEs must be the same"
    assert len(sats) == n_orbits * n_sats_per_orbit
    return sats


def read_isls(path, n_sats):
    links = [tuple(int(n) for n in line.split()) for line in path.read_text().splitlines()]
    assert all(0 <= a < b < n_sats for a, b in links)
    assert len(set(links)) == len(links)
    return links


def read_ground_stations(path):
    stations = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        split = line.split(",")
        assert len(split) == 8
        assert int(split[0]) == number
        stations.append((split[1], *map(float, split[2:])))
    return stations


def read_interfaces(path, n_nodes):
    lines = [line.split(",") for line in path.read_text().splitlines()]
    assert [int(line[0]) for line in lines] == list(range(n_nodes))
    assert all(int(line[1]) >= 1 and float(line[2]) > 0.0 for line in lines)
    return [int(line[1]) for line in lines]


def read_state(folder, times_ns):
    """Return the forwarding state of every time, each file holding what changed."""
    state, states = {}, []
    for ns in times_ns:
        for line in (folder / f"fstate_{ns}.txt").read_text().splitlines():
            node, destination, *hop = map(int, line.split(","))
            state[node, destination] = tuple(hop)
        states.append(dict(state))
    return states


def get_path(source, destination, state):
    """Hypatia's own walk: next hop after next hop."""
    path, node = [source], source
    while node != destination:
        node = state[node, destination][0]
        if node == -1:
            return None
        path.append(node)
        assert len(path) < 1_000, "the state leads round in a circle"
    return path


# -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    return build(ecumene.load("hypatia-kuiper-630", overrides=SMALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, world):
    folder = tmp_path_factory.mktemp("hypatia")
    written = write_export("hypatia", world.scenario, folder, slots=12)
    assert {path.name for path in written if path.parent == folder} == {
        "tles.txt", "ground_stations.txt", "isls.txt", "gsl_interfaces_info.txt", "description.txt",
    }  # fmt: skip
    return folder


TIMES_NS = [k * 15_000_000_000 for k in range(12)]


def test_satellites_come_back(world, folder):
    """From the text of the TLEs, within what their four decimals leave: 2 x 6 m."""
    sats = read_tles(folder / "tles.txt")
    _, here, _ = SatrecArray(sats).sgp4(np.array([2451544.5]), np.array([100.0 / 86_400.0]))
    _, ours, _ = SatrecArray(world.fleet.elements.satrecs).sgp4(
        np.array([2451544.5]), np.array([100.0 / 86_400.0])
    )
    assert np.linalg.norm(here - ours, axis=2).max() < 12e-3


def test_ground_stations(world, folder):
    stations = read_ground_stations(folder / "ground_stations.txt")
    assert [s[0] for s in stations] == list(world.places.name)
    np.testing.assert_allclose([s[1:3] for s in stations], np.c_[world.places.lat_deg, world.places.lon_deg])
    np.testing.assert_allclose([s[4:] for s in stations], world.places.r_m, atol=1e-5)


def test_links_and_interfaces(world, folder):
    n_sats, n_stations = 120, len(world.places.name)
    assert read_isls(folder / "isls.txt", n_sats) == [tuple(link) for link in world.links.tolist()]
    assert set(read_interfaces(folder / "gsl_interfaces_info.txt", n_sats + n_stations)) == {1}
    text = (folder / "description.txt").read_text().splitlines()
    assert text == ["max_gsl_length_m=2200000.0000000000", "max_isl_length_m=6000000.0000000000"]


def test_bandwidth(world, folder):
    first, *later = [(folder / "dynamic_state" / f"gsl_if_bandwidth_{ns}.txt").read_text() for ns in TIMES_NS]
    lines = [line.split(",") for line in first.splitlines()]
    assert [int(line[0]) for line in lines] == list(range(120 + len(world.places.name)))
    assert [int(line[1]) for line in lines] == [4] * 120 + [0] * len(world.places.name)
    assert not any(later)


def test_every_hop_uses_interfaces_that_meet(world, folder):
    """ISL interfaces count up in the order of isls.txt at either end; the ground link comes behind them."""
    n_sats = 120
    interface, n_isls = {}, [0] * n_sats
    for a, b in read_isls(folder / "isls.txt", n_sats):
        interface[a, b], interface[b, a] = n_isls[a], n_isls[b]
        n_isls[a] += 1
        n_isls[b] += 1
    for (node, destination), (hop, mine, its) in read_state(folder / "dynamic_state", TIMES_NS[:1])[
        0
    ].items():
        if hop == -1:
            assert (mine, its) == (-1, -1)
        elif node >= n_sats:
            assert (mine, its) == (0, n_isls[hop])
        elif hop >= n_sats:
            assert hop == destination
            assert (mine, its) == (n_isls[node], 0)
        else:
            assert (mine, its) == (interface[node, hop], interface[hop, node])


def test_every_node_knows_every_station_and_changes_alone_are_written(world, folder):
    n_sats, n_stations = 120, len(world.places.name)
    states = read_state(folder / "dynamic_state", TIMES_NS)
    wanted = set(itertools.product(range(n_sats + n_stations), range(n_sats, n_sats + n_stations)))
    assert set(states[0]) == wanted - {(k, k) for k in range(n_sats, n_sats + n_stations)}
    for ns, before, now in zip(TIMES_NS[1:], states, states[1:], strict=False):
        written = (folder / "dynamic_state" / f"fstate_{ns}.txt").read_text().splitlines()
        assert len(written) == sum(before[key] != now[key] for key in now)


def test_paths_are_those_of_the_pairs(world, folder):
    """Walking the state gives the path in the table of pairs, or one as long (ties), for every pair and slot."""
    results = ecumene.simulate(world.scenario)
    table = results.pairs()
    number = {name: k for k, name in enumerate(results.satellites()["satellite"].tolist())}
    station = {name: 120 + k for k, name in enumerate(world.places.name)}
    states = read_state(folder / "dynamic_state", TIMES_NS)
    n_joined = n_apart = 0
    for slot, a, b, path in zip(
        table["slot"], table["from_place"], table["to_place"], table["path"].tolist(), strict=True
    ):
        walked = get_path(station[a], station[b], states[slot])
        back = get_path(station[b], station[a], states[slot])
        assert (walked is None) == (back is None) == (path == "")
        if walked is None:
            n_apart += 1
            continue
        n_joined += 1
        assert walked[1:-1] == [number[name] for name in path.split(" > ")] == back[-2:0:-1]
    assert n_joined > 1_000
    assert n_apart > 100


def test_several_shells_count_as_one_plane(tmp_path):
    shells = [
        {"name": "a", "altitude_km": 600.0, "inclination_deg": 50.0, "planes": 4, "sats_per_plane": 6},
        {"name": "b", "altitude_km": 800.0, "inclination_deg": 80.0, "planes": 3, "sats_per_plane": 5,
         "raan_deg": 359.9999999},
    ]  # fmt: skip
    scenario = ecumene.load("hypatia-kuiper-630", overrides={**SMALL, "constellation.shells": shells})
    write_export("hypatia", scenario, tmp_path, slots=1)
    assert (tmp_path / "tles.txt").read_text().splitlines()[0] == "1 39"
    assert len(read_tles(tmp_path / "tles.txt")) == 39


def test_the_longest_links_stand_in_the_description_where_nothing_limits_them(tmp_path):
    rules = {"pairs.range_rule": "elevation", "slots": 2}
    scenario = ecumene.load("hypatia-kuiper-630", overrides={**rules, "isl.max_range_km": None})
    write_export("hypatia", scenario, tmp_path, slots=2)
    gsl_m, isl_m = (
        float(line.split("=")[1]) for line in (tmp_path / "description.txt").read_text().splitlines()
    )
    longest_m = max(slot.links.isls.length_m.max() for slot in slots_of(build(scenario), 2))
    assert longest_m <= isl_m < longest_m + 1.0
    assert 1_200e3 < gsl_m < 1_300e3  # at 25 deg from 630 km: 1,243 km on a sphere


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"constellation.epoch": None, "start": ecumene.load("toy").start.replace(year=1999)},
            "start in 1999",
        ),
        ({"start": ecumene.load("toy").start}, "give --start 2000-01-01T00:00:00Z"),
    ],
)
def test_what_the_files_cannot_hold_is_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        check_exportable(build(ecumene.load("hypatia-kuiper-630", overrides={**SMALL, **overrides})))


def test_a_catalogue_is_refused(tmp_path):
    (tmp_path / "sky.tle").write_text(
        "1 25544U 98067A   26083.50000000  .00010000  00000-0  18000-3 0  9997\n"
        "2 25544  51.6400 100.0000 0005000  90.0000 270.0000 15.50000000    14\n"
    )
    scenario = ecumene.load("toy", overrides={"constellation.file": str(tmp_path / "sky.tle")})
    with pytest.raises(InputError, match="Hypatia wants one; use filed shells"):
        check_exportable(build(scenario))
