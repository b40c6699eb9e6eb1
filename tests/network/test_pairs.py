"""Pairs of places: what the table says, and why a pair is not joined. A small shell, a planet without land."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import ecumene
from ecumene.errors import ScenarioError
from ecumene.results.schema import PAIRS

C_M_S = 299_792_458.0
CELL = {"lat_deg": 0.0, "lon_deg": -150.0, "country": "XA", "people": 1.0}
PLACES = [
    {"name": "North", "lat_deg": 50.0, "lon_deg": 0.0},
    {"name": "South", "lat_deg": -50.0, "lon_deg": 90.0},
    {"name": "East", "lat_deg": 10.0, "lon_deg": 110.0},
    {"name": "Near", "lat_deg": 50.0, "lon_deg": 3.0},
    {"name": "Pole", "lat_deg": 90.0, "lon_deg": 0.0},
]
SITES = [
    {"name": "Gate", "country": "XA", "lat_deg": 40.0, "lon_deg": 5.0},
    {"name": "Hub", "country": "XA", "lat_deg": 35.0, "lon_deg": 5.0, "kind": "pop"},
    {"name": "Far", "country": "XA", "lat_deg": 35.0, "lon_deg": -20.0, "kind": "pop"},
]


def pairs_of(pairs, **overrides):
    """Return the lines of pairs of the small world."""
    changes = {
        "constellation.shells": [
            {
                "altitude_km": 1_200.0,
                "inclination_deg": 55.0,
                "planes": 16,
                "sats_per_plane": 16,
                "phasing": 1,
            }
        ],
        "start": ecumene.load("toy").start,
        "slots": 2,
        "cell": [CELL],
        "places.place": PLACES,
        "gateways.site": SITES,
        "gateways.antennas": 4,
        "gateways.gso_exclusion_deg": 0.0,
        "terminal.gso_exclusion_deg": 0.0,
        "licences.grant": ["XA"],
        "pairs.pair": [{"from": a, "to": b} for a, b in pairs],
        **overrides,
    }
    table = ecumene.simulate(ecumene.load("toy", overrides=changes)).pairs()
    return [dict(zip(table, line, strict=True)) for line in zip(*table.values(), strict=True)]


def test_a_line_adds_up():
    lines = pairs_of([("North", "South"), ("North", "East"), ("North", "pop:Hub")])
    assert [line["slot"] for line in lines] == [0, 0, 0, 1, 1, 1]
    assert {line["cause"] for line in lines} == {"joined"}
    for line in lines:
        assert set(line) == {variable.name for variable in PAIRS}
        assert line["limit"] == ""
        space_ms = 2e3 * line["length_km"] * 1e3 / C_M_S
        fibre_ms = 2e3 * line["fibre_km"] * 1e3 * 1.47 / C_M_S
        assert line["rtt_ms"] == pytest.approx(space_ms + fibre_ms, abs=1e-9)
        n_terminals = 1 if line["to_place"].startswith("pop:") else 2
        assert line["rtt_processing_ms"] - line["rtt_ms"] == pytest.approx(14.0 * n_terminals)
        assert line["light_rtt_ms"] == pytest.approx(2e6 * line["great_circle_km"] / C_M_S)
        assert line["fibre_rtt_ms"] == pytest.approx(1.4 * 1.47 * line["light_rtt_ms"])
        assert line["rtt_ms"] > line["light_rtt_ms"]
        assert line["hops"] == len([n for n in line["path"].split(" > ") if not n.startswith("gateway ")]) - 1
        assert line["from_elevation_deg"] >= 25.0
    to_pop = lines[2]
    assert (to_pop["gateway"], to_pop["pop"]) == ("Gate", "Hub")
    assert to_pop["fibre_km"] == pytest.approx(1.4 * 556.0, rel=0.01)  # five degrees of latitude
    assert np.isnan(to_pop["to_elevation_deg"])


def test_any_pop_is_the_one_with_least_delay():
    near, far, either = pairs_of([("North", "pop:Hub"), ("North", "pop:Far"), ("North", "pop:any")], slots=1)
    assert near["rtt_ms"] < far["rtt_ms"]
    assert either["pop"] == "Hub"
    assert either["to_place"] == "pop:any"
    for column in ("rtt_ms", "great_circle_km", "path", "gateway"):
        assert either[column] == near[column]


def test_a_pair_is_as_long_one_way_as_the_other():
    there, back = pairs_of([("North", "South"), ("South", "North")], slots=1)
    assert there["rtt_ms"] == pytest.approx(back["rtt_ms"], abs=1e-9)
    assert there["path"].split(" > ") == back["path"].split(" > ")[::-1]
    assert there["to_elevation_deg"] == back["from_elevation_deg"]


def test_all_pairs_once_each():
    lines = pairs_of([("South", "North"), ("North", "pop:Hub")], slots=1, **{"pairs.all": True})
    ends = [(line["from_place"], line["to_place"]) for line in lines]
    assert ends[:2] == [("South", "North"), ("North", "pop:Hub")]
    names = [place["name"] for place in PLACES]
    assert sorted(ends[2:]) == sorted(set(itertools.combinations(names, 2)) - {("North", "South")})


def test_who_sees_no_satellite_is_named():
    (line,) = pairs_of([("North", "Pole")], slots=1)
    assert (line["cause"], line["limit"]) == ("no_satellite", "Pole: no satellite above 25 deg")
    assert np.isnan(line["rtt_ms"])
    assert np.isnan(line["hops"])
    assert line["path"] == ""
    assert line["light_rtt_ms"] > 0.0


def test_the_law_comes_first():
    (line,) = pairs_of([("North", "Pole")], slots=1, **{"licences.at_sea": False})
    assert (line["cause"], line["limit"]) == ("no_licence", "North: licence: at sea not permitted")


def test_the_arc_is_told_from_no_satellite():
    (line,) = pairs_of(
        [("Zero", "Beside")], slots=1,
        **{"terminal.gso_exclusion_deg": 45.0, "terminal.min_elevation_deg": 60.0,
           "places.place": [{"name": "Zero", "lat_deg": 0.0, "lon_deg": 0.0},
                            {"name": "Beside", "lat_deg": 0.0, "lon_deg": 5.0}],
           "constellation.shells": [{"altitude_km": 8_000.0, "inclination_deg": 0.0, "planes": 1,
                                     "sats_per_plane": 40}]},
    )  # fmt: skip
    assert (line["cause"], line["limit"]) == (
        "gso_arc",
        "Zero: every satellite in view too near the geostationary arc",
    )


def test_a_bent_pipe_joins_through_a_gateway_that_both_see():
    """Without lasers: North and Near share a satellite, or a gateway with an antenna on each of theirs."""
    bent = {"isl.topology": "none", "slots": 1}
    near, far, to_pop = pairs_of([("North", "Near"), ("North", "South"), ("South", "pop:any")], **bent)
    assert near["cause"] == "joined"
    assert near["hops"] == 0
    assert far["cause"] == "no_path"
    assert far["limit"] == "there are no ISLs, and no gateway passes on between the satellites at both ends"
    assert to_pop["cause"] == "no_path"
    wide = {"terminal.min_elevation_deg": 70.0, "gateways.min_elevation_deg": 5.0, "gateways.antennas": 60,
            "constellation.shells": [{"altitude_km": 1_200.0, "inclination_deg": 55.0, "planes": 40,
                                      "sats_per_plane": 40, "phasing": 1}],
            "places.place": [{"name": "A", "lat_deg": 44.0, "lon_deg": 0.0},
                             {"name": "B", "lat_deg": 44.0, "lon_deg": 10.0}]}  # fmt: skip
    (over,) = pairs_of([("A", "B")], **bent, **wide)
    assert over["path"].split(" > ")[1] == "gateway Gate"
    assert over["hops"] == 0
    (alone,) = pairs_of([("A", "B")], **bent, **wide, **{"pairs.path_rule": "length"})
    assert alone["cause"] == "no_path"


def test_a_mesh_in_two_parts():
    """Two shells without a link between them: who sees one alone does not reach who sees the other alone."""
    shells = [
        {"altitude_km": 600.0, "inclination_deg": 0.0, "planes": 1, "sats_per_plane": 40},
        {"altitude_km": 600.0, "inclination_deg": 90.0, "planes": 1, "sats_per_plane": 40, "raan_deg": 90.0},
    ]
    places = [
        {"name": "Zero", "lat_deg": 0.0, "lon_deg": 30.0},
        {"name": "Top", "lat_deg": 89.0, "lon_deg": 0.0},
    ]
    (line,) = pairs_of(
        [("Zero", "Top")],
        slots=1,
        **{"constellation.shells": shells, "places.place": places, "gateways.site": SITES[1:]},
    )
    assert (line["cause"], line["limit"]) == ("no_path", "no chain of ISLs joins the satellites at both ends")


def test_no_gateway_is_a_cause():
    (line,) = pairs_of([("North", "pop:any")], slots=1, **{"gateways.site": SITES[1:]})
    assert line["cause"] == "no_gateway"
    assert line["limit"] == "no gateway that pop:any and the licence permit follows a satellite"


def test_the_slant_rule_knows_no_horizon():
    rule = {"pairs.range_rule": "slant", "pairs.max_slant_km": 7_000.0, "slots": 1}
    (line,) = pairs_of([("North", "South")], **rule)
    assert min(line["from_elevation_deg"], line["to_elevation_deg"]) < 25.0
    (line,) = pairs_of([("North", "South")], **{**rule, "pairs.max_slant_km": 1_100.0})
    assert (line["cause"], line["limit"]) == ("no_satellite", "North: no satellite within 1100 km")


def test_no_pairs_make_an_empty_table():
    assert pairs_of([]) == []


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("Nort", "South"), r'pairs.pair\[0\].from = "Nort": no such place; did you mean \'North\''),
        (("North", "Hub"), r'pairs.pair\[0\].to = "Hub": no such place.*\(a PoP is written pop:NAME\)'),
        (("North", "pop:Hubb"), r'to = "pop:Hubb": no such PoP; did you mean \'Hub\''),
        (("North", "North"), "a pair needs two places"),
    ],
)
def test_names_are_checked(pair, message):
    with pytest.raises(ScenarioError, match=message):
        pairs_of([pair])


def test_a_pair_written_twice_is_refused():
    with pytest.raises(ScenarioError, match=r"pairs.pair\[1\]: North - South stands there already"):
        pairs_of([("North", "South")] * 2)


def test_the_summary_tells_the_medians():
    from ecumene.pairs import pairs_in_short

    table = {
        "slot": np.array([0, 0, 1, 1, 2, 2]),
        "from_place": np.array(["A", "A"] * 3, object),
        "to_place": np.array(["B", "pop:any"] * 3, object),
        "cause": np.array(["joined", "no_path", "joined", "no_path", "no_satellite", "no_gateway"], object),
        "rtt_ms": np.array([10.0, np.nan, 30.0, np.nan, np.nan, np.nan]),
        "fibre_rtt_ms": np.array([40.0, np.nan] * 3),
        "light_rtt_ms": np.array([5.0, np.nan] * 3),
    }
    first, second = pairs_in_short(table)
    assert (first["from"], first["to"], first["cause"]) == ("A", "B", "joined")
    assert first["joined"] == pytest.approx(2 / 3)
    assert (first["rtt_ms_p50"], first["fibre_rtt_ms"], first["light_rtt_ms"]) == (20.0, 40.0, 5.0)
    assert (second["joined"], second["cause"], second["rtt_ms_p50"]) == (0.0, "no_path", None)
    assert len(pairs_in_short(table, n_most=1)) == 1
    assert pairs_in_short({name: column[:0] for name, column in table.items()}) == []
