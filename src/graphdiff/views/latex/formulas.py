"""Formulas in LaTeX as mathematicians write them; quotients of quotients are one fraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from graphdiff.rules import COPY, Rule
from graphdiff.views.code.notation import (
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
from graphdiff.views.latex.names import CONSTANT_SYMBOLS
from graphdiff.views.latex.rows import broken
from graphdiff.views.latex.widths import LONGEST, nesting, width

# Points. A fraction or a root wider than this is written on one line, which can be broken, and
# so are fractions nested three deep; a wider row of a choice is broken into several.
WIDEST_FRACTION, WIDEST_CASE = 270.0, 260.0
# Values and the conditions under which they are taken; the last condition is "".
Cases = list[tuple[str, str]]
Factor = tuple[Written, int]  # base and exponent


class Parts(NamedTuple):
    """What a formula consists of, kept with it for the formulas that take it apart.

    fraction: numerator and denominator, also of a product of fractions. negated: what
    follows the minus. cases: the rows of a choice. radicand: what is under a root.
    power: base and exponent, where that is a positive integer. factors: those of a product.
    """

    fraction: tuple[Written, Written] | None = None
    negated: Written | None = None
    cases: Cases | None = None
    radicand: Written | None = None
    power: Factor | None = None
    factors: Sequence[Factor] | None = None


NO_PARTS = Parts()
ONE = Written("1", ATOM)


def parts(written: Written) -> Parts:
    return written.parts if isinstance(written.parts, Parts) else NO_PARTS


def made_of(written: Written, found: Parts) -> Written:
    """A formula with its parts; a long one without, because each would hold all that is in it."""
    return written._replace(parts=found) if len(written.text) <= LONGEST else written


class Formulas(Notation):
    """The notation of explanations: every operation as the program has it."""

    signs: ClassVar[dict[str, str]] = {
        "mul": r"\cdot", "le": r"\le", "ge": r"\ge", "eq": "=", "ne": r"\ne", "and": r"\land", "or": r"\lor",
    }  # fmt: skip

    def number(self, text: str) -> Written:
        digits, e, exponent = text.lower().partition("e")
        digits = _tidy(digits)
        if text.lstrip("-") in ("inf", "nan"):
            return Written(text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}"), self._bound(text))
        if not e:
            return Written(digits, self._bound(text))
        sign = "-" if exponent.startswith("-") else ""
        power = f"10^{{{sign}{exponent.lstrip('+-0') or '0'}}}"
        if digits in ("1", "-1"):
            return Written(digits[:-1] + power, self._bound(text, POWER))
        return Written(rf"{digits} \times {power}", self._bound(text, PRODUCT))

    def _bound(self, text: str, binding: int = ATOM) -> int:
        return SIGNED if text.startswith("-") else binding

    def constant(self, name: str, redefined: bool) -> Written:
        return Written(r"\arccos\left(-1\right)" if redefined else CONSTANT_SYMBOLS[name], ATOM)

    def operation(self, rule: Rule, arguments: list[Written]) -> Written:
        if rule is COPY:
            return arguments[0]
        name, texts = rule.name, [argument.text for argument in arguments]
        if name == "mul":
            return self.product(*arguments)
        if name == "div":
            return self.quotient(*arguments)
        if name == "pow":
            return Written(f"{in_parentheses(arguments[0], ATOM)}^{{{texts[1]}}}", POWER)
        if name == "exp2":
            return Written(f"2^{{{texts[0]}}}", POWER)
        if name == "neg":
            return self.negative(arguments[0])
        if name == "not":
            return Written(r"\lnot " + in_parentheses(arguments[0], ATOM), self.binding[name])
        if name == "truth":
            return Written(rf"{in_parentheses(arguments[0], SUM)} \ne 0", self.binding[name])
        if name == "where":
            return self.choice(*arguments)
        if name == "sqrt":
            return self.root(arguments[0])
        if "%s" in rule.latex:
            return Written(rule.latex % texts[0], SIGNED if name == "lgamma" else ATOM)
        if name in self.binding:
            return self.infix(self.signs.get(name, rule.infix), self.binding[name], *arguments)
        if rule.parameters[0] == "n":  # a derivative of some order
            return Written(rf"{rule.latex}^{{({texts[0]})}}\left({texts[1]}\right)", ATOM)
        if name == "logbase":
            return Written(rf"\log_{{{texts[1]}}}\left({texts[0]}\right)", ATOM)
        return self.call(rule, texts)

    def product(self, left: Written, right: Written) -> Written:
        written = self.beside(left, right)
        if parts(left).fraction or parts(right).fraction:
            (a, b), (c, d) = as_fraction(left), as_fraction(right)
            fraction = self._times(a, c), self._times(b, d)
            return made_of(written, parts(written)._replace(fraction=fraction))
        return written

    def beside(self, left: Written, right: Written) -> Written:
        """Two factors as one product."""
        return self.infix(r"\cdot", PRODUCT, closed(left), right)

    def quotient(self, above: Written, below: Written) -> Written:
        """A fraction with its sign in front: (a/b)/(c/d) is (a*d)/(b*c)."""
        if is_negative(above):
            return self.negative(self.quotient(unsigned(above), below))
        if is_negative(below) and parts(unsigned(below)).fraction:
            return self.negative(self.quotient(above, unsigned(below)))
        (a, b), (c, d) = as_fraction(above), as_fraction(below)
        if b is not ONE or d is not ONE:
            above, below = self._times(a, d), self._times(b, c)
        divisor = below
        above, below = self.reduced(above, below)
        if below.text == "1" and (d is not ONE or below is not divisor):
            return above
        wide = max(width(above.text), width(below.text)) > WIDEST_FRACTION
        if wide or max(nesting(above.text), nesting(below.text)) > 1:
            return Written(f"{in_parentheses(above, PRODUCT)} / {in_parentheses(below, POWER)}", SUM)
        written = Written(rf"\frac{{{above.text}}}{{{below.text}}}", POWER)
        return made_of(written, Parts(fraction=(above, below)))

    def reduced(self, above: Written, below: Written) -> tuple[Written, Written]:
        """Numerator and denominator without common factors, where a notation cancels these."""
        return above, below

    def negative(self, written: Written) -> Written:
        least = ATOM if written.text.startswith("-") else PRODUCT
        return made_of(Written("-" + in_parentheses(written, least), PRODUCT), Parts(negated=written))

    def _times(self, left: Written, right: Written) -> Written:
        if left.text == "1" or right.text == "1":
            return right if left.text == "1" else left
        return self.beside(left, right)

    def root(self, radicand: Written) -> Written:
        if width(radicand.text) > WIDEST_FRACTION:
            written = Written(rf"\left({radicand.text}\right)^{{1/2}}", POWER)
        else:
            written = Written(rf"\sqrt{{{radicand.text}}}", ATOM)
        return made_of(written, Parts(radicand=radicand))

    def choice(self, condition: Written, yes: Written, no: Written) -> Written:
        """A choice as cases; one that is nested in its `else` adds its rows to them."""
        cases: Cases = [(yes.text, condition.text), *(parts(no).cases or [(no.text, "")])]
        rows = r" \\ ".join(row for value, when in cases for row in _case_rows(value, when))
        return made_of(Written(rf"\begin{{cases}} {rows} \end{{cases}}", CHOICE), Parts(cases=cases))

    def infix(self, sign: str, binding: int, left: Written, right: Written) -> Written:
        before = in_parentheses(left, binding + (binding == CHAIN))
        least = ATOM if right.text.startswith("-") else binding + 1
        return Written(f"{before} {sign} {in_parentheses(right, least)}", binding)

    def call(self, rule: Rule, arguments: list[str]) -> Written:
        return Written(rf"{rule.latex}\left({', '.join(arguments)}\right)", ATOM)


def as_fraction(written: Written) -> tuple[Written, Written]:
    """Numerator and denominator; the denominator is ONE for what is not a fraction."""
    return parts(written).fraction or (written, ONE)


def is_negative(written: Written) -> bool:
    """Whether it begins with the sign of a product, and not with that of the first term of a sum."""
    return written.text.startswith("-") and PRODUCT <= written.binding < ATOM


def unsigned(written: Written) -> Written:
    """What follows the minus of an expression."""
    return parts(written).negated or Written(written.text[1:], PRODUCT)


def closed(written: Written) -> Written:
    """A factor in parentheses where the next one would seem to belong to it: ln|x| y."""
    is_open = written.text.endswith(r"\right|") and written.binding < ATOM
    return Written(rf"\left({written.text}\right)", ATOM) if is_open else written


def in_parentheses(written: Written, least: int) -> str:
    """A text, in parentheses where it binds more loosely than `least`."""
    text = inside(written, least)
    return text if text == written.text else rf"\left({written.text}\right)"


def _case_rows(value: str, condition: str) -> Iterator[str]:
    """One row of a choice, or several where it is too wide."""
    word = r"\text{if } " if condition else r"\text{otherwise}"
    if width(value) + width(word + condition) <= WIDEST_CASE:
        yield f"{value} & {word}{condition}"
        return
    first, *others = broken(value, WIDEST_CASE, WIDEST_CASE)
    when, *more = broken(condition, WIDEST_CASE, WIDEST_CASE)
    yield first
    yield from (rf"\quad {piece}" for piece in (*others, word + when, *more))


def _tidy(digits: str) -> str:
    """A number without superfluous zeros and points: 00.5 is 0.5, and 3. is 3."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, point, decimals = digits.partition(".")
    return sign + (whole.lstrip("0") or "0") + (point + decimals if decimals else "")
