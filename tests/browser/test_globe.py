"""The report in a real browser: it asks nobody, says nothing wrong, draws, and tells the numbers of the tables."""

from __future__ import annotations

import io
import json
import math
import os
import shlex
import shutil
from pathlib import Path

import h3
import matplotlib.image
import numpy as np
import pytest

import ecumene
from ecumene.results.schema import CAUSES
from ecumene.views.globe import cells_of_rows
from ecumene.views.palette import CAUSE_COLOURS, OCEAN
from ecumene.views.report import report_html

from .conftest import PLACES, Visit

GOLDEN = Path(__file__).parent / "globe.png"


def pixels(visit) -> np.ndarray:
    """Return the canvas as it is drawn, red, green and blue from 0 to 255."""
    png = visit.page.locator("#globe").screenshot()
    return (matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).round().astype(int)


def share_of(picture: np.ndarray, colour: str) -> float:
    """Return which share of the pixels has a colour."""
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return float((np.abs(picture - wanted) <= 3).all(axis=-1).mean())


def test_it_asks_nobody_and_says_nothing(visit, report):
    assert visit.requests == [report.as_uri()]
    assert visit.said == []
    assert visit.page.locator("#globe").get_attribute("data-state") == "ready"


def test_the_globe_draws_in_the_colours_of_its_legend(visit):
    visit.app("app.globe.lookAt(48.5, 33)")
    visit.app("app.globe.turn(0, 0, 0.4)")
    visit.settle()
    picture = pixels(visit)
    assert share_of(picture, OCEAN) > 0.02
    assert share_of(picture, CAUSE_COLOURS["served"]) > 0.02
    assert share_of(picture, CAUSE_COLOURS["zone"]) > 0.005
    legend = visit.page.locator("#globe-legend").inner_text()
    assert "served" in legend
    assert "denied zone" in legend


def test_picking_tells_the_numbers_of_the_tables(visit, results):
    cells = cells_of_rows(results.rows(), 4)
    rng = np.random.default_rng(5)
    for k in rng.choice(len(cells["cell"]), 25, replace=False).tolist():
        name = h3.int_to_str(int(cells["cell"][k]))
        told = visit.app("app.pick(given[0], given[1])", *h3.cell_to_latlng(name))
        assert told["cell"] == name
        assert told["country"] == "UA"
        assert told["cause"] == CAUSES[cells["cause"][k]]
        assert told["people"] == pytest.approx(cells["people"][k], abs=0.51)
        assert told["availability"] == pytest.approx(cells["availability"][k], abs=6e-5)
        assert told["mbps"] == pytest.approx(cells["mbps"][k], abs=6e-4)
        wanted_ms = cells["rtt_ms"][k]
        assert (told["rtt_ms"] is None or math.isnan(told["rtt_ms"])) == math.isnan(wanted_ms)
        if not math.isnan(wanted_ms):
            assert told["rtt_ms"] == pytest.approx(wanted_ms, abs=0.06)
        assert [key["slot"] for key in told["keys"]] == results.frames.slot.tolist()


def test_picking_tells_the_why_of_the_tables(visit, results):
    """Split of causes, law, satellites in view, satellite, gateway and PoP, slot by slot."""
    rows, places, frames = results.rows(), results.places(), results.frames
    gateways = dict(zip(results.gateways()["gateway"], results.gateways()["country"], strict=True))
    n_landed = 0
    for name in dict.fromkeys(places["place"]):
        told = visit.app("app.pick(given[0], given[1])", *h3.cell_to_latlng(name))
        row = rows["cell"].tolist().index(h3.str_to_int(name))
        shares = dict(zip(CAUSES, frames.slots_of_cause[row] / results.summary["slots"], strict=True))
        wanted = {cause: pytest.approx(share, abs=6e-5) for cause, share in shares.items() if share > 0.0}
        assert {entry["cause"]: entry["share"] for entry in told["shares"]} == wanted
        for key, entry in enumerate(told["keys"]):
            line = np.flatnonzero((places["place"] == name) & (places["slot"] == entry["slot"]))[0]
            assert entry["cause"] == CAUSES[frames.cause[key, row]]
            for count in ("n_visible", "n_clear", "n_usable"):
                assert entry[count] == places[count][line]
            if entry["satellite"] and entry["satellite"] == places["satellite"][line]:
                n_landed += 1
                assert (entry["gateway"], entry["pop"]) == (places["gateway"][line], places["pop"][line])
                assert entry["gateway_country"] == gateways[entry["gateway"]]
    assert n_landed >= 10


