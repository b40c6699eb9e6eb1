"""`ecumene doctor` and `ecumene schema`."""

import json
from pathlib import Path

import pytest

from ecumene.errors import RunError


def test_a_sound_machine(invoke):
    result = invoke("doctor")
    assert result.exit_code == 0, result.stdout
    for piece in ("ecumene", "numba", "cores", "memory", "table cells", "intact"):
        assert piece in result.stdout
    assert "bad " not in result.stdout


def test_a_damaged_table_is_bad_and_told_with_its_cure(invoke, monkeypatch):
    import ecumene.earth.towns

    def damaged():
        raise RunError("towns.bin: the digest does not match")

    monkeypatch.setattr(ecumene.earth.towns, "load_towns", damaged)
    result = invoke("doctor", "--json")
    assert result.exit_code == 1
    bad = [finding for finding in json.loads(result.stdout) if finding["state"] == "bad"]
    assert bad == [
        {
            "what": "table towns",
            "found": "towns.bin: the digest does not match",
            "state": "bad",
            "cure": "install ecumene again",
        }
    ]


def test_a_missing_library_is_bad(invoke, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sgp4" else find(name))
    result = invoke("doctor")
    assert result.exit_code == 1
    assert "-m pip install sgp4" in result.stdout


def test_the_schema_knows_every_section_and_unit(invoke):
    schema = json.loads(invoke("schema").stdout)
    assert {"constellation", "licences", "fault"} <= set(schema["properties"])
    assert "deg" in schema["$defs"]["TerminalKeys"]["properties"]["min_elevation_deg"]["description"]
    result = invoke("schema", "--out", "s.json")
    assert result.exit_code == 0
    assert json.loads(Path("s.json").read_text()) == schema


@pytest.mark.parametrize("preset", ["starlink-gen1", "blackout"])
def test_a_copied_preset_names_the_schema(invoke, preset):
    assert invoke("init", "my.toml", "--from", preset).exit_code == 0
    assert "#:schema ecumene.schema.json" in Path("my.toml").read_text().splitlines()
    assert invoke("check", "my.toml").exit_code == 0
