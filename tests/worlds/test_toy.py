"""The toy planet, worked out by hand; docs/explanation/toy.md explains every line.

Tolerances in words: the hand uses a sphere and circular orbits, the program the WGS84 ellipsoid and SGP4,
whose short-period terms move these satellites by ten kilometres or so. What depends on neither agrees to
0.1 %.
"""

from __future__ import annotations

from math import acos, asin, atan2, cos, degrees, hypot, log10, pi, radians, sin, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import ecumene

if TYPE_CHECKING:
    from ecumene.results.outcome import Results
    from ecumene.slot import Slot
    from ecumene.world import World

R_KM, ORBIT_KM, ARC_KM = 6_371.0, 6_378.137 + 550.0, 42_164.0
C_KM_MS = 299.792458

TEN_KM = 10.0
TWENTY_EIGHT_KM_ON_THE_GROUND = 0.25  # deg
THE_SAME_SEEN_FROM_BELOW = 2.5  # deg of elevation
A_FIFTH_OF_A_MILLISECOND = 0.2
A_THOUSANDTH = 1e-3
THREE_DEGREES = 3.0

MARKET, NEIGHBOUR, TOWN, EQUATOR, FAR_POST, EDGE, EMPTY = CELLS = (
    (23.5, 19.2),
    (23.5, 22.0),
    (-23.5, -19.2),
    (0.0, 0.0),
    (43.8, 46.2),
    (17.5, 15.0),
    (60.0, -90.0),
)
GATE, POP = (20.0, 17.0), (20.0, 12.0)

PEOPLE = {MARKET: 1_000, TOWN: 7_000, EQUATOR: 100, FAR_POST: 100, EDGE: 10, EMPTY: 10}
"""Of the licensed country XA."""

SATELLITE_OF = {MARKET: 2, NEIGHBOUR: 2, TOWN: 12, EQUATOR: 1, FAR_POST: 3, EDGE: 2}
CAUSE_OF = {
    MARKET: "served",
    NEIGHBOUR: "no_licence",
    TOWN: "partly",
    EQUATOR: "gso_arc",
    FAR_POST: "served",
    EDGE: "served",
    EMPTY: "no_satellite",
}
LASERS_OF = {MARKET: 0, EDGE: 0, FAR_POST: 1, TOWN: 2}


@pytest.fixture(scope="module")
def first_slot(four_slots: tuple[World, list[Slot]]) -> tuple[World, Slot]:
    """Return the world and its first slot."""
    world, slots = four_slots
    return world, slots[0]


@pytest.fixture(scope="module")
def results() -> Results:
    """Return a run of the first slot alone."""
    from ecumene.simulation import simulate

    return simulate(ecumene.load("toy", overrides={"slots": 1}))


@pytest.fixture(scope="module")
def four_slots() -> tuple[World, list[Slot]]:
    """Return the world and its first four slots."""
    from ecumene.simulation import one_slot
    from ecumene.slot import survey
    from ecumene.world import build

    world = build(ecumene.load("toy"))
    slots: list[Slot] = []
    for k in range(4):
        slots.append(one_slot(world, survey(world, k), survey(world, k + 1), slots[-1] if slots else None))
    return world, slots


def point_under(k: int, slot: int = 0) -> tuple[float, float]:
    """Return latitude and longitude below satellite k = 1 .. 12. [deg]"""
    period_s = 2.0 * pi * sqrt(ORBIT_KM**3 / 398_600.4418)
    i, u = radians(53.0), radians(30.0 * (k - 1) + 360.0 * 15.0 * slot / period_s)
    turned_deg = 360.0 * 15.0 * slot / 86_164.1
    return degrees(asin(sin(i) * sin(u))), degrees(atan2(cos(i) * sin(u), cos(u))) - turned_deg


def look(at: tuple[float, float], k: int, slot: int = 0) -> tuple[float, float]:
    """Return distance [km] and elevation [deg] of satellite k."""
    (lat, lon), (lat_s, lon_s) = (map(radians, at), map(radians, point_under(k, slot)))
    cos_psi = sin(lat) * sin(lat_s) + cos(lat) * cos(lat_s) * cos(lon_s - lon)
    d_km = sqrt(R_KM**2 + ORBIT_KM**2 - 2.0 * R_KM * ORBIT_KM * cos_psi)
    return d_km, degrees(asin(min(1.0, (ORBIT_KM * cos_psi - R_KM) / d_km)))


