"""Text to statements: the shape of each, and the texts of its names and numbers.

An LALR parser sees only the kinds of the tokens, never the text of a name or a
number. So a statement has a *shape*, the sequence of its kinds, and every statement
of one shape parses alike. Each shape goes through the parser once and becomes a
short program over registers; a statement is then its shape and its operands. A
program of a million nodes has few shapes, and reading it costs little more than
splitting it at its names and numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from graphdiff.diagnostics import Source
from graphdiff.language.automaton import Automaton
from graphdiff.language.misdeclared import refuse_character_in_declaration
from graphdiff.language.mistakes import refuse_character, refuse_word
from graphdiff.language.shapes import Shape, Statement, Token
from graphdiff.language.tables import Tables, load_tables

NOT_A_NAME = "not a name"  # the kind of a word that is not an identifier


class _Kinds(dict[str, str]):
    """The kind of each name and number met so far: C speed for what is known."""

    def __missing__(self, text: str) -> str:
        kind = "NUMBER" if text[0] in "0123456789." else "NAME" if text.isidentifier() else NOT_A_NAME
        self[text] = kind
        return kind


class Reader:
    """Statements from text. Keeps what it has learned of shapes for the next text.

    Threads may share it: what it keeps is only ever added, and is the same whoever adds it.
    """

    # More distinct shapes than this are not kept: a program that repeats none would
    # only fill the memory.
    MOST_SHAPES = 20_000
    # Nor more names and numbers than this from one text to the next.
    MOST_NAMES = 100_000

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.lexer = re.compile(tables.lexer)
        self.split = re.compile(tables.operand).split
        self.comment = re.compile(tables.comment)
        self.separator = re.compile(tables.separator)
        self.kinds = _Kinds(tables.keywords)
        # By the texts between the names and numbers, and the kinds of these; and by tokens alone,
        # which do not depend on blanks.
        self.shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], Shape] = {}
        self.by_tokens: dict[tuple[str, ...], Shape] = {}

    def statements(self, source: Source) -> Iterator[Statement]:
        """The statements of a program in the order of its text; raises SyntaxProblem."""
        if len(self.kinds) > self.MOST_NAMES:
            self.kinds = _Kinds(self.tables.keywords)
        split, kind_of, shapes = self.split, self.kinds.__getitem__, self.shapes
        for piece, start in self._pieces(source.text):
            parts = split(piece)
            operands = parts[1::2]
            key = (tuple(parts[::2]), tuple(map(kind_of, operands)))
            shape = shapes.get(key)
            if shape is None:
                if not operands and not piece.strip():
                    continue
                shape = self._shape(source, piece, start)
                if len(shapes) < self.MOST_SHAPES:
                    shapes[key] = shape
            yield Statement(shape, operands, start, start + len(piece))

    def _pieces(self, text: str) -> Iterator[tuple[str, int]]:
        """The text between separators, and where each begins. Comments become blanks."""
        if "#" in text:
            text = self.comment.sub(lambda match: " " * len(match[0]), text)
        start = last = depth = 0
        for match in self.separator.finditer(text):
            end = match.start()
            piece = text[last:end]
            last = end + 1
            depth += piece.count("(") - piece.count(")")
            if depth > 0 and text[end] == "\n":
                continue  # a newline inside parentheses is white space
            yield (piece if start == last - 1 - len(piece) else text[start:end]), start
            start, depth = last, 0
        yield text[start:], start

    def _shape(self, source: Source, piece: str, start: int) -> Shape:
        tokens = self.tokens(source, piece, start)
        kinds = tuple(t.text if t.kind == "RELATION" else t.kind for t in tokens)
        shape = self.by_tokens.get(kinds)
        if shape is None:
            shape = Automaton(self.tables, source, tokens).run()
            if len(self.by_tokens) < self.MOST_SHAPES:
                self.by_tokens[kinds] = shape
        return shape

    def tokens(self, source: Source, piece: str, start: int) -> list[Token]:
        """The tokens of one statement."""
        found: list[Token] = []
        position, match = 0, self.lexer.match
        newline = "\n"
        while position < len(piece):
            token = match(piece, position)
            if token is None:
                if len(found) > 1 and found[0].kind == "INPUT" and piece[position] in "[]{}:":
                    refuse_character_in_declaration(source, found, start + position)
                refuse_character(source, start + position)
            kind, text = str(token.lastgroup), token[0]
            if kind == "NAME":
                kind = self.kinds[text]
                if kind == NOT_A_NAME:
                    refuse_word(source, start + position, text)
            if kind not in self.tables.ignored and text != newline:
                found.append(Token(kind, text, start + position, start + token.end()))
            position = token.end()
        return found


def normalised(text: str) -> str:
    """NFC, so that a name is the same however its accents were typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_reader: Reader | None = None


def reader() -> Reader:
    """The one reader of this process, made at first use."""
    global _reader
    if _reader is None:
        _reader = Reader(load_tables())
    return _reader
