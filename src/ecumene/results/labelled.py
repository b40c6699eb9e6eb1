"""Results with labels: as an xarray Dataset or a pandas DataFrame. Both come with `pip install 'ecumene[analysis]'`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.errors import InputError, did_you_mean
from ecumene.results.schema import ROWS, TABLES, Variable

if TYPE_CHECKING:
    from pandas import DataFrame
    from xarray import Dataset

    from ecumene.results.outcome import Results

COORDINATES = ("cell", "country", "lat_deg", "lon_deg")
"""Columns of the rows that say where and whose a row is."""


def library(name: str) -> Any:
    """Return a library of the extra `analysis`.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise InputError(f"this needs {name}: pip install 'ecumene[analysis]'") from None


def dataset(results: Results, *, is_packed: bool = False) -> Dataset:
    """Return the rows, and the per-slot arrays where they were kept.

    Parameters
    ----------
    results
        A run.
    is_packed
        Leave the arrays as the whole numbers they are stored as, with `scale_factor` and `_FillValue` beside them.

    Returns
    -------
    dataset
        Dimension `row`, and `time` with the arrays, which are read when they are asked for. Every variable has
        `long_name` and `units` (CF conventions 1.11).

    Raises
    ------
    InputError
        xarray is not installed, or the arrays have been moved away.
    """
    xarray = library("xarray")
    rows = results.rows()
    variables = {v.name: ("row", _plain(rows[v.name]), _attributes(v)) for v in ROWS}
    made = xarray.Dataset(
        {name: value for name, value in variables.items() if name not in COORDINATES},
        coords={name: variables[name] for name in COORDINATES},
        attrs={
            "Conventions": "CF-1.11",
            "title": results.scenario.title or results.scenario.name,
            "source": f"ecumene {results.summary['version']}",
            "start_utc": results.summary["start_utc"],
            "slots": results.summary["slots"],
            "slot_s": results.summary["slot_s"],
        },
    )
    if results.arrays is None:
        return made
    if not results.arrays.is_dir():
        raise InputError(
            f"{results.arrays}: the per-slot arrays are gone: moved, deleted, or replaced by another run in this "
            "folder; open the folder they are in with ecumene.open"
        )
    stored = xarray.open_zarr(results.arrays, consolidated=False, mask_and_scale=not is_packed)
    return made.merge(stored.drop_vars(["cell", "country", "lat", "lon"]), combine_attrs="override")


def _attributes(variable: Variable) -> dict[str, str]:
    """Return long name and units; "1" is CF's unit of a share, and H3 numbers and words have none."""
    standard = {
        "lat_deg": {"standard_name": "latitude", "units": "degrees_north"},
        "lon_deg": {"standard_name": "longitude", "units": "degrees_east"},
    }
    units = {"units": variable.unit} if variable.unit else {}
    return {"long_name": variable.meaning, **units, **standard.get(variable.name, {})}


def _plain(column: Any) -> Any:
    """Return text as fixed-width strings, which every format holds."""
    return column.astype(str) if column.dtype == object else np.asarray(column)


def data_frame(results: Results, table: str) -> DataFrame:
    """Return a table of the results.

    Parameters
    ----------
    results
        A run.
    table
        Key of `ecumene.results.schema.TABLES`.

    Raises
    ------
    InputError
        There is no such table, or pandas is not installed.
    """
    if table not in TABLES:
        raise InputError(
            f"{table!r}: no such table{did_you_mean(table, TABLES)}; tables: {', '.join(TABLES)}"
        )
    frame: DataFrame = library("pandas").DataFrame(results.tables[table])
    return frame
