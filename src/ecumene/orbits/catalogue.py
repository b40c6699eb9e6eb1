"""Catalogues of real satellites: OMM or TLE in, elements out, and nothing lost on the way."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import CatalogueError
from ecumene.orbits.elements import Elements, epochs_s
from ecumene.orbits.records import FORMATS, FormatError, Record, read_records
from ecumene.orbits.status import statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["median_epoch", "read_catalogue", "statuses"]

MAX_LISTED = 10
"""So many problems of a file are spelled out; the others are counted."""

ALPHA5_MAX = 339_999
"""Largest number python-sgp4 can hold itself; ours are kept in `Elements.norad_id`."""

RANGES = {
    "MEAN_MOTION": (0.01, 18.0, "rev/day"),
    "INCLINATION": (0.0, 180.0, "deg"),
    "RA_OF_ASC_NODE": (-360.0, 360.0, "deg"),
    "ARG_OF_PERICENTER": (-360.0, 360.0, "deg"),
    "MEAN_ANOMALY": (-360.0, 360.0, "deg"),
    "BSTAR": (-100.0, 100.0, "1/Earth radius"),
    "MEAN_MOTION_DOT": (-100.0, 100.0, "rev/day2"),
    "MEAN_MOTION_DDOT": (-1_000.0, 1_000.0, "rev/day3"),
}
"""What a value may be. 18 rev/day would be an orbit 180 km below ground; IBEX, the slowest, makes 0.11."""

OPTIONAL = {"MEAN_MOTION_DOT": 0.0, "MEAN_MOTION_DDOT": 0.0, "REV_AT_EPOCH": 0.0}
"""SGP4 does not use these; where they are missing a note says so."""

EXPECTED = {
    "MEAN_ELEMENT_THEORY": ({"SGP4", "SGP/SGP4", "SGP"}, "SGP4; other theories need other programs"),
    "REF_FRAME": ({"TEME", "TEMEOFDATE"}, "TEME, the frame of SGP4"),
    "TIME_SYSTEM": ({"UTC"}, "UTC"),
    "CENTER_NAME": ({"EARTH"}, "EARTH"),
}
"""Keywords that may be absent, but if present must say this."""

_NUMBERS = (*RANGES, "ECCENTRICITY", "REV_AT_EPOCH")
"""Keywords of numbers."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EPOCH = re.compile(
    r"(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d*)?))?\s*(?:Z|UTC|[+-]00:?00)?",
    re.IGNORECASE,
)
_TLE_NUMBER = re.compile(r"[ A-HJ-NP-Z\d][ \d]{3}\d")
_TLE_EXPONENT = re.compile(r"[ +-][ .]?(\d+)([+-]\d)")


def read_catalogue(path: str | Path) -> Elements:
    """Return the satellites of a file of orbital elements.

    Parameters
    ----------
    path
        OMM as JSON, CSV, XML (omm or ndm) or KVN, or TLE with or without name lines; gzipped or not.
        The format is recognised by content. Catalogue numbers may have up to nine digits.

    Returns
    -------
    elements
        In the order of the file; of several element sets of one number only the newest. `notes` says how many
        were superseded and what was assumed. Satellites SGP4 refuses are kept; :func:`statuses` tells.

    Raises
    ------
    CatalogueError
        The file cannot be read, or holds a value that cannot be. Every bad record is named (the first ten in
        full) by line or number, field, value and what is allowed.

    References
    ----------
    CCSDS 502.0-B-3, Orbit Data Messages (2023), OMM; Space-Track, TLE format.
    """
    file = Path(path)
    text = _decode(file, _unzip(file, _read(file)))
    try:
        records = read_records(text)
    except FormatError as error:
        raise CatalogueError(f"{file}: {error}") from error
    if not records:
        raise CatalogueError(f"{file}: holds no satellite: must hold at least one; fetch it again")
    names, numbers, satrecs, missing = _build_all(file, records)
    keep, notes = _newest(names, numbers, satrecs)
    notes += tuple(
        f"{key} is missing in {count:,} records and taken as 0" for key, count in missing.items() if count
    )
    unknown = np.full(len(keep), -1, dtype=np.int32)
    kept = tuple(satrecs[i] for i in keep)
    return Elements(
        name=tuple(names[i] for i in keep),
        norad_id=np.array([numbers[i] for i in keep], dtype=np.int64),
        satrecs=kept,
        epoch_s=epochs_s(kept),
        shell=unknown,
        plane=unknown.copy(),
        slot=unknown.copy(),
        notes=notes,
    )


