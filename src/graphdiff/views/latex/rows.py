r"""Equations in rows that fit the page: how wide a formula is as it is typeset, and where it can be broken.

A formula is broken before signs, after commas and between factors, also inside of \left( and
\right), which then are completed in each row by \right. and \left. with nothing to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import TypeVar

from graphdiff.views.explanation.text import Equation

# Points: the text of a page in the article class, less what estimates err by; an = with its spaces.
PAGE, EQUALS, QUAD = 341.0, 13.4, 10.0
LONGEST = 4000  # characters of a formula that is measured: more do not fit on any page
WIDEST_LEFT, NARROWEST = 150.0, 120.0

TOKEN = re.compile(
    r"\\left\\lfloor ?|\\left\\lceil ?|\\right\\rfloor|\\right\\rceil|\\(?:left|right)."
    r"|\\begin\{\w+\} ?| ?\\end\{\w+\}|\\lnot | \\(?:bmod|times) | \\\\ | & "
    r"| (?:[-+<>=/]|\\(?:cdot|le|ge|ne|land|lor)) |, |\\[a-zA-Z]+|\\.|[{}^_]|.",
    re.DOTALL,
)
# How loosely the signs bind before which a formula can be broken; after a comma, that is.
LOOSE = {
    " \\lor ": 7, " \\land ": 6, ", ": 5, " < ": 4, " > ": 4, " = ": 4, " \\le ": 4, " \\ge ": 4,
    " \\ne ": 4, " + ": 3, " - ": 3, " \\cdot ": 2, " / ": 2, "\\,": 1, " ": 0,
}  # fmt: skip
DEEPER = 8  # to break within parentheses is worse than before any sign outside of them

# Widths in points of Computer Modern at ten points, with the spaces that TeX puts around signs.
RELATION, BINARY = 13.4, 12.3
WIDTHS = {
    " ": 0.0, "{": 0.0, "}": 0.0, "^": 0.0, "_": 0.0, "\\,": 1.7, ", ": 4.5, ",": 2.8, ".": 2.8, "'": 2.8,
    " \\cdot ": 7.3, " \\times ": BINARY, " / ": 5.0, " + ": BINARY, " - ": BINARY, "+": 7.8, "-": 7.8,
    " \\land ": 11.2, " \\lor ": 11.2, "\\lnot ": 6.7, " \\bmod ": 26.0, "\\ln": 10.0, "\\to": 15.6,
    "\\infty": 10.0, "\\partial": 5.6, "\\quad": QUAD, "\\colon": 5.0, "(": 3.9, ")": 3.9, "[": 2.8,
    "]": 2.8, "m": 8.8, "w": 7.2, "i": 3.5, "j": 4.2, "l": 3.0, "x": 5.8, "\\_": 5.0,
}  # fmt: skip
# Of a bracket around no fraction, around one, and around fractions in one another or cases.
NOTHING = 1.2
BRACKETS = (3.9, 7.4, 8.3, 9.2)
STYLES = (1.0, 1.0, 0.8, 0.7)  # display, text, script, scriptscript
UPRIGHT = ("\\mathrm", "\\text", "\\operatorname")
NAMED = re.compile(r"\\(?:sin|cos|tan|sec|csc|cot|sinh|cosh|tanh|arcsin|arccos|arctan|log|exp|min|max)")


def width(formula: str) -> float:
    """About how many points wide a formula is, as it is displayed; a long one is not measured."""
    if len(formula) > LONGEST:
        return inf
    # What is open: its kind, and the style and the width outside of it.
    opened: list[tuple[str, int, float]] = []
    columns: list[list[float]] = []  # of the cases that are open
    column = 0
    numerators: list[float] = []
    # How high fractions stand on one another in each bracket that is open, and how many of its
    # two sides are to be seen.
    brackets = [(0, 0)]
    kind, style, total = "", 0, 0.0
    tokens = TOKEN.findall(formula)
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token == "{":
            opened.append((kind, style, total))
            style = _style_inside(kind, style)
            kind, total = "", 0.0
        elif token == "}" and opened:
            inside = total
            kind, style, total = opened.pop()
            if kind == "above":
                numerators.append(inside)
                kind = "below"
                continue
            total += max(numerators.pop(), inside) + 2.4 if kind == "below" else inside
            total += {"root": 9.5, "\\operatorname": 1.7, "script": 0.5}.get(kind, 0.0)
            kind = ""
        elif token.startswith("\\begin"):
            opened.append(("cases", style, total))
            columns.append([0.0, 0.0])
            brackets[-1] = (len(BRACKETS) - 1, brackets[-1][1])
            style, total = max(style, 1), 0.0
        elif token in (" & ", " \\\\ ") or token.startswith(" \\end"):
            if columns:
                columns[-1][column] = max(columns[-1][column], total)
                column, total = int(token == " & "), 0.0
            if token.startswith(" \\end") and columns:
                _, style, outside = opened.pop()
                total = outside + sum(columns.pop()) + 20.0
        elif token in ("^", "_"):
            if before.startswith("\\right"):  # its exponent makes what is around a bracket higher
                height, sides = brackets[-1]
                brackets[-1] = (min(height + 1, len(BRACKETS) - 1), sides)
            kind = "script"
        elif token in ("\\frac", "\\tfrac"):
            kind = "above"
            fractions = sum(what in ("above", "below") for what, *_ in opened)
            height, sides = brackets[-1]
            brackets[-1] = (min(max(height, 1 + fractions), len(BRACKETS) - 1), sides)
        elif token.startswith("\\left") and not token.endswith("t"):
            brackets.append((0, int(token != "\\left.")))
            total += 1.7
        elif token.startswith("\\right") and len(brackets) > 1:
            height, sides = brackets.pop()
            brackets[-1] = (max(brackets[-1][0], height), brackets[-1][1])
            sides += token != "\\right."
            total += sides * BRACKETS[height] + (2 - sides) * NOTHING
        elif token == "\\sqrt":
            kind = "root"
        elif token in UPRIGHT:
            kind = token
        elif token != "[" or kind != "root":
            inner = max(style, 2) if kind == "script" else style
            spaced = token == " " and bool(opened) and opened[-1][0] == "\\text"
            total += STYLES[inner] * (3.3 if spaced else _width(token)) + 0.5 * (kind == "script")
            kind = kind if kind == "root" else ""
    highest = 0
    for height, sides in reversed(brackets):  # what is open ends with the row
        highest = max(highest, height)
        total += sides * BRACKETS[highest]
    return total


def _style_inside(kind: str, style: int) -> int:
    if kind in ("above", "below"):
        return min(style + 1, 3)
    return min(max(2, style + 1), 3) if kind == "script" else style


def _width(token: str) -> float:
    if token in WIDTHS:
        return WIDTHS[token]
    if token.startswith(("\\left", "\\right")):
        return BRACKETS[0]
    if NAMED.fullmatch(token):
        return 4.5 * (len(token) - 1) + 1.0
    if token in LOOSE:
        return RELATION
    return 7.5 if token.isupper() else 5.0 if token.isdigit() else 5.3


T = TypeVar("T")
NESTING = re.compile(r"\\frac|[{}]")


class Known(dict[str, T]):
    """What formulas are made of, by their text; no long ones, because each holds all that is in it."""

    def __setitem__(self, text: str, parts: T) -> None:
        if len(text) <= LONGEST:
            super().__setitem__(text, parts)


def nesting(text: str) -> int:
    """How many fractions stand in one another."""
    deepest = 0
    opened: list[int] = []  # for each brace that is open, whether it belongs to a fraction
    pending = 0
    for token in NESTING.findall(text):
        if token == "\\frac":
            pending = 2
        elif token == "{":
            opened.append(pending)
            deepest = max(deepest, sum(map(bool, opened)))
            pending = 0
        elif opened and opened.pop() == 2:
            pending = 1
    return deepest


def _items(formula: str) -> list[str]:
    """The parts of a formula that are in one row each: signs, brackets and operands."""
    parts: list[str] = []
    depth, glued = 0, False
    for token in TOKEN.findall(formula):
        if parts and (depth or glued or token in ("{", "^", "_")):
            parts[-1] += token
        else:
            parts.append(token)
        glued = token in ("^", "_", "\\sqrt") or (glued and token in ("[", "3"))
        opens = token == "{" or token.startswith("\\begin")
        depth += opens - (token == "}" or token.startswith(" \\end"))
    return parts


def broken(formula: str, first: float, room: float) -> list[str]:
    """A formula in pieces, the first one of the width `first` and the others of `room`."""
    if width(formula) <= first:
        return [formula]
    items = _items(formula)
    widths = [width(item) for item in items]
    pieces: list[str] = []
    begin = depth = 0
    while begin < len(items):
        start = "\\left." * depth + " {}" * (depth > 0)
        end = _end(items, widths, begin, room if pieces else first, start)
        texts = items[begin:end]
        if pieces and texts[0] in ("\\,", " "):
            texts[0] = " \\cdot "
        depth += _depth(texts)
        pieces.append(((start + "".join(texts)).rstrip() + " \\right." * depth).strip())
        begin = end
    return pieces


def _end(items: Sequence[str], widths: Sequence[float], begin: int, room: float, start: str) -> int:
    """Where a row ends that begins with an item: as far outside of parentheses as there is a place."""
    found: list[tuple[bool, int, int]] = []  # in the second half of the row, how good, where
    text, used, reached, depth = start, 0.0, 0.0, 0
    for k in range(begin, len(items)):
        item = items[k]
        if k > begin and item in LOOSE:
            found.append((reached > room / 2, LOOSE[item] - DEEPER * depth, k + (item == ", ")))
        text += item
        used += widths[k]
        # Brackets are as high as what is in them: so the whole is wider than its parts.
        reached = width(text) if used > room / 4 else used
        if found and reached > room:
            return max(found)[2]
        depth += _depth([item])
    return len(items)


def _depth(texts: Iterable[str]) -> int:
    return sum(text.startswith("\\left") - text.startswith("\\right") for text in texts)


def rows(equations: Sequence[Equation]) -> list[str]:
    """The rows of equations that are aligned with one another."""
    lefts = [width(equation.left) for equation in equations]
    margin = max((left for left in lefts if left <= WIDEST_LEFT), default=0.0)
    return [row for equation in equations for row in _rows(equation, margin)]


def _rows(equation: Equation, margin: float) -> Iterator[str]:
    """The rows of one equation: members on one row while they fit."""
    room = max(PAGE - margin, NARROWEST)
    row, used = f"{equation.left} &", 0.0
    if width(equation.left) > WIDEST_LEFT:  # it shall not push all others to the right
        yield f"&{equation.left}"
        row = "&"
    for member in equation.members:
        length = width(member) + EQUALS
        if used and used + length > room:
            yield row
            row, used = "&", 0.0
        first, *others = broken(member, room - EQUALS, room - QUAD)
        row += f" = {first}" if used else f"= {first}"
        used += length
        for piece in others:
            yield row
            row, used = rf"&\quad {piece}", room
    if equation.note:
        note = rf"\quad\text{{({equation.note})}}"
        if used + width(note) > room:
            yield row
            row = f"&{note}"
        else:
            row += f" {note}"
    yield row


def aligned(found: Iterable[str]) -> Iterator[str]:
    """Equations under one another, aligned at their &."""
    lines = list(found)
    if lines:
        yield r"\begin{align*}"
        for k, row in enumerate(lines):
            yield row + (r" \\" if k + 1 < len(lines) else "")
        yield r"\end{align*}"
