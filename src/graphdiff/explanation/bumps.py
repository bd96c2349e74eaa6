"""Bumps: how far a change of one value moves the outputs, beside what the derivatives predict."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import compress
from math import floor, inf, log10, pi
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic, InputProblem, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.rules import AND, BY_NAME, WHERE, Rule
from graphdiff.sweep import Derivatives, Values, seeded, sweep

OR = BY_NAME["or"]
# The error of one operation, in units of its value: what functions may lose, not only sums.
ROUNDING = 4 * sys.float_info.epsilon
# A prediction that misses no more than rounding, but more than this part of itself, is not seen to be met.
VISIBLY = 0.01
# Where a bump misses its prediction, the way is looked at in this many parts.
PARTS = 16

# Why a prediction ends at an operation.
KINK, EDGE, BRANCH, DIVISOR, POLE, UNDEFINED = "kink", "edge", "branch", "divisor", "pole", "undefined"

# The operations with poles: what is the same between two of them.
BETWEEN_POLES: dict[str, Callable[..., Any]] = {
    "pow": lambda a, b: a > 0 or b >= 0,
    **dict.fromkeys(("tan", "sec"), lambda x: floor(x / pi + 0.5)),
    **dict.fromkeys(("cot", "csc"), lambda x: floor(x / pi)),
    **dict.fromkeys(("gamma", "lgamma", "digamma"), lambda x: min(floor(x), 0)),
    "polygamma": lambda n, x: min(floor(x), 0),
}


class Crossing(NamedTuple):
    """An operation at which a prediction ends, and why."""

    node: int
    why: str


class Outcome(NamedTuple):
    """How far a bump has moved one output, and what the derivative had predicted.

    rest: what the prediction misses; None where that is no more than rounding, or where
    there is no number to miss. lost: whether rounding hides that the prediction is met.
    crossed: the first operation at which the prediction ends. curvature: the second
    derivative, None where the rest needs none; second: what it explains of the rest, and
    higher: what it leaves, both None where they are no numbers or no more than rounding.
    """

    of: str
    before: Any
    after: Any
    moved: Any
    slope: Any  # None where the derivative is 0 by structure
    predicted: Any
    lost: bool = False
    rest: Any = None
    crossed: Crossing | None = None
    curvature: Any = None
    second: Any = None
    higher: Any = None


class Bump(NamedTuple):
    """How a change of one value travels: for each name on the way its value before and after."""

    name: str
    by: Any
    path: list[tuple[str, Any, Any]]
    outcomes: list[Outcome]


def bump(values: Values, slopes: Mapping[str, Derivatives], name: str, by: Any) -> Bump:
    """Move one value, an input or not, and compare the outputs with what their slopes predict.

    Raises InputProblem where the value plus the change is the same number, or is none,
    and UndefinedOperation where an output has no value afterwards.
    """
    graph = values.graph
    node = graph.node(name)
    values.refuse_undefined([node])
    before = values.nodes[node]
    _refuse_to_stay(values, name, before, by)
    moving = _moving(graph, node)
    after = _moved(values, moving, node, before + by)
    outputs = [graph.node(of) for of in slopes]
    try:
        after.refuse_undefined(outputs)
    except UndefinedOperation as error:
        text = values.arithmetic.text
        message = f"with {name} bumped from {text(before)} to {text(before + by)}: {error.diagnostic.message}"
        raise UndefinedOperation(error.diagnostic._replace(message=message)) from None
    both = [a and b for a, b in zip(values.needed(outputs), after.needed(outputs), strict=True)]
    path = [
        (other, values.nodes[k], after.nodes[k]) for other, k in graph.names.items()
        if other == name or (moving[k] and both[k])
    ]  # fmt: skip

    @cache
    def way() -> list[Values]:
        """The values at points of the way, its ends among them: where an output asks for them."""
        points = [_moved(values, moving, node, before + by * (k / PARTS)) for k in range(1, PARTS)]
        return [values, *points, after]

    outcomes = [_outcome(values, after, slopes[of], name, by, moving, way) for of in slopes]
    return Bump(name, by, path, outcomes)


def _refuse_to_stay(values: Values, name: str, before: Any, by: Any) -> None:
    """A bump has to change the value, and to a number."""
    arithmetic = values.arithmetic
    if arithmetic.is_finite(before) and arithmetic.is_finite(before + by) and before + by != before:
        return
    old, change = arithmetic.text(before), arithmetic.text(by)
    added = f"({change})" if by < 0 else change
    message, hint = f"a bump by {change} shows nothing: {name} is {old}", ""
    if arithmetic.is_finite(before):
        message += f", and {old} + {added} is {arithmetic.text(before + by)}"
        visible = float(f"{abs(before) / 1000:.0e}")
        hint = f"take a number that is not so {'small' if before + by == before else 'large'}"
        hint += f", as in --bump {name}={arithmetic.text(visible)}"
    raise InputProblem(Diagnostic("input", message, hint=hint, node=name))


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


def _moved(values: Values, moving: bytearray, moved: int, to: Any) -> Values:
    """The values after that of one node has been moved: left to right from there."""
    graph, arithmetic = values.graph, values.arithmetic
    first = graph.first_operation
    nodes = list(values.nodes)
    nodes[moved] = to
    for node in compress(range(max(moved + 1, first), len(graph)), moving[max(moved + 1, first) :]):
        rule, arguments = graph.operations[node - first]
        nodes[node] = arithmetic.value_of[rule](*[nodes[k] for k in arguments])
    return Values(graph, nodes, arithmetic)


def _outcome(
    values: Values, after: Values, slopes: Derivatives, name: str, by: Any, moving: bytearray,
    way: Callable[[], Sequence[Values]],
) -> Outcome:  # fmt: skip
    graph, is_finite = values.graph, values.arithmetic.is_finite
    output, node = graph.node(slopes.of), graph.node(name)
    old, new = values.nodes[output], after.nodes[output]
    adjoint = slopes.adjoints[node] if node < len(slopes.adjoints) else None
    predicted = values.arithmetic.settled(adjoint) * by
    noise = _noise(values, after, slopes, moving)
    moved, rest = new - old, new - old - predicted
    outcome = Outcome(slopes.of, old, new, _certain(moved, noise), adjoint, predicted)
    if not is_finite(predicted):
        return outcome
    if abs(rest) <= noise:
        return outcome._replace(lost=abs(rest) > VISIBLY * abs(predicted))
    crossed = _crossed(way(), output, moving, node)
    outcome = outcome._replace(rest=_certain(rest, noise), crossed=crossed)
    if crossed is not None or adjoint is None or not is_finite(rest):
        return outcome
    curvature = _curvature(values, slopes.of, name)
    second = curvature / 2 * by * by
    if not is_finite(second):
        return outcome._replace(curvature=curvature)
    higher = rest - second
    small = abs(higher) <= max(noise, abs(rest) * 1e-10)
    return outcome._replace(
        curvature=curvature, second=second, higher=None if small else _certain(higher, noise)
    )


def _noise(values: Values, after: Values, slopes: Derivatives, moving: bytearray) -> float:
    """How much of the difference of two values of an output may be rounding errors, to first order.

    Each operation rounds its own value, and its adjoint says what that does to the output:
    where large values cancel, more than the output's digits show. What does not move is
    rounded the same both times.
    """
    graph = values.graph
    output, first = graph.node(slopes.of), graph.first_operation
    afterwards = seeded(after, output)
    sweep(after, afterwards, (k for k in range(output, first - 1, -1) if moving[k]))
    total = 0.0
    for point, adjoints in ((values, slopes.adjoints), (after, afterwards)):
        nodes = point.nodes
        for node in compress(range(output + 1), moving):
            adjoint = adjoints[node]
            if adjoint is not None:
                part = ROUNDING * abs(adjoint * nodes[node])
                if part < inf:  # and not where it is NaN
                    total += part
    return total


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


def _crossed(way: Sequence[Values], output: int, moving: bytearray, moved: int) -> Crossing | None:
    """The first operation that is on the other side of a kink, an edge or a pole somewhere on the way.

    Not the one whose own value is moved.
    """
    start = way[0]
    for point in way[1:-1]:
        undefined = point.first_undefined([output]) if point.suspects else None
        if undefined is not None:
            return Crossing(undefined, UNDEFINED)
    graph = start.graph
    first = graph.first_operation
    needed = start.needed([output])
    for node, (rule, arguments) in enumerate(graph.operations, first):
        if not (moving[node] and needed[node]) or node == moved:
            continue
        side, why = _side_of(rule)
        if side is not None:
            here = side(start, node, rule, arguments)
            differs = _in_both if why == DIVISOR else operator.ne
            if any(differs(here, side(point, node, rule, arguments)) for point in way[1:]):
                return Crossing(node, why)
    return None


def _side_of(rule: Rule) -> tuple[Callable[..., Any] | None, str]:
    """What tells on which side of an operation's kinks, edges or poles a point is; None where it has none."""
    if rule.kinks:
        return _side, EDGE if rule.truth else KINK
    if rule.name == "div":
        return _signs, DIVISOR
    if rule.name in BETWEEN_POLES:
        return _between_poles, POLE
    if rule.lazy:
        return (lambda point, _, rule, arguments: chosen(rule, arguments, point)), BRANCH
    return None, ""