def test_the_law_is_told_with_its_source(visit, results):
    from ecumene.views.reasons import law_lines

    for lat, lon in PLACES:
        told = visit.app("app.pick(given[0], given[1])", lat, lon)
        said = ecumene.why(results.scenario, f"{lat},{lon}").licence if lat == PLACES[2][0] else None
        if said is not None:
            assert told["law"] == [list(line) for line in law_lines(said)]
        text = visit.page.locator("#globe-told").inner_text()
        for _, line in told["law"]:
            assert line in text


def test_the_command_it_proposes_is_understood(visit, report, results, tmp_path):
    """In a result folder the page tells how to ask on; typed as it stands, it is answered with the same cause."""
    from typer.testing import CliRunner

    from ecumene.cli import app

    folder = tmp_path / "my results"
    results.write(folder)
    shutil.copy(report, folder / "report.html")
    opened = Visit(visit.page.context.browser, folder / "report.html")
    told = opened.app("app.pick(given[0], given[1])", *PLACES[0])
    command = opened.page.locator("#globe-told .command code").inner_text()
    program, *words = shlex.split(command)
    assert (program, words[:2]) == ("ecumene", ["why", "49.000,31.000"])
    result = CliRunner().invoke(app, [*words, "--json", "--quiet"])
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["where"]["cell"] == told["cell"]
    (key,) = [key for key in told["keys"] if key["slot"] == answer["moment"]["slot"]]
    assert answer["lighting"]["row_cause"] == key["cause"]
    opened.page.close()


def test_the_command_is_copied(visit):
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.app("app.pick(given[0], given[1])", *PLACES[0])
    visit.page.get_by_role("button", name="Copy").click()
    visit.page.get_by_role("button", name="Copied").wait_for()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == visit.page.locator("#globe-told .command code").inner_text()


def test_at_the_run_s_own_resolution_cells_are_the_rows(results):
    """Where no two rows share a cell nothing is put together."""
    rows = results.rows()
    cells = cells_of_rows(rows, 4)
    order = np.argsort(rows["cell"])
    np.testing.assert_array_equal(cells["cell"], rows["cell"][order])
    np.testing.assert_allclose(cells["availability"], rows["availability"][order])
    np.testing.assert_allclose(cells["people"], rows["people"][order])
    assert [CAUSES[c] for c in cells["cause"]] == rows["main_cause"][order].tolist()


def test_a_click_on_the_canvas_picks(visit):
    visit.app("app.globe.lookAt(49.0, 31.0)")
    told = visit.click_middle()
    assert "49.00 N, 31.00 E" in told
    assert "Ukraine UA" in told
    assert "licensed: service permitted" in told
    visit.app("app.globe.turn(0, 0, 4)")
    visit.settle()
    box = visit.page.locator("#globe").bounding_box()
    visit.page.mouse.click(box["x"] + 5, box["y"] + 5)  # the sky
    assert visit.page.locator("#globe-told").inner_text() == ""


def test_search_finds_places_and_points_and_says_when_not(visit):
    search = visit.page.locator("#globe-search")
    search.fill("Kyiv")
    search.press("Enter")
    assert "50.45 N, 30.52 E" in visit.page.locator("#globe-told").inner_text()
    search.fill("-10, -30")
    search.press("Enter")
    assert "Nobody lives in this cell" in visit.page.locator("#globe-told").inner_text()
    search.fill("Atlantis")
    search.press("Enter")
    assert 'No place "Atlantis"' in visit.page.locator("#globe-note").inner_text()


