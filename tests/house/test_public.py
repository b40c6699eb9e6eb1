"""What users import keeps working, however they import it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ecumene
from ecumene.scenario import preset_names

SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.mark.parametrize(
    "code",
    [
        "from ecumene.simulation import one_slot; ecumene.simulate",
        "from ecumene import load, simulate; simulate",
        "import ecumene.archive; ecumene.open",
    ],
)
def test_public_functions_can_be_called_after_any_import(code: str) -> None:
    """No module of the package has the name of a public function: importing it would hide the function."""
    *first, last = code.split("; ")
    script = "; ".join(["import ecumene", *first, f"assert callable({last}), {last}"])
    shown = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE), "PATH": ""},
    )
    assert shown.returncode == 0, shown.stderr


def test_public_names() -> None:
    assert sorted(ecumene.__all__) == [
        *("Results", "Scenario", "__version__", "load", "open", "simulate", "why"),
    ]
    assert all(getattr(ecumene, name) is not None for name in ecumene.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        _ = ecumene.simulat


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads(name: str) -> None:
    scenario = ecumene.load(name)
    assert scenario.name == name
    assert scenario.title


@pytest.mark.parametrize("name", ["kuiper", "oneweb", "starlink-2022", "starlink-gen1", "toy"])
def test_presets_promised(name: str) -> None:
    assert name in preset_names()
