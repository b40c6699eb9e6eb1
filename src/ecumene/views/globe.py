"""The data of the report's globe: cells, satellites and places as compact arrays in one text.

The page reads it with web/src/data.js. Numbers are little-endian; a JSON header before them names every array, its
type, shape, offset and scale. All of it is gzipped and written in base64.
"""

from __future__ import annotations

import base64
import gzip
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecumene.earth.cells import parents
from ecumene.earth.outlines import load_outlines
from ecumene.earth.towns import load_towns
from ecumene.results.schema import CAUSE_WORDS, CAUSES
from ecumene.views.palette import CAUSE_COLOURS, LAND, OCEAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.results.outcome import Results
    from ecumene.results.schema import Table

CELLS = 4
"""Resolution of the cells shown; finer rows are put together."""

N_TOWNS = 1_500
"""Most populous towns that can be searched, beside the named places."""

LINE_STEPS_PER_DEG = 100


def bundle_js() -> str:
    """Return the program of the globe, as tools/build_globe.py made it."""
    return (resources.files("ecumene.views") / "data" / "globe.js").read_text(encoding="utf-8")


def globe_base64(results: Results, *, resolution: int = CELLS) -> str:
    """Return the data of the globe, ready to stand in a page; empty where the run kept no frames.

    Parameters
    ----------
    results
        A finished run.
    resolution
        H3 resolution of the cells shown; that of the run where it is coarser.
    """
    frames = results.frames
    if frames is None or not len(results.rows()["cell"]):
        return ""
    rows = results.rows()
    resolution = min(resolution, results.scenario.resolution)
    cells = cells_of_rows(rows, resolution)
    group = cells.pop("group")
    n = len(cells["cell"])
    box = _Box()
    box.put("cell", np.diff(cells.pop("cell"), prepend=np.uint64(0)))
    for name, step in (
        ("people", 1.0),
        ("availability", 1e-4),
        ("served", 1e-4),
        ("mbps", 1e-3),
        ("rtt_ms", 0.1),
    ):
        kind = np.uint32 if name == "people" else np.uint16
        box.put_scaled(name, cells[name], step, kind)
    for name in ("country", "cause", "rows"):
        box.put(name, cells[name])
    shown = [_lead(group, n, rows["people"], cause, len(CAUSES)) for cause in frames.cause]
    box.put("key_slot", frames.slot.astype(np.int32))
    box.put("key_cause", np.stack(shown).astype(np.uint8))
    pairs = zip(frames.sat, frames.cause, shown, strict=True)
    sats = [sat[_largest(group, n, rows["people"] * (cause == lead[group]))] for sat, cause, lead in pairs]
    box.put("key_sat", np.stack(sats).astype(np.int32))  # that of most people among those of the cause shown
    _put_sky(box, results)
    _put_lines(box)
    gateways = results.gateways()
    header = {
        "resolution": resolution,
        "start": results.summary["start_utc"],
        "slot_s": results.summary["slot_s"],
        "slots": results.summary["slots"],
        "shown_s": frames.shown_s,
        "step_s": float(frames.t_s[1] - frames.t_s[0]),
        "first_s": float(frames.t_s[0]),
        "causes": [{"code": c, "words": CAUSE_WORDS[c], "colour": CAUSE_COLOURS[c]} for c in CAUSES],
        "colours": {"ocean": OCEAN, "land": LAND},
        "countries": _countries(results.countries()),
        "satellites": [str(name) for name in results.satellites()["satellite"]],
        "gateways": _sites(gateways, "gateway"),
        "places": _places(results),
        "busy_mbps": results.scenario.demand.mbps_per_subscriber,
    }
    return box.base64(header)


def cells_of_rows(rows: Table, resolution: int) -> dict[str, NDArray[Any]]:
    """Return the cells that rows make up at a coarser or the same resolution.

    Parameters
    ----------
    rows
        The table of rows.
    resolution
        H3 resolution of the cells.

    Returns
    -------
    cells
        cell, people, availability, served, mbps, rtt_ms, country, cause, rows: one entry a cell, ascending. Shares and
        rates are means over people, the round trip over people served, NaN where nobody is; country and cause are those
        of most people. group: the cell of each row.
    """
    cell, group = np.unique(parents(rows["cell"].astype(np.uint64), resolution), return_inverse=True)
    n, people = len(cell), rows["people"]
    total = np.bincount(group, people, n)

    def mean(values: NDArray[Any], weight: NDArray[Any]) -> NDArray[np.float64]:
        known = np.isfinite(values) & (weight > 0.0)
        summed = np.bincount(group[known], (values * weight)[known], n)
        of = np.bincount(group[known], weight[known], n)
        return np.asarray(np.divide(summed, of, out=np.full(n, np.nan), where=of > 0.0))

    country = np.unique(rows["country"].astype(str), return_inverse=True)[1]
    cause = np.argsort(CAUSES)[np.searchsorted(np.sort(CAUSES), rows["main_cause"].astype(str))]
    rtt_ms = rows["rtt_ms_p50"].astype(np.float64)
    served = rows["served"].astype(np.float64)
    return {
        "cell": cell,
        "people": total,
        "availability": mean(rows["availability"], people),
        "served": mean(served, people),
        "mbps": mean(rows["mbps_p50"], people),
        "rtt_ms": mean(rtt_ms, people * (served > 0.0)),
        "country": _lead(group, n, people, country, int(country.max()) + 1).astype(np.uint16),
        "cause": _lead(group, n, people, cause, len(CAUSES)).astype(np.uint8),
        "rows": np.bincount(group, minlength=n).astype(np.uint8),
        "group": group,
    }


