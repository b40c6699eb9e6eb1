"""Keys of two scenarios beside each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecumene.results.keys import changed_keys

A = {"name": "x", "isl": {"topology": "grid", "n": 1}, "places": {"name": "p"}}
B = {"name": "y", "isl": {"topology": "none", "n": 1}, "places": {"name": "q"}, "q": [1]}


def test_keys_are_dotted_and_those_left_out_are_whole_ones():
    assert changed_keys(A, B, left_out=("name",)) == [
        {"key": "isl.topology", "a": "grid", "b": "none"},
        {"key": "places.name", "a": "p", "b": "q"},
        {"key": "q", "a": None, "b": [1]},
    ]


def test_a_section_that_becomes_a_value_is_one_key():
    assert changed_keys({"isl": {"n": 1}}, {"isl": None}) == [{"key": "isl", "a": {"n": 1}, "b": None}]


LEAVES = st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2)
SCENARIOS = st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1))
SECTIONS = st.dictionaries(st.sampled_from("abc"), SCENARIOS)


def leaves(tree, path=()):
    """Return every value by its path: the plain twin."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {k: v for key, inner in tree.items() for k, v in leaves(inner, (*path, key)).items()}


@given(SECTIONS, SECTIONS)
def test_a_leaf_differs_just_where_a_key_is_told(a, b):
    told = {tuple(entry["key"].split(".")) for entry in changed_keys(a, b)}
    before, after = leaves(a), leaves(b)
    differing = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert all(any(path[: len(key)] == key for key in told) for path in differing)
    assert all(any(path[: len(key)] == key for path in differing) for key in told)
