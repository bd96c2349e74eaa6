"""Views of an answer. They only read: no number here that the sweeps did not compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic
from graphdiff.sweep import Derivatives, Values


class Answer(NamedTuple):
    """What was asked and what came out.

    outputs: the nodes whose derivatives were asked for. shown: the names of the rows.
    slopes: for each output its derivatives. edges: (of, wrt, partial), or None when
    not asked for. second: for each output its second derivatives by their labels, those
    that are not 0 by structure. extra: further columns, `jvp` and `hvp J`.
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
        return self.values.nodes[self.values.graph.node(name)]

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
        """What stands beside the nodes: (kind, headers, labels and values)."""
        if self.edges is not None:
            yield "edge", ("edge", "partial"), [(f"d{of}/d{wrt}", value) for of, wrt, value in self.edges]
        if self.second is not None:
            items = [item for entries in self.second.values() for item in entries.items()]
            yield "second", ("second derivative", "value"), items
