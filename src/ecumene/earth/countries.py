"""Countries and territories: codes, names and inhabitants.

All 249 codes of ISO 3166-1 and XK for Kosovo. A code is what a licence is issued for; it says nothing about
statehood.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecumene.errors import RunError, TableError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATH = Path(__file__).parent / "data" / "countries.csv"


@dataclass(frozen=True)
class Countries:
    """The bundled table of countries; every `country` index elsewhere points into it.

    Attributes
    ----------
    code : (country,)
        ISO 3166-1 alpha-2, and XK.
    iso3 : (country,)
        ISO 3166-1 alpha-3, and XKX.
    name : (country,)
        Short English names.
    people : (country,)
        Inhabitants the cells add up to.
    source : (country,)
        Where that figure comes from.
    """

    code: tuple[str, ...]
    iso3: tuple[str, ...]
    name: tuple[str, ...]
    people: NDArray[np.float64]
    source: tuple[str, ...]
    _index: dict[str, int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.code)

    def index_of(self, code: str) -> int:
        """Return the index of a country code.

        Parameters
        ----------
        code
            Two letters, as in ISO 3166-1, upper case; XK for Kosovo.

        Returns
        -------
        country
            Index into the table.

        Raises
        ------
        TableError
            Where there is no such code; a name or a near miss is met with a proposal.
        """
        if code in self._index:
            return self._index[code]
        raise TableError(
            f"country '{code}': no such code, expected two capital letters as in ISO 3166-1{self.hint(code)}"
        )

    def hint(self, code: str) -> str:
        """Return a proposal for a missing code: by case, habit, three letters, name, or likeness."""
        wanted = code.strip().casefold()
        wanted = _HABITS.get(wanted, wanted)
        for words in (self.code, self.iso3, self.name):
            for word, right in zip(words, self.code, strict=True):
                if word.casefold() == wanted:
                    return f"; did you mean '{right}' ({self.name[self._index[right]]})?"
        if len(wanted) > 3:
            names = {name.casefold(): name for name in self.name}
            return did_you_mean(wanted, names)
        return did_you_mean(code.strip().upper(), self.code)


_HABITS = {
    "uk": "gb",
    "el": "gr",
    "england": "gb",
    "usa": "us",
    "ks": "xk",
    "rks": "xk",
    "burma": "mm",
    "türkiye": "tr",
}


@functools.cache
def countries() -> Countries:
    """Return the bundled table of countries, sorted by code.

    Raises
    ------
    RunError
        Where the bundled file is missing or damaged.
    """
    try:
        with PATH.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        people = np.array([float(row["people"]) for row in rows])
        people.setflags(write=False)
        code = tuple(row["code"] for row in rows)
        return Countries(
            code=code,
            iso3=tuple(row["iso3"] for row in rows),
            name=tuple(row["name"] for row in rows),
            people=people,
            source=tuple(row["source"] for row in rows),
            _index={c: i for i, c in enumerate(code)},
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{PATH}: cannot be read ({error}); install ecumene again") from error
