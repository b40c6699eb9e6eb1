"""From a scenario to the arrays that stay the same during a run."""

from __future__ import annotations

from ecumene.world.outlook import describe
from ecumene.world.planet import World, build

__all__ = ["World", "build", "describe"]
