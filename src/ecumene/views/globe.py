"""The data of the report's globe: cells, satellites and places as compact arrays in one text.

The page reads it with web/src/data.js. Numbers are little-endian, and where that packs better all lowest bytes come
first; a JSON header before them names every array, its type, shape, offset and scale. All of it is gzipped and written
in base64.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecumene.earth.cells import parents
from ecumene.earth.countries import countries
from ecumene.earth.outlines import load_outlines
from ecumene.earth.towns import load_towns
from ecumene.results.schema import CAUSE_WORDS, CAUSES
from ecumene.views.palette import CAUSE_COLOURS, LAND, OCEAN
from ecumene.views.reasons import law_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ecumene.results.frames import Frames
    from ecumene.results.outcome import Results
    from ecumene.results.schema import Table

CELLS = 4
"""Resolution of the cells shown; finer rows are put together."""

N_TOWNS = 1_500
"""Most populous towns that can be searched, beside the named places."""

LINE_STEPS_PER_DEG = 100

R_SAT_ORDER = 4
"""Positions are packed as their fourth differences in time, which pack to about a third."""

STEPS = {"people": 1.0, "availability": 1e-4, "served": 1e-4, "mbps": 1e-3, "rtt_ms": 0.1}
"""To what numbers of cells are rounded."""

OF_A_RUN = ("availability", "served", "mbps_p50", "rtt_ms_p50", "main_cause")
"""Columns of rows that differ from run to run."""


def globe_parts(data: str) -> dict[str, str]:
    """Return what a page with a globe is made of: data, style, the program packed, and what unpacks and runs it."""
    files = resources.files("ecumene.views")
    bundle = (files / "data" / "globe.js").read_bytes()
    loader, style = (
        (files / "templates" / name).read_text(encoding="utf-8") for name in ("globe_loader.js", "globe.css")
    )
    banner = bundle.split(b"\n", 1)[0].decode()  # whose programs it contains
    return {
        "data": data,
        "style": style,
        "program": base64.b64encode(gzip.compress(bundle, 9, mtime=0)).decode(),
        "loader": f"{banner}\n{loader}",
    }


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
    box = _Box()
    _put_cells(box, cells)
    causes = _put_cause_shares(box, group, rows["people"], frames)
    box.put("ruling", _rulings_of_cells(group, rows, cells["country"], frames))
    _put_keys(box, group, rows["people"], frames)
    _put_sky(box, results)
    _put_lines(box)
    header = {
        **_header(resolution, _names(results.countries())),
        "start": results.summary["start_utc"],
        "slot_s": results.summary["slot_s"],
        "slots": results.summary["slots"],
        "scenario": results.summary["scenario"],
        "shown_s": frames.shown_s,
        "step_s": float(frames.t_s[1] - frames.t_s[0]),
        "first_s": float(frames.t_s[0]),
        "share_causes": causes,
        "rulings": [[list(line) for line in law_lines(said)] for said in frames.rulings],
        "satellites": [str(name) for name in results.satellites()["satellite"]],
        "gateways": _sites(results.gateways(), "gateway"),
        "pops": list(frames.pops),
        "places": _places(results),
        "busy_mbps": results.scenario.demand.mbps_per_subscriber,
    }
    return box.base64(header)


def comparison_base64(rows: Table, labels: tuple[str, str], *, resolution: int = CELLS) -> str:
    """Return the data of the globe of a comparison, ready to stand in a page.

    Parameters
    ----------
    rows
        Rows with columns of A and B, as `ecumene.results.difference.Difference` has them.
    labels
        What A and B are called.
    resolution
        H3 resolution of the cells shown; that of the runs where it is coarser.
    """
    resolution = min(resolution, int(rows["cell"][0]) >> 52 & 0xF)  # H3 keeps its own in these bits
    box = _Box()
    for side in "ab":
        both = {**rows, **{name: rows[f"{name}_{side}"] for name in OF_A_RUN}}
        cells = cells_of_rows(both, resolution)
        if side == "a":
            box.put("cell", cells["cell"], stride=1)
            box.put_scaled("people", cells["people"], STEPS["people"], np.uint32)
            box.put("country", cells["country"])
            box.put("rows", cells["rows"])
        box.put(f"cause_{side}", cells["cause"])
        for name in ("availability", "served", "mbps", "rtt_ms"):
            box.put_scaled(f"{name}_{side}", cells[name], STEPS[name], np.uint16)
    _put_lines(box)
    known = dict(zip(countries().code, countries().name, strict=True))
    codes = np.unique(rows["country"].astype(str)).tolist()
    return box.base64(
        {**_header(resolution, {code: known.get(code, code) for code in codes}), "labels": labels}
    )


def _header(resolution: int, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what every globe has to know; countries by code, ascending, as `cells_of_rows` counts them."""
    return {
        "resolution": resolution,
        "causes": [{"code": c, "words": CAUSE_WORDS[c], "colour": CAUSE_COLOURS[c]} for c in CAUSES],
        "colours": {"ocean": OCEAN, "land": LAND},
        "countries": [{"code": code, "name": names[code]} for code in sorted(names)],
    }


