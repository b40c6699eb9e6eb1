"""What all commands share: options, exit codes, loading, progress. Nothing heavy is imported before it is needed."""

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
import typer.core

from ecumene import __version__
from ecumene.errors import EcumeneError, InputError, RangeError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from ecumene.scenario import Scenario
    from ecumene.views.progress import OnSlot


OK, FAILED, WRONG_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Terminated(KeyboardInterrupt):
    """Whoever runs the program told it to end (SIGTERM): a batch system, a container that stops, `timeout`."""


def code_of(interruption: KeyboardInterrupt) -> int:
    """Return the exit code of an interruption: 128 and the number of its signal, as shells count."""
    return TERMINATED if isinstance(interruption, Terminated) else INTERRUPTED


_START = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z?)?")


ORDER = (
    *("run", "why", "compare", "sweep", "licences", "site", "report", "plot", "query", "export"),
    *("list", "init", "check", "schema", "doctor"),
)
"""Commands in the order of the help: what people come for first."""


POLICY_NAMES = ("optimum", "highest-elevation", "longest-visible", "random")
"""`ecumene.scheduling.policies.POLICIES`, for completion alone: to import it takes seconds."""


class _InOrder(typer.core.TyperGroup):
    """Lists commands in `ORDER`, whatever module they stand in."""

    def list_commands(self, ctx: Any) -> list[str]:
        place = {name: k for k, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(ORDER)))


