"""One way up: who may import whom (the order stands in docs/explanation/spine.md)."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "ecumene"

FLOORS = (
    ("units", "constants", "errors", "kernels", "rings"),
    ("scenario",),
    ("orbits", "earth"),
    ("sky",),
    ("radio",),
    ("licences", "traffic", "faults"),
    ("scheduling",),
    ("network",),
    ("results",),
    ("world",),
    ("slot",),
    ("pairs", "carriage", "keyframes"),
    ("record",),
    ("kept",),
    ("course",),
    ("rehearsal",),
    ("simulation",),
    ("siting", "whereabouts", "alternatives", "archive"),
    ("reasons",),
    ("views",),
    ("exports",),
    ("cli", "service", "emulation"),
    ("__main__",),
)
"""From below to above; rooms on one floor do not know each other."""

FLOOR_OF_ROOM = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

PHYSICS = ("orbits", "earth", "sky", "radio", "licences", "traffic", "faults", "scheduling", "network")
"""Rooms that take arrays and return arrays."""

NOT_IN_PHYSICS = {"pydantic", "pandas", "xarray", "typer", "rich", "jinja2", "duckdb", "matplotlib"}

ONLY_FOR_TYPES = {
    ("results", "scenario"): "results carry the scenario along and write it down; they read no key of it",
    ("simulation", "scenario"): "the spine hands the scenario to the world",
}
"""Imports that are allowed for annotations alone."""

DRAWS_ITSELF = {
    ("results", "views"): "a result in a notebook is asked for its map; views are imported when it is",
}
"""The one import from above, inside the methods that need it."""

REACHES_DOWN = {
    (
        "network",
        "traffic",
    ): "sites and places are tables of one kind: network/sites.py reads with traffic/table.py",
    ("faults", "radio"): "a jammer is noise in the same budget",
    ("licences", "earth"): "zones are regions of the Earth",
    ("network", "earth"): "fibre follows great circles",
    ("scheduling", "radio"): "the plan looks rates up with radio's bin_of_sine",
    ("sky", "earth"): "points stand on the ellipsoid",
}
"""Every import between two physics rooms, with its reason: a new one is a decision, not an accident."""


@dataclass(frozen=True)
class Import:
    """One import statement."""

    path: Path
    line: int
    module: str
    is_for_types: bool

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(SOURCE.parent)}:{self.line}"


def imports_of(path: Path) -> list[Import]:
    """Return all imports of a file, wherever they stand."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import; write the whole name"
            base = node.module or ""
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "ecumene" else [base]
        else:
            continue
        found += [Import(path, node.lineno, name, id(node) in for_types) for name in names]
    return found


ALL = [found for path in sorted(SOURCE.rglob("*.py")) for found in imports_of(path)]


def room_of_path(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def room_of_module(module: str) -> str | None:
    """Return the room of one of our modules; None for others and for the version."""
    parts = module.split(".")
    if parts[0] != "ecumene" or len(parts) < 2 or parts[1] == "__version__":
        return None
    return parts[1]


def between_rooms() -> list[tuple[Import, str, str]]:
    return [
        (found, here, there)
        for found in ALL
        if (here := room_of_path(found.path)) != "__init__"
        and (there := room_of_module(found.module)) is not None
        and there != here
    ]


def test_every_room_has_a_floor() -> None:
    rooms = {room_of_path(path) for path in SOURCE.rglob("*.py")} - {"__init__"}
    assert rooms <= set(FLOOR_OF_ROOM), "give the new room a floor in FLOORS"


def test_the_page_draws_the_floors() -> None:
    page = (SOURCE.parents[1] / "docs" / "explanation" / "spine.md").read_text(encoding="utf-8")
    block = page.partition("## The rooms")[2].partition("    __main__\n")
    lines = itertools.takewhile(lambda line: line.startswith("    "), (block[1] + block[2]).splitlines())
    drawn = [set(re.split(r"\s{2,}", line.strip())[0].split(" | ")) for line in lines]
    there = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert drawn[::-1] == [set(floor) & there for floor in FLOORS]


def test_imports_come_from_below() -> None:
    wrong = [
        f"{found.where}: {here} imports {there}"
        for found, here, there in between_rooms()
        if FLOOR_OF_ROOM[there] >= FLOOR_OF_ROOM[here]
        and not ((here, there) in DRAWS_ITSELF and found.path.name == "outcome.py")
    ]
    assert not wrong, "\n".join(wrong)


def test_physics_knows_neither_scenario_nor_tables() -> None:
    wrong = [
        f"{found.where}: {found.module}"
        for found in ALL
        if room_of_path(found.path) in PHYSICS
        and (room_of_module(found.module) == "scenario" or found.module.split(".")[0] in NOT_IN_PHYSICS)
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_between_physics_rooms_have_a_reason() -> None:
    met = {(here, there) for _, here, there in between_rooms() if here in PHYSICS and there in PHYSICS}
    assert met == set(REACHES_DOWN)


def test_imports_for_annotations_stay_so() -> None:
    wrong = [
        f"{found.where}: {here} imports {there} at run time"
        for found, here, there in between_rooms()
        if (here, there) in ONLY_FOR_TYPES and not found.is_for_types
    ]
    assert not wrong, "\n".join(wrong)


def test_only_views_and_store_know_the_heavy_libraries() -> None:
    """Matplotlib and jinja2 belong to views; duckdb to the store of results; typer to the command line."""
    home = {
        "matplotlib": ("views",),
        "jinja2": ("views",),
        "rich": ("views", "cli"),
        "duckdb": ("results",),
        "typer": ("cli",),
        "pydantic": ("scenario",),
        "pydantic_core": ("scenario",),
    }
    wrong = [
        f"{found.where}: {found.module}"
        for found in ALL
        if (rooms := home.get(found.module.split(".")[0])) is not None
        and room_of_path(found.path) not in rooms
        and not found.is_for_types
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import ecumene", {"numpy", "numba", "pydantic", "h3", "sgp4", "duckdb", "matplotlib", "typer"}),
        ("import ecumene.cli", {"numpy", "numba", "pydantic", "h3", "sgp4", "duckdb", "matplotlib"}),
        ("import ecumene.scenario", {"numpy", "numba", "h3", "sgp4", "duckdb", "matplotlib"}),
    ],
)
def test_import_is_quick_and_does_nothing(statement: str, unwanted: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE.parent), "PATH": ""},
    )
    loaded = {name.split(".")[0] for name in shown.stdout.split()}
    assert not loaded & unwanted


def test_a_checkpoint_knows_which_parts_stand_above_the_run():
    """What its digest leaves out is what the run cannot import."""
    from ecumene.results.program import ABOVE

    above = {room for room, floor in FLOOR_OF_ROOM.items() if floor > FLOOR_OF_ROOM["simulation"]}
    assert above == ABOVE
