"""One finished run, as its user holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecumene.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from pandas import DataFrame
    from xarray import Dataset

    from ecumene.results.frames import Frames
    from ecumene.results.schema import Table
    from ecumene.scenario import Scenario


@dataclass(frozen=True)
class Results:
    """What came out of one run.

    Attributes
    ----------
    scenario
        The scenario as resolved; its start is filled in.
    tables
        rows, countries, satellites, gateways, places, pairs, isls, landings, cuts, slots, faults: columns by name,
        declared in `ecumene.results.schema.TABLES`.
    summary
        The planet in a few numbers; written as ``summary.json``.
    frames
        Satellites in time and rows in a few slots, for the globe of the report; None where they were not kept.
    arrays
        Folder of the per-slot arrays; None where none were kept.
    """

    scenario: Scenario
    tables: dict[str, Table]
    summary: dict[str, Any]
    frames: Frames | None = None
    arrays: Path | None = None

    def rows(self) -> Table:
        """Return the table of rows (cell, country)."""
        return self.tables["rows"]

    def countries(self) -> Table:
        """Return the table of countries."""
        return self.tables["countries"]

    def satellites(self) -> Table:
        """Return the table of satellites."""
        return self.tables["satellites"]

    def gateways(self) -> Table:
        """Return the table of gateways."""
        return self.tables["gateways"]

    def places(self) -> Table:
        """Return the table of named places, one line a place and slot."""
        return self.tables["places"]

    def pairs(self) -> Table:
        """Return the table of pairs of places, one line a pair and slot; empty where none was asked for."""
        return self.tables["pairs"]

    def isls(self) -> Table:
        """Return the table of inter-satellite links; empty for a bent pipe."""
        return self.tables["isls"]

    def landings(self) -> Table:
        """Return which countries' gateways carry each country's traffic."""
        return self.tables["landings"]

    def cuts(self) -> Table:
        """Return what could leave each country at most, and what would stand in the way."""
        return self.tables["cuts"]

    def slots(self) -> Table:
        """Return the table of slots: what was asked for and carried, and how people fared, slot by slot."""
        return self.tables["slots"]

    def faults(self) -> Table:
        """Return what each fault did: before, during, after, and how long until all was as before."""
        return self.tables["faults"]

    def place(self, name: str) -> dict[str, Any]:
        """Return a named place: its numbers slot by slot, and over the run.

        Parameters
        ----------
        name
            As in the table of places.

        Returns
        -------
        place
            "series": the table of places for this one alone, by column; "summary": its entry in the summary.

        Raises
        ------
        InputError
            No such place was followed.
        """
        places = self.places()
        names = list(dict.fromkeys(places["place"].astype(str).tolist()))
        if name not in names:
            known = f"followed are {', '.join(names)}" if names else "no place was followed"
            raise InputError(
                f"{name!r}: no such place in {self.scenario.name}{did_you_mean(name, names)}; {known}"
            )
        is_here = places["place"].astype(str) == name
        return {
            "series": {column: values[is_here] for column, values in places.items()},
            "summary": next(entry for entry in self.summary["places"] if entry["place"] == name),
        }

    def map(self, variable: str = "main_cause") -> Figure:
        """Return the world map of a variable of the rows; `.savefig("map.svg")` writes it.

        Raises
        ------
        InputError
            There is no such variable.
        """
        from ecumene.views.pictures import picture

        return picture(self, variable)

    def plot(self, curve: str) -> Figure:
        """Return a curve: "latency-cdf", "coverage-latitude", "settlement" or "load".

        Raises
        ------
        InputError
            There is no such curve, or nothing to draw in it.
        """
        from ecumene.views.pictures import picture

        return picture(self, curve)

    def to_xarray(self) -> Dataset:
        """Return the rows, and the per-slot arrays where they were kept, as an xarray Dataset.

        Raises
        ------
        InputError
            xarray is not installed (`ecumene.results.labelled`).
        """
        from ecumene.results.labelled import dataset

        return dataset(self)

    def df(self, table: str = "rows") -> DataFrame:
        """Return a table as a pandas DataFrame.

        Raises
        ------
        InputError
            There is no such table, or pandas is not installed.
        """
        from ecumene.results.labelled import data_frame

        return data_frame(self, table)

    def __repr__(self) -> str:
        """Return a line, not all of its arrays: what a terminal shows at a prompt."""
        told = self.summary
        return (
            f"<Results of {told['scenario']}: {told['slots']:,} slots from {told['start_utc']}, {told['rows']:,} rows, "
            f"{told['people']:,.0f} people, {100 * told['people_share']['served']:.3g} % served>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the planet in a few numbers, and its map."""
        from ecumene.views.notebook import card_html

        return card_html(self)

    def write(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the tables, summary and manifest into a folder (`ecumene.results.store.write_results`)."""
        from pathlib import Path

        from ecumene.results.arrays import STORE
        from ecumene.results.store import write_results

        write_results(self, Path(folder), force=force)
        if (
            self.arrays is not None
        ):  # the arrays moved there: they may be gigabytes, and are never there twice
            object.__setattr__(self, "arrays", Path(folder) / STORE)
