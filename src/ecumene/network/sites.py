"""Where the network touches the ground: gateways, which have antennas, and PoPs, which meet the internet."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import InputError, RangeError, TableError, did_you_mean
from ecumene.traffic.table import TableProblems, parse_csv, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

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
_OPTIONAL = (
    *("antennas", "status", "live_by", "bands", "gso_exclusion_deg", "rain_mm_h", "rain_height_km"),
    *("confidence", "source"),
)

STATUSES = ("live", "planned", "closed")
"""What a site may be; where a list says nothing it is live. Planned ones are used only where asked for."""

GEOJSON = (".geojson", ".json")
"""Ends of names of GeoJSON files; everything else is read as CSV."""

MAX_EXCLUSION_DEG = 45.0
MAX_RAIN_HEIGHT_KM = 8.0
MAX_RAIN_MM_H = 200.0
"""More than anywhere on the planet is exceeded in 0.01 % of the year (ITU-R P.837-7 has no more than 150)."""


@dataclass(frozen=True)
class Site:
    """One ground site; where a number is not known it is NaN, where a text is not, it is empty.

    Attributes
    ----------
    name, country, lat_deg, lon_deg, kind, antennas, live_by, bands, gso_exclusion_deg, rain_mm_h,
        rain_height_km, confidence, source
        As in `Sites`.
    status
        One of `STATUSES`.
    """

    name: str
    country: str
    lat_deg: float
    lon_deg: float
    kind: str = "gateway"
    antennas: int = 0
    live_by: str = ""
    bands: str = ""
    gso_exclusion_deg: float = float("nan")
    rain_mm_h: float = float("nan")
    rain_height_km: float = float("nan")
    confidence: str = ""
    source: str = ""
    status: str = "live"


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
    live_by
        Month or day by which it was known to be live, as written.
    bands
        Feeder bands with blanks between, such as "ka e"; empty where the file does not say.
    gso_exclusion_deg : (site,)
        Smallest allowed angle to the geostationary arc; NaN where the file does not say. [deg]
    rain_mm_h : (site,)
        Rain rate exceeded in 0.01 % of the year (R0.01 of ITU-R P.837); NaN where the file does not say. [mm/h]
    rain_height_km : (site,)
        Mean rain height above the sea (h_R of ITU-R P.839); NaN where the file does not say. [km]
    confidence, source
        How sure the position and the date are, and where they are from; empty where the file does not say.
    later, planned, closed
        Names of sites left out: not known to be live by the day asked about; planned; closed.
    notes
        What was left out of the file, and what looks odd.
    """

    name: tuple[str, ...]
    country: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    kind: tuple[str, ...]
    antennas: NDArray[np.int32]
    live_by: tuple[str, ...]
    bands: tuple[str, ...]
    gso_exclusion_deg: NDArray[np.float64]
    rain_mm_h: NDArray[np.float64]
    rain_height_km: NDArray[np.float64]
    confidence: tuple[str, ...]
    source: tuple[str, ...]
    later: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.name)

    def of_kind(self, kind: str) -> Sites:
        """Return the sites of one kind, in order; what was left out, and `notes`, stay those of the whole file."""
        if kind not in KINDS:
            raise InputError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
        keep = [site for site in records_of_sites(self) if site.kind == kind]
        left_out = {name: getattr(self, name) for name in _LEFT_OUT}
        return replace(sites_of_records(keep), **left_out)


_LEFT_OUT = ("later", "planned", "closed", "notes")


def sites_of_records(records: Sequence[Site]) -> Sites:
    """Return single sites as columns."""
    columns: dict[str, Any] = {
        f.name: tuple(getattr(site, f.name) for site in records) for f in fields(Site) if f.name != "status"
    }
    for name in ("lat_deg", "lon_deg", "gso_exclusion_deg", "rain_mm_h", "rain_height_km"):
        columns[name] = np.array(columns[name], np.float64)
    columns["antennas"] = np.array(columns["antennas"], np.int32)
    return Sites(**columns)


def records_of_sites(sites: Sites) -> list[Site]:
    """Return columns as single sites: the inverse of `sites_of_records`."""
    names = [f.name for f in fields(Site) if f.name != "status"]
    columns = [getattr(sites, name) for name in names]
    lists = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns]
    return [Site(**dict(zip(names, row, strict=True))) for row in zip(*lists, strict=True)]


