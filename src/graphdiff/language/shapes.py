"""Results of lexing and parsing a statement: its tokens, its shape, its operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from graphdiff.rules import Rule

# One step of a shape: the rule (or, of a call, the operand that names the function),
# the registers of its arguments, and its token.
Step = tuple[Rule | int, tuple[int, ...], int]

# The kinds of tokens that are names; `input` and `in` are words of a declaration, too.
NAMES = ("NAME", "INPUT", "IN")


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Part(NamedTuple):
    """An expression of a declaration: "default", "low" or "high", its register and its tokens."""

    what: str
    root: int
    first: int
    last: int


class Shape(NamedTuple):
    """What all statements with the same sequence of token kinds have in common.

    kind: "definition", "function", "answer" or "declaration". name: the operand that is defined
        or declared, or -1.
    parameters: the operands that are a function's parameters.
    leaves: the operands that are read, the registers 0, 1, ...; select_leaves(operands) takes them.
    steps: the operations, each result in the next register. root: the result's register;
        -1 for a declaration, which has parts.
    extents: for each step the first and the last token it covers.
    tokens: how many there are. places: the token of each operand.
    """

    kind: str
    name: int
    parameters: list[int]
    leaves: list[int]
    select_leaves: Callable[[list[str]], Sequence[str]]
    steps: list[Step]
    root: int
    extents: list[tuple[int, int]]
    tokens: int
    places: list[int]
    parts: list[Part]


class Statement(NamedTuple):
    """A shape, the texts of its names and numbers, and where it stands in the program."""

    shape: Shape
    operands: list[str]
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.operands[self.shape.name] if self.shape.name >= 0 else "out"
