"""The places of keys and values in a TOML text, which tomllib does not report.

For texts that tomllib has accepted: nothing is checked here again.
"""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

from graphdiff.arithmetic.toml import TOKEN
from graphdiff.diagnostics import Mark

# A path to a value: keys of tables, and indices into arrays.
TomlPath = tuple[str | int, ...]


class TomlToken(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class TomlPlaces(NamedTuple):
    """By path: the mark of the key (or of the table's header), and the mark of the value."""

    keys: dict[TomlPath, Mark]
    values: dict[TomlPath, Mark]

    def mark(self, path: TomlPath) -> Mark:
        """The place of a path; if it is not written, that of the table or array that would hold it."""
        while path:
            if path in self.values and isinstance(path[-1], int):
                return self.values[path]
            if path in self.keys:
                return self.keys[path]
            path = path[:-1]
        return Mark(0, 1)


def toml_places(text: str) -> TomlPlaces:
    """The places of everything in a TOML text."""
    return _Walk(text).places()


class _Walk:
    """One pass over the tokens; `at` is the next one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            TomlToken(m.lastgroup or "", m.group(), m.start(), m.end())
            for m in TOKEN.finditer(text)
            if m.lastgroup != "comment"
        ]
        self.at = 0
        self.found = TomlPlaces({}, {})
        self.sizes: dict[TomlPath, int] = {}  # of the arrays of tables

    def places(self) -> TomlPlaces:
        prefix: TomlPath = ()
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "newline":
                self.at += 1
            elif token.text == "[":
                prefix = self.header()
            else:
                self.pair(prefix)
        return self.found

    def header(self) -> TomlPath:
        """[table] or [[array of tables]]: the path of what follows."""
        start = self.at
        many = self.tokens[start + 1].text == "["
        self.at += 1 + many
        keys, _ = self.key("]")
        self.at += 1 + many
        path: TomlPath = ()
        for key in keys[:-1]:
            path = self.last(*path, key)
        path = (*path, keys[-1])
        if many:
            self.sizes[path] = self.sizes.get(path, 0) + 1
        path = self.last(*path)
        mark = Mark(self.tokens[start].start, self.tokens[self.at - 1].end)
        for length in range(1, len(path)):
            self.found.keys.setdefault(path[:length], mark)
        self.found.keys[path] = mark
        return path

    def last(self, *path: str | int) -> TomlPath:
        """The path of a table; of an array of tables, that of its last one."""
        return (*path, self.sizes[path] - 1) if path in self.sizes else path

    def key(self, end: str) -> tuple[list[str], Mark]:
        """The parts of a key, which may be dotted, up to the sign `end`."""
        first = self.at
        while self.tokens[self.at].text != end:
            self.at += 1
        mark = Mark(self.tokens[first].start, self.tokens[self.at - 1].end)
        found: Any = tomllib.loads(f"{self.text[mark.start : mark.end]} = 0")
        parts = []
        while isinstance(found, dict):
            ((part, found),) = found.items()
            parts.append(part)
        return parts, mark

    def pair(self, prefix: TomlPath) -> None:
        parts, mark = self.key("=")
        path = (*prefix, *parts)
        for length in range(len(prefix) + 1, len(path) + 1):
            self.found.keys.setdefault(path[:length], mark)
        self.at += 1
        self.value(path)

    def value(self, path: TomlPath) -> None:
        first = self.tokens[self.at]
        self.at += 1
        if first.text == "[":
            number = 0
            while self.skip_newlines() != "]":
                if self.tokens[self.at].text == ",":
                    self.at += 1
                    continue
                self.value((*path, number))
                number += 1
            self.at += 1
        elif first.text == "{":
            while self.skip_newlines() != "}":
                if self.tokens[self.at].text == ",":
                    self.at += 1
                    continue
                self.pair(path)
            self.at += 1
        elif first.kind == "word":  # a date and a time may be two words
            while self.at < len(self.tokens) and self.tokens[self.at].kind == "word":
                self.at += 1
        self.found.values[path] = Mark(first.start, self.tokens[self.at - 1].end)

    def skip_newlines(self) -> str:
        while self.tokens[self.at].kind == "newline":
            self.at += 1
        return self.tokens[self.at].text
