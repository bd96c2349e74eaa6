"""Numbers for reading. The formats for programs give all digits."""

from __future__ import annotations

import math

DIGITS = 10  # shown of a binary64 number


def shortened(value: float, digits: int = DIGITS) -> str:
    """A float for reading: an integer whole, another number to so many significant digits."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.{digits}g}"
