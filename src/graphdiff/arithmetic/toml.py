"""TOML with the texts of its numbers, which each arithmetic reads at its own precision: 1e400 is not inf."""

from __future__ import annotations

import re
import tomllib
from typing import Any

TOKEN = re.compile(
    r'''(?P<comment>\#[^\n]*)
      | (?P<text>"""(?:[^\\]|\\.)*?"""(?:"{0,2}) | \'\'\'.*?\'\'\'(?:'{0,2})
               | "(?:[^"\\\n]|\\.)*" | '[^'\n]*')
      | (?P<newline>\n)
      | (?P<sign>[\[\]{}=,])
      | (?P<word>[^\s\[\]{}=,\#"']+)''',
    re.VERBOSE | re.DOTALL,
)
# The parts of a dotted key: the time that tomllib takes for one grows with the square of their number.
MOST_PARTS = 100
# The digits of a whole number: Python reads no more of them.
MOST_DIGITS = 4300


class Written(float):
    """A number and its text."""

    text: str

    def __new__(cls, text: str) -> Written:
        found = super().__new__(cls, text)
        found.text = text.replace("_", "") if found == found else "nan"
        return found


def loads(text: str) -> dict[str, Any]:
    """What a TOML text says; its numbers are int and Written.

    Raises ValueError, which ends in "(at line 1, column 2)" where the place is known, for what
    is not TOML or beyond the limits above, and RecursionError for what is nested too deeply.
    """
    if text.count(".") >= MOST_PARTS or len(text) > MOST_DIGITS:
        _refuse_beyond_limits(text)
    return tomllib.loads(text, parse_float=Written)


def _refuse_beyond_limits(text: str) -> None:
    parts = 1
    for token in TOKEN.finditer(text):
        if token.lastgroup in ("newline", "sign"):
            parts = 1
        elif token.lastgroup == "word":
            parts += token[0].count(".")
            if parts > MOST_PARTS:
                _refuse(text, token.start(), f"a key has more than {MOST_PARTS} parts")
            if len(token[0]) > MOST_DIGITS and token[0].replace("_", "").lstrip("+-").isdecimal():
                _refuse(text, token.start(), f"a whole number has more than {MOST_DIGITS} digits")


def _refuse(text: str, start: int, message: str) -> None:
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    raise ValueError(f"{message} (at line {line}, column {column})")