def read_sites(
    name_or_path: str | Path,
    codes: Collection[str],
    *,
    hint_of_code: Callable[[str], str] | None = None,
    known_by: date | None = None,
    default_antennas: int = DEFAULT_ANTENNAS,
    with_planned: bool = False,
    bands: Collection[str] = (),
    misplaced: Callable[[str, float, float], tuple[str, str]] | None = None,
) -> Sites:
    """Return the ground sites of a bundled list, of a CSV file or of a GeoJSON file.

    Parameters
    ----------
    name_or_path
        "starlink", "starlink-2022", "oneweb", "kuiper"; or a CSV file with the columns name, country,
        lat_deg, lon_deg, kind and, if known, antennas, status, live_by (2023-10 or 2023-10-10), bands,
        gso_exclusion_deg, rain_mm_h, rain_height_km, confidence, source; or a GeoJSON file (.geojson,
        .json) whose features are points with these as properties, coordinates apart.
    codes
        Known country codes.
    hint_of_code
        Returns '; did you mean ...?' for a code that does not exist; by likeness where not given.
    known_by
        Leave out sites whose live_by is later; None for all. A month counts from its first day. live_by is an
        upper bound, so a site left out may have been live: its name is in `later`.
    default_antennas
        Antennas of a gateway for which the file gives none.
    with_planned
        Take planned sites as well, whatever their date; otherwise their names are in `planned`.
    bands
        Known feeder bands; any where empty.
    misplaced
        Returns what is wrong with a position in a country, and what is odd about it; both may be empty. Asked
        for files, not for bundled lists.

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
    bad, rows, notes = _rows(raw, source, str(name_or_path))
    is_bundled = name_or_path in BUNDLED
    line_of_site: dict[tuple[str, str], int] = {}
    kept: list[Site] = []
    left_out: dict[str, list[str]] = {"later": [], "planned": [], "closed": []}
    for line, row in rows:
        if row["country"] not in codes:
            hint = hint_of_code(row["country"])
            bad.add(line, f"country = {row['country']!r}: no ISO 3166-1 alpha-2 code{hint}")
        site = _read_site(row, line, default_antennas, bands, bad)
        _note_double(row, line, line_of_site, bad)
        if site is None:
            continue
        if misplaced is not None and not is_bundled and site.country in codes:
            wrong, odd = misplaced(site.country, site.lat_deg, site.lon_deg)
            if wrong:
                bad.add(line, f"{site.kind} {site.name!r} {wrong}")
            if odd:
                notes.append(f"{source}: {bad.word} {line}: {site.kind} {site.name!r} {odd}")
        why = _why_left_out(site, known_by, with_planned=with_planned)
        left_out[why].append(site.name) if why else kept.append(site)
    bad.raise_if_any()
    found: dict[str, Any] = {name: tuple(names) for name, names in left_out.items()}
    return replace(sites_of_records(kept), **found, notes=tuple(notes))


def _why_left_out(site: Site, known_by: date | None, *, with_planned: bool) -> str:
    """Return under which heading a site is left out; empty where it is used."""
    if site.status == "closed":
        return "closed"
    if site.status == "planned":
        return "" if with_planned else "planned"
    day = _parsed_day(site.live_by)
    return "later" if known_by is not None and day is not None and day > known_by else ""


def _rows(
    raw: bytes, source: str, name: str
) -> tuple[TableProblems, list[tuple[int, Mapping[str, str]]], list[str]]:
    """Return the rows of a file as text with their lines (of GeoJSON: features), and what was left out."""
    if Path(name).suffix.lower() in GEOJSON:
        bad = TableProblems(source, word="feature")
        rows, notes = _features(raw, source, bad)
        return bad, rows, notes
    table = parse_csv(raw, source, required=_REQUIRED, optional=_OPTIONAL)
    return table.problems, list(zip(table.line_of_row, table.rows, strict=True)), list(table.notes)


def _features(
    raw: bytes, source: str, bad: TableProblems
) -> tuple[list[tuple[int, Mapping[str, str]]], list[str]]:
    """Return the points of a GeoJSON file as rows of text, counted from 1."""
    try:
        tree = json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise TableError(f"{source}: line {error.lineno}: not valid JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{source}: not UTF-8 text; save the file as UTF-8") from error
    listed = (
        tree.get("features") if isinstance(tree, dict) and tree.get("type") == "FeatureCollection" else None
    )
    if not isinstance(listed, list) or not listed:
        raise TableError(f'{source}: must be a GeoJSON "FeatureCollection" with at least one feature')
    rows: list[tuple[int, Mapping[str, str]]] = []
    unused: set[str] = set()
    for number, feature in enumerate(listed, start=1):
        geometry, properties = _table_of(feature, "geometry"), _table_of(feature, "properties")
        at = geometry.get("coordinates")
        if geometry.get("type") != "Point" or not isinstance(at, list) or len(at) not in {2, 3}:
            kind = geometry.get("type") or "nothing"
            bad.add(number, f'geometry is {kind}: must be a "Point" with coordinates [longitude, latitude]')
            continue
        given = {str(key): _as_text(value) for key, value in properties.items()}
        missing = [key for key in ("name", "country") if not given.get(key)]
        for key in missing:
            bad.add(number, f"property {key!r} is missing{did_you_mean(key, given)}")
        unused |= {key for key in given if key not in {*_REQUIRED, *_OPTIONAL}}
        if not missing:
            row = {"kind": "gateway", **given, "lon_deg": _as_text(at[0]), "lat_deg": _as_text(at[1])}
            rows.append((number, row))
    return rows, [f"property {key!r} is not used" for key in sorted(unused)]


def _table_of(feature: Any, key: str) -> dict[str, Any]:
    """Return a member of a feature that must be a JSON object; an empty one where it is not."""
    value = feature.get(key) if isinstance(feature, dict) else None
    return value if isinstance(value, dict) else {}


def _as_text(value: Any) -> str:
    """Return a JSON value as the cell of a table would hold it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


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


