"""Checks and their reports: a program, what is expected of it, and at which points."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, NoReturn

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.compare import Comparer
from graphdiff.checking.expectation import Expectation, Location, expectation, expectation_of
from graphdiff.checking.formulas import with_text
from graphdiff.checking.points import (
    GRADCHECK_SAMPLES,
    Points,
    Range,
    given_points,
    given_row,
    points_of,
    to_value,
)
from graphdiff.checking.results import ERROR, FAIL, PASS, SKIP, Comparison, Result, Tally
from graphdiff.checking.tolerance import Tolerance, tolerance
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, missing_inputs, shortened
from graphdiff.graph import Graph
from graphdiff.sweep import backpropagate, check_inputs, evaluate

# A number, an expression of constants, or a range: "1..5", or (1, 5).
InputValue = float | str | tuple[float, float]


class GradcheckRequest(NamedTuple):
    """A gradient check that is asked for: of which names, by which inputs, and how closely."""

    of: Sequence[str]
    wrt: Sequence[str]
    rtol: float
    most: int  # points of a sample; each costs a sweep in extended precision


class Check(NamedTuple):
    """One program and what is asked of it.

    name: "" on the command line. written: the program as words of a command line.
    """

    name: str
    graph: Graph
    written: tuple[str, ...]
    points: Points
    comparer: Comparer | None = None
    gradcheck: GradcheckRequest | None = None
    location: Location | None = None
    notices: Sequence[Diagnostic] = ()


class Report:
    """What came of one check. `fault` says why it could not be made, or not to its end."""

    def __init__(self, name: str, location: Location | None = None, check: Check | None = None) -> None:
        self.name = name
        self.location = location
        self.check = check
        self.results: list[Result] = []
        self.tallies: list[Tally] = []
        self.fault: Diagnostic | None = None
        self.notices: list[Diagnostic] = []

    @property
    def is_of_file(self) -> bool:
        """Whether it is about a file that cannot be read as checks."""
        return self.location is not None and self.name == self.location.file

    def verdict(self, result: Result) -> str:
        """PASS, FAIL, or ERROR if nothing was compared or a given point has no value."""
        given = self.check is not None and self.check.points.given
        if result.compared == 0 or (given and result.no_value):
            return ERROR
        return PASS if result.passed else FAIL

    def verdicts(self) -> Iterator[str]:
        """One for each expectation and derivative, and one for each reason why there is no answer."""
        yield from map(self.verdict, self.results)
        yield from (tally.verdict for tally in self.tallies)
        if self.fault is not None or self.unverified:
            yield ERROR

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        verdicts = set(self.verdicts())
        return PASS in verdicts and verdicts <= {PASS, SKIP}

    @property
    def unverified(self) -> bool:
        """Whether a gradient check verified no derivative at all."""
        return bool(self.tallies) and all(tally.verdict == SKIP for tally in self.tallies)


def check(
    graph: Graph,
    inputs: Mapping[str, InputValue] | Iterable[Mapping[str, InputValue]],
    expected: Mapping[str, Any] | str | Iterable[str] | None,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    ulp: float | None = None,
    equal_nan: bool = False,
    samples: int | None = None,
    seed: int = 0,
    gradcheck: bool = False,
) -> Report:
    """Compare a program's values and derivatives with what is expected of them.

    `inputs` is a point, or several points. Ranges such as "1..5" or (1, 5) are sampled at
    random; so are inputs without a value if `samples`, the number of points, is given: from
    their declared ranges. Without it, they have their declared defaults.
    `expected` maps J, dJ/db or d2J/db2 to a number or a formula, or lists texts such as
    "dJ/db = 3*c". With `gradcheck`, the program's own derivatives are compared with numerical
    differentiation. The tolerances are those of `graphdiff check`.

    The report has a result for each expectation: `report.verdict(result)`, the counts, and
    in `result.shown` the worst comparison or the only one, with `expected`, `computed` and
    `difference`. An operation that is undefined at a point is part of the report. Raises
    GraphdiffError for invalid arguments.
    """
    graph, allowed = with_text(graph), tolerance(rtol, atol, ulp, equal_nan)
    if samples is not None and not (hasattr(samples, "__index__") and samples >= 1):
        message = f"expected a number of points, got samples={samples!r}"
        raise InputProblem(Diagnostic("usage", message, hint="write a whole number, at least 1"))
    expectations = list(_expectations(graph, expected, allowed))
    if not expectations and not gradcheck:
        hint = 'expect {"dJ/db": 6.0}, or use gradcheck=True'
        raise InputProblem(Diagnostic("usage", "there is nothing to check", hint=hint))
    if isinstance(inputs, Mapping):
        check_inputs(graph, {*graph.inputs, *inputs})
        points = points_of(graph, _values(inputs), samples, seed, _refuse_missing)
    else:
        rows = [given_row(graph, number, _values(point)) for number, point in enumerate(inputs, 1)]
        points = given_points(graph, rows)
    comparer = Comparer(graph, expectations) if expectations else None
    most = samples or GRADCHECK_SAMPLES
    request = gradcheck_request(graph, (), (), allowed.rtol, most) if gradcheck else None
    return run(Check("", graph, words_of(graph.source.text), points, comparer, request))


def _expectations(
    graph: Graph, expected: Mapping[str, Any] | str | Iterable[str] | None, allowed: Tolerance
) -> Iterator[Expectation]:
    if isinstance(expected, Mapping):
        for name, given in expected.items():
            formula = given if isinstance(given, str) else FLOATS.text(FLOATS.from_input(str(name), given))
            yield expectation_of(graph, str(name), formula, allowed)
        return
    for text in [expected] if isinstance(expected, str) else expected or ():
        if not isinstance(text, str):
            message = f"an expectation is a text, got {shortened(repr(text))}"
            raise InputProblem(Diagnostic("usage", message, hint='write "dJ/db = 3*c", or {"dJ/db": 6.0}'))
        yield expectation(graph, text, allowed)


def _values(given: Mapping[str, InputValue]) -> dict[str, float | Range]:
    """Input values as numbers and ranges; numbers may be of any type that float() takes."""
    return {name: to_value(name, value) for name, value in given.items()}


def _refuse_missing(names: list[str]) -> NoReturn:
    hint = "give values, or samples=N to draw those that are missing"
    raise InputProblem(Diagnostic("input", missing_inputs(names), hint=hint, node=names[0]))


def gradcheck_request(
    graph: Graph, of: Sequence[str], wrt: Sequence[str], rtol: float, most: int
) -> GradcheckRequest:
    """A gradient check of a program: by default of all outputs by all inputs."""
    from importlib.util import find_spec

    if find_spec("mpmath") is None:
        hint = "install it with  pip install 'graphdiff-cli[precision]'"
        raise InputProblem(Diagnostic("extra", "a gradient check needs mpmath", hint=hint))
    for name in of:
        graph.node(name)
    check_inputs(graph, {*graph.inputs, *wrt})
    if not graph.inputs:
        hint = "a gradient check needs a program with inputs"
        raise InputProblem(Diagnostic("usage", "there is no input to differentiate by", hint=hint))
    most = min(most, sys.maxsize)  # a number from a file has no limit
    return GradcheckRequest(list(of) or list(graph.outputs), list(wrt) or list(graph.inputs), rtol, most)


def words_of(program: str) -> tuple[str, ...]:
    """A program's text as words of a command line."""
    return ("-e", program) if program.startswith("-") else (program,)


