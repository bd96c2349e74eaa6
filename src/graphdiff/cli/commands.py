"""The commands. Each reads its arguments, calls the verbs and chooses a view."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from graphdiff import __version__
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli import color
from graphdiff.cli.options import takes_program_and_inputs
from graphdiff.cli.program import ProgramCommand, inputs_of, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.graph import Graph
from graphdiff.notices import notices
from graphdiff.sweep import Values, derivatives, edges, evaluate
from graphdiff.views import Answer


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="graphdiff %(version)s")
def cli() -> None:
    """Values and derivatives of formulas.

    \b
    graphdiff eval "J=3*v; v=a+u; u=b*c" --a 5 --b 3 --c 2

    Exit status: 0 answered, 1 a check failed, 2 no answer (usage, syntax, a missing
    input, an undefined operation), 70 a defect of graphdiff, 130 interrupted.
    """


@cli.command("eval", cls=ProgramCommand)
@takes_program_and_inputs
@click.option("--of", metavar="NAMES", help="Differentiate these, not what nothing else uses: --of J,K.")
@click.option("--wrt", metavar="NAMES", help="Show only the rows of these names (and of --of): --wrt a,b.")
@click.option("--get", multiple=True, metavar="WHAT", help="Print one number alone: J, or dJ/db.")
@click.option("--edges", "with_edges", is_flag=True, help="Add the partial along each edge alone.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "tsv", "markdown"]),
    help="Default: a table on a terminal, else tsv.",
)  # fmt: skip
@click.option(
    "--precision",
    type=click.IntRange(1, 100_000),
    metavar="DIGITS",
    help="Compute with so many decimal digits.",
)
@click.option(
    "--color", "colors", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True
)
@click.pass_context
def eval_(
    ctx: click.Context, /, of: str | None, wrt: str | None, get: tuple[str, ...], with_edges: bool,
    form: str | None, precision: int | None, colors: str, **_: Any,
) -> None:  # fmt: skip
    """Value of every name in PROGRAM, and every derivative.

    PROGRAM is text such as "J=3*v; v=a+u; u=b*c": definitions in any order. A name
    that it does not define is an input, and becomes an option: --a 5. Use - for a
    program on standard input, -f for a file, -e for one that begins with '-'.
    """
    color.choice = colors
    graph = program_of(ctx)
    arithmetic = arithmetic_of(precision)
    outputs = names_of(graph, of) or list(graph.outputs)
    rows = names_of(graph, wrt)
    wanted = [quantity(graph, what) for what in get]
    if wanted:
        outputs = list(dict.fromkeys(name for name, _ in wanted))
    values = evaluate(graph, inputs_of(ctx, graph, arithmetic), arithmetic)
    if wanted:
        emit_numbers(values, wanted)
        return
    shown = list(graph.names) if rows is None else [n for n in graph.names if n in rows or n in outputs]
    slopes = derivatives(values, outputs)
    form = form or ("table" if sys.stdout.isatty() else "tsv")
    local = (
        [e for e in edges(values) if e[0] in shown or rows is None] if with_edges or form == "json" else None
    )
    noticed = notices(values, slopes, shown, rows or shown)
    answer = Answer(values, outputs, shown, slopes, local, noticed)
    show(answer, form)


def show(answer: Answer, form: str) -> None:
    """Print an answer in one of the formats, and its notices."""
    from graphdiff.cli.run import complain, emit

    emit(view(answer, form))
    sys.stdout.flush()
    for notice in answer.notices:
        complain(notice, "notice")


def view(answer: Answer, form: str) -> Iterator[str]:
    """The lines of an answer. Each view is imported when it is used: the table costs Rich."""
    if form == "json":
        from graphdiff.views import json

        return json.lines(answer)
    if form == "markdown":
        from graphdiff.views import markdown

        return markdown.lines(answer)
    if form == "table":
        from graphdiff.views import table

        width = None
        if sys.stdout.isatty():
            import shutil

            width = shutil.get_terminal_size().columns
        return table.lines(
            answer, color=color.wants_color(sys.stdout), width=width, unicode=color.writes_unicode()
        )
    from graphdiff.views import delimited

    return delimited.csv_lines(answer) if form == "csv" else delimited.tsv_lines(answer)


def arithmetic_of(precision: int | None) -> Arithmetic:
    """Python floats, or mpmath where digits are asked for."""
    if precision is None:
        return FLOATS
    from graphdiff.arithmetic.precise import Precise

    return Precise(precision)


def names_of(graph: Graph, text: str | None) -> list[str] | None:
    """The names of an option such as `--of J,K`, each one the program's."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        graph.node(name)
    return list(dict.fromkeys(names))


def quantity(graph: Graph, text: str) -> tuple[str, str | None]:
    """A value or a derivative by its name: `J` is (J, None), `dJ/db` is (J, b)."""
    if text in graph.names:
        return text, None
    top, slash, bottom = text.partition("/")
    if slash and top[:1] == "d" and bottom[:1] == "d":
        for name in (top[1:], bottom[1:]):
            graph.node(name)
        return top[1:], bottom[1:]
    if slash:
        hint = "write the derivative of J by b as dJ/db"
        raise InputProblem(Diagnostic("usage", f"'{text}' names no value and no derivative", hint=hint))
    raise graph.unknown(text)


def emit_numbers(values: Values, wanted: list[tuple[str, str | None]]) -> None:
    """Print numbers alone, one a line, with the notices about them."""
    from graphdiff.cli.run import complain, emit

    slopes = derivatives(values, dict.fromkeys(name for name, _ in wanted))
    text = values.arithmetic.text
    emit(text(values[of] if wrt is None else slopes[of][wrt]) for of, wrt in wanted)
    sys.stdout.flush()
    asked = {of: slopes[of] for of, wrt in wanted if wrt is not None}
    for notice in notices(values, asked, (), [wrt for _, wrt in wanted if wrt is not None]):
        complain(notice, "notice")


@cli.command()
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "tsv", "markdown"]))
@click.option(
    "--color", "colors", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True
)
def functions(form: str | None, colors: str) -> None:
    """The functions and operators: derivative, domain and kinks of each."""
    from graphdiff.cli.run import emit
    from graphdiff.views import functions as view

    color.choice = colors
    form = form or ("table" if sys.stdout.isatty() else "tsv")
    width = None
    if sys.stdout.isatty():
        import shutil

        width = shutil.get_terminal_size().columns
    emit(view.lines(form, color.wants_color(sys.stdout), width, color.writes_unicode()))


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash: eval "$(graphdiff completion bash)"      in ~/.bashrc
    zsh:  eval "$(graphdiff completion zsh)"       in ~/.zshrc
    fish: graphdiff completion fish | source       in ~/.config/fish/config.fish

    The inputs of a program that is already on the line are completed too.
    """
    from click.shell_completion import get_completion_class

    from graphdiff.cli.run import emit

    found = get_completion_class(shell)
    assert found is not None
    emit([found(cli, {}, "graphdiff", "_GRAPHDIFF_COMPLETE").source()])
