"""The command about the ground: site."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecumene import __version__
from ecumene.cli.base import (
    AsJson,
    Debug,
    Resolution,
    Settings,
    Slots,
    Start,
    app,
    check_words,
    country_completion,
    exit_codes,
    json_text,
    load_scenario,
    preset_completion,
    progress,
    say,
    stopping_between_slots,
    word_completion,
)

if TYPE_CHECKING:
    from ecumene.scenario import Scenario


@app.command()
def site(
    country: Annotated[
        str,
        typer.Option(
            metavar="CC",
            help="Where the gateways shall stand, such as BR.",
            autocompletion=country_completion,
        ),
    ],
    antennas: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="New antennas in all.")],
    scenario_name: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE",
            help="The preset or TOML file whose satellites, gateways, law and demand hold.",
            autocompletion=preset_completion,
        ),
    ] = "starlink-gen1",
    per_site: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=200, help="Antennas of a new site; gateways.antennas by default."
        ),
    ] = None,
    goal: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="traffic|people",
            help="What the sites shall gain most of.",
            autocompletion=word_completion("traffic", "people"),
        ),
    ] = "traffic",
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="CC,CC",
            help="Whose people and traffic count; the country itself by default.",
            autocompletion=country_completion,
        ),
    ] = None,
    among: Annotated[
        str,
        typer.Option(
            metavar="towns|cells",
            help="Where a site may stand: at towns, or on any land.",
            autocompletion=word_completion("towns", "cells"),
        ),
    ] = "towns",
    spacing_km: Annotated[
        float, typer.Option(metavar="KM", min=0.0, max=5_000.0, help="Least distance to any other gateway.")
    ] = 50.0,
    samples: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="Slots sampled, spread evenly over the run.")
    ] = 24,
    checked: Annotated[
        int,
        typer.Option(
            "--check",
            metavar="N",
            min=0,
            max=1_000,
            help="Of these, slots run through the whole model; 0 for none.",
        ),
    ] = 6,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the scenario's sites and the new ones: .csv or .geojson."),
    ] = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    settings: Settings = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Propose new gateways in a country, the one that adds most first, each with its gain.

    Example: ecumene site --country BR --antennas 40 --out sites.csv
    """
    with exit_codes(debug=debug):
        check_words({"--for": (goal, ("traffic", "people")), "--among": (among, ("towns", "cells"))})
        scenario = load_scenario(
            scenario_name,
            {"start": start, "slots": slots, "resolution": resolution},
            None,
            None,
            settings or [],
        )
        facts = _propose(
            scenario,
            out,
            quiet=quiet,
            country=country,
            antennas=antennas,
            antennas_per_site=per_site or scenario.gateways.antennas,
            goal=goal,
            served=tuple(code.strip() for code in serve.split(",")) if serve else (),
            among=among,
            spacing_km=spacing_km,
            samples=samples,
            checked=checked,
        )
        if as_json:
            typer.echo(json_text(facts))
            return
        from ecumene.views.siting import siting_text

        typer.echo(siting_text(facts))
        if out is not None:
            say(f'{out} written; use it with --set gateways.sites="{out}"')


def _propose(scenario: Scenario, out: Path | None, *, quiet: bool, **options: Any) -> dict[str, Any]:
    """Place gateways, write the list where asked to, and return the facts."""
    from ecumene.exports.site_list import check_name, write_sites
    from ecumene.siting import propose
    from ecumene.views.siting import siting_facts
    from ecumene.world import build

    if out is not None:
        check_name(out)
    if not quiet:
        say(f"{scenario.name}: looking for gateways in {options['country']}")
    busy = scenario.model_copy(update={"demand": scenario.demand.model_copy(update={"diurnal": False})})
    world = build(busy)
    with progress(quiet=quiet) as on_slot, stopping_between_slots(on_slot) as on_slot_or_stop:
        proposal = propose(world, on_slot=on_slot_or_stop, **options)
    start_utc = world.start.isoformat().replace("+00:00", "Z")
    facts = siting_facts(proposal, scenario.name, start_utc, scenario.slots, options["spacing_km"])
    if out is not None:
        head = (
            f"Ground sites of {scenario.name}, and {len(proposal.sites)} new gateways in {proposal.country}, by",
            f"ecumene {__version__}: ecumene {' '.join(sys.argv[1:])}",
        )
        write_sites(out, [world.ground.gateways, world.ground.pops, proposal.sites], head)
    return facts
