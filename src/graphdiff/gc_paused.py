"""Large graphs are built and swept without the cycle collector scanning them."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# While a call runs, the collector looks only at new objects, and only once so many have been made.
# It is never switched off: `gc.isenabled()` stays the caller's, whatever other threads do.
RARELY = (500_000, 1_000, 1_000)

_lock = RLock()  # a signal handler may call graphdiff, too
_running = 0
_before = gc.get_threshold()


def gc_paused(function: Callable[P, T]) -> Callable[P, T]:
    """The function with the cycle collector nearly at rest while it runs.

    Parsing and the sweeps allocate no garbage cycles, and searching a growing graph for
    some again and again would cost more than building it. The collector's thresholds are
    raised when the first of overlapping or nested calls begins and restored when the last
    one ends, whichever threads they are in.
    """

    @wraps(function)
    def paused(*args: P.args, **kwargs: P.kwargs) -> T:
        _raise()
        try:
            return function(*args, **kwargs)
        finally:
            _restore()

    return paused


def _raise() -> None:
    global _running, _before
    with _lock:
        _running += 1
        if _running == 1 and gc.get_threshold()[0] != RARELY[0]:
            _before = gc.get_threshold()
            gc.set_threshold(*RARELY)


def _restore() -> None:
    global _running
    with _lock:
        _running -= 1
        if _running == 0 and gc.get_threshold()[0] == RARELY[0]:  # else someone has set their own meanwhile
            gc.set_threshold(*_before)
