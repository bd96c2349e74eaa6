"""The report as one JSON object, documented and stable.

Infinities and NaN are strings, as in protobuf's JSON mapping. Of very many mismatches
the first ones are listed; all are counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from graphdiff.checking import (
    ATOL,
    ERROR,
    FAIL,
    PASS,
    SKIP,
    Comparison,
    Report,
    Result,
    Row,
    Tally,
    Tolerance,
    count,
)
from graphdiff.views.report.entries import REASONS, Entry, entries


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """The report, a line for each check and each expectation."""
    counts = count(reports)
    numbers = {
        "passed": counts[PASS],
        "failed": counts[FAIL],
        "errors": counts[ERROR],
        "skipped": counts[SKIP],
    }
    yield "{" + ", ".join(f"{_text(key)}: {value}" for key, value in numbers.items()) + ', "checks": ['
    for k, report in enumerate(reports):
        found = list(entries([report]))
        yield f'  {_text(_check(report))[:-1]}, "results": ['
        for j, entry in enumerate(found):
            yield f"    {_text(_entry(entry))}{',' if j + 1 < len(found) else ''}"
        yield "  ]}" + ("," if k + 1 < len(reports) else "")
    yield "]}"


def _text(value: Any) -> str:
    """JSON on one line; what is not safe to write stands escaped in its strings."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False).replace("##", "#\\u0023")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1].replace("\x7f", "\\u007f") for c in text)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _check(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {"name": report.name}
    if report.location is not None:
        found["file"], found["line"] = report.location
    if report.check is not None:
        points = report.check.points
        found["program"] = report.check.graph.source.text
        if points.sampled:
            found["samples"], found["seed"] = points.size, points.seed
        if points.table:
            found["table"] = points.table
    return found


def _entry(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"verdict": entry.verdict}
    if entry.location is not None:
        found["file"], found["line"] = entry.location
    if entry.result is not None:
        check = entry.report.check
        # Of a sample, the worst point is enough; of a table, each row that differs is listed.
        found.update(_result(entry.result, listed=check is not None and not check.points.sampled))
    elif entry.tally is not None:
        found.update(_tally(entry.tally))
    if entry.message:
        found["message"] = entry.message
    if entry.reproduction:
        found["reproduce"] = entry.reproduction
    return found


def _result(result: Result, listed: bool) -> dict[str, Any]:
    e = result.expectation
    found: dict[str, Any] = {
        "quantity": e.quantity.label,
        "formula": e.formula,
        "tolerance": _tolerance(e.tolerance),
        "compared": result.compared,
        "failed": result.failed,
        "without_value": result.no_value,
        "left_out": {reason: result.reasons[reason] for reason in REASONS},
        "by_absolute_tolerance_alone": result.by_absolute,
        "by_many_digits": result.by_digits,
    }
    found["worst"] = None if result.shown is None else _comparison(result.shown)
    if listed:
        found["mismatches"] = [_comparison(failure) for failure in result.failures]
    return found


def _tolerance(tolerance: Tolerance) -> dict[str, Any]:
    if tolerance.ulp is not None:
        return {"ulp": tolerance.ulp, "equal_nan": tolerance.equal_nan}
    # The default is ATOL or less, scaled with the quantity, and 0 at random points.
    atol = ATOL if tolerance.atol is None else tolerance.atol
    return {"rtol": tolerance.rtol, "atol": atol, "equal_nan": tolerance.equal_nan}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    found = _row(comparison.row)
    found["expected"] = _number(comparison.expected)
    found["computed"] = _number(comparison.computed)
    found["difference"] = _number(comparison.difference)
    found["tolerances"] = _number(comparison.excess)
    found["digits"] = comparison.digits
    if comparison.message:
        found["message"] = comparison.message
    return found


def _row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"row": row.number}
    if row.line:
        found["line"] = row.line
    found["inputs"] = {name: _number(value) for name, value in row.inputs.items()}
    return found


def _tally(tally: Tally) -> dict[str, Any]:
    found: dict[str, Any] = {
        "derivative": tally.label,
        "finding": tally.finding,
        "counts": dict(tally.counts),
    }
    if tally.row is not None:
        found["at"] = _row(tally.row)
        found["computed"] = _number(tally.computed)
        found["said"] = tally.message
        if tally.culprit:
            found["culprit"] = tally.culprit
    return found
