"""Comma-separated values: every digit, one row a name.

Columns: name, kind, value, then the derivative of each output, headed `dJ`. The partials along
the edges are further rows of kind `edge`, named `dv/du`; second derivatives of kind `second`,
named `d2J/db dc`.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.answers import Answer
from graphdiff.views import delimited
from graphdiff.views.screen import Screen


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """A header, and a line for each row."""
    return delimited.lines(rows(answer), ",")


def rows(answer: Answer) -> Iterator[list[str]]:
    """The header and the rows, as texts."""
    text = answer.values.arithmetic.text
    yield ["name", "kind", "value", *(f"d{of}" for of in answer.outputs), *answer.extra]
    for name, kind, value, slopes in answer.rows():
        yield [name, kind, text(value), *map(text, slopes)]
    blank = [""] * (len(answer.outputs) + len(answer.extra))
    for kind, _, items in answer.listings():
        for label, value in items:
            yield [label, kind, text(value), *blank]
