"""GitHub's tables, for notes and pull requests."""

from __future__ import annotations

from collections.abc import Iterator

from graphdiff.answers import Answer
from graphdiff.views.answer import columns
from graphdiff.views.screen import Screen


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """The nodes; then the edges and the second derivatives, if asked for."""
    headers, cells, _ = columns.nodes(answer)
    yield from _table(headers, cells, left=2)
    for _, titles, items in answer.listings():
        yield ""
        yield from _table(list(titles), columns.listing(answer, items), left=1)


def _table(headers: list[str], cells: list[list[str]], left: int) -> Iterator[str]:
    columns_ = [[header, *column] for header, column in zip(headers, cells, strict=True)]
    escaped = [[_escaped(cell) for cell in column] for column in columns_]
    widths = [max(map(len, column)) for column in escaped]
    rows = list(zip(*escaped, strict=True))

    def line(row: tuple[str, ...]) -> str:
        padded = (
            c.ljust(w) if k < left else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    yield line(rows[0])
    yield "| " + " | ".join("-" * w if k < left else "-" * (w - 1) + ":" for k, w in enumerate(widths)) + " |"
    for row in rows[1:]:
        yield line(row)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
