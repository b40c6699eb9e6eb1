"""From a preset's name or a TOML file to a checked scenario."""

from __future__ import annotations

import copy
import json
import re
import sys
import tomllib
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pydantic import BaseModel, ValidationError

from ecumene.errors import ScenarioError, did_you_mean
from ecumene.scenario.lines import line_of_key, line_of_path
from ecumene.scenario.schema import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

STDIN = "-"
"""What to name instead of a file to read the scenario from standard input."""

_FILE_KEYS = (("constellation", "file"), ("isl", "file"), ("places", "file"), ("licences", "overrides"))
_KEY_FIRST = re.compile(r"^[a-z_]+(\[\d+\])?(\.[a-z_]+(\[\d+\])?)*(?=[: ])")
_NAME_OR_FILE_KEYS = (("gateways", "sites"), ("licences", "records"))


def preset_names() -> tuple[str, ...]:
    """Return the names of the bundled scenarios, sorted."""
    folder = resources.files("ecumene.scenario") / "presets"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def preset_text(name: str) -> str:
    """Return the TOML text of a bundled scenario, comments and sources included.

    Raises
    ------
    ScenarioError
        No preset has this name.
    """
    if name not in preset_names():
        hint = did_you_mean(name, preset_names())
        raise ScenarioError(name, [f"no such preset{hint or '; known: ' + ', '.join(preset_names())}"])
    return (resources.files("ecumene.scenario") / "presets" / f"{name}.toml").read_text(encoding="utf-8")


def load(
    name_or_path: str | Path,
    *,
    start: datetime | None = None,
    overrides: Mapping[str, Any] | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
) -> Scenario:
    """Return the scenario of a preset or a TOML file.

    Parameters
    ----------
    name_or_path
        Name of a bundled preset (``ecumene list``), or a path to a TOML file; ``-`` is standard input, read once. A
        file may say ``extends = "starlink-gen1"`` (a preset, or another file beside it; standard input: a file where
        you stand).
    start
        First slot, UTC; replaces the scenario's own.
    overrides
        Dotted keys and their values, applied last: ``{"slots": 4, "constellation.shells.0.planes": 36}``.

    faults
        Put behind those of the scenario, with the keys of a ``[[fault]]`` table.

    Returns
    -------
    scenario
        Checked and frozen. A catalogue given without a start of its own has ``start=None``:
        the run begins at the catalogue's median epoch.

    Raises
    ------
    ScenarioError
        With every mistake, its line, its value and what is allowed.
    """
    source, text, folder = _read(name_or_path)
    tree = _tree(source, text, folder, seen=())
    changes = dict(overrides or {})
    if changes.get("pairs") == "all":
        del changes["pairs"]
        changes["pairs.all"] = True  # keeps the rules that stand beside it
    if start is not None:
        changes["start"] = start
    elif "constellation.file" in changes and "start" not in changes:
        tree.pop("start", None)
    problems: list[str] = []
    for dotted, value in changes.items():
        problems += _put(tree, dotted, value)
    if faults:
        tree["fault"] = [*tree.get("fault", []), *map(dict, faults)]
    if problems:
        raise ScenarioError(source, problems)
    return _check(source, text, tree, given=changes)


def with_lines(error: ScenarioError, name_or_path: str | Path) -> ScenarioError:
    """Return an error that was found while the world was built, with the line of each key it names.

    Parameters
    ----------
    error
        Its problems begin with the key they are about.
    name_or_path
        Where the scenario was loaded from.

    Returns
    -------
    error
        Keys that do not stand in that file itself have no line.
    """
    source, text, _ = _read(name_or_path)
    line_of, problems = line_of_key(text), []
    for problem in error.problems:
        key = _KEY_FIRST.match(problem)
        parts = re.findall(r"\w+", key[0]) if key else []
        line = line_of_path(line_of, tuple(int(part) if part.isdigit() else part for part in parts))
        problems.append(f"line {line}: {problem}" if line else problem)
    return ScenarioError(source, problems)


