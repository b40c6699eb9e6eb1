"""The command about the law: licences."""

from __future__ import annotations

from datetime import date
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from ecumene.cli.base import (
    AsJson,
    Debug,
    app,
    country_completion,
    exit_codes,
    json_text,
    say,
    terminal,
    word_completion,
)
from ecumene.errors import ScenarioError, did_you_mean


def _register_completion(incomplete: str) -> list[str]:
    from ecumene.licences.register import BUNDLED

    return [name for name in BUNDLED if name.startswith(incomplete)]


@app.command()
def licences(
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day, such as 2022-10-10; today where not given.")
    ] = None,
    register: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="Bundled register (starlink, oneweb, kuiper) or a TOML file.",
            autocompletion=_register_completion,
        ),
    ] = "starlink",
    overrides: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file laid over the register, as licences.overrides."),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            metavar="UA,IN,...",
            help="Tell of these countries alone.",
            autocompletion=country_completion,
        ),
    ] = None,
    disputed: Annotated[
        str,
        typer.Option(
            metavar="record|control",
            help="Whose law holds on disputed land.",
            autocompletion=word_completion("record", "control"),
        ),
    ] = "record",
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the map of law.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print the map of law on a day: who may be served, since when, on whose word.

    Example: ecumene licences --on 2022-10-10 --plot law.png
    """
    with exit_codes(debug=debug):
        day, only = _checked(on, country, disputed)
        if plot is not None:
            from ecumene.results.files import check_new_file

            check_new_file(plot, endings=(".png",), option="--plot")
        from ecumene.world.lawbook import law_of_day

        facts, rows = law_of_day(register, day, overrides=overrides, by_control=disputed == "control")
        if plot is not None:
            import numpy as np

            from ecumene.results.files import put_file
            from ecumene.views.lawbook import law_map_png

            put_file(plot, law_map_png(facts, rows, {"lat_deg": np.zeros(0), "lon_deg": np.zeros(0)}))
            say(f"map: {plot}")
        if as_json:
            if only:
                facts["countries"] = [c for c in facts["countries"] if c["country"] in only]
            typer.echo(json_text(facts))
            return
        from ecumene.views.lawbook import law_text

        width, heading = terminal()
        typer.echo(law_text(facts, width, only=only, heading=heading))


def _checked(on: str | None, country: str | None, disputed: str) -> tuple[date, tuple[str, ...]]:
    """Return the day and the countries meant.

    Raises
    ------
    ScenarioError
        With every mistake of the command line.
    """
    problems: list[str] = []
    day = date.today()  # noqa: DTZ011 - the day where the user sits
    if on is not None:
        try:
            day = date.fromisoformat(on)
        except ValueError:
            problems.append(f"--on {on}: must be a day that exists, such as 2022-10-10")
    only = tuple(code.strip().upper() for code in country.split(",")) if country else ()
    if only:
        from ecumene.earth.countries import countries

        known = countries()
        problems += [
            f"--country {code}: unknown country code{known.hint(code)}"
            for code in only
            if code not in known.code
        ]
    if disputed not in {"record", "control"}:
        hint = did_you_mean(disputed, ("record", "control"))
        problems.append(f"--disputed {disputed}: must be record or control{hint}")
    if problems:
        raise ScenarioError("the command line", problems)
    return day, only
