"""The command that tells a finished run again, or one country of it: report."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecumene.cli.base import AsJson, Debug, app, country_completion, exit_codes, json_text, say, terminal
from ecumene.errors import DamagedResultError, InputError

if TYPE_CHECKING:
    from ecumene.results.schema import Table


@app.command()
def report(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A result folder, such as out/starlink-gen1.")
    ],
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CC", help="Tell of this country alone, such as KE.", autocompletion=country_completion
        ),
    ] = None,
    down_mbps: Annotated[
        float, typer.Option("--mbps", metavar="MBPS", min=0.0, help="Rate down that counts as broadband.")
    ] = 100.0,
    rtt_ms: Annotated[
        float, typer.Option("--ms", metavar="MS", min=0.0, help="Round trip to the PoP that counts as such.")
    ] = 100.0,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write it as a page with maps as well; with --country."),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Tell a finished run again; or one country: who is served, how well, over whose gateways, why not.

    Example: ecumene report out/starlink-gen1 --country KE --html kenya.html
    """
    with exit_codes(debug=debug):
        from ecumene.results.store import read_summary

        width, heading = terminal()
        summary = read_summary(result)
        if country is None:
            if html is not None:
                raise InputError(
                    "--html: needs --country; the whole planet's page is report.html in the folder"
                )
            from ecumene.views.terminal import summary_text

            typer.echo(json_text(summary) if as_json else summary_text(summary, width, heading=heading))
            return
        facts, tables = _country(result, summary, country, down_mbps, rtt_ms)
        if html is not None:
            from ecumene.results.store import put_file
            from ecumene.views.national import national_html

            put_file(html, national_html(facts, tables["rows"], tables["gateways"]).encode())
            say(f"{html} written")
        if as_json:
            typer.echo(json_text(facts))
            return
        from ecumene.views.national import national_text

        typer.echo(national_text(facts, width, heading=heading))


def _country(
    result: Path, summary: dict[str, Any], country: str, down_mbps: float, rtt_ms: float
) -> tuple[dict[str, Any], dict[str, Table]]:
    """Return a country's facts, and the tables they were drawn from."""
    from ecumene.results.difference import read_table
    from ecumene.results.national import country_facts
    from ecumene.results.store import MANIFEST, read_json

    tables = {
        name: read_table(result, name) for name in ("rows", "countries", "landings", "cuts", "gateways")
    }
    scenario = read_json(result / MANIFEST)["scenario"]
    try:
        asked_mbps, is_earth = float(scenario["demand"]["mbps_per_subscriber"]), not scenario["cell"]
    except KeyError as error:
        raise DamagedResultError(f"{result / MANIFEST}: its scenario has no key {error}") from None
    facts = country_facts(
        country,
        tables,
        summary,
        asked_mbps=asked_mbps,
        down_mbps=down_mbps,
        rtt_ms=rtt_ms,
        is_earth=is_earth,
    )
    return facts, tables
