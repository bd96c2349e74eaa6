"""The command line: only here does anything read, print or exit."""

from __future__ import annotations

import os
import sys

from graphdiff.cli.status import INTERRUPTED


def main() -> None:
    """The entry point. Whatever happens, the status is one of the documented ones."""
    try:
        from graphdiff.cli.run import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = INTERRUPTED
    _leave(status)


def _leave(status: int) -> None:
    """End the process at once.

    All files are closed by now. To take the interpreter apart, module by module, would
    add a tenth to the time of a short command.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads the output; the exit status still counts
    os._exit(status)
