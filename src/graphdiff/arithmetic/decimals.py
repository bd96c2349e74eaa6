"""Decimal numbers of any number of digits and a very wide range of exponents, from the standard library.

They decide what binary64 cannot: a number that cancels to its last digits, or one that leaves
the range on the way. Sums, products, roots, exp and log are those of the module `decimal`; the
other functions are made of them in `series`. A value may be off by some units in the digits
carried beyond those asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    InvalidOperation,
    localcontext,
)
from functools import lru_cache, partial
from typing import Any

from graphdiff.arithmetic import Arithmetic, removable
from graphdiff.arithmetic.given import to_float
from graphdiff.arithmetic.series import FUNCTIONS, INF, NAN, ONE, TWO, ZERO, context, pi_of, total_of

Function = Callable[..., Decimal]

GUARD = 10  # digits carried beyond those that are asked for
FARTHEST = (
    400  # powers of ten from 1 of arguments near which functions with a removable singularity are computed
)


class Decimals(Arithmetic):
    """Decimal numbers of `digits` digits, carried with ten more. Nothing raises: NaN where undefined."""

    one, zero, seed = ONE, ZERO, ONE

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.name = f"{digits}-digit"
        self.digits = digits
        self.context = c = context(digits + GUARD)
        self.constants = {"pi": c.plus(pi_of(c.prec + 5)), "e": c.exp(ONE), "inf": INF}
        self.constants["tau"] = c.multiply(TWO, self.constants["pi"])
        self.times, self.plus, self.chained = c.multiply, c.add, c.multiply
        self.primitives = _operations(c) | {
            name: _of_numbers(function, c.prec) for name, function in (FUNCTIONS | REMOVABLE).items()
        }

    def __reduce__(self) -> Any:
        return of_digits, (self.digits,)

    def from_input(self, name: str, given: Any) -> Decimal:
        """Exactly the binary64 number."""
        return given if isinstance(given, Decimal) else Decimal(to_float(name, given))

    def number(self, text: str) -> Decimal:
        return self.context.create_decimal(text)

    def text(self, value: Decimal) -> str:
        return f"{value:.{self.digits}g}"

    def is_finite(self, value: Decimal) -> bool:
        return value.is_finite()


@lru_cache(maxsize=8)
def of_digits(digits: int) -> Decimals:
    """The arithmetic of a number of digits, one for all that ask for it."""
    return Decimals(digits)


class _Module:
    """What the functions of `removable` ask of a module, for decimals of this many digits."""

    def __init__(self, digits: int) -> None:
        self.pi = pi_of(digits)
        self.exp, self.expm1 = context(digits).exp, partial(FUNCTIONS["expm1"], digits)
        self.sin, self.cos = partial(FUNCTIONS["sin"], digits), partial(FUNCTIONS["cos"], digits)

    def floor(self, x: Decimal) -> Decimal:
        return x.to_integral_value(ROUND_FLOOR)


def _removable(function: Callable[..., Decimal]) -> Callable[..., Decimal]:
    """A function of `removable`; NaN where more digits cancel than are worth computing."""

    def of_order(digits: int, n: Decimal, x: Decimal) -> Decimal:
        if n != n.to_integral_value() or not 0 <= n <= removable.MOST_ORDER or abs(x.adjusted()) > FARTHEST:
            return INF if x == INF and function is removable.exprel else NAN
        work = digits + 20 + 2 * int(n) + abs(x.adjusted() if x else 0)
        with localcontext(context(work)):
            return function(_Module(work), int(n), x, 4 * work)

    return of_order


REMOVABLE = {
    "dexprel": _removable(removable.exprel), "dsinc": _removable(removable.sinc),
    "dbernoulli": _removable(removable.bernoulli),
}  # fmt: skip


def _of_numbers(function: Callable[..., Decimal], digits: int) -> Function:
    """A function of this many digits and of numbers, as one of numbers alone: NaN of NaN."""

    def quiet(*arguments: Decimal) -> Decimal:
        if any(x.is_nan() for x in arguments):
            return NAN
        try:
            return function(digits, *arguments)
        except InvalidOperation:  # NaN came of a step on the way, and was compared
            return NAN

    return quiet


def _operations(c: Context) -> dict[str, Function]:
    """What the module does itself."""

    def truth(test: Callable[..., object]) -> Function:
        return lambda *arguments: ONE if test(*arguments) else ZERO

    def ordered(*signs: int) -> Function:
        return lambda a, b: ONE if not (order := c.compare(a, b)).is_nan() and order in signs else ZERO

    def whole(rounding: str) -> Function:
        return lambda x: x if not x.is_finite() else x.to_integral_value(rounding)

    return {
        "add": c.add, "sub": c.subtract, "mul": c.multiply, "div": c.divide, "neg": c.minus,
        "copy": lambda x: x, "abs": c.abs, "sqrt": c.sqrt, "exp": c.exp, "log": c.ln, "log10": c.log10,
        "lt": ordered(-1), "le": ordered(-1, 0), "gt": ordered(1), "ge": ordered(1, 0),
        "eq": truth(lambda a, b: a == b), "ne": truth(lambda a, b: a != b),
        "not": truth(lambda a: not a), "and": truth(lambda a, b: a and b), "or": truth(lambda a, b: a or b),
        "where": lambda condition, a, b: a if condition else b,
        "floor": whole(ROUND_FLOOR), "ceil": whole(ROUND_CEILING), "round": whole(ROUND_HALF_EVEN),
        "hypot": lambda *values: c.sqrt(total_of(c, [c.multiply(v, v) for v in values])),
    }  # fmt: skip
