"""Commands about one scenario: run, list, init, check."""

from __future__ import annotations

import os
import re
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ecumene import __version__
from ecumene.cli.base import (
    FAILED,
    GLOBE_CELLS,
    AsJson,
    ConstellationFile,
    Debug,
    FaultList,
    GlobeCells,
    Name,
    PairList,
    PlacesFile,
    Resolution,
    Seed,
    Settings,
    Slots,
    Start,
    app,
    code_of,
    compile_ahead,
    exit_codes,
    fail,
    fail_interrupted,
    is_debug,
    json_text,
    load_scenario,
    name_missing,
    pair_settings,
    preset_completion,
    progress,
    say,
    stopping_between_slots,
    telling_lines,
    terminal,
)
from ecumene.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecumene.results.outcome import Results
    from ecumene.scenario import Scenario
    from ecumene.views.progress import OnSlot


@app.command()
def run(
    name: Name = None,
    constellation: ConstellationFile = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results; out/NAME by default.")
    ] = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    places: PlacesFile = None,
    pairs: PairList = None,
    faults: FaultList = None,
    settings: Settings = None,
    seed: Seed = None,
    arrays: Annotated[
        bool,
        typer.Option(
            "--arrays", help="Keep rate, cause, round trip, satellite, ... of every row and slot: slots.zarr."
        ),
    ] = False,
    globe_cells: GlobeCells = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor summary.")] = False,
    as_json: AsJson = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the result or the unfinished run of another scenario.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Compute the whole planet and write report, tables and manifest. An interrupted run goes on when it is run again.

    Example: ecumene run starlink-gen1 --slots 40 --set terminal.min_elevation_deg=30
    """
    if name is None:
        name_missing("run")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}
    with exit_codes(debug=debug):
        from ecumene.results.schema import ARRAYS

        kept = ["output.arrays=" + json_text(list(ARRAYS))] if arrays else []
        scenario = load_scenario(
            name,
            options,
            constellation,
            places,
            [*pair_settings(pairs), *kept, *(settings or [])],
            faults or (),
        )
        folder = out or Path("out") / scenario.name
        with telling_lines(name):
            results, report_failure = compute_run(
                scenario, folder, globe_resolution=globe_cells or GLOBE_CELLS, force=force, quiet=quiet
            )
        if as_json:
            typer.echo(json_text(results.summary))
        elif not quiet:
            _print_summary(results, folder, has_report=report_failure is None)
        if report_failure is not None:
            why, code = report_failure, FAILED
            if isinstance(report_failure, KeyboardInterrupt):
                why, code = "interrupted", code_of(report_failure)
            fail(f"the tables are in {folder}, but the report could not be drawn: {why}", code)


@app.command("list")
def list_presets(as_json: AsJson = False, debug: Debug = False) -> None:
    """List the bundled scenarios with their sources."""
    with exit_codes(debug=debug):
        presets = _presets()
        if as_json:
            typer.echo(json_text(presets))
            return
        for preset in presets:
            typer.echo(_preset_lines(preset))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The TOML file to write.")],
    preset: Annotated[
        str,
        typer.Option("--from", metavar="NAME", help="The preset to copy.", autocompletion=preset_completion),
    ] = "starlink-gen1",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    debug: Debug = False,
) -> None:
    """Copy a preset into a file of your own, with every other key commented out beside it.

    Example: ecumene init my.toml --from starlink-gen1
    """
    with exit_codes(debug=debug):
        from ecumene.results.files import check_new_file
        from ecumene.scenario import load, preset_names, preset_text
        from ecumene.scenario.commented import with_every_key

        text = with_every_key(preset_text(preset), load(preset))
        if str(file) in preset_names():
            raise InputError(f"{file}: is the name of a preset; call the file {file}.toml")
        check_new_file(file)
        if file.exists() and not force:
            raise InputError(f"{file}: exists already; name another file, or --force to overwrite it")
        file.write_text(_own_copy(text, preset, file), encoding="utf-8")
        typer.echo(f"{file} written; next: ecumene check {file}, then ecumene run {file}", err=True)


@app.command()
def check(
    name: Name = None,
    constellation: ConstellationFile = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    places: PlacesFile = None,
    pairs: PairList = None,
    faults: FaultList = None,
    settings: Settings = None,
    seed: Seed = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check a scenario and show what follows from it, without running it."""
    if name is None:
        name_missing("check")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}
    with exit_codes(debug=debug):
        scenario = load_scenario(
            name, options, constellation, places, [*pair_settings(pairs), *(settings or [])], faults or ()
        )
        from ecumene.world import build, describe

        with telling_lines(name):
            forecast = describe(build(scenario))
        if as_json:
            typer.echo(json_text(forecast))
        else:
            from ecumene.views.forecast import forecast_text

            typer.echo(forecast_text(forecast))


_STOPPING = "stopping after this slot"