def run(
    check: Check,
    mismatch: Callable[[Check, Expectation, Comparison], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Make a check. `mismatch` is told each failed comparison as it happens.

    `progress` is told how many derivatives of a gradient check are done, and of how many.
    """
    report = Report(check.name, check.location, check)
    report.notices += check.points.notices
    try:
        if check.comparer is not None:
            report.results = check.comparer.results
            for e, comparison in check.comparer.run(check.points.rows(), check.points.sampled):
                if mismatch is not None:
                    mismatch(check, e, comparison)
        if check.points.given:
            report.notices += _kinks(check.graph, report.results)
        if check.gradcheck is not None:
            report.tallies = _tallies(check, check.gradcheck, progress)
    except GraphdiffError as error:
        report.fault = error.diagnostic
        # Mismatches found so far are mismatches; agreement so far is not yet a pass.
        report.results = [result for result in report.results if result.failed]
    return report


def _kinks(graph: Graph, results: Iterable[Result]) -> Iterator[Diagnostic]:
    """Notices of kinks where a derivative differs from the expected one."""
    from graphdiff.notices import notices

    for result in results:
        of, by = result.expectation.quantity
        for comparison in result.failures:
            if by and not comparison.message:
                values = evaluate(graph, comparison.row.inputs)
                found = notices(values, {of: backpropagate(values, of)}, (), ())
                yield from (notice for notice in found if notice.code == "kink")


def _tallies(
    check: Check, asked: GradcheckRequest, progress: Callable[[int, int], None] | None
) -> list[Tally]:
    from graphdiff.checking.gradcheck import gradcheck

    found = {(of, wrt): Tally(of, wrt) for of in asked.of for wrt in asked.wrt}
    rows = list(islice(check.points.rows(), asked.most if check.points.sampled else None))
    done = 0
    for row in rows:
        for f in gradcheck(check.graph, row.inputs, asked.of, asked.wrt, asked.rtol):
            found[f.of, f.wrt].add(row, f.verdict, f.computed, f.message, f.culprit)
            done += 1
            if progress is not None:
                progress(done, len(rows) * len(found))
    return list(found.values())


def count(reports: Iterable[Report]) -> Counter[str]:
    """How many of each verdict."""
    return Counter(verdict for report in reports for verdict in report.verdicts())
