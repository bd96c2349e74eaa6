"""Tab-separated values, in the rows and columns of the comma-separated ones."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.answers import Answer
from graphdiff.views import delimited
from graphdiff.views.answer.csv import rows
from graphdiff.views.screen import Screen


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """A header, and a line for each row."""
    return delimited.lines(rows(answer), "\t")
