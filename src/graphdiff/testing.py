"""Checks for test suites in Python: what `graphdiff check` does, as an assertion.

def test_gradient():
    ours = {"J": 33.0, "dJ/db": gradient_of_b(a=5, b=3, c=2)}
    assert_derivatives("J=3*v; v=a+u; u=b*c", {"a": 5, "b": 3, "c": 2}, ours)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphdiff.checking import ERROR, FAIL, InputValue, check
from graphdiff.diagnostics import Diagnostic, GraphdiffError
from graphdiff.graph import Graph
from graphdiff.parsing import parse


def assert_derivatives(
    program: str | Graph,
    inputs: Mapping[str, InputValue] | Iterable[Mapping[str, InputValue]],
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

    `inputs` is a point, or several points. Ranges such as "1..5" or (1, 5) are sampled at
    random; so are inputs without a value if `samples`, the number of points, is given: from
    their declared ranges.
    `expected` maps J, dJ/db or d2J/db2 to a number or a formula, or lists texts such as
    "dJ/db = 3*c". The tolerances are those of `graphdiff check`. Raises GraphdiffError for
    invalid arguments, for an undefined operation at a given point, and if nothing could be
    compared.
    """
    __tracebackhide__ = True
    graph = parse(program) if isinstance(program, str) else program
    report = check(
        graph, inputs, expected,
        rtol=rtol, atol=atol, ulp=ulp, equal_nan=equal_nan, samples=samples, seed=seed,
    )  # fmt: skip
    if report.passed:
        return
    from graphdiff.views.report.entries import entries
    from graphdiff.views.report.text import of_report

    for entry in entries([report]):
        if entry.verdict == ERROR:
            raise GraphdiffError((entry.fault or Diagnostic("check", ""))._replace(message=entry.message))
    verdicts = list(report.verdicts())
    failed, total = verdicts.count(FAIL), len(verdicts)
    raise AssertionError("\n".join([f"{failed} of {total} differ from the program", *of_report(report)]))
