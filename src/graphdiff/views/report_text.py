"""The report of `graphdiff check` for reading: one line for each expectation, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from graphdiff.check import Comparison, Expectation, Result
from graphdiff.suite import ERROR, FAIL, PASS, SKIP, Check, Outcome, count
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
HEADERS = ("expected", "computed", "difference", "tolerances", "digits")
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
    if outcome.name:
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
    return f"{place}: {e.quantity.label}: {difference_text(comparison)}"


def _verdict(verdict: str, paint: Paint) -> str:
    text = SHOWN[verdict]
    return paint(text, STYLES[verdict]) + " " * (len(INDENT) - len(text))


def _results(found: list[Item], width: int | None, paint: Paint) -> Iterator[str]:
    """A line for each expectation, the numbers aligned, what is expected at the end."""
    if not found:
        return
    rows = [_cells(item) for item in found]
    widths = [max(map(len, column)) for column in zip(HEADERS, *rows, strict=True)]
    yield INDENT + "  ".join(map(str.rjust, HEADERS, widths)) + "  expectation"
    room = max(16, width - len(INDENT) - sum(widths) - 2 * len(widths)) if width else None
    for item, cells in zip(found, rows, strict=True):
        label = " ".join(item.label.split())
        if room is not None and len(label) > room:
            label = label[: room - 3] + "..."
        yield f"{_verdict(item.verdict, paint)}{'  '.join(map(str.rjust, cells, widths))}  {label}"
        yield from _notes(item)


def _cells(item: Item) -> tuple[str, ...]:
    assert item.result is not None
    one = shown_comparison(item.result)
    if one is None:
        return "-", "-", "-", "<0.001" if item.result.compared else "-", "-"
    expected, computed = pair(one)
    return expected, computed, number(one.difference, 3), excess(one), digits(one)


def shown_comparison(result: Result) -> Comparison | None:
    """The comparison that stands for all: the worst; where all agree, the only one."""
    return result.worst or (result.first if result.compared == 1 else None)


def _notes(item: Item) -> Iterator[str]:
    """What else there is to say of an expectation."""
    result, outcome = item.result, item.outcome
    assert result is not None
    total = result.compared + result.undefined + result.rounding
    table = outcome.check.points.table if outcome.check else ""
    what = "rows" if table else "points"
    if item.verdict == ERROR:
        yield INDENT + item.message
    elif total > 1:
        text = f"{result.compared} {what} compared"
        if result.failed:
            worst = result.worst
            assert worst is not None
            at = f"row {worst.row.number}, line {worst.row.line}" if table else f"point {worst.row.number}"
            text = f"{result.failed} of {result.compared} {what} differ; the worst is {at}"
            if table and result.no_value:
                text += f"; {result.no_value} have no value"
        yield INDENT + text
        if left_out := left_out_text(result):
            yield INDENT + ("too few points: " if result.too_few else "") + left_out
    elif item.verdict == FAIL and result.worst is not None and result.worst.message:
        yield INDENT + result.worst.message
    if result.by_absolute:
        where = f" at {result.by_absolute} {what}" if total > 1 else ""
        yield f"{INDENT}passed by the absolute tolerance alone{where}"
    # A single point that was typed needs no command line that says it again.
    if item.verdict in (FAIL, ERROR) and (total > 1 or outcome.name) and item.reproduction:
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
