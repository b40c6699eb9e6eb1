"""What the user writes: TOML, checked once, frozen."""

from __future__ import annotations

from ecumene.scenario.loading import load, preset_names, preset_text
from ecumene.scenario.schema import Scenario

__all__ = ["Scenario", "load", "preset_names", "preset_text"]
