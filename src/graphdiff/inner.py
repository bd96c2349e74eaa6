"""`diff(f, x)` inside a program: the backward sweep run while its graph is being built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from graphdiff.arithmetic.symbols import Symbols
from graphdiff.graph import Graph, Operation
from graphdiff.rules import Rule
from graphdiff.sweep import Values, seeded, sweep
from graphdiff.tape import Tape


def differentiate(tape: GraphTape, output: int, target: int) -> int:
    """The node of d(output)/d(target), written on the tape that holds both.

    Linear in the number of operations between the two.
    """
    between = _between(tape, output, target)
    if output == target:
        return tape.integer(1)
    if not between:
        return tape.integer(0)
    arithmetic = Symbols(tape)
    # The tape is all of a graph that the sweep reads; a node's value is its own number.
    values = Values(cast(Graph, tape), cast(list[Any], range(output + 1)), arithmetic)
    tape.active = bytearray(output + 1)
    for node in (*between, target):
        tape.active[node] = 1
    adjoints = seeded(values, output)
    sweep(values, adjoints, between)
    return int(arithmetic.settled(adjoints[target]))


def _between(tape: GraphTape, output: int, target: int) -> list[int]:
    """The operations on the paths from target to output, the last one first."""
    first, operations = tape.first_operation, tape.operations
    below = set()
    pending = [output]
    while pending:
        node = pending.pop()
        if node not in below and node >= first and node > target:
            below.add(node)
            pending.extend(operations[node - first][1])
    moved = {target}
    for node in sorted(below):
        if any(k in moved for k in operations[node - first][1]):
            moved.add(node)
    moved.discard(target)
    return sorted(moved, reverse=True)


class GraphTape(Tape):
    """The tape whose nodes are those of a graph under construction.

    New operations go to the graph through `add`; a number that the program does not have
    becomes an operation without arguments, because the constants are already numbered.
    """

    def __init__(self, leaves: Sequence[str], operations: list[Operation], add: Callable[[Operation], int]):
        super().__init__()
        self.operations = operations
        self.first_operation = len(leaves)
        self.active = bytearray()
        self.nodes = cast(list[tuple[Rule | None, Any]], _Nodes(leaves, operations))
        self._add = add
        self._literals = {text: node for node, text in enumerate(leaves)}
        for text in leaves:
            if text[0] in "0123456789.":
                self.constant(text)

    def _node(self, key: Any, node: tuple[Rule | None, Any]) -> int:
        rule, payload = node
        if rule is not None:
            return self._add((rule, payload))
        if payload not in self._literals:
            self._literals[payload] = self._add((Rule.literal(payload), ()))
        return self._literals[payload]


class _Nodes:
    """Leaves and operations seen as one sequence of nodes."""

    def __init__(self, leaves: Sequence[str], operations: list[Operation]) -> None:
        self.leaves = leaves
        self.operations = operations

    def __getitem__(self, node: int) -> tuple[Rule | None, Any]:
        count = len(self.leaves)
        return (None, self.leaves[node]) if node < count else self.operations[node - count]

    def __len__(self) -> int:
        return len(self.leaves) + len(self.operations)
