"""The two sweeps: `evaluate` left to right, `backpropagate` right to left.

Written once, against an arithmetic: they name no kind of number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import (
    Diagnostic,
    InputProblem,
    did_you_mean,
    listing,
    missing_inputs,
)
from graphdiff.display import Displayed, short
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Graph, Operation
from graphdiff.rules import Rule
from graphdiff.values import Values


class Operations(Protocol):
    """The parts of a graph that a forward sweep reads; also of a graph under construction."""

    @property
    def first_operation(self) -> int: ...

    @property
    def operations(self) -> Sequence[Operation]: ...


class Derivatives(Displayed, Mapping[str, Any]):
    """The total derivative of one node by every named node: `slopes["b"]` is dJ/db.

    of: the name of the node. point: the values of all nodes. adjoints: the derivatives by
    number, None for nodes that do not contribute, up to the node itself; these and the values
    are in a wider arithmetic where the range of the given one lost a part. Prints as a table.
    """

    def __init__(self, values: Values, of: str, adjoints: list[Any]) -> None:
        self.point = values
        self.of = of
        self.adjoints = adjoints

    def __getitem__(self, name: str) -> Any:
        return self.point.arithmetic.rounded(self.exact(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.point.graph.names)

    def __len__(self) -> int:
        return len(self.point.graph.names)

    def __repr__(self) -> str:
        numbers = [(f"d{self.of}/d{name}", self[name]) for name in self if name != self.of]
        return f"<{type(self).__name__}: {short(numbers, self.point.arithmetic.text)}>"

    def exact(self, name: str) -> Any:
        """The derivative by a name before it is rounded to the range of the caller's numbers."""
        node = self.point.graph.node(name)
        return self.point.arithmetic.or_zero(self.adjoints[node] if node < len(self.adjoints) else None)

    @property
    def value(self) -> Any:
        """The value of the node that was differentiated."""
        return self.point[self.of]


@gc_paused
def evaluate(graph: Graph, inputs: Mapping[str, Any], arithmetic: Arithmetic = FLOATS) -> Values:
    """The value of every node, left to right.

    `inputs` maps the name of each input to a number, which becomes one of the arithmetic.
    Raises InputProblem, naming all of them, where inputs are missing or unknown, and for
    a value that is not a number.
    """
    check_inputs(graph, inputs)
    nodes = arithmetic.from_inputs(graph.inputs, inputs)
    nodes += map(arithmetic.constant, graph.constants)

    def forward() -> list[Any]:
        append, node, value_of = nodes.append, nodes.__getitem__, arithmetic.value_of
        for rule, arguments in graph.operations:
            append(value_of[rule](*map(node, arguments)))
        return nodes

    _, lost = arithmetic.in_rows(forward)
    wider = wider_if_lost(arithmetic, nodes) if graph.derived else None
    values = Values(graph, nodes, wider or arithmetic)
    if wider is not None:
        _evaluate_derived(values)
    if lost and graph.derived:
        arithmetic.put(nodes, {row: evaluate(graph, values.inputs(row)).numbers() for row in lost})
    return values


def regained(values: Values, sweep: Callable[[Values], list[Any]]) -> tuple[Values, list[Any]]:
    """The result of a sweep over these values, in a wider arithmetic if the range would cost a part of it.

    Of many rows only those that lost a part are swept again, each alone.
    """
    arithmetic = values.arithmetic
    found, lost = arithmetic.in_rows(lambda: sweep(values))
    rows = {}
    for row in lost:
        point, numbers = regained(evaluate(values.graph, values.inputs(row)), sweep)
        rows[row] = [None if n is None else point.arithmetic.rounded(n) for n in numbers]
    if rows:
        arithmetic.put(found, rows)
    wider = wider_if_lost(arithmetic, found)
    if wider is None:
        return values, found
    values = Values(values.graph, values.nodes, wider)
    return values, sweep(values)


def wider_if_lost(arithmetic: Arithmetic, numbers: Iterable[Any]) -> Arithmetic | None:
    """An arithmetic that keeps what the range of this one may have cost these numbers; None if nothing."""
    if arithmetic is not FLOATS or not arithmetic.lost(numbers):
        return None
    from graphdiff.arithmetic.wide import WIDE  # most points do without

    return WIDE


@gc_paused
def _evaluate_derived(values: Values) -> None:
    """Compute again the derivatives among the nodes, and what depends on these."""
    graph, nodes, value_of = values.graph, values.nodes, values.arithmetic.value_of
    moved = bytearray(len(nodes))
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        if graph.is_derived(node) or any(moved[k] for k in arguments):
            moved[node] = 1
            nodes[node] = value_of[rule](*[nodes[k] for k in arguments])


