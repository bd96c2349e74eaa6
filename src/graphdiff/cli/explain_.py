"""`graphdiff explain`: the steps of both sweeps, in words and numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli import color
from graphdiff.cli.inputs import inputs_of
from graphdiff.cli.options import names_of, shown_as, takes_program_and_inputs
from graphdiff.cli.output import complain, emit, terminal_width
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.explanation.steps import Explanation, explain
from graphdiff.graph import Graph
from graphdiff.inputs import to_number
from graphdiff.language.lexer import normalised
from graphdiff.sweep import evaluate


@click.command("explain", cls=ProgramCommand)
@takes_program_and_inputs
@click.option("--of", metavar="NAMES", help="Differentiate these, not what nothing else uses: --of J,K.")
@click.option("--only", metavar="NAMES", help="Only what lies between these names and the outputs: --only b.")
@click.option("--bump", "bumps", multiple=True, metavar="B=0.001", help="Show how a change of b travels.")
@shown_as("text", "markdown", "latex")
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, only: str | None, bumps: tuple[str, ...], form: str | None,
    **_: Any,
) -> None:  # fmt: skip
    """Explain the values and derivatives of PROGRAM, step by step.

    Left to right, each value; right to left, each derivative by the chain rule, from
    what is known already. --format markdown and latex are for notes.
    """
    graph = program_of(ctx)
    inputs = inputs_of(ctx, graph, FLOATS)
    outputs, path = names_of(graph, of) or [], names_of(graph, only) or []
    moves = [bump(graph, text) for text in bumps]
    explanation = explain(evaluate(graph, inputs), outputs, path, moves)
    emit(view(explanation, form or "text"))
    for notice in explanation.notices:
        complain(notice, "notice")


def bump(graph: Graph, text: str) -> tuple[str, float]:
    """The name and the change of an option such as `--bump b=0.001`."""
    name, equals, change = (word.strip() for word in normalised(text).partition("="))
    if not equals or not name:
        hint = "write a name and by how much to move its value, as in --bump b=0.001"
        raise InputProblem(Diagnostic("usage", f"'{text}' is no bump", hint=hint))
    graph.node(name)
    by = to_number(name, change, FLOATS)
    if not FLOATS.is_finite(by) or by == 0:
        message = f"a bump by {FLOATS.text(by)} shows nothing"
        hint = f"take a small number, as in --bump {name}=0.001"
        raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    return name, float(by)


def view(explanation: Explanation, form: str) -> Iterator[str]:
    """The lines of an explanation in one of the formats."""
    if form == "markdown":
        from graphdiff.views.explanation import markdown as explain_markdown

        return explain_markdown.lines(explanation, unicode=color.writes_unicode())
    if form == "latex":
        from graphdiff.views.explanation import latex as explain_latex

        return explain_latex.lines(explanation)
    from graphdiff.views.explanation import text as explain

    return explain.lines(
        explanation,
        color=color.wants_color(sys.stdout),
        width=terminal_width(),
        unicode=color.writes_unicode(),
    )
