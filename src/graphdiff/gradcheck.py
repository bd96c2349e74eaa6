"""Backpropagation against numerical differentiation that shares no rule with it.

Slopes come from values alone, in extended precision: one-sided differences at two
steps, each extrapolated, with an estimate of their error. So a verdict is pass, fail
or inconclusive and does not hang on a step size; two sides that disagree are a kink.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graphdiff.arithmetic.precise import Precise
from graphdiff.graph import Graph
from graphdiff.sweep import Values, backpropagate, evaluate

DIGITS = 60  # carried; a step is about 1e-15 of the argument, so a difference keeps 45


class Side(NamedTuple):
    """A one-sided slope and how far it may be off; None where the function has no value on that side."""

    slope: Any
    error: Any


class Finding(NamedTuple):
    """The verdict on one derivative: pass, fail, kink, edge, undefined or inconclusive."""

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
    arithmetic = Precise(DIGITS)
    values = evaluate(graph, inputs)
    wrt = list(wrt)
    for output in of:
        slopes = backpropagate(values, output)
        for name in wrt:
            yield _judge(graph, inputs, output, name, slopes[name], arithmetic, values, rtol)


def _judge(
    graph: Graph, inputs: Mapping[str, float], of: str, wrt: str, computed: float,
    arithmetic: Precise, values: Values, rtol: float,
) -> Finding:  # fmt: skip
    mpf = arithmetic.mp.mpf
    point = {name: mpf(value) for name, value in inputs.items()}

    def value(x: Any) -> Any:
        found = evaluate(graph, {**point, wrt: x}, arithmetic)
        node = graph.node(of)
        if found.suspects and found.first_undefined([node]) is not None:
            return None
        return found.nodes[node]

    left, right = _sides(value, point[wrt], arithmetic)
    if value(point[wrt]) is None or (left is None and right is None):
        return Finding(of, wrt, computed, left, right, "undefined", f"{of} has no value here")
    if left is None or right is None:
        side = "right" if left is None else "left"
        one = right if left is None else left
        assert one is not None
        if _grows(one) and math.isinf(computed):
            message = f"at the edge of the domain; the slope on the {side} grows without bound, as computed"
        else:
            message = f"at the edge of the domain: only the {side} slope, {_short(one.slope)}, exists"
        return Finding(of, wrt, computed, left, right, "edge", message)
    scale = max(abs(left.slope), abs(right.slope), abs(mpf(computed)) if math.isfinite(computed) else 0)
    if _grows(left) or _grows(right):
        verdict = "pass" if not math.isfinite(computed) else "inconclusive"
        message = "the slope grows without bound" + ("" if verdict == "pass" else " as the step shrinks")
        return Finding(of, wrt, computed, left, right, verdict, message)
    apart = abs(left.slope - right.slope)
    if apart > 10 * (left.error + right.error) and apart > mpf(10) ** -12 * scale:
        message = f"kink, slopes {_short(left.slope)} and {_short(right.slope, signed=True)}"
        return Finding(of, wrt, computed, left, right, "kink", message)
    slope, error = (left.slope + right.slope) / 2, max(left.error, right.error)
    if not math.isfinite(computed):
        culprit = _culprit(values, arithmetic, rtol)
        message = f"computed {computed}, but the slope is {_short(slope)}"
        return Finding(of, wrt, computed, left, right, "fail", message, culprit)
    difference = abs(mpf(computed) - slope)
    allowed = rtol * max(abs(slope), _paths(values, of, wrt))
    if error > allowed and error > mpf(10) ** -30:
        message = f"the slope is {_short(slope)}, known only to {_short(error)}"
        return Finding(of, wrt, computed, left, right, "inconclusive", message)
    if difference <= allowed + error:
        return Finding(of, wrt, computed, left, right, "pass", f"slope {_short(slope)}")
    culprit = _culprit(values, arithmetic, rtol)
    message = f"computed {computed!r}, but the slope is {_short(slope)}"
    return Finding(of, wrt, computed, left, right, "fail", message, culprit)


def _sides(value: Any, x: Any, arithmetic: Precise) -> tuple[Side | None, Side | None]:
    """The slopes on the left and on the right of x."""
    mpf = arithmetic.mp.mpf
    here = value(x)
    sides: list[Side | None] = []
    for sign in (-1, 1):
        step = mpf(10) ** -15 * (abs(x) if x else 1)
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


def _grows(side: Side) -> bool:
    """Whether a slope still grows as the step shrinks, as a square root's does at 0."""
    return bool(side.error > abs(side.slope) / 10 and abs(side.slope) > 1e3)


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

            left, right = _sides(value, given[place], arithmetic)
            if left is None or right is None:
                continue
            slope = (left.slope + right.slope) / 2
            apart = abs(left.slope - right.slope) > 10 * (left.error + right.error)
            if not apart and abs(mpf(partial.slope(env)) - slope) > rtol * max(abs(slope), 1e-300):
                by = "" if len(arguments) == 1 else f" by argument {place + 1}"
                return f"the partial of '{graph.excerpt(node)}'{by}"
    return ""


def _short(value: Any, signed: bool = False) -> str:
    return f"{float(value):{'+' if signed else ''}.6g}"
