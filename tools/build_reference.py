"""Write the reference pages from the code: scenario keys, result columns, presets, commands, Python.

Run it after a change of a key, a column, a preset, a command or a public name:

    python tools/build_reference.py

With --check it writes nothing and fails where a page is out of date (a test does the same).
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import ecumene
from ecumene.results.comparison import MEASURES
from ecumene.results.schema import ARRAYS, CAUSE_WORDS, CAUSES, PAIR_CAUSE_WORDS, PAIR_CAUSES, TABLES
from ecumene.scenario import Scenario, preset_names, preset_text

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ecumene.scenario.schema import ShellKeys

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "*Made by `tools/build_reference.py`; do not edit.*"

SCENARIO_PROSE = """\
A scenario is a TOML file. Unknown keys are refused, and so is what lies outside the ranges below. A file may
begin with `extends = "starlink-gen1"`, the name of a preset or of another file beside it, and then holds only
what differs; lists are replaced as a whole. On the command line any key is set with `--set section.key=value`,
entries of lists by number: `--set constellation.shells.0.planes=36`. Relative file names start from the folder
of the file they stand in.

`required`: must be given. `none`: not given."""

RESULTS_PROSE = """\
A result folder holds `report.html`, the tables below, `frames.npz` (what the globe shows), `summary.json` (the planet
in a few numbers) and `manifest.json` (the scenario as resolved, versions, seed, digests). In Python the tables are
`results.tables["rows"]` and so on: dictionaries of numpy arrays by column. Empty cells of a CSV and NaN mean:
not served, so there is none."""

ARRAYS_PROSE = """\
`slots.zarr` stands in the folder where arrays were asked for (`ecumene run ... --arrays`, or the key `output.arrays`):
Zarr 3, dimensions `time` and `row` (as in the table of rows), with the coordinates `time`, `cell`, `country`, `lat` and
`lon` and the attributes of the CF conventions 1.11. How to open it: [from Python](../howto/python.md)."""

PRESETS_PROSE = """\
Scenarios that ship. `ecumene list` shows them with their sources; `ecumene init my.toml --from NAME` copies
one, comments included."""

TABLE_TITLES = {
    "rows": "one line for every cell and country; `rows.parquet`",
    "countries": "one line for every country with rows; `countries.parquet`, `countries.csv`",
    "satellites": "one line for every satellite listed; `satellites.parquet`",
    "gateways": "one line for every gateway; `gateways.parquet`",
    "places": "one line for every named place and slot; `places.parquet`, `places.csv`",
    "pairs": "one line for every pair of the scenario and slot, none without pairs; `pairs.parquet`, `pairs.csv`",
    "slots": "one line for every slot: the planet in time; `slots.parquet`, `slots.csv`",
    "faults": "one line for every fault that stood in a slot; `faults.parquet`, `faults.csv`",
    "isls": "one line for every link between satellites that is there for the whole run; `isls.parquet`",
    "landings": "one line for every country and country of gateways that carry its traffic; `landings.parquet`, "
    "`landings.csv`",
    "cuts": "one line for every country that sees a satellite it may use; `cuts.parquet`, `cuts.csv`",
}
SWEEP_TITLE = "one line for every run of a sweep, after the swept keys; `sweep.csv`, `sweep.json`"
UNITS = {"": "", "1": "share"}
UNIONS = {typing.Union, types.UnionType}
BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def pages() -> dict[str, str]:
    """Return the text of every reference page by file name."""
    return {
        "scenario.md": scenario_page(),
        "results.md": results_page(),
        "presets.md": presets_page(),
        "cli.md": cli_page(),
        "api.md": api_page(),
    }


def scenario_page() -> str:
    """Return the page of scenario keys."""
    parts = ["# Scenario keys", MADE, SCENARIO_PROSE, section("", Scenario, "At the top of the file")]
    parts += [section(name, model, head) for name, model, head in sections(Scenario)]
    return "\n\n".join(parts) + "\n"


def sections(model: type[BaseModel], before: str = "") -> list[tuple[str, type[BaseModel], str]]:
    """Return the tables of a scenario in order: dotted name, model, how its header is written."""
    found = []
    for key, field in model.model_fields.items():
        inner, is_list = inner_model(field.annotation)
        if inner is None:
            continue
        name = f"{before}{key}"
        found.append((name, inner, f"[[{name}]]" if is_list else f"[{name}]"))
        found += sections(inner, f"{name}.")
    return found


def inner_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the table a key holds, if any, and whether it is a list of them."""
    is_list = get_origin(annotation) is tuple
    kind = get_args(annotation)[0] if is_list else annotation
    if get_origin(kind) in UNIONS:
        (kind, *_) = [arg for arg in get_args(kind) if arg is not type(None)]
    return (kind, is_list) if isinstance(kind, type) and issubclass(kind, BaseModel) else (None, False)


