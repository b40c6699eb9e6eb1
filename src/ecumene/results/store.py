"""A result folder: tables as Parquet and CSV, summary, manifest.

A folder is complete when its manifest stands; the manifest is written last and names the digest of every
file. A run that dies while writing leaves a folder without a manifest, which a later run of any scenario may
fill again, and which no reader takes for a result. A checkpoint (`ecumene.results.checkpoint`) beside it is the part of
a run that is done already: only the same run goes on from it, and another one is refused.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene import __version__
from ecumene.errors import DamagedResultError, NoResultError, OutputError, RunError
from ecumene.results.arrays import PARTIAL, STORE
from ecumene.results.checkpoint import CHECKPOINT, Head, read_head
from ecumene.results.files import put_file, sha256_of, whole
from ecumene.results.frames import frames_bytes
from ecumene.results.keys import changed_keys
from ecumene.results.program import code_digest
from ecumene.results.schema import TABLES, Table, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecumene.results.frames import Frames
    from ecumene.results.outcome import Results
    from ecumene.scenario import Scenario

MANIFEST = "manifest.json"
SUMMARY = "summary.json"
FRAMES = "frames.npz"
REPORT = "report.html"
CSV_TABLES = ("countries", "places", "pairs", "landings", "cuts", "slots", "faults")
"""Tables written as CSV beside Parquet: those that people open in a spreadsheet."""

GLOBE_RESOLUTIONS = (3, 4, 5)
"""H3 resolutions of cells that a report's globe may have."""

_OURS = {
    MANIFEST,
    SUMMARY,
    FRAMES,
    REPORT,
    STORE,
    PARTIAL,
    CHECKPOINT,
    *(f"{name}.parquet" for name in TABLES),
    *(f"{t}.csv" for t in CSV_TABLES),
}
_LIBRARIES = ("numpy", "numba", "sgp4", "h3", "pydantic", "duckdb", "zarr")
_FILE_KEYS = (
    ("constellation", "file"),
    ("gateways", "sites"),
    ("isl", "file"),
    ("licences", "records"),
    ("places", "file"),
)
"""Keys of a scenario that may name a file."""

_SQL_TYPES = {
    "uint64": "UBIGINT",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "float64": "DOUBLE",
    "float32": "FLOAT",
}


def input_digests(scenario: Scenario) -> dict[str, str]:
    """Return the SHA-256 of every file a scenario reads, by path.

    Raises
    ------
    OutputError
        A file cannot be read.
    """
    digests = {}
    keys = scenario.model_dump()
    for section, key in _FILE_KEYS:
        name = keys[section][key]
        if name and Path(name).is_file():
            digests[name] = _digest(Path(name))
    for name in _region_files(scenario):
        digests[name] = _digest(Path(name))
    return digests


def _region_files(scenario: Scenario) -> list[str]:
    regions = [fault.region for fault in scenario.fault if fault.region is not None]
    return [region.file for region in regions if region.file and Path(region.file).is_file()]


