"""The first run on a machine: kernels are compiled ahead, by two processes side by side.

numba compiles one kernel at a time in a process, and keeps what it compiled in a folder. So where that folder holds
nothing yet, a helper process plans the beams of a made-up slot (`ecumene.scheduling.rehearsal`), while this one
computes two slots of the toy planet without planning any. Both do what a run does, so they compile what a run needs;
results are thrown away. Whatever goes wrong, kernels are compiled as they are met.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numba
import numpy as np
from llvmlite.binding import get_host_cpu_name

from ecumene.course import begin
from ecumene.earth.regions import is_inside, polygon_region
from ecumene.kernels import cache_folder, n_cores
from ecumene.scenario import load
from ecumene.scheduling.beams import Plan
from ecumene.scheduling.market import Prices
from ecumene.scheduling.rehearsal import rehearse_lights
from ecumene.slot import carry, close_links, demand, survey
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from ecumene.slot import Asked, Sky
    from ecumene.world import World

STAMP, LOCK = "rehearsed.txt", "rehearsal.lock"
"""Files beside numba's: for which sources kernels are compiled; held by the process that has them compiled."""

PATIENCE_S = 300.0
"""For another process that rehearses, or for the helper, at most. [s]"""

_HELPER = """
import json, os, signal, sys, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
def leave_with_parent():
    sys.stdin.buffer.read()
    os._exit(1)
threading.Thread(target=leave_with_parent, daemon=True).start()
sys.path[:] = json.loads(sys.argv[1])
from ecumene.scheduling.rehearsal import rehearse_beams
rehearse_beams()
"""
"""What the helper runs. Its input ends when this process ends, however that comes about; then it ends too."""

_log = logging.getLogger(__name__)


def is_due() -> bool:
    """Return whether the next run begins with a rehearsal."""
    folder = cache_folder()
    return folder is not None and n_cores() > 1 and not _is_rehearsed(folder)


def rehearse() -> None:
    """Have the kernels of a run compiled, unless they are: by this process and a helper.

    Nothing is done where one core or no folder for the cache is all there is. Of several processes that
    begin side by side, one rehearses and the others wait for it.
    """
    folder = cache_folder()
    if folder is None or n_cores() < 2 or _is_rehearsed(folder):
        return
    with suppress(OSError), _alone(folder / LOCK):
        if _is_rehearsed(folder):
            return
        with _helper() as helper:
            try:
                rehearse_all_but_beams()
            except Exception:  # noqa: BLE001 - the run that follows does not need it, and meets what is wrong itself
                _log.warning("the rehearsal failed; kernels are compiled as they are met", exc_info=True)
            if helper is not None:
                with suppress(subprocess.TimeoutExpired):
                    helper.wait(PATIENCE_S)
        (folder / STAMP).write_text(_sources())


def rehearse_all_but_beams() -> None:
    """Compute two slots of the toy planet, every cell on the first satellite of its list; and light made-up cells."""
    zone, _ = polygon_region([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    is_inside(zone, np.zeros(1), np.zeros(1))  # the law of the toy planet has no zones
    world = build(load("toy"))
    skies = [survey(world, k) for k in range(3)]
    rehearse_lights()  # long before the helper comes to it: the halves weigh about the same then
    with begin(world, None, force=False) as course:
        for sky, next_sky in itertools.pairwise(skies):
            asked = demand(world, sky)
            links = close_links(world, sky, next_sky, asked, course.last)
            course.record(carry(world, sky, asked, links, _some_plan(world, sky, asked), course.last))
        course.close()


def _some_plan(world: World, sky: Sky, asked: Asked) -> Plan:
    """Return a plan that took no planning."""
    n_sats = len(sky.r_sat_m)
    first = sky.sight.candidates_of_bin[world.grid.bin_of_cell, 0]
    is_lit = (first >= 0) & (asked.cell_bps > 0.0)
    planned_bps = np.where(is_lit, asked.cell_bps, 0.0)
    return Plan(
        sat_of_cell=np.where(is_lit, first, -1).astype(np.int32),
        units_of_cell=is_lit.astype(np.int16),
        planned_bps=planned_bps,
        is_full=np.zeros(n_sats, np.bool_),
        n_kept=0,
        n_handovers=0,
        n_forced=0,
        objective_bps=float(planned_bps.sum()),
        objective_bound_bps=float(planned_bps.sum()),
        served_bps=float(planned_bps.sum()),
        served_bound_bps=float(planned_bps.sum()),
        prices=Prices(np.zeros(n_sats), np.zeros(n_sats)),
    )


@contextmanager
def _helper() -> Iterator[subprocess.Popen[bytes] | None]:
    """Let the helper plan beams meanwhile; None where no process can be started. It does not stay behind."""
    if not sys.executable or getattr(sys, "frozen", False):
        yield None
        return
    paths = json.dumps([str(path) for path in sys.path])
    try:
        helper = subprocess.Popen(  # noqa: S603 - our own code, by this interpreter
            [sys.executable, "-c", _HELPER, paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NUMBA_CACHE_DIR": numba.config.CACHE_DIR},
        )
    except OSError:
        yield None
        return
    with helper:
        try:
            yield helper
        finally:
            helper.kill()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time in; a process that ends, however it does, leaves.

    After a while of waiting in vain, one goes in all the same: the other may have been stopped.
    """
    with path.open("w") as file:
        until = time.monotonic() + PATIENCE_S
        while not _has_locked(file) and time.monotonic() < until:
            time.sleep(0.1)
        yield


def _has_locked(file: IO[str]) -> bool:
    """Lock a file unless another process has, and return whether that was so; true where locks are not known."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _is_rehearsed(folder: Path) -> bool:
    try:
        return (folder / STAMP).read_text() == _sources()
    except OSError:
        return False


def _sources() -> str:
    """Return what stands for all that numba looks at before it takes a kernel from its folder."""
    known = hashlib.sha256(repr((numba.__version__, sys.version, get_host_cpu_name())).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        state = path.stat()
        known.update(f"{path} {state.st_mtime_ns} {state.st_size}\n".encode())
    return known.hexdigest()
