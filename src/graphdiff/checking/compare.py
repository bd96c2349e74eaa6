"""Expectations compared with what the sweeps compute, at any number of points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.expectation import Expectation
from graphdiff.checking.formulas import ExpectedFormulas
from graphdiff.checking.points import Row
from graphdiff.checking.results import KINK, MOST_KEPT, ROUNDING, UNDEFINED, Comparison, Result
from graphdiff.checking.rounding import LEAST_SOUND, SLACK, UNIT, RoundingBound, rounding
from graphdiff.checking.screening import Screening, screening
from graphdiff.derivatives.quantities import Probe
from graphdiff.diagnostics import Diagnostic, GraphdiffError
from graphdiff.graph import Graph
from graphdiff.notices import kinks
from graphdiff.sweep import evaluate

# Rows are compared so many at a time; for fewer than LEAST_SCREENED, importing NumPy does not pay.
CHUNK, LEAST_SCREENED = 8192, 64


class Comparer:
    """A program and what is expected of it, ready to be compared at points."""

    def __init__(self, graph: Graph, expectations: Sequence[Expectation]) -> None:
        self.program = graph
        self.expectations = list(expectations)
        most_kept = max(100, MOST_KEPT // max(1, len(self.expectations)))
        self.results = [Result(e, most_kept) for e in self.expectations]
        self.formulas = ExpectedFormulas(graph, self.expectations)
        quantities = [e.quantity for e in self.expectations]
        self.probe = Probe(self.formulas.graph, quantities + self.formulas.quantities)
        self._bounds = [RoundingBound(graph, quantity) for quantity in quantities]

    @cached_property
    def screening(self) -> Screening | None:
        return screening(self.probe, self.formulas)

    def run(self, rows: Iterable[Row], sampled: bool = False) -> Iterator[tuple[Expectation, Comparison]]:
        """Compare at each row, yielding each mismatch; the results gather the counts.

        In a sample, points without a value are left out. So are points that differ by no more
        than the rounding error of an ill-conditioned formula, or where the program has a kink:
        two inputs of max that round to the same number. In other rows, these are mismatches.
        """
        rows = iter(rows)
        for row in islice(rows, 1):
            yield from self._compare(row, sampled)  # in floats, so that each result has its first comparison
        for chunk in _chunks(rows):
            for row in self._screened(chunk, sampled):
                yield from self._compare(row, sampled)
        if sampled:
            for result in self.results:
                result.judge_sample()

    def _screened(self, rows: list[Row], sampled: bool) -> list[Row]:
        """The rows to compare in floats; the others agree, and are counted here."""
        if len(rows) < LEAST_SCREENED or self.screening is None:
            return rows
        doubtful = self.screening.doubtful(rows, sampled)
        for result in self.results:
            result.compared += len(rows) - len(doubtful)
        return doubtful

    def _compare(self, row: Row, sampled: bool) -> Iterator[tuple[Expectation, Comparison]]:
        numbers = self.probe.at({name: row.inputs[name] for name in self.formulas.graph.inputs}, FLOATS)
        expected = self.formulas.expected(numbers[len(self.expectations) :], row.expected)
        for k, (computed, wanted) in enumerate(zip(numbers, expected, strict=False)):
            result = self.results[k]
            comparison = self._comparison(result.expectation, row, computed, wanted)
            if sampled:
                comparison = self._with_scaled_tolerance(k, comparison)
                reason = self._reason_to_leave_out(k, comparison)
                if reason:
                    result.reasons[reason] += 1
                    continue
            if not result.add(comparison):
                yield result.expectation, comparison

    def _comparison(self, e: Expectation, row: Row, computed: Any, expected: Any) -> Comparison:
        """A computed value beside an expected one; each may be the error of an undefined operation."""
        message, fault = "", None
        if isinstance(expected, GraphdiffError):
            fault, expected = self._fault(expected), math.nan
            message = f"the expected formula has no value: {fault.message}"
        if isinstance(computed, GraphdiffError):
            fault, computed = self._fault(computed), math.nan
            message = f"{e.quantity.label} has no value: {fault.message}"
        excess = e.tolerance.excess(computed, expected)
        if excess > 1.0 and math.isnan(computed) and not message:
            message = f"{e.quantity.label} is NaN here"
        return Comparison(row, computed, expected, excess, message, fault)

    def _fault(self, error: GraphdiffError) -> Diagnostic:
        return self.formulas.located(error.diagnostic)

    def _with_scaled_tolerance(self, k: int, comparison: Comparison) -> Comparison:
        """At a random point the default absolute tolerance is scaled with the terms of the value."""
        computed, expected, allowed = comparison.computed, comparison.expected, self.expectations[k].tolerance
        if (
            comparison.excess > 1.0
            or allowed.atol is not None
            or not allowed.only_absolute(computed, expected)
        ):
            return comparison
        size = self._bounds[k].at(comparison.row.inputs, computed) / UNIT
        return comparison._replace(excess=allowed.excess(computed, expected, size))

    def _reason_to_leave_out(self, k: int, comparison: Comparison) -> str:
        """Why a point of a sample says nothing; "" if it does say something."""
        if not (math.isfinite(comparison.computed) and math.isfinite(comparison.expected)):
            return UNDEFINED
        if comparison.excess <= 1.0:
            return ""
        if self._is_within_rounding(k, comparison):
            return ROUNDING
        return KINK if self._is_at_kink(k, comparison.row) else ""

    def _is_within_rounding(self, k: int, comparison: Comparison) -> bool:
        """Whether a difference is within the rounding errors of the two formulas at this point."""
        name = self.formulas.names[k]
        if name is None:
            return False
        if abs(comparison.computed) < LEAST_SOUND and abs(comparison.expected) < LEAST_SOUND:
            return True
        inputs = comparison.row.inputs
        bound = self._bounds[k].at(inputs, comparison.computed) + rounding(self.formulas.graph, name, inputs)
        return abs(comparison.difference) <= SLACK * bound

    def _is_at_kink(self, k: int, row: Row) -> bool:
        values = evaluate(self.program, {name: row.inputs[name] for name in self.program.inputs})
        return any(kinks(values, [self.expectations[k].quantity.of]))


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows some at a time. If a table breaks off, first those that could be read."""
    while True:
        chunk: list[Row] = []
        try:
            for row in islice(rows, CHUNK):
                chunk.append(row)
        except GraphdiffError:
            yield chunk
            raise
        if not chunk:
            return
        yield chunk
