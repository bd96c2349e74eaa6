"""Text to statements: which operations are applied to which names and numbers.

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
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from graphdiff.diagnostics import Diagnostic, Mark, Source, SyntaxProblem
from graphdiff.language.tables import Tables, load_tables
from graphdiff.rules import AND, BY_NAME, CALLABLE, COMPARISONS, TRUTH, Rule

# One step of a shape: the rule (or, of a call, the operand that names the function),
# the registers of its arguments, and its token.
Step = tuple[Rule | int, tuple[int, ...], int]


class Shape:
    """What all statements of one sequence of token kinds have in common.

    kind: "definition", "function" or "answer". name: the operand that is defined.
    parameters: the operands that are a function's parameters.
    leaves: the operands that are read, the registers 0, 1, ...; pick(operands) takes them.
    steps: what is done, each result in the next register. root: the result's register.
    extents: for each step the first and the last token it covers.
    tokens: how many there are. places: the token of each operand.
    """

    __slots__ = (
        "extents", "kind", "leaves", "name", "parameters", "pick", "places", "root", "steps", "tokens",
    )  # fmt: skip
    kind: str
    name: int
    parameters: list[int]
    leaves: list[int]
    pick: Callable[[list[str]], tuple[str, ...]]
    steps: list[Step]
    root: int
    extents: list[tuple[int, int]]
    tokens: int
    places: list[int]


class Statement(NamedTuple):
    """A shape, the texts of its names and numbers, and where it stands in the program."""

    shape: Shape
    operands: list[str]
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.operands[self.shape.name] if self.shape.name >= 0 else "out"


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Kinds(dict[str, str]):
    """The kind of each name and number met so far: C speed for what is known."""

    def __init__(self, keywords: dict[str, str]) -> None:
        super().__init__(keywords)

    def __missing__(self, text: str) -> str:
        name = "NAME" if text.isidentifier() else "not a name"
        kind = self[text] = "NUMBER" if text[0] in "0123456789." else name
        return kind


class Reader:
    """Statements from text. Keeps what it has learned of shapes for the next text."""

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
        self.shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], Shape] = {}
        self.by_kinds: dict[tuple[str, ...], Shape] = {}

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
                shape = self._shape(source, piece, start, key)
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

    def tokens(self, source: Source, piece: str, start: int) -> list[Token]:
        """The tokens of one statement."""
        found: list[Token] = []
        position, match = 0, self.lexer.match
        newline = "\n"
        while position < len(piece):
            token = match(piece, position)
            if token is None:
                _stray(source, start + position)
            kind, text = str(token.lastgroup), token[0]
            if kind == "NAME":
                kind = self.kinds[text]
                if kind == "not a name":
                    _stray(source, start + position + _first_stray(text))
            if kind not in self.tables.ignored and text != newline:
                found.append(Token(kind, text, start + position, start + token.end()))
            position = token.end()
        return found

    def _shape(
        self, source: Source, piece: str, start: int, key: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> Shape:
        tokens = self.tokens(source, piece, start)
        kinds = tuple(t.text if t.kind == "RELATION" else t.kind for t in tokens)
        shape = self.by_kinds.get(kinds)
        if shape is None:
            shape = _Automaton(self.tables, source, tokens).run()
            if len(self.by_kinds) < self.MOST_SHAPES:
                self.by_kinds[kinds] = shape
        if len(self.shapes) < self.MOST_SHAPES:
            self.shapes[key] = shape
        return shape


class _Automaton:
    """The LALR automaton run over one statement, making its shape.

    Values on the stack are registers (a step's is ~its number until all leaves are
    known), lists of them, or what an action returned for the next one to use.
    """

    def __init__(self, tables: Tables, source: Source, tokens: list[Token]) -> None:
        self.tables = tables
        self.source = source
        self.tokens = tokens
        self.operands = 0  # names and numbers so far
        self.places: list[int] = []
        self.leaves: list[int] = []
        self.steps: list[Step] = []
        self.extents: list[tuple[int, int]] = []
        self.shape = Shape()

    def run(self) -> Shape:
        states, rules = self.tables.states, self.tables.rules
        stack = [self.tables.start]
        values: list[Any] = []
        firsts: list[int] = []  # the token with which each value begins
        for place, token in enumerate([*self.tokens, Token("$END", "", 0, 0)]):
            while True:
                action = states[stack[-1]].get(token.kind)
                if action is None:
                    self.refuse(place, states[stack[-1]])
                if action >= 0:
                    stack.append(action)
                    firsts.append(place)
                    values.append(self.shifted(place, token))
                    break
                left, count, act, kept = rules[-1 - action]
                if count == 1 and not act:  # most are: the same value goes by another name
                    stack[-1] = states[stack[-2]][left]
                    continue
                arguments = [values[k - count] for k in kept]
                first = firsts[-count]
                del stack[-count:], values[-count:], firsts[-count:]
                values.append(self.reduced(act, arguments, first, place - 1))
                firsts.append(first)
                stack.append(states[stack[-1]][left])
                if token.kind == "$END" and stack[-1] == self.tables.end:
                    return self.finished(values[-1])
        raise AssertionError("unreachable: the end is accepted or refused")

    def shifted(self, place: int, token: Token) -> Any:
        if token.kind in ("NAME", "NUMBER") or token.text in self.tables.keywords:
            self.places.append(place)  # a keyword is split off as a name is, and counts
            self.operands += 1
            return self.operands - 1
        return (token.text, place)

    def step(self, operation: Rule | int, slots: tuple[int, ...], token: int, extent: tuple[int, int]) -> int:
        self.steps.append((operation, slots, token))
        self.extents.append(extent)
        return ~(len(self.steps) - 1)

    def condition(self, slot: int, extent: tuple[int, int]) -> int:
        """A register that holds a truth: the same one, or whether it is not 0."""
        if slot < 0:
            operation = self.steps[~slot][0]
            if isinstance(operation, Rule) and operation.truth:
                return slot
            extent = self.extents[~slot]
            return self.step(TRUTH, (slot,), self.steps[~slot][2], extent)
        place = self.places[self.leaves[slot]]
        return self.step(TRUTH, (slot,), place, (place, place))

    def reduced(self, action: str, values: list[Any], first: int, last: int) -> Any:
        extent = (first, last)
        match action:
            case "":
                return values[0]
            case "leaf":
                self.leaves.append(values[0])
                return len(self.leaves) - 1
            case "first_argument":
                return [values[0]]
            case "next_argument":
                values[0].append(values[1])
                return values[0]
            case "no_arguments":
                return (values[0], [])
            case "call":
                return (values[0], values[1])
            case "called":
                name, slots = values[0]
                return self.step(name, tuple(slots), self.places[name], extent)
            case "first_link":
                left, (text, token), right = values
                return self.step(COMPARISONS[text], (left, right), token, extent), right
            case "next_link":
                (so_far, left), (text, token), right = values
                link = self.step(COMPARISONS[text], (left, right), token, extent)
                return self.step(AND, (so_far, link), token, extent), right
            case "truth":
                return values[0][0]
            case "and" | "or" | "not":
                slots = tuple(self.condition(v, extent) for v in values)
                return self.step(BY_NAME[action], slots, self.operator(first, slots), extent)
            case "definition":
                self.shape.kind, self.shape.name, self.shape.parameters = action, values[0], []
                return values[1]
            case "answer":
                self.shape.kind, self.shape.name, self.shape.parameters = action, -1, []
                return values[0]
            case "function":
                self.shape.kind, self.shape.name = action, values[0][0]
                self.shape.parameters = self.parameters(values[0][1])
                return values[1]
            case _:
                return self.step(BY_NAME[action], tuple(values), self.operator(first, tuple(values)), extent)

    def operator(self, first: int, slots: tuple[int, ...]) -> int:
        """The token of the operator: the first one, or the one after its left argument."""
        if len(slots) == 1:
            return first
        place = self.last_token(slots[0]) + 1
        while self.tokens[place].kind == "RPAR":
            place += 1
        return place

    def last_token(self, slot: int) -> int:
        return self.extents[~slot][1] if slot < 0 else self.places[self.leaves[slot]]

    def parameters(self, slots: list[int]) -> list[int]:
        """The parameters of a function: names. They are not leaves."""
        found: list[int] = []
        if not slots:
            self.problem(0, len(self.tokens) - 1, "a function needs a parameter", "", "write f(x) = ...")
        for slot in slots:
            place = self.last_token(slot)
            token = self.tokens[place]
            if slot < 0 or token.kind != "NAME":
                self.problem(place, place, "a parameter must be a name", "", "write f(x, y) = ...")
            found.append(self.leaves[slot])
        return found

    def finished(self, root: int) -> Shape:
        shape, count = self.shape, len(self.leaves)
        shift = len(shape.parameters)  # a function's parameters were read first, as leaves

        def register(slot: int) -> int:
            return slot - shift if slot >= 0 else count - shift + ~slot

        shape.root = register(root)
        shape.leaves = self.leaves[shift:]
        shape.pick = _picker(shape.leaves)
        shape.steps = [(operation, tuple(map(register, slots)), t) for operation, slots, t in self.steps]
        shape.extents = self.extents
        shape.tokens = len(self.tokens)
        shape.places = self.places
        return shape

    def refuse(self, place: int, state: dict[str, int]) -> NoReturn:
        """Say what is wrong at a token that no rule accepts, and what would be right."""
        tokens = self.tokens
        before = tokens[place - 1] if place else None
        opened = _unclosed(tokens[:place])
        operand_before = before is not None and before.kind in ("NAME", "NUMBER", "RPAR")
        if operand_before and opened is not None and before is not None:
            # The end, or a new line where no operator goes on: what is missing is a parenthesis.
            end = before.end
            if place == len(tokens) or "\n" in self.source.text[end : tokens[place].start]:
                self.raise_problem(
                    "a '(' is not closed",
                    (
                        Mark(tokens[opened].start, tokens[opened].end, "opened here"),
                        Mark(end, end, "expected ')'"),
                    ),
                    "close it with ')'",
                )
        if place == len(tokens):
            assert before is not None, "an empty statement is not parsed"
            self.raise_problem(
                "the text ends too early",
                (Mark(before.end, before.end, self.expected(state)),),
                self.finish_hint(),
            )
        token = tokens[place]
        if token.kind == "EQUAL":
            if opened is not None:
                opening = tokens[opened]
                marks = (
                    Mark(opening.start, opening.end, "opened here, not closed"),
                    Mark(token.start, token.end, "the next definition, or a comparison?"),
                )
                self.raise_problem(
                    "'=' inside parentheses", marks, "close the parenthesis, or write == to compare"
                )
            if any(t.kind == "EQUAL" for t in tokens[:place]):
                self.problem(
                    place, place, "a second '=' in one definition", "",
                    "end a definition with ';' or a new line, or write == to compare",
                )  # fmt: skip
            self.problem(
                place, place, "only a name or f(x, y) can stand before '='", "", "write  name = expression"
            )
        if token.kind == "RPAR" and opened is None:
            self.problem(place, place, "this ')' has no '('", "", "take it away, or write the '(' before it")
        starts_operand = token.kind in ("NAME", "NUMBER", "LPAR")
        if operand_before and starts_operand and before is not None:
            right = token.text if token.kind != "LPAR" else "(...)"
            first = place - 1
            while first >= 2 and tokens[first - 1].text in ("^", "**"):
                first -= 2
            left = "(...)" if tokens[first].kind == "RPAR" else tokens[first].text
            left += self.source.text[tokens[first].end : before.end]
            glued = before.end == token.start and before.kind == "NUMBER" and token.kind == "NUMBER"
            if glued:
                what = f"{before.text}{token.text} is not a number"
                self.problem(place - 1, place, what, "", "a number has one decimal point: 1.5")
            if before.kind == "NAME" and before.text in CALLABLE:
                hint = f"write {left}({right})"
            else:
                hint = f"write {left}*{right}"
            self.problem(place - 1, place, f"an operator is missing before {_quoted(token.text)}", "", hint)
        hint = ""
        if token.kind == "RPAR" and before is not None and before.kind == "COMMA":
            hint = "take the last ',' away, or write one more argument"
        if token.kind == "COMMA" and opened is None:
            hint = "a number has a decimal point: 1.5"
        self.problem(place, place, f"unexpected {_quoted(token.text)}", self.expected(state), hint)

    def expected(self, state: dict[str, int]) -> str:
        """What a state accepts, in words."""
        if "NAME" in state:
            return "expected a number, a name, '-' or '('" if "NUMBER" in state else "expected a name"
        spelling = self.tables.spelling
        if "LPAR" in state and len(state) == 1:
            return "expected '('"
        signs = [f"'{spelling[k]}'" for k in ("EQUAL", "COMMA", "RPAR") if k in state]
        return "expected an operator" + "".join(f" or {sign}" for sign in signs)

    def finish_hint(self) -> str:
        tokens = self.tokens
        text = self.source.text[tokens[0].start : tokens[-1].end]
        if len(text) > 40 or "\n" in text or tokens[-1].kind == "LPAR":
            return ""
        unused = next((letter for letter in "cxyzabd" if letter not in self.source.text), "x")
        spaced = len(tokens) > 1 and tokens[-2].end < tokens[-1].start
        if tokens[-1].text in self.tables.keywords or tokens[-1].kind == "EQUAL" or spaced:
            unused = " " + unused
        kinds = [token.kind for token in tokens]
        unused += ")" * (kinds.count("LPAR") - kinds.count("RPAR"))
        if len(tokens) > 1 and tokens[1].kind == "EQUAL":
            return f"finish the definition of '{tokens[0].text}', for example  {text}{unused}"
        return f"finish the expression, for example  {text}{unused}"

    def problem(self, first: int, last: int, message: str, label: str = "", hint: str = "") -> NoReturn:
        tokens = self.tokens
        self.raise_problem(message, (Mark(tokens[first].start, tokens[last].end, label),), hint)

    def raise_problem(self, message: str, marks: tuple[Mark, ...], hint: str) -> NoReturn:
        raise SyntaxProblem(Diagnostic("syntax", message, marks, hint, source=self.source))


def _unclosed(tokens: list[Token]) -> int | None:
    """The place of the innermost parenthesis that is still open, if any."""
    depth = 0
    for place in reversed(range(len(tokens))):
        depth += {"RPAR": 1, "LPAR": -1}.get(tokens[place].kind, 0)
        if depth < 0:
            return place
    return None


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


# Characters that people type or paste, and what they mean here.
MEANT = {
    "\u2212": "write -", "\u2013": "write -", "\u00d7": "write *", "\u00b7": "write *", "\u22c5": "write *",
    "\u00f7": "write /", "\u2264": "write <=", "\u2265": "write >=", "\u2260": "write !=",
    "\u221a": "write sqrt(x)", "\u00b2": "write ^2", "\u00b3": "write ^3",
    "!": "write 'not x' or 'a != b'; a factorial is gamma(n + 1)", "&": "write 'and'",
    "|": "write 'or', or abs(x) for |x|", "%": "write mod(a, b)", "$": "names have no $",
    "[": "write ( )", "]": "write ( )", "{": "write ( )", "}": "write ( )",
    "?": "write where(condition, a, b)", ":": "write '=' to define, or where(condition, a, b) to choose",
}  # fmt: skip


def _stray(source: Source, offset: int) -> NoReturn:
    character = source.text[offset]
    if 0xD800 <= ord(character) <= 0xDFFF:
        raise SyntaxProblem(Diagnostic("encoding", "the text is not valid UTF-8"))
    shown = _quoted(character) if character.isprintable() else f"U+{ord(character):04X}"
    mark = Mark(offset, offset + 1)
    hint = MEANT.get(character, "")
    raise SyntaxProblem(Diagnostic("syntax", f"{shown} has no meaning here", (mark,), hint, source=source))


def _first_stray(text: str) -> int:
    """The first character with which a word stops being an identifier."""
    return next((k for k in range(len(text)) if not text[: k + 1].isidentifier()), 0)


def _picker(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    if not places:
        return lambda operands: ()
    if len(places) == 1:
        only = places[0]
        return lambda operands: (operands[only],)
    return itemgetter(*places)


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
