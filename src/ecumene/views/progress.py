"""How far a run has come: a bar on a terminal, a line every ten seconds in a log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

from ecumene.views.wording import duration_text, number_text

OnSlot = Callable[[int, int], None]

EVERY_S = 10.0
"""A log gets a line this often. [s]"""


@contextmanager
def show_progress(stream: TextIO, *, every_s: float = EVERY_S) -> Iterator[OnSlot]:
    """Show progress on a stream while the block runs.

    Parameters
    ----------
    stream
        Where to; a terminal gets a bar, anything else plain lines.
    every_s
        Seconds between plain lines.

    Yields
    ------
    on_slot
        To be called with slots done and slots in all, first when the first slot begins.
    """
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    with _bar(stream) if is_terminal else _lines(stream, every_s) as on_slot:
        yield on_slot


def progress_text(done: int, total: int, elapsed_s: float, first: int = 0) -> str:
    """Return where a run stands, as one line.

    Parameters
    ----------
    done, total
        Slots done, and in all.
    elapsed_s
        Since the first slot of this sitting began. [s]
    first
        Slots that were done before it.

    Examples
    --------
    >>> progress_text(21, 240, 7.0)
    '21/240 slots, 3.0 slots/s, ETA 1 min 13 s'
    """
    if elapsed_s <= 0.0:
        return f"{done}/{total} slots"
    if done == first:
        return f"{done}/{total} slots, {duration_text(round(elapsed_s))} so far"
    rate = (done - first) / elapsed_s
    left_s = round((total - done) / rate)
    return f"{done}/{total} slots, {number_text(rate)} slots/s, ETA {duration_text(left_s)}"


def run_text(number: int, total: int, label: str, elapsed_s: float) -> str:
    """Return which run of several begins, as one line.

    Parameters
    ----------
    number, total
        Which, counted from 1, and of how many.
    label
        What is special about it.
    elapsed_s
        Since the first began. [s]

    Examples
    --------
    >>> run_text(3, 6, "slots=8", 40.0)
    'run 3 of 6: slots=8, about 1 min 20 s left'
    """
    left_s = round(elapsed_s / max(number - 1, 1) * (total - number + 1))
    left = f", about {duration_text(left_s)} left" if number > 1 else ""
    return f"run {number} of {total}: {label}{left}"


@contextmanager
def _lines(stream: TextIO, every_s: float) -> Iterator[OnSlot]:
    """Print a line now and then from a second thread, so that a long step is not a long silence."""
    begun = monotonic()
    state: dict[str, float] = {"done": 0, "total": 0, "first": 0, "since": begun}
    is_over = threading.Event()

    def on_slot(done: int, total: int) -> None:
        if not state["total"] or done == 0:
            state.update(first=done, since=monotonic())
        state.update(done=done, total=total)

    def speak() -> None:
        while not is_over.wait(every_s):
            now = monotonic()
            if state["total"]:
                done, total, first = (int(state[key]) for key in ("done", "total", "first"))
                line = progress_text(done, total, now - state["since"], first)
            else:
                line = f"getting ready, {duration_text(round(now - begun))}"
            print(line, file=stream, flush=True)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield on_slot
    finally:
        is_over.set()
        speaker.join()


@contextmanager
def _bar(stream: TextIO) -> Iterator[OnSlot]:
    """Show a bar with slots, slots a second and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("getting ready", total=None, pace="")
        begun, first = monotonic(), -1

        def on_slot(done: int, total: int) -> None:
            nonlocal begun, first
            if first < 0 or done == 0:
                begun, first = monotonic(), done
                progress.reset(task, total=total, completed=done, description="computing")
            elapsed_s = (monotonic() - begun) if done > first else 0.0
            _, _, pace = progress_text(done, total, elapsed_s, first).partition(", ")
            progress.update(task, completed=done, pace=f"{done}/{total} slots  {pace}")

        yield on_slot
