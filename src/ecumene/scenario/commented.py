"""A scenario's text with every other key beside it, commented out, at its value and with its meaning."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from ecumene.scenario.lines import line_of_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from ecumene.scenario.schema import Scenario

_HEADER = re.compile(r"^\s*\[\[?\s*[A-Za-z_][\w.\- ]*\]\]?\s*(#.*)?$")
_TABLE = re.compile(r"^\s*\[\s*([\w.]+)\s*\]")
_WIDTH = 44


def with_every_key(text: str, scenario: Scenario) -> str:
    """Return a scenario's TOML text with the keys it does not hold, commented out, section by section.

    Parameters
    ----------
    text
        As written.
    scenario
        What it means: the values shown are the ones that hold, so that to uncomment a line changes nothing.

    Returns
    -------
    text
        With the same meaning. Lists of tables, such as ``[[fault]]``, are not added.
    """
    lines = text.rstrip("\n").splitlines()
    given = {tuple(part for part in path if isinstance(part, str)) for path in line_of_key(text)}
    last_of = _last_lines(lines)
    added: dict[int, list[str]] = {}
    absent: list[str] = []
    for section, model in _sections(scenario):
        own = [line for name, line in _key_lines(model) if (*section, name) not in given]
        header = ".".join(section)
        if not own:
            continue
        if header in last_of:
            added[last_of[header]] = own
        elif section not in given or _is_only_lists(lines, header):
            absent += ["", f"# [{header}]", *own]
    grown = [line for k, kept in enumerate(lines) for line in (kept, *added.get(k, ()))]
    tail = ["", "# Sections not given above, with what holds without them:", *absent] if absent else []
    return "\n".join([*grown, *tail]) + "\n"


def _sections(model: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], BaseModel]]:
    """Yield every table of a scenario with its path, the outermost first; not those of lists."""
    yield above, model
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _sections(value, (*above, name))


def _key_lines(model: BaseModel) -> Iterator[tuple[str, str]]:
    """Yield each key of a table that holds a plain value, with its line."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        meaning = " ".join((field.description or "").split())
        key = field.alias or name
        if isinstance(value, BaseModel) or _is_tables(field):
            continue
        if value is None:
            yield key, f"# {key}: not given. {meaning}"
        else:
            yield key, f"{f'# {key} = {_toml(value)}':<{_WIDTH}}  # {meaning}"


def _is_tables(field: FieldInfo) -> bool:
    """Return whether a key holds a list of tables, as [[fault]]."""
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in get_args(field.annotation))


def _toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):  # a datetime is one as well
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        entries = ", ".join(f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items())
        return f"{{ {entries} }}" if entries else "{}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _last_lines(lines: list[str]) -> dict[str, int]:
    """Return the last line with something on it of each table, the root's under an empty name."""
    last_of, table = {"": 0}, ""
    for k, line in enumerate(lines):
        if _HEADER.match(line):
            named = _TABLE.match(line)
            table = named[1] if named else f"[[{k}"
        if line.strip() and not line.lstrip().startswith("#"):
            last_of[table] = k
    return last_of


def _is_only_lists(lines: list[str], header: str) -> bool:
    """Return whether a section is in the text by lists of tables alone, as [[gateways.site]]."""
    return any(re.match(rf"\s*\[\[\s*{re.escape(header)}\.", line) for line in lines) and not any(
        re.match(rf"\s*{re.escape(header)}\b\s*[.=]", line) for line in lines
    )
