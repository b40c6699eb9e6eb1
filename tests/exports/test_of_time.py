"""CZML and ION contact plans: read by czml3, by a reader of the documented commands, against the orbits."""

from __future__ import annotations

import csv
import itertools
import json
import re
from datetime import UTC, datetime

import czml3
import numpy as np
import pytest
from czml3.core import Document

import ecumene
from ecumene.errors import InputError
from ecumene.exports.czml import STEP_S, czml_text, document_name
from ecumene.exports.folder import write_export
from ecumene.exports.ion import Contact, joined
from ecumene.orbits.propagation import propagate
from ecumene.world import build

COMMAND = re.compile(
    r"a contact \+(?P<start>\d+) \+(?P<stop>\d+) (?P<a>\d+) (?P<b>\d+) (?P<rate>\d+)"
    r"|a range \+(?P<from>\d+) \+(?P<to>\d+) (?P<one>\d+) (?P<other>\d+) (?P<light>\d+)"
    r"|@ (?P<at>\d{4}/\d{2}/\d{2}-\d{2}:\d{2}:\d{2})|#.*"
)
"""The commands of ionrc(5) we write: NASA JPL, ION-DTN, gh-pages/docs/man/ici/ionrc.md (2025): "@ time",
"a contact start stop source dest xmit_data_rate" (bytes a second, start < stop, rate > 0),
"a range start stop one other distance" (light seconds); relative times are "+ss" after the reference time."""


def read_plan(text):
    """Return reference time, contacts and ranges of a plan, and check what ionrc(5) demands."""
    contacts, ranges, at = [], [], None
    for line in text.splitlines():
        found = COMMAND.fullmatch(line)
        assert found is not None, line
        if found["at"]:
            at = datetime.strptime(found["at"], "%Y/%m/%d-%H:%M:%S").replace(tzinfo=UTC)
        elif found["rate"]:
            contact = tuple(int(found[key]) for key in ("start", "stop", "a", "b", "rate"))
            assert at is not None, "relative times follow the reference time"
            assert contact[0] < contact[1]
            assert contact[4] > 0
            contacts.append(contact)
        elif found["light"]:
            ranges.append(tuple(int(found[key]) for key in ("from", "to", "one", "other", "light")))
    for a, b in {contact[2:4] for contact in contacts}:
        spans = sorted(contact[:2] for contact in contacts if contact[2:4] == (a, b))
        assert all(s[1] <= t[0] for s, t in itertools.pairwise(spans)), "intervals must not overlap"
    return at, contacts, ranges


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ion") / "toy"
    write_export("ion", ecumene.load("toy", overrides={"slots": 12}), folder)
    return folder


