"""What a sweep varies: keys of a scenario with several values each, or licences granted in addition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from ecumene.errors import InputError, ScenarioError
from ecumene.scenario.loading import parse_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecumene.scenario.schema import Scenario

GRANTED = "granted"
"""What sweeps of licences vary, as tables call it: the countries granted in addition."""

GRANT_KEY = "licences.grant"

_OPENING, _CLOSING = "[{", "]}"


@dataclass(frozen=True)
class Variation:
    """One key and the values it takes, one after the other.

    Attributes
    ----------
    key
        Dotted, as `--set` takes it.
    texts
        The values as they were typed; one value is a setting, several are a sweep.
    """

    key: str
    texts: tuple[str, ...]

    def settings(self) -> list[str]:
        """Return the key with each value, as `--set` takes them."""
        return [f"{self.key}={text}" for text in self.texts]

    def values(self) -> list[Any]:
        """Return the values, read as TOML or else as plain text."""
        return [parse_setting(setting)[1] for setting in self.settings()]


@dataclass(frozen=True)
class Case:
    """One run of a sweep.

    Attributes
    ----------
    varied
        Swept keys with the values they have in this run.
    settings
        The same as `--set` takes them.
    label
        In a few words.
    """

    varied: dict[str, Any]
    settings: tuple[str, ...]
    label: str


def read_variations(settings: Sequence[str]) -> list[Variation]:
    """Return what `--set KEY=V1,V2,...` options mean, in their order.

    Raises
    ------
    ScenarioError
        With every option that cannot be read, and every key given twice.
    """
    problems: list[str] = []
    variations: list[Variation] = []
    for setting in settings:
        try:
            variations.append(parse_variation(setting))
        except ScenarioError as error:
            problems += [f"--set {problem}" for problem in error.problems]
    keys = [_plain_key(variation.key) for variation in variations]
    problems += [
        f"--set {key}: is given twice; keep one" for key in dict.fromkeys(keys) if keys.count(key) > 1
    ]
    if problems:
        raise ScenarioError("the command line", problems)
    return variations


def parse_variation(setting: str) -> Variation:
    """Return key and values of one option; commas inside brackets, braces and quotes belong to a value.

    Raises
    ------
    ScenarioError
        There is no '=', no key, an empty value among several, a value that stands twice, or a bracket or quote
        without its partner.

    Examples
    --------
    >>> parse_variation("terminal.min_elevation_deg=25,30").values()
    [25, 30]
    >>> parse_variation('licences.grant=["IN"],["IN","ZA"]').values()
    [['IN'], ['IN', 'ZA']]
    """
    key, _ = parse_setting(setting)
    text = setting.partition("=")[2]
    texts = [piece.strip() for piece in split_values(text, key)]
    if len(texts) > 1 and not all(texts):
        place = texts.index("") + 1
        raise ScenarioError(
            "--set",
            [f'{key}: value {place} of {len(texts)} is empty; write {key}=V1,V2, and "" for empty text'],
        )
    variation = Variation(key, tuple(texts))
    shown = [repr(value) for value in variation.values()]
    if twice := [text for text, value in zip(texts, shown, strict=True) if shown.count(value) > 1]:
        raise ScenarioError("--set", [f"{key}: the value {twice[0]} stands twice; keep one"])
    return variation


def split_values(text: str, key: str = "key") -> list[str]:
    """Return the pieces between the commas that stand outside brackets, braces and quotes.

    Raises
    ------
    ScenarioError
        A bracket, brace or quote has no partner.
    """
    pieces, depth, begun = [], 0, 0
    quote, is_escaped, may_open = "", False, True
    for place, letter in enumerate(text):
        if quote:
            is_escaped, was_escaped = letter == "\\" and quote == '"' and not is_escaped, is_escaped
            quote = "" if letter == quote and not was_escaped else quote
        elif letter in "\"'" and may_open:
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth == 0:
            pieces.append(text[begun:place])
            begun = place + 1
        if depth < 0:
            break
        may_open = letter in "[{,= " and (may_open or letter != " ")  # the quote in L'Aquila opens nothing
    if quote or depth:
        what = "quote" if quote else "bracket"
        raise ScenarioError(
            "--set", [f"{key}: a {what} has no partner in {text!r}; text with {what}s needs quotes"]
        )
    return [*pieces, text[begun:]]


def cases_of(variations: Sequence[Variation], *, max_runs: int) -> list[Case]:
    """Return a case for every combination of the swept values; the last key varies fastest.

    Parameters
    ----------
    variations
        Those with one value are the same in every case.
    max_runs
        More are refused.

    Raises
    ------
    InputError
        Nothing is swept, or there are too many combinations.
    """
    swept = [variation for variation in variations if len(variation.texts) > 1]
    fixed = tuple(setting for v in variations if len(v.texts) == 1 for setting in v.settings())
    if not swept:
        raise InputError(
            "nothing is swept; give a key several values (--set terminal.min_elevation_deg=25,30,40), or "
            "--policy A,B, or --grant IN,ZA"
        )
    _check_number(prod(len(v.texts) for v in swept), " x ".join(str(len(v.texts)) for v in swept), max_runs)
    names = short_names([v.key for v in swept])
    return [
        Case(
            varied={v.key: value for v, (value, _) in zip(swept, chosen, strict=True)},
            settings=(*fixed, *(f"{v.key}={text}" for v, (_, text) in zip(swept, chosen, strict=True))),
            label=", ".join(f"{name}={text}" for name, (_, text) in zip(names, chosen, strict=True)),
        )
        for chosen in product(*(list(zip(v.values(), v.texts, strict=True)) for v in swept))
    ]


def grant_cases(
    codes: Sequence[str], scenario: Scenario, variations: Sequence[Variation], *, max_runs: int
) -> list[Case]:
    """Return the cases that show what a licence would bring: all together, none, and each alone.

    Parameters
    ----------
    codes
        Countries whose licence is granted in addition.
    scenario
        As it is without them.
    variations
        Settings that hold in every case.
    max_runs
        More are refused.

    Returns
    -------
    cases
        All together comes first (where there is more than one), so that a mistake in any country shows at once.

    Raises
    ------
    ScenarioError
        A code is no code, stands twice, or is granted by the scenario already.
    InputError
        A key is swept as well, or there are too many countries.
    """
    if swept := [v.key for v in variations if len(v.texts) > 1]:
        raise InputError(f"--grant and several values of {swept[0]}: sweep one at a time")
    problems = [
        problem for code in dict.fromkeys(codes) if (problem := _grant_problem(code, codes, scenario))
    ]
    if problems:
        raise ScenarioError("the command line", problems)
    chosen = [*([tuple(codes)] if len(codes) > 1 else []), (), *((code,) for code in codes)]
    _check_number(len(chosen), "the scenario as it is, each country, all together", max_runs)
    fixed = [setting for v in variations if v.key != GRANT_KEY for setting in v.settings()]
    return [
        Case(
            varied={GRANTED: list(granted)},
            settings=(*fixed, f"{GRANT_KEY}={_toml_list([*scenario.licences.grant, *granted])}"),
            label=f"with {', '.join(granted)}" if granted else "as it is",
        )
        for granted in chosen
    ]


def short_names(keys: Sequence[str]) -> list[str]:
    """Return the last part of each key where that tells them apart, and whole keys where it does not.

    Examples
    --------
    >>> short_names(["terminal.min_elevation_deg", "slots"]), short_names(["a.b", "c.b"])
    (['min_elevation_deg', 'slots'], ['a.b', 'c.b'])
    """
    last = [key.rpartition(".")[2] for key in keys]
    return [name if last.count(name) == 1 else key for name, key in zip(last, keys, strict=True)]


def _plain_key(key: str) -> str:
    return key.replace("[", ".").replace("]", "")


def _toml_list(codes: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{code}"' for code in codes) + "]"


def _grant_problem(code: str, codes: Sequence[str], scenario: Scenario) -> str:
    if not re.fullmatch("[A-Z]{2}", code):
        return f"--grant {code!r}: write two-letter country codes in capitals with commas, such as IN,ZA,PK"
    if codes.count(code) > 1:
        return f"--grant {code}: stands twice; keep one"
    if code in scenario.licences.grant:
        return f"--grant {code}: the scenario grants it already ({GRANT_KEY}); leave it out"
    if code in scenario.licences.revoke:
        return f"--grant {code}: the scenario revokes it (licences.revoke); take it out there first"
    return ""


def _check_number(n_runs: int, factors: str, max_runs: int) -> None:
    if n_runs > max_runs:
        raise InputError(
            f"{n_runs:,} runs ({factors}), and the limit is {max_runs:,}; sweep fewer values, or --max-runs {n_runs} "
            "to go ahead"
        )
