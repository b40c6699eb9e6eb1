"""The command line. Results go to stdout, everything else to stderr.

Exit codes: 0 ok, 1 failed, 2 wrong input, 130 interrupted. Nothing heavy is imported before it is needed:
`ecumene --help` loads no numpy.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import threading
import traceback
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ecumene import __version__
from ecumene.errors import EcumeneError, InputError, RangeError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from ecumene.results.comparison import Comparison
    from ecumene.results.outcome import Results
    from ecumene.scenario import Scenario
    from ecumene.scenario.variations import Case, Variation
    from ecumene.views.progress import OnSlot

OK, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

_START = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z?)?")

app = typer.Typer(
    name="ecumene",
    help="Who on the planet gets satellite internet, how fast, how late, over which path, and why not.\n\n"
    "Begin with: ecumene run starlink-gen1",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def _preset_completion(incomplete: str) -> list[str]:
    """Return the presets that begin so; the shell adds files itself."""
    from ecumene.scenario import preset_names

    return [name for name in preset_names() if name.startswith(incomplete)]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ecumene {__version__}")
        raise typer.Exit


_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE", help="A preset (ecumene list) or a TOML file.", autocompletion=_preset_completion
    ),
]
_Constellation = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Real elements instead of filed shells: OMM (CSV, JSON, XML, KVN) or TLE, also .gz.",
    ),
]
_Start = Annotated[
    str | None,
    typer.Option(metavar="UTC", help="First slot: 2026-03-24T12:00:12Z, or a date for its midnight."),
]
_Slots = Annotated[int | None, typer.Option(metavar="N", help="Number of slots.")]
_Resolution = Annotated[
    int | None, typer.Option(metavar="3|4|5", help="H3 resolution of the cells; 3 and 4 are for quick looks.")
]
_Places = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", help="Places to follow slot by slot: name,lat,lon.")
]
_Pairs = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FROM,TO|all",
        help="Two places to join over the satellites slot by slot (TO may be pop:NAME or pop:any), or every two; "
        "may be repeated.",
    ),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other key of the scenario, such as isl.topology=none; may be repeated.",
    ),
]
_Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of every random number.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")]
_Debug = Annotated[
    bool, typer.Option("--debug", help="Show where in the program an error arose (also: ECUMENE_DEBUG=1).")
]


@app.callback()
def ecumene(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    debug: _Debug = False,
) -> None:
    """Hold the options that stand before a command; `--debug` may stand there as well (`_is_debug`)."""
    del version, debug


@app.command()
def run(
    name: _Name = None,
    constellation: _Constellation = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results; out/NAME by default.")
    ] = None,
    start: _Start = None,
    slots: _Slots = None,
    resolution: _Resolution = None,
    places: _Places = None,
    pairs: _Pairs = None,
    settings: _Set = None,
    seed: _Seed = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor summary.")] = False,
    as_json: _Json = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the result of another scenario.")] = False,
    debug: _Debug = False,
) -> None:
    """Compute the whole planet and write report, tables and manifest.

    Example: ecumene run starlink-gen1 --slots 40 --set terminal.min_elevation_deg=30
    """
    if name is None:
        _name_missing("run")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}
    with _exit_codes(debug=debug):
        scenario = _load(name, options, constellation, places, [*_pair_settings(pairs), *(settings or [])])
        folder = out or Path("out") / scenario.name
        results, report_failure = _compute(scenario, folder, force=force, quiet=quiet)
        if as_json:
            typer.echo(_json(results.summary))
        elif not quiet:
            _print_summary(results, folder, has_report=report_failure is None)
        if report_failure is not None:
            _fail(f"the tables are in {folder}, but the report could not be drawn: {report_failure}", FAILED)


@app.command("list")
def list_presets(as_json: _Json = False, debug: _Debug = False) -> None:
    """List the bundled scenarios with their sources."""
    with _exit_codes(debug=debug):
        presets = _presets()
        if as_json:
            typer.echo(_json(presets))
            return
        for preset in presets:
            typer.echo(_preset_lines(preset))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The TOML file to write.")],
    preset: Annotated[
        str,
        typer.Option("--from", metavar="NAME", help="The preset to copy.", autocompletion=_preset_completion),
    ],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    debug: _Debug = False,
) -> None:
    """Copy a preset into a file of your own.

    Example: ecumene init my.toml --from starlink-gen1
    """
    with _exit_codes(debug=debug):
        from ecumene.scenario import preset_names, preset_text

        text = preset_text(preset)
        if str(file) in preset_names():
            raise InputError(f"{file}: is the name of a preset; call the file {file}.toml")
        if file.is_dir():
            raise InputError(f"{file}: is a folder; name a file")
        if file.exists() and not force:
            raise InputError(f"{file}: exists already; name another file, or --force to overwrite it")
        if not file.absolute().parent.is_dir():
            raise InputError(f"{file}: there is no folder {file.parent}; make it first")
        file.write_text(_own_copy(text, preset, file), encoding="utf-8")
        typer.echo(f"{file} written; next: ecumene check {file}, then ecumene run {file}", err=True)


@app.command()
def check(
    name: _Name = None,
    constellation: _Constellation = None,
    start: _Start = None,
    slots: _Slots = None,
    resolution: _Resolution = None,
    places: _Places = None,
    pairs: _Pairs = None,
    settings: _Set = None,
    seed: _Seed = None,
    as_json: _Json = False,
    debug: _Debug = False,
) -> None:
    """Check a scenario and show what follows from it, without running it."""
    if name is None:
        _name_missing("check")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}
    with _exit_codes(debug=debug):
        scenario = _load(name, options, constellation, places, [*_pair_settings(pairs), *(settings or [])])
        from ecumene.world import build, describe

        forecast = describe(build(scenario))
        if as_json:
            typer.echo(_json(forecast))
        else:
            from ecumene.views.forecast import forecast_text

            typer.echo(forecast_text(forecast))


@app.command()
def export(
    format_: Annotated[str, typer.Argument(metavar="hypatia|graphml", help="Whose files to write.")],
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE|RESULT",
            help="A preset, a TOML file, or a result folder.",
            autocompletion=_preset_completion,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files; out/NAME-FORMAT by default.")
    ] = None,
    start: _Start = None,
    slots: Annotated[int, typer.Option(metavar="N", min=1, help="Slots to write, from the first.")] = 1,
    places: _Places = None,
    settings: _Set = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds files.")] = False,
    debug: _Debug = False,
) -> None:
    """Write the network, slot by slot, for other programs: state files of Hypatia and its ns-3 module, or GraphML.

    Example: ecumene export hypatia hypatia-kuiper-630 --slots 200
    """
    with _exit_codes(debug=debug):
        from ecumene.exports.folder import FORMATS, scenario_of_result, write_export

        if format_ not in FORMATS:
            raise InputError(f"{format_!r}: no such format; write {' or '.join(FORMATS)}")
        is_result = (Path(source) / "manifest.json").is_file()
        if is_result and (start or places or settings):
            raise InputError(
                f"{source}: a result has its settings; --start, --places and --set are for scenarios"
            )
        if is_result:
            scenario = scenario_of_result(Path(source))
        else:
            scenario = _load(source, {"start": start}, None, places, settings or [])
        folder = out or Path("out") / f"{scenario.name}-{format_}"
        written = write_export(format_, scenario, folder, slots=slots, force=force)
        typer.echo(f"{len(written)} files in {folder}{os.sep}", err=True)


@app.command()
def site(
    country: Annotated[str, typer.Option(metavar="CC", help="Where the gateways shall stand, such as BR.")],
    antennas: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="New antennas in all.")],
    scenario_name: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE",
            help="The preset or TOML file whose satellites, gateways, law and demand hold.",
            autocompletion=_preset_completion,
        ),
    ] = "starlink-gen1",
    per_site: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=200, help="Antennas of a new site; gateways.antennas by default."
        ),
    ] = None,
    goal: Annotated[
        str, typer.Option("--for", metavar="traffic|people", help="What the sites shall gain most of.")
    ] = "traffic",
    serve: Annotated[
        str | None,
        typer.Option(metavar="CC,CC", help="Whose people and traffic count; the country itself by default."),
    ] = None,
    among: Annotated[
        str, typer.Option(metavar="towns|cells", help="Where a site may stand: at towns, or on any land.")
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
    start: _Start = None,
    slots: _Slots = None,
    resolution: _Resolution = None,
    settings: _Set = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
    as_json: _Json = False,
    debug: _Debug = False,
) -> None:
    """Propose new gateways in a country, the one that adds most first, each with its gain.

    Example: ecumene site --country BR --antennas 40 --out sites.csv
    """
    with _exit_codes(debug=debug):
        _check_words({"--for": (goal, ("traffic", "people")), "--among": (among, ("towns", "cells"))})
        scenario = _load(
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
            typer.echo(_json(facts))
            return
        from ecumene.views.siting import siting_text

        typer.echo(siting_text(facts))
        if out is not None:
            _say(f'{out} written; use it with --set gateways.sites="{out}"')


@app.command()
def sweep(
    name: _Name = None,
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
        typer.Option(metavar="A,B,...", help="Policies of the beam plan; short for --set scheduling.policy."),
    ] = None,
    grant: Annotated[
        str | None,
        typer.Option(
            metavar="IN,ZA,...",
            help="Rank what each of these licences would bring if granted, alone and together.",
        ),
    ] = None,
    constellation: _Constellation = None,
    start: _Start = None,
    slots: _Slots = None,
    resolution: _Resolution = None,
    places: _Places = None,
    seed: _Seed = None,
    max_runs: Annotated[int, typer.Option(metavar="N", min=1, help="More runs than this are refused.")] = 20,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the comparison; out/NAME-sweep by default.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the result folder of each run in it.")] = False,
    plot: Annotated[
        str | None,
        typer.Option(metavar="MEASURE", help="Draw a column of sweep.csv over the swept number: sweep.svg."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor table.")] = False,
    as_json: _Json = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another sweep.")] = False,
    debug: _Debug = False,
) -> None:
    """Run a scenario several times with keys varied, and compare the runs.

    Example: ecumene sweep starlink-gen1 --set terminal.min_elevation_deg=25,30,40 --slots 20 --resolution 4
    """
    if name is None:
        _name_missing("sweep")
    options = {"start": start, "slots": slots, "resolution": resolution, "seed": seed}

    def load_with(more: Sequence[str]) -> Scenario:
        return _load(name, options, constellation, places, more)

    with _exit_codes(debug=debug):
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


def main() -> None:
    """Run the command line; the entry point of `ecumene` and of `python -m ecumene`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a name in another script must not end a run
    try:
        app(prog_name="ecumene")
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(INTERRUPTED)


