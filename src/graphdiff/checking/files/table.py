"""A table of results from elsewhere: which columns are inputs, which are expected, and the rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple, NoReturn

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.expectation import Expectation
from graphdiff.checking.files.records import Cells, Records, refuse_line
from graphdiff.checking.points import Missing, Points, Range, Row, outside_declared
from graphdiff.checking.tolerance import Tolerance
from graphdiff.derivatives.quantities import Quantity, meant, quantity
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, listing, similar
from graphdiff.graph import Graph
from graphdiff.parsing import WORDS, with_defaults

# A name this similar to one of the program's is a mistake, not another column (see difflib).
NEAR = 0.8
MOST_DERIVATIVES = 1000


class Columns(NamedTuple):
    """A table read for a program; `inputs` are those that it gives."""

    expectations: list[Expectation]
    inputs: list[str]
    rows: Callable[[], Iterator[Row]]
    unused: list[str]


def table_points(
    graph: Graph,
    inputs: Mapping[str, float | Range],
    records: Records,
    allowed: Tolerance,
    ignored: Collection[str],
    missing: Missing,
) -> tuple[Points, list[Expectation], list[Diagnostic]]:
    """The rows of a table as points, its expectations, and notices about it."""
    ranges = [name for name, value in inputs.items() if isinstance(value, Range)]
    if ranges:
        message = f"a range cannot be combined with a table: '{ranges[0]}'; the points are the table's rows"
        raise InputProblem(Diagnostic("usage", message, hint="give it a number, or a column of the table"))
    fixed = {name: value for name, value in inputs.items() if not isinstance(value, Range)}
    own = {column for column in records.columns if column not in ignored}
    by_default = {k: v for k, v in with_defaults(graph, fixed, FLOATS).items() if k in fixed or k not in own}
    columns = read_columns(records, graph, by_default, allowed, ignored)
    absent = [name for name in graph.inputs if name not in by_default and name not in columns.inputs]
    if absent:
        missing(absent)
    notices = list(outside_declared(graph, fixed))
    if columns.unused:
        message = f"columns of {records.name} that are not used: {listing(columns.unused)}"
        notices.append(Diagnostic("table", message))
    return Points(columns.rows, table=records.name), columns.expectations, notices


def read_columns(
    records: Records,
    graph: Graph,
    inputs: Mapping[str, float],
    tolerance: Tolerance,
    ignored: Collection[str] = (),
) -> Columns:
    """What the columns of a table mean for a program; `inputs` are the same for all rows.

    Raises InputProblem for a column that looks like a mistyped quantity.
    """
    points: list[tuple[int, str]] = []
    expected: list[int] = []
    expectations: list[Expectation] = []
    unused: list[str] = []
    columns = records.columns
    for unknown in ignored:
        if unknown not in columns:
            message = f"{records.name} has no column '{unknown}' to ignore"
            raise InputProblem(Diagnostic("table", message, hint=f"its columns are {listing(columns)}"))
    for index, column in enumerate(columns):
        if column in ignored or not column:
            continue
        if column in graph.inputs:
            if column in inputs:
                message = f"input '{column}' is given twice: as an option and in {records.name}"
                raise InputProblem(Diagnostic("input", message, node=column))
            points.append((index, column))
        elif column in graph.names or "/" in column:
            expectations.append(_expectation(records.name, graph, column, tolerance))
            expected.append(index)
        else:
            _refuse_mistyped(records, graph, column)
            unused.append(column)

    def rows() -> Iterator[Row]:
        found = False
        for number, (line, cells) in enumerate(records.rows, 1):
            found = True
            try:
                point = {column: _number(cells[index]) for index, column in points}
                values = [_number(cells[index]) for index in expected]
            except (ValueError, TypeError, OverflowError):
                _refuse_cell(records, number, line, cells, [index for index, _ in points] + expected)
            point.update(inputs)
            yield Row(number, point, values, line)
        if not found:
            raise InputProblem(Diagnostic("table", f"{records.name} has no rows"))

    return Columns(expectations, [name for _, name in points], rows, unused)


def _expectation(name: str, graph: Graph, column: str, tolerance: Tolerance) -> Expectation:
    try:
        return Expectation(quantity(graph, column), None, tolerance)
    except GraphdiffError as error:
        found = error.diagnostic
        hint = f"{found.hint}; to leave the column out, use --ignore" if found.hint else ""
        message = f"column '{column}' of {name}: {found.message}"
        raise InputProblem(found._replace(message=message, hint=hint)) from None


def _refuse_mistyped(records: Records, graph: Graph, column: str) -> None:
    """Raise for a column whose name is nearly that of one of the program's quantities."""
    others = [name for name in graph.names if name not in records.columns]
    without_unit = re.split(r"[\[(]", column)[0]
    near = meant(column, graph.names) or meant(without_unit, graph.names) or _misspelt(column, graph)
    label = near.label if near is not None and (near.wrt or near.of in others) else ""
    if not label and len(column) > 2:
        label = next(iter(similar(column, others, NEAR)), "")
    if not label:
        return
    message = f"column '{column}' of {records.name} is not a quantity of the program"
    hint = f"did you mean {label}? To leave the column out, use --ignore {column}"
    raise InputProblem(Diagnostic("table", message, hint=hint))


