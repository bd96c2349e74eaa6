"""Views of an answer. They only read: no number here that the sweeps did not compute."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from graphdiff.answers import Answer
from graphdiff.views.screen import Screen

# Each format is the module of its name here, with a function `lines(answer, screen)`.
FORMATS = ("table", "json", "csv", "tsv", "markdown")


def lines(answer: Answer, form: str, screen: Screen) -> Iterator[str]:
    """The lines of an answer in one of the formats, whose module is imported now: a table costs Rich."""
    found: Iterator[str] = import_module(f"{__name__}.{form}").lines(answer, screen)
    return found
