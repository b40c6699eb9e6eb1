"""The report: complete, escaped, and on its own."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from ecumene.views import report

AWKWARD = "<script>alert('Å & B')</script>"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Collects tags and attributes, and checks that tags close in order."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.titles: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.text += data
        if self.open and self.open[-1] in {"h2", "h3"}:
            self.titles.append(data)


@pytest.fixture(scope="module")
def page(unchanged_results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "MAP_WIDTH_PX", 400)
        patch.setattr(report, "SMALL_MAP_WIDTH_PX", 300)
        return report.report_html(unchanged_results)


@pytest.fixture
def parsed(page):
    parser = Page()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_asks_nothing_of_a_network(page, parsed):
    assert not re.search(
        r"https?://|//[a-z]", re.sub(r"base64,[A-Za-z0-9+/=]+|^ *//.*$", "", page, flags=re.MULTILINE)
    )
    for tag, attributes in parsed.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert attributes.get(name, "#").startswith(("data:", "#")), (tag, attributes)
    policy = [a["content"] for t, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy
    assert policy[0].startswith("default-src 'none'")
    assert "@import" not in page
    assert "url(" not in page


def test_names_are_escaped(page, parsed):
    assert AWKWARD not in page
    assert parsed.text.count(AWKWARD) == 4  # country, gateway, fault in the list and in the picture
    assert len([tag for tag, _ in parsed.tags if tag == "script"]) == 1


def test_the_promise_comes_first_and_every_table_is_there(parsed):
    sections = [a["aria-labelledby"] for tag, a in parsed.tags if tag == "section"]
    assert sections == [
        "promise",
        "map",
        "causes",
        "isolated",
        "faults",
        "maps",
        "countries",
        "gateways",
        "places",
        "model",
        "origin",
    ]
    assert parsed.titles[0].startswith("The promise")
    assert {"Disputed land", "Data", "Programs", "The scenario, as resolved"} < set(parsed.titles)
    assert len([tag for tag, _ in parsed.tags if tag == "table"]) == 7


def test_numbers_and_words(parsed):
    text = re.sub(r"\s+", " ", parsed.text)
    for piece in (
        "4.6 billion",
        "2.9 billion (63 %)",
        "no licence no_licence3.2 billion39 %28 %",
        "Saint Helena",
        "a gateway nearby, or ISLs",
        "4,400 operational, 8 raising",
        "Clear sky.",
        "bent pipe",
        "Natural Earth's view.",
        "GeoNames, CC BY 4.0",
        "World Bank, CC BY 4.0",
        "Natural Earth (public domain)",
        "seed 7",
        "no plan of beams could bring more than".capitalize(),
        '"sats_per_plane": 12',
    ):
        assert piece in text, piece


def test_places_are_summed_up(results):
    nairobi, tristan = report.place_lines(results.places())
    assert nairobi["place"] == "Nairobi"
    assert nairobi["served"] == 0.5
    assert nairobi["n_visible"] == 12.5
    assert nairobi["rtt_ms"] == 38.0
    assert (nairobi["gateway"], nairobi["pop"]) == ("Gate", "Pop")
    assert tristan["served"] == 0.0
    assert tristan["cause"] == "no_gateway_path"
    assert tristan["gateway"] == ""


def test_countries_can_be_taken_away(page, results):
    encoded = re.search(r'download="synthetic-countries.csv" href="data:text/csv;base64,([^"]+)"', page)[1]
    lines = base64.b64decode(encoded).decode().splitlines()
    assert lines[0].split(",") == list(results.countries())
    assert len(lines) == 3
    assert "nan" not in lines[2]


def test_for_those_who_do_not_see(parsed):
    assert ("html", {"lang": "en"}) in parsed.tags
    pictures = [a for t, a in parsed.tags if t == "img"]
    assert len(pictures) == 4
    assert all(len(a["alt"]) > 40 for a in pictures)
    assert len([t for t, _ in parsed.tags if t == "figcaption"]) == 4
    heads = [a for t, a in parsed.tags if t == "th"]
    assert all(a["scope"] in {"col", "row"} for a in heads)
    ids = {a["id"] for _, a in parsed.tags if "id" in a}
    assert {a["aria-labelledby"] for _, a in parsed.tags if "aria-labelledby" in a} <= ids
    assert {a["href"][1:] for t, a in parsed.tags if t == "a" and a["href"].startswith("#")} <= ids


def test_stays_small(page):
    assert len(page.encode()) < 3_000_000


def test_an_empty_run_has_a_report(results, monkeypatch):
    monkeypatch.setattr(report, "MAP_WIDTH_PX", 200)
    monkeypatch.setattr(report, "SMALL_MAP_WIDTH_PX", 200)
    for name in ("rows", "gateways", "places", "countries"):
        results.tables[name] = {column: values[:0] for column, values in results.tables[name].items()}
    results.summary.update(isolated_worst=[], causes=[], notes=[])
    page = report.report_html(results)
    assert "No isolated place is left out." in page
    assert "This scenario has no gateway." in page
    assert "follows no named place" in page


def test_landings_cuts_and_failures_stand_in_the_tables(results):
    page = report.report_html(results)
    assert "IS 89 %, US 11 %" in page
    assert "180 (9 antennas)" in page
    assert "1.2 million" in page


def test_lasers_get_a_map_where_there_are_some(results):
    assert "How full are the lasers?" not in report.report_html(results)
