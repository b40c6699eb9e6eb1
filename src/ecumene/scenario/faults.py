"""Faults as they are typed: `blackout:UA`, `gateway:Kaunas@300+600`."""

from __future__ import annotations

import re
from typing import Any

from ecumene.errors import ScenarioError, did_you_mean

_WORDS = {
    "blackout": "blackout:UA",
    "gateway": "gateway:Kaunas",
    "pop": "pop:Frankfurt",
    "isl": "isl:all",
    "satellites": "satellites:10%",
    "storm": "storm:30%",
    "revoke": "revoke:UA",
    "grant": "grant:IN",
    "controller": "controller",
}
_TIMES = re.compile(r"^(?P<what>.*?)@(?P<after>\d+(?:\.\d+)?)(?:\+(?P<lasts>\d+(?:\.\d+)?))?$")
_SHARE = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")


def parse_fault(text: str) -> dict[str, Any]:
    """Return the keys of a fault from its short form.

    Parameters
    ----------
    text
        ``KIND:WHAT``, and where it does not stand from the beginning to the end ``@AFTER`` or ``@AFTER+LASTS``, both in
        seconds. Kinds: blackout, revoke, grant (countries, with commas), gateway, pop (a name), isl (all, a share,
        names of satellites with commas, or the two ends of one laser as ``A~B``), satellites, storm (all, a share, or
        names with commas), controller.

    Returns
    -------
    keys
        As a ``[[fault]]`` table has them.

    Raises
    ------
    ScenarioError
        It cannot be read so.

    Examples
    --------
    >>> parse_fault("blackout:UA@300+600")
    {'kind': 'blackout', 'countries': ['UA'], 'after_s': 300.0, 'lasts_s': 600.0}
    """
    timed = _TIMES.match(text)
    bare = timed["what"] if timed else text
    word, _, what = (part.strip() for part in bare.partition(":"))
    if word not in _WORDS:
        hint = did_you_mean(word, _WORDS) or f"; kinds: {', '.join(_WORDS.values())}"
        raise ScenarioError("--fault", [f"{text!r}: there is no kind '{word}'{hint}"])
    if (word == "controller") == bool(what):
        raise ScenarioError("--fault", [f"{text!r}: write it as {_WORDS[word]}, for example"])
    keys = _keys(word, what)
    if timed:
        keys["after_s"] = float(timed["after"])
        if timed["lasts"]:
            keys["lasts_s"] = float(timed["lasts"])
    return keys


def _keys(word: str, what: str) -> dict[str, Any]:
    listed = [part.strip() for part in what.split(",")]
    if word == "blackout":
        return {"kind": "blackout", "countries": listed}
    if word in {"revoke", "grant"}:
        status = "revoked" if word == "revoke" else "granted"
        return {"kind": "licence", "status": status, "countries": listed}
    if word in {"gateway", "pop"}:
        return {"kind": f"{word}s", "sites": [what]}
    if word == "controller":
        return {"kind": "controller"}
    kind = "isls" if word == "isl" else word
    if what == "all":
        return {"kind": kind, "share": 1.0}
    if share := _SHARE.match(what):
        return {"kind": kind, "share": float(share[1]) / 100.0}
    if kind == "isls" and "~" in what:
        ends = (part.split("~") for part in listed)
        return {"kind": kind, "links": [[end.strip() for end in pair] for pair in ends]}
    return {"kind": kind, "satellites": listed}
