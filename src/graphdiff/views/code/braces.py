"""What languages with C's operators share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from graphdiff.views.code.frame import ProgrammingLanguage
from graphdiff.views.code.notation import ATOM, CHOICE, OR, SIGNED, Written, inside


class Braces(ProgrammingLanguage):
    """A language with C's operators and comments."""

    comment = ("/*", " * ", " */")
    signs: ClassVar[Mapping[str, str]] = {"and": "&&", "or": "||"}

    def harmless(self, line: str) -> str:
        line = line.replace("??/", "? ?/")  # in C this trigraph is a backslash
        return line.replace("*/", "* /").replace("/*", "/ *")

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        return Written(f"{inside(condition, OR)} ? {inside(yes, OR)} : {inside(no, OR)}", CHOICE)

    def complement(self, condition: Written) -> Written:
        return Written(f"!{inside(condition, ATOM)}", SIGNED)

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        # An `and` within an `or` needs no parentheses, but compilers warn if it has none.
        if sign == "||":
            left, right = (
                side if side.binding != binding + 1 else side._replace(text=f"({side.text})", binding=ATOM)
                for side in (left, right)
            )
        return super().infix(sign, binding, left, right)