def fingerprint(scenario: Scenario) -> str:
    """Return the identity of a run: its resolved scenario, the content of its files, the version."""
    keys = scenario.model_dump(mode="json")
    for section, key in _FILE_KEYS:
        name = keys[section][key]
        if name and Path(name).is_file():
            keys[section][key] = _digest(Path(name))
    regions = [_digest(Path(name)) for name in _region_files(scenario)]
    for fault in keys["fault"]:
        if fault["region"] is not None:
            fault["region"]["file"] = None  # its content stands beside it, wherever it lies
    text = json.dumps([__version__, keys, *regions], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_folder(folder: Path, scenario: Scenario, *, force: bool) -> None:
    """Refuse a result folder that cannot be used, before anything is computed.

    Parameters
    ----------
    folder
        Where results are to go; it may exist or not.
    scenario
        The run they come from.
    force
        Overwrite the result or the unfinished run of another scenario.

    Raises
    ------
    OutputError
        It is a file, or holds other things than results, or the result or the unfinished run of another scenario, or
        cannot be written to.
    DamagedResultError
        It holds an unfinished run that cannot be read.
    """
    check_place(folder)
    if not folder.is_dir():
        return
    present = {entry.name for entry in folder.iterdir()}
    if not present:
        return
    if not present & _OURS:
        raise OutputError(f"--out {folder}: holds other files and no result; name an empty or a new folder")
    if force:
        return
    unfinished_run(folder, scenario)
    if MANIFEST not in present:
        return  # a run died on its way
    known = read_json(folder / MANIFEST)
    if known.get("fingerprint") != fingerprint(scenario):
        raise OutputError(
            f"--out {folder}: holds the result of {_named(known.get('scenario', {}), scenario)}; "
            "give another --out, or --force to overwrite it"
        )


def unfinished_run(folder: Path, scenario: Scenario) -> Head | None:
    """Return how far a run of this very scenario came in a folder and can go on from; None where there is none.

    Raises
    ------
    OutputError
        The unfinished run in the folder is of another scenario, or of a program or libraries that have changed.
    DamagedResultError
        It cannot be read.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    head, now = read_head(path), identity(scenario)
    if head.identity == now:
        return head
    far = f"--out {folder}: holds an unfinished run ({head.n_done} of {head.n_slots} slots)"
    cure = "give another --out, or --force to overwrite it"
    if head.identity.get("fingerprint") != now["fingerprint"]:
        raise OutputError(f"{far} of {_named(head.scenario, scenario)}; {cure}")
    told = ", ".join(
        f"{name} {head.identity.get(name, 'none')[:12]}, now {now[name][:12]}"
        for name in now
        if head.identity.get(name) != now[name]
    )
    raise OutputError(f"{far} that cannot go on, since what computes it has changed: {told}; {cure}")


def is_finished(folder: Path, scenario: Scenario) -> bool:
    """Return whether a folder holds the result of this very scenario and files by this very program and libraries.

    Raises
    ------
    DamagedResultError
        Its manifest cannot be read.
    """
    if not (folder / MANIFEST).is_file():
        return False
    manifest = read_json(folder / MANIFEST)
    if scenario.start is None:  # it follows from the files, and stands resolved in the manifest
        try:
            start = datetime.fromisoformat(manifest["scenario"]["start"])
        except (KeyError, TypeError, ValueError):
            return False
        scenario = scenario.model_copy(update={"start": start})
    return bool(manifest.get("identity") == identity(scenario))


def identity(scenario: Scenario) -> dict[str, str]:
    """Return what must be the same for a run to go on: scenario and files, what computes, Python, the libraries."""
    return {
        "fingerprint": fingerprint(scenario),
        "program": code_digest(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }


def _named(known: Mapping[str, Any], scenario: Scenario) -> str:
    """Return the name of another scenario, and the first keys in which it differs."""
    changed = [entry["key"] for entry in changed_keys(known, scenario.model_dump(mode="json"))]
    name = f"'{known.get('name', 'another scenario')}'"
    if not changed:
        return f"{name} with other files, or by another version"
    return f"{name} with other settings ({', '.join(changed[:4])}{', ...' if len(changed) > 4 else ''})"


def check_place(folder: Path) -> None:
    """Refuse a folder that is a file, or that cannot be made or written to.

    Raises
    ------
    OutputError
        With what to do instead.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"--out {folder}: is a file; name a folder")
    nearest = folder.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"--out {folder}: {nearest} is a file; name a folder that is there")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"--out {folder}: no permission to write in {nearest}")


