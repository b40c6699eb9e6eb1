"""How kernels are compiled, and how they run on all cores.

Compiled with numba's `njit`, without the entries that nobody uses, for they take time to compile: numba gives every
kernel one entry for Python and one for C callbacks. While a kernel is compiled, Python does not look for garbage: it
would look through all that numba has built so far, time and again, for a fifth of the time that compiling takes.
"""

from __future__ import annotations

import gc
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from numba.core import event

if TYPE_CHECKING:
    from collections.abc import Callable


def njit(**options: Any) -> Any:
    """Return the decorator `numba.njit(**options)`, without the entry for C callbacks.

    Where no folder can be written to, `cache` is left out: numba would refuse.
    """

    def kernel_of(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(no_cfunc_wrapper=True, **options)(function)
        except RuntimeError:
            return numba.njit(no_cfunc_wrapper=True, **{**options, "cache": False})(function)

    return kernel_of


inner_njit = partial(njit, no_cpython_wrapper=True)
"""`njit` for kernels that other kernels alone call: no entry for Python either."""


def cache_folder() -> Path | None:
    """Return where numba keeps the compiled kernels of this package's first folder; None where it can write nowhere."""
    if numba.config.DISABLE_JIT:
        return None
    path = njit(cache=True)(_nothing).stats.cache_path
    return None if path is None else Path(path)


def _nothing() -> None:
    """Stand for a kernel; it is never compiled."""


class _NoSearchForGarbage(event.Listener):  # type: ignore[misc]
    """Keeps Python from looking for garbage while a kernel of ours is compiled; numba compiles one at a time."""

    def __init__(self) -> None:
        self.depth = 0
        self.is_ours = False

    def on_start(self, happening: event.Event) -> None:
        """Stop looking, unless nobody looks anyway."""
        if self.depth == 0:
            module = happening.data["dispatcher"].py_func.__module__ or ""
            self.is_ours = module.partition(".")[0] == __package__ and gc.isenabled()
            if self.is_ours:
                gc.disable()
        self.depth += 1

    def on_end(self, happening: event.Event) -> None:
        """Look again."""
        del happening
        self.depth -= 1
        if self.depth == 0 and self.is_ours:
            gc.enable()


event.register("numba:compile", _NoSearchForGarbage())


PIECES = 8
"""Work is cut in so many pieces on any machine, so that sums do not depend on the number of cores."""


def in_pieces(kernel: Callable[..., Any], n: int, *arguments: Any) -> list[Any]:
    """Run a kernel over pieces of a range side by side, and return what it returns for each, in order.

    Parameters
    ----------
    kernel
        Called with where its piece begins and ends, then the arguments; compiled with `nogil`. What it writes must
        belong to its piece.
    n
        Length of the range.
    """
    edges = [n * k // PIECES for k in range(PIECES + 1)]
    begun = [
        _threads(os.getpid()).submit(kernel, begin, end, *arguments)
        for begin, end in itertools.pairwise(edges)
    ]
    return [piece.result() for piece in begun]


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Return the threads of a process: one that was forked has none of its parent's."""
    del process
    return ThreadPoolExecutor(n_cores(), thread_name_prefix="kernel")


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
