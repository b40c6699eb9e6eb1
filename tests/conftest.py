"""What all tests share: where the reference material lies, and whether it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of reference material beside the checkout, or skip."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (reference material beside the checkout)")
    return SHARED
