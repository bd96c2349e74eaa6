"""The equations of an explanation: definitions with their numbers, partials, and the chain rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from graphdiff.explanation.steps import Derivative, Edge
from graphdiff.graph import Operation
from graphdiff.rules import CALLABLE
from graphdiff.views.explanation.writer import CHOICES, MOST_OPERATIONS, Expression, Writer

MOST_TERMS = 40  # a sum over more edges is not written out
LONGEST_SOURCE = 8 * MOST_OPERATIONS  # characters of a formula that is shown as the program has it

CALL = re.compile(r"([^\W\d]\w*)\s*\(")
BUILT_IN = {*CALLABLE, "and", "or", "not"}
# Whether a formula is a condition, once everything in parentheses is removed.
CONDITION = re.compile(r"[<>=!]|\b(?:and|or|not)\b")
INNERMOST = re.compile(r"\([^()]*\)")


class Equation(NamedTuple):
    """`left = member = member`, all of one value, and a remark on it."""

    left: str
    members: list[str]
    note: str = ""


def definition(write: Writer, name: str) -> Equation:
    """`u = b*c = 3*2 = 6`: as the program has it, with names, with numbers, its value."""
    graph = write.values.graph
    leaves, root = len(graph.inputs), graph.node(name)
    operations = {node: graph.operation(node) for node in reversed(graph.below(root))}
    source = graph.formula(name)
    calls = any(f in graph.places.functions or f not in BUILT_IN for f in CALL.findall(source))

    whole = Expression(operations, root, graph.name_of, lambda node: graph.constants[node - leaves])
    resolved = whole._replace(resolved=True)
    members: list[str | None] = []
    if calls and write.dialect.as_written:
        members.append(_source(write, source) if len(source) <= LONGEST_SOURCE else None)
    elif any(rule in CHOICES for rule, _ in operations.values()):
        members.append(write.with_names(whole))
    numbers = write.with_numbers(resolved, write.values.nodes[root])
    members += [write.with_names(resolved), *numbers]
    note = "" if len(numbers) > 1 else f"{len(operations):,} operations"
    return Equation(write.dialect.name(name), _chain(members), note)


def partial(write: Writer, edge: Edge) -> Equation:
    """`du/db = c = 2`."""
    nodes = write.explanation.tape.nodes
    operations: dict[int, Operation] = {}
    pending = [edge.node]
    while pending and len(operations) <= MOST_OPERATIONS:
        node = pending.pop()
        rule, arguments = nodes[node]
        if rule is not None and node not in operations:
            operations[node] = (rule, arguments)
            pending += arguments

    members: list[str | None] = [write.value(edge.value)]
    if len(operations) <= MOST_OPERATIONS:
        ordered, names = dict(sorted(operations.items())), write.explanation.names
        formula = Expression(ordered, edge.node, names, lambda node: nodes[node][1])
        members = [write.with_names(formula), *write.with_numbers(formula, edge.value)]
    return Equation(_along(write, edge), _chain(members))


def chain_rule(write: Writer, step: Derivative) -> Equation:
    """`dJ/db = dJ/du * du/db = 3 * 2 = 6`, a sum over the edges into the users of b."""
    times = write.dialect.times
    left = write.dialect.derivative(step.of, step.wrt)
    if len(step.terms) > MOST_TERMS:
        return Equation(left, [write.value(step.value)], f"a sum over {len(step.terms):,} edges")
    digits = write.text if _adds_up(write, step) else write.whole
    symbols, numbers = [], []
    for adjoint, edge in step.terms:
        symbol, number = _along(write, edge), write.factor(edge.value, digits)
        if edge.of != step.of:
            symbol = f"{write.dialect.derivative(step.of, edge.of)}{times}{symbol}"
            number = f"{write.factor(adjoint, digits)}{times}{number}"
        symbols.append(symbol)
        numbers.append(number)
    members: list[str | None] = [" + ".join(symbols), " + ".join(numbers)]
    if members[0] == left:
        members = []
    elif len(numbers) == 1 and times not in numbers[0]:
        members = members[:1]
    return Equation(left, _chain([*members, write.value(step.value, digits)]))


def _along(write: Writer, edge: Edge) -> str:
    """The derivative along an edge: a partial where other paths lead to the same name."""
    return (write.dialect.derivative if edge.total else write.dialect.partial)(edge.of, edge.wrt)


def _adds_up(write: Writer, step: Derivative) -> bool:
    """Whether the products of the numbers shown add up to the derivative."""
    total = sum(write.as_shown(adjoint) * write.as_shown(edge.value) for adjoint, edge in step.terms)
    return write.close(total, step.value)


def _source(write: Writer, text: str) -> str:
    """A formula as the program has it, as the member of an equation."""
    outside, inner = text, 1
    while inner:
        outside, inner = INNERMOST.subn("", outside)
    return write.enclosed(write.dialect.source(text), bool(CONDITION.search(outside)))


def _chain(members: Sequence[str | None]) -> list[str]:
    """The members that are there, without repeating the one before."""
    found: list[str] = []
    for member in members:
        if member is not None and (not found or member != found[-1]):
            found.append(member)
    return found
