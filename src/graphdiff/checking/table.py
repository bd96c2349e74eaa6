"""A table of results from elsewhere: which columns are points, which are expected, and the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, NoReturn, TextIO

from graphdiff.checking.compare import Expectation, Row, Tolerance
from graphdiff.derivatives.quantities import quantity
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, listing, similar, unusable_file
from graphdiff.graph import Graph
from graphdiff.inputs import WORDS
from graphdiff.language.lexer import normalised

EXTENSIONS = {"csv": "csv", "tsv": "csv", "jsonl": "jsonl", "ndjson": "jsonl"}
# A name this similar to one of the program's is a mistake, not another column (see difflib).
NEAR = 0.8

Cells = Sequence[object]


class Records(NamedTuple):
    """A table that has been opened: its columns, and its rows as (line, cells)."""

    name: str
    columns: list[str]
    rows: Iterator[tuple[int, Cells]]


class Columns(NamedTuple):
    """A table read for a program; `points` are the inputs that it gives."""

    expectations: list[Expectation]
    points: list[str]
    rows: Callable[[], Iterator[Row]]
    unused: list[str]


def open_records(stream: TextIO, name: str, form: str | None = None) -> Records:
    """The records of a table, read as they are asked for.

    `form` is "csv" or "jsonl"; without it the extension of the name decides, or the
    first character. Raises InputProblem where there is no table.
    """
    form = form or EXTENSIONS.get(name.rpartition(".")[2].lower())
    lines = _lines(stream, name)
    first = ""
    skipped = 0
    for first in lines:
        if first.strip():
            break
        skipped += 1
    if not first.strip():
        raise InputProblem(Diagnostic("table", f"{name} is empty", hint="a table begins with its columns"))
    if form is None:
        form = "jsonl" if first.lstrip()[0] in "{[" else "csv"
    if form == "jsonl":
        return _json_lines(first, lines, name, skipped)
    return _csv(first, lines, name, skipped)


def _lines(stream: TextIO, name: str) -> Iterator[str]:
    count = 0
    try:
        for line in stream:
            count += 1
            yield line
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8: byte 0x{error.object[error.start]:02x} after line {count}"
        raise InputProblem(Diagnostic("encoding", message)) from None
    except OSError as error:
        raise unusable_file("read", name, error) from None
    finally:
        stream.close()


def _csv(first: str, lines: Iterator[str], name: str, skipped: int) -> Records:
    import csv

    # The separator is what the first line has: a comma, else a semicolon or a tab.
    separator = next((s for s in ",;\t" if s in first), ",")
    reader = csv.reader(chain([first], lines), delimiter=separator, skipinitialspace=True, strict=True)

    def records() -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                _refuse(name, reader.line_num + skipped, str(error))
            if cells:
                yield reader.line_num + skipped, cells

    rows = records()
    _, header = next(rows)
    header[0] = header[0].removeprefix("#")  # numpy.savetxt begins the line of names so
    columns = [normalised(cell.strip()) for cell in header]
    for column in columns:
        if column and columns.count(column) > 1:
            raise InputProblem(Diagnostic("table", f"{name} has two columns '{column}'"))
    return Records(name, columns, _of_width(rows, len(columns), columns, name))


def _of_width(
    rows: Iterator[tuple[int, list[str]]], width: int, columns: list[str], name: str
) -> Iterator[tuple[int, list[str]]]:
    for number, (line, cells) in enumerate(rows, 1):
        if len(cells) < width:
            missing = columns[len(cells)] or f"number {len(cells) + 1}"
            _refuse(
                name, line, f"row {number} has {len(cells)} of {width} cells: column {missing} is missing"
            )
        if len(cells) > width:
            _refuse(name, line, f"row {number} has {len(cells)} cells, but there are {width} columns")
        yield line, cells


def _json_lines(first: str, lines: Iterator[str], name: str, skipped: int) -> Records:
    import json

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        row = {normalised(key.strip()): value for key, value in found}
        if len(row) < len(found):
            keys = [normalised(key.strip()) for key, _ in found]
            raise ValueError(f"'{next(k for k in keys if keys.count(k) > 1)}' stands there twice")
        return row

    # Numbers stay texts until they are read, as the cells of the other kind of table are.
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_float=str, parse_int=str, parse_constant=str)

    def row(line: str, place: int) -> dict[str, object]:
        try:
            found = decoder.decode(line)
        except (ValueError, RecursionError) as error:
            _refuse(name, place, str(error).partition(": line")[0].lower())
        if not isinstance(found, dict):
            _refuse(name, place, "not an object", 'write one object a line, like {"a": 5, "J": 33}')
        return found

    columns = list(row(first, skipped + 1))

    def records() -> Iterator[tuple[int, Cells]]:
        number = 0
        for place, line in enumerate(chain([first], lines), skipped + 1):
            if not line.strip():
                continue
            number += 1
            found = row(line, place)
            if found.keys() != set(columns):
                for column in columns:
                    if column not in found:
                        _refuse(name, place, f"row {number}: column {column} is missing")
                stranger = next(key for key in found if key not in columns)
                _refuse(
                    name, place, f"row {number} has a column '{stranger}' that the first row does not have"
                )
            yield place, [found[column] for column in columns]

    return Records(name, columns, records())


def _refuse(name: str, line: int, message: str, hint: str = "") -> NoReturn:
    raise InputProblem(Diagnostic("table", f"{name}:{line}: {message}", hint=hint))


def read_columns(
    records: Records,
    graph: Graph,
    inputs: Mapping[str, float],
    tolerance: Tolerance,
    ignored: Collection[str] = (),
) -> Columns:
    """What a table says of a program, whose other inputs are the same for all rows.

    Raises InputProblem for a column that looks like a quantity and is none.
    """
    points: list[tuple[int, str]] = []
    expected: list[int] = []
    expectations: list[Expectation] = []
    unused: list[str] = []
    columns = records.columns
    for stranger in ignored:
        if stranger not in columns:
            message = f"{records.name} has no column '{stranger}' to ignore"
            raise InputProblem(Diagnostic("table", message, hint=f"its columns are {listing(columns)}"))
    for place, column in enumerate(columns):
        if column in ignored or not column:
            continue
        if column in graph.inputs:
            if column in inputs:
                message = f"input '{column}' is given twice: as an option and in {records.name}"
                raise InputProblem(Diagnostic("input", message, node=column))
            points.append((place, column))
        elif column in graph.names or "/" in column:
            expectations.append(_expectation(records.name, graph, column, tolerance))
            expected.append(place)
        else:
            _refuse_mistyped(records, graph, column)
            unused.append(column)

    def rows() -> Iterator[Row]:
        found = False
        for number, (line, cells) in enumerate(records.rows, 1):
            found = True
            try:
                point = {column: _number(cells[place]) for place, column in points}
                values = [_number(cells[place]) for place in expected]
            except (ValueError, TypeError, OverflowError):
                _refuse_cell(records, number, line, cells, [place for place, _ in points] + expected)
            point.update(inputs)
            yield Row(number, point, values, line)
        if not found:
            hint = "a comparison that compares nothing is no pass"
            raise InputProblem(Diagnostic("table", f"{records.name} has no rows", hint=hint))

    return Columns(expectations, [name for _, name in points], rows, unused)


def _expectation(name: str, graph: Graph, column: str, tolerance: Tolerance) -> Expectation:
    try:
        return Expectation(quantity(graph, column), None, tolerance)
    except GraphdiffError as error:
        found = error.diagnostic
        hint = f"{found.hint}; a column of another kind is left out by --ignore" if found.hint else ""
        message = f"column '{column}' of {name}: {found.message}"
        raise InputProblem(found._replace(message=message, hint=hint)) from None


def _refuse_mistyped(records: Records, graph: Graph, column: str) -> None:
    """Raise for a column that is none of the program's quantities, but nearly."""
    import difflib

    # `graphdiff derive` writes dJ_db, because that is a name.
    top, cut, bottom = column.removeprefix("d").partition("_d")
    meant = f"d{top}/d{bottom}" if cut and top in graph.names and bottom in graph.names else ""
    others = [name for name in graph.names if name not in records.columns]
    near = similar(column, others)
    if not meant and near:
        ratio = difflib.SequenceMatcher(None, column, near[0]).ratio()
        if column.lower() == near[0].lower() or (len(column) > 2 and ratio >= NEAR):
            meant = near[0]
    if meant:
        message = f"column '{column}' of {records.name} is none of the program's"
        hint = f"did you mean {meant}? A column of another kind is left out by --ignore {column}"
        raise InputProblem(Diagnostic("table", message, hint=hint))


NOT_FINITE = frozenset((*WORDS, "+nan", "-nan"))


def _number(cell: object) -> float:
    """The number of a cell: what float() takes, but no underscores and nothing that is too large."""
    if not isinstance(cell, str):
        raise TypeError
    value = float(cell)
    if "_" in cell:
        raise ValueError
    if not math.isfinite(value) and cell.strip().lower() not in NOT_FINITE:
        raise OverflowError
    return value


def _refuse_cell(records: Records, number: int, line: int, cells: Cells, places: list[int]) -> NoReturn:
    """Raise for the first cell of a row that is no number."""
    for place in places:
        cell, hint = cells[place], ""
        try:
            _number(cell)
            continue
        except OverflowError:
            what = f"is beyond the largest binary64 number: {cell}"
        except ValueError:
            what = f"is no number: {cell}" if str(cell).strip() else "is empty"
            hint = "write decimals with a point" if "," in str(cell) else ""
        except TypeError:
            words = {list: "a list", dict: "an object", bool: str(cell).lower()}
            what = f"is no number: {words.get(type(cell), 'null')}"
        _refuse(records.name, line, f"row {number}: column {records.columns[place]} {what}", hint)
    raise AssertionError("every cell of the row is a number")
