"""mpmath numbers: binary floating point of any precision (the extra `precision`)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.given import is_real, refuse, to_float
from graphdiff.arithmetic.removable import IN_DIGITS, MOST_ORDER
from graphdiff.diagnostics import Diagnostic, GraphdiffError

# Digits carried beyond those that are asked for and shown.
GUARD = 10
MOST_DIGITS = 4000  # mpmath before 1.4 reads no longer text at once

# The exponent range: numbers up to 2^LARGEST and down to its inverse, whose exponents can
# still be computed with and written. Beyond 2^FARTHEST, the angle of a sine would take too
# long to reduce.
LARGEST = 2**64
FARTHEST = 2**17

# mpmath's functions change the precision of their context while they run, and share caches (the
# digits of pi, logarithms of integers, Bernoulli numbers) between all contexts, without a lock.
_ONE_THREAD = Lock()


class Precise(Arithmetic):
    """Real numbers to `digits` decimal digits, computed with ten more, from mpmath.

    Its numbers are mpf of the context `mp`, whose precision no operation changes, so that sums
    and products are the same in every thread. Functions run in a context of their own, one
    thread at a time. Raises GraphdiffError where mpmath is not installed.

    >>> import graphdiff
    >>> thirty = graphdiff.Precise(30)
    >>> thirty.text(graphdiff.evaluate("y = sqrt(x)", {"x": 2}, thirty)["y"])
    '1.41421356237309504880168872421'
    """

    def __init__(self, digits: int) -> None:
        super().__init__()
        try:
            import mpmath
        except ImportError:
            hint = "install it with  pip install 'graphdiff-cli[precision]'"
            raise GraphdiffError(Diagnostic("extra", "this needs mpmath", hint=hint)) from None
        self.name = f"{digits}-digit"
        self.digits = digits
        self.mp: Any = mpmath.MPContext()
        self._working: Any = mpmath.MPContext()
        self.mp.dps = self._working.dps = digits + GUARD
        mp = self.mp
        # Its numbers are of a class of their own, which pickle does not find by its name.
        mp.mpf.__reduce__ = lambda number: (_number_of, (digits, number._mpf_))
        self.one, self.zero, self.seed = mp.mpf(1), mp.mpf(0), mp.mpf(1)
        with _ONE_THREAD:
            self.constants = {"pi": +mp.pi, "e": +mp.e, "tau": 2 * mp.pi, "inf": mp.inf}
        self._farthest = max(FARTHEST, 4 * mp.prec)
        self.primitives = self._operations() | self._functions()

    def __reduce__(self) -> Any:
        return of_digits, (self.digits,)

    def from_input(self, name: str, given: Any) -> Any:
        """An mpf: exactly the given int, float or mpf; a Decimal or Fraction rounded once.

        The float 0.1 is 0.1000000000000000055...: for 0.1 itself, give Decimal("0.1") or "0.1".
        """
        mp = self.mp
        if type(given) is mp.mpf:
            return given
        if hasattr(given, "_mpf_"):  # of another context
            return self._in_range(mp.make_mpf(given._mpf_))
        if not is_real(given):
            refuse(name, given)
        if hasattr(given, "item"):  # NumPy's, as a number of Python
            given = given.item()
        if hasattr(given, "__index__"):
            return mp.convert(operator.index(given))
        from decimal import Decimal

        if isinstance(given, Decimal) and given.is_finite():  # 1E+999999999 is short only as text
            return self.number(str(given))
        if not isinstance(given, (float, Decimal)) and hasattr(given, "as_integer_ratio"):
            try:
                numerator, denominator = given.as_integer_ratio()
            except (OverflowError, ValueError):  # infinite, or NaN
                return mp.convert(to_float(name, given))
            return mp.convert(int(numerator)) / int(denominator)
        return mp.convert(to_float(name, given))

    def number(self, text: str) -> Any:
        digits, _, exponent = text.lower().partition("e")
        if len(exponent) > 20:
            nothing = exponent.startswith("-") or not digits.strip("0.")
            return self.zero if nothing else self.mp.inf
        if len(digits) > MOST_DIGITS:
            return self._in_range(self._long_number(digits, int(exponent or 0)))
        return self._in_range(self.mp.mpf(text))

    def _long_number(self, digits: str, exponent: int) -> Any:
        """A number as the sum of its pieces, to all its digits."""
        whole, _, fraction = digits.removeprefix("-").partition(".")
        kept = whole + fraction
        last = exponent - len(fraction) + len(kept)
        pieces = [kept[k : k + MOST_DIGITS] for k in range(0, len(kept), MOST_DIGITS)]
        mp = self._working
        with _ONE_THREAD, mp.workprec(self.mp.prec + 20):
            total = mp.mpf(0)
            for piece in pieces:
                last -= len(piece)
                total += mp.mpf(f"{piece}e{last}")
        total = +self.mp.make_mpf(total._mpf_)  # rounded
        return -total if digits.startswith("-") else total

    def text(self, value: Any) -> str:
        mp = self.mp
        if mp.isnan(value):
            return "nan"
        if mp.isinf(value):
            return "inf" if value > 0 else "-inf"
        if value == 0:
            return "0"
        with _ONE_THREAD:
            text: str = mp.nstr(
                value, self.digits, strip_zeros=True, min_fixed=-5, max_fixed=max(16, self.digits)
            )
        return text[:-2] if text.endswith(".0") else text

    def is_finite(self, value: Any) -> bool:
        return bool(self.mp.isfinite(value))

    def _in_range(self, value: Any) -> Any:
        """Clamp to zero or infinity outside the exponent range."""
        sign, mantissa, exponent, bits = value._mpf_
        if not mantissa or abs(exponent + bits) <= LARGEST:
            return value
        if exponent < 0:
            return self.zero
        return -self.mp.inf if sign else self.mp.inf

    def _quiet(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """An operation on numbers of this context that returns NaN where mpmath raises.

        Only for operations that neither change the context's precision nor use mpmath's caches.
        """
        mp, in_range = self.mp, self._in_range
        nan, isnan, mpf = mp.nan, mp.isnan, mp.mpf

        def quiet(*arguments: Any) -> Any:
            for x in arguments:
                if isnan(x):
                    return nan
            try:
                value = function(*arguments)
                if type(value) is not mpf:  # of floats, or of numbers of another context
                    value = function(*map(mp.convert, arguments))
            except (ValueError, ZeroDivisionError, OverflowError):
                return nan
            return in_range(value) if type(value) is mpf else nan

        return quiet

    def _real(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of mpmath over the reals: NaN where it raises or the result is complex.

        It is run in the working context, one thread at a time.
        """
        mp, working = self.mp, self._working
        nan, no_number, make = mp.nan, mp.nan._mpf_, working.make_mpf
        errors = (ValueError, ZeroDivisionError, OverflowError, working.NoConvergence)

        def real(*arguments: Any) -> Any:
            given = [x._mpf_ if hasattr(x, "_mpf_") else mp.convert(x)._mpf_ for x in arguments]
            if no_number in given:
                return nan
            with _ONE_THREAD:
                if working.prec != mp.prec:  # the caller has changed it
                    working.prec = mp.prec
                try:
                    value = function(*map(make, given))
                except errors:
                    return nan
            return self._in_range(mp.make_mpf(value._mpf_)) if hasattr(value, "_mpf_") else nan

        return real

    def _settled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function to all digits, also near its zeros: with more and more until two results agree."""
        mp = self._working

        def settled(*arguments: Any) -> Any:
            asked, extra, before = mp.prec, 20, None
            while True:
                with mp.workprec(asked + extra):
                    now = function(*arguments)
                    agree = before is not None and abs(now - before) <= mp.ldexp(abs(now), -asked)
                if agree or not mp.isfinite(now) or extra > 40 * asked:  # or it is 0, for all one can tell
                    return +now
                before, extra = now, 3 * extra

        return settled

    def _operations(self) -> dict[str, Callable[..., Any]]:
        """What is done directly on the numbers: exact, or rounded once."""
        mp, quiet = self.mp, self._quiet
        one, zero, inf, nan = self.one, self.zero, mp.inf, mp.nan

        def truth(test: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *arguments: one if test(*arguments) else zero

        def extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
            return quiet(lambda *values: choose(values))

        def divide(a: Any, b: Any) -> Any:
            if b != 0:
                return a / b
            return nan if a == 0 else mp.sign(a) * inf

        def modulo(a: Any, b: Any) -> Any:
            if b == 0 or mp.isinf(a):
                return nan
            if mp.isinf(b):
                return a if a == 0 or (a > 0) == (b > 0) else b
            if abs(mp.mag(a) - mp.mag(b)) > self._farthest and a:
                return nan if abs(a) > abs(b) else a if (a > 0) == (b > 0) else b
            return a % b

        return {
            "add": quiet(operator.add), "sub": quiet(operator.sub), "mul": quiet(operator.mul),
            "div": quiet(divide), "neg": operator.neg, "copy": lambda x: x, "mod": quiet(modulo),
            "lt": truth(operator.lt), "le": truth(operator.le), "gt": truth(operator.gt),
            "ge": truth(operator.ge), "eq": truth(operator.eq), "ne": truth(operator.ne),
            "not": truth(operator.not_), "and": truth(lambda a, b: a and b), "or": truth(lambda a, b: a or b),
            "where": lambda c, a, b: a if c else b, "min": extreme(min), "max": extreme(max),
            "abs": abs, "sign": quiet(mp.sign), "floor": quiet(mp.floor), "ceil": quiet(mp.ceil),
            "round": quiet(mp.nint),
        }  # fmt: skip

    def _functions(self) -> dict[str, Callable[..., Any]]:
        """What mpmath computes with its caches and at raised precision."""
        mp, real = self._working, self._real
        one, zero, inf, nan = mp.mpf(1), mp.mpf(0), mp.inf, mp.nan

        def odd(x: Any) -> bool:
            # Its exponent is 0: the mantissas of mpmath are odd.
            return bool(x != 0 and mp.isint(x) and x._mpf_[2] == 0)

        def alike(x: Any) -> float:
            """A float of the same kind as x: sign, parity, and size relative to 1."""
            if mp.isinf(x) or x == 0:
                return float(x)
            kind = 0.5 if abs(x) < 1 else 1.0 if abs(x) == 1 else 3.0 if odd(x) else 2.0
            return math.copysign(kind if kind < 2.0 or mp.isint(x) else 2.5, x)

        def power(a: Any, b: Any) -> Any:
            if a == 0:
                return inf if b < 0 else (one if b == 0 else zero)
            if mp.isinf(a) or mp.isinf(b):  # as in IEEE 754; mpmath leaves some undefined
                return mp.mpf(FLOATS.primitives["pow"](alike(a), alike(b)))
            if abs(a) == 1 or abs(b) * (abs(mp.mag(a)) + 1) > LARGEST:
                sign = one if a > 0 else nan if not mp.isint(b) else -one if odd(b) else one
                size = b * mp.log(abs(a))
                if size == 0:
                    return sign
                if abs(size) > LARGEST:
                    return sign * (inf if size > 0 else zero)
            return a**b

        def near(function: Callable[[Any], Any], limit: int, left: Any, right: Any) -> Callable[..., Any]:
            """The function up to 2^limit on both sides, and its limits `left` and `right` beyond."""
            return real(lambda x: function(x) if mp.mag(x) <= limit else right if x > 0 else left)

        def wave(function: Callable[[Any], Any]) -> Callable[..., Any]:
            return near(function, self._farthest, nan, nan)

        def positive(function: Callable[[Any], Any]) -> Callable[..., Any]:
            return real(lambda x: function(x) if x > 0 else (-inf if x == 0 else nan))

        def cube_root(x: Any) -> Any:
            return mp.sign(x) * mp.cbrt(abs(x))

        def angle(a: Any, b: Any) -> Any:
            both = mp.isinf(a) and mp.isinf(b)  # NaN in mpmath before 1.4
            return mp.atan2(mp.sign(a), mp.sign(b)) if both else mp.atan2(a, b)

        def inverse_cosh(x: Any) -> Any:
            above = x - 1  # exact, so that nothing is lost near 1
            return mp.log1p(above + mp.sqrt(above * (above + 2))) if above >= 0 else nan

        def inverse_tanh(x: Any) -> Any:
            return mp.sign(x) * inf if abs(x) == 1 else mp.atanh(x)

        def integer_pole(function: Callable[[Any], Any], at_zero: Any, below: Any) -> Callable[..., Any]:
            def value(x: Any) -> Any:
                if x > 0 or x != mp.floor(x):
                    return function(x)
                return at_zero if x == 0 else below

            return real(value)

        def gamma(x: Any) -> Any:
            return mp.gamma(x) if mp.mag(x) <= 64 else inf if x > 0 else nan if mp.isinf(x) else zero

        def log_gamma(x: Any) -> Any:
            if mp.isinf(x):
                return inf
            return mp.loggamma(x) if x > 0 else mp.log(abs(mp.gamma(x)))

        def log_sum(*values: Any) -> Any:
            top = max(values)
            if mp.isinf(top):
                return top
            others = list(values)
            others.remove(top)
            rest = mp.fsum(mp.exp(v - top) for v in others if v - top > -LARGEST)
            return top + mp.log1p(rest)

        def polygamma(n: Any, x: Any) -> Any:
            if n < 0 or n != mp.floor(n) or n > 10_000 or x == -inf:
                return nan
            order = int(n)
            if x <= 0 and x == mp.floor(x):
                return inf if order % 2 else -inf if x == 0 and order == 0 else nan
            if mp.mag(x) > self._farthest and order:  # the first term of the asymptotic series (DLMF 5.15.8)
                return (-1) ** (order + 1) * mp.factorial(order - 1) / x**order
            if x > -1000 or not order:
                return mp.psi(order, x)
            # mpmath would take -x steps; the reflection (DLMF 5.15.6) takes one.
            cotangent = mp.cot(mp.pi * (x - mp.nint(x)))
            slope = zero
            for coefficient in _cotangent_slope(order):
                slope = slope * cotangent + coefficient
            return (-1) ** order * mp.psi(order, 1 - x) - slope * mp.pi ** (order + 1)

        def of_order(function: Callable[..., Any]) -> Callable[..., Any]:
            def value(n: Any, x: Any) -> Any:
                if not 0 <= n <= MOST_ORDER or n != mp.floor(n):
                    return nan
                return function(mp, int(n), x, mp.prec)

            return real(self._settled(value))

        return {
            "pow": real(power),
            "exp": near(mp.exp, 64, zero, inf), "expm1": near(mp.expm1, 64, -one, inf),
            "log": positive(mp.ln), "log2": positive(lambda x: mp.log(x, 2)), "log10": positive(mp.log10),
            "log1p": real(lambda x: mp.log1p(x) if x > -1 else (-inf if x == -1 else nan)),
            "sqrt": real(mp.sqrt), "cbrt": real(cube_root),
            "sin": wave(mp.sin), "cos": wave(mp.cos), "tan": wave(mp.tan),
            "asin": real(mp.asin), "acos": real(mp.acos), "atan": real(mp.atan), "atan2": real(angle),
            "sinh": near(mp.sinh, 64, -inf, inf), "cosh": near(mp.cosh, 64, inf, inf),
            "tanh": near(mp.tanh, 64, -one, one),
            "asinh": real(mp.asinh), "acosh": real(inverse_cosh), "atanh": real(inverse_tanh),
            "hypot": real(lambda *values: mp.sqrt(mp.fsum(v * v for v in values))),
            "erf": near(mp.erf, 40, -one, one), "erfc": near(mp.erfc, 40, 2 * one, zero),
            "gamma": integer_pole(gamma, inf, nan),
            "lgamma": integer_pole(self._settled(log_gamma), inf, inf),
            "digamma": integer_pole(self._settled(mp.digamma), -inf, nan),
            **{name: of_order(function) for name, function in IN_DIGITS.items()},
            "polygamma": real(self._settled(polygamma)), "logsumexp": real(self._settled(log_sum)),
        }  # fmt: skip


@cache
def _cotangent_slope(order: int) -> list[int]:
    """The coefficients, the highest first, by which (d/dx)^order cot(x) is a polynomial in cot(x)."""
    coefficients = [0, 1]
    for _ in range(order):  # cot' = -(1 + cot^2)
        slopes = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [0] * (len(slopes) + 2)
        for k, c in enumerate(slopes):
            coefficients[k] -= c
            coefficients[k + 2] -= c
    return coefficients[::-1]


@lru_cache(maxsize=8)
def of_digits(digits: int) -> Precise:
    """The arithmetic of a number of digits, one for all that ask for it."""
    return Precise(digits)


def _number_of(digits: int, parts: Any) -> Any:
    """A number that was pickled."""
    return of_digits(digits).mp.make_mpf(parts)
