"""What the formats of a report have in common: its entries, their sentences and numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphdiff.checking import (
    ERROR,
    FAIL,
    KINK,
    PASS,
    ROUNDING,
    SKIP,
    UNDEFINED,
    Comparison,
    Location,
    Report,
    Result,
    Tally,
    location_of,
)
from graphdiff.diagnostics import Diagnostic, printable
from graphdiff.views.numbers import shortened
from graphdiff.views.report.reproduction import of_comparison, of_derivative

# How many of each verdict, in the last line.
COUNTED = {PASS: "passed", FAIL: "failed", ERROR: "without an answer", SKIP: "not verified"}
# Why points of a sample were left out.
REASONS = {UNDEFINED: "outside the domain", ROUNDING: "within rounding error", KINK: "at a kink"}


class Entry(NamedTuple):
    """One line of a report: an expectation, a derivative of a gradient check, or a missing answer.

    Its texts are safe to write. The format JSON, which can write any text, has that of the report.
    """

    report: Report
    verdict: str
    label: str
    location: Location | None
    message: str  # why it did not pass; "" for a pass
    result: Result | None = None
    tally: Tally | None = None
    fault: Diagnostic | None = None

    @property
    def name(self) -> str:
        """The name of its check in a file; "" for another one."""
        return "" if self.report.is_of_file else printable(self.report.name)

    @property
    def file(self) -> str:
        """The file where it is written; "" if it is not in a file."""
        return printable(self.location.file) if self.location is not None else ""

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.file}:{self.location.line}" if self.location is not None else ""

    @property
    def reproduction(self) -> str:
        """A command line that shows the worst point alone; "" for a pass."""
        check = self.report.check
        if check is None:
            return ""
        if self.result is not None and self.result.worst is not None and self.verdict in (FAIL, ERROR):
            return of_comparison(check, self.result.expectation, self.result.worst)
        if self.tally is not None and self.verdict == FAIL:
            return of_derivative(check, self.tally)
        return ""


def entries(reports: Iterable[Report]) -> Iterator[Entry]:
    """The entries of reports, in order."""
    for report in reports:
        for result in report.results:
            e, verdict = result.expectation, report.verdict(result)
            message, fault = _why_not_passed(result, verdict)
            location = e.location or report.location
            label = printable(" ".join(e.label.split()))
            yield Entry(report, verdict, label, location, printable(message), result=result, fault=fault)
        for tally in report.tallies:
            message = "" if tally.verdict == PASS else f"{tally.finding}: {_tally_message(tally)}"
            location = report.location
            yield Entry(report, tally.verdict, tally.label, location, printable(message), tally=tally)
        if report.unverified:
            message = "the gradient check verified no derivative"
            yield Entry(report, ERROR, "gradcheck", report.location, message)
        if report.fault is not None:
            label, message = printable(report.name or "check"), printable(report.fault.message)
            location = report.location or location_of(report.fault)
            yield Entry(report, ERROR, label, location, message, fault=report.fault)


def _why_not_passed(result: Result, verdict: str) -> tuple[str, Diagnostic | None]:
    """A sentence, and the undefined operation if there is one."""
    if verdict == PASS:
        return "", None
    left_out = left_out_text(result)
    if result.compared == 0:
        return "nothing was compared" + (f": {left_out}" if left_out else ""), None
    if result.failed == 0:
        return f"too few points: {left_out}", None
    worst = result.worst
    assert worst is not None
    if verdict == ERROR:
        worst = next((c for c in result.failures if c.message), worst)
        return worst.message, worst.fault
    text = difference_text(worst)
    if result.compared > 1:
        row, rows = ("row", "rows") if worst.row.line else ("point", "points")
        count = f"{result.failed} of {result.compared} {rows}"
        text = f"{count} differ; the worst is {row} {worst.row.number}: {text}"
    return text, worst.fault


def left_out_text(result: Result) -> str:
    """The points of a sample that were not compared, and why; "" if all were compared."""
    out = result.left_out
    if not out:
        return ""
    counts = [(result.reasons[reason], words) for reason, words in REASONS.items() if result.reasons[reason]]
    why = ", ".join(f"{number} {words}" if number < out else words for number, words in counts)
    zeros = f"; {result.zeros} of the others are 0 as expected" if result.too_few and result.zeros else ""
    return f"{out} of {result.points} points left out: {why}{zeros}"


def difference_text(comparison: Comparison, unit: str = "times the tolerance") -> str:
    """One comparison that failed, as a sentence."""
    if comparison.message:
        return f"expected {shortened(comparison.expected)}, but {comparison.message}"
    expected, computed = pair(comparison)
    times = "" if math.isinf(comparison.excess) else f", {excess(comparison)} {unit}"
    return f"expected {expected}, computed {computed}{times}"


def _tally_message(tally: Tally) -> str:
    return tally.message + (f"; at fault is {tally.culprit}" if tally.culprit else "")


def tally_counts(tally: Tally) -> str:
    """The findings on a derivative at many points: 97 pass, 3 kink."""
    return ", ".join(f"{tally.counts[v]} {v}" for v in reversed(Tally.ORDER) if tally.counts[v])


def summary(counts: Counter[str]) -> str:
    """The last line: how many checks there were, and how many of each verdict."""
    total = counts.total()
    parts = [f"{counts[v]} {words}" for v, words in COUNTED.items() if counts[v]]
    return f"{total} check{'s' if total != 1 else ''}: {', '.join(parts) or 'nothing was checked'}"


def pair(comparison: Comparison) -> tuple[str, str]:
    """The expected and the computed number; with all digits if the usual ones do not distinguish them."""
    expected, computed = comparison.expected, comparison.computed
    texts = shortened(expected), shortened(computed)
    if texts[0] == texts[1] and expected != computed and comparison.excess > 1.0:
        return repr(expected), repr(computed)
    return texts


def excess(comparison: Comparison) -> str:
    """The difference in units of the tolerance."""
    return shortened(comparison.excess, 2 if comparison.excess >= 1.0 else 1)


def digits(comparison: Comparison) -> str:
    """How many digits agree."""
    return "all" if comparison.digits == 17 else str(comparison.digits)
