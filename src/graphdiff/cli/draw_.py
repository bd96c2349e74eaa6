"""`graphdiff draw`: the graph as a picture, and as a page to play with."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli.files import replace_file, shown
from graphdiff.cli.inputs import input_texts, inputs_of
from graphdiff.cli.options import colored, names_of, takes_outputs, takes_program_and_inputs
from graphdiff.cli.output import complain, emit, screen
from graphdiff.cli.program import ProgramCommand, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem, listing
from graphdiff.drawing.picture import Picture, picture
from graphdiff.graph import Graph
from graphdiff.parsing import to_number, with_defaults
from graphdiff.sweep import evaluate
from graphdiff.values import Values
from graphdiff.views.drawing import BINARY, FORMATS, written
from graphdiff.views.screen import Screen


@click.command("draw", cls=ProgramCommand)
@takes_program_and_inputs
@takes_outputs
@click.option(
    "--wrt", metavar="NAMES", help="Draw only the paths from these names, and what else their formulas use."
)
@click.option("--only", metavar="NAMES", help="Draw only the paths from these names to the outputs.")
@click.option("--all", "every", is_flag=True, help="Draw every operation, also those without a name.")
@click.option(
    "-o", "--output", metavar="FILE", help="Write FILE; its suffix is the format. - is standard output."
)
@click.option("--to", type=click.Choice(FORMATS), help="The format, if there is no suffix that tells it.")
@click.option("--open", "opens", is_flag=True, help="Show the page in the browser.")
@click.option("--ascii", "plain", is_flag=True, help="Draw lines with - | and +.")
@click.option(
    "--width",
    type=click.IntRange(20, 1000),
    metavar="COLUMNS",
    help="Columns of the picture in the terminal (default: those of the terminal; 80 in a pipe).",
)
@colored
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, wrt: str | None, only: str | None, every: bool, output: str | None,
    to: str | None, opens: bool, plain: bool, width: int | None, **_: Any,
) -> None:  # fmt: skip
    """Draw PROGRAM: boxes for its names, arrows for what they use.

    With values of the inputs, the boxes show values and derivatives, and the arrows the
    partials along them. Without -o the picture is drawn in the terminal. A file's suffix says
    its format: .svg .png .pdf .dot .mmd, or .html for a page with sliders and both passes
    step by step.
    """
    graph = program_of(ctx)
    form = _format(output, to, opens)
    values = _values(ctx, graph, form == "html")
    outputs, paths, strictly = (names_of(graph, text) or [] for text in (of, wrt, only))
    drawn = picture(graph, values, outputs, paths, strictly, every)
    if form is None:
        _in_terminal(drawn, plain, width)
    elif opens:
        _open(written(drawn, "html"))
    else:
        _into(output or "-", form, written(drawn, form))
    for notice in drawn.notices:
        complain(notice, "notice")


def _values(ctx: click.Context, graph: Graph, needed: bool) -> Values | None:
    """The values; None if no input has one. For a page, inputs without a value are 1."""
    given = with_defaults(graph, input_texts(ctx, graph), FLOATS)
    if needed:
        given = dict.fromkeys(graph.inputs, 1.0) | given
        return evaluate(graph, {name: to_number(name, given[name], FLOATS) for name in graph.inputs})
    return evaluate(graph, inputs_of(ctx, graph, FLOATS)) if given or not graph.inputs else None


def _format(output: str | None, to: str | None, opens: bool) -> str | None:
    """What to write: a format of files, or None for the picture in the terminal."""
    if opens:
        if output or to not in (None, "html"):
            message = (
                "--open shows a page from a temporary file; it cannot be combined with -o or another --to"
            )
            raise InputProblem(Diagnostic("usage", message, hint="leave one of them out"))
        return "html"
    if output is None or output == "-" or to is not None:
        return to
    suffix = os.path.splitext(output)[1][1:].lower()
    if suffix not in FORMATS:
        message = f"the suffix of '{output}' is not a format: {listing('.' + form for form in FORMATS)}"
        raise InputProblem(Diagnostic("usage", message, hint="choose one of them, or add --to FORMAT"))
    return suffix


def _in_terminal(drawn: Picture, plain: bool, width: int | None) -> None:
    from graphdiff.views.drawing import terminal

    color, columns, unicode = screen()
    emit(terminal.lines(drawn, Screen(color, width or columns, unicode and not plain)))


def _into(path: str, form: str, data: bytes) -> None:
    if path != "-":
        replace_file(path, data)
        return
    if form in BINARY and sys.stdout.isatty():
        message = f"{form} is not text: it cannot be shown in a terminal"
        raise InputProblem(Diagnostic("usage", message, hint=f"write it to a file:  -o graph.{form}"))
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _open(data: bytes) -> None:
    """Show a page in the browser, from a file that stays when the command has ended."""
    import tempfile
    import webbrowser
    from pathlib import Path

    path = os.path.join(tempfile.mkdtemp(prefix="graphdiff-"), "graph.html")
    replace_file(path, data)
    if not webbrowser.open(Path(path).as_uri()):
        message = "no browser could be opened"
        raise InputProblem(Diagnostic("browser", message, hint=f"open {shown(path)} yourself"))
