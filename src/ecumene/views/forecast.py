"""What a run will compute and cost, before it is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecumene.views.wording import number_text, people_text


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
        f"{forecast[key]:,} {word}"
        for key, word in (("satellites", "satellites"), ("cells", "cells"), ("gateways", "gateways"))
        if key in forecast
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


_UNITS = ("km", "deg", "min", "s", "mb", "gb", "gbps", "mbps", "ms")
_UNIT_WORDS = {"mb": "MB", "gb": "GB", "gbps": "Gbit/s", "mbps": "Mbit/s"}


def _label(key: str) -> str:
    """Return a key as words, without its unit."""
    words, _, unit = key.rpartition("_")
    return (words if words and unit in _UNITS else key).replace("_", " ")


def _text(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_label(k)} {_text(k, v)}" for k, v in value.items())
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        number = _number(key, value)
        unit = key.rpartition("_")[2]
        return f"{number} {_UNIT_WORDS.get(unit, unit)}" if unit in _UNITS and "_" in key else number
    return str(value)


def _number(key: str, value: float) -> str:
    if key in {"people", "subscribers"}:
        return people_text(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if abs(value) >= 9.95 else number_text(value)
