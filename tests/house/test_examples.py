"""The examples of the docs that say so run: blocks under `<!-- runs -->`, page by page, in order, in one folder.

A block under `<!-- file NAME -->` is written to that file first. Pages that ask `out/starlink-gen1`, which the first
command of the README makes, find it there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- runs -->"
BLOCK = re.compile(
    r"^<!-- (runs|file (?P<file>\S+)) -->\n\n(?:```\w*\n(?P<fenced>.*?)^```$|(?P<indented>(?:(?: {4}[^\n]*)?\n)+))",
    re.MULTILINE | re.DOTALL,
)
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if MARK in page.read_text(encoding="utf-8")]
README_RESULT = "out/starlink-gen1"

SMALLER = (
    (r"--slots \d+", "--slots 2"),
    (r"--resolution \d", "--resolution 3"),
    (r'"slots": \d+', '"slots": 2'),
)
"""The same commands, on less."""


def examples(page: Path) -> list[tuple[str | None, str]]:
    """Return the marked blocks of a page, made smaller: the file each is written to, None for what runs."""
    found = []
    for match in BLOCK.finditer(page.read_text("utf-8")):
        text = match["fenced"] or re.sub(r"^ {4}", "", match["indented"] or "", flags=re.MULTILINE)
        for pattern, smaller in SMALLER:
            text = re.sub(pattern, smaller, text)
        found.append((match["file"], text))
    return found


def run(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block of commands or of Python in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "100"}
    shell = f'set -e\necumene() {{ "{sys.executable}" -m ecumene "$@"; }}\n'
    is_shell = block.startswith("ecumene ")
    command = ["sh", "-c", shell + block] if is_shell else [sys.executable, "-W", "error", "-c", block]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def readme_result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the result of the README's first command, made smaller."""
    folder = tmp_path_factory.mktemp("readme")
    done = run("ecumene run starlink-gen1 --slots 2 --resolution 3", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_no_mark_is_lost() -> None:
    """A mark without a block under it would run nothing."""
    assert ROOT / "docs" / "tutorial.md" in PAGES
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert len(examples(page)) == len(re.findall(r"<!-- (?:runs|file .*) -->", text)), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    blocks = examples(page)
    if any(file is None and README_RESULT in block for file, block in blocks):
        shutil.copytree(request.getfixturevalue("readme_result"), tmp_path, dirs_exist_ok=True)
    for file, block in blocks:
        if file is not None:
            (tmp_path / file).write_text(block, encoding="utf-8")
            continue
        done = run(block, tmp_path)
        assert done.returncode == 0, f"{page.relative_to(ROOT)}:\n{block}\n{done.stderr}"
        assert (done.stdout + done.stderr).strip(), block
