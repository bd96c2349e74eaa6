"""What the numeric tests share: mpmath as an oracle that knows values only.

The oracle is mpmath's own functions, by the names of the rows. It shares no formula
with graphdiff, and knows no derivative: a slope is taken from values alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise, product
from math import prod
from typing import Any

import mpmath

from graphdiff.arithmetic.precise import Precise
from graphdiff.rules import Rule

Oracle = Callable[..., Any]

# Its own context, so that nobody else's precision is disturbed, nor disturbs.
mp: Any = mpmath.MPContext()

# The smallest normal number: below it binary64 loses digits.
SMALLEST = sys.float_info.min


def _power(a: Any, b: Any) -> Any:
    if a == 0:
        return mp.mpf(b == 0)
    return mp.power(a, int(b)) if b == mp.floor(b) and abs(b) < 2**60 else mp.power(a, b)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _logit(x: Any) -> Any:
    with mp.extraprec(max(0, -mp.mag(x)) if x else 0):
        return mp.log(x / (1 - x))


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def _logsumexp(*values: Any) -> Any:
    # What is e^5000 times smaller than another term is below all of binary64.
    top = max(values)
    with mp.extraprec(1100):  # so that a term of the smallest size shows beside 1
        return top + mp.log(mp.fsum(mp.exp(v - top) for v in values if v - top > -5000))


def _truth(test: Callable[..., object]) -> Oracle:
    return lambda *arguments: mp.mpf(bool(test(*arguments)))


def _clamp(x: Any, low: Any, high: Any) -> Any:
    return low if x < low else high if x > high else x


def _log_gamma(x: Any) -> Any:
    return mp.loggamma(x) if x > 0 else mp.log(abs(mp.gamma(x)))


def _erfc(x: Any) -> Any:
    # Far out mpmath's fails, and one term of the asymptotic series is enough (DLMF 7.12.1).
    return mp.erfc(x) if x < mp.mpf(10) ** 100 else mp.exp(-x * x) / (x * mp.sqrt(mp.pi))


def _polygamma(n: Any, x: Any) -> Any:
    # The order is an integer: as a function of it the value is taken to be locally constant.
    n = int(mp.nint(n))
    if x > -100 or n == 0:
        return mp.psi(n, x)
    # mpmath steps from x to its right end one by one, which takes forever: so reflect it (DLMF 5.15.6).
    near = x - mp.nint(x)
    return (-1) ** n * mp.psi(n, 1 - x) - mp.diff(lambda t: mp.pi * mp.cot(mp.pi * t), near, n)


def _incomplete_gamma(n: int, z: Any) -> Any:
    """The integral of t^n e^(-z t) from 0 to 1, for real or complex z (DLMF 8.4.7)."""
    if z == 0:
        return mp.one / (n + 1)
    with mp.extraprec(100 + (n + 1) * abs(mp.mag(z))):
        partial_sum = mp.fsum(z**k / mp.factorial(k) for k in range(n + 1))
        return mp.factorial(n) * (1 - mp.exp(-z) * partial_sum) / z ** (n + 1)


def _exprel(n: Any, x: Any) -> Any:
    return _incomplete_gamma(int(mp.nint(n)), -x)


def _sinc(n: Any, x: Any) -> Any:
    n = int(mp.nint(n))
    return mp.re(mp.mpc(0, mp.pi) ** n * _incomplete_gamma(n, mp.mpc(0, -mp.pi * x)))


def _bernoulli(n: Any, x: Any) -> Any:
    n = int(mp.nint(n))
    if x == 0:
        return mp.bernoulli(n)
    if x > 1e5:  # below all numbers that are compared
        return mp.zero
    if x < 0:  # (x/2) coth(x/2) is even, and x/(e^x - 1) is that less x/2
        return (-1) ** n * _bernoulli(n, -x) - (x if n == 0 else 1 if n == 1 else 0)
    with mp.extraprec(100 + 2 * (n + 2) * abs(mp.mag(x))):
        factor = 1 / (mp.exp(x) - 1)  # a polynomial in it, whose derivative is -(factor + factor^2)
        rows = [[0, 1]]
        for _ in range(n):
            row = rows[-1]
            both = zip([*row, 0], [0, *row], strict=True)
            rows.append([-k * a - (k - 1) * b for k, (a, b) in enumerate(both)])
        slopes = [mp.polyval(row[::-1], factor) for row in rows]
        return x * slopes[n] + (n * slopes[n - 1] if n else 0)


# The values of operations and functions, by the names of their rows; see `oracle` for the others.
ORACLE: dict[str, Oracle] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b, "neg": lambda x: -x, "pow": _power, "copy": lambda x: x,
    "lt": _truth(lambda a, b: a < b), "le": _truth(lambda a, b: a <= b),
    "gt": _truth(lambda a, b: a > b), "ge": _truth(lambda a, b: a >= b),
    "eq": _truth(lambda a, b: a == b), "ne": _truth(lambda a, b: a != b),
    "not": _truth(lambda a: not a), "truth": _truth(bool),
    "and": _truth(lambda a, b: a and b), "or": _truth(lambda a, b: a or b),
    "where": lambda c, a, b: a if c else b,
    "exp": lambda x: mp.exp(x), "exp2": lambda x: mp.power(2, x), "expm1": lambda x: mp.expm1(x),
    "log": lambda x: mp.log(x), "log2": lambda x: mp.log(x, 2), "log10": lambda x: mp.log(x, 10),
    "log1p": lambda x: mp.log1p(x), "sqrt": lambda x: mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.root(abs(x), 3), "abs": abs, "sign": lambda x: mp.sign(x),
    "floor": lambda x: mp.floor(x), "ceil": lambda x: mp.ceil(x), "round": lambda x: mp.nint(x),
    "sin": lambda x: mp.sin(x), "cos": lambda x: mp.cos(x), "tan": lambda x: mp.tan(x),
    "sec": lambda x: mp.sec(x), "csc": lambda x: mp.csc(x), "cot": lambda x: mp.cot(x),
    "asin": lambda x: mp.asin(x), "acos": lambda x: mp.acos(x), "atan": lambda x: mp.atan(x),
    "atan2": lambda a, b: mp.atan2(a, b),
    "sinh": lambda x: mp.sinh(x), "cosh": lambda x: mp.cosh(x), "tanh": lambda x: mp.tanh(x),
    "asinh": lambda x: mp.asinh(x), "acosh": lambda x: mp.acosh(x), "atanh": lambda x: mp.atanh(x),
    "hypot": lambda *values: mp.norm(values), "mod": lambda a, b: a % b,
    "unit": lambda x, r: x / mp.hypot(x, r), "oneminussq": lambda x: 1 - x * x,
    "min": lambda *values: min(values), "max": lambda *values: max(values), "clamp": _clamp,
    "erf": lambda x: mp.erf(x), "erfc": _erfc,
    "gamma": lambda x: mp.gamma(x), "lgamma": _log_gamma, "digamma": lambda x: mp.digamma(x),
    "polygamma": _polygamma,
    "dexprel": _exprel, "exprel": lambda x: _exprel(0, x), "dsinc": _sinc, "sinc": lambda x: _sinc(0, x),
    "dbernoulli": _bernoulli, "bernoulli": lambda x: _bernoulli(0, x),
    "logbase": lambda x, b: mp.log(x) / mp.log(b), "xlogy": lambda x, z: x * mp.log(z) if x else mp.zero,
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "sigmoid": _sigmoid, "logit": _logit, "softplus": _softplus, "relu": lambda x: max(x, mp.zero),
    "logsumexp": _logsumexp,
}  # fmt: skip


def oracle(rule: Rule) -> Oracle:
    """The value of a row: from ORACLE, or mpmath's function of that name, or else by its own formula.

    By its own formula the value is not tested, but its partials and its rounding are.
    """
    known: Oracle | None = ORACLE.get(rule.name) or getattr(mp, rule.name, None)
    return known or (lambda *values: _by_formula(rule, *values))


def _by_formula(rule: Rule, *values: Any) -> Any:
    arithmetic = _precise(mp.prec)
    found = arithmetic.value_of[rule](*(arithmetic.mp.make_mpf(mp.mpf(x)._mpf_) for x in values))
    return +mp.make_mpf(found._mpf_)


@cache
def _precise(bits: int) -> Precise:
    return Precise(round(bits / 3.3) + 10)


class Unknown(Exception):  # noqa: N818 - as graphdiff's own: it says what is wrong
    """The oracle has no number that it can vouch for."""


def value_by_values(function: Oracle, point: tuple[Any, ...], digits: int = 50) -> Any:
    """The value to `digits` digits: two precisions must agree on it."""

    def value(bits: int) -> Any:
        with mp.workprec(bits):
            return function(*point)

    return _settled(value, digits, 100 + 4 * digits)


def slope_by_values(function: Oracle, point: tuple[Any, ...], argument: int, digits: int = 30) -> Any:
    """d(function)/d(argument) to `digits` digits, from values alone."""
    return derivative_by_values(function, point, (argument,), digits)


def derivative_by_values(
    function: Oracle, point: tuple[Any, ...], by: tuple[int, ...], digits: int = 30
) -> Any:
    """The derivative by each of these arguments in turn, from values alone: central differences.

    In hundreds of digits the step can be so small that nothing is left of the
    difference's own error; two steps and precisions must agree on the result. A
    derivative that is below all of binary64 may come back as 0, and one that grows and
    grows while the step becomes smaller is infinite.
    """
    # How near something else may happen: as near as 0 is, or another argument.
    scale = min([0, *(mp.mag(v) for v in point if v)])
    order = len(by)

    def difference(bits: int) -> Any:
        step = mp.ldexp(1, scale - bits // (2 * order + 2))
        with mp.workprec(bits):
            if any(point[k] + step - point[k] != step for k in by):
                raise Unknown("the step is lost in the argument")
            rise, largest = mp.zero, mp.zero
            for sides in product((-1, 1), repeat=order):
                there = [v + step * sum(s for s, b in zip(sides, by, strict=True) if b == k)
                         for k, v in enumerate(point)]  # fmt: skip
                value = function(*there)
                rise += prod(sides) * value
                largest = max(largest, abs(value))
            if rise == 0 and largest and mp.mag(largest) - bits - order * mp.mag(step) > -1150:
                raise Unknown("the step is lost in the rounding")
            return rise / (2 * step) ** order

    return _settled(difference, digits, 250 + 12 * digits)


def _settled(compute: Callable[[int], Any], digits: int, least: int) -> Any:
    """What two successive precisions agree on."""
    found: list[Any] = []
    further = (2300, 2600, 4600, 5000, 6400, 7000)
    ladder = [least, least + 150, *(bits for bits in further if bits > least + 150)]
    for bits in ladder:
        try:
            now = compute(bits)
            if not isinstance(now, mp.mpf):
                raise Unknown(f"there is no real number: {now}")
        except Unknown:
            found.clear()
            continue
        if found:
            near = abs(now - found[-1]) <= abs(now) * mp.mpf(10) ** -digits
            if near or max(mp.mag(now), mp.mag(found[-1])) < -1200:
                return now
        found.append(now)
    if len(found) == len(ladder) and all(b / a > 2**10 for a, b in pairwise(found) if a):
        return mp.sign(found[-1]) * mp.inf
    raise Unknown(f"no two precisions agree to {digits} digits: {[mp.nstr(v, 10) for v in found]}")


def exact(point: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same numbers, floats or another context's, for the oracle, without rounding."""
    return tuple(mp.make_mpf(mpmath.mpf(x)._mpf_ if isinstance(x, float) else x._mpf_) for x in point)
