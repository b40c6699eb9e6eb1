"""The spine: one slot in reading order, then the loop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ecumene.course import begin
from ecumene.rehearsal import rehearse
from ecumene.results.outcome import Results
from ecumene.slot import assign, carry, close_links, demand, survey
from ecumene.world import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecumene.scenario import Scenario
    from ecumene.slot import Sky, Slot
    from ecumene.world import World

__all__ = ["Results", "run", "simulate"]


def simulate(
    scenario: Scenario,
    *,
    on_slot: Callable[[int, int], None] | None = None,
    folder: str | Path | None = None,
    force: bool = False,
) -> Results:
    """Compute the whole planet's network, slot by slot.

    Parameters
    ----------
    scenario
        From `ecumene.load`.
    on_slot
        Called with slots done and slots in all when the world is built, and after every slot.
    folder
        Result folder, where `Results.write` then goes as well. Named here, it takes the per-slot arrays of
        `output.arrays`, and a checkpoint every minute or so from which the same run goes on after it was interrupted.
    force
        Begin with the first slot where the folder holds an unfinished run of another scenario, or a damaged one.

    Returns
    -------
    results
        Tables and summary. The same scenario gives the same numbers, interrupted or not.

    Raises
    ------
    InputError
        A file the scenario names has mistakes, or two of its parts contradict each other; or the folder cannot be used.
    DamagedResultError
        The unfinished run in the folder cannot be read.
    """
    return run(build(scenario), on_slot=on_slot, folder=None if folder is None else Path(folder), force=force)


def run(
    world: World,
    *,
    on_slot: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
    force: bool = False,
) -> Results:
    """Compute the slots of a world that is built already: what `simulate` does after building.

    Parameters
    ----------
    world
        From `ecumene.world.build`.
    on_slot, force
        As for `simulate`.
    folder
        As for `simulate`. Without one nothing can go on later, and per-slot arrays are not kept: a note in the summary
        says so.

    Returns
    -------
    results
        Tables and summary.

    Notes
    -----
    The sky of slot k + 2 is surveyed in a second thread while slot k is planned; slots themselves run in
    order, because each plan starts from the last one.
    """
    rehearse()
    tell = on_slot or (lambda _done, _total: None)
    total = world.scenario.slots
    with ThreadPoolExecutor(max_workers=1) as second_thread, begin(world, folder, force=force) as course:
        first = course.n_done
        tell(first, total)
        sky, next_sky = survey(world.at(first), first), survey(world.at(first + 1), first + 1)
        for k in range(first, total):
            coming = second_thread.submit(survey, world.at(k + 2), k + 2) if k + 2 <= total else None
            course.record(one_slot(world.at(k), sky, next_sky, course.last))
            if coming is not None:
                sky, next_sky = next_sky, coming.result()
            tell(k + 1, total)
        return course.close()


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
