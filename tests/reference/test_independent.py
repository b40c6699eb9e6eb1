"""Whole runs against geometry written a second time, by somebody who had not read the first.

Nothing of ours is used but `ecumene.load`, `ecumene.simulate` and the result tables: points, elevations, the
geostationary arc (sampled densely, then finer round the best sample), Walker lattices, ISLs and paths are
computed here with numpy, python-sgp4, Astropy, scipy and h3 alone.

Tolerances: counts are equal, unless a satellite lies within 0.001 deg of a threshold; elevation and slant range
agree to a millionth of a degree and a millimetre; catalogue positions to a metre (the task allows fifteen);
round trips to a nanosecond. The GSO shares are those of a spherical-Earth study of Gen1 (31 % lost at 40 deg,
30 % at the equator, nearly half at 60, with 18 deg): within three points, which is what sampling an hour and
the ellipsoid move them.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

import ecumene

A_M, E2 = 6378137.0, 0.00669437999014132
GEOSTATIONARY_M = 42_164_170.0
C_M_S = 299_792_458.0
NEAR_DEG = 1e-3
START = datetime(2026, 3, 24, 12, 0, 12, tzinfo=UTC)
PLACES = [
    *((f"lat {lat}", lat, lon) for lat, lon in zip(
        [90, -90, 89.9, -85, 81.5, 81.2, -81.25, 80.5, -77.8, 75, 70.6, -66, 65, 60, 58, -54.8, 53, -50, 45, 40],
        [0, 0, -120, 90, 10, 0, -45, -60, 166.7, 60, -150, 110, 25, -180, 180, -68.3, 0, -70, 60, -100],
        strict=True,
    )),
    ("south 40", -40, 175), ("tropic", 23.4, -100), ("outback", -25, 133), ("north 10", 10, 33.3),
    ("south 10", -10, -70), ("date line", 0, 180), ("date line again", 0, -180), ("zero", 0, 0),
    ("just north", 0.01, 179.99), ("just south", -0.01, -179.99), ("Samoa", -13.8, -171.8),
]  # fmt: skip


# --- Geometry, slow and plain ------------------------------------------------------------------------------


def point(lat_deg, lon_deg):
    phi, lam = np.radians(lat_deg), np.radians(lon_deg)
    n = A_M / np.sqrt(1 - E2 * np.sin(phi) ** 2)
    return np.stack(
        [n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - E2) * np.sin(phi)], -1
    )


def zenith(lat_deg, lon_deg):
    phi, lam = np.radians(lat_deg), np.radians(lon_deg)
    return np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def elevation_and_slant(lat_deg, lon_deg, r_m):
    line = r_m - point(lat_deg, lon_deg)
    slant = np.linalg.norm(line, axis=1)
    return np.degrees(np.arcsin(line @ zenith(lat_deg, lon_deg) / slant)), slant


def arc_seen(lat_deg, lon_deg, longitude_rad):
    """Return unit vectors to points of the geostationary arc, and which stand above the horizon."""
    arc = GEOSTATIONARY_M * np.stack([np.cos(longitude_rad), np.sin(longitude_rad), 0 * longitude_rad], -1)
    line = arc - point(lat_deg, lon_deg)
    line /= np.linalg.norm(line, axis=-1, keepdims=True)
    return line, line @ zenith(lat_deg, lon_deg) >= 0


def gso_angle_deg(lat_deg, lon_deg, r_m):
    """Return the angle to the nearest visible point of the arc; inf where none is visible."""
    longitude = np.radians(lon_deg) + np.radians(np.arange(-90.0, 90.0, 0.05))
    towards, is_up = arc_seen(lat_deg, lon_deg, longitude)
    angle = np.full(len(r_m), np.inf)
    if not is_up.any():
        return angle
    sight = r_m - point(lat_deg, lon_deg)
    sight /= np.linalg.norm(sight, axis=1, keepdims=True)
    nearest = longitude[is_up][np.argmax(sight @ towards[is_up].T, axis=1)]
    finer = np.radians(np.linspace(-0.05, 0.05, 401))
    for k, q in enumerate(sight):
        towards, is_up = arc_seen(lat_deg, lon_deg, nearest[k] + finer)
        off = np.linalg.norm(towards[is_up] - q, axis=1)
        angle[k] = np.degrees(2 * np.arcsin(off.min() / 2))
    return angle


def counts(lat_deg, lon_deg, r_m, mask_deg, exclusion_deg):
    """Return what is visible, what of it is clear, and whether anything is too near a threshold to say."""
    elevation, _ = elevation_and_slant(lat_deg, lon_deg, r_m)
    seen = np.nonzero(elevation > mask_deg - NEAR_DEG)[0]
    angle = gso_angle_deg(lat_deg, lon_deg, r_m[seen]) if exclusion_deg > 0 else np.full(len(seen), np.inf)
    is_near = (np.abs(elevation[seen] - mask_deg) < NEAR_DEG) | (np.abs(angle - exclusion_deg) < NEAR_DEG)
    is_visible = elevation[seen] > mask_deg
    return seen[is_visible], seen[is_visible & (angle >= exclusion_deg)], bool(is_near.any())


# --- Runs --------------------------------------------------------------------------------------------------


def place_file(folder, places):
    path = folder / "places.csv"
    path.write_text("name,lat,lon\n" + "".join(f"{n},{a},{o}\n" for n, a, o in places), encoding="utf-8")
    return str(path)


def one_cell_planet(folder, preset):
    """Return a scenario with the preset's satellites and sites over a planet of one cell: quick to run."""
    path = folder / f"{preset}-one-cell.toml"
    path.write_text(
        f'extends = "{preset}"\nname = "one-cell"\nslots = 1\n'
        '[licences]\nrecords = ""\ndefault = "licensed"\n'
        "[demand]\nsubscribers = 5\n"
        '[[cell]]\nlat_deg = 50.4\nlon_deg = 30.5\ncountry = "UA"\npeople = 100\nsettlement = "rural"\n',
        encoding="utf-8",
    )  # fmt: skip
    return path


