"""Derivative results from elsewhere, compared with what the sweeps compute.

An expectation is a formula over the program's names; a number is one without names.
It is compared at points: one, many random ones, or the rows of a table.
"""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, did_you_mean, listing
from graphdiff.graph import Graph
from graphdiff.parse import parse
from graphdiff.quantity import DERIVATIVE, Probe, Quantity, quantity
from graphdiff.sweep import backpropagate, evaluate


class Tolerance(NamedTuple):
    """How far a computed value may be from an expected one.

    |computed - expected| <= atol + rtol*|expected|, NumPy's meaning; the defaults are
    those of pytest.approx. With `ulp`, that many units in the last place of the expected
    value instead. NaN equals NaN only where `equal_nan` says so.
    """

    rtol: float = 1e-6
    atol: float = 1e-12
    ulp: float | None = None
    equal_nan: bool = False

    def excess(self, computed: float, expected: float) -> float:
        """The difference in units of the tolerance: at most 1 passes."""
        if computed == expected:
            return 0.0
        if math.isnan(computed) or math.isnan(expected):
            return 0.0 if self.equal_nan and math.isnan(computed) and math.isnan(expected) else math.inf
        if math.isinf(computed) or math.isinf(expected):
            return math.inf
        difference = abs(computed - expected)
        allowed = self.allowed(expected)
        return difference / allowed if allowed else math.inf

    def allowed(self, expected: float) -> float:
        if self.ulp is not None:
            return self.ulp * math.ulp(expected)
        return self.atol + self.rtol * abs(expected)

    def only_absolute(self, computed: float, expected: float) -> bool:
        """Whether the relative tolerance alone would have refused what passes."""
        if self.ulp is not None or not math.isfinite(computed) or not math.isfinite(expected):
            return False
        excess = self.excess(computed, expected)
        return AGREES < excess <= 1.0 and abs(computed - expected) > self.rtol * abs(expected)

    def __str__(self) -> str:
        return f"{self.ulp:g} ulp" if self.ulp is not None else f"rtol {self.rtol:g}, atol {self.atol:g}"


# Differences below this part of the tolerance are agreement: which of such rows is the
# worst depends on the last bits of sin and exp, so none of them is singled out.
AGREES = 1e-3
# A sample of which fewer than this part lies in the domain shows nothing.
LEAST_INSIDE = 0.1
# Failures kept in a report, for each expectation; all are counted.
MOST_KEPT = 10_000


class Place(NamedTuple):
    """Where an expectation is written: a file and a line."""

    file: str
    line: int


class Expectation(NamedTuple):
    """What is expected of a quantity: a formula over the program's names, or a column of a table."""

    quantity: Quantity
    formula: str | None  # None: the values stand in a table
    tolerance: Tolerance = Tolerance()
    place: Place | None = None

    @property
    def label(self) -> str:
        return self.quantity.label if self.formula is None else f"{self.quantity.label} = {self.formula}"


class Row(NamedTuple):
    """A point: its number (of a table's row or a sample), its inputs, and what a table expects there."""

    number: int
    inputs: dict[str, float]
    expected: Sequence[float] = ()


class Comparison(NamedTuple):
    """One expectation at one point. `excess` is the difference in units of the tolerance."""

    row: Row
    computed: float
    expected: float
    excess: float
    message: str = ""  # why there is no computed value, where there is none

    @property
    def difference(self) -> float:
        return self.computed - self.expected

    @property
    def digits(self) -> int:
        """How many decimal digits agree, 0 to 17."""
        if self.computed == self.expected:
            return 17
        scale = max(abs(self.computed), abs(self.expected))
        if not (math.isfinite(self.computed) and math.isfinite(self.expected) and scale):
            return 0
        return max(0, min(17, math.floor(-math.log10(abs(self.computed - self.expected) / scale))))


class Result:
    """All comparisons of one expectation."""

    def __init__(self, expectation: Expectation) -> None:
        self.expectation = expectation
        self.compared = 0
        self.failed = 0
        self.undefined = 0  # points left out: the program or the formula has no value there
        self.rounding = 0  # points left out: the difference is within the rounding error of the formula
        self.by_absolute = 0  # passed by the absolute tolerance alone
        self.worst: Comparison | None = None
        self.failures: list[Comparison] = []
        self.too_few = False

    @property
    def passed(self) -> bool:
        return self.failed == 0 and not self.too_few

    def add(self, comparison: Comparison) -> bool:
        """Count one comparison; whether it passes."""
        tolerance = self.expectation.tolerance
        self.compared += 1
        if comparison.excess > AGREES and (self.worst is None or comparison.excess > self.worst.excess):
            self.worst = comparison
        if self.worst is None and self.compared == 1:
            self.first = comparison
        if comparison.excess <= 1.0:
            self.by_absolute += tolerance.only_absolute(comparison.computed, comparison.expected)
            return True
        self.failed += 1
        if len(self.failures) < MOST_KEPT:
            self.failures.append(comparison)
        return False

    first: Comparison | None = None


