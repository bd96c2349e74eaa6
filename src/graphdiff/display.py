"""Results that show themselves: a table when printed, and in notebooks.

The views that draw them stand above the core, which does not import them: the package
hands them in when it is imported, and loads them at first use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

# Draws a result as "text", "html" or "svg"; the last one is "" where there is no picture.
draw: Callable[[Any, str], str] | None = None


class Displayed:
    """`str` of it is the table that the command would print; notebooks show it as a picture above a table."""

    def __str__(self) -> str:
        return repr(self) if draw is None else draw(self, "text")

    def _repr_html_(self) -> str | None:
        return None if draw is None else draw(self, "html")

    def _repr_svg_(self) -> str | None:
        return (draw(self, "svg") or None) if draw is not None else None


def short(found: Sequence[tuple[str, Any]], text: Callable[[Any], str], most: int = 6) -> str:
    """Named numbers on one line: `a = 5, b = 3`, cut where there are very many."""
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(f"{name} = {text(number)}" for name, number in found[:most]) + more