def section(name: str, model: type[BaseModel], head: str) -> str:
    """Return heading, meaning and table of one part of a scenario."""
    title = f"## `{head}`" if name else f"## {head}"
    lines = [title, "", (model.__doc__ or "").strip(), ""]
    lines += ["| key | type and range | default | meaning |", "| --- | --- | --- | --- |"]
    for key, field in model.model_fields.items():
        if inner_model(field.annotation)[0] is not None:
            continue
        cells = (
            f"`{field.alias or key}`",
            kind_text(field),
            default_text(field),
            " ".join((field.description or "").split()),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def kind_text(field: FieldInfo) -> str:
    """Return type and range of a key in words."""
    kind = type_text(field.annotation)
    bounds = [*bounds_text(field.metadata), *(b for m in extra(field.annotation) for b in bounds_text([m]))]
    return f"{kind}, {' and '.join(dict.fromkeys(bounds))}" if bounds else kind


def extra(annotation: Any) -> list[Any]:
    """Return what an Annotated type says beside its type, or each of several types."""
    found: list[Any] = []
    if get_origin(annotation) in UNIONS:
        return [item for arg in get_args(annotation) for item in extra(arg)]
    if get_origin(annotation) is typing.Annotated:
        for item in get_args(annotation)[1:]:
            found += getattr(item, "metadata", [item])
    return found


def bounds_text(metadata: list[Any]) -> list[str]:
    """Return ranges as text."""
    words = []
    for item in metadata:
        for name, sign in BOUNDS.items():
            if getattr(item, name, None) is not None:
                words.append(f"{sign} {getattr(item, name):,}".removesuffix(".0"))
        if getattr(item, "min_length", None):
            words.append("not empty")
        if getattr(item, "pattern", None):
            words.append(f"like `{item.pattern}`")
    return words


def type_text(annotation: Any) -> str:
    """Return a type as a user of TOML thinks of it."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{toml(value)}`" for value in args)
    if origin in UNIONS:
        return " or ".join(type_text(arg) for arg in args if arg is not type(None))
    if origin is typing.Annotated:
        return (
            type_text(args[0])
            if not any(getattr(m, "pattern", "") for m in extra(annotation))
            else "country code"
        )
    if origin is tuple:
        return f"list of {plural_text(type_text(args[0]))}"
    if origin is dict:
        return f"table: {type_text(args[0])} = {type_text(args[1])}"
    names = {"float": "number", "int": "whole number", "bool": "true or false", "str": "text"}
    return names.get(annotation.__name__, annotation.__name__)


def plural_text(text: str) -> str:
    """Return the plural of what a type is called; a value as it is written has none."""
    if text.startswith("list of "):
        return "lists" + text.removeprefix("list")
    return " or ".join(w if w.endswith("`") else f"{w}s" for w in text.split(" or "))


def default_text(field: FieldInfo) -> str:
    """Return the default of a key; 'required' where there is none."""
    if field.default is PydanticUndefined:
        return "required"
    return "none" if field.default is None else f"`{toml(field.default)}`"


def toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def results_page() -> str:
    """Return the page of result tables."""
    parts = ["# Results", MADE, RESULTS_PROSE]
    for name, variables in {**TABLES, "sweep": MEASURES}.items():
        title = SWEEP_TITLE if name == "sweep" else TABLE_TITLES[name]
        lines = [f"## {name}", "", f"{title[0].upper()}{title[1:]}.", ""]
        lines += ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{v.name}` | {v.dtype} | {UNITS.get(v.unit, v.unit)} | {v.meaning} |" for v in variables
        ]
        parts.append("\n".join(lines))
    parts.append(arrays_section())
    lines = [
        "## Causes",
        "",
        "Every row and place has in every slot exactly one cause, the first that holds.",
        "",
    ]
    lines += ["| cause | in words |", "| --- | --- |"]
    lines += [f"| `{cause}` | {CAUSE_WORDS[cause]} |" for cause in CAUSES]
    pairs = ["", "Every pair has a cause of its own, looked at from both ends:", ""]
    pairs += ["| cause of a pair | in words |", "| --- | --- |"]
    pairs += [f"| `{cause}` | {PAIR_CAUSE_WORDS[cause]} |" for cause in PAIR_CAUSES]
    lines += [
        "",
        "`no_licence` also stands where the service is licensed and not sold. `weather` is reserved: no model of the",
        "user's sky sets it yet.",
    ]
    parts.append("\n".join([*lines, *pairs]))
    return "\n\n".join(parts) + "\n"


def arrays_section() -> str:
    """Return what stands in `slots.zarr`."""
    lines = [
        "## Per-slot arrays",
        "",
        ARRAYS_PROSE,
        "",
        "| array | stored as | unit | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for v in ARRAYS.values():
        stored = v.dtype if v.scale == 1.0 else f"{v.dtype} x {v.scale:g}"
        none = f"; {v.fill} for none" if v.fill is not None else ""
        lines.append(f"| `{v.name}` | {stored}{none} | {UNITS.get(v.unit, v.unit)} | {v.meaning} |")
    return "\n".join(lines)


def presets_page() -> str:
    """Return the page of presets."""
    parts = ["# Presets", MADE, PRESETS_PROSE]
    for name in preset_names():
        scenario = ecumene.load(name)
        head = preset_text(name).split("\nname =")[0].splitlines()
        lines = [f"## {name}", "", " ".join(line.lstrip("# ") for line in head if line.startswith("#")), ""]
        lines += ["| altitude | inclination | planes x satellites | F | node spread |"]
        lines += ["| --- | --- | --- | --- | --- |", *(shell_line(s) for s in scenario.constellation.shells)]
        parts.append("\n".join([*lines, "", summary_of(scenario)]))
    return "\n\n".join(parts) + "\n"


def shell_line(shell: ShellKeys) -> str:
    """Return one shell as a line of a table."""
    size = f"{shell.planes} x {shell.sats_per_plane}"
    spread = f"{shell.node_spread_deg} deg"
    phasing = shell.phasing if shell.placement == "walker" else shell.placement
    return f"| {flies_at(shell)} | {shell.inclination_deg:g} deg | {size} | {phasing} | {spread} |"


def flies_at(shell: ShellKeys) -> str:
    """Return the altitude of a shell, or its mean motion where that was given."""
    return (
        f"{shell.altitude_km:g} km"
        if shell.altitude_km is not None
        else f"{shell.mean_motion_rev_day:g} rev/day"
    )


def summary_of(scenario: Scenario) -> str:
    """Return a preset in a few sentences."""
    satellites = sum(s.planes * s.sats_per_plane for s in scenario.constellation.shells)
    terminal, gateways = scenario.terminal, scenario.gateways
    beams = f"{satellites:,} satellites with {scenario.satellite.user_beams} beams of"
    angles = f"{terminal.min_elevation_deg:g} and {terminal.gso_exclusion_deg:g} deg at terminals,"
    gateway_angles = f"{gateways.min_elevation_deg:g} and {gateways.gso_exclusion_deg:g} deg at gateways"
    records = scenario.licences.records or "in the file"
    sentences = [
        f"{beams} {scenario.downlink.channel_mhz:g} MHz and {scenario.satellite.capacity_gbps:g} Gbit/s each",
        f"Lasers: {scenario.isl.topology}",
        f"Elevation and exclusion angle: {angles} {gateway_angles}",
        f"{scenario.slots} slots of {scenario.slot_s:g} s from {scenario.start:%Y-%m-%dT%H:%M:%SZ}",
        f"Ground sites: {gateways.sites or 'in the file'}; licences: {records}",
    ]
    return ". ".join(sentences) + "."


CLI_PROSE = """\
Results go to stdout, everything else to stderr. Exit codes: 0 it worked, 1 it failed, 2 wrong input, 130 interrupted
(with Ctrl-C, between slots), 143 told to end (by SIGTERM, likewise). `NO_COLOR` is heeded.
`ecumene --install-completion` teaches the shell the commands and presets."""

API_PROSE = """\
What `import ecumene` offers. Tables are dictionaries of numpy arrays by column ([results](results.md)); scenarios have
the keys of [the reference](scenario.md). Importing is quick: a name is loaded when it is first asked for."""


def cli_page() -> str:
    """Return the page of commands: usage, what it does, arguments and options."""
    import typer

    from ecumene.cli import app

    group: Any = typer.main.get_command(app)
    parts = ["# The command line", MADE, CLI_PROSE]
    for name in group.list_commands(None):
        command = group.commands[name]
        first, _, rest = inspect.cleandoc(command.help or "").partition("\n\n")
        parts.append(f"## ecumene {name}\n\n{_plain(first)}")
        if rest:
            parts.append("\n".join(f"    {line}" for line in rest.replace("Example: ", "").splitlines()))
        head = ["| option | meaning | default |", "| --- | --- | --- |"]
        parts.append("\n".join([*head, *map(_option_line, command.params)]))
    return "\n\n".join(parts) + "\n"


def _option_line(option: Any) -> str:
    return f"| {_spelt(option)} | {_plain(getattr(option, 'help', None) or '')} | {_default(option)} |"


def _spelt(option: Any) -> str:
    """Return how an option or argument is typed."""
    metavar = option.metavar or ""
    if option.param_type_name == "argument":
        return f"`{metavar or option.name.upper()}`".replace("|", "\\|")
    names = ", ".join(f"`{text}`" for text in option.opts)
    return names if option.is_flag else f"{names} `{metavar or option.type.name.upper()}`".replace("|", "\\|")


def _default(option: Any) -> str:
    value = option.default
    if value is None or value is False or option.is_flag or callable(value) or str(value) == "Sentinel.UNSET":
        return ""
    return f"`{value}`"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


def api_page() -> str:
    """Return the page of public Python names: signature and docstring of each, and of their methods."""
    parts = ["# Python", MADE, API_PROSE]
    for name in ecumene.__all__:
        if name == "__version__":
            continue
        thing = getattr(ecumene, name)
        parts += _documented(f"ecumene.{name}", thing, "##")
        if inspect.isclass(thing) and not issubclass(thing, BaseModel):
            for method, function in vars(thing).items():
                if not method.startswith("_") and inspect.isfunction(function):
                    parts += _documented(f"{name}.{method}", function, "###")
    return "\n\n".join(parts) + "\n"


def _documented(title: str, thing: Any, level: str) -> list[str]:
    doc = inspect.getdoc(thing) or ""
    is_model = inspect.isclass(thing)
    signature = "" if is_model else str(inspect.signature(thing)).replace("'", "")
    text = f"{title.rpartition('.')[2]}{signature}\n\n{doc}" if signature else doc
    return [f"{level} {title}", f"```text\n{text}\n```"]


def outdated() -> list[str]:
    """Return the names of pages that differ from what the code says."""
    return [
        name
        for name, text in pages().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the pages, or with --check say which are out of date."""
    if "--check" in sys.argv[1:]:
        late = outdated()
        print(f"out of date: {', '.join(late)}" if late else "up to date")
        return 1 if late else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
