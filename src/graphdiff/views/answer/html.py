"""The table for notebooks, as HTML. Everything that comes from the program is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from graphdiff.answers import Answer
from graphdiff.views.answer import columns
from graphdiff.views.screen import Screen

LEFT, RIGHT = ' style="text-align: left"', ' style="text-align: right"'


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """The nodes, further tables such as second derivatives, and the notices."""
    headers, cells, _ = columns.nodes(answer)
    yield from _table(headers, cells, left=2)
    for _, titles, items in answer.listings():
        yield from _table(list(titles), columns.listing(answer, items), left=1)
    for notice in answer.notices:
        yield f"<p>notice: {escape(notice.message)}</p>"


def _table(headers: list[str], cells: list[list[str]], left: int) -> Iterator[str]:
    yield "<table>"
    yield from _row("th", headers, left)
    for row in zip(*cells, strict=True):
        yield from _row("td", [text.strip() for text in row], left)
    yield "</table>"


def _row(tag: str, texts: list[str], left: int) -> Iterator[str]:
    inner = (f"<{tag}{LEFT if k < left else RIGHT}>{escape(text)}</{tag}>" for k, text in enumerate(texts))
    yield f"<tr>{''.join(inner)}</tr>"
