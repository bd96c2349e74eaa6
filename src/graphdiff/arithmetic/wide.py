"""binary64 with an exponent of any size: what the sweeps fall back on where binary64 overflows or underflows.

A number is a float where a normal one can hold it, and else a `Wide`. So every result that
stays in range is the float that `floats` gives, to the last bit. A derivative of ordinary
size may be a product of numbers that do not: that of log(1/(1 + exp(-x))) at -400 is 1, of
the factors 5e173, -1.9e-174*1.9e-174 and 5e173.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import reduce
from math import inf, nan
from typing import Any

from graphdiff.arithmetic.floats import FLOATS, Floats
from graphdiff.arithmetic.wide_number import (
    LARGEST,
    SMALLEST,
    Number,
    Rounded,
    Wide,
    add,
    divide,
    magnitude,
    multiply,
    normal,
    parts,
    sign,
)

# From here on the exponent of a power or an exponential is not worth computing: no product of
# numbers that a program reaches leads back.
FARTHEST = 1e12


def power(a: Number, b: Number) -> Number:
    """a^b. Beyond the range of binary64 by squares of a^(b/2), each of which doubles the error."""
    if isinstance(b, Wide):  # 0, or an infinity; or 1 and infinitely little more
        b = _stand_in(b)
    if isinstance(a, float):
        found: float = FLOATS.primitives["pow"](a, b)
        if a == 0.0 or not math.isfinite(a) or not abs(b) < FARTHEST or found != found:
            return found
        if SMALLEST <= abs(found) <= LARGEST:
            return found
        root = power(abs(a), b / 2.0)
        size = multiply(root, root)
        return -size if a < 0.0 and b % 2.0 == 1.0 else size
    if a.fraction < 0.0:
        size = power(abs(a), b)
        return nan if b != math.floor(b) else -size if b % 2.0 == 1.0 else size
    if not abs(b) < FARTHEST:
        return float(FLOATS.primitives["pow"](_stand_in(a), b))
    whole = math.floor(a.exponent * b)
    return multiply(multiply(power(a.fraction, b), 2.0 ** (a.exponent * b - whole)), normal(1.0, whole))


def exponential(x: Number) -> Number:
    """exp(x). Beyond the range of binary64 by squares of exp(x/2), each of which doubles the error."""
    if isinstance(x, Wide):
        x = _stand_in(x)
    found: float = FLOATS.primitives["exp"](x)
    if SMALLEST <= found <= LARGEST or not abs(x) < FARTHEST:
        return found
    root = exponential(x / 2.0)
    return multiply(root, root)


def _expm1(x: Number) -> Number:
    return exponential(x) if x > 100.0 else _near_zero("expm1")(x)


def _half_exponential(name: str) -> Callable[[Number], Number]:
    """cosh or sinh, which at the far ends are exp(abs(x))/2 and its sign."""
    plain = _near_zero(name) if name == "sinh" else _plain(name)

    def function(x: Number) -> Number:
        if isinstance(x, Wide) or abs(x) < 700.0 or x != x:
            return plain(x)
        size = divide(exponential(abs(x)), 2.0)
        return -size if name == "sinh" and x < 0.0 else size

    return function


def square_root(x: Number) -> Number:
    if isinstance(x, float) or x.fraction < 0.0:
        return float(FLOATS.primitives["sqrt"](x.fraction if isinstance(x, Wide) else x))
    half, odd = divmod(x.exponent, 2)
    return normal(math.sqrt(math.ldexp(x.fraction, odd)), half)


def _cube_root(x: Number) -> Number:
    if isinstance(x, float):
        return math.cbrt(x)
    third, rest = divmod(x.exponent, 3)
    return normal(math.cbrt(math.ldexp(x.fraction, rest)), third)


def _logarithm(name: str, of_two: float) -> Callable[[Number], Number]:
    plain = FLOATS.primitives[name]

    def function(x: Number) -> Number:
        if isinstance(x, float) or x.fraction < 0.0:
            return float(plain(x.fraction if isinstance(x, Wide) else x))
        return float(plain(x.fraction)) + x.exponent * of_two

    return function


logarithm = _logarithm("log", math.log(2.0))


def _hypotenuse(*values: Number) -> Number:
    floats = [v for v in values if isinstance(v, float)]
    if len(floats) == len(values):
        found = math.hypot(*floats)
        if SMALLEST <= found <= LARGEST or not all(map(math.isfinite, floats)):
            return found
    top = max(map(magnitude, values))
    if top == 0.0 or top == inf:
        return top
    squares = [multiply(ratio, ratio) for ratio in (divide(v, top) for v in values)]
    return multiply(top, square_root(reduce(add, squares)))


def _angle(a: Number, b: Number) -> Number:
    """atan2(a, b): for a small angle the quotient, which may be beyond the range."""
    if b > 0.0 and a != 0.0 and magnitude(a) < inf and magnitude(b) < inf:
        quotient = divide(a, b)
        if magnitude(quotient) < 1e-150:
            return quotient
    (f, p), (g, q) = parts(a), parts(b)
    top = max(p if f else q, q if g else p)
    return math.atan2(math.ldexp(f, max(p - top, -1074)), math.ldexp(g, max(q - top, -1074)))


def _stand_in(x: Number) -> float:
    """A float that functions treat as they would a number beyond the range: the smallest or the largest."""
    if isinstance(x, float):
        return x
    return math.copysign(LARGEST if x.exponent > 0 else 5e-324, x.fraction)


def _plain(name: str) -> Callable[..., Number]:
    """A function that is the same for all numbers beyond one end of the range."""
    function = FLOATS.primitives[name]
    return lambda *arguments: float(function(*map(_stand_in, arguments)))


def _near_zero(name: str, slope: float = 1.0) -> Callable[[Number], Number]:
    """A function that is 0 at 0 with this slope: the line, where the range of binary64 ends."""
    plain = _plain(name)
    return lambda x: multiply(slope, x) if isinstance(x, Wide) and x.exponent < 0 else plain(x)


def _growing(name: str) -> Callable[[Number], Number]:
    """A function that for large x is the logarithm of 2*x, or of 1 + x, and x near 0."""
    plain = _plain(name) if name == "acosh" else _near_zero(name)
    of_two = 0.0 if name == "log1p" else math.log(2.0)

    def function(x: Number) -> Number:
        if isinstance(x, float) or x.exponent < 0 or (x.fraction < 0.0 and name != "asinh"):
            return plain(x)
        return multiply(sign(x), logarithm(magnitude(x)) + of_two)

    return function


def _digamma(x: Number) -> Number:
    if isinstance(x, float):
        found = float(FLOATS.primitives["digamma"](x))
        return found if math.isfinite(found) or not 0.0 < magnitude(x) < SMALLEST * 8.0 else divide(-1.0, x)
    return divide(-1.0, x) if x.exponent < 0 else logarithm(x)


def _polygamma(n: Number, x: Number) -> Number:
    """Far out by its first term: -(-1)^n*n!/x^(n + 1) near 0 and -(-1)^n*(n - 1)!/x^n at infinity."""
    order = _stand_in(n)
    plain = float(FLOATS.primitives["polygamma"](order, _stand_in(x)))
    if order == 0.0:
        return _digamma(x)
    out = isinstance(x, Wide) or (0.0 < abs(x) < inf and not SMALLEST <= abs(plain) <= LARGEST)
    if not out or not 0.0 < order < 1000.0 or not (magnitude(x) < 1e-17 or x > 1e17):
        return plain
    steps = range(1, int(order) + 1)
    factors = steps if magnitude(x) < 1.0 else steps[:-1]
    size = reduce(multiply, [divide(float(k), x) for k in factors], divide(1.0, x))
    return size if order % 2.0 == 1.0 else -size


def _gamma(x: Number) -> Number:
    return divide(1.0, x) if isinstance(x, Wide) and x.exponent < 0 else _plain("gamma")(x)


def _log_gamma(x: Number) -> Number:
    if isinstance(x, float):
        return float(FLOATS.primitives["lgamma"](x))
    if x.exponent < 0:
        return -logarithm(magnitude(x))
    return multiply(x, add(logarithm(x), -1.0)) if x > 0.0 else nan


def _whole(name: str) -> Callable[[Number], Number]:
    """floor, ceil or round: a number beyond the largest is whole."""
    plain = _plain(name)
    return lambda x: x if isinstance(x, Wide) and x.exponent > 0 else plain(x)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Number, Number], float]:
    return lambda a, b: 1.0 if test(a, b) else 0.0


def _extreme(choose: Callable[..., Any]) -> Callable[..., Number]:
    def function(*values: Number) -> Number:
        found: Number = nan if any(v != v for v in values) else choose(values)
        return found

    return function


PRIMITIVES: dict[str, Callable[..., Any]] = {
    **{name: _plain(name) for name in FLOATS.primitives},
    "add": add, "sub": lambda a, b: add(a, -b), "mul": multiply, "div": divide,
    "neg": operator.neg, "pow": power, "copy": lambda x: x, "abs": abs, "sign": sign,
    "lt": _compared(operator.lt), "le": _compared(operator.le), "gt": _compared(operator.gt),
    "ge": _compared(operator.ge), "eq": _compared(operator.eq), "ne": _compared(operator.ne),
    "where": lambda c, a, b: a if c else b, "min": _extreme(min), "max": _extreme(max),
    "exp": exponential, "expm1": _expm1, "cosh": _half_exponential("cosh"),
    "sinh": _half_exponential("sinh"), "sqrt": square_root, "cbrt": _cube_root,
    "log": logarithm, "log2": _logarithm("log2", 1.0),
    "log10": _logarithm("log10", math.log10(2.0)), "hypot": _hypotenuse, "atan2": _angle,
    "erf": _near_zero("erf", 2.0 / math.sqrt(math.pi)),
    "gamma": _gamma, "lgamma": _log_gamma, "digamma": _digamma, "polygamma": _polygamma,
    **{name: _near_zero(name) for name in ("sin", "tan", "asin", "atan", "tanh", "atanh")},
    **{name: _whole(name) for name in ("floor", "ceil", "round")},
    **{name: _growing(name) for name in ("asinh", "acosh", "log1p")},
}  # fmt: skip


class WideFloats(Floats):
    """binary64 numbers, and those that only their exponent keeps from being one."""

    primitives = PRIMITIVES
    times = staticmethod(multiply)
    plus = staticmethod(add)
    chained = staticmethod(multiply)

    def __reduce__(self) -> Any:
        return "WIDE"

    def text(self, value: Any) -> str:
        return f"{value:.10g}" if isinstance(value, Wide) else super().text(value)

    def is_finite(self, value: Any) -> bool:
        return isinstance(value, Wide) or math.isfinite(value)

    def rounded(self, value: Any) -> float:
        if not isinstance(value, Wide):
            return float(value)
        nearest = float(value)
        if nearest != 0.0 and math.isfinite(nearest):
            return nearest  # a subnormal number
        rounded = Rounded(nearest)
        rounded.exact = value
        return rounded


WIDE = WideFloats()