def compute_run(
    scenario: Scenario, folder: Path, *, globe_resolution: int, force: bool, quiet: bool
) -> tuple[Results, str | KeyboardInterrupt | None]:
    """Run a scenario and write its results; return them, and why there is no report if there is none."""
    from ecumene.results.store import REPORT, check_folder, write_results
    from ecumene.simulation import run
    from ecumene.views.forecast import outlook_text
    from ecumene.world import build, describe

    compile_ahead(quiet=quiet)
    world = build(scenario)
    check_folder(folder, world.scenario, force=force)
    if not quiet:
        say(outlook_text(world.scenario.name, describe(world)))
    results: Results | None = None
    failure: str | KeyboardInterrupt | None
    try:
        with (
            progress(quiet=quiet) as on_slot,
            stopping_between_slots(_telling_resumption(on_slot), notice=_STOPPING) as on_slot_or_stop,
        ):
            results = run(world, on_slot=on_slot_or_stop, folder=folder, force=force)
        if not quiet:
            say("drawing the report")
        page, failure = report_page(results, globe_resolution)
    except KeyboardInterrupt as interruption:
        if results is None:
            _fail_unfinished(folder, interruption)
        page, failure = None, interruption
    extra_files = {} if page is None else {REPORT: page}
    write_results(results, folder, force=force, extra_files=extra_files, globe_cells=globe_resolution)
    return results, failure


def _telling_resumption(on_slot: OnSlot | None) -> OnSlot | None:
    """Say from where a run goes on, when its first call tells that slots are done already; nothing where quiet."""
    if on_slot is None:
        return None
    is_first = True

    def told(done: int, total: int) -> None:
        nonlocal is_first
        if is_first and done:
            say(f"going on after slot {done} of {total}")
        is_first = False
        on_slot(done, total)

    return told


def _fail_unfinished(folder: Path, interruption: KeyboardInterrupt) -> NoReturn:
    """Say how far an interrupted run came, and how it goes on."""
    from ecumene.results.checkpoint import CHECKPOINT, read_head

    path = folder / CHECKPOINT
    if not path.is_file():
        fail_interrupted(interruption)
    head = read_head(path)
    command = shlex.join(["ecumene", *sys.argv[1:]])
    say(f"interrupted after slot {head.n_done} of {head.n_slots}; to go on: {command}")
    raise typer.Exit(code_of(interruption))


def report_page(results: Results, globe_resolution: int = GLOBE_CELLS) -> tuple[str | None, str | None]:
    """Return the report, or why it could not be drawn: hours of computing must not be lost to a picture."""
    from ecumene.views.report import report_html

    try:
        return report_html(results, globe_resolution=globe_resolution), None
    except Exception as error:  # noqa: BLE001 - any failure is told, and the exit code says so
        if is_debug():
            traceback.print_exc()
        return None, f"{type(error).__name__}: {error}"


def _print_summary(results: Results, folder: Path, *, has_report: bool) -> None:
    from ecumene.views.terminal import summary_text

    width, heading = terminal()
    typer.echo(summary_text(results.summary, width, heading=heading))
    typer.echo(f"\nResults  {folder}{os.sep}" + (f"    Open  {folder / 'report.html'}" if has_report else ""))


def _presets() -> list[dict[str, Any]]:
    from ecumene.scenario import load, preset_names, preset_text

    presets = []
    for name in preset_names():
        scenario = load(name)
        presets.append(
            {
                "name": name,
                "title": scenario.title,
                "satellites": sum(
                    shell.planes * shell.sats_per_plane for shell in scenario.constellation.shells
                ),
                "slots": scenario.slots,
                "source": _source_line(preset_text(name)),
            }
        )
    return presets


def _source_line(text: str) -> str:
    """Return where satellites are from: the comment above the first shell, of this preset or of the one it extends."""
    from ecumene.scenario import preset_text

    lines = text.splitlines()
    if (
        base := re.search(r'^extends = "(.*)"', text, re.MULTILINE)
    ) and "[[constellation.shells]]" not in text:
        return _source_line(preset_text(base[1]))
    header = next((k for k, line in enumerate(lines) if line.startswith("[[constellation.shells]]")), 0)
    comments: list[str] = []
    for line in reversed(lines[:header]):
        if not line.startswith("#"):
            break
        comments.insert(0, line.lstrip("# "))
    return " ".join(comments)


def _preset_lines(preset: Mapping[str, Any]) -> str:
    import textwrap

    head = f"{preset['name']:<22}{preset['satellites']:>5,} satellites  {preset['title']}"
    source = preset["source"] or "made up"
    return (
        head
        + "\n"
        + textwrap.fill(f"source: {source}", 100, initial_indent=" " * 16, subsequent_indent=" " * 16)
    )


def _own_copy(text: str, preset: str, file: Path) -> str:
    """Return a preset's text with a heading of its own, and the file's name as the scenario's."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("-._")
    if name:
        text = re.sub(r'^name = ".*"$', f'name = "{name}"', text, count=1, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if "ecumene init" not in line]
    head = (
        f"# Copied from the preset {preset} of ecumene {__version__}.\n"
        f"# Check it: ecumene check {file}\n# Run it:   ecumene run {file}\n"
        "# Editors complete it: ecumene schema --out ecumene.schema.json, and this line:\n"
        "#:schema ecumene.schema.json\n#\n"
    )
    return head + "\n".join(lines) + "\n"
