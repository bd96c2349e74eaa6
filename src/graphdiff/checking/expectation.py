"""Expectations: which quantity is expected to be what, within which tolerance."""

from __future__ import annotations

from typing import NamedTuple

from graphdiff.checking.tolerance import Tolerance
from graphdiff.derivatives.quantities import Quantity, quantity
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.graph import Graph


class Location(NamedTuple):
    """Where an expectation is written: a file and a line."""

    file: str
    line: int


def location_of(diagnostic: Diagnostic) -> Location | None:
    """The file and the line of a message; None if it has none."""
    if diagnostic.source is None or not diagnostic.source.name or not diagnostic.marks:
        return None
    return Location(diagnostic.source.name, diagnostic.source.locate(diagnostic.marks[0].start)[0])


class Expectation(NamedTuple):
    """What is expected of a quantity: a formula over the program's names, or a column of a table."""

    quantity: Quantity
    formula: str | None  # None: the values are a table's
    tolerance: Tolerance = Tolerance()
    location: Location | None = None

    @property
    def label(self) -> str:
        return self.quantity.label if self.formula is None else f"{self.quantity.label} = {self.formula}"


def expectation(
    graph: Graph, text: str, tolerance: Tolerance, location: Location | None = None
) -> Expectation:
    """An expectation as written: `dJ/db = 3*c`. Raises GraphdiffError for any other text."""
    left, equals, right = text.partition("=")
    if not equals or not left.strip() or not right.strip() or right[0] == "=" or left[-1] in "<>!":
        message = f"expected QUANTITY = FORMULA, got '{text.strip()}'"
        hint = "use a single '=', as in  dJ/db = 3*c  or  J=33"
        raise InputProblem(Diagnostic("usage", message, hint=hint))
    return expectation_of(graph, left, right, tolerance, location)


def expectation_of(
    graph: Graph, of: str, formula: str, tolerance: Tolerance, location: Location | None = None
) -> Expectation:
    """The expectation of a quantity, `dJ/db`, and a formula, `3*c`."""
    return Expectation(quantity(graph, of.strip()), formula.strip(), tolerance, location)