def zenith_angle_of_arc(lat_deg: float) -> float:
    """Return how far from the zenith the geostationary arc crosses the meridian. [deg]"""
    lat = radians(abs(lat_deg))
    return degrees(atan2(sin(lat), cos(lat) - R_KM / ARC_KM))


def along(lat_deg: float, lon_deg: float, length: float) -> list[float]:
    """Return a vector from the Earth's centre."""
    lat, lon = radians(lat_deg), radians(lon_deg)
    return [length * cos(lat) * cos(lon), length * cos(lat) * sin(lon), length * sin(lat)]


def angle_to_arc(at: tuple[float, float], k: int, slot: int = 0) -> float:
    """Return the smallest angle between satellite k and any visible point of the geostationary arc. [deg]"""
    here = along(*at, R_KM)
    sat = [s - p for s, p in zip(along(*point_under(k, slot), ORBIT_KM), here, strict=True)]
    angles = []
    for tenth in range(3_600):
        arc = [g - p for g, p in zip(along(0.0, tenth / 10.0, ARC_KM), here, strict=True)]
        is_up = sum(g * p for g, p in zip(arc, here, strict=True)) > 0.0
        cosine = sum(g * s for g, s in zip(arc, sat, strict=True)) / (hypot(*arc) * hypot(*sat))
        angles += [degrees(acos(min(1.0, cosine)))] if is_up else []
    return min(angles)


def cn_db(elevation_deg: float) -> float:
    """Return C/N of a level dish. [dB]"""
    aperture_dbm2 = 33.2 + 10.0 * log10((0.299792458 / 11.7) ** 2 / (4.0 * pi))
    noise_dbw_mhz = 10.0 * log10(1.380649e-23 * 250.0) + 60.0
    return -122.0 + aperture_dbm2 - noise_dbw_mhz + 12.0 * log10(sin(radians(elevation_deg)))


UNIT_AT_ZENITH_MBPS = 3.703295 * 240.0 / 8.0  # 32APSK 3/4 needs 12.73 dB
UNIT_AT_EDGE_MBPS = 2.745734 * 240.0 / 8.0  # 16APSK 25/36 needs 9.27 dB


def subscribers(cell: tuple[float, float]) -> float:
    return 1_000.0 * PEOPLE.get(cell, 0) / sum(PEOPLE.values())


def fibre_ms() -> float:
    great_circle_km = 2.0 * R_KM * asin(cos(radians(20.0)) * sin(radians(2.5)))
    return great_circle_km * 1.4 * 1.47 / C_KM_MS


def rtt_ms(cell: tuple[float, float]) -> float:
    up_km, down_km = look(cell, SATELLITE_OF[cell])[0], look(GATE, 2)[0]
    laser_km = 2.0 * ORBIT_KM * sin(radians(15.0))
    return 2.0 * ((up_km + LASERS_OF[cell] * laser_km + down_km) / C_KM_MS + fibre_ms()) + 14.0


def row_of(world: World, cell: tuple[float, float]) -> int:
    """Return the row of a cell; with one row a cell it is the cell's index as well."""
    rows = world.land.rows
    found = np.flatnonzero((abs(rows.lat_deg - cell[0]) < 1e-6) & (abs(rows.lon_deg - cell[1]) < 1e-6))
    assert len(found) == 1
    return int(found[0])


def test_numbers_printed_in_the_explanation() -> None:
    """The page shows rounded numbers; these are they."""
    assert [round(x, 2) for k in (2, 3) for x in point_under(k)] == [23.54, 19.16, 43.76, 46.19]
    assert [round(look(c, SATELLITE_OF[c])[0], 1) for c in SATELLITE_OF] == [
        557.2,
        633.7,
        557.2,
        557.1,
        557.2,
        1001.6,
    ]
    assert [round(look(c, SATELLITE_OF[c])[1], 1) for c in SATELLITE_OF] == [
        89.4,
        60.2,
        89.4,
        90.0,
        89.5,
        30.1,
    ]
    assert [round(x, 1) for x in look(GATE, 2)] == [729.7, 47.7]
    assert [round(zenith_angle_of_arc(lat), 1) for lat in (0, 17.5, 20, 23.5, 43.8)] == [
        0.0,
        20.5,
        23.4,
        27.5,
        50.5,
    ]
    assert round(cn_db(90.0), 2) == 13.0
    assert 12.73 <= cn_db(87.0) < 13.05
    assert 9.27 <= cn_db(30.1) < 9.71
    assert [round(subscribers(c), 1) for c in (MARKET, TOWN)] == [121.7, 851.6]
    assert round(fibre_ms(), 3) == 3.586
    assert [round(rtt_ms(c), 2) for c in LASERS_OF] == [29.76, 32.72, 53.68, 77.61]
    assert round(degrees(acos(R_KM * cos(radians(25.0)) / ORBIT_KM)) - 25.0, 1) == 8.5
    later = [[round(x, 1) for x in (look(c, SATELLITE_OF[c], k)[1], angle_to_arc(c, SATELLITE_OF[c], k))]
             for k in range(4) for c in (EQUATOR, TOWN, EDGE)]  # fmt: skip
    assert later == [
        [90.0, 0.0], [89.4, 27.9], [30.1, 61.0],
        [78.9, 9.2], [78.9, 19.0], [26.6, 61.3],
        [68.4, 17.8], [68.5, 10.5], [23.6, 61.2],
        [59.2, 25.2], [59.2, 2.8], [20.9, 61.0],
    ]  # fmt: skip


