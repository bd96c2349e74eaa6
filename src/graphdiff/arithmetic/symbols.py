"""Graph nodes as an arithmetic: a sweep over it writes the derivative as a program.

A value is the number of a node in a `Tape` under construction. Adjoints are masked, so
a branch that is not taken stays absent in the derivative program too, at every order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from graphdiff.arithmetic.masked import Adjoint, Masked
from graphdiff.rules import BY_NAME, CONSTANTS, Rule
from graphdiff.tape import MUL, Tape


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

    def known(self, condition: int) -> bool | None:
        value = self.tape.numbers.get(condition)
        return None if value is None else bool(value)
