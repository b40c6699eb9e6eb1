"""Results read back from a folder, and what a user of Python asks of them."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

import ecumene
from ecumene.errors import DamagedResultError, InputError, NoResultError
from ecumene.results.schema import ROWS, TABLES


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of the toy planet with a named place, and its folder."""
    folder = tmp_path_factory.mktemp("opened")
    places = folder / "places.csv"
    places.write_text("name,lat,lon\nMarket,23.5,19.2\nFar,43.8,46.2\n")
    results = ecumene.simulate(ecumene.load("toy", overrides={"places.file": str(places)}))
    results.write(folder / "toy")
    return results, folder / "toy"


def test_what_is_opened_is_what_was_computed(run):
    results, folder = run
    opened = ecumene.open(folder)
    assert opened.scenario == results.scenario
    assert opened.summary == results.summary
    for name, table in results.tables.items():
        for column, values in table.items():
            read = opened.tables[name][column]
            if values.dtype.kind == "f" or read.dtype.kind == "f":
                np.testing.assert_array_equal(read, values.astype(read.dtype), err_msg=f"{name}.{column}")
            else:
                assert read.astype(str).tolist() == values.astype(str).tolist(), f"{name}.{column}"


def test_what_is_opened_can_be_written_again_bit_for_bit(run, tmp_path):
    _, folder = run
    ecumene.open(folder).write(tmp_path)
    for name in (*(f"{table}.parquet" for table in TABLES), "frames.npz"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_folder_without_frames_opens(run, tmp_path):
    dataclasses.replace(run[0], frames=None).write(tmp_path)
    assert not (tmp_path / "frames.npz").exists()
    assert ecumene.open(tmp_path).frames is None


def test_frames_of_the_last_result_do_not_stay(run, tmp_path):
    run[0].write(tmp_path)
    dataclasses.replace(run[0], frames=None).write(tmp_path)
    assert not (tmp_path / "frames.npz").exists()


@pytest.mark.parametrize("name", ["rows.parquet", "summary.json", "places.csv", "frames.npz"])
def test_damage_is_refused(run, tmp_path, name):
    run[0].write(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedResultError, match=f"{name}: has changed since it was written"):
        ecumene.open(tmp_path)


def test_no_result_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for folder, told in (
        (tmp_path / "nowhere", "there is no such folder; name a result"),
        (tmp_path / "file", "is a file; name the folder of a result"),
        (tmp_path, r"no manifest\.json: not a result folder, or a run that never finished"),
    ):
        with pytest.raises(NoResultError, match=told):
            ecumene.open(folder)


def test_a_manifest_that_names_no_files_is_damaged(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DamagedResultError, match=r"manifest\.json: names no files; run the scenario again"):
        ecumene.open(tmp_path)


def test_a_table_another_version_wrote_without_a_column_is_refused(run, tmp_path, monkeypatch):
    from ecumene.results import store

    run[0].write(tmp_path)
    more = {**TABLES, "rows": (*ROWS, ROWS[0].__class__("new", "float32", "", "new"))}
    monkeypatch.setattr(store, "TABLES", more)
    with pytest.raises(DamagedResultError, match=r"rows\.parquet: cannot be read.*version .* wrote it"):
        ecumene.open(tmp_path)


def test_a_place_is_its_series_and_its_summary(run):
    place = run[0].place("Market")
    assert set(place["series"]["place"]) == {"Market"}
    assert place["series"]["slot"].tolist() == [0, 1, 2, 3]
    assert place["summary"]["availability"] == np.mean(place["series"]["n_usable"] > 0)


def test_a_place_that_was_not_followed_is_said(run):
    with pytest.raises(
        InputError, match="'Markt': no such place in toy; did you mean 'Market'\\?; followed are"
    ):
        run[0].place("Markt")


def test_labels_of_xarray_and_pandas(run):
    results = run[0]
    made = results.to_xarray()
    assert made.mbps_p50.attrs == {
        "long_name": next(v.meaning for v in ROWS if v.name == "mbps_p50"),
        "units": "Mbit/s",
    }
    assert made.sizes == {"row": 7}
    assert made.country.values.tolist() == results.rows()["country"].tolist()
    frame = results.df("countries")
    assert frame.people.sum() == results.rows()["people"].sum()
    with pytest.raises(InputError, match="'country': no such table; did you mean 'countries'"):
        results.df("country")


@pytest.mark.parametrize(("library", "call"), [("xarray", "to_xarray"), ("pandas", "df")])
def test_a_library_that_is_not_there_is_named(run, monkeypatch, library, call):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"needs {library}: pip install 'ecumene\[analysis\]'"):
        getattr(run[0], call)()


def test_a_notebook_shows_table_and_map(run):
    html = run[0]._repr_html_()
    assert "A toy planet" in html
    assert 'src="data:image/png;base64,' in html
    assert "http" not in html
    assert "4 slots of 15 s" in html


def test_at_a_prompt_a_result_is_one_line(run):
    line = repr(run[0])
    assert line.startswith("<Results of toy: 4 slots from 2026-03-24T12:00:12Z, 7 rows, 9,220 people, ")
    assert "\n" not in line
