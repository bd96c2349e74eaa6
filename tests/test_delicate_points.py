"""What is right at the delicate points, in floats and in many digits.

Branches that are not taken, kinks, powers, infinite derivatives, undefined operations,
infinities and NaN that a user gives; and what it is that a derivative is taken by.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import mul
from typing import Any, NamedTuple

import pytest

from graphdiff.answers import edges
from graphdiff.arithmetic import Arithmetic
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.precise import Precise
from graphdiff.diagnostics import Diagnostic, UndefinedOperation
from graphdiff.graph import Graph
from graphdiff.notices import notices
from graphdiff.parsing import parse
from graphdiff.sweep import backpropagate, derivatives, evaluate
from graphdiff.values import Values

DIGITS_50 = Precise(50)
both = pytest.mark.parametrize("arithmetic", [FLOATS, DIGITS_50], ids=["floats", "50 digits"])

INF, NAN = math.inf, math.nan


class Answer(NamedTuple):
    """The value of the last output as a float, its derivatives by name, and what is noticed."""

    value: float
    slopes: dict[str, float]
    notices: list[Diagnostic]

    @property
    def codes(self) -> list[str]:
        return [notice.code for notice in self.notices]


def values_at(graph: Graph, arithmetic: Arithmetic, inputs: dict[str, float]) -> Values:
    number: Any = float if arithmetic is FLOATS else DIGITS_50.mp.mpf
    return evaluate(graph, {name: number(x) for name, x in inputs.items()}, arithmetic)


def answer(text: str, arithmetic: Arithmetic, /, **inputs: float) -> Answer:
    graph = parse(text)
    values = values_at(graph, arithmetic, inputs)
    output = graph.outputs[-1]
    slopes = derivatives(values, [output])
    noticed = notices(values, slopes, graph.names, graph.names)
    found = {name: float(slopes[output][name]) for name in graph.names}
    return Answer(float(values[output]), found, noticed)


def same(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, rel=1e-14, nan_ok=True)


# A branch that is not taken does not exist.

UNDEFINED = ("sqrt(x)", "log(x)", "1/(x - x)", "x^0.5", "gamma(-2 + 0*x)", "sqrt(log(x))", "acosh(x)")


@both
@pytest.mark.parametrize("undefined", UNDEFINED)
@pytest.mark.parametrize(
    "program",
    [
        "where(x > 0, {0}, 7*x)",
        "where(x < 0, 7*x, {0})",
        "where(x < 0, where(x < 1, 7*x, {0}), {0})",
        "where(x < 0 or {0} > 0, 7*x, {0})",
        "where(x > 0 and {0} > 0, {0}, 7*x)",
        "where(not (x > 0 and {0} > 0), 7*x, {0} + {0})",
        "where(0 < x < {0}, 1, 7*x)",
        "where(x < 0, 7, {0})*where(x > 0, {0}, x)",
        "f(x, p) = where(x < 0, 7*p, {0}); f(x, x)",
        "y = {0}; z = y^2; J = where(x > 0, z + y, 7*x)",
        "y = where(x > 0, {0}, x); J = where(y > 0, {0}, 7*y)",
        "7*x + 0*where(x > 0, {0}, x)",
        "J = " + "where(x > 0, {0}, " * 200 + "7*x" + ")" * 200,
    ],
)
def test_a_branch_that_is_not_taken_does_not_exist(
    arithmetic: Arithmetic, program: str, undefined: str
) -> None:
    found = answer(program.format(undefined), arithmetic, x=-2.0)
    assert (found.value, found.slopes["x"]) == (-14.0, 7.0)
    assert set(found.codes) <= {"undefined"}, "names that J does not need may have no value, and that is said"


@both
def test_the_trap_of_masked_branches(arithmetic: Arithmetic) -> None:
    for x, value, slope in ((-1.0, 0.0, 0.0), (4.0, 2.0, 0.25)):
        found = answer("where(x > 0, sqrt(x), 0)", arithmetic, x=x)
        assert (found.value, found.slopes["x"], found.notices) == (value, slope, [])


@both
def test_no_contribution_is_not_a_contribution_of_zero(arithmetic: Arithmetic) -> None:
    """The slope of sqrt at 0 is infinite, and 0 times that is NaN: nothing times it is nothing."""
    assert answer("y = sqrt(x); where(x > 1, y, 3)", arithmetic, x=0.0).slopes["x"] == 0.0
    assert math.isnan(answer("y = sqrt(x); 0*y", arithmetic, x=0.0).slopes["x"])
    graph = parse("y = sqrt(x); J = where(x > 1, y, 3); z = 1")
    adjoints = backpropagate(values_at(graph, arithmetic, {"x": 0.0}), "J").adjoints
    assert adjoints[graph.node("x")] is None
    assert adjoints[graph.node("y")] is None


@both
@pytest.mark.parametrize(
    ("program", "inputs", "place"),
    [
        ("where(x > 0, sqrt(-x), 0)", {"x": 1.0}, "sqrt(-x)"),
        ("x > 0 and 1/0 > x", {"x": 1.0}, "1/0"),
        ("x < 0 or log(-x) > 0", {"x": 1.0}, "log(-x)"),
        ("where(1/(x - 1) > 0, 2, 3)", {"x": 1.0}, "1/(x - 1)"),
        ("0 < x < log(-x)", {"x": 1.0}, "log(-x)"),
    ],
)
def test_what_is_taken_is_still_undefined(
    arithmetic: Arithmetic, program: str, inputs: dict[str, float], place: str
) -> None:
    with pytest.raises(UndefinedOperation) as caught:
        answer(program, arithmetic, **inputs)
    assert marked(caught.value.diagnostic) == place


def marked(diagnostic: Diagnostic) -> str:
    assert diagnostic.source is not None
    return diagnostic.source.text[diagnostic.marks[0].start : diagnostic.marks[0].end]


@both
def test_only_kinks_and_slopes_on_the_way_are_noticed(arithmetic: Arithmetic) -> None:
    quiet = "J = where(x > 0, 2*x, abs(y) + sqrt(y) + max(y, 0)); K = abs(y); L = where(K > 1, 1, 2)"
    graph = parse(quiet)
    values = values_at(graph, arithmetic, {"x": 1.0, "y": 0.0})
    assert notices(values, derivatives(values, ["J"]), graph.names, graph.names) == []
    assert [n.code for n in notices(values, derivatives(values, ["K"]), graph.names, graph.names)] == ["kink"]
    assert answer(quiet.partition(";")[0], arithmetic, x=-1.0, y=0.0).codes == ["kink", "kink", "infinite"]


# At a kink the derivative is a convention, and that is said.


@both
@pytest.mark.parametrize(
    ("program", "inputs", "slopes"),
    [
        ("abs(x)", {"x": 0.0}, {"x": 0.0}),
        ("relu(x)", {"x": 0.0}, {"x": 0.0}),
        ("sign(x)", {"x": 0.0}, {"x": 0.0}),
        ("floor(x)", {"x": 2.0}, {"x": 0.0}),
        ("ceil(x)", {"x": -3.0}, {"x": 0.0}),
        ("round(x)", {"x": 2.5}, {"x": 0.0}),
        ("max(x, 0)", {"x": 0.0}, {"x": 0.5}),
        ("min(x, 0)", {"x": 0.0}, {"x": 0.5}),
        ("max(x, y)", {"x": 3.0, "y": 3.0}, {"x": 0.5, "y": 0.5}),
        ("max(x, y, z)", {"x": 3.0, "y": 3.0, "z": 3.0}, {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3}),
        ("max(x, y, z)", {"x": 3.0, "y": 3.0, "z": 1.0}, {"x": 0.5, "y": 0.5, "z": 0.0}),
        ("min(x, y, z)", {"x": 3.0, "y": 1.0, "z": 1.0}, {"x": 0.0, "y": 0.5, "z": 0.5}),
        ("max(x, x, y)", {"x": 3.0, "y": 3.0}, {"x": 2 / 3, "y": 1 / 3}),
        ("max(max(x, y), z)", {"x": 3.0, "y": 3.0, "z": 3.0}, {"x": 0.25, "y": 0.25, "z": 0.5}),
        ("clamp(x, a, b)", {"x": 1.0, "a": 1.0, "b": 2.0}, {"x": 0.5, "a": 0.5, "b": 0.0}),
        ("clamp(x, a, b)", {"x": 2.0, "a": 1.0, "b": 2.0}, {"x": 0.5, "a": 0.0, "b": 0.5}),
        # Between equal bounds it is that bound, whatever x is; the bounds share it where x is there too.
        ("clamp(x, a, b)", {"x": 1.0, "a": 1.0, "b": 1.0}, {"x": 0.0, "a": 0.5, "b": 0.5}),
        ("hypot(x, y)", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
        ("mod(x, y)", {"x": 4.0, "y": 2.0}, {"x": 1.0, "y": -2.0}),
        ("atan2(x, y)", {"x": 0.0, "y": -2.0}, {"x": -0.5, "y": 0.0}),
        ("where(x > 0, 5*x, 7*x)", {"x": 0.0}, {"x": 7.0}),
        ("where(x >= 0, 5*x, 7*x)", {"x": 0.0}, {"x": 5.0}),
        ("where(x == 0, 5*x, 7*x)", {"x": 0.0}, {"x": 5.0}),
        ("where(x, 5*x, 7*x)", {"x": 0.0}, {"x": 7.0}),
        ("(x < 1)*y", {"x": 1.0, "y": 3.0}, {"x": 0.0, "y": 0.0}),
        ("(0 <= x < 1)*y", {"x": 0.0, "y": 3.0}, {"x": 0.0, "y": 1.0}),
    ],
)
def test_conventions_at_kinks(
    arithmetic: Arithmetic, program: str, inputs: dict[str, float], slopes: dict[str, float]
) -> None:
    found = answer(program, arithmetic, **inputs)
    for name, slope in slopes.items():
        assert same(found.slopes[name], slope), name
    assert set(found.codes) == {"kink"}
    assert found.notices[0].source is not None
    # A step away from the kink, there is nothing to say.
    aside = {name: x + 0.0625 * 3 ** (k + 1) for k, (name, x) in enumerate(inputs.items())}
    assert answer(program, arithmetic, **aside).codes == []


@both
def test_a_clamp_is_flat_outside_and_its_bounds_move_it(arithmetic: Arithmetic) -> None:
    slopes = {x: answer("clamp(x, a, b)", arithmetic, x=x, a=1.0, b=2.0).slopes for x in (0.0, 1.5, 9.0)}
    assert [(s["x"], s["a"], s["b"]) for s in slopes.values()] == [(0, 1, 0), (1, 0, 0), (0, 0, 1)]
    with pytest.raises(UndefinedOperation, match="needs a <= b"):
        answer("clamp(x, a, b)", arithmetic, x=1.5, a=2.0, b=1.0)


@both
@pytest.mark.parametrize("x", [0.0, 1.0, 2.0])
def test_a_clamp_between_equal_bounds_is_constant(arithmetic: Arithmetic, x: float) -> None:
    found = answer("clamp(x, 1, 1)", arithmetic, x=x)
    assert (found.value, found.slopes["x"], found.notices) == (1.0, 0.0, [])
    found = answer("clamp(x, a, a)", arithmetic, x=x, a=1.0)
    assert (found.value, found.slopes["x"], found.slopes["a"]) == (1.0, 0.0, 1.0)


@both
def test_a_tie_with_itself_is_no_kink(arithmetic: Arithmetic) -> None:
    found = answer("max(x, x) + min(y, y, y)", arithmetic, x=3.0, y=4.0)
    assert (found.value, found.slopes["x"], found.slopes["y"]) == (7.0, 1.0, 1.0)
    assert found.notices == []


# Powers.


@both
@pytest.mark.parametrize(
    ("program", "inputs", "value", "slopes"),
    [
        ("x^2", {"x": -3.0}, 9.0, {"x": -6.0}),
        ("x^3", {"x": -2.0}, -8.0, {"x": 12.0}),
        ("x^-1", {"x": -2.0}, -0.5, {"x": -0.25}),
        ("x^(2 - 4)", {"x": -2.0}, 0.25, {"x": 0.25}),
        ("x^0", {"x": 0.0}, 1.0, {"x": 0.0}),
        ("x^0", {"x": -5.0}, 1.0, {"x": 0.0}),
        ("x^1", {"x": 0.0}, 0.0, {"x": 1.0}),
        ("x^2", {"x": 0.0}, 0.0, {"x": 0.0}),
        ("x^1.5", {"x": 0.0}, 0.0, {"x": 0.0}),
        ("pow(x, 3)", {"x": 0.0}, 0.0, {"x": 0.0}),
        ("0^y", {"y": 2.0}, 0.0, {"y": 0.0}),
        ("0^y", {"y": 0.5}, 0.0, {"y": 0.0}),
        ("x^y", {"x": 0.0, "y": 1.0}, 0.0, {"x": 1.0, "y": 0.0}),
        ("x^y", {"x": 0.0, "y": 3.0}, 0.0, {"x": 0.0, "y": 0.0}),
        ("1^y", {"y": 5.0}, 1.0, {"y": 0.0}),
        ("2^y", {"y": 3.0}, 8.0, {"y": 8 * math.log(2)}),
        ("x^x", {"x": 2.0}, 4.0, {"x": 4 * (math.log(2) + 1)}),
        ("-x^2", {"x": 3.0}, -9.0, {"x": -6.0}),
        ("2^-x", {"x": 1.0}, 0.5, {"x": -0.5 * math.log(2)}),
        ("x^2^y", {"x": 3.0, "y": 1.0}, 9.0, {"x": 6.0, "y": 9 * math.log(3) * 2 * math.log(2)}),
    ],
)
def test_powers(
    arithmetic: Arithmetic, program: str, inputs: dict[str, float], value: float, slopes: dict[str, float]
) -> None:
    found = answer(program, arithmetic, **inputs)
    assert same(found.value, value)
    for name, slope in slopes.items():
        assert same(found.slopes[name], slope), name
    assert found.notices == []


@both
@pytest.mark.parametrize("n", [9007199254740992.0, 9007199254740994.0, -9007199254740994.0, 1e300])
def test_an_even_power_has_an_odd_slope_however_large_it_is(arithmetic: Arithmetic, n: float) -> None:
    """Floats above 2^53 are all even integers: n - 1 would be rounded to one."""
    for program in ("x^n", f"x^{n!r} + 0*n"):
        found = answer(program, arithmetic, x=-1.0, n=n)
        assert (found.value, found.slopes["x"]) == (1.0, -n)


@both
@pytest.mark.parametrize(
    ("program", "value", "slope"),
    [
        ("atan2(-x, -3)", math.pi, 1 / 3),
        ("atan2(0*-x, -3)", math.pi, 0.0),
        ("atan2(-x, -x*3)", 0.0, NAN),
        ("sqrt(-x)", 0.0, -INF),
        ("(-x)^0.5", 0.0, -INF),
        ("cbrt(-x)", 0.0, -INF),
        ("where(x == 0, 1, 1/-x)", 1.0, 0.0),
    ],
)
def test_a_zero_has_no_sign(arithmetic: Arithmetic, program: str, value: float, slope: float) -> None:
    found = answer(program, arithmetic, x=0.0)
    assert same(found.value, value)
    assert same(found.slopes["x"], slope)


@both
def test_powers_without_a_slope_say_so(arithmetic: Arithmetic) -> None:
    found = answer("x^y", arithmetic, x=-2.0, y=2.0)
    assert (found.value, found.slopes["x"]) == (4.0, -4.0)
    assert math.isnan(found.slopes["y"])
    assert found.codes == ["infinite"]
    found = answer("x^y", arithmetic, x=0.0, y=0.0)
    assert (found.value, found.slopes["x"], found.slopes["y"]) == (1.0, 0.0, -INF)
    assert found.codes == ["infinite"]


# Infinite derivatives.


@both
@pytest.mark.parametrize(
    ("program", "x", "slope"),
    [
        ("sqrt(x)", 0.0, INF),
        ("cbrt(x)", 0.0, INF),
        ("x^0.5", 0.0, INF),
        ("asin(x)", 1.0, INF),
        ("asin(x)", -1.0, INF),
        ("acos(x)", 1.0, -INF),
        ("acosh(x)", 1.0, INF),
        ("3 - 2*sqrt(x)", 0.0, -INF),
        ("u = sqrt(x); v = 3*u; v + x", 0.0, INF),
        # 0 times infinity is no number, whatever the limit is along the path.
        ("x*sqrt(x)", 0.0, NAN),
        ("sqrt(x^2)", 0.0, NAN),
        ("sqrt(x)^2", 0.0, NAN),
        ("sqrt(x) - sqrt(x)", 0.0, NAN),
        ("sqrt(x) - cbrt(x)", 0.0, NAN),
        ("0*sqrt(x)", 0.0, NAN),
    ],
)
def test_an_infinite_derivative_is_reported(
    arithmetic: Arithmetic, program: str, x: float, slope: float
) -> None:
    found = answer(program, arithmetic, x=x)
    assert same(found.slopes["x"], slope)
    assert found.codes == ["infinite"]
    (notice,) = found.notices
    assert "dout/dx = " + {INF: "inf", -INF: "-inf"}.get(slope, "nan") in notice.message
    assert notice.marks


def test_a_derivative_that_overflows_is_reported() -> None:
    found = answer("exp(x)^10", FLOATS, x=-70.0)
    assert found.slopes["x"] > 0.0
    found = answer("1e200*y; y = 1e200*x", FLOATS, x=1e-300)
    assert found.slopes["x"] == INF
    assert found.codes == ["infinite"]
    assert answer("1e200*y; y = 1e200*x", DIGITS_50, x=1e-300).codes == []


# Undefined operations: where, why, and with which arguments.


@both
@pytest.mark.parametrize(
    ("program", "inputs", "place", "parts"),
    [
        ("log(x)", {"x": -1.0}, "log(x)", ["'log(x)' is undefined", "x = -1", "log(x) needs x > 0"]),
        ("1 + ln(y) ; y = x - 1", {"x": 1.0}, "ln(y)", ["here y = 0", "needs y > 0"]),
        ("1/x", {"x": 0.0}, "1/x", ["division by zero in '1/x'", "here x = 0"]),
        ("0/x", {"x": 0.0}, "0/x", ["division by zero"]),
        ("2 + 1/(x - 3)*5", {"x": 3.0}, "1/(x - 3)", ["division by zero", "here x - 3 = 0"]),
        ("1/(1/x)", {"x": 0.0}, "1/x", ["division by zero in '1/x'"]),
        ("atan(1/x)", {"x": 0.0}, "1/x", ["division by zero in '1/x'"]),
        ("exp(-1/x^2)", {"x": 0.0}, "-1/x^2", ["division by zero"]),
        ("1/inf + 1/x", {"x": 0.0}, "1/x", ["division by zero"]),
        ("sqrt(x)", {"x": -2.5}, "sqrt(x)", ["x = -2.5", "needs x >= 0"]),
        ("asin(2*x)", {"x": 1.0}, "asin(2*x)", ["here 2*x = 2", "needs -1 <= 2*x <= 1"]),
        ("acosh(x)", {"x": 0.5}, "acosh(x)", ["needs x >= 1"]),
        ("atanh(x)", {"x": 1.0}, "atanh(x)", ["needs -1 < x < 1"]),
        ("logit(x)", {"x": 1.0}, "logit(x)", ["needs 0 < x < 1"]),
        ("log1p(x)", {"x": -1.0}, "log1p(x)", ["needs x > -1"]),
        ("x^0.5", {"x": -1.0}, "x^0.5", ["here x = -1"]),
        ("x^-2", {"x": 0.0}, "x^-2", ["here x = 0"]),
        ("gamma(x)", {"x": -3.0}, "gamma(x)", ["x = -3"]),
        ("lgamma(x)", {"x": 0.0}, "lgamma(x)", ["x = 0"]),
        ("digamma(x)", {"x": 0.0}, "digamma(x)", ["x = 0"]),
        ("mod(x, 0)", {"x": 3.0}, "mod(x, 0)", ["needs b != 0"]),
        ("cot(x)", {"x": 0.0}, "cot(x)", ["needs sin(x) != 0"]),
        ("polygamma(x, 1)", {"x": 0.5}, "polygamma(x, 1)", ["here x = 0.5", "x == floor(x)"]),
        ("inf - inf + x", {"x": 1.0}, "inf - inf", ["'inf - inf' is undefined"]),
        ("0*inf + x", {"x": 1.0}, "0*inf", ["'0*inf' is undefined"]),
        ("x - y", {"x": INF, "y": INF}, "x - y", ["here x = inf, y = inf"]),
        ("x*y", {"x": INF, "y": 0.0}, "x*y", ["here x = inf, y = 0"]),
        ("x/y", {"x": INF, "y": -INF}, "x/y", ["here x = inf, y = -inf"]),
        ("sin(x)", {"x": INF}, "sin(x)", ["x = inf"]),
        ("mod(x, 2)", {"x": INF}, "mod(x, 2)", ["here x = inf"]),
        ("f(t) = 1/t; f(x) + 1", {"x": 0.0}, "1/t", ["division by zero"]),
    ],
)
def test_an_undefined_operation_says_where_and_why(
    arithmetic: Arithmetic, program: str, inputs: dict[str, float], place: str, parts: list[str]
) -> None:
    with pytest.raises(UndefinedOperation) as caught:
        answer(program, arithmetic, **inputs)
    text = str(caught.value)
    for part in parts:
        assert part in text
    assert marked(caught.value.diagnostic) == place
    lines = text.splitlines()
    caret = lines[2].index("^")
    assert lines[1][caret : caret + len(place)] == place
    assert (lines[2][caret:] + " ").startswith("^" * len(place) + " ")


@pytest.mark.parametrize(
    ("program", "x", "place"),
    [
        ("gamma(x)", 200.0, "gamma(x)"),
        ("exp(x)", 1000.0, "exp(x)"),
        ("sinh(x)", -1000.0, "sinh(x)"),
        ("x*1e308*10", 1.0, "x*1e308*10"),
        ("1/x", 1e-310, "1/x"),
        ("x^2", 1e200, "x^2"),
        ("x + 1e999", 1.0, "1e999"),
        ("log(exp(x))", 1000.0, "exp(x)"),
        ("1/gamma(x)", 200.0, "gamma(x)"),
    ],
)
def test_an_overflow_is_an_error_in_floats_and_a_number_in_many_digits(
    program: str, x: float, place: str
) -> None:
    with pytest.raises(UndefinedOperation) as caught:
        answer(program, FLOATS, x=x)
    assert marked(caught.value.diagnostic) == place
    assert "beyond the largest binary64 number" in str(caught.value)
    graph = parse(program)
    values = values_at(graph, DIGITS_50, {"x": x})
    assert DIGITS_50.is_finite(values["out"])
    assert DIGITS_50.is_finite(backpropagate(values, "out")["x"])


def test_numbers_of_many_digits_have_an_end_too() -> None:
    with pytest.raises(UndefinedOperation, match="beyond the largest 50-digit number"):
        answer("exp(exp(exp(x)))", DIGITS_50, x=100.0)


@both
def test_an_undefined_value_that_nothing_depends_on_is_noticed(arithmetic: Arithmetic) -> None:
    graph = parse("J = 2*x; K = log(-x); L = K + 1")
    values = values_at(graph, arithmetic, {"x": 3.0})
    assert values["J"] == 6
    for name in ("K", "L"):
        with pytest.raises(UndefinedOperation, match="log"):
            values[name]
    (notice,) = notices(values, derivatives(values, ["J"]), graph.names, graph.names)
    assert notice.code == "undefined"
    assert "K, L have no value here" in notice.message


# Infinities and NaN that a user gives are numbers.


@both
@pytest.mark.parametrize(
    ("program", "inputs", "value", "slopes"),
    [
        ("atan(x)", {"x": INF}, math.pi / 2, {"x": 0.0}),
        ("atan2(x, 1)", {"x": -INF}, -math.pi / 2, {}),
        ("tanh(x)", {"x": -INF}, -1.0, {"x": 0.0}),
        ("exp(x)", {"x": -INF}, 0.0, {"x": 0.0}),
        ("exp(x)", {"x": INF}, INF, {"x": INF}),
        ("1/x", {"x": -INF}, 0.0, {"x": 0.0}),
        ("min(x, 1)", {"x": INF}, 1.0, {"x": 0.0}),
        ("max(x, 1)", {"x": INF}, INF, {"x": 1.0}),
        ("clamp(x, 0, 1)", {"x": INF}, 1.0, {"x": 0.0}),
        ("erf(x)", {"x": INF}, 1.0, {"x": 0.0}),
        ("sigmoid(x)", {"x": -INF}, 0.0, {"x": 0.0}),
        ("softplus(x)", {"x": INF}, INF, {"x": 1.0}),
        ("softplus(x)", {"x": -INF}, 0.0, {"x": 0.0}),
        ("logsumexp(x, 2)", {"x": -INF}, 2.0, {"x": 0.0}),
        ("logsumexp(x, 2)", {"x": INF}, INF, {"x": 1.0}),
        ("logsumexp(x, y, z)", {"x": INF, "y": 1.0, "z": 2.0}, INF, {"x": 1.0, "y": 0.0, "z": 0.0}),
        ("sinc(x)", {"x": INF}, 0.0, {"x": 0.0}),
        ("exprel(x)", {"x": -INF}, 0.0, {"x": 0.0}),
        ("bernoulli(x)", {"x": INF}, 0.0, {"x": 0.0}),
        ("bernoulli(x)", {"x": -INF}, INF, {"x": -1.0}),
        ("log(x)", {"x": INF}, INF, {"x": 0.0}),
        ("x + 1", {"x": INF}, INF, {"x": 1.0}),
        ("where(x == inf, 3, x)", {"x": INF}, 3.0, {"x": 0.0}),
        ("x < inf", {"x": 1.0}, 1.0, {"x": 0.0}),
        ("2^-inf + x", {"x": 1.0}, 1.0, {"x": 1.0}),
        ("x + 1", {"x": NAN}, NAN, {"x": 1.0}),
        ("2*x", {"x": NAN}, NAN, {"x": 2.0}),
        ("sin(x)", {"x": NAN}, NAN, {"x": NAN}),
        ("max(x, 1)", {"x": NAN}, NAN, {}),
        ("where(x > 0, 1, 2)", {"x": NAN}, 2.0, {"x": 0.0}),
        ("where(y > 0, y, x)", {"x": NAN, "y": 1.0}, 1.0, {"x": 0.0, "y": 1.0}),
        ("(x == x)", {"x": NAN}, 0.0, {"x": 0.0}),
    ],
)
def test_infinities_and_nan_that_are_given(
    arithmetic: Arithmetic, program: str, inputs: dict[str, float], value: float, slopes: dict[str, float]
) -> None:
    found = answer(program, arithmetic, **inputs)
    assert same(found.value, value)
    for name, slope in slopes.items():
        assert same(found.slopes[name], slope), name


# What a derivative is taken by: a definition has a node of its own, what has no name is shared.


@both
def test_two_definitions_of_the_same_are_two_variables(arithmetic: Arithmetic) -> None:
    found = answer("p = a + b; q = a + b; J = p*q", arithmetic, a=2.0, b=3.0)
    assert found.value == 25.0
    assert (found.slopes["p"], found.slopes["q"], found.slopes["a"]) == (5.0, 5.0, 10.0)
    found = answer("p = a + b; q = a + b + 0; J = p*q*q", arithmetic, a=2.0, b=3.0)
    assert (found.slopes["p"], found.slopes["q"]) == (25.0, 50.0)


@both
def test_a_copy_is_a_variable_of_its_own(arithmetic: Arithmetic) -> None:
    found = answer("y = x; J = x*y", arithmetic, x=3.0)
    assert (found.slopes["y"], found.slopes["x"]) == (3.0, 6.0)
    found = answer("z = y; y = x; J = x*y*z", arithmetic, x=3.0)
    assert (found.slopes["z"], found.slopes["y"], found.slopes["x"]) == (9.0, 18.0, 27.0)


@both
def test_the_derivative_by_itself_is_one(arithmetic: Arithmetic) -> None:
    graph = parse("J = 3*v; v = a + u; u = b*c; k = 2")
    values = values_at(graph, arithmetic, {"a": 5.0, "b": 3.0, "c": 2.0})
    for name in graph.names:
        if name in graph.definitions:
            assert backpropagate(values, name)[name] == 1
    assert {n: float(d) for n, d in backpropagate(values, "J").items()} == {
        "a": 3, "b": 6, "c": 9, "u": 3, "v": 3, "J": 1, "k": 0,
    }  # fmt: skip
    assert {(of, wrt): float(d) for of, wrt, d in edges(values)} == {
        ("J", "v"): 3, ("v", "a"): 1, ("v", "u"): 1, ("u", "b"): 2, ("u", "c"): 3,
    }  # fmt: skip


@both
def test_a_named_number_has_a_derivative(arithmetic: Arithmetic) -> None:
    found = answer("k = 4; J = k^2*x", arithmetic, x=3.0)
    assert (found.value, found.slopes["k"], found.slopes["x"]) == (48.0, 24.0, 16.0)


def test_what_has_no_name_stands_once() -> None:
    count = len(parse("J = sin(x*y) + cos(x*y)").operations)
    assert count == len(parse("u = x*y; J = sin(u) + cos(u)").operations) == 4
    assert len(parse("J = (x + 1)*(x + 1)*(x + 1)").operations) == 3
    assert len(parse("p = (a + b)*2; q = (a + b)*3; J = p*q").operations) == 4
    # A named one is never merged with another, nor with one that has no name.
    assert len(parse("p = a + b; q = a + b; J = p*q").operations) == 3
    assert len(parse("p = a + b; J = (a + b)*p").operations) == 3


@both
def test_paths_are_all_counted_and_each_once(arithmetic: Arithmetic) -> None:
    assert answer("b = a + a; c = b + b; J = c + c", arithmetic, a=1.0).slopes["a"] == 8.0
    program = "; ".join(f"u{k + 1} = u{k} + u{k}" for k in range(60))
    found = answer(program.replace("u0", "x"), arithmetic, x=1.0)
    assert (found.value, found.slopes["x"]) == (2.0**60, 2.0**60)


@both
@pytest.mark.parametrize("reverse", [False, True])
def test_a_chain_of_1500_definitions(arithmetic: Arithmetic, reverse: bool) -> None:
    lines = ["u0 = x", *(f"u{k + 1} = u{k}*1.001 + 0" for k in range(1500))]
    found = answer("\n".join(lines[::-1] if reverse else lines), arithmetic, x=1.0)
    assert found.value == pytest.approx(1.001**1500, rel=1e-12)
    assert found.slopes["x"] == pytest.approx(1.001**1500, rel=1e-12)
    assert found.slopes["u1499"] == 1.001


@both
def test_an_expression_of_1500_levels(arithmetic: Arithmetic) -> None:
    found = answer("sin(" * 1500 + "x" + ")" * 1500, arithmetic, x=1.0)
    value, slope = 1.0, 1.0
    for _ in range(1500):
        value, slope = math.sin(value), slope * math.cos(value)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.slopes["x"] == pytest.approx(slope, rel=1e-9)


@both
def test_the_product_of_speelpenning(arithmetic: Arithmetic) -> None:
    """The derivative of a product by each factor is the product of all others: at 0 as well."""
    for points in ([float(k % 7 - 3) or 0.5 for k in range(40)], [0.0, *(1.0 + k / 8 for k in range(30))]):
        inputs = {f"x{k}": x for k, x in enumerate(points)}
        found = answer("*".join(inputs), arithmetic, **inputs)
        for k, name in enumerate(inputs):
            others = [x for j, x in enumerate(points) if j != k]
            assert found.slopes[name] == pytest.approx(reduce(mul, others), rel=1e-12)


@both
def test_the_order_of_definitions_means_nothing(arithmetic: Arithmetic) -> None:
    lines = ["J = 3*v", "v = a + u", "u = b*c"]
    inputs = {"a": 5.0, "b": 3.0, "c": 2.0}
    orders = [lines, lines[::-1], [lines[1], lines[0], lines[2]], [lines[1], lines[2], lines[0]]]
    found = [answer("; ".join(order), arithmetic, **inputs) for order in orders]
    assert all((f.value, f.slopes) == (found[0].value, found[0].slopes) for f in found)
    assert (found[0].value, found[0].slopes["b"]) == (33.0, 6.0)
