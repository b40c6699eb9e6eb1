"""What a machine must have to run ecumene, looked at."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ecumene import __version__
from ecumene.errors import EcumeneError

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARIES = (
    *("numpy", "numba", "sgp4", "h3", "pydantic", "typer"),
    *("rich", "duckdb", "zarr", "matplotlib", "jinja2"),
)
EXTRAS = {
    "analysis": (
        ("xarray", "pandas", "h5netcdf", "h5py"),
        "Results.to_xarray(), Results.df(), ecumene export netcdf",
    )
}
"""What `pip install 'ecumene[NAME]'` brings, and what for."""

LEAST_MEMORY_GB, LEAST_DISK_GB = 2.0, 0.5
"""A run of Gen1 at resolution 5 takes 1.4 GB at its peak; its results and compiled kernels some 0.1 GB."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    what, found
        What was looked at, and what is there.
    state
        "ok", "note" (works, but something could be better) or "bad".
    cure
        What to do; empty where nothing is to be done.
    """

    what: str
    found: str
    state: str = "ok"
    cure: str = ""


def checkup() -> list[Finding]:
    """Return what a machine has and lacks, the program first."""
    return [
        Finding(
            "ecumene", f"{__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}"
        ),
        *map(_library, LIBRARIES),
        *(_extra(name, *parts) for name, parts in EXTRAS.items()),
        _cores(),
        _threads(),
        _memory(),
        _disk(),
        _kernels(),
        _gpu(),
        _emulation(),
        *_tables(),
    ]


def _library(name: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, "missing", "bad", f"{sys.executable} -m pip install {name}")
    return Finding(name, metadata.version(name))


def _extra(name: str, libraries: tuple[str, ...], use: str) -> Finding:
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if not missing:
        return Finding(f"extra {name}", f"installed: {use}")
    cure = f"for {use}: {sys.executable} -m pip install 'ecumene[{name}]'"
    return Finding(f"extra {name}", f"not installed ({', '.join(missing)} missing)", "note", cure)


def _cores() -> Finding:
    from ecumene.kernels import n_cores

    n = n_cores()
    if n < 2:
        return Finding(
            "cores", "1", "note", "two are better: the next slot's sky is surveyed beside this one's plan"
        )
    return Finding("cores", str(n))


def _threads() -> Finding:
    """Say what numba would run parallel kernels with; those of ecumene run in one thread each, two side by side."""
    import numba

    wanted = numba.config.THREADING_LAYER
    pools = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}
    names = [wanted] if wanted in pools else numba.config.THREADING_LAYER_PRIORITY
    layer = next((name for name in names if _imports(f"numba.np.ufunc.{pools[name]}")), "none")
    return Finding("numba threads", f"{numba.config.NUMBA_NUM_THREADS}, threading layer {layer}")


def _imports(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def _memory() -> Finding:
    try:
        total_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return Finding("memory", "cannot be told here")
    if total_gb < LEAST_MEMORY_GB:
        return Finding("memory", f"{total_gb:.1f} GB", "note", "use --resolution 4, or 3")
    return Finding("memory", f"{total_gb:.1f} GB")


def _disk() -> Finding:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    if not os.access(Path.cwd(), os.W_OK):
        return Finding("folder", f"{Path.cwd()} cannot be written to", "note", "name another with --out")
    if free_gb < LEAST_DISK_GB:
        return Finding("disk", f"{free_gb:.1f} GB free here", "note", "name another folder with --out")
    return Finding("disk", f"{free_gb:.1f} GB free here")


def _kernels() -> Finding:
    """Say whether kernels are compiled, and whether that can be kept."""
    from ecumene.kernels import cache_folder

    package = Path(__file__).resolve().parents[1]
    folder = cache_folder()
    if folder is None:
        cure = "set NUMBA_CACHE_DIR to a folder that can be written to, or every run compiles anew"
        return Finding("kernels", "no folder for them can be written to", "note", cure)
    place = package if package in folder.parents else folder.parent
    n = sum(1 for _ in place.rglob("*.nbi"))
    if n:
        return Finding("kernels", f"{n} compiled, kept in {place}")
    cure = "the first run takes half a minute or so more, once"
    return Finding("kernels", f"not compiled yet; {place} can be written to", "note", cure)


def _gpu() -> Finding:
    found = [
        line.partition(":")[2].strip()
        for path in Path("/proc/driver/nvidia/gpus").glob("*/information")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("Model")
    ]
    return Finding("GPU", f"{', '.join(found) or 'none found'}; not used, all kernels run on the CPU")


NET_ADMIN, SYS_ADMIN = 12, 21
"""Bits of Linux capabilities (linux/capability.h)."""


def _emulation() -> Finding:
    """Say what real packets over computed links would need of the system; nothing here does yet."""
    if sys.platform != "linux":
        return Finding("network emulation", "needs Linux; no command uses it yet")
    rights = _capabilities()
    has = {
        "network namespaces": bool(rights >> SYS_ADMIN & 1)
        or _number_in("/proc/sys/user/max_user_namespaces") > 0,
        "CAP_NET_ADMIN": bool(rights >> NET_ADMIN & 1),
        "/dev/net/tun": os.access("/dev/net/tun", os.R_OK | os.W_OK),
    }
    told = ", ".join(f"{what} {'yes' if is_there else 'no'}" for what, is_there in has.items())
    return Finding("network emulation", f"{told}; no command uses it yet")


def _capabilities() -> int:
    """Return the effective capabilities of this process, as bits."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff")), 0)


def _number_in(path: str) -> int:
    try:
        return int(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _tables() -> list[Finding]:
    from ecumene.earth.cells import load_rows
    from ecumene.earth.countries import countries
    from ecumene.earth.outlines import load_outlines
    from ecumene.earth.towns import load_towns
    from ecumene.views.globe import globe_parts

    readers: dict[str, Callable[[], object]] = {
        "cells": load_rows,
        "countries": countries,
        "outlines": load_outlines,
        "towns": load_towns,
        "globe": lambda: globe_parts(""),
    }
    return [_table(name, read) for name, read in readers.items()]


def _table(name: str, read: Callable[[], object]) -> Finding:
    try:
        read()
    except (EcumeneError, OSError) as error:
        return Finding(f"table {name}", str(error), "bad", "install ecumene again")
    return Finding(f"table {name}", "intact")
