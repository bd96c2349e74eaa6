"""Derivatives whose factors are beyond the range of binary64, and those that are beyond it themselves.

The right values are closed forms, computed by mpmath at 60 digits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from shell import answer

import graphdiff
from graphdiff.arithmetic.wide import WIDE
from graphdiff.arithmetic.wide_number import Rounded, Wide, normal
from graphdiff.derivatives.second_order import along, hessian, hessian_times
from graphdiff.rules import BY_NAME
from graphdiff.values import Values

Function = Callable[[Any], Any]

# A program of x, a point, and its first and second derivative in closed form.
CASES: list[tuple[str, float, Function, Function]] = [
    ("y = log(1/(1 + exp(-x)))", -371.0, lambda x: 1/(1 + mp.exp(x)), lambda x: None),
    ("y = log(1/(1 + exp(-x)))", -400.0, lambda x: 1/(1 + mp.exp(x)), lambda x: None),
    ("y = 1/exp(x)", -400.0, lambda x: -mp.exp(-x), lambda x: mp.exp(-x)),
    ("y = 1/u; u = exp(x)", -400.0, lambda x: -mp.exp(-x), lambda x: mp.exp(-x)),
    ("y = exp(x)^-1", -400.0, lambda x: -mp.exp(-x), lambda x: mp.exp(-x)),
    ("y = log(x^-2)", 1e150, lambda x: -2/x, lambda x: 2/x**2),
    ("y = (x*1e-200)^2*1e200", 1e100, lambda x: 2*x*mp.mpf("1e-200"), lambda x: 2*mp.mpf("1e-200")),
    ("y = 1/cosh(x)", 400.0, lambda x: -mp.sech(x)*mp.tanh(x), lambda x: mp.sech(x)*(1 - 2*mp.sech(x)**2)),
    ("y = 1e-200*u; u = x*1e200*1e-200", 1.0, lambda x: mp.mpf("1e-200"), lambda x: 0),
    ("y = cot(x*3e-163)", 1.0, lambda x: -1/mp.sin(x*mp.mpf(3e-163))**2*mp.mpf(3e-163), lambda x: None),
    ("y = atan(x*1e217)", 1.0, lambda x: mp.mpf(1e217)/(1 + (x*mp.mpf(1e217))**2), lambda x: None),
    ("y = erf(x)*1e200", 30.0, lambda x: 2/mp.sqrt(mp.pi)*mp.exp(-x*x)*mp.mpf(1e200),
     lambda x: -4*x/mp.sqrt(mp.pi)*mp.exp(-x*x)*mp.mpf(1e200)),
    ("y = 1/(x/(-6e263))", 1.0, lambda x: 1/x**2*mp.mpf(6e263), lambda x: -2/x**3*mp.mpf(6e263)),
]  # fmt: skip


def close(found: float, right: Any) -> bool:
    return bool(abs(found - right) <= 1e-11 * abs(right))


@pytest.mark.parametrize(("program", "x", "first", "second"), CASES)
def test_it_is_right_by_every_way_to_ask(program: str, x: float, first: Function, second: Function) -> None:
    graph = graphdiff.parse(program)
    with mp.workdps(60):
        slope, curvature = first(mp.mpf(x)), second(mp.mpf(x))
    assert close(graphdiff.backpropagate(graphdiff.evaluate(graph, x=x), "y")["x"], slope)
    assert close(along(graph, {"x": x}, {"x": 1.0})["y"], slope)
    assert close(graphdiff.evaluate(f"{program}; g = diff(y, x)", x=x)["g"], slope)
    rows = graphdiff.evaluate(graph, {"x": [0.5, x]}, graphdiff.Batch())
    assert close(numpy.atleast_1d(graphdiff.backpropagate(rows, "y")["x"])[-1], slope)
    if curvature is not None:
        assert close(hessian(graph, {"x": x}, "y", "x").get(("x", "x"), 0.0), curvature)
        assert close(hessian_times(graph, {"x": x}, "y", {"x": 1.0})["x"], curvature)
        assert close(graphdiff.evaluate(f"{program}; g = diff(diff(y, x), x)", x=x)["g"], curvature)


def test_what_stays_in_range_is_the_same_to_the_last_bit() -> None:
    graph = graphdiff.parse("J = exp(-x)/(1 + x^2) + sin(x)*z")
    values = graphdiff.evaluate(graph, x=0.7, z=0.0)  # dJ/dx is exact, dJ/dz needs no wider range
    plain = graphdiff.backpropagate(values, "J")
    wide = graphdiff.backpropagate(Values(graph, values.nodes, WIDE), "J")
    assert [plain[name] for name in plain] == [wide[name] for name in wide]


def test_a_derivative_beyond_the_range_is_said_with_its_size() -> None:
    result = answer("eval", "y = 1/u; u = exp(x)", "--x=-400", "--format", "json")
    found = json.loads(result.out)
    assert found["derivatives"]["y"] == {"x": -5.221469689764144e173, "u": "-Infinity", "y": 1.0}
    (notice,) = found["notices"]
    assert notice["code"] == "infinite"
    assert notice["message"].startswith("dy/du = -2.7264e+347: beyond the largest binary64 number")
    result = answer("eval", "y = erf(x)", "--x", "40", "--order", "2")
    assert "dy/dx = 1.5180e-695: below the smallest binary64 number and shown as 0" in result.err
    assert "d2y/dx2 = -1.2144e-693: below the smallest binary64 number and shown as 0" in result.err


def test_a_value_beyond_the_range_is_still_an_error() -> None:
    result = answer("eval", "y = 1/u; u = exp(x); g = diff(y, u)", "--x=-400")
    assert result.status == 2
    assert "'diff(y, u)' overflows" in result.err
    assert answer("eval", "y = exp(x)/exp(x)", "--x", "800").status == 2


def test_a_zero_that_is_exact_is_not_a_notice() -> None:
    result = answer("eval", "J = a*b + relu(c) + sin(d)^2", "--a", "0", "--b", "0", "--c=-1", "--d", "0")
    assert (result.status, result.err) == (0, "")


def test_check_sees_the_derivative_as_it_is() -> None:
    program = "y = log(1/(1 + exp(-x)))"
    asked = ["check", program, "--x=-700..-400", "--samples", "50"]
    assert answer(*asked, "--expect", "dy/dx = 1/(1 + exp(x))").status == 0
    assert answer(*asked, "--expect", "dy/dx = 0").status == 1


# The functions of the wider arithmetic, one by one.

FAR = st.tuples(st.floats(0.5, 1.0, exclude_max=True), st.integers(-6000, 6000), st.sampled_from((1, -1)))
ONE = ("sqrt", "cbrt", "log", "log2", "log10", "log1p", "exp", "expm1", "sin", "tan", "asin", "atan", "sinh",
       "tanh", "asinh", "acosh", "atanh", "erf", "cosh", "cos", "gamma", "digamma", "lgamma", "abs", "neg",
       "floor", "ceil", "sech", "sigmoid", "softplus")  # fmt: skip
EXPONENTIAL = ("exp", "expm1", "sinh", "cosh", "sech", "sigmoid", "softplus")
TWO = ("add", "sub", "mul", "div", "hypot", "atan2", "min", "max", "lt", "ge")


def exact(x: Any) -> Any:
    return mp.ldexp(mp.mpf(x.fraction), x.exponent) if isinstance(x, Wide) else mp.mpf(x)


def assert_right(name: str, *arguments: Any) -> None:
    rule = BY_NAME[name]
    with mp.workdps(60):
        precise = graphdiff.Precise(50)
        right = exact(precise.value_of[rule](*[precise.from_input("x", exact(a)) for a in arguments]))
        found = exact(WIDE.value_of[rule](*arguments))
        if mp.isfinite(right) and mp.isfinite(found):
            assert abs(found - right) <= abs(right) * mp.mpf("1e-13"), (found, right)
        else:
            assert mp.isnan(found) or found == right or abs(right) > mp.mpf(2) ** 1024, (found, right)


@pytest.mark.parametrize("name", ONE)
@given(parts=FAR)
@settings(max_examples=60, deadline=None)
def test_a_function_of_a_number_beyond_the_range(name: str, parts: tuple[float, int, int]) -> None:
    x: Any = normal(parts[2] * parts[0], parts[1])
    if name in EXPONENTIAL and not -4000.0 < x < 4000.0:
        return  # the error of a power of 2^n is 2^n units
    if name in ("sin", "tan", "cos") and not -1e15 < x < 1e15:
        return
    if name in ("gamma", "lgamma", "digamma") and isinstance(x, float):
        return  # as in binary64
    assert_right(name, x)


@pytest.mark.parametrize("name", TWO)
@given(a=FAR, b=FAR)
@settings(max_examples=60, deadline=None)
def test_a_function_of_two_numbers_beyond_the_range(name: str, a: Any, b: Any) -> None:
    assert_right(name, normal(a[2] * a[0], a[1]), normal(b[2] * b[0], b[1]))


@given(a=FAR, b=st.integers(-12, 12) | st.sampled_from((0.5, -1.5, 1 / 3)))
@settings(max_examples=100, deadline=None)
def test_powers_beyond_the_range(a: Any, b: float) -> None:
    base = normal(a[0], a[1]) if b != int(b) else normal(a[2] * a[0], a[1])
    assert_right("pow", base, float(b))


@given(n=st.integers(1, 6), exponent=st.integers(-3000, 3000), fraction=st.floats(0.5, 0.99))
@settings(max_examples=60, deadline=None)
def test_polygamma_beyond_the_range(n: int, exponent: int, fraction: float) -> None:
    x = normal(fraction, exponent)
    with mp.workdps(60):
        far = exact(x)
        if far < 1e-17:
            right = (-1) ** (n + 1) * mp.factorial(n) / far ** (n + 1)
        elif far > 1e17:
            right = (-1) ** (n + 1) * mp.factorial(n - 1) / far**n
        else:
            return
        found = exact(WIDE.value_of[BY_NAME["polygamma"]](float(n), x))
        assert abs(found - right) <= abs(right) * mp.mpf("1e-13")


def test_comparisons_and_conversions() -> None:
    large: Any = Wide(0.5, 2000)
    small: Any = Wide(0.5, -2000)
    assert small < 5e-324 < 1.0 < large < math.inf
    assert -large < -1.0 < -small < 0.0 < small
    assert (float(large), float(-large), float(small)) == (math.inf, -math.inf, 0.0)
    assert large * small == 0.25
    assert large / large == 1.0
    assert f"{large:.6g}" == "5.74065e+601"
    assert isinstance(WIDE.rounded(large), float)
    rounded = WIDE.rounded(small)
    assert isinstance(rounded, Rounded)
    assert (float(rounded), rounded.exact) == (0.0, small)


def test_numpy_does_not_warn_about_rows_out_of_range(recwarn: pytest.WarningsRecorder) -> None:
    rows = graphdiff.evaluate("y = exp(x)/x", {"x": numpy.array([-800.0, 0.0, 800.0])}, graphdiff.Batch())
    graphdiff.backpropagate(rows, "y")
    assert not recwarn.list
