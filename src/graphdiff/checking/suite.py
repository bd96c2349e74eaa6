"""Checks, and what came of them: a program, what is expected of it, and at which points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from graphdiff.checking.compare import (
    Comparer,
    Comparison,
    Expectation,
    Place,
    Range,
    Result,
    Row,
    Tolerance,
    samples,
)
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, listing
from graphdiff.graph import Graph
from graphdiff.sweep import backpropagate, check_inputs, evaluate

if TYPE_CHECKING:
    from graphdiff.checking.table import Records

# Verdicts. SKIP is said and not counted: a derivative that was looked at and not verified.
PASS, FAIL, ERROR, SKIP = "pass", "fail", "error", "skip"
# What a gradient check finds of a derivative that it could verify.
VERIFIED = ("pass", "kink", "edge")


# Points of a sample where nothing is said; a gradient check costs more at each.
SAMPLES, GRADCHECK_SAMPLES = 1000, 100

# Raises the error of inputs without a value, in the words of where they are missing.
Missing = Callable[[list[str]], NoReturn]


class Points(NamedTuple):
    """Where a check looks: given points, a random sample, or the rows of a table."""

    rows: Callable[[], Iterable[Row]]
    sampled: bool = False
    table: str = ""  # the name of the table, where they are its rows
    size: int = 1
    seed: int = 0


class Slopes(NamedTuple):
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
    slopes: Slopes | None = None
    place: Place | None = None
    notices: Sequence[Diagnostic] = ()


def points_of(
    graph: Graph,
    inputs: Mapping[str, float | Range],
    size: int | None,
    seed: int,
    missing: Missing,
    usual: int = SAMPLES,
) -> Points:
    """The point that inputs are; or a sample, where some are ranges, of the usual size.

    With a size said, inputs without a value are drawn from the default spread.
    """
    absent = [name for name in graph.inputs if name not in inputs]
    if absent and size is None:
        missing(absent)
    where = {name: inputs.get(name, Range()) for name in graph.inputs}
    if any(isinstance(value, Range) for value in where.values()):
        number = size or usual
        return Points(lambda: samples(where, number, seed), sampled=True, size=number, seed=seed)
    if size is not None:
        message = "there is nothing to draw: every input has a value"
        raise InputProblem(Diagnostic("usage", message, hint="give one a range, such as 1..5, or no value"))
    point = Row(1, {name: value for name, value in where.items() if not isinstance(value, Range)})
    return Points(lambda: (point,))


def rows_of(
    graph: Graph,
    inputs: Mapping[str, float | Range],
    records: Records,
    allowed: Tolerance,
    ignored: Collection[str],
    missing: Missing,
) -> tuple[Points, list[Expectation], list[Diagnostic]]:
    """The rows of a table as points, what it expects there, and what is to be said of it."""
    from graphdiff.checking.table import read_columns

    ranges = [name for name, value in inputs.items() if isinstance(value, Range)]
    if ranges:
        message = f"a range and a table: '{ranges[0]}'; the points are the rows of the table"
        raise InputProblem(Diagnostic("usage", message, hint="give it a number, or a column of the table"))
    fixed = {name: value for name, value in inputs.items() if not isinstance(value, Range)}
    columns = read_columns(records, graph, fixed, allowed, ignored)
    absent = [name for name in graph.inputs if name not in fixed and name not in columns.points]
    if absent:
        missing(absent)
    notices = []
    if columns.unused:
        message = f"columns of {records.name} that are not used: {listing(columns.unused)}"
        notices.append(Diagnostic("table", message))
    return Points(columns.rows, table=records.name), columns.expectations, notices


def slopes_of(graph: Graph, of: Sequence[str], wrt: Sequence[str], rtol: float, most: int) -> Slopes:
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
    return Slopes(list(of) or list(graph.outputs), list(wrt) or list(graph.inputs), rtol, most)


def words_of(program: str) -> tuple[str, ...]:
    """A program's text as words of a command line."""
    return ("-e", program) if program.startswith("-") else (program,)


