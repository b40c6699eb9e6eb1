"""World maps: what is drawn where, and that nothing trips them."""

from __future__ import annotations

import io

import h3.api.basic_int as h3
import numpy as np
import pytest
from PIL import Image

from ecumene.earth.outlines import load_outlines
from ecumene.views.palette import CAUSE_COLOURS
from ecumene.views.projection import equal_earth
from ecumene.views.raster import X_MAX
from ecumene.views.worldmap import (
    QUANTITIES,
    build_canvas,
    cause_map_png,
    inland_seas,
    isl_map_png,
    map_alt_text,
    quantity_map_png,
    rings,
    window_of,
)

WIDTH = 500


def picture(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def colour_at(image, canvas, lat_deg, lon_deg):
    x, y = equal_earth(np.array([lat_deg]), np.array([lon_deg]))
    size = 2.0 * X_MAX / WIDTH
    return image[int((canvas.raster.y_max - y[0]) / size), int((x[0] + X_MAX) / size)]


def many_rows(results, cause_of):
    """Return rows that fill the Congo, over 400 of them, with the causes asked for."""
    cells = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(0.0, 22.0, 4), 13)), dtype=np.uint64)
    points = np.array([h3.cell_to_latlng(int(c)) for c in cells])
    rows = {name: np.repeat(column[:1], len(cells)) for name, column in results.rows().items()}
    rows |= {"cell": cells, "lat_deg": points[:, 0], "lon_deg": points[:, 1]}
    rows["main_cause"] = np.array([cause_of(lat) for lat in points[:, 0]], dtype=object)
    return rows


def no_gateways(results):
    return {name: column[:0] for name, column in results.gateways().items()}


def test_cells_have_the_colour_of_their_cause(results):
    rows = many_rows(results, lambda lat: "served" if lat > 0 else "no_licence")
    canvas = build_canvas(rows, no_gateways(results), width_px=WIDTH)
    image = picture(cause_map_png(canvas, {}))
    for lat_deg, cause in ((2.0, "served"), (-2.0, "no_licence")):
        wanted = [int(CAUSE_COLOURS[cause][k : k + 2], 16) for k in (1, 3, 5)]
        assert (
            np.abs(colour_at(image, canvas, lat_deg, 22.0) - wanted).max() < 12
        )  # the palette of 128 rounds


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("fill", [np.nan, 0.0, 3.0])
def test_quantities_are_drawn_also_where_nobody_is_served_or_all_alike(results, name, fill):
    rows = many_rows(results, lambda _lat: "served")
    rows[name] = np.full(len(rows["cell"]), fill, dtype=np.float32)
    image = picture(quantity_map_png(build_canvas(rows, results.gateways(), width_px=WIDTH), name))
    assert image.shape[1] == WIDTH


def test_a_made_up_planet_is_drawn_as_dots(results):
    canvas = build_canvas(results.rows(), results.gateways(), width_px=WIDTH)
    image = picture(cause_map_png(canvas, {"served": 0.5}))
    assert colour_at(image, canvas, -1.3, 36.8).tolist() != colour_at(image, canvas, -30.0, -120.0).tolist()


def test_no_rows_at_all(results):
    rows = {name: column[:0] for name, column in results.rows().items()}
    canvas = build_canvas(rows, no_gateways(results), width_px=WIDTH)
    assert picture(cause_map_png(canvas, {})).shape[1] == WIDTH
    assert picture(quantity_map_png(canvas, "mbps_p50")).shape[1] == WIDTH


def test_the_far_south_is_shown_where_somebody_is(results):
    rows = results.rows()
    north = build_canvas(rows, no_gateways(results), width_px=WIDTH).raster.row_of_pixel.shape[0]
    rows["lat_deg"][0] = -78.0
    assert build_canvas(rows, no_gateways(results), width_px=WIDTH).raster.row_of_pixel.shape[0] > north


def test_rings_join_what_was_cut_and_close_over_the_pole():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    halves = [
        np.array([[180.0, 60.0], [100.0, 50.0]]),
        np.array([[180.0, 70.0], [120.0, 75.0], [100.0, 50.0]]),
    ]
    antarctic = np.array([[-180.0, -80.0], [0.0, -70.0], [180.0, -80.0]])
    closed = rings([square, *halves, antarctic])
    assert len(closed) == 3
    joined = next(ring for ring in closed if len(ring) == 5 and abs(ring[:, 1]).max() < 80)
    assert {tuple(joined[0]), tuple(joined[-1])} == {(180.0, 60.0), (180.0, 70.0)}
    south = next(ring for ring in closed if ring[:, 1].min() == -90.0)
    assert south[-2:].tolist() == [[180.0, -90.0], [-180.0, -90.0]]