def test_time_goes_on_and_stops(visit):
    clock = visit.page.locator("#globe-clock")
    assert clock.inner_text() == "12:00:12 UTC"
    visit.page.click("#globe-play")
    for _ in range(200):
        visit.page.wait_for_timeout(20)
        if visit.app("app.t_s") > 5.0:
            break
    visit.page.click("#globe-play")
    stopped = clock.inner_text()
    visit.page.wait_for_timeout(200)
    assert clock.inner_text() == stopped != "12:00:12 UTC"
    visit.app("app.setTime(600)")
    assert clock.inner_text() == "12:10:12 UTC"


def test_satellites_stand_where_the_table_says(visit, results):
    visit.app("app.setTime(0)")
    table = results.satellites()
    found = np.array(visit.app("Array.from(app.globe.km)")).reshape(-1, 3)
    wanted = np.stack([table["x_km"], table["y_km"], table["z_km"]], axis=1)
    assert np.linalg.norm(found - wanted, axis=1).max() < 0.5  # steps of 0.2 km on each axis


def test_the_line_parts_two_pictures(visit):
    visit.app("app.globe.lookAt(48.5, 33)")
    visit.page.select_option("#globe-left", "cause")
    visit.page.select_option("#globe-right", "mbps")
    visit.page.locator("#globe-wipe").fill("50")
    visit.settle()
    picture = pixels(visit)
    half = picture.shape[1] // 2
    blue = CAUSE_COLOURS["served"]
    assert share_of(picture[:, :half], blue) > 5 * share_of(picture[:, half:], blue)
    assert "Mbit/s" in visit.page.locator("#globe-legend").inner_text()


def test_keys_turn_the_globe(visit):
    visit.page.focus("#globe")
    before = visit.app("app.globe.camera.position.toArray()")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("+")
    after = visit.app("app.globe.camera.position.toArray()")
    assert np.linalg.norm(after) == pytest.approx(0.88 * np.linalg.norm(before), rel=1e-6)
    visit.page.keyboard.press("Enter")
    assert visit.page.locator("#globe-told h3").count() == 1


def test_tables_sort(visit):
    button = visit.page.locator("table.sortable").first.locator("th button").first
    button.click()
    assert visit.page.locator("table.sortable th[aria-sort]").count() == 1
    assert visit.said == []


def test_places_are_saved_as_the_file_beside_the_page(visit, results, tmp_path):
    results.write(tmp_path)
    with visit.page.expect_download() as saved:
        visit.page.get_by_role("link", name="Save every slot of every place").click()
    assert saved.value.suggested_filename == "ukraine-2022-places.csv"
    rows = [Path(path).read_text().splitlines() for path in (saved.value.path(), tmp_path / "places.csv")]
    assert [line.split(",")[:8] for line in rows[0]] == [line.split(",")[:8] for line in rows[1]]
    assert len(rows[0]) == 1 + 40 * len(PLACES)


def test_on_paper_nothing_is_cut_off(visit):
    visit.page.emulate_media(media="print")
    visit.page.set_viewport_size({"width": 688, "height": 900})  # A4 less its margins
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 688


def test_the_picture_is_the_kept_one(visit):
    """With the clock stopped. A few edge pixels may differ from driver to driver."""
    visit.page.set_viewport_size({"width": 640, "height": 700})
    visit.app("app.globe.resize()")
    visit.app("app.globe.lookAt(47, 28)")
    visit.app("app.setTime(300)")
    visit.settle()
    visit.page.wait_for_timeout(300)
    picture = pixels(visit)
    if os.environ.get("ECUMENE_KEEP_PICTURE"):  # look at it before you commit it
        matplotlib.image.imsave(GOLDEN, picture.astype(np.uint8))
    kept = (matplotlib.image.imread(GOLDEN)[..., :3] * 255).round().astype(int)
    assert picture.shape == kept.shape
    differs = (np.abs(picture - kept) > 40).any(axis=-1).mean()
    assert differs < 0.02


def test_a_phone_shows_it_without_scrolling_sideways(browser, report):
    visit = Visit(browser, report, width=390, height=844)
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390
    assert share_of(pixels(visit), OCEAN) > 0.1
    visit.page.close()


