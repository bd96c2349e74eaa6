"""`graphdiff derive`: the derivative of a program, as a program."""

from __future__ import annotations

from typing import Any

import click

from graphdiff.cli.options import complete_names, names_of, takes_outputs, takes_program
from graphdiff.cli.output import emit
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.derivatives.derivation import derive
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.views import code


class DeriveCommand(ProgramCommand):
    """Its result is a program of the same inputs: it needs no values."""

    takes_values = False


@click.command("derive", cls=DeriveCommand)
@takes_program
@takes_outputs
@click.option(
    "--wrt",
    metavar="NAMES",
    shell_complete=complete_names,
    help="Names to differentiate by, as a,b (default: the inputs).",
)
@click.option("--flat", is_flag=True, help="Write each derivative as one closed formula.")
@click.option(
    "--to", type=click.Choice([*code.LANGUAGES]), default="graphdiff", help="The language of the result."
)
@click.option("--name", help="Name of the function that --to writes.  [default: gradient]")
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, wrt: str | None, flat: bool, to: str, name: str | None, **_: Any
) -> None:
    """Write the derivatives of PROGRAM as a program.

    The result is again a program, which `graphdiff eval -` can evaluate and
    `graphdiff derive -` can differentiate. With --to, it is a function that
    returns the values and their derivatives, or LaTeX: see graphdiff help notations.
    """
    language = code.language(to)
    if name is not None and not language.has_name:
        message = "--name needs --to LANGUAGE"
        if to != "graphdiff":
            message = f"--name names a function, and --to {to} writes formulas"
        raise InputProblem(Diagnostic("usage", message, hint="write  --to LANGUAGE  or leave --name out"))
    graph = program_of(ctx)
    derived = derive(
        graph, names_of(graph, of) or [], names_of(graph, wrt) or [], language.has_values, closed=flat
    )
    emit(language(derived, "gradient" if name is None else name).lines(flat))
