"""Check files: many programs, points and expectations in one TOML file.

What a file may say is said by a JSON Schema, for editors as for this module, which
reads it: there is one description of the format.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from importlib.resources import files
from typing import Any, NoReturn, TextIO

from graphdiff.checking.compare import (
    Comparer,
    Expectation,
    Place,
    Row,
    Tolerance,
    expectation,
    place_of,
    tolerance,
)
from graphdiff.checking.suite import (
    GRADCHECK_SAMPLES,
    SAMPLES,
    Check,
    Outcome,
    Points,
    points_of,
    rows_of,
    slopes_of,
    words_of,
)
from graphdiff.checking.tomlplaces import Path, places
from graphdiff.diagnostics import (
    Diagnostic,
    GraphdiffError,
    InputProblem,
    Mark,
    Source,
    did_you_mean,
    listing,
    missing_inputs,
)
from graphdiff.graph import Graph
from graphdiff.inputs import to_value
from graphdiff.language.lexer import normalised
from graphdiff.parsing import parse
from graphdiff.sweep import check_inputs

TOLERANCES = ("rtol", "atol", "ulp", "equal_nan")


def schema_text() -> str:
    """The JSON Schema of check files."""
    return files("graphdiff").joinpath("check.schema.json").read_text("utf-8")


def checks(
    path: str,
    read: Callable[[str], str],
    open_table: Callable[[str], TextIO],
    samples: int | None = None,
    seed: int | None = None,
) -> Iterator[Check | Outcome]:
    """The checks of a file, each made when the one before is done.

    An Outcome stands for one that cannot be made, or for a file that is none. `samples`
    and `seed` are used in place of what the file says.
    """
    try:
        file = CheckFile(path, read(path), read, open_table, samples, seed)
    except GraphdiffError as error:
        yield _failed(path, place_of(error.diagnostic) or Place(path, 1), error)
        return
    for number, entry in enumerate(file.data["check"]):
        try:
            yield file.check(number)
        except GraphdiffError as error:
            place = place_of(error.diagnostic)
            if place is None and isinstance(error, PlacedProblem):
                place = error.place
            yield _failed(entry["name"], place or file.place(("check", number)), error)


def _failed(name: str, place: Place, error: GraphdiffError) -> Outcome:
    outcome = Outcome(name, place)
    outcome.fault = error.diagnostic
    return outcome


class PlacedProblem(InputProblem):
    """What is wrong with a text that the file has, and where that stands."""

    def __init__(self, diagnostic: Diagnostic, place: Place | None) -> None:
        super().__init__(diagnostic)
        self.place = place


class CheckFile:
    """A check file that has been read. Raises GraphdiffError where it is none."""

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
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputProblem(self._no_toml(str(error))) from None
        except RecursionError:
            raise InputProblem(Diagnostic("file", f"{path} is nested too deeply")) from None
        schema = json.loads(schema_text())
        self.definitions: dict[str, Any] = schema["definitions"]
        self._validate(self.data, schema, ())
        names: dict[str, int] = {}
        for number, entry in enumerate(self.data["check"]):
            if entry["name"] in names:
                self._refuse(("check", number, "name"), f"two checks are named '{entry['name']}'")
            names[entry["name"]] = number
        self.base = tolerance(Tolerance(), **{k: self.data[k] for k in TOLERANCES if k in self.data})

    def _no_toml(self, message: str) -> Diagnostic:
        """What tomllib says, shown in the file; the place is in its message only."""
        where = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        text = self.source.text.replace("\r\n", "\n")
        start = len(text)
        if where is not None:
            message = message[: where.start()]
            lines = text.split("\n")
            start = sum(len(line) + 1 for line in lines[: int(where[1]) - 1]) + int(where[2]) - 1
        message = f"{self.path} is no TOML: {message[:1].lower()}{message[1:]}"
        source = Source(text, self.path)
        return Diagnostic("file", message.partition(" (at end")[0], (Mark(start, start + 1),), source=source)

    @cached_property
    def places(self) -> Any:
        """Where everything stands; needed for errors and expectations."""
        return places(self.source.text)

    def place(self, path: Path) -> Place:
        return Place(self.path, self.source.locate(self.places.mark(path).start)[0])

    def _refuse(self, path: Path, message: str, hint: str = "") -> NoReturn:
        mark = self.places.mark(path)
        raise InputProblem(Diagnostic("checkfile", message, (mark,), hint, source=self.source))

    # The part of JSON Schema that the schema uses.

    def _validate(self, value: Any, schema: dict[str, Any], path: Path) -> None:
        if "$ref" in schema:
            schema = {**self.definitions[schema["$ref"].rpartition("/")[2]], **schema}
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, kind) for kind in kinds):
            self._refuse(path, f"{_named(path)} must be {' or '.join(map(KINDS.__getitem__, kinds))}")
        if "minimum" in schema and value < schema["minimum"]:
            self._refuse(path, f"{_named(path)} must be at least {schema['minimum']}")
        if isinstance(value, (str, list, dict)):
            least = {str: "minLength", list: "minItems", dict: "minProperties"}[type(value)]
            if len(value) < schema.get(least, 0):
                self._refuse(path, f"{_named(path)} is empty")
        if isinstance(value, list):
            for number, item in enumerate(value):
                self._validate(item, schema["items"], (*path, number))
        if isinstance(value, dict):
            self._validate_table(value, schema, path)

    def _validate_table(self, value: dict[str, Any], schema: dict[str, Any], path: Path) -> None:
        known: dict[str, Any] = schema.get("properties", {})
        others = schema["additionalProperties"]
        for key, item in value.items():
            if key in known:
                self._validate(item, known[key], (*path, key))
            elif others:
                self._validate(item, others, (*path, key))
            else:
                hint = did_you_mean(key, known) or f"the keys here are {listing(known, 20)}"
                self._refuse((*path, key), f"unknown key '{key}'", hint)
        here = f"check '{value['name']}'" if "name" in value else _named(path)
        for key in schema.get("required", ()):
            if key not in value:
                hint = "begin each check with  [[check]]" if key == "check" else ""
                self._refuse(path, f"{here} has no '{key}'", hint)
        for how in ("oneOf", "anyOf"):
            keys = [rule["required"][0] for rule in schema.get(how, ())]
            given = [key for key in keys if key in value]
            if keys and (not given or (how == "oneOf" and len(given) > 1)):
                message = f"has both {' and '.join(given)}" if given else f"has no {' and no '.join(keys)}"
                self._refuse(path, f"{here} {message}")
        for rule in schema.get("not", {}).get("anyOf", ()):
            if all(key in value for key in rule["required"]):
                first, second = rule["required"]
                self._refuse((*path, second), f"'{first}' and '{second}' exclude one another")
        for key, needed in schema.get("dependencies", {}).items():
            if key in value and needed[0] not in value:
                self._refuse((*path, key), f"'{key}' goes with '{needed[0]}'")

    # From what the file says to checks.

    def check(self, number: int) -> Check:
        """One check of the file."""
        entry, path = self.data["check"][number], ("check", number)
        graph, written = self._program(entry, path)
        allowed = self._at(path, lambda: self._tolerance(self.base, entry))
        inputs = {}
        for name, value in entry.get("inputs", {}).items():
            unknown = partial(check_inputs, graph, {*graph.inputs, normalised(name)})
            self._at((*path, "inputs", name), unknown)
            inputs[normalised(name)] = self._at((*path, "inputs", name), partial(to_value, name, value))
        expectations = list(self._expectations(graph, entry, path, allowed))
        slopes = None
        if entry.get("gradcheck"):
            of, wrt = (list(map(normalised, entry.get(key, ()))) for key in ("of", "wrt"))
            most = self.samples or entry.get("samples") or self.data.get("samples") or GRADCHECK_SAMPLES
            slopes = self._at(path, lambda: slopes_of(graph, of, wrt, allowed.rtol, int(most)))

        def missing(names: list[str]) -> NoReturn:
            hint = f"say inputs = {{ {', '.join(f'{name} = NUMBER' for name in names[:6])} }}"
            self._refuse(path, missing_inputs(names), hint)

        notices: list[Diagnostic] = []
        if "table" in entry:
            from graphdiff.checking.table import open_records

            name = self._beside(entry["table"])
            records = self._at((*path, "table"), lambda: open_records(self.open_table(name), name))
            ignored = list(map(normalised, entry.get("ignore", ())))
            points, columns, notices = self._at(
                (*path, "table"), lambda: rows_of(graph, inputs, records, allowed, ignored, missing)
            )
            expectations = columns + expectations
        elif "points" in entry:
            points = self._points(graph, entry, path, inputs)
        else:
            seed = next(s for s in (self.seed, entry.get("seed"), self.data.get("seed"), 0) if s is not None)
            size = int(self.samples or entry["samples"]) if "samples" in entry else None
            usual = int(self.samples or self.data.get("samples", SAMPLES))
            points = self._at(path, lambda: points_of(graph, inputs, size, int(seed), missing, usual))
        if not expectations and slopes is None:
            self._refuse(path, f"check '{entry['name']}' expects nothing")
        comparer = self._comparer(graph, expectations) if expectations else None
        return Check(entry["name"], graph, written, points, comparer, slopes, self.place(path), notices)

    def _comparer(self, graph: Graph, expectations: list[Expectation]) -> Comparer:
        try:
            return Comparer(graph, expectations)
        except GraphdiffError:
            for e in expectations:  # which one is it?
                try:
                    Comparer(graph, [e])
                except GraphdiffError as error:
                    raise PlacedProblem(error.diagnostic, e.place) from None
            raise

    def _at(self, path: Path, make: Callable[[], Any]) -> Any:
        """What `make` gives; its error shows this place where it has no other."""
        try:
            return make()
        except GraphdiffError as error:
            if error.diagnostic.marks:
                raise PlacedProblem(error.diagnostic, self.place(path)) from None
            mark = self.places.mark(path)
            raise InputProblem(error.diagnostic._replace(marks=(mark,), source=self.source)) from None

    def _program(self, entry: dict[str, Any], path: Path) -> tuple[Graph, tuple[str, ...]]:
        if "file" in entry:
            name = self._beside(entry["file"])
            text = self._at((*path, "file"), lambda: self.read(name))
            return self._at((*path, "file"), lambda: parse(text, name)), ("-f", name)
        graph = self._at((*path, "program"), lambda: parse(entry["program"]))
        return graph, words_of(graph.source.text)

    def _beside(self, name: str) -> str:
        """A path of the file, seen from where the command runs."""
        return os.path.join(os.path.dirname(self.path), name)

    def _tolerance(self, base: Tolerance, entry: dict[str, Any]) -> Tolerance:
        return tolerance(base, **{key: entry[key] for key in TOLERANCES if key in entry})

    def _expectations(
        self, graph: Graph, entry: dict[str, Any], path: Path, allowed: Tolerance
    ) -> Iterator[Expectation]:
        asked = entry.get("expect", [])
        for key, item in asked.items() if isinstance(asked, dict) else enumerate(asked):
            here = (*path, "expect", key)
            if isinstance(key, str):
                text, within = (
                    f"{key} = {item!r}" if not isinstance(item, str) else f"{key} = {item}",
                    allowed,
                )
            elif isinstance(item, str):
                text, within = item, allowed
            else:
                text = item["that"]
                within = self._at(here, partial(self._tolerance, allowed, item))
            yield self._at(here, partial(expectation, graph, text, within, self.place(here)))

    def _points(self, graph: Graph, entry: dict[str, Any], path: Path, inputs: dict[str, Any]) -> Points:
        rows = []
        for number, point in enumerate(entry["points"]):
            here = (*path, "points", number)
            given = dict(inputs)
            for name, value in point.items():
                given[normalised(name)] = self._at(here, partial(to_value, name, value))
            self._at(here, partial(check_inputs, graph, given))
            for name, value in given.items():
                if not isinstance(value, float):
                    self._refuse(here, f"input '{name}' of a point is a range", "a range goes without points")
            rows.append(Row(number + 1, {name: given[name] for name in graph.inputs}))
        return Points(lambda: rows)


KINDS = {
    "number": "a number", "integer": "a whole number", "string": "text", "boolean": "true or false",
    "array": "a list", "object": "a table",
}  # fmt: skip


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a kind of JSON Schema's, for which 3.0 is an integer and true no number."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind == "number":
        return isinstance(value, (int, float))
    return isinstance(value, {"string": str, "array": list, "object": dict, "boolean": bool}[kind])


def _named(path: Path) -> str:
    """What to call a place of the file."""
    if not path:
        return "the file"
    *before, last = path
    if isinstance(last, str):
        return f"'{last}'"
    return f"number {last + 1} of {_named(tuple(before))}"
