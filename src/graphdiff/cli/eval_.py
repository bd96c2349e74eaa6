"""`graphdiff eval`: the value of every name, and every derivative."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import click

from graphdiff.answers import answer, numbers, with_hvp, with_jvp, with_second
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli.inputs import direction, inputs_of
from graphdiff.cli.options import (
    complete_names,
    complete_quantities,
    listed,
    names_of,
    shown_as,
    takes_outputs,
    takes_program_and_inputs,
)
from graphdiff.cli.output import complain, emit, screen
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.views.answer import FORMATS, lines


@click.command("eval", cls=ProgramCommand)
@takes_program_and_inputs
@takes_outputs
@click.option(
    "--wrt",
    metavar="NAMES",
    shell_complete=complete_names,
    help="Rows to show besides the outputs, such as a,b (default: all names).",
)
@click.option(
    "--get",
    multiple=True,
    metavar="QUANTITIES",
    shell_complete=complete_quantities,
    help="Print only these numbers, such as J,dJ/db,d2J/db2.",
)
@click.option("--edges", "with_edges", is_flag=True, help="Add the partial along each edge.")
@click.option(
    "--order",
    type=click.IntRange(1, 2),
    metavar="N",
    default=1,
    help="2 adds the second derivatives by the inputs.",
)
@click.option("--jvp", metavar="A=1,B=0", help="Add the derivative of every name along this direction.")
@click.option("--hvp", metavar="A=1,B=0", help="Add each output's Hessian times this direction.")
@click.option(
    "--precision",
    type=click.IntRange(1, 100_000),
    metavar="DIGITS",
    help="Compute with this many decimal digits.",
)
@shown_as(*FORMATS)
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, wrt: str | None, get: tuple[str, ...], with_edges: bool,
    form: str | None, precision: int | None, order: int, jvp: str | None, hvp: str | None, **_: Any,
) -> None:  # fmt: skip
    """Compute every value and every derivative of PROGRAM.

    PROGRAM is text such as "J=3*v; v=a+u; u=b*c": definitions in any order. A name
    that it does not define is an input, and becomes an option: --a 5. A declaration,
    such as "input a = 5 in 0..10", gives it a default value and a range. Use - to read
    the program from standard input, -f from a file, -e if it begins with '-'.
    """
    graph = program_of(ctx)
    arithmetic = arithmetic_of(precision)
    inputs = inputs_of(ctx, graph, arithmetic)
    if get:
        others = {"--of": of, "--wrt": wrt, "--edges": with_edges, "--order": order == 2, "--jvp": jvp,
                  "--hvp": hvp, "--format": form}  # fmt: skip
        refuse_beside_get([option for option, given in others.items() if given])
        from graphdiff.derivatives.quantities import quantity

        wanted = [quantity(graph, text) for text in (part for texts in get for part in listed(texts))]
        found, noticed = numbers(graph, inputs, arithmetic, wanted)
        show(map(arithmetic.text, found), noticed)
        return
    form = form or ("table" if sys.stdout.isatty() else "tsv")
    rows = names_of(graph, wrt) or []
    shown = answer(graph, inputs, arithmetic, names_of(graph, of) or [], rows, with_edges or form == "json")
    if order == 2:
        shown = with_second(shown, inputs, rows or graph.inputs)
    if jvp is not None:
        shown = with_jvp(shown, inputs, direction(graph, "--jvp", jvp, arithmetic))
    if hvp is not None:
        shown = with_hvp(shown, inputs, direction(graph, "--hvp", hvp, arithmetic))
    show(lines(shown, form, screen()), shown.notices)


def arithmetic_of(precision: int | None) -> Arithmetic:
    """Python floats, or mpmath numbers with this many digits."""
    if precision is None:
        return FLOATS
    from graphdiff.arithmetic.precise import Precise

    return Precise(precision)


def refuse_beside_get(options: list[str]) -> None:
    """Raise if --get is not alone."""
    if options:
        message = f"{options[0]} cannot be combined with --get, which prints numbers alone"
        hint = "leave one of them out; to get more numbers write  --get J,dJ/db"
        raise InputProblem(Diagnostic("usage", message, hint=hint))


def show(text: Iterable[str], notices: Iterable[Diagnostic]) -> None:
    """Print an answer, then its notices."""
    emit(text)
    for notice in notices:
        complain(notice, "notice")
