"""How kernels are compiled: numba's `njit` without the entries that nobody uses, for they take time to compile.

numba gives every kernel one entry for Python and one for C callbacks.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba

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
    path = njit(cache=True)(_nothing).stats.cache_path
    return None if path is None else Path(path)


def _nothing() -> None:
    """Stand for a kernel; it is never compiled."""
