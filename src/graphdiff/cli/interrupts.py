"""What SIGINT (Ctrl-C) does to the command: it ends at once, with its own exit status and no traceback."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from graphdiff.cli.status import INTERRUPTED


def leave_at_once() -> None:
    """End the process when it is interrupted, from now on and also while it imports modules.

    Python's own way, an exception, can strike where no handler is yet, or where exceptions are
    only printed. A caller that ignores interrupts, as `nohup` does, goes on ignoring them.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        with suppress(ValueError):  # of a thread that is not the main one
            signal.signal(signal.SIGINT, _leave)


def raise_exception() -> None:
    """Raise KeyboardInterrupt from now on, for work that must be cleaned up."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)
