"""`graphdiff derive`: the derivative of a program, as a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from graphdiff.cli.options import names_of, takes_program
from graphdiff.cli.output import emit
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.derivatives.derivation import derive
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.graph import Graph
from graphdiff.views.code import program as view

NOTATIONS = (
    "graphdiff", "python", "numpy", "jax", "c", "fortran", "julia", "javascript", "latex", "sympy",
)  # fmt: skip


class DeriveCommand(ProgramCommand):
    """Its result is a program, of the same inputs: it needs no values."""

    takes_values = False


@click.command("derive", cls=DeriveCommand)
@takes_program
@click.option("--of", metavar="NAMES", help="Differentiate these, not what nothing else uses: --of J,K.")
@click.option("--wrt", metavar="NAMES", help="By these names, not by the inputs: --wrt a,b.")
@click.option("--flat", is_flag=True, help="One closed formula for each derivative, whatever its length.")
@click.option("--to", type=click.Choice(NOTATIONS), default="graphdiff", help="Write it in another notation.")
@click.option("--name", help="What --to calls the function it writes.  [default: gradient]")
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, wrt: str | None, flat: bool, to: str, name: str | None, **_: Any
) -> None:
    """The gradient of PROGRAM as a program.

    The result is a program again: it can be piped to `graphdiff eval -`, or derived once
    more. With --to, a function that returns the value and the gradient.
    """
    if name is not None and to in ("graphdiff", "latex"):
        where = "with --to latex" if to == "latex" else "without --to"
        message = f"--name is what a function is called, and {where} there is none"
        raise InputProblem(Diagnostic("usage", message, hint="write  --to LANGUAGE  or leave --name out"))
    graph = program_of(ctx)
    emit(_lines(graph, names_of(graph, of) or [], names_of(graph, wrt) or [], flat, to, name))


def _lines(
    graph: Graph, of: list[str], wrt: list[str], flat: bool, to: str, name: str | None
) -> Iterator[str]:
    if to == "graphdiff":
        return view.lines(derive(graph, of, wrt, closed=flat), flat)
    from graphdiff.views import code

    name = "gradient" if name is None else name
    return code.lines(derive(graph, of, wrt, values=True, closed=flat), graph, to, name, flat)
