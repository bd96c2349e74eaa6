r"""Equations in rows that fit the page.

A formula is broken before signs, after commas and between factors, also between \left( and
\right): each row then completes its brackets with an invisible \right. or \left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphdiff.views.latex.widths import EQUALS, QUAD, RELATIONS, TOKEN, Ruler, width

# Points: the text of a page in the article class, less the error of the estimates.
PAGE, WIDEST_LEFT, NARROWEST = 341.0, 150.0, 120.0

# How good it is to break a formula before a sign, or after a comma: the loosest signs are best.
LOOSENESS = {
    r" \lor ": 7, r" \land ": 6, ", ": 5, **dict.fromkeys(RELATIONS, 4), " + ": 3, " - ": 3, r" \cdot ": 2,
    " / ": 2, r"\,": 1, " ": 0,
}  # fmt: skip
DEEPER = 8  # to break within parentheses is worse than before any sign outside of them

Row = tuple[str, Sequence[str], str]  # of an equation: left side, members, note


def rows(equations: Sequence[Row]) -> list[str]:
    """The rows of equations `left = member = member`, aligned with one another."""
    lefts = [width(left) for left, _, _ in equations]
    margin = max((left for left in lefts if left <= WIDEST_LEFT), default=0.0)
    return [row for equation in equations for row in _rows(*equation, max(PAGE - margin, NARROWEST))]


def _rows(left: str, members: Sequence[str], note: str, room: float) -> Iterator[str]:
    """The rows of one equation: members on one row while they fit."""
    row, used = f"{left} &", 0.0
    if width(left) > WIDEST_LEFT:  # it would push all others to the right
        yield f"&{left}"
        row = "&"
    for member in members:
        length = width(member) + EQUALS
        if used and used + length > room:
            yield row
            row, used = "&", 0.0
        first, *others = [member] if length <= room else broken(member, room - EQUALS, room - QUAD)
        row += f" = {first}" if used else f"= {first}"
        used += length
        for piece in others:
            yield row
            row, used = rf"&\quad {piece}", room
    if note:
        text = rf"\quad\text{{({note})}}"
        if used + width(text) > room:
            yield row
            row = f"&{text}"
        else:
            row += f" {text}"
    yield row


def aligned(found: Iterable[str]) -> Iterator[str]:
    """Rows under one another, aligned at their &."""
    lines = list(found)
    if lines:
        yield r"\begin{align*}"
        for k, row in enumerate(lines):
            yield row + (r" \\" if k + 1 < len(lines) else "")
        yield r"\end{align*}"


def broken(formula: str, first: float, room: float) -> list[str]:
    """A formula in pieces, the first one of the width `first` and the others of `room`."""
    if width(formula) <= first:
        return [formula]
    items = _items(formula)
    pieces: list[str] = []
    begin = depth = 0
    while begin < len(items):
        start = r"\left." * depth + " {}" * (depth > 0)
        end = _end(items, begin, room if pieces else first, start)
        texts = items[begin:end]
        if pieces and texts[0] in (r"\,", " "):
            texts[0] = r" \cdot "
        depth += _depth(texts)
        pieces.append(((start + "".join(texts)).rstrip() + r" \right." * depth).strip())
        begin = end
    return pieces


def _items(formula: str) -> list[str]:
    """The parts of a formula that are never broken: signs, brackets and operands."""
    parts: list[str] = []
    depth, glued = 0, False
    for token in TOKEN.findall(formula):
        if parts and (depth or glued or token in ("{", "^", "_")):
            parts[-1] += token
        else:
            parts.append(token)
        glued = token in ("^", "_", r"\sqrt") or (glued and token in ("[", "3"))
        opens = token == "{" or token.startswith(r"\begin")
        depth += opens - (token == "}" or token.startswith(r" \end"))
    return parts


def _end(items: Sequence[str], begin: int, room: float, start: str) -> int:
    """Where a row ends that begins with an item: the best place in its second half, if there is one."""
    found: list[tuple[bool, int, int]] = []  # whether in the second half, how good, where
    ruler, depth = Ruler(), 0
    ruler.read(start)
    reached = 0.0
    for k in range(begin, len(items)):
        item = items[k]
        if k > begin and item in LOOSENESS:
            found.append((reached > room / 2, LOOSENESS[item] - DEEPER * depth, k + (item == ", ")))
        ruler.read(item)
        reached = ruler.length()
        if found and reached > room:
            return max(found)[2]
        depth += _depth([item])
    return len(items)


def _depth(texts: Iterable[str]) -> int:
    return sum(text.startswith(r"\left") - text.startswith(r"\right") for text in texts)
