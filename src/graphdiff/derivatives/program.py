"""The derivative of a program, as a program: a tape and the names of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from graphdiff.derivatives.places import OriginPlaces
from graphdiff.derivatives.tape import Tape
from graphdiff.graph import Graph, Operation
from graphdiff.rules import COPY


class Program(NamedTuple):
    """A tape and the names of its nodes, to be written as text or read as a graph.

    inputs: those of the program that was differentiated, used or not. wanted: the names that
    were asked for; nodes that they do not need are left out. pairs: which of the names are
    derivatives, as (of, wrt): a name such as da_db_dc would be ambiguous. origin: the program
    that was differentiated; recorded: how many nodes of the tape are that program itself.
    """

    tape: Tape
    inputs: tuple[str, ...]
    names: dict[str, int]
    wanted: list[str]
    pairs: Mapping[str, tuple[str, str]]
    origin: Graph
    recorded: int

    def uses(self) -> list[int]:
        """How often each node is used by those that the wanted names need; 0 for the others."""
        nodes = self.tape.nodes
        uses = [0] * len(nodes)
        for name in self.wanted:
            uses[self.names[name]] = 1
        for node in range(len(nodes) - 1, -1, -1):
            if uses[node]:
                rule, arguments = nodes[node]
                if rule is not None:
                    for argument in arguments:
                        uses[argument] += 1
        return uses

    def graph(self) -> Graph:
        """The program as a graph, made without its text: what the wanted names need.

        Messages about its operations point at those of the original program.
        """
        nodes, origins, uses = self.tape.nodes, self.tape.origins, self.uses()
        place = {self.names[name]: number for number, name in enumerate(self.inputs)}
        constants: list[str] = []
        for node, (rule, text) in enumerate(nodes):
            if rule is None and uses[node] and node not in place:
                place[node] = len(self.inputs) + len(constants)
                constants.append(text)
        first = len(self.inputs) + len(constants)
        operations: list[Operation] = []
        starts: list[int | None] = []
        derivatives, derived = set(), set()
        for node, (rule, arguments) in enumerate(nodes):
            if rule is not None and uses[node]:
                place[node] = first + len(operations)
                if node >= self.recorded:
                    derivatives.add(len(operations))
                elif self.origin.is_derived(origins[node]):
                    derived.add(len(operations))
                operations.append((rule, tuple([place[k] for k in arguments])))
                starts.append(origins[node])
        named: dict[int, str] = {}
        copies: list[str] = []  # second names, and names of numbers and inputs
        for name, node in self.names.items():
            if not uses[node]:
                continue
            if nodes[node][0] is None or node in named:
                copies += [name] if name in self.wanted else []
            else:
                named[node] = name
        names = {name: number for number, name in enumerate(self.inputs)}
        names.update((named[node], place[node]) for node in sorted(named))
        for name in copies:
            if name not in names:
                names[name] = first + len(operations)
                operations.append((COPY, (place[self.names[name]],)))
                starts.append(None)
        used = {argument for _, arguments in operations for argument in arguments}
        used.update(range(len(self.inputs)))  # an input is not an output, also where it is wanted
        outputs = [name for name in dict.fromkeys(self.wanted) if names[name] not in used]
        places = OriginPlaces(self.origin, starts, derivatives)
        derived |= derivatives
        return Graph(
            self.inputs, constants, operations, names, outputs, places, self.origin.declared, derived
        )
