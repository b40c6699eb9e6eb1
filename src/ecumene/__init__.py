"""ecumene: who on the planet gets satellite internet, how fast, how late, over which path, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecumene.archive import open_results as open  # noqa: A004 - ecumene.open(folder) reads well
    from ecumene.reasons import why
    from ecumene.scenario import Scenario, load
    from ecumene.simulation import Results, simulate

__version__ = "0.1.0"
__all__ = ["Results", "Scenario", "__version__", "load", "open", "simulate", "why"]

_HOMES = {
    "Scenario": ("ecumene.scenario", "Scenario"),
    "load": ("ecumene.scenario", "load"),
    "Results": ("ecumene.simulation", "Results"),
    "simulate": ("ecumene.simulation", "simulate"),
    "open": ("ecumene.archive", "open_results"),
    "why": ("ecumene.reasons", "why"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import ecumene` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ecumene' has no attribute {name!r}")
    from importlib import import_module

    module, inside = _HOMES[name]
    return getattr(import_module(module), inside)
