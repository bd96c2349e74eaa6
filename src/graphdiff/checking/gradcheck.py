"""Backpropagation against numerical differentiation that shares no rule with it.

Slopes come from values alone, in extended precision: one-sided differences at two
steps, each extrapolated, with an estimate of their error. So a verdict is pass, fail
or inconclusive and does not hang on a step size; two sides that disagree are a kink.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graphdiff.arithmetic.precise import Precise
from graphdiff.checking.compare import MAGNITUDES, UNIT, rounding
from graphdiff.derivatives.quantities import derivative_graph
from graphdiff.graph import Graph
from graphdiff.sweep import Values, backpropagate, evaluate

DIGITS = 60  # carried; a step is about 1e-15 of the argument, so a difference keeps 45
# A step is this power of ten below the argument, and smaller where that says nothing: a
# function may turn many times within 1e-15 of its argument.
STEPS = (15, 45)


class Side(NamedTuple):
    """A one-sided slope and how far it may be off; None where the function has no value on that side."""

    slope: Any
    error: Any


class Finding(NamedTuple):
    """The verdict on one derivative: pass, fail, kink, edge, jump, undefined or inconclusive."""

    of: str
    wrt: str
    computed: float
    left: Side | None
    right: Side | None
    verdict: str
    message: str
    culprit: str = ""  # the operation whose own partial disagrees, where the verdict is fail


def gradcheck(
    graph: Graph, inputs: Mapping[str, float], of: Iterable[str], wrt: Iterable[str], rtol: float = 1e-6
) -> Iterator[Finding]:
    """Check the derivative of each of `of` by each input in `wrt`, at one point.

    `rtol` is how far backpropagation in floats may be off, relative to the slope or, where
    that cancels, to the contributions of the paths. Raises GraphdiffError without mpmath.
    """
    arithmetics: dict[int, Precise] = {}
    values = evaluate(graph, inputs)
    wrt = list(wrt)
    for output in of:
        slopes = backpropagate(values, output)
        for name in wrt:
            digits = _digits(values, inputs[name])
            for power in STEPS:
                digits += 2 * (power - STEPS[0])
                if digits not in arithmetics:
                    arithmetics[digits] = Precise(digits)
                arithmetic = arithmetics[digits]
                found = _judge(graph, inputs, output, name, slopes[name], arithmetic, values, rtol, power)
                if found.verdict != "inconclusive":
                    break
            yield found


def _digits(values: Values, x: float) -> int:
    """The digits in which a step in x is not lost beside the largest number that occurs."""
    if not x or not math.isfinite(x):
        return DIGITS
    largest = max(abs(v) for v in (*values.nodes, x) if math.isfinite(v))
    beside = math.log10(largest) - math.log10(abs(x))
    return DIGITS + 40 * max(0, math.ceil((beside - 5) / 40))


def _judge(
    graph: Graph, inputs: Mapping[str, float], of: str, wrt: str, computed: float,
    arithmetic: Precise, values: Values, rtol: float, power: int,
) -> Finding:  # fmt: skip
    mpf = arithmetic.mp.mpf
    point = {name: mpf(value) for name, value in inputs.items()}

    def value(x: Any) -> Any:
        found = evaluate(graph, {**point, wrt: x}, arithmetic)
        node = graph.node(of)
        return found.nodes[node] if arithmetic.is_finite(found.nodes[node]) else None

    def found(verdict: str, message: str) -> Finding:
        culprit = _culprit(values, arithmetic, rtol) if verdict == "fail" else ""
        if verdict == "fail" and not culprit:
            if _kinks(values, of, wrt):
                # Two kinks can cancel, and their conventional slopes need not: no partial is wrong.
                verdict, message = "kink", f"{message}, by a convention at a kink"
            elif not _settled(value, point[wrt], (left, right), computed, arithmetic, power + 10):
                verdict, message = "inconclusive", f"{message}, but it still moves as the step shrinks"
            elif _within_rounding(graph, inputs, of, wrt, computed, (left, right)):
                verdict, message = "inconclusive", f"{message}, which is within rounding error here"
        return Finding(of, wrt, computed, left, right, verdict, message, culprit)

    left: Side | None = None
    right: Side | None = None
    if values.first_undefined([graph.node(of)]) is not None or not math.isfinite(inputs[wrt]):
        return found("undefined", f"{of} has no value here")
    left, right = _sides(value, point[wrt], arithmetic, power)
    if value(point[wrt]) is None or (left is None and right is None):
        return found("undefined", f"{of} has no value here")
    if left is None or right is None:
        side = "right" if left is None else "left"
        one = right if left is None else left
        assert one is not None
        if _grows(one):
            shown = "as computed" if math.isinf(computed) else f"computed {_short(computed)}"
            message = f"at the edge of the domain; the slope on the {side} grows without bound, {shown}"
            return found("edge" if math.isinf(computed) else "inconclusive", message)
        message = f"at the edge of the domain: only the {side} slope, {_short(one.slope)}, exists"
        allowed = rtol * max(abs(one.slope), _paths(values, of, wrt)) + one.error
        if math.isfinite(computed) and abs(mpf(computed) - one.slope) > allowed:
            return found("fail", f"computed {computed!r}; {message}")
        return found("edge", message)
    scale = max(abs(left.slope), abs(right.slope), abs(mpf(computed)) if math.isfinite(computed) else 0)
    if _grows(left) or _grows(right):
        jumps = _jumps(value, point[wrt], arithmetic, power)
        if jumps:
            return found("jump", jumps)
        if not math.isfinite(computed):
            return found("pass", "the slope grows without bound")
        return found("inconclusive", "the slope grows without bound as the step shrinks")
    apart = abs(left.slope - right.slope)
    allowed = rtol * max(scale, _paths(values, of, wrt))
    if apart > 10 * (left.error + right.error) and apart > mpf(10) ** -12 * scale:
        message = f"kink, slopes {_short(left.slope)} and {_short(right.slope, signed=True)}"
        low, high = sorted((left.slope, right.slope))
        if not math.isfinite(computed) or not low - allowed <= computed <= high + allowed:
            return found("fail", f"computed {computed!r}, which is not between the slopes: {message}")
        return found("kink", message)
    slope, error = (left.slope + right.slope) / 2, max(left.error, right.error)
    if not math.isfinite(computed):
        beyond = abs(slope) > sys.float_info.max and computed == math.copysign(math.inf, slope)
        return found("pass" if beyond else "fail", f"computed {computed}, the slope is {_short(slope)}")
    difference = abs(mpf(computed) - slope)
    if abs(slope) < sys.float_info.min and abs(computed) < sys.float_info.min:
        return found("pass", f"slope {_short(slope)}")  # below what floats tell apart
    allowed = rtol * max(abs(slope), _paths(values, of, wrt))
    if error > allowed and error > mpf(10) ** -30:
        return found("inconclusive", f"the slope is {_short(slope)}, known only to {_short(error)}")
    if difference <= allowed + error:
        return found("pass", f"slope {_short(slope)}")
    return found("fail", f"computed {computed!r}, but the slope is {_short(slope)}")


def _sides(value: Any, x: Any, arithmetic: Precise, power: int) -> tuple[Side | None, Side | None]:
    """The slopes on the left and on the right of x, with steps of 10^-power of x."""
    mpf = arithmetic.mp.mpf
    here = value(x)
    sides: list[Side | None] = []
    for sign in (-1, 1):
        step = mpf(10) ** -power * (abs(x) if x else 1)
        found = []
        for part in (1, mpf(1) / 2, mpf(1) / 4):
            there = value(x + sign * step * part)
            if there is None or here is None:
                break
            found.append((there - here) / (sign * step * part))
        if len(found) < 3:
            sides.append(None)
            continue
        first, second = 2 * found[1] - found[0], 2 * found[2] - found[1]  # Richardson: order h drops out
        sides.append(Side(second, abs(second - first) + mpf(10) ** -30 * abs(second)))
    return sides[0], sides[1]


def _settled(
    value: Any, x: Any, sides: tuple[Side | None, Side | None], computed: float, arithmetic: Precise,
    power: int,
) -> bool:  # fmt: skip
    """Whether slopes stay as they are when the step shrinks much further; those of x^1.1 at 0 do not."""
    nothing = abs(computed) * 1e-12 if math.isfinite(computed) else 0.0
    for a, b in zip(sides, _sides(value, x, arithmetic, power), strict=True):
        if a is None or b is None:
            if a is not b:
                return False
        elif abs(a.slope - b.slope) > max(abs(a.slope) / 100, nothing):
            return False
    return True


def _grows(side: Side) -> bool:
    """Whether a slope still grows as the step shrinks, as a square root's does at 0."""
    return bool(side.error > abs(side.slope) / 10 and abs(side.slope) > 1e3)


