"""What SIGINT (Ctrl-C) does to the command: it ends at once, with its own exit status and no traceback."""

from __future__ import annotations

# The part of `signal` that imports nothing else: so the handler is there sooner.
import _signal as signal  # type: ignore[import-not-found]
import os

from graphdiff.cli.status import INTERRUPTED


def leave_at_once() -> None:
    """End the process when it is interrupted, from now on and also while it imports modules.

    Python's own way, an exception, can strike where no handler is yet, or where exceptions are
    only printed. A caller that ignores interrupts, as `nohup` does, goes on ignoring them.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raise_exception() -> None:
    """Raise KeyboardInterrupt from now on, for work that must be cleaned up."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)
