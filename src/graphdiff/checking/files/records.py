"""Tables of results as records: CSV, and JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, NoReturn, TextIO

from graphdiff.diagnostics import Diagnostic, InputProblem, unusable_file
from graphdiff.language.lexer import normalised

EXTENSIONS = {"csv": "csv", "tsv": "csv", "jsonl": "jsonl", "ndjson": "jsonl"}

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?")

Cells = Sequence[object]


class Records(NamedTuple):
    """A table that has been opened: its columns, and its rows as (line, cells)."""

    name: str
    columns: list[str]
    rows: Iterator[tuple[int, Cells]]


def open_records(stream: TextIO, name: str, form: str | None = None) -> Records:
    """The records of a table, read as they are asked for.

    `form` is "csv" or "jsonl"; by default the extension of the name decides, or the first
    character. Raises InputProblem for an empty or unreadable file.
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
        raise InputProblem(
            Diagnostic("table", f"{name} is empty", hint="the first line of a table names its columns")
        )
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

    # A comma if the first line has one, else a semicolon, else a tab, else blanks (numpy.savetxt).
    separator = next((s for s in ",;\t" if s in first), ",")
    if separator not in first and " " in first.strip("# \r\n") and '"' not in first:
        first, lines = _with_commas(first.removeprefix("#")), map(_with_commas, lines)
    reader = csv.reader(chain([first], lines), delimiter=separator, skipinitialspace=True, strict=True)

    def records() -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                refuse_line(name, reader.line_num + skipped, str(error))
            if cells:
                yield reader.line_num + skipped, cells

    rows = records()
    _, header = next(rows)
    header[0] = header[0].removeprefix("#")  # written by numpy.savetxt
    columns = [normalised(cell.strip()) for cell in header]
    for column in columns:
        if column and columns.count(column) > 1:
            raise InputProblem(Diagnostic("table", f"{name} has two columns '{column}'"))
    if all(NUMBER.fullmatch(column) for column in columns):
        message = f"the first line of {name} has numbers in place of the names of its columns"
        raise InputProblem(Diagnostic("table", message, hint="put a line before it, such as  a,b,J,dJ/da"))
    return Records(name, columns, _of_width(rows, len(columns), columns, name))


def _with_commas(line: str) -> str:
    """A line of cells between blanks as one of CSV; an empty one for a comment."""
    return "\n" if line.startswith("#") else ",".join(line.split()) + "\n"


def _of_width(
    rows: Iterator[tuple[int, list[str]]], width: int, columns: list[str], name: str
) -> Iterator[tuple[int, list[str]]]:
    for number, (line, cells) in enumerate(rows, 1):
        if len(cells) < width:
            missing = columns[len(cells)] or f"number {len(cells) + 1}"
            refuse_line(
                name, line, f"row {number} has {len(cells)} of {width} cells: column {missing} is missing"
            )
        if len(cells) > width:
            refuse_line(name, line, f"row {number} has {len(cells)} cells, but there are {width} columns")
        yield line, cells


def _json_lines(first: str, lines: Iterator[str], name: str, skipped: int) -> Records:
    import json

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        row = {normalised(key.strip()): value for key, value in found}
        if len(row) < len(found):
            keys = [normalised(key.strip()) for key, _ in found]
            raise ValueError(f"'{next(k for k in keys if keys.count(k) > 1)}' is given twice")
        return row

    # Numbers stay texts until they are read, like the cells of CSV.
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_float=str, parse_int=str, parse_constant=str)

    def row(text: str, line: int) -> dict[str, object]:
        try:
            found = decoder.decode(text)
        except (ValueError, RecursionError) as error:
            refuse_line(name, line, str(error).partition(": line")[0].lower())
        if not isinstance(found, dict):
            refuse_line(name, line, "not an object", 'write one object a line, like {"a": 5, "J": 33}')
        return found

    columns = list(row(first, skipped + 1))

    def records() -> Iterator[tuple[int, Cells]]:
        number = 0
        for line, text in enumerate(chain([first], lines), skipped + 1):
            if not text.strip():
                continue
            number += 1
            found = row(text, line)
            for column in columns:
                if column not in found:
                    refuse_line(name, line, f"row {number}: column {column} is missing")
            if len(found) > len(columns):
                extra = next(key for key in found if key not in columns)
                message = f"row {number} has a column '{extra}' that the first row does not have"
                refuse_line(name, line, message)
            yield line, [found[column] for column in columns]

    return Records(name, columns, records())


def refuse_line(name: str, line: int, message: str, hint: str = "") -> NoReturn:
    """Raise an error about a line of a table."""
    raise InputProblem(Diagnostic("table", f"{name}:{line}: {message}", hint=hint))
