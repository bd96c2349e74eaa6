"""`--gradcheck`, and assert_derivatives for test suites."""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from drawn import program
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import LECTURE, POINT, SCRIPTS, answer, assert_refused, environment

from graphdiff import GraphdiffError, parse
from graphdiff.arithmetic import Partial
from graphdiff.arithmetic.floats import FLOATS
from graphdiff.arithmetic.wide import WIDE
from graphdiff.checking import Check, Points, Range, Row, gradcheck_request, run, samples
from graphdiff.checking.gradcheck import Examination, gradcheck
from graphdiff.rules import TABLE
from graphdiff.testing import assert_derivatives


def findings(program: str, **inputs: float) -> dict[str, str]:
    """The verdict on each derivative, by the name of the input."""
    graph = parse(program)
    values = {name: float(value) for name, value in inputs.items()}
    return {f.wrt: f.verdict for f in gradcheck(graph, values, graph.outputs, graph.inputs)}


def said(program: str, *arguments: str) -> str:
    return answer("check", program, *arguments, "--gradcheck").out.splitlines()[0]


@pytest.mark.parametrize(
    ("program", "point", "verdict"),
    [
        ("x^2", 3, "pass"), ("sin(1e8*x)", 3, "pass"), ("exp(-x^2)", 30, "pass"),
        ("1e300*exp(-x^2)", 27.2, "inconclusive"),
        ("sin(x) + x*1e10", 1e-200, "pass"), ("x^3*1e300", 1e2, "pass"), ("x^3*1e300", 1e6, "undefined"),
        ("x^2*1e160*1e140", 1e-8, "pass"), ("sin((x + 1e16) - 1e16)", 1.3, "inconclusive"),
        ("2*x", math.inf, "undefined"), ("x", math.nan, "undefined"), ("atan(1/x)*x^3", 1e80, "pass"),
        ("x*0", 1, "pass"),
        ("sqrt(x^2 + 1e-300)", 1e-140, "pass"), ("1e300*x", 2, "pass"), ("x^2 + 1e17", 1, "pass"),
        ("abs(x)", 0, "kink"), ("relu(x)", 0, "kink"), ("max(x, 2)", 2, "kink"), ("abs(x)*x", 0, "pass"),
        ("relu(x) - relu(-x)", 0, "kink"), ("where(x > 1, x, x^2)", 1, "kink"),
        ("floor(x)", 2, "jump"), ("ceil(x)", 2, "jump"), ("round(x)", 0.5, "jump"), ("sign(x)", 0, "jump"),
        ("mod(x, 1)", 3, "jump"), ("x < 2", 2, "jump"), ("where(x > 1, x, 2*x)", 1, "jump"),
        ("floor(x)", 2.5, "pass"), ("floor(x)*0 + x", 2, "pass"),
        ("sqrt(x)", 0, "edge"), ("asin(x)", 1, "edge"), ("x^2.5", 0, "edge"),
        ("x*sqrt(x)", 0, "inconclusive"), ("x*cbrt(x)", 0, "inconclusive"), ("sin(x)", 1e40, "pass"),
        ("sin(x)", -1e300, "pass"), ("x*sin(1/x)", 1e-300, "inconclusive"), ("x^3", 0, "pass"),
        ("1e300*x^3", 0, "inconclusive"),
        ("log(x)", -1, "undefined"), ("1/x", 0, "undefined"), ("gamma(x)", -2, "undefined"),
        ("cbrt(x)", 0, "pass"), ("tanh(1e20*x)", 0, "pass"),
        ("sin(1e25*x)", 0.1, "inconclusive"), ("x^1.1", 0, "inconclusive"),
        ("where(x > 0, sqrt(x), 0)", 0, "inconclusive"),
    ],
)  # fmt: skip
def test_verdicts(program: str, point: float, verdict: str) -> None:
    assert findings(program, x=point) == {"x": verdict}


def test_what_the_command_says() -> None:
    assert said(LECTURE, *POINT) == "pass          dJ/da  slope 3"
    assert said("y = abs(x)", "--x", "0") == "kink          dy/dx  kink, slopes -1 and +1"
    assert said("y = floor(x)", "--x", "2") == "jump          dy/dx  jumps by -1 on the left"
    assert (
        said("y = sign(x)", "--x", "0") == "jump          dy/dx  jumps by -1 on the left and +1 on the right"
    )
    assert said("y = log(x)", "--x", "-1") == "undefined     dy/dx  y has no value here"


def status(program: str, *arguments: str) -> int:
    return int(answer("check", program, *arguments, "--gradcheck").status)


