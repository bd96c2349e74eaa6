"""The explanation of a program at one point: each step of both sweeps, in their order.

The steps are between named nodes. The numbers are those of the sweeps, and so are the
formulas of the partials: `explanation.traced` carries both through one sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from graphdiff.derivatives.tape import Tape
from graphdiff.diagnostics import Diagnostic
from graphdiff.explanation.bumps import Bump, bump, chosen
from graphdiff.explanation.traced import Traces
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Graph
from graphdiff.notices import notices
from graphdiff.sweep import Derivatives, derivatives, sweep
from graphdiff.values import Values

# With more names than this every partial is called one: finding out whether there is another
# path, so that it differs from the derivative, takes memory that grows with their square.
MOST_NAMES = 20_000


class Edge(NamedTuple):
    """The partial of a definition by a name in its formula, as a number and as a formula.

    node: the formula, on the tape of the explanation. total: whether this edge is the only
    path between the two names, so that the partial is also the derivative.
    """

    of: str
    wrt: str
    value: Any
    node: int
    total: bool = True


class Derivative(NamedTuple):
    """One step of the backward pass: d(of)/d(wrt) is `value`, a sum over edges.

    terms: for each edge into a user of `wrt` the derivative by that user, and the edge.
    """

    of: str
    wrt: str
    terms: list[tuple[Any, Edge]]
    value: Any


class Pass(NamedTuple):
    """The backward pass from one output, and the names by which its derivative is 0 by structure.

    zeros: these names, for each reason (ABSENT, NOT_TAKEN, FLAT). alone: whether the
    output's formula contains no name.
    """

    of: str
    steps: list[Derivative]
    zeros: dict[str, list[str]]
    alone: bool


# Why a derivative is 0 by structure: there is no path, there is one only through branches
# that are not taken, or each path passes a step function or the like.
ABSENT, NOT_TAKEN, FLAT = "absent", "not taken", "flat"


class Explanation(NamedTuple):
    """The steps at one point.

    tape, names: the formulas of the partials, and the names of the tape's nodes. definitions:
    those explained, in topological order. given: the inputs, and other names that these use.
    """

    values: Values
    tape: Tape
    names: dict[int, str]
    given: list[str]
    definitions: list[str]
    edges: list[Edge]
    passes: list[Pass]
    bumps: list[Bump]
    notices: list[Diagnostic]


@gc_paused
def explain(
    values: Values, outputs: Iterable[str] = (), only: Iterable[str] = (),
    bumps: Iterable[tuple[str, Any]] = (),
) -> Explanation:  # fmt: skip
    """Explain the values of `outputs` (default: those of the graph) and their derivatives.

    only: restricts the steps to those between these names and the outputs. bumps: pairs of
    a name and the change of its value. Raises UndefinedOperation if the value of an output is
    undefined, before or after a bump, InputProblem for a bump that does not change the value,
    and UnknownName for a name that the program does not have.
    """
    graph = values.graph
    outputs = list(outputs) or list(graph.outputs)
    only = list(only)
    slopes = derivatives(values, outputs)
    # Where binary64 lost a part on the way, the numbers are those of the wider sweep.
    values = next((found.point for found in slopes.values() if found.point is not values), values)
    uses = _uses(graph)
    needed = values.needed(map(graph.node, outputs))
    between = _above(uses, only) if only else None
    shown = [
        name for name in graph.definitions
        if needed[graph.names[name]] and (between is None or name in between)
    ]  # fmt: skip
    tape = Tape()
    names: dict[int, str] = {}
    edges = _with_totals(_edges(values, shown, tape, names), graph)
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
        [bump(values, slopes, name, by) for name, by in bumps],
        notices(values, slopes, (), only or list(graph.names)),
    )


def _uses(graph: Graph) -> dict[str, list[str]]:
    """For each definition the names in its formula, both in topological order."""
    named = graph.name_of
    found = {}
    for name in graph.definitions:
        arguments = {k for i in graph.below(graph.names[name]) for k in graph.operation(i)[1]}
        found[name] = [named[k] for k in sorted(arguments) if k in named]
    return found


def _above(uses: Mapping[str, list[str]], names: Iterable[str]) -> set[str]:
    """These names and the definitions that depend on them."""
    found = set(names)
    for name, arguments in uses.items():  # in topological order
        if not found.isdisjoint(arguments):
            found.add(name)
    return found


def _below(uses: Mapping[str, list[str]], name: str) -> set[str]:
    """A name and the names that it depends on."""
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
    """The contributing edges of each definition, by one sweep over its own formula.

    The formulas are written on `tape`, and the names of its nodes to `names`.
    """
    graph = values.graph
    named = graph.name_of
    traces = Traces(values.arithmetic, tape)
    traced = Values(graph, _traced_leaves(values, traces, names), traces)
    found: dict[str, list[Edge]] = {}
    for name in definitions:
        node = graph.names[name]
        below = graph.below(node)
        for i in reversed(below[1:]):
            rule, arguments = graph.operation(i)
            formulas = {k: traced.nodes[k][1] for k in arguments}
            taken = chosen(values, i)
            formula = (
                tape.apply(rule, *[formulas[k] for k in arguments]) if taken is None else formulas[taken]
            )
            traced.nodes[i] = (values.nodes[i], formula)
        adjoints: dict[int, Any] = defaultdict(lambda: None, {node: traces.seed})
        sweep(traced, adjoints, below)
        reached = sorted(k for k, adjoint in adjoints.items() if k in named and k != node and adjoint)
        found[name] = [Edge(name, named[k], *adjoints[k]) for k in reached]
    return found


def _traced_leaves(values: Values, traces: Traces, names: dict[int, str]) -> list[Any]:
    """The traced values of the named nodes and the constants: where each formula begins."""
    graph = values.graph
    nodes: list[Any] = [None] * len(graph)
    for node, text in enumerate(graph.constants, len(graph.inputs)):
        nodes[node] = traces.constant(text)
    for name, node in graph.names.items():
        nodes[node] = (values.nodes[node], traces.tape.input(name))
        names[nodes[node][1]] = name
    return nodes


def _with_totals(edges: dict[str, list[Edge]], graph: Graph) -> dict[str, list[Edge]]:
    """The edges, with `total` False for those that are not the only path between their names."""
    if len(graph.names) > MOST_NAMES:
        return {
            of: [edge._replace(total=False) for edge in found] if len(found) > 1 else found
            for of, found in edges.items()
        }
    bit = {name: 1 << k for k, name in enumerate(graph.names)}
    depends: dict[str, int] = {}  # for each definition a bit for each name that it depends on
    told = {}
    for of, found in edges.items():  # in topological order
        behind = [depends.get(edge.wrt, 0) for edge in found]
        told[of] = [edge._replace(total=not any(b & bit[edge.wrt] for b in behind)) for edge in found]
        depends[of] = 0
        for edge, bits in zip(found, behind, strict=True):
            depends[of] |= bits | bit[edge.wrt]
    return told


def _pass(
    slopes: Derivatives, edges: Mapping[str, list[Edge]], uses: Mapping[str, list[str]],
    between: set[str] | None, only: list[str],
) -> Pass:  # fmt: skip
    """The backward pass from one output: each derivative as soon as all its terms are known."""
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
            terms[edge.wrt].append((slopes.exact(user), edge))
            missing[edge.wrt] -= 1
            if not missing[edge.wrt]:
                value = slopes.exact(edge.wrt)
                steps.append(Derivative(of, edge.wrt, terms[edge.wrt], value))
    zeros: dict[str, list[str]] = {}
    below, needed = _below(uses, of), values.needed([graph.node(of)])
    for name in graph.names if between is None else only:
        if name == of or contributes(name):
            continue
        if name in below:
            why = FLAT if needed[graph.names[name]] else NOT_TAKEN
            zeros.setdefault(why, []).append(name)
        elif name in graph.inputs or between is not None:  # not what only another output uses
            zeros.setdefault(ABSENT, []).append(name)
    return Pass(of, steps, zeros, not uses.get(of))
