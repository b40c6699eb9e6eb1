"""The command that compares runs: sweep."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecumene.cli.base import (
    GLOBE_CELLS,
    AsJson,
    ConstellationFile,
    Debug,
    Name,
    PlacesFile,
    Resolution,
    Seed,
    Slots,
    Start,
    app,
    code_of,
    compile_ahead,
    country_completion,
    exit_codes,
    json_text,
    load_scenario,
    name_missing,
    policy_completion,
    progress,
    say,
    stopping_between_slots,
    terminal,
)
from ecumene.cli.runs import report_page
from ecumene.errors import DamagedResultError, InputError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecumene.results.comparison import Comparison
    from ecumene.results.outcome import Results
    from ecumene.scenario import Scenario
    from ecumene.scenario.variations import Case, Variation


def _measure_completion(incomplete: str) -> list[str]:
    from ecumene.results.comparison import drawn_measures

    return [name for name in drawn_measures() if name.startswith(incomplete)]


@app.command()
def sweep(
    name: Name = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=V1,V2,...",
            help="A key of the scenario with the values it takes; several keys give every combination. A value "
            'that is a list stands in brackets: licences.grant=["IN"],["ZA"]. One value holds in every run.',
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="Policies of the beam plan; short for --set scheduling.policy.",
            autocompletion=policy_completion,
        ),
    ] = None,
    grant: Annotated[
        str | None,
        typer.Option(
            metavar="IN,ZA,...",
            help="Rank what each of these licences would bring if granted, alone and together.",
            autocompletion=country_completion,
        ),
    ] = None,
    constellation: ConstellationFile = None,
    start: Start = None,
    slots: Slots = None,
    resolution: Resolution = None,
    places: PlacesFile = None,
    seed: Seed = None,
    max_runs: Annotated[int, typer.Option(metavar="N", min=1, help="More runs than this are refused.")] = 20,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the comparison; out/NAME-sweep by default.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the result folder of each run in it.")] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="MEASURE",
            help="Draw a column of sweep.csv over the swept number: sweep.svg.",
            autocompletion=_measure_completion,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor table.")] = False,
    as_json: AsJson = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite another sweep, and compute runs again that --keep kept."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Run a scenario several times with keys varied, and compare the runs.

    Example: ecumene sweep starlink-gen1 --set terminal.min_elevation_deg=25,30,40 --slots 20 --resolution 4
    """
    if name is None:
        name_missing("sweep")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}

    def load_with(more: Sequence[str]) -> Scenario:
        return load_scenario(name, options, constellation, places, more)

    with exit_codes(debug=debug):
        variations = _variations(settings or [], policy)
        cases = _cases(variations, grant, max_runs, load_with)
        scenarios = _load_all(cases, load_with, has_policy=policy is not None)
        comparison = _open_comparison(scenarios, cases, variations, grant)
        folder = out or Path("out") / f"{scenarios[0].name}-sweep"
        if plot is not None:
            from ecumene.results.comparison import curve_key

            curve_key(comparison.swept, plot)
        _compare(
            comparison,
            cases,
            scenarios,
            folder,
            keep=keep,
            plot=plot,
            quiet=quiet,
            as_json=as_json,
            force=force,
        )


def _variations(settings: Sequence[str], policy: str | None) -> list[Variation]:
    """Return the keys of --set and --policy with their values."""
    from ecumene.scenario.variations import read_variations

    key = "scheduling.policy"
    if policy is not None and any(setting.partition("=")[0].strip() == key for setting in settings):
        raise InputError(f"--policy and --set {key}: both are given; keep one")
    try:
        return read_variations([*settings, *([f"{key}={policy}"] if policy is not None else [])])
    except ScenarioError as error:
        raise ScenarioError(
            error.source,
            [_as_typed_policy(problem, has_policy=policy is not None) for problem in error.problems],
        ) from None


def _as_typed_policy(problem: str, *, has_policy: bool) -> str:
    """Name --policy as it was typed."""
    if not has_policy:
        return problem
    typed = problem.replace("--set scheduling.policy = ", "--policy ", 1)
    return typed.replace("--set scheduling.policy: ", "--policy: ", 1)


def _cases(
    variations: Sequence[Variation],
    grant: str | None,
    max_runs: int,
    load_with: Callable[[Sequence[str]], Scenario],
) -> list[Case]:
    from ecumene.scenario.variations import cases_of, grant_cases

    if grant is None:
        return cases_of(variations, max_runs=max_runs)
    fixed = [setting for v in variations if len(v.texts) == 1 for setting in v.settings()]
    codes = [code.strip() for code in grant.split(",")]
    return grant_cases(codes, load_with(fixed), variations, max_runs=max_runs)


def _load_all(
    cases: Sequence[Case], load_with: Callable[[Sequence[str]], Scenario], *, has_policy: bool
) -> list[Scenario]:
    """Return the scenario of each case, or all their mistakes at once."""
    scenarios: list[Scenario] = []
    problems: dict[str, str] = {}
    for case in cases:
        try:
            scenarios.append(load_with(case.settings))
        except ScenarioError as error:
            problems |= dict.fromkeys(error.problems, error.source)
    if problems:
        told = [_as_typed_policy(problem, has_policy=has_policy) for problem in problems]
        raise ScenarioError(next(iter(problems.values())), told)
    return scenarios


