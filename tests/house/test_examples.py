"""The examples of the docs that say so run: blocks under `<!-- runs -->`, page by page, in order, in one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- runs -->"
BLOCK = re.compile(rf"^{re.escape(MARK)}\n\n((?:(?: {{4}}.*)?\n)+)", re.MULTILINE)
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if MARK in page.read_text(encoding="utf-8")]

SMALLER = (
    (r"--slots \d+", "--slots 2"),
    (r"--resolution \d", "--resolution 3"),
    (r'"slots": \d+', '"slots": 2'),
)
"""The same commands, on less."""


def examples(page: Path) -> list[str]:
    """Return the marked blocks of a page, made smaller."""
    blocks = [
        re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in BLOCK.findall(page.read_text("utf-8"))
    ]
    for pattern, text in SMALLER:
        blocks = [re.sub(pattern, text, block) for block in blocks]
    return blocks


def test_no_mark_is_lost() -> None:
    """A mark without an indented block under it would run nothing."""
    assert ROOT / "docs" / "tutorial.md" in PAGES
    for page in PAGES:
        assert len(examples(page)) == page.read_text(encoding="utf-8").count(MARK), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
    shell = f'set -e\necumene() {{ "{sys.executable}" -m ecumene "$@"; }}\n'
    for block in examples(page):
        is_shell = block.startswith("ecumene ")
        command = ["sh", "-c", shell + block] if is_shell else [sys.executable, "-W", "error", "-c", block]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{page.relative_to(ROOT)}:\n{block}\n{done.stderr}"
        assert done.stdout.strip() or "init" in block, block
