"""Hessians, Hessian-vector and Jacobian-vector products, and `diff` inside a program."""

from __future__ import annotations

import math
import random

import mpmath
import pytest
from drawn import program

from graphdiff import GraphdiffError, Precise, backpropagate, evaluate, parse
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.derivatives.quantities import Probe, Quantity, quantity
from graphdiff.derivatives.second_order import along, hessian, hessian_times
from graphdiff.graph import Graph


def measured(text: str, what: str, **point: float) -> float:
    graph = parse(text)
    (found,) = Probe(graph, [quantity(graph, what)]).at(point, FLOATS)
    return float(found)


@pytest.mark.parametrize("seed", range(40))
def test_hessian_products_and_second_derivatives_agree(seed: int) -> None:
    """Three ways that share little: derivative programs, dual numbers, and sweeps of the gradient."""
    text, point = program(seed, definitions=3, kinked=seed % 2 == 0)
    graph = parse(text)
    direction = {"x": 1.0, "y": -0.5, "z": 2.0}
    direction = {name: direction[name] for name in graph.inputs}
    entries = hessian(graph, point, "J", graph.inputs)

    def entry(a: str, b: str) -> float:
        return float(entries.get((a, b), entries.get((b, a), 0.0)))

    product = hessian_times(graph, point, "J", direction)
    for a in graph.inputs:
        expected = sum(entry(a, b) * rate for b, rate in direction.items())
        assert product[a] == pytest.approx(expected, rel=1e-9, abs=1e-10)
    slopes = backpropagate(evaluate(graph, point), "J")
    rate = sum(slopes[name] * direction[name] for name in graph.inputs)
    assert along(graph, point, direction)["J"] == pytest.approx(rate, rel=1e-11, abs=1e-12)
    for a in graph.inputs:
        for b in graph.inputs:
            found = Probe(graph, [Quantity("J", (a, b))]).at(point, FLOATS)[0]
            assert found == pytest.approx(entry(a, b), rel=1e-9, abs=1e-10)


def test_a_sparse_hessian_is_sparse() -> None:
    terms = (f"100*(x{k + 1} - x{k}^2)^2 + (1 - x{k})^2" for k in range(30))
    graph = parse("J = " + " + ".join(terms))
    entries = hessian(graph, dict.fromkeys(graph.inputs, 0.5), "J", graph.inputs)
    assert len(entries) == 31 + 30
    assert entries["x1", "x2"] == pytest.approx(-400 * 0.5)
    assert entries["x30", "x30"] == 200.0


def test_forward_mode_does_not_touch_a_branch_that_is_not_taken() -> None:
    graph = parse("J = where(x > 0, sqrt(x), 0)*y")
    assert along(graph, {"x": -1.0, "y": 2.0}, {"x": 1.0}) == {"x": 1.0, "y": 0.0, "J": 0.0}
    assert hessian_times(graph, {"x": -1.0, "y": 2.0}, "J", {"x": 1.0})["x"] == 0.0


def test_products_run_over_any_arithmetic() -> None:
    digits = Precise(40)
    graph = parse("J = exp(x*y)")
    one = digits.one
    product = hessian_times(graph, {"x": one, "y": one}, "J", {"x": one}, digits)
    assert digits.mp.almosteq(product["y"], 2 * digits.mp.e, digits.mp.mpf(10) ** -38)


@pytest.mark.parametrize(
    ("what", "expected"),
    [("d2J/db2", 24.0), ("d2J/db dc", 102.0), ("d2J/dbdc", 102.0), ("d2J/dc db", 102.0), ("d2J/dv2", 6.0)],
)
def test_second_derivatives_by_name(what: str, expected: float) -> None:
    assert measured("J=3*v^2; v=a+u; u=b*c", what, a=5.0, b=3.0, c=2.0) == expected


def test_a_second_derivative_that_can_be_read_in_two_ways_is_refused() -> None:
    graph = parse("J = a*dab*ada*b*bdb")
    with pytest.raises(GraphdiffError, match="can be read as"):
        quantity(parse("J = a*bdb*adb*b"), "d2J/dadbdb")
    assert quantity(graph, "d2J/da db").wrt == ("a", "b")


def test_a_name_that_ends_in_a_digit() -> None:
    graph = parse("J = b2^3*b")
    assert quantity(graph, "dJ/db2") == Quantity("J", ("b2",))
    assert quantity(graph, "d2J/db22") == Quantity("J", ("b2", "b2"))
    assert quantity(graph, "d2J/db2") == Quantity("J", ("b", "b"))


@pytest.mark.parametrize("what", ["d2J/db", "d3J/db3", "dJ", "J/b", "d2J/dq2", "d2q/db2", "dJ/dq", ""])
def test_what_is_no_quantity_is_refused(what: str) -> None:
    with pytest.raises(GraphdiffError):
        quantity(parse("J = b^3"), what)


