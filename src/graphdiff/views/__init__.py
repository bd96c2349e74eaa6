"""Views of an answer. They only read: no number here that the sweeps did not compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from graphdiff.diagnostics import Diagnostic
from graphdiff.sweep import Derivatives, Values


class Answer(NamedTuple):
    """What was asked and what came out.

    outputs: the nodes whose derivatives were asked for. shown: the names of the rows.
    slopes: for each output its derivatives. edges: (of, wrt, partial), or None when
    not asked for.
    """

    values: Values
    outputs: list[str]
    shown: list[str]
    slopes: dict[str, Derivatives]
    edges: list[tuple[str, str, Any]] | None
    notices: list[Diagnostic]

    def value(self, name: str) -> Any:
        return self.values.nodes[self.values.graph.node(name)]

    def rows(self) -> Iterator[tuple[str, str, Any, list[Any]]]:
        """(name, kind, value, derivative of each output), inputs first, outputs last."""
        graph = self.values.graph
        outputs = {*self.outputs, *graph.outputs}
        groups: dict[str, list[str]] = {"input": [], "intermediate": [], "output": []}
        for name in self.shown:
            inner = "input" if graph.names[name] < len(graph.inputs) else "intermediate"
            groups["output" if name in outputs else inner].append(name)
        for kind, names in groups.items():
            for name in names:
                yield name, kind, self.value(name), [self.slopes[of][name] for of in self.outputs]
