"""Small CSV tables people write by hand, read strictly: every mistake at once, each with its line."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecumene.errors import TableError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_TOLD = 20
"""Mistakes of one file that are told; of more their number."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass
class TableProblems:
    """Mistakes found in one file, raised together in the order of its lines.

    Attributes
    ----------
    source
        The file as the user named it.
    problems
        Line, where there is one, and what is wrong there.
    word
        What the numbers count: lines, or the features of a GeoJSON file.
    """

    source: str
    problems: list[tuple[int | None, str]] = field(default_factory=list)
    word: str = "line"

    def add(self, line: int | None, what: str) -> None:
        """Note one mistake, with its line where it has one."""
        self.problems.append((line, what))

    def raise_if_any(self) -> None:
        """Raise a `TableError` that lists what was noted, if anything was."""
        if self.problems:
            n = len(self.problems)
            count = "1 problem" if n == 1 else f"{n:,} problems"
            ordered = sorted(self.problems, key=lambda problem: problem[0] or 0)
            told = [
                what if line is None else f"{self.word} {line}: {what}" for line, what in ordered[:MOST_TOLD]
            ]
            more = [f"and {n - MOST_TOLD:,} more"] if n > MOST_TOLD else []
            raise TableError("\n  ".join([f"{self.source}: {count}", *told, *more]))


@dataclass(frozen=True)
class CsvTable:
    """A table of text cells.

    Attributes
    ----------
    rows
        One mapping a data row, column name to stripped text.
    line_of_row
        1-based line each row ends on.
    notes
        What was left out on purpose: columns nobody reads.
    problems
        Rows of another length than the header, which are none of `rows`; more may be found in those, and then all of
        them are raised together.
    """

    rows: tuple[Mapping[str, str], ...]
    line_of_row: tuple[int, ...]
    notes: tuple[str, ...]
    problems: TableProblems


def parse_csv(
    raw: bytes,
    source: str,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    alias: Mapping[str, str] | None = None,
) -> CsvTable:
    """Return the cells of a CSV file under the names of our columns.

    Parameters
    ----------
    raw
        The file: UTF-8, a byte-order mark and any line end allowed, commas between columns, a header first;
        blank lines and lines starting with # are comments.
    source
        Name of the file, for messages.
    required, optional
        Columns that are read.
    alias
        Other names of columns, in lower case.

    Returns
    -------
    table
        The rows. Columns nobody reads are named in `notes`, rows of the wrong length in `problems`: raise those.

    Raises
    ------
    TableError
        Where the text cannot be read, or a column is missing or double.
    """
    bad = TableProblems(source)
    reader = csv.reader(_blank_leading_comments(_decode(raw, source)), strict=True)
    try:
        cells = [
            (reader.line_num, [cell.strip() for cell in row])
            for row in reader
            if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
        ]
    except csv.Error as error:
        raise TableError(f"{source}: line {reader.line_num}: {error}; check the quotes") from error
    if not cells:
        raise TableError(f"{source}: the file is empty; its first line must be {','.join(required)}")
    header_line, written = cells[0]
    header = [_column(name, alias or {}) for name in written]
    _check_header(header, header_line, required, bad)
    known = {*required, *optional}
    notes = tuple(f"column {name!r} is not used" for name in header if name not in known)
    rows, line_of_row = [], []
    for line, row in cells[1:]:
        if len(row) != len(header):
            bad.add(line, f"{len(row)} values under {len(header)} columns; quote a text that holds a comma")
            continue
        rows.append({name: cell for name, cell in zip(header, row, strict=True) if name in known})
        line_of_row.append(line)
    if not rows and not bad.problems:
        bad.add(None, "there is a header but no row below it")
    return CsvTable(tuple(rows), tuple(line_of_row), notes, bad)


def _decode(raw: bytes, source: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"{source}: line {line}: not UTF-8 text; save the file as UTF-8") from error
    if "\0" in text:
        raise TableError(f"{source}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: not a text file")
    return text


def _blank_leading_comments(text: str) -> list[str]:
    """Return the lines, those before the header emptied where they are comments: they may hold quotes."""
    lines = io.StringIO(text, newline="").readlines()
    for k, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        lines[k] = "\n"
    return lines


def _column(name: str, alias: Mapping[str, str]) -> str:
    plain = name.strip().lower()
    return alias.get(plain, plain)


def _check_header(header: Sequence[str], line: int, required: Sequence[str], bad: TableProblems) -> None:
    missing = [name for name in required if name not in header]
    if missing and len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        bad.add(line, f"columns must be separated by commas, got {header[0]!r}")
        bad.raise_if_any()
    for name in missing:
        bad.add(line, f"column {name!r} is missing{did_you_mean(name, set(header) - set(required))}")
    for name in sorted({name for name in header if header.count(name) > 1}):
        bad.add(line, f"column {name!r} stands twice")
    bad.raise_if_any()


def read_number(text: str, low: float, high: float) -> float | str:
    """Return a number within its range, or what is wrong with it.

    Parameters
    ----------
    text
        What the cell holds.
    low, high
        The range, both ends allowed.

    Returns
    -------
    number
        The number, or a clause that says what is allowed.
    """
    if not _NUMBER.fullmatch(text):
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            return f"not a number; write {text.replace(',', '.')} with a point"
        return "missing; must be a number" if not text else "not a number"
    number = float(text)
    if not (math.isfinite(number) and low <= number <= high):
        return f"must be between {low:g} and {high:g}"
    return number
