"""A derivative program as a graph, made without its text, is the graph of that text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import program

from graphdiff import Batch, GraphdiffError, Precise, UndefinedOperation, backpropagate, evaluate, parse
from graphdiff.derivatives.derivation import derive, with_copies
from graphdiff.derivatives.quantities import derivative_graph
from graphdiff.derivatives.second_order import Hessian, hessian
from graphdiff.graph import Graph
from graphdiff.views.code.graphdiff import Graphdiff


def both(text: str, *, of: tuple[str, ...] = (), wrt: tuple[str, ...] = ()) -> tuple[Graph, Graph]:
    """A derivative program as a graph, and as the graph of its text."""
    derived = derive(parse(text), of, wrt, values=True)
    return derived.graph(), parse("\n".join(Graphdiff(derived).lines()))


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize("seed", range(100))
def test_the_graph_computes_what_its_text_does(seed: int) -> None:
    text, point = program(seed, kinked=seed % 2 == 0)
    graph, read = both(text)
    assert graph.inputs == read.inputs
    assert graph.outputs == read.outputs
    assert set(graph.names) <= set(read.names)  # where the text has temporary names too
    found, expected = evaluate(graph, point), evaluate(read, point)
    for name in graph.names:
        assert same(found[name], expected[name]), name


@pytest.mark.parametrize(
    "text",
    [
        "J=3*v; v=a+u; u=b*c",
        "pi = 3; y = erf(pi*x)",  # a constant of the rules that the program redefines
        "y = -x; z = 2; w = z",  # derivatives that are numbers
        "p = a + b; q = a + b; J = p*q",  # names that compute the same
        "y = x; z = y",
        "y = where(x > 0 and x < 1, sqrt(x), -1e300 < x)",
        "y = diff(x^3, x)*x",
    ],
)
def test_what_is_special_in_a_text_is_so_in_the_graph(text: str) -> None:
    graph, read = both(text)
    for at in (0.25, 1.0, 3.0):
        point = dict.fromkeys(graph.inputs, at)
        for name in graph.names:
            assert evaluate(graph, point)[name] == evaluate(read, point)[name], name


@pytest.mark.parametrize("seed", range(40))
def test_the_graph_is_differentiated_again(seed: int) -> None:
    text, point = program(seed, definitions=3)
    graph = parse(text)
    first, name = derivative_graph(graph, "J", "x", rederived_by=graph.inputs)
    slopes = backpropagate(evaluate(first, point), name)
    second, entries = derive(first, [name]).graph(), hessian(graph, point, "J", graph.inputs)
    for k, by in enumerate(graph.inputs):
        pair = ("x", by) if ("x", by) in entries else (by, "x")
        expected = pytest.approx(entries.get(pair, 0.0), rel=1e-9, abs=1e-10)
        assert slopes[by] == expected
        assert evaluate(second, point)[derive(first, [name]).wanted[k]] == expected


@pytest.mark.parametrize("seed", range(60))
def test_a_graph_with_copied_definitions_computes_the_same(seed: int) -> None:
    text, point = program(seed, kinked=True)
    graph = parse(text)
    copied = with_copies(graph)
    assert (copied.inputs, copied.outputs, list(copied.names)) == (
        graph.inputs,
        graph.outputs,
        list(graph.names),
    )
    values, expected = evaluate(copied, point), evaluate(graph, point)
    assert dict(values) == dict(expected)
    slopes, others = backpropagate(values, "J"), backpropagate(expected, "J")
    for name in graph.names:
        assert slopes[name] == pytest.approx(others[name], rel=1e-13, abs=1e-14)
        assert copied.names[name] < graph.first_operation or copied.formula(name) == graph.formula(name)
    assert len(with_copies(copied)) == len(copied)


def test_a_hessian_is_derived_once_and_evaluated_at_any_point() -> None:
    graph = parse("J = where(a > 0, a^2*b, b^3) + exp(c*v); v = a*b")
    kept = Hessian(graph, "J", ["a", "b", "c", "v"])
    for a in (1.5, -1.5, 2.5):
        point = {"a": a, "b": 0.5, "c": 0.25}
        found = {(x, y): value for x, row in kept.at(point).items() for y, value in row.items()}
        assert found == hessian(graph, point, "J", ["a", "b", "c", "v"])
    digits = Precise(30)
    precise = {name: digits.number(str(value)) for name, value in point.items()}
    assert float(kept.at(precise, digits)["a"]["b"]) == pytest.approx(found["a", "b"], rel=1e-14)


@pytest.mark.parametrize("seed", range(30))
def test_a_hessian_is_what_backpropagation_of_the_gradient_gives(seed: int) -> None:
    """By definitions too, whose derivatives are those of a variable of its own."""
    text, point = program(seed, definitions=4, kinked=True)
    graph = parse(text)
    names = ["y", "u0", "x", "u1"]
    rows = Hessian(graph, "J", names).at(point)
    for k, name in enumerate(names):
        derived, wanted = derivative_graph(graph, "J", name, rederived_by=names)
        slopes = backpropagate(evaluate(derived, point), wanted)
        for by in names[k:]:
            expected = slopes[by] if by in derived.names else 0.0
            assert rows[name].get(by, 0.0) == pytest.approx(expected, rel=1e-9, abs=1e-10)


def test_a_hessian_over_rows_has_the_numbers_of_each_row() -> None:
    """In a row whose branch is not taken, an infinity of the other one does not count."""
    graph = parse("J = where(a > 0, v^2, b*a^2)*a; v = u^3 + u; u = sqrt(a)*b")
    names = ["a", "b", "u", "v"]
    points = [{"a": a, "b": b} for a, b in [(1.5, 2.0), (0.0, 3.0), (2.5, 0.5)]]
    kept = Hessian(graph, "J", names)
    with np.errstate(all="ignore"):
        rows = kept.at({name: [point[name] for point in points] for name in ("a", "b")}, Batch())
    for k, point in enumerate(points):
        for first, row in kept.at(point).items():
            for then in names[names.index(first) :]:
                found = np.broadcast_to(rows[first].get(then, 0.0), 3)[k]
                assert found == pytest.approx(row.get(then, 0.0), rel=1e-13)


def test_an_input_is_not_an_output_of_a_graph_that_has_its_derivative() -> None:
    graph = derive(parse("y = x*z"), ["x"], ["z"], values=True).graph()
    assert graph.outputs == ("dx_dz",)
    again = derive(graph).graph()
    assert all(again.mark(node).end for node in range(again.first_operation, len(again)))


# Messages about derivatives point at the program that was differentiated.


def test_a_derived_operation_stands_where_the_differentiated_one_does() -> None:
    text = "J = 3*v\nv = a + sqrt(u)  # the root\nu = b*c"
    derived, name = derivative_graph(parse(text), "J", "b")
    with pytest.raises(UndefinedOperation) as error:
        evaluate(derived, {"a": 5.0, "b": 0.0, "c": 2.0})[name]
    assert str(error.value).splitlines() == [
        "error: division by zero in the derivative of 'sqrt(u)'",
        "  2:9 | v = a + sqrt(u)  # the root",
        "      |         ^^^^^^^ here 3 / 0",
    ]


def test_a_number_that_is_too_large_is_shown_where_the_program_has_it() -> None:
    graph, _ = both("y = x - 1e400*x")
    with pytest.raises(GraphdiffError, match="1e400 is beyond the largest") as error:
        evaluate(graph, {"x": 1.0})["y"]
    assert "^^^^^" in str(error.value)


@pytest.mark.parametrize("seed", range(30))
def test_every_operation_of_a_derivative_has_a_place_in_the_program(seed: int) -> None:
    graph = parse(program(seed, kinked=True)[0])
    derived = derive(graph).graph()
    again = derive(derived, derived.outputs[:1]).graph()
    for one in (derived, again):
        for node in range(one.first_operation, len(one)):
            mark = one.mark(node)
            assert 0 <= mark.start < mark.end <= len(graph.source.text)
            assert one.excerpt(node)
