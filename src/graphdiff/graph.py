"""The one noun: a program as a graph of operations."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

from graphdiff.diagnostics import Diagnostic, Mark, Source, UnknownName, did_you_mean, listing, shortened
from graphdiff.display import Displayed
from graphdiff.rules import Rule

# A longer piece of source text is not repeated within a message: its place is shown beside it.
LONGEST_EXCERPT = 40

# What a node does: its rule and the nodes it is applied to.
Operation = tuple[Rule, tuple[int, ...]]


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


class Declaration(NamedTuple):
    """What a program declares of an input: `input b = 3 in 0..10`.

    default: its value where none is given. low, high: where the program is meant to be used,
    ends included; both finite, low < high. None where not declared. texts: the three as written,
    "" where not declared: an arithmetic of more digits reads them at its own precision.
    """

    default: float | None = None
    low: float | None = None
    high: float | None = None
    texts: tuple[str, str, str] = ("", "", "")

    def __str__(self) -> str:
        """What follows the name: "", " = 3", " in 0..10" or " = 3 in 0..10"."""
        default, low, high = self.texts
        dots = " .. " if low.endswith(".") or high.startswith(".") else ".."
        return (f" = {default}" if default else "") + (f" in {low}{dots}{high}" if low else "")


class Graph(Displayed):
    """A program: its nodes in topological order, each argument before its user. Immutable.

    Prints as text of the language that computes the same: functions and `diff` written out.

    Nodes are numbered: first the inputs, then the constants (the text of a number, or
    the name of a built-in constant), then the operations.

    inputs: their names: the declared ones first, then in the order in which the text mentions them.
    constants: their texts, as written: each arithmetic reads them at its own precision.
    operations: for each further node its rule and arguments.
    names: the number of the node of each name: inputs, then definitions in topological order.
    outputs: the definitions that no other definition uses.
    places: where the operations stand in a text, for messages.
    declared: what is declared of inputs, by their names; the others have no entry.
    derived: the operations, counted from 0, that a differentiation made.

    A definition has a node of its own, even when another one computes the same: a
    derivative by a name is what moves when that name alone is bumped. What has no
    name is shared: each subexpression stands once.
    """

    def __init__(
        self, inputs: Sequence[str], constants: Sequence[str], operations: Sequence[Operation],
        names: dict[str, int], outputs: Sequence[str], places: Places,
        declared: Mapping[str, Declaration] | None = None, derived: Container[int] = (),
    ) -> None:  # fmt: skip
        self.inputs = tuple(inputs)
        self.constants = tuple(constants)
        self.operations = operations
        self.names = names
        self.outputs = tuple(outputs)
        self.places = places
        self.declared = declared or {}
        self.derived = derived
        self.first_operation = len(self.inputs) + len(self.constants)

    def __len__(self) -> int:
        return self.first_operation + len(self.operations)

    def __repr__(self) -> str:
        return f"<Graph of {listing(self.outputs, 4)}: {len(self)} nodes>"

    @property
    def definitions(self) -> list[str]:
        """The names that the program defines, in topological order."""
        return list(self.names)[len(self.inputs) :]

    def node(self, name: str) -> int:
        """The number of a named node; UnknownName if the graph does not have it."""
        try:
            return self.names[name]
        except KeyError:
            raise self.unknown(name) from None

    def operation(self, node: int) -> Operation:
        """The rule and the arguments of a node that is an operation."""
        return self.operations[node - self.first_operation]

    def is_derived(self, node: int | None) -> bool:
        """Whether a node is an operation that a differentiation made."""
        return node is not None and node - self.first_operation in self.derived

    def unknown(self, name: str) -> UnknownName:
        """The error of a name that the program does not have."""
        name = str(name)  # `None in values` asks, too
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

    def depends(self, node: int, other: int) -> bool:
        """Whether the formula of a node, all that is below it included, has another node, or is it."""
        operations = (self.operation(k)[1] for k in self.beneath(node))
        return node == other or any(other in arguments for arguments in operations)

    @cached_property
    def owner_of(self) -> dict[int, str]:
        """For each operation the first definition, in topological order, that it is part of."""
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

    @property
    def source(self) -> Source:
        """The text that the places of the graph's operations are in."""
        return self.places.source

    def formula(self, name: str) -> str:
        """The right-hand side of a definition as it was written, on one line; "" for an input."""
        return self.places.formula(name)

    def mark(self, node: int, label: str = "") -> Mark:
        """Where the expression of an operation stands in the source."""
        mark = self.places.of_operation(node - self.first_operation)
        return mark._replace(label=label) if label else mark

    def excerpt(self, node: int) -> str:
        """The source text of an operation, on one line; its beginning where it is long."""
        mark = self.mark(node)
        return shortened(" ".join(self.source.text[mark.start : mark.end].split()), LONGEST_EXCERPT)

    def text_of(self, node: int) -> str:
        """What messages call the value of a node: its name, its number, or the text of its operation."""
        if node in self.name_of:
            return self.name_of[node]
        if node < self.first_operation:
            return self.constants[node - len(self.inputs)]
        return self.excerpt(node)

    def description(self, node: int) -> str:
        """What messages call an operation: its text in quotes, or the derivative of that."""
        derivative = self.places.is_derivative(node - self.first_operation)
        return f"the derivative of '{self.excerpt(node)}'" if derivative else f"'{self.excerpt(node)}'"