class TestDiff:
    def value(self, text: str, **point: float) -> float:
        graph = parse(text)
        return float(evaluate(graph, point)[graph.outputs[-1]])

    def test_the_reference_example(self) -> None:
        assert self.value("J=3*v; v=a+u; u=b*c; g=diff(J, b)", a=5.0, b=3.0, c=2.0) == 6.0

    def test_by_an_intermediate_name_it_is_the_total_derivative(self) -> None:
        assert self.value("g = diff(J, p); J = p*q*p; q = a; p = a + b", a=1.0, b=2.0) == 6.0
        assert self.value("g = diff(J, p); J = p*q; q = p^2; p = a", a=2.0) == 12.0

    def test_nested_as_deep_as_one_likes(self) -> None:
        assert self.value("diff(diff(x^3*y, x), y)", x=2.0, y=5.0) == 12.0
        assert self.value("diff(diff(diff(diff(x^4, x), x), x), x)", x=7.0) == 24.0

    def test_a_newton_step(self) -> None:
        text = "f(x) = x^3 - 2; step(x) = x - f(x)/diff(f(x), x); step(step(step(step(1.5))))"
        assert self.value(text) == pytest.approx(2 ** (1 / 3), rel=1e-9)

    def test_a_parameter_is_a_variable_of_its_own(self) -> None:
        """At f(3), the 3 of the body is not the 3 that x is; nor is a + b the a + b of k."""
        assert self.value("f(x) = 3*x; g(x) = diff(f(x), x); g(3)") == 3.0
        assert self.value("f(x) = x*(a + b); g(x) = diff(f(x), x); g(a + b)", a=1.0, b=2.0) == 3.0

    def test_euler_lagrange(self) -> None:
        text = "T = m*v^2/2; V = k*x^2/2; L = T - V; force = diff(L, x); p = diff(L, v); h = p*v - L"
        graph = parse(text)
        values = evaluate(graph, {"m": 2.0, "v": 3.0, "k": 5.0, "x": 0.5})
        assert (values["force"], values["p"], values["h"]) == (-2.5, 6.0, 9.625)

    def test_what_it_does_not_depend_on(self) -> None:
        assert self.value("diff(a*b, z) + 0*z", a=1.0, b=2.0, z=3.0) == 0.0

    def test_branches_that_are_not_taken_stay_absent(self) -> None:
        assert self.value("diff(where(x > 0, sqrt(x), 0), x)", x=-1.0) == 0.0
        assert self.value("diff(diff(where(x > 0, sqrt(x), 0), x), x)", x=-1.0) == 0.0

    def test_its_own_derivative_is_the_second_derivative(self) -> None:
        for seed in range(20):
            text, point = program(seed, definitions=3)
            graph = parse(f"{text}; g = diff(J, x)")
            slopes = backpropagate(evaluate(graph, point), "g")
            entries = hessian(parse(text), point, "J", ["x", "y"])
            assert slopes["x"] == pytest.approx(entries.get(("x", "x"), 0.0), rel=1e-9, abs=1e-10)
            assert slopes["y"] == pytest.approx(entries.get(("x", "y"), 0.0), rel=1e-9, abs=1e-10)

    def test_numbers_that_the_program_does_not_have(self) -> None:
        """erf' brings 2/sqrt(pi) and polygamma' a 1 into a program without them, at any precision."""
        digits = Precise(30)
        graph = parse("diff(erf(x), x)")
        value = evaluate(graph, {"x": digits.zero}, digits)["out"]
        assert digits.mp.almosteq(value, 2 / digits.mp.sqrt(digits.mp.pi), digits.mp.mpf(10) ** -29)
        assert math.isclose(self.value("diff(erf(x), x)", x=0.0), 2 / math.sqrt(math.pi))

    def test_a_program_may_use_the_name_for_its_own(self) -> None:
        assert self.value("diff(p, q) = p - q; diff(5, x)", x=2.0) == 3.0

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("diff(x^2, 3)", "differentiates by a name"),
            ("diff(x^2, 2*x)", "differentiates by a name"),
            ("diff(x*pi, pi)", "differentiates by a name"),
            ("diff(x^2)", "takes 2"),
            ("diff(x, x, x)", "takes 2"),
            ("J = diff(J, b)", "circle"),
            ("J = b*g; g = diff(J, b)", "circle"),
        ],
    )
    def test_what_it_refuses(self, text: str, message: str) -> None:
        with pytest.raises(GraphdiffError, match=message):
            parse(text)


# What a derivative by a definition is: how J moves when the definition's value is moved, and
# what it is made of stays. Definitions here have the formulas that stand elsewhere without a name.
REPEATED = (
    "exp(x)", "x^2", "-y", "1/y", "x*y", "2*x", "sqrt(2 + x)", "sin(x)*y", "x + y", "y^x",
    "log(x)", "3*(x + y)",
)  # fmt: skip


