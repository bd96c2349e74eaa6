"""The derivative of a program is a program: the backward sweep run over graph nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphdiff.arithmetic.symbols import Symbols, Tape
from graphdiff.graph import Graph
from graphdiff.rules import COPY, Rule
from graphdiff.sweep import Values, sweep
from graphdiff.undisturbed import undisturbed


class Program(NamedTuple):
    """A tape and what its nodes are called, ready to be written as text.

    wanted: the names that are asked for; what they do not need is not written.
    """

    tape: Tape
    names: dict[str, int]
    wanted: list[str]


@undisturbed
def derive(graph: Graph, of: Iterable[str] = (), wrt: Iterable[str] = ()) -> Program:
    """The derivatives of `of` (default: the outputs) by `wrt` (default: the inputs), as a program.

    Linear in the size of the program, for each of `of`. A derivative is named
    `dJ_db`; those of intermediate names are there where others use them. Raises
    UnknownName for a name that the program does not have.
    """
    outputs = list(of) or list(graph.outputs)
    by = list(wrt) or list(graph.inputs)
    tape = Tape()
    arithmetic = Symbols(tape)
    values, names = _recorded(graph, arithmetic)
    wanted: list[str] = []
    fresh = _Fresh(graph)
    for output in outputs:
        found = _adjoints(values, output, names, fresh)
        for name in by:
            wanted.append(found.get(graph.node(name)) or fresh.name(f"d{output}_d{name}"))
            names.setdefault(wanted[-1], arithmetic.zero)
    return Program(tape, names, wanted)


def _recorded(graph: Graph, arithmetic: Symbols) -> tuple[Values, dict[str, int]]:
    """The program itself on the tape: `evaluate`, with a node of its own for each definition."""
    tape = arithmetic.tape
    nodes = [tape.input(name) for name in graph.inputs]
    nodes += map(arithmetic.constant, graph.constants)
    named = graph.name_of
    names = dict(zip(graph.inputs, nodes, strict=False))
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        given = [nodes[k] for k in arguments]
        if node in named:
            names[named[node]] = _own(tape, tape.apply(rule, *given))
            nodes.append(names[named[node]])
        else:
            nodes.append(tape.apply(rule, *given))
    return Values(graph, nodes, arithmetic), names


def _own(tape: Tape, node: int) -> int:
    """A definition's own node for an expression."""
    rule, arguments = tape.nodes[node]
    if rule is None or rule is COPY:
        return tape.own(COPY, node)
    return tape.own(rule, *arguments)


def _adjoints(values: Values, output: str, names: dict[str, int], fresh: _Fresh) -> dict[int, str]:
    """Sweep back from one output; for each named node that contributes the name of its adjoint."""
    graph, arithmetic = values.graph, values.arithmetic
    assert isinstance(arithmetic, Symbols)
    top, first = graph.node(output), graph.first_operation
    adjoints: list[tuple[int | None, int] | None] = [None] * (top + 1)
    adjoints[top] = (None, arithmetic.one)
    found: dict[int, str] = {}

    def settle(node: int) -> None:
        """Give the adjoint of a named node, now complete, a name that all later ones refer to."""
        adjoint = adjoints[node]
        if adjoint is not None and node in graph.name_of and node != top:
            found[node] = fresh.name(f"d{output}_d{graph.name_of[node]}")
            names[found[node]] = _own(arithmetic.tape, arithmetic.settled(adjoint))
            adjoints[node] = (adjoint[0], names[found[node]])

    def order() -> Iterator[int]:
        for node in range(top, first - 1, -1):
            settle(node)
            yield node

    sweep(values, adjoints, order())
    for node in range(min(len(graph.inputs), top + 1)):
        settle(node)
    if top < len(graph.inputs) or output in names:
        names.setdefault(f"d{output}_d{output}", arithmetic.one)
        found[top] = f"d{output}_d{output}"
    return found


class _Fresh:
    """Names that the program does not have yet."""

    def __init__(self, graph: Graph) -> None:
        self.taken = set(graph.names)

    def name(self, wish: str) -> str:
        while wish in self.taken:
            wish += "_"
        self.taken.add(wish)
        return wish


__all__ = ["Program", "Rule", "derive"]
