"""Commands about a finished result: query, plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecumene.cli.base import AsJson, Debug, app, exit_codes, json_text, say
from ecumene.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Result = Annotated[Path, typer.Argument(metavar="RESULT", help="A result folder, such as out/starlink-gen1.")]


@app.command()
def query(
    result: Result,
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="One select over the tables.")] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="List tables and columns with units and meanings.")
    ] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
    debug: Debug = False,
) -> None:
    """Ask the tables of a result with SQL.

    Example: ecumene query out/starlink-gen1 "select country, sum(people) from rows group by 1 order by 2 desc limit 5"
    """
    with exit_codes(debug=debug):
        from ecumene.results.query import columns_of_tables
        from ecumene.results.query import query as ask

        if as_json and as_csv:
            raise InputError("--json and --csv: both are given; keep one")
        if tables == (sql is not None):
            raise InputError(
                'query: write one select in quotes, or --tables; such as "select * from countries"'
            )
        if tables:
            columns: Sequence[str] = ("table", "column", "type", "unit", "meaning")
            lines: Sequence[tuple[Any, ...]] = list(columns_of_tables())
        else:
            columns, lines = ask(result, sql or "")
        _print_lines(columns, lines, as_json=as_json, as_csv=as_csv)


def _print_lines(
    columns: Sequence[str], lines: Sequence[tuple[Any, ...]], *, as_json: bool, as_csv: bool
) -> None:
    if as_json:
        plain = [[_plain(value) for value in line] for line in lines]
        typer.echo(json_text([dict(zip(columns, line, strict=True)) for line in plain]))
    elif as_csv:
        import csv
        import io

        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([columns, *lines])
        typer.echo(out.getvalue(), nl=False)
    else:
        from ecumene.results.query import aligned_text

        typer.echo(aligned_text(columns, lines))


def _plain(value: Any) -> Any:
    """Return a value that JSON holds: NaN and infinity as null, dates and lists of SQL as text."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _variable_completion(incomplete: str) -> list[str]:
    from ecumene.results.schema import TABLES

    plots = ("latency-cdf", "coverage-latitude", "settlement", "load")
    names = [
        *plots,
        *(v.name for v in TABLES["rows"] if v.dtype.startswith("float") or v.name == "main_cause"),
    ]
    return [name for name in names if name.startswith(incomplete)]


@app.command()
def plot(
    result: Result,
    what: Annotated[
        str,
        typer.Argument(
            metavar="VARIABLE|latency-cdf|coverage-latitude|settlement|load",
            help="A column of the table of rows for a world map, or a curve.",
            autocompletion=_variable_completion,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png|FILE.svg", help="The picture; RESULT-WHAT.png here by default."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Draw a map of any variable of the rows, or a curve over the whole result, as PNG or SVG.

    Example: ecumene plot out/starlink-gen1 mbps_p50 --out speed.svg
    """
    with exit_codes(debug=debug):
        from ecumene.archive import open_results
        from ecumene.results.files import put_file
        from ecumene.views.drawing import drawing_bytes
        from ecumene.views.pictures import check_picture, picture

        target = out or Path(f"{result.resolve().name}-{what}.png")
        check_picture(what, target)
        put_file(target, drawing_bytes(picture(open_results(result), what), target.suffix))
        say(f"{target} written")