def median_epoch(elements: Elements) -> datetime:
    """Return the date around which a catalogue is best.

    Parameters
    ----------
    elements
        One or more satellites.

    Returns
    -------
    epoch
        Median of the epochs, to the whole second, UTC.
    """
    seconds = math.floor(float(np.median(elements.epoch_s)) + 0.5)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise CatalogueError(f"{file}: no such file: must be {FORMATS}") from error
    except IsADirectoryError as error:
        raise CatalogueError(f"{file}: is a folder: must be a file, {FORMATS}") from error
    except OSError as error:
        raise CatalogueError(f"{file}: cannot be read: {error.strerror}") from error


def _unzip(file: Path, data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except EOFError as error:
        raise CatalogueError(
            f"{file}: the gzip data break off after {len(data):,} bytes; fetch it again"
        ) from error
    except (OSError, zlib.error) as error:
        raise CatalogueError(f"{file}: the gzip data are damaged ({error}); fetch it again") from error


def _decode(file: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # old name lists are; what is not text shows below
    junk = re.search(r"[\x00-\x08\x0e-\x1f]", text)
    if junk:
        raise CatalogueError(
            f"{file}: byte {junk.start() + 1} is 0x{ord(junk[0]):02x}, so it is no text: must be {FORMATS}"
        )
    return text


def _build_all(
    file: Path, records: Sequence[Record]
) -> tuple[list[str], list[int], list[Any], dict[str, int]]:
    names: list[str] = []
    numbers: list[int] = []
    satrecs: list[Any] = []
    problems: list[str] = []
    n_wrong = 0
    missing = dict.fromkeys(OPTIONAL, 0)
    for record in records:
        try:
            name, number, satrec = _of_tle(record) if record.tle else _of_omm(record, missing)
        except FormatError as error:
            told = record.fields.get("OBJECT_NAME")
            problems += [f"{record.where}{f' ({told})' if told else ''}: {what}" for what in error.args]
            n_wrong += 1
        else:
            names.append(name)
            numbers.append(number)
            satrecs.append(satrec)
    if len(problems) == 1:
        raise CatalogueError(f"{file}: {problems[0]}")
    if problems:
        more = [f"and {len(problems) - MAX_LISTED:,} more"] if len(problems) > MAX_LISTED else []
        lines = [
            f"{file}: {n_wrong:,} of {len(records):,} records {'has' if n_wrong == 1 else 'have'} problems",
            *problems[:MAX_LISTED],
            *more,
        ]
        raise CatalogueError("\n  ".join(lines))
    return names, numbers, satrecs, missing


def _newest(
    names: Sequence[str], numbers: Sequence[int], satrecs: Sequence[Any]
) -> tuple[list[int], tuple[str, ...]]:
    """Keep the newest set of each number; number 0 means unnumbered, so the name counts too."""
    newest: dict[tuple[int, str], int] = {}
    epoch_s = epochs_s(satrecs)
    for i, (name, number) in enumerate(zip(names, numbers, strict=True)):
        key = (number, "" if number else name)
        if key not in newest or epoch_s[i] >= epoch_s[newest[key]]:
            newest[key] = i
    keep = sorted(newest.values())
    superseded = len(satrecs) - len(keep)
    if not superseded:
        return keep, ()
    sets = "1 element set was" if superseded == 1 else f"{superseded:,} element sets were"
    return keep, (f"{sets} superseded by one as new or newer of the same catalogue number",)


def _of_omm(record: Record, missing: dict[str, int]) -> tuple[str, int, Any]:
    """Return name, number and elements of an OMM record.

    Raises
    ------
    FormatError
        With every mistake of the record.
    """
    if record.problem:
        raise FormatError(record.problem)
    try:
        return _elements_of_omm(record.fields, missing)
    except FormatError:
        raise FormatError(*_mistakes(record.fields)) from None


def _mistakes(fields: dict[str, Any]) -> list[str]:
    """Return what is wrong with a record: every check again, each by itself."""
    checks: list[Callable[[], Any]] = [
        *(partial(_check_expected, fields, key) for key in EXPECTED),
        partial(_catalogue_number, fields),
        partial(_epoch_days, fields),
        *(partial(_number, fields, key, dict.fromkeys(OPTIONAL, 0)) for key in _NUMBERS),
        partial(_check_theory, fields),
    ]
    found: list[str] = []
    for check in checks:
        try:
            check()
        except FormatError as error:
            found += error.args
    return found


def _check_expected(fields: dict[str, Any], key: str) -> None:
    allowed, words = EXPECTED[key]
    told = str(fields.get(key) or "").strip().upper()
    if told and told.replace(" ", "") not in allowed:
        raise FormatError(f"{key} = {fields[key]!r}: must be {words}")


def _check_theory(fields: dict[str, Any]) -> None:
    if str(fields.get("EPHEMERIS_TYPE") or 0).strip() == "4":
        raise FormatError("EPHEMERIS_TYPE = 4 (SGP4-XP): must be 0; ask the source for SGP4 elements")


def _elements_of_omm(fields: dict[str, Any], missing: dict[str, int]) -> tuple[str, int, Any]:
    from sgp4.api import WGS72, Satrec

    for key in EXPECTED:
        _check_expected(fields, key)
    number = _catalogue_number(fields)
    epoch_days = _epoch_days(fields)
    value = {key: _number(fields, key, missing) for key in _NUMBERS}
    _check_theory(fields)
    satrec = Satrec()
    satrec.revnum = int(value["REV_AT_EPOCH"]) % 100_000
    designator = re.fullmatch(
        r"\d\d(\d\d)-(\d{3}[A-Z]{0,3})", str(fields.get("OBJECT_ID") or "").strip().upper()
    )
    satrec.intldesg = designator[1] + designator[2] if designator else ""
    # The same expressions as python-sgp4's omm.initialize, so that the bits agree.
    to_rad = math.pi / 180.0
    satrec.sgp4init(
        WGS72,
        "i",
        number if number <= ALPHA5_MAX else 0,
        epoch_days,
        value["BSTAR"],
        value["MEAN_MOTION_DOT"] / (1_036_800.0 / math.pi),
        value["MEAN_MOTION_DDOT"] / (2_985_984_000.0 / 2.0 / math.pi),
        value["ECCENTRICITY"],
        value["ARG_OF_PERICENTER"] * to_rad,
        value["INCLINATION"] * to_rad,
        value["MEAN_ANOMALY"] * to_rad,
        value["MEAN_MOTION"] / 720.0 * math.pi,
        value["RA_OF_ASC_NODE"] * to_rad,
    )
    name = str(fields.get("OBJECT_NAME") or fields.get("OBJECT_ID") or f"NORAD {number}").strip()
    return name, number, satrec


def _number(fields: dict[str, Any], key: str, missing: dict[str, int]) -> float:
    written = fields.get(key)
    if written is None or (isinstance(written, str) and not written.strip()):
        if key in OPTIONAL:
            missing[key] += 1
            return OPTIONAL[key]
        raise FormatError(f"{key} is missing: must be a number")
    if isinstance(written, bool) or not _NUMBER.fullmatch(str(written).strip()):
        raise FormatError(f"{key} = {written!r}: must be a number")
    value = float(written)
    if key == "ECCENTRICITY" and not 0.0 <= value < 1.0:
        raise FormatError(f"ECCENTRICITY = {written}: must be at least 0 and below 1")
    if key in RANGES:
        low, high, unit = RANGES[key]
        if not low <= value <= high:
            raise FormatError(f"{key} = {written}: must be between {low:g} and {high:g} {unit}")
    return value


def _catalogue_number(fields: dict[str, Any]) -> int:
    written = fields.get("NORAD_CAT_ID")
    if written is None or str(written).strip() == "":
        raise FormatError("NORAD_CAT_ID is missing: must be a catalogue number of up to 9 digits")
    if isinstance(written, bool) or not re.fullmatch(r"\d{1,9}(\.0*)?", str(written).strip()):
        raise FormatError(f"NORAD_CAT_ID = {written!r}: must be a whole number of up to 9 digits")
    return int(float(written))


def _epoch_days(fields: dict[str, Any]) -> float:
    """Return days since 1949-12-31, as sgp4init wants them."""
    written = fields.get("EPOCH")
    if written is None or str(written).strip() == "":
        raise FormatError("EPOCH is missing: must be UTC, as in 2026-03-24T10:54:16.260768")
    match = _EPOCH.fullmatch(str(written).strip())
    problem = f"EPOCH = {written!r}: must be UTC between 1957 and 2100, as in 2026-03-24T10:54:16.260768"
    if not match:
        raise FormatError(problem)
    year, month, day, day_of_year, hour, minute, second = match.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour), int(minute))  # noqa: DTZ001 - UTC
    except ValueError as error:
        raise FormatError(f"{problem} ({error})") from error
    if day_of_year:
        last = 366 if int(year) % 4 == 0 and (int(year) % 100 or int(year) % 400 == 0) else 365
        if not 1 <= int(day_of_year) <= last:
            raise FormatError(f"{problem} (day {day_of_year} is not in {year})")
        start += timedelta(days=int(day_of_year) - 1)
    if float(second or 0) >= 61.0 or not 1957 <= start.year <= 2100:
        raise FormatError(problem)
    at = start + timedelta(seconds=float(second or 0))
    return (at - datetime(1949, 12, 31)).total_seconds() / 86_400.0  # noqa: DTZ001 - UTC


