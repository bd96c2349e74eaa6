"""Notices beside an answer: kinks, derivatives that are not finite, names without a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, listing
from graphdiff.graph import Graph
from graphdiff.rules import COPY, Rule
from graphdiff.sweep import Derivatives
from graphdiff.values import Values

# Places shown for one kind of notice; the rest is counted.
MOST_PLACES = 20
MOST_SHOWN = 4  # derivatives in one notice
ABOVE = "beyond the largest binary64 number and shown as an infinity"
BELOW = "below the smallest binary64 number and shown as 0"


def notices(
    values: Values, slopes: Mapping[str, Derivatives], shown: Iterable[str], wrt: Iterable[str]
) -> list[Diagnostic]:
    """The notices about the values named in `shown` and the derivatives by `wrt`.

    Each says which node it is about and where that stands in the program.
    """
    found = [notice for name in values.graph.declared for notice in _of_input(values, name)]
    found += kinks(values, slopes)
    wrt = list(wrt)
    for derivatives in slopes.values():
        found += _infinite(derivatives, wrt)
    if values.graph.derived:
        found += _beyond({name: values.rounded(name) for name in shown}, "")
    if values.suspects:
        found += _undefined(values, slopes, shown)
    return list(dict.fromkeys(found))


def outside(graph: Graph, name: str, ends: Iterable[Any], shown: str) -> Iterator[Diagnostic]:
    """The notice about an input, `shown` in words, of which an end is not within its declared range."""
    declared = graph.declared.get(name)
    if declared is None or declared.low is None or declared.high is None:
        return
    if not all(declared.low <= end <= declared.high for end in ends):
        message = f"{name} = {shown} is outside its declared range{str(declared).partition(' in')[2]}"
        yield Diagnostic("range", message, node=name)


def _of_input(values: Values, name: str) -> Iterator[Diagnostic]:
    value = values.nodes[values.graph.node(name)]
    ends = [value]
    if getattr(value, "ndim", 0):  # a number for each row
        ends = [float(value.min()), float(value.max())] if len(value) else []
    return outside(values.graph, name, ends, "..".join(map(values.arithmetic.text, ends)))


def kinks(values: Values, of: Iterable[str]) -> Iterator[Diagnostic]:
    """The nodes on which these names depend and whose derivative is one choice of several."""
    graph, arithmetic = values.graph, values.arithmetic
    suspects = kinked(graph)
    if not suspects:
        return
    marked = values.needed([graph.node(name) for name in of])
    found = []
    for node in suspects:
        rule, arguments = graph.operation(node)
        moving = [bool(graph.active[k]) for k in arguments] if rule.kinked else ()
        if marked[node] and arithmetic.kink(rule, moving)(values.env(node)):
            found.append(node)
    for node in found[:MOST_PLACES]:
        name = graph.owner_of.get(node, "")
        what = graph.description(node)
        inside = f" in {name}" if name else ""
        if graph.operation(node)[0].truth:
            message = f"{what}{inside} is just at its edge; the derivative is that of the side taken"
        else:
            message = f"{what}{inside} has a kink here; the derivative is one choice of several"
        yield Diagnostic("kink", message, (graph.mark(node),), "", name, graph.source)
    if len(found) > MOST_PLACES:
        yield Diagnostic("kink", f"{len(found) - MOST_PLACES:,} more operations are at a kink or an edge")


def kinked(graph: Graph) -> list[int]:
    """The operations that can have a kink at some point."""
    return [
        node for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation)
        if rule.kinks and any(graph.active[k] for k in arguments) and not _is_no_kink(graph, rule, arguments)
    ]  # fmt: skip


def _is_no_kink(graph: Graph, rule: Rule, arguments: tuple[int, ...]) -> bool:
    """Whether an operation that looks like a kink is not one.

    max(a, a) is a. The derivative of max(a, b) compares a with max(a, b), which are often
    equal; if a equals b, max itself has the kink.
    """
    if len(arguments) < 2 or not (rule.truth or rule.name in ("max", "min")):
        return False
    if len(set(arguments)) == 1:
        return True
    return rule.truth and any(
        one in _extremes(graph, other) for one, other in (arguments[:2], arguments[1::-1])
    )


def _extremes(graph: Graph, node: int) -> tuple[int, ...]:
    """The arguments of a node that is max or min; none for other nodes."""
    while node >= graph.first_operation:
        rule, arguments = graph.operation(node)
        if rule is not COPY:
            return arguments if rule.name in ("max", "min") else ()
        (node,) = arguments
    return ()


def unbounded(arithmetic: Arithmetic, derivatives: Mapping[str, Any], of: str) -> Iterator[Diagnostic]:
    """The notices about second derivatives, or products, without a number; they are given by label."""
    yield from _beyond(derivatives, of)
    bad = _not_finite(arithmetic, derivatives)
    if bad:
        yield Diagnostic("infinite", f"{listing(bad, MOST_SHOWN)}: not finite here", node=of)


def _beyond(derivatives: Mapping[str, Any], of: str) -> Iterator[Diagnostic]:
    """The notices about derivatives that are beyond the range of binary64, with their true size."""
    exact = {label: value.exact for label, value in derivatives.items() if hasattr(value, "exact")}
    large = [f"{label} = {value:.5g}" for label, value in exact.items() if abs(value) > 1.0]
    small = [f"{label} = {value:.5g}" for label, value in exact.items() if abs(value) < 1.0]
    if large:
        yield Diagnostic("infinite", f"{listing(large, MOST_SHOWN)}: {ABOVE}", node=of)
    if small:
        yield Diagnostic("underflow", f"{listing(small, MOST_SHOWN)}: {BELOW}", node=of)


def _not_finite(arithmetic: Arithmetic, derivatives: Mapping[str, Any]) -> list[str]:
    return [
        f"{label} = {arithmetic.text(value)}" for label, value in derivatives.items()
        if not arithmetic.is_finite(value) and not hasattr(value, "exact")
    ]  # fmt: skip


def _infinite(derivatives: Derivatives, wrt: list[str]) -> Iterator[Diagnostic]:
    """The notices about derivatives without a number: the size, or where they stop being finite."""
    values = derivatives.point
    graph, arithmetic = values.graph, values.arithmetic
    labelled = {f"d{derivatives.of}/d{name}": derivatives[name] for name in wrt}
    yield from _beyond(labelled, derivatives.of)
    bad = _not_finite(arithmetic, labelled)
    if not bad:
        return
    shown = listing(bad, MOST_SHOWN)
    node = _first_infinite_slope(derivatives)
    if node is None:
        yield Diagnostic("infinite", f"{shown}: the derivative overflows", node=derivatives.of)
        return
    message = f"{shown}: the slope of {graph.description(node)} is not finite here"
    yield Diagnostic("infinite", message, (graph.mark(node),), "", graph.owner_of.get(node, ""), graph.source)


def _first_infinite_slope(derivatives: Derivatives) -> int | None:
    """The operation at which adjoints stop being finite, on the way from the output to the left."""
    values, adjoints = derivatives.point, derivatives.adjoints
    graph, arithmetic = values.graph, values.arithmetic
    is_finite = arithmetic.is_finite
    for node in range(len(adjoints) - 1, graph.first_operation - 1, -1):
        adjoint = adjoints[node]
        if adjoint is None or not is_finite(adjoint):
            continue
        rule, arguments = graph.operation(node)
        env = values.env(node)
        for argument, partial in zip(arguments, arithmetic.partials_of[rule], strict=False):
            if partial.slope is None or not graph.active[argument]:
                continue
            if partial.taken is not None and not partial.taken(env):
                continue
            if not is_finite(partial.slope(env)) and not is_finite(adjoints[argument]):
                return node
    return None


def _undefined(
    values: Values, slopes: Mapping[str, Derivatives], shown: Iterable[str]
) -> Iterator[Diagnostic]:
    """Names without a value on which no answer depends, grouped by the operation at fault."""
    graph, is_finite = values.graph, values.arithmetic.is_finite
    without = [n for n in shown if n not in slopes and not is_finite(values.nodes[graph.node(n)])]
    if not without:
        return
    faults = values.faults()
    names: dict[int, list[str]] = {}
    for name in without:
        fault = faults[graph.node(name)]
        if fault is not None:
            names.setdefault(fault, []).append(name)
    for fault, those in list(names.items())[:MOST_PLACES]:
        what = values.describe_undefined(fault)
        have = "has" if len(those) == 1 else "have"
        message = f"{listing(those)} {have} no value here: {what.message}"
        yield what._replace(message=message, node=those[0])
    if len(names) > MOST_PLACES:
        count = sum(map(len, list(names.values())[MOST_PLACES:]))
        yield Diagnostic("undefined", f"{count:,} more names have no value here")
