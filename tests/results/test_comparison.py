"""What is compared, how licences are ranked, what is written, which folder is refused."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from ecumene.errors import InputError, OutputError, RunError
from ecumene.results import comparison as module
from ecumene.results.comparison import (
    MEASURES,
    PLAN_KEYS,
    Comparison,
    Run,
    as_tree,
    check_sweep_folder,
    country_facts,
    csv_text,
    curve_key,
    identity_of,
    measures_of,
    write_comparison,
)
from ecumene.scenario import load

SUMMARY = {
    "people": 1_000.0,
    "people_share": {"available": 0.5, "served": 0.25},
    "traffic_gbps": {"demand": 3.0, "planned": 2.0, "carried": 1.0, "upper_bound": 2.5},
    "mbps": {"p50": 2.1},
    "rtt_ms": {"p50": None},
    "causes": [
        {"cause": "served", "people_share": 0.5},
        {"cause": "no_licence", "people_share": 0.3},
        {"cause": "no_beam", "people_share": 0.2},
    ],
    "seconds": {"slots": 1.5},
}
PLAN = {
    "policy": "flow",
    "objective_gbps": 9.0,
    "objective_bound_gbps": 10.0,
    "gap": 0.1,
    "served_gbps": 1.9,
    "served_bound_gbps": 2.0,
    "served_gap": 0.05,
    "handovers_per_cell_hour": 20.0,
    "forced_share": 0.01,
    "dwell_s_mean": 150.0,
}


def run_of(number, varied, countries=None, **measures):
    return Run(number, varied, {**measures_of(SUMMARY), **measures}, countries or {})


def of_keys(*runs, n_wanted=2):
    return Comparison("toy", "A toy", {"slots": [4, 8]}, "id", n_wanted, tuple(runs))


def facts(carried_gbps):
    return {"XB": {"name": "B", "people": 10.0, "status": "pending", "main_cause": "served",
                   "demand_gbps": 1.0, "carried_gbps": carried_gbps}}  # fmt: skip


def of_licences():
    runs = (
        run_of(1, {"granted": ["XB", "XC"]}, facts(0.3), people_available=900.0),
        run_of(2, {"granted": []}, facts(0.1)),
        run_of(3, {"granted": ["XB"]}, facts(0.4), people_available=600.0),
        run_of(4, {"granted": ["XC"]}, facts(0.1), people_available=700.0, carried_gbps=1.5),
    )
    return Comparison("toy", "", {"granted": ["XB", "XC"]}, "id", 4, runs, "granted")


def test_measures_come_from_the_summary():
    measures = measures_of(SUMMARY)
    assert list(measures) == [variable.name for variable in MEASURES]
    assert (measures["people_available"], measures["people_served"]) == (500.0, 250.0)
    assert (measures["worst_cause"], measures["worst_cause_share"]) == ("no_licence", 0.3)
    assert measures["rtt_ms_p50"] is None
    assert {measures[name] for name in PLAN_KEYS} == {None}


def test_measures_of_the_plan():
    measures = measures_of({**SUMMARY, "plan": {**PLAN, "served_gap": None}})
    assert (measures["policy"], measures["plan_gap"], measures["plan_served_gap"]) == ("flow", 0.1, None)
    assert measures_of({**SUMMARY, "plan": PLAN})["dwell_s_mean"] == 150.0
    assert set(PLAN_KEYS.values()) == set(PLAN)


def test_nobody_without_service_has_no_worst_cause():
    measures = measures_of({**SUMMARY, "causes": [{"cause": "served", "people_share": 1.0}]})
    assert measures["worst_cause"] is measures["worst_cause_share"] is None


def test_runs_are_added_with_their_measures():
    class Results:
        summary = SUMMARY
        tables = {"countries": {"country": np.array([], dtype=object)}}  # noqa: RUF012

    before = of_keys()
    after = before.with_run(Results, {"slots": 4}, folder="01").with_run(Results, {"slots": 8})
    assert [(run.number, run.varied["slots"], run.folder) for run in after.runs] == [(1, 4, "01"), (2, 8, "")]
    assert (before.is_complete(), after.is_complete()) == (False, True)
    assert after.gains(after.runs[0]) == {}


def test_facts_of_countries():
    table = {
        "country": np.array(["XA", "XB"], dtype=object),
        "name": np.array(["A", "B"], dtype=object),
        "people": np.array([1.0, np.nan]),
        "status": np.array(["licensed", "pending"], dtype=object),
        "main_cause": np.array(["served", "no_licence"], dtype=object),
        "demand_gbps": np.array([1.0, 2.0]),
        "carried_gbps": np.array([0.5, 0.0]),
    }
    found = country_facts(table, ["XB", "QQ"])
    assert list(found) == ["XB"]
    assert (found["XB"]["name"], found["XB"]["people"], found["XB"]["status"]) == ("B", None, "pending")
    assert type(found["XB"]["carried_gbps"]) is float


def test_licences_rank_by_people_that_could_be_served():
    comparison = of_licences()
    assert [run.varied["granted"] for run in comparison.in_order()] == [[], ["XC"], ["XB"], ["XB", "XC"]]
    gains = comparison.gains(comparison.runs[2])
    assert gains == pytest.approx(
        {"people_available": 100.0, "people_served": 0.0, "carried_gbps": 0.0, "carried_gbps_there": 0.3}
    )
    assert comparison.gains(comparison.runs[3])["carried_gbps"] == 0.5


def test_without_the_run_as_it_is_nothing_is_ranked():
    comparison = replace(of_licences(), runs=of_licences().runs[:1])
    assert comparison.base() is None
    assert comparison.in_order() == list(comparison.runs)
    assert as_tree(comparison)["runs"][0]["gains"] == {}
    assert csv_text(comparison).splitlines()[1].endswith(",,,,,")


def test_csv_has_a_line_a_run_and_empty_cells_for_none():
    lines = list(
        csv.DictReader(io.StringIO(csv_text(of_keys(run_of(1, {"slots": 4}), run_of(2, {"slots": 8})))))
    )
    assert [line["slots"] for line in lines] == ["4", "8"]
    assert float(lines[0]["carried_gbps"]) == 1.0
    assert lines[0]["rtt_ms_p50"] == lines[0]["policy"] == ""
    assert list(lines[0]) == ["run", "slots", *(v.name for v in MEASURES), "folder"]
    ranked = list(csv.DictReader(io.StringIO(csv_text(of_licences()))))
    assert [line["granted"] for line in ranked] == ["", "XC", "XB", "XB XC"]
    assert [float(line["gain_people_available"]) for line in ranked] == [0.0, 200.0, 100.0, 400.0]


def test_json_holds_the_same(tmp_path):
    write_comparison(of_keys(run_of(1, {"slots": 4})), tmp_path / "new" / "folder")
    tree = json.loads((tmp_path / "new" / "folder" / "sweep.json").read_text())
    assert tree["swept"] == {"slots": [4, 8]}
    assert (tree["is_complete"], tree["runs_wanted"], len(tree["runs"])) == (False, 2, 1)
    assert tree["runs"][0]["measures"]["carried_gbps"] == 1.0
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {"sweep.json", "sweep.csv"}


def test_a_full_disk_is_a_failed_run(tmp_path, monkeypatch):
    def full(_path, _data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "put_file", full)
    with pytest.raises(RunError, match="writing the sweep failed: No space left on device"):
        write_comparison(of_keys(run_of(1, {"slots": 4})), tmp_path)


def test_which_folders_take_a_sweep(tmp_path):
    folder = tmp_path / "sweep"
    check_sweep_folder(folder, "id", force=False)
    folder.mkdir()
    check_sweep_folder(folder, "id", force=False)
    (folder / "precious.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(OutputError, match="holds other files and no sweep"):
            check_sweep_folder(folder, "id", force=force)
    write_comparison(of_keys(run_of(1, {"slots": 4})), folder)
    check_sweep_folder(folder, "id", force=False)
    with pytest.raises(OutputError, match=r"holds another sweep of 'toy' \(over slots\); give another --out"):
        check_sweep_folder(folder, "another", force=False)
    check_sweep_folder(folder, "another", force=True)
    with pytest.raises(OutputError, match="is a file; name a folder"):
        check_sweep_folder(folder / "precious.txt", "id", force=False)


def test_identity_is_that_of_all_runs_in_order():
    four, eight = (load("toy", overrides={"slots": n}) for n in (4, 8))
    assert identity_of([four, eight]) == identity_of([four, eight])
    assert len({identity_of([four, eight]), identity_of([eight, four]), identity_of([four])}) == 3


def test_what_a_curve_is_drawn_over():
    assert curve_key({"isl.topology": ["grid", "none"], "slots": [4, 8]}, "carried_gbps") == "slots"
    for swept, measure, message in (
        ({"slots": [4]}, "carried_gbs", "no measure of this name; did you mean 'carried_gbps'?"),
        ({"slots": [4]}, "zzz", "draw one of people_available, "),
        ({"slots": [4]}, "worst_cause", "no measure of this name"),
        ({"demand.diurnal": [True, False]}, "mbps_p50", "one swept key with numbers, and there is none"),
        ({"a": [1], "b": [2.0]}, "mbps_p50", r"2 of them \(a, b\)"),
    ):
        with pytest.raises(InputError, match=message):
            curve_key(swept, measure)
