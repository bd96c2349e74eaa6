"""graphdiff's own language: the derivative of a program is a program again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment, assignments
from graphdiff.views.code.notation import Language


class Graphdiff(Language):
    """A definition a line, each after those it uses.

    The inputs are declared first, as the program that it comes from has them: their order, also
    of those that the formulas do not use, their defaults and their ranges.
    """

    has_values: ClassVar[bool] = False

    def lines(self, flat: bool = False) -> Iterator[str]:
        found: Iterable[Assignment] = assignments(self.program, self, flat)
        if flat:
            found = list(found)  # it may be refused, and then nothing is to be printed
        declared = self.program.origin.declared
        for name in self.program.inputs:
            yield f"input {name}{declared.get(name, '')}"
        for assignment in found:
            yield f"{assignment.name} = {assignment.expression}"
