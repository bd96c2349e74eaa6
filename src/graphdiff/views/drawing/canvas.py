"""A grid of characters on which lines join, cross and branch."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from graphdiff.drawing.picture import IDLE, INPUT, OUTPUT, Box, Picture
from graphdiff.views.drawing.words import LONGEST_NAME, Line, lines
from graphdiff.views.screen import Screen

RED, YELLOW, DIM, BOLD = "31", "33", "2", "1"
STYLES = {"derivative": RED, "state": YELLOW, "value": BOLD, "title": ""}
NAME_STYLES = {INPUT: "36", OUTPUT: "1;32"}

LEAST_NAME, NUMBER = 4, 24  # columns of a name in a derivative; of the number and the frame of the box

BACK, FORTH, LESS, MORE = 1, 2, 4, 8  # along the layers, and across them

# The characters of a line by the directions in which it goes on: up 1, right 2, down 4, left 8.
LINES = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
ASCII_LINES = " '-+.|++-+-++++|"
ASCII = {"─": "-", "▶": ">", "▼": "v", "▷": ">", "▽": "v", "┄": ".", "┊": ":"}


class Canvas:
    """Characters with styles, and lines; positions are along the layers (main) and across them (cross)."""

    def __init__(self, main: int, cross: int, sideways: bool, unicode: bool) -> None:
        self.sideways = sideways
        self.unicode = unicode
        width, height = (main, cross) if sideways else (cross, main)
        self.texts = [[" "] * width for _ in range(height)]
        self.styles = [[""] * width for _ in range(height)]
        self.joins: dict[tuple[int, int], dict[int, int]] = {}  # for each line that passes: its directions

    def _at(self, main: int, cross: int) -> tuple[int, int]:
        return (main, cross) if self.sideways else (cross, main)

    def along(self, line: int, cross: int, first: int, last: int) -> None:
        """A piece of a line along the layers, its ends half a character long."""
        for main in range(first, last + 1):
            self._join(line, main, cross, (main > first) * BACK | (main < last) * FORTH)

    def across(self, line: int, main: int, first: int, last: int) -> None:
        """A piece of a line across the layers."""
        for cross in range(first, last + 1):
            self._join(line, main, cross, (cross > first) * LESS | (cross < last) * MORE)

    def end(self, line: int, main: int, cross: int, direction: int) -> None:
        """Let a line go on to the border of its box."""
        self._join(line, main, cross, direction)

    def _join(self, line: int, main: int, cross: int, directions: int) -> None:
        lines = self.joins.setdefault(self._at(main, cross), {})
        lines[line] = lines.get(line, 0) | directions

    def draw_lines(self, style: str) -> None:
        """The characters of all lines. Where two cross, the one from top to bottom is in front."""
        signs = LINES if self.unicode else ASCII_LINES
        turn = (8, 2, 1, 4) if self.sideways else (1, 4, 8, 2)
        for (x, y), passing in self.joins.items():
            found = [
                sum(sign for bit, sign in zip((BACK, FORTH, LESS, MORE), turn, strict=True) if d & bit)
                for d in passing.values()
            ]
            crossing = len([d for d in found if d]) > 1
            self.texts[y][x] = signs[5] if crossing else signs[max(found)]
            self.styles[y][x] = style

    def write(self, x: int, y: int, text: str, style: str = "") -> None:
        """Text at a column and a row."""
        for character in text:
            width = cell_len(character)
            if not width:
                self.texts[y][x - 1] += character
                continue
            self.texts[y][x] = character if self.unicode else ASCII.get(character, character)
            self.styles[y][x] = style
            if width == 2:
                self.texts[y][x + 1], self.styles[y][x + 1] = "", style
            x += width

    def box(self, x: int, y: int, width: int, height: int, style: str) -> None:
        """A frame, on top of what is there."""
        corners = "╭╮╰╯─│" if self.unicode else "++++-|"
        top, bottom = corners[0] + corners[4] * (width - 2) + corners[1], corners[2:4]
        self.write(x, y, top, style)
        for row in range(y + 1, y + height - 1):
            self.write(x, row, corners[5] + " " * (width - 2) + corners[5], style)
        self.write(x, y + height - 1, bottom[0] + corners[4] * (width - 2) + bottom[1], style)

    def lines(self, color: bool) -> Iterator[str]:
        """The rows, with the codes of their styles or without."""
        for texts, styles in zip(self.texts, self.styles, strict=True):
            if not color:
                yield "".join(texts).rstrip()
                continue
            row, now = "", ""
            last = max((k for k, text in enumerate(texts) if text != " "), default=-1)
            for text, style in zip(texts[: last + 1], styles, strict=False):
                if style != now:
                    row += ("\x1b[0m" if now else "") + (f"\x1b[{style}m" if style else "")
                    now = style
                row += text
            yield row + ("\x1b[0m" if now else "")


def texts(picture: Picture, box: Box, screen: Screen, most: int) -> list[Line]:
    """The lines of a box, the title cut where it has more than so many columns."""
    dots = "\u2026" if screen.unicode else "..."
    names = max(LEAST_NAME, ((screen.width or most) - NUMBER) // 2)
    shown = lines(picture, box, dots, min(LONGEST_NAME, names))
    found = [Line(_written(text, screen), role) for text, role in shown]
    title = found[0].text
    if cell_len(title) > most:
        title = set_cell_size(title, most - len(dots)).rstrip() + dots
    return [Line(title, "title"), *found[1:]]


def _written(text: str, screen: Screen) -> str:
    """A text as a stream that cannot write it would escape it, so that its width is known."""
    return text if screen.unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def write(canvas: Canvas, x: int, y: int, lines: list[Line], box: Box) -> None:
    """The lines of a box, one below another."""
    for row, (text, role) in enumerate(lines, y):
        quiet = box.state == IDLE and role != "state"
        canvas.write(x, row, text, DIM if quiet else STYLES[role])
        if role == "title" and not quiet:
            name = text.partition(" = ")[0] if box.formula else text
            canvas.write(x, row, name, NAME_STYLES.get(box.kind, BOLD))
