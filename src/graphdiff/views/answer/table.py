"""The table for a terminal, drawn with Rich's boxes.

Rich's own tables need its console, whose import takes half as long as a whole start. Here
every column is as wide as its cells, and four styles are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import ASCII, ROUNDED
from rich.cells import cell_len, set_cell_size

from graphdiff.answers import Answer
from graphdiff.views.answer import columns
from graphdiff.views.screen import Screen

FORMULA, LEAST_FORMULA = 1, 9  # its column, and the fewest characters worth showing
TEXTS = ("node", "formula", "edge", "second derivative")  # the columns that are not numbers: to the left
BOLD, DIM = "1", "2"
NAME_STYLES = {"input": "36", "output": "1;32"}  # by the kind of a row: cyan, bold green


def lines(answer: Answer, screen: Screen) -> Iterator[str]:
    """The tables' lines.

    Numbers are never cut: if the columns do not fit, the formulas are shortened,
    and then the outputs are shown a few at a time.
    """
    headers, cells, kinds = columns.nodes(answer)
    if not screen.unicode:
        headers, cells = list(map(_ascii, headers)), [list(map(_ascii, column)) for column in cells]
    for some, room in _fitting(headers, cells, screen.width or _width(headers, cells)):
        shortened = [_shortened(c, room, screen) if k == FORMULA else c for k, c in enumerate(cells)]
        yield from _drawn([headers[k] for k in some], [shortened[k] for k in some], kinds, screen)
    for kind, titles, items in answer.listings():
        found = columns.listing(answer, items)
        if not screen.unicode:
            found = [list(map(_ascii, column)) for column in found]
        yield from _drawn(titles, found, [kind] * len(items), screen)


def _ascii(text: str) -> str:
    """A name as a stream that cannot write it would escape it, so that its width is known."""
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _widths(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column."""
    return [max(map(cell_len, [header, *column])) for header, column in zip(headers, cells, strict=True)]


def _width(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The width of a whole table."""
    return 1 + sum(width + 3 for width in _widths(headers, cells))


def _fitting(headers: list[str], cells: list[list[str]], width: int) -> Iterator[tuple[list[int], int]]:
    """Which columns to show together, and the width left for the formulas.

    Name and value stand in each table, with as many outputs as fit; the formulas are
    shortened first, and left out if there is no room for them at all.
    """
    wide = [column + 3 for column in _widths(headers, cells)]
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


def _shortened(formulas: list[str], room: int, screen: Screen) -> list[str]:
    dots = "\u2026" if screen.unicode else "..."
    return [f if cell_len(f) <= room else set_cell_size(f, room - len(dots)) + dots for f in formulas]


def _drawn(
    headers: Sequence[str], cells: Sequence[Sequence[str]], kinds: Sequence[str], screen: Screen
) -> Iterator[str]:
    """One table, with a line between rows of different kinds."""
    box = ROUNDED if screen.unicode else ASCII
    widths = _widths(headers, cells)
    lines = [width + 2 for width in widths]

    def row(texts: Sequence[str], styles: Sequence[str]) -> str:
        filled = (
            _painted(_filled(text, width, header in TEXTS), style if screen.color else "")
            for header, text, width, style in zip(headers, texts, widths, styles, strict=True)
        )
        return f"{box.mid_left} {f' {box.mid_vertical} '.join(filled)} {box.mid_right}"

    yield box.get_top(lines)
    yield row(headers, [BOLD] * len(headers))
    yield box.get_row(lines, "head")
    plain = [DIM if header == "formula" else "" for header in headers[1:]]
    for k, (kind, *texts) in enumerate(zip(kinds, *cells, strict=True)):
        if k and kinds[k - 1] != kind:
            yield box.get_row(lines, "row")
        yield row(texts, [NAME_STYLES.get(kind, ""), *plain])
    yield box.get_bottom(lines)


def _filled(text: str, width: int, left: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return text + blanks if left else blanks + text


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text
