"""`graphdiff eval`: the value of every name, and every derivative."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.cli import color
from graphdiff.cli.options import shown_as, takes_program_and_inputs
from graphdiff.cli.output import complain, emit, terminal_width
from graphdiff.cli.program import ProgramCommand, inputs_of, program_of
from graphdiff.derivatives.quantities import Probe, Quantity, quantity
from graphdiff.diagnostics import Diagnostic, InputProblem, UndefinedOperation, listing
from graphdiff.graph import Graph
from graphdiff.inputs import to_number
from graphdiff.language.lexer import normalised
from graphdiff.notices import notices, unbounded
from graphdiff.sweep import derivatives, edges, evaluate
from graphdiff.views.answer import Answer


@click.command("eval", cls=ProgramCommand)
@takes_program_and_inputs
@click.option("--of", metavar="NAMES", help="Differentiate these, not what nothing else uses: --of J,K.")
@click.option("--wrt", metavar="NAMES", help="Show only the rows of these names (and of --of): --wrt a,b.")
@click.option("--get", multiple=True, metavar="WHAT", help="Print one number alone: J, or dJ/db.")
@click.option("--edges", "with_edges", is_flag=True, help="Add the partial along each edge alone.")
@click.option(
    "--order", type=click.IntRange(1, 2), default=1, help="2 adds the second derivatives by the inputs."
)
@click.option("--jvp", metavar="A=1,B=0", help="Add the derivative of every name along this direction.")
@click.option("--hvp", metavar="A=1,B=0", help="Add each output's Hessian times this direction.")
@click.option(
    "--precision",
    type=click.IntRange(1, 100_000),
    metavar="DIGITS",
    help="Compute with so many decimal digits.",
)
@shown_as("table", "json", "csv", "tsv", "markdown")
@click.pass_context
def command(
    ctx: click.Context, /, of: str | None, wrt: str | None, get: tuple[str, ...], with_edges: bool,
    form: str | None, precision: int | None, order: int, jvp: str | None, hvp: str | None,
    colors: str, **_: Any,
) -> None:  # fmt: skip
    """Value of every name in PROGRAM, and every derivative.

    PROGRAM is text such as "J=3*v; v=a+u; u=b*c": definitions in any order. A name
    that it does not define is an input, and becomes an option: --a 5. Use - for a
    program on standard input, -f for a file, -e for one that begins with '-'.
    """
    color.choice = colors
    graph = program_of(ctx)
    arithmetic = arithmetic_of(precision)
    inputs = inputs_of(ctx, graph, arithmetic)
    if get:
        beside = {"--of": of, "--wrt": wrt, "--edges": with_edges, "--order": order == 2, "--jvp": jvp,
                  "--hvp": hvp, "--format": form}  # fmt: skip
        for option in (option for option, given in beside.items() if given):
            message = f"--get prints numbers alone: {option} has no place beside it"
            hint = "leave one of them out; --get dJ/db, repeated, asks for more numbers"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        show_numbers(graph, inputs, arithmetic, [quantity(graph, what) for what in get])
        return
    outputs = names_of(graph, of) or list(graph.outputs)
    rows = names_of(graph, wrt)
    shown = [name for name in graph.names if rows is None or name in rows or name in outputs]
    values = evaluate(graph, inputs, arithmetic)
    slopes = derivatives(values, outputs)
    form = form or ("table" if sys.stdout.isatty() else "tsv")
    local = None
    if with_edges or form == "json":
        tops = set(shown)
        local = [edge for edge in edges(values) if edge[0] in tops]
    noticed = notices(values, slopes, shown, rows or shown)
    answer = Answer(values, outputs, shown, slopes, local, noticed)
    if order == 2 or jvp is not None or hvp is not None:
        along = [None if text is None else direction(graph, text, arithmetic) for text in (jvp, hvp)]
        answer = further(answer, inputs, rows or list(graph.inputs) if order == 2 else None, *along)
    show(answer, form)


def further(
    answer: Answer, inputs: dict[str, Any], wrt: list[str] | None,
    jvp: dict[str, Any] | None, hvp: dict[str, Any] | None,
) -> Answer:  # fmt: skip
    """The answer with second derivatives by `wrt`, and with the products that were asked for."""
    from graphdiff.derivatives import second_order as second

    graph, arithmetic = answer.values.graph, answer.values.arithmetic
    columns: dict[str, dict[str, Any]] = {}
    if jvp is not None:
        columns["jvp"] = second.along(graph, inputs, jvp, arithmetic)
    for of in answer.outputs if hvp is not None else ():
        columns[f"hvp {of}"] = second.hessian_times(graph, inputs, of, hvp or {}, arithmetic)
    entries = None
    if wrt is not None:
        entries = {of: second.named(graph, inputs, of, wrt, arithmetic) for of in answer.outputs}
    extra = {header: {name: column[name] for name in answer.shown} for header, column in columns.items()}
    noticed = list(answer.notices)
    for of, found in (entries or {}).items():
        noticed += unbounded(arithmetic, found, of)
    for header, column in extra.items():
        of, word = header.removeprefix("hvp ").removeprefix("jvp"), "by" if header != "jvp" else "of"
        noticed += unbounded(arithmetic, {f"{header} {word} {name}": v for name, v in column.items()}, of)
    return answer._replace(second=entries, extra=extra, notices=noticed)


def direction(graph: Graph, text: str, arithmetic: Arithmetic) -> dict[str, Any]:
    """The rates of an option such as `--jvp a=1,b=0`: inputs that it leaves out stand still."""
    found: dict[str, Any] = {}
    for part in normalised(text).split(","):
        name, equals, rate = (word.strip() for word in part.partition("="))
        if not equals:
            hint = "write the rates of the inputs, as in --jvp a=1,b=0"
            raise InputProblem(Diagnostic("usage", f"'{part.strip()}' is no rate of an input", hint=hint))
        if name not in graph.inputs or name in found:
            problem = "is given twice" if name in found else "is no input of the program"
            hint = f"its inputs are {listing(graph.inputs)}"
            raise InputProblem(Diagnostic("input", f"'{name}' {problem}", hint=hint, node=name))
        found[name] = to_number(name, rate, arithmetic)
    return found


def show(answer: Answer, form: str) -> None:
    """Print an answer in one of the formats, and its notices."""
    emit(view(answer, form))
    for notice in answer.notices:
        complain(notice, "notice")


def view(answer: Answer, form: str) -> Iterator[str]:
    """The lines of an answer. Each view is imported when it is used: the table costs Rich."""
    if form == "json":
        from graphdiff.views.answer import json

        return json.lines(answer)
    if form == "markdown":
        from graphdiff.views.answer import markdown

        return markdown.lines(answer)
    if form == "table":
        from graphdiff.views.answer import table

        return table.lines(
            answer,
            color=color.wants_color(sys.stdout),
            width=terminal_width(),
            unicode=color.writes_unicode(),
        )
    from graphdiff.views.answer import delimited

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
    names = [name.strip() for name in normalised(text).split(",") if name.strip()]
    if not names:
        raise InputProblem(Diagnostic("usage", "no names", hint="write the names between commas: J,K"))
    for name in names:
        graph.node(name)
    return list(dict.fromkeys(names))


def show_numbers(
    graph: Graph, inputs: dict[str, Any], arithmetic: Arithmetic, wanted: list[Quantity]
) -> None:
    """Print numbers alone, one a line, with the notices about them."""
    measured = Probe(graph, wanted).measure(inputs, arithmetic)
    for number in measured.numbers:
        if isinstance(number, UndefinedOperation):
            raise number
    emit(map(arithmetic.text, measured.numbers))
    first = {name for q in wanted if len(q.wrt) == 1 for name in q.wrt}
    noticed = notices(measured.values, measured.slopes, (), first)
    for q, number in zip(wanted, measured.numbers, strict=True):
        if len(q.wrt) == 2:
            noticed += unbounded(arithmetic, {q.label: number}, q.of)
    for notice in noticed:
        complain(notice, "notice")
