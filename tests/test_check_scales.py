"""`check` and `--gradcheck` at every magnitude: nothing wrong passes, and nothing right fails.

Programs, their derivatives and the ways to break them are those of test_mutation: a textbook's,
with mpmath to tell whether a break breaks anything. Here the output and the inputs are scaled by
1e-300 to 1e300.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from drawn import program as drawn_program
from shell import answer
from support import mp
from test_mutation import Author, Drawn, Expr, breaks, check, difference, mul, number, text, value

from graphdiff.checking import Comparer, Range, Row, Tolerance, expectation
from graphdiff.checking.gradcheck import gradcheck
from graphdiff.parsing import parse


def scaled(program: Drawn, output: int, inputs: int) -> Drawn:
    """K = 10^output*J, where each input a of the program is 10^-inputs times an input qa."""
    scales = {name: mul(number(10.0**-inputs), Expr(f"q{name}")) for name in program.inputs}
    definitions = {**scales, **program.definitions, "K": mul(number(10.0**output), Expr("J"))}
    ranges = {}
    for name, given in program.inputs.items():
        low, high = (-2.0, 2.0) if given.low is None or given.high is None else (given.low, given.high)
        ranges[f"q{name}"] = Range(low * 10.0**inputs, high * 10.0**inputs)
    return Drawn(definitions, ranges)


def differs(program: Drawn, right: Expr, wrong: Expr, source: random.Random) -> bool:
    """Whether two formulas differ plainly at most points where both have a value binary64 can hold."""
    apart, seen = 0, 0
    for _ in range(12):
        point = {name: drawn.draw(source) for name, drawn in program.inputs.items()}
        try:
            rough, fine = (difference(program, right, wrong, point, digits) for digits in (60, 90))
        except ValueError:
            continue
        seen += 1
        settled = abs(rough.absolute - fine.absolute) < abs(fine.absolute) / 100
        apart += bool(settled and abs(fine.absolute) > 1e-5 * fine.size and abs(fine.absolute) > 1e-305)
    return apart > 3 and 2 * apart > seen


def assert_right_passes_and_wrong_fails(seed: int, count: int) -> int:
    """The number of wrong sets that were refused."""
    author, source, refused = Author(seed), random.Random(seed), 0
    for _ in range(count):
        program = author.program()
        output = source.choice([-300, -200, -100, 0, 100, 200, 280])
        program = scaled(
            program, output, source.choice([k for k in (-300, -150, 0, 150, 300) if abs(output - k) < 290])
        )
        written, name = program.text(source), source.choice(list(program.inputs))
        right = program.derivative("K", name)
        label = f"dK/d{name}"
        results, mismatch = check(written, program.inputs, {label: text(right)}, 60)
        assert not mismatch, (written, label, text(right), results[0].worst)
        if results[0].too_few or results[0].compared == 0:
            continue
        ways = list(breaks(right, [*program.inputs]))
        for _what, wrong in source.sample(ways, min(2, len(ways))):
            if differs(program, right, wrong, source):
                results, mismatch = check(written, program.inputs, {label: text(wrong)}, 60)
                failed = mismatch or results[0].too_few or results[0].compared == 0
                assert failed, (written, label, text(wrong), text(right))
                refused += 1
        refused += assert_numbers(program, written, label, right, source)
    return refused


def assert_numbers(program: Drawn, written: str, label: str, right: Expr, source: random.Random) -> int:
    """As above, with numbers at given points; the number of points that were refused."""
    graph, refused = parse(written), 0
    for _ in range(4):
        point = {name: drawn.draw(source) for name, drawn in program.inputs.items()}
        try:
            with mp.workdps(400):
                env = program.values({name: mp.mpf(x) for name, x in point.items()})
                exact, size = value(right, env), abs(env["K"] / env[label.partition("/d")[2]])
        except (ValueError, ZeroDivisionError):
            continue
        found, near = float(exact), 1e-300 < abs(exact) < 1e300
        if not math.isfinite(found) or not near:
            continue
        inputs = {name: point[name] for name in graph.inputs}
        for factor, passes in ((1.0, True), (1 + 1e-8, True), (-1.0, False), (1.001, False), (2.0, False)):
            comparer = Comparer(graph, [expectation(graph, f"{label} = {found * factor!r}", Tolerance())])
            list(comparer.run([Row(1, inputs)]))
            result = comparer.results[0]
            if passes:
                assert result.failed == 0 or result.no_value, (written, label, point, result.worst)
            elif abs(exact) > 1e-6 * size:
                assert result.failed or result.compared == 0, (written, label, point, found * factor)
                refused += 1
    return refused


@pytest.mark.parametrize("seed", range(4))
def test_right_sets_pass_and_wrong_ones_fail_at_every_magnitude(seed: int) -> None:
    assert assert_right_passes_and_wrong_fails(seed, 6) >= 8


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_five_thousand_sets(seed: int) -> None:
    assert_right_passes_and_wrong_fails(seed, 50)


def status(program: str, *arguments: str) -> int:
    return int(answer("check", program, *arguments).status)


@pytest.mark.parametrize(
    ("program", "arguments", "right", "wrong"),
    [
        ("F = 1e-200*x^2", ["--samples", "1000"], "dF/dx = 2e-200*x", "dF/dx = 2e-200*abs(x)"),
        ("F = 1e300*x", ["--x=-2..2"], "dF/dx = 1e300", "dF/dx = 1.1e300"),
        # What is left of a cancellation: the derivative is 1e-19 of the terms that add up to it.
        ("y = sin(x)/x", ["--x=-1e-9..1e-9"], "dy/dx = -x/3", "dy/dx = 0"),
        ("y = sin(x)/x", ["--x=-1e-9..1e-9"], "dy/dx = -x/3", "dy/dx = -x/2"),
        ("y = sin(x)/x", ["--x=1e-120..1e-100"], "dy/dx = -x/3", "dy/dx = 0"),
        ("y = sin(x)^2 + cos(x)^2", ["--x=-9..9"], "dy/dx = 0", "dy/dx = 1e-18"),
        # What leaves binary64 on the way.
        ("y = log(1/(1+exp(-x)))", ["--x=-700..-400"], "dy/dx = 1/(1+exp(x))", "dy/dx = 0"),
        ("y = exp(x)", ["--x=-900..-800"], "dy/dx = exp(x)", "dy/dx = 2*exp(x)"),
        # At a given point, too, the default tolerance is as small as the quantity.
        ("E = 1.5*k*T; k = 1.380649e-23", ["--T", "300"], "dE/dT = 2.0709735e-23", "dE/dT = 3e-23"),
        ("y = sin(x)/x", ["--x", "3e-9"], "dy/dx = -1e-9", "dy/dx = 1e-9"),
        ("y = sin(x)", ["--x", "3.141592653589793"], "y = 0", "y = 1e-3"),
        ("y = tanh(x)", ["--x", "20"], "dy/dx = 0", "dy/dx = 1e-9"),
    ],
)  # fmt: skip
def test_verdicts(program: str, arguments: list[str], right: str, wrong: str) -> None:
    assert status(program, *arguments, "--expect", right) == 0
    assert status(program, *arguments, "--expect", wrong) in (1, 2)


@pytest.mark.parametrize("rows", [3, 200])  # with and without NumPy
def test_rows_of_a_table_that_leave_binary64_on_the_way(rows: int, tmp_path: Any) -> None:
    def table(slope: float) -> str:
        lines = [f"{-700.0 + 300.0 * k / rows!r},{slope!r}" for k in range(rows)]
        (tmp_path / "t.csv").write_text("\n".join(["x,dy/dx", *lines]) + "\n")
        return str(tmp_path / "t.csv")

    program = "y = log(1/(1+exp(-x)))"
    assert status(program, "--table", table(1.0)) == 0
    assert status(program, "--table", table(0.0)) == 1


def gradcheck_at_every_magnitude(seeds: range) -> int:
    """No verdict on a right rule is a failure, and NaN never passes; the number of passes."""
    passed = 0
    for seed in seeds:
        written, point = drawn_program(seed, 4, kinked=seed % 2 == 1)
        graph, source = parse(written), random.Random(seed)
        scale = 10.0 ** source.choice([-300, -150, -20, 20, 150, 300])
        inputs = {name: x * scale if source.random() < 0.7 else x for name, x in point.items()}
        for found in gradcheck(graph, inputs, graph.outputs, graph.inputs):
            assert found.verdict != "fail", (written, inputs, found)
            assert not (math.isnan(found.computed) and found.verdict in ("pass", "kink", "edge")), (
                written,
                inputs,
            )
            passed += found.verdict == "pass"
    return passed


def test_gradcheck_at_every_magnitude() -> None:
    assert gradcheck_at_every_magnitude(range(25)) > 10


@pytest.mark.campaign
def test_gradcheck_of_a_thousand_programs() -> None:
    gradcheck_at_every_magnitude(range(100, 1100))