def _of_tle(record: Record) -> tuple[str, int, Any]:
    from sgp4.alpha5 import from_alpha5
    from sgp4.api import WGS72, Satrec

    first, second = record.tle or ("", "")
    if not _TLE_NUMBER.fullmatch(first[2:7]):
        raise FormatError(
            f"catalogue number {first[2:7]!r}: must be five digits, or a letter but I and O, and four"
        )
    year = _tle_value("epoch year", first[18:20], 0, 99)
    last_day = 367.0 if int(year) % 4 == 0 else 366.0
    _tle_value("epoch day of the year", first[20:32], 1.0, last_day)
    _tle_value("MEAN_MOTION_DOT", first[33:43], -1.0, 1.0)
    _tle_exponent("MEAN_MOTION_DDOT", first[44:52])
    _tle_exponent("BSTAR", first[53:61])
    if first[62] == "4":
        raise FormatError("EPHEMERIS_TYPE = 4 (SGP4-XP): must be 0; ask the source for SGP4 elements")
    columns = {"INCLINATION": (8, 16), "RA_OF_ASC_NODE": (17, 25), "ARG_OF_PERICENTER": (34, 42),
               "MEAN_ANOMALY": (43, 51), "MEAN_MOTION": (52, 63)}  # fmt: skip
    for key, (start, end) in columns.items():
        low, high, _ = RANGES[key]
        _tle_value(key, second[start:end], low, high, line=2)
    if not re.fullmatch(r"[ \d]{0,6}\d", second[26:33]):
        raise FormatError(f"ECCENTRICITY = {second[26:33]!r} in line 2: must be seven digits after the point")
    satrec = Satrec.twoline2rv(first, second, WGS72)
    number = from_alpha5(first[2:7].replace(" ", "0"))
    return str(record.fields["OBJECT_NAME"]) or f"NORAD {number}", number, satrec


def _tle_value(key: str, written: str, low: float, high: float, line: int = 1) -> float:
    if not _NUMBER.fullmatch(written.strip()) or not low <= float(written) <= high:
        raise FormatError(f"{key} = {written.strip()!r} in line {line}: must be between {low:g} and {high:g}")
    return float(written)


def _tle_exponent(key: str, written: str) -> None:
    if not _TLE_EXPONENT.fullmatch(written):
        raise FormatError(f"{key} = {written!r} in line 1: must be like ' 12345-3', meaning 0.12345e-3")
