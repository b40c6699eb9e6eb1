"""What the law says at points: zones, overlays and margins, each by hand and against a plain twin."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_law import plain_verdict

from ecumene.earth.regions import circle_region, polygon_region
from ecumene.licences.law import resolve
from ecumene.licences.register import Overlay, Record, Register, Zone
from ecumene.licences.verdict import Points, judge

CODES = ("AA", "BB", "CC")
DAY = date(2025, 6, 1)


def word(country, since=None, until=None):
    """Return whom an entry is about, and when; on nobody's word."""
    evidence = {"source": "", "confidence": "low", "note": "", "line": 1}
    return {"country": country, "valid_from": since, "valid_to": until, **evidence}


def zone(rule, region=None, *, country="AA", since=None, until=None, border_km=None, share=1.0):
    return Zone(
        name=rule,
        rule=rule,
        region=region,
        border_km=border_km,
        listed_share=share,
        **word(country, since, until),
    )


def overlay(region, *, country="AA", by="BB", since=None, until=None):
    return Overlay(name="held", controlled_by=by, region=region, **word(country, since, until))


def box(west, south, east, north):
    region, problems = polygon_region([[west, south], [east, south], [east, north], [west, north]])
    assert not problems
    return region


def law(permitted="AA", margins=None):
    """Return the law of the day: who is permitted, and margins in km."""
    records = [
        Record(
            status="licensed" if code in permitted.split() else "refused",
            landing="any",
            is_offered=True,
            gso_exclusion_deg=None,
            nco=None,
            pfd_dbw_m2_mhz=None,
            border_margin_km=(margins or {}).get(code, 0.0),
            **word(code),
        )
        for code in CODES
    ]
    return resolve(records, DAY, CODES, default_status="not_sought")


def points(*places):
    code, lat_deg, lon_deg = zip(*places, strict=True)
    country = np.array([CODES.index(c) if c else -1 for c in code], np.int32)
    return Points(country, np.array(lat_deg, float), np.array(lon_deg, float))


INNER, MIDDLE, OUTER = ("AA", 10.0, 10.0), ("AA", 10.0, 11.0), ("AA", 10.0, 14.0)
HERE = (INNER, MIDDLE, OUTER)
SMALL, LARGE = circle_region(10.0, 10.0, 50.0), box(8.0, 8.0, 12.0, 12.0)


def judged(*zones, at=HERE, law=law(), overlays=(), land=HERE, by_control=False):  # noqa: B008 - never written to
    return judge(law, Register((), zones, overlays), points(*at), points(*land), by_control=by_control)


@pytest.mark.parametrize("is_first", [True, False])
def test_the_smaller_zone_beats_the_larger_whichever_stands_first(is_first):
    pair = [zone("deny", SMALL), zone("allow_list", LARGE, share=0.4)]
    pair = pair if is_first else pair[::-1]
    verdict = judged(*pair)
    small, large = (0, 1) if is_first else (1, 0)
    assert verdict.zone.tolist() == [small, large, -1]
    assert verdict.is_permitted.tolist() == [False, True, True]
    assert verdict.is_denied.tolist() == [True, False, False]
    assert verdict.listed_share.tolist() == [1.0, 0.4, 1.0]


def test_a_small_list_opens_a_large_denial():
    verdict = judged(zone("allow_list", SMALL, share=0.1), zone("deny", LARGE))
    assert verdict.is_permitted.tolist() == [True, False, True]


def test_a_denial_inside_a_country_with_a_list_stays():
    verdict = judged(zone("deny", LARGE, since=date(2020, 1, 1)), zone("allow_list", share=0.3))
    assert verdict.is_permitted.tolist() == [False, False, True]
    assert verdict.listed_share.tolist() == [1.0, 1.0, 0.3]


@pytest.mark.parametrize("shape", [SMALL, LARGE, None])
def test_of_equals_the_later_decides_and_of_equally_late_the_last_in_the_file(shape):
    early, late = date(2022, 1, 1), date(2024, 1, 1)
    first_later = judged(zone("deny", shape, since=late), zone("allow_list", shape, since=early))
    assert first_later.zone[0] == 0
    assert not first_later.is_permitted[0]
    as_late = judged(zone("deny", shape, since=late), zone("allow_list", shape, since=late))
    assert as_late.zone[0] == 1
    assert as_late.is_permitted[0]
    without_date = judged(zone("deny", shape), zone("allow_list", shape, since=early))
    assert without_date.zone[0] == 1