def test_the_contact_plan_follows_the_documented_commands(plan):
    at, contacts, ranges = read_plan((plan / "contacts.ionrc").read_text())
    assert at == datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
    both = {(*c[:2], *sorted(c[2:4]), c[4]) for c in contacts}
    assert len(contacts) == 2 * len(both)
    assert {c[:4] for c in both} == {r[:4] for r in ranges}
    assert all(r[2] < r[3] for r in ranges), "a range from the smaller number holds both ways"
    told = {
        (r["start_s"], r["stop_s"], *r["nodes"]): (r["rate_bps"] // 8, round(r["light_s"][1]))
        for r in json.loads((plan / "contacts.json").read_text())
    }
    assert {c[:4]: c[4] for c in both} == {span: rate for span, (rate, _) in told.items()}
    assert {r[:4]: r[4] for r in ranges} == {span: light for span, (_, light) in told.items()}


def test_contacts_are_the_links_of_the_slots(plan):
    """Slot by slot the plan joins what one slot's GraphML joins, at its rates."""
    from ecumene.exports.folder import slots_of

    with (plan / "nodes.csv").open() as file:
        number = {(line["kind"], line["name"]): int(line["node"]) for line in csv.DictReader(file)}
    records = json.loads((plan / "contacts.json").read_text())
    world = build(ecumene.load("toy", overrides={"slots": 12}))
    names = world.fleet.elements.name
    for slot in slots_of(world, 12):
        standing = {tuple(r["nodes"]): r for r in records if r["start_s"] <= slot.sky.t_s < r["stop_s"]}
        isls = slot.links.isls
        expected = {
            tuple(sorted((number["satellite", names[a]], number["satellite", names[b]]))): float(m)
            for (a, b), m, up in zip(slot.links.pairs.tolist(), isls.length_m, isls.is_up, strict=True)
            if up
        }
        for s, m in zip(slot.links.feeders.sat_of_feed, slot.links.feeders.slant_m, strict=True):
            expected[number["satellite", names[s]], number["gateway", "Gate"]] = float(m)
        expected[number["gateway", "Gate"], number["pop", "Pop"]] = None
        assert set(standing) == set(expected)
        bps = {
            "isl": 1e11,
            "feeder": 2e10,
            "fibre": 2e10,
        }  # the toy's scenario: 100, 20 Gbit/s, one antenna at the gate
        for nodes, length_m in expected.items():
            assert standing[nodes]["rate_bps"] == bps[standing[nodes]["kind"]]
            low, high = standing[nodes]["light_s"]
            if length_m is not None:
                assert low - 1e-12 <= length_m / 299_792_458.0 <= high + 1e-12


def test_stretches_are_joined_only_where_they_follow_at_one_rate():
    def c(start, rate, a=1, b=2):
        return Contact("isl", a, b, start, start + 15.0, rate, start * 1e-4, start * 1e-4)

    found = joined([[c(0.0, 8.0)], [c(15.0, 8.0)], [c(30.0, 16.0)], [], [c(60.0, 16.0), c(60.0, 4.0)]])
    assert [(x.start_s, x.stop_s, x.rate_bps) for x in found] == [
        (0.0, 30.0, 8.0),
        (30.0, 45.0, 16.0),
        (60.0, 75.0, 20.0),
    ]
    assert (found[0].least_s, found[0].most_s) == (0.0, 15e-4)


def test_a_fraction_of_a_second_is_refused(tmp_path):
    scenario = ecumene.load("toy", overrides={"slot_s": 7.5})
    with pytest.raises(InputError, match="whole seconds"):
        write_export("ion", scenario, tmp_path / "ion")


def lagrange(times_s, points_m, t_s, degree):
    """Interpolate as CesiumJS does: a polynomial through the samples around the time."""
    first = int(np.clip(np.searchsorted(times_s, t_s) - (degree + 1) // 2, 0, len(times_s) - degree - 1))
    chosen = slice(first, first + degree + 1)
    t, p = times_s[chosen], points_m[chosen]
    weights = [
        np.prod([(t_s - t[j]) / (t[i] - t[j]) for j in range(len(t)) if j != i]) for i in range(len(t))
    ]
    return np.array(weights) @ p


def test_czml_is_read_by_czml3_and_follows_the_orbits(tmp_path):
    scenario = ecumene.load("toy", overrides={"slots": 100})
    (path,) = write_export("czml", scenario, tmp_path / "c")
    packets = json.loads(path.read_text())
    read = Document(packets=[czml3.Packet(**packet) for packet in packets])
    assert read.packets[0].id == "document"
    assert packets[0]["clock"]["interval"] == "2026-03-24T12:00:12Z/2026-03-24T12:25:12Z"
    world = build(scenario)
    moving = [p for p in packets if p["id"].startswith("satellite-")]
    assert len(moving) == 12
    for t_s in (0.0, 37.0, 750.5, 1_499.0):
        truth_m = propagate(world.fleet, t_s).r_ecef_m
        for packet in moving:
            samples = np.array(packet["position"]["cartesian"]).reshape(-1, 4)
            assert samples[-1, 0] >= 1_500.0, "positions reach to the end of the span"
            drawn_m = lagrange(samples[:, 0], samples[:, 1:], t_s, packet["position"]["interpolationDegree"])
            away_m = np.linalg.norm(drawn_m - truth_m[int(packet["id"].split("-")[1])])
            assert away_m < 1.0
    gate = next(p for p in packets if p["id"] == "gateway-0")
    assert gate["name"] == "Gate"
    np.testing.assert_allclose(gate["position"]["cartesian"], world.ground.r_gateway_m[0], atol=0.1)


def test_too_many_satellites_are_thinned_and_the_document_says_so():
    world = build(ecumene.load("toy"))
    packets = json.loads(czml_text(world, 4, most=5))
    assert [p["id"] for p in packets if p["id"].startswith("sat")] == [f"satellite-{k}" for k in (0, 3, 6, 9)]
    assert "(4 of 12 satellites: one in 3)" in packets[0]["name"]
    assert packets[1]["position"]["cartesian"][4] == STEP_S


def test_more_than_500_satellites_come_in_wider_steps_and_stay_within_a_kilometre(tmp_path):
    scenario = ecumene.load("starlink-gen1", overrides={"resolution": 3, "slots": 8})
    (path,) = write_export("czml", scenario, tmp_path / "c", most=600)
    packets = json.loads(path.read_text())
    Document(packets=[czml3.Packet(**packet) for packet in packets])
    moving = [p for p in packets if p["id"].startswith("satellite-")]
    assert len(moving) == 551
    assert document_name(path) == packets[0]["name"]
    assert packets[0]["name"].endswith("(551 of 4,408 satellites: one in 8, every 300 s)")
    world = build(scenario)
    truth_m = propagate(world.fleet, 130.0).r_ecef_m
    for packet in moving[::10]:
        samples = np.array(packet["position"]["cartesian"]).reshape(-1, 4)
        assert samples[1, 0] == 300.0
        drawn_m = lagrange(samples[:, 0], samples[:, 1:], 130.0, packet["position"]["interpolationDegree"])
        assert np.linalg.norm(drawn_m - truth_m[int(packet["id"].split("-")[1])]) < 1_000.0


def test_a_number_of_satellites_is_for_czml_alone(tmp_path):
    with pytest.raises(InputError, match="--most: is for czml; ion holds every satellite"):
        write_export("ion", ecumene.load("toy"), tmp_path / "c", most=5)
