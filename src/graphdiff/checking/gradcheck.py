"""Backpropagation against numerical differentiation that shares no rule with it.

Slopes come from values alone, in extended precision: one-sided differences at three
steps, extrapolated, with an estimate of their error. So a verdict does not depend on a
step size; two sides that disagree are a kink. Of many inputs, those that pass are sorted
out first, many at once (`together`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from graphdiff.arithmetic.precise import Precise, of_digits
from graphdiff.checking.rounding import SLACK, RoundingBound
from graphdiff.checking.slopes import Curve, Side, Sides, short
from graphdiff.checking.together import LEAST, Nearby, digits_of, passing
from graphdiff.derivatives.quantities import Quantity
from graphdiff.graph import Graph
from graphdiff.rules import Rule
from graphdiff.sweep import Derivatives, backpropagate, evaluate
from graphdiff.values import Values

# A step is this power of ten below the argument; smaller if the verdict is inconclusive,
# since a function may turn many times within 1e-15 of its argument.
STEPS = (15, 45)
SMALLEST = sys.float_info.min  # below it binary64 loses digits


class Finding(NamedTuple):
    """The verdict on one derivative: pass, fail, kink, edge, jump, undefined or inconclusive."""

    of: str
    wrt: str
    computed: float
    left: Side | None
    right: Side | None
    verdict: str
    message: str
    culprit: str = ""  # the operation whose own partial disagrees, if the verdict is fail


def gradcheck(
    graph: Graph, inputs: Mapping[str, float], of: Iterable[str], wrt: Iterable[str], rtol: float = 1e-6
) -> Iterator[Finding]:
    """Check the derivative of each of `of` by each input in `wrt`, at one point.

    `rtol` is how far backpropagation in floats may be off, relative to the slope or, if
    that cancels, to the contributions of the paths. Raises GraphdiffError without mpmath.
    """
    values = evaluate(graph, inputs)
    nearby, wrt = Nearby(values), list(wrt)
    for output in of:
        slopes = backpropagate(values, output)
        passed = passing(nearby, slopes, wrt, rtol) if len(wrt) >= LEAST else set()
        for name in wrt:
            derivative = Computed(nearby, slopes, name)
            if name in passed:
                message = f"slope {short(derivative.number)}"
                yield Finding(output, name, derivative.number, None, None, "pass", message)
            else:
                yield _finding(derivative, rtol)


def _finding(derivative: Computed, rtol: float) -> Finding:
    """The verdict with the first of the steps that is conclusive."""
    digits = digits_of(derivative.values.nodes, [(derivative.x, derivative.number)])
    for power in STEPS:
        digits += 2 * (power - STEPS[0])
        found = Examination(derivative, rtol, of_digits(digits), power).finding()
        if found.verdict != "inconclusive":
            break
    return found


class Computed(NamedTuple):
    """A derivative as backpropagation computed it from these values."""

    nearby: Nearby
    slopes: Derivatives
    wrt: str

    @property
    def values(self) -> Values:
        return self.nearby.floats

    @property
    def of(self) -> str:
        return self.slopes.of

    @property
    def number(self) -> float:
        number: float = self.slopes[self.wrt]
        return number

    @property
    def inputs(self) -> dict[str, float]:
        return dict(zip(self.values.graph.inputs, self.values.nodes, strict=False))

    @property
    def x(self) -> float:
        """The value of the input by which it was differentiated."""
        return self.inputs[self.wrt]

    def has_value(self) -> bool:
        return self.values.first_undefined([self.values.graph.node(self.of)]) is None

    def size_of_paths(self) -> float:
        """The size of the terms that add up to the derivative: where they cancel, rounding acts on these."""
        slopes, point, graph = self.slopes, self.slopes.point, self.values.graph
        arithmetic = point.arithmetic
        target = graph.node(self.wrt)
        total = 0.0
        for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
            if target in arguments and node < len(slopes.adjoints) and slopes.adjoints[node] is not None:
                env = point.env(node)
                for argument, partial in zip(arguments, arithmetic.partials_of[rule], strict=False):
                    if argument == target and partial.slope is not None:
                        part = arithmetic.rounded(arithmetic.times(slopes.adjoints[node], partial.slope(env)))
                        total += abs(part) if math.isfinite(part) else 0.0
        return total

    def passes_a_kink(self) -> bool:
        """Whether an operation between the two is at a kink, where its derivative is a convention."""
        values, graph = self.values, self.values.graph
        needed = values.needed([graph.node(self.of)])
        moved = {graph.node(self.wrt)}
        for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
            if moved.isdisjoint(arguments):
                continue
            moved.add(node)
            env = values.env(node)
            if rule.kinks and needed[node] and values.arithmetic.kink(rule)(env):
                return True
        return False

    def is_within_rounding_of(self, sides: Sides) -> bool:
        """Whether rounding in the formula explains how far the derivative is from the slopes."""
        if not math.isfinite(self.number):
            return False
        bound = RoundingBound(self.values.graph, Quantity(self.of, (self.wrt,))).at(self.inputs, self.number)
        return all(side is None or abs(self.number - side.slope) <= SLACK * bound for side in sides)


# A verdict and why.
Judgement = tuple[str, str]


class Examination:
    """A computed derivative compared with slopes by steps of 10^-power of the input.

    The cases are tried in turn; each says nothing (None) of a derivative that it is not about.
    """

    def __init__(self, derivative: Computed, rtol: float, arithmetic: Precise, power: int) -> None:
        self.derivative = derivative
        self.computed = derivative.number
        self.rtol = rtol
        self.arithmetic = arithmetic
        self.power = power
        self.left: Side | None = None
        self.right: Side | None = None

    def finding(self) -> Finding:
        cases = (self._undefined, self._no_number, self._edge, self._unbounded, self._kink, self._infinite,
                 self._smooth)  # fmt: skip
        verdict, message = next(found for case in cases if (found := case()) is not None)
        culprit = ""
        if verdict == "fail":
            culprit = _culprit(self.derivative.values, self.rtol)
            if not culprit:
                verdict, message = self._without_culprit(message)
        of, wrt = self.derivative.of, self.derivative.wrt
        return Finding(of, wrt, self.computed, self.left, self.right, verdict, message, culprit)

    @cached_property
    def curve(self) -> Curve:
        """The program's value along the one input."""
        derivative, digits = self.derivative, self.arithmetic.digits
        order = derivative.nearby.moving([derivative.wrt], derivative.of)

        def value(x: Any) -> Any:
            return derivative.nearby.value(derivative.of, {derivative.wrt: x}, order, digits)

        return Curve(value, self.arithmetic.mp.mpf(derivative.x), self.arithmetic)

    @cached_property
    def paths(self) -> float:
        return self.derivative.size_of_paths()

    def _is_near(self, slope: Any, allowed: Any) -> bool:
        """Whether the computed derivative is the slope, as far as binary64 can hold it."""
        if math.isinf(self.computed):
            return bool(abs(slope) > sys.float_info.max and (slope > 0) == (self.computed > 0))
        return bool(abs(self.arithmetic.mp.mpf(self.computed) - slope) <= allowed + SMALLEST)

    @cached_property
    def _nothing(self) -> Any:
        """A slope beside which that of a step ten orders of magnitude wider is nothing: what is left of 0."""
        wider = [side for side in self.curve.sides(self.power - 10) if side is not None]
        return max((abs(side.slope) for side in wider), default=0) * self.arithmetic.mp.mpf(10) ** -9

    def _undefined(self) -> Judgement | None:
        undefined = "undefined", f"{self.derivative.of} has no value here"
        if not self.derivative.has_value() or not math.isfinite(self.derivative.x):
            return undefined
        self.left, self.right = self.curve.sides(self.power)
        no_sides = self.left is None and self.right is None
        return undefined if no_sides or self.curve.value(self.curve.x) is None else None

    def _no_number(self) -> Judgement | None:
        """Backpropagation gave NaN: no pass, and the fault of a rule only if one of the partials is wrong."""
        if not math.isnan(self.computed):
            return None
        sides = [("left", self.left), ("right", self.right)]
        slopes = [f"{short(side.slope)} on the {name}" for name, side in sides if side is not None]
        message = f"computed NaN; the slope is {' and '.join(slopes)}"
        if _culprit(self.derivative.values, self.rtol):
            return "fail", message
        return "inconclusive", f"{message}: an infinite partial meets 0 on the way"

    def _edge(self) -> Judgement | None:
        if self.left is not None and self.right is not None:
            return None
        side, one = ("right", self.right) if self.left is None else ("left", self.left)
        assert one is not None
        if one.grows:
            infinite = math.isinf(self.computed)
            shown = "as computed" if infinite else f"computed {short(self.computed)}"
            message = f"at the edge of the domain; the slope on the {side} grows without bound, {shown}"
            return "edge" if infinite else "inconclusive", message
        message = f"at the edge of the domain: only the {side} slope, {short(one.slope)}, exists"
        allowed = self.rtol * max(abs(one.slope), self.paths) + one.error
        if one.error > max(abs(one.slope), self.paths) / 1000 and one.error > self._nothing:
            return "inconclusive", f"{message}, known only to {short(one.error)}"
        if not self._is_near(one.slope, allowed):
            return "fail", f"computed {self.computed!r}; {message}"
        return "edge", message

    # From here on there are slopes on both sides.

    @property
    def _both(self) -> tuple[Side, Side]:
        assert self.left is not None
        assert self.right is not None
        return self.left, self.right

    def _unbounded(self) -> Judgement | None:
        left, right = self._both
        if not left.grows and not right.grows:
            return None
        jumps = self.curve.jumps(self.power)
        if jumps:
            return "jump", jumps
        if math.isinf(self.computed) and self._is_steep(left, right):
            return "pass", "the slope grows without bound"
        return "inconclusive", "the slope grows without bound as the step shrinks"

    def _is_steep(self, left: Side, right: Side) -> bool:
        """Whether the curve is continuous here and as steep as computed: its height over a step goes to 0.

        That of a wave does not which turns many times within the step.
        """
        nearer = self.curve.sides(self.power + 20)
        return all(
            near is not None and abs(near.slope) < abs(side.slope) * 10**18
            and (not side.grows or (side.slope > 0) == (self.computed > 0))
            for side, near in zip((left, right), nearer, strict=True)
        )  # fmt: skip

    def _kink(self) -> Judgement | None:
        left, right = self._both
        apart = abs(left.slope - right.slope)
        finite = abs(self.arithmetic.mp.mpf(self.computed)) if math.isfinite(self.computed) else 0
        scale = max(abs(left.slope), abs(right.slope), finite)
        if apart <= 10 * (left.error + right.error) or apart <= self.arithmetic.mp.mpf(10) ** -12 * scale:
            return None
        message = f"kink, slopes {short(left.slope)} and {short(right.slope, signed=True)}"
        allowed = self.rtol * max(scale, self.paths)
        low, high = sorted((left.slope, right.slope))
        if not math.isfinite(self.computed) or not low - allowed <= self.computed <= high + allowed:
            return "fail", f"computed {self.computed!r}, which is not between the slopes: {message}"
        return "kink", message

    @property
    def _slope(self) -> Side:
        left, right = self._both
        return Side((left.slope + right.slope) / 2, max(left.error, right.error))

    def _infinite(self) -> Judgement | None:
        if math.isfinite(self.computed):
            return None
        slope = self._slope.slope
        verdict = "pass" if self._is_near(slope, 0) else "fail"
        return verdict, f"computed {self.computed}, the slope is {short(slope)}"

    def _smooth(self) -> Judgement:
        slope, error = self._slope
        allowed = self.rtol * max(abs(slope), self.paths)
        if error > max(allowed, SMALLEST):
            vanishes = self.computed == 0.0 and max(abs(slope), error) <= self._nothing
            if vanishes and self.power == STEPS[-1]:
                return "pass", "slope 0"
            return "inconclusive", f"the slope is {short(slope)}, known only to {short(error)}"
        if self._is_near(slope, allowed + error):
            return "pass", f"slope {short(slope)}"
        return "fail", f"computed {self.computed!r}, but the slope is {short(slope)}"

    def _without_culprit(self, message: str) -> Judgement:
        """A disagreement though every partial is right at its own arguments."""
        sides = (self.left, self.right)
        if self.derivative.passes_a_kink():
            # Two kinks can cancel, and their conventional slopes need not: no partial is wrong.
            return "kink", f"{message}, by a convention at a kink"
        nothing = abs(self.computed) * 1e-12 if math.isfinite(self.computed) else 0.0
        if not self.curve.keeps(sides, self.power + 10, nothing):
            return "inconclusive", f"{message}, but it still moves as the step shrinks"
        if self.derivative.is_within_rounding_of(sides):
            return "inconclusive", f"{message}, which is within rounding error here"
        return "fail", message