@given(st.floats(0.01, 1.9), st.integers(0, 3))
def test_boxes_of_one_size_are_equals_wherever_they_lie_and_whichever_corner_is_first(east_deg, turn):
    corners = [[8.0, 8.0], [12.0, 8.0], [12.0, 12.0], [8.0, 12.0]]
    shifted = [[lon + east_deg, lat] for lon, lat in corners[turn:] + corners[:turn]]
    (first, _), (second, _) = polygon_region(corners), polygon_region(shifted)
    late, early = zone("deny", first, since=date(2024, 1, 1)), zone("allow_list", second)
    assert judged(late, early, at=(MIDDLE,)).zone.tolist() == [0]
    assert judged(early, late, at=(MIDDLE,)).zone.tolist() == [1]


def test_a_zone_that_monitors_lifts_nothing_and_denies_nothing():
    verdict = judged(zone("deny", LARGE), zone("monitor", SMALL, since=DAY))
    assert verdict.is_permitted.tolist() == [False, False, True]
    assert verdict.zone.tolist() == [0, 0, -1]
    assert verdict.monitor.tolist() == [1, -1, -1]
    refused = judged(zone("monitor"), law=law(permitted="BB"))
    assert refused.monitor.tolist() == [0, 0, 0]
    assert not refused.is_permitted.any()


def test_a_zone_holds_from_its_first_day_until_the_day_before_its_end():
    assert judged(zone("deny", since=DAY)).is_denied.all()
    assert not judged(zone("deny", until=DAY)).is_denied.any()
    assert not judged(zone("deny", since=date(2025, 6, 2))).is_denied.any()


def test_a_zone_is_the_law_of_its_own_country_alone():
    at = (INNER, ("BB", 10.0, 10.1), (None, 10.0, 10.2))
    verdict = judged(zone("deny", SMALL), at=at, law=law(permitted="AA BB"))
    assert verdict.zone.tolist() == [0, -1, -1]
    assert verdict.is_permitted.tolist() == [False, True, False]  # at sea no country permits
    assert verdict.is_denied.tolist() == [True, False, False]


def test_a_denial_is_not_the_reason_where_there_is_no_licence():
    verdict = judged(zone("deny"), law=law(permitted="BB"))
    assert not verdict.is_permitted.any()
    assert not verdict.is_denied.any()


LAND = (*HERE, ("BB", 10.0, 10.5))  # 54.8 km east of INNER, 54.8 km west of MIDDLE


@pytest.mark.parametrize(("border_km", "within"), [(54.0, False), (55.0, True)])
def test_a_strip_along_the_border_is_measured_to_the_next_country(border_km, within):
    verdict = judged(zone("deny", border_km=border_km), land=LAND)
    assert verdict.is_denied.tolist() == [within, within, False]
    assert not judged(zone("deny", border_km=border_km), land=HERE).is_denied.any()  # an island


def test_a_strip_beats_the_whole_country_and_loses_to_a_circle():
    three = zone("allow_list", SMALL, share=0.2), zone("deny", border_km=60.0), zone("allow_list", since=DAY)
    assert judged(*three, land=LAND).zone.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("margin_km", "within"), [(54.0, False), (55.0, True)])
def test_a_margin_denies_next_to_closed_land_alone(margin_km, within):
    verdict = judged(law=law("AA", {"AA": margin_km}), land=LAND)
    assert verdict.is_margin.tolist() == verdict.is_denied.tolist() == [within, within, False]
    assert verdict.is_permitted.tolist() == [not within, not within, True]
    assert not judged(law=law("AA BB", {"AA": margin_km}), land=LAND).is_margin.any()
    assert not judged(law=law("AA", {"BB": margin_km}), land=LAND).is_margin.any()
    assert not judged(law=law("CC", {"AA": margin_km}), land=LAND).is_denied.any()


