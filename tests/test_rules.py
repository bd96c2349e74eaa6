"""Every row of the table of rules, tried against mpmath's own functions.

The points come from the row itself: its domain says where it is defined, and where
that begins and ends is found by bisection. Slopes are taken from values alone, so a
partial and the formula that it is meant to be cannot be wrong together.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations_with_replacement, pairwise, product
from typing import Any

import pytest
from support import (
    SMALLEST,
    Oracle,
    Unknown,
    derivative_by_values,
    exact,
    mp,
    oracle,
    slope_by_values,
    value_by_values,
)

from graphdiff.arithmetic import Arithmetic, Formula
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.precise import Precise
from graphdiff.derivatives.derivation import derive
from graphdiff.derivatives.second_order import hessian, hessian_times
from graphdiff.graph import Graph
from graphdiff.parsing import parse
from graphdiff.rules import BY_NAME, CALLABLE, TABLE, Rule
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.views import code

every_rule = pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.name)

# Errors that are allowed, in units in the last place.
MOST_ULPS = 8

# Where a value, and a partial, is as accurate as that. Elsewhere the last place of an
# argument moves it by more, and so much more may it be wrong. Rows that are not here
# are as accurate as that everywhere.
VALUE_IS_SHARP = {
    "lgamma": "x > 0",
    "digamma": "x > 0",
    "polygamma": "x > 0",
    "logsumexp": "abs(y) > 1",
    "dsinc": "n == 0",
    "dbernoulli": "n < 2",
    "logbase": "0",
}
PARTIAL_IS_SHARP = {
    "gamma": "x > 0",
    "lgamma": "x > 0",
    "digamma": "x > 0",
    "polygamma": "x > 0",
    "sinc": "0",
    "dsinc": "0",
    "dbernoulli": "0",
    "logbase": "0",
}
# How much a partial's formula magnifies a rounding inside it: of b - 1, of x^2, of x - y.
PARTIAL_MAGNIFIES = {
    "pow": "where(a == 0, 0, abs(log(abs(a)))*max(abs(b), 1))",
    "erf": "x^2",
    "erfc": "x^2",
    "dbernoulli": "n",
    "logsumexp": "abs(x - y)",
}

# Where a^(b - 1) in the partial of a^b is far from what it should be: an even b so large
# that b - 1 is b, and an a so small that 1/a overflows.
UNTRIED = {"pow": "a < 0 and abs(b) >= 2^53 or 0 < abs(a) < 1e-307"}

MAGNITUDES = (
    5e-324, 3e-308, 1e-300, 1e-200, 1e-100, 1e-20, 1e-16, 1e-10, 1e-5, 1e-3, 0.1, 0.25, 0.3, 0.49999999,
    0.5, 0.50000001, 0.75, 0.9, 0.99999, 1.0, 1.00001, 1.4616321449683623, 1.5, 1.7, 2.0, 2.00001, 2.5, 3.0,
    math.pi / 2, math.pi, 4.0, 5.5, 10.0, 20.0, 26.0, 26.5, 36.7, 40.0, 100.0, 170.5, 300.0, 355.0, 372.0,
    700.0, 709.7, 745.0, 1e3, 1e5, 1e10, 1e15, 4503599627370497.5, 1e16, 1e22, 1e100, 1e200, 1e300, 1.7e308,
)  # fmt: skip
# More of what only many digits can tell apart.
TEXTS = ("1e-400", "1e-45", "0.1", f"1.{'0' * 38}1", f"0.{'9' * 40}", f"0.5{'0' * 30}1", "12345.6789", "1e40")


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
    for left, right in pairwise(ascending):
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
    untried = formula(UNTRIED, rule, "0")
    for point in candidates(rule, seed, most):
        if inside(rule, point) and not untried((None, *point)):
            yield point


def candidates(rule: Rule, seed: int = 0, most: int = 200) -> Iterator[tuple[float, ...]]:
    """Points of all kinds, inside the domain or not."""
    pool = numbers(rule, seed)
    draw = random.Random(seed)
    for count in arities(rule):
        if rule.parameters[0] == "n":  # the first orders, at all numbers
            yield from ((float(k % 6), x) for k, x in enumerate(pool))
            yield from ((n, x) for n in (0.5, -1.0) for x in pool[:3])
        elif count == 1:
            yield from ((x,) for x in pool)
        else:
            yield (0.0,) * count
            yield from (
                tuple(draw.uniform(-5.0, 5.0) for _ in range(count)) for _ in range(most // 2 // count)
            )
            yield from (tuple(draw.choice(pool) for _ in range(count)) for _ in range(2 * most // count))


def arities(rule: Rule) -> tuple[int, ...]:
    return (1, 2, 4) if rule.variadic else (len(rule.parameters),)


def inside(rule: Rule, point: tuple[Any, ...], arithmetic: Arithmetic = FLOATS) -> bool:
    """Whether the row's own domain has the point."""
    return not rule.domain or bool(arithmetic.formula(rule.domain, rule)((None, *point)))


