"""`graphdiff explain`: every equation that it prints is read back and recomputed."""

from __future__ import annotations

import itertools
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from drawn import program
from latexread import WIDE, Formula, equations, overfull
from shell import LECTURE, POINT, Result, answer, assert_refused, environment, graphdiff
from test_transcripts import Block, blocks

from graphdiff.answers import edges
from graphdiff.arithmetic.precise import Precise
from graphdiff.diagnostics import UndefinedOperation
from graphdiff.explanation.bumps import piece_of
from graphdiff.explanation.steps import explain
from graphdiff.parsing import parse
from graphdiff.rules import CONSTANTS, TABLE, Rule
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.values import Values
from graphdiff.views.explanation import FORMATS, lines
from graphdiff.views.explanation import latex as explain_latex
from graphdiff.views.explanation import markdown as explain_markdown
from graphdiff.views.explanation import text as text_view
from graphdiff.views.explanation.breaking import broken
from graphdiff.views.screen import Screen

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "explain.md"
SHOWN = 1e-9  # numbers are shown to ten digits
ENOUGH = 1e-7  # the relative error of a reader who computes with these digits alone

# A reader of explanations: it knows graphdiff's language and the notation of derivatives.

SLOPE = re.compile(r"(d2|[d∂@])(\w+)/[d∂@](\w+?)((?<=\d)\^2(?=/))?\b")
LONG_NUMBER = re.compile(r"(?<![\w.])(?=[\d.]{10})\d+\.\d+(?:e[+-]\d+)?(?!\w)")
FUNCTION = re.compile(r"(?:^|[;\n])\s*(\w+\([\w, ]+\)\s*=(?!=)[^;\n]*)")
# The text around the equations of a sentence; no equation contains a comma.
WORDS = re.compile(r"\.$|, |: |; | and |With |was ")


class Chain(NamedTuple):
    """`left = member = member`, as printed."""

    line: str
    members: list[str]


def chains(text: str) -> Iterator[Chain]:
    """Every equation of an explanation, including those in its sentences."""
    for line in text.splitlines():
        line = re.sub(r"  \([^()]*\)$", "", line)
        if " = " not in line:
            continue
        inner = WORDS.split(line.strip()) if line.endswith(".") else [line.strip()]
        for equation in inner:
            if " = " not in equation:
                continue
            members = [member.strip() for member in re.split(r" = ", equation)]
            assert all(members), line
            yield Chain(line, members)


class Reader:
    """Computes the members of equations at a point, with names and derivatives computed by other modules."""

    def __init__(self, source: str, inputs: Mapping[str, float]) -> None:
        self.functions = FUNCTION.findall(source)
        self.values = evaluate(parse(source), inputs)
        self.edges = {(of, wrt): value for of, wrt, value in edges(self.values)}
        self.inputs = inputs

    def slope(self, sign: str, of: str, wrt: str, square: str | None) -> float:
        if sign == "d2":
            from graphdiff.derivatives.second_order import hessian

            name = wrt if square else wrt.removesuffix("2")  # a name that ends in a digit has ^2 after it
            found = hessian(self.values.graph, self.inputs, of, [name])
            return float(found.get((name, name), 0.0))
        found = self.edges[of, wrt] if sign != "d" else backpropagate(self.values, of)[wrt]
        return float(found)

    def wrong(self, found: list[Chain], shown: float = SHOWN, tolerance: float = SHOWN) -> list[str]:
        """The lines in which two members differ by more than rounding error.

        shown: the relative error of a printed number.
        """
        given: dict[str, float] = {}
        weights: dict[str, float] = {}
        definitions: list[str] = []

        def fresh(value: float, rounding: float) -> str:
            name = f"q_{len(given)}"
            given[name], weights[name] = value, rounding * abs(value)
            return f"({name})"

        def slope(match: re.Match[str]) -> str:
            return fresh(self.slope(*match.groups()), 1e-11)

        def long(match: re.Match[str]) -> str:
            return fresh(float(match[0]), shown)

        for chain in found:
            for member in chain.members:
                text = LONG_NUMBER.sub(long, SLOPE.sub(slope, member.replace("·", "*")))
                definitions.append(f"m_{len(definitions)} = {text}")
        constants = [name for name in CONSTANTS if name in self.values.graph.names]  # redefined ones
        definitions += [f"{name} = {fresh(self.values[name], 1e-11)}" for name in constants]
        graph = parse("\n".join([*definitions, *self.functions]))
        for name in graph.inputs:
            if name not in given:
                given[name] = float(self.values[name])
                weights[name] = 1e-11 * abs(given[name])
        point = evaluate(graph, {name: given[name] for name in graph.inputs})
        problems = []
        number = itertools.count()
        for chain in found:
            results = []
            for _ in chain.members:
                name = f"m_{next(number)}"
                slopes = backpropagate(point, name)
                error = sum(abs(slopes[k]) * weights[k] for k in graph.inputs)
                results.append((float(point[name]), error))
            for (one, error), (other, more) in itertools.pairwise(results):
                if not abs(one - other) <= error + more + tolerance * abs(other) + 1e-300:
                    problems.append(f"{chain.line}: {one} is not {other}")
        return problems


def explained(source: str, inputs: Mapping[str, float], *options: str) -> Result:
    settings = [f"--set={name}={value!r}" for name, value in inputs.items()]
    return answer("explain", *settings, *options, "-e", source)


def wrong(source: str, inputs: Mapping[str, float], text: str) -> list[str]:
    return Reader(source, inputs).wrong(list(chains(text)))


SEEDS = range(200)


def drawn(seed: int) -> tuple[str, dict[str, float], list[str]]:
    """A random program, a point, and options."""
    source, inputs = program(seed, definitions=2 + seed % 4, kinked=seed % 2 == 1)
    choose = random.Random(seed)
    options = []
    if seed % 3 == 0:
        options += [
            "--bump",
            f"{choose.choice(['x', 'y', 'u0'])}={choose.choice(['0.001', '-0.01', '1e-4'])}",
        ]
    if seed % 5 == 0:
        options += ["--only", choose.choice(["x", "u0", "y,z"])]
    return source, inputs, options


