"""Python floats: IEEE 754 binary64."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from functools import cache
from math import inf, nan
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.given import to_float
from graphdiff.arithmetic.removable import BERNOULLI, MOST_ORDER, bernoulli_in_floats, exprel, sinc


def _quiet(
    function: Callable[..., float],
    pole: Callable[..., float] = lambda x: nan,
    beyond: Callable[..., float] = lambda x: inf,
) -> Callable[..., float]:
    """The function with NaN where it is undefined and an infinity where it overflows.

    `pole` gives the value where Python raises ValueError (an infinity at a pole), and
    `beyond` where it raises OverflowError (the infinity of the right sign).
    """

    def quiet(*arguments: float) -> float:
        try:
            return function(*arguments)
        except ValueError:
            return pole(*arguments)
        except OverflowError:
            return beyond(*arguments)

    return quiet


def _divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a == 0.0 or a != a else math.copysign(inf, a)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        return inf if a == 0.0 else nan  # a negative power of 0: a pole
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
    if rest < 0.5:  # summed beside the 1 of the top, the small others would be rounded away
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


# The positive zero of digamma as a sum of two floats (DLMF 5.4.20), so that x - zero is accurate near it.
_ZERO_HIGH, _ZERO_LOW = 1.4616321449683623, 9.549995429965697e-17


def _digamma(x: float) -> float:
    """d(log gamma)/dx. DLMF 5.5.2 (recurrence), 5.5.4 (reflection), 5.11.2 (asymptotic series)."""
    if x != x or x == inf:
        return x
    if x == -inf or (x <= 0.0 and x == math.floor(x)):
        return nan if x else -inf
    if x < 0.0:
        return _digamma(1.0 - x) - math.pi * _cotangent(x - round(x))
    if abs(x - _ZERO_HIGH) < 0.5:  # relative accuracy where it crosses 0
        return _taylor(_slopes_at_zero(), (x - _ZERO_HIGH) - _ZERO_LOW)
    terms = []
    while x < 12.0:
        terms.append(-1.0 / x)
        x += 1.0
    square = 1.0 / x / x
    power = square
    for k, number in enumerate(BERNOULLI[:12], 1):
        terms.append(-number / (2 * k) * power)
        power *= square
    return math.fsum([math.log(x), -0.5 / x, *terms])


def _log_gamma(x: float) -> float:
    """log(abs(gamma(x))), with relative accuracy near its zeros 1 and 2 (DLMF 5.7.3)."""
    if 0.25 < x < 1.5:
        return _taylor(_slopes_at_two(), x - 1.0) - math.log1p(x - 1.0)
    if 1.5 <= x < 3.0:
        return _taylor(_slopes_at_two(), x - 2.0)
    return math.lgamma(x)


def _taylor(coefficients: tuple[float, ...], d: float) -> float:
    """The sum of coefficients[k]*d^(k + 1), the smallest terms first."""
    total = 0.0
    for coefficient in reversed(coefficients):
        total = (total + coefficient) * d
    return total


@cache
def _slopes_at_zero() -> tuple[float, ...]:
    """The Taylor coefficients of digamma at its positive zero."""
    return tuple(_polygamma(float(n), _ZERO_HIGH) / math.factorial(n) for n in range(1, 40))


@cache
def _slopes_at_two() -> tuple[float, ...]:
    """The Taylor coefficients of log(gamma(x)) at 2."""
    return tuple(_polygamma(float(n), 2.0) / math.factorial(n + 1) for n in range(50))


def _polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma. DLMF 5.15.1, 5.15.6 (reflection)."""
    if n == 0.0:
        return _digamma(x)
    if n != n or x != x or not 0.0 <= n < inf or n != math.floor(n) or x == -inf:
        return nan
    odd = n % 2.0 == 1.0
    if x <= 0.0 and x == math.floor(x):
        return inf if odd else nan
    if x > 0.0:
        size = _polygamma_size(n, x)
        return size if odd else -size
    # Both parts may overflow; that of the cotangent is the larger.
    cotangent = _cotangent_slope(n, x - round(x))
    if math.isinf(cotangent):
        return -cotangent
    return -_polygamma_size(n, 1.0 - x) - cotangent


def _polygamma_size(n: float, x: float) -> float:
    """abs(polygamma(n, x)) for n > 0 and x > 0.

    It is n! times the sum of 1/(x + k)^(n + 1): all of one sign, so nothing cancels.
    The first terms are added directly, until they are negligible or the asymptotic
    series (DLMF 5.15.8) gives the rest.
    """
    if x == inf:
        return 0.0
    terms = []
    k = 0
    while x + k < 12.0 + n:
        term = math.exp(-(n + 1.0) * math.log1p(k / x))  # (x/(x + k))^(n + 1)
        if term < 1e-18:
            break
        terms.append(term)
        k += 1
    else:
        z = x + k
        scale = math.exp(-(n + 1.0) * math.log1p(k / x))
        terms += [scale * (z / n), scale * 0.5]
        power = scale / n * z
        for j, number in enumerate(BERNOULLI, 1):
            power *= (n + 2 * j - 2) / z / (2 * j - 1) * ((n + 2 * j - 1) / z / (2 * j))
            terms.append(number * power)
    return _factorial_over_power(n, x) * (math.fsum(terms) / x)


