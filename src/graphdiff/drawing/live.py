"""A picture whose numbers follow its inputs: all of them as one program, derived by the sweeps over nodes.

The program computes the value of each operation of the graph, the derivatives of the outputs by each
box, the partial along each arrow, and the conditions: of kinks, of branches that are taken, and of
arrows along which something passes. The page writes it as JavaScript.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from graphdiff.derivatives.derivation import derive
from graphdiff.derivatives.program import Program
from graphdiff.derivatives.symbols import Symbols
from graphdiff.drawing.picture import Picture
from graphdiff.graph import Graph
from graphdiff.notices import kinked
from graphdiff.sweep import sweep
from graphdiff.values import Values

Wanted = list[str]  # names of the program; "" for what is always so, or always 0


class Live(NamedTuple):
    """The program, and which of its names says what.

    operations: the value of each operation of the graph. derivatives: for each output, of it by each
    box. partials, passes: of each arrow the number, and the condition under which anything passes.
    kinks: by operation, whether it is at a kink. taken: by operation and argument, whether that
    argument is used. nodes: the node on the tape of each box, for its formulas.
    """

    program: Program
    operations: Wanted
    derivatives: list[Wanted]
    partials: Wanted
    passes: Wanted
    kinks: dict[int, str]
    taken: dict[int, Wanted]
    nodes: list[int]
    formulas: list[int | None]  # of each arrow the node of its partial


def live(picture: Picture) -> Live:
    """The program of a picture."""
    graph = picture.graph
    opened, names = _opened(graph)
    boxes = [names[box.node] for box in picture.boxes]
    program = derive(opened, picture.outputs, boxes, values=True)
    tape = program.tape
    arithmetic = Symbols(tape)
    constants = [arithmetic.constant(text) for text in graph.constants]
    nodes = [program.names[name] for name in graph.inputs] + constants
    nodes += [program.names[names[k]] for k in range(graph.first_operation, len(graph))]
    values = Values(graph, nodes, arithmetic)
    write = _Writer(program)
    pairs = {pair: name for name, pair in program.pairs.items() if name in program.names}
    derivatives = [[pairs.get((of, name), "") for name in boxes] for of in picture.outputs]
    for of, row in zip(picture.outputs, derivatives, strict=True):
        row[boxes.index(of)] = ""  # 1: what is differentiated, by itself
    partials, passes, formulas = [], [], []
    for condition, partial in _partials(picture, values):
        formulas.append(partial)
        partials.append("" if partial is None else write.named(partial))
        passes.append("" if condition is None else write.named(condition))
    kinks = {k: write.named(arithmetic.kink(graph.operation(k)[0])(values.env(k))) for k in kinked(graph)}
    taken = {
        k: [write.named(condition) if condition is not None else "" for condition in _taken(values, k)]
        for k, (rule, _) in enumerate(graph.operations, graph.first_operation) if rule.lazy
    }  # fmt: skip
    operations = [names[k] for k in range(graph.first_operation, len(graph))]
    wanted = [
        *operations,
        *(name for row in derivatives for name in row),
        *partials,
        *passes,
        *kinks.values(),
    ]
    wanted += [name for row in taken.values() for name in row]
    program = program._replace(wanted=list(dict.fromkeys(filter(None, wanted))))
    return Live(
        program, operations, derivatives, partials, passes, kinks, taken,
        [nodes[box.node] for box in picture.boxes], formulas,
    )  # fmt: skip


def _opened(graph: Graph) -> tuple[Graph, dict[int, str]]:
    """The graph with a name for each operation, and these names."""
    names = dict(graph.name_of)
    for node in range(graph.first_operation, len(graph)):
        name = f"op{node}"
        while name in graph.names:
            name += "_"
        names.setdefault(node, name)
    every = {name: node for node, name in sorted(names.items())}
    return Graph(
        graph.inputs,
        graph.constants,
        graph.operations,
        every,
        graph.outputs,
        graph.places,
        graph.declared,
        graph.derived,
    ), names


class _Writer:
    """Gives names to nodes of a program."""

    def __init__(self, program: Program) -> None:
        self.names = program.names
        self.known = {node: name for name, node in program.names.items()}

    def named(self, node: int) -> str:
        if node not in self.known:
            name = f"n{node}"
            while name in self.names:
                name += "_"
            self.names[name] = node
            self.known[node] = name
        return self.known[node]


def _partials(picture: Picture, values: Values) -> Iterator[tuple[int | None, int | None]]:
    """For each arrow the condition under which it contributes (None: always), and its partial (None: 0)."""
    graph = picture.graph
    stop = {box.node for box in picture.boxes} | set(graph.name_of)
    for target, group in groupby(picture.arrows, key=lambda arrow: arrow.target):
        node = picture.boxes[target].node
        adjoints: dict[int, Any] = defaultdict(lambda: None, {node: values.arithmetic.seed})
        sweep(values, adjoints, graph.beneath(node, stop))
        for arrow in group:
            yield _settled(values.arithmetic, adjoints[picture.boxes[arrow.source].node])


def _settled(arithmetic: Any, adjoint: Any) -> tuple[int | None, int | None]:
    return (None, None) if adjoint is None else (adjoint[0], arithmetic.or_zero(adjoint))


def _taken(values: Values, node: int) -> list[int | None]:
    """For each argument of a lazy operation the condition under which it is used; None for always."""
    rule, arguments = values.graph.operation(node)
    partials = zip(arguments, values.arithmetic.partials_of[rule], strict=False)
    env = values.env(node)
    return [None if partial.taken is None else partial.taken(env) for _, partial in partials]