def run(scenario, **overrides):
    start = overrides.pop("start", None)
    keys: dict[str, object] = {"demand.by_country": {}}
    keys |= {name.replace("__", "."): value for name, value in overrides.items()}
    return ecumene.simulate(ecumene.load(scenario, start=start, overrides=keys))


def positions_m(results):
    table = results.satellites()
    return np.stack([table["x_km"], table["y_km"], table["z_km"]], axis=1) * 1e3


def processing_ms(results):
    return results.scenario.latency.processing_ms


def scheduled(results):
    r_m = positions_m(results)
    return np.nonzero((results.satellites()["status"] == "operational") & np.isfinite(r_m).all(axis=1))[0]


def check_places(results, places, mask_deg, exclusion_deg):
    usable = scheduled(results)
    r_m, names = positions_m(results)[usable], results.satellites()["satellite"][usable]
    table, where = results.places(), {name: (lat, lon) for name, lat, lon in places}
    wrong = []
    for k in np.nonzero(table["slot"] == 0)[0]:
        lat, lon = where[table["place"][k]]
        visible, clear, is_near = counts(lat, lon, r_m, mask_deg, exclusion_deg)
        if not is_near and (len(visible), len(clear)) != (table["n_visible"][k], table["n_clear"][k]):
            wrong.append(
                (table["place"][k], len(visible), table["n_visible"][k], len(clear), table["n_clear"][k])
            )
        if table["satellite"][k]:
            elevation, slant = elevation_and_slant(lat, lon, r_m[names == table["satellite"][k]])
            assert elevation[0] == pytest.approx(table["elevation_deg"][k], abs=1e-6)
            assert slant[0] == pytest.approx(table["slant_km"][k] * 1e3, abs=1e-3)
            assert is_near or table["satellite"][k] in names[clear]
    assert not wrong


@pytest.mark.parametrize(
    ("preset", "year", "mask_deg", "exclusion_deg"),
    [
        ("starlink-gen1", 2022, 5, 22),
        ("starlink-gen1", 2024, 10, 3),
        ("starlink-gen1", 2026, 25, 18),
        ("kuiper", 2026, 40, 12),
        ("oneweb", 2024, 25, 0),
    ],
)
def test_satellites_in_view_at_all_latitudes(tmp_path, preset, year, mask_deg, exclusion_deg):
    results = run(
        one_cell_planet(tmp_path, preset),
        start=datetime(year, 11, 15, 23, 59, 57, tzinfo=UTC),
        terminal__min_elevation_deg=mask_deg,
        terminal__gso_exclusion_deg=exclusion_deg,
        places__file=place_file(tmp_path, PLACES),
    )
    check_places(results, PLACES, mask_deg, exclusion_deg)


