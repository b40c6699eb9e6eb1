"""What computes a run: the digest changes with the code and the data, and with nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ecumene
from ecumene.results.program import code_digest, digest_of

BEFORE = '''"""A module."""

from math import sin

LIMIT = 0.0
"""What it is."""

KINDS = ("a", "b")


def wave(x_rad, *, gain=2.0):
    """Return it."""
    if x_rad in {"alpha", "beta", "gamma"}:  # a set of constants
        return LIMIT
    return gain * sin(x_rad)


class Wave:
    """A wave."""

    gain: float = 1.0
    """Of it."""
'''


def digest(text, name="rooms/wave.py"):
    return digest_of({name: text.encode()})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A module."""', '"""Another text."""'),
        ('    """Return it."""\n', '    """Return it.\n\n    In more words.\n    """\n'),
        ('"""What it is."""', '"""What it is not."""'),
        ('    """Of it."""\n', ""),
        ("  # a set of constants", "  # for no reason"),
        ("    return gain * sin(x_rad)", "\n    return (\n        gain\n        * sin(x_rad)\n    )"),
    ],
)
def test_what_is_said_about_code_does_not_count(old, new):
    changed = BEFORE.replace(old, new)
    assert changed != BEFORE
    assert digest(changed) == digest(BEFORE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 0.0", "LIMIT = -0.0"),
        ("LIMIT = 0.0", "LIMIT = 0"),
        ("gain=2.0", "gain=2.5"),
        ("gain * sin", "gain + sin"),
        ("import sin", "import cos as sin"),
        ("*, gain", "gain"),
        ("gain: float = 1.0", "gain: float = 1.5"),
        ("gain: float", "gain: int"),
        ('"beta"', '"delta"'),
        ('("a", "b")', '("b", "a")'),
        ("wave(x_rad", "wav(x_rad"),
        ("if x_rad in", "if x_rad not in"),
    ],
)
def test_what_code_does_counts(old, new):
    changed = BEFORE.replace(old, new)
    assert changed != BEFORE
    assert digest(changed) != digest(BEFORE)


def test_names_of_files_and_every_byte_of_data_count():
    assert digest(BEFORE, "rooms/other.py") != digest(BEFORE)
    assert digest_of({"d/data/t.csv": b"1,2\n"}) != digest_of({"d/data/t.csv": b"1,2\n\n"})


def packaged(tmp_path):
    """Return a copy of the package, and a function that tells its digest in a process of its own."""
    import shutil

    shutil.copytree(Path(ecumene.__file__).parent, tmp_path / "ecumene", ignore=lambda *_: ["__pycache__"])

    def told(seed="0"):
        code = "from ecumene.results.program import code_digest; print(code_digest())"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        ).stdout.strip()

    return tmp_path / "ecumene", told


def test_of_the_package_all_that_computes_counts(tmp_path):
    root, told = packaged(tmp_path)
    before = told()
    assert before == told("7") == code_digest()
    for name in ("views/report.py", "cli/runs.py", "exports/kml.py", "reasons.py", "siting.py"):
        with (root / name).open("a") as file:
            file.write("MORE = 1\n")
    (root / "views" / "data" / "globe.js").write_text("")
    (root / "slot.py").write_text("# more words\n" + (root / "slot.py").read_text())
    assert told() == before
    found = {before}
    for name in ("slot.py", "record.py", "results/statistics.py", "sky/sight.py", "scenario/schema.py"):
        with (root / name).open("a") as file:
            file.write("MORE = 1\n")
        found.add(told())
    with (root / "earth" / "data" / "countries.csv").open("a") as file:
        file.write("\n")
    found.add(told())
    assert len(found) == 7
