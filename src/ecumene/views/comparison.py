"""Several runs beside each other in the terminal: what varies, what it does, and what stays the same."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ecumene.results.comparison import GAINS, is_number, value_text
from ecumene.scenario.variations import short_names
from ecumene.views.wording import UNKNOWN, number_text, people_text, quantity_text, share_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ecumene.results.comparison import Comparison, Run

MIN_WIDTH = 60
_DIGITS = 4
"""Digits of the largest number of a column; the others follow its last place."""
_LARGE_PEOPLE = 1e5
"""From here on people are counted in millions."""

PLAN_SECTION = "scheduling."
"""Where a key of this section is swept, measures of the plan are told."""

_GENERAL = (
    ("could be served", "{people}", "people_available"),
    ("could be served", "%", "share_available"),
    ("are served", "{people}", "people_served"),
    ("are served", "%", "share_served"),
    ("Gbit/s", "demand", "demand_gbps"),
    ("Gbit/s", "planned", "planned_gbps"),
    ("Gbit/s", "carried", "carried_gbps"),
    ("median", "Mbit/s", "mbps_p50"),
    ("median", "RTT ms", "rtt_ms_p50"),
)
_OF_PLAN = (
    ("plan", "Gbit/s", "plan_served_gbps"),
    ("below the bound", "served %", "plan_served_gap"),
    ("below the bound", "objective %", "plan_gap"),
    ("handovers", "a cell and hour", "handovers_per_cell_hour"),
    ("handovers", "forced %", "forced_share"),
    ("dwell", "s", "dwell_s_mean"),
)
"""Group, heading and measure of the columns of numbers, in order."""


@dataclass(frozen=True)
class Column:
    """One column of a table: what stands over it, and its cells."""

    group: str
    head: str
    cells: tuple[str, ...]
    is_text: bool = False

    def width(self) -> int:
        """Return how many letters its widest cell or its heading has."""
        return max(map(len, (self.head, *self.cells)))

    def is_equal(self) -> bool:
        """Return whether all its cells are the same."""
        return len(set(self.cells)) == 1


class _Facts(NamedTuple):
    """What is said of a country beside its gains; the status is that without the new licence."""

    title: str
    status: str
    people: float
    cause: str


def comparison_text(
    comparison: Comparison, width: int = 100, *, heading: Callable[[str], str] = lambda text: text
) -> str:
    """Return a sweep as plain text: a table with one line a run, or what each new licence would bring.

    Parameters
    ----------
    comparison
        One finished run at least.
    width
        Columns of the terminal, 60 at least; a wider table goes on below.
    heading
        What to do to headings, for example print them bold; by default nothing.

    Returns
    -------
    text
        Lines without a newline at the end.
    """
    width = max(width, MIN_WIDTH)
    blocks = [[heading(line) for line in _wrap(_title(comparison), width)]]
    if comparison.base() is not None and len(comparison.runs) > 1:
        blocks += _ranking(comparison, width, heading)
    else:
        blocks += _table(comparison, width, heading)
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _title(comparison: Comparison) -> str:
    done, wanted = len(comparison.runs), comparison.n_wanted
    runs = f"{wanted} runs" if done == wanted else f"{done} of {wanted} runs"
    keys = "; ".join(
        f"{key} = {', '.join(value_text(value) for value in values)}"
        for key, values in comparison.swept.items()
    )
    return f"{comparison.title or comparison.scenario}: {runs}, {keys}"


def _table(comparison: Comparison, width: int, heading: Callable[[str], str]) -> list[list[str]]:
    """Return the table of all runs, without the columns that say the same in each, and what these say."""
    runs = comparison.in_order()
    keys = [
        Column("", name, tuple(value_text(run.varied[key]) for run in runs), not _is_numeric(runs, key))
        for name, key in zip(short_names(list(comparison.swept)), comparison.swept, strict=True)
    ]
    measured = [*_measured(_GENERAL, runs)]
    measured += (
        _measured(_OF_PLAN, runs) if any(key.startswith(PLAN_SECTION) for key in comparison.swept) else []
    )
    seconds = [number_text(run.measures["seconds"]) for run in runs]
    measured += [_worst_cause(runs), Column("", "seconds", tuple(seconds))]
    shown = [column for column in measured if len(runs) == 1 or not column.is_equal()]
    equal = [column for column in measured if column not in shown and column.cells[0] != UNKNOWN]
    told = "; ".join(f"{column.group} {column.head}: {column.cells[0]}".strip() for column in equal)
    same = _wrap(f"The same in all runs: {told}.", width) if told else []
    return [*_folded(keys, shown, width, heading), same]


def _is_numeric(runs: Sequence[Run], key: str) -> bool:
    return all(is_number(run.varied[key]) for run in runs)


def _measured(columns: Iterable[tuple[str, str, str]], runs: Sequence[Run]) -> list[Column]:
    found = []
    for group, head, name in columns:
        values = [run.measures[name] for run in runs]
        scale, unit = _people_scale(values) if "{people}" in head else (0.01 if "%" in head else 1.0, "")
        found.append(_numbers(group, head.format(people=unit), values, scale=scale))
    return found


def _people_scale(values: Iterable[float | None]) -> tuple[float, str]:
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return (1e6, "million") if largest >= _LARGE_PEOPLE else (1.0, "people")


def _numbers(
    group: str, head: str, values: Sequence[float | None], *, scale: float = 1.0, sign: str = ""
) -> Column:
    """Return a column of numbers with as many decimals as the largest of them needs for four digits."""
    scaled = [None if value is None else value / scale for value in values]
    largest = max((abs(value) for value in scaled if value is not None), default=0.0)
    decimals = _DIGITS - 1 - math.floor(math.log10(largest)) if largest > 0.0 else 0
    decimals = min(max(decimals, 0), 9)
    return Column(
        group, head, tuple(UNKNOWN if v is None else f"{v + 0.0:{sign},.{decimals}f}" for v in scaled)
    )


def _worst_cause(runs: Sequence[Run]) -> Column:
    """Return why most people without service have none, with their share of all people."""
    cells = (
        f"{run.measures['worst_cause']} {share_text(run.measures['worst_cause_share'])}"
        if run.measures["worst_cause"]
        else UNKNOWN
        for run in runs
    )
    return Column("", "worst cause", tuple(cells), is_text=True)


def _ranking(comparison: Comparison, width: int, heading: Callable[[str], str]) -> list[list[str]]:
    """Return what each new licence would bring, largest first, and all of them together."""
    base, *others = comparison.in_order()
    facts = [_facts(run, base, comparison.granted_key) for run in others]
    gains = {name: [comparison.gains(run)[name] for run in others] for name in GAINS}
    available, served, carried, there = gains.values()
    people = [fact.people for fact in facts]
    scale, unit = _people_scale([*people, *available, *served])
    more = f"{unit} more" if unit == "people" else f"{unit} people more"
    keys = [Column("", "licence", tuple(fact.title for fact in facts), is_text=True)]
    columns = [
        Column("", "now", tuple(fact.status for fact in facts), is_text=True),
        _numbers("people", unit, people, scale=scale),
        _numbers(more, "could be", available, scale=scale, sign="+"),
        _numbers(more, "are served", served, scale=scale, sign="+"),
        _numbers("Gbit/s more", "in all", carried, sign="+"),
        _numbers("Gbit/s more", "there", there, sign="+"),
        Column("", "main cause there", tuple(fact.cause for fact in facts), is_text=True),
    ]
    note = (
        "A country's subscribers come out of the scenario's total, which stays, so others get less or more; give "
        "demand.by_country or demand.subscribers where a licence brings new ones."
    )
    return [_wrap(_as_it_is(base), width), *_folded(keys, columns, width, heading), _wrap(note, width)]


def _as_it_is(base: Run) -> str:
    measures = base.measures
    told = [
        f"{words} {people_text(measures[f'people_{name}'])} people ({share_text(measures[f'share_{name}'])})"
        for words, name in (("could be served", "available"), ("served", "served"))
    ]
    carried = quantity_text(measures["carried_gbps"], "Gbit/s")
    return f"As it is: {', '.join(told)}, carried {carried}. What each licence would bring on top:"


def _facts(run: Run, base: Run, key: str) -> _Facts:
    """Return what a line of the ranking says besides its gains."""
    codes = run.varied[key]
    if len(codes) > 1:
        return _Facts("all together", "", sum(facts["people"] for facts in run.countries.values()), "")
    facts = run.countries.get(codes[0])
    if facts is None:
        return _Facts(codes[0], UNKNOWN, 0.0, "no inhabited cells")
    name = facts["name"] if facts["name"] == codes[0] else f"{facts['name']} {codes[0]}"
    return _Facts(name, base.countries[codes[0]]["status"], facts["people"], facts["main_cause"])


def _folded(
    keys: list[Column], columns: list[Column], width: int, heading: Callable[[str], str]
) -> list[list[str]]:
    """Return a table in as many parts as its width needs, each with the keys in front."""
    parts, part = [], list(keys)
    for group in _groups(columns):
        if len(part) > len(keys) and _table_width([*part, *group]) > width:
            parts.append(part)
            part = list(keys)
        part += group
    return [_lines(part, heading) for part in [*parts, part]]


def _groups(columns: Iterable[Column]) -> list[list[Column]]:
    """Return neighbours under one heading together."""
    groups: list[list[Column]] = []
    for column in columns:
        if groups and column.group and groups[-1][-1].group == column.group:
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _table_width(columns: list[Column]) -> int:
    return sum(max(len(g[0].group), _width(g)) + 2 for g in _groups(columns)) - 2


def _width(group: list[Column]) -> int:
    return sum(column.width() + 2 for column in group) - 2


def _lines(columns: list[Column], heading: Callable[[str], str]) -> list[str]:
    groups = _groups(columns)
    widths = [max(len(group[0].group), _width(group)) for group in groups]
    rows = [
        [[group[0].group] for group in groups],
        [[column.head for column in group] for group in groups],
        *([[column.cells[k] for column in group] for group in groups] for k in range(len(columns[0].cells))),
    ]
    lines = [
        "  ".join(
            _padded(cells, group, width) for cells, group, width in zip(row, groups, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    heads = [heading(line) for line in lines[:2] if line]
    return [*heads, *lines[2:]]


def _padded(cells: list[str], group: list[Column], width: int) -> str:
    """Return the cells of one line under one heading: text to the left, numbers to the right."""
    if len(cells) < len(group):
        return f"{cells[0]:>{width}}"  # the heading of several columns
    texts = [
        f"{cell:<{column.width()}}" if column.is_text else f"{cell:>{column.width()}}"
        for cell, column in zip(cells, group, strict=True)
    ]
    joined = "  ".join(texts)
    return f"{joined:<{width}}" if group[-1].is_text else f"{joined:>{width}}"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
