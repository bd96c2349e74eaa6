"""Rows of floats as NumPy arrays: one sweep for many points (the extra `batch`).

What NumPy has as an elementwise function is NumPy's; the rest is the scalar function
of `floats` on each element. Undefined operations give NaN in their rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import reduce
from typing import Any

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.masked import Masked
from graphdiff.diagnostics import Diagnostic, GraphdiffError

# Functions of NumPy's that agree with the math module's to a unit or two in the last place.
SAME = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "sign", "floor", "ceil",
    "sin", "cos", "tan", "sinh", "cosh", "tanh",
)  # fmt: skip
RENAMED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "round": "rint", "pow": "power", "neg": "negative",
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide",
}  # fmt: skip
TESTS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "eq": "equal", "ne": "not_equal", "and": "logical_and", "or": "logical_or", "not": "logical_not",
}  # fmt: skip


class Batch(Masked):
    """binary64 arrays of one length, or scalars that stand for all rows.

    Raises GraphdiffError where NumPy is not installed.
    """

    name = "binary64"
    one, zero, seed = 1.0, 0.0, (None, 1.0)
    constants = FLOATS.constants

    def __init__(self) -> None:
        super().__init__()
        try:
            self.np: Any = importlib.import_module("numpy")
        except ImportError:
            hint = "install it with  pip install 'graphdiff-cli[batch]'"
            raise GraphdiffError(Diagnostic("extra", "this needs NumPy", hint=hint)) from None
        np = self.np
        primitives: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in SAME}
        primitives.update((name, getattr(np, theirs)) for name, theirs in RENAMED.items())
        primitives.update((name, self._test(getattr(np, theirs))) for name, theirs in TESTS.items())
        primitives["truth"] = lambda x: np.where(np.not_equal(x, 0.0), 1.0, 0.0)
        primitives["copy"] = lambda x: x
        primitives["where"] = lambda c, a, b: np.where(np.not_equal(c, 0.0), a, b)
        primitives["min"] = lambda *values: reduce(np.minimum, values)
        primitives["max"] = lambda *values: reduce(np.maximum, values)
        for name, function in FLOATS.primitives.items():
            primitives.setdefault(name, self._elementwise(function))
        self.primitives = primitives

    def _test(self, function: Callable[..., Any]) -> Callable[..., Any]:
        where = self.np.where
        return lambda *arguments: where(function(*arguments), 1.0, 0.0)

    def _elementwise(self, function: Callable[..., float]) -> Callable[..., Any]:
        np = self.np

        def each(*arguments: Any) -> Any:
            rows = np.broadcast(*arguments) if len(arguments) > 1 else np.asarray(arguments[0])
            if rows.shape == ():
                return function(*map(float, arguments))
            filled = [np.broadcast_to(a, rows.shape).tolist() for a in arguments]
            return np.fromiter(map(function, *filled), dtype=float, count=rows.size)

        return each

    def number(self, text: str) -> float:
        return FLOATS.number(text)

    def known(self, condition: Any) -> bool | None:
        if self.np.ndim(condition) == 0:
            return bool(condition)
        if condition.all():
            return True
        return None if condition.any() else False

    def is_finite(self, value: Any) -> bool:
        return True  # undefined rows are NaN, and counted by the one who asked

    def is_nan(self, value: Any) -> bool:
        return False

    def text(self, value: Any) -> str:
        raise NotImplementedError("a batch is written row by row")
