"""Python floats: IEEE 754 binary64."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from math import inf, nan
from typing import Any

from graphdiff.arithmetic import Arithmetic


def _quiet(function: Callable[..., float], pole: Callable[..., float] | None = None) -> Callable[..., float]:
    """The function with NaN where it is undefined and an infinity where it overflows.

    `pole` gives the value where Python raises ValueError: at a pole, an infinity.
    """

    def quiet(*arguments: float) -> float:
        try:
            return function(*arguments)
        except ValueError:
            return pole(*arguments) if pole is not None else nan
        except OverflowError:
            return inf

    return quiet


def _divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a == 0.0 or a != a else math.copysign(inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        if a == 0.0:  # a negative power of 0: a pole, whose sign an odd integer keeps
            odd = b == math.floor(b) and b % 2.0 == 1.0
            return math.copysign(inf, a) if odd else inf
        return nan
    except OverflowError:
        return -inf if a < 0.0 and b % 2.0 == 1.0 else inf


def _maximum(*values: float) -> float:
    return nan if any(v != v for v in values) else max(values)


def _minimum(*values: float) -> float:
    return nan if any(v != v for v in values) else min(values)


def _logsumexp(*values: float) -> float:
    """log(sum(exp(values))), the largest term taken out so that nothing overflows."""
    top = _maximum(*values)
    if not math.isfinite(top):
        return top
    rest = math.fsum(math.exp(v - top) for v in values) - 1.0
    if rest < 0.5:  # the others weigh little: without the 1 they are not rounded away
        others = list(values)
        others.remove(top)
        rest = math.fsum(math.exp(v - top) for v in others)
    return top + math.log1p(rest)


def _sign(x: float) -> float:
    return x if x != x else float((x > 0.0) - (x < 0.0))


def _rounded(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(function(x)) if math.isfinite(x) else x


def _mod(a: float, b: float) -> float:
    return a % b if b and math.isfinite(a) else nan


# Bernoulli numbers B_2 ... B_28 (DLMF 24.2), for the asymptotic series of polygamma.
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
    43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730, 8553103 / 6, -23749461029 / 870,
)  # fmt: skip

# The positive zero of digamma in two parts (DLMF 5.4.20), so that near it x - zero is exact to the end.
_ZERO_HIGH, _ZERO_LOW = 1.4616321449683623, 9.549995429965697e-17


def _digamma(x: float) -> float:
    """d(log gamma)/dx. DLMF 5.5.2 (recurrence), 5.5.4 (reflection), 5.11.2 (asymptotic series)."""
    if x != x or x == inf:
        return x
    if x == -inf or (x <= 0.0 and x == math.floor(x)):
        return nan if x else math.copysign(inf, -x)
    if x < 0.0:
        # pi*cot(pi*x) from the distance to the nearest integer, which is exact.
        near = x - round(x)
        return _digamma(1.0 - x) - math.pi / math.tan(math.pi * near)
    if abs(x - _ZERO_HIGH) < 0.25:
        return _digamma_near_zero((x - _ZERO_HIGH) - _ZERO_LOW)
    terms = []
    while x < 12.0:
        terms.append(-1.0 / x)
        x += 1.0
    square = 1.0 / (x * x)
    power = square
    for k, number in enumerate(BERNOULLI[:12], 1):
        terms.append(-number / (2 * k) * power)
        power *= square
    return math.fsum([math.log(x), -0.5 / x, *terms])


def _digamma_near_zero(d: float) -> float:
    """The Taylor series of digamma at its positive zero: relative accuracy where it crosses 0."""
    total, power = 0.0, 1.0
    for slope in _zero_slopes():
        power *= d
        total += slope * power
    return total


_slopes: list[float] = []


def _zero_slopes() -> list[float]:
    """polygamma(n, zero)/n! for n = 1, 2, ...: made at first use."""
    if not _slopes:
        factorial = 1.0
        for n in range(1, 40):
            factorial *= n
            _slopes.append(_polygamma(float(n), _ZERO_HIGH) / factorial)
    return _slopes


def _polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma. DLMF 5.15.1, 5.15.5, 5.15.6 (reflection), 5.15.8 (series)."""
    if n == 0.0:
        return _digamma(x)
    if n != n or x != x or n < 0.0 or n != math.floor(n) or x == -inf or n > 1000.0:
        return nan
    order = int(n)
    sign = 1.0 if order % 2 else -1.0
    if x <= 0.0 and x == math.floor(x):
        return inf if order % 2 else nan
    if x == inf:
        return 0.0
    if x < 0.0:
        return -sign * _polygamma(n, 1.0 - x) - _cotangent_slope(order, x)
    # All terms of the recurrence and the first ones of the series have one sign: no cancellation.
    # For large n the terms need their factorials early, so the logarithms are added up instead.
    try:
        factorial = math.gamma(n + 1.0)
        terms = []
        while x < 12.0 + n:
            terms.append(factorial / x ** (order + 1))
            x += 1.0
        lead = math.gamma(n) / x**order
        terms += [lead, lead * n / (2.0 * x)]
        power = lead
        for k, number in enumerate(BERNOULLI, 1):
            power *= (n + 2 * k - 2) * (n + 2 * k - 1) / ((2 * k - 1) * (2 * k)) / (x * x)
            terms.append(number * power)
        return sign * math.fsum(terms)
    except (OverflowError, ZeroDivisionError):
        return sign * inf


