"""What a value is: the arithmetics over which the two sweeps run.

An arithmetic supplies its primitives by the names of their rules. What the table
of rules says in formulas (composed functions, partials, conditions, kinks) it gets
from here: a formula is compiled once to nested closures over those primitives.

No arithmetic raises: an undefined operation gives NaN and a pole an infinity, as
IEEE 754 has it. Whether that is an error is for the one who asks to say.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import count
from operator import itemgetter
from typing import Any

from graphdiff.diagnostics import Source
from graphdiff.language.builder import build
from graphdiff.rules import CONSTANTS, COPY, WHERE, Rule

# A compiled formula: from (y, first argument, second argument, ...) to a value.
Formula = Callable[[tuple[Any, ...]], Any]


class Partial:
    """d(value)/d(argument) as compiled formulas.

    taken: where it is taken, or None for always. slope: what it is, or None where the
    value is locally constant in the argument. unit: whether the slope is 1. plain:
    whether it is 1 and always taken, so that a contribution is the adjoint itself.
    """

    __slots__ = ("plain", "slope", "taken", "unit")

    def __init__(self, taken: Formula | None, slope: Formula | None, unit: bool) -> None:
        self.taken = taken
        self.slope = slope
        self.unit = unit
        self.plain = unit and taken is None


class Arithmetic:
    """A kind of number, and the operations on it.

    Subclasses give `primitives`, `constants`, `number`, and what else differs.
    """

    name = ""
    primitives: Mapping[str, Callable[..., Any]]
    constants: Mapping[str, Any]
    one: Any
    zero: Any
    seed: Any  # the adjoint of an output by itself: 1

    def __init__(self) -> None:
        self.value_of: Mapping[Rule, Callable[..., Any]] = _Memo(self._value_of)
        self.partials_of: Mapping[Rule, Iterable[Partial]] = _Memo(self._partials_of)
        self._kinks: dict[Rule, Formula] = {}
        self._domains: dict[Rule, Formula] = {}
        self._counted: tuple[Any, Any] = (None, None)

    def number(self, text: str) -> Any:
        """The value of a number as written."""
        raise NotImplementedError

    def constant(self, text: str) -> Any:
        """The value of a number as written, or of a built-in constant by its name."""
        return self.constants[text] if text in CONSTANTS else self.number(text)

    def text(self, value: Any) -> str:
        """The value as the shortest text that reads back the same."""
        raise NotImplementedError

    def is_nan(self, value: Any) -> bool:
        return bool(value != value)

    def is_finite(self, value: Any) -> bool:
        raise NotImplementedError

    # How contributions to an adjoint are made. An absent adjoint is None: no
    # contribution, which is not 0.

    times: Callable[[Any, Any], Any] = staticmethod(operator.mul)  # adjoint, partial
    plus: Callable[[Any, Any], Any] = staticmethod(operator.add)

    def only_if(self, condition: Any, adjoint: Any) -> Any:
        """The adjoint where the condition holds, and no contribution where it does not."""
        return adjoint if condition else None

    def guarded(self, condition: Any, tangent: Any) -> Any:
        """As `only_if`, for a tangent, whose own conditions have a meaning only where this one holds."""
        return self.only_if(condition, tangent)

    def settled(self, adjoint: Any) -> Any:
        """An adjoint as a value: 0 where it is absent."""
        return self.zero if adjoint is None else adjoint

    def select(self, condition: Any, yes: Formula, no: Formula, env: tuple[Any, ...]) -> Any:
        """One of two formulas; the other one is not computed."""
        return yes(env) if condition else no(env)

    # Rules in this arithmetic.

    def _value_of(self, rule: Rule) -> Callable[..., Any]:
        if rule.is_literal:
            value = self.constant(rule.name)
            return lambda: value
        if rule.value is None:
            return self.primitives[rule.name]
        formula = self.formula(rule.value, rule)
        return lambda *arguments: formula((None, *arguments))

    def _partials_of(self, rule: Rule) -> Iterable[Partial]:
        """For each argument its partial; of a variadic rule as many as are asked for."""
        if rule.variadic:
            return _Endless(lambda argument: self._partial(rule, argument))
        return [self._partial(rule, argument) for argument in range(len(rule.parameters))]

    def _partial(self, rule: Rule, argument: int) -> Partial:
        row = 0 if rule.variadic else argument
        taken, slope = rule.taken[row], rule.partials[row]
        return Partial(
            None if taken is None else self.formula(taken, rule, argument),
            None if slope is None else self.formula(slope, rule, argument),
            slope == "1",
        )

    def kink(self, rule: Rule) -> Formula:
        """Whether a node of this rule stands at a kink."""
        if rule not in self._kinks:
            self._kinks[rule] = self.formula(rule.kinks, rule)
        return self._kinks[rule]

    def domain(self, rule: Rule) -> Formula:
        """Whether arguments are in the domain of a rule that has one."""
        if rule not in self._domains:
            self._domains[rule] = self.formula(rule.domain, rule)
        return self._domains[rule]

    def formula(self, text: str, rule: Rule, argument: int = 0) -> Formula:
        """Compile one formula of a row: closures over this arithmetic's operations."""
        graph = build(Source(f"out = {text}"))
        nodes: list[Formula] = [self._leaf(name, rule, argument) for name in graph.inputs]
        nodes += [_always(self.constant(text)) for text in graph.constants]
        for operation, arguments in graph.operations:
            nodes.append(self._closure(operation, [nodes[k] for k in arguments]))
        return nodes[graph.node("out")]

    def _leaf(self, name: str, rule: Rule, argument: int) -> Formula:
        if name == "y":
            return itemgetter(0)
        if name == "ties":
            return self._ties
        return itemgetter(1 + (argument if rule.variadic else rule.parameters.index(name)))

    def _ties(self, env: tuple[Any, ...]) -> Any:
        """How many arguments are equal to y; counted once for all the arguments of a node."""
        counted = self._counted
        if env is not counted[0]:
            equal, plus = self.primitives["eq"], self.primitives["add"]
            counted = self._counted = (env, reduce(plus, [equal(x, env[0]) for x in env[1:]]))
        return counted[1]

    def _closure(self, rule: Rule, arguments: list[Formula]) -> Formula:
        if rule is COPY:
            return arguments[0]
        if rule is WHERE:
            condition, yes, no = arguments
            select = self.select
            return lambda env: select(condition(env), yes, no, env)
        function = self.value_of[rule]
        if len(arguments) == 1:
            (only,) = arguments
            return lambda env: function(only(env))
        if len(arguments) == 2:
            left, right = arguments
            return lambda env: function(left(env), right(env))
        return lambda env: function(*[argument(env) for argument in arguments])


def _always(value: Any) -> Formula:
    return lambda env: value


class _Memo(dict[Rule, Any]):
    """What each rule is in an arithmetic, made at first use."""

    def __init__(self, make: Callable[[Rule], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, rule: Rule) -> Any:
        made = self[rule] = self._make(rule)
        return made


class _Endless:
    """The partials of a variadic rule, each made at first use."""

    def __init__(self, make: Callable[[int], Partial]) -> None:
        self._make = make
        self._made: list[Partial] = []

    def __iter__(self) -> Iterator[Partial]:
        for argument in count():
            if argument == len(self._made):
                self._made.append(self._make(argument))
            yield self._made[argument]
