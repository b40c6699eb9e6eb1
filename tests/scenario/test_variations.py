"""What `--set KEY=V1,V2` means: where values end, which combinations there are, what is refused."""

from __future__ import annotations

import json
from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecumene.errors import InputError, ScenarioError
from ecumene.scenario import load
from ecumene.scenario.variations import cases_of, grant_cases, parse_variation, read_variations

plain = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=12)
numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
values = st.recursive(
    st.one_of(plain, numbers, st.booleans()), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.lists(values, min_size=1, max_size=5, unique_by=repr), st.sampled_from([",", ", ", " , "]))
def test_values_come_back_whatever_stands_in_their_quotes_and_brackets(wanted, comma):
    """A JSON list of text, numbers and lists is TOML as well."""
    text = comma.join(json.dumps(value) for value in wanted)
    assert parse_variation(f"some.key={text}").values() == wanted


@given(plain)
def test_any_text_is_read_or_refused_with_a_sentence(text):
    try:
        variation = parse_variation(f"title={text}")
    except ScenarioError as error:
        assert error.problems[0].startswith("title: ")  # noqa: PT017 - either way must hold
    else:
        assert (
            len(variation.texts) == 1 + text.count(",")
            or "[" in text
            or "{" in text
            or '"' in text
            or "'" in text
        )


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("slots=4", [4]),
        ("isl.topology=grid,none", ["grid", "none"]),
        ("terminal.min_elevation_deg = 25, 30.5", [25, 30.5]),
        ('licences.grant=["IN"],["ZA"]', [["IN"], ["ZA"]]),
        ('licences.grant=["IN","ZA"]', [["IN", "ZA"]]),
        ('pairs.pair=[{from="A, B", to="C"}],[]', [[{"from": "A, B", "to": "C"}], []]),
        (r'title="a \", b",c', ['a ", b', "c"]),
        (r"title='a\',b", ["a\\", "b"]),
        ("title=L'Aquila,Rome", ["L'Aquila", "Rome"]),
        ("title=", [""]),
        ("downlink.pfd_dbw_m2_mhz=-122.0,-125.0", [-122.0, -125.0]),
    ],
)
def test_where_values_end(setting, wanted):
    assert parse_variation(setting).values() == wanted


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("slots", "'slots': write key=value"),
        ("=3,4", "write key=value"),
        ("slots=3,,4", 'slots: value 2 of 3 is empty; write slots=V1,V2, and "" for empty text'),
        ("slots=3,", "slots: value 2 of 2 is empty"),
        ("slots=3,4, 3", "slots: the value 3 stands twice; keep one"),
        ('licences.grant=["IN"', "licences.grant: a bracket has no partner in '[\"IN\"'"),
        ("licences.grant=IN],[", "licences.grant: a bracket has no partner"),
        ('title="a', "title: a quote has no partner"),
    ],
)
def test_what_is_no_list_of_values(setting, message):
    with pytest.raises(ScenarioError) as caught:
        parse_variation(setting)
    assert message in str(caught.value)


def test_all_mistakes_at_once_and_a_key_only_once():
    with pytest.raises(ScenarioError) as caught:
        read_variations(["slots=1,", "nokey", "a=1", "cell[0].people=1,2", "cell.0.people=3"])
    with pytest.raises(ScenarioError, match=r"--set cell\.0\.people: is given twice; keep one"):
        read_variations(["cell[0].people=1,2", "cell.0.people=3"])
    assert len(caught.value.problems) == 3
    assert "--set slots: value 2 of 2 is empty" in str(caught.value)
    assert "--set 'nokey': write key=value" in str(caught.value)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4).filter(lambda sizes: 1 < prod(sizes) <= 60))
def test_every_combination_once_the_last_key_fastest(sizes):
    settings = [f"k{k}={','.join(map(str, range(size)))}" for k, size in enumerate(sizes)]
    cases = cases_of(read_variations(settings), max_runs=60)
    found = [tuple(case.varied.values()) for case in cases]
    assert found == list(product(*(range(size) for size in sizes if size > 1)))
    assert all(len(case.settings) == len(sizes) for case in cases)


def test_a_case_says_what_is_special_about_it():
    settings = ["terminal.min_elevation_deg=25,30", "gateways.min_elevation_deg=5,10", "slots=4"]
    case = cases_of(read_variations(settings), max_runs=4)[1]
    assert case.label == "terminal.min_elevation_deg=25, gateways.min_elevation_deg=10"
    assert case.settings == ("slots=4", "terminal.min_elevation_deg=25", "gateways.min_elevation_deg=10")
    assert cases_of(read_variations(["isl.topology=grid,none"]), max_runs=4)[1].label == "topology=none"


def test_too_many_runs_are_refused_with_their_number():
    message = r"6 runs \(3 x 2\), and the limit is 5; sweep fewer values, or --max-runs 6 to go ahead"
    with pytest.raises(InputError, match=message):
        cases_of(read_variations(["a=1,2,3", "b=1", "c=1,2"]), max_runs=5)


def test_nothing_swept():
    with pytest.raises(InputError, match="nothing is swept; give a key several values"):
        cases_of(read_variations(["slots=4"]), max_runs=5)


def test_licences_are_granted_on_top_of_the_scenario():
    cases = grant_cases(["XB", "XC"], load("toy"), read_variations(["slots=2"]), max_runs=20)
    assert [case.label for case in cases] == ["with XB, XC", "as it is", "with XB", "with XC"]
    assert [case.varied["granted"] for case in cases] == [["XB", "XC"], [], ["XB"], ["XC"]]
    assert cases[0].settings == ("slots=2", 'licences.grant=["XA", "XB", "XC"]')
    assert cases[1].settings == ("slots=2", 'licences.grant=["XA"]')
    assert len(grant_cases(["XB"], load("toy"), [], max_runs=20)) == 2


def test_a_fixed_grant_is_kept_under_the_new_ones():
    settings = ['licences.grant=["XA","XD"]']
    scenario = load("toy", overrides={"licences.grant": ["XA", "XD"]})
    cases = grant_cases(["XB"], scenario, read_variations(settings), max_runs=20)
    assert [case.settings for case in cases] == [
        ('licences.grant=["XA", "XD"]',),
        ('licences.grant=["XA", "XD", "XB"]',),
    ]


def test_what_cannot_be_granted():
    scenario = load("toy", overrides={"licences.revoke": ["XD"]})
    with pytest.raises(ScenarioError) as caught:
        grant_cases(["in", "XB", "XB", "XA", "XD", ""], scenario, [], max_runs=20)
    for piece in (
        "5 problems",
        "--grant 'in': write two-letter country codes in capitals with commas, such as IN,ZA,PK",
        "--grant XB: stands twice; keep one",
        "--grant XA: the scenario grants it already (licences.grant); leave it out",
        "--grant XD: the scenario revokes it (licences.revoke); take it out there first",
        "--grant '': write",
    ):
        assert piece in str(caught.value)
    with pytest.raises(InputError, match="--grant and several values of slots: sweep one at a time"):
        grant_cases(["XB"], scenario, read_variations(["slots=1,2"]), max_runs=20)
    with pytest.raises(InputError, match=r"4 runs \(the scenario as it is, each country, all together\)"):
        grant_cases(["XB", "XC"], scenario, [], max_runs=3)
