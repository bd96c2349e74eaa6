"""The table for a terminal, drawn by Rich."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from graphdiff.views.answer import Answer, columns

FORMULA, LEAST_FORMULA = 1, 9  # its column, and the fewest characters worth showing
STYLES = {"input": "cyan", "intermediate": "", "output": "bold green", "edge": "", "second": ""}


def lines(answer: Answer, *, color: bool, width: int | None, unicode: bool) -> Iterator[str]:
    """The table's lines; `width` None for as wide as it comes.

    Numbers are never cut: where the columns do not fit, the formulas are shortened,
    and then the outputs are shown some at a time.
    """
    headers, cells, kinds = columns.nodes(answer)
    if not unicode:
        headers, cells = list(map(_ascii, headers)), [list(map(_ascii, column)) for column in cells]
    into = console(color, None)  # what fits is decided here, not by Rich, which would cut numbers
    for some, room in _fitting(headers, cells, width or into.width):
        shortened = [_shortened(c, room, unicode) if k == FORMULA else c for k, c in enumerate(cells)]
        into.print(_nodes([headers[k] for k in some], [shortened[k] for k in some], kinds, unicode))
    for kind, titles, items in answer.listings():
        found = columns.listing(answer, items)
        if not unicode:
            found = [list(map(_ascii, column)) for column in found]
        into.print(_nodes(list(titles), found, [kind] * len(items), unicode))
    yield from printed(into)


def _ascii(text: str) -> str:
    """What a stream that cannot write a name writes in its place, here already, for its width."""
    return text.encode("ascii", "backslashreplace").decode("ascii")


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


def _fitting(headers: list[str], cells: list[list[str]], width: int) -> Iterator[tuple[list[int], int]]:
    """Which columns to show together, and the room there is for the formulas.

    Name and value stand in each table, with as many outputs as fit; the formulas give
    way first, and go where there is no room at all.
    """
    wide = [max(map(cell_len, [h, *column])) + 3 for h, column in zip(headers, cells, strict=True)]
    least = min(wide[FORMULA], LEAST_FORMULA + 3)
    fixed = 1 + wide[0] + wide[2]
    outputs = list(range(3, len(cells)))
    while True:
        used, count = fixed + least, 0
        while count < len(outputs) and (not count or used + wide[outputs[count]] <= width):
            used += wide[outputs[count]]
            count += 1
        names = [0, FORMULA, 2] if used <= width else [0, 2]
        yield names + outputs[:count], least - 3 + max(0, width - used)
        outputs = outputs[count:]
        if not outputs:
            return


def _shortened(formulas: list[str], room: int, unicode: bool) -> list[str]:
    dots = "\u2026" if unicode else "..."
    return [f if cell_len(f) <= room else set_cell_size(f, room - len(dots)) + dots for f in formulas]


def _nodes(headers: list[str], cells: list[list[str]], kinds: list[str], unicode: bool) -> Table:
    table = Table(box=box.ROUNDED if unicode else box.ASCII, header_style="bold", pad_edge=True)
    for header, column in zip(headers, cells, strict=True):
        left = header in ("node", "formula", "edge", "second derivative")
        width = max(map(cell_len, [header, *column]))  # all of it: nothing is cut or wrapped
        style = "dim" if header == "formula" else ""
        table.add_column(
            header, no_wrap=True, justify="left" if left else "right", min_width=width, style=style
        )
    for row, (kind, *texts) in enumerate(zip(kinds, *cells, strict=True)):
        style = STYLES[kind]
        name, *rest = texts
        table.add_row(
            Text(name, style), *map(Text, rest), end_section=row + 1 < len(kinds) and kinds[row + 1] != kind
        )
    return table
