"""Graph nodes as an arithmetic: a sweep over it writes the derivative as a program.

A value is the number of a node in a `Tape` under construction. Adjoints are masked, so
a branch that is not taken stays absent in the derivative program too, at every order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from graphdiff.arithmetic.masked import Adjoint, Masked
from graphdiff.derivatives.exact import MUL
from graphdiff.derivatives.simplify import NOT
from graphdiff.derivatives.tape import Tape
from graphdiff.rules import AND, BY_NAME, CONSTANTS, TRUTH, WHERE, Rule


class Symbols(Masked):
    """The arithmetic of nodes on a tape."""

    name = "symbolic"
    constants: Mapping[str, Any]

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape
        self.one, self.zero = tape.integer(1), tape.integer(0)
        self.seed = (None, self.one)
        self.constants = {name: tape.constant(name) for name in CONSTANTS}
        self.primitives = {name: self._writer(rule) for name, rule in BY_NAME.items()}

    def _writer(self, rule: Rule) -> Callable[..., int]:
        return partial(self.tape.apply, rule)

    def _value_of(self, rule: Rule) -> Callable[..., Any]:
        return self._writer(rule)  # also of composed functions: sigmoid stays sigmoid

    def number(self, text: str) -> int:
        return self.tape.constant(text)

    def is_finite(self, value: Any) -> bool:
        return True

    def is_nan(self, value: Any) -> bool:
        return False

    def text(self, value: Any) -> str:
        raise NotImplementedError("a node is written by views.program")

    def times(self, adjoint: Adjoint, partial: int) -> Adjoint:
        return adjoint[0], self.tape.apply(MUL, adjoint[1], partial)

    def plus(self, left: Adjoint, right: Adjoint) -> Adjoint:
        """Where one is there exactly where the other is not, one `where` chooses between them."""
        if left[0] is not None and right[0] is not None:
            for outer, condition in self._choices(left[0]):
                for other, opposite in self._choices(right[0]):
                    if outer != other:
                        continue
                    if self._is_not(opposite, condition):
                        return outer, self.tape.apply(WHERE, condition, left[1], right[1])
                    if self._is_not(condition, opposite):
                        return outer, self.tape.apply(WHERE, opposite, right[1], left[1])
        return super().plus(left, right)

    def _choices(self, condition: int) -> Iterator[tuple[int | None, int]]:
        """The condition as one choice, and as a choice where another condition holds."""
        yield None, condition
        rule, arguments = self.tape.nodes[condition]
        if rule is AND:
            yield arguments

    def _is_not(self, node: int, condition: int) -> bool:
        rule, arguments = self.tape.nodes[condition]
        without = arguments[0] if rule is TRUTH else condition
        return self.tape.nodes[node] in ((NOT, (condition,)), (NOT, (without,)))

    def known(self, condition: int) -> bool | None:
        value = self.tape.numbers.get(condition)
        return None if value is None else bool(value)
