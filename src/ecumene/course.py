"""A run on its way: what is counted, the last slot, how far it is; kept on disk so that it can go on."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ecumene.carriage import Carriage, Failures
from ecumene.errors import DamagedResultError, OutputError
from ecumene.kept import check_kept, check_waiting
from ecumene.network.gateways import Feeders
from ecumene.network.isl import IslState
from ecumene.network.routes import Routes
from ecumene.network.service import Service
from ecumene.network.sharing import Paths, Shares, Streams
from ecumene.network.terminals import TerminalService, View
from ecumene.record import Ledger, array_columns, arrays_of_run, open_ledger
from ecumene.results.arrays import SlotArrays, taken_up
from ecumene.results.checkpoint import CHECKPOINT, CURE, Head, put_checkpoint, read_checkpoint
from ecumene.results.dwells import Dwells
from ecumene.results.statistics import RowStatistics
from ecumene.results.store import check_folder, identity, unfinished_run
from ecumene.scheduling.beams import Plan
from ecumene.scheduling.market import Prices
from ecumene.slot import Asked, Links, Slot, survey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecumene.results.outcome import Results
    from ecumene.world import World

EVERY_S = 60.0
"""Between two checkpoints at least: what a run that is killed has to compute again. [s]"""

MOST_SHARE = 0.01
"""Of its time a run spends on checkpoints at most, but for the first: large ones are written less often."""

_PARTS = (
    *(Ledger, RowStatistics, Dwells, Carriage, Failures),
    *(Slot, Asked, Links, Feeders, IslState, Routes, Plan, Prices),
    *(Streams, Paths, Shares, Service, View, TerminalService),
)
"""Every class a checkpoint may hold."""

_AGAIN: Any = None
"""Stands for the sky in a checkpoint: whoever reads it surveys it again."""

_log = logging.getLogger(__name__)


@dataclass
class Course:
    """How far a run is, and all it needs to go on.

    Attributes
    ----------
    world
        What stays the same.
    ledger, arrays
        What is counted, and the per-slot arrays where they are kept.
    last
        The last slot; None before the first.
    n_done, n_kept
        Slots done, and those in the checkpoint on disk.
    folder, identity
        Where checkpoints go, and whose they are; None and nothing where none are written.
    is_between_slots, has_failed
        No slot is half counted; the last checkpoint could not be written.
    since_s, due_s
        When the last slot was done, and when the next checkpoint is due, by the clock. [s]
    """

    world: World
    ledger: Ledger
    arrays: SlotArrays | None
    last: Slot | None = None
    n_done: int = 0
    n_kept: int = 0
    folder: Path | None = None
    identity: dict[str, str] = field(default_factory=dict)
    is_between_slots: bool = True
    has_failed: bool = False
    since_s: float = field(default_factory=perf_counter)
    due_s: float = field(default_factory=lambda: perf_counter() + EVERY_S)

    def record(self, slot: Slot) -> None:
        """Count one slot, and keep what is done so far where that is due."""
        self.is_between_slots = False
        self.ledger.record(slot)
        if self.arrays is not None:
            self.arrays.record(array_columns(slot, self.arrays.names))
        now = perf_counter()
        self.ledger.seconds.append(now - self.since_s)
        self.since_s, self.last, self.n_done = now, slot, self.n_done + 1
        self.is_between_slots = True
        if now >= self.due_s:
            self.keep()

    def keep(self) -> None:
        """Write a checkpoint, unless there is none to write; a full disk is no reason to stop."""
        if self.folder is None or self.n_done == self.n_kept or not self.is_between_slots:
            return
        begun = perf_counter()
        try:
            self._write(self.folder)
            self.n_kept, self.has_failed = self.n_done, False
        except (OSError, TypeError) as error:
            if not self.has_failed:
                reason = getattr(error, "strerror", None) or error
                _log.warning("%s: cannot be written: %s; the run goes on", self.folder / CHECKPOINT, reason)
            self.has_failed = True
        now = perf_counter()
        self.due_s = now + max(EVERY_S, (now - begun) / MOST_SHARE)

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        scenario = self.world.scenario
        head = Head(self.identity, scenario.model_dump(mode="json"), self.n_done, scenario.slots)
        state = {
            "ledger": replace(self.ledger, carriage=replace(self.ledger.carriage, last=None)),
            "last": None if self.last is None else replace(self.last, sky=_AGAIN),
            "arrays": None if self.arrays is None else self.arrays.state(),
        }
        put_checkpoint(folder / CHECKPOINT, head, state, classes=_PARTS, standing={"world": self.world})

    def close(self) -> Results:
        """Return the results of a run that has all its slots."""
        kept = None if self.arrays is None else self.arrays.close()
        return replace(self.ledger.close(), arrays=kept)


@contextmanager
def begin(world: World, folder: Path | None, *, force: bool) -> Iterator[Course]:
    """Begin a run, or go on with the same run that was interrupted in a folder.

    Parameters
    ----------
    world
        From `ecumene.world.build`.
    folder
        The result folder; None where nothing is to be kept.
    force
        Begin with the first slot where the folder holds an unfinished run of another scenario, or a damaged one.

    Yields
    ------
    course
        Interrupted between slots, it leaves a checkpoint. One that fails otherwise leaves the last it had.

    Raises
    ------
    OutputError
        The folder cannot be used, or holds the unfinished run of another scenario.
    DamagedResultError
        The unfinished run in it cannot be read.
    """
    course = (
        Course(world, open_ledger(world), None) if folder is None else _course_in(folder, world, force=force)
    )
    try:
        yield course
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            course.keep()
        if course.arrays is not None and not course.n_kept:
            course.arrays.discard()
        raise


def _course_in(folder: Path, world: World, *, force: bool) -> Course:
    check_folder(folder, world.scenario, force=True)
    try:
        if (head := unfinished_run(folder, world.scenario)) is not None:
            return _taken_up(folder, world, head)
    except (OutputError, DamagedResultError):
        if not force:
            raise
        (folder / CHECKPOINT).unlink()
    ledger, arrays = open_ledger(world, keeps_arrays=True), arrays_of_run(world, folder)
    return Course(world, ledger, arrays, folder=folder, identity=identity(world.scenario))


def _taken_up(folder: Path, world: World, head: Head) -> Course:
    """Return the course as the checkpoint in a folder left it."""
    state: dict[str, Any] = read_checkpoint(folder / CHECKPOINT, classes=_PARTS, standing={"world": world})
    n = head.n_done
    if head.n_slots != world.scenario.slots:
        raise DamagedResultError(f"{folder / CHECKPOINT}: names {head.n_slots} slots; {CURE}")
    try:
        here = world.at(n - 1)
        ledger, last = state["ledger"], replace(state["last"], world=here, sky=survey(here, n - 1))
        check_kept(ledger, last, world, n)
        check_waiting(state["arrays"], world, n)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedResultError(f"{folder / CHECKPOINT}: is not of this run: {error}; {CURE}") from None
    ledger.carriage.last = last
    arrays = None if state["arrays"] is None else taken_up(folder, state["arrays"])
    return Course(world, ledger, arrays, last, n, n, folder, head.identity)