def _culprit(values: Values, rtol: float) -> str:
    """The first operation with a partial that is not its slope at its own arguments; "" if there is none."""
    graph = values.graph
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        env = values.env(node)
        for index, partial in zip(range(len(arguments)), values.arithmetic.partials_of[rule], strict=False):
            if partial.slope is None or (partial.taken is not None and not partial.taken(env)):
                continue
            slope = partial.slope(env)
            arithmetic = of_digits(digits_of(env, [(env[1 + index], slope)]))
            given = list(map(arithmetic.mp.mpf, env[1:]))

            curve = Curve(_along(arithmetic, rule, given, index), given[index], arithmetic)
            if _contradicts(curve, arithmetic.mp.mpf(slope), rtol):
                by = "" if len(arguments) == 1 else f" by argument {index + 1}"
                return f"the partial of '{graph.excerpt(node)}'{by}"
    return ""


def _along(arithmetic: Precise, rule: Rule, given: list[Any], index: int) -> Callable[[Any], Any]:
    """An operation as a function of one of its arguments; None where it has no value."""

    def value(x: Any) -> Any:
        found = arithmetic.value_of[rule](*given[:index], x, *given[index + 1 :])
        return found if arithmetic.is_finite(found) else None

    return value


def _contradicts(curve: Curve, partial: Any, rtol: float) -> bool:
    """Whether a curve has one slope at its point, known well enough, and it is not this partial."""
    left, right = curve.sides(STEPS[0])
    if left is None or right is None:
        return False
    slope = (left.slope + right.slope) / 2
    if max(left.error, right.error) > rtol * abs(slope) / 10:
        return False
    if abs(left.slope - right.slope) > 10 * (left.error + right.error):
        return False
    if not abs(partial) < math.inf:  # infinite, or NaN
        return bool(abs(slope) < sys.float_info.max)
    return bool(abs(partial - slope) > max(rtol * abs(slope), SMALLEST))
