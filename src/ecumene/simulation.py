"""The spine: one slot in reading order, then the loop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ecumene.record import array_columns, arrays_of_run, open_ledger
from ecumene.results.outcome import Results
from ecumene.slot import Slot, assign, carry, close_links, demand, survey
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecumene.scenario import Scenario
    from ecumene.slot import Sky
    from ecumene.world import World

__all__ = ["Results", "run", "simulate"]


def simulate(
    scenario: Scenario,
    *,
    on_slot: Callable[[int, int], None] | None = None,
    folder: str | Path | None = None,
) -> Results:
    """Compute the whole planet's network, slot by slot.

    Parameters
    ----------
    scenario
        From `ecumene.load`.
    on_slot
        Called with slots done and slots in all, first with 0 when the world is built.
    folder
        Result folder for the per-slot arrays of `output.arrays`, where `Results.write` then goes as well.

    Returns
    -------
    results
        Tables and summary. The same scenario gives the same numbers.

    Raises
    ------
    InputError
        A file the scenario names has mistakes, or two of its parts contradict each other.
    """
    return run(build(scenario), on_slot=on_slot, folder=None if folder is None else Path(folder))


def run(
    world: World, *, on_slot: Callable[[int, int], None] | None = None, folder: Path | None = None
) -> Results:
    """Compute the slots of a world that is built already: what `simulate` does after building.

    Parameters
    ----------
    world
        From `ecumene.world.build`.
    on_slot
        Called with slots done and slots in all, first with 0.
    folder
        Result folder for the per-slot arrays the scenario asks for. Without one they are not kept, and a note in the
        summary says so.

    Returns
    -------
    results
        Tables and summary.

    Notes
    -----
    The sky of slot k + 2 is surveyed in a second thread while slot k is planned; slots themselves run in
    order, because each plan starts from the last one.
    """
    begun = perf_counter()
    ledger = open_ledger(world, keeps_arrays=folder is not None)
    tell = on_slot or (lambda _done, _total: None)
    total = world.scenario.slots
    before: Slot | None = None
    tell(0, total)
    with ThreadPoolExecutor(max_workers=1) as second_thread, arrays_of_run(world, folder) as arrays:
        sky, next_sky = survey(world.at(0), 0), survey(world.at(1), 1)
        for k in range(total):
            coming = second_thread.submit(survey, world.at(k + 2), k + 2) if k + 2 <= total else None
            before = one_slot(world.at(k), sky, next_sky, before)
            ledger.record(before)
            if arrays is not None:
                arrays.record(array_columns(before, arrays.names))
            if coming is not None:
                sky, next_sky = next_sky, coming.result()
            tell(k + 1, total)
        kept = None if arrays is None else arrays.close()
    return replace(ledger.close(slots_s=perf_counter() - begun), arrays=kept)


def one_slot(world: World, sky: Sky, next_sky: Sky, before: Slot | None) -> Slot:
    """Compute one slot.

    Parameters
    ----------
    world
        As it is in the slot (`World.at`).
    sky, next_sky
        Where satellites are and who sees whom, in this slot and the next (look-ahead).
    before
        The last slot, whose satellites and antennas are kept where they can be.

    Returns
    -------
    slot
        Links, plan and service of the slot.
    """
    asked = demand(world, sky)
    links = close_links(world, sky, next_sky, asked, before)
    plan = assign(world, sky, next_sky, asked, links, before)
    return carry(world, sky, asked, links, plan, before)
