"""Commands that explain: why, compare."""

from __future__ import annotations

import os
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
    exit_codes,
    is_compiled,
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

_WHY_OPTIONS = ("--scenario", "--at", "--set", "--resolution", "--slots", "--start", "--from-start", "--json", "--quiet")


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
            metavar="NAME|FILE",
            help="The preset or TOML file to ask about.",
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
            "--from-start", help="Compute every slot of the run before it, not 12 at most: ecumene run's numbers."
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
        scenario = load_scenario(scenario_name, options, constellation, None, settings or [])
        from ecumene.reasons import why as reasons_why

        if not quiet and not is_compiled():
            say("first run on this machine: compiling kernels as they are met, half a minute or more in all")
        with progress(quiet=quiet) as on_slot, stopping_between_slots(on_slot) as on_slot_or_stop:
            chain = reasons_why(scenario, wanted, at=moment, from_the_start=from_start, on_slot=on_slot_or_stop)
        if as_json:
            typer.echo(json_text(chain.as_tree()))
            return
        from ecumene.views.reasons import chain_text

        width, heading = terminal()
        typer.echo(chain_text(chain, width, heading=heading))


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
