"""Expected formulas, computed beside the program: they become further definitions of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from graphdiff.checking.expectation import Expectation
from graphdiff.derivatives.places import OriginPlaces
from graphdiff.derivatives.quantities import Quantity
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, Source, did_you_mean, listing
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised, reader
from graphdiff.parsing import parse


class ExpectedFormulas:
    """A program with the expected formulas as definitions, under names that it does not have.

    So they see its names, inputs and functions, and change none of its derivatives. Raises
    GraphdiffError, pointing into the formula, for one that is not an expression over the
    program's names.
    """

    def __init__(self, program: Graph, expectations: Sequence[Expectation]) -> None:
        self.program = with_text(program)
        self.expectations = expectations
        self.names: list[str | None] = []  # of each formula's definition; None for a column and for NaN
        self._texts: dict[str, str] = {}  # of the definitions
        for k, e in enumerate(expectations):
            text = None if e.formula is None else _in_the_language(e.formula)
            name = None if text is None else self._unused(f"expected__{k}")
            if name is not None and text is not None:
                _require_expression(text)
                self._texts[name] = text
            self.names.append(name)
        self.graph = self._program_with_definitions()
        self._refuse_unknown_names()

    @property
    def quantities(self) -> list[Quantity]:
        """The values to compute: one for each formula that has a definition."""
        return list(map(Quantity, self._texts))

    def expected(self, values: Sequence[Any], columns: Sequence[Any]) -> Iterator[Any]:
        """What is expected of each quantity, given the values of `quantities` and of a table's columns."""
        formulas, given = iter(values), iter(columns)
        for e, name in zip(self.expectations, self.names, strict=True):
            yield next(given) if e.formula is None else math.nan if name is None else next(formulas)

    def located(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic about the extended program, shown in the text that the user wrote."""
        if not self._texts or not diagnostic.marks or diagnostic.source is None:
            return diagnostic
        start, place = len(self.program.source.text) + 1, diagnostic.marks[0].start
        if place < start:
            return diagnostic._replace(source=self.program.source)
        for name, text in self._texts.items():
            first = start + len(f"{name} = ")
            start = first + len(text) + 1
            if place < start:
                marks = [mark for mark in diagnostic.marks if first <= mark.start < start]
                moved = [m._replace(start=m.start - first, end=m.end - first) for m in marks]
                return diagnostic._replace(marks=tuple(moved), source=Source(text))
        return diagnostic

    def _unused(self, name: str) -> str:
        while name in self.program.names or name in self.program.source.text:
            name += "_"
        return name

    def _program_with_definitions(self) -> Graph:
        if not self._texts:
            return self.program
        source = self.program.source
        definitions = [f"{name} = {text}" for name, text in self._texts.items()]
        try:
            return parse("\n".join([source.text, *definitions]), source.name)
        except GraphdiffError as error:
            raise type(error)(self.located(error.diagnostic)) from None

    def _refuse_unknown_names(self) -> None:
        known = self.program.names
        unknown = next((name for name in self.graph.inputs if name not in known), None)
        if unknown is not None:
            mark = self.graph.places.of_leaf(unknown)
            found = self.located(Diagnostic("name", "", (mark,), "", unknown, self.graph.source))
            hint = did_you_mean(unknown, known) or f"its names are {listing(known)}"
            message = f"the formula uses '{unknown}', which the program does not have"
            raise InputProblem(found._replace(message=message, hint=hint))


def with_text(program: Graph) -> Graph:
    """A program that has a text of its own: a derived one is read from what it prints as."""
    return parse(str(program)) if isinstance(program.places, OriginPlaces) else program


def _in_the_language(formula: str) -> str | None:
    """A formula, with the words for infinity that other programs print replaced; None for NaN."""
    words = {"nan": None, "-nan": None, "infinity": "inf", "+infinity": "inf", "+inf": "inf"}
    return {**words, "-infinity": "-inf"}.get(formula.strip().lower(), normalised(formula))


def _require_expression(formula: str) -> None:
    """Raise for anything but one expression, with the caret in its own text."""
    statements = list(reader().statements(Source(formula)))
    if [statement.shape.kind for statement in statements] != ["answer"]:
        message = f"'{formula}' is not one expression"
        raise InputProblem(Diagnostic("usage", message, hint="write an expression such as 3*c"))
