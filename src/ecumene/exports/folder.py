"""From a scenario or a result to a folder of files for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecumene.errors import DamagedResultError, InputError, OutputError, RunError
from ecumene.exports.graphml import graphml_text
from ecumene.exports.hypatia import hypatia_files
from ecumene.results.store import MANIFEST, check_intact, input_digests
from ecumene.scenario import Scenario
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ecumene.slot import Slot
    from ecumene.world import World


def _graphml_files(world: World, slots: Iterable[Slot]) -> Iterator[tuple[str, str]]:
    for slot in slots:
        yield f"slot_{slot.sky.slot:06d}.graphml", graphml_text(world, slot)


FORMATS = {"hypatia": hypatia_files, "graphml": _graphml_files}
"""What can be written."""


def scenario_of_result(folder: Path) -> Scenario:
    """Return the scenario a result came from, after checking the result and the files that went into it.

    Parameters
    ----------
    folder
        A result folder.

    Raises
    ------
    DamagedResultError
        The folder does not match its manifest, or a file the run read has changed since or is gone.
    """
    check_intact(folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    try:
        scenario = Scenario.model_validate_json(json.dumps(manifest["scenario"]))
    except ValueError as error:
        raise DamagedResultError(
            f"{folder}: its scenario was written by version {manifest['version']} and cannot be read: {error}"
        ) from None
    now = input_digests(scenario)
    for name, digest in manifest["inputs"].items():
        if now.get(name) != digest:
            raise DamagedResultError(
                f"{name}: has changed since {folder} was computed, or is gone; run it again"
            )
    return scenario


def slots_of(world: World, n_slots: int) -> Iterator[Slot]:
    """Return the first slots of a world, as a run computes them."""
    before: Slot | None = None
    sky, next_sky = survey(world.at(0), 0), survey(world.at(1), 1)
    for k in range(n_slots):
        before = one_slot(world.at(k), sky, next_sky, before)
        yield before
        if k + 1 < n_slots:
            sky, next_sky = next_sky, survey(world.at(k + 2), k + 2)


def write_export(
    name: str, scenario: Scenario, folder: Path, *, slots: int, force: bool = False
) -> list[Path]:
    """Write the files of a format.

    Parameters
    ----------
    name
        One of `FORMATS`.
    scenario
        What to export.
    folder
        Where to; made where it does not exist.
    slots
        How many, from the first.
    force
        Write into a folder that holds files already.

    Returns
    -------
    written
        The files, in the order they were written.

    Raises
    ------
    InputError
        More slots than the scenario has, or a world the format cannot hold.
    OutputError
        The folder cannot be used.
    RunError
        Writing failed.
    """
    if slots > scenario.slots:
        raise InputError(
            f"--slots {slots}: {scenario.name} has {scenario.slots}; for more of a scenario: --set slots={slots}"
        )
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"--out {folder}: is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise OutputError(
            f"--out {folder}: holds files; name an empty or a new folder, or --force to write there"
        )
    world = build(scenario)
    written = []
    for relative, text in FORMATS[name](world, slots_of(world, slots)):
        path = folder / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise RunError(f"{path}: writing failed: {reason}; free the folder and try again") from None
        written.append(path)
    return written
