"""What the reports of `graphdiff check` have in common: their sentences, numbers and command lines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphdiff.checking.compare import Comparison, Expectation, Place, Result, Row, Tolerance, place_of
from graphdiff.checking.suite import ERROR, FAIL, PASS, SKIP, Outcome, Tally
from graphdiff.diagnostics import Diagnostic

# The options of the command: an input of such a name is set by --set.
OPTIONS = frozenset((
    "atol", "color", "equal-nan", "expect", "expression", "file", "format", "gradcheck", "help", "ignore",
    "inputs", "of", "report", "report-format", "rtol", "samples", "schema", "seed", "set", "table",
    "table-format", "ulp", "wrt",
))  # fmt: skip


class Item(NamedTuple):
    """One line of a report: an expectation, a derivative of a gradient check, or what has no answer."""

    outcome: Outcome
    verdict: str
    label: str
    place: Place | None
    message: str  # why it is no pass; "" for a pass
    result: Result | None = None
    tally: Tally | None = None
    fault: Diagnostic | None = None

    @property
    def reproduction(self) -> str:
        """A command line that shows the worst point alone; "" where there is none."""
        if self.result is not None and self.result.worst is not None and self.verdict in (FAIL, ERROR):
            return reproduce(self.outcome, self.result.expectation, self.result.worst)
        if self.tally is not None and self.tally.row is not None and self.verdict == FAIL:
            of, wrt = self.tally.of, self.tally.wrt
            asked = ["--gradcheck", "--of", of, "--wrt", wrt]
            check = self.outcome.check
            if check is not None and check.slopes is not None:
                asked += _tolerance(Tolerance(rtol=check.slopes.rtol))
            return _command(self.outcome, self.tally.row, asked)
        return ""


def items(outcomes: Iterable[Outcome]) -> Iterator[Item]:
    """The lines of a report, in order."""
    for outcome in outcomes:
        for result in outcome.results:
            e, verdict = result.expectation, outcome.verdict(result)
            message, fault = _result_message(outcome, result, verdict)
            place = e.place or outcome.place
            yield Item(outcome, verdict, e.label, place, message, result=result, fault=fault)
        for tally in outcome.tallies:
            message = "" if tally.standing == PASS else f"{tally.verdict}: {_tally_message(tally)}"
            yield Item(outcome, tally.standing, tally.label, outcome.place, message, tally=tally)
        if outcome.unverified:
            message = "the gradient check verified no derivative"
            yield Item(outcome, ERROR, "gradcheck", outcome.place, message)
        if outcome.fault is not None:
            label = outcome.name or "check"
            place = outcome.place or place_of(outcome.fault)
            yield Item(outcome, ERROR, label, place, outcome.fault.message, fault=outcome.fault)


def _result_message(outcome: Outcome, result: Result, verdict: str) -> tuple[str, Diagnostic | None]:
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
        row = f"row {worst.row.number}" if worst.row.line else f"point {worst.row.number}"
        what = "rows" if worst.row.line else "points"
        text = f"{result.failed} of {result.compared} {what} differ, {row} most: {text}"
    return text, worst.fault


def left_out_text(result: Result) -> str:
    """The points of a sample that were not compared, and why; "" where all were."""
    out = result.left_out
    if not out:
        return ""
    why = {
        "outside the domain": result.undefined,
        "within rounding error": result.rounding,
        "at a kink": result.kinks,
    }
    reasons = [f"{number} {reason}" if number < out else reason for reason, number in why.items() if number]
    zeros = f"; {result.zeros} of the others are 0 as expected" if result.too_few and result.zeros else ""
    return f"{out} of {out + result.compared} points left out: {', '.join(reasons)}{zeros}"


def difference_text(comparison: Comparison, unit: str = "times the tolerance") -> str:
    """One comparison that failed, as a sentence."""
    if comparison.message:
        return f"expected {number(comparison.expected)}, but {comparison.message}"
    expected, computed = pair(comparison)
    times = "" if math.isinf(comparison.excess) else f", {excess(comparison)} {unit}"
    return f"expected {expected}, computed {computed}{times}"


def _tally_message(tally: Tally) -> str:
    at_fault = f"; at fault is {tally.culprit}" if tally.culprit else ""
    return tally.message + at_fault


def tally_counts(tally: Tally) -> str:
    """The verdicts on a derivative at many points: 97 pass, 3 kink."""
    return ", ".join(f"{tally.counts[v]} {v}" for v in (*reversed(Tally.ORDER),) if tally.counts[v])


def summary(counts: Counter[str]) -> str:
    """The last line: how many checks there were, and what came of them."""
    total = counts.total()
    parts = [f"{counts[v]} {word}" for v, word in WORDS.items() if counts[v]]
    return f"{total} check{'s' if total != 1 else ''}: {', '.join(parts) or 'nothing was checked'}"


WORDS = {PASS: "passed", FAIL: "failed", ERROR: "without an answer", SKIP: "not verified"}


def number(value: float, digits: int = 10) -> str:
    """A number for reading."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.{digits}g}"


def pair(comparison: Comparison) -> tuple[str, str]:
    """The expected and the computed number: with all digits where ten do not tell them apart."""
    expected, computed = comparison.expected, comparison.computed
    texts = number(expected), number(computed)
    if texts[0] == texts[1] and expected != computed and comparison.excess > 1.0:
        return repr(expected), repr(computed)
    return texts


def excess(comparison: Comparison) -> str:
    """The difference in units of the tolerance."""
    return number(comparison.excess, 2 if comparison.excess >= 1.0 else 1)


def digits(comparison: Comparison) -> str:
    """How many digits agree."""
    return "all" if comparison.digits == 17 else str(comparison.digits)


def reproduce(outcome: Outcome, e: Expectation, comparison: Comparison) -> str:
    """A command line that makes one comparison again."""
    formula = repr(comparison.expected) if e.formula is None else e.formula
    tolerance = e.tolerance
    if comparison.excess > tolerance.excess(comparison.computed, comparison.expected):
        # At a random point the default is stricter than at one that is given.
        relative = tolerance.rtol * abs(comparison.expected)
        absolute = abs(comparison.difference) / comparison.excess - relative
        tolerance = tolerance._replace(atol=absolute if absolute > relative / 1000 else 0.0)
    asked = ["--expect", f"{e.quantity.label} = {formula}", *_tolerance(tolerance)]
    return _command(outcome, comparison.row, asked)


def _command(outcome: Outcome, row: Row, asked: list[str]) -> str:
    if outcome.check is None:
        return ""
    import shlex  # only what is wrong is said again

    words = ["graphdiff", "check", *outcome.check.written]
    for name, value in row.inputs.items():
        words += ["--set", f"{name}={value!r}"] if name in OPTIONS else [f"--{name}={value!r}"]
    return shlex.join([*words, *asked])


def _tolerance(tolerance: Tolerance) -> Iterator[str]:
    default = Tolerance()
    if tolerance.ulp is not None:
        yield f"--ulp={tolerance.ulp!r}"
    else:
        if tolerance.rtol != default.rtol:
            yield f"--rtol={tolerance.rtol!r}"
        if tolerance.atol != default.atol:
            yield f"--atol={tolerance.atol!r}"
    if tolerance.equal_nan:
        yield "--equal-nan"