def test_gso_shares_by_latitude(tmp_path):
    latitudes = {0: 30.0, 40: 31.0, 60: 48.0}
    places = [(f"{lat} {lon}", lat, lon) for lat in latitudes for lon in range(-180, 180, 10)]
    table = run(
        one_cell_planet(tmp_path, "starlink-gen1"),
        slots=8,
        slot_s=211.0,
        places__file=place_file(tmp_path, places),
    ).places()
    for lat, percent in latitudes.items():
        here = np.array([name.startswith(f"{lat} ") for name in table["place"]])
        lost = 1 - table["n_clear"][here].sum() / table["n_visible"][here].sum()
        assert 100 * lost == pytest.approx(percent, abs=3.0), lat


# --- Catalogues --------------------------------------------------------------------------------------------


def astropy_ecef_m(r_teme_km, at):
    coordinates = pytest.importorskip("astropy.coordinates")
    from astropy import units
    from astropy.time import Time
    from astropy.utils import iers

    with (
        iers.conf.set_temp("auto_download", False),
        iers.earth_orientation_table.set(iers.IERS_A.open(iers.IERS_A_FILE)),
    ):
        when = Time(at.replace(tzinfo=None), scale="utc")
        teme = coordinates.TEME(coordinates.CartesianRepresentation(r_teme_km.T * units.km), obstime=when)
        return teme.transform_to(coordinates.ITRS(obstime=when)).cartesian.xyz.to_value(units.m).T


def records_of(path):
    """Return catalogue number and Satrec of every object, by python-sgp4's own readers."""
    from sgp4 import omm
    from sgp4.api import Satrec

    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    if text.lstrip().startswith("["):
        satrecs = {}
        for fields in json.loads(text):
            satrec = Satrec()
            omm.initialize(satrec, {key: str(value) for key, value in fields.items()})
            satrecs[int(fields["NORAD_CAT_ID"])] = satrec
        return satrecs
    lines = [line.rstrip() for line in text.splitlines()]
    pairs = [(a, b) for a, b in pairwise(lines) if a[:2] == "1 " and b[:2] == "2 "]
    return {int(a[2:7]): Satrec.twoline2rv(a, b) for a, b in pairs}


@pytest.mark.parametrize(
    ("name", "least_operational"),
    [
        ("starlink_omm_20260324.json.gz", 7_000),
        ("oneweb_20260101.tle.gz", 600),
        ("omm_sixdigit_2026-08-31.json", 0),
    ],
)
def test_a_real_catalogue(tmp_path, shared, name, least_operational):
    from sgp4.api import jday

    path = shared / "data" / name
    results = run(
        one_cell_planet(tmp_path, "starlink-gen1"),
        constellation__file=str(path),
        terminal__min_elevation_deg=10,
        terminal__gso_exclusion_deg=12,
        places__file=place_file(tmp_path, PLACES),
    )
    satrecs, start = records_of(path), results.scenario.start
    epochs = [satrec.jdsatepoch + satrec.jdsatepochF for satrec in satrecs.values()]
    when = jday(*start.timetuple()[:6])
    assert sum(when) == pytest.approx(np.median(epochs), abs=1.0 / 86_400)
    table = results.satellites()
    assert set(table["norad_id"]) == set(satrecs)
    answers = [satrecs[number].sgp4(*when) for number in table["norad_id"]]
    r_m = astropy_ecef_m(np.array([r for _, r, _ in answers]), start)
    assert np.abs(r_m - positions_m(results)).max() < 1.0
    assert len(scheduled(results)) >= least_operational
    check_places(results, PLACES, 10, 12)
    if least_operational == 0:
        assert set(results.places()["cause"]) == {"no_satellite"}
        assert results.summary["notes"]


# --- The whole planet --------------------------------------------------------------------------------------

WORLD = {"resolution": 3, "slots": 2, "terminal.min_elevation_deg": 40.0}


@pytest.fixture(scope="module")
def world():
    return ecumene.simulate(ecumene.load("starlink-gen1", overrides=WORLD))


@pytest.fixture(scope="module")
def bent_pipe():
    return ecumene.simulate(ecumene.load("starlink-2022", overrides={"resolution": 3, "slots": 2}))