class Tally:
    """The findings of a gradient check on one derivative, at all points."""

    def __init__(self, of: str, wrt: str) -> None:
        self.of = of
        self.wrt = wrt
        self.counts: Counter[str] = Counter()
        self.row: Row | None = None  # of the finding that says most
        self.verdict = ""
        self.computed = 0.0
        self.message = ""
        self.culprit = ""

    # The more serious first.
    ORDER = ("fail", "inconclusive", "jump", "kink", "edge", "undefined", "pass")

    @property
    def label(self) -> str:
        return f"d{self.of}/d{self.wrt}"

    @property
    def points(self) -> int:
        return self.counts.total()

    @property
    def standing(self) -> str:
        """PASS, FAIL or SKIP."""
        if self.counts["fail"]:
            return FAIL
        return PASS if any(self.counts[v] for v in VERIFIED) else SKIP

    def add(self, row: Row, verdict: str, computed: float, message: str, culprit: str) -> None:
        self.counts[verdict] += 1
        if not self.verdict or self.ORDER.index(verdict) < self.ORDER.index(self.verdict):
            self.row, self.verdict, self.computed = row, verdict, computed
            self.message, self.culprit = message, culprit


class Outcome:
    """What came of one check; `fault` where it could not be made, or not to its end."""

    def __init__(self, name: str, place: Place | None = None, check: Check | None = None) -> None:
        self.name = name
        self.place = place
        self.check = check
        self.results: list[Result] = []
        self.tallies: list[Tally] = []
        self.fault: Diagnostic | None = None
        self.notices: list[Diagnostic] = []

    @property
    def given(self) -> bool:
        """Whether the points were given one by one."""
        return self.check is not None and not self.check.points.sampled and not self.check.points.table

    @property
    def is_file(self) -> bool:
        """Whether it stands for a file that cannot be read as checks."""
        return self.place is not None and self.name == self.place.file

    def verdict(self, result: Result) -> str:
        """PASS, FAIL, or ERROR where nothing was compared or a given point has no value."""
        if result.compared == 0 or (self.given and result.no_value):
            return ERROR
        return PASS if result.passed else FAIL

    def verdicts(self) -> Iterator[str]:
        """One for each line of the outcome."""
        yield from map(self.verdict, self.results)
        yield from (tally.standing for tally in self.tallies)
        if self.fault is not None or self.unverified:
            yield ERROR

    @property
    def unverified(self) -> bool:
        """Whether a gradient check verified no derivative at all."""
        return bool(self.tallies) and all(tally.standing == SKIP for tally in self.tallies)


def run(check: Check, mismatch: Callable[[Check, Expectation, Comparison], None] | None = None) -> Outcome:
    """Make a check. `mismatch` is told each failed comparison as it happens."""
    outcome = Outcome(check.name, check.place, check)
    try:
        if check.comparer is not None:
            outcome.results = check.comparer.results
            for e, comparison in check.comparer.run(check.points.rows(), check.points.sampled):
                if mismatch is not None:
                    mismatch(check, e, comparison)
        if outcome.given:
            outcome.notices += _kinks(check.graph, outcome.results)
        if check.slopes is not None:
            outcome.tallies = _tallies(check, check.slopes)
    except GraphdiffError as error:
        outcome.fault = error.diagnostic
        # What was found wrong is wrong; what was as expected so far is no pass.
        outcome.results = [result for result in outcome.results if result.failed]
    return outcome


def _kinks(graph: Graph, results: Iterable[Result]) -> Iterator[Diagnostic]:
    """What is to be said where a derivative that differs is one choice of several."""
    from graphdiff.notices import notices

    for result in results:
        of, by = result.expectation.quantity
        for comparison in result.failures:
            if by and not comparison.message:
                values = evaluate(graph, comparison.row.inputs)
                found = notices(values, {of: backpropagate(values, of)}, (), ())
                yield from (notice for notice in found if notice.code == "kink")


def _tallies(check: Check, slopes: Slopes) -> list[Tally]:
    from graphdiff.checking.gradcheck import gradcheck

    found = {(of, wrt): Tally(of, wrt) for of in slopes.of for wrt in slopes.wrt}
    for row in islice(check.points.rows(), slopes.most if check.points.sampled else None):
        for f in gradcheck(check.graph, row.inputs, slopes.of, slopes.wrt, slopes.rtol):
            found[f.of, f.wrt].add(row, f.verdict, f.computed, f.message, f.culprit)
    return list(found.values())


def count(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many of each verdict."""
    return Counter(verdict for outcome in outcomes for verdict in outcome.verdicts())
