"""Formulas of textbooks, their derivatives written out by hand: `graphdiff check` confirms each.

tests/formulas/*.toml are check files like anybody's. broken.json has for each formula a
derivative as it comes out of a hurried hand; each is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from itertools import islice, pairwise
from pathlib import Path

import pytest

from graphdiff.checking import PASS, Check, Comparer, Expectation, Result, Tolerance, expectation, run
from graphdiff.checking.files.check_file import CheckFile

FORMULAS = Path(__file__).parent / "formulas"
FILES = sorted(FORMULAS.glob("*.toml"))
BROKEN: dict[str, str] = json.loads((FORMULAS / "broken.json").read_text("utf-8"))


def checks() -> Iterator[Check]:
    for path in FILES:
        file = CheckFile(str(path), path.read_text("utf-8"), str, StringIO)
        for number in range(len(file.data["check"])):
            yield file.check(number)


CHECKS = {check.name: check for check in checks()}


def asked(check: Check) -> list[Expectation]:
    assert check.comparer is not None
    return check.comparer.expectations


def results(check: Check, expectations: list[Expectation]) -> list[Result]:
    """Of other expectations, at the first hundred points."""
    points = check.points._replace(rows=lambda: islice(check.points.rows(), 100))
    report = run(check._replace(comparer=Comparer(check.graph, expectations), points=points))
    assert report.fault is None
    return report.results


@pytest.mark.parametrize("name", CHECKS)
def test_the_derivatives_of_the_textbook_are_confirmed(name: str) -> None:
    report = run(CHECKS[name])
    assert set(report.verdicts()) == {PASS}
    for result in report.results:
        assert result.compared + result.left_out == 1000
        assert result.compared >= 900, "the ranges lie inside the domain"


@pytest.mark.parametrize("name", CHECKS)
def test_a_broken_derivative_is_refused(name: str) -> None:
    check = CHECKS[name]
    broken = expectation(check.graph, BROKEN[name], Tolerance())
    assert broken.quantity in [e.quantity for e in asked(check)]
    (result,) = results(check, [broken])
    assert result.failed > 25


@pytest.mark.parametrize("name", CHECKS)
def test_each_derivative_is_pinned_to_the_tolerance(name: str) -> None:
    """One part in a hundred thousand more is refused: no derivative passes for being small."""
    check = CHECKS[name]
    worse = [e._replace(formula=f"({e.formula})*(1 + 1e-5)") for e in asked(check)]
    for result in results(check, worse):
        # Some are 0 in half of their range, and 0 is 0 whatever it is multiplied by.
        assert result.failed > 40, result.expectation.label


def test_each_formula_has_a_source_and_a_break() -> None:
    assert set(BROKEN) == set(CHECKS)
    assert len(CHECKS) >= 80
    for path in FILES:
        lines = path.read_text("utf-8").splitlines()
        for before, line in pairwise(lines):
            assert line != "[[check]]" or before.startswith("# Source: ")