def test_alternative_texts_say_what_is_seen():
    assert "no licence 39 %" in map_alt_text("main_cause", [{"words": "no licence", "people_share": 0.39}])
    assert "Mbit/s" in map_alt_text("mbps_p50")


def test_one_country_is_drawn_close_up(results):
    """Around Kenya: the cell is large enough to be seen, and the far gateways do not widen the window."""
    rows = {name: column[:1] for name, column in results.rows().items()}
    canvas = build_canvas(rows, results.gateways(), width_px=600, may_zoom=True)
    window = window_of(canvas)
    assert window[0][1] - window[0][0] < 0.4
    image = picture(cause_map_png(canvas, {}))
    colours = {tuple(int(v) for v in c) for c in image[: canvas.raster.row_of_pixel.shape[0]].reshape(-1, 3)}
    assert any(np.abs(np.array(c) - (0x00, 0x72, 0xB2)).max() <= 6 for c in colours)


def test_the_whole_planet_is_no_close_up(results):
    assert window_of(build_canvas(results.rows(), results.gateways(), width_px=300, may_zoom=True)) is None


def lasers(load):
    """Return two links: one over the South Atlantic, one over the edge of the map, and their satellites."""
    satellites = {
        "satellite": np.array(["A", "B", "C", "D"], dtype=object),
        "lat_deg": np.array([-30.0, -30.0, 10.0, 10.0]),
        "lon_deg": np.array([-20.0, 0.0, 179.0, -179.0]),
    }
    ends = {
        "satellite_a": np.array(["A", "C"], dtype=object),
        "satellite_b": np.array(["B", "D"], dtype=object),
    }
    return ends | {"load_p95": np.array([load, load])}, satellites


def test_full_lasers_stand_out_and_none_crosses_the_whole_map(results):
    canvas = build_canvas(results.rows(), no_gateways(results), width_px=WIDTH)
    idle, full = (picture(isl_map_png(canvas, *lasers(load))) for load in (0.0, 1.0))
    yellow = colour_at(full, canvas, -30.0, -10.0)
    assert yellow[0] > 180
    assert yellow[2] < 120
    sea = colour_at(idle, canvas, -30.0, -10.0)
    assert sea[2] > 180
    assert (colour_at(full, canvas, 10.0, -40.0) == colour_at(idle, canvas, 10.0, -40.0)).all()


def test_the_caspian_is_the_one_sea_in_the_land_and_has_islands():
    seas, islands = inland_seas(rings(load_outlines("coast")))
    (caspian,) = seas
    assert np.allclose(caspian.mean(axis=0), [51.0, 43.0], atol=1.0)
    assert np.allclose(np.ptp(caspian, axis=0), [8.1, 10.5], atol=0.2)
    assert len(islands) == 11
    for island in islands:
        assert (island.min(axis=0) > caspian.min(axis=0)).all()
        assert (island.max(axis=0) < caspian.max(axis=0)).all()


def test_a_small_ring_in_the_land_is_no_sea():
    land = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 20.0], [0.0, 20.0], [0.0, 0.0]])
    sea, island, triangle = land * 0.5 + 5.0, land * 0.1 + 9.0, land * 0.02 + 1.0
    seas, islands = inland_seas([island, triangle, land, sea])
    assert [ring.tolist() for ring in seas] == [sea.tolist()]
    assert [ring.tolist() for ring in islands] == [island.tolist()]
    assert inland_seas([land, triangle]) == ([], [])


def test_the_caspian_is_drawn_as_water(results):
    """In a world with no rows: its middle is as the ocean, the desert beside it and Bir Tawil are as land."""
    rows = {name: column[:0] for name, column in results.rows().items()}
    canvas = build_canvas(rows, no_gateways(results), width_px=WIDTH)
    image = picture(cause_map_png(canvas, {}))
    places = {
        "Caspian": (42.0, 50.5),
        "Atlantic": (-30.0, -20.0),
        "desert": (43.5, 59.0),
        "Bir Tawil": (21.85, 33.7),
    }
    shown = {name: colour_at(image, canvas, *place) for name, place in places.items()}
    assert np.abs(shown["Caspian"] - shown["Atlantic"]).max() <= 3
    assert np.abs(shown["desert"] - shown["Caspian"]).max() > 10
    assert np.abs(shown["desert"] - shown["Bir Tawil"]).max() <= 60  # a border runs through the pixel
