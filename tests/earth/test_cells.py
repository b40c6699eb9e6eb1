"""The table of cells: what must hold for every row, and who owns what."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pytest

from ecumene.earth.cells import SETTLEMENTS, country_of_point, load_rows
from ecumene.earth.countries import countries
from ecumene.earth.packed_cells import packed_cells
from ecumene.errors import RangeError


@pytest.fixture(scope="module")
def rows():
    return load_rows(inhabited_only=False)


def code_of_point(lat_deg, lon_deg):
    country = country_of_point(lat_deg, lon_deg)
    return countries().code[country] if country >= 0 else None


def test_counts(rows):
    """The recipe's author counted 607,081 rows, 592,252 cells and 14,643 of several countries."""
    assert len(rows) == pytest.approx(607_081, rel=0.002)
    assert len(np.unique(rows.cell)) == pytest.approx(592_252, rel=0.002)
    assert len(packed_cells().straddling) == pytest.approx(14_643, rel=0.002)
    assert len(load_rows()) == pytest.approx(540_000, rel=0.03)


def test_rows_are_sorted_and_unique(rows):
    key = rows.cell.astype(object) * 1000 + rows.country.astype(object)
    assert (np.diff(rows.cell.astype(np.int64)) >= 0).all()
    assert (np.diff(key) > 0).all()


def test_columns_have_plain_values(rows):
    assert (rows.share > 0).all()
    assert (rows.share <= 1).all()
    assert (rows.people >= 0).all()
    assert np.isin(rows.settlement, range(len(SETTLEMENTS))).all()
    assert (rows.country >= 0).all()
    assert (rows.country < len(countries())).all()
    assert np.isfinite(rows.lat_deg).all()
    assert (np.abs(rows.lon_deg) <= 180).all()


def test_shares_of_a_cell_are_at_most_one(rows):
    _, cell = np.unique(rows.cell, return_inverse=True)
    # A state smaller than a grandchild is added to a cell that its neighbour fills already.
    assert np.bincount(cell, weights=rows.share).max() <= 1.05


def test_inhabited_rows_are_the_rows_with_people(rows):
    inhabited = load_rows()
    assert inhabited.people.min() > 0.49  # half a person, before a country's rows are scaled to its total
    assert len(inhabited) == (rows.people > 0).sum()
    assert inhabited.people.sum() == pytest.approx(rows.people.sum())


def test_every_country_adds_up(rows):
    found = np.bincount(rows.country, weights=rows.people, minlength=len(countries()))
    np.testing.assert_allclose(found, countries().people, rtol=1e-9)


def test_every_code_has_land(rows):
    assert set(np.unique(rows.country)) == set(range(len(countries())))


def test_nobody_lives_in_antarctica(rows):
    is_antarctic = rows.country == countries().index_of("AQ")
    assert is_antarctic.sum() > 40_000
    assert rows.people[is_antarctic].sum() == 0


def test_land_area(rows):
    """Without Antarctica 134.45 Mkm2 by the recipe's author; countries include their lakes."""
    area = np.bincount(rows.country, weights=rows.area_km2)
    index = countries().index_of
    assert area.sum() - area[index("AQ")] == pytest.approx(134.45e6, rel=0.002)
    for code, km2 in {"RU": 16.95e6, "FR": 549e3, "UA": 600e3, "LS": 30.4e3, "GF": 83.5e3}.items():
        assert area[index(code)] == pytest.approx(km2, rel=0.05), code


@pytest.mark.parametrize("resolution", [4, 3])
def test_aggregation_loses_nothing(rows, resolution):
    coarse = load_rows(resolution, inhabited_only=False)
    for name in ("people", "area_km2"):
        fine_sum = np.bincount(rows.country, weights=getattr(rows, name))
        coarse_sum = np.bincount(coarse.country, weights=getattr(coarse, name))
        np.testing.assert_allclose(coarse_sum, fine_sum, rtol=1e-9, atol=1e-6)
    assert h3.get_resolution(int(coarse.cell[0])) == resolution
    assert (np.diff(coarse.cell.astype(np.int64)) >= 0).all()
    assert set(coarse.cell.tolist()) == {
        h3.cell_to_parent(c, resolution) for c in np.unique(rows.cell).tolist()
    }


def test_aggregated_class_is_where_most_people_live():
    coarse = load_rows(4)
    fine = load_rows()
    paris = h3.latlng_to_cell(48.86, 2.35, 4)
    row = int(np.flatnonzero(coarse.cell == paris)[0])
    below = np.isin(fine.cell, np.array(h3.cell_to_children(paris, 5), dtype=np.uint64))
    people = np.bincount(fine.settlement[below], weights=fine.people[below], minlength=3)
    assert coarse.settlement[row] == np.argmax(people)
    assert coarse.people[row] == pytest.approx(people.sum())


def test_other_resolutions_are_refused():
    with pytest.raises(RangeError, match="resolution 6: rows exist at resolutions 5, 4 and 3"):
        load_rows(6)


