"""World maps of the rows: why not served, availability, Mbit/s, round trip. Equal areas are equal."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.results.schema import CAUSE_WORDS, Table
from ecumene.views.palette import CAUSE_COLOURS, CHANGE_SCALE_NAME, COAST, LAND, OCEAN, SCALE_NAME, UNCHANGED
from ecumene.views.projection import equal_earth
from ecumene.views.raster import X_MAX, Raster, rasterise
from ecumene.views.wording import number_text, share_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

LEGEND_ORDER = (
    "served",
    "partly",
    "no_beam",
    "no_feeder_capacity",
    "no_gateway_path",
    "weather",
    "jammed",
    "gso_arc",
    "no_satellite",
    "zone",
    "no_licence",
    "fault",
)
"""Causes from served to furthest from served."""

FEW_ROWS = 400
"""Up to this many rows are drawn as dots: a pixel on the world map would not be seen."""

MOST_ROWS_CLOSE_UP = 20_000
_CLOSE_UP_WIDEST, _CLOSE_UP_LEAST, _GATEWAYS_NEAR = 0.3 * X_MAX, 0.06, 0.2
"""Half the width of a close-up at most and at least, and how far gateways may lie outside. [Earth radii]"""

_SOUTH_OF_MOST_DEG, _NORTH_OF_MOST_DEG = -57.0, 84.0
_LEGEND_HEIGHT = 0.085
"""Height of the strip below the map, as a share of the width."""
_TITLE_HEIGHT = 0.025
"""The same above it, where there is a title."""

_TOLD_SHARE = 0.01
"""A cause that is no row's main one stands in the legend from this share of people and slots on."""


@dataclass(frozen=True)
class Quantity:
    """A number drawn on the map.

    Attributes
    ----------
    title
        What the map shows.
    label
        What stands under the colour bar, with the unit.
    is_log
        Whether the scale is logarithmic where it spans a power of ten or more.
    bounds
        Ends of the scale; None: from the data.
    none_label
        What a row without a value is called.
    is_none_at_zero
        Whether zero means that there is no value.
    is_none_where_unserved
        Whether a row that is never served has no value.
    """

    title: str
    label: str
    is_log: bool = False
    bounds: tuple[float, float] | None = None
    none_label: str = "not served"
    is_none_at_zero: bool = True
    is_none_where_unserved: bool = False


QUANTITIES = {
    "availability": Quantity(
        "Could one terminal be served?",
        "share of slots in which one terminal could be served, demand ignored",
        bounds=(0.0, 1.0),
        none_label="never",
    ),
    "mbps_p50": Quantity(
        "How fast?", "busy-hour rate of a subscriber, median over slots [Mbit/s]", is_log=True
    ),
    "rtt_ms_p50": Quantity("How late?", "round trip terminal-PoP-terminal, median over served slots [ms]"),
}
"""Quantities by column of the table of rows."""

CHANGE = Quantity(
    "Who gained, who lost?",
    "change of the share of slots in which a cell is served (left: lost, right: gained)",
    bounds=(-1.0, 1.0),
    none_label="as before",
)
"""What a comparison of two runs draws."""

CAUSE_TITLE = "Who is served, and why not"


ISL_TITLE = "How full are the lasers?"
ISL_CAPTION = (
    "Links between satellites, where they stood in the first slot, coloured by their load and as wide (95th percentile "
    "over slots, fuller direction); links that carry nothing are left out."
)


LEAST_SEA_DEG2 = 1.0
"""From this size on, as a box, a ring within the land is a sea. The largest that is none, Hala'ib, has 0.15. [deg2]"""