def _open_comparison(
    scenarios: Sequence[Scenario], cases: Sequence[Case], variations: Sequence[Variation], grant: str | None
) -> Comparison:
    from ecumene.results.comparison import Comparison, identity_of
    from ecumene.scenario.variations import GRANTED

    swept: dict[str, list[Any]] = {v.key: v.values() for v in variations if len(v.texts) > 1}
    if grant is not None:
        swept = {GRANTED: [code.strip() for code in grant.split(",")]}
    return Comparison(
        scenario=scenarios[0].name,
        title=scenarios[0].title,
        swept=swept,
        identity=identity_of(scenarios),
        n_wanted=len(cases),
        granted_key=GRANTED if grant is not None else "",
    )


def _compare(
    comparison: Comparison,
    cases: Sequence[Case],
    scenarios: Sequence[Scenario],
    folder: Path,
    *,
    keep: bool,
    plot: str | None,
    quiet: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Compute every case and tell them beside each other; where one fails, those that are finished are told."""
    from time import monotonic

    from ecumene.results.comparison import check_sweep_folder, write_comparison
    from ecumene.views.progress import run_text

    check_sweep_folder(folder, comparison.identity, force=force)
    begun = monotonic()
    failure: BaseException | None = None
    if keep:
        write_comparison(
            comparison, folder
        )  # the folder is this sweep's from now on, whenever it is broken off
    try:
        for number, (case, scenario) in enumerate(zip(cases, scenarios, strict=True), start=1):
            if not quiet:
                say(run_text(number, len(cases), case.label, monotonic() - begun))
            kept = f"{number:02d}_{_slug(case.label)}" if keep else ""
            results = _kept_run(folder / kept, scenario, quiet=quiet) if keep and not force else None
            if results is None:
                results = _compute_case(scenario, folder / kept if keep else None, quiet=quiet)
            codes = comparison.swept[comparison.granted_key] if comparison.granted_key else ()
            comparison = comparison.with_run(results, case.varied, folder=kept, codes=codes)
            write_comparison(comparison, folder)
    except (KeyboardInterrupt, Exception) as error:
        if not comparison.runs:
            raise
        failure = error
    _tell(comparison, folder, plot=plot, quiet=quiet, as_json=as_json)
    if isinstance(failure, KeyboardInterrupt):
        told = f"{len(comparison.runs)} of {len(cases)} runs are finished and kept in {folder}{os.sep}"
        say(f"interrupted: {told}")
        raise typer.Exit(code_of(failure))
    if failure is not None:
        raise failure


def _kept_run(kept: Path, scenario: Scenario, *, quiet: bool) -> Results | None:
    """Return the results of a run that is finished and kept already; None where it is to be computed."""
    from ecumene.archive import open_results
    from ecumene.results.store import is_finished

    try:
        if not is_finished(kept, scenario):
            return None
        results = open_results(kept)
    except DamagedResultError as error:
        say(f"{error}: it is computed again")
        return None
    if not quiet:
        say(f"finished before, and taken as it is: {kept} (--force computes it again)")
    return results


def _compute_case(scenario: Scenario, kept: Path | None, *, quiet: bool) -> Results:
    """Return the results of one run; write them where they are to be kept."""
    from ecumene.results.store import REPORT, check_folder, write_results
    from ecumene.simulation import run
    from ecumene.world import build

    compile_ahead(quiet=quiet)
    world = build(scenario)
    if kept is not None:
        check_folder(kept, world.scenario, force=True)
    notice = "stopping after this slot; finished runs are kept"
    with (
        progress(quiet=quiet) as on_slot,
        stopping_between_slots(on_slot, notice=notice) as on_slot_or_stop,
    ):
        results = run(world, on_slot=on_slot_or_stop, folder=kept, force=True)
    if kept is not None:
        page, failure = report_page(results)
        extra_files = {} if page is None else {REPORT: page}
        write_results(results, kept, force=True, extra_files=extra_files, globe_cells=GLOBE_CELLS)
        if failure is not None:
            say(f"the tables are in {kept}, but the report could not be drawn: {failure}")
    return results


def _tell(comparison: Comparison, folder: Path, *, plot: str | None, quiet: bool, as_json: bool) -> None:
    """Draw the curve, and print the comparison."""
    from ecumene.results.comparison import SWEEP_CSV, as_tree

    drawn = []
    if plot is not None:
        from ecumene.results.files import put_file
        from ecumene.views.curve import curve_svg

        drawn.append(put_file(folder / "sweep.svg", curve_svg(comparison, plot)))
    if as_json:
        typer.echo(json_text(as_tree(comparison)))
    elif not quiet:
        from ecumene.views.comparison import comparison_text

        width, heading = terminal()
        typer.echo(comparison_text(comparison, width, heading=heading))
        opened = "".join(f"    Open  {path}" for path in drawn)
        typer.echo(f"\nComparison  {folder / SWEEP_CSV}{opened}")


def _slug(label: str) -> str:
    """Return a label as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", label).strip("-.")[:80]
