"""Exports of a result, each read by a program that is not ours."""

from __future__ import annotations

import importlib.resources
import json
import math
from pathlib import Path

import geopandas
import netCDF4
import numpy as np
import pyarrow.parquet
import pytest
import shapely
import xarray
from h3.api import basic_int
from lxml import etree
from prometheus_client.parser import text_string_to_metric_families

import ecumene
from ecumene.errors import InputError, OutputError, RunError
from ecumene.exports.folder import OF_RESULTS, write_of_result
from ecumene.exports.outlines import geometry, outlines_of_cells, well_known_binary
from ecumene.exports.prometheus import COUNTRY_GAUGES, GATEWAY_GAUGES, SLOT_GAUGES
from ecumene.results.schema import ARRAYS, CAUSES, ROWS

AWKWARD = 'G & <T> "q" \\ \n\x07'
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a run of the toy planet with a cell on the date line and an awkward gateway, all arrays kept."""
    folder = tmp_path_factory.mktemp("of_results")
    toy = ecumene.load("toy")
    sites = [site.model_dump() for site in toy.gateways.site]
    sites[0]["name"] = "G & <T>"
    cells = [
        *(cell.model_dump() for cell in toy.cell),
        {"lat_deg": -17.0, "lon_deg": 179.99, "country": "XA", "people": 10.0},
    ]
    overrides = {"cell": cells, "gateways.site": sites, "output.arrays": list(ARRAYS)}
    scenario = ecumene.load("toy", overrides=overrides)
    run = ecumene.simulate(scenario, folder=folder)
    run.write(folder)
    return ecumene.open(folder)


def written(results, kind, tmp_path, **options):
    return write_of_result(kind, results, tmp_path / kind, **options)


def check_polygons(shapes, cells):
    """Every outline is valid, anticlockwise, within the map, and holds the middle of its cell."""
    for shape, cell in zip(shapes, cells, strict=True):
        assert shape.is_valid
        assert shape.bounds[0] >= -180.0
        assert shape.bounds[2] <= 180.0
        assert shape.bounds[2] - shape.bounds[0] < 180.0 or shape.geom_type == "MultiPolygon"
        parts = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
        assert all(part.exterior.is_ccw for part in parts)
        lat, lon = basic_int.cell_to_latlng(int(cell))
        assert shape.covers(shapely.Point(lon, lat))


def check_numbers(frame, rows):
    for v in ROWS:
        if v.name == "cell":
            continue
        read, known = frame[v.name], rows[v.name]
        if v.dtype == "str":
            assert read.tolist() == known.tolist(), v.name
        else:
            np.testing.assert_allclose(read.astype(float), known, rtol=1e-5, err_msg=v.name)


def test_geojson(results, tmp_path):
    rows_file, gateways_file = written(results, "geojson", tmp_path)
    frame = geopandas.read_file(rows_file)
    rows = results.rows()
    assert [int(text, 16) for text in frame["cell"]] == rows["cell"].tolist()
    check_polygons(frame.geometry, rows["cell"])
    check_numbers(frame, rows)
    assert "MultiPolygon" in set(frame.geom_type)
    points = geopandas.read_file(gateways_file)
    assert points["gateway"].tolist() == results.gateways()["gateway"].tolist()
    np.testing.assert_allclose(points.geometry.y, results.gateways()["lat_deg"])
    np.testing.assert_allclose(points.geometry.x, results.gateways()["lon_deg"])
    tree = json.loads(rows_file.read_text())
    assert len({feature["id"] for feature in tree["features"]}) == len(tree["features"])


def test_geoparquet(results, tmp_path):
    (path,) = written(results, "geoparquet", tmp_path)
    meta = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"geo"])
    assert meta["version"] == "1.1.0"
    assert meta["columns"][meta["primary_column"]]["encoding"] == "WKB"
    frame = geopandas.read_parquet(path)
    rows = results.rows()
    assert frame.crs == "OGC:CRS84"
    assert frame["cell"].tolist() == rows["cell"].tolist()
    check_polygons(frame.geometry, rows["cell"])
    check_numbers(frame, rows)
    assert sorted(meta["columns"]["geometry"]["geometry_types"]) == sorted(set(frame.geom_type))
    np.testing.assert_allclose(meta["columns"]["geometry"]["bbox"], frame.total_bounds)


@pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")
def test_netcdf(results, tmp_path):
    (path,) = written(results, "netcdf", tmp_path)
    with netCDF4.Dataset(path) as file:
        assert file.data_model == "NETCDF4"
        assert file.Conventions == "CF-1.11"
        for v in ROWS:
            assert file[v.name].long_name == v.meaning
        assert file["mbps_p50"].units == "Mbit/s"
        columns = {v.name: np.ma.filled(file[v.name][:], np.nan) for v in ROWS if v.dtype.startswith("float")}
        columns |= {v.name: file[v.name][:] for v in ROWS if v.dtype == "str"}
        check_numbers(columns, results.rows())
        assert file["cell"][:].tolist() == results.rows()["cell"].tolist()
        is_served = file["cause"][:] >= CAUSES.index("partly")
        assert np.array_equal(~np.ma.getmaskarray(file["rtt_ms"][:]), is_served)
        assert file["rtt_ms"].dtype == np.uint16
        check_cf(file)
        when = netCDF4.num2date(file["time"][1], file["time"].units)
        assert when.isoformat() == "2026-03-24T12:00:27"
    with xarray.open_dataset(path, engine="netcdf4") as read:
        ours = results.to_xarray()
        for name in ARRAYS:
            np.testing.assert_array_equal(read[name], ours[name], err_msg=name)


def check_cf(file):
    """What CF 1.11 asks of a file: sections 2.6.2, 3.1, 3.3, 3.5, 4.1, 4.2, 4.4, 5; and that the numbers are there."""
    assert all(file.getncattr(name) for name in ("title", "source", "history"))
    for name, standard, unit in (
        ("lat_deg", "latitude", "degrees_north"),
        ("lon_deg", "longitude", "degrees_east"),
        ("time", "time", "seconds since 2026-03-24 12:00:12"),
    ):
        assert (file[name].standard_name, file[name].units) == (standard, unit)
    for name, variable in file.variables.items():
        assert variable.long_name, name
        if name in {"cell", "country", "lat_deg", "lon_deg", "time"}:
            continue
        assert set(variable.coordinates.split()) == {"cell", "country", "lat_deg", "lon_deg"}, name
        known = {v.name: v for v in (*ROWS, *ARRAYS.values())}[name]
        assert getattr(variable, "units", "") == known.unit, name
        assert known.unit in {"", "1", "Mbit/s", "ms", "s", "1/h"}, (
            "a unit UDUNITS or CF's readers do not know"
        )
        if "flag_values" in variable.ncattrs():
            assert variable.flag_values.dtype == variable.dtype, name
            assert len(variable.flag_meanings.split()) == len(variable.flag_values)
            assert set(np.unique(variable[:])) <= set(variable.flag_values.tolist())


def test_kml_holds_to_the_schema_of_the_ogc(results, tmp_path):
    """OGC's ogckml22.xsd, as pykml ships it, with an odd name, a cell at the date line, and a country alone."""
    folder = importlib.resources.files("pykml") / "schemas" / "ogckml22.xsd"
    schema = etree.XMLSchema(etree.parse(str(folder), etree.XMLParser(no_network=True)))
    gateways = {**results.gateways(), "gateway": np.array([AWKWARD], dtype=object)}
    odd = type(results)(results.scenario, {**results.tables, "gateways": gateways}, results.summary)
    (whole,) = written(odd, "kml", tmp_path / "whole")
    (part,) = written(results, "kml", tmp_path / "part", countries=["XB"])
    for path in (whole, part):
        schema.assertValid(etree.parse(str(path)))
    wrong = etree.fromstring(
        whole.read_bytes().replace(b"<name>", b"<title>", 1).replace(b"</name>", b"</title>", 1)
    )
    assert not schema.validate(wrong)


