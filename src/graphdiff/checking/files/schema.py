"""Validation by a JSON Schema: the part of it that the schema of check files uses.

The schema is the one description of the format, for editors and for graphdiff.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from importlib.resources import files
from typing import Any, NoReturn

from graphdiff.arithmetic.toml import Written
from graphdiff.checking.files.toml_places import TomlPath
from graphdiff.diagnostics import did_you_mean, listing

# Raises the error of a value: its path, the message, and a hint or "".
Refuse = Callable[[TomlPath, str, str], NoReturn]

TYPES = {
    "number": "a number", "integer": "a whole number", "string": "text", "boolean": "true or false",
    "array": "a list", "object": "a table",
}  # fmt: skip


def schema_text() -> str:
    """The JSON Schema of check files."""
    return files("graphdiff.checking.files").joinpath("check.schema.json").read_text("utf-8")


class Validator:
    """Validates what tomllib has read, and calls `refuse` for the first violation."""

    def __init__(self, refuse: Refuse) -> None:
        self.schema: dict[str, Any] = json.loads(schema_text())
        self.refuse = refuse

    def validate(self, document: dict[str, Any]) -> None:
        self._value(document, self.schema, ())

    def _value(self, value: Any, schema: dict[str, Any], path: TomlPath) -> None:
        if "$ref" in schema:
            schema = {**self.schema["definitions"][schema["$ref"].rpartition("/")[2]], **schema}
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is_of_type(value, name) for name in types):
            self.refuse(path, f"{_shown(path)} must be {' or '.join(map(TYPES.__getitem__, types))}", "")
        if _is_too_large(value):
            self.refuse(path, f"{_shown(path)} is beyond the largest binary64 number, 1.8e308", "")
        if "minimum" in schema and value < schema["minimum"]:
            self.refuse(path, f"{_shown(path)} must be at least {schema['minimum']}", "")
        if isinstance(value, (str, list, dict)):
            least = {str: "minLength", list: "minItems", dict: "minProperties"}[type(value)]
            if len(value) < schema.get(least, 0):
                self.refuse(path, f"{_shown(path)} is empty", "")
        if isinstance(value, list):
            for number, item in enumerate(value):
                self._value(item, schema["items"], (*path, number))
        if isinstance(value, dict):
            self._keys(value, schema, path)
            self._combinations(value, schema, path)

    def _keys(self, value: dict[str, Any], schema: dict[str, Any], path: TomlPath) -> None:
        known: dict[str, Any] = schema.get("properties", {})
        others = schema["additionalProperties"]
        for key, item in value.items():
            if key in known:
                self._value(item, known[key], (*path, key))
            elif others:
                self._value(item, others, (*path, key))
            else:
                hint = did_you_mean(key, known) or f"the keys here are {listing(known, 20)}"
                self.refuse((*path, key), f"unknown key '{key}'", hint)

    def _combinations(self, value: dict[str, Any], schema: dict[str, Any], path: TomlPath) -> None:
        """Keys that are required, that exclude each other, or that need another one."""
        here = f"check '{value['name']}'" if "name" in value else _shown(path)
        for key in schema.get("required", ()):
            if key not in value:
                hint = "begin each check with  [[check]]" if key == "check" else ""
                self.refuse(path, f"{here} has no '{key}'", hint)
        for how in ("oneOf", "anyOf"):
            keys = [rule["required"][0] for rule in schema.get(how, ())]
            given = [key for key in keys if key in value]
            if keys and not given:
                self.refuse(path, f"{here} has no {' and no '.join(keys)}", "")
            if how == "oneOf" and len(given) > 1:
                self.refuse(path, f"{here} has both {' and '.join(given)}", "")
        for rule in schema.get("not", {}).get("anyOf", ()):
            if all(key in value for key in rule["required"]):
                first, second = rule["required"]
                self.refuse((*path, second), f"'{first}' and '{second}' cannot be combined", "")
        for key, needed in schema.get("dependencies", {}).items():
            if key in value and needed[0] not in value:
                self.refuse((*path, key), f"'{key}' needs '{needed[0]}'", "")


def _is_of_type(value: Any, name: str) -> bool:
    """Whether a value has a type of JSON Schema, for which 3.0 is an integer and true is not a number."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if name == "number":
        return isinstance(value, (int, float))
    return isinstance(value, {"string": str, "array": list, "object": dict, "boolean": bool}[name])


def _is_too_large(value: Any) -> bool:
    """Whether a number was written that binary64 cannot hold."""
    if isinstance(value, Written):
        return math.isinf(value) and value.text.lstrip("+-") != "inf"
    return isinstance(value, int) and abs(value) > sys.float_info.max


def _shown(path: TomlPath) -> str:
    """What messages call a value of the file."""
    if not path:
        return "the file"
    *before, last = path
    if isinstance(last, str):
        return f"'{last}'"
    return f"number {last + 1} of {_shown(tuple(before))}"
