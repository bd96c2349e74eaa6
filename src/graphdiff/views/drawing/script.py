"""The numbers of the page as JavaScript, as `derive --to javascript` writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.drawing.live import Live
from graphdiff.drawing.picture import Picture
from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.frame import packed
from graphdiff.views.code.javascript import JavaScript

FUNCTION = "compute"


class Everything(JavaScript):
    """One function that returns the values of all wanted names in an array."""

    def body(self, found: list[Assignment]) -> Iterator[str]:
        yield from packed(f"function {self.function}(", self.inputs, ") {")
        for assignment in found:
            yield f"  const {assignment.name} = {assignment.expression};"
        yield from packed("  return [", [self.names[name] for name in self.program.wanted], "];")
        yield "}"


def function(found: Live) -> str:
    """The function of the inputs, and the helpers that it calls."""
    body, helpers = Everything(found.program, FUNCTION).written(False)
    return "\n".join([*helpers, *body])


def data(picture: Picture, found: Live) -> dict[str, Any]:
    """Which number of the function's array says what, and the graph that the page needs beside it."""
    graph = picture.graph
    box_of = {box.name: k for k, box in enumerate(picture.boxes) if box.name}
    place = {name: k for k, name in enumerate(found.program.wanted)}

    def places(names: list[str]) -> list[int]:
        return [place.get(name, -1) for name in names]

    return {
        "inputs": [box_of.get(name, -1) for name in graph.inputs],
        "constants": [_number(text) for text in graph.constants],
        "infinite": [text == "inf" for text in graph.constants],
        "operations": [list(arguments) for _, arguments in graph.operations],
        "values": places(found.operations),
        "taken": {str(k): places(names) for k, names in found.taken.items()},
        "kinks": [[k, box_of.get(graph.owner_of.get(k, ""), -1), place[n]] for k, n in found.kinks.items()],
        "derivatives": [places(row) for row in found.derivatives],
        "partials": places(found.partials),
        "passes": places(found.passes),
    }


def _number(text: str) -> float | str:
    value = float(FLOATS.constant(text))
    return value if math.isfinite(value) else "Infinity"
