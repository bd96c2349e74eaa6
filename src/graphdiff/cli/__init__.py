"""The command line: only here does anything read, print or exit."""

from __future__ import annotations

import os
import sys

from graphdiff.cli.interrupts import leave_at_once
from graphdiff.cli.status import DEFECT, INTERRUPTED


def main() -> None:
    """The entry point. Whatever happens, the status is one of the documented ones."""
    leave_at_once()
    status = DEFECT
    try:
        from graphdiff.cli.run import run

        status = run(sys.argv[1:])
        _flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BaseException:  # such as a package that is not installed, or a defect whose traceback is asked for
        sys.excepthook(*sys.exc_info())
    finally:
        # At once: all files are closed by now. To take the interpreter apart, module by module,
        # would add a tenth to the time of a short command.
        os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody reads it; the exit status still counts
