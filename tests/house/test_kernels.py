"""Kernels compile and run wherever the package is installed."""

from __future__ import annotations

from typing import Any

import numba

from ecumene.kernels import njit


def test_a_kernel_runs_where_no_folder_can_hold_its_cache(monkeypatch: Any) -> None:
    """numba refuses then: neither the package's folder nor the user's can be written to."""
    plain = numba.njit

    def refusing(*functions: Any, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(*functions, **options)

    monkeypatch.setattr(numba, "njit", refusing)
    assert njit(cache=True, nogil=True)(lambda x: x + 1)(1) == 2
