"""`graphdiff check`: values and derivatives from elsewhere, verified."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn, TextIO

import click

from graphdiff.checking import (
    ERROR,
    FAIL,
    GRADCHECK_SAMPLES,
    SAMPLES,
    Check,
    Comparer,
    Comparison,
    Expectation,
    Points,
    Range,
    Report,
    Tolerance,
    count,
    expectation,
    gradcheck_request,
    points_of,
    run,
    to_value,
    tolerance,
    words_of,
)
from graphdiff.cli.files import append_file, opened, read_text, replace_file
from graphdiff.cli.inputs import input_texts, refuse_missing
from graphdiff.cli.options import FILE_NAME, complete_names, shown_as, takes_inputs, takes_program
from graphdiff.cli.output import complain, discard_output, emit, progress_of, screen, unwritable_answer
from graphdiff.cli.program import WRITTEN, ProgramCommand, program_of
from graphdiff.cli.status import ANSWERED, FAILED_CHECK, NO_ANSWER
from graphdiff.diagnostics import Diagnostic, InputProblem, listing
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.views.report import FORMATS, format_of, lines

# Keys of the data that the contexts share: the check files, and whether a part of the answer is lost.
FILES, LOST = "graphdiff.checkfiles", "graphdiff.lost"
EXTENSIONS = [f".{extension}" for extension in FORMATS.values() if extension]


class CheckCommand(ProgramCommand):
    """Takes a program and its inputs, which may be ranges, or check files."""

    input_metavar = "VALUE"
    input_help = "a number, an expression of constants, or a range such as 1..5"

    def _read(self, ctx: click.Context, args: list[str]) -> Graph | None:
        found, values = self._find(ctx, args)
        files = [text for kind, text in found if kind == "program" and text.endswith(".toml")]
        if not files:
            others = {"the inputs": values.get("inputs"), "the program": found[0][1] if found else None}
            other = next((words for words, given in others.items() if given == "-"), None)
            if values.get("table") == "-" and other is not None:
                message = f"standard input cannot be both the table and {other}"
                raise InputProblem(Diagnostic("usage", message, hint="give one of them as a file"))
            return super()._read(ctx, args)
        if len(files) < len(found):
            other = next(text for kind, text in found if kind != "program" or text not in files)
            message = f"check files cannot be combined with a program: {files[0]} and {other}"
            hint = "an argument that ends in .toml is a check file; to read a program from a file, use -f"
            raise InputProblem(Diagnostic("usage", message, hint=hint))
        ctx.meta[FILES] = files
        return None


def _print_schema(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from graphdiff.checking.files.schema import schema_text

        sys.stdout.write(schema_text())
        ctx.exit()


@click.command("check", cls=CheckCommand)
@partial(
    takes_program,
    argument=click.argument("programs", nargs=-1, type=FILE_NAME, metavar="[PROGRAM|FILE.toml...]"),
)
@takes_inputs
@click.option(
    "--expect",
    multiple=True,
    metavar="QUANTITY=FORMULA",
    help="An expected value or derivative: J=33, 'dJ/db = 3*c'.",
)
@click.option("--samples", type=click.IntRange(1), metavar="N", help="Compare at N random points.")
@click.option("--seed", type=int, metavar="N", help="Seed of the random points.  [default: 0]")
@click.option(
    "--table", type=FILE_NAME, metavar="FILE", help="A table of points and results; - for standard input."
)
@click.option(
    "--table-format",
    type=click.Choice(["csv", "jsonl"]),
    help="Format of the table (default: by extension or first character).",
)
@click.option("--ignore", metavar="COLUMNS", help="Columns of the table to leave out, such as note,run.")
@click.option("--gradcheck", is_flag=True, help="Compare each derivative with a numerical one.")
@click.option(
    "--of",
    metavar="NAMES",
    shell_complete=complete_names,
    help="With --gradcheck: outputs to differentiate (default: definitions that nothing else uses).",
)
@click.option(
    "--wrt",
    metavar="NAMES",
    shell_complete=complete_names,
    help="With --gradcheck: inputs to differentiate by (default: all).",
)
@click.option("--rtol", type=float, metavar="X", help="Relative tolerance.  [default: 1e-6]")
@click.option(
    "--atol",
    type=float,
    metavar="X",
    help="Absolute tolerance, added to the relative one.  [default: 1e-12 or less]",
)
@click.option(
    "--ulp",
    type=float,
    metavar="X",
    help="Tolerance in units in the last place, instead of --rtol and --atol.",
)
@click.option("--equal-nan", is_flag=True, help="Treat NaN as equal to NaN.")
@click.option(
    "--report",
    multiple=True,
    type=FILE_NAME,
    metavar="FILE",
    help=f"Also write a report to a file: {listing(EXTENSIONS)}.",
)
@click.option(
    "--report-format", type=click.Choice(list(FORMATS)), help="Format of --report (default: by extension)."
)
@shown_as(*FORMATS)
@click.option("--quiet", is_flag=True, help="Print no report; the exit status says the verdict.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of check files.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    form: str | None,
    report: tuple[str, ...],
    report_format: str | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Verify values and derivatives that come from elsewhere.

    PROGRAM is text such as "J=3*v; v=a+u; u=b*c". Expected numbers and
    formulas are compared at a point (--a 5), at random points (--a 1..5, or
    --samples 1000), or at the rows of a table (--table results.csv, with columns such
    as a, J and dJ/da). Files that end in .toml are check files: many programs, points
    and expectations.

    A value passes if |computed - expected| <= atol + rtol*|expected|. With --samples,
    inputs without a value are drawn from their declared ranges; without one, in equal
    parts from 0..1, from -2..2, and from both signs of magnitudes between 1e-3 and 1e3.

    Exit status: 0 all as expected; 1 something differs; 2 no answer: nothing was
    compared, a value is undefined at the point, or --gradcheck verified no derivative.
    """
    form = form or "text"
    if report_format and not report:
        raise InputProblem(Diagnostic("usage", "--report-format needs --report FILE"))
    files = [(path, report_format or _format_of(path)) for path in report]
    reports = list(_reports(ctx, options, as_text=form == "text" and not quiet))
    if not quiet:
        _say(_last_line(reports) if form == "text" else lines(reports, form))
    written = [_written_report(path, lines(reports, kind)) for path, kind in files]
    if step_summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            append_file(step_summary, lines(reports, "markdown"))
        except InputProblem as error:  # not asked for here, so it does not change the status
            complain(error.diagnostic, "notice")
    verdicts = count(reports)
    if verdicts[ERROR] or not verdicts.total() or not all(written) or LOST in ctx.meta:
        return NO_ANSWER
    return FAILED_CHECK if verdicts[FAIL] else ANSWERED


