"""Where the expressions of a graph stand in a text: what messages point at."""

from __future__ import annotations

from typing import Protocol

from graphdiff.diagnostics import Mark, Source


class Places(Protocol):
    """Answers where a graph's operations and leaves stand in the text that they come from.

    The graph itself knows no text: that of a program is found from its tokens, that of a
    derivative from the operations that were differentiated.
    """

    @property
    def source(self) -> Source:
        """The text."""

    @property
    def functions(self) -> frozenset[str]:
        """The names of the functions that the program defines."""

    def of_operation(self, operation: int) -> Mark:
        """The expression of an operation, counted from 0; its label is empty."""

    def is_derivative(self, operation: int) -> bool:
        """Whether the operation belongs to the derivative of the expression at its place."""

    def of_leaf(self, text: str) -> Mark:
        """Where a name or a number is first read; if it never is, its declaration or the text's beginning."""

    def formula(self, name: str) -> str:
        """The right-hand side of a definition as it was written, on one line; "" for other names."""