def test_kml(results, tmp_path):
    (path,) = written(results, "kml", tmp_path)
    root = etree.fromstring(path.read_bytes())
    assert root.tag == f"{KML}kml"
    styles = {style.get("id") for style in root.iter(f"{KML}Style")}
    folders = {folder.findtext(f"{KML}name"): folder for folder in root.iter(f"{KML}Folder")}
    gateways = folders.pop("Gateways")
    assert [mark.findtext(f"{KML}name") for mark in gateways.iter(f"{KML}Placemark")] == results.gateways()[
        "gateway"
    ].tolist()
    assert set(folders) == set(results.countries()["name"])
    marks = [mark for folder in folders.values() for mark in folder.iter(f"{KML}Placemark")]
    by_id = dict(zip(results.rows()["cell"].tolist(), results.rows()["main_cause"], strict=True))
    assert len(marks) == len(results.rows()["cell"])
    for mark in marks:
        cell = int(mark.findtext(f"{KML}name"), 16)
        assert mark.findtext(f"{KML}styleUrl") == f"#{by_id[cell]}"
        assert by_id[cell] in styles
        data = {d.get("name"): d.findtext(f"{KML}value") for d in mark.iter(f"{KML}Data")}
        (k,) = np.flatnonzero(results.rows()["cell"] == cell)
        for v in ROWS:
            known = results.rows()[v.name][k]
            if v.name == "cell":
                assert int(data["cell"], 16) == known
            elif v.dtype == "str":
                assert data[v.name] == known
            elif np.isfinite(known):
                assert float(data[v.name]) == pytest.approx(float(known), rel=1e-5)
            else:
                assert v.name not in data
        rings = [c.text for c in mark.iter(f"{KML}coordinates")]
        corners = [[tuple(map(float, pair.split(","))) for pair in ring.split()] for ring in rings]
        check_polygons([shapely.MultiPolygon([shapely.Polygon(ring) for ring in corners])], [cell])
    (point,) = [c.text for c in gateways.iter(f"{KML}coordinates")]
    assert [float(v) for v in point.split(",")] == [results.gateways()[n][0] for n in ("lon_deg", "lat_deg")]


