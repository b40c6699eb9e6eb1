"""`ecumene doctor` and `ecumene schema`."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from ecumene.errors import RunError
from ecumene.views import checkup

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names_of(requirements):
    return tuple(re.match(r"[a-z0-9]+", requirement)[0] for requirement in requirements)


def findings_of(invoke):
    return {found["what"]: found for found in json.loads(invoke("doctor", "--json").stdout)}


def test_all_that_is_installed_with_it_is_looked_at():
    assert names_of(PROJECT["dependencies"]) == checkup.LIBRARIES
    extras = {k: names_of(v) for k, v in PROJECT["optional-dependencies"].items()}
    ours = {k: v for k, v in extras.items() if k not in {"test", "docs", "build"}}
    assert {k: libraries for k, (libraries, _) in checkup.EXTRAS.items()} == ours


def test_an_extra_that_is_missing_is_told_with_its_use_and_how_to_get_it(invoke, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "h5netcdf" else find(name))
    extra = findings_of(invoke)["extra analysis"]
    assert (extra["state"], extra["found"]) == ("note", "not installed (h5netcdf missing)")
    assert "for Results.to_xarray(), Results.df(), ecumene export netcdf: " in extra["cure"]
    assert extra["cure"].endswith("-m pip install 'ecumene[analysis]'")


def test_threads_are_told_with_their_layer(invoke):
    import numba

    found = findings_of(invoke)["numba threads"]["found"]
    assert re.fullmatch(rf"{numba.config.NUMBA_NUM_THREADS}, threading layer (tbb|omp|workqueue)", found)


def test_where_kernels_are_kept_and_whether_there_are_any(invoke, monkeypatch, tmp_path):
    import numba

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "warm"))
    (tmp_path / "warm" / "sky").mkdir(parents=True)
    (tmp_path / "warm" / "sky" / "look.nbi").write_bytes(b"")
    assert findings_of(invoke)["kernels"]["found"] == f"1 compiled, kept in {tmp_path / 'warm'}"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cold"))
    cold = findings_of(invoke)["kernels"]
    assert (cold["state"], cold["found"]) == (
        "note",
        f"not compiled yet; {tmp_path / 'cold'} can be written to",
    )
    monkeypatch.setattr("ecumene.kernels.cache_folder", lambda: None)
    nowhere = findings_of(invoke)["kernels"]
    assert nowhere["state"] == "note"
    assert "set NUMBA_CACHE_DIR to a folder that can be written to" in nowhere["cure"]


def test_what_emulation_needs_is_told(monkeypatch):
    monkeypatch.setattr(checkup.sys, "platform", "linux")
    monkeypatch.setattr(checkup, "_capabilities", lambda: 1 << 12)
    monkeypatch.setattr(checkup, "_number_in", lambda _path: 0)
    monkeypatch.setattr(checkup.os, "access", lambda _path, _mode: False)
    found = checkup._emulation()
    assert found.found.startswith("network namespaces no, CAP_NET_ADMIN yes, /dev/net/tun no;")
    assert found.state == "ok"


def test_a_gpu_is_said_not_to_be_used(invoke):
    assert findings_of(invoke)["GPU"]["found"].endswith("not used, all kernels run on the CPU")


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
