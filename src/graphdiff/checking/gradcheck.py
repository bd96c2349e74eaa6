"""Backpropagation against numerical differentiation that shares no rule with it.

Slopes come from values alone, in extended precision: one-sided differences at three
steps, extrapolated, with an estimate of their error. So a verdict does not depend on a
step size; two sides that disagree are a kink.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from graphdiff.arithmetic.precise import Precise
from graphdiff.checking.rounding import SLACK, RoundingBound
from graphdiff.checking.slopes import Curve, Side, Sides, short
from graphdiff.derivatives.quantities import Quantity
from graphdiff.graph import Graph
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.values import Values

DIGITS = 60  # carried; a step is about 1e-15 of the argument, so a difference keeps 45
# A step is this power of ten below the argument; smaller if the verdict is inconclusive,
# since a function may turn many times within 1e-15 of its argument.
STEPS = (15, 45)


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
    arithmetics: dict[int, Precise] = {}
    values = evaluate(graph, inputs)
    wrt = list(wrt)
    for output in of:
        slopes = backpropagate(values, output)
        for name in wrt:
            yield _finding(Computed(values, output, name, slopes[name]), rtol, arithmetics)


def _finding(derivative: Computed, rtol: float, arithmetics: dict[int, Precise]) -> Finding:
    """The verdict with the first of the steps that is conclusive."""
    digits = _digits(derivative.values, derivative.x)
    for power in STEPS:
        digits += 2 * (power - STEPS[0])
        if digits not in arithmetics:
            arithmetics[digits] = Precise(digits)
        found = Examination(derivative, rtol, arithmetics[digits], power).finding()
        if found.verdict != "inconclusive":
            break
    return found


def _digits(values: Values, x: float) -> int:
    """The digits in which a step in x is not lost beside the largest number that occurs."""
    if not x or not math.isfinite(x):
        return DIGITS
    largest = max(abs(v) for v in (*values.nodes, x) if math.isfinite(v))
    beside = math.log10(largest) - math.log10(abs(x))
    return DIGITS + 40 * max(0, math.ceil((beside - 5) / 40))


class Computed(NamedTuple):
    """A derivative as backpropagation computed it from these values."""

    values: Values
    of: str
    wrt: str
    number: float

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
        values, graph = self.values, self.values.graph
        slopes = backpropagate(values, self.of)
        target = graph.node(self.wrt)
        total = 0.0
        for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
            if target in arguments and node < len(slopes.adjoints) and slopes.adjoints[node] is not None:
                env = values.env(node)
                for argument, partial in zip(arguments, values.arithmetic.partials_of[rule], strict=False):
                    if argument == target and partial.slope is not None:
                        part = slopes.adjoints[node] * partial.slope(env)
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
        cases = (self._undefined, self._edge, self._unbounded, self._kink, self._infinite, self._smooth)
        verdict, message = next(found for case in cases if (found := case()) is not None)
        culprit = ""
        if verdict == "fail":
            culprit = _culprit(self.derivative.values, self.arithmetic, self.rtol)
            if not culprit:
                verdict, message = self._without_culprit(message)
        of, wrt = self.derivative.of, self.derivative.wrt
        return Finding(of, wrt, self.computed, self.left, self.right, verdict, message, culprit)

    @cached_property
    def curve(self) -> Curve:
        """The program's value along the one input."""
        derivative, mpf = self.derivative, self.arithmetic.mp.mpf
        graph = derivative.values.graph
        point = {name: mpf(value) for name, value in derivative.inputs.items()}
        node = graph.node(derivative.of)

        def value(x: Any) -> Any:
            found = evaluate(graph, {**point, derivative.wrt: x}, self.arithmetic).nodes[node]
            return found if self.arithmetic.is_finite(found) else None

        return Curve(value, point[derivative.wrt], self.arithmetic)

    @cached_property
    def paths(self) -> float:
        return self.derivative.size_of_paths()

    def _apart(self, slope: Any) -> Any:
        return abs(self.arithmetic.mp.mpf(self.computed) - slope)

    def _undefined(self) -> Judgement | None:
        undefined = "undefined", f"{self.derivative.of} has no value here"
        if not self.derivative.has_value() or not math.isfinite(self.derivative.x):
            return undefined
        self.left, self.right = self.curve.sides(self.power)
        no_sides = self.left is None and self.right is None
        return undefined if no_sides or self.curve.value(self.curve.x) is None else None

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
        if math.isfinite(self.computed) and self._apart(one.slope) > allowed:
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
        if not math.isfinite(self.computed):
            return "pass", "the slope grows without bound"
        return "inconclusive", "the slope grows without bound as the step shrinks"

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
        beyond = abs(slope) > sys.float_info.max and self.computed == math.copysign(math.inf, slope)
        return "pass" if beyond else "fail", f"computed {self.computed}, the slope is {short(slope)}"

    def _smooth(self) -> Judgement:
        slope, error = self._slope
        if abs(slope) < sys.float_info.min and abs(self.computed) < sys.float_info.min:
            return "pass", f"slope {short(slope)}"  # below what floats can distinguish
        allowed = self.rtol * max(abs(slope), self.paths)
        if error > allowed and error > self.arithmetic.mp.mpf(10) ** -30:
            return "inconclusive", f"the slope is {short(slope)}, known only to {short(error)}"
        if self._apart(slope) <= allowed + error:
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


def _culprit(values: Values, arithmetic: Precise, rtol: float) -> str:
    """The first operation with a partial that is not its slope at its own arguments; "" if there is none."""
    graph, mpf = values.graph, arithmetic.mp.mpf
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        given = [mpf(values.nodes[k]) for k in arguments]
        env = values.env(node)
        for index, partial in zip(range(len(arguments)), values.arithmetic.partials_of[rule], strict=False):
            if partial.slope is None or (partial.taken is not None and not partial.taken(env)):
                continue

            def value(x: Any, index: int = index, given: list[Any] = given, rule: Any = rule) -> Any:
                found = arithmetic.value_of[rule](*given[:index], x, *given[index + 1 :])
                return found if arithmetic.is_finite(found) else None

            if _contradicts(Curve(value, given[index], arithmetic), mpf(partial.slope(env)), rtol):
                by = "" if len(arguments) == 1 else f" by argument {index + 1}"
                return f"the partial of '{graph.excerpt(node)}'{by}"
    return ""


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
    return bool(abs(partial - slope) > rtol * max(abs(slope), 1e-300))
