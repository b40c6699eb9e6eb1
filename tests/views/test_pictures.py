"""Pictures of a result: what they draw is what the tables say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from ecumene.errors import InputError
from ecumene.results.schema import ROWS
from ecumene.views.drawing import drawing_bytes
from ecumene.views.pictures import CURVES, check_picture, distribution, picture, quantity_of

NUMBERS = [v.name for v in ROWS if v.dtype.startswith("float")]


@pytest.mark.parametrize("name", [*NUMBERS, "main_cause"])
def test_every_variable_has_a_map_with_its_unit(unchanged_results, name):
    figure = picture(unchanged_results, name)
    labels = [axes.get_xlabel() for axes in figure.axes]
    unit = next(v.unit for v in ROWS if v.name == name)
    if unit not in {"", "1"}:
        assert any(f"[{unit}]" in label for label in labels)
    if name != "main_cause":
        assert any(quantity_of(name).label == label for label in labels)
        assert "the same" not in quantity_of(name).label


@pytest.mark.parametrize("what", [*CURVES, "mbps_p50", "main_cause"])
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_files_are_what_they_say_and_the_same_each_time(unchanged_results, what, suffix):
    data = drawing_bytes(picture(unchanged_results, what), suffix)
    if suffix == ".png":
        assert data.startswith(b"\x89PNG")
    else:
        assert etree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"
    assert drawing_bytes(picture(unchanged_results, what), suffix) == data


def test_a_notebook_shows_a_picture(unchanged_results):
    assert picture(unchanged_results, "load")._repr_png_().startswith(b"\x89PNG")


def test_the_distribution_of_latency_is_weighted_by_people(results):
    rows = results.rows()
    rows["rtt_ms_p50"] = np.array([40.0, 80.0, np.nan, np.nan, np.nan], np.float32)
    rows["people"][:2] = 3.0, 1.0
    axes = picture(results, "latency-cdf").axes[0]
    whole = next(line for line in axes.get_lines() if line.get_label() == "all")
    assert whole.get_xdata().tolist() == [40.0, 80.0]
    assert whole.get_ydata().tolist() == [0.75, 1.0]
    assert {line.get_label() for line in axes.get_lines()} == {"urban", "all"}


def test_distribution_joins_equal_values():
    x, share = distribution(np.array([2.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert share.tolist() == [0.25, 0.75, 1.0]


def test_coverage_by_latitude_is_the_mean_over_people_of_a_band(results):
    rows = results.rows()
    rows["lat_deg"] = np.array([10.5, 11.5, -89.9, 90.0, 0.0])
    rows["people"] = np.array([3.0, 1.0, 1.0, 1.0, 0.0])
    rows["availability"] = np.array([1.0, 0.0, 0.5, 0.25, 1.0], np.float32)
    axes = picture(results, "coverage-latitude").axes[0]
    line = axes.get_lines()[0]
    known = np.isfinite(line.get_ydata())
    drawn = dict(zip(line.get_xdata()[known], line.get_ydata()[known], strict=True))
    assert drawn == {-89.0: 0.5, 11.0: 0.75, 89.0: 0.25}


def test_the_load_curve_keeps_the_mean_of_long_runs(results):
    n = 1_003
    slots = results.slots()
    for name, values in slots.items():
        slots[name] = np.resize(values, n)
    slots["carried_gbps"] = np.arange(n, dtype=np.float64)
    axes = picture(results, "load").axes[0]
    line = next(line for line in axes.get_lines() if line.get_label() == "what reaches a PoP")
    assert line.get_ydata()[0] == 1.0
    assert line.get_xdata()[-1] == n * 15.0 / 60.0
    assert "mean of 3 slots a step" in axes.get_xlabel()


def test_nothing_to_draw_is_said(results):
    results.rows()["rtt_ms_p50"][:] = np.nan
    with pytest.raises(InputError, match="latency-cdf: nobody is served in toy"):
        picture(results, "latency-cdf")


@pytest.mark.parametrize(
    ("what", "path", "message"),
    [
        ("mbps_p51", "a.png", "no such picture; did you mean 'mbps_p5'?"),
        ("latency", "a.png", "curves: latency-cdf, coverage-latitude, load"),
        ("load", "a.pdf", "pictures are written as .png or .svg"),
        ("load", "nowhere/a.png", "lies in none"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(what, path, message):
    with pytest.raises(InputError) as caught:
        check_picture(what, Path(path))
    assert message in str(caught.value)