def check_inputs(graph: Graph, given: Iterable[str]) -> None:
    """Every input is given, and nothing else."""
    given = set(given)
    missing = [name for name in graph.inputs if name not in given]
    unknown = sorted(given.difference(graph.inputs))
    theirs = f"its inputs are {listing(graph.inputs)}" if graph.inputs else "it has none"
    if unknown:
        name = unknown[0]
        hint = did_you_mean(name, missing or graph.inputs)
        message = f"the program has no input '{name}'; {theirs}"
        if name in graph.names:
            message = f"'{name}' is defined by the program, so it is not an input; {theirs}"
        raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    if missing:
        raise InputProblem(Diagnostic("input", missing_inputs(missing), node=missing[0]))


def backpropagate(values: Values, of: str) -> Derivatives:
    """The derivative of the node named `of` by every node, right to left.

    One sweep, whatever the number of inputs. Derivatives are total: d(of)/dx counts
    every path from x. Raises UnknownName if the program has no such name.
    """
    output = values.graph.node(of)
    first = values.graph.first_operation

    def back(values: Values) -> list[Any]:
        adjoints = seeded(values, output)
        sweep(values, adjoints, range(output, first - 1, -1))
        return adjoints

    values, adjoints = regained(values, back)
    return Derivatives(values, of, adjoints)


def seeded(values: Values, output: int) -> list[Any]:
    """The adjoints before a sweep: 1 for the output, absent for all before it."""
    adjoints: list[Any] = [None] * (output + 1)
    adjoints[output] = values.arithmetic.seed
    return adjoints


@gc_paused
def sweep(values: Values, adjoints: list[Any] | dict[int, Any], order: Iterable[int]) -> None:
    """Carry the adjoints of the operations of `order`, the last one first, to their arguments."""
    graph, arithmetic, nodes = values.graph, values.arithmetic, values.nodes
    operations, active, first = graph.operations, graph.active, graph.first_operation
    partials_of, times, plus = arithmetic.partials_of, arithmetic.times, arithmetic.plus
    node = nodes.__getitem__
    for i in order:
        adjoint = adjoints[i]
        if adjoint is None:
            continue
        rule, arguments = operations[i - first]
        env: tuple[Any, ...] | None = None  # made when a partial asks for it: those of a sum do not
        for argument, partial in zip(arguments, partials_of[rule]):  # noqa: B905
            if partial.slope is None or not active[argument]:
                continue
            part = adjoint
            if not partial.plain:
                if env is None:
                    if len(arguments) == 2:  # most have two, and this is faster than a map
                        a, b = arguments
                        env = (nodes[i], nodes[a], nodes[b])
                    else:
                        env = (nodes[i], *map(node, arguments))
                if partial.taken is not None:
                    part = arithmetic.mask_adjoint(partial.taken(env), part)
                    if part is None:
                        continue
                if not partial.unit:
                    part = times(part, partial.slope(env))
            so_far = adjoints[argument]
            adjoints[argument] = part if so_far is None else plus(so_far, part)


@gc_paused
def pushforward(
    graph: Operations, nodes: Sequence[Any], arithmetic: Arithmetic, tangents: dict[int, Any],
    order: Iterable[int],
) -> None:  # fmt: skip
    """Carry tangents forward: to the operations of `order`, the first one first, from their arguments.

    The chain rule read from left to right. `nodes` holds the values; `tangents` the rates of
    the inputs that move, and gets that of each operation that moves with them. A node that
    does not move is absent.
    """
    operations, first = graph.operations, graph.first_operation
    for i in order:
        rule, arguments = operations[i - first]
        rates = [tangents.get(k) for k in arguments]
        total = tangent(arithmetic, rule, (nodes[i], *[nodes[k] for k in arguments]), rates)
        if total is not None:
            tangents[i] = total


def tangent(arithmetic: Arithmetic, rule: Rule, env: tuple[Any, ...], rates: Iterable[Any]) -> Any:
    """The tangent of one operation from those of its arguments; None where none of them contributes.

    `env` is the operation's value and its arguments' values.
    """
    total = None
    for rate, partial in zip(rates, arithmetic.partials_of[rule]):  # noqa: B905
        if rate is None or partial.slope is None:
            continue
        part = rate if partial.taken is None else arithmetic.mask_tangent(partial.taken(env), rate)
        if part is None:
            continue
        if not partial.unit:
            part = arithmetic.times(part, partial.slope(env))
        total = part if total is None else arithmetic.plus(total, part)
    return total


def derivatives(values: Values, of: Iterable[str]) -> dict[str, Derivatives]:
    """The derivatives of several outputs; UndefinedOperation if the value of one is undefined."""
    names = list(of)
    values.refuse_undefined([values.graph.node(name) for name in names])
    return {name: backpropagate(values, name) for name in names}
