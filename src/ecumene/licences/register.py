"""Dated licence records of an operator, read from TOML.

A register is a list of ``[[record]]`` tables. One record may name several countries that share its terms:

    [[record]]
    countries = ["IN"]
    status = "licensed"
    from = 2025-06-06            # first day; always where not given
    to = 2030-01-01              # first day it no longer holds; open where not given
    landing = "in_country"       # "any" | "in_country" | ["DE", "PL"]: where traffic may come down
    offered = false              # sold there; true for licensed where not given
    gso_exclusion_deg = 18.0     # where the licence says another angle than the scenario
    source = "DoT OM 2025-05-05"
    confidence = "medium"        # high | medium | low
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecumene.errors import TableError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

STATUSES = ("licensed", "pending", "not_sought", "refused", "prohibited", "unlicensed")
"""licensed: service allowed. pending: asked for. not_sought: never asked. refused: asked and denied.
prohibited: forbidden by law or order. unlicensed: terminals work without a licence and without permission."""

CONFIDENCES = ("high", "medium", "low")
"""high: the licence or order was seen. medium: a report of it was seen. low: recalled, or a rule of ours."""

BUNDLED = ("starlink", "oneweb", "kuiper")

Landing = str | tuple[str, ...]

_KEYS = (
    "countries",
    "status",
    "from",
    "to",
    "landing",
    "offered",
    "gso_exclusion_deg",
    "nco",
    "pfd_dbw_m2_mhz",
    "source",
    "confidence",
    "note",
)
_HEADER = re.compile(r"^\s*\[\[\s*record\s*\]\]")
_KEY = re.compile(r"^\s*([a-z_0-9]+)\s*=")
_RANGES = {"gso_exclusion_deg": (0.0, 45.0), "nco": (1, 16), "pfd_dbw_m2_mhz": (-160.0, -90.0)}


@dataclass(frozen=True)
class Record:
    """What holds in one country for one interval.

    Attributes
    ----------
    country
        ISO 3166-1 alpha-2 code, XK for Kosovo.
    status
        One of `STATUSES`.
    valid_from, valid_to
        First day, and first day it no longer holds; None where open.
    landing
        "any", "in_country", or the codes of the countries where traffic may come down.
    is_offered
        The operator sells the service there; a licence alone does not make it so.
    gso_exclusion_deg, nco, pfd_dbw_m2_mhz
        Terms that differ from the scenario's; None where they do not.
    source, confidence, note
        Where it is from, one of `CONFIDENCES`, and what else is known.
    line
        Line of the record in its file.
    """

    country: str
    status: str
    valid_from: date | None
    valid_to: date | None
    landing: Landing
    is_offered: bool
    gso_exclusion_deg: float | None
    nco: int | None
    pfd_dbw_m2_mhz: float | None
    source: str
    confidence: str
    note: str
    line: int

    def holds(self, at: date) -> bool:
        """Return whether the record is in force on a day."""
        return (self.valid_from or date.min) <= at and (self.valid_to is None or at < self.valid_to)


def read_register(
    name_or_path: str | Path,
    codes: Collection[str],
    *,
    hint_of_code: Callable[[str], str] | None = None,
) -> tuple[Record, ...]:
    """Return the records of a bundled register or of a TOML file.

    Parameters
    ----------
    name_or_path
        "starlink", "oneweb", "kuiper", or a path.
    codes
        Known country codes.
    hint_of_code
        Returns '; did you mean ...?' for a code that does not exist; by likeness where not given.

    Returns
    -------
    records
        One per country and interval, in the order of the file.

    Raises
    ------
    TableError
        With every mistake of the file and its line: TOML that does not parse, unknown keys, codes and words,
        bad dates, numbers out of range, intervals of one country that overlap.
    """
    raw, source = _read(name_or_path)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"{source}: line {line}: not UTF-8 text; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{source}: not valid TOML: {error}") from error
    problems: list[str] = []
    tables = _tables(document, problems)
    records: list[Record] = []
    for table, line_of in zip(tables, _lines_of(text, len(tables)), strict=True):
        reader = _RecordReader(table, line_of, codes, hint_of_code)
        records += reader.records()
        problems += reader.problems
    problems += _overlaps(records)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TableError("\n  ".join([f"{source}: {count}", *problems]))
    return tuple(records)


def _read(name_or_path: str | Path) -> tuple[bytes, str]:
    if name_or_path in BUNDLED:
        file = resources.files("ecumene.licences").joinpath(f"data/{name_or_path}.toml")
        return file.read_bytes(), f"{name_or_path}.toml (bundled)"
    try:
        return Path(name_or_path).read_bytes(), str(name_or_path)
    except OSError as error:
        hint = did_you_mean(str(name_or_path), BUNDLED)
        raise TableError(
            f"{name_or_path}: no such register: {error.strerror or error};"
            f" bundled are {', '.join(BUNDLED)}{hint}"
        ) from error


def _lines_of(text: str, n_tables: int) -> list[dict[str, int]]:
    """Return for each ``[[record]]`` the line of each key, and under "" that of its header."""
    lines_of: list[dict[str, int]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if _HEADER.match(line):
            lines_of.append({"": number})
        elif lines_of and (key := _KEY.match(line)):
            lines_of[-1].setdefault(key[1], number)
    is_inline = len(lines_of) != n_tables  # record = [{...}]: its entries have no line of their own
    return [{} for _ in range(n_tables)] if is_inline else lines_of


def _tables(document: Mapping[str, Any], problems: list[str]) -> list[Mapping[str, Any]]:
    problems += [
        f"{key}: unknown key; a register holds only [[record]] tables{did_you_mean(key, ['record'])}"
        for key in document
        if key != "record"
    ]
    tables = document.get("record", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append("record: must be a list of tables; write [[record]] with two brackets")
        return []
    return tables


class _RecordReader:
    """Reads one ``[[record]]`` table and keeps what is wrong with it."""

    def __init__(
        self,
        table: Mapping[str, Any],
        line_of: Mapping[str, int],
        codes: Collection[str],
        hint_of_code: Callable[[str], str] | None,
    ) -> None:
        self.table, self.line_of, self.codes = table, line_of, codes
        self.line = line_of.get("", 0)
        self.hint_of_code = hint_of_code or (lambda code: did_you_mean(code.upper(), codes))
        self.problems: list[str] = []

    def bad(self, key: str, what: str) -> None:
        line = self.line_of.get(key, self.line)
        where = f"line {line}: " if line else ""
        value = f" = {_shown(self.table[key])}" if key in self.table else ""
        self.problems.append(f"{where}{key}{value}: {what}")

    def records(self) -> list[Record]:
        for key in self.table:
            if key not in _KEYS:
                self.bad(key, f"unknown key{did_you_mean(key, _KEYS)}")
        status = self.word("status", STATUSES)
        valid_from, valid_to = self.day("from"), self.day("to")
        if valid_from and valid_to and valid_to <= valid_from:
            self.bad(
                "to", f"must be after from = {valid_from}; it is the first day the record no longer holds"
            )
        terms = {key: self.number(key) for key in _RANGES}
        nco = None if terms["nco"] is None else int(terms["nco"])
        landing, is_offered = self.landing(), self.flag("offered", default=status == "licensed")
        confidence = self.word("confidence", CONFIDENCES) if "confidence" in self.table else "low"
        source, note = self.text("source"), self.text("note")
        return [
            Record(
                country=country,
                status=status,
                valid_from=valid_from,
                valid_to=valid_to,
                landing=landing,
                is_offered=is_offered,
                gso_exclusion_deg=terms["gso_exclusion_deg"],
                nco=nco,
                pfd_dbw_m2_mhz=terms["pfd_dbw_m2_mhz"],
                source=source,
                confidence=confidence,
                note=note,
                line=self.line,
            )
            for country in self.countries("countries")
        ]

    def countries(self, key: str) -> tuple[str, ...]:
        listed = self.table.get(key)
        if not isinstance(listed, list) or not listed or not all(isinstance(code, str) for code in listed):
            self.bad(key, 'must be a list of country codes, such as ["DE", "PL"]')
            return ()
        for code in listed:
            if code not in self.codes:
                self.bad(key, f"{code!r} is no ISO 3166-1 alpha-2 code{self.hint_of_code(code)}")
        for code in sorted({code for code in listed if listed.count(code) > 1}):
            self.bad(key, f"{code} stands twice")
        return tuple(dict.fromkeys(listed))

    def word(self, key: str, allowed: Sequence[str]) -> str:
        value = self.table.get(key)
        if value not in allowed:
            missing = "" if key in self.table else "missing; "
            self.bad(key, f"{missing}must be one of {', '.join(allowed)}{did_you_mean(str(value), allowed)}")
        return str(value)

    def day(self, key: str) -> date | None:
        value = self.table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.bad(key, "must be a day that exists, such as 2022-10-01")
            return None

    def landing(self) -> Landing:
        value = self.table.get("landing", "any")
        if isinstance(value, list):
            return self.countries("landing")
        if value not in {"any", "in_country"}:
            self.bad("landing", 'must be "any", "in_country" or a list of country codes')
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            self.bad(key, "must be true or false")
        return bool(value)

    def number(self, key: str) -> float | None:
        value, (low, high) = self.table.get(key), _RANGES[key]
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high or (key == "nco" and value != int(value)):
            kind = "a whole number" if key == "nco" else "a number"
            self.bad(key, f"must be {kind} between {low:g} and {high:g}")
            return None
        return float(value)

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.bad(key, "must be text")
        return str(value)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | list | dict) else str(value)
    text = text.lower() if isinstance(value, bool) else text  # as TOML writes it
    return text if len(text) <= 60 else f"{text[:57]}..."


def _overlaps(records: Sequence[Record]) -> list[str]:
    """Name every pair of neighbouring records of one country that hold on the same day."""
    of_country: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        of_country[record.country].append(record)
    problems = []
    for country, same in of_country.items():
        same.sort(key=lambda record: record.valid_from or date.min)
        for before, after in pairwise(same):
            start = after.valid_from or date.min
            if before.valid_to is None or before.valid_to > start:
                problems.append(
                    f"line {after.line}: {country}: from {after.valid_from or 'the beginning'} overlaps the"
                    f" record in line {before.line} (to {before.valid_to or 'open'});"
                    " end one before the other begins"
                )
    return problems
