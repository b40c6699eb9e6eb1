"""The result folder: complete or not a result, never somebody else's files."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from ecumene import load
from ecumene.errors import DamagedResultError, NoResultError, OutputError, RunError
from ecumene.results import store
from ecumene.results.outcome import Results
from ecumene.results.schema import TABLES, Table

if TYPE_CHECKING:
    from ecumene.scenario import Scenario


def made_up(n: int = 3) -> Results:
    """Return results with two lines a table; text and NaN where a column may be empty."""
    columns = {"str": np.array(["a'b", ""], dtype=object), "uint64": np.array([2**63, 1], np.uint64)}

    def table(name: str) -> Table:
        return {v.name: columns.get(v.dtype, np.array([float(n), np.nan])) for v in TABLES[name]}

    tables = {name: table(name) for name in TABLES}
    for name, variables in TABLES.items():
        for v in variables:
            if v.dtype.startswith("int") and v.name != "hops":
                tables[name][v.name] = np.array([n, -1])
    return Results(load("toy"), tables, {"people": 3.5, "count": np.int64(4), "none": None})


def test_what_is_written_can_be_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "toy"
    store.write_results(made_up(), folder, extra_files={"report.html": "<p>ü</p>"})
    assert store.read_summary(folder) == {"people": 3.5, "count": 4, "none": None}
    rows = duckdb.sql(f"select cell, country, rtt_ms_p50 from '{folder / 'rows.parquet'}'").fetchall()
    assert rows == [(2**63, "a'b", 3.0), (1, None, None)]
    for name, variables in TABLES.items():
        described = duckdb.sql(f"describe select * from '{folder / f'{name}.parquet'}'").fetchall()
        assert [column[0] for column in described] == [v.name for v in variables]
    header = (folder / "places.csv").read_text().splitlines()[0]
    assert header == (
        "slot,utc,place,cause,limit,n_visible,n_clear,n_usable,satellite,elevation_deg,slant_km,gateway,pop,"
        "hops,mbps,rtt_ms,rtt_geometry_ms"
    )
    assert (folder / "report.html").read_text() == "<p>ü</p>"
    assert not list(folder.glob("*.partial"))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["scenario"]["name"] == "toy"
    assert set(manifest["outputs"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}


def test_the_same_scenario_may_be_written_again_another_not(tmp_path: Path) -> None:
    store.write_results(made_up(), tmp_path)
    store.write_results(made_up(), tmp_path)
    other = load("toy", overrides={"slots": 9, "terminal.min_elevation_deg": 30})
    with pytest.raises(OutputError, match=r"'toy' with other settings \(slots, terminal.min_elevation_deg\)"):
        store.check_folder(tmp_path, other, force=False)
    store.check_folder(tmp_path, other, force=True)


def test_a_folder_with_other_things_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="holds other files and no result"):
        store.check_folder(tmp_path, load("toy"), force=True)
    with pytest.raises(OutputError, match="is a file"):
        store.check_folder(tmp_path / "thesis.tex", load("toy"), force=True)


def test_files_of_the_user_in_a_result_folder_survive(tmp_path: Path) -> None:
    store.write_results(made_up(), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    store.write_results(made_up(4), tmp_path, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    store.check_intact(tmp_path)


@pytest.mark.parametrize("name", ["rows.parquet", "countries.csv", "summary.json"])
def test_damage_is_noticed(tmp_path: Path, name: str) -> None:
    store.write_results(made_up(), tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedResultError, match=f"{name}: has changed"):
        store.read_summary(tmp_path)
    path.unlink()
    with pytest.raises(DamagedResultError, match=f"{name}: is missing"):
        store.read_summary(tmp_path)


def test_a_run_that_died_while_writing_leaves_no_result_and_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_file", full)
        with pytest.raises(RunError, match="the disk is full"):
            store.write_results(made_up(), tmp_path / "a")
    with pytest.raises(NoResultError, match=r"no manifest\.json"):
        store.read_summary(tmp_path / "a")
    store.write_results(made_up(), tmp_path / "a")
    store.check_intact(tmp_path / "a")


def test_nan_in_the_summary_is_an_error_not_a_value(tmp_path: Path) -> None:
    results = made_up()
    broken = Results(results.scenario, results.tables, {"x": float("nan")})
    with pytest.raises(ValueError, match="Out of range float"):
        store.write_results(broken, tmp_path)


def test_the_fingerprint_follows_the_content_of_files_not_their_names(tmp_path: Path) -> None:
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("name,lat,lon\nx,1,2\n")
    b.write_text("name,lat,lon\nx,1,2\n")
    prints = [store.fingerprint(load("toy", overrides={"places.file": str(p)})) for p in (a, b)]
    assert prints[0] == prints[1]
    b.write_text("name,lat,lon\nx,1,3\n")
    assert store.fingerprint(load("toy", overrides={"places.file": str(b)})) != prints[0]


def test_the_fingerprint_follows_the_content_of_a_region_too(tmp_path: Path) -> None:
    def loaded(name: str, east_deg: float) -> Scenario:
        ring = [[0.0, 0.0], [east_deg, 0.0], [0.0, 9.0], [0.0, 0.0]]
        path = tmp_path / f"{name}.geojson"
        path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
        fault = {"kind": "jamming", "attach_share": 0.5, "region": {"file": str(path)}}
        scenario = load("toy", faults=[fault])
        assert str(path) in store.input_digests(scenario)
        return scenario

    a, b, c = loaded("a", 9.0), loaded("b", 9.0), loaded("c", 8.0)
    assert store.fingerprint(a) == store.fingerprint(b) != store.fingerprint(c)