def _put_cells(box: _Box, cells: dict[str, NDArray[Any]]) -> None:
    """Put the cells and their numbers over the run."""
    box.put("cell", cells["cell"], stride=1)
    for name, step in STEPS.items():
        box.put_scaled(name, cells[name], step, np.uint32 if name == "people" else np.uint16)
    for name in ("country", "cause", "rows"):
        box.put(name, cells[name])


def _put_cause_shares(
    box: _Box, group: NDArray[np.intp], people: NDArray[np.float64], frames: Frames
) -> list[int]:
    """Put the share of slots of every cause that held anywhere, mean over people; return which these are."""
    n, weight = int(group.max()) + 1, people + 1e-9
    causes = np.flatnonzero(frames.slots_of_cause.any(axis=0)).tolist()
    total = np.bincount(group, weight, n) * frames.slots_of_cause[0].sum()
    shares = [np.bincount(group, weight * frames.slots_of_cause[:, k], n) / total for k in causes]
    box.put_scaled("cause_share", np.stack(shares), 1e-4, np.uint16)
    return causes


def _rulings_of_cells(
    group: NDArray[np.intp], rows: Table, country: NDArray[np.uint16], frames: Frames
) -> NDArray[np.uint16]:
    """Return the law of each cell: that of the row with most people in the country it is shown as."""
    own = np.unique(rows["country"].astype(str), return_inverse=True)[1] == country[group]
    return frames.ruling_of_row[_largest(group, len(country), (rows["people"] + 1e-9) * own)].astype(
        np.uint16
    )


def _put_keys(box: _Box, group: NDArray[np.intp], people: NDArray[np.float64], frames: Frames) -> None:
    """Put cause, satellite, landing and satellites in view of the key slots: of most people of the cause shown."""
    n = int(group.max()) + 1
    lead = [_lead(group, n, people, cause, len(CAUSES)) for cause in frames.cause]
    row = [
        _largest(group, n, people * (cause == of_cell[group]))
        for cause, of_cell in zip(frames.cause, lead, strict=True)
    ]

    def of_row(values: NDArray[Any]) -> NDArray[Any]:
        return np.stack([of_slot[chosen] for of_slot, chosen in zip(values, row, strict=True)])

    box.put("key_slot", frames.slot.astype(np.int32))
    box.put("key_cause", np.stack(lead).astype(np.uint8))
    way = np.stack([of_row(getattr(frames, name)) for name in ("sat", "gateway", "pop")], axis=-1)
    ways, way_of_cell = np.unique(way.reshape(-1, 3), axis=0, return_inverse=True)
    box.put("way", ways.astype(np.int32))
    box.put(
        "key_way", way_of_cell.reshape(way.shape[:2]).astype(np.uint16 if len(ways) <= 2**16 else np.uint32)
    )
    kind = np.uint8 if frames.n_visible.max(initial=0) < 2**8 else np.uint16
    box.put("key_visible", of_row(frames.n_visible).astype(kind), stride=1)  # neighbours see much the same
    box.put("key_not_clear", of_row(frames.n_visible - frames.n_clear).astype(kind), stride=1)
    box.put("key_not_usable", of_row(frames.n_clear - frames.n_usable).astype(kind))


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
    r_steps = np.round(r_km / step_km).astype(np.int16)
    box.put("r_sat", r_steps, scale=step_km, stride=r_steps[0].size, order=R_SAT_ORDER)
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
        steps = np.round(xy * LINE_STEPS_PER_DEG).astype(np.int16)
        box.put(kind, steps, scale=1.0 / LINE_STEPS_PER_DEG, stride=2)
        box.put(f"{kind}_lengths", np.array([len(line) for line in lines], np.uint16))


def _names(table: Table) -> dict[str, str]:
    return {str(code): str(name) for code, name in zip(table["country"], table["name"], strict=True)}


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

    def put(
        self, name: str, values: NDArray[Any], *, scale: float = 1.0, stride: int = 0, order: int = 1
    ) -> None:
        """Add an array; where a stride is given as differences of numbers so far apart, as often as `order` says."""
        flat = values.ravel().astype(values.dtype.newbyteorder("<"))
        for _ in range(order if stride else 0):
            flat[stride:] = flat[stride:] - flat[:-stride]  # whole numbers run over, and back in the page
        self.arrays[name] = {
            "type": flat.dtype.name,
            "shape": list(values.shape),
            "offset": self.size,
            "scale": scale,
            "stride": stride,
            "order": order,
        }
        raw = flat.tobytes()
        by_byte = flat.view(np.uint8).reshape(-1, flat.itemsize).T.tobytes()
        is_by_byte = flat.itemsize > 1 and len(zlib.compress(by_byte)) < len(zlib.compress(raw))
        self.arrays[name]["by_byte"] = is_by_byte
        raw = by_byte if is_by_byte else raw
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
        packed = gzip.compress(len(text).to_bytes(4, "little") + text + b"".join(self.parts), 6, mtime=0)
        return base64.b64encode(packed).decode()