def expectation(graph: Graph, text: str, tolerance: Tolerance, place: Place | None = None) -> Expectation:
    """An expectation as written: `dJ/db = 3*c`. Raises GraphdiffError where it is none."""
    left, equals, right = text.partition("=")
    if not equals or not left.strip() or not right.strip():
        hint = 'write one like  --expect "dJ/db = 3*c"  or  --expect J=33'
        raise InputProblem(Diagnostic("usage", f"'{text}' is no expectation", hint=hint))
    return Expectation(quantity(graph, left.strip()), right.strip(), tolerance, place)


class Comparer:
    """A program and what is expected of it, ready to be compared at points.

    The formulas become definitions of the program, under names it does not have: they
    see its names, inputs and functions, and change no derivative.
    """

    def __init__(self, graph: Graph, expectations: Sequence[Expectation]) -> None:
        self.program = graph
        self.expectations = list(expectations)
        self.results = [Result(e) for e in expectations]
        self.columns = [k for k, e in enumerate(expectations) if e.formula is None]
        formulas: list[str] = []
        self.names: list[str | None] = []
        for k, e in enumerate(expectations):
            text = None if e.formula is None else _number_text(e.formula)
            self.names.append(None if text is None else f"expected__{k}")
            if text is not None:
                self._read(text)
                formulas.append(f"expected__{k} = ({text})")
        self.graph = parse("\n".join([graph.source.text, *formulas])) if formulas else graph
        self._refuse_strangers(formulas)
        asked = [e.quantity for e in expectations] + [Quantity(n) for n in self.names if n is not None]
        self.probe = Probe(self.graph, asked)
        self.batch = self._batch()
        self._rounding: dict[Quantity, Graph] = {}

    def _read(self, formula: str) -> None:
        """Refuse a formula that is none, with its own text under the caret."""
        if list(parse(f"({formula})").definitions) != ["out"]:
            raise InputProblem(Diagnostic("usage", f"'{formula}' is no formula"))

    def _refuse_strangers(self, formulas: list[str]) -> None:
        strangers = [name for name in self.graph.inputs if name not in self.program.names]
        if strangers:
            name = strangers[0]
            which = next((f for f in formulas if name in f), "")
            hint = did_you_mean(name, self.program.names) or f"its names are {listing(self.program.names)}"
            formula = which.partition("=")[2].strip()
            message = f"the formula {formula} uses '{name}', which the program does not have"
            raise InputProblem(Diagnostic("name", message, hint=hint, node=name))

    def _batch(self) -> Any:
        """Whether NumPy can screen rows: it is installed, and the tolerances are wide enough."""
        fine = any(e.tolerance.ulp is not None or e.tolerance.rtol < 1e-9 for e in self.expectations)
        if fine or importlib.util.find_spec("numpy") is None:
            return None
        return True

    def run(self, rows: Iterable[Row], sampled: bool = False) -> Iterator[tuple[Expectation, Comparison]]:
        """Compare at each row, yielding each mismatch; the results gather the counts.

        In a sample, points without a value are left out, as are those where the
        difference is within the rounding error of an ill-conditioned formula. Else a
        point without a value is a mismatch.
        """
        rows = iter(rows)
        while chunk := list(islice(rows, 8192)):
            for row in self._screened(chunk) if self.batch and len(chunk) >= 64 else chunk:
                yield from self._compare(row, sampled)
        if sampled:
            for result in self.results:
                total = result.compared + result.undefined + result.rounding
                result.too_few = result.compared < LEAST_INSIDE * total

    def _compare(self, row: Row, sampled: bool) -> Iterator[tuple[Expectation, Comparison]]:
        found = self.probe.at({name: row.inputs[name] for name in self.graph.inputs}, FLOATS)
        formulas = iter(found[len(self.expectations) :])
        columns = iter(row.expected)
        for e, result, computed in zip(self.expectations, self.results, found, strict=False):
            expected = next(columns) if e.formula is None else next(formulas)
            message = ""
            if isinstance(expected, GraphdiffError):
                message = f"the expected formula has no value: {expected.diagnostic.message}"
                expected = math.nan
            if isinstance(computed, GraphdiffError):
                message = f"{e.quantity.label} has no value: {computed.diagnostic.message}"
                computed = math.nan
            if sampled and not (math.isfinite(computed) and math.isfinite(expected)):
                result.undefined += 1
                continue
            comparison = Comparison(row, computed, expected, e.tolerance.excess(computed, expected), message)
            if sampled and comparison.excess > 1.0 and self._is_rounding(e, comparison):
                result.rounding += 1
            elif not result.add(comparison):
                yield e, comparison

    def _is_rounding(self, e: Expectation, comparison: Comparison) -> bool:
        """Whether a difference is within the rounding errors of the two formulas at this point.

        To first order the error of a formula is at most the sum over its nodes of
        |d(formula)/d(node) * node| units of rounding: the backward sweep gives it.
        """
        index = self.expectations.index(e)
        name = self.names[index]
        assert name is not None
        inputs = comparison.row.inputs
        bound = rounding_error(self.graph, name, inputs)
        if e.quantity not in self._rounding:
            self._rounding[e.quantity] = self._as_program(e.quantity)
        derived = self._rounding[e.quantity]
        bound += rounding_error(derived, DERIVATIVE, inputs)
        return abs(comparison.difference) <= 4.0 * bound

    def _as_program(self, q: Quantity) -> Graph:
        from graphdiff.derive import derive
        from graphdiff.views.program import lines

        graph = self.program
        name = q.of
        for by in q.wrt:
            if by not in graph.names:
                return parse(f"{DERIVATIVE} = 0")
            program = derive(graph, [name], [by])
            graph = parse("\n".join([*lines(program), f"{DERIVATIVE} = {program.wanted[0]}"]))
            name = DERIVATIVE
        return graph if q.wrt else parse(f"{graph.source.text}\n{DERIVATIVE} = {name}")

    def _screened(self, chunk: list[Row]) -> list[Row]:
        """The rows that NumPy's arithmetic does not find to agree; those that do are counted here.

        What is not plainly in agreement is compared again in floats, so that no verdict
        and no number in a report depends on NumPy.
        """
        if self.batch is True:
            from graphdiff.arithmetic.batch import Batch

            self.batch = Batch()
        np = self.batch.np
        inputs = {name: np.array([row.inputs[name] for row in chunk]) for name in self.graph.inputs}
        given = np.array([row.expected for row in chunk], dtype=float)
        with np.errstate(all="ignore"):
            found = self.probe.at(inputs, self.batch)
            formulas = iter(found[len(self.expectations) :])
            columns = iter(given.T) if self.columns else iter(())
            doubtful = np.zeros(len(chunk), dtype=bool)
            for e, computed in zip(self.expectations, found, strict=False):
                expected = next(columns) if e.formula is None else next(formulas)
                allowed = e.tolerance.atol + e.tolerance.rtol * np.abs(expected)
                doubtful |= ~(np.abs(computed - expected) <= 0.5 * AGREES * allowed)
        agreeing = int(len(chunk) - doubtful.sum())
        for result in self.results:
            result.compared += agreeing
        return [chunk[k] for k in np.flatnonzero(doubtful)]


