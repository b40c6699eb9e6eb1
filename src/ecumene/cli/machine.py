"""Commands about the machine and the editor: doctor, schema."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from ecumene.cli.base import FAILED, AsJson, Debug, app, exit_codes, json_text


@app.command()
def doctor(as_json: AsJson = False, debug: Debug = False) -> None:
    """Look whether this machine can run everything, and say what to do where it cannot.

    Example: ecumene doctor
    """
    with exit_codes(debug=debug):
        from ecumene.views.checkup import checkup

        findings = checkup()
        if as_json:
            typer.echo(json_text([vars(finding) for finding in findings]))
        else:
            for finding in findings:
                cure = f"  -> {finding.cure}" if finding.cure else ""
                typer.echo(f"{finding.state:<5} {finding.what:<18} {finding.found}{cure}")
        if any(finding.state == "bad" for finding in findings):
            raise typer.Exit(FAILED)


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write it there instead of printing it.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON schema of a scenario, with which editors complete and check TOML files.

    Example: ecumene schema --out ecumene.schema.json
    """
    with exit_codes(debug=debug):
        from ecumene.results.files import check_new_file, put_file
        from ecumene.scenario import Scenario

        if out is not None:
            check_new_file(out, option="--out")
        text = json_text(Scenario.model_json_schema())
        if out is None:
            typer.echo(text)
            return
        put_file(out, f"{text}\n".encode())
        typer.echo(f"{out} written; TOML files that begin with '#:schema {out}' are checked by it", err=True)