# What the options mean


def _load(
    name: str,
    options: Mapping[str, Any],
    constellation: Path | None,
    places: Path | None,
    settings: Sequence[str],
) -> Scenario:
    """Return the scenario with the options of the command line on top.

    Raises
    ------
    InputError
        All mistakes of the command line at once; or, where it has none, all of the scenario.
    """
    from ecumene.scenario import load

    problems: list[str] = []
    overrides: dict[str, Any] = {}
    for setting in settings:
        _take_setting(setting, overrides, problems)
    given = {key: value for key, value in options.items() if value is not None}
    for option, key, path in (
        ("constellation", "constellation.file", constellation),
        ("places", "places.file", places),
    ):
        if path is not None:
            problems += _path_problems(option, path)
            given[key] = str(path)
    problems += [
        f"--{_option(key)} and --set {key}: both are given; keep one" for key in given if key in overrides
    ]
    if constellation is not None and "title" not in overrides:
        overrides["title"] = f"{Path(name).stem} with the satellites of {constellation.name}"
    start = _parse_start(given.pop("start", None), problems)
    if problems:
        raise ScenarioError("the command line", problems)
    try:
        return load(name, start=start, overrides={**overrides, **given})
    except ScenarioError as error:
        raise ScenarioError(error.source, [_as_typed(problem, given) for problem in error.problems]) from None


