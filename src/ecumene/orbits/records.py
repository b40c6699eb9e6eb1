"""Files of orbital elements as plain records: OMM in JSON, CSV, XML and KVN, and TLE.

Readers only split a text into records of named values and remember where each stood; what the values may
be is decided in catalogue.py.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMATS = "OMM as JSON, CSV, XML or KVN, or TLE with or without names; each may be gzipped"
"""What can be read, for messages."""

TLE_LENGTH = 69
"""Characters of a TLE line. Source: Space-Track, "Basic description of the TLE format"."""

_KVN = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(.*?)\s*(\[[^\]]*\])?\s*$")
_TLE_LINE = re.compile(r"([12]) [ A-Z0-9]{5}.{43}")


class FormatError(ValueError):
    """The text is not what its first characters promise; the message starts with where.

    Of one record it may hold several messages, without where.
    """


@dataclass(frozen=True)
class Record:
    """One set of elements as it stood in the file.

    Attributes
    ----------
    where
        "line 12" or "record 3".
    fields
        Values by CCSDS keyword in capitals, as written.
    tle
        Both lines, where it was a TLE.
    problem
        Why it cannot be read at all; then it has no fields.
    """

    where: str
    fields: dict[str, Any] = field(default_factory=dict)
    tle: tuple[str, str] | None = None
    problem: str = ""


def read_records(text: str) -> list[Record]:
    """Return the records of a text, whatever its format.

    Parameters
    ----------
    text
        The whole file.

    Returns
    -------
    records
        In the order of the file; possibly none.

    Raises
    ------
    FormatError
        The text is in none of the formats, or breaks off.
    """
    lines = text.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first:
        raise FormatError("the file is empty: must hold at least one satellite; fetch it again")
    return _reader(first, lines)(text)


def _reader(first: str, lines: list[str]) -> Callable[[str], list[Record]]:
    """Choose by content; the name of a file promises nothing."""
    if first[0] in "[{":
        return _read_json
    if first[0] == "<":
        return _read_xml
    told = next((line.strip() for line in lines if line.strip() and not _is_comment(line)), "")
    keywords = {word.strip().strip('"').upper() for word in re.split(r"[,;\t]", told)}
    if len(keywords) > 1 and keywords & {"MEAN_MOTION", "NORAD_CAT_ID", "EPOCH", "ECCENTRICITY"}:
        return _read_csv
    if any(_TLE_LINE.match(line) for line in lines):
        return _read_tle
    if _KVN.match(told):
        return _read_kvn
    if told[:2] in {"1 ", "2 "}:
        return _read_tle
    shown = first if len(first) <= 60 else first[:60] + "..."
    raise FormatError(f"starts with {shown!r}, which is no format of orbital elements: must be {FORMATS}")


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#") or line.lstrip().upper().startswith("COMMENT")


def _read_json(text: str) -> list[Record]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        if not text.rstrip().endswith(("]", "}")):
            raise FormatError(
                f"{place}: the JSON breaks off ({error.msg}): must end with ']'; fetch the file again"
            ) from error
        raise FormatError(f"{place}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON that holds elements: {error}") from error
    rows = [data] if isinstance(data, dict) else data
    records = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise FormatError(f"record {number}: is {type(row).__name__}: must be an object of OMM keywords")
        fields = {str(key).strip().upper(): value for key, value in row.items()}
        records.append(Record(f"record {number}", fields))
    return records


def _read_csv(text: str) -> list[Record]:
    rows = ((number, line) for number, line in enumerate(text.splitlines(), start=1))
    kept = [(number, line) for number, line in rows if line.strip() and not _is_comment(line)]
    heading_line = kept[0][1]
    delimiter = max(",;\t", key=heading_line.count)
    heading = [name.strip().upper() for name in next(csv.reader([heading_line], delimiter=delimiter))]
    records = []
    for number, line in kept[1:]:
        try:
            values = next(csv.reader(io.StringIO(line), delimiter=delimiter))
        except csv.Error as error:
            raise FormatError(f"line {number}: not CSV: {error}") from error
        if len(values) != len(heading):
            told = f"{len(values)} values: must be {len(heading)}, as many as the heading names"
            records.append(Record(f"line {number}", problem=told))
            continue
        fields = dict(zip(heading, (value.strip() for value in values), strict=True))
        records.append(Record(f"line {number}", fields))
    return records


def _read_xml(text: str) -> list[Record]:
    try:
        # The prolog may promise another encoding than the text already decoded.
        root = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - expat caps entities
    except ET.ParseError as error:
        line, column = error.position
        raise FormatError(
            f"line {line} column {column + 1}: not XML, or it breaks off: {error}; fetch the file again"
        ) from error
    segments = [element for element in root.iter() if _local(element.tag) == "segment"]
    if not segments:
        raise FormatError(
            f"the XML element <{_local(root.tag)}> holds no <segment>: must be a CCSDS <omm> or <ndm>"
        )
    return [Record(f"record {number}", _leaves(segment)) for number, segment in enumerate(segments, start=1)]


def _local(tag: Any) -> str:
    return str(tag).rsplit("}", 1)[-1]


def _leaves(segment: ET.Element) -> dict[str, Any]:
    leaves = (element for element in segment.iter() if len(element) == 0)
    return {_local(leaf.tag).upper(): (leaf.text or "").strip() for leaf in leaves}


def _read_kvn(text: str) -> list[Record]:
    records: list[Record] = []
    fields: dict[str, Any] = {}
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or _is_comment(line):
            continue
        match = _KVN.match(line)
        if not match:
            raise FormatError(f"line {number}: {line.strip()!r}: must be KEYWORD = value")
        key = match[1].upper()
        if key in fields:  # a keyword stands once in a message, so this is the next one
            records.append(Record(f"line {start}", fields))
            fields = {}
        if not fields:
            start = number
        fields[key] = match[2]
    if fields:
        records.append(Record(f"line {start}", fields))
    return records


def _read_tle(text: str) -> list[Record]:
    records = []
    name = ""
    lines = _tle_lines(text)
    for number, line in lines:
        if _is_element_line(line, "1"):
            records.append(_tle_record(number, line, next(lines, (number + 1, "")), name))
            name = ""
        elif _is_element_line(line, "2"):
            raise FormatError(f"line {number}: a TLE line 2 without a line 1 before it")
        elif name:
            raise FormatError(
                f"line {number}: {line[:40]!r}: must be TLE line 1 of {name!r}, starting with '1 '"
            )
        else:
            name = line[2:].strip() if line.startswith("0 ") else line.strip()
    if name:
        raise FormatError(f"the file ends after the name {name!r}: two TLE lines must follow; fetch it again")
    return records


def _is_element_line(line: str, kind: str) -> bool:
    """Names have at most 24 characters, so "1 KUNS-PF" is one."""
    return line.startswith(f"{kind} ") and len(line) > 24


def _tle_record(number: int, first: str, following: tuple[int, str], name: str) -> Record:
    second_number, second = following
    _check_tle(number, first, "1")
    _check_tle(second_number, second, "2")
    if first[2:7] != second[2:7]:
        raise FormatError(
            f"line {second_number}: catalogue number {second[2:7]!r}: "
            f"must be {first[2:7]!r}, as in line {number}"
        )
    return Record(f"line {number}", {"OBJECT_NAME": name}, (first, second))


def _tle_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip()


def _check_tle(number: int, line: str, kind: str) -> None:
    if not line.startswith(f"{kind} "):
        shown = repr(line[:40]) if line else "missing, the file ends"
        raise FormatError(f"line {number}: {shown}: must be TLE line {kind}, starting with '{kind} '")
    if len(line) != TLE_LENGTH:
        raise FormatError(
            f"line {number}: {len(line)} characters: must be {TLE_LENGTH} in a TLE line; fetch the file again"
        )
    if not line.isascii():
        raise FormatError(f"line {number}: holds a character that is not ASCII; fetch the file again")
    wanted = sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10
    if line[68] != str(wanted):
        raise FormatError(
            f"line {number}: checksum {line[68]!r}: must be '{wanted}' for this line; "
            "a character has changed, fetch the file again"
        )
