"""The command line. Results go to stdout, everything else to stderr.

Exit codes: 0 ok, 1 failed, 2 wrong input, 130 interrupted, 143 told to end. Nothing heavy is imported
before it is needed: `ecumene --help` loads no numpy.
"""

from __future__ import annotations

import sys

from ecumene.cli import (  # noqa: F401 - they add their commands
    exports,
    law,
    machine,
    network,
    questions,
    reports,
    results,
    runs,
    sweeps,
)
from ecumene.cli.base import INTERRUPTED, app, say

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; the entry point of `ecumene` and of `python -m ecumene`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a name in another script must not end a run
    try:
        app(prog_name="ecumene")
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(INTERRUPTED)
