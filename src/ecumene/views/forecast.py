"""What a run will compute and cost, before it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecumene.views.wording import duration_text, number_text, people_text, utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping


def outlook_text(name: str, forecast: Mapping[str, Any]) -> str:
    """Return one line that says what a run will compute.

    Parameters
    ----------
    name
        Name of the scenario.
    forecast
        What `ecumene.world.describe` returns.
    """
    parts = [
        f"{forecast[key]:,} {key if forecast[key] != 1 else key.removesuffix('s')}"
        for key in ("satellites", "cells", "gateways")
    ]
    slots = "slot" if forecast["slots"] == 1 else "slots"
    parts.append(f"{forecast['slots']:,} {slots} of {number_text(forecast['slot_s'])} s")
    return f"{name}: {', '.join(parts)}; seed {forecast['seed']}"


def forecast_text(forecast: Mapping[str, Any]) -> str:
    """Return the derived numbers of a scenario as two columns.

    Parameters
    ----------
    forecast
        What `ecumene.world.describe` returns: numbers, texts, lists, and one table a shell.
    """
    lines = [pair for key, value in forecast.items() for pair in _pairs(key, value)]
    width = max((len(label) for label, _ in lines), default=0)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in lines)


def _pairs(key: str, value: Any) -> list[tuple[str, str]]:
    """Return the lines a value takes: a list takes one line an entry, the label only on the first."""
    label = _label(key)
    if isinstance(value, (list, tuple)):
        entries = [_text(key, entry) for entry in value] or ["none"]
        return [(label if k == 0 else "", entry) for k, entry in enumerate(entries)]
    return [(label, _text(key, value))]


_UNITS = {
    "gb": "GB",
    "gbps": "Gbit/s",
    "mbps": "Mbit/s",
    "ms": "ms",
    "s": "s",
    "km": "km",
    "deg": "deg",
    "utc": "",
}
_NAMES = {"isls": "ISLs", "pops": "PoPs", "notes": "to know"}


def _label(key: str) -> str:
    """Return a key as words, without its unit."""
    return " ".join(_NAMES.get(word, word) for word in key.split("_") if word not in _UNITS)


def _text(key: str, value: Any) -> str:
    """Return a value as its key says it is to be read: with its unit, as people, as a time."""
    words = key.split("_")
    if isinstance(value, str):
        return utc_text(value) if "utc" in words else value
    if "time" in words:
        return duration_text(value)
    if words[0] in {"people", "subscribers"}:
        return people_text(value)
    unit = next((_UNITS[word] for word in words if word in _UNITS), "")
    number = f"{value:,}" if isinstance(value, int) else number_text(value)
    return f"{number} {unit}".rstrip()
