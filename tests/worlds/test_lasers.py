"""Whole runs over lasers: of a filed ring, of a catalogue made from a filing, of the real catalogues."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import ecumene
from ecumene.errors import ScenarioError, TableError
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.world import build

AT = datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
DATA = Path(__file__).parents[2].parent / "shared" / "data"
SHELL = Shell("", 550, 53.0, 24, 22, 5)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Return an OMM file of a filed shell, in no order, one satellite gone, the first launch without lasers."""
    elements = elements_of_shells([SHELL], AT)
    records = []
    order = np.random.default_rng(7).permutation(len(elements))
    for k in order.tolist():
        satrec = elements.satrecs[k]
        record = {
            "OBJECT_NAME": f"SAT-{k}",
            "OBJECT_ID": "2021-044A" if k in {0, 1} else "2021-082B",
            "NORAD_CAT_ID": 50_000 + k,
            "EPOCH": AT.replace(tzinfo=None).isoformat(),
            "MEAN_MOTION": satrec.no_kozai * 720.0 / np.pi,
            "ECCENTRICITY": satrec.ecco,
            "INCLINATION": np.degrees(satrec.inclo),
            "RA_OF_ASC_NODE": np.degrees(satrec.nodeo),
            "ARG_OF_PERICENTER": 0.0,
            "MEAN_ANOMALY": np.degrees(satrec.mo),
            "EPHEMERIS_TYPE": 0,
            "CLASSIFICATION_TYPE": "U",
            "ELEMENT_SET_NO": 999,
            "REV_AT_EPOCH": 20_000,
            "BSTAR": 0.0,
            "MEAN_MOTION_DOT": 0.0,
            "MEAN_MOTION_DDOT": 0.0,
        }
        records.append(record)
    path = tmp_path_factory.mktemp("catalogue") / "fleet.json"
    path.write_text(json.dumps([r for r in records if r["OBJECT_NAME"] != "SAT-30"]))
    return path


def planet(**overrides):
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    return ecumene.load("toy", overrides=dotted)


def named_links(world):
    names = world.fleet.elements.name
    return {tuple(sorted((names[a], names[b]))) for a, b in world.links.tolist()}


