"""graphdiff's own language: the derivative of a program is a program again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from graphdiff.language.scope import DECLARES
from graphdiff.views.code.assignments import Assignment, assignments
from graphdiff.views.code.notation import Language


class Graphdiff(Language):
    """A definition a line, each after those it uses.

    The first line names the inputs, so that the result takes those of the program it comes
    from, also the ones that its formulas do not use.
    """

    has_values: ClassVar[bool] = False

    def lines(self, flat: bool = False) -> Iterator[str]:
        found: Iterable[Assignment] = assignments(self.program, self, flat)
        if flat:
            found = list(found)  # it may be refused, and then nothing is to be printed
        if self.program.inputs:
            yield f"{DECLARES} {', '.join(self.program.inputs)}"
        for assignment in found:
            yield f"{assignment.name} = {assignment.expression}"
