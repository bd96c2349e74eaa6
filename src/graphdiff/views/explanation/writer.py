"""The numbers and formulas of an explanation, written in a dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.explanation.bumps import chosen
from graphdiff.explanation.steps import Explanation
from graphdiff.graph import Operation
from graphdiff.rules import BY_NAME, CONSTANTS, TRUTH, WHERE
from graphdiff.values import Values
from graphdiff.views.answer.columns import shown
from graphdiff.views.code.notation import ATOM, CHAIN, CHOICE, OR, Written
from graphdiff.views.explanation.dialect import Dialect

MOST_OPERATIONS = 120  # a formula of more operations is not written out
# The relative error up to which the formula of the numbers shown is taken to give its value.
CLOSE = 1e-8

CHOICES = (BY_NAME["and"], BY_NAME["or"], WHERE)
TAKES_CONDITIONS = (*CHOICES, BY_NAME["not"])

Digits = Callable[[Any], str]  # how a number is written: shortened, or with all its digits


class Expression(NamedTuple):
    """An expression to be written.

    operations: in topological order. names, constant: what its other nodes are.
    resolved: whether a choice is written as the argument that it has chosen.
    """

    operations: Mapping[int, Operation]
    root: int
    names: Mapping[int, str]
    constant: Callable[[int], str]
    resolved: bool = False


class Writer:
    """Writes the numbers and formulas of one explanation in a dialect."""

    def __init__(self, explanation: Explanation, dialect: Dialect) -> None:
        self.explanation = explanation
        self.dialect = dialect
        self.values: Values = explanation.values
        self.arithmetic: Arithmetic = self.values.arithmetic
        self.redefined = {name for name in CONSTANTS if name in self.values.graph.names}
        self.whole: Digits = self.arithmetic.text
        self._shown: dict[str, tuple[Written, Any]] = {}  # the value of a name, as text and as a number

    # Numbers.

    def named(self, name: str) -> Any:
        """The value of a name, also where that is undefined."""
        return self.values.nodes[self.values.graph.names[name]]

    def text(self, value: Any) -> str:
        return shown(self.arithmetic, value)

    def value(self, value: Any, digits: Digits | None = None) -> str:
        """A number that stands alone."""
        return self.dialect.digits((digits or self.text)(value)).text

    def factor(self, value: Any, digits: Digits | None = None) -> str:
        return self.dialect.number((digits or self.text)(value))

    def as_shown(self, value: Any) -> Any:
        """The number that its shortened text stands for."""
        return float(self.text(value)) if isinstance(value, float) else value

    def close(self, one: Any, other: Any) -> bool:
        is_nan = self.arithmetic.is_nan
        if one == other or (is_nan(one) and is_nan(other)):
            return True
        return bool(abs(one - other) <= CLOSE * abs(other) and self.arithmetic.is_finite(other))

    # Formulas.

    def with_names(self, expression: Expression) -> str | None:
        """A formula as the member of an equation; None if it is too long."""
        return self._formula(expression, lambda name: Written(self.dialect.name(name), ATOM))

    def with_numbers(self, expression: Expression, value: Any) -> list[str]:
        """The formula with the values of its names, and its value; the value alone if it is too long.

        The numbers are shortened, unless a reader who computes with these would not get the value.
        """
        enough = self.close(self._recomputed(expression), value)
        written = self._formula(expression, self._short if enough else self._long)
        last = self.value(value, self.text if enough else self.whole)
        return [last] if written is None else [written, last]

    def enclosed(self, text: str, condition: bool) -> str:
        """The member of an equation: a comparison in parentheses, because it would read as a chain."""
        before, after = self.dialect.parentheses if condition else ("", "")
        return f"{before}{text}{after}"

    def _short(self, name: str) -> Written:
        return self._stand_in(name)[0]

    def _long(self, name: str) -> Written:
        return self._operand(self.whole(self.named(name)))

    def _stand_in(self, name: str) -> tuple[Written, Any]:
        """The shortened value of a name, and the number that this is."""
        found = self._shown.get(name)
        if found is None:
            value = self.named(name)
            found = self._shown[name] = self._operand(self.text(value)), self.as_shown(value)
        return found

    def _operand(self, text: str) -> Written:
        written = self.dialect.digits(text)
        # A negative number in an operation is always in parentheses, and as an argument never.
        return written._replace(binding=CHOICE) if text.startswith("-") else written

    def _constant(self, text: str) -> Written:
        notation = self.dialect.notation
        if text in CONSTANTS:
            return notation.constant(text, text in self.redefined)
        return notation.number(text)

    def _taken(self, expression: Expression, node: int) -> int | None:
        """The argument that is written for a choice, if there is one."""
        return chosen(self.values, node) if expression.resolved else None

    def _recomputed(self, expression: Expression) -> Any:
        """The value that a reader gets from the numbers shown."""
        value_of = self.arithmetic.value_of
        found: dict[int, Any] = {}

        def number(node: int) -> Any:
            if node in found:
                return found[node]
            if node in expression.names:
                return self._stand_in(expression.names[node])[1]
            return self.arithmetic.constant(expression.constant(node))

        for node, (rule, arguments) in expression.operations.items():
            taken = self._taken(expression, node)
            found[node] = value_of[rule](*map(number, arguments)) if taken is None else number(taken)
        return number(expression.root)

    def _formula(self, expression: Expression, write: Callable[[str], Written]) -> str | None:
        """A formula, each name as `write` has it; None if it is too long."""
        operations, names = expression.operations, expression.names
        written: dict[int, Written] = {}
        conditions: dict[int, Written] = {}  # `c` for `c != 0`, where a condition is meant
        size: dict[int, int] = {}

        def operand(node: int) -> Written:
            if node in operations:
                return written[node]
            return write(names[node]) if node in names else self._constant(expression.constant(node))

        for node, (rule, arguments) in operations.items():
            taken = self._taken(expression, node)
            used = arguments if taken is None else (taken,)
            size[node] = 1 + sum(size.get(k, 0) for k in used)
            if size[node] > MOST_OPERATIONS:
                continue  # and so is every expression that uses it
            if rule in TAKES_CONDITIONS and taken is None:
                texts = [conditions[k] if k in conditions else operand(k) for k in used]
            else:
                texts = [operand(k) for k in used]
            if rule is TRUTH and self.dialect.as_written:
                conditions[node] = texts[0]
            if taken is not None or (rule is TRUTH and self._is_truth(expression, used[0])):
                written[node] = texts[0]
            elif rule.is_literal:
                written[node] = self._constant(rule.name)
            else:
                written[node] = self.dialect.notation.operation(rule, texts)
        if expression.root in operations and expression.root not in written:
            return None
        whole = operand(expression.root)
        return self.enclosed(whole.text, OR <= whole.binding <= CHAIN)

    def _is_truth(self, expression: Expression, node: int) -> bool:
        """Whether a node is 1 or 0 already, so that it needs no `!= 0`."""
        graph = self.values.graph
        if node in expression.operations:
            return expression.operations[node][0].truth
        named = graph.names.get(expression.names.get(node, ""), 0)
        return named >= graph.first_operation and graph.operation(named)[0].truth