def _pair_settings(pairs: Sequence[str] | None) -> list[str]:
    """Return what --pairs means as settings of the scenario.

    Raises
    ------
    ScenarioError
        An entry is neither "all" nor two names with a comma between them.
    """
    import json

    given = [tuple(name.strip() for name in text.split(",")) for text in pairs or ()]
    wrong = [
        text
        for text, names in zip(pairs or (), given, strict=True)
        if names != ("all",) and not _are_two(names)
    ]
    if wrong:
        problems = [f'--pairs {text!r}: write FROM,TO, such as "London,New York", or all' for text in wrong]
        raise ScenarioError("the command line", problems)
    ends = [
        f"{{ from = {json.dumps(a)}, to = {json.dumps(b)} }}" for a, b in (g for g in given if len(g) == 2)
    ]
    settings = [f"pairs.pair=[{', '.join(ends)}]"] if ends else []
    return [*settings, "pairs.all=true"] if ("all",) in given else settings


def _are_two(names: tuple[str, ...]) -> bool:
    return len(names) == 2 and all(names)


def _take_setting(setting: str, overrides: dict[str, Any], problems: list[str]) -> None:
    from ecumene.scenario.loading import parse_setting

    try:
        key, value = parse_setting(setting)
    except ScenarioError as error:
        problems += [f"--set {problem}" for problem in error.problems]
        return
    if key in overrides:
        problems.append(f"--set {key}: is given twice; keep one")
    overrides[key] = value