def check_gauges(families, table, gauges, label):
    """Every number of a table comes back in the unit the metric's name says, and what is not known is left out."""
    for name, column, factor, _ in gauges:
        samples = families[f"ecumene_{name}"].samples if f"ecumene_{name}" in families else []
        told = {s.labels.get(label): s.value for s in samples}
        keys = table[label].tolist() if label else [None]
        known = {k: v * factor for k, v in zip(keys, table[column].tolist(), strict=True) if math.isfinite(v)}
        assert told == pytest.approx(known), name


def test_prometheus(results, tmp_path):
    (path,) = written(results, "prometheus", tmp_path)
    text = path.read_text()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(family.documentation and family.type == "gauge" for family in families.values())
    assert all(name.startswith("ecumene_") for name in families)
    carried = {s.labels["country"]: s.value for s in families["ecumene_country_carried_bps"].samples}
    countries = results.countries()
    for code, gbps in zip(countries["country"], countries["carried_gbps"], strict=True):
        assert carried[code] == pytest.approx(gbps * 1e9)
    check_gauges(families, countries, COUNTRY_GAUGES, "country")
    check_gauges(families, results.gateways(), GATEWAY_GAUGES, "gateway")
    last = {name: column[-1:] for name, column in results.slots().items()}
    check_gauges(families, last, SLOT_GAUGES, None)
    loads = {s.labels["quantile"]: s.value for s in families["ecumene_gateway_load_ratio"].samples}
    gates = results.gateways()
    assert loads == {"0.5": gates["load_p50"][0], "0.95": gates["load_p95"][0], "1": gates["load_max"][0]}
    people = sum(s.value for s in families["ecumene_slot_people_by_cause"].samples)
    assert people == pytest.approx(results.rows()["people"].sum())
    assert {s.labels["gateway"] for s in families["ecumene_gateway_load_ratio"].samples} == {"G & <T>"}
    assert families["ecumene_info"].samples[0].labels["scenario"] == "toy"
    assert not any(math.isnan(s.value) for family in families.values() for s in family.samples)