def _misspelt(column: str, graph: Graph) -> Quantity | None:
    """The first derivative of which a column is one keystroke away, if it does not look like a short word."""
    letters = _without_signs(column)
    if len(column) < 4 and column.islower():
        return None
    pairs = islice(product(graph.definitions, graph.names), MOST_DERIVATIVES)
    for of, by in pairs:
        if _one_slip(letters, _without_signs(f"d{of}d{by}")):
            return Quantity(of, (by,))
    return None


def _without_signs(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _one_slip(typed: str, word: str) -> bool:
    """Whether one character was left out, put in or replaced, or two were exchanged."""
    same = next((k for k, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), len(word))
    left, right = typed[same:], word[same:]
    return left[1:] in (right, right[1:]) or left == right[1:] or left == right[1::-1] + right[2:]


NOT_FINITE = frozenset((*WORDS, "+nan", "-nan"))


# A number as Fortran writes it: 1.0D+00, and 1.0+100 where an exponent of three digits leaves no room.
FORTRAN = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))[dDqQ]([-+]?\d+)|([-+]?\d*\.\d+)([-+]\d{3})")


def _number(cell: object) -> float:
    """The number of a cell, as float() or Fortran reads it, but without underscores and in range."""
    if not isinstance(cell, str):
        raise TypeError
    try:
        value = float(cell)
    except ValueError:
        fortran = FORTRAN.fullmatch(cell.strip())
        if fortran is None:
            raise
        value = float("e".join(filter(None, fortran.groups())))
    if "_" in cell:
        raise ValueError
    if not math.isfinite(value) and cell.strip().lower() not in NOT_FINITE:
        raise OverflowError
    return value


def _refuse_cell(records: Records, number: int, line: int, cells: Cells, indices: list[int]) -> NoReturn:
    """Raise for the first cell of a row that is not a number."""
    for index in indices:
        cell, hint = cells[index], ""
        try:
            _number(cell)
            continue
        except OverflowError:
            problem = f"is beyond the largest binary64 number: {cell}"
        except ValueError:
            problem = f"is not a number: {cell}" if str(cell).strip() else "is empty"
            hint = "use a decimal point" if "," in str(cell) else ""
        except TypeError:
            words = {list: "a list", dict: "an object", bool: str(cell).lower()}
            problem = f"is not a number: {words.get(type(cell), 'null')}"
        refuse_line(records.name, line, f"row {number}: column {records.columns[index]} {problem}", hint)
    raise AssertionError("every cell of the row is a number")
