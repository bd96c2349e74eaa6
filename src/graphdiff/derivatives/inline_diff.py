"""`diff(f, x)` inside a program: a sweep over symbols run while its graph is being built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from graphdiff.derivatives.symbols import Symbols
from graphdiff.derivatives.tape import Tape
from graphdiff.graph import Operation
from graphdiff.rules import CONSTANTS, Rule
from graphdiff.sweep import pushforward


def differentiator(
    leaves: Sequence[str], operations: list[Operation], add: Callable[[Operation], int]
) -> Callable[[int, int], int]:
    """A function that writes d(output)/d(target) into a graph under construction, by node numbers."""
    return partial(differentiate, GraphTape(leaves, operations, add))


def differentiate(tape: GraphTape, output: int, target: int) -> int:
    """The node of d(output)/d(target), written on the tape that holds both.

    One forward sweep, linear in the number of operations between the two. Forward,
    because there is one variable, and because a node's tangent is then the same wherever
    it is asked for: derivatives of derivatives share it, and grow like a polynomial of
    the order, where sweeps back over sweeps back grow like a power.
    """
    arithmetic = Symbols(tape)
    tangents = {target: arithmetic.seed}
    # A node's value is its own number on the tape.
    pushforward(tape, range(output + 1), arithmetic, tangents, _between(tape, output, target))
    return int(arithmetic.or_zero(tangents.get(output)))


def _between(tape: GraphTape, output: int, target: int) -> list[int]:
    """The operations on the paths from target to output, the first one first."""
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
    return sorted(moved)


class GraphTape(Tape):
    """The tape whose nodes are those of a graph under construction.

    New operations go to the graph through `add`; a number that the program does not have
    becomes an operation without arguments, because the constants are already numbered.
    """

    # Quotients by 2*y stay what they are, so that those of one order serve the next.
    cancels = False

    def __init__(self, leaves: Sequence[str], operations: list[Operation], add: Callable[[Operation], int]):
        super().__init__()
        self.operations = operations
        self.first_operation = len(leaves)
        self.nodes = cast(list[tuple[Rule | None, Any]], _Nodes(leaves, operations))
        self._add = add
        self._literals = {text: node for node, text in enumerate(leaves)}
        for text in leaves:
            if text[0] in "0123456789." or text in CONSTANTS:
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
