"""Links written down by hand: a CSV file of pairs of satellites."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RangeError, TableError, did_you_mean
from ecumene.traffic.table import TableProblems, parse_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_COLUMNS = ("satellite_a", "satellite_b")
_PLACE = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})\s*/\s*(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Pairs:
    """Links of a file.

    Attributes
    ----------
    links : (link, 2)
        Pairs of satellites in the order of the file, the lower index first.
    notes
        Columns nobody reads.
    """

    links: NDArray[np.int32]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Fleet:
    """Satellites by every name they may be called by; -1 stands for several of one name."""

    by_name: dict[str, int]
    by_number: dict[int, int]
    by_place: dict[tuple[int, int, int], int]


def read_pairs(
    path: str | Path,
    *,
    name: Sequence[str],
    norad_id: NDArray[np.int64],
    shell: NDArray[np.int32],
    plane: NDArray[np.int32],
    slot: NDArray[np.int32],
) -> Pairs:
    """Return the links of a CSV file.

    Parameters
    ----------
    path
        A file with the columns satellite_a and satellite_b. A satellite is written as its name, its
        catalogue number (44714), or its place shell/plane/slot (0/3/17), all counted from 0.
    name, norad_id, shell, plane, slot : (sat,)
        What satellites are called; numbers and places -1 where there are none.

    Returns
    -------
    pairs
        The links.

    Raises
    ------
    TableError
        The file cannot be read; a satellite is not there, or several have its name; a satellite is linked
        with itself, or twice with the same one. All mistakes at once, each with its line.
    RangeError
        Columns of different lengths.
    """
    sizes = {len(name), len(norad_id), len(shell), len(plane), len(slot)}
    if len(sizes) > 1:
        raise RangeError(f"names, numbers and places must be as many, got {sorted(sizes)}")
    source = Path(path).name
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise TableError(f"{path}: no such list of links: {error.strerror or error}") from error
    table = parse_csv(raw, source, required=_COLUMNS)
    fleet = _fleet(name, norad_id, shell, plane, slot)
    bad = table.problems
    line_of_pair: dict[tuple[int, int], int] = {}
    for row, line in zip(table.rows, table.line_of_row, strict=True):
        ends = [_satellite(row[column], column, line, fleet, bad) for column in _COLUMNS]
        if min(ends) < 0:
            continue
        pair = (min(ends), max(ends))
        if ends[0] == ends[1]:
            bad.add(line, f"{row['satellite_a']} is linked with itself")
        elif pair in line_of_pair:
            bad.add(
                line,
                f"{row['satellite_a']} - {row['satellite_b']} stands already in line {line_of_pair[pair]}",
            )
        line_of_pair.setdefault(pair, line)
    bad.raise_if_any()
    return Pairs(np.array(list(line_of_pair), np.int32).reshape(-1, 2), table.notes)


def _fleet(
    name: Sequence[str],
    norad_id: NDArray[np.int64],
    shell: NDArray[np.int32],
    plane: NDArray[np.int32],
    slot: NDArray[np.int32],
) -> _Fleet:
    by_name: dict[str, int] = {}
    for index, this in enumerate(name):
        by_name[this] = -1 if this in by_name else index
    return _Fleet(
        by_name=by_name,
        by_number={number: k for k, number in enumerate(norad_id.tolist()) if number >= 0},
        by_place={
            place: k
            for k, place in enumerate(zip(shell.tolist(), plane.tolist(), slot.tolist(), strict=True))
            if min(place) >= 0
        },
    )


def _satellite(text: str, column: str, line: int, fleet: _Fleet, bad: TableProblems) -> int:
    """Return the satellite a cell names; -1 where it names none, which is then noted."""
    if text in fleet.by_name:
        if fleet.by_name[text] < 0:
            bad.add(line, f"{column} = {text}: several satellites have this name; write the catalogue number")
        return fleet.by_name[text]
    if not text:
        bad.add(line, f"{column} is missing: write a name, a catalogue number or shell/plane/slot")
        return -1
    if text.isascii() and text.isdecimal():
        return _by_number(text, column, line, fleet, bad)
    if match := _PLACE.fullmatch(text):
        return _by_place((int(match[1]), int(match[2]), int(match[3])), text, column, line, fleet, bad)
    near = did_you_mean(text, fleet.by_name) or did_you_mean(text.upper(), fleet.by_name)
    bad.add(line, f"{column} = {text}: no satellite of this name{near}")
    return -1


def _by_number(text: str, column: str, line: int, fleet: _Fleet, bad: TableProblems) -> int:
    if not fleet.by_number:
        bad.add(line, f"{column} = {text}: filed satellites have no catalogue number; write shell/plane/slot")
    elif int(text) not in fleet.by_number:
        known = map(str, fleet.by_number)
        bad.add(line, f"{column} = {text}: no satellite of this catalogue number{did_you_mean(text, known)}")
    return fleet.by_number.get(int(text), -1)


def _by_place(
    place: tuple[int, int, int], text: str, column: str, line: int, fleet: _Fleet, bad: TableProblems
) -> int:
    """Return the satellite at a place; else say which part of it does not exist."""
    if place in fleet.by_place:
        return fleet.by_place[place]
    for depth, what in enumerate(("shell", "plane", "slot")):
        there = sorted({p[depth] for p in fleet.by_place if p[:depth] == place[:depth]})
        if place[depth] not in there:
            allowed = f"0 to {there[-1]}" if there == list(range(len(there))) and there else "none"
            where = f" of {'/'.join(map(str, place[:depth]))}" if depth else ""
            bad.add(line, f"{column} = {text}: no {what} {place[depth]}{where}; there are {allowed}")
            break
    return -1
