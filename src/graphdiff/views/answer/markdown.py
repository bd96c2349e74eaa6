"""GitHub's tables, for notes and pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphdiff.answers import Answer
from graphdiff.views.answer import columns
from graphdiff.views.markdown import escaped, table
from graphdiff.views.screen import Screen


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """The nodes; then the edges and the second derivatives, if asked for."""
    headers, cells, _ = columns.nodes(answer)
    yield from _table(headers, cells, left=2)
    for _, titles, items in answer.listings():
        yield ""
        yield from _table(titles, columns.listing(answer, items), left=1)


def _table(headers: Sequence[str], cells: list[list[str]], left: int) -> Iterator[str]:
    rows = list(zip(*[map(escaped, column) for column in cells], strict=True))
    return table(list(map(escaped, headers)), rows, left)
