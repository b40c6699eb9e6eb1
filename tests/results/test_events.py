"""What a fault did: before, during, after."""

import numpy as np
import pytest

from ecumene.results.events import WINDOW_S, Event, fault_table, people_of_slot
from ecumene.results.schema import CAUSES, FAULTS, SLOTS


def slots(served, faults):
    n = len(served)
    table = {v.name: np.zeros(n) for v in SLOTS if v.dtype != "str"}
    return {
        **table,
        "slot": np.arange(n),
        "utc": np.array(["x"] * n, object),
        "faults": np.array(faults, object),
        "people_served": np.array(served, np.float64),
    }


def test_before_during_after_and_recovery():
    table = slots([10, 10, 4, 2, 5, 9.9, 10], ["", "", "f", "f", "", "", ""])
    line = fault_table([Event("f", "blackout", "", 30.0, 60.0)], table, [None], ["a", "b"], 15.0)
    assert list(line) == [v.name for v in FAULTS]
    assert line["people_served_before"] == [10.0]
    assert line["people_served_during"] == [3.0]
    assert line["people_served_worst"] == [2.0]
    assert line["people_served_after"] == pytest.approx([(5 + 9.9 + 10) / 3])
    assert line["recovery_s"] == [15.0]
    assert (line["from_utc"], line["to_utc"], line["slots"]) == (["a"], ["b"], [2])


def test_a_fault_that_never_ends_has_no_after_and_one_outside_no_line():
    table = slots([10, 4, 4], ["", "f", "f"])
    events = [Event("f", "isls", "", 15.0, np.inf), Event("g", "isls", "", 900.0, np.inf)]
    line = fault_table(events, table, [None, None], ["a", "", "c", ""], 15.0)
    assert line["fault"].tolist() == ["f"]
    assert np.isnan(line["people_served_after"]).all()
    assert np.isnan(line["recovery_s"]).all()


def test_slots_of_other_faults_and_far_ones_are_no_before_and_no_after():
    n = int(WINDOW_S / 15.0)
    served = [99] * 5 + [10] * n + [50, 1, 30] + [20] * n + [99] * 5
    quiet = [""] * (n + 5)
    table = slots(served, [*quiet, "other", "f", "other", *quiet])
    start_s = 15.0 * (n + 6)
    line = fault_table([Event("f", "isls", "", start_s, start_s + 15.0)], table, [None], ["a", ""], 15.0)
    assert line["people_served_before"] == [10.0]
    assert line["people_served_after"] == [20.0]


def test_the_people_of_the_countries_it_names_are_followed():
    table = slots([10, 10, 9, 9], ["", "", "f", "f"])
    there = {**table, "people_served": np.array([2.0, 2.0, 1.0, 0.5])}
    line = fault_table([Event("f", "blackout", "NG", 30.0, np.inf)], table, [there], ["a", ""], 15.0)
    assert (line["where"], line["people_served_before"], line["people_served_worst"]) == (
        ["NG"],
        [2.0],
        [0.5],
    )


def test_people_are_counted_once_each():
    rng = np.random.default_rng(1)
    n = 200
    people, cause = rng.uniform(1, 9, n), rng.integers(0, 12, n).astype(np.int8)
    is_available, is_reachable = rng.random(n) < 0.5, rng.random(n) < 0.7
    rtt_s = np.where(rng.random(n) < 0.5, rng.uniform(0.02, 0.2, n), np.nan).astype(np.float32)
    found = people_of_slot(people, cause, is_available, is_reachable, rtt_s)
    for k, name in enumerate(CAUSES):
        assert found[f"cause_{name}"] == pytest.approx(people[cause == k].sum())
    assert sum(found[f"cause_{name}"] for name in CAUSES) == pytest.approx(people.sum())
    assert found["people_served"] == pytest.approx(found["cause_served"] + found["cause_partly"])
    assert found["people_available"] == pytest.approx(people[is_available].sum())
    assert found["people_reachable"] == pytest.approx(people[is_reachable].sum())
    timed = np.isfinite(rtt_s)
    assert found["rtt_ms_mean"] == pytest.approx(np.average(rtt_s[timed] * 1e3, weights=people[timed]))
