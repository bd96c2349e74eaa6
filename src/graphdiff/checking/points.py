"""Where a check compares: at given points, at random ones, or at the rows of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.diagnostics import Diagnostic, InputProblem
from graphdiff.graph import Declaration, Graph
from graphdiff.notices import outside
from graphdiff.parsing import to_number, with_defaults
from graphdiff.sweep import check_inputs

if TYPE_CHECKING:
    from random import Random

# Points of a sample where their number is not given; a gradient check costs more at each.
SAMPLES, GRADCHECK_SAMPLES = 1000, 100

# Raises the error of inputs that have no value, in the terms of where they should be given.
Missing = Callable[[list[str]], NoReturn]


class Row(NamedTuple):
    """A point: its number (of a table's row or a sample), its inputs, and what a table expects there."""

    number: int
    inputs: dict[str, float]
    expected: Sequence[float] = ()
    line: int = 0  # of the table's file; 0 for other points


class Points(NamedTuple):
    """The points of a check: given ones, a random sample, or the rows of a table."""

    rows: Callable[[], Iterable[Row]]
    sampled: bool = False
    table: str = ""  # the name of the table whose rows they are
    size: int = 1
    seed: int = 0
    notices: Sequence[Diagnostic] = ()

    @property
    def given(self) -> bool:
        """Whether the points were given one by one."""
        return not self.sampled and not self.table


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


def to_value(name: str, given: Any) -> float | Range:
    """The value of an input that may be a range: a number or its text, 1..5, -pi..pi, or a pair."""
    if isinstance(given, tuple):
        if len(given) != 2:
            message = f"the range of '{name}' is not a pair: {given}"
            raise InputProblem(Diagnostic("input", message, hint="write it as (1, 5)", node=name))
        given = "..".join(FLOATS.text(to_number(name, end, FLOATS)) for end in given)
    low, dots, high = given.partition("#")[0].partition("..") if isinstance(given, str) else ("", "", "")
    if not dots:
        value: float = to_number(name, given, FLOATS)
        return value
    ends = to_number(name, low, FLOATS), to_number(name, high, FLOATS)
    if not -math.inf < ends[0] < ends[1] < math.inf:
        message = f"the range of '{name}' is empty: {given}"
        hint = "write the smaller number first, as in 1..5"
        raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
    return Range(*ends)


def samples(inputs: Mapping[str, float | Range], count: int, seed: int) -> Iterator[Row]:
    """Random points, the same for the same seed on every machine."""
    from random import Random  # needed for samples only

    source = Random(seed)
    for number in range(1, count + 1):
        yield Row(number, {k: v.draw(source) if isinstance(v, Range) else v for k, v in inputs.items()})


def points_of(
    graph: Graph,
    inputs: Mapping[str, float | Range],
    size: int | None,
    seed: int,
    missing: Missing,
    usual: int = SAMPLES,
) -> Points:
    """One point if all inputs are numbers; a sample if some are ranges, by default of the usual size.

    An input without a value has its declared default, or is drawn from its declared range. If a
    size is given, all inputs without a value are drawn, from their range or the default spread.
    """
    found = {name: _undeclared(graph, name, size is not None) for name in graph.inputs}
    found.update(inputs)
    absent = [name for name, value in found.items() if value is None]
    if absent:
        missing(absent)
    where = {name: value for name, value in found.items() if value is not None}
    notices = list(outside_declared(graph, inputs))
    if any(isinstance(value, Range) for value in where.values()):
        number = size or usual
        return Points(lambda: samples(where, number, seed), True, size=number, seed=seed, notices=notices)
    if size is not None:
        message = "there is nothing to draw: every input has a value"
        raise InputProblem(
            Diagnostic("usage", message, hint="give an input a range, such as 1..5, or no value")
        )
    return given_points(graph, [given_row(graph, 1, where)])


def _undeclared(graph: Graph, name: str, drawn: bool) -> float | Range | None:
    """What an input is that has no value: a number, a range, or None if the program does not say it."""
    declared = graph.declared.get(name, Declaration())
    if declared.default is not None and not drawn:
        return declared.default
    return Range(declared.low, declared.high) if drawn or declared.low is not None else None


def outside_declared(graph: Graph, inputs: Mapping[str, float | Range]) -> Iterator[Diagnostic]:
    """The notices about inputs that are not within their declared ranges."""
    for name, value in inputs.items():
        ends = [value.low, value.high] if isinstance(value, Range) else [value]
        if None not in ends:
            yield from outside(graph, name, ends, "..".join(map(FLOATS.text, ends)))


def given_points(graph: Graph, rows: Sequence[Row]) -> Points:
    """Points that were given one by one."""
    notices = [notice for row in rows for notice in outside_declared(graph, row.inputs)]
    return Points(lambda: rows, notices=list(dict.fromkeys(notices)))


def given_row(graph: Graph, number: int, inputs: Mapping[str, float | Range]) -> Row:
    """A point that was given. Raises InputProblem unless every input of the program is or has a number."""
    inputs = with_defaults(graph, inputs, FLOATS)
    check_inputs(graph, inputs)
    values: dict[str, float] = {}
    for name in graph.inputs:
        value = inputs[name]
        if isinstance(value, Range):
            message = f"input '{name}' of a point is a range"
            hint = "give it a number; ranges cannot be combined with a list of points"
            raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
        values[name] = value
    return Row(number, values)
