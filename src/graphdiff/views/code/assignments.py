"""A program as assignments: the walk over its nodes that every language shares.

The assignments are the same in every language; what differs is how a `Notation` writes an
operation, a number and a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphdiff.derivatives.program import Program
from graphdiff.diagnostics import Diagnostic, GraphdiffError
from graphdiff.rules import CONSTANTS, COPY
from graphdiff.views.code.notation import ATOM, Notation, Written

# A closed formula repeats what is shared: it may become this long, in characters. All that is
# written on the way is limited too, because it grows with the square of the depth.
MOST_FLAT = 1_000_000
MOST_WRITTEN = 1_000_000_000


class Assignment(NamedTuple):
    """`name = expression`; whether the name was asked for, and whether it is a condition."""

    name: str
    expression: str
    wanted: bool
    truth: bool = False


def assignments(program: Program, notation: Notation, flat: bool = False) -> Iterator[Assignment]:
    """The definitions that the wanted names need, each after those it uses.

    What is used twice or is long gets a temporary name. With `flat`, nothing does: each
    wanted name is one closed formula. Raises GraphdiffError if that grows too long.
    """
    if flat:
        yield from _closed(program, notation)
        return
    nodes, wanted = program.tape.nodes, set(program.wanted)
    name_of: dict[int, str] = {}
    aliases: list[tuple[str, int]] = []  # second names, and names of constants
    for name, node in program.names.items():
        rule, text = nodes[node]
        if node in name_of or (rule is None and text != name):
            aliases.append((name, node))
        else:
            name_of[node] = name
    uses = program.uses()
    taken = {*map(notation.name, program.names), *program.names, *CONSTANTS}
    written: dict[int, Written] = {}
    count = 0
    for node in write_nodes(program, notation, uses, written):
        expression, name = written[node], name_of.get(node, "")
        is_copy = nodes[node][0] is COPY
        if not name and not is_copy and notation.worth_a_name(node, expression.text, uses[node]):
            while not name or name in taken:
                count += 1
                name = f"{notation.temporary}{count}"
        if name:
            expression = notation.definition(expression, name in wanted)
            yield Assignment(notation.name(name), expression.text, name in wanted, expression.truth)
            written[node] = Written(notation.name(name), ATOM, expression.truth)
    for name, node in aliases:
        if name in wanted:
            expression = notation.definition(written[node], True)
            yield Assignment(notation.name(name), expression.text, True, expression.truth)


def _closed(program: Program, notation: Notation) -> Iterator[Assignment]:
    """Each wanted name as one formula, in the order of `wanted`."""
    nodes, uses = program.tape.nodes, program.uses()
    written: dict[int, Written] = {}
    work = 0
    for node in write_nodes(program, notation, uses, written):
        length = len(written[node].text)
        work += length
        if length > MOST_FLAT or work > MOST_WRITTEN:
            hint = "without --flat the program stays linear in size"
            message = f"a closed formula grows beyond {MOST_FLAT:,} characters"
            if length <= MOST_FLAT:
                message = "the closed formulas take too long to write"
            raise GraphdiffError(Diagnostic("expansion", message, hint=hint))
        for argument in nodes[node][1]:
            uses[argument] -= 1
            if not uses[argument] and nodes[argument][0] is not None:
                del written[argument]  # all its users are written
    for name in program.wanted:
        expression = notation.definition(written[program.names[name]], True)
        yield Assignment(notation.name(name), expression.text, True, expression.truth)


def write_nodes(
    program: Program, notation: Notation, uses: list[int], written: dict[int, Written]
) -> Iterator[int]:
    """Write the nodes that are used and not written yet; yield the node of each operation.

    The caller may replace it in `written`, by a name for example, before its users are written.
    """
    inputs = {program.names[name] for name in program.inputs}
    for node, (rule, arguments) in enumerate(program.tape.nodes):
        if not uses[node]:
            continue
        if rule is None:
            if node not in written:
                written[node] = _leaf(str(arguments), node in inputs, program, notation)
        else:
            written[node] = notation.operation(rule, [written[k] for k in arguments])
            yield node


def _leaf(text: str, is_input: bool, program: Program, notation: Notation) -> Written:
    if is_input:
        return Written(notation.name(text), ATOM)
    if text in CONSTANTS:
        return notation.constant(text, text in program.names)
    return notation.number(text)
