"""What people mistype, what the message says, and what would be right.

The automaton stops at the first token that no rule accepts. Each detector looks at that
place for one kind of mistake and describes it, or returns None; the first one that
recognises its mistake speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NoReturn

from graphdiff.diagnostics import Diagnostic, Mark, Source, SyntaxProblem, shortened
from graphdiff.language.misdeclared import misdeclared, undeclared
from graphdiff.language.shapes import NAMES, Token
from graphdiff.language.tables import Tables
from graphdiff.rules import CALLABLE

OPERANDS = (*NAMES, "NUMBER")
CONTINUED = "put an expression of several lines in parentheses"


class Stuck:
    """Where the automaton stopped: the token at `place` is not in `accepted`, what its state accepts.

    `place` is the number of tokens where the statement ends too early.
    """

    def __init__(
        self, tables: Tables, source: Source, tokens: list[Token], place: int, accepted: dict[str, int]
    ) -> None:
        self.tables = tables
        self.source = source
        self.tokens = tokens
        self.place = place
        self.accepted = accepted

    @property
    def at_end(self) -> bool:
        return self.place == len(self.tokens)

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def before(self) -> Token | None:
        return self.tokens[self.place - 1] if self.place else None

    @property
    def follows_operand(self) -> bool:
        """Whether an expression is complete before this place."""
        return self.before is not None and self.before.kind in (*OPERANDS, "RPAR")

    @cached_property
    def opened(self) -> Token | None:
        """The innermost parenthesis before this place that is still open."""
        depth = 0
        for token in reversed(self.tokens[: self.place]):
            depth += {"RPAR": 1, "LPAR": -1}.get(token.kind, 0)
            if depth < 0:
                return token
        return None

    def problem(self, message: str, hint: str = "", label: str = "") -> Diagnostic:
        """A mistake at the token itself."""
        return self.marked(message, hint, Mark(self.token.start, self.token.end, label))

    def marked(self, message: str, hint: str, *marks: Mark) -> Diagnostic:
        return Diagnostic("syntax", message, marks, hint, source=self.source)


def explained(stuck: Stuck) -> Diagnostic:
    """The mistake at which the automaton stopped."""
    for detector in DETECTORS:
        found = detector(stuck)
        if found is not None:
            return found
    return unexpected(stuck)


def other_language(stuck: Stuck) -> Diagnostic | None:
    """What another language means by the text at this place."""
    place = stuck.tokens[-1].end if stuck.at_end else stuck.token.start
    return spelled_elsewhere(stuck.source, place)


def unclosed_parenthesis(stuck: Stuck) -> Diagnostic | None:
    """The end, or a new line that no operator continues, while a parenthesis is open."""
    before, opened = stuck.before, stuck.opened
    if before is None or opened is None or not stuck.follows_operand:
        return None
    if not stuck.at_end and "\n" not in stuck.source.text[before.end : stuck.token.start]:
        return None
    return stuck.marked(
        "a '(' is not closed", "close it with ')'",
        Mark(opened.start, opened.end, "opened here"), Mark(before.end, before.end, "expected ')'"),
    )  # fmt: skip


def early_end(stuck: Stuck) -> Diagnostic | None:
    if not stuck.at_end:
        return None
    before = stuck.before
    assert before is not None, "an empty statement is not parsed"
    mark = Mark(before.end, before.end, expected(stuck))
    rest = stuck.source.text[before.end :].lstrip(" \t\r")
    hint = CONTINUED if rest[:1] == "\n" and rest.strip() else _completed(stuck)
    return stuck.marked("the text ends too early", hint, mark)


def equals_inside_parentheses(stuck: Stuck) -> Diagnostic | None:
    token, opened = stuck.token, stuck.opened
    if token.kind != "EQUAL" or opened is None:
        return None
    return stuck.marked(
        "'=' inside parentheses", "close the parenthesis, or write == to compare",
        Mark(opened.start, opened.end, "opened here, not closed"),
        Mark(token.start, token.end, "the next definition, or a comparison?"),
    )  # fmt: skip


def second_equals(stuck: Stuck) -> Diagnostic | None:
    if stuck.token.kind != "EQUAL":
        return None
    if any(token.kind == "EQUAL" for token in stuck.tokens[: stuck.place]):
        hint = "end a definition with ';' or a new line, or write == to compare"
        return stuck.problem("a second '=' in one definition", hint)
    return stuck.problem("only a name or f(x, y) can stand before '='", "write  name = expression")


def unopened_parenthesis(stuck: Stuck) -> Diagnostic | None:
    if stuck.token.kind != "RPAR" or stuck.opened is not None:
        return None
    return stuck.problem("this ')' has no '('", "take it away, or write the '(' before it")


def missing_operator(stuck: Stuck) -> Diagnostic | None:
    """Two operands side by side: 2x, x y, (a)(b), 1.2.3."""
    before, token = stuck.before, stuck.token
    if before is None or not stuck.follows_operand or token.kind not in (*OPERANDS, "LPAR"):
        return None
    mark = Mark(before.start, token.end)
    if before.end == token.start and before.kind == token.kind == "NUMBER":
        message = f"{before.text}{token.text} is not a number"
        return stuck.marked(message, "a number has one decimal point: 1.5", mark)
    left, right = _operand_before(stuck), token.text if token.kind != "LPAR" else "(...)"
    is_call = before.kind == "NAME" and before.text in CALLABLE
    hint = f"write {left}({right})" if is_call else f"write {left}*{right}"
    return stuck.marked(f"an operator is missing before {_quoted(token.text)}", hint, mark)


def unexpected(stuck: Stuck) -> Diagnostic:
    hint, token, before = "", stuck.token, stuck.before
    if token.kind == "RPAR" and before is not None and before.kind == "COMMA":
        hint = "take the last ',' away, or write one more argument"
    if token.kind == "COMMA" and stuck.opened is None:
        hint = "write ';' between definitions, ',' between the arguments of a function"
    if before is None and "\n" in stuck.source.text[: token.start].strip(" \t\r"):
        hint = CONTINUED
    return stuck.problem(f"unexpected {_quoted(token.text)}", hint, expected(stuck))


DETECTORS: tuple[Callable[[Stuck], Diagnostic | None], ...] = (
    misdeclared, undeclared, other_language, unclosed_parenthesis, early_end, equals_inside_parentheses,
    second_equals,    unopened_parenthesis, missing_operator,
)  # fmt: skip


def expected(stuck: Stuck) -> str:
    """The kinds of tokens that the state accepts, in words."""
    accepted, spelling = stuck.accepted, stuck.tables.spelling
    if "NAME" in accepted:
        return "expected a number, a name, '-' or '('" if "NUMBER" in accepted else "expected a name"
    if "LPAR" in accepted and len(accepted) == 1:
        return "expected '('"
    signs = [f"'{spelling[kind]}'" for kind in ("EQUAL", "COMMA", "RPAR") if kind in accepted]
    return "expected an operator" + "".join(f" or {sign}" for sign in signs)


def _operand_before(stuck: Stuck) -> str:
    """The text of the operand that ends before this place, its powers included."""
    tokens, first = stuck.tokens, stuck.place - 1
    while first >= 2 and tokens[first - 1].text in ("^", "**"):
        first -= 2
    left = "(...)" if tokens[first].kind == "RPAR" else tokens[first].text
    return left + stuck.source.text[tokens[first].end : tokens[stuck.place - 1].end]


def _completed(stuck: Stuck) -> str:
    """A short statement that ends too early, finished with a name that the program does not use."""
    tokens = stuck.tokens
    text = stuck.source.text[tokens[0].start : tokens[-1].end]
    if len(text) > 40 or "\n" in text or tokens[-1].kind == "LPAR":
        return ""
    end = next((letter for letter in "cxyzabd" if letter not in stuck.source.text), "x")
    spaced = len(tokens) > 1 and tokens[-2].end < tokens[-1].start
    if tokens[-1].text in stuck.tables.keywords or tokens[-1].kind == "EQUAL" or spaced:
        end = " " + end
    kinds = [token.kind for token in tokens]
    end += ")" * (kinds.count("LPAR") - kinds.count("RPAR"))
    if len(tokens) > 1 and tokens[1].kind == "EQUAL":
        return f"finish the definition of '{tokens[0].text}', for example  {text}{end}"
    return f"finish the expression, for example  {text}{end}"


def refuse_character(source: Source, offset: int) -> NoReturn:
    """Raise SyntaxProblem for a character that is part of no token."""
    character = source.text[offset]
    if 0xD800 <= ord(character) <= 0xDFFF:
        raise SyntaxProblem(Diagnostic("encoding", "the text is not valid UTF-8"))
    diagnostic = spelled_elsewhere(source, offset) or meaningless(source, Mark(offset, offset + 1))
    if not character.isprintable():
        diagnostic = diagnostic._replace(message=f"U+{ord(character):04X} has no meaning here")
    raise SyntaxProblem(diagnostic)


def spelled_elsewhere(source: Source, offset: int) -> Diagnostic | None:
    """The message about a spelling of another language at this place; None if it is of none."""
    from graphdiff.language.elsewhere import misspelled  # needed only where something is wrong

    found = misspelled(source.text, offset)
    return found and meaningless(source, Mark(found.start, found.end), found.hint)


def meaningless(source: Source, mark: Mark, hint: str = "") -> Diagnostic:
    text = shortened(source.text[mark.start : mark.end].strip())
    return Diagnostic("syntax", f"{_quoted(text)} has no meaning here", (mark,), hint, source=source)


def refuse_word(source: Source, offset: int, word: str) -> NoReturn:
    """Raise SyntaxProblem for a word that is not an identifier, at the first character at fault."""
    fault = next((k for k in range(len(word)) if not word[: k + 1].isidentifier()), 0)
    refuse_character(source, offset + fault)


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
