"""The command that writes for other programs: export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecumene.cli.base import (
    Debug,
    PlacesFile,
    Settings,
    Start,
    app,
    country_completion,
    exit_codes,
    load_scenario,
    preset_completion,
    progress,
    say,
    stopping_between_slots,
    word_completion,
)
from ecumene.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = "geojson|geoparquet|netcdf|kml|prometheus|czml|graphml|hypatia|ion"


@app.command()
def export(
    format_: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help=f"What to write: {KINDS}.",
            autocompletion=word_completion(*KINDS.split("|")),
        ),
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="RESULT|NAME|FILE",
            help="A result folder; for czml, graphml, hypatia and ion also a preset or a TOML file.",
            autocompletion=preset_completion,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files; out/NAME-FORMAT by default.")
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CC,CC",
            help="Rows of these countries alone (formats of results).",
            autocompletion=country_completion,
        ),
    ] = None,
    start: Start = None,
    slots: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Slots, from the first: 1 for graphml and hypatia, all for czml and ion."
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Satellites in czml at most, 500 by default; of more, every second, third, ... is written.",
        ),
    ] = None,
    places: PlacesFile = None,
    settings: Settings = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds files.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor notes.")] = False,
    debug: Debug = False,
) -> None:
    """Write for other programs: the numbers of a result, or the network slot by slot.

    Example: ecumene export geojson out/starlink-gen1 --country UA
    """
    with exit_codes(debug=debug):
        from ecumene.exports.folder import FORMATS, OF_RESULTS

        if format_ not in FORMATS and format_ not in OF_RESULTS:
            known = [*OF_RESULTS, *FORMATS]
            raise InputError(
                f"{format_!r}: no such format{did_you_mean(format_, known)}; write {' or '.join(known)}"
            )
        is_result = (Path(source) / "manifest.json").is_file()
        if is_result and (start or places or settings):
            raise InputError(
                f"{source}: a result has its settings; --start, --places and --set are for scenarios"
            )
        if format_ in OF_RESULTS:
            for option, value in (("--slots", slots), ("--most", most)):
                if value is not None:
                    raise InputError(f"{option}: {format_} holds the whole run; leave it out")
            folder, written = _of_result(format_, source, out, country, force=force)
        else:
            if country is not None:
                raise InputError(f"--country: is for {', '.join(OF_RESULTS)}; leave it out")
            scenario_options = (start, places, settings or ())
            folder, written = _of_scenario(
                format_, source, out, scenario_options, slots, most,
                is_result=is_result, force=force, quiet=quiet,
            )  # fmt: skip
        if not quiet:
            say(f"{len(written)} {'file' if len(written) == 1 else 'files'} in {folder}{os.sep}")


def _of_result(
    format_: str, source: str, out: Path | None, country: str | None, *, force: bool
) -> tuple[Path, list[Path]]:
    from ecumene.archive import open_results
    from ecumene.exports.folder import write_of_result

    if not Path(source).is_dir():
        raise InputError(
            f"{source}: {format_} is written of a result folder; run the scenario first (ecumene run {source})"
        )
    results = open_results(Path(source))
    folder = out or Path("out") / f"{results.scenario.name}-{format_}"
    countries = [code.strip() for code in country.split(",")] if country else []
    return folder, write_of_result(format_, results, folder, countries=countries, force=force)


def _of_scenario(
    format_: str,
    source: str,
    out: Path | None,
    options: tuple[str | None, Path | None, Sequence[str]],
    slots: int | None,
    most: int | None,
    *,
    is_result: bool,
    force: bool,
    quiet: bool,
) -> tuple[Path, list[Path]]:
    from ecumene.archive import scenario_of_result
    from ecumene.exports.folder import write_export

    start, places, settings = options
    if is_result:
        scenario = scenario_of_result(Path(source))
    else:
        scenario = load_scenario(source, {"start": start}, None, places, settings)
    folder = out or Path("out") / f"{scenario.name}-{format_}"
    notice = f"stopping after this slot; {folder} then lacks files"
    with progress(quiet=quiet) as on_slot, stopping_between_slots(on_slot, notice=notice) as on_slot_or_stop:
        written = write_export(
            format_, scenario, folder, slots=slots, most=most, force=force, on_slot=on_slot_or_stop
        )
    if format_ == "czml" and not quiet:
        from ecumene.exports.czml import document_name

        say(document_name(written[0]))
    return folder, written
