"""Quantities to many digits: what decides where binary64 cannot tell two numbers apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from graphdiff.arithmetic.decimals import of_digits
from graphdiff.derivatives.quantities import Probe

# More and more digits, until a number stays the same. What binary64 can hold of the difference of
# two numbers that it can hold shows itself at the last of them.
DIGITS = (40, 80, 160, 320, 640, 1280)
# Two numbers are the same if they differ by less than this part.
SAME = Decimal("1e-12")
# When a number is to be known thoroughly, one that stays the same is believed from the first of
# these on, and one that stays below the least of binary64, or shrinks by the digits that are added, from
# the second on. Otherwise the first two of DIGITS are enough.
FIRM, GONE = 320, 640
LEAST = -330  # the exponent of numbers that binary64 does not distinguish from 0
# How many zeros of a quantity are followed that far in any case; later ones are believed at once
# as long as they agree with what is expected.
FOLLOWED = 1
# What all points of a check may cost together, in operations at 40 digits: some seconds.
MOST_OPERATIONS = 3_000_000


class Exact:
    """Measures the quantities of a probe to as many digits as they need."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.nodes = len(probe.graph) + sum(len(graph) for graph, _ in probe.derived.values())
        self.operations = 0  # so far
        self.zeros: Counter[int] = Counter()
        self.context = of_digits(DIGITS[1]).context  # in which the numbers are compared

    @cached_property
    def _constant(self) -> list[bool]:
        """For each quantity whether it is the same number at all points, because it depends on no input."""
        graph = self.probe.graph
        moved: list[set[int]] = []  # by node: the named nodes on which it depends
        names = {graph.node(name) for q in self.probe.quantities for name in q.wrt} | {
            *range(len(graph.inputs))
        }
        for node in range(len(graph)):
            arguments = graph.operation(node)[1] if node >= graph.first_operation else ()
            below = set().union(*[moved[k] for k in arguments])
            moved.append(below | {node} if node in names else below)
        found = []
        for q in self.probe.quantities:
            below = moved[graph.node(q.of)]
            found.append(any(graph.node(w) not in below for w in q.wrt) if q.wrt else not below)
        return found

    def is_constant(self, index: int) -> bool:
        return self._constant[index]

    def at(self, inputs: Mapping[str, float]) -> ExactPoint:
        return ExactPoint(self, inputs)

    @property
    def exhausted(self) -> bool:
        return self.operations > MOST_OPERATIONS


class ExactPoint:
    """The quantities at one point. Each number of digits is computed once, for all of them."""

    def __init__(self, exact: Exact, inputs: Mapping[str, float]) -> None:
        self.exact = exact
        self.inputs = inputs
        self._numbers: dict[int, list[Decimal]] = {}

    def number(self, index: int, thorough: bool, quick: bool = False) -> Decimal | None:
        """A quantity, by its place in the probe, to 12 digits; None if it has none or costs too much.

        `quick`: believe at once that a number is 0, or too small for binary64.
        """
        exact = self.exact
        constant = exact.is_constant(index)
        firm = FIRM if thorough and not constant else DIGITS[1]
        gone = DIGITS[1] if quick or constant or (not thorough and exact.zeros[index] >= FOLLOWED) else GONE
        before, digits_before, c = Decimal(0), 0, exact.context
        for digits in DIGITS:
            now = self._at(digits, index)
            if now is None:
                return None
            if digits_before:
                same = c.subtract(now, before).copy_abs() <= c.multiply(SAME, now.copy_abs())
                tiny = same and (now == 0 or now.adjusted() < LEAST)
                shrunk = now.copy_abs() <= c.scaleb(before.copy_abs(), -(digits - digits_before) * 4 // 5)
                if digits >= gone and (tiny or shrunk):
                    exact.zeros[index] += 1
                    return now if tiny else Decimal(0)
                if same and not tiny and digits >= firm:
                    return now
            before, digits_before = now, digits
        return None

    def _at(self, digits: int, index: int) -> Decimal | None:
        if digits not in self._numbers:
            if self.exact.exhausted:
                return None
            self.exact.operations += self.exact.nodes * (digits // DIGITS[0]) ** 2
            self._numbers[digits] = self.exact.probe.at(self.inputs, of_digits(digits))
        number = self._numbers[digits][index]
        return number if isinstance(number, Decimal) and number.is_finite() else None
