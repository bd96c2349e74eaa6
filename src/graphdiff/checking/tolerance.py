"""How far a computed value may be from an expected one."""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

from graphdiff.arithmetic.given import is_real
from graphdiff.diagnostics import Diagnostic, InputProblem

# The default absolute tolerance, pytest.approx's; and the smallest normal number of binary64.
ATOL, SMALLEST = 1e-12, sys.float_info.min


class Tolerance(NamedTuple):
    """|computed - expected| <= atol + rtol*|expected|, as in NumPy; the defaults are those of pytest.approx.

    The default `atol` (None) is scaled: at most ATOL, and at most ATOL times the natural size of
    the quantity, so that a number that is 1e-23 everywhere is compared as closely as one near 1.
    `ulp` replaces both: units in the last place of the expected value. NaN equals NaN only
    with `equal_nan`.
    """

    rtol: float = 1e-6
    atol: float | None = None
    ulp: float | None = None
    equal_nan: bool = False

    def excess(self, computed: float, expected: float, size: float = 1.0) -> float:
        """The difference in units of the tolerance: at most 1 passes."""
        if computed == expected:
            return 0.0
        if math.isnan(computed) or math.isnan(expected):
            return 0.0 if self.equal_nan and math.isnan(computed) and math.isnan(expected) else math.inf
        if math.isinf(computed) or math.isinf(expected):
            return math.inf
        difference = abs(computed - expected)
        allowed = self.allowed(expected, size)
        return difference / allowed if allowed else math.inf

    def allowed(self, expected: float, size: float = 1.0) -> float:
        """The largest difference that passes; `size`: the natural size of the quantity."""
        if self.ulp is not None:
            return self.ulp * math.ulp(expected)
        return self.absolute(size) + self.rtol * abs(expected)

    def absolute(self, size: float) -> float:
        """The absolute tolerance for a quantity of this natural size."""
        return ATOL * min(1.0, size) if self.atol is None else self.atol

    def agrees(self, computed: float, expected: float) -> bool:
        """Whether two numbers of full precision agree by the relative tolerance alone.

        Below the smallest normal number digits may have been lost on the way, and 0 may be all
        that is left of an underflow: such numbers do not agree in this sense.
        """
        if not SMALLEST <= abs(expected) < math.inf or not SMALLEST <= abs(computed) < math.inf:
            return False
        relative = self.ulp * math.ulp(expected) if self.ulp is not None else self.rtol * abs(expected)
        return abs(computed - expected) <= relative

    def only_absolute(self, computed: float, expected: float) -> bool:
        """Whether two finite numbers differ by more than the relative tolerance alone allows."""
        if self.ulp is not None or not math.isfinite(computed) or not math.isfinite(expected):
            return False
        return abs(computed - expected) > self.rtol * abs(expected)

    def __str__(self) -> str:
        if self.ulp is not None:
            return f"{self.ulp:g} ulp"
        return f"rtol {self.rtol:g}, atol {ATOL if self.atol is None else self.atol:g}"


def tolerance(
    rtol: float | None = None,
    atol: float | None = None,
    ulp: float | None = None,
    equal_nan: bool | None = None,
    base: Tolerance = Tolerance(),  # noqa: B008  (immutable)
) -> Tolerance:
    """The base with what is given in its place. Raises InputProblem for an invalid tolerance."""
    for name, value in (("rtol", rtol), ("atol", atol), ("ulp", ulp)):
        if value is not None and not (is_real(value) and 0.0 <= value <= sys.float_info.max):
            message = f"{name} must be finite and not negative, got {value!r}"
            raise InputProblem(Diagnostic("usage", message))
    if ulp is not None and (rtol is not None or atol is not None):
        message = "ulp cannot be combined with rtol or atol"
        raise InputProblem(Diagnostic("usage", message, hint="give one kind of tolerance"))
    if rtol is not None or atol is not None:
        base = base._replace(ulp=None)
    given = {"rtol": rtol, "atol": atol, "ulp": ulp, "equal_nan": equal_nan}
    return base._replace(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
