"""The derivative of a program is a program: a sweep run over graph nodes.

The backward sweep gives the derivatives by all inputs at once. A program of one input is
swept forward: that costs the same, and the size of the n-th derivative grows only
polynomially with n, because the tangents of one order are shared by the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from graphdiff.derivatives.places import OriginPlaces
from graphdiff.derivatives.program import Program
from graphdiff.derivatives.symbols import Symbols
from graphdiff.derivatives.tape import Tape
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.gc_paused import gc_paused
from graphdiff.graph import Graph, Operation
from graphdiff.rules import COPY
from graphdiff.sweep import pushforward, seeded, sweep
from graphdiff.values import Values


@gc_paused
def derive(
    graph: Graph, of: Iterable[str] = (), wrt: Iterable[str] = (), values: bool = False,
    rederived_by: Iterable[str] = (), closed: bool = False,
) -> Program:  # fmt: skip
    """The derivatives of `of` (default: the outputs) by `wrt` (default: the inputs), as a program.

    values: whether the program computes the outputs too, before their derivatives.
    rederived_by: the names by which the result will be differentiated again; definitions among
    them stay variables of their own, also where a derivative has the same formula.
    closed: whether formulas are simplified through all definitions, to be written as one each.

    A derivative is named `dJ_db`; those by intermediate names are there if others use them.
    The size is linear in that of the program, for each output. Raises UnknownName for a name
    that the program does not have, and InputProblem if there is nothing to differentiate by.
    """
    outputs = list(of) or list(graph.outputs)
    by = list(dict.fromkeys(wrt)) or list(graph.inputs)
    if not by:
        message = "the derivative would be empty: the program has no inputs"
        raise InputProblem(Diagnostic("empty", message, hint="differentiate by a definition: --wrt NAME"))
    if not set(graph.inputs).issuperset([*by, *rederived_by]):
        graph = with_copies(graph)
    tape = Tape(closed)
    arithmetic = Symbols(tape)
    recorded, names = _recorded(graph, arithmetic)
    count = len(tape.nodes)
    wanted = list(outputs) if values else []
    fresh = _Fresh(graph)
    if by == list(graph.inputs) and len(by) == 1:
        found = _tangents(recorded, by[0], names, fresh)
        by_name = {output: {by[0]: found.get(graph.node(output))} for output in outputs}
    else:
        by_name = {}
        for output in outputs:
            adjoints = _adjoints(recorded, output, by, names, fresh)
            by_name[output] = {name: adjoints.get(graph.node(name)) for name in by}
    for output in outputs:
        for name in by:
            wanted.append(by_name[output][name] or fresh.name(output, name))
            names.setdefault(wanted[-1], arithmetic.zero)
    return Program(tape, graph.inputs, names, wanted, fresh.pairs, graph, count)


def as_program(graph: Graph) -> Program:
    """The program itself on a tape, all its definitions wanted: to be written as text."""
    tape = Tape()
    graph = with_copies(graph)  # nothing is written by the name of a definition that computes the same
    _, names = _recorded(graph, Symbols(tape))
    return Program(tape, graph.inputs, names, graph.definitions, {}, graph, len(tape.nodes))


def with_copies(graph: Graph) -> Graph:
    """The graph with each definition replaced by a named copy of its expression.

    Otherwise a derivative with the same expression as a definition would be that definition's
    node, and differentiating it by that name would wrongly give 1.
    """
    first, named = graph.first_operation, graph.name_of
    operations: list[Operation] = []
    origins: list[int | None] = []
    shared: dict[Operation, int] = {}
    place = list(range(first))

    def add(operation: Operation, origin: int) -> int:
        operations.append(operation)
        origins.append(origin)
        return first + len(operations) - 1

    for node, (rule, arguments) in enumerate(graph.operations, first):
        operation = (rule, tuple([place[k] for k in arguments]))
        if node in named and rule is COPY:
            place.append(add(operation, node))
            continue
        if operation not in shared:
            shared[operation] = add(operation, node)
        expression = shared[operation]
        place.append(add((COPY, (expression,)), node) if node in named else expression)
    names = {name: place[node] for name, node in graph.names.items()}
    places = OriginPlaces(graph, origins)
    derived = {number for number, origin in enumerate(origins) if graph.is_derived(origin)}
    return Graph(
        graph.inputs, graph.constants, operations, names, graph.outputs, places, graph.declared, derived
    )


def _recorded(graph: Graph, arithmetic: Symbols) -> tuple[Values, dict[str, int]]:
    """The program itself on the tape: `evaluate`, with a node of its own for each definition."""
    tape = arithmetic.tape
    nodes = [tape.input(name) for name in graph.inputs]
    nodes += map(arithmetic.constant, graph.constants)
    named = graph.name_of
    names = dict(zip(graph.inputs, nodes, strict=False))
    for node, (rule, arguments) in enumerate(graph.operations, graph.first_operation):
        tape.origin = node
        recorded = tape.as_written(rule, tuple([nodes[k] for k in arguments]))
        if node in named:
            recorded = names[named[node]] = _own(tape, recorded)
        nodes.append(recorded)
    return Values(graph, nodes, arithmetic), names


def _own(tape: Tape, node: int, used: Collection[int] = ()) -> int:
    """A definition's own node for an expression, or for what others have `used` already."""
    rule, arguments = tape.nodes[node]
    if rule is None or rule is COPY or node in tape.owned or node in used:
        return tape.definition(COPY, node)
    return tape.definition(rule, *arguments)


