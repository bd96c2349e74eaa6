"""Numbers with the 53 bits of binary64 and an exponent of any size: sums, products and quotients."""

from __future__ import annotations

import math
from math import inf
from typing import Any, Union

from graphdiff.arithmetic.floats import FLOATS

# Normal numbers are fractions of 0.5 to 1 times 2 to one of these exponents.
LEAST, MOST = -1021, 1024
SMALLEST, LARGEST = 2.0**-1022, math.nextafter(inf, 0.0)

Number = Union[float, "Wide"]


class Wide:
    """fraction * 2^exponent, with the fraction between 0.5 and 1 and the exponent out of binary64's range.

    Takes part in arithmetic and comparisons with floats; a result in range is a float.
    """

    __slots__ = ("exponent", "fraction")

    def __init__(self, fraction: float, exponent: int) -> None:
        self.fraction = fraction
        self.exponent = exponent

    def __float__(self) -> float:
        """The nearest binary64 number: an infinity, 0 or a subnormal number."""
        if self.exponent > 0:
            return math.copysign(inf, self.fraction)
        return math.ldexp(self.fraction, self.exponent)

    def __repr__(self) -> str:
        return format(self, ".17g")

    def __format__(self, spec: str) -> str:
        """As that of a float: `.10g` gives ten digits."""
        from decimal import Context, Decimal

        context = Context(prec=40, Emax=10**17, Emin=-(10**17))
        return format(context.multiply(Decimal(self.fraction), context.power(2, self.exponent)), spec)

    def __reduce__(self) -> Any:
        return Wide, (self.fraction, self.exponent)

    def __hash__(self) -> int:
        return hash((self.fraction, self.exponent))

    def __neg__(self) -> Wide:
        return Wide(-self.fraction, self.exponent)

    def __abs__(self) -> Wide:
        return Wide(abs(self.fraction), self.exponent)

    def __add__(self, other: Number) -> Number:
        return add(self, other)

    def __sub__(self, other: Number) -> Number:
        return add(self, -other)

    def __rsub__(self, other: Number) -> Number:
        return add(other, -self)

    def __mul__(self, other: Number) -> Number:
        return multiply(self, other)

    def __truediv__(self, other: Number) -> Number:
        return divide(self, other)

    def __rtruediv__(self, other: Number) -> Number:
        return divide(other, self)

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Wide):
            return (self.fraction, self.exponent) == (other.fraction, other.exponent)
        return False if isinstance(other, (int, float)) else NotImplemented

    def __lt__(self, other: Number) -> bool:
        return sign(self - other) < 0

    def __le__(self, other: Number) -> bool:
        return sign(self - other) <= 0

    def __gt__(self, other: Number) -> bool:
        return sign(self - other) > 0

    def __ge__(self, other: Number) -> bool:
        return sign(self - other) >= 0


class Rounded(float):
    """The infinity or the 0 that binary64 has for a number beyond its range; `exact` is that number."""

    exact: Wide


def normal(fraction: float, exponent: int) -> Number:
    """fraction * 2^exponent for any fraction, as a float where a normal one holds it."""
    if fraction == 0.0 or not math.isfinite(fraction):
        return fraction
    fraction, shift = math.frexp(fraction)
    exponent += shift
    return math.ldexp(fraction, exponent) if LEAST <= exponent <= MOST else Wide(fraction, exponent)


def parts(x: Number) -> tuple[float, int]:
    """The fraction and the exponent of a number."""
    return (x.fraction, x.exponent) if isinstance(x, Wide) else math.frexp(x)


def magnitude(x: Number) -> Number:
    return -x if x < 0.0 else x


def sign(x: Number) -> float:
    """-1, 0 or 1, or NaN."""
    fraction = x.fraction if isinstance(x, Wide) else x
    return fraction if fraction != fraction else float((fraction > 0.0) - (fraction < 0.0))


def add(a: Number, b: Number) -> Number:
    if isinstance(a, float) and isinstance(b, float):
        total = a + b  # an underflow is exact
        if not math.isinf(total) or math.isinf(a) or math.isinf(b):
            return total
    (f, p), (g, q) = parts(a), parts(b)
    if f == 0.0 or g == 0.0:
        return a if g == 0.0 else b
    if not math.isfinite(f + g):
        return f + g
    if p < q:
        f, p, g, q = g, q, f, p
    return normal(f + (math.ldexp(g, q - p) if q - p > -1074 else 0.0), p)


def _is_exact(a: float, b: float) -> bool:
    """Whether a product or a quotient of these is 0, infinite or NaN whatever the range."""
    return a == 0.0 or b == 0.0 or not (math.isfinite(a) and math.isfinite(b))


def multiply(a: Number, b: Number) -> Number:
    if isinstance(a, float) and isinstance(b, float):
        product = a * b
        if SMALLEST <= abs(product) <= LARGEST or _is_exact(a, b):
            return product
    (f, p), (g, q) = parts(a), parts(b)
    return normal(f * g, p + q)


def divide(a: Number, b: Number) -> Number:
    if isinstance(a, float) and isinstance(b, float):
        quotient: float = FLOATS.primitives["div"](a, b)
        if SMALLEST <= abs(quotient) <= LARGEST or _is_exact(a, b):
            return quotient
    (f, p), (g, q) = parts(a), parts(b)
    return normal(f / g, p - q) if g else math.copysign(inf, f) * math.copysign(1.0, g)
