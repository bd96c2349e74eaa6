"""An explanation as text, laid out for a terminal or one equation a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from graphdiff.explanation.steps import Explanation
from graphdiff.views.answer.columns import aligned
from graphdiff.views.explanation.breaking import INDENT, broken, cells
from graphdiff.views.explanation.bumps import BumpTable
from graphdiff.views.explanation.dialect import Dialect
from graphdiff.views.explanation.equations import Equation
from graphdiff.views.explanation.sections import Section, sections
from graphdiff.views.explanation.sentences import Excerpt, Math, Sentence
from graphdiff.views.screen import Screen

LONGEST_COLUMN = 26  # members of equations that are not longer stand under one another
NARROWEST, UNLIMITED = 24, sys.maxsize  # widths: a narrower terminal is treated as one of 24 columns

HEADING, LEFT, SIGN, RESULT, NOTE, PLAIN = "bold", "cyan", "dim", "bold green", "dim", ""
Spans = list[tuple[str, str]]  # text and its style


def lines(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """The lines of the text; without a width each equation is on one line, whatever its length."""
    dialect = Dialect(screen.unicode)
    width = UNLIMITED if screen.width is None else max(screen.width, NARROWEST)
    spans = _layout(sections(explanation, dialect), width, screen.unicode)
    if not screen.color:
        return ("".join(text for text, _ in line).rstrip() for line in spans)
    return _colored(spans)


def _colored(found: Iterable[Spans]) -> Iterator[str]:
    from rich.text import Text

    from graphdiff.views.console import console, printed

    into = console(True, None)
    for line in found:
        into.print(Text.assemble(*line))
    return printed(into)


def _layout(found: Iterable[Section], width: int, unicode: bool) -> Iterator[Spans]:
    for k, section in enumerate(found):
        if k:
            yield []
        yield [("".join(section.title), HEADING)]
        equations = [item for item in section.items if isinstance(item, Equation)]
        left = max((cells(e.left) for e in equations if cells(e.left) <= LONGEST_COLUMN), default=0)
        columns = _columns(equations, left, width)
        for item in section.items:
            if isinstance(item, Equation):
                yield from _equation(item, left, columns, width)
            elif isinstance(item, BumpTable):
                yield from _rows(item, width, unicode)
            else:
                for line in _wrapped(item, width):
                    yield [(INDENT + line, PLAIN)]


# Equations.


def _columns(equations: list[Equation], left: int, width: int) -> list[int]:
    """The widths to which members are padded, so that those of all short equations align."""
    wide: list[int] = []
    for equation in equations:
        *members, last = map(cells, equation.members)
        if len(INDENT) + left + sum(members) + last + 3 * len(members) + 3 <= width:
            wide += [0] * (len(members) - len(wide))
            for k, member in enumerate(members):
                if member <= LONGEST_COLUMN:
                    wide[k] = max(wide[k], member)
    return wide


def _equation(equation: Equation, left: int, columns: list[int], width: int) -> Iterator[Spans]:
    """One equation: on one line, aligned if that fits; else broken before its signs and operators."""
    members = equation.members
    note = f"  ({equation.note})" if equation.note else ""
    padded = [_padded(m, n) for m, n in zip(members[:-1], columns, strict=False)]
    padded += members[len(padded) :]
    head = _padded(equation.left, left)
    for texts in (padded, members):
        length = len(INDENT) + cells(head) + sum(3 + cells(text) for text in texts) + len(note)
        if length <= width:
            yield [(INDENT, PLAIN), *_spans(head, texts), (note, NOTE)]
            return
    yield from _on_several_lines(head, equation, width)
    if note:
        for line in _wrapped((note.strip(),), width):
            yield [(INDENT + line, NOTE)]


def _on_several_lines(head: str, equation: Equation, width: int) -> Iterator[Spans]:
    """As many members on a line as fit; one that is longer than a line is broken itself."""
    members = equation.members
    margin = len(INDENT) + cells(head)
    room = width - margin - 3
    pieces = {m: broken(m, room) for m in members if cells(m) > room >= NARROWEST}
    widest = max((indent + cells(line) for found in pieces.values() for indent, line in found), default=0)
    if room < NARROWEST or widest > room:
        # A left side that leaves too little room stands on a line of its own.
        yield [(INDENT, PLAIN), (equation.left, LEFT)]
        margin, head = len(INDENT), ""
        room = max(width - margin - 3, NARROWEST)
        pieces = {m: broken(m, room) for m in members if cells(m) > room}
    begin: Spans = [(INDENT, PLAIN), (head, LEFT)]
    later: Spans = [(" " * margin, PLAIN)]
    current: list[str] = []
    used = 0
    for k, member in enumerate(members):
        if current and used + 3 + cells(member) > room:
            yield [*begin, *_spans("", current)]
            begin, current, used = later, [], 0
        if member in pieces:
            style = RESULT if k + 1 == len(members) else PLAIN
            for n, (indent, line) in enumerate(pieces[member]):
                start = [(" " * (margin + 3 + indent), PLAIN)] if n else [*begin, *_spans("", [""])]
                yield [*start, (line, style)]
            begin = later
        else:
            used += cells(member) + (3 if current else 0)
            current.append(member)
    if current:
        yield [*begin, *_spans("", current)]


def _spans(head: str, members: Sequence[str]) -> Spans:
    found: Spans = [(head, LEFT)]
    for k, member in enumerate(members):
        found += [(" = ", SIGN), (member, RESULT if k + 1 == len(members) else PLAIN)]
    return found


# Tables and sentences.


def _rows(table: BumpTable, width: int, unicode: bool) -> Iterator[Spans]:
    arrow = " \u2192 " if unicode else " -> "
    names, before, after = zip(*table.rows, strict=True)
    left = max(map(cells, names))
    for name, old, new in zip(names, aligned(before), aligned(after), strict=True):
        row: Spans = [(_padded(name, left), LEFT), (f"  {old}", PLAIN), (arrow, SIGN), (new, PLAIN)]
        if len(INDENT) + sum(cells(text) for text, _ in row) <= width:
            yield [(INDENT, PLAIN), *row]
        else:
            yield [(INDENT, PLAIN), (name, LEFT)]
            yield [(2 * INDENT + old.strip(), PLAIN), (arrow, SIGN), (new.strip(), PLAIN)]


def _wrapped(sentence: Sentence, width: int) -> Iterator[str]:
    """A sentence on lines of `width`; a formula is broken only if it is longer than a line."""
    room = width - len(INDENT)
    words: list[str] = []
    for part in sentence:
        text = f"'{part}'" if isinstance(part, Excerpt) else part
        whole = isinstance(part, Excerpt) or (isinstance(part, Math) and cells(text) < room)
        first, *others = [text] if whole else text.split(" ")
        words[-1:] = [words[-1] + first, *others] if words else [first, *others]
    line = ""
    for word in words:
        if line and cells(line) + 1 + cells(word) > room:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
