"""What the boxes and arrows of a picture say, in every format."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import printable
from graphdiff.drawing.picture import LEGEND, STATES, Box, Picture
from graphdiff.views.explanation.breaking import broken
from graphdiff.views.numbers import shortened

DIGITS = 6  # of a number in a picture
MOST_DERIVATIVES = 4  # lines of them in a box
LONGEST_NAME = 24  # in a derivative


class Line(NamedTuple):
    """A line of a box: what it says, and what that is: "title", "value", "derivative" or "state"."""

    text: str
    role: str


def number(arithmetic: Arithmetic, value: Any) -> str:
    """A number in a picture: a float shortened, another one to the precision that was asked for."""
    return shortened(value, DIGITS) if isinstance(value, float) else str(arithmetic.text(value))


def cut(text: str, most: int, dots: str = "\u2026") -> str:
    """The text, or its beginning where it is longer."""
    return text if len(text) <= most else text[: max(most - len(dots), 1)] + dots


def derivative(of: str, box: Box, dots: str = "\u2026", most: int = LONGEST_NAME) -> str:
    """`dJ/db`; for an operation without a name `dJ/d(b*c)`. Names are cut to `most` characters."""
    by = cut(box.name or f"({box.formula})", most, dots)
    return printable(f"d{cut(of, most, dots)}/d{by}")


def lines(picture: Picture, box: Box, dots: str = "\u2026", most: int = LONGEST_NAME) -> list[Line]:
    """What a box says: its title in full, the names in derivatives cut to `most` characters."""
    found = [Line(printable(box.title), "title")]
    if picture.values is None:
        return found
    if box.value is not None:
        found.append(Line(number(picture.arithmetic, box.value), "value"))
    if box.state:
        found.append(Line(STATES[box.state], "state"))
    for of, value in box.derivatives[:MOST_DERIVATIVES]:
        text = f"{derivative(of, box, dots, most)} = {number(picture.arithmetic, value)}"
        found.append(Line(text, "derivative"))
    more = len(box.derivatives) - MOST_DERIVATIVES
    if more > 0:
        found.append(Line(f"and {more} more", "derivative"))
    return found


def formula_lines(box: Box, room: int = 34, most: int = 3) -> list[str]:
    """The title of a box typeset on a few lines, broken before its signs, and cut after that."""
    title = printable(typeset(box.title))
    if len(title) <= room:
        return [title]
    name = f"{cut(printable(box.name), room - 3)} = " if box.name and box.formula else ""
    if not box.formula:
        return [cut(title, room)]
    pieces = broken(printable(typeset(box.formula)), max(room - len(name), room // 2))
    found = [" " * indent + piece for indent, piece in pieces]
    head = [name + found[0]] if len(name) + len(found[0]) <= room else [name.rstrip(), "  " + found[0]]
    found = [*head, *("  " + piece for piece in found[1:])]
    shown = [cut(line, room) for line in found[:most]]
    return shown if len(found) <= most else [*shown[:-1], cut(shown[-1], room - 2) + " \u2026"]


def legend(picture: Picture) -> list[tuple[str, str]]:
    """What the marks that this picture has mean: (mark, meaning)."""
    if picture.values is None:
        return []
    outputs = " and ".join(cut(printable(of), LONGEST_NAME) for of in picture.outputs[:2])
    more = len(picture.outputs) - 2
    outputs += f" and {more} more" if more > 0 else ""
    found = [("value", LEGEND["value"]), ("partial", LEGEND["partial"])]
    if any(box.derivatives for box in picture.boxes):
        found.append(("derivative", LEGEND["derivative"].format(of=outputs)))
    if any(not arrow.carries for arrow in picture.arrows):
        found.append(("idle", LEGEND["idle"]))
    return found


# Formulas.

SMALL = str.maketrans("0123456789-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b")
POWER = re.compile(r"(?:\^|\*\*)(-?\d{1,3})(?![\w.^]|\*\*)")


def typeset(formula: str) -> str:
    """A formula as it is printed: x^2 with a small 2, products with a dot."""
    found = POWER.sub(lambda match: match[1].translate(SMALL), formula)
    return found.replace("**", "^").replace("*", "\u00b7")