def _option(key: str) -> str:
    return key.removesuffix(".file")


def _as_typed(problem: str, given: Mapping[str, Any]) -> str:
    """Name an option as it was typed: --slots, not --set slots."""
    for key in given:
        if problem.startswith((f"--set {key} ", f"--set {key}:")):
            return f"--{_option(key)}{problem.removeprefix(f'--set {key}').replace(' = ', ' ', 1)}"
    return problem


def _path_problems(option: str, path: Path) -> list[str]:
    if not path.exists():
        return [f"--{option} {path}: there is no such file"]
    if path.is_dir():
        return [f"--{option} {path}: is a folder; name a file"]
    if not os.access(path, os.R_OK):
        return [f"--{option} {path}: no permission to read it"]
    return []


def _parse_start(text: str | None, problems: list[str]) -> datetime | None:
    """Return the time an option names, in UTC."""
    if text is None:
        return None
    wanted = "write UTC as 2026-03-24T12:00:12Z, or 2026-03-24 for its midnight"
    if not _START.fullmatch(text):
        problems.append(f"--start {text!r}: {wanted}")
        return None
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        problems.append(f"--start {text!r}: {error}; {wanted}")
        return None


# Running


def _compute(scenario: Scenario, folder: Path, *, force: bool, quiet: bool) -> tuple[Results, str | None]:
    """Run a scenario and write its results; return them, and why there is no report if there is none."""
    from ecumene.results.store import check_folder, write_results
    from ecumene.simulation import run
    from ecumene.views.forecast import outlook_text
    from ecumene.world import build, describe

    if not quiet and not _is_compiled():
        _say("first run on this machine: compiling kernels as they are met, half a minute or more in all")
    world = build(scenario)
    check_folder(folder, world.scenario, force=force)
    if not quiet:
        _say(outlook_text(world.scenario.name, describe(world)))
    with _progress(quiet=quiet) as on_slot, _stopping_between_slots(on_slot) as on_slot_or_stop:
        results = run(world, on_slot=on_slot_or_stop)
    if not quiet:
        _say("drawing the report")
    page, failure = _report(results)
    write_results(results, folder, force=force, extra_files={} if page is None else {"report.html": page})
    return results, failure


_NOTHING_WRITTEN = "stopping after this slot; nothing is written (Ctrl-C again to stop at once)"


@contextmanager
def _stopping_between_slots(on_slot: OnSlot | None, *, notice: str = _NOTHING_WRITTEN) -> Iterator[OnSlot]:
    """Let Ctrl-C act when a slot is done: inside a compiled kernel it would surface as another error."""
    is_asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        if is_asked:
            raise KeyboardInterrupt
        is_asked = True
        _say(notice)

    def on_slot_or_stop(done: int, total: int) -> None:
        if is_asked:
            raise KeyboardInterrupt
        if on_slot is not None:
            on_slot(done, total)

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, ask) if is_main else None
    try:
        yield on_slot_or_stop
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)
    if is_asked:
        raise KeyboardInterrupt  # asked for after the last slot


def _is_compiled() -> bool:
    """Return whether numba has compiled the kernels before; True as well where that cannot be told."""
    package = Path(__file__).parent
    places = [package / "sky" / "__pycache__"]
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        places = [Path(named)]
    elif not os.access(package, os.W_OK):
        return True  # numba then caches in a folder of its own choice
    try:
        return any(place.is_dir() and next(place.rglob("*.nbi"), None) is not None for place in places)
    except OSError:
        return True


def _progress(*, quiet: bool) -> Any:
    if quiet:
        return nullcontext()
    from ecumene.views.progress import show_progress

    return show_progress(sys.stderr)


def _report(results: Results) -> tuple[str | None, str | None]:
    """Return the report, or why it could not be drawn: hours of computing must not be lost to a picture."""
    from ecumene.views.report import report_html

    try:
        return report_html(results), None
    except Exception as error:  # noqa: BLE001 - any failure is told, and the exit code says so
        if _is_debug():
            traceback.print_exc()
        return None, f"{type(error).__name__}: {error}"


