"""What people write elsewhere is answered with what is right here."""

from __future__ import annotations

import re

import pytest

import graphdiff
from graphdiff.diagnostics import GraphdiffError
from graphdiff.language import elsewhere
from graphdiff.language.elsewhere import SPELLINGS, Spelling
from graphdiff.rules import CALLABLE, CONSTANTS


def hint_for(program: str) -> str:
    with pytest.raises(GraphdiffError) as error:
        graphdiff.parse(program)
    return error.value.diagnostic.hint


@pytest.mark.parametrize("name", sorted(elsewhere.FUNCTIONS))
def test_a_function_of_other_languages_is_answered_with_ours(name: str) -> None:
    formula = elsewhere.FUNCTIONS[name]
    graphdiff.parse(f"f = x^2; out = {formula}")  # it can be typed as it stands
    assert hint_for(f"y = {name}(x)") == f"write {formula}"
    assert name == name.lower()
    assert name not in CALLABLE


@pytest.mark.parametrize("name", sorted(elsewhere.ADVICE))
def test_a_function_without_a_counterpart_is_answered_with_advice(name: str) -> None:
    assert name not in CALLABLE
    assert name not in elsewhere.FUNCTIONS
    assert hint_for(f"y = {name}(x)") == elsewhere.ADVICE[name]


@pytest.mark.parametrize("name", sorted(elsewhere.NAMES))
def test_a_constant_of_other_languages_is_a_constant_here(name: str) -> None:
    assert graphdiff.parse(f"y = {name}").inputs == (name,)
    assert graphdiff.parse(f"y = {elsewhere.NAMES[name]}").inputs == ()


@pytest.mark.parametrize("row", SPELLINGS, ids=lambda row: row.typed)
def test_a_spelling_is_answered_with_what_parses(row: Spelling) -> None:
    with pytest.raises(GraphdiffError) as error:
        graphdiff.parse(row.typed)
    (mark,) = error.value.diagnostic.marks
    before = row.typed.rfind(";", 0, mark.start) + 1
    statement, semicolon, after = row.typed[before:].partition(";")
    found = [m for m in re.finditer(row.pattern, statement) if before + m.start() == mark.start]
    assert found, "another row answers"
    assert error.value.diagnostic.hint == row.hint(found[0])
    if row.replacement(found[0]):
        right = re.sub(row.pattern, row.replacement, statement)
        graphdiff.parse(row.typed[:before] + right + semicolon + after)
    else:
        assert row.note


@pytest.mark.parametrize(
    ("typed", "meant"),
    {
        "y = x if c else z": "where(c, x, z)",
        "y = c > 0 ? a + 1 : -b": "where(c > 0, a + 1, -b)",
        "y = cos^3(2*(x + 1))": "cos(2*(x + 1))^3",
        "y = tan^(-1)(x)": "atan(x)",
        "y = 2*sin\u00b2(x)": "sin(x)^2",
        "y = x\u207b\u00b2": "x^(-2)",
        "y = 0xff + 1": "255",
        "y = 0b101": "5",
        "y = 12_345_678": "12345678",
        "y = 6.02D+23*x": "6.02e+23",
        "y = 1.d0": "1.e0",
        "y = x[12]": "x_12",
        "double precision f(x) = x^2": "f(x) = x^2",
        "f(x) := x^2": "=",
        "y = scipy.special.expit(x)": "sigmoid(x)",
        "y = np.arctan2(a, b)": "atan2(y, x)",
        "y = std::exp(x)": "exp",
        "y = math.pi*x": "pi",
        "y = d(sin(2*x))/dx": "diff(sin(2*x), x)",
        "y = a .ge. b": ">=",
        "y = (n + 1)!": "gamma(n + 1 + 1)",
        r"y = \exp(x)": "exp",
        r"y = \sqrt{2*x}": "sqrt(2*x)",
        "y = IF(a > b, a, b)": "where(c, x, y)",
        "y = Power(x, 2)": "x^y",
    }.items(),
)
def test_more_spellings(typed: str, meant: str) -> None:
    assert hint_for(typed).startswith(f"write {meant}") or hint_for(typed).endswith(f"= {meant}")


@pytest.mark.parametrize(
    "program",
    ["y = 2f", "y = 3 f0", "y = 5L", "y = x y", "y = 2x", "y = sin x", "y = 2(x)", "y = (x", "y = x)", "y ="],
)
def test_a_missing_operator_is_no_other_language(program: str) -> None:
    """What may be meant as a product is not called a number of Julia or C."""
    with pytest.raises(GraphdiffError) as error:
        graphdiff.parse(program)
    assert "no meaning" not in error.value.diagnostic.message


@pytest.mark.parametrize(
    ("program", "wrong"), {"y = dot_(x)": "cot", "y = prd(x)": "round", "y = rnd(x)": "and"}.items()
)
def test_a_name_that_is_not_near_is_not_suggested(program: str, wrong: str) -> None:
    assert wrong not in hint_for(program)


def test_constants_are_not_redefined_by_the_tables() -> None:
    assert not {*elsewhere.NAMES} & {*CONSTANTS}
