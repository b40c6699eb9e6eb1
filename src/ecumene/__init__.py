"""ecumene: who on the planet gets satellite internet, how fast, how late, over which path, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecumene.reasons import why
    from ecumene.scenario import Scenario, load
    from ecumene.simulation import Results, simulate

__version__ = "0.1.0"
__all__ = ["Results", "Scenario", "__version__", "load", "simulate", "why"]

_HOMES = {
    "Scenario": "ecumene.scenario",
    "load": "ecumene.scenario",
    "Results": "ecumene.simulation",
    "simulate": "ecumene.simulation",
    "why": "ecumene.reasons",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import ecumene` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ecumene' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
