"""GitHub's Markdown: tables, and text that is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# A cell that is longer does not widen its column: one long formula would pad every row.
WIDEST = 100
# What GitHub reads as markup. An underscore within a word is not markup, as in v_0.
MARKUP = re.compile(r"[\\`*\[\]<>|#~$&]|(?<![^\W_])_|_(?![^\W_])")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """The lines of a table, the first `left` columns aligned left, the others right.

    Cells are Markdown: `escaped` or `code` makes them of text.
    """
    columns = list(zip(headers, *rows, strict=True))
    widths = [max(3, *(len(c) for c in column if len(c) <= WIDEST), 0) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [
            c.ljust(w) if k < left else c.rjust(w) for k, (c, w) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    yield line(headers)
    yield line(["-" * w if k < left else "-" * (w - 1) + ":" for k, w in enumerate(widths)])
    yield from map(line, rows)


def escaped(text: str) -> str:
    """Text on one line, shown as it is."""
    return MARKUP.sub(r"\\\g<0>", re.sub(r"[\r\n]", " ", text))


def code(text: str) -> str:
    """Text on one line in the type of code. A bar is escaped, because it would end a cell even there."""
    one_line = " ".join(text.split())
    return escaped(one_line) if "`" in one_line else "`" + one_line.replace("|", "\\|") + "`"
