"""Mistakes in a declaration such as `input b = 3 in 0..10`, and declarations without their word."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from graphdiff.diagnostics import Diagnostic, Mark, Source, SyntaxProblem
from graphdiff.language.shapes import NAMES, Token

if TYPE_CHECKING:
    from graphdiff.language.mistakes import Stuck

ONE_NAME = ("a declaration names one input", "write one for each:  input {name}; input ...")
DOTTED = ("a range is written with '..'", "write  input {name} in 0..10")
DEFAULT_LAST = ("the default goes before the range", "write  input {name} = 5 in 0..10")

# By what was read last (the name, the default, the lower or the upper end) and by what follows: what is
# wrong, and what to write. OPERAND is what an expression can begin with; END is the statement's end.
MISTAKES = {
    ("name", "OPERAND"): ("'=' or 'in' is missing", "write  input {name} {word} {rest}"),
    ("name", "DOTS"): ("'in' is missing", "write  input {name} in 0..10"),
    ("name", "OPERATOR"): ("'=' or 'in' is missing", "write  input {name} = 5"),
    ("name", "COMMA"): ONE_NAME,
    ("default", "COMMA"): ONE_NAME,
    ("default", "DOTS"): ("a range goes after 'in'", "write  input {name} in 0..10"),
    ("default", "END"): ("the default is incomplete", "write  input {name} = 5"),
    ("low", "COMMA"): DOTTED,
    ("low", "OPERAND"): DOTTED,
    ("low", "EQUAL"): DEFAULT_LAST,
    ("low", "DOTS"): ("the range has no lower end", "write  input {name} in 0..10"),
    ("low", "END"): ("the range has no upper end", "write  input {name} in 0..10"),
    ("high", "COMMA"): ONE_NAME,
    ("high", "EQUAL"): DEFAULT_LAST,
    ("high", "DOTS"): ("a range has two ends", "write  input {name} in 0..10"),
    ("high", "IN"): ("a second range", "write one:  input {name} in 0..10"),
    ("high", "END"): ("the range has no upper end", "write  input {name} in 0..10"),
}


def misdeclared(stuck: Stuck) -> Diagnostic | None:
    """A declaration that is not of the form `input NAME = DEFAULT in LOW..HIGH`."""
    tokens, place = stuck.tokens, stuck.place
    if tokens[0].kind != "INPUT":
        return None
    if stuck.opened is not None:
        in_parentheses = tokens[tokens.index(stuck.opened) - 1].kind == "IN" and _kind(stuck) == "COMMA"
        return stuck.problem(DOTTED[0], DOTTED[1].format(name=tokens[1].text)) if in_parentheses else None
    if place < 2 or tokens[1].kind not in NAMES:
        return _nameless(stuck, 1) if not stuck.at_end and stuck.token.kind == "NUMBER" else None
    name, part, kind = tokens[1].text, _part(tokens[2:place]), _kind(stuck)
    if part == "name" and name == "in" and kind == "OPERAND":
        return _nameless(stuck, 1)
    if part == "default" and kind == "OPERAND" and tokens[place - 1].kind == "IN":
        return stuck.problem("the default is missing before 'in'", f"write  input {name} = 5 in 0..10")
    around = [token.kind for token in tokens[place - 1 : place + 2]]
    if around == ["NUMBER", "COMMA", "NUMBER"] and part != "low":
        return stuck.problem("a comma in a number", "a number has a decimal point: 1.5")
    found = MISTAKES.get((part, kind))
    if found is None:
        return None
    word = "in" if any(token.kind == "DOTS" for token in tokens) else "="
    rest = "5" if stuck.at_end else stuck.source.text[stuck.token.start : tokens[-1].end]
    rest = rest if len(rest) < 30 and "=" not in rest and "\n" not in rest else "5"
    message, hint = found[0], found[1].format(name=name, word=word, rest=rest)
    if stuck.at_end:
        return stuck.marked(message, hint, Mark(tokens[-1].end, tokens[-1].end))
    return stuck.problem(message, hint)


def _nameless(stuck: Stuck, place: int) -> Diagnostic:
    mark = Mark(stuck.tokens[place].start, stuck.tokens[place].end, "expected the name of the input")
    return stuck.marked("an input without a name", "write  input NAME = 5  or  input NAME in 0..10", mark)


def _part(tokens: list[Token]) -> str:
    """What of a declaration its tokens after the name end with."""
    part = "name"
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.kind == "EQUAL" and part == "name":
            part = "default"
        elif token.kind == "IN" and (before is None or before.kind in (*NAMES, "NUMBER", "RPAR")):
            part = "low"  # elsewhere it is a name
        elif token.kind == "DOTS":
            part = "high"
    return part


def _kind(stuck: Stuck) -> str:
    if stuck.at_end:
        return "END"
    kind = stuck.token.kind
    if kind == "IN" and stuck.follows_operand:
        return kind
    if kind in (*NAMES, "NUMBER", "LPAR", "MINUS"):
        return "OPERAND"
    return kind if kind in ("EQUAL", "COMMA", "DOTS", "RPAR") else "OPERATOR"


def undeclared(stuck: Stuck) -> Diagnostic | None:
    """`in` and `..` in other statements; `inputs a`."""
    tokens = stuck.tokens
    first = stuck.source.text[tokens[0].start : tokens[-1].end]
    hint = f"write  input {first}" if len(first) < 40 and "\n" not in first else "write  input x in 0..10"
    if stuck.at_end or tokens[0].kind == "INPUT":
        return None
    if stuck.token.kind == "IN" and stuck.follows_operand:
        return stuck.problem("a range belongs to a declaration", hint)
    if stuck.token.kind == "DOTS":
        hint = "a number has one decimal point: 1.5; an input has a range:  input x in 0..10"
        return stuck.problem("a range stands only in a declaration", hint)
    if stuck.place == 1 and stuck.token.kind in NAMES and tokens[0].text.lower() in ("input", "inputs"):
        mark = Mark(tokens[0].start, tokens[0].end)
        return stuck.marked("a declaration begins with 'input'", f"write  input {stuck.token.text}", mark)
    return None


def refuse_character_in_declaration(source: Source, tokens: list[Token], offset: int) -> NoReturn:
    """Raise for a character such as '[' or ':' in a declaration."""
    character = source.text[offset]
    message = f"'{character}' has no meaning in a declaration"
    hint = f"write  input {tokens[1].text} = 5 in 0..10"
    raise SyntaxProblem(Diagnostic("syntax", message, (Mark(offset, offset + 1),), hint, source=source))