DIGITS_50 = Precise(50)
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


def partial_of(function: Oracle, argument: int) -> Callable[[tuple[Any, ...]], Any]:
    return lambda at: slope_by_values(function, at, argument, 25)


class Judge:
    """Compares a row in floats with the oracle, at one point after the other."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.oracle = oracle(rule)
        self.compared = 0

    def at_all(self, some: Iterable[tuple[float, ...]]) -> Judge:
        for point in some:
            self.at(point)
        return self

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
                assert not math.isfinite(got), f"{rule.name} at {point} by argument {argument}: {got!r}"
            if sides == 2:
                sharp = bool(formula(PARTIAL_IS_SHARP, rule, "1")(env))
                magnified = 1.0 + formula(PARTIAL_MAGNIFIES, rule, "0", argument)(env)
                self.compare(
                    f"the partial by argument {argument}", point, 0.0 if got is None else got,
                    partial_of(self.oracle, argument), sharp, magnified,
                )  # fmt: skip

    def compare(
        self, what: str, point: tuple[float, ...], got: float,
        compute: Callable[[tuple[Any, ...]], Any], sharp: bool, magnified: float,
    ) -> None:  # fmt: skip
        expected = compute(exact(point))
        where = f"{what} of {self.rule.name} at {point}: {got!r}, not {mp.nstr(expected, 20)}"
        assert isinstance(expected, mp.mpf), f"the domain has a point where there is nothing: {where}"
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
        assert error <= allowed, f"{where}: {float(error / unit):.3} units, not {float(allowed / unit):.3}"


@every_rule
def test_value_and_partials_in_floats(rule: Rule) -> None:
    assert Judge(rule).at_all(points(rule)).compared > 50


@pytest.mark.campaign
@every_rule
@pytest.mark.parametrize("seed", range(1, 11))
def test_value_and_partials_in_floats_at_many_points(rule: Rule, seed: int) -> None:
    assert Judge(rule).at_all(points(rule, seed, 1000)).compared > 50


def try_precise(rule: Rule, precise: Precise, some: Iterable[tuple[Any, ...]]) -> int:
    """Compare value and partials in many digits with the oracle's; how many comparisons that made."""
    function, compared = oracle(rule), 0

    def compare(what: str, point: tuple[Any, ...], got: Any, expected: Any, magnified: Any) -> None:
        where = f"{what} of {rule.name} at {point}: {got}, not {expected}"
        if expected and abs(mp.mag(expected)) > 2**64:  # beyond the largest number, or the smallest
            assert not precise.is_finite(got) or got == 0, where
            return
        # What a partial's formula magnifies has to fit into the digits that are carried and not shown.
        allowed = (1 + magnified * mp.mpf(10) ** -8) * mp.mpf(10) ** -precise.digits
        with mp.workdps(2 * precise.digits + 50):
            error = abs(exact((got,))[0] - expected)
            assert error <= max(abs(expected) * allowed, mp.mpf(2) ** -1100), where

    for point in some:
        exactly = exact(point)
        y = precise.value_of[rule](*point)
        compare("the value", point, y, value_by_values(function, exactly, precise.digits + 5), 0)
        compared += 1
        env = (y, *point)
        if not precise.is_finite(y) or (rule.kinks and precise.kink(rule)(env)):
            continue
        for argument in range(len(point)):
            if room(rule, point, argument) == 2:
                got = partial(rule, env, argument, precise)
                text = PARTIAL_MAGNIFIES.get(rule.name, "0")
                compare(
                    f"the partial by argument {argument}", point, precise.zero if got is None else got,
                    slope_by_values(function, exactly, argument, precise.digits + 5),
                    precise.formula(text, rule, argument)(env),
                )  # fmt: skip
                compared += 1
    return compared