def _number_text(formula: str) -> str:
    """A formula, with the words for NaN and infinity that other programs print."""
    words = {"nan": "inf - inf", "-nan": "inf - inf", "infinity": "inf", "-infinity": "-inf"}
    return words.get(formula.strip().lower(), formula)


def rounding_error(graph: Graph, name: str, inputs: Mapping[str, float]) -> float:
    """A first-order bound of the rounding error of a node's value, absolute."""
    values = evaluate(graph, {k: inputs[k] for k in graph.inputs})
    slopes = backpropagate(values, name)
    total = 0.0
    for node, adjoint in enumerate(slopes.adjoints):
        if adjoint is not None:
            weight = abs(adjoint * values.nodes[node])
            total += weight if math.isfinite(weight) else 0.0
    return float(total * 2.0**-52)


class Range(NamedTuple):
    """An input that is drawn: uniform between two numbers, or from the default spread."""

    low: float | None = None
    high: float | None = None

    def draw(self, source: random.Random) -> float:
        """A number of the range.

        The default spread tries signs and scales: in equal parts uniform in (0, 1),
        uniform in (-2, 2), and of either sign with a magnitude between 1e-3 and 1e3,
        uniform in its logarithm.
        """
        if self.low is not None and self.high is not None:
            return self.low + (self.high - self.low) * source.random()
        kind, x = int(source.random() * 3.0), source.random()
        if kind == 0:
            return x
        if kind == 1:
            return 4.0 * x - 2.0
        magnitude = 10.0 ** (3.0 * (2.0 * x - 1.0))
        return magnitude if source.random() < 0.5 else -magnitude


def samples(inputs: Mapping[str, float | Range], count: int, seed: int) -> Iterator[Row]:
    """Random points, the same for the same seed on every machine."""
    source = random.Random(seed)
    for number in range(1, count + 1):
        yield Row(number, {k: v.draw(source) if isinstance(v, Range) else v for k, v in inputs.items()})
