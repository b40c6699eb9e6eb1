"""A sweep in the terminal: columns that say something, what is the same, licences ranked, width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecumene.results.comparison import Comparison, Run, measures_of
from ecumene.views.comparison import comparison_text

PLAN = {
    "policy": "flow", "objective_gbps": 9.0, "objective_bound_gbps": 10.0, "gap": 0.1, "served_gbps": 8_000.0,
    "served_bound_gbps": 8_500.0, "served_gap": 0.05, "handovers_per_cell_hour": 20.0, "forced_share": 0.01,
    "dwell_s_mean": 150.0,
}  # fmt: skip


def run_of(unchanged_results, number, varied, *, plan=None, countries=None, **measures):
    summary = {**unchanged_results.summary, **({"plan": plan} if plan else {})}
    return Run(number, varied, {**measures_of(summary), **measures}, countries or {})


@pytest.fixture
def masks(unchanged_results):
    """Return two runs that differ in carried traffic and time alone."""
    runs = (
        run_of(unchanged_results, 1, {"terminal.min_elevation_deg": 25}, seconds=3.0),
        run_of(unchanged_results, 2, {"terminal.min_elevation_deg": 40}, carried_gbps=901.44, seconds=3.0),
    )
    return Comparison("toy", "A toy", {"terminal.min_elevation_deg": [25, 40]}, "id", 2, runs)


@pytest.fixture
def policies(unchanged_results):
    rest = {"handovers_per_cell_hour": 50.0, "served_gbps": 7_000.0, "served_gap": None, "dwell_s_mean": None}
    runs = (
        run_of(unchanged_results, 1, {"scheduling.policy": "flow"}, plan=PLAN),
        run_of(unchanged_results, 2, {"scheduling.policy": "random"}, plan={**PLAN, **rest}),
    )
    return Comparison("toy", "A toy", {"scheduling.policy": ["flow", "random"]}, "id", 2, runs)


@pytest.fixture
def licences(unchanged_results):
    def facts(status, cause, carried):
        of = {
            "people": 3e8,
            "status": status,
            "main_cause": cause,
            "demand_gbps": 1.0,
            "carried_gbps": carried,
        }
        return {"PK": {"name": "Pakistan", **of}, "ZA": {"name": "South Africa", **of}}

    def run(number, codes, cause, carried, **measures):
        return run_of(
            unchanged_results,
            number,
            {"granted": codes},
            countries=facts("granted" if codes else "pending", cause, carried),
            **measures,
        )

    base = run(2, [], "no_licence", 0.0)
    available = base.measures["people_available"]
    runs = (
        run(1, ["ZA", "PK"], "served", 50.0, people_available=available + 4e8),
        base,
        run(3, ["ZA"], "no_beam", 20.0, people_available=available + 1e8, carried_gbps=9_776.0),
        run(4, ["PK"], "partly", 30.0, people_available=available + 3e8),
    )
    return Comparison("toy", "", {"granted": ["ZA", "PK"]}, "id", 4, runs, "granted")


def test_only_columns_that_differ_are_in_the_table(masks):
    lines = comparison_text(masks).splitlines()
    assert lines[0] == "A toy: 2 runs, terminal.min_elevation_deg = 25, 40"
    assert lines[2:6] == [
        "                    Gbit/s",
        "min_elevation_deg  carried",
        "               25    9,876",
        "               40      901",
    ]
    same = " ".join(line.strip() for line in lines[7:])
    assert same.startswith("The same in all runs: could be served million: 4,789; could be served %: 58.99;")
    assert "Gbit/s demand: 12,345; Gbit/s planned: 9,900; median Mbit/s: 3.000; median RTT ms: 43.40;" in same
    assert same.endswith("worst cause: no_licence 39 %; seconds: 3.0.")


def test_one_run_alone_shows_everything(masks):
    text = comparison_text(replace(masks, runs=masks.runs[:1]), 200)
    assert "A toy: 1 of 2 runs" in text
    assert "The same in all runs" not in text
    for head in ("could be served", "are served", "carried", "RTT ms", "worst cause", "seconds"):
        assert head in text


def test_policies_show_the_plan(policies):
    text = comparison_text(policies)
    header = [line.split() for line in text.splitlines()[2:6]]
    assert header[0] == ["plan", "below", "the", "bound", "handovers", "dwell"]
    assert header[1] == ["policy", "Gbit/s", "served", "%", "a", "cell", "and", "hour", "s"]
    assert header[2] == ["flow", "8,000", "5.000", "20.00", "150.0"]
    assert header[3] == ["random", "7,000", "-", "50.00", "-"]
    assert "below the bound objective %: 10.00; handovers forced %: 1.000" in " ".join(text.split())


def test_policies_before_the_plan_is_in_the_summary(policies):
    bare = {
        name: None for name in policies.runs[0].measures if name.startswith(("plan", "hand", "forc", "dwell"))
    }
    runs = tuple(replace(run, measures={**run.measures, **bare}) for run in policies.runs)
    text = comparison_text(replace(policies, runs=runs))
    assert "None" not in text
    assert "below the bound" not in text


def test_other_sweeps_do_not_show_the_plan(masks):
    assert "handovers" not in comparison_text(masks)


def test_licences_are_ranked_and_all_together_come_last(licences):
    text = comparison_text(licences)
    lines = text.splitlines()
    assert lines[0] == "toy: 4 runs, granted = ZA, PK"
    assert "As it is: could be served 4.8 billion people (59 %), served 1.8 billion people (22 %)" in text
    table = [line.split() for line in lines[6:10]]
    assert table[0][:3] == ["licence", "now", "million"]
    assert table[1] == ["Pakistan", "PK", "pending", "300.0", "+300.0", "+0", "+0.0", "+30.0", "partly"]
    assert table[2] == [
        "South",
        "Africa",
        "ZA",
        "pending",
        "300.0",
        "+100.0",
        "+0",
        "-100.0",
        "+20.0",
        "no_beam",
    ]
    assert table[3] == ["all", "together", "600.0", "+400.0", "+0", "+0.0", "+100.0"]
    assert "demand.by_country" in text


def test_a_country_without_cells_is_named(licences):
    without = [replace(run, countries={}) for run in licences.runs]
    assert "no inhabited cells" in comparison_text(replace(licences, runs=tuple(without)))


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_lines_fit(width, masks, policies, licences):
    for comparison in (masks, replace(masks, runs=masks.runs[:1]), policies, licences):
        text = comparison_text(comparison, width)
        assert max(len(line) for line in text.splitlines()) <= max(width, 60)


def test_headings_can_stand_out(masks):
    text = comparison_text(masks, heading=lambda line: f"<{line}>")
    assert "<min_elevation_deg  carried>" in text
    assert "\x1b" not in text


def test_two_swept_keys_of_one_name_are_told_apart(masks):
    keys = {"a.b": [1, 2], "c.b": ["x"]}
    runs = tuple(
        replace(run, varied={"a.b": value, "c.b": "x"}) for run, value in zip(masks.runs, (1, 2), strict=True)
    )
    assert "a.b  c.b  carried" in comparison_text(replace(masks, swept=keys, runs=runs))