def test_causes_of_cells_follow_from_geometry_and_law():
    import h3

    first_slot = ecumene.simulate(
        ecumene.load("starlink-gen1", overrides=WORLD | {"slots": 1, "terminal.min_elevation_deg": 60.0})
    )
    rows, r_m = first_slot.rows(), positions_m(first_slot)
    status = dict(zip(first_slot.countries()["country"], first_slot.countries()["status"], strict=True))
    cells = np.unique(rows["cell"])
    picked = np.random.default_rng(2).choice(cells, 200, replace=False)
    seen = set()
    for cell in picked:
        lat, lon = h3.cell_to_latlng(h3.int_to_str(int(cell)))
        visible, clear, is_near = counts(lat, lon, r_m, 60.0, 18.0)
        for row in np.nonzero(rows["cell"] == cell)[0]:
            country, cause = rows["country"][row], rows["main_cause"][row]
            seen.add(cause)
            if status[country] != "licensed":
                assert cause == "no_licence"
            elif is_near:
                continue
            elif not len(visible):
                assert cause == "no_satellite"
            elif not len(clear):
                assert cause == "gso_arc"
            elif country != "IN":  # traffic may land in the country only, and no gateway is there
                assert cause in {"served", "partly", "no_beam", "no_feeder_capacity"}
            is_possible = status[country] == "licensed" and len(clear) > 0 and country != "IN"
            assert is_near or rows["availability"][row] == float(is_possible)
    assert {"no_licence", "no_satellite", "gso_arc"} < seen


def test_nobody_is_served_without_a_licence_and_causes_add_up(world, bent_pipe):
    for results in (world, bent_pipe):
        rows, countries = results.rows(), results.countries()
        is_licensed = np.isin(rows["country"], countries["country"][countries["status"] == "licensed"])
        assert is_licensed.any()
        assert not is_licensed.all()
        assert rows["served"][~is_licensed].max() == 0
        assert rows["availability"][~is_licensed].max() == 0
        shares = np.sum([countries[name] for name in countries if name.startswith("share_")], axis=0)
        assert shares == pytest.approx(np.ones(len(shares)), abs=1e-9)
        assert sum(cause["people_share"] for cause in results.summary["causes"]) == pytest.approx(
            1.0, abs=1e-9
        )


def test_ceilings_hold_and_totals_agree(world, bent_pipe):
    slack = 1 + 1e-9
    for results in (world, bent_pipe):
        sats, gates, countries = results.satellites(), results.gateways(), results.countries()
        assert sats["units_share"].max() <= slack
        assert sats["carried_gbps_max"].max() <= results.scenario.satellite.capacity_gbps * slack
        assert (gates["carried_gbps_max"] <= gates["capacity_gbps"] * slack).all()
        assert (gates["antennas_used"] <= gates["antennas"]).all()
        assert (countries["carried_gbps"] <= countries["demand_gbps"] * slack).all()
        carried = sats["carried_gbps_mean"].sum()
        assert gates["carried_gbps_mean"].sum() == pytest.approx(carried, rel=1e-9)
        assert countries["carried_gbps"].sum() == pytest.approx(carried, rel=1e-9)
        assert results.places()["mbps"][results.places()["satellite"] != ""].max() <= 3.0 * slack


@pytest.mark.parametrize("subscribers", [0, 200_000_000])
def test_availability_does_not_depend_on_demand(world, subscribers):
    other = ecumene.simulate(
        ecumene.load(
            "starlink-gen1", overrides=WORLD | {"demand.subscribers": subscribers, "demand.by_country": {}}
        )
    )
    for column in ("availability", "longest_gap_s"):
        assert np.array_equal(world.rows()[column], other.rows()[column])
    for column in ("n_visible", "n_clear", "n_usable"):
        assert np.array_equal(world.places()[column], other.places()[column])
    carried = other.summary["traffic_gbps"]["carried"]
    assert (carried == 0) if subscribers == 0 else (carried > world.summary["traffic_gbps"]["carried"])


def test_the_same_scenario_gives_the_same_bits(world):
    again = ecumene.simulate(ecumene.load("starlink-gen1", overrides=WORLD))
    for name, table in world.tables.items():
        for column, values in table.items():
            other = again.tables[name][column]
            is_same = (
                (values == other).all() if values.dtype == object else values.tobytes() == other.tobytes()
            )
            assert is_same, (name, column)


