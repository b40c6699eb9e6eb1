"""From a scenario or a result to a folder of files for other programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import InputError, OutputError, RunError
from ecumene.exports.czml import MOST_SATELLITES, czml_text
from ecumene.exports.geojson import gateway_lines, row_lines
from ecumene.exports.geoparquet import write_geoparquet
from ecumene.exports.graphml import graphml_text
from ecumene.exports.hypatia import hypatia_files
from ecumene.exports.ion import contact_plan_files
from ecumene.exports.kml import kml_lines
from ecumene.exports.netcdf import write_netcdf
from ecumene.exports.prometheus import prometheus_text
from ecumene.results.files import put_lines
from ecumene.results.store import check_place
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ecumene.results.outcome import Results
    from ecumene.scenario import Scenario
    from ecumene.slot import Slot
    from ecumene.world import World


def _graphml_files(world: World, slots: Iterable[Slot]) -> Iterator[tuple[str, str]]:
    for slot in slots:
        yield f"slot_{slot.sky.slot:06d}.graphml", graphml_text(world, slot)


def _czml_files(
    world: World, _slots: Iterable[Slot], most: int = MOST_SATELLITES
) -> Iterator[tuple[str, str]]:
    yield "satellites.czml", czml_text(world, world.scenario.slots, most=most)


FORMATS: dict[str, Callable[[World, Iterable[Slot]], Iterator[tuple[str, str]]]] = {
    "hypatia": hypatia_files,
    "graphml": _graphml_files,
    "ion": contact_plan_files,
    "czml": _czml_files,
}
"""What can be written of a scenario, or of the scenario of a result."""

OF_ALL_SLOTS = {"ion", "czml"}
"""Formats that take all slots where no number is given, not the first alone."""


def _geojson(results: Results, folder: Path) -> Iterator[Path]:
    yield put_lines(folder / "rows.geojson", row_lines(results.rows()))
    yield put_lines(folder / "gateways.geojson", gateway_lines(results.gateways()))


def _geoparquet(results: Results, folder: Path) -> Iterator[Path]:
    yield write_geoparquet(results.rows(), folder / "rows.parquet")


def _netcdf(results: Results, folder: Path) -> Iterator[Path]:
    yield write_netcdf(results, folder / f"{results.scenario.name}.nc")


def _kml(results: Results, folder: Path) -> Iterator[Path]:
    names = dict(zip(results.countries()["country"], results.countries()["name"], strict=True))
    title = results.scenario.title or results.scenario.name
    lines = kml_lines(title, results.rows(), results.gateways(), names)
    yield put_lines(folder / f"{results.scenario.name}.kml", lines)


def _prometheus(results: Results, folder: Path) -> Iterator[Path]:
    yield put_lines(folder / f"{results.scenario.name}.prom", [prometheus_text(results)])


OF_RESULTS = {
    "geojson": _geojson,
    "geoparquet": _geoparquet,
    "netcdf": _netcdf,
    "kml": _kml,
    "prometheus": _prometheus,
}
"""What can be written of a result alone."""


def write_of_result(
    name: str, results: Results, folder: Path, *, countries: Sequence[str] = (), force: bool = False
) -> list[Path]:
    """Write the files of a format that holds the numbers of a result.

    Parameters
    ----------
    name
        One of `OF_RESULTS`.
    results
        The run.
    folder
        Where to; made where it does not exist.
    countries
        Rows of these alone, by code; all where empty.
    force
        Write into a folder that holds files already.

    Returns
    -------
    written
        The files.

    Raises
    ------
    InputError
        The result has no row of a country, or the format needs a library that is not installed.
    OutputError
        The folder cannot be used.
    RunError
        Writing failed.
    """
    chosen = _of_countries(results, countries)
    check_target(folder, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return list(OF_RESULTS[name](chosen, folder))
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"{folder}: writing failed: {reason}; free the folder and try again") from None


def _of_countries(results: Results, countries: Sequence[str]) -> Results:
    """Return results with the rows of some countries alone; without the per-slot arrays, which hold all."""
    if not countries:
        return results
    of_row = results.rows()["country"].astype(str)
    known = sorted(set(of_row.tolist()))
    missing = [code for code in countries if code not in known]
    if missing:
        listed = ", ".join(known) if len(known) <= 30 else f"{len(known)} countries have rows"
        raise InputError(f"--country {','.join(missing)}: no row in {results.scenario.name}; {listed}")
    is_chosen = np.isin(of_row, countries)
    rows = {column: values[is_chosen] for column, values in results.rows().items()}
    return replace(results, tables={**results.tables, "rows": rows}, arrays=None)


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse a folder that is a file, holds files, or cannot be made.

    Raises
    ------
    OutputError
        With what to do instead.
    """
    check_place(folder)
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise OutputError(
            f"--out {folder}: holds files; name an empty or a new folder, or --force to write there"
        )


def slots_of(world: World, n_slots: int, on_slot: Callable[[int, int], None] | None = None) -> Iterator[Slot]:
    """Return the first slots of a world, as a run computes them.

    Parameters
    ----------
    world
        From `ecumene.world.build`.
    n_slots
        How many.
    on_slot
        Called with slots done and slots in all, first with 0.
    """
    tell = on_slot or (lambda _done, _total: None)
    before: Slot | None = None
    tell(0, n_slots)
    sky, next_sky = survey(world.at(0), 0), survey(world.at(1), 1)
    for k in range(n_slots):
        before = one_slot(world.at(k), sky, next_sky, before)
        yield before
        tell(k + 1, n_slots)
        if k + 1 < n_slots:
            sky, next_sky = next_sky, survey(world.at(k + 2), k + 2)


def write_export(
    name: str,
    scenario: Scenario,
    folder: Path,
    *,
    slots: int | None = None,
    most: int | None = None,
    force: bool = False,
    on_slot: Callable[[int, int], None] | None = None,
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
        How many, from the first; one where not given, or all of them (`OF_ALL_SLOTS`).
    most
        Satellites at most, for czml (`czml_text`).
    force
        Write into a folder that holds files already.
    on_slot
        Called with slots done and slots in all.

    Returns
    -------
    written
        The files, in the order they were written.

    Raises
    ------
    InputError
        More slots than the scenario has, a world the format cannot hold, or `most` for another format than czml.
    OutputError
        The folder cannot be used.
    RunError
        Writing failed.
    """
    if most is not None and name != "czml":
        raise InputError(f"--most: is for czml; {name} holds every satellite, leave it out")
    n_slots = slots or (scenario.slots if name in OF_ALL_SLOTS else 1)
    if n_slots > scenario.slots:
        raise InputError(
            f"--slots {slots}: {scenario.name} has {scenario.slots}; for more of a scenario: --set slots={slots}"
        )
    check_target(folder, force=force)
    world = build(scenario.model_copy(update={"slots": n_slots}))
    written = []
    slots_done = slots_of(world, n_slots, on_slot)
    files = FORMATS[name](world, slots_done) if most is None else _czml_files(world, slots_done, most)
    for relative, text in files:
        path = folder / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise RunError(f"{path}: writing failed: {reason}; free the folder and try again") from None
        written.append(path)
    return written