def precise_points(rule: Rule, precise: Precise, every: int) -> Iterator[tuple[Any, ...]]:
    """Some points that floats have, and some that they do not have."""
    number = precise.mp.mpf
    floats = [*points(rule)]
    yield from (tuple(map(number, point)) for point in floats[:: max(1, len(floats) // every)])
    texts = [precise.number(text) for text in TEXTS[:: 1 if every > 20 else 3]]
    for count in arities(rule):
        for k, x in enumerate(texts):
            order = (number(k % 3),) if rule.parameters[0] == "n" else ()
            point = (*order, *((x, *texts[k + 1 :], *texts) * 2)[: count - len(order)])
            if inside(rule, point, precise):
                yield point


@every_rule
@pytest.mark.parametrize(("digits", "every"), [(50, 40), (200, 5)])
def test_value_and_partials_in_many_digits(rule: Rule, digits: int, every: int) -> None:
    precise = Precise(digits)
    assert try_precise(rule, precise, precise_points(rule, precise, every)) > 10


@pytest.mark.parametrize("rule", [rule for rule in TABLE if rule.domain], ids=lambda rule: rule.name)
def test_there_is_no_value_outside_the_domain(rule: Rule) -> None:
    outside = [point for point in candidates(rule) if not inside(rule, point)]
    assert outside
    precise = DIGITS_50.value_of[rule]
    for point in outside:
        assert not math.isfinite(FLOATS.value_of[rule](*point)), point
        assert not DIGITS_50.is_finite(precise(*map(DIGITS_50.mp.mpf, point))), point


# A test that cannot fail shows nothing: here rows are made wrong, and have to be found out.


def rewritten(rule: Rule, **changes: Any) -> Rule:
    """A row like another one, but for some of its formulas."""
    kept = {
        "value": rule.value, "taken": rule.taken, "lazy": rule.lazy, "domain": rule.domain,
        "kinks": rule.kinks, "partials": rule.partials,
    }  # fmt: skip
    parameters = " ".join(rule.parameters) + "..." * rule.variadic
    return Rule(rule.name, parameters, **{**kept, **changes})


def assert_caught(wrong: Rule) -> None:
    with pytest.raises((AssertionError, Unknown)):
        Judge(wrong).at_all(points(wrong))


def wrong_partials() -> Iterator[Any]:
    for rule in TABLE:
        for k, formula in enumerate(rule.partials):
            name = f"{rule.name}-{rule.parameters[k]}"
            if formula is None:
                yield pytest.param(rule, k, "0.000001", id=f"{name}-not-constant")
            else:
                # The second is wrong by a thousandth of a millionth of a millionth, no more.
                yield pytest.param(rule, k, f"({formula}) + 0.000001", id=f"{name}-plus")
                yield pytest.param(rule, k, f"({formula})*1.000000000001", id=f"{name}-times")
                yield pytest.param(rule, k, None, id=f"{name}-forgotten")


@pytest.mark.parametrize(("rule", "argument", "formula"), [*wrong_partials()])
def test_a_wrong_partial_is_caught(rule: Rule, argument: int, formula: str | None) -> None:
    partials = [*rule.partials]
    partials[argument] = formula
    assert_caught(rewritten(rule, partials=partials))


# What `and` and `or` take is for errors to say: their derivative is none anyway.
CONDITIONAL = [rule for rule in TABLE if any(rule.taken) and rule.name not in ("and", "or")]


@pytest.mark.parametrize("rule", CONDITIONAL, ids=lambda rule: rule.name)
def test_a_forgotten_condition_is_caught(rule: Rule) -> None:
    assert_caught(rewritten(rule, taken=()))


@pytest.mark.parametrize(
    "wrong",
    [
        # Right on paper, and wrong far out, near an edge or where two numbers cancel.
        rewritten(BY_NAME["tanh"], partials=["1 - y^2"]),
        rewritten(BY_NAME["coth"], partials=["1 - y^2"]),
        rewritten(BY_NAME["csch"], value="2/(exp(x) - exp(-x))"),
        rewritten(BY_NAME["sech"], value="2/(exp(x) + exp(-x))", partials=["-sinh(x)/cosh(x)^2"]),
        rewritten(BY_NAME["asin"], partials=["1/sqrt(1 - x^2)"]),
        rewritten(BY_NAME["acosh"], partials=["1/sqrt(x^2 - 1)"]),
        rewritten(BY_NAME["atanh"], partials=["1/(1 - x^2)"]),
        rewritten(BY_NAME["asinh"], partials=["1/sqrt(1 + x^2)"]),
        rewritten(BY_NAME["sigmoid"], partials=["y*(1 - y)"]),
        rewritten(BY_NAME["logit"], value="log(x) - log(1 - x)"),
        rewritten(BY_NAME["softplus"], value="log(1 + exp(x))"),
        rewritten(BY_NAME["softplus"], partials=["1 - exp(-y)"]),
        rewritten(BY_NAME["atan2"], partials=["b/(a^2 + b^2)", "-a/(a^2 + b^2)"]),
        rewritten(BY_NAME["cbrt"], partials=["y/(3*x)"]),
        rewritten(BY_NAME["exp2"], value="exp(x*log(2))"),
        rewritten(BY_NAME["sqrt"], domain="x > -1"),
        rewritten(BY_NAME["log"], domain=""),
    ],
    ids=lambda rule: f"{rule.name} {rule.value or rule.partials[0]} {rule.domain}",
)
def test_a_formula_that_is_right_on_paper_is_caught(wrong: Rule) -> None:
    assert_caught(wrong)


def orders(rule: Rule, count: int) -> tuple[Graph, dict[tuple[int, ...], int]]:
    """A program with the first three derivatives of a row, and the nodes of the second and third."""
    names = [f"x{k}" for k in range(count)]
    call = f"{rule.name}({', '.join(names)})"
    if rule.infix and rule.name != "pow":
        call = f" {rule.infix} ".join(names) if count == 2 else f"{rule.infix} {names[0]}"
    definitions = [f"y = {call}"]
    for order in (1, 2, 3):
        for by in combinations_with_replacement(range(count), order):
            *before, last = by
            definitions.append(f"{name_of(by)} = diff({name_of(before)}, x{last})")
    graph = parse("; ".join(definitions))
    found = [by for order in (2, 3) for by in combinations_with_replacement(range(count), order)]
    return graph, {by: graph.node(name_of(by)) for by in found}


def name_of(by: Iterable[int]) -> str:
    return "_".join(["y", *map(str, by)])


# As first derivatives, and once more for each of the operations that differentiating makes.
MOST_ULPS_AGAIN = 50


def try_again(rule: Rule, some: Iterable[tuple[float, ...]]) -> int:
    """Compare second and third derivatives in floats with the oracle's; how many comparisons that made."""
    function, compared = oracle(rule), 0
    graphs: dict[int, tuple[Graph, dict[tuple[int, ...], int]]] = {}
    for point in some:
        if len(point) > 3 or not all(x == 0 or 1e-100 <= abs(x) <= 1e100 for x in point):
            continue
        env = (FLOATS.value_of[rule](*point), *point)
        if not math.isfinite(env[0]) or (rule.kinks and FLOATS.kink(rule)(env)):
            continue
        if len(point) not in graphs:
            graphs[len(point)] = orders(rule, len(point))
        graph, nodes = graphs[len(point)]
        values = evaluate(graph, {f"x{k}": x for k, x in enumerate(point)}).numbers()
        for by, node in nodes.items():
            if rule.parameters[0] == "n" and 0 in by:
                continue  # by the order there is no derivative
            if all(room(rule, point, k) == 2 for k in by):
                compare_again(rule, point, by, values[node], function)
                compared += 1
    return compared


def compare_again(
    rule: Rule, point: tuple[float, ...], by: tuple[int, ...], got: float, function: Oracle
) -> None:
    def compute(at: tuple[Any, ...]) -> Any:
        return derivative_by_values(function, at, by, 25)

    try:
        expected = compute(exact(point))
    except Unknown:  # so small that no digits of the values show it
        return
    where = f"the derivative of {rule.name} by {by} at {point}: {got!r}, not {mp.nstr(expected, 20)}"
    if abs(expected) >= mp.mpf(2) ** 1020:
        assert abs(got) > 1e306, where
        return
    assert math.isfinite(got), where
    error = abs(mp.mpf(got) - expected)
    if error > MOST_ULPS_AGAIN * abs(expected) * mp.mpf(2) ** -53 + mp.mpf(10) ** -290:
        # Where the last place of an argument moves it by more, so much more may it be wrong.
        assert error <= MOST_ULPS_AGAIN * (abs(expected) * mp.mpf(2) ** -53 + moved(rule, point, compute)), (
            where
        )


def some_points(rule: Rule, seed: int, most: int) -> list[tuple[float, ...]]:
    found = [*points(rule, seed)]
    random.Random(seed).shuffle(found)
    return found[:most]


smooth = pytest.mark.parametrize(
    "rule", [rule for rule in TABLE if any(rule.partials) and rule.name != "copy"], ids=lambda rule: rule.name
)


@smooth
def test_a_row_stays_accurate_when_it_is_differentiated_again(rule: Rule) -> None:
    assert try_again(rule, some_points(rule, 0, 15)) > 5


@pytest.mark.campaign
@smooth
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_row_stays_accurate_when_it_is_differentiated_again_at_many_points(rule: Rule, seed: int) -> None:
    assert try_again(rule, some_points(rule, seed, 150)) > 50


@pytest.mark.parametrize(
    "wrong",
    [
        rewritten(BY_NAME["asin"], partials=["1/(sqrt(1 - x)*sqrt(1 + x))"]),
        rewritten(BY_NAME["atanh"], partials=["1/((1 - x)*(1 + x))"]),
        rewritten(BY_NAME["sigmoid"], partials=["y*sigmoid(-x)"]),
        rewritten(BY_NAME["tanh"], partials=["4*sigmoid(2*x)*sigmoid(-2*x)"]),
        rewritten(BY_NAME["hypot"], partials=["where(y == 0, 0, x/y)"]),
        rewritten(BY_NAME["logsumexp"], partials=["exp(x - y)"]),
    ],
    ids=lambda rule: f"{rule.name} {rule.partials[0]}",
)
def test_a_partial_that_cancels_when_it_is_differentiated_again_is_caught(
    wrong: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BY_NAME, wrong.name, wrong)
    monkeypatch.setitem(CALLABLE, wrong.name, wrong)
    with pytest.raises(AssertionError):
        try_again(wrong, some_points(wrong, 0, 100))


# Program, inputs, and its second or third derivative by x: from mpmath, or by hand.
AGAIN = [
    ("hypot(x, 1)", 1e5, 2, 9.9999999985e-16),
    ("hypot(x, 3, 4)", 1e5, 2, 2.499999990625e-14),
    ("logsumexp(x, 0)", 50.0, 2, 1.9287498479639178e-22),
    ("logsumexp(x, 0, 0)", 50.0, 2, 3.8574996959278356e-22),
    ("logsumexp(x)", 2.0, 2, 0.0),
    ("asin(x)", 1e-10, 2, 1e-10),
    ("tanh(x)", 1e-17, 2, -2e-17),
    ("atan(x)", 1e80, 2, -2e-240),
    ("sigmoid(x)", 1e-10, 2, -1.25e-11),
    ("softplus(x)", 1e-10, 3, -1.25e-11),
    ("exprel(x)", 0.0, 3, 0.25),
    ("bernoulli(x)", 0.0, 2, 1 / 6),
    ("bernoulli(x)", 0.0, 3, 0.0),
    ("bernoulli(x)", -700.0, 2, 698.0 * 9.85967654375977e-305),
    ("sinc(x)", 0.0, 2, -(math.pi**2) / 3),
    ("xlogy(x, x)", 2.0, 3, -0.25),
    ("log(x, 2)", 2.0, 2, -0.25 / math.log(2.0)),
]


@pytest.mark.parametrize(("program", "x", "order", "expected"), AGAIN)
def test_known_derivatives_of_higher_order(program: str, x: float, order: int, expected: float) -> None:
    lines = [f"y0 = {program}", *(f"y{k + 1} = diff(y{k}, x)" for k in range(order))]
    found = evaluate(parse("; ".join(lines)), {"x": x})[f"y{order}"]
    assert found == pytest.approx(expected, rel=1e-13, abs=1e-320)
    slope = f"y{order - 1}"
    graph = parse("; ".join(lines[:-1]))
    assert backpropagate(evaluate(graph, {"x": x}), slope)["x"] == pytest.approx(
        expected, rel=1e-13, abs=1e-320
    )
    if order == 2:
        graph = parse(lines[0])
        rate = hessian_times(graph, {"x": x}, "y0", {"x": 1.0})["x"]
        assert rate == pytest.approx(expected, rel=1e-13, abs=1e-320)
        assert hessian(graph, {"x": x}, "y0", ["x"]).get(("x", "x"), 0.0) == pytest.approx(
            expected, rel=1e-13
        )


def test_a_sum_of_a_thousand_exponentials_is_linear() -> None:
    """Each argument's share needs the sum of the others: both directions, counted once for all."""
    names = [f"x{k}" for k in range(1000)]
    graph = parse(f"y = logsumexp({', '.join(names)})")
    slopes = backpropagate(evaluate(graph, dict.fromkeys(names, 1e16)), "y")
    assert all(slopes[name] == pytest.approx(0.001, rel=1e-12) for name in names)
    assert len(parse("\n".join(code.lines(derive(graph), "graphdiff"))).operations) < 12_000


def hyperbolic(name: str, x: Any) -> list[Any]:
    """The value and the first three derivatives: they cancel only at their zeros."""
    t, s, c, k = (function(x) for function in (mp.tanh, mp.sech, mp.csch, mp.coth))
    return {
        "tanh": [t, s**2, -2 * t * s**2, s**2 * (4 * t**2 - 2 * s**2)],
        "sech": [s, -s * t, s * (t**2 - s**2), s * t * (5 * s**2 - t**2)],
        "csch": [c, -c * k, c * (k**2 + c**2), -c * k * (5 * c**2 + k**2)],
        "coth": [k, -(c**2), 2 * k * c**2, -2 * c**2 * (2 * k**2 + c**2)],
    }[name]


@pytest.mark.parametrize("name", ["tanh", "sech", "csch", "coth"])
def test_hyperbolic_functions_stay_accurate_when_they_are_differentiated_again(name: str) -> None:
    definitions = [f"y0 = {name}(x)", *(f"y{k + 1} = diff(y{k}, x)" for k in range(3))]
    graph = parse("; ".join(definitions))
    for x in [sign * m for m in MAGNITUDES for sign in (1.0, -1.0)]:
        values = evaluate(graph, {"x": x})
        with mp.workdps(900):
            right = hyperbolic(name, mp.mpf(x))
        for order, expected in enumerate(right):
            got = values.rounded(f"y{order}")
            if abs(expected) >= mp.mpf(2) ** 1024:
                assert got == math.copysign(math.inf, expected), (x, order)
            else:  # at the zeros of the higher derivatives digits are lost as they must be
                assert abs(got - expected) <= 1e-13 * abs(expected) + SMALLEST, (x, order)


# All kinds of numbers that a program can meet, in all combinations.
KINDS = (
    -math.inf, -1e300, -3.0, -2.5, -1.0, -0.5, -1e-300, 0.0, 5e-324, 0.25, 0.5, 1.0, 1.5, 2.0, 5.0, 1e300,
    math.inf, math.nan,
)  # fmt: skip


def combinations(rule: Rule, kinds: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    return product(kinds, repeat=2 if rule.variadic else len(rule.parameters))


@every_rule
def test_no_number_raises_an_exception_in_floats(rule: Rule) -> None:
    for point in combinations(rule, (*KINDS, -0.0, 1e17, 201.0)):
        y = FLOATS.value_of[rule](*point)
        assert isinstance(y, float), point
        for argument in range(len(point)):
            assert isinstance(partial(rule, (y, *point), argument, FLOATS), float | None), point


@every_rule
def test_both_arithmetics_mean_the_same(rule: Rule) -> None:
    """The same is undefined, infinite, or nearly the same number: infinite arguments included."""
    for point in combinations(rule, KINDS):
        if any(map(math.isnan, point)) and rule.name in ("pow", "hypot"):
            continue  # to IEEE 754, NaN^0 is 1 and hypot(inf, NaN) is inf; to mpmath they are NaN
        if rule.name == "polygamma" and point[0] > 10_000:
            continue  # orders that mpmath would take forever for
        y = FLOATS.value_of[rule](*point)
        precise = DIGITS_50.value_of[rule](*map(DIGITS_50.mp.mpf, point))
        if DIGITS_50.is_finite(precise) and precise and abs(DIGITS_50.mp.mag(precise)) > 970:
            continue  # a size that floats can hardly tell from 0 or from infinity
        assert y == pytest.approx(float(precise), rel=1e-12, nan_ok=True), point


def test_a_number_is_read_to_the_last_digit() -> None:
    graph = parse("x = 0.1; y = 0.2; z = x + y")
    assert DIGITS_50.text(evaluate(graph, {}, DIGITS_50)["z"]) == "0.3"
    third = evaluate(parse("1/3"), {}, DIGITS_50)["out"]
    assert DIGITS_50.text(third) == "0." + "3" * 50
    assert DIGITS_50.text(DIGITS_50.constants["pi"]) == "3.1415926535897932384626433832795028841971693993751"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e999999999999999999999999999", "inf"),
        ("0e999999999999999999999999999", "0"),
        ("1e-99999999999999999999999999", "0"),
        ("9" * 5000, f"1{'0' * 5000}"),
        ("1e123456789", "1.0e+123456789"),
    ],
)
def test_numbers_of_any_length_are_read(text: str, expected: str) -> None:
    shown = DIGITS_50.text(DIGITS_50.number(text))
    assert shown in (expected, f"1.0e+{len(expected) - 1}")


@pytest.mark.parametrize("digits", [3000, 4001, 8999])
def test_long_numbers_are_read_to_the_last_digit(digits: int) -> None:
    precise = Precise(9000)
    drawn = random.Random(digits)
    text = "".join(drawn.choice("0123456789") for _ in range(digits - 1)) + "7"
    assert precise.text(precise.number(f"0.{text}")) == f"0.{text}"
    assert precise.text(precise.number(f"1{text[:50]}.{text[50:]}e-51")) == f"0.1{text}"
    assert precise.text(precise.number(f"-3.{text[:8000]}E-2")) == f"-0.03{text[:8000]}".rstrip("0")


@every_rule
def test_enormous_numbers_are_quick(rule: Rule) -> None:
    """No size of a number makes mpmath compute for ever, or fill the memory."""
    mp_ = DIGITS_50.mp
    huge = [mp_.ldexp(mp_.mpf(1.1), k) for k in (2**16, 10**9, 2**63, -(2**63))]
    count = 1 if rule.variadic else len(rule.parameters)
    for point in product([*huge, *(-x for x in huge), mp_.mpf(3), mp_.mpf(-0.5)], repeat=count):
        DIGITS_50.text(DIGITS_50.value_of[rule](*point))


# Function, arguments, value, partials: what they are, from mpmath, to all digits of a float.
KNOWN: list[tuple[str, tuple[float, ...], float, tuple[float, ...]]] = [
    ("tanh", (20.0,), 1.0, (1.6993417021166355e-17,)),
    ("tanh", (300.0,), 1.0, (1.0601586212017243e-260,)),
    ("sech", (744.0,), 1e-323, (-1e-323,)),
    ("sech", (-20.0,), 4.122307244877115e-09, (4.122307244877115e-09,)),
    ("csch", (1e-300,), 1e300, (-math.inf,)),
    ("csch", (-740.0,), -4.2e-322, (-4.2e-322,)),
    ("coth", (1e-150,), 1e150, (-1e300,)),
    ("coth", (-20.0,), -1.0, (-1.6993417021166355e-17,)),
    ("sigmoid", (40.0,), 1.0, (4.248354255291589e-18,)),
    ("sigmoid", (-700.0,), 9.85967654375977e-305, (9.85967654375977e-305,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-700.0,), 9.85967654375977e-305, (9.85967654375977e-305,)),
    ("logsumexp", (1000.0, 1000.0), 1000.6931471805599, (0.5, 0.5)),
    ("logsumexp", (-1000.0, 0.0), 0.0, (0.0, 1.0)),
    ("logsumexp", (-50.0, 0.0), 1.9287498479639178e-22, (1.9287498479639178e-22, 1.0)),
    ("logsumexp", (-1e+300, 1e+300), 1e+300, (0.0, 1.0)),
    ("logit", (0.5000000001,), 4.000000330961484e-10, (4.0,)),
    ("logit", (0.5,), 0.0, (4.0,)),
    ("logit", (1e-300,), -690.7755278982137, (9.999999999999999e+299,)),
    ("logit", (0.9999999999999999,), 36.7368005696771, (9007199254740994.0,)),
    ("expm1", (1e-20,), 1e-20, (1.0,)),
    ("log1p", (1e-20,), 1e-20, (1.0,)),
    ("log1p", (-0.9999999999999999,), -36.7368005696771, (9007199254740992.0,)),
    ("digamma", (1.4616321449683622,), -9.241265521729427e-17, (0.9676722454476212,)),
    ("digamma", (1.4616321449683625,), 1.2245374622004068e-16, (0.9676722454476211,)),
    ("digamma", (-0.9999999999,), -9999999172.173574, (9.999998345192786e+19,)),
    ("digamma", (-0.5,), 0.03648997397857652, (8.934802200544679,)),
    ("digamma", (1e-300,), -9.999999999999999e+299, (math.inf,)),
    ("polygamma", (1.0, -3.5), 9.620879298050347, (0.0, -0.061556821321027695)),
    ("polygamma", (2.0, 0.3), -75.27253658872604, (0.0, 743.1417646550498)),
    ("polygamma", (3.0, 1e-50), 6e+200, (0.0, -2.4e+251)),
    ("polygamma", (4.0, 20.0), -4.140597772639667e-05, (0.0, 8.48426620615823e-06)),
    ("polygamma", (5.0, -0.25), 492198.7533428746, (0.0, 11791071.073496904)),
    ("polygamma", (1.0, 1e+200), 1e-200, (0.0, 0.0)),
    ("polygamma", (200.0, 1000.0), -4.3508192705971016e-228, (0.0, 8.705845670328497e-229)),
    ("lgamma", (-3.5,), -1.309006684993042, (1.388870926359529,)),
    ("gamma", (-3.5,), 0.2700882058522691, (0.37511765666082414,)),
    ("gamma", (-170.3,), -1.1449279983878122e-307, (-8.49879524032075e-307,)),
    ("lgamma", (1.0000000001,), -5.772157125783244e-11, (-0.5772156647370394,)),
    ("lgamma", (2.0000000001,), 4.2278437011204657e-11, (0.42278433516296055,)),
    ("lgamma", (1e+300,), 6.897755278982137e+302, (690.7755278982137,)),
    ("gamma", (171.5,), 9.4833675668248e+307, (math.inf,)),
    ("atan2", (1.0, 1.0), 0.7853981633974483, (0.5, -0.5)),
    ("atan2", (1.0, -1.0), 2.356194490192345, (-0.5, -0.5)),
    ("atan2", (-1.0, -1.0), -2.356194490192345, (-0.5, 0.5)),
    ("atan2", (-1.0, 1.0), -0.7853981633974483, (0.5, 0.5)),
    ("atan2", (1e-300, -1e-300), 2.356194490192345, (-4.9999999999999995e+299, -4.9999999999999995e+299)),
    ("atan2", (1e+300, 1e+300), 0.7853981633974483, (5e-301, -5e-301)),
    ("mod", (7.5, 2.0), 1.5, (1.0, -3.0)),
    ("mod", (-7.5, 2.0), 0.5, (1.0, 4.0)),
    ("mod", (7.5, -2.0), -0.5, (1.0, 4.0)),
    ("mod", (-7.5, -2.0), -1.5, (1.0, -3.0)),
    ("cbrt", (-8.0,), -2.0, (0.08333333333333333,)),
    ("cbrt", (-1e-300,), -1e-100, (3.3333333333333334e+199,)),
    ("hypot", (3e+200, 4e+200, 1.2e+201),
     1.3e+201, (0.23076923076923078, 0.3076923076923077, 0.9230769230769231)),
    ("hypot", (3e-200, 4e-200, 1.2e-199),
     1.3e-199, (0.23076923076923078, 0.3076923076923077, 0.9230769230769231)),
    ("asin", (0.9999999999999999,), 1.5707963118937354, (67108864.0,)),
    ("asin", (-0.9999999999999999,), -1.5707963118937354, (67108864.0,)),
    ("acos", (0.9999999999999999,), 1.4901161193847656e-08, (-67108864.0,)),
    ("acosh", (1.0000000000000002,), 2.1073424255447014e-08, (47453132.81212577,)),
    ("acosh", (1e+300,), 691.4686750787737, (1e-300,)),
    ("asinh", (-1e+300,), -691.4686750787737, (1e-300,)),
    ("asinh", (1e-300,), 1e-300, (1.0,)),
    ("atanh", (0.9999999999999999,), 18.714973875118524, (4503599627370496.0,)),
    ("erfc", (26.0,), 5.663192408856143e-296, (-2.9470349932662697e-294,)),
    ("erfc", (-6.0,), 2.0, (-2.617301239249265e-16,)),
    ("erf", (1e-300,), 1.1283791670955126e-300, (1.1283791670955126,)),
    ("exp2", (-1022.0,), 2.2250738585072014e-308, (1.5423036715619055e-308,)),
    ("log2", (8.0,), 3.0, (0.18033688011112042,)),
    ("sin", (1e+22,), -0.8522008497671888, (0.523214785395139,)),
    ("tan", (1.5707963267948966,), 1.633123935319537e+16, (2.667093788113571e+32,)),
    ("sec", (1.5707963267948966,), 1.633123935319537e+16, (2.667093788113571e+32,)),
    ("sqrt", (1e-300,), 1e-150, (5e+149,)),
    ("pow", (1e-200, 2.0), 0.0, (2e-200, 0.0)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, math.nan)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "point", "value", "partials"), KNOWN, ids=lambda part: str(part))
@pytest.mark.parametrize("arithmetic", [FLOATS, DIGITS_50], ids=["floats", "50 digits"])
def test_known_numbers(
    arithmetic: Arithmetic, name: str, point: tuple[float, ...], value: float, partials: tuple[float, ...]
) -> None:
    graph = parse(f"y = {name}({', '.join(f'x{k}' for k in range(len(point)))})")
    given = point if arithmetic is FLOATS else tuple(map(DIGITS_50.mp.mpf, point))
    values = evaluate(graph, {f"x{k}": x for k, x in enumerate(given)}, arithmetic)
    assert float(values["y"]) == pytest.approx(value, rel=4e-15, abs=1e-320)
    slopes = backpropagate(values, "y")
    for k, expected in enumerate(partials):
        slope = float(slopes[f"x{k}"])
        # x^2 in exp(-x^2) is rounded, and so is x - y in exp(x - y).
        relative = 1e-13 if name in ("erfc", "logsumexp") else 4e-15
        assert slope == pytest.approx(expected, rel=relative, abs=1e-320, nan_ok=True)