def test_an_overlay_is_told_either_way_and_decides_only_from_the_view_of_control():
    held = (overlay(SMALL),)
    by_record = judged(overlays=held)
    assert by_record.overlay.tolist() == [0, -1, -1]
    assert by_record.country.tolist() == [0, 0, 0]
    assert by_record.is_permitted.all()
    by_control = judged(overlays=held, by_control=True)
    assert by_control.overlay.tolist() == [0, -1, -1]
    assert by_control.country.tolist() == [1, 0, 0]
    assert by_control.is_permitted.tolist() == [False, True, True]
    opened = judged(overlays=held, by_control=True, law=law(permitted="BB"))
    assert opened.is_permitted.tolist() == [True, False, False]


def test_an_overlay_has_days_and_a_country_of_record():
    for other in (overlay(SMALL, until=DAY), overlay(SMALL, country="CC")):
        assert judged(overlays=(other,), by_control=True).overlay.tolist() == [-1, -1, -1]


def test_zones_and_margins_follow_whose_law_holds():
    held = (overlay(SMALL),)
    for view, expected in ((False, [True, True, True]), (True, [False, True, True])):
        denied = judged(zone("deny"), overlays=held, by_control=view).is_denied
        assert denied.tolist() == expected
    near = law("AA", {"AA": 120.0})  # MIDDLE lies 109.6 km from held land
    assert judged(overlays=held, law=near, by_control=True).is_margin.tolist() == [False, True, False]
    assert not judged(overlays=held, law=near).is_margin.any()


DAYS = st.sampled_from(
    [(None, None), (date(2025, 1, 1), None), (DAY, None), (None, DAY), (date(2024, 1, 1), None)]
)
LAT = LON = st.integers(-50, 50).map(lambda tenths: tenths / 10.0)
CORNER = LAT.map(lambda deg: deg + 0.05)  # no point lies on an edge, where either side is right
REGIONS = st.one_of(
    st.builds(circle_region, CORNER, CORNER, st.sampled_from([60.0, 200.0, 600.0])),
    st.builds(
        lambda west, south, wide, high: box(west, south, west + wide, south + high),
        CORNER, CORNER, st.sampled_from([1.0, 4.0]), st.sampled_from([1.0, 3.0]),
    ),
)  # fmt: skip
ZONES = st.builds(
    lambda rule, shape, country, days, share: zone(
        rule,
        None if isinstance(shape, float) else shape,
        country=country,
        since=days[0],
        until=days[1],
        border_km=shape if isinstance(shape, float) else None,
        share=share if rule == "allow_list" else 1.0,
    ),
    st.sampled_from(["deny", "allow_list", "monitor"]),
    st.one_of(st.none(), st.sampled_from([50.0, 150.0]), REGIONS),
    st.sampled_from(CODES),
    DAYS,
    st.sampled_from([0.0, 0.5]),
)
OVERLAYS = st.builds(
    lambda region, pair, days: overlay(region, country=pair[0], by=pair[1], since=days[0], until=days[1]),
    REGIONS,
    st.permutations(CODES),
    DAYS,
)
PLACES = st.lists(st.tuples(st.sampled_from([*CODES, None]), LAT, LON), min_size=1, max_size=12)
INHABITED = st.lists(st.tuples(st.sampled_from(CODES), LAT, LON), min_size=1, max_size=12)


@settings(deadline=None, max_examples=300)
@given(
    zones=st.lists(ZONES, max_size=5),
    overlays=st.lists(OVERLAYS, max_size=3),
    permitted=st.sets(st.sampled_from(CODES)),
    margins=st.dictionaries(st.sampled_from(CODES), st.sampled_from([40.0, 200.0])),
    at=PLACES,
    land=INHABITED,
    by_control=st.booleans(),
)
def test_all_at_once_is_what_one_point_at_a_time_gives(
    zones, overlays, permitted, margins, at, land, by_control
):
    register = Register((), tuple(zones), tuple(overlays))
    verdict = judge(
        law(" ".join(permitted), margins), register, points(*at), points(*land), by_control=by_control
    )
    for p, place in enumerate(at):
        plain = plain_verdict(
            register,
            DAY,
            {code: code in permitted for code in CODES},
            {code: margins.get(code, 0.0) for code in CODES},
            place,
            land,
            by_control=by_control,
        )
        found = {f.name: getattr(verdict, f.name)[p].item() for f in fields(verdict)}
        found["country"] = (*CODES, None)[found["country"]]
        assert found == vars(plain)
