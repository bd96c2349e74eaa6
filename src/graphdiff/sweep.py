"""The two sweeps: `evaluate` left to right, `backpropagate` right to left.

Written once, against an arithmetic: they name no kind of number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import (
    Diagnostic,
    InputProblem,
    UndefinedOperation,
    did_you_mean,
    listing,
    missing_inputs,
)
from graphdiff.display import Displayed, short
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Graph, Operation
from graphdiff.rules import Rule


class Operations(Protocol):
    """The parts of a graph that a forward sweep reads; also of a graph under construction."""

    @property
    def first_operation(self) -> int: ...

    @property
    def operations(self) -> Sequence[Operation]: ...


class Values(Displayed, Mapping[str, Any]):
    """The value of every node at one point: `values["J"]`, or `values.nodes[i]` by number.

    Iterates over the names of the program: the inputs, then the definitions. Asking by name
    for a value that depends on an undefined operation raises UndefinedOperation with the
    place in the program; `nodes` holds NaN or an infinity there and raises nothing.
    Prints as a table.
    """

    def __init__(self, graph: Graph, nodes: list[Any], arithmetic: Arithmetic) -> None:
        self.graph = graph
        self.nodes = nodes
        self.arithmetic = arithmetic

    def __getitem__(self, name: str) -> Any:
        node = self.graph.node(name)
        if self.suspects:
            self.refuse_undefined([node])
        return self.nodes[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self.graph.names)

    def __len__(self) -> int:
        return len(self.graph.names)

    def __repr__(self) -> str:
        numbers = [(name, self.nodes[self.graph.names[name]]) for name in self.graph.outputs]
        return f"<Values: {short(numbers, self.arithmetic.text)}>"

    @cached_property
    def suspects(self) -> list[int]:
        """The nodes without a finite value, each an undefined operation or a consequence of one."""
        is_finite = self.arithmetic.is_finite
        return [node for node, value in enumerate(self.nodes) if not is_finite(value)]

    def env(self, node: int) -> tuple[Any, ...]:
        """The value of an operation and those of its arguments: what the formulas of its rule take."""
        nodes = self.nodes
        return (nodes[node], *[nodes[k] for k in self.graph.operation(node)[1]])

    def needed(self, nodes: Iterable[int]) -> bytearray:
        """For each node 1 if the value of one of `nodes` depends on it: through branches taken only."""
        graph, first = self.graph, self.graph.first_operation
        marked = bytearray(len(graph))
        for node in nodes:
            marked[node] = 1
        partials_of, taken_where = self.arithmetic.partials_of, self.arithmetic.mask_adjoint
        for node in range(marked.rfind(1), first - 1, -1):
            if marked[node]:
                rule, arguments = graph.operations[node - first]
                if rule.lazy:
                    env = self.env(node)
                    for argument, partial in zip(arguments, partials_of[rule], strict=False):
                        if partial.taken is None or taken_where(partial.taken(env), True):
                            marked[argument] = 1
                else:
                    for argument in arguments:
                        marked[argument] = 1
        return marked

    def undefined(self, node: int) -> bool:
        """Whether a value stops being defined here: NaN from numbers, or infinite from finite ones."""
        is_nan, is_finite = self.arithmetic.is_nan, self.arithmetic.is_finite
        value, first = self.nodes[node], self.graph.first_operation
        if is_finite(value):
            return False
        if node < first:  # an input may be infinite, and so may `inf`; a number that is too large may not
            texts = self.graph.constants
            return node >= len(self.graph.inputs) and texts[node - len(self.graph.inputs)] != "inf"
        _, *arguments = self.env(node)
        if is_nan(value):
            return not any(map(is_nan, arguments))
        return all(map(is_finite, arguments))

    def first_undefined(self, nodes: Iterable[int]) -> int | None:
        """The first undefined operation on which the value of one of `nodes` depends."""
        marked = self.needed(nodes)
        return next((node for node in self.suspects if marked[node] and self.undefined(node)), None)

    def faults(self) -> list[int | None]:
        """For each node what `first_undefined` would say of it alone, in one pass over all."""
        graph, partials_of = self.graph, self.arithmetic.partials_of
        first = graph.first_operation
        found: list[int | None] = [node if self.undefined(node) else None for node in range(first)]
        for node, (rule, arguments) in enumerate(graph.operations, first):
            inherited = [(k, found[k]) for k in arguments if found[k] is not None]
            if inherited and rule.lazy:
                env = self.env(node)
                partials = zip(arguments, partials_of[rule], strict=False)
                taken = {k for k, partial in partials if partial.taken is None or partial.taken(env)}
                inherited = [(k, fault) for k, fault in inherited if k in taken]
            faults = [fault for _, fault in inherited if fault is not None]
            found.append(min(faults) if faults else node if self.undefined(node) else None)
        return found

    def refuse_undefined(self, nodes: Iterable[int]) -> None:
        """Raise UndefinedOperation if the value of one of `nodes` depends on one."""
        node = self.first_undefined(nodes)
        if node is not None:
            raise UndefinedOperation(self.describe_undefined(node))

    def describe_undefined(self, node: int) -> Diagnostic:
        """What is undefined, where, and for which arguments."""
        from graphdiff.arithmetic.undefined import describe  # needed only where something is wrong

        env = self.env(node) if node >= self.graph.first_operation else ()
        return describe(self.graph, self.arithmetic, node, env)


class Derivatives(Displayed, Mapping[str, Any]):
    """The total derivative of one node by every named node: `slopes["b"]` is dJ/db.

    of: the name of the node. point: the values of all nodes. adjoints: the derivatives by
    number, None for nodes that do not contribute, up to the node itself. Prints as a table.
    """

    def __init__(self, values: Values, of: str, adjoints: list[Any]) -> None:
        self.point = values
        self.of = of
        self.adjoints = adjoints

    def __getitem__(self, name: str) -> Any:
        node = self.point.graph.node(name)
        adjoint = self.adjoints[node] if node < len(self.adjoints) else None
        return self.point.arithmetic.or_zero(adjoint)

    def __iter__(self) -> Iterator[str]:
        return iter(self.point.graph.names)

    def __len__(self) -> int:
        return len(self.point.graph.names)

    def __repr__(self) -> str:
        numbers = [(f"d{self.of}/d{name}", self[name]) for name in self if name != self.of]
        return f"<{type(self).__name__}: {short(numbers, self.point.arithmetic.text)}>"

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
    append, node, value_of = nodes.append, nodes.__getitem__, arithmetic.value_of
    for rule, arguments in graph.operations:
        append(value_of[rule](*map(node, arguments)))
    return Values(graph, nodes, arithmetic)


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
    adjoints = seeded(values, output)
    sweep(values, adjoints, range(output, first - 1, -1))
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


def edges(values: Values) -> Iterator[tuple[str, str, Any]]:
    """(of, wrt, value): the partial of each definition by each name in its formula.

    All other names held fixed: the derivative along one edge of the graph alone.
    """
    or_zero = values.arithmetic.or_zero
    return ((of, wrt, or_zero(adjoint)) for of, wrt, adjoint in contributions(values))


def contributions(values: Values) -> Iterator[tuple[str, str, Any]]:
    """As `edges`, but None where a name in a formula does not contribute, which is not 0."""
    graph = values.graph
    named = graph.name_of
    for name in graph.definitions:
        node = graph.node(name)
        below = graph.below(node)
        # Not a list of the length of the graph: a formula is small beside all of them.
        adjoints: dict[int, Any] = defaultdict(lambda: None, {node: values.arithmetic.seed})
        sweep(values, adjoints, below)
        found = {k for i in below for k in graph.operations[i - graph.first_operation][1] if k in named}
        for argument in sorted(found):
            yield name, named[argument], adjoints[argument]


def derivatives(values: Values, of: Iterable[str]) -> dict[str, Derivatives]:
    """The derivatives of several outputs; UndefinedOperation if the value of one is undefined."""
    names = list(of)
    if values.suspects:
        values.refuse_undefined([values.graph.node(name) for name in names])
    return {name: backpropagate(values, name) for name in names}
