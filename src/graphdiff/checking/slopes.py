"""Slopes of a function from its values alone, in extended precision: no rule of differentiation is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from graphdiff.arithmetic.precise import Precise


class Side(NamedTuple):
    """A one-sided slope and a bound of its error."""

    slope: Any
    error: Any

    @property
    def grows(self) -> bool:
        """Whether the slope still grows as the step shrinks, as a square root's does at 0."""
        return bool(self.error > abs(self.slope) / 10 and abs(self.slope) > 1e3)


# The slopes on the left and on the right; None on a side where the function has no value.
Sides = tuple[Side | None, Side | None]


def unit_of(x: Any) -> Any:
    """The size beside which a step in x is small."""
    return min(abs(x), 1) if x else 1


class Curve:
    """A function near a point x, in extended precision; its value is None where it is undefined."""

    def __init__(self, value: Callable[[Any], Any], x: Any, arithmetic: Precise) -> None:
        self.value = value
        self.x = x
        self.mpf = arithmetic.mp.mpf

    def step(self, power: int) -> Any:
        """10^-power of x, or of 1 if x is larger: beyond, a sine turns within 1e-15 of x."""
        return self.mpf(10) ** -power * unit_of(self.x)

    def sides(self, power: int) -> Sides:
        """The slopes on both sides, from the steps 10^-power of x, a half and a quarter of it."""
        here = self.value(self.x)
        return self._side(here, -self.step(power)), self._side(here, self.step(power))

    def _side(self, here: Any, step: Any) -> Side | None:
        found = []
        for part in (1, self.mpf(1) / 2, self.mpf(1) / 4):
            there = self.value(self.x + step * part)
            if there is None or here is None:
                return None
            found.append((there - here) / (step * part))
        first, second = 2 * found[1] - found[0], 2 * found[2] - found[1]  # Richardson: order h drops out
        return Side(second, abs(second - first) + self.mpf(10) ** -30 * abs(second))

    def jumps(self, power: int) -> str:
        """How the value jumps at x, as floor does at an integer; "" if it does not.

        A jump keeps its height however small the step; a slope without bound does not.
        """
        here = self.value(self.x)
        said = []
        for side, sign in (("left", -1), ("right", 1)):
            there = [self.value(self.x + sign * self.step(p)) for p in (power, power + 20)]
            if here is None or any(v is None for v in there):
                continue
            heights = [v - here for v in there]
            if heights[1] and abs(heights[0] - heights[1]) <= abs(heights[1]) / 1000:
                said.append(f"{short(heights[1], signed=True)} on the {side}")
        return f"jumps by {' and '.join(said)}" if said else ""

    def keeps(self, sides: Sides, power: int, nothing: float) -> bool:
        """Whether the slopes stay the same with much smaller steps; those of x^1.1 at 0 do not."""
        for a, b in zip(sides, self.sides(power), strict=True):
            if a is None or b is None:
                if a is not b:
                    return False
            elif abs(a.slope - b.slope) > max(abs(a.slope) / 100, nothing):
                return False
        return True


def short(value: Any, signed: bool = False) -> str:
    """A slope for reading, to six digits."""
    return f"{float(value):{'+' if signed else ''}.6g}"
