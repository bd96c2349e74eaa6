"""The report for reading: a line for each expectation, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphdiff.checking import (
    ERROR,
    FAIL,
    MOST_KEPT,
    PASS,
    SKIP,
    Check,
    Comparison,
    Expectation,
    Report,
    count,
)
from graphdiff.diagnostics import printable
from graphdiff.views.numbers import shortened
from graphdiff.views.report.entries import (
    Entry,
    difference_text,
    digits,
    entries,
    excess,
    left_out_text,
    pair,
    summary,
    tally_counts,
)
from graphdiff.views.screen import Screen

SHOWN = {PASS: "pass", FAIL: "FAIL", ERROR: "ERROR", SKIP: "?"}
COLORS = {PASS: 32, FAIL: 31, ERROR: 31, SKIP: 33}  # of terminals: green, red, yellow
# "x tol" is the difference in units of the tolerance.
HEADERS = ("failed", "expected", "computed", "difference", "x tol", "digits")
LEAST_ROOM = 20  # for what is expected
# Columns that are dropped, one after another, where the screen has less room than this for it.
DROPPED = {"difference": 20, "digits": 20, "x tol": 10, "failed": 10, "expected": 10}
INDENT = " " * 7
MOST_MISMATCHES = 50  # of the rows of a table, one a line


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """The whole report, for a file."""
    for report in reports:
        if report.check is not None and report.check.points.table:
            failures = [(c.row.number, k, r, c) for k, r in enumerate(report.results) for c in r.failures]
            for *_, result, comparison in sorted(failures, key=lambda found: found[:2])[:MOST_MISMATCHES]:
                yield mismatch(report.check, result.expectation, comparison)
        yield from of_report(report)
    yield summary(count(reports))


def of_report(
    report: Report, screen: Screen = Screen(), told: bool = False  # noqa: B008  (immutable)
) -> Iterator[str]:  # fmt: skip
    """The lines of one check. On a screen of limited width long expectations are cut.

    told: whether a message has said already why a file could not be read.
    """
    found = list(entries([report]))
    if told and report.check is None and report.is_of_file:
        return
    if found and found[0].name:
        yield _heading(found[0])
    more = sum(result.failed for result in report.results) - MOST_MISMATCHES
    if more > 0 and report.check is not None and report.check.points.table:
        yield f"{more:,} more mismatches are not shown; --report FILE.json lists the first {MOST_KEPT:,}"
    yield from _results([entry for entry in found if entry.result is not None], screen)
    for entry in found:
        if entry.tally is not None:
            yield from _tally(entry, screen)
        elif entry.result is None:
            yield f"{_verdict(ERROR, screen)}{entry.message}"


def _heading(entry: Entry) -> str:
    location = entry.report.location
    return f"{entry.name} ({printable(location.file)}:{location.line})" if location else entry.name


def mismatch(check: Check, e: Expectation, comparison: Comparison) -> str:
    """The line of one row of a table, written as soon as the mismatch is found."""
    row = comparison.row
    place = f"{check.points.table}:{row.line}: row {row.number}"
    return printable(f"{place}: {e.quantity.label}: {difference_text(comparison, 'x tol')}")


def _verdict(verdict: str, screen: Screen) -> str:
    return _painted(SHOWN[verdict], verdict, len(INDENT), screen)


def _painted(text: str, verdict: str, width: int, screen: Screen) -> str:
    """A text in the colour of a verdict, padded to a width."""
    colored = f"\x1b[{COLORS[verdict]}m{text}\x1b[0m" if screen.color else text
    return colored + " " * (width - len(text))


def _results(found: list[Entry], screen: Screen) -> Iterator[str]:
    """A line for each expectation, the numbers aligned, what is expected at the end."""
    if not found:
        return
    width = screen.width
    labels = [entry.label for entry in found]
    columns = [list(column) for column in zip(HEADERS, *map(_cells, found), strict=True)]
    columns = [column for column in columns if any(cell != "-" for cell in column[1:])]
    for header, least in DROPPED.items():
        if width and _room(columns, width) < min(least, max(map(len, labels))):
            columns = [column for column in columns if column[0] != header]
    room = max(LEAST_ROOM // 2, _room(columns, width)) if width else None
    widths = [max(map(len, column)) for column in columns]
    aligned = [[cell.rjust(w) for cell in column] for column, w in zip(columns, widths, strict=True)]
    formulas = any(entry.result is not None and entry.result.expectation.formula for entry in found)
    cut = [label if room is None or len(label) <= room else f"{label[: room - 3]}..." for label in labels]
    aligned.append(["expectation" if formulas else "column", *cut])
    header, *rows = map("  ".join, zip(*aligned, strict=True))
    yield INDENT + header
    for entry, row in zip(found, rows, strict=True):
        yield _verdict(entry.verdict, screen) + row
        yield from _notes(entry)


def _room(columns: list[list[str]], width: int) -> int:
    """The characters that are left for what is expected."""
    return width - len(INDENT) - sum(max(map(len, column)) + 2 for column in columns)


def _cells(entry: Entry) -> tuple[str, ...]:
    assert entry.result is not None
    result = entry.result
    failed = f"{result.failed}/{result.compared}" if result.points > 1 else "-"
    one = result.shown
    if one is None:
        return failed, "-", "-", "-", "<0.001" if result.compared else "-", "-"
    expected, computed = pair(one)
    if one.message:
        return failed, expected if one.expected == one.expected else "-", "-", "-", "-", "-"
    return failed, expected, computed, shortened(one.difference, 3), excess(one), digits(one)


def _notes(entry: Entry) -> Iterator[str]:
    """Further lines about an expectation."""
    result, report = entry.result, entry.report
    assert result is not None
    many = result.points > 1
    table = report.check.points.table if report.check else ""
    if entry.verdict == ERROR:
        yield INDENT + entry.message
    elif left_out := left_out_text(result):
        yield INDENT + ("too few points: " if result.too_few else "") + left_out
    if result.by_digits:
        points = "rows" if table else "points"
        many_digits = f"{result.by_digits} of {result.points} {points} agree" if many else "agrees"
        yield f"{INDENT}{many_digits} to many digits, though not in binary64"
    if result.by_absolute:
        where = f" at {result.by_absolute} {'rows' if table else 'points'}" if many else ""
        yield f"{INDENT}passed by the absolute tolerance alone{where}"
    if entry.verdict == FAIL and many and result.worst is not None:
        row = result.worst.row
        where = f"row {row.number}, line {row.line}" if table else f"point {row.number}"
        missing = f"; {result.no_value} have no value" if result.no_value else ""
        yield f"{INDENT}the worst is {where}{missing}"
    # A single point that was typed needs no command line to repeat it.
    if (many or report.name) and entry.reproduction:
        yield INDENT + entry.reproduction


def _tally(entry: Entry, screen: Screen) -> Iterator[str]:
    """The line of one derivative of a gradient check."""
    tally = entry.tally
    assert tally is not None
    finding = "FAIL" if tally.finding == "fail" else tally.finding
    head = _painted(finding, entry.verdict, len("inconclusive"), screen)
    if tally.points == 1:
        yield f"{head}  {tally.label}  {printable(tally.message)}"
    else:
        yield f"{head}  {tally.label}  {tally.points} points: {tally_counts(tally)}"
        if entry.verdict != PASS:
            yield INDENT + printable(tally.message)
    if tally.culprit:
        yield f"{INDENT}at fault is {printable(tally.culprit)}"
    if entry.verdict == FAIL and (tally.points > 1 or entry.report.name):
        yield INDENT + entry.reproduction
