"""mpmath numbers: binary floating point of any precision (the extra `precision`)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from graphdiff.arithmetic import Arithmetic
from graphdiff.diagnostics import Diagnostic, GraphdiffError

# Digits carried beyond those that are asked for and shown.
GUARD = 10


class Precise(Arithmetic):
    """Real numbers to `digits` decimal digits, computed with a few more, from mpmath.

    Raises GraphdiffError where mpmath is not installed.
    """

    def __init__(self, digits: int) -> None:
        super().__init__()
        try:
            import mpmath
        except ImportError:
            hint = "install it with  pip install 'graphdiff-cli[precision]'"
            raise GraphdiffError(Diagnostic("extra", "--precision needs mpmath", hint=hint)) from None
        self.name = f"{digits}-digit"
        self.digits = digits
        self.mp: Any = mpmath.MPContext()  # its own: another user's precision stays as it is
        self.mp.dps = digits + GUARD
        mp = self.mp
        self.one, self.zero, self.seed = mp.mpf(1), mp.mpf(0), mp.mpf(1)
        self.constants = {"pi": +mp.pi, "e": +mp.e, "tau": 2 * mp.pi, "inf": mp.inf}
        self.primitives = self._primitives()

    def number(self, text: str) -> Any:
        return self.mp.mpf(text)

    def text(self, value: Any) -> str:
        mp = self.mp
        if mp.isnan(value):
            return "nan"
        if mp.isinf(value):
            return "inf" if value > 0 else "-inf"
        if value == 0:
            return "0"
        text: str = mp.nstr(
            value, self.digits, strip_zeros=True, min_fixed=-5, max_fixed=max(16, self.digits)
        )
        return text[:-2] if text.endswith(".0") else text

    def is_finite(self, value: Any) -> bool:
        return bool(self.mp.isfinite(value))

    def _quiet(
        self, function: Callable[..., Any], pole: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """The function over the reals: NaN where mpmath raises or goes complex, else a pole's value."""
        mp = self.mp
        nan, mpf = mp.nan, mp.mpf

        def quiet(*arguments: Any) -> Any:
            if any(map(mp.isnan, arguments)):
                return nan
            try:
                value = function(*arguments)
            except (ValueError, ZeroDivisionError, OverflowError, mp.NoConvergence):
                return nan if pole is None else pole(*arguments)
            return value if isinstance(value, mpf) else nan

        return quiet

    def _primitives(self) -> dict[str, Callable[..., Any]]:
        mp, quiet = self.mp, self._quiet
        one, zero, inf, nan = self.one, self.zero, mp.inf, mp.nan

        def truth(test: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *arguments: one if test(*arguments) else zero

        def divide(a: Any, b: Any) -> Any:
            if b != 0:
                return a / b
            return nan if a == 0 or mp.isnan(a) or mp.isnan(b) else mp.sign(a) * inf

        def power(a: Any, b: Any) -> Any:
            if a == 0:
                return inf if b < 0 else (one if b == 0 else zero)
            if mp.isinf(a) or mp.isinf(b):  # mpmath leaves some of these undefined: IEEE 754 does not
                return mp.mpf(_floats_power(float(a), float(b)))
            return a**b

        def positive(function: Callable[[Any], Any]) -> Callable[..., Any]:
            return quiet(lambda x: function(x) if x > 0 else (-inf if x == 0 else nan))

        def extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
            return quiet(lambda *values: choose(values))

        def cube_root(x: Any) -> Any:
            return mp.sign(x) * mp.cbrt(abs(x))

        def inverse_tanh(x: Any) -> Any:
            return mp.sign(x) * inf if abs(x) == 1 else mp.atanh(x)

        def integer_pole(function: Callable[[Any], Any], at: Any) -> Callable[..., Any]:
            return quiet(lambda x: at if x <= 0 and x == mp.floor(x) else function(x))

        def log_gamma(x: Any) -> Any:
            if mp.isinf(x):
                return inf
            return mp.loggamma(x) if x > 0 else mp.log(abs(mp.gamma(x)))

        def log_sum(*values: Any) -> Any:
            top = max(values)
            return top if mp.isinf(top) else top + mp.log(mp.fsum(mp.exp(v - top) for v in values))

        def polygamma(n: Any, x: Any) -> Any:
            if n < 0 or n != mp.floor(n):
                return nan
            if x <= 0 and x == mp.floor(x):
                return inf if n % 2 else nan
            return mp.psi(int(n), x)

        def modulo(a: Any, b: Any) -> Any:
            if b == 0 or mp.isinf(a):
                return nan
            if mp.isinf(b):
                return a if a == 0 or (a > 0) == (b > 0) else b
            return a - b * mp.floor(a / b)

        return {
            "add": quiet(operator.add), "sub": quiet(operator.sub), "mul": quiet(operator.mul),
            "div": divide, "neg": operator.neg, "pow": quiet(power), "copy": lambda x: x,
            "lt": truth(operator.lt), "le": truth(operator.le), "gt": truth(operator.gt),
            "ge": truth(operator.ge), "eq": truth(operator.eq), "ne": truth(operator.ne),
            "not": truth(operator.not_), "and": truth(lambda a, b: a and b), "or": truth(lambda a, b: a or b),
            "where": lambda c, a, b: a if c else b,
            "exp": quiet(mp.exp), "expm1": quiet(mp.expm1),
            "log": positive(mp.ln), "log2": positive(lambda x: mp.log(x, 2)), "log10": positive(mp.log10),
            "log1p": quiet(lambda x: mp.log1p(x) if x > -1 else (-inf if x == -1 else nan)),
            "sqrt": quiet(mp.sqrt), "cbrt": quiet(cube_root), "abs": abs, "sign": quiet(mp.sign),
            "floor": quiet(mp.floor), "ceil": quiet(mp.ceil), "round": quiet(mp.nint),
            "sin": quiet(mp.sin), "cos": quiet(mp.cos), "tan": quiet(mp.tan),
            "asin": quiet(mp.asin), "acos": quiet(mp.acos), "atan": quiet(mp.atan), "atan2": quiet(mp.atan2),
            "sinh": quiet(mp.sinh), "cosh": quiet(mp.cosh), "tanh": quiet(mp.tanh),
            "asinh": quiet(mp.asinh), "acosh": quiet(mp.acosh), "atanh": quiet(inverse_tanh),
            "hypot": quiet(lambda *values: mp.sqrt(mp.fsum(v * v for v in values))),
            "mod": quiet(modulo), "min": extreme(min), "max": extreme(max),
            "erf": quiet(mp.erf), "erfc": quiet(mp.erfc),
            "gamma": integer_pole(mp.gamma, nan), "lgamma": integer_pole(log_gamma, inf),
            "digamma": integer_pole(mp.digamma, nan), "polygamma": quiet(polygamma), "logsumexp": quiet(log_sum),
        }  # fmt: skip


def _floats_power(a: float, b: float) -> float:
    from graphdiff.arithmetic.floats import FLOATS

    value: float = FLOATS.primitives["pow"](a, b)
    return value
