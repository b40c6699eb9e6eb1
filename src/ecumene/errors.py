"""What can go wrong, as a tree.

EcumeneError
├── InputError            what the user gave cannot be used: exit code 2
│   ├── ScenarioError     a scenario file or a --set option
│   ├── CatalogueError    a file of orbital elements
│   ├── TableError        any other table: places, gateways, licences
│   ├── NoResultError     what was named as a result is none
│   └── OutputError       the file or folder to write cannot be used
├── RangeError            a number outside a model's validity
└── RunError              the run itself failed: exit code 1
    └── DamagedResultError  a result folder that does not match its manifest

A message names the thing, the value, what is allowed and what to do.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class EcumeneError(Exception):
    """Anything this program raises on purpose."""


class InputError(EcumeneError):
    """What the user gave cannot be used."""


class ScenarioError(InputError):
    """A scenario has mistakes; all of them are listed at once.

    Parameters
    ----------
    source
        File or preset the mistakes are in.
    problems
        One line each: where, what, what is allowed.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n  ".join([f"{source}: {count}", *self.problems]))


class CatalogueError(InputError):
    """A file of orbital elements cannot be read."""


class TableError(InputError):
    """A table of places, gateways or licences cannot be read."""


class NoResultError(InputError):
    """What was named as a result folder is none, or that of a run that never finished."""


class OutputError(InputError):
    """The file or folder that is to be written cannot be used."""


class RangeError(EcumeneError, ValueError):
    """A number lies outside the range a model holds for."""


class RunError(EcumeneError):
    """The run failed for a reason that is not the user's input."""


class DamagedResultError(RunError):
    """A result folder does not match its manifest."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean ...?' for a near miss, or nothing.

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written.

    Returns
    -------
    hint
        A clause to put at the end of a message; empty where nothing is near.
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