def test_an_awkward_name_survives_labels_and_xml(results, tmp_path):
    gateways = {**results.gateways(), "gateway": np.array([AWKWARD], dtype=object)}
    odd = type(results)(results.scenario, {**results.tables, "gateways": gateways}, results.summary)
    (metrics,) = written(odd, "prometheus", tmp_path)
    families = {f.name: f for f in text_string_to_metric_families(metrics.read_text())}
    assert families["ecumene_gateway_antennas"].samples[0].labels["gateway"] == AWKWARD
    (map_file,) = written(odd, "kml", tmp_path)
    etree.fromstring(map_file.read_bytes())


@pytest.mark.parametrize("kind", ["geojson", "geoparquet", "kml", "netcdf"])
def test_one_country_alone(results, tmp_path, kind):
    path = written(results, kind, tmp_path, countries=["XB"])[0]
    text = {
        "geojson": lambda: set(geopandas.read_file(path)["country"]),
        "geoparquet": lambda: set(geopandas.read_parquet(path)["country"]),
        "kml": lambda: {
            d.findtext(f"{KML}value")
            for d in etree.fromstring(path.read_bytes()).iterfind(
                f".//{KML}Folder//{KML}Data[@name='country']"
            )
            if d.getparent().getparent().find(f"{KML}Point") is None
        },
        "netcdf": lambda: set(xarray.open_dataset(path).country.values.tolist()),
    }[kind]()
    assert text == {"XB"}


def test_what_is_wrong_is_said(results, tmp_path):
    with pytest.raises(InputError, match="--country ZZ: no row in toy; XA, XB"):
        written(results, "kml", tmp_path, countries=["XA", "ZZ"])
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files"):
        write_of_result("kml", results, tmp_path)


@pytest.mark.parametrize("kind", OF_RESULTS)
def test_a_full_disk_leaves_no_half_file(results, tmp_path, monkeypatch, kind):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="No space left on device; free the folder"):
        written(results, kind, tmp_path)
    assert not list((tmp_path / kind).iterdir())


@pytest.mark.parametrize("resolution", [3, 4, 5])
def test_cells_on_the_date_line_and_at_the_poles(resolution):
    """The areas of the pieces are those of the cell; the poles are inside theirs."""
    points = [(0.0, 180.0), (66.0, -179.999), (-80.0, 179.5), (89.999, 10.0), (-89.999, 10.0), (45.0, 7.0)]
    cells = [basic_int.latlng_to_cell(lat, lon, resolution) for lat, lon in points]
    for cell, rings in zip(cells, outlines_of_cells(cells), strict=True):
        shape = shapely.geometry.shape(geometry(rings))
        assert shape.is_valid
        assert shapely.from_wkb(well_known_binary(rings)).equals(shape)
        for lat, lon in [basic_int.cell_to_latlng(cell)]:
            assert shape.covers(shapely.Point(lon, lat))
        for neighbour in set(basic_int.grid_disk(cell, 1)) - {cell}:
            lat, lon = basic_int.cell_to_latlng(neighbour)
            assert not shape.contains(shapely.Point(lon, lat))
        if abs(basic_int.cell_to_latlng(cell)[0]) > 89.9 and any(
            abs(lat) == 90.0 for ring in rings for _, lat in ring
        ):
            assert shape.bounds[0] == -180.0
            assert shape.bounds[2] == 180.0
