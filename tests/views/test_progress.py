"""Progress in a log and on a terminal."""

from __future__ import annotations

import io
import time

from ecumene.views.progress import progress_text, run_text, show_progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_log_gets_plain_lines_while_getting_ready_and_computing():
    log = io.StringIO()
    with show_progress(log, every_s=0.02) as on_slot:
        time.sleep(0.06)
        on_slot(0, 4)
        on_slot(2, 4)
        time.sleep(0.06)
    lines = log.getvalue().splitlines()
    assert lines[0].startswith("getting ready, ")
    assert lines[-1].startswith("2/4 slots, ")
    assert "slots/s, ETA" in lines[-1]
    assert "\x1b" not in log.getvalue()


def test_a_short_run_leaves_the_log_alone():
    log = io.StringIO()
    with show_progress(log) as on_slot:
        on_slot(0, 1)
        on_slot(1, 1)
    assert log.getvalue() == ""


def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with show_progress(terminal) as on_slot:
        on_slot(0, 4)
        on_slot(3, 4)
    assert "3/4 slots" in terminal.getvalue()


def test_a_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    with show_progress(terminal) as on_slot:
        on_slot(0, 4)
    assert terminal.getvalue() == ""


def test_the_last_slot_has_nothing_left():
    assert progress_text(4, 4, 2.0) == "4/4 slots, 2.0 slots/s, ETA 0 s"
    assert progress_text(0, 4, 0.0) == "0/4 slots"


def test_the_first_slot_may_take_long():
    assert progress_text(0, 4, 30.2) == "0/4 slots, 30 s so far"


def test_which_run_of_several_begins():
    assert run_text(1, 3, "slots=4", 0.0) == "run 1 of 3: slots=4"
    assert run_text(3, 3, "slots=8", 30.0) == "run 3 of 3: slots=8, about 15 s left"
