"""Numbers with their formulas: a sweep over them gives both at once.

A value is a pair: a number of another arithmetic, and the node of its formula on a tape.
Conditions are decided by the numbers, so the formula of a partial is the one that holds at
this point: of a choice, it contains only the branch that is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphdiff.arithmetic import Arithmetic, Partial
from graphdiff.arithmetic.pairs import Pairs
from graphdiff.derivatives.tape import Tape
from graphdiff.rules import BY_NAME, CONSTANTS, WHERE, Rule

Traced = tuple[Any, int]  # number, node of its formula


class Traces(Pairs):
    """Pairs of a number of `base`, whose conditions must be plain numbers, and a node on `tape`."""

    def __init__(self, base: Arithmetic, tape: Tape) -> None:
        super().__init__(base)
        self.tape = tape
        self.one, self.zero = (base.one, tape.integer(1)), (base.zero, tape.integer(0))
        self.seed = (base.seed, tape.integer(1))
        self.constants = {name: (base.constants[name], tape.constant(name)) for name in CONSTANTS}
        self.primitives = {name: self.value_of[rule] for name, rule in BY_NAME.items()}
        # The numbers are, to the last digit, those of a sweep over `base` alone.
        multiply, add = BY_NAME["mul"], BY_NAME["add"]
        self.times = lambda a, b: (base.times(a[0], b[0]), tape.apply(multiply, a[1], b[1]))
        self.plus = lambda a, b: (base.plus(a[0], b[0]), tape.apply(add, a[1], b[1]))

    def _value_of(self, rule: Rule) -> Callable[..., Any]:
        function, tape = self.base.value_of[rule], self.tape

        def traced(*arguments: Traced) -> Traced:
            number = function(*[number for number, _ in arguments])
            if rule.truth:  # within a partial, a comparison is decided
                return number, tape.integer(int(bool(number)))
            if rule is WHERE:
                return number, arguments[1 if arguments[0][0] else 2][1]
            return number, tape.apply(rule, *[node for _, node in arguments])

        return traced

    def _partial(self, rule: Rule, argument: int) -> Partial:
        """The number of the partial that is computed, with the formula that textbooks have."""
        partial = super()._partial(rule, argument)
        row = 0 if rule.variadic else argument
        computed, text = partial.slope, rule.shown[row]
        if computed is None or text is None or text == rule.partials[row]:
            return partial
        shown = self.formula(text, rule, argument)
        return Partial(partial.taken, lambda env: (computed(env)[0], shown(env)[1]), unit=False)

    def number(self, text: str) -> Traced:
        return self.base.number(text), self.tape.constant(text)
