"""The picture as a column of boxes, where lines would not fit: each arrow has the name that it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from graphdiff.diagnostics import printable
from graphdiff.drawing.picture import Arrow, Picture
from graphdiff.views.drawing.canvas import DIM, Canvas, texts, write
from graphdiff.views.drawing.words import Line, number
from graphdiff.views.screen import Screen

LEAST_TITLE, LONGEST_TITLE = 12, 60
LONGEST_NAME = 12

Entry = tuple[str, bool]  # an arrow into a box: its text, and whether nothing passes


def lines(picture: Picture, screen: Screen, width: int) -> Iterator[str]:
    """The rows: boxes in topological order, at the left of each, or above it, the arrows into it."""
    arrows: list[list[Entry]] = [[] for _ in picture.boxes]
    for arrow in picture.arrows:
        dead = bool(picture.values) and not arrow.carries
        arrows[arrow.target].append((_label(picture, arrow, screen), dead))
    left = max((cell_len(text) for group in arrows for text, _ in group), default=0)
    screen = screen._replace(width=width)
    boxes = [texts(picture, box, screen, width - 4) for box in picture.boxes]
    numbers = max((cell_len(line.text) for found in boxes for line in found[1:]), default=0)
    beside = left + 3 + max(numbers, LEAST_TITLE) + 4 <= width
    title = min(LONGEST_TITLE, width - 4 - (left + 3 if beside else 0))
    for k, box in enumerate(picture.boxes):
        found = texts(picture, box, screen, title)
        yield from _box(picture, k, found, arrows[k], left + 3 if beside else 0, screen)


def _box(
    picture: Picture, k: int, found: list[Line], arrows: list[Entry], left: int, screen: Screen
) -> Iterator[str]:
    above = 0 if left else len(arrows)
    height = max(len(found), len(arrows) - above) + 2
    wide = max(cell_len(line.text) for line in found) + 4
    canvas = Canvas(max(left + wide, screen.width or 0), above + height, True, screen.unicode)
    canvas.box(left, above, wide, height, "")
    row = above + 1 + (height - 2 - len(found)) // 2
    write(canvas, left + 2, row, found, picture.boxes[k])
    first = 0 if above else 1 + (height - 2 - len(arrows)) // 2
    for row, (text, dead) in enumerate(arrows, first):
        style = DIM if dead else ""
        if above:
            canvas.write(1, row, "\u25bd" if dead else "\u25bc", style)
            canvas.write(3, row, text)
        else:
            canvas.write(left - 3 - cell_len(text), row, text)
            canvas.write(left - 2, row, "\u2504\u25b7" if dead else "\u2500\u25b6", style)
    return canvas.lines(screen.color)


def _label(picture: Picture, arrow: Arrow, screen: Screen) -> str:
    """`b 2`: where the arrow comes from, and the partial along it."""
    box = picture.boxes[arrow.source]
    name = printable(box.name or box.formula)
    if not screen.unicode:
        name = name.encode("ascii", "backslashreplace").decode("ascii")
    if cell_len(name) > LONGEST_NAME:
        dots = "\u2026" if screen.unicode else "..."
        name = set_cell_size(name, LONGEST_NAME - len(dots)).rstrip() + dots
    if arrow.partial is None:
        return name
    line = "\u2500" if screen.unicode else "-"
    return f"{name} {line} {number(picture.arithmetic, arrow.partial)}"