app = typer.Typer(
    name="ecumene",
    cls=_InOrder,
    help="Who on the planet gets satellite internet, how fast, how late, over which path, and why not.\n\n"
    "Begin with: ecumene run starlink-gen1",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def preset_completion(incomplete: str) -> list[str]:
    """Return the presets that begin so; the shell adds files itself."""
    from ecumene.scenario import preset_names

    return [name for name in preset_names() if name.startswith(incomplete)]


def country_completion(incomplete: str) -> list[tuple[str, str]]:
    """Return the country codes that begin so, with names; of a list with commas the last one is completed."""
    from ecumene.earth.countries import countries

    before, comma, last = incomplete.rpartition(",")
    known = countries()
    return [
        (f"{before}{comma}{code}", name)
        for code, name in zip(known.code, known.name, strict=True)
        if code.startswith(last.upper())
    ]


def policy_completion(incomplete: str) -> list[str]:
    """Return the policies of the beam plan that begin so; of a list with commas the last one is completed."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in POLICY_NAMES if name.startswith(last)]


def word_completion(*words: str) -> Callable[[str], list[str]]:
    """Return what completes an option that takes one of a few words."""

    def begin_so(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return begin_so


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ecumene {__version__}")
        raise typer.Exit


Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE",
        help="A preset (ecumene list), a TOML file, or - for standard input.",
        autocompletion=preset_completion,
    ),
]


ConstellationFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Real elements instead of filed shells: OMM (CSV, JSON, XML, KVN) or TLE, also .gz.",
    ),
]


Start = Annotated[
    str | None,
    typer.Option(metavar="UTC", help="First slot: 2026-03-24T12:00:12Z, or a date for its midnight."),
]


Slots = Annotated[int | None, typer.Option(metavar="N", help="Number of slots.")]


Resolution = Annotated[
    int | None, typer.Option(metavar="3|4|5", help="H3 resolution of the cells; 3 and 4 are for quick looks.")
]


GLOBE_CELLS = 4

GlobeCells = Annotated[
    int | None,
    typer.Option(
        metavar="3|4|5",
        min=3,
        max=5,
        help="H3 resolution of the cells on the report's globe, 4 by default, or what the report had; 5 makes a report "
        "of 7 to 9 MB.",
    ),
]


PlacesFile = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", help="Places to follow slot by slot: name,lat,lon.")
]


PairList = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FROM,TO|all",
        help="Two places to join over the satellites slot by slot (TO may be pop:NAME or pop:any), or every two; "
        "may be repeated.",
    ),
]


FaultList = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND:WHAT[@AFTER[+LASTS]]",
        help="Something that breaks, times in seconds: blackout:UA, gateway:NAME@300+600, pop:NAME, isl:all, "
        "satellites:10%, storm:30%, revoke:UA, grant:IN, controller@300+150; may be repeated.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other key of the scenario, such as isl.topology=none; may be repeated.",
    ),
]


Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of every random number.")]


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")]


Debug = Annotated[
    bool, typer.Option("--debug", help="Show where in the program an error arose (also: ECUMENE_DEBUG=1).")
]


@app.callback()
def ecumene(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    debug: Debug = False,
) -> None:
    """Hold the options that stand before a command; `--debug` may stand there as well (`is_debug`)."""
    del version, debug


def load_scenario(
    name: str,
    options: Mapping[str, Any],
    constellation: Path | None,
    places: Path | None,
    settings: Sequence[str],
    faults: Sequence[str] = (),
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
    broken = _faults(faults, problems)
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
        overrides["title"] = (
            f"{'a scenario' if name == '-' else Path(name).stem} with the satellites of {constellation.name}"
        )
    start = parse_utc("start", given.pop("start", None), problems)
    if problems:
        raise ScenarioError("the command line", problems)
    try:
        return load(name, start=start, overrides={**overrides, **given}, faults=broken)
    except ScenarioError as error:
        raise ScenarioError(error.source, [_as_typed(problem, given) for problem in error.problems]) from None


@contextmanager
def telling_lines(name: str) -> Iterator[None]:
    """Add lines of the scenario's file to what is wrong with it, where that is found only when the world is built."""
    try:
        yield
    except ScenarioError as error:
        from ecumene.scenario.loading import with_lines

        raise with_lines(error, name) from None


def pair_settings(pairs: Sequence[str] | None) -> list[str]:
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


def _faults(texts: Sequence[str], problems: list[str]) -> list[dict[str, Any]]:
    from ecumene.scenario.faults import parse_fault

    faults = []
    for text in texts:
        try:
            faults.append(parse_fault(text))
        except ScenarioError as error:
            problems += [f"--fault {problem}" for problem in error.problems]
    return faults


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


def parse_utc(option: str, text: str | None, problems: list[str]) -> datetime | None:
    """Return the time an option names, in UTC."""
    if text is None:
        return None
    wanted = "write UTC as 2026-03-24T12:00:12Z, or 2026-03-24 for its midnight"
    if not _START.fullmatch(text):
        problems.append(f"--{option} {text!r}: {wanted}")
        return None
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        problems.append(f"--{option} {text!r}: {error}; {wanted}")
        return None


_NOTHING_WRITTEN = "stopping after this slot; nothing is written"


@contextmanager
def stopping_between_slots(on_slot: OnSlot | None, *, notice: str = _NOTHING_WRITTEN) -> Iterator[OnSlot]:
    """Let Ctrl-C and SIGTERM act when a slot is done: inside a compiled kernel they would surface as another error.

    A second Ctrl-C acts at once. A second SIGTERM does not: `timeout` sends two, and who cannot wait sends SIGKILL.
    """
    asked: type[KeyboardInterrupt] | None = None

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if number == signal.SIGINT and asked is not None:
            raise asked
        if asked is None:
            asked = KeyboardInterrupt if number == signal.SIGINT else Terminated
            how = "Ctrl-C again" if number == signal.SIGINT else "SIGTERM came; Ctrl-C"
            say(f"{notice} ({how} to stop at once)")

    def on_slot_or_stop(done: int, total: int) -> None:
        if asked is not None:
            raise asked
        if on_slot is not None:
            on_slot(done, total)

    with _handling({signal.SIGINT: ask, signal.SIGTERM: ask}):
        yield on_slot_or_stop
    if asked is not None:
        raise asked  # asked for after the last slot


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # the next one must not disturb the tidying up
    raise Terminated


@contextmanager
def _handling(handlers: Mapping[int, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    """Handle signals as given, in the main thread; Python lets no other one do so."""
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, handlers[number]) for number in handlers if is_main}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def compile_ahead(*, quiet: bool) -> None:
    """Have the kernels compiled that a run needs, where that pays, and say on the first run that it takes a while."""
    from ecumene.rehearsal import is_due, rehearse

    if not quiet and is_due():
        say("first run on this machine: compiling kernels, half a minute or so")
    elif not quiet and not is_compiled():
        say("first run on this machine: compiling kernels as they are met, a minute or so in all")
    rehearse()


def is_compiled() -> bool:
    """Return whether numba has compiled the kernels before; True as well where that cannot be told."""
    package = Path(__file__).parents[1]
    places = [package / "sky" / "__pycache__"]
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        places = [Path(named)]
    elif not os.access(package, os.W_OK):
        return True  # numba then caches in a folder of its own choice
    try:
        return any(place.is_dir() and next(place.rglob("*.nbi"), None) is not None for place in places)
    except OSError:
        return True


def progress(*, quiet: bool) -> Any:
    """Return what shows progress, or nothing where it is to be quiet."""
    if quiet:
        return nullcontext()
    from ecumene.views.progress import show_progress

    return show_progress(sys.stderr)


def terminal() -> tuple[int, Callable[[str], str]]:
    """Return how many columns a summary may take, and how headings are made to stand out."""
    import shutil

    is_plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    width = min(shutil.get_terminal_size((100, 24)).columns, 100) if sys.stdout.isatty() else 100
    return width, (lambda text: text) if is_plain else (lambda text: typer.style(text, bold=True))


def check_words(options: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Refuse an option whose value is none of its words."""
    problems = [
        f"{option} {value!r}: must be {' or '.join(known)}"
        for option, (value, known) in options.items()
        if value not in known
    ]
    if problems:
        raise ScenarioError("the command line", problems)


def name_missing(command: str) -> NoReturn:
    """List what could have been named."""
    from ecumene.scenario import preset_names

    typer.echo(f"Usage: ecumene {command} NAME|FILE\n\nPresets:", err=True)
    for name in preset_names():
        typer.echo(f"  {name}", err=True)
    typer.echo("\nMore about them: ecumene list. One of your own: ecumene init my.toml --from NAME", err=True)
    raise typer.Exit(WRONG_INPUT)


def json_text(value: Any) -> str:
    """Return a value as JSON text."""
    import json

    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def say(message: str) -> None:
    """Print a message for the user, never into the results."""
    typer.echo(message, err=True)


def fail(message: str, code: int) -> NoReturn:
    """Say what went wrong and end with an exit code."""
    say(f"Error: {message}")
    raise typer.Exit(code)


def is_debug() -> bool:
    """Return whether errors are to show where they arose."""
    return "--debug" in sys.argv or os.environ.get("ECUMENE_DEBUG", "") not in {"", "0"}


@contextmanager
def exit_codes(*, debug: bool) -> Iterator[None]:
    """Turn whatever goes wrong inside into one clear message and an exit code."""
    try:
        with _handling({signal.SIGTERM: _terminate}):
            yield
    except (typer.Exit, BrokenPipeError):
        raise  # a reader that has seen enough (`| head`) is no failure worth words
    except KeyboardInterrupt as interruption:
        fail_interrupted(interruption)
    except Exception as error:  # noqa: BLE001 - the last door: a traceback is no message
        if debug or is_debug():
            traceback.print_exc()
        message, code = _message_and_code(error)
        fail(message, code)


def fail_interrupted(interruption: KeyboardInterrupt) -> NoReturn:
    """Say that nothing came of it, and end with the exit code of the interruption."""
    say("interrupted: no new result was written")
    raise typer.Exit(code_of(interruption))


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