def test_no_cell_has_claimants_far_apart(rows):
    """Cut at 180 degrees or not, a cell's countries must be neighbours somewhere within 1,500 km of it."""
    numbers, first, counts = np.unique(rows.cell, return_index=True, return_counts=True)
    assert counts.max() <= 4
    lat, lon = np.radians(rows.lat_deg), np.radians(rows.lon_deg)
    at = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    inner = rows.share > 0.99
    for cell in first[counts > 1][::40]:
        for row in range(cell, cell + counts[np.searchsorted(numbers, rows.cell[cell])]):
            own = inner & (rows.country == rows.country[row])
            if own.any():
                assert (at[own] @ at[row]).max() > np.cos(1_500 / 6371), countries().code[rows.country[row]]


def test_the_antimeridian_paints_no_bands(rows):
    """Uncut polygons put Russia across northern Canada, the United States across the Pacific."""
    index = countries().index_of
    for code, west, east in (("RU", 19, -168), ("US", 172, -64), ("FJ", 174, -178), ("NZ", 166, -175)):
        lon = rows.lon_deg[rows.country == index(code)]
        assert ((lon >= west - 1) | (lon <= east + 1)).all(), code
    arctic = (np.abs(rows.lat_deg - 70) < 1) & (np.abs(rows.lon_deg + 100) < 5)
    assert set(rows.country[arctic]) == {index("CA")}
    assert code_of_point(70, -100) != "RU"
    for lon in (179.99, -179.99, 180.0, -180.0, 540.0):
        assert code_of_point(68.0, lon) == "RU"
    assert code_of_point(-16.8, 179.99) == "FJ"
    assert code_of_point(-16.8, -179.99) == "FJ"


# Place, latitude, longitude, country by the table's point of view (docs/explanation/cells.md).
POINTS = (
    ("Simferopol", 44.95, 34.10, "UA"),
    ("Sevastopol", 44.60, 33.53, "UA"),
    ("Donetsk", 48.00, 37.80, "UA"),
    ("Luhansk", 48.57, 39.31, "UA"),
    ("Kherson's left bank", 46.45, 33.00, "UA"),
    ("Laayoune", 27.15, -13.20, "EH"),
    ("Tifariti", 26.16, -10.57, "EH"),
    ("Golan", 33.00, 35.80, "SY"),
    ("East Jerusalem", 31.79, 35.25, "IL"),
    ("Ramallah", 31.90, 35.20, "PS"),
    ("Gaza", 31.50, 34.46, "PS"),
    ("North Nicosia", 35.20, 33.36, "CY"),
    ("Akrotiri", 34.59, 32.98, "CY"),
    ("Hargeisa", 9.56, 44.06, "SO"),
    ("Abyei", 9.60, 28.43, "SD"),
    ("Pristina", 42.66, 21.16, "XK"),
    ("Taipei", 25.03, 121.50, "TW"),
    ("Aksai Chin", 35.20, 79.50, "CN"),
    ("Arunachal", 27.10, 93.60, "IN"),
    ("Gilgit", 35.90, 74.30, "PK"),
    ("Srinagar", 34.10, 74.80, "IN"),
    ("Sukhumi", 43.00, 41.02, "GE"),
    ("Tskhinvali", 42.23, 43.97, "GE"),
    ("Tiraspol", 46.84, 29.60, "MD"),
    ("Stepanakert", 39.82, 46.75, "AZ"),
    ("Halaib", 22.20, 36.50, "EG"),
    ("Guantanamo Bay", 19.90, -75.15, "CU"),
    ("Baikonur", 45.62, 63.30, "KZ"),
    ("Spratly Islands", 10.38, 114.36, None),
    ("the Atlantic", 30.0, -40.0, None),
    ("the North Pole", 90.0, 0.0, None),
    ("the South Pole", -90.0, 0.0, "AQ"),
    ("McMurdo", -77.85, 166.67, "AQ"),
)