@pytest.mark.parametrize("k", range(1, 13))
def test_points_below_the_satellites(results: Results, k: int) -> None:
    table = results.satellites()
    assert table["satellite"][k - 1] == f"ring p00 s{k - 1:02d}"
    lat, lon = point_under(k)
    geodetic = lat + 0.1924 * sin(radians(2.0 * lat))
    assert table["lat_deg"][k - 1] == pytest.approx(geodetic, abs=TWENTY_EIGHT_KM_ON_THE_GROUND)
    turn = (table["lon_deg"][k - 1] - lon + 180.0) % 360.0 - 180.0
    assert abs(turn) * cos(radians(lat)) < TWENTY_EIGHT_KM_ON_THE_GROUND


@pytest.mark.parametrize("cell", SATELLITE_OF)
def test_sight(first_slot: tuple[World, Slot], cell: tuple[float, float]) -> None:
    from plain_sky import elevation_and_slant

    world, slot = first_slot
    c = row_of(world, cell)
    elevation_rad, slant_m = elevation_and_slant(
        world.grid.r_ecef_m[[c]], world.grid.up[[c]], slot.sky.r_sat_m
    )
    highest = int(elevation_rad[0].argmax())
    assert highest == SATELLITE_OF[cell] - 1
    assert slot.sky.sight.n_visible_of_cell[c] == 1
    d_km, elevation_deg = look(cell, SATELLITE_OF[cell])
    assert slant_m[0, highest] / 1e3 == pytest.approx(d_km, abs=TEN_KM)
    assert degrees(elevation_rad[0, highest]) == pytest.approx(elevation_deg, abs=THE_SAME_SEEN_FROM_BELOW)


@pytest.mark.parametrize("cell", [MARKET, TOWN, EQUATOR, FAR_POST, EDGE])
@pytest.mark.parametrize("k", range(4))
def test_elevation_and_angle_to_the_arc(
    four_slots: tuple[World, list[Slot]], cell: tuple[float, float], k: int
) -> None:
    from plain_sky import elevation_and_slant

    from ecumene.sky.observer import gso_angle_rad

    world, slots = four_slots
    c, s, r_sat_m = row_of(world, cell), SATELLITE_OF[cell], slots[k].sky.r_sat_m
    elevation_rad, _ = elevation_and_slant(world.grid.r_ecef_m[[c]], world.grid.up[[c]], r_sat_m)
    assert degrees(elevation_rad[0, s - 1]) == pytest.approx(
        look(cell, s, k)[1], abs=THE_SAME_SEEN_FROM_BELOW
    )
    direction = (r_sat_m[s - 1] - world.grid.r_ecef_m[c])[None, :]
    angle_deg = degrees(gso_angle_rad(np.array([cell[0]]), np.array([cell[1]]), direction)[0])
    assert angle_deg == pytest.approx(angle_to_arc(cell, s, k), abs=THREE_DEGREES)


@pytest.mark.parametrize("lat_deg", [0.0, 23.5, 43.8])
def test_arc_crosses_the_meridian(lat_deg: float) -> None:
    """Both ways to compute by hand agree, within a step of a tenth of a degree along the arc."""
    zenith = along(lat_deg, 0.0, R_KM)
    arc = [g - p for g, p in zip(along(0.0, 0.0, ARC_KM), zenith, strict=True)]
    cosine = sum(g * p for g, p in zip(arc, zenith, strict=True)) / (hypot(*arc) * R_KM)
    assert degrees(acos(min(1.0, cosine))) == pytest.approx(zenith_angle_of_arc(lat_deg), abs=1e-4)