def _adjoints(
    values: Values, output: str, by: list[str], names: dict[str, int], fresh: _Fresh
) -> dict[int, str]:
    """Sweep back from one output; for each named node that contributes the name of its adjoint.

    The adjoints of the inputs are defined in the order of `by`.
    """
    graph, arithmetic = values.graph, values.arithmetic
    assert isinstance(arithmetic, Symbols)
    tape = arithmetic.tape
    top, first = graph.node(output), graph.first_operation
    adjoints = seeded(values, top)
    found: dict[int, str] = {}
    used: set[int] = set()

    def settle(node: int) -> None:
        """Give the adjoint of a named node, now complete, a name that all later ones refer to."""
        adjoint = adjoints[node]
        if adjoint is not None and node in graph.name_of and node != top:
            found[node] = fresh.name(output, graph.name_of[node])
            settled = tape.named(arithmetic.or_zero(adjoint))
            names[found[node]] = _own(tape, settled, used)
            adjoints[node] = (adjoint[0], names[found[node]])

    def order() -> Iterator[int]:
        for node in range(top, first - 1, -1):
            settle(node)  # whose adjoint the operations after it made
            tape.origin = node
            yield node

    sweep(values, adjoints, order())
    used.update(*[arguments for rule, arguments in tape.nodes if rule])
    rank = {graph.node(name): k for k, name in enumerate(by)}
    for node in sorted(range(min(len(graph.inputs), top + 1)), key=lambda node: rank.get(node, len(rank))):
        settle(node)
    found[top] = fresh.name(output, output)
    names[found[top]] = arithmetic.one
    return found


def _tangents(values: Values, wrt: str, names: dict[str, int], fresh: _Fresh) -> dict[int, str]:
    """Sweep forward from the one input; for each named node that moves the name of its tangent."""
    graph, arithmetic = values.graph, values.arithmetic
    assert isinstance(arithmetic, Symbols)
    source = graph.node(wrt)
    tangents: dict[int, Any] = {source: arithmetic.seed}

    def order() -> Iterator[int]:
        for node in range(graph.first_operation, len(graph)):
            arithmetic.tape.origin = node
            yield node

    pushforward(graph, values.nodes, arithmetic, tangents, order())
    found: dict[int, str] = {}
    for node in filter(graph.name_of.__contains__, tangents):
        found[node] = fresh.name(graph.name_of[node], wrt)
        names[found[node]] = arithmetic.or_zero(tangents[node])
    return found


class _Fresh:
    """Names of derivatives that the program does not have yet, and of what by what they are."""

    def __init__(self, graph: Graph) -> None:
        self.taken = set(graph.names)
        self.pairs: dict[str, tuple[str, str]] = {}

    def name(self, of: str, wrt: str) -> str:
        name = f"d{of}_d{wrt}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.pairs[name] = (of, wrt)
        return name
