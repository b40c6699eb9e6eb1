"""Proposals for a real country under a small constellation, and what the command line makes of them."""

import json

import numpy as np
import pytest

from ecumene import load
from ecumene.earth.cells import country_of_point
from ecumene.earth.countries import countries
from ecumene.errors import InputError
from ecumene.network.sites import read_sites
from ecumene.siting import propose, sampled_slots
from ecumene.views.siting import siting_facts, siting_text
from ecumene.world import build

SMALL = {"resolution": 3, "slots": 8, "demand.diurnal": False, "licences.grant": ["KE", "FJ"]}


@pytest.fixture(scope="module")
def world():
    return build(load("starlink-2022", overrides=SMALL))


@pytest.fixture(scope="module")
def proposal(world):
    return propose(world, "KE", 6, antennas_per_site=2, goal="people", samples=4, checked=1)


def test_samples_lie_evenly_in_the_run():
    assert sampled_slots(240, 4).tolist() == [30, 90, 150, 210]
    assert sampled_slots(3, 24).tolist() == [0, 1, 2]
    assert sampled_slots(1, 1).tolist() == [0]


def test_sites_stand_in_the_country_apart_from_all_others(world, proposal):
    code = countries().index_of("KE")
    sites = proposal.sites
    assert set(sites.country) == {"KE"}
    assert [country_of_point(*at) for at in zip(sites.lat_deg, sites.lon_deg, strict=True)] == [code] * len(
        sites
    )
    assert (proposal.distance_km >= 50.0).all()
    assert sites.antennas.sum() <= 6
    assert not set(sites.name) & set(world.ground.gateways.name)


def test_gains_add_up(proposal):
    np.testing.assert_allclose(proposal.people_gain, proposal.placement.gain)
    assert (np.diff(proposal.people_gain) <= 1e-6).all()
    assert (
        proposal.people_loss <= proposal.people_gain + 1e-6
    ).all()  # the last ones make the first ones spare
    reached = proposal.people_before + proposal.people_gain.sum()
    assert proposal.people_before < reached <= proposal.people * (1 + 1e-12)
    assert 0.63 <= proposal.placement.proven_share <= 1.0


def test_the_whole_model_agrees_on_the_direction(proposal):
    """Nobody loses reach by a new gateway: without lasers it takes a gateway in sight of the satellite."""
    assert proposal.before is not None
    assert proposal.after is not None
    assert proposal.after.people > proposal.before.people


def test_the_same_question_has_the_same_answer(world, proposal):
    again = propose(world, "KE", 6, antennas_per_site=2, goal="people", samples=4, checked=0)
    assert again.sites.name == proposal.sites.name
    assert again.before is None


def test_neighbours_may_be_served(world):
    """A gateway in Poland for Ukraine: with the traffic of Ukraine alone counted."""
    found = propose(world, "PL", 2, antennas_per_site=2, served=("UA",), samples=2, checked=0, goal="people")
    assert found.served == ("UA",)
    assert found.people == pytest.approx(countries().people[countries().index_of("UA")], rel=1e-3)


def test_land_cells_are_candidates_where_there_is_no_town(world):
    found = propose(world, "FJ", 1, antennas_per_site=1, among="cells", samples=2, checked=0, spacing_km=20.0)
    code = countries().index_of("FJ")
    assert country_of_point(float(found.sites.lat_deg[0]), float(found.sites.lon_deg[0])) == code


def test_towns_on_islets_without_a_cell_are_left_out(world):
    """Shengshan stands on an islet the table of cells does not have; as a site it would count as in the sea."""
    found = propose(
        world, "CN", 400, antennas_per_site=2, samples=1, checked=1, goal="people", spacing_km=20.0
    )
    assert any("towns are left out: on islets" in note for note in found.notes)
    assert found.after is not None


