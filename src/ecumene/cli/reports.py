"""The command that tells a finished run again, or one country of it: report."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from ecumene.cli.base import (
    GLOBE_CELLS,
    AsJson,
    Debug,
    GlobeCells,
    app,
    country_completion,
    exit_codes,
    json_text,
    say,
    terminal,
)
from ecumene.errors import InputError


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
        typer.Option(metavar="FILE.html", help="Write it as a page as well; of the planet with its globe."),
    ] = None,
    globe_cells: GlobeCells = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Tell a finished run again; or one country: who is served, how well, over whose gateways, why not.

    Example: ecumene report out/starlink-gen1 --country KE --html kenya.html
    """
    with exit_codes(debug=debug):
        if html is not None:
            from ecumene.results.files import check_new_file

            check_new_file(html, option="--html")
        if country is None:
            _planet_again(result, html, globe_cells, as_json=as_json)
            return
        if globe_cells is not None:
            raise InputError("--globe-cells: is for the planet's page; leave out --country")
        from ecumene.archive import open_results
        from ecumene.results.national import country_facts

        results = open_results(result)
        facts = country_facts(
            country,
            results.tables,
            results.summary,
            asked_mbps=results.scenario.demand.mbps_per_subscriber,
            down_mbps=down_mbps,
            rtt_ms=rtt_ms,
            is_earth=not results.scenario.cell,
        )
        if html is not None:
            from ecumene.results.files import put_file
            from ecumene.views.national import national_html

            put_file(html, national_html(facts, results.rows(), results.gateways()).encode())
            say(f"{html} written")
        if as_json:
            typer.echo(json_text(facts))
            return
        from ecumene.views.national import national_text

        width, heading = terminal()
        typer.echo(national_text(facts, width, heading=heading))


def _planet_again(result: Path, html: Path | None, globe_cells: int | None, *, as_json: bool) -> None:
    """Print what the run printed when it ended, and draw its page again where that is asked for."""
    from ecumene.results.store import read_summary
    from ecumene.views.terminal import summary_text

    if html is None and globe_cells is not None:
        raise InputError("--globe-cells: is for the page; add --html FILE.html")
    summary = read_summary(result)
    if html is not None:
        _write_page(result, html, globe_cells)
    width, heading = terminal()
    typer.echo(json_text(summary) if as_json else summary_text(summary, width, heading=heading))


def _write_page(result: Path, html: Path, globe_cells: int | None) -> None:
    """Write the report of a result, with the cells it had; its own report.html together with its manifest."""
    from ecumene.archive import open_results
    from ecumene.results.files import put_file
    from ecumene.results.store import REPORT, globe_cells_of, replace_report
    from ecumene.views.report import report_html

    results, is_own = open_results(result), html.resolve() == (result / REPORT).resolve()
    if results.frames is None:
        told = f"{result}: was written by a version that kept nothing for the globe; run the scenario again to have one"
        if is_own:
            raise InputError(f"{told}, or name another file for a page without it")
        say(told)
    resolution = globe_cells or globe_cells_of(result) or GLOBE_CELLS
    page = report_html(results, globe_resolution=resolution)
    if is_own:
        replace_report(result, page, resolution)
    else:
        put_file(html, page.encode())
    say(f"{html} written")
