"""Whether to write colours: decided once, from the option, the environment and the stream."""

from __future__ import annotations

import os
import sys
from typing import TextIO

# What --color said; "auto" until it has spoken.
choice = "auto"


def wants_color(stream: TextIO) -> bool:
    """NO_COLOR wins over FORCE_COLOR (no-color.org, force-color.org); then terminals have colours."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def writes_unicode() -> bool:
    """Whether standard output can show lines and dots that are not ASCII."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")
