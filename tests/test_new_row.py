"""A function is one row: rows that are added while the tests run work everywhere, from the row alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from notations import TOOLS, Case, Point, Results, close, expected, written

from graphdiff import evaluate, parse
from graphdiff.arithmetic.batch import Batch
from graphdiff.arithmetic.precise import Precise
from graphdiff.derivatives.derivation import derive
from graphdiff.derivatives.second_order import along, hessian
from graphdiff.explanation.steps import explain
from graphdiff.rules import BY_NAME, CALLABLE, Rule
from graphdiff.sweep import backpropagate
from graphdiff.views import code
from graphdiff.views.explanation import text as explanation_text
from graphdiff.views.screen import Screen

ROWS = (
    # Its argument and a step on the way are used twice: a helper function in other languages.
    Rule("logcosh", "x", ["tanh(x)"], value="abs(x) + log1p(exp(-2*abs(x))) - log(2)"),
    # Of two arguments, with a branch that is undefined where it is not taken.
    Rule("symlog", "x s", ["where(x < 0, 1/(s - x), 1/(s + x))", "where(x < 0, -x/(s - x), -x/(s + x))/s"],
         value="where(x < 0, log(s/(s - x)), log((s + x)/s))", domain="s > 0"),
    # Everything is used once: its formula stands in its place. Its partial uses another such row.
    Rule("gudermann", "x", ["sech(x)"], value="2*atan(tanh(x/2))", latex=r"\operatorname{gd}"),
    # A condition.
    Rule("negative", "x", [None], value="x < 0", kinks="x == 0", truth=True),
)  # fmt: skip
TEXT = "J = logcosh(x*y)*symlog(x, s) + where(negative(x), gudermann(y + x), logcosh(y)) + 2*negative(y)*x"
POINTS: list[Point] = [(0.75, -1.5, 0.5), (-1.25, 0.5, 1.5), (-3.0, -0.25, 0.75)]
CASE = Case(TEXT, POINTS)


@pytest.fixture
def reference() -> list[list[float]]:
    """Value and derivatives where the rows are functions of the program, not of the table."""
    functions = [f"{rule.name}_({', '.join(rule.parameters)}) = {rule.value}" for rule in ROWS]
    called = re.sub(rf"\b({'|'.join(rule.name for rule in ROWS)})\(", r"\1_(", TEXT)
    return expected(Case("; ".join([*functions, called]), POINTS))


@pytest.fixture(autouse=True)
def with_new_rows(reference: list[list[float]], monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in ROWS:
        monkeypatch.setitem(BY_NAME, rule.name, rule)
        monkeypatch.setitem(CALLABLE, rule.name, rule)


def assert_same(found: list[list[float]], reference: list[list[float]]) -> None:
    for row, right in zip(found, reference, strict=True):
        assert row == pytest.approx(right, rel=1e-13)


def inputs() -> Iterator[dict[str, float]]:
    for point in POINTS:
        yield dict(zip(CASE.graph.inputs, point, strict=True))


def test_in_floats_and_in_many_digits(reference: list[list[float]]) -> None:
    graph, precise = CASE.graph, Precise(30)
    assert_same(expected(CASE), reference)
    found = []
    for point in inputs():
        values = evaluate(graph, {name: precise.mp.mpf(x) for name, x in point.items()}, precise)
        found.append([float(values["J"]), *map(float, backpropagate(values, "J").values())][:4])
    assert_same(found, reference)


def test_in_batches(reference: list[list[float]]) -> None:
    np = pytest.importorskip("numpy")
    graph, batch = CASE.graph, Batch()
    columns = dict(zip(graph.inputs, map(np.array, zip(*POINTS, strict=True)), strict=True))
    with np.errstate(all="ignore"):
        values = evaluate(graph, columns, batch)
        slopes = backpropagate(values, "J")
    rows = [values["J"], *(slopes[name] for name in graph.inputs)]
    assert_same(np.array(rows).T.tolist(), reference)


def test_in_dual_numbers_and_as_a_derivative_program(reference: list[list[float]]) -> None:
    """The slope along a direction, and second derivatives of the printed derivative."""
    graph = CASE.graph
    derived = parse("\n".join(code.lines(derive(graph), "graphdiff")))
    for point, row in zip(inputs(), reference, strict=True):
        rate = along(graph, point, {"x": 1.0, "y": -2.0, "s": 0.5})["J"]
        assert rate == pytest.approx(row[1] - 2 * row[2] + 0.5 * row[3], rel=1e-12)
        printed = evaluate(derived, {name: point[name] for name in derived.inputs})
        assert [printed[f"dJ_d{name}"] for name in graph.inputs] == pytest.approx(row[1:], rel=1e-13)
        slopes = backpropagate(printed, "dJ_dx")
        for name in graph.inputs:
            entries = hessian(graph, point, "J", graph.inputs)
            entry = entries.get(("x", name), entries.get((name, "x"), 0.0))
            assert slopes[name] == pytest.approx(entry, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("to", sorted(TOOLS))
def test_in_every_programming_language(
    to: str, flat: bool, tmp_path: Path, reference: list[list[float]]
) -> None:
    if TOOLS[to].missing:
        pytest.skip(TOOLS[to].missing)
    found: Results = TOOLS[to].run([CASE], tmp_path, flat)
    for row, right in zip(found[0], reference, strict=True):
        assert all(map(close, row, right)), (row, right)


def test_in_latex_and_in_explanations() -> None:
    typeset = written(CASE, "latex", "f")
    assert r"\operatorname{logcosh}\left(" in typeset
    assert r"\operatorname{gd}\left(" in typeset
    for point in inputs():
        lines = explanation_text.lines(explain(evaluate(CASE.graph, point)), Screen())
        assert "logcosh(" in "\n".join(lines)


def test_every_language_is_tried() -> None:
    assert {*TOOLS, "latex", "graphdiff"} == {*code.LANGUAGES}
