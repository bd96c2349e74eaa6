"""The table for a terminal, drawn by Rich."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich import box
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.table import Table
from rich.text import Text

from graphdiff.views import Answer, columns

STYLES = {"input": "cyan", "intermediate": "", "output": "bold green", "edge": ""}


def lines(answer: Answer, *, color: bool, width: int | None, unicode: bool) -> Iterator[str]:
    """The table's lines; `width` None for as wide as it comes.

    Numbers are never cut: where the columns do not fit, the formulas are shortened,
    and then the outputs are shown some at a time.
    """
    headers, cells, kinds = columns.nodes(answer)
    into = console(color, width)
    for some in _fitting(cells, headers, into.width):
        into.print(_nodes([headers[k] for k in some], [cells[k] for k in some], kinds, unicode))
    if answer.edges is not None:
        names, partials = columns.edges(answer)
        into.print(_nodes(names, partials, ["edge"] * len(partials[0]), unicode))
    yield from printed(into)


def console(color: bool, width: int | None) -> Console:
    """A console that prints into memory, so that the caller alone writes to the terminal."""
    return Console(
        file=io.StringIO(), force_terminal=color, no_color=not color, width=width or 10_000,
        color_system="standard" if color else None, legacy_windows=False, emoji=False, highlight=False,
    )  # fmt: skip


def printed(into: Console) -> Iterator[str]:
    """The lines that were printed, without the blanks that fill them up."""
    assert isinstance(into.file, io.StringIO)
    for line in into.file.getvalue().splitlines():
        yield line.rstrip()


def _fitting(cells: list[list[str]], headers: list[str], width: int) -> Iterator[list[int]]:
    """Which columns to show together: name, formula and value, with as many outputs as fit."""
    wide = [
        max(Text(c).cell_len for c in [header, *column]) + 3
        for header, column in zip(headers, cells, strict=True)
    ]
    # What the formulas need at the least; they are shortened before columns are split.
    fixed = wide[0] + min(wide[1], 12) + wide[2] + 1
    some: list[int] = []
    used = fixed
    for k in range(3, len(cells)):
        if some and used + wide[k] > width:
            yield [0, 1, 2, *some]
            some, used = [], fixed
        some.append(k)
        used += wide[k]
    yield [0, 1, 2, *some]


def _nodes(headers: list[str], cells: list[list[str]], kinds: list[str], unicode: bool) -> Table:
    table = Table(box=box.ROUNDED if unicode else box.ASCII, header_style="bold", pad_edge=True)
    for header, column in zip(headers, cells, strict=True):
        if header == "formula":
            overflow: OverflowMethod = "ellipsis" if unicode else "crop"
            table.add_column(header, no_wrap=True, min_width=7, overflow=overflow, style="dim")
        else:
            justify: JustifyMethod = "left" if header in ("node", "edge") else "right"
            width = max(map(len, column), default=None)
            table.add_column(header, no_wrap=True, justify=justify, min_width=width, overflow="fold")
    for row, (kind, *texts) in enumerate(zip(kinds, *cells, strict=True)):
        style = STYLES[kind]
        name, *rest = texts
        table.add_row(
            Text(name, style), *map(Text, rest), end_section=row + 1 < len(kinds) and kinds[row + 1] != kind
        )
    return table
