"""Every key of a scenario, commented out beside those that are given."""

import re
import tomllib
from pathlib import Path

import pytest

from ecumene.scenario import load, preset_names, preset_text
from ecumene.scenario.commented import with_every_key


def uncommented(text):
    """Return a text with each commented key and section in force."""
    return re.sub(r"^# (?=\w+ = |\[\w+(?:\.\w+)*\]$)", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("preset", preset_names())
def test_neither_the_comments_nor_what_they_hold_changes_the_scenario(preset, tmp_path):
    text = with_every_key(preset_text(preset), load(preset))
    file = tmp_path / "copy.toml"
    for version in (text, uncommented(text)):
        file.write_text(version, encoding="utf-8")
        assert load(file) == load(preset)


@pytest.mark.parametrize("preset", preset_names())
def test_every_line_of_the_text_is_kept_in_order(preset):
    grown = iter(with_every_key(preset_text(preset), load(preset)).splitlines())
    assert all(line in grown for line in preset_text(preset).rstrip("\n").splitlines())


def test_every_section_is_there_with_all_its_keys():
    tree = tomllib.loads(uncommented(with_every_key(preset_text("toy"), load("toy"))))
    scenario = load("toy")
    tables = {"site", "shells", "place", "pair", "record", "overlay"}
    for section, keys in scenario.model_dump(by_alias=True, exclude_none=True).items():
        if isinstance(keys, dict):
            assert set(keys) - tables <= set(tree[section]), section
    assert "fault" not in tree


def test_meanings_and_what_is_not_given_are_told(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text('extends = "toy"\nname = "small"\n[terminal]\nmin_elevation_deg = 30.0\n')
    text = with_every_key(file.read_text(), load(file))
    lines = text.splitlines()
    assert lines.index("min_elevation_deg = 30.0") < next(
        k for k, line in enumerate(lines) if line.startswith("# gain_dbi = 33.2 ")
    )
    assert any(line.startswith("# file: not given. ") for line in lines)
    Path(file).write_text(uncommented(text))
    assert load(file).terminal == load("toy").terminal.model_copy(update={"min_elevation_deg": 30.0})
