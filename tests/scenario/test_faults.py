"""Faults as they are typed, and what a `[[fault]]` table may say."""

import pytest

import ecumene
from ecumene.errors import ScenarioError
from ecumene.scenario.faults import parse_fault
from ecumene.scenario.loading import with_lines
from ecumene.world import build


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("blackout:UA,PL", {"kind": "blackout", "countries": ["UA", "PL"]}),
        (
            "gateway:Quezon (province)@15",
            {"kind": "gateways", "sites": ["Quezon (province)"], "after_s": 15.0},
        ),
        ("pop:Frankfurt@0+7.5", {"kind": "pops", "sites": ["Frankfurt"], "after_s": 0.0, "lasts_s": 7.5}),
        ("isl:all", {"kind": "isls", "share": 1.0}),
        ("isl:ring 1~ring 2", {"kind": "isls", "links": [["ring 1", "ring 2"]]}),
        ("satellites:all", {"kind": "satellites", "share": 1.0}),
        ("satellites:2.5%", {"kind": "satellites", "share": 0.025}),
        ("satellites:A-1, 44714", {"kind": "satellites", "satellites": ["A-1", "44714"]}),
        ("storm:30 %", {"kind": "storm", "share": 0.3}),
        ("revoke:UA", {"kind": "licence", "status": "revoked", "countries": ["UA"]}),
        ("grant:IN", {"kind": "licence", "status": "granted", "countries": ["IN"]}),
        ("controller@30+30", {"kind": "controller", "after_s": 30.0, "lasts_s": 30.0}),
    ],
)
def test_short_forms(text, keys):
    assert parse_fault(text) == keys


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("blakout:UA", "no kind 'blakout'; did you mean 'blackout'?"),
        ("flood:UA", "kinds: blackout:UA, gateway:Kaunas"),
        ("blackout", "write it as blackout:UA"),
        ("controller:x", "write it as controller"),
    ],
)
def test_short_forms_that_cannot_be_read(text, words):
    with pytest.raises(ScenarioError, match="(?s)" + words.replace("?", r"\?")):
        parse_fault(text)


def load(**faults):
    return ecumene.load("toy", faults=[faults])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "flood"}, 'kind = "flood": must be'),
        ({"kind": "blackout"}, "a blackout fault needs countries"),
        ({"kind": "blackout", "countries": ["ua"]}, "two-letter country code"),
        ({"kind": "gateways"}, "needs sites or countries"),
        ({"kind": "controller", "share": 0.5}, "share: not a key of a controller fault"),
        ({"kind": "isls", "plane": 3}, "plane needs the shell"),
        ({"kind": "isls", "after_s": -1.0}, "after_s = -1.0: must be at least 0"),
        ({"kind": "storm", "lasts_s": 5.0}, "a storm ends by recovery_s"),
        ({"kind": "jamming"}, "needs a region"),
        ({"kind": "jamming", "region": {"lat_deg": 1.0}, "j_over_n_db": 3.0}, "a circle needs lat_deg"),
        (
            {"kind": "jamming", "region": {"polygon": [[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 9.0]]}},
            "crosses itself",
        ),
        (
            {
                "kind": "jamming",
                "region": {"polygon": [[0.0, 0.0], [9.0, 9.0], [9.0, 0.0]]},
                "jammer_dbw": 9.0,
            },
            "needs a circle",
        ),
    ],
)
def test_tables_that_say_too_little_or_too_much(fault, words):
    with pytest.raises(ScenarioError, match=words):
        load(**fault)


def test_what_does_not_exist_is_named_all_at_once():
    faults = [
        {"kind": "gateways", "sites": ["Gat"]},
        {"kind": "satellites", "satellites": ["ring 99"]},
        {"kind": "isls", "shell": 7},
        {"kind": "blackout", "countries": ["XQ"]},
        {"kind": "licence", "countries": ["XA"], "status": "granted"},
        {"kind": "licence", "countries": ["XA"], "status": "revoked"},
    ]
    with pytest.raises(ScenarioError) as caught:
        build(ecumene.load("toy", faults=faults))
    text = str(caught.value)
    for piece in (
        "5 problems",
        "fault[0].sites: no gateway \"Gat\" in this run; did you mean 'Gate'?",
        'fault[1].satellites: no satellite "ring 99" in this fleet',
        "fault[2].shell: there is no shell 7; this fleet has 0 to 0",
        'fault[3].countries: unknown country code "XQ"',
        "grant and revoke the licence of XA at one time",
    ):
        assert piece in text, piece


def test_the_short_blackout_is_a_fault():
    world = build(ecumene.load("toy", overrides={"blackout.country": "XA", "blackout.after_s": 15.0}))
    (fault,) = world.faults
    assert (fault.kind, fault.start_s, fault.end_s) == ("blackout", 15.0, float("inf"))
    assert fault.is_gateway_down.all()


def test_what_is_found_while_the_world_is_built_is_told_with_its_line(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """extends = "toy"
name = "mine"

[[fault]]
kind = "controller"

[[fault]]
kind = "blackout"
countries = ["XQ"]

[[fault]]
kind = "isls"
links = [["ring p00 s00", "ring p00 s05"]]
"""
    )
    typed = {"kind": "gateways", "sites": ["Gat"]}
    with pytest.raises(ScenarioError) as caught:
        build(ecumene.load(path, faults=[typed]))
    first, second, third = with_lines(caught.value, path).problems
    assert first.startswith('line 9: fault[1].countries: unknown country code "XQ"')
    assert second.startswith("line 13: fault[2].links: no laser joins")
    assert third.startswith("fault[3].sites: no gateway")  # stands in no file
    told = str(with_lines(ScenarioError("mine", ["nobody lives there"]), path))
    assert told == "mine.toml: 1 problem\n  nobody lives there"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "satellites"}, "needs satellites, a shell or a share; share = 1.0 loses every one"),
        ({"kind": "storm", "recovery_s": 60.0}, "needs satellites, a shell or a share"),
        ({"kind": "isls", "links": [["a", "b"]], "share": 0.5}, "links names lasers one by one"),
        ({"kind": "satellites", "links": [["a", "b"]]}, "links: not a key of a satellites fault"),
        ({"kind": "isls", "links": [["a"]]}, "links"),
    ],
)
def test_satellites_and_lasers_must_be_named_once(fault, words):
    with pytest.raises(ScenarioError, match=words):
        load(**fault)


def test_shapes_of_mistakes_in_several_faults_come_at_once_with_lines(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """extends = "toy"
name = "mine"
[[fault]]
kind = "jamming"
j_over_n_db = 500.0
region = { polygon = [[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 9.0]] }
[[fault]]
kind = "storm"
[[fault]]
kind = "blackout"
countries = ["ua"]
lasts_s = -5.0
"""
    )
    with pytest.raises(ScenarioError) as caught:
        ecumene.load(path)
    text = str(caught.value)
    for piece in (
        "5 problems",
        "line 5: fault[0].j_over_n_db = 500.0: must be at most 100",
        "line 6: fault[0].region: polygon: crosses itself",
        "line 7: fault[1]: a storm fault needs satellites",
        'line 11: fault[2].countries[0] = "ua": must be a two-letter country code',
        "line 12: fault[2].lasts_s = -5.0: must be more than 0",
    ):
        assert piece in text, text