def test_exit_statuses() -> None:
    assert status(LECTURE, *POINT) == 0
    # What was looked at and is as it should be, though there is no derivative.
    assert status("y = abs(x)", "--x", "0") == 0
    assert status("y = sqrt(x)", "--x", "0") == 0
    # What shows nothing is no pass where nothing else shows something.
    assert status("y = floor(x)", "--x", "2") == 2
    assert status("y = log(x)", "--x", "-1") == 2
    assert status("y = where(x > 0, sqrt(x), 0)", "--x", "0") == 2
    assert status("y = floor(x) + z", "--x", "2", "--z", "1") == 0


def test_all_outputs_by_all_inputs_or_those_named() -> None:
    def asked(*arguments: str) -> list[str]:
        found = json.loads(answer("check", "p = a*b; q = a+c; r = p", *arguments, "--format", "json").out)
        return [result["derivative"] for result in found["checks"][0]["results"]]

    point = ["--a", "1", "--b", "2", "--c", "3", "--gradcheck"]
    assert asked(*point) == ["dq/da", "dq/db", "dq/dc", "dr/da", "dr/db", "dr/dc"]
    assert asked(*point, "--of", "p,r", "--wrt", "b") == ["dp/db", "dr/db"]
    assert_refused(answer("check", "p = a", "--a", "1", "--gradcheck", "--of", "q"), "has no 'q'")
    assert_refused(answer("check", "p = a", "--a", "1", "--gradcheck", "--wrt", "p"), "'p'", "not an input")
    assert_refused(answer("check", "p = a", "--a", "1", "--expect", "p=1", "--of", "p"), "needs --gradcheck")
    assert_refused(answer("check", "p = 1", "--gradcheck"), "no input to differentiate by")


def test_at_random_points() -> None:
    result = answer("check", "y = log(x)*abs(z)", "--samples", "50", "--gradcheck")
    assert result.status == 0
    assert re.search(r"^\w+ +dy/dx  50 points: \d+ pass, \d+ undefined$", result.out, re.M)
    assert answer("check", "y = log(x)", "--x", "1..2", "--gradcheck", "--expect", "dy/dx=1/x").status == 0


@pytest.fixture
def wrong_sine() -> Iterator[None]:
    """A table of rules whose cosine is wrong, in floats only."""
    rule = next(rule for rule in TABLE if rule.name == "sin")
    (right,) = FLOATS.partials_of[rule]
    slope = right.slope
    assert slope is not None
    wrong = [Partial(right.taken, lambda env: slope(env) * (1.0 + 1e-5), right.unit)]
    with mock.patch.dict(FLOATS.partials_of, {rule: wrong}):
        yield


@pytest.mark.usefixtures("wrong_sine")
def test_a_wrong_rule_is_found_and_named() -> None:
    result = answer("check", "y = x^2*sin(3*x) + z", "--x", "1", "--z", "0", "--gradcheck")
    assert result.status == 1
    assert "FAIL          dy/dx  computed " in result.out
    assert "at fault is the partial of 'sin(3*x)'" in result.out
    assert "2 checks: 1 passed, 1 failed" in result.out


@pytest.mark.usefixtures("wrong_sine")
def test_a_wrong_rule_is_found_at_random_and_can_be_shown_again() -> None:
    result = answer("check", "y = sin(x*set)", "--samples", "30", "--gradcheck", "--rtol", "1e-8")
    assert result.status == 1
    (line, other) = re.findall("graphdiff check .*", result.out)
    assert shlex.split(line)[:3] == ["graphdiff", "check", "y = sin(x*set)"]
    assert "--gradcheck --of y --wrt x --rtol=1e-08" in line
    assert "--set set=" in other
    done = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0  # there, the rule is right


@pytest.mark.usefixtures("wrong_sine")
def test_a_tolerance_is_heeded() -> None:
    assert status("y = sin(x)", "--x", "1") == 1
    assert status("y = sin(x)", "--x", "1", "--rtol", "1e-4") == 0


@pytest.mark.parametrize("wrong", [1.5, -1.5, float("inf")])
def test_at_a_kink_a_slope_outside_of_the_two_is_wrong(wrong: float) -> None:
    rule = next(rule for rule in TABLE if rule.name == "abs")
    (right,) = FLOATS.partials_of[rule]
    row = {rule: [Partial(right.taken, lambda env: wrong, right.unit)]}
    with mock.patch.dict(FLOATS.partials_of, row), mock.patch.dict(WIDE.partials_of, row):
        # Each side tells what the slope is, but at the kink itself one is as good as another.
        assert findings("abs(x)", x=0) == {"x": "kink"}
        assert findings("abs(x)", x=1) == {"x": "fail"}


