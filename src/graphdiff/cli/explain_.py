"""`graphdiff explain`: the values and the chain rule, step by step."""

from __future__ import annotations

from typing import Any

import click

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli.inputs import inputs_of
from graphdiff.cli.options import complete_names, names_of, shown_as, takes_outputs, takes_program_and_inputs
from graphdiff.cli.output import complain, emit, screen
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.explanation.steps import explain
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.parsing import to_number
from graphdiff.sweep import evaluate
from graphdiff.views.explanation import FORMATS, lines


@click.command("explain", cls=ProgramCommand)
@takes_program_and_inputs
@takes_outputs
@click.option(
    "--only",
    metavar="NAMES",
    shell_complete=complete_names,
    help="Show only the steps between these names, such as b,c, and the outputs.",
)
@click.option(
    "--bump",
    "bumps",
    multiple=True,
    metavar="NAME=CHANGE",
    help="Change a value and compare the outputs with what the derivatives predict.",
)
@shown_as(*FORMATS)
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, only: str | None, bumps: tuple[str, ...], form: str | None,
    **_: Any,
) -> None:  # fmt: skip
    """Explain the values and derivatives of PROGRAM, step by step.

    Each value from left to right, then each derivative by the chain rule, from right to
    left. Markdown and LaTeX are for notes.
    """
    graph = program_of(ctx)
    inputs = inputs_of(ctx, graph, FLOATS)
    outputs, path = names_of(graph, of) or [], names_of(graph, only) or []
    moves = [bump(graph, text) for text in bumps]
    explanation = explain(evaluate(graph, inputs), outputs, path, moves)
    emit(lines(explanation, form or FORMATS[0], screen()))
    for notice in explanation.notices:
        complain(notice, "notice")


def bump(graph: Graph, text: str) -> tuple[str, float]:
    """The name and the change of an option such as `--bump b=0.001`."""
    name, equals, change = (word.strip() for word in normalised(text).partition("="))
    if not equals or not name:
        message = f"expected NAME=CHANGE, got '{text}'"
        raise InputProblem(Diagnostic("usage", message, hint="for example  --bump b=0.001"))
    graph.node(name)
    by = to_number(name, change, FLOATS)
    if not FLOATS.is_finite(by) or by == 0:
        message = f"expected a finite change other than 0, got {FLOATS.text(by)}"
        hint = f"for example  --bump {name}=0.001"
        raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    return name, float(by)
