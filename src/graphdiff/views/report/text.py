"""The report of `graphdiff check` for reading: one line for each expectation, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from graphdiff.checking.compare import Comparison, Expectation, Result
from graphdiff.checking.suite import ERROR, FAIL, PASS, SKIP, Check, Outcome, count
from graphdiff.views.report import (
    Item,
    difference_text,
    digits,
    excess,
    items,
    left_out_text,
    number,
    pair,
    summary,
    tally_counts,
)

SHOWN = {PASS: "pass", FAIL: "FAIL", ERROR: "ERROR", SKIP: "?"}
STYLES = {PASS: "green", FAIL: "red", ERROR: "red", SKIP: "yellow"}
# "x tol" is the difference in units of the tolerance.
HEADERS = ("failed", "expected", "computed", "difference", "x tol", "digits")
DIFFERENCE = HEADERS.index("difference")
LEAST_ROOM = 20  # for what is expected, before the difference gives way to it
INDENT = " " * 7

Paint = Callable[[str, str], str]  # a text in a colour


def plain(text: str, color: str) -> str:
    return text


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The whole report, for a file."""
    for outcome in outcomes:
        if outcome.check is not None and outcome.check.points.table:
            failures = [(c.row.number, k, r, c) for k, r in enumerate(outcome.results) for c in r.failures]
            for *_, result, comparison in sorted(failures, key=lambda found: found[:2]):
                yield mismatch(outcome.check, result.expectation, comparison)
        yield from of_outcome(outcome)
    yield summary(count(outcomes))


def of_outcome(outcome: Outcome, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """The lines of one check; on a terminal of this width long expectations are cut."""
    found = list(items([outcome]))
    if outcome.name and not outcome.is_file:
        yield heading(outcome)
    yield from _results([item for item in found if item.result is not None], width, paint)
    for item in found:
        if item.tally is not None:
            yield from _tally(item, paint)
        elif item.result is None:
            yield f"{_verdict(ERROR, paint)}{item.message}"


def heading(outcome: Outcome) -> str:
    place = f" ({outcome.place.file}:{outcome.place.line})" if outcome.place else ""
    return f"{outcome.name}{place}"


def mismatch(check: Check, e: Expectation, comparison: Comparison) -> str:
    """The line of one row of a table, written as soon as it is found."""
    row = comparison.row
    place = f"{check.points.table}:{row.line}: row {row.number}"
    return f"{place}: {e.quantity.label}: {difference_text(comparison, 'x tol')}"


def _verdict(verdict: str, paint: Paint) -> str:
    text = SHOWN[verdict]
    return paint(text, STYLES[verdict]) + " " * (len(INDENT) - len(text))


def _results(found: list[Item], width: int | None, paint: Paint) -> Iterator[str]:
    """A line for each expectation, the numbers aligned, what is expected at the end."""
    if not found:
        return
    labels = [" ".join(item.label.split()) for item in found]
    columns = [list(column) for column in zip(HEADERS, *map(_cells, found), strict=True)]
    columns = [column for column in columns if any(cell != "-" for cell in column[1:])]
    if width and _room(columns, width) < min(LEAST_ROOM, max(map(len, labels))):
        columns = [column for column in columns if column[0] != HEADERS[DIFFERENCE]]
    room = max(LEAST_ROOM // 2, _room(columns, width)) if width else None
    aligned = [[cell.rjust(max(map(len, column))) for cell in column] for column in columns]
    formulas = any(item.result is not None and item.result.expectation.formula for item in found)
    cut = [label if room is None or len(label) <= room else f"{label[: room - 3]}..." for label in labels]
    aligned.append(["expectation" if formulas else "column", *cut])
    header, *rows = map("  ".join, zip(*aligned, strict=True))
    yield INDENT + header
    for item, row in zip(found, rows, strict=True):
        yield _verdict(item.verdict, paint) + row
        yield from _notes(item)


def _room(columns: list[list[str]], width: int) -> int:
    """The characters that are left for what is expected."""
    return width - len(INDENT) - sum(max(map(len, column)) + 2 for column in columns)


def _cells(item: Item) -> tuple[str, ...]:
    assert item.result is not None
    result = item.result
    failed = f"{result.failed}/{result.compared}" if points(result) > 1 else "-"
    one = shown_comparison(result)
    if one is None:
        return failed, "-", "-", "-", "<0.001" if result.compared else "-", "-"
    expected, computed = pair(one)
    if one.message:
        return failed, expected if one.expected == one.expected else "-", "-", "-", "-", "-"
    return failed, expected, computed, number(one.difference, 3), excess(one), digits(one)


def points(result: Result) -> int:
    """How many points or rows there were."""
    return result.compared + result.left_out


def shown_comparison(result: Result) -> Comparison | None:
    """The comparison that stands for all: the worst; where all agree, the only one."""
    return result.worst or (result.first if result.compared == 1 else None)


def _notes(item: Item) -> Iterator[str]:
    """What else there is to say of an expectation."""
    result, outcome = item.result, item.outcome
    assert result is not None
    many = points(result) > 1
    table = outcome.check.points.table if outcome.check else ""
    if item.verdict == ERROR:
        yield INDENT + item.message
    elif left_out := left_out_text(result):
        yield INDENT + ("too few points: " if result.too_few else "") + left_out
    if result.by_absolute:
        where = f" at {result.by_absolute} {'rows' if table else 'points'}" if many else ""
        yield f"{INDENT}passed by the absolute tolerance alone{where}"
    if item.verdict == FAIL and many and result.worst is not None:
        row = result.worst.row
        where = f"row {row.number}, line {row.line}" if table else f"point {row.number}"
        none = f"; {result.no_value} have no value" if result.no_value else ""
        yield f"{INDENT}the worst is {where}{none}"
    # A single point that was typed needs no command line that says it again.
    if (many or outcome.name) and item.reproduction:
        yield INDENT + item.reproduction


def _tally(item: Item, paint: Paint) -> Iterator[str]:
    """The line of one derivative of a gradient check."""
    tally = item.tally
    assert tally is not None
    verdict = "FAIL" if tally.verdict == "fail" else tally.verdict
    head = paint(verdict, STYLES[item.verdict]) + " " * (len("inconclusive") - len(verdict))
    if tally.points == 1:
        yield f"{head}  {tally.label}  {tally.message}"
    else:
        yield f"{head}  {tally.label}  {tally.points} points: {tally_counts(tally)}"
        if item.verdict != PASS:
            yield INDENT + tally.message
    if tally.culprit:
        yield f"{INDENT}at fault is {tally.culprit}"
    if item.verdict == FAIL and (tally.points > 1 or item.outcome.name):
        yield INDENT + item.reproduction
