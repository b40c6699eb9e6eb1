"""The page of a comparison in a real browser: two runs on one globe, parted by a line."""

from __future__ import annotations

import csv
import math

import h3
import numpy as np
import pytest

from ecumene.results.schema import CAUSES
from ecumene.views.palette import CAUSE_COLOURS

from .conftest import Visit
from .test_globe import pixels, share_of


@pytest.fixture
def visit(browser, compared):
    opened = Visit(browser, compared / "comparison.html")
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def changed(compared):
    """Return the rows that differ, by cell."""
    with (compared / "rows.csv").open(encoding="utf-8") as file:
        return {line["cell"]: line for line in csv.DictReader(file)}


def test_it_asks_nobody_and_says_nothing(visit, compared):
    assert visit.requests == [(compared / "comparison.html").as_uri()]
    assert visit.said == []
    assert visit.page.locator("#globe").get_attribute("data-state") == "ready"
    assert not visit.page.locator("#maps").is_visible()


def test_left_of_the_line_is_a_and_right_of_it_b(visit):
    """What A serves has no satellite in B, and where the line stands parts the two."""
    colours = [CAUSE_COLOURS[cause] for cause in ("served", "no_satellite")]
    shares = {}
    for at in ("0", "50", "100"):
        visit.page.locator("#globe-wipe").fill(at)
        visit.settle()
        picture = pixels(visit)
        half = picture.shape[1] // 2
        sides = picture[:, : half - 2], picture[:, half + 2 :]
        shares[at] = np.array([[share_of(side, colour) for colour in colours] for side in sides])
        is_line = (picture[:, half - 2 : half + 2] == 255).all(axis=-1).any(axis=-1)
        assert (is_line.mean() > 0.99) == (at == "50")
    all_a, all_b, parted = shares["100"], shares["0"], shares["50"]
    assert (all_a[:, 0] > all_b[:, 0] + 0.001).all()
    assert (all_a[:, 1] == 0.0).all()
    assert all_b[:, 1].sum() > 0.002
    np.testing.assert_allclose(parted[0], all_a[0], atol=1e-4)
    np.testing.assert_allclose(parted[1], all_b[1], atol=1e-4)


@pytest.mark.parametrize("name", ["served", "availability", "rtt_ms", "mbps"])
def test_each_quantity_is_painted_with_one_scale_for_both(visit, name):
    visit.page.select_option("#globe-shown", name)
    visit.page.locator("#globe-wipe").fill("100")
    visit.settle()
    before = pixels(visit)
    visit.page.locator("#globe-wipe").fill("0")
    visit.settle()
    assert (np.abs(before - pixels(visit)).max(axis=-1) > 3)[50:-50, 50:-50].mean() > 0.005
    legend = visit.page.locator("#globe-legend").inner_text()
    assert legend.count("hatched: none") == 1
    assert visit.page.locator("#globe-legend .swatch").count() == 0


def test_a_cell_tells_both_and_the_numbers_of_the_table(visit, changed):
    assert len(changed) > 20
    for cell, line in list(changed.items())[::10]:
        told = visit.app("app.pick(given[0], given[1])", *h3.cell_to_latlng(cell))
        assert (told["cell"], told["country"]) == (cell, line["country"])
        assert told["people"] == pytest.approx(float(line["people"]), abs=0.51)
        for side in "ab":
            assert told[side]["cause"] == line[f"main_cause_{side}"]
            for name, column, near in (
                ("availability", "availability", 6e-5),
                ("served", "served", 6e-5),
                ("mbps", "mbps_p50", 6e-4),
                ("rtt_ms", "rtt_ms_p50", 0.06),
            ):
                wanted, found = line[f"{column}_{side}"], told[side][name]
                if wanted == "" or (name == "rtt_ms" and float(line[f"served_{side}"]) == 0.0):
                    assert found is None or math.isnan(found)
                else:
                    assert found == pytest.approx(float(wanted), abs=near), (cell, side, name)
    text = visit.page.locator("#globe-told").inner_text()
    assert "A: ukraine-2022" in text
    assert "B: ukraine-2022 with terminal.min_elevation_deg=70" in text
    assert set(told["a"]) == {"cause", "availability", "served", "mbps", "rtt_ms"}
    assert {told["a"]["cause"], told["b"]["cause"]} <= set(CAUSES)


def test_a_click_and_keys_pick(visit):
    visit.app("app.globe.lookAt(49.0, 31.0)")
    clicked = visit.click_middle()
    assert "49.00 N, 31.00 E" in clicked
    visit.page.focus("#globe")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#globe-told").inner_text() == ""
    visit.page.keyboard.press("Enter")
    assert visit.page.locator("#globe-told").inner_text() == clicked


def test_without_webgl_two_maps_and_their_line_stand_in_its_place(launch, compared):
    visit = Visit(launch("--disable-gpu", "--disable-3d-apis"), compared / "comparison.html")
    page = visit.page
    assert "The globe needs WebGL" in page.locator("#globe-none").inner_text()
    assert not page.locator("#globe").is_visible()
    page.locator("#wipe").fill("30")
    assert page.evaluate("document.getElementById('line').style.left") == "30%"
    assert "30%" in page.evaluate("document.getElementById('after').style.clipPath")
    first, second = (page.locator(f".wipe img >> nth={k}").bounding_box() for k in range(2))
    assert first == second
    page.close()


def test_on_paper_stand_the_maps_one_below_the_other(visit):
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("#globe").is_visible()
    first, second = (visit.page.locator(f".wipe img >> nth={k}").bounding_box() for k in range(2))
    assert second["y"] >= first["y"] + first["height"] - 1
    assert not visit.page.locator("#line").is_visible()


def test_a_phone_shows_it_without_scrolling_sideways(browser, compared):
    visit = Visit(browser, compared / "comparison.html", width=390, height=844)
    visit.app("app.pick(given[0], given[1])", 49.0, 31.0)
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390
    visit.page.close()
