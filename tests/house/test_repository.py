"""What may lie in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 1_500_000
"""A clone stays small; tables are packed by scripts in tools/."""

FOREIGN = re.compile("|".join(["/" + "work/", "/" + "tmp/", "farm" + "-", "/" + "home/", "/" + "Users/"]))
"""Paths of one machine. Written in pieces, so that this file does not find itself."""


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Return the files git knows, or skip where this is no checkout."""
    try:
        shown = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout, and git")
    return [path for name in shown.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_machine(tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if FOREIGN.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_file_is_large(tracked: list[Path]) -> None:
    large = [f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes" for path in tracked
             if path.stat().st_size > LARGEST_BYTES]  # fmt: skip
    assert not large, "\n".join(large)


def test_no_result_or_cache_is_tracked(tracked: list[Path]) -> None:
    wrong = [str(path) for path in tracked if path.suffix in {".pyc", ".nbi", ".nbc", ".parquet"} or "out" in
             path.relative_to(ROOT).parts[:1]]  # fmt: skip
    assert not wrong, wrong


def test_tables_in_the_package_name_their_source(tracked: list[Path]) -> None:
    """Every data file of the package is named in NOTICE, a page of docs, or the module beside it."""
    pages = "".join(
        text_of(path) for path in tracked if path.suffix in {".md", ".py"} or path.name == "NOTICE"
    )
    data = [path for path in tracked if path.parent.name == "data" and "src" in path.parts]
    assert data
    unnamed = [path.name for path in data if path.name not in pages and path.stem not in pages]
    assert not unnamed, unnamed
