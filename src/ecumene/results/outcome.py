"""One finished run, as its user holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

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
    """

    scenario: Scenario
    tables: dict[str, Table]
    summary: dict[str, Any]
    frames: Frames | None = None

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

    def write(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the tables, summary and manifest into a folder (`ecumene.results.store.write_results`)."""
        from pathlib import Path

        from ecumene.results.store import write_results

        write_results(self, Path(folder), force=force)
