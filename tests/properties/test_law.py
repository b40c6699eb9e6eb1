"""What must hold under any law: a small made-up planet of three countries, slot by slot over a midnight."""

from __future__ import annotations

import tempfile
from ast import literal_eval
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_law import plain_verdict
from slot_runs import slots_of_run

import ecumene
from ecumene import load, simulate
from ecumene.licences.register import read_register
from ecumene.network.sharing import GATEWAY
from ecumene.results.schema import CAUSES

CODES = ("XA", "XB", "XC")
MIDNIGHT = date(2026, 3, 25)
N_SLOTS, SLOT_S = 5, 15.0
STARTS = st.sampled_from([datetime(2026, 3, 24, 23, 59, s, tzinfo=UTC) for s in (30, 40)])
"""Midnight is the beginning of the third slot, or lies inside the second."""
slow_enough = settings(deadline=None, max_examples=40)


def country_at(lon_deg):
    return "XA" if lon_deg < 11.6 else "XB" if lon_deg < 13.1 else "XC"


CELLS = [
    {
        "lat_deg": lat,
        "lon_deg": lon,
        "country": country_at(lon),
        "people": 3_000 if (lat, lon) == (20.6, 12.0) else 100,
        "settlement": "rural",
    }
    for lat in (20.0, 20.6, 21.2)
    for lon in np.arange(10.0, 14.5, 0.5).tolist()
]
CELLS += [  # in front of the geostationary arc, and where nobody flies
    {"lat_deg": 0.0, "lon_deg": 12.0, "country": "XA", "people": 100, "settlement": "rural"},
    {"lat_deg": 80.0, "lon_deg": 12.0, "country": "XB", "people": 10, "settlement": "isolated"},
]
SITES = [
    {"name": "Gate A", "country": "XA", "lat_deg": 20.0, "lon_deg": 8.0},
    {"name": "Gate B", "country": "XB", "lat_deg": 21.0, "lon_deg": 12.6},
    {"name": "Pop A", "kind": "pop", "country": "XA", "lat_deg": 20.0, "lon_deg": 9.0},
    {"name": "Pop B", "kind": "pop", "country": "XB", "lat_deg": 21.0, "lon_deg": 12.3},
]
SHELL = {
    "name": "shell", "altitude_km": 550.0, "inclination_deg": 53.0, "planes": 36, "sats_per_plane": 22, "phasing": 5,
}  # fmt: skip
PLANET = {
    "constellation__shells": [SHELL],
    "cell": CELLS,
    "gateways__site": SITES,
    "gateways__antennas": 40,  # for every satellite in view: where they are scarce they follow demand
    "isl__acquisition_s": 0.0,
    "places__place": [],
    "licences__grant": [],
    "slots": N_SLOTS,
}

TERMS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["licensed", "licensed", "licensed", "pending", "refused", "unlicensed"]),
        "landing": st.sampled_from(['"any"', '"any"', '"in_country"', '["XA"]', '["XA", "XB"]']),
        "border_margin_km": st.sampled_from([0.0, 0.0, 60.0, 120.0]),
        "offered": st.sampled_from(["true", "true", "false"]),
    }
)
RECORDS = st.fixed_dictionaries({code: st.tuples(TERMS, TERMS | st.none()) for code in CODES})
"""Terms until midnight, and from then on; the same where None."""
DAYS = st.sampled_from(["", f"from = {MIDNIGHT}\n", f"to = {MIDNIGHT}\n"])
REGIONS = st.sampled_from(
    [
        "circle = [20.65, 11.55, 70]\n",
        "circle = [20.25, 13.05, 40]\n",
        "circle = [20.65, 12.05, 300]\n",
        "polygon = [[10.75, 19.75], [12.75, 19.75], [12.75, 20.75], [10.75, 20.75]]\n",
        "polygon = [[12.25, 20.25], [14.25, 20.25], [14.25, 21.75], [12.25, 21.75]]\n",
    ]
)
ZONES = st.builds(
    lambda code, rule, shape, days: (
        f'[[zone]]\ncountry = "{code}"\n{shape}{days}rule = "{rule}"\n'
        + ("listed_share = 0.5\n" if rule == "allow_list" else "")
    ),
    st.sampled_from(CODES),
    st.sampled_from(["deny", "allow_list", "monitor"]),
    REGIONS | st.sampled_from(["", "border_km = 60\n"]),
    DAYS,
)
OVERLAYS = st.builds(
    lambda pair, shape, days: (
        f'[[overlay]]\ncountry = "{pair[0]}"\ncontrolled_by = "{pair[1]}"\n{shape}{days}'
    ),
    st.permutations(CODES),
    REGIONS,
    DAYS,
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from(["granted", "revoked"]),
        st.sampled_from([0.0, 15.0, 20.0, 30.0]),
        st.sampled_from([15.0, 25.0, 30.0]),
    ),
    max_size=2,
    unique_by=lambda change: change[0],
)
LAWS = st.fixed_dictionaries(
    {
        "records": RECORDS,
        "zones": st.lists(ZONES, max_size=3),
        "overlays": st.lists(OVERLAYS, max_size=1),
        "changes": CHANGES,
        "disputed": st.sampled_from(["record", "control"]),
        "start": STARTS,
    }
)
JAMMING = {
    "kind": "jamming",
    "region": {"lat_deg": 20.6, "lon_deg": 12.0, "radius_km": 120.0},
    "j_over_n_db": 40.0,
    "lasts_s": 30.0,
}
OTHER_FAULTS = st.sampled_from(
    [
        (),
        ({"kind": "gateways", "sites": ("Gate A",), "after_s": 15.0, "lasts_s": 30.0},),
        ({"kind": "controller", "after_s": 20.0},),
        (JAMMING,),
    ]
)


