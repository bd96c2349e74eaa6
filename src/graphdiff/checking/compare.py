"""Derivative results from elsewhere, compared with what the sweeps compute.

An expectation is a formula over the program's names; a number is one without names.
It is compared at points: one, many random ones, or the rows of a table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.derivatives.quantities import Probe, Quantity, derivative_graph, quantity
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, Source, did_you_mean, listing
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised, reader
from graphdiff.notices import kinks
from graphdiff.parsing import parse
from graphdiff.sweep import backpropagate, evaluate

if TYPE_CHECKING:
    from random import Random


class Tolerance(NamedTuple):
    """How far a computed value may be from an expected one.

    |computed - expected| <= atol + rtol*|expected|, NumPy's meaning. The defaults are those
    of pytest.approx; what the absolute one alone lets pass is reported. At random points,
    where nobody chose the scale, the default `atol` is never more than ATOL of the size of
    what is added up to the computed value: it excuses what is left of a cancellation, and
    does not certify whatever formula is given for a quantity that is 1e-23 everywhere.
    With `ulp`, that many units in the last place of the expected value instead. NaN equals
    NaN only where `equal_nan` says so.
    """

    rtol: float = 1e-6
    atol: float | None = None
    ulp: float | None = None
    equal_nan: bool = False

    def excess(self, computed: float, expected: float, size: float = 1.0) -> float:
        """The difference in units of the tolerance: at most 1 passes."""
        if computed == expected:
            return 0.0
        if math.isnan(computed) or math.isnan(expected):
            return 0.0 if self.equal_nan and math.isnan(computed) and math.isnan(expected) else math.inf
        if math.isinf(computed) or math.isinf(expected):
            return math.inf
        difference = abs(computed - expected)
        allowed = self.allowed(expected, size)
        return difference / allowed if allowed else math.inf

    def allowed(self, expected: float, size: float = 1.0) -> float:
        """The largest difference that passes; `size` is that of what is added up to the computed value."""
        if self.ulp is not None:
            return self.ulp * math.ulp(expected)
        atol = ATOL * min(1.0, size) if self.atol is None else self.atol
        return atol + self.rtol * abs(expected)

    def only_absolute(self, computed: float, expected: float) -> bool:
        """Whether the relative tolerance alone would refuse two finite numbers."""
        if self.ulp is not None or not math.isfinite(computed) or not math.isfinite(expected):
            return False
        return abs(computed - expected) > self.rtol * abs(expected)

    def __str__(self) -> str:
        if self.ulp is not None:
            return f"{self.ulp:g} ulp"
        return f"rtol {self.rtol:g}, atol {ATOL if self.atol is None else self.atol:g}"


# The default absolute tolerance, pytest.approx's.
ATOL = 1e-12


def tolerance(
    base: Tolerance,
    rtol: float | None = None,
    atol: float | None = None,
    ulp: float | None = None,
    equal_nan: bool | None = None,
) -> Tolerance:
    """A tolerance with what is given in place of the base's; InputProblem where that is none."""
    for name, value in (("rtol", rtol), ("atol", atol), ("ulp", ulp)):
        if value is not None and not 0.0 <= value < math.inf:
            hint = "write a finite number that is not negative"
            raise InputProblem(Diagnostic("usage", f"{name} is no tolerance: {value!r}", hint=hint))
    if ulp is not None and (rtol is not None or atol is not None):
        message = "ulp and rtol or atol exclude one another"
        raise InputProblem(Diagnostic("usage", message, hint="give one kind of tolerance"))
    if rtol is not None or atol is not None:
        base = base._replace(ulp=None)
    given = {"rtol": rtol, "atol": atol, "ulp": ulp, "equal_nan": equal_nan}
    return base._replace(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


# Differences below this part of the tolerance are agreement: which of such rows is the
# worst depends on the last bits of sin and exp, so none of them is singled out.
AGREES = 1e-3
# A sample of which fewer than this part lies in the domain shows nothing.
LEAST_INSIDE = 0.1
# Failures kept for a report, all expectations together; all are counted.
MOST_KEPT = 10_000
# The unit of rounding of binary64, and its smallest normal number.
UNIT, SMALLEST = 2.0**-52, 2.0**-1022
# Below its square root a factor may have lost its digits on the way to a product.
LEAST_SOUND = 2.0**-511
# Rows are compared so many at a time; fewer than LEAST_SCREENED are not worth importing NumPy for.
CHUNK, LEAST_SCREENED = 8192, 64


class Place(NamedTuple):
    """Where an expectation is written: a file and a line."""

    file: str
    line: int


def place_of(diagnostic: Diagnostic) -> Place | None:
    """The file and the line of a message that has one."""
    if diagnostic.source is None or not diagnostic.source.name or not diagnostic.marks:
        return None
    return Place(diagnostic.source.name, diagnostic.source.locate(diagnostic.marks[0].start)[0])


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
    line: int = 0  # of the table's file, where it comes from one


class Comparison(NamedTuple):
    """One expectation at one point. `excess` is the difference in units of the tolerance."""

    row: Row
    computed: float
    expected: float
    excess: float
    message: str = ""  # why there is no computed or no expected value, where there is none
    fault: Diagnostic | None = None  # the operation that is undefined there

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

    def __init__(self, expectation: Expectation, most_kept: int = MOST_KEPT) -> None:
        self.expectation = expectation
        self.most_kept = most_kept
        self.compared = 0
        self.failed = 0
        self.no_value = 0  # of the failed ones, those where the program or the formula has no value
        self.undefined = 0  # points left out: the program or the formula has no value there
        self.rounding = 0  # points left out: the difference is within the rounding error of the formula
        self.kinks = 0  # points left out: the derivative is one choice of several, and not the expected one
        self.zeros = 0  # of the compared ones, those that are 0 as expected
        self.by_absolute = 0  # passed by the absolute tolerance alone
        self.first: Comparison | None = None
        self.worst: Comparison | None = None
        self.failures: list[Comparison] = []
        self.too_few = False

    @property
    def passed(self) -> bool:
        return self.failed == 0 and not self.too_few

    @property
    def left_out(self) -> int:
        """The points of a sample that say nothing."""
        return self.undefined + self.rounding + self.kinks

    def judge_sample(self) -> None:
        """Say whether too little was compared, of all points and of those that are not just 0 = 0.

        Far out many a wrong formula is 0 where it should be. And a kink that is met at
        random again and again is none of rounding, but of the program.
        """
        total = self.compared + self.left_out
        telling, doubtful = self.compared - self.zeros, self.rounding + self.kinks
        self.too_few = (
            self.compared < LEAST_INSIDE * total
            or telling < LEAST_INSIDE * (telling + doubtful)
            or self.kinks > LEAST_INSIDE * total
        )

    def add(self, comparison: Comparison) -> bool:
        """Count one comparison; whether it passes."""
        tolerance = self.expectation.tolerance
        self.compared += 1
        if comparison.excess > AGREES and (self.worst is None or comparison.excess > self.worst.excess):
            self.worst = comparison
        self.zeros += comparison.computed == comparison.expected == 0.0
        if self.compared == 1:
            self.first = comparison
        if comparison.excess <= 1.0:
            self.by_absolute += tolerance.only_absolute(comparison.computed, comparison.expected)
            return True
        self.failed += 1
        self.no_value += comparison.message != ""
        if len(self.failures) < self.most_kept:
            self.failures.append(comparison)
        return False


def expectation(graph: Graph, text: str, tolerance: Tolerance, place: Place | None = None) -> Expectation:
    """An expectation as written: `dJ/db = 3*c`. Raises GraphdiffError where it is none."""
    left, equals, right = text.partition("=")
    if not equals or not left.strip() or not right.strip() or right[0] == "=" or left[-1] in "<>!":
        hint = "write one with a single '=', like  dJ/db = 3*c  or  J=33"
        raise InputProblem(Diagnostic("usage", f"'{text.strip()}' is no expectation", hint=hint))
    return Expectation(quantity(graph, left.strip()), right.strip(), tolerance, place)


class Comparer:
    """A program and what is expected of it, ready to be compared at points.

    The formulas become definitions of the program, under names it does not have: they
    see its names, inputs and functions, and change no derivative.
    """

    def __init__(self, graph: Graph, expectations: Sequence[Expectation]) -> None:
        self.program = graph
        self.expectations = list(expectations)
        most_kept = max(100, MOST_KEPT // max(1, len(self.expectations)))
        self.results = [Result(e, most_kept) for e in self.expectations]
        self.columns = [k for k, e in enumerate(self.expectations) if e.formula is None]
        self.names: list[str | None] = []  # of each formula, as a definition; None for a column and for NaN
        self.formulas: list[str] = []
        for k, e in enumerate(self.expectations):
            text = None if e.formula is None else _number_text(e.formula)
            self.names.append(None if text is None else self._fresh(f"expected__{k}"))
            if text is not None:
                _read(text)
                self.formulas.append(f"{self.names[k]} = {text}")
        self.graph = self._with_formulas()
        self._refuse_strangers()
        asked = [e.quantity for e in self.expectations] + [Quantity(n) for n in self.names if n is not None]
        self.probe = Probe(self.graph, asked)
        self._screen: Any = None
        self._derived: dict[Quantity, tuple[Graph, str]] = {}

    def _fresh(self, name: str) -> str:
        while name in self.program.names or name in self.program.source.text:
            name += "_"
        return name

    def _with_formulas(self) -> Graph:
        if not self.formulas:
            return self.program
        source = self.program.source
        try:
            return parse("\n".join([source.text, *self.formulas]), source.name)
        except GraphdiffError as error:
            raise type(error)(self._relocated(error.diagnostic)) from None

    def _refuse_strangers(self) -> None:
        strangers = [name for name in self.graph.inputs if name not in self.program.names]
        if strangers:
            name = strangers[0]
            mark = self.graph.places.of_leaf(name)
            found = self._relocated(Diagnostic("name", "", (mark,), "", name, self.graph.source))
            hint = did_you_mean(name, self.program.names) or f"its names are {listing(self.program.names)}"
            message = f"the formula uses '{name}', which the program does not have"
            raise InputProblem(found._replace(message=message, hint=hint))

    def _relocated(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic of the program with formulas, in the words of the text that was given."""
        program = self.program.source
        if not self.formulas or not diagnostic.marks or diagnostic.source is None:
            return diagnostic
        start = len(program.text) + 1
        if diagnostic.marks[0].start < start:
            return diagnostic._replace(source=program)
        for line in self.formulas:
            text = line.partition(" = ")[2]
            first = start + len(line) - len(text)
            start += len(line) + 1
            if diagnostic.marks[0].start < start:
                marks = [mark for mark in diagnostic.marks if first <= mark.start < start]
                moved = [m._replace(start=m.start - first, end=m.end - first) for m in marks]
                return diagnostic._replace(marks=tuple(moved), source=Source(text))
        return diagnostic

    def _screening(self) -> Any:
        """NumPy's arithmetic where it can screen rows: installed, and the tolerances wide enough."""
        if self._screen is None:
            from importlib.util import find_spec

            fine = any(e.tolerance.ulp is not None or e.tolerance.rtol < 1e-9 for e in self.expectations)
            fine |= any(text != "inf" and math.isinf(FLOATS.constant(text)) for text in self.graph.constants)
            self._screen = False
            if not fine and find_spec("numpy") is not None:
                from graphdiff.arithmetic.batch import Batch

                self._screen = Batch()
        return self._screen

    def run(self, rows: Iterable[Row], sampled: bool = False) -> Iterator[tuple[Expectation, Comparison]]:
        """Compare at each row, yielding each mismatch; the results gather the counts.

        In a sample, points without a value are left out, as are those that differ where
        the difference is within the rounding error of an ill-conditioned formula, or where
        the program has a kink: two inputs of max that round to the same number. Else a point
        without a value is a mismatch.
        """
        rows = iter(rows)
        for row in islice(rows, 1):
            yield from self._compare(row, sampled)  # in floats, so that each result has its first comparison
        for chunk in _chunks(rows):
            screen = len(chunk) >= LEAST_SCREENED and self._screening()
            for row in self._screened(chunk, screen, sampled) if screen else chunk:
                yield from self._compare(row, sampled)
        if sampled:
            for result in self.results:
                result.judge_sample()

    def _compare(self, row: Row, sampled: bool) -> Iterator[tuple[Expectation, Comparison]]:
        found = self.probe.at({name: row.inputs[name] for name in self.graph.inputs}, FLOATS)
        expectations = zip(self.expectations, self.results, self._expected(found, row.expected), strict=True)
        for (e, result, expected), computed in zip(expectations, found, strict=False):
            message, fault = "", None
            if isinstance(expected, GraphdiffError):
                fault = self._relocated(expected.diagnostic)
                message = f"what is expected has no value: {fault.message}"
                expected = math.nan
            if isinstance(computed, GraphdiffError):
                fault = self._relocated(computed.diagnostic)
                message = f"{e.quantity.label} has no value: {fault.message}"
                computed = math.nan
            if sampled and not (math.isfinite(computed) and math.isfinite(expected)):
                result.undefined += 1
                continue
            excess = e.tolerance.excess(computed, expected)
            excused = excess <= 1.0 and e.tolerance.only_absolute(computed, expected)
            if sampled and excused and e.tolerance.atol is None:
                excess = e.tolerance.excess(computed, expected, self._rounding(e, row) / UNIT)
            if excess > 1.0 and math.isnan(computed) and not message:
                message = f"{e.quantity.label} is NaN here"
            comparison = Comparison(row, computed, expected, excess, message, fault)
            if sampled and excess > 1.0 and self._is_rounding(e, comparison):
                result.rounding += 1
            elif sampled and excess > 1.0 and self._at_kink(e, row):
                result.kinks += 1
            elif not result.add(comparison):
                yield e, comparison

    def _expected(self, found: Sequence[Any], columns: Sequence[Any]) -> Iterator[Any]:
        """What is expected of each quantity: the table's column, the formula's value, or NaN."""
        formulas, given = iter(found[len(self.expectations) :]), iter(columns)
        for e, name in zip(self.expectations, self.names, strict=True):
            yield next(given) if e.formula is None else math.nan if name is None else next(formulas)

    def _is_rounding(self, e: Expectation, comparison: Comparison) -> bool:
        """Whether a difference is within the rounding errors of the two formulas at this point."""
        name = self.names[self.expectations.index(e)]
        if name is None:
            return False
        if abs(comparison.computed) < LEAST_SOUND and abs(comparison.expected) < LEAST_SOUND:
            return True
        bound = rounding(self.graph, name, comparison.row.inputs) + self._rounding(e, comparison.row)
        return abs(comparison.difference) <= 4.0 * bound

    def _at_kink(self, e: Expectation, row: Row) -> bool:
        values = evaluate(self.program, {name: row.inputs[name] for name in self.program.inputs})
        return any(kinks(values, [e.quantity.of]))

    def _rounding(self, e: Expectation, row: Row) -> float:
        """A bound of the rounding error of the computed value."""
        if e.quantity not in self._derived:
            self._derived[e.quantity] = self._as_program(e.quantity)
        graph, name = self._derived[e.quantity]
        bound = rounding(graph, name, row.inputs) if name in graph.names else 0.0
        if len(e.quantity.wrt) == 1:  # the sweep adds up paths that a derivative program may have cancelled
            inputs = {name: row.inputs[name] for name in self.program.inputs}
            values = evaluate(self.program, inputs, MAGNITUDES)
            bound += UNIT * backpropagate(values, e.quantity.of)[e.quantity.wrt[0]]
        return bound

    def _as_program(self, q: Quantity) -> tuple[Graph, str]:
        """A graph that computes the quantity, and the name of its node; no such name for a constant 0."""
        graph, name = self.program, q.of
        for by in q.wrt:
            if by not in graph.names:
                return graph, ""
            graph, name = derivative_graph(graph, name, by)
        return graph, name

    def _screened(self, chunk: list[Row], batch: Any, sampled: bool) -> list[Row]:
        """The rows that NumPy's arithmetic does not find to agree; those that do are counted here.

        What is not plainly in agreement is compared again in floats, so that no verdict
        and no number in a report depends on NumPy.
        """
        np = batch.np
        inputs = {name: np.array([row.inputs[name] for row in chunk]) for name in self.graph.inputs}
        given = np.array([row.expected for row in chunk], dtype=float)
        with np.errstate(all="ignore"):
            measured = self.probe.measure(inputs, batch)
            found = measured.numbers
            doubtful = np.zeros(len(chunk), dtype=bool)
            # Whether an operation is undefined on the way to a number is for floats to say.
            for node in range(self.graph.first_operation, len(self.graph)):
                doubtful |= ~np.isfinite(measured.values.nodes[node])
            expected = self._expected(found, given.T)
            for e, computed, wanted in zip(self.expectations, found, expected, strict=False):
                # What needs the absolute tolerance is doubtful: it is counted, and may hang on the point.
                allowed = 0.5 * AGREES * e.tolerance.rtol * np.abs(wanted)
                # Everything is within an infinite tolerance, that of an infinite number.
                doubtful |= ~np.logical_and(np.abs(computed - wanted) <= allowed, np.isfinite(allowed))
                if sampled:  # zeros are counted
                    doubtful |= wanted == 0.0
        agreeing = int(len(chunk) - doubtful.sum())
        for result in self.results:
            result.compared += agreeing
        return [chunk[k] for k in np.flatnonzero(doubtful)]


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows some at a time. Where a table breaks off, first those that could be read."""
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


def _number_text(formula: str) -> str | None:
    """A formula, with the words for infinity that other programs print; None where it is one for NaN."""
    words = {"nan": None, "-nan": None, "infinity": "inf", "+infinity": "inf", "+inf": "inf"}
    return {**words, "-infinity": "-inf"}.get(formula.strip().lower(), normalised(formula))


def _read(formula: str) -> None:
    """Refuse a formula that is none, with its own text under the caret."""
    statements = list(reader().statements(Source(formula)))
    if [statement.shape.kind for statement in statements] != ["answer"]:
        raise InputProblem(Diagnostic("usage", f"'{formula}' is no formula", hint="write one expression"))


def rounding(graph: Graph, name: str, inputs: Mapping[str, float]) -> float:
    """A bound of the rounding error of a node's value.

    Each operation adds a unit in the last place of its own to what its arguments bring
    with them: the error of each times the partial, or where that is 0, what moving the
    argument so far does. The errors of two factors also multiply one another. Below the
    smallest normal number an operation rounds to a fixed distance.
    """
    values = evaluate(graph, {k: inputs[k] for k in graph.inputs})
    nodes, target, first = values.nodes, graph.node(name), graph.first_operation
    needed = values.needed([target])
    errors = [0.0] * len(nodes)
    for node, (rule, arguments) in enumerate(graph.operations[: target + 1 - first], first):
        if not needed[node]:
            continue
        given = [nodes[k] for k in arguments]
        env = (nodes[node], *given)
        error = UNIT * max(abs(nodes[node]), SMALLEST)
        for place, partial in zip(range(len(arguments)), FLOATS.partials_of[rule], strict=False):
            off = errors[arguments[place]]
            if off == 0.0 or partial.slope is None or (partial.taken is not None and not partial.taken(env)):
                continue
            part = abs(partial.slope(env)) * off
            if part == 0.0:
                moved = [*given[:place], given[place] + off, *given[place + 1 :]]
                part = abs(FLOATS.value_of[rule](*moved) - nodes[node])
            error += 0.0 if math.isnan(part) else part
        if rule.name == "mul":
            both = errors[arguments[0]] * errors[arguments[1]]
            error += 0.0 if math.isnan(both) else both
        errors[node] = error
    return errors[target]


class Magnitudes(Floats):
    """Floats whose adjoints are sums of the magnitudes of the paths, which never cancel."""

    times = staticmethod(lambda adjoint, partial: abs(adjoint * partial))


MAGNITUDES = Magnitudes()


class Range(NamedTuple):
    """An input that is drawn: uniform between two numbers, or from the default spread."""

    low: float | None = None
    high: float | None = None

    def draw(self, source: Random) -> float:
        """A number of the range.

        The default spread tries signs and scales: in equal parts uniform in (0, 1),
        uniform in (-2, 2), and of either sign with a magnitude between 1e-3 and 1e3,
        uniform in its logarithm.
        """
        if self.low is not None and self.high is not None:
            x = source.random()
            return (1.0 - x) * self.low + x * self.high
        kind, x = int(source.random() * 3.0), source.random()
        if kind == 0:
            return x
        if kind == 1:
            return 4.0 * x - 2.0
        # To 12 digits, so that the last bit of a machine's power function makes no difference.
        magnitude = float(f"{math.pow(10.0, 3.0 * (2.0 * x - 1.0)):.12g}")
        return magnitude if source.random() < 0.5 else -magnitude


def samples(inputs: Mapping[str, float | Range], count: int, seed: int) -> Iterator[Row]:
    """Random points, the same for the same seed on every machine."""
    from random import Random  # needed for samples only

    source = Random(seed)
    for number in range(1, count + 1):
        yield Row(number, {k: v.draw(source) if isinstance(v, Range) else v for k, v in inputs.items()})