def write_results(
    results: Results,
    folder: Path,
    *,
    force: bool = False,
    extra_files: Mapping[str, bytes | str] | None = None,
    globe_cells: int | None = None,
) -> None:
    """Write a result folder: every file by a temporary name first, the manifest last; then no checkpoint is needed.

    Parameters
    ----------
    results
        The finished run.
    folder
        Made where it does not exist.
    force
        Overwrite the result of another scenario.
    extra_files
        Further files by name, such as the report.
    globe_cells
        H3 resolution of the cells on the report's globe, by which it is drawn again.

    Raises
    ------
    OutputError
        The folder cannot be used (`check_folder`).
    RunError
        Writing failed: disk full, folder taken away. What stood there before may be incomplete.
    """
    check_folder(folder, results.scenario, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        written = _write_tables(results.tables, folder)
        for name, content in {SUMMARY: json_text(results.summary), **(extra_files or {})}.items():
            data = content.encode() if isinstance(content, str) else content
            written.append(put_file(folder / name, data))
        written += _place_frames(results.frames, folder)
        written += _place_arrays(results.arrays, folder)
        put_file(folder / MANIFEST, json_text(_manifest(results, folder, written, globe_cells)).encode())
        (folder / CHECKPOINT).unlink(missing_ok=True)
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise RunError(
            f"{folder}: writing the results failed: {reason}; free the folder and run again "
            "(it holds no manifest and will not be taken for a result)"
        ) from None


def _place_frames(frames: Frames | None, folder: Path) -> list[Path]:
    """Write what the globe needs, or take away what another run left."""
    if frames is None:
        (folder / FRAMES).unlink(missing_ok=True)
        return []
    return [put_file(folder / FRAMES, frames_bytes(frames))]


def replace_report(folder: Path, page: str, globe_cells: int) -> None:
    """Put another report into a finished result folder; the manifest, which names its digest, is written last.

    Parameters
    ----------
    folder
        A result folder that is intact.
    page
        The report.
    globe_cells
        H3 resolution of the cells on its globe.
    """
    manifest = read_json(folder / MANIFEST)
    (folder / MANIFEST).unlink()
    digest = _digest(put_file(folder / REPORT, page.encode()))
    manifest["outputs"][REPORT], manifest["globe_cells"] = digest, globe_cells
    put_file(folder / MANIFEST, json_text(manifest).encode())


def globe_cells_of(folder: Path) -> int | None:
    """Return the H3 resolution of the cells on the globe of a folder's report; None where its manifest tells none.

    Raises
    ------
    DamagedResultError
        The manifest cannot be read, or tells something else.
    """
    told = read_json(folder / MANIFEST).get("globe_cells")
    if told is None or (type(told) is int and told in GLOBE_RESOLUTIONS):
        return told
    raise DamagedResultError(f"{folder / MANIFEST}: globe_cells {told!r}: must be 3, 4 or 5")


def _place_arrays(arrays: Path | None, folder: Path) -> list[Path]:
    """Give the store of per-slot arrays its name in the folder, and return its files.

    A store of another run is removed, and so is one that a run left unfinished; one that already has its place here
    stays.
    """
    store, partial = folder / STORE, folder / PARTIAL
    if arrays is None:
        for left in (store, partial):
            shutil.rmtree(left, ignore_errors=True)
        return []
    if arrays.is_dir() and arrays.resolve() != store.resolve():
        if arrays.resolve() != partial.resolve():
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(arrays, partial)
        shutil.rmtree(store, ignore_errors=True)
        partial.replace(store)
    return sorted(path for path in store.rglob("*") if path.is_file())


def read_summary(folder: Path) -> dict[str, Any]:
    """Return the summary of a result folder after checking every file against the manifest.

    Raises
    ------
    NoResultError, DamagedResultError
        As `check_intact`.
    """
    check_intact(folder)
    return read_json(folder / SUMMARY)


def read_table(folder: Path, name: str) -> Table:
    """Return a table of a result folder as it was before it was written: "" and NaN for empty cells.

    Parameters
    ----------
    folder
        A result folder.
    name
        Key of `ecumene.results.schema.TABLES`.

    Raises
    ------
    DamagedResultError
        The file is missing, cannot be read, or lacks a column.
    """
    import duckdb

    path = folder / f"{name}.parquet"
    names = ", ".join(f'"{v.name}"' for v in TABLES[name])
    connection = duckdb.connect()
    try:
        read = connection.execute(f"SELECT {names} FROM read_parquet(?)", [str(path)]).fetchnumpy()  # noqa: S608
    except duckdb.Error as error:
        raise DamagedResultError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()
    return {v.name: _unmasked(read[v.name], v) for v in TABLES[name]}


def _unmasked(column: Any, variable: Variable) -> Any:
    """Return a column without its mask: empty text, and NaN, for which whole numbers become floats."""
    if variable.dtype == "str":
        return np.ma.filled(np.ma.asarray(column, dtype=object), "").astype(object)
    if np.ma.is_masked(column):
        return np.ma.filled(column.astype(np.float64), np.nan)
    return np.asarray(column)


def check_intact(folder: Path) -> None:
    """Compare every file of a result folder with the digest in its manifest.

    Raises
    ------
    NoResultError
        There is no such folder, or it holds no manifest.
    DamagedResultError
        A file is missing or has changed, or the manifest cannot be read.
    """
    check_is_result(folder)
    outputs = read_json(folder / MANIFEST).get("outputs")
    if not isinstance(outputs, dict):
        raise DamagedResultError(f"{folder / MANIFEST}: names no files; run the scenario again")
    for name, digest in outputs.items():
        path = folder / name
        if not path.is_file():
            raise DamagedResultError(f"{path}: is missing; run the scenario again")
        if _digest(path) != digest:
            raise DamagedResultError(f"{path}: has changed since it was written; run the scenario again")


def check_is_result(folder: Path) -> None:
    """Refuse what is no result folder.

    Raises
    ------
    NoResultError
        It does not exist, is a file, or holds no manifest.
    """
    if not folder.exists():
        raise NoResultError(f"{folder}: there is no such folder; name a result, such as out/starlink-gen1")
    if not folder.is_dir():
        raise NoResultError(f"{folder}: is a file; name the folder of a result")
    if not (folder / MANIFEST).is_file():
        raise NoResultError(f"{folder}: no manifest.json: not a result folder, or a run that never finished")


def _write_tables(tables: Mapping[str, Table], folder: Path) -> list[Path]:
    import duckdb

    written = []
    connection = duckdb.connect()
    try:
        for name, variables in TABLES.items():
            connection.register(name, {v.name: _plain(tables[name][v.name]) for v in variables})
            select = f"SELECT {', '.join(_column(v) for v in variables)} FROM {name}"  # noqa: S608
            written.append(
                _copy(connection, select, folder / f"{name}.parquet", "FORMAT parquet, COMPRESSION zstd")
            )
            if name in CSV_TABLES:
                written.append(_copy(connection, select, folder / f"{name}.csv", "FORMAT csv, HEADER"))
            connection.unregister(name)
    except duckdb.IOException as error:
        code = errno.ENOSPC if "space" in str(error).lower() else errno.EIO
        raise OSError(code, str(error).splitlines()[0]) from None
    finally:
        connection.close()
    return written


def _plain(column: Any) -> Any:
    """Return text columns as objects, which DuckDB reads; others as they are."""
    return column.astype(object) if column.dtype.kind == "U" else column


def _column(variable: Variable) -> str:
    """Return the SQL of a column: empty text and NaN become NULL, everything gets its declared type."""
    if variable.dtype == "str":
        return f'nullif("{variable.name}", \'\') AS "{variable.name}"'
    return f'CAST("{variable.name}" AS {_SQL_TYPES[variable.dtype]}) AS "{variable.name}"'


def _copy(connection: Any, select: str, path: Path, options: str) -> Path:
    with whole(path) as partial:
        quoted = str(partial).replace("'", "''")
        connection.execute(f"COPY ({select}) TO '{quoted}' ({options})")
    return path


def put_parquet(
    path: Path,
    table: Table,
    variables: Sequence[Variable],
    binary: Mapping[str, Any],
    metadata: Mapping[str, str],
) -> Path:
    """Write a table of another shape as Parquet, by a temporary name first.

    Parameters
    ----------
    path
        The file.
    table
        Columns by name.
    variables
        Those to write, in order.
    binary
        Further columns of bytes, after them.
    metadata
        Text for the file's own metadata, by key.

    Returns
    -------
    path
        The same.
    """
    import duckdb

    columns = {v.name: _plain(table[v.name]) for v in variables} | dict(binary)
    select = ", ".join([*(_column(v) for v in variables), *(f'"{name}"' for name in binary)])
    quoted = ", ".join(f"'{key}': '" + text.replace("'", "''") + "'" for key, text in metadata.items())
    connection = duckdb.connect()
    try:
        connection.register("written", columns)
        options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{quoted}}}"
        return _copy(connection, f"SELECT {select} FROM written", path, options)  # noqa: S608
    except duckdb.IOException as error:
        code = errno.ENOSPC if "space" in str(error).lower() else errno.EIO
        raise OSError(code, str(error).splitlines()[0]) from None
    finally:
        connection.close()


