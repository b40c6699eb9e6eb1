"""Keys of two scenarios beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def changed_keys(
    a: Mapping[str, Any], b: Mapping[str, Any], *, left_out: Collection[str] = (), path: str = ""
) -> list[dict[str, Any]]:
    """Return the dotted keys in which two scenarios differ, with both values.

    Parameters
    ----------
    a, b
        Resolved scenarios as JSON holds them.
    left_out
        Dotted keys that do not count.
    path
        What stands before the keys.

    Examples
    --------
    >>> changed_keys({"seed": 1, "isl": {"topology": "grid"}}, {"seed": 1, "isl": {"topology": "none"}})
    [{'key': 'isl.topology', 'a': 'grid', 'b': 'none'}]
    """
    found: list[dict[str, Any]] = []
    for key in sorted({*a, *b}):
        name, old, new = f"{path}{key}", a.get(key), b.get(key)
        if name in left_out or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += changed_keys(old, new, left_out=left_out, path=f"{name}.")
        else:
            found.append({"key": name, "a": old, "b": new})
    return found
