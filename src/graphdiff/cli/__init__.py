"""The command line: only here does anything read, print or exit."""

from __future__ import annotations

import sys

# Exit statuses, as grep and diff have them.
ANSWERED, FAILED_CHECK, NO_ANSWER, DEFECT, INTERRUPTED = 0, 1, 2, 70, 130


def main() -> None:
    """The entry point. Whatever happens, the status is one of the documented ones."""
    try:
        from graphdiff.cli.run import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)
