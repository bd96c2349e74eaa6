"""Every row of the table of rules, tried against mpmath's own functions.

The points come from the row itself: its domain says where it is defined, and where
that begins and ends is found by bisection. Slopes are taken from values alone, so a
partial and the formula that it is meant to be cannot be wrong together.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import ORACLE, SMALLEST, exact, mp, slope_by_values, value_by_values

from graphdiff.arithmetic import Arithmetic, Formula
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.precise import Precise
from graphdiff.rules import BY_NAME, TABLE, Rule

every_rule = pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.name)

# Errors that are allowed, in units in the last place.
MOST_ULPS = 8

# Where a value, and a partial, is as accurate as that. Elsewhere the last place of an
# argument moves it by more, and so much more may it be wrong. Rows that are not here
# are as accurate as that everywhere.
VALUE_IS_SHARP = {"lgamma": "x > 0", "digamma": "x > 0", "polygamma": "x > 0", "logsumexp": "abs(y) > 1"}
PARTIAL_IS_SHARP = {"gamma": "x > 0", "lgamma": "x > 0", "digamma": "x > 0", "polygamma": "x > 0"}
# How much a partial's formula magnifies a rounding inside it: of b - 1, of x^2, of x - y.
PARTIAL_MAGNIFIES = {
    "pow": "where(a == 0, 0, abs(log(abs(a)))*max(abs(b), 1))",
    "erf": "x^2",
    "erfc": "x^2",
    "logsumexp": "max(abs(x), abs(y))",
}

MAGNITUDES = (
    5e-324, 3e-308, 1e-300, 1e-200, 1e-100, 1e-20, 1e-16, 1e-10, 1e-5, 1e-3, 0.1, 0.25, 0.3, 0.49999999,
    0.5, 0.50000001, 0.75, 0.9, 0.99999, 1.0, 1.00001, 1.4616321449683623, 1.5, 1.7, 2.0, 2.00001, 2.5, 3.0,
    math.pi / 2, math.pi, 4.0, 5.5, 10.0, 20.0, 26.0, 26.5, 36.7, 40.0, 100.0, 170.5, 300.0, 355.0, 372.0,
    700.0, 709.7, 745.0, 1e3, 1e5, 1e10, 1e15, 4503599627370497.5, 1e16, 1e22, 1e100, 1e200, 1e300, 1.7e308,
)  # fmt: skip
# More of what only many digits can tell apart.
TEXTS = ("1e-1000", "1e-45", "0.1", f"1.{'0' * 38}1", f"0.{'9' * 40}", f"0.5{'0' * 30}1", "12345.6789", "1e40")


def numbers(rule: Rule, seed: int) -> list[float]:
    """Numbers of all sizes, and where the domain of a function of one argument begins and ends."""
    found = [0.0, *(sign * m for m in MAGNITUDES for sign in (1.0, -1.0))]
    draw = random.Random(f"{rule.name} {seed}")
    found += [draw.uniform(-10.0, 10.0) for _ in range(40)]
    found += [draw.choice((1.0, -1.0)) * math.exp(draw.uniform(-40.0, 40.0)) for _ in range(40)]
    if len(rule.parameters) == 1 and not rule.variadic and rule.domain:
        found += edges_of_domain(rule, sorted(found))
    return found


def edges_of_domain(rule: Rule, ascending: list[float]) -> Iterator[float]:
    """The last floats inside the domain, and some that are a little further inside."""
    for left, right in zip(ascending, ascending[1:], strict=False):
        at_left, at_right = inside(rule, (left,)), inside(rule, (right,))
        if at_left == at_right:
            continue
        while math.nextafter(left, right) != right:
            middle = left / 2 + right / 2
            if not left < middle < right:
                middle = math.nextafter(left, right)
            if inside(rule, (middle,)) == at_left:
                left = middle
            else:
                right = middle
        edge, towards = (left, -math.inf) if at_left else (right, math.inf)
        for _ in range(4):
            yield edge
            edge = math.nextafter(edge, towards)


def points(rule: Rule, seed: int = 0, most: int = 200) -> Iterator[tuple[float, ...]]:
    """Points at which the row says that it is defined."""
    pool = numbers(rule, seed)
    draw = random.Random(seed)
    for count in arities(rule):
        some: Iterator[tuple[float, ...]] | list[tuple[float, ...]]
        if rule.name == "polygamma":  # all orders that matter, at all numbers
            some = [(float(k % 6), x) for k, x in enumerate(pool)]
        elif count == 1:
            some = [(x,) for x in pool]
        else:
            near = [tuple(draw.uniform(-5.0, 5.0) for _ in range(count)) for _ in range(most // 3)]
            some = [*near, *(tuple(draw.choice(pool) for _ in range(count)) for _ in range(most))]
        yield from (point for point in some if inside(rule, point))


def arities(rule: Rule) -> tuple[int, ...]:
    return (1, 2, 3, 5) if rule.variadic else (len(rule.parameters),)


def inside(rule: Rule, point: tuple[Any, ...], arithmetic: Arithmetic = FLOATS) -> bool:
    """Whether the row's own domain has the point."""
    return not rule.domain or bool(arithmetic.formula(rule.domain, rule)((None, *point)))


