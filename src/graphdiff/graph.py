"""The one noun: a program as a graph of operations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from functools import cached_property

from graphdiff.diagnostics import Diagnostic, Mark, Source, UnknownName, did_you_mean, listing
from graphdiff.language.lexer import Statement, Token, reader
from graphdiff.rules import Rule

# A longer piece of source text is not repeated within a message: its place is shown beside it.
LONGEST_EXCERPT = 40

# What a node does: its rule and the nodes it is applied to.
Operation = tuple[Rule, tuple[int, ...]]


class Graph:
    """A program: its nodes in tape order, each argument before its user. Not to be changed.

    Nodes are numbered: first the inputs, then the constants (the text of a number, or
    the name of a built-in constant), then the operations.

    inputs: their names, in the order in which the text mentions them.
    constants: their texts, as written: each arithmetic reads them at its own precision.
    operations: for each further node its rule and arguments.
    names: the number of the node of each name: inputs, then definitions in tape order.
    outputs: the definitions that no other definition uses.

    A definition has a node of its own, even when another one computes the same: a
    derivative by a name is what moves when that name alone is bumped. What has no
    name is shared: each subexpression stands once.
    """

    def __init__(
        self,
        source: Source,
        inputs: Sequence[str],
        constants: Sequence[str],
        operations: Sequence[Operation],
        names: dict[str, int],
        outputs: Sequence[str],
        statements: Sequence[Statement],
        places: Sequence[int],
    ) -> None:
        self.source = source
        self.inputs = tuple(inputs)
        self.constants = tuple(constants)
        self.operations = operations
        self.names = names
        self.outputs = tuple(outputs)
        self._statements = statements
        self._places = places  # of each operation, the token, counted through the program
        self._last_tokens: dict[int, list[Token]] = {}  # of the statement that was looked at last
        self.first_operation = len(self.inputs) + len(self.constants)

    def __len__(self) -> int:
        return self.first_operation + len(self.operations)

    def __repr__(self) -> str:
        return f"<Graph of {listing(self.outputs, 4)}: {len(self)} nodes>"

    @property
    def definitions(self) -> list[str]:
        """The names that the program defines, in tape order."""
        return list(self.names)[len(self.inputs) :]

    def node(self, name: str) -> int:
        """The number of a named node; UnknownName where there is none."""
        try:
            return self.names[name]
        except KeyError:
            raise self.unknown(name) from None

    def unknown(self, name: str) -> UnknownName:
        """The error of a name that the program does not have."""
        hint = did_you_mean(name, self.names) or f"its names are {listing(self.names)}"
        return UnknownName(Diagnostic("name", f"the program has no '{name}'", hint=hint, node=name))

    @cached_property
    def name_of(self) -> dict[int, str]:
        """The name of each node that has one."""
        return {node: name for name, node in self.names.items()}

    @cached_property
    def active(self) -> bytearray:
        """For each node 1 if its derivative can be asked for: all but what is built of literals."""
        first, count = len(self.inputs), self.first_operation
        active = bytearray(b"\1") * len(self)
        active[first:count] = bytes(count - first)
        named = self.name_of
        for node, (_, arguments) in enumerate(self.operations, count):
            for argument in arguments:
                if active[argument]:
                    break
            else:
                active[node] = node in named
        return active

    def below(self, node: int) -> list[int]:
        """The operations of one definition's own formula, the last first: down to named nodes."""
        return self.beneath(node, self.name_of)

    def beneath(self, node: int, stop: Container[int] = ()) -> list[int]:
        """The operations on which a node depends, itself the first and the last first; not beyond `stop`."""
        first = self.first_operation
        if node < first:
            return []
        found = {node}
        pending = [node]
        while pending:
            for argument in self.operations[pending.pop() - first][1]:
                if argument >= first and argument not in found and argument not in stop:
                    found.add(argument)
                    pending.append(argument)
        return sorted(found, reverse=True)

    @cached_property
    def owner_of(self) -> dict[int, str]:
        """For each operation the first definition, in tape order, that it is part of."""
        named, first, operations = self.name_of, self.first_operation, self.operations
        found: dict[int, str] = {}
        for name in self.definitions:
            pending = [self.names[name]]
            while pending:
                node = pending.pop()
                if node not in found:  # what is below an owned node is owned too
                    found[node] = name
                    pending += [k for k in operations[node - first][1] if k >= first and k not in named]
        return found

    def formula(self, name: str) -> str:
        """The right-hand side of a definition as it was written, on one line; "" for an input."""
        statement = self._defined.get(name)
        if statement is None:
            return ""
        text = reader().comment.sub("", self.source.text[statement.start : statement.end])
        return " ".join((text if statement.shape.name < 0 else text.partition("=")[2]).split())

    @cached_property
    def _defined(self) -> dict[str, Statement]:
        return {s.name: s for s in self._statements if s.shape.kind != "function"}

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions that the program defines."""
        return frozenset(s.name for s in self._statements if s.shape.kind == "function")

    @cached_property
    def _bases(self) -> list[int]:
        return token_bases(self._statements)

    def mark(self, node: int, label: str = "") -> Mark:
        """Where the expression of an operation stands in the source."""
        place = self._places[node - self.first_operation]
        number = bisect_right(self._bases, place) - 1
        statement, token = self._statements[number], place - self._bases[number]
        shape = statement.shape
        extent = next(
            (e for e, (_, _, t) in zip(shape.extents, shape.steps, strict=True) if t == token), (token, token)
        )
        tokens = self._tokens_of(number)
        return Mark(tokens[extent[0]].start, tokens[extent[1]].end, label)

    def leaf_mark(self, text: str) -> Mark:
        """Where the source first reads a name or a number."""
        for number, statement in enumerate(self._statements):
            shape = statement.shape
            for operand in shape.leaves:
                if statement.operands[operand] == text:
                    token = self._tokens_of(number)[shape.places[operand]]
                    return Mark(token.start, token.end)
        raise KeyError(text)

    def _tokens_of(self, number: int) -> list[Token]:
        """The tokens of a statement; those of the last one asked for are kept."""
        known = self._last_tokens
        if number not in known:
            statement = self._statements[number]
            text = self.source.text[statement.start : statement.end]
            known.clear()
            known[number] = reader().tokens(self.source, text, statement.start)
        return known[number]

    def excerpt(self, node: int) -> str:
        """The source text of an operation, on one line; how it is written where that is long."""
        mark = self.mark(node)
        if mark.end - mark.start > LONGEST_EXCERPT:
            return self.operations[node - self.first_operation][0].signature
        return " ".join(self.source.text[mark.start : mark.end].split())


def token_bases(statements: Iterable[Statement]) -> list[int]:
    """For each statement how many tokens stand before it in the program."""
    bases, total = [], 0
    for statement in statements:
        bases.append(total)
        total += statement.shape.tokens
    return bases
