"""Second derivatives: Hessians by a derivative program, products by dual numbers, forward mode."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.derivatives.derivation import derive
from graphdiff.derivatives.dual import Duals
from graphdiff.derivatives.quantities import Quantity
from graphdiff.graph import Graph
from graphdiff.sweep import backpropagate, evaluate, pushforward, regained, sweep, wider_if_lost
from graphdiff.values import Values


def along(
    graph: Graph, inputs: Mapping[str, Any], direction: Mapping[str, Any], arithmetic: Arithmetic = FLOATS
) -> dict[str, Any]:
    """The derivative of every name along a direction of the inputs: one forward sweep.

    `direction` maps inputs to their rates of change; those that it leaves out stand still.
    """

    def forward(values: Values) -> list[Any]:
        tangents = {graph.names[name]: rate for name, rate in direction.items()}
        order = range(graph.first_operation, len(graph))
        pushforward(graph, values.nodes, values.arithmetic, tangents, order)
        return list(map(tangents.get, range(len(graph))))

    values = evaluate(graph, inputs, arithmetic)
    values, tangents = regained(values, forward)
    arithmetic = values.arithmetic
    return {
        name: arithmetic.rounded(arithmetic.or_zero(tangents[node])) for name, node in graph.names.items()
    }


def hessian_times(
    graph: Graph, inputs: Mapping[str, Any], of: str, direction: Mapping[str, Any],
    arithmetic: Arithmetic = FLOATS,
) -> dict[str, Any]:  # fmt: skip
    """The Hessian of `of` times a direction of the inputs: for each name d(d(of)/d(name)) along it.

    Forward over reverse: one evaluation and one backward sweep over dual numbers.
    """
    given = {name: (value, direction.get(name)) for name, value in inputs.items()}
    duals = Duals(arithmetic)
    slopes = backpropagate(evaluate(graph, given, duals), of)
    rates = [rate for _, rate in slopes.point.nodes]
    wider = wider_if_lost(arithmetic, chain(rates, *filter(None, slopes.adjoints)))
    if wider is not None:
        evaluate(graph, inputs, arithmetic).refuse_undefined([graph.node(of)])
        duals = Duals(wider)
        slopes = backpropagate(evaluate(graph, given, duals), of)
    slopes.point.refuse_undefined([graph.node(of)])
    return {name: duals.rate(slopes[name]) for name in graph.names}


class Hessian:
    """The second derivatives of one node by pairs of names: derived once, evaluated at many points.

    graph: the derivative program, of the size of the original one. Raises UnknownName for a
    name that the program does not have.
    """

    def __init__(self, graph: Graph, of: str, wrt: Iterable[str]) -> None:
        self.of = of
        self.wrt = tuple(dict.fromkeys(wrt))
        program = derive(graph, [of], self.wrt, rederived_by=self.wrt)
        self.graph = program.graph()
        columns = {self.graph.names[name]: k for k, name in enumerate(self.wrt) if name in self.graph.names}
        self._gradients = _Gradients(self.graph, columns, [self.graph.names[name] for name in program.wanted])

    def at(self, inputs: Mapping[str, Any], arithmetic: Arithmetic = FLOATS) -> UpperTriangle:
        """The second derivatives at one point.

        `inputs` are those of the original program; InputProblem where some are missing.
        """
        values = evaluate(self.graph, inputs, arithmetic)
        rows = self._gradients.at(values)
        wider = wider_if_lost(arithmetic, chain.from_iterable(row.slopes for row in rows))
        if wider is not None:
            values = evaluate(self.graph, inputs, wider)
            rows = self._gradients.at(values)
        rounded = values.arithmetic.rounded
        return UpperTriangle(self.wrt, [_Row(row.columns, list(map(rounded, row.slopes))) for row in rows])


class UpperTriangle(Mapping[str, dict[str, Any]]):
    """A Hessian by names: `found["b"]["c"]` is d2J/db dc, for b and the names after it.

    Pairs whose second derivative is 0 by the structure of the program are left out.
    """

    def __init__(self, wrt: Sequence[str], rows: Sequence[_Row]) -> None:
        self._wrt = wrt
        self._rows = dict(zip(wrt, rows, strict=True))

    def __getitem__(self, name: str) -> dict[str, Any]:
        columns, slopes = self._rows[name]
        return dict(zip(map(self._wrt.__getitem__, columns), slopes, strict=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Row(NamedTuple):
    """The derivatives of one node by the columns that move it, in their order: adjoints, then numbers."""

    columns: Sequence[int]
    slopes: list[Any]

    def since(self, column: int) -> _Row:
        """The part from one column on."""
        start = bisect_left(self.columns, column)
        return _Row(self.columns[start:], self.slopes[start:]) if start else self

    def times(self, adjoint: Any, arithmetic: Arithmetic) -> _Row:
        if adjoint is arithmetic.seed:  # most are 1, as in sums
            return self
        return _Row(self.columns, list(map(arithmetic.chained, repeat(adjoint), self.slopes)))


class _Step(NamedTuple):
    """One node whose row is made: from those of `arguments`, which its formula reaches through `below`.

    last: the nodes whose rows nobody needs afterwards.
    """

    node: int
    below: list[int]
    arguments: list[int]
    last: list[int]


class _Gradients:
    """The derivatives of some nodes by some others, from left to right in rows.

    The nodes that others use twice, and those asked for, have rows; what lies between is
    swept backwards, once for each of them. So a formula costs its length, and a sparse
    Hessian its entries.
    """

    def __init__(self, graph: Graph, columns: Mapping[int, int], of: Sequence[int]) -> None:
        self.columns = columns
        self.of = of
        first, operations = graph.first_operation, graph.operations
        uses = [0] * len(graph)
        for node in of:
            uses[node] = 2
        for node in range(len(graph) - 1, first - 1, -1):
            for argument in operations[node - first][1] if uses[node] else ():
                uses[argument] += 1
        with_row = {node for node, count in enumerate(uses) if count > 1}.union(columns)
        moving = bytearray(len(graph))
        self.steps: list[_Step] = []
        for column in columns:
            moving[column] = 1
        for node in range(first, len(graph)):
            if not uses[node]:
                continue
            if any(moving[k] for k in operations[node - first][1]):
                moving[node] = 1
            elif not moving[node]:
                continue
            if node in with_row:
                below = [k for k in graph.beneath(node, with_row) if moving[k]]
                found = {k for i in below for k in operations[i - first][1] if k in with_row and moving[k]}
                self.steps.append(_Step(node, below, sorted(found), []))
        self.shared = {k for step in self.steps for k in step.arguments}
        needed = set(of)
        for step in reversed(self.steps):
            step.last.extend(k for k in step.arguments if k not in needed)
            needed.update(step.arguments)

    def at(self, values: Values) -> list[_Row]:
        """The rows of the nodes asked for as numbers, the k-th from column k on."""
        arithmetic, seed = values.arithmetic, values.arithmetic.seed
        rows = {node: _Row((column,), [seed]) for node, column in self.columns.items()}
        starts = {node: k for k, node in enumerate(self.of) if node not in self.shared}
        for node, below, arguments, last in self.steps:
            adjoints: dict[int, Any] = defaultdict(lambda: None, {node: seed})
            sweep(values, adjoints, below)
            parts = [(rows[k], adjoints[k]) for k in arguments if k in rows and adjoints[k] is not None]
            if node in rows:
                parts.append((rows[node], seed))
            if parts:
                rows[node] = _combined(parts, arithmetic, starts.get(node, 0))
            for k in last:
                rows.pop(k, None)
        nothing = _Row((), [])
        found = [rows.get(node, nothing).since(k) for k, node in enumerate(self.of)]
        return [_Row(columns, arithmetic.numbers(slopes)) for columns, slopes in found]


def _combined(parts: list[tuple[_Row, Any]], arithmetic: Arithmetic, start: int) -> _Row:
    """The sum of rows from one column on, each times an adjoint."""
    plus = arithmetic.plus
    (columns, total), *others = [row.since(start).times(adjoint, arithmetic) for row, adjoint in parts]
    if all(row.columns == columns for row in others):
        for row in others:
            total = list(map(plus, total, row.slopes))
        return _Row(columns, total)
    found = dict(zip(columns, total, strict=True))
    for row in others:
        for column, slope in zip(*row, strict=True):
            found[column] = plus(found[column], slope) if column in found else slope
    ordered = sorted(found)
    return _Row(ordered, [found[column] for column in ordered])


def hessian(
    graph: Graph, inputs: Mapping[str, Any], of: str, wrt: Iterable[str], arithmetic: Arithmetic = FLOATS
) -> dict[tuple[str, str], Any]:
    """The second derivatives of `of` by pairs of names, in the order of `wrt`, each pair once.

    Pairs whose second derivative is 0 by the structure of the program are left out. For
    several points keep a `Hessian`.
    """
    rows = Hessian(graph, of, wrt).at(inputs, arithmetic)
    return {(first, then): slope for first, row in rows.items() for then, slope in row.items()}


def named(
    graph: Graph, inputs: Mapping[str, Any], of: str, wrt: Iterable[str], arithmetic: Arithmetic = FLOATS
) -> dict[str, Any]:
    """The entries of the Hessian by their labels: `d2J/db dc`."""
    found = hessian(graph, inputs, of, wrt, arithmetic)
    return {Quantity(of, pair).label: value for pair, value in found.items()}
