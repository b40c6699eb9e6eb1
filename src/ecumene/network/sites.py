"""Where the network touches the ground: gateways, which have antennas, and PoPs, which meet the internet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import InputError, RangeError, TableError, did_you_mean
from ecumene.traffic.table import TableProblems, parse_csv, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

KINDS = ("gateway", "pop")
BUNDLED = {
    "starlink": "starlink_sites.csv",
    "starlink-2022": "starlink_2022_sites.csv",
    "oneweb": "oneweb_sites.csv",
    "kuiper": "kuiper_sites.csv",
}
DEFAULT_ANTENNAS = 8
"""Antennas of a gateway whose number is not known. Soft: the usual number in the US Ka-band filings."""

MAX_ANTENNAS = 200

_REQUIRED = ("name", "country", "lat_deg", "lon_deg", "kind")
_OPTIONAL = ("antennas", "live_by", "confidence", "source")


@dataclass(frozen=True)
class Sites:
    """Ground sites of one kind or of both.

    Attributes
    ----------
    name
        Unique within a kind.
    country
        ISO 3166-1 alpha-2 codes, XK for Kosovo.
    lat_deg, lon_deg : (site,)
        Geodetic latitude; longitude in (-180, 180]. [deg]
    kind
        "gateway" or "pop".
    antennas : (site,)
        Antennas of a gateway; 0 for a PoP.
    confidence, source
        How sure the position and the date are, and where they are from; empty where the file does not say.
    later
        Names of sites left out because they are not known to be live by the day asked about.
    notes
        What was left out of the file: columns nobody reads.
    """

    name: tuple[str, ...]
    country: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    kind: tuple[str, ...]
    antennas: NDArray[np.int32]
    confidence: tuple[str, ...]
    source: tuple[str, ...]
    later: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.name)

    def of_kind(self, kind: str) -> Sites:
        """Return the sites of one kind, in order; `later` and `notes` stay those of the whole file."""
        if kind not in KINDS:
            raise InputError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
        keep = [k for k, this in enumerate(self.kind) if this == kind]
        return Sites(
            name=tuple(self.name[k] for k in keep),
            country=tuple(self.country[k] for k in keep),
            lat_deg=self.lat_deg[keep],
            lon_deg=self.lon_deg[keep],
            kind=tuple(self.kind[k] for k in keep),
            antennas=self.antennas[keep],
            confidence=tuple(self.confidence[k] for k in keep),
            source=tuple(self.source[k] for k in keep),
            later=self.later,
            notes=self.notes,
        )


def read_sites(
    name_or_path: str | Path,
    codes: Collection[str],
    *,
    hint_of_code: Callable[[str], str] | None = None,
    known_by: date | None = None,
    default_antennas: int = DEFAULT_ANTENNAS,
) -> Sites:
    """Return the ground sites of a bundled list or of a CSV file.

    Parameters
    ----------
    name_or_path
        "starlink", "starlink-2022", "oneweb", "kuiper", or a CSV file with the columns name, country,
        lat_deg, lon_deg, kind and, if known, antennas, live_by (2023-10 or 2023-10-10), confidence, source.
    codes
        Known country codes.
    hint_of_code
        Returns '; did you mean ...?' for a code that does not exist; by likeness where not given.
    known_by
        Leave out sites whose live_by is later; None for all. A month counts from its first day. live_by is an
        upper bound, so a site left out may have been live: its name is in `later`.
    default_antennas
        Antennas of a gateway for which the file gives none.

    Returns
    -------
    sites
        In the order of the file.

    Raises
    ------
    TableError
        With every mistake of the file and its line.
    RangeError
        Where `default_antennas` is not between 1 and 200.
    """
    if not 1 <= default_antennas <= MAX_ANTENNAS:
        raise RangeError(f"default antennas must be between 1 and {MAX_ANTENNAS}, got {default_antennas}")
    hint_of_code = hint_of_code or (lambda code: did_you_mean(code.upper(), codes))
    raw, source = _read(name_or_path)
    table = parse_csv(raw, source, required=_REQUIRED, optional=_OPTIONAL)
    bad = TableProblems(source)
    line_of_site: dict[tuple[str, str], int] = {}
    kept: list[_Site] = []
    later: list[str] = []
    for line, row in zip(table.line_of_row, table.rows, strict=True):
        if row["country"] not in codes:
            hint = hint_of_code(row["country"])
            bad.add(line, f"country = {row['country']!r}: no ISO 3166-1 alpha-2 code{hint}")
        site = _read_site(row, line, default_antennas, bad)
        _note_double(row, line, line_of_site, bad)
        if site is None:
            continue
        if known_by is not None and site.live_by is not None and site.live_by > known_by:
            later.append(site.name)
        else:
            kept.append(site)
    bad.raise_if_any()
    return Sites(
        name=tuple(site.name for site in kept),
        country=tuple(site.country for site in kept),
        lat_deg=np.array([site.lat_deg for site in kept], dtype=np.float64),
        lon_deg=np.array([site.lon_deg for site in kept], dtype=np.float64),
        kind=tuple(site.kind for site in kept),
        antennas=np.array([site.antennas for site in kept], dtype=np.int32),
        confidence=tuple(site.confidence for site in kept),
        source=tuple(site.source for site in kept),
        later=tuple(later),
        notes=table.notes,
    )


@dataclass(frozen=True)
class _Site:
    """One row that is in order."""

    name: str
    country: str
    lat_deg: float
    lon_deg: float
    kind: str
    antennas: int
    live_by: date | None
    confidence: str
    source: str


def _read(name_or_path: str | Path) -> tuple[bytes, str]:
    if name_or_path in BUNDLED:
        name = BUNDLED[str(name_or_path)]
        return resources.files("ecumene.network").joinpath(f"data/{name}").read_bytes(), f"{name} (bundled)"
    try:
        return Path(name_or_path).read_bytes(), str(name_or_path)
    except OSError as error:
        hint = did_you_mean(str(name_or_path), BUNDLED)
        raise TableError(
            f"{name_or_path}: no such list of sites: {error.strerror or error};"
            f" bundled are {', '.join(BUNDLED)}{hint}"
        ) from error


def _read_site(row: Mapping[str, str], line: int, default_antennas: int, bad: TableProblems) -> _Site | None:
    """Read one row; None where it has a mistake, which is then noted."""
    n_bad = len(bad.problems)
    kind = row["kind"]
    if not row["name"]:
        bad.add(line, "name is missing")
    if kind not in KINDS:
        bad.add(line, f"kind = {kind!r}: must be one of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    lat = _position(row, "lat_deg", -90.0, 90.0, line, bad)
    lon = _position(row, "lon_deg", -180.0, 360.0, line, bad)
    antennas = _antennas(row.get("antennas", ""), kind, default_antennas, line, bad)
    live_by = _day(row.get("live_by", ""), line, bad)
    if len(bad.problems) > n_bad:
        return None
    return _Site(
        name=row["name"],
        country=row["country"],
        lat_deg=lat,
        lon_deg=lon - 360.0 if lon > 180.0 else lon,
        kind=kind,
        antennas=antennas,
        live_by=live_by,
        confidence=row.get("confidence", ""),
        source=row.get("source", ""),
    )


def _position(
    row: Mapping[str, str], key: str, low: float, high: float, line: int, bad: TableProblems
) -> float:
    value = read_number(row[key], low, high)
    if isinstance(value, str):
        bad.add(line, f"{key} = {row[key]}: {value}")
        return 0.0
    return value


def _antennas(text: str, kind: str, default: int, line: int, bad: TableProblems) -> int:
    if kind == "pop":
        if text not in {"", "0"}:
            bad.add(line, f"antennas = {text}: a PoP has none; leave it empty or make this a gateway")
        return 0
    if not text:
        return default
    value = read_number(text, 1, MAX_ANTENNAS)
    if isinstance(value, str) or value != int(value):
        bad.add(line, f"antennas = {text}: must be a whole number from 1 to {MAX_ANTENNAS}")
        return default
    return int(value)


def _day(text: str, line: int, bad: TableProblems) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else text)
    except ValueError:
        bad.add(line, f"live_by = {text}: must be a month or a day that exists, such as 2023-10")
        return None


def _note_double(
    row: Mapping[str, str], line: int, line_of_site: dict[tuple[str, str], int], bad: TableProblems
) -> None:
    key = (row["kind"], row["name"])
    if row["name"] and key in line_of_site:
        bad.add(line, f"{key[0]} {key[1]!r} stands already in line {line_of_site[key]}")
    line_of_site.setdefault(key, line)