def test_gateway_follows_the_second_satellite(first_slot: tuple[World, Slot]) -> None:
    _, slot = first_slot
    feeders = slot.links.feeders
    assert feeders.sat_of_feed.tolist() == [1]
    assert feeders.slant_m[0] / 1e3 == pytest.approx(look(GATE, 2)[0], abs=TEN_KM)


def test_lasers(first_slot: tuple[World, Slot]) -> None:
    world, slot = first_slot
    assert len(world.links) == 12
    assert slot.links.isls.is_up.all()
    assert slot.links.isls.length_m / 1e3 == pytest.approx(2.0 * ORBIT_KM * sin(radians(15.0)), abs=TEN_KM)


@pytest.mark.parametrize("cell", CELLS)
def test_demand(first_slot: tuple[World, Slot], cell: tuple[float, float]) -> None:
    world, slot = first_slot
    r = row_of(world, cell)
    assert world.land.subscribers[r] == pytest.approx(subscribers(cell), rel=A_THOUSANDTH)
    assert slot.asked.row_bps[r] / 1e6 == pytest.approx(3.0 * subscribers(cell), rel=A_THOUSANDTH)


@pytest.mark.parametrize(
    ("cell", "units", "mbps"),
    [
        (MARKET, 4, 3.0 * subscribers(MARKET)),
        (EDGE, 1, 3.0 * subscribers(EDGE)),
        (FAR_POST, 1, 3.0 * subscribers(FAR_POST)),
        (TOWN, 16, 16.0 * UNIT_AT_ZENITH_MBPS),
        (EQUATOR, 0, 0.0),
        (NEIGHBOUR, 0, 0.0),
        (EMPTY, 0, 0.0),
    ],
)
def test_units_and_traffic(
    first_slot: tuple[World, Slot], cell: tuple[float, float], units: int, mbps: float
) -> None:
    world, slot = first_slot
    r = row_of(world, cell)
    assert slot.plan.units_of_cell[r] == units
    assert slot.plan.sat_of_cell[r] == (SATELLITE_OF[cell] - 1 if units else -1)
    assert slot.service.rate_bps[r] / 1e6 == pytest.approx(mbps, rel=A_THOUSANDTH)


def test_rate_of_a_unit(first_slot: tuple[World, Slot]) -> None:
    world, _ = first_slot
    n = world.radio.channel_rate_bps.shape[1]
    for elevation_deg, unit_mbps in ((89.0, UNIT_AT_ZENITH_MBPS), (30.1, UNIT_AT_EDGE_MBPS)):
        bin_ = int(sin(radians(elevation_deg)) * n)
        assert world.radio.channel_rate_bps[0, bin_] / 8e6 == pytest.approx(unit_mbps, rel=1e-9)


def test_upper_bound_is_nearly_met(first_slot: tuple[World, Slot]) -> None:
    """The town gets all that its satellite has, everybody else all he wants: no plan is better."""
    _, slot = first_slot
    total_mbps = 16.0 * UNIT_AT_ZENITH_MBPS + 3.0 * sum(map(subscribers, (MARKET, EDGE, FAR_POST)))
    assert slot.plan.served_bps / 1e6 == pytest.approx(total_mbps, rel=A_THOUSANDTH)
    assert slot.plan.served_bps <= slot.plan.served_bound_bps <= 1.01 * slot.plan.served_bps


@pytest.mark.parametrize("cell", CELLS)
def test_cause(first_slot: tuple[World, Slot], results: Results, cell: tuple[float, float]) -> None:
    from ecumene.results.schema import CAUSES

    world, slot = first_slot
    r = row_of(world, cell)
    assert CAUSES[slot.service.cause[r]] == CAUSE_OF[cell]
    assert results.rows()["main_cause"][r] == CAUSE_OF[cell]
    is_served = float(CAUSE_OF[cell] in {"served", "partly"})
    assert results.rows()["served"][r] == results.rows()["availability"][r] == is_served