def _print_summary(results: Results, folder: Path, *, has_report: bool) -> None:
    from ecumene.views.terminal import summary_text

    width, heading = _terminal()
    typer.echo(summary_text(results.summary, width, heading=heading))
    typer.echo(f"\nResults  {folder}{os.sep}" + (f"    Open  {folder / 'report.html'}" if has_report else ""))


def _terminal() -> tuple[int, Callable[[str], str]]:
    """Return how many columns a summary may take, and how headings are made to stand out."""
    import shutil

    is_plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    width = min(shutil.get_terminal_size((100, 24)).columns, 100) if sys.stdout.isatty() else 100
    return width, (lambda text: text) if is_plain else (lambda text: typer.style(text, bold=True))


# Sweeping


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
    try:
        for number, (case, scenario) in enumerate(zip(cases, scenarios, strict=True), start=1):
            if not quiet:
                _say(run_text(number, len(cases), case.label, monotonic() - begun))
            kept = f"{number:02d}_{_slug(case.label)}" if keep else ""
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
        _say(f"interrupted: {told}")
        raise typer.Exit(INTERRUPTED)
    if failure is not None:
        raise failure


def _compute_case(scenario: Scenario, kept: Path | None, *, quiet: bool) -> Results:
    """Return the results of one run; write them where they are to be kept."""
    from ecumene.results.store import check_folder, write_results
    from ecumene.simulation import run
    from ecumene.world import build

    if not quiet and not _is_compiled():
        _say("first run on this machine: compiling kernels as they are met, half a minute or more in all")
    world = build(scenario)
    if kept is not None:
        check_folder(kept, world.scenario, force=True)
    notice = "stopping after this slot; finished runs are kept (Ctrl-C again to stop at once)"
    with (
        _progress(quiet=quiet) as on_slot,
        _stopping_between_slots(on_slot, notice=notice) as on_slot_or_stop,
    ):
        results = run(world, on_slot=on_slot_or_stop)
    if kept is not None:
        page, failure = _report(results)
        write_results(results, kept, force=True, extra_files={} if page is None else {"report.html": page})
        if failure is not None:
            _say(f"the tables are in {kept}, but the report could not be drawn: {failure}")
    return results


def _tell(comparison: Comparison, folder: Path, *, plot: str | None, quiet: bool, as_json: bool) -> None:
    """Draw the curve, and print the comparison."""
    from ecumene.results.comparison import SWEEP_CSV, as_tree

    drawn = []
    if plot is not None:
        from ecumene.results.store import put_file
        from ecumene.views.curve import curve_svg

        drawn.append(put_file(folder / "sweep.svg", curve_svg(comparison, plot)))
    if as_json:
        typer.echo(_json(as_tree(comparison)))
    elif not quiet:
        from ecumene.views.comparison import comparison_text

        width, heading = _terminal()
        typer.echo(comparison_text(comparison, width, heading=heading))
        opened = "".join(f"    Open  {path}" for path in drawn)
        typer.echo(f"\nComparison  {folder / SWEEP_CSV}{opened}")


def _slug(label: str) -> str:
    """Return a label as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", label).strip("-.")[:80]


# Siting


def _check_words(options: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Refuse an option whose value is none of its words."""
    problems = [
        f"{option} {value!r}: must be {' or '.join(known)}"
        for option, (value, known) in options.items()
        if value not in known
    ]
    if problems:
        raise ScenarioError("the command line", problems)


def _propose(scenario: Scenario, out: Path | None, *, quiet: bool, **options: Any) -> dict[str, Any]:
    """Place gateways, write the list where asked to, and return the facts."""
    from ecumene.exports.site_list import check_name, write_sites
    from ecumene.siting import propose
    from ecumene.views.siting import siting_facts
    from ecumene.world import build

    if out is not None:
        check_name(out)
    if not quiet:
        _say(f"{scenario.name}: looking for gateways in {options['country']}")
    busy = scenario.model_copy(update={"demand": scenario.demand.model_copy(update={"diurnal": False})})
    world = build(busy)
    with _progress(quiet=quiet) as on_slot:
        proposal = propose(world, on_slot=on_slot, **options)
    start_utc = world.start.isoformat().replace("+00:00", "Z")
    facts = siting_facts(proposal, scenario.name, start_utc, scenario.slots, options["spacing_km"])
    if out is not None:
        head = (
            f"Ground sites of {scenario.name}, and {len(proposal.sites)} new gateways in {proposal.country}, by",
            f"ecumene {__version__}: ecumene {' '.join(sys.argv[1:])}",
        )
        write_sites(out, [world.ground.gateways, world.ground.pops, proposal.sites], head)
    return facts


