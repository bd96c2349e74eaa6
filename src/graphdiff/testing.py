"""Checks for test suites in Python: what `graphdiff check` does, as an assertion.

def test_gradient():
    ours = {"J": 33.0, "dJ/db": gradient_of_b(a=5, b=3, c=2)}
    assert_derivatives("J=3*v; v=a+u; u=b*c", {"a": 5, "b": 3, "c": 2}, ours)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from graphdiff.arithmetic.floats import FLOATS
from graphdiff.checking.compare import Comparer, Range, Row, Tolerance, expectation, tolerance
from graphdiff.checking.suite import ERROR, FAIL, Check, Points, points_of, run, words_of
from graphdiff.diagnostics import Diagnostic, GraphdiffError, InputProblem, missing_inputs
from graphdiff.graph import Graph
from graphdiff.inputs import to_number, to_value
from graphdiff.parsing import parse
from graphdiff.sweep import check_inputs

# A number, an expression of constants, or a range: "1..5", or (1, 5).
Value = float | str | tuple[float, float]


def assert_derivatives(
    program: str | Graph,
    inputs: Mapping[str, Value] | Iterable[Mapping[str, Value]],
    expected: Mapping[str, float | str] | Iterable[str],
    *,
    rtol: float | None = None,
    atol: float | None = None,
    ulp: float | None = None,
    equal_nan: bool = False,
    samples: int | None = None,
    seed: int = 0,
) -> None:
    """Raise AssertionError, with a table, unless a program's values and derivatives are as expected.

    `inputs` is a point, or several; a range such as "1..5" is drawn from at random, and
    so is an input without a value where `samples` says how many. `expected` maps J, dJ/db
    or d2J/db2 to a number or a formula, or lists texts such as "dJ/db = 3*c". Tolerances
    are those of `graphdiff check`. Raises GraphdiffError where there is no answer.
    """
    __tracebackhide__ = True
    graph = parse(program) if isinstance(program, str) else program
    allowed = tolerance(Tolerance(), rtol, atol, ulp, equal_nan)
    if isinstance(expected, str):
        texts = [expected]
    elif isinstance(expected, Mapping):
        texts = [f"{what} = {_formula(value)}" for what, value in expected.items()]
    else:
        texts = list(expected)
    if not texts:
        raise InputProblem(Diagnostic("usage", "there is nothing to check", hint='expect {"dJ/db": 6.0}'))
    expectations = [expectation(graph, text, allowed) for text in texts]
    if isinstance(inputs, Mapping):
        points = points_of(graph, _values(graph, inputs), samples, seed, _missing)
    else:
        points = _several(graph, inputs)
    outcome = run(Check("", graph, words_of(graph.source.text), points, Comparer(graph, expectations)))
    verdicts = list(outcome.verdicts())
    if ERROR not in verdicts and FAIL not in verdicts:
        return
    from graphdiff.views.report import items
    from graphdiff.views.report.text import of_outcome

    for item in items([outcome]):
        if item.verdict == ERROR:
            raise GraphdiffError((item.fault or Diagnostic("check", ""))._replace(message=item.message))
    failed, total = verdicts.count(FAIL), len(verdicts)
    raise AssertionError("\n".join([f"{failed} of {total} differ from the program", *of_outcome(outcome)]))


def _formula(value: float | str) -> str:
    return value if isinstance(value, str) else repr(float(value))


def _values(graph: Graph, given: Mapping[str, Value]) -> dict[str, float | Range]:
    check_inputs(graph, {*graph.inputs, *given})
    found: dict[str, float | Range] = {}
    for name, value in given.items():
        if isinstance(value, tuple):
            low, high = value
            value = f"{float(low)!r}..{float(high)!r}"
        found[name] = to_value(name, value if isinstance(value, str) else float(value))
    return found


def _several(graph: Graph, given: Iterable[Mapping[str, Value]]) -> Points:
    rows = []
    for number, point in enumerate(given, 1):
        check_inputs(graph, point)
        values = {name: point[name] for name in graph.inputs}
        for name, value in values.items():
            if isinstance(value, tuple):
                raise InputProblem(Diagnostic("input", f"input '{name}' of a point is a range: {value}"))
        rows.append(Row(number, {name: to_number(name, value, FLOATS) for name, value in values.items()}))
    return Points(lambda: rows)


def _missing(names: list[str]) -> NoReturn:
    hint = "give values, or samples= to draw what has none"
    raise InputProblem(Diagnostic("input", missing_inputs(names), hint=hint, node=names[0]))
