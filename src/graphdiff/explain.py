"""What there is to say about a program at one point: each step of both sweeps, in their order.

The steps are between named nodes. The numbers are those of the sweeps, and so are the
formulas of the partials: `arithmetic.traced` carries both through one sweep.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import inf, log10
from typing import Any, NamedTuple

from graphdiff.arithmetic.traced import Traces
from graphdiff.diagnostics import Diagnostic, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.notices import notices
from graphdiff.rules import AND, BY_NAME, WHERE, Rule
from graphdiff.sweep import Derivatives, Values, derivatives, sweep
from graphdiff.tape import Tape
from graphdiff.undisturbed import undisturbed

OR = BY_NAME["or"]
# With more names than this a partial is never called a derivative: to find out whether
# there is no other path takes memory that grows with their square.
MOST_NAMES = 20_000
# Rounding errors that a difference of two values may well have, in units of the larger one.
ROUNDING = 16 * sys.float_info.epsilon


class Edge(NamedTuple):
    """The partial of a definition by a name in its formula, as a number and as a formula.

    node: the formula on the tape of the explanation. total: whether there is no other path
    between the two, so that the partial is the derivative.
    """

    of: str
    wrt: str
    value: Any
    node: int
    total: bool = True


class Derivative(NamedTuple):
    """One step of the backward pass: d(of)/d(wrt) is `value`, a sum over edges.

    terms: for each edge into a user of `wrt` the derivative by that user, and the edge.
    exact: whether the numbers of the terms, multiplied and added, do give the value.
    """

    of: str
    wrt: str
    terms: list[tuple[Any, Edge]]
    value: Any
    exact: bool


class Pass(NamedTuple):
    """The backward pass from one output, and the names that do not contribute.

    silent: for each reason (ABSENT, NOT_TAKEN, FLAT) the names.
    """

    of: str
    steps: list[Derivative]
    silent: dict[str, list[str]]


# Why a derivative is 0 by structure: no path, none through the branches taken, steps and
# the like on the way.
ABSENT, NOT_TAKEN, FLAT = "absent", "not taken", "flat"


class Outcome(NamedTuple):
    """How far a bump has moved one output, and what the derivative had predicted.

    rest: what the prediction misses, None where that is no more than rounding. crossed:
    the first operation at whose kink or edge the prediction ends. curvature: the second
    derivative, None where the rest needs none; second: what it explains of the rest, and
    higher: what it leaves, None where that is no more than rounding.
    """

    of: str
    moved: Any
    slope: Any  # None where the derivative is 0 by structure
    predicted: Any
    rest: Any
    crossed: int | None
    curvature: Any
    second: Any
    higher: Any


class Bump(NamedTuple):
    """How a change of one value travels: for each name on the way its value before and after."""

    name: str
    by: Any
    path: list[tuple[str, Any, Any]]
    outcomes: list[Outcome]


class Explanation(NamedTuple):
    """The steps at one point. definitions: those explained, left to right; given: what they use besides."""

    values: Values
    tape: Tape
    names: dict[int, str]  # of the tape's nodes
    given: list[str]
    definitions: list[str]
    edges: list[Edge]
    passes: list[Pass]
    bumps: list[Bump]
    notices: list[Diagnostic]


@undisturbed
def explain(
    values: Values, outputs: Iterable[str] = (), only: Iterable[str] = (),
    bumps: Iterable[tuple[str, Any]] = (),
) -> Explanation:  # fmt: skip
    """Explain the values of `outputs` (default: all) and their derivatives, or one path alone.

    With `only`, what lies between these names and the outputs. `bumps` are names and how
    far to move each. Raises UndefinedOperation where an output, or a bumped one, has no
    value, and UnknownName for a name that the program does not have.
    """
    graph = values.graph
    outputs = list(outputs) or list(graph.outputs)
    only = list(only)
    slopes = derivatives(values, outputs)
    uses = _uses(graph)
    needed = values.needed(map(graph.node, outputs))
    between = _above(uses, only) if only else None
    shown = [
        name for name in graph.definitions
        if needed[graph.names[name]] and (between is None or name in between)
    ]  # fmt: skip
    tape = Tape()
    names: dict[int, str] = {}
    edges = _edges(values, shown, tape, names)
    if between is not None:
        edges = {of: [e for e in found if e.wrt in between] for of, found in edges.items()}
    passes = [_pass(slopes[of], edges, uses, between, only) for of in outputs]
    explained = {step.wrt for back in passes for step in back.steps}
    contributing = {of: found for of, found in edges.items() if of in explained or of in outputs}
    used = {name for of in shown for name in uses[of]}.difference(shown)
    inputs = set() if only else set(graph.inputs)
    given = [name for name, node in graph.names.items() if name in inputs or (name in used and needed[node])]
    return Explanation(
        values,
        tape,
        names,
        given,
        shown,
        [edge for of in shown for edge in contributing.get(of, ())],
        passes,
        [_bump(values, slopes, name, by, uses, between) for name, by in bumps],
        notices(values, slopes, (), only or list(graph.names)),
    )


def _uses(graph: Graph) -> dict[str, list[str]]:
    """For each definition the names in its formula, in tape order."""
    named, first = graph.name_of, graph.first_operation
    found = {}
    for name in graph.definitions:
        arguments = {k for i in graph.below(graph.names[name]) for k in graph.operations[i - first][1]}
        found[name] = [named[k] for k in sorted(arguments) if k in named]
    return found


def _above(uses: Mapping[str, list[str]], names: Iterable[str]) -> set[str]:
    """These names and the definitions that depend on them."""
    found = set(names)
    for name, arguments in uses.items():  # tape order: arguments first
        if not found.isdisjoint(arguments):
            found.add(name)
    return found


def _below(uses: Mapping[str, list[str]], name: str) -> set[str]:
    """A name and those that it depends on."""
    found = {name}
    pending = [name]
    while pending:
        for argument in uses.get(pending.pop(), ()):
            if argument not in found:
                found.add(argument)
                pending.append(argument)
    return found


def _edges(
    values: Values, definitions: list[str], tape: Tape, names: dict[int, str]
) -> dict[str, list[Edge]]:
    """The edges of each definition, by one sweep over its own formula; those that contribute.

    `names` becomes the names of the tape's nodes that have one.
    """
    graph = values.graph
    first, named = graph.first_operation, graph.name_of
    traces = Traces(values.arithmetic, tape)
    nodes: list[Any] = [None] * len(graph)
    for node, text in enumerate(graph.constants, len(graph.inputs)):
        nodes[node] = traces.constant(text)
    for name, node in graph.names.items():
        nodes[node] = (values.nodes[node], tape.input(name))
        names[nodes[node][1]] = name
    traced = Values(graph, nodes, traces)
    found: dict[str, list[Edge]] = {}
    depends: dict[str, int] = {}  # a bit for each name
    bit = {name: 1 << k for k, name in enumerate(graph.names)} if len(graph.names) <= MOST_NAMES else {}
    for name in definitions:
        node = graph.names[name]
        below = graph.below(node)
        for i in reversed(below[1:]):
            rule, arguments = graph.operations[i - first]
            taken = chosen(rule, arguments, values)
            formula = (
                tape.apply(rule, *[nodes[k][1] for k in arguments]) if taken is None else nodes[taken][1]
            )
            nodes[i] = (values.nodes[i], formula)
        adjoints: dict[int, Any] = defaultdict(lambda: None, {node: traces.seed})
        sweep(traced, adjoints, below)
        reached = sorted(k for k, adjoint in adjoints.items() if k in named and k != node and adjoint)
        edges = [Edge(name, named[k], *adjoints[k]) for k in reached]
        if len(edges) > 1:
            if bit:
                behind = [depends.get(e.wrt, 0) for e in edges]
                edges = [e._replace(total=not any(bits & bit[e.wrt] for bits in behind)) for e in edges]
            else:
                edges = [e._replace(total=False) for e in edges]
        for e in edges if bit else ():
            depends[name] = depends.get(name, 0) | bit[e.wrt] | depends.get(e.wrt, 0)
        found[name] = edges
    return found


def chosen(rule: Rule, arguments: tuple[int, ...], values: Values) -> int | None:
    """The argument that a choice has taken: of `and` and `or` the first, where that decides."""
    if rule is WHERE:
        return arguments[1 if values.nodes[arguments[0]] else 2]
    if rule is AND or rule is OR:
        return arguments[0] if bool(values.nodes[arguments[0]]) == (rule is OR) else None
    return None


def _pass(
    slopes: Derivatives, edges: Mapping[str, list[Edge]], uses: Mapping[str, list[str]],
    between: set[str] | None, only: list[str],
) -> Pass:  # fmt: skip
    """The backward pass from one output: each derivative once all that it is made of is known."""
    values, of = slopes.point, slopes.of
    graph = values.graph

    def contributes(name: str) -> bool:
        node = graph.names[name]
        return node < len(slopes.adjoints) and slopes.adjoints[node] is not None

    users = [name for name in reversed(list(edges)) if contributes(name)]
    missing: dict[str, int] = defaultdict(int)
    for user in users:
        for edge in edges[user]:
            missing[edge.wrt] += 1
    terms: dict[str, list[tuple[Any, Edge]]] = defaultdict(list)
    steps = []
    for user in users:
        for edge in edges[user]:
            terms[edge.wrt].append((slopes[user], edge))
            missing[edge.wrt] -= 1
            if not missing[edge.wrt]:
                steps.append(_step(slopes, edge.wrt, terms[edge.wrt]))
    silent: dict[str, list[str]] = {}
    below, needed = _below(uses, of), values.needed([graph.node(of)])
    for name in graph.names if between is None else only:
        if name == of or contributes(name):
            continue
        if name not in below:
            # Of what another output alone uses, nothing needs to be said.
            if name in graph.inputs or between is not None:
                silent.setdefault(ABSENT, []).append(name)
        else:
            why = FLAT if needed[graph.names[name]] else NOT_TAKEN
            silent.setdefault(why, []).append(name)
    return Pass(of, steps, silent)


def _step(slopes: Derivatives, wrt: str, terms: list[tuple[Any, Edge]]) -> Derivative:
    arithmetic = slopes.point.arithmetic
    value = slopes[wrt]
    parts = [arithmetic.times(adjoint, edge.value) for adjoint, edge in terms]
    total = parts[0]
    for part in parts[1:]:
        total = arithmetic.plus(total, part)
    if arithmetic.is_finite(value) and arithmetic.is_finite(total):
        exact = abs(total - value) <= len(parts) * 1e-12 * sum(map(abs, parts))
    else:
        exact = total == value or (arithmetic.is_nan(total) and arithmetic.is_nan(value))
    return Derivative(slopes.of, wrt, terms, value, exact)


def _bump(
    values: Values, slopes: Mapping[str, Derivatives], name: str, by: Any, uses: Mapping[str, list[str]],
    between: set[str] | None,
) -> Bump:  # fmt: skip
    graph = values.graph
    node = graph.node(name)
    values.refuse_undefined([node])
    before = values.nodes[node]
    after = moved(values, node, before + by)
    outputs = [graph.node(of) for of in slopes]
    try:
        after.refuse_undefined(outputs)
    except UndefinedOperation as error:
        text = values.arithmetic.text
        message = f"with {name} bumped from {text(before)} to {text(before + by)}: {error.diagnostic.message}"
        raise UndefinedOperation(error.diagnostic._replace(message=message)) from None
    on_the_way = _above(uses, [name])
    both = [a and b for a, b in zip(values.needed(outputs), after.needed(outputs), strict=True)]
    path = [
        (other, values.nodes[k], after.nodes[k]) for other, k in graph.names.items()
        if other == name or (other in on_the_way and both[k] and (between is None or other in between))
    ]  # fmt: skip
    return Bump(name, by, path, [_outcome(values, after, slopes[of], name, by) for of in slopes])


def moved(values: Values, moved_node: int, to: Any) -> Values:
    """The values after that of one node, an input or not, has been moved: left to right from there."""
    graph, arithmetic = values.graph, values.arithmetic
    first = graph.first_operation
    nodes = list(values.nodes)
    nodes[moved_node] = to
    for node in range(max(moved_node + 1, first), len(graph)):
        rule, arguments = graph.operations[node - first]
        nodes[node] = arithmetic.value_of[rule](*[nodes[k] for k in arguments])
    return Values(graph, nodes, arithmetic)


def _outcome(values: Values, after: Values, slopes: Derivatives, name: str, by: Any) -> Outcome:
    graph = values.graph
    output, node = graph.node(slopes.of), graph.node(name)
    old, new = values.nodes[output], after.nodes[output]
    adjoint = slopes.adjoints[node] if node < len(slopes.adjoints) else None
    slope = values.arithmetic.settled(adjoint)
    predicted = slope * by
    # The step itself is rounded where the value is large beside it.
    noise = ROUNDING * (abs(old) + abs(new) + abs(slope * values.nodes[node]))
    moved, rest = new - old, new - old - predicted
    outcome = Outcome(slopes.of, _certain(moved, noise), adjoint, predicted, None, None, None, None, None)
    if abs(rest) <= noise:
        return outcome
    outcome = outcome._replace(rest=_certain(rest, noise), crossed=_crossed(values, after, output))
    if outcome.crossed is not None or not values.arithmetic.is_finite(rest):
        return outcome
    curvature = _curvature(values, slopes.of, name)
    second = curvature / 2 * by * by
    higher = rest - second
    small = abs(higher) <= max(noise, abs(rest) * 1e-10)
    higher = None if small else _certain(higher, noise)
    return outcome._replace(curvature=curvature, second=second, higher=higher)


def _certain(difference: Any, noise: Any) -> Any:
    """A difference of two values without the digits that are only rounding errors."""
    if not 0 < noise < abs(difference) < inf:
        return difference
    return float(f"{difference:.{max(1, int(log10(abs(difference) / noise)))}g}")


def _curvature(values: Values, of: str, name: str) -> Any:
    """The second derivative, by a sweep over the derivative program."""
    from graphdiff.second import hessian

    graph, arithmetic = values.graph, values.arithmetic
    inputs = {given: values.nodes[graph.node(given)] for given in graph.inputs}
    return hessian(graph, inputs, of, [name], arithmetic).get((name, name), arithmetic.zero)


def _crossed(values: Values, after: Values, output: int) -> int | None:
    """The first operation that has come to the other side of a kink or an edge."""
    graph = values.graph
    first = graph.first_operation
    needed = values.needed([output])
    for node, (rule, arguments) in enumerate(graph.operations, first):
        if needed[node] and rule.kinks and any(values.nodes[k] != after.nodes[k] for k in arguments):
            sides = [_side(point, node, rule.name) for point in (values, after)]
            if sides[0] != sides[1]:
                return node
    return None


def _side(values: Values, node: int, name: str) -> list[Any]:
    """Where an operation with kinks is: what is the same all along a smooth piece of it."""
    graph, arithmetic = values.graph, values.arithmetic
    rule, arguments = graph.operations[node - graph.first_operation]
    env = (values.nodes[node], *[values.nodes[k] for k in arguments])
    if name == "atan2":  # smooth but for its cut
        return [env[1] >= 0 or env[2] > 0, env[1] == 0 and env[2] <= 0]
    if name == "hypot":  # smooth but at the origin
        return [env[0] == 0]
    found: list[Any] = []
    for _, partial in zip(arguments, arithmetic.partials_of[rule], strict=False):
        taken = partial.taken is None or bool(partial.taken(env))
        # What is left is locally linear: its slopes are constant on each piece.
        found.append(partial.slope(env) if taken and partial.slope is not None else taken)
    if all(partial is None for partial in rule.partials):
        found.append(values.nodes[node])  # a step: constant itself
    return found
