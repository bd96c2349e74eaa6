"""Views of an explanation, one module for each format."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from graphdiff.explanation.steps import Explanation
from graphdiff.views.screen import Screen

# The formats, the default first. Each is a module of this package with `lines(explanation, screen)`.
FORMATS = ("text", "markdown", "latex")


def lines(explanation: Explanation, form: str, screen: Screen) -> Iterator[str]:
    """The lines of an explanation in one of the formats."""
    view = import_module(f"{__name__}.{form}")
    found: Iterator[str] = view.lines(explanation, screen)
    return found
