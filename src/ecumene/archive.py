"""Result folders read back: as results, or as the scenario they came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ecumene.errors import DamagedResultError
from ecumene.results.arrays import STORE
from ecumene.results.frames import read_frames
from ecumene.results.outcome import Results
from ecumene.results.schema import TABLES
from ecumene.results.store import (
    FRAMES,
    MANIFEST,
    SUMMARY,
    check_intact,
    input_digests,
    read_json,
    read_table,
)
from ecumene.scenario import Scenario

if TYPE_CHECKING:
    from typing import Any


def open_results(folder: str | Path) -> Results:
    """Return the results in a folder, after comparing every file with the digest in its manifest.

    Parameters
    ----------
    folder
        Where `ecumene run` or `Results.write` wrote.

    Returns
    -------
    results
        As the run returned them; `arrays` is the folder of the per-slot arrays where they were kept, `frames` is None
        in a folder of a version that did not keep them.

    Raises
    ------
    NoResultError
        There is no manifest: not a result folder, or a run that never finished.
    DamagedResultError
        A file is missing or has changed, or another version wrote what this one cannot read.
    """
    folder = Path(folder)
    check_intact(folder)
    manifest = read_json(folder / MANIFEST)
    try:
        tables = {name: read_table(folder, name) for name in TABLES}
    except DamagedResultError as error:
        raise DamagedResultError(
            f"{error}; version {manifest['version']} wrote it: run the scenario again"
        ) from None
    store, frames = folder / STORE, None
    if FRAMES in manifest["outputs"]:
        sizes = {
            "n_rows": len(tables["rows"]["cell"]),
            "n_satellites": len(tables["satellites"]["satellite"]),
        }
        frames = read_frames(folder / FRAMES, **sizes)
    return Results(
        scenario=_scenario(folder, manifest),
        tables=tables,
        summary=read_json(folder / SUMMARY),
        frames=frames,
        arrays=store if store.is_dir() else None,
    )


def scenario_of_result(folder: Path) -> Scenario:
    """Return the scenario a result came from, after checking the result and the files that went into it.

    Parameters
    ----------
    folder
        A result folder.

    Raises
    ------
    NoResultError
        As `open_results`.
    DamagedResultError
        The folder does not match its manifest, or a file the run read has changed since or is gone.
    """
    check_intact(folder)
    manifest = read_json(folder / MANIFEST)
    scenario = _scenario(folder, manifest)
    now = input_digests(scenario)
    for name, digest in manifest["inputs"].items():
        if now.get(name) != digest:
            raise DamagedResultError(
                f"{name}: has changed since {folder} was computed, or is gone; run it again"
            )
    return scenario


def _scenario(folder: Path, manifest: dict[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate_json(json.dumps(manifest["scenario"]))
    except ValueError as error:
        raise DamagedResultError(
            f"{folder}: its scenario was written by version {manifest['version']} and cannot be read: {error}"
        ) from None
