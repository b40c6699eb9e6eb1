"""The globe's bundle is made from the sources that stand beside it."""

from __future__ import annotations

import re
import runpy
from importlib import resources
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "build_globe.py"


@pytest.fixture(scope="module")
def bundle() -> str:
    return (resources.files("ecumene.views") / "data" / "globe.js").read_text(encoding="utf-8")


def test_the_bundle_is_that_of_the_sources(bundle: str) -> None:
    if not SCRIPT.exists():
        pytest.skip("needs tools/ of the checkout")
    tool = runpy.run_path(str(SCRIPT))
    named = re.match(r"/\* ecumene globe; sources ([0-9a-f]{64});", bundle)
    assert named is not None
    assert named[1] == tool["digest_of_sources"](), "run: python tools/build_globe.py"


def test_it_can_stand_in_a_page(bundle: str) -> None:
    assert "</script" not in bundle
    assert "eval(" not in bundle
    assert "fetch(" not in bundle.replace(".fetch(", "")
