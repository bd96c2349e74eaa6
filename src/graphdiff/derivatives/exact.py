"""Exact arithmetic on the numbers of a program, where the result is a short decimal."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from graphdiff.rules import BY_NAME, Rule

Number = int | Fraction  # the exact value of a number in the text

ADD, SUB, MUL, DIV, POW = (BY_NAME[name] for name in ("add", "sub", "mul", "div", "pow"))
# Numbers read and written here have at most this many characters, so that each arithmetic
# reads them to the last digit, and exponents of at most this size.
MOST_CHARACTERS = 16
MOST_EXPONENT = 280
IRRATIONAL = {"pi": Fraction(math.pi), "e": Fraction(math.e), "tau": Fraction(math.tau)}
COMPARE: dict[Rule, Callable[[Number, Number], bool]] = {
    BY_NAME["lt"]: lambda a, b: a < b, BY_NAME["le"]: lambda a, b: a <= b,
    BY_NAME["gt"]: lambda a, b: a > b, BY_NAME["ge"]: lambda a, b: a >= b,
    BY_NAME["eq"]: lambda a, b: a == b, BY_NAME["ne"]: lambda a, b: a != b,
}  # fmt: skip
ARITHMETIC: dict[Rule, Callable[[Any, Any], Any]] = {
    ADD: operator.add, SUB: operator.sub, MUL: operator.mul, DIV: operator.truediv, POW: operator.pow,
    **COMPARE,
}  # fmt: skip


def is_rounded(rule: Rule, a: Number, b: Number, result: Number) -> bool:
    """Whether binary64 numbers give the same result as exact ones: 0.1 + 0.2 is not 0.3 there."""
    try:
        return bool(ARITHMETIC[rule](float(a), float(b)) == float(result))
    except (OverflowError, ZeroDivisionError):
        return False


def folded(rule: Rule, a: Number, b: Number) -> str | None:
    """Arithmetic on two numbers where the exact result is a short decimal."""
    if rule in COMPARE:
        return str(int(COMPARE[rule](a, b)))
    if rule is DIV:
        return text_of(Fraction(a) / b) if b else None
    if rule is POW:
        return text_of(a ** int(b)) if b.denominator == 1 and 0 <= b <= 64 and (a or b) else None
    return text_of(ARITHMETIC[rule](a, b))


def value_of(text: str) -> Number | None:
    """The exact value of a number that is written short, and is one for binary64 too."""
    _, _, exponent = text.lower().partition("e")
    if len(text.removeprefix("-")) > MOST_CHARACTERS or (exponent and abs(int(exponent)) > MOST_EXPONENT):
        return None
    return Fraction(text)


def text_of(value: Number) -> str | None:
    """A number as a short decimal, or None where it has none."""
    if value < 0:
        text = text_of(-value)
        return None if text is None else f"-{text}"
    if value >= 10**MOST_CHARACTERS:
        return None
    if value.denominator == 1:
        return str(value.numerator)
    for digits in range(1, MOST_CHARACTERS):
        if 10**digits % value.denominator == 0:
            text = f"{float(value):.{digits}f}"
            return text if len(text) <= MOST_CHARACTERS and Fraction(text) == value else None
    return None
