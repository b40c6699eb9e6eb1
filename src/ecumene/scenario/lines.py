"""Where in a TOML file a key stands, so that an error can name its line."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")

Path = tuple[str | int, ...]


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def line_of_key(text: str) -> dict[Path, int]:
    """Return the line of every key and table header of a TOML text.

    Parameters
    ----------
    text
        A TOML document that parses.

    Returns
    -------
    line_of
        1-based line of each key path; list entries of ``[[x]]`` tables are counted from 0.

    Notes
    -----
    Reads lines, not grammar: inside a value that spans lines it may note a key that is none.
    Such a path is never asked for, because errors name paths of the parsed document.
    """
    line_of: dict[Path, int] = {}
    n_entries: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = ()
            parts = _parts(header[2])
            for depth, part in enumerate(parts):
                table = (*table, part)
                is_last = depth == len(parts) - 1
                if is_last and header[1] == "[[":
                    n_entries[table] = n_entries.get(table, 0) + 1
                if table in n_entries:
                    table = (*table, n_entries[table] - 1)
            line_of.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table
            for part in _parts(key[1]):
                path = (*path, part)
                line_of.setdefault(path, number)
    return line_of


def line_of_path(line_of: dict[Path, int], path: Path) -> int | None:
    """Return the line of a path, or of its nearest enclosing table; None where nothing encloses it."""
    while path:
        if path in line_of:
            return line_of[path]
        path = path[:-1]
    return None
