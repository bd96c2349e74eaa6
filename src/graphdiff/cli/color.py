"""Whether to write colours: by the option, the environment and the stream."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

CHOICE = "graphdiff.color"  # what --color says, among what the contexts of a command line share


def wants_color(stream: TextIO) -> bool:
    """NO_COLOR wins over FORCE_COLOR (no-color.org, force-color.org); then terminals have colours."""
    context = click.get_current_context(silent=True)
    choice = context.meta.get(CHOICE, "auto") if context else "auto"
    if choice != "auto":
        return bool(choice == "always")
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def writes_unicode() -> bool:
    """Whether standard output can show lines and dots that are not ASCII."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")