def _reports(ctx: click.Context, options: dict[str, Any], as_text: bool) -> Iterator[Report]:
    """The report of each check, after its messages and, if it is for reading, its text were shown."""
    for made in _checks(ctx, options):
        if isinstance(made, Report):
            report = made
        else:
            for notice in made.notices:
                complain(notice, "notice")
            with progress_of("gradient check: {} of {} derivatives") as progress:
                report = run(made, _show_mismatches() if as_text and made.points.table else None, progress)
        _complain(report)
        if as_text:
            _say(_text(report))
        yield report


def _checks(ctx: click.Context, options: dict[str, Any]) -> Iterator[Check | Report]:
    """The checks, each made after the previous one is done; for an invalid one, a report of its error."""
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
        message = f"{listing(given)} cannot be combined with a check file"
        raise InputProblem(Diagnostic("usage", message, hint="write it in the file; --schema shows how"))
    from graphdiff.checking.files import check_file

    for path in files:
        yield from check_file.checks(path, read_text, _table_stream, options["samples"], options["seed"])


def _check(ctx: click.Context, options: dict[str, Any]) -> Check:
    """The check of a command line with a program."""
    graph = program_of(ctx)
    _refuse_combinations(options)
    allowed = tolerance(options["rtol"], options["atol"], options["ulp"], options["equal_nan"] or None)
    inputs = {name: to_value(name, text) for name, text in input_texts(ctx, graph).items()}
    expectations = [expectation(graph, text, allowed) for text in options["expect"]]
    request = None
    if options["gradcheck"]:
        most = options["samples"] or GRADCHECK_SAMPLES
        request = gradcheck_request(graph, _names(options["of"]), _names(options["wrt"]), allowed.rtol, most)
    notices: list[Diagnostic] = []
    if options["table"]:
        missing = partial(refuse_missing, ctx, graph)
        points, expectations, notices = _table(graph, inputs, options, allowed, expectations, missing)
    else:
        missing = partial(refuse_missing, ctx, graph, otherwise=f", or --samples {SAMPLES} to draw them")
        points = points_of(graph, inputs, options["samples"], options["seed"] or 0, missing)
    if not expectations and request is None:
        of, wrt = graph.outputs[0], (graph.inputs or graph.outputs)[0]
        hint = f"add  --expect {of}=NUMBER  --expect d{of}/d{wrt}=FORMULA  or --gradcheck"
        raise InputProblem(Diagnostic("usage", "there is nothing to check", hint=hint))
    comparer = Comparer(graph, expectations) if expectations else None
    return Check("", graph, _written(ctx, graph), points, comparer, request, notices=notices)


