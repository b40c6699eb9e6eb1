"""`ecumene report`: a finished run told again, and one country of it."""

import json
from pathlib import Path

import pytest

import ecumene.views.report


@pytest.fixture
def folder(invoke, fake_run):
    assert invoke("run", "toy", "--out", "o").exit_code == 0
    assert fake_run.n_runs == 1
    return "o"


def test_the_planet_again(invoke, folder):
    result = invoke("report", folder)
    assert result.exit_code == 0, result.stderr
    assert "The promise" in result.stdout
    assert json.loads(invoke("report", folder, "--json").stdout) == json.loads(
        Path("o/summary.json").read_text()
    )


def test_a_country(invoke, folder):
    result = invoke("report", folder, "--country", "ke", "--ms", "30")
    assert result.exit_code == 0, result.stderr
    assert "(KE): licensed" in result.stdout
    assert "Served within 30 ms, median slot" in result.stdout
    facts = json.loads(invoke("report", folder, "--country", "KE", "--json", "--mbps", "2").stdout)
    assert facts["quality"]["down"]["typical"] == {"people_share": 1.0, "area_share": 1.0}
    assert facts["quality"]["asked"]["mbps"] == 3.0


def test_a_page_of_a_country(invoke, folder):
    result = invoke("report", folder, "--country", "KE", "--html", "ke.html", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["country"] == "KE"
    assert result.stderr == "ke.html written\n"
    assert Path("ke.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("o", "--country", "KEN"), 2, "did you mean 'KE' (Kenya)?"),
        (("o", "--country", "FR"), 2, "has no land in this result"),
        (("o", "--html", "o/report.html"), 2, "run the scenario again to have one, or name another file"),
        (("o", "--globe-cells", "5"), 2, "--globe-cells: is for the page; add --html"),
        (("o", "--country", "KE", "--globe-cells", "5"), 2, "--globe-cells: is for the planet's page"),
        (("nowhere",), 2, "nowhere: there is no such folder; name a result"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_told(invoke, words, code, message):
    result = invoke("report", *words)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


def test_a_result_without_frames_has_a_page_without_a_globe(invoke, folder):
    result = invoke("report", folder, "--html", "x.html")
    assert result.exit_code == 0, result.stderr
    assert "o: was written by a version that kept nothing for the globe" in result.stderr
    assert Path("x.html").read_text().startswith("<!DOCTYPE html>")


def test_the_planet_s_page_again_byte_for_byte(invoke, monkeypatch):
    """Of a real run: with the cells it had, and with others in the folder itself."""
    for name in ("MAP_WIDTH_PX", "SMALL_MAP_WIDTH_PX"):
        monkeypatch.setattr(ecumene.views.report, name, 200)  # quicker
    assert invoke("run", "toy", "--out", "o", "--globe-cells", "5", "-q").exit_code == 0
    page = Path("o/report.html").read_bytes()
    result = invoke("report", "o", "--html", "again.html", "--json")
    assert (result.exit_code, result.stderr) == (0, "again.html written\n")
    assert json.loads(result.stdout)["scenario"] == "toy"
    assert Path("again.html").read_bytes() == page
    assert invoke("report", "o", "--html", "o/report.html", "--globe-cells", "3").exit_code == 0
    assert Path("o/report.html").read_bytes() != page
    assert invoke("report", "o").exit_code == 0  # its manifest knows the new page
    other = Path("o/report.html").read_bytes()
    assert invoke("report", "o", "--html", "o/report.html").exit_code == 0
    assert Path("o/report.html").read_bytes() == other  # and its cells
    assert invoke("report", "o", "--html", "o/report.html", "--globe-cells", "5").exit_code == 0
    assert Path("o/report.html").read_bytes() == page
    assert invoke("report", "o", "--html", "x.html", "--globe-cells", "3").exit_code == 0
    assert invoke("report", "o", "--html", "again.html").exit_code == 0
    assert Path("again.html").read_bytes() == page  # another file's cells are its own
    manifest = json.loads(Path("o/manifest.json").read_text())
    Path("o/manifest.json").write_text(json.dumps({**manifest, "globe_cells": 9}))
    damaged = invoke("report", "o", "--html", "x.html")
    assert damaged.exit_code == 1
    assert "globe_cells 9: must be 3, 4 or 5" in damaged.stderr


def test_a_changed_folder_is_not_read(invoke, folder):
    with Path(folder, "rows.parquet").open("ab") as file:
        file.write(b"x")
    result = invoke("report", folder, "--country", "KE")
    assert result.exit_code == 1
    assert "has changed since it was written" in result.stderr