@pytest.mark.parametrize("wrong", [1.1, -1.0, 0.0])
def test_at_the_edge_of_a_domain_the_one_slope_counts(wrong: float) -> None:
    rule = next(rule for rule in TABLE if rule.name == "sqrt")
    (right,) = FLOATS.partials_of[rule]
    row = {rule: [Partial(right.taken, lambda env: wrong, right.unit)]}
    with mock.patch.dict(FLOATS.partials_of, row), mock.patch.dict(WIDE.partials_of, row):
        assert findings("sqrt(x - 1)*(x - 1) + x + sqrt(x - 1)*0", x=1) == {"x": "edge"}


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-50, 50), z=st.floats(0.01, 50))
def test_a_right_derivative_does_not_fail(x: float, z: float) -> None:
    program = "y = sin(x)*log(z) + x^3/z - hypot(x, z)*exp(-x/50) + where(x > z, x*z, atan2(x, z))"
    assert set(findings(program, x=x, z=z).values()) <= {"pass", "kink", "jump"}


def assert_random_programs_pass(seeds: range) -> None:
    """At a moderate point all derivatives pass; far out none fails, though rounding may hide some."""
    for seed in seeds:
        text, point = program(seed, 5, kinked=seed % 2 == 1)
        graph = parse(text)
        far = next(samples(dict.fromkeys(point, Range()), 1, seed)).inputs
        for inputs, allowed in ((point, {"pass"}), (far, {"pass", "undefined", "inconclusive", "kink"})):
            for found in gradcheck(graph, inputs, graph.outputs, graph.inputs):
                assert found.verdict in allowed, (text, inputs, found)


def test_random_programs_pass() -> None:
    assert_random_programs_pass(range(40))


@pytest.mark.campaign
def test_many_random_programs_pass() -> None:
    assert_random_programs_pass(range(40, 1500))


def test_without_mpmath_there_is_no_gradient_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert_refused(answer("check", LECTURE, *POINT, "--gradcheck"), "needs mpmath", "pip install")


# assert_derivatives

HERE: dict[str, Any] = {"a": 5, "b": 3, "c": 2}


def test_right_derivatives_pass() -> None:
    assert_derivatives(LECTURE, HERE, {"J": 33, "dJ/db": "3*c", "d2J/db dc": 3.0})
    assert_derivatives(parse(LECTURE), HERE, "dJ/db = 6")
    assert_derivatives(LECTURE, HERE, ["J = 33", "dJ/da = 3"])
    assert_derivatives(LECTURE, [HERE, {"a": "pi", "b": 0, "c": -1.5}], {"dJ/dc": "3*b"})
    ranges: dict[str, Any] = {"a": 5, "b": (1, 2), "c": "-1..1"}
    assert_derivatives(LECTURE, ranges, {"dJ/dc": "3*b"})
    assert_derivatives(LECTURE, {}, {"dJ/dc": "3*b"}, samples=50, seed=3)
    assert_derivatives("y = x", {"x": float("nan")}, {"y": float("nan")}, equal_nan=True)


