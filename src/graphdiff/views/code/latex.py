r"""A program and its derivatives as in a textbook: equations for a document with amsmath."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod

from graphdiff.derivatives.program import Program
from graphdiff.rules import BY_NAME, COPY, Rule
from graphdiff.views.code.assignments import assignments
from graphdiff.views.code.frame import CONDITIONS
from graphdiff.views.code.notation import ATOM, CHAIN, CHOICE, POWER, PRODUCT, SUM, Language, Written
from graphdiff.views.latex.formulas import (
    ONE,
    Factor,
    Formulas,
    Parts,
    closed,
    in_parentheses,
    is_negative,
    made_of,
    parts,
    unsigned,
)
from graphdiff.views.latex.names import COMMAND, OPERATORS, Symbols
from graphdiff.views.latex.rows import aligned, rows
from graphdiff.views.latex.widths import LONGEST, nesting, width

# Points. A wider expression gets a name of its own: one that is used more than once, one that is
# used once, and a sum or product, which can be broken.
REPEATED, WIDEST, WIDEST_CHAIN = 130.0, 220.0, 1200.0
WIDEST_EXPONENT = 80.0
LONGEST_EXACT = 100  # characters: longer numbers are not multiplied
LONGEST_NUMBER = 12  # characters: numbers whose product is longer are not multiplied
HYPOT = BY_NAME["hypot"]
TRIGONOMETRIC = re.compile(r"(\\(?:sin|cos|tan|sec|csc|cot|sinh|cosh|tanh))(\\left\(.*)", re.DOTALL)
NUMBER = re.compile(r"10\^\{-?\d+\}|[\d.]+(?: \\times 10\^\{-?\d+\})?")
# The operations within which a wide sum or product stays, because it is broken between its terms or factors.
CHAINS = {"add": {"add", "sub"}, "sub": {"add", "sub"}, "mul": {"add", "sub", "mul", "neg"}}


class Textbook(Formulas, Language):
    r"""Products without dots, equal factors as powers, fractions reduced.

    Names are those of the explanations, and `dJ_db` is \frac{\mathrm{d}J}{\mathrm{d}b}. A condition
    that is used as a number is in Iverson brackets: [x > 0] is 1 or 0.
    """

    def __init__(self, program: Program, function: str = "") -> None:
        self.program = program
        symbols = Symbols(program.origin.names, program.origin.constants)
        self.names = dict(symbols.names)
        for name, pair in program.pairs.items():
            self.names[name] = symbols.derivative(*pair)
        self.derivatives = {self.names[name] for name in program.pairs}
        self.taken = set(self.names.values())
        self.count = 0
        self.e = "e" not in program.names
        self.nodes = program.tape.nodes
        uses = program.uses()
        self.users: dict[int, set[str]] = {}  # of each node, by the names of their rules
        for node, (rule, arguments) in enumerate(self.nodes):
            if uses[node] and rule:
                for argument in arguments:
                    self.users.setdefault(argument, set()).add(rule.name)

    def lines(self, flat: bool = False) -> Iterator[str]:
        """The definitions as aligned equations."""
        yield r"% \usepackage{amsmath}"
        found = assignments(self.program, self, flat)
        yield r"\begingroup\allowdisplaybreaks"
        yield from aligned(rows([(a.name, [a.expression], "") for a in found]))
        yield r"\endgroup"

    def name(self, name: str) -> str:
        if name not in self.names:
            text = ""
            while not text or text in self.taken:
                self.count += 1
                text = f"{self.temporary}_{{{self.count}}}"
            self.names[name] = text
        return self.names[name]

    def worth_a_name(self, node: int, text: str, uses: int) -> bool:
        rule, users = self.nodes[node][0], self.users.get(node, set())
        if "div" in users and nesting(text) > 1:
            return True
        chained = rule is not None and users <= CHAINS.get(rule.name, set())
        wide = width(text)
        return wide > (WIDEST_CHAIN if chained else WIDEST) or (uses > 1 and wide > REPEATED)

    def definition(self, expression: Written, wanted: bool) -> Written:
        return _as_number(expression)

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        conditions = CONDITIONS.get(rule.name, 0)
        arguments = [
            _as_condition(argument) if k < conditions else _as_number(argument)
            for k, argument in enumerate(arguments)
        ]
        return self.write(rule, arguments)._replace(truth=rule.truth)

    def write(self, rule: Rule, arguments: list[Written]) -> Written:
        """An operation whose arguments are conditions where it takes conditions, and else numbers."""
        name, texts = rule.name, [argument.text for argument in arguments]
        if name in ("add", "sub"):
            return self.sum(rule.infix, *arguments)
        if name == "neg":
            return unsigned(arguments[0]) if is_negative(arguments[0]) else self.negative(arguments[0])
        if name == "pow":
            return self.power(*arguments)
        if name == "sqrt":
            return self.root(arguments[0])
        if name == "exp":
            return self.exponential(texts[0])
        if name == "where":
            return self.choice(*arguments)
        if name == "expm1":
            return Written(f"{self.exponential(texts[0]).text} - 1", SUM)
        if name == "log1p":
            return Written(rf"\ln\left({self.sum('+', ONE, arguments[0]).text}\right)", ATOM)
        if name == "logsumexp":
            return Written(rf"\ln\left({' + '.join(self.exponential(x).text for x in texts)}\right)", ATOM)
        if name == "hypot":
            squares = (self.power(x, Written("2", ATOM)).text for x in arguments)
            return self.root(Written(" + ".join(squares), SUM if len(texts) > 1 else POWER))
        if name == "unit":
            return self.quotient(arguments[0], self.write(HYPOT, arguments))
        if name == "oneminussq":
            return self.sum("-", ONE, self.power(arguments[0], Written("2", ATOM)))
        if name == "xlogy":
            return self.product(arguments[0], Written(rf"\ln\left({texts[1]}\right)", ATOM))
        if name == "mod":
            a, b = (in_parentheses(x, POWER) for x in arguments)
            return Written(rf"{a} \bmod {b}", CHOICE)  # in parentheses wherever it could be misread
        if name == "sign":
            return Written(rf"\operatorname{{sgn}}\left({texts[0]}\right)", ATOM)
        if name == "relu":
            return Written(rf"\max\left({texts[0]}, 0\right)", ATOM)
        return super().operation(rule, arguments)

    def sum(self, sign: str, left: Written, right: Written) -> Written:
        """A sum or a difference; two signs in a row become one: a - -b is a + b."""
        if is_negative(right):
            sign, right = "-" if sign == "+" else "+", unsigned(right)
        if sign == "+" and right.binding == SUM:
            first = right.text
            rest = f" - {first[1:]}" if first.startswith("-") else f" + {first}"
            return Written(in_parentheses(left, SUM) + rest, SUM)
        return self.infix(sign, SUM, left, right)

    def product(self, left: Written, right: Written) -> Written:
        if is_negative(left):
            return self.negative(self.product(unsigned(left), right))
        return super().product(left, right)

    def beside(self, left: Written, right: Written) -> Written:
        return self.joined([*self.factors(left), *self.factors(right)])

    def factors(self, written: Written) -> Sequence[Factor]:
        """The factors of an expression with their exponents."""
        return parts(written).factors or [parts(written).power or (written, 1)]

    def joined(self, factors: Sequence[Factor]) -> Written:
        """A product: numbers first, equal factors as powers."""
        numbers = _multiplied([base for base, _ in factors if NUMBER.fullmatch(base.text)])
        counts: dict[str, int] = {}
        bases: dict[str, Written] = {}
        for base, count in factors:
            if not NUMBER.fullmatch(base.text):
                bases[base.text] = base
                counts[base.text] = counts.get(base.text, 0) + count
        others = [(base, counts[text]) for text, base in bases.items() if counts[text]]
        found = [*numbers]
        for base, count in others:
            found.append(base if count == 1 else self.power(base, Written(str(count), ATOM)))
        if len(found) < 2:
            return found[0] if found else ONE
        shown = [
            in_parentheses(part, ATOM if part.text.startswith("-") else PRODUCT)
            for part in (*map(closed, found[:-1]), found[-1])
        ]
        text = shown[0]
        for before, after in pairwise(shown):
            text += _between(before, after) + after
        return made_of(Written(text, PRODUCT), Parts(factors=[*((number, 1) for number in numbers), *others]))

    def reduced(self, above: Written, below: Written) -> tuple[Written, Written]:
        """Numerator and denominator without their common factors."""
        counts = {base.text: count for base, count in self.factors(below) if not NUMBER.fullmatch(base.text)}
        common = {
            base.text: min(count, counts[base.text])
            for base, count in self.factors(above)
            if base.text in counts
        }
        if not common:
            return above, below
        left, right = (
            self.joined([(base, count - common.get(base.text, 0)) for base, count in self.factors(part)])
            for part in (above, below)
        )
        return left, right

    def quotient(self, above: Written, below: Written) -> Written:
        """A fraction; derivatives among the factors of its numerator are written before it."""
        factors = self.factors(above)
        derivatives = [factor for factor in factors if factor[0].text in self.derivatives]
        if not derivatives or is_negative(above):
            return super().quotient(above, below)
        rest = ONE
        for factor in factors:
            if factor not in derivatives:
                part = self.joined([factor])
                rest = part if rest is ONE else self.product(rest, part)
        return self.product(self.joined(derivatives), super().quotient(rest, below))

    def power(self, base: Written, exponent: Written) -> Written:
        radicand = parts(base).radicand
        if exponent.text == "2" and radicand is not None:
            return radicand
        function = TRIGONOMETRIC.fullmatch(base.text)
        if function is not None and base.binding == ATOM and re.fullmatch("[2-9]", exponent.text):
            text = f"{function[1]}^{{{exponent.text}}}{function[2]}"
        else:
            least = CHOICE if base.binding == ATOM and base.text not in self.derivatives else ATOM + 1
            text = f"{in_parentheses(base, least)}^{{{exponent.text}}}"
        written = Written(text, POWER)
        if (
            re.fullmatch(r"\d{1,9}", exponent.text)
            and not parts(base).power
            and not NUMBER.fullmatch(base.text)
        ):
            return made_of(written, Parts(power=(base, int(exponent.text))))
        return written

    def exponential(self, exponent: str) -> Written:
        """A power of e if the exponent is small, and the program has no name e; else a call of exp."""
        flat = r"\frac" not in exponent and "^" not in exponent[:-4] and r"\begin" not in exponent
        if self.e and flat and width(exponent) <= WIDEST_EXPONENT:
            return Written(rf"\mathrm{{e}}^{{{exponent}}}", POWER)
        return Written(rf"\exp\left({exponent}\right)", ATOM)


def _multiplied(numbers: list[Written]) -> list[Written]:
    """Their product instead of several numbers, if it is short and exact; no number if it is 1."""
    if not all(re.fullmatch(rf"[\d.]{{1,{LONGEST_EXACT}}}", number.text) for number in numbers):
        return numbers
    product = prod((Fraction(number.text) for number in numbers), start=Fraction(1))
    text = f"{float(product):.15g}"
    if len(numbers) < 2 or len(text) > LONGEST_NUMBER or "e" in text or Fraction(text) != product:
        return numbers
    return [] if product == 1 else [Written(text, ATOM)]


def _between(before: str, after: str) -> str:
    """The separator of two factors: a thin space, unless TeX puts one there itself."""
    if after[:1].isdigit():
        return r" \cdot "
    command = COMMAND.match(after)
    if command and (command[1] in OPERATORS or command[1] in ("left", "frac")):
        return " "
    if len(before) > LONGEST or BRACKET.search(before) or _ends_in_a_fraction(before):
        return " "
    return " " if NUMBER.fullmatch(before) and not after.startswith(r"\mathrm") else r"\,"


BRACKET = re.compile(r"\\right(?:.|\\[a-z]+)$")


def _ends_in_a_fraction(text: str) -> bool:
    """Whether the last two groups in braces belong to a fraction."""
    end = len(text)
    for _ in range(2):
        if text[end - 1 : end] != "}":
            return False
        depth = 0
        for k in range(end - 1, -1, -1):
            depth += {"}": 1, "{": -1}.get(text[k], 0)
            if depth == 0:
                end = k
                break
    return text.endswith(r"\frac", 0, end)


def _as_number(written: Written) -> Written:
    return Written(rf"\left[{written.text}\right]", ATOM) if written.truth else written


def _as_condition(written: Written) -> Written:
    if written.truth:
        return written
    return Written(rf"{in_parentheses(written, SUM)} \ne 0", CHAIN, truth=True)
