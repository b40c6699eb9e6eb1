"""SQL over the tables of a result folder. Nothing is written, nothing is fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecumene.errors import InputError, RunError, did_you_mean
from ecumene.results.schema import TABLES
from ecumene.results.store import check_intact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MISSING_TABLE = re.compile(r"Table with name (\S+) does not exist", re.IGNORECASE)
_MISSING_COLUMN = re.compile(
    r'(?:Referenced column "([^"]+)" not found|does not have a column named "([^"]+)")', re.IGNORECASE
)


def query(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return what one SELECT finds in the tables of a result folder.

    Parameters
    ----------
    folder
        A result folder; it is compared with its manifest first.
    sql
        One statement of DuckDB's SQL that reads: SELECT, WITH, DESCRIBE, SUMMARIZE. Tables: `TABLES`.

    Returns
    -------
    columns, lines
        Names, and one tuple a line.

    Raises
    ------
    InputError
        The statement has a mistake, names what is not there, or does more than read.
    NoResultError
        The folder is no result.
    DamagedResultError
        It has changed since it was written.

    Notes
    -----
    The files are opened in the database as views; then its access to files and network is closed for good, so a
    statement can neither write a file nor read another, and extensions are never fetched.
    """
    import duckdb

    check_intact(folder)
    database = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        paths = {name: str((folder / f"{name}.parquet").absolute()) for name in TABLES}
        quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths.values())
        database.execute(f"SET allowed_paths = [{quoted}]")
        for name, path in paths.items():
            database.read_parquet(path).create_view(name)
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        return _select(database, sql)
    finally:
        database.close()


def _select(database: Any, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    import duckdb

    try:
        statements = database.extract_statements(sql)
        if len(statements) != 1:
            raise InputError(f"query: write one statement, got {len(statements)}")
        kind = statements[0].type.name
        if kind not in {"SELECT", "EXPLAIN"}:
            raise InputError(f"query: {kind.lower()}: tables of a result are only read; write select ...")
        found = database.execute(statements[0])
        return [column[0] for column in found.description], found.fetchall()
    except duckdb.OutOfMemoryException as error:
        raise RunError(f"query: {_first_line(error)}") from None
    except duckdb.Error as error:
        raise InputError(f"query: {_explained(str(error), sql)}") from None


def _explained(message: str, sql: str) -> str:
    """Return a database's message with what could have been meant."""
    if (missing := _MISSING_TABLE.search(message)) is not None:
        name = missing[1].strip('"!')
        return f"there is no table {name}{did_you_mean(name, TABLES)}; tables: {', '.join(TABLES)}"
    if (column := _MISSING_COLUMN.search(message)) is not None:
        name = column[1] or column[2]
        used = [t for t in TABLES if re.search(rf"\b{t}\b", sql, re.IGNORECASE)] or list(TABLES)
        columns = {t: [v.name for v in TABLES[t]] for t in used}
        hint = did_you_mean(name, [c for names in columns.values() for c in names])
        elsewhere = [t for t, variables in TABLES.items() if name in {v.name for v in variables}]
        told = f"; it is a column of {', '.join(elsewhere)}" if elsewhere else hint
        listed = "; ".join(f"{t}: {', '.join(names)}" for t, names in columns.items())
        return f"there is no column {name}{told}\n  {listed}"
    if "disabled" in message or "Permission Error" in message:
        return "only the tables of the result are read: no other file, no network, no setting"
    return _first_line(message)


def _first_line(message: object) -> str:
    return str(message).strip().splitlines()[0]


def columns_of_tables() -> Iterator[tuple[str, str, str, str, str]]:
    """Return table, column, type, unit and meaning of everything that can be asked for."""
    for name, variables in TABLES.items():
        for v in variables:
            yield name, v.name, v.dtype, v.unit, v.meaning


def aligned_text(columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    """Return a table for the terminal: numbers to the right, text to the left.

    Parameters
    ----------
    columns
        Headings.
    lines
        Values; None is an empty cell.

    Examples
    --------
    >>> print(aligned_text(["country", "people"], [("IN", 1.43e9), ("VA", None)]))
    country         people
    IN       1,430,000,000
    VA
    """
    cells = [[_cell(value) for value in line] for line in lines]
    widths = [max(len(row[k]) for row in [list(columns), *cells]) for k in range(len(columns))]
    is_number = [
        any(_is_number(line[k]) for line in lines)
        and all(line[k] is None or _is_number(line[k]) for line in lines)
        for k in range(len(columns))
    ]

    def row(texts: Sequence[str]) -> str:
        placed = (
            text.rjust(w) if right else text.ljust(w)
            for text, w, right in zip(texts, widths, is_number, strict=True)
        )
        return "  ".join(placed).rstrip()

    return "\n".join([row(columns), *(row(line) for line in cells)])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) > 10**15 else f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"
    return str(value)