def repeated(seed: int) -> tuple[str, dict[str, float]]:
    source = random.Random(seed)
    names = ["x", "y"]
    lines = []
    for k in range(3):
        pieces = [source.choice([*REPEATED, *names]) for _ in range(3)]
        lines.append(f"v{k} = {source.choice(REPEATED)}")
        names.append(f"v{k}")
        lines.append(f"w{k} = {pieces[0]}*{source.choice(names)} + {pieces[1]}/(3 + ({pieces[2]})^2)")
        names.append(f"w{k}")
    lines.append("J = " + " + ".join(f"{name}*{source.choice(names)}" for name in names) + " + x*v0^2")
    return "; ".join(lines), {"x": source.uniform(0.5, 2.0), "y": source.uniform(0.5, 2.0)}


def bumped(graph: Graph, point: dict[str, float], first: str, second: str) -> float:
    """The mixed second derivative of J by bumps of two values, from values alone."""
    digits = Precise(60)
    mp = digits.mp

    def value(*by: object) -> object:
        nodes = [digits.number(repr(point[name])) for name in graph.inputs]
        nodes += map(digits.constant, graph.constants)
        bumps = list(zip((graph.names[first], graph.names[second]), by, strict=False))
        for k in range(len(graph)):
            if k >= graph.first_operation:
                rule, arguments = graph.operations[k - graph.first_operation]
                nodes.append(digits.value_of[rule](*[nodes[argument] for argument in arguments]))
            for node, step in bumps:
                nodes[k] = nodes[k] + step if node == k else nodes[k]
        return nodes[graph.names["J"]]

    with mp.extradps(30):
        if first == second:
            return float(mp.diff(lambda step: value(step), 0, 2))
        return float(mp.diff(value, (0, 0), (1, 1)))


@pytest.mark.parametrize("seed", range(12))
def test_second_derivatives_by_definitions_are_what_bumps_show(seed: int) -> None:
    text, point = repeated(seed)
    graph = parse(text)
    names = [name for name in graph.names if name != "J"]
    source = random.Random(seed)
    entries = hessian(graph, point, "J", names)
    for a, b in [(source.choice(names), source.choice(names)) for _ in range(12)]:
        expected = pytest.approx(bumped(graph, point, a, b), rel=1e-9, abs=1e-10)
        assert entries.get((a, b), entries.get((b, a), 0.0)) == expected
        assert Probe(graph, [Quantity("J", (a, b))]).at(point, FLOATS)[0] == expected
        nested = parse(f"{text}; g = diff(diff(J, {a}), {b})")
        assert evaluate(nested, point)["g"] == expected


@pytest.mark.parametrize(
    ("text", "what", "point", "value"),
    [
        ("J = (1 + x)^x", "d2J/dx2", {"x": 0.0}, 2.0),
        ("J = x^n", "d2J/dn dx", {"x": 2.0, "n": 0.0}, 0.5),
        ("J = x^n", "d2J/dx dn", {"x": 2.0, "n": 0.0}, 0.5),
        ("J = x^n", "d2J/dx2", {"x": -2.0, "n": 0.0}, 0.0),
        ("J = (x - y)^y", "d2J/dx dy", {"x": 3.0, "y": 0.0}, 1 / 3),
        ("J = diff(diff(diff(x^n, x), x), n)", "J", {"x": 2.0, "n": 1.0}, 0.5),
        ("J = x^0", "d2J/dx2", {"x": 0.0}, 0.0),
        ("x = exp(t); v = diff(x, t); L = v^2/2 - x^2/2; J = diff(diff(L, v), t) - diff(L, x)",
         "J", {"t": 0.0}, 2.0),
        ("v = -u; K = v*x^2; J = diff(K, x)", "dJ/dv", {"x": 3.0, "u": 2.0}, 6.0),
        ("v = -3; J = diff(diff(-(v*x), x), v)", "J", {"x": 2.0}, -1.0),
        ("J = tanh(x)", "d2J/dx2", {"x": 200.0}, -8*mpmath.exp(-400)),
    ],
)  # fmt: skip
def test_second_derivatives_that_are_easy_to_get_wrong(
    text: str, what: str, point: dict[str, float], value: float
) -> None:
    assert measured(text, what, **point) == pytest.approx(value, rel=1e-14, abs=0)


def test_a_branch_that_is_not_taken_has_no_second_derivatives() -> None:
    """Not even such as are no numbers: at 0 the one by x of x^1.5 is infinite, and 0 times it is NaN."""
    graph = parse("J = where(x > 0, y*x^1.5, x*z) + where(x < 0, log(x)*z^2, 0)")
    assert hessian(graph, {"x": 0.0, "y": 0.0, "z": 1.0}, "J", graph.inputs) == {("x", "z"): 1.0}
