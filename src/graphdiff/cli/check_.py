"""`graphdiff check`: derivative results from elsewhere, verified."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NoReturn, TextIO

import click

from graphdiff.checking.compare import Comparer, Comparison, Expectation, Tolerance, expectation, tolerance
from graphdiff.checking.suite import (
    ERROR,
    FAIL,
    GRADCHECK_SAMPLES,
    SAMPLES,
    Check,
    Outcome,
    count,
    points_of,
    rows_of,
    run,
    slopes_of,
    words_of,
)
from graphdiff.cli import ANSWERED, FAILED_CHECK, NO_ANSWER, color
from graphdiff.cli.files import file_name, opened, read_text
from graphdiff.cli.inputs import input_texts, refuse_missing
from graphdiff.cli.options import colored, takes_inputs, takes_program
from graphdiff.cli.output import complain, emit, terminal_width
from graphdiff.cli.program import WRITTEN, ProgramCommand, program_of
from graphdiff.diagnostics import Diagnostic, InputProblem, listing, unusable_file
from graphdiff.graph import Graph
from graphdiff.inputs import to_value
from graphdiff.language.lexer import normalised
from graphdiff.views.report import summary

FILES = "graphdiff.checkfiles"
FORMATS = ("text", "json", "junit", "github", "markdown")
REPORTS = {"xml": "junit", "json": "json", "md": "markdown", "txt": "text"}  # by the extension of a file


class CheckCommand(ProgramCommand):
    """Takes a program and its inputs, which may be ranges, or check files."""

    input_metavar = "VALUE"
    input_help = "a number, an expression of constants, or a range such as 1..5"

    def _read(self, ctx: click.Context, args: list[str]) -> Graph | None:
        found, values = self._find(ctx, args)
        files = [text for kind, text in found if kind == "program" and text.endswith(".toml")]
        if not files:
            if values.get("table") == "-" and ("-" in (values.get("inputs"), *(text for _, text in found))):
                message = "standard input cannot be both the table and something else"
                raise InputProblem(Diagnostic("usage", message, hint="give one of them as a file"))
            return super()._read(ctx, args)
        if len(files) < len(found):
            other = next(text for kind, text in found if kind != "program" or text not in files)
            message = f"check files and a program: {files[0]} and {other}"
            hint = "a word that ends in .toml is a check file; a program from a file goes after -f"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        ctx.meta[FILES] = files
        return None


def _print_schema(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from graphdiff.checking.file import schema_text

        sys.stdout.write(schema_text())
        ctx.exit()


@click.command("check", cls=CheckCommand)
@partial(takes_program, argument=click.argument("programs", nargs=-1, metavar="[PROGRAM|FILE.toml...]"))
@takes_inputs
@click.option(
    "--expect", multiple=True, metavar="WHAT=FORMULA", help="What is expected: J=33, or 'dJ/db = 3*c'."
)
@click.option("--samples", type=click.IntRange(1), metavar="N", help="Compare at N random points.")
@click.option("--seed", type=int, metavar="N", help="Which random points: a number, 0 without it.")
@click.option(
    "--table", metavar="FILE", help="Points and results, one a row: CSV or JSON Lines; - for stdin."
)
@click.option(
    "--table-format", type=click.Choice(["csv", "jsonl"]), help="Default: by extension, or as it begins."
)
@click.option("--ignore", metavar="COLUMNS", help="Columns of the table that are something else: note,run.")
@click.option("--gradcheck", is_flag=True, help="Compare each derivative with a numerical one.")
@click.option(
    "--of", metavar="NAMES", help="With --gradcheck: differentiate these, not what nothing else uses."
)
@click.option("--wrt", metavar="NAMES", help="With --gradcheck: by these inputs, not all.")
@click.option("--rtol", type=float, metavar="X", help="Relative tolerance.  [default: 1e-6]")
@click.option(
    "--atol", type=float, metavar="X", help="Absolute tolerance, added to it.  [default: 1e-12 at most]"
)
@click.option("--ulp", type=float, metavar="X", help="Tolerance in units in the last place, instead of both.")
@click.option("--equal-nan", is_flag=True, help="NaN is as expected where NaN is expected.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="Default: text.")
@click.option("--report", multiple=True, metavar="FILE", help="Write a report too: .xml, .json, .md or .txt.")
@click.option("--report-format", type=click.Choice(FORMATS), help="Its format, whatever its extension.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of check files.",
)
@colored
@click.pass_context
def command(
    ctx: click.Context,
    /,
    form: str,
    report: tuple[str, ...],
    report_format: str | None,
    **options: Any,
) -> int:
    """Verify values and derivatives that come from elsewhere.

    PROGRAM is text such as "J=3*v; v=a+u; u=b*c"; what is expected of it is a number or
    a formula, at a point (--a 5), at random points (--a 1..5, or --samples 1000), or in
    a table (--table results.csv, with columns such as a, J and dJ/da). Files that end in
    .toml are check files: many programs, points and expectations.

    \b
    graphdiff check "J=3*v; v=a+u; u=b*c" --a 5 --b 3 --c 2 \\
        --expect J=33 --expect "dJ/db = 3*c"

    A value passes where |computed - expected| <= atol + rtol*|expected|. An input
    without a value, with --samples, is drawn in equal parts from 0..1, from -2..2, and
    from both signs of magnitudes between 1e-3 and 1e3.

    Exit status: 0 all as expected, 1 something is not, 2 no answer: nothing was
    compared, a value is undefined at the point, or --gradcheck verified no derivative.
    """
    if report_format and not report:
        raise InputProblem(Diagnostic("usage", "--report-format goes with --report FILE"))
    reports = [(path, report_format or _format_of(path)) for path in report]
    outcomes = []
    for made in _checks(ctx, options):
        if isinstance(made, Outcome):
            outcome = made
        else:
            for notice in made.notices:
                complain(notice, "notice")
            outcome = run(made, _show_mismatch if form == "text" else None)
        outcomes.append(outcome)
        _complain(outcome)
        if form == "text":
            _say(_show(outcome))
    _say([summary(count(outcomes))] if form == "text" else _view(outcomes, form))
    for path, kind in reports:
        _write(path, "w", _view(outcomes, kind))
    if summary_file := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _write(summary_file, "a", _view(outcomes, "markdown"))
        except InputProblem as error:  # nobody asked for it here: the check itself has its answer
            complain(error.diagnostic, "notice")
    verdicts = count(outcomes)
    if verdicts[ERROR] or not verdicts.total():
        return NO_ANSWER
    return FAILED_CHECK if verdicts[FAIL] else ANSWERED


def _checks(ctx: click.Context, options: dict[str, Any]) -> Iterator[Check | Outcome]:
    """What to check, each made when the one before is done; an outcome where one cannot be made."""
    files = ctx.meta.get(FILES)
    if files is None:
        yield _check(ctx, options)
        return
    given = [
        next(opt for opt in param.opts if opt.startswith("--"))
        for param in ctx.command.params
        if options.get(param.name or "") and param.name not in ("programs", "samples", "seed", "colors")
    ]
    if given:
        message = f"{listing(given)} with a check file"
        raise InputProblem(Diagnostic("usage", message, hint="say it in the file; --schema shows how"))
    from graphdiff.checking import file as checkfile

    for path in files:
        yield from checkfile.checks(path, read_text, _table_stream, options["samples"], options["seed"])


def _check(ctx: click.Context, options: dict[str, Any]) -> Check:
    """The check of a command line with a program."""
    graph = program_of(ctx)
    _refuse_combinations(options)
    allowed = tolerance(
        Tolerance(), options["rtol"], options["atol"], options["ulp"], options["equal_nan"] or None
    )
    inputs = {name: to_value(name, text) for name, text in input_texts(ctx, graph).items()}
    expectations = [expectation(graph, text, allowed) for text in options["expect"]]
    slopes = None
    if options["gradcheck"]:
        most = options["samples"] or GRADCHECK_SAMPLES
        slopes = slopes_of(graph, _names(options["of"]), _names(options["wrt"]), allowed.rtol, most)

    def missing(names: list[str]) -> NoReturn:
        refuse_missing(
            ctx, graph, names, "" if options["table"] else f", or --samples {SAMPLES} to draw them"
        )

    notices: list[Diagnostic] = []
    if options["table"]:
        from graphdiff.checking.table import open_records

        path = options["table"]
        records = open_records(_table_stream(path), _shown(path), options["table_format"])
        ignored = _names(options["ignore"])
        points, columns, notices = rows_of(graph, inputs, records, allowed, ignored, missing)
        expectations = columns + expectations
        if not expectations:
            names = listing(name for name in graph.names if name not in graph.inputs)
            hint = f"name a column J or dJ/da; the program has {names}"
            message = f"{_shown(path)} expects nothing: its columns are {listing(records.columns)}"
            raise InputProblem(Diagnostic("table", message, hint=hint))
    else:
        points = points_of(graph, inputs, options["samples"], options["seed"] or 0, missing)
    if not expectations and slopes is None:
        of, wrt = graph.outputs[0], (graph.inputs or graph.outputs)[0]
        hint = f"say what is expected:  --expect {of}=NUMBER  --expect d{of}/d{wrt}=FORMULA  or --gradcheck"
        raise InputProblem(Diagnostic("usage", "there is nothing to check", hint=hint))
    comparer = Comparer(graph, expectations) if expectations else None
    return Check("", graph, _written(ctx, graph), points, comparer, slopes, notices=notices)


def _refuse_combinations(options: dict[str, Any]) -> None:
    """Raise for options that make no sense together, rather than ignore one of them."""
    needs = {
        "of": "gradcheck", "wrt": "gradcheck", "ignore": "table", "table_format": "table",
    }  # fmt: skip
    for name, other in needs.items():
        if options[name] and not options[other]:
            message = f"--{name.replace('_', '-')} goes with --{other}"
            raise InputProblem(Diagnostic("usage", message))
    for name in ("samples", "gradcheck"):
        if options["table"] and options[name]:
            message = f"--table and --{name} exclude one another: the points are the rows of the table"
            raise InputProblem(Diagnostic("usage", message))


def _written(ctx: click.Context, graph: Graph) -> tuple[str, ...]:
    """The program as words of a command line that says it again."""
    kind, text = ctx.meta[WRITTEN]
    if kind == "file" and text != "-":
        return ("-f", text)
    return words_of(graph.source.text)


def _names(text: str | None) -> list[str]:
    return [normalised(name.strip()) for name in (text or "").split(",") if name.strip()]


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path


def _table_stream(path: str) -> TextIO:
    """A table's text, not yet read."""
    return io.TextIOWrapper(opened(path), encoding="utf-8-sig", newline="")


