"""One country's facts, against a planet of five rows worked out by hand."""

import numpy as np
import pytest

from ecumene.earth.hexagons import area_of_cells_km2
from ecumene.errors import InputError
from ecumene.results.national import country_facts
from ecumene.results.schema import CAUSES

SUMMARY = {
    "scenario": "five",
    "title": "Five rows",
    "start_utc": "2026-03-24T12:00:12Z",
    "slots": 4,
    "slot_s": 15.0,
    "resolution": 4,
    "seed": 1,
    "version": "0.1.0",
}
LAT_DEG, LON_DEG = np.array([-1.3, 0.5, 2.0, 3.1, 50.0]), np.array([36.8, 37.0, 38.0, 36.0, 10.0])


@pytest.fixture
def tables():
    shares = {f"share_{cause}": np.zeros(2) for cause in CAUSES}
    shares["share_served"] = np.array([0.6, 1.0])
    shares["share_no_beam"] = np.array([0.4, 0.0])
    return {
        "rows": {
            "cell": np.arange(5, dtype=np.uint64),
            "country": np.array(["KE", "KE", "KE", "KE", "DE"], dtype=object),
            "share": np.array([1.0, 0.5, 1.0, 1.0, 1.0], np.float32),
            "people": np.array([600.0, 200.0, 200.0, 0.0, 1e6]),
            "settlement": np.array(["urban", "rural", "isolated", "isolated", "urban"], dtype=object),
            "lat_deg": LAT_DEG,
            "lon_deg": LON_DEG,
            "availability": np.array([1.0, 1.0, 0.5, 0.0, 1.0], np.float32),
            "served": np.array([1.0, 0.5, 0.0, 0.0, 1.0], np.float32),
            "mbps_p5": np.array([3.0, 0.0, 0.0, 0.0, 3.0], np.float32),
            "mbps_p50": np.array([3.0, 1.5, 0.0, 0.0, 3.0], np.float32),
            "rtt_ms_p50": np.array([40.0, 99.0, np.nan, np.nan, 30.0], np.float32),
            "rtt_ms_p95": np.array([110.0, 99.0, np.nan, np.nan, 30.0], np.float32),
            "main_cause": np.array(
                ["served", "no_beam", "no_licence", "no_satellite", "served"], dtype=object
            ),
        },
        "countries": {
            "country": np.array(["DE", "KE"], dtype=object)[::-1],
            "name": np.array(["Kenya", "Germany"], dtype=object),
            "status": np.array(["licensed", "licensed"], dtype=object),
            "people": np.array([1_000.0, 1e6]),
            "mbps_p50": np.array([3.0, np.nan]),
            **shares,
        },
        "landings": {
            "country": np.array(["KE", "DE", "KE"], dtype=object),
            "gateway_country": np.array(["NG", "DE", "OM"], dtype=object),
            "carried_gbps": np.array([1.0, 9.0, 3.0]),
            "share": np.array([0.25, 1.0, 0.75]),
        },
        "cuts": {"country": np.array(["KE"], dtype=object), "most_gbps": np.array([7.0])},
    }


def facts(tables, code="KE", asked_mbps=3.0, **options):
    return country_facts(code, tables, SUMMARY, asked_mbps=asked_mbps, **options)


def test_shares_are_of_people_and_of_the_area_of_the_land(tables):
    area_km2 = area_of_cells_km2(LAT_DEG, LON_DEG, 4)[:4] * [1.0, 0.5, 1.0, 1.0]
    found = facts(tables)
    assert found["area_km2"] == pytest.approx(area_km2.sum())
    assert found["could_be_served"]["people_share"] == pytest.approx((600 + 200 + 100) / 1_000)
    assert found["are_served"]["people_share"] == pytest.approx((600 + 100) / 1_000)
    assert found["are_served"]["area_share"] == pytest.approx(
        (area_km2[0] + 0.5 * area_km2[1]) / area_km2.sum()
    )


def test_a_row_meets_the_round_trip_only_in_slots_in_which_it_is_served(tables):
    rtt = facts(tables)["quality"]["rtt"]
    assert rtt["typical"]["people_share"] == pytest.approx(0.8)
    assert rtt["reliable"]["people_share"] == 0.0  # one is too slow, the other not served, at its worst
    assert facts(tables, rtt_ms=110.0)["quality"]["rtt"]["reliable"]["people_share"] == pytest.approx(0.6)
    assert facts(tables, rtt_ms=39.0)["quality"]["rtt"]["typical"]["people_share"] == 0.0


def test_what_the_run_cannot_tell_is_none_with_the_reason(tables):
    quality = facts(tables)["quality"]
    assert (
        quality["down"]["typical"] is quality["down_and_rtt"]["reliable"] is quality["up"]["typical"] is None
    )
    assert "--set demand.mbps_per_subscriber=100" in quality["down"]["note"]
    assert "uplink is not modelled" in quality["up"]["note"]


def test_a_rate_within_what_is_asked_for_is_told(tables):
    quality = facts(tables, down_mbps=1.5)["quality"]
    assert quality["down"]["typical"]["people_share"] == pytest.approx(0.8)
    assert quality["down"]["reliable"]["people_share"] == pytest.approx(0.6)
    assert quality["down_and_rtt"]["reliable"]["people_share"] == 0.0
    assert quality["down"]["note"] == ""
    assert quality["asked"]["typical"]["people_share"] == pytest.approx(0.6)


def test_landings_cut_and_causes(tables):
    found = facts(tables)
    assert [(way["name"], way["share"]) for way in found["landings"]] == [("Oman", 0.75), ("Nigeria", 0.25)]
    assert found["most_gbps"] == 7.0
    assert [(c["cause"], c["people_share"]) for c in found["causes"]] == [("served", 0.6), ("no_beam", 0.4)]
    germany = facts(tables, "de")
    assert germany["most_gbps"] is None
    assert germany["mbps_p50"] is None


def test_the_worst_cells_leave_most_people_without_service(tables):
    worst = facts(tables)["worst"]
    assert [(place["people_unserved"], place["cause"]) for place in worst] == [
        (200.0, "no_licence"),
        (100.0, "no_beam"),
    ]
    assert worst[0]["near"].endswith("km from Marsabit")
    assert facts(tables, is_earth=False)["worst"][0]["near"] == ""


def test_land_without_people_has_no_share_of_people(tables):
    tables["rows"]["people"][:4] = 0.0
    assert facts(tables)["could_be_served"]["people_share"] is None
    assert facts(tables)["could_be_served"]["area_share"] > 0.0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("FR", "--country FR: has no land in this result; computed are KE, DE"),
        ("Kenya", "--country Kenya: unknown country code; did you mean 'KE' (Kenya)?"),
        ("UK", "did you mean 'GB'"),
    ],
)
def test_a_country_that_is_not_there(tables, code, message):
    with pytest.raises(InputError, match="--country") as caught:
        facts(tables, code)
    assert message in str(caught.value)
