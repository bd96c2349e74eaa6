"""Bumps: how far a change of one value moves the outputs, compared with what the derivatives predict."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import compress
from math import floor, inf, log10
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic, InputProblem, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.rules import AND, BY_NAME, WHERE, Rule
from graphdiff.sweep import Derivatives, seeded, sweep
from graphdiff.values import Values

OR = BY_NAME["or"]
# The error of one operation, relative to its value: what functions may lose, not only sums.
ROUNDING = 4 * sys.float_info.epsilon
# A prediction that is off by no more than rounding, but by more than this part of itself, is
# reported as lost in rounding.
VISIBLY = 0.01
# A bump that misses its prediction is looked at in this many equal parts.
PARTS = 16

# Why a prediction ends at an operation: it passes a kink or a pole, it is a comparison that
# changes, a choice that takes another branch, a quotient whose divisor changes sign, or undefined.
KINK, CONDITION, BRANCH = "kink", "condition", "branch"
DIVISOR, POLE, UNDEFINED = "divisor", "pole", "undefined"


class Crossing(NamedTuple):
    """An operation at which a prediction ends, and why."""

    node: int
    why: str


class BumpOutcome(NamedTuple):
    """How far a bump moved one output, and how far its derivative said it would.

    derivative: None if it is 0 by structure. rest: moved - predicted; None if that is within
    rounding error, or not a number. lost: whether rounding hides that the prediction is met.
    crossed: the first operation at which the prediction ends. curvature: the second
    derivative, None if the rest needs no such explanation. second: the part of the rest that it
    explains, higher: the remaining part; None if not finite, or within rounding error.
    """

    of: str
    before: Any
    after: Any
    moved: Any
    derivative: Any
    predicted: Any
    lost: bool = False
    rest: Any = None
    crossed: Crossing | None = None
    curvature: Any = None
    second: Any = None
    higher: Any = None


class Bump(NamedTuple):
    """A change of one value: (name, value before, value after) of each name that moves, and the outputs."""

    name: str
    by: Any
    path: list[tuple[str, Any, Any]]
    outcomes: list[BumpOutcome]


def bump(values: Values, slopes: Mapping[str, Derivatives], name: str, by: Any) -> Bump:
    """Move one value, of an input or a definition, and compare the outputs with their predictions.

    `slopes` has the derivatives of each output. Raises InputProblem if the value plus the change
    is the same number, or not finite, and UndefinedOperation if an output is undefined afterwards.
    """
    graph = values.graph
    values.refuse_undefined([graph.node(name)])
    before = values.nodes[graph.node(name)]
    _refuse_to_stay(values, name, before, by)
    change = _Change(values, name, by)
    outputs = [graph.node(of) for of in slopes]
    try:
        change.after.refuse_undefined(outputs)
    except UndefinedOperation as error:
        text = values.arithmetic.text
        message = f"with {name} bumped from {text(before)} to {text(before + by)}: {error.diagnostic.message}"
        raise UndefinedOperation(error.diagnostic._replace(message=message)) from None
    return Bump(name, by, change.path(outputs), [change.outcome(slopes[of]) for of in slopes])


def _refuse_to_stay(values: Values, name: str, before: Any, by: Any) -> None:
    """A bump has to change the value, and to a finite number."""
    arithmetic = values.arithmetic
    after = before + by
    if arithmetic.is_finite(before) and arithmetic.is_finite(after) and after != before:
        return
    old, change = arithmetic.text(before), arithmetic.text(by)
    if not arithmetic.is_finite(before):
        raise InputProblem(Diagnostic("input", f"{name} is {old} and cannot be bumped", hint="", node=name))
    added = f"({change})" if by < 0 else change
    size = "small" if after == before else "large"
    message = f"the bump of {name} is too {size}: {old} + {added} is {arithmetic.text(after)}"
    visible = arithmetic.text(float(f"{abs(before) / 1000:.0e}"))
    raise InputProblem(Diagnostic("input", message, hint=f"for example  --bump {name}={visible}", node=name))


class _Change:
    """The values before, during and after a bump."""

    def __init__(self, values: Values, name: str, by: Any) -> None:
        self.values = values
        self.name = name
        self.node = values.graph.node(name)
        self.by = by
        self.moving = _moving(values.graph, self.node)
        self.after = self._moved_by(by)

    def _moved_by(self, by: Any) -> Values:
        """The values after the node has moved so far: forward from there."""
        graph, arithmetic, moved = self.values.graph, self.values.arithmetic, self.node
        first = graph.first_operation
        nodes = list(self.values.nodes)
        nodes[moved] += by
        start = max(moved + 1, first)
        for node in compress(range(start, len(graph)), self.moving[start:]):
            rule, arguments = graph.operation(node)
            nodes[node] = arithmetic.value_of[rule](*[nodes[k] for k in arguments])
        return Values(graph, nodes, arithmetic)

    @cached_property
    def way(self) -> list[Values]:
        """The values at equidistant points of the way, its ends among them."""
        between = [self._moved_by(self.by * (k / PARTS)) for k in range(1, PARTS)]
        return [self.values, *between, self.after]

    def path(self, outputs: Sequence[int]) -> list[tuple[str, Any, Any]]:
        """The names that move on the way to the outputs, each with its value before and after."""
        before, after, moving = self.values, self.after, self.moving
        needed, still_needed = before.needed(outputs), after.needed(outputs)
        return [
            (name, before.nodes[k], after.nodes[k]) for name, k in before.graph.names.items()
            if name == self.name or (moving[k] and needed[k] and still_needed[k])
        ]  # fmt: skip

    def outcome(self, slopes: Derivatives) -> BumpOutcome:
        """How far an output moved, and an explanation if that is not what its derivative predicts."""
        arithmetic = self.values.arithmetic
        output = self.values.graph.node(slopes.of)
        old, new = self.values.nodes[output], self.after.nodes[output]
        adjoint = slopes.adjoints[self.node] if self.node < len(slopes.adjoints) else None
        predicted = arithmetic.or_zero(adjoint) * self.by
        noise = self._noise(slopes)
        moved, rest = new - old, new - old - predicted
        outcome = BumpOutcome(slopes.of, old, new, _certain(moved, noise), adjoint, predicted)
        if not arithmetic.is_finite(predicted):
            return outcome
        if abs(rest) <= noise:
            return outcome._replace(lost=abs(rest) > VISIBLY * abs(predicted))
        crossed = self._crossed(output)
        outcome = outcome._replace(rest=_certain(rest, noise), crossed=crossed)
        if crossed is not None or adjoint is None or not arithmetic.is_finite(rest):
            return outcome
        curvature = _curvature(self.values, slopes.of, self.name)
        second = curvature / 2 * self.by * self.by
        if not arithmetic.is_finite(second):
            return outcome._replace(curvature=curvature)
        higher = rest - second
        small = abs(higher) <= max(noise, abs(rest) * 1e-10)
        return outcome._replace(
            curvature=curvature, second=second, higher=None if small else _certain(higher, noise)
        )

    def _noise(self, slopes: Derivatives) -> float:
        """How much of the change of an output may be rounding error, to first order.

        Each operation rounds its own value, and its adjoint says what that does to the output:
        where large values cancel, more than the output's digits show. A value that does not
        move is rounded the same both times.
        """
        graph, after = self.values.graph, self.after
        output, first = graph.node(slopes.of), graph.first_operation
        adjoints_after = seeded(after, output)
        sweep(after, adjoints_after, (k for k in range(output, first - 1, -1) if self.moving[k]))
        total = 0.0
        for point, adjoints in ((self.values, slopes.adjoints), (after, adjoints_after)):
            nodes = point.nodes
            for node in compress(range(output + 1), self.moving):
                adjoint = adjoints[node]
                if adjoint is not None:
                    part = ROUNDING * abs(adjoint * nodes[node])
                    if part < inf:  # which excludes NaN too
                        total += part
        return total

    def _crossed(self, output: int) -> Crossing | None:
        """The first operation that is on another smooth piece somewhere on the way.

        Not the one whose own value is moved.
        """
        for point in self.way[1:-1]:
            undefined = point.first_undefined([output])
            if undefined is not None:
                return Crossing(undefined, UNDEFINED)
        graph, needed = self.values.graph, self.values.needed([output])
        for node, (rule, _) in enumerate(graph.operations, graph.first_operation):
            if not (self.moving[node] and needed[node]) or node == self.node:
                continue
            piece, why = piece_of(rule)
            if piece is not None:
                here = piece(self.values, node)
                differs = _in_both if why == DIVISOR else operator.ne
                if any(differs(here, piece(point, node)) for point in self.way[1:]):
                    return Crossing(node, why)
        return None


def _moving(graph: Graph, node: int) -> bytearray:
    """For each node 1 if it depends on this one, or is it."""
    moving = bytearray(len(graph))
    moving[node] = 1
    first = graph.first_operation
    for k, (_, arguments) in enumerate(graph.operations[max(node + 1 - first, 0) :], max(node + 1, first)):
        for argument in arguments:
            if moving[argument]:
                moving[k] = 1
                break
    return moving


def _certain(difference: Any, noise: Any) -> Any:
    """A difference of two values without the digits that are only rounding errors."""
    if not 0 < noise < abs(difference) < inf:
        return difference
    return round(difference, -floor(log10(noise)))


def _curvature(values: Values, of: str, name: str) -> Any:
    """The second derivative, by a sweep over the derivative program."""
    from graphdiff.derivatives.second_order import hessian

    graph, arithmetic = values.graph, values.arithmetic
    inputs = {given: values.nodes[graph.node(given)] for given in graph.inputs}
    return hessian(graph, inputs, of, [name], arithmetic).get((name, name), arithmetic.zero)


def chosen(values: Values, node: int) -> int | None:
    """The argument that a choice takes: of `and` and `or` the first, if it decides; None for all else."""
    rule, arguments = values.graph.operation(node)
    if rule is WHERE:
        return arguments[1 if values.nodes[arguments[0]] else 2]
    if rule is AND or rule is OR:
        return arguments[0] if bool(values.nodes[arguments[0]]) == (rule is OR) else None
    return None


# The smooth pieces of an operation: on each, the function that tells them apart is constant.


def piece_of(rule: Rule) -> tuple[Callable[[Values, int], Any] | None, str]:
    """A function that identifies the smooth piece of a node's operation, and what separates the pieces."""
    if rule.kinks:
        return _between_kinks, CONDITION if rule.truth else KINK
    if rule.name == "div":
        return _signs, DIVISOR
    if rule.piece:
        return _between_poles, POLE
    if rule.lazy:
        return chosen, BRANCH
    return None, ""


def _between_kinks(values: Values, node: int) -> list[Any]:
    (rule, arguments), env = values.graph.operation(node), values.env(node)
    if rule.piece:
        return [values.arithmetic.piece(rule)(env)]
    found: list[Any] = []
    for _, partial in zip(arguments, values.arithmetic.partials_of[rule], strict=False):
        taken = partial.taken is None or bool(partial.taken(env))
        # All other operations with kinks are locally linear: their partials are constant on each piece.
        found.append(partial.slope(env) if taken and partial.slope is not None else taken)
    if all(partial is None for partial in rule.partials):
        found.append(values.nodes[node])  # a step: constant itself
    return found


def _signs(values: Values, node: int) -> tuple[bool, bool]:
    quotient, _, divisor = values.env(node)
    return divisor > 0, quotient > 0


def _in_both(one: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    """Whether the signs of a divisor and of the quotient both differ: sin(x)/x passes no pole at 0."""
    return one[0] != other[0] and one[1] != other[1]


def _between_poles(values: Values, node: int) -> Any:
    env, arithmetic = values.env(node), values.arithmetic
    rule = values.graph.operation(node)[0]
    return arithmetic.piece(rule)(env) if all(map(arithmetic.is_finite, env[1:])) else None
