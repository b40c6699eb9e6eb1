"""`ecumene list`, `init`, `check`, `--version` and help."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import ecumene
from ecumene.scenario import load, preset_names, preset_text


def run_python(*words, **options):
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment, **options
    )


def test_help_loads_nothing_heavy():
    # pydantic is not among them: typer itself loads it.
    code = (
        "import sys\n"
        "from ecumene.cli import main\n"
        "sys.argv = ['ecumene', 'run', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'numba', 'matplotlib', 'duckdb', 'rich', 'h3', 'sgp4'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run_python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    for option in (
        "--constellation",
        "--out",
        "--start",
        "--slots",
        "--resolution",
        "--places",
        "--set",
        "--seed",
    ):
        assert option in done.stdout
    for option in ("--quiet", "--json", "--force", "--debug"):
        assert option in done.stdout


def test_version(invoke):
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, f"ecumene {ecumene.__version__}\n")


def test_help_offers_completion(invoke):
    assert "--install-completion" in invoke("--help").stdout


def test_completion_knows_the_presets():
    words = {"_ECUMENE_COMPLETE": "complete_bash", "COMP_WORDS": "ecumene run star", "COMP_CWORD": "2"}
    environment = {**os.environ, **words, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "ecumene"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.split() == ["starlink-2022", "starlink-gen1"]


def test_list_names_every_preset_with_its_source(invoke):
    result = invoke("list")
    assert result.exit_code == 0
    for name in preset_names():
        assert any(line.startswith(name) for line in result.stdout.splitlines())
    assert "FCC 21-48" in result.stdout
    sources = {p["name"]: p["source"] for p in json.loads(invoke("list", "--json").stdout)}
    assert [name for name, source in sources.items() if not source] == ["toy"], (
        "a preset may take another's satellites"
    )
    assert len({line.index(" satellites  ") for line in result.stdout.splitlines() if line[0] != " "}) == 1
    assert "4,408 satellites" in result.stdout
    assert {p["name"]: p["satellites"] for p in json.loads(invoke("list", "--json").stdout)}["toy"] == 12


def test_init_writes_a_scenario_that_runs(invoke):
    for preset in preset_names():
        result = invoke("init", f"my {preset}.toml", "--from", preset)
        assert result.exit_code == 0, result.stderr
        copy = load(f"my {preset}.toml")
        assert copy.name == f"my-{preset}"
        assert copy.model_copy(update={"name": preset}) == load(preset)
        text = Path(f"my {preset}.toml").read_text()
        assert text.startswith(f"# Copied from the preset {preset} of ecumene {ecumene.__version__}.\n")
        kept = [
            line for line in preset_text(preset).splitlines() if line.startswith("# ") and "init" not in line
        ]
        assert all(line in text for line in kept)


def test_init_overwrites_nothing_unasked(invoke):
    Path("mine.toml").write_text("precious")
    refused = invoke("init", "mine.toml", "--from", "toy")
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert Path("mine.toml").read_text() == "precious"
    assert invoke("init", "mine.toml", "--from", "toy", "--force").exit_code == 0
    assert load("mine.toml").name == "mine"


def test_init_refuses_what_cannot_be(invoke):
    Path("folder").mkdir()
    for words, message in (
        (("init", "a.toml", "--from", "toyy"), "did you mean 'toy'?"),
        (("init", "toy", "--from", "toy"), "call the file toy.toml"),
        (("init", "folder", "--from", "toy"), "is a folder"),
        (("init", "no/a.toml", "--from", "toy"), "there is no folder no"),
    ):
        result = invoke(*words)
        assert result.exit_code == 2
        assert message in result.stderr
    assert not Path("a.toml").exists()


def test_check_derives_without_running(invoke):
    result = invoke("check", "toy", "--slots", "8")
    assert result.exit_code == 0
    assert "95.65 min" in result.stdout
    derived = json.loads(invoke("check", "toy", "--slots", "8", "--json").stdout)
    assert (derived["satellites"], derived["slots"], derived["rows"]) == (12, 8, 7)
    assert not Path("out").exists()


def test_check_finds_mistakes(invoke):
    Path("bad.toml").write_text('extends = "toy"\nname = "bad"\nslotz = 3\nseed = -1\n')
    result = invoke("check", "bad.toml")
    assert result.exit_code == 2
    assert "bad.toml: 2 problems" in result.stderr
    assert "line 3: slotz: unknown key; did you mean 'slots'?" in result.stderr
    assert "line 4: seed = -1" in result.stderr


def test_ctrl_c_leaves_what_is_done_and_the_command_that_goes_on(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(ecumene.__file__).parent.parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ecumene", "run", "toy", "--slots", "1000000"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("toy: 12 satellites"):
            break
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    told = r"interrupted after slot \d+ of 1000000; to go on: ecumene run toy --slots 1000000\n"
    assert re.search(told, errors)
    assert "Traceback" not in errors
    assert out == ""
    assert [p.name for p in (tmp_path / "out/toy").iterdir()] == ["checkpoint.npz"]
