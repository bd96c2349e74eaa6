"""Expectations compared with what the sweeps compute, at any number of points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.expectation import Expectation
from graphdiff.checking.formulas import ExpectedFormulas
from graphdiff.checking.points import Row
from graphdiff.checking.results import KINK, MOST_KEPT, ROUNDING, UNDEFINED, Comparison, Result
from graphdiff.checking.rounding import SLACK, RoundingBound, rounding
from graphdiff.checking.screening import LEAST_SCREENED, Screening, block_size, screening
from graphdiff.derivatives.quantities import Probe
from graphdiff.diagnostics import Diagnostic, GraphdiffError
from graphdiff.graph import Graph
from graphdiff.notices import kinks
from graphdiff.sweep import evaluate

if TYPE_CHECKING:
    from graphdiff.checking.exact import Exact, ExactPoint

# So many rows of a sample are compared with many digits although they agree in binary64: agreement
# that comes of rounding is not agreement. Fewer, but one, in programs of more than MOST_NODES nodes.
CONFIRMED, MOST_NODES = 4, 20_000
# So many mismatches of an expectation are confirmed with many digits, and later ones only if they
# are the worst so far.
MOST_CONFIRMED = 3
# The smallest positive number: a number from elsewhere is known no closer.
QUANTUM = 2.0**-1074


class Comparer:
    """A program and what is expected of it, ready to be compared at points."""

    def __init__(self, graph: Graph, expectations: Sequence[Expectation]) -> None:
        self.expectations = list(expectations)
        most_kept = max(100, MOST_KEPT // max(1, len(self.expectations)))
        self.results = [Result(e, most_kept) for e in self.expectations]
        self.formulas = ExpectedFormulas(graph, self.expectations)
        self.program = graph = self.formulas.program
        quantities = [e.quantity for e in self.expectations]
        self.probe = Probe(self.formulas.graph, quantities + self.formulas.quantities)
        bounds = {quantity: RoundingBound(graph, quantity) for quantity in quantities}
        self._bounds = [bounds[quantity] for quantity in quantities]
        self._confirmed = max(1, min(CONFIRMED, MOST_NODES // len(graph)))

    @cached_property
    def screening(self) -> Screening | None:
        return screening(self.probe, self.formulas)

    @cached_property
    def exact(self) -> Exact:
        from graphdiff.checking.exact import Exact  # most points are decided without

        return Exact(self.probe)

    def run(self, rows: Iterable[Row], sampled: bool = False) -> Iterator[tuple[Expectation, Comparison]]:
        """Compare at each row, yielding each mismatch; the results gather the counts.

        In a sample, points without a value are left out, and so are points where the program
        has a kink: two inputs of max that round to the same number. In other rows, these are
        mismatches. A difference that rounding can explain is decided with many digits; where
        that costs too much, the row is left out as well.
        """
        rows = iter(rows)
        for row in islice(rows, self._confirmed if sampled else 1):
            yield from self._compare(row, sampled, confirmed=sampled)  # so that each result has its first
        for block in _blocks(rows, block_size(self.probe)):
            for row in self._screened(block, sampled):
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

    def _compare(
        self, row: Row, sampled: bool, confirmed: bool = False
    ) -> Iterator[tuple[Expectation, Comparison]]:
        inputs = {name: row.inputs[name] for name in self.formulas.graph.inputs}
        numbers = self.probe.at(inputs, FLOATS)
        expected = self.formulas.expected(numbers[len(self.expectations) :], row.expected)
        point: ExactPoint | None = None
        for k, (computed, wanted) in enumerate(zip(numbers, expected, strict=False)):
            result, e = self.results[k], self.expectations[k]
            comparison = self._comparison(e, row, computed, wanted)
            reason = ""
            if not (math.isfinite(comparison.computed) and math.isfinite(comparison.expected)):
                reason = UNDEFINED if sampled else ""
            elif confirmed or not e.tolerance.agrees(comparison.computed, comparison.expected):
                point = point or self.exact.at(inputs)
                comparison, reason = self._decided(k, comparison, point, sampled, confirmed)
            if reason:
                result.reasons[reason] += 1
            elif not result.add(comparison):
                yield e, comparison

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

    def _decided(
        self, k: int, comparison: Comparison, point: ExactPoint, sampled: bool, confirmed: bool
    ) -> tuple[Comparison, str]:
        """A comparison that binary64 leaves in doubt, and why it says nothing (if it does not count)."""
        size = self._natural_size(k, comparison, sampled)
        comparison = comparison._replace(
            excess=self.expectations[k].tolerance.excess(comparison.computed, comparison.expected, size)
        )
        if not self._is_worth_deciding(k, comparison):
            return comparison, ""
        zeros = comparison.computed == comparison.expected == 0.0
        found = self._exactly(k, comparison, point, size, quick=zeros and not confirmed)
        if found is not None and found.excess > 1.0 and self._is_worth_deciding(k, found):
            if found.computed == found.expected and zeros:  # apart by less than binary64 can show
                return comparison, ROUNDING if sampled else ""
            found = self._exactly(k, comparison, point, size, thorough=True)
        if found is None:
            agrees = zeros or (comparison.excess <= 1.0 and not sampled)
            return comparison, ROUNDING if not agrees and self._is_within_rounding(k, comparison) else ""
        if sampled and found.excess > 1.0:
            if found.computed == found.expected:
                return found, ROUNDING
            if self._is_at_kink(k, found.row):
                return found, KINK
        self.results[k].by_digits += comparison.excess > 1.0 >= found.excess
        return found, ""

    def _natural_size(self, k: int, comparison: Comparison, sampled: bool) -> float:
        """What scales the default absolute tolerance: nothing at random points, where no number was typed."""
        if sampled or self.expectations[k].tolerance.atol is not None:
            return 0.0
        return self._bounds[k].size(comparison.row.inputs, comparison.computed)

    def _is_worth_deciding(self, k: int, comparison: Comparison) -> bool:
        """Whether many digits could matter: not for one more of many mismatches that is not the worst."""
        worst = self.results[k].worst
        return (
            comparison.excess <= 1.0
            or self.results[k].failed < MOST_CONFIRMED
            or worst is None
            or comparison.excess > worst.excess
        )

    def _exactly(
        self, k: int, comparison: Comparison, point: ExactPoint, size: float, thorough: bool = False,
        quick: bool = False,
    ) -> Comparison | None:  # fmt: skip
        """The comparison with many digits; None where they give no number."""
        from decimal import Decimal

        formula = self._places[k]
        computed = point.number(k, thorough, quick)
        expected = Decimal(comparison.expected) if formula is None else point.number(formula, thorough, quick)
        if computed is None or expected is None:
            return None
        tolerance, c = self.expectations[k].tolerance, self.exact.context
        difference = c.subtract(computed, expected).copy_abs()
        if tolerance.ulp is not None:
            allowed = Decimal(tolerance.allowed(comparison.expected))
        else:
            relative = c.multiply(Decimal(tolerance.rtol), expected.copy_abs())
            allowed = c.add(Decimal(tolerance.absolute(size)), relative)
        if formula is None:
            allowed = c.add(allowed, Decimal(QUANTUM) / 2)  # by which the number may have been rounded
        excess = (
            0.0 if difference == 0 else math.inf if allowed == 0 else float(c.divide(difference, allowed))
        )
        return comparison._replace(computed=float(computed), expected=float(expected), excess=excess)

    @cached_property
    def _places(self) -> list[int | None]:
        """The place of each expected formula among the probe's quantities; None for a number of a table."""
        places = iter(range(len(self.expectations), len(self.probe.quantities)))
        return [None if name is None else next(places) for name in self.formulas.names]

    def _is_within_rounding(self, k: int, comparison: Comparison) -> bool:
        """Whether a difference is within the rounding errors of the two formulas at this point."""
        inputs, name = comparison.row.inputs, self.formulas.names[k]
        bound = self._bounds[k].at(inputs, comparison.computed)
        bound += bound if name is None else rounding(self.formulas.graph, name, inputs)
        return abs(comparison.difference) <= SLACK * bound

    def _is_at_kink(self, k: int, row: Row) -> bool:
        values = evaluate(self.program, {name: row.inputs[name] for name in self.program.inputs})
        return any(kinks(values, [self.expectations[k].quantity.of]))


def _blocks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Rows some at a time. If a table breaks off, first those that could be read."""
    while True:
        block: list[Row] = []
        try:
            for row in islice(rows, size):
                block.append(row)
        except GraphdiffError:
            yield block
            raise
        if not block:
            return
        yield block
