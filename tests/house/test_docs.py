"""What the README and the docs say can be typed, opened and looked up."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from ecumene.scenario import Scenario, preset_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def commands() -> list[tuple[str, str]]:
    """Return every `ecumene ...` line of a code block, with its page."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
        lines += [
            line.strip()
            for block in re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        found += [
            (str(page.relative_to(ROOT)), match[1].split("#")[0].strip())
            for line in lines
            if (match := re.search(r"(?:^|&& |\$ )(?:\.venv/bin/)?ecumene (\w.*)", line))
        ]
    return found


def test_there_are_commands_to_check() -> None:
    assert ("README.md", "run starlink-gen1") in commands()


@pytest.mark.parametrize(("page", "command"), commands())
def test_command_exists(page: str, command: str) -> None:
    """The command line knows the command, its options, its presets and the keys of --set."""
    import typer

    from ecumene.cli import app

    words = shlex.split(command.replace("...", ""))
    known = typer.main.get_command(app)
    assert words[0] in known.commands, page
    options = {name for option in known.commands[words[0]].params for name in option.opts}
    for word in words[1:]:
        if word.startswith("-") and not re.fullmatch(r"-?\d+", word):
            assert word in options | {"--help"}, f"{page}: {word}"
    if words[0] in {"run", "check"} and len(words) > 1 and re.fullmatch(r"[a-z0-9-]+", words[1]):
        assert words[1] in preset_names(), page
    for option, setting in itertools.pairwise(words):
        if option == "--set":
            assert has_key(setting.partition("=")[0]), f"{page}: {setting}"


def has_key(dotted: str) -> bool:
    """Return whether a scenario has a key of this name."""
    model: object = Scenario
    for part in dotted.split("."):
        if part.isdigit() or model is None:
            continue
        fields = {field.alias or name: field for name, field in getattr(model, "model_fields", {}).items()}
        if part not in fields:
            return False
        annotation = fields[part].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        model = inner if hasattr(inner, "model_fields") else None
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    lost = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not lost, lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_find_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", text) if "://" not in t]
    lost = [t for t in targets if not has_heading(page, *t.split("#"))]
    assert not lost, lost


def has_heading(page: Path, target: str, anchor: str) -> bool:
    """Say whether the page linked to has a heading that GitHub gives this anchor."""
    text = ((page.parent / target) if target else page).read_text(encoding="utf-8")
    titles = (
        re.sub(r"[^\w\- ]", "", title.lower()) for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    )
    return anchor in {title.strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_toml_blocks_use_keys_that_exist(page: Path) -> None:
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        tree = tomllib.loads(block)
        if "record" not in tree:
            tree.pop("extends", None)
            unknown = [key for key in dotted(tree) if not has_key(key)]
            assert not unknown, unknown


def dotted(tree: dict[str, object], before: str = "") -> list[str]:
    """Return the dotted keys of a TOML tree, entries of lists as one."""
    keys = []
    for key, value in tree.items():
        name = f"{before}{key}"
        keys.append(name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and name != "demand.by_country":
                keys += dotted(part, f"{name}.")
    return keys


def test_every_page_is_reached_from_the_index() -> None:
    reached, open_pages = set(), [ROOT / "docs" / "index.md"]
    while open_pages:
        page = open_pages.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        targets = re.findall(r"\]\(([^)#\s]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        open_pages += [(page.parent / target).resolve() for target in targets if "://" not in target]
    lost = [str(p.relative_to(ROOT)) for p in PAGES if p.is_relative_to(ROOT / "docs") and p not in reached]
    assert not lost, lost
