"""Commands that explain: why, compare."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecumene.cli.base import (
    AsJson,
    ConstellationFile,
    Debug,
    Resolution,
    Settings,
    Slots,
    Start,
    app,
    compile_ahead,
    country_completion,
    exit_codes,
    json_text,
    load_scenario,
    parse_utc,
    preset_completion,
    progress,
    say,
    stopping_between_slots,
    terminal,
)
from ecumene.errors import InputError, ScenarioError, did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from ecumene.results.difference import Side
    from ecumene.scenario import Scenario

_WHY_OPTIONS = (
    "--scenario",
    "--at",
    "--set",
    "--resolution",
    "--slots",
    "--start",
    "--from-start",
    "--json",
    "--quiet",
)


@app.command(context_settings={"ignore_unknown_options": True})  # so that -37.07,-12.31 is a place
def why(
    place: Annotated[
        list[str],
        typer.Argument(metavar="PLACE", help="A name ('Springfield, US' keeps one country) or LAT,LON."),
    ],
    scenario_name: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE|RESULT",
            help="The preset, TOML file or result folder to ask about.",
            autocompletion=preset_completion,
        ),
    ] = "starlink-gen1",
    at: Annotated[
        str | None,
        typer.Option(metavar="UTC", help="When, such as 2026-03-24T12:10:00Z; the first slot by default."),
    ] = None,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start",
            help="Compute every slot of the run before it, not 12 at most: ecumene run's numbers.",
        ),
    ] = False,
    constellation: ConstellationFile = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    settings: Settings = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Explain why a place has service in a slot, or why not, and what would change it.

    Example: ecumene why "Nuku'alofa" --scenario tonga-2022
    """
    with exit_codes(debug=debug):
        wanted = _place_of_words(place)
        moment = _moment(at)
        options = {"start": start, "slots": slots, "resolution": resolution}
        scenario = _scenario_asked(scenario_name, options, constellation, settings or [])
        from ecumene.reasons import why as reasons_why

        compile_ahead(quiet=quiet)
        with progress(quiet=quiet) as on_slot, stopping_between_slots(on_slot) as on_slot_or_stop:
            chain = reasons_why(
                scenario, wanted, at=moment, from_the_start=from_start, on_slot=on_slot_or_stop
            )
        if as_json:
            typer.echo(json_text(chain.as_tree()))
            return
        from ecumene.views.reasons import chain_text

        width, heading = terminal()
        typer.echo(chain_text(chain, width, heading=heading))


def _scenario_asked(
    name: str, options: dict[str, Any], constellation: Path | None, settings: list[str]
) -> Scenario:
    """Return a scenario, or that of a result folder, which has its settings."""
    if not Path(name).is_dir():
        return load_scenario(name, options, constellation, None, settings)
    if constellation is not None or settings or any(value is not None for value in options.values()):
        raise InputError(
            f"{name}: a result has its settings; --start, --slots, --resolution, --constellation and --set are for "
            "scenarios"
        )
    from ecumene.archive import scenario_of_result

    return scenario_of_result(Path(name))


def _place_of_words(words: list[str]) -> str:
    """Return the place; a word that looks like an option is one that is misspelt.

    Raises
    ------
    InputError
        There is such a word.
    """
    odd = [word for word in words if word.startswith("-") and not word[1:2].isdigit() and word[1:2] != "."]
    if odd:
        raise InputError(f"{odd[0]}: no such option{did_you_mean(odd[0], _WHY_OPTIONS)}")
    return " ".join(words)


def _moment(at: str | None) -> datetime | None:
    problems: list[str] = []
    moment = parse_utc("at", at, problems)
    if problems:
        raise ScenarioError("the command line", problems)
    return moment


