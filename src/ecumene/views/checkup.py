"""What a machine must have to run ecumene, looked at."""

from __future__ import annotations

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

LIBRARIES = ("numpy", "numba", "sgp4", "h3", "pydantic", "typer", "rich", "duckdb", "matplotlib", "jinja2")
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
        _cores(),
        _memory(),
        _disk(),
        _kernels(),
        *_tables(),
    ]


def _library(name: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, "missing", "bad", f"{sys.executable} -m pip install {name}")
    return Finding(name, metadata.version(name))


def _cores() -> Finding:
    import numba

    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if n < 2:
        return Finding(
            "cores", "1", "note", "two are better: the next slot's sky is surveyed beside this one's plan"
        )
    return Finding("cores", f"{n}; numba may use {numba.config.NUMBA_NUM_THREADS} threads")


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
    package = Path(__file__).resolve().parents[1]
    named = os.environ.get("NUMBA_CACHE_DIR")
    place = Path(named) if named else package
    try:
        n = sum(1 for _ in place.rglob("*.nbc"))
    except OSError:
        n = 0
    if n:
        return Finding("kernels", f"{n} compiled, kept in {place}")
    if os.access(place, os.W_OK):
        return Finding(
            "kernels", "not compiled yet", "note", "the first run takes a minute or two more, once"
        )
    cure = "set NUMBA_CACHE_DIR to a folder that can be written to, or every first run compiles anew"
    return Finding("kernels", f"{place} cannot be written to", "note", cure)


def _tables() -> list[Finding]:
    from ecumene.earth.cells import load_rows
    from ecumene.earth.countries import countries
    from ecumene.earth.outlines import load_outlines
    from ecumene.earth.towns import load_towns
    from ecumene.views.globe import bundle_js

    readers: dict[str, Callable[[], object]] = {
        "cells": load_rows,
        "countries": countries,
        "outlines": load_outlines,
        "towns": load_towns,
        "globe": bundle_js,
    }
    return [_table(name, read) for name, read in readers.items()]


def _table(name: str, read: Callable[[], object]) -> Finding:
    try:
        read()
    except (EcumeneError, OSError) as error:
        return Finding(f"table {name}", str(error), "bad", "install ecumene again")
    return Finding(f"table {name}", "intact")
