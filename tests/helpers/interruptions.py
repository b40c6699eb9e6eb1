"""Runs that are broken off inside a slot."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ecumene.simulation as spine

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@contextmanager
def broken_off_at(slot: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Break off every run that comes to a slot."""
    one_slot = spine.one_slot

    def broken_off(world, sky, *more):
        if sky.slot == slot:
            raise KeyboardInterrupt
        return one_slot(world, sky, *more)

    with monkeypatch.context() as patch:
        patch.setattr(spine, "one_slot", broken_off)
        yield
