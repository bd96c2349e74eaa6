"""A formula on several lines, indented so that it still reads as it is meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

INDENT = "  "

# A number, a name, a derivative or a sign, with the blanks before it.
PIECE = re.compile(
    r"\s*(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[\u2202@]?[^\W\d]\w*(?:/[\u2202@]?[^\W\d]\w*)?|[<>=!]=|\S)"
)
# The signs before which a formula can be broken, and how tightly they bind.
BINDING = {"or": 0, "and": 1, "<": 2, ">": 2, "<=": 2, ">=": 2, "==": 2, "!=": 2}
BINDING |= {"+": 3, "-": 3, "*": 4, "/": 4, "\u00b7": 4}


def broken(formula: str, room: int) -> list[tuple[int, str]]:
    """A formula on lines of the width `room`: the indent and the text of each.

    It is broken before the loosest signs. An operand that binds tighter, or stands in
    parentheses, is broken only if it does not fit on a line of its own, and its lines are
    indented more: a line below `1 + 2` that begins with `*x` would read as (1 + 2)*x.
    """
    lines: list[tuple[int, list[str]]] = [(0, [])]
    _lay_out(PIECE.findall(formula), 0, room, 0, lines)
    return [(indent, "".join(pieces).strip()) for indent, pieces in lines]


def _lay_out(
    pieces: list[str], depth: int, room: int, after: int, lines: list[tuple[int, list[str]]]
) -> None:
    """Append pieces to the last line, and to further lines indented by `depth` levels and more.

    after: the width of the text that will follow them on their last line.
    """

    def fit(part: list[str], after: int) -> bool:
        indent, before = lines[-1]
        return indent + cells("".join(before + part).lstrip()) + after <= room

    parts = _parts(pieces)
    begin, end = _largest_group(pieces)
    if fit(pieces, after) or (len(parts) == 1 and begin == end):
        lines[-1][1].extend(pieces)
    elif len(parts) == 1:
        behind = pieces[end:]
        unbroken = next((k for k, _, _ in _breaks(behind)), len(behind))
        more = cells("".join(behind[:unbroken])) + (after if unbroken == len(behind) else 0)
        lines[-1][1].extend(pieces[:begin])
        _lay_out(pieces[begin:end], depth, room, more, lines)
        _lay_out(behind, depth, room, after, lines)
    else:
        # More than half of the room for the indent would leave too little for the text.
        indent = min((depth + 1) * len(INDENT), room // 2)
        alone = False  # whether the last line is full
        for k, part in enumerate(parts):
            follows = after if k + 1 == len(parts) else 0
            if k and (alone or not fit(part, follows)):
                lines.append((indent, []))
            alone = not fit(part, follows)
            _lay_out(part, depth + 1, room, follows, lines)


def _breaks(pieces: list[str]) -> Iterator[tuple[int, int, int]]:
    """Where a formula can be broken: index, depth in parentheses, and how tightly the sign binds."""
    depth = 0
    before = "("
    for k, piece in enumerate(pieces):
        token = piece.strip()
        if before == ",":
            yield k, depth, -1
        elif k and token in BINDING and before not in BINDING and before not in ("(", "not"):
            yield k, depth, BINDING[token]
        depth += (token == "(") - (token == ")")
        before = token


def _parts(pieces: list[str]) -> list[list[str]]:
    """The operands of the loosest signs outside of parentheses, each with the sign before it."""
    outside = [(k, binding) for k, depth, binding in _breaks(pieces) if depth == 0]
    loosest = min((binding for _, binding in outside), default=0)
    places = [0, *(k for k, binding in outside if binding == loosest), len(pieces)]
    return [pieces[i:j] for i, j in itertools.pairwise(places)]


def _largest_group(pieces: list[str]) -> tuple[int, int]:
    """The slice inside the longest pair of outermost parentheses; an empty one if there is none."""
    largest, open_, begin = (0, 0), 0, 0
    for k, piece in enumerate(pieces):
        token = piece.strip()
        if token == "(":
            begin = begin if open_ else k + 1
            open_ += 1
        elif token == ")":
            open_ -= 1
            if not open_ and k - begin > largest[1] - largest[0]:
                largest = (begin, k)
    return largest


def cells(text: str) -> int:
    """The columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
