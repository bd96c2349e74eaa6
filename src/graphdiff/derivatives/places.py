"""The places of operations that were made from those of another graph."""

from __future__ import annotations

from collections.abc import Container, Sequence

from graphdiff.diagnostics import Mark, Source
from graphdiff.graph import Graph


class OriginPlaces:
    """Each operation stands where the one that it comes from does; implements `Places`.

    origins: for each operation a node of `graph`; None, or a leaf, for the first output.
    derivatives: the operations that belong to the derivative of their origin.
    """

    def __init__(self, graph: Graph, origins: Sequence[int | None], derivatives: Container[int] = ()) -> None:
        self._graph = graph
        self._origins = origins
        self._derivatives = derivatives

    @property
    def source(self) -> Source:
        return self._graph.source

    @property
    def functions(self) -> frozenset[str]:
        return self._graph.places.functions

    def of_operation(self, operation: int) -> Mark:
        return self._graph.mark(self._origin(operation))

    def is_derivative(self, operation: int) -> bool:
        graph = self._graph
        if operation in self._derivatives:
            return True
        return graph.places.is_derivative(self._origin(operation) - graph.first_operation)

    def _origin(self, operation: int) -> int:
        graph, node = self._graph, self._origins[operation]
        if node is None or node < graph.first_operation:
            return graph.node(graph.outputs[0])
        return node

    def of_leaf(self, text: str) -> Mark:
        """Where the program reads it; the beginning of the text for a number that it does not have."""
        return self._graph.places.of_leaf(text.removeprefix("-"))

    def formula(self, name: str) -> str:
        return self._graph.formula(name)