def _cotangent_slope(order: int, x: float) -> float:
    """The order-th derivative of pi*cot(pi*x), by the recurrence of its polynomial in cot."""
    cotangent = 1.0 / math.tan(math.pi * (x - round(x)))
    coefficients = [0.0, 1.0]  # the polynomial: cot' = -(1 + cot^2)
    for _ in range(order):
        slopes = [k * c for k, c in enumerate(coefficients)][1:]
        following = [0.0] * (len(slopes) + 2)
        for k, c in enumerate(slopes):
            following[k] -= c
            following[k + 2] -= c
        coefficients = following
    value = math.fsum(c * cotangent**k for k, c in enumerate(coefficients))
    return value * math.pi ** (order + 1)


def _log_pole(x: float) -> float:
    return -inf if x == 0.0 else nan


def _gamma_pole(x: float) -> float:
    return math.copysign(inf, x) if x == 0.0 else nan


class Floats(Arithmetic):
    """IEEE 754 binary64, from Python's math module."""

    name = "binary64"
    one, zero, seed = 1.0, 0.0, 1.0
    constants = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": inf}
    primitives = {
        "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": _divide,
        "neg": operator.neg, "pow": _power, "copy": lambda x: x,
        "lt": lambda a, b: 1.0 if a < b else 0.0, "le": lambda a, b: 1.0 if a <= b else 0.0,
        "gt": lambda a, b: 1.0 if a > b else 0.0, "ge": lambda a, b: 1.0 if a >= b else 0.0,
        "eq": lambda a, b: 1.0 if a == b else 0.0, "ne": lambda a, b: 1.0 if a != b else 0.0,
        "not": lambda a: 0.0 if a else 1.0,
        "and": lambda a, b: 1.0 if a and b else 0.0, "or": lambda a, b: 1.0 if a or b else 0.0,
        "where": lambda c, a, b: a if c else b,
        "exp": _quiet(math.exp), "expm1": _quiet(math.expm1),
        "log": _quiet(math.log, _log_pole), "log2": _quiet(math.log2, _log_pole),
        "log10": _quiet(math.log10, _log_pole),
        "log1p": _quiet(math.log1p, lambda x: _log_pole(x + 1.0)),
        "sqrt": _quiet(math.sqrt), "cbrt": math.cbrt, "abs": abs, "sign": _sign,
        "floor": _rounded(math.floor), "ceil": _rounded(math.ceil), "round": _rounded(round),
        "sin": _quiet(math.sin), "cos": _quiet(math.cos), "tan": _quiet(math.tan),
        "asin": _quiet(math.asin), "acos": _quiet(math.acos), "atan": math.atan, "atan2": math.atan2,
        "sinh": _quiet(math.sinh, None), "cosh": _quiet(math.cosh), "tanh": math.tanh,
        "asinh": math.asinh, "acosh": _quiet(math.acosh),
        "atanh": _quiet(math.atanh, lambda x: math.copysign(inf, x) if abs(x) == 1.0 else nan),
        "hypot": math.hypot, "mod": _mod, "min": _minimum, "max": _maximum,
        "erf": math.erf, "erfc": math.erfc,
        "gamma": _quiet(math.gamma, _gamma_pole), "lgamma": _quiet(math.lgamma, lambda x: inf),
        "digamma": _digamma, "polygamma": _polygamma, "logsumexp": _logsumexp,
    }  # fmt: skip

    def number(self, text: str) -> float:
        return float(text)

    def text(self, value: Any) -> str:
        # repr is the shortest text that reads back; an integer needs no ".0" for that.
        text = repr(value)
        return text[:-2] if text.endswith(".0") else text

    def is_finite(self, value: Any) -> bool:
        return math.isfinite(value)


FLOATS = Floats()
