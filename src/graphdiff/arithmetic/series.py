"""Functions of decimal numbers, to any number of digits: by series, recurrences and halvings.

Each takes the number of digits first. They use `context` for each operation, so the caller's
decimal context matters only where NaN is compared: then InvalidOperation may be raised.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import cache, lru_cache

from graphdiff.arithmetic.floats import FLOATS

# Beyond 10^FARTHEST no angle is reduced, and below -FARTHEST_LEFT no gamma function is stepped up from.
FARTHEST, FARTHEST_LEFT = 2000, 5000
# The highest order of polygamma.
MOST_ORDER = 1000

ZERO, HALF, ONE, TWO = Decimal(0), Decimal("0.5"), Decimal(1), Decimal(2)
NAN, INF = Decimal("nan"), Decimal("inf")

Function = Callable[..., Decimal]


@lru_cache(maxsize=64)
def context(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])


@cache
def pi_of(digits: int) -> Decimal:
    """Machin's formula: pi = 16*atan(1/5) - 4*atan(1/239)."""
    unit: int = 10 ** (digits + 10)

    def arctangent(inverse: int) -> int:
        total = term = unit // inverse
        k = 1
        while term:
            term //= -inverse * inverse
            k += 2
            total += term // k
        return total

    exact = Decimal(16 * arctangent(5) - 4 * arctangent(239))
    return context(digits).scaleb(exact, -digits - 10)


def total_of(c: Context, terms: list[Decimal]) -> Decimal:
    total = ZERO
    for term in terms:
        total = c.add(total, term)
    return total


def _power(digits: int, a: Decimal, b: Decimal) -> Decimal:
    c = context(digits)
    if b == 0:
        return ONE
    if not a.is_finite() or not b.is_finite() or a == 0:
        return Decimal(FLOATS.primitives["pow"](float(a), float(b)))
    return c.power(a, b)  # NaN for a negative base and an exponent that is not an integer


def _expm1(digits: int, x: Decimal) -> Decimal:
    if x == 0 or x.adjusted() < -digits:
        return x
    c = context(digits + max(0, -x.adjusted()) + 3)
    return c.subtract(c.exp(x), ONE)


def _log1p(digits: int, x: Decimal) -> Decimal:
    if x == 0 or x.adjusted() < -digits:
        return x
    c = context(digits + max(0, -x.adjusted()) + 3)
    return c.ln(c.add(ONE, x))


def _log2(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 3)
    return c.divide(c.ln(x), c.ln(TWO))


def _cbrt(digits: int, x: Decimal) -> Decimal:
    if x == 0 or not x.is_finite():
        return x
    # The exponent is divided apart: of a large number, the logarithm would take digits from the rest.
    c = context(digits + 5)
    third, rest = divmod(x.adjusted(), 3)
    size = c.scaleb(x.copy_abs(), rest - x.adjusted())
    return c.scaleb(c.exp(c.divide(c.ln(size), Decimal(3))), third).copy_sign(x)


def _sign(digits: int, x: Decimal) -> Decimal:
    return ZERO if x == 0 else ONE.copy_sign(x)


def _reduced(digits: int, x: Decimal) -> tuple[int, Decimal]:
    """The quadrant of an angle, and what is left of it, between -pi/4 and pi/4; NaN if it is too large."""
    if not x.is_finite() or x.adjusted() > FARTHEST:
        return 0, NAN
    c = context(2 * digits + max(0, x.adjusted()) + 5)
    quarter = c.divide(pi_of(c.prec), TWO)
    turns = c.divide(x, quarter).to_integral_value(ROUND_HALF_EVEN)
    rest = c.subtract(x, c.multiply(turns, quarter)) if turns else x
    return int(turns) % 4, rest


