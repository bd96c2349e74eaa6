"""An answer about a program at one point: values, derivatives, and the notices about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.notices import notices, unbounded
from graphdiff.sweep import Derivatives, derivatives, evaluate, regained, sweep
from graphdiff.values import Values

if TYPE_CHECKING:
    from graphdiff.derivatives.quantities import Quantity


class Answer(NamedTuple):
    """Values and derivatives of a program at one point.

    outputs: the nodes that were differentiated. shown: the names of the rows.
    slopes: for each output its derivatives. edges: (of, wrt, partial), or None if
    not asked for. second: for each output its second derivatives by their labels,
    without those that are 0 by structure. extra: further columns, `jvp` and `hvp J`.
    """

    values: Values
    outputs: list[str]
    shown: list[str]
    slopes: dict[str, Derivatives]
    edges: list[tuple[str, str, Any]] | None
    notices: list[Diagnostic]
    second: dict[str, dict[str, Any]] | None = None
    extra: Mapping[str, dict[str, Any]] = MappingProxyType({})

    def value(self, name: str) -> Any:
        return self.values.rounded(name)

    def rows(self) -> Iterator[tuple[str, str, Any, list[Any]]]:
        """(name, kind, value, derivatives and extra columns), inputs first, outputs last."""
        graph = self.values.graph
        outputs = {*self.outputs, *graph.outputs}
        groups: dict[str, list[str]] = {"input": [], "intermediate": [], "output": []}
        for name in self.shown:
            inner = "input" if graph.names[name] < len(graph.inputs) else "intermediate"
            groups["output" if name in outputs else inner].append(name)
        for kind, names in groups.items():
            for name in names:
                slopes = [self.slopes[of][name] for of in self.outputs]
                yield name, kind, self.value(name), slopes + [column[name] for column in self.extra.values()]

    def listings(self) -> Iterator[tuple[str, tuple[str, str], list[tuple[str, Any]]]]:
        """The tables besides that of the nodes: (kind, headers, labels and values)."""
        if self.edges is not None:
            yield "edge", ("edge", "partial"), [(f"d{of}/d{wrt}", value) for of, wrt, value in self.edges]
        if self.second is not None:
            items = [item for entries in self.second.values() for item in entries.items()]
            yield "second", ("second derivative", "value"), items


def answer(
    graph: Graph, inputs: Mapping[str, Any], arithmetic: Arithmetic, of: Sequence[str] = (),
    wrt: Sequence[str] = (), with_edges: bool = False,
) -> Answer:  # fmt: skip
    """The values, and the derivatives of `of` (default: the program's outputs).

    The rows are those of `wrt` and of the outputs; without `wrt`, of all names.
    """
    outputs = list(of or graph.outputs)
    shown = [name for name in graph.names if not wrt or name in wrt or name in outputs]
    values = evaluate(graph, inputs, arithmetic)
    slopes = derivatives(values, outputs)
    tops = set(shown)
    local = [edge for edge in edges(values) if edge[0] in tops] if with_edges else None
    return Answer(values, outputs, shown, slopes, local, notices(values, slopes, shown, wrt or shown))


def edges(values: Values) -> Iterator[tuple[str, str, Any]]:
    """(of, wrt, value): the partial of each definition by each name in its formula.

    All other names held fixed: the derivative along one edge of the graph alone.
    """
    graph = values.graph
    named = graph.name_of
    for name in graph.definitions:
        below = graph.below(graph.node(name))
        found = sorted({k for i in below for k in graph.operation(i)[1] if k in named})
        point, partials = regained(values, partial(_partials, below=below, wrt=found))
        for argument, slope in zip(found, partials, strict=True):
            yield name, named[argument], point.arithmetic.rounded(point.arithmetic.or_zero(slope))


def _partials(values: Values, below: list[int], wrt: list[int]) -> list[Any]:
    # Not a list of the length of the graph: a formula is small beside all of them.
    adjoints: dict[int, Any] = defaultdict(lambda: None, dict.fromkeys(below[:1], values.arithmetic.seed))
    sweep(values, adjoints, below)
    return [adjoints[node] for node in wrt]


def with_second(answer: Answer, inputs: Mapping[str, Any], wrt: Sequence[str]) -> Answer:
    """The answer with the second derivatives of its outputs by pairs of `wrt`."""
    from graphdiff.derivatives.second_order import named

    graph, arithmetic = answer.values.graph, answer.values.arithmetic
    second = {of: named(graph, inputs, of, wrt, arithmetic) for of in answer.outputs}
    noticed = [notice for of, found in second.items() for notice in unbounded(arithmetic, found, of)]
    return answer._replace(second=second, notices=answer.notices + noticed)


def with_jvp(answer: Answer, inputs: Mapping[str, Any], direction: Mapping[str, Any]) -> Answer:
    """The answer with the derivative of every name along a direction of the inputs."""
    from graphdiff.derivatives.second_order import along

    found = along(answer.values.graph, inputs, direction, answer.values.arithmetic)
    return _with_column(answer, "jvp", "of", found, "")


def with_hvp(answer: Answer, inputs: Mapping[str, Any], direction: Mapping[str, Any]) -> Answer:
    """The answer with the Hessian of each output times a direction of the inputs."""
    from graphdiff.derivatives.second_order import hessian_times

    graph, arithmetic = answer.values.graph, answer.values.arithmetic
    for of in answer.outputs:
        found = hessian_times(graph, inputs, of, direction, arithmetic)
        answer = _with_column(answer, f"hvp {of}", "by", found, of)
    return answer


def _with_column(answer: Answer, header: str, word: str, found: dict[str, Any], of: str) -> Answer:
    column = {name: found[name] for name in answer.shown}
    labelled = {f"{header} {word} {name}": value for name, value in column.items()}
    noticed = unbounded(answer.values.arithmetic, labelled, of)
    return answer._replace(extra={**answer.extra, header: column}, notices=[*answer.notices, *noticed])


def numbers(
    graph: Graph, inputs: Mapping[str, Any], arithmetic: Arithmetic, quantities: Sequence[Quantity]
) -> tuple[list[Any], list[Diagnostic]]:
    """The quantities at a point, and the notices about them; UndefinedOperation if one has no value."""
    from graphdiff.derivatives.quantities import Probe

    measured = Probe(graph, quantities).measure(inputs, arithmetic)
    for number in measured.numbers:
        if isinstance(number, UndefinedOperation):
            raise number
    first = {name for q in quantities if len(q.wrt) == 1 for name in q.wrt}
    noticed = notices(measured.values, measured.slopes, (), first)
    for q, number in zip(quantities, measured.numbers, strict=True):
        if len(q.wrt) == 2:
            noticed += unbounded(arithmetic, {q.label: number}, q.of)
        if q.wrt and number == arithmetic.zero:
            noticed += _independent(graph, q)
    return measured.numbers, noticed


def _independent(graph: Graph, q: Quantity) -> Iterator[Diagnostic]:
    """The notice about a derivative that is 0 because nothing flows from the one name to the other."""
    of = graph.node(q.of)
    for name in q.wrt:
        wrt = graph.node(name)
        if not graph.depends(of, wrt):
            other_way = graph.depends(wrt, of) and len(q.wrt) == 1
            hint = f"the other way round it is d{name}/d{q.of}" if other_way else ""
            message = f"{q.label} is 0 because '{q.of}' does not depend on '{name}'"
            yield Diagnostic("independent", message, hint=hint, node=q.of)
            return
