"""Reads a picture of box-drawing characters back: its boxes, and where each line leads.

It knows nothing of how the picture was made: it follows the lines as an eye does.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len

UP, RIGHT, DOWN, LEFT = (0, -1), (1, 0), (0, 1), (-1, 0)
TURNS = {
    "│": (UP, DOWN), "─": (LEFT, RIGHT), "╭": (RIGHT, DOWN), "╮": (LEFT, DOWN), "╰": (UP, RIGHT),
    "╯": (UP, LEFT), "├": (UP, RIGHT, DOWN), "┤": (UP, LEFT, DOWN), "┬": (LEFT, RIGHT, DOWN),
    "┴": (UP, LEFT, RIGHT), "┼": (UP, RIGHT, DOWN, LEFT),
}  # fmt: skip


class Frame(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int
    lines: list[str]


def grid(rows: list[str]) -> list[list[str]]:
    """A cell for each column; the second one of a wide character is empty."""
    found = []
    for row in rows:
        cells: list[str] = []
        for character in row:
            cells += [character, ""] if cell_len(character) == 2 else [character]
        found.append(cells)
    width = max(map(len, found))
    return [cells + [" "] * (width - len(cells)) for cells in found]


def frames(rows: list[str], titles: list[str]) -> dict[str, Frame]:
    """The box of each title, which is its first line of text."""
    cells = grid(rows)
    found = {}
    for title in titles:
        for y, row in enumerate(cells):
            text = "".join(row)
            at = text.find(f"│ {title} ")
            if at < 0:
                continue
            left = cell_len(text[:at])
            top = next(k for k in range(y, -1, -1) if cells[k][left] == "╭")
            bottom = next(k for k in range(y, len(cells)) if cells[k][left] == "╰")
            right = cells[top].index("╮", left)
            lines = ["".join(cells[k][left + 1 : right]).strip() for k in range(top + 1, bottom)]
            assert cells[bottom][right] == "╯"
            found[title] = Frame(left, top, right, bottom, [line for line in lines if line])
            break
    return found


def arrows(rows: list[str], titles: list[str]) -> set[tuple[str, str, str]]:
    """(from, to, label) for each arrow, found by following its line."""
    cells, found = grid(rows), set()
    boxes = frames(rows, titles)
    for title, box in boxes.items():
        starts = [((box.right, y), RIGHT) for y in range(box.top, box.bottom) if cells[y][box.right] == "├"]
        starts += [((x, box.bottom), DOWN) for x in range(box.left, box.right) if cells[box.bottom][x] == "┬"]
        for place, direction in starts:
            for head, label in _followed(cells, place, direction):
                (target,) = [t for t, b in boxes.items() if _enters(b, head)]
                found.add((title, target, label))
    return found


def _enters(box: Frame, head: tuple[int, int]) -> bool:
    x, y = head
    return (x + 1 == box.left and box.top < y < box.bottom) or (y + 1 == box.top and box.left < x < box.right)


def _followed(
    cells: list[list[str]], place: tuple[int, int], direction: tuple[int, int]
) -> list[tuple[tuple[int, int], str]]:
    heads: list[tuple[tuple[int, int], str]] = []
    pending = [(place, direction, "")]
    while pending:
        (x, y), (dx, dy), label = pending.pop()
        x, y = x + dx, y + dy
        sign = cells[y][x]
        if sign in "▶▷":
            heads.append(((x, y), label.strip()))
        elif sign in "▼▽":
            heads.append(((x, y), "".join(cells[y][x + 1 :]).strip().split(" ")[0].strip("│▼▽")))
        elif sign not in TURNS:  # the label stands in the line
            assert (dx, dy) == RIGHT, (x, y, sign)
            pending.append(((x, y), RIGHT, label + sign.replace("┄", "")))
        elif (-dx, -dy) not in TURNS[sign]:
            assert sign == "│", (x, y, sign)  # it passes behind another line
            pending.append(((x, y), (dx, dy), label))
        else:
            pending += [((x, y), to, label) for to in TURNS[sign] if to != (-dx, -dy)]
    return heads
