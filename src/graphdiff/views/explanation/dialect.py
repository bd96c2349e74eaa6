"""How numbers, names, derivatives and formulas are written, for text and Markdown."""

from __future__ import annotations

from typing import ClassVar

from graphdiff.views.code.notation import ATOM, GRAPHDIFF, Notation, Written


class Dialect:
    """The notation of text and Markdown; LaTeX overrides what differs.

    unicode: whether signs and letters that are not ASCII can be written.
    """

    notation: Notation = GRAPHDIFF
    as_written: ClassVar[bool] = True  # whether a formula can be shown as the program has it
    parentheses: ClassVar[tuple[str, str]] = ("(", ")")

    def __init__(self, unicode: bool) -> None:
        self.unicode = unicode
        self.times = " \u00b7 " if unicode else " * "
        self.partial_sign = "\u2202" if unicode else "@"

    def name(self, name: str) -> str:
        return self.source(name)

    def source(self, text: str) -> str:
        """A piece of the program, with escapes where only ASCII can be written."""
        return text if self.unicode else text.encode("ascii", "backslashreplace").decode("ascii")

    def digits(self, text: str) -> Written:
        """A number that is already text."""
        return Written(text, ATOM)

    def number(self, text: str) -> str:
        """A number as one factor or term: in parentheses where it is negative."""
        written = self.digits(text).text
        return f"({written})" if text.startswith("-") else written

    def derivative(self, of: str, wrt: str) -> str:
        return f"d{self.name(of)}/d{self.name(wrt)}"

    def partial(self, of: str, wrt: str) -> str:
        return f"{self.partial_sign}{self.name(of)}/{self.partial_sign}{self.name(wrt)}"

    def second(self, of: str, wrt: str) -> str:
        """The second derivative: d2J/db2, and d2J/dx1^2 after a digit."""
        return f"d2{self.name(of)}/d{self.name(wrt)}{'^' if wrt[-1].isdigit() else ''}2"

    def halved(self, text: str) -> str:
        return f"{text}/2"

    def squared(self, text: str) -> str:
        return f"{text}^2"
