"""The reference pages say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "build_reference.py"))


@pytest.mark.parametrize("page", ["scenario.md", "results.md", "presets.md", "cli.md", "api.md"])
def test_page_is_up_to_date(page: str) -> None:
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == TOOL["pages"]()[page], "run: python tools/build_reference.py"


def test_every_key_is_documented() -> None:
    """A key without the string under it would be an empty cell of the page."""
    bare = [
        line
        for line in TOOL["scenario_page"]().splitlines()
        if line.startswith("| `") and line.endswith("|  |")
    ]
    assert not bare, bare


def test_units_of_keys_are_named() -> None:
    """A key that ends in a unit has it in brackets in its meaning."""
    endings = ("_km", "_deg", "_gbps", "_mhz", "_ghz", "_dbi", "_k", "_ms", "_s", "_arcsec", "_days", "_db")
    keys = [line for line in TOOL["scenario_page"]().splitlines() if line.startswith("| `")]
    bare = [line for line in keys if line.split("`")[1].endswith(endings) and "[" not in line.split("|")[-2]]
    assert not bare, bare


def test_types_of_keys_are_said_in_words() -> None:
    """No class of ours, no plural of a value: a table inside a table has a section of its own."""
    keys = [line.split("|")[2] for line in TOOL["scenario_page"]().splitlines() if line.startswith("| `")]
    assert not [kind for kind in keys if "Keys" in kind or "`s" in kind or "ss " in kind]
    assert "## `[blackout]`" in TOOL["scenario_page"]()
    assert "## `[fault.region]`" in TOOL["scenario_page"]()