# Territories that Natural Earth merges with a far country, and small ones.
TERRITORIES = (
    ("Kourou", 5.16, -52.65, "GF"),
    ("Pointe-à-Pitre", 16.24, -61.53, "GP"),
    ("Fort-de-France", 14.61, -61.05, "MQ"),
    ("Saint-Denis", -20.89, 55.45, "RE"),
    ("Mamoudzou", -12.78, 45.22, "YT"),
    ("Kralendijk", 12.15, -68.27, "BQ"),
    ("Saba", 17.63, -63.24, "BQ"),
    ("Longyearbyen", 78.22, 15.65, "SJ"),
    ("Jan Mayen", 70.99, -8.50, "SJ"),
    ("Christmas Island", -10.45, 105.65, "CX"),
    ("Cocos", -12.19, 96.83, "CC"),
    ("Tokelau", -9.38, -171.22, "TK"),
    ("Saint-Pierre", 46.78, -56.18, "PM"),
    ("Marigot", 18.07, -63.08, "MF"),
    ("Philipsburg", 18.03, -63.05, "SX"),
    ("Gustavia", 17.90, -62.83, "BL"),
    ("San Juan", 18.45, -66.07, "PR"),
    ("Charlotte Amalie", 18.34, -64.93, "VI"),
    ("Hagåtña", 13.47, 144.75, "GU"),
    ("Saipan", 15.19, 145.75, "MP"),
    ("Pago Pago", -14.28, -170.70, "AS"),
    ("Cockburn Town", 21.46, -71.14, "TC"),
    ("Saint Peter Port", 49.46, -2.55, "GG"),
    ("Saint Helier", 49.19, -2.11, "JE"),
    ("Douglas", 54.15, -4.48, "IM"),
    ("Mariehamn", 60.10, 19.94, "AX"),
    ("Stanley", -51.70, -57.85, "FK"),
    ("Tórshavn", 62.01, -6.77, "FO"),
    ("Tristan da Cunha", -37.07, -12.31, "SH"),
    ("Adamstown", -25.07, -130.10, "PN"),
    ("Norfolk Island", -29.05, 167.96, "NF"),
    ("Rarotonga", -21.21, -159.78, "CK"),
    ("Alofi", -19.06, -169.92, "NU"),
    ("Hong Kong", 22.30, 114.17, "HK"),
    ("Macau", 22.20, 113.55, "MO"),
    ("Vatican", 41.9029, 12.4534, "VA"),
    ("Monaco", 43.7384, 7.4246, "MC"),
    ("Gibraltar", 36.14, -5.35, "GI"),
    ("San Marino", 43.94, 12.45, "SM"),
    ("Vaduz", 47.14, 9.52, "LI"),
    ("Malé", 4.17, 73.51, "MV"),
    ("Kismayo", -0.36, 42.55, "SO"),
    ("Funafuti", -8.52, 179.20, "TV"),
    ("Ceuta", 35.89, -5.31, "ES"),
    ("Kaliningrad", 54.71, 20.51, "RU"),
    ("Cabinda", -5.56, 12.19, "AO"),
    ("Anchorage", 61.20, -149.90, "US"),
    ("Nuuk", 64.18, -51.72, "GL"),
)

# Both sides of borders that run through a cell.
STRADDLING = (
    ("Nice", 43.70, 7.25, "FR"),
    ("Rome", 41.89, 12.51, "IT"),
    ("Singapore", 1.29, 103.85, "SG"),
    ("Johor Bahru", 1.49, 103.74, "MY"),
    ("Shenzhen", 22.55, 114.10, "CN"),
    ("Geneva", 46.20, 6.14, "CH"),
    ("Bratislava", 48.15, 17.11, "SK"),
    ("Kinshasa", -4.33, 15.31, "CD"),
    ("Brazzaville", -4.26, 15.27, "CG"),
    ("Maseru", -29.31, 27.48, "LS"),
    ("Luxembourg", 49.61, 6.13, "LU"),
    ("El Paso", 31.80, -106.45, "US"),
    ("Ciudad Juárez", 31.65, -106.45, "MX"),
    ("Lomé", 6.15, 1.22, "TG"),
    ("Basel", 47.55, 7.59, "CH"),
    ("Narva", 59.37, 28.15, "EE"),
    ("Ivangorod", 59.36, 28.26, "RU"),
)


@pytest.mark.parametrize(("place", "lat_deg", "lon_deg", "code"), [*POINTS, *TERRITORIES, *STRADDLING])
def test_country_of_point(place, lat_deg, lon_deg, code):
    assert code_of_point(lat_deg, lon_deg) == code, place


def test_points_that_are_none_are_refused():
    with pytest.raises(RangeError, match="latitude must be between -90 and 90"):
        country_of_point(90.5, 0.0)
    with pytest.raises(RangeError, match="longitude a number"):
        country_of_point(0.0, float("nan"))


def settlement_of(rows, lat_deg, lon_deg):
    row = np.flatnonzero(rows.cell == h3.latlng_to_cell(lat_deg, lon_deg, 5))
    return SETTLEMENTS[rows.settlement[row[0]]]


def test_settlement_classes_of_known_places(rows):
    for lat, lon in ((51.51, -0.12), (35.68, 139.75), (6.52, 3.38), (-23.55, -46.63)):
        assert settlement_of(rows, lat, lon) == "urban"
    for lat, lon in (
        (78.22, 15.65),
        (-37.07, -12.31),
        (-25.07, -130.10),
        (70.5, 70.0),
        (23.5, 5.5),
        (61.5, -118.0),
    ):
        assert settlement_of(rows, lat, lon) == "isolated"
    assert settlement_of(rows, 46.7, 2.4) == "rural"  # the middle of France


def test_settlement_shares_stand_as_documented():
    rows = load_rows()
    people = np.bincount(rows.settlement, weights=rows.people) / rows.people.sum()
    cells = np.bincount(rows.settlement) / len(rows)
    np.testing.assert_allclose(people, [0.614, 0.313, 0.073], atol=0.001)
    np.testing.assert_allclose(cells, [0.045, 0.257, 0.698], atol=0.001)