def _manifest(results: Results, folder: Path, written: list[Path], globe_cells: int | None) -> dict[str, Any]:
    return {
        "program": "ecumene",
        "version": __version__,
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "fingerprint": fingerprint(results.scenario),
        "identity": identity(results.scenario),
        "scenario": results.scenario.model_dump(mode="json"),
        "seed": results.scenario.seed,
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "inputs": input_digests(results.scenario),
        "data": bundled_digests(),
        "globe_cells": globe_cells,
        "outputs": {path.relative_to(folder).as_posix(): _digest(path) for path in written},
    }


def bundled_digests() -> dict[str, str]:
    """Return the SHA-256 of every data file that ships with the package, by its path inside it."""
    root = Path(__file__).parent.parent
    files = (p for p in root.rglob("data/*") if p.is_file() and p.suffix not in {".py", ".pyc"})
    return {str(path.relative_to(root)): _digest(path) for path in sorted(files)}


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from None


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object a file holds.

    Raises
    ------
    DamagedResultError
        It cannot be read, or holds something else.
    """
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedResultError(f"{path}: cannot be read: {error}") from None
    if not isinstance(loaded, dict):
        raise DamagedResultError(f"{path}: is not a JSON object")
    return loaded


def json_text(value: Any) -> str:
    """Return JSON text; NaN is an error, not a value."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=_number) + "\n"


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
