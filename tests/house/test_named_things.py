"""Files and names of ours that docs, docstrings and comments mention are there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "src").rglob("*.toml"),
        *(path for folder in ("design", "bench", "tools") for path in (ROOT / folder).glob("*.py")),
    ]
)
FILE = re.compile(r"(?<![\w./-])((?:design|bench|tests|tools|docs|examples)/[\w/-]+\.(?:py|md|png))\b")
NAME = re.compile(r"`(ecumene(?:\.\w+)+)`")


def mentions(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Return what is mentioned, with the texts that do."""
    found: dict[str, list[str]] = {}
    for path in TEXTS:
        for thing in set(pattern.findall(path.read_text(encoding="utf-8"))):
            found.setdefault(thing, []).append(str(path.relative_to(ROOT)))
    return found


def resolves(name: str) -> bool:
    """Return whether a dotted name leads to a module or to something in one."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            if not hasattr(thing, part) and part not in getattr(thing, "__dataclass_fields__", {}):
                return False
            thing = getattr(thing, part, None)
        return True
    return False


@pytest.mark.parametrize(("file", "texts"), sorted(mentions(FILE).items()))
def test_files_are_there(file: str, texts: list[str]) -> None:
    assert (ROOT / file).is_file(), f"{file}: named in {', '.join(texts)}"


@pytest.mark.parametrize(("name", "texts"), sorted(mentions(NAME).items()))
def test_names_are_there(name: str, texts: list[str]) -> None:
    assert resolves(name), f"{name}: named in {', '.join(texts)}"