@pytest.mark.parametrize(
    "tolerance", [{"rtol": 1e-3}, {"atol": 0.01}, {"ulp": 2.0**45}, {"rtol": 0.0, "atol": 0.007}]
)
def test_tolerances_are_heeded(tolerance: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_derivatives(LECTURE, HERE, {"dJ/db": 6.006})
    assert_derivatives(LECTURE, HERE, {"dJ/db": 6.006}, **tolerance)


def test_failures_are_shown_in_a_table() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_derivatives(LECTURE, HERE, {"J": 33, "dJ/db": "3*b", "dJ/da": 2})
    first, header, *lines = str(caught.value).splitlines()
    assert first == "2 of 3 differ from the program"
    assert header.split()[:2] == ["expected", "computed"]
    assert [line.split()[0] for line in lines] == ["pass", "FAIL", "FAIL"]
    with pytest.raises(AssertionError, match=r"graphdiff check '.*' --a=.*--expect 'dJ/db = 3\*b'"):
        assert_derivatives(LECTURE, {}, {"dJ/db": "3*b"}, samples=10)


@pytest.mark.parametrize(
    ("inputs", "expected", "message"),
    [
        ({"x": -1}, {"y": 3}, "'log\\(x\\)' is undefined"), ({"x": 1}, {}, "nothing to check"),
        ({}, {"y": 3}, "missing input: x"), ({"x": 1, "z": 1}, {"y": 3}, "no input 'z'"),
        ({"x": 1}, {"w": 3}, "has no 'w'"), ({"x": (-2, -1)}, {"y": 3}, "nothing was compared"),
        ([{"x": 1}, {}], {"y": 3}, "missing input: x"), ([{"x": (1, 2)}], {"y": 3}, "is a range"),
        ([{"x": 1}, {"x": -1}], {"y": 0}, "'log\\(x\\)' is undefined"),
        ([], {"y": 3}, "nothing was compared"),
    ],
)  # fmt: skip
def test_an_error_if_there_is_no_answer(inputs: Any, expected: Any, message: str) -> None:
    with pytest.raises(GraphdiffError, match=message):
        assert_derivatives("y = log(x)", inputs, expected)


def test_pytest_shows_the_test_and_not_the_helper(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(
        "from graphdiff.testing import assert_derivatives\n"
        "def test_gradient():\n    assert_derivatives('y = x^2', {'x': 3}, {'dy/dx': 5})\n"
    )
    command: list[str | Path] = [SCRIPTS / "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment(), check=False
    )
    assert done.returncode == 1
    assert re.search(r"^E +AssertionError: 1 of 1 differ from the program$", done.stdout, re.M)
    assert "dy/dx = 5" in done.stdout
    assert "testing.py" not in done.stdout


# The hook for pre-commit.


def test_the_hook_runs_on_the_files_it_is_for(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / ".pre-commit-hooks.yaml").read_text()
    hook = dict(re.findall(r"^[- ] (\w+): (.*)$", text, re.M))
    assert hook["id"] == "graphdiff-check"
    pattern = re.compile(hook["files"])
    names = [
        "derivatives.toml",
        "tests/derivatives_of_loss.toml",
        "pyproject.toml",
        "derivatives.py",
        "my-derivatives.toml",
    ]
    assert [name for name in names if pattern.search(name)] == names[:2]
    for name, value in (("derivatives.toml", 6), ("derivatives_2.toml", 7)):
        program = f'[[check]]\nname = "n"\nprogram = "y=x^2"\ninputs.x=3\nexpect."dy/dx" = {value}\n'
        (tmp_path / name).write_text(program)
    words = [*shlex.split(hook["entry"]), "derivatives.toml", "derivatives_2.toml"]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, "2 checks: 1 passed, 1 failed" in done.stdout) == (1, True)


# Many inputs at once.

MANY = "J = log(1 + exp(z)) + s; z = {}; s = {}"


def many_inputs(count: int) -> str:
    z = " + ".join(f"w{k}*{k % 7 - 3.5}" for k in range(count))
    s = " + ".join(f"abs(w{k} - 0.25)*sin(w{k})" for k in range(count))
    return MANY.format(z, s)


def test_many_inputs_are_moved_together_and_those_at_a_kink_are_found() -> None:
    point = {f"w{k}": (k - 100) / 400 for k in range(240)}  # w200 is 0.25
    graph = parse(many_inputs(240))
    with mock.patch("graphdiff.checking.gradcheck.Examination.finding", autospec=True,
                    side_effect=Examination.finding) as alone:  # fmt: skip
        verdicts = {f.wrt: f.verdict for f in gradcheck(graph, point, ["J"], graph.inputs)}
    assert verdicts == {name: "kink" if name == "w200" else "pass" for name in graph.inputs}
    assert alone.call_count <= 3


@pytest.mark.usefixtures("wrong_sine")
def test_a_wrong_rule_is_found_among_many_inputs_by_each_input_that_it_concerns() -> None:
    program = " + ".join([f"a{k}^2" for k in range(40)] + ["sin(b)*1e-9", "sin(c)*1e9"])
    graph = parse(f"J = {program}")
    point = {name: 0.3 + k / 50 for k, name in enumerate(graph.inputs)}
    failed = [f.wrt for f in gradcheck(graph, point, ["J"], graph.inputs) if f.verdict == "fail"]
    assert failed == ["b", "c"]


def test_progress_is_told() -> None:
    graph, told = parse(LECTURE), list[tuple[int, int]]()
    row = Row(1, {"a": 1.0, "b": 2.0, "c": 3.0})
    points = Points(lambda: [row])
    asked = Check("", graph, (LECTURE,), points, gradcheck=gradcheck_request(graph, (), (), 1e-6, 1))
    run(asked, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
