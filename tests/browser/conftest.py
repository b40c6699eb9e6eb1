"""A real browser, cut off from every network, with one page: the report of a small run on real land."""

from __future__ import annotations

import os
import shutil

import h3
import pytest

import ecumene
from ecumene.views.report import report_html

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=gl-egl",
    "--ignore-gpu-blocklist",
    "--force-color-profile=srgb",
)


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what}: in CI the report must be tried in a browser")
    pytest.skip(what)


@pytest.fixture(scope="session")
def launch():
    """Return a function that starts a browser with more flags; all are closed at the end."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        _missing("needs chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("needs playwright")
    with sync_playwright() as playwright:
        opened = []

        def start(*more: str):
            opened.append(playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more]))
            return opened[-1]

        yield start
        for browser in opened:
            browser.close()


PLACES = ((49.0, 31.0), (50.4, 30.5), (48.0, 38.5), (46.5, 30.7))
"""Under licence, and one in a denied zone."""


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Ukraine under its zones with a gateway lost in the second slot; places stand in centres of cells."""
    fault = {"kind": "gateways", "sites": ["Kaunas"], "after_s": 15.0, "lasts_s": 15.0}
    file = tmp_path_factory.mktemp("places") / "places.csv"
    cells = [h3.latlng_to_cell(lat, lon, 4) for lat, lon in PLACES]
    points = [(cell, *h3.cell_to_latlng(cell)) for cell in cells]
    file.write_text("\n".join(["name,lat,lon", *(f"{cell},{lat!r},{lon!r}" for cell, lat, lon in points)]))
    overrides = {"slots": 40, "resolution": 4, "places.file": str(file)}
    return ecumene.simulate(ecumene.load("ukraine-2022", overrides=overrides, faults=[fault]))


@pytest.fixture(scope="session")
def report(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(results), encoding="utf-8")
    return path


class Visit:
    """An open page, with what it asked for and what it said."""

    def __init__(self, browser, path, *, width=1200, height=900, **more):
        size = {"width": width, "height": height}
        self.page = browser.new_page(viewport=size, device_scale_factor=1, **more)
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.context.set_offline(True)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#globe[data-state]", state="attached", timeout=60_000)
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def click_middle(self):
        """Click the middle of the globe; return what the page tells then."""
        self.page.locator("#globe").scroll_into_view_if_needed()
        self.settle()
        box = self.page.locator("#globe").bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return self.page.locator("#globe-told").inner_text()

    def app(self, expression, *arguments):
        """Evaluate something of the globe."""
        return self.page.evaluate(
            f"(given) => {{ const app = document.getElementById('globe').ecumene; return {expression}; }}",
            list(arguments),
        )


@pytest.fixture(scope="session")
def compared(tmp_path_factory):
    """Return the folder of a comparison: Ukraine, and Ukraine with satellites low in the sky out of reach."""
    from typer.testing import CliRunner

    from ecumene.cli import app

    out = tmp_path_factory.mktemp("compared") / "out"
    words = ["compare", "ukraine-2022", "--set", "slots=2", "--set", "resolution=4", "--quiet"]
    result = CliRunner().invoke(app, [*words, "--set-b", "terminal.min_elevation_deg=70", "--out", str(out)])
    assert result.exit_code == 0, result.stderr
    return out


@pytest.fixture(scope="session")
def browser(launch):
    return launch()


@pytest.fixture
def visit(browser, report):
    opened = Visit(browser, report)
    yield opened
    opened.page.close()
