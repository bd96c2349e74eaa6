"""What graphdiff has to say about a program, as data, and the one way to draw it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Source(NamedTuple):
    """A program's text and what to call it in a message (a file's name, or nothing).

    line, column: where it begins in the file, for a text that is a part of one.
    """

    text: str
    name: str = ""
    line: int = 1
    column: int = 1

    def locate(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1, of a position in the text, in its file."""
        lines = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1) + 1
        return self.line + lines, column + (0 if lines else self.column - 1)


class Mark(NamedTuple):
    """A stretch of the source, from `start` to before `end`, and what is said of it."""

    start: int
    end: int
    label: str = ""


class Diagnostic(NamedTuple):
    """One message: what is wrong, where, and what would be right.

    `code` is a stable word for programs, `node` the name it concerns where there is one.
    """

    code: str
    message: str
    marks: tuple[Mark, ...] = ()
    hint: str = ""
    node: str = ""
    source: Source | None = None


class GraphdiffError(Exception):
    """A question that has no answer: the program, the inputs or an operation is at fault."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic

    def __str__(self) -> str:
        return render(self.diagnostic)

    def __reduce__(self) -> tuple[type[GraphdiffError], tuple[Diagnostic]]:
        return type(self), (self.diagnostic,)  # so that it comes back whole from another process


class SyntaxProblem(GraphdiffError):
    """The text is not a program."""


class InputProblem(GraphdiffError):
    """An input is missing, unknown or not a number."""


class UnknownName(GraphdiffError, KeyError):
    """A name that the program does not have."""


class UndefinedOperation(GraphdiffError, ArithmeticError):
    """The value depends on an operation that is undefined at this point."""


# A line longer than this is shown as a window around what matters.
WINDOW = 72
# What build servers take for a command: `##[group]` and `##vso[...]` anywhere in a line of a
# log, `::error::` at its beginning.
COMMAND = re.compile(r"(##\w*)\[|^(\s*)::")


def printable(text: str) -> str:
    """Text from a file or a command line as it is safe to write: on one line, and only as text.

    Line ends, control characters and invisible ones, such as those that reverse the direction
    of writing, stand escaped (\\n, \\x1b, \\u202e); a backslash breaks what a build server would
    take for a command. Every message and every report writes foreign text through this.
    """
    if not text.isprintable():
        text = "".join(map(_printable_character, text))
    return COMMAND.sub(_as_text, text) if "##" in text or "::" in text else text


def _printable_character(c: str) -> str:
    blank = unicodedata.category(c) == "Zs"
    return c if blank or c.isprintable() else c.encode("unicode_escape").decode()


def _as_text(command: re.Match[str]) -> str:
    return f"{command[1]}\\[" if command[1] else f"{command[2]}\\::"


def render(diagnostic: Diagnostic, severity: str = "error", encoding: str = "utf-8") -> str:
    """The message as text: severity and message, the lines with carets, the hint.

    What `encoding` cannot write stands escaped, and the carets where that puts them.
    """
    parts = [f"{severity}: {printable(diagnostic.message)}"]
    if diagnostic.source is not None:
        for mark in diagnostic.marks:
            parts.append(_excerpt(diagnostic.source, mark, encoding))
    if diagnostic.hint:
        parts.append(f"hint: {printable(diagnostic.hint)}")
    return "\n".join(parts)


def _excerpt(source: Source, mark: Mark, encoding: str) -> str:
    text = source.text
    number, column = source.locate(mark.start)
    first = text.rfind("\n", 0, mark.start) + 1
    last = text.find("\n", first)
    line = text[first:] if last < 0 else text[first:last]
    line = line.rstrip("\r")
    left = mark.start - first
    length = max(1, min(mark.end, first + len(line)) - mark.start)
    if len(line) > WINDOW:
        shift = max(0, min(left - WINDOW // 3, len(line) - WINDOW))
        cut = line[shift : shift + WINDOW]
        left -= shift
        if shift:
            cut, left = "..." + cut, left + 3
        length = max(1, min(length, len(cut) - left))
        line = cut + ("..." if shift + WINDOW < len(text[first:last] if last >= 0 else text[first:]) else "")
    shown = [" " if c == "\t" else _written(c, encoding) if c.isprintable() else "?" for c in line]
    for command in COMMAND.finditer(line):
        shown[command.end() - 1] = f"\\{line[command.end() - 1]}"
    before = sum(map(_columns, shown[:left]))
    under = max(1, sum(map(_columns, shown[left : left + length])))
    place = f"{printable(source.name)}:{number}:{column}" if source.name else f"{number}:{column}"
    place = _written(place, encoding)
    margin = " " * len(place)
    label = f" {printable(mark.label)}" if mark.label else ""
    return f"  {place} | {''.join(shown)}\n  {margin} | {' ' * before}{'^' * under}{label}"


def _written(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _columns(character: str) -> int:
    """The columns of a terminal that a character takes; all those of an escaped one."""
    if len(character) > 1:
        return len(character)
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, most: int = 40) -> str:
    """A text as it is, or its beginning where it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def similar(word: str, known: Iterable[str], least: float = 0.0) -> list[str]:
    """The known word that `word` may have been meant to be, if any; `least`: the similarity, up to 1."""
    import difflib  # needed only where something is wrong

    word = word.strip()
    known, letters = list(known), sorted(word.lower())
    same = [k for k in known if k.lower() == word.lower()] or [k for k in known if sorted(k) == letters]
    # One letter in three is another word, one in four or five a mistyped one.
    least = least or (0.6 if len(word) > 4 else 0.75)
    return (same or difflib.get_close_matches(word, known, 1, least))[:1]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint, or "" if no known word is near."""
    found = similar(word, known)
    return f"did you mean {found[0]}?" if found else ""


def listing(names: Iterable[str], most: int = 12) -> str:
    """Names in a row, cut where there are very many."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def missing_inputs(names: Sequence[str]) -> str:
    """The message about inputs without a value."""
    return f"missing input{'s' if len(names) > 1 else ''}: {listing(names)}"


def unusable_file(verb: str, name: str, error: OSError) -> InputProblem:
    """The error of a file that cannot be read or written, as the verb says."""
    return InputProblem(Diagnostic("file", f"cannot {verb} {name}: {(error.strerror or str(error)).lower()}"))