def _show_mismatch(check: Check, e: Expectation, comparison: Comparison) -> None:
    """Say of a row of a table that it differs, as soon as that is found."""
    if check.points.table:
        from graphdiff.views.report.text import mismatch

        _say([mismatch(check, e, comparison)])


def _complain(outcome: Outcome) -> None:
    """Show the program's text where an operation of it is at fault, and what else is to be said."""
    from graphdiff.views.report import items

    for notice in dict.fromkeys(outcome.notices):
        complain(notice, "notice")
    shown = set()
    for item in items([outcome]):
        if item.verdict == ERROR and item.fault is not None and item.fault not in shown:
            shown.add(item.fault)
            message = item.fault.message if item.fault is outcome.fault else item.message
            where = f"check '{outcome.name}': " if outcome.name and not outcome.is_file else ""
            complain(item.fault._replace(message=where + message))


def _say(lines: Iterable[str]) -> None:
    """Write to standard output; when its reader has gone the check goes on, for its status."""
    try:
        emit(lines)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _view(outcomes: Sequence[Outcome], kind: str) -> Iterator[str]:
    """The lines of a report. Each view is imported when it is used."""
    found: Iterator[str] = import_module(f"graphdiff.views.report.{kind}").lines(outcomes)
    return found


def _show(outcome: Outcome) -> Iterator[str]:
    """The lines of one check, in colours where these are wanted."""
    from graphdiff.views.report.text import of_outcome, plain

    wanted = color.wants_color(sys.stdout)
    paint = (lambda text, style: click.style(text, fg=style)) if wanted else plain
    return of_outcome(outcome, terminal_width(), paint)


def _format_of(path: str) -> str:
    """The format of a report by the extension of its file."""
    extension = os.path.splitext(path)[1].lower().removeprefix(".")
    if extension not in REPORTS:
        hint = f"use {listing('.' + name for name in REPORTS)}, or --report-format"
        raise InputProblem(Diagnostic("usage", f"no format goes with the name of {path}", hint=hint))
    return REPORTS[extension]


def _write(path: str, mode: str, lines: Iterable[str]) -> None:
    try:
        with open(file_name(path), mode, encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise unusable_file("write", path, error) from None
