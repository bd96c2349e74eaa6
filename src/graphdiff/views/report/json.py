"""The report of `graphdiff check` as one JSON object, documented and stable.

Infinities and NaN are strings, as in protobuf's JSON mapping. Of a table with very many
mismatches the first ones are listed; all are counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from graphdiff.checking.compare import ATOL, Comparison, Result, Row, Tolerance
from graphdiff.checking.suite import ERROR, FAIL, PASS, SKIP, Outcome, Tally, count
from graphdiff.views.report import Item, items


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The report, a line for each check and each expectation."""
    counts = count(outcomes)
    numbers = {
        "passed": counts[PASS],
        "failed": counts[FAIL],
        "errors": counts[ERROR],
        "skipped": counts[SKIP],
    }
    yield "{" + ", ".join(f"{_text(key)}: {value}" for key, value in numbers.items()) + ', "checks": ['
    for k, outcome in enumerate(outcomes):
        found = list(items([outcome]))
        yield f'  {_text(_check(outcome))[:-1]}, "results": ['
        for j, item in enumerate(found):
            yield f"    {_text(_item(item))}{',' if j + 1 < len(found) else ''}"
        yield "  ]}" + ("," if k + 1 < len(outcomes) else "")
    yield "]}"


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _check(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"name": outcome.name}
    if outcome.place is not None:
        found["file"], found["line"] = outcome.place
    if outcome.check is not None:
        points = outcome.check.points
        found["program"] = outcome.check.graph.source.text
        if points.sampled:
            found["samples"], found["seed"] = points.size, points.seed
        if points.table:
            found["table"] = points.table
    return found


def _item(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {"verdict": item.verdict}
    if item.place is not None:
        found["file"], found["line"] = item.place
    if item.result is not None:
        check = item.outcome.check
        # Of a sample the worst point says enough; of a table each row is somebody's number.
        found.update(_result(item.result, listed=check is not None and not check.points.sampled))
    elif item.tally is not None:
        found.update(_tally(item.tally))
    if item.message:
        found["message"] = item.message
    if item.reproduction:
        found["reproduce"] = item.reproduction
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
        "left_out": {"undefined": result.undefined, "rounding": result.rounding, "kinks": result.kinks},
        "by_absolute_tolerance_alone": result.by_absolute,
    }
    shown = result.worst or (result.first if result.compared == 1 else None)
    found["worst"] = None if shown is None else _comparison(shown)
    if listed:
        found["mismatches"] = [_comparison(failure) for failure in result.failures]
    return found


def _tolerance(tolerance: Tolerance) -> dict[str, Any]:
    if tolerance.ulp is not None:
        return {"ulp": tolerance.ulp, "equal_nan": tolerance.equal_nan}
    # Without a word the absolute tolerance is ATOL, and less where all that is added up is small.
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
        "finding": tally.verdict,
        "counts": dict(tally.counts),
    }
    if tally.row is not None:
        found["at"] = _row(tally.row)
        found["computed"] = _number(tally.computed)
        found["said"] = tally.message
        if tally.culprit:
            found["culprit"] = tally.culprit
    return found