def _wave(digits: int, x: Decimal, shift: int) -> Decimal:
    """sin(x + shift*pi/2), by its Taylor series."""
    quadrant, r = _reduced(digits, x)
    if r.is_nan():
        return NAN
    quadrant = (quadrant + shift) % 4
    c = context(digits + 5)
    square = c.minus(c.multiply(r, r))
    term = total = c.plus(r) if quadrant % 2 == 0 else ONE
    k = 1 if quadrant % 2 == 0 else 0
    while term and total and term.adjusted() > total.adjusted() - c.prec:
        term = c.divide(c.multiply(term, square), Decimal((k + 1) * (k + 2)))
        total = c.add(total, term)
        k += 2
    return c.minus(total) if quadrant >= 2 else total


def _sin(digits: int, x: Decimal) -> Decimal:
    return _wave(digits, x, 0)


def _cos(digits: int, x: Decimal) -> Decimal:
    return _wave(digits, x, 1)


def _tan(digits: int, x: Decimal) -> Decimal:
    return context(digits + 3).divide(_sin(digits, x), _cos(digits, x))


def _atan(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    half = c.divide(pi_of(c.prec), TWO).copy_sign(x)
    if x.is_infinite():
        return half
    if x.copy_abs() > 1:
        return c.subtract(half, _atan(digits, c.divide(ONE, x)))
    halvings = 6 if x.adjusted() > -3 else 0
    for _ in range(halvings):  # atan(x) = 2*atan(x/(1 + sqrt(1 + x^2)))
        x = c.divide(x, c.add(ONE, c.sqrt(c.add(ONE, c.multiply(x, x)))))
    square = c.minus(c.multiply(x, x))
    power = total = x
    k = 1
    while power and power.adjusted() > total.adjusted() - c.prec:
        power = c.multiply(power, square)
        k += 2
        total = c.add(total, c.divide(power, Decimal(k)))
    return c.multiply(total, Decimal(2**halvings))


def _asin(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    return _atan(digits, c.divide(x, c.sqrt(c.multiply(c.subtract(ONE, x), c.add(ONE, x)))))


def _acos(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    return c.multiply(TWO, _atan(digits, c.sqrt(c.divide(c.subtract(ONE, x), c.add(ONE, x)))))


def _atan2(digits: int, a: Decimal, b: Decimal) -> Decimal:
    c = context(digits + 5)
    if a == 0 or b == 0 or a.is_infinite() or b.is_infinite():
        turn = FLOATS.primitives["atan2"](float(_sign(digits, a)) if a.is_finite() else float(a),
                                          float(_sign(digits, b)) if b.is_finite() else float(b))  # fmt: skip
        return c.multiply(
            pi_of(c.prec), c.divide(Decimal(round(turn * 4 / FLOATS.constants["pi"])), Decimal(4))
        )
    angle = _atan(digits, c.divide(a, b))
    return angle if b > 0 else c.add(angle, pi_of(c.prec).copy_sign(a))


def _sinh(digits: int, x: Decimal) -> Decimal:
    c, e = context(digits + 5), _expm1(digits + 5, x.copy_abs())
    if e.is_infinite():
        return INF.copy_sign(x)
    return c.divide(c.add(e, c.divide(e, c.add(e, ONE))), TWO).copy_sign(x)


def _cosh(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    e = c.exp(x.copy_abs())
    return c.divide(c.add(e, c.divide(ONE, e)), TWO)


def _tanh(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    e = _expm1(digits + 5, c.multiply(TWO, x.copy_abs()))
    return c.plus(ONE).copy_sign(x) if e.is_infinite() else c.divide(e, c.add(e, TWO)).copy_sign(x)


def _asinh(digits: int, x: Decimal) -> Decimal:
    c, size = context(digits + 5), x.copy_abs()
    square = c.multiply(size, size)
    over = c.add(ONE, c.sqrt(c.add(ONE, square)))
    return x if x.is_infinite() else _log1p(digits, c.add(size, c.divide(square, over))).copy_sign(x)


def _acosh(digits: int, x: Decimal) -> Decimal:
    if x < 1:
        return NAN
    c = context(digits + 5)
    above = c.subtract(x, ONE)
    return _log1p(digits, c.add(above, c.sqrt(c.multiply(above, c.add(x, ONE)))))


def _atanh(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    size = x.copy_abs()
    return c.divide(_log1p(digits, c.divide(c.multiply(TWO, size), c.subtract(ONE, size))), TWO).copy_sign(x)


def _mod(digits: int, a: Decimal, b: Decimal) -> Decimal:
    if b == 0 or a.is_infinite() or (b.is_finite() and a and a.adjusted() - b.adjusted() > FARTHEST):
        return NAN
    c = context(digits + max(0, a.adjusted() - b.adjusted() if b.is_finite() else 0) + 5)
    rest = c.remainder(a, b)
    return c.add(rest, b) if rest and (rest < 0) != (b < 0) else rest


def _max(digits: int, *values: Decimal) -> Decimal:
    return max(values)


def _min(digits: int, *values: Decimal) -> Decimal:
    return min(values)


def _logsumexp(digits: int, *values: Decimal) -> Decimal:
    top, c = max(values), context(digits + 5)
    if top.is_infinite():
        return top
    others = list(values)
    others.remove(top)
    return c.add(top, _log1p(digits, total_of(c, [c.exp(c.subtract(v, top)) for v in others])))


def _erf(digits: int, x: Decimal) -> Decimal:
    """DLMF 7.6.2: all terms of one sign, so nothing cancels."""
    c = context(digits + 5)
    square = c.multiply(x, x)
    if square > 3 * digits:
        return c.subtract(ONE, _erfc(digits, x.copy_abs())).copy_sign(x)
    term = total = c.plus(x)
    k = 1
    while term and term.adjusted() > total.adjusted() - c.prec:
        k += 2
        term = c.divide(c.multiply(c.multiply(TWO, square), term), Decimal(k))
        total = c.add(total, term)
    scale = c.divide(TWO, c.sqrt(pi_of(c.prec)))
    return c.multiply(c.multiply(scale, c.exp(c.minus(square))), total)


def _erfc(digits: int, x: Decimal) -> Decimal:
    c = context(digits + 5)
    square = c.multiply(x, x)
    if x < 0 or square <= 3 * digits:
        more = digits + (int(square) // 2 if x > 0 else 0)
        return context(more + 5).subtract(ONE, _erf(more, x)) if square <= 3 * digits else c.subtract(
            TWO, _erfc(digits, x.copy_abs()))  # fmt: skip
    # The asymptotic series (DLMF 7.12.1), whose smallest term is below exp(-x^2).
    term = total = ONE
    k = 1
    while term and term.adjusted() > -c.prec:
        term = c.divide(c.multiply(term, Decimal(-k)), c.multiply(TWO, square))
        total = c.add(total, term)
        k += 2
    scale = c.divide(c.exp(c.minus(square)), c.multiply(x, c.sqrt(pi_of(c.prec))))
    return c.multiply(scale, total)


@cache
def _bernoulli(count: int) -> list[tuple[int, int]]:
    """Numerators and denominators of B_2, B_4, ..., from the tangent numbers (DLMF 24.15.4)."""
    tangents = [1]
    for k in range(1, count):
        tangents.append(k * tangents[-1])
    for k in range(1, count):
        for j in range(k, count):
            tangents[j] = (j - k) * tangents[j - 1] + (j - k + 2) * tangents[j]
    return [
        ((-1) ** n * 2 * (n + 1) * tangent, 4 ** (n + 1) * (4 ** (n + 1) - 1))
        for n, tangent in enumerate(tangents)
    ]


def _steps(digits: int, x: Decimal) -> int:
    """How often 1 is added to x until the asymptotic series serve; -1 where that is too often."""
    least = digits // 2 + 5
    if x >= least:
        return 0
    return -1 if x < -FARTHEST_LEFT else least - int(x.to_integral_value(ROUND_FLOOR))


def _is_pole(x: Decimal) -> bool:
    return x <= 0 and x == x.to_integral_value()


def _log_gamma(digits: int, x: Decimal) -> Decimal:
    """log(abs(gamma(x))): DLMF 5.11.1, carried down by 5.5.1."""
    if x.is_infinite() or _is_pole(x):
        return INF
    if x in (ONE, TWO):
        return ZERO
    exact = context(2 * digits + 10)
    near = min(exact.subtract(x, zero).adjusted() for zero in (ONE, TWO))
    steps = _steps(digits, x)
    if steps < 0:
        return NAN
    c = context(digits + 15 + max(0, -near))
    product = ONE
    for k in range(steps):
        product = c.multiply(product, c.add(x, Decimal(k)))
    z = c.add(x, Decimal(steps))
    total = c.subtract(c.multiply(c.subtract(z, HALF), c.ln(z)), z)
    total = c.add(total, c.divide(c.ln(c.multiply(TWO, pi_of(c.prec))), TWO))
    square = c.multiply(z, z)
    for k, (numerator, denominator) in enumerate(_bernoulli(c.prec), 1):
        term = c.divide(Decimal(numerator), c.multiply(Decimal(denominator * 2 * k * (2 * k - 1)), z))
        if term.adjusted() < -c.prec:
            break
        total = c.add(total, term)
        z = c.multiply(z, square)
    return c.subtract(total, c.ln(product.copy_abs()))


def _gamma(digits: int, x: Decimal) -> Decimal:
    if x == INF:
        return INF
    if x.is_infinite() or _is_pole(x):
        return INF.copy_sign(x) if x == 0 else NAN
    size = _log_gamma(digits + 15, x)
    found = context(digits + 15).exp(size)
    return found.copy_negate() if x < 0 and x.to_integral_value(ROUND_FLOOR) % 2 else found


def _polygamma(digits: int, n: Decimal, x: Decimal) -> Decimal:
    """DLMF 5.15.1 and 5.15.8; digamma (n = 0): 5.11.2, carried down by 5.5.2."""
    if n < 0 or n != n.to_integral_value() or n > MOST_ORDER or x.is_infinite() or _is_pole(x):
        return NAN
    order, steps = int(n), _steps(digits + int(n), x)
    if steps < 0:
        return NAN
    c = context(digits + 15)
    sign = Decimal((-1) ** (order + 1))
    factorial = ONE
    for k in range(2, order + 1):
        factorial = c.multiply(factorial, Decimal(k))
    total = ZERO
    for k in range(steps):
        total = c.add(total, c.divide(factorial, c.power(c.add(x, Decimal(k)), order + 1)))
    z = c.add(x, Decimal(steps))
    power = c.power(z, order)
    first = c.divide(factorial, c.multiply(power, Decimal(order))) if order else c.minus(c.ln(z))
    total = c.add(c.add(total, first), c.divide(factorial, c.multiply(c.multiply(TWO, z), power)))
    square = c.multiply(z, z)
    rising = c.multiply(factorial, Decimal(order + 1))  # (2k + n - 1)!/(2k)!, here for k = 1, times 2
    rising = c.divide(rising, TWO)
    power = c.multiply(power, square)
    for k, (numerator, denominator) in enumerate(_bernoulli(c.prec), 1):
        term = c.multiply(c.divide(Decimal(numerator), Decimal(denominator)), c.divide(rising, power))
        if not term or term.adjusted() < total.adjusted() - c.prec:
            break
        total = c.add(total, term)
        power = c.multiply(power, square)
        factor = Decimal((2 * k + order) * (2 * k + order + 1))
        rising = c.divide(c.multiply(rising, factor), Decimal((2 * k + 1) * (2 * k + 2)))
    return c.multiply(sign, total)


def _digamma(digits: int, x: Decimal) -> Decimal:
    return INF if x == INF else _polygamma(digits, ZERO, x)


FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "pow": _power, "expm1": _expm1, "log1p": _log1p, "log2": _log2, "cbrt": _cbrt, "sign": _sign,
    "sin": _sin, "cos": _cos, "tan": _tan, "asin": _asin, "acos": _acos, "atan": _atan, "atan2": _atan2,
    "sinh": _sinh, "cosh": _cosh, "tanh": _tanh, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh,
    "mod": _mod, "min": _min, "max": _max, "logsumexp": _logsumexp, "erf": _erf, "erfc": _erfc,
    "gamma": _gamma, "lgamma": _log_gamma, "digamma": _digamma, "polygamma": _polygamma,
}  # fmt: skip