def with_defaults(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved scenario with the keys that came later, at their defaults.

    Parameters
    ----------
    keys
        As a manifest holds it, of whatever version.

    Returns
    -------
    keys
        The same where this version can no longer read it.
    """
    try:
        return Scenario.model_validate_json(json.dumps(keys)).model_dump(mode="json")
    except ValidationError:
        return dict(keys)


def parse_setting(setting: str) -> tuple[str, Any]:
    """Return key and value of a ``--set key=value`` option; the value is TOML, or else plain text.

    Raises
    ------
    ScenarioError
        There is no '=' in it, or no key before it.
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ScenarioError(
            "--set", [f"{setting!r}: write key=value, for example terminal.min_elevation_deg=30"]
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    return key.strip(), value


def _read(name_or_path: str | Path) -> tuple[str, str, Path]:
    """Return what to call the source, its text, and the folder its relative paths start from."""
    name = str(name_or_path)
    if name in preset_names():
        return name, preset_text(name), Path.cwd()
    if name == STDIN:
        return "<stdin>", _text_of_stream(sys.stdin), Path.cwd()
    path = Path(name_or_path)
    if not path.exists():
        known = ", ".join(preset_names())
        hint = did_you_mean(name, preset_names()) or f"; presets: {known}"
        raise ScenarioError(name, [f"no preset and no file of this name{hint}"])
    try:
        return path.name, path.read_text(encoding="utf-8-sig"), path.resolve().parent
    except IsADirectoryError:
        raise ScenarioError(name, ["is a folder; give a TOML file or a preset's name"]) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(name, [f"is not UTF-8 text (byte {error.start}); give a TOML file"]) from None
    except OSError as error:
        raise ScenarioError(name, [f"cannot be read: {error.strerror}"]) from None


@lru_cache(maxsize=1)
def _text_of_stream(stream: TextIO | None) -> str:
    """Return what stands on standard input, which can be read but once, to whoever asks again too."""
    data = b"" if stream is None else stream.buffer.read()
    if not data.strip():
        raise ScenarioError(
            "<stdin>", ["is empty; send a TOML scenario there, such as: cat my.toml | ecumene run -"]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            "<stdin>", [f"is not UTF-8 text (byte {error.start}); send a TOML scenario"]
        ) from None


def _tree(source: str, text: str, folder: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    """Parse one document and lay it over what it extends."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(source, [f"not valid TOML: {error}"]) from None
    _anchor_files(tree, folder)
    if tree.get("pairs") == "all":
        tree["pairs"] = {"all": True}  # keeps the rules of what it extends
    parent = tree.pop("extends", None)
    if parent is None:
        return tree
    if not isinstance(parent, str):
        raise ScenarioError(source, [f"extends = {parent!r}: must be the name of a preset or a file"])
    if parent in seen:
        raise ScenarioError(source, [f"extends = {parent!r}: goes round in a circle ({' -> '.join(seen)})"])
    beside = folder / parent
    where = parent if parent in preset_names() or not beside.exists() else beside
    base = _tree(*_read(where), seen=(*seen, parent))
    if "start" not in tree and isinstance(part := tree.get("constellation"), dict) and part.get("file"):
        base.pop("start", None)  # a catalogue brings its own time
    return _merged(base, tree)


def _anchor_files(tree: dict[str, Any], folder: Path) -> None:
    """Make relative file names of a scenario relative to the file they stand in."""
    faults = tree.get("fault")
    for fault in faults if isinstance(faults, list) else ():
        region = fault.get("region") if isinstance(fault, dict) else None
        if isinstance(region, dict) and isinstance(region.get("file"), str):
            region["file"] = str(folder / region["file"])
    for section, key in (*_FILE_KEYS, *_NAME_OR_FILE_KEYS):
        part = tree.get(section)
        value = part.get(key) if isinstance(part, dict) else None
        if isinstance(value, str) and ((section, key) in _FILE_KEYS or Path(value).suffix):
            part[key] = str(folder / value)  # type: ignore[index]


def _merged(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Lay one tree over another: tables are merged, everything else is replaced."""
    merged = copy.deepcopy(base)
    for key, value in top.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both_tables else copy.deepcopy(value)
    return merged


def _put(tree: dict[str, Any], dotted: str, value: Any) -> list[str]:
    """Set one dotted key in the tree; return the problems met."""
    parts = dotted.replace("[", ".").replace("]", "").split(".")
    node: Any = tree
    for depth, part in enumerate(parts[:-1]):
        if isinstance(node, list):
            if not part.isdigit() or int(part) >= len(node):
                return [f"--set {dotted}: there is no entry {part}; the list has {len(node)}"]
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node.setdefault(part, {})
        else:
            return [f"--set {dotted}: {'.'.join(parts[:depth])} is a value, not a table"]
    if isinstance(node, list):
        if not parts[-1].isdigit() or int(parts[-1]) >= len(node):
            return [f"--set {dotted}: there is no entry {parts[-1]}; the list has {len(node)}"]
        node[int(parts[-1])] = value
    elif isinstance(node, dict):
        node[parts[-1]] = value
    else:
        return [f"--set {dotted}: {'.'.join(parts[:-1])} is a value, not a table"]
    return []


def _check(source: str, text: str, tree: dict[str, Any], given: Mapping[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(_with_tuples(tree))
    except ValidationError as error:
        lines = line_of_key(text)
        details = [d for d in error.errors(include_url=False) if d["loc"][-1:] != ("int",)]  # half of a union
        raise ScenarioError(source, [_problem(detail, lines, given) for detail in details]) from None


def _with_tuples(value: Any) -> Any:
    """Return a tree with tuples for lists, which is what the frozen schema holds."""
    if isinstance(value, dict):
        return {key: _with_tuples(inner) for key, inner in value.items()}
    return tuple(_with_tuples(inner) for inner in value) if isinstance(value, list) else value


def _problem(detail: ErrorDetails, lines: dict[tuple[str | int, ...], int], given: Mapping[str, Any]) -> str:
    """Render one pydantic error as a line a user can act on."""
    path = tuple(part for part in detail["loc"] if part != "literal['announced']")
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    line = line_of_path(lines, path)
    from_option = any(name == key or name.replace("[", ".").replace("]", "") == key for key in given)
    where = "--set " if from_option else f"line {line}: " if line else ""
    if detail["type"] == "extra_forbidden":
        return f"{where}{name}: unknown key{did_you_mean(str(path[-1]), _keys_beside(path))}"
    if detail["type"] == "missing":
        return f"{where}{name}: is missing"
    value = detail["input"]
    shown = "" if isinstance(value, (dict, list, tuple, BaseModel)) or not name else f" = {_toml(value)}"
    return f"{where}{name}{shown}{': ' if name else ''}{_sentence(detail)}"


_TYPES = {
    "bool_type": "true or false",
    "datetime_type": "a date and time such as 2026-03-24T12:00:12Z, without quotes",
    "date_type": "a date such as 2026-03-24, without quotes",
    "float_type": "a number, without quotes",
    "int_type": "a whole number, without quotes",
    "string_type": "text in quotes",
    "tuple_type": "a list in brackets",
    "model_type": "a table",
    "dict_type": "a table",
}


def _toml(value: Any) -> str:
    """Return a value as it would stand in TOML, cut short where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**18:
        return f"{value:.3e}" if abs(value) < 10**300 else "a number of more than 300 digits"
    if isinstance(value, str) and len(value) > 80:
        return f'"{value[:77]}..."'
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _sentence(detail: ErrorDetails) -> str:
    """Say what is allowed, in one sentence."""
    context = detail.get("ctx", {})
    bounds = {"greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt")}
    bounds |= {"less_than_equal": ("at most", "le"), "less_than": ("less than", "lt")}
    if detail["type"] in bounds:
        words, key = bounds[detail["type"]]
        return f"must be {words} {context[key]:g}"
    if detail["type"] == "literal_error":
        number = "a whole number or " if detail["loc"][-1:] == ("literal['announced']",) else ""
        return f"must be {number}{context['expected']}{did_you_mean(str(detail['input']), _words(context['expected']))}"
    if detail["type"] == "string_pattern_mismatch" and "[A-Z]{2}" in context.get("pattern", ""):
        return "must be a two-letter country code in capitals, such as KE"
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if detail["type"] in _TYPES:
        return f"must be {_TYPES[detail['type']]}"
    message = detail["msg"]
    return message[0].lower() + message[1:]


def _words(expected: str) -> list[str]:
    return [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]


def _keys_beside(path: tuple[str | int, ...]) -> list[str]:
    """Return the keys allowed where an unknown one was found."""
    model: Any = Scenario
    for part in path[:-1]:
        if isinstance(part, int):
            continue
        if part not in model.model_fields:
            return []
        annotation = model.model_fields[part].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]