@dataclass(frozen=True)
class Canvas:
    """What every map of one run shares.

    Attributes
    ----------
    rows, gateways
        Result tables.
    raster
        Which row each pixel shows.
    land
        Rings around the land, (n, 2) in Earth radii on the map.
    seas
        Rings around seas that lie in the land, likewise, and their islands.
    coasts, borders
        Lines, the same.
    may_zoom
        Show the part of the world the rows lie in, where it is a small one.
    """

    rows: Table
    gateways: Table
    raster: Raster
    land: Sequence[NDArray[np.float64]]
    seas: tuple[Sequence[NDArray[np.float64]], Sequence[NDArray[np.float64]]]
    coasts: Sequence[NDArray[np.float64]]
    borders: Sequence[NDArray[np.float64]]
    may_zoom: bool = False


def window_of(canvas: Canvas) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the part of the map all rows lie in, and the gateways beside it, as x and y from and to in Earth radii.

    None where it is no small part, or the map may not zoom.

    Parameters
    ----------
    canvas
        The run.
    """
    rows, gateways, raster = canvas.rows, canvas.gateways, canvas.raster
    if not canvas.may_zoom or not 0 < len(rows["cell"]) <= MOST_ROWS_CLOSE_UP:
        return None
    x, y = equal_earth(rows["lat_deg"].astype(np.float64), rows["lon_deg"].astype(np.float64))
    gx, gy = equal_earth(gateways["lat_deg"].astype(np.float64), gateways["lon_deg"].astype(np.float64))
    away = np.maximum(np.maximum(x.min() - gx, gx - x.max()), np.maximum(y.min() - gy, gy - y.max()))
    x, y = np.append(x, gx[away < _GATEWAYS_NEAR]), np.append(y, gy[away < _GATEWAYS_NEAR])
    height, width = raster.row_of_pixel.shape
    half = 1.12 * max(float(np.ptp(x)) / 2, float(np.ptp(y)) / 2 * width / height, _CLOSE_UP_LEAST)
    if half > _CLOSE_UP_WIDEST:
        return None
    middle_x, middle_y = (float(v.min() + v.max()) / 2 for v in (x, y))
    tall = half * height / width
    return (middle_x - half, middle_x + half), (middle_y - tall, middle_y + tall)


def build_canvas(rows: Table, gateways: Table, *, width_px: int = 2000, may_zoom: bool = False) -> Canvas:
    """Return what the maps of one run share, the slow part of drawing them.

    Parameters
    ----------
    rows, gateways
        Result tables.
    width_px
        Pixels across the world.
    may_zoom
        Show the part of the world the rows lie in, where it is a small one; the gateways near it as well.
    """
    from ecumene.earth.outlines import load_outlines

    lats = np.concatenate([rows["lat_deg"], gateways["lat_deg"]]).astype(np.float64)
    raster = rasterise(
        rows["cell"].astype(np.uint64),
        rows["lat_deg"].astype(np.float64),
        rows["lon_deg"].astype(np.float64),
        rows["share"].astype(np.float32),
        width=width_px,
        south_deg=_SOUTH_OF_MOST_DEG if np.all(lats > _SOUTH_OF_MOST_DEG) else -90.0,
        north_deg=_NORTH_OF_MOST_DEG if np.all(lats < _NORTH_OF_MOST_DEG) else 90.0,
    )
    coasts, borders = load_outlines("coast"), load_outlines("border")
    around = rings(coasts)
    land, seas, islands, coasts, borders = (
        [_projected(line) for line in lines] for lines in (around, *inland_seas(around), coasts, borders)
    )
    return Canvas(rows, gateways, raster, land, (seas, islands), coasts, borders, may_zoom)


def rings(lines: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Return the closed outlines of the land that coast lines make.

    Parameters
    ----------
    lines
        Longitude and latitude, (n, 2); no line crosses 180 deg. [deg]

    Returns
    -------
    rings
        Lines that share an end are joined. What stays open ends at 180 deg: it closes along that meridian,
        or, where it goes round the world, over the nearer pole.
    """
    closed = [line for line in lines if _is_same_point(line[0], line[-1])]
    left = [line for line in lines if not _is_same_point(line[0], line[-1])]
    while left:
        chain = left.pop()
        while (k := next((k for k, line in enumerate(left) if _meets(chain, line)), None)) is not None:
            chain = _joined(chain, left.pop(k))
        if abs(chain[0, 0] - chain[-1, 0]) > 180.0:
            pole_deg = np.copysign(90.0, chain[:, 1].mean())
            chain = np.concatenate([chain, [[chain[-1, 0], pole_deg], [chain[0, 0], pole_deg]]])
        closed.append(chain)
    return closed


