"""The decimal arithmetic, which decides what binary64 cannot: its functions against mpmath's."""

from __future__ import annotations

import math
import random
from decimal import Decimal, localcontext
from itertools import product

import pytest

from graphdiff.arithmetic.decimals import of_digits
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.precise import Precise
from graphdiff.parsing import parse
from graphdiff.rules import BY_NAME
from graphdiff.sweep import backpropagate, evaluate

NUMBERS = [
    0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -2.5, 5.0, 12.3, 0.1, -0.1, 1e-9, -1e-9, 1e-100, 1e-300,
    30.5, -30.5, 700.0, -700.0, 1000.3, -1000.7, 1e5, 1e15, 1e300, -1e300, math.pi, math.pi / 2,
    1.4616321449683623, 0.999999999, 1.00000001, 2.0000001,
]  # fmt: skip


def test_every_primitive_is_there() -> None:
    assert set(FLOATS.primitives) <= set(of_digits(40).primitives)


@pytest.mark.parametrize("digits", [40, 150])
@pytest.mark.parametrize("name", sorted(FLOATS.primitives))
def test_values(name: str, digits: int) -> None:
    rule, ours, precise = BY_NAME[name], of_digits(digits), Precise(digits + 10)
    mp = precise.mp
    count = 2 if rule.variadic else len(rule.parameters)
    points = list(product(NUMBERS, repeat=count)) if count == 1 else []
    points += random.Random(name).sample(list(product(NUMBERS, repeat=count)), 25 if count > 1 else 0)
    if name in ("polygamma", "dexprel", "dbernoulli", "dsinc"):
        points = [(float(n), x) for n in (0, 1, 5) for x in NUMBERS]
    compared = 0
    for point in points:
        found = ours.primitives[name](*map(Decimal, point))
        right = precise.primitives[name](*map(mp.mpf, point))
        if not found.is_finite() or not mp.isfinite(right):
            assert not found.is_finite(), point  # NaN where a pole is, or where it would take too long
            continue
        if abs(found.adjusted()) < 10**6:  # of exp(1e15), mpmath reads no text
            error = abs(mp.mpf(str(found)) - right)
            assert error <= abs(right) * mp.mpf(10) ** -digits, (point, found, right)
            compared += 1
    assert compared >= 4


def test_nothing_depends_on_the_decimal_context_of_the_caller() -> None:
    forty = of_digits(40)
    with localcontext() as context:
        context.prec = 3
        found = forty.primitives["cbrt"](Decimal(-2)), forty.primitives["gamma"](Decimal("-2.5"))
    assert found == (forty.primitives["cbrt"](Decimal(-2)), forty.primitives["gamma"](Decimal("-2.5")))
    assert str(found[0])[:30] == "-1.259921049894873164767210607"


def test_a_derivative_beyond_binary64_on_the_way() -> None:
    values = evaluate(parse("y = log(1/(1+exp(-x)))"), {"x": -4000.0}, of_digits(40))
    assert backpropagate(values, "y")["x"] == 1