def _lead(
    group: NDArray[np.intp], n: int, people: NDArray[np.float64], kind: NDArray[Any], n_kinds: int
) -> NDArray[np.intp]:
    """Return the kind of most people in each group; the first where nobody lives."""
    of_kind = np.bincount(group * n_kinds + kind, people + 1e-9, n * n_kinds).reshape(n, n_kinds)
    return np.asarray(of_kind.argmax(axis=1))


def _largest(group: NDArray[np.intp], n: int, people: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the row of each group with most people, however these are counted."""
    order = np.lexsort((people, group))
    return np.asarray(order[np.searchsorted(group[order], np.arange(1, n + 1)) - 1])


def _put_sky(box: _Box, results: Results) -> None:
    """Put positions of satellites in steps of a kilometre's part, and their links."""
    frames = results.frames
    assert frames is not None  # noqa: S101 - checked above
    r_km = np.nan_to_num(
        frames.r_sat_m / 1e3
    )  # a satellite without a position lies in the middle of the Earth
    step_km = max(float(np.abs(r_km).max(initial=0.0)), 1.0) / 32_000.0
    box.put("r_sat", np.round(r_km / step_km).astype(np.int16), scale=step_km)
    is_flying = (results.satellites()["status"].astype(str) == "operational").astype(np.uint8)
    box.put("is_operational", is_flying)
    small = len(is_flying) <= 2**16
    box.put("links", frames.links.astype(np.uint16 if small else np.uint32))


def _put_lines(box: _Box) -> None:
    """Put coasts and borders: all points, then how many each line has."""
    kinds: tuple[Literal["coast", "border"], ...] = ("coast", "border")
    for kind in kinds:
        lines = load_outlines(kind)
        xy = np.concatenate(lines) if lines else np.zeros((0, 2))
        box.put(kind, np.round(xy * LINE_STEPS_PER_DEG).astype(np.int16), scale=1.0 / LINE_STEPS_PER_DEG)
        box.put(f"{kind}_lengths", np.array([len(line) for line in lines], np.uint16))


def _countries(countries: Table) -> list[dict[str, Any]]:
    order = np.argsort(countries["country"].astype(str))
    return [
        {
            "code": str(countries["country"][k]),
            "name": str(countries["name"][k]),
            "status": str(countries["status"][k]),
        }
        for k in order
    ]


def _sites(sites: Table, name: str) -> list[list[Any]]:
    columns = (sites[name], sites["country"], sites["lat_deg"], sites["lon_deg"])
    return [
        [str(n), str(c), round(float(y), 3), round(float(x), 3)] for n, c, y, x in zip(*columns, strict=True)
    ]


def _places(results: Results) -> list[list[Any]]:
    """Return what can be searched: the named places of the scenario and the largest towns."""
    named = [[p.name, "", p.lat_deg, p.lon_deg] for p in results.scenario.places.place]
    if results.scenario.cell:
        return named
    towns = load_towns()
    codes = sorted(set(results.countries()["country"].astype(str)))
    from ecumene.earth.countries import countries

    known = countries().code
    is_here = np.array([known[k] in codes for k in towns.country])
    return named + [
        [towns.name[k], known[towns.country[k]], float(towns.lat_deg[k]), float(towns.lon_deg[k])]
        for k in np.flatnonzero(is_here)[:N_TOWNS].tolist()
    ]


class _Box:
    """Arrays one behind the other, with what a reader must know of each."""

    def __init__(self) -> None:
        self.arrays: dict[str, dict[str, Any]] = {}
        self.parts: list[bytes] = []
        self.size = 0

    def put(self, name: str, values: NDArray[Any], *, scale: float = 1.0) -> None:
        data = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
        self.arrays[name] = {
            "type": data.dtype.name,
            "shape": list(data.shape),
            "offset": self.size,
            "scale": scale,
        }
        raw = data.tobytes()
        raw += b"\0" * (-len(raw) % 8)
        self.parts.append(raw)
        self.size += len(raw)

    def put_scaled(self, name: str, values: NDArray[np.float64], step: float, kind: type) -> None:
        most = np.iinfo(kind).max - 1
        whole = np.where(
            np.isfinite(values), np.clip(np.round(np.nan_to_num(values) / step), 0, most), most + 1
        )
        self.put(name, whole.astype(kind), scale=step)

    def base64(self, header: dict[str, Any]) -> str:
        text = json.dumps(
            {**header, "arrays": self.arrays}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        text += b" " * (-(len(text) + 4) % 8)
        packed = gzip.compress(len(text).to_bytes(4, "little") + text + b"".join(self.parts), 9, mtime=0)
        return base64.b64encode(packed).decode()
