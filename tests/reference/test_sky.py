"""Sight against numbers from elsewhere.

Geometry: slant range, Earth angle and delay at 550 km over a sphere of 6,371 km (project facts on radio,
section 1, derived there from d = -R sin e + sqrt((R sin e)^2 + 2 R h + h^2)). Our Earth is the WGS84
ellipsoid, so the comparison is made where its radius of curvature is near 6,371 km (35.3 degrees of
latitude): tolerance two kilometres of slant.

Shares of satellites lost to the GSO exclusion: project facts on radio, sections 0 and 2.7, derived by
another program on a sphere of 6,371 km for Starlink Gen1 (4,408 satellites, 25 degrees of elevation).
Compared on the same sphere: one point of a hundred, what 576 samples leave open. The ellipsoid then
changes them, most near 60 degrees of latitude, where terminals look along the northern edge of the
53-degree shells.

Elevation and distance: astropy's WGS84 EarthLocation (ERFA), tolerance a millimetre and 1e-9 rad.
"""

import h3
import numpy as np
import pytest
from plain_sky import elevation_and_slant

from ecumene.constants import GSO_RADIUS_M, SPEED_OF_LIGHT_M_S
from ecumene.earth.ellipsoid import ecef_of_geodetic, up_of_geodetic
from ecumene.sky.grid import build_grid
from ecumene.sky.observer import clear_view, gso_angle_rad
from ecumene.sky.sight import look

GEN1 = (
    (540, 53.2, 72, 22, 17),
    (550, 53.0, 72, 22, 17),
    (560, 97.6, 6, 58, 0),
    (560, 97.6, 4, 43, 0),
    (570, 70.0, 36, 20, 11),
)


def gen1_m(t_s: float, ground_m: float = 6_378_137.0) -> np.ndarray:
    found = []
    for altitude_km, inclination_deg, planes, per_plane, phasing in GEN1:
        p, s = np.divmod(np.arange(planes * per_plane), per_plane)
        radius_m = ground_m + altitude_km * 1e3
        u = 2 * np.pi * (s / per_plane + phasing * p / (planes * per_plane))
        u = u + np.sqrt(3.986004418e14 / radius_m**3) * t_s
        node, i = 2 * np.pi * p / planes - 7.292115e-5 * t_s, np.radians(inclination_deg)
        x, y = np.cos(u), np.sin(u) * np.cos(i)
        found.append(
            radius_m
            * np.column_stack(
                [
                    x * np.cos(node) - y * np.sin(node),
                    x * np.sin(node) + y * np.cos(node),
                    np.sin(u) * np.sin(i),
                ]
            )
        )
    return np.vstack(found)


def test_the_geostationary_arc_lies_at_one_sidereal_day():
    """Kepler: a^3 = mu (T / 2 pi)^2, mu of WGS84, T = 86,164.0905 s; ITU-R S.1503 rounds to a kilometre."""
    radius_m = np.cbrt(3.986004418e14 * (86_164.0905 / (2.0 * np.pi)) ** 2)
    assert pytest.approx(radius_m, abs=500.0) == GSO_RADIUS_M


TIMES_S = np.arange(12) * 977.0
LON_RAD = np.radians(np.arange(0.0, 360.0, 7.5))


def up_at(lat_deg: float) -> np.ndarray:
    a = np.radians(lat_deg)
    return np.column_stack(
        [np.cos(a) * np.cos(LON_RAD), np.cos(a) * np.sin(LON_RAD), np.full(LON_RAD.size, np.sin(a))]
    )


def counts(p: np.ndarray, u: np.ndarray, exclusion_deg: float, ground_m: float = 6_378_137.0) -> np.ndarray:
    """Return visible, clear, northern visible and northern clear pairs."""
    sums = np.zeros(4)
    north = np.cross(u, np.cross([0.0, 0.0, 1.0], u))
    for t_s in TIMES_S:
        r = gen1_m(t_s, ground_m)
        visible, clear = clear_view(p, u, r, np.ones(4408, dtype=bool), 25.0, exclusion_deg)
        is_north = north @ r.T > (p * north).sum(1)[:, None]
        sums += [visible.sum(), clear.sum(), (visible & is_north).sum(), (clear & is_north).sum()]
    return sums


def on_sphere(lat_deg: float, exclusion_deg: float) -> np.ndarray:
    return counts(6_371e3 * up_at(lat_deg), up_at(lat_deg), exclusion_deg, 6_371e3)


one_point = 0.01


@pytest.mark.parametrize(("lat_deg", "lost"), [(0.0, 0.30), (40.0, 0.31), (60.0, 0.47)])
def test_share_lost_to_18_degrees(lat_deg, lost):
    visible, clear, *_ = on_sphere(lat_deg, 18.0)
    assert 1.0 - clear / visible == pytest.approx(lost, abs=one_point)


@pytest.mark.parametrize(("lat_deg", "gain"), [(0.0, 0.36), (40.0, 0.36), (50.0, 0.21), (60.0, 0.88)])
def test_gain_from_18_to_3_degrees(lat_deg, gain):
    assert on_sphere(lat_deg, 3.0)[1] / on_sphere(lat_deg, 18.0)[1] - 1.0 == pytest.approx(
        gain, abs=one_point
    )


def test_exclusion_turns_terminals_to_the_north_at_40_and_to_the_south_at_55():
    visible, clear, north_visible, north_clear = on_sphere(40.0, 18.0)
    assert north_visible / visible == pytest.approx(0.562, abs=one_point)
    assert north_clear / clear == pytest.approx(0.813, abs=one_point)
    _, clear, _, north_clear = on_sphere(55.0, 18.0)
    assert north_clear / clear == pytest.approx(0.21, abs=one_point)