# --- Paths -------------------------------------------------------------------------------------------------


def gateway_light_m(results, gateway, satellite):
    """Return distance and elevation of a satellite at a gateway."""
    gates, sats = results.gateways(), results.satellites()
    g = list(gates["gateway"]).index(gateway)
    s = list(sats["satellite"]).index(satellite)
    elevation, slant = elevation_and_slant(
        gates["lat_deg"][g], gates["lon_deg"][g], positions_m(results)[[s]]
    )
    return slant[0], elevation[0]


def test_a_bent_pipe_is_terminal_satellite_gateway(world, bent_pipe):
    n_checked = 0
    for results in (world, bent_pipe):
        table = results.places()
        for k in np.nonzero((table["slot"] == 0) & (table["satellite"] != "") & (table["hops"] == 0))[0]:
            down_m, elevation = gateway_light_m(results, table["gateway"][k], table["satellite"][k])
            both_ways_ms = 2e3 * (table["slant_km"][k] * 1e3 + down_m) / C_M_S
            assert table["rtt_geometry_ms"][k] == pytest.approx(both_ways_ms, abs=1e-6)
            assert elevation >= 25.0
            n_checked += 1
    assert n_checked >= 10
    assert np.nanmax(bent_pipe.places()["hops"]) == 0


def lattice(results):
    """Return the +Grid of the scenario's shells: pairs of satellites, from shell, plane and slot alone."""
    table = results.satellites()
    index = {key: k for k, key in enumerate(zip(table["shell"], table["plane"], table["slot"], strict=True))}
    pairs = set()
    for s, shell in enumerate(results.scenario.constellation.shells):
        for p in range(shell.planes):
            for q in range(shell.sats_per_plane):
                here = index[s, p, q]
                pairs.add(frozenset((here, index[s, p, (q + 1) % shell.sats_per_plane])))
                if p + 1 < shell.planes:
                    pairs.add(frozenset((here, index[s, p + 1, q])))
                elif shell.node_spread_deg == 360:  # round the world the phases are F slots on
                    pairs.add(
                        frozenset(
                            (here, index[s, 0, (q + shell.phasing % shell.planes) % shell.sats_per_plane])
                        )
                    )
    return np.array([sorted(pair) for pair in pairs])


def lowest_height_m(p_m, q_m):
    """Return the lowest height of straight lines, from the polar radius: too high rather than too low."""
    way = q_m - p_m
    t = np.clip(-np.sum(p_m * way, axis=1) / np.sum(way * way, axis=1), 0, 1)
    return np.linalg.norm(p_m + t[:, None] * way, axis=1) - 6_356_752.0


def test_no_path_is_shorter_than_the_lattice_allows(world):
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    table, r_m = world.places(), positions_m(world)
    pairs = lattice(world)
    length_m = np.linalg.norm(r_m[pairs[:, 0]] - r_m[pairs[:, 1]], axis=1)
    is_possible = lowest_height_m(r_m[pairs[:, 0]], r_m[pairs[:, 1]]) >= 80e3
    n = len(r_m)
    ones = pairs[is_possible].T
    graph = coo_matrix((length_m[is_possible], (ones[0], ones[1])), shape=(n, n)).tocsr()
    names = list(world.satellites()["satellite"])
    gates = world.gateways()
    n_checked = 0
    for k in np.nonzero((table["slot"] == 0) & (table["satellite"] != ""))[0]:
        first = names.index(table["satellite"][k])
        space_m = dijkstra(graph, directed=False, indices=first)
        hops = dijkstra(graph, directed=False, indices=first, unweighted=True)
        g = list(gates["gateway"]).index(table["gateway"][k])
        elevation, slant = elevation_and_slant(gates["lat_deg"][g], gates["lon_deg"][g], r_m)
        is_last = (elevation >= 25.0) & np.isfinite(space_m)
        least_ms = 2e3 * (table["slant_km"][k] * 1e3 + (space_m + slant)[is_last].min()) / C_M_S
        assert table["rtt_geometry_ms"][k] >= least_ms - 1e-6
        assert table["hops"][k] >= hops[is_last].min()
        assert table["rtt_ms"][k] >= table["rtt_geometry_ms"][k] + processing_ms(world) - 1e-6
        n_checked += 1
    assert n_checked >= 10


