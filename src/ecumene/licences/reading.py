"""Reads the tables of a register from TOML and keeps what is wrong with them, with the line."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ecumene.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

_HEADER = re.compile(r"^\s*\[\[\s*([a-z_]+)\s*\]\]")
_KEY = re.compile(r"^\s*([a-z_0-9]+)\s*=")


@dataclass(frozen=True)
class RawTable:
    """One ``[[kind]]`` table as it stands in the file.

    Attributes
    ----------
    values
        Keys and values.
    line_of
        Line of each key, and under "" that of the header; empty where unknown.
    """

    values: Mapping[str, Any]
    line_of: Mapping[str, int]


def raw_tables(text: str, kinds: Sequence[str], problems: list[str]) -> dict[str, list[RawTable]]:
    """Return the tables of a TOML text by kind.

    Parameters
    ----------
    text
        A document of ``[[kind]]`` tables.
    kinds
        Names they may have.
    problems
        What is wrong is appended here.

    Raises
    ------
    tomllib.TOMLDecodeError
        It does not parse.
    """
    document = tomllib.loads(text)
    lines_of = _lines_of(text)
    problems += [
        f"{key}: unknown key; a register holds only {', '.join(f'[[{kind}]]' for kind in kinds)} tables"
        f"{did_you_mean(key, kinds)}"
        for key in document
        if key not in kinds
    ]
    found: dict[str, list[RawTable]] = {}
    for kind in kinds:
        tables = document.get(kind, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            problems.append(f"{kind}: must be a list of tables; write [[{kind}]] with two brackets")
            tables = []
        lines = lines_of[kind]
        is_inline = len(lines) != len(tables)  # kind = [{...}]: its entries have no line of their own
        lines = [{} for _ in tables] if is_inline else lines
        found[kind] = [RawTable(table, line_of) for table, line_of in zip(tables, lines, strict=True)]
    return found


def _lines_of(text: str) -> dict[str, list[dict[str, int]]]:
    """Return for each ``[[kind]]`` table the line of each key, and under "" that of its header."""
    lines_of: dict[str, list[dict[str, int]]] = defaultdict(list)
    open_table: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            open_table = {"": number}
            lines_of[header[1]].append(open_table)
        elif key := _KEY.match(line):
            open_table.setdefault(key[1], number)
    return lines_of


class Reader:
    """Reads one table and keeps what is wrong with it.

    Parameters
    ----------
    table
        From `raw_tables`.
    keys
        Keys it may have.
    codes
        Known country codes.
    hint_of_code
        Returns '; did you mean ...?' for a code that does not exist; by likeness where not given.
    """

    def __init__(
        self,
        table: RawTable,
        keys: Sequence[str],
        codes: Collection[str],
        hint_of_code: Callable[[str], str] | None,
    ) -> None:
        self.table, self.line_of, self.codes = table.values, table.line_of, codes
        self.line = self.line_of.get("", 0)
        self.hint_of_code = hint_of_code or (lambda code: did_you_mean(code.upper(), codes))
        self.problems: list[str] = []
        for key in self.table:
            if key not in keys:
                self.bad(key, f"unknown key{did_you_mean(key, keys)}")

    def bad(self, key: str, what: str) -> None:
        """Keep a problem of a key."""
        line = self.line_of.get(key, self.line)
        where = f"line {line}: " if line else ""
        value = f" = {_shown(self.table[key])}" if key in self.table else ""
        self.problems.append(f"{where}{key}{value}: {what}")

    def countries(self, key: str) -> tuple[str, ...]:
        """Return a list of country codes."""
        listed = self.table.get(key)
        if not isinstance(listed, list) or not listed or not all(isinstance(code, str) for code in listed):
            self.bad(key, 'must be a list of country codes, such as ["DE", "PL"]')
            return ()
        for code in listed:
            self._check_code(key, code)
        for code in sorted({code for code in listed if listed.count(code) > 1}):
            self.bad(key, f"{code} stands twice")
        return tuple(dict.fromkeys(listed))

    def country(self, key: str) -> str:
        """Return one country code."""
        code = self.table.get(key)
        if not isinstance(code, str):
            self.bad(key, 'must be a country code, such as "UA"')
            return ""
        self._check_code(key, code)
        return code

    def _check_code(self, key: str, code: str) -> None:
        if code not in self.codes:
            self.bad(key, f"{code!r} is no ISO 3166-1 alpha-2 code{self.hint_of_code(code)}")

    def word(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """Return one of several words.

        Parameters
        ----------
        key
            Where it stands.
        allowed
            The words.
        default
            Where it is not given; it must be where there is no default.
        """
        value = self.table.get(key, default)
        if value not in allowed:
            missing = "" if key in self.table else "missing; "
            self.bad(key, f"{missing}must be one of {', '.join(allowed)}{did_you_mean(str(value), allowed)}")
        return str(value)

    def days(self) -> tuple[date | None, date | None]:
        """Return the first day, and the first day it no longer holds; None where open."""
        valid_from, valid_to = self._day("from"), self._day("to")
        if valid_from and valid_to and valid_to <= valid_from:
            self.bad(
                "to", f"must be after from = {valid_from}; it is the first day the record no longer holds"
            )
        return valid_from, valid_to

    def _day(self, key: str) -> date | None:
        value = self.table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.bad(key, "must be a day that exists, such as 2022-10-01")
            return None

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            self.bad(key, "must be true or false")
        return bool(value)

    def number(self, key: str, low: float, high: float, *, is_whole: bool = False) -> float | None:
        """Return a number, None where it is not given or not right.

        Parameters
        ----------
        key
            Where it stands.
        low, high
            Its bounds, allowed themselves.
        is_whole
            It must be a whole number.
        """
        value = self.table.get(key)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high or (is_whole and value != int(value)):
            kind = "a whole number" if is_whole else "a number"
            self.bad(key, f"must be {kind} between {low:g} and {high:g}")
            return None
        return float(value)

    def text(self, key: str) -> str:
        """Return text, empty where not given."""
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.bad(key, "must be text")
        return str(value)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | list | dict) else str(value)
    text = text.lower() if isinstance(value, bool) else text  # as TOML writes it
    return text if len(text) <= 60 else f"{text[:57]}..."