@pytest.mark.parametrize("cell", CELLS)
def test_causes_of_the_slots_after_it(
    four_slots: tuple[World, list[Slot]], cell: tuple[float, float]
) -> None:
    """A cell's cause follows from the mask of 25 deg and the exclusion of 18 deg."""
    from ecumene.results.schema import CAUSES

    world, slots = four_slots
    for k, slot in enumerate(slots):
        expected = CAUSE_OF[cell]
        if cell not in {EMPTY, NEIGHBOUR}:
            if look(cell, SATELLITE_OF[cell], k)[1] < 25.0:
                expected = "no_satellite"
            elif angle_to_arc(cell, SATELLITE_OF[cell], k) < 18.0:
                expected = "gso_arc"
            elif cell == EQUATOR:
                expected = "served"
        assert CAUSES[slot.service.cause[row_of(world, cell)]] == expected


@pytest.mark.parametrize("cell", LASERS_OF)
def test_round_trip(first_slot: tuple[World, Slot], cell: tuple[float, float]) -> None:
    world, slot = first_slot
    r = row_of(world, cell)
    assert slot.service.rtt_s[r] * 1e3 == pytest.approx(rtt_ms(cell), abs=A_FIFTH_OF_A_MILLISECOND)
    assert slot.links.routes.hops[0, SATELLITE_OF[cell] - 1] == LASERS_OF[cell]


def test_fibre(first_slot: tuple[World, Slot]) -> None:
    world, _ = first_slot
    assert world.ground.fibre_s * 1e3 == pytest.approx(fibre_ms(), rel=A_THOUSANDTH)


def test_named_places(results: Results) -> None:
    table = results.places()

    def line(place: str) -> dict[str, Any]:
        k = int(np.flatnonzero((table["slot"] == 0) & (table["place"] == place))[0])
        return {name: column[k] for name, column in table.items()}

    for name, cell, sat in (("Market", MARKET, "ring p00 s01"), ("Far post", FAR_POST, "ring p00 s02")):
        here = line(name)
        assert here["utc"] == "2026-03-24T12:00:12Z"
        assert (here["cause"], here["limit"]) == ("served", "")
        assert (here["n_visible"], here["n_clear"], here["n_usable"]) == (1, 1, 1)
        assert (here["satellite"], here["gateway"], here["pop"]) == (sat, "Gate", "Pop")
        assert here["hops"] == LASERS_OF[cell]
        assert here["mbps"] == pytest.approx(3.0, rel=A_THOUSANDTH)
        assert here["rtt_ms"] == pytest.approx(rtt_ms(cell), abs=A_FIFTH_OF_A_MILLISECOND)
        geometry_ms = rtt_ms(cell) - 14.0 - 2.0 * fibre_ms()
        assert here["rtt_geometry_ms"] == pytest.approx(geometry_ms, abs=A_FIFTH_OF_A_MILLISECOND)
    equator = line("Equator")
    assert (equator["cause"], equator["satellite"]) == ("gso_arc", "")
    assert (equator["n_visible"], equator["n_clear"], equator["n_usable"]) == (1, 0, 0)
    assert np.isnan(equator["rtt_ms"])


def test_promise(results: Results) -> None:
    promise = {entry["settlement"]: entry for entry in results.summary["promise"]}
    numbers = {
        name: (entry["people"], entry["could_be_served"], entry["served"]) for name, entry in promise.items()
    }
    assert numbers == {
        "urban": (7_000.0, 7_000.0, 7_000.0),
        "rural": (2_100.0, 1_000.0, 1_000.0),
        "isolated": (120.0, 110.0, 110.0),
    }
    two_hundredths = 0.02 * 3.0  # rates are counted in steps of 2 % of the demand
    town_mbps = 16.0 * UNIT_AT_ZENITH_MBPS / subscribers(TOWN)
    assert promise["urban"]["mbps_p50"] == pytest.approx(town_mbps, abs=two_hundredths)
    assert promise["rural"]["mbps_p50"] == pytest.approx(3.0)
    people = {entry["cause"]: entry["people"] for entry in results.summary["causes"]}
    assert people == {
        "partly": 7_000.0,
        "served": 1_110.0,
        "no_licence": 1_000.0,
        "gso_arc": 100.0,
        "no_satellite": 10.0,
    }


def test_more_satellites_on_one_frequency_change_nothing_and_it_says_so():
    from ecumene.simulation import simulate

    one, four = (
        simulate(ecumene.load("toy", overrides={"downlink.nco": nco, "slots": 1})).summary for nco in (1, 4)
    )
    assert one["plan"] == four["plan"]
    assert [note for note in four["notes"] if note not in one["notes"]] == [
        "downlink.nco = 4 changes nothing: a plan lights a cell by one satellite at a time, as with nco = 1."
    ]