def test_without_webgl_a_sentence_stands_in_its_place(launch, report):
    visit = Visit(launch("--disable-gpu", "--disable-3d-apis"), report)
    assert visit.page.locator("#globe-none").is_visible()
    assert "The globe needs WebGL" in visit.page.locator("#globe-none").inner_text()
    assert not visit.page.locator("#globe").is_visible()
    assert visit.page.locator("#promise").is_visible()
    visit.page.close()


def test_print_leaves_the_globe_out(visit):
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("#globe").is_visible()
    assert visit.page.locator("#countries").is_visible()


def test_a_cell_of_several_rows_tells_of_one_lot(browser, tmp_path):
    """Where rows are put together, satellite and cause of a slot belong to the same people."""
    results = ecumene.simulate(ecumene.load("ukraine-2022", overrides={"slots": 1, "resolution": 5}))
    path = tmp_path / "report.html"
    path.write_text(report_html(results), encoding="utf-8")
    visit = Visit(browser, path)
    for lat, lon in ((48.1, 37.5), (47.6, 36.4), (50.4, 30.5), (46.6, 32.6), (49.3, 38.2), (47.9, 37.3)):
        told = visit.app("app.pick(given[0], given[1])", lat, lon)
        (key,) = told["keys"]
        assert (key["satellite"] != "") == (key["cause"] in {"served", "partly"})
        assert told["rows"] > 1
    visit.page.close()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_camera_flies_or_for_less_motion_jumps(browser, report, motion):
    visit = Visit(browser, report, reduced_motion=motion)
    passed = visit.app(
        "(() => { const seen = new Set(), globe = app.globe, render = globe.renderer.render.bind(globe.renderer);"
        " globe.renderer.render = (...a) => { seen.add(globe.camera.position.toArray().join()); render(...a); };"
        " app.search('-30, -120'); return new Promise((done) => setTimeout(() => done(seen.size), 1500)); })()"
    )
    assert (passed == 1) == (motion == "reduce")
    x, y, z = visit.app("app.globe.camera.position.toArray()")
    assert math.degrees(math.asin(y / math.hypot(x, y, z))) == pytest.approx(-30.0, abs=1e-6)
    assert math.degrees(math.atan2(-z, x)) == pytest.approx(-120.0, abs=1e-6)
    visit.page.close()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_plays_by_itself(browser, report, motion):
    visit = Visit(browser, report, reduced_motion=motion)
    drawn = "new Promise((done) => { let n = 0; const render = app.globe.renderer.render.bind(app.globe.renderer);"
    drawn += (
        " app.globe.renderer.render = (...a) => { n += 1; render(...a); }; setTimeout(() => done(n), 400); })"
    )
    assert visit.app(drawn) == 0
    assert visit.app("app.t_s") == 0
    assert visit.page.evaluate("document.getAnimations().length") == 0
    visit.page.close()


def test_the_keyboard_reaches_every_control_and_all_it_does(visit):
    """From list to line to clock to the globe by Tab, each shown to have the focus, and used without a mouse."""
    page = visit.page
    page.focus("#globe-left")
    page.keyboard.press("m")  # Mbit/s
    assert page.locator("#globe-left").input_value() == "mbps"
    page.focus("#globe-right")
    page.keyboard.press("w")  # why
    page.focus("#globe-left")
    reached = []
    for _ in range(12):
        reached.append(page.evaluate("document.activeElement.id"))
        ring = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(ring) != "none", reached[-1]
        page.keyboard.press("Tab")
    wanted = ["left", "right", "wipe", "play", "time", "satellites", "links", "search", ""]
    assert [name for name in reached if name.startswith("globe")] == [
        f"globe-{name}".rstrip("-") for name in wanted
    ]
    page.focus("#globe-wipe")
    page.keyboard.press("Home")
    assert page.evaluate("document.getElementById('globe-line').style.left") == "0%"
    page.focus("#globe-time")
    page.keyboard.press("End")
    assert visit.app("app.t_s") == visit.app("app.header.shown_s")
    page.focus("#globe-satellites")
    page.keyboard.press("Space")
    assert not visit.app("app.globe.satellites.visible")
    page.focus("#globe")
    page.keyboard.press("Space")
    assert visit.app("app.playing")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert page.locator("#globe-told h3").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#globe-told h3").count() == 0
