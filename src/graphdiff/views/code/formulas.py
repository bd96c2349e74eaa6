"""Rules with a `value`, written by that formula: no language needs an entry for them."""

from __future__ import annotations

from functools import cache

from graphdiff.derivatives.program import Program
from graphdiff.derivatives.tape import Tape
from graphdiff.diagnostics import Source
from graphdiff.language.builder import build
from graphdiff.rules import Rule
from graphdiff.views.code.assignments import write_nodes
from graphdiff.views.code.notation import Notation, Written


@cache
def formula_of(rule: Rule) -> Program:
    """The formula of a rule's value as a program of its parameters, whose only output is y."""
    graph = build(Source(f"y = {rule.value}"))
    tape = Tape()
    nodes = [*map(tape.input, graph.inputs), *map(tape.constant, graph.constants)]
    for operation, arguments in graph.operations:
        nodes.append(tape.as_written(operation, tuple(nodes[k] for k in arguments)))
    names = {name: nodes[node] for name, node in graph.names.items()}
    return Program(tape, graph.inputs, names, ["y"], {}, graph, len(tape.nodes))


@cache
def uses_all_once(rule: Rule) -> bool:
    """Whether the formula of a rule's value uses each parameter, and each result on the way, only once."""
    program = formula_of(rule)
    inputs = [program.names[name] for name in program.inputs]
    uses, nodes = program.uses(), program.tape.nodes
    return all(uses[k] < 2 for k, (operation, _) in enumerate(nodes) if operation or k in inputs)


def expanded(rule: Rule, arguments: list[Written], notation: Notation) -> Written:
    """The formula of a rule's value as one expression of its arguments."""
    program = formula_of(rule)
    given = dict(zip(rule.parameters, arguments, strict=True))
    written = {program.names[name]: given[name] for name in program.inputs}
    for _ in write_nodes(program, notation, program.uses(), written):
        pass
    return written[program.names["y"]]