@app.command()
def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A result folder, a preset or a TOML file.", autocompletion=preset_completion
        ),
    ],
    second: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="Another one; A again, with --set-b, by default.",
            autocompletion=preset_completion,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for page, map and CSV; out/A-and-B by default.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Write the map of who gained and lost here as well."),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(metavar="CC", help="Compare this country alone.", autocompletion=country_completion),
    ] = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    settings: Settings = None,
    set_b: Annotated[
        list[str] | None,
        typer.Option(
            "--set-b", metavar="KEY=VALUE", help="A key that is changed in B alone; may be repeated."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor text.")] = False,
    as_json: AsJson = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another comparison.")] = False,
    debug: Debug = False,
) -> None:
    """Compare two results or scenarios: who gained, who lost, where, why.

    Example: ecumene compare starlink-gen1 --set-b isl.topology=none --slots 8 --resolution 4
    """
    with exit_codes(debug=debug):
        if second is None and not set_b:
            raise InputError("name a second result or scenario, or change A with --set-b KEY=VALUE")
        options = {"start": start, "slots": slots, "resolution": resolution}
        is_result = [Path(name).is_dir() for name in (first, second or first)]
        if all(is_result) and (settings or any(value is not None for value in options.values())):
            raise InputError(
                "both are results, which have their settings; leave out --start, --slots and the like"
            )
        both = [[] if is_folder else settings or [] for is_folder in is_result]
        wanted = [(first, both[0]), (second or first, [*both[1], *(set_b or [])])]
        sources = [_source(name, options, more) for name, more in wanted]
        labels = _labels(first, second, set_b or [])
        folder = out or Path("out") / "-and-".join(_slug(label) for label in labels)
        _check_compare_folder(folder, force=force)
        if plot is not None:
            from ecumene.results.files import check_new_file

            check_new_file(plot, endings=(".png",), option="--plot")
        from ecumene.results.difference import check_resolutions, difference
        from ecumene.views.difference import with_towns

        check_resolutions(labels, [_resolution(source) for source in sources])
        sides = [_side(source, label, quiet=quiet) for source, label in zip(sources, labels, strict=True)]
        found = difference(*sides, country=country or "")
        if not sides[0].keys.get("cell"):  # a made-up planet has no towns
            with_towns(found)
        written = _write_compare(found, folder, plot)
        if as_json:
            typer.echo(json_text(found.as_tree()))
        elif not quiet:
            from ecumene.views.difference import difference_text

            width, heading = terminal()
            typer.echo(difference_text(found, width, heading=heading))
            typer.echo(f"\nComparison  {folder}{os.sep}    Open  {written}")


def _source(name: str, options: dict[str, Any], settings: list[str]) -> Path | Scenario:
    """Return a result folder, or the scenario of a name or file."""
    folder = Path(name)
    if not folder.is_dir():
        return load_scenario(name, options, None, None, settings)
    from ecumene.results.store import check_is_result

    check_is_result(folder)
    if settings:
        raise InputError(f"{name}: a result has its settings; --set and --set-b are for scenarios")
    return folder


def _resolution(source: Path | Scenario) -> int:
    """Return the H3 resolution of a side before it is read or computed."""
    if not isinstance(source, Path):
        return source.resolution
    from ecumene.results.store import SUMMARY, read_json

    return int(read_json(source / SUMMARY)["resolution"])


def _labels(first: str, second: str | None, set_b: list[str]) -> tuple[str, str]:
    changed = ", ".join(set_b)
    other = first if second is None else second
    return first, f"{other} with {changed}" if changed else other


def _slug(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", label).strip("-.")[:60]


def _side(source: Path | Scenario, label: str, *, quiet: bool) -> Side:
    """Read a result, or compute one."""
    from ecumene.results.difference import read_side, side_of_results
    from ecumene.scenario.loading import with_defaults
    from ecumene.simulation import run
    from ecumene.world import build

    if isinstance(source, Path):
        side = read_side(source)
        return replace(side, keys=with_defaults(side.keys))
    if not quiet:
        say(f"computing {label}")
    world = build(source)
    with progress(quiet=quiet) as on_slot, stopping_between_slots(on_slot) as on_slot_or_stop:
        return side_of_results(run(world, on_slot=on_slot_or_stop), label)


_COMPARE_FILES = ("comparison.html", "countries.csv", "rows.csv", "map.png", "comparison.json")


def _check_compare_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something else, before anything is computed."""
    from ecumene.errors import OutputError
    from ecumene.results.store import check_place

    check_place(folder)
    present = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    if present - set(_COMPARE_FILES):
        raise OutputError(
            f"--out {folder}: holds other files than a comparison; name an empty or a new folder"
        )
    if present and not force:
        raise OutputError(
            f"--out {folder}: holds a comparison; give another --out, or --force to overwrite it"
        )


def _write_compare(found: Any, folder: Path, plot: Path | None) -> Path:
    """Write page, map, tables; return the page's path."""
    import numpy as np

    from ecumene.errors import RunError
    from ecumene.results.difference import countries_csv, rows_csv
    from ecumene.results.files import put_file
    from ecumene.views.difference import difference_html
    from ecumene.views.worldmap import build_canvas, change_map_png, plain_cause_map_png

    rows = found.rows
    none = {"lat_deg": np.zeros(0), "lon_deg": np.zeros(0), "gateway": np.zeros(0, object)}
    canvas = build_canvas(rows, none, may_zoom=True)
    png = change_map_png(canvas, rows["served_b"].astype(np.float64) - rows["served_a"].astype(np.float64))
    csvs = {"countries.csv": countries_csv(found), "rows.csv": rows_csv(found)}
    sides = tuple(plain_cause_map_png(canvas, rows[f"main_cause_{side}"]) for side in "ab")
    page = difference_html(found, png, sides, {"countries.csv": csvs["countries.csv"]})
    files: dict[str, bytes | str] = {
        **csvs,
        "map.png": png,
        "comparison.json": json_text(found.as_tree()),
        "comparison.html": page,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            put_file(folder / name, content.encode() if isinstance(content, str) else content)
        if plot is not None:
            put_file(plot, png)
    except OSError as error:
        raise RunError(f"{folder}: writing the comparison failed: {error.strerror or error}") from None
    return folder / "comparison.html"