def test_the_ellipsoid_shows_more_satellites_near_60():
    lon_deg = np.degrees(LON_RAD)
    p = ecef_of_geodetic(np.full(lon_deg.size, 60.0), lon_deg)
    more = counts(p, up_at(60.0), 18.0)[0] / on_sphere(60.0, 18.0)[0] - 1.0
    assert 0.05 < more < 0.135


def test_nothing_is_excluded_where_no_arc_is_seen():
    visible, clear, *_ = counts(ecef_of_geodetic(np.full(48, 85.0), np.degrees(LON_RAD)), up_at(85.0), 18.0)
    assert visible == clear > 0


@pytest.mark.parametrize(
    ("elevation_deg", "slant_km", "angle_deg", "delay_ms"),
    [(25.0, 1123.28, 8.4585, 3.747), (40.0, 812.07, None, 2.709)],
)
def test_slant_range_at_550_km(elevation_deg, slant_km, angle_deg, delay_ms):
    at = np.array([35.3]), np.array([10.0])
    p, u = ecef_of_geodetic(*at), up_of_geodetic(*at)
    east = np.cross([0.0, 0.0, 1.0], u[0])
    east /= np.linalg.norm(east)
    e = np.radians(elevation_deg)
    along = np.cos(e) * east + np.sin(e) * u[0]
    reach = np.linspace(500e3, 1300e3, 80_001)
    radius_m = np.linalg.norm(p + reach[:, None] * along, axis=1)
    r = (p + reach[np.searchsorted(radius_m, np.linalg.norm(p) + 550e3)] * along).reshape(1, 3)
    elevation_rad, slant_m = elevation_and_slant(p, u, r)
    assert np.degrees(elevation_rad[0, 0]) == pytest.approx(elevation_deg, abs=1e-9)
    two_kilometres = 2.0
    assert slant_m[0, 0] / 1e3 == pytest.approx(slant_km, abs=two_kilometres)
    assert slant_m[0, 0] / SPEED_OF_LIGHT_M_S * 1e3 == pytest.approx(delay_ms, abs=0.007)
    if angle_deg is not None:
        cosine = (p[0] @ r[0]) / np.linalg.norm(p) / np.linalg.norm(r)
        assert np.degrees(np.arccos(cosine)) == pytest.approx(angle_deg, abs=0.02)


def test_elevation_and_distance_agree_with_astropy():
    coordinates = pytest.importorskip("astropy.coordinates")
    units = pytest.importorskip("astropy.units")
    rng = np.random.default_rng(3)
    lat_deg, lon_deg = rng.uniform(-90, 90, 20), rng.uniform(-180, 180, 20)
    site = coordinates.EarthLocation.from_geodetic(lon_deg * units.deg, lat_deg * units.deg, 0 * units.m)
    theirs_m = np.column_stack([site.x.value, site.y.value, site.z.value])
    p, u = ecef_of_geodetic(lat_deg, lon_deg), up_of_geodetic(lat_deg, lon_deg)
    above = coordinates.EarthLocation.from_geodetic(lon_deg * units.deg, lat_deg * units.deg, 1e6 * units.m)
    normal = (np.column_stack([above.x.value, above.y.value, above.z.value]) - theirs_m) / 1e6
    r = rng.normal(size=(50, 3))
    r *= 6.921e6 / np.linalg.norm(r, axis=1, keepdims=True)
    elevation_rad, slant_m = elevation_and_slant(p, u, r)
    d = r[None] - theirs_m[:, None]
    assert np.abs(slant_m - np.linalg.norm(d, axis=2)).max() < 1e-3
    sine = (d * normal[:, None]).sum(2) / np.linalg.norm(d, axis=2)
    assert np.abs(np.sin(elevation_rad) - sine).max() < 1e-9


def test_the_arc_of_a_terminal_on_the_equator_passes_the_zenith_and_both_horizons():
    directions = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
    alpha_rad = gso_angle_rad(np.zeros(4), np.zeros(4), directions)
    assert np.degrees(alpha_rad) == pytest.approx([0.0, 0.0, 0.0, 90.0], abs=1e-6)


def test_elevation_of_the_arc_at_50_north_is_that_of_dish_pointing_tables():
    """A dish at 50 N pointing due south at a satellite on its meridian: 32.7 degrees (textbook, spherical
    Earth)."""
    u = up_of_geodetic(np.array([50.0]), np.array([0.0]))[0]
    south = np.array([np.sin(np.radians(50.0)), 0.0, -np.cos(np.radians(50.0))])
    at = [np.cos(np.radians(e)) * south + np.sin(np.radians(e)) * u for e in np.arange(25.0, 40.0, 0.01)]
    alpha_rad = gso_angle_rad(np.array([50.0]), np.array([0.0]), np.array([at]))[0]
    assert 25.0 + 0.01 * np.argmin(alpha_rad) == pytest.approx(32.7, abs=0.1)


def test_cells_and_places_at_the_same_coordinates_see_the_same():
    disk = h3.grid_disk(h3.latlng_to_cell(47.0, 8.0, 5), 4)
    cell = np.array(sorted(h3.str_to_int(c) for c in disk), np.uint64)
    at = np.array([h3.cell_to_latlng(h3.int_to_str(int(c))) for c in cell])
    grid = build_grid(cell, at[:, 0], at[:, 1], 5, 25.0, np.full(cell.size, 18.0))
    r, serve = gen1_m(100.0), np.ones(4408, dtype=bool)
    sight = look(grid, r, serve)
    visible, clear = clear_view(grid.r_ecef_m, grid.up, r, serve, 25.0, 18.0)
    assert (sight.n_visible_of_cell == visible.sum(1)).all()
    assert (np.bitwise_count(sight.clear_of_cell).sum(1) == clear.sum(1)).all()
