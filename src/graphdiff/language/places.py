"""The places of a program's operations, found again from its statements when a message asks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from graphdiff.diagnostics import Mark, Source
from graphdiff.language.lexer import reader
from graphdiff.language.shapes import Statement, Token


class StatementPlaces:
    """Places by token numbers, counted through the program; implements `graphdiff.graph.Places`.

    operations: for each operation the number of its token. A graph of a million nodes keeps
    one integer for each; lines, columns and extents are computed for the few that are shown.
    """

    def __init__(self, source: Source, statements: Sequence[Statement], operations: Sequence[int]) -> None:
        self.source = source
        self._statements = statements
        self._operations = operations
        self._last_tokens: dict[int, list[Token]] = {}  # of the statement that was looked at last

    def of_operation(self, operation: int) -> Mark:
        number, token = self._statement_of(self._operations[operation])
        shape = self._statements[number].shape
        steps = zip(shape.extents, shape.steps, strict=True)
        first, last = next((extent for extent, (_, _, t) in steps if t == token), (token, token))
        tokens = self.tokens_of(number)
        return Mark(tokens[first].start, tokens[last].end)

    def is_derivative(self, operation: int) -> bool:
        return False

    def of_leaf(self, text: str) -> Mark:
        declared = Mark(0, 0)
        for number, statement in enumerate(self._statements):
            shape = statement.shape
            if shape.kind == "declaration":
                declared = self.of_head(number) if statement.name == text else declared
                continue
            for operand in shape.leaves:
                if statement.operands[operand] == text:
                    return self._mark(self.tokens_of(number)[shape.places[operand]])
        return declared

    def of_token(self, place: int) -> Mark:
        """One token, by its number in the program."""
        number, token = self._statement_of(place)
        return self._mark(self.tokens_of(number)[token])

    def of_head(self, number: int, label: str = "") -> Mark:
        """The name that a statement defines or declares, or the whole of a bare expression."""
        tokens, shape = self.tokens_of(number), self._statements[number].shape
        if shape.name >= 0:
            return self._mark(tokens[shape.places[shape.name]])._replace(label=label)
        return Mark(tokens[0].start, tokens[-1].end, label)

    def formula(self, name: str) -> str:
        statement = self._definitions.get(name)
        if statement is None:
            return ""
        text = reader().comment.sub("", self.source.text[statement.start : statement.end])
        return " ".join((text if statement.shape.name < 0 else text.partition("=")[2]).split())

    @cached_property
    def functions(self) -> frozenset[str]:
        return frozenset(s.name for s in self._statements if s.shape.kind == "function")

    @cached_property
    def _definitions(self) -> dict[str, Statement]:
        return {s.name: s for s in self._statements if s.shape.kind in ("definition", "answer")}

    @cached_property
    def _bases(self) -> list[int]:
        return token_bases(self._statements)

    def _statement_of(self, place: int) -> tuple[int, int]:
        """A token of the program as its statement and its number there."""
        number = bisect_right(self._bases, place) - 1
        return number, place - self._bases[number]

    def _mark(self, token: Token) -> Mark:
        return Mark(token.start, token.end)

    def tokens_of(self, number: int) -> list[Token]:
        """The tokens of a statement; those of the last one asked for are kept."""
        known = self._last_tokens.get(number)
        if known is None:
            statement = self._statements[number]
            text = self.source.text[statement.start : statement.end]
            known = reader().tokens(self.source, text, statement.start)
            self._last_tokens = {number: known}
        return known


def token_bases(statements: Iterable[Statement]) -> list[int]:
    """For each statement how many tokens stand before it in the program."""
    bases, total = [], 0
    for statement in statements:
        bases.append(total)
        total += statement.shape.tokens
    return bases
