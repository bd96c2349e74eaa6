"""An explanation as text: what each section says, and its lines for a terminal.

What is said is the same in every format, and written once, in `sections`; a `Dialect`
says how a number, a derivative and a formula are written in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.explain import (
    FLAT,
    NOT_TAKEN,
    Bump,
    Derivative,
    Edge,
    Explanation,
    Outcome,
    Pass,
    chosen,
)
from graphdiff.graph import Operation
from graphdiff.rules import BY_NAME, CALLABLE, CONSTANTS, WHERE
from graphdiff.sweep import Values
from graphdiff.views.columns import shown
from graphdiff.views.program import ATOM, CHOICE, GRAPHDIFF, Notation, Written

# A formula of more operations than this is not written out: its value is.
MOST_OPERATIONS = 120
MOST_TERMS = 40  # likewise of a sum over the edges into a name
# Members of equations stand under one another where they are no longer than this.
LONGEST_COLUMN = 26
NARROWEST = 24  # a terminal's width that is worth breaking lines for

CHOICES = (BY_NAME["and"], BY_NAME["or"], WHERE)
CALL = re.compile(r"([^\W\d]\w*)\s*\(")
BUILT_IN = {*CALLABLE, "and", "or", "not"}


class Equation(NamedTuple):
    """`left = member = member`, all of one value; `note` is said beside it."""

    left: str
    members: list[str]
    note: str = ""


class Travel(NamedTuple):
    """How a bump has moved the values: (name, before, after)."""

    rows: list[tuple[str, str, str]]


class Maths(str):
    """A part of a sentence that is a formula."""


class Code(str):
    """A part of a sentence that is a piece of the program."""


Sentence = tuple[str, ...]
Item = Equation | Travel | Sentence


class Section(NamedTuple):
    title: Sentence
    items: list[Item]


class Dialect:
    """How numbers, derivatives and formulas are written, for text; LaTeX changes what differs."""

    notation: Notation = GRAPHDIFF
    as_written: ClassVar[bool] = True  # whether a formula can be shown as the program has it

    def __init__(self, unicode: bool) -> None:
        self.unicode = unicode
        self.times = " \u00b7 " if unicode else " * "
        self.partial_sign = "\u2202" if unicode else "@"

    def name(self, name: str) -> str:
        return self.source(name)

    def source(self, text: str) -> str:
        """A piece of the program, or what a stream that cannot write it puts in its place."""
        return text if self.unicode else text.encode("ascii", "backslashreplace").decode("ascii")

    def digits(self, text: str) -> Written:
        """A number that columns.shown has written."""
        return Written(text, ATOM)

    def number(self, text: str) -> str:
        """A number as one factor or term: in parentheses where it is negative."""
        return f"({text})" if text.startswith("-") else self.digits(text).text

    def derivative(self, of: str, wrt: str) -> str:
        return f"d{self.name(of)}/d{self.name(wrt)}"

    def partial(self, of: str, wrt: str) -> str:
        return f"{self.partial_sign}{self.name(of)}/{self.partial_sign}{self.name(wrt)}"

    def halved(self, text: str) -> str:
        return f"{text}/2"

    def second(self, of: str, wrt: str) -> str:
        return f"d2{self.name(of)}/d{self.name(wrt)}{'^' if wrt[-1].isdigit() else ''}2"

    def squared(self, text: str) -> str:
        return f"{text}^2"


class Writer:
    """Writes the formulas of one explanation in a dialect."""

    def __init__(self, explanation: Explanation, dialect: Dialect) -> None:
        self.explanation = explanation
        self.dialect = dialect
        self.values: Values = explanation.values
        self.arithmetic: Arithmetic = self.values.arithmetic
        self.redefined = {name for name in CONSTANTS if name in self.values.graph.names}

    def text(self, value: Any) -> str:
        return shown(self.arithmetic, value)

    def value(self, value: Any) -> str:
        """A value as a member of an equation, alone."""
        return self.dialect.digits(self.text(value)).text

    def factor(self, value: Any) -> str:
        return self.dialect.number(self.text(value))

    def with_names(self, name: str) -> Written:
        return Written(self.dialect.name(name), ATOM)

    def with_numbers(self, name: str) -> Written:
        text = self.text(self.values.nodes[self.values.graph.node(name)])
        written = self.dialect.digits(text)
        # A negative number in an operation is always in parentheses, and as an argument never.
        return written._replace(binding=CHOICE) if text.startswith("-") else written

    def constant(self, text: str) -> Written:
        notation = self.dialect.notation
        if text in CONSTANTS:
            return notation.constant(text, text in self.redefined)
        return notation.number(text)

    def definition(self, name: str) -> Equation:
        """`u = b*c = 3*2 = 6`: as written, with names, with numbers, its value."""
        graph = self.values.graph
        first, named, leaves = graph.first_operation, graph.name_of, len(graph.inputs)
        root = graph.node(name)
        below = graph.below(root)[::-1]
        operations = {i: graph.operations[i - first] for i in below}
        choices = any(rule in CHOICES for rule, _ in operations.values())
        source = graph.formula(name)
        calls = not BUILT_IN.issuperset(CALL.findall(source))

        def formula(leaf: Callable[[str], Written], resolved: bool) -> str | None:
            def write(node: int) -> Written:
                if node in named:
                    return leaf(named[node])
                return self.constant(graph.constants[node - leaves])

            return self._formula(operations, root, write, resolved)

        members: list[str | None] = []
        if calls and self.dialect.as_written:
            members.append(self.dialect.source(source) if len(source) <= 8 * MOST_OPERATIONS else None)
        elif choices:
            members.append(formula(self.with_names, False))
        members += [formula(self.with_names, True), formula(self.with_numbers, True)]
        left = self.dialect.name(name)
        note = "" if members[-1] else f"{len(below):,} operations"
        return Equation(left, self._chain(members, self.values.nodes[root]), note)

    def edge(self, edge: Edge) -> Equation:
        """`du/db = c = 2`."""
        nodes, names = self.explanation.tape.nodes, self.explanation.names
        operations: dict[int, Operation] = {}
        pending = [edge.node]
        while pending and len(operations) <= MOST_OPERATIONS:
            node = pending.pop()
            rule, arguments = nodes[node]
            if rule is not None and node not in operations:
                operations[node] = (rule, arguments)
                pending += arguments

        def formula(leaf: Callable[[str], Written]) -> str | None:
            def write(node: int) -> Written:
                return leaf(names[node]) if node in names else self.constant(nodes[node][1])

            return self._formula(dict(sorted(operations.items())), edge.node, write, False)

        members: list[str | None] = []
        if len(operations) <= MOST_OPERATIONS:
            members = [formula(self.with_names), formula(self.with_numbers)]
        return Equation(self.along(edge), self._chain(members, edge.value))

    def along(self, edge: Edge) -> str:
        """The derivative along an edge: a partial where other paths lead to the same name."""
        write = self.dialect.derivative if edge.total else self.dialect.partial
        return write(edge.of, edge.wrt)

    def step(self, step: Derivative) -> Equation:
        """`dJ/db = dJ/du * du/db = 3 * 2 = 6`, a sum over the edges into the users of b."""
        times = self.dialect.times
        left = self.dialect.derivative(step.of, step.wrt)
        if len(step.terms) > MOST_TERMS:
            return Equation(left, [self.value(step.value)], f"a sum over {len(step.terms):,} edges")
        symbols, numbers = [], []
        for adjoint, edge in step.terms:
            symbol, number = self.along(edge), self.factor(edge.value)
            if edge.of != step.of:
                symbol = f"{self.dialect.derivative(step.of, edge.of)}{times}{symbol}"
                number = f"{self.factor(adjoint)}{times}{number}"
            symbols.append(symbol)
            numbers.append(number)
        # The sweep takes each operation by itself: what it loses there is not in the products here.
        note = "" if step.exact else "operation by operation, which leaves the range of the numbers here"
        members: list[str | None] = [" + ".join(symbols), " + ".join(numbers)]
        if members[0] == left:
            members = []
        elif not step.exact or (len(numbers) == 1 and times not in numbers[0]):
            members = members[:1]
        return Equation(left, self._chain(members, step.value), note)

    def _chain(self, members: Sequence[str | None], value: Any) -> list[str]:
        """The members that are there, the same text only once in a row, and the value."""
        found: list[str] = []
        for member in (*members, self.value(value)):
            if member is not None and (not found or member != found[-1]):
                found.append(member)
        return found

    def _formula(
        self, operations: Mapping[int, Operation], root: int, leaf: Callable[[int], Written], resolved: bool
    ) -> str | None:
        """The formula of a node, its operations given in order; None where it is too long.

        Where it is `resolved`, a choice is written as what it has chosen.
        """
        written: dict[int, Written] = {}
        size: dict[int, int] = {}
        for node, (rule, arguments) in operations.items():
            taken = chosen(rule, arguments, self.values) if resolved else None
            used = arguments if taken is None else (taken,)
            size[node] = 1 + sum(size.get(k, 0) for k in used)
            if size[node] > MOST_OPERATIONS:
                continue  # and so is all that uses it
            texts = [written[k] if k in operations else leaf(k) for k in used]
            if taken is not None:
                written[node] = texts[0]
            elif rule.is_literal:
                written[node] = self.constant(rule.name)
            else:
                written[node] = self.dialect.notation.operation(rule, texts)
        if root in operations:
            return written[root].text if root in written else None
        return leaf(root).text


def sections(explanation: Explanation, dialect: Dialect) -> Iterator[Section]:
    """What is said, in order, the formulas written in a dialect."""
    write = Writer(explanation, dialect)
    values, graph = write.values, write.values.graph
    items: list[Item] = []
    if explanation.given:
        given = []
        for name in explanation.given:
            given.append(Maths(f"{dialect.name(name)} = {write.value(values.nodes[graph.node(name)])}"))
        items.append(("With ", *_listed(given), "."))
    items += map(write.definition, explanation.definitions)
    yield Section(("Left to right: values",), items)
    if explanation.edges:
        items = list(map(write.edge, explanation.edges))
        other = next((edge for edge in explanation.edges if not edge.total), None)
        if other is not None:
            partial, total = dialect.partial(other.of, other.wrt), dialect.derivative(other.of, other.wrt)
            words = (" is along this edge alone, ", " along all paths.")
            items.append((Maths(partial), words[0], Maths(total), words[1]))
        yield Section(("Along each edge: partials",), items)
    for back in explanation.passes:
        title: Sentence = ("Right to left: derivatives",)
        if len(explanation.passes) > 1:
            title = (*title, " of ", Maths(dialect.name(back.of)))
        items = [*map(write.step, back.steps), *_silent(back, dialect)]
        if not items:
            items.append((Maths(dialect.name(back.of)), " depends on nothing else."))
        yield Section(title, items)
    for bump in explanation.bumps:
        title = ("Bump: ", Maths(dialect.name(bump.name)), " by ", Maths(write.value(bump.by)))
        yield Section(title, [_travel(bump, write), *_outcomes(bump, write)])


def _listed(parts: Sequence[str]) -> list[str]:
    """`a, b and c`, as the parts of a sentence."""
    found = [parts[0]]
    for k, part in enumerate(parts[1:], 2):
        found += [" and " if k == len(parts) else ", ", part]
    return found


def _silent(back: Pass, dialect: Dialect) -> Iterator[Sentence]:
    of = Maths(dialect.name(back.of))
    for why, names in back.silent.items():
        subjects = [Maths(dialect.name(name)) for name in names]
        zeros = [Maths(f"{dialect.derivative(back.of, name)} = 0") for name in names]
        if why == FLAT:
            move = " does not move " if len(names) == 1 else " do not move "
            yield (*_listed(zeros), ": ", *_listed(subjects), move, of, " here.")
        elif why == NOT_TAKEN:
            branches = "branch is" if len(names) == 1 else "branches are"
            yield (
                *_listed(zeros), ": ", of, " does not depend on ", *_listed(subjects),
                f" here, where {'its' if len(names) == 1 else 'their'} {branches} not taken.",
            )  # fmt: skip
        else:
            yield (*_listed(zeros), ": ", of, " does not depend on ", *_listed(subjects), ".")


def _travel(bump: Bump, write: Writer) -> Travel:
    rows = []
    for name, before, after in bump.path:
        texts = [write.text(before), write.text(after)]
        if texts[0] == texts[1] and before != after:
            texts = [write.arithmetic.text(before), write.arithmetic.text(after)]
        old, new = (write.dialect.digits(text).text for text in texts)
        rows.append((write.dialect.name(name), old, new))
    return Travel(rows)


def _outcomes(bump: Bump, write: Writer) -> Iterator[Sentence | Equation]:
    for outcome in bump.outcomes:
        yield from _outcome(bump, outcome, write)


def _outcome(bump: Bump, outcome: Outcome, write: Writer) -> Iterator[Sentence]:
    dialect, value = write.dialect, write.value
    of, times, by = Maths(dialect.name(outcome.of)), dialect.times, write.factor(bump.by)
    moved = Maths(value(outcome.moved))
    if outcome.slope is None:
        if outcome.rest is None:
            yield of, " did not move: it does not depend on ", Maths(dialect.name(bump.name)), " here."
            return
        yield of, " moved by ", moved, ", predicted was ", Maths("0"), "."
    else:
        symbol = dialect.derivative(outcome.of, bump.name)
        slope = write.factor(outcome.slope)
        product = f"{symbol}{times}{by} = {slope}{times}{by} = {value(outcome.predicted)}"
        if outcome.rest is None:
            yield of, " moved by ", moved, ", as predicted: ", Maths(product), "."
            return
        yield of, " moved by ", moved, ", predicted was ", Maths(product), "."
    rest = Maths(value(outcome.rest))
    if outcome.crossed is not None:
        graph = write.values.graph
        what = Code(dialect.source(graph.excerpt(outcome.crossed)))
        rule, _ = graph.operations[outcome.crossed - graph.first_operation]
        event = " changes on the way." if rule.truth else " passes a kink on the way."
        yield "The rest is ", rest, ", because ", what, event
        return
    if outcome.curvature is None:
        yield "The rest is ", rest, "."
        return
    symbol = dialect.halved(dialect.second(outcome.of, bump.name))
    half = dialect.halved(write.factor(outcome.curvature))
    square = dialect.squared(by)
    second = Maths(f"{symbol}{times}{square} = {half}{times}{square} = {value(outcome.second)}")
    if outcome.higher is None:
        yield "The rest, ", rest, ", is of second order: ", second, "."
    else:
        higher = Maths(value(outcome.higher))
        yield "The rest is ", rest, ". Of second order: ", second, "."
        yield "Of higher order: ", higher, "."


# Lines for a terminal.

HEADING, LEFT, SIGN, RESULT, NOTE, PLAIN = "bold", "cyan", "dim", "bold green", "dim", ""
Spans = list[tuple[str, str]]  # text and its style
INDENT = "  "


def lines(explanation: Explanation, *, color: bool, width: int | None, unicode: bool) -> Iterator[str]:
    """The lines of the text; `width` None for one line for each equation, whatever its length."""
    dialect = Dialect(unicode)
    spans = _layout(sections(explanation, dialect), width and max(width, NARROWEST), unicode)
    if not color:
        return ("".join(text for text, _ in line).rstrip() for line in spans)
    return _colored(spans)


def _colored(found: Iterable[Spans]) -> Iterator[str]:
    from rich.text import Text

    from graphdiff.views.table import console, printed

    into = console(True, None)
    for line in found:
        into.print(Text.assemble(*line))
    return printed(into)


def _layout(found: Iterable[Section], width: int | None, unicode: bool) -> Iterator[Spans]:
    for k, section in enumerate(found):
        if k:
            yield []
        yield [("".join(section.title), HEADING)]
        equations = [item for item in section.items if isinstance(item, Equation)]
        left = max((_cells(e.left) for e in equations if _cells(e.left) <= LONGEST_COLUMN), default=0)
        columns = _columns(equations, left, width)
        for item in section.items:
            if isinstance(item, Equation):
                yield from _equation(item, left, columns, width)
            elif isinstance(item, Travel):
                yield from _rows(item, unicode)
            else:
                for line in _wrapped(item, width):
                    yield [(INDENT + line, PLAIN)]


def _columns(equations: list[Equation], left: int, width: int | None) -> list[int]:
    """The widths to which members are padded, so that those of all short equations align."""
    wide: list[int] = []
    for equation in equations:
        *members, last = map(_cells, equation.members)
        if width is None or len(INDENT) + left + sum(members) + last + 3 * len(members) + 3 <= width:
            wide += [0] * (len(members) - len(wide))
            for k, member in enumerate(members):
                if member <= LONGEST_COLUMN:
                    wide[k] = max(wide[k], member)
    return wide


def _equation(equation: Equation, left: int, columns: list[int], width: int | None) -> Iterator[Spans]:
    """One equation: on one line, aligned if that fits; else broken before its signs and operators."""
    members = equation.members
    note = f"  ({equation.note})" if equation.note else ""
    padded = [
        _padded(m, columns[k]) if k < min(len(columns), len(members) - 1) else m
        for k, m in enumerate(members)
    ]
    head = _padded(equation.left, left)
    for texts in (padded, members):
        length = len(INDENT) + _cells(head) + sum(3 + _cells(text) for text in texts) + len(note)
        if width is None or length <= width:
            yield [(INDENT, PLAIN), *_spans(head, texts), (note, NOTE)]
            return
    margin = len(INDENT) + _cells(head)
    room = max(width or 0, margin + NARROWEST) - margin - 3
    current: list[str] = []
    used = 0
    begun = False
    for k, member in enumerate(members):
        if current and (used + 3 + _cells(member) > room):
            yield [(INDENT, PLAIN), *_spans(" " * _cells(head) if begun else head, current)]
            begun, current, used = True, [], 0
        if _cells(member) > room and not current:
            pieces = list(_broken(member, room))
            last = k + 1 == len(members)
            for n, piece in enumerate(pieces):
                start: Spans = [(" " * margin + "   " + INDENT, PLAIN)]
                if not n:
                    start = [(INDENT, PLAIN), *_spans(" " * _cells(head) if begun else head, [""])]
                yield [*start, (piece, RESULT if last else PLAIN)]
            begun = True
            continue
        used += _cells(member) + (3 if current else 0)
        current.append(member)
    if current:
        yield [(INDENT, PLAIN), *_spans(" " * _cells(head) if begun else head, current)]
    if note:
        yield [(" " * margin + "  " + note, NOTE)]


def _spans(head: str, members: Sequence[str]) -> Spans:
    found: Spans = [(head, LEFT)]
    for k, member in enumerate(members):
        found += [(" = ", SIGN), (member, RESULT if k + 1 == len(members) else PLAIN)]
    return found


def _rows(travel: Travel, unicode: bool) -> Iterator[Spans]:
    from graphdiff.views.columns import aligned

    arrow = " \u2192 " if unicode else " -> "
    left = max(_cells(name) for name, *_ in travel.rows)
    before = aligned(row[1] for row in travel.rows)
    after = aligned(row[2] for row in travel.rows)
    for (name, *_), old, new in zip(travel.rows, before, after, strict=True):
        yield [(INDENT, PLAIN), (_padded(name, left), LEFT), (f"  {old}", PLAIN), (arrow, SIGN), (new, PLAIN)]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _wrapped(sentence: Sentence, width: int | None) -> Iterator[str]:
    """A sentence on lines of `width`, its formulas broken only where they are longer than that."""
    room = None if width is None else width - len(INDENT)
    words: list[str] = []
    for part in sentence:
        text = f"'{part}'" if isinstance(part, Code) else part
        whole = part is not text or (isinstance(part, Maths) and (room is None or _cells(text) < room))
        first, *others = [text] if whole else text.split(" ")
        words[-1:] = [words[-1] + first, *others] if words else [first, *others]
    line = ""
    for word in words:
        if line and room is not None and _cells(line) + 1 + _cells(word) > room:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


# The pieces of a formula: numbers, names and derivatives whole, and the blanks before each.
PIECE = re.compile(
    r"\s*(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[\u2202@]?[^\W\d]\w*(?:/[\u2202@]?[^\W\d]\w*)?|[<>=!]=|\S)"
)
# How tightly the signs bind before which a formula can be broken.
BINDING = {"and": 0, "or": 0, "<": 1, ">": 1, "<=": 1, ">=": 1, "==": 1, "!=": 1}
BINDING |= {"+": 2, "-": 2, "*": 3, "/": 3, "\u00b7": 3}


def _broken(formula: str, room: int) -> Iterator[str]:
    """A formula on lines of `room`, the ones after the first indented: broken before loose signs."""
    pieces = PIECE.findall(formula)
    begin, indent = 0, 0
    while begin < len(pieces):
        breaks: list[tuple[bool, int, int]] = []  # in the second half of the room, how loose, where
        depth = used = 0
        before = "("
        for k, piece in enumerate(pieces[begin:], begin):
            token = piece.strip()
            operand = before not in BINDING and before not in ("(", ",", "not")
            if k > begin and (before == "," or (token in BINDING and operand)):
                breaks.append((used > room / 2, -4 * depth - BINDING.get(token, 0), k))
            used += _cells(piece)
            if used > room - indent and breaks:
                break
            depth += (token == "(") - (token == ")")
            before = token
        cut = max(breaks)[2] if used > room - indent and breaks else len(pieces)
        yield "".join(pieces[begin:cut]).strip()
        begin, indent = cut, len(INDENT)