def _jumps(value: Any, x: Any, arithmetic: Precise, power: int) -> str:
    """What to say where the value jumps at x, as floor does at an integer; "" where it does not.

    A jump keeps its height however small the step; a slope without bound loses it.
    """
    mpf, here = arithmetic.mp.mpf, value(x)
    said = []
    for side, sign in (("left", -1), ("right", 1)):
        steps = [mpf(10) ** -power * (abs(x) if x else 1) for power in (power, power + 20)]
        there = [value(x + sign * step) for step in steps]
        if here is None or any(v is None for v in there):
            continue
        heights = [v - here for v in there]
        if heights[1] and abs(heights[0] - heights[1]) <= abs(heights[1]) / 1000:
            said.append(f"{_short(heights[1], signed=True)} on the {side}")
    return f"jumps by {' and '.join(said)}" if said else ""


def _within_rounding(
    graph: Graph, inputs: Mapping[str, float], of: str, wrt: str, computed: float,
    sides: tuple[Side | None, Side | None],
) -> bool:  # fmt: skip
    """Whether the difference of a derivative from its slope is what rounding makes of this formula."""
    if not math.isfinite(computed):
        return False
    bound = rounding(*derivative_graph(graph, of, wrt), inputs)
    bound += UNIT * backpropagate(evaluate(graph, inputs, MAGNITUDES), of)[wrt]
    return all(side is None or abs(computed - side.slope) <= 4.0 * bound for side in sides)