def _read_site(
    row: Mapping[str, str], line: int, default_antennas: int, bands: Collection[str], bad: TableProblems
) -> Site | None:
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
    live_by = row.get("live_by", "")
    if live_by and _parsed_day(live_by) is None:
        bad.add(line, f"live_by = {live_by}: must be a month or a day that exists, such as 2023-10")
    status = row.get("status", "") or "live"
    if status not in STATUSES:
        hint = did_you_mean(status, STATUSES)
        bad.add(line, f"status = {status!r}: must be one of {', '.join(STATUSES)}{hint}")
    own_bands = row.get("bands", "").lower().replace("+", " ").replace(";", " ").replace(",", " ").split()
    for band in own_bands if bands else ():
        if band not in bands:
            bad.add(line, f"bands = {row['bands']}: unknown band {band!r}; known are {', '.join(bands)}")
    exclusion_deg = _optional(row, "gso_exclusion_deg", MAX_EXCLUSION_DEG, line, bad)
    rain_mm_h = _optional(row, "rain_mm_h", MAX_RAIN_MM_H, line, bad)
    rain_height_km = _optional(row, "rain_height_km", MAX_RAIN_HEIGHT_KM, line, bad)
    if len(bad.problems) > n_bad:
        return None
    return Site(
        name=row["name"],
        country=row["country"],
        lat_deg=lat,
        lon_deg=lon - 360.0 if lon > 180.0 else lon,
        kind=kind,
        antennas=antennas,
        live_by=live_by,
        bands=" ".join(own_bands),
        gso_exclusion_deg=exclusion_deg,
        rain_mm_h=rain_mm_h,
        rain_height_km=rain_height_km,
        confidence=row.get("confidence", ""),
        source=row.get("source", ""),
        status=status,
    )


def _optional(row: Mapping[str, str], key: str, high: float, line: int, bad: TableProblems) -> float:
    """Return a number from 0 up, NaN where the file says nothing."""
    text = row.get(key, "")
    if not text:
        return float("nan")
    value = read_number(text, 0.0, high)
    if isinstance(value, str):
        bad.add(line, f"{key} = {text}: {value}")
        return float("nan")
    return value


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


def _parsed_day(text: str) -> date | None:
    """Return the day a date stands for, a month its first; None where there is none."""
    try:
        return date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else text)
    except ValueError:
        return None


def _note_double(
    row: Mapping[str, str], line: int, line_of_site: dict[tuple[str, str], int], bad: TableProblems
) -> None:
    key = (row["kind"], row["name"])
    if row["name"] and key in line_of_site:
        bad.add(line, f"{key[0]} {key[1]!r} stands already in {bad.word} {line_of_site[key]}")
    line_of_site.setdefault(key, line)