@pytest.mark.parametrize(
    ("country", "options", "message"),
    [
        ("BZR", {}, r"country 'BZR': no such code; did you mean"),
        ("KE", {"served": ("KEN",)}, r"country 'KEN': no such code; did you mean 'KE' \(Kenya\)\?"),
        ("PL", {"spacing_km": 2000.0}, "within 2000 km of an existing gateway; lower --spacing-km"),
        ("KP", {}, r'KP: no demand there .*; use --for people, or --set licences.grant=\["KP"\]'),
        ("AQ", {}, "AQ: nobody lives there; name with --serve"),
    ],
)
def test_mistakes_teach(world, country, options, message):
    with pytest.raises(InputError, match=message):
        propose(world, country, 4, antennas_per_site=2, samples=1, checked=0, **options)


def test_an_unlicensed_country_can_be_asked_about(world):
    found = propose(world, "KP", 2, antennas_per_site=2, samples=2, checked=0, goal="people")
    assert any("Not licensed at the date" in note for note in found.notes)


def test_landing_rules_bind_sites(tmp_path):
    """Traffic that must land at home gains nothing from a gateway abroad."""
    register = tmp_path / "law.toml"
    register.write_text(
        '[[record]]\ncountries = ["UA"]\nstatus = "licensed"\nfrom = 2020-01-01\nlanding = "in_country"\n'
        'source = "made up"\nconfidence = "low"\n'
    )
    world = build(load("starlink-2022", overrides={**SMALL, "licences.records": str(register)}))
    with pytest.raises(InputError, match="UA: by its landing rule its traffic may not come down in PL"):
        propose(world, "PL", 2, antennas_per_site=2, served=("UA",), samples=1, checked=0)
    found = propose(world, "UA", 2, antennas_per_site=2, samples=1, checked=0)
    assert found.traffic_before_bps == 0.0
    assert any("No PoP of the scenario may take the traffic of UA" in note for note in found.notes)


WORDS = ["site", "--scenario", "starlink-2022", "--country", "KE", "--antennas", "4", "--per-site", "2"]
QUICK = ["--resolution", "3", "--slots", "8", "--samples", "2", "--check", "1", "--for", "people"]


def test_what_is_written_can_be_run(invoke, tmp_path):
    for name in ("sites.csv", "sites.geojson"):
        result = invoke(*WORDS, *QUICK, "--json", "--out", name)
        assert result.exit_code == 0, result.stderr
        facts = json.loads(result.stdout)
        assert len(facts["sites"]) == 2
        assert facts["sampled_slots"] == [2, 6]
        listed = read_sites(tmp_path / name, countries().code)
        assert listed.name[-2:] == tuple(site["name"] for site in facts["sites"])
        assert listed.antennas[-2:].tolist() == [2, 2]
        assert len(listed.of_kind("pop")) == 16
    ran = invoke("check", "starlink-2022", "--set", "gateways.sites=sites.csv", "--resolution", "3", "--json")
    assert json.loads(ran.stdout)["gateways"] == 146


def test_the_table_tells_gain_bound_and_samples(invoke):
    result = invoke(*WORDS, *QUICK, "--quiet")
    assert result.exit_code == 0
    assert result.stderr == ""
    for words in (
        "Mean of 2 slots spread evenly",
        "Whole model",
        "greedy alone guarantees 63 %",
        "without: Gbit/s",
    ):
        assert words in " ".join(result.stdout.split())


def test_it_is_said_where_the_whole_model_gains_nothing(proposal):
    facts = siting_facts(proposal, "starlink-2022", "2022-10-10", 8, 50.0)
    told = " ".join(siting_text(facts).split())
    assert "There the new sites bring no more" not in told
    facts["whole_model"]["after"] = facts["whole_model"]["before"]
    assert "There the new sites bring no more" in " ".join(siting_text(facts).split())


def test_wrong_options_are_refused(invoke):
    result = invoke(*WORDS, "--for", "money", "--among", "seas")
    assert result.exit_code == 2
    assert "--for 'money': must be traffic or people" in result.stderr
    assert "--among 'seas': must be towns or cells" in result.stderr
    assert "sites.xlsx: must end in .csv or .geojson or .json" in invoke(*WORDS, "--out", "sites.xlsx").stderr
    assert "there is no folder" in invoke(*WORDS, "--out", "nowhere/sites.csv").stderr
    assert invoke("site", "--country", "KE", "--antennas", "0").exit_code == 2