def inland_seas(
    around: Sequence[NDArray[np.float64]],
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return the rings that lie inside another one and are seas, and the islands in these.

    Parameters
    ----------
    around
        Rings of longitude and latitude, (n, 2). [deg]

    Returns
    -------
    seas, islands
        Of the outlines that ship it is the Caspian Sea alone. A small ring inside another is no water: it is land that
        is no country's, such as Bir Tawil.
    """
    from matplotlib.path import Path

    boxes = np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in around])
    is_large = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) >= LEAST_SEA_DEG2

    def n_around(k: int, others: NDArray[np.int64]) -> int:
        lows, highs = (boxes[others] <= boxes[k])[:, :2], (boxes[others] >= boxes[k])[:, 2:]
        near = others[lows.all(axis=1) & highs.all(axis=1) & (others != k)]
        return sum(bool(Path(around[o]).contains_points(around[k]).all()) for o in near)

    large = np.flatnonzero(is_large)
    seas = np.array([k for k in large.tolist() if n_around(k, large) % 2], np.int64)
    islands = [ring for k, ring in enumerate(around) if k not in seas and n_around(k, seas)]
    return [around[k] for k in seas], islands


def _is_same_point(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(np.abs(a - b).max() < 1e-6)


def _meets(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return any(_is_same_point(p, q) for p in (a[0], a[-1]) for q in (b[0], b[-1]))


def _joined(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two lines that share an end as one."""
    if _is_same_point(a[0], b[0]) or _is_same_point(a[0], b[-1]):
        a = a[::-1]
    return np.concatenate([a, b if _is_same_point(a[-1], b[0]) else b[::-1]])


def cause_map_png(canvas: Canvas, shares: Mapping[str, float]) -> bytes:
    """Return the map of each row's main cause as a PNG.

    Parameters
    ----------
    canvas
        The run.
    shares
        Share of people by cause, for the legend; a cause without one is named alone.
    """
    return _png(cause_map(canvas, shares), n_colours=128)


def cause_map(canvas: Canvas, shares: Mapping[str, float], title: str = "") -> Figure:
    """Return the map of each row's main cause.

    Parameters
    ----------
    canvas, shares
        As for `cause_map_png`; a cause that is no row's main one stands in the legend from a share of 1 % on.
    title
        Stands above the map, if any.
    """
    main = canvas.rows["main_cause"].astype(str)
    kinds = {
        cause: (CAUSE_COLOURS[cause], _cause_label(cause, shares))
        for cause in LEGEND_ORDER
        if np.any(main == cause) or shares.get(cause, 0.0) >= _TOLD_SHARE
    }
    return kinds_map(canvas, main, kinds, title)


def plain_cause_map_png(canvas: Canvas, main_cause: NDArray[Any]) -> bytes:
    """Return the map of the main causes of one of two runs on the same rows; both have every cause in the legend.

    Parameters
    ----------
    canvas
        The rows.
    main_cause : (row,)
        Names of the causes.
    """
    kinds = {cause: (CAUSE_COLOURS[cause], CAUSE_WORDS[cause]) for cause in LEGEND_ORDER}
    return kinds_map_png(canvas, main_cause.astype(str), kinds)


def kinds_map_png(
    canvas: Canvas, kind_of_row: NDArray[np.str_], kinds: Mapping[str, tuple[str, str]]
) -> bytes:
    """Return the map of what kind each row is as a PNG.

    Parameters
    ----------
    canvas, kind_of_row, kinds
        As for `kinds_map`.
    """
    return _png(kinds_map(canvas, kind_of_row, kinds), n_colours=128)


def kinds_map(
    canvas: Canvas, kind_of_row: NDArray[np.str_], kinds: Mapping[str, tuple[str, str]], title: str = ""
) -> Figure:
    """Return the map of what kind each row is.

    Parameters
    ----------
    canvas
        Rows and gateways.
    kind_of_row : (row,)
        One of the kinds.
    kinds
        Colour and label of each kind, in the order of the legend.
    title
        Stands above the map, if any.
    """
    from matplotlib.colors import to_rgb

    index = np.zeros(len(kind_of_row), dtype=np.int64)
    for k, kind in enumerate(kinds):
        index[kind_of_row == kind] = k
    colours = np.array([to_rgb(colour) for colour, _ in kinds.values()]).reshape(-1, 3)
    figure, axes = _world(canvas, title)
    _paint(canvas, axes, colours[index] if len(index) else np.zeros((0, 3)))
    _draw_gateways(canvas, axes)
    _zoom(canvas, axes)
    _legend(
        figure, list(kinds.values()), _blank_words(canvas), has_gateways=len(canvas.gateways["lat_deg"]) > 0
    )
    return figure


def quantity_map_png(canvas: Canvas, name: str) -> bytes:
    """Return the map of one quantity of the rows as a PNG.

    Parameters
    ----------
    canvas
        The run.
    name
        A column of the table of rows, one of `QUANTITIES`.
    """
    return _png(quantity_map(canvas, name, QUANTITIES[name]), n_colours=256)


def quantity_map(canvas: Canvas, name: str, quantity: Quantity, title: str = "") -> Figure:
    """Return the map of one quantity of the rows.

    Parameters
    ----------
    canvas
        The run.
    name
        A column of the table of rows that holds numbers.
    quantity
        How it is drawn.
    title
        Stands above the map, if any.
    """
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    values = canvas.rows[name].astype(np.float64)
    has_value = np.isfinite(values) & ((values > 0.0) | (not quantity.is_none_at_zero))
    if quantity.is_none_where_unserved:
        has_value &= canvas.rows["served"] > 0.0
    norm = _scale(values[has_value], quantity)
    palette = mpl.colormaps[SCALE_NAME]
    colours = np.empty((len(values), 3))
    colours[~has_value] = to_rgb(CAUSE_COLOURS["no_licence"])
    colours[has_value] = palette(norm(values[has_value]))[:, :3]
    figure, axes = _world(canvas, title)
    _paint(canvas, axes, colours)
    _zoom(canvas, axes)
    grounds = [(quantity.none_label, CAUSE_COLOURS["no_licence"])] if not np.all(has_value) else []
    grounds.append((_blank_words(canvas), LAND))
    _quantity_legend(figure, quantity, norm, palette, grounds, _extend(values[has_value], norm))
    return figure


def change_map_png(canvas: Canvas, change: NDArray[np.float64]) -> bytes:
    """Return the map of who gained and who lost as a PNG.

    Parameters
    ----------
    canvas
        The rows.
    change : (row,)
        By how much the share of slots in which a row is served has grown, -1 to 1.

    Returns
    -------
    png
        Lost is orange, gained purple, which eyes of any colour vision tell apart; grey is as it was.
    """
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    has_changed = change != 0.0
    norm = _scale(change, CHANGE)
    palette = mpl.colormaps[CHANGE_SCALE_NAME]
    colours = np.empty((len(change), 3))
    colours[~has_changed] = to_rgb(UNCHANGED)
    colours[has_changed] = palette(norm(change[has_changed]))[:, :3]
    figure, axes = _world(canvas)
    _paint(canvas, axes, colours)
    _zoom(canvas, axes)
    grounds = [(CHANGE.none_label, UNCHANGED)] if not np.all(has_changed) else []
    _quantity_legend(figure, CHANGE, norm, palette, grounds)
    return _png(figure, n_colours=256)


def isl_map_png(canvas: Canvas, isls: Table, satellites: Table) -> bytes:
    """Return the map of the load of links between satellites as a PNG.

    Parameters
    ----------
    canvas
        The run.
    isls, satellites
        Result tables; links stand where their satellites were in the first slot.
    """
    import matplotlib as mpl
    from matplotlib.collections import LineCollection

    place = {str(name): k for k, name in enumerate(satellites["satellite"])}
    a, b = (np.array([place[str(name)] for name in isls[f"satellite_{end}"]], np.int64) for end in "ab")
    lat_deg, lon_deg = (satellites[name].astype(np.float64) for name in ("lat_deg", "lon_deg"))
    load = isls["load_p95"].astype(np.float64)
    is_drawn = (load > 0.0) & (
        np.abs(lon_deg[a] - lon_deg[b]) < 180.0
    )  # lines over the edge of the map are left out
    order = np.flatnonzero(is_drawn)[np.argsort(load[is_drawn], kind="stable")]
    ends = [np.stack(equal_earth(lat_deg[end[order]], lon_deg[end[order]]), axis=-1) for end in (a, b)]
    quantity = Quantity(
        ISL_TITLE, "load of the fuller direction, 95th percentile over slots", bounds=(0.0, 1.0)
    )
    norm, palette = _scale(load, quantity), mpl.colormaps[SCALE_NAME]
    figure, axes = _world(canvas)
    pen = canvas.raster.row_of_pixel.shape[1] / 2000.0
    lines = LineCollection(
        list(np.stack(ends, axis=1)),
        colors=palette(norm(load[order])),
        linewidths=(0.3 + 2.5 * load[order]) * pen,
        zorder=4,
    )
    axes.add_collection(lines, autolim=False)
    _draw_gateways(canvas, axes)
    _quantity_legend(figure, quantity, norm, palette, [])
    return _png(
        figure, n_colours=64
    )  # thin lines: more shades of their edges cost a fifth more, and are not seen


def map_alt_text(name: str, causes: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return what a map shows, for those who do not see it."""
    if name == "main_cause":
        split = ", ".join(f"{c['words']} {share_text(c['people_share'])}" for c in causes)
        return (
            f"World map of inhabited cells coloured by their main cause. Share of people: {split or 'none'}."
        )
    quantity = QUANTITIES[name]
    return f"World map of inhabited cells coloured by: {quantity.label}. By country: see the table."


def _projected(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack(equal_earth(line[:, 1], line[:, 0]), axis=-1)


def _world(canvas: Canvas, title: str = "") -> tuple[Figure, Axes]:
    """Return a figure with the empty world: sea, land, coasts and borders, pixel by pixel as the raster."""
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.patches import Polygon

    from ecumene.views.drawing import Drawing

    height, width = canvas.raster.row_of_pixel.shape
    strip, head = round(_LEGEND_HEIGHT * width), round(_TITLE_HEIGHT * width) if title else 0
    whole = height + strip + head
    figure = Drawing(figsize=(width / 100.0, whole / 100.0), dpi=100, facecolor="white")
    axes = figure.add_axes((0.0, strip / whole, 1.0, height / whole))
    if title:
        figure.text(0.01, 1.0 - 0.25 * head / whole, title, va="top", fontsize=0.8 * figure.get_figwidth())
    axes.set(xlim=(-X_MAX, X_MAX), ylim=(canvas.raster.y_min, canvas.raster.y_max))
    axes.set_axis_off()
    globe = _projected(_globe_edge())
    axes.add_patch(Polygon(globe, closed=True, facecolor=OCEAN, edgecolor="none", zorder=0))
    axes.add_collection(
        PolyCollection(canvas.land, facecolors=LAND, edgecolors="none", zorder=1), autolim=False
    )
    for shapes, colour in zip(canvas.seas, (OCEAN, LAND), strict=True):
        axes.add_collection(
            PolyCollection(shapes, facecolors=colour, edgecolors="none", zorder=1), autolim=False
        )
    pen = width / 2000.0
    for lines, width_pt in ((canvas.coasts, 0.6), (canvas.borders, 0.5)):
        drawn = LineCollection(lines, colors=COAST, linewidths=width_pt * pen, alpha=0.9, zorder=3)
        axes.add_collection(drawn, autolim=False)
    axes.add_patch(
        Polygon(globe, closed=True, facecolor="none", edgecolor="#b9c4ca", linewidth=pen, zorder=5)
    )
    return figure, axes


def _globe_edge() -> NDArray[np.float64]:
    """Return the edge of the map, (n, 2) longitude and latitude."""
    lat_deg = np.linspace(-90.0, 90.0, 181)
    east = np.stack([np.full(181, 180.0), lat_deg], axis=-1)
    return np.concatenate([east, east[::-1] * (-1.0, 1.0)])


def _paint(canvas: Canvas, axes: Axes, colour_of_row: NDArray[np.float64]) -> None:
    """Lay the rows on the map; a handful of them as dots that can be seen."""
    rows, raster = canvas.rows, canvas.raster
    if window_of(canvas) is not None:
        _paint_cells(rows, axes, colour_of_row)
        return
    if len(rows["cell"]) <= FEW_ROWS:
        x, y = equal_earth(rows["lat_deg"].astype(np.float64), rows["lon_deg"].astype(np.float64))
        axes.scatter(x, y, s=140.0, c=colour_of_row, edgecolors="black", linewidths=0.6, zorder=4)
        return
    shown = raster.row_of_pixel
    image = np.zeros((*shown.shape, 4), dtype=np.uint8)
    is_land = shown >= 0
    image[is_land, :3] = np.round(255.0 * colour_of_row).astype(np.uint8)[shown[is_land]]
    image[is_land, 3] = 255
    extent = (-X_MAX, X_MAX, raster.y_min, raster.y_max)
    axes.imshow(image, extent=extent, interpolation="nearest", aspect="auto", zorder=2)


def _paint_cells(rows: Table, axes: Axes, colour_of_row: NDArray[np.float64]) -> None:
    """Lay the rows on a close-up, each as the outline of its cell."""
    import h3.api.basic_int as h3
    from matplotlib.collections import PolyCollection

    outlines = [_projected(_without_seam(h3.cell_to_boundary(int(cell)))) for cell in rows["cell"]]
    cells = PolyCollection(
        outlines, facecolors=colour_of_row, edgecolors=colour_of_row, linewidths=0.3, zorder=2
    )
    axes.add_collection(cells, autolim=False)


def _without_seam(boundary: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return a cell's corners, (n, 2) longitude and latitude, all on the side of the date line its first lies on."""
    lat_deg, lon_deg = np.array(boundary).T
    turns = np.round((lon_deg - lon_deg[0]) / 360.0)
    return np.stack([np.clip(lon_deg - 360.0 * turns, -180.0, 180.0), lat_deg], axis=-1)


def _zoom(canvas: Canvas, axes: Axes) -> None:
    window = window_of(canvas)
    if window is not None:
        axes.set(xlim=window[0], ylim=window[1])


def _draw_gateways(canvas: Canvas, axes: Axes) -> None:
    x, y = equal_earth(
        canvas.gateways["lat_deg"].astype(np.float64), canvas.gateways["lon_deg"].astype(np.float64)
    )
    pen = canvas.raster.row_of_pixel.shape[1] / 2000.0
    axes.scatter(
        x,
        y,
        s=(34.0 if window_of(canvas) is None else 200.0) * pen * pen,
        marker="^",
        facecolors="white",
        edgecolors="black",
        linewidths=0.9 * pen,
        zorder=4,
    )


def _legend(figure: Figure, kinds: Sequence[tuple[str, str]], blank: str, *, has_gateways: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor=colour, edgecolor="#555555", linewidth=0.5, label=label) for colour, label in kinds
    ]
    handles.append(Patch(facecolor=LAND, edgecolor="#555555", linewidth=0.5, label=blank))
    if has_gateways:
        mark = Line2D([], [], marker="^", linestyle="", markerfacecolor="white", markeredgecolor="black")
        mark.set(label="gateway", markersize=9)
        handles.append(mark)
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=min(4, len(handles)),
        frameon=False,
        fontsize=figure.get_figwidth() * 0.78,
        handlelength=1.4,
        columnspacing=2.0,
        bbox_to_anchor=(0.5, 0.0),
    )


