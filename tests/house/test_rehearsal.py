"""The first run compiles in two processes: just what a run calls; and nothing that fails them fails a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ecumene import kernels, rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CALLED = """
import gc, json, sys
from numba.core.dispatcher import Dispatcher
{steps}
called = [
    [f"{{kernel.py_func.__module__}}.{{kernel.py_func.__qualname__}}", str(types)]
    for kernel in gc.get_objects()
    if isinstance(kernel, Dispatcher) and kernel.py_func.__module__.startswith("ecumene.")
    for types in kernel.overloads
]
print(json.dumps(called))
"""
_RUN = """
import ecumene
from ecumene.simulation import run
from ecumene.world import build
run.__globals__["rehearse"] = lambda: None
run(build(ecumene.load({name!r}, overrides={overrides})))
"""
_MET_LATE = {"beams._next_places", "fill.light_all", "fill.drop_losses", "fill.fill", "fill.objective_of"}
"""Of these the helper compiles the first at once, before this process comes to it, which compiles the others."""

_SLEEPER = rehearsal._HELPER.split("sys.path[:]")[0] + "import time; time.sleep(60.0)"


def kernels_called(steps: str) -> set[tuple[str, str]]:
    """Return kernels and types of arguments that a process of its own meets."""
    done = subprocess.run(
        [sys.executable, "-c", _CALLED.format(steps=steps)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return {(name, types) for name, types in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def halves() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Kernels that the helper and the process itself call in a rehearsal."""
    beams = "from ecumene.scheduling.rehearsal import rehearse_beams as rehearse; rehearse()"
    others = "from ecumene.rehearsal import rehearse_all_but_beams as rehearse; rehearse()"
    return kernels_called(beams), kernels_called(others)


@pytest.mark.parametrize(
    ("name", "overrides"), [("toy", {}), ("starlink-gen1", {"slots": 2, "resolution": 3})]
)
def test_a_run_calls_no_kernel_that_was_not_rehearsed(
    name: str, overrides: dict[str, int], halves: Any
) -> None:
    """numba takes what it compiled from its folder by the types of arguments: with these, a run compiles nothing."""
    beams, others = halves
    assert kernels_called(_RUN.format(name=name, overrides=overrides)) <= beams | others


def test_both_halves_have_work_and_none_is_done_twice(halves: Any) -> None:
    beams, others = halves
    assert len(beams) > 10
    assert len(others) > 10
    assert {name.removeprefix("ecumene.scheduling.") for name, _ in beams & others} <= _MET_LATE


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a rehearsal do nothing but note that it takes place, with two cores and a folder of its own."""
    noted: list[str] = []
    monkeypatch.setattr(rehearsal, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(rehearsal, "n_cores", lambda: 2)
    monkeypatch.setattr(rehearsal, "rehearse_all_but_beams", lambda: noted.append("rehearsed"))
    monkeypatch.setattr(rehearsal, "_HELPER", "pass")
    return noted


def test_once_is_enough_until_a_source_changes(stage: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert rehearsal.is_due()
    rehearsal.rehearse()
    rehearsal.rehearse()
    assert stage == ["rehearsed"]
    assert not rehearsal.is_due()
    monkeypatch.setattr(rehearsal, "_sources", lambda: "changed")
    assert rehearsal.is_due()
    rehearsal.rehearse()
    assert len(stage) == 2


@pytest.mark.parametrize(("what", "value"), [("cache_folder", None), ("n_cores", 1)])
def test_nothing_is_rehearsed_where_it_would_not_pay(
    what: str, value: int | None, stage: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, what, lambda: value)
    assert not rehearsal.is_due()
    rehearsal.rehearse()
    assert not stage


def test_nothing_is_compiled_ahead_where_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels.numba.config, "DISABLE_JIT", 1)
    assert kernels.cache_folder() is None


@pytest.mark.parametrize("python", [sys.executable, "/no/such/python", ""])
def test_a_helper_that_fails_fails_nobody(
    python: str, stage: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rehearsal, "_HELPER", "print('here'); raise SystemExit('there')")
    monkeypatch.setattr(rehearsal.sys, "executable", python)
    rehearsal.rehearse()
    assert stage == ["rehearsed"]
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_takes_no_file_fails_nobody(stage: list[str], tmp_path: Path) -> None:
    (tmp_path / rehearsal.LOCK).mkdir()
    rehearsal.rehearse()
    assert not stage


def test_a_rehearsal_that_fails_is_told_and_fails_nobody(
    stage: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall() -> None:
        raise ValueError("fell off the stage")

    monkeypatch.setattr(rehearsal, "rehearse_all_but_beams", fall)
    rehearsal.rehearse()
    assert not stage
    assert "fell off the stage" in caplog.text


def test_an_interrupted_rehearsal_leaves_no_helper_and_is_due_again(
    stage: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            begun.append(self)

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rehearsal.subprocess, "Popen", Noted)
    monkeypatch.setattr(rehearsal, "_HELPER", _SLEEPER)
    monkeypatch.setattr(rehearsal, "rehearse_all_but_beams", stop)
    with pytest.raises(KeyboardInterrupt):
        rehearsal.rehearse()
    assert begun[0].returncode is not None
    assert rehearsal.is_due()
    assert not stage


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_helper_ends_with_a_parent_that_is_killed() -> None:
    program = (
        "import sys, time\nfrom ecumene import rehearsal\nrehearsal._HELPER = sys.argv[1]\n"
        "with rehearsal._helper() as helper:\n    print(helper.pid, flush=True)\n    time.sleep(60.0)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, _SLEEPER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with parent:
        helper = int(parent.stdout.readline())  # type: ignore[union-attr]
        assert _lives(helper)
        parent.kill()
    assert _comes_true(lambda: not _lives(helper))


def test_of_two_that_begin_together_one_rehearses(stage: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def at_length() -> None:
        time.sleep(0.5)
        stage.append("rehearsed")

    monkeypatch.setattr(rehearsal, "rehearse_all_but_beams", at_length)
    threads = [threading.Thread(target=rehearsal.rehearse) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage == ["rehearsed"]


def test_who_waits_in_vain_goes_in_all_the_same(
    stage: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "PATIENCE_S", 0.3)
    with rehearsal._alone(tmp_path / rehearsal.LOCK):
        rehearsal.rehearse()
    assert stage == ["rehearsed"]


def _lives(process: int) -> bool:
    """Return whether a process is there, and not as a zombie that nobody has asked about."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()[:1] not in {"", "Z"}


def _comes_true(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return condition()