def _kinks(values: Values, of: str, wrt: str) -> bool:
    """Whether an operation between the two stands at a kink, where its derivative is a convention."""
    graph, arithmetic = values.graph, values.arithmetic
    needed = values.needed([graph.node(of)])
    moved = {graph.node(wrt)}
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        if moved.isdisjoint(arguments):
            continue
        moved.add(node)
        env = (values.nodes[node], *[values.nodes[k] for k in arguments])
        if rule.kinks and needed[node] and arithmetic.kink(rule)(env):
            return True
    return False


def _paths(values: Values, of: str, wrt: str) -> float:
    """The size of what is added up to a derivative: where paths cancel, that is what rounding acts on."""
    graph = values.graph
    slopes = backpropagate(values, of)
    target = graph.node(wrt)
    total = 0.0
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        if target in arguments and node < len(slopes.adjoints) and slopes.adjoints[node] is not None:
            env = (values.nodes[node], *[values.nodes[k] for k in arguments])
            for argument, partial in zip(arguments, values.arithmetic.partials_of[rule], strict=False):
                if argument == target and partial.slope is not None:
                    part = slopes.adjoints[node] * partial.slope(env)
                    total += abs(part) if math.isfinite(part) else 0.0
    return total


def _culprit(values: Values, arithmetic: Precise, rtol: float) -> str:
    """The first operation whose partials, at its own arguments, are not its slopes."""
    graph, mpf = values.graph, arithmetic.mp.mpf
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        given = [mpf(values.nodes[k]) for k in arguments]
        env = (values.nodes[node], *[values.nodes[k] for k in arguments])
        for place, partial in enumerate(values.arithmetic.partials_of[rule]):
            if place >= len(arguments):
                break
            if partial.slope is None or (partial.taken is not None and not partial.taken(env)):
                continue

            def value(x: Any, place: int = place, given: list[Any] = given, rule: Any = rule) -> Any:
                found = arithmetic.value_of[rule](*given[:place], x, *given[place + 1 :])
                return found if arithmetic.is_finite(found) else None

            left, right = _sides(value, given[place], arithmetic, STEPS[0])
            if left is None or right is None:
                continue
            slope = (left.slope + right.slope) / 2
            if max(left.error, right.error) > rtol * abs(slope) / 10:
                continue
            apart = abs(left.slope - right.slope) > 10 * (left.error + right.error)
            if not apart and abs(mpf(partial.slope(env)) - slope) > rtol * max(abs(slope), 1e-300):
                by = "" if len(arguments) == 1 else f" by argument {place + 1}"
                return f"the partial of '{graph.excerpt(node)}'{by}"
    return ""


def _short(value: Any, signed: bool = False) -> str:
    return f"{float(value):{'+' if signed else ''}.6g}"