def text_of(law):
    """Return the register of a law as a file."""
    parts = [*law["zones"], *law["overlays"]]
    for code, (before, after) in law["records"].items():
        intervals = (
            [("", before)]
            if after is None
            else [(f"to = {MIDNIGHT}\n", before), (f"from = {MIDNIGHT}\n", after)]
        )
        for days, terms in intervals:
            keys = "".join(f"{key} = {value}\n" for key, value in terms.items() if key != "status")
            parts.append(f'[[record]]\ncountries = ["{code}"]\n{days}status = "{terms["status"]}"\n{keys}')
    return "\n".join(parts)


def faults_of(law):
    return tuple(
        {"kind": "licence", "countries": (code,), "status": status, "after_s": after, "lasts_s": lasts}
        for code, status, after, lasts in law["changes"]
    )


def slots_under(law, faults=(), **keys):
    """Return the register and every slot of the planet under a law."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "law.toml"
        path.write_text(text_of(law), encoding="utf-8")
        given_keys = PLANET | {"licences__records": str(path), "licences__disputed": law["disputed"]} | keys
        _, slots = slots_of_run("toy", (*faults_of(law), *faults), start=law["start"], **given_keys)
        return read_register(path, CODES), slots


def plain_verdicts(law, register, k):
    """Return what the law drawn says of every cell in slot k, and whose law holds there."""
    t_s = k * SLOT_S
    on = (law["start"] + timedelta(seconds=t_s)).date()
    terms = {
        code: before if on < MIDNIGHT or after is None else after
        for code, (before, after) in law["records"].items()
    }
    is_permitted = {code: terms[code]["status"] == "licensed" for code in CODES}
    for code, status, after_s, lasts_s in law["changes"]:
        if after_s <= t_s < after_s + lasts_s:
            is_permitted[code] = status == "granted"
    margin_km = {code: terms[code]["border_margin_km"] for code in CODES}
    land = [(cell["country"], cell["lat_deg"], cell["lon_deg"]) for cell in CELLS]
    by_control = law["disputed"] == "control"
    return {
        place[1:]: plain_verdict(
            register, on, is_permitted, margin_km, place, land, by_control=by_control
        )
        for place in land
    }  # fmt: skip


def rows_of(slot):
    """Return where each row lies, as in `CELLS`."""
    rows = slot.world.land.rows
    return list(zip(rows.lat_deg.tolist(), rows.lon_deg.tolist(), strict=True))


@settings(deadline=None, max_examples=200)
@given(LAWS, OTHER_FAULTS)
def test_no_row_without_permission_is_ever_served(law, faults):
    register, slots = slots_under(law, faults)
    for k, slot in enumerate(slots):
        plain = plain_verdicts(law, register, k)
        service, land = slot.service, slot.world.land
        cause = [CAUSES[code] for code in service.cause]
        for row, where in enumerate(rows_of(slot)):
            may = plain[where].is_permitted
            assert land.is_permitted_in_row[row] == may
            if may:
                assert cause[row] != "zone"
                continue
            assert cause[row] == ("zone" if plain[where].is_denied else "no_licence")
            assert not service.is_available[row]
            assert service.rate_bps[row] == 0.0
            assert np.isnan(service.rtt_s[row])
            assert slot.plan.sat_of_cell[land.cell_of_row[row]] < 0  # one row a cell: nobody else's beam


@slow_enough
@given(LAWS, OTHER_FAULTS)
def test_traffic_comes_down_only_where_its_country_allows(law, faults):
    _, slots = slots_under(law, faults)
    for slot in slots:
        land, ground = slot.world.land, slot.world.ground
        on = (law["start"] + timedelta(seconds=slot.sky.t_s)).date()
        gateway_of_path = slot.streams.end_of_paths(GATEWAY)
        class_of_path = slot.flow_class[slot.streams.flow_of_path]
        for landing, gateway in zip(class_of_path, gateway_of_path, strict=True):
            by = {
                land.codes[land.verdict.country[row]] for row in np.flatnonzero(land.class_of_row == landing)
            }
            assert by
            for code in by:
                before, after = law["records"][code]
                rule = literal_eval((before if on < MIDNIGHT or after is None else after)["landing"])
                allowed = {"any": CODES, "in_country": [code]}[rule] if isinstance(rule, str) else rule
                assert ground.gateways.country[gateway] in allowed


@slow_enough
@given(LAWS, st.sampled_from(CODES))
def test_revoking_a_licence_helps_nobody_and_darkens_all_under_that_law(law, code):
    law = law | {"changes": [change for change in law["changes"] if change[0] != code]}
    _, before = slots_under(law)
    _, by_key = slots_under(law, licences__revoke=[code])
    fault = {"kind": "licence", "countries": (code,), "status": "revoked", "after_s": 15.0, "lasts_s": 30.0}
    _, by_fault = slots_under(law, (fault,))
    for k, (slot, revoked, for_a_while) in enumerate(zip(before, by_key, by_fault, strict=True)):
        is_theirs = slot.world.land.verdict.country == CODES.index(code)
        available = slot.service.is_available
        assert not revoked.service.is_available[is_theirs].any()
        assert not np.isin(
            revoked.service.cause[is_theirs], [CAUSES.index(c) for c in ("served", "partly", "zone")]
        ).any()
        assert (revoked.service.is_available <= available).all()
        expected = revoked.service.is_available if k in {1, 2} else available
        np.testing.assert_array_equal(for_a_while.service.is_available, expected)


def satellites(mask, candidates):
    return {int(sat) for j, sat in enumerate(candidates) if sat >= 0 and int(mask[j // 64]) >> (j % 64) & 1}


def first_cause(slot, row):
    """Return the first cause that holds, in the order of precedence, satellite by satellite."""
    land, sight, links, plan = slot.world.land, slot.sky.sight, slot.links, slot.plan
    cell, landing = land.cell_of_row[row], land.class_of_row[row]
    if not land.verdict.is_permitted[row]:
        return "zone" if land.verdict.is_denied[row] else "no_licence"
    candidates = sight.candidates_of_bin[slot.world.grid.bin_of_cell[cell]]
    clear = satellites(sight.clear_of_cell[cell], candidates)
    unjammed = satellites(slot.sky.unjammed_of_cell[cell], candidates)
    home = set(np.flatnonzero(links.routes.has_path[landing]).tolist())
    unbroken_home = set(np.flatnonzero(links.has_unbroken_path[landing]).tolist())
    if not clear & home:
        if clear & unbroken_home:
            return "fault"
        if sight.n_visible_of_cell[cell] == 0:
            return "no_satellite"
        if not unjammed:
            return "gso_arc"
        return "jammed" if unjammed & unbroken_home or not clear else "no_gateway_path"
    asked_bps = slot.asked.row_bps[row]
    if asked_bps == 0.0:
        return "served" if land.law.is_offered[land.verdict.country[row]] else "no_licence"
    sat = plan.sat_of_cell[cell]
    if sat not in home or plan.planned_bps[cell] == 0.0:
        return "fault" if slot.world.is_frozen and sat < 0 else "no_beam"
    share = plan.planned_bps[cell] / slot.asked.cell_bps[cell] * slot.carried_share[landing, sat]
    if share == 0.0:
        return "no_feeder_capacity"
    return "served" if share >= 0.999 else "partly"


@slow_enough
@given(LAWS, OTHER_FAULTS, st.sampled_from([0, 1_000]))
def test_every_row_has_the_first_cause_that_holds(law, faults, subscribers):
    _, slots = slots_under(law, faults, demand__subscribers=subscribers)
    for slot in slots:
        found = [CAUSES[code] for code in slot.service.cause]
        assert found == [first_cause(slot, row) for row in range(len(CELLS))]


def test_nearly_every_cause_does_happen_on_this_planet():
    licensed = {"status": "licensed", "landing": '"any"', "border_margin_km": 0.0, "offered": "true"}
    law = {
        "records": {
            "XA": (licensed, licensed | {"landing": '["XC"]'}),
            "XB": (licensed, None),
            "XC": (licensed | {"status": "pending"}, licensed),
        },
        "zones": ['[[zone]]\ncountry = "XB"\nrule = "deny"\ncircle = [20.0, 12.0, 30]\n'],
        "overlays": [],
        "changes": [],
        "disputed": "record",
        "start": datetime(2026, 3, 24, 23, 59, 30, tzinfo=UTC),
    }
    gates = {"kind": "gateways", "sites": ("Gate A", "Gate B"), "after_s": 60.0}
    _, slots = slots_under(law, (gates, JAMMING), demand__subscribers=20_000)  # more than beams can serve
    seen = {CAUSES[code] for slot in slots for code in slot.service.cause}
    assert seen == set(CAUSES) - {"weather", "no_feeder_capacity"}


@slow_enough
@given(LAWS, OTHER_FAULTS, st.sampled_from([0, 2_000]))
def test_availability_does_not_depend_on_demand(law, faults, subscribers):
    _, one = slots_under(law, faults)
    _, other = slots_under(law, faults, demand__subscribers=subscribers)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.service.is_available, b.service.is_available)
        np.testing.assert_array_equal(a.service.is_reachable, b.service.is_reachable)
    if subscribers == 0:
        assert all((slot.service.rate_bps == 0.0).all() for slot in other)


@settings(deadline=None, max_examples=15)
@given(LAWS, OTHER_FAULTS)
def test_causes_add_up_to_everybody(law, faults):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "law.toml"
        path.write_text(text_of(law), encoding="utf-8")
        keys = {key.replace("__", "."): value for key, value in PLANET.items()}
        keys |= {"licences.records": str(path), "licences.disputed": law["disputed"], "start": law["start"]}
        results = simulate(load("toy", overrides=keys, faults=(*faults_of(law), *faults)))
    people = sum(cell["people"] for cell in CELLS)
    assert results.summary["people"] == people
    assert sum(cause["people"] for cause in results.summary["causes"]) == pytest.approx(people)
    assert sum(cause["rows_share"] for cause in results.summary["causes"]) == pytest.approx(1.0)
    countries, slots = results.tables["countries"], results.tables["slots"]
    np.testing.assert_allclose(sum(countries[f"share_{name}"] for name in CAUSES), 1.0, atol=1e-6)
    np.testing.assert_allclose(sum(slots[f"cause_{name}"] for name in CAUSES), people)


def test_borders_of_land_that_is_not_computed_count_for_places_as_for_rows(tmp_path):
    """Uzhhorod lies 10 km from Slovakia; without it, or with it cut away, the margin is the same."""
    overrides = tmp_path / "margin.toml"
    overrides.write_text(
        '[[record]]\ncountries = ["UA"]\nstatus = "licensed"\nborder_margin_km = 40\nsource = "what if"\n'
        '[[record]]\ncountries = ["SK", "HU"]\nstatus = "refused"\nsource = "what if"\n'
    )
    keys = {
        "slots": 1,
        "licences.overrides": str(overrides),
        "places.place": [{"name": "Uzhhorod", "lat_deg": 48.62, "lon_deg": 22.29}],
    }
    results = ecumene.simulate(ecumene.load("ukraine-2022", overrides=keys))
    table = results.places()
    assert table["cause"].tolist() == ["zone"]
    assert table["limit"].tolist() == ["border margin of 40 km (UA)"]