def _table(
    graph: Graph, inputs: dict[str, float | Range], options: dict[str, Any], allowed: Tolerance,
    expectations: list[Expectation], missing: Callable[[list[str]], NoReturn],
) -> tuple[Points, list[Expectation], list[Diagnostic]]:  # fmt: skip
    """The rows of --table, all expectations, and notices about the table."""
    from graphdiff.checking.files.records import open_records
    from graphdiff.checking.files.table import table_points

    path = options["table"]
    records = open_records(_table_stream(path), _shown(path), options["table_format"])
    ignored = _names(options["ignore"])
    points, columns, notices = table_points(graph, inputs, records, allowed, ignored, missing)
    if not columns and not expectations:
        names = listing(name for name in graph.names if name not in graph.inputs)
        hint = f"name a column J or dJ/da; the program has {names}"
        message = f"{_shown(path)} expects nothing: its columns are {listing(records.columns)}"
        raise InputProblem(Diagnostic("table", message, hint=hint))
    return points, columns + expectations, notices


def _refuse_combinations(options: dict[str, Any]) -> None:
    """Raise for options that make no sense together, rather than ignore one of them."""
    needs = {
        "of": "gradcheck", "wrt": "gradcheck", "ignore": "table", "table_format": "table",
    }  # fmt: skip
    for name, other in needs.items():
        if options[name] and not options[other]:
            raise InputProblem(Diagnostic("usage", f"--{name.replace('_', '-')} needs --{other}"))
    for name in ("samples", "gradcheck"):
        if options["table"] and options[name]:
            message = f"--table cannot be combined with --{name}: the points are the rows of the table"
            raise InputProblem(Diagnostic("usage", message))


def _written(ctx: click.Context, graph: Graph) -> tuple[str, ...]:
    """The program as words of a command line that repeats it."""
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


def _show_mismatches() -> Callable[[Check, Expectation, Comparison], None]:
    """Shows the rows of a table that differ as soon as they are found, up to a limit."""
    from graphdiff.views.report.text import MOST_MISMATCHES, mismatch

    left = iter(range(MOST_MISMATCHES))

    def show(check: Check, e: Expectation, comparison: Comparison) -> None:
        if next(left, None) is not None:
            _say([mismatch(check, e, comparison)])

    return show


def _complain(report: Report) -> None:
    """Show notices, and the program's text with each operation that is undefined."""
    from graphdiff.views.report.entries import entries

    for notice in dict.fromkeys(report.notices):
        complain(notice, "notice")
    shown = set()
    for entry in entries([report]):
        if entry.verdict == ERROR and entry.fault is not None and entry.fault not in shown:
            shown.add(entry.fault)
            message = entry.fault.message if entry.fault is report.fault else entry.message
            where = f"check '{entry.name}': " if entry.name else ""
            complain(entry.fault._replace(message=where + message))


def _say(text: Iterable[str]) -> None:
    """Write to standard output; if that is not possible, the check goes on, for its status and reports."""
    try:
        emit(text)
    except BrokenPipeError:  # the reader has gone
        discard_output()
    except OSError as error:
        discard_output()
        complain(unwritable_answer(error))
        click.get_current_context().meta[LOST] = True


def _text(report: Report) -> Iterator[str]:
    """The lines of one check, for standard output."""
    from graphdiff.views.report.text import of_report

    return of_report(report, screen(), told=True)


def _last_line(reports: Sequence[Report]) -> Iterator[str]:
    from graphdiff.views.report.entries import summary

    yield summary(count(reports))


def _format_of(path: str) -> str:
    """The format of a report by the extension of its file."""
    form = format_of(os.path.splitext(path)[1].lower().removeprefix("."))
    if form is None:
        hint = f"use {listing(EXTENSIONS)}, or --report-format"
        raise InputProblem(Diagnostic("usage", f"no report format has the extension of {path}", hint=hint))
    return form


def _written_report(path: str, text: Iterable[str]) -> bool:
    """Whether a report could be written; if not, say so, and go on to the next one."""
    try:
        replace_file(path, text)
    except InputProblem as error:
        complain(error.diagnostic)
        return False
    return True
