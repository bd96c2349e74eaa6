"""An explanation as text: what each section says, and its lines for a terminal.

What is said is the same in every format, and written once, in `sections`; a `Dialect`
says how a number, a derivative and a formula are written in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.explanation.bumps import BRANCH, DIVISOR, EDGE, KINK, POLE, UNDEFINED, Bump, Outcome, chosen
from graphdiff.explanation.steps import FLAT, NOT_TAKEN, Derivative, Edge, Explanation, Pass
from graphdiff.graph import Operation
from graphdiff.rules import BY_NAME, CALLABLE, CONSTANTS, TRUTH, WHERE
from graphdiff.sweep import Values
from graphdiff.views.answer.columns import shown
from graphdiff.views.code.program import ATOM, CHAIN, CHOICE, GRAPHDIFF, OR, Notation, Written

# A formula of more operations than this is not written out: its value is.
MOST_OPERATIONS = 120
MOST_TERMS = 40  # likewise of a sum over the edges into a name
# Members of equations stand under one another where they are no longer than this.
LONGEST_COLUMN = 26
NARROWEST = 24  # a terminal's width that is worth breaking lines for

CHOICES = (BY_NAME["and"], BY_NAME["or"], WHERE)
CONDITIONAL = (*CHOICES, BY_NAME["not"])
CALL = re.compile(r"([^\W\d]\w*)\s*\(")
BUILT_IN = {*CALLABLE, "and", "or", "not"}
# A condition as it is written, once all that stands in parentheses is taken out.
CONDITION = re.compile(r"[<>=!]|\b(?:and|or|not)\b")
INNERMOST = re.compile(r"\([^()]*\)")

# How near a formula of the numbers shown has to come to its value, in units of that.
CLOSE = 1e-8
Digits = Callable[[Any], str]  # how a number is written: shortened, or whole

EVENTS = {
    KINK: " passes a kink on the way.", EDGE: " changes on the way.",
    BRANCH: " takes another branch on the way.", POLE: " passes a pole on the way.",
    DIVISOR: " changes its sign on the way.", UNDEFINED: " is undefined on the way.",
}  # fmt: skip


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
    parentheses: ClassVar[tuple[str, str]] = ("(", ")")

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
        written = self.digits(text).text
        return f"({written})" if text.startswith("-") else written

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


class Formula(NamedTuple):
    """A formula that is to be written: its operations in order, and what its other nodes are.

    resolved: whether a choice is written as what it has chosen.
    """

    operations: Mapping[int, Operation]
    root: int
    names: Mapping[int, str]
    constant: Callable[[int], str]
    resolved: bool = False


class Writer:
    """Writes the formulas of one explanation in a dialect."""

    def __init__(self, explanation: Explanation, dialect: Dialect) -> None:
        self.explanation = explanation
        self.dialect = dialect
        self.values: Values = explanation.values
        self.arithmetic: Arithmetic = self.values.arithmetic
        self.redefined = {name for name in CONSTANTS if name in self.values.graph.names}
        self.whole: Digits = self.arithmetic.text
        self._shown: dict[str, tuple[Written, Any]] = {}  # of names, as a text and as a number

    def text(self, value: Any) -> str:
        return shown(self.arithmetic, value)

    def value(self, value: Any, digits: Digits | None = None) -> str:
        """A value as a member of an equation, alone."""
        return self.dialect.digits((digits or self.text)(value)).text

    def factor(self, value: Any, digits: Digits | None = None) -> str:
        return self.dialect.number((digits or self.text)(value))

    def as_shown(self, value: Any) -> Any:
        """The number that a reader finds in the place of a value."""
        return float(self.text(value)) if isinstance(value, float) else value

    def stand_in(self, name: str) -> tuple[Written, Any]:
        """What stands in the place of a name where its value is shortened, and what number that is."""
        found = self._shown.get(name)
        if found is None:
            value = self.values.nodes[self.values.graph.names[name]]
            found = self._shown[name] = self._operand(self.text(value)), self.as_shown(value)
        return found

    def close(self, one: Any, other: Any) -> bool:
        is_nan = self.arithmetic.is_nan
        if one == other or (is_nan(one) and is_nan(other)):
            return True
        return bool(abs(one - other) <= CLOSE * abs(other) and self.arithmetic.is_finite(other))

    def with_names(self, name: str) -> Written:
        return Written(self.dialect.name(name), ATOM)

    def short(self, name: str) -> Written:
        return self.stand_in(name)[0]

    def long(self, name: str) -> Written:
        return self._operand(self.whole(self.values.nodes[self.values.graph.names[name]]))

    def _operand(self, text: str) -> Written:
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
        calls = any(f in graph.functions or f not in BUILT_IN for f in CALL.findall(source))

        whole = Formula(operations, root, named, lambda node: graph.constants[node - leaves])
        resolved = whole._replace(resolved=True)
        members: list[str | None] = []
        if calls and self.dialect.as_written:
            members.append(self._source(source) if len(source) <= 8 * MOST_OPERATIONS else None)
        elif choices:
            members.append(self._formula(whole, self.with_names))
        numbers = self._numbers(resolved, self.values.nodes[root])
        members += [self._formula(resolved, self.with_names), *numbers]
        note = "" if len(numbers) > 1 else f"{len(below):,} operations"
        return Equation(self.dialect.name(name), _chain(members), note)

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

        members: list[str | None] = [self.value(edge.value)]
        if len(operations) <= MOST_OPERATIONS:
            formula = Formula(dict(sorted(operations.items())), edge.node, names, lambda node: nodes[node][1])
            members = [self._formula(formula, self.with_names), *self._numbers(formula, edge.value)]
        return Equation(self.along(edge), _chain(members))

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
        symbols = []
        for _, edge in step.terms:
            symbol = self.along(edge)
            if edge.of != step.of:
                symbol = f"{self.dialect.derivative(step.of, edge.of)}{times}{symbol}"
            symbols.append(symbol)
        # The sweep takes each operation by itself: what it loses there is not in the products here.
        note = "" if step.exact else "operation by operation, which leaves the range of the numbers here"
        digits = self.text if not step.exact or self._adds_up(step) else self.whole
        numbers = [
            self.factor(edge.value, digits) if edge.of == step.of
            else f"{self.factor(adjoint, digits)}{times}{self.factor(edge.value, digits)}"
            for adjoint, edge in step.terms
        ]  # fmt: skip
        members: list[str | None] = [" + ".join(symbols), " + ".join(numbers)]
        if members[0] == left:
            members = []
        elif not step.exact or (len(numbers) == 1 and times not in numbers[0]):
            members = members[:1]
        return Equation(left, _chain([*members, self.value(step.value, digits)]), note)

    def _adds_up(self, step: Derivative) -> bool:
        """Whether the products of the numbers shown give the derivative."""
        total = sum(self.as_shown(adjoint) * self.as_shown(edge.value) for adjoint, edge in step.terms)
        return self.close(total, step.value)

    def _source(self, text: str) -> str:
        """A formula as the program has it, as a member of an equation."""
        outside, inner = text, 1
        while inner:
            outside, inner = INNERMOST.subn("", outside)
        return self._enclosed(self.dialect.source(text), bool(CONDITION.search(outside)))

    def _enclosed(self, text: str, condition: bool) -> str:
        """A member of an equation: a comparison in parentheses, so that it is not one of the chain."""
        before, after = self.dialect.parentheses if condition else ("", "")
        return f"{before}{text}{after}"

    def _numbers(self, formula: Formula, value: Any) -> list[str]:
        """The formula with numbers, and its value; the value alone where the formula is too long.

        The numbers are shortened, but where the formula of the shortened ones does not
        give the value they are whole.
        """
        enough = self.close(self._recomputed(formula), value)
        written = self._formula(formula, self.short if enough else self.long)
        last = self.value(value, self.text if enough else self.whole)
        return [last] if written is None else [written, last]

    def _recomputed(self, formula: Formula) -> Any:
        """What a reader gets for a formula, from the numbers shown."""
        value_of = self.arithmetic.value_of
        found: dict[int, Any] = {}

        def number(node: int) -> Any:
            if node in found:
                return found[node]
            if node in formula.names:
                return self.stand_in(formula.names[node])[1]
            return self.arithmetic.constant(formula.constant(node))

        for node, (rule, arguments) in formula.operations.items():
            taken = chosen(rule, arguments, self.values) if formula.resolved else None
            found[node] = value_of[rule](*map(number, arguments)) if taken is None else number(taken)
        return number(formula.root)

    def _formula(self, formula: Formula, write: Callable[[str], Written]) -> str | None:
        """A formula as a member of an equation, its names written so; None where it is too long."""
        operations = formula.operations
        written: dict[int, Written] = {}
        bare: dict[int, Written] = {}
        size: dict[int, int] = {}

        def operand(node: int) -> Written:
            if node in operations:
                return written[node]
            return (
                write(formula.names[node]) if node in formula.names else self.constant(formula.constant(node))
            )

        for node, (rule, arguments) in operations.items():
            taken = chosen(rule, arguments, self.values) if formula.resolved else None
            used = arguments if taken is None else (taken,)
            size[node] = 1 + sum(size.get(k, 0) for k in used)
            if size[node] > MOST_OPERATIONS:
                continue  # and so is all that uses it
            if rule in CONDITIONAL and taken is None:
                texts = [bare[k] if k in bare else operand(k) for k in used]
            else:
                texts = [operand(k) for k in used]
            if rule is TRUTH and self.dialect.as_written:
                bare[node] = texts[0]  # as a condition `c` is written, and not `c != 0`
            if taken is not None or (rule is TRUTH and self._is_truth(formula, used[0])):
                written[node] = texts[0]
            elif rule.is_literal:
                written[node] = self.constant(rule.name)
            else:
                written[node] = self.dialect.notation.operation(rule, texts)
        if formula.root in operations and formula.root not in written:
            return None
        whole = operand(formula.root)
        return self._enclosed(whole.text, OR <= whole.binding <= CHAIN)

    def _is_truth(self, formula: Formula, node: int) -> bool:
        """Whether a node is 1 or 0 already, so that it needs no `!= 0`."""
        graph = self.values.graph
        if node in formula.operations:
            return formula.operations[node][0].truth
        named = graph.names.get(formula.names.get(node, ""), 0) - graph.first_operation
        return named >= 0 and graph.operations[named][0].truth


def _chain(members: Sequence[str | None]) -> list[str]:
    """The members that are there, the same text only once in a row."""
    found: list[str] = []
    for member in members:
        if member is not None and (not found or member != found[-1]):
            found.append(member)
    return found


def sections(explanation: Explanation, dialect: Dialect) -> Iterator[Section]:
    """What is said, in order, the formulas written in a dialect."""
    write = Writer(explanation, dialect)
    values, graph = write.values, write.values.graph
    items: list[Item] = []
    if explanation.given:
        given = []
        for name in explanation.given:  # what is given is what the reader starts from: all its digits
            digits = write.whole if graph.names[name] < len(graph.inputs) else write.text
            value = write.value(values.nodes[graph.node(name)], digits)
            given.append(Maths(f"{dialect.name(name)} = {value}"))
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
        if not items and back.alone:
            items.append((Maths(dialect.name(back.of)), " depends on nothing else."))
        elif not items:
            items.append(Equation(dialect.derivative(back.of, back.of), ["1"]))
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
        same = write.as_shown(before) == write.as_shown(after) and before != after
        digits = write.whole if same else write.text
        rows.append((write.dialect.name(name), write.value(before, digits), write.value(after, digits)))
    return Travel(rows)


def _outcomes(bump: Bump, write: Writer) -> Iterator[Sentence]:
    still = []
    for outcome in bump.outcomes:
        if outcome.slope is None and outcome.rest is None and outcome.moved == 0:
            still.append(outcome.of)
        else:
            yield from _outcome(bump, outcome, write)
    if still:
        it = "it does" if len(still) == 1 else "they do"
        subjects = _listed([Maths(write.dialect.name(of)) for of in still])
        bumped = Maths(write.dialect.name(bump.name))
        yield (*subjects, f" did not move: {it} not depend on ", bumped, " here.")


def _outcome(bump: Bump, outcome: Outcome, write: Writer) -> Iterator[Sentence]:
    """What the derivative had predicted, and why the output has moved otherwise."""
    dialect, value, is_finite = write.dialect, write.value, write.arithmetic.is_finite
    of, times, by = Maths(dialect.name(outcome.of)), dialect.times, write.factor(bump.by)
    symbol = dialect.derivative(outcome.of, bump.name)
    digits = _telling(outcome, write)
    event: Sentence = (of, " moved by ", Maths(value(outcome.moved, digits)))
    if not is_finite(outcome.moved):
        event = (of, " went from ", Maths(value(outcome.before)), " to ", Maths(value(outcome.after)))
        if outcome.before == outcome.after:
            event = (of, " stays ", Maths(value(outcome.after)))
    if outcome.slope is None:
        predicted = Maths("0")
    elif not is_finite(outcome.slope):
        infinite = Maths(f"{symbol} = {value(outcome.slope)}")
        yield *event, "; the derivative predicts nothing: ", infinite, "."
        return
    else:
        slope = write.factor(outcome.slope)
        predicted = Maths(f"{symbol}{times}{by} = {slope}{times}{by} = {value(outcome.predicted, digits)}")
    if not is_finite(outcome.predicted):
        yield *event, "; what is predicted is beyond the largest number: ", predicted, "."
    elif outcome.rest is None and not outcome.lost:
        yield *event, ", as predicted: ", predicted, "."
    else:
        yield *event, ", predicted was ", predicted, "."
        yield from _rest(bump, outcome, write)


def _telling(outcome: Outcome, write: Writer) -> Digits:
    """Enough digits of what has moved and what was predicted to see the rest, which may be far smaller."""
    if outcome.rest is None:
        return write.text
    difference = outcome.moved - outcome.predicted
    seen = write.as_shown(outcome.moved) - write.as_shown(outcome.predicted)
    return write.text if abs(seen - difference) <= abs(difference) / 100 else write.whole


def _rest(bump: Bump, outcome: Outcome, write: Writer) -> Iterator[Sentence]:
    """What the prediction misses, and what explains that."""
    dialect, value, is_finite = write.dialect, write.value, write.arithmetic.is_finite
    if outcome.rest is None:
        yield ("The rest is lost in rounding.",)
        return
    rest = Maths(value(outcome.rest))
    if outcome.crossed is not None:
        node, why = outcome.crossed
        what: Sentence = (Code(dialect.source(write.values.graph.excerpt(node))), EVENTS[why])
        if why == DIVISOR:
            what = ("the divisor of ", *what)
        if is_finite(outcome.rest):
            yield "The rest is ", rest, ", because ", *what
        else:
            yield "That is because ", *what
        return
    if not is_finite(outcome.rest):
        return
    if outcome.curvature is None:
        yield "The rest is ", rest, "."
        return
    symbol = dialect.second(outcome.of, bump.name)
    if outcome.second is None:
        second = Maths(f"{symbol} = {value(outcome.curvature)}")
        yield "The rest is ", rest, "; the second derivative explains nothing of it: ", second, "."
        return
    half, times = dialect.halved(write.factor(outcome.curvature)), dialect.times
    square = dialect.squared(write.factor(bump.by))
    product = f"{dialect.halved(symbol)}{times}{square} = {half}{times}{square}"
    second = Maths(f"{product} = {value(outcome.second)}")
    if outcome.higher is None:
        yield "The rest, ", rest, ", is of second order: ", second, "."
    else:
        yield "The rest is ", rest, ". Of second order: ", second, "."
        yield "Of higher order: ", Maths(value(outcome.higher)), "."


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

    from graphdiff.views.console import console, printed

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
                yield from _rows(item, width, unicode)
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
    room = (width or 0) - margin - 3
    lines = {m: broken(m, room) for m in members if _cells(m) > room >= NARROWEST}
    widest = max((indent + _cells(line) for found in lines.values() for indent, line in found), default=0)
    if room < NARROWEST or widest > room:
        # A left side that leaves too little room stands on a line of its own.
        yield [(INDENT, PLAIN), (equation.left, LEFT)]
        margin, head = len(INDENT), ""
        room = max((width or 0) - margin - 3, NARROWEST)
        lines = {m: broken(m, room) for m in members if _cells(m) > room}
    begin: Spans = [(INDENT, PLAIN), (head, LEFT)]
    later: Spans = [(" " * margin, PLAIN)]
    current: list[str] = []
    used = 0
    for k, member in enumerate(members):
        if current and used + 3 + _cells(member) > room:
            yield [*begin, *_spans("", current)]
            begin, current, used = later, [], 0
        if member in lines:
            style = RESULT if k + 1 == len(members) else PLAIN
            for n, (indent, line) in enumerate(lines[member]):
                start = [(" " * (margin + 3 + indent), PLAIN)] if n else [*begin, *_spans("", [""])]
                yield [*start, (line, style)]
            begin = later
        else:
            used += _cells(member) + (3 if current else 0)
            current.append(member)
    if current:
        yield [*begin, *_spans("", current)]
    if note:
        for line in _wrapped((note.strip(),), width):
            yield [(INDENT + line, NOTE)]


def _spans(head: str, members: Sequence[str]) -> Spans:
    found: Spans = [(head, LEFT)]
    for k, member in enumerate(members):
        found += [(" = ", SIGN), (member, RESULT if k + 1 == len(members) else PLAIN)]
    return found


def _rows(travel: Travel, width: int | None, unicode: bool) -> Iterator[Spans]:
    from graphdiff.views.answer.columns import aligned

    arrow = " \u2192 " if unicode else " -> "
    left = max(_cells(name) for name, *_ in travel.rows)
    before = aligned(row[1] for row in travel.rows)
    after = aligned(row[2] for row in travel.rows)
    for (name, *_), old, new in zip(travel.rows, before, after, strict=True):
        row: Spans = [(_padded(name, left), LEFT), (f"  {old}", PLAIN), (arrow, SIGN), (new, PLAIN)]
        if width is None or len(INDENT) + sum(_cells(text) for text, _ in row) <= width:
            yield [(INDENT, PLAIN), *row]
        else:
            yield [(INDENT, PLAIN), (name, LEFT)]
            yield [(2 * INDENT + old.strip(), PLAIN), (arrow, SIGN), (new.strip(), PLAIN)]


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
BINDING = {"or": 0, "and": 1, "<": 2, ">": 2, "<=": 2, ">=": 2, "==": 2, "!=": 2}
BINDING |= {"+": 3, "-": 3, "*": 4, "/": 4, "\u00b7": 4}


def broken(formula: str, room: int) -> list[tuple[int, str]]:
    """A formula on lines of `room`: for each line its indent, and its text.

    Broken before the loosest signs first. What binds tighter, or is in parentheses, is
    broken only where it does not fit on a line alone, and its lines are indented more:
    so a line is never read as a part of what is not its own.
    """
    lines: list[tuple[int, list[str]]] = [(0, [])]
    _lay_out(PIECE.findall(formula), 0, room, 0, lines)
    return [(indent, "".join(pieces).strip()) for indent, pieces in lines]


def _lay_out(
    pieces: list[str], depth: int, room: int, after: int, lines: list[tuple[int, list[str]]]
) -> None:
    """Put pieces behind what stands on the last line, and on further lines indented by `depth` and more.

    after: the cells of what will follow them on their last line.
    """

    def fit(part: list[str], after: int) -> bool:
        indent, before = lines[-1]
        return indent + _cells("".join(before + part).lstrip()) + after <= room

    parts = _parts(pieces)
    begin, end = _largest_group(pieces)
    if fit(pieces, after) or (len(parts) == 1 and begin == end):
        lines[-1][1].extend(pieces)
    elif len(parts) == 1:
        behind = pieces[end:]
        whole = next((k for k, _, _ in _breaks(behind)), len(behind))  # up to here it cannot be broken
        more = _cells("".join(behind[:whole])) + (after if whole == len(behind) else 0)
        lines[-1][1].extend(pieces[:begin])
        _lay_out(pieces[begin:end], depth, room, more, lines)
        _lay_out(behind, depth, room, after, lines)
    else:
        # Where there is next to no room left, indenting further would leave none.
        indent = min((depth + 1) * len(INDENT), room // 2)
        alone = False  # whether nothing else goes on the last line
        for k, part in enumerate(parts):
            follows = after if k + 1 == len(parts) else 0
            if k and (alone or not fit(part, follows)):
                lines.append((indent, []))
            alone = not fit(part, follows)
            _lay_out(part, depth + 1, room, follows, lines)


def _breaks(pieces: list[str]) -> Iterator[tuple[int, int, int]]:
    """Where a formula can be broken, how deep in parentheses, and how tightly the sign there binds."""
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
    """The operands of the loosest signs outside of parentheses, each behind its sign or after its comma."""
    outside = [(k, binding) for k, depth, binding in _breaks(pieces) if depth == 0]
    loosest = min((binding for _, binding in outside), default=0)
    places = [0, *(k for k, binding in outside if binding == loosest), len(pieces)]
    return [pieces[i:j] for i, j in itertools.pairwise(places)]


def _largest_group(pieces: list[str]) -> tuple[int, int]:
    """Where the longest pair of outermost parentheses begins and ends, both outside of it; equal for none."""
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