# Presets


def _presets() -> list[dict[str, Any]]:
    from ecumene.scenario import load, preset_names, preset_text

    presets = []
    for name in preset_names():
        scenario = load(name)
        presets.append(
            {
                "name": name,
                "title": scenario.title,
                "satellites": sum(
                    shell.planes * shell.sats_per_plane for shell in scenario.constellation.shells
                ),
                "slots": scenario.slots,
                "source": _source_line(preset_text(name)),
            }
        )
    return presets


def _source_line(text: str) -> str:
    """Return the comment that stands above the first shell: where the constellation comes from."""
    lines = text.splitlines()
    header = next((k for k, line in enumerate(lines) if line.startswith("[[constellation.shells]]")), 0)
    comments: list[str] = []
    for line in reversed(lines[:header]):
        if not line.startswith("#"):
            break
        comments.insert(0, line.lstrip("# "))
    return " ".join(comments)


def _preset_lines(preset: Mapping[str, Any]) -> str:
    import textwrap

    head = f"{preset['name']:<16}{preset['satellites']:>6,} satellites  {preset['title']}"
    source = preset["source"] or "made up"
    return (
        head
        + "\n"
        + textwrap.fill(f"source: {source}", 100, initial_indent=" " * 16, subsequent_indent=" " * 16)
    )


def _name_missing(command: str) -> NoReturn:
    """List what could have been named."""
    from ecumene.scenario import preset_names

    typer.echo(f"Usage: ecumene {command} NAME|FILE\n\nPresets:", err=True)
    for name in preset_names():
        typer.echo(f"  {name}", err=True)
    typer.echo("\nMore about them: ecumene list. One of your own: ecumene init my.toml --from NAME", err=True)
    raise typer.Exit(WRONG_INPUT)


def _own_copy(text: str, preset: str, file: Path) -> str:
    """Return a preset's text with a heading of its own, and the file's name as the scenario's."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("-._")
    if name:
        text = re.sub(r'^name = ".*"$', f'name = "{name}"', text, count=1, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if "ecumene init" not in line]
    head = (
        f"# Copied from the preset {preset} of ecumene {__version__}.\n"
        f"# Check it: ecumene check {file}\n# Run it:   ecumene run {file}\n#\n"
    )
    return head + "\n".join(lines) + "\n"


# Messages and exit codes


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def _say(message: str) -> None:
    """Print a message for the user, never into the results."""
    typer.echo(message, err=True)


def _fail(message: str, code: int) -> NoReturn:
    _say(f"Error: {message}")
    raise typer.Exit(code)


def _is_debug() -> bool:
    return "--debug" in sys.argv or os.environ.get("ECUMENE_DEBUG", "") not in {"", "0"}


@contextmanager
def _exit_codes(*, debug: bool) -> Iterator[None]:
    """Turn whatever goes wrong inside into one clear message and an exit code."""
    try:
        yield
    except (typer.Exit, BrokenPipeError):
        raise  # a reader that has seen enough (`| head`) is no failure worth words
    except KeyboardInterrupt:
        _fail_interrupted()
    except Exception as error:  # noqa: BLE001 - the last door: a traceback is no message
        if debug or _is_debug():
            traceback.print_exc()
        message, code = _message_and_code(error)
        _fail(message, code)


def _fail_interrupted() -> NoReturn:
    _say("interrupted: no new result was written")
    raise typer.Exit(INTERRUPTED)


def _message_and_code(error: Exception) -> tuple[str, int]:
    if isinstance(error, (InputError, RangeError)):
        return str(error), WRONG_INPUT
    if isinstance(error, EcumeneError):
        return str(error), FAILED
    if isinstance(error, MemoryError):
        return "out of memory; a coarser grid takes less (--resolution 4)", FAILED
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT}:
        where = f" ({error.filename})" if error.filename else ""
        return f"writing failed: {error.strerror}{where}; nothing half-written counts as a result", FAILED
    told = str(error).splitlines()[0] if str(error) else "no message"
    return f"{type(error).__name__}: {told}; run again with --debug to see where", FAILED
