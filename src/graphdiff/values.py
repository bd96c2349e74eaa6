"""What a forward sweep found: the value of every node, and which of them are undefined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, UndefinedOperation
from graphdiff.display import Displayed, short
from graphdiff.graph import Graph


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
        self.refuse_undefined([self.graph.node(name)])
        return self.rounded(name)

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

    def rounded(self, name: str) -> Any:
        """The value of a name, defined or not: the number that is shown."""
        return self.arithmetic.rounded(self.nodes[self.graph.node(name)])

    def numbers(self) -> list[Any]:
        """The values of all nodes as numbers that are shown."""
        return list(map(self.arithmetic.rounded, self.nodes))

    def env(self, node: int) -> tuple[Any, ...]:
        """The value of an operation and those of its arguments: what the formulas of its rule take."""
        nodes = self.nodes
        return (nodes[node], *[nodes[k] for k in self.graph.operation(node)[1]])

    def inputs(self, row: int) -> dict[str, float]:
        """The inputs of one row, where the arithmetic computes many at once."""
        return {name: self.arithmetic.row(self.nodes[k], row) for k, name in enumerate(self.graph.inputs)}

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
        """The first undefined operation on which the value of one of `nodes` depends.

        Or one of `nodes` itself, if its value is finite but beyond the range of the caller's numbers.
        """
        nodes = list(nodes)
        if self.suspects:
            marked = self.needed(nodes)
            for node in self.suspects:
                if marked[node] and self.undefined(node):
                    return node
        is_finite, rounded = self.arithmetic.is_finite, self.arithmetic.rounded
        beyond = (k for k in nodes if is_finite(self.nodes[k]) and not is_finite(rounded(self.nodes[k])))
        return next(beyond, None)

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