def lowest_ellipsoidal_height_m(p_m, q_m):
    """Return the lowest height of straight lines above the WGS84 ellipsoid, by sampling (a few metres)."""
    lowest = np.full(len(p_m), np.inf)
    for t in np.linspace(0.0, 1.0, 201):
        r = p_m + t * (q_m - p_m)
        axis = np.hypot(r[:, 0], r[:, 1])
        phi = np.arctan2(r[:, 2], axis * (1 - E2))
        for _ in range(4):
            n = A_M / np.sqrt(1 - E2 * np.sin(phi) ** 2)
            height = axis * np.cos(phi) + r[:, 2] * np.sin(phi) - A_M * np.sqrt(1 - E2 * np.sin(phi) ** 2)
            phi = np.arctan2(r[:, 2], axis * (1 - E2 * n / (n + height)))
        lowest = np.minimum(lowest, height)
    return lowest


@pytest.mark.parametrize("preset", ["starlink-gen1", "kuiper", "oneweb"])
def test_the_path_to_the_only_gateway_is_the_shortest(tmp_path, preset):
    """One gateway with antennas for every satellite it may use: then the shortest path is known exactly."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    lat, lon = 40.7, 14.2
    scenario = one_cell_planet(tmp_path, preset)
    text = scenario.read_text(encoding="utf-8")
    site = f'lat_deg = {lat}\nlon_deg = {lon}\ncountry = "IT"\n'
    scenario.write_text(
        f'{text}[gateways]\nsites = ""\nantennas = 200\n[[gateways.site]]\nname = "G"\n{site}'
        f'[[gateways.site]]\nname = "P"\nkind = "pop"\n{site}',
        encoding="utf-8",
    )
    results = run(
        scenario,
        isl__topology="grid",
        gateways__min_elevation_deg=20,
        gateways__gso_exclusion_deg=12,
        places__file=place_file(tmp_path, PLACES),
    )
    r_m, names = positions_m(results), list(results.satellites()["satellite"])
    _, exits, is_near = counts(lat, lon, r_m, 20, 12)
    assert not is_near
    _, slant_m = elevation_and_slant(lat, lon, r_m[exits])
    pairs = lattice(results)
    is_up = lowest_ellipsoidal_height_m(r_m[pairs[:, 0]], r_m[pairs[:, 1]]) >= 80e3
    a, b = pairs[is_up].T
    n = len(r_m)
    ends = np.concatenate([a, exits]), np.concatenate([b, np.full(len(exits), n)])
    length_m = np.concatenate([np.linalg.norm(r_m[a] - r_m[b], axis=1), slant_m])
    home_m = dijkstra(coo_matrix((length_m, ends), shape=(n + 1, n + 1)).tocsr(), directed=False, indices=n)
    table = results.places()
    served = np.nonzero(table["satellite"] != "")[0]
    assert len(served) >= 5
    for k in served:
        space_m = table["slant_km"][k] * 1e3 + home_m[names.index(table["satellite"][k])]
        assert table["rtt_geometry_ms"][k] == pytest.approx(2e3 * space_m / C_M_S, abs=1e-6), table["place"][
            k
        ]
        assert table["rtt_ms"][k] == pytest.approx(
            table["rtt_geometry_ms"][k] + processing_ms(results), abs=1e-6
        )


def test_filed_shells_fly_where_the_filing_says(world):
    table, r_m = world.satellites(), positions_m(world)
    for s, shell in enumerate(world.scenario.constellation.shells):
        here = table["shell"] == s
        assert here.sum() == shell.planes * shell.sats_per_plane
        height_km = np.linalg.norm(r_m[here], axis=1) / 1e3 - A_M / 1e3
        assert height_km.mean() == pytest.approx(shell.altitude_km, abs=0.1)
        assert np.abs(height_km - shell.altitude_km).max() < 12.0
        # Planes: the normal of the first three satellites of a plane has the inclination and the node.
        node = []
        for plane in (0, 1):
            a, b = (
                r_m[here & (table["plane"] == plane) & (table["slot"] == q)][0]
                for q in (0, shell.sats_per_plane // 4)
            )
            normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
            assert np.degrees(np.arccos(normal[2])) == pytest.approx(shell.inclination_deg, abs=0.05)
            node.append(np.degrees(np.arctan2(normal[0], -normal[1])))
        assert (node[1] - node[0]) % 360 == pytest.approx(360 / shell.planes, abs=0.05)