@pytest.mark.parametrize("tens", range(len(SEEDS) // 10))
def test_every_equation_holds(tens: int) -> None:
    for seed in SEEDS[10 * tens : 10 * tens + 10]:
        source, inputs, options = drawn(seed)
        result = explained(source, inputs, *options)
        assert result.status == 0, (source, result)
        found = list(chains(result.out))
        assert len(found) > 5
        assert Reader(source, inputs).wrong(found) == [], source


CANCELLING = (
    "({0} + 1e8) - 1e8", "({0} + 1e6)^2 - 1e12", "1 - cos({0}/1e4)", "sqrt({0}^2 + 1e8) - 1e4",
    "exp({0}/1e5) - 1", "({0}^2 + {1}^2)/2 - (({0} + {1})/2)^2", "{0} - {1}", "1/({0} - {1})",
    "sin(1e7*{0})", "{0}*1e7 - {1}*1e7 + 0.5", "log({0}/{1} + 1e-9*{1})",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_the_digits_that_are_printed_are_enough(seed: int) -> None:
    """Where large numbers cancel, the usual ten digits would give another result."""
    choose = random.Random(seed)
    names = ["x", "y"]
    lines = []
    for k in range(3):
        lines.append(f"u{k} = {choose.choice(CANCELLING).format(*choose.sample(names, 2))}")
        names.append(f"u{k}")
    source = "; ".join([*lines, "J = u0*u2 - u1*u2 + x*y"])
    inputs = {"x": 1000 + choose.random(), "y": 1000 + choose.random()}
    try:
        evaluate(parse(source), inputs)["J"]
    except UndefinedOperation:
        return
    text = explained(source, inputs, "--bump", "x=1e-5").out
    found = list(chains(text))
    assert len(found) > 8
    assert Reader(source, inputs).wrong(found, 1e-15, ENOUGH) == [], source


@pytest.mark.parametrize("seed", range(10))
def test_an_equation_that_does_not_hold_is_noticed(seed: int) -> None:
    """In each equation in turn, one digit of the result is changed."""
    source, inputs, options = drawn(3 * seed)
    text = explained(source, inputs, *options).out
    reader = Reader(source, inputs)
    found = [chain for chain in chains(text) if len(chain.members) > 1]
    caught = 0
    for chain in found:
        last = chain.members[-1]
        digit = next(k for k, c in enumerate(last) if c in "123456789" or last in ("0", "-0"))
        changed = last[:digit] + str((int(last[digit]) + 1) % 10) + last[digit + 1 :]
        caught += bool(reader.wrong([Chain(chain.line, [*chain.members[:-1], changed])]))
    given = len(inputs)  # `x = 3`: read from the text alone, with the values
    assert caught == len(found) >= given + 5


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_derivatives_are_slopes_of_values(seed: int) -> None:
    """The printed derivatives against differences of values at 60 digits."""
    source, inputs = program(seed, definitions=4)
    arithmetic = Precise(60)
    mp = arithmetic.mp
    point = {name: mp.mpf(value) for name, value in inputs.items()}
    step = mp.mpf(10) ** -20

    def value(name: str, by: Any) -> Any:
        return evaluate(parse(source), point | {name: point[name] + by}, arithmetic)["J"]

    printed = {c.members[0]: float(c.members[-1]) for c in chains(explained(source, inputs).out)}
    for name in inputs:
        slope = float((value(name, step) - value(name, -step)) / (2 * step))
        assert printed.get(f"dJ/d{name}", 0.0) == pytest.approx(slope, rel=1e-8, abs=1e-12)


# The order of the steps, and which of them are omitted.


def steps(text: str, section: str = "Right to left") -> list[str]:
    """The left-hand sides of a section, in order."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(section)]
    lines = found.splitlines()[1:]
    return [line.split(" = ")[0].strip() for line in lines if " = " in line and not line.endswith(".")]


def test_the_steps_of_the_lecture_come_in_its_order() -> None:
    text = answer("explain", LECTURE, *POINT).out
    assert steps(text, "Left to right") == ["u", "v", "J"]
    assert steps(text) == ["dJ/dv", "dJ/da", "dJ/du", "dJ/db", "dJ/dc"]


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_each_step_uses_what_is_known(seed: int) -> None:
    source, inputs, options = drawn(seed)
    text = explained(source, inputs, *options).out
    known = {"J"}
    for line in text[text.index("Right to left") : text.find("\n\nBump")].splitlines()[1:]:
        if line.endswith("."):
            continue
        left, *members = re.split(r" +(?:=|$) *", line.strip())
        name = left.removeprefix("dJ/d")
        assert name not in known
        assert set(re.findall(r"\bdJ/d(\w+)", members[0])) <= known
        known.add(name)
    assert len(known) > 1


def test_several_users_are_a_sum_over_paths() -> None:
    text = answer("explain", "J = u*v; u = x^2; v = 3*x", "--x", "2").out
    assert "dJ/dx = dJ/dv · dv/dx + dJ/du · du/dx = 4 · 3 + 6 · 4 = 36" in text


def test_a_name_that_is_used_twice_counts_twice() -> None:
    text = answer("explain", "c = b+b; b = a+a", "--a", "1").out
    assert "db/da = 2" in text
    assert "dc/da = dc/db · db/da = 2 · 2 = 4" in text


MICROGRAD = """
c = a + b; d = a*b + b^3; c2 = c + c + 1; c3 = c2 + 1 + c2 + (-a); d2 = d + d*2 + relu(b + a)
d3 = d2 + 3*d2 + relu(b - a); e = c3 - d3; f = e^2; g = f/2 + 10/f
"""


def test_a_program_with_many_paths() -> None:
    inputs = {"a": -4.0, "b": 2.0}
    text = explained(MICROGRAD, inputs).out
    printed = {c.members[0]: c.members[-1] for c in chains(text)}
    slopes = backpropagate(evaluate(parse(MICROGRAD), inputs), "g")
    assert float(printed["dg/da"]) == pytest.approx(slopes["a"])
    assert float(printed["dg/db"]) == pytest.approx(slopes["b"])
    assert wrong(MICROGRAD, inputs, text) == []


def test_a_partial_is_told_from_a_derivative() -> None:
    """x reaches J directly and through u: dJ/dx is the sum, not the partial along the edge."""
    text = answer("explain", "J = u*x; u = x^2", "--x", "3").out
    assert "∂J/∂x = u   = 9" in text
    assert "dJ/dx = ∂J/∂x + dJ/du · du/dx = 9 + 3 · 6 = 27" in text
    assert "∂J/∂x is along this edge alone, dJ/dx along all paths." in text
    assert "∂" not in answer("explain", LECTURE, *POINT).out


def test_one_path_alone() -> None:
    text = answer("explain", LECTURE, *POINT, "--only", "b").out
    assert steps(text, "Left to right") == ["u", "v", "J"]
    assert steps(text, "Along each edge") == ["du/db", "dv/du", "dJ/dv"]
    assert steps(text) == ["dJ/dv", "dJ/du", "dJ/db"]
    text = answer("explain", LECTURE, *POINT, "--only", "a").out
    assert steps(text, "Left to right") == ["v", "J"]
    assert "With a = 5 and u = 6." in text
    assert steps(text) == ["dJ/dv", "dJ/da"]


def test_an_intermediate_name_alone() -> None:
    text = answer("explain", LECTURE, *POINT, "--only", "u").out
    assert steps(text) == ["dJ/dv", "dJ/du"]
    text = answer("explain", LECTURE, *POINT, "--only", "b,c").out
    assert steps(text) == ["dJ/dv", "dJ/du", "dJ/db", "dJ/dc"]


def test_the_output_alone() -> None:
    text = answer("explain", "J = 3*v; v = a", "--a", "2", "--only", "J").out
    assert text.endswith("derivatives\n  dJ/dJ = 1\n")
    assert "J depends on nothing else." in answer("explain", "J = 3").out


def test_several_outputs_have_a_pass_each() -> None:
    source = "J = a*u; K = u + b; u = a + 1"
    text = answer("explain", source, "--a", "2", "--b", "3").out
    assert steps(text, "Right to left: derivatives of J") == ["dJ/du", "dJ/da"]
    assert steps(text, "Right to left: derivatives of K") == ["dK/db", "dK/du", "dK/da"]
    assert "dJ/db = 0: J does not depend on b." in text
    text = answer("explain", source, "--a", "2", "--b", "3", "--of", "K").out
    assert steps(text) == ["dK/db", "dK/du", "dK/da"]
    assert steps(text, "Left to right") == ["u", "K"]


# Choices, kinks, infinities.


def test_a_branch_not_taken_is_absent() -> None:
    text = answer("explain", "J = where(x > 0, sqrt(x), r*s); s = log(x)", "--x", "4", "--r", "1").out
    assert "J = where(x > 0, sqrt(x), r*s) = sqrt(x) = sqrt(4) = 2" in text
    assert steps(text, "Left to right") == ["J"]
    assert "dJ/dx = 1/(2*sqrt(x)) = 1/(2*sqrt(4)) = 0.25" in text
    assert "dJ/dr = 0 and dJ/ds = 0: J does not depend on r and s here, because their branches" in text
    text = answer("explain", "J = where(x > 0, sqrt(x), s); s = log(-x)", "--x", "4").out
    assert "With x = 4.\n" in text  # s has no value
    result = answer("explain", "J = where(x > 0, sqrt(x), -x)", "--x", "-1")
    assert "J = where(x > 0, sqrt(x), -x) = -x = -(-1) = 1" in result.out
    assert "dJ/dx = -1" in result.out
    assert result.err == ""


def test_choices_within_a_formula() -> None:
    source = "J = 2*where(p and q > 1 or x < 0, x^2, log(x)) + where(x, 1, 0); p = x > 1; q = x + 1"
    for x in (2.0, 0.5, -3.0):
        text = explained(source, {"x": x}).out
        assert wrong(source, {"x": x}, text) == []
        text = " ".join(text.split())
        assert ("= 2*log(x) + 1 =" in text) == (x == 0.5)
        assert ("= 2*x^2 + 1 =" in text) == (x != 0.5)


def test_a_step_is_not_moved() -> None:
    result = answer("explain", "J = floor(x) + y", "--x", "1.5", "--y", "1")
    assert "dJ/dx = 0: x does not move J here." in result.out
    assert result.err == ""


def test_a_function_is_shown_as_it_is_called_and_as_it_is() -> None:
    source = "f(p, q) = p^2 + k*q; J = f(x, 2) + k"
    text = explained(source, {"x": 3.0, "k": 5.0}).out
    assert "J = f(x, 2) + k = x^2 + k*2 + k = 3^2 + 5*2 + 5 = 24" in text
    assert "dJ/dk = 3" in text


def test_a_function_with_the_name_of_a_built_in_one_is_shown_as_it_is_called() -> None:
    source = "sin(x) = x^2; J = cos(y) + sin(y)"
    assert "J = cos(y) + sin(y) = cos(y) + y^2 = " in answer("explain", source, "--y", "0.5").out


def test_a_comparison_is_no_member_of_a_chain() -> None:
    """`c = a == b = 2 == 3 = 0` would read as a chain of comparisons."""
    source = "f(p) = p > 1; c = a == b; d = not c and a < 3; g = f(a) or f(b); h = not c; J = where(a, d, 1)"
    result = explained(source, {"a": 2.0, "b": 3.0})
    text = " ".join(result.out.split())
    for line in (
        "c = (a == b) = (2 == 3) = 0", "d = (not c and a < 3) = (not 0 and 2 < 3) = 1",
        "g = (f(a) or f(b)) = (a > 1) = (2 > 1) = 1", "h = (not c) = (not 0) = 1",
        "J = where(a, d, 1) = d = 1",
    ):  # fmt: skip
        assert f" {line} " in text
    assert wrong(source, {"a": 2.0, "b": 3.0}, result.out) == []
    in_latex = latex(source, {"a": 2.0, "b": 3.0})
    assert r"c &= \left(a = b\right) = \left(2 = 3\right) = 0 \\" in in_latex


def test_a_condition_is_shown_as_it_is_written() -> None:
    text = answer("explain", "J = where(not c, a, where(c and a, b, 0))", "--a=1", "--b=2", "--c=1").out
    assert "J = where(not c, a, where(c and a, b, 0)) = b = 2\n" in text
    # `or` has the value 1, not the nonzero number that decides it.
    assert "J = (x or y) = (x != 0) = (3 != 0) = 1\n" in answer("explain", "J = x or y", "--x=3", "--y=0").out


@pytest.mark.parametrize(
    ("source", "inputs", "line"),
    [
        (
            "dt = t2 - t1", {"t1": 1700000000.125, "t2": 1700000000.5},
            "dt = t2 - t1 = 1700000000.5 - 1700000000.125 = 0.375",
        ),
        ("J = a - b", {"a": 1.00000000001, "b": 1.0}, "J = a - b = 1.00000000001 - 1 = 1.000000082740"),
        (
            "J = x - y", {"x": 9007199254740994.0, "y": 9007199254740992.0},
            "J = x - y = 9007199254740994 - 9007199254740992 = 2",
        ),
        (
            "J = 1/(a - b)", {"a": 1.0000001, "b": 1.00000000001},
            "dJ/da = -J/(a - b) = -10001000.094252918/(1.0000001 - 1.00000000001) = -100020002885246.88",
        ),
        (
            "J = u - v; u = 12345678.9012345*x; v = 12345678.9012346*x", {"x": 1.0},
            "dJ/dx = dJ/dv · dv/dx + dJ/du · du/dx = (-1) · 12345678.9012346 + 1 · 12345678.9012345 = -1.005",
        ),
    ],
)  # fmt: skip
def test_where_ten_digits_are_not_enough_all_are_shown(
    source: str, inputs: dict[str, float], line: str
) -> None:
    assert f" {line}" in " ".join(explained(source, inputs).out.split())


def test_inputs_have_all_their_digits() -> None:
    text = answer("explain", "J = a^2 + b", "--a", "1.00000000001", "--b", "1234567890.5").out
    assert "With a = 1.00000000001 and b = 1234567890.5.\n" in text


def test_diff_is_shown_as_what_it_is() -> None:
    text = answer("explain", "J = a*x^3; s = diff(J, x)", "--a", "2", "--x", "3").out
    assert re.search(r"s = diff\(J, x\) = .*3.* = 54$", text, re.MULTILINE)


def test_a_kink_and_an_infinite_derivative_are_notices() -> None:
    result = answer("explain", "J = abs(x) + y", "--x", "0", "--y", "1")
    assert result.status == 0
    assert "dJ/dx = sign(x) = sign(0) = 0" in result.out
    assert "notice: 'abs(x)' in J has a kink here" in result.err
    result = answer("explain", "J = s^2; s = sqrt(x)", "--x", "0")
    assert result.status == 0
    assert "dJ/dx = dJ/ds · ds/dx = 0 · inf = nan" in result.out
    assert "notice: dJ/dx = nan: the slope of 'sqrt(x)' is not finite here" in result.err


def test_products_beyond_the_range_of_binary64_are_shown_as_they_are() -> None:
    text = answer("explain", "J = 1e-200*u; u = x*1e200*1e-200", "--x", "1").out
    assert "dJ/dx = dJ/du · du/dx = 1e-200 · 1 = 1e-200" in text
    result = answer("explain", "y = 1/u; u = exp(x)", "--x=-400")
    assert "dy/du = -y/u = -5.22146969e+173/1.915169597e-174 = -2.726374572e+347" in result.out
    assert "dy/dx = dy/du · du/dx = (-2.726374572e+347) · 1.915169597e-174 = -5.22146969e+173" in result.out
    beyond = "beyond the largest binary64 number and shown as an infinity"
    assert result.err == f"notice: dy/du = -2.7264e+347: {beyond}\n"


def test_constants_that_the_program_redefines() -> None:
    source = "J = erf(x)*pi; pi = 3"
    text = explained(source, {"x": 0.5}).out
    assert "acos(-1)" in text
    assert wrong(source, {"x": 0.5}, text) == []


# Bumps.


def test_a_bump_of_a_straight_line() -> None:
    text = answer("explain", LECTURE, *POINT, "--bump", "b=0.001").out
    assert text.endswith(
        "Bump: b by 0.001\n  b   3 →  3.001\n  u   6 →  6.002\n  v  11 → 11.002\n  J  33 → 33.006\n"
        "  J moved by 0.006, as predicted: dJ/db · 0.001 = 6 · 0.001 = 0.006.\n"
    )


def test_a_bump_of_a_parabola() -> None:
    text = answer("explain", "J = b^2", "--b", "3", "--bump", "b=0.001").out
    assert "J moved by 0.006001; the prediction was dJ/db · 0.001 = 6 · 0.001 = 0.006." in text
    second = "d2J/db2/2 · 0.001^2 = 2/2 · 0.001^2 = 1e-06"
    assert f"The rest, 1e-06, is of second order: {second}." in text


def test_a_bump_of_a_curve_leaves_a_rest_of_higher_order() -> None:
    text = answer("explain", "J = b^3", "--b", "1", "--bump", "b=-0.1").out
    assert "J moved by -0.271; the prediction was dJ/db · (-0.1) = 3 · (-0.1) = -0.3." in text
    second = "d2J/db2/2 · (-0.1)^2 = 6/2 · (-0.1)^2 = 0.03"
    assert f"The rest is 0.029. Of second order: {second}.\n  Of higher order: -0.001." in text


@pytest.mark.parametrize("seed", range(0, 200, 3))
def test_what_is_said_of_a_bump_is_so(seed: int) -> None:
    """The change, the prediction and the rest against the same numbers at 40 digits."""
    source, inputs = program(seed, definitions=3)
    name, by = random.Random(seed).choice([("x", "0.001"), ("y", "-0.03"), ("z", "1e-5")])
    text = explained(source, inputs, "--bump", f"{name}={by}").out
    arithmetic = Precise(40)
    number = arithmetic.mp.mpf
    point = {key: number(repr(value)) for key, value in inputs.items()}
    graph = parse(source)
    before = evaluate(graph, point, arithmetic)
    after = evaluate(graph, point | {name: point[name] + number(by)}, arithmetic)
    slope = backpropagate(before, "J")[name]
    moved = after["J"] - before["J"]
    rest = moved - slope * number(by)
    said = re.search(r"J moved by (\S+)[,;]", text)
    assert said is not None
    assert float(said[1]) == pytest.approx(float(moved), rel=1e-6, abs=1e-13)
    said = re.search(r"The rest(?: is|,) (\S+)[.,] ", text)
    # All digits but the last are free of rounding error.
    last = float(f"1e{Decimal(said[1]).as_tuple().exponent}") if said else 0.0
    assert (float(said[1]) if said else 0.0) == pytest.approx(float(rest), abs=max(1e-13, 1.5 * last))
    # A reader who subtracts the printed numbers gets the printed rest.
    told = re.search(
        r"J moved by (\S+); the prediction was .* = (\S+)\.\s+The rest(?: is|,) (\S+)[.,] ", text
    )
    if told:
        moved, predicted, rest = (Decimal(part) for part in told.groups())
        place = max(Decimal(1).scaleb(int(x.as_tuple().exponent)) for x in (moved, predicted, rest))
        assert abs(moved - predicted - rest) <= 2 * place


def test_a_bump_over_a_kink() -> None:
    text = answer("explain", "J = abs(x)", "--x", "0.5", "--bump", "x=-1").out
    assert "The rest is 1, because 'abs(x)' passes a kink on the way." in text
    text = answer("explain", "J = where(x > 0, x^2, 1)", "--x", "0.5", "--bump", "x=-1").out
    assert "because 'x > 0' changes on the way." in text
    # The cut of atan2, and a piece on which it is smooth; the steps of mod.
    for formula, bump, word in (
        ("atan2(x, -1)", "x=-1", "kink"), ("atan2(0.1, x)", "x=-1", "second"),
        ("mod(7, x)", "x=3", "kink"), ("clamp(x, 0, 1)^2", "x=1", "kink"), ("relu(x)^2", "x=1", "second"),
    ):  # fmt: skip
        assert word in answer("explain", formula, "--x", "0.5", "--bump", bump).out


def test_a_bump_of_what_does_not_move_the_output() -> None:
    source = "J = a + floor(x)"
    text = answer("explain", source, "--a", "1", "--x", "1.5", "--bump", "x=0.1").out
    assert "J did not move: it does not depend on x here." in text
    text = answer("explain", source, "--a", "1", "--x", "1.5", "--bump", "x=0.6").out
    assert "J moved by 1; the prediction was 0.\n  The rest is 1, because 'floor(x)' passes a kink" in text


def test_a_definition_can_be_bumped_too() -> None:
    """As in the lecture: v from 11 to 11.001 moves J from 33 to 33.003."""
    text = answer("explain", LECTURE, *POINT, "--bump", "v=0.001").out
    assert text.endswith(
        "  v  11 → 11.001\n  J  33 → 33.003\n"
        "  J moved by 0.003, as predicted: dJ/dv · 0.001 = 3 · 0.001 = 0.003.\n"
    )
    text = answer("explain", "J = u^2; u = 2*x", "--x", "1", "--bump", "u=0.1", "--bump", "x=0.1").out
    assert "d2J/du2/2 · 0.1^2 = 2/2 · 0.1^2 = 0.01" in text
    assert "d2J/dx2/2 · 0.1^2 = 8/2 · 0.1^2 = 0.04" in text


def test_a_tiny_bump_shows_the_digits_that_move() -> None:
    text = answer("explain", "J = 3*b", "--b", "5", "--bump", "b=1e-12").out
    assert "b   5 →  5.000000000001" in text
    assert "J moved by 3e-12, as predicted" in text


def said_of_bump(source: str, bump: str, **inputs: float) -> str:
    """The sentences about a bump, on one line."""
    result = explained(source, inputs, "--bump", bump)
    assert result.status == 0, result
    lines = result.out[result.out.index("Bump: ") :].splitlines()[1:]
    return " ".join(line.strip() for line in lines if "→" not in line)


@pytest.mark.parametrize("root", ["sqrt(x - 1)", "cbrt(x - 1)"])
def test_an_infinite_derivative_predicts_nothing(root: str) -> None:
    said = said_of_bump(f"J = {root}", "x=0.1", x=1.0)
    assert re.fullmatch(r"J moved by 0\.[34]\d+; the derivative predicts nothing: dJ/dx = inf\.", said)
    said = said_of_bump("J = s^2; s = sqrt(x)", "x=0.1", x=0.0)
    assert said == "J moved by 0.1; the derivative predicts nothing: dJ/dx = nan."


def test_what_is_no_number_is_not_called_one() -> None:
    said = said_of_bump("J = 1/x", "x=1e-151", x=1e-150)
    assert said.endswith(
        "The rest is 9.090909091e+147; the second derivative cannot explain it: d2J/dx2 = inf."
    )
    said = said_of_bump("J = x*y", "y=1", x=float("inf"), y=2.0)
    assert said == "J stays inf; the derivative predicts nothing: dJ/dy = inf."
    said = said_of_bump("J = where(x > 0, inf, x)", "x=2", x=-1.0)
    assert said.startswith(
        "J went from -1 to inf; the prediction was dJ/dx · 2 = 1 · 2 = 2. That is because 'x > 0'"
    )
    said = said_of_bump("J = where(x > 1e9, x, 1e308*x) - 1e308", "x=1e10", x=1.0)
    assert "the prediction overflows: dJ/dx · 10000000000 = 1e+308" in said


@pytest.mark.parametrize(
    ("source", "bump", "inputs"),
    [
        ("J = a + b - c", "b=1e-6", {"a": 1000.0, "b": 0.1, "c": 1000.0}),
        ("J = (x + 1e8) - 1e8", "x=0.001", {"x": 0.1}),
        ("J = u - 1e8; u = v + 1e8; v = x/3", "x=0.01", {"x": 0.1}),
    ],
)
def test_rounding_where_values_cancel_is_no_rest(source: str, bump: str, inputs: dict[str, float]) -> None:
    said = said_of_bump(source, bump, **inputs)
    assert ", as predicted: " in said
    assert "rest" not in said


def test_a_rest_beside_values_that_cancel_is_seen() -> None:
    variance = "v = (a^2 + b^2 + c^2)/3 - ((a + b + c)/3)^2"
    said = said_of_bump(variance, "a=0.001", a=1000.1, b=1000.2, c=1000.4)
    assert "The rest, 2.2e-07, is of second order: " in said
    assert "higher" not in said
    # What does not move is rounded the same before and after.
    said = said_of_bump("J = (a + 1e8 - 1e8)*x^2", "x=0.001", a=0.1, x=2.0)
    assert "The rest, 9.9999994e-08, is of second order" in said


def test_a_branch_that_is_taken_by_the_bump_is_the_reason() -> None:
    said = said_of_bump("c = x > 1; J = where(c, x^2, 2*x)", "c=1", x=0.5)
    assert said.endswith("The rest is -0.75, because 'where(c, x^2, 2*x)' takes another branch on the way.")


@pytest.mark.parametrize(
    ("source", "x", "by", "reason"),
    [
        ("abs(x^2 - 1)", -2, 4.5, "'abs(x^2 - 1)' passes a kink on the way"),
        ("where(x^2 > 1, x^2, 1)", -2, 4.5, "'x^2 > 1' changes on the way"),
        ("1/x", -1, 2, "'1/x' is undefined on the way"),
        ("1/x", -1, 3, "the divisor of '1/x' changes sign on the way"),
        ("x^-3", -1, 3, "'x^-3' passes a pole on the way"),
        ("tan(x)", 0, 3, "'tan(x)' passes a pole on the way"),
        ("sec(x)", 0, 3, "'sec(x)' passes a pole on the way"),
        ("cot(x)", 1, 3, "'cot(x)' passes a pole on the way"),
        ("coth(x)", -1, 3, "'coth(x)' passes a pole on the way"),
        ("gamma(x)", -0.5, -1.1, "'gamma(x)' passes a pole on the way"),
        ("sqrt(x^2 - 1)", -2, 4, "'sqrt(x^2 - 1)' is undefined on the way"),
    ],
)  # fmt: skip
def test_what_lies_between_the_two_ends_is_named(source: str, x: float, by: float, reason: str) -> None:
    said = said_of_bump(f"J = {source}", f"x={by}", x=float(x))
    assert said.endswith(f", because {reason}.")


@pytest.mark.parametrize("rule", [rule for rule in TABLE if "!=" in rule.domain], ids=lambda rule: rule.name)
def test_each_function_with_poles_is_divided_at_them(rule: Rule) -> None:
    piece, _ = piece_of(rule)
    assert piece is not None


@pytest.mark.parametrize("source", ["1/x", "tan(x)", "gamma(x)", "x^-3", "x^3", "cot(x)"])
def test_on_a_smooth_way_no_operation_is_named(source: str) -> None:
    assert "because" not in said_of_bump(f"J = {source}", "x=0.5", x=0.7)
    assert "because" not in said_of_bump("J = sin(x)/x", "x=3", x=-1.0)
    assert "because" in said_of_bump("J = (x - 0.5)/x", "x=3", x=-1.0)


def test_a_bump_that_rounds_away() -> None:
    said = said_of_bump("J = x + 1e17", "x=0.5", x=1.0)
    assert said == (
        "J moved by 0; the prediction was dJ/dx · 0.5 = 1 · 0.5 = 0.5. "
        "The difference is within rounding error."
    )
    for source, value, by, words in (
        ("J = x*x*x", "2", "1e-20", ["the bump of x is too small: 2 + 1e-20 is 2", "x=0.002"]),
        ("J = x*x*x", "2", "-1e-20", ["2 + (-1e-20) is 2"]),
        ("J = x*0.1", "1.7e308", "1e308", ["the bump of x is too large: 1.7e+308 + 1e+308 is inf"]),
        ("J = x*0.1", "inf", "1", ["x is inf and cannot be bumped"]),
    ):
        assert_refused(answer("explain", source, "--x", value, "--bump", f"x={by}"), *words)


def test_two_values_that_read_the_same_have_all_their_digits() -> None:
    text = answer("explain", "J=x^2", "--x", "1e10", "--bump", "x=1e-3").out
    assert "  x  10000000000     → 10000000000.001\n" in text


def test_the_way_of_a_bump_is_whole_beside_one_path() -> None:
    text = answer("explain", LECTURE, *POINT, "--only", "a", "--bump", "b=0.001").out
    assert "  b   3 →  3.001\n  u   6 →  6.002\n  v  11 → 11.002\n" in text


def test_outputs_that_stay_are_named_together() -> None:
    said = said_of_bump("J1 = a; J2 = b; J3 = a*2; J4 = a^2", "b=1", a=2.0, b=1.0)
    assert said == (
        "J2 moved by 1, as predicted: dJ2/db · 1 = 1 · 1 = 1. "
        "J1, J3 and J4 did not move: they do not depend on b here."
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--bump", "q=1"], ["the program has no 'q'", "a, b, c, u, v, J"]),
        (["--bump", "b"], ["expected NAME=CHANGE, got 'b'", "--bump b=0.001"]),
        (["--bump", "=1"], ["expected NAME=CHANGE, got '=1'"]),
        (["--bump", "b="], ["the value of 'b' is empty"]),
        (["--bump", "b=two"], ["the value of 'b' is not a number"]),
        (["--bump", "b=0"], ["expected a finite change other than 0, got 0"]),
        (["--bump", "b=inf"], ["expected a finite change other than 0, got inf"]),
        (["--bump", "b=nan"], ["expected a finite change other than 0, got nan"]),
        (["--only", "q"], ["the program has no 'q'"]),
        (["--of", "q"], ["the program has no 'q'"]),
        (["--format", "html"], ["html"]),
    ],
)
def test_what_cannot_be_explained_is_refused(options: list[str], words: list[str]) -> None:
    assert_refused(answer("explain", LECTURE, *POINT, *options), *words)


def test_an_undefined_value_is_refused() -> None:
    assert_refused(answer("explain", "J = log(a - b)", "--a", "1", "--b", "2"), "undefined", "^^^^^")
    assert_refused(answer("explain", LECTURE, "--a", "1"), "missing inputs: b, c")
    # An undefined value that is not asked for does not matter.
    result = answer("explain", "J = a; K = log(-a)", "--a", "1", "--of", "J")
    assert (result.status, result.err) == (0, "")
    result = answer("explain", "J = sqrt(x)", "--x", "1", "--bump", "x=-2")
    assert_refused(result, "with x bumped from 1 to -1: 'sqrt(x)' is undefined")


# How it looks.


@pytest.mark.parametrize("seed", range(0, 200, 4))
def test_on_a_terminal_nothing_is_too_wide_and_nothing_is_lost(seed: int) -> None:
    source, inputs, _ = drawn(seed)
    values: Values = evaluate(parse(source), inputs)
    explanation = explain(values, bumps=[("x", 0.01)])

    def written(width: int | None, color: bool = False) -> list[str]:
        return list(text_view.lines(explanation, Screen(color, width)))

    whole = written(None)
    for width in (60, 80, 132):
        lines = written(width)
        assert max(map(len, lines)) <= width
        assert "".join("".join(lines).split()) == "".join("".join(whole).split())
    colored = written(80, color=True)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in colored] == written(80)
    assert any("\x1b[" in line for line in colored)


def test_a_long_formula_is_broken_before_its_operators() -> None:
    names = [f"a_long_name_{k}" for k in range(9)]
    source = f"J = sin({'*'.join(names)}) + {' - '.join(names)}"
    values = evaluate(parse(source), dict.fromkeys(names, 1.5))
    lines = list(text_view.lines(explain(values), Screen(width=80)))
    rows = lines[lines.index("") - 8 : lines.index("")]
    assert any(row.lstrip().startswith("- a_long_name") for row in rows)
    assert not any(row.endswith(("*", "+", "-", "(")) for row in lines)


LONG_NAMES = """
cross_entropy_loss = 1 + 2*hidden_activation_1*weight_input_hidden_11 - sin(hidden_activation_1 + 3)^2
hidden_activation_1 = weight_input_hidden_11*2
"""


def layout(width: int) -> list[str]:
    values = evaluate(parse(LONG_NAMES), {"weight_input_hidden_11": 2.0})
    explanation = explain(values, bumps=[("weight_input_hidden_11", 0.1)])
    return list(text_view.lines(explanation, Screen(width=width)))


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_long_names_do_not_make_long_lines(width: int) -> None:
    assert max(map(len, layout(width))) <= width


def test_a_long_left_side_stands_on_its_own() -> None:
    lines = layout(60)
    k = lines.index("  dcross_entropy_loss/dweight_input_hidden_11")
    assert lines[k + 1 : k + 5] == [
        "   = ∂cross_entropy_loss/∂weight_input_hidden_11",
        "       + dcross_entropy_loss/dhidden_activation_1",
        "         · dhidden_activation_1/dweight_input_hidden_11",
        "   = 8 + 3.009392644 · 2 = 14.01878529",
    ]


def test_what_binds_tighter_is_indented_more() -> None:
    """Otherwise `1 + 2` above `*first_long_name` would read as (1 + 2)*first_long_name."""
    formula = "1 + 2*first_long_name*second_long_name - sin(third_name*fourth_name + 3)"
    assert [" " * indent + line for indent, line in broken(formula, 24)] == [
        "1",
        "  + 2*first_long_name",
        "    *second_long_name",
        "  - sin(third_name",
        "      *fourth_name",
        "    + 3)",
    ]


def expression(choose: random.Random, depth: int) -> str:
    if not depth or choose.random() < 0.1:
        return choose.choice(["first_name", "second_name", "3", "0.25", "third"])
    one, other = expression(choose, depth - 1), expression(choose, depth - 1)
    return choose.choice([f"{one} + {other}", f"{one} - {other}", f"({one})*({other})", f"({one})*{other}",
                          f"{one}*{other}", f"sin({one})", f"{one}/(2 + ({other})^2)"])  # fmt: skip


def as_indented(lines: list[tuple[int, str]]) -> str:
    """The formula as read by someone who takes each block that is indented more as one operand."""

    def block(k: int) -> tuple[str, str, int]:
        indent, text = lines[k]
        sign = text[0] if k and text[0] in "+-*/" else ""
        text = text[len(sign) :]
        k += 1
        while k < len(lines) and lines[k][0] > indent:
            lonely = k + 1 == len(lines) or lines[k + 1][0] <= lines[k][0]
            then, more, k = block(k)
            text = f"({text})" if then and text.count("(") == text.count(")") else text
            more = f"({more})" if then and not lonely and more.count("(") == more.count(")") else more
            text += f" {then}{more}"
        return sign, text, k

    return block(0)[1]


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_formula_reads_as_it_is_meant(seed: int) -> None:
    formula = expression(random.Random(seed), 5)
    point = {"first_name": 1.5, "second_name": 2.25, "third": -0.75}
    lines = broken(formula, 32 + seed % 3 * 8)
    assert "".join(line for _, line in lines).replace(" ", "") == formula.replace(" ", "")
    values = evaluate(parse(f"a = {formula}; b = {as_indented(lines)}; c = {' + '.join(point)}"), point)
    assert values["a"] == pytest.approx(values["b"])


def test_a_formula_that_is_very_long_is_not_written_out() -> None:
    source = f"J = {'+'.join(f'x{k % 50}*x{k % 7}' for k in range(5000))}"
    text = explained(source, {f"x{k}": 0.5 for k in range(50)}).out
    assert re.search(r"^  J = 1250  \([\d,]+ operations\)$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) < 2000
    chain = "\n".join(["y0 = x", *(f"y{k + 1} = y{k} + x" for k in range(2000))])
    text = explained(chain, {"x": 1.0}).out
    assert re.search(r"^  dy2000/dx += 2001  \(a sum over 2,001 edges\)$", text, re.MULTILINE)


def test_ascii_where_nothing_else_can_be_written() -> None:
    env = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    result = graphdiff("explain", "J = u*x; u = θ*x", "--x", "3", "--θ", "1", "--bump", "x=1", env=env)
    assert result.status == 0
    assert result.out.isascii()
    assert "dJ/dx      = @J/@x + dJ/du * du/dx = 3 + 3 * 1 = 6" in result.out
    assert "  x  3 ->  4\n" in result.out
    result = graphdiff("explain", "J = é^2", "--é", "1", "--format", "latex", env=env)
    assert r"J &= \acute{e}^{2}" in result.out
    for form in ("markdown", "latex"):
        assert graphdiff("explain", LECTURE, *POINT, "--format", form, env=env).out.isascii()


def test_colours_only_when_asked_for() -> None:
    plain = answer("explain", LECTURE, *POINT)
    colored = answer("explain", LECTURE, *POINT, "--color", "always")
    assert "\x1b[" not in plain.out
    assert re.sub(r"\x1b\[[\d;]*m", "", colored.out) == plain.out


# The formats.


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_a_module_of_its_name(form: str) -> None:
    values = evaluate(parse(LECTURE), {"a": 5.0, "b": 3.0, "c": 2.0})
    written = "\n".join(lines(explain(values, bumps=[("b", 0.001)]), form, Screen()))
    result = answer("explain", LECTURE, *POINT, "--bump=b=0.001", "--format", form)
    assert result.out == f"{written}\n"


# Markdown and LaTeX.


@pytest.mark.parametrize("seed", range(0, 200, 9))
def test_markdown_says_the_same(seed: int) -> None:
    source, inputs, _ = drawn(seed)
    explanation = explain(evaluate(parse(source), inputs), bumps=[("y", 0.01)])
    whole = text_view.lines(explanation, Screen())
    equations = [" ".join(c.line.split()) for c in chains("\n".join(whole)) if not c.line.endswith(".")]
    lines = list(explain_markdown.lines(explanation, Screen()))
    numbered = [re.fullmatch(r"\d+\. `([^`]*)`(.*)", line) for line in lines]
    assert [" ".join((m[1] + m[2]).split()) for m in numbered if m] == equations
    assert all(line.count("`") % 2 == 0 for line in lines)


def latex(source: str, inputs: Mapping[str, float], *bumps: tuple[str, float]) -> list[str]:
    return list(explain_latex.lines(explain(evaluate(parse(source), inputs), bumps=bumps), Screen()))


@pytest.mark.parametrize("seed", range(0, 200, 6))
def test_latex_is_well_formed(seed: int) -> None:
    source, inputs, _ = drawn(seed)
    for line in latex(source, inputs, ("x", 0.01)):
        if line.startswith((r"\begin{align", r"\end{align", r"\begingroup", r"\endgroup")):
            continue
        open_: list[str] = []
        columns = 0
        row = line.removesuffix(r" \\")
        for token in re.findall(r"\\(?:left|right|begin|end)(?![a-z])|\\.|[{}&]", row):
            if token in (r"\left", r"\begin", "{"):
                open_.append(token)
            elif token in (r"\right", r"\end", "}"):
                assert open_.pop() == {r"\right": r"\left", r"\end": r"\begin", "}": "{"}[token], line
            elif token in ("&", "\\\\"):
                # Within cases a new column or row; outside the one place where rows are aligned.
                columns += token == "&" and not open_
                assert open_[-1:] == [r"\begin"] or token == "&", line
        assert open_ == [], line
        assert columns == (line.count("&=") + line.count(r"&\quad") + line.count(r"&\colon")) <= 1
        assert line.count("$") % 2 == 0


NAMED = "J = x1*x_1 + θ + theta*long_name + lambda*a_long_one^2 + e*pi; K = é + x1"


def test_latex_names() -> None:
    graph = parse(NAMED)
    dialect = explain_latex.Latex(graph.names, graph.constants)
    assert len(set(dialect.names.values())) == len(graph.names)
    assert dialect.name("x1") == "x_{1}"
    assert dialect.name("x_1") == r"\mathrm{x\_1}"
    assert dialect.name("θ") == r"\theta"
    assert dialect.name("lambda") == r"\lambda"
    assert dialect.name("long_name") == r"\mathrm{long}_{\mathrm{name}}"
    assert dialect.name("é") == r"\acute{e}"
    assert all(text.isascii() for text in dialect.names.values())


def test_latex_names_are_told_from_one_another_and_from_constants() -> None:
    dialect = explain_latex.Latex(["θ", "ϑ", "theta", "x̂", "é", "î", "ø"], [])
    assert list(dialect.names.values()) == [
        r"\theta", r"\mathrm{theta}", r"\mathrm{theta}_{2}", r"\hat{x}", r"\acute{e}", r"\hat{\imath}",
        r"\mathrm{u00f8}",
    ]  # fmt: skip
    # The pi that the derivative of erf brings in is not the program's.
    text = "\n".join(latex("J = π*erf(x)", {"π": 3.0, "x": 0.5}))
    assert r"With $\mathrm{pi} = 3$ and $x = 0.5$" in text
    assert r"\frac{2}{\sqrt{\pi}}" in text
    assert explain_latex.Latex(["pi", "x"], []).name("pi") == r"\pi"


@pytest.mark.parametrize("source", ["J = abs(θ)", "J = abs(é)", "J = abs(и)"])
def test_latex_is_ascii(source: str) -> None:
    name = source[-2]
    text = "\n".join(latex(source, {name: 1.0}, (name, -3.0)))
    assert text.isascii()
    assert r"\texttt{abs($" in text


def test_a_negative_bump_has_one_pair_of_parentheses() -> None:
    text = "\n".join(latex("J = x^3", {"x": 1.0}, ("x", -1e-5)))
    assert r"\cdot (-10^{-5})^2" in text
    assert "((" not in text
    assert r"\left(10^{-5}\right)^2" in "\n".join(latex("J = x^3", {"x": 1.0}, ("x", 1e-5)))


def test_latex_words_stand_apart_from_their_d() -> None:
    text = "\n".join(latex("force = mass*a; J = force^2*mass", {"mass": 2.0, "a": 3.0}, ("mass", 0.5)))
    assert r"\frac{\mathrm{d}\,\mathrm{force}}{\mathrm{d}\,\mathrm{mass}}" in text
    assert r"\frac{\partial J}{\partial\,\mathrm{mass}}" in text
    assert r"\frac{\mathrm{d}^2J}{\mathrm{d}\,\mathrm{mass}^2}" in text


def read_latex(source: str, inputs: Mapping[str, float], lines: list[str]) -> list[Chain]:
    """The equations of a LaTeX document in graphdiff's language, with derivatives as text has them."""
    graph = parse(source)
    dialect = explain_latex.Latex(graph.names, graph.constants)
    symbols = {dialect.name(name): name for name in graph.names}
    for of, wrt in itertools.product(graph.names, repeat=2):
        symbols[dialect.derivative(of, wrt)] = f"d{of}/d{wrt}"
        symbols[dialect.partial(of, wrt)] = f"∂{of}/∂{wrt}"
    return [
        Chain(" = ".join(members), [Formula(member, symbols).read() for member in members])
        for members in equations(lines)
    ]


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_every_latex_equation_holds(seed: int) -> None:
    source, inputs, _ = drawn(seed)
    found = read_latex(source, inputs, latex(source, inputs, ("x", 0.01)))
    assert len(found) > 5
    assert Reader(source, inputs).wrong(found) == [], source


@pytest.mark.parametrize("name", WIDE)
def test_what_is_broken_into_rows_still_holds(name: str) -> None:
    source, inputs = WIDE[name]
    lines = latex(source, inputs)
    assert any(r"&\quad" in line for line in lines) == (name != "words")
    assert Reader(source, inputs).wrong(read_latex(source, inputs, lines)) == []


def test_latex_stays_on_the_page(tmp_path: Path) -> None:
    documents = [
        "\n".join(latex(source, inputs, (next(iter(inputs)), -0.001))) for source, inputs in WIDE.values()
    ]
    assert overfull(documents, tmp_path) == []


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("a/b*c", r"\frac{a}{b} \cdot c"), ("(a/b)^2", r"\left(\frac{a}{b}\right)^{2}"),
        ("-a^2", "-a^{2}"), ("(-a)^2", r"\left(-a\right)^{2}"), ("a - (b - c)", r"a - \left(b - c\right)"),
        ("sqrt(a + b)", r"\sqrt{a + b}"), ("abs(a)", r"\left|a\right|"), ("2^(a + 1)", "2^{a + 1}"),
        ("log(a)*pi", r"\ln\left(a\right) \cdot \pi"), ("1e-9*a", r"10^{-9} \cdot a"),
        ("2.5e3*a", r"2.5 \times 10^{3} \cdot a"), ("(2.5e3)^a", r"\left(2.5 \times 10^{3}\right)^{a}"),
        ("sigmoid(a)", r"\operatorname{sigmoid}\left(a\right)"), ("a*(b + c)", r"a \cdot \left(b + c\right)"),
        ("a*(-b)", r"a \cdot \left(-b\right)"), ("a - -b", r"a - \left(-b\right)"),
        ("lgamma(a)^2", r"\left(\ln\left|\Gamma\left(a\right)\right|\right)^{2}"), ("3.*a", r"3 \cdot a"),
        ("a/(b/(c/a))", r"\frac{a \cdot c}{b \cdot a}"),
        ("a/(b + a/(c + a/b))", r"a / \left(b + \frac{a}{c + \frac{a}{b}}\right)"),
        ("(-(a/b))/c", r"-\frac{a}{b \cdot c}"),
    ],
)  # fmt: skip
def test_latex_formulas(formula: str, written: str) -> None:
    source = f"J = {formula} + 0*(a + b + c)"
    first = next(line for line in latex(source, {"a": 1.5, "b": 2.5, "c": 3.5}) if line.startswith("J &= "))
    assert first.startswith(rf"J &= {written} + 0 \cdot")


ENGINE = next(filter(None, map(shutil.which, ("pdflatex", "lualatex", "xelatex", "tectonic"))), None)


@pytest.mark.skipif(ENGINE is None, reason="no LaTeX engine on the path")
def test_latex_compiles(tmp_path: Path) -> None:
    assert ENGINE is not None
    documents = [
        latex(LECTURE, {"a": 5.0, "b": 3.0, "c": 2.0}, ("b", 0.001)),
        latex(NAMED, dict.fromkeys(parse(NAMED).inputs, 1.5), ("x1", 0.1)),
        latex("J = where(x > 0 and not y, x^-2, abs(y)) + floor(x)/lgamma(x)", {"x": 1.5, "y": 0.0}),
        *(latex(*drawn(seed)[:2], ("x", 0.01)) for seed in range(1, 8)),
    ]
    head = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\begin{document}"]
    lines = [*head, *itertools.chain(*documents), r"\end{document}"]
    (tmp_path / "notes.tex").write_text("\n".join(lines), encoding="utf-8")
    options = [] if "tectonic" in ENGINE else ["-interaction=nonstopmode", "-halt-on-error"]
    done = subprocess.run([ENGINE, *options, "notes.tex"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "notes.pdf").stat().st_size > 10_000


# The document.


@pytest.mark.parametrize("block", blocks(DOCUMENT), ids=lambda block: str(block.first))
def test_the_document_is_what_happens(block: Block, tmp_path: Path) -> None:
    for step in block.steps:
        assert step.replay(tmp_path) == step.expected, step.command


def test_the_document_has_the_lecture_in_every_format() -> None:
    commands = [step.command for block in blocks(DOCUMENT) for step in block.steps]
    assert any(LECTURE in command and "--bump" in command for command in commands)
    for form in ("markdown", "latex"):
        assert any(LECTURE in command and f"--format {form}" in command for command in commands)
