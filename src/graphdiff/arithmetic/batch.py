"""Rows of floats as NumPy arrays: one sweep for many points (the extra `batch`).

NumPy's elementwise functions where it has them, else the scalar function of `floats` on each
element. An undefined operation gives NaN in its row.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from graphdiff.arithmetic.floats import FLOATS, LEAST_SOUND, MOST_SOUND
from graphdiff.arithmetic.given import refuse
from graphdiff.arithmetic.masked import Masked
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, listing

# NumPy's functions of the same name; they agree with the math module's to a unit or two in the last place.
SAME = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "sign", "floor", "ceil",
    "sin", "cos", "tan", "sinh", "cosh", "tanh",
)  # fmt: skip
RENAMED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "round": "rint", "neg": "negative",
    "add": "add", "sub": "subtract", "mul": "multiply",
}  # fmt: skip
TESTS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "eq": "equal", "ne": "not_equal", "and": "logical_and", "or": "logical_or", "not": "logical_not",
}  # fmt: skip


class Batch(Masked):
    """binary64 arrays of one length, or scalars that stand for all rows.

    Integers, float32 and lists become float64 arrays. Raises GraphdiffError where NumPy is
    not installed.

    >>> import graphdiff
    >>> rows = graphdiff.evaluate("y = k*x^2", {"x": [1, 2, 3], "k": 0.5}, graphdiff.Batch())
    >>> rows["y"].tolist()
    [0.5, 2.0, 4.5]
    >>> graphdiff.backpropagate(rows, "y")["x"].tolist()
    [1.0, 2.0, 3.0]
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
        # As in floats, -0 is 0.
        primitives["div"] = lambda a, b: np.divide(a, b + 0.0)
        primitives["pow"] = lambda a, b: np.power(a + 0.0, b)
        primitives["atan2"] = lambda a, b: np.arctan2(a + 0.0, b + 0.0)
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

    def from_input(self, name: str, given: Any) -> Any:
        """A float for all rows, or an array of floats with one for each row."""
        if not isinstance(given, (list, tuple)) and not getattr(given, "ndim", 0):
            return FLOATS.from_input(name, given)
        try:
            rows = self.np.asarray(given)
        except ValueError:  # lists of different lengths
            refuse(name, given)
        if rows.ndim != 1:
            message = f"the value of '{name}' has {rows.ndim} dimensions: {rows.shape}"
            hint = "give one number for each row, as an array of one dimension"
            raise InputProblem(Diagnostic("input", message, hint=hint, node=name))
        if rows.dtype.kind == "O":  # Decimals, integers of any size: one by one
            return self.np.array([FLOATS.from_input(name, value) for value in rows])
        if rows.dtype.kind not in "iuf":
            refuse(name, given[0] if len(given) else given)
        return rows.astype(float, copy=False)

    def from_inputs(self, names: Iterable[str], given: Mapping[str, Any]) -> list[Any]:
        names = list(names)
        found = super().from_inputs(names, given)
        lengths = {name: len(rows) for name, rows in zip(names, found, strict=True) if self.np.ndim(rows)}
        if len(set(lengths.values())) > 1:
            shown = listing(f"{name} has {length:,}" for name, length in lengths.items())
            hint = "give each input one number for each row, or a single number for all"
            raise InputProblem(Diagnostic("input", f"the inputs differ in length: {shown}", hint=hint))
        return found

    def in_rows(self, sweep: Callable[[], list[Any]]) -> tuple[list[Any], list[int]]:
        """Only where NumPy reports that something left the range, numbers near its ends are suspect."""
        np = self.np
        events: list[str] = []

        def note(kind: str, flag: int) -> None:
            events.append(kind)

        with np.errstate(all="call", call=note):
            found = sweep()
            numbers = [n[1] if isinstance(n, tuple) else n for n in found if n is not None]
            if not events:
                return found, []
            sizes = [np.abs(rows) for rows in numbers]
            lost = reduce(np.logical_or, (~((size > LEAST_SOUND) & (size < MOST_SOUND)) for size in sizes))
        return found, np.flatnonzero(lost).tolist()

    def row(self, value: Any, row: int) -> float:
        return float(value[row] if self.np.ndim(value) else value)

    def put(self, found: list[Any], rows: Mapping[int, list[float | None]]) -> None:
        np, which = self.np, list(rows)
        numbers = np.array(list(rows.values()), dtype=float)  # NaN for None
        count = max(np.size(n[1] if isinstance(n, tuple) else n) for n in found if n is not None)
        for node, old in enumerate(found):
            condition, value = old if isinstance(old, tuple) else (None, old)
            if old is None or (np.ndim(value) == 0 and (numbers[:, node] == value).all()):
                continue
            new = np.array(np.broadcast_to(value, count))
            new[which] = numbers[:, node]
            if condition is not None:  # where nothing contributes, the value is not looked at
                absent = [row for row, those in rows.items() if those[node] is None]
                condition = np.array(np.broadcast_to(condition, count))
                condition[which] = 1.0
                condition[absent] = 0.0
            found[node] = (condition, new) if isinstance(old, tuple) else new

    def number(self, text: str) -> float:
        return FLOATS.number(text)

    def known(self, condition: Any) -> bool | None:
        if self.np.ndim(condition) == 0:
            return bool(condition)
        if condition.all():
            return True
        return None if condition.any() else False

    def is_finite(self, value: Any) -> bool:
        return True  # undefined rows are NaN, for the caller to count

    def is_nan(self, value: Any) -> bool:
        return False

    def text(self, value: Any) -> str:
        """The rows on one line, those in the middle left out where there are many."""
        if self.np.ndim(value) == 0:
            return FLOATS.text(float(value))
        return self.np.array2string(value, threshold=6, edgeitems=2, max_line_width=1000)  # type: ignore[no-any-return]