def chosen(rule: Rule, arguments: tuple[int, ...], values: Values) -> int | None:
    """The argument that a choice has taken: of `and` and `or` the first, where that decides."""
    if rule is WHERE:
        return arguments[1 if values.nodes[arguments[0]] else 2]
    if rule is AND or rule is OR:
        return arguments[0] if bool(values.nodes[arguments[0]]) == (rule is OR) else None
    return None


def _signs(values: Values, node: int, rule: Rule, arguments: tuple[int, ...]) -> tuple[bool, bool]:
    return values.nodes[arguments[1]] > 0, values.nodes[node] > 0


def _in_both(one: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    """Whether the signs of a divisor and of the quotient differ: sin(x)/x passes no pole at 0."""
    return one[0] != other[0] and one[1] != other[1]


def _between_poles(values: Values, node: int, rule: Rule, arguments: tuple[int, ...]) -> Any:
    given = [values.nodes[k] for k in arguments]
    return BETWEEN_POLES[rule.name](*given) if all(map(values.arithmetic.is_finite, given)) else None


def _side(values: Values, node: int, rule: Rule, arguments: tuple[int, ...]) -> list[Any]:
    """Where an operation with kinks is: what is the same all along a smooth piece of it."""
    env = (values.nodes[node], *[values.nodes[k] for k in arguments])
    if rule.name == "atan2":  # smooth but for its cut
        return [env[1] >= 0 or env[2] > 0, env[1] == 0 and env[2] <= 0]
    if rule.name == "hypot":  # smooth but at the origin
        return [env[0] == 0]
    found: list[Any] = []
    for _, partial in zip(arguments, values.arithmetic.partials_of[rule], strict=False):
        taken = partial.taken is None or bool(partial.taken(env))
        # What is left is locally linear: its slopes are constant on each piece.
        found.append(partial.slope(env) if taken and partial.slope is not None else taken)
    if all(partial is None for partial in rule.partials):
        found.append(values.nodes[node])  # a step: constant itself
    return found
