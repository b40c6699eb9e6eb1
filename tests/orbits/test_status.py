"""What satellites are up to: small made-up catalogues, and the three real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sgp4.api import WGS72, Satrec

from ecumene.errors import RangeError
from ecumene.orbits.catalogue import median_epoch, read_catalogue, statuses
from ecumene.orbits.elements import STATUSES, Elements, epochs_s
from ecumene.orbits.shells import Shell, elements_of_shells, mean_motion_rad_min

AT = datetime(2026, 3, 24, 12, tzinfo=UTC)
EPOCH_DAYS = 27_842.5  # AT, in days since 1949-12-31
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def satrec(altitude_km, *, inclination_deg=53.0, node_deg=0.0, trend_km_day=0.0, revs=0, **change):
    n = mean_motion_rad_min(altitude_km, inclination_deg)
    half_ndot = -0.5 * 1.5 * n * trend_km_day / (altitude_km + 6_378.0) / 1_440.0
    values = {"bstar": 1e-5, "ecco": 1e-4, "n": n, "days": EPOCH_DAYS} | change
    made = Satrec()
    made.revnum = revs
    made.sgp4init(
        WGS72, "i", 5, values["days"], values["bstar"], half_ndot, 0.0, values["ecco"],
        0.0, np.radians(inclination_deg), 0.0, values["n"], np.radians(node_deg),
    )  # fmt: skip
    return made


def catalogue(satrecs):
    count = len(satrecs)
    unknown = np.full(count, -1, dtype=np.int32)
    numbers = np.arange(1, count + 1)
    return Elements(("x",) * count, numbers, tuple(satrecs), epochs_s(satrecs), unknown, unknown, unknown)


def words(satrecs, at=AT, max_age_days=7.0):
    return [STATUSES[i] for i in statuses(catalogue(satrecs), at, max_age_days)]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6, 20, 66])
@pytest.mark.parametrize("altitude_km", [340, 550, 780, 1_200, 35_786])
def test_any_number_of_steady_satellites_is_operational(count, altitude_km):
    satrecs = [satrec(altitude_km, node_deg=60.0 * (i % 6), trend_km_day=-0.02) for i in range(count)]
    assert words(satrecs) == ["operational"] * count


def test_a_filed_constellation_is_operational():
    elements = elements_of_shells(
        [Shell("", 550, 53, 12, 10), Shell("", 1_175, 87.9, 12, 5, altitude_step_km=4)], AT
    )
    assert (statuses(elements, AT, 1.0) == 0).all()


@pytest.mark.parametrize(
    ("trend_km_day", "word"), [(5.0, "raising"), (0.5, "raising"), (-0.5, "lowering"), (0.2, "operational")]
)
def test_a_lone_satellite_is_told_by_its_trend(trend_km_day, word):
    assert words([satrec(500, trend_km_day=trend_km_day)]) == [word]


def test_a_young_sinking_launch_is_on_its_way_up():
    sinking = [satrec(325 + 0.01 * i, trend_km_day=-1.2, revs=260) for i in range(8)]
    assert words(sinking) == ["raising"] * 8
    steady = [satrec(325, revs=260, trend_km_day=0.2), satrec(480, revs=260, trend_km_day=-0.02)]
    assert words(steady) == ["raising", "operational"]
    old = [satrec(325 + 0.01 * i, trend_km_day=-1.2, revs=26_000) for i in range(8)]
    assert words(old) == ["lowering"] * 8


def test_among_many_at_one_station_those_between_stations_are_moving():
    station = [satrec(482, node_deg=3.0 * i, trend_km_day=-0.1) for i in range(100)]
    others = [satrec(482.5, trend_km_day=-1.0), satrec(520, trend_km_day=-0.1), satrec(400, trend_km_day=0.1),
              satrec(487, trend_km_day=0.01), satrec(482, trend_km_day=9.0)]  # fmt: skip
    expected = ["operational", "lowering", "raising", "operational", "raising"]
    assert words(station + others) == ["operational"] * 100 + expected


def test_a_sinking_band_is_a_station_where_it_fills_many_planes_and_parking_where_few():
    wide = [satrec(357, inclination_deg=43, node_deg=3.6 * i, trend_km_day=-1.2) for i in range(100)]
    parked = [satrec(343, inclination_deg=53, node_deg=4.0 * (i % 3), trend_km_day=-1.2) for i in range(40)]
    assert words(wide + parked) == ["operational"] * 100 + ["lowering"] * 40


def test_stale_decayed_and_refused_come_first():
    bad = satrec(550, ecco=0.99, n=2.0 * np.pi / 720.0)
    assert words([satrec(550, days=EPOCH_DAYS - 8), satrec(140), bad]) == ["stale", "decayed", "refused"]
    assert words([satrec(-50)]) == ["decayed"]
    assert words([satrec(550, days=EPOCH_DAYS + 8)]) == ["stale"]
    assert words([satrec(550, days=EPOCH_DAYS - 8)], max_age_days=9.0) == ["operational"]
    assert words([satrec(200, bstar=0.01)], at=AT + timedelta(days=30), max_age_days=60.0) == ["decayed"]
    assert words([satrec(200, bstar=0.01)], at=AT + timedelta(days=30), max_age_days=7.0) == ["stale"]


def test_nonsense_ages_are_refused():
    with pytest.raises(RangeError, match="max_age_days = 0: must be above 0"):
        words([satrec(550)], max_age_days=0.0)
    with pytest.raises(RangeError, match="max_age_days = nan"):
        words([satrec(550)], max_age_days=float("nan"))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        # operational, raising, lowering, decayed, stale, refused; a change of the rule shows here.
        ("starlink_omm_20260324.json.gz", (8_462, 566, 878, 0, 0, 0)),
        ("oneweb_20260101.tle.gz", (647, 1, 3, 0, 0, 0)),
        ("omm_sixdigit_2026-08-31.json", (0, 6, 0, 0, 0, 0)),
    ],
)
def test_real_catalogues_are_counted_as_the_docs_say(file, expected):
    if not (DATA / file).exists():
        pytest.skip(f"real catalogues lie in ../shared/data, which is absent: {file}")
    elements = read_catalogue(DATA / file)
    found = statuses(elements, median_epoch(elements), 7.0)
    assert tuple(np.bincount(found, minlength=6)) == expected
    assert elements.notes == ()
