"""Dated licence records of an operator, zones inside countries and control of disputed land, read from TOML.

[[record]]
countries = ["IN"]           # one record may name several countries that share its terms
status = "licensed"
from = 2025-06-06            # first day; always where not given
to = 2030-01-01              # first day it no longer holds; open where not given
landing = "in_country"       # "any" | "in_country" | ["DE", "PL"]: where traffic may come down
offered = false              # sold there; true for licensed where not given
gso_exclusion_deg = 18.0     # where the licence says another angle than the scenario
bands_ghz = [[10.7, 12.7]]   # user bands; all where not given
border_margin_km = 20.0      # no beam nearer to land without permission
terminals = "blanket"        # blanket | class | each: how terminals are licensed
source = "DoT OM 2025-05-05"
confidence = "medium"        # high | medium | low

[[zone]]
country = "IN"
rule = "monitor"             # deny | allow_list | monitor
border_km = 50.0             # or polygon = [[lon, lat], ...], or circle = [lat, lon, km], or file = "x.geojson";
source = "DoT OM 2025-05-05" # the whole country where none is given

[[overlay]]                  # who controls land that another country has on the map
country = "UA"
controlled_by = "RU"
polygon = [[lon, lat], ...]
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ecumene.earth.regions import Region, circle_region, geojson_region, polygon_region
from ecumene.errors import InputError, TableError, did_you_mean
from ecumene.licences.reading import Reader, raw_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

STATUSES = ("licensed", "pending", "not_sought", "refused", "prohibited", "unlicensed")
"""licensed: service allowed. pending: asked for. not_sought: never asked. refused: asked and denied.
prohibited: forbidden by law or order. unlicensed: terminals work without a licence and without permission."""

CONFIDENCES = ("high", "medium", "low")
"""high: the licence or order was seen. medium: a report of it was seen. low: recalled, or a rule of ours."""

RULES = ("deny", "allow_list", "monitor")
"""deny: no service. allow_list: only terminals on a list. monitor: service, watched more closely."""

REGIMES = ("", "blanket", "class", "each")
"""How terminals are licensed: all at once, by type, or one by one; empty where not known."""

BUNDLED = ("starlink", "oneweb", "kuiper")

Landing = str | tuple[str, ...]

_RECORD_KEYS = (
    *(
        "countries",
        "status",
        "from",
        "to",
        "landing",
        "offered",
        "gso_exclusion_deg",
        "nco",
        "pfd_dbw_m2_mhz",
    ),
    *("bands_ghz", "border_margin_km", "terminals", "source", "confidence", "note"),
)
_SHAPES = ("polygon", "circle", "file", "border_km")
_ZONE_KEYS = (
    *("country", "rule", "from", "to", "listed_share", *_SHAPES, "name", "source", "confidence", "note"),
)
_OVERLAY_KEYS = (
    *("country", "controlled_by", "from", "to", "polygon", "circle", "file"),
    *("name", "source", "confidence", "note"),
)


@dataclass(frozen=True, kw_only=True)
class Dated:
    """What an entry of a register is about, from when to when, and on whose word.

    Attributes
    ----------
    country
        ISO 3166-1 alpha-2 code, XK for Kosovo.
    valid_from, valid_to
        First day, and first day it no longer holds; None where open.
    source, confidence, note
        Where it is from, one of `CONFIDENCES`, and what else is known.
    line
        Line of the entry in its file.
    """

    country: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str
    note: str
    line: int

    def holds(self, at: date) -> bool:
        """Return whether it is in force on a day."""
        return (self.valid_from or date.min) <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Record(Dated):
    """What holds in one country for one interval.

    Attributes
    ----------
    status
        One of `STATUSES`.
    landing
        "any", "in_country", or the codes of the countries where traffic may come down.
    is_offered
        The operator sells the service there; a licence alone does not make it so.
    gso_exclusion_deg, nco
        Terms that differ from the scenario's; None where they do not.
    pfd_dbw_m2_mhz
        Ceiling of the power flux density on the ground; None where there is none. [dBW/m2/MHz]
    bands_ghz
        User bands, lower and upper end of each; all where empty. [GHz]
    border_margin_km
        No beam is lit nearer than that to land where there is no permission. [km]
    regime
        One of `REGIMES`.
    """

    status: str
    landing: Landing
    is_offered: bool
    gso_exclusion_deg: float | None
    nco: int | None
    pfd_dbw_m2_mhz: float | None
    bands_ghz: tuple[tuple[float, float], ...] = ()
    border_margin_km: float = 0.0
    regime: str = ""


@dataclass(frozen=True, kw_only=True)
class Zone(Dated):
    """A part of a country with a rule of its own.

    Attributes
    ----------
    name, rule
        What it is called, and one of `RULES`.
    region
        Where; None for the whole country, or along its border.
    border_km
        Where not a region: so near to another country. [km]
    listed_share
        Of an allow-list: the share of subscribers whose terminals are on it.
    """

    name: str
    rule: str
    region: Region | None
    border_km: float | None
    listed_share: float


@dataclass(frozen=True, kw_only=True)
class Overlay(Dated):
    """Land that one country has on the map and another controls.

    Attributes
    ----------
    name, controlled_by
        What it is called, and whose law would hold from the other point of view.
    region
        Where.
    """

    name: str
    controlled_by: str
    region: Region


@dataclass(frozen=True)
class Register:
    """All that a file says, in its order.

    Attributes
    ----------
    records
        One per country and interval.
    zones, overlays
        As written.
    """

    records: tuple[Record, ...] = ()
    zones: tuple[Zone, ...] = ()
    overlays: tuple[Overlay, ...] = field(default=())

    def laid_over(self, base: Register) -> Register:
        """Return a register with this one's records instead of the other's for the countries it names.

        Parameters
        ----------
        base
            What is kept for all other countries; zones and overlays of both hold.
        """
        named = {record.country for record in self.records}
        kept = tuple(record for record in base.records if record.country not in named)
        return Register(kept + self.records, base.zones + self.zones, base.overlays + self.overlays)


def read_register(
    name_or_path: str | Path,
    codes: Collection[str],
    *,
    hint_of_code: Callable[[str], str] | None = None,
) -> Register:
    """Return the records, zones and overlays of a bundled register or of a TOML file.

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
    register
        In the order of the file.

    Raises
    ------
    TableError
        With every mistake of the file and its line: TOML that does not parse, unknown keys, codes and words,
        bad dates, numbers out of range, polygons that cross themselves, intervals of one country that overlap.
    """
    raw, source = _read(name_or_path)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        problems: list[str] = []
        tables = raw_tables(text, ("record", "zone", "overlay"), problems)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"{source}: line {line}: not UTF-8 text; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{source}: not valid TOML: {error}") from error
    folder = Path(name_or_path).parent
    records: list[Record] = []
    zones: list[Zone] = []
    overlays: list[Overlay] = []
    for kind, keys in (("record", _RECORD_KEYS), ("zone", _ZONE_KEYS), ("overlay", _OVERLAY_KEYS)):
        for table in tables[kind]:
            reader = Reader(table, keys, codes, hint_of_code)
            if kind == "record":
                records += _records(reader)
            elif kind == "zone":
                zones.append(_zone(reader, folder))
            else:
                overlays.append(_overlay(reader, folder))
            problems += reader.problems
    problems += _overlaps(records)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TableError("\n  ".join([f"{source}: {count}", *problems]))
    return Register(tuple(records), tuple(zones), tuple(overlays))


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


def _records(reader: Reader) -> list[Record]:
    status = reader.word("status", STATUSES)
    valid_from, valid_to = reader.days()
    gso_exclusion_deg = reader.number("gso_exclusion_deg", 0.0, 45.0)
    nco = reader.number("nco", 1, 16, is_whole=True)
    pfd_dbw_m2_mhz = reader.number("pfd_dbw_m2_mhz", -160.0, -90.0)
    landing, is_offered = _landing(reader), reader.flag("offered", default=status == "licensed")
    bands_ghz, regime = _bands_ghz(reader), reader.word("terminals", REGIMES, "")
    border_margin_km = reader.number("border_margin_km", 0.0, 200.0) or 0.0
    confidence, source, note = _evidence(reader)
    return [
        Record(
            country=country,
            status=status,
            valid_from=valid_from,
            valid_to=valid_to,
            landing=landing,
            is_offered=is_offered,
            gso_exclusion_deg=gso_exclusion_deg,
            nco=None if nco is None else int(nco),
            pfd_dbw_m2_mhz=pfd_dbw_m2_mhz,
            source=source,
            confidence=confidence,
            note=note,
            line=reader.line,
            bands_ghz=bands_ghz,
            border_margin_km=border_margin_km,
            regime=regime,
        )
        for country in reader.countries("countries")
    ]


def _zone(reader: Reader, folder: Path) -> Zone:
    rule, (valid_from, valid_to) = reader.word("rule", RULES), reader.days()
    listed_share = reader.number("listed_share", 0.0, 1.0)
    if listed_share is not None and rule != "allow_list":
        reader.bad("listed_share", 'goes with rule = "allow_list" alone')
    given = [key for key in _SHAPES if key in reader.table]
    if len(given) > 1:
        reader.bad(given[1], f"{' and '.join(given)} are two shapes of one zone; keep one")
    confidence, source, note = _evidence(reader)
    country = reader.country("country")
    return Zone(
        country=country,
        rule=rule,
        valid_from=valid_from,
        valid_to=valid_to,
        region=_region(reader, folder),
        border_km=reader.number("border_km", 0.0, 200.0),
        listed_share=1.0 if listed_share is None else listed_share,
        name=reader.text("name") or f"{rule.replace('_', '-')} zone of {country}",
        source=source,
        confidence=confidence,
        note=note,
        line=reader.line,
    )


def _overlay(reader: Reader, folder: Path) -> Overlay:
    country, controlled_by = reader.country("country"), reader.country("controlled_by")
    if country and country == controlled_by:
        reader.bad("controlled_by", "is the country of record itself")
    valid_from, valid_to = reader.days()
    region = _region(reader, folder)
    if region is None:
        if not any(key in reader.table for key in _SHAPES):
            reader.bad("polygon", "missing; an overlay needs a polygon, a circle or a file")
        region = Region()
    confidence, source, note = _evidence(reader)
    return Overlay(
        country=country,
        controlled_by=controlled_by,
        valid_from=valid_from,
        valid_to=valid_to,
        region=region,
        name=reader.text("name") or f"land of {country} controlled by {controlled_by}",
        source=source,
        confidence=confidence,
        note=note,
        line=reader.line,
    )


def _evidence(reader: Reader) -> tuple[str, str, str]:
    confidence = reader.word("confidence", CONFIDENCES, "low")
    return confidence, reader.text("source"), reader.text("note")


def _region(reader: Reader, folder: Path) -> Region | None:
    """Return the region of a zone or overlay, None where it has none or a wrong one."""
    if "polygon" in reader.table:
        region, problems = polygon_region(reader.table["polygon"])
        for problem in problems:
            reader.bad("polygon", problem)
        return None if problems else region
    if "circle" in reader.table:
        return _circle(reader)
    if "file" in reader.table:
        try:
            return geojson_region(folder / reader.text("file"))
        except InputError as error:
            reader.bad("file", str(error))
    return None


def _circle(reader: Reader) -> Region | None:
    given = reader.table["circle"]
    is_right = isinstance(given, list) and len(given) == 3
    is_right = is_right and all(isinstance(x, int | float) and not isinstance(x, bool) for x in given)
    if (
        not is_right
        or abs(given[0]) > 90.0
        or not -180.0 <= given[1] <= 360.0
        or not 0.0 < given[2] <= 20_000.0
    ):
        reader.bad("circle", "must be [latitude, longitude, radius in km], such as [48.5, 37.9, 50]")
        return None
    return circle_region(*map(float, given))


def _landing(reader: Reader) -> Landing:
    value = reader.table.get("landing", "any")
    if isinstance(value, list):
        return reader.countries("landing")
    if value not in {"any", "in_country"}:
        reader.bad("landing", 'must be "any", "in_country" or a list of country codes')
    return str(value)


def _bands_ghz(reader: Reader) -> tuple[tuple[float, float], ...]:
    given = reader.table.get("bands_ghz", [])
    try:
        bands = tuple((float(low), float(high)) for low, high in given)
    except (TypeError, ValueError):
        bands = ((1.0, 0.0),)
    if not all(0.0 < low < high <= 100.0 for low, high in bands):
        reader.bad(
            "bands_ghz", "must be a list of bands, lower end first, such as [[10.7, 12.7], [14.0, 14.5]]"
        )
        return ()
    return bands


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
