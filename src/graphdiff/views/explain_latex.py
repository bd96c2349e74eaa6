r"""An explanation as LaTeX, for notes: sections to be \input into a document that has amsmath."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import ClassVar

from graphdiff.explain import Explanation
from graphdiff.rules import COPY, Rule
from graphdiff.views.code.names import in_ascii
from graphdiff.views.explain import Code, Dialect, Equation, Maths, Section, Sentence, Travel, sections
from graphdiff.views.program import (
    ATOM,
    CHAIN,
    CHOICE,
    POWER,
    PRODUCT,
    SIGNED,
    SUM,
    Notation,
    Written,
    inside,
)

LONGEST = 64  # characters of a line, as they are seen; a longer equation is broken


class Formulas(Notation):
    """Formulas as mathematicians write them."""

    signs: ClassVar[dict[str, str]] = {
        "mul": r"\cdot", "le": r"\le", "ge": r"\ge", "eq": "=", "ne": r"\ne", "and": r"\land", "or": r"\lor",
    }  # fmt: skip
    functions: ClassVar[dict[str, str]] = {
        "log": r"\ln", "log2": r"\log_{2}", "log10": r"\log_{10}", "asin": r"\arcsin", "acos": r"\arccos",
        "atan": r"\arctan", "gamma": r"\Gamma", "digamma": r"\psi",
    } | {name: f"\\{name}" for name in (
        "exp", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "min", "max",
    )}  # fmt: skip
    around: ClassVar[dict[str, str]] = {
        "sqrt": r"\sqrt{%s}", "cbrt": r"\sqrt[3]{%s}", "abs": r"\left|%s\right|",
        "floor": r"\left\lfloor %s\right\rfloor", "ceil": r"\left\lceil %s\right\rceil",
        "lgamma": r"\ln\left|\Gamma\left(%s\right)\right|",
    }  # fmt: skip
    constants: ClassVar[dict[str, str]] = {
        "pi": r"\pi", "e": r"\mathrm{e}", "tau": r"\tau", "inf": r"\infty",
    }  # fmt: skip

    def number(self, text: str) -> Written:
        digits, e, exponent = text.lower().partition("e")
        if text.lstrip("-") in ("inf", "nan"):
            return Written(text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}"), self._bound(text))
        if not e:
            return Written(digits, self._bound(text))
        power = f"10^{{{int(exponent)}}}"
        if digits in ("1", "-1"):
            return Written(digits[:-1] + power, self._bound(text, POWER))
        return Written(rf"{digits} \times {power}", self._bound(text, PRODUCT))

    def _bound(self, text: str, binding: int = ATOM) -> int:
        return SIGNED if text.startswith("-") else binding

    def constant(self, name: str, redefined: bool) -> Written:
        return Written(r"\arccos\left(-1\right)" if redefined else self.constants[name], ATOM)

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        name, texts = rule.name, [argument.text for argument in arguments]
        if name == "div":
            return Written(rf"\frac{{{texts[0]}}}{{{texts[1]}}}", SIGNED)
        if name == "pow":
            return Written(f"{in_parentheses(arguments[0], ATOM)}^{{{texts[1]}}}", POWER)
        if name == "exp2":
            return Written(f"2^{{{texts[0]}}}", POWER)
        if name == "neg":
            least = ATOM if texts[0].startswith("-") else PRODUCT
            return Written("-" + in_parentheses(arguments[0], least), PRODUCT)
        if name == "not":
            return Written(r"\lnot " + in_parentheses(arguments[0], ATOM), self.binding[name])
        if name == "truth":
            return Written(rf"{in_parentheses(arguments[0], SUM)} \ne 0", self.binding[name])
        if name == "where":
            condition, yes, no = texts
            cases = rf"{yes} & \text{{if }} {condition} \\ {no} & \text{{otherwise}}"
            return Written(rf"\begin{{cases}} {cases} \end{{cases}}", CHOICE)
        if name in self.around:
            return Written(self.around[name] % texts[0], ATOM)
        if name in self.binding:
            return self.infix(self.signs.get(name, rule.infix), self.binding[name], *arguments)
        if name == "polygamma":
            return Written(rf"\psi^{{({texts[0]})}}\left({texts[1]}\right)", ATOM)
        return self.call(rule, texts)

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        before = in_parentheses(left, binding + (binding == CHAIN))
        least = ATOM if right.text.startswith("-") else binding + 1
        return Written(f"{before} {sign} {in_parentheses(right, least)}", binding)

    def call(self, rule: Rule, arguments: list[str]) -> Written:
        name = self.functions.get(rule.name, rf"\operatorname{{{rule.name}}}")
        return Written(rf"{name}\left({', '.join(arguments)}\right)", ATOM)


def in_parentheses(written: Written, least: int) -> str:
    text = inside(written, least)
    return text if text == written.text else rf"\left({written.text}\right)"


class Latex(Dialect):
    notation = Formulas()
    as_written = False
    parentheses = (r"\left(", r"\right)")

    def __init__(self, names: Iterable[str], constants: Iterable[str]) -> None:
        super().__init__(True)
        self.times = r" \cdot "
        self.names: dict[str, str] = {}
        taken = {text for name, text in Formulas.constants.items() if name in constants}
        for name in names:
            text = _name(name)
            if text in taken:  # x1 and x_1 are both x with the index 1, and two different names
                text = rf"\mathrm{{{_escaped(in_ascii(name))}}}"
            while text in taken:
                text += "'"
            taken.add(text)
            self.names[name] = text

    def name(self, name: str) -> str:
        return self.names[name]

    def digits(self, text: str) -> Written:
        return self.notation.number(text)

    def number(self, text: str) -> str:
        written = self.digits(text).text
        return f"({written})" if text.startswith("-") else written

    def derivative(self, of: str, wrt: str) -> str:
        return rf"\frac{{\mathrm{{d}}{self.name(of)}}}{{\mathrm{{d}}{self.name(wrt)}}}"

    def partial(self, of: str, wrt: str) -> str:
        return rf"\frac{{\partial {self.name(of)}}}{{\partial {self.name(wrt)}}}"

    def second(self, of: str, wrt: str) -> str:
        return rf"\frac{{\mathrm{{d}}^2{self.name(of)}}}{{\mathrm{{d}}{self.name(wrt)}^2}}"

    def halved(self, text: str) -> str:
        return rf"\tfrac{{1}}{{2}} \cdot {text}"

    def squared(self, text: str) -> str:
        return rf"\left({text}\right)^2" if "^" in text else f"{text}^2"


LETTERS = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
)  # fmt: skip
ACCENTS = {
    "\u0300": r"\grave", "\u0301": r"\acute", "\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar",
    "\u0306": r"\breve", "\u0307": r"\dot", "\u0308": r"\ddot", "\u030c": r"\check", "\u20d7": r"\vec",
}  # fmt: skip
PARTS = re.compile(r"(.*?[^\d_])(?:_(.+)|(\d+))")


def _name(name: str) -> str:
    """A name with its index below the line: x1 and x_1 are x with the index 1."""
    found = PARTS.fullmatch(name)
    if found is None:
        return _word(name)
    base, index, digits = found.groups()
    return f"{_word(base)}_{{{digits or _word(index)}}}"


def _word(word: str) -> str:
    """One letter, a Greek one by its name, perhaps with an accent; a number; or an upright word."""
    letter, accent = (
        unicodedata.normalize("NFD", word)[:-1],
        ACCENTS.get(unicodedata.normalize("NFD", word)[-1:]),
    )
    if accent and not _is_latin(word):
        return f"{accent}{{{_word(letter)}}}"
    if len(word) == 1 and not word.isascii():
        word = _greek(word) or word
    if word in LETTERS:
        return f"\\{word}"
    if word.isascii() and (len(word) == 1 or word.isdigit()) and word != "_":
        return word
    if _is_latin(word) and not word.isascii():
        return rf"\text{{{_escaped(word)}}}"
    return rf"\mathrm{{{_escaped(in_ascii(word))}}}"


def _is_latin(word: str) -> bool:
    """Whether every LaTeX has these letters."""
    return all(character <= "\u017f" for character in word)


def _greek(letter: str) -> str:
    """The name of a Greek letter, "" of any other."""
    words = unicodedata.name(letter, "").split()
    if words[:1] != ["GREEK"] or "LETTER" not in words[:3] or len(words) > 4:
        return ""
    name = words[-1].lower().replace("lamda", "lambda")
    return name.capitalize() if words[1] == "CAPITAL" else name


def _escaped(text: str) -> str:
    """Text of a program outside of formulas."""
    marks = {
        "\\": r"\textbackslash{}",
        "^": r"\^{}",
        "~": r"\~{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
    return "".join(marks.get(c, f"\\{c}" if c in "#$%&_{}" else c) for c in text)


def lines(explanation: Explanation) -> Iterator[str]:
    """The lines, for a document with amsmath."""
    graph = explanation.values.graph
    yield r"% \usepackage{amsmath}"
    yield r"\begingroup\allowdisplaybreaks"
    for section in sections(explanation, Latex(graph.names, graph.constants)):
        yield rf"\subsection*{{{_words(section.title)}}}"
        yield from _body(section)
    yield r"\endgroup"


def _body(section: Section) -> Iterator[str]:
    rows: list[str] = []
    for item in section.items:
        if isinstance(item, Equation):
            rows += rows_of(item)
            continue
        yield from aligned(rows)
        rows = []
        if isinstance(item, Travel):
            yield from aligned([rf"{name} &\colon {old} \to {new}" for name, old, new in item.rows])
        else:
            yield _words(item)
    yield from aligned(rows)


def aligned(rows: Iterable[str]) -> Iterator[str]:
    """Equations under one another, aligned at their &."""
    rows = list(rows)
    if rows:
        yield r"\begin{align*}"
        for k, row in enumerate(rows):
            yield row + (r" \\" if k + 1 < len(rows) else "")
        yield r"\end{align*}"


def _words(sentence: Sentence) -> str:
    shown = []
    for part in sentence:
        if isinstance(part, Code):
            shown.append(rf"\texttt{{{_escaped(part)}}}")
        else:
            shown.append(f"${part}$" if isinstance(part, Maths) else part)
    return "".join(shown)


def rows_of(equation: Equation) -> list[str]:
    """The rows of one equation: members on one row while they fit."""
    rows: list[str] = []
    used = 0
    for member in equation.members:
        length = seen(member) + 3
        for k, piece in enumerate(_pieces(member)):
            if not rows:
                rows.append(f"{equation.left} &= {piece}")
                used = seen(equation.left) + length
            elif k:
                rows.append(rf"&\quad {piece}")
                used = LONGEST
            elif used + length > LONGEST:
                rows.append(f"&= {piece}")
                used = length
            else:
                rows[-1] += f" = {piece}"
                used += length
    if equation.note:
        rows[-1] += rf" \quad\text{{({equation.note})}}"
    return rows


# What a formula is broken into, as far as its length and its parentheses are concerned.
TOKEN = re.compile(r" [+-] |\\left|\\right|\\begin|\\end|\\frac|\\[a-zA-Z]+|[{}^_&\\]|.", re.DOTALL)
SLOPE = re.compile(r"\\frac\{\\(?:mathrm\{d\}|partial )([^{}]*)\}\{\\(?:mathrm\{d\}|partial )[^{}]*\}")
DEPTH = {"{": 1, "}": -1, "\\left": 1, "\\right": -1, "\\begin": 1, "\\end": -1}


def seen(formula: str) -> int:
    """About how many characters wide a formula is, as it is typeset."""
    return sum(map(_is_seen, TOKEN.findall(SLOPE.sub(r"d\1", formula))))


def _is_seen(token: str) -> bool:
    return token not in DEPTH and token not in ("^", "_", "&", " ", "\\frac")


def _pieces(formula: str) -> Iterator[str]:
    """A long formula, broken before signs that no parentheses enclose."""
    depth = begin = position = 0
    for token in TOKEN.findall(formula):
        if token in (" + ", " - ") and depth == 0 and seen(formula[begin:position]) > LONGEST * 0.6:
            yield formula[begin:position].strip()
            begin = position
        depth += DEPTH.get(token, 0)
        position += len(token)
    yield formula[begin:].strip()