def test_a_catalogue_has_places_and_lasers(catalogue):
    world = build(planet(constellation__file=str(catalogue), isl__lasers_since_launch="2021-082"))
    assert world.can_serve.all()
    elements = world.fleet.elements
    assert (elements.shell == 0).all()
    filed_plane = np.array([int(name[4:]) // 22 for name in elements.name])
    assert (elements.plane == filed_plane).all()  # counted from the lowest catalogue number eastwards
    links = named_links(world)
    assert ("SAT-31", "SAT-52") in links  # the nearest of the next plane is one slot behind
    assert ("SAT-29", "SAT-31") in links  # over the gap
    assert not any({"SAT-0", "SAT-1"} & set(pair) for pair in links)
    assert len(links) == len(world.links)
    said = " ".join(world.notes)
    assert (
        "527 of 527 satellites in service were given a place by their orbits, in 1 shells and 24 planes."
        in said
    )
    assert "2 satellites were launched before 2021-082 and have no lasers." in said
    assert "links inside planes" in said


def test_traffic_of_a_catalogue_goes_over_lasers(catalogue):
    keys = {"constellation__file": str(catalogue), "resolution": 5, "slots": 2}
    lasers = ecumene.simulate(planet(**keys))
    bent = ecumene.simulate(planet(**keys, isl__topology="none"))
    assert np.nanmax(lasers.places()["hops"]) >= 1.0
    assert np.nanmax(bent.places()["hops"]) == 0.0
    assert lasers.summary["people_share"]["served"] > bent.summary["people_share"]["served"]
    assert any(note.startswith("Bent pipe") for note in bent.summary["notes"])
    assert (np.asarray(lasers.tables["satellites"]["plane"]) >= 0).all()


def test_a_list_of_links(tmp_path, catalogue):
    path = tmp_path / "links.csv"
    path.write_text("satellite_a,satellite_b\n0/0/1,ring p00 s02\n0/0/2,0/0/3\n", encoding="utf-8")
    world = build(planet(isl__topology="list", isl__file=str(path)))
    assert world.links.tolist() == [[1, 2], [2, 3]]
    path.write_text("satellite_a,satellite_b\n50005,SAT-6\nSAT-0,SAT-2\n", encoding="utf-8")
    world = build(
        planet(
            constellation__file=str(catalogue),
            isl__topology="list",
            isl__file=str(path),
            isl__lasers_since_launch="2021-082",
        )
    )
    assert named_links(world) == {("SAT-5", "SAT-6")}
    assert "1 links are left out: an end is not in service or has no lasers." in world.notes
    path.write_text("satellite_a,satellite_b\n0/0/1,ring p00 s99\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"links\.csv: 1 problem\n  line 2: .*no satellite of this name"):
        build(planet(isl__topology="list", isl__file=str(path)))


def test_a_list_needs_its_file_and_stands_beside_the_scenario(tmp_path):
    for text in ('topology = "list"', 'file = "links.csv"'):
        (tmp_path / "my.toml").write_text(f'extends = "toy"\n[isl]\n{text}\n', encoding="utf-8")
        with pytest.raises(ScenarioError, match='topology "list" and file go together'):
            ecumene.load(tmp_path / "my.toml")
    (tmp_path / "my.toml").write_text(
        'extends = "toy"\n[isl]\ntopology = "list"\nfile = "links.csv"\n', encoding="utf-8"
    )
    (tmp_path / "links.csv").write_text("satellite_a,satellite_b\n0/0/1,0/0/2\n", encoding="utf-8")
    assert build(ecumene.load(tmp_path / "my.toml")).links.tolist() == [[1, 2]]


def test_the_key_of_acquisition_changes_what_it_should(tmp_path):
    """A range that links of this shell cross as they go round: some come back, at once or after a slot."""
    from ecumene.simulation import one_slot
    from ecumene.slot import survey

    def up(acquisition_s):
        shell = {
            "altitude_km": 550.0,
            "inclination_deg": 53.0,
            "planes": 24,
            "sats_per_plane": 22,
            "phasing": 5,
        }
        world = build(
            planet(
                constellation__shells=[shell],
                isl__max_range_km=1_990.0,
                isl__acquisition_s=acquisition_s,
                slot_s=15.0,
            )
        )
        slots, before = [], None
        skies = [survey(world, k) for k in range(5)]
        for sky, coming in itertools.pairwise(skies):
            before = one_slot(world, sky, coming, before)
            slots.append(before.links.isls.is_up)
        return np.array(slots)

    at_once, later = up(0.0), up(12.0)
    comes = at_once[1:] & ~at_once[:-1]
    assert comes.any()
    assert (at_once[0] == later[0]).all()
    assert (later[1:] == (at_once[1:] & ~comes)).all()


@pytest.mark.parametrize(
    ("name", "preset", "least_links"),
    [("starlink_omm_20260324.json.gz", "starlink-gen1", 14_000), ("oneweb_20260101.tle.gz", "oneweb", 1_000)],
)
def test_real_fleets_have_lasers(name, preset, least_links):
    if not (DATA / name).exists():
        pytest.skip(f"real catalogues lie in ../shared/data, which is absent: {name}")
    world = build(
        ecumene.load(
            preset,
            overrides={"constellation.file": str(DATA / name), "resolution": 3, "isl.topology": "grid"},
        )
    )
    assert len(world.links) > least_links
    assert np.bincount(world.links.ravel()).max() == 4
    assert world.can_serve[world.links].all()
    assert any("satellites in service were given a place" in note for note in world.notes)


def test_lasers_left_over_link_shells():
    """Two shells whose planes have one satellite each: nothing in plane, so two lasers are left over."""
    from ecumene.simulation import one_slot
    from ecumene.slot import survey

    shells = [
        {"altitude_km": height, "inclination_deg": 53.0, "planes": 60, "sats_per_plane": 1, "phasing": 7}
        for height in (550.0, 600.0)
    ]

    def slots(cross_shell):
        world = build(planet(constellation__shells=shells, isl__cross_shell=cross_shell))
        found, before = [], None
        for sky, coming in itertools.pairwise([survey(world, k) for k in range(4)]):
            before = one_slot(world, sky, coming, before)
            found.append(before)
        return world, found

    world, found = slots(cross_shell=True)
    assert world.has_spare_laser.all()
    shell = world.fleet.elements.shell
    for k, slot in enumerate(found):
        crossing = slot.links.pairs[len(world.links) :]
        assert len(crossing) > 10
        assert (shell[crossing[:, 0]] != shell[crossing[:, 1]]).all()
        is_up = slot.links.isls.is_up[len(world.links) :]
        if k == 0:
            assert is_up.all()
            continue
        was = {tuple(pair) for pair in found[k - 1].links.pairs.tolist()}
        is_old = np.array([tuple(pair) in was for pair in crossing.tolist()])
        assert is_up[is_old].all()
        assert not is_up[~is_old].any()  # a new link looks for its partner in its first slot
    world, found = slots(cross_shell=False)
    assert all(slot.links.pairs is world.links for slot in found)


def test_a_long_run_says_that_neighbours_drift(catalogue):
    keys = {"constellation__file": str(catalogue), "slots": 6_000}
    assert any("in a run of 1.0 days some drift" in note for note in build(planet(**keys)).notes)
    assert not any("drift" in note for note in build(planet(constellation__file=str(catalogue))).notes)


def test_pairs_of_places_go_over_links_between_shells():
    """Two rings, 15 deg of node apart: a link between them alone joins a place under one to one under the other."""
    ring = {
        "altitude_km": 550.0,
        "inclination_deg": 53.0,
        "planes": 1,
        "sats_per_plane": 12,
        "raan_deg": 2.03,
    }
    rings = [{**ring, "name": "low"}, {**ring, "name": "high", "altitude_km": 600.0, "raan_deg": 17.03}]
    places = [
        {"name": name, "lat_deg": 23.54, "lon_deg": lon} for name, lon in (("West", 19.16), ("East", 34.16))
    ]
    keys = {
        "constellation.shells": rings,
        "terminal.gso_exclusion_deg": 0.0,
        "slots": 1,
        "places.place": places,
    }
    keys["pairs"] = {"pair": [{"from": "West", "to": "East"}]}
    keys["licences.default"] = "licensed"
    for cross_shell in (True, False):
        results = ecumene.simulate(ecumene.load("toy", overrides={**keys, "isl.cross_shell": cross_shell}))
        line = {name: column[0] for name, column in results.pairs().items()}
        assert line["cause"] == ("joined" if cross_shell else "no_path")
        if cross_shell:
            assert line["path"] == "low p00 s01 > high p00 s01"
            sats = results.satellites()
            r_km = np.stack([sats[axis] for axis in ("x_km", "y_km", "z_km")], axis=1)
            west, east = (r_km[sats["satellite"].tolist().index(name)] for name in line["path"].split(" > "))
            # Straight up, across, straight down: the places lie within 0.25 deg (30 km) of the points below.
            least_km = np.linalg.norm(west - east) + sum(sats["altitude_km"][k] for k in (1, 13))
            assert least_km - 1e-6 <= line["length_km"] <= least_km + 5.0
            assert line["rtt_ms"] == pytest.approx(2.0 * line["length_km"] / 299.792458)
