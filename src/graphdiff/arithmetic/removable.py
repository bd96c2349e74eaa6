"""Functions with a removable singularity at 0, and their derivatives to every order.

(e^x - 1)/x, x/(e^x - 1) and sin(pi x)/(pi x), in numbers of any kind: `m` is the module math or
a context of mpmath, which computes e^x, sines and cosines to `bits` bits. The n-th derivative
satisfies a recurrence in n, which is accurate upwards far from 0, and downwards near 0, from an
order so high that it hardly matters.
"""

from __future__ import annotations

from functools import cache
from math import comb, exp, expm1, factorial, fsum, perm, tau
from typing import Any

MOST_ORDER = 100

# Bernoulli numbers B_2 ... B_28 (DLMF 24.2).
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
    43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730, 8553103 / 6, -23749461029 / 870,
)  # fmt: skip


def exprel(m: Any, n: int, x: Any, bits: int) -> Any:
    """The n-th derivative of (e^x - 1)/x, which is the integral of t^n e^(x t) from 0 to 1."""
    value = _scaled(m, n, x, bits)
    return m.exp(x / 2) * value * m.exp(x / 2) if x > 0 else value


def _scaled(m: Any, n: int, x: Any, bits: int) -> Any:
    """As `exprel`, but for positive x without the factor e^x, which may overflow."""
    edge, value = 1 if x > 0 else m.exp(x), 0 * x
    if abs(x) < n + 1:
        for k in range(2 * n + 10 + bits, n, -1):  # from 2 n + 2 down each step halves the error
            value = (edge - x * value) / k
        return value
    value = m.expm1(-abs(x)) / -abs(x)
    for k in range(1, n + 1):
        value = (edge - k * value) / x
    return value


def sinc(m: Any, n: int, x: Any, bits: int) -> Any:
    """The n-th derivative of sin(pi x)/(pi x)."""
    z, quarters, near = m.pi * x, 0, 0 * x
    if abs(x) < 2**bits:  # larger numbers are even
        # A quarter turn is x = 1/2: how far x is from the nearest one is exact.
        below = m.floor(2 * x)
        quarters = int(below + (2 * x - below > 0.5))
        near = m.pi * (2 * x - quarters) / 2
    waves = (m.sin(near), m.cos(near), -m.sin(near), -m.cos(near))  # a sine and its derivatives
    if abs(z) < n + 1:
        value = 0 * x
        for k in range(2 * n + 10 + bits, n, -1):
            value = (waves[(quarters + k) % 4] - z * value) / k
    else:
        value = waves[quarters % 4] / m.pi / x
        for k in range(1, n + 1):
            value = (waves[(quarters + k) % 4] - k * value) / m.pi / x
    return m.pi**n * value


def bernoulli(m: Any, n: int, x: Any, bits: int) -> Any:
    """The n-th derivative of x/(e^x - 1), for numbers of which there are enough digits.

    That is 1/exprel(x): its derivatives follow from those of the product of both.
    """
    if x < 0:
        return _reflected(bernoulli(m, n, -x, bits), n, x)
    if x == 0 and n > 1 and n % 2:  # a Bernoulli number
        return 0 * x
    moments = [_scaled(m, k, x, bits) for k in range(n + 1)]
    found = [m.exp(-x) / moments[0]]
    for order in range(1, n + 1):
        parts = [comb(order, k) * found[k] * moments[order - k] for k in range(order)]
        found.append(-sum(parts) / moments[0])
    return found[n]


def bernoulli_in_floats(n: int, x: float) -> float:
    """The n-th derivative of x/(e^x - 1), from series in which little cancels (DLMF 24.2.1)."""
    if x < 0.0:
        return float(_reflected(bernoulli_in_floats(n, -x), n, x))
    x = min(x, 800.0)  # from where on it is 0
    if n == 0:
        return x * exp(-x) / -expm1(-x) if x else 1.0
    if x < 3.0:
        total = 0.0
        for coefficient in _taylor(n):
            total = total * x + coefficient
        return total
    count = int(40.0 / x) + n + 2
    terms = [k ** (n - 1) * (k * x - n) * exp(-k * x) for k in range(1, count)]
    return -fsum(terms) if n % 2 else fsum(terms)


def _reflected(value: Any, n: int, x: Any) -> Any:
    """The n-th derivative of x/(e^x - 1) at a negative x, from that at -x: their sum is even but for x."""
    return value - x if n == 0 else -value - 1 if n == 1 else -value if n % 2 else value


@cache
def _taylor(n: int) -> tuple[float, ...]:
    """The coefficients of the series of the n-th derivative of x/(e^x - 1), the highest first."""
    return tuple(_bernoulli_over_factorial(k) * perm(k, n) for k in range(n + 90, n - 1, -1))


def _bernoulli_over_factorial(k: int) -> float:
    """B_k/k!, for large k from its asymptotic value (DLMF 24.11.1)."""
    if k < 2 or k % 2:
        return (1.0, -0.5)[k] if k < 2 else 0.0
    if k <= 28:
        return BERNOULLI[k // 2 - 1] / factorial(k)
    return (2.0 if k % 4 else -2.0) * (1.0 + 2.0**-k) / tau**k


BERNOULLI_OVER_FACTORIAL = tuple(map(_bernoulli_over_factorial, range(0, 54, 2)))


# With mpmath, of all sizes: beyond 2^64 the first term of the asymptotic series is enough.


def _any_exprel(m: Any, n: int, x: Any, bits: int) -> Any:
    if m.mag(x) <= 64:
        return exprel(m, n, x, bits)
    return m.inf if x > 0 else m.factorial(n) / (-x) ** (n + 1)


def _any_bernoulli(m: Any, n: int, x: Any, bits: int) -> Any:
    if m.mag(x) > 64:
        return m.zero if x > 0 or n > 1 else -x if n == 0 else -m.one
    if m.mag(x) < -bits:  # two terms of the series at 0, of which one may be 0 (DLMF 24.2.1)
        return m.bernoulli(n) + m.bernoulli(n + 1) * x
    return bernoulli(m, n, x, bits)


def _any_sinc(m: Any, n: int, x: Any, bits: int) -> Any:
    if m.isinf(x):
        return m.zero
    return sinc(m, n, x, bits) if m.mag(x) <= max(2**17, 4 * bits) else m.nan  # as a sine


IN_DIGITS = {"dexprel": _any_exprel, "dbernoulli": _any_bernoulli, "dsinc": _any_sinc}
