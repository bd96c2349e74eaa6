"""The places of operations that were made from those of another graph."""

from __future__ import annotations

from collections.abc import Sequence

from graphdiff.diagnostics import Mark, Source
from graphdiff.graph import Graph


class OriginPlaces:
    """Each operation stands where the one that it comes from does; implements `Places`.

    origins: for each operation a node of `graph`; None, or a leaf, for the first output.
    """

    def __init__(self, graph: Graph, origins: Sequence[int | None]) -> None:
        self._graph = graph
        self._origins = origins

    @property
    def source(self) -> Source:
        return self._graph.source

    @property
    def functions(self) -> frozenset[str]:
        return self._graph.places.functions

    def of_operation(self, operation: int) -> Mark:
        graph, node = self._graph, self._origins[operation]
        if node is None or node < graph.first_operation:
            node = graph.node(graph.outputs[0])
        return graph.mark(node)

    def of_leaf(self, text: str) -> Mark:
        """Where the program reads it; the beginning of the text for a number that it does not have."""
        try:
            return self._graph.places.of_leaf(text.removeprefix("-"))
        except KeyError:
            return Mark(0, 0)

    def formula(self, name: str) -> str:
        return self._graph.formula(name)
