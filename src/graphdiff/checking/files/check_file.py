"""Check files: many programs, points and expectations in one TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, NoReturn, TextIO, TypeVar

from graphdiff.arithmetic import toml
from graphdiff.checking.compare import Comparer
from graphdiff.checking.expectation import Expectation, Location, expectation, expectation_of, location_of
from graphdiff.checking.files.schema import Validator
from graphdiff.checking.files.toml_places import TomlPath, TomlPlaces, toml_places
from graphdiff.checking.points import (
    GRADCHECK_SAMPLES,
    SAMPLES,
    Points,
    Range,
    given_points,
    given_row,
    points_of,
    to_value,
)
from graphdiff.checking.suite import Check, GradcheckRequest, Report, gradcheck_request, words_of
from graphdiff.checking.tolerance import Tolerance, tolerance
from graphdiff.diagnostics import (
    Diagnostic,
    GraphdiffError,
    InputProblem,
    Mark,
    Source,
    missing_inputs,
)
from graphdiff.graph import Graph
from graphdiff.language.lexer import normalised
from graphdiff.parsing import parse
from graphdiff.sweep import check_inputs

T = TypeVar("T")

TOLERANCES = ("rtol", "atol", "ulp", "equal_nan")


def checks(
    path: str,
    read: Callable[[str], str],
    open_table: Callable[[str], TextIO],
    samples: int | None = None,
    seed: int | None = None,
) -> Iterator[Check | Report]:
    """The checks of a file, each made when the one before is done.

    A Report in place of a check says why it cannot be made; one alone, why the file cannot
    be read. `samples` and `seed` replace those of the file.
    """
    try:
        file = CheckFile(path, read(path), read, open_table, samples, seed)
    except GraphdiffError as error:
        yield _failed(path, location_of(error.diagnostic) or Location(path, 1), error)
        return
    for number, entry in enumerate(file.data["check"]):
        try:
            yield file.check(number)
        except GraphdiffError as error:
            location = location_of(error.diagnostic)
            if location is None and isinstance(error, LocatedProblem):
                location = error.location
            yield _failed(entry["name"], location or file.location(("check", number)), error)


def _failed(name: str, location: Location, error: GraphdiffError) -> Report:
    report = Report(name, location)
    report.fault = error.diagnostic
    return report


class LocatedProblem(InputProblem):
    """A mistake in a text that the file contains, and the line of the file where that text is."""

    def __init__(self, diagnostic: Diagnostic, location: Location | None) -> None:
        super().__init__(diagnostic)
        self.location = location


class CheckFile:
    """A check file that has been read. Raises GraphdiffError for an invalid check file."""

    def __init__(
        self,
        path: str,
        text: str,
        read: Callable[[str], str],
        open_table: Callable[[str], TextIO],
        samples: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.path = path
        self.source = Source(text, path)
        self.read = read
        self.open_table = open_table
        self.samples = samples
        self.seed = seed
        try:
            self.data: dict[str, Any] = toml.loads(text)
        except ValueError as error:
            raise InputProblem(self._unreadable(error)) from None
        except RecursionError:
            raise InputProblem(Diagnostic("file", f"{path} is nested too deeply")) from None
        Validator(self._refuse).validate(self.data)
        names: set[str] = set()
        for number, entry in enumerate(self.data["check"]):
            if entry["name"] in names:
                self._refuse(("check", number, "name"), f"two checks are named '{entry['name']}'")
            names.add(entry["name"])
        self.tolerance = _tolerance(self.data)

    def _unreadable(self, error: ValueError) -> Diagnostic:
        """The message of `toml.loads`, shown in the file; it gives the place only as words."""
        message = str(error)
        where = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        text = self.source.text.replace("\r\n", "\n")
        start = len(text)
        if where is not None:
            message = message[: where.start()]
            lines = text.split("\n")
            start = sum(len(line) + 1 for line in lines[: int(where[1]) - 1]) + int(where[2]) - 1
        problem = " is not valid TOML" if isinstance(error, tomllib.TOMLDecodeError) else ""
        message = f"{self.path}{problem}: {message[:1].lower()}{message[1:]}"
        source = Source(text, self.path)
        return Diagnostic("file", message.partition(" (at end")[0], (Mark(start, start + 1),), source=source)

    @cached_property
    def places(self) -> TomlPlaces:
        """The places of everything; needed for errors and expectations."""
        return toml_places(self.source.text)

    def location(self, path: TomlPath) -> Location:
        return Location(self.path, self.source.locate(self.places.mark(path).start)[0])

    def _refuse(self, path: TomlPath, message: str, hint: str = "") -> NoReturn:
        mark = self.places.mark(path)
        raise InputProblem(Diagnostic("checkfile", message, (mark,), hint, source=self.source))

    def _at(self, path: TomlPath, make: Callable[[], T]) -> T:
        """The result of `make`; an error of it that has no place is shown at this one."""
        try:
            return make()
        except GraphdiffError as error:
            if error.diagnostic.marks:
                raise LocatedProblem(error.diagnostic, self.location(path)) from None
            mark = self.places.mark(path)
            raise InputProblem(error.diagnostic._replace(marks=(mark,), source=self.source)) from None

    def check(self, number: int) -> Check:
        """One check of the file."""
        entry, path = self.data["check"][number], ("check", number)
        graph, written = self._program(entry, path)
        allowed = self._at(path, partial(_tolerance, entry, self.tolerance))
        inputs = self._inputs(graph, entry, path)
        expectations = list(self._expectations(graph, entry, path, allowed))
        request = self._gradcheck(graph, entry, path, allowed) if entry.get("gradcheck") else None
        notices: list[Diagnostic] = []
        if "table" in entry:
            points, columns, notices = self._table(graph, entry, path, inputs, allowed)
            expectations = columns + expectations
        elif "points" in entry:
            points = self._given_points(graph, entry, path, inputs)
        else:
            points = self._at(path, partial(self._points, graph, entry, path, inputs))
        if not expectations and request is None:
            self._refuse(path, f"check '{entry['name']}' expects nothing")
        comparer = self._comparer(graph, expectations) if expectations else None
        return Check(
            entry["name"], graph, written, points, comparer, request, self.location(path), notices
        )  # fmt: skip

    def _program(self, entry: dict[str, Any], path: TomlPath) -> tuple[Graph, tuple[str, ...]]:
        if "file" in entry:
            name = self._beside(entry["file"])
            text = self._at((*path, "file"), lambda: self.read(name))
            return self._at((*path, "file"), lambda: parse(text, name)), ("-f", name)
        here = (*path, "program")
        graph = self._at(here, lambda: parse(entry["program"], *self._beginning(here)))
        return graph, words_of(graph.source.text)

    def _beginning(self, path: TomlPath) -> tuple[str, int, int]:
        """The file, and the line and column at which the text of a string begins in it."""
        mark = self.places.values[path]
        quotes = re.compile(r"(?:\"\"\"|\'\'\')(?:\r?\n)?|[\"']").match(self.source.text, mark.start)
        return (self.path, *self.source.locate(quotes.end() if quotes else mark.start))

    def _beside(self, name: str) -> str:
        """A path in the file, seen from where the command runs."""
        return os.path.join(os.path.dirname(self.path), name)

    def _inputs(self, graph: Graph, entry: dict[str, Any], path: TomlPath) -> dict[str, float | Range]:
        inputs: dict[str, float | Range] = {}
        for key, value in entry.get("inputs", {}).items():
            here, name = (*path, "inputs", key), normalised(key)
            self._at(here, partial(check_inputs, graph, {*graph.inputs, name}))
            if name in inputs:
                self._refuse(here, f"input '{name}' is given twice")
            inputs[name] = self._at(here, partial(to_value, key, value))
        return inputs

    def _expectations(
        self, graph: Graph, entry: dict[str, Any], path: TomlPath, allowed: Tolerance
    ) -> Iterator[Expectation]:
        expected = entry.get("expect", [])
        for key, item in expected.items() if isinstance(expected, dict) else enumerate(expected):
            here, within = (*path, "expect", key), allowed
            if isinstance(key, str):
                formula = item if isinstance(item, str) else repr(item)
                make = partial(expectation_of, graph, key, formula, within, self.location(here))
            else:
                if isinstance(item, dict):
                    within = self._at(here, partial(_tolerance, item, allowed))
                text = item["that"] if isinstance(item, dict) else item
                make = partial(expectation, graph, text, within, self.location(here))
            yield self._at(here, make)

    def _gradcheck(
        self, graph: Graph, entry: dict[str, Any], path: TomlPath, allowed: Tolerance
    ) -> GradcheckRequest:
        of, wrt = (list(map(normalised, entry.get(key, ()))) for key in ("of", "wrt"))
        most = int(self.samples or entry.get("samples") or self.data.get("samples") or GRADCHECK_SAMPLES)
        return self._at(path, lambda: gradcheck_request(graph, of, wrt, allowed.rtol, most))

    def _table(
        self, graph: Graph, entry: dict[str, Any], path: TomlPath, inputs: dict[str, float | Range],
        allowed: Tolerance,
    ) -> tuple[Points, list[Expectation], list[Diagnostic]]:  # fmt: skip
        from graphdiff.checking.files.records import open_records
        from graphdiff.checking.files.table import table_points

        name = self._beside(entry["table"])
        ignored = list(map(normalised, entry.get("ignore", ())))

        def read() -> tuple[Points, list[Expectation], list[Diagnostic]]:
            records = open_records(self.open_table(name), name)
            return table_points(graph, inputs, records, allowed, ignored, self._refuse_missing(path))

        return self._at((*path, "table"), read)

    def _given_points(
        self, graph: Graph, entry: dict[str, Any], path: TomlPath, inputs: dict[str, float | Range]
    ) -> Points:
        rows = []
        for number, point in enumerate(entry["points"]):
            here = (*path, "points", number)
            values = dict(inputs)
            for name, value in point.items():
                values[normalised(name)] = self._at(here, partial(to_value, name, value))
            rows.append(self._at(here, partial(given_row, graph, number + 1, values)))
        return given_points(graph, rows)

    def _points(
        self, graph: Graph, entry: dict[str, Any], path: TomlPath, inputs: dict[str, float | Range]
    ) -> Points:
        seed = next(s for s in (self.seed, entry.get("seed"), self.data.get("seed"), 0) if s is not None)
        size = int(self.samples or entry["samples"]) if "samples" in entry else None
        usual = int(self.samples or self.data.get("samples", SAMPLES))
        return points_of(graph, inputs, size, int(seed), self._refuse_missing(path), usual)

    def _refuse_missing(self, path: TomlPath) -> Callable[[list[str]], NoReturn]:
        def refuse(names: list[str]) -> NoReturn:
            hint = f"add inputs = {{ {', '.join(f'{name} = NUMBER' for name in names[:6])} }}"
            self._refuse(path, missing_inputs(names), hint)

        return refuse

    def _comparer(self, graph: Graph, expectations: list[Expectation]) -> Comparer:
        try:
            return Comparer(graph, expectations)
        except GraphdiffError:
            for e in expectations:  # which one is it?
                try:
                    Comparer(graph, [e])
                except GraphdiffError as error:
                    raise LocatedProblem(error.diagnostic, e.location) from None
            raise


def _tolerance(entry: dict[str, Any], base: Tolerance = Tolerance()) -> Tolerance:  # noqa: B008  (immutable)
    return tolerance(**{key: entry[key] for key in TOLERANCES if key in entry}, base=base)
