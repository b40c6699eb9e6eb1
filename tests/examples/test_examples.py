"""The examples run, and what they find is true."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def ran(name):
    return runpy.run_path(str(FOLDER / name))


def test_every_example_is_tested():
    here = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path.name}"' in here for path in FOLDER.glob("*.py"))


def test_first_map():
    made = ran("first_map.py")
    assert (made["folder"] / "speed.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (made["folder"] / "coverage.svg").read_text(encoding="utf-8")
    rows = made["results"].rows()
    assert made["unserved"].sum() == pytest.approx(rows["people"][rows["served"] == 0].sum())


def test_blackout():
    made = ran("blackout.py")
    assert made["people_lost"] > 0.0
    assert made["people_lost"] == pytest.approx(made["summary"]["before"] - made["summary"]["during"])


def test_between_places():
    table = ran("between_places.py")["table"]
    assert np.all(table.rtt_ms >= table.light_rtt_ms)
    assert ("Market", "Far") in table.index