def _factorial_over_power(n: float, x: float) -> float:
    """n!/x^n, factor by factor, because n! or x^n alone may overflow (DLMF 5.11.3)."""
    if n > 1000.0:
        size = n * (math.log(n / x) - 1.0) + (0.5 * math.log(n) + 0.9189385332046728 + 1.0 / 12.0 / n)
        return math.exp(size) if size < 709.0 else inf
    result = 1.0
    for k in range(1, int(n) + 1):
        result *= k / x
    return result


def _cotangent(x: float) -> float:
    """cot(pi*x) for 0 < abs(x) <= 1/2, from the distance to the nearest pole or zero, which is exact."""
    if abs(x) < 0.25:
        return 1.0 / math.tan(math.pi * x)
    return math.copysign(math.tan(math.pi * (0.5 - abs(x))), x)


def _cotangent_slope(n: float, x: float) -> float:
    """The n-th derivative of pi*cot(pi*x), for abs(x) <= 1/2."""
    if n > 16.0:
        # Term by term, the derivatives of the sum of 1/(x + k) over all integers k; the nearest
        # are enough. As many on each side of x: halfway between integers, all cancel for even n.
        ratios = [x / (x + math.copysign(k, x * k)) for k in range(-13, 13)]
        total = math.fsum(math.pow(r, n + 1.0) for r in ratios)
        size = _factorial_over_power(n, abs(x)) * (total / x)
        return -abs(size) if n % 2.0 == 1.0 else size
    # A polynomial in the cotangent: cot' = -(1 + cot^2).
    cotangent = _cotangent(x)
    coefficients = [0.0, 1.0]
    for _ in range(int(n)):
        slopes = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [0.0] * (len(slopes) + 2)
        for k, c in enumerate(slopes):
            coefficients[k] -= c
            coefficients[k + 2] -= c
    value = coefficients.pop()
    for c in reversed(coefficients):
        value = value * cotangent + c
    return value * math.pow(math.pi, n + 1.0)


def _of_order(function: Callable[[int, float], float]) -> Callable[..., float]:
    """The n-th derivative of a function, from one of an integer and a number."""

    def value(n: float, x: float) -> float:
        if x != x or not (0.0 <= n <= MOST_ORDER and n == math.floor(n)):
            return nan
        try:
            return function(int(n), x)
        except OverflowError:
            return inf

    return value


def _exprel(n: int, x: float) -> float:
    if math.isinf(x):
        return inf if x > 0.0 else 0.0
    return float(exprel(math, n, x, 53))


def _sinc(n: int, x: float) -> float:
    return 0.0 if math.isinf(x) else float(sinc(math, n, x, 53))


def _bernoulli(n: int, x: float) -> float:
    if math.isinf(x):
        return 0.0 if x > 0.0 or n > 1 else inf if n == 0 else -1.0
    return bernoulli_in_floats(n, x)


def _log_pole(x: float) -> float:
    return -inf if x == 0.0 else nan


def _gamma_pole(x: float) -> float:
    return inf if x == 0.0 else nan


def _same_sign(x: float) -> float:
    return math.copysign(inf, x)


# Of derivatives whose magnitudes are all between these, none owes anything to a product or a
# quotient that left the range on the way: what such a one added to them is less than a rounding error.
LEAST_SOUND, MOST_SOUND = 1e-240, 1e60


class Floats(Arithmetic):
    """IEEE 754 binary64, from Python's math module; but a zero has no sign that matters: -0 is 0."""

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
        "asin": _quiet(math.asin), "acos": _quiet(math.acos), "atan": math.atan,
        "atan2": lambda a, b: math.atan2(a + 0.0, b + 0.0),
        "sinh": _quiet(math.sinh, beyond=_same_sign), "cosh": _quiet(math.cosh), "tanh": math.tanh,
        "asinh": math.asinh, "acosh": _quiet(math.acosh),
        "atanh": _quiet(math.atanh, lambda x: math.copysign(inf, x) if abs(x) == 1.0 else nan),
        "hypot": math.hypot, "mod": _mod, "min": _minimum, "max": _maximum,
        "erf": math.erf, "erfc": math.erfc,
        "gamma": _quiet(math.gamma, _gamma_pole, _same_sign), "lgamma": _quiet(_log_gamma, lambda x: inf),
        "digamma": _digamma, "polygamma": _polygamma, "logsumexp": _logsumexp,
        "dexprel": _of_order(_exprel), "dbernoulli": _of_order(_bernoulli), "dsinc": _of_order(_sinc),
    }  # fmt: skip

    def __reduce__(self) -> Any:
        return "FLOATS" if self is FLOATS else super().__reduce__()

    def from_input(self, name: str, given: Any) -> float:
        """The nearest binary64 number to one of Python, NumPy or mpmath."""
        return given if type(given) is float else to_float(name, given)

    def number(self, text: str) -> float:
        return float(text)

    def text(self, value: Any) -> str:
        # repr is the shortest text that reads back; an integer needs no ".0" for that.
        text = repr(value)
        return text[:-2] if text.endswith(".0") else text

    def is_finite(self, value: Any) -> bool:
        return math.isfinite(value)

    def lost(self, numbers: Iterable[Any]) -> bool:
        """Whether a number may be wrong because a factor overflowed or underflowed; None is none."""
        sizes = [abs(number) for number in numbers if number is not None]
        # The sum is NaN if one of them is.
        return bool(sizes) and not (min(sizes) > LEAST_SOUND and sum(sizes) < MOST_SOUND)


FLOATS = Floats()