# For the domain around a point, at a distance that no float can have.
WIDE = Precise(1400)
NEARBY = WIDE.mp.mpf(2) ** -2400


def room(rule: Rule, point: tuple[float, ...], argument: int) -> int:
    """On how many sides of a point the domain goes on along an argument."""
    sides = 0
    for side in (-1, 1):
        there = [WIDE.mp.mpf(x) for x in point]
        there[argument] += side * NEARBY
        sides += inside(rule, tuple(there), WIDE)
    return sides


def partial(rule: Rule, env: tuple[Any, ...], argument: int, arithmetic: Arithmetic) -> Any:
    """d(value)/d(argument) as the row has it; None where there is no contribution."""
    for k, found in zip(range(argument + 1), arithmetic.partials_of[rule], strict=False):
        if k == argument:
            if found.slope is None or (found.taken is not None and not found.taken(env)):
                return None
            return found.slope(env)
    raise AssertionError("as many partials as arguments")


def formula(formulas: dict[str, str], rule: Rule, default: str, argument: int = 0) -> Formula:
    return FLOATS.formula(formulas.get(rule.name, default), rule, argument)


def moved(rule: Rule, point: tuple[float, ...], compute: Callable[[tuple[Any, ...]], Any]) -> Any:
    """How far a number moves when each argument in turn moves by a unit in its last place."""
    here, most = compute(exact(point)), mp.mpf(0)
    for argument, x in enumerate(point):
        for step in (math.ulp(x), -math.ulp(x)):
            there = (*point[:argument], x + step, *point[argument + 1 :])
            if inside(rule, there):
                most = max(most, abs(compute(exact(there)) - here))
    return most


class Judge:
    """Compares a row in floats with the oracle, at one point after the other."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.oracle = ORACLE[rule.name]
        self.compared = 0

    def at(self, point: tuple[float, ...]) -> None:
        """The value and all partials at a point."""
        rule = self.rule
        y = FLOATS.value_of[rule](*point)
        env = (y, *point)
        sharp = bool(formula(VALUE_IS_SHARP, rule, "1")(env))
        self.compare("the value", point, y, lambda at: value_by_values(self.oracle, at, 25), sharp, 1.0)
        if not math.isfinite(y) or (rule.kinks and FLOATS.kink(rule)(env)):
            return
        for argument in range(len(point)):
            got = partial(rule, env, argument, FLOATS)
            sides = room(rule, point, argument)
            if sides == 0 and got is not None:  # defined at this point alone: there is no slope
                assert math.isnan(got), f"{rule.name} at {point} by argument {argument}: {got!r}"
            if sides == 2:
                sharp = bool(formula(PARTIAL_IS_SHARP, rule, "1")(env))
                magnified = 1.0 + formula(PARTIAL_MAGNIFIES, rule, "0", argument)(env)
                self.compare(
                    f"the partial by argument {argument}", point, 0.0 if got is None else got,
                    lambda at, k=argument: slope_by_values(self.oracle, at, k, 25), sharp, magnified,
                )  # fmt: skip

    def compare(
        self, what: str, point: tuple[float, ...], got: float,
        compute: Callable[[tuple[Any, ...]], Any], sharp: bool, magnified: float,
    ) -> None:  # fmt: skip
        expected = compute(exact(point))
        where = f"{what} of {self.rule.name} at {point}: {got!r}, not {mp.nstr(expected, 20)}"
        self.compared += 1
        assert isinstance(got, float), where
        if abs(expected) >= mp.mpf(2) ** 1024:
            assert math.isinf(got), where
            assert (got > 0) == (expected > 0), where
            return
        if math.isinf(got):  # a few units before the end
            assert abs(expected) > mp.mpf(sys.float_info.max) * (1 - MOST_ULPS * magnified * 2.0**-53), where
            return
        assert not math.isnan(got), where
        error, unit = abs(mp.mpf(got) - expected), mp.mpf(math.ulp(float(expected)))
        allowed = max(MOST_ULPS * magnified * unit, SMALLEST)
        if error > allowed and not sharp:
            allowed += MOST_ULPS * moved(self.rule, point, compute)
        assert error <= allowed, f"{where} ({mp.nstr(error / unit, 3)} ulp, {mp.nstr(allowed / unit, 3)} allowed)"


@every_rule
def test_value_and_partials_in_floats(rule: Rule) -> None:
    judge = Judge(rule)
    for point in points(rule):
        judge.at(point)
    assert judge.compared > 50


@pytest.mark.campaign
@every_rule
@pytest.mark.parametrize("seed", range(1, 11))
def test_value_and_partials_in_floats_at_many_points(rule: Rule, seed: int) -> None:
    judge = Judge(rule)
    for point in points(rule, seed, 1000):
        judge.at(point)
    assert judge.compared > 50
