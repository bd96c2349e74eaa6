"""Declared inputs: what statements such as `input b = 3 in 0..10` say, and whether it can be so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NoReturn

from graphdiff.diagnostics import GraphdiffError, Mark, SyntaxProblem
from graphdiff.graph import Declaration
from graphdiff.language.lexer import reader
from graphdiff.language.scope import Scope, is_constant

# The binary64 value of the text of an expression that reads no names but constants.
Constant = Callable[[str], float]


def declarations(scope: Scope, constant: Constant) -> Mapping[str, Declaration]:
    """What is declared of each input, in the order of the declarations. Raises GraphdiffError."""
    return {name: _Declared(scope, name, number).read(constant) for name, number in scope.declared.items()}


class _Declared:
    """One declaration: its expressions by what they are, each a mark in the program's text."""

    def __init__(self, scope: Scope, name: str, number: int) -> None:
        self.scope = scope
        self.name = name
        self.number = number
        self.shape = scope.statements[number].shape
        self.marks: dict[str, Mark] = {}
        if self.shape.parts:
            tokens = scope.places.tokens_of(number)
            self.marks = {p.what: Mark(tokens[p.first].start, tokens[p.last].end) for p in self.shape.parts}

    def read(self, constant: Constant) -> Declaration:
        self.refuse_what_is_not_constant()
        numbers = {what: self.number_of(what, constant) for what in self.marks}
        default, low, high = map(numbers.get, ("default", "low", "high"))
        if low is not None and high is not None:
            self.refuse_range(low, high)
            if default is not None and not low <= default <= high:
                hint = f"its range is {self.shown('low')}..{self.shown('high')}, ends included"
                self.refuse(f"the default of '{self.name}' is outside its range", self.marks["default"], hint)
        texts = (self.shown("default"), self.shown("low"), self.shown("high"))
        return Declaration(default, low, high, texts)

    def refuse_what_is_not_constant(self) -> None:
        """Raise for an expression that reads what the program defines, or what is not given yet."""
        scope, statement = self.scope, self.scope.statements[self.number]
        base, hint = scope.bases[self.number], "write a number, or an expression of constants such as pi/4"
        for operand in self.shape.leaves:
            text = statement.operands[operand]
            if is_constant(text) and text not in scope.definitions:
                continue
            why = "the program redefines" if is_constant(text) else "is not a constant"
            mark = scope.places.of_token(base + self.shape.places[operand])
            self.refuse(f"the declaration of '{self.name}' uses '{text}', which {why}", mark, hint)
        for operation, _, token in self.shape.steps:
            if isinstance(operation, int) and statement.operands[operation] in scope.functions:
                message = f"the declaration of '{self.name}' calls a function of the program"
                self.refuse(message, scope.places.of_token(base + token), hint)

    def number_of(self, what: str, constant: Constant) -> float:
        """The value of one of the expressions. Raises with its place in the program."""
        mark, source = self.marks[what], self.scope.source
        try:
            found = constant(source.text[mark.start : mark.end])
        except GraphdiffError as error:
            marks = [m._replace(start=m.start + mark.start, end=m.end + mark.start)
                     for m in error.diagnostic.marks]  # fmt: skip
            raise type(error)(
                error.diagnostic._replace(marks=tuple(marks) or (mark,), node=self.name, source=source)
            ) from None
        if not math.isfinite(found):
            noun = "default" if what == "default" else "range"
            self.refuse(f"the {noun} of '{self.name}' is not finite", mark, "write a finite number")
        return found

    def refuse_range(self, low: float, high: float) -> None:
        if low < high:
            return
        mark = Mark(self.marks["low"].start, self.marks["high"].end)
        hint = f"write the smaller number first: {self.shown('high')}..{self.shown('low')}"
        if low == high:
            hint = f"its ends are the same; a value alone is written  input {self.name} = {self.shown('low')}"
        self.refuse(f"the range of '{self.name}' is empty", mark, hint)

    def shown(self, what: str) -> str:
        """The text of an expression on one line; "" if it is absent."""
        mark = self.marks.get(what)
        if mark is None:
            return ""
        return " ".join(reader().comment.sub("", self.scope.source.text[mark.start : mark.end]).split())

    def refuse(self, message: str, mark: Mark, hint: str) -> NoReturn:
        raise self.scope.error("declaration", message, (mark,), hint, self.name, SyntaxProblem)
