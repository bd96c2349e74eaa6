"""What a value is: the arithmetics over which the two sweeps run.

An arithmetic supplies its primitives by the names of their rules. The rest of the table
(composed functions, partials, conditions, kinks) is formulas, and this base class runs
them: each is compiled once to nested closures over those primitives.

No operation raises: an undefined one gives NaN and a pole an infinity, as in IEEE 754.
The caller decides whether that is an error. An arithmetic may be used by several threads.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

from graphdiff.arithmetic.variadic import QUANTITIES
from graphdiff.diagnostics import Source
from graphdiff.language.builder import build
from graphdiff.rules import CONSTANTS, COPY, WHERE, Rule

# A compiled formula: from (y, first argument, second argument, ...) to a value.
Formula = Callable[[tuple[Any, ...]], Any]


class Partial:
    """d(value)/d(argument) as compiled formulas.

    taken: the condition under which the argument contributes, or None for always.
    slope: the partial, or None where the value is locally constant in the argument.
    unit: whether the slope is 1. plain: whether it is 1 and always taken, so that the
    contribution is the adjoint itself.
    """

    __slots__ = ("plain", "slope", "taken", "unit")

    def __init__(self, taken: Formula | None, slope: Formula | None, unit: bool) -> None:
        self.taken = taken
        self.slope = slope
        self.unit = unit
        self.plain = unit and taken is None


class Arithmetic:
    """A kind of number, and the operations on it.

    Subclasses define `primitives`, `constants`, `number`, `text` and `is_finite`, and
    override what else differs.
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
        self._compiled: dict[tuple[str, Rule], Formula] = {}
        self._counted: tuple[Any, str, list[Any]] = (None, "", [])

    def __reduce__(self) -> Any:
        """Pickled and copied by what makes it: its compiled formulas are made again."""
        return type(self), ()

    def from_input(self, name: str, given: Any) -> Any:
        """The value of an input as a number of this arithmetic; InputProblem where it cannot be one."""
        return given

    def from_inputs(self, names: Iterable[str], given: Mapping[str, Any]) -> list[Any]:
        """The values of these inputs, in order."""
        return [self.from_input(name, given[name]) for name in names]

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

    # How contributions to an adjoint are made. An absent adjoint is None: no contribution,
    # which is not the same as a contribution of 0.

    times: Callable[[Any, Any], Any] = staticmethod(operator.mul)  # adjoint, partial
    plus: Callable[[Any, Any], Any] = staticmethod(operator.add)
    chained: Callable[[Any, Any], Any] = staticmethod(operator.mul)  # d(z)/d(y), d(y)/d(x), both adjoints

    def mask_adjoint(self, condition: Any, adjoint: Any) -> Any:
        """The adjoint where the condition holds, and no contribution where it does not."""
        return adjoint if condition else None

    def mask_tangent(self, condition: Any, tangent: Any) -> Any:
        """As `mask_adjoint`, for a tangent, whose own conditions are meaningful only where this one holds."""
        return self.mask_adjoint(condition, tangent)

    # What a sweep loses at the ends of the range of its numbers.

    def lost(self, numbers: Iterable[Any]) -> bool:
        """Whether an overflow or an underflow may have falsified one of these; None stands for no number."""
        return False

    def in_rows(self, sweep: Callable[[], list[Any]]) -> tuple[list[Any], list[int]]:
        """The result of a sweep, and the rows of which it lost a part; for an arithmetic of many rows."""
        return sweep(), []

    def row(self, value: Any, row: int) -> Any:
        """One row of a value; for an arithmetic of many rows."""
        return value

    def put(self, found: list[Any], rows: Mapping[int, list[Any]]) -> None:
        """Replace rows of the values, or adjoints, of all nodes by these; for an arithmetic of many rows."""

    def rounded(self, value: Any) -> Any:
        """The number that is shown: the nearest one that the caller's arithmetic has."""
        return value

    def or_zero(self, adjoint: Any) -> Any:
        """The value of an adjoint: 0 if it is absent."""
        return self.zero if adjoint is None else adjoint

    def numbers(self, adjoints: list[Any]) -> list[Any]:
        """The values of adjoints none of which is absent."""
        return adjoints

    def select(self, condition: Any, yes: Formula, no: Formula, env: tuple[Any, ...]) -> Any:
        """The value of one of two formulas; the other is not computed."""
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
        """The partial by each argument; those of a variadic rule do not end."""
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

    def kink(self, rule: Rule, moving: Sequence[bool] = ()) -> Formula:
        """Whether a node of this rule stands at a kink, if only some arguments move, by default all."""
        at_kink = self._formula_once(rule.kinks, rule)
        met = [condition for condition, moves in zip(rule.kinked, moving) if moves]  # noqa: B905
        if not met or None in met:
            return at_kink
        conditions = [self._formula_once(condition, rule) for condition in met if condition]
        return lambda env: at_kink(env) and any(condition(env) for condition in conditions)

    def domain(self, rule: Rule) -> Formula:
        """Whether arguments are in the domain of a rule that has one."""
        return self._formula_once(rule.domain, rule)

    def piece(self, rule: Rule) -> Formula:
        """On which smooth piece a node of this rule stands, for rules that say it."""
        return self._formula_once(rule.piece, rule)

    def _formula_once(self, text: str, rule: Rule) -> Formula:
        if (text, rule) not in self._compiled:
            self._compiled[text, rule] = self.formula(text, rule)
        return self._compiled[text, rule]

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
        if name in QUANTITIES:
            return lambda env: self._quantity(name, rule, env)[argument]
        return itemgetter(1 + (argument if rule.variadic else rule.parameters.index(name)))

    def _quantity(self, name: str, rule: Rule, env: tuple[Any, ...]) -> list[Any]:
        """A quantity of a variadic row for each argument; made once for all the arguments of a node.

        The last one is kept as one tuple, so that another thread replaces all of it or nothing.
        """
        last = self._counted
        if env is not last[0] or name != last[1]:
            last = self._counted = (env, name, QUANTITIES[name](self, rule, env[0], env[1:]))
        found: list[Any] = last[2]
        return found

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


class _Memo(dict[Any, Any]):
    """A value for each key, made at first use.

    Two threads may both make one; either will do, and no lock is needed.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        made = self[key] = self._make(key)
        return made


class _Endless:
    """The partials of a variadic rule by its first, second, ... argument, each made at first use."""

    def __init__(self, make: Callable[[int], Partial]) -> None:
        self._made = _Memo(make)

    def __iter__(self) -> Iterator[Partial]:
        return map(self._made.__getitem__, count())
