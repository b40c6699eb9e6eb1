"""A result as NetCDF-4 with CF attributes: rows, and the per-slot arrays where they were kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from ecumene.results.labelled import dataset, library

if TYPE_CHECKING:
    from pathlib import Path

    from ecumene.results.outcome import Results

LEVEL = 4
"""Of zlib's nine."""


def write_netcdf(results: Results, path: Path) -> Path:
    """Write a result (`Results.to_xarray`) as NetCDF-4.

    Parameters
    ----------
    results
        A run.
    path
        The file.

    Returns
    -------
    path
        The same.

    Raises
    ------
    InputError
        xarray, h5netcdf or h5py is not installed; all come with `ecumene[analysis]`.
    """
    library("h5netcdf")
    library("h5py")
    made = dataset(results, is_packed=True)
    partial = path.with_name(f".{path.name}.partial")
    made.attrs["history"] = f"{results.summary['scenario']} computed and written by {made.attrs['source']}"
    for variable in made.variables.values():
        if (
            "flag_values" in variable.attrs
        ):  # CF 1.11, section 3.5: of the type of what they explain; JSON has no types
            variable.attrs["flag_values"] = np.array(variable.attrs["flag_values"], variable.dtype)
        is_large = variable.dtype.kind in "iuf" and variable.ndim > 0
        variable.encoding = {"zlib": True, "complevel": LEVEL} if is_large else {}
    try:
        made.to_netcdf(partial, engine="h5netcdf")
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return path
