"""Dual numbers over any arithmetic: a value and its tangent, the forward mode.

`evaluate` over them is the derivative along one direction; `backpropagate` over them,
forward over reverse, is the Hessian times that direction, at the cost of a few
evaluations whatever the number of inputs. A tangent is absent, None, where nothing
that moves reaches: that is not a tangent of 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.pairs import Pairs
from graphdiff.rules import BY_NAME, CONSTANTS, Rule
from graphdiff.sweep import tangent

Number = tuple[Any, Any]  # value, tangent or None


class Duals(Pairs):
    """Pairs (value, tangent) of numbers of another arithmetic, one whose conditions are plain."""

    def __init__(self, base: Arithmetic) -> None:
        super().__init__(base)
        self.one, self.zero, self.seed = (base.one, None), (base.zero, None), (base.one, None)
        self.constants = {name: (base.constants[name], None) for name in CONSTANTS}
        self.primitives = {name: self.value_of[rule] for name, rule in BY_NAME.items()}
        self.times, self.plus = self.primitives["mul"], self.primitives["add"]

    def _value_of(self, rule: Rule) -> Callable[..., Any]:
        """A rule on duals: its value, and by the chain rule its tangent."""
        base, function = self.base, self.base.value_of[rule]

        def dual(*arguments: Number) -> Number:
            given = [value for value, _ in arguments]
            env = (function(*given), *given)
            return env[0], tangent(base, rule, env, [rate for _, rate in arguments])

        return dual

    def from_input(self, name: str, given: Any) -> Number:
        """A pair, or a number that stands still."""
        value, rate = given if isinstance(given, tuple) else (given, None)
        moving = None if rate is None else self.base.from_input(name, rate)
        return self.base.from_input(name, value), moving

    def number(self, text: str) -> Number:
        return self.base.number(text), None

    def rate(self, value: Number) -> Any:
        """The tangent as a number: 0 where it is absent."""
        return self.base.rounded(self.base.or_zero(value[1]))