def _cause_label(cause: str, shares: Mapping[str, float]) -> str:
    if cause not in shares:
        return CAUSE_WORDS[cause]
    return f"{CAUSE_WORDS[cause]} ({share_text(shares[cause])} of people)"


def _scale(values: NDArray[np.float64], quantity: Quantity) -> Any:
    """Return the scale of a quantity; without bounds of its own it spans 98 % of the values."""
    from matplotlib.colors import LogNorm, Normalize

    if quantity.bounds is not None:
        return Normalize(*quantity.bounds, clip=True)
    low, high = np.percentile(values, [1.0, 99.0]) if len(values) else (1.0, 10.0)
    if high <= 1.02 * low:
        low, high = low / 1.5, high * 1.5
    return (LogNorm if quantity.is_log and high >= 10.0 * low else Normalize)(low, high, clip=True)


def _extend(values: NDArray[np.float64], norm: Any) -> str:
    """Return at which ends of the scale values lie beyond it; its ends are arrows there."""
    below, above = (bool(np.any(values < norm.vmin)), bool(np.any(values > norm.vmax)))
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[
        below, above
    ]


def _blank_words(canvas: Canvas) -> str:
    return "nobody lives there" if window_of(canvas) is None else "not computed, or nobody lives there"


def _quantity_legend(
    figure: Figure,
    quantity: Quantity,
    norm: Any,
    palette: Any,
    grounds: Sequence[tuple[str, str]],
    extend: str = "neither",
) -> None:
    """Draw the scale below the map, and beside it what the colours off the scale mean."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

    size = figure.get_figwidth() * 0.78
    strip = _LEGEND_HEIGHT * figure.get_figwidth() / figure.get_figheight()
    bar = figure.add_axes((0.35, 0.62 * strip, 0.5, 0.2 * strip))
    is_wide = norm.vmax > 1e3 * max(norm.vmin, 1e-300)
    subs = (1.0,) if is_wide else (1.0, 2.0, 5.0)
    ticks = LogLocator(subs=subs) if isinstance(norm, LogNorm) else MaxNLocator(6, steps=(1, 2, 5, 10))
    text = FuncFormatter(
        lambda value, _: share_text(value) if quantity.bounds == (0.0, 1.0) else number_text(value)
    )
    scale = figure.colorbar(
        ScalarMappable(norm, palette),
        cax=bar,
        orientation="horizontal",
        ticks=ticks,
        format=text,
        extend=extend,
    )
    scale.ax.xaxis.set_minor_locator(NullLocator())
    scale.ax.xaxis.set_minor_formatter(NullFormatter())
    scale.ax.tick_params(labelsize=size)
    scale.set_label(quantity.label, fontsize=size)
    figure.legend(
        handles=[Patch(facecolor=colour, edgecolor="#555555", label=label) for label, colour in grounds],
        loc="lower left",
        bbox_to_anchor=(0.02, 0.2 * strip),
        frameon=False,
        fontsize=size,
    )


def _png(figure: Figure, *, n_colours: int) -> bytes:
    """Return the figure as a PNG with a palette: a quarter of the size of true colour, and no eye sees it."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100, metadata={"Software": None})
    drawn.seek(0)
    packed = io.BytesIO()
    with Image.open(drawn) as image:
        flat = image.convert("RGB").quantize(n_colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        flat.save(packed, format="png", optimize=True)
    return packed.getvalue()
