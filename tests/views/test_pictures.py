"""Pictures of a result: what they draw is what the tables say."""

from __future__ import annotations

import itertools
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
def test_a_picture_met_alone_says_what_it_is_of(unchanged_results, what):
    figure = picture(unchanged_results, what)
    texts = [text.get_text() for text in figure.texts] + [axes.get_title("left") for axes in figure.axes]
    start = unchanged_results.summary["start_utc"]
    assert any(f"x 15 s from {start[:10]} {start[11:19]} UTC" in text for text in texts)


def test_a_scale_that_leaves_values_out_ends_in_arrows(results):
    rows = results.rows()
    spread = np.append(np.full(200, 3.0), [0.1, 0.2, 2.9]).astype(np.float32)
    chosen = np.zeros(len(spread), dtype=np.int64)
    many = {name: column[chosen] for name, column in rows.items()} | {"mbps_p50": spread}
    for values, extend in ((spread, "min"), (np.full(len(spread), 3.0, np.float32), "neither")):
        odd = type(results)(
            results.scenario, {**results.tables, "rows": many | {"mbps_p50": values}}, results.summary
        )
        (bar,) = [axes for axes in picture(odd, "mbps_p50").axes if axes.get_xlabel()]
        assert bar._colorbar.extend == extend


@pytest.mark.parametrize(("name", "least", "most"), [("people", 1.0, 1e6), ("mbps_p50", 2.0, 3.0)])
def test_numbers_of_a_scale_do_not_run_into_each_other(results, name, least, most):
    rows = results.rows()
    n = len(rows["cell"])
    values = np.geomspace(least, most, n).astype(rows[name].dtype)
    odd = type(results)(results.scenario, {**results.tables, "rows": rows | {name: values}}, results.summary)
    figure = picture(odd, name)
    figure.canvas.draw()
    (bar,) = [axes for axes in figure.axes if axes.get_xlabel()]
    boxes = [label.get_window_extent() for label in bar.get_xticklabels() if label.get_text()]
    low, high = bar.get_xlim()
    boxes = [box for box, at in zip(boxes, bar.get_xticks(), strict=True) if low <= at <= high]
    assert len(boxes) >= 3
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_what_holds_for_many_stands_in_the_legend_though_it_is_no_rows_main_cause(results):
    causes = [{"cause": "partly", "people_share": 0.4}, {"cause": "jammed", "people_share": 0.001}]
    odd = type(results)(results.scenario, results.tables, {**results.summary, "causes": causes})
    words = [text.get_text() for text in picture(odd, "main_cause").legends[0].get_texts()]
    assert "served below demand (40 % of people)" in words
    assert not any("jammed" in word for word in words)


def test_who_is_never_served_has_no_handovers(results):
    rows = results.rows()
    n = len(rows["cell"])
    rows |= {"served": np.where(np.arange(n) == 0, 1.0, 0.0), "handovers_per_h": np.full(n, 5.0)}
    words = [text.get_text() for text in picture(results, "handovers_per_h").legends[0].get_texts()]
    assert words == ["not served", "nobody lives there"]


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


def test_settlement_is_the_promise_as_bars(results):
    axes = picture(results, "settlement").axes[0]
    told = [
        entry for entry in results.summary["promise"] if entry["people"] > 0.0
    ]  # a class with nobody has no bar
    assert 0 < len(told) < len(results.summary["promise"])
    could, are = ([bar.get_width() for bar in bars] for bars in axes.containers)
    assert could == [entry["could_be_served"] / entry["people"] for entry in told]
    assert are == [entry["served"] / entry["people"] for entry in told]
    labels = [label.get_text().split("\n")[0] for label in axes.get_yticklabels()]
    assert labels == [entry["settlement"] for entry in told]


def test_where_nobody_lives_there_is_no_class_to_draw(results):
    for entry in results.summary["promise"]:
        entry["people"] = 0.0
    with pytest.raises(InputError, match="settlement: nobody lives in"):
        picture(results, "settlement")


@pytest.mark.parametrize(
    ("what", "path", "message"),
    [
        ("mbps_p51", "a.png", "no such picture; did you mean 'mbps_p5'?"),
        ("latency", "a.png", "curves: latency-cdf, coverage-latitude, settlement, load"),
        ("load", "a.pdf", "a.pdf: must end in .png or .svg"),
        ("load", "nowhere/a.png", "there is no folder nowhere; make it first"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(what, path, message):
    with pytest.raises(InputError) as caught:
        check_picture(what, Path(path))
    assert message in str(caught.value)
